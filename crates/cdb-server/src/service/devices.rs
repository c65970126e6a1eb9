//! Devices.

use cdb_types::{ApiKey, DeviceCreate, DeviceInfo, DevicePath, DeviceUpdate, Update, UserPath};
use serde_json::{Map, Value};

use super::resolve::{ResolvedDevice, ResolvedUser};
use super::{Service, audit, rules, streams};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{DeviceDefaults, Field, Operation, Permissions};
use crate::storage::sqlite::{DeviceRow, StreamRow, Transaction};

/// The devices that every user has for as long as there is the user.
const BUILTIN_DEVICES: [&str; 2] = ["user", "meta"];

/// The device that nobody logs in as.
const META: &str = "meta";

/// A device and its streams, ready to be made.
pub(crate) struct Tree {
    device: DeviceRow,
    streams: Vec<StreamRow>,
}

impl Tree {
    /// Checks all that can be checked before anything is written.
    pub(crate) fn new(
        name: &str,
        create: DeviceCreate,
        defaults: &DeviceDefaults,
        permissions: &Permissions,
        user_public: bool,
    ) -> Result<Self, ApiError> {
        let name = rules::device_name(name)?;
        let device = DeviceRow {
            id: 0,
            user_id: 0,
            name: name.as_str().to_owned(),
            nickname: create.nickname.unwrap_or_default(),
            description: create.description.unwrap_or_default(),
            icon: create.icon.unwrap_or_default(),
            // What is empty on the way in of a new device is not a key, but the wish for one.
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

    /// Makes them.
    pub(crate) async fn insert(
        mut self,
        tx: &mut Transaction,
        user: i64,
    ) -> Result<DeviceRow, ApiError> {
        self.device.user_id = user;
        self.device.insert(tx).await.map_err(taken)?;
        for mut stream in self.streams {
            stream.device_id = self.device.id;
            stream.insert(tx).await?;
        }
        Ok(self.device)
    }
}

/// A key that nobody can guess.
fn new_key() -> ApiKey {
    ApiKey::from(uuid::Uuid::new_v4().to_string())
}

/// Whether what a device would be may be.
fn check(device: &DeviceRow, permissions: &Permissions, user_public: bool) -> Result<(), ApiError> {
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

/// A name that a sibling has, or a key that any device has.
fn taken(error: sqlx::Error) -> ApiError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => {
            let key = database.message().contains("apikey_digest");
            ApiError::exists(if key {
                "This API key is in use"
            } else {
                "Device with this name already exists"
            })
        }
        _ => error.into(),
    }
}

impl Service {
    /// A user's devices that the principal may see, oldest first.
    pub(crate) async fn list_devices(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<Vec<DeviceInfo>, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_user(&mut db, principal, path).await;
        let ResolvedUser { user, grant } = seen.map_err(|error| error.when_reading())?;
        if !grant.allows(Operation::ListDevices) {
            return Err(ApiError::not_found());
        }
        let devices = DeviceRow::of_user(&mut *db, user.id).await?;
        let seen = devices.iter().filter_map(|device| {
            let grant = self.permissions.on_device(principal, device);
            grant.reads(Field::CanAccessDevice).then(|| device.view(&grant))
        });
        Ok(seen.collect())
    }

    pub(crate) async fn read_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<DeviceInfo, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_device(&mut db, principal, path).await;
        let ResolvedDevice { device, grant, .. } = seen.map_err(|error| error.when_reading())?;
        Ok(device.view(&grant))
    }

    /// Makes a device with all its streams, or nothing.
    pub(crate) async fn create_device(
        &self,
        principal: &Principal,
        user: &UserPath,
        name: &str,
        create: DeviceCreate,
    ) -> Result<DeviceInfo, ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_user(&mut tx, principal, user).await;
        let ResolvedUser { user, grant } = seen.map_err(|error| error.when_changing())?;
        if !grant.allows(Operation::CreateDevice) {
            return Err(ApiError::no_access());
        }
        let defaults = self.permissions.defaults_for(principal).ok_or_else(ApiError::forbidden)?;
        let defaults = &defaults.create_device_defaults;
        let tree = Tree::new(name, create, defaults, &self.permissions, user.public)?;
        let device = tree.insert(&mut tx, user.id).await?;
        let path = format!("{}/{}", user.name, device.name);
        audit::record(&mut tx, audit::affected_users(principal, user.id), "CreateDevice", path)
            .await?;
        tx.commit().await?;
        Ok(device.view(&self.permissions.on_device(principal, &device)))
    }

    pub(crate) async fn update_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
        update: Map<String, Value>,
    ) -> Result<DeviceInfo, ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_device(&mut tx, principal, path).await;
        let ResolvedDevice { user, mut device, grant } =
            seen.map_err(|error| error.when_changing())?;
        let update = DeviceUpdate::from_object(update)?;
        rules::may_write(
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
        apply(&mut device, update)?;
        check(&device, &self.permissions, user.public)?;
        device.update(&mut tx).await.map_err(taken)?;
        audit::record(&mut tx, audit::affected_users(principal, user.id), "UpdateDevice", path)
            .await?;
        tx.commit().await?;
        Ok(device.full_view(&grant))
    }

    /// Deletes a device with all its streams.
    pub(crate) async fn delete_device(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<(), ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_device(&mut tx, principal, path).await;
        let ResolvedDevice { user, device, grant } = seen.map_err(|error| error.when_changing())?;
        if !grant.allows(Operation::DeleteDevice) {
            return Err(ApiError::no_access());
        }
        if BUILTIN_DEVICES.contains(&device.name.as_str()) {
            return Err(ApiError::denied(format!("{} device cannot be deleted", device.name)));
        }
        device.delete(&mut tx).await?;
        audit::record(&mut tx, audit::affected_users(principal, user.id), "DeleteDevice", path)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Makes an update.
fn apply(device: &mut DeviceRow, update: DeviceUpdate) -> Result<(), ApiError> {
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
