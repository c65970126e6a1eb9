//! Queries: as URL parameters, and as JSON.

use cdb_types::{DataQuery, DatasetQuery, QueryError, Range, resolve_indices};

/// The lengths of streams to which indices are applied.
const LENGTHS: [u64; 6] = [0, 1, 9, 1 << 53, i64::MAX as u64 + 1, u64::MAX];

/// Checks the query in a text: a JSON object, or `key=value` pairs that are separated by `&` and not
/// percent-encoded.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.starts_with('{') { check_dataset(text) } else { check_parameters(text) }
}

fn check_parameters(text: &str) {
    let parameters = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = match DataQuery::from_parameters(parameters) {
        Ok(query) => query,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let written = query.parameters();
    let again = DataQuery::from_parameters(written.iter().map(|(key, value)| (*key, &**value)));
    assert_eq!(again.as_ref(), Ok(&query));
    let by_index = query.i1.is_some() || query.i2.is_some();
    let by_time = query.t1.is_some() || query.t2.is_some();
    match query.range() {
        Ok(Range::Index { start, end }) => {
            assert!(by_index);
            assert_eq!((start, end), (query.i1.unwrap_or(0), query.i2.unwrap_or(0)));
            LENGTHS.into_iter().for_each(|length| check_indices(start, end, length));
        }
        Ok(Range::Time { after, until, .. }) => {
            assert!(by_time && !by_index);
            assert!(after.into_iter().chain(until).all(f64::is_finite));
        }
        Ok(range) => panic!("a range of an unknown kind: {range:?}"),
        Err(error) => assert!(!by_index && !by_time, "{error}"),
    }
}

/// Checks the conversion of indices against integers that cannot overflow.
fn check_indices(start: i64, end: i64, length: u64) {
    let length_i = i128::from(length);
    let first = match i128::from(start) {
        start if start < 0 => (length_i + start).max(0),
        start => start,
    };
    let last = match i128::from(end) {
        end if end <= 0 => length_i + end,
        end => end.min(length_i),
    };
    let last = if length == 0 { 0 } else { last };
    let expected = if first <= last { Ok(first..last) } else { Err(QueryError::OutOfBounds) };
    let found = resolve_indices(start, end, length);
    assert_eq!(
        found.map(|range| i128::from(range.start)..i128::from(range.end)),
        expected,
        "{start}..{end} of {length}"
    );
}

fn check_dataset(text: &str) {
    let Ok(query) = serde_json::from_str::<DatasetQuery>(text) else { return };
    let written = serde_json::to_string(&query).expect("a query that was read can be written");
    let again: DatasetQuery = serde_json::from_str(&written).expect("a query that was written");
    assert_eq!(again, query);
    assert_eq!(again.check(), query.check());
    if let Err(error) = query.check() {
        assert!(!error.to_string().is_empty());
    }
}
