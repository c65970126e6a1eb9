//! Group commit: what is inserted at about the same time is written, and made safe, together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, QueryBuilder, Sqlite};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::{Counts, MOST_PENDING, Open};
use crate::Durability;
use crate::error::FileError;

/// How many rows one statement writes at most.
const ROWS_PER_STATEMENT: usize = 256;

/// Statements of fewer rows come often, and are kept prepared.
const KEPT_PREPARED: usize = 32;

/// A datapoint to be stored.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub(crate) stream: Arc<str>,
    pub(crate) t: f64,
    /// Whether the time may be moved: it is the present.
    pub(crate) is_now: bool,
    pub(crate) json: String,
}

/// Datapoints to be stored, all or none, and who waits for that.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) rows: Vec<NewRow>,
    pub(super) done: oneshot::Sender<Result<(), Refused>>,
}

/// Why datapoints were not stored.
#[derive(Debug, Clone)]
pub(super) enum Refused {
    /// One is older than what its stream has got.
    Order(Arc<str>),
    Closed,
    File(FileError),
}

/// Writes what arrives until nobody can insert any more.
pub(super) async fn run(
    open: Arc<Mutex<Open>>,
    mut pending: mpsc::Receiver<Pending>,
    durability: Durability,
    counts: Arc<Counts>,
) {
    let mut group = Vec::with_capacity(MOST_PENDING);
    // When what was written must be made safe.
    let mut due: Option<Instant> = None;
    loop {
        let received = match due {
            Some(due) => timeout_at(due, pending.recv_many(&mut group, MOST_PENDING)).await.ok(),
            None => Some(pending.recv_many(&mut group, MOST_PENDING).await),
        };
        let is_over = received == Some(0);
        if received.is_some() && !is_over {
            gather(&mut group, &mut pending).await;
        }
        let mut open = open.lock().await;
        let Open { connection, last } = &mut *open;
        let Some(connection) = connection else {
            group.drain(..).for_each(|Pending { done, .. }| answer(done, Err(Refused::Closed)));
            if is_over { return } else { continue }
        };
        if !group.is_empty() {
            write(connection, last, &mut group, &counts).await;
        }
        if let Durability::Batched(interval) = durability {
            let now = Instant::now();
            match due {
                Some(time) if time <= now || is_over => match make_safe(connection).await {
                    Ok(()) => due = None,
                    Err(error) => {
                        tracing::error!(%error, "what was logged is not safe yet");
                        due = Some(now + interval.max(Duration::from_millis(100)));
                    }
                },
                Some(_) => {}
                None => due = received.is_some().then_some(now + interval),
            }
        }
        if is_over {
            return;
        }
    }
}

/// Lets those come in that are about to: a commit costs more than the wait for them.
async fn gather(group: &mut Vec<Pending>, pending: &mut mpsc::Receiver<Pending>) {
    loop {
        tokio::task::yield_now().await;
        let room = MOST_PENDING - group.len();
        if room == 0 || pending.is_empty() || pending.recv_many(group, room).await == 0 {
            return;
        }
    }
}

/// Writes a group in one commit, and answers each of it.
async fn write(
    connection: &mut SqliteConnection,
    last: &mut HashMap<Arc<str>, f64>,
    group: &mut Vec<Pending>,
    counts: &Counts,
) {
    let (mut rows, mut waiting, mut times) = (Vec::new(), Vec::new(), HashMap::new());
    for Pending { rows: new, done } in group.drain(..) {
        match place(new, last, &mut times) {
            Ok(new) => {
                rows.extend(new);
                waiting.push(done);
            }
            Err(refused) => answer(done, Err(refused)),
        }
    }
    let stored = insert(connection, &rows).await.map_err(|error| Refused::File(error.into()));
    if stored.is_ok() {
        last.extend(times);
        let longest = rows.iter().map(|row| row.json.len()).max().unwrap_or_default();
        counts.longest.fetch_max(longest as u64, Ordering::Relaxed);
        counts.cached.fetch_add(rows.len() as u64, Ordering::Relaxed);
    }
    waiting.into_iter().for_each(|done| answer(done, stored.clone()));
}

