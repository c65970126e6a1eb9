//! Devices.

use cdb_types::{ApiKey, DeviceCreate, DeviceInfo, DevicePath, DeviceUpdate, Update, UserPath};
use serde_json::{Map, Value};

use super::authorize::{self, ChangePermit};
use super::resolve::{ResolveError, ResolvedDevice, ResolvedUser};
use super::{Service, audit, rules, streams};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{DeviceDefaults, Field, Operation, Permissions};
use crate::storage::{Catalog, Device, Stream, Transaction};

/// The devices that every user has for as long as the user exists.
const BUILTIN_DEVICES: [&str; 2] = ["user", "meta"];

/// The device that nobody logs in as.
const META: &str = "meta";

/// What an update of a device can write.
const FIELDS: [Field; 10] = [
    Field::DeviceName,
    Field::DeviceNickname,
    Field::DeviceDescription,
    Field::DeviceIcon,
    Field::DeviceApikey,
    Field::DeviceEnabled,
    Field::DevicePublic,
    Field::DeviceRole,
    Field::DeviceVisible,
    Field::DeviceUserEditable,
];

/// A device and its streams that have been checked and can be inserted.
pub(crate) struct Tree {
    device: Device,
    streams: Vec<Stream>,
}

impl Tree {
    /// Checks all that can be checked before anything is written, apart from the schemas of the
    /// streams.
    pub(crate) fn new(
        name: &str,
        create: DeviceCreate,
        defaults: &DeviceDefaults,
        permissions: &Permissions,
        user_public: bool,
    ) -> Result<Self, ApiError> {
        let name = rules::device_name(name)?;
        let device = Device {
            id: 0,
            user_id: 0,
            name: name.as_str().to_owned(),
            nickname: create.nickname.unwrap_or_default(),
            description: create.description.unwrap_or_default(),
            icon: create.icon.unwrap_or_default(),
            // An empty key asks for a new one, except for the device that has none.
            apikey: create
                .apikey
                .filter(|key| name == META || !key.expose().is_empty())
                .unwrap_or_else(new_key),
            enabled: create.enabled.unwrap_or(defaults.enabled),
            public: create.public.unwrap_or(defaults.public),
            role: create.role.unwrap_or_else(|| defaults.role.clone()),
            visible: create.visible.unwrap_or(defaults.visible),
            user_editable: create.user_editable.unwrap_or(defaults.user_editable),
        };
        check(&device, permissions, user_public)?;
        let streams = create.streams.into_iter();
        let streams = streams.map(|(name, stream)| streams::new_stream(&name, stream));
        Ok(Self { device, streams: streams.collect::<Result<_, _>>()? })
    }

    /// The schemas of its streams, which are still to be checked.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &str> {
        self.streams.iter().map(|stream| stream.schema.as_str())
    }

    /// Inserts them, and returns the device.
    pub(crate) async fn insert(
        mut self,
        tx: &mut dyn Transaction,
        user: i64,
    ) -> Result<Device, ApiError> {
        self.device.user_id = user;
        tx.insert_device(&mut self.device).await?;
        for mut stream in self.streams {
            stream.device_id = self.device.id;
            tx.insert_stream(&mut stream).await?;
        }
        Ok(self.device)
    }
}

/// A key that nobody can guess.
fn new_key() -> ApiKey {
    ApiKey::from(uuid::Uuid::new_v4().to_string())
}

/// Checks the properties of a new or updated device.
fn check(device: &Device, permissions: &Permissions, user_public: bool) -> Result<(), ApiError> {
    rules::icon(&device.icon)?;
    if !permissions.has_device_role(&device.role) {
        let msg = format!("Could not find device role '{}'", device.role);
        return Err(ApiError::invalid(msg));
    }
    if device.public && !user_public {
        return Err(ApiError::invalid("Can't make private user have public device"));
    }
    Ok(())
}

