#![cfg(all(feature = "schema", feature = "schemars"))]

use std::collections::BTreeMap;
use std::num::NonZeroI32;

use cdb_types::{Schema, StreamCreate};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// Asserts that the schema of `T` compiles and is met by `good`, and not by `bad`.
fn check<T: JsonSchema + Serialize>(good: &[T], also_good: &[Value], bad: &[Value]) {
    let schema = Schema::of::<T>();
    let validator = schema.validator().expect("a schema of draft 4");
    for value in good.iter().map(|value| serde_json::to_value(value).expect("JSON")) {
        assert_eq!(validator.complaint(&value), None, "{schema}");
    }
    for value in also_good {
        assert_eq!(validator.complaint(value), None, "{schema}");
    }
    for value in bad {
        assert!(!validator.is_valid(value), "{value} {schema}");
    }
}

/// A comment.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Switch {
    /// Another comment.
    On,
    Off,
}

#[derive(Serialize, JsonSchema)]
enum Event {
    Started,
    /// A comment.
    Stopped,
    Moved {
        x: f64,
        y: f64,
    },
    Failed(String),
    Resized(u8, u8),
}

#[derive(Serialize, JsonSchema)]
struct Climate {
    temperature: f64,
    humidity: Option<f64>,
    switch: Switch,
    offset: NonZeroI32,
    labels: BTreeMap<String, String>,
    /// The fields of a type may have the names of keywords.
    title: String,
    notes: Value,
    #[schemars(extend("exclusiveMaximum" = 10))]
    level: u8,
}

impl Climate {
    fn new() -> Self {
        Self {
            temperature: 21.5,
            humidity: None,
            switch: Switch::Off,
            offset: NonZeroI32::MIN,
            labels: BTreeMap::from([("room".to_owned(), "kitchen".to_owned())]),
            title: "mine".to_owned(),
            notes: json!([1, null]),
            level: 9,
        }
    }

    fn with(field: &str, value: Value) -> Value {
        let mut climate = serde_json::to_value(Self::new()).expect("JSON");
        climate[field] = value;
        climate
    }
}

#[derive(Serialize, JsonSchema)]
struct Tree {
    value: u8,
    children: Vec<Tree>,
    /// A comment beside a reference.
    best: Option<Box<Tree>>,
}

#[test]
fn values_of_a_type_match_its_schema() {
    check(&[1.5, -2.0, 1e300], &[json!(1)], &[json!("1"), json!(null), json!(true)]);
    check(&[i64::MIN, 0, i64::MAX], &[json!(5.0)], &[json!(5.5), json!("5")]);
    check(&[0_u8, 255], &[], &[json!(256), json!(-1), json!(0.5)]);
    check(&[u64::MAX], &[], &[json!(-1)]);
    check(&[true, false], &[], &[json!(0), json!(null)]);
    check(&["text".to_owned(), String::new()], &[], &[json!(1)]);
    check(&[Some(1.5), None], &[json!(null)], &[json!("1.5")]);
    check(&[vec![1.5], vec![]], &[], &[json!([null]), json!(1)]);
    check(&[(1_u8, true)], &[], &[json!([1]), json!([1, true, 2]), json!([true, 1])]);
    check(&[Switch::On, Switch::Off], &[], &[json!("On"), json!(null)]);
    check(&[Some(Switch::On), None], &[json!(null)], &[json!("On")]);
    let events = [
        Event::Started,
        Event::Stopped,
        Event::Moved { x: 1.0, y: 2.5 },
        Event::Failed("why".to_owned()),
        Event::Resized(1, 2),
    ];
    check(&events, &[], &[json!("Moved"), json!({"Moved": {"x": 1}}), json!({"Failed": 1})]);
    check(&[json!({"any": ["thing", null]})], &[], &[]);
}

#[test]
fn objects_match_the_schema_of_their_type() {
    let mut without_an_option = serde_json::to_value(Climate::new()).expect("JSON");
    without_an_option.as_object_mut().expect("an object").remove("humidity");
    let good = [
        without_an_option,
        Climate::with("humidity", json!(0.5)),
        Climate::with("added", json!("later")),
        Climate::with("temperature", json!(21)),
    ];
    let bad = [
        Climate::with("temperature", json!(null)),
        Climate::with("humidity", json!("high")),
        Climate::with("offset", json!(0)),
        Climate::with("labels", json!({"room": 5})),
        Climate::with("title", json!(5)),
        Climate::with("level", json!(10)),
        json!({}),
    ];
    check(&[Climate::new()], &good, &bad);
    let leaf = || Tree { value: 1, children: vec![], best: None };
    let bad = [json!({"value": 1, "children": [{"value": "1", "children": [], "best": null}]})];
    check(&[Tree { value: 2, children: vec![leaf()], best: Some(Box::new(leaf())) }], &[], &bad);
}

#[test]
fn the_schema_of_a_number_is_what_a_person_would_write() {
    let text = |schema: Schema| schema.as_str().to_owned();
    assert_eq!(text(Schema::of::<f64>()), r#"{"type":"number"}"#);
    assert_eq!(text(Schema::of::<i64>()), r#"{"type":"integer"}"#);
    assert_eq!(text(Schema::of::<bool>()), r#"{"type":"boolean"}"#);
    assert_eq!(text(Schema::of::<str>()), r#"{"type":"string"}"#);
    assert_eq!(text(Schema::of::<Value>()), "{}");
    assert_eq!(text(Schema::of::<Option<f64>>()), r#"{"type":["number","null"]}"#);
    assert_eq!(text(Schema::of::<Switch>()), r#"{"enum":["off","on"],"type":"string"}"#);
    let create = StreamCreate::of::<f64>().datatype("temperature");
    assert_eq!(create, StreamCreate::new().schema(Schema::of::<f64>()).datatype("temperature"));
}

/// The types of two versions of a program.
mod old {
    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    pub(super) struct Report {
        at: f64,
        what: What,
        before: Option<Box<Report>>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    enum What {
        Rain,
        Wind,
        Snow(f64),
        Hail { size: f64 },
    }
}

mod new {
    use super::*;

    /// What was seen.
    #[derive(JsonSchema)]
    #[schemars(title = "A report")]
    #[allow(dead_code, reason = "only its schema is used")]
    pub(super) struct Report {
        /// What there was.
        what: What,
        /// The one before.
        before: Option<Box<Report>>,
        /// In seconds.
        at: f64,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    enum What {
        Hail {
            /// In millimetres.
            size: f64,
        },
        /// In centimetres.
        Snow(f64),
        /// A lot of it.
        Wind,
        Rain,
    }
}

#[test]
fn comments_and_the_order_of_fields_do_not_change_a_schema() {
    assert_eq!(Schema::of::<old::Report>(), Schema::of::<new::Report>());
    Schema::of::<new::Report>().validator().expect("a schema of draft 4");
}
