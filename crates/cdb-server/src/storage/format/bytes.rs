//! Reading and writing the parts of binary data: lengths, texts, numbers.

use std::ops::Range;

use pco::data_types::Number;
use pco::standalone::{simple_compress_into, simple_decompress_into};
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, PagingSpec};

use super::PAGE_ROWS;

/// Data is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) struct Malformed;

/// How hard `pco` tries. Higher levels save one percent or two, and take twice as long.
const LEVEL: usize = 4;

/// Writes a length.
pub(super) fn write_length(data: &mut Vec<u8>, length: usize) {
    write_integer(data, length as u64);
}

/// Writes an integer that is usually small: seven bits a byte, lowest first.
pub(super) fn write_integer(data: &mut Vec<u8>, mut integer: u64) {
    while integer >= 0x80 {
        data.push((integer & 0x7f) as u8 | 0x80);
        integer >>= 7;
    }
    data.push((integer & 0x7f) as u8);
}

/// Writes numbers, compressed.
pub(super) fn write_numbers<T: Number>(data: &mut Vec<u8>, numbers: &[T]) -> Option<()> {
    let config = ChunkConfig::default().with_compression_level(LEVEL);
    let compressed = simple_compress_into(numbers, &config, Vec::new()).ok()?;
    write_length(data, compressed.len());
    data.extend_from_slice(&compressed);
    Some(())
}

/// Writes numbers so that those of a page can be read without the others: what they have in common, the
/// length of each page, and the pages.
pub(super) fn write_pages(data: &mut Vec<u8>, numbers: &[i64]) -> Option<()> {
    let pages = pages(numbers.len());
    let lengths = pages.clone().map(|page| page.len()).collect();
    let config = ChunkConfig::default()
        .with_compression_level(LEVEL)
        .with_paging_spec(PagingSpec::Exact(lengths));
    let file = FileCompressor::default();
    let mut chunk = file.chunk_compressor(numbers, &config).ok()?;
    let common = chunk.write_meta(file.write_header(Vec::new()).ok()?).ok()?;
    write_length(data, common.len());
    data.extend_from_slice(&common);
    let mut all = Vec::new();
    for page in 0..pages.count() {
        let start = all.len();
        all = chunk.write_page(page, all).ok()?;
        write_length(data, all.len() - start);
    }
    data.extend_from_slice(&all);
    Some(())
}

/// Returns the pages of a number of rows.
fn pages(rows: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..rows).step_by(PAGE_ROWS).map(move |start| start..rows.min(start + PAGE_ROWS))
}

/// Writes a number below `kinds` for each of some things.
pub(super) fn write_codes(data: &mut Vec<u8>, codes: &[u32], kinds: usize) -> Option<()> {
    if kinds > 1 && !codes.is_empty() { write_numbers(data, codes) } else { Some(()) }
}

/// Data that is read from its start to its end.
#[derive(Debug)]
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
    /// How many values may still be read, so that the memory for them is bounded.
    values_left: usize,
    /// The length of the longest text that may be read.
    pub(super) max_text: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(data: &'a [u8], max_values: usize, max_text: usize) -> Self {
        Self { rest: data, values_left: max_values, max_text }
    }

    /// Returns an error if a column has more values than may still be read.
    pub(super) fn take_values(&mut self, count: usize) -> Result<(), Malformed> {
        self.values_left = self.values_left.checked_sub(count).ok_or(Malformed)?;
        Ok(())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub(super) fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.integer()?).map_err(|_| Malformed)
    }

    pub(super) fn integer(&mut self) -> Result<u64, Malformed> {
        let mut integer = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            integer |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(integer);
            }
        }
        Err(Malformed)
    }

    /// Reads a float as it is in memory.
    pub(super) fn float(&mut self) -> Result<f64, Malformed> {
        let (float, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*float))
    }

    /// Reads what has its length before it.
    pub(super) fn part(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        let (part, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(part)
    }

    /// Reads a known count of numbers, which bounds the memory that this takes.
    pub(super) fn numbers<T: Number + Default>(
        &mut self,
        count: usize,
    ) -> Result<Vec<T>, Malformed> {
        let mut numbers = vec![T::default(); count];
        let progress = simple_decompress_into(self.part()?, &mut numbers);
        match progress {
            Ok(progress) if progress.n_processed == count && progress.finished => Ok(numbers),
            _ => Err(Malformed),
        }
    }

    /// Reads the pages of a known count of numbers that have some of the rows. Returns the first row of the
    /// first page with its numbers and those that follow.
    pub(super) fn pages(
        &mut self,
        count: usize,
        rows: &Range<usize>,
    ) -> Result<(usize, Vec<i64>), Malformed> {
        let common = self.part()?;
        let (file, common) = FileDecompressor::new(common).map_err(|_| Malformed)?;
        let (mut chunk, _) = file.chunk_decompressor::<i64, _>(common).map_err(|_| Malformed)?;
        let lengths = pages(count).map(|_| self.length()).collect::<Result<Vec<_>, _>>()?;
        let first = rows.start.min(count) / PAGE_ROWS * PAGE_ROWS;
        let end = rows.end.min(count).next_multiple_of(PAGE_ROWS).min(count);
        let mut numbers = vec![0; end.saturating_sub(first)];
        for (page, length) in pages(count).zip(lengths) {
            let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
            self.rest = rest;
            let at = page.start.wrapping_sub(first)..page.end.wrapping_sub(first);
            // Other pages are not wanted.
            let Some(numbers) = numbers.get_mut(at) else { continue };
            let mut page = chunk.page_decompressor(bytes, numbers.len()).map_err(|_| Malformed)?;
            let progress = page.read(numbers).map_err(|_| Malformed)?;
            if progress.n_processed != numbers.len() || !page.into_src().is_empty() {
                return Err(Malformed);
            }
        }
        Ok((first, numbers))
    }

    /// Reads what [`write_codes`] has written.
    pub(super) fn codes(&mut self, count: usize, kinds: usize) -> Result<Vec<u32>, Malformed> {
        if kinds <= 1 || count == 0 {
            // A value without a kind is an error.
            return if kinds < count.min(1) { Err(Malformed) } else { Ok(vec![0; count]) };
        }
        let codes: Vec<u32> = self.numbers(count)?;
        match codes.iter().all(|code| (*code as usize) < kinds) {
            true => Ok(codes),
            false => Err(Malformed),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
