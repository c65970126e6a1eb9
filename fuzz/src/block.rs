//! Blocks of datapoints and their summaries, as the server reads them from its data file.

use std::ops::Range;

use cdb_server::fuzzing::{BlockBytes, BlockCell, ReadSummary};
use cdb_types::Timestamp;
use serde_json::Value;

use crate::json::Entries;

/// The indices of the first datapoint.
const FIRST: [u64; 3] = [0, 1 << 40, u64::MAX];

/// The number of the encoding of columns.
const COLUMNS: i64 = 2;

/// What a damaged block has at most, so that all that is read of it can be compared.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The most datapoints that are read one by one.
const MAX_ROWS: usize = 20;

/// Checks the datapoints in a JSON array; the bytes of a summary after an `s`; or, after the digit of
/// an encoding, the data of a block, with its count and the length of its text before it, of two bytes
/// each.
pub(crate) fn check(data: &[u8]) {
    match data {
        [b'[', ..] => check_text(data),
        [b's', summary @ ..] => check_summary(summary),
        [digit @ b'0'..=b'9', count_low, count_high, bytes_low, bytes_high, data @ ..] => {
            check_block(&BlockBytes {
                encoding: i64::from(digit - b'0'),
                count: u16::from_le_bytes([*count_low, *count_high]).into(),
                text_bytes: u16::from_le_bytes([*bytes_low, *bytes_high]).into(),
                data: data.to_vec(),
            });
        }
        _ => {}
    }
}

/// Checks that a summary that is read, written and read again stays the same.
fn check_summary(data: &[u8]) {
    for first in FIRST {
        let Some(read) = ReadSummary::read(data, first) else { continue };
        let again = ReadSummary::read(&read.bytes(), first).expect("a summary that was written");
        let has_nan = ReadSummary::read(data, first).as_ref() != Some(&read);
        assert!(has_nan || again == read, "{again:?} is not {read:?}");
    }
}

/// Checks a block whose data may be damaged: whatever can be read of it agrees.
fn check_block(block: &BlockBytes) {
    let all = 0..block.count;
    let (mut cells, mut visited) = (0, 0);
    let are_read = block.cells(all.clone(), |_, _| cells += 1).is_ok();
    assert!(!are_read || cells == 0 || cells == block.count);
    let visit = block.visit(all, |_, _| visited += 1);
    assert!(visit.is_err() || visited == block.count, "{visited} datapoints are visited");
    assert_eq!(block.summary(0).is_ok(), visit.is_ok() && block.count > 0);
    if let Ok(count) = block.count_until(0.0) {
        assert!(count <= block.count);
    }
    let Ok(text) = block.text() else { return };
    if block.encoding == COLUMNS {
        some_rows(block.count)
            .for_each(|rows| assert!(block.rows(rows).is_ok(), "rows of {text:?}"));
    }
    if text.len() <= MAX_TEXT_BYTES {
        check_text(&text);
    }
}

/// Returns some ranges of rows: the first ones one by one, all, and the last ones.
fn some_rows(count: usize) -> impl Iterator<Item = Range<usize>> {
    let single = (0..count.min(MAX_ROWS)).map(|row| row..row + 1);
    let ranges = [0..count, count / 2..count, count.saturating_sub(3)..count];
    single.chain(ranges.into_iter().filter(|rows| !rows.is_empty()))
}

/// Checks that columns of datapoints are written as the same text, and that their values are read from
/// them as from the text.
fn check_text(text: &[u8]) {
    let stored = stored(text);
    let count = stored.as_ref().map_or(1, Vec::len);
    let Some(block) = BlockBytes::columns_of(text, count) else { return };
    assert_eq!(block.text().as_deref(), Ok(text));
    let Some(stored) = stored else { return };
    for rows in some_rows(count) {
        check_rows(&block, &stored, rows);
    }
    check_values(&block, text, &stored);
}

/// A datapoint: its text, its time, and the text of its value.
struct Stored<'a> {
    text: String,
    t: f64,
    value: Option<&'a str>,
}

