//! Streams.

use cdb_types::{DevicePath, StreamCreate, StreamInfo, StreamPath, StreamUpdate, Update, UserPath};
use serde_json::{Map, Value};

use super::authorize::{self, ChangePermit};
use super::resolve::{ResolveError, ResolvedDevice, ResolvedStream, ResolvedUser};
use super::{Service, audit, rules};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Operation};
use crate::storage::{Array, Catalog, Stream};

/// What an update of a stream can write.
const FIELDS: [Field; 8] = [
    Field::StreamName,
    Field::StreamNickname,
    Field::StreamDescription,
    Field::StreamIcon,
    Field::StreamSchema,
    Field::StreamDatatype,
    Field::StreamEphemeral,
    Field::StreamDownlink,
];

/// Which of a user's streams are listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StreamFilter {
    pub(crate) public: bool,
    pub(crate) downlink: bool,
    pub(crate) visible: bool,
}

/// Checks the properties of a new stream, apart from its schema. Its device is not set yet.
pub(crate) fn new_stream(name: &str, create: StreamCreate) -> Result<Stream, ApiError> {
    let name = rules::stream_name(name)?;
    let schema = create.schema.unwrap_or_default();
    let icon = create.icon.unwrap_or_default();
    rules::icon(&icon)?;
    Ok(Stream {
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
        keep: create.keep.map_or(Ok(0), rules::keep)?,
    })
}

