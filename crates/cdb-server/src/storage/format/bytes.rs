//! Reading and writing the parts of binary data: lengths, texts, numbers.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{simple_compress_into, simple_decompress_into};

/// Data is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) struct Malformed;

/// How hard `pco` tries. Higher levels save one percent or two, and take twice as long.
const LEVEL: usize = 4;

/// Writes a length or a number that is usually small: seven bits a byte, lowest first.
pub(super) fn write_length(data: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        data.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    data.push((length & 0x7f) as u8);
}

/// Writes numbers, compressed.
pub(super) fn write_numbers<T: Number>(data: &mut Vec<u8>, numbers: &[T]) -> Option<()> {
    let config = ChunkConfig::default().with_compression_level(LEVEL);
    let compressed = simple_compress_into(numbers, &config, Vec::new()).ok()?;
    write_length(data, compressed.len());
    data.extend_from_slice(&compressed);
    Some(())
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
        let mut length = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length);
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
