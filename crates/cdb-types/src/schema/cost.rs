//! How long checking a value takes, and how much memory a compiled schema needs: estimated before it
//! is compiled, so that neither compiling it nor checking a value takes a server's time or memory.
//!
//! A schema applies other schemas to the same value (`allOf`, `$ref` and the like) and to the values
//! within it (`properties`, `items`). Applied twice at each level, they are applied 2^n times at level
//! n: of 40 short definitions, each of which refers to the next one twice, nobody sees the end. Hence
//! the steps that a value at each level can take are summed up, for as many levels as values may have.

mod pattern;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::{Add, AddAssign};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use self::pattern::Pattern;
pub(super) use self::pattern::{PATTERN_BYTES, PATTERN_CACHE_BYTES};

/// The number of arrays and objects that a value may have within each other.
const MAX_LEVELS: usize = 100;

/// How many schemas may be applied to the same value within each other: each needs some of the stack.
const MAX_DEPTH: u32 = 32;

/// The steps that may be needed for each of the values within a value.
const MAX_PER_VALUE: u64 = 10_000;

/// The steps that may be needed for each byte of the strings within a value.
const MAX_PER_BYTE: u64 = 1_000_000;

/// The steps for each byte of a string with a format, such as `date-time`.
const FORMAT: u64 = 100;

/// The steps of finding out which keys match which patterns. If there are more, they are taken to
/// match.
const MAX_MATCHING_STEPS: u64 = 1_000_000;

/// The memory of a schema within a compiled schema, roughly, in bytes.
const SUBSCHEMA_BYTES: usize = 2048;

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
        let most = graph.most_steps(&order);
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

/// Steps for a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Steps {
    /// For the value itself.
    value: u64,
    /// For each byte, if it is a string, and for each byte of its keys.
    byte: u64,
    /// For each of its members.
    member: u64,
}

impl Steps {
    fn max(self, other: Self) -> Self {
        Self {
            value: self.value.max(other.value),
            byte: self.byte.max(other.byte),
            member: self.member.max(other.member),
        }
    }
}

impl Add for Steps {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value.saturating_add(other.value),
            byte: self.byte.saturating_add(other.byte),
            member: self.member.saturating_add(other.member),
        }
    }
}

impl AddAssign for Steps {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A schema within a schema. Others are given by their place in [`Graph::subschemas`].
#[derive(Debug, Default)]
struct Subschema {
    /// The steps of its own keywords.
    own: Steps,
    /// The schemas that are applied to the same value.
    same: Vec<usize>,
    /// One of these is applied to each item of an array.
    items: Vec<usize>,
    /// One of these groups is applied to each member of an object: by its key, by the patterns that
    /// a key matches, or to all others.
    members: Vec<Vec<usize>>,
}

impl Subschema {
    /// The steps for one of the values within a value, given those of each schema for it.
    fn inner(&self, steps: &[Steps]) -> Steps {
        let items = self.items.iter().map(|place| steps[*place]);
        let members = self.members.iter().map(|group| sum(group, steps));
        items.chain(members).fold(Steps::default(), Steps::max)
    }
}

fn sum(places: &[usize], steps: &[Steps]) -> Steps {
    places.iter().fold(Steps::default(), |sum, place| sum + steps[*place])
}

/// All schemas that are applied by a schema.
#[derive(Debug)]
struct Graph<'a> {
    root: &'a Value,
    subschemas: Vec<Subschema>,
    /// The place of each schema, by its address.
    places: HashMap<*const Value, usize>,
    /// The schemas that have a place and have not been looked at.
    pending: Vec<&'a Value>,
    patterns: HashMap<&'a str, Pattern>,
    /// The steps that may still be taken to find out which keys match which patterns.
    matching_steps: u64,
    has_references: bool,
    has_inner_ids: bool,
    memory: usize,
}

