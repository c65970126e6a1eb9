//! Reads bodies that were recorded from the original server, and writes them round_trip.

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
enum Resource {
    User,
    Device,
    Stream,
    Data,
    Other,
}

fn resource(path: &str) -> Resource {
    let Some(rest) = path.strip_prefix("/api/v1/crud/") else { return Resource::Other };
    match rest.split('/').count() {
        1 => Resource::User,
        2 => Resource::Device,
        3 => Resource::Stream,
        _ => Resource::Data,
    }
}

/// Reads a body as a `T`, and writes it again.
fn round_trip<T: Serialize + DeserializeOwned>(body: &Value) -> Value {
    let read: T = serde_json::from_value(body.clone()).expect("it can be read");
    serde_json::to_value(read).expect("it can be written")
}

fn round_trip_update<U: Update>(body: &Value) -> Value {
    let Value::Object(object) = body.clone() else { panic!("{body}") };
    serde_json::to_value(U::from_object(object).expect("an update")).expect("it can be written")
}

/// Removes the white space in schemas, because this library always sends them without.
fn minify_schemas(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            for (field, value) in fields {
                match value {
                    Value::String(schema) if field == "schema" => {
                        let read = Schema::parse(schema).expect("JSON");
                        *schema = read.as_str().to_owned();
                    }
                    other => minify_schemas(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(minify_schemas),
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
fn responses_of_the_original_are_read_and_written_unchanged() {
    let mut checked = 0;
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
            round_trip::<ServerError>(&body)
        } else {
            match (resource(bare), query) {
                (Resource::User, "") => round_trip::<UserInfo>(&body),
                (Resource::User, query) if query.starts_with("q=streams") => {
                    round_trip::<Vec<StreamInfo>>(&body)
                }
                (Resource::Device, "") => round_trip::<DeviceInfo>(&body),
                (Resource::Device | Resource::Stream, "q=ls") => {
                    round_trip::<Vec<StreamInfo>>(&body)
                }
                (Resource::Stream, _) => round_trip::<StreamInfo>(&body),
                (Resource::Data, query) if query.starts_with("q=length") => {
                    round_trip::<u64>(&body)
                }
                (Resource::Data, _) => round_trip::<DatapointArray>(&body),
                (Resource::Other, _) if bare.starts_with("/api/v1/query/") => {
                    round_trip::<DatapointArray>(&body)
                }
                other => panic!("{method} {path}: {other:?}"),
            }
        };
        assert_eq!(written, body, "{method} {path}");
        checked += 1;
    }
    assert!(checked >= 40, "only {checked} bodies");
}

#[test]
fn requests_to_the_original_are_read_and_written_unchanged() {
    let mut checked = 0;
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let body = &exchange["request"];
        if !(body.is_object() || body.is_array()) {
            continue;
        }
        let path = exchange["path"].as_str().expect("a path");
        let written = match (exchange["method"].as_str(), resource(path)) {
            (_, Resource::Data) => round_trip::<DatapointArray>(body),
            (Some("POST"), Resource::User) => round_trip::<UserCreate>(body),
            (Some("POST"), Resource::Device) => round_trip::<DeviceCreate>(body),
            (Some("POST"), Resource::Stream) => round_trip::<StreamCreate>(body),
            (Some("PUT"), Resource::Device) => round_trip_update::<DeviceUpdate>(body),
            (Some("PUT"), Resource::Stream) => round_trip_update::<StreamUpdate>(body),
            (Some("POST"), Resource::Other) if body.is_array() => {
                whole(round_trip::<Vec<StreamQuery>>(body))
            }
            (Some("POST"), Resource::Other) => whole(round_trip::<DatasetQuery>(body)),
            other => panic!("{path}: {other:?}"),
        };
        let mut expected = body.clone();
        if resource(path) == Resource::Data {
            // A whole timestamp is written without its `.0`.
            let text = expected.to_string().replace(".0,", ",").replace(".0}", "}");
            expected = serde_json::from_str(&text).expect("JSON");
        }
        minify_schemas(&mut expected);
        assert_eq!(written, expected, "{path}");
        checked += 1;
    }
    assert!(checked >= 15, "only {checked} bodies");
}

#[test]
fn ranges_of_requests_to_the_original_are_read_and_written_unchanged() {
    let mut checked = 0;
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let path = exchange["path"].as_str().expect("a path");
        let Some((bare, query)) = path.split_once('?') else { continue };
        if resource(bare) != Resource::Data || query.starts_with("q=") {
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
        checked += 1;
    }
    assert!(checked >= 10, "only {checked} queries");
}
