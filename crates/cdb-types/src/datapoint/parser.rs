//! An incremental parser for JSON arrays of datapoints.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Datapoint, RawDatapoint};
use crate::Timestamp;

/// A text is not a JSON array of datapoints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatapointParseError {
    /// The text is not JSON or not an array of datapoints.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A datapoint's value cannot be read as the requested type.
    #[error("the value at {t}: {error}")]
    Value {
        /// The time of the datapoint.
        t: Timestamp,
        /// The error of reading the value.
        error: serde_json::Error,
    },
    /// The text ends before the array does.
    #[error("the array of datapoints is incomplete")]
    Incomplete,
}

/// The position of the parser in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the opening bracket.
    Start,
    /// After the opening bracket: expects a datapoint or the closing bracket.
    First,
    /// After a comma: expects a datapoint.
    Next,
    /// After a datapoint: expects a comma or the closing bracket.
    After,
    /// After the closing bracket.
    End,
}

/// Parses a JSON array of datapoints that arrives in pieces, such as those of a response or a file.
///
/// The parser itself keeps only the datapoint that is not complete yet, so its memory does not grow
/// with the length of the array. `null` is read as an empty array, because the original server
/// sends it in place of one.
///
/// ```
/// use cdb_types::{Datapoint, DatapointParser};
/// let (mut parser, mut found) = (DatapointParser::new(), Vec::<Datapoint<u32>>::new());
/// parser.feed(br#"[{"t":1,"d":8},{"t":"#, &mut found)?;
/// assert_eq!(found.len(), 1);
/// parser.feed(br#"2,"d":9}]"#, &mut found)?;
/// parser.finish(&mut found)?;
/// assert_eq!(found[1], Datapoint::at(2, 9));
/// # Ok::<(), cdb_types::DatapointParseError>(())
/// ```
#[derive(Debug)]
pub struct DatapointParser {
    state: State,
    /// The text of a datapoint that is not complete yet.
    pending: Vec<u8>,
    /// The number of pending bytes at which to parse again. It doubles each time, so that a large
    /// datapoint in small pieces is not parsed from its start with every piece.
    retry_at: usize,
}

impl Default for DatapointParser {
    fn default() -> Self {
        Self::new()
    }
}

impl DatapointParser {
    /// Creates a parser at the start of an array.
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::Start, pending: Vec::new(), retry_at: 0 }
    }

    /// Returns the number of bytes of the incomplete datapoint that the parser keeps. To limit the
    /// memory that an untrusted source can use, check it after each [`feed`](Self::feed).
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Parses the next piece of the array, and appends the datapoints that it completes to `found`.
    ///
    /// # Errors
    /// Returns an error if the text is not an array of datapoints with values of type `T`. The
    /// parser must not be used after an error.
    pub fn feed<T: DeserializeOwned>(
        &mut self,
        piece: &[u8],
        found: &mut Vec<Datapoint<T>>,
    ) -> Result<(), DatapointParseError> {
        if self.pending.is_empty() {
            // Parse the piece in place, and copy only the incomplete datapoint at its end.
            let used = self.parse(piece, found)?;
            self.pending.extend_from_slice(&piece[used..]);
        } else {
            self.pending.extend_from_slice(piece);
            if self.pending.len() < self.retry_at {
                return Ok(());
            }
            let pending = std::mem::take(&mut self.pending);
            let used = self.parse(&pending, found)?;
            self.pending = pending;
            self.pending.drain(..used);
        }
        self.retry_at = 2 * self.pending.len();
        Ok(())
    }

    /// Ends the parsing after the last piece, and appends the remaining datapoints to `found`.
    ///
    /// # Errors
    /// Returns [`DatapointParseError::Incomplete`] if the array is not complete, and the errors of
    /// [`feed`](Self::feed) if the rest of the text is not valid.
    pub fn finish<T: DeserializeOwned>(
        &mut self,
        found: &mut Vec<Datapoint<T>>,
    ) -> Result<(), DatapointParseError> {
        let pending = std::mem::take(&mut self.pending);
        // The original server sends null in place of an empty array.
        if self.state == State::Start && serde_json::from_slice::<()>(&pending).is_ok() {
            return Ok(());
        }
        self.parse(&pending, found)?;
        if self.state == State::End { Ok(()) } else { Err(DatapointParseError::Incomplete) }
    }

    /// Parses the complete datapoints at the start of a text, and returns the number of bytes that
    /// were parsed.
    fn parse<T: DeserializeOwned>(
        &mut self,
        text: &[u8],
        found: &mut Vec<Datapoint<T>>,
    ) -> Result<usize, DatapointParseError> {
        let mut used = 0;
        while let Some(&byte) = text.get(used) {
            self.state = match (self.state, byte) {
                (_, b' ' | b'\n' | b'\r' | b'\t') => self.state,
                (State::Start, b'[') => State::First,
                (State::First | State::After, b']') => State::End,
                (State::After, b',') => State::Next,
                (State::First | State::Next, _) => {
                    if let Some((raw, length)) = RawDatapoint::scan(&text[used..]) {
                        found.push(raw.read().map_err(|error| value_error(error, &text[used..]))?);
                        used += length;
                        self.state = State::After;
                        continue;
                    }
                    let rest = serde_json::Deserializer::from_slice(&text[used..]);
                    let mut values = rest.into_iter::<Datapoint<T>>();
                    match values.next() {
                        Some(Ok(datapoint)) => found.push(datapoint),
                        // A text that ends within a number is not always reported as `is_eof`.
                        Some(Err(error)) if !error.is_eof() && !is_open(&text[used..]) => {
                            return Err(value_error(error, &text[used..]));
                        }
                        _ => return Ok(used),
                    }
                    used += values.byte_offset();
                    self.state = State::After;
                    continue;
                }
                (State::Start, b'n') => return Ok(used),
                (State::Start | State::After | State::End, _) => {
                    let unexpected = "expected an array of datapoints";
                    let error: serde_json::Error = serde::de::Error::custom(unexpected);
                    return Err(error.into());
                }
            };
            used += 1;
        }
        Ok(used)
    }
}