impl<'a> Graph<'a> {
    fn of(root: &'a Value, max_memory: usize) -> Result<Self, String> {
        let mut graph = Self {
            root,
            subschemas: Vec::new(),
            places: HashMap::new(),
            pending: Vec::new(),
            patterns: HashMap::new(),
            matching_steps: MAX_MATCHING_STEPS,
            has_references: false,
            has_inner_ids: false,
            memory: 0,
        };
        graph.place(root);
        while let Some(schema) = graph.pending.pop() {
            let place = graph.place(schema);
            graph.subschemas[place] = graph.look_at(schema)?;
            if graph.memory > max_memory {
                return Err(format!(
                    "compiled, it takes more than the {max_memory} bytes of memory that are allowed"
                ));
            }
        }
        if graph.has_references && graph.has_inner_ids {
            // The references within a schema with an id are relative to it.
            return Err("a schema within it has an \"id\", and there are references".to_owned());
        }
        Ok(graph)
    }

    /// Returns the place of a schema, and gives it one if it has none.
    fn place(&mut self, schema: &'a Value) -> usize {
        let next = self.subschemas.len();
        let place = *self.places.entry(std::ptr::from_ref(schema)).or_insert(next);
        if place == next {
            self.subschemas.push(Subschema::default());
            self.pending.push(schema);
            self.memory += SUBSCHEMA_BYTES;
        }
        place
    }

    /// Reads the keywords of a schema. Those that are not valid are left to the compiler.
    fn look_at(&mut self, schema: &'a Value) -> Result<Subschema, String> {
        let mut found = Subschema::default();
        found.own.value = 1;
        let Some(keywords) = schema.as_object() else { return Ok(found) };
        for (keyword, value) in keywords {
            found.own.value += 1;
            match (keyword.as_str(), value) {
                ("$ref", Value::String(reference)) => {
                    let target = self.target(reference)?;
                    found.same.push(self.place(target));
                }
                ("id", Value::String(_)) => {
                    self.has_inner_ids |= !std::ptr::eq(schema, self.root);
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                    found.same.extend(schemas.iter().map(|schema| self.place(schema)));
                }
                ("not", schema) => found.same.push(self.place(schema)),
                ("dependencies", Value::Object(dependencies)) => {
                    self.look_at_dependencies(dependencies, &mut found);
                }
                ("additionalProperties", schema) => found.members.push(vec![self.place(schema)]),
                ("items", Value::Array(schemas)) => {
                    found.items.extend(schemas.iter().map(|schema| self.place(schema)));
                }
                ("items" | "additionalItems", schema) => found.items.push(self.place(schema)),
                ("enum", Value::Array(values)) => found.own.value += size(values),
                ("required", Value::Array(keys)) => found.own.value += keys.len() as u64,
                ("pattern", Value::String(pattern)) => {
                    found.own.byte += self.pattern(pattern)?.states;
                }
                ("format", _) => found.own.byte += FORMAT,
                // Each item is hashed with all that it holds.
                ("uniqueItems", _) => found.own.value += MAX_LEVELS as u64,
                ("maxLength" | "minLength", _) => found.own.byte += 1,
                _ => {}
            }
        }
        self.look_at_properties(keywords, &mut found)?;
        Ok(found)
    }

    fn look_at_properties(
        &mut self,
        keywords: &'a Map<String, Value>,
        found: &mut Subschema,
    ) -> Result<(), String> {
        let named = keywords.get("properties").and_then(Value::as_object);
        let matching = keywords.get("patternProperties").and_then(Value::as_object);
        let mut patterns = Vec::new();
        for (pattern, schema) in matching.into_iter().flatten() {
            found.own.byte += self.pattern(pattern)?.states;
            found.own.member += 1;
            patterns.push((pattern, self.place(schema)));
        }
        for (key, schema) in named.into_iter().flatten() {
            found.own.value += 1;
            let mut group = vec![self.place(schema)];
            for (pattern, place) in &patterns {
                let pattern = &self.patterns[pattern.as_str()];
                if pattern.may_match(key, &mut self.matching_steps) {
                    group.push(*place);
                }
            }
            found.members.push(group);
        }
        // A key may match all of them.
        found.members.push(patterns.into_iter().map(|(_, place)| place).collect());
        Ok(())
    }

