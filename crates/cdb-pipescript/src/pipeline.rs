//! Scripts as a sequence of stages: the output of one stage is the input of the next.

use std::collections::VecDeque;
use std::fmt;

use crate::budget::Meter;
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Cost;
use crate::point::Point;
use crate::slice::{Slice, takes_slices};

/// Receives the results of a script.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Point, &mut Meter) -> Result<(), RunError>;

/// The memory of a node of a script and its state, in bytes. A rough mean.
const NODE_BYTES: usize = 96;

/// The memory of a waiting datapoint in bytes, without its value.
pub(crate) const WAITING_BYTES: usize = std::mem::size_of::<Point>();

/// A transform that does not return exactly one datapoint for each.
pub(crate) trait Fanout: Send + Sync + fmt::Debug {
    /// Processes the first datapoint of a window. The others are the datapoints ahead.
    fn push(&mut self, window: &[Point], sink: Sink<'_>, meter: &mut Meter)
    -> Result<(), RunError>;

    /// Ends the sequence.
    fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError>;

    /// Returns how many datapoints the transform looks ahead.
    fn ahead(&self) -> usize;

    /// Returns a copy with the current state.
    fn copy(&self) -> Box<dyn Fanout>;
}

/// The operation of a stage.
#[derive(Debug)]
pub(crate) enum Step {
    Map(Expression),
    If(Expression),
    Fanout(Box<dyn Fanout>),
}

impl Clone for Step {
    fn clone(&self) -> Self {
        match self {
            Self::Map(expression) => Self::Map(expression.clone()),
            Self::If(condition) => Self::If(condition.clone()),
            Self::Fanout(fanout) => Self::Fanout(fanout.copy()),
        }
    }
}

impl Step {
    /// Returns how many datapoints the step looks ahead.
    pub(crate) fn ahead(&self) -> usize {
        match self {
            Self::Map(expression) | Self::If(expression) => expression.ahead(),
            Self::Fanout(fanout) => fanout.ahead(),
        }
    }
}

/// A step, with the datapoints that wait because the step looks ahead.
#[derive(Debug, Clone)]
struct Stage {
    step: Step,
    cost: Cost,
    ahead: usize,
    waiting: VecDeque<Point>,
}

/// A script that is ready to run or is running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pipeline {
    stages: Vec<Stage>,
}

impl Pipeline {
    /// Creates a script of one step.
    pub(crate) fn of(step: Step, cost: Cost) -> Self {
        let ahead = step.ahead();
        Self { stages: vec![Stage { step, cost, ahead, waiting: VecDeque::new() }] }
    }

    /// Returns the number of its nodes.
    pub(crate) fn nodes(&self) -> usize {
        self.stages.iter().map(|stage| stage.cost.nodes).sum()
    }

    /// Returns an estimate of its memory in bytes before the first datapoint.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes() * NODE_BYTES + self.stages.len() * std::mem::size_of::<Stage>()
    }

    /// Appends another script, which processes the results of this one.
    pub(crate) fn then(mut self, next: Self) -> Self {
        self.stages.extend(next.stages);
        self
    }

    /// Returns whether any stage looks ahead.
    pub(crate) fn peeks(&self) -> bool {
        self.stages.iter().any(|stage| stage.ahead > 0)
    }

    /// Processes a datapoint.
    pub(crate) fn push(
        &mut self,
        point: Point,
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        push(&mut self.stages, point, sink, meter)
    }

    /// Returns whether [`push_slice`](Self::push_slice) can be called.
    pub(crate) fn takes_slices(&self) -> bool {
        self.stages.iter().all(|stage| match &stage.step {
            Step::If(Expression::Last) => true,
            Step::If(expression) | Step::Map(expression) => {
                stage.ahead == 0 && takes_slices(expression)
            }
            Step::Fanout(_) => false,
        })
    }

    /// Processes many datapoints, with the same results as if they were pushed one by one.
    pub(crate) fn push_slice(
        &mut self,
        slice: Slice<'_>,
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        push_slice(&mut self.stages, slice, sink, meter)
    }

    /// Ends the sequence.
    pub(crate) fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
        end(&mut self.stages, sink, meter)
    }
}

