//! Finding the parts of a datapoint without reading its value.

mod value;

use std::sync::Arc;

use serde::Deserialize;

use super::missing;
use crate::{Datapoint, Timestamp};
use value::PlainValue;

/// Longer numbers may lie beyond the floats.
const LONGEST_NUMBER: usize = 300;

/// A number of so many digits is one float, and no shorter number is the same float.
const EXACT_DIGITS: usize = 15;

/// What such a number is divided by for the digits after its point. Exact, as its digits are.
const POWERS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A datapoint in JSON whose value is still text.
///
/// Nearly every datapoint that is sent is a small flat object: [`scan`](Self::scan) takes one apart
/// in a fraction of the time that a general parser needs, and leaves the rest to such a parser.
///
/// ```
/// use cdb_types::RawDatapoint;
/// let text = br#"{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}"#;
/// let (raw, length) = RawDatapoint::scan(text).expect("a flat one");
/// assert_eq!(raw.d, Some(&b"8"[..]));
/// assert_eq!(text[length], b',');
/// assert_eq!(raw.read::<u8>()?.d, 8);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawDatapoint<'a> {
    /// When; `None` if that is not said, or null.
    pub t: Option<RawNumber<'a>>,
    /// The value's text: a number, a string without escapes, `true`, `false` or `null`. `None` if
    /// there is none.
    pub d: Option<&'a [u8]>,
    /// Who wrote it; `None` if that is not said.
    pub o: Option<&'a str>,
    /// The float that the value is, if it is a number.
    float: Option<f64>,
}

/// A number in JSON, with its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawNumber<'a> {
    /// The float that is nearest to it.
    pub value: f64,
    /// As it stands there.
    pub text: &'a [u8],
    /// How many digits it has.
    digits: usize,
}

impl RawNumber<'_> {
    /// Whether the text is surely the one that the protocol would have for this float: without
    /// exponent, leading or trailing zeros, or needless digits.
    #[must_use]
    pub fn is_shortest(&self) -> bool {
        let fraction = self.text.contains(&b'.');
        matches!(self.text, [b'1'..=b'9', ..])
            && self.digits <= EXACT_DIGITS
            && !(fraction && self.text.ends_with(b"0"))
    }
}

impl<'a> RawDatapoint<'a> {
    /// Takes apart the datapoint with which a text begins, and says how many bytes it has.
    ///
    /// `None` when it is not flat and plain (its value is an array, an object or a text with
    /// escapes; a key is repeated or unknown; a number has an exponent), not JSON, or not all there:
    /// then let a JSON parser decide. That texts are UTF-8 is not checked here but in `o`.
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

    /// Reads the value.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<Datapoint<T>, serde_json::Error> {
        let t = self.t.and_then(|t| Timestamp::new(t.value)).unwrap_or_default();
        let d = match self.d {
            Some(text) => T::deserialize(PlainValue { text, float: self.float })?,
            None => missing()?,
        };
        let o = self.o.filter(|origin| !origin.is_empty()).map(Arc::from);
        Ok(Datapoint { t, d, o })
    }
}

/// A place in a text. Each method gives `None` where the text does not go on as is wanted.
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

    /// A key of one character, up to its value.
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

    /// A plain value, and the float that it is, if it is a number.
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
        let there = self.text[self.at..].starts_with(literal);
        self.at += literal.len();
        there.then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.quoted()?).ok()
    }

    /// What stands between two quotes, without escapes.
    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
        self.at += length;
        self.expect(b'"')?;
        Some(&rest[..length])
    }

    /// A number without exponent. What follows it must be there, too: it might go on.
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
        if matches!(text.get(end)?, b'e' | b'E') || end > LONGEST_NUMBER {
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

/// How many digits a text begins with, and a number with them after its own. That is right as long
/// as all of them are few.
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
    fn numbers_are_those_of_the_standard_library() {
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
    fn what_is_called_shortest_is() {
        for text in ["5", "100", "1464250199.934", "123456789012345", "1.5"] {
            assert_eq!(number(text).map(|(_, shortest)| shortest), Some(true), "{text}");
        }
        for text in ["5.0", "5.10", "0", "0.5", "-5", "1234567890123456", "1.000000000000001"] {
            assert_eq!(number(text).map(|(_, shortest)| shortest), Some(false), "{text}");
        }
    }

    #[test]
    fn what_is_not_flat_and_plain_is_left_to_a_parser() {
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
