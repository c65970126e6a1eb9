//! One server, one asker.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use cdb_types::ServerError;
use cdb_types::endpoint::{Answer, Endpoint, Method};
use reqwest::header::{self, HeaderMap};
use reqwest::{Certificate, StatusCode, Url};

use crate::base_url::base_url;
use crate::retry::Retry;
use crate::{Body, Credentials, Error, ProtocolError};

/// How much of an error answer that is not the server's JSON becomes its message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// What a session is made with; see [`Session::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct SessionBuilder {
    url: String,
    credentials: Credentials,
    connect_timeout: Duration,
    timeout: Duration,
    retries: u32,
    root_certificates: Vec<Certificate>,
}

impl SessionBuilder {
    /// Who asks; nobody unless given.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// How long connecting may take; 10 seconds unless given.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take, answer included; 60 seconds unless given. For an answer that is
    /// read as a stream it is how long the server may be silent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a call is repeated, where that is safe, when the server cannot be reached or
    /// answers 502, 503 or 504; 3 times unless given. The first pause is about 0.1 seconds, each
    /// later one twice as long.
    ///
    /// What only reads is repeated after any of these failures, what changes something only when
    /// there was no connection, so that the server has seen nothing of it.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Trusts a certificate, in PEM, beside those that the system trusts: for a server that has
    /// signed its own.
    ///
    /// # Errors
    /// [`Error::Transport`] when it is none.
    pub fn root_certificate(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.root_certificates.push(Certificate::from_pem(pem)?);
        Ok(self)
    }

    /// The session. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Url`] when the URL is none, [`Error::Transport`] when TLS cannot be set up.
    pub fn build(self) -> Result<Session, Error> {
        let base = base_url(&self.url)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("cdb-http/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_merge(self.root_certificates)
            .build()?;
        Ok(Session(Arc::new(Inner {
            http,
            base,
            credentials: RwLock::new(self.credentials),
            changing: tokio::sync::RwLock::default(),
            timeout: self.timeout,
            retries: self.retries,
        })))
    }
}

/// Sends calls to one server for one asker. Clones share its connections and its credentials.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base: Url,
    credentials: RwLock<Credentials>,
    /// Held for writing while a call is under way that changes the credentials.
    changing: tokio::sync::RwLock<()>,
    timeout: Duration,
    retries: u32,
}

impl Session {
    /// Prepares a session with the server at this URL.
    ///
    /// What has no scheme is taken for `https`. The path does not matter (the protocol has its
    /// own), unless it ends in `/api/v1/`: then the server is below what comes before.
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

