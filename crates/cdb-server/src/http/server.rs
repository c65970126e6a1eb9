//! The server itself.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use cdb_types::endpoint::Counted;

use super::credentials::{COOKIE, session};
use super::request::{Call, unknown_query};
use super::response::{OK, json};
use crate::api_error::ApiError;
use crate::query::documentation;

/// The version of the protocol that is spoken here.
const VERSION: &str = "0.3.0";

/// `GET ?q=this` and the counts.
pub(super) async fn query(call: Call<()>) -> Result<String, ApiError> {
    let counted = match call.parameters.query() {
        Some("this") => return Ok(call.principal.to_string()),
        Some("countusers") => Counted::Users,
        Some("countdevices") => Counted::Devices,
        Some("countstreams") => Counted::Streams,
        _ => return Err(unknown_query()),
    };
    Ok(call.service.count(&call.principal, counted).await?.to_string())
}

pub(super) async fn version() -> &'static str {
    VERSION
}

pub(super) async fn transforms() -> Result<Response, ApiError> {
    json(&documentation::transforms())
}

pub(super) async fn interpolators() -> Result<Response, ApiError> {
    json(&documentation::interpolators())
}

/// Gives a browser a cookie that stands for the asking device's key.
pub(super) async fn log_in(call: Call<()>) -> Result<Response, ApiError> {
    let Some(identity) = call.principal.identity() else {
        return Err(ApiError::unauthorized("Login Failed. Check your username or password"));
    };
    let session = call.service.sessions.open(identity.device.apikey.clone());
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", session.0);
    Ok(([(header::SET_COOKIE, cookie)], OK).into_response())
}

/// Ends the session of the cookie.
pub(super) async fn log_out(call: Call<()>, headers: HeaderMap) -> Response {
    if let Some(session) = session(&headers) {
        call.service.sessions.close(&session);
    }
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    ([(header::SET_COOKIE, cookie)], OK).into_response()
}
