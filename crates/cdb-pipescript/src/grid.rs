//! The times of the rows of a table.

use cdb_types::CalendarStep;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// An iterator over the times of the rows of a table.
#[derive(Debug, Clone)]
pub struct Grid(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Even(Even),
    Calendar(Calendar),
}

/// The times t1, t1 + dt, t1 + 2 dt, … before t2.
#[derive(Debug, Clone)]
struct Even {
    t1: f64,
    t2: f64,
    dt: f64,
    step: f64,
    /// The time as a sum of steps, which determines where the grid ends.
    summed: f64,
}

/// A [`Grid`] is not valid. The messages are those of the original server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// The end is less than one step after the start, or a number is not finite.
    #[error("Tdataset range invalid")]
    Range,
    /// The grid has too many times, or too short a step.
    #[error(
        "To avoid abuse, Tdataset is limited to a max of 10000000 datapoints with min dt 0.001000"
    )]
    TooMany,
    /// The time zone is not known.
    #[error("the time zone is not known; expected a name such as Europe/Berlin, or UTC")]
    Zone,
}

/// The largest number of times of a grid.
const MAX_TIMES: f64 = 1e7;

/// The shortest step, in seconds.
const MIN_STEP: f64 = 0.001;

impl Grid {
    /// Creates a grid from `t1`, inclusive, to `t2`, exclusive, with a step of `dt`. All are in
    /// seconds.
    ///
    /// # Errors
    /// Returns an error if one of them is not finite, if `t2` is less than one step after `t1`, if
    /// there are more than 10,000,000 steps, or if the step is shorter than a millisecond.
    pub fn new(t1: f64, t2: f64, dt: f64) -> Result<Self, GridError> {
        if t2 < t1 + dt || ![t1, t2, dt].into_iter().all(f64::is_finite) {
            return Err(GridError::Range);
        }
        if dt < MIN_STEP || (t2 - t1) / dt > MAX_TIMES {
            return Err(GridError::TooMany);
        }
        Ok(Self(Kind::Even(Even { t1, t2, dt, step: 0.0, summed: t1 })))
    }

    /// Creates a grid of the midnights that begin a day, a week or a month in a time zone, from `t1`,
    /// exclusive, to `t2`, inclusive. Both are in seconds. Weeks begin on Mondays. Where the clock skips
    /// midnight, the first moment of the day takes its place.
    ///
    /// ```
    /// use cdb_pipescript::Grid;
    /// use cdb_types::CalendarStep;
    /// // 1970 from its beginning to the end of March.
    /// let months = Grid::calendar(0.0, 90.0 * 86400.0, CalendarStep::Month, "UTC")?;
    /// assert_eq!(months.map(|t| t / 86400.0).collect::<Vec<_>>(), [31.0, 59.0, 90.0]);
    /// # Ok::<(), cdb_pipescript::GridError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if `t1` or `t2` is not finite or has no date, if `t2` is before `t1`, or if the
    /// time zone is not known.
    pub fn calendar(t1: f64, t2: f64, step: CalendarStep, zone: &str) -> Result<Self, GridError> {
        if !t1.is_finite() || !t2.is_finite() || t2 < t1 {
            return Err(GridError::Range);
        }
        let zone = match zone {
            "UTC" => TimeZone::UTC,
            zone => TimeZone::get(zone).map_err(|_| GridError::Zone)?,
        };
        let at = SignedDuration::try_from_secs_f64(t1).and_then(Timestamp::from_duration);
        let date = at.map_err(|_| GridError::Range)?.to_zoned_datetime(zone.clone()).date();
        // The beginning of the step in which `t1` lies. It is not after `t1`, and thus left out.
        let next = match step {
            CalendarStep::Month => Ok(date.first_of_month()),
            CalendarStep::Week => {
                date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
            }
            _ => Ok(date),
        };
        let next = Some(next.map_err(|_| GridError::Range)?);
        Ok(Self(Kind::Calendar(Calendar { zone, step, next, last: t1, t2 })))
    }
}

/// The midnights after `last`, up to `t2`.
#[derive(Debug, Clone)]
struct Calendar {
    zone: TimeZone,
    step: CalendarStep,
    /// The next date that begins a step; `None` after the last date that there is.
    next: Option<Date>,
    last: f64,
    t2: f64,
}

impl Iterator for Calendar {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        loop {
            let date = self.next?;
            let span = match self.step {
                CalendarStep::Week => 1.week(),
                CalendarStep::Month => 1.month(),
                _ => 1.day(),
            };
            self.next = date.checked_add(span).ok();
            let midnight = date.at(0, 0, 0, 0).to_zoned_datetime(self.zone.clone()).ok()?;
            let t = midnight.timestamp().as_duration().as_secs_f64();
            if t > self.t2 {
                self.next = None;
            } else if t > self.last {
                self.last = t;
                return Some(t);
            }
            // Otherwise it is not after the start, or the zone has skipped the whole day, so that the
            // next date begins at the same moment.
        }
    }
}

impl Iterator for Grid {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        match &mut self.0 {
            Kind::Even(times) => times.next(),
            Kind::Calendar(times) => times.next(),
        }
    }
}

impl Iterator for Even {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        // The sum of steps accumulates rounding errors, so the time is a product. As in the
        // original, the sum determines where the grid ends.
        let t = (self.summed < self.t2).then_some(self.t1 + self.step * self.dt);
        self.step += 1.0;
        self.summed += self.dt;
        t
    }
}
