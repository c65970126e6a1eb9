//! Calls about the server itself.

use super::{Endpoint, Json, Method};
use crate::meta::{Interpolators, Transforms};

/// `GET ?q=this`: who is asking, as a path (`user/device`, or `nobody`).
#[derive(Debug, Clone, Copy)]
pub struct Ping;

impl Endpoint for Ping {
    type Body = ();
    type Answer = String;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "";

    fn path(&self) -> String {
        String::new()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("q", "this".to_owned())]
    }
}

/// What [`Count`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Users.
    Users,
    /// Devices, `user` and `meta` included.
    Devices,
    /// Streams, the `meta/log` ones included.
    Streams,
}

/// `GET ?q=countusers`, `countdevices` or `countstreams`: how many there are on the server.
#[derive(Debug, Clone, Copy)]
pub struct Count(pub Counted);

impl Endpoint for Count {
    type Body = ();
    type Answer = u64;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "";

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

/// `GET meta/version`: the protocol's version.
#[derive(Debug, Clone, Copy)]
pub struct Version;

impl Endpoint for Version {
    type Body = ();
    type Answer = String;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "meta/version";

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET meta/transforms`: what the server's PipeScript can do.
#[derive(Debug, Clone, Copy)]
pub struct ListTransforms;

impl Endpoint for ListTransforms {
    type Body = ();
    type Answer = Json<Transforms>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "meta/transforms";

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET meta/interpolators`: how the server finds values between datapoints.
#[derive(Debug, Clone, Copy)]
pub struct ListInterpolators;

impl Endpoint for ListInterpolators {
    type Body = ();
    type Answer = Json<Interpolators>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = "meta/interpolators";

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}