impl Service {
    /// Returns the streams of a device, oldest first.
    pub(crate) async fn list_streams(
        &self,
        principal: &Principal,
        path: &DevicePath,
    ) -> Result<Vec<StreamInfo>, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_device(&mut *db, principal, path).await;
        let ResolvedDevice { device, grant, .. } = resolved.map_err(ResolveError::when_reading)?;
        if !grant.allows(Operation::ListStreams) || !grant.reads(Field::CanAccessStream) {
            return Err(ApiError::not_found());
        }
        Ok(db.streams(device.id).await?.iter().map(Stream::view).collect())
    }

    /// Returns the streams of all devices of a user that the caller may see, oldest first.
    pub(crate) async fn list_user_streams(
        &self,
        principal: &Principal,
        path: &UserPath,
        filter: StreamFilter,
    ) -> Result<Vec<StreamInfo>, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, path).await;
        let ResolvedUser { user, grant } = resolved.map_err(ResolveError::when_reading)?;
        if !grant.allows(Operation::ListStreams) {
            return Err(ApiError::not_found());
        }
        let devices = db.devices(user.id).await?;
        let streams = db.streams_of_user(user.id).await?;
        let visible = streams.iter().filter_map(|stream| {
            // Sorted by id.
            let place = devices.binary_search_by_key(&stream.device_id, |device| device.id).ok()?;
            let device = &devices[place];
            let chosen = (device.public || !filter.public)
                && (device.visible || !filter.visible)
                && (stream.downlink || !filter.downlink);
            let grant = self.permissions.on_device(principal, device);
            (chosen && grant.reads(Field::CanAccessStream)).then(|| {
                let mut info = stream.view();
                info.device = Some(device.name.clone());
                info
            })
        });
        Ok(visible.collect())
    }

    pub(crate) async fn read_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<StreamInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_stream(&mut *db, principal, path).await;
        Ok(resolved.map_err(ResolveError::when_reading)?.stream.view())
    }

    async fn may_create_stream(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        device: &DevicePath,
    ) -> Result<(ResolvedDevice, ChangePermit), ApiError> {
        let resolved = self.resolve_device(db, principal, device).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::operation(&resolved.grant, Operation::CreateStream)?;
        Ok((resolved, permit))
    }

    /// Returns an error if the caller may not create a stream: before the body is read.
    pub(crate) async fn check_create_stream(
        &self,
        principal: &Principal,
        device: &DevicePath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        self.may_create_stream(&mut *db, principal, device).await.map(drop)
    }

    pub(crate) async fn create_stream(
        &self,
        principal: &Principal,
        device: &DevicePath,
        name: &str,
        create: StreamCreate,
    ) -> Result<StreamInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let (_, permit) = self.may_create_stream(&mut *db, principal, device).await?;
        drop(db);
        // Before the lock of the writer is taken.
        if let Some(schema) = &create.schema {
            self.check_schema(principal, schema.as_str()).await?;
        }
        let mut stream = new_stream(name, create)?;
        let mut tx = self.storage.begin(permit).await?;
        let (resolved, _) = self.may_create_stream(&mut *tx, principal, device).await?;
        let ResolvedDevice { user, device, .. } = resolved;
        stream.device_id = device.id;
        tx.insert_stream(&mut stream).await?;
        let path = format!("{}/{}/{}", user.name, device.name, stream.name);
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "CreateStream", path).await?;
        tx.commit().await?;
        Ok(stream.view())
    }

    /// Returns an error if the caller may not update anything of a stream: before the body is read.
    pub(crate) async fn check_update_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        self.may_update_stream(&mut *db, principal, path).await.map(drop)
    }

    async fn may_update_stream(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(ResolvedStream, ChangePermit), ApiError> {
        let resolved = self.resolve_stream(db, principal, path).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::any_update(&resolved.grant, &FIELDS)?;
        Ok((resolved, permit))
    }

    /// Returns an error if the update says how long datapoints are kept, which deletes some, and the caller
    /// may not delete them.
    fn may_keep(
        &self,
        principal: &Principal,
        resolved: &ResolvedStream,
        update: &StreamUpdate,
    ) -> Result<(), ApiError> {
        if update.keep.is_some() {
            let owns = principal.device_id() == Some(resolved.device.id);
            authorize::correct(&resolved.grant, owns)?;
        }
        Ok(())
    }

    pub(crate) async fn update_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        update: Map<String, Value>,
    ) -> Result<StreamInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let (resolved, permit) = self.may_update_stream(&mut *db, principal, path).await?;
        drop(db);
        let update = StreamUpdate::from_object(update)?;
        let fields = updated_fields(&update);
        authorize::update(&resolved.grant, &fields)?;
        self.may_keep(principal, &resolved, &update)?;
        // Before the lock of the writer is taken.
        if let Some(schema) = &update.schema {
            let compiled = self.schemas.compiled(principal, schema.as_str()).await?;
            compiled.map_err(|error| ApiError::from(&*error))?;
        }
        let mut tx = self.storage.begin(permit).await?;
        let (resolved, _) = self.may_update_stream(&mut *tx, principal, path).await?;
        authorize::update(&resolved.grant, &fields)?;
        self.may_keep(principal, &resolved, &update)?;
        let ResolvedStream { user, mut stream, .. } = resolved;
        let was_downlink = stream.downlink;
        apply(&mut stream, update)?;
        tx.update_stream(&stream).await?;
        if was_downlink && !stream.downlink {
            tx.clear(Array { stream: stream.id, downlink: true }).await?;
        }
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "UpdateStream", path).await?;
        tx.commit().await?;
        Ok(stream.view())
    }

    async fn may_delete_stream(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(ResolvedStream, ChangePermit), ApiError> {
        let resolved = self.resolve_stream(db, principal, path).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::operation(&resolved.grant, Operation::DeleteStream)?;
        Ok((resolved, permit))
    }

    /// Deletes a stream, or only the datapoints of its downlink.
    pub(crate) async fn delete_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        only_downlink: bool,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        let (_, permit) = self.may_delete_stream(&mut *db, principal, path).await?;
        drop(db);
        let mut tx = self.storage.begin(permit).await?;
        let (resolved, _) = self.may_delete_stream(&mut *tx, principal, path).await?;
        let ResolvedStream { user, stream, .. } = resolved;
        if only_downlink {
            tx.clear(Array { stream: stream.id, downlink: true }).await?;
        } else {
            tx.delete_stream(&stream).await?;
        }
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "DeleteStream", path).await?;
        Ok(tx.commit().await?)
    }
}

/// The fields of a stream, which of them an update changes, and their names.
fn updated_fields(update: &StreamUpdate) -> [(bool, Field, &'static str); 8] {
    [
        (update.name.is_some(), Field::StreamName, "name"),
        (update.nickname.is_some(), Field::StreamNickname, "nickname"),
        (update.description.is_some(), Field::StreamDescription, "description"),
        (update.icon.is_some(), Field::StreamIcon, "icon"),
        (update.schema.is_some(), Field::StreamSchema, "schema"),
        (update.datatype.is_some(), Field::StreamDatatype, "datatype"),
        (update.ephemeral.is_some(), Field::StreamEphemeral, "ephemeral"),
        (update.downlink.is_some(), Field::StreamDownlink, "downlink"),
    ]
}

/// Checks an update and applies it. Its schema has been checked before.
fn apply(stream: &mut Stream, update: StreamUpdate) -> Result<(), ApiError> {
    rules::same_name(&stream.name, update.name.as_ref(), "stream")?;
    if let Some(schema) = update.schema {
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
    rules::replace(&mut stream.keep, update.keep.map(rules::keep).transpose()?);
    Ok(())
}