    /// The URL below which all calls are, such as `http://localhost:3124/api/v1/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.base.as_str()
    }

    /// Who asks.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.0.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes who asks, from the next request on, for all clones of the session.
    pub fn set_credentials(&self, credentials: Credentials) {
        *self.0.credentials.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// A session with the same server for somebody else.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let Inner { http, base, timeout, retries, .. } = &*self.0;
        Self(Arc::new(Inner {
            http: http.clone(),
            base: base.clone(),
            credentials: RwLock::new(credentials),
            changing: tokio::sync::RwLock::default(),
            timeout: *timeout,
            retries: *retries,
        }))
    }

    /// Makes a call and reads its answer.
    ///
    /// # Errors
    /// Any [`Error`] but [`Error::Url`].
    pub fn call<E: Endpoint>(&self, call: &E) -> Answering<'_, E::Answer> {
        let request = self.request(call);
        Box::pin(async move { read(&self.fetch(request?).await?) })
    }

    /// Makes a call with a body that is JSON already, in place of its own.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_with<E: Endpoint>(&self, call: &E, body: Bytes) -> Answering<'_, E::Answer> {
        let request = Request { body: Some(body), ..self.request_to(call) };
        Box::pin(async move { read(&self.fetch(request).await?) })
    }

    /// Makes a call after which the server takes other credentials than before, and goes on with
    /// those that `new` finds in the answer.
    ///
    /// From the server's change until the answer is here, the old credentials are refused: calls of
    /// other tasks to which that happens meanwhile are made again with the new ones.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_for_credentials<'s, E: Endpoint>(
        &'s self,
        call: &E,
        new: impl FnOnce(&E::Answer) -> Option<Credentials> + Send + 's,
    ) -> Answering<'s, E::Answer> {
        let request = self.request(call);
        Box::pin(async move {
            let _changing = self.0.changing.write().await;
            let answer = read(&self.fetch(Request { changes_login: true, ..request? }).await?)?;
            if let Some(credentials) = new(&answer) {
                self.set_credentials(credentials);
            }
            Ok(answer)
        })
    }

    /// Makes a call whose answer is read as it comes.
    ///
    /// # Errors
    /// As [`call`](Self::call); what happens after the answer has begun is an item of the body.
    pub fn open<E: Endpoint>(&self, call: &E) -> Answering<'_, Body> {
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

    /// The whole answer to a request.
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

    /// Asks for the connection to become another: `upgrade` are the headers that say which.
    pub(crate) async fn upgrade(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        upgrade: HeaderMap,
    ) -> Result<reqwest::Response, Error> {
        let request = Request::new(reqwest::Method::GET, self.url_of(path, parameters), false);
        self.send(&Request { headers: upgrade, ..request }, None).await
    }

    /// How long a call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Sends a request: once, or twice if what logged in has changed meanwhile.
    async fn send(
        &self,
        request: &Request,
        timeout: Option<Duration>,
    ) -> Result<reqwest::Response, Error> {
        let credentials = self.credentials();
        match self.send_as(&credentials, request, timeout).await {
            Err(Error::Unauthorized(said)) if !request.changes_login => {
                drop(self.0.changing.read().await);
                let now = self.credentials();
                if now == credentials {
                    return Err(Error::Unauthorized(said));
                }
                self.send_as(&now, request, timeout).await
            }
            sent => sent,
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
        accepted(builder.send().await?).await
    }

    fn retry(&self, request: &Request) -> Retry {
        Retry::new(self.0.retries, request.repeatable)
    }

    fn request<E: Endpoint>(&self, call: &E) -> Result<Request, Error> {
        let body = call.body().map(serde_json::to_vec).transpose().map_err(Error::Unwritable)?;
        Ok(Request { body: body.map(Bytes::from), ..self.request_to(call) })
    }

    /// The request of a call, without a body.
    fn request_to<E: Endpoint>(&self, call: &E) -> Request {
        let url = self.url_of(&call.path(), &call.parameters());
        let method = match E::METHOD {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        Request::new(method, url, E::REPEATABLE)
    }

    fn url_of<K: AsRef<str>, V: AsRef<str>>(&self, path: &str, parameters: &[(K, V)]) -> Url {
        let mut url = self.0.base.clone();
        url.set_path(&format!("{}{path}", url.path()));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }
}

/// A call under way.
pub type Answering<'s, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 's>>;

/// A call, ready to be sent as often as it takes.
struct Request {
    method: reqwest::Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    repeatable: bool,
    /// Whether what logs in is another afterwards.
    changes_login: bool,
}

impl Request {
    fn new(method: reqwest::Method, url: Url, repeatable: bool) -> Self {
        let headers = HeaderMap::new();
        Self { method, url, headers, body: None, repeatable, changes_login: false }
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

/// The response, unless its status says that it is an error.
async fn accepted(response: reqwest::Response) -> Result<reqwest::Response, Error> {
    let status = response.status();
    if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    if status.is_redirection() {
        return Err(ProtocolError::Redirection(status.as_u16()).into());
    }
    // The status is what counts: a body that breaks off is as good as none.
    let body = response.bytes().await.unwrap_or_default();
    Err(Error::from_server(said(status, &body)))
}

/// What an error answer says, be it the server's JSON, some proxy's page or nothing.
fn said(status: StatusCode, body: &[u8]) -> ServerError {
    if let Ok(mut said) = serde_json::from_slice::<ServerError>(body) {
        said.code = status.as_u16();
        return said;
    }
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(MAX_MESSAGE_CHARS).collect();
    let reason = status.canonical_reason().unwrap_or("no reason given");
    let msg = if text.is_empty() { reason.to_owned() } else { text };
    ServerError::new(status.as_u16(), msg, "")
}
