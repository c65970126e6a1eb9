//! What an archive holds: all of it is looked at before anything is sent.

use std::path::{Path, PathBuf};

use cdb_types::{DeviceInfo, Name, StreamInfo, UserInfo};

use super::file::{self, Data};
use super::{ArchiveError, DATA, DEVICE, DOWNLINK, Progress, STREAM, USER};
use crate::{Error, Result};

/// Devices that every user has.
pub(super) const OWN_DEVICE: &str = "user";
pub(super) const META_DEVICE: &str = "meta";

#[derive(Debug)]
pub(super) struct UserPlan {
    pub(super) name: Name,
    pub(super) info: UserInfo,
    pub(super) devices: Vec<DevicePlan>,
}

#[derive(Debug)]
pub(super) struct DevicePlan {
    pub(super) name: Name,
    pub(super) info: DeviceInfo,
    pub(super) streams: Vec<StreamPlan>,
}

#[derive(Debug)]
pub(super) struct StreamPlan {
    pub(super) name: Name,
    pub(super) info: StreamInfo,
    pub(super) data: DataPlan,
    /// If there is any.
    pub(super) downlink: Option<DataPlan>,
}

/// A file with datapoints, whole and in order.
#[derive(Debug)]
pub(super) struct DataPlan {
    pub(super) path: PathBuf,
    pub(super) count: u64,
}

/// All users of an archive.
pub(super) fn users(directory: &Path) -> Result<Vec<UserPlan>> {
    file::version(directory)?;
    let users = file::directories(directory, USER)?;
    if users.is_empty() {
        return Err(Error::archive(directory, ArchiveError::Foreign("it holds no users")));
    }
    let plan = |(name, path): (Name, PathBuf)| {
        let devices = file::directories(&path, DEVICE)?;
        let devices = devices.into_iter().map(|(name, path)| device(name, &path));
        let devices = devices.collect::<Result<_>>()?;
        Ok(UserPlan { name, info: file::object(&path.join(USER))?, devices })
    };
    users.into_iter().map(plan).collect()
}

pub(super) fn device(name: Name, path: &Path) -> Result<DevicePlan> {
    let streams = file::directories(path, STREAM)?;
    let streams = streams.into_iter().map(|(name, path)| stream(name, &path));
    let streams = streams.collect::<Result<_>>()?;
    Ok(DevicePlan { name, info: file::object(&path.join(DEVICE))?, streams })
}

pub(super) fn stream(name: Name, path: &Path) -> Result<StreamPlan> {
    let info: StreamInfo = file::object(&path.join(STREAM))?;
    let downlink = path.join(DOWNLINK);
    let has_downlink = info.downlink && downlink.symlink_metadata().is_ok();
    let downlink = has_downlink.then(|| data(downlink)).transpose()?;
    Ok(StreamPlan { name, info, data: data(path.join(DATA))?, downlink })
}

/// Reads all of a file with datapoints, to see whether it is right.
fn data(path: PathBuf) -> Result<DataPlan> {
    let (mut count, mut last) = (0, None);
    let mut data = Data::open(&path)?;
    while let Some((datapoints, _)) = data.next()? {
        for datapoint in datapoints {
            if last.is_some_and(|last| datapoint.t < last) {
                return Err(Error::archive(&path, ArchiveError::Order(count)));
            }
            last = Some(datapoint.t);
            count += 1;
        }
    }
    Ok(DataPlan { path, count })
}

impl UserPlan {
    pub(super) fn count(&self, progress: &mut Progress) {
        progress.of_objects += 1;
        self.devices.iter().for_each(|device| device.count(progress));
    }
}

impl DevicePlan {
    /// Whether there is nothing to import: the server makes it, and writes it, by itself.
    pub(super) fn is_meta(&self) -> bool {
        self.name.as_str() == META_DEVICE
    }

    pub(super) fn count(&self, progress: &mut Progress) {
        if !self.is_meta() {
            progress.of_objects += 1;
            self.streams.iter().for_each(|stream| stream.count(progress));
        }
    }
}

impl StreamPlan {
    pub(super) fn count(&self, progress: &mut Progress) {
        progress.of_objects += 1;
        let downlink = self.downlink.as_ref().map_or(0, |downlink| downlink.count);
        progress.of_datapoints += self.data.count + downlink;
    }
}
