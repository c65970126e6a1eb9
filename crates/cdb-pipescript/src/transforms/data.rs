//! Transforms that access the datapoint.

use super::ArgumentKind::Constant;
use super::{Argument, Cardinality, Transform, map_each};
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Part;
use crate::point::Point;
use crate::value::Value;

const KEY: Argument = Argument::optional(
    Constant,
    "null",
    "The key in an object, or the index in an array; a negative index counts from the end",
);

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "$",
        description: "The data of the datapoint, or one element of it",
        arguments: &[KEY],
        cardinality: Cardinality::OneByData,
        example: ["$('a') + $['b']", r#"[{"t":1,"d":{"a":1,"b":2}}]"#, r#"[{"t":1,"d":3}]"#],
        build: |arguments| Ok(element(arguments.constant(0))),
    },
    Transform {
        name: "d",
        description: "The data of the datapoint, the same as $",
        arguments: &[KEY],
        cardinality: Cardinality::OneByData,
        example: ["d * 2", r#"[{"t":1,"d":4}]"#, r#"[{"t":1,"d":8}]"#],
        build: |arguments| Ok(element(arguments.constant(0))),
    },
    Transform {
        name: "t",
        description: "The timestamp of the datapoint, in seconds since 1970",
        arguments: &[],
        cardinality: Cardinality::OneByDatapoint,
        example: ["t", r#"[{"t":1464250199.5,"d":4}]"#, r#"[{"t":1464250199.5,"d":1464250199.5}]"#],
        build: |_| Ok(Part::One(Expression::Time)),
    },
    Transform {
        name: "tshift",
        description: "Adds seconds to the timestamp",
        arguments: &[Argument::new(Constant, "The seconds to add")],
        cardinality: Cardinality::OneByDatapoint,
        example: ["tshift(-10)", r#"[{"t":15,"d":4}]"#, r#"[{"t":5,"d":4}]"#],
        build: |arguments| {
            let seconds = arguments.number(0, 0.0)?;
            Ok(map_each(0, seconds, |seconds, window, _| {
                Ok(Point { t: window[0].t + *seconds, d: window[0].d.clone() })
            }))
        },
    },
];

fn element(key: Option<Value>) -> Part {
    match key {
        None => Part::One(Expression::Identity),
        Some(key) => map_each(0, key, |key, window, _| {
            let Point { t, d } = &window[0];
            Ok(Point { t: *t, d: find(d, key)? })
        }),
    }
}

/// Returns an element of an object or an array.
pub(super) fn find(data: &Value, key: &Value) -> Result<Value, RunError> {
    let found = match data {
        Value::Object(object) => key.as_text().and_then(|key| object.entries().get(&*key).cloned()),
        Value::Array(array) => {
            index(key, array.items().len()).and_then(|index| array.items().get(index).cloned())
        }
        // As in the original, an element of a text is the value of a byte.
        Value::String(text) => index(key, text.len())
            .and_then(|index| text.as_bytes().get(index))
            .map(|byte| f64::from(*byte).into()),
        _ => None,
    };
    found.ok_or_else(|| {
        RunError::new(format!("Could not find '{}' in '{}'", key.excerpt(), data.excerpt()))
    })
}

/// Converts an index, which may be negative, to the index in an array of this length.
fn index(key: &Value, length: usize) -> Option<usize> {
    let number = key.as_number().filter(|number| number.fract() == 0.0 && number.abs() < 1e15)?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and small")]
    let number = number as isize;
    if number < 0 {
        length.checked_sub(number.unsigned_abs())
    } else {
        usize::try_from(number).ok()
    }
}
