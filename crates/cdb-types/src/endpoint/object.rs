//! Calls about users, devices and streams.

use super::{Endpoint, Json, List, Method};
use crate::{
    DeviceInfo, DeviceKind, DevicePath, Kind, StreamInfo, StreamKind, UserInfo, UserKind, UserPath,
};

fn crud(path: &impl std::fmt::Display) -> String {
    format!("crud/{path}")
}

/// `GET crud/…`: what the server says of an object.
#[derive(Debug)]
pub struct Read<'a, K: Kind>(pub &'a K::Path);

impl<K: Kind> Endpoint for Read<'_, K> {
    type Body = ();
    type Answer = Json<K::Info>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = K::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }
}

/// `POST crud/…`: makes an object.
#[derive(Debug)]
pub struct Create<'a, K: Kind>(pub &'a K::Path, pub &'a K::Create);

impl<K: Kind> Endpoint for Create<'_, K> {
    type Body = K::Create;
    type Answer = Json<K::Info>;
    const METHOD: Method = Method::Post;
    const ROUTE: &'static str = K::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }

    fn body(&self) -> Option<&K::Create> {
        Some(self.1)
    }
}

/// `PUT crud/…`: changes what the update names, and nothing else.
#[derive(Debug)]
pub struct Write<'a, K: Kind>(pub &'a K::Path, pub &'a K::Update);

impl<K: Kind> Endpoint for Write<'_, K> {
    type Body = K::Update;
    type Answer = Json<K::Info>;
    const METHOD: Method = Method::Put;
    const ROUTE: &'static str = K::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }

    fn body(&self) -> Option<&K::Update> {
        Some(self.1)
    }
}

/// `DELETE crud/…`: deletes an object and all below it.
#[derive(Debug)]
pub struct Delete<'a, K: Kind>(pub &'a K::Path);

impl<K: Kind> Endpoint for Delete<'_, K> {
    type Body = ();
    type Answer = ();
    const METHOD: Method = Method::Delete;
    const ROUTE: &'static str = K::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }
}

fn list() -> Vec<(&'static str, String)> {
    vec![("q", "ls".to_owned())]
}

/// `GET crud/?q=ls`: all users that may be seen.
#[derive(Debug, Clone, Copy)]
pub struct ListUsers;

impl Endpoint for ListUsers {
    type Body = ();
    type Answer = List<UserInfo>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "crud/";

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user?q=ls`: a user's devices.
#[derive(Debug)]
pub struct ListDevices<'a>(pub &'a UserPath);

impl Endpoint for ListDevices<'_> {
    type Body = ();
    type Answer = List<DeviceInfo>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = UserKind::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user/device?q=ls`: a device's streams.
#[derive(Debug)]
pub struct ListStreams<'a>(pub &'a DevicePath);

impl Endpoint for ListStreams<'_> {
    type Body = ();
    type Answer = List<StreamInfo>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = DeviceKind::ROUTE;

    fn path(&self) -> String {
        crud(self.0)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user?q=streams`: the streams of all of a user's devices.
///
/// A filter that is set keeps only what it names; one that is not set keeps everything.
#[derive(Debug)]
pub struct ListUserStreams<'a> {
    /// Whose.
    pub user: &'a UserPath,
    /// Only those of public devices.
    pub public: bool,
    /// Only downlinks.
    pub downlink: bool,
    /// Only those of visible devices.
    pub visible: bool,
}

impl Endpoint for ListUserStreams<'_> {
    type Body = ();
    type Answer = List<StreamInfo>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = UserKind::ROUTE;

    fn path(&self) -> String {
        crud(self.user)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", "streams".to_owned()),
            ("public", self.public.to_string()),
            ("downlink", self.downlink.to_string()),
            ("visible", self.visible.to_string()),
        ]
    }
}

/// The route of a stream's data, below that of the stream.
pub(super) const DATA: &str = "crud/{user}/{device}/{stream}/data";

/// The path of a stream's data.
pub(super) fn data(stream: &<StreamKind as Kind>::Path) -> String {
    format!("crud/{stream}/data")
}
