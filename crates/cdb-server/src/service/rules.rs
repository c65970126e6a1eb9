//! What names, icons, addresses and schemas may be, and what objects cost to remember.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use cdb_types::Name;
use email_address::EmailAddress;

use crate::api_error::ApiError;
use crate::storage::{Device, Stream, User};

/// How long the name of an icon may be, the set's name included.
const ICON_NAME_CHARS: usize = 30;

/// Checks the name of a new user.
pub(super) fn name(text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|_| {
        ApiError::invalid("Invalid Username, usernames may not contain / \\ ? or spaces")
    })
}

/// Checks the name of a new stream.
pub(super) fn stream_name(text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|_| {
        ApiError::invalid("Invalid stream name: it may not be blank or contain / \\ ? or spaces")
    })
}

/// Checks the name of a new device.
pub(super) fn device_name(text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|_| {
        ApiError::invalid(
            "The provided name is not valid, it may not contain /, \\, space, ? or be blank",
        )
    })
}

/// The longest time for which datapoints are kept, in seconds: what is longer is for ever.
const MAX_KEEP: u64 = 10_000 * 366 * 86_400;

/// Checks for how many seconds datapoints are to be kept.
pub(super) fn keep(seconds: u64) -> Result<u64, ApiError> {
    if seconds <= MAX_KEEP {
        return Ok(seconds);
    }
    Err(ApiError::invalid(format!(
        "keep is the number of seconds that datapoints are kept, at most {MAX_KEEP}; 0 is for ever"
    )))
}

/// Checks an icon: empty, the name of an icon, or an image.
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

/// Checks an e-mail address.
pub(super) fn email(address: &str) -> Result<(), ApiError> {
    if EmailAddress::is_valid(address) {
        Ok(())
    } else {
        Err(ApiError::invalid("Invalid Email Address"))
    }
}

/// Checks that an update does not change the name.
pub(super) fn same_name(name: &str, update: Option<&String>, word: &str) -> Result<(), ApiError> {
    match update {
        Some(other) if other != name => Err(ApiError::invalid(format!(
            "ConnectorDB does not support modification of {word} names"
        ))),
        _ => Ok(()),
    }
}

/// Replaces a property if the update has it.
pub(super) fn replace<T>(field: &mut T, update: Option<T>) {
    if let Some(value) = update {
        *field = value;
    }
}

/// The memory of an object without its texts, roughly.
const OBJECT_BYTES: u64 = 512;

/// The memory of a user, roughly, in bytes.
pub(crate) fn user_bytes(user: &User) -> u64 {
    let User { name, nickname, email, description, icon, role, .. } = user;
    OBJECT_BYTES + bytes([name, nickname, email, description, icon, role])
}

/// The memory of a device, roughly, in bytes.
pub(crate) fn device_bytes(device: &Device) -> u64 {
    let Device { name, nickname, description, icon, role, apikey, .. } = device;
    OBJECT_BYTES + bytes([name, nickname, description, icon, role]) + apikey.expose().len() as u64
}

/// The memory of a stream, roughly, in bytes.
pub(super) fn stream_bytes(stream: &Stream) -> u64 {
    let Stream { name, nickname, description, icon, schema, datatype, .. } = stream;
    OBJECT_BYTES + bytes([name, nickname, description, icon, schema, datatype])
}

fn bytes<const N: usize>(texts: [&String; N]) -> u64 {
    texts.iter().map(|text| text.len() as u64).sum()
}
