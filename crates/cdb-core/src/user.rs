//! Users.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use cdb_http::Credentials;
use cdb_types::endpoint::{ListDevices, ListUserStreams};
use cdb_types::{DeviceCreate, UserCreate, UserInfo, UserKind, UserPath, UserUpdate};

use crate::connectordb::listed_name;
use crate::object::{Handle, getters, object_methods, setters};
use crate::stream::check_schema;
use crate::{Device, Result, Stream};

/// A user, who owns devices, which own streams.
#[derive(Debug, Clone)]
pub struct User(pub(crate) Handle<UserKind>);

object_methods!(User, "user", UserPath, UserInfo, UserUpdate);

impl User {
    /// Creates the user with all devices and streams in `create`. Either everything is created or
    /// nothing.
    ///
    /// # Errors
    /// Returns an error if a schema is not valid (with the feature `schema`, nothing is sent then),
    /// the server refuses the call, or it cannot be reached.
    pub async fn create(&self, mut create: UserCreate) -> Result<UserInfo> {
        for device in create.devices.values_mut() {
            // The original server disables and hides the devices that are created with a user
            // unless the request says otherwise.
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

    /// Lists the devices of the user that may be seen, oldest first.
    ///
    /// # Errors
    /// Returns an error if the user does not exist, or its devices may not be listed.
    pub async fn devices(&self) -> Result<Vec<Device>> {
        let devices = self.0.session().call(&ListDevices(self.path())).await?.0;
        let handle = |info: cdb_types::DeviceInfo| {
            let path = self.path().device(listed_name(info.name.as_deref())?);
            Ok(Device(Handle::with_info(self.0.connection.clone(), path, info)))
        };
        devices.into_iter().map(handle).collect()
    }

    /// Lists the streams of all devices of the user when awaited. Streams of hidden devices are
    /// left out unless [`visible(false)`](ListStreams::visible) is called.
    pub fn streams(&self) -> ListStreams<'_> {
        ListStreams { user: self, public: false, downlink: false, visible: true }
    }

    /// Returns a handle to the device of this name. Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid name.
    pub fn device(&self, name: &str) -> Result<Device> {
        let path = format!("{}/{name}", self.path()).parse()?;
        Ok(Device(Handle::new(self.0.connection.clone(), path)))
    }

    getters! {
        /// Returns the nickname, which is shown to people instead of the name; `None` if it may
        /// not be read.
        nickname: Option<String>;
        /// Returns the description; `None` if it may not be read.
        description: Option<String>;
        /// Returns the icon; `None` if it may not be read.
        icon: Option<String>;
        /// Returns the e-mail address; `None` if it may not be read.
        email: Option<String>;
        /// Returns the user role, such as `user` or `admin`; `None` if it may not be read.
        role: Option<String>;
        /// Returns whether other users may see this user; `None` if that may not be read.
        public: Option<bool>;
    }

    setters! {
        UserUpdate;
        /// Changes the e-mail address.
        set_email: email(String);
        /// Changes the user role.
        set_role: role(String);
        /// Changes whether other users may see this user.
        set_public: public(bool);
    }

    /// Changes the password. API keys do not change. If this connection logs in with the password,
    /// it uses the new one from now on.
    ///
    /// # Errors
    /// Returns the same errors as [`set`](Self::set).
    ///
    /// # Cancel safety
    /// If the future is dropped, the server may have changed the password while the connection
    /// still uses the old one.
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
    /// Sets whether only streams of public devices are listed; the default is `false`.
    pub fn public(mut self, only: bool) -> Self {
        self.public = only;
        self
    }

    /// Sets whether only streams with a downlink are listed; the default is `false`.
    pub fn downlink(mut self, only: bool) -> Self {
        self.downlink = only;
        self
    }

    /// Sets whether only streams of visible devices are listed; the default is `true`.
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
