//! Storage of users, devices, streams and datapoints: what the rest of the server knows of it.
//!
//! [`Storage`] is implemented by [`sqlite`], the only module that knows SQL. Reading or changing
//! anything requires a permit, which only [`authorize`](crate::service::authorize) creates; finding
//! objects by name does not, because a permit depends on what is found.

pub(crate) mod backup;
pub(crate) mod check;
mod extent;
pub(crate) mod format;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod sessions;
pub(crate) mod sqlite;

use std::error::Error;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use cdb_types::QueryError;
use cdb_types::endpoint::{Counted, OTHER_INDEX};
use cdb_types::session::Durability;
use cdb_types::summary::{Spread, Summary};

pub(crate) use extent::Extent;
pub(crate) use format::batch::{Batch, BatchError, InsertRules};
pub(crate) use format::block::{Block, BlockError, Page};
pub(crate) use format::columns::{Cell, NumberCells};
pub(crate) use format::visit::{Visited, add_to};
pub(crate) use load::{Load, LoadError};
pub(crate) use model::{
    Array, Device, KeyDigest, StoredPassword, Stream, StreamName, User, key_digest,
};

use self::backup::Backup;
use self::sessions::SessionStorage;
use crate::events::ChangeLog;
use crate::service::authorize::{AppendPermit, BackupPermit, ChangePermit, ReadPermit};

/// The storage of a server.
#[async_trait]
pub(crate) trait Storage: SessionStorage + Debug + Send + Sync {
    /// Returns a connection for finding objects.
    async fn catalog(&self) -> Result<Box<dyn Catalog>, StorageError>;

    /// Begins a change of objects, after all changes and appends that are running. Appends that are
    /// not durable yet are made durable first.
    async fn begin(&self, permit: ChangePermit) -> Result<Box<dyn Transaction>, StorageError>;

    /// Appends a batch, all of it or nothing. Returns when it is as durable as
    /// [`durability`](Self::durability) says; readers and subscribers see it then.
    ///
    /// # Cancel safety
    /// If the future is dropped, the batch is appended or not.
    async fn append(&self, append: Append) -> Result<(), AppendError>;

    /// Returns where an array begins and ends. The indexes that the other reads take and return are
    /// those within such an extent; if a range of the array was replaced since, they return
    /// [`ReadError::Replaced`].
    async fn extent(&self, permit: &ReadPermit) -> Result<Extent, ReadError>;

    /// Returns the index of the first datapoint later than `t`, or the length if there is none.
    async fn index_after(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        t: f64,
    ) -> Result<u64, ReadError>;

    /// Reads the datapoints of a range, all of which must exist.
    fn scan(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        range: Range<u64>,
        pages: PageSize,
    ) -> Box<dyn Scan>;

    /// Reads the datapoints of several ranges, all of which must exist, in ascending order.
    fn scan_ranges(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        ranges: Vec<Range<u64>>,
    ) -> Box<dyn Scan>;

    /// Returns what is known of the next datapoints of a range without reading them, in ascending order
    /// of their indexes. It is empty if nothing more is known; what lies between must be read.
    async fn summaries(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        range: Range<u64>,
    ) -> Result<Vec<Summarised>, ReadError>;

    /// Returns where arrays end, and their last datapoints, one for each permit.
    async fn latest(&self, permits: &[ReadPermit]) -> Result<Vec<Latest>, ReadError>;

    /// Makes a copy of everything, with all appends and changes that are complete. Others go on
    /// meanwhile. Only one copy is made or read at a time.
    ///
    /// # Cancel safety
    /// If the future is dropped, the copy may be made, and is then deleted.
    async fn backup(&self, permit: BackupPermit) -> Result<Backup, StorageError>;

    /// Returns when an append is complete.
    fn durability(&self) -> Durability;

    /// Waits until the appends and changes that are running have ended.
    async fn settled(&self);

    /// Returns the log of changes of objects.
    fn changes(&self) -> &ChangeLog;

    /// Returns an error if the storage does not read, or may not write.
    async fn check(&self) -> Result<(), StorageError>;

    /// Returns how much is stored and waits.
    async fn level(&self) -> StorageLevel;

