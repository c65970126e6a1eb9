#![cfg(feature = "schema")]

use cdb_types::Schema;
use serde_json::{Value, json};

fn fits(schema: Value, value: Value) -> bool {
    Schema::from(schema).validator().expect("a schema").is_valid(&value)
}

#[test]
fn values_are_checked_as_draft_4_specifies() {
    assert!(fits(json!({}), json!({"any": ["thing", null]})));
    assert!(fits(json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}), json!(1)));
    assert!(!fits(json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}), json!(0)));
    assert!(!fits(json!({"type": "boolean"}), json!(1)));
    assert!(!fits(json!({"required": ["a"]}), json!({"b": 1})));
    let complaint = Schema::from(json!({"type": "string"})).validator().expect("a schema");
    assert_eq!(complaint.complaint(&json!("text")), None);
    assert!(complaint.complaint(&json!(5)).is_some_and(|text| text.contains("string")));
}

#[test]
fn a_whole_float_is_an_integer() {
    assert!(fits(json!({"type": "integer"}), json!(5.0)));
    assert!(!fits(json!({"type": "integer"}), json!(5.5)));
    assert!(fits(json!({"items": {"type": "integer"}}), json!([1, 2.0])));
    assert!(fits(json!({"properties": {"a": {"type": "integer"}}}), json!({"a": 2.0})));
    assert!(fits(json!({"type": "integer"}), json!(9_007_199_254_740_993_i64)));
}

#[test]
fn a_text_that_is_not_a_schema_does_not_compile() {
    for bad in ["5", "[]", "null", "{", r#"{"type":5}"#, r#"{"type":"nope"}"#] {
        assert!(Schema::unchecked(bad).validator().is_err(), "{bad}");
    }
    let elsewhere = Schema::from(json!({"$ref": "http://localhost/schema.json"}));
    assert!(elsewhere.validator().is_err());
}

#[test]
fn a_schema_is_kept_without_white_space() {
    let schema = Schema::parse("{ \"type\" :\n \"string\", \"enum\": [\"a b\", \"\\\" \"] }");
    let text = r#"{"type":"string","enum":["a b","\" "]}"#;
    assert_eq!(schema.expect("JSON").as_str(), text);
    assert_eq!(Schema::parse("  ").expect("nothing").as_str(), "{}");
    assert!(Schema::parse("{").is_err());
}
