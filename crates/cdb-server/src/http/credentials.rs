//! Reading the credentials of a request, and whether another site has sent it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, header};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cdb_types::ApiKey;
use percent_encoding::percent_decode_str;

use crate::api_error::ApiError;
use crate::auth::{Credentials, Network, SessionToken, Transport};

/// The cookie that holds the token of a session.
pub(super) const COOKIE: &str = "connectordb-session";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the first credentials of a request: the header `Authorization`, `?apikey=`, the cookie
/// of a session.
///
/// # Errors
/// Credentials that cannot be read are refused with 401. A browser sends the cookie on its own, so
/// a request that changes something, or opens a websocket, is refused with 403 if it has only the
/// cookie and does not come from a page of this server.
pub(super) fn credentials(parts: &Parts, transport: Transport) -> Result<Credentials, ApiError> {
    if let Some(credentials) = authorization(parts, transport)? {
        return Ok(credentials);
    }
    if let Some(key) = query_key(parts)? {
        return Ok(Credentials::Key(key));
    }
    let Some(token) = session_token(&parts.headers) else { return Ok(Credentials::Nobody) };
    let reads = matches!(parts.method, Method::GET | Method::HEAD)
        && !parts.headers.contains_key(header::UPGRADE);
    if !reads && Sender::of(&parts.headers) != Sender::OwnPage {
        return Err(Sender::refused());
    }
    Ok(Credentials::Session(token))
}

fn authorization(parts: &Parts, transport: Transport) -> Result<Option<Credentials>, ApiError> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| unusable("contains other characters than ASCII"))?;
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let credentials = match scheme.to_ascii_lowercase().as_str() {
        "basic" => basic(rest.trim(), client_network(parts, transport))?,
        "bearer" => Credentials::Key(ApiKey::from(rest.trim())),
        _ => return Err(unusable("is neither Basic nor Bearer")),
    };
    Ok(Some(credentials))
}

fn basic(encoded: &str, from: Network) -> Result<Credentials, ApiError> {
    let decoded = BASE64.decode(encoded).map_err(|_| unusable("is not valid base64"))?;
    // Older clients send Latin-1, whose bytes are the first 256 characters of Unicode.
    let decoded = String::from_utf8(decoded)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    let (login, password) = decoded.split_once(':').ok_or_else(|| unusable("has no colon"))?;
    Ok(if login.is_empty() {
        Credentials::Key(ApiKey::from(password))
    } else {
        Credentials::Password { login: login.to_owned(), password: password.into(), from }
    })
}

/// Returns the network of the client: that of the connection, or if all connections come from a
/// proxy, the last one in `X-Forwarded-For`, which the proxy has added.
pub(super) fn client_network(parts: &Parts, transport: Transport) -> Network {
    let forwarded = transport.behind_proxy.then(|| {
        let mut values = parts.headers.get_all("x-forwarded-for").iter();
        let last = values.next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
        last.parse::<IpAddr>().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
    });
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let connection = connection.map(|ConnectInfo(address)| address.ip());
    forwarded.flatten().or(connection).unwrap_or(Ipv4Addr::UNSPECIFIED.into()).into()
}

fn unusable(why: &str) -> ApiError {
    ApiError::unauthorized(format!("The Authorization header cannot be used: it {why}."))
}

/// Returns the key in the URL; an empty one is ignored.
pub(super) fn query_key(parts: &Parts) -> Result<Option<ApiKey>, ApiError> {
    let parameters = parts.uri.query().unwrap_or_default().split('&');
    let mut keys = parameters.filter_map(|parameter| parameter.strip_prefix("apikey="));
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.replace('+', " ");
    let key = percent_decode_str(&key).decode_utf8();
    let key = key.map_err(|_| ApiError::unauthorized("The apikey in the URL is not UTF-8."))?;
    Ok((!key.is_empty()).then(|| ApiKey::new(&*key)))
}

/// Returns the session that a request belongs to.
pub(super) fn session_token(headers: &HeaderMap) -> Option<SessionToken> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|cookies| cookies.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE && !value.is_empty()).then(|| SessionToken::from(value))
    })
}

/// What the headers that only a browser can set say of the page that sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// A page of this server, or the person themselves: from the address bar or a bookmark.
    OwnPage,
    /// A page of another origin. Other ports of this host count as well.
    OtherPage,
    /// The headers are missing: a program, or a browser that reads without encryption.
    Unknown,
}

impl Sender {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if let Some(site) = headers.get("sec-fetch-site") {
            return match site.as_bytes() {
                b"same-origin" | b"none" => Self::OwnPage,
                _ => Self::OtherPage,
            };
        }
        match headers.get(header::ORIGIN) {
            None => Self::Unknown,
            Some(origin) => match (origin.to_str(), headers.get(header::HOST)) {
                (Ok(origin), Some(host)) if is_origin_of(origin, host.as_bytes()) => Self::OwnPage,
                _ => Self::OtherPage,
            },
        }
    }

    /// The error for a request that a page of another origin sends, or may send.
    pub(super) fn refused() -> ApiError {
        ApiError::denied("This request does not come from a page of this server.")
    }
}

