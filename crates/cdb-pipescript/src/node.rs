//! The parts of a script while it is parsed.

use std::ops::Range;

use crate::budget::{Budget, CONSTANT_STEPS, Meter};
use crate::error::{Fault, RunError};
use crate::expression::Expression;
use crate::operator::{Binary, Unary};
use crate::pipeline::{Pipeline, Step};
use crate::point::Point;
use crate::transforms::{ArgumentKind, Transform};
use crate::value::{ENTRY_STEPS, Value};

/// The limits of parsing a script, and what is left of them.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) budget: Budget,
    /// Counts the steps of computing constants.
    meter: Meter,
    /// The number of bytes that are left for compiled regular expressions.
    pub(crate) regex_bytes: usize,
}

impl Context {
    pub(crate) fn new(budget: Budget) -> Self {
        let regex_bytes = budget.regex_bytes;
        Self { budget, meter: Meter::of_constants(budget), regex_bytes }
    }

    /// Computes a constant of the script. Returns `None` if it fails; the run of the script then
    /// reports the error.
    fn constant(
        &mut self,
        place: &Range<usize>,
        value: impl FnOnce(&mut Meter) -> Result<Value, RunError>,
    ) -> Result<Option<Value>, Fault> {
        match value(&mut self.meter) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.meter.is_exhausted() => {
                let message =
                    format!("The constants of a script may take at most {CONSTANT_STEPS} steps");
                Err(Fault::new(message, place.clone()))
            }
            Err(_) => Ok(None),
        }
    }
}

/// A part of a script.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) part: Part,
    pub(crate) place: Range<usize>,
    pub(crate) dependence: Dependence,
    depth: usize,
    pub(crate) cost: Cost,
}

/// The cost of a part of a script, without the scripts that its transforms run themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// The steps for a datapoint.
    pub(crate) steps: usize,
    /// The number of nodes, each of which has a state.
    pub(crate) nodes: usize,
}

impl Cost {
    /// The cost of one node without those below it.
    pub(crate) const NODE: Self = Self { steps: 1, nodes: 1 };
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.nodes += other.nodes;
    }
}

/// What the results of a part of a script for a datapoint depend on. The variants are ordered: a
/// later one includes the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dependence {
    /// The data of the datapoint.
    Data,
    /// The data and the timestamp of the datapoint.
    Datapoint,
    /// Other datapoints, or a random number.
    Sequence,
}

/// The kind of a part of a script.
#[derive(Debug)]
pub(crate) enum Part {
    /// A one-to-one script: it returns one datapoint for each.
    One(Expression),
    /// One step that is not one-to-one.
    Step(Step),
    /// Several steps that are not one-to-one.
    Pipeline(Pipeline),
}

impl Part {
    /// Converts the part to a script that can run, whose steps are counted with this cost.
    pub(crate) fn into_pipeline(self, cost: Cost) -> Pipeline {
        match self {
            Self::One(expression) => Pipeline::of(Step::Map(expression), cost),
            Self::Step(step) => Pipeline::of(step, cost),
            Self::Pipeline(pipeline) => pipeline,
        }
    }

    /// Returns whether the part looks ahead.
    pub(crate) fn peeks(&self) -> bool {
        match self {
            Self::One(expression) => expression.ahead() > 0,
            Self::Step(step) => step.ahead() > 0,
            Self::Pipeline(pipeline) => pipeline.peeks(),
        }
    }
}

impl Node {
    /// Creates a node above others.
    pub(crate) fn new(
        part: Part,
        place: Range<usize>,
        inherited: Inherited,
        context: &Context,
    ) -> Result<Self, Fault> {
        let Inherited { dependence, depth, cost } = inherited;
        let (depth, most) = (depth + 1, 2 * context.budget.max_nesting());
        if depth > most {
            let message = format!(
                "The script is nested too deeply: at most {most} operators and stages may depend on \
                 one another"
            );
            return Err(Fault::new(message, place));
        }
        Ok(Self { part, place, dependence, depth, cost })
    }

    pub(crate) fn constant(value: Value, place: Range<usize>) -> Self {
        let (part, dependence) = (Part::One(Expression::Constant(value)), Dependence::Data);
        Self { part, place, dependence, depth: 1, cost: Cost::NODE }
    }

