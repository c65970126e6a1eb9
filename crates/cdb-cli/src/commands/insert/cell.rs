//! Conversion of the cells of a table to JSON.

use serde_json::Value;

/// The type of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Boolean,
    Text,
    /// A cell is stored as JSON if it is valid JSON, and otherwise as a string: for arrays, objects
    /// and columns of several types.
    Json,
    /// A cell must be valid JSON, as `cdb get --csv` prints it.
    Exact,
}

impl Kind {
    /// The type that a schema requires, or `None` if it leaves the type open.
    pub(super) fn of_schema(schema: &Value) -> Option<Self> {
        match schema.get("type")? {
            Value::String(name) => Self::of_type(name),
            Value::Array(names) => {
                let mut kinds =
                    names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
                let kind = Self::of_type(kinds.next()?);
                if kinds.next().is_some() { Some(Self::Json) } else { kind }
            }
            _ => None,
        }
    }

    fn of_type(name: &str) -> Option<Self> {
        match name {
            "number" | "integer" => Some(Self::Number),
            "boolean" => Some(Self::Boolean),
            "string" => Some(Self::Text),
            "array" | "object" | "null" => Some(Self::Json),
            _ => None,
        }
    }

    /// The type of a column after one more cell. `so_far` is its type before, or `None` if this is
    /// its first cell. A column with cells of different types is text.
    pub(super) fn widened(so_far: Option<Self>, cell: &str, comma: bool) -> Self {
        // Digits that start with a zero, such as 00123, are a code and not a number.
        let is_code =
            cell.len() > 1 && cell.starts_with('0') && cell.as_bytes()[1].is_ascii_digit();
        let kind = match cell {
            _ if number(cell, comma).is_some() && !is_code => Self::Number,
            _ if boolean(cell).is_some() => Self::Boolean,
            _ if cell.starts_with(['{', '[', '"']) && is_json(cell) => Self::Json,
            _ => Self::Text,
        };
        match so_far {
            None => kind,
            Some(previous) if previous == kind => kind,
            Some(_) => Self::Text,
        }
    }

    /// The JSON of a cell that is not empty, or what is wrong with the cell. `comma` says whether a
    /// comma is a decimal point.
    pub(super) fn json(self, cell: &str, comma: bool) -> Result<String, String> {
        let expected = |what: &str| format!("{cell:?} is not {what}");
        match self {
            Self::Number => number(cell, comma).ok_or_else(|| expected("a number")),
            Self::Boolean => boolean(cell)
                .map(|truth| truth.to_string())
                .ok_or_else(|| expected("true or false")),
            Self::Text => Ok(Value::from(cell).to_string()),
            Self::Json if is_json(cell) => Ok(cell.to_owned()),
            Self::Json => Ok(match (number(cell, comma), boolean(cell)) {
                (Some(number), _) => number,
                (None, Some(truth)) => truth.to_string(),
                (None, None) => Value::from(cell).to_string(),
            }),
            Self::Exact if is_json(cell) => Ok(cell.to_owned()),
            Self::Exact => Err(expected("valid JSON")),
        }
    }
}

fn is_json(cell: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(cell).is_ok()
}

fn boolean(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number as JSON with all its digits, or `None` if the cell is not a number. `+5`, `.5`, `5.`
/// and `007`, which JSON does not allow, are converted.
pub(super) fn number(cell: &str, comma: bool) -> Option<String> {
    let cell = cell.trim();
    let text = if comma && cell.matches(',').count() == 1 && !cell.contains('.') {
        cell.replace(',', ".")
    } else {
        cell.to_owned()
    };
    let is_numeric = text.bytes().all(|c| c.is_ascii_digit() || b"+-.eE".contains(&c));
    if !is_numeric || !text.parse::<f64>().ok()?.is_finite() {
        return None;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (digits, exponent) = match digits.find(['e', 'E']) {
        Some(place) => digits.split_at(place),
        None => (digits, ""),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_become_json_and_keep_their_digits() {
        let cases = [
            ("21.50", "21.50"),
            ("+5", "5"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("1e5", "1e5"),
            ("12345678901234567890123", "12345678901234567890123"),
        ];
        for (cell, json) in cases {
            assert_eq!(number(cell, false).as_deref(), Some(json), "{cell}");
            assert!(is_json(json));
        }
        assert_eq!(number("21,5", true).as_deref(), Some("21.5"));
        for cell in ["21,5", "", "-", "e", "1e999", "inf", "NaN", "0x10", "1 000"] {
            assert_eq!(number(cell, false), None, "{cell}");
        }
    }

    #[test]
    fn cells_are_what_the_schema_says() {
        let kind = |schema| Kind::of_schema(&schema);
        assert_eq!(kind(json!({"type": "integer"})), Some(Kind::Number));
        assert_eq!(kind(json!({"type": ["number", "null"]})), Some(Kind::Number));
        assert_eq!(kind(json!({"type": ["number", "string"]})), Some(Kind::Json));
        assert_eq!(kind(json!({})), None);
        assert_eq!(Kind::Text.json("42", false), Ok("\"42\"".to_owned()));
        assert!(Kind::Number.json("unavailable", false).is_err());
        assert_eq!(Kind::Boolean.json("True", false), Ok("true".to_owned()));
    }

    #[test]
    fn a_column_has_one_kind() {
        let kind = |cells: &[&str]| {
            cells.iter().fold(None, |kind, cell| Some(Kind::widened(kind, cell, false)))
        };
        assert_eq!(kind(&["1", "2.5"]), Some(Kind::Number));
        assert_eq!(kind(&["1", "warm", "3"]), Some(Kind::Text));
        assert_eq!(kind(&["true", "FALSE"]), Some(Kind::Boolean));
        assert_eq!(kind(&["[1]", "{}"]), Some(Kind::Json));
    }
}
