//! One-to-one scripts, which return one datapoint for each.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::budget::Meter;
use crate::error::RunError;
use crate::operator::{Binary, Unary};
use crate::pipeline::WAITING_BYTES;
use crate::point::Point;
use crate::value::Value;

/// A one-to-one transform with arguments and state of its own.
pub(crate) trait MapEach: Send + Sync + fmt::Debug {
    /// Returns the result for the first datapoint of a window. The others are the datapoints ahead:
    /// [`ahead`](Self::ahead) of them, or fewer at the end of the sequence.
    fn apply(&mut self, window: &[Point], meter: &mut Meter) -> Result<Point, RunError>;

    /// Returns how many datapoints the transform looks ahead.
    fn ahead(&self) -> usize;

    /// Returns a copy with the current state, which is the initial one before the first datapoint.
    fn copy(&self) -> Box<dyn MapEach>;

    /// Returns whether [`apply_slice`](Self::apply_slice) can be called instead.
    fn takes_slices(&self) -> bool {
        false
    }

    /// Returns the results for many numbers, all of them or, if only that is wanted, the last one.
    fn apply_slice(&mut self, numbers: &[f64], _only_last: bool) -> Vec<f64> {
        numbers.to_vec()
    }
}

/// A one-to-one script.
#[derive(Debug)]
pub(crate) enum Expression {
    Constant(Value),
    /// The datapoint itself.
    Identity,
    /// The timestamp.
    Time,
    /// Whether the datapoint is the last of the sequence.
    Last,
    Unary(Unary, Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// An operator on the datapoint itself and a number. A fast path for the most frequent case.
    WithNumber(Binary, f64),
    /// Two scripts, one after the other.
    Chain(Box<Chain>),
    Object(Vec<(Arc<str>, Expression)>),
    MapEach(Box<dyn MapEach>),
}

/// Two scripts, of which the second processes the results of the first.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    first: Expression,
    second: Expression,
    /// How many datapoints the second script looks ahead.
    ahead: usize,
    /// The results of the first script for the current datapoint and those ahead.
    results: VecDeque<Point>,
}

impl Clone for Expression {
    fn clone(&self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value.clone()),
            Self::Identity => Self::Identity,
            Self::Time => Self::Time,
            Self::Last => Self::Last,
            Self::Unary(operator, operand) => Self::Unary(*operator, operand.clone()),
            Self::Binary(operator, left, right) => {
                Self::Binary(*operator, left.clone(), right.clone())
            }
            Self::WithNumber(operator, number) => Self::WithNumber(*operator, *number),
            Self::Chain(chain) => Self::Chain(chain.clone()),
            Self::Object(entries) => Self::Object(entries.clone()),
            Self::MapEach(each) => Self::MapEach(each.copy()),
        }
    }
}

