//! `GET backup`: a copy of the data file.

use std::io;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::task::spawn_blocking;

use super::request::Call;
use super::uncancelled;
use crate::api_error::ApiError;
use crate::storage::backup::Backup;

/// The type of a file of SQLite.
const SQLITE: &str = "application/vnd.sqlite3";

/// Makes a copy, and sends it.
pub(super) async fn read(call: Call<()>) -> Result<Response, ApiError> {
    let Call { service, principal, .. } = call;
    // The copy is made to its end even if the client goes away, so that no other one is made meanwhile.
    let backup = uncancelled(async move { service.backup(&principal).await }).await?;
    let headers = [
        (header::CONTENT_TYPE, SQLITE.to_owned()),
        (header::CONTENT_LENGTH, backup.length().to_string()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"connectordb.db\"".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces(backup))).into_response())
}

/// The content of a copy, which is deleted when this is dropped.
fn pieces(backup: Backup) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(backup, async |mut backup| {
        let read = spawn_blocking(move || backup.next_piece().map(|piece| (piece, backup)));
        let (piece, backup) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), backup)))
    })
}
