//! The store by itself.

mod changes;
mod check;
mod correct;
mod damage;
mod files;
pub(crate) mod finish;
mod keep;
#[cfg(unix)]
mod killed;
mod model;
mod sizes;
mod waiting;

use cdb_types::{Schema, Timestamp};
use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::service::authorize::{AppendPermit, operator};
use crate::storage::model::ObjectId;
use crate::storage::{
    Append, Array, Batch, Device, IfLate, InsertRules, ReadError, Storage, StoredPassword, Stream,
    Summarised, User,
};

async fn batch(data: &Value) -> Batch {
    let body = data.to_string();
    let anything = Schema::default().validator().expect("a schema");
    let rules = InsertRules { validator: &anything, max_steps: 0, max_datapoints: usize::MAX };
    Batch::read(body.as_bytes(), rules, None, Timestamp::ZERO + 1e9).await.expect("a batch")
}

/// A store with one user, device and stream; gives the stream's data array.
pub(crate) async fn store() -> (TempDir, SqliteStorage, Array) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStorage::open(&directory.path().join("data.db")).await.expect("a store");
    let mut user = User {
        id: 0,
        name: "user".into(),
        nickname: String::new(),
        email: "a@b.c".into(),
        description: String::new(),
        icon: String::new(),
        role: "user".into(),
        public: true,
    };
    let password =
        StoredPassword { scheme: String::new(), salt: String::new(), hash: String::new() };
    let mut device = Device {
        id: 0,
        user_id: 0,
        name: "device".into(),
        nickname: String::new(),
        description: String::new(),
        icon: String::new(),
        apikey: "key".into(),
        enabled: true,
        public: false,
        role: String::new(),
        visible: true,
        user_editable: true,
    };
    let mut stream = Stream {
        id: 0,
        device_id: 0,
        name: "stream".into(),
        nickname: String::new(),
        description: String::new(),
        icon: String::new(),
        schema: "{}".into(),
        datatype: String::new(),
        ephemeral: false,
        downlink: true,
        keep: 0,
    };
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.insert_user(&mut user, &password).await.expect("a user");
    device.user_id = user.id;
    tx.insert_device(&mut device).await.expect("a device");
    stream.device_id = device.id;
    tx.insert_stream(&mut stream).await.expect("a stream");
    tx.commit().await.expect("a commit");
    (directory, store, Array { stream: stream.id, downlink: false })
}

pub(crate) async fn insert(
    store: &SqliteStorage,
    array: Array,
    data: &Value,
) -> Result<(), CommitError> {
    let (version, objects) = (store.changes.now(), vec![ObjectId::Stream(array.stream)]);
    let permit = AppendPermit::for_test(array, version, objects);
    let (batch, index) = (batch(data).await, None);
    store.insert(Append { permit, batch, late: IfLate::Refuse, index }).await
}

async fn length(store: &SqliteStorage, array: Array) -> Result<u64, ReadError> {
    Ok(store.array_extent(array).await?.length())
}

async fn index_after(store: &SqliteStorage, array: Array, t: f64) -> Result<u64, ReadError> {
    let extent = store.array_extent(array).await?;
    store.array_index_after(array, &extent, t).await
}

async fn summaries_of(
    store: &SqliteStorage,
    array: Array,
    range: std::ops::Range<u64>,
) -> Result<Vec<Summarised>, ReadError> {
    let extent = store.array_extent(array).await?;
    store.read_summaries(array, &extent, range).await
}

async fn reader_of(store: &SqliteStorage, array: Array, range: std::ops::Range<u64>) -> Reader {
    store.read(array, store.array_extent(array).await.expect("an extent"), &range)
}

async fn read(store: &SqliteStorage, array: Array, range: std::ops::Range<u64>) -> Vec<Value> {
    let mut reader = reader_of(store, array, range).await;
    let mut text = Vec::new();
    while let Some(piece) = reader.next_piece().await.expect("a piece") {
        text.extend(piece);
    }
    serde_json::from_slice(&text).expect("JSON")
}

