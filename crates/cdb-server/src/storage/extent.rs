//! Where an array begins and ends, and the three numbers by which its datapoints are counted.
//!
//! - Its *index* counts from the oldest datapoint that is kept, and has no gaps. Requests use it. It
//!   changes when older datapoints are deleted or inserted.
//! - Its *position* stays the same while only older datapoints change. The next datapoint to be appended
//!   gets the same position however many were deleted before. Messages to subscribers and conditional
//!   inserts use it, so that nothing is appended or delivered twice.
//! - Its *place* is where it is stored. Replacing a range moves the datapoints before or after it to other
//!   places, whichever are fewer.

use std::ops::Range;

/// Where an array begins and ends, at some moment.
///
/// While [`corrections`](Self::corrections) is the same, datapoints do not change their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The place of the oldest datapoint that is kept.
    pub(in crate::storage) first: u64,
    /// The place of the next datapoint to be appended.
    pub(in crate::storage) end: u64,
    /// How many ranges were replaced.
    pub(in crate::storage) corrections: u64,
    /// How many places the end is further than it would be if no range had been replaced.
    pub(in crate::storage) shift: i64,
}

impl Extent {
    /// Returns the number of datapoints.
    pub(crate) fn length(&self) -> u64 {
        self.end - self.first
    }

    /// Returns how many ranges were replaced.
    pub(crate) fn corrections(&self) -> u64 {
        self.corrections
    }

    /// Returns the position of the next datapoint to be appended.
    pub(crate) fn end_position(&self) -> u64 {
        self.position_of_place(self.end)
    }

    /// Returns the position of the datapoint at a place that was appended last, or is appended next.
    pub(in crate::storage) fn position_of_place(&self, place: u64) -> u64 {
        place.saturating_add_signed(-self.shift)
    }

    /// Returns the place that a position has, or would have.
    pub(in crate::storage) fn place_of_position(&self, position: u64) -> u64 {
        position.saturating_add_signed(self.shift)
    }

    /// Returns the indexes of the datapoints that have these positions. Some may not exist any more.
    pub(crate) fn indexes_of_positions(&self, positions: &Range<u64>) -> Range<u64> {
        let index = |position| {
            self.place_of_position(position).saturating_sub(self.first).min(self.length())
        };
        index(positions.start)..index(positions.end)
    }

    /// Returns the position after the datapoint before an index.
    pub(crate) fn position_of_index(&self, index: u64) -> u64 {
        self.position_of_place(self.first + index)
    }

    /// Returns the places of datapoints.
    pub(in crate::storage) fn places(&self, indexes: &Range<u64>) -> Range<u64> {
        self.first + indexes.start..self.first + indexes.end
    }

    /// Returns the indexes of datapoints of which at least the last one is kept.
    pub(in crate::storage) fn indexes(&self, places: &Range<u64>) -> Range<u64> {
        places.start.saturating_sub(self.first)..places.end.saturating_sub(self.first)
    }
}
