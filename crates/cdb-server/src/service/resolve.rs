//! Finding the object at a path, as far as the caller may know of it.

use cdb_types::{DevicePath, ErrorKind, StreamPath, UserPath};

use super::Service;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Grant, Relation};
use crate::storage::{Catalog, Device, StorageError, Stream, User};

/// Why an object was not found.
#[derive(Debug)]
pub(super) enum ResolveError {
    /// It does not exist, and the caller would see it if it did.
    Missing(&'static str),
    /// It exists or not: the caller may not know.
    Hidden,
    Storage(StorageError),
}

impl From<StorageError> for ResolveError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl ResolveError {
    /// The error of a request that reads the object.
    pub(super) fn when_reading(self) -> ApiError {
        match self {
            Self::Missing(_) | Self::Hidden => ApiError::not_found(),
            Self::Storage(error) => error.into(),
        }
    }

    /// The error of a request that changes the object, or uses its data.
    pub(super) fn when_changing(self) -> ApiError {
        match self {
            Self::Missing(word) => ApiError::new(
                403,
                ErrorKind::NotFound,
                format!("The requested {word} was not found."),
            ),
            Self::Hidden => ApiError::forbidden(),
            Self::Storage(error) => error.into(),
        }
    }
}

/// A user that the caller may know of.
pub(super) struct ResolvedUser {
    pub(super) user: User,
    pub(super) grant: Grant,
}

/// A device that the caller may know of.
pub(super) struct ResolvedDevice {
    pub(super) user: User,
    pub(super) device: Device,
    pub(super) grant: Grant,
}

/// A stream that the caller may know of.
pub(super) struct ResolvedStream {
    pub(super) user: User,
    pub(super) device: Device,
    pub(super) stream: Stream,
    pub(super) grant: Grant,
}

impl Service {
    pub(super) async fn resolve_user(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<ResolvedUser, ResolveError> {
        let Some(user) = db.user(path.name().as_str()).await? else {
            let others = self.permissions.grant(principal, Relation::Private);
            let sees_all = others.reads(Field::CanAccessUser);
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
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<ResolvedDevice, ResolveError> {
        // The user itself need not be visible: a public device of a private user is found.
        let user = db.user(path.user().name().as_str()).await?;
        let device = match &user {
            Some(user) => db.device(user.id, path.name().as_str()).await?,
            None => None,
        };
        let Some((user, device)) = user.zip(device) else {
            let ResolvedUser { user, .. } = self.resolve_user(db, principal, path.user()).await?;
            // If it existed, it could be private.
            let owns = principal.identity().is_some_and(|identity| identity.user.id == user.id);
            let relation = if owns { Relation::User } else { Relation::Private };
            let sees_all =
                self.permissions.grant(principal, relation).reads(Field::CanAccessDevice);
            return Err(if sees_all {
                ResolveError::Missing("device")
            } else {
                ResolveError::Hidden
            });
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
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<ResolvedStream, ResolveError> {
        let ResolvedDevice { user, device, grant } =
            self.resolve_device(db, principal, path.device()).await?;
        if !grant.reads(Field::CanAccessStream) {
            return Err(ResolveError::Hidden);
        }
        match db.stream(device.id, path.name().as_str()).await? {
            Some(stream) => Ok(ResolvedStream { user, device, stream, grant }),
            None => Err(ResolveError::Missing("stream")),
        }
    }
}
