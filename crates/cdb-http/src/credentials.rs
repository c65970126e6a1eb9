//! Who asks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cdb_types::{ApiKey, Password};
use reqwest::header::HeaderValue;

/// Who a session acts for. `Debug` shows neither key nor password.
///
/// ```
/// use cdb_http::Credentials;
/// let me = Credentials::password("me", "open sesame");
/// assert_eq!(format!("{me:?}"), r#"Password { user: "me", password: [secret] }"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A user, who acts as its device `user`. The server takes its time over passwords: for more
    /// than a request or two use the device's key.
    Password {
        /// The user's name or e-mail address.
        user: String,
        /// The password.
        password: Password,
    },
    /// The device that has this key.
    ApiKey(ApiKey),
    /// Nobody: may do nothing but ask who it is, unless the server allows more.
    #[default]
    Nobody,
}

impl Credentials {
    /// A user's name (or e-mail address) and password.
    pub fn password(user: impl Into<String>, password: impl Into<Password>) -> Self {
        Self::Password { user: user.into(), password: password.into() }
    }

    /// A device's API key.
    pub fn api_key(key: impl Into<ApiKey>) -> Self {
        Self::ApiKey(key.into())
    }

    /// The `Authorization` header; a key goes as the password of no user.
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
