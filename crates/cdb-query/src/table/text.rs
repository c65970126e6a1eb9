//! Tables as text.

use std::fmt;

use serde_json::Value;

use super::Table;

/// Returns a value as text: a string without quotes, an empty text for null, JSON for others.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Writes the table with aligned columns: numbers to the right, other values to the left.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = std::iter::once("t").chain(self.names.iter().map(String::as_str));
        let mut lines: Vec<Vec<(String, bool)>> =
            vec![names.map(|name| (name.to_owned(), false)).collect()];
        for (t, values) in &self.rows {
            let values = values.iter().map(|value| (plain(value), value.is_number()));
            lines.push(std::iter::once((t.to_string(), true)).chain(values).collect());
        }
        let mut widths = vec![0; lines[0].len()];
        for line in &lines {
            for (width, (text, _)) in widths.iter_mut().zip(line) {
                *width = text.chars().count().max(*width);
            }
        }
        for (number, line) in lines.iter().enumerate() {
            let mut text = String::new();
            for (index, ((cell, right), width)) in line.iter().zip(&widths).enumerate() {
                let between = if index == 0 { "" } else { "  " };
                // A name is aligned like the value below it.
                let below = lines.get(1).and_then(|line| line.get(index));
                let right =
                    if number == 0 { below.is_some_and(|(_, right)| *right) } else { *right };
                text += &match right {
                    true => format!("{between}{cell:>width$}"),
                    false => format!("{between}{cell:<width$}"),
                };
            }
            let end = if number + 1 == lines.len() { "" } else { "\n" };
            write!(f, "{}{end}", text.trim_end())?;
        }
        Ok(())
    }
}
