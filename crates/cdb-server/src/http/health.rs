//! What a load balancer or a service manager asks, and what Prometheus collects. It needs no login.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use cdb_types::ErrorKind;
use tokio::time::timeout;

use crate::api_error::ApiError;
use crate::service::Service;

/// Whether the process answers.
pub(super) const ALIVE: &str = "/healthz";

/// Whether it can answer requests.
pub(super) const READY: &str = "/readyz";

/// How long the storage may take to answer.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The type of the text format of Prometheus.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn is_alive() -> &'static str {
    "ok"
}

pub(super) async fn is_ready(
    State(service): State<Arc<Service>>,
) -> Result<&'static str, ApiError> {
    check(&service).await.map(|()| "ok")
}

/// Answers also if the server is not ready: that is when it is looked at.
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let is_ready = check(&service).await.is_ok();
    ([(CONTENT_TYPE, PROMETHEUS)], service.report(is_ready).await).into_response()
}

async fn check(service: &Service) -> Result<(), ApiError> {
    let late = || ApiError::new(503, ErrorKind::Unavailable, "The storage does not answer.");
    timeout(MAX_WAIT, service.check()).await.map_err(|_| late())?
}
