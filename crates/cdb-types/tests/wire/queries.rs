use cdb_types::{DataQuery, QueryError, Range, StreamQuery, resolve_indices};
use proptest::prelude::*;

fn read(query: &str) -> Result<Range, QueryError> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    DataQuery::from_parameters(pairs)?.range()
}

#[test]
fn a_range_is_read_as_the_original_reads_it() {
    let index = |start, end| Ok(Range::Index { start, end });
    assert_eq!(read("i1=2&i2=5"), index(2, 5));
    assert_eq!(read("i1=-3"), index(-3, 0));
    assert_eq!(read("i2=-3"), index(0, -3));
    assert_eq!(read("i1=0x10&i2=010"), index(16, 8));
    assert_eq!(read("i1=+2"), index(2, 0));
    assert_eq!(read("i1=0&t1=5&limit=9"), index(0, 0));
    let time = |after, until, limit| Ok(Range::Time { after, until, limit });
    assert_eq!(read("t1=2.5&t2=9"), time(Some(2.5), Some(9.0), None));
    assert_eq!(read("t2=9"), time(None, Some(9.0), None));
    assert_eq!(read("t1=5&t2=0&limit=0"), time(Some(5.0), None, None));
    assert_eq!(read("t1=-1e3&limit=7"), time(Some(-1000.0), None, Some(7)));
    for bad in ["", "limit=5", "transform=$", "t1=nan", "t1=inf", "t1=x", "t1=1&limit=-1"] {
        assert_eq!(read(bad), Err(QueryError::Range), "{bad}");
    }
    for bad in ["i1=1.0", "i1=x", "i1=0x", "i1=--1", "i1=99999999999999999999", "i1=08"] {
        assert_eq!(read(bad), Err(QueryError::Index("i1")), "{bad}");
    }
    assert_eq!(read("i1=1&i2=x"), Err(QueryError::Index("i2")));
}

#[test]
fn indices_are_resolved_as_the_original_does() {
    assert_eq!(resolve_indices(0, 0, 9), Ok(0..9));
    assert_eq!(resolve_indices(2, 5, 9), Ok(2..5));
    assert_eq!(resolve_indices(-3, 0, 9), Ok(6..9));
    assert_eq!(resolve_indices(-100, 0, 9), Ok(0..9));
    assert_eq!(resolve_indices(0, 100, 9), Ok(0..9));
    assert_eq!(resolve_indices(-5, -2, 9), Ok(4..7));
    assert_eq!(resolve_indices(9, 0, 9), Ok(9..9));
    assert_eq!(resolve_indices(4, 4, 9), Ok(4..4));
    for (start, end) in [(10, 0), (5, 3), (0, -100), (100, 200), (-1, 3)] {
        assert_eq!(resolve_indices(start, end, 9), Err(QueryError::OutOfBounds), "{start}..{end}");
    }
    // An empty stream accepts any end, but no start above 0.
    assert_eq!(resolve_indices(0, 5, 0), Ok(0..0));
    assert_eq!(resolve_indices(-5, -5, 0), Ok(0..0));
    assert_eq!(resolve_indices(1, 0, 0), Err(QueryError::OutOfBounds));
}

#[test]
fn in_a_stream_query_zero_and_missing_are_the_same() {
    let query = |json: &str| -> StreamQuery { serde_json::from_str(json).expect("a query") };
    let whole = query(r#"{"stream":"a/b/c"}"#).range();
    assert_eq!(whole, query(r#"{"stream":"a/b/c","t1":0,"t2":0,"i1":0,"i2":0,"limit":0}"#).range());
    assert_eq!(whole, Ok(Range::Index { start: 0, end: 0 }));
    let both = query(r#"{"stream":"a/b/c","i1":1,"t2":5}"#).range();
    assert_eq!(both, Err(QueryError::Both));
    assert!(serde_json::from_str::<StreamQuery>(r#"{"stream":"a/b/c","i1":1.5}"#).is_err());
}

proptest! {
    #[test]
    fn resolved_indices_lie_within_the_stream(
        start in any::<i64>(), end in any::<i64>(), length in 0_u64..1000,
    ) {
        if let Ok(range) = resolve_indices(start, end, length) {
            prop_assert!(range.start <= range.end && range.end <= length);
        }
    }

    #[test]
    fn queries_round_trip(
        i1 in prop::option::of(any::<i64>()), i2 in prop::option::of(any::<i64>()),
        t1 in -1e12..1e12_f64, limit in prop::option::of(1_u64..),
        transform in prop::option::of(".+"), downlink in any::<bool>(),
    ) {
        let by_index = i1.is_some() || i2.is_some();
        let query = DataQuery {
            t1: (!by_index).then_some(t1),
            t2: None,
            limit: limit.filter(|_| !by_index),
            i1,
            i2,
            transform,
            downlink,
        };
        let written = query.parameters();
        let pairs = written.iter().map(|(key, value)| (*key, value.as_str()));
        prop_assert_eq!(DataQuery::from_parameters(pairs), Ok(query));
    }
}
