//! Names of users, devices and streams.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most characters that a [`Name`] may have.
pub const MAX_NAME_LEN: usize = 29;

/// The name of a user, a device or a stream: a letter, then letters, digits, `_` or `-`,
/// at most [`MAX_NAME_LEN`] characters in all, ASCII only.
///
/// A name is checked once, on its way in, and never changes later. Clones share one allocation.
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
    /// Checks a text and takes it as a name.
    ///
    /// # Errors
    /// What is wrong with it, see [`NameError`].
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

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing in it.
    #[error("a name cannot be empty")]
    Empty,
    /// The first character is not a letter from a to z.
    #[error("a name starts with a letter, not with {0:?}")]
    Start(char),
    /// A character is none of a to z, 0 to 9, `_`, `-`.
    #[error("a name cannot hold {0:?}")]
    Character(char),
    /// It is longer than [`MAX_NAME_LEN`].
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
