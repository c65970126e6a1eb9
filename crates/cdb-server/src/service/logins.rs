//! Finding out who sends a request.

use std::sync::Arc;
use std::time::Duration;

use cdb_types::{ApiKey, Password};
use subtle::ConstantTimeEq;

use super::{Remembered, Service, authorize, rules};
use crate::api_error::ApiError;
use crate::auth::{Account, Attempt, Credentials, Hasher, Network};
use crate::identity::{Identity, Login, Principal};
use crate::storage::model::ObjectId;
use crate::storage::{StoredPassword, key_digest};

/// How long a failed login takes at least.
const FAILED_LOGIN_DELAY: Duration = Duration::from_millis(300);

impl Service {
    /// Returns the caller with these credentials. A session that has ended is that of nobody.
    pub(crate) async fn authenticate(
        self: &Arc<Self>,
        credentials: Credentials,
    ) -> Result<Principal, ApiError> {
        let principal = match credentials {
            Credentials::Password { login, password, from } => {
                self.log_in(login, password, from).await?
            }
            Credentials::Key(key) => self.find_key(&key).await?,
            Credentials::Session(token) => {
                let found = self.find_session(&token).await?;
                return Ok(found.map(|it| Principal::device(it.into())).unwrap_or_default());
            }
            Credentials::Nobody => return Ok(Principal::default()),
        };
        match principal {
            Ok(identity) => Ok(Principal::device(identity)),
            Err(failed) => {
                self.metrics.failed_logins.inc();
                // Further failures are slowed down by the queue of the hasher.
                tokio::time::sleep(FAILED_LOGIN_DELAY).await;
                Err(failed)
            }
        }
    }

    /// Returns the device with this key; the inner error is a failed login.
    pub(crate) async fn find_key(
        &self,
        key: &ApiKey,
    ) -> Result<Result<Arc<Identity>, ApiError>, ApiError> {
        let unknown = || ApiError::unauthorized("The requested device was not found.");
        if key.expose().is_empty() {
            return Ok(Err(ApiError::unauthorized("Must have non-empty api key")));
        }
        let digest = key_digest(key);
        let changes = self.storage.changes();
        if let Some(identity) = self.identities.get(changes, &digest) {
            return Ok(Ok(identity));
        }
        let version = changes.now();
        let mut db = self.storage.catalog().await?;
        let Some(device) = db.device_by_key(&digest).await? else {
            return Ok(Err(unknown()));
        };
        if !bool::from(device.apikey.expose().as_bytes().ct_eq(key.expose().as_bytes())) {
            return Ok(Err(unknown()));
        }
        let user = db.user_by_id(device.user_id).await?;
        drop(db);
        let Some(user) = user else { return Ok(Err(unknown())) };
        self.ensure_log(user.id).await?;
        let identity = Arc::new(Identity { version, user, device, login: Login::Key });
        self.identities.insert(digest, Arc::clone(&identity));
        Ok(Ok(identity))
    }

    /// Returns the device `user` of the user with this password; the inner error is a failed login.
    async fn log_in(
        &self,
        login: String,
        password: Password,
        network: Network,
    ) -> Result<Result<Arc<Identity>, ApiError>, ApiError> {
        let mut db = self.storage.catalog().await?;
        let user = db.user_by_login(&login).await?;
        let stored = match &user {
            Some(user) => db.password(user.id).await?,
            None => None,
        };
        drop(db);
        let account = match &user {
            Some(user) => Account::User(user.id),
            None => self.hasher.unknown_account(&login),
        };
        // A user that does not exist takes as long as a wrong password.
        let attempt = Attempt { account, network };
        let fits = self.hasher.verify(attempt, &password, stored.as_ref()).await?;
        let failed = || ApiError::unauthorized("Login Failed. Check your username or password");
        let Some((user, stored)) = user.zip(stored).filter(|_| fits) else {
            return Ok(Err(failed()));
        };
        let stored = match Hasher::is_current(&stored) {
            true => stored,
            false => {
                let hashed = self.hash_again(user.id, attempt, password, &stored).await?;
                let Some(hashed) = hashed else { return Ok(Err(failed())) };
                hashed
            }
        };
        self.ensure_log(user.id).await?;
        let version = self.storage.changes().now();
        let mut db = self.storage.catalog().await?;
        let user = db.user_by_id(user.id).await?.ok_or_else(failed)?;
        // It may have changed while the login waited.
        if db.password(user.id).await?.as_ref() != Some(&stored) {
            return Ok(Err(failed()));
        }
        let device = db.device(user.id, "user").await?;
        let login = Login::Password(stored);
        let identity = device.map(|device| Identity { version, user, device, login });
        Ok(identity.map(Arc::new).ok_or_else(failed))
    }

    /// Stores another hash of the same password. Returns `None` if the password has changed.
    async fn hash_again(
        &self,
        user: i64,
        attempt: Attempt,
        password: Password,
        old: &StoredPassword,
    ) -> Result<Option<StoredPassword>, ApiError> {
        let hashed = self.hasher.hash(Some(user), password.clone()).await?;
        let mut tx = self.storage.begin(authorize::housekeeping()).await?;
        let Some(now) = tx.password(user).await? else { return Ok(None) };
        if now == *old {
            tx.set_password(user, &hashed).await?;
            tx.commit().await?;
            return Ok(Some(hashed));
        }
        drop(tx);
        // Another login has hashed it at the same time, or it was changed.
        Ok(self.hasher.verify(attempt, &password, Some(&now)).await?.then_some(now))
    }
}

impl Remembered for Identity {
    fn version(&self) -> u64 {
        self.version
    }

    fn depends_on(&self) -> impl IntoIterator<Item = ObjectId> {
        self.device.depends_on()
    }

    fn bytes(&self) -> u64 {
        rules::user_bytes(&self.user) + rules::device_bytes(&self.device)
    }
}
