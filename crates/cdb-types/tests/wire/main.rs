//! Tests of the wire format: recorded bodies of the original server, and round trips.

mod arrays;
mod names;
mod queries;
mod recorded;
mod round_trips;
mod schemas;
mod schemas_of_types;
