//! What a check of a file finds.

use sqlx::Connection;

use super::finish::finish;
use super::*;
use crate::storage::check::{Check, Problem, ProblemKind};

/// The number of datapoints in blocks, and in the journal after them.
const IN_BLOCKS: u64 = 80_000;
const IN_JOURNAL: u64 = 3;

/// A closed file with blocks, summaries and a journal, as after a crash.
async fn file() -> (TempDir, PathBuf) {
    let (directory, store, array) = store().await;
    let file = directory.path().join("data.db");
    let points: Vec<_> = (1..=IN_BLOCKS).map(|t| json!({"t": t, "d": t % 1000})).collect();
    insert(&store, array, &json!(points)).await.expect("stored");
    finish(&store).await;
    for t in IN_BLOCKS + 1..=IN_BLOCKS + IN_JOURNAL {
        insert(&store, array, &json!([{"t": t, "d": 1}])).await.expect("stored");
    }
    // A copy, since closing the file would make blocks of the journal.
    let copy = directory.path().join("copy.db");
    let vacuum = format!("VACUUM INTO '{}'", copy.display());
    sqlx::query(AssertSqlSafe(vacuum)).execute(&store.readers).await.expect("a copy");
    store.close().await;
    drop(store);
    std::fs::rename(copy, &file).expect("moved");
    (directory, file)
}

/// Checks a file after a statement.
async fn check_after(query: &'static str) -> Check {
    let (_directory, file) = file().await;
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.expect("a connection");
    sqlx::query("PRAGMA writable_schema = ON").execute(&mut connection).await.expect("set");
    sqlx::query(query).execute(&mut connection).await.expect("executed");
    connection.close().await.expect("closed");
    SqliteStorage::check(&file).await.expect("checked")
}

/// The one problem that is found after a statement.
async fn problem_after(query: &'static str) -> Problem {
    let Check { mut problems, .. } = check_after(query).await;
    assert_eq!(problems.len(), 1, "{query}: {problems:?}");
    problems.remove(0)
}

#[tokio::test]
async fn nothing_is_found_in_a_file_that_is_not_damaged() {
    let check = check_after("SELECT 1").await;
    assert_eq!(check.problems, []);
    assert_eq!((check.streams, check.datapoints), (1, IN_BLOCKS + IN_JOURNAL));
}

#[tokio::test]
async fn a_flipped_bit_and_a_block_that_is_missing_are_found() {
    for (query, kind) in [
        (
            "UPDATE block SET data = CAST(substr(data, 1, 20) || x'5a' || substr(data, 22) AS BLOB)
             WHERE end_index = (SELECT end_index FROM block ORDER BY end_index LIMIT 1 OFFSET 1)",
            ProblemKind::Unreadable,
        ),
        (
            "UPDATE block SET last_t = last_t + 1
             WHERE end_index = (SELECT end_index FROM block ORDER BY end_index LIMIT 1 OFFSET 1)",
            ProblemKind::Unreadable,
        ),
        (
            "DELETE FROM block
             WHERE end_index = (SELECT end_index FROM block ORDER BY end_index LIMIT 1 OFFSET 1)",
            ProblemKind::Missing,
        ),
    ] {
        let problem = problem_after(query).await;
        assert_eq!(problem.kind, kind, "{query}: {problem}");
        assert_eq!(problem.stream.as_deref(), Some("user/device/stream"));
        let indexes = problem.indexes.clone().expect("indexes");
        assert!(indexes.start > 0 && indexes.end < IN_BLOCKS, "{problem}");
        let place =
            format!("user/device/stream, indexes {} to {}: the ", indexes.start, indexes.end - 1);
        assert!(problem.to_string().starts_with(&place), "{problem}");
    }
}

#[tokio::test]
async fn a_wrong_summary_is_found() {
    for query in [
        "UPDATE summary SET seal = seal + 1
         WHERE end_index = (SELECT min(end_index) FROM summary)",
        "UPDATE summary SET summary = zeroblob(length(summary))
         WHERE end_index = (SELECT min(end_index) FROM summary)",
    ] {
        let problem = problem_after(query).await;
        assert_eq!(problem.kind, ProblemKind::Summary, "{problem}");
        assert_eq!(problem.indexes.expect("indexes").start, 0);
    }
}

#[tokio::test]
async fn a_summary_of_other_datapoints_is_found_even_if_its_checksum_is_right() {
    let (_directory, file) = file().await;
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.expect("a connection");
    let query = "SELECT end_index, checksum, summary FROM summary JOIN block USING (end_index)";
    let (end, checksum, mut summary): (i64, i64, Vec<u8>) =
        sqlx::query_as(query).fetch_one(&mut connection).await.expect("a summary");
    // The time of the first datapoint.
    summary[1] ^= 1;
    sqlx::query("UPDATE summary SET summary = ?, seal = ? WHERE end_index = ?")
        .bind(&summary)
        .bind(summaries::seal(checksum, &summary))
        .bind(end)
        .execute(&mut connection)
        .await
        .expect("updated");
    connection.close().await.expect("closed");
    let problems = SqliteStorage::check(&file).await.expect("checked").problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].message, "the summary is not that of the datapoints");
}

#[tokio::test]
async fn damage_of_the_journal_is_found_and_not_repaired() {
    let query = "UPDATE journal SET data = zeroblob(length(data)) WHERE id = 2";
    let problem = problem_after(query).await;
    assert_eq!(problem.kind, ProblemKind::Unreadable);
    assert_eq!(problem.indexes, Some(IN_BLOCKS + 1..IN_BLOCKS + 2));
    let problem = problem_after("DELETE FROM journal WHERE id = 2").await;
    assert_eq!(problem.kind, ProblemKind::Missing);
    assert_eq!(problem.indexes, Some(IN_BLOCKS + 1..IN_BLOCKS + 2));
    let (_directory, file) = file().await;
    for _ in 0..2 {
        assert_eq!(SqliteStorage::check(&file).await.expect("checked").problems, []);
    }
}

#[tokio::test]
async fn what_sqlite_finds_is_found() {
    // What the index by time holds is not what it says from now on.
    let check = check_after(
        "UPDATE sqlite_schema SET sql = replace(sql, 'last_t', 'first_index')
         WHERE name = 'block_by_time'",
    )
    .await;
    let kinds: Vec<_> = check.problems.iter().map(|problem| problem.kind).collect();
    assert!(kinds.contains(&ProblemKind::Database), "{:?}", check.problems);
    assert_eq!(check.datapoints, IN_BLOCKS + IN_JOURNAL);
}

#[tokio::test]
async fn each_flipped_bit_of_a_file_is_found_or_changes_nothing() {
    let (directory, file) = file().await;
    let whole = std::fs::read(&file).expect("a file");
    let mut rng = faults::SeededRng::from_environment();
    let copy = directory.path().join("flipped.db");
    for _ in 0..20 {
        let mut bytes = whole.clone();
        let place = usize::try_from(rng.within(0..whole.len() as u64)).expect("a place");
        bytes[place] ^= 1 << rng.within(0..8);
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(directory.path().join(format!("flipped.db{suffix}")));
        }
        std::fs::write(&copy, bytes).expect("written");
        // It may be so damaged that it cannot be opened.
        if let Ok(Check { problems, datapoints, .. }) = SqliteStorage::check(&copy).await {
            let is_whole = datapoints == IN_BLOCKS + IN_JOURNAL;
            assert!(is_whole || !problems.is_empty(), "bit at {place}: nothing is found");
        }
    }
}
