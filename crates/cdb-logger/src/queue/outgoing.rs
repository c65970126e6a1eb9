//! Encoding pending datapoints as bodies of requests.

use std::sync::atomic::Ordering;

use sqlx::Row as _;

use super::peek::MAX_CHUNK_BYTES;
use super::{Chunk, Queue};
use crate::Error;

/// The separator of the values in [`Packed`]. JSON text does not contain this character.
const SEPARATOR: char = '\x1e';

/// A tick is 2⁻²² s. Every `f64` time from [`MIN_EXACT_TIME`] on is a whole number of ticks.
const TICKS_PER_SECOND: f64 = 4_194_304.0;

/// 2³⁰ s after the epoch, which is in January 2004.
const MIN_EXACT_TIME: f64 = 1_073_741_824.0;

/// Datapoints of one stream, encoded as the body of a request.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: Vec<u8>,
    pub(crate) count: usize,
    /// The time after which the datapoints were read. All of them are later.
    pub(crate) after: f64,
    /// The time of the last datapoint.
    pub(crate) end: f64,
}

/// Datapoints as two texts, which SQLite returns in one row. Reading one row for each datapoint
/// takes several times as long.
#[derive(Debug)]
pub(crate) struct Packed {
    count: usize,
    /// The times in ticks, separated by commas.
    times: String,
    values: String,
    after: f64,
    end: f64,
}

impl Queue {
    /// Returns the first pending datapoints of a stream later than `after`, at most `max`. Returns
    /// `None` if there are none, or they cannot be packed, because they may be too long in total or
    /// their times are too early.
    pub(crate) async fn pack(
        &mut self,
        stream: &str,
        after: f64,
        max: usize,
    ) -> Result<Option<Packed>, Error> {
        if self.counts.longest_value.load(Ordering::Relaxed) * max as u64 > MAX_CHUNK_BYTES as u64 {
            return Ok(None);
        }
        self.with(async |connection, _| {
            let row = sqlx::query(
                "SELECT count(*), group_concat(CAST(timestamp * ?4 AS INTEGER)),
                     group_concat(jsondata, ?5)
                 FROM (SELECT timestamp, jsondata FROM cache
                     WHERE stream = ?1 AND timestamp > ?2 ORDER BY timestamp LIMIT ?3)",
            )
            .bind(stream)
            .bind(after)
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .bind(TICKS_PER_SECOND)
            .bind(String::from(SEPARATOR))
            .fetch_one(connection)
            .await?;
            let count = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default();
            if count == 0 {
                return Ok(None);
            }
            let (times, values): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            let first = times.split(',').next().and_then(parse_ticks);
            let last = times.rsplit(',').next().and_then(parse_ticks);
            let exact_end = first.filter(|first| *first >= MIN_EXACT_TIME).and(last);
            Ok(exact_end.map(|end| Packed { count, times, values, after, end }))
        })
        .await
    }
}

impl Chunk {
    /// Encodes the datapoints, which were read after the time `after`.
    pub(crate) fn encode(&self, after: f64) -> Outgoing {
        let mut body = Vec::new();
        for row in &self.0 {
            push_datapoint(&mut body, row.t, &row.json);
        }
        Outgoing { body: close_array(body), count: self.0.len(), after, end: self.end() }
    }
}

impl Packed {
    /// Encodes the datapoints. Returns `None` if the texts cannot be split into the same number of
    /// times and values, because a value contains the separator, or the times are not in ascending
    /// order.
    pub(crate) fn encode(&self) -> Option<Outgoing> {
        let mut body = Vec::with_capacity(self.values.len() + 40 * self.count);
        let (mut values, mut count, mut last) = (self.values.split(SEPARATOR), 0, self.after);
        for ticks in self.times.split(',') {
            let t = parse_ticks(ticks)?;
            if t <= last {
                return None;
            }
            push_datapoint(&mut body, t, values.next()?);
            (count, last) = (count + 1, t);
        }
        let is_complete = values.next().is_none() && count == self.count && last == self.end;
        is_complete.then(|| Outgoing {
            body: close_array(body),
            count,
            after: self.after,
            end: last,
        })
    }
}

/// Parses a time in ticks, and returns it in seconds.
fn parse_ticks(ticks: &str) -> Option<f64> {
    Some(ticks.parse::<i64>().ok()? as f64 / TICKS_PER_SECOND)
}

/// Adds a datapoint to a JSON array without its closing bracket.
fn push_datapoint(body: &mut Vec<u8>, t: f64, json: &str) {
    body.extend_from_slice(if body.is_empty() { b"[{\"t\":" } else { b",{\"t\":" });
    body.extend_from_slice(ryu::Buffer::new().format(t).as_bytes());
    body.extend_from_slice(b",\"d\":");
    body.extend_from_slice(json.as_bytes());
    body.push(b'}');
}

fn close_array(mut body: Vec<u8>) -> Vec<u8> {
    body.push(b']');
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(times: &str, values: &str, count: usize) -> Option<String> {
        let (times, values) = (times.to_owned(), values.to_owned());
        let end = times.rsplit(',').next().and_then(parse_ticks)?;
        let packed = Packed { count, times, values, after: 0.0, end };
        Some(String::from_utf8(packed.encode()?.body).expect("text"))
    }

    #[test]
    fn packed_datapoints_are_encoded_as_json() {
        let body = encoded("6140887779016704,6140887779016705", "1\x1e{\"a\":[2,\",\"]}", 2);
        let first = 6_140_887_779_016_704.0 / TICKS_PER_SECOND;
        let second = first.next_up();
        let expected =
            format!(r#"[{{"t":{first:?},"d":1}},{{"t":{second:?},"d":{{"a":[2,","]}}}}]"#);
        assert_eq!(body.as_deref(), Some(&*expected));
    }

    #[test]
    fn packed_text_that_cannot_be_split_is_not_encoded() {
        assert_eq!(encoded("6140887779016704,6140887779016705", "1\x1e2\x1e3", 2), None);
        assert_eq!(encoded("6140887779016704,6140887779016705", "1", 2), None);
        assert_eq!(encoded("6140887779016705,6140887779016704", "1\x1e2", 2), None);
    }
}
