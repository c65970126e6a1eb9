//! Columns of any values: numbers, texts of JSON, and objects, whose keys have columns of their own.

use std::collections::HashMap;
use std::ops::Range;

use super::super::bytes::{Bytes, Malformed, write_codes, write_length};
use super::super::split::{HOLE, is_number, split_object};
use super::Cell;
use super::numbers::{Numbers, Plan};
use super::texts::{Distinct, Texts};

/// The kinds of values. The numbers are those in the file.
const ABSENT: u32 = 0;
const NUMBER: u32 = 1;
const TEXT: u32 = 2;
const OBJECT: u32 = 3;
const KINDS: usize = 4;

/// In the place of a kind: there are several kinds.
const MIXED: u8 = 255;

/// If a column has more different texts, none of them is known by its number.
const MAX_KNOWN_TEXTS: usize = 256;

/// The number of different keys that objects may have. Those with more stay text.
const MAX_KEYS: usize = 256;

/// Writes a column of values, where `None` stands for one that is missing. Objects within objects are
/// texts. Returns `None` if that cannot be done.
pub(super) fn write_values(
    data: &mut Vec<u8>,
    values: &[Option<&[u8]>],
    within_object: bool,
) -> Option<()> {
    let plan = Plan::of(values.iter().copied().flatten().filter(|text| is_number(text)));
    let mut kinds = Vec::with_capacity(values.len());
    let (mut numbers, mut texts, mut objects) =
        (Vec::new(), Distinct::default(), Objects::default());
    for value in values {
        let kind = match value {
            None => ABSENT,
            Some(text) if is_number(text) => match plan.encode(text) {
                Some(number) => {
                    numbers.push(number);
                    NUMBER
                }
                None => TEXT,
            },
            Some(text) if !within_object && objects.push(text).is_some() => OBJECT,
            Some(_) => TEXT,
        };
        if let Some(text) = value
            && kind == TEXT
        {
            texts.push(text);
        }
        kinds.push(kind);
    }
    match kinds.first() {
        Some(first) if kinds.iter().all(|kind| kind == first) => data.push(*first as u8),
        Some(_) => {
            data.push(MIXED);
            write_codes(data, &kinds, KINDS)?;
        }
        None => data.push(ABSENT as u8),
    }
    if !numbers.is_empty() {
        plan.write(data, &numbers)?;
    }
    if !texts.is_empty() {
        texts.write(data)?;
    }
    if !objects.templates.is_empty() {
        objects.write(data)?;
    }
    Some(())
}

/// The objects of a column that is being written.
#[derive(Default)]
struct Objects<'a> {
    templates: Distinct,
    /// The column of each key, for each template in the order of their numbers.
    columns_of: Vec<Vec<usize>>,
    columns: HashMap<&'a [u8], usize>,
    values: Vec<Vec<Option<&'a [u8]>>>,
    template: Vec<u8>,
}

impl<'a> Objects<'a> {
    fn push(&mut self, text: &'a [u8]) -> Option<()> {
        let mut parts = Vec::new();
        split_object(text, &mut self.template, |key, value| parts.push((key, value)))?;
        let is_new = |key: &&'a [u8]| !self.columns.contains_key(key);
        let new = parts.iter().map(|(key, _)| key).filter(|key| is_new(key)).count();
        if self.columns.len() + new > MAX_KEYS {
            return None;
        }
        let mut columns = Vec::with_capacity(parts.len());
        for (key, value) in parts {
            let next = self.columns.len();
            let column = *self.columns.entry(key).or_insert(next);
            if column == self.values.len() {
                self.values.push(Vec::new());
            }
            self.values[column].push(Some(value));
            columns.push(column);
        }
        if self.templates.push(&self.template) as usize == self.columns_of.len() {
            self.columns_of.push(columns);
        }
        Some(())
    }

