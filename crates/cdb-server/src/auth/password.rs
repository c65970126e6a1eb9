//! Hashing passwords, and checking those that were hashed by the original.

use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use cdb_types::{ErrorKind, Password};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, oneshot};

use super::failures::Account;
use super::queue::{Attempt, LoginQueue, Purpose, Refused, Turn};
use super::recent::RecentPasswords;
use crate::api_error::ApiError;
use crate::limits::Limits;
use crate::runtime::Runtime;
use crate::storage::StoredPassword;

/// What new passwords are hashed with.
const CURRENT: &str = "argon2id";

/// What the original hashed passwords with at first, within microseconds.
const FAST: &str = "SHA512";

/// The cost: 7 MiB in five passes, small enough for a small machine.
const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;

/// bcrypt looks at no more of a password, the salt appended to it included.
const BCRYPT_BYTES: usize = 72;

/// Hashes and checks passwords, away from the threads that answer requests.
///
/// One at a time, on a thread of its own: each takes megabytes, which the next one takes again.
pub(crate) struct Hasher {
    jobs: mpsc::Sender<Job>,
    queue: LoginQueue,
    /// `None` if the system has no randomness; then nothing is remembered.
    recent: Option<RecentPasswords>,
    names: RandomState,
}

type Job = Box<dyn FnOnce() + Send>;

impl Default for Hasher {
    fn default() -> Self {
        Self::new(&Runtime::default(), &Limits::default())
    }
}

impl Hasher {
    /// Starts the thread. If it ends before the server stops, the server stops.
    pub(crate) fn new(runtime: &Runtime, limits: &Limits) -> Self {
        // Only who has the turn sends a job.
        let (jobs, mut waiting) = mpsc::channel::<Job>(1);
        runtime.spawn_blocking("hash passwords", move || {
            while let Some(job) = waiting.blocking_recv() {
                job();
            }
        });
        let recent = RecentPasswords::new().ok();
        Self { jobs, queue: LoginQueue::new(limits), recent, names: RandomState::new() }
    }

    /// Hashes a new password, which is set by the user with an id, or by somebody who has not logged
    /// in. Users take turns.
    ///
    /// # Errors
    /// Refuses it with 429 if too many others wait.
    pub(crate) async fn hash(
        &self,
        user: Option<i64>,
        password: Password,
    ) -> Result<StoredPassword, ApiError> {
        let turn = self.queue.turn(Purpose::NewPassword(user)).await.map_err(too_many)?;
        self.run(turn, move |turn| {
            let hash = argon2()?.hash_password(password.expose().as_bytes());
            drop(turn);
            let hash = hash.map_err(ApiError::internal)?.to_string();
            Ok(StoredPassword { scheme: CURRENT.to_owned(), salt: String::new(), hash })
        })
        .await
    }

    /// Returns the account that stands for a name that no user has.
    pub(crate) fn unknown_account(&self, login: &str) -> Account {
        Account::Unknown(self.names.hash_one(login.to_lowercase()))
    }

    /// Returns whether a password is the one that was stored. If none was, the work is done as well.
    ///
    /// This waits after failed logins to the account or from the network; see [`LoginQueue`].
    ///
    /// # Errors
    /// Refuses the login with 429 if too many others wait.
    pub(crate) async fn verify(
        &self,
        attempt: Attempt,
        password: &Password,
        stored: Option<&StoredPassword>,
    ) -> Result<bool, ApiError> {
        let user = match (attempt.account, &self.recent, stored) {
            (Account::User(user), Some(recent), Some(stored)) => Some((user, recent, stored)),
            _ => None,
        };
        if user.is_some_and(|(user, recent, stored)| {
            recent.fits(user, stored, password, Instant::now())
        }) {
            return Ok(true);
        }
        let turn = self.queue.turn(Purpose::Login(attempt)).await.map_err(too_many)?;
        let job = (password.clone(), stored.cloned());
        let fits = self.run(turn, move |turn| {
            let (password, stored) = job;
            let fits = match &stored {
                Some(stored) => fits(&password, stored)?,
                None => false,
            };
            // Whether there is such a user must not be seen by how long it takes. One that fits is
            // hashed again.
            let took_long = stored.is_some_and(|stored| stored.scheme != FAST);
            if !fits && !took_long {
                let hash = argon2()?.hash_password(password.expose().as_bytes());
                hash.map_err(ApiError::internal)?;
            }
            // Also if the client has gone meanwhile.
            turn.finish(fits);
            Ok(fits)
        });
        let fits = fits.await?;
        if let Some((user, recent, stored)) = user.filter(|_| fits) {
            recent.remember(user, stored, password, Instant::now());
        }
        Ok(fits)
    }