    /// Returns the value, if it is the same for all datapoints.
    pub(crate) fn value(&self) -> Option<&Value> {
        match &self.part {
            Part::One(Expression::Constant(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn unary(
        operator: Unary,
        operand: Self,
        place: Range<usize>,
        context: &Context,
    ) -> Result<Self, Fault> {
        if let Some(Ok(value)) = operand.value().map(|value| operator.apply(value)) {
            return Ok(Self::constant(value, place));
        }
        let inherited = Inherited::of([&operand]);
        let operand = Box::new(operand.operand(1)?);
        Self::new(Part::One(Expression::Unary(operator, operand)), place, inherited, context)
    }

    pub(crate) fn binary(
        operator: Binary,
        left: Self,
        right: Self,
        context: &mut Context,
    ) -> Result<Self, Fault> {
        let place = left.place.start..right.place.end;
        if let (Some(left), Some(right)) = (left.value(), right.value())
            && let Some(value) =
                context.constant(&place, |meter| operator.apply(left, right, meter))?
        {
            return Ok(Self::constant(value, place));
        }
        let inherited = Inherited::of([&left, &right]);
        let (left, right) = (left.operand(1)?, right.operand(2)?);
        let expression = Expression::binary(operator, left, right);
        Self::new(Part::One(expression), place, inherited, context)
    }

    fn operand(self, number: usize) -> Result<Expression, Fault> {
        match self.part {
            Part::One(expression) => Ok(expression),
            Part::Step(_) | Part::Pipeline(_) => {
                let message = format!("Argument {number} of an operator must be OneToOne");
                Err(Fault::new(message, self.place))
            }
        }
    }

    /// Appends another script, which processes the results of this one.
    pub(crate) fn pipe(self, next: Self, context: &mut Context) -> Result<Self, Fault> {
        let place = self.place.start..next.place.end;
        let inherited = Inherited::of([&self, &next]);
        let constant = self.value().cloned().filter(|_| next.dependence == Dependence::Data);
        let part = match (self.part, next.part) {
            (Part::One(first), Part::One(mut second)) => {
                if let Some(value) = constant {
                    let point = [Point { t: 0.0, d: value }];
                    let value = context.constant(&place, |meter| {
                        meter.step(next.cost.steps)?;
                        second.value(&point, meter)
                    })?;
                    if let Some(value) = value {
                        return Ok(Self::constant(value, place));
                    }
                }
                Part::One(Expression::chain(first, second))
            }
            (first, second) => {
                let first = first.into_pipeline(self.cost);
                Part::Pipeline(first.then(second.into_pipeline(next.cost)))
            }
        };
        Self::new(part, place, inherited, context)
    }
}

/// The properties that a node inherits from the nodes below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inherited {
    pub(crate) dependence: Dependence,
    /// The depth of the deepest node below.
    pub(crate) depth: usize,
    /// The sum of the costs of the nodes below and of the node itself.
    pub(crate) cost: Cost,
}

impl Inherited {
    pub(crate) fn of<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        let mut inherited = Self { dependence: Dependence::Data, depth: 0, cost: Cost::NODE };
        for node in nodes {
            inherited.add(node);
        }
        inherited
    }

    /// Adds a node.
    fn add(&mut self, node: &Node) {
        self.add_script(node);
        self.cost += node.cost;
    }

    /// Adds an entry of an object.
    pub(crate) fn add_entry(&mut self, node: &Node) {
        self.add(node);
        self.cost.steps += ENTRY_STEPS;
    }

    /// Adds a script that a transform runs itself. Its cost is not added, but counted when it runs.
    fn add_script(&mut self, node: &Node) {
        self.dependence = self.dependence.max(node.dependence);
        self.depth = self.depth.max(node.depth);
    }

    /// Adds the arguments of a transform.
    pub(crate) fn of_call(transform: &Transform, arguments: &[Node]) -> Self {
        let mut inherited = Self { dependence: transform.cardinality.dependence(), ..Self::of([]) };
        for (index, node) in arguments.iter().enumerate() {
            match transform.arguments.get(index).map(|argument| argument.kind) {
                Some(ArgumentKind::Script) => inherited.add_script(node),
                _ => inherited.add(node),
            }
        }
        inherited
    }
}
