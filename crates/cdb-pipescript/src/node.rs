//! Scripts while they are put together.

use std::ops::Range;

use crate::error::Fault;
use crate::expression::Expression;
use crate::operator::{Binary, Unary};
use crate::pipeline::{Pipeline, Step};
use crate::point::Point;
use crate::value::Value;

/// How many brackets and operators may be within one another.
const MOST_DEPTH: usize = 200;

/// A part of a script.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) part: Part,
    pub(crate) place: Range<usize>,
    pub(crate) depends: Depends,
    depth: usize,
}

/// What all that a part of a script gives for a datapoint depends on; more comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depends {
    /// That datapoint's data.
    Data,
    /// Its timestamp as well.
    Datapoint,
    /// Other datapoints, or chance.
    Sequence,
}

/// What a part of a script is.
#[derive(Debug)]
pub(crate) enum Part {
    /// Gives one datapoint for each.
    One(Expression),
    Many(Pipeline),
}

impl Part {
    /// As a script of its own.
    pub(crate) fn into_pipeline(self) -> Pipeline {
        match self {
            Self::One(expression) => Step::Each(expression).into(),
            Self::Many(pipeline) => pipeline,
        }
    }

    /// Whether it looks ahead.
    pub(crate) fn peeks(&self) -> bool {
        match self {
            Self::One(expression) => expression.ahead() > 0,
            Self::Many(pipeline) => pipeline.peeks(),
        }
    }
}

impl Node {
    /// A node above others.
    pub(crate) fn new(
        part: Part,
        place: Range<usize>,
        depends: Depends,
        below: usize,
    ) -> Result<Self, Fault> {
        let depth = below + 1;
        if depth > MOST_DEPTH {
            return Err(Fault::new("The script is nested too deeply", place));
        }
        Ok(Self { part, place, depends, depth })
    }

    pub(crate) fn constant(value: Value, place: Range<usize>) -> Self {
        let (part, depends) = (Part::One(Expression::Constant(value)), Depends::Data);
        Self { part, place, depends, depth: 1 }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The value, if it is the same for all datapoints.
    pub(crate) fn value(&self) -> Option<&Value> {
        match &self.part {
            Part::One(Expression::Constant(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn unary(
        operator: Unary,
        operand: Self,
        place: Range<usize>,
    ) -> Result<Self, Fault> {
        if let Some(Ok(value)) = operand.value().map(|value| operator.apply(value)) {
            return Ok(Self::constant(value, place));
        }
        let (depends, depth) = (operand.depends, operand.depth);
        let operand = Box::new(operand.operand(1)?);
        Self::new(Part::One(Expression::Unary(operator, operand)), place, depends, depth)
    }

    pub(crate) fn binary(operator: Binary, left: Self, right: Self) -> Result<Self, Fault> {
        let place = left.place.start..right.place.end;
        if let (Some(left), Some(right)) = (left.value(), right.value())
            // What fails, fails when it is run.
            && let Ok(value) = operator.apply(left, right)
        {
            return Ok(Self::constant(value, place));
        }
        let (depends, depth) = (left.depends.max(right.depends), left.depth.max(right.depth));
        let (left, right) = (left.operand(1)?, right.operand(2)?);
        let expression = Expression::binary(operator, left, right);
        Self::new(Part::One(expression), place, depends, depth)
    }

    fn operand(self, number: usize) -> Result<Expression, Fault> {
        match self.part {
            Part::One(expression) => Ok(expression),
            Part::Many(_) => {
                let message = format!("Argument {number} of an operator must be OneToOne");
                Err(Fault::new(message, self.place))
            }
        }
    }

    /// One script, then another on what it gives.
    pub(crate) fn pipe(self, next: Self) -> Result<Self, Fault> {
        let place = self.place.start..next.place.end;
        let (depends, depth) = (self.depends.max(next.depends), self.depth.max(next.depth));
        let constant = self.value().cloned().filter(|_| next.depends == Depends::Data);
        let part = match (self.part, next.part) {
            (Part::One(first), Part::One(mut second)) => {
                if let Some(value) = constant
                    && let Ok(value) = second.value(&[Point { t: 0.0, d: value }])
                {
                    return Ok(Self::constant(value, place));
                }
                Part::One(Expression::chain(first, second))
            }
            (first, second) => Part::Many(first.into_pipeline().then(second.into_pipeline())),
        };
        Self::new(part, place, depends, depth)
    }
}
