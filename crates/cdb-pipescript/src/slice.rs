//! Many numbers at once.
//!
//! A script that only computes with numbers need not see them as [`Value`]s one by one. Slices pass
//! through the same stages as single datapoints, with the same state and the same results, so a run
//! may get both.

use std::borrow::Cow;

use crate::expression::Expression;
use crate::operator::{Binary, Unary};
use crate::point::Point;
use crate::value::Value;

/// Consecutive datapoints whose values are numbers, for [`Run::push_numbers`](crate::Run::push_numbers).
#[derive(Clone, Copy)]
pub struct Numbers<'a> {
    /// The timestamps, in seconds since 1970.
    pub t: &'a [f64],
    /// The numbers: as many, each the float that is nearest to the value.
    pub d: &'a [f64],
    /// Returns the value at a place, for results that pass on the datapoints themselves.
    pub value: &'a dyn Fn(usize) -> Value,
}

impl std::fmt::Debug for Numbers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Numbers").field("t", &self.t).field("d", &self.d).finish_non_exhaustive()
    }
}

/// Datapoints on their way through the stages of a script.
pub(crate) struct Slice<'a> {
    pub(crate) t: Cow<'a, [f64]>,
    d: Cow<'a, [f64]>,
    kind: Kind<'a>,
}

/// What the floats of a slice stand for.
enum Kind<'a> {
    /// Values that were pushed. `places` says which; without it, all of them.
    Pushed {
        value: &'a dyn Fn(usize) -> Value,
        places: Option<Vec<usize>>,
    },
    Numbers,
    /// 1 for true and 0 for false.
    Truths,
}

/// The results of an expression for a slice.
pub(crate) struct Column<'a> {
    pub(crate) d: Cow<'a, [f64]>,
    is_truth: bool,
}

impl<'a> Slice<'a> {
    pub(crate) fn new(numbers: Numbers<'a>) -> Self {
        let kind = Kind::Pushed { value: numbers.value, places: None };
        Self { t: numbers.t.into(), d: numbers.d.into(), kind }
    }

    pub(crate) fn len(&self) -> usize {
        self.d.len()
    }

    /// Returns a datapoint of the slice.
    pub(crate) fn point(&self, index: usize) -> Point {
        let d = match &self.kind {
            Kind::Pushed { value, places: None } => value(index),
            Kind::Pushed { value, places: Some(places) } => value(places[index]),
            Kind::Numbers => self.d[index].into(),
            Kind::Truths => (self.d[index] > 0.0).into(),
        };
        Point { t: self.t[index], d }
    }

    /// Keeps the datapoints for which a condition is true.
    pub(crate) fn retain(&mut self, condition: &Column<'_>) {
        // A boolean, and a number above 0.
        let kept: Vec<usize> = (0..self.len()).filter(|index| condition.at(*index) > 0.0).collect();
        if kept.len() == self.len() {
            return;
        }
        let of = |column: &[f64]| kept.iter().map(|index| column[*index]).collect::<Vec<_>>();
        (self.t, self.d) = (of(&self.t).into(), of(&self.d).into());
        if let Kind::Pushed { places, .. } = &mut self.kind {
            let kept = match places {
                None => kept,
                Some(places) => kept.into_iter().map(|index| places[index]).collect(),
            };
            *places = Some(kept);
        }
    }

    /// Replaces the datapoints by the results of an expression. If only the last one is wanted, it may
    /// return only that.
    pub(crate) fn map(&mut self, expression: &mut Expression, only_last: bool) {
        if matches!(expression, Expression::Identity) {
            return;
        }
        let Column { d, is_truth } = evaluate(expression, &self.t, self.column(), only_last);
        let results = Column { d: d.into_owned().into(), is_truth };
        let last = |column: &[f64]| column.last().copied().into_iter().collect::<Vec<_>>();
        (self.t, self.d) = match only_last {
            true => (last(&self.t).into(), last(&results.d).into()),
            false => (std::mem::take(&mut self.t), results.for_each(self.len()).d),
        };
        self.kind = if is_truth { Kind::Truths } else { Kind::Numbers };
    }

    /// Returns the values as the operand of an expression.
    pub(crate) fn column(&self) -> Column<'_> {
        Column { d: Cow::Borrowed(&self.d), is_truth: matches!(self.kind, Kind::Truths) }
    }

    /// Returns the results of a condition.
    pub(crate) fn evaluate(&self, expression: &mut Expression) -> Column<'_> {
        evaluate(expression, &self.t, self.column(), false)
    }
}

impl<'a> Column<'a> {
    fn one(value: f64, is_truth: bool) -> Self {
        Self { d: vec![value].into(), is_truth }
    }

    /// Returns the value for a datapoint; a constant has only one.
    fn at(&self, index: usize) -> f64 {
        self.d.get(index).or(self.d.first()).copied().unwrap_or_default()
    }

    fn of(self, is_truth: bool, f: impl Fn(f64) -> f64) -> Self {
        Self { d: self.d.iter().map(|value| f(*value)).collect::<Vec<_>>().into(), is_truth }
    }

