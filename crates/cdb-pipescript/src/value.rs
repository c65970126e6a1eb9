//! The values that scripts work with.

mod format;
mod json;
mod number;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

pub(crate) use format::number_text;
pub(crate) use json::may_have_long_numbers;
pub(crate) use number::EXACT_DIGITS;
pub use number::{Decimal, Number};

use crate::error::RunError;

/// The maximum size of a value in bytes. A shared part counts each time that it occurs.
const MAX_BYTES: usize = 64 << 20;

/// The memory of an element of an array.
const ITEM_BYTES: usize = std::mem::size_of::<Value>();

/// The memory of an entry of an object, without the text of its key and what its value holds.
const ENTRY_BYTES: usize = 64;

/// The memory of a text, an array or an object, without its content.
const SHARED_BYTES: usize = 32;

/// The steps of inserting an entry into an object.
pub(crate) const ENTRY_STEPS: usize = 8;

/// The maximum size of a value in an error message, in bytes.
const MAX_EXCERPT: usize = 200;

/// The maximum length of a text that is read as a number, in bytes. It limits the time of
/// comparisons and conversions.
const MAX_NUMBER_TEXT: usize = 1000;

/// The maximum length of a text that a script builds, in bytes.
pub(crate) const MAX_TEXT: usize = 1_000_000;

/// A JSON value that is cheap to clone: strings, arrays and objects are shared.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Arc<Array>),
    /// An object.
    Object(Arc<Object>),
}

/// The elements of an array.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Array {
    items: Vec<Value>,
    bytes: usize,
}

/// The entries of an object, by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    entries: BTreeMap<Arc<str>, Value>,
    bytes: usize,
}

impl Array {
    fn new(items: Vec<Value>) -> Self {
        let bytes = items.iter().map(|item| ITEM_BYTES + item.bytes());
        let bytes = bytes.fold(SHARED_BYTES, usize::saturating_add);
        Self { items, bytes }
    }

    /// Returns the elements.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

impl Object {
    fn new(entries: BTreeMap<Arc<str>, Value>) -> Self {
        let bytes = entries.iter().map(|(key, value)| ENTRY_BYTES + key.len() + value.bytes());
        let bytes = bytes.fold(SHARED_BYTES, usize::saturating_add);
        Self { entries, bytes }
    }

    /// Returns the entries.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<Arc<str>, Value> {
        &self.entries
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Value {
    /// Creates a number.
    pub(crate) fn number(number: f64) -> Self {
        Self::Number(Number::Float(number))
    }

    /// Creates an object. Returns an error if it is larger than 64 MiB.
    pub(crate) fn object(entries: BTreeMap<Arc<str>, Self>) -> Result<Self, RunError> {
        let object = Object::new(entries);
        within_bounds(object.bytes)?;
        Ok(Self::Object(Arc::new(object)))
    }

    fn array(items: Vec<Self>) -> Result<Self, RunError> {
        let array = Array::new(items);
        within_bounds(array.bytes)?;
        Ok(Self::Array(Arc::new(array)))
    }

    /// Returns an estimate of the memory in bytes that the value holds, without
    /// `size_of::<Value>()`.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(number) => number.bytes(),
            Self::String(text) => SHARED_BYTES + text.len(),
            Self::Array(array) => array.bytes,
            Self::Object(object) => object.bytes,
        }
    }

    /// Converts the value to a number: null is 0, a boolean 0 or 1, a string the number that it
    /// contains. Returns `None` for other strings, arrays and objects.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Null => Some(0.0),
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Self::Number(number) => Some(number.as_f64()),
            Self::String(text) => text_number(text),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// Converts the value to a boolean: null and an empty string are false, a number is true if it
    /// is greater than 0. Returns `None` for strings that are not numbers, arrays and objects.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(truth) => Some(*truth),
            Self::Number(number) => Some(number.as_f64() > 0.0),
            Self::String(text) if text.is_empty() => Some(false),
            Self::String(text) => text_number(text).map(|number| number > 0.0),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// Converts the value to a string; null is empty. Returns `None` for arrays and objects.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => Some("".into()),
            Self::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::String(text) => Some(Cow::Borrowed(text)),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    pub(crate) fn to_number(&self) -> Result<f64, RunError> {
        self.as_number().ok_or_else(|| self.unconvertible("Float"))
    }

    pub(crate) fn to_bool(&self) -> Result<bool, RunError> {
        self.as_bool().ok_or_else(|| self.unconvertible("Bool"))
    }

    pub(crate) fn to_text(&self) -> Result<Cow<'_, str>, RunError> {
        self.as_text().ok_or_else(|| self.unconvertible("String"))
    }

    pub(crate) fn to_shared_text(&self) -> Result<Arc<str>, RunError> {
        match self {
            Self::String(text) => Ok(Arc::clone(text)),
            other => Ok(other.to_text()?.into()),
        }
    }

    /// Returns the text of the value for an error message, shortened to about 200 bytes.
    pub(crate) fn excerpt(&self) -> String {
        let mut excerpt = Excerpt(String::new());
        // Writing fails when the limit is reached. The rest is left out.
        let _ = write!(excerpt, "{self}");
        excerpt.0
    }

    pub(crate) fn unconvertible(&self, to: &str) -> RunError {
        RunError::new(format!("Could not convert '{}' to {to}", self.excerpt()))
    }

    /// Returns `true` if the values are equal to the operator `==`: `1 == "1"`, `true == 1`.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self == other
            || match (self.as_number(), other.as_number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            }
    }
}

fn within_bounds(bytes: usize) -> Result<(), RunError> {
    if bytes > MAX_BYTES {
        return Err(RunError::new("The script's output is too large"));
    }
    Ok(())
}

/// Parses a text as a number; `true` is 1, `false` is 0.
fn text_number(text: &str) -> Option<f64> {
    if text.len() > MAX_NUMBER_TEXT {
        return None;
    }
    let text = text.trim();
    match text {
        "true" => return Some(1.0),
        "false" => return Some(0.0),
        _ => {}
    }
    // The standard library also parses `inf` and `nan`, which are not numbers here.
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::Int(number))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

/// A text with a maximum length. A longer text is cut, and ends with `…`.
struct Excerpt(String);

impl fmt::Write for Excerpt {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for character in more.chars() {
            if self.0.len() >= MAX_EXCERPT {
                self.0.push('…');
                return Err(fmt::Error);
            }
            self.0.push(character);
        }
        Ok(())
    }
}

/// Formats the value as error messages do: `7`, `[1 2]`, `map[a:1]`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<nil>"),
            Self::Bool(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => f.write_str(text),
            Self::Array(array) => {
                for (i, item) in array.items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "[" } else { " " })?;
                }
                f.write_str(if array.items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(object) => {
                f.write_str("map[")?;
                for (i, (key, value)) in object.entries.iter().enumerate() {
                    write!(f, "{}{key}:{value}", if i == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
        }
    }
}
