//! Telling data files from other files, without changing either.

use std::fs;
use std::io::Read;
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

/// The size of the header of a file of SQLite, in bytes.
const HEADER_BYTES: usize = 100;

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
    let length = fs::metadata(file)?.len();
    // SQLite takes a file that is shorter than a page for an empty one.
    if (1..MIN_PAGE_BYTES).contains(&length) {
        return Err(OpenError::Foreign(NOT_SQLITE));
    }
    // What was written since the last checkpoint, or before a transaction that was interrupted, is
    // not in the file itself.
    let unfinished: Vec<_> = ["-wal", "-journal"]
        .into_iter()
        .filter(|suffix| fs::metadata(beside(file, suffix)).is_ok_and(|it| it.len() > 0))
        .collect();
    if length == 0 && unfinished.contains(&"-wal") {
        // SQLite would delete it.
        return Err(OpenError::LogOnly(beside(file, "-wal")));
    }
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    let contents = match Contents::read(&options).await {
        Ok(contents) if !contents.is_empty() => contents,
        Err(error) if !matches!(error, OpenError::Sqlite(_)) => return Err(error),
        contents if unfinished.is_empty() => contents?,
        // A checkpoint or transaction was interrupted, so that the file cannot be read alone. A data
        // file may be large, and is known by its header. SQLite continues what was interrupted when
        // it opens it, and `check_open` follows.
        Err(_) => match Contents::of_header(file)? {
            header if header.application_id == APPLICATION_ID => header,
            _ => Contents::of_copy(file, &unfinished).await?,
        },
        Ok(_) => Contents::of_copy(file, &unfinished).await?,
    };
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
    /// The names of tables and views, without which nothing else can exist.
    names: Vec<String>,
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
        let names =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
                .fetch_all(connection)
                .await
                .map_err(not_a_database)?;
        Ok(Self { application_id, version, names })
    }

    /// Reads the header of a file, without names.
    fn of_header(file: &Path) -> Result<Self, OpenError> {
        let mut header = [0; HEADER_BYTES];
        fs::File::open(file)?.read_exact(&mut header)?;
        let number = |at: usize| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            i64::from(i32::from_be_bytes(bytes))
        };
        let (application_id, version) = (number(68), number(60));
        Ok(Self { application_id, version, names: Vec::new() })
    }

    /// Reads a copy of a file with its log or journal, since SQLite would move these into the file.
    async fn of_copy(file: &Path, beside_it: &[&str]) -> Result<Self, OpenError> {
        let directory = std::env::temp_dir().join(format!("cdb-{}", Uuid::new_v4()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        let copy = directory.join("copy");
        let suffixes = std::iter::once(&"").chain(beside_it);
        let copied = suffixes
            .map(|suffix| fs::copy(beside(file, suffix), beside(&copy, suffix)))
            .try_for_each(|copied| copied.map(drop));
        let contents = match copied {
            Ok(()) => Self::read(&SqliteConnectOptions::new().filename(&copy)).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = fs::remove_dir_all(&directory) {
            tracing::warn!(%error, directory = %directory.display(), "a temporary copy is left");
        }
        contents
    }

    /// Whether nothing was ever written to the file.
    fn is_empty(&self) -> bool {
        self.application_id == 0 && self.version == 0 && self.names.is_empty()
    }

    fn check(&self) -> Result<(), OpenError> {
        let is_first = || TABLES.iter().all(|table| self.names.iter().any(|name| name == table));
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
