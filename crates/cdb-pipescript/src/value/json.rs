//! Values from JSON and to JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use super::{Array, Number, Object, Value};
use crate::error::RunError;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(number) => match (*number, number.whole()) {
                (Number::Int(number), _) | (_, Some(number)) => serializer.serialize_i64(number),
                (Number::Unsigned(number), _) => serializer.serialize_u64(number),
                (Number::Float(number), _) if number.is_finite() => {
                    serializer.serialize_f64(number)
                }
                (Number::Float(number), _) => Err(S::Error::custom(RunError::not_json(number))),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(array) => serializer.collect_seq(&array.items),
            Self::Object(object) => {
                serializer.collect_map(object.entries.iter().map(|(key, value)| (&**key, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
                Ok(Value::Bool(truth))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(Number::Int(number)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(
                    i64::try_from(number).map_or(Number::Unsigned(number), Number::Int),
                ))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(text.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Value::array(items).map_err(de::Error::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, Value>()? {
                    entries.insert(Arc::from(key), value);
                }
                Value::object(entries).map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => {
                Self::Number(match (number.as_i64(), number.as_u64()) {
                    (Some(number), _) => Number::Int(number),
                    (None, Some(number)) => Number::Unsigned(number),
                    (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
                })
            }
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Array(items) => {
                Self::Array(Arc::new(Array::new(items.iter().map(Self::from).collect())))
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.as_str().into(), value.into()));
                Self::Object(Arc::new(Object::new(entries.collect())))
            }
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Self::from(&value)
    }
}

/// Fails for what JSON cannot say: an infinity or NaN.
impl TryFrom<Value> for serde_json::Value {
    type Error = RunError;

    fn try_from(value: Value) -> Result<Self, RunError> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => truth.into(),
            Value::Number(number) => match (number, number.whole()) {
                (Number::Int(number), _) | (_, Some(number)) => number.into(),
                (Number::Unsigned(number), _) => number.into(),
                (Number::Float(number), _) => serde_json::Number::from_f64(number)
                    .map(Self::Number)
                    .ok_or_else(|| RunError::not_json(number))?,
            },
            Value::String(text) => (*text).into(),
            Value::Array(array) => {
                array.items.iter().cloned().map(Self::try_from).collect::<Result<_, _>>()?
            }
            Value::Object(object) => {
                let entries = object.entries.iter();
                let entries =
                    entries.map(|(key, value)| Ok((key.to_string(), value.clone().try_into()?)));
                Self::Object(entries.collect::<Result<_, RunError>>()?)
            }
        })
    }
}
