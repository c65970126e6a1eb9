//! Information about the server, and logging in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use cdb_types::endpoint::{Counted, SESSIONS_OF};
use cdb_types::session::LoginRequest;
use cdb_types::{ErrorKind, UserPath, is_true};
use tokio::time::timeout;

use super::admission::Admission;
use super::body;
use super::body::BodyBudget;
use super::credentials::{COOKIE, Sender, client_network, query_key, session_token};
use super::request::{Call, Names, unknown_query};
use super::response::{OK, json};
use super::uncancelled;
use crate::api_error::ApiError;
use crate::auth::Credentials;
use crate::identity::Principal;
use crate::query::documentation;
use crate::usage::Caller;

/// The version of the protocol that is spoken here.
const VERSION: &str = "0.3.0";

/// The maximum size of the body of a login.
const MAX_LOGIN_BYTES: usize = 16 * 1024;

/// How long the body of a login may take.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

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

/// `GET session`.
pub(super) async fn session(
    call: Call<()>,
    Extension(BodyBudget { limits, .. }): Extension<BodyBudget>,
) -> Result<Response, ApiError> {
    let mut info = call.service.session_info(&call.principal);
    info.version = VERSION.to_owned();
    info.limits.body_bytes = limits.body_bytes as u64;
    info.limits.frame_bytes = call.service.limits.websocket_message_bytes as u64;
    json(&info)
}

/// `GET login`: opens a session of the caller.
pub(super) async fn log_in(call: Call<()>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    // A link would log its reader in as whoever has made the link.
    if !parts.headers.contains_key(header::AUTHORIZATION) && query_key(&parts)?.is_some() {
        return Err(ApiError::denied(
            "A key in the URL opens no session. Send it in the Authorization header.",
        ));
    }
    open_session(&call, &call.principal, false, &parts.headers).await
}

/// `POST login`: opens a session of the user whose name and password are in the body, or without a
/// body, of the caller.
///
/// It counts as a request that is answered only when the password was checked. Before that it may wait
/// for its turn for seconds, and those who guess would keep others from being answered.
pub(super) async fn post_login(
    call: Call<()>,
    Extension(admission): Extension<Arc<Admission>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    // Before the password is looked at: another site learns nothing of it.
    if Sender::of(&parts.headers) == Sender::OtherPage {
        return Err(Sender::refused());
    }
    let body = timeout(LOGIN_TIMEOUT, to_bytes(body, MAX_LOGIN_BYTES)).await;
    let body = body.map_err(|_| ApiError::new(408, ErrorKind::Timeout, "The body did not come"))?;
    let body = body.map_err(|error| ApiError::malformed(error.to_string()))?;
    let from = client_network(&parts, call.service.transport);
    let (principal, stay) = if body.trim_ascii().is_empty() {
        let stay = call.parameters.get("stay").is_some_and(is_true);
        (call.principal.clone(), stay)
    } else {
        let LoginRequest { user: login, password, stay, .. } = body::json(&body)?;
        let credentials = Credentials::Password { login, password, from };
        (call.service.authenticate(credentials).await?, stay)
    };
    let _admitted = admission.admit(Caller::new(&principal, from)).await?;
    open_session(&call, &principal, stay, &parts.headers).await
}

/// Opens a session and sets its cookie.
async fn open_session(
    call: &Call<()>,
    principal: &Principal,
    stay: bool,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if Sender::of(headers) == Sender::OtherPage {
        return Err(Sender::refused());
    }
    let user_agent = headers.get(header::USER_AGENT).map(|value| value.as_bytes());
    let user_agent = String::from_utf8_lossy(user_agent.unwrap_or_default());
    let opened = call.service.open_session(principal, stay, &user_agent).await?;
    let cookie = cookie(call, opened.token.expose(), opened.max_age);
    Ok(([(header::SET_COOKIE, cookie)], OK).into_response())
}

/// `GET logout` and `POST logout`: ends the session of the cookie, and removes the cookie, also if
/// the session has ended before.
pub(super) async fn log_out(call: Call<()>, headers: HeaderMap) -> Result<Response, ApiError> {
    if Sender::of(&headers) == Sender::OtherPage {
        return Err(Sender::refused());
    }
    if let Some(token) = session_token(&headers) {
        call.service.close_session(&token).await?;
    }
    let cookie = cookie(&call, "", Some(Duration::ZERO));
    Ok(([(header::SET_COOKIE, cookie)], OK).into_response())
}

/// `GET sessions`.
pub(super) async fn list_sessions(call: Call<()>) -> Result<Response, ApiError> {
    let user = sessions_of(&call)?;
    json(&call.service.list_sessions(&call.principal, user).await?)
}

/// `DELETE sessions/{id}`.
pub(super) async fn end_session(call: Call<i64>) -> Result<&'static str, ApiError> {
    let user = sessions_of(&call)?;
    let Call { service, principal, path: id, .. } = call;
    uncancelled(async move { service.end_session(&principal, user, id).await }).await?;
    Ok(OK)
}

/// The user whose sessions are meant, if that is not the one of the caller.
fn sessions_of<P>(call: &Call<P>) -> Result<Option<UserPath>, ApiError> {
    let path = |name: &str| name.to_owned().to_read();
    call.parameters.get(SESSIONS_OF).map(path).transpose()
}

/// Returns the value of a header `Set-Cookie`. Without an age the browser keeps the cookie until it
/// is closed.
fn cookie(call: &Call<()>, token: &str, max_age: Option<Duration>) -> String {
    let secure = if call.service.transport.is_secure() { "; Secure" } else { "" };
    let max_age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{max_age}")
}