/// The error of a datapoint at the start of a text, which tells a value of another type from a text
/// that is not a datapoint at all.
fn value_error(error: serde_json::Error, text: &[u8]) -> DatapointParseError {
    let raw = serde_json::Deserializer::from_slice(text).into_iter::<Datapoint<&RawValue>>().next();
    match raw {
        Some(Ok(Datapoint { t, .. })) => DatapointParseError::Value { t, error },
        _ => DatapointParseError::Json(error),
    }
}

/// Returns whether a text is the beginning of an object without its closing brace.
fn is_open(text: &[u8]) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;

    /// Parses a text in pieces of `length` bytes.
    fn parse_in_pieces(text: &str, length: usize) -> Result<Vec<Datapoint>, DatapointParseError> {
        let (mut parser, mut found) = (DatapointParser::new(), Vec::new());
        for piece in text.as_bytes().chunks(length) {
            parser.feed(piece, &mut found)?;
        }
        parser.finish(&mut found)?;
        Ok(found)
    }

    #[test]
    fn an_array_that_ends_early_is_incomplete() {
        let whole = r#"[{"t":1,"d":[1,{"a":"]}"}]},{"t":2}]"#;
        assert_eq!(parse_in_pieces(whole, 5).map(|found| found.len()).ok(), Some(2));
        for end in 0..whole.len() {
            for length in [1, 7, 1000] {
                let cut = parse_in_pieces(&whole[..end], length);
                assert!(matches!(cut, Err(DatapointParseError::Incomplete)), "{end}: {cut:?}");
            }
        }
    }

    #[test]
    fn null_is_an_empty_array() {
        for length in 1..5 {
            for null in ["null", " null\r\n"] {
                assert_eq!(parse_in_pieces(null, length).map(|found| found.len()).ok(), Some(0));
            }
            // A form feed is no white space in JSON.
            assert!(parse_in_pieces("null\u{c}", length).is_err());
        }
    }

    #[test]
    fn a_text_that_is_not_an_array_is_an_error() {
        for text in ["{}", "[1]", "[{}}", "[{},]", "[{}]]", "[,{}]", "nul", "[{\"t\":\"x\"}]"] {
            assert!(parse_in_pieces(text, 3).is_err(), "{text}");
        }
    }

    #[test]
    fn a_piece_may_end_anywhere_within_a_number() {
        let text = r#"[{"t":1000000000.5,"d":0.25},{"t":2e9,"d":-1.5e-7}]"#;
        for length in 1..text.len() {
            let (mut parser, mut found) =
                (DatapointParser::new(), Vec::<Datapoint<Box<RawValue>>>::new());
            for piece in text.as_bytes().chunks(length) {
                parser.feed(piece, &mut found).expect("datapoints");
            }
            parser.finish(&mut found).expect("the end");
            let values: Vec<_> = found.iter().map(|dp| dp.d.get()).collect();
            assert_eq!(values, ["0.25", "-1.5e-7"], "{length}");
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_same_datapoints(
            values in prop::collection::vec(("[a-z\\[\\]{}\",\\\\]{0,9}", any::<i64>()), 0..20),
            length in 1_usize..40,
        ) {
            let data: Vec<Value> = values
                .iter()
                .zip(1..)
                .map(|((text, number), t)| json!({"t": t, "d": {text.as_str(): [number, text]}}))
                .collect();
            let text = Value::from(data).to_string();
            let expected: Vec<Datapoint> = serde_json::from_str(&text)?;
            prop_assert_eq!(parse_in_pieces(&text, length)?, expected);
        }
    }
}
