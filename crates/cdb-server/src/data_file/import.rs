//! Reading archives.

use std::fs;
use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use cdb_archive::{
    ArchiveError, ArchiveProblem, ArchivedData, ArchivedDevice, ArchivedStream, ArchivedUser,
    DataReader, PasswordHash, Progress, Reporter, read_users,
};
use cdb_types::{DeviceCreate, Schema, StreamCreate};
use uuid::Uuid;

use super::{DataFileError, failed, open};
use crate::api_error::ApiError;
use crate::auth::Hasher;
use crate::permissions::{DeviceDefaults, Permissions};
use crate::service::authorize::operator;
use crate::service::{Tree, meta_device, new_stream, refused_schema, user_device};
use crate::storage::{Array, Load, LoadError, Storage, StoredPassword, Transaction, User};

type Result<T = ()> = std::result::Result<T, DataFileError>;

/// An import of an archive, which runs when it is awaited; see
/// [`DataFile::import`](super::DataFile::import).
#[must_use = "nothing is imported until it is awaited"]
pub struct Import<'a> {
    file: PathBuf,
    directory: PathBuf,
    new_keys: bool,
    passwords_are_names: bool,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl<'a> Import<'a> {
    pub(super) fn new(file: PathBuf, directory: &Path) -> Self {
        Self {
            file,
            directory: directory.to_owned(),
            new_keys: false,
            passwords_are_names: false,
            call: None,
        }
    }

    /// Sets whether the server generates new API keys for the devices. By default devices keep the
    /// keys of the archive.
    ///
    /// Use new keys if the server that the archive comes from continues to run.
    pub fn new_keys(mut self, new_keys: bool) -> Self {
        self.new_keys = new_keys;
        self
    }

    /// Sets whether each user gets its name as its password, if the archive has no passwords
    /// (version 1). Anyone who can reach the server can then log in as such a user. By default
    /// these users get a random password, and cannot log in with one until an administrator has set
    /// it.
    pub fn passwords_are_names(mut self, passwords_are_names: bool) -> Self {
        self.passwords_are_names = passwords_are_names;
        self
    }

    /// Sets a callback that is called with the progress after each object and each part of the
    /// data.
    pub fn on_progress(mut self, call: impl FnMut(Progress) + Send + 'a) -> Self {
        self.call = Some(Box::new(call));
        self
    }

    async fn run(self) -> Result<Progress> {
        let Self { file, directory, new_keys, passwords_are_names, call } = self;
        let users = read_users(&directory)?;
        let reporter = Reporter::new(call);
        reporter.update(|progress| users.iter().for_each(|user| user.count(progress)));
        let is_new = !file.exists();
        let storage = open(&file).await?;
        let options = Options { new_keys, passwords_are_names };
        let imported = import(&*storage, &users, options, &reporter).await;
        storage.close().await;
        drop(storage);
        if is_new && imported.is_err() {
            remove(&file);
        }
        imported.map(|()| reporter.progress())
    }
}

/// Removes a data file of which nothing is used, with the files beside it.
fn remove(file: &Path) {
    for suffix in ["", "-wal", "-shm", "-lock"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "an empty data file is left");
        }
    }
}

/// Imports all users, or none.
async fn import(
    storage: &dyn Storage,
    users: &[ArchivedUser],
    options: Options,
    reporter: &Reporter<'_>,
) -> Result {
    let permissions = Permissions::default_tables().map_err(failed)?;
    let hasher = Hasher::default();
    let tx = storage.begin(operator::change()).await.map_err(failed)?;
    let mut run = Run { permissions, hasher, options, tx, reporter };
    for user in users {
        run.user(user).await?;
    }
    run.tx.commit().await.map_err(failed)
}

/// The options of an import.
#[derive(Debug, Clone, Copy)]
struct Options {
    new_keys: bool,
    passwords_are_names: bool,
}

/// The address of the first administrator of a server.
const FIRST_ADDRESS: &str = "root@localhost";

/// An import that is running.
struct Run<'a, 'r> {
    permissions: Permissions,
    hasher: Hasher,
    options: Options,
    tx: Box<dyn Transaction>,
    reporter: &'a Reporter<'r>,
}