fn push(
    mut stages: &mut [Stage],
    mut point: Point,
    sink: Sink<'_>,
    meter: &mut Meter,
) -> Result<(), RunError> {
    while let Some((stage, rest)) = stages.split_first_mut() {
        if stage.ahead > 0 {
            meter.hold(WAITING_BYTES + point.d.bytes())?;
            stage.waiting.push_back(point);
            if stage.waiting.len() <= stage.ahead {
                return Ok(());
            }
            return stage.take_waiting(rest, sink, meter);
        }
        meter.step(stage.cost.steps)?;
        let window = std::slice::from_ref(&point);
        match &mut stage.step {
            Step::If(condition) => {
                if !condition.holds(window, "if", meter)? {
                    return Ok(());
                }
            }
            Step::Map(expression) => expression.update(&mut point, meter)?,
            Step::Fanout(fanout) => {
                let sink = &mut |point, meter: &mut Meter| push(rest, point, sink, meter);
                return fanout.push(window, sink, meter);
            }
        }
        stages = rest;
    }
    sink(point, meter)
}

fn push_slice(
    mut stages: &mut [Stage],
    mut slice: Slice<'_>,
    sink: Sink<'_>,
    meter: &mut Meter,
) -> Result<(), RunError> {
    while let Some((stage, rest)) = stages.split_first_mut() {
        let Some(last) = slice.len().checked_sub(1) else { return Ok(()) };
        meter.step(stage.cost.steps.saturating_mul(slice.len()))?;
        match &mut stage.step {
            Step::If(Expression::Last) => {
                // Of what has come so far, only the last datapoint may be the last one.
                if let Some(before) = stage.waiting.pop_front() {
                    meter.release(WAITING_BYTES + before.d.bytes());
                }
                let point = slice.point(last);
                meter.hold(WAITING_BYTES + point.d.bytes())?;
                stage.waiting.push_back(point);
                return Ok(());
            }
            Step::If(condition) => {
                let holds = slice.evaluate(condition).into_owned();
                slice.retain(&holds);
            }
            Step::Map(expression) => {
                let only_last = rest
                    .first()
                    .is_some_and(|next| matches!(next.step, Step::If(Expression::Last)));
                slice.map(expression, only_last);
            }
            // It does not take slices.
            Step::Fanout(_) => return Ok(()),
        }
        stages = rest;
    }
    (0..slice.len()).try_for_each(|index| sink(slice.point(index), meter))
}

fn end(stages: &mut [Stage], sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
    let Some((stage, rest)) = stages.split_first_mut() else { return Ok(()) };
    while !stage.waiting.is_empty() {
        stage.take_waiting(rest, sink, meter)?;
    }
    if let Step::Fanout(fanout) = &mut stage.step {
        let sink = &mut |point, meter: &mut Meter| push(rest, point, sink, meter);
        fanout.end(sink, meter)?;
    }
    end(rest, sink, meter)
}

impl Stage {
    /// Processes the first waiting datapoint.
    fn take_waiting(
        &mut self,
        rest: &mut [Self],
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        meter.step(self.cost.steps)?;
        let window = &*self.waiting.make_contiguous();
        let bytes = WAITING_BYTES + window.first().map_or(0, |point| point.d.bytes());
        let result = match &mut self.step {
            Step::If(condition) => {
                let holds = condition.holds(window, "if", meter)?;
                self.waiting.pop_front().filter(|_| holds)
            }
            Step::Map(expression) => {
                let point = expression.point(window, meter)?;
                self.waiting.pop_front();
                Some(point)
            }
            Step::Fanout(fanout) => {
                let sink = &mut |point, meter: &mut Meter| push(rest, point, sink, meter);
                fanout.push(window, sink, meter)?;
                self.waiting.pop_front();
                None
            }
        };
        meter.release(bytes);
        result.map_or(Ok(()), |point| push(rest, point, sink, meter))
    }
}