fn answer(done: oneshot::Sender<Result<(), Refused>>, result: Result<(), Refused>) {
    if done.send(result).is_err() {
        tracing::debug!("nobody waits for this insert any more");
    }
}

/// Gives rows their times: in each stream later than all before. `times` is what a commit will have
/// made of `last`.
fn place(
    mut rows: Vec<NewRow>,
    last: &HashMap<Arc<str>, f64>,
    times: &mut HashMap<Arc<str>, f64>,
) -> Result<Vec<NewRow>, Refused> {
    let mut new = HashMap::new();
    for row in &mut rows {
        let known = new.get(&row.stream).or_else(|| times.get(&row.stream));
        let before = known.or_else(|| last.get(&row.stream)).copied();
        if let Some(before) = before.filter(|before| row.t <= *before) {
            if row.t < before && !row.is_now {
                return Err(Refused::Order(Arc::clone(&row.stream)));
            }
            row.t = before.next_up();
        }
        new.insert(Arc::clone(&row.stream), row.t);
    }
    times.extend(new);
    Ok(rows)
}

async fn insert(connection: &mut SqliteConnection, rows: &[NewRow]) -> sqlx::Result<()> {
    if rows.len() <= ROWS_PER_STATEMENT {
        // A statement alone is a transaction.
        return insert_some(connection, rows).await;
    }
    let mut transaction = connection.begin().await?;
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        insert_some(&mut transaction, rows).await?;
    }
    transaction.commit().await
}

async fn insert_some(connection: &mut SqliteConnection, rows: &[NewRow]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = QueryBuilder::<Sqlite>::new("INSERT INTO cache ");
    statement.push_values(rows, |mut values, row| {
        values.push_bind(&*row.stream).push_bind(row.t).push_bind(&row.json);
    });
    let persistent = rows.len() <= KEPT_PREPARED;
    statement.build().persistent(persistent).execute(connection).await.map(drop)
}

/// Makes all that was written safe from power failures: a commit that is synced takes those before
/// it along.
async fn make_safe(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    let synced = sqlx::raw_sql("UPDATE metadata SET syncperiod = syncperiod");
    let synced = synced.execute(&mut *connection).await;
    sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
    synced.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stream: &str, t: f64, is_now: bool) -> NewRow {
        NewRow { stream: stream.into(), t, is_now, json: "1".to_owned() }
    }

    fn placed(rows: Vec<NewRow>, last: &[(&str, f64)]) -> Result<Vec<f64>, Refused> {
        let last = last.iter().map(|(stream, t)| (Arc::from(*stream), *t)).collect();
        let rows = place(rows, &last, &mut HashMap::new())?;
        Ok(rows.into_iter().map(|row| row.t).collect())
    }

    #[test]
    fn times_rise_in_each_stream() {
        let rows = vec![row("a", 5.0, true), row("b", 5.0, true), row("a", 5.0, false)];
        assert_eq!(placed(rows, &[]).expect("placed"), [5.0, 5.0, 5.0_f64.next_up()]);
        let rows = vec![row("a", 3.0, true), row("b", 3.0, true), row("a", 9.0, true)];
        assert_eq!(placed(rows, &[("a", 7.0)]).expect("placed"), [7.0_f64.next_up(), 3.0, 9.0]);
    }

    #[test]
    fn a_time_that_was_given_is_not_moved_back_and_forth() {
        let refused = placed(vec![row("a", 8.0, false), row("a", 7.0, false)], &[]);
        assert!(matches!(refused, Err(Refused::Order(stream)) if &*stream == "a"));
        assert!(placed(vec![row("a", 6.0, false)], &[("a", 7.0)]).is_err());
    }
}
