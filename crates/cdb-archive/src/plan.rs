//! The content of an archive. All files are read and checked, so that an import changes nothing if
//! the archive is not valid.

use std::path::{Path, PathBuf};

use cdb_types::{DeviceInfo, Name, StreamInfo, UserInfo};

use crate::error::At;
use crate::read::{DataReader, directories, object, read_version};
use crate::{
    ArchiveError, ArchiveProblem, DATA, DEVICE, DOWNLINK, PasswordHash, Progress, STREAM, USER,
    Version,
};

type Result<T> = std::result::Result<T, ArchiveError>;

/// The name of the device with the user's log, which the server writes.
const META_DEVICE: &str = "meta";

/// A user in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedUser {
    /// The name, which is that of the directory.
    pub name: Name,
    /// The directory.
    pub path: PathBuf,
    /// The description.
    pub info: UserInfo,
    /// The hash of the password. `None` except in archives of version 2.
    pub password: Option<PasswordHash>,
    /// The devices, sorted by name.
    pub devices: Vec<ArchivedDevice>,
}

/// A device in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedDevice {
    /// The name: that of the directory, or that in `device.json` if the device was exported alone.
    pub name: Name,
    /// The directory.
    pub path: PathBuf,
    /// The description.
    pub info: DeviceInfo,
    /// The streams, sorted by name.
    pub streams: Vec<ArchivedStream>,
}

/// A stream in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedStream {
    /// The name: that of the directory, or that in `stream.json` if the stream was exported alone.
    pub name: Name,
    /// The directory.
    pub path: PathBuf,
    /// The description.
    pub info: StreamInfo,
    /// The datapoints.
    pub data: ArchivedData,
    /// The datapoints of the downlink, if the stream has one and it was exported.
    pub downlink: Option<ArchivedData>,
}

/// A file with datapoints, which was checked to be complete and in order.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedData {
    /// The path of the file.
    pub path: PathBuf,
    /// The number of datapoints.
    pub count: u64,
}

/// Reads and checks a complete archive, and returns its users, sorted by name.
///
/// All files of datapoints are read, but their datapoints are not kept in memory.
///
/// # Errors
/// Returns an error with the path of the file or directory that is not valid or cannot be read. An
/// archive without users is not valid.
pub fn read_users(directory: &Path) -> Result<Vec<ArchivedUser>> {
    let version = read_version(directory)?;
    let users = directories(directory, USER)?;
    if users.is_empty() {
        return Err(ArchiveError::new(directory, ArchiveProblem::Foreign("it contains no users")));
    }
    let read = |(name, path): (Name, PathBuf)| {
        let devices = directories(&path, DEVICE)?;
        let devices = devices.into_iter().map(|(name, path)| device(name, path));
        let devices = devices.collect::<Result<_>>()?;
        let file = path.join(USER);
        let has_password = version == Some(Version::Two);
        let password = has_password.then(|| object(&file)).transpose()?;
        Ok(ArchivedUser { name, info: object(&file)?, password, devices, path })
    };
    users.into_iter().map(read).collect()
}

/// Reads and checks the archive of a device that was exported alone.
///
/// # Errors
/// Returns an error with the path of the file or directory that is not valid or cannot be read.
pub fn read_device(directory: &Path) -> Result<ArchivedDevice> {
    let file = directory.join(DEVICE);
    let info: DeviceInfo = object(&file)?;
    device(named(&file, info.name.as_deref())?, directory.to_owned())
}

/// Reads and checks the archive of a stream that was exported alone.
///
/// # Errors
/// Returns an error with the path of the file that is not valid or cannot be read.
pub fn read_stream(directory: &Path) -> Result<ArchivedStream> {
    let file = directory.join(STREAM);
    let info: StreamInfo = object(&file)?;
    stream(named(&file, Some(&info.name))?, directory.to_owned())
}

/// Checks the name in a file that describes a device or stream.
fn named(file: &Path, name: Option<&str>) -> Result<Name> {
    let name = name.ok_or(ArchiveProblem::Foreign("it has no name")).at(file)?;
    Name::new(name).at(file)
}

fn device(name: Name, path: PathBuf) -> Result<ArchivedDevice> {
    let streams = directories(&path, STREAM)?;
    let streams = streams.into_iter().map(|(name, path)| stream(name, path));
    let streams = streams.collect::<Result<_>>()?;
    Ok(ArchivedDevice { name, info: object(&path.join(DEVICE))?, streams, path })
}

fn stream(name: Name, path: PathBuf) -> Result<ArchivedStream> {
    let info: StreamInfo = object(&path.join(STREAM))?;
    let downlink = path.join(DOWNLINK);
    let has_downlink = info.downlink && downlink.symlink_metadata().is_ok();
    let downlink = has_downlink.then(|| data(downlink)).transpose()?;
    Ok(ArchivedStream { name, info, data: data(path.join(DATA))?, downlink, path })
}

/// Reads a file of datapoints, and checks that it is valid and in order.
fn data(path: PathBuf) -> Result<ArchivedData> {
    let (mut count, mut last) = (0, None);
    let mut data = DataReader::open(&path)?;
    while let Some((datapoints, _)) = data.read()? {
        for datapoint in datapoints {
            if last.is_some_and(|last| datapoint.t < last) {
                return Err(ArchiveError::new(&path, ArchiveProblem::Order(count)));
            }
            last = Some(datapoint.t);
            count += 1;
        }
    }
    Ok(ArchivedData { path, count })
}

impl ArchivedUser {
    /// Adds this user and all below it to the totals of a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.total_objects += 1;
        self.devices.iter().for_each(|device| device.count(progress));
    }
}

impl ArchivedDevice {
    /// Returns whether this is the device `meta`, whose streams are written by the server.
    #[must_use]
    pub fn is_meta(&self) -> bool {
        self.name == META_DEVICE
    }

    /// Adds this device and its streams to the totals of a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.total_objects += 1;
        self.streams.iter().for_each(|stream| stream.count(progress));
    }
}

impl ArchivedStream {
    /// Adds this stream and its datapoints to the totals of a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.total_objects += 1;
        let downlink = self.downlink.as_ref().map_or(0, |downlink| downlink.count);
        progress.total_datapoints += self.data.count + downlink;
    }
}
