//! Sums of floats without rounding errors.

/// The number of bits of a float after the first one.
const MANTISSA_BITS: u32 = 52;

/// The first bit of a float, which is not stored.
const IMPLICIT_BIT: u64 = 1 << MANTISSA_BITS;

/// So many numbers are added as integers: 2^12 of at most 53 + 60 bits have 125 together.
const MAX_FIXED: usize = 4096;
const MAX_SHIFT: i32 = 60;

/// The exponents, as they are in the bits of floats, of which all parts of a sum are exact.
const FIXED_EXPONENTS: std::ops::RangeInclusive<i32> = 64..=1900;

/// A sum is divided into parts below this.
const PART: i128 = 1 << 50;

/// Numbers from this size on are summed by themselves, divided by [`HUGE_UNIT`], so that no sum of as many
/// numbers as can be counted is beyond the range of a float: 2^960 and 2^128.
const HUGE: f64 = f64::from_bits((1023 + 960) << MANTISSA_BITS);
const HUGE_UNIT: f64 = f64::from_bits((1023 + 128) << MANTISSA_BITS);

/// The exact sum of floats, rounded once when it is read.
///
/// The order in which numbers are added, and how they are divided into sums that are added to each
/// other, makes no difference.
///
/// ```
/// use cdb_types::summary::ExactSum;
/// let sum: ExactSum = [1e100, 0.1, 0.2, -1e100].into_iter().collect();
/// assert_eq!(sum.value(), 0.1 + 0.2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ExactSum {
    parts: Parts,
    /// The sum of the numbers from [`HUGE`] on, divided by [`HUGE_UNIT`].
    huge: Parts,
    /// The sum of what is not finite; 0 if there is nothing.
    special: f64,
}

/// Sums are equal if their values are.
impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        self.value().to_bits() == other.value().to_bits()
    }
}

/// Floats whose sum is an exact one (J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997). Their
/// bits do not overlap; they are in ascending order of their size, and none is zero.
#[derive(Debug, Clone, Default)]
struct Parts(Vec<f64>);

impl Parts {
    fn add(&mut self, number: f64) {
        let (mut carried, mut kept) = (number, 0);
        for i in 0..self.0.len() {
            let (sum, error) = two_sum(carried, self.0[i]);
            if error != 0.0 {
                self.0[kept] = error;
                kept += 1;
            }
            carried = sum;
        }
        self.0.truncate(kept);
        if carried != 0.0 {
            self.0.push(carried);
        }
    }

    /// Returns the float that is nearest to the sum; the even one of two that are equally near.
    fn value(&self) -> f64 {
        let mut parts = self.0.iter().rev().copied();
        let Some(mut sum) = parts.next() else { return 0.0 };
        let mut error = 0.0;
        for part in parts.by_ref() {
            (sum, error) = two_sum(sum, part);
            if error != 0.0 {
                break;
            }
        }
        // A half that was rounded to even is rounded the other way if what follows says so.
        if let Some(next) = parts.next()
            && (error < 0.0) == (next < 0.0)
        {
            let twice = 2.0 * error;
            let other = sum + twice;
            if twice == other - sum {
                return other;
            }
        }
        sum
    }
}

impl ExactSum {
    /// Adds a number.
    pub fn add(&mut self, number: f64) {
        if !number.is_finite() {
            self.special += number;
        } else if number.abs() >= HUGE {
            self.huge.add(number / HUGE_UNIT);
        } else {
            self.parts.add(number);
        }
    }

    /// Adds many numbers. If their sizes do not differ too much, this takes a fraction of the time.
    pub fn extend(&mut self, numbers: &[f64]) {
        for numbers in numbers.chunks(MAX_FIXED) {
            if !self.extend_fixed(numbers) {
                numbers.iter().for_each(|number| self.add(*number));
            }
        }
    }

