//! What surrounds every request: the caller is identified and admitted, and a line is logged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cdb_types::endpoint::{API, Endpoint, Login};

use super::admission::{Admission, AdmittedBody};
use super::body::{BodyBudget, Leftover};
use super::credentials::{client_network, credentials};
use super::response::Reference;
use crate::api_error::ApiError;
use crate::auth::Network;
use crate::identity::Principal;
use crate::limits::Limits;
use crate::service::Service;
use crate::usage::{Caller, Quota, Usage};

/// The headers of every response.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store, must-revalidate"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "deny"),
];

/// How long a request waits until others of its caller, or of all callers, are answered.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The number of characters of a path that are logged.
const MAX_LOGGED_PATH: usize = 200;

/// What all requests share.
#[derive(Clone)]
pub(super) struct Front {
    service: Arc<Service>,
    limits: Arc<Limits>,
    admission: Arc<Admission>,
    bodies: Arc<Usage>,
}

impl Front {
    pub(super) fn new(service: Arc<Service>, limits: &Limits) -> Self {
        let requests = Quota {
            per_device: limits.requests_per_device,
            per_address: limits.requests_per_address,
            anonymous: limits.requests_anonymous,
            total: limits.requests_total,
        };
        // Otherwise a body that is allowed would never be read.
        let at_least_one = |bytes: usize| bytes.max(limits.body_bytes);
        let bodies = Quota {
            per_device: at_least_one(limits.bodies_per_device),
            per_address: at_least_one(limits.bodies_per_address),
            anonymous: at_least_one(limits.bodies_anonymous),
            total: at_least_one(limits.bodies_total),
        };
        Self {
            service,
            limits: Arc::new(limits.clone()),
            admission: Admission::new(requests, MAX_WAIT),
            bodies: Usage::new(bodies),
        }
    }

    /// Runs the handler of a request when the caller has a free place. The place is taken until the
    /// response has been sent. A login is admitted by its handler, when its password was checked.
    async fn answer(
        &self,
        principal: Principal,
        network: Network,
        mut request: Request,
        next: Next,
    ) -> Result<Response, ApiError> {
        let caller = Caller::new(&principal, network);
        let admitted = if is_login(&request) {
            request.extensions_mut().insert(Arc::clone(&self.admission));
            None
        } else {
            Some(self.admission.admit(caller).await?)
        };
        let (usage, limits) = (Arc::clone(&self.bodies), Arc::clone(&self.limits));
        request.extensions_mut().insert(BodyBudget { usage, caller, limits });
        request.extensions_mut().insert(principal);
        let response = next.run(request).await;
        match admitted.filter(|_| response.status().is_success()) {
            Some(_admitted) => Ok(response.map(|body| Body::new(AdmittedBody { body, _admitted }))),
            None => Ok(response),
        }
    }
}

/// Returns what a request is counted as. A method may be any word, of which there is no end.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// Returns whether a request is a login with a name and a password in its body.
fn is_login(request: &Request) -> bool {
    let route = request.uri().path().strip_prefix(API).map(|route| route.trim_end_matches('/'));
    request.method() == Method::POST && route == Some(Login::ROUTE)
}

pub(super) async fn observe(State(front): State<Front>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Not the query: a key may be in it.
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MAX_LOGGED_PATH).collect();
    // As the route is written: the names in a path would be classes without end.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", |route| route.as_str().trim_end_matches('/')).to_owned();
    let (leftover, request) = Leftover::of(request);
    let (parts, body) = request.into_parts();
    let service = &front.service;
    let authenticated = match credentials(&parts, service.transport) {
        Ok(credentials) => service.authenticate(credentials).await,
        Err(error) => Err(error),
    };
    let (identity, answered) = match authenticated {
        Ok(principal) => {
            let identity = principal.to_string();
            let network = client_network(&parts, service.transport);
            let request = Request::from_parts(parts, body);
            (identity, front.answer(principal, network, request, next).await)
        }
        Err(error) => {
            drop(body);
            ("unknown".to_owned(), Err(error))
        }
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    // A body that did not arrive in time is not waited for any longer.
    if response.status() != StatusCode::REQUEST_TIMEOUT {
        leftover.drain().await;
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let labels = [
        ("method", method_label(&method).to_owned()),
        ("route", route),
        ("status", response.status().as_str().to_owned()),
    ];
    front.service.metrics.request(&labels, started.elapsed());
    let reference = response.extensions().get::<Reference>().map(|reference| &*reference.0);
    tracing::info!(
        %method,
        path,
        identity,
        status = response.status().as_u16(),
        duration = ?started.elapsed(),
        reference,
        "request",
    );
    response
}
