//! The journal: where small inserts are durable before they are many enough for blocks.
//!
//! A commit of many small inserts into many streams writes one place of the file, not one for each
//! stream. What the journal holds is also in memory ([`ArrayHeads`]), where readers find it; when it has
//! grown, all of it becomes blocks in one transaction (`flush`).

use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::array_heads::{ArrayHeads, Blocks, PendingAppend};
use super::commit::{CommitError, Row, insert_blocks};
use super::compact::{merge_small, read_blocks};
use crate::storage::Array;
use crate::storage::format::points::Points;

/// How much text the journal holds before it becomes blocks, in bytes.
pub(super) const FLUSH_BYTES: usize = 1024 * 1024;

/// How many entries one statement writes at most.
pub(super) const ENTRIES_PER_STATEMENT: usize = 256;

/// Writes what the journal gets of a commit.
pub(super) async fn insert_entries(
    connection: &mut SqliteConnection,
    entries: &[(Array, &Points)],
) -> Result<(), sqlx::Error> {
    for entries in entries.chunks(ENTRIES_PER_STATEMENT) {
        let mut statement =
            QueryBuilder::<Sqlite>::new("INSERT INTO journal (stream_id, substream, data) ");
        statement.push_values(entries, |mut values, (array, points)| {
            values.push_bind(array.stream).push_bind(array.downlink).push_bind(points.text());
        });
        // Statements of many entries come in too many lengths to be worth keeping.
        let worth_keeping = entries.len() <= 32;
        statement.build().persistent(worth_keeping).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Reads what the journal holds, and where the blocks of its arrays end.
pub(super) async fn load(connection: &mut SqliteConnection) -> Result<ArrayHeads, CommitError> {
    let rows = sqlx::query("SELECT stream_id, substream, data FROM journal ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    let mut arrays = HashMap::<Array, Points>::new();
    for row in &rows {
        let stream = row.try_get("stream_id")?;
        let array = Array { stream, downlink: row.try_get("substream")? };
        let points = Points::parse(row.try_get("data")?)?;
        arrays.entry(array).or_default().append(&points);
    }
    let mut appends = HashMap::new();
    for (array, points) in arrays {
        let mut pending = PendingAppend::after(read_blocks(connection, array).await?);
        pending.appended = points;
        appends.insert(array, pending);
    }
    let heads = ArrayHeads::default();
    heads.applied(appends);
    Ok(heads)
}

/// Makes blocks of all that the journal holds, within a transaction. When that is committed, the
/// arrays end as is said here.
pub(super) async fn flush(
    connection: &mut SqliteConnection,
    heads: &ArrayHeads,
) -> Result<Vec<(Array, Blocks)>, CommitError> {
    let mut flushed = Vec::new();
    let mut rows = Vec::new();
    for (array, mut blocks, points) in heads.journal() {
        for block in points.blocks() {
            let first_index = blocks.length;
            blocks.push(&block);
            rows.push(Row { array, first_index, block });
        }
        flushed.push((array, blocks));
    }
    if flushed.is_empty() {
        return Ok(flushed);
    }
    insert_blocks(connection, &rows).await?;
    for (array, blocks) in &mut flushed {
        merge_small(connection, *array, blocks).await?;
    }
    sqlx::query("DELETE FROM journal").execute(connection).await?;
    Ok(flushed)
}
