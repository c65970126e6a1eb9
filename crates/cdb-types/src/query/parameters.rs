//! Reads and writes data queries as URL parameters.

use super::{DataQuery, QueryError};

/// The texts that mean true for `downlink`.
const TRUE: [&str; 6] = ["1", "t", "T", "true", "True", "TRUE"];

impl DataQuery {
    /// Returns the query as URL parameters, not percent-encoded.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        let mut add =
            |key, value: Option<String>| parameters.extend(value.map(|value| (key, value)));
        add("t1", self.t1.map(|t| t.to_string()));
        add("t2", self.t2.map(|t| t.to_string()));
        add("limit", self.limit.map(|limit| limit.to_string()));
        add("i1", self.i1.map(|index| index.to_string()));
        add("i2", self.i2.map(|index| index.to_string()));
        add("transform", self.transform.clone());
        add("downlink", self.downlink.then(|| "true".to_owned()));
        parameters
    }

    /// Reads a query from decoded URL parameters.
    ///
    /// - Unknown parameters and empty values are ignored.
    /// - If a parameter is repeated, the first value is used; `downlink` is true if any of its
    ///   values is.
    /// - If an index is given, times and the limit are ignored, as the original server does.
    ///
    /// # Errors
    /// Returns an error if a number is not valid or a time is not finite. Whether the range is
    /// complete is only checked by [`range`](Self::range).
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, QueryError> {
        let (mut t1, mut t2, mut limit) = (None, None, None);
        let (mut i1, mut i2) = (None, None);
        let mut query = Self::default();
        for (key, value) in parameters {
            if value.is_empty() {
                continue;
            }
            match key {
                "t1" => t1 = t1.or(Some(value)),
                "t2" => t2 = t2.or(Some(value)),
                "limit" => limit = limit.or(Some(value)),
                "i1" => i1 = i1.or(Some(value)),
                "i2" => i2 = i2.or(Some(value)),
                "transform" if query.transform.is_none() => {
                    query.transform = Some(value.to_owned())
                }
                "downlink" => query.downlink |= is_true(value),
                _ => {}
            }
        }
        if i1.is_some() || i2.is_some() {
            query.i1 = i1.map(|text| index(text).ok_or(QueryError::Index("i1"))).transpose()?;
            query.i2 = i2.map(|text| index(text).ok_or(QueryError::Index("i2"))).transpose()?;
        } else {
            query.t1 = t1.map(time).transpose()?;
            query.t2 = t2.map(time).transpose()?;
            query.limit =
                limit.map(|text| text.parse().map_err(|_| QueryError::Range)).transpose()?;
        }
        Ok(query)
    }
}

/// Returns whether the text of the parameter `downlink` means true: `1`, `t`, `T`, `true`, `True`
/// or `TRUE`.
#[must_use]
pub fn is_true(text: &str) -> bool {
    TRUE.contains(&text)
}

pub(super) fn time(text: &str) -> Result<f64, QueryError> {
    text.parse().ok().filter(|t: &f64| t.is_finite()).ok_or(QueryError::Range)
}

/// Reads an index as the original server does: decimal, hexadecimal after `0x` or octal after `0`,
/// with an optional sign.
fn index(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches(['+', '-']);
    if text.len() - digits.len() > 1 || digits.is_empty() {
        return None;
    }
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => (hexadecimal, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}
