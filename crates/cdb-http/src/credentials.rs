//! Credentials.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cdb_types::{ApiKey, Password};
use reqwest::header::HeaderValue;

/// The credentials of a session. `Debug` shows neither key nor password.
///
/// ```
/// use cdb_http::Credentials;
/// let me = Credentials::password("me", "open sesame");
/// assert_eq!(format!("{me:?}"), r#"Password { user: "me", password: [secret] }"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A user's password, which logs in as the user's device `user`.
    ///
    /// The server takes a noticeable time to check a password, by design. For more than a few
    /// requests, use the API key of the device.
    Password {
        /// The user's name or e-mail address.
        user: String,
        /// The password.
        password: Password,
    },
    /// The API key of a device, which logs in as this device.
    ApiKey(ApiKey),
    /// No credentials. The server refuses most calls.
    #[default]
    Nobody,
}

impl Credentials {
    /// Creates credentials from a user's name or e-mail address, and password.
    pub fn password(user: impl Into<String>, password: impl Into<Password>) -> Self {
        Self::Password { user: user.into(), password: password.into() }
    }

    /// Creates credentials from the API key of a device.
    pub fn api_key(key: impl Into<ApiKey>) -> Self {
        Self::ApiKey(key.into())
    }

    /// Returns the `Authorization` header. A key is sent as the password of an empty user name.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let (user, secret) = match self {
            Self::Password { user, password } => (user.as_str(), password.expose()),
            Self::ApiKey(key) => ("", key.expose()),
            Self::Nobody => return None,
        };
        let encoded = STANDARD.encode(format!("{user}:{secret}"));
        let mut header = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}