    /// Waits for running writes and closes the storage. Later writes are refused.
    async fn close(&self);
}

/// How much a storage holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StorageLevel {
    /// What it takes on disk, in bytes.
    pub(crate) bytes: u64,
    /// The appends that wait to be committed.
    pub(crate) inserts_waiting: usize,
}

/// Finds objects. A transaction finds them as they are after its own changes.
#[async_trait]
pub(crate) trait Catalog: Send {
    async fn user(&mut self, name: &str) -> Result<Option<User>, StorageError>;

    /// Returns the user with this name or e-mail address, in any case. A name is preferred.
    async fn user_by_login(&mut self, login: &str) -> Result<Option<User>, StorageError>;

    async fn user_by_id(&mut self, id: i64) -> Result<Option<User>, StorageError>;

    /// Returns all users, oldest first.
    async fn users(&mut self) -> Result<Vec<User>, StorageError>;

    async fn has_user_with_role(&mut self, role: &str) -> Result<bool, StorageError>;

    async fn password(&mut self, user: i64) -> Result<Option<StoredPassword>, StorageError>;

    async fn device(&mut self, user: i64, name: &str) -> Result<Option<Device>, StorageError>;

    async fn device_by_key(&mut self, digest: &KeyDigest) -> Result<Option<Device>, StorageError>;

    /// Returns the devices of a user, oldest first.
    async fn devices(&mut self, user: i64) -> Result<Vec<Device>, StorageError>;

    async fn stream(&mut self, device: i64, name: &str) -> Result<Option<Stream>, StorageError>;

    /// Returns the streams of a device, oldest first.
    async fn streams(&mut self, device: i64) -> Result<Vec<Stream>, StorageError>;

    /// Returns the streams of all devices of a user, oldest first.
    async fn streams_of_user(&mut self, user: i64) -> Result<Vec<Stream>, StorageError>;

    /// Returns the names of the streams of all devices of a user, oldest first.
    async fn stream_names_of_user(&mut self, user: i64) -> Result<Vec<StreamName>, StorageError>;

    /// Returns the names of the streams of a device, oldest first.
    async fn stream_names(&mut self, device: i64) -> Result<Vec<StreamName>, StorageError>;

    /// Returns the id of the stream that a user's changes are logged in.
    async fn audit_log(&mut self, user: i64) -> Result<Option<i64>, StorageError>;

    async fn count(&mut self, counted: Counted) -> Result<u64, StorageError>;
}

/// A change of objects, all of it or nothing. If it is dropped before its commit, nothing is changed.
#[async_trait]
pub(crate) trait Transaction: Catalog {
    /// Inserts a user and sets its id.
    async fn insert_user(
        &mut self,
        user: &mut User,
        password: &StoredPassword,
    ) -> Result<(), StorageError>;

    /// Updates all properties but the name.
    async fn update_user(&mut self, user: &User) -> Result<(), StorageError>;

    async fn set_password(
        &mut self,
        user: i64,
        password: &StoredPassword,
    ) -> Result<(), StorageError>;

    /// Deletes a user with its devices, their streams and datapoints.
    async fn delete_user(&mut self, user: &User) -> Result<(), StorageError>;

    /// Inserts a device and sets its id.
    async fn insert_device(&mut self, device: &mut Device) -> Result<(), StorageError>;

    /// Updates all properties but the name.
    async fn update_device(&mut self, device: &Device) -> Result<(), StorageError>;

    /// Deletes a device with its streams and their datapoints.
    async fn delete_device(&mut self, device: &Device) -> Result<(), StorageError>;

    /// Inserts a stream and sets its id.
    async fn insert_stream(&mut self, stream: &mut Stream) -> Result<(), StorageError>;

    /// Updates all properties but the name.
    async fn update_stream(&mut self, stream: &Stream) -> Result<(), StorageError>;

    /// Deletes a stream with its datapoints.
    async fn delete_stream(&mut self, stream: &Stream) -> Result<(), StorageError>;

    /// Appends a batch. Timestamps before the array's last one are moved to it.
    async fn append(&mut self, array: Array, batch: &Batch) -> Result<(), StorageError>;

