//! Checksums, which tell damaged rows from what was written.
//!
//! A checksum has two halves, both CRC-32: the lower one is that of the data, the upper one that of
//! the row's other columns and the lower half. The upper half is checked without reading the data.

use std::ops::Range;

use super::block::BlockError;

/// The columns of a block or journal row that say what its data is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::storage) struct Header {
    pub(in crate::storage) stream: i64,
    pub(in crate::storage) downlink: bool,
    /// The places of the datapoints in their array.
    pub(in crate::storage) range: Range<u64>,
    /// The time of the last datapoint. In the journal it is 0, since the data has it.
    pub(in crate::storage) last_t: f64,
    pub(in crate::storage) encoding: i64,
    /// The length of the datapoints' text, in bytes.
    pub(in crate::storage) text_bytes: u64,
}

impl Header {
    /// Returns the checksum of a row with this header.
    pub(in crate::storage) fn checksum(&self, data: &[u8]) -> i64 {
        self.seal(crc32fast::hash(data))
    }

    /// Returns a checksum that fits the header, but not the data. A row with it can be counted and
    /// skipped, but not read.
    pub(in crate::storage) fn checksum_of_damaged(&self, data: &[u8]) -> i64 {
        self.seal(!crc32fast::hash(data))
    }

    /// Returns the checksum of the same data, which has another checksum with another header.
    pub(in crate::storage) fn checksum_of_same_data(&self, other: i64) -> i64 {
        self.seal(lower(other))
    }

    /// Checks the header against the checksum of its row.
    pub(in crate::storage) fn check(&self, checksum: i64) -> Result<(), BlockError> {
        let data = lower(checksum);
        if self.range.is_empty() || self.seal(data) != checksum {
            return Err(BlockError::Header);
        }
        Ok(())
    }

    /// Checks the header and the data against the checksum of their row.
    pub(in crate::storage) fn check_all(
        &self,
        checksum: i64,
        data: &[u8],
    ) -> Result<(), BlockError> {
        self.check(checksum)?;
        if crc32fast::hash(data) == lower(checksum) { Ok(()) } else { Err(BlockError::Checksum) }
    }

    fn seal(&self, data: u32) -> i64 {
        let mut bytes = [0; 53];
        bytes[..8].copy_from_slice(&self.stream.to_le_bytes());
        bytes[8] = u8::from(self.downlink);
        bytes[9..17].copy_from_slice(&self.range.start.to_le_bytes());
        bytes[17..25].copy_from_slice(&self.range.end.to_le_bytes());
        bytes[25..33].copy_from_slice(&self.last_t.to_bits().to_le_bytes());
        bytes[33..37].copy_from_slice(&data.to_le_bytes());
        bytes[37..45].copy_from_slice(&self.encoding.to_le_bytes());
        bytes[45..53].copy_from_slice(&self.text_bytes.to_le_bytes());
        let header = crc32fast::hash(&bytes);
        (u64::from(header) << 32 | u64::from(data)).cast_signed()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn lower(checksum: i64) -> u32 {
    checksum.cast_unsigned() as u32
}
