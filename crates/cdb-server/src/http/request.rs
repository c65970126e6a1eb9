//! What every handler needs of a request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use cdb_types::endpoint::POSITIONS_PARAMETER;
use cdb_types::{DataQuery, DevicePath, Name, QueryError, Range, StreamPath, UserPath, is_true};
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::service::Service;

/// Who asks what of whom; `P` are the names in the path, decoded but not yet checked.
pub(super) struct Call<P> {
    pub(super) service: Arc<Service>,
    pub(super) principal: Principal,
    pub(super) path: P,
    pub(super) parameters: Parameters,
}

/// The parameters of the URL.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The first of this name that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether a stream's downlink is meant.
    pub(super) fn downlink(&self) -> bool {
        self.get("downlink").is_some_and(is_true)
    }

    /// The number of corrections after which the indices of a read are positions, if they are.
    pub(super) fn positions(&self) -> Result<Option<u64>, ApiError> {
        let corrections = self.get(POSITIONS_PARAMETER).map(str::parse).transpose();
        Ok(corrections.map_err(|_| QueryError::Index(POSITIONS_PARAMETER))?)
    }

    /// The range that is to be corrected.
    ///
    /// # Errors
    /// Returns an error without bounds, since all datapoints would be meant, and for what is not an end
    /// although it looks like one.
    pub(super) fn bounds(&self) -> Result<Range, ApiError> {
        let query = DataQuery::from_parameters(self.iter())?;
        let is_given = |names: [&str; 2]| names.iter().any(|name| self.get(name).is_some());
        if is_given(["transform", "q"]) {
            let msg = "All datapoints of a range are corrected: it has no transform and no q.";
            return Err(ApiError::bad_request(msg));
        }
        if is_given(["i1", "i2"]) && is_given(["t1", "t2"]) {
            return Err(QueryError::Both.into());
        }
        // A read takes it for no end, too. Here it may be meant to be the start.
        if query.i2 == Some(0) {
            let msg = "The end of a range to correct must not be 0; leave it out for no end.";
            return Err(ApiError::bad_request(msg));
        }
        if self.get("limit").is_some() || self.positions()?.is_some() {
            return Err(ApiError::bad_request("A range to correct has no limit and no positions."));
        }
        if query.t2.is_some_and(|until| until <= 0.0) {
            let msg =
                "The end of a range to correct must be a time after 1970; leave it out for no end.";
            return Err(ApiError::bad_request(msg));
        }
        Ok(query.range()?)
    }

    /// What the request is about, if that is not the object itself.
    pub(super) fn query(&self) -> Option<&str> {
        self.get("q")
    }
}

/// A `q` that there is not.
pub(super) fn unknown_query() -> ApiError {
    ApiError::bad_request("Unrecognized query command.")
}

impl<P: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for Call<P> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, ApiError> {
        let principal = parts.extensions.get::<Principal>().cloned().unwrap_or_default();
        let Path(path) = Path::from_request_parts(parts, service)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let Query(parameters) = Query::from_request_parts(parts, service)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        Ok(Self {
            service: Arc::clone(service),
            principal,
            path,
            parameters: Parameters(parameters),
        })
    }
}

/// Names that may be the path of something. What cannot be a name is not there.
pub(super) trait Names {
    type Path;

    fn parse(&self) -> Option<Self::Path>;

    /// The path of something to be read.
    fn to_read(&self) -> Result<Self::Path, ApiError> {
        self.parse().ok_or_else(ApiError::not_found)
    }

    /// The path of something to be changed, or whose data is asked for.
    fn to_change(&self) -> Result<Self::Path, ApiError> {
        self.parse().ok_or_else(ApiError::forbidden)
    }
}

impl Names for String {
    type Path = UserPath;

    fn parse(&self) -> Option<UserPath> {
        str::parse(self).ok()
    }
}

impl Names for (String, String) {
    type Path = DevicePath;

    fn parse(&self) -> Option<DevicePath> {
        let (user, device) = self;
        Some(Names::parse(user)?.device(Name::new(device).ok()?))
    }
}

impl Names for (String, String, String) {
    type Path = StreamPath;

    fn parse(&self) -> Option<StreamPath> {
        let (user, device, stream) = self;
        let user: UserPath = Names::parse(user)?;
        Some(user.device(Name::new(device).ok()?).stream(Name::new(stream).ok()?))
    }
}

/// A first look at the name of something new: its characters are checked later.
pub(super) fn sane(name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.contains(['/', '\\', ' ', '?']) {
        return Err(ApiError::bad_request("The given name did not pass sanitation."));
    }
    Ok(())
}
