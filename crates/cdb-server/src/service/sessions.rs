//! Logging browsers in and out.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cdb_types::session::{OpenSession, SessionInfo};
use cdb_types::{ErrorKind, UserPath};

use super::authorize::SessionsPermit;
use super::resolve::{ResolveError, ResolvedUser};
use super::{Service, authorize};
use crate::api_error::ApiError;
use crate::auth::SessionToken;
use crate::identity::{Identity, Login, Principal};
use crate::permissions::{Field, Grant, Operation, Relation};
use crate::storage::sessions::{ListedSession, NewSession, Session, SessionKey};

/// The last use of a session is written if it is behind by so many seconds.
const TOUCH_SECONDS: i64 = 60;

/// The maximum length of the stored description of a browser, in characters.
const MAX_USER_AGENT: usize = 200;

/// The maximum number of sessions that are listed.
const MAX_LISTED: u32 = 1000;

/// How often an open websocket looks after its session.
const WATCH_INTERVAL: Duration = Duration::from_secs(60);

/// A session that was just opened.
pub(crate) struct OpenedSession {
    pub(crate) token: SessionToken,
    /// How long the browser keeps the cookie; `None` until it is closed.
    pub(crate) max_age: Option<Duration>,
}

impl Service {
    /// Opens a session of the principal. With `stay` it survives the end of the browser.
    ///
    /// # Errors
    /// Refuses nobody, and a principal whose credentials have changed meanwhile.
    pub(crate) async fn open_session(
        self: &Arc<Self>,
        principal: &Principal,
        stay: bool,
        user_agent: &str,
    ) -> Result<OpenedSession, ApiError> {
        let failed = || ApiError::unauthorized("Login Failed. Check your username or password");
        let identity = principal.identity().ok_or_else(failed)?;
        let limits = &self.limits;
        let idle = if stay { limits.session_idle_staying } else { limits.session_idle };
        let (token, now) = (SessionToken::random()?, now());
        let session = NewSession {
            user: &identity.user,
            device: &identity.device,
            password: match &identity.login {
                Login::Password(password) => Some(password),
                Login::Key | Login::Session(_) => None,
            },
            opened_in: identity.session(),
            token_digest: token.digest(),
            created: now,
            idle_timeout: seconds(idle),
            expires: now.saturating_add(seconds(limits.session_lifetime)),
            user_agent: user_agent.chars().take(MAX_USER_AGENT).collect(),
        };
        if !self.storage.insert_session(session, limits.sessions_per_device).await? {
            return Err(failed());
        }
        Ok(OpenedSession { token, max_age: stay.then_some(limits.session_lifetime) })
    }

    /// Returns the device of a session, or `None` if the session has ended. Notes that it was used.
    pub(crate) async fn find_session(
        self: &Arc<Self>,
        token: &SessionToken,
    ) -> Result<Option<Identity>, ApiError> {
        let found = self.valid_session(SessionKey::Token(token.digest())).await?;
        Ok(found.map(|(session, identity)| {
            self.touch(session);
            identity
        }))
    }

    /// Reads a session that has not ended.
    async fn valid_session(
        &self,
        key: SessionKey,
    ) -> Result<Option<(Session, Identity)>, ApiError> {
        let version = self.storage.changes().now();
        let found = self.storage.session(key).await?;
        let valid = found.filter(|(session, ..)| now() < session.end);
        Ok(valid.map(|(session, user, device)| {
            let login = Login::Session(session.id);
            (session, Identity { version, user, device, login })
        }))
    }

    /// Returns the caller and what it may do. The version of the protocol and the limits of requests
    /// are left to the caller of this function.
    pub(crate) fn session_info(&self, principal: &Principal) -> SessionInfo {
        let mut info = SessionInfo::default();
        match principal.identity() {
            Some(Identity { user, device, .. }) => {
                info.device = principal.to_string().parse().ok();
                info.user = Some(user.name.clone());
                info.user_role.clone_from(&user.role);
                info.device_role.clone_from(&device.role);
            }
            None => info.user_role = "nobody".to_owned(),
        }
        let rights = |relation| names(&self.permissions.grant(principal, relation));
        info.rights.count = self.permissions.may_count(principal);
        if principal.identity().is_some() {
            info.rights.own = rights(Relation::User);
        }
        info.rights.public = rights(Relation::Public);
        info.rights.others = rights(Relation::Private);
        info.software = env!("CARGO_PKG_VERSION").to_owned();
        info.durability = Some(self.storage.durability());
        info
    }

    /// Ends a session. One that has ended already is ignored.
    pub(crate) async fn close_session(&self, token: &SessionToken) -> Result<(), ApiError> {
        Ok(self.storage.delete_session(token.digest()).await?)
    }

