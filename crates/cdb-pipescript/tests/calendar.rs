//! Days, weeks and hours follow the calendar and the clock of their time zone.

use cdb_pipescript::{Grid, GridError, Point, Script};
use cdb_types::CalendarStep;
use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// Returns the result of a script for a datapoint at a time in seconds since 1970.
fn at(script: &str, t: f64) -> f64 {
    let script = Script::parse(script).expect("a script");
    let point = script.over([Point::new(t, 0.0)]).next().expect("a datapoint");
    point.expect("a value").d.as_number().expect("a number")
}

/// Converts a date and time in a zone to seconds since 1970.
fn seconds(zone: &str, local: DateTime) -> f64 {
    let zone = TimeZone::get(zone).expect("a zone");
    let at = local.to_zoned_datetime(zone).expect("a moment");
    at.timestamp().as_duration().as_secs_f64()
}

#[test]
fn a_day_begins_at_midnight_in_summer_time() {
    let midnight = seconds("Europe/Berlin", date(2024, 7, 2).at(0, 0, 0, 0));
    let day = |t| at("day('Europe/Berlin')", t);
    assert_eq!(day(midnight) - day(midnight - 1.0), 1.0);
    assert_eq!(day(midnight + 3600.0), day(midnight));
    // 19,905 days lie between 1970-01-01 and 2024-07-01.
    assert_eq!(day(midnight - 1.0), 19_905.0);
}

#[test]
fn a_week_begins_on_monday_at_midnight() {
    let monday = seconds("Europe/Berlin", date(2024, 7, 1).at(0, 0, 0, 0));
    let week = |t| at("week('Europe/Berlin')", t);
    assert_eq!(week(monday) - week(monday - 1.0), 1.0);
    assert_eq!(week(monday + 6.0 * 86400.0), week(monday));
    let first = seconds("Europe/Berlin", date(1970, 1, 5).at(0, 0, 0, 0));
    assert_eq!((week(first), week(first - 1.0)), (0.0, -1.0));
}

#[test]
fn an_hour_begins_with_the_clock_of_its_time_zone() {
    // UTC+05:45 today, UTC+05:30 in 1970.
    let hour = |t| at("hour('Asia/Kathmandu')", t);
    let three = seconds("Asia/Kathmandu", date(2024, 7, 2).at(3, 0, 0, 0));
    assert_eq!(hour(three) - hour(three - 1.0), 1.0);
    assert_eq!(hour(three + 3599.0), hour(three));
    assert_eq!(hour(three), 24.0 * 19_906.0 + 3.0);
}

#[test]
fn an_hour_that_the_clock_shows_twice_has_one_number() {
    let hour = |t| at("hour('Europe/Berlin')", t);
    // Clocks go back from 03:00 to 02:00 on 27 October 2024.
    let one = seconds("Europe/Berlin", date(2024, 10, 27).at(1, 0, 0, 0));
    let hours: Vec<f64> = (0..4).map(|n| hour(one + 3600.0 * f64::from(n)) - hour(one)).collect();
    assert_eq!(hours, [0.0, 1.0, 1.0, 2.0]);
    // They go on from 02:00 to 03:00 on 31 March 2024.
    let one = seconds("Europe/Berlin", date(2024, 3, 31).at(1, 0, 0, 0));
    let hours: Vec<f64> = (0..3).map(|n| hour(one + 3600.0 * f64::from(n)) - hour(one)).collect();
    assert_eq!(hours, [0.0, 2.0, 3.0]);
    // Such days have 25 and 23 hours, and are one day.
    let day = |t| at("day('Europe/Berlin')", t);
    let midnight = seconds("Europe/Berlin", date(2024, 10, 27).at(0, 0, 0, 0));
    assert_eq!(day(midnight + 25.0 * 3600.0 - 1.0), day(midnight));
    assert_eq!(day(midnight + 25.0 * 3600.0), day(midnight) + 1.0);
}

#[test]
fn numbers_before_1970_are_negative() {
    for (script, values) in [
        ("day('UTC')", [0.0, -1.0, -1.0, -2.0]),
        ("hour('UTC')", [0.0, -1.0, -24.0, -25.0]),
        ("week('UTC')", [-1.0, -1.0, -1.0, -1.0]),
    ] {
        let found = [0.0, -0.5, -86_400.0, -86_400.5].map(|t| at(script, t));
        assert_eq!(found, values, "{script}");
    }
    assert_eq!(at("week('UTC')", -3.0 * 86_400.0 - 1.0), -2.0);
}

const ZONES: [&str; 10] = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "America/Scoresbysund",
];

/// From 1900 to 2100.
const TIMES: std::ops::Range<i64> = -2_208_988_800..4_102_444_800;

