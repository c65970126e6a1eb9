//! Transforms of numbers, and aggregates over the sequence.

use std::hash::{BuildHasher, RandomState};

use cdb_types::summary::ExactSum;

use super::ArgumentKind::{Constant, Expression as OneToOne};
use super::{Argument, Arguments, Cardinality, Transform, data, map_each, map_numbers};
use crate::budget::Meter;
use crate::node::Part;
use crate::point::Point;
use crate::value::number_text;

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "count",
        description: "The number of datapoints so far, including this one",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "if $ > 5 | count",
            r#"[{"t":1,"d":3},{"t":2,"d":10},{"t":3,"d":9}]"#,
            r#"[{"t":2,"d":1},{"t":3,"d":2}]"#,
        ],
        build: |_| Ok(counter(1.0)),
    },
    Transform {
        name: "i",
        description: "The index of the datapoint in the sequence, counted from 0",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: ["i", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":1,"d":0},{"t":2,"d":1}]"#],
        build: |_| Ok(counter(0.0)),
    },
    Transform {
        name: "sum",
        description: "The sum of the data so far",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: ["sum", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":1,"d":3},{"t":2,"d":13}]"#],
        build: |_| {
            let apply = |sum: &mut ExactSum, window: &[Point], _: &mut Meter| {
                sum.add(window[0].d.to_number()?);
                Ok(Point { t: window[0].t, d: sum.value().into() })
            };
            Ok(map_numbers(ExactSum::default(), apply, |sum, numbers, only_last| {
                if only_last {
                    sum.extend(numbers);
                    return vec![sum.value()];
                }
                let next = |number: &f64| {
                    sum.add(*number);
                    sum.value()
                };
                numbers.iter().map(next).collect()
            }))
        },
    },
    Transform {
        name: "mean",
        description: "The mean of the data so far",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "mean",
            r#"[{"t":1,"d":3},{"t":2,"d":10}]"#,
            r#"[{"t":1,"d":3},{"t":2,"d":6.5}]"#,
        ],
        build: |_| {
            type State = (ExactSum, u64);
            let apply = |(sum, count): &mut State, window: &[Point], _: &mut Meter| {
                sum.add(window[0].d.to_number()?);
                *count += 1;
                Ok(Point { t: window[0].t, d: sum.mean(*count).into() })
            };
            Ok(map_numbers(State::default(), apply, |(sum, count), numbers, only_last| {
                if only_last {
                    sum.extend(numbers);
                    *count += numbers.len() as u64;
                    return vec![sum.mean(*count)];
                }
                let next = |number: &f64| {
                    sum.add(*number);
                    *count += 1;
                    sum.mean(*count)
                };
                numbers.iter().map(next).collect()
            }))
        },
    },
    Transform {
        name: "min",
        description: "The datapoint with the smallest key so far",
        arguments: &[Argument::optional(OneToOne, "\"$\"", "The key")],
        cardinality: Cardinality::OneByHistory,
        example: ["min", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":1,"d":3},{"t":1,"d":3}]"#],
        build: |arguments| Ok(extreme(arguments, |key, best| key < best)),
    },
    Transform {
        name: "max",
        description: "The datapoint with the largest key so far",
        arguments: &[Argument::optional(OneToOne, "\"$\"", "The key")],
        cardinality: Cardinality::OneByHistory,
        example: [
            "max($('a'))",
            r#"[{"t":1,"d":{"a":3}},{"t":2,"d":{"a":1}}]"#,
            r#"[{"t":1,"d":{"a":3}},{"t":1,"d":{"a":3}}]"#,
        ],
        build: |arguments| Ok(extreme(arguments, |key, best| key > best)),
    },
    Transform {
        name: "dt",
        description: "The seconds since the previous datapoint; 0 for the first",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: ["dt", r#"[{"t":1,"d":3},{"t":4,"d":10}]"#, r#"[{"t":1,"d":0},{"t":4,"d":3}]"#],
        build: |_| {
            Ok(map_each(0, None::<f64>, |before, window, _| {
                let t = window[0].t;
                let since = t - before.replace(t).unwrap_or(t);
                Ok(Point { t, d: since.into() })
            }))
        },
    },
    Transform {
        name: "bucket",
        description: "The range that contains the data, as a text such as \"[10,20)\"",
        arguments: &[
            Argument::optional(Constant, "10", "The size of the ranges"),
            Argument::optional(Constant, "0", "The start of one of the ranges"),
        ],
        cardinality: Cardinality::OneByData,
        example: [
            "map(bucket(10), count)",
            r#"[{"t":1,"d":3},{"t":2,"d":10},{"t":3,"d":4}]"#,
            r#"[{"t":3,"d":{"[0,10)":2,"[10,20)":1}}]"#,
        ],
        build: |arguments| {
            let (size, start) = (arguments.number(0, 10.0)?, arguments.number(1, 0.0)?);
            Ok(data((size, start), |(size, start), value| {
                let low = ((value.to_number()? - start) / size).floor() * size + start;
                let (low, high) = (number_text(low), number_text(low + size));
                Ok(format!("[{low},{high})").as_str().into())
            }))
        },
    },
    Transform {
        name: "rand",
        description: "A random number from 0, inclusive, to 1, exclusive",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: ["", "", ""],
        build: |_| {
            Ok(map_each(0, None::<u64>, |state, window, _| {
                let state = state.get_or_insert_with(|| RandomState::new().hash_one(0));
                Ok(Point { t: window[0].t, d: random(state).into() })
            }))
        },
    },
];

fn counter(first: f64) -> Part {
    let apply = |count: &mut f64, window: &[Point], _: &mut Meter| {
        let point = Point::new(window[0].t, *count);
        *count += 1.0;
        Ok(point)
    };
    map_numbers(first, apply, |count, numbers, only_last| {
        let first = *count;
        *count += numbers.len() as f64;
        match only_last {
            true => vec![*count - 1.0],
            false => (0..numbers.len()).map(|index| first + index as f64).collect(),
        }
    })
}

/// Creates a transform that returns the datapoint with the best key so far.
fn extreme(arguments: &mut Arguments<'_>, better: fn(f64, f64) -> bool) -> Part {
    let key = arguments.expression(0);
    let state = (key, better, None::<(f64, Point)>);
    map_each(state.0.ahead(), state, |(key, better, best), window, meter| {
        let key = key.value(window, meter)?.to_number()?;
        match best {
            Some((best_key, point)) if !better(key, *best_key) => Ok(point.clone()),
            _ => {
                meter.replace(best.as_ref().map(|(_, point)| &point.d), &window[0].d)?;
                Ok(best.insert((key, window[0].clone())).1.clone())
            }
        }
    })
}

/// Returns the next number of a pseudo-random sequence, splitmix64, from 0 to 1, exclusive.
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let bits = ((mixed ^ (mixed >> 31)) >> 11) as f64;
    bits / 9_007_199_254_740_992.0
}
