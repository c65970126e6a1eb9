//! Objects: made of a sequence, and taken apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ArgumentKind::{Constant, Expression as OneToOne, Script};
use super::logic::Run;
use super::sequence::MOST_DIFFERENT;
use super::{Argument, Arguments, Gives, Transform, data, each};
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Part;
use crate::pipeline::{Many, Pipeline, Sink, Step};
use crate::point::Point;
use crate::value::Value;

type Entries = BTreeMap<Arc<str>, Value>;

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "map",
        description: "Splits the sequence by a key and runs a script over each part: one object at the end, of each key's last output; up to 50,000 keys",
        arguments: &[
            Argument::new(OneToOne, "The key"),
            Argument::new(Script, "What is run over the datapoints of each key"),
        ],
        gives: Gives::Fewer,
        example: [
            "map($('a'), $('b'):sum)",
            r#"[{"t":1,"d":{"a":"x","b":2}},{"t":2,"d":{"a":"y","b":3}},{"t":3,"d":{"a":"x","b":4}}]"#,
            r#"[{"t":3,"d":{"x":6,"y":3}}]"#,
        ],
        build: |arguments| {
            let parts = Parts::of(arguments, "Map cannot be used with transforms that peek.")?;
            Ok(Part::Many(Step::Many(Box::new(Map { parts, last: None })).into()))
        },
    },
    Transform {
        name: "imap",
        description: "Splits the sequence by a key and runs a script over each part: the object of each key's last output so far, for each datapoint; up to 50,000 keys",
        arguments: &[
            Argument::new(OneToOne, "The key"),
            Argument::new(Script, "What is run over the datapoints of each key"),
        ],
        gives: Gives::OneByHistory,
        example: [
            "imap($, count)",
            r#"[{"t":1,"d":"x"},{"t":2,"d":"y"},{"t":3,"d":"x"}]"#,
            r#"[{"t":1,"d":{"x":1}},{"t":2,"d":{"x":1,"y":1}},{"t":3,"d":{"x":2,"y":1}}]"#,
        ],
        build: |arguments| {
            let parts = Parts::of(arguments, "imap cannot be used with transforms that peek.")?;
            Ok(each(parts.key.ahead(), parts, |parts, window| {
                parts.push(window)?;
                Ok(Point { t: window[0].t, d: parts.so_far()? })
            }))
        },
    },
    Transform {
        name: "reduce",
        description: "Runs a script over the values of an object, in the order of its keys: the last output",
        arguments: &[Argument::new(Script, "What is run")],
        gives: Gives::OneByData,
        example: ["reduce(sum)", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":3}]"#],
        build: |arguments| {
            let script = arguments.script(0, "reduce cannot be used with transforms that peek.")?;
            Ok(each(0, Run::new(script), |script, window| {
                let Point { t, d: Value::Object(object) } = &window[0] else {
                    return Err(RunError::new("Datapoint's data can't be reduced"));
                };
                let mut run = script.clone();
                for value in object.entries().values() {
                    run.push(Point { t: *t, d: value.clone() })?;
                }
                Ok(Point { t: *t, d: run.end()?.map(|point| point.d).unwrap_or_default() })
            }))
        },
    },
    Transform {
        name: "apply",
        description: "Runs a script on each value of an object; a value that gives nothing is left out",
        arguments: &[Argument::new(Script, "What is run")],
        gives: Gives::OneByData,
        example: [
            "apply($ * 2)",
            r#"[{"t":1,"d":{"x":1,"y":2}}]"#,
            r#"[{"t":1,"d":{"x":2,"y":4}}]"#,
        ],
        build: |arguments| {
            let script = arguments.script(0, "apply cannot be used with transforms that peek.")?;
            Ok(entries(script, |script, t, entries| {
                let mut applied = Entries::new();
                for (key, value) in entries {
                    if let Some(value) = once(script, t, value)? {
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
        arguments: &[Argument::new(Script, "The condition, on the value of an entry")],
        gives: Gives::OneByData,
        example: ["filter($ < 2)", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":{"y":2}}]"#],
        build: |arguments| {
            let script = arguments.script(0, "filter cannot be used with transforms that peek.")?;
            Ok(entries(script, |condition, t, entries| {
                let mut left = Entries::new();
                for (key, value) in entries {
                    let removed = once(condition, t, value)?.unwrap_or_default().to_bool()?;
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
        description: "The entries of an object with the largest weight",
        arguments: &[
            Argument::new(Constant, "How many"),
            Argument::optional(Script, "\"$\"", "The weight, of the value of an entry"),
        ],
        gives: Gives::OneByData,
        example: [
            "top(2)",
            r#"[{"t":1,"d":{"x":1,"y":2,"z":7}}]"#,
            r#"[{"t":1,"d":{"y":2,"z":7}}]"#,
        ],
        build: |arguments| ranked(arguments, -1.0),
    },
    Transform {
        name: "bottom",
        description: "The entries of an object with the smallest weight",
        arguments: &[
            Argument::new(Constant, "How many"),
            Argument::optional(Script, "\"$\"", "The weight, of the value of an entry"),
        ],
        gives: Gives::OneByData,
        example: ["bottom(1)", r#"[{"t":1,"d":{"x":1,"y":2,"z":7}}]"#, r#"[{"t":1,"d":{"x":1}}]"#],
        build: |arguments| ranked(arguments, 1.0),
    },
    Transform {
        name: "percent",
        description: "The values of an object as parts of their sum; what is negative counts as 0",
        arguments: &[],
        gives: Gives::OneByData,
        example: [
            "percent",
            r#"[{"t":1,"d":{"x":1,"y":3}}]"#,
            r#"[{"t":1,"d":{"x":0.25,"y":0.75}}]"#,
        ],
        build: |_| {
            Ok(entries((), |(), _, entries| {
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
        description: "The object with an entry set",
        arguments: &[Argument::new(Constant, "The key"), Argument::new(OneToOne, "The value")],
        gives: Gives::OneByData,
        example: ["set('z', count)", r#"[{"t":1,"d":{"x":1}}]"#, r#"[{"t":1,"d":{"x":1,"z":1}}]"#],
        build: |arguments| {
            let state = (arguments.text(0, "")?, arguments.expression(1));
            Ok(each(state.1.ahead(), state, |(key, value), window| {
                let value = value.value(window)?;
                changed(&window[0], |entries| {
                    entries.insert(Arc::clone(key), value);
                })
            }))
        },
    },
    Transform {
        name: "del",
        description: "The object without an entry",
        arguments: &[Argument::new(Constant, "The key")],
        gives: Gives::OneByData,
        example: ["del('x')", r#"[{"t":1,"d":{"x":1,"y":2}}]"#, r#"[{"t":1,"d":{"y":2}}]"#],
        build: |arguments| {
            let key = arguments.text(0, "")?;
            Ok(each(0, key, |key, window| {
                changed(&window[0], |entries| {
                    entries.remove(key);
                })
            }))
        },
    },
    Transform {
        name: "length",
        description: "How many entries an object, elements an array or bytes a text has; 0 for anything else",
        arguments: &[],
        gives: Gives::OneByData,
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

/// A transform of an object's entries, with what it was given.
fn entries<S: Clone + Send + Sync + 'static>(
    given: S,
    change: fn(&S, f64, &Entries) -> Result<Entries, RunError>,
) -> Part {
    each(0, (given, change), |(given, change), window| {
        let Point { t, d: Value::Object(object) } = &window[0] else {
            return Err(RunError::new("Must have object-valued datapoint"));
        };
        Ok(Point { t: *t, d: Value::object(change(given, *t, object.entries())?)? })
    })
}

/// The object of a datapoint, changed.
fn changed(point: &Point, change: impl FnOnce(&mut Entries)) -> Result<Point, RunError> {
    let Value::Object(object) = &point.d else {
        return Err(RunError::new("Can't read object keys"));
    };
    let mut entries = object.entries().clone();
    change(&mut entries);
    Ok(Point { t: point.t, d: Value::object(entries)? })
}

/// What a new run of a script gives last for one value.
fn once(script: &Pipeline, t: f64, value: &Value) -> Result<Option<Value>, RunError> {
    let mut run = Run::new(script.clone());
    run.push(Point { t, d: value.clone() })?;
    Ok(run.end()?.map(|point| point.d))
}

/// The first entries, in the order of their weights times a sign.
fn ranked(arguments: &mut Arguments, sign: f64) -> Result<Part, String> {
    let count = usize::try_from(arguments.integer(0, 0)?).unwrap_or(0);
    let weight = arguments.script(1, "The weight cannot be a transform that peeks.")?;
    Ok(entries((count, weight, sign), |(count, weight, sign), t, entries| {
        let mut ranked = Vec::new();
        for (key, value) in entries {
            let weight = once(weight, t, value)?.unwrap_or_default().to_number()?;
            ranked.push((weight * sign, key, value));
        }
        ranked.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        ranked.truncate(*count);
        let entries = ranked.into_iter();
        Ok(entries.map(|(_, key, value)| (Arc::clone(key), value.clone())).collect())
    }))
}

/// A sequence, split by a key, with a run of a script over each part.
#[derive(Debug, Clone)]
struct Parts {
    key: Expression,
    new: Run,
    runs: BTreeMap<Arc<str>, Run>,
}

impl Parts {
    fn of(arguments: &mut Arguments, refusal: &str) -> Result<Self, String> {
        let key = arguments.expression(0);
        let new = Run::new(arguments.script(1, refusal)?);
        Ok(Self { key, new, runs: BTreeMap::new() })
    }

    fn push(&mut self, window: &[Point]) -> Result<(), RunError> {
        let key = self.key.value(window)?;
        let key = key.to_text()?;
        if !self.runs.contains_key(&*key) {
            if self.runs.len() == MOST_DIFFERENT {
                let message = format!("A map has at most {MOST_DIFFERENT} keys");
                return Err(RunError::new(message));
            }
            self.runs.insert(key.as_ref().into(), self.new.clone());
        }
        match self.runs.get_mut(&*key) {
            Some(run) => run.push(window[0].clone()),
            None => Ok(()),
        }
    }

    /// The object of the last outputs so far.
    fn so_far(&self) -> Result<Value, RunError> {
        let last = self.runs.iter().filter_map(|(key, run)| {
            let point = run.last()?;
            Some((Arc::clone(key), point.d.clone()))
        });
        Value::object(last.collect())
    }
}

#[derive(Debug, Clone)]
struct Map {
    parts: Parts,
    /// The time of the last datapoint, if there was one.
    last: Option<f64>,
}

impl Many for Map {
    fn push(&mut self, window: &[Point], _: Sink<'_>) -> Result<(), RunError> {
        self.last = Some(window[0].t);
        self.parts.push(window)
    }

    fn end(&mut self, sink: Sink<'_>) -> Result<(), RunError> {
        let Some(t) = self.last.take() else { return Ok(()) };
        let mut entries = Entries::new();
        for (key, run) in std::mem::take(&mut self.parts.runs) {
            if let Some(point) = run.end()? {
                entries.insert(key, point.d);
            }
        }
        sink(Point { t, d: Value::object(entries)? })
    }

    fn ahead(&self) -> usize {
        self.parts.key.ahead()
    }

    fn copy(&self) -> Box<dyn Many> {
        Box::new(self.clone())
    }
}
