//! Websocket frames, in both directions.

use cdb_types::websocket::{Command, Event, Request};
use serde_json::Value;

/// Checks that a frame that is read, written and read again stays the same.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_request(text);
    check_event(text);
}

/// Checks a frame of a client.
fn check_request(text: &str) {
    let Ok(Request { id, command }) = Request::parse(text) else { return };
    let command = match command {
        Ok(command) => command,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let keys: &[&str] = match &command {
        Command::UnsubscribeAll => &["cmd", "id"],
        Command::Insert { .. } => &["cmd", "id", "arg", "d"],
        _ => &["cmd", "id", "arg", "transform"],
    };
    let written = write(&Request { id, command });
    check_keys(keys, text, &written);
    let again = Request::parse(&written).expect("a request that was written");
    let command = again.command.expect("a command that was written");
    assert_eq!(again.id, id);
    assert_eq!(write(&Request { id, command }), written);
}

/// Checks a frame of a server.
fn check_event(text: &str) {
    let event = match Event::parse(text) {
        Ok(event) => event,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let keys: &[&str] = match &event {
        Event::Message(_) => &["stream", "transform", "data", "index", "end"],
        Event::Answer(_) => &["answer", "joined", "error"],
        _ => &["stream", "transform", "ended"],
    };
    let written = write_event(&event);
    check_keys(keys, text, &written);
    let again = Event::parse(&written).expect("an event that was written");
    assert_eq!(write_event(&again), written);
}

/// Checks that the values of some keys are written as they were read. Objects need only be there:
/// keys that they have in addition are not kept.
fn check_keys(keys: &[&str], read: &str, written: &str) {
    // A value that is kept as text, such as a number beyond the floats, is not read by serde_json.
    let [Ok(read), Ok(written)] = [read, written].map(serde_json::from_str::<Value>) else {
        return;
    };
    for key in keys {
        match (&read[key], &written[key]) {
            (Value::Null, _) => {}
            (Value::Object(_), written) => assert!(!written.is_null(), "{key} is lost"),
            (Value::String(text), Value::Null) if text.is_empty() => {}
            (read, written) => assert_eq!(read, written, "{key}"),
        }
    }
}

fn write(request: &Request) -> String {
    serde_json::to_string(request).expect("a request that was read can be written")
}

fn write_event(event: &Event) -> String {
    match event {
        Event::Message(message) => serde_json::to_string(message),
        Event::Answer(answer) => serde_json::to_string(answer),
        Event::Ended(ended) => serde_json::to_string(ended),
        _ => panic!("an event of an unknown kind"),
    }
    .expect("an event that was read can be written")
}
