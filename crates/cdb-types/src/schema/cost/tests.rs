use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Schema, SchemaLimits};

fn cost(schema: &Value) -> Result<Cost, String> {
    Cost::of(schema, SchemaLimits::default().memory)
}

/// Definitions, each of which applies the next one as `apply` says.
fn chain(length: u32, apply: impl Fn(Value) -> Value) -> Value {
    let reference = |number: u32| json!({"$ref": format!("#/definitions/d{number}")});
    let definition = |number| (format!("d{number}"), apply(reference(number + 1)));
    let mut definitions = Value::from_iter((0..length).map(definition));
    definitions[format!("d{length}")] = json!({"type": "number"});
    json!({"$ref": "#/definitions/d0", "definitions": definitions})
}

#[test]
fn schemas_that_people_write_are_cheap() {
    let tree = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "pattern": r"^\w{1,50}$"},
            "children": {"type": "array", "items": {"$ref": "#"}},
        },
        "patternProperties": {"^x-": {"$ref": "#"}},
        "additionalProperties": false,
    });
    let many: Value = (0..500).map(|i| (format!("p{i}"), json!({"type": "number"}))).collect();
    let one_of: Vec<_> = (0..20).map(|i| json!({"properties": {"kind": {"enum": [i]}}})).collect();
    // A tree whose nodes are of several kinds.
    let kinds = json!({"oneOf": [
        {"type": "number"},
        {"properties": {"not": {"$ref": "#"}}, "additionalProperties": false},
        {"properties": {"and": {"items": {"$ref": "#"}}}, "additionalProperties": false},
        {"properties": {"or": {"items": [{"$ref": "#"}, {"$ref": "#"}]}}},
    ]});
    for (schema, most) in [
        (json!({"type": "number", "minimum": 0}), 5),
        (json!({"type": "object", "properties": {"lat": {"type": "number"}}}), 5),
        (tree, 50),
        (json!({"properties": many}), 600),
        (json!({"oneOf": one_of}), 200),
        (json!({"type": "string", "format": "date-time"}), 5),
        (json!({"id": "http://example.com/s", "items": {"$ref": "#"}}), 5),
        (chain(20, |next| json!({"properties": {"next": next, "other": next}})), 10),
        (kinds, 50),
    ] {
        let found = cost(&schema).expect("a cost");
        assert!(found.per_value <= most, "{schema}: {found:?}");
        Schema::from(schema).limited_validator(&SchemaLimits::default()).expect("a validator");
    }
}

