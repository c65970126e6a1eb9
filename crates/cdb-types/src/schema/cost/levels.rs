//! The steps of the values at each level within a value.
//!
//! Several schemas can be applied to the same value, for example those of `oneOf`. A value within it
//! is then checked against what each of them has for its key. Schemas that name different keys, as in
//! the description of a tree with several kinds of nodes, never meet at the same value, so the steps
//! are summed up key by key.

use std::collections::{BTreeMap, BTreeSet};

use super::MAX_LEVELS;
use super::graph::{Key, Subschema};
use super::steps::Steps;

/// The terms of all sums.
const MAX_TERMS: usize = 100_000;

/// What is applied to a value within a value.
#[derive(Debug, Clone, Copy)]
enum Term {
    /// This schema.
    Schema(usize),
    /// What this schema has for members that it does not name.
    OtherMember(usize),
}

/// What is applied to the values within a value, if a schema is applied to it.
#[derive(Debug, Default)]
struct Inner<'a> {
    named: BTreeMap<Key<'a>, Vec<Term>>,
    /// To members and items that are not named.
    members: Vec<Term>,
    items: Vec<Term>,
}

impl<'a> Inner<'a> {
    /// What a schema applies by its own keywords.
    fn of(place: usize, subschema: &Subschema<'a>) -> Self {
        let terms = |places: &Vec<usize>| places.iter().copied().map(Term::Schema).collect();
        let has_others = subschema.additional.is_some() || !subschema.matching.is_empty();
        Self {
            named: subschema.named.iter().map(|(key, places)| (*key, terms(places))).collect(),
            members: has_others.then_some(Term::OtherMember(place)).into_iter().collect(),
            items: subschema.items.map(Term::Schema).into_iter().collect(),
        }
    }

    fn get(&self, key: &Key<'a>) -> &[Term] {
        self.named.get(key).unwrap_or(match key {
            Key::Member(_) => &self.members,
            Key::Item(_) => &self.items,
        })
    }

    /// What several schemas apply together.
    fn together(parts: &[&Self]) -> Self {
        let keys: BTreeSet<Key<'a>> =
            parts.iter().flat_map(|part| part.named.keys().copied()).collect();
        let all = |terms: &dyn Fn(&'_ Self) -> Vec<Term>| {
            parts.iter().flat_map(|part| terms(part)).collect()
        };
        Self {
            named: keys
                .into_iter()
                .map(|key| (key, all(&|part| part.get(&key).to_vec())))
                .collect(),
            members: all(&|part| part.members.clone()),
            items: all(&|part| part.items.clone()),
        }
    }

    fn groups(&self) -> impl Iterator<Item = &Vec<Term>> {
        self.named.values().chain([&self.members, &self.items])
    }
}

/// Returns the most steps that one of the values within a value takes. `order` has each schema after
/// those that it applies to the same value; the first schema is applied to the value.
pub(super) fn most_steps(subschemas: &[Subschema<'_>], order: &[usize]) -> Result<Steps, String> {
    let mut inner: Vec<Inner<'_>> = subschemas.iter().map(|_| Inner::default()).collect();
    // Those of a value at the present level, if a schema is applied to the whole value.
    let mut steps = vec![Steps::default(); subschemas.len()];
    let mut terms = 0;
    for place in order {
        let subschema = &subschemas[*place];
        let own = Inner::of(*place, subschema);
        let same = subschema.same.iter().map(|other| &inner[*other]);
        let together = Inner::together(&std::iter::once(&own).chain(same).collect::<Vec<_>>());
        terms += together.groups().map(|terms| terms.len() + 1).sum::<usize>();
        if terms > MAX_TERMS {
            return Err("too many of its schemas are applied to the same value".to_owned());
        }
        inner[*place] = together;
        let same = sum(&subschema.same, &steps);
        steps[*place] = subschema.own + same;
    }
    let mut most = Steps::default();
    for _ in 0..=MAX_LEVELS {
        most = most.max(steps[0]);
        let next: Vec<Steps> =
            inner.iter().map(|inner| largest(inner, subschemas, &steps)).collect();
        if next == steps {
            break;
        }
        steps = next;
    }
    Ok(most)
}

/// Returns the steps of the value within a value that takes most of them.
fn largest(inner: &Inner<'_>, subschemas: &[Subschema<'_>], steps: &[Steps]) -> Steps {
    let term = |term: &Term| match term {
        Term::Schema(place) => steps[*place],
        Term::OtherMember(place) => {
            let additional = subschemas[*place].additional.map(|place| steps[place]);
            sum(&subschemas[*place].matching, steps).max(additional.unwrap_or_default())
        }
    };
    let groups = inner
        .groups()
        .map(|terms| terms.iter().map(term).fold(Steps::default(), |sum, steps| sum + steps));
    groups.fold(Steps::default(), Steps::max)
}

fn sum(places: &[usize], steps: &[Steps]) -> Steps {
    places.iter().fold(Steps::default(), |sum, place| sum + steps[*place])
}