    /// Replaces a range of an array by the datapoints of a batch, of which the times must fit between those
    /// before and after it. Nothing was appended in this transaction before.
    async fn replace(
        &mut self,
        array: Array,
        range: cdb_types::Range,
        batch: &Batch,
    ) -> Result<Correction, CorrectError>;

    /// Inserts the datapoints of a batch among those of an array, in the order of their times; after those
    /// with the same time. Nothing was appended in this transaction before.
    async fn merge(&mut self, array: Array, batch: &Batch) -> Result<Correction, CorrectError>;

    /// Deletes all datapoints of an array.
    async fn clear(&mut self, array: Array) -> Result<(), StorageError>;

    /// Writes blocks of a new array, from an index on.
    async fn write_blocks(
        &mut self,
        array: Array,
        first_index: u64,
        blocks: Vec<Block>,
    ) -> Result<(), StorageError>;

    /// Commits the change, and publishes it when it is durable.
    ///
    /// # Cancel safety
    /// A commit that has begun is completed, also if the future is dropped.
    async fn commit(self: Box<Self>) -> Result<(), StorageError>;
}

/// A range of an array that is being read. What is inserted meanwhile does not change it.
#[async_trait]
pub(crate) trait Scan: Debug + Send {
    /// Goes on from now on when datapoints are replaced, if it is known where the others have gone. A range
    /// that was replaced is seen either as it was or as it is; where reading is in the midst of it, it ends
    /// with [`ReadError::Replaced`], as it does without this.
    fn follow_corrections(&mut self);

    /// Returns the next piece of the JSON array of the datapoints, or `None` after the last.
    ///
    /// Nothing is locked between two pieces.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError>;

    /// Returns the next datapoints for a script, with the index of the first one, or `None` after the last
    /// ones. It is not to be mixed with [`next`](Self::next).
    async fn next_page(&mut self) -> Result<Option<(u64, Page)>, ReadError>;

    /// Returns the index of the next datapoint.
    fn index(&self) -> u64;

    /// Returns whether the last piece has been returned.
    fn is_done(&self) -> bool;
}

/// Consecutive datapoints of which the summary is stored.
#[derive(Debug)]
pub(crate) struct Summarised {
    pub(crate) range: Range<u64>,
    pub(crate) first_t: f64,
    pub(crate) last_t: f64,
    pub(crate) summary: Summary,
    /// What is known of parts, which follow one another; empty if nothing is.
    pub(crate) slices: Vec<Spread>,
}

impl Summarised {
    /// Returns the parts, each by itself.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Self> {
        self.slices.iter().map(|numbers| {
            let mut summary = Summary::default();
            summary.count = numbers.count;
            summary.value.numbers = Some(numbers.clone());
            let (first_t, last_t) = (numbers.first.t, numbers.last.t);
            let range = numbers.first.index..numbers.last.index + 1;
            Self { range, first_t, last_t, summary, slices: Vec::new() }
        })
    }
}

/// The end of an array.
#[derive(Debug)]
pub(crate) struct Latest {
    pub(crate) extent: Extent,
    pub(crate) last: Last,
}

/// The last datapoint of an array.
#[derive(Debug)]
pub(crate) enum Last {
    None,
    /// Its JSON text.
    Text(Vec<u8>),
    /// It is so long that it must be read by itself.
    Long,
    /// It cannot be read.
    Damaged(DamagedBlock),
}

/// How much a scan reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageSize {
    /// For an array that is sent as it is.
    Large,
    /// For one of several arrays that are read at the same time.
    Small,
}

/// A batch that may be appended.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) permit: AppendPermit,
    pub(crate) batch: Batch,
    pub(crate) late: IfLate,
    /// The position that the first datapoint must get; `None` if any will do.
    pub(crate) index: Option<u64>,
}

/// What is done with a batch whose first timestamp is before the last one of its array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfLate {
    Refuse,
    /// The timestamps before the array's last one are moved to it.
    Restamp,
    /// The same for a small batch. A large one is returned, since restamping it would hold up other
    /// inserts.
    RestampSmall,
}

