//! Columns of texts of which there are few different ones: each is kept once, and has a number.

use std::collections::HashMap;

use super::super::bytes::{Bytes, Malformed, write_codes, write_length};

/// The bytes of the largest length.
const MAX_LENGTH_BYTES: usize = 10;

/// The texts of a column that is being written. They are JSON, or templates of it.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// The texts in the order of their numbers.
    texts: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u32>,
    codes: Vec<u32>,
}

impl Distinct {
    pub(super) fn push(&mut self, text: &[u8]) -> u32 {
        let code = match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number = self.texts.len() as u32;
                self.texts.push(text.to_vec());
                self.numbers.insert(text.to_vec(), number);
                number
            }
        };
        self.codes.push(code);
        code
    }

    pub(super) fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    pub(super) fn write(&self, data: &mut Vec<u8>) -> Option<()> {
        let mut lengths = Vec::new();
        self.texts.iter().for_each(|text| write_length(&mut lengths, text.len()));
        write_length(data, self.texts.len());
        for part in [lengths, self.texts.concat()] {
            let compressed = lz4_flex::block::compress(&part);
            write_length(data, part.len());
            write_length(data, compressed.len());
            data.extend_from_slice(&compressed);
        }
        write_codes(data, &self.codes, self.texts.len())
    }
}

/// A column of texts that was read.
#[derive(Debug)]
pub(super) struct Texts {
    /// All different texts, one after the other.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    codes: Vec<u32>,
}

impl Texts {
    /// Reads the texts of `count` values.
    pub(super) fn read(data: &mut Bytes<'_>, count: usize) -> Result<Self, Malformed> {
        let (max_lengths, max_text) = (count.saturating_mul(MAX_LENGTH_BYTES), data.max_text);
        let different = data.length()?;
        if different > count {
            return Err(Malformed);
        }
        let mut part = |max: usize| {
            let length = data.length()?;
            let compressed = data.part()?;
            if length > max {
                return Err(Malformed);
            }
            lz4_flex::block::decompress(compressed, length)
                .ok()
                .filter(|part| part.len() == length)
                .ok_or(Malformed)
        };
        let (lengths, text) = (part(max_lengths)?, part(max_text)?);
        let (mut lengths, mut end) = (Bytes::new(&lengths, 0, 0), 0_usize);
        let mut ends = Vec::with_capacity(different);
        for _ in 0..different {
            end = lengths.length()?.checked_add(end).ok_or(Malformed)?;
            ends.push(end);
        }
        if end != text.len() || !lengths.is_empty() {
            return Err(Malformed);
        }
        let codes = data.codes(count, different)?;
        Ok(Self { text, ends, codes })
    }

    /// Returns the number of a value's text.
    pub(super) fn code(&self, index: usize) -> usize {
        self.codes[index] as usize
    }

    /// Returns the codes of all values.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Returns the number of different texts.
    pub(super) fn different(&self) -> usize {
        self.ends.len()
    }

    /// Returns the text of a value.
    pub(super) fn get(&self, index: usize) -> &[u8] {
        self.text(self.code(index))
    }

    /// Returns all different texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|code| self.text(code))
    }

    fn text(&self, code: usize) -> &[u8] {
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[code]]
    }
}