    fn look_at_dependencies(
        &mut self,
        dependencies: &'a Map<String, Value>,
        found: &mut Subschema,
    ) {
        for dependency in dependencies.values() {
            match dependency {
                Value::Array(keys) => found.own.value += keys.len() as u64,
                schema => found.same.push(self.place(schema)),
            }
        }
    }

    /// Returns the schema that a reference refers to.
    fn target(&mut self, reference: &str) -> Result<&'a Value, String> {
        self.has_references = true;
        let pointer = reference
            .strip_prefix('#')
            .filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
        let Some(pointer) = pointer else {
            return Err(format!("{reference:?} is a reference that does not begin with \"#/\""));
        };
        let pointer = percent_decode_str(pointer).decode_utf8_lossy();
        let target = self.root.pointer(&pointer);
        target.ok_or_else(|| format!("there is nothing where {reference:?} refers to"))
    }

    /// Returns what is known of a pattern.
    fn pattern(&mut self, pattern: &'a str) -> Result<&Pattern, String> {
        if !self.patterns.contains_key(pattern) {
            let compiled = Pattern::compile(pattern)?;
            self.memory += compiled.memory;
            self.patterns.insert(pattern, compiled);
        }
        Ok(&self.patterns[pattern])
    }

    /// Returns the places in an order in which each schema comes after those that it applies to the
    /// same value, or an error if there is none.
    fn order(&self) -> Result<Vec<usize>, String> {
        let mut missing: Vec<usize> =
            self.subschemas.iter().map(|found| found.same.len()).collect();
        let mut applied_by = vec![Vec::new(); self.subschemas.len()];
        for (place, found) in self.subschemas.iter().enumerate() {
            found.same.iter().for_each(|other| applied_by[*other].push(place));
        }
        let mut order: Vec<usize> =
            (0..missing.len()).filter(|place| missing[*place] == 0).collect();
        let mut next = 0;
        while let Some(place) = order.get(next) {
            next += 1;
            for other in &applied_by[*place] {
                missing[*other] -= 1;
                if missing[*other] == 0 {
                    order.push(*other);
                }
            }
        }
        if order.len() < self.subschemas.len() {
            return Err("a schema refers to itself for the same value".to_owned());
        }
        Ok(order)
    }

    /// Returns how many schemas are applied to the same value within each other.
    fn depth(&self, order: &[usize]) -> u32 {
        let mut depths = vec![0_u32; self.subschemas.len()];
        for place in order {
            let deepest = self.subschemas[*place].same.iter().map(|other| depths[*other]).max();
            depths[*place] = deepest.unwrap_or(0) + 1;
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// Returns the most steps that a value at any level within a value takes.
    fn most_steps(&self, order: &[usize]) -> Steps {
        // Those of a value at the present level, if a schema is applied at the first one.
        let mut steps: Vec<Steps> = self.subschemas.iter().map(|found| found.own).collect();
        let mut most = Steps::default();
        for _ in 0..=MAX_LEVELS {
            for place in order {
                let same = sum(&self.subschemas[*place].same, &steps);
                steps[*place] += same;
            }
            // The root is the first that was given a place.
            most = most.max(steps[0]);
            steps = self.subschemas.iter().map(|found| found.inner(&steps)).collect();
        }
        most
    }
}

/// Returns the steps of comparing a value with each of these.
fn size(values: &[Value]) -> u64 {
    let size_of = |value: &Value| match value {
        Value::Array(items) => size(items),
        Value::Object(members) => {
            let keys: u64 = members.keys().map(|key| 1 + key.len() as u64 / 16).sum();
            members.values().fold(keys, |sum, value| sum + size(std::slice::from_ref(value)))
        }
        Value::String(text) => text.len() as u64 / 16,
        _ => 0,
    };
    values.iter().map(|value| 1 + size_of(value)).sum()
}
