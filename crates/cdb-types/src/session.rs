//! Sessions of browsers: logging in, and what a session may do.

mod durability;

use serde::{Deserialize, Serialize};

pub use durability::{Durability, InvalidDurability};

use crate::{DevicePath, Password};

/// The name and password of a user, with which a browser logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoginRequest {
    /// The name or email address of the user. `login` is accepted in place of `user`.
    #[serde(alias = "login")]
    pub user: String,
    /// The password.
    pub password: Password,
    /// Whether the session stays when the browser is closed.
    #[serde(default)]
    pub stay: bool,
}

impl LoginRequest {
    /// Creates a request for a session that ends with the browser.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<Password>) -> Self {
        Self { user: user.into(), password: password.into(), stay: false }
    }

    /// Sets whether the session stays when the browser is closed. The default is `false`.
    #[must_use]
    pub fn stay(mut self, stay: bool) -> Self {
        self.stay = stay;
        self
    }
}

/// The caller, what it may do, and what a client must know of the server (`GET session`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The device as which the caller is logged in; `None` for nobody.
    pub device: Option<DevicePath>,
    /// The name of the user of the device; `None` for nobody.
    pub user: Option<String>,
    /// The role of the user; `nobody` for nobody.
    pub user_role: String,
    /// The role of the device; empty if it has none.
    pub device_role: String,
    /// What the caller may do.
    pub rights: SessionRights,
    /// The version of the protocol, such as `0.3.0`.
    pub version: String,
    /// The version of the server's software.
    pub software: String,
    /// The limits of requests.
    pub limits: RequestLimits,
    /// When an insert is answered; `None` if the server does not say, or in a way that this version
    /// does not know.
    #[serde(deserialize_with = "durability::if_known")]
    pub durability: Option<Durability>,
}

/// What a caller may do, each right by its name.
///
/// The names are `create_user`, `create_device`, `create_stream`, the same with `delete` and
/// `list` (`list_users`, `list_devices`, `list_streams`), `write_role`, `write_password`,
/// `read_data`, `write_data` and `write_downlink`. Other names may be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionRights {
    /// Whether the caller may count users, devices and streams.
    pub count: bool,
    /// What it may do to its user, and to the devices of its user.
    pub own: Vec<String>,
    /// What it may do to users and devices that are public.
    pub public: Vec<String>,
    /// What it may do to all others.
    pub others: Vec<String>,
}

/// A session of a browser that has not ended (`GET sessions`). Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenSession {
    /// What it is ended by.
    pub id: i64,
    /// The device as which the browser is logged in.
    pub device: DevicePath,
    /// When the browser has logged in.
    pub created: i64,
    /// When it was used last, at most a minute behind.
    pub last_used: i64,
    /// When it ends at the latest. It ends before that if it is not used.
    pub expires: i64,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Whether it is the session that the request was sent in.
    pub current: bool,
}

impl OpenSession {
    /// Creates a session that ends at `expires`, and was used last when it was created.
    #[must_use]
    pub fn new(id: i64, device: DevicePath, created: i64, expires: i64) -> Self {
        let user_agent = String::new();
        Self { id, device, created, last_used: created, expires, user_agent, current: false }
    }
}

/// The limits of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RequestLimits {
    /// The maximum size of a request body, in bytes.
    pub body_bytes: u64,
    /// The maximum size of a message that a client sends over a websocket, in bytes.
    pub frame_bytes: u64,
}
