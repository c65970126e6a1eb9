//! Sessions of browsers: the token, and what the server remembers.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::api_error::ApiError;
use crate::storage::sessions::TokenDigest;

const TOKEN_BYTES: usize = 32;

/// The maximum number of sessions whose last use is being written at the same time.
const MAX_TOUCHING: usize = 1024;

/// The secret in the cookie of a session: 256 random bits.
#[derive(Clone)]
pub(crate) struct SessionToken(String);

impl SessionToken {
    pub(crate) fn random() -> Result<Self, ApiError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns what the session is found by. The data file contains no token, so that who reads it
    /// cannot use the sessions.
    pub(crate) fn digest(&self) -> TokenDigest {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Returns the text of the cookie.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SessionToken {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// What the server knows of sessions beside what is stored.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    touching: Mutex<HashSet<i64>>,
}

impl Sessions {
    /// Marks a session as one whose last use is being written, unless it is already marked.
    pub(crate) fn begin_touch(&self, id: i64) -> bool {
        let mut touching = self.touching.lock().unwrap_or_else(PoisonError::into_inner);
        touching.len() < MAX_TOUCHING && touching.insert(id)
    }

    pub(crate) fn end_touch(&self, id: i64) {
        self.touching.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let tokens: HashSet<_> =
            (0..100).map(|_| SessionToken::random().expect("randomness").0).collect();
        assert_eq!(tokens.len(), 100);
        assert!(tokens.iter().all(|token| token.len() == 43));
    }
}
