//! Steps of checking a value.

use std::ops::{Add, AddAssign};

/// Steps for one of the values within a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Steps {
    /// For the value itself.
    pub(super) value: u64,
    /// For each byte, if it is a string, and for each byte of its keys.
    pub(super) byte: u64,
    /// For each of its members.
    pub(super) member: u64,
}

impl Steps {
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            value: self.value.max(other.value),
            byte: self.byte.max(other.byte),
            member: self.member.max(other.member),
        }
    }
}

impl Add for Steps {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value.saturating_add(other.value),
            byte: self.byte.saturating_add(other.byte),
            member: self.member.saturating_add(other.member),
        }
    }
}

impl AddAssign for Steps {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
