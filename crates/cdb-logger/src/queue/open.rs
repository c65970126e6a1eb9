//! Opening the file, and its tables.
//!
//! `cache`, `streams` and `metadata` are the tables of the Python logger, which accesses their
//! columns by position. The names of the tables that this logger adds begin with `cdb_`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row as _};

use super::Metadata;
use crate::Durability;
use crate::error::FileError;

/// The largest file, in bytes, that is checked for damage when it is opened.
const MAX_CHECKED_BYTES: u64 = 256 * 1024 * 1024;

/// The number of rows that the thread of the connection reads ahead of the task.
const ROW_BUFFER_SIZE: usize = 5_000;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS cache (stream TEXT, timestamp REAL, jsondata TEXT);
    CREATE TABLE IF NOT EXISTS streams (stream TEXT PRIMARY KEY, jsonschema TEXT);
    CREATE TABLE IF NOT EXISTS metadata (apikey TEXT, serverurl TEXT, lastsynctime REAL,
        syncperiod REAL, userdatajson TEXT);
    CREATE INDEX IF NOT EXISTS cdb_order ON cache (stream, timestamp);
    -- The time of the last datapoint of each stream that was acknowledged or cleared.
    CREATE TABLE IF NOT EXISTS cdb_last (stream TEXT PRIMARY KEY, timestamp REAL);
    -- Earlier versions recorded in it what they had sent.
    DROP TABLE IF EXISTS cdb_sent;
    -- The datapoints whose content the server refused.
    CREATE TABLE IF NOT EXISTS cdb_set_aside
        (stream TEXT, timestamp REAL, jsondata TEXT, reason TEXT);
    -- The old and new times of restamped datapoints.
    CREATE TABLE IF NOT EXISTS cdb_restamped (stream TEXT, logged REAL, timestamp REAL);
    -- The streams that a sync creates if the server does not have them, with their properties as
    -- JSON, and whether the next sync is to do so.
    CREATE TABLE IF NOT EXISTS cdb_create (stream TEXT PRIMARY KEY, json TEXT, is_pending INTEGER);
    -- Has a row until the callback on_create has succeeded for a new file.
    CREATE TABLE IF NOT EXISTS cdb_creating (creating INTEGER);
";

/// The state that is read from a file when it is opened.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) metadata: Metadata,
    /// The streams, with their schemas as JSON.
    pub(crate) streams: Vec<(String, String)>,
    /// Whether the file is new, or its callback `on_create` has not succeeded yet.
    pub(crate) is_new: bool,
    pub(super) last: HashMap<Arc<str>, f64>,
    pub(super) pending: u64,
    pub(super) longest_value: u64,
    pub(super) set_aside: u64,
}

/// Opens a file, or creates it if it does not exist, and brings its tables up to date. A file that
/// is damaged or not a logger's is not changed.
pub(super) async fn open(
    file: &Path,
    durability: Durability,
) -> Result<(SqliteConnection, Contents), FileError> {
    create_private(file)?;
    let mut connection = connect(file).await?;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut connection).await?;
    check(file, &mut connection).await?;
    sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
    set_durability(&mut connection, durability).await?;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    sqlx::raw_sql(
        "INSERT INTO cdb_creating SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM metadata);
         INSERT INTO metadata SELECT '', 'http://localhost:3124', 0.0, 600.0, '{}'
             WHERE NOT EXISTS (SELECT 1 FROM metadata);",
    )
    .execute(&mut connection)
    .await?;
    make_times_unique(&mut connection).await?;
    sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
    let contents = contents(&mut connection).await?;
    Ok((connection, contents))
}

/// A file that was opened again, and the state that was read from it.
pub(super) struct Reopened {
    pub(super) connection: SqliteConnection,
    pub(super) last: HashMap<Arc<str>, f64>,
    pub(super) pending: u64,
    pub(super) set_aside: u64,
}

/// Opens a file again that [`open`] has opened before.
pub(super) async fn reopen(file: &Path, durability: Durability) -> Result<Reopened, FileError> {
    let mut connection = connect(file).await?;
    set_durability(&mut connection, durability).await?;
    let last = last_times(&mut connection).await?;
    let counts = "SELECT (SELECT count(*) FROM cache), (SELECT count(*) FROM cdb_set_aside)";
    let (pending, set_aside): (i64, i64) =
        sqlx::query_as(counts).fetch_one(&mut connection).await?;
    let (pending, set_aside) = (pending.cast_unsigned(), set_aside.cast_unsigned());
    Ok(Reopened { connection, last, pending, set_aside })
}

async fn connect(file: &Path) -> sqlx::Result<SqliteConnection> {
    SqliteConnectOptions::new()
        .filename(file)
        // No other program, such as the Python logger, can open the file at the same time.
        .pragma("locking_mode", "EXCLUSIVE")
        .busy_timeout(Duration::from_millis(100))
        .row_buffer_size(ROW_BUFFER_SIZE)
        .disable_statement_logging()
        .connect()
        .await
}

