//! Computes the values of a stream at given times.

use std::collections::VecDeque;
use std::sync::Arc;

use cdb_types::summary::ExactSum;

use crate::budget::{Budget, Meter};
use crate::error::{ParseError, RunError};
use crate::point::Point;
use crate::script::{Run, Script};
use crate::value::Value;

/// Computes the value of a stream at a time: one of the [named](NAMED) interpolators, or a script.
///
/// ```
/// use cdb_pipescript::{Interpolator, Point};
/// let mut column = Interpolator::parse("closest")?.start();
/// column.push(Point::new(2.0, 20.0));
/// column.push(Point::new(5.0, 50.0));
/// column.end();
/// assert_eq!(column.value(3.0)?, 20.0.into());
/// assert_eq!(column.value(4.0)?, 50.0.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Interpolator(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Closest,
    Before,
    After,
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Script(Script),
}

/// The documentation of a named interpolator.
#[derive(Debug)]
#[non_exhaustive]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// A description of its value, without the full stop at its end.
    pub description: &'static str,
}

/// The named interpolators. A script can be an interpolator, too: it runs over the datapoints since
/// the previous row, and its last result is the value.
pub const NAMED: [Named; 8] = [
    Named {
        name: "closest",
        description: "The datapoint that is nearest in time; the earlier one if two are equally near",
    },
    Named { name: "before", description: "The last datapoint at or before the time of the row" },
    Named { name: "after", description: "The first datapoint after the time of the row" },
    Named { name: "count", description: "The number of datapoints since the previous row" },
    Named {
        name: "sum",
        description: "The sum of the datapoints since the previous row; 0 if there were none",
    },
    Named {
        name: "mean",
        description: "The mean of the datapoints since the previous row; 0 if there were none",
    },
    Named {
        name: "min",
        description: "The smallest of the datapoints since the previous row; null if there were none",
    },
    Named {
        name: "max",
        description: "The largest of the datapoints since the previous row; null if there were none",
    },
];

impl Interpolator {
    /// Returns the interpolator of a name, or parses a script with the default [`Budget`].
    /// `average` is another name for `mean`.
    ///
    /// # Errors
    /// Returns an error if the text is neither the name of an interpolator nor a valid script.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Budget::default())
    }

    /// Returns the interpolator of a name, or parses a script with a budget.
    ///
    /// # Errors
    /// Returns the same errors as [`parse`](Self::parse).
    pub fn parse_with(text: &str, budget: &Budget) -> Result<Self, ParseError> {
        Ok(Self(match text {
            "closest" => Kind::Closest,
            "before" => Kind::Before,
            "after" => Kind::After,
            "count" => Kind::Count,
            "sum" => Kind::Sum,
            "mean" | "average" => Kind::Mean,
            "min" => Kind::Min,
            "max" => Kind::Max,
            script => Kind::Script(Script::parse_with(script, budget)?),
        }))
    }

    /// Starts a column, which computes the values of one stream.
    #[must_use]
    pub fn start(&self) -> Column {
        Column {
            kind: self.0.clone(),
            before: None,
            since: Since::default(),
            numbers: PushedNumbers::default(),
            ahead: VecDeque::new(),
            ended: false,
            failed: None,
            meter: None,
        }
    }
}

/// Computes the values of one stream at ascending times. The datapoints of the stream are pushed in
/// ascending order of their timestamps.
///
/// Only the datapoints after the last requested time are kept.
#[derive(Debug)]
pub struct Column {
    kind: Kind,
    /// The last datapoint that is not later than the last requested time.
    before: Option<Point>,
    since: Since,
    /// Numbers that were pushed many at a time. They come before `ahead`.
    numbers: PushedNumbers,
    /// The datapoints after `before`.
    ahead: VecDeque<Point>,
    ended: bool,
    failed: Option<RunError>,
    /// The meter of the runs for earlier rows, because the budget is for all rows together.
    meter: Option<Meter>,
}

