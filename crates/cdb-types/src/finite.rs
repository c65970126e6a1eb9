//! Serialization that refuses NaN and infinities.

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Serializes the value in it, and returns an error if the value contains NaN or an infinity.
///
/// JSON cannot represent these numbers. `serde_json` silently writes `null` in their place.
///
/// ```
/// use cdb_types::Finite;
/// assert_eq!(serde_json::to_string(&Finite(&[1.5, 2.0]))?, "[1.5,2.0]");
/// assert!(serde_json::to_string(&Finite(&[1.5, f64::NAN])).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct Finite<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Serialize for Finite<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Checked(serializer))
    }
}

/// Passes everything on to another serializer, with the values inside wrapped in [`Finite`].
struct Checked<S>(S);

macro_rules! pass_on {
    ($($method:ident($($name:ident: $argument:ty),*) -> $ok:ident;)*) => {$(
        fn $method(self, $($name: $argument),*) -> Result<Self::$ok, S::Error> {
            self.0.$method($($name),*)
        }
    )*};
}

macro_rules! pass_on_checked {
    ($($method:ident($($name:ident: $argument:ty),*) -> $ok:ident;)*) => {$(
        fn $method(self, $($name: $argument),*) -> Result<Self::$ok, S::Error> {
            self.0.$method($($name),*).map(Checked)
        }
    )*};
}

macro_rules! refuse {
    ($($method:ident: $float:ty;)*) => {$(
        fn $method(self, value: $float) -> Result<S::Ok, S::Error> {
            if value.is_finite() {
                self.0.$method(value)
            } else {
                Err(S::Error::custom(format_args!("JSON has no number {value}")))
            }
        }
    )*};
}

impl<S: Serializer> Serializer for Checked<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Checked<S::SerializeSeq>;
    type SerializeTuple = Checked<S::SerializeTuple>;
    type SerializeTupleStruct = Checked<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Checked<S::SerializeTupleVariant>;
    type SerializeMap = Checked<S::SerializeMap>;
    type SerializeStruct = Checked<S::SerializeStruct>;
    type SerializeStructVariant = Checked<S::SerializeStructVariant>;

    refuse! {
        serialize_f32: f32;
        serialize_f64: f64;
    }

    pass_on! {
        serialize_bool(value: bool) -> Ok;
        serialize_i8(value: i8) -> Ok;
        serialize_i16(value: i16) -> Ok;
        serialize_i32(value: i32) -> Ok;
        serialize_i64(value: i64) -> Ok;
        serialize_i128(value: i128) -> Ok;
        serialize_u8(value: u8) -> Ok;
        serialize_u16(value: u16) -> Ok;
        serialize_u32(value: u32) -> Ok;
        serialize_u64(value: u64) -> Ok;
        serialize_u128(value: u128) -> Ok;
        serialize_char(value: char) -> Ok;
        serialize_str(value: &str) -> Ok;
        serialize_bytes(value: &[u8]) -> Ok;
        serialize_none() -> Ok;
        serialize_unit() -> Ok;
        serialize_unit_struct(name: &'static str) -> Ok;
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> Ok;
    }

    pass_on_checked! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(
            name: &'static str, index: u32, variant: &'static str, length: usize
        ) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(
            name: &'static str, index: u32, variant: &'static str, length: usize
        ) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Finite(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Finite(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Finite(value))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! checked_elements {
    ($($compound:ident: $method:ident;)*) => {$(
        impl<S: $compound> $compound for Checked<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.0.$method(&Finite(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

checked_elements! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

macro_rules! checked_fields {
    ($($compound:ident;)*) => {$(
        impl<S: $compound> $compound for Checked<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                self.0.serialize_field(key, &Finite(value))
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.0.skip_field(key)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

checked_fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<S: SerializeMap> SerializeMap for Checked<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Finite(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Clone, Serialize)]
    enum Reading {
        Missing,
        One(f64),
        Pair(f64, f32),
        Place { at: BTreeMap<String, f64>, since: Option<f64> },
    }

    fn readings() -> impl Strategy<Value = Reading> {
        let float = any::<f64>();
        prop_oneof![
            Just(Reading::Missing),
            float.prop_map(Reading::One),
            (float, any::<f32>()).prop_map(|(a, b)| Reading::Pair(a, b)),
            (prop::collection::btree_map(".", float, 0..3), prop::option::of(float))
                .prop_map(|(at, since)| Reading::Place { at, since }),
        ]
    }

    impl Reading {
        fn is_finite(&self) -> bool {
            match self {
                Self::Missing => true,
                Self::One(a) => a.is_finite(),
                Self::Pair(a, b) => a.is_finite() && b.is_finite(),
                Self::Place { at, since } => {
                    at.values().chain(since.as_ref()).all(|value| value.is_finite())
                }
            }
        }
    }

    proptest! {
        #[test]
        fn finite_values_are_written_as_without_the_check(list in prop::collection::vec(readings(), 0..4)) {
            let checked = serde_json::to_string(&Finite(&list)).ok();
            let plain = serde_json::to_string(&list).ok();
            let is_finite = list.iter().all(Reading::is_finite);
            prop_assert_eq!(checked, plain.filter(|_| is_finite));
        }
    }

    #[test]
    fn json_that_is_text_already_passes() {
        let text = r#"{"a":[1,null,12345678901234567890123]}"#;
        let raw: Box<RawValue> = serde_json::from_str(text).expect("JSON");
        assert_eq!(serde_json::to_string(&Finite(&raw)).expect("written"), text);
        let value: Value = serde_json::from_str(r#"{"a":[1.5,null]}"#).expect("JSON");
        assert_eq!(serde_json::to_string(&Finite(&value)).expect("written"), value.to_string());
    }
}
