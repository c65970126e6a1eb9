//! Columns of numbers.
//!
//! A number is kept as it is written: `21`, `21.0` and `2.1e1` are different texts. Decimals are
//! integers with a common number of decimal places; the [`Style`] says which zeros their texts have.

use std::ops::Range;

use super::super::PAGE_ROWS;
use super::super::bytes::{
    Bytes, Malformed, write_integer, write_length, write_numbers, write_pages,
};
use super::Cell;

/// Decimals have at most so many places.
const MAX_PLACES: usize = 18;

/// No text of a number that is kept is longer: a sign, 19 digits, a point and a zero; and floats have 24
/// characters at most.
pub(super) const MAX_NUMBER_BYTES: usize = 24;

/// The powers of ten that are exact floats.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A number with fewer digits and places has at most 15 characters.
const SHORT_MANTISSA: u64 = 10_000_000_000_000;
const SHORT_PLACES: usize = 12;

/// The powers of ten for the places of decimals.
const INTEGER_POWERS: [i64; MAX_PLACES + 1] = {
    let mut powers = [1; MAX_PLACES + 1];
    let mut places = 1;
    while places <= MAX_PLACES {
        powers[places] = 10 * powers[places - 1];
        places += 1;
    }
    powers
};

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

/// Beside a style: the numbers are in pages. In files of earlier versions they are not, however many they are.
const PAGES: u8 = 4;

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

/// The decimals with the same number of places.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    all: usize,
    /// Those that have a style.
    shortest: usize,
    point: usize,
    /// The largest mantissa, without its sign.
    max: i64,
}

impl Group {
    fn add(&mut self, decimal: Decimal) {
        self.all += 1;
        self.shortest += usize::from(decimal.has(Style::Shortest, decimal.places));
        self.point += usize::from(decimal.has(Style::Point, decimal.places));
        self.max = self.max.max(decimal.mantissa.saturating_abs());
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
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut numbers = 0;
        let mut groups = [Group::default(); MAX_PLACES + 1];
        for text in texts {
            numbers += 1;
            if let Some(decimal) = Decimal::parse(text) {
                groups[decimal.places].add(decimal);
            }
        }
        let mut best = (Self::Decimals { style: Style::Shortest, places: 0 }, 0);
        for places in 0..=MAX_PLACES {
            let fitting = groups[..=places].iter().zip(0..);
            let fitting = fitting.filter(|(group, fewer)| {
                let power = INTEGER_POWERS[places - *fewer];
                group.max.checked_mul(power).is_some()
            });
            let count = |counts: fn(&Group) -> usize| -> usize {
                fitting.clone().map(|(group, _)| counts(group)).sum()
            };
            for (style, count) in [
                (Style::Shortest, count(|group| group.shortest)),
                (Style::Point, count(|group| group.point)),
                (Style::Fixed, groups[places].all),
            ] {
                if count > best.1 {
                    best = (Self::Decimals { style, places }, count);
                }
            }
        }
        // Decimals are smaller, so floats are only for numbers of which few are decimals.
        if 2 * best.1 < numbers { Self::Floats } else { best.0 }
    }

    /// Returns what stands for a number, if it is kept like this.
    pub(super) fn encode(self, text: &[u8]) -> Option<i64> {
        match self {
            Self::Decimals { style, places } => {
                let decimal = Decimal::parse(text).filter(|it| it.has(style, places))?;
                let power = INTEGER_POWERS.get(places.checked_sub(decimal.places)?)?;
                decimal.mantissa.checked_mul(*power)
            }
            Self::Floats => {
                let float: f64 = serde_json::from_slice(text).ok()?;
                let is_same = serde_json::to_vec(&float).is_ok_and(|shortest| shortest == text);
                is_same.then_some(float.to_bits().cast_signed())
            }
        }
    }

    pub(super) fn write(self, data: &mut Vec<u8>, numbers: &[i64]) -> Option<()> {
        if numbers.len() > PAGE_ROWS {
            self.write_head(data, PAGES);
            write_pages(data, numbers)
        } else {
            self.write_head(data, 0);
            write_numbers(data, numbers)
        }
    }

    fn write_head(self, data: &mut Vec<u8>, pages: u8) {
        match self {
            Self::Decimals { style, places } => {
                data.push(style as u8 | pages);
                write_length(data, places);
            }
            Self::Floats => data.push(FLOATS | pages),
        }
    }

    /// Also returns whether pages follow.
    fn read_head(data: &mut Bytes<'_>) -> Result<(Self, bool), Malformed> {
        let head = data.byte()?;
        let plan = match head & !PAGES {
            FLOATS => Self::Floats,
            style => {
                let style = STYLES.get(usize::from(style)).copied().ok_or(Malformed)?;
                let places = data.length()?;
                if places > MAX_PLACES {
                    return Err(Malformed);
                }
                Self::Decimals { style, places }
            }
        };
        Ok((plan, head & PAGES != 0))
    }
}

