//! What crosses the wire: as the original sends it, and back again.

mod arrays;
mod names;
mod queries;
mod recorded;
mod round_trips;
mod schemas;
