//! Transforms that compare a datapoint with others of the sequence.

use std::collections::HashSet;
use std::sync::Arc;

use super::ArgumentKind::Constant;
use super::{Argument, Cardinality, Transform, map_each};
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Part;
use crate::point::Point;
use crate::value::Value;

/// The maximum number of datapoints that `next` looks ahead.
const MAX_AHEAD: i64 = 100;

/// The maximum number of different values of `new`, and of keys of `map` and `imap`.
pub(super) const MAX_DISTINCT: usize = 50_000;

/// The memory of a text in a set, without its bytes.
const TEXT_BYTES: usize = 48;

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "first",
        description: "Whether the datapoint is the first of the sequence",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: ["if first", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":1,"d":3}]"#],
        build: |_| {
            Ok(map_each(0, true, |first, window, _| {
                Ok(Point { t: window[0].t, d: std::mem::take(first).into() })
            }))
        },
    },
    Transform {
        name: "last",
        description: "Whether the datapoint is the last of the sequence",
        arguments: &[],
        cardinality: Cardinality::OneByFuture,
        example: ["mean | if last", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":2,"d":6.5}]"#],
        build: |_| Ok(Part::One(Expression::Last)),
    },
    Transform {
        name: "next",
        description: "A later datapoint, with its own timestamp. Beyond the end of the sequence, null with the current timestamp",
        arguments: &[Argument::optional(
            Constant,
            "1",
            "How many datapoints to look ahead, at most 100",
        )],
        cardinality: Cardinality::OneByFuture,
        example: ["next", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":2,"d":10},{"t":2}]"#],
        build: |arguments| {
            let ahead = arguments.integer(0, 1)?;
            if ahead < 1 {
                return Err("next must look at least one datapoint forward".to_owned());
            }
            let ahead = usize::try_from(ahead.min(MAX_AHEAD + 1)).unwrap_or_default();
            if ahead > MAX_AHEAD as usize {
                let message = format!("next cannot look more than {MAX_AHEAD} datapoints forward");
                return Err(message);
            }
            Ok(map_each(ahead, ahead, |ahead, window, _| {
                let beyond = || Point { t: window[0].t, d: Value::Null };
                Ok(window.get(*ahead).cloned().unwrap_or_else(beyond))
            }))
        },
    },
    Transform {
        name: "changed",
        description: "Whether the data differs from that of the previous datapoint",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "if changed",
            r#"[{"t":1,"d":"on"},{"t":2,"d":"on"},{"t":3,"d":"off"}]"#,
            r#"[{"t":1,"d":"on"},{"t":3,"d":"off"}]"#,
        ],
        build: |_| {
            Ok(map_each(0, None::<Value>, |before, window, meter| {
                let Point { t, d } = &window[0];
                meter.step_over(d.bytes())?;
                meter.replace(before.as_ref(), d)?;
                let changed = match before.replace(d.clone()) {
                    Some(before) => !before.is_like(d),
                    // The first datapoint counts as changed, unless it is null.
                    None => *d != Value::Null,
                };
                Ok(Point { t: *t, d: changed.into() })
            }))
        },
    },
    Transform {
        name: "new",
        description: "Whether the data, as a text, has not occurred before; at most 50,000 different texts",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "if new",
            r#"[{"t":1,"d":"a"},{"t":2,"d":"b"},{"t":3,"d":"a"}]"#,
            r#"[{"t":1,"d":"a"},{"t":2,"d":"b"}]"#,
        ],
        build: |_| {
            Ok(map_each(0, HashSet::<Arc<str>>::new(), |seen, window, meter| {
                let text = window[0].d.to_shared_text()?;
                meter.step_over(text.len())?;
                let bytes = TEXT_BYTES + text.len();
                let new = seen.insert(text);
                if new {
                    meter.hold(bytes)?;
                }
                if seen.len() > MAX_DISTINCT {
                    let message = format!("new remembers at most {MAX_DISTINCT} different values");
                    return Err(RunError::new(message));
                }
                Ok(Point { t: window[0].t, d: new.into() })
            }))
        },
    },
];
