//! Following a path as far as the asker can see.

use cdb_types::{DevicePath, ErrorKind, StreamPath, UserPath};
use sqlx::sqlite::SqliteConnection;

use super::Database;
use crate::actor::Asker;
use crate::permissions::{Field, Grant, Operation, Relation};
use crate::refusal::Refusal;
use crate::store::{DeviceRow, StreamRow, UserRow};

/// Why the asker does not see something.
#[derive(Debug)]
pub(super) enum Unseen {
    /// It is not there, and the asker would see it if it were.
    Missing(&'static str),
    /// It is there or not: the asker may not know.
    Hidden,
    Store(sqlx::Error),
}

impl From<sqlx::Error> for Unseen {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl Unseen {
    /// The answer to one who wanted to read it.
    pub(super) fn when_reading(self) -> Refusal {
        match self {
            Self::Missing(_) | Self::Hidden => Refusal::unseen(),
            Self::Store(error) => error.into(),
        }
    }

    /// The answer to one who wanted to change it or to use its data.
    pub(super) fn when_changing(self) -> Refusal {
        match self {
            Self::Missing(word) => Refusal::new(
                403,
                ErrorKind::NotFound,
                format!("The requested {word} was not found."),
            ),
            Self::Hidden => Refusal::hidden(),
            Self::Store(error) => error.into(),
        }
    }
}

/// A user that the asker sees.
pub(super) struct SeenUser {
    pub(super) user: UserRow,
    pub(super) grant: Grant,
}

/// A device that the asker sees.
pub(super) struct SeenDevice {
    pub(super) user: UserRow,
    pub(super) device: DeviceRow,
    pub(super) grant: Grant,
}

/// A stream that the asker sees.
pub(super) struct SeenStream {
    pub(super) user: UserRow,
    pub(super) device: DeviceRow,
    pub(super) stream: StreamRow,
    pub(super) grant: Grant,
}

impl Database {
    pub(super) async fn see_user(
        &self,
        db: &mut SqliteConnection,
        asker: &Asker,
        path: &UserPath,
    ) -> Result<SeenUser, Unseen> {
        let Some(user) = UserRow::by_name(db, path.name().as_str()).await? else {
            let others = self.permissions.grant(asker, Relation::Private);
            let sees_all = others.allows(Operation::ListUsers);
            return Err(if sees_all { Unseen::Missing("user") } else { Unseen::Hidden });
        };
        let grant = self.permissions.on_user(asker, &user);
        if grant.reads(Field::CanAccessUser) {
            Ok(SeenUser { user, grant })
        } else {
            Err(Unseen::Hidden)
        }
    }

    pub(super) async fn see_device(
        &self,
        db: &mut SqliteConnection,
        asker: &Asker,
        path: &DevicePath,
    ) -> Result<SeenDevice, Unseen> {
        // The user itself need not be visible: a public device of a private user is found.
        let user = UserRow::by_name(&mut *db, path.user().name().as_str()).await?;
        let device = match &user {
            Some(user) => DeviceRow::by_name(&mut *db, user.id, path.name().as_str()).await?,
            None => None,
        };
        let Some((user, device)) = user.zip(device) else {
            self.see_user(db, asker, path.user()).await?;
            return Err(Unseen::Missing("device"));
        };
        let grant = self.permissions.on_device(asker, &device);
        if grant.reads(Field::CanAccessDevice) {
            Ok(SeenDevice { user, device, grant })
        } else {
            Err(Unseen::Hidden)
        }
    }

    pub(super) async fn see_stream(
        &self,
        db: &mut SqliteConnection,
        asker: &Asker,
        path: &StreamPath,
    ) -> Result<SeenStream, Unseen> {
        let SeenDevice { user, device, grant } = self.see_device(db, asker, path.device()).await?;
        if !grant.reads(Field::CanAccessStream) {
            return Err(Unseen::Hidden);
        }
        match StreamRow::by_name(db, device.id, path.name().as_str()).await? {
            Some(stream) => Ok(SeenStream { user, device, stream, grant }),
            None => Err(Unseen::Missing("stream")),
        }
    }
}
