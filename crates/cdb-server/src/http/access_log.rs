//! Around every request: who asks, what is answered, and a line in the log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::credentials::credentials;
use super::response::Reference;
use crate::service::Service;

/// What every answer carries.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store, must-revalidate"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "deny"),
];

pub(super) async fn observe(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    // Not the query: a key may be in it.
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (mut parts, body) = request.into_parts();
    let authenticated = match credentials(&parts, service.transport) {
        Ok(credentials) => service.authenticate(credentials).await,
        Err(error) => Err(error),
    };
    let (identity, mut response) = match authenticated {
        Ok(principal) => {
            let identity = principal.to_string();
            parts.extensions.insert(principal);
            (identity, next.run(Request::from_parts(parts, body)).await)
        }
        Err(error) => ("unknown".to_owned(), error.into_response()),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let reference = response.extensions().get::<Reference>().map(|reference| &*reference.0);
    tracing::info!(
        %method,
        path,
        identity,
        status = response.status().as_u16(),
        duration = ?started.elapsed(),
        reference,
        "request",
    );
    response
}
