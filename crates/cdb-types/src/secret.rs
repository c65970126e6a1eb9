//! Secrets, which are not printed.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! secrets {
    ($($(#[$doc:meta])* $secret:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $secret(Box<str>);

        impl $secret {
            /// Creates a secret from its text.
            #[must_use]
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            /// Returns the text of the secret. Do not print or log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $secret {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[secret]")
            }
        }

        impl From<&str> for $secret {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<&String> for $secret {
            fn from(text: &String) -> Self {
                Self::new(text.as_str())
            }
        }

        impl From<String> for $secret {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    )*};
}

secrets! {
    /// The key with which a device logs in: any text, usually formatted like a UUID.
    ///
    /// `Debug` prints `[secret]`; serializing writes the key itself.
    ///
    /// ```
    /// let key = cdb_types::ApiKey::from("59eb7247-2d12-4510-66cc-f43192cc46d4");
    /// assert_eq!(format!("{key:?}"), "[secret]");
    /// ```
    ApiKey;
    /// A user's password.
    ///
    /// `Debug` prints `[secret]`; serializing writes the password itself.
    Password;
}
