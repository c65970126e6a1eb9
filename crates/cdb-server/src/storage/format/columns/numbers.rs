//! Columns of numbers.
//!
//! A number is kept as it is written: `21`, `21.0` and `2.1e1` are different texts. Decimals are
//! integers with a common number of decimal places; the [`Style`] says which zeros their texts have.

use super::bytes::{Bytes, write_length, write_numbers};
use super::{Cell, ColumnsError};

/// Decimals have at most so many places.
const MAX_PLACES: usize = 18;

/// The powers of ten that are exact floats.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A number with fewer digits and places has at most 15 characters.
const SHORT_MANTISSA: u64 = 10_000_000_000_000;
const SHORT_PLACES: usize = 12;

/// The powers of ten for the places of short numbers.
const INTEGER_POWERS: [i64; SHORT_PLACES + 1] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
];

/// Integers up to this are exact floats.
const MAX_EXACT: u64 = 1 << 53;

/// How the decimals of a column are written. The numbers are those in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without zeros at the end of the decimal places, and without a point if there are none: `21`.
    Shortest = 0,
    /// The same, with at least one decimal place: `21.0`, as Python writes floats.
    Point = 1,
    /// With all decimal places: `21.50`.
    Fixed = 2,
}

const STYLES: [Style; 3] = [Style::Shortest, Style::Point, Style::Fixed];

/// In the place of a [`Style`]: the numbers are floats, each written as the shortest text that is read
/// as this float.
const FLOATS: u8 = 3;

/// A decimal as it was written.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    mantissa: i64,
    places: usize,
    ends_with_zero: bool,
}

impl Decimal {
    /// Returns `None` for what is not kept like this: exponents, many digits, and minus zero.
    fn parse(text: &[u8]) -> Option<Self> {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        let is_negative = digits.len() < text.len();
        let (mut mantissa, mut count, mut point) = (0_i64, 0, None);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    mantissa = mantissa.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                    count += 1;
                }
                b'.' if point.is_none() => point = Some(count),
                _ => return None,
            }
        }
        if count == 0 || (is_negative && mantissa == 0) {
            return None;
        }
        let places = point.map_or(0, |before| count - before);
        if places > MAX_PLACES {
            return None;
        }
        let ends_with_zero = places > 0 && digits.ends_with(b"0");
        let mantissa = if is_negative { -mantissa } else { mantissa };
        Some(Self { mantissa, places, ends_with_zero })
    }

    /// Whether it is written in a style, in a column with this number of decimal places.
    fn has(self, style: Style, places: usize) -> bool {
        match style {
            Style::Shortest => !self.ends_with_zero,
            Style::Point => self.places == 1 || (self.places > 1 && !self.ends_with_zero),
            Style::Fixed => self.places == places,
        }
    }
}

/// Decides how the numbers of a column are kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Plan {
    Decimals { style: Style, places: usize },
    Floats,
}

impl Plan {
    /// Chooses what most of these texts fit. Other texts do not matter.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let decimals = texts.clone().filter_map(Decimal::parse);
        let places = decimals.clone().map(|decimal| decimal.places).max().unwrap_or(0);
        let fitting = |style| decimals.clone().filter(|it| it.has(style, places)).count();
        let (style, fit) = STYLES
            .map(|style| (style, fitting(style)))
            .into_iter()
            .fold((Style::Shortest, 0), |best, style| if style.1 > best.1 { style } else { best });
        let numbers = texts.clone().filter(|text| is_number(text)).count();
        // As long as decimals are most: their size is smaller.
        if fit < numbers - fit { Self::Floats } else { Self::Decimals { style, places } }
    }

    /// Returns what stands for a number, if it is kept like this.
    pub(super) fn encode(self, text: &[u8]) -> Option<i64> {
        match self {
            Self::Decimals { style, places } => {
                let decimal = Decimal::parse(text).filter(|it| it.has(style, places))?;
                let power = 10_i64.checked_pow((places - decimal.places) as u32)?;
                decimal.mantissa.checked_mul(power)
            }
            Self::Floats => {
                let float: f64 = serde_json::from_slice(text).ok()?;
                let is_same = serde_json::to_vec(&float).is_ok_and(|shortest| shortest == text);
                is_same.then_some(float.to_bits().cast_signed())
            }
        }
    }

    pub(super) fn write(self, data: &mut Vec<u8>, numbers: &[i64]) -> Option<()> {
        match self {
            Self::Decimals { style, places } => {
                data.push(style as u8);
                write_length(data, places);
            }
            Self::Floats => data.push(FLOATS),
        }
        write_numbers(data, numbers)
    }
}

/// Whether a JSON text is a number.
pub(super) fn is_number(text: &[u8]) -> bool {
    matches!(text, [b'-' | b'0'..=b'9', ..])
}

/// A column of numbers that was read.
#[derive(Debug)]
pub(super) struct Numbers {
    plan: Plan,
    values: Vec<i64>,
}

impl Numbers {
    pub(super) fn read(data: &mut Bytes<'_>, count: usize) -> Result<Self, ColumnsError> {
        let plan = match data.byte()? {
            FLOATS => Plan::Floats,
            style => {
                let style = STYLES.get(usize::from(style)).copied().ok_or(ColumnsError)?;
                let places = data.length()?;
                if places > MAX_PLACES {
                    return Err(ColumnsError);
                }
                Plan::Decimals { style, places }
            }
        };
        let values: Vec<i64> = data.numbers(count)?;
        let is_finite = |bits: &i64| f64::from_bits(bits.cast_unsigned()).is_finite();
        if matches!(plan, Plan::Floats) && !values.iter().all(is_finite) {
            return Err(ColumnsError);
        }
        Ok(Self { plan, values })
    }

