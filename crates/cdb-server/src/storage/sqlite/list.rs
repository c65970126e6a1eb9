//! Lists of users, devices and streams, which may be long.
//!
//! A connection hands over one row at a time, from a thread of its own. With thousands of rows, the two
//! threads do nothing but wake each other, and the kernel lets others wait meanwhile, the thread of
//! the writer among them. So many objects come as one row: a JSON array of the columns of each.

use cdb_types::ApiKey;
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::storage::{Device, StorageError, Stream, StreamName, User};

/// The number of objects in a row.
const PAGE: usize = 64;

/// An object that can be listed.
pub(super) trait Listed: Sized {
    /// The values of the columns.
    type Columns: DeserializeOwned + Send;

    const COLUMNS: &str;

    fn from_columns(columns: Self::Columns) -> Self;
}

/// Returns objects, oldest first. `from` is the rest of a query after `FROM`, for an id.
pub(super) async fn list<T: Listed>(
    connection: &mut SqliteConnection,
    from: &str,
    id: i64,
) -> Result<Vec<T>, StorageError> {
    let columns = T::COLUMNS;
    let pages = format!(
        "SELECT json_group_array(json_array({columns}) ORDER BY id) FROM (
             SELECT {columns}, (row_number() OVER (ORDER BY id) - 1) / {PAGE} AS page FROM {from}
         ) GROUP BY page ORDER BY page"
    );
    let pages = sqlx::query_scalar::<_, String>(AssertSqlSafe(pages)).bind(id);
    let mut pages = pages.fetch(connection);
    let mut objects = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let page: Vec<T::Columns> = serde_json::from_str(&page).map_err(undecodable)?;
        objects.extend(page.into_iter().map(T::from_columns));
        tokio::task::yield_now().await;
    }
    Ok(objects)
}

fn undecodable(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

impl Listed for User {
    type Columns = (i64, String, String, String, String, String, String, u8);

    const COLUMNS: &str = "id, name, nickname, email, description, icon, role, public";

    fn from_columns(columns: Self::Columns) -> Self {
        let (id, name, nickname, email, description, icon, role, public) = columns;
        Self { id, name, nickname, email, description, icon, role, public: public != 0 }
    }
}

impl Listed for Device {
    #[rustfmt::skip]
    type Columns = (i64, i64, String, String, String, String, String, u8, u8, String, u8, u8);

    const COLUMNS: &str = "id, user_id, name, nickname, description, icon, apikey, enabled, public, \
                           role, visible, user_editable";

    fn from_columns(columns: Self::Columns) -> Self {
        let (id, user_id, name, nickname, description, icon, apikey, enabled, public, ..) = columns;
        let (.., role, visible, user_editable) = columns;
        Self {
            id,
            user_id,
            name,
            nickname,
            description,
            icon,
            apikey: ApiKey::from(apikey),
            enabled: enabled != 0,
            public: public != 0,
            role,
            visible: visible != 0,
            user_editable: user_editable != 0,
        }
    }
}

impl Listed for Stream {
    type Columns = (i64, i64, String, String, String, String, String, String, u8, u8, u64);

    const COLUMNS: &str = "id, device_id, name, nickname, description, icon, schema, datatype, \
                           ephemeral, downlink, keep";

    fn from_columns(columns: Self::Columns) -> Self {
        let (id, device_id, name, nickname, description, icon, schema, datatype, ..) = columns;
        let (.., ephemeral, downlink, keep) = columns;
        Self {
            id,
            device_id,
            name,
            nickname,
            description,
            icon,
            schema,
            datatype,
            ephemeral: ephemeral != 0,
            downlink: downlink != 0,
            keep,
        }
    }
}

/// Returns the names of streams, oldest first. `of` is a condition for their devices, for an id.
///
/// The index of names has all that is needed, one row for each device.
pub(super) async fn stream_names(
    connection: &mut SqliteConnection,
    of: &str,
    id: i64,
) -> Result<Vec<StreamName>, StorageError> {
    let devices = format!(
        "SELECT device_id, json_group_array(json_array(id, name)) FROM stream
         WHERE device_id {of} GROUP BY device_id"
    );
    let devices = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(devices)).bind(id);
    let mut devices = devices.fetch(connection);
    let mut streams = Vec::new();
    while let Some((device_id, names)) = devices.try_next().await? {
        let names: Vec<(i64, String)> = serde_json::from_str(&names).map_err(undecodable)?;
        streams.extend(names.into_iter().map(|(id, name)| StreamName { id, device_id, name }));
        tokio::task::yield_now().await;
    }
    streams.sort_unstable_by_key(|stream| stream.id);
    Ok(streams)
}
