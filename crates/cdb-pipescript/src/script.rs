//! Scripts, and running them.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::budget::{Budget, Meter};
use crate::error::{ParseError, RunError};
use crate::node::{Dependence, Part};
use crate::parser::parse;
use crate::pipeline::{Pipeline, WAITING_BYTES};
use crate::point::Point;

/// A script, ready to be run as often as wanted. Cheap to clone, `Send` and `Sync`.
///
/// ```
/// use cdb_pipescript::{Point, Script};
/// let script = Script::parse("if $ > 5 | count")?;
/// let points = [(1.0, 3.0), (2.0, 10.0), (3.0, 9.0)].map(|(t, d)| Point::new(t, d));
/// let found: Vec<Point> = script.over(points).collect::<Result<_, _>>()?;
/// assert_eq!(found, [Point::new(2.0, 1.0), Point::new(3.0, 2.0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Script(Arc<Inner>);

struct Inner {
    text: Box<str>,
    pipeline: Pipeline,
    one_to_one: bool,
    peeks: bool,
    stateless: bool,
    budget: Budget,
}

impl Script {
    /// Parses a script that keeps to the default [`Budget`].
    ///
    /// # Errors
    /// If the text is not a script, or exceeds a limit: what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Budget::default())
    }

    /// Parses a script that keeps to a budget, as do its runs.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, budget: &Budget) -> Result<Self, ParseError> {
        let node = parse(text, budget).map_err(|fault| ParseError::new(text, fault))?;
        Ok(Self(Arc::new(Inner {
            text: text.into(),
            one_to_one: matches!(node.part, Part::One(_)),
            peeks: node.part.peeks(),
            stateless: node.dependence != Dependence::Sequence,
            pipeline: node.part.into_pipeline(node.cost),
            budget: *budget,
        })))
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether it gives one datapoint for each.
    #[must_use]
    pub fn is_one_to_one(&self) -> bool {
        self.0.one_to_one
    }

    /// Whether it looks ahead: a datapoint may give nothing before later ones are known.
    #[must_use]
    pub fn peeks(&self) -> bool {
        self.0.peeks
    }

    /// Whether what it gives for a datapoint depends on that datapoint alone, so that it may be run
    /// over any part of a sequence.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        self.0.stateless
    }

    /// Begins a run over a sequence.
    #[must_use]
    pub fn start(&self) -> Run {
        self.start_with(Meter::new(self.0.budget))
    }

    /// Begins a run that goes on counting where another has ended.
    pub(crate) fn start_with(&self, meter: Meter) -> Run {
        Run { pipeline: self.0.pipeline.clone(), given: VecDeque::new(), meter }
    }

    /// Runs it over a sequence; nothing is read from that before it is needed.
    ///
    /// After an error there is nothing more.
    pub fn over<I: IntoIterator<Item: Into<Point>>>(&self, points: I) -> Over<I::IntoIter> {
        Over { driven: Driven::new(self.start()), points: points.into_iter() }
    }

    /// Runs it over a stream.
    ///
    /// After an error there is nothing more.
    pub fn over_stream<S: Stream<Item: Into<Point>> + Unpin>(&self, points: S) -> OverStream<S> {
        OverStream { driven: Driven::new(self.start()), points }
    }
}

impl FromStr for Script {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.0.text).finish()
    }
}

/// A script that runs over one sequence: datapoints are pushed in and pulled out.
///
/// ```
/// use cdb_pipescript::{Point, Script};
/// let mut run = Script::parse("while($ > 5, sum)")?.start();
/// run.push(Point::new(1.0, 3.0))?;
/// assert_eq!(run.pull(), None);
/// run.push(Point::new(2.0, 4.0))?;
/// assert_eq!(run.pull(), Some(Point::new(1.0, 3.0)));
/// run.end()?;
/// assert_eq!(run.pull(), Some(Point::new(2.0, 4.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Pausing
///
/// A run does nothing by itself: between two calls it can wait for as long as wanted, be sent to
/// another thread, or be dropped, which ends it. One call takes at most the steps that the
/// [`Budget`] leaves; [`steps`](Self::steps) says how many were taken. A task that shares its thread
/// with others yields to them when a few thousand have been taken since it last did.
#[derive(Debug)]
pub struct Run {
    pipeline: Pipeline,
    given: VecDeque<Point>,
    meter: Meter,
}

