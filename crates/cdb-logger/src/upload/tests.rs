//! What an upload decides.

use std::ops::ControlFlow::{Break, Continue};

use cdb_types::{ErrorKind, ServerError};

use super::*;

fn refused(error: ServerError, count: usize) -> Event {
    let error = cdb_http::Error::Forbidden(error).into();
    Event::Refused { after: 0.0, count, error }
}

/// An upload to a stream without datapoints that has begun to send.
fn sending() -> Upload {
    let mut upload = Upload::new();
    assert!(matches!(upload.next(Event::Started), Continue(Action::AskEnd)));
    let next = upload.next(Event::End { length: 0, last: None });
    assert!(matches!(next, Continue(Action::Send { max: MAX_POINTS, index: 0, .. })));
    upload
}

#[test]
fn what_was_sent_is_acknowledged_with_its_count() {
    let mut upload = sending();
    for request in 1..REQUESTS_PER_ACKNOWLEDGEMENT {
        let end = f64::from(request);
        let next = upload.next(Event::Sent { count: 2, end });
        let index = u64::from(request) * 2;
        assert!(
            matches!(next, Continue(Action::Send { after, index: i, .. }) if (after, i) == (end, index))
        );
    }
    let next = upload.next(Event::Sent { count: 1, end: 50.0 });
    let expected = u64::from(REQUESTS_PER_ACKNOWLEDGEMENT) * 2 - 1;
    assert!(
        matches!(next, Continue(Action::Acknowledge { until: 50.0, count }) if count == expected)
    );
    // It goes on after that, and each datapoint is acknowledged once.
    let next = upload.next(Event::Acknowledged(Ok(())));
    assert!(matches!(next, Continue(Action::Send { after: 50.0, .. })));
    assert!(matches!(upload.next(Event::NothingWaits), Break(Ok(()))));
    assert_eq!(upload.synced().sent, expected);
}

#[test]
fn what_the_file_does_not_have_is_asked_for_again() {
    let mut upload = sending();
    let _ = upload.next(Event::Sent { count: 3, end: 3.0 });
    let next = upload.next(Event::NothingWaits);
    assert!(matches!(next, Continue(Action::Acknowledge { until: 3.0, count: 3 })));
    let next = upload.next(Event::Acknowledged(Err(Mismatch)));
    assert!(matches!(next, Continue(Action::AskEnd)));
}

#[test]
fn a_failure_acknowledges_what_was_sent_before() {
    let mut upload = sending();
    let _ = upload.next(Event::Sent { count: 3, end: 3.0 });
    let next = upload.next(Event::Failed(Error::UnknownStream("a".into())));
    assert!(matches!(next, Continue(Action::Acknowledge { until: 3.0, count: 3 })));
    let next = upload.next(Event::Acknowledged(Ok(())));
    assert!(matches!(next, Break(Err(Error::UnknownStream(_)))));
    // When it was the file that failed, it is not used further.
    let next = sending().next(Event::Failed(Error::Closed));
    assert!(matches!(next, Break(Err(Error::Closed))));
}

#[test]
fn only_the_server_says_what_is_wrong_with_the_content() {
    let kind = |kind| ServerError::new(403, "no", "").with_kind(kind);
    for content in [ErrorKind::Schema, ErrorKind::Malformed, ErrorKind::TooLarge] {
        let next = sending().next(refused(kind(content), 7));
        assert!(matches!(next, Continue(Action::AskSchema { max: 7, .. })));
    }
    for other in
        [ErrorKind::Denied, ErrorKind::Invalid, ErrorKind::NotFound, ErrorKind::Limit, "new".into()]
    {
        let next = sending().next(refused(kind(other), 7));
        assert!(matches!(next, Break(Err(Error::Server(_)))));
    }
    let page = ServerError::new(403, "<html>schema denied</html>", "");
    assert!(matches!(sending().next(refused(page, 1)), Break(Err(Error::Server(_)))));
}

#[test]
fn races_come_to_an_end() {
    let mut upload = sending();
    let race = || refused(ServerError::new(403, "late", "").with_kind(ErrorKind::Order), 1);
    for _ in 0..MAX_RACES {
        assert!(matches!(upload.next(race()), Continue(Action::AskEnd)));
    }
    assert!(matches!(upload.next(race()), Break(Err(Error::Server(_)))));
}

#[test]
fn what_a_proxy_finds_too_large_is_sent_in_smaller_parts() {
    let mut upload = sending();
    let too_large = |count| refused(ServerError::new(413, "Request Entity Too Large", ""), count);
    assert!(matches!(upload.next(too_large(4)), Continue(Action::AskEnd)));
    let next = upload.next(Event::End { length: 0, last: None });
    assert!(matches!(next, Continue(Action::Send { max: 2, .. })));
    assert!(matches!(upload.next(too_large(1)), Break(Err(Error::Server(_)))));
}
