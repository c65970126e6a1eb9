//! Words, and how pleasant they are.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::budget::Meter;
use crate::error::RunError;

/// AFINN-165 by Finn Årup Nielsen: a value from −5 to 5, a space, a word. Without `false`, which
/// has no value in the original.
static VALUES: LazyLock<HashMap<&str, f32>> = LazyLock::new(|| {
    let lines = include_str!("afinn-165.txt").lines();
    lines.filter_map(|line| line.split_once(' ')).filter_map(value).collect()
});

fn value((value, word): (&'static str, &'static str)) -> Option<(&'static str, f32)> {
    Some((word, value.parse().ok()?))
}

/// What is no part of a word.
const PUNCTUATION: &str = ".,\\/#!$%^&*;:{}=-_`~()";

/// The words of a text, in lower case.
pub(super) fn words(text: &str, meter: &mut Meter) -> Result<Vec<String>, RunError> {
    // Each word is a text of its own.
    meter.step(3 * text.len())?;
    let text = text.to_lowercase();
    let words = text.split(|c: char| c.is_whitespace() || PUNCTUATION.contains(c));
    Ok(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// The mean value of a text's words, divided by the largest there is.
pub(super) fn of(text: &str, meter: &mut Meter) -> Result<f64, RunError> {
    let words = words(text, meter)?;
    if words.is_empty() {
        return Ok(0.0);
    }
    let sum: f32 = words.iter().filter_map(|word| VALUES.get(word.as_str())).sum();
    #[allow(clippy::cast_precision_loss, reason = "as the original has it")]
    let mean = sum / (5.0 * words.len() as f32);
    // Its shortest text, not its bits: 0.4 of 32 bits is 0.4.
    Ok(mean.to_string().parse().unwrap_or_default())
}
