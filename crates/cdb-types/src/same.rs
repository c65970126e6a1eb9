//! Compares JSON values as a server may have stored them.

use serde_json::Value;

/// Returns whether two JSON values are the same, although a server may have rewritten one of them.
///
/// The original server stores `1.0` as `1` and sorts the keys of objects. Numbers are therefore
/// equal if they are equal as 64-bit floats, and the order of keys does not matter.
///
/// ```
/// use cdb_types::is_same_value;
/// use serde_json::json;
/// assert!(is_same_value(&json!({"a": [1.0], "b": null}), &json!({"b": null, "a": [1]})));
/// assert!(!is_same_value(&json!(1.5), &json!("1.5")));
/// ```
#[must_use]
pub fn is_same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_value(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let in_b = |(key, a)| b.get(key).is_some_and(|b| is_same_value(a, b));
            a.len() == b.len() && a.iter().all(in_b)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_same_value as is_same;

    #[test]
    fn numbers_and_keys_are_compared_by_meaning() {
        assert!(is_same(&json!({"a": [1.0, "x"], "b": null}), &json!({"b": null, "a": [1, "x"]})));
        assert!(!is_same(&json!([1]), &json!([1, 2])));
        assert!(!is_same(&json!({"a": 1}), &json!({"b": 1})));
        assert!(!is_same(&json!(1.5), &json!("1.5")));
    }
}
