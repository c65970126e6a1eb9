//! Reads bodies that were recorded from the original server, and writes them again.

use cdb_types::{
    DataQuery, DatapointArray, DatasetQuery, DeviceCreate, DeviceInfo, DeviceUpdate, Schema,
    ServerError, StreamCreate, StreamInfo, StreamQuery, StreamUpdate, Update, UserCreate, UserInfo,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const RECORDED: &str = include_str!("../recorded/tutorial.jsonl");

/// The kind of resource that a path addresses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    User,
    Device,
    Stream,
    Data,
    Other,
}

fn about(path: &str) -> About {
    let Some(rest) = path.strip_prefix("/api/v1/crud/") else { return About::Other };
    match rest.split('/').count() {
        1 => About::User,
        2 => About::Device,
        3 => About::Stream,
        _ => About::Data,
    }
}

/// Reads a body as a `T`, and writes it again.
fn again<T: Serialize + DeserializeOwned>(body: &Value) -> Value {
    let read: T = serde_json::from_value(body.clone()).expect("it can be read");
    serde_json::to_value(read).expect("it can be written")
}

fn updated<U: Update>(body: &Value) -> Value {
    let Value::Object(object) = body.clone() else { panic!("{body}") };
    serde_json::to_value(U::from_object(object).expect("an update")).expect("it can be written")
}

/// Removes the white space in schemas, because this library always sends them without.
fn without_white_space_in_schemas(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            for (field, value) in fields {
                match value {
                    Value::String(schema) if field == "schema" => {
                        let read = Schema::parse(schema).expect("JSON");
                        *schema = read.as_str().to_owned();
                    }
                    other => without_white_space_in_schemas(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_white_space_in_schemas),
        _ => {}
    }
}

/// Replaces whole floats by integers, as other clients write them.
fn whole(body: Value) -> Value {
    match body {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, field)| (key, whole(field))).collect()
        }
        other => other,
    }
}

#[test]
fn what_the_original_answers_is_read_and_written_as_it_was() {
    let mut seen = 0;
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let (path, method) = (exchange["path"].as_str(), exchange["method"].as_str());
        let (path, method) = (path.expect("a path"), method.expect("a verb"));
        let Ok(body) = serde_json::from_str::<Value>(exchange["response"].as_str().expect("text"))
        else {
            continue;
        };
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let written = if exchange["status"] != 200 {
            again::<ServerError>(&body)
        } else {
            match (about(bare), query) {
                (About::User, "") => again::<UserInfo>(&body),
                (About::User, query) if query.starts_with("q=streams") => {
                    again::<Vec<StreamInfo>>(&body)
                }
                (About::Device, "") => again::<DeviceInfo>(&body),
                (About::Device | About::Stream, "q=ls") => again::<Vec<StreamInfo>>(&body),
                (About::Stream, _) => again::<StreamInfo>(&body),
                (About::Data, query) if query.starts_with("q=length") => again::<u64>(&body),
                (About::Data, _) => again::<DatapointArray>(&body),
                (About::Other, _) if bare.starts_with("/api/v1/query/") => {
                    again::<DatapointArray>(&body)
                }
                other => panic!("{method} {path}: {other:?}"),
            }
        };
        assert_eq!(written, body, "{method} {path}");
        seen += 1;
    }
    assert!(seen >= 40, "only {seen} bodies");
}

#[test]
fn what_the_original_was_asked_is_read_and_written_as_it_was() {
    let mut seen = 0;
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let body = &exchange["request"];
        if !(body.is_object() || body.is_array()) {
            continue;
        }
        let path = exchange["path"].as_str().expect("a path");
        let written = match (exchange["method"].as_str(), about(path)) {
            (_, About::Data) => again::<DatapointArray>(body),
            (Some("POST"), About::User) => again::<UserCreate>(body),
            (Some("POST"), About::Device) => again::<DeviceCreate>(body),
            (Some("POST"), About::Stream) => again::<StreamCreate>(body),
            (Some("PUT"), About::Device) => updated::<DeviceUpdate>(body),
            (Some("PUT"), About::Stream) => updated::<StreamUpdate>(body),
            (Some("POST"), About::Other) if body.is_array() => {
                whole(again::<Vec<StreamQuery>>(body))
            }
            (Some("POST"), About::Other) => whole(again::<DatasetQuery>(body)),
            other => panic!("{path}: {other:?}"),
        };
        let mut expected = body.clone();
        if about(path) == About::Data {
            // A whole timestamp is written without its `.0`.
            let text = expected.to_string().replace(".0,", ",").replace(".0}", "}");
            expected = serde_json::from_str(&text).expect("JSON");
        }
        without_white_space_in_schemas(&mut expected);
        assert_eq!(written, expected, "{path}");
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} bodies");
}

#[test]
fn ranges_that_the_original_was_asked_for_are_understood() {
    let mut seen = 0;
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let path = exchange["path"].as_str().expect("a path");
        let Some((bare, query)) = path.split_once('?') else { continue };
        if about(bare) != About::Data || query.starts_with("q=") {
            continue;
        }
        let parameters: Vec<(&str, &str)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let read = DataQuery::from_parameters(parameters.iter().copied()).expect("a query");
        assert!(read.range().is_ok(), "{query}");
        let written: Vec<_> = read.parameters();
        for (key, value) in &parameters {
            let same = written.iter().find(|(written, _)| written == key);
            assert_eq!(same.map(|(_, value)| value.as_str()), Some(*value), "{query}");
        }
        assert_eq!(written.len(), parameters.len(), "{query}");
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} queries");
}
