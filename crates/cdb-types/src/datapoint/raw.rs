//! A fast scanner for datapoints, which does not parse their values.

mod value;

use std::sync::Arc;

use serde::Deserialize;

use super::missing_value;
use crate::{Datapoint, Timestamp};
use value::PlainValue;

/// The maximum length of a number in bytes. Numbers of this length are always less than the largest
/// float, about 1.8e308.
const MAX_NUMBER_LEN: usize = 300;

/// The number of decimal digits that survive the conversion to a float and back (`f64::DIGITS`). A
/// number of at most so many digits is therefore the shortest one for its float.
const EXACT_DIGITS: usize = 15;

/// The powers of ten that a number is divided by for the digits after its point. Both are exact
/// floats, so the quotient is correctly rounded.
const POWERS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A datapoint in JSON whose value is not parsed.
///
/// [`scan`](Self::scan) reads datapoints whose values are numbers, booleans or simple strings,
/// which nearly all are, in a fraction of the time that a general JSON parser needs. It returns
/// `None` for all others.
///
/// ```
/// use cdb_types::RawDatapoint;
/// let text = br#"{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}"#;
/// let (raw, length) = RawDatapoint::scan(text).expect("a flat datapoint");
/// assert_eq!(raw.d, Some(&b"8"[..]));
/// assert_eq!(text[length], b',');
/// assert_eq!(raw.read::<u8>()?.d, 8);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawDatapoint<'a> {
    /// The timestamp; `None` if the key is missing.
    pub t: Option<RawNumber<'a>>,
    /// The JSON text of the value: a number, a string without escapes (in its quotes), `true`,
    /// `false` or `null`. `None` if the key is missing.
    pub d: Option<&'a [u8]>,
    /// The origin; `None` if the key is missing.
    pub o: Option<&'a str>,
    /// The value as a float, if it is a number.
    float: Option<f64>,
}

/// A number in JSON, with its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawNumber<'a> {
    /// The nearest float.
    pub value: f64,
    /// The JSON text.
    pub text: &'a [u8],
    /// The number of digits in the text.
    digits: usize,
}

impl RawNumber<'_> {
    /// Returns whether the text is known to be the shortest decimal for this float, which is how
    /// the protocol writes timestamps.
    ///
    /// A text that is the shortest may also return `false`: `0.5`, negative numbers and numbers of
    /// more than 15 digits do.
    #[must_use]
    pub fn is_shortest(&self) -> bool {
        let fraction = self.text.contains(&b'.');
        matches!(self.text, [b'1'..=b'9', ..])
            && self.digits <= EXACT_DIGITS
            && !(fraction && self.text.ends_with(b"0"))
    }
}

impl<'a> RawDatapoint<'a> {
    /// Scans the datapoint at the start of a text. Returns it with its length in bytes.
    ///
    /// Returns `None` if
    ///
    /// - the value is an array, an object or a string with escapes,
    /// - `t` or `o` is null, a key is repeated or unknown, or there is no key,
    /// - a number has an exponent or is longer than 300 bytes,
    /// - the datapoint is not complete or not valid JSON.
    ///
    /// The caller then needs a JSON parser to decide whether it is a datapoint. Only `o` is checked
    /// to be UTF-8; a string in `d` is not.
    #[must_use]
    pub fn scan(text: &'a [u8]) -> Option<(Self, usize)> {
        let mut scanner = Scanner { text, at: 0 };
        let mut raw = Self { t: None, d: None, o: None, float: None };
        scanner.expect(b'{')?;
        loop {
            match scanner.key()? {
                b't' if raw.t.is_none() => raw.t = Some(scanner.number()?),
                b'd' if raw.d.is_none() => {
                    let (text, float) = scanner.value()?;
                    (raw.d, raw.float) = (Some(text), float);
                }
                b'o' if raw.o.is_none() => raw.o = Some(scanner.string()?),
                _ => return None,
            }
            scanner.skip_spaces();
            match scanner.next()? {
                b',' => {}
                b'}' => return Some((raw, scanner.at)),
                _ => return None,
            }
        }
    }

    /// Parses the value as a `T`.
    ///
    /// # Errors
    /// Returns an error if the value cannot be read as a `T`.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<Datapoint<T>, serde_json::Error> {
        let t = self.t.and_then(|t| Timestamp::new(t.value)).unwrap_or_default();
        let d = match self.d {
            Some(text) => T::deserialize(PlainValue { text, float: self.float })?,
            None => missing_value()?,
        };
        let o = self.o.filter(|origin| !origin.is_empty()).map(Arc::from);
        Ok(Datapoint { t, d, o })
    }
}