#[tokio::test]
async fn commits_are_durable() {
    let (_directory, store, _) = store().await;
    let mut writer = store.writer().await.expect("it is open");
    let connection = &mut writer.connection;
    for (pragma, expected) in
        [("PRAGMA synchronous", "2"), ("PRAGMA journal_mode", "wal"), ("PRAGMA foreign_keys", "1")]
    {
        let value: String =
            match sqlx::query_scalar::<_, i64>(pragma).fetch_one(&mut *connection).await {
                Ok(number) => number.to_string(),
                Err(_) => {
                    sqlx::query_scalar(pragma).fetch_one(&mut *connection).await.expect("a value")
                }
            };
        assert_eq!(value, expected, "{pragma}");
    }
}

async fn count(store: &SqliteStorage, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&store.readers).await.expect("a number")
}

/// Has the journal become blocks.
async fn flush(store: &SqliteStorage) {
    store.writer().await.expect("it is open").flush().await.expect("blocks");
}

#[tokio::test]
async fn small_inserts_end_up_in_few_blocks() {
    let (_directory, store, array) = store().await;
    for i in 0..1000 {
        insert(&store, array, &json!([{"t": i + 1, "d": i}])).await.expect("stored");
        if i % 5 == 0 {
            flush(&store).await;
        }
    }
    flush(&store).await;
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 0);
    let blocks = count(&store, "SELECT count(*) FROM block").await;
    assert!(blocks < 70, "{blocks} blocks");
    assert_eq!(length(&store, array).await.expect("a length"), 1000);
    let data = read(&store, array, 0..1000).await;
    assert!(data.iter().zip(0..).all(|(dp, i)| dp["d"] == i));
}

#[tokio::test]
async fn the_journal_becomes_blocks_when_it_has_grown() {
    let (_directory, store, array) = store().await;
    let text = "x".repeat(10_000);
    for t in 1..=150 {
        insert(&store, array, &json!([{"t": t, "d": text}])).await.expect("stored");
    }
    // That happens after the answer, under the writer's lock.
    store.settled().await;
    let waiting = count(&store, "SELECT sum(length(data)) FROM journal").await;
    assert!(waiting < 1024 * 1024, "{waiting} bytes");
    assert!(count(&store, "SELECT count(*) FROM block").await > 0);
    assert_eq!(read(&store, array, 0..150).await.len(), 150);
}

