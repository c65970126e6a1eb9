//! Reads all of a data file, and says what is damaged.
//!
//! The file is opened without a writer, which would repair the journal before it can be checked.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::block_table::{BlockReadError, StoredBlock, header_columns};
use super::journal::{Content, Piece};
use super::{OpenError, SqliteStorage, Tables, array_table, summaries};
use crate::storage::check::{Check, Problem, ProblemKind};
use crate::storage::format::points::Points;
use crate::storage::format::summary::BlockSummary;
use crate::storage::{Array, DamagedBlock, Extent};

/// How many lines SQLite writes at most about what it finds.
const INTEGRITY_CHECK: &str = "PRAGMA integrity_check(1000)";

impl SqliteStorage {
    /// Checks a data file that no server has open.
    pub(crate) async fn check(file: &Path) -> Result<Check, OpenError> {
        let Tables { readers, lock: _lock, .. } = Tables::open(file).await?;
        let checked = async {
            let mut connection = readers.acquire().await?;
            let mut checker = Checker::new(&mut connection).await?;
            checker.check_all(&mut connection).await?;
            Ok(checker.check)
        };
        let checked = checked.await;
        readers.close().await;
        checked
    }
}

/// What is known while a file is read.
struct Checker {
    check: Check,
    /// The paths of streams.
    paths: HashMap<i64, String>,
    /// Where the arrays begin of which this is known.
    extents: HashMap<Array, Extent>,
    /// How far each array goes.
    ends: HashMap<Array, End>,
}

/// The end of what was read of an array.
#[derive(Debug, Clone, Copy)]
struct End {
    /// The place after the last datapoint.
    end: u64,
    last_t: f64,
}

impl Checker {
    async fn new(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        // As bytes, since a text may be damaged.
        let rows = sqlx::query(
            "SELECT stream.id, CAST(user.name || '/' || device.name || '/' || stream.name AS BLOB)
             FROM stream JOIN device ON device.id = device_id JOIN user ON user.id = user_id",
        );
        let mut paths = HashMap::new();
        for row in rows.fetch_all(connection).await? {
            let path: Vec<u8> = row.try_get(1)?;
            paths.insert(row.try_get(0)?, String::from_utf8_lossy(&path).into_owned());
        }
        let check = Check { streams: paths.len() as u64, ..Check::default() };
        Ok(Self { check, paths, extents: HashMap::new(), ends: HashMap::new() })
    }

    async fn check_all(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let lines: Vec<String> =
            sqlx::query_scalar(INTEGRITY_CHECK).fetch_all(&mut *connection).await?;
        for line in lines.into_iter().filter(|line| line != "ok") {
            self.database(line);
        }
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await?;
        for row in orphans {
            let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
            self.database(format!("a row of the table {table} belongs to no {parent}"));
        }
        let begun =
            sqlx::query("SELECT stream_id, substream, first, corrections, shift, seal FROM array");
        match begun.fetch_all(&mut *connection).await {
            Ok(rows) => {
                for row in rows {
                    let array = Array { stream: row.try_get(0)?, downlink: row.try_get(1)? };
                    match array_table::from_row(array, &row) {
                        Ok(extent) => {
                            self.extents.insert(array, extent);
                        }
                        Err(_) => {
                            let message = "it is not known where the stream begins";
                            self.problem(array, None, ProblemKind::Unreadable, message);
                        }
                    }
                }
            }
            Err(error) => return self.tolerate(error),
        }
        let arrays = sqlx::query("SELECT DISTINCT stream_id, substream FROM block");
        let arrays: Vec<_> = match arrays.fetch_all(&mut *connection).await {
            Ok(rows) => rows,
            Err(error) => return self.tolerate(error),
        };
        for row in arrays {
            let array = Array { stream: row.try_get(0)?, downlink: row.try_get(1)? };
            if let Err(error) = self.check_blocks(connection, array).await {
                self.tolerate(error)?;
            }
            if let Err(error) = self.check_indexes(connection, array).await {
                self.tolerate(error)?;
            }
        }
        match self.check_journal(connection).await {
            Err(error) => self.tolerate(error),
            checked => checked,
        }
    }