    /// Adds numbers as integers of one unit, if all are exact multiples of it that fit.
    fn extend_fixed(&mut self, numbers: &[f64]) -> bool {
        // The exponents, as they are in the bits: those of zeros and of very small numbers are 0.
        let exponent = |number: &f64| (number.to_bits() >> MANTISSA_BITS) as i32 & 0x7ff;
        let (mut min, mut max) = (i32::MAX, 0);
        for number in numbers {
            let exponent = if *number == 0.0 { max } else { exponent(number) };
            (min, max) = (min.min(exponent), max.max(exponent));
        }
        if numbers.is_empty() || max == 0 {
            // Nothing but zeros, unless some are very small.
            return numbers.iter().all(|number| *number == 0.0);
        }
        min = min.max(max - MAX_SHIFT);
        if !FIXED_EXPONENTS.contains(&min) || !FIXED_EXPONENTS.contains(&max) {
            return false;
        }
        let mut sum = 0_i128;
        for number in numbers {
            let bits = number.to_bits();
            let shift = exponent(number) - min;
            if *number == 0.0 {
                continue;
            }
            if shift < 0 {
                return false;
            }
            let mantissa = (bits & (IMPLICIT_BIT - 1) | IMPLICIT_BIT) as i128;
            let shifted = mantissa << shift;
            sum += if number.is_sign_negative() { -shifted } else { shifted };
        }
        // In parts that are exact floats.
        let mut unit = f64::from_bits((min as u64) << MANTISSA_BITS) / IMPLICIT_BIT as f64;
        while sum != 0 {
            self.add((sum % PART) as f64 * unit);
            (sum, unit) = (sum / PART, unit * PART as f64);
        }
        true
    }

    /// Adds the numbers of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.special += other.special;
        other.parts.0.iter().for_each(|part| self.parts.add(*part));
        other.huge.0.iter().for_each(|part| self.huge.add(*part));
    }

    /// Returns the float that is nearest to the sum; the even one of two that are equally near. Beyond the
    /// range of a float it is infinite.
    #[must_use]
    pub fn value(&self) -> f64 {
        if self.huge.0.is_empty() { self.special + self.parts.value() } else { self.in_units(1.0) }
    }

    /// Returns the sum divided by a count: the mean of as many numbers.
    #[must_use]
    pub fn mean(&self, count: u64) -> f64 {
        let mean = self.value() / count as f64;
        // The sum alone may be beyond the range of a float.
        if mean.is_finite() || self.huge.0.is_empty() { mean } else { self.in_units(count as f64) }
    }

    /// Returns the sum divided by a number, if there are huge numbers: what they come to decides.
    fn in_units(&self, divisor: f64) -> f64 {
        let mut all = self.huge.clone();
        // Each by itself: their sum would be rounded before it is added.
        self.parts.0.iter().for_each(|part| all.add(part / HUGE_UNIT));
        self.special + all.value() / divisor * HUGE_UNIT
    }

    /// Returns floats with which [`from_parts`](Self::from_parts) makes the sum again: usually not more than
    /// three, all of them in the first list.
    #[must_use]
    pub fn parts(&self) -> [Vec<f64>; 2] {
        let mut parts = self.parts.0.clone();
        parts.extend(Some(self.special).filter(|special| *special != 0.0));
        [parts, self.huge.0.clone()]
    }

    /// Returns the sum with these [`parts`](Self::parts).
    #[must_use]
    pub fn from_parts([parts, huge]: &[Vec<f64>; 2]) -> Self {
        let mut sum = Self::default();
        for part in parts {
            // The sum of many may be huge without one of them that is.
            if part.is_finite() { sum.parts.add(*part) } else { sum.special += part }
        }
        huge.iter().for_each(|part| sum.huge.add(*part));
        sum
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut sum = Self::default();
        numbers.into_iter().for_each(|number| sum.add(number));
        sum
    }
}

/// Returns the sum of two floats, and what its rounding has lost (D. E. Knuth, The Art of Computer
/// Programming, volume 2, 4.2.2). It has no branch, whichever is larger.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let error = (a - (sum - b_part)) + (b - b_part);
    (sum, error)
}
