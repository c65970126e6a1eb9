//! The types of columns in record batches and files.

use std::fs::File;

use cdb_core::{ConnectorDb, Stream};
use cdb_query::arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use cdb_query::arrow_schema::{DataType, TimeUnit};
use cdb_query::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use cdb_query::{Column, ColumnType, Dataset, Error, Merge, Source, Table};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{TestServer, at};

/// The types of the columns after `t`.
fn types(batch: &RecordBatch) -> Vec<DataType> {
    batch.schema().fields().iter().skip(1).map(|field| field.data_type().clone()).collect()
}

async fn batch(dataset: Dataset) -> RecordBatch {
    dataset.await.expect("a table").record_batch().expect("a batch")
}

/// Asserts what the values of a column are, and their type.
#[track_caller]
fn assert_column(batch: &RecordBatch, name: &str, expected: &dyn Array) {
    assert_eq!(&**batch.column_by_name(name).expect("a column"), expected);
}

/// The streams `number`, `integer`, `boolean`, `text`, `object` and `any` with two values each, at the
/// times 1 and 2. Those of `number` and `any` are whole.
async fn streams(server: &TestServer) -> [Stream; 6] {
    let of = async |name, schema: Value, values: [Value; 2]| {
        let [first, second] = values;
        server.stream(name, schema, &[(1.0, first), (2.0, second)]).await
    };
    [
        of("number", json!({"type": "number"}), [json!(1), json!(2)]).await,
        of("integer", json!({"type": "integer"}), [json!(1), json!(2.0)]).await,
        of("boolean", json!({"type": "boolean"}), [json!(true), json!(false)]).await,
        of("text", json!({"type": "string"}), [json!("1"), json!("a \"b\"")]).await,
        of("object", json!({"type": "object"}), [json!({"a": 1}), json!({})]).await,
        of("any", json!({}), [json!(1), json!(2)]).await,
    ]
}

/// Rows at the times 1 and 2.
fn rows(cdb: &ConnectorDb) -> Dataset {
    Dataset::new(cdb).t1(at(1.0)).t2(at(2.5)).dt(1.0)
}