    /// Whether it was hashed as new ones are.
    pub(crate) fn is_current(stored: &StoredPassword) -> bool {
        stored.scheme == CURRENT
    }

    /// Whether passwords can be compared with it.
    pub(crate) fn knows(stored: &StoredPassword) -> bool {
        [CURRENT, "bcrypt", FAST].contains(&&*stored.scheme)
    }

    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(Turn) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (done, answer) = oneshot::channel();
        let job = Box::new(move || {
            if done.send(work(turn)).is_err() {
                tracing::debug!("nobody waits for this password any more");
            }
        });
        self.jobs.send(job).await.map_err(ApiError::internal)?;
        answer.await.map_err(ApiError::internal)?
    }
}

fn too_many(_: Refused) -> ApiError {
    ApiError::new(429, ErrorKind::Limit, "Too many logins wait. Try again later.")
}

fn argon2() -> Result<Argon2<'static>, ApiError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(ApiError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fits(password: &Password, stored: &StoredPassword) -> Result<bool, ApiError> {
    let password = password.expose();
    match stored.scheme.as_str() {
        CURRENT => {
            let hash = PasswordHash::new(&stored.hash).map_err(ApiError::internal)?;
            Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
        }
        "bcrypt" => {
            let mut salted = format!("{password}{}", stored.salt).into_bytes();
            salted.truncate(BCRYPT_BYTES);
            bcrypt::verify(salted, &stored.hash).map_err(ApiError::internal)
        }
        FAST => {
            let digest = Sha512::digest(format!("{password}{}", stored.salt));
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(hex.as_bytes().ct_eq(stored.hash.as_bytes()).into())
        }
        scheme => Err(ApiError::internal(format!("unknown password scheme {scheme}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn stored(scheme: &str, salt: &str, hash: String) -> StoredPassword {
        StoredPassword { scheme: scheme.to_owned(), salt: salt.to_owned(), hash }
    }

    fn attempt() -> Attempt {
        let network = IpAddr::from([192, 0, 2, 1]).into();
        Attempt { account: Account::User(1), network }
    }

    async fn verify(password: &str, stored: &StoredPassword) -> bool {
        let (hasher, password) = (Hasher::default(), password.into());
        hasher.verify(attempt(), &password, Some(stored)).await.expect("a known scheme")
    }

    #[tokio::test]
    async fn a_user_with_a_fast_hash_is_not_told_from_one_that_does_not_exist() {
        let hasher = Hasher::default();
        let fast = stored(FAST, SALT, "0".repeat(128));
        let time = async |stored| {
            let started = Instant::now();
            let fits = hasher.verify(attempt(), &"wrong".into(), stored).await.expect("a scheme");
            assert!(!fits);
            started.elapsed()
        };
        let (unknown, known) = (time(None).await, time(Some(&fast)).await);
        assert!(known > unknown / 4, "{known:?}, and {unknown:?} for an unknown one");
    }

    const SALT: &str = "59eb7247-2d12-4510-66cc-f43192cc46d4";

    #[tokio::test]
    async fn a_new_password_fits_and_another_does_not() {
        let stored = Hasher::default().hash(Some(1), "secret".into()).await.expect("a hash");
        assert!(stored.hash.starts_with("$argon2id$"), "{}", stored.hash);
        assert!(Hasher::is_current(&stored));
        assert!(verify("secret", &stored).await);
        assert!(!verify("Secret", &stored).await);
        assert!(!verify("", &stored).await);
    }

    #[tokio::test]
    async fn passwords_of_the_original_fit() {
        let bcrypt = bcrypt::hash(format!("secret{SALT}"), 4).expect("a hash");
        let sha512: String = Sha512::digest(format!("secret{SALT}"))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        for stored in [stored("bcrypt", SALT, bcrypt), stored("SHA512", SALT, sha512)] {
            assert!(!Hasher::is_current(&stored));
            assert!(verify("secret", &stored).await, "{}", stored.scheme);
            assert!(!verify("wrong", &stored).await, "{}", stored.scheme);
        }
    }

    #[tokio::test]
    async fn of_a_long_password_bcrypt_knows_the_beginning() {
        let long = "x".repeat(100);
        let hash = bcrypt::hash(&long[..72], 4).expect("a hash");
        let stored = stored("bcrypt", SALT, hash);
        assert!(verify(&long, &stored).await);
        assert!(!verify(&long[..71], &stored).await);
    }

    #[tokio::test]
    async fn who_does_not_exist_has_no_password() {
        let fits =
            Hasher::default().verify(attempt(), &"secret".into(), None).await.expect("an answer");
        assert!(!fits);
    }
}
