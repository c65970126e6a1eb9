//! Transforms that create and change objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ArgumentKind::{Constant, Expression as OneToOne, Script};
use super::sequence::MAX_DISTINCT;
use super::{Argument, Arguments, Cardinality, Transform, data, map_each};
use crate::budget::Meter;
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Part;
use crate::pipeline::{Fanout, Sink, Step};
use crate::point::Point;
use crate::template::{Instance, Template};
use crate::value::{ENTRY_STEPS, Value};

/// The memory of a key and its run in a map, without the text of the key and what the run holds.
/// The nodes of a map have room for up to twice as many entries.
const KEY_BYTES: usize = 176;

/// The additional memory of the first key, because a node of a map has room for eleven entries.
const FIRST_KEY_BYTES: usize = 880;

type Entries = BTreeMap<Arc<str>, Value>;

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "map",
        description: "Splits the sequence by a key and runs a script over each part. At the end, returns an object with the last result for each key; at most 50,000 keys",
        arguments: &[
            Argument::new(OneToOne, "The key"),
            Argument::new(Script, "The script for the datapoints of each key"),
        ],
        cardinality: Cardinality::Fewer,
        example: [
            "map($('a'), $('b'):sum)",
            r#"[{"t":1,"d":{"a":"x","b":2}},{"t":2,"d":{"a":"y","b":3}},{"t":3,"d":{"a":"x","b":4}}]"#,
            r#"[{"t":3,"d":{"x":6,"y":3}}]"#,
        ],
        build: |arguments| {
            let keyed = KeyedRuns::of(arguments, "Map cannot be used with transforms that peek.")?;
            Ok(Part::Step(Step::Fanout(Box::new(Map { keyed, last: None }))))
        },
    },
    Transform {
        name: "imap",
        description: "Splits the sequence by a key and runs a script over each part. For each datapoint, returns an object with the last result so far for each key; at most 50,000 keys",
        arguments: &[
            Argument::new(OneToOne, "The key"),
            Argument::new(Script, "The script for the datapoints of each key"),
        ],
        cardinality: Cardinality::OneByHistory,
        example: [
            "imap($, count)",
            r#"[{"t":1,"d":"x"},{"t":2,"d":"y"},{"t":3,"d":"x"}]"#,
            r#"[{"t":1,"d":{"x":1}},{"t":2,"d":{"x":1,"y":1}},{"t":3,"d":{"x":2,"y":1}}]"#,
        ],
        build: |arguments| {
            let keyed = KeyedRuns::of(arguments, "imap cannot be used with transforms that peek.")?;
            Ok(map_each(keyed.key.ahead(), keyed, |keyed, window, meter| {
                keyed.push(window, meter)?;
                Ok(Point { t: window[0].t, d: keyed.last_results(meter)? })
            }))
        },
    },
    Transform {
        name: "reduce",
        description: "Runs a script over the values of an object, in the order of its keys, and returns the last result",
        arguments: &[Argument::new(Script, "The script")],
        cardinality: Cardinality::OneByData,
        example: ["reduce(sum)", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":3}]"#],
        build: |arguments| {
            let script = arguments.script(0, "reduce cannot be used with transforms that peek.")?;
            Ok(map_each(0, script, |script, window, meter| {
                let Point { t, d: Value::Object(object) } = &window[0] else {
                    return Err(RunError::new("Datapoint's data can't be reduced"));
                };
                let mut run = script.start(meter)?;
                for value in object.entries().values() {
                    run.push(Point { t: *t, d: value.clone() }, meter)?;
                }
                Ok(Point { t: *t, d: run.end(meter)?.map(|point| point.d).unwrap_or_default() })
            }))
        },
    },
    Transform {
        name: "apply",
        description: "Runs a script on each value of an object. An entry for which the script has no result is left out",
        arguments: &[Argument::new(Script, "The script")],
        cardinality: Cardinality::OneByData,
        example: [
            "apply($ * 2)",
            r#"[{"t":1,"d":{"x":1,"y":2}}]"#,
            r#"[{"t":1,"d":{"x":2,"y":4}}]"#,
        ],
        build: |arguments| {
            let script = arguments.script(0, "apply cannot be used with transforms that peek.")?;
            Ok(entries(script, |script, t, entries, meter| {
                let mut applied = Entries::new();
                for (key, value) in entries {
                    if let Some(value) = script.run_once(t, value, meter)? {
                        applied.insert(Arc::clone(key), value);
                    }
                }
                Ok(applied)
            }))
        },
    },
    Transform {
        name: "filter",
        description: "Removes the entries of an object for which a condition is true",
        arguments: &[Argument::new(Script, "The condition for the value of an entry")],
        cardinality: Cardinality::OneByData,
        example: ["filter($ < 2)", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":{"y":2}}]"#],
        build: |arguments| {
            let script = arguments.script(0, "filter cannot be used with transforms that peek.")?;
            Ok(entries(script, |condition, t, entries, meter| {
                let mut left = Entries::new();
                for (key, value) in entries {
                    let removed =
                        condition.run_once(t, value, meter)?.unwrap_or_default().to_bool()?;
                    if !removed {
                        left.insert(Arc::clone(key), value.clone());
                    }
                }
                Ok(left)
            }))
        },
    },
    Transform {
        name: "top",
        description: "The entries of an object with the largest weights",
        arguments: &[
            Argument::new(Constant, "The number of entries"),
            Argument::optional(Script, "\"$\"", "The weight, computed from the value of an entry"),
        ],
        cardinality: Cardinality::OneByData,
        example: [
            "top(2)",
            r#"[{"t":1,"d":{"x":1,"y":2,"z":7}}]"#,
            r#"[{"t":1,"d":{"y":2,"z":7}}]"#,
        ],
        build: |arguments| ranked(arguments, -1.0),
    },
    Transform {
        name: "bottom",
        description: "The entries of an object with the smallest weights",
        arguments: &[
            Argument::new(Constant, "The number of entries"),
            Argument::optional(Script, "\"$\"", "The weight, computed from the value of an entry"),
        ],
        cardinality: Cardinality::OneByData,
        example: ["bottom(1)", r#"[{"t":1,"d":{"x":1,"y":2,"z":7}}]"#, r#"[{"t":1,"d":{"x":1}}]"#],
        build: |arguments| ranked(arguments, 1.0),
    },
    Transform {
        name: "percent",
        description: "The values of an object as fractions of their sum; negative values count as 0",
        arguments: &[],
        cardinality: Cardinality::OneByData,
        example: [
            "percent",
            r#"[{"t":1,"d":{"x":1,"y":3}}]"#,
            r#"[{"t":1,"d":{"x":0.25,"y":0.75}}]"#,
        ],
        build: |_| {
            Ok(entries((), |(), _, entries, _| {
                let mut numbers = Vec::new();
                for (key, value) in entries {
                    numbers.push((key, value.to_number()?.max(0.0)));
                }
                let sum: f64 = numbers.iter().map(|(_, number)| number).sum();
                let part = |number| if sum == 0.0 { number } else { number / sum };
                let parts = numbers.into_iter();
                Ok(parts.map(|(key, number)| (Arc::clone(key), part(number).into())).collect())
            }))
        },
    },
    Transform {
        name: "set",
        description: "The object with an entry added or replaced",
        arguments: &[Argument::new(Constant, "The key"), Argument::new(OneToOne, "The value")],
        cardinality: Cardinality::OneByData,
        example: ["set('z', count)", r#"[{"t":1,"d":{"x":1}}]"#, r#"[{"t":1,"d":{"x":1,"z":1}}]"#],
        build: |arguments| {
            let state = (arguments.text(0, "")?, arguments.expression(1));
            Ok(map_each(state.1.ahead(), state, |(key, value), window, meter| {
                let value = value.value(window, meter)?;
                with_changed_entries(&window[0], meter, |entries| {
                    entries.insert(Arc::clone(key), value);
                })
            }))
        },
    },
    Transform {
        name: "del",
        description: "The object without an entry",
        arguments: &[Argument::new(Constant, "The key")],
        cardinality: Cardinality::OneByData,
        example: ["del('x')", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":{"y":2}}]"#],
        build: |arguments| {
            let key = arguments.text(0, "")?;
            Ok(map_each(0, key, |key, window, meter| {
                with_changed_entries(&window[0], meter, |entries| {
                    entries.remove(key);
                })
            }))
        },
    },
    Transform {
        name: "length",
        description: "The number of entries of an object, elements of an array or bytes of a text; 0 for anything else",
        arguments: &[],
        cardinality: Cardinality::OneByData,
        example: [
            "length",
            r#"[{"t":1,"d":{"x":1}},{"t":2,"d":[1,2]},{"t":3,"d":"abc"},{"t":4,"d":7}]"#,
            r#"[{"t":1,"d":1},{"t":2,"d":2},{"t":3,"d":3},{"t":4,"d":0}]"#,
        ],
        build: |_| {
            Ok(data((), |(), value| {
                let length = match value {
                    Value::Object(object) => object.entries().len(),
                    Value::Array(array) => array.items().len(),
                    Value::String(text) => text.len(),
                    _ => 0,
                };
                #[allow(clippy::cast_precision_loss, reason = "nothing is so long")]
                Ok((length as f64).into())
            }))
        },
    },
];

/// Creates a transform that changes the entries of an object, with what its arguments `given`
/// contain.
fn entries<S: Clone + Send + Sync + 'static>(
    given: S,
    change: fn(&S, f64, &Entries, &mut Meter) -> Result<Entries, RunError>,
) -> Part {
    map_each(0, (given, change), |(given, change), window, meter| {
        let Point { t, d: Value::Object(object) } = &window[0] else {
            return Err(RunError::new("Must have object-valued datapoint"));
        };
        let entries = object.entries();
        meter.step(ENTRY_STEPS * entries.len())?;
        Ok(Point { t: *t, d: Value::object(change(given, *t, entries, meter)?)? })
    })
}

/// Returns a datapoint whose object has changed entries.
fn with_changed_entries(
    point: &Point,
    meter: &mut Meter,
    change: impl FnOnce(&mut Entries),
) -> Result<Point, RunError> {
    let Value::Object(object) = &point.d else {
        return Err(RunError::new("Can't read object keys"));
    };
    meter.step(ENTRY_STEPS * object.entries().len())?;
    let mut entries = object.entries().clone();
    change(&mut entries);
    Ok(Point { t: point.t, d: Value::object(entries)? })
}

/// Creates a transform that returns the entries with the smallest weight × `sign`.
fn ranked(arguments: &mut Arguments<'_>, sign: f64) -> Result<Part, String> {
    let count = usize::try_from(arguments.integer(0, 0)?).unwrap_or(0);
    let weight = arguments.script(1, "The weight cannot be a transform that peeks.")?;
    Ok(entries((count, weight, sign), |(count, weight, sign), t, entries, meter| {
        let mut ranked = Vec::new();
        for (key, value) in entries {
            let weight = weight.run_once(t, value, meter)?.unwrap_or_default().to_number()?;
            ranked.push((weight * sign, key, value));
        }
        ranked.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        ranked.truncate(*count);
        let entries = ranked.into_iter();
        Ok(entries.map(|(_, key, value)| (Arc::clone(key), value.clone())).collect())
    }))
}

/// Splits a sequence by a key, and runs a script over each part.
#[derive(Debug, Clone)]
struct KeyedRuns {
    key: Expression,
    script: Template,
    runs: BTreeMap<Arc<str>, Instance>,
}

impl KeyedRuns {
    fn of(arguments: &mut Arguments<'_>, refusal: &str) -> Result<Self, String> {
        let (key, script) = (arguments.expression(0), arguments.script(1, refusal)?);
        Ok(Self { key, script, runs: BTreeMap::new() })
    }

    fn push(&mut self, window: &[Point], meter: &mut Meter) -> Result<(), RunError> {
        let key = self.key.value(window, meter)?;
        let key = key.to_text()?;
        if let Some(run) = self.runs.get_mut(&*key) {
            return run.push(window[0].clone(), meter);
        }
        if self.runs.len() == MAX_DISTINCT {
            return Err(RunError::new(format!("A map has at most {MAX_DISTINCT} keys")));
        }
        let first = if self.runs.is_empty() { FIRST_KEY_BYTES } else { 0 };
        meter.hold(first + KEY_BYTES + key.len())?;
        let mut run = self.script.start(meter)?;
        run.push(window[0].clone(), meter)?;
        self.runs.insert(key.as_ref().into(), run);
        Ok(())
    }

    /// Returns an object with the last result so far of each key.
    fn last_results(&self, meter: &mut Meter) -> Result<Value, RunError> {
        meter.step(ENTRY_STEPS * self.runs.len())?;
        let last = self.runs.iter().filter_map(|(key, run)| {
            let point = run.last()?;
            Some((Arc::clone(key), point.d.clone()))
        });
        Value::object(last.collect())
    }
}

#[derive(Debug, Clone)]
struct Map {
    keyed: KeyedRuns,
    /// The timestamp of the last datapoint, if there was one.
    last: Option<f64>,
}

impl Fanout for Map {
    fn push(&mut self, window: &[Point], _: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
        self.last = Some(window[0].t);
        self.keyed.push(window, meter)
    }

    fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
        let Some(t) = self.last.take() else { return Ok(()) };
        let runs = std::mem::take(&mut self.keyed.runs);
        meter.step(ENTRY_STEPS * runs.len())?;
        if !runs.is_empty() {
            meter.release(FIRST_KEY_BYTES);
        }
        let mut entries = Entries::new();
        for (key, run) in runs {
            meter.release(KEY_BYTES + key.len());
            if let Some(point) = run.end(meter)? {
                entries.insert(key, point.d);
            }
        }
        sink(Point { t, d: Value::object(entries)? }, meter)
    }

    fn ahead(&self) -> usize {
        self.keyed.key.ahead()
    }

    fn copy(&self) -> Box<dyn Fanout> {
        Box::new(self.clone())
    }
}
