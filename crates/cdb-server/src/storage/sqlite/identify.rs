//! Telling data files from other files, without changing either.

use std::fs;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::lock::beside;
use super::{MIGRATIONS, OpenError};

/// The `application_id` of data files: `CDBf`.
pub(super) const APPLICATION_ID: i64 = 0x4344_4266;

/// The tables of files of format 1, which have no `application_id`.
const TABLES: [&str; 6] = ["_sqlx_migrations", "block", "device", "journal", "stream", "user"];

/// The size of the smallest page of SQLite, in bytes.
const MIN_PAGE_BYTES: u64 = 512;

const NOT_SQLITE: &str = "it is not an SQLite database";

/// The format version that this program writes. It is the number of the last migration.
pub(super) fn format_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Checks that a file is a data file that this program can read, or is empty.
///
/// Nothing is written, and no file is created beside it. SQLite reads the file as if it could not
/// change and takes no locks; while a server has it open, the result may be wrong.
pub(super) async fn check(file: &Path) -> Result<(), OpenError> {
    // SQLite takes a file that is shorter than a page for an empty one.
    if (1..MIN_PAGE_BYTES).contains(&fs::metadata(file)?.len()) {
        return Err(OpenError::Foreign(NOT_SQLITE));
    }
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    // What was written since the last checkpoint is not in the file itself yet.
    let log = beside(file, "-wal");
    let has_log = fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    let contents = match Contents::read(&options).await {
        Ok(contents) => contents,
        // A checkpoint was interrupted, so that the file cannot be read without its log.
        // `check_open` follows when SQLite has continued it.
        Err(OpenError::Sqlite(_)) if has_log => return Ok(()),
        Err(error) => return Err(error),
    };
    if contents.is_empty() && has_log {
        return Contents::of_copy(file, &log).await?.check();
    }
    contents.check()
}

/// Checks an open file.
pub(super) async fn check_open(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    Contents::of(connection).await?.check()
}

/// What says which file this is.
#[derive(Debug)]
struct Contents {
    application_id: i64,
    version: i64,
    tables: Vec<String>,
}

impl Contents {
    async fn read(options: &SqliteConnectOptions) -> Result<Self, OpenError> {
        let options = options.clone().disable_statement_logging();
        let mut connection = options.connect().await.map_err(not_a_database)?;
        let contents = Self::of(&mut connection).await;
        connection.close().await?;
        contents
    }

    async fn of(connection: &mut SqliteConnection) -> Result<Self, OpenError> {
        let pragma = async |connection: &mut SqliteConnection, query: &'static str| {
            sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await.map_err(not_a_database)
        };
        let application_id = pragma(&mut *connection, "PRAGMA application_id").await?;
        let version = pragma(&mut *connection, "PRAGMA user_version").await?;
        // Where these are not UTF-8, the first statement that uses the table makes the thread of the
        // connection panic, and its caller wait forever.
        let definitions: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT CAST(coalesce(sql, '') AS BLOB) FROM sqlite_schema")
                .fetch_all(&mut *connection)
                .await
                .map_err(not_a_database)?;
        if definitions.iter().any(|text| std::str::from_utf8(text).is_err()) {
            return Err(OpenError::Damaged("the definition of a table is not UTF-8"));
        }
        let tables = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(connection)
            .await
            .map_err(not_a_database)?;
        Ok(Self { application_id, version, tables })
    }

    /// Reads a copy of a file with its log, since SQLite would move the log into the file.
    async fn of_copy(file: &Path, log: &Path) -> Result<Self, OpenError> {
        let directory = std::env::temp_dir().join(format!("cdb-{}", Uuid::new_v4()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        let copy = directory.join("copy");
        let copied = fs::copy(file, &copy).and_then(|_| fs::copy(log, beside(&copy, "-wal")));
        let contents = match copied {
            Ok(_) => Self::read(&SqliteConnectOptions::new().filename(&copy)).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = fs::remove_dir_all(&directory) {
            tracing::warn!(%error, directory = %directory.display(), "a temporary copy is left");
        }
        contents
    }

    /// Whether nothing was ever written to the file.
    fn is_empty(&self) -> bool {
        self.application_id == 0 && self.tables.is_empty()
    }

    fn check(&self) -> Result<(), OpenError> {
        let is_first = || TABLES.iter().all(|name| self.tables.iter().any(|table| table == name));
        match self.application_id {
            0 if self.is_empty() || is_first() => Ok(()),
            APPLICATION_ID if self.version > format_version() => {
                Err(OpenError::Newer { version: self.version })
            }
            APPLICATION_ID => Ok(()),
            _ => Err(OpenError::Foreign("it is an SQLite database of another program")),
        }
    }
}

fn not_a_database(error: sqlx::Error) -> OpenError {
    const NOT_A_DATABASE: &str = "26";
    match &error {
        sqlx::Error::Database(cause) if cause.code().as_deref() == Some(NOT_A_DATABASE) => {
            OpenError::Foreign(NOT_SQLITE)
        }
        _ => error.into(),
    }
}
