//! Scripts, merges and datasets.

use futures_util::StreamExt;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

/// A server with a stream of ten numbers, and its owner's key.
async fn ten() -> (TestServer, String) {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/ten", "{}").await;
    let data: Value = (1..=10).map(|i| json!({"t": i, "d": i * 10})).collect();
    server.insert(&key, "test/user/ten", &data.to_string()).await;
    (server, key)
}

async fn query(server: &TestServer, key: &str, path: &str, body: &Value) -> Answer {
    server.send(key, "POST", &format!("query/{path}"), &body.to_string()).await
}

#[tokio::test]
async fn a_read_goes_through_a_script() {
    let (server, key) = ten().await;
    for (parameters, expected) in [
        ("i1=-3&transform=$/10", r#"[{"t":8,"d":8},{"t":9,"d":9},{"t":10,"d":10}]"#),
        ("i1=0&transform=mean|if last", r#"[{"t":10,"d":55}]"#),
        ("t1=0&transform=if $>50&limit=2", r#"[{"t":6,"d":60},{"t":7,"d":70}]"#),
        ("t1=0&t2=3&transform=next", r#"[{"t":2,"d":20},{"t":3,"d":30},{"t":3}]"#),
        ("i1=0&transform=if false", "[]"),
        ("i1=0&transform=map($>50,count)", r#"[{"t":10,"d":{"false":5,"true":5}}]"#),
        ("t1=4&limit=0&transform=tshift(-5)|if first", r#"[{"d":50}]"#),
    ] {
        let parameters = parameters.replace(' ', "%20").replace('|', "%7C");
        let read = server.read(&key, "test/user/ten", &parameters).await;
        assert_eq!(read, expected, "{parameters}");
    }
}

#[tokio::test]
async fn scripts_merges_and_datasets_keep_all_digits() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/long", "{}").await;
    let data = r#"[{"t":1,"d":12345678901234567890123},{"t":2,"d":{"a":0.1000000000000000055511151231257827}}]"#;
    server.insert(&key, "test/user/long", data).await;
    let read = |query| server.read(&key, "test/user/long", query);
    assert_eq!(read("i1=0&transform=if%20true").await, data);
    assert_eq!(
        read("i1=1&transform=$('a')").await,
        r#"[{"t":2,"d":0.1000000000000000055511151231257827}]"#
    );
    let stream = json!([{"stream": "test/user/long"}]);
    assert_eq!(query(&server, &key, "merge", &stream).await.text, data);
    let body = json!({
        "t1": 1, "t2": 2, "dt": 1,
        "dataset": {"x": {"stream": "test/user/long", "interpolator": "before"}},
    });
    let rows = r#"[{"t":1,"d":{"x":12345678901234567890123}}]"#;
    assert_eq!(query(&server, &key, "dataset", &body).await.text, rows);
}

#[tokio::test]
async fn a_script_that_is_none_or_fails_is_told() {
    let (server, key) = ten().await;
    let data = "crud/test/user/ten/data?i1=0&transform=";
    for (script, status, msg) in [
        ("zork", 403, "Script 'zork': Transform zork not found"),
        ("%24%20%3E", 403, "Script '$ >': syntax error"),
        ("%24('a')", 400, "Could not find 'a' in '10'"),
        ("1%2F(%24-10)", 400, "The result is +Inf, which JSON cannot represent"),
    ] {
        let answer = server.send(&key, "GET", &format!("{data}{script}"), "").await;
        assert_eq!(answer.status, status, "{script}: {answer:?}");
        assert!(answer.msg().starts_with(msg), "{script}: {answer:?}");
    }
}

#[tokio::test]
async fn a_script_has_a_budget_and_lets_others_go_on() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/words", "{}").await;
    let data: Vec<Value> = (1..1500).map(|i| json!({"t": i, "d": format!("word {i}")})).collect();
    server.insert(&key, "test/user/words", &Value::from(data).to_string()).await;
    let send = |script: &str| {
        let path = format!("crud/test/user/words/data?i1=0&transform={script}");
        let request = server.request(Method::GET, &path).basic_auth("", Some(&key));
        async { Answer::of(request.send().await.expect("a response")).await }
    };
    // An object for each datapoint, of all words so far: on one thread, others are still served.
    let query = tokio::spawn(send("imap($,count)|if%20last"));
    for _ in 0..10 {
        assert_eq!(server.send(&key, "GET", "?q=this", "").await.status, 200);
    }
    assert!(!query.is_finished(), "the others had to wait");
    let answer = query.await.expect("it goes on");
    assert_eq!(answer.status, 200, "{answer:?}");
    // Each datapoint adds a map within a map within a map, forty deep.
    let answer = send(&format!("{}count{}", "map(t,".repeat(40), ")".repeat(40))).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.msg().starts_with("The script needs more memory than its limit of"));
}

#[tokio::test]
async fn an_answer_that_fails_late_is_cut_and_not_ended() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/long", "{}").await;
    let mut data: Vec<Value> = (1..20_000).map(|i| json!({"t": i, "d": i})).collect();
    data.push(json!({"t": 20_000, "d": "no number"}));
    server.insert(&key, "test/user/long", &Value::from(data).to_string()).await;
    let path = "crud/test/user/long/data?i1=0&transform=$*2";
    let request = server.request(Method::GET, path).basic_auth("", Some(&key));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let pieces: Vec<_> = response.bytes_stream().collect().await;
    assert!(pieces.len() > 1);
    assert!(pieces.last().expect("a piece").is_err(), "it ended as if all were well");
}

#[tokio::test]
async fn what_a_question_lacks_is_told_in_the_protocols_words() {
    let (server, key) = ten().await;
    let ten = json!({"stream": "test/user/ten", "interpolator": "closest"});
    let column = json!({"c": ten});
    let many: Vec<Value> = (0..11).map(|_| ten.clone()).collect();
    let cases = [
        ("merge", json!(many), 403, "Merging more than 10 streams is disabled."),
        ("merge", json!([null]), 400, ""),
        ("merge", json!({}), 400, ""),
        ("merge", json!([{}]), 403, "The given path is invalid."),
        ("merge", json!([{"stream": "ten"}]), 403, "The given path is invalid."),
        ("merge", json!([{"stream": "a/b/c/zork"}]), 403, "Unrecognized substream type"),
        ("merge", json!([{"stream": "test/user/no"}]), 403, "The requested stream was not found."),
        (
            "merge",
            json!([{"stream": "test/user/ten", "t1": 1, "i1": 1}]),
            403,
            "Only one query method (index or time) can be used at a time",
        ),
        ("dataset", json!({}), 403, "The dataset query must have a dataset!"),
        ("dataset", json!([]), 400, ""),
        ("dataset", json!({"dataset": {"c": null}}), 400, ""),
        (
            "dataset",
            json!({"dataset": {"c": {}}}),
            403,
            "No stream(s) were selected for dataset element",
        ),
        (
            "dataset",
            json!({"dt": 1, "t2": 5, "dataset": {"c": {"stream": "test/user/ten"}}}),
            403,
            "Script '': syntax error",
        ),
        (
            "dataset",
            json!({"dt": 1, "t1": 5, "t2": 5, "dataset": column}),
            403,
            "Tdataset range invalid",
        ),
        (
            "dataset",
            json!({"dt": 1, "t1": -5, "t2": 5, "dataset": column}),
            403,
            "Tdataset range invalid",
        ),
        ("dataset", json!({"dt": "fortnight", "t1": 1, "t2": 5, "dataset": column}), 400, ""),
        (
            "dataset",
            json!({"dt": "day", "zone": "Mars", "t1": 1, "t2": 5, "dataset": column}),
            403,
            "the time zone is not known",
        ),
        (
            "dataset",
            json!({"dt": "day", "t1": 5, "t2": 1, "dataset": column}),
            403,
            "Tdataset range invalid",
        ),
        (
            "dataset",
            json!({"stream": "test/user/ten", "dt": "day", "dataset": column}),
            403,
            "Dataset must be either time or stream based. Not both.",
        ),
        (
            "dataset",
            json!({"dt": 1e-9, "t1": 1.4e9, "t2": 1.43e9, "dataset": column}),
            403,
            "To avoid abuse, Tdataset is limited to a max of 10000000 datapoints",
        ),
        (
            "dataset",
            json!({"stream": "test/user/ten", "dt": 1, "dataset": column}),
            403,
            "Dataset must be either time or stream based. Not both.",
        ),
        (
            "dataset",
            json!({"stream": "test/user/ten", "merge": [], "dataset": column}),
            403,
            "Dataset can't be based both on a stream and on a merge!",
        ),
        (
            "dataset",
            json!({"stream": "test/user/ten", "dataset": {"x": ten}}),
            403,
            "Dataset already contains field of name 'x'",
        ),
        (
            "dataset",
            json!({"dt": 1, "t2": 5, "dataset": column, "posttransform": "zork"}),
            403,
            "Script 'zork': Transform zork not found",
        ),
    ];
    for (path, body, status, msg) in cases {
        let answer = query(&server, &key, path, &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.msg().starts_with(msg), "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_dataset_by_weeks_has_a_row_for_each_monday_and_leaves_out_what_was_before() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/days", "{}").await;
    // 1970 began with a Thursday: day 4 is the first Monday.
    let data: Value = (1..=30).map(|day| json!({"t": day * 86_400 - 1, "d": day})).collect();
    server.insert(&key, "test/user/days", &data.to_string()).await;
    let column = json!({"sum": {"stream": "test/user/days", "interpolator": "sum"}});
    let body = json!({"dt": "week", "t1": 2 * 86_400, "t2": 18 * 86_400, "dataset": column});
    let answer = query(&server, &key, "dataset", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let sum = |days: std::ops::RangeInclusive<u64>| days.sum::<u64>();
    let rows = json!([
        {"t": 4 * 86_400, "d": {"sum": sum(3..=4)}},
        {"t": 11 * 86_400, "d": {"sum": sum(5..=11)}},
        {"t": 18 * 86_400, "d": {"sum": sum(12..=18)}},
    ]);
    assert_eq!(answer.json(), rows);
    let none = json!({"dt": "month", "t1": 86_400, "t2": 2 * 86_400, "dataset": column});
    assert_eq!(query(&server, &key, "dataset", &none).await.text, "[]");
}

#[tokio::test]
async fn a_column_begins_a_little_before_the_first_row() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/thirty", "{}").await;
    let data: Value = (1..=30).map(|i| json!({"t": i, "d": i})).collect();
    server.insert(&key, "test/user/thirty", &data.to_string()).await;
    let sum = |t1: i32| {
        let column = json!({"stream": "test/user/thirty", "interpolator": "sum"});
        json!({"t1": t1, "t2": t1 + 15, "dt": 5, "dataset": {"s": column}})
    };
    let answer = query(&server, &key, "dataset", &sum(20)).await;
    let rows = answer.json();
    let sums: Vec<_> = rows.as_array().expect("rows").iter().map(|row| &row["d"]["s"]).collect();
    assert_eq!(sums, [155, 115, 140]);
    // When all of it is before the first row, all counts.
    let answer = query(&server, &key, "dataset", &sum(100)).await;
    assert_eq!(answer.json()[0]["d"]["s"], 465);
}

#[tokio::test]
async fn the_server_tells_what_its_scripts_can_do() {
    let server = TestServer::start().await;
    let transforms = server.send("", "GET", "meta/transforms", "").await.json();
    let condition = &transforms["if"];
    assert_eq!(condition["name"], "if");
    assert_eq!(condition["one_to_one"], false);
    assert_eq!(condition["args"][0]["optional"], false);
    assert_eq!(transforms["sum"]["args"], Value::Null);
    assert_eq!(transforms["bucket"]["args"][0]["default"], 10);
    assert_eq!(transforms["map"]["args"][1]["hijacked"], true);
    assert_eq!(transforms["next"]["peek"], true);
    assert!(transforms.as_object().expect("transforms").len() >= 50);
    let interpolators = server.send("", "GET", "meta/interpolators", "").await.json();
    assert_eq!(interpolators["closest"]["name"], "closest");
}

/// What a dataset should be, written as plainly as possible.
mod model {
    use serde_json::{Map, Value, json};

    pub(super) type Points = [(f64, i64)];

    /// The value of a column at a time, after the time before.
    fn value(interpolator: &str, points: &Points, before: f64, t: f64) -> Value {
        let new: Vec<i64> =
            points.iter().filter(|(at, _)| *at > before && *at <= t).map(|(_, d)| *d).collect();
        let last = points.iter().rev().find(|(at, _)| *at <= t);
        let next = points.iter().find(|(at, _)| *at > t);
        let d = |point: Option<&(f64, i64)>| point.map_or(Value::Null, |(_, d)| json!(d));
        match interpolator {
            "before" => d(last),
            "after" => d(next),
            "closest" => match (last, next) {
                (Some((l, _)), Some((n, _))) if n - t < t - l => d(next),
                (last, next) => d(last.or(next)),
            },
            "count" => json!(new.len()),
            "sum" => json!(new.iter().sum::<i64>()),
            "mean" if new.is_empty() => json!(0),
            "mean" => json!(new.iter().sum::<i64>() as f64 / new.len() as f64),
            // `if $>5 | count`
            _ => match new.iter().filter(|d| **d > 5).count() {
                0 => Value::Null,
                count => json!(count),
            },
        }
    }

    pub(super) fn rows(
        times: &[(f64, Option<i64>)],
        columns: &[(String, &Points)],
    ) -> Vec<(f64, Value)> {
        let mut before = f64::NEG_INFINITY;
        let mut rows = Vec::new();
        for (t, x) in times {
            let mut row = Map::new();
            for (place, (interpolator, points)) in columns.iter().enumerate() {
                row.insert(format!("c{place}"), value(interpolator, points, before, *t));
            }
            if let Some(x) = x {
                row.insert("x".to_owned(), json!(x));
            }
            before = *t;
            rows.push((*t, row.into()));
        }
        rows
    }
}

/// Datapoints with times that often meet.
fn points() -> impl Strategy<Value = Vec<(f64, i64)>> {
    prop::collection::vec((0_u8..3, 0_i64..10), 0..25).prop_map(|steps| {
        let mut t = 0.0;
        let step = |(step, d)| {
            t += f64::from(step) * 0.5;
            (t + 0.5, d)
        };
        steps.into_iter().map(step).collect()
    })
}

fn interpolator() -> impl Strategy<Value = String> {
    let all = ["closest", "before", "after", "count", "sum", "mean", "if $>5 | count"];
    prop::sample::select(all.map(str::to_owned).to_vec())
}

fn body(points: &[(f64, i64)]) -> String {
    points.iter().map(|(t, d)| json!({"t": t, "d": d})).collect::<Value>().to_string()
}

/// Rows as the model has them: what is not sent is 0 or null.
fn found(answer: &Answer) -> Vec<(f64, Value)> {
    let rows = answer.json();
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| (row["t"].as_f64().unwrap_or(0.0), row["d"].clone())).collect()
}

/// Numbers are the same whether whole or not.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Object(row) => {
            Value::Object(row.iter().map(|(key, value)| (key.clone(), floats(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn random_questions_are_answered_as_the_model_does() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (server, key) = runtime.block_on(async {
        let server = TestServer::start().await;
        let key = server.key_of("test").await;
        (server, key)
    });
    proptest!(ProptestConfig::with_cases(40), |(
        streams in prop::collection::vec(points(), 1..4),
        interpolators in prop::collection::vec(interpolator(), 3),
        (t1, steps, dt) in (0_u8..4, 1_u8..12, prop::sample::select(vec![0.25, 0.5, 1.0, 1.5])),
    )| {
        runtime.block_on(async {
            for (place, points) in streams.iter().enumerate() {
                let path = format!("test/user/s{place}");
                server.send(&key, "DELETE", &format!("crud/{path}"), "").await;
                server.create(&key, &path, "{}").await;
                server.insert(&key, &path, &body(points)).await;
            }
            let columns: Vec<_> =
                interpolators.iter().cloned().zip(streams.iter().map(Vec::as_slice)).collect();
            let dataset: Value = columns.iter().enumerate().map(|(place, (interpolator, _))| {
                // A range of their own, so that they begin at their beginning.
                let column = json!({"stream": format!("test/user/s{place}"), "t1": 0.1,
                                    "interpolator": interpolator});
                (format!("c{place}"), column)
            }).collect::<serde_json::Map<_, _>>().into();
            let same = |answer: &Answer, times: &[(f64, Option<i64>)]| {
                let expected = model::rows(times, &columns);
                let found: Vec<_> =
                    found(answer).iter().map(|(t, row)| (*t, floats(row))).collect();
                let expected: Vec<_> = expected.iter().map(|(t, row)| (*t, floats(row))).collect();
                assert_eq!(found, expected);
            };

            let (t1, t2) = (f64::from(t1), f64::from(t1) + f64::from(steps) * dt);
            let times: Vec<_> =
                (0..steps).map(|step| (t1 + f64::from(step) * dt, None)).collect();
            let question = json!({"t1": t1, "t2": t2, "dt": dt, "dataset": dataset});
            same(&query(&server, &key, "dataset", &question).await, &times);

            let reference = streams.last().expect("a stream");
            let times: Vec<_> = reference.iter().map(|(t, d)| (*t, Some(*d))).collect();
            let stream = format!("test/user/s{}", streams.len() - 1);
            let question = json!({"stream": stream, "dataset": dataset});
            same(&query(&server, &key, "dataset", &question).await, &times);

            let question: Value = (0..streams.len())
                .map(|place| json!({"stream": format!("test/user/s{place}")}))
                .collect();
            let merged = found(&query(&server, &key, "merge", &question).await);
            let mut expected: Vec<_> =
                streams.iter().flatten().map(|(t, d)| (*t, json!(d))).collect();
            expected.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            assert_eq!(merged, expected);
        });
    });
}
