//! The size of patterns, and which keys match them.

use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::PikeVM;

/// The size of a compiled pattern, in bytes.
pub(in crate::schema) const PATTERN_BYTES: usize = 256 * 1024;

/// The memory that the matching of a pattern uses to be faster, in bytes.
pub(in crate::schema) const PATTERN_CACHE_BYTES: usize = 64 * 1024;

/// A pattern of keys or strings.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// `None` if it is not valid, which is left to the compiler of schemas.
    engine: Option<PikeVM>,
    /// The number of its states, each of which may take a step for each byte.
    pub(super) states: u64,
    /// The memory that it takes in a compiled schema, roughly, in bytes.
    pub(super) memory: usize,
}

impl Pattern {
    /// Compiles a pattern, or returns an error if it is too large, or needs more than linear time.
    pub(super) fn compile(pattern: &str) -> Result<Self, String> {
        let beginning: String = pattern.chars().take(50).collect();
        // What is no pattern at all is left to the compiler of schemas.
        let invalid = || match jsonschema_regex::is_valid_ecma_regex(pattern) {
            true => Err(format!(
                "the pattern that begins with {beginning:?} needs look-around or back-references"
            )),
            false => Ok(Self::default()),
        };
        let Ok(translated) = jsonschema_regex::to_rust_regex(pattern) else { return invalid() };
        let config = thompson::Config::new().nfa_size_limit(Some(PATTERN_BYTES));
        let engine = match PikeVM::builder().thompson(config).build(&translated) {
            Ok(engine) => engine,
            Err(error) if error.size_limit().is_some() => {
                return Err(format!("the pattern that begins with {beginning:?} is too large"));
            }
            Err(_) => return invalid(),
        };
        let nfa = engine.get_nfa();
        let states = nfa.states().len() as u64;
        let memory = 2 * (nfa.memory_usage() + PATTERN_CACHE_BYTES);
        Ok(Self { engine: Some(engine), states, memory })
    }

    /// Returns whether a key matches, or `true` if there are no `steps` left to find it out.
    pub(super) fn may_match(&self, key: &str, steps: &mut u64) -> bool {
        let Some(engine) = &self.engine else { return false };
        *steps = steps.saturating_sub(self.states.saturating_mul(key.len() as u64 + 1));
        *steps == 0 || engine.is_match(&mut engine.create_cache(), key)
    }
}
