//! Exports: writing users, devices and streams into an archive.

use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use cdb_archive::{
    ArchiveError, ArchiveProblem, DATA, DEVICE, DOWNLINK, DataWriter, Draft, Progress, Reporter,
    STREAM, USER, Version, create_directory, read_version, write_object, write_version,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::value::RawValue;

use crate::{Device, Result, Stream, User};

/// The number of bytes after which serialised datapoints are written to the file.
const WRITE_SIZE: usize = 64 * 1024;

/// The number of streams that are counted or exported at the same time. Exporting a small stream is
/// mostly waiting for the server, so many at a time are faster.
const MAX_CONCURRENT: usize = 32;

/// Writes an archive when awaited, and returns how much was written; made by [`User::export`],
/// [`Device::export`] and [`Stream::export`].
///
/// # Cancel safety
/// If the future is dropped, what was written so far is removed.
#[must_use = "nothing is written until it is awaited"]
pub struct Export<'a> {
    target: Target,
    directory: PathBuf,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

/// What is exported.
enum Target {
    User(User),
    Device(Device),
    Stream(Stream),
}

/// Devices to be exported, with their streams.
struct Devices(Vec<(Device, Vec<Stream>)>);

impl<'a> Export<'a> {
    fn new(target: Target, directory: impl AsRef<Path>) -> Self {
        Self { target, directory: directory.as_ref().to_owned(), call: None }
    }

    /// Sets a function that is called with the [`Progress`] after each change of it.
    pub fn on_progress(mut self, call: impl FnMut(Progress) + Send + 'a) -> Self {
        self.call = Some(Box::new(call));
        self
    }

    async fn run(self) -> Result<Progress> {
        let reporter = Reporter::new(self.call);
        let directory = &*self.directory;
        match &self.target {
            Target::User(user) => export_user(user, directory, &reporter).await?,
            Target::Device(device) => {
                let draft = Draft::begin(directory, directory)?;
                let streams = device.streams().await?;
                let devices = Devices(vec![(device.clone(), streams)]);
                devices.count(&reporter, 0).await?;
                for (device, streams) in &devices.0 {
                    export_device(device, streams, draft.path(), &reporter).await?;
                }
                draft.finish()?;
            }
            Target::Stream(stream) => {
                let draft = Draft::begin(directory, directory)?;
                let total_datapoints = count(stream).await?;
                reporter.update(|progress| {
                    (progress.total_objects, progress.total_datapoints) = (1, total_datapoints);
                });
                export_stream(stream, draft.path(), &reporter).await?;
                draft.finish()?;
            }
        }
        Ok(reporter.progress())
    }
}

impl Devices {
    /// Reports the numbers of objects and datapoints to be exported. `above` is the number of
    /// objects in addition to the devices and streams.
    async fn count(&self, reporter: &Reporter<'_>, above: u64) -> Result<()> {
        let objects: u64 = self.0.iter().map(|(_, streams)| 1 + streams.len() as u64).sum();
        let objects = above + objects;
        let streams: Vec<Stream> = self.0.iter().flat_map(|(_, it)| it.clone()).collect();
        let counts = stream::iter(streams).map(async |stream| count(&stream).await);
        let counts = counts.buffer_unordered(MAX_CONCURRENT);
        let datapoints = counts.try_fold(0, async |total, count| Ok(total + count)).await?;
        reporter.update(|progress| {
            (progress.total_objects, progress.total_datapoints) = (objects, datapoints);
        });
        Ok(())
    }
}

/// Returns the number of datapoints in a stream, including those of its downlink.
async fn count(stream: &Stream) -> Result<u64> {
    let requests = if stream.downlink().await? { stream.length(true).await? } else { 0 };
    Ok(stream.len().await? + requests)
}

/// Writes a user into an existing archive, or into a new one if the directory does not exist.
async fn export_user(user: &User, directory: &Path, reporter: &Reporter<'_>) -> Result<()> {
    let is_new = directory.symlink_metadata().is_err();
    let path = directory.join(user.name());
    if !is_new && read_version(directory)? != Some(Version::One) {
        return Err(ArchiveError::new(directory, ArchiveProblem::Exists).into());
    }
    let draft = Draft::begin(if is_new { directory } else { &path }, directory)?;
    let user_path = if is_new { draft.path().join(user.name()) } else { draft.path().to_owned() };
    if is_new {
        create_directory(&user_path)?;
    }
    let mut devices = Devices(Vec::new());
    for device in user.devices().await? {
        let streams = device.streams().await?;
        devices.0.push((device, streams));
    }
    devices.count(reporter, 1).await?;
    write_object(&user_path.join(USER), &user.refresh().await?)?;
    reporter.object();
    for (device, streams) in &devices.0 {
        let path = user_path.join(device.name());
        create_directory(&path)?;
        export_device(device, streams, &path, reporter).await?;
    }
    if is_new {
        write_version(draft.path(), Version::One)?;
    }
    Ok(draft.finish()?)
}

async fn export_device(
    device: &Device,
    streams: &[Stream],
    path: &Path,
    reporter: &Reporter<'_>,
) -> Result<()> {
    write_object(&path.join(DEVICE), &device.refresh().await?)?;
    reporter.object();
    let exports = stream::iter(streams).map(Ok).try_for_each_concurrent(MAX_CONCURRENT, |stream| {
        let path = path.join(stream.name());
        async move {
            create_directory(&path)?;
            export_stream(stream, &path, reporter).await
        }
    });
    exports.await
}

async fn export_stream(stream: &Stream, path: &Path, reporter: &Reporter<'_>) -> Result<()> {
    let info = stream.refresh().await?;
    write_object(&path.join(STREAM), &info)?;
    export_data(stream, false, &path.join(DATA), reporter).await?;
    if info.downlink {
        export_data(stream, true, &path.join(DOWNLINK), reporter).await?;
    }
    reporter.object();
    Ok(())
}

/// Writes the datapoints of a stream, or of its downlink, to a file while they are read.
async fn export_data(
    stream: &Stream,
    downlink: bool,
    path: &Path,
    reporter: &Reporter<'_>,
) -> Result<()> {
    let mut file = DataWriter::create(path.to_owned())?;
    let query = stream.typed::<Box<RawValue>>().query();
    let query = if downlink { query.downlink() } else { query };
    let mut data = query.stream().await?;
    let (mut buffer, mut datapoints, mut separator) = (Vec::new(), 0, b'[');
    while let Some(datapoint) = data.try_next().await? {
        buffer.push(std::mem::replace(&mut separator, b','));
        let written = serde_json::to_writer(&mut buffer, &datapoint);
        written.map_err(|error| ArchiveError::new(path, error))?;
        datapoints += 1;
        if buffer.len() >= WRITE_SIZE {
            file.write(&buffer)?;
            reporter.data(datapoints, buffer.len() as u64);
            (buffer, datapoints) = (Vec::new(), 0);
        }
    }
    buffer.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
    file.write(&buffer)?;
    file.finish()?;
    reporter.data(datapoints, buffer.len() as u64);
    Ok(())
}

impl<'a> IntoFuture for Export<'a> {
    type Output = Result<Progress>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl User {
    /// Exports the user with its devices, their streams and all data to an archive. Awaited,
    /// returns how much was written.
    ///
    /// `directory` is either a new directory, or an archive of version 1, to which the user is
    /// added.
    ///
    /// **The archive contains API keys**, and anyone who can read its files can read them. The
    /// files are written to a directory beside `directory` first and moved when they are complete,
    /// so an export that fails leaves nothing behind.
    ///
    /// ```no_run
    /// # async fn example(user: cdb_core::User) -> cdb_core::Result<()> {
    /// let exported = user.export("backup").on_progress(|now| println!("{now:?}")).await?;
    /// println!("{} datapoints", exported.datapoints);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Archive`](crate::Error) if the archive cannot be written, the directory
    /// exists and is not an archive of version 1, or the archive contains a user of this name
    /// already. Returns another error if some object may not be read, or the server cannot be
    /// reached.
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(Target::User(self.clone()), directory)
    }
}

impl Device {
    /// Exports the device with its streams and all data to a new directory; see [`User::export`].
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(Target::Device(self.clone()), directory)
    }
}

impl Stream {
    /// Exports the stream with its data to a new directory; see [`User::export`].
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(Target::Stream(self.clone()), directory)
    }
}