#[test]
fn schemas_that_are_slow_to_check_are_refused() {
    let twice = |next: Value| json!({"allOf": [next, next]});
    let both = |reference: Value| json!({"properties": {"a": reference}, "patternProperties": {"a": reference}});
    let many: Value = (0..5000).map(|i| (format!("p{i}"), json!({}))).collect();
    let patterns: Value =
        (0..100).map(|i| (format!("^{i}[a-z]{{8}}$"), json!({"type": "number"}))).collect();
    let unknown: Value = (0..1000).map(|_| json!([{"": 0}])).collect::<Vec<_>>().into();
    let versions = chain(10, |next| {
        json!({"allOf": [{"$schema": "http://json-schema.org/draft-07/schema#",
                          "if": next, "then": next}]})
    });
    for (schema, why) in [
        // Another version has keywords that are not known here.
        (versions, "has a \"$schema\""),
        (json!({"x": vec![unknown; 20]}), "of memory"),
        (json!({"pattern": "^(?=a)b"}), "needs look-around"),
        (json!({"pattern": r"(a)\1"}), "needs look-around"),
        // For the same value, and for values at each level within it.
        (chain(12, twice), "takes too long"),
        (chain(17, |next| json!({"items": twice(next)})), "takes too long"),
        (both(json!({"$ref": "#"})), "takes too long"),
        (chain(17, both), "takes too long"),
        (json!({"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}), "takes too long"),
        (json!({"anyOf": [{"type": "number"}, {"$ref": "#"}]}), "refers to itself"),
        (chain(40, |next| json!({"not": next})), "schemas refer to each other"),
        (json!({"properties": many}), "of memory"),
        (json!({"patternProperties": patterns}), "of memory"),
        (json!({"pattern": "(a{500}){500}"}), "is too large"),
        (json!({"enum": vec![0; 20_000]}), "takes too long"),
        (json!({"$ref": "#/definitions/missing"}), "nothing where"),
        (json!({"$ref": "http://json-schema.org/draft-04/schema#"}), "does not begin with"),
        (json!({"items": {"id": "x", "$ref": "#/items"}}), "has an \"id\""),
    ] {
        let error = cost(&schema).expect_err(why);
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn schemas_are_read_as_draft_4_whatever_they_name() {
    for version in ["http://json-schema.org/draft-07/schema#", "https://example.com/mine"] {
        let schema = Schema::from(json!({"$schema": version, "if": {}, "then": {"type": "null"}}));
        let limited = schema.limited_validator(&SchemaLimits::default()).expect("a validator");
        for validator in [schema.validator().expect("a validator"), limited] {
            assert!(validator.is_valid(&json!(5)), "{version}");
        }
    }
}

#[test]
fn nested_whole_floats_are_integers_in_linear_time() {
    let schema = Schema::from(
        json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#"}}]}),
    );
    let validator = schema.limited_validator(&SchemaLimits::default()).expect("a validator");
    let nested = |value: Value| (0..99).fold(value, |value, _| json!([value]));
    assert!(validator.is_valid(&nested(json!(5.0))));
    assert!(!validator.is_valid(&nested(json!(5.5))));
}

/// A keyword that counts how often it is applied.
struct Counter(Arc<AtomicU64>);

impl jsonschema::Keyword<'_> for Counter {
    fn validate(&self, _: &Value) -> Result<(), jsonschema::ValidationError<'static>> {
        self.0.fetch_add(1, Relaxed);
        Ok(())
    }

    fn is_valid(&self, _: &Value) -> bool {
        self.0.fetch_add(1, Relaxed);
        true
    }
}

/// Counts how often the schemas that have the keyword `count` are applied when a value is checked.
fn applied(schema: &Value, value: &Value) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let compiled = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .with_keyword("count", move |_, _, _| Ok(Box::new(Counter(Arc::clone(&counter)))))
        .build(schema)
        .expect("a schema");
    let _ = compiled.is_valid(value);
    count.load(Relaxed)
}

/// Schemas within definitions, which refer to each other.
fn schemas() -> impl Strategy<Value = Value> {
    let reference = (0..3_u8).prop_map(|i| json!({"$ref": format!("#/definitions/{i}")}));
    let leaf = prop_oneof![Just(json!({"count": 1})), reference];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|all| json!({"count": 1, "allOf": all})),
            inner.clone().prop_map(|items| json!({"count": 1, "items": items})),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|items| json!({"count": 1, "items": items})),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| {
                json!({"count": 1, "properties": {"a": a}, "patternProperties": {"b|c": b},
                       "additionalProperties": c})
            }),
        ]
    })
}

fn values() -> impl Strategy<Value = Value> {
    Just(json!(1)).prop_recursive(5, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[abcd]", inner, 0..3)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_takes_more_steps_than_estimated(
        root in schemas(),
        definitions in prop::array::uniform3(schemas()),
        value in values(),
    ) {
        let definitions: Value =
            definitions.into_iter().enumerate().map(|(i, schema)| (i.to_string(), schema)).collect();
        let schema = json!({"definitions": definitions, "allOf": [root]});
        if let Ok(cost) = cost(&schema) {
            prop_assert!(applied(&schema, &value) <= cost.steps(&value), "{schema} {value}");
        }
    }
}