impl Service {
    /// Returns the devices of a user that the caller may see, oldest first.
    pub(crate) async fn list_devices(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<Vec<DeviceInfo>, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, path).await;
        let ResolvedUser { user, grant } = resolved.map_err(ResolveError::when_reading)?;
        if !grant.allows(Operation::ListDevices) {
            return Err(ApiError::not_found());
        }
        let devices = db.devices(user.id).await?;
        let visible = devices.iter().filter_map(|device| {
            let grant = self.permissions.on_device(principal, device);
            grant.reads(Field::CanAccessDevice).then(|| device.view(&grant))
        });
        Ok(visible.collect())
    }

    pub(crate) async fn read_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<DeviceInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_device(&mut *db, principal, path).await;
        let ResolvedDevice { device, grant, .. } = resolved.map_err(ResolveError::when_reading)?;
        Ok(device.view(&grant))
    }

    async fn may_create_device(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        user: &UserPath,
    ) -> Result<(ResolvedUser, ChangePermit), ApiError> {
        let resolved = self.resolve_user(db, principal, user).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::operation(&resolved.grant, Operation::CreateDevice)?;
        Ok((resolved, permit))
    }

    /// Returns an error if the caller may not create a device: before the body is read.
    pub(crate) async fn check_create_device(
        &self,
        principal: &Principal,
        user: &UserPath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        self.may_create_device(&mut *db, principal, user).await.map(drop)
    }

    /// Creates a device with all its streams, or nothing.
    pub(crate) async fn create_device(
        &self,
        principal: &Principal,
        path: &UserPath,
        name: &str,
        create: DeviceCreate,
    ) -> Result<DeviceInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let (resolved, permit) = self.may_create_device(&mut *db, principal, path).await?;
        drop(db);
        let defaults = self.permissions.defaults_for(principal).ok_or_else(ApiError::forbidden)?;
        let defaults = &defaults.create_device_defaults;
        let tree = Tree::new(name, create, defaults, &self.permissions, resolved.user.public)?;
        // Before the lock of the writer is taken.
        self.check_schemas(principal, &tree).await?;
        let mut tx = self.storage.begin(permit).await?;
        let (resolved, _) = self.may_create_device(&mut *tx, principal, path).await?;
        let user = resolved.user;
        check(&tree.device, &self.permissions, user.public)?;
        let device = tree.insert(&mut *tx, user.id).await?;
        let path = format!("{}/{}", user.name, device.name);
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "CreateDevice", path).await?;
        tx.commit().await?;
        Ok(device.view(&self.permissions.on_device(principal, &device)))
    }

    /// Returns an error if the caller may not update anything of a device: before the body is read.
    pub(crate) async fn check_update_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<(), ApiError> {
        self.may_update_device(principal, path).await.map(drop)
    }

    async fn may_update_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<ChangePermit, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_device(&mut *db, principal, path).await;
        let ResolvedDevice { grant, .. } = resolved.map_err(ResolveError::when_changing)?;
        authorize::any_update(&grant, &FIELDS)
    }

    pub(crate) async fn update_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
        update: Map<String, Value>,
    ) -> Result<DeviceInfo, ApiError> {
        let permit = self.may_update_device(principal, path).await?;
        let update = DeviceUpdate::from_object(update)?;
        let mut tx = self.storage.begin(permit).await?;
        let resolved = self.resolve_device(&mut *tx, principal, path).await;
        let ResolvedDevice { user, mut device, grant } =
            resolved.map_err(ResolveError::when_changing)?;
        authorize::update(
            &grant,
            &[
                (update.name.is_some(), Field::DeviceName, "name"),
                (update.nickname.is_some(), Field::DeviceNickname, "nickname"),
                (update.description.is_some(), Field::DeviceDescription, "description"),
                (update.icon.is_some(), Field::DeviceIcon, "icon"),
                (update.apikey.is_some(), Field::DeviceApikey, "apikey"),
                (update.enabled.is_some(), Field::DeviceEnabled, "enabled"),
                (update.public.is_some(), Field::DevicePublic, "public"),
                (update.role.is_some(), Field::DeviceRole, "role"),
                (update.visible.is_some(), Field::DeviceVisible, "visible"),
                (update.user_editable.is_some(), Field::DeviceUserEditable, "user_editable"),
            ],
        )?;
        let becomes_public = update.public == Some(true);
        apply(&mut device, update)?;
        // It may be public already, if its user has become private since.
        check(&device, &self.permissions, user.public || !becomes_public)?;
        tx.update_device(&device).await?;
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "UpdateDevice", path).await?;
        tx.commit().await?;
        Ok(device.full_view(&grant))
    }

    async fn may_delete_device(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<(ResolvedDevice, ChangePermit), ApiError> {
        let resolved = self.resolve_device(db, principal, path).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::operation(&resolved.grant, Operation::DeleteDevice)?;
        let name = &*resolved.device.name;
        if BUILTIN_DEVICES.contains(&name) {
            return Err(ApiError::denied(format!("{name} device cannot be deleted")));
        }
        Ok((resolved, permit))
    }

    /// Deletes a device with all its streams.
    pub(crate) async fn delete_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        let (_, permit) = self.may_delete_device(&mut *db, principal, path).await?;
        drop(db);
        let mut tx = self.storage.begin(permit).await?;
        let (resolved, _) = self.may_delete_device(&mut *tx, principal, path).await?;
        let ResolvedDevice { user, device, .. } = resolved;
        tx.delete_device(&device).await?;
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "DeleteDevice", path).await?;
        Ok(tx.commit().await?)
    }
}

/// Applies an update.
fn apply(device: &mut Device, update: DeviceUpdate) -> Result<(), ApiError> {
    rules::same_name(&device.name, update.name.as_ref(), "device")?;
    if let Some(key) = update.apikey {
        if device.name == META {
            return Err(ApiError::invalid("The meta device has no API key"));
        }
        device.apikey = if key.expose().is_empty() { new_key() } else { key };
    }
    rules::replace(&mut device.nickname, update.nickname);
    rules::replace(&mut device.description, update.description);
    rules::replace(&mut device.icon, update.icon);
    rules::replace(&mut device.enabled, update.enabled);
    rules::replace(&mut device.public, update.public);
    rules::replace(&mut device.role, update.role);
    rules::replace(&mut device.visible, update.visible);
    rules::replace(&mut device.user_editable, update.user_editable);
    Ok(())
}
