//! What an archive holds. All of it is looked at, so that nothing is changed before it is known to
//! be right.

use std::path::{Path, PathBuf};

use cdb_types::{DeviceInfo, Name, StreamInfo, UserInfo};

use crate::error::At;
use crate::read::{DataReader, directories, object, read_version};
use crate::{
    ArchiveError, ArchiveProblem, DATA, DEVICE, DOWNLINK, PasswordHash, Progress, STREAM, USER,
    Version,
};

type Result<T> = std::result::Result<T, ArchiveError>;

/// The device that holds the user's log, which the server writes by itself.
const META_DEVICE: &str = "meta";

/// A user in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedUser {
    /// Its name: that of its directory.
    pub name: Name,
    /// Its directory.
    pub path: PathBuf,
    /// What the archive says of it.
    pub info: UserInfo,
    /// What its password is compared with; in archives of version 2.
    pub password: Option<PasswordHash>,
    /// Its devices, by name.
    pub devices: Vec<ArchivedDevice>,
}

/// A device in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedDevice {
    /// Its name: that of its directory, or what it says if it was exported alone.
    pub name: Name,
    /// Its directory.
    pub path: PathBuf,
    /// What the archive says of it.
    pub info: DeviceInfo,
    /// Its streams, by name.
    pub streams: Vec<ArchivedStream>,
}

/// A stream in an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedStream {
    /// Its name: that of its directory, or what it says if it was exported alone.
    pub name: Name,
    /// Its directory.
    pub path: PathBuf,
    /// What the archive says of it.
    pub info: StreamInfo,
    /// Its datapoints.
    pub data: ArchivedData,
    /// What others have asked for, if it is a downlink.
    pub downlink: Option<ArchivedData>,
}

/// A file with datapoints, whole and in order.
#[derive(Debug)]
#[non_exhaustive]
pub struct ArchivedData {
    /// Where it is.
    pub path: PathBuf,
    /// How many datapoints it holds.
    pub count: u64,
}

/// All users of an archive.
///
/// # Errors
/// When anything in it is not as it should be: that, and where.
pub fn read_users(directory: &Path) -> Result<Vec<ArchivedUser>> {
    let version = read_version(directory)?;
    let users = directories(directory, USER)?;
    if users.is_empty() {
        return Err(ArchiveError::new(directory, ArchiveProblem::Foreign("it holds no users")));
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

/// A device that was exported alone.
///
/// # Errors
/// When anything in it is not as it should be: that, and where.
pub fn read_device(directory: &Path) -> Result<ArchivedDevice> {
    let file = directory.join(DEVICE);
    let info: DeviceInfo = object(&file)?;
    device(named(&file, info.name.as_deref())?, directory.to_owned())
}

/// A stream that was exported alone.
///
/// # Errors
/// When anything in it is not as it should be: that, and where.
pub fn read_stream(directory: &Path) -> Result<ArchivedStream> {
    let file = directory.join(STREAM);
    let info: StreamInfo = object(&file)?;
    stream(named(&file, Some(&info.name))?, directory.to_owned())
}

/// The name that something says it has.
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

/// Reads all of a file with datapoints, to see whether it is right.
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
    /// Adds what is to be done to a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.of_objects += 1;
        self.devices.iter().for_each(|device| device.count(progress));
    }
}

impl ArchivedDevice {
    /// Whether it is the device of every user whose streams the server writes by itself.
    #[must_use]
    pub fn is_meta(&self) -> bool {
        self.name == META_DEVICE
    }

    /// Adds what is to be done to a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.of_objects += 1;
        self.streams.iter().for_each(|stream| stream.count(progress));
    }
}

impl ArchivedStream {
    /// Adds what is to be done to a progress.
    pub fn count(&self, progress: &mut Progress) {
        progress.of_objects += 1;
        let downlink = self.downlink.as_ref().map_or(0, |downlink| downlink.count);
        progress.of_datapoints += self.data.count + downlink;
    }
}
