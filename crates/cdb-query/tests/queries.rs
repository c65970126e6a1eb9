//! Merges and datasets against the embedded server.

use cdb_core::{ConnectorDb, Datapoint, DeviceCreate, Stream, StreamCreate, Timestamp};
use cdb_query::{Column, Dataset, Error, Merge, Source, Table};
use cdb_server::Server;
use serde_json::{Value, json};

/// A server with the streams of the original's documentation, `mood` and `temperature`.
struct TestServer {
    server: Server,
    cdb: ConnectorDb,
    _directory: tempfile::TempDir,
}

impl TestServer {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let builder = Server::builder().data(directory.path().join("data.db"));
        let builder = builder.listen("127.0.0.1:0").admin("test", "test");
        let server = builder.start().await.expect("a server");
        let cdb = ConnectorDb::builder().url(server.url()).password("test", "test");
        let cdb = cdb.connect().await.expect("a connection");
        let server = Self { server, cdb, _directory: directory };
        server.stream("mood", &[(1.0, json!(7)), (4.0, json!(3)), (11.0, json!(5))]).await;
        let temperature = [(2.0, json!(73)), (5.0, json!(84)), (8.0, json!(81)), (11.0, json!(79))];
        server.stream("temperature", &temperature).await;
        server
    }

    async fn stream(&self, name: &str, data: &[(f64, Value)]) -> Stream {
        let stream = self.cdb.stream(name).expect("a stream");
        stream.create(StreamCreate::new()).await.expect("created");
        let data: Vec<_> =
            data.iter().map(|(t, d)| Datapoint::new(*t, d).expect("a time")).collect();
        stream.insert_array(&data).await.expect("inserted");
        stream
    }
}

fn at(seconds: f64) -> Timestamp {
    Timestamp::new(seconds).expect("a time")
}

