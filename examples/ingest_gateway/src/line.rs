//! A line of the InfluxDB line protocol, which many sensors send:
//! `measurement[,tag=…] field=value[,field=value] [nanoseconds since 1970]`.

use cdb_types::Timestamp;
use serde_json::Value;

/// The content of one line.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) measurement: &'a str,
    pub(crate) fields: Vec<(&'a str, Value)>,
    /// `None` if the line has no time.
    pub(crate) time: Option<Timestamp>,
}

impl<'a> Line<'a> {
    /// Parses a line. Escapes and quoted strings, which sensors rarely send, are not supported.
    pub(crate) fn parse(text: &'a str) -> Result<Self, &'static str> {
        let mut parts = text.split_whitespace();
        let (Some(series), Some(fields)) = (parts.next(), parts.next()) else {
            return Err("expected a measurement and a field");
        };
        let time = parts.next().map(time).transpose()?;
        let measurement = series.split_once(',').map_or(series, |(name, _tags)| name);
        let field = |field: &'a str| {
            let (name, text) = field.split_once('=').ok_or("expected name=value")?;
            Ok((name, value(text)?))
        };
        let fields = fields.split(',').map(field).collect::<Result<_, &'static str>>()?;
        Ok(Self { measurement, fields, time })
    }
}

/// Parses a time in nanoseconds since 1970.
fn time(nanoseconds: &str) -> Result<Timestamp, &'static str> {
    let nanoseconds = nanoseconds.parse::<i64>().map_err(|_| "the time is not an integer")?;
    Ok(Timestamp::from_nanos(nanoseconds))
}

/// Parses a value: `5i` is an integer, `5` a number, `t` and `true` are booleans.
fn value(text: &str) -> Result<Value, &'static str> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return Ok(true.into()),
        "f" | "F" | "false" | "False" | "FALSE" => return Ok(false.into()),
        _ => {}
    }
    let number = match text.strip_suffix('i') {
        Some(whole) => whole.parse::<i64>().ok().map(Value::from),
        None => text.parse::<f64>().ok().map(Value::from).filter(Value::is_number),
    };
    number.ok_or("a value is neither a number nor a boolean")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_parsed() {
        let line = Line::parse("garden,sensor=a t=21.5,h=40i,on=t 1700000000500000000");
        let expected = Line {
            measurement: "garden",
            fields: vec![("t", json!(21.5)), ("h", json!(40)), ("on", json!(true))],
            time: Timestamp::new(1_700_000_000.5),
        };
        assert_eq!(line, Ok(expected));
    }

    #[test]
    fn an_invalid_line_is_an_error() {
        for text in ["", "garden", "garden t", "garden t=warm", "garden t=NaN", "garden t=1 now"] {
            assert!(Line::parse(text).is_err(), "{text}");
        }
    }
}
