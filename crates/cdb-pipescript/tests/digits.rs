//! Numbers that only pass through a script keep all their digits.

use std::collections::BTreeMap;

use cdb_pipescript::{Columns, Interpolator, Merge, Number, Point, Script, Value};
use proptest::prelude::*;
use serde_json::value::RawValue;

const LONG: &str = "12345678901234567890123";
const PRECISE: &str = "0.1000000000000000055511151231257827";

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}

fn written(value: &Value) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// Returns the results of a script for datapoints, as JSON.
fn results(script: &str, data: &[&str]) -> Vec<String> {
    let points = (1..).zip(data).map(|(t, text)| {
        let text = format!(r#"{{"t":{t},"d":{text}}},"#);
        let (point, length) = Point::read_json(text.as_bytes()).expect("a datapoint");
        assert_eq!(length, text.len() - 1);
        point
    });
    let script = Script::parse(script).expect(script);
    let results: Vec<Point> = script.over(points).collect::<Result<_, _>>().expect("it runs");
    results.iter().map(|point| written(&point.d)).collect()
}

#[test]
fn numbers_that_pass_through_keep_their_digits() {
    let object = format!(r#"{{"a":[{LONG},"{LONG}"],"b":{PRECISE},"c":-{LONG}.5e-7}}"#);
    let negative = format!("-{LONG}");
    for (script, data, expected) in [
        ("$", LONG, LONG),
        ("$", PRECISE, PRECISE),
        ("$", &negative, &negative),
        ("if $ > 0", LONG, LONG),
        ("if last", PRECISE, PRECISE),
        ("max", LONG, LONG),
        ("remember(first)", LONG, LONG),
        ("ifelse(true, $, 0)", LONG, LONG),
        ("{'x': $} | $('x')", LONG, LONG),
        ("$", &object, &object),
        ("$('a'):$(0)", &object, LONG),
        ("$('b')", &object, PRECISE),
        ("$('c')", &object, &format!("-{LONG}.5e-7")),
        ("del('a') | del('c')", &object, &format!(r#"{{"b":{PRECISE}}}"#)),
        ("map('k', $('b'))", &object, &format!(r#"{{"k":{PRECISE}}}"#)),
        ("imap($, count)", LONG, &format!(r#"{{"{LONG}":1}}"#)),
        ("append", LONG, &format!(r#""{LONG}""#)),
        ("while(true, $)", LONG, LONG),
        ("12345678901234567890123", "1", LONG),
        // Arithmetic uses floats.
        ("$ + 0", LONG, "1.2345678901234568e+22"),
        ("-$", "9007199254740993", "-9007199254740992.0"),
    ] {
        let found = results(script, &[data]);
        assert_eq!(found, [expected], "{script}");
    }
    assert_eq!(results("next", &["1", LONG]), [LONG, "null"]);
    // Numbers that are the same float but have different digits are different keys.
    let data = ["9007199254740993", "9007199254740992", LONG, "12345678901234567890124"];
    assert_eq!(results("if new", &data), data);
}

#[test]
fn merges_and_tables_keep_digits() {
    let points = || vec![Point::new(1.0, value(LONG)), Point::new(2.0, value(PRECISE))];
    let merged: Vec<String> =
        Merge::new([points(), points()]).map(|point| written(&point.d)).collect();
    assert_eq!(merged, [LONG, LONG, PRECISE, PRECISE]);
    let mut columns = Columns::new();
    for name in ["before", "closest", "$"] {
        columns.add(name, &Interpolator::parse(name).expect("an interpolator"));
    }
    for column in columns.iter_mut() {
        points().into_iter().for_each(|point| column.push(point));
        column.end();
    }
    let row = columns.row(1.0, Some(value(LONG))).expect("a row");
    let expected = format!(r#"{{"$":{LONG},"before":{LONG},"closest":{LONG},"x":{LONG}}}"#);
    assert_eq!(written(&row.d), expected);
}

#[test]
fn numbers_that_a_float_can_represent_are_floats() {
    for text in [
        "0.1",
        "1e5",
        "1E+5",
        "1.50",
        "100000000000000000000000",
        "0.30000000000000004",
        "-0.0",
        "1e-7",
        "0.000000000000000000",
        "1.7976931348623157e308",
    ] {
        assert!(!matches!(value(text), Value::Number(Number::Decimal(_))), "{text}");
    }
    for text in [
        "0.30000000000000005",
        "0.1000000000000000055",
        "1e-400",
        "9007199254740992.5",
        "18446744073709551617",
    ] {
        let value = value(text);
        assert!(matches!(value, Value::Number(Number::Decimal(_))), "{text}");
        assert_eq!(written(&value), text);
    }
    assert_eq!(value("18446744073709551617"), value("1.8446744073709551617e19"));
    assert_ne!(value("18446744073709551617"), value("18446744073709551619"));
}

#[test]
fn values_are_no_larger_than_they_were() {
    assert_eq!((size_of::<Value>(), size_of::<Number>(), size_of::<Point>()), (24, 16, 32));
}

#[test]
fn a_text_that_is_not_json_is_an_error() {
    for text in [
        "",
        "1234567890123456789012x",
        "[1234567890123456789012",
        "1e400",
        "\"12345678901234567890\\",
        "{\"a\":1}12345678901234567890",
    ] {
        assert!(Value::from_json(text.as_bytes()).is_err(), "{text}");
    }
    for text in ["", "{", "5", "{\"t\":1,\"d\":[12345678901234567890123}"] {
        assert!(Point::read_json(text.as_bytes()).is_err(), "{text}");
    }
}

/// Generates JSON numbers, many of them long.
fn number() -> impl Strategy<Value = String> {
    let whole = prop_oneof![Just("0".to_owned()), "[1-9][0-9]{0,40}"];
    ("-?", whole, "(\\.[0-9]{1,40})?", "([eE][+-]?[0-9]{1,2})?")
        .prop_map(|(sign, whole, fraction, exponent)| [sign, whole, fraction, exponent].concat())
}

/// Normalizes a number: its sign, its digits without zeros at the ends, and the place of its point.
fn decimal(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().expect("an exponent");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat().chars().filter(|c| *c != '-').collect();
    let places = i64::try_from(fraction.len()).expect("few");
    let cut = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - cut.len()).expect("few");
    match cut.trim_start_matches('0') {
        "" => (false, String::new(), 0),
        cut => (text.starts_with('-'), cut.to_owned(), exponent - places + zeros),
    }
}

proptest! {
    #[test]
    fn every_number_round_trips(
        numbers in prop::collection::vec(number(), 1..8),
        text in "[0-9e\\\\\"\\[{,.]{0,25}",
    ) {
        let string = serde_json::to_string(&text)?;
        let (list, first) = (numbers.join(", "), &numbers[0]);
        let json = format!(r#"{{{string}: {first}, "list": [{string}, {list}], "x": {string}}}"#);
        let found = written(&Value::from_json(json.as_bytes())?);
        let found: BTreeMap<String, &RawValue> = serde_json::from_str(&found)?;
        prop_assert_eq!(found["x"].get(), &string);
        prop_assert_eq!(decimal(found[&text].get()), decimal(first));
        let list: Vec<&RawValue> = serde_json::from_str(found["list"].get())?;
        prop_assert_eq!(list.len(), 1 + numbers.len());
        prop_assert_eq!(list[0].get(), &string);
        for (found, number) in list[1..].iter().zip(&numbers) {
            prop_assert_eq!(decimal(found.get()), decimal(number), "{} for {}", found, number);
        }
    }
}
