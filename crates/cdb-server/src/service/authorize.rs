//! Decides what may be done. Only this module creates permits, without which storage neither reads
//! nor writes datapoints nor changes objects, so a check that was forgotten does not compile.
//!
//! It decides with the [`Grant`] of a caller on an object that was found before. It lies below
//! storage, which names the permits, although its callers are the operations above.

use crate::api_error::ApiError;
use crate::events::ChangeLog;
use crate::permissions::{Field, Grant, Operation};
use crate::storage::model::Array;
use crate::storage::model::ObjectId;

/// Allows one change of objects.
#[derive(Debug)]
pub(crate) struct ChangePermit(());

/// Allows reading an array.
#[derive(Debug, Clone)]
pub(crate) struct ReadPermit {
    array: Array,
}

/// Allows appending to an array for as long as nothing that it depends on has changed.
#[derive(Debug, Clone)]
pub(crate) struct AppendPermit {
    array: Array,
    /// The version of the change log at which the permit was true.
    version: u64,
    depends_on: Vec<ObjectId>,
}

/// Allows copying everything.
#[derive(Debug)]
pub(crate) struct BackupPermit(());

/// Allows looking at the sessions of a user's devices, and ending them.
#[derive(Debug)]
pub(crate) struct SessionsPermit {
    user: i64,
}

impl SessionsPermit {
    pub(crate) fn user(&self) -> i64 {
        self.user
    }
}

impl ReadPermit {
    pub(crate) fn array(&self) -> Array {
        self.array
    }
}

impl AppendPermit {
    pub(crate) fn array(&self) -> Array {
        self.array
    }

    /// Returns whether it must be asked for again.
    pub(crate) fn is_stale(&self, changes: &ChangeLog) -> bool {
        changes.changed_since(self.version, self.depends_on.iter().copied())
    }
}

/// Allows what the person who runs the program does with their own data file: imports, exports, and
/// the first administrator.
pub(crate) mod operator {
    use super::{Array, ChangePermit, ReadPermit};

    pub(crate) fn change() -> ChangePermit {
        ChangePermit(())
    }

    pub(crate) fn read(array: Array) -> ReadPermit {
        ReadPermit { array }
    }
}

/// Allows what a caller causes without asking for it: a log of its changes, a new hash of the
/// password that it has just logged in with.
pub(crate) fn housekeeping() -> ChangePermit {
    ChangePermit(())
}

/// Allows copying everything to a caller who may count users, devices and streams, as administrators may.
pub(crate) fn backup(may_count: bool) -> Result<BackupPermit, ApiError> {
    if may_count {
        return Ok(BackupPermit(()));
    }
    Err(ApiError::denied("You do not have permissions necessary to make a backup."))
}

/// Allows looking at the sessions of a user's devices, and ending them, to those who may change the password
/// of the user: that ends all of them.
pub(crate) fn sessions(grant: &Grant, user: i64) -> Result<SessionsPermit, ApiError> {
    if grant.writes(Field::UserPassword) {
        return Ok(SessionsPermit { user });
    }
    Err(ApiError::denied("Only those who may change the password of a user see its sessions."))
}

/// Allows an operation on a user, a device, or what is in it.
pub(crate) fn operation(grant: &Grant, operation: Operation) -> Result<ChangePermit, ApiError> {
    if grant.allows(operation) {
        return Ok(ChangePermit(()));
    }
    Err(match operation {
        Operation::CreateUser => {
            ApiError::denied("You do not have permissions necessary to create a user.")
        }
        Operation::DeleteUser => {
            ApiError::denied("You do not have permissions necessary to delete this user.")
        }
        _ => ApiError::no_access(),
    })
}

/// Allows an update. `fields` says of each field whether it is written, and its name in messages.
pub(crate) fn update(
    grant: &Grant,
    fields: &[(bool, Field, &str)],
) -> Result<ChangePermit, ApiError> {
    match fields.iter().find(|(is_written, field, _)| *is_written && !grant.writes(*field)) {
        None => Ok(ChangePermit(())),
        Some((_, _, word)) => {
            Err(ApiError::denied(format!("This device does not have permissions to write {word}")))
        }
    }
}

/// Allows an update whose fields are not known yet, if the caller may write any field of the object.
pub(crate) fn any_update(grant: &Grant, fields: &[Field]) -> Result<ChangePermit, ApiError> {
    if fields.iter().any(|field| grant.writes(*field)) {
        Ok(ChangePermit(()))
    } else {
        Err(ApiError::no_access())
    }
}

/// Allows creating a user, of the caller's role unless it may write roles.
pub(crate) fn create_user(grant: &Grant, other_role: bool) -> Result<ChangePermit, ApiError> {
    let permit = operation(grant, Operation::CreateUser)?;
    if other_role && !grant.writes(Field::UserRole) {
        let msg = "Don't have permission to create user with different role than creator";
        return Err(ApiError::denied(msg));
    }
    Ok(permit)
}

/// Allows reading an array of a device's stream.
pub(crate) fn read(grant: &Grant, array: Array) -> Result<ReadPermit, ApiError> {
    if grant.reads(data_field(array.downlink)) {
        Ok(ReadPermit { array })
    } else {
        Err(ApiError::no_access())
    }
}

/// Allows appending to an array of a device's stream. `version` and `depends_on` say when the grant
/// was true and what it depends on.
pub(crate) fn append(
    grant: &Grant,
    array: Array,
    version: u64,
    depends_on: Vec<ObjectId>,
) -> Result<AppendPermit, ApiError> {
    if grant.writes(data_field(array.downlink)) {
        Ok(AppendPermit { array, version, depends_on })
    } else {
        Err(append_denied(array.downlink))
    }
}

/// Allows correcting the arrays of a stream: to the device that owns it, and to those who may delete it.
pub(crate) fn correct(grant: &Grant, owns: bool) -> Result<ChangePermit, ApiError> {
    if owns || grant.allows(Operation::DeleteStream) {
        return Ok(ChangePermit(()));
    }
    Err(ApiError::denied(
        "Only the stream's device and those who may delete it can correct its data.",
    ))
}

/// The error of an append that is not allowed, or to a stream that must stay unknown.
pub(crate) fn append_denied(downlink: bool) -> ApiError {
    ApiError::denied(if downlink {
        "Write access to stream downlink denied."
    } else {
        "Write access to stream data denied."
    })
}

fn data_field(downlink: bool) -> Field {
    if downlink { Field::CanAccessStreamDownlink } else { Field::CanAccessStreamData }
}

#[cfg(test)]
impl AppendPermit {
    /// A permit for tests of storage.
    pub(crate) fn for_test(array: Array, version: u64, depends_on: Vec<ObjectId>) -> Self {
        Self { array, version, depends_on }
    }
}
