//! Parsing the times in files.

use std::fmt;

use clap::ValueEnum;
use jiff::ZonedDateTime;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::When;
use super::place::start_of;
use crate::times::seconds_of;

/// The first second of the year 10,000. This time and later ones cannot be stored, nor those as far
/// before 1970.
const END_OF_TIMES: f64 = 253_402_300_800.0;

/// Numbers that would be earlier than these times, in seconds since 1970, are ambiguous. Seconds
/// before 1973 may be a date or a time since the start of a recording; other units before 1989 may
/// count from another year than 1970.
const EARLIEST_SECONDS: f64 = 1e8;
const EARLIEST_OTHERS: f64 = 6e8;

/// The unit of times that are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Unit {
    S,
    Ms,
    Us,
    Ns,
}

impl Unit {
    /// The unit in which a number is a time between 1973 and 5138, or seconds if the number is
    /// smaller.
    fn of(number: f64) -> Self {
        match number.abs() {
            ..1e11 => Self::S,
            ..1e14 => Self::Ms,
            ..1e17 => Self::Us,
            _ => Self::Ns,
        }
    }

    /// The value of `--time-unit` for this unit.
    fn flag(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::Ms => "ms",
            Self::Us => "us",
            Self::Ns => "ns",
        }
    }

    /// The number of decimal places by which the unit is smaller than a second.
    fn places(self) -> usize {
        match self {
            Self::S => 0,
            Self::Ms => 3,
            Self::Us => 6,
            Self::Ns => 9,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S => "seconds",
            Self::Ms => "milliseconds",
            Self::Us => "microseconds",
            Self::Ns => "nanoseconds",
        })
    }
}

/// Parses the times of one input.
#[derive(Debug)]
pub(super) struct TimeParser {
    format: Option<String>,
    given_unit: Option<Unit>,
    zone: TimeZone,
    /// The time that numbers count from, if not 1970.
    start: Option<f64>,
    /// The unit detected from the first number.
    unit: Option<Unit>,
    /// Whether the input has a time without an offset.
    used_zone: bool,
    /// Whether the input has a local time that occurs twice.
    used_fold: bool,
}

impl TimeParser {
    pub(super) fn new(format: Option<String>, unit: Option<Unit>, zone: TimeZone) -> Self {
        Self {
            format,
            given_unit: unit,
            zone,
            start: None,
            unit: None,
            used_zone: false,
            used_fold: false,
        }
    }

    /// Sets the time that numbers count from.
    pub(super) fn starting_at(self, start: Option<f64>) -> Self {
        Self { start, ..self }
    }