/// Numbers that were pushed many at a time, with their times.
#[derive(Debug, Default)]
struct PushedNumbers {
    t: Vec<f64>,
    d: Vec<f64>,
    /// How many have been processed.
    processed: usize,
}

impl PushedNumbers {
    /// Returns those that are not later than a time, which are processed now.
    fn until(&mut self, t: f64) -> &[f64] {
        let first = self.processed;
        self.processed += self.t[first..].partition_point(|it| *it <= t);
        &self.d[first..self.processed]
    }

    fn is_empty(&self) -> bool {
        self.processed == self.t.len()
    }
}

/// The state since the previous row.
#[derive(Debug, Default)]
struct Since {
    count: f64,
    sum: ExactSum,
    /// The smallest or the largest number so far, and its value.
    extreme: Option<(f64, Value)>,
    run: Option<Run>,
    last: Option<Value>,
}

impl Column {
    /// Pushes the next datapoint.
    pub fn push(&mut self, point: impl Into<Point>) {
        self.ahead.push_back(point.into());
    }

    /// Returns `true` if [`push_numbers`](Self::push_numbers) can be called: if only the number and the sum
    /// of the datapoints matter.
    #[must_use]
    pub fn takes_numbers(&self) -> bool {
        matches!(self.kind, Kind::Count | Kind::Sum | Kind::Mean)
    }

    /// Pushes the next datapoints, whose values are numbers: their timestamps, and as many numbers. Each
    /// number is the float that is nearest to the value.
    ///
    /// Call it when [`takes_numbers`](Self::takes_numbers) returns `true` and
    /// [`advance_to`](Self::advance_to) has returned `false`.
    pub fn push_numbers(&mut self, t: Vec<f64>, d: Vec<f64>) {
        self.numbers = PushedNumbers { t, d, processed: 0 };
        let count = self.numbers.t.len().min(self.numbers.d.len());
        self.numbers.t.truncate(count);
        self.numbers.d.truncate(count);
    }

    /// Ends the stream: no more datapoints will be pushed.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Processes the datapoints that are not later than `t`. Returns `true` if the value at `t` is
    /// known: a later datapoint has been pushed, or the datapoints have ended.
    #[must_use]
    pub fn advance_to(&mut self, t: f64) -> bool {
        self.process_until(t);
        self.ended || !self.ahead.is_empty() || !self.numbers.is_empty()
    }

    /// Returns the value at `t`, which must not be earlier than in previous calls. The value is
    /// null if there is no datapoint to compute it from; `count`, `sum` and `mean` are then 0.
    ///
    /// Call it when [`advance_to`](Self::advance_to) has returned `true`. Before that, the result
    /// does not consider datapoints that have not been pushed.
    ///
    /// # Errors
    /// Returns an error if the interpolator cannot process a datapoint, or if its script exceeds
    /// the budget.
    pub fn value(&mut self, t: f64) -> Result<Value, RunError> {
        self.process_until(t);
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut since = std::mem::take(&mut self.since);
        let data = |point: Option<&Point>| point.map(|point| point.d.clone()).unwrap_or_default();
        let (before, after) = (self.before.as_ref(), self.ahead.front());
        Ok(match &self.kind {
            Kind::Count => since.count.into(),
            Kind::Sum => since.sum.value().into(),
            Kind::Mean if since.count == 0.0 => 0.0.into(),
            Kind::Mean => since.sum.mean(since.count as u64).into(),
            Kind::Min | Kind::Max => since.extreme.map(|(_, value)| value).unwrap_or_default(),
            Kind::Script(_) => {
                if let Some(mut run) = since.run.take() {
                    let ended = run.end();
                    since.take_last(&mut run);
                    self.meter = Some(run.into_meter().without_state());
                    ended?;
                }
                since.last.unwrap_or_default()
            }
            Kind::Before => data(before),
            Kind::After => data(after),
            Kind::Closest => match (before, after) {
                (Some(before), Some(after)) if after.t - t < t - before.t => data(Some(after)),
                (before, after) => data(before.or(after)),
            },
        })
    }