impl Run<'_, '_> {
    async fn user(&mut self, user: &ArchivedUser) -> Result {
        let refused = |error| refused(&user.path, error);
        let password = password(&self.hasher, user, self.options.passwords_are_names).await?;
        let info = user.info.clone();
        let mut row = User {
            id: 0,
            name: user.name.as_str().to_owned(),
            nickname: info.nickname.unwrap_or_default(),
            email: self.email(user).await?,
            description: info.description.unwrap_or_default(),
            icon: info.icon.unwrap_or_default(),
            role: info.role.unwrap_or_else(|| "user".to_owned()),
            public: info.public.unwrap_or_default(),
        };
        if !self.permissions.allow_user_name(&user.name) {
            let msg = format!("Username '{}' not allowed", user.name);
            return Err(refused(ApiError::invalid(msg)));
        }
        let Some(role) = self.permissions.user_role(&row.role) else {
            let msg = format!("The given role '{}' does not exist", row.role);
            return Err(refused(ApiError::invalid(msg)));
        };
        self.tx.insert_user(&mut row, &password).await.map_err(|error| refused(error.into()))?;
        self.reporter.object();
        let mut trees = Vec::new();
        for device in &user.devices {
            trees.push((self.tree(device, &role.create_device_defaults)?, device));
        }
        for (name, create) in [("user", user_device(Default::default())), ("meta", meta_device())] {
            if !user.devices.iter().any(|device| device.name == name) {
                let defaults = &role.create_device_defaults;
                let tree = Tree::new(name, create, defaults, &self.permissions, true);
                let tree = tree.map_err(refused)?;
                tree.insert(&mut *self.tx, row.id).await.map_err(refused)?;
            }
        }
        for (tree, device) in trees {
            let made = tree.insert(&mut *self.tx, row.id).await;
            let made = made.map_err(|error| self::refused(&device.path, error))?;
            self.reporter.object();
            for stream in &device.streams {
                self.stream(stream, made.id).await?;
            }
        }
        Ok(())
    }

    /// Returns the e-mail address of a user, which no other user may have. All first administrators
    /// have the same address unless it was changed.
    async fn email(&mut self, user: &ArchivedUser) -> Result<String> {
        let own = || format!("{}@localhost", user.name);
        match user.info.email.clone() {
            None => Ok(own()),
            Some(email) if email == FIRST_ADDRESS => {
                let taken = self.tx.user_by_login(&email).await;
                Ok(if taken.map_err(failed)?.is_some() { own() } else { email })
            }
            Some(email) => Ok(email),
        }
    }

    /// Returns a device that can be inserted. It may be public although its user is private now.
    fn tree(&self, device: &ArchivedDevice, defaults: &DeviceDefaults) -> Result<Tree> {
        let mut create = DeviceCreate::from(device.info.clone());
        if device.is_meta() {
            create.apikey = Some("".into());
        } else if self.options.new_keys {
            create.apikey = None;
        }
        let tree = Tree::new(device.name.as_str(), create, defaults, &self.permissions, true);
        tree.map_err(|error| refused(&device.path, error))
    }

    async fn stream(&mut self, stream: &ArchivedStream, device: i64) -> Result {
        let refused = |error| refused(&stream.path, error);
        let create = StreamCreate::from(stream.info.clone());
        let mut row = new_stream(stream.name.as_str(), create).map_err(refused)?;
        // Whoever imports is trusted, so there are no limits.
        let schema = Schema::unchecked(&row.schema).validator();
        schema.map_err(|error| refused(refused_schema(&error)))?;
        row.device_id = device;
        self.tx.insert_stream(&mut row).await.map_err(failed)?;
        self.data(&stream.data, Array { stream: row.id, downlink: false }).await?;
        if let Some(downlink) = &stream.downlink {
            self.data(downlink, Array { stream: row.id, downlink: true }).await?;
        }
        self.reporter.object();
        Ok(())
    }

    async fn data(&mut self, data: &ArchivedData, array: Array) -> Result {
        let wrong = |error| match error {
            LoadError::Value(error) => ArchiveError::new(&data.path, error).into(),
            LoadError::Storage(error) => failed(error),
        };
        let (mut reader, mut load) = (DataReader::open(&data.path)?, Load::new(array));
        while let Some((datapoints, bytes)) = reader.read()? {
            for datapoint in &datapoints {
                let (value, origin) = (datapoint.d.get(), datapoint.o.as_deref());
                let pushed = load.push(&mut *self.tx, datapoint.t, value, origin);
                pushed.await.map_err(wrong)?;
            }
            self.reporter.data(datapoints.len() as u64, bytes);
        }
        load.finish(&mut *self.tx).await.map_err(wrong)
    }
}

/// Returns the password of the archive. If it has none, a random one, or the user's name.
async fn password(
    hasher: &Hasher,
    user: &ArchivedUser,
    password_is_name: bool,
) -> Result<StoredPassword> {
    let refused = |error| refused(&user.path, error);
    match user.password.clone() {
        Some(PasswordHash { hash, salt, scheme }) => {
            let stored = StoredPassword { scheme, salt, hash };
            if !Hasher::knows(&stored) {
                let msg = format!("passwords of the kind '{}' are not known", stored.scheme);
                return Err(refused(ApiError::invalid(msg)));
            }
            Ok(stored)
        }
        None if password_is_name => {
            hasher.hash(None, user.name.as_str().into()).await.map_err(refused)
        }
        None => {
            let random = format!("{}{}", Uuid::new_v4(), Uuid::new_v4());
            hasher.hash(None, random.into()).await.map_err(refused)
        }
    }
}

/// Returns the error of an archive whose content is refused.
fn refused(path: &Path, error: ApiError) -> DataFileError {
    match error.cause {
        Some(cause) => failed(cause),
        None => {
            let problem = ArchiveProblem::Refused(error.msg.into_owned());
            ArchiveError::new(path, problem).into()
        }
    }
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
            .field("file", &self.file)
            .field("directory", &self.directory)
            .field("new_keys", &self.new_keys)
            .finish_non_exhaustive()
    }
}