    /// Notes an error that says that the file is damaged, and returns any other one.
    fn tolerate(&mut self, error: sqlx::Error) -> Result<(), sqlx::Error> {
        let error = BlockReadError::Sqlite(error);
        if error.is_damage() {
            self.database(error.to_string());
            return Ok(());
        }
        match error {
            BlockReadError::Sqlite(error) => Err(error),
            BlockReadError::Damaged(_) => Ok(()),
        }
    }

    fn database(&mut self, message: String) {
        let (stream, downlink, indexes, kind) = (None, false, None, ProblemKind::Database);
        self.check.problems.push(Problem { stream, downlink, indexes, kind, message });
    }

    fn extent(&self, array: Array) -> Extent {
        self.extents.get(&array).copied().unwrap_or_default()
    }

    fn problem(
        &mut self,
        array: Array,
        places: Option<Range<u64>>,
        kind: ProblemKind,
        message: impl ToString,
    ) {
        let path = self.paths.get(&array.stream).cloned();
        let stream = path.unwrap_or_else(|| format!("stream {}", array.stream));
        let (downlink, message) = (array.downlink, message.to_string());
        let indexes = places.map(|places| self.extent(array).indexes(&places));
        let problem = Problem { stream: Some(stream), downlink, indexes, kind, message };
        self.check.problems.push(problem);
    }

    fn damaged(&mut self, DamagedBlock { array, range, problem }: DamagedBlock) {
        let message = format!("the block cannot be read: {problem}");
        self.problem(array, Some(range), ProblemKind::Unreadable, message);
    }

