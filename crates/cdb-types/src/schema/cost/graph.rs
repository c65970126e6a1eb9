//! The schemas within a schema, and which of them they apply.

use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::MAX_LEVELS;
use super::pattern::Pattern;
use super::steps::Steps;

/// The steps for each byte of a string with a format, such as `date-time`.
const FORMAT: u64 = 100;

/// The steps for each byte of a string within arrays whose items must differ: at each level, all that
/// an item holds is hashed.
const UNIQUE: u64 = 10;

/// The steps of finding out which keys match which patterns. If there are more, they are taken to
/// match.
const MAX_MATCHING_STEPS: u64 = 1_000_000;

/// The memory of a schema within a compiled schema, roughly, in bytes.
const SUBSCHEMA_BYTES: usize = 2048;

/// The versions of JSON Schema that a schema within a schema may name.
const DRAFT_4: [&str; 2] =
    ["http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-04/schema"];

/// Which of the values within a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Member(&'a str),
    Item(usize),
}

/// A schema within a schema. Others are given by their place in [`Graph::subschemas`].
#[derive(Debug, Default)]
pub(super) struct Subschema<'a> {
    /// The steps of its own keywords.
    pub(super) own: Steps,
    /// The schemas that are applied to the same value.
    pub(super) same: Vec<usize>,
    /// The schemas that are applied to certain members or items.
    pub(super) named: BTreeMap<Key<'a>, Vec<usize>>,
    /// The schemas that are applied to other members: by the patterns that their keys match, or else
    /// the additional one.
    pub(super) matching: Vec<usize>,
    pub(super) additional: Option<usize>,
    /// The schema that is applied to other items.
    pub(super) items: Option<usize>,
}

/// All schemas that are applied by a schema.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    root: &'a Value,
    /// The schema itself comes first.
    pub(super) subschemas: Vec<Subschema<'a>>,
    /// The place of each schema, by its address.
    places: HashMap<*const Value, usize>,
    /// The schemas that have a place and have not been looked at.
    pending: Vec<&'a Value>,
    patterns: HashMap<&'a str, Pattern>,
    /// The steps that may still be taken to find out which keys match which patterns.
    matching_steps: u64,
    has_references: bool,
    has_inner_ids: bool,
    /// The memory of the compiled schema, roughly, in bytes.
    pub(super) memory: usize,
}

impl<'a> Graph<'a> {
    pub(super) fn of(root: &'a Value, max_memory: usize) -> Result<Self, String> {
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
            graph.subschemas[place] = graph.read(schema)?;
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
    fn read(&mut self, schema: &'a Value) -> Result<Subschema<'a>, String> {
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
                // It would be compiled by the rules of that version, which has other keywords.
                ("$schema", version) => {
                    let is_known = version.as_str().is_some_and(|it| DRAFT_4.contains(&it));
                    if !is_known && !std::ptr::eq(schema, self.root) {
                        return Err("a schema within it has a \"$schema\"".to_owned());
                    }
                }
                ("id", Value::String(_)) => {
                    self.has_inner_ids |= !std::ptr::eq(schema, self.root);
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                    found.same.extend(schemas.iter().map(|schema| self.place(schema)));
                }
                ("not", schema) => found.same.push(self.place(schema)),
                ("dependencies", Value::Object(dependencies)) => {
                    self.read_dependencies(dependencies, &mut found);
                }
                // With the others below.
                ("properties" | "patternProperties", Value::Object(_)) => {}
                ("additionalProperties", schema) => found.additional = Some(self.place(schema)),
                ("items", Value::Array(schemas)) => {
                    for (index, schema) in schemas.iter().enumerate() {
                        found.named.insert(Key::Item(index), vec![self.place(schema)]);
                    }
                }
                ("items" | "additionalItems", schema) => found.items = Some(self.place(schema)),
                ("enum", Value::Array(values)) => {
                    found.own.value += size(values);
                    self.memory += 2 * heap(value);
                }
                ("required", Value::Array(keys)) => {
                    found.own.value += keys.len() as u64;
                    self.memory += heap(value);
                }
                ("pattern", Value::String(pattern)) => {
                    found.own.byte += self.pattern(pattern)?.states;
                }
                ("format", _) => found.own.byte += FORMAT,
                ("uniqueItems", _) => {
                    found.own.value += MAX_LEVELS as u64;
                    found.own.byte += UNIQUE;
                }
                ("maxLength" | "minLength", _) => found.own.byte += 1,
                // The compiler keeps keywords that it does not know.
                (_, value) => self.memory += heap(value),
            }
        }
        self.read_properties(keywords, &mut found)?;
        Ok(found)
    }

    fn read_properties(
        &mut self,
        keywords: &'a Map<String, Value>,
        found: &mut Subschema<'a>,
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
            found.named.insert(Key::Member(key), group);
        }
        // A key may match all of them.
        found.matching = patterns.into_iter().map(|(_, place)| place).collect();
        Ok(())
    }

    fn read_dependencies(
        &mut self,
        dependencies: &'a Map<String, Value>,
        found: &mut Subschema<'a>,
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
    pub(super) fn order(&self) -> Result<Vec<usize>, String> {
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
    pub(super) fn depth(&self, order: &[usize]) -> u32 {
        let mut depths = vec![0_u32; self.subschemas.len()];
        for place in order {
            let deepest = self.subschemas[*place].same.iter().map(|other| depths[*other]).max();
            depths[*place] = deepest.unwrap_or(0) + 1;
        }
        depths.into_iter().max().unwrap_or(0)
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

/// Returns the memory of a value, roughly, in bytes.
fn heap(value: &Value) -> usize {
    const ITEM: usize = size_of::<Value>();
    // A node of the tree that an object is, which holds up to 11 members.
    const NODE: usize = 11 * (ITEM + size_of::<String>()) + 16;
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| ITEM + heap(item)).sum(),
        Value::Object(members) => {
            let members_heap: usize =
                members.iter().map(|(key, value)| key.len() + heap(value)).sum();
            members.len().div_ceil(6) * NODE + members_heap
        }
        _ => 0,
    }
}
