//! Limits for parsing and running a script.

use crate::error::RunError;
use crate::value::Value;

/// The maximum nesting of brackets. The parser is recursive, and deeper nesting could overflow the
/// stack of a thread.
const MAX_NESTING: usize = 100;

/// The maximum number of steps that the parser takes to compute the constants of a script.
pub(crate) const CONSTANT_STEPS: u64 = 200_000;

/// The number of bytes of text that can be copied or searched in one step.
const BYTES_PER_STEP: usize = 64;

/// An input value counts as one unit, and one more for each of so many bytes.
const BYTES_PER_UNIT: usize = 32;

/// The limits for a script. They apply to [`Script::parse_with`](crate::Script::parse_with) and to
/// each run of the script. Exceeding a limit is an error that names it.
///
/// The defaults are suitable for a small machine that runs untrusted scripts.
///
/// ```
/// use cdb_pipescript::{Budget, Point, Script};
/// let budget = Budget::default().memory(10_000);
/// let script = Script::parse_with("map($, count)", &budget)?;
/// let points = (0..1000).map(|i| Point::new(f64::from(i), f64::from(i)));
/// let error = script.over(points).find_map(Result::err).unwrap();
/// assert_eq!(error.to_string(), "The script needs more memory than its limit of 10000 bytes");
/// # Ok::<(), cdb_pipescript::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// The maximum length of a script in bytes. Default: 65,536.
    pub script_bytes: usize,
    /// The maximum number of brackets and prefix operators that are open at a time. At most twice
    /// as many operators and stages may depend on one another. Default: 100; larger values count as
    /// 100.
    pub nesting: usize,
    /// The maximum size of all compiled regular expressions of a script together, in bytes. Each
    /// counts at least 16 KiB, and more if its pattern is long or has large classes of characters,
    /// such as `\w`. Default: 1 MiB.
    pub regex_bytes: usize,
    /// The maximum number of steps of a run, in addition to those that each input value adds.
    /// Default: 50,000,000.
    ///
    /// A step is about 10 ns on a computer of 2020: an operator or a transform applied to a
    /// datapoint, or 64 bytes of text copied. Inserting an entry into an object is 8 steps.
    pub steps: u64,
    /// The number of steps that each input datapoint adds, so that a sequence may have any length.
    /// The same number is added for each 32 bytes of its value. Default: 200.
    pub steps_per_value: u64,
    /// The maximum memory that a run holds at a time, in bytes, estimated. Default: 64 MiB.
    ///
    /// It counts the keys and states of `map` and `imap`, the values of `new`, the text of
    /// `append`, values that are kept for later, and datapoints that wait for later ones.
    pub memory: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            script_bytes: 64 * 1024,
            nesting: MAX_NESTING,
            regex_bytes: 1 << 20,
            steps: 50_000_000,
            steps_per_value: 200,
            memory: 64 << 20,
        }
    }
}

impl Budget {
    /// Sets [`script_bytes`](Self::script_bytes).
    #[must_use]
    pub fn script_bytes(mut self, bytes: usize) -> Self {
        self.script_bytes = bytes;
        self
    }

    /// Sets [`nesting`](Self::nesting).
    #[must_use]
    pub fn nesting(mut self, levels: usize) -> Self {
        self.nesting = levels;
        self
    }

    /// Sets [`regex_bytes`](Self::regex_bytes).
    #[must_use]
    pub fn regex_bytes(mut self, bytes: usize) -> Self {
        self.regex_bytes = bytes;
        self
    }

    /// Sets [`steps`](Self::steps).
    #[must_use]
    pub fn steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// Sets [`steps_per_value`](Self::steps_per_value).
    #[must_use]
    pub fn steps_per_value(mut self, steps: u64) -> Self {
        self.steps_per_value = steps;
        self
    }

    /// Sets [`memory`](Self::memory).
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Returns the effective limit of the nesting.
    pub(crate) fn max_nesting(&self) -> usize {
        self.nesting.min(MAX_NESTING)
    }
}

/// Counts the steps and the memory of a run.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    budget: Budget,
    steps: u64,
    /// The maximum number of steps, given the input so far.
    allowed: u64,
    /// The number of bytes that are held.
    held: usize,
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, steps: 0, allowed: budget.steps, held: 0 }
    }

    /// Creates a meter for the constants that are computed while a script is parsed.
    pub(crate) fn of_constants(budget: Budget) -> Self {
        let budget = Budget { steps: CONSTANT_STEPS, ..budget };
        Self::new(budget)
    }

    /// Returns the meter for the next run, which has the steps of this one but holds no memory.
    pub(crate) fn without_state(self) -> Self {
        Self { held: 0, ..self }
    }

    /// Returns the number of steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns the number of bytes that are held.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Returns whether a limit was exceeded.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_out_of_steps() || self.held > self.budget.memory
    }

    /// Returns whether the limit of steps was exceeded.
    pub(crate) fn is_out_of_steps(&self) -> bool {
        self.steps > self.allowed
    }

    /// Adds the steps that an input value allows.
    #[inline]
    pub(crate) fn allow(&mut self, value: &Value) {
        let units = 1 + value.bytes() / BYTES_PER_UNIT;
        let steps = self.budget.steps_per_value.saturating_mul(units as u64);
        self.allowed = self.allowed.saturating_add(steps);
    }

    /// Adds the steps that so many input values allow, all of them numbers.
    pub(crate) fn allow_numbers(&mut self, count: usize) {
        let steps = self.budget.steps_per_value.saturating_mul(count as u64);
        self.allowed = self.allowed.saturating_add(steps);
    }

    /// Counts steps. Call it before the work is done.
    #[inline]
    pub(crate) fn step(&mut self, steps: usize) -> Result<(), RunError> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.allowed { Err(self.too_many_steps()) } else { Ok(()) }
    }

    /// Counts the steps of copying or searching a text.
    #[inline]
    pub(crate) fn step_over(&mut self, bytes: usize) -> Result<(), RunError> {
        self.step(bytes / BYTES_PER_STEP)
    }

    /// Counts bytes that are held.
    #[inline]
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), RunError> {
        self.held = self.held.saturating_add(bytes);
        if self.held > self.budget.memory { Err(self.too_much_memory()) } else { Ok(()) }
    }

    /// Counts bytes that are not held any more.
    #[inline]
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    /// Counts a value that replaces another one.
    #[inline]
    pub(crate) fn replace(&mut self, old: Option<&Value>, new: &Value) -> Result<(), RunError> {
        self.release(old.map_or(0, Value::bytes));
        self.hold(new.bytes())
    }

    #[cold]
    fn too_many_steps(&self) -> RunError {
        let Budget { steps, steps_per_value, .. } = self.budget;
        RunError::new(format!(
            "The script takes more steps than its limit of {steps}, and {steps_per_value} for each \
             input value"
        ))
    }

    #[cold]
    fn too_much_memory(&self) -> RunError {
        let limit = self.budget.memory;
        RunError::new(format!("The script needs more memory than its limit of {limit} bytes"))
    }
}
