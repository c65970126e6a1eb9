//! Answers that are expected, and how they differ from those that come.

use serde_json::Value;

use crate::support::Answer;

/// In expected JSON: any text that is not empty.
pub(crate) const ANY_TEXT: &str = "*";

/// An answer that follows from the tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// Status 200 and this text.
    Text(String),
    /// Status 200 and this JSON. The order of a list does not matter.
    Json(Value),
    /// An error with this status, kind and message.
    Refused { status: u16, kind: &'static str, msg: String },
}

impl Expected {
    pub(crate) fn refused(status: u16, kind: &'static str, msg: impl Into<String>) -> Self {
        Self::Refused { status, kind, msg: msg.into() }
    }

    /// The caller sees the object, but may not do this.
    pub(crate) fn denied(msg: impl Into<String>) -> Self {
        Self::refused(403, "denied", msg)
    }

    /// The caller may do this, but something in the request is not valid.
    pub(crate) fn invalid(msg: impl Into<String>) -> Self {
        Self::refused(403, "invalid", msg)
    }

    /// What a change answers that has nothing else to answer.
    pub(crate) fn ok() -> Self {
        Self::Text("ok".to_owned())
    }

    /// The same error with another status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        match self {
            Self::Refused { kind, msg, .. } => Self::Refused { status, kind, msg },
            success => success,
        }
    }

    /// How an answer differs from the expected one: what was expected, and what came instead.
    pub(crate) fn difference(&self, answer: &Answer) -> Option<(String, String)> {
        let actual = summary(answer);
        match self {
            Self::Text(text) if answer.status == 200 && answer.text == *text => None,
            Self::Text(text) => Some((format!("200 {}", cut(text)), actual)),
            Self::Json(expected) => {
                let found = serde_json::from_str(&answer.text).ok();
                let Some(found) = found.filter(|_| answer.status == 200) else {
                    return Some((format!("200 {}", cut(&expected.to_string())), actual));
                };
                let (expected, found) = different_parts(sorted(expected.clone()), sorted(found))?;
                Some((format!("200 {}", cut(&expected)), format!("200 {}", cut(&found))))
            }
            Self::Refused { status, kind, msg } => {
                let expected = format!("{status} {kind} {msg}");
                (expected != actual).then_some((expected, actual))
            }
        }
    }
}

/// An answer in one line; an error as its status, kind and message.
fn summary(answer: &Answer) -> String {
    let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    match (answer.status, json["kind"].as_str(), json["msg"].as_str()) {
        (400.., Some(kind), Some(msg)) => format!("{} {kind} {msg}", answer.status),
        _ => format!("{} {}", answer.status, cut(&answer.text)),
    }
}

/// A text that fits into a cell of a table.
pub(crate) fn cut(text: &str) -> String {
    const MAX_CHARS: usize = 120;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A list of objects in the order of their names and devices; anything else as it is.
fn sorted(mut json: Value) -> Value {
    if let Value::Array(list) = &mut json {
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        list.sort_by_key(|entry| (text(entry, "device"), text(entry, "name")));
    }
    json
}

/// Both without the keys or entries that are equal, or `None` if everything is.
fn different_parts(expected: Value, found: Value) -> Option<(String, String)> {
    match (expected, found) {
        (Value::Object(mut expected), Value::Object(mut found)) => {
            expected.retain(|key, value| {
                let same = found.get(key).is_some_and(|found| matches(value, found));
                if same {
                    found.remove(key);
                }
                !same
            });
            let same = expected.is_empty() && found.is_empty();
            (!same).then(|| (Value::from(expected).to_string(), Value::from(found).to_string()))
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            expected.into_iter().zip(found).find_map(|(expected, found)| {
                let name = expected["name"].to_string();
                let (expected, found) = different_parts(expected, found)?;
                Some((format!("{name}: {expected}"), format!("{name}: {found}")))
            })
        }
        (Value::Array(expected), Value::Array(found)) => Some((names(&expected), names(&found))),
        (expected, found) => {
            let same = matches(&expected, &found);
            (!same).then(|| (expected.to_string(), found.to_string()))
        }
    }
}

fn names(list: &[Value]) -> String {
    let names: Vec<_> = list.iter().filter_map(|entry| entry["name"].as_str()).collect();
    format!("a list of {}: {}", list.len(), names.join(" "))
}

fn matches(expected: &Value, found: &Value) -> bool {
    match found {
        Value::String(text) if expected == ANY_TEXT => !text.is_empty(),
        found => expected == found,
    }
}
