//! Transforms of the timestamp to dates and times in a time zone.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use super::ArgumentKind::Constant;
use super::{Argument, Arguments, Cardinality, Transform, map_each};
use crate::error::RunError;
use crate::node::Part;
use crate::point::Point;
use crate::value::Value;

const ZONE: Argument = Argument::optional(
    Constant,
    "\"Local\"",
    "The time zone: a name such as Europe/Berlin, UTC, or Local for that of the machine that runs the script",
);

const FIRST: Date = jiff::civil::date(1970, 1, 1);

/// Weeks begin on Mondays.
const FIRST_MONDAY: Date = jiff::civil::date(1970, 1, 5);

/// Defines a transform that computes a value from the date and time in a time zone.
macro_rules! moment {
    ($name:literal, $description:literal, [$t:literal => $d:literal], $value:expr) => {
        Transform {
            name: $name,
            description: $description,
            arguments: &[ZONE],
            cardinality: Cardinality::OneByDatapoint,
            example: [
                concat!($name, "('UTC')"),
                concat!(r#"[{"t":"#, $t, r#","d":0}]"#),
                concat!(r#"[{"t":"#, $t, r#","d":"#, $d, "}]"),
            ],
            build: |arguments| moment(arguments, $value),
        }
    };
}

pub(super) const TRANSFORMS: &[Transform] = &[
    moment!("year", "The year", ["1464250199.934" => "2016"], |at| Ok(whole(at.year()))),
    moment!(
        "month",
        "The number of the month: 1 is January 1970",
        ["1464250199.934" => "557"],
        |at| Ok(whole(12 * (i32::from(at.year()) - 1970) + i32::from(at.month())))
    ),
    moment!(
        "week",
        "The number of the week: 0 is the week of Monday 5 January 1970, earlier weeks are negative. A week begins on Monday at midnight in the time zone",
        ["1464250199.934" => "2420"],
        |at| Ok(whole(days(FIRST_MONDAY, at.date()).div_euclid(7)))
    ),
    moment!(
        "day",
        "The number of the day: 0 is 1 January 1970, earlier days are negative. A day begins at midnight in the time zone, also during daylight saving time",
        ["1464250199.934" => "16947"],
        |at| Ok(whole(days(FIRST, at.date())))
    ),
    moment!(
        "hour",
        "The number of the hour on a clock in the time zone: 24 times the number of the day, plus the hour of the day. An hour that the clock shows twice has one number; the number of an hour that it skips does not occur",
        ["1464250199.934" => "406736"],
        |at| Ok(whole(24 * days(FIRST, at.date()) + i32::from(at.hour())))
    ),
    moment!("yearmonth", "The name of the month", ["1464250199.934" => "\"May\""], |at| {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September",
            "October", "November", "December",
        ];
        Ok(names.get(usize::try_from(at.month() - 1).unwrap_or(0)).copied().unwrap_or("").into())
    }),
    moment!("weekday", "The name of the day of the week", ["1464250199.934" => "\"Thursday\""], |at| {
        Ok(match at.weekday() {
            Weekday::Monday => "Monday",
            Weekday::Tuesday => "Tuesday",
            Weekday::Wednesday => "Wednesday",
            Weekday::Thursday => "Thursday",
            Weekday::Friday => "Friday",
            Weekday::Saturday => "Saturday",
            Weekday::Sunday => "Sunday",
        }
        .into())
    }),
    moment!("yearday", "The day of the year, from 1", ["1464250199.934" => "147"], |at| {
        Ok(whole(at.day_of_year()))
    }),
    moment!("monthday", "The day of the month, from 1", ["1464250199.934" => "26"], |at| {
        Ok(whole(at.day()))
    }),
    moment!("dayhour", "The hour of the day, from 0", ["1464250199.934" => "8"], |at| {
        Ok(whole(at.hour()))
    }),
];

fn whole(number: impl Into<f64>) -> Value {
    Value::number(number.into())
}

fn moment(
    arguments: &mut Arguments<'_>,
    value: fn(&ZonedDateTime) -> Result<Value, RunError>,
) -> Result<Part, String> {
    let zone = zone(&arguments.text(0, "Local")?)?;
    Ok(map_each(0, (zone, value), |(zone, value), window, _| {
        let t = window[0].t;
        let beyond = |_| RunError::new(format!("There is no date for the timestamp {t}"));
        let duration = SignedDuration::try_from_secs_f64(t).map_err(beyond)?;
        let at = Timestamp::from_duration(duration).map_err(beyond)?;
        Ok(Point { t, d: value(&at.to_zoned_datetime(zone.clone()))? })
    }))
}

fn zone(name: &str) -> Result<TimeZone, String> {
    match name {
        "Local" => Ok(TimeZone::system()),
        "" | "UTC" => Ok(TimeZone::UTC),
        name => TimeZone::get(name).map_err(|_| format!("unknown time zone {name}")),
    }
}

/// Returns the number of days from one date to another, negative if the other is earlier.
fn days(from: Date, to: Date) -> i32 {
    // jiff's dates are between the years -9999 and 9999, which is less than 2^23 days.
    i32::try_from(to.duration_since(from).as_hours() / 24).unwrap_or_default()
}
