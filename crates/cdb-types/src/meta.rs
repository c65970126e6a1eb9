//! The server's description of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version, transforms and interpolators of a server (`info()` in Python).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The protocol's version, `0.3.0`.
    pub version: String,
    /// The transforms of its PipeScript, by name.
    pub transforms: Transforms,
    /// Its interpolators, which compute values between datapoints, by name.
    pub interpolators: Interpolators,
}

impl ServerInfo {
    /// Creates a description from its parts.
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

/// The description of a PipeScript transform.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransformInfo {
    /// The name.
    pub name: String,
    /// A description of one sentence.
    pub description: String,
    /// The documentation, in Markdown.
    pub documentation: String,
    /// The JSON Schema of the input; `None` if there is no restriction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ischema: Option<Value>,
    /// The JSON Schema of the output; `None` if it is not specified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oschema: Option<Value>,
    /// The arguments; `None` if there are none.
    pub args: Option<Vec<ArgumentInfo>>,
    /// Whether it returns exactly one datapoint for each input datapoint.
    pub one_to_one: bool,
    /// Whether the output for a datapoint depends on that datapoint alone.
    pub stateless: bool,
    /// Whether it reads datapoints after the current one.
    pub peek: bool,
}

/// The description of an argument of a transform.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgumentInfo {
    /// The purpose of the argument.
    pub description: String,
    /// Whether the argument may be left out.
    pub optional: bool,
    /// The value if the argument is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether the argument must be a constant.
    pub constant: bool,
    /// Whether the argument is a script that the transform runs itself.
    pub hijacked: bool,
}

/// The description of an interpolator.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterpolatorInfo {
    /// The name.
    pub name: String,
    /// A description of one sentence.
    pub description: String,
    /// The documentation, in Markdown.
    pub documentation: String,
    /// The JSON Schema of the input.
    pub ischema: Value,
    /// The JSON Schema of the output.
    pub oschema: Value,
}
