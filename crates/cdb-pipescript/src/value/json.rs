//! Reads values from JSON and writes them to JSON.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use super::number::EXACT_DIGITS;
use super::{Array, Number, Object, Value};
use crate::error::RunError;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(number) => match (number, number.whole()) {
                (_, Some(number)) => serializer.serialize_i64(number),
                (Number::Int(number), _) => serializer.serialize_i64(*number),
                (Number::Unsigned(number), _) => serializer.serialize_u64(*number),
                (Number::Float(number), _) if number.is_finite() => {
                    serializer.serialize_f64(*number)
                }
                (Number::Float(number), _) => Err(S::Error::custom(RunError::not_json(*number))),
                // Formats other than JSON get a structure with the text.
                (Number::Decimal(decimal), _) => decimal.raw().serialize(serializer),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(array) => serializer.collect_seq(&array.items),
            Self::Object(object) => {
                serializer.collect_map(object.entries.iter().map(|(key, value)| (&**key, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(None))
    }
}

impl Value {
    /// Reads a value from JSON, with all digits of its numbers. `serde_json::from_slice` is
    /// slightly faster, but rounds numbers that neither a 64-bit integer nor a float can represent.
    ///
    /// ```
    /// use cdb_pipescript::Value;
    /// let text = "[12345678901234567890123,0.1000000000000000055511151231257827]";
    /// assert_eq!(serde_json::to_string(&Value::from_json(text.as_bytes())?)?, text);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, or if an array or object takes more than 64 MiB.
    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        if !may_have_long_numbers(text) {
            return serde_json::from_slice(text);
        }
        let numbers = Numbers { long: long_numbers(text), at: Cell::new(0) };
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let value = Reader(Some(&numbers)).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

/// Returns whether a JSON text may have numbers that a float cannot represent: with many digits or
/// an exponent. Strings that look like such numbers count as well.
pub(crate) fn may_have_long_numbers(text: &[u8]) -> bool {
    has_exponent(text) || has_many_digits(text)
}

/// Returns whether an `e` follows a digit. The loop has no branch, so that the compiler vectorizes
/// it.
fn has_exponent(text: &[u8]) -> bool {
    let pairs = text.iter().zip(text.iter().skip(1));
    pairs.fold(false, |found, (digit, e)| found | (digit.is_ascii_digit() & (e | 0x20 == b'e')))
}

/// Returns whether there are more than 15 digits and decimal points in a row.
fn has_many_digits(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    // A row of 16 bytes or more contains at least one of the bytes that are inspected, of which
    // there is one in each 16.
    let mut at = EXACT_DIGITS;
    while let Some(byte) = text.get(at) {
        if is_part(byte) {
            let before = text[..at].iter().rev().take_while(|byte| is_part(byte)).count();
            let after = text[at..].iter().take_while(|byte| is_part(byte)).count();
            if before + after > EXACT_DIGITS {
                return true;
            }
            at += after;
        }
        at += EXACT_DIGITS + 1;
    }
    false
}

/// Returns the numbers of a JSON text that a float may not represent, by the count of numbers
/// before each.
fn long_numbers(text: &[u8]) -> HashMap<usize, &str> {
    let (mut long, mut count, mut at) = (HashMap::new(), 0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_length(&text[at..]),
            b'-' | b'0'..=b'9' => {
                let is_part =
                    |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let length = text[at..].iter().take_while(|byte| is_part(byte)).count();
                let number = &text[at..at + length];
                if may_have_long_numbers(number)
                    && let Ok(number) = std::str::from_utf8(number)
                {
                    long.insert(count, number);
                }
                count += 1;
                at += length;
            }
            _ => at += 1,
        }
    }
    long
}

/// Returns the length of the string at the start of a text, including its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The long numbers of a text. The deserializer visits each number of the text once, in order.
struct Numbers<'t> {
    long: HashMap<usize, &'t str>,
    /// The count of numbers that have been visited.
    at: Cell<usize>,
}

impl Numbers<'_> {
    /// Advances to the next number, and returns it with all its digits if it is a long one.
    fn next(&self) -> Option<Number> {
        let at = self.at.replace(self.at.get() + 1);
        self.long.get(&at).and_then(|text| Number::parse(text))
    }
}

/// Reads a value. If there is a list of the long numbers of the text, they keep all their digits.
#[derive(Clone, Copy)]
struct Reader<'n, 't>(Option<&'n Numbers<'t>>);

impl Reader<'_, '_> {
    fn number(self, number: Number) -> Value {
        Value::Number(self.0.and_then(Numbers::next).unwrap_or(number))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(self.number(Number::Int(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        let number = i64::try_from(number).map_or(Number::Unsigned(number), Number::Int);
        Ok(self.number(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(self.number(Number::Float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Value::array(items).map_err(de::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let value = map.next_value_seed(self)?;
            entries.insert(Arc::from(key), value);
        }
        Value::object(entries).map_err(de::Error::custom)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => {
                Self::Number(match (number.as_i64(), number.as_u64()) {
                    (Some(number), _) => Number::Int(number),
                    (None, Some(number)) => Number::Unsigned(number),
                    (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
                })
            }
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Array(items) => {
                Self::Array(Arc::new(Array::new(items.iter().map(Self::from).collect())))
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.as_str().into(), value.into()));
                Self::Object(Arc::new(Object::new(entries.collect())))
            }
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Self::from(&value)
    }
}

/// Returns an error if a number is infinite or NaN, which JSON cannot represent. A number with more
/// digits than a float can represent is rounded, because `serde_json::Value` does not keep them.
impl TryFrom<Value> for serde_json::Value {
    type Error = RunError;

    fn try_from(value: Value) -> Result<Self, RunError> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => truth.into(),
            Value::Number(number) => match (&number, number.whole()) {
                (_, Some(number)) => number.into(),
                (Number::Int(number), _) => (*number).into(),
                (Number::Unsigned(number), _) => (*number).into(),
                (Number::Float(_) | Number::Decimal(_), _) => {
                    let number = number.as_f64();
                    let number = serde_json::Number::from_f64(number)
                        .ok_or_else(|| RunError::not_json(number))?;
                    Self::Number(number)
                }
            },
            Value::String(text) => (*text).into(),
            Value::Array(array) => {
                array.items.iter().cloned().map(Self::try_from).collect::<Result<_, _>>()?
            }
            Value::Object(object) => {
                let entries = object.entries.iter();
                let entries =
                    entries.map(|(key, value)| Ok((key.to_string(), value.clone().try_into()?)));
                Self::Object(entries.collect::<Result<_, RunError>>()?)
            }
        })
    }
}