    /// What was assumed about the times, as messages for the user.
    pub(super) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let (Some(unit), None) = (self.unit, self.given_unit) {
            notices.push(format!(
                "numbers are read as Unix times in {unit}; give --time-unit if they are not"
            ));
        }
        if self.used_zone {
            notices.push(format!(
                "times without an offset are read in the time zone {}; give --zone if they are in \
                 another one",
                self.zone_name()
            ));
        }
        if self.used_fold {
            notices.push(
                "some local times occur twice because clocks were set back; they are read in the \
                 order of the input"
                    .into(),
            );
        }
        notices
    }

    /// Parses the time of a datapoint of the protocol, which is in seconds unless options say
    /// otherwise.
    pub(super) fn parse_protocol(&mut self, number: &str) -> Result<When, String> {
        if self.format.is_some() || self.start.is_some() {
            return self.parse(number);
        }
        let t = scaled(number, self.given_unit.unwrap_or(Unit::S));
        checked(number, When::At(t.ok_or_else(|| not_a_time(number))?))
    }

    /// Parses a time in any of the supported forms.
    pub(super) fn parse(&mut self, text: &str) -> Result<When, String> {
        let text = text.trim();
        let when = match &self.format {
            Some(format) => {
                let format = format.clone();
                self.parse_with(&format, text)?
            }
            None if text.parse::<f64>().is_ok() => When::At(self.parse_number(text)?),
            None => self.parse_date(text)?,
        };
        checked(text, when)
    }

    fn parse_number(&mut self, text: &str) -> Result<f64, String> {
        if let Some(start) = self.start {
            let elapsed = scaled(text, self.given_unit.unwrap_or(Unit::S));
            return elapsed.map(|elapsed| start + elapsed).ok_or_else(|| not_a_time(text));
        }
        if let Some(unit) = self.given_unit {
            return scaled(text, unit).ok_or_else(|| not_a_time(text));
        }
        let number: f64 = text.parse().map_err(|_| not_a_time(text))?;
        if number == 0.0 || !number.is_finite() {
            return Ok(number);
        }
        let unit = Unit::of(number);
        let t = scaled(text, unit).ok_or_else(|| not_a_time(text))?;
        let earliest = if unit == Unit::S { EARLIEST_SECONDS } else { EARLIEST_OTHERS };
        if may_be_a_date(text) || t.abs() < earliest {
            return Err(format!(
                "{text:?} may be a date, a Unix time or a time since the start of a recording: give \
                 --time-format (such as {}), --time-unit or --start",
                if text.len() == 4 { "%Y" } else { "%Y%m%d" }
            ));
        }
        match self.unit {
            Some(previous) if previous != unit => Err(format!(
                "{text} looks like a Unix time in {unit}, but earlier times are in {previous}; give \
                 --time-unit"
            )),
            _ => {
                self.unit = Some(unit);
                Ok(t)
            }
        }
    }

    /// Parses RFC 3339 and common variants of it.
    fn parse_date(&mut self, text: &str) -> Result<When, String> {
        let normal = normal(text);
        if let Ok(time) = normal.parse::<ZonedDateTime>() {
            return Ok(When::At(seconds_of(time.timestamp())));
        }
        if let Ok(time) = normal.parse::<jiff::Timestamp>() {
            return Ok(When::At(seconds_of(time)));
        }
        if normal.contains('[') {
            return Err(not_a_time(text));
        }
        if let Ok(date) = Date::strptime("%Y-%m-%d", &normal) {
            return self.start_of_day(text, date);
        }
        match normal.parse::<DateTime>() {
            Ok(time) => self.local(text, time),
            Err(_) => Err(not_a_time(text)),
        }
    }

    /// Parses a time in the format of `--time-format`.
    fn parse_with(&mut self, format: &str, text: &str) -> Result<When, String> {
        let wrong = |error: jiff::Error| {
            format!("{} does not match --time-format {format:?}: {error}", start_of(text))
        };
        let parsed = strtime::parse(format, text).map_err(wrong)?;
        if parsed.iana_time_zone().is_some() {
            return Ok(When::At(seconds_of(
                parsed.to_zoned_datetime().map_err(wrong)?.timestamp(),
            )));
        }
        if parsed.offset().is_some() || parsed.timestamp().is_some() {
            return Ok(When::At(seconds_of(parsed.to_timestamp().map_err(wrong)?)));
        }
        let has_time =
            [parsed.hour(), parsed.minute(), parsed.second()].iter().any(Option::is_some);
        if has_time {
            return self.local(text, parsed.to_datetime().map_err(wrong)?);
        }
        let has_day = parsed.day().is_some()
            || parsed.day_of_year().is_some()
            || parsed.weekday().is_some()
            || parsed.sunday_based_week().is_some()
            || parsed.monday_based_week().is_some()
            || parsed.iso_week().is_some();
        let date = match parsed.year() {
            // A month or a year without a day means its first day.
            Some(year) if !has_day => Date::new(year, parsed.month().unwrap_or(1), 1),
            _ => parsed.to_date(),
        };
        self.start_of_day(text, date.map_err(wrong)?)
    }

    /// The time of a date without a time of day: the start of the day in the zone.
    fn start_of_day(&mut self, text: &str, date: Date) -> Result<When, String> {
        self.used_zone = true;
        let start = date.to_zoned_datetime(self.zone.clone()).map_err(|_| not_a_time(text))?;
        Ok(When::At(seconds_of(start.timestamp())))
    }

    /// The time of a local time in the zone. When clocks are set back, a local time occurs twice;
    /// which occurrence is meant depends on the order of the input.
    fn local(&mut self, text: &str, time: DateTime) -> Result<When, String> {
        self.used_zone = true;
        let at = |offset: jiff::tz::Offset| {
            let time = offset.to_timestamp(time).map_err(|_| not_a_time(text))?;
            Ok::<_, String>(seconds_of(time))
        };
        match self.zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => Ok(When::At(at(offset)?)),
            AmbiguousOffset::Gap { .. } => Err(format!(
                "{} does not exist in the time zone {} because clocks were set forward; give --zone \
                 if times are in another one",
                start_of(text),
                self.zone_name()
            )),
            AmbiguousOffset::Fold { before, after } => {
                self.used_fold = true;
                Ok(When::Repeated { first: at(before)?, second: at(after)? })
            }
        }
    }

    fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("of this machine")
    }
}

