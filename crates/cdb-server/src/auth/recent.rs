//! Passwords that were right a short while ago, so that they need not be hashed for each request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cdb_types::Password;
use hashlink::LruCache;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::api_error::ApiError;
use crate::storage::StoredPassword;

/// A password is forgotten when it was not used for so long.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// A password is forgotten after this time even if it is used.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// The maximum number of users whose password is remembered.
const MAX_REMEMBERED: usize = 4096;

/// Remembers right passwords as keyed hashes. The key is random and never leaves the process.
///
/// The hash covers the stored password as well, so it is of no use once the password has changed.
pub(crate) struct RecentPasswords {
    key: Hmac<Sha256>,
    users: Mutex<LruCache<i64, Recent>>,
}

struct Recent {
    /// Compared in constant time.
    mac: CtOutput<Hmac<Sha256>>,
    verified: Instant,
    used: Instant,
}

impl RecentPasswords {
    pub(crate) fn new() -> Result<Self, ApiError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(ApiError::internal)?;
        let key = Hmac::new_from_slice(&key).map_err(ApiError::internal)?;
        Ok(Self { key, users: Mutex::new(LruCache::new(MAX_REMEMBERED)) })
    }

    /// Remembers that a password fits what is stored for a user.
    pub(crate) fn remember(
        &self,
        user: i64,
        stored: &StoredPassword,
        password: &Password,
        now: Instant,
    ) {
        let recent = Recent { mac: self.mac(stored, password), verified: now, used: now };
        self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(user, recent);
    }

    /// Returns whether a password is known to fit what is stored for a user.
    pub(crate) fn fits(
        &self,
        user: i64,
        stored: &StoredPassword,
        password: &Password,
        now: Instant,
    ) -> bool {
        let mac = self.mac(stored, password);
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(recent) = users.get_mut(&user) else { return false };
        if now - recent.verified >= MAX_AGE || now - recent.used >= IDLE {
            users.remove(&user);
            return false;
        }
        let fits = recent.mac == mac;
        if fits {
            recent.used = now;
        }
        fits
    }

    fn mac(&self, stored: &StoredPassword, password: &Password) -> CtOutput<Hmac<Sha256>> {
        let mut mac = self.key.clone();
        for part in [&stored.scheme, &stored.salt, &stored.hash, password.expose()] {
            mac.update(&part.len().to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(hash: &str) -> StoredPassword {
        StoredPassword { scheme: "argon2id".into(), salt: String::new(), hash: hash.into() }
    }

    #[test]
    fn only_the_same_password_of_the_same_user_fits_and_only_until_it_is_changed() {
        let (recent, now) = (RecentPasswords::new().expect("randomness"), Instant::now());
        let fits = |user, hash, password| recent.fits(user, &stored(hash), &password, now);
        let password = || Password::from("secret");
        assert!(!fits(1, "a", password()));
        recent.remember(1, &stored("a"), &password(), now);
        assert!(fits(1, "a", password()));
        assert!(!fits(1, "a", "Secret".into()));
        assert!(!fits(1, "b", password()));
        assert!(!fits(2, "a", password()));
    }

    #[test]
    fn it_is_forgotten_when_it_is_not_used_and_after_an_hour() {
        let recent = RecentPasswords::new().expect("randomness");
        let (stored, password) = (stored("a"), Password::from("secret"));
        let fits = |now| recent.fits(1, &stored, &password, now);
        let mut now = Instant::now();
        recent.remember(1, &stored, &password, now);
        assert!(!fits(now + IDLE));
        assert!(!fits(now));
        recent.remember(1, &stored, &password, now);
        let started = now;
        while fits(now) {
            now += IDLE / 2;
        }
        assert_eq!(now - started, MAX_AGE);
    }
}
