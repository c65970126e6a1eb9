//! Calls that read, create, change and delete users, devices and streams.

use super::{Endpoint, Json, List, Method};
use crate::{
    DeviceInfo, DeviceKind, DevicePath, Kind, StreamInfo, StreamKind, UserInfo, UserKind, UserPath,
};

fn crud(path: &impl std::fmt::Display) -> String {
    format!("crud/{path}")
}

/// `GET crud/…`: returns the description of an object.
#[derive(Debug)]
pub struct Read<'a, K: Kind>(pub &'a K::Path);

impl<K: Kind> Endpoint for Read<'_, K> {
    type Body = ();
    type Answer = Json<K::Info>;
    const ROUTE: &'static str = K::ROUTE;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        crud(self.0)
    }
}

/// `POST crud/…`: creates an object, and returns its description.
#[derive(Debug)]
pub struct Create<'a, K: Kind>(pub &'a K::Path, pub &'a K::Create);

impl<K: Kind> Endpoint for Create<'_, K> {
    type Body = K::Create;
    type Answer = Json<K::Info>;
    const ROUTE: &'static str = K::ROUTE;

    fn method(&self) -> Method {
        Method::Post
    }

    fn path(&self) -> String {
        crud(self.0)
    }

    fn body(&self) -> Option<&K::Create> {
        Some(self.1)
    }
}

/// `PUT crud/…`: changes the fields of an object that the update contains, and returns the new
/// description.
#[derive(Debug)]
pub struct Write<'a, K: Kind>(pub &'a K::Path, pub &'a K::Update);

impl<K: Kind> Endpoint for Write<'_, K> {
    type Body = K::Update;
    type Answer = Json<K::Info>;
    const ROUTE: &'static str = K::ROUTE;

    fn method(&self) -> Method {
        Method::Put
    }

    fn path(&self) -> String {
        crud(self.0)
    }

    fn body(&self) -> Option<&K::Update> {
        Some(self.1)
    }
}

/// `DELETE crud/…`: deletes an object and everything below it.
#[derive(Debug)]
pub struct Delete<'a, K: Kind>(pub &'a K::Path);

impl<K: Kind> Endpoint for Delete<'_, K> {
    type Body = ();
    type Answer = ();
    const ROUTE: &'static str = K::ROUTE;

    fn method(&self) -> Method {
        Method::Delete
    }

    fn path(&self) -> String {
        crud(self.0)
    }
}

/// The URL parameters of a list.
fn list() -> Vec<(&'static str, String)> {
    vec![("q", "ls".to_owned())]
}

/// `GET crud/?q=ls`: returns all users that the caller may see.
#[derive(Debug, Clone, Copy)]
pub struct ListUsers;

impl Endpoint for ListUsers {
    type Body = ();
    type Answer = List<UserInfo>;
    const ROUTE: &'static str = "crud/";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user?q=ls`: returns the devices of a user.
#[derive(Debug)]
pub struct ListDevices<'a>(pub &'a UserPath);

impl Endpoint for ListDevices<'_> {
    type Body = ();
    type Answer = List<DeviceInfo>;
    const ROUTE: &'static str = UserKind::ROUTE;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        crud(self.0)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user/device?q=ls`: returns the streams of a device.
#[derive(Debug)]
pub struct ListStreams<'a>(pub &'a DevicePath);

impl Endpoint for ListStreams<'_> {
    type Body = ();
    type Answer = List<StreamInfo>;
    const ROUTE: &'static str = DeviceKind::ROUTE;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        crud(self.0)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        list()
    }
}

/// `GET crud/user?q=streams`: returns the streams of all devices of a user.
///
/// Each filter that is true restricts the list; a filter that is false does not.
#[derive(Debug)]
pub struct ListUserStreams<'a> {
    /// The user.
    pub user: &'a UserPath,
    /// Whether to return only streams of public devices.
    pub public: bool,
    /// Whether to return only streams that have a downlink.
    pub downlink: bool,
    /// Whether to return only streams of visible devices.
    pub visible: bool,
}

impl Endpoint for ListUserStreams<'_> {
    type Body = ();
    type Answer = List<StreamInfo>;
    const ROUTE: &'static str = UserKind::ROUTE;

    fn method(&self) -> Method {
        Method::Get
    }

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

/// The route of a stream's data.
pub(super) const DATA: &str = "crud/{user}/{device}/{stream}/data";

/// Returns the path of a stream's data.
pub(super) fn data(stream: &<StreamKind as Kind>::Path) -> String {
    format!("crud/{stream}/data")
}
