//! Questions about several streams.

use axum::extract::Request;
use axum::response::Response;
use cdb_types::StreamQuery;

use super::body;
use super::call::Call;
use super::data::send;
use crate::refusal::Refusal;

pub(super) async fn merge(call: Call<()>, request: Request) -> Result<Response, Refusal> {
    let body = body::read(request.into_body()).await?;
    let streams: Option<Vec<StreamQuery>> = body::json(&body)?;
    send(call.database.query_merge(&call.asker, &streams.unwrap_or_default()).await?).await
}

pub(super) async fn dataset(call: Call<()>, request: Request) -> Result<Response, Refusal> {
    let query = body::creation(&body::read(request.into_body()).await?)?;
    send(call.database.query_dataset(&call.asker, &query).await?).await
}