#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let (directory, store, array) = store().await;
    let data: Vec<Value> = (1..=20).map(|t| json!({"t": t, "d": [t]})).collect();
    for part in data.chunks(3) {
        insert(&store, array, &part.to_vec().into()).await.expect("stored");
    }
    // What a power failure would leave.
    let left = tempfile::tempdir().expect("a directory");
    for name in ["data.db", "data.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    let store = SqliteStorage::open(&left.path().join("data.db")).await.expect("a store");
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 7);
    assert_eq!(length(&store, array).await.expect("a length"), 20);
    assert_eq!(read(&store, array, 0..20).await, data);
    let early = insert(&store, array, &json!([{"t": 19, "d": 0}])).await;
    assert!(matches!(early, Err(CommitError::Order)));
    insert(&store, array, &json!([{"t": 20, "d": 0}])).await.expect("stored");
    flush(&store).await;
    assert_eq!(read(&store, array, 0..20).await, data);
    assert_eq!(length(&store, array).await.expect("a length"), 21);
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_leaves_the_store_usable() {
    use futures_util::FutureExt;

    let (_directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let tx = store.begin(operator::change()).await.expect("a change");
    assert!(tx.commit().now_or_never().is_none(), "it was not interrupted");
    flush(&store).await;
    insert(&store, array, &json!([{"t": 2, "d": 2}])).await.expect("stored");
    flush(&store).await;
    let expected = [json!({"t": 1, "d": 1}), json!({"t": 2, "d": 2})];
    assert_eq!(read(&store, array, 0..2).await, expected);
    assert_eq!(length(&store, array).await.expect("a length"), 2);
}

#[tokio::test]
async fn a_closed_store_has_an_empty_journal() {
    let (directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    store.close().await;
    let closed = insert(&store, array, &json!([{"t": 2, "d": 1}])).await;
    assert!(closed.is_err());
    drop(store);
    let store = SqliteStorage::open(&directory.path().join("data.db")).await.expect("a store");
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 0);
    assert_eq!(read(&store, array, 0..1).await, [json!({"t": 1, "d": 1})]);
}

#[tokio::test]
async fn a_large_batch_is_not_restamped_while_others_wait_for_the_commit() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 9, "d": 0}])).await.expect("stored");
    let append = |batch, late| {
        let objects = vec![ObjectId::Stream(array.stream)];
        let permit = AppendPermit::for_test(array, store.changes.now(), objects);
        store.insert(Append { permit, batch, late, index: None })
    };
    let large = batch(&json!([{"t": 1, "d": "x".repeat(20_000)}, {"t": 10, "d": 1}])).await;
    let late = append(large.clone(), IfLate::RestampSmall).await;
    let Err(CommitError::Late { batch: late, last_t: 9.0 }) = late else { panic!("{late:?}") };
    append(late.restamped(9.0).expect("a batch"), IfLate::RestampSmall).await.expect("stored");
    let small = batch(&json!([{"t": 1, "d": 2}])).await;
    append(small, IfLate::RestampSmall).await.expect("stored");
    append(large, IfLate::Restamp).await.expect("stored");
    let times = read(&store, array, 0..6).await.into_iter().map(|point| point["t"].as_f64());
    assert_eq!(times.flatten().collect::<Vec<_>>(), [9.0, 9.0, 10.0, 10.0, 10.0, 10.0]);
}

#[tokio::test]
async fn an_insert_that_was_allowed_before_a_change_of_its_stream_is_asked_again() {
    let (_directory, store, array) = store().await;
    let permit =
        |version| AppendPermit::for_test(array, version, vec![ObjectId::Stream(array.stream)]);
    let before = permit(store.changes.now());
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let mut streams = tx.streams(1).await.expect("the streams");
    let mut other = streams.remove(0);
    other.name = "other".into();
    tx.insert_stream(&mut other).await.expect("another stream");
    tx.commit().await.expect("a commit");
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.update_stream(&other).await.expect("an update");
    tx.commit().await.expect("a commit");
    let first = batch(&json!([{"t": 1}])).await;
    let insert = |permit| {
        let batch = first.clone();
        store.insert(Append { permit, batch, late: IfLate::Refuse, index: None })
    };
    insert(before.clone()).await.expect("another stream was changed");
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let stream = tx.stream(1, "stream").await.expect("a row").expect("the stream");
    tx.update_stream(&stream).await.expect("an update");
    tx.commit().await.expect("a commit");
    assert!(matches!(insert(before).await, Err(CommitError::Stale)));
    assert_eq!(length(&store, array).await.expect("a length"), 1);
    insert(permit(store.changes.now())).await.expect("a new permit");
}

#[tokio::test]
async fn a_change_that_is_not_committed_changes_nothing() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 5, "d": 1}])).await.expect("stored");
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.append(array, &batch(&json!([{"t": 6, "d": 2}])).await).await.expect("appended");
    tx.clear(array).await.expect("cleared");
    drop(tx);
    assert_eq!(read(&store, array, 0..1).await, [json!({"t": 5, "d": 1})]);
    let early = insert(&store, array, &json!([{"t": 4, "d": 3}])).await;
    assert!(matches!(early, Err(CommitError::Order)));
}

