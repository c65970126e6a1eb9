//! Sessions of browsers, as storage knows them. Times are in seconds since 1970.

use async_trait::async_trait;

use super::{Device, StorageError, StoredPassword, User};
use crate::service::authorize::SessionsPermit;

/// The SHA-256 of a session's token.
pub(crate) type TokenDigest = [u8; 32];

/// A session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    pub(crate) id: i64,
    pub(crate) last_used: i64,
    /// When it ends unless it is used before.
    pub(crate) end: i64,
}

/// What a session is found by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SessionKey {
    Token(TokenDigest),
    Id(i64),
}

/// A session as the user of its device sees it.
#[derive(Debug)]
pub(crate) struct ListedSession {
    pub(crate) id: i64,
    pub(crate) device: String,
    pub(crate) created: i64,
    pub(crate) last_used: i64,
    pub(crate) expires: i64,
    pub(crate) user_agent: String,
}

/// A session that is to be stored, if nothing that its login depends on has changed.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) user: &'a User,
    pub(crate) device: &'a Device,
    /// The password that was used to log in, if one was.
    pub(crate) password: Option<&'a StoredPassword>,
    /// The session that was used to log in, if one was.
    pub(crate) opened_in: Option<i64>,
    pub(crate) token_digest: TokenDigest,
    pub(crate) created: i64,
    pub(crate) idle_timeout: i64,
    pub(crate) expires: i64,
    pub(crate) user_agent: String,
}

/// Stores sessions.
///
/// The sessions of a device end together with what they logged in with: a change of the key or the
/// role of the device, or of the password or the role of its user, deletes them, and so does the
/// deletion of the device.
#[async_trait]
pub(crate) trait SessionStorage {
    /// Returns a session, even if it has expired, with the device that it is logged in as.
    async fn session(
        &self,
        key: SessionKey,
    ) -> Result<Option<(Session, User, Device)>, StorageError>;

    /// Stores a session and deletes those that have expired. The device's oldest sessions end if
    /// there are more than `max`. Returns `false`, and stores nothing, if the key, the role or the
    /// password of the login has changed.
    ///
    /// # Cancel safety
    /// If the future is dropped, the session is stored or not. Nobody has its token.
    async fn insert_session(&self, new: NewSession<'_>, max: u32) -> Result<bool, StorageError>;

    /// Stores the time at which a session was used.
    ///
    /// # Cancel safety
    /// If the future is dropped, the time is stored or not.
    async fn touch_session(&self, id: i64, now: i64) -> Result<(), StorageError>;

    /// Deletes a session if there is one.
    ///
    /// # Cancel safety
    /// If the future is dropped, the session is deleted or not.
    async fn delete_session(&self, digest: TokenDigest) -> Result<(), StorageError>;

    /// Returns the sessions of a user's devices that have not ended at a time, newest first, at most `max`.
    async fn sessions_of_user(
        &self,
        permit: SessionsPermit,
        now: i64,
        max: u32,
    ) -> Result<Vec<ListedSession>, StorageError>;

    /// Deletes a session of a user's device. Returns `false` if there is none.
    ///
    /// # Cancel safety
    /// If the future is dropped, the session is deleted or not.
    async fn end_session(&self, permit: SessionsPermit, id: i64) -> Result<bool, StorageError>;
}
