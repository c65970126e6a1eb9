//! Sessions of browsers: a cookie stands for an API key.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use cdb_types::ApiKey;
use subtle::ConstantTimeEq;

/// How many sessions there are at a time; then the oldest ends.
const MAX_SESSIONS: usize = 1000;

/// What a cookie holds: a secret that means nothing anywhere else.
#[derive(Clone)]
pub(crate) struct Session(pub(crate) String);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// The sessions that are open; they end when the server does.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<VecDeque<(Session, ApiKey)>>);

impl Sessions {
    /// Opens a session for the device with this key.
    pub(crate) fn open(&self, key: ApiKey) -> Session {
        let session = Session(uuid::Uuid::new_v4().to_string());
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() == MAX_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back((session.clone(), key));
        session
    }

    /// The key that a session stands for.
    pub(crate) fn key(&self, session: &Session) -> Option<ApiKey> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |open: &Session| bool::from(open.0.as_bytes().ct_eq(session.0.as_bytes()));
        sessions.iter().find(|(open, _)| same(open)).map(|(_, key)| key.clone())
    }

    /// Ends a session.
    pub(crate) fn close(&self, session: &Session) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|(open, _)| open.0 != session.0);
    }
}
