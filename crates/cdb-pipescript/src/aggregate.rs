//! Scripts whose result follows from a summary of the datapoints.

use crate::lexer::{Kind, Token, tokens};

/// What a script computes of all numbers of a sequence, as its one result: `sum | if last`.
///
/// With a summary of the numbers, the script need not be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aggregate {
    /// `count | if last`: how many datapoints there are, whatever their values are.
    Count,
    /// `sum | if last`.
    Sum,
    /// `mean | if last`.
    Mean,
    /// `min | if last`: the first datapoint with the smallest number.
    Min,
    /// `max | if last`: the first datapoint with the largest number.
    Max,
}

impl Aggregate {
    /// Recognises the text of a script.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let tokens = tokens(text).ok()?;
        let [first, pipe, keyword, last, end] = &tokens[..] else { return None };
        let is = |token: &Token, word: &str| matches!(&token.kind, Kind::Identifier(name) if name == word);
        let is_last = pipe.kind == Kind::Symbol("|") && is(keyword, "if") && is(last, "last");
        if !is_last || end.kind != Kind::End {
            return None;
        }
        let Kind::Identifier(name) = &first.kind else { return None };
        Some(match name.as_str() {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_scripts_are_aggregates() {
        for (text, aggregate) in [
            ("sum | if last", Aggregate::Sum),
            ("mean|if last", Aggregate::Mean),
            (" count\n| if  last ", Aggregate::Count),
            ("min | if last", Aggregate::Min),
            ("max | if last", Aggregate::Max),
        ] {
            assert_eq!(Aggregate::of(text), Some(aggregate), "{text}");
        }
        for text in [
            "sum",
            "sum | if first",
            "sum | last",
            "$ | sum | if last",
            "max($) | if last",
            "'sum' | if last",
            "sum : if last",
            "dt | if last",
            "sum | if last | $",
        ] {
            assert_eq!(Aggregate::of(text), None, "{text}");
        }
    }
}
