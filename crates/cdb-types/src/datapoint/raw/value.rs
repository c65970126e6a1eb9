//! A deserializer for the value of a [`RawDatapoint`](super::RawDatapoint).

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The JSON text of a value that is not an array or object, and its float, if it is a number.
///
/// An `f64` is deserialized from `float`, without parsing the text again. All other types are
/// deserialized from the text, also `f32`: rounding twice may give another number.
pub(super) struct PlainValue<'de> {
    pub(super) text: &'de [u8],
    pub(super) float: Option<f64>,
}

macro_rules! read_text {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $kind,)*
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            let mut text = serde_json::Deserializer::from_slice(self.text);
            let value = text.$method($($argument,)* visitor)?;
            text.end()?;
            Ok(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for PlainValue<'de> {
    type Error = serde_json::Error;

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.float {
            Some(float) => visitor.visit_f64(float),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.text == b"null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    read_text! {
        deserialize_any();
        deserialize_f32();
        deserialize_i128();
        deserialize_u128();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_newtype_struct(name: &'static str);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
