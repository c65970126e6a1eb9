//! The transitions of the upload's state machine.

use std::ops::ControlFlow::{Break, Continue};

use cdb_types::{ErrorKind, ServerError};

use super::*;

fn refused(error: ServerError, count: usize) -> Event {
    let error = cdb_http::Error::Forbidden(error).into();
    Event::Refused { after: 0.0, count, error }
}

/// Returns an upload that has started to send to an empty stream.
fn sending() -> Upload {
    let mut upload = Upload::new();
    assert!(matches!(upload.next(Event::Started), Continue(Action::FetchEnd)));
    let next = upload.next(Event::End { end: 0, last: None });
    assert!(matches!(next, Continue(Action::Send { max: MAX_POINTS, index: 0, .. })));
    upload
}

fn sent(count: usize, end: f64, at: Instant) -> Event {
    Event::Sent { count, end, at }
}

/// Returns the end and the number of each part that is to be acknowledged.
fn acknowledgements(next: Next) -> Vec<(f64, u64)> {
    let Continue(Action::Acknowledge(sent)) = next else { panic!("not acknowledged: {next:?}") };
    sent.into_iter().map(|sent| (sent.until, sent.count)).collect()
}

#[test]
fn sent_datapoints_are_acknowledged_after_an_interval() {
    let mut upload = sending();
    let begin = Instant::now();
    let next = upload.next(sent(2, 1.0, begin));
    assert!(matches!(next, Continue(Action::Send { after: 1.0, index: 2, .. })));
    let soon = begin + ACKNOWLEDGE_AFTER - Duration::from_millis(1);
    let next = upload.next(sent(2, 2.0, soon));
    assert!(matches!(next, Continue(Action::Send { after: 2.0, index: 4, .. })));
    let next = upload.next(sent(1, 3.0, begin + ACKNOWLEDGE_AFTER));
    assert_eq!(acknowledgements(next), [(3.0, 5)]);
    // The upload continues afterwards, and acknowledges no datapoint twice.
    let next = upload.next(Event::Acknowledged(Ok(())));
    assert!(matches!(next, Continue(Action::Send { after: 3.0, index: 5, .. })));
    assert!(matches!(upload.next(Event::NothingPending), Break(Ok(()))));
    assert_eq!(upload.synced().sent, 5);
}

#[test]
fn a_long_backlog_is_acknowledged_in_several_transactions() {
    let mut upload = sending();
    let now = Instant::now();
    for request in 1..=25 {
        let _ = upload.next(sent(MAX_POINTS, f64::from(request), now));
    }
    let parts = acknowledgements(upload.next(Event::NothingPending));
    assert_eq!(parts, [(10.0, MAX_DELETED), (20.0, MAX_DELETED), (25.0, MAX_DELETED / 2)]);
}

#[test]
fn a_mismatch_starts_the_upload_over() {
    let mut upload = sending();
    let _ = upload.next(sent(3, 3.0, Instant::now()));
    assert_eq!(acknowledgements(upload.next(Event::NothingPending)), [(3.0, 3)]);
    let next = upload.next(Event::Acknowledged(Err(Mismatch)));
    assert!(matches!(next, Continue(Action::FetchEnd)));
}

#[test]
fn datapoints_sent_before_a_failure_are_acknowledged() {
    let mut upload = sending();
    let _ = upload.next(sent(3, 3.0, Instant::now()));
    let next = upload.next(Event::Failed(Error::UnknownStream("a".into())));
    assert_eq!(acknowledgements(next), [(3.0, 3)]);
    let next = upload.next(Event::Acknowledged(Ok(())));
    assert!(matches!(next, Break(Err(Error::UnknownStream(_)))));
    // After an error of the file, the upload ends without using the file.
    let next = sending().next(Event::Failed(Error::Closed));
    assert!(matches!(next, Break(Err(Error::Closed))));
}

#[test]
fn only_the_servers_error_kind_leads_to_setting_aside() {
    let kind = |kind| ServerError::new(403, "no", "").with_kind(kind);
    for content in [ErrorKind::Schema, ErrorKind::Malformed, ErrorKind::TooLarge] {
        let next = sending().next(refused(kind(content), 7));
        assert!(matches!(next, Continue(Action::FetchSchema { max: 7, .. })));
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
fn the_number_of_races_in_a_row_is_limited() {
    let mut upload = sending();
    let race = || refused(ServerError::new(403, "late", "").with_kind(ErrorKind::Order), 1);
    for _ in 0..MAX_RACES {
        assert!(matches!(upload.next(race()), Continue(Action::FetchEnd)));
    }
    assert!(matches!(upload.next(race()), Break(Err(Error::Server(_)))));
}

#[test]
fn a_request_that_a_proxy_finds_too_large_is_split() {
    let mut upload = sending();
    let too_large = |count| refused(ServerError::new(413, "Request Entity Too Large", ""), count);
    assert!(matches!(upload.next(too_large(4)), Continue(Action::FetchEnd)));
    let next = upload.next(Event::End { end: 0, last: None });
    assert!(matches!(next, Continue(Action::Send { max: 2, .. })));
    assert!(matches!(upload.next(too_large(1)), Break(Err(Error::Server(_)))));
}
