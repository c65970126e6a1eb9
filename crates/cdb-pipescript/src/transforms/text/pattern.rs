//! Regular expressions.

use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;

use crate::budget::Meter;
use crate::error::RunError;
use crate::transforms::Arguments;

/// The minimum size that an expression counts, for what is built when it is first used.
const MIN_BYTES: usize = 16 * 1024;

/// The minimum size that each byte of a pattern counts.
const BYTES_PER_BYTE: usize = 256;

/// The minimum size that each large class counts, such as `\w` and `\pL`. Parsing it takes 0.1 ms,
/// before the compiled size is known.
const CLASS_BYTES: usize = 16 * 1024;

/// The minimum size that each class counts in a case-insensitive pattern. Computing the other cases
/// of all its characters takes up to 2 ms.
const CASELESS_CLASS_BYTES: usize = 128 * 1024;

/// The escapes of large classes.
const LARGE_CLASSES: [char; 6] = ['w', 'W', 'D', 'S', 'p', 'P'];

/// The maximum size in bytes of the cache that an expression builds while it is used.
const CACHE_BYTES: usize = 256 * 1024;

/// The approximate size of one state in bytes.
const STATE_BYTES: usize = 64;

/// The maximum length of a text whose search counts as cheap. For longer texts the worst case is
/// counted, in which each byte is compared in every state.
const MAX_CHEAP_TEXT: usize = 16 * 1024;

/// A regular expression that matches anywhere in a text.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    states: usize,
}

impl Pattern {
    /// Compiles a pattern, and subtracts its size from what is left for the script.
    pub(super) fn parse(pattern: &str, arguments: &mut Arguments<'_>) -> Result<Self, String> {
        let most = arguments.max_regex_bytes();
        let too_large =
            || format!("The regular expressions of a script may take at most {most} bytes");
        let remaining = arguments.regex_bytes();
        let min_bytes = MIN_BYTES.max(estimated_bytes(pattern));
        if *remaining < min_bytes {
            return Err(too_large());
        }
        let config = Config::new()
            .nfa_size_limit(Some(*remaining))
            .which_captures(WhichCaptures::None)
            .onepass(false)
            .hybrid_cache_capacity(CACHE_BYTES);
        let regex = Regex::builder().configure(config).build(pattern);
        let regex = regex.map_err(|error| match error.size_limit() {
            Some(_) => too_large(),
            None => error_message(pattern, &error),
        })?;
        let bytes = regex.memory_usage();
        *remaining = remaining.checked_sub(bytes.max(min_bytes)).ok_or_else(too_large)?;
        Ok(Self { regex, states: bytes / STATE_BYTES })
    }

    pub(super) fn is_match(&self, text: &str, meter: &mut Meter) -> Result<bool, RunError> {
        let states = if text.len() > MAX_CHEAP_TEXT { self.states } else { self.states / 64 };
        meter.step(text.len().saturating_mul(1 + states) / 8)?;
        Ok(self.regex.is_match(text))
    }
}

/// Returns the minimum size that a pattern counts, estimated from its text.
fn estimated_bytes(pattern: &str) -> usize {
    let is_flag = |c: &char| c.is_ascii_alphabetic() || *c == '-';
    let flags = pattern.match_indices("(?").map(|(at, group)| pattern[at + group.len()..].chars());
    let is_caseless = flags.into_iter().any(|flags| flags.take_while(is_flag).any(|c| c == 'i'));
    let after_backslash = pattern.split('\\').skip(1);
    let escaped = after_backslash.filter(|rest| rest.starts_with(LARGE_CLASSES)).count();
    let (classes, bytes) = if is_caseless {
        (escaped + pattern.matches('[').count(), CASELESS_CLASS_BYTES)
    } else {
        (escaped, CLASS_BYTES)
    };
    pattern.len().saturating_mul(BYTES_PER_BYTE).saturating_add(classes.saturating_mul(bytes))
}

/// Returns the error message for a pattern: that of the original for an unclosed group, or else
/// that of the parser.
fn error_message(pattern: &str, error: &BuildError) -> String {
    let error = match error.syntax_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    };
    if error.contains("unclosed group") {
        return format!("error parsing regexp: missing closing ): `{pattern}`");
    }
    let reason = error.lines().last().unwrap_or_default();
    format!("error parsing regexp: {}: `{pattern}`", reason.trim_start_matches("error: "))
}
