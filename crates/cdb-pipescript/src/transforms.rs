//! The transforms with their documentation, which servers return to their clients.

mod arguments;
mod data;
mod logic;
mod numbers;
mod objects;
mod places;
mod sequence;
mod text;
mod time;

use std::ops::Range;

pub(crate) use arguments::Arguments;

use crate::budget::Meter;
use crate::error::{Fault, RunError};
use crate::expression::{Expression, MapEach};
use crate::node::{Context, Dependence, Inherited, Node, Part};
use crate::point::Point;
use crate::value::Value;

/// A transform.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transform {
    /// The name.
    pub name: &'static str,
    /// A description, without the full stop at its end.
    pub description: &'static str,
    /// The arguments.
    pub arguments: &'static [Argument],
    /// How its results relate to its input.
    pub cardinality: Cardinality,
    /// An example: a script, its input and its result as JSON arrays of datapoints. Empty if the
    /// result is random.
    pub example: [&'static str; 3],
    pub(crate) build: fn(&mut Arguments<'_>) -> Result<Part, String>,
}

/// The number of results that a transform has for a datapoint, and what they depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cardinality {
    /// One result for each datapoint, which depends on its data.
    OneByData,
    /// One result for each datapoint, which depends on its data and timestamp.
    OneByDatapoint,
    /// One result for each datapoint, which depends on earlier datapoints, too.
    OneByHistory,
    /// One result for each datapoint, which depends on later datapoints, too.
    OneByFuture,
    /// One result or none for each datapoint, which depends on that datapoint.
    OneOrNone,
    /// Fewer results than datapoints.
    Fewer,
}

impl Cardinality {
    pub(crate) fn dependence(self) -> Dependence {
        match self {
            Self::OneByData | Self::OneOrNone => Dependence::Data,
            Self::OneByDatapoint => Dependence::Datapoint,
            Self::OneByHistory | Self::OneByFuture | Self::Fewer => Dependence::Sequence,
        }
    }
}

/// An argument of a transform.
#[derive(Debug)]
#[non_exhaustive]
pub struct Argument {
    /// The purpose of the argument.
    pub description: &'static str,
    /// The default as JSON; `None` if the argument is required.
    pub default: Option<&'static str>,
    /// The kind of script that may be given.
    pub kind: ArgumentKind,
}

/// The kind of script that may be given as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentKind {
    /// A constant.
    Constant,
    /// A one-to-one script, which runs over the same datapoints.
    Expression,
    /// A script that the transform runs itself.
    Script,
}

impl Argument {
    const fn new(kind: ArgumentKind, description: &'static str) -> Self {
        Self { description, default: None, kind }
    }

    const fn optional(
        kind: ArgumentKind,
        default: &'static str,
        description: &'static str,
    ) -> Self {
        Self { description, default: Some(default), kind }
    }
}

/// Returns all transforms, grouped by subject.
pub fn all() -> impl Iterator<Item = &'static Transform> {
    let families = [
        data::TRANSFORMS,
        logic::TRANSFORMS,
        sequence::TRANSFORMS,
        numbers::TRANSFORMS,
        objects::TRANSFORMS,
        text::TRANSFORMS,
        places::TRANSFORMS,
        time::TRANSFORMS,
    ];
    families.into_iter().flatten()
}

/// Builds the node of a call of a transform.
pub(crate) fn call(
    name: &str,
    given: Vec<Node>,
    place: Range<usize>,
    context: &mut Context,
) -> Result<Node, Fault> {
    let Some(transform) = all().find(|transform| transform.name == name) else {
        let mut fault = Fault::new(format!("Transform {name} not found"), place);
        fault.suggestion = nearest(name);
        return Err(fault);
    };
    let inherited = Inherited::of_call(transform, &given);
    let end = given.last().map_or(place.end, |last| last.place.end);
    let mut arguments = Arguments::check(transform, given, &place, context)?;
    let part = (transform.build)(&mut arguments);
    let part = part.map_err(|message| Fault::new(message, place.start..end))?;
    Node::new(part, place.start..end, inherited, context)
}

/// The maximum length of an unknown name for which a similar one is suggested.
const MAX_MISSPELT_BYTES: usize = 20;

/// Returns the name of the transform that is most similar to an unknown name, if one is similar
/// enough.
fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > MAX_MISSPELT_BYTES {
        return None;
    }
    let distances = all().map(|transform| (distance(name, transform.name), transform.name));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.len() / 4 && distance < nearest.len()).then_some(nearest)
}

/// Returns the edit distance of two names: the number of characters that must be inserted, deleted,
/// replaced or exchanged with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(from != to)).min(rows[i][j + 1] + 1);
            best = best.min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *to && b[j - 1] == *from {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// A function that processes many numbers; see [`MapEach::apply_slice`].
type ApplySlice<S> = fn(&mut S, &[f64], bool) -> Vec<f64>;

/// A one-to-one transform: a state, and a function that processes the first datapoint of a window.
struct Stateful<S> {
    state: S,
    ahead: usize,
    apply: fn(&mut S, &[Point], &mut Meter) -> Result<Point, RunError>,
    apply_slice: Option<ApplySlice<S>>,
}

impl<S: Clone + Send + Sync + 'static> MapEach for Stateful<S> {
    fn apply(&mut self, window: &[Point], meter: &mut Meter) -> Result<Point, RunError> {
        (self.apply)(&mut self.state, window, meter)
    }

    fn ahead(&self) -> usize {
        self.ahead
    }

    fn copy(&self) -> Box<dyn MapEach> {
        Box::new(Self { state: self.state.clone(), ..*self })
    }

    fn takes_slices(&self) -> bool {
        self.apply_slice.is_some()
    }

    fn apply_slice(&mut self, numbers: &[f64], only_last: bool) -> Vec<f64> {
        match self.apply_slice {
            Some(apply) => apply(&mut self.state, numbers, only_last),
            None => numbers.to_vec(),
        }
    }
}

impl<S> std::fmt::Debug for Stateful<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stateful").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// Creates a one-to-one transform that looks `ahead` datapoints ahead.
fn map_each<S: Clone + Send + Sync + 'static>(
    ahead: usize,
    state: S,
    apply: fn(&mut S, &[Point], &mut Meter) -> Result<Point, RunError>,
) -> Part {
    Part::One(Expression::MapEach(Box::new(Stateful { state, ahead, apply, apply_slice: None })))
}

/// Creates a one-to-one transform of numbers, which does not change timestamps. `apply_slice` computes
/// the same for many numbers: all results or, if its last argument is true, only the last one.
fn map_numbers<S: Clone + Send + Sync + 'static>(
    state: S,
    apply: fn(&mut S, &[Point], &mut Meter) -> Result<Point, RunError>,
    apply_slice: ApplySlice<S>,
) -> Part {
    let apply_slice = Some(apply_slice);
    Part::One(Expression::MapEach(Box::new(Stateful { state, ahead: 0, apply, apply_slice })))
}

/// Creates a transform that computes a value from the data and from what its arguments `given`
/// contain.
fn data<S: Clone + Send + Sync + 'static>(
    given: S,
    value: fn(&S, &Value) -> Result<Value, RunError>,
) -> Part {
    map_each(0, (given, value), |(given, value), window, meter| {
        let Point { t, d } = &window[0];
        if let Value::String(text) = d {
            // Nearly all such transforms search the text.
            meter.step_over(text.len())?;
        }
        Ok(Point { t: *t, d: value(given, d)? })
    })
}