/// Whether an origin such as `https://example.com` has a host as in a header `Host`.
fn is_origin_of(origin: &str, host: &[u8]) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme == "https" { 443 } else { 80 };
    let parts = |authority: Authority| {
        (authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(default_port))
    };
    match (authority.parse::<Authority>(), Authority::try_from(host)) {
        (Ok(authority), Ok(host)) => parts(authority) == parts(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(method: &str, uri: &str, headers: &[(&str, &str)]) -> Result<Credentials, ApiError> {
        let mut request = Request::builder().method(method).uri(uri).header("host", "own.test:81");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        credentials(&request.body(()).expect("a request").into_parts().0, Transport::default())
    }

    fn basic(bytes: &[u8]) -> String {
        format!("Basic {}", BASE64.encode(bytes))
    }

    #[test]
    fn passwords_are_read_as_utf8_or_else_as_latin1() {
        for bytes in ["me:pä:ss".as_bytes(), b"me:p\xe4:ss"] {
            match read("GET", "/", &[("authorization", &basic(bytes))]) {
                Ok(Credentials::Password { login, password, .. }) => {
                    assert_eq!((login.as_str(), password.expose()), ("me", "pä:ss"));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn keys_are_read_from_each_place() {
        let in_basic = basic(b":key");
        for (uri, headers) in [
            ("/", &[("authorization", &*in_basic)][..]),
            ("/", &[("authorization", "Bearer key")]),
            ("/", &[("authorization", "bearer  key ")]),
            ("/?a=b&apikey=k%65y", &[]),
        ] {
            match read("GET", uri, headers) {
                Ok(Credentials::Key(key)) => assert_eq!(key.expose(), "key"),
                other => panic!("{uri} {headers:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn credentials_that_cannot_be_read_are_refused() {
        let no_colon = basic(b"me");
        for value in ["", "Basic", "Basic !!!!", "Digest x", "me:pass", "Basic \u{e4}", &no_colon] {
            let error = read("GET", "/", &[("authorization", value)]).expect_err(value);
            assert_eq!(error.status, 401, "{value}");
        }
        assert_eq!(read("GET", "/?apikey=%ff", &[]).expect_err("not UTF-8").status, 401);
        assert!(matches!(read("GET", "/?apikey=", &[]), Ok(Credentials::Nobody)));
    }

    #[test]
    fn a_cookie_alone_needs_a_page_of_this_server() {
        const COOKIE: (&str, &str) = ("cookie", "a=b; connectordb-session=token");
        let own = [
            ("origin", "http://own.test:81"),
            ("origin", "https://OWN.test:81"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ];
        let other = [
            ("origin", "http://own.test"),
            ("origin", "http://own.test:82"),
            ("origin", "http://other.test:81"),
            ("origin", "null"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
            ("accept", "*/*"),
        ];
        let websocket = ("upgrade", "websocket");
        for header in own {
            for headers in [&[COOKIE, header][..], &[COOKIE, header, websocket]] {
                assert!(read("POST", "/", headers).is_ok(), "{header:?}");
                assert!(read("GET", "/", headers).is_ok(), "{header:?}");
            }
        }
        for header in other {
            for method in ["POST", "PUT", "DELETE"] {
                let error = read(method, "/", &[COOKIE, header]).expect_err("refused");
                assert_eq!(error.status, 403, "{header:?}");
                let with_key = [COOKIE, header, ("authorization", "Bearer key")];
                assert!(read(method, "/", &with_key).is_ok(), "{header:?}");
            }
            assert!(read("GET", "/", &[COOKIE, header]).is_ok(), "{header:?}");
            assert!(read("GET", "/", &[COOKIE, header, websocket]).is_err(), "{header:?}");
        }
    }

    #[test]
    fn the_network_is_that_of_the_client_and_not_of_a_proxy() {
        let network = |behind_proxy, forwarded: &[&str]| {
            let mut request = Request::builder()
                .extension(ConnectInfo::<SocketAddr>("192.0.2.1:80".parse().expect("an address")));
            for value in forwarded {
                request = request.header("x-forwarded-for", *value);
            }
            let parts = request.body(()).expect("a request").into_parts().0;
            client_network(&parts, Transport { tls: false, behind_proxy })
        };
        let own = |text: &str| Network::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(network(false, &["198.51.100.7"]), own("192.0.2.1"));
        for forwarded in [
            &["198.51.100.7"][..],
            &["203.0.113.5, 198.51.100.7"],
            &["203.0.113.5", "198.51.100.7:4000"],
        ] {
            assert_eq!(network(true, forwarded), own("198.51.100.7"));
        }
        assert_eq!(network(true, &[]), own("192.0.2.1"));
    }

    #[test]
    fn default_ports_are_the_same_as_none() {
        assert!(is_origin_of("http://own.test", b"own.test:80"));
        assert!(is_origin_of("https://own.test", b"own.test:443"));
        assert!(is_origin_of("http://[::1]:3124", b"[::1]:3124"));
        assert!(!is_origin_of("http://own.test", b"own.test:443"));
    }
}
