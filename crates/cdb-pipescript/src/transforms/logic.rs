//! Transforms with conditions.

use super::ArgumentKind::{Expression as OneToOne, Script};
use super::{Argument, Cardinality, Transform, map_each};
use crate::budget::Meter;
use crate::error::RunError;
use crate::expression::Expression;
use crate::node::Part;
use crate::pipeline::{Fanout, Sink, Step};
use crate::point::Point;
use crate::template::{Instance, Template};

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "if",
        description: "Keeps the datapoints for which the condition is true",
        arguments: &[Argument::new(OneToOne, "The condition")],
        cardinality: Cardinality::OneOrNone,
        example: ["if $ > 5", r#"[{"t":1,"d":3},{"t":2,"d":10}]"#, r#"[{"t":2,"d":10}]"#],
        build: |arguments| Ok(Part::Step(Step::If(arguments.expression(0)))),
    },
    Transform {
        name: "ifelse",
        description: "Runs one script if the condition is true, and another if it is false",
        arguments: &[
            Argument::new(OneToOne, "The condition"),
            Argument::new(Script, "The script for datapoints where it is true"),
            Argument::optional(Script, "\"$\"", "The script for datapoints where it is false"),
        ],
        cardinality: Cardinality::OneByHistory,
        example: [
            "ifelse($ > 5, 'high', 'low')",
            r#"[{"t":1,"d":3},{"t":2,"d":10}]"#,
            r#"[{"t":1,"d":"low"},{"t":2,"d":"high"}]"#,
        ],
        build: |arguments| {
            const PEEKS: &str = "ifelse cannot be used with transforms that peek.";
            let condition = arguments.expression(0);
            let branches = [arguments.script(1, PEEKS)?, arguments.script(2, PEEKS)?];
            let branches = branches.map(|script| (script, None::<Instance>));
            let state = (condition, branches);
            Ok(map_each(state.0.ahead(), state, |(condition, [then, or_else]), window, meter| {
                let truth = condition.holds(window, "ifelse", meter)?;
                let (script, instance) = if truth { then } else { or_else };
                script.get_or_start(instance, meter)?.apply(window[0].clone(), meter)
            }))
        },
    },
    Transform {
        name: "alltrue",
        description: "Whether all datapoints so far were true",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "$ > 1 | alltrue",
            r#"[{"t":1,"d":3},{"t":2,"d":0},{"t":3,"d":3}]"#,
            r#"[{"t":1,"d":true},{"t":2,"d":false},{"t":3,"d":false}]"#,
        ],
        build: |_| {
            Ok(map_each(0, true, |all, window, _| {
                *all &= window[0].d.to_bool()?;
                Ok(Point { t: window[0].t, d: (*all).into() })
            }))
        },
    },
    Transform {
        name: "anytrue",
        description: "Whether any datapoint so far was true",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "$ > 1 | anytrue",
            r#"[{"t":1,"d":0},{"t":2,"d":3},{"t":3,"d":0}]"#,
            r#"[{"t":1,"d":false},{"t":2,"d":true},{"t":3,"d":true}]"#,
        ],
        build: |_| {
            Ok(map_each(0, false, |any, window, _| {
                *any |= window[0].d.to_bool()?;
                Ok(Point { t: window[0].t, d: (*any).into() })
            }))
        },
    },
    Transform {
        name: "ttrue",
        description: "The seconds that the data stayed true: one datapoint for each such period, at its end",
        arguments: &[],
        cardinality: Cardinality::Fewer,
        example: [
            "ttrue",
            r#"[{"t":1,"d":false},{"t":3,"d":true},{"t":9,"d":false}]"#,
            r#"[{"t":9,"d":6}]"#,
        ],
        build: |_| Ok(Part::Step(Step::Fanout(Box::new(TruthDuration::of(true))))),
    },
    Transform {
        name: "tfalse",
        description: "The seconds that the data stayed false: one datapoint for each such period, at its end",
        arguments: &[],
        cardinality: Cardinality::Fewer,
        example: [
            "tfalse",
            r#"[{"t":1,"d":false},{"t":3,"d":true},{"t":9,"d":false},{"t":10,"d":false}]"#,
            r#"[{"t":3,"d":2},{"t":10,"d":1}]"#,
        ],
        build: |_| Ok(Part::Step(Step::Fanout(Box::new(TruthDuration::of(false))))),
    },
    Transform {
        name: "while",
        description: "Runs a script while a condition is true. Before a datapoint for which it is false, and at the end of the sequence, returns the last result, and starts the script again",
        arguments: &[Argument::new(OneToOne, "The condition"), Argument::new(Script, "The script")],
        cardinality: Cardinality::Fewer,
        example: [
            "while($ > 5, sum)",
            r#"[{"t":1,"d":3},{"t":2,"d":10},{"t":3,"d":4},{"t":4,"d":35}]"#,
            r#"[{"t":2,"d":13},{"t":4,"d":39}]"#,
        ],
        build: |arguments| {
            let condition = arguments.expression(0);
            let script = arguments.script(1, "while cannot be used with transforms that peek")?;
            let fanout = While { condition, script, instance: None };
            Ok(Part::Step(Step::Fanout(Box::new(fanout))))
        },
    },
    Transform {
        name: "iwhile",
        description: "Runs a script that starts again at each datapoint for which a condition is false, and returns all its results",
        arguments: &[Argument::new(OneToOne, "The condition"), Argument::new(Script, "The script")],
        cardinality: Cardinality::OneByHistory,
        example: [
            "iwhile($ > 5, count)",
            r#"[{"t":1,"d":3},{"t":2,"d":10},{"t":3,"d":4}]"#,
            r#"[{"t":1,"d":1},{"t":2,"d":2},{"t":3,"d":1}]"#,
        ],
        build: |arguments| {
            let condition = arguments.expression(0);
            let script = arguments.script(1, "iwhile cannot be used with transforms that peek")?;
            let state = (condition, script, None::<Instance>);
            Ok(map_each(state.0.ahead(), state, |(condition, script, instance), window, meter| {
                let holds = condition.holds(window, "iwhile", meter)?;
                if let Some(instance) = instance.take_if(|_| !holds) {
                    instance.abandon(meter);
                }
                script.get_or_start(instance, meter)?.apply(window[0].clone(), meter)
            }))
        },
    },
    Transform {
        name: "remember",
        description: "The value at the last datapoint for which a condition was true, or at the first datapoint if there was none",
        arguments: &[
            Argument::new(OneToOne, "The condition"),
            Argument::optional(OneToOne, "\"$\"", "The value"),
        ],
        cardinality: Cardinality::OneByHistory,
        example: [
            "$ - remember(first)",
            r#"[{"t":1,"d":3},{"t":2,"d":10}]"#,
            r#"[{"t":1,"d":0},{"t":2,"d":7}]"#,
        ],
        build: |arguments| {
            let (condition, value) = (arguments.expression(0), arguments.expression(1));
            let ahead = condition.ahead().max(value.ahead());
            let state = (condition, value, None::<Point>);
            Ok(map_each(ahead, state, |(condition, value, remembered), window, meter| {
                let truth = condition.holds(window, "remember", meter)?;
                let value = value.point(window, meter)?;
                match remembered {
                    Some(remembered) if !truth => Ok(remembered.clone()),
                    _ => {
                        meter.replace(remembered.as_ref().map(|point| &point.d), &value.d)?;
                        Ok(remembered.insert(value).clone())
                    }
                }
            }))
        },
    },
];

