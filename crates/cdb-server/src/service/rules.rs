//! What names, icons, addresses and schemas may be.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use cdb_types::{Name, Schema};
use email_address::EmailAddress;

use crate::api_error::ApiError;
use crate::permissions::{Field, Grant};

/// How long the name of an icon may be, the set's name included.
const ICON_NAME_CHARS: usize = 30;

/// A new name of a user or a stream.
pub(super) fn name(text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|_| {
        ApiError::invalid("Invalid Username, usernames may not contain / \\ ? or spaces")
    })
}

/// A new name of a device.
pub(super) fn device_name(text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|_| {
        ApiError::invalid(
            "The provided name is not valid, it may not contain /, \\, space, ? or be blank",
        )
    })
}

/// Whether an icon is one: nothing, a named one, or an image.
pub(super) fn icon(icon: &str) -> Result<(), ApiError> {
    if icon.is_empty() || icon.starts_with("data:image/") {
        return Ok(());
    }
    if icon.starts_with("material:") || icon.starts_with("fa:") {
        return if icon.chars().count() <= ICON_NAME_CHARS {
            Ok(())
        } else {
            Err(ApiError::invalid("icon name can't be more than 30 characters."))
        };
    }
    URL_SAFE.decode(icon).map(drop).map_err(|error| {
        let place = match error {
            base64::DecodeError::InvalidByte(place, _) => place,
            _ => icon.len(),
        };
        ApiError::invalid(format!("illegal base64 data at input byte {place}"))
    })
}

/// Whether an e-mail address is one.
pub(super) fn email(address: &str) -> Result<(), ApiError> {
    if EmailAddress::is_valid(address) {
        Ok(())
    } else {
        Err(ApiError::invalid("Invalid Email Address"))
    }
}

/// Whether a new stream's schema is one.
pub(super) fn schema(schema: &Schema) -> Result<(), ApiError> {
    match schema.validator() {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::invalid("The provided schema is not a valid JSONSchema")),
    }
}

/// Whether all the fields that an update names may be written.
pub(super) fn may_write(grant: &Grant, named: &[(bool, Field, &str)]) -> Result<(), ApiError> {
    match named.iter().find(|(named, field, _)| *named && !grant.writes(*field)) {
        None => Ok(()),
        Some((_, _, word)) => {
            Err(ApiError::denied(format!("This device does not have permissions to write {word}")))
        }
    }
}

/// Whether an update leaves the name as it is.
pub(super) fn same_name(name: &str, update: Option<&String>, word: &str) -> Result<(), ApiError> {
    match update {
        Some(other) if other != name => Err(ApiError::invalid(format!(
            "ConnectorDB does not support modification of {word} names"
        ))),
        _ => Ok(()),
    }
}

/// Replaces what an update names.
pub(super) fn replace<T>(field: &mut T, update: Option<T>) {
    if let Some(value) = update {
        *field = value;
    }
}