    fn write(&self, data: &mut Vec<u8>) -> Option<()> {
        self.templates.write(data)?;
        write_length(data, self.values.len());
        self.columns_of.iter().flatten().for_each(|column| write_length(data, *column));
        self.values.iter().try_for_each(|values| write_values(data, values, true))
    }
}

/// A column of values that was read.
#[derive(Debug)]
pub(super) struct Values {
    kinds: Kinds,
    numbers: Option<Numbers>,
    texts: Option<Texts>,
    objects: Option<ReadObjects>,
}

/// The kind of each value, and its place among those of the same kind.
#[derive(Debug)]
enum Kinds {
    All(u32),
    Mixed { kinds: Vec<u32>, places: Vec<u32> },
}

/// Objects that were read.
#[derive(Debug)]
struct ReadObjects {
    templates: Texts,
    columns_of: Vec<Vec<usize>>,
    columns: Vec<Values>,
}

/// Where the next object's values are in the columns of their keys.
#[derive(Debug)]
pub(super) struct Cursors {
    columns: Vec<usize>,
    /// A text that is so long becomes no longer: the columns are damaged.
    max_text: usize,
}

impl Values {
    /// Reads a number of values; at least those with some indexes.
    pub(super) fn read(
        data: &mut Bytes<'_>,
        count: usize,
        indexes: &Range<usize>,
        within_object: bool,
    ) -> Result<Self, Malformed> {
        data.take_values(count)?;
        let (kinds, counts) = Kinds::read(data, count)?;
        let of = |kind: u32| Some(counts[kind as usize]).filter(|count| *count > 0);
        // Among others, which ones are numbers is not known without counting.
        let among_others = 0..count;
        let wanted = if matches!(kinds, Kinds::All(_)) { indexes } else { &among_others };
        let numbers = of(NUMBER).map(|count| Numbers::read(data, count, wanted)).transpose()?;
        let texts = of(TEXT).map(|count| Texts::read(data, count)).transpose()?;
        let objects = match of(OBJECT) {
            Some(_) if within_object => return Err(Malformed),
            objects => objects.map(|count| ReadObjects::read(data, count)).transpose()?,
        };
        Ok(Self { kinds, numbers, texts, objects })
    }

    /// Returns the numbers, if all values are numbers.
    pub(super) fn numbers(&self) -> Option<&Numbers> {
        self.numbers.as_ref().filter(|_| matches!(self.kinds, Kinds::All(NUMBER)))
    }

    /// Returns whether there are no values.
    pub(super) fn are_absent(&self) -> bool {
        matches!(self.kinds, Kinds::All(ABSENT))
    }

    /// Returns whether a value is there.
    pub(super) fn has(&self, index: usize) -> bool {
        self.kinds.get(index).0 != ABSENT
    }

    /// Returns what [`write`](Self::write) needs to begin with a value.
    pub(super) fn cursors(&self, index: usize, max_text: usize) -> Cursors {
        let columns = match &self.objects {
            Some(objects) => objects.cursors(self.kinds.count_before(index, OBJECT)),
            None => Vec::new(),
        };
        Cursors { columns, max_text }
    }

    /// Returns a value. With the same cursors, one value after the other is returned. `text` is empty,
    /// and may be used for the value.
    pub(super) fn cell<'a>(
        &'a self,
        index: usize,
        cursors: &mut Cursors,
        text: &'a mut Vec<u8>,
    ) -> Cell<'a> {
        match (self.kinds.get(index), &self.numbers, &self.texts) {
            ((ABSENT, _), ..) => Cell::Missing,
            ((NUMBER, place), Some(numbers), _) if numbers.is_short(place) => numbers.cell(place),
            ((TEXT, place), _, Some(texts)) if texts.different() <= MAX_KNOWN_TEXTS => {
                Cell::Text(texts.code(place), texts.get(place))
            }
            _ => {
                self.write(index, cursors, text);
                Cell::Json(text)
            }
        }
    }

    /// Adds the JSON text of a value. With the same cursors, one value after the other is written.
    pub(super) fn write(&self, index: usize, cursors: &mut Cursors, text: &mut Vec<u8>) {
        match (self.kinds.get(index), &self.numbers, &self.texts, &self.objects) {
            ((NUMBER, place), Some(numbers), ..) => numbers.write(place, text),
            ((TEXT, place), _, Some(texts), _) => text.extend_from_slice(texts.get(place)),
            ((OBJECT, place), .., Some(objects)) => objects.write(place, cursors, text),
            _ => {}
        }
    }
}