#[tokio::test]
async fn the_type_of_a_column_is_that_of_the_schema_of_its_stream() {
    let server = TestServer::new().await;
    let all = streams(&server).await;
    let names = ["number", "integer", "boolean", "text", "object", "any"];
    let batch =
        self::batch(names.iter().fold(rows(&server.cdb), |rows, name| rows.column(*name))).await;
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(*batch.schema().field(0).data_type(), micros);
    assert_column(&batch, "number", &Float64Array::from(vec![1.0, 2.0]));
    assert_column(&batch, "integer", &Int64Array::from(vec![1, 2]));
    assert_column(&batch, "boolean", &BooleanArray::from(vec![true, false]));
    assert_column(&batch, "text", &StringArray::from(vec!["1", "a \"b\""]));
    assert_column(&batch, "object", &StringArray::from(vec![r#"{"a":1}"#, "{}"]));
    // Of the values, nothing more is known than that they are numbers.
    assert_column(&batch, "any", &Float64Array::from(vec![1.0, 2.0]));
    server.stream("mixed", json!({}), &[(1.0, json!(1)), (2.0, json!(true))]).await;
    let mixed = self::batch(rows(&server.cdb).column("mixed")).await;
    assert_column(&mixed, "mixed", &StringArray::from(vec!["1", "true"]));
    // A handle, and a stream of whose datapoints only a part is read.
    let [number, integer, ..] = all;
    let integer = Column::new(Source::new(&integer).i1(-1)).name("integer");
    let batch = self::batch(rows(&server.cdb).column(number).column(integer)).await;
    assert_eq!(types(&batch), [DataType::Float64, DataType::Int64]);
}

#[tokio::test]
async fn the_type_of_a_column_follows_from_its_interpolator() {
    let server = TestServer::new().await;
    streams(&server).await;
    let column = |stream: &str, interpolator: &str| {
        Column::new(stream).name(format!("{interpolator} {stream}")).interpolator(interpolator)
    };
    let columns = [
        ("text", "count", DataType::Int64),
        ("number", "count", DataType::Int64),
        ("integer", "sum", DataType::Float64),
        ("integer", "mean", DataType::Float64),
        ("any", "average", DataType::Float64),
        ("integer", "before", DataType::Int64),
        ("boolean", "after", DataType::Boolean),
        ("number", "closest", DataType::Float64),
        // A script: the type is that of the values.
        ("boolean", "first", DataType::Boolean),
        ("integer", "max", DataType::Float64),
    ];
    let dataset = columns.iter().fold(rows(&server.cdb), |rows, (stream, interpolator, _)| {
        rows.column(column(stream, interpolator))
    });
    assert_eq!(types(&batch(dataset).await), columns.map(|(.., of_type)| of_type));
    // A transform changes the values, but not that there is a number of them.
    let changed = Source::new("integer").transform("$ > 1");
    let count = Column::new(changed).interpolator("count");
    assert_eq!(types(&batch(rows(&server.cdb).column(count)).await), [DataType::Int64]);
}

#[tokio::test]
async fn a_transform_makes_the_type_unknown_unless_it_is_set() {
    let server = TestServer::new().await;
    streams(&server).await;
    let changed = || Column::new(Source::new("integer").transform("$ > 1"));
    let one = async |column: Column| types(&batch(rows(&server.cdb).column(column)).await);
    assert_eq!(one(changed()).await, [DataType::Boolean]);
    assert_eq!(one(changed().of_type(ColumnType::Text)).await, [DataType::Utf8]);
    let plain = Column::new("integer").of_type(ColumnType::Float);
    assert_eq!(one(plain).await, [DataType::Float64]);
    let merge = || Column::new(Merge::new(&server.cdb).stream("integer")).name("merge");
    assert_eq!(one(merge()).await, [DataType::Float64]);
    assert_eq!(one(merge().of_type(ColumnType::Integer)).await, [DataType::Int64]);

    let post = |script: &str| rows(&server.cdb).column("integer").posttransform(script);
    assert_eq!(types(&batch(post("$('integer') > 0 | if $")).await), [DataType::Boolean]);
    let kept = "if $('integer') > 1";
    assert_eq!(types(&batch(post(kept)).await), [DataType::Float64]);
    let set = Column::new("integer").of_type(ColumnType::Integer);
    let set = rows(&server.cdb).column(set).posttransform(kept);
    assert_eq!(types(&batch(set).await), [DataType::Int64]);
    // A column that the posttransform makes.
    let made = post("$('integer') * 2");
    assert_eq!(types(&batch(made.clone()).await), [DataType::Float64]);
    let made = made.column_type("value", ColumnType::Integer);
    assert_column(&batch(made).await, "value", &Int64Array::from(vec![2, 4]));
}

#[tokio::test]
async fn a_column_without_values_keeps_its_type() {
    let server = TestServer::new().await;
    let streams = streams(&server).await;
    let columns = ["integer", "boolean", "any"];
    let before = |dataset: Dataset| {
        let columns = columns.map(|name| Column::new(name).interpolator("before"));
        columns.into_iter().fold(dataset, Dataset::column)
    };
    // All rows are before the first values.
    let batch = self::batch(before(Dataset::new(&server.cdb).t1(0.1).t2(0.5).dt(0.1))).await;
    assert_eq!(batch.num_rows(), 4);
    assert_column(&batch, "integer", &Int64Array::from(vec![None; 4]));
    assert_column(&batch, "boolean", &BooleanArray::from(vec![None; 4]));
    assert_column(&batch, "any", &StringArray::from(vec![None::<&str>; 4]));
    // There are no rows.
    let reference = Source::new("integer").t1(at(9.0));
    let batch = self::batch(before(Dataset::new(&server.cdb).x(reference))).await;
    assert_eq!(batch.num_rows(), 0);
    let [integer, boolean] = [DataType::Int64, DataType::Boolean];
    assert_eq!(types(&batch), [integer.clone(), integer, boolean, DataType::Utf8]);
    drop(streams);
}

#[tokio::test]
async fn the_column_x_has_the_type_of_the_reference() {
    let server = TestServer::new().await;
    let [number, ..] = streams(&server).await;
    let dataset = |x: Source| Dataset::new(&server.cdb).x(x).column("text");
    let batch = batch(dataset(Source::from(&number))).await;
    assert_column(&batch, "x", &Float64Array::from(vec![1.0, 2.0]));
    let changed = Source::new("integer").transform("$ > 1");
    assert_eq!(types(&self::batch(dataset(changed)).await)[0], DataType::Boolean);
    let set = dataset(Source::new("number")).column_type("x", ColumnType::Text);
    assert_column(&self::batch(set).await, "x", &StringArray::from(vec!["1", "2"]));
    let merge = Dataset::new(&server.cdb).x(Merge::new(&server.cdb).stream("boolean"));
    assert_eq!(types(&self::batch(merge.column("text")).await)[0], DataType::Boolean);
}

#[tokio::test]
async fn a_value_of_an_old_schema_is_an_error_that_says_what_to_do() {
    let server = TestServer::new().await;
    let stream = server.stream("level", json!({}), &[(1.0, json!(1)), (2.0, json!("high"))]).await;
    stream.set_schema(json!({"type": "integer"})).await.expect("changed");
    let table = rows(&server.cdb).column("level").await.expect("a table");
    let error = table.record_batch().expect_err("a text");
    assert!(matches!(&error, Error::Type { column, t: 2.0, .. } if column == "level"));
    let expected = "the value at 2 in column level is not of the requested type: \"high\" is not an \
                    integer of 64 bits; set another type with Column::of_type or \
                    Dataset::column_type; ColumnType::Text can hold all values";
    assert_eq!(error.to_string(), expected);
    // What it says to do helps.
    let column = Column::new("level").of_type(ColumnType::Text);
    let batch = batch(rows(&server.cdb).column(column)).await;
    assert_column(&batch, "level", &StringArray::from(vec!["1", "high"]));
    // No file is left behind, and none is replaced.
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("table.parquet");
    table.write_parquet(&file).expect_err("a text");
    assert!(!file.exists());

    stream.set_schema(json!({})).await.expect("changed");
    stream.insert(u64::MAX).await.expect("inserted");
    stream.set_schema(json!({"type": "integer"})).await.expect("changed");
    let x = Dataset::new(&server.cdb).x(Source::new("level").i1(-1)).column("level");
    let error = x.await.expect("a table").record_batch().expect_err("a large integer").to_string();
    assert!(error.contains("in column x is not"), "{error}");
    assert!(error.contains("18446744073709551615 is not an integer of 64 bits"), "{error}");
}

#[tokio::test]
async fn the_downlink_of_a_stream_has_the_type_of_the_stream() {
    let server = TestServer::new().await;
    let stream = server.stream("lamp", json!({"type": "integer"}), &[]).await;
    stream.set_downlink(true).await.expect("changed");
    let path = format!("{}/downlink", stream.path());
    let batch = batch(rows(&server.cdb).column(Column::new(&*path).name("lamp"))).await;
    assert_column(&batch, "lamp", &Int64Array::from(vec![None, None]));
}

#[tokio::test]
async fn a_column_named_like_the_times_of_the_rows_is_an_error() {
    let server = TestServer::new().await;
    server.stream("t", json!({"type": "number"}), &[(1.0, json!(5))]).await;
    let table = rows(&server.cdb).column("t").await.expect("a table");
    assert_eq!(table.column_f64("t").expect("numbers"), [5.0, 5.0]);
    let error = table.record_batch().expect_err("two columns").to_string();
    assert_eq!(error, "two columns are named t; give one another name with Column::name");
}

#[tokio::test]
async fn files_have_the_types_of_record_batches() {
    let server = TestServer::new().await;
    streams(&server).await;
    let table = rows(&server.cdb).column("number").column("object").await.expect("a table");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("table.parquet");
    for rows in [&table, &Table::of(Default::default(), vec![])] {
        rows.write_parquet(&file).expect("written");
        let file = File::open(&file).expect("the file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let batches = reader.build().expect("a reader").collect::<Result<Vec<_>, _>>();
        let expected = rows.record_batch().expect("a batch");
        match &*batches.expect("batches") {
            [] => assert_eq!(expected.num_rows(), 0),
            read => assert_eq!(read, [expected]),
        }
    }
}

/// A server that answers a dataset with two rows, and a request for a stream with an error.
async fn server_without_schemas(status: &'static str) -> ConnectorDb {
    async fn answer(mut connection: TcpStream, status: &str) -> std::io::Result<()> {
        let mut request = Vec::new();
        let is_complete = |request: &[u8]| {
            let text = String::from_utf8_lossy(request).to_lowercase();
            let (head, body) = text.split_once("\r\n\r\n")?;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap_or("0").parse().ok()?;
            Some(body.len() >= length)
        };
        while is_complete(&request) != Some(true) {
            if connection.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let rows = r#"[{"t":1,"d":{"integer":1}},{"t":2,"d":{"integer":2}}]"#;
        let (status, body) =
            if request.starts_with(b"POST") { ("200 OK", rows) } else { (status, "{}") };
        let length = body.len();
        let head = "content-type: application/json\r\nconnection: close";
        let answer =
            format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await
    }

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, status));
        }
    });
    let builder = ConnectorDb::builder().url(format!("http://{address}")).device("test/user");
    builder.retries(0).connect_lazy().expect("a connection")
}

#[tokio::test]
async fn a_schema_that_may_not_be_read_does_not_fail_the_table() {
    for status in ["403 Forbidden", "404 Not Found"] {
        let cdb = server_without_schemas(status).await;
        assert_eq!(types(&batch(rows(&cdb).column("integer")).await), [DataType::Float64]);
        let set = Column::new("integer").of_type(ColumnType::Integer);
        assert_eq!(types(&batch(rows(&cdb).column(set)).await), [DataType::Int64]);
    }
}

#[tokio::test]
async fn a_table_does_not_get_another_type_because_of_a_temporary_failure() {
    let cdb = server_without_schemas("503 Service Unavailable").await;
    let error = rows(&cdb).column("integer").await.expect_err("no schema");
    assert!(error.is_temporary(), "{error}");
    // The type of a count does not follow from a schema.
    let count = Column::new("integer").interpolator("count");
    assert_eq!(types(&batch(rows(&cdb).column(count)).await), [DataType::Int64]);
}