/// Refuses a time that cannot be stored.
fn checked(text: &str, when: When) -> Result<When, String> {
    let (When::At(t) | When::Repeated { first: t, .. }) = when else { return Ok(when) };
    if !t.is_finite() {
        return Err(not_a_time(text));
    }
    if t.abs() >= END_OF_TIMES {
        let too_far = format!("{text} is too far from 1970 to be stored");
        return Err(match Unit::of(t) {
            Unit::S => too_far,
            unit => format!("{too_far}; if it is in {unit}, give --time-unit {}", unit.flag()),
        });
    }
    if t == 0.0 {
        return Err(format!(
            "{} is 0 seconds since 1970, which the protocol reads as the present; if times count from \
             the start of a recording, give its time with --start",
            start_of(text)
        ));
    }
    Ok(when)
}

fn not_a_time(text: &str) -> String {
    format!("{} is not a date; expected RFC 3339, a Unix time, or --time-format", start_of(text))
}

/// Whether digits may be a year, or a date with or without a time of day.
fn may_be_a_date(text: &str) -> bool {
    // The seconds of a time of day may have a fraction.
    let text = text.split('.').next().unwrap_or(text);
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let is_year = part(0..4).is_some_and(|year| (1900..2100).contains(&year));
    let is_month = part(4..6).is_some_and(|month| (1..=12).contains(&month));
    let is_day = part(6..8).is_some_and(|day| (1..=31).contains(&day));
    match text.len() {
        4 => is_year,
        6 => is_year && is_month,
        8 | 10 | 12 | 14 | 17 => is_year && is_month && is_day,
        _ => false,
    }
}