proptest! {
    #[test]
    fn the_day_changes_exactly_when_the_date_does(
        zone in prop::sample::select(&ZONES[..]),
        start in TIMES,
        // Two moments are often within a day of one another, sometimes far apart.
        step in prop_oneof![0_i64..100_000, 0_i64..100_000_000],
    ) {
        let tz = TimeZone::get(zone).expect("a zone");
        let date = |t: i64| {
            let moment = Timestamp::from_second(t).expect("a moment");
            moment.to_zoned_datetime(tz.clone()).date()
        };
        #[allow(clippy::cast_precision_loss, reason = "seconds are exact")]
        let number = |unit: &str, t: i64| at(&format!("{unit}('{zone}')"), t as f64);
        let (earlier, later) = (start, start + step);
        let days = date(later).duration_since(date(earlier)).as_hours() / 24;
        #[allow(clippy::cast_precision_loss, reason = "few days")]
        let days = days as f64;
        prop_assert_eq!(number("day", later) - number("day", earlier), days);
        // Hours and weeks are those of the day.
        let (hour, day) = (number("hour", later), number("day", later));
        prop_assert_eq!((hour / 24.0).floor(), day);
        prop_assert_eq!(hour - 24.0 * day, number("dayhour", later));
        prop_assert_eq!(((day - 4.0) / 7.0).floor(), number("week", later));
    }
}

/// Returns the times of a grid as local dates and times.
fn grid(zone: &str, from: DateTime, to: DateTime, step: CalendarStep) -> Vec<String> {
    let grid = Grid::calendar(seconds(zone, from), seconds(zone, to), step, zone).expect("a grid");
    let zone = TimeZone::get(zone).expect("a zone");
    let local = |t: f64| {
        let at = Timestamp::from_second(t as i64).expect("a time").to_zoned_datetime(zone.clone());
        at.datetime().to_string()
    };
    grid.map(local).collect()
}

#[test]
fn a_grid_of_days_has_each_midnight_after_the_start_up_to_the_end() {
    // On 30 and 31 March the offset to UTC is not the same.
    let midnight = |day| date(2024, 3, day).at(0, 0, 0, 0);
    let days = grid(
        "Europe/Berlin",
        midnight(29),
        midnight(1).with().month(4).build().expect("a date"),
        CalendarStep::Day,
    );
    assert_eq!(days, ["2024-03-30T00:00:00", "2024-03-31T00:00:00", "2024-04-01T00:00:00"]);
    let noon = date(2024, 3, 29).at(12, 0, 0, 0);
    let days = grid("Europe/Berlin", noon, date(2024, 3, 30).at(23, 59, 59, 0), CalendarStep::Day);
    assert_eq!(days, ["2024-03-30T00:00:00"]);
    assert!(grid("Europe/Berlin", noon, noon, CalendarStep::Day).is_empty());
}

#[test]
fn a_grid_of_weeks_has_mondays_and_one_of_months_has_first_days() {
    let (from, to) = (date(2024, 1, 31).at(5, 0, 0, 0), date(2024, 3, 1).at(0, 0, 0, 0));
    let weeks = grid("America/New_York", from, to, CalendarStep::Week);
    let mondays = ["02-05", "02-12", "02-19", "02-26"].map(|day| format!("2024-{day}T00:00:00"));
    assert_eq!(weeks, mondays);
    let months = grid("America/New_York", from, to, CalendarStep::Month);
    assert_eq!(months, ["2024-02-01T00:00:00", "2024-03-01T00:00:00"]);
}

#[test]
fn a_grid_skips_what_the_clock_skips() {
    // There was no midnight on this day, and no 30 December in Samoa.
    let days = grid(
        "America/Sao_Paulo",
        date(2018, 11, 3).at(12, 0, 0, 0),
        date(2018, 11, 5).at(0, 0, 0, 0),
        CalendarStep::Day,
    );
    assert_eq!(days, ["2018-11-04T01:00:00", "2018-11-05T00:00:00"]);
    let days = grid(
        "Pacific/Apia",
        date(2011, 12, 28).at(12, 0, 0, 0),
        date(2012, 1, 1).at(0, 0, 0, 0),
        CalendarStep::Day,
    );
    assert_eq!(days, ["2011-12-29T00:00:00", "2011-12-31T00:00:00", "2012-01-01T00:00:00"]);
}

#[test]
fn a_grid_needs_a_zone_and_times_with_dates() {
    let grid = |t1, t2, zone| Grid::calendar(t1, t2, CalendarStep::Day, zone).map(Iterator::count);
    assert_eq!(grid(0.0, 1.0, "Mars/Olympus"), Err(GridError::Zone));
    assert_eq!(grid(1.0, 0.0, "UTC"), Err(GridError::Range));
    assert_eq!(grid(0.0, f64::NAN, "UTC"), Err(GridError::Range));
    assert_eq!(grid(1e300, 2e300, "UTC"), Err(GridError::Range));
    // It ends with the last date that there is.
    assert_eq!(grid(253_402_000_000.0, 1e300, "UTC"), Ok(2));
}
