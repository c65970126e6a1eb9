//! The URL of a server.

use std::net::IpAddr;

use cdb_types::endpoint::API;
use reqwest::Url;

use crate::UrlError;

/// Returns the URL of the API from a URL that a user entered.
///
/// A URL without a scheme gets `http://` if its host is `localhost` or an IP address of a local
/// network, for which there are hardly ever certificates, and otherwise `https://`, as in the
/// Python client: a key must not travel the internet unencrypted because a scheme was forgotten.
/// The path is replaced by `/api/v1/`. A path that ends in `/api/v1/` is kept, so that a server may
/// be below another path: `https://example.com/streams/api/v1/`. White space around the URL, its
/// query and its fragment are removed.
pub(crate) fn base_url(text: &str) -> Result<Url, UrlError> {
    let text = text.trim();
    let mut url = if text.contains("://") {
        Url::parse(text).map_err(|_| UrlError::Malformed)?
    } else {
        let parse = |scheme| Url::parse(&format!("{scheme}://{text}"));
        let secure = parse("https").map_err(|_| UrlError::Malformed)?;
        if is_local(&secure) { parse("http").map_err(|_| UrlError::Malformed)? } else { secure }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(if path.ends_with(API) { &path } else { API });
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Returns whether the host is `localhost` or an IP address that is not routed on the internet.
fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => host == "localhost",
    }
}

/// Returns the origin of a server's URL: its scheme, host and port, such as `https://example.com`.
///
/// A URL without a scheme gets `http` if its host is `localhost` or an IP address of a local
/// network, and otherwise `https`. The default port of the scheme is left out.
///
/// Two URLs of the same origin belong to the same server. A key or password for one origin must not
/// be sent to another.
///
/// ```
/// use cdb_http::origin;
/// assert_eq!(origin("https://example.com:443/api/v1/")?, origin("example.com")?);
/// assert_ne!(origin("http://example.com")?, origin("example.com")?);
/// # Ok::<(), cdb_http::UrlError>(())
/// ```
///
/// # Errors
/// Returns an error if the text is not the URL of a server.
pub fn origin(url: &str) -> Result<String, UrlError> {
    Ok(base_url(url)?.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> String {
        base_url(text).map_or_else(|error| format!("{error:?}"), String::from)
    }

    #[test]
    fn scheme_path_and_slash_are_optional() {
        assert_eq!(base("http://localhost:3124"), "http://localhost:3124/api/v1/");
        assert_eq!(base("http://localhost:3124/"), "http://localhost:3124/api/v1/");
        assert_eq!(base(" https://a.example/api/v1 "), "https://a.example/api/v1/");
        assert_eq!(base("a.example"), "https://a.example/api/v1/");
        assert_eq!(base("a.example:443"), "https://a.example/api/v1/");
        assert_eq!(base("localhost:3124/"), "http://localhost:3124/api/v1/");
        assert_eq!(base("localhost"), "http://localhost/api/v1/");
        assert_eq!(base("192.168.1.7:3124"), "http://192.168.1.7:3124/api/v1/");
        assert_eq!(base("203.0.113.5:3124"), "https://203.0.113.5:3124/api/v1/");
        assert_eq!(base("[2001:db8::1]"), "https://[2001:db8::1]/api/v1/");
        assert_eq!(base("[fe80::1]"), "http://[fe80::1]/api/v1/");
        assert_eq!(base("[::1]:3124"), "http://[::1]:3124/api/v1/");
        assert_eq!(base("https://localhost:3124"), "https://localhost:3124/api/v1/");
        assert_eq!(base("http://a.example/some/page?x=1#y"), "http://a.example/api/v1/");
    }

    #[test]
    fn a_server_below_another_path_is_named_with_the_whole_path() {
        let url = "https://a.example/streams/api/v1/";
        assert_eq!(base(url), url);
        assert_eq!(base(url.trim_end_matches('/')), url);
    }

    #[test]
    fn a_text_that_is_not_the_url_of_a_server_is_an_error() {
        assert_eq!(base(""), "Malformed");
        assert_eq!(base("http://"), "Malformed");
        assert_eq!(base("ftp://a.example"), "Scheme");
        assert_eq!(base("http://me:secret@a.example"), "Credentials");
    }
}
