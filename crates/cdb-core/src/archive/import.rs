//! Imports: reading archives into a server.

use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use cdb_archive::{
    ArchiveError, ArchiveProblem, ArchivedData, ArchivedDatapoint, ArchivedDevice, ArchivedStream,
    ArchivedUser, DataReader, Progress, Reporter, read_device, read_stream, read_users,
};
use cdb_http::{Credentials, ProtocolError};
use cdb_types::{
    ApiKey, DeviceCreate, DeviceInfo, DeviceUpdate, ErrorKind, ObjectPath, StreamCreate,
    StreamInfo, StreamUpdate, UserCreate, UserInfo, is_same_value,
};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::connection::Connection;
use crate::connection::USER_DEVICE;
use crate::object::Handle;
use crate::{ConnectorDb, Device, Error, Result, Stream, User};

/// The number of datapoints that are sent in one request.
const BATCH_POINTS: usize = 5_000;

/// The e-mail address that the first administrator of a server gets by default.
const DEFAULT_ADMIN_EMAIL: &str = "root@localhost";

/// Imports an archive when awaited, and returns how much was imported; made by
/// [`ConnectorDb::import_users`], [`User::import_device`] and [`Device::import_stream`].
///
/// # Cancel safety
/// If the future is dropped, what was imported so far stays on the server. An import with
/// [`resume(true)`](Self::resume) continues from there.
#[must_use = "nothing is imported until it is awaited"]
pub struct Import<'a> {
    target: Target,
    directory: PathBuf,
    resume: bool,
    new_keys: bool,
    passwords_are_names: bool,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

/// Where the archive is imported to.
enum Target {
    Server(ConnectorDb),
    User(User),
    Device(Device),
}

impl<'a> Import<'a> {
    fn new(target: Target, directory: impl AsRef<Path>) -> Self {
        let directory = directory.as_ref().to_owned();
        Self {
            target,
            directory,
            resume: false,
            new_keys: false,
            passwords_are_names: false,
            call: None,
        }
    }

    /// Sets whether to continue an import that stopped part-way; the default is `false`.
    ///
    /// If `true`, users and devices that exist are not changed, except for the device `user` of
    /// each user. The import appends to a stream that exists the datapoints after those that it has;
    /// its last datapoint must equal the datapoint at the same index in the archive. If `false`, the
    /// import fails at the first object that exists already.
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Sets whether devices get new API keys; the default is `false`, which keeps the keys of the
    /// archive. New keys are needed if the exported devices remain in use.
    pub fn new_keys(mut self, new_keys: bool) -> Self {
        self.new_keys = new_keys;
        self
    }

    /// Sets whether each user gets its name as its password, as with the Python client; the default
    /// is `false`. If `true`, anyone can log in as an imported user. If `false`, users get a random
    /// password that is not kept, so they cannot log in with a password until an administrator has
    /// set one.
    pub fn passwords_are_names(mut self, passwords_are_names: bool) -> Self {
        self.passwords_are_names = passwords_are_names;
        self
    }

    /// Sets a function that is called with the [`Progress`] after each change of it.
    pub fn on_progress(mut self, call: impl FnMut(Progress) + Send + 'a) -> Self {
        self.call = Some(Box::new(call));
        self
    }

    async fn run(self) -> Result<Progress> {
        let Self { target, directory, resume, new_keys, passwords_are_names, call } = self;
        let reporter = Reporter::new(call);
        let mut importer =
            Importer { resume, new_keys, passwords_are_names, reporter, imported: Vec::new() };
        match &target {
            Target::Server(cdb) => {
                let mut users = read_users(&directory)?;
                for user in &mut users {
                    user.devices.retain(|device| !device.is_meta());
                }
                importer
                    .reporter
                    .update(|progress| users.iter().for_each(|user| user.count(progress)));
                for user in &users {
                    importer.user(cdb, user).await?;
                }
            }
            Target::User(user) => {
                let device = read_device(&directory)?;
                // The server creates and fills the device `meta` of each user itself.
                if device.is_meta() {
                    return Ok(importer.reporter.progress());
                }
                importer.reporter.update(|progress| device.count(progress));
                importer.device(user, &device).await?;
            }
            Target::Device(device) => {
                let stream = read_stream(&directory)?;
                importer.reporter.update(|progress| stream.count(progress));
                let owner = owner(device).await?;
                importer.stream(device, &owner, &stream).await?;
            }
        }
        Ok(importer.reporter.progress())
    }
}

/// A running import.
struct Importer<'a> {
    resume: bool,
    new_keys: bool,
    passwords_are_names: bool,
    reporter: Reporter<'a>,
    /// The objects that were imported completely.
    imported: Vec<ObjectPath>,
}

