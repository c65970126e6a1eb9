//! Names of users, devices and streams.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The maximum number of characters of a [`Name`].
pub const MAX_NAME_LEN: usize = 29;

/// The name of a user, a device or a stream: an ASCII letter, followed by ASCII letters, digits,
/// `_` or `-`, with at most [`MAX_NAME_LEN`] characters in total.
///
/// A `Name` is always valid and immutable. Cloning is cheap, because clones share one allocation.
///
/// ```
/// use cdb_types::{Name, NameError};
/// let name: Name = "living-room".parse()?;
/// assert_eq!(name.as_str(), "living-room");
/// assert_eq!("living room".parse::<Name>(), Err(NameError::Character(' ')));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Arc<str>);

impl Name {
    /// Creates a name from a text.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid name; see [`NameError`].
    pub fn new(text: impl AsRef<str>) -> Result<Self, NameError> {
        let text = text.as_ref();
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if !first.is_ascii_alphabetic() {
            return Err(NameError::Start(first));
        }
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if let Some(character) = text.chars().find(|c| !allowed(c)) {
            return Err(NameError::Character(character));
        }
        if text.len() > MAX_NAME_LEN {
            return Err(NameError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// Returns the name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text is not a valid [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    #[error("a name cannot be empty")]
    Empty,
    /// The first character is not a letter from a to z or A to Z.
    #[error("a name starts with a letter from a to z, not with {0:?}")]
    Start(char),
    /// A character is not a letter from a to z or A to Z, a digit, `_` or `-`.
    #[error("a name cannot contain {0:?}; it consists of letters from a to z, digits, _ and -")]
    Character(char),
    /// The text is longer than [`MAX_NAME_LEN`].
    #[error("a name has at most {MAX_NAME_LEN} characters")]
    TooLong,
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
