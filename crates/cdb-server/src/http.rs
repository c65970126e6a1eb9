//! The protocol over HTTP: each handler reads the request, calls the service and writes the response.

mod access_log;
mod admission;
mod backup;
mod body;
mod connections;
mod credentials;
mod data;
mod health;
pub(crate) mod listener;
mod objects;
mod queries;
mod request;
mod response;
mod server;
pub(crate) mod tls;
mod transport;
#[cfg(feature = "web")]
mod web;
mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, post};
use cdb_types::endpoint::{
    API, Backup, EndSession, Endpoint, Length, ListInterpolators, ListSessions, ListTransforms,
    ListUsers, Login, Logout, Ping, QueryDataset, QueryLatest, QueryMerge, ReadSession, Version,
};
use cdb_types::{DeviceKind, ErrorKind, Kind, StreamKind, UserKind};

use crate::api_error::ApiError;
use crate::limits::Limits;
use crate::service::Service;

type Api = MethodRouter<Arc<Service>>;

/// The routes of the protocol.
pub(crate) fn router(service: Arc<Service>, limits: &Limits) -> Router {
    let users = get(objects::read_user)
        .post(objects::create_user)
        .put(objects::update_user)
        .delete(objects::delete_user);
    let devices = get(objects::read_device)
        .post(objects::create_device)
        .put(objects::update_device)
        .delete(objects::delete_device);
    let streams = get(objects::read_stream)
        .post(objects::create_stream)
        .put(objects::update_stream)
        .delete(objects::delete_stream);
    let data = get(data::read)
        .post(data::insert)
        .put(data::insert_restamped)
        .patch(data::replace)
        .delete(data::delete);
    let routes: [(&str, Api); 19] = [
        (Ping::ROUTE, get(server::query)),
        (Version::ROUTE, get(server::version)),
        (ListTransforms::ROUTE, get(server::transforms)),
        (ListInterpolators::ROUTE, get(server::interpolators)),
        (QueryMerge::ROUTE, post(queries::merge)),
        (QueryDataset::ROUTE, post(queries::dataset)),
        (QueryLatest::ROUTE, post(queries::latest)),
        (Login::ROUTE, get(server::log_in).post(server::post_login)),
        (Logout::ROUTE, get(server::log_out).post(server::log_out)),
        (ReadSession::ROUTE, get(server::session)),
        (ListSessions::ROUTE, get(server::list_sessions)),
        (EndSession::ROUTE, delete(server::end_session)),
        (Backup::ROUTE, get(backup::read)),
        (cdb_types::websocket::ROUTE, get(websocket::open)),
        (ListUsers::ROUTE, get(objects::list_users)),
        (UserKind::ROUTE, users),
        (DeviceKind::ROUTE, devices),
        (StreamKind::ROUTE, streams),
        (Length::ROUTE, data),
    ];
    let front = access_log::Front::new(Arc::clone(&service), limits);
    let mut router = Router::new();
    for (route, methods) in routes {
        let route = format!("{API}{route}");
        // With and without a trailing slash: a redirect would lose the body.
        let route = route.trim_end_matches('/');
        router = router.route(&format!("{route}/"), methods.clone()).route(route, methods);
    }
    let router = router
        .route(health::READY, get(health::is_ready))
        .fallback(async || {
            ApiError::new(404, ErrorKind::NotFound, "There is nothing at this path.")
        })
        .method_not_allowed_fallback(async || {
            ApiError::new(405, ErrorKind::Invalid, "This cannot be done to what is at this path.")
        })
        .layer(middleware::from_fn_with_state(front, access_log::observe))
        // However many requests wait, the process answers.
        .route(health::ALIVE, get(health::is_alive));
    #[cfg(feature = "web")]
    let router = router.layer(middleware::from_fn_with_state(service.transport, web::serve));
    router.with_state(service)
}

/// What is answered at the address of the metrics.
pub(crate) fn metrics_router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/metrics", get(health::metrics))
        .route(health::ALIVE, get(health::is_alive))
        .route(health::READY, get(health::is_ready))
        .with_state(service)
}

/// Runs an operation that must not end halfway if the client closes the connection.
async fn uncancelled<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(work).await.map_err(ApiError::internal)?
}