/// A column of numbers that was read, or a part of it.
#[derive(Debug)]
pub(super) struct Numbers {
    plan: Plan,
    /// The index of the first one that was read. Those before it, and those after the last one, must not be
    /// asked for.
    first: usize,
    values: Vec<i64>,
}

impl Numbers {
    /// Reads a number of numbers; at least those with some indexes.
    pub(super) fn read(
        data: &mut Bytes<'_>,
        count: usize,
        indexes: &Range<usize>,
    ) -> Result<Self, Malformed> {
        let (plan, in_pages) = Plan::read_head(data)?;
        let (first, values) = match in_pages {
            true => data.pages(count, indexes)?,
            false => (0, data.numbers(count)?),
        };
        Self::new(plan, first, values)
    }

    fn new(plan: Plan, first: usize, values: Vec<i64>) -> Result<Self, Malformed> {
        let is_finite = |bits: &i64| f64::from_bits(bits.cast_unsigned()).is_finite();
        if matches!(plan, Plan::Floats) && !values.iter().all(is_finite) {
            return Err(Malformed);
        }
        Ok(Self { plan, first, values })
    }

    fn value(&self, index: usize) -> i64 {
        self.values[index - self.first]
    }

    /// Adds the JSON text of a number.
    pub(super) fn write(&self, index: usize, text: &mut Vec<u8>) {
        let mut buffer = [0; MAX_NUMBER_BYTES];
        let length = self.put(index, &mut buffer);
        text.extend_from_slice(&buffer[..length]);
    }

    /// Writes the JSON text of a number to a buffer, which must have room for [`MAX_NUMBER_BYTES`], and
    /// returns its length.
    pub(super) fn put(&self, index: usize, buffer: &mut [u8]) -> usize {
        let value = self.value(index);
        match self.plan {
            Plan::Decimals { style, places } => put_decimal(buffer, value, places, style),
            Plan::Floats => {
                let room = buffer.len();
                let mut rest = buffer;
                let float = f64::from_bits(value.cast_unsigned());
                // It is finite, and there is room for it.
                let written = serde_json::to_writer(&mut rest, &float);
                if written.is_ok() { room - rest.len() } else { 0 }
            }
        }
    }

    /// Returns whether a number has so few digits that it is exactly what [`cell`](Self::cell) returns,
    /// an integer or the float that is nearest to it.
    pub(super) fn is_short(&self, index: usize) -> bool {
        match self.plan {
            Plan::Decimals { places, .. } => {
                places <= SHORT_PLACES && self.value(index).unsigned_abs() < SHORT_MANTISSA
            }
            Plan::Floats => false,
        }
    }

    /// Returns a number that is short: an integer, if it is written without a point.
    pub(super) fn cell(&self, index: usize) -> Cell<'_> {
        let value = self.value(index);
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

    /// Returns the nearest floats to some numbers.
    pub(super) fn floats(&self, range: Range<usize>) -> Vec<f64> {
        if let Plan::Decimals { places, .. } = self.plan
            && let Some(power) = POWERS.get(places)
            && let Some(values) = self.values.get(range.start - self.first..range.end - self.first)
            && values.iter().all(|value| value.unsigned_abs() <= MAX_EXACT)
        {
            // As in `float`, but many at a time.
            return values.iter().map(|value| *value as f64 / power).collect();
        }
        range.map(|index| self.float(index)).collect()
    }

    /// Returns the nearest float to a number.
    pub(super) fn float(&self, index: usize) -> f64 {
        let value = self.value(index);
        let Plan::Decimals { style, places } = self.plan else {
            return f64::from_bits(value.cast_unsigned());
        };
        // The quotient of two exact floats is the nearest one.
        if value.unsigned_abs() <= MAX_EXACT
            && let Some(power) = POWERS.get(places)
        {
            return value as f64 / power;
        }
        let mut text = [0; MAX_NUMBER_BYTES];
        let length = put_decimal(&mut text, value, places, style);
        serde_json::from_slice(&text[..length]).unwrap_or(f64::NAN)
    }
}

