//! The settings in the table `metadata`, and the streams.

use cdb_types::ApiKey;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Queue;
use crate::Error;

/// The only row of `metadata`.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) apikey: ApiKey,
    pub(crate) serverurl: String,
    pub(crate) lastsynctime: f64,
    pub(crate) syncperiod: f64,
    pub(crate) userdatajson: String,
}

/// A new value for a column of `metadata`.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    ApiKey(ApiKey),
    ServerUrl(String),
    LastSync(f64),
    SyncPeriod(f64),
    Data(String),
}

impl FromRow<'_, SqliteRow> for Metadata {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            apikey: row.try_get::<String, _>("apikey")?.into(),
            serverurl: row.try_get("serverurl")?,
            lastsynctime: row.try_get("lastsynctime")?,
            syncperiod: row.try_get("syncperiod")?,
            userdatajson: row.try_get("userdatajson")?,
        })
    }
}

impl Metadata {
    /// Changes the setting in this copy.
    pub(crate) fn apply(&mut self, setting: Setting) {
        match setting {
            Setting::ApiKey(key) => self.apikey = key,
            Setting::ServerUrl(url) => self.serverurl = url,
            Setting::LastSync(t) => self.lastsynctime = t,
            Setting::SyncPeriod(seconds) => self.syncperiod = seconds,
            Setting::Data(json) => self.userdatajson = json,
        }
    }
}

impl Queue {
    /// Changes a column of `metadata`.
    pub(crate) async fn set(&mut self, setting: Setting) -> Result<(), Error> {
        self.transaction(async |connection, _| {
            let query = match setting {
                Setting::ApiKey(key) => {
                    sqlx::query("UPDATE metadata SET apikey = ?").bind(key.expose().to_owned())
                }
                Setting::ServerUrl(url) => {
                    sqlx::query("UPDATE metadata SET serverurl = ?").bind(url)
                }
                Setting::LastSync(t) => sqlx::query("UPDATE metadata SET lastsynctime = ?").bind(t),
                Setting::SyncPeriod(seconds) => {
                    sqlx::query("UPDATE metadata SET syncperiod = ?").bind(seconds)
                }
                Setting::Data(json) => {
                    sqlx::query("UPDATE metadata SET userdatajson = ?").bind(json)
                }
            };
            query.execute(connection).await.map(drop)
        })
        .await
    }

    /// Stores a stream with its schema as JSON, in place of an earlier schema. The stream exists on
    /// the server, so the next sync need not create it.
    pub(crate) async fn add_stream(&mut self, stream: &str, schema: &str) -> Result<(), Error> {
        self.transaction(async |connection, _| {
            let add = sqlx::query("INSERT OR REPLACE INTO streams VALUES (?, ?)");
            add.bind(stream).bind(schema).execute(&mut *connection).await?;
            let created = sqlx::query("UPDATE cdb_create SET is_pending = false WHERE stream = ?");
            created.bind(stream).execute(connection).await.map(drop)
        })
        .await
    }

    /// Stores a stream that a sync creates if the server does not have it, with its schema and all
    /// its properties as JSON. Returns `false`, and leaves the schema as it is, if the stream was
    /// added before and the next sync is not to create it.
    pub(crate) async fn add_stream_later(
        &mut self,
        stream: &str,
        schema: &str,
        create: &str,
    ) -> Result<bool, Error> {
        self.transaction(async |connection, _| {
            let exists = "SELECT count(*) FROM streams WHERE stream = ?1
                AND stream NOT IN (SELECT stream FROM cdb_create WHERE is_pending)";
            let exists = sqlx::query_scalar(exists).bind(stream).fetch_one(&mut *connection);
            let exists: i64 = exists.await?;
            let is_new = exists == 0;
            if is_new {
                let add = sqlx::query("INSERT OR REPLACE INTO streams VALUES (?, ?)");
                add.bind(stream).bind(schema).execute(&mut *connection).await?;
            }
            let create = sqlx::query("INSERT OR REPLACE INTO cdb_create VALUES (?, ?, ?)")
                .bind(stream)
                .bind(create)
                .bind(is_new);
            create.execute(connection).await?;
            Ok(is_new)
        })
        .await
    }

    /// Returns the streams that the next sync is to create, each with its properties as JSON.
    pub(crate) async fn pending_creations(&mut self) -> Result<Vec<(String, String)>, Error> {
        self.with(async |connection, _| {
            let list = "SELECT stream, json FROM cdb_create WHERE is_pending ORDER BY stream";
            sqlx::query_as(list).fetch_all(connection).await
        })
        .await
    }

    /// Returns the properties, as JSON, with which a stream is created if the server does not have
    /// it; `None` if it is not to be created.
    pub(crate) async fn creation(&mut self, stream: &str) -> Result<Option<String>, Error> {
        self.with(async |connection, _| {
            let find = sqlx::query_scalar("SELECT json FROM cdb_create WHERE stream = ?");
            find.bind(stream).fetch_optional(connection).await
        })
        .await
    }

    /// Records that the callback `on_create` has succeeded, or that there is none.
    pub(crate) async fn set_created(&mut self) -> Result<(), Error> {
        self.transaction(async |connection, _| {
            sqlx::query("DELETE FROM cdb_creating").execute(connection).await.map(drop)
        })
        .await
    }
}
