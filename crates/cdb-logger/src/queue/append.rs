//! Appending datapoints. Inserts that arrive at about the same time share one commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

use super::Queue;
use crate::Error;
use crate::error::FileError;

/// The largest number of rows that one statement writes.
const MAX_ROWS_PER_STATEMENT: usize = 256;

/// The largest number of rows for which the prepared statement is kept. Small inserts are frequent.
const MAX_PREPARED_ROWS: usize = 32;

/// A datapoint to be stored.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub(crate) stream: Arc<str>,
    pub(crate) t: f64,
    /// Whether `t` is the current time. If so, it may be moved instead of being refused.
    pub(crate) is_now: bool,
    pub(crate) json: String,
}

/// Why datapoints were not stored.
#[derive(Debug, Clone)]
pub(crate) enum AppendError {
    /// A datapoint is earlier than the last one of this stream.
    Order(Arc<str>),
    Closed,
    /// The commit failed.
    File(FileError),
}

impl Queue {
    /// Appends several batches in one commit, and returns the result of each, in the same order. A
    /// batch is appended as a whole or not at all. With
    /// [`Durability::Full`](crate::Durability::Full), they have been synced to disk on return.
    pub(crate) async fn append(
        &mut self,
        batches: Vec<Vec<NewRow>>,
    ) -> Vec<Result<(), AppendError>> {
        let count = batches.len();
        let lengths = batches.iter().flatten().map(|row| row.json.len());
        let longest = lengths.max().unwrap_or_default() as u64;
        // This must come before the commit, because the rows of a failed commit may be in the file.
        self.counts.longest_value.fetch_max(longest, Ordering::Relaxed);
        let mut results = Vec::with_capacity(count);
        let appended = self.with(async |connection, last| {
            let (mut rows, mut new_times) = (Vec::new(), HashMap::new());
            for batch in batches {
                results.push(
                    assign_times(batch, last, &mut new_times).map(|batch| rows.extend(batch)),
                );
            }
            insert(connection, &rows).await?;
            last.extend(new_times);
            Ok(rows.len() as u64)
        });
        match appended.await {
            Ok(rows) => drop(self.counts.pending.fetch_add(rows, Ordering::Relaxed)),
            Err(error) => {
                let failed = match error {
                    Error::File { problem, .. } => AppendError::File(problem),
                    _ => AppendError::Closed,
                };
                // `results` is empty if the file could not be opened again.
                results.resize(count, Ok(()));
                for result in results.iter_mut().filter(|result| result.is_ok()) {
                    *result = Err(failed.clone());
                }
            }
        }
        results
    }

    /// Makes all earlier commits survive a power failure. Syncing one commit to disk syncs those
    /// before it.
    pub(crate) async fn sync_to_disk(&mut self) -> Result<(), Error> {
        self.with(async |connection, _| {
            sqlx::raw_sql("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
            let commit = "BEGIN IMMEDIATE; UPDATE metadata SET syncperiod = syncperiod; COMMIT";
            sqlx::raw_sql(commit).execute(&mut *connection).await?;
            sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(connection).await.map(drop)
        })
        .await
    }
}

/// Gives rows their times, so that each is later than all before it in its stream. `new_times` has
/// the changes to `last` that the commit will make.
fn assign_times(
    mut rows: Vec<NewRow>,
    last: &HashMap<Arc<str>, f64>,
    new_times: &mut HashMap<Arc<str>, f64>,
) -> Result<Vec<NewRow>, AppendError> {
    let mut assigned = HashMap::new();
    for row in &mut rows {
        let previous = assigned.get(&row.stream).or_else(|| new_times.get(&row.stream));
        let previous = previous.or_else(|| last.get(&row.stream)).copied();
        if let Some(previous) = previous.filter(|previous| row.t <= *previous) {
            if row.t < previous && !row.is_now {
                return Err(AppendError::Order(Arc::clone(&row.stream)));
            }
            row.t = previous.next_up();
        }
        assigned.insert(Arc::clone(&row.stream), row.t);
    }
    new_times.extend(assigned);
    Ok(rows)
}

/// Writes rows, all or none. No transaction must be open on the connection, so that a single
/// statement is a transaction of its own.
async fn insert(connection: &mut SqliteConnection, rows: &[NewRow]) -> sqlx::Result<()> {
    if rows.len() <= MAX_ROWS_PER_STATEMENT {
        return insert_statement(connection, rows).await;
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for rows in rows.chunks(MAX_ROWS_PER_STATEMENT) {
        insert_statement(&mut *connection, rows).await?;
    }
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}

async fn insert_statement(connection: &mut SqliteConnection, rows: &[NewRow]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = QueryBuilder::<Sqlite>::new("INSERT INTO cache ");
    statement.push_values(rows, |mut values, row| {
        values.push_bind(&*row.stream).push_bind(row.t).push_bind(&row.json);
    });
    let persistent = rows.len() <= MAX_PREPARED_ROWS;
    statement.build().persistent(persistent).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stream: &str, t: f64, is_now: bool) -> NewRow {
        NewRow { stream: stream.into(), t, is_now, json: "1".to_owned() }
    }

    fn assigned_times(rows: Vec<NewRow>, last: &[(&str, f64)]) -> Result<Vec<f64>, AppendError> {
        let last = last.iter().map(|(stream, t)| (Arc::from(*stream), *t)).collect();
        let rows = assign_times(rows, &last, &mut HashMap::new())?;
        Ok(rows.into_iter().map(|row| row.t).collect())
    }

    #[test]
    fn times_ascend_in_each_stream() {
        let rows = vec![row("a", 5.0, true), row("b", 5.0, true), row("a", 5.0, false)];
        assert_eq!(
            assigned_times(rows, &[]).expect("ascending times"),
            [5.0, 5.0, 5.0_f64.next_up()]
        );
        let rows = vec![row("a", 3.0, true), row("b", 3.0, true), row("a", 9.0, true)];
        assert_eq!(
            assigned_times(rows, &[("a", 7.0)]).expect("ascending times"),
            [7.0_f64.next_up(), 3.0, 9.0]
        );
    }

    #[test]
    fn a_given_time_earlier_than_the_last_is_refused() {
        let refused = assigned_times(vec![row("a", 8.0, false), row("a", 7.0, false)], &[]);
        assert!(matches!(refused, Err(AppendError::Order(stream)) if &*stream == "a"));
        assert!(assigned_times(vec![row("a", 6.0, false)], &[("a", 7.0)]).is_err());
    }
}