/// Storage could not do something.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("the storage is closed")]
    Closed,
    /// Another object has the same value of a property that must be unique.
    #[error("{0:?} exists already")]
    Duplicate(Unique),
    /// Another server has opened the storage.
    #[error(
        "another server has opened the data file, so this one has stopped writing; stop one of them"
    )]
    Superseded,
    /// Another backup is made or read.
    #[error("another backup is running; try again when it has ended")]
    BackupRunning,
    #[error(transparent)]
    Failed(Arc<dyn Error + Send + Sync>),
}

impl StorageError {
    pub(crate) fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into().into())
    }
}

/// A property, or a pair of them, that no two objects share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unique {
    UserNameOrEmail,
    DeviceName,
    ApiKey,
    StreamName,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    #[error("Greater timestamp already exists for the stream. Insert Failed.")]
    Order,
    /// The datapoints would be moved into the future, to the time of the last one of the array.
    #[error(
        "the stream's last datapoint has the time {last_t}, which is more than a day after the \
         server's clock ({now}), and datapoints would be moved to it; insert datapoints with times \
         that are not before it, or use another stream"
    )]
    Future { last_t: f64, now: f64 },
    /// The batch is large and has timestamps before the last one of the array, `last_t`.
    #[error("the batch must be restamped")]
    Late { batch: Box<Batch>, last_t: f64 },
    #[error("{OTHER_INDEX}")]
    Index,
    /// What the permit depends on has changed: it must be asked for again.
    #[error("the stream has changed")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a correction has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction {
    pub(crate) removed: u64,
    pub(crate) inserted: u64,
    /// The number of datapoints after it.
    pub(crate) length: u64,
}

/// A bound of times, if there is one.
fn bound(word: &str, t: f64) -> String {
    if t.is_finite() { format!(", {word} {t}") } else { String::new() }
}

/// Why datapoints were not corrected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorrectError {
    #[error(
        "the times of the datapoints do not fit between those before and after the range{}{}",
        bound("not before", *.after), bound("not after", *.before)
    )]
    Order { after: f64, before: f64 },
    #[error(
        "too many datapoints lie between the first and the last of these; insert them in smaller parts"
    )]
    Apart,
    #[error(transparent)]
    Range(#[from] QueryError),
    #[error(transparent)]
    Damaged(#[from] DamagedBlock),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a read ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the stream was deleted while it was read")]
    Gone,
    #[error("datapoints of the stream were replaced while it was read; read it again")]
    Replaced,
    /// A datapoint is not of the form in which datapoints are stored.
    #[error("a stored datapoint cannot be read: {0}")]
    Block(#[from] BlockError),
    #[error(transparent)]
    Damaged(#[from] DamagedBlock),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A block whose datapoints cannot be read. Nothing is known of them but their indexes.
#[derive(Debug, thiserror::Error)]
#[error(
    "the datapoints with the indexes {} to {} of the stream cannot be read, since their block in \
     the data file is damaged (stream {}{}): {problem}",
    .range.start, .range.end.saturating_sub(1), .array.stream,
    if array.downlink { ", downlink" } else { "" }
)]
pub(crate) struct DamagedBlock {
    array: Array,
    /// Indexes, or places where these are not known.
    range: Range<u64>,
    problem: BlockError,
}

impl DamagedBlock {
    pub(crate) fn new(array: Array, range: Range<u64>, problem: BlockError) -> Self {
        Self { array, range, problem }
    }

    /// Returns the same error, with indexes in place of places.
    fn with_indexes(self, first: u64) -> Self {
        let index = |place: u64| place.saturating_sub(first);
        let range = index(self.range.start)..index(self.range.end);
        Self { range, ..self }
    }
}

impl CorrectError {
    /// Returns the same error, with indexes in place of places.
    fn with_indexes(self, extent: &Extent) -> Self {
        match self {
            Self::Damaged(damage) => damage.with_indexes(extent.first).into(),
            other => other,
        }
    }
}

impl ReadError {
    /// Returns the same error, with indexes in place of places.
    fn with_indexes(self, extent: &Extent) -> Self {
        match self {
            Self::Damaged(damage) => damage.with_indexes(extent.first).into(),
            other => other,
        }
    }
}
