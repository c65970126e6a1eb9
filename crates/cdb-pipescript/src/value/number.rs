//! Numbers that keep their digits.

use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::number_text;

/// 2^53. All integers of a smaller magnitude are exact floats.
const EXACT_INTEGER_LIMIT: f64 = 9_007_199_254_740_992.0;

/// The number of decimal digits that survive the conversion to a float and back (`f64::DIGITS`).
pub(crate) const EXACT_DIGITS: usize = 15;

/// A number. A number that only passes through a script keeps all its digits; arithmetic and the
/// comparisons of scripts use floats.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Number {
    /// A float.
    Float(f64),
    /// An integer.
    Int(i64),
    /// An integer that is too large for an `i64`.
    Unsigned(u64),
    /// A number that none of the other variants can represent.
    Decimal(Arc<Decimal>),
}

/// A number with more digits than an integer or a float can represent.
#[derive(Debug)]
pub struct Decimal {
    text: Box<RawValue>,
    nearest: f64,
}

impl Decimal {
    /// Returns the JSON text of the number.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get()
    }

    /// Returns the JSON text, which serde_json writes unchanged.
    pub(super) fn raw(&self) -> &RawValue {
        &self.text
    }
}

impl Number {
    /// Parses a number with all its digits. Returns `None` if the text is not a number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse() {
            return Some(Self::Int(number));
        }
        if let Ok(number) = text.parse() {
            return Some(Self::Unsigned(number));
        }
        let nearest: f64 = text.parse().ok()?;
        let is_exact = significant(text) == significant(&format!("{nearest:e}"));
        if is_exact || !nearest.is_finite() {
            return Some(Self::Float(nearest));
        }
        // This fails for numbers with leading zeros, which scripts allow and JSON does not.
        let raw = RawValue::from_string(text.to_owned());
        let decimal = raw.map(|text| Self::Decimal(Arc::new(Decimal { text, nearest })));
        Some(decimal.unwrap_or(Self::Float(nearest)))
    }

    /// Returns the nearest float.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "the result is rounded")]
    #[inline]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Float(number) => *number,
            Self::Int(number) => *number as f64,
            Self::Unsigned(number) => *number as f64,
            Self::Decimal(decimal) => decimal.nearest,
        }
    }

    /// Returns a float as an integer, if it is whole and less than 2^53 in magnitude.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() < EXACT_INTEGER_LIMIT => {
                Some(*number as i64)
            }
            _ => None,
        }
    }

    /// Returns the memory that the number holds, without `size_of::<Number>()`.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Decimal(decimal) => size_of::<Decimal>() + decimal.text().len(),
            _ => 0,
        }
    }
}

/// Formats the number as scripts do: the shortest text in the format of the original, or all digits
/// if a float would lose some.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[allow(clippy::cast_possible_truncation, reason = "i64 and u64 fit into i128")]
        let nearest = self.as_f64() as i128;
        match self {
            Self::Int(number) if i128::from(*number) != nearest => number.fmt(f),
            Self::Unsigned(number) if i128::from(*number) != nearest => number.fmt(f),
            Self::Decimal(decimal) => f.write_str(decimal.text()),
            number => f.write_str(&number_text(number.as_f64())),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Unsigned(a), Self::Unsigned(b)) => a == b,
            (Self::Decimal(a), Self::Decimal(b)) => significant(a.text()) == significant(b.text()),
            (a, b) => a.as_f64() == b.as_f64(),
        }
    }
}

/// Normalizes a decimal number: returns its sign, its digits without leading and trailing zeros,
/// and the exponent of the first digit. `None` if its exponent does not fit into an `i32`.
fn significant(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    let before = i64::try_from(whole.len()).ok()?;
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let significant = significant.trim_end_matches('0').to_owned();
    // All forms of zero are equal.
    if significant.is_empty() {
        return Some((false, significant, 0));
    }
    Some((is_negative, significant, i64::from(exponent) + before - zeros))
}