impl Importer<'_> {
    async fn user(&mut self, cdb: &ConnectorDb, archived: &ArchivedUser) -> Result<()> {
        let user = cdb.user_at(archived.name.as_str())?;
        let path = ObjectPath::User(user.path().clone());
        let created = async {
            if !check_exists(user.exists().await?, self.resume, &path)? {
                create(&user, user_create(archived, self.passwords_are_names)).await?;
            }
            Ok(())
        };
        self.record(created.await, path)?;
        for device in &archived.devices {
            self.device(&user, device).await?;
        }
        Ok(())
    }

    async fn device(&mut self, user: &User, archived: &ArchivedDevice) -> Result<()> {
        let device = user.device(archived.name.as_str())?;
        let path = ObjectPath::Device(device.path().clone());
        let created = async {
            if archived.name.as_str() == USER_DEVICE {
                update_user_device(&device, &archived.info, self.new_keys).await?;
            } else if !check_exists(device.exists().await?, self.resume, &path)? {
                device.create(device_create(&archived.info, self.new_keys)).await?;
            }
            owner(&device).await
        };
        let created = created.await;
        let owner = self.record(created, path)?;
        for stream in &archived.streams {
            self.stream(&device, &owner, stream).await?;
        }
        Ok(())
    }

    async fn stream(
        &mut self,
        device: &Device,
        owner: &Connection,
        archived: &ArchivedStream,
    ) -> Result<()> {
        let stream = device.stream(archived.name.as_str())?;
        let path = ObjectPath::Stream(stream.path().clone());
        let writer = Stream(Handle::new(owner.clone(), stream.path().clone()));
        let imported = async {
            let (mut stored_data, mut stored_requests) = (0, 0);
            if check_exists(stream.exists().await?, self.resume, &path)? {
                stored_data = stream.len().await?;
                stored_requests = stream.length(true).await?;
            } else {
                // The schema is set after the data, because datapoints that were inserted before a
                // change of the schema may not match the last one.
                stream.create(StreamCreate::new()).await?;
            }
            self.data(&stream, &writer, false, &archived.data, stored_data).await?;
            if let Some(downlink) = &archived.downlink {
                if !stream.downlink().await? {
                    stream.set_downlink(true).await?;
                }
                self.data(&stream, &stream, true, downlink, stored_requests).await?;
            }
            stream.set(stream_update(&archived.info)).await
        };
        let imported = imported.await;
        self.record(imported, path).map(drop)
    }

    /// Inserts the datapoints of a file after the first `stored`, which the stream has already.
    async fn data(
        &mut self,
        stream: &Stream,
        writer: &Stream,
        downlink: bool,
        archived: &ArchivedData,
        stored: u64,
    ) -> Result<()> {
        let different = || ArchiveError::new(&archived.path, ArchiveProblem::Different);
        if stored > archived.count {
            return Err(different().into());
        }
        let mut data = DataReader::open(&archived.path)?;
        let (mut index, mut batch) = (0, Vec::<ArchivedDatapoint>::new());
        loop {
            let next = data.read()?;
            let is_finished = next.is_none();
            if let Some((datapoints, bytes)) = next {
                self.reporter.data(0, bytes);
                for datapoint in datapoints {
                    index += 1;
                    if index > stored {
                        batch.push(ArchivedDatapoint { o: None, ..datapoint });
                    } else if index == stored && !is_last(stream, downlink, &datapoint).await? {
                        return Err(different().into());
                    }
                }
            }
            if batch.len() >= BATCH_POINTS || (is_finished && !batch.is_empty()) {
                writer.insert_array(&batch).downlink(downlink).await?;
                let count = batch.len() as u64;
                self.reporter.data(count, 0);
                batch.clear();
            }
            if is_finished {
                self.reporter.data(stored, 0);
                return Ok(());
            }
        }
    }

    /// Records an object as imported, or adds to its error what was imported before.
    fn record<T>(&mut self, result: Result<T>, path: ObjectPath) -> Result<T> {
        match result {
            Ok(value) => {
                self.imported.push(path);
                self.reporter.object();
                Ok(value)
            }
            Err(error) => Err(Error::Import {
                imported: std::mem::take(&mut self.imported),
                failed: path,
                error: Box::new(error),
            }),
        }
    }
}

/// Gives the device `user`, which the server created with its user, the properties in the archive.
async fn update_user_device(device: &Device, info: &DeviceInfo, new_key: bool) -> Result<()> {
    let create = device_create(info, new_key);
    let mut update = DeviceUpdate::new();
    update.nickname = create.nickname;
    update.description = create.description;
    update.icon = create.icon;
    update.enabled = create.enabled;
    update.public = create.public;
    update.role = create.role;
    update.visible = create.visible;
    update.user_editable = create.user_editable;
    update.apikey = create.apikey;
    // The change may replace the API key that this connection logs in with.
    if device.path() == device.0.connection.device() {
        let key = |info: &DeviceInfo| info.apikey.clone().map(Credentials::ApiKey);
        return device.0.set_login(&update, key).await.map(drop);
    }
    device.set(update).await.map(drop)
}