    /// Returns how many steps of its [`Budget`] the script has taken so far; 0 for a named
    /// interpolator.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let run = self.since.run.as_ref().map(Run::steps);
        run.or_else(|| self.meter.as_ref().map(Meter::steps)).unwrap_or(0)
    }

    /// Returns how many bytes of its [`Budget`] the script holds now, estimated; 0 for a named
    /// interpolator.
    #[must_use]
    pub fn held(&self) -> usize {
        self.since.run.as_ref().map_or(0, Run::held)
    }

    /// Processes the datapoints that are not later than a time.
    fn process_until(&mut self, t: f64) {
        if !self.numbers.is_empty() {
            let numbers = self.numbers.until(t);
            self.since.count += numbers.len() as f64;
            if !matches!(self.kind, Kind::Count) {
                self.since.sum.extend(numbers);
            }
        }
        while let Some(point) = self.ahead.pop_front_if(|point| point.t <= t) {
            // After an error, only `before` is updated.
            if self.failed.is_none()
                && let Err(error) = self.since.take(&self.kind, &point, &mut self.meter)
            {
                self.failed = Some(error);
            }
            self.before = Some(point);
        }
    }
}

impl Since {
    fn take(
        &mut self,
        kind: &Kind,
        point: &Point,
        meter: &mut Option<Meter>,
    ) -> Result<(), RunError> {
        match kind {
            Kind::Closest | Kind::Before | Kind::After => {}
            Kind::Count => self.count += 1.0,
            Kind::Sum | Kind::Mean => {
                self.count += 1.0;
                self.sum.add(point.d.to_number()?);
            }
            Kind::Min | Kind::Max => {
                let number = point.d.to_number()?;
                let is_better = self.extreme.as_ref().is_none_or(|(best, _)| match kind {
                    Kind::Min => number < *best,
                    _ => number > *best,
                });
                if is_better {
                    self.extreme = Some((number, point.d.clone()));
                }
            }
            Kind::Script(script) => {
                let start = || match meter.take() {
                    Some(meter) => script.start_with(meter),
                    None => script.start(),
                };
                let mut run = self.run.take().unwrap_or_else(start);
                let pushed = run.push(point.clone());
                self.take_last(&mut run);
                self.run = Some(run);
                pushed?;
            }
        }
        Ok(())
    }

    /// Keeps the last result of a run.
    fn take_last(&mut self, run: &mut Run) {
        while let Some(point) = run.pull() {
            self.last = Some(point.d);
        }
    }
}

/// Combines several columns into rows.
///
/// ```
/// use cdb_pipescript::{Columns, Interpolator, Point};
/// let mut columns = Columns::new();
/// columns.add("steps", &Interpolator::parse("before")?);
/// for column in columns.iter_mut() {
///     column.push(Point::new(1.0, 8.0));
///     column.end();
/// }
/// let row = columns.row(2.0, None)?;
/// assert_eq!(serde_json::to_string(&row.d)?, r#"{"steps":8}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Columns(Vec<(Arc<str>, Column)>);

impl Columns {
    /// Creates a table without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column.
    pub fn add(&mut self, name: &str, interpolator: &Interpolator) {
        self.0.push((name.into(), interpolator.start()));
    }

    /// Returns the columns in the order in which they were added.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Column> {
        self.0.iter_mut().map(|(_, column)| column)
    }

    /// Returns the row at `t`: an object of the columns' values by name, and of `x` if it is given.
    ///
    /// # Errors
    /// Returns an error if [`Column::value`] returns one, or if the row is larger than 64 MiB.
    pub fn row(&mut self, t: f64, x: Option<Value>) -> Result<Point, RunError> {
        let mut entries = std::collections::BTreeMap::new();
        for (name, column) in &mut self.0 {
            entries.insert(Arc::clone(name), column.value(t)?);
        }
        if let Some(x) = x {
            entries.insert("x".into(), x);
        }
        Ok(Point { t, d: Value::object(entries)? })
    }
}
