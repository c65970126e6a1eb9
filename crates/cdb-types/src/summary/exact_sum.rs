//! Sums of floats without rounding errors.

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