/// Reads datapoints as they are stored: without spaces around their times and values, and without
/// other keys. Returns `None` for any other text.
fn stored(text: &[u8]) -> Option<Vec<Stored<'_>>> {
    let objects: Vec<Entries<'_>> = serde_json::from_slice(text).ok()?;
    let mut stored = Vec::with_capacity(objects.len());
    for Entries(entries) in objects {
        let parts = entries.iter().map(|(key, value)| format!("{key:?}:{value}"));
        let object = format!("{{{}}}", parts.collect::<Vec<_>>().join(","));
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
        let value = match keys[..] {
            ["t"] | ["t", "o"] => None,
            ["t", "d"] | ["t", "d", "o"] => Some(entries[1].1),
            _ => return None,
        };
        // Origins are the paths of devices.
        if let Some((key, origin)) = entries.last()
            && key == "o"
            && !origin.starts_with('"')
        {
            return None;
        }
        let t: Timestamp = serde_json::from_str(entries[0].1).ok()?;
        stored.push(Stored { text: object, t: t.as_secs_f64(), value });
    }
    let texts: Vec<_> = stored.iter().map(|datapoint| &*datapoint.text).collect();
    (!stored.is_empty() && format!("[{}]", texts.join(",")).as_bytes() == text).then_some(stored)
}

/// Checks the text and the cells of some rows.
fn check_rows(block: &BlockBytes, stored: &[Stored<'_>], rows: Range<usize>) {
    let expected = &stored[rows.clone()];
    let texts: Vec<_> = expected.iter().map(|datapoint| &*datapoint.text).collect();
    let text = block.rows(rows.clone()).expect("rows of columns that were made");
    assert_eq!(String::from_utf8_lossy(&text), format!("[{}]", texts.join(",")));
    let mut expected = expected.iter();
    let read = block.cells(rows, |t, cell| {
        let Stored { text, t: expected_t, value } = expected.next().expect("a datapoint");
        assert_eq!(t.to_bits(), expected_t.to_bits(), "the time of {text}");
        let float = || value.and_then(|value| value.parse::<f64>().ok());
        let agrees = match cell {
            BlockCell::Missing => value.is_none(),
            BlockCell::Integer(integer) => *value == Some(&*integer.to_string()),
            BlockCell::Float(number) => float().map(f64::to_bits) == Some(number.to_bits()),
            BlockCell::Json(json) => value.map(str::as_bytes) == Some(json),
        };
        assert!(agrees, "{cell:?} is not the value of {text}");
    });
    assert_eq!(read, Ok(()));
    assert!(expected.next().is_none(), "there are fewer cells");
}

/// Checks the values and the summary that are read from columns against those of the text.
fn check_values(block: &BlockBytes, text: &[u8], stored: &[Stored<'_>]) {
    let values = stored.iter().map(|datapoint| {
        let value = serde_json::from_str(datapoint.value.unwrap_or("null")).ok()?;
        Some((datapoint.t.to_bits(), rounded(value)))
    });
    // Inserts refuse numbers beyond the floats, and values that are nested too deeply.
    let Some(expected) = values.collect::<Option<Vec<_>>>() else { return };
    let as_text = BlockBytes::of_text(text, stored.len());
    for block in [block, &as_text] {
        let mut visited = Vec::new();
        let visit = block.visit(0..stored.len(), |t, value| {
            visited.push((t.to_bits(), rounded(value)));
        });
        // The text is only read if its times are sorted.
        if visit.is_ok() || stored.is_sorted_by(|a, b| a.t <= b.t) {
            assert_eq!((visit, &visited), (Ok(()), &expected));
        }
    }
    let Ok(summary) = as_text.summary(FIRST[1]) else { return };
    assert_eq!(block.summary(FIRST[1]).as_ref(), Ok(&summary));
    assert_eq!(ReadSummary::read(&summary.bytes(), FIRST[1]).as_ref(), Some(&summary));
    for t in stored.iter().take(MAX_ROWS).map(|datapoint| datapoint.t) {
        assert_eq!(block.count_until(t), as_text.count_until(t));
    }
}

/// Returns the value with the nearest float in the place of a number.
fn rounded(value: Value) -> Value {
    match value.as_f64() {
        Some(number) => number.into(),
        None => value,
    }
}
