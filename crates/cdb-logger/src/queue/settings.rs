//! The row of `metadata`, and the table of streams.

use super::Queue;
use crate::Error;

/// The one row of `metadata`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Metadata {
    pub(crate) apikey: String,
    pub(crate) serverurl: String,
    pub(crate) lastsynctime: f64,
    pub(crate) syncperiod: f64,
    pub(crate) userdatajson: String,
}

/// A change of a column of `metadata`.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    ApiKey(String),
    ServerUrl(String),
    LastSync(f64),
    SyncPeriod(f64),
    Data(String),
}

impl Metadata {
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
                Setting::ApiKey(key) => sqlx::query("UPDATE metadata SET apikey = ?").bind(key),
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

    /// Remembers a stream and its schema, as JSON.
    pub(crate) async fn add_stream(&mut self, stream: &str, schema: &str) -> Result<(), Error> {
        self.transaction(async |connection, _| {
            let add = sqlx::query("INSERT OR REPLACE INTO streams VALUES (?, ?)");
            add.bind(stream).bind(schema).execute(connection).await.map(drop)
        })
        .await
    }

    /// Remembers that what is to be done for a new file has been done.
    pub(crate) async fn set_created(&mut self) -> Result<(), Error> {
        self.transaction(async |connection, _| {
            sqlx::query("DELETE FROM cdb_creating").execute(connection).await.map(drop)
        })
        .await
    }
}
