//! A JSON array of datapoints, read as its pieces come.

use serde::de::DeserializeOwned;

use super::{Datapoint, RawDatapoint};

/// Why what came is not an array of datapoints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatapointParseError {
    /// It is not JSON, or something else, or of another type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It ends in the middle.
    #[error("the datapoints end too early")]
    Incomplete,
}

/// Where in the array the parser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the opening bracket.
    Start,
    /// After the opening bracket: a datapoint or the end.
    First,
    /// After a comma: a datapoint.
    Next,
    /// After a datapoint: a comma or the end.
    After,
    End,
}

/// Reads a JSON array of datapoints whose text comes in pieces, of a body or a file, in memory that
/// does not grow with its length. `null` is an array without datapoints, as the original says it.
///
/// ```
/// use cdb_types::{Datapoint, DatapointParser};
/// let (mut parser, mut found) = (DatapointParser::new(), Vec::<Datapoint<u32>>::new());
/// parser.feed(br#"[{"t":1,"d":8},{"t":"#, &mut found)?;
/// assert_eq!(found.len(), 1);
/// parser.feed(br#"2,"d":9}]"#, &mut found)?;
/// parser.finish(&mut found)?;
/// assert_eq!(found[1], Datapoint::new(2.0, 9));
/// # Ok::<(), cdb_types::DatapointParseError>(())
/// ```
#[derive(Debug)]
pub struct DatapointParser {
    state: State,
    pending: Vec<u8>,
    /// It is not worth trying again before so many bytes are pending: a large datapoint that
    /// comes in small pieces would be read over and over.
    worth_trying: usize,
}

impl Default for DatapointParser {
    fn default() -> Self {
        Self::new()
    }
}

impl DatapointParser {
    /// A parser that nothing has come to yet.
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::Start, pending: Vec::new(), worth_trying: 0 }
    }

    /// How many bytes have come of a datapoint that is not complete: what bounds memory, if one
    /// does not trust where it comes from.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Takes a piece of the array, and adds to `found` the datapoints that are complete with it.
    ///
    /// # Errors
    /// When it is not an array of such datapoints: then no more can be fed.
    pub fn feed<T: DeserializeOwned>(
        &mut self,
        piece: &[u8],
        found: &mut Vec<Datapoint<T>>,
    ) -> Result<(), DatapointParseError> {
        if self.pending.is_empty() {
            // Usually the piece ends within a datapoint: only that rest is copied.
            let used = self.parse(piece, found)?;
            self.pending.extend_from_slice(&piece[used..]);
        } else {
            self.pending.extend_from_slice(piece);
            if self.pending.len() < self.worth_trying {
                return Ok(());
            }
            let pending = std::mem::take(&mut self.pending);
            let used = self.parse(&pending, found)?;
            self.pending = pending;
            self.pending.drain(..used);
        }
        self.worth_trying = 2 * self.pending.len();
        Ok(())
    }

    /// Takes note that no piece will come any more.
    ///
    /// # Errors
    /// [`DatapointParseError::Incomplete`] when the array has no end.
    pub fn finish<T: DeserializeOwned>(
        &mut self,
        found: &mut Vec<Datapoint<T>>,
    ) -> Result<(), DatapointParseError> {
        let pending = std::mem::take(&mut self.pending);
        // The original says null for an array without datapoints.
        if self.state == State::Start && pending.trim_ascii() == b"null" {
            return Ok(());
        }
        self.parse(&pending, found)?;
        if self.state == State::End { Ok(()) } else { Err(DatapointParseError::Incomplete) }
    }

    /// Reads as far as datapoints are complete; says how far that is.
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
                        found.push(raw.read()?);
                        used += length;
                        self.state = State::After;
                        continue;
                    }
                    let rest = serde_json::Deserializer::from_slice(&text[used..]);
                    let mut values = rest.into_iter::<Datapoint<T>>();
                    match values.next() {
                        Some(Ok(datapoint)) => found.push(datapoint),
                        // What breaks off in a number is an error of its own kind there.
                        Some(Err(error)) if !error.is_eof() && !breaks_off(&text[used..]) => {
                            return Err(error.into());
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

/// Whether a text is an object whose end is not there.
fn breaks_off(text: &[u8]) -> bool {
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

    /// What the parser finds in a text that comes in pieces of a length.
    fn pieces(text: &str, length: usize) -> Result<Vec<Datapoint>, DatapointParseError> {
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
        assert_eq!(pieces(whole, 5).map(|found| found.len()).ok(), Some(2));
        for end in 0..whole.len() {
            for length in [1, 7, 1000] {
                let cut = pieces(&whole[..end], length);
                assert!(matches!(cut, Err(DatapointParseError::Incomplete)), "{end}: {cut:?}");
            }
        }
    }

    #[test]
    fn null_is_an_empty_array() {
        for length in 1..5 {
            assert_eq!(pieces("null", length).map(|found| found.len()).ok(), Some(0));
        }
    }

    #[test]
    fn what_is_no_array_is_unreadable() {
        for text in ["{}", "[1]", "[{}}", "[{},]", "[{}]]", "[,{}]", "nul", "[{\"t\":\"x\"}]"] {
            assert!(pieces(text, 3).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_may_break_off_anywhere() {
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
            prop_assert_eq!(pieces(&text, length)?, expected);
        }
    }
}
