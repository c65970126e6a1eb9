//! How many requests are answered at a time.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use cdb_types::ErrorKind;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::api_error::ApiError;
use crate::usage::{Caller, Quota};

/// Admits requests: those beyond a quota wait, in the order in which they came.
#[derive(Debug)]
pub(super) struct Admission {
    quota: Quota,
    max_wait: Duration,
    callers: Mutex<HashMap<Caller, Queue>>,
    anonymous: Arc<Semaphore>,
    total: Arc<Semaphore>,
}

/// The requests of one caller.
#[derive(Debug)]
struct Queue {
    free: Arc<Semaphore>,
    /// The number of requests that wait or are answered.
    requests: usize,
}

/// A request that waits or is answered.
#[derive(Debug)]
struct Place {
    admission: Arc<Admission>,
    caller: Caller,
}

/// A request that is answered. When this is dropped, another one may begin.
#[derive(Debug)]
pub(super) struct Admitted {
    // Before the place, so that the permits are given back first.
    _permits: Vec<OwnedSemaphorePermit>,
    _place: Place,
}

impl Admission {
    /// Requests wait for at most `max_wait`.
    pub(super) fn new(quota: Quota, max_wait: Duration) -> Arc<Self> {
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            quota,
            max_wait,
            callers: Mutex::default(),
            anonymous: semaphore(quota.anonymous),
            total: semaphore(quota.total),
        })
    }

    /// Waits until a request of this caller may be answered.
    ///
    /// # Errors
    /// Returns an error if that takes too long.
    ///
    /// # Cancel safety
    /// If the future is dropped, the request is no longer waiting.
    pub(super) async fn admit(self: &Arc<Self>, caller: Caller) -> Result<Admitted, ApiError> {
        let (of_caller, place) = self.enter(caller);
        let mut permits = Vec::with_capacity(3);
        // That of the caller first: while it waits for itself, it takes nothing from others.
        permits.push(self.wait(of_caller).await.ok_or_else(|| {
            let msg = "Too many of your requests are being answered. Wait for some of them.";
            ApiError::new(429, ErrorKind::Limit, msg)
        })?);
        let of_anonymous =
            matches!(caller, Caller::Anonymous(_)).then(|| Arc::clone(&self.anonymous));
        for of_all in of_anonymous.into_iter().chain([Arc::clone(&self.total)]) {
            permits.push(self.wait(of_all).await.ok_or_else(|| {
                let msg = "The server is answering too many requests at the moment.";
                ApiError::new(503, ErrorKind::Unavailable, msg)
            })?);
        }
        Ok(Admitted { _permits: permits, _place: place })
    }

    fn enter(self: &Arc<Self>, caller: Caller) -> (Arc<Semaphore>, Place) {
        let max = match caller {
            Caller::Device(_) => self.quota.per_device,
            Caller::Anonymous(_) => self.quota.per_address,
        };
        let mut callers = self.callers();
        let queue = callers.entry(caller).or_insert_with(|| Queue {
            free: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            requests: 0,
        });
        queue.requests += 1;
        (Arc::clone(&queue.free), Place { admission: Arc::clone(self), caller })
    }

    async fn wait(&self, semaphore: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        timeout(self.max_wait, semaphore.acquire_owned()).await.ok()?.ok()
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<Caller, Queue>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut callers = self.admission.callers();
        if let Some(queue) = callers.get_mut(&self.caller) {
            queue.requests -= 1;
            if queue.requests == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

/// The body of a response, which is being answered until it has been sent.
pub(super) struct AdmittedBody {
    pub(super) body: Body,
    pub(super) _admitted: Admitted,
}

impl HttpBody for AdmittedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures_util::FutureExt;

    use super::*;

    const QUOTA: Quota = Quota { per_device: 2, per_address: 1, anonymous: 1, total: 3 };

    fn address(text: &str) -> Caller {
        Caller::Anonymous(text.parse::<IpAddr>().expect("an address").into())
    }

    #[tokio::test]
    async fn requests_beyond_a_quota_wait_for_others_to_end() {
        let admission = Admission::new(QUOTA, Duration::from_millis(10));
        let device = Caller::Device(1);
        let first = admission.admit(device).await.expect("a place");
        let _second = admission.admit(device).await.expect("a place");
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(device).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        let _third = waiting.await.expect("it ends").expect("a place");
        let status = |admitted: Result<Admitted, ApiError>| admitted.expect_err("full").status;
        assert_eq!(status(admission.admit(device).await), 429);
        let _anonymous = admission.admit(address("192.0.2.1")).await.expect("a place");
        assert_eq!(status(admission.admit(address("192.0.2.1")).await), 429);
        assert_eq!(status(admission.admit(address("192.0.2.2")).await), 503);
        assert_eq!(status(admission.admit(Caller::Device(2)).await), 503);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_callers_that_are_gone() {
        let admission = Admission::new(QUOTA, Duration::from_millis(10));
        let device = Caller::Device(1);
        let both = (admission.admit(device).await, admission.admit(device).await);
        assert!(admission.admit(device).await.is_err());
        assert!(admission.admit(device).now_or_never().is_none());
        drop(both);
        assert!(admission.callers().is_empty());
        assert_eq!(admission.total.available_permits(), QUOTA.total);
    }
}
