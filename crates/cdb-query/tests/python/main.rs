//! Parquet files that Python reads.

#![cfg(feature = "arrow")]

use std::path::Path;
use std::process::Command;

use cdb_core::{ConnectorDb, Datapoint, StreamCreate};
use cdb_query::{Column, ColumnType, Dataset};
use cdb_server::Server;
use serde_json::{Value, json};

/// The lengths of an hour and a day in seconds.
const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;

/// The starts of two days.
const DAYS: [f64; 2] = [1_700_006_400.0, 1_700_006_400.0 + DAY];

/// Creates a stream. Its values are those at 3, 9, 15 and 21 o'clock of the first day, then of the
/// second day.
async fn stream(cdb: &ConnectorDb, name: &str, of_type: &str, values: Value) {
    let stream = cdb.stream(name).expect("a name");
    let create = StreamCreate::new().schema(json!({"type": of_type}));
    stream.create(create).await.expect("a stream");
    let times = DAYS.iter().flat_map(|day| [3.0, 9.0, 15.0, 21.0].map(|hour| day + hour * HOUR));
    let values = values.as_array().expect("values").iter();
    let data: Vec<_> =
        times.zip(values).map(|(t, value)| Datapoint::new(t, value).expect("a time")).collect();
    stream.insert_array(&data).await.expect("stored");
}

/// Writes the table of the day that begins at `start`, with a row every six hours.
async fn write_day(cdb: &ConnectorDb, start: f64, file: &Path) {
    let next = |name: &str| Column::new(name).interpolator("after");
    let since = |name: &str, script: &str| Column::new("number").name(name).interpolator(script);
    let table = Dataset::new(cdb)
        .t1(start)
        .t2(start + DAY)
        .dt(6.0 * HOUR)
        .column(next("number"))
        .column(next("integer"))
        .column(next("boolean"))
        .column(next("text"))
        .column(next("object"))
        .column(next("stopped"))
        .column(since("count", "count"))
        .column(since("mean", "mean"))
        .column(since("double", "$ * 2").of_type(ColumnType::Float))
        .await
        .expect("a table");
    table.write_parquet(file).expect("written");
}

/// What Python reads from the concatenated files.
fn concatenate(files: &[&Path]) -> Value {
    let python = std::env::var_os("CDB_PYTHON").expect("CDB_PYTHON is set by cargo xtask interop");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/concatenate.py");
    let output = Command::new(python).arg(script).args(files).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
#[ignore = "needs pandas, polars and pyarrow: cargo xtask interop"]
async fn the_files_of_two_days_are_concatenated() {
    let directory = tempfile::tempdir().expect("a directory");
    let builder = Server::builder().data(directory.path().join("data.db")).listen("127.0.0.1:0");
    let server = builder.admin("test", "test").start().await.expect("a server");
    let cdb = ConnectorDb::builder().url(server.url()).password("test", "test");
    let cdb = cdb.connect().await.expect("a connection");
    // The first day has whole numbers only; the second one has fractions, and ends at noon.
    stream(&cdb, "number", "number", json!([20, 21, 22, 23, 20.5, 21.25])).await;
    stream(&cdb, "integer", "integer", json!([1, 2, 3, 4, 5, 6])).await;
    stream(&cdb, "boolean", "boolean", json!([true, false, true, false, true, false])).await;
    stream(&cdb, "text", "string", json!(["1", "2", "3", "4", "e", "f"])).await;
    let objects = json!([{"a": 1}, {}, {}, {}, {"b": [null]}, {}]);
    stream(&cdb, "object", "object", objects).await;
    stream(&cdb, "stopped", "integer", json!([7, 8, 9, 10])).await;
    let files = ["first.parquet", "second.parquet"].map(|name| directory.path().join(name));
    for (start, file) in DAYS.into_iter().zip(&files) {
        write_day(&cdb, start, file).await;
    }
    server.shutdown().await;

    let read = concatenate(&files.each_ref().map(|file| &**file));
    let values = json!({
        "t": (0..8).map(|row| DAYS[0] + f64::from(row) * 6.0 * HOUR).collect::<Vec<_>>(),
        "number": [20.0, 21.0, 22.0, 23.0, 20.5, 21.25, null, null],
        "integer": [1, 2, 3, 4, 5, 6, null, null],
        "boolean": [true, false, true, false, true, false, null, null],
        "text": ["1", "2", "3", "4", "e", "f", null, null],
        "object": [r#"{"a":1}"#, "{}", "{}", "{}", r#"{"b":[null]}"#, "{}", null, null],
        "stopped": [7, 8, 9, 10, null, null, null, null],
        // The first row of a day is after the datapoints of the day before.
        "count": [0, 1, 1, 1, 4, 1, 1, 0],
        "mean": [0.0, 20.0, 21.0, 22.0, 21.5, 20.5, 21.25, 0.0],
        "double": [null, 40.0, 42.0, 44.0, 46.0, 41.0, 42.5, null],
    });
    let types = |time, float, integer, boolean, text| {
        json!({
            "t": time, "number": float, "integer": integer, "boolean": boolean, "text": text,
            "object": text, "stopped": integer, "count": integer, "mean": float, "double": float,
        })
    };
    let expected = [
        ("pyarrow", types("timestamp[us, tz=UTC]", "double", "int64", "bool", "string")),
        (
            "polars",
            types(
                "Datetime(time_unit='us', time_zone='UTC')",
                "Float64",
                "Int64",
                "Boolean",
                "String",
            ),
        ),
        ("pandas, nullable", types("datetime64[us, UTC]", "Float64", "Int64", "boolean", "string")),
    ];
    for (library, types) in expected {
        assert_eq!(read[library], json!({"types": types, "values": values}), "{library}");
    }
    // By default, pandas has no integers and no booleans beside missing values.
    let mut of_pandas = types("datetime64[us, UTC]", "float64", "float64", "object", "str");
    of_pandas["count"] = json!("int64");
    assert_eq!(read["pandas"]["types"], of_pandas);
    assert_eq!(read["pandas"]["values"]["number"], values["number"]);
}