    /// Combines two columns, or a column and a constant.
    fn with(self, other: &Column<'_>, is_truth: bool, f: impl Fn(f64, f64) -> f64) -> Self {
        let d: Vec<f64> = match (&*self.d, &*other.d) {
            ([one], many) => many.iter().map(|it| f(*one, *it)).collect(),
            (many, [one]) => many.iter().map(|it| f(*it, *one)).collect(),
            (left, right) => left.iter().zip(right).map(|(left, right)| f(*left, *right)).collect(),
        };
        Self { d: d.into(), is_truth }
    }
}

/// Returns whether [`evaluate`] can compute an expression.
pub(crate) fn takes_slices(expression: &Expression) -> bool {
    // A constant is a result as it is written, and an operand as a float.
    let is_operand = |expression: &Expression| match expression {
        Expression::Constant(value) => matches!(value, Value::Number(_) | Value::Bool(_)),
        other => takes_slices(other),
    };
    match expression {
        Expression::Identity | Expression::Time => true,
        Expression::Unary(_, operand) => is_operand(operand),
        Expression::Binary(operator, left, right) => {
            computes(*operator) && is_operand(left) && is_operand(right)
        }
        Expression::WithNumber(operator, _) => computes(*operator),
        Expression::Chain(chain) => {
            let (first, second) = chain.parts();
            takes_slices(first) && takes_slices(second)
        }
        Expression::MapEach(each) => each.takes_slices(),
        Expression::Constant(_) | Expression::Last | Expression::Object(_) => false,
    }
}

/// Whether an operator converts its operands to floats or booleans. Equality compares all digits.
fn computes(operator: Binary) -> bool {
    !matches!(operator, Binary::Equal | Binary::NotEqual)
}

/// Computes an expression that [takes slices](takes_slices), with the same results as
/// [`Expression::value`] for each datapoint. The result has one value for each datapoint, or one for
/// all. If only the last one is wanted, it may be only that.
fn evaluate<'a>(
    expression: &mut Expression,
    t: &'a [f64],
    d: Column<'a>,
    only_last: bool,
) -> Column<'a> {
    match expression {
        Expression::Constant(value) => {
            Column::one(value.as_number().unwrap_or_default(), matches!(value, Value::Bool(_)))
        }
        Expression::Time => Column { d: Cow::Borrowed(t), is_truth: false },
        Expression::Unary(operator, operand) => {
            let operand = evaluate(operand, t, d, false);
            match (operator, operand.is_truth) {
                // As in the original, a minus before a boolean means `not`.
                (Unary::Not, _) | (Unary::Negate, true) => {
                    operand.of(true, |value| truth(value <= 0.0 || value.is_nan()))
                }
                (Unary::Negate, false) => operand.of(false, |value| -value),
            }
        }
        Expression::Binary(operator, left, right) => {
            let own = Column { d: Cow::Borrowed(&d.d), is_truth: d.is_truth };
            let left = evaluate(left, t, own, false).into_owned();
            let right = evaluate(right, t, d, false);
            apply(*operator, left, &right)
        }
        Expression::WithNumber(operator, number) => {
            apply(*operator, d, &Column::one(*number, false))
        }
        Expression::Chain(chain) => {
            let (first, second) = chain.parts_mut();
            let between = evaluate(first, t, d, false);
            evaluate(second, t, between.for_each(t.len()), only_last)
        }
        Expression::MapEach(each) => {
            Column { d: each.apply_slice(&d.d, only_last).into(), is_truth: false }
        }
        // The others do not take slices.
        Expression::Identity | Expression::Last | Expression::Object(_) => d,
    }
}

impl<'a> Column<'a> {
    pub(crate) fn into_owned<'b>(self) -> Column<'b> {
        Column { d: self.d.into_owned().into(), is_truth: self.is_truth }
    }

    /// Repeats a constant.
    fn for_each(self, count: usize) -> Self {
        match &*self.d {
            [one] if count > 1 => Self { d: vec![*one; count].into(), ..self },
            _ => self,
        }
    }
}

fn truth(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

fn apply<'a>(operator: Binary, left: Column<'a>, right: &Column<'_>) -> Column<'a> {
    match operator {
        Binary::Or => left.with(right, true, |a, b| truth(a > 0.0 || b > 0.0)),
        Binary::And => left.with(right, true, |a, b| truth(a > 0.0 && b > 0.0)),
        Binary::Less => left.with(right, true, |a, b| truth(a < b)),
        Binary::LessOrEqual => left.with(right, true, |a, b| truth(a <= b)),
        Binary::Greater => left.with(right, true, |a, b| truth(a > b)),
        Binary::GreaterOrEqual => left.with(right, true, |a, b| truth(a >= b)),
        Binary::Add => left.with(right, false, |a, b| a + b),
        Binary::Subtract => left.with(right, false, |a, b| a - b),
        Binary::Multiply => left.with(right, false, |a, b| a * b),
        Binary::Divide => left.with(right, false, |a, b| a / b),
        Binary::Remainder => left.with(right, false, |a, b| a % b),
        Binary::Power => left.with(right, false, f64::powf),
        // They do not take slices.
        Binary::Equal | Binary::NotEqual => left,
    }
}