/// Writes a few finite floats, which are often decimals, and near to one another: the difference of each
/// from the one before.
pub(in crate::storage::format) fn write_floats(
    data: &mut Vec<u8>,
    floats: impl Iterator<Item = f64>,
) {
    let texts: Vec<_> = floats.filter_map(|float| serde_json::to_vec(&float).ok()).collect();
    let encode = |plan: Plan| texts.iter().map(|text| plan.encode(text)).collect();
    let mut plan = Plan::of(texts.iter().map(Vec::as_slice));
    let mut numbers: Option<Vec<_>> = encode(plan);
    if numbers.is_none() {
        plan = Plan::Floats;
        numbers = encode(plan);
    }
    plan.write_head(data, 0);
    let mut before = 0_i64;
    for number in numbers.into_iter().flatten() {
        let difference = number.wrapping_sub(before);
        // With the sign in the lowest bit, so that small differences take few bytes.
        write_integer(data, ((difference << 1) ^ (difference >> 63)).cast_unsigned());
        before = number;
    }
}

/// Reads what [`write_floats`] has written.
pub(in crate::storage::format) fn read_floats(
    data: &mut Bytes<'_>,
    count: usize,
) -> Result<Vec<f64>, Malformed> {
    let (plan, _) = Plan::read_head(data)?;
    let mut number = 0_i64;
    let mut next = || {
        let bits = data.integer()?;
        let difference = (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed();
        number = number.wrapping_add(difference);
        Ok(number)
    };
    let values = (0..count).map(|_| next()).collect::<Result<_, _>>()?;
    Ok(Numbers::new(plan, 0, values)?.floats(0..count))
}

/// The texts of the numbers below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Writes a decimal to a buffer, which must have room for [`MAX_NUMBER_BYTES`], and returns its length.
fn put_decimal(buffer: &mut [u8], value: i64, mut places: usize, style: Style) -> usize {
    let mut rest = value.unsigned_abs();
    if style != Style::Fixed {
        let least = usize::from(style == Style::Point);
        while places > least && rest.is_multiple_of(10) {
            (rest, places) = (rest / 10, places - 1);
        }
    }
    let sign = usize::from(value < 0);
    if value < 0 {
        buffer[0] = b'-';
    }
    let digits = rest.checked_ilog10().map_or(1, |power| power as usize + 1).max(places + 1);
    let point = sign + digits - places;
    if places == 0 {
        put_digits(&mut buffer[sign..point], rest);
        return point;
    }
    let end = point + 1 + places;
    rest = put_digits(&mut buffer[point + 1..end], rest);
    buffer[point] = b'.';
    put_digits(&mut buffer[sign..point], rest);
    end
}

/// Writes the lowest digits of a number, as many as there is room for, and returns the others.
fn put_digits(buffer: &mut [u8], mut number: u64) -> u64 {
    let mut pairs = buffer.rchunks_exact_mut(2);
    for pair in &mut pairs {
        pair.copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    if let [digit] = pairs.into_remainder() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    number
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
        let numbers = Numbers::read(&mut Bytes::new(&data, 0, 0), values.len(), &(0..values.len()))
            .expect("the same numbers");
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
        // One number with many places does not change what becomes of the others.
        let outlier = ["1013.25", "1013.5", "99999.75", "0.30000000000000004"];
        assert_eq!(kept(&outlier), [true, true, true, false]);
        assert_eq!(kept(&["20", "21.50", "20.5", "-0", "3.25"]), [true, false, true, false, true]);
    }

    #[test]
    fn numbers_of_earlier_versions_are_not_in_pages() {
        let plan = Plan::Decimals { style: Style::Point, places: 1 };
        let values: Vec<_> = (0..3 * PAGE_ROWS as i64).collect();
        let mut data = Vec::new();
        plan.write_head(&mut data, 0);
        write_numbers(&mut data, &values).expect("numbers");
        for indexes in [0..values.len(), 2000..2010] {
            let mut data = Bytes::new(&data, 0, 0);
            let numbers = Numbers::read(&mut data, values.len(), &indexes).expect("numbers");
            assert!(data.is_empty());
            let expected: Vec<_> = indexes.clone().map(|index| index as f64 / 10.0).collect();
            assert_eq!(numbers.floats(indexes), expected);
        }
    }

    proptest! {
        #[test]
        fn a_few_floats_are_read_as_they_were_written(
            floats in prop::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 0..20),
            tenths in prop::collection::vec(any::<i32>(), 0..20),
        ) {
            let decimals = tenths.iter().map(|tenths| f64::from(*tenths) / 10.0);
            let both = [&floats[..], &decimals.clone().collect::<Vec<_>>()].concat();
            for floats in [floats, decimals.collect(), both] {
                let mut data = Vec::new();
                write_floats(&mut data, floats.iter().copied());
                let mut bytes = Bytes::new(&data, 0, 0);
                let read = read_floats(&mut bytes, floats.len()).expect("floats");
                prop_assert!(bytes.is_empty());
                let bits = |floats: &[f64]| floats.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&read), bits(&floats));
            }
        }

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
