//! Questions about several streams.

use axum::extract::Request;
use axum::response::Response;
use cdb_types::{ObjectPath, StreamQuery};

use super::body;
use super::data::send;
use super::request::Call;
use crate::api_error::ApiError;

pub(super) async fn merge(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    call.service.check_query(&call.principal)?;
    let Call { service, principal, .. } = call;
    let streams: Option<Vec<StreamQuery>> =
        body::parsed(&service, &principal, request, body::json).await?;
    let streams = streams.unwrap_or_default();
    send(&service, || service.query_merge(&principal, &streams)).await
}

pub(super) async fn latest(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    call.service.check_query(&call.principal)?;
    let Call { service, principal, .. } = call;
    let paths: Option<Vec<ObjectPath>> =
        body::parsed(&service, &principal, request, body::json).await?;
    let paths = paths.unwrap_or_default();
    send(&service, || service.query_latest(&principal, &paths)).await
}

pub(super) async fn dataset(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    call.service.check_query(&call.principal)?;
    let Call { service, principal, .. } = call;
    let query = body::parsed(&service, &principal, request, body::creation).await?;
    send(&service, || service.query_dataset(&principal, &query)).await
}