    /// Adds the JSON text of a number.
    pub(super) fn write(&self, index: usize, text: &mut Vec<u8>) {
        let value = self.values[index];
        match self.plan {
            Plan::Decimals { style, places } => write_decimal(text, value, places, style),
            Plan::Floats => {
                let float = f64::from_bits(value.cast_unsigned());
                // Writing to memory does not fail, and the float is finite.
                let _ = serde_json::to_writer(text, &float);
            }
        }
    }

    /// Returns whether a number has so few digits that it is exactly what [`cell`](Self::cell) returns,
    /// an integer or the float that is nearest to it.
    pub(super) fn is_short(&self, index: usize) -> bool {
        match self.plan {
            Plan::Decimals { places, .. } => {
                places <= SHORT_PLACES && self.values[index].unsigned_abs() < SHORT_MANTISSA
            }
            Plan::Floats => false,
        }
    }

    /// Returns a number that is short: an integer, if it is written without a point.
    pub(super) fn cell(&self, index: usize) -> Cell<'_> {
        let value = self.values[index];
        match self.plan {
            Plan::Decimals { places: 0, .. } => Cell::Integer(value),
            Plan::Decimals { style: Style::Shortest, places }
                if value % INTEGER_POWERS[places] == 0 =>
            {
                Cell::Integer(value / INTEGER_POWERS[places])
            }
            _ => Cell::Float(self.float(index)),
        }
    }

    /// Returns the nearest float to a number.
    pub(super) fn float(&self, index: usize) -> f64 {
        let value = self.values[index];
        let Plan::Decimals { style, places } = self.plan else {
            return f64::from_bits(value.cast_unsigned());
        };
        // The quotient of two exact floats is the nearest one.
        if value.unsigned_abs() <= MAX_EXACT
            && let Some(power) = POWERS.get(places)
        {
            return value as f64 / power;
        }
        let mut text = Vec::new();
        write_decimal(&mut text, value, places, style);
        serde_json::from_slice(&text).unwrap_or(f64::NAN)
    }
}

fn write_decimal(text: &mut Vec<u8>, value: i64, places: usize, style: Style) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs()).as_bytes();
    if value < 0 {
        text.push(b'-');
    }
    if places == 0 {
        text.extend_from_slice(digits);
        return;
    }
    let start = text.len();
    match digits.len().checked_sub(places).filter(|before| *before > 0) {
        Some(before) => {
            text.extend_from_slice(&digits[..before]);
            text.push(b'.');
            text.extend_from_slice(&digits[before..]);
        }
        None => {
            text.extend_from_slice(b"0.");
            text.resize(text.len() + places - digits.len(), b'0');
            text.extend_from_slice(digits);
        }
    }
    if style == Style::Fixed {
        return;
    }
    let point = text.len() - places - 1;
    let least = if style == Style::Point { point + 2 } else { point };
    debug_assert!(point > start);
    while text.len() > least && matches!(text.last(), Some(b'0')) {
        text.pop();
    }
    if text.len() == point + 1 {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(texts: &[&str]) -> Vec<bool> {
        let bytes = texts.iter().map(|text| text.as_bytes());
        let plan = Plan::of(bytes.clone());
        let encoded: Vec<_> = bytes.map(|text| plan.encode(text)).collect();
        let values: Vec<_> = encoded.iter().copied().flatten().collect();
        let mut data = Vec::new();
        plan.write(&mut data, &values).expect("numbers");
        let numbers = Numbers::read(&mut Bytes(&data), values.len()).expect("the same numbers");
        let kept = texts.iter().zip(&encoded).filter(|(_, encoded)| encoded.is_some());
        for (index, (text, _)) in kept.enumerate() {
            let mut written = Vec::new();
            numbers.write(index, &mut written);
            assert_eq!(String::from_utf8_lossy(&written), **text);
            let parsed: f64 = text.parse().expect("a float");
            assert_eq!(numbers.float(index).to_bits(), parsed.to_bits(), "{text}");
        }
        encoded.iter().map(Option::is_some).collect()
    }

    #[test]
    fn numbers_are_kept_as_they_are_written() {
        for texts in [
            &["21", "21.5", "-0.25", "0", "0.001", "1000000"][..],
            &["21.0", "21.5", "-0.25", "0.0", "100.0"],
            &["21.50", "21.55", "-0.05", "0.00"],
            &["9007199254740993", "-9223372036854775807"],
            &["123456789012345678", "-1"],
            &["1464250199.9342153", "1464250209.93"],
            &["1e-7", "0.1", "2e300", "-0.0", "0.1234567890123456789"],
            &["0.30000000000000004", "0.1"],
            &["0"],
        ] {
            let kept = kept(texts);
            assert!(kept.iter().filter(|kept| **kept).count() > texts.len() / 2, "{texts:?}");
        }
        assert_eq!(kept(&["20", "21.50", "20.5", "-0", "3.25"]), [true, false, true, false, true]);
    }

    proptest! {
        #[test]
        fn any_floats_and_integers_are_kept(
            floats in prop::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 1..20),
            integers in prop::collection::vec(any::<i64>(), 1..20),
            places in 0..6_usize,
        ) {
            let floats: Vec<_> = floats
                .iter()
                .map(|float| serde_json::to_string(float).expect("a number"))
                .collect();
            kept(&floats.iter().map(String::as_str).collect::<Vec<_>>());
            let fixed: Vec<_> = integers
                .iter()
                .map(|it| format!("{:.places$}", *it as f64 / 1e12))
                .collect();
            kept(&fixed.iter().map(String::as_str).collect::<Vec<_>>());
            let integers: Vec<_> = integers.iter().map(i64::to_string).collect();
            kept(&integers.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
