//! Writing archives.

use std::future::{Future, IntoFuture};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use cdb_archive::{
    DATA, DEVICE, DOWNLINK, DataWriter, Draft, PasswordHash, Progress, Reporter, STREAM, USER,
    Version, create_directory, write_object, write_version,
};
use cdb_types::UserInfo;
use serde::Serialize;

use super::{DataFileError, failed, open};
use crate::error::StartError;
use crate::service::authorize::operator;
use crate::storage::{Array, Device, PageSize, Storage, StoredPassword, Stream, User};

type Result<T = ()> = std::result::Result<T, DataFileError>;

/// An export to an archive, which runs when it is awaited; see
/// [`DataFile::export`](super::DataFile::export).
#[must_use = "nothing is written until it is awaited"]
pub struct Export<'a> {
    file: PathBuf,
    directory: PathBuf,
    /// The users to export; all if there are none.
    users: Vec<String>,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

/// What is exported.
struct Tree(Vec<(User, Vec<DeviceTree>)>);

/// A device with its streams.
type DeviceTree = (Device, Vec<Stream>);

impl<'a> Export<'a> {
    pub(super) fn new(file: PathBuf, directory: &Path) -> Self {
        Self { file, directory: directory.to_owned(), users: Vec::new(), call: None }
    }

    /// Selects a user to export. It can be called several times. By default all users are exported.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.users.push(name.into());
        self
    }

    /// Sets a callback that is called with the progress after each object and each part of the
    /// data.
    pub fn on_progress(mut self, call: impl FnMut(Progress) + Send + 'a) -> Self {
        self.call = Some(Box::new(call));
        self
    }

    async fn run(self) -> Result<Progress> {
        let Self { file, directory, users, call } = self;
        if !file.exists() {
            let missing = io::Error::from(io::ErrorKind::NotFound);
            return Err(StartError::data(&file, missing).into());
        }
        let storage = open(&file).await?;
        let mut reporter = Reporter::new(call);
        let written = write(&*storage, &users, &directory, &mut reporter).await;
        storage.close().await;
        written.map(|()| reporter.progress())
    }
}

async fn write(
    storage: &dyn Storage,
    users: &[String],
    directory: &Path,
    reporter: &mut Reporter<'_>,
) -> Result {
    let draft = Draft::begin(directory, directory)?;
    let tree = Tree::read(storage, users).await?;
    tree.count(storage, reporter).await?;
    for (user, devices) in &tree.0 {
        let path = draft.path().join(&user.name);
        create_directory(&path)?;
        write_user(storage, user, &path).await?;
        reporter.object();
        for (device, streams) in devices {
            let path = path.join(&device.name);
            create_directory(&path)?;
            write_object(&path.join(DEVICE), &device.info(|_| true))?;
            reporter.object();
            for stream in streams {
                write_stream(storage, stream, &path.join(&stream.name), reporter).await?;
            }
        }
    }
    write_version(draft.path(), Version::Two)?;
    Ok(draft.finish()?)
}

impl Tree {
    /// Returns these users, or all, with their devices and streams.
    async fn read(storage: &dyn Storage, users: &[String]) -> Result<Self> {
        let mut db = storage.catalog().await.map_err(failed)?;
        let mut chosen = db.users().await.map_err(failed)?;
        let is_there = |name: &&String| chosen.iter().any(|user| user.name == **name);
        if let Some(missing) = users.iter().find(|name| !is_there(name)) {
            return Err(DataFileError::NoUser(missing.clone()));
        }
        chosen.retain(|user| users.is_empty() || users.contains(&user.name));
        let mut tree = Vec::with_capacity(chosen.len());
        for user in chosen {
            let mut devices = Vec::new();
            for device in db.devices(user.id).await.map_err(failed)? {
                let streams = db.streams(device.id).await.map_err(failed)?;
                devices.push((device, streams));
            }
            tree.push((user, devices));
        }
        Ok(Self(tree))
    }

    /// Counts the objects and datapoints to export.
    async fn count(&self, storage: &dyn Storage, reporter: &mut Reporter<'_>) -> Result {
        let mut total = Progress::default();
        for (_, devices) in &self.0 {
            total.total_objects += 1;
            for (_, streams) in devices {
                total.total_objects += 1 + streams.len() as u64;
                for stream in streams {
                    for (array, _) in arrays(stream) {
                        total.total_datapoints +=
                            storage.extent(&operator::read(array)).await.map_err(failed)?.length();
                    }
                }
            }
        }
        reporter.update(|progress| *progress = total);
        Ok(())
    }
}

async fn write_user(storage: &dyn Storage, user: &User, path: &Path) -> Result {
    /// `user.json` of version 2.
    #[derive(Serialize)]
    struct Whole {
        #[serde(flatten)]
        info: UserInfo,
        #[serde(flatten)]
        password: Option<PasswordHash>,
    }
    let mut db = storage.catalog().await.map_err(failed)?;
    let password = db.password(user.id).await.map_err(failed)?;
    let password =
        password.map(|StoredPassword { scheme, salt, hash }| PasswordHash { scheme, salt, hash });
    let whole = Whole { info: user.info(|_| true), password };
    Ok(write_object(&path.join(USER), &whole)?)
}

async fn write_stream(
    storage: &dyn Storage,
    stream: &Stream,
    path: &Path,
    reporter: &mut Reporter<'_>,
) -> Result {
    create_directory(path)?;
    write_object(&path.join(STREAM), &stream.view())?;
    for (array, file) in arrays(stream) {
        let mut writer = DataWriter::create(path.join(file))?;
        let permit = operator::read(array);
        let extent = storage.extent(&permit).await.map_err(failed)?;
        let mut reader = storage.scan(&permit, &extent, 0..extent.length(), PageSize::Large);
        let mut before = 0;
        while let Some(text) = reader.next().await.map_err(failed)? {
            writer.write(&text)?;
            reporter.data(reader.index() - before, text.len() as u64);
            before = reader.index();
        }
        writer.finish()?;
    }
    reporter.object();
    Ok(())
}

/// A stream's arrays, and the files that they are written to.
fn arrays(stream: &Stream) -> Vec<(Array, &'static str)> {
    let mut arrays = vec![(Array { stream: stream.id, downlink: false }, DATA)];
    if stream.downlink {
        arrays.push((Array { stream: stream.id, downlink: true }, DOWNLINK));
    }
    arrays
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
        f.debug_struct("Export")
            .field("file", &self.file)
            .field("directory", &self.directory)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}
