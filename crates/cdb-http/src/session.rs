//! Sessions: calls to one server with one set of credentials.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use cdb_types::ServerError;
use cdb_types::endpoint::{Answer, Endpoint, Method};
use reqwest::header::{self, HeaderMap};
use reqwest::{StatusCode, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::base_url::base_url;
use crate::retry::Retry;
use crate::{Body, Credentials, Error, ProtocolError, tls};

/// The maximum number of characters of an error message that is taken from a body that is not the
/// server's JSON, such as the page of a proxy.
const MAX_MESSAGE_CHARS: usize = 300;

/// The configuration of a session; see [`Session::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct SessionBuilder {
    url: String,
    credentials: Credentials,
    connect_timeout: Duration,
    timeout: Duration,
    retries: u32,
    root_certificates: Vec<CertificateDer<'static>>,
}

impl SessionBuilder {
    /// Sets the credentials. The default is [`Credentials::Nobody`].
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Sets the timeout for connecting. The default is 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout for one attempt of a call, including its response. The default is 60
    /// seconds.
    ///
    /// For a response that is read as a stream ([`Session::open`]), it is the maximum time without
    /// data from the server.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum number of repetitions of a failed call. The default is 3; 0 disables
    /// repetitions.
    ///
    /// - A call that only reads ([`Endpoint::is_repeatable`]) is repeated if its error is
    ///   [temporary](Error::is_temporary): the connection failed, or the server did not answer in
    ///   time or is unavailable.
    /// - Any other call is only repeated if the connection could not be established, so that the
    ///   server did not receive it.
    ///
    /// The pause before the first repetition is about 0.1 seconds. Each later pause is twice as
    /// long as the one before.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Adds root certificates, in PEM, to those that the system trusts, for a server with a
    /// self-signed certificate.
    ///
    /// # Errors
    /// Returns [`Error::Tls`] if the text contains no certificate, or one that is not valid. Some
    /// errors are only found by [`build`](Self::build).
    pub fn root_certificate(mut self, pem: &[u8]) -> Result<Self, Error> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(Error::tls)?;
        if certificates.is_empty() {
            return Err(Error::Tls("the text contains no certificate in PEM".to_owned()));
        }
        self.root_certificates.extend(certificates);
        Ok(self)
    }

    /// Builds the session. This does not send anything.
    ///
    /// # Errors
    /// Returns [`Error::Url`] if the URL is not valid, and [`Error::Tls`] if TLS cannot be set up,
    /// as with a root certificate that is not valid.
    pub fn build(self) -> Result<Session, Error> {
        let base = base_url(&self.url)?;
        let tls = match tls::config(self.root_certificates) {
            // A system without any root certificates, such as a small container, needs none here.
            Err(_) if base.scheme() == "http" => tls::trusting_nobody(),
            config => config,
        };
        let http = reqwest::Client::builder()
            .user_agent(concat!("cdb-http/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls.map_err(Error::tls)?)
            .build()
            .map_err(Error::tls)?;
        Ok(Session(Arc::new(Inner {
            http,
            base,
            credentials: RwLock::new(self.credentials),
            credential_change: tokio::sync::RwLock::default(),
            timeout: self.timeout,
            retries: self.retries,
        })))
    }
}

/// Sends calls to one server with one set of credentials. Clones share connections and credentials.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base: Url,
    credentials: RwLock<Credentials>,
    /// Locked for writing during a call that changes the credentials. Other calls that are refused
    /// in the meantime lock it for reading, to wait for the new credentials.
    credential_change: tokio::sync::RwLock<()>,
    timeout: Duration,
    retries: u32,
}

impl Session {
    /// Returns a builder for a session with the server at this URL.
    ///
    /// A URL without a scheme gets `http` if its host is `localhost` or an IP address of a local
    /// network, and otherwise `https`. The path is ignored, unless it ends in `/api/v1/`, for
    /// a server that is below another path.
    pub fn builder(url: impl Into<String>) -> SessionBuilder {
        SessionBuilder {
            url: url.into(),
            credentials: Credentials::Nobody,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            retries: 3,
            root_certificates: Vec::new(),
        }
    }