/// A position in a text. The methods return `None` if the text does not continue as expected.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Scans a key of one byte, its colon and the spaces around it.
    fn key(&mut self) -> Option<u8> {
        self.skip_spaces();
        self.expect(b'"')?;
        let key = self.next()?;
        self.expect(b'"')?;
        self.skip_spaces();
        self.expect(b':')?;
        self.skip_spaces();
        Some(key)
    }

    /// Scans a value. Returns its text and, for a number, its float.
    fn value(&mut self) -> Option<(&'a [u8], Option<f64>)> {
        let start = self.at;
        match self.peek()? {
            b'"' => drop(self.quoted()?),
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => {
                let number = self.number()?;
                return Some((number.text, Some(number.value)));
            }
        }
        Some((&self.text[start..self.at], None))
    }

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let matches = self.text[self.at..].starts_with(literal);
        self.at += literal.len();
        matches.then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.quoted()?).ok()
    }

    /// Scans a string without escapes. Returns the text between its quotes.
    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
        self.at += length;
        self.expect(b'"')?;
        Some(&rest[..length])
    }

    /// Scans a number without an exponent. The byte after it must be part of the text, because the
    /// number could continue otherwise.
    fn number(&mut self) -> Option<RawNumber<'a>> {
        let text = &self.text[self.at..];
        let negative = text.first() == Some(&b'-');
        let first = usize::from(negative);
        let (whole, mut significand) = digits(text.get(first..)?, 0);
        if whole == 0 || (whole > 1 && text[first] == b'0') {
            return None;
        }
        let mut end = first + whole;
        let mut fraction = 0;
        if text.get(end) == Some(&b'.') {
            (fraction, significand) = digits(&text[end + 1..], significand);
            end += 1 + fraction;
            if fraction == 0 {
                return None;
            }
        }
        if matches!(text.get(end)?, b'e' | b'E') || end > MAX_NUMBER_LEN {
            return None;
        }
        self.at += end;
        let (text, digits) = (&text[..end], whole + fraction);
        let value = if digits <= EXACT_DIGITS {
            #[allow(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
            let value = significand as f64 / POWERS[fraction];
            if negative { -value } else { value }
        } else {
            std::str::from_utf8(text).ok()?.parse().ok()?
        };
        Some(RawNumber { value, text, digits })
    }
}

/// Appends the digits at the start of a text to a number. Returns how many digits there are, and
/// the number, which wraps around if all digits together are more than 19.
fn digits(text: &[u8], mut number: u64) -> (usize, u64) {
    for (count, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (count, number);
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
    }
    (text.len(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<(f64, bool)> {
        let text = format!("{text},");
        let number = Scanner { text: text.as_bytes(), at: 0 }.number()?;
        Some((number.value, number.is_shortest()))
    }

    #[test]
    fn numbers_are_the_same_floats_as_in_the_standard_library() {
        for text in [
            "0",
            "5",
            "-5",
            "1464250199.934",
            "0.1",
            "9007199254740993",
            "123456789012345",
            "1795560777.1234567",
            "-0.5",
            "100",
            "0.000000000000001",
            "99999999999999999999999999.5",
        ] {
            let expected: f64 = text.parse().expect("a number");
            let found = number(text).map(|(value, _)| value.to_bits());
            assert_eq!(found, Some(expected.to_bits()), "{text}");
        }
        for text in ["", "-", ".5", "5.", "05", "-05", "1e5", "1.5E2", "+1", "NaN", "x"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number(&"9".repeat(400)), None);
    }

    #[test]
    fn is_shortest_has_no_false_positives() {
        for text in ["5", "100", "1464250199.934", "123456789012345", "1.5"] {
            assert_eq!(number(text).map(|(_, shortest)| shortest), Some(true), "{text}");
        }
        for text in ["5.0", "5.10", "0", "0.5", "-5", "1234567890123456", "1.000000000000001"] {
            assert_eq!(number(text).map(|(_, shortest)| shortest), Some(false), "{text}");
        }
    }

    #[test]
    fn short_floats_are_read_as_by_serde_json() {
        // The nearest `f64` of the second and the third number is the middle between two `f32`, and
        // they lie on either side of it. The last one is too large.
        let large = "1".repeat(50);
        for number in
            ["0.1", "1.00000017881393432617187499", "1.00000017881393432617187501", &large]
        {
            let text = format!(r#"{{"d":{number}}}"#);
            let (raw, _) = RawDatapoint::scan(text.as_bytes()).expect("a datapoint");
            let found = raw.read::<f32>().ok().map(|datapoint| datapoint.d);
            assert_eq!(found, serde_json::from_str(number).ok(), "{number}");
        }
    }

    #[test]
    fn datapoints_that_are_not_flat_are_not_scanned() {
        for text in [
            "",
            "{",
            "{}",
            r#"{"t":1"#,
            r#"{"t":1,"#,
            r#"{"t":1,}"#,
            r#"{"t":1,"t":2}"#,
            r#"{"t":1,"x":2}"#,
            r#"{"T":1}"#,
            r#"{"t":null}"#,
            r#"{"d":[1]}"#,
            r#"{"d":{}}"#,
            r#"{"d":"\n"}"#,
            "{\"d\":\"\n\"}",
            r#"{"d":"open}"#,
            r#"{"d":tru}"#,
            r#"{"d":1 2}"#,
            r#"[{"d":1}]"#,
        ] {
            assert_eq!(RawDatapoint::scan(text.as_bytes()), None, "{text}");
        }
        assert_eq!(RawDatapoint::scan(b"{\"o\":\"\xff\"}"), None);
    }
}
