//! The arguments of a transform.

use std::ops::Range;
use std::sync::Arc;

use super::{ArgumentKind, Transform};
use crate::error::Fault;
use crate::expression::Expression;
use crate::node::{Context, Cost, Node, Part};
use crate::template::Template;
use crate::value::Value;

/// The checked arguments of a call.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    parts: Vec<Option<(Part, Cost)>>,
    context: &'a mut Context,
}

impl<'a> Arguments<'a> {
    /// Checks the number and kinds of the arguments of a call.
    pub(crate) fn check(
        transform: &Transform,
        nodes: Vec<Node>,
        place: &Range<usize>,
        context: &'a mut Context,
    ) -> Result<Self, Fault> {
        let (name, parameters, count) = (transform.name, transform.arguments, nodes.len());
        if count > parameters.len() {
            let only = parameters.len();
            let message =
                format!("{count} arguments were passed to '{name}', which only accepts {only}");
            return Err(Fault::new(message, place.clone()));
        }
        let mut parts = Vec::new();
        for (number, (argument, node)) in (1..).zip(parameters.iter().zip(nodes)) {
            let of = format!("Argument {number} of transform '{name}'");
            let place = node.place.clone();
            if argument.kind == ArgumentKind::Constant && node.value().is_none() {
                return Err(Fault::new(format!("{of} must be a constant."), place));
            }
            let is_expression = matches!(node.part, Part::One(_));
            if argument.kind == ArgumentKind::Expression && !is_expression {
                return Err(Fault::new(format!("{of} must be OneToOne"), place));
            }
            parts.push(Some((node.part, node.cost)));
        }
        for (number, argument) in parameters.iter().enumerate().skip(count) {
            if argument.default.is_none() {
                let number = number + 1;
                let message = format!(
                    "Argument {number} of transform '{name}' is required (got {count} args)."
                );
                return Err(Fault::new(message, place.clone()));
            }
        }
        Ok(Self { parts, context })
    }

    fn take(&mut self, index: usize) -> Option<(Part, Cost)> {
        self.parts.get_mut(index)?.take()
    }

    /// Returns the number of bytes that are left for compiled regular expressions.
    pub(crate) fn regex_bytes(&mut self) -> &mut usize {
        &mut self.context.regex_bytes
    }

    /// Returns the maximum number of bytes of the compiled regular expressions of a script.
    pub(crate) fn max_regex_bytes(&self) -> usize {
        self.context.budget.regex_bytes
    }

    /// Takes a constant, if it was given.
    pub(crate) fn constant(&mut self, index: usize) -> Option<Value> {
        match self.take(index)? {
            (Part::One(Expression::Constant(value)), _) => Some(value),
            _ => None,
        }
    }

    /// Takes a constant number.
    pub(crate) fn number(&mut self, index: usize, default: f64) -> Result<f64, String> {
        match self.constant(index) {
            Some(value) => value.to_number().map_err(|error| error.to_string()),
            None => Ok(default),
        }
    }

    /// Takes a constant integer.
    pub(crate) fn integer(&mut self, index: usize, default: i64) -> Result<i64, String> {
        let Some(value) = self.constant(index) else { return Ok(default) };
        let whole = value.as_number().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
        #[allow(clippy::cast_possible_truncation, reason = "whole and small")]
        let whole = whole.map(|number| number as i64);
        whole.ok_or_else(|| value.unconvertible("Int").to_string())
    }

    /// Takes a constant text.
    pub(crate) fn text(&mut self, index: usize, default: &str) -> Result<Arc<str>, String> {
        match self.constant(index) {
            Some(value) => value.to_shared_text().map_err(|error| error.to_string()),
            None => Ok(default.into()),
        }
    }

    /// Takes a one-to-one script, or the identity if none was given.
    pub(crate) fn expression(&mut self, index: usize) -> Expression {
        match self.take(index) {
            Some((Part::One(expression), _)) => expression,
            _ => Expression::Identity,
        }
    }

    /// Takes a script that the transform runs itself, or the identity if none was given. Returns
    /// `refusal` as an error if the script looks ahead.
    pub(crate) fn script(&mut self, index: usize, refusal: &str) -> Result<Template, String> {
        match self.take(index) {
            Some((part, _)) if part.peeks() => Err(refusal.to_owned()),
            Some((part, cost)) => Ok(part.into_pipeline(cost).into()),
            None => Ok(Part::One(Expression::Identity).into_pipeline(Cost::NODE).into()),
        }
    }
}
