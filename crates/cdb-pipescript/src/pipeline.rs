//! Scripts as a row of stages: what comes out of one goes into the next.

use std::collections::VecDeque;
use std::fmt;

use crate::error::RunError;
use crate::expression::Expression;
use crate::point::Point;

/// Takes what comes out.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Point) -> Result<(), RunError>;

/// A transform that gives more or fewer datapoints than it gets.
pub(crate) trait Many: Send + Sync + fmt::Debug {
    /// Takes the first datapoint of a window; what follows are the datapoints ahead.
    fn push(&mut self, window: &[Point], sink: Sink<'_>) -> Result<(), RunError>;

    /// Takes note that the sequence has ended.
    fn end(&mut self, sink: Sink<'_>) -> Result<(), RunError>;

    /// How many datapoints ahead it looks.
    fn ahead(&self) -> usize;

    /// A copy with the present state.
    fn copy(&self) -> Box<dyn Many>;
}

/// What a stage does.
#[derive(Debug)]
pub(crate) enum Step {
    Each(Expression),
    If(Expression),
    Many(Box<dyn Many>),
}

impl Clone for Step {
    fn clone(&self) -> Self {
        match self {
            Self::Each(expression) => Self::Each(expression.clone()),
            Self::If(condition) => Self::If(condition.clone()),
            Self::Many(many) => Self::Many(many.copy()),
        }
    }
}

/// A step, and the datapoints that it cannot take before it knows what follows them.
#[derive(Debug, Clone)]
struct Stage {
    step: Step,
    ahead: usize,
    waiting: VecDeque<Point>,
}

/// A script that is ready to run, or running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pipeline {
    stages: Vec<Stage>,
}

impl From<Step> for Pipeline {
    fn from(step: Step) -> Self {
        let ahead = match &step {
            Step::Each(expression) | Step::If(expression) => expression.ahead(),
            Step::Many(many) => many.ahead(),
        };
        Self { stages: vec![Stage { step, ahead, waiting: VecDeque::new() }] }
    }
}

impl Pipeline {
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
    pub(crate) fn push(&mut self, point: Point, sink: Sink<'_>) -> Result<(), RunError> {
        push(&mut self.stages, point, sink)
    }

    /// Takes note that the sequence has ended.
    pub(crate) fn end(&mut self, sink: Sink<'_>) -> Result<(), RunError> {
        end(&mut self.stages, sink)
    }
}

fn push(mut stages: &mut [Stage], mut point: Point, sink: Sink<'_>) -> Result<(), RunError> {
    while let Some((stage, rest)) = stages.split_first_mut() {
        if stage.ahead > 0 {
            stage.waiting.push_back(point);
            if stage.waiting.len() <= stage.ahead {
                return Ok(());
            }
            return stage.take_waiting(rest, sink);
        }
        let window = std::slice::from_ref(&point);
        match &mut stage.step {
            Step::If(condition) => {
                if !condition.holds(window, "if")? {
                    return Ok(());
                }
            }
            Step::Each(expression) => expression.update(&mut point)?,
            Step::Many(many) => return many.push(window, &mut |point| push(rest, point, sink)),
        }
        stages = rest;
    }
    sink(point)
}

fn end(stages: &mut [Stage], sink: Sink<'_>) -> Result<(), RunError> {
    let Some((stage, rest)) = stages.split_first_mut() else { return Ok(()) };
    while !stage.waiting.is_empty() {
        stage.take_waiting(rest, sink)?;
    }
    if let Step::Many(many) = &mut stage.step {
        many.end(&mut |point| push(rest, point, sink))?;
    }
    end(rest, sink)
}

impl Stage {
    /// Takes the first datapoint that waits.
    fn take_waiting(&mut self, rest: &mut [Self], sink: Sink<'_>) -> Result<(), RunError> {
        let window = &*self.waiting.make_contiguous();
        let given = match &mut self.step {
            Step::If(condition) => {
                let holds = condition.holds(window, "if")?;
                self.waiting.pop_front().filter(|_| holds)
            }
            Step::Each(expression) => {
                let point = expression.point(window)?;
                self.waiting.pop_front();
                Some(point)
            }
            Step::Many(many) => {
                many.push(window, &mut |point| push(rest, point, sink))?;
                self.waiting.pop_front();
                None
            }
        };
        given.map_or(Ok(()), |point| push(rest, point, sink))
    }
}