impl Run {
    /// Takes the next datapoint.
    ///
    /// # Errors
    /// When the datapoint is not what the script is for, or the budget is used up. What it gave
    /// before can still be pulled; the run is over.
    pub fn push(&mut self, point: impl Into<Point>) -> Result<(), RunError> {
        let point = point.into();
        self.meter.allow(&point.d);
        let sink = &mut |point, meter: &mut Meter| keep(&mut self.given, point, meter);
        self.pipeline.push(point, sink, &mut self.meter)
    }

    /// Takes the next datapoint, and hands what it gives to a function at once.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn feed(
        &mut self,
        point: impl Into<Point>,
        mut take: impl FnMut(Point),
    ) -> Result<(), RunError> {
        let point = point.into();
        self.meter.allow(&point.d);
        let sink = &mut |point, _: &mut Meter| {
            take(point);
            Ok(())
        };
        self.pipeline.push(point, sink, &mut self.meter)
    }

    /// Takes note that the sequence has ended: what waited for more is given.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn end(&mut self) -> Result<(), RunError> {
        let sink = &mut |point, meter: &mut Meter| keep(&mut self.given, point, meter);
        self.pipeline.end(sink, &mut self.meter)
    }

    /// The next datapoint that the script has given.
    pub fn pull(&mut self) -> Option<Point> {
        let point = self.given.pop_front()?;
        self.meter.release(WAITING_BYTES + point.d.bytes());
        Some(point)
    }

    /// How many steps of its [`Budget`] the run has taken so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.meter.steps()
    }

    /// What it has counted, for the next run.
    pub(crate) fn into_meter(self) -> Meter {
        self.meter
    }
}

/// Keeps what a script has given until it is pulled.
fn keep(given: &mut VecDeque<Point>, point: Point, meter: &mut Meter) -> Result<(), RunError> {
    meter.hold(WAITING_BYTES + point.d.bytes())?;
    given.push_back(point);
    Ok(())
}

/// A run that takes what comes by itself, and is over at the end or after an error.
#[derive(Debug)]
struct Driven {
    run: Run,
    over: bool,
    failed: Option<RunError>,
}

impl Driven {
    fn new(run: Run) -> Self {
        Self { run, over: false, failed: None }
    }

    /// What is there to be handed out.
    fn given(&mut self) -> Option<Result<Point, RunError>> {
        self.run.pull().map(Ok).or_else(|| self.failed.take().map(Err))
    }

    /// Takes what comes next, or note that there is nothing more.
    fn take(&mut self, next: Option<impl Into<Point>>) {
        self.over = next.is_none();
        let taken = match next {
            Some(point) => self.run.push(point),
            None => self.run.end(),
        };
        if let Err(error) = taken {
            self.over = true;
            self.failed = Some(error);
        }
    }
}

/// A script over an iterator; see [`Script::over`].
#[derive(Debug)]
pub struct Over<I> {
    driven: Driven,
    points: I,
}

impl<I: Iterator<Item: Into<Point>>> Iterator for Over<I> {
    type Item = Result<Point, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(given) = self.driven.given() {
                return Some(given);
            }
            if self.driven.over {
                return None;
            }
            self.driven.take(self.points.next());
        }
    }
}

/// A script over a stream; see [`Script::over_stream`].
#[derive(Debug)]
pub struct OverStream<S> {
    driven: Driven,
    points: S,
}

impl<S: Stream<Item: Into<Point>> + Unpin> Stream for OverStream<S> {
    type Item = Result<Point, RunError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(given) = this.driven.given() {
                return Poll::Ready(Some(given));
            }
            if this.driven.over {
                return Poll::Ready(None);
            }
            this.driven.take(ready!(Pin::new(&mut this.points).poll_next(cx)));
        }
    }
}
