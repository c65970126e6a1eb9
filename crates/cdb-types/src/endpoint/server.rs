//! Calls that read information about the server.

use super::{Endpoint, Json, Method};
use crate::meta::{Interpolators, Transforms};

/// `GET ?q=this`: returns the path of the device as which the caller is logged in (`user/device`),
/// or `nobody` if the caller sends no credentials.
#[derive(Debug, Clone, Copy)]
pub struct Ping;

impl Endpoint for Ping {
    type Body = ();
    type Answer = String;
    const ROUTE: &'static str = "";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        String::new()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("q", "this".to_owned())]
    }
}

/// The kind of objects that [`Count`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Users.
    Users,
    /// Devices, including the devices `user` and `meta` of each user.
    Devices,
    /// Streams, including the stream `meta/log` of each user.
    Streams,
}

/// `GET ?q=countusers`, `countdevices` or `countstreams`: returns the number of such objects on the
/// server.
#[derive(Debug, Clone, Copy)]
pub struct Count(pub Counted);

impl Endpoint for Count {
    type Body = ();
    type Answer = u64;
    const ROUTE: &'static str = "";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        String::new()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let counted = match self.0 {
            Counted::Users => "countusers",
            Counted::Devices => "countdevices",
            Counted::Streams => "countstreams",
        };
        vec![("q", counted.to_owned())]
    }
}

/// `GET meta/version`: returns the version of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct Version;

impl Endpoint for Version {
    type Body = ();
    type Answer = String;
    const ROUTE: &'static str = "meta/version";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET meta/transforms`: returns the transforms of the server's PipeScript.
#[derive(Debug, Clone, Copy)]
pub struct ListTransforms;

impl Endpoint for ListTransforms {
    type Body = ();
    type Answer = Json<Transforms>;
    const ROUTE: &'static str = "meta/transforms";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET meta/interpolators`: returns the server's interpolators.
#[derive(Debug, Clone, Copy)]
pub struct ListInterpolators;

impl Endpoint for ListInterpolators {
    type Body = ();
    type Answer = Json<Interpolators>;
    const ROUTE: &'static str = "meta/interpolators";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}