    /// Returns the sessions of the devices of a user, newest first.
    ///
    /// # Errors
    /// Returns an error to those who may not change the password of the user.
    pub(crate) async fn list_sessions(
        &self,
        principal: &Principal,
        user: Option<UserPath>,
    ) -> Result<Vec<OpenSession>, ApiError> {
        let (user, permit) = self.may_see_sessions(principal, user).await?;
        let listed = self.storage.sessions_of_user(permit, now(), MAX_LISTED).await?;
        let current = principal.identity().and_then(Identity::session);
        let open = |session: ListedSession| {
            let device = format!("{user}/{}", session.device).parse();
            let (id, created) = (session.id, session.created);
            let device = device.map_err(ApiError::internal)?;
            let mut open = OpenSession::new(id, device, created, session.expires);
            open.last_used = session.last_used;
            open.user_agent = session.user_agent;
            open.current = current == Some(id);
            Ok(open)
        };
        listed.into_iter().map(open).collect()
    }

    /// Ends a session of a device of a user.
    ///
    /// # Errors
    /// Returns an error to those who may not change the password of the user, and if the session does not
    /// exist.
    pub(crate) async fn end_session(
        &self,
        principal: &Principal,
        user: Option<UserPath>,
        id: i64,
    ) -> Result<(), ApiError> {
        let (_, permit) = self.may_see_sessions(principal, user).await?;
        if self.storage.end_session(permit, id).await? {
            return Ok(());
        }
        Err(ApiError::new(404, ErrorKind::NotFound, "The requested session was not found."))
    }

    /// Allows looking at the sessions of a user, which is that of the caller if none is given.
    async fn may_see_sessions(
        &self,
        principal: &Principal,
        user: Option<UserPath>,
    ) -> Result<(String, SessionsPermit), ApiError> {
        let own = || principal.identity().and_then(|identity| identity.user.name.parse().ok());
        let path = user.or_else(own).ok_or_else(ApiError::forbidden)?;
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, &path).await;
        let ResolvedUser { user, grant } = resolved.map_err(ResolveError::when_reading)?;
        let permit = authorize::sessions(&grant, user.id)?;
        Ok((user.name, permit))
    }

    /// Returns the device of a session as it is now, or `None` if the session has ended.
    pub(crate) async fn renew_session(&self, id: i64) -> Result<Option<Identity>, ApiError> {
        let found = self.valid_session(SessionKey::Id(id)).await?;
        Ok(found.map(|(_, identity)| identity))
    }

    /// Waits until the principal's session has expired. A session does not expire from disuse while
    /// somebody waits. Returns never if there is no session.
    pub(crate) async fn session_expired(self: &Arc<Self>, principal: Principal) {
        let Some(id) = principal.identity().and_then(Identity::session) else {
            return std::future::pending().await;
        };
        loop {
            // When the storage fails, the session counts as ended. Nothing of it is kept while time passes: each
            // websocket waits here.
            match Box::pin(self.valid_session(SessionKey::Id(id))).await {
                Ok(Some((session, _))) => self.touch(session),
                _ => return,
            }
            tokio::time::sleep(WATCH_INTERVAL).await;
        }
    }

    /// Writes the last use of a session in the background if it is behind.
    fn touch(self: &Arc<Self>, Session { id, last_used, .. }: Session) {
        let now = now();
        if now - last_used < TOUCH_SECONDS || !self.sessions.begin_touch(id) {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = service.storage.touch_session(id, now).await {
                tracing::warn!(%error, "the use of a session was not noted");
            }
            service.sessions.end_touch(id);
        });
    }
}

/// Returns the names of what is granted.
fn names(grant: &Grant) -> Vec<String> {
    let operations = [
        ("create_user", Operation::CreateUser),
        ("create_device", Operation::CreateDevice),
        ("create_stream", Operation::CreateStream),
        ("delete_user", Operation::DeleteUser),
        ("delete_device", Operation::DeleteDevice),
        ("delete_stream", Operation::DeleteStream),
        ("list_users", Operation::ListUsers),
        ("list_devices", Operation::ListDevices),
        ("list_streams", Operation::ListStreams),
    ];
    let operations = operations.into_iter().filter(|(_, operation)| grant.allows(*operation));
    let fields = [
        ("write_role", grant.writes(Field::UserRole)),
        ("write_password", grant.writes(Field::UserPassword)),
        ("read_data", grant.reads(Field::CanAccessStreamData)),
        ("write_data", grant.writes(Field::CanAccessStreamData)),
        ("write_downlink", grant.writes(Field::CanAccessStreamDownlink)),
    ];
    let fields = fields.into_iter().filter(|(_, granted)| *granted).map(|(name, _)| name);
    operations.map(|(name, _)| name).chain(fields).map(str::to_owned).collect()
}

/// Returns the time in seconds since 1970.
fn now() -> i64 {
    seconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
