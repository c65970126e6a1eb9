//! The statistics of a stream.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{KeySummary, Strings, Summary};
use crate::Datapoint;

/// What a stream holds, as `GET …/data?q=statistics` answers it: how many datapoints, the first and the
/// last one, and for the values and for each key of objects how many there are of each kind.
///
/// ```
/// use cdb_types::summary::Statistics;
/// let text = r#"{"count":2,"first":{"t":1,"d":3},"last":{"t":2,"d":"off"},
///     "keys":{"":{"number":{"count":1,"min":3,"max":3,"mean":3},
///                 "string":{"count":1,"distinct":[["off",1]]}}}}"#;
/// let statistics: Statistics = serde_json::from_str(text)?;
/// assert_eq!(statistics.keys[""].number.as_ref().map(|number| number.max), Some(3.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Statistics {
    /// The number of datapoints.
    pub count: u64,
    /// The first datapoint, if there is one.
    pub first: Option<Datapoint>,
    /// The last datapoint, if there is one.
    pub last: Option<Datapoint>,
    /// By key, one level deep; the empty key stands for the values themselves, and an empty key of objects is
    /// left out. The keys of objects are missing if there are more than [`MAX_SUMMARY_KEYS`](super::MAX_SUMMARY_KEYS).
    pub keys: BTreeMap<String, KeyStatistics>,
}

/// What values of a key there are, by the kind of the value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KeyStatistics {
    /// The numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberStatistics>,
    /// `true` and `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boolean: Option<BooleanStatistics>,
    /// The strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<StringStatistics>,
    /// `null`, and datapoints without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null: Option<KindCount>,
    /// The arrays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<KindCount>,
    /// The objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<KindCount>,
}

/// Numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NumberStatistics {
    /// How many there are.
    pub count: u64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
}

/// Booleans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BooleanStatistics {
    /// How many there are.
    pub count: u64,
    /// How many of them are `true`.
    #[serde(rename = "true")]
    pub is_true: u64,
}

/// Strings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StringStatistics {
    /// How many there are.
    pub count: u64,
    /// The different ones with the number of times that each occurs, the most frequent first; `None` if
    /// there are more than [`MAX_DISTINCT`](super::MAX_DISTINCT), or more than
    /// [`MAX_DISTINCT_BYTES`](super::MAX_DISTINCT_BYTES) of them.
    pub distinct: Option<Vec<(String, u64)>>,
}

/// Values of which nothing is said but their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KindCount {
    /// How many there are.
    pub count: u64,
}

impl Statistics {
    /// Creates the statistics of datapoints with this summary.
    #[must_use]
    pub fn new(summary: Summary, first: Option<Datapoint>, last: Option<Datapoint>) -> Self {
        let Summary { count, value, keys } = summary;
        let keys = keys.unwrap_or_default().into_iter();
        let all = std::iter::once((String::new(), value)).chain(keys);
        let keys = all
            .map(|(key, values)| (key, KeyStatistics::from(values)))
            .filter(|(_, statistics)| *statistics != KeyStatistics::default())
            .collect();
        Self { count, first, last, keys }
    }
}

impl From<KeySummary> for KeyStatistics {
    fn from(summary: KeySummary) -> Self {
        let KeySummary { numbers, booleans, strings, nulls, arrays, objects } = summary;
        let kind = |count: u64| (count > 0).then_some(KindCount { count });
        Self {
            number: numbers.map(|numbers| NumberStatistics {
                count: numbers.count,
                min: numbers.min.value,
                max: numbers.max.value,
                mean: numbers.mean(),
            }),
            boolean: booleans.map(|booleans| BooleanStatistics {
                count: booleans.count,
                // A sum of ones.
                is_true: booleans.sum.value() as u64,
            }),
            string: (strings.count > 0).then(|| strings.into()),
            null: kind(nulls),
            array: kind(arrays),
            object: kind(objects),
        }
    }
}

impl From<Strings> for StringStatistics {
    fn from(Strings { count, distinct }: Strings) -> Self {
        let distinct = distinct.map(|distinct| {
            let mut distinct: Vec<_> = distinct.into_iter().collect();
            // A stable sort: equally frequent ones stay in the order of the alphabet.
            distinct.sort_by_key(|(_, times)| Reverse(*times));
            distinct
        });
        Self { count, distinct }
    }
}