async fn set_durability(
    connection: &mut SqliteConnection,
    durability: Durability,
) -> sqlx::Result<()> {
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Batched(_) => "NORMAL",
    };
    let pragmas = format!("PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas)).execute(connection).await.map(drop)
}

async fn contents(connection: &mut SqliteConnection) -> Result<Contents, FileError> {
    let metadata = sqlx::query_as("SELECT * FROM metadata").fetch_one(&mut *connection).await?;
    let streams = sqlx::query_as("SELECT stream, jsonschema FROM streams");
    let streams = streams.fetch_all(&mut *connection).await?;
    let counts = sqlx::query(
        "SELECT (SELECT count(*) FROM cdb_creating), (SELECT count(*) FROM cdb_set_aside),
             count(*), coalesce(max(octet_length(jsondata)), 0) FROM cache",
    );
    let counts = counts.fetch_one(&mut *connection).await?;
    let count = |column| counts.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(Contents {
        metadata,
        streams,
        is_new: count(0)? > 0,
        set_aside: count(1)?,
        pending: count(2)?,
        longest_value: count(3)?,
        last: last_times(connection).await?,
    })
}

/// Returns the time of the last datapoint of each stream that is pending, was acknowledged or was
/// cleared.
async fn last_times(connection: &mut SqliteConnection) -> sqlx::Result<HashMap<Arc<str>, f64>> {
    // The recursion makes one step in the index for each stream, however many datapoints are
    // pending.
    let last = sqlx::query(
        "WITH RECURSIVE streams (name) AS (
             SELECT min(stream) FROM cache
             UNION ALL
             SELECT (SELECT min(stream) FROM cache WHERE stream > name)
             FROM streams WHERE name IS NOT NULL)
         SELECT stream, max(timestamp) FROM
             (SELECT stream, timestamp FROM cdb_last
              UNION ALL
              SELECT name, (SELECT max(timestamp) FROM cache WHERE stream = name)
              FROM streams WHERE name IS NOT NULL)
         GROUP BY stream",
    )
    .try_map(|row: sqlx::sqlite::SqliteRow| {
        Ok((Arc::from(row.try_get::<&str, _>(0)?), row.try_get(1)?))
    });
    Ok(last.fetch_all(connection).await?.into_iter().collect())
}

/// Returns an error if the file is damaged, or is neither empty nor a logger's. Changes nothing.
async fn check(file: &Path, connection: &mut SqliteConnection) -> Result<(), FileError> {
    let columns = sqlx::query(
        "SELECT tables.name, group_concat(columns.name, ' ') FROM sqlite_master AS tables,
             pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'cdb\\_%' ESCAPE '\\'
             AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         GROUP BY tables.name",
    )
    .try_map(|row: sqlx::sqlite::SqliteRow| {
        Ok((row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?))
    });
    for (table, columns) in columns.fetch_all(&mut *connection).await? {
        let expected = match table.as_str() {
            "cache" => "stream timestamp jsondata",
            "streams" => "stream jsonschema",
            "metadata" => "apikey serverurl lastsynctime syncperiod userdatajson",
            _ => return Err(FileError::Foreign(format!("it has a table {table:?}"))),
        };
        if columns != expected {
            return Err(FileError::Foreign(format!("its table {table:?} has other columns")));
        }
    }
    if std::fs::metadata(file)?.len() <= MAX_CHECKED_BYTES {
        let report: String =
            sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
        if report != "ok" {
            return Err(FileError::Damaged(report));
        }
    }
    Ok(())
}

/// Gives the datapoints of a stream that have the same time, as the Python logger can write them,
/// different times, so that the server can be asked which of them it has stored.
pub(super) async fn make_times_unique(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    loop {
        let duplicates = "SELECT count(*) FROM
            (SELECT 1 FROM cache GROUP BY stream, timestamp HAVING count(*) > 1 LIMIT 1)";
        let duplicates: i64 = sqlx::query_scalar(duplicates).fetch_one(&mut *connection).await?;
        if duplicates == 0 {
            return Ok(());
        }
        // The new times are at least two floating-point steps apart. If one of them is the time of
        // another datapoint, the next round moves them apart.
        sqlx::raw_sql(
            "CREATE TEMP TABLE respaced AS
             SELECT rowid AS id, timestamp + max(abs(timestamp) * 5e-16, 1e-7) *
                 (row_number() OVER (PARTITION BY stream, timestamp ORDER BY rowid) - 1) AS t
             FROM cache WHERE (stream, timestamp) IN
                 (SELECT stream, timestamp FROM cache GROUP BY 1, 2 HAVING count(*) > 1);
             UPDATE cache SET timestamp = t FROM respaced WHERE cache.rowid = id;
             DROP TABLE respaced;",
        )
        .execute(&mut *connection)
        .await?;
    }
}

/// Creates the file if it does not exist. On Unix, only its owner can read and write it, because it
/// contains a key.
fn create_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.create_new(true).write(true).open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened.map(drop),
    }
}

/// Removes a file, and the files that SQLite creates next to it.
pub(crate) fn remove(file: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(PathBuf::from(path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::remove_file(file)
}