fn lines(table: &Table) -> Vec<String> {
    table.to_string().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_merge_is_one_series_by_time() {
    let server = TestServer::new().await;
    let merged = Merge::new(&server.cdb)
        .stream("temperature")
        .stream(Source::new("mood").t1(at(2.0)))
        .await
        .expect("a series");
    let points: Vec<_> = merged.iter().map(|dp| (dp.t.as_secs_f64(), dp.d.clone())).collect();
    let expected = [(2, 73), (4, 3), (5, 84), (8, 81), (11, 79), (11, 5)];
    assert_eq!(points, expected.map(|(t, d)| (f64::from(t), json!(d))));
    let transformed = Merge::new(&server.cdb)
        .stream(Source::new("test/user/mood").transform("if $ > 4"))
        .stream(Source::new("temperature").i1(-1))
        .await
        .expect("a series");
    assert_eq!(transformed.d().collect::<Vec<_>>(), [&json!(7), &json!(5), &json!(79)]);
    assert!(Merge::new(&server.cdb).await.expect("nothing").is_empty());
}

#[tokio::test]
async fn a_dataset_by_time_has_a_row_for_each_step() {
    let server = TestServer::new().await;
    let table = Dataset::new(&server.cdb)
        .t1(at(0.0))
        .t2(at(8.1))
        .dt(2.0)
        .column("temperature")
        .column(Column::new(server.cdb.stream("mood").expect("a stream")).name("mood"))
        .await
        .expect("a table");
    let expected = [
        "t  temperature  mood",
        "0           73     7",
        "2           73     7",
        "4           84     3",
        "6           84     3",
        "8           81     5",
    ];
    assert_eq!(lines(&table), expected);
    assert_eq!(
        table.times().map(|t| t.as_secs_f64()).collect::<Vec<_>>(),
        [0.0, 2.0, 4.0, 6.0, 8.0]
    );
}

#[tokio::test]
async fn a_dataset_by_a_reference_has_a_row_for_each_of_its_datapoints() {
    let server = TestServer::new().await;
    let table = Dataset::new(&server.cdb).x("mood").column("temperature").await.expect("a table");
    assert_eq!(
        lines(&table),
        [" t  x  temperature", " 1  7           73", " 4  3           84", "11  5           79"]
    );
    assert_eq!(
        table.column::<f64>("temperature").expect("numbers"),
        [Some(73.0), Some(84.0), Some(79.0)]
    );
    assert!(matches!(table.column::<f64>("zork"), Err(Error::NoColumn(_))));
    assert!(matches!(table.column::<String>("x"), Err(Error::Type { .. })));
    let both = Merge::new(&server.cdb).stream("mood").stream("temperature");
    let table = Dataset::new(&server.cdb)
        .x(both.clone())
        .column(Column::new(both).name("so far").interpolator("count"))
        .await
        .expect("a table");
    assert_eq!(table.len(), 7);
    assert_eq!(table.column::<u32>("so far").expect("numbers").iter().flatten().sum::<u32>(), 7);
}

#[tokio::test]
async fn a_missing_value_is_none_and_is_left_out_by_a_posttransform() {
    let server = TestServer::new().await;
    let query = || {
        Dataset::new(&server.cdb)
            .x("mood")
            .column(Column::new("temperature").interpolator("before"))
    };
    let table = query().await.expect("a table");
    assert_eq!(
        table.column::<f64>("temperature").expect("numbers"),
        [None, Some(73.0), Some(79.0)]
    );
    let row = table.rows().next().expect("a row");
    assert_eq!((row.get("temperature"), row.get("x")), (None, Some(&json!(7))));
    let sums = query().posttransform("$('x') + $('temperature')").await.expect("a table");
    assert_eq!(lines(&sums), [" t  value", " 4     76", "11     84"]);
    let column = Column::new("temperature").interpolator("before").allow_nil(true);
    let all = Dataset::new(&server.cdb).x("mood").column(column).posttransform("count");
    assert_eq!(all.await.expect("a table").len(), 3);
}

#[tokio::test]
async fn a_query_is_checked_before_it_is_sent() {
    let server = TestServer::new().await;
    let cdb = server.cdb.clone();
    // Without a server, a query that is sent fails with another error.
    server.server.shutdown().await;
    let times = || Dataset::new(&cdb).t1(at(0.0)).t2(at(9.0));
    let column = "temperature";
    assert!(matches!(times().column(column).await, Err(Error::NoReference)));
    assert!(matches!(times().dt(1.0).x("mood").column(column).await, Err(Error::Query(_))));
    assert!(matches!(times().dt(1.0).await, Err(Error::Query(_))));
    assert!(matches!(
        times().dt(1.0).column(column).column(column).await,
        Err(Error::TwoColumns(_))
    ));
    let zork = Column::new(column).interpolator("zork");
    assert!(matches!(times().dt(1.0).column(zork).await, Err(Error::Script(_))));
    let zork = Source::new(column).transform("zork");
    assert!(matches!(times().dt(1.0).column(zork).await, Err(Error::Script(_))));
    let post = times().dt(1.0).column(column).posttransform("zork");
    assert!(matches!(post.await, Err(Error::Script(_))));
    let x = Column::new(column).name("x");
    assert!(matches!(Dataset::new(&cdb).x("mood").column(x).await, Err(Error::Query(_))));
    let merge = Merge::new(&cdb).stream(column);
    assert!(matches!(times().dt(1.0).column(merge).await, Err(Error::Unnamed)));
    let both = Source::new(column).i1(3).t1(at(1.0));
    assert!(matches!(Merge::new(&cdb).stream(both).await, Err(Error::Query(_))));
    let many = (0..11).fold(Merge::new(&cdb), |merge, _| merge.stream(column));
    assert!(matches!(many.await, Err(Error::Query(_))));
    assert!(matches!(Merge::new(&cdb).stream("not a name").await, Err(Error::Core(_))));
}

#[tokio::test]
async fn a_stream_that_may_not_be_read_is_refused() {
    let server = TestServer::new().await;
    let device = server.cdb.user().device("sensor").expect("a device");
    device.create(DeviceCreate::new()).await.expect("created");
    let key = device.apikey().await.expect("an answer").expect("a key");
    let sensor = ConnectorDb::builder().url(server.server.url()).apikey(key);
    let sensor = sensor.connect().await.expect("a connection");
    let mood = "test/user/mood";
    let refused = Merge::new(&sensor).stream(mood).await.expect_err("a refusal");
    assert!(refused.is_not_found());
    assert!(matches!(refused, Error::NotFound { stream, .. } if stream == mood));
    let refused = Dataset::new(&sensor).x(mood).column(Column::new(mood).name("m")).await;
    assert!(matches!(refused, Err(Error::NotFound { stream, .. }) if stream == mood));
}

#[tokio::test]
async fn tables_are_written_as_csv() {
    let server = TestServer::new().await;
    server.stream("notes", &[(1.0, json!("rain, \"heavy\"")), (4.0, json!({"a": 1}))]).await;
    let column = Column::new("notes").interpolator("before");
    let table = Dataset::new(&server.cdb).x("mood").column(column).await.expect("a table");
    let mut csv = Vec::new();
    table.to_csv(&mut csv).expect("written");
    let expected =
        "t,x,notes\n1,7,\"rain, \"\"heavy\"\"\"\n4,3,\"{\"\"a\"\":1}\"\n11,5,\"{\"\"a\"\":1}\"\n";
    assert_eq!(String::from_utf8(csv).expect("text"), expected);
}

#[cfg(feature = "arrow")]
#[tokio::test]
async fn tables_become_record_batches() {
    let server = TestServer::new().await;
    server.stream("half", &[(4.0, json!(0.5)), (5.0, json!(2))]).await;
    server.stream("text", &[(1.0, json!("hi")), (2.0, json!(true))]).await;
    let table = Dataset::new(&server.cdb)
        .x("mood")
        .column(Column::new("half").interpolator("before"))
        .column("text")
        .await
        .expect("a table");
    let batch = table.record_batch().expect("a batch");
    let types: Vec<_> =
        batch.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(types[1..], ["Int64", "Float64", "Utf8"]);
    assert_eq!((batch.num_rows(), batch.column(2).null_count()), (3, 1));
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("table.parquet");
    table.write_parquet(&file).expect("written");
    assert_eq!(&std::fs::read(file).expect("the file")[..4], b"PAR1");
}