#[tokio::test]
async fn a_deleted_streams_read_ends_with_an_error() {
    let (_directory, store, array) = store().await;
    let data: Vec<Value> = (1..50_000).map(|i| json!({"t": i, "d": "some text"})).collect();
    insert(&store, array, &data.into()).await.expect("stored");
    let mut reader = reader_of(&store, array, 0..49_999).await;
    reader.next_piece().await.expect("a piece").expect("the first");
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.clear(array).await.expect("cleared");
    tx.commit().await.expect("a commit");
    assert!(matches!(reader.next_piece().await, Err(ReadError::Gone)));
}

#[tokio::test]
async fn a_read_is_not_changed_by_what_is_inserted_meanwhile() {
    let (_directory, store, array) = store().await;
    let data = |range: std::ops::Range<i64>| -> Value {
        range.map(|i| json!({"t": i, "d": format!("datapoint {i}")})).collect::<Vec<_>>().into()
    };
    insert(&store, array, &data(1..40_000)).await.expect("stored");
    let mut reader =
        reader_of(&store, array, 0..length(&store, array).await.expect("a length")).await;
    let mut text = reader.next_piece().await.expect("a piece").expect("the first");
    insert(&store, array, &data(40_000..40_100)).await.expect("stored");
    while let Some(piece) = reader.next_piece().await.expect("a piece") {
        text.extend(piece);
    }
    let read: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(read, data(1..40_000));
}

/// What can be inserted into any stream.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter_map("a number", |f| serde_json::Number::from_f64(f).map(Value::from)),
        ".{0,20}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Restamping moves what is too early, and nothing else.
    #[test]
    fn restamped_datapoints_are_never_too_early(
        values in prop::collection::vec((values(), 0_u8..3), 1..20), earliest in 0_i64..30,
    ) {
        let mut t = 0;
        let mut data: Vec<Value> = values
            .into_iter()
            .map(|(d, step)| {
                t += i64::from(step);
                json!({"t": t + 1, "d": d})
            })
            .collect();
        let restamped = batch(&data.clone().into()).now_or_never().expect("it is short");
        let restamped = restamped.restamped(earliest as f64).expect("a batch");
        for datapoint in &mut data {
            let t = datapoint["t"].as_i64().max(Some(earliest));
            datapoint["t"] = t.into();
        }
        let text = [b"[", restamped.points.text(), b"]"].concat();
        let found: Vec<Value> = serde_json::from_slice(&text)?;
        // Where it is null there is no value.
        for (found, expected) in found.iter().zip(&data) {
            prop_assert_eq!(&found["t"], &expected["t"]);
            prop_assert_eq!(&found["d"], &expected["d"]);
        }
        prop_assert_eq!(found.len(), data.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However datapoints are split into batches, every range of them is what a list would give.
    #[test]
    fn ranges_are_those_of_a_list(
        values in prop::collection::vec((values(), 0_u8..3), 1..120),
        sizes in prop::collection::vec((1_usize..40, any::<bool>()), 1..10),
        ends in prop::collection::vec((0_usize..130, 0_usize..130), 5),
    ) {
        let mut t = 0;
        let data: Vec<Value> = values
            .into_iter()
            .map(|(d, step)| {
                t += i64::from(step);
                json!({"t": t + 1, "d": d})
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (_directory, store, array) = store().await;
            let mut rest = data.as_slice();
            for (size, flushed) in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*size).min(rest.len()));
                insert(&store, array, &Value::from(now)).await.expect("stored");
                rest = later;
                if *flushed {
                    flush(&store).await;
                }
            }
            assert_eq!(length(&store, array).await.expect("a length"), data.len() as u64);
            for (first, last) in ends {
                let (first, last) = (first.min(data.len()), last.min(data.len()));
                if first < last {
                    let found = read(&store, array, first as u64..last as u64).await;
                    assert_eq!(found, &data[first..last]);
                }
                let t = first as f64;
                let expected = data.iter().filter(|dp| dp["t"].as_f64() <= Some(t)).count();
                assert_eq!(index_after(&store, array, t).await.expect("an index"), expected as u64);
            }
        });
    }
}
