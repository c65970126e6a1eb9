//! The web app: files that anybody may get, before the layer that looks for a caller.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cdb_web::Asset;

use super::health;
use crate::auth::Transport;

/// Where the app is, apart from the objects, which have the addresses of the original: `/user`,
/// `/user/device` and `/user/device/stream`.
const APP: &str = "/app";
const ASSETS: &str = "/app/assets/";

/// The first name of what answers programs, whatever they accept.
const PROTOCOL: &str = "api";

/// The path of an object has at most so many names.
const MAX_NAMES: usize = 3;

/// The service worker. It is for all pages, although its file is below the other files.
const WORKER: &str = "sw.js";

/// How long a browser remembers to come with TLS, in seconds: a year.
const TLS_AGE: &str = "max-age=31536000";

/// What the page may do. Whatever a name, a description or a datapoint holds is shown, and never run.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    // Without a referrer, `Origin` would be null.
    (HeaderName::from_static("referrer-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(self), camera=(self), microphone=()",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "deny"),
    (VARY, "accept, accept-encoding"),
];

/// Answers what is asked of the web app, and passes on everything else.
pub(super) async fn serve(
    State(transport): State<Transport>,
    request: Request,
    next: Next,
) -> Response {
    let Some(answer) = Answer::to(request.method(), request.uri().path(), request.headers()) else {
        return next.run(request).await;
    };
    let mut response = answer.into_response(request.headers());
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if transport.is_secure() {
        let value = HeaderValue::from_static(TLS_AGE);
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

#[derive(Debug)]
enum Answer {
    /// The page, which looks for itself what is at its address.
    Shell(&'static Asset),
    /// A file at an address that it never changes at.
    File(&'static Asset),
    /// A file of another version of the app.
    Missing,
}

impl Answer {
    fn to(method: &Method, path: &str, headers: &HeaderMap) -> Option<Self> {
        let first = path.split('/').find(|name| !name.is_empty());
        let is_health = matches!(path, health::ALIVE | health::READY);
        if !matches!(*method, Method::GET | Method::HEAD) || first == Some(PROTOCOL) || is_health {
            return None;
        }
        if let Some(file) = path.strip_prefix(ASSETS) {
            let file = file.strip_prefix(cdb_web::digest()).and_then(|it| it.strip_prefix('/'));
            let asset = file.and_then(cdb_web::asset);
            return Some(asset.map_or(Self::Missing, Self::File));
        }
        let below = path.strip_prefix(APP);
        let is_app = below.is_some_and(|below| below.is_empty() || below.starts_with('/'));
        let names = path.split('/').filter(|name| !name.is_empty()).count();
        let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        let is_page = names <= MAX_NAMES && accepts.is_some_and(|it| it.contains("text/html"));
        if !is_app && !is_page {
            return None;
        }
        cdb_web::shell().map(Self::Shell)
    }

    fn into_response(self, headers: &HeaderMap) -> Response {
        let (asset, caching) = match self {
            Self::Shell(asset) => (asset, "no-cache"),
            Self::File(asset) => (asset, "public, max-age=31536000, immutable"),
            Self::Missing => {
                // Another server, behind the same proxy, may have it.
                return (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]).into_response();
            }
        };
        // A weak one: it is that of the content, compressed or not.
        let etag = format!("W/\"{}\"", cdb_web::digest());
        let has = |header: HeaderName, value: &str| {
            let values = headers.get(header).and_then(|values| values.to_str().ok());
            values.is_some_and(|values| values.split(',').any(|it| it.trim() == value))
        };
        let is_known = has(IF_NONE_MATCH, &etag);
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false if has(ACCEPT_ENCODING, "gzip") => {
                let body = Body::from(asset.gzip());
                ([(CONTENT_ENCODING, "gzip")], body).into_response()
            }
            false => asset.bytes().into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.mime()));
        if asset.name() == WORKER {
            let name = HeaderName::from_static("service-worker-allowed");
            headers.insert(name, HeaderValue::from_static("/"));
        }
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(ETAG, etag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(method: &Method, path: &str, accept: &'static str) -> Option<Answer> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        Answer::to(method, path, &headers)
    }

    #[test]
    fn pages_are_for_browsers_and_the_protocol_is_for_all() {
        const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
        for path in ["/", "/u", "/u/d", "/u/d/s", "/u/d/s/", "/app", "/app/settings/me/too"] {
            assert!(
                matches!(answer(&Method::GET, path, BROWSER), Some(Answer::Shell(_))),
                "{path}"
            );
            assert!(answer(&Method::POST, path, BROWSER).is_none(), "{path}");
        }
        for path in ["/api", "/api/", "/api/v1/", "/api/v1/crud/u", "/api/v2/x", "/u/d/s/data"]
            .into_iter()
            .chain([health::ALIVE, health::READY])
        {
            assert!(answer(&Method::GET, path, BROWSER).is_none(), "{path}");
        }
        for path in ["/", "/u/d/s", "/apple"] {
            assert!(answer(&Method::GET, path, "*/*").is_none(), "{path}");
        }
        assert!(matches!(answer(&Method::HEAD, "/app/x", "*/*"), Some(Answer::Shell(_))));
        let of_another_version = "/app/assets/0123456789abcdef/index.html";
        assert!(matches!(answer(&Method::GET, of_another_version, "*/*"), Some(Answer::Missing)));
        let path = format!("/app/assets/{}/index.html", cdb_web::digest());
        assert!(matches!(answer(&Method::GET, &path, "*/*"), Some(Answer::File(_))));
        let above = format!("/app/assets/{}/../index.html", cdb_web::digest());
        assert!(matches!(answer(&Method::GET, &above, "*/*"), Some(Answer::Missing)));
    }
}
