//! Streams.

use cdb_types::{DevicePath, StreamCreate, StreamInfo, StreamPath, StreamUpdate, Update, UserPath};
use serde_json::{Map, Value};

use super::resolve::{ResolvedDevice, ResolvedStream, ResolvedUser};
use super::{Service, audit, rules};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Operation};
use crate::storage::sqlite::{Array, DeviceRow, StreamRow};

/// Which of a user's streams are listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StreamFilter {
    pub(crate) public: bool,
    pub(crate) downlink: bool,
    pub(crate) visible: bool,
}

/// A stream that is ready to be made, but for its device.
pub(crate) fn new_stream(name: &str, create: StreamCreate) -> Result<StreamRow, ApiError> {
    let name = rules::name(name)?;
    let schema = create.schema.unwrap_or_default();
    rules::schema(&schema)?;
    let icon = create.icon.unwrap_or_default();
    rules::icon(&icon)?;
    Ok(StreamRow {
        id: 0,
        device_id: 0,
        name: name.as_str().to_owned(),
        nickname: create.nickname.unwrap_or_default(),
        description: create.description.unwrap_or_default(),
        icon,
        schema: schema.as_str().to_owned(),
        datatype: create.datatype.unwrap_or_default(),
        ephemeral: create.ephemeral.unwrap_or_default(),
        downlink: create.downlink.unwrap_or_default(),
    })
}

impl Service {
    /// A device's streams, oldest first.
    pub(crate) async fn list_streams(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<Vec<StreamInfo>, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_device(&mut db, principal, path).await;
        let ResolvedDevice { device, grant, .. } = seen.map_err(|error| error.when_reading())?;
        if !grant.allows(Operation::ListStreams) || !grant.reads(Field::CanAccessStream) {
            return Err(ApiError::not_found());
        }
        let streams = StreamRow::of_device(&mut *db, device.id).await?;
        Ok(streams.iter().map(StreamRow::view).collect())
    }

    /// The streams of all of a user's devices that the principal may see, oldest first.
    pub(crate) async fn list_user_streams(
        &self,
        principal: &Principal,
        path: &UserPath,
        filter: StreamFilter,
    ) -> Result<Vec<StreamInfo>, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_user(&mut db, principal, path).await;
        let ResolvedUser { user, grant } = seen.map_err(|error| error.when_reading())?;
        if !grant.allows(Operation::ListStreams) {
            return Err(ApiError::not_found());
        }
        let devices = DeviceRow::of_user(&mut *db, user.id).await?;
        let streams = StreamRow::of_user(&mut *db, user.id).await?;
        let seen = streams.iter().filter_map(|stream| {
            let device = devices.iter().find(|device| device.id == stream.device_id)?;
            let wanted = (device.public || !filter.public)
                && (device.visible || !filter.visible)
                && (stream.downlink || !filter.downlink);
            let grant = self.permissions.on_device(principal, device);
            (wanted && grant.reads(Field::CanAccessStream)).then(|| {
                let mut info = stream.view();
                info.device = Some(device.name.clone());
                info
            })
        });
        Ok(seen.collect())
    }

    pub(crate) async fn read_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<StreamInfo, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_stream(&mut db, principal, path).await;
        Ok(seen.map_err(|error| error.when_reading())?.stream.view())
    }

    pub(crate) async fn create_stream(
        &self,
        principal: &Principal,
        device: &DevicePath,
        name: &str,
        create: StreamCreate,
    ) -> Result<StreamInfo, ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_device(&mut tx, principal, device).await;
        let ResolvedDevice { user, device, grant } = seen.map_err(|error| error.when_changing())?;
        if !grant.allows(Operation::CreateStream) {
            return Err(ApiError::no_access());
        }
        let mut stream = new_stream(name, create)?;
        stream.device_id = device.id;
        stream.insert(&mut tx).await.map_err(|error| match error.as_database_error() {
            Some(database) if database.is_unique_violation() => {
                ApiError::exists("Stream with this name already exists")
            }
            _ => error.into(),
        })?;
        let path = format!("{}/{}/{}", user.name, device.name, stream.name);
        audit::record(&mut tx, audit::affected_users(principal, user.id), "CreateStream", path)
            .await?;
        tx.commit().await?;
        Ok(stream.view())
    }

    pub(crate) async fn update_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        update: Map<String, Value>,
    ) -> Result<StreamInfo, ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_stream(&mut tx, principal, path).await;
        let seen = seen.map_err(|error| error.when_changing())?;
        let ResolvedStream { user, mut stream, grant, .. } = seen;
        let update = StreamUpdate::from_object(update)?;
        rules::may_write(
            &grant,
            &[
                (update.name.is_some(), Field::StreamName, "name"),
                (update.nickname.is_some(), Field::StreamNickname, "nickname"),
                (update.description.is_some(), Field::StreamDescription, "description"),
                (update.icon.is_some(), Field::StreamIcon, "icon"),
                (update.schema.is_some(), Field::StreamSchema, "schema"),
                (update.datatype.is_some(), Field::StreamDatatype, "datatype"),
                (update.ephemeral.is_some(), Field::StreamEphemeral, "ephemeral"),
                (update.downlink.is_some(), Field::StreamDownlink, "downlink"),
            ],
        )?;
        let was_downlink = stream.downlink;
        apply(&mut stream, update)?;
        stream.update(&mut tx).await?;
        if was_downlink && !stream.downlink {
            tx.clear(Array { stream: stream.id, downlink: true }).await?;
        }
        audit::record(&mut tx, audit::affected_users(principal, user.id), "UpdateStream", path)
            .await?;
        tx.commit().await?;
        Ok(stream.view())
    }

    /// Deletes a stream, or only what others asked it for.
    pub(crate) async fn delete_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        only_downlink: bool,
    ) -> Result<(), ApiError> {
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_stream(&mut tx, principal, path).await;
        let seen = seen.map_err(|error| error.when_changing())?;
        let ResolvedStream { user, stream, grant, .. } = seen;
        if !grant.allows(Operation::DeleteStream) {
            return Err(ApiError::no_access());
        }
        if only_downlink {
            tx.clear(Array { stream: stream.id, downlink: true }).await?;
        } else {
            stream.delete(&mut tx).await?;
        }
        audit::record(&mut tx, audit::affected_users(principal, user.id), "DeleteStream", path)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Checks an update and makes it.
fn apply(stream: &mut StreamRow, update: StreamUpdate) -> Result<(), ApiError> {
    rules::same_name(&stream.name, update.name.as_ref(), "stream")?;
    if let Some(schema) = update.schema {
        schema.validator()?;
        schema.as_str().clone_into(&mut stream.schema);
    }
    if let Some(icon) = &update.icon {
        rules::icon(icon)?;
    }
    rules::replace(&mut stream.nickname, update.nickname);
    rules::replace(&mut stream.description, update.description);
    rules::replace(&mut stream.icon, update.icon);
    rules::replace(&mut stream.datatype, update.datatype);
    rules::replace(&mut stream.ephemeral, update.ephemeral);
    rules::replace(&mut stream.downlink, update.downlink);
    Ok(())
}
