use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::PAGE_ROWS;
use super::*;

fn read(data: &[u8], text: &str, count: usize) -> Columns {
    let columns = Columns::decode(data, count, text.len(), &(0..count)).expect("columns");
    assert_eq!(columns.count, count);
    columns
}

/// Makes columns of datapoints and checks that they are the same. Returns the number of bytes.
fn check(datapoints: &[String]) -> usize {
    let text = format!("[{}]", datapoints.join(","));
    let data =
        encode(text.as_bytes(), datapoints.len()).unwrap_or_else(|| panic!("no columns: {text}"));
    let columns = read(&data, &text, datapoints.len());
    for start in 0..datapoints.len().min(40) {
        let end = datapoints.len().min(start + 3);
        let mut part = Vec::new();
        columns.write(b'[', start..end, &mut part);
        let expected = format!("[{}", datapoints[start..end].join(","));
        assert_eq!(String::from_utf8_lossy(&part), expected);
    }
    data.len()
}

fn datapoints(count: usize, datapoint: impl Fn(usize) -> (String, String)) -> Vec<String> {
    let text = |index| {
        let (time, value) = datapoint(index);
        format!(r#"{{"t":{time},"d":{value}}}"#)
    };
    (0..count).map(text).collect()
}

fn seconds(index: usize) -> String {
    format!("{}", 1_464_250_199 + 10 * index)
}

#[test]
fn what_sensors_send_takes_little() {
    // Not quite random, and not repeated either.
    let noise = |index: usize| (index * index * 7919 / 13) % 1000;
    let sizes = [
        (
            "thermometer",
            check(&datapoints(4096, |i| {
                let jittered = format!("{}.{:03}", 1_464_250_199 + i, 1 + noise(i) % 998);
                (
                    jittered.trim_end_matches('0').to_owned(),
                    format!("{:.1}", 20.0 + noise(i) as f64 / 200.0),
                )
            })),
        ),
        (
            "each 10 s",
            check(&datapoints(4096, |i| (seconds(i), format!("{}", 20 + noise(i) / 300)))),
        ),
        ("booleans", check(&datapoints(4096, |i| (seconds(i), format!("{}", noise(i) > 500))))),
        (
            "texts",
            check(&datapoints(4096, |i| (seconds(i), format!("\"state {}\"", noise(i) % 7)))),
        ),
        (
            "objects",
            check(&datapoints(4096, |i| {
                let (lat, lon) = (52.0 + noise(i) as f64 / 1e5, 13.0 + i as f64 / 1e4);
                (seconds(i), format!(r#"{{"lat": {lat:.5}, "lon": {lon:.5}, "ok": true}}"#))
            })),
        ),
        (
            "mixed",
            check(&datapoints(4096, |i| {
                (seconds(i), if i % 50 == 0 { "null".to_owned() } else { noise(i).to_string() })
            })),
        ),
    ];
    for ((what, size), max) in sizes.into_iter().zip([2.6, 0.7, 0.7, 1.0, 4.5, 2.0]) {
        let bytes = size as f64 / 4096.0;
        println!("{what}: {bytes:.2} bytes a datapoint");
        assert!(bytes < max, "{what}: {bytes:.2} bytes a datapoint");
    }
}

#[test]
fn odd_datapoints_stay_as_they_are() {
    check(&[r#"{"t":1}"#.to_owned()]);
    check(
        &[
            r#"{"t":-1.5,"d":{"a":1,"b":[1,{"c":"}"}]}}"#,
            r#"{"t":0,"d":{ "b" : "x\"y\\" ,"a":2.50 }}"#,
            r#"{"t":0.25,"d":{},"o":"someone/else"}"#,
            r#"{"t":1,"d":{"a":1,"a":{"a":1e400}},"o":"\"}"}"#,
            r#"{"t":1,"d":[]}"#,
            r#"{"t":2,"d":"\u00e9, \\"}"#,
            r#"{"t":3}"#,
            r#"{"t":3,"o":"x"}"#,
            r#"{"t":4,"d":18446744073709551615}"#,
            r#"{"t":1000000000000000.1,"d":-0.0}"#,
        ]
        .map(str::to_owned),
    );
}

#[test]
fn what_is_not_stored_like_this_gets_no_columns() {
    for text in [
        "",
        "[]",
        "[{}]",
        r#"[{"d":1}]"#,
        r#"[{"t":1} ]"#,
        r#"[{"t":1}"#,
        r#"[{"t": 1}]"#,
        r#"[{"t":1,"o":"x","d":2}]"#,
        r#"[{"t":"1"}]"#,
        r#"[{"t":1,"d":}]"#,
        r#"[{"t":1,"d":"x}]"#,
    ] {
        assert_eq!(encode(text.as_bytes(), 1), None, "{text}");
    }
}

#[test]
fn times_are_found() {
    let times = [1.0, 2.5, 2.5, 2.5, 7.25];
    let text = format!("[{}]", times.map(|t| format!(r#"{{"t":{t}}}"#)).join(","));
    let columns = read(&encode(text.as_bytes(), 5).expect("columns"), &text, 5);
    let until = |t| columns.count_until(t);
    assert_eq!([0.9, 1.0, 2.4, 2.5, 7.0, 7.25, 9.0].map(until), [0, 1, 1, 4, 4, 5, 5]);
}

#[test]
fn damaged_columns_are_an_error_or_other_datapoints() {
    let rows = datapoints(300, |i| {
        let value = match i % 4 {
            0 => json!({"a": i, "b": "x"}),
            1 => json!(i as f64 / 8.0),
            2 => json!("text"),
            _ => Value::Null,
        };
        (seconds(i), value.to_string())
    });
    let text = format!("[{}]", rows.join(","));
    let data = encode(text.as_bytes(), 300).expect("columns");
    for at in 0..data.len() {
        for bit in 0..8 {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << bit;
            if let Ok(columns) = Columns::decode(&damaged, 300, text.len(), &(0..300)) {
                let mut written = Vec::new();
                columns.write(b'[', 0..300, &mut written);
            }
        }
        let shorter = Columns::decode(&data[..at], 300, text.len(), &(0..300));
        assert_eq!(shorter.err(), Some(Malformed));
    }
    assert!(Columns::decode(&data, 299, text.len(), &(0..299)).is_err());
    assert!(Columns::decode(&data, 301, text.len(), &(0..301)).is_err());
}

/// Datapoints of several pages.
fn pages(count: usize, origin: &str) -> Vec<String> {
    let rows = datapoints(count, |i| (seconds(i), format!("{:.1}", (i * i % 97) as f64 / 10.0)));
    rows.into_iter().map(|row| row.replace('}', origin)).collect()
}

#[test]
fn some_rows_are_read_without_the_others() {
    let count = 2 * PAGE_ROWS + 500;
    for origin in ["}", r#","o":"x/y"}"#] {
        let rows = pages(count, origin);
        let text = format!("[{}]", rows.join(","));
        let data = encode(text.as_bytes(), count).expect("columns");
        for bounds in [
            0..count,
            0..1,
            0..PAGE_ROWS,
            PAGE_ROWS - 1..PAGE_ROWS + 1,
            PAGE_ROWS..2 * PAGE_ROWS,
            2 * PAGE_ROWS..count,
            count - 1..count,
            PAGE_ROWS + 7..PAGE_ROWS + 7,
            count..count,
        ] {
            let columns = Columns::decode(&data, count, text.len(), &bounds).expect("columns");
            let mut part = Vec::new();
            columns.write(b'[', bounds.clone(), &mut part);
            let expected = rows[bounds.clone()].join(",");
            let expected = if expected.is_empty() { expected } else { format!("[{expected}") };
            assert_eq!(String::from_utf8_lossy(&part), expected, "{bounds:?}");
            let numbers = Box::new(columns.cells(bounds.clone())).into_numbers();
            let NumberCells { t, d, .. } = numbers.expect("numbers");
            let number = |at| (at * at % 97) as f64 / 10.0;
            assert_eq!(d, bounds.clone().map(number).collect::<Vec<_>>());
            assert_eq!(t.len(), bounds.len());
        }
    }
}

#[test]
fn damaged_pages_are_an_error_or_other_datapoints() {
    let count = PAGE_ROWS + 100;
    let text = format!("[{}]", pages(count, "}").join(","));
    let data = encode(text.as_bytes(), count).expect("columns");
    for bounds in [0..count, 5..10] {
        for at in 0..data.len() {
            let mut damaged = data.clone();
            damaged[at] ^= 1 << (at % 8);
            if let Ok(columns) = Columns::decode(&damaged, count, text.len(), &bounds) {
                columns.write(b'[', bounds.clone(), &mut Vec::new());
            }
        }
    }
    for at in 0..data.len() {
        let shorter = Columns::decode(&data[..at], count, text.len(), &(0..count));
        assert_eq!(shorter.err(), Some(Malformed));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::from),
        (-1000..1000_i32).prop_map(|x| Value::from(f64::from(x) / 10.0)),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"]{0,2}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// The texts of some datapoints.
pub(crate) fn any_rows() -> impl Strategy<Value = Vec<String>> {
    let row = (0..10_000_000_000_i64, prop::option::of(any_value()), prop::option::of("[a/]{0,3}"));
    (prop::collection::vec(row, 1..60), any::<bool>()).prop_map(|(rows, pretty)| {
        let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        let row = |(t, value, origin): (i64, Option<Value>, Option<String>)| {
            let value = value.map(|value| format!(",\"d\":{}", write(&value).expect("JSON")));
            let origin = origin.map(|origin| format!(",\"o\":{}", json!(origin)));
            let (value, origin) = (value.unwrap_or_default(), origin.unwrap_or_default());
            format!("{{\"t\":{}{value}{origin}}}", json!(t as f64 / 1000.0))
        };
        rows.into_iter().map(row).collect()
    })
}

/// Makes columns of a block's text.
pub(crate) fn cells_of(text: &str, count: usize) -> Cells {
    let data = encode(text.as_bytes(), count).expect("columns");
    read(&data, text, count).cells(0..count)
}

proptest! {
    #[test]
    fn any_datapoints_stay_as_they_are(rows in any_rows()) {
        check(&rows);
    }
}
