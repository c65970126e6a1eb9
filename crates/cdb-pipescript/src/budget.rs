//! What a script may use while it is parsed and while it runs.

use crate::error::RunError;
use crate::value::Value;

/// More brackets would not fit on the stack of a thread.
const MAX_NESTING: usize = 100;

/// How many steps the parser may take to compute the constants of a script.
pub(crate) const CONSTANT_STEPS: u64 = 200_000;

/// What one step costs, compared with other work: bytes of text that are copied or searched.
const BYTES_PER_STEP: usize = 64;

/// An input value has one unit of steps for each of so many bytes, and one more.
const BYTES_PER_UNIT: usize = 32;

/// Limits for a script: [`Script::parse_with`](crate::Script::parse_with) keeps to them, and so does
/// each run of the script. What goes beyond one ends with an error that names the limit.
///
/// The defaults suit a small machine that runs scripts of people whom it does not know.
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
    /// The length of a script in bytes. Default: 65,536.
    pub script_bytes: usize,
    /// How many brackets and prefix operators may be open at a time; twice as many operators and
    /// stages may depend on one another. Default, and at most: 100.
    pub nesting: usize,
    /// The size of all regular expressions of a script together, compiled, in bytes. Each counts at
    /// least 16 KiB, and more if its pattern is long or has large classes of characters, such as
    /// `\w`. Default: 1 MiB.
    pub regex_bytes: usize,
    /// The steps that a run may take, in addition to those that each input value brings. A step is
    /// about 10 ns on a computer of 2020: an operator or a transform applied to a datapoint, or 64
    /// bytes of text copied; an entry put into an object is 8 steps. Default: 50,000,000.
    pub steps: u64,
    /// The steps that each input datapoint adds, so that a sequence may have any length: so many for
    /// the datapoint, and as many again for each 32 bytes of its value. Default: 200.
    pub steps_per_value: u64,
    /// How much a run may hold at a time, in bytes, estimated: the keys and states of `map` and
    /// `imap`, the values of `new`, the text of `append`, values that are kept for later, and the
    /// datapoints that wait for what follows them. Default: 64 MiB.
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

    /// How deep brackets may be nested, whatever was set.
    pub(crate) fn max_nesting(&self) -> usize {
        self.nesting.min(MAX_NESTING)
    }
}

/// Counts what a run uses.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    budget: Budget,
    steps: u64,
    /// How many steps may be taken, with the input so far.
    allowed: u64,
    /// How many bytes are held.
    held: usize,
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, steps: 0, allowed: budget.steps, held: 0 }
    }

    /// A meter for the constants that are computed while a script is parsed.
    pub(crate) fn of_constants(budget: Budget) -> Self {
        let budget = Budget { steps: CONSTANT_STEPS, ..budget };
        Self::new(budget)
    }

    /// The same for a run that begins with nothing.
    pub(crate) fn without_state(self) -> Self {
        Self { held: 0, ..self }
    }

    /// The steps taken so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// The bytes held at present.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Whether the run has ended because a limit was reached.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.steps > self.allowed || self.held > self.budget.memory
    }

    /// Allows the steps that an input value brings.
    #[inline]
    pub(crate) fn allow(&mut self, value: &Value) {
        let units = 1 + value.bytes() / BYTES_PER_UNIT;
        let steps = self.budget.steps_per_value.saturating_mul(units as u64);
        self.allowed = self.allowed.saturating_add(steps);
    }

    /// Counts steps before they are taken.
    #[inline]
    pub(crate) fn step(&mut self, steps: usize) -> Result<(), RunError> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.allowed { Err(self.too_many_steps()) } else { Ok(()) }
    }

    /// Counts the steps that it takes to copy or search a text.
    #[inline]
    pub(crate) fn step_over(&mut self, bytes: usize) -> Result<(), RunError> {
        self.step(bytes / BYTES_PER_STEP)
    }

    /// Counts bytes that are held from now on.
    #[inline]
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), RunError> {
        self.held = self.held.saturating_add(bytes);
        if self.held > self.budget.memory { Err(self.too_much_memory()) } else { Ok(()) }
    }

    /// Counts bytes that are not held any longer.
    #[inline]
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    /// Counts a value that is held in place of another.
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
