//! Pseudorandom numbers that can be repeated.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// A pseudorandom number generator with a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct SeededRng(u64);

impl SeededRng {
    /// A generator with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator with the seed in the environment variable `CDB_SEED`, or with a random one if it
    /// is not set. Prints the seed, so that it is part of the output of a test that fails.
    #[must_use]
    pub fn from_environment() -> Self {
        let given = std::env::var("CDB_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(()));
        println!("CDB_SEED={seed}");
        Self(seed)
    }

    /// A generator for another task, seeded by this one.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// The next number, in a range that must not be empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