impl Kinds {
    /// Reads the kinds, and the number of values of each kind.
    fn read(data: &mut Bytes<'_>, count: usize) -> Result<(Self, [usize; KINDS]), Malformed> {
        let mut counts = [0; KINDS];
        let kind = data.byte()?;
        if kind != MIXED {
            *counts.get_mut(usize::from(kind)).ok_or(Malformed)? = count;
            return Ok((Self::All(u32::from(kind)), counts));
        }
        let kinds = data.codes(count, KINDS)?;
        let mut place = |kind: &u32| {
            let count = &mut counts[*kind as usize];
            *count += 1;
            *count as u32 - 1
        };
        let places = kinds.iter().map(&mut place).collect();
        Ok((Self::Mixed { kinds, places }, counts))
    }

    fn get(&self, index: usize) -> (u32, usize) {
        match self {
            Self::All(kind) => (*kind, index),
            Self::Mixed { kinds, places } => (kinds[index], places[index] as usize),
        }
    }

    /// Returns how many values of a kind are before one.
    fn count_before(&self, index: usize, kind: u32) -> usize {
        match self {
            Self::All(all) => {
                if *all == kind {
                    index
                } else {
                    0
                }
            }
            Self::Mixed { kinds, .. } => kinds[..index].iter().filter(|it| **it == kind).count(),
        }
    }
}

impl ReadObjects {
    fn read(data: &mut Bytes<'_>, count: usize) -> Result<Self, Malformed> {
        let templates = Texts::read(data, count)?;
        let columns = data.length()?;
        if columns > MAX_KEYS {
            return Err(Malformed);
        }
        let mut columns_of = Vec::new();
        for template in templates.texts() {
            let holes = template.iter().filter(|byte| **byte == HOLE).count();
            let of =
                (0..holes).map(|_| {
                    data.length().and_then(|column| {
                        if column < columns { Ok(column) } else { Err(Malformed) }
                    })
                });
            columns_of.push(of.collect::<Result<Vec<_>, _>>()?);
        }
        let mut uses = vec![0_usize; columns_of.len()];
        templates.codes().iter().for_each(|code| uses[*code as usize] += 1);
        let mut counts = vec![0_usize; columns];
        for (columns, uses) in columns_of.iter().zip(uses) {
            columns
                .iter()
                .for_each(|column| counts[*column] = counts[*column].saturating_add(uses));
        }
        let columns = counts.into_iter().map(|count| Values::read(data, count, &(0..count), true));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { templates, columns_of, columns })
    }

    fn cursors(&self, index: usize) -> Vec<usize> {
        let mut cursors = vec![0; self.columns.len()];
        for code in &self.templates.codes()[..index] {
            self.columns_of[*code as usize].iter().for_each(|column| cursors[*column] += 1);
        }
        cursors
    }

    fn write(&self, index: usize, cursors: &mut Cursors, text: &mut Vec<u8>) {
        let pieces = self.templates.get(index).split(|byte| *byte == HOLE);
        let mut columns = self.columns_of[self.templates.code(index)].iter();
        for piece in pieces {
            text.extend_from_slice(piece);
            let Some(column) = columns.next() else { continue };
            let next = &mut cursors.columns[*column];
            if text.len() < cursors.max_text {
                // Objects within objects are texts, which have no cursors.
                let mut none = Cursors { columns: Vec::new(), max_text: cursors.max_text };
                self.columns[*column].write(*next, &mut none, text);
            }
            *next += 1;
        }
    }
}
