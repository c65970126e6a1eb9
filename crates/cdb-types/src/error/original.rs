//! Derives the kind of an error from the messages of the original server, which sends no kind.
//!
//! No other module looks at the text of an error. The messages are those of the protocol's
//! reference. This server sends the same messages, and did not send a kind before version 0.2.

use super::ErrorKind;

/// The status, the beginning of the message, and the kind of each error.
const MESSAGES: [(u16, &str, ErrorKind); 24] = [
    (403, "Greater timestamp already exists for the stream.", ErrorKind::Order),
    (403, "Timestamps are not ordered!", ErrorKind::Order),
    (403, crate::endpoint::OTHER_INDEX, ErrorKind::Index),
    (403, "At least one datapoint did not conform to the stream's schema", ErrorKind::Schema),
    (403, "Write access to stream data denied.", ErrorKind::Denied),
    (403, "Write access to stream downlink denied.", ErrorKind::Denied),
    (403, "This device does not have permissions to write", ErrorKind::Denied),
    (403, "Don't have permission", ErrorKind::Denied),
    // The original has other messages for an object that does not exist.
    (403, "Can't access this resource.", ErrorKind::Denied),
    (404, "Can't access this resource.", ErrorKind::NotFound),
    (403, "The requested user was not found.", ErrorKind::NotFound),
    (403, "The requested device was not found.", ErrorKind::NotFound),
    (403, "The requested stream was not found.", ErrorKind::NotFound),
    (404, "The requested user was not found.", ErrorKind::NotFound),
    (404, "The requested device was not found.", ErrorKind::NotFound),
    (403, "Stream with this name already exists", ErrorKind::Exists),
    (403, "Insert Failed: Exceeded", ErrorKind::Limit),
    (403, "Maximum user limit", ErrorKind::Limit),
    (403, "Can't create device: Device number limit", ErrorKind::Limit),
    (403, "Cannot create stream: Exceeded", ErrorKind::Limit),
    (403, "Exceeded", ErrorKind::Limit),
    (403, "Invalid index range.", ErrorKind::Range),
    // The original also sends this for a body that is too large, since it stops reading at 10 MiB.
    (400, "unexpected end of JSON input", ErrorKind::Malformed),
    (400, "invalid character", ErrorKind::Malformed),
];

/// Returns the kind of an error with this status and message, or `None` if it is not in the table.
pub(super) fn kind(code: u16, msg: &str) -> Option<ErrorKind> {
    let matches = |(status, beginning, _): &&(u16, &str, ErrorKind)| {
        *status == code && msg.starts_with(beginning)
    };
    MESSAGES.iter().find(matches).map(|(.., kind)| kind.clone())
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
    }
}
