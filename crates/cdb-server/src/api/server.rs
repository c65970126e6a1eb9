//! The server itself.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use cdb_types::endpoint::Counted;

use super::answer::{OK, json};
use super::call::{Call, unknown_query};
use super::credentials::{COOKIE, session};
use crate::query::documentation;
use crate::refusal::Refusal;

/// The version of the protocol that is spoken here.
const VERSION: &str = "0.3.0";

/// `GET ?q=this` and the counts.
pub(super) async fn query(call: Call<()>) -> Result<String, Refusal> {
    let counted = match call.parameters.query() {
        Some("this") => return Ok(call.asker.to_string()),
        Some("countusers") => Counted::Users,
        Some("countdevices") => Counted::Devices,
        Some("countstreams") => Counted::Streams,
        _ => return Err(unknown_query()),
    };
    Ok(call.database.count(&call.asker, counted).await?.to_string())
}

pub(super) async fn version() -> &'static str {
    VERSION
}

pub(super) async fn transforms() -> Result<Response, Refusal> {
    json(&documentation::transforms())
}

pub(super) async fn interpolators() -> Result<Response, Refusal> {
    json(&documentation::interpolators())
}

/// Gives a browser a cookie that stands for the asking device's key.
pub(super) async fn log_in(call: Call<()>) -> Result<Response, Refusal> {
    let Some(actor) = call.asker.actor() else {
        return Err(Refusal::unauthorized("Login Failed. Check your username or password"));
    };
    let session = call.database.sessions.open(actor.device.apikey.clone());
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", session.0);
    Ok(([(header::SET_COOKIE, cookie)], OK).into_response())
}

/// Ends the session of the cookie.
pub(super) async fn log_out(call: Call<()>, headers: HeaderMap) -> Response {
    if let Some(session) = session(&headers) {
        call.database.sessions.close(&session);
    }
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    ([(header::SET_COOKIE, cookie)], OK).into_response()
}
