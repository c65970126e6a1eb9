//! Scripts as a row of stages: what comes out of one goes into the next.

use std::collections::VecDeque;
use std::fmt;

use crate::budget::Meter;
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Cost;
use crate::point::Point;

/// Takes what comes out.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Point, &mut Meter) -> Result<(), RunError>;

/// What a node of a script takes in memory, with its state, in bytes: about the mean.
const NODE_BYTES: usize = 96;

/// What a datapoint that waits takes in memory, besides its value.
pub(crate) const WAITING_BYTES: usize = std::mem::size_of::<Point>();

/// A transform that gives more or fewer datapoints than it gets.
pub(crate) trait Fanout: Send + Sync + fmt::Debug {
    /// Takes the first datapoint of a window; what follows are the datapoints ahead.
    fn push(&mut self, window: &[Point], sink: Sink<'_>, meter: &mut Meter)
    -> Result<(), RunError>;

    /// Takes note that the sequence has ended.
    fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError>;

    /// How many datapoints ahead it looks.
    fn ahead(&self) -> usize;

    /// A copy with the present state.
    fn copy(&self) -> Box<dyn Fanout>;
}

/// What a stage does.
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
    /// How many datapoints ahead it looks.
    pub(crate) fn ahead(&self) -> usize {
        match self {
            Self::Map(expression) | Self::If(expression) => expression.ahead(),
            Self::Fanout(fanout) => fanout.ahead(),
        }
    }
}

/// A step, and the datapoints that it cannot take before it knows what follows them.
#[derive(Debug, Clone)]
struct Stage {
    step: Step,
    cost: Cost,
    ahead: usize,
    waiting: VecDeque<Point>,
}

/// A script that is ready to run, or running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pipeline {
    stages: Vec<Stage>,
}

impl Pipeline {
    /// A script of one step.
    pub(crate) fn of(step: Step, cost: Cost) -> Self {
        let ahead = step.ahead();
        Self { stages: vec![Stage { step, cost, ahead, waiting: VecDeque::new() }] }
    }

    /// Of how many nodes it is made.
    pub(crate) fn nodes(&self) -> usize {
        self.stages.iter().map(|stage| stage.cost.nodes).sum()
    }

    /// What it takes in memory before its first datapoint, estimated.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes() * NODE_BYTES + self.stages.len() * std::mem::size_of::<Stage>()
    }

    /// This script, then another on what it gives.
    pub(crate) fn then(mut self, next: Self) -> Self {
        self.stages.extend(next.stages);
        self
    }

    /// Whether any of its stages looks ahead.
    pub(crate) fn peeks(&self) -> bool {
        self.stages.iter().any(|stage| stage.ahead > 0)
    }

    /// Takes a datapoint.
    pub(crate) fn push(
        &mut self,
        point: Point,
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        push(&mut self.stages, point, sink, meter)
    }

    /// Takes note that the sequence has ended.
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
    /// Takes the first datapoint that waits.
    fn take_waiting(
        &mut self,
        rest: &mut [Self],
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        meter.step(self.cost.steps)?;
        let window = &*self.waiting.make_contiguous();
        let bytes = WAITING_BYTES + window.first().map_or(0, |point| point.d.bytes());
        let given = match &mut self.step {
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
        given.map_or(Ok(()), |point| push(rest, point, sink, meter))
    }
}
