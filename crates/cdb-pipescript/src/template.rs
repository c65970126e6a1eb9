//! Scripts that a transform runs itself, such as those of `map` and `while`.

use std::sync::Arc;

use crate::budget::Meter;
use crate::error::RunError;
use crate::pipeline::Pipeline;
use crate::point::Point;
use crate::value::Value;

/// The steps of starting and ending a run, in addition to those of its nodes.
const START_STEPS: usize = 16;

/// A script that a transform can start any number of times.
///
/// Clones share it. Otherwise a copy of a transform would copy the scripts within, whose number
/// doubles with each level of nesting.
#[derive(Debug, Clone)]
pub(crate) struct Template(Arc<Pipeline>);

impl From<Pipeline> for Template {
    fn from(pipeline: Pipeline) -> Self {
        Self(Arc::new(pipeline))
    }
}

impl Template {
    /// Starts a run over a sequence.
    pub(crate) fn start(&self, meter: &mut Meter) -> Result<Instance, RunError> {
        let held = self.0.bytes();
        meter.step(START_STEPS + 4 * self.0.nodes())?;
        meter.hold(held)?;
        Ok(Instance { pipeline: Pipeline::clone(&self.0), last: None, held })
    }

    /// Returns the existing run, or starts one.
    pub(crate) fn get_or_start<'a>(
        &self,
        instance: &'a mut Option<Instance>,
        meter: &mut Meter,
    ) -> Result<&'a mut Instance, RunError> {
        match instance {
            Some(instance) => Ok(instance),
            none => Ok(none.insert(self.start(meter)?)),
        }
    }

    /// Runs the script over one value, and returns the last result.
    pub(crate) fn run_once(
        &self,
        t: f64,
        value: &Value,
        meter: &mut Meter,
    ) -> Result<Option<Value>, RunError> {
        let mut instance = self.start(meter)?;
        instance.push(Point { t, d: value.clone() }, meter)?;
        Ok(instance.end(meter)?.map(|point| point.d))
    }
}

/// A run of a script over a part of a sequence.
///
/// It records how many of the meter's bytes it holds, and releases them when it ends. After an
/// error they are not released, because the meter is not used any more.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pipeline: Pipeline,
    last: Option<Point>,
    held: usize,
}

impl Instance {
    /// Processes a datapoint, and keeps the last result.
    pub(crate) fn push(&mut self, point: Point, meter: &mut Meter) -> Result<(), RunError> {
        let before = meter.held();
        let last = &mut self.last;
        let keep = &mut |point: Point, meter: &mut Meter| {
            meter.replace(last.as_ref().map(|point| &point.d), &point.d)?;
            *last = Some(point);
            Ok(())
        };
        self.pipeline.push(point, keep, meter)?;
        self.held = (self.held + meter.held()).saturating_sub(before);
        Ok(())
    }

    /// Processes a datapoint, and returns the last result for it, or null if there is none.
    pub(crate) fn apply(&mut self, point: Point, meter: &mut Meter) -> Result<Point, RunError> {
        let before = meter.held();
        let (t, mut last) = (point.t, None);
        let keep = &mut |point: Point, _: &mut Meter| {
            last = Some(point);
            Ok(())
        };
        self.pipeline.push(point, keep, meter)?;
        self.held = (self.held + meter.held()).saturating_sub(before);
        Ok(last.unwrap_or(Point { t, d: Value::Null }))
    }

    /// Returns the last result so far.
    pub(crate) fn last(&self) -> Option<&Point> {
        self.last.as_ref()
    }

    /// Ends the run, and returns its last result.
    pub(crate) fn end(mut self, meter: &mut Meter) -> Result<Option<Point>, RunError> {
        let before = meter.held();
        let last = &mut self.last;
        let keep = &mut |point: Point, _: &mut Meter| {
            *last = Some(point);
            Ok(())
        };
        self.pipeline.end(keep, meter)?;
        self.held = (self.held + meter.held()).saturating_sub(before);
        meter.release(self.held);
        Ok(self.last)
    }

    /// Drops the run without its remaining results.
    pub(crate) fn abandon(self, meter: &mut Meter) {
        meter.release(self.held);
    }
}