    /// Returns the URL of the API, such as `http://localhost:3124/api/v1/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.base.as_str()
    }

    /// Returns the current credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.0.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the credentials for all later requests of this session and its clones.
    pub fn set_credentials(&self, credentials: Credentials) {
        *self.0.credentials.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// Returns a session with the same server and other credentials. It shares the connections, but
    /// not later changes of the credentials.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let Inner { http, base, timeout, retries, .. } = &*self.0;
        Self(Arc::new(Inner {
            http: http.clone(),
            base: base.clone(),
            credentials: RwLock::new(credentials),
            credential_change: tokio::sync::RwLock::default(),
            timeout: *timeout,
            retries: *retries,
        }))
    }

    /// Sends a call and returns its response.
    ///
    /// # Errors
    /// Returns an error if the body of the call cannot be serialized, the server cannot be reached
    /// or refuses the call, or its response is not valid.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server may have executed the call or not.
    /// The call is not repeated.
    pub fn call<E: Endpoint>(&self, call: &E) -> CallFuture<'_, E::Answer> {
        let request = self.request(call);
        Box::pin(async move { read(&self.fetch(request?).await?) })
    }

    /// Sends a call with a body that is serialized already: `body` is JSON and replaces the body of
    /// the call.
    ///
    /// # Errors
    /// Returns the same errors as [`call`](Self::call).
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server may have executed the call or not.
    /// The call is not repeated.
    pub fn call_with<E: Endpoint>(&self, call: &E, body: Bytes) -> CallFuture<'_, E::Answer> {
        let request = Request { body: Some(body), ..self.request_to(call) };
        Box::pin(async move { read(&self.fetch(request).await?) })
    }

    /// Sends a call that changes the caller's credentials on the server. The session then uses the
    /// credentials that `new` returns for the response, or keeps the old ones if it returns `None`.
    ///
    /// Calls of other tasks that the server refuses with 401 in the meantime wait for the response,
    /// and are sent again with the new credentials.
    ///
    /// # Errors
    /// Returns the same errors as [`call`](Self::call).
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the session keeps the old credentials, even if
    /// the server has already changed them.
    pub fn call_for_credentials<'s, E: Endpoint>(
        &'s self,
        call: &E,
        new: impl FnOnce(&E::Answer) -> Option<Credentials> + Send + 's,
    ) -> CallFuture<'s, E::Answer> {
        let request = self.request(call);
        Box::pin(async move {
            let _changing = self.0.credential_change.write().await;
            let answer =
                read(&self.fetch(Request { changes_credentials: true, ..request? }).await?)?;
            if let Some(credentials) = new(&answer) {
                self.set_credentials(credentials);
            }
            Ok(answer)
        })
    }

    /// Sends a call whose response is read as a stream. Returns when the response has begun.
    ///
    /// # Errors
    /// Returns the same errors as [`call`](Self::call). If reading fails later, the stream yields
    /// the error.
    ///
    /// # Cancel safety
    /// If the future or the [`Body`] is dropped, the rest of the response is not read.
    pub fn open<E: Endpoint>(&self, call: &E) -> CallFuture<'_, Body> {
        let request = self.request(call);
        Box::pin(async move {
            let request = request?;
            let mut retry = self.retry(&request);
            loop {
                match self.send(&request, None).await {
                    Ok(response) => return Ok(Body::new(response)),
                    Err(error) => retry.after(error).await?,
                }
            }
        })
    }

    /// Sends a request, with retries, and returns the complete body of the response.
    async fn fetch(&self, request: Request) -> Result<Bytes, Error> {
        let mut retry = self.retry(&request);
        loop {
            let answer = async {
                let response = self.send(&request, Some(self.0.timeout)).await?;
                Ok(response.bytes().await?)
            };
            match answer.await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    /// Sends a request to upgrade the connection to another protocol, with the headers `upgrade`.
    pub(crate) async fn upgrade(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        upgrade: HeaderMap,
    ) -> Result<reqwest::Response, Error> {
        let request = Request::new(reqwest::Method::GET, self.url_for(path, parameters), false);
        self.send(&Request { headers: upgrade, ..request }, None).await
    }

    /// Returns the timeout of calls.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Sends a request. If the server refuses the credentials and they were changed in the
    /// meantime, sends it once more.
    async fn send(
        &self,
        request: &Request,
        timeout: Option<Duration>,
    ) -> Result<reqwest::Response, Error> {
        let credentials = self.credentials();
        match self.send_as(&credentials, request, timeout).await {
            Err(Error::Unauthorized(error)) if !request.changes_credentials => {
                drop(self.0.credential_change.read().await);
                let current = self.credentials();
                if current == credentials {
                    return Err(Error::Unauthorized(error));
                }
                self.send_as(&current, request, timeout).await
            }
            result => result,
        }
    }

    async fn send_as(
        &self,
        credentials: &Credentials,
        request: &Request,
        timeout: Option<Duration>,
    ) -> Result<reqwest::Response, Error> {
        let mut builder = self.0.http.request(request.method.clone(), request.url.clone());
        builder = builder.headers(request.headers.clone());
        if let Some(authorization) = credentials.header() {
            builder = builder.header(header::AUTHORIZATION, authorization);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        check_status(builder.send().await?).await
    }

    fn retry(&self, request: &Request) -> Retry {
        Retry::new(self.0.retries, request.repeatable)
    }

    fn request<E: Endpoint>(&self, call: &E) -> Result<Request, Error> {
        let body = call.body().map(serde_json::to_vec).transpose().map_err(Error::Unwritable)?;
        Ok(Request { body: body.map(Bytes::from), ..self.request_to(call) })
    }

    /// Returns the request of a call, without a body.
    fn request_to<E: Endpoint>(&self, call: &E) -> Request {
        let url = self.url_for(&call.path(), &call.parameters());
        let method = match call.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        Request::new(method, url, call.is_repeatable())
    }

    fn url_for<K: AsRef<str>, V: AsRef<str>>(&self, path: &str, parameters: &[(K, V)]) -> Url {
        let mut url = self.0.base.clone();
        url.set_path(&format!("{}{path}", url.path()));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }
}

/// The future of a call. Nothing is sent before it is polled for the first time.
pub type CallFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 's>>;

/// A request that can be sent repeatedly.
struct Request {
    method: reqwest::Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    repeatable: bool,
    /// Whether the call changes the credentials.
    changes_credentials: bool,
}

impl Request {
    fn new(method: reqwest::Method, url: Url, repeatable: bool) -> Self {
        let headers = HeaderMap::new();
        Self { method, url, headers, body: None, repeatable, changes_credentials: false }
    }
}

fn read<A: Answer>(body: &[u8]) -> Result<A, Error> {
    A::from_body(body).map_err(|error| ProtocolError::from(error).into())
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("url", &self.url())
            .field("credentials", &self.credentials())
            .finish_non_exhaustive()
    }
}

/// Returns the response if its status is a success, or an error otherwise.
async fn check_status(response: reqwest::Response) -> Result<reqwest::Response, Error> {
    let status = response.status();
    if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    if status.is_redirection() {
        return Err(ProtocolError::Redirection(status.as_u16()).into());
    }
    // The status is known even if the body cannot be read.
    let body = response.bytes().await.unwrap_or_default();
    Err(Error::from_server(server_error(status, &body)))
}

/// Reads an error response: the server's JSON, or a message from any other body or the status.
fn server_error(status: StatusCode, body: &[u8]) -> ServerError {
    if let Ok(mut error) = serde_json::from_slice::<ServerError>(body) {
        error.code = status.as_u16();
        return error;
    }
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(MAX_MESSAGE_CHARS).collect();
    let reason = status.canonical_reason().unwrap_or("no message");
    let msg = if text.is_empty() { reason.to_owned() } else { text };
    ServerError::new(status.as_u16(), msg, "")
}
