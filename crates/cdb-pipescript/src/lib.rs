//! PipeScript, the transform language of ConnectorDB. A script is a sequence of transforms, through
//! which datapoints pass from left to right.
//!
//! ```
//! use cdb_pipescript::{Point, Script};
//!
//! // The mean of the values above 5, as one datapoint.
//! let script = Script::parse("if $ > 5 | mean | if last")?;
//! let points = [(1.0, 3.0), (2.0, 10.0), (3.0, 6.0)].map(|(t, d)| Point::new(t, d));
//! let found: Vec<Point> = script.over(points).collect::<Result<_, _>>()?;
//! assert_eq!(found, [Point::new(3.0, 8.0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - A [`Script`] is parsed once. It runs over an iterator ([`Script::over`]) or a stream
//!   ([`Script::over_stream`]); or the caller pushes datapoints and pulls results
//!   ([`Script::start`]).
//! - A [`Value`] is a JSON value that is cheap to clone.
//! - [`transforms::all`] returns all transforms with their documentation.
//! - An [`Interpolator`] computes the values of a stream at given times: those of another stream's
//!   datapoints, or of a [`Grid`]. [`Columns`] combines several streams into rows.
//! - [`Merge`] combines several sequences into one.
//!
//! # The language
//! | script | result |
//! |---|---|
//! | `$` | the value of the current datapoint |
//! | `$("room")` | an element of an object |
//! | `$ * 1.8 + 32` | each value, converted |
//! | `if $ > 5` | the datapoints whose value is above 5 |
//! | `if $ > 5 \| count` | the output of one transform, passed to the next one |
//! | `$("tags"):length` | the same with `:`, which binds more tightly than operators |
//! | `{"x": $, "square": $ ^ 2}` | an object for each value |
//! | `map($("room"), $("temperature"):mean)` | one object: the mean temperature for each room |
//!
//! The comparison operators are `<`, `<=`, `>`, `>=`, `==` and `!=`; `and`, `or` and `not` combine
//! conditions. Operators convert their operands, so `1 == "1"` is true. The guide
//! `pipescript_by_example` of the crate `connectordb` has an example of every transform.
//!
//! Some messages and results are those of the *original server*; see
//! [`cdb_types`](cdb_types#two-servers).
//!
//! # Memory and time
//!
//! The memory of a script does not grow with the sequence, except where a transform has to
//! remember:
//!
//! - `map` and `imap` keep a run of their script for each key,
//! - `new` keeps every distinct value,
//! - `append` keeps its text,
//! - transforms that look ahead keep the datapoints up to the one that they look at.
//!
//! A [`Budget`] limits this memory, the steps of a run, and the length, nesting and regular
//! expressions of a script, so that untrusted scripts can be run. With the default budget, parsing
//! takes less than 50 ms.
//!
//! The crate does no I/O.

mod aggregate;
mod array;
mod budget;
mod error;
mod expression;
mod grid;
pub mod interpolators;
mod lexer;
mod merge;
mod node;
mod operator;
mod parser;
mod pipeline;
mod point;
mod script;
mod slice;
mod template;
pub mod transforms;
mod value;

pub use aggregate::Aggregate;
pub use array::{ArrayTransform, TransformError};
pub use budget::Budget;
pub use error::{ParseError, RunError};
pub use grid::{Grid, GridError};
pub use interpolators::{Column, Columns, Interpolator};
pub use merge::{Merge, earliest};
pub use point::Point;
pub use script::{Over, OverStream, Run, Script};
pub use slice::Numbers;
pub use value::{Array, Decimal, Number, Object, Value};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
