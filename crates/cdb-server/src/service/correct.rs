//! Corrections of data that is stored: ranges are replaced or deleted, and late datapoints sorted in.

use bytes::Bytes;
use cdb_types::{Range, StreamPath};
use serde_json::{Value, json};

use super::authorize::{self, ChangePermit};
use super::resolve::{ResolveError, ResolvedStream};
use super::{Service, audit};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::storage::{Array, Batch, Catalog, Correction, Stream};

/// What is to be done with an array.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Correct {
    /// The datapoints of the range are replaced by those of the body; without a body they are deleted.
    Replace(Range),
    /// The datapoints of the body are sorted in.
    Merge,
}

impl Correct {
    /// The entry of the log.
    fn entry(
        &self,
        path: &StreamPath,
        by: &Principal,
        downlink: bool,
        batch: &Batch,
        done: &Correction,
    ) -> Value {
        let cmd = match self {
            Self::Replace(_) => "ReplaceData",
            Self::Merge => "MergeData",
        };
        let mut entry = json!({
            "cmd": cmd, "arg": path.to_string(), "by": by.to_string(),
            "removed": done.removed, "inserted": done.inserted,
        });
        if downlink {
            entry["downlink"] = true.into();
        }
        let bounds = match *self {
            Self::Replace(Range::Index { start, end }) => {
                [("i1", Some(json!(start))), ("i2", Some(json!(end)))]
            }
            Self::Replace(Range::Time { after, until, .. }) => {
                [("t1", after.map(Value::from)), ("t2", until.map(Value::from))]
            }
            // From the first to the last of them.
            _ => {
                let (first, last) = batch.times();
                [("t1", first.map(Value::from)), ("t2", last.map(Value::from))]
            }
        };
        for (name, bound) in bounds {
            if let Some(bound) = bound {
                entry[name] = bound;
            }
        }
        entry
    }
}

impl Service {
    /// Returns an error if the caller may not correct a stream: before the body is read.
    pub(crate) async fn check_correct(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        self.may_correct(&mut *db, principal, path).await.map(drop)
    }

    async fn may_correct(
        &self,
        db: &mut dyn Catalog,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(ResolvedStream, ChangePermit), ApiError> {
        let resolved = self.resolve_stream(db, principal, path).await;
        let resolved = resolved.map_err(ResolveError::when_changing)?;
        let owns = principal.device_id() == Some(resolved.device.id);
        let permit = authorize::correct(&resolved.grant, owns)?;
        Ok((resolved, permit))
    }

    /// Corrects a stream or its downlink, all of it or nothing. Returns when it is durable.
    pub(crate) async fn correct(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
        correct: Correct,
        body: Option<Bytes>,
    ) -> Result<Correction, ApiError> {
        // Repeated only if what was checked is changed meanwhile.
        loop {
            let mut db = self.storage.catalog().await?;
            let (resolved, permit) = self.may_correct(&mut *db, principal, path).await?;
            drop(db);
            let ResolvedStream { device, stream, .. } = resolved;
            if stream.ephemeral {
                return Err(ApiError::invalid("The stream is ephemeral: it has no datapoints."));
            }
            if downlink && !stream.downlink {
                return Err(ApiError::invalid("The stream is not a downlink."));
            }
            let owns = principal.device_id() == Some(device.id);
            let origin = (!owns).then(|| principal.to_string());
            // The memory is in use until the batch is stored.
            let (batch, _memory) = match &body {
                Some(body) => self.read_batch(principal, &stream, origin, body.clone()).await?,
                None => (Batch::default(), None),
            };
            let mut tx = self.storage.begin(permit).await?;
            let (now, _) = self.may_correct(&mut *tx, principal, path).await?;
            let checked = |it: &Stream| (it.id, it.ephemeral, it.downlink, it.schema.clone());
            if checked(&now.stream) != checked(&stream) {
                continue;
            }
            let array = Array { stream: stream.id, downlink };
            let done = match correct {
                Correct::Replace(range) => tx.replace(array, range, &batch).await?,
                Correct::Merge => tx.merge(array, &batch).await?,
            };
            if done.removed + done.inserted > 0 {
                let users = audit::affected_users(principal, now.user.id);
                let entry = correct.entry(path, principal, downlink, &batch, &done);
                audit::record_entry(&mut *tx, users, &entry).await?;
                tx.commit().await?;
            }
            return Ok(done);
        }
    }
}
