//! What a transform is given.

use std::ops::Range;
use std::sync::Arc;

use super::{ArgumentKind, Transform};
use crate::error::Fault;
use crate::expression::Expression;
use crate::node::{Node, Part};
use crate::pipeline::Pipeline;
use crate::value::Value;

/// The arguments of a call, checked.
#[derive(Debug)]
pub(crate) struct Arguments(Vec<Option<Part>>);

impl Arguments {
    /// Checks the number and kinds of the arguments of a call.
    pub(crate) fn check(
        transform: &Transform,
        given: Vec<Node>,
        place: &Range<usize>,
    ) -> Result<Self, Fault> {
        let (name, taken, count) = (transform.name, transform.arguments, given.len());
        if count > taken.len() {
            let only = taken.len();
            let message =
                format!("{count} arguments were passed to '{name}', which only accepts {only}");
            return Err(Fault::new(message, place.clone()));
        }
        let mut parts = Vec::new();
        for (number, (argument, node)) in (1..).zip(taken.iter().zip(given)) {
            let of = format!("Argument {number} of transform '{name}'");
            let place = node.place.clone();
            if argument.kind == ArgumentKind::Constant && node.value().is_none() {
                return Err(Fault::new(format!("{of} must be a constant."), place));
            }
            if argument.kind == ArgumentKind::Expression && matches!(node.part, Part::Many(_)) {
                return Err(Fault::new(format!("{of} must be OneToOne"), place));
            }
            parts.push(Some(node.part));
        }
        for (number, argument) in taken.iter().enumerate().skip(count) {
            if argument.default.is_none() {
                let number = number + 1;
                let message = format!(
                    "Argument {number} of transform '{name}' is required (got {count} args)."
                );
                return Err(Fault::new(message, place.clone()));
            }
        }
        Ok(Self(parts))
    }

    fn take(&mut self, index: usize) -> Option<Part> {
        self.0.get_mut(index)?.take()
    }

    /// A constant, if it was given.
    pub(crate) fn constant(&mut self, index: usize) -> Option<Value> {
        match self.take(index)? {
            Part::One(Expression::Constant(value)) => Some(value),
            _ => None,
        }
    }

    /// A constant number.
    pub(crate) fn number(&mut self, index: usize, default: f64) -> Result<f64, String> {
        match self.constant(index) {
            Some(value) => value.to_number().map_err(|error| error.to_string()),
            None => Ok(default),
        }
    }

    /// A constant integer.
    pub(crate) fn integer(&mut self, index: usize, default: i64) -> Result<i64, String> {
        let Some(value) = self.constant(index) else { return Ok(default) };
        let whole = value.as_number().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
        #[allow(clippy::cast_possible_truncation, reason = "whole and small")]
        let whole = whole.map(|number| number as i64);
        whole.ok_or_else(|| value.unconvertible("Int").to_string())
    }

    /// A constant text.
    pub(crate) fn text(&mut self, index: usize, default: &str) -> Result<Arc<str>, String> {
        match self.constant(index) {
            Some(value) => value.to_shared_text().map_err(|error| error.to_string()),
            None => Ok(default.into()),
        }
    }

    /// A one-to-one script; the datapoint itself if none was given.
    pub(crate) fn expression(&mut self, index: usize) -> Expression {
        match self.take(index) {
            Some(Part::One(expression)) => expression,
            _ => Expression::Identity,
        }
    }

    /// A script that the transform runs itself, which must not look ahead; the datapoint itself if
    /// none was given.
    pub(crate) fn script(&mut self, index: usize, refusal: &str) -> Result<Pipeline, String> {
        match self.take(index) {
            Some(part) if part.peeks() => Err(refusal.to_owned()),
            Some(part) => Ok(part.into_pipeline()),
            None => Ok(Part::One(Expression::Identity).into_pipeline()),
        }
    }
}