/// Returns a connection that is logged in as the device: only the owner of a stream may insert data
/// into it.
async fn owner(device: &Device) -> Result<Connection> {
    let connection = &device.0.connection;
    if device.path() == connection.device() {
        return Ok(connection.clone());
    }
    let key = device.refresh().await?.apikey;
    let key = key.filter(|key: &ApiKey| !key.expose().is_empty());
    let key = key.ok_or(ProtocolError::Missing("apikey")).map_err(cdb_http::Error::from)?;
    Ok(connection.of_device(key, device.path().clone()))
}

/// Returns whether an object exists, or an error if it does and the import is not a resumed one.
fn check_exists(exists: bool, resume: bool, path: &ObjectPath) -> Result<bool> {
    if exists && !resume {
        return Err(Error::Exists(path.clone()));
    }
    Ok(exists)
}

/// Returns `true` if the last datapoint of a stream, or of its downlink, is the expected one.
async fn is_last(stream: &Stream, downlink: bool, expected: &ArchivedDatapoint) -> Result<bool> {
    let query = stream.typed::<Box<RawValue>>().query().i1(-1);
    let query = if downlink { query.downlink() } else { query };
    let value = |dp: &ArchivedDatapoint| serde_json::from_str::<Value>(dp.d.get());
    let last = query.await?;
    let is_expected = |last: &ArchivedDatapoint| match (value(last), value(expected)) {
        (Ok(last_value), Ok(value)) => last.t == expected.t && is_same_value(&last_value, &value),
        _ => false,
    };
    Ok(last.first().is_some_and(is_expected))
}

/// Creates a user. The first administrator of every server has the same e-mail address by default.
/// If another user has that address already, the new user gets `<name>@localhost`.
async fn create(user: &User, mut create: UserCreate) -> Result<()> {
    match user.create(create.clone()).await {
        Err(error)
            if error.kind() == Some(ErrorKind::Exists)
                && create.email.as_deref() == Some(DEFAULT_ADMIN_EMAIL) =>
        {
            create.email = Some(format!("{}@localhost", user.name()));
            user.create(create).await.map(drop)
        }
        created => created.map(drop),
    }
}

/// The request that creates a user. It has a password, because a client cannot set the hash that is
/// in the archive.
fn user_create(archived: &ArchivedUser, password_is_name: bool) -> UserCreate {
    let UserInfo { email, nickname, description, icon, role, public, .. } = archived.info.clone();
    let password = match password_is_name {
        true => archived.name.as_str().to_owned(),
        // A random password that is not kept anywhere.
        false => format!("{}{}", Uuid::new_v4(), Uuid::new_v4()),
    };
    let mut create = UserCreate::new(email.unwrap_or_default(), password);
    create.nickname = nickname;
    create.description = description;
    create.icon = icon;
    create.role = role;
    create.public = public;
    create
}

fn device_create(info: &DeviceInfo, new_key: bool) -> DeviceCreate {
    let mut create = DeviceCreate::from(info.clone());
    create.apikey = create.apikey.filter(|key| !new_key && !key.expose().is_empty());
    create
}

fn stream_update(info: &StreamInfo) -> StreamUpdate {
    StreamUpdate::new()
        .nickname(&info.nickname)
        .description(&info.description)
        .icon(&info.icon)
        .datatype(&info.datatype)
        .ephemeral(info.ephemeral)
        .downlink(info.downlink)
        .schema(info.schema.clone())
}

impl<'a> IntoFuture for Import<'a> {
    type Output = Result<Progress>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import")
            .field("directory", &self.directory)
            .field("resume", &self.resume)
            .field("new_keys", &self.new_keys)
            .finish_non_exhaustive()
    }
}

impl ConnectorDb {
    /// Imports all users of an archive with their devices, streams and data. Awaited, returns how
    /// much was imported. Usually only administrators may import users.
    ///
    /// - The whole archive is read and checked before anything is sent.
    /// - Users cannot log in with a password until an administrator has set one; see
    ///   [`Import::passwords_are_names`].
    /// - The devices `meta` and their streams are left out, because the server writes them itself.
    /// - The origin of imported requests in downlinks becomes the device that imports them.
    ///
    /// ```no_run
    /// # async fn example(cdb: cdb_core::ConnectorDb) -> cdb_core::Result<()> {
    /// cdb.import_users("backup").on_progress(|now| println!("{now:?}")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Archive`](crate::Error) if the archive is not valid; then nothing was
    /// changed. Returns [`Error::Import`](crate::Error) if the server refuses a call, an object
    /// exists already, or the connection breaks; the error says what was imported before, and
    /// [`Import::resume`] continues from there.
    pub fn import_users<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(Target::Server(self.clone()), directory)
    }
}

impl User {
    /// Imports an exported device as a device of this user; see [`ConnectorDb::import_users`].
    ///
    /// If it is the device `user`, which every user has, that device gets the properties in the
    /// archive.
    pub fn import_device<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(Target::User(self.clone()), directory)
    }
}

impl Device {
    /// Imports an exported stream as a stream of this device; see [`ConnectorDb::import_users`].
    pub fn import_stream<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(Target::Device(self.clone()), directory)
    }
}