/// Converts a decimal number of a unit to seconds, as the nearest float. The decimal point is moved
/// in the text, because a division would round twice.
fn scaled(text: &str, unit: Unit) -> Option<f64> {
    if unit == Unit::S {
        return text.parse().ok();
    }
    let exponent = text.find(['e', 'E']);
    let (digits, exponent) = match exponent {
        Some(place) => (&text[..place], text[place + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let exponent = exponent.checked_sub(i32::try_from(unit.places()).ok()?)?;
    format!("{digits}e{exponent}").parse().ok()
}

/// The time in the form of RFC 3339: without a blank before the offset, and with `Z` for `UTC` and
/// `GMT`.
fn normal(text: &str) -> String {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    for name in ["UTC", "GMT"] {
        if let Some(time) = upper.strip_suffix(name) {
            return format!("{}Z", text[..time.len()].trim_end());
        }
    }
    match text.rsplit_once(' ') {
        Some((time, offset)) if offset.starts_with(['+', '-']) || offset == "Z" => {
            format!("{}{offset}", time.trim_end())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::{Order, Times};
    use super::super::place::Place;
    use super::*;

    fn parser() -> TimeParser {
        TimeParser::new(None, None, TimeZone::UTC)
    }

    fn parse(text: &str) -> Result<f64, String> {
        parser().parse(text).map(seconds)
    }

    fn seconds(when: When) -> f64 {
        match when {
            When::At(t) => t,
            other => panic!("{other:?} is not a single time"),
        }
    }

    /// The times of a file in the zone, in the order of the file.
    fn in_order(zone: &str, texts: &[String]) -> Vec<f64> {
        let zone = TimeZone::get(zone).expect("a zone");
        let (mut times, mut order) = (TimeParser::new(None, None, zone), Order::default());
        let mut time =
            |text: &String| order.note(times.parse(text).expect("a time"), Place::Line(1));
        let both: Vec<_> = texts.iter().map(&mut time).collect();
        let is_descending = order.descends().expect("an order");
        let time = |times: &Times| if is_descending { times.descending } else { times.ascending };
        both.iter().map(time).collect()
    }

    #[test]
    fn close_variants_of_rfc_3339_are_dates() {
        let expected = Ok(1_613_684_783.0);
        for text in [
            "2021-02-18T21:46:23Z",
            "2021-02-18 21:46:23 UTC",
            "2021-02-18 21:46:23UTC",
            "2021-02-18 22:46:23 +0100",
            "2021-02-18 22:46:23 +01:00",
            "2021-02-18T21:46:23",
            " 2021-02-18 21:46:23 ",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("2021-02-18"), Ok(1_613_606_400.0));
        assert_eq!(parse("2013-03-01T05:17:41.002Z"), Ok(1_362_115_061.002));
    }

    #[test]
    fn units_are_found_and_kept() {
        assert_eq!(parse("1718444200.25"), Ok(1_718_444_200.25));
        assert_eq!(parse("1718444200123"), Ok(1_718_444_200.123));
        assert_eq!(parse("1718444200123456"), Ok(1_718_444_200.123_456));
        assert_eq!(parse("1718444200123456789"), Ok(1_718_444_200.123_456_8));
        let mut times = parser();
        assert!(times.parse("1718444200123").is_ok());
        assert!(times.parse("1718444200").is_err_and(|error| error.contains("--time-unit")));
        assert!(times.notices()[0].contains("milliseconds"));
    }

    #[test]
    fn digits_that_may_be_a_date_are_refused() {
        for text in [
            "2025",
            "202506",
            "20250601",
            "2025060112",
            "20250601120000",
            "20250601120000.5",
            "20250601120000123",
            "45292.5",
            "250601",
            "0.1",
            "133497504000000000",
        ] {
            assert!(parse(text).is_err_and(|error| error.contains("--time-format")), "{text}");
        }
        assert!(parse("29/10/2025 00:00").is_err_and(|error| error.contains("--time-format")));
        let mut seconds = TimeParser::new(None, Some(Unit::S), TimeZone::UTC);
        assert_eq!(seconds.parse("2025"), Ok(When::At(2025.0)));
        let mut years = TimeParser::new(Some("%Y".into()), None, TimeZone::UTC);
        assert_eq!(years.parse("2025"), Ok(When::At(1_735_689_600.0)));
        let mut days = TimeParser::new(Some("%Y%m%d".into()), None, TimeZone::UTC);
        assert_eq!(days.parse("20250601"), Ok(When::At(1_748_736_000.0)));
    }

    #[test]
    fn a_format_refuses_dates_that_do_not_exist() {
        let parse = |format: &str, text: &str| {
            TimeParser::new(Some(format.into()), None, TimeZone::UTC).parse(text).map(seconds)
        };
        assert!(parse("%d/%m/%Y %H:%M", "30/02/2024 15:00").is_err());
        assert!(parse("%a %d/%m/%Y", "Mon 02/01/2024").is_err());
        assert!(parse("%Y-%m-%d %M", "2024-01-02 15").is_err());
        assert_eq!(parse("%d/%m/%Y", "02/01/2024"), Ok(1_704_153_600.0));
        assert_eq!(parse("%Y-%m", "2024-02"), Ok(1_706_745_600.0));
        let zoned = parse("%Y-%m-%d %H:%M %Q", "2024-01-01 00:00 America/New_York");
        assert_eq!(zoned, Ok(1_704_085_200.0));
        let mut times = parser();
        let zoned = times.parse("2024-01-01T00:00[America/New_York]");
        assert_eq!(zoned, Ok(When::At(1_704_085_200.0)));
    }

    #[test]
    fn hours_that_occur_twice_keep_the_order_of_the_file() {
        let hours = ["01:00", "02:00", "02:00", "03:00"].map(|hour| format!("2024-10-27 {hour}"));
        let hours = in_order("Europe/Berlin", &hours);
        assert!(hours.windows(2).all(|pair| pair[1] - pair[0] == 3600.0), "{hours:?}");
        let mut texts = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
            .map(|time| format!("2024-11-03 {time}"));
        let ascending = in_order("America/New_York", &texts);
        assert!(ascending.windows(2).all(|pair| pair[1] - pair[0] == 1800.0), "{ascending:?}");
        texts.reverse();
        // A file that begins with 02:00, and files that begin within the hour.
        for from in 0..3 {
            let descending = in_order("America/New_York", &texts[from..]);
            assert!(descending.iter().rev().eq(&ascending[..6 - from]), "{from}: {descending:?}");
        }
    }

    #[test]
    fn times_that_a_clock_skips_are_refused() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let mut times = TimeParser::new(None, None, zone);
        let gap = times.parse("2024-03-10 02:30").expect_err("it does not exist");
        assert!(gap.contains("America/New_York"), "{gap}");
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        assert!(parse("0").is_err_and(|error| error.contains("--start")));
        assert!(parse("1970-01-01T00:00:00Z").is_err());
        assert!(parser().parse_protocol("-1718444200123").is_err());
        assert!(parse("nan").is_err() && parse("inf").is_err() && parse("").is_err());
        let mut times = parser();
        let error = times.parse_protocol("1718444200123").expect_err("milliseconds");
        assert!(error.contains("milliseconds") && error.contains("--time-unit ms"), "{error}");
    }
}
