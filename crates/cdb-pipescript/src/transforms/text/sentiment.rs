//! Splits a text into words, and computes its sentiment.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::budget::Meter;
use crate::error::RunError;

/// AFINN-165 by Finn Årup Nielsen: each line has a value from −5 to 5, a space and a word. The word
/// `false` is left out, because it has no value in the original.
static VALUES: LazyLock<HashMap<&str, f32>> = LazyLock::new(|| {
    let lines = include_str!("afinn-165.txt").lines();
    lines.filter_map(|line| line.split_once(' ')).filter_map(value).collect()
});

fn value((value, word): (&'static str, &'static str)) -> Option<(&'static str, f32)> {
    Some((word, value.parse().ok()?))
}

/// The characters that separate words, in addition to white space.
const PUNCTUATION: &str = ".,\\/#!$%^&*;:{}=-_`~()";

/// Returns the words of a text, in lower case.
pub(super) fn words(text: &str, meter: &mut Meter) -> Result<Vec<String>, RunError> {
    // Each word is allocated.
    meter.step(3 * text.len())?;
    let text = text.to_lowercase();
    let words = text.split(|c: char| c.is_whitespace() || PUNCTUATION.contains(c));
    Ok(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// Returns the mean value of the words of a text, divided by 5; 0 if there are no words.
pub(super) fn of(text: &str, meter: &mut Meter) -> Result<f64, RunError> {
    let words = words(text, meter)?;
    if words.is_empty() {
        return Ok(0.0);
    }
    let sum: f32 = words.iter().filter_map(|word| VALUES.get(word.as_str())).sum();
    #[allow(clippy::cast_precision_loss, reason = "the original uses f32")]
    let mean = sum / (5.0 * words.len() as f32);
    // Convert by the shortest text, so that 0.4_f32 becomes 0.4.
    Ok(mean.to_string().parse().unwrap_or_default())
}
