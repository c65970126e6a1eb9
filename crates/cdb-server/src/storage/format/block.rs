//! Blocks: many datapoints in one row, as the JSON array that readers get.

use super::points::Points;

/// The text of a block has about this length, in bytes: large enough to read fast, small enough to
/// cut cheaply. A block whose last value is large is longer.
pub(in crate::storage) const BLOCK_BYTES: usize = 128 * 1024;

/// Shorter texts are not compressed, since that would save little.
const COMPRESS_BYTES: usize = 2 * 1024;

/// LZ4 cannot compress further than this. A block that claims more is damaged.
const MAX_LZ4_RATIO: usize = 255;

/// Datapoints that are ready to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(in crate::storage) count: usize,
    pub(in crate::storage) last_t: f64,
    /// The length of the text, in bytes.
    pub(in crate::storage) text_bytes: usize,
    pub(in crate::storage) encoding: Encoding,
    pub(in crate::storage) data: Vec<u8>,
}

/// How the data of a block holds its text. The numbers are those in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Encoding {
    Text = 0,
    Lz4 = 1,
}

impl Encoding {
    fn from_number(number: i64) -> Result<Self, BlockError> {
        match number {
            0 => Ok(Self::Text),
            1 => Ok(Self::Lz4),
            other => Err(BlockError::Encoding(other)),
        }
    }
}

/// Why the bytes of a block or a journal row are not what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("the checksum of its data is wrong")]
    Checksum,
    #[error("the checksum of its header is wrong")]
    Header,
    #[error("it has the unknown encoding {0}")]
    Encoding(i64),
    #[error("its data cannot be decompressed")]
    Lz4,
    #[error("its data is not what its header says")]
    Content,
    #[error("it is missing")]
    Missing,
    #[error("an index has it in the wrong place")]
    Place,
    #[error("its data is not JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Block {
    /// Creates a block of datapoints, whose text is a JSON array.
    pub(in crate::storage) fn of(text: &[u8], count: usize, last_t: f64) -> Self {
        let text_bytes = text.len();
        let (encoding, data) = match text_bytes < COMPRESS_BYTES {
            true => (Encoding::Text, text.to_vec()),
            false => (Encoding::Lz4, lz4_flex::block::compress_prepend_size(text)),
        };
        Self { count, last_t, text_bytes, encoding, data }
    }
}

/// Returns the length of the text that a row's data holds, in bytes, without decompressing it.
pub(in crate::storage) fn text_bytes(encoding: i64, data: &[u8]) -> Result<usize, BlockError> {
    match Encoding::from_number(encoding)? {
        Encoding::Text => Ok(data.len()),
        Encoding::Lz4 => {
            let size = lz4_flex::block::uncompressed_size(data);
            let (length, compressed) = size.map_err(|_| BlockError::Lz4)?;
            if length / MAX_LZ4_RATIO > compressed.len() {
                return Err(BlockError::Lz4);
            }
            Ok(length)
        }
    }
}

/// Adds a separator to a text, and after it the datapoints that a row's data holds, without the
/// brackets around them.
///
/// The memory that this needs is bounded by the length of the data, whatever the data is.
pub(in crate::storage) fn decode_onto(
    text: &mut Vec<u8>,
    separator: u8,
    encoding: i64,
    data: &[u8],
) -> Result<(), BlockError> {
    let length = text_bytes(encoding, data)?;
    let start = text.len();
    match Encoding::from_number(encoding)? {
        Encoding::Text => text.extend_from_slice(data),
        Encoding::Lz4 => {
            let size = lz4_flex::block::uncompressed_size(data);
            let (_, compressed) = size.map_err(|_| BlockError::Lz4)?;
            // New memory for a large value is zero already.
            if start == 0 && text.capacity() < length {
                *text = vec![0; length];
            } else {
                text.resize(start + length, 0);
            }
            let written = lz4_flex::block::decompress_into(compressed, &mut text[start..]);
            if written.ok() != Some(length) {
                return Err(BlockError::Lz4);
            }
        }
    }
    // The brackets become the separator and nothing.
    if length < 2 || text[start] != b'[' || text.pop() != Some(b']') {
        return Err(BlockError::Content);
    }
    text[start] = separator;
    Ok(())
}

/// Reads the datapoints that a row's data holds.
pub(in crate::storage) fn decode(encoding: i64, data: &[u8]) -> Result<Points, BlockError> {
    let mut text = Vec::new();
    decode_onto(&mut text, b',', encoding, data)?;
    text.remove(0);
    Points::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decompression_bomb_is_refused_before_memory_is_taken_for_it() {
        let mut bomb = lz4_flex::block::compress_prepend_size(b"[{\"t\":1}]");
        bomb[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut text = Vec::new();
        let decoded = decode_onto(&mut text, b',', Encoding::Lz4 as i64, &bomb);
        assert!(matches!(decoded, Err(BlockError::Lz4)), "{decoded:?}");
        assert_eq!(text.capacity(), 0);
    }

    #[test]
    fn what_compresses_best_can_be_read() {
        let value = format!("[{{\"t\":1,\"d\":\"{}\"}}]", "x".repeat(8 << 20));
        let block = Block::of(value.as_bytes(), 1, 1.0);
        assert_eq!(block.encoding, Encoding::Lz4);
        let points = decode(block.encoding as i64, &block.data).expect("a datapoint");
        assert_eq!(points.text(), &value.as_bytes()[1..value.len() - 1]);
    }
}
