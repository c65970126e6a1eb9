//! What is told of transforms and interpolators.

use cdb_pipescript::interpolators::NAMED;
use cdb_pipescript::transforms::{self, Argument, ArgumentKind, Cardinality, Transform};
use cdb_types::meta::{ArgumentInfo, InterpolatorInfo, Interpolators, TransformInfo, Transforms};
use serde_json::json;

/// All transforms by name.
pub(crate) fn transforms() -> Transforms {
    transforms::all().map(|transform| (transform.name.to_owned(), of(transform))).collect()
}

fn of(transform: &Transform) -> TransformInfo {
    let arguments: Vec<_> = transform.arguments.iter().map(argument).collect();
    let [script, given, gives] = transform.example;
    let example = match script {
        "" => String::new(),
        script => format!(
            "\n\n```\n{script}\n```\n\nmakes of\n\n```json\n{given}\n```\n\nthis:\n\n```json\n{gives}\n```"
        ),
    };
    TransformInfo {
        name: transform.name.to_owned(),
        description: transform.description.to_owned(),
        documentation: format!("{}.{example}", transform.description),
        args: (!arguments.is_empty()).then_some(arguments),
        one_to_one: !matches!(transform.cardinality, Cardinality::OneOrNone | Cardinality::Fewer),
        stateless: matches!(
            transform.cardinality,
            Cardinality::OneByData | Cardinality::OneByDatapoint
        ),
        peek: transform.cardinality == Cardinality::OneByFuture,
        ..TransformInfo::default()
    }
}

fn argument(argument: &Argument) -> ArgumentInfo {
    ArgumentInfo {
        description: argument.description.to_owned(),
        optional: argument.default.is_some(),
        default: argument.default.and_then(|text| serde_json::from_str(text).ok()),
        constant: argument.kind == ArgumentKind::Constant,
        hijacked: argument.kind == ArgumentKind::Script,
    }
}

/// The interpolators that have a name.
pub(crate) fn interpolators() -> Interpolators {
    let of = |name: &str, description: &str| InterpolatorInfo {
        name: name.to_owned(),
        description: description.to_owned(),
        documentation: format!("{description}."),
        // Anything may go in, and so come out.
        ischema: json!({}),
        oschema: json!({}),
    };
    NAMED.iter().map(|named| (named.name.to_owned(), of(named.name, named.description))).collect()
}
