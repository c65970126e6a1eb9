//! Questions about several streams.

use axum::extract::Request;
use axum::response::Response;
use cdb_types::StreamQuery;

use super::body;
use super::data::send;
use super::request::Call;
use crate::api_error::ApiError;

pub(super) async fn merge(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    call.service.check_query(&call.principal)?;
    let body = body::read(request).await?;
    let streams: Option<Vec<StreamQuery>> = body::json(&body)?;
    send(call.service.query_merge(&call.principal, &streams.unwrap_or_default()).await?).await
}

pub(super) async fn dataset(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    call.service.check_query(&call.principal)?;
    let query = body::creation(&body::read(request).await?)?;
    send(call.service.query_dataset(&call.principal, &query).await?).await
}