impl Expression {
    pub(crate) fn binary(operator: Binary, left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Identity, Self::Constant(Value::Number(ref number))) => {
                Self::WithNumber(operator, number.as_f64())
            }
            (left, right) => Self::Binary(operator, Box::new(left), Box::new(right)),
        }
    }

    pub(crate) fn chain(first: Self, second: Self) -> Self {
        match (first, second) {
            (first, Self::Identity) => first,
            (Self::Identity, second) => second,
            (first, second) => {
                let ahead = second.ahead();
                Self::Chain(Box::new(Chain { first, second, ahead, results: VecDeque::new() }))
            }
        }
    }

    /// Returns the result for the first datapoint of a window; see [`MapEach::apply`].
    pub(crate) fn point(&mut self, window: &[Point], meter: &mut Meter) -> Result<Point, RunError> {
        let Some(point) = window.first() else { return Ok(Point::default()) };
        let with_value = |d| Ok(Point { t: point.t, d });
        match self {
            Self::Constant(value) => with_value(value.clone()),
            Self::Identity => Ok(point.clone()),
            Self::Time => with_value(Value::number(point.t)),
            Self::Last => with_value((window.len() == 1).into()),
            Self::Unary(operator, operand) => {
                with_value(operator.apply(&operand.value(window, meter)?)?)
            }
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.value(window, meter)?, right.value(window, meter)?);
                with_value(operator.apply(&left, &right, meter)?)
            }
            Self::WithNumber(operator, number) => {
                with_value(operator.apply_to(&point.d, *number, meter)?)
            }
            Self::Chain(chain) => chain.point(window, meter),
            Self::Object(entries) => {
                let entries = entries.iter_mut();
                let values =
                    entries.map(|(key, entry)| Ok((Arc::clone(key), entry.value(window, meter)?)));
                with_value(Value::object(values.collect::<Result<BTreeMap<_, _>, RunError>>()?)?)
            }
            Self::MapEach(each) => each.apply(window, meter),
        }
    }

    /// Replaces a datapoint by its result. The expression must not look ahead.
    pub(crate) fn update(&mut self, point: &mut Point, meter: &mut Meter) -> Result<(), RunError> {
        let window = std::slice::from_ref(point);
        match self {
            Self::Identity => {}
            Self::WithNumber(operator, number) => {
                point.d = operator.apply_to(&point.d, *number, meter)?;
            }
            // These do not change the timestamp.
            Self::Constant(_) | Self::Unary(..) | Self::Binary(..) => {
                point.d = self.value(window, meter)?;
            }
            _ => *point = self.point(window, meter)?,
        }
        Ok(())
    }

    /// Returns the value of the result for the first datapoint of a window.
    pub(crate) fn value(&mut self, window: &[Point], meter: &mut Meter) -> Result<Value, RunError> {
        match (self, window.first()) {
            (Self::Constant(value), _) => Ok(value.clone()),
            (Self::Identity, Some(point)) => Ok(point.d.clone()),
            (Self::WithNumber(operator, number), Some(point)) => {
                operator.apply_to(&point.d, *number, meter)
            }
            (expression, _) => Ok(expression.point(window, meter)?.d),
        }
    }

    /// Returns whether the expression is true, as the condition of the transform `of`.
    pub(crate) fn holds(
        &mut self,
        window: &[Point],
        of: &str,
        meter: &mut Meter,
    ) -> Result<bool, RunError> {
        let truth = match (self, window.first()) {
            (Self::Identity, Some(point)) => point.d.as_bool(),
            (Self::Last, _) => Some(window.len() == 1),
            // A fast path for the most frequent case, which needs no `Value` for the result.
            (Self::WithNumber(operator, number), Some(point)) => {
                match operator.compare(&point.d, *number) {
                    Some(truth) => return Ok(truth),
                    None => operator.apply_to(&point.d, *number, meter)?.as_bool(),
                }
            }
            (expression, _) => expression.value(window, meter)?.as_bool(),
        };
        truth.ok_or_else(|| {
            RunError::new(format!("Argument given to {of} can't be converted to boolean"))
        })
    }

    /// Returns how many datapoints the expression looks ahead.
    pub(crate) fn ahead(&self) -> usize {
        match self {
            Self::Constant(_) | Self::Identity | Self::Time | Self::WithNumber(..) => 0,
            Self::Last => 1,
            Self::Unary(_, operand) => operand.ahead(),
            Self::Binary(_, left, right) => left.ahead().max(right.ahead()),
            Self::Chain(chain) => chain.first.ahead() + chain.ahead,
            Self::Object(entries) => {
                entries.iter().map(|(_, entry)| entry.ahead()).max().unwrap_or(0)
            }
            Self::MapEach(each) => each.ahead(),
        }
    }
}

impl Chain {
    pub(crate) fn parts(&self) -> (&Expression, &Expression) {
        (&self.first, &self.second)
    }

    pub(crate) fn parts_mut(&mut self) -> (&mut Expression, &mut Expression) {
        (&mut self.first, &mut self.second)
    }

    fn point(&mut self, window: &[Point], meter: &mut Meter) -> Result<Point, RunError> {
        if self.ahead == 0 {
            let point = self.first.point(window, meter)?;
            return self.second.point(std::slice::from_ref(&point), meter);
        }
        while self.results.len() <= self.ahead && self.results.len() < window.len() {
            let result = self.first.point(&window[self.results.len()..], meter)?;
            meter.hold(WAITING_BYTES + result.d.bytes())?;
            self.results.push_back(result);
        }
        let point = self.second.point(self.results.make_contiguous(), meter);
        if let Some(result) = self.results.pop_front() {
            meter.release(WAITING_BYTES + result.d.bytes());
        }
        point
    }
}