#[derive(Debug, Clone)]
struct While {
    condition: Expression,
    script: Template,
    /// The current run.
    instance: Option<Instance>,
}

impl Fanout for While {
    fn push(
        &mut self,
        window: &[Point],
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        if !self.condition.holds(window, "while", meter)? {
            self.end(sink, meter)?;
        }
        let instance = self.script.get_or_start(&mut self.instance, meter)?;
        instance.push(window[0].clone(), meter)
    }

    fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
        let Some(instance) = self.instance.take() else { return Ok(()) };
        match instance.end(meter)? {
            Some(point) => sink(point, meter),
            None => Ok(()),
        }
    }

    fn ahead(&self) -> usize {
        self.condition.ahead()
    }

    fn copy(&self) -> Box<dyn Fanout> {
        Box::new(self.clone())
    }
}

/// Measures how long the data stays true, or false.
#[derive(Debug, Clone)]
struct TruthDuration {
    wanted: bool,
    /// The time of the first datapoint with the wanted value, if the last datapoint has it.
    since: Option<f64>,
    /// The time of the last datapoint with the wanted value, if it is not the first one.
    last: Option<f64>,
}

impl TruthDuration {
    fn of(wanted: bool) -> Self {
        Self { wanted, since: None, last: None }
    }
}

impl Fanout for TruthDuration {
    fn push(
        &mut self,
        window: &[Point],
        sink: Sink<'_>,
        meter: &mut Meter,
    ) -> Result<(), RunError> {
        let Point { t, d } = &window[0];
        let stays = d.to_bool()? == self.wanted;
        match self.since {
            None if stays => (self.since, self.last) = (Some(*t), None),
            None => {}
            Some(_) if stays => self.last = Some(*t),
            Some(since) => {
                self.since = None;
                sink(Point::new(*t, t - since), meter)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, sink: Sink<'_>, meter: &mut Meter) -> Result<(), RunError> {
        // A period that consists of the last datapoint only has no length, and is not returned.
        match (self.since.take(), self.last) {
            (Some(since), Some(last)) => sink(Point::new(last, last - since), meter),
            _ => Ok(()),
        }
    }

    fn ahead(&self) -> usize {
        0
    }

    fn copy(&self) -> Box<dyn Fanout> {
        Box::new(self.clone())
    }
}
