//! Merges and datasets against the embedded server.

mod support;
#[cfg(feature = "arrow")]
mod types;

use cdb_core::{ConnectorDb, Datapoint, DatapointArray, DeviceCreate};
use cdb_query::{CalendarStep, Column, Dataset, Error, Merge, Source, Table};
use serde_json::json;
use support::{TestServer, at};

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
async fn a_dataset_by_days_has_what_happened_before_each_midnight() {
    const DAY: f64 = 86_400.0;
    let server = TestServer::new().await;
    // Midnight in Berlin is at 23 o'clock in UTC. Before the start, the first midnight, the second, the end.
    let steps = [(9.0, 1), (10.5, 2), (10.95, 4), (10.97, 8), (11.5, 16), (12.5, 32)];
    server.stream("steps", json!({}), &steps.map(|(t, d)| (t * DAY, json!(d)))).await;
    let table = Dataset::new(&server.cdb)
        .t1(at(10.0 * DAY))
        .t2(at(12.6 * DAY))
        .every(CalendarStep::Day, "Europe/Berlin")
        .column(Column::new("steps").interpolator("sum"))
        .await
        .expect("a table");
    let hour = 3600.0;
    assert_eq!(
        table.times().map(|t| t.as_secs_f64()).collect::<Vec<_>>(),
        [11.0 * DAY - hour, 12.0 * DAY - hour]
    );
    let sums: Vec<Option<f64>> = table.column("steps").expect("a column");
    assert_eq!(sums, [Some(6.0), Some(24.0)]);
    let nowhere = Dataset::new(&server.cdb)
        .t1(at(10.0 * DAY))
        .t2(at(12.6 * DAY))
        .every(CalendarStep::Day, "Mars/Olympus")
        .column("steps");
    assert!(matches!(nowhere.await, Err(Error::Zone)));
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
    let endless = Dataset::new(&cdb).t1(at(0.0)).dt(1.0).column(column);
    assert!(matches!(endless.await, Err(Error::NoRows)));
    assert!(matches!(times().dt(20.0).column(column).await, Err(Error::NoRows)));
    let many = Dataset::new(&cdb).t2(at(20e6)).dt(1.0).column(column);
    assert!(matches!(many.await, Err(Error::TooManyRows)));
    assert!(matches!(times().dt(0.0005).column(column).await, Err(Error::TooManyRows)));
    let merge = || Merge::new(&cdb).stream(column);
    for times in [Dataset::new(&cdb).t1(at(1.0)), Dataset::new(&cdb).t2(at(1.0))] {
        assert!(matches!(times.x(merge()).column(column).await, Err(Error::TimesOfMerge)));
    }
    for t in [f64::NAN, f64::INFINITY] {
        assert!(matches!(times().t1(t).dt(1.0).column(column).await, Err(Error::Time(_))));
        let source = Source::new(column).t2(t);
        assert!(matches!(times().dt(1.0).column(source.clone()).await, Err(Error::Time(_))));
        assert!(matches!(Merge::new(&cdb).stream(source).await, Err(Error::Time(_))));
        assert!(matches!(times().dt(t).column(column).await, Err(Error::Step(_))));
    }
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
    server
        .stream("notes", json!({}), &[(1.0, json!("rain, \"heavy\"")), (4.0, json!({"a": 1}))])
        .await;
    let column = Column::new("notes").interpolator("before");
    let table = Dataset::new(&server.cdb).x("mood").column(column).await.expect("a table");
    let mut csv = Vec::new();
    table.to_csv(&mut csv).expect("written");
    let expected =
        "t,x,notes\n1,7,\"rain, \"\"heavy\"\"\"\n4,3,\"{\"\"a\"\":1}\"\n11,5,\"{\"\"a\"\":1}\"\n";
    assert_eq!(String::from_utf8(csv).expect("text"), expected);
}

#[tokio::test]
async fn a_column_of_numbers_has_nan_where_a_value_is_missing() {
    let server = TestServer::new().await;
    server.stream("notes", json!({}), &[(1.0, json!("rain"))]).await;
    let table = Dataset::new(&server.cdb)
        .x("mood")
        .column(Column::new("temperature").interpolator("before"))
        .column("notes")
        .await
        .expect("a table");
    let temperatures = table.column_f64("temperature").expect("numbers");
    assert!(temperatures[0].is_nan());
    assert_eq!(temperatures[1..], [73.0, 79.0]);
    let error = table.column_f64("notes").expect_err("a text").to_string();
    assert!(error.starts_with("the value at 1 in column notes is not"), "{error}");
    assert!(matches!(table.column_f64("zork"), Err(Error::NoColumn(_))));
}

#[test]
fn rows_of_which_some_are_not_objects_are_one_column() {
    let rows = [json!({"a": 1, "value": 2}), json!(3), json!(null), json!([4])];
    let points = rows.clone().map(|row| Datapoint::new(1.0, row).expect("a time"));
    let table = Table::of(DatapointArray::from_iter(points), vec!["a".to_owned()]);
    assert_eq!(table.columns(), ["value"]);
    let values: Vec<_> = table.rows().map(|row| row.values()[0].clone()).collect();
    assert_eq!(values, rows);
}
