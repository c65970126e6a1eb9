//! When an insert is answered.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a server answers an insert, and so how much a loss of power may take.
///
/// As text it is `full`, or the time: `1s`, `250ms`.
///
/// ```
/// use std::time::Duration;
///
/// use cdb_types::session::Durability;
///
/// assert_eq!("1s".parse(), Ok(Durability::Batched(Duration::from_secs(1))));
/// assert_eq!(Durability::Full.to_string(), "full");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// When it is on disk, so that it survives a loss of power.
    #[default]
    Full,
    /// At once. It is on disk after this time at the latest, together with all that was inserted
    /// meanwhile. A loss of power, or of the server's process, may take what was answered in that time.
    Batched(Duration),
}

/// A text is not a [`Durability`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a durability, which is `full` or a time such as 1s or 250ms")]
pub struct InvalidDurability(String);

impl FromStr for Durability {
    type Err = InvalidDurability;

    fn from_str(text: &str) -> Result<Self, InvalidDurability> {
        if text == "full" {
            return Ok(Self::Full);
        }
        let time = match text.strip_suffix("ms") {
            Some(number) => number.parse().ok().map(Duration::from_millis),
            None => text
                .strip_suffix('s')
                .and_then(|number| number.parse().ok().map(Duration::from_secs)),
        };
        time.map(Self::Batched).ok_or_else(|| InvalidDurability(text.to_owned()))
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("full"),
            Self::Batched(time) if time.subsec_millis() == 0 => write!(f, "{}s", time.as_secs()),
            Self::Batched(time) => write!(f, "{}ms", time.as_millis()),
        }
    }
}

impl Serialize for Durability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Durability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads a durability, or `None` if this version does not know it.
pub(super) fn if_known<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Durability>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durability_and_its_text_are_the_same() {
        let times = [1, 999, 1000, 60_000, 1500].map(Duration::from_millis);
        let all = times.map(Durability::Batched).into_iter().chain([Durability::Full]);
        for durability in all {
            assert_eq!(durability.to_string().parse(), Ok(durability));
        }
        for text in ["", "s", "ms", "1", "1.5s", "-1s", "1m", "Full", "1 s"] {
            assert_eq!(text.parse::<Durability>(), Err(InvalidDurability(text.to_owned())));
        }
    }

    #[test]
    fn what_a_later_server_says_is_ignored() {
        let info = |text| serde_json::from_str::<crate::session::SessionInfo>(text).expect("info");
        assert_eq!(info(r#"{"durability":"three copies"}"#).durability, None);
        assert_eq!(info(r#"{"durability":null}"#).durability, None);
        assert_eq!(info("{}").durability, None);
        assert_eq!(info(r#"{"durability":"full"}"#).durability, Some(Durability::Full));
    }
}
