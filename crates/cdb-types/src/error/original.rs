//! Derives the kind of an error from the messages of the original server, which sends no kind.
//!
//! No other module looks at the text of an error. The messages are those of the protocol's
//! reference. This server sends the same messages, and did not send a kind before version 0.2.

use super::ErrorKind;

/// The status and the beginning of each message, by the kind that it stands for.
const MESSAGES: [(ErrorKind, &[(u16, &str)]); 10] = [
    (
        ErrorKind::Order,
        &[
            (403, "Greater timestamp already exists for the stream."),
            (403, "Timestamps are not ordered!"),
        ],
    ),
    (ErrorKind::Index, &[(403, crate::endpoint::OTHER_INDEX)]),
    (ErrorKind::Schema, &[(403, "At least one datapoint did not conform to the stream's schema")]),
    (
        ErrorKind::Denied,
        &[
            (403, "Write access to stream data denied."),
            (403, "Write access to stream downlink denied."),
            (403, "This device does not have permissions to write"),
            (403, "Don't have permission"),
            (403, "You do not have permissions necessary to"),
            (404, "You do not have permissions necessary to"),
            // The original has other messages for an object that does not exist.
            (403, "Can't access this resource."),
            (403, "Can't make private user have public device"),
        ],
    ),
    (
        ErrorKind::NotFound,
        &[
            (404, "Can't access this resource."),
            (403, "The requested user was not found."),
            (403, "The requested device was not found."),
            (403, "The requested stream was not found."),
            (404, "The requested user was not found."),
            (404, "The requested device was not found."),
        ],
    ),
    (
        ErrorKind::Exists,
        &[
            (403, "Stream with this name already exists"),
            (403, "Device with this name already exists"),
            (403, "User with this email or username already exists"),
        ],
    ),
    (
        ErrorKind::Limit,
        &[
            (403, "Insert Failed: Exceeded"),
            (403, "Maximum user limit"),
            (403, "Can't create device: Device number limit"),
            (403, "Cannot create stream: Exceeded"),
            (403, "Exceeded"),
        ],
    ),
    (
        ErrorKind::Invalid,
        &[
            (400, "A range needs"),
            (400, "Could not parse"),
            (400, "The given name did not pass sanitation."),
            (400, "Unrecognized query command."),
            (403, "ConnectorDB does not support modification of"),
            (403, "Could not find device role"),
            (403, "Dataset"),
            (403, "Invalid Email Address"),
            (403, "Invalid Username"),
            (403, "Merging more than"),
            (403, "No stream(s) were selected"),
            (403, "Only one query method"),
            (403, "Script "),
            (403, "Set transforms within each merge element"),
            (403, "Tdataset"),
            (403, "The dataset query must have"),
            (403, "The given path is invalid."),
            (403, "The given role"),
            (403, "The provided name is not valid"),
            (403, "The provided schema is not a valid JSONSchema"),
            (403, "To avoid abuse"),
            (403, "Unrecognized field"),
            (403, "Unrecognized substream type"),
            (403, "Username "),
            (403, "Value of field"),
            (403, "time2index requires"),
        ],
    ),
    (ErrorKind::Range, &[(403, "Invalid index range.")]),
    (
        ErrorKind::Malformed,
        &[
            // Also for a body that is too large, since the original stops reading at 10 MiB.
            (400, "unexpected end of JSON input"),
            (400, "invalid character"),
        ],
    ),
];

/// Returns the kind of an error with this status and message, or `None` if it is not in the table.
pub(super) fn kind(code: u16, msg: &str) -> Option<ErrorKind> {
    let is_this = |(status, beginning): &(u16, &str)| *status == code && msg.starts_with(beginning);
    let found = MESSAGES.iter().find(|(_, messages)| messages.iter().any(is_this));
    found.map(|(kind, _)| kind.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_server_have_a_kind() {
        let order = "Greater timestamp already exists for the stream. Insert Failed.";
        assert_eq!(kind(403, order), Some(ErrorKind::Order));
        assert_eq!(kind(500, order), None);
        let page = "<html><head><title>403 Forbidden</title></head>Write access denied.</html>";
        assert_eq!(kind(403, page), None);
        assert_eq!(kind(413, "Request Entity Too Large"), None);
        let exists = "User with this email or username already exists";
        assert_eq!(kind(403, exists), Some(ErrorKind::Exists));
        let denied = "You do not have permissions necessary to list users.";
        assert_eq!(kind(404, denied), Some(ErrorKind::Denied));
        assert_eq!(kind(403, "Script 'x': Transform x not found"), Some(ErrorKind::Invalid));
    }
}
