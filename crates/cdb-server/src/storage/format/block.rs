//! Blocks: many datapoints in one row, as the JSON array that readers will get.

use std::borrow::Cow;

/// A block holds about so much text: large enough to read fast, small enough to cut cheaply.
pub(in crate::storage) const BLOCK_BYTES: usize = 128 * 1024;

/// Shorter texts are not compressed: there is little to win.
const COMPRESS_BYTES: usize = 2 * 1024;

/// No block is so large: whatever says that it is, is damaged.
const MAX_BYTES: usize = 1 << 30;

/// Datapoints that are ready to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(in crate::storage) count: usize,
    pub(in crate::storage) last_t: f64,
    pub(in crate::storage) encoding: i64,
    pub(in crate::storage) data: Vec<u8>,
}

/// A block whose bytes are not what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("a block of the data file is damaged")]
    Corrupt,
    #[error("a block of the data file is damaged: {0}")]
    Json(#[from] serde_json::Error),
}

impl Block {
    /// A block of what stands between the brackets of an array.
    pub(in crate::storage) fn of(inner: &[u8], count: usize, last_t: f64) -> Self {
        let mut text = Vec::with_capacity(inner.len() + 2);
        text.push(b'[');
        text.extend_from_slice(inner);
        text.push(b']');
        if text.len() < COMPRESS_BYTES {
            return Self { count, last_t, encoding: 0, data: text };
        }
        let data = lz4_flex::block::compress_prepend_size(&text);
        Self { count, last_t, encoding: 1, data }
    }

    /// One block that holds what these JSON arrays hold, in their order.
    pub(in crate::storage) fn joined(
        texts: &[Vec<u8>],
        count: usize,
        last_t: f64,
    ) -> Result<Self, BlockError> {
        let inner = texts.iter().map(|text| inner(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(&inner.join(&b','), count, last_t))
    }
}

/// The JSON array that a row's bytes hold.
pub(in crate::storage) fn decode(encoding: i64, data: &[u8]) -> Result<Cow<'_, [u8]>, BlockError> {
    if encoding == 0 {
        return Ok(data.into());
    }
    let mut text = Vec::new();
    decode_onto(&mut text, encoding, data)?;
    Ok(text.into())
}

/// Adds the JSON array that a row's bytes hold to a text.
pub(in crate::storage) fn decode_onto(
    text: &mut Vec<u8>,
    encoding: i64,
    data: &[u8],
) -> Result<(), BlockError> {
    match encoding {
        0 => text.extend_from_slice(data),
        1 => {
            let (length, data) =
                lz4_flex::block::uncompressed_size(data).map_err(|_| BlockError::Corrupt)?;
            if length > MAX_BYTES {
                return Err(BlockError::Corrupt);
            }
            let start = text.len();
            text.resize(start + length, 0);
            let written = lz4_flex::block::decompress_into(data, &mut text[start..]);
            if written.ok() != Some(length) {
                return Err(BlockError::Corrupt);
            }
        }
        _ => return Err(BlockError::Corrupt),
    }
    Ok(())
}

/// What stands between the brackets of a JSON array.
pub(in crate::storage) fn inner(array: &[u8]) -> Result<&[u8], BlockError> {
    array.strip_prefix(b"[").and_then(|array| array.strip_suffix(b"]")).ok_or(BlockError::Corrupt)
}
