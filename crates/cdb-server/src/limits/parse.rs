//! Limits as text, as in the flags of the command and in the guide.

use std::time::Duration;

/// A limit cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLimit {
    /// There is no limit of this name.
    #[error("there is no limit `{name}`; the guide about running a server lists all")]
    Name {
        /// The name that was given.
        name: String,
    },
    /// The text is not a value of this limit.
    #[error("`{value}` is not a value of the limit `{name}`, which is {expected}")]
    Value {
        /// The name of the limit.
        name: &'static str,
        /// The text that was given.
        value: String,
        /// What the limit takes.
        expected: &'static str,
    },
}

/// What a limit is: a number or a time.
pub(super) trait LimitValue: Sized {
    const EXPECTED: &str;

    /// Reads a number with a unit.
    fn from_parts(number: u64, unit: &str) -> Option<Self>;
}

/// Defines numbers, for which the units are those of bytes.
macro_rules! numbers {
    ($($type:ty),*) => {
        $(
            impl LimitValue for $type {
                const EXPECTED: &str = "a number such as 5000, 64KiB, 10MiB or 1GiB";

                fn from_parts(number: u64, unit: &str) -> Option<Self> {
                    let factor = match unit {
                        "" => 1,
                        "KiB" => 1 << 10,
                        "MiB" => 1 << 20,
                        "GiB" => 1 << 30,
                        _ => return None,
                    };
                    number.checked_mul(factor)?.try_into().ok()
                }
            }
        )*
    };
}

numbers!(usize, u32, u64);

impl LimitValue for Duration {
    const EXPECTED: &str = "a time such as 250ms, 10s, 5min, 2h or 90days";

    fn from_parts(number: u64, unit: &str) -> Option<Self> {
        let seconds = match unit {
            "ms" => return Some(Self::from_millis(number)),
            "s" => 1,
            "min" => 60,
            "h" => 60 * 60,
            "day" | "days" => 24 * 60 * 60,
            _ => return None,
        };
        number.checked_mul(seconds).map(Self::from_secs)
    }
}

/// Reads the value of a limit: digits, which commas may separate into groups of three, and a unit.
pub(super) fn parse<T: LimitValue>(name: &'static str, text: &str) -> Result<T, InvalidLimit> {
    let start_of_unit = text.find(|c: char| !c.is_ascii_digit() && c != ',');
    let (digits, unit) = text.split_at(start_of_unit.unwrap_or(text.len()));
    let mut groups = digits.split(',').skip(1);
    let number = groups.all(|group| group.len() == 3).then(|| digits.replace(',', ""));
    let number = number.and_then(|digits| digits.parse().ok());
    let value = number.and_then(|number| T::from_parts(number, unit.trim()));
    let invalid = || InvalidLimit::Value { name, value: text.to_owned(), expected: T::EXPECTED };
    value.ok_or_else(invalid)
}
