//! Calls that read information about the server.

use super::{Endpoint, Json, List, Method};
use crate::UserPath;
use crate::meta::{Interpolators, Transforms};
use crate::session::{LoginRequest, OpenSession, SessionInfo};

/// The parameter of [`ListSessions`] and [`EndSession`] with the name of a user.
pub const SESSIONS_OF: &str = "user";

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

/// `POST login`: logs a browser in. The response sets the cookie of the session.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a>(pub &'a LoginRequest);

impl Endpoint for Login<'_> {
    type Body = LoginRequest;
    type Answer = ();
    const ROUTE: &'static str = "login";

    fn method(&self) -> Method {
        Method::Post
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&LoginRequest> {
        Some(self.0)
    }
}

/// `POST logout`: ends the session of the cookie. The response removes the cookie.
#[derive(Debug, Clone, Copy)]
pub struct Logout;

impl Endpoint for Logout {
    type Body = ();
    type Answer = ();
    const ROUTE: &'static str = "logout";

    fn method(&self) -> Method {
        Method::Post
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET session`: returns the caller, what it may do, and the limits of requests. It needs no login.
#[derive(Debug, Clone, Copy)]
pub struct ReadSession;

impl Endpoint for ReadSession {
    type Body = ();
    type Answer = Json<SessionInfo>;
    const ROUTE: &'static str = "session";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// `GET sessions`: returns the sessions of a user's devices, newest first, at most 1,000.
///
/// It is for those who may change the password of the user, which would end all of them.
#[derive(Debug, Clone, Copy)]
pub struct ListSessions<'a> {
    /// The user; `None` for that of the caller.
    pub user: Option<&'a UserPath>,
}

impl Endpoint for ListSessions<'_> {
    type Body = ();
    type Answer = List<OpenSession>;
    const ROUTE: &'static str = "sessions";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.user.map(|user| (SESSIONS_OF, user.to_string())).into_iter().collect()
    }
}

/// `DELETE sessions/{id}`: ends a session of a user's device, which may be that of the request.
#[derive(Debug, Clone, Copy)]
pub struct EndSession<'a> {
    /// The session: see [`OpenSession::id`].
    pub id: i64,
    /// The user; `None` for that of the caller.
    pub user: Option<&'a UserPath>,
}

impl Endpoint for EndSession<'_> {
    type Body = ();
    type Answer = ();
    const ROUTE: &'static str = "sessions/{id}";

    fn method(&self) -> Method {
        Method::Delete
    }

    fn path(&self) -> String {
        format!("{}/{}", ListSessions::ROUTE, self.id)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        ListSessions { user: self.user }.parameters()
    }
}

/// `GET backup`: returns a copy of the data file, with everything that the server stores. The response
/// is not JSON, and may be large: it is read as a stream.
#[derive(Debug, Clone, Copy)]
pub struct Backup;

impl Endpoint for Backup {
    type Body = ();
    type Answer = ();
    const ROUTE: &'static str = "backup";

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}
