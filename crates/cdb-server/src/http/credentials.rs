//! What a request shows of who sends it.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cdb_types::{ApiKey, Password};
use percent_encoding::percent_decode_str;

use crate::auth::{Credentials, Session};

/// The cookie that holds a session.
pub(super) const COOKIE: &str = "connectordb-session";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first that is there: basic authentication, `?apikey=`, the session's cookie.
pub(super) fn credentials(parts: &Parts) -> Credentials {
    basic(&parts.headers)
        .or_else(|| api_key(parts.uri.query()?))
        .or_else(|| session(&parts.headers).map(Credentials::Session))
        .unwrap_or(Credentials::Nobody)
}

fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = decoded.split_once(':')?;
    Some(if login.is_empty() {
        Credentials::Key(ApiKey::from(password))
    } else {
        Credentials::Password { login: login.to_owned(), password: Password::from(password) }
    })
}

fn api_key(query: &str) -> Option<Credentials> {
    let key = query.split('&').find_map(|parameter| parameter.strip_prefix("apikey="))?;
    let key = key.replace('+', " ");
    let key = percent_decode_str(&key).decode_utf8().ok()?;
    (!key.is_empty()).then(|| Credentials::Key(ApiKey::new(&*key)))
}

/// The session that a request belongs to.
pub(super) fn session(headers: &HeaderMap) -> Option<Session> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|cookies| cookies.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE && !value.is_empty()).then(|| Session(value.to_owned()))
    })
}
