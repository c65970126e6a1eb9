//! How long checking a value takes, and how much memory a compiled schema needs: estimated before it
//! is compiled, so that neither compiling it nor checking a value takes a server's time or memory.
//!
//! A schema applies other schemas to the same value (`allOf`, `$ref` and the like) and to the values
//! within it (`properties`, `items`). Applied twice at each level, they are applied 2^n times at level
//! n: of 40 short definitions, each of which refers to the next one twice, nobody sees the end. Hence
//! the steps that a value at each level can take are summed up, for as many levels as values may have.

mod graph;
mod levels;
mod pattern;
mod steps;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::graph::Graph;
pub(super) use self::pattern::{PATTERN_BYTES, PATTERN_CACHE_BYTES};

/// The number of arrays and objects that a value may have within each other.
const MAX_LEVELS: usize = 100;

/// How many schemas may be applied to the same value within each other: each needs some of the stack.
const MAX_DEPTH: u32 = 32;

/// The steps that may be needed for each of the values within a value.
const MAX_PER_VALUE: u64 = 10_000;

/// The steps that may be needed for each byte of the strings within a value.
const MAX_PER_BYTE: u64 = 1_000_000;

/// What a schema costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Steps for each of the values within a value, the value itself included.
    pub(super) per_value: u64,
    /// Steps for each byte of the strings and keys within a value.
    pub(super) per_byte: u64,
    /// How many schemas are applied to the same value within each other.
    pub(super) depth: u32,
    /// The memory of the compiled schema, roughly, in bytes.
    pub(super) memory: usize,
}

impl Cost {
    /// Estimates the cost of a schema, of which it returns an error if it is too high.
    pub(super) fn of(schema: &Value, max_memory: usize) -> Result<Self, String> {
        let graph = Graph::of(schema, max_memory)?;
        let order = graph.order()?;
        let depth = graph.depth(&order);
        if depth > MAX_DEPTH {
            return Err(format!(
                "{depth} schemas refer to each other for the same value, at most {MAX_DEPTH} may"
            ));
        }
        let most = levels::most_steps(&graph.subschemas, &order)?;
        let per_value = most.value.saturating_add(most.member);
        if per_value > MAX_PER_VALUE || most.byte > MAX_PER_BYTE {
            return Err(
                "checking a value takes too long; are there references that repeat each other?"
                    .to_owned(),
            );
        }
        Ok(Self { per_value, per_byte: most.byte, depth, memory: graph.memory })
    }

    /// Returns the most steps that checking a value can take.
    pub(super) fn steps(&self, value: &Value) -> u64 {
        match value {
            Value::String(text) => self.value_steps(text),
            Value::Array(items) => {
                items.iter().fold(self.per_value, |sum, item| sum.saturating_add(self.steps(item)))
            }
            Value::Object(members) => members.iter().fold(self.per_value, |sum, (key, value)| {
                let bytes = self.per_byte.saturating_mul(key.len() as u64);
                sum.saturating_add(bytes).saturating_add(self.steps(value))
            }),
            _ => self.per_value,
        }
    }

    /// Returns the most steps that checking a value with this text can take.
    pub(super) fn value_steps(&self, text: &str) -> u64 {
        self.per_byte.saturating_mul(text.len() as u64).saturating_add(self.per_value)
    }

    /// Returns the most steps that checking values with a text of so many bytes can take.
    pub(super) fn text_steps(&self, bytes: usize) -> u64 {
        // A value takes at least two bytes, with its comma.
        let (bytes, values) = (bytes as u64, bytes as u64 / 2 + 1);
        self.per_value.saturating_mul(values).saturating_add(self.per_byte.saturating_mul(bytes))
    }
}
