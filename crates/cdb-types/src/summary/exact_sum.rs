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
    /// Floats whose sum is the exact one (J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic,
    /// 1997). Their bits do not overlap; they are in ascending order of their size, and none is zero.
    parts: Vec<f64>,
    /// What is not finite, or has become so; otherwise 0.
    special: f64,
}

/// Sums are equal if their values are.
impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        self.value().to_bits() == other.value().to_bits()
    }
}

impl ExactSum {
    /// Adds a number. Beyond the range of a float, the sum is infinite.
    pub fn add(&mut self, number: f64) {
        if !number.is_finite() {
            self.special += number;
            return;
        }
        let mut carried = number;
        let mut kept = 0;
        for i in 0..self.parts.len() {
            let (sum, error) = two_sum(carried, self.parts[i]);
            if error != 0.0 {
                self.parts[kept] = error;
                kept += 1;
            }
            carried = sum;
        }
        self.parts.truncate(kept);
        if !carried.is_finite() {
            self.special += carried;
            self.parts.clear();
        } else if carried != 0.0 {
            self.parts.push(carried);
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
        other.parts.iter().for_each(|part| self.add(*part));
    }

    /// Returns the float that is nearest to the sum; the even one of two that are equally near.
    #[must_use]
    pub fn value(&self) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        let mut parts = self.parts.iter().rev().copied();
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

    /// Returns floats whose sum is this one, with which [`from_parts`](Self::from_parts) makes it
    /// again: usually not more than three.
    #[must_use]
    pub fn parts(&self) -> Vec<f64> {
        if self.special != 0.0 { vec![self.special] } else { self.parts.clone() }
    }

    /// Returns the sum of some floats.
    #[must_use]
    pub fn from_parts(parts: &[f64]) -> Self {
        parts.iter().copied().collect()
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
