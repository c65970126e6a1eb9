//! Operators on values.

use crate::budget::Meter;
use crate::error::RunError;
use crate::value::{MAX_TEXT, Value};

/// An operator with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Negate,
}

/// An operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Unary {
    pub(crate) fn apply(self, value: &Value) -> Result<Value, RunError> {
        Ok(match (self, value) {
            (Self::Not, value) => (!value.to_bool()?).into(),
            // As in the original, a minus before a boolean means `not`.
            (Self::Negate, Value::Bool(truth)) => (!truth).into(),
            (Self::Negate, value) => (-algebraic(value)?).into(),
        })
    }
}

impl Binary {
    pub(crate) fn apply(
        self,
        left: &Value,
        right: &Value,
        meter: &mut Meter,
    ) -> Result<Value, RunError> {
        Ok(match self {
            Self::Or | Self::And => {
                let (left, right) = (left.to_bool()?, right.to_bool()?);
                if self == Self::Or { left || right } else { left && right }.into()
            }
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                let (Some(left), Some(right)) = (left.as_number(), right.as_number()) else {
                    return Err(RunError::new("Values given to comparison not numerical!"));
                };
                match self {
                    Self::Less => left < right,
                    Self::LessOrEqual => left <= right,
                    Self::Greater => left > right,
                    _ => left >= right,
                }
                .into()
            }
            Self::Equal | Self::NotEqual => {
                meter.step_over(left.bytes().min(right.bytes()))?;
                (left.is_like(right) == (self == Self::Equal)).into()
            }
            Self::Add => return add(left, right, meter),
            Self::Subtract => (algebraic(left)? - algebraic(right)?).into(),
            Self::Multiply => (algebraic(left)? * algebraic(right)?).into(),
            Self::Divide => (algebraic(left)? / algebraic(right)?).into(),
            Self::Remainder => (algebraic(left)? % algebraic(right)?).into(),
            Self::Power => algebraic(left)?.powf(algebraic(right)?).into(),
        })
    }
}

impl Binary {
    /// The same as [`apply`](Self::apply), with a number on the right.
    #[inline]
    pub(crate) fn apply_to(
        self,
        left: &Value,
        right: f64,
        meter: &mut Meter,
    ) -> Result<Value, RunError> {
        match self.apply_to_numbers(left, right) {
            Some(value) => Ok(value),
            None => self.apply_to_other(left, right, meter),
        }
    }

    /// Applies an operator that [`apply_to_numbers`](Self::apply_to_numbers) does not handle. It is
    /// not inlined, so that the fast path is small enough to be inlined.
    #[inline(never)]
    fn apply_to_other(
        self,
        left: &Value,
        right: f64,
        meter: &mut Meter,
    ) -> Result<Value, RunError> {
        self.apply(left, &Value::number(right), meter)
    }

    /// Returns the result for two numbers, or `None` if the left value is not a number or the
    /// operator needs [`apply`](Self::apply). A fast path for the most frequent case.
    #[inline]
    fn apply_to_numbers(self, left: &Value, right: f64) -> Option<Value> {
        if let Some(truth) = self.compare(left, right) {
            return Some(truth.into());
        }
        let Value::Number(left) = left else { return None };
        let left = left.as_f64();
        Some(match self {
            Self::Add => (left + right).into(),
            Self::Subtract => (left - right).into(),
            Self::Multiply => (left * right).into(),
            Self::Divide => (left / right).into(),
            _ => return None,
        })
    }

    /// Returns the result of comparing two numbers by size, or `None` if the left value is not a
    /// number or the operator is another one.
    #[inline]
    pub(crate) fn compare(self, left: &Value, right: f64) -> Option<bool> {
        let Value::Number(left) = left else { return None };
        let left = left.as_f64();
        Some(match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            _ => return None,
        })
    }
}

fn algebraic(value: &Value) -> Result<f64, RunError> {
    value.as_number().ok_or_else(algebraic_error)
}

fn algebraic_error() -> RunError {
    RunError::new("Failed to perform algebraic operation: couldn't convert to float.")
}

/// Adds two numbers, or concatenates two texts.
fn add(left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, RunError> {
    if let (Some(left), Some(right)) = (left.as_number(), right.as_number()) {
        return Ok((left + right).into());
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) if left.len() + right.len() <= MAX_TEXT => {
            meter.step_over(left.len() + right.len())?;
            Ok([&**left, &**right].concat().as_str().into())
        }
        (Value::String(_), Value::String(_)) => {
            Err(RunError::new("The script's output is too large"))
        }
        _ => Err(algebraic_error()),
    }
}
