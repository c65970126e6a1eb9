//! Following a path as far as the principal can see.

use cdb_types::{DevicePath, ErrorKind, StreamPath, UserPath};
use sqlx::sqlite::SqliteConnection;

use super::Service;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Grant, Operation, Relation};
use crate::storage::sqlite::{DeviceRow, StreamRow, UserRow};

/// Why the principal does not see something.
#[derive(Debug)]
pub(super) enum ResolveError {
    /// It is not there, and the principal would see it if it were.
    Missing(&'static str),
    /// It is there or not: the principal may not know.
    Hidden,
    Store(sqlx::Error),
}

impl From<sqlx::Error> for ResolveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl ResolveError {
    /// The answer to one who wanted to read it.
    pub(super) fn when_reading(self) -> ApiError {
        match self {
            Self::Missing(_) | Self::Hidden => ApiError::not_found(),
            Self::Store(error) => error.into(),
        }
    }

    /// The answer to one who wanted to change it or to use its data.
    pub(super) fn when_changing(self) -> ApiError {
        match self {
            Self::Missing(word) => ApiError::new(
                403,
                ErrorKind::NotFound,
                format!("The requested {word} was not found."),
            ),
            Self::Hidden => ApiError::forbidden(),
            Self::Store(error) => error.into(),
        }
    }
}

/// A user that the principal sees.
pub(super) struct ResolvedUser {
    pub(super) user: UserRow,
    pub(super) grant: Grant,
}

/// A device that the principal sees.
pub(super) struct ResolvedDevice {
    pub(super) user: UserRow,
    pub(super) device: DeviceRow,
    pub(super) grant: Grant,
}

/// A stream that the principal sees.
pub(super) struct ResolvedStream {
    pub(super) user: UserRow,
    pub(super) device: DeviceRow,
    pub(super) stream: StreamRow,
    pub(super) grant: Grant,
}

impl Service {
    pub(super) async fn resolve_user(
        &self,
        db: &mut SqliteConnection,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<ResolvedUser, ResolveError> {
        let Some(user) = UserRow::by_name(db, path.name().as_str()).await? else {
            let others = self.permissions.grant(principal, Relation::Private);
            let sees_all = others.allows(Operation::ListUsers);
            return Err(if sees_all {
                ResolveError::Missing("user")
            } else {
                ResolveError::Hidden
            });
        };
        let grant = self.permissions.on_user(principal, &user);
        if grant.reads(Field::CanAccessUser) {
            Ok(ResolvedUser { user, grant })
        } else {
            Err(ResolveError::Hidden)
        }
    }

    pub(super) async fn resolve_device(
        &self,
        db: &mut SqliteConnection,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<ResolvedDevice, ResolveError> {
        // The user itself need not be visible: a public device of a private user is found.
        let user = UserRow::by_name(&mut *db, path.user().name().as_str()).await?;
        let device = match &user {
            Some(user) => DeviceRow::by_name(&mut *db, user.id, path.name().as_str()).await?,
            None => None,
        };
        let Some((user, device)) = user.zip(device) else {
            self.resolve_user(db, principal, path.user()).await?;
            return Err(ResolveError::Missing("device"));
        };
        let grant = self.permissions.on_device(principal, &device);
        if grant.reads(Field::CanAccessDevice) {
            Ok(ResolvedDevice { user, device, grant })
        } else {
            Err(ResolveError::Hidden)
        }
    }

    pub(super) async fn resolve_stream(
        &self,
        db: &mut SqliteConnection,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<ResolvedStream, ResolveError> {
        let ResolvedDevice { user, device, grant } =
            self.resolve_device(db, principal, path.device()).await?;
        if !grant.reads(Field::CanAccessStream) {
            return Err(ResolveError::Hidden);
        }
        match StreamRow::by_name(db, device.id, path.name().as_str()).await? {
            Some(stream) => Ok(ResolvedStream { user, device, stream, grant }),
            None => Err(ResolveError::Missing("stream")),
        }
    }
}
