//! What the server says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a server is and can do (`info()`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The protocol's version, `0.3.0`.
    pub version: String,
    /// What its PipeScript can do.
    pub transforms: Transforms,
    /// How it finds values between datapoints.
    pub interpolators: Interpolators,
}

impl ServerInfo {
    /// What a server of this version says.
    #[must_use]
    pub fn new(
        version: impl Into<String>,
        transforms: Transforms,
        interpolators: Interpolators,
    ) -> Self {
        Self { version: version.into(), transforms, interpolators }
    }
}

/// The transforms of a server, by name (`meta/transforms`).
pub type Transforms = BTreeMap<String, TransformInfo>;

/// The interpolators of a server, by name (`meta/interpolators`).
pub type Interpolators = BTreeMap<String, InterpolatorInfo>;

/// What a server says of a PipeScript transform.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransformInfo {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// What it does, at length, as Markdown.
    pub documentation: String,
    /// The JSON Schema of what goes in, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ischema: Option<Value>,
    /// The JSON Schema of what comes out, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oschema: Option<Value>,
    /// Its arguments; null if it takes none.
    pub args: Option<Vec<ArgumentInfo>>,
    /// Whether it gives one datapoint for each.
    pub one_to_one: bool,
    /// Whether what it gives depends on the present datapoint alone.
    pub stateless: bool,
    /// Whether it looks ahead.
    pub peek: bool,
}

/// What a server says of a transform's argument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgumentInfo {
    /// What it is for.
    pub description: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it is when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether it must be a constant.
    pub constant: bool,
    /// Whether it is a script that the transform runs itself.
    pub hijacked: bool,
}

/// What a server says of an interpolator.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterpolatorInfo {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// What it does, at length, as Markdown.
    pub documentation: String,
    /// The JSON Schema of what goes in.
    pub ischema: Value,
    /// The JSON Schema of what comes out.
    pub oschema: Value,
}