    /// Reads all blocks of an array, with their summaries.
    async fn check_blocks(
        &mut self,
        connection: &mut SqliteConnection,
        array: Array,
    ) -> Result<(), sqlx::Error> {
        let mut rows = sqlx::query(concat!(
            "SELECT ",
            header_columns!(),
            ", data, summary, seal FROM block INDEXED BY block_header
             LEFT JOIN summary USING (stream_id, substream, end_index)
             WHERE stream_id = ? AND substream = ? ORDER BY end_index",
        ))
        .bind(array.stream)
        .bind(array.downlink)
        .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            match self.check_block(array, &row) {
                Ok(()) => {}
                Err(BlockReadError::Damaged(damage)) => self.damaged(damage),
                Err(BlockReadError::Sqlite(error)) => {
                    let message = format!("the block cannot be read: {error}");
                    self.problem(array, None, ProblemKind::Unreadable, message);
                }
            }
        }
        Ok(())
    }

    fn check_block(&mut self, array: Array, row: &SqliteRow) -> Result<(), BlockReadError> {
        let index = |column| row.try_get(column).map(i64::cast_unsigned);
        // What follows is in its place even if this block is damaged.
        let range = index("first_index")?..index("end_index")?;
        let before = self.place(array, range.clone());
        let block = StoredBlock::from_row(array, row)?;
        let data: &[u8] = row.try_get("data")?;
        let points = block.points(data)?;
        self.check_points(array, range.start, &points, before);
        if points.last_t().to_bits() != block.last_t.to_bits() {
            let message = format!(
                "the last datapoint has the time {}, and the header of its block says {}",
                points.last_t(),
                block.last_t
            );
            self.problem(array, Some(range.clone()), ProblemKind::Times, message);
        }
        let summary: Option<&[u8]> = row.try_get("summary")?;
        // A summary of a block that is not finished is that of an earlier block, and is not used.
        if let Some(summary) = summary.filter(|_| block.is_finished()) {
            let (checksum, seal): (Option<i64>, i64) =
                (row.try_get("checksum")?, row.try_get("seal")?);
            let is_sealed = checksum.is_some_and(|it| summaries::seal(it, summary) == seal);
            let is_read = BlockSummary::decode(summary, range.start);
            let expected = block.summary(data)?;
            let message = match is_read {
                _ if !is_sealed => "the checksum of the summary is wrong",
                Err(_) => "the summary cannot be read",
                Ok(read) if !expected.agrees_with(&read) => {
                    "the summary is not that of the datapoints"
                }
                Ok(_) => return Ok(()),
            };
            self.problem(array, Some(range), ProblemKind::Summary, message);
        }
        Ok(())
    }

    /// Notes which datapoints come next, and what is missing before them. Returns the end before.
    fn place(&mut self, array: Array, range: Range<u64>) -> End {
        let none = End { end: self.extent(array).first, last_t: f64::NEG_INFINITY };
        let before = self.ends.get(&array).copied().unwrap_or(none);
        if range.start > before.end {
            let missing = before.end..range.start;
            self.problem(array, Some(missing), ProblemKind::Missing, "the datapoints are missing");
        } else if range.start < before.end {
            let twice = range.start..before.end.min(range.end);
            self.problem(
                array,
                Some(twice),
                ProblemKind::Missing,
                "the datapoints are there twice",
            );
        }
        let end = before.end.max(range.end);
        self.ends.insert(array, End { end, ..before });
        before
    }

    /// Checks datapoints that could be read, after what was before them.
    fn check_points(&mut self, array: Array, first: u64, points: &Points, before: End) {
        if points.first_t() < before.last_t {
            let message = format!(
                "the first datapoint has the time {}, which is before {}, the time of the one before",
                points.first_t(),
                before.last_t
            );
            let range = first..first + points.len() as u64;
            self.problem(array, Some(range), ProblemKind::Times, message);
        }
        self.check.datapoints += points.len() as u64;
        if let Some(end) = self.ends.get_mut(&array) {
            end.last_t = end.last_t.max(points.last_t());
        }
    }

    /// Checks that the indexes of blocks have the same blocks.
    async fn check_indexes(
        &mut self,
        connection: &mut SqliteConnection,
        array: Array,
    ) -> Result<(), sqlx::Error> {
        let different: i64 = sqlx::query_scalar(
            "WITH by_index AS (SELECT rowid, end_index, last_t FROM block INDEXED BY block_header
                               WHERE stream_id = ?1 AND substream = ?2),
                  by_time AS (SELECT rowid, end_index, last_t FROM block INDEXED BY block_by_time
                              WHERE stream_id = ?1 AND substream = ?2)
             SELECT (SELECT count(*) FROM (SELECT * FROM by_index EXCEPT SELECT * FROM by_time))
                  + (SELECT count(*) FROM (SELECT * FROM by_time EXCEPT SELECT * FROM by_index))",
        )
        .bind(array.stream)
        .bind(array.downlink)
        .fetch_one(connection)
        .await?;
        if different > 0 {
            let message = "the index of blocks by time does not agree with that by index";
            self.problem(array, None, ProblemKind::Index, message);
        }
        Ok(())
    }

    /// Reads the journal, whose datapoints follow those in blocks.
    async fn check_journal(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        let mut rows = sqlx::query("SELECT * FROM journal ORDER BY id").fetch(connection);
        while let Some(row) = rows.try_next().await? {
            match Piece::from_row(&row) {
                Ok(Some((array, piece))) => self.check_piece(array, piece),
                Ok(None) | Err(sqlx::Error::ColumnDecode { .. }) => {
                    self.database("a row of the journal cannot be read".to_owned());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn check_piece(&mut self, array: Array, Piece { first_index, count, content }: Piece) {
        let end = self.ends.get(&array).map_or(self.extent(array).first, |end| end.end);
        let first = first_index.unwrap_or(end);
        let range = first..first.saturating_add(count);
        let before = self.place(array, range.clone());
        match content {
            Content::Points(points) => self.check_points(array, first, &points, before),
            Content::Damaged(_) => {
                let message = "the row of the journal cannot be read";
                self.problem(array, Some(range), ProblemKind::Unreadable, message);
            }
        }
    }
}
