//! Users.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use cdb_http::Credentials;
use cdb_types::endpoint::{ListDevices, ListUserStreams};
use cdb_types::{DeviceCreate, UserCreate, UserInfo, UserKind, UserUpdate};

use crate::connectordb::listed_name;
use crate::object::{Handle, getters, object_methods, setters};
use crate::stream::check_schema;
use crate::{Device, Result, Stream};

/// A user: owns devices, which own streams.
#[derive(Debug, Clone)]
pub struct User(pub(crate) Handle<UserKind>);

object_methods!(User, UserKind, "user");

impl User {
    /// Makes the user, with all the devices and streams that are named: all of it or nothing.
    ///
    /// # Errors
    /// When a schema is none (then nothing is sent), or the server refuses.
    pub async fn create(&self, mut create: UserCreate) -> Result<UserInfo> {
        for device in create.devices.values_mut() {
            // The original server hides and disables what is made with a user, unless told not to.
            device.enabled.get_or_insert(true);
            device.visible.get_or_insert(true);
            device.user_editable.get_or_insert(true);
        }
        let nested =
            create.devices.values().flat_map(|device: &DeviceCreate| device.streams.values());
        for stream in create.streams.values().chain(nested) {
            check_schema(stream)?;
        }
        self.0.create(&create).await
    }

    /// Its devices that may be seen, oldest first.
    ///
    /// # Errors
    /// When there is no such user, or its devices may not be listed.
    pub async fn devices(&self) -> Result<Vec<Device>> {
        let devices = self.0.session().call(&ListDevices(self.path())).await?.0;
        let handle = |info: cdb_types::DeviceInfo| {
            let path = self.path().device(listed_name(info.name.as_deref())?);
            Ok(Device(Handle::with_info(self.0.connection.clone(), path, info)))
        };
        devices.into_iter().map(handle).collect()
    }

    /// The streams of all its devices: awaited, a list. Streams of hidden devices are left out
    /// unless [`visible(false)`](ListStreams::visible) is asked for.
    pub fn streams(&self) -> ListStreams<'_> {
        ListStreams { user: self, public: false, downlink: false, visible: true }
    }

    /// One of its devices. Nothing is sent.
    ///
    /// # Errors
    /// When the text is not a name.
    pub fn device(&self, name: &str) -> Result<Device> {
        let path = format!("{}/{name}", self.path()).parse()?;
        Ok(Device(Handle::new(self.0.connection.clone(), path)))
    }

    getters! {
        /// The name for people; `None` if it may not be read.
        nickname: Option<String>;
        /// The description; `None` if it may not be read.
        description: Option<String>;
        /// The icon; `None` if it may not be read.
        icon: Option<String>;
        /// The e-mail address; `None` if it may not be read.
        email: Option<String>;
        /// The user role, such as `user` or `admin`; `None` if it may not be read.
        role: Option<String>;
        /// Whether other users may see it; `None` if that may not be read.
        public: Option<bool>;
    }

    setters! {
        UserUpdate;
        /// Changes the e-mail address.
        set_email: email(String);
        /// Changes the user role.
        set_role: role(String);
        /// Changes whether other users may see it.
        set_public: public(bool);
    }

    /// Changes the password. API keys stay as they are. A connection that uses the password goes on
    /// with the new one.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_password(&self, password: &str) -> Result<()> {
        let update = UserUpdate::new().password(password);
        if !self.0.connection.uses_password_of(self.path()) {
            return self.set(update).await.map(drop);
        }
        let name = self.path().to_string();
        let new = |_: &UserInfo| Some(Credentials::password(name, password));
        self.0.set_login(&update, new).await.map(drop)
    }
}

/// Lists a user's streams when awaited; see [`User::streams`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListStreams<'a> {
    user: &'a User,
    public: bool,
    downlink: bool,
    visible: bool,
}

impl ListStreams<'_> {
    /// Whether to list streams of public devices only. Not, unless said.
    pub fn public(mut self, only: bool) -> Self {
        self.public = only;
        self
    }

    /// Whether to list downlinks only. Not, unless said.
    pub fn downlink(mut self, only: bool) -> Self {
        self.downlink = only;
        self
    }

    /// Whether to list streams of visible devices only. So it is, unless said otherwise.
    pub fn visible(mut self, only: bool) -> Self {
        self.visible = only;
        self
    }

    async fn list(self) -> Result<Vec<Stream>> {
        let Self { user, public, downlink, visible } = self;
        let list = ListUserStreams { user: user.path(), public, downlink, visible };
        let streams = user.0.session().call(&list).await?.0;
        let handle = |info: cdb_types::StreamInfo| {
            let device = user.path().device(listed_name(info.device.as_deref())?);
            let path = device.stream(listed_name(Some(&info.name))?);
            Ok(Stream(Handle::with_info(user.0.connection.clone(), path, info)))
        };
        streams.into_iter().map(handle).collect()
    }
}

impl<'a> IntoFuture for ListStreams<'a> {
    type Output = Result<Vec<Stream>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.list())
    }
}
