//! Parsing times as people write them on the command line.

use connectordb::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Unit, ZonedDateTime};

/// Parses a time: seconds since 1970, a date or a date with a time of day (local unless it has an
/// offset), `now`, `today`, `yesterday`, or a span before now (`90m ago`, `2 days ago`).
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    parse_in(text, &TimeZone::system())
}

/// Like [`parse`], in the given time zone instead of the local one.
pub(crate) fn parse_in(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let seconds = match text.trim().parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let now = ZonedDateTime::now().with_time_zone(zone.clone());
            let time = of_words(text.trim(), &now).ok_or_else(|| {
                format!(
                    "{text:?} is not a time: expected, for example, 2026-01-31, yesterday or \"2h \
                     ago\""
                )
            })?;
            seconds_of(time.timestamp())
        }
    };
    Timestamp::new(seconds).ok_or_else(|| "a time must be finite".to_owned())
}

/// Parses a span of time, in seconds: `90m`, `2 days`, or a number of seconds. A day has 24 hours.
pub(crate) fn parse_span(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let seconds = text.parse::<f64>().ok().or_else(|| {
        let span: Span = text.parse().ok()?;
        span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()
    });
    seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0).ok_or_else(|| {
        format!("{text:?} is not a span of time: expected, for example, 90m, 12h or \"2 days\"")
    })
}

/// A span of time for people, in its two largest units.
pub(crate) fn span(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let mut rest = seconds.abs();
    let mut parts = Vec::new();
    for (unit, length) in [("d", 86_400.0), ("h", 3600.0), ("m", 60.0)] {
        let count = (rest / length).floor();
        if count > 0.0 || !parts.is_empty() {
            parts.push(format!("{count}{unit}"));
            rest -= count * length;
        }
    }
    parts.push(format!("{}s", rest.floor()));
    parts.truncate(2);
    format!("{sign}{}", parts.join(" "))
}

/// Seconds since 1970, as the float nearest to the time. The decimal number is parsed because
/// dividing the nanoseconds as a float would round twice.
pub(crate) fn seconds_of(time: jiff::Timestamp) -> f64 {
    let nanoseconds = time.as_nanosecond();
    format!("{nanoseconds}e-9").parse().unwrap_or(nanoseconds as f64 / 1e9)
}

fn of_words(text: &str, now: &ZonedDateTime) -> Option<ZonedDateTime> {
    match text {
        "now" => return Some(now.clone()),
        "today" => return now.start_of_day().ok(),
        "yesterday" => return now.yesterday().ok()?.start_of_day().ok(),
        _ => {}
    }
    if let Some(ago) = text.strip_suffix("ago") {
        let span: Span = ago.trim().parse().ok()?;
        return now.checked_sub(span).ok();
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.to_zoned_datetime(now.time_zone().clone()));
    }
    // A date without a time of day means its midnight.
    text.parse::<DateTime>().ok()?.to_zoned_datetime(now.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::output::time;

    /// The exact distance of a float from a number of nanoseconds, in 2^-52 of a nanosecond.
    fn distance(seconds: f64, nanoseconds: i128) -> u128 {
        const PARTS: f64 = (1_u64 << 52) as f64;
        let parts = (seconds * PARTS) as i128;
        assert_eq!(parts as f64, seconds * PARTS, "the float is a multiple of 2^-52");
        (parts * 1_000_000_000).abs_diff(nanoseconds * PARTS as i128)
    }

    proptest! {
        /// Parsing returns the float that is nearest to the text.
        #[test]
        fn texts_become_the_nearest_float(
            nanoseconds in prop_oneof![
                -60_000_000_000_000_000_000_i128..-1_000_000_000,
                1_000_000_000_i128..250_000_000_000_000_000_000,
            ],
        ) {
            let text = jiff::Timestamp::from_nanosecond(nanoseconds)?.to_string();
            let parsed = parse(&text).expect("a time").as_secs_f64();
            let error = distance(parsed, nanoseconds);
            for other in [parsed.next_up(), parsed.next_down()] {
                prop_assert!(error <= distance(other, nanoseconds), "{} is {}", text, parsed);
            }
        }

        /// A float is printed as the nearest millisecond, and the printed time parses to the same
        /// millisecond.
        #[test]
        fn floats_are_shown_as_the_nearest_millisecond(
            seconds in prop_oneof![-6e10..-1.0, 1.0..2.5e11_f64],
        ) {
            let rounded = jiff::Timestamp::from_millisecond(
                format!("{seconds:.3}").replace('.', "").parse()?,
            )?;
            let local = rounded.to_zoned_datetime(TimeZone::system());
            prop_assert_eq!(time(seconds), local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string());
            let half = 500_000 * (1_u128 << 52);
            prop_assert!(distance(seconds, rounded.as_nanosecond()) <= half);
            prop_assert_eq!(time(seconds_of(rounded)), time(seconds));
        }
    }

    fn seconds(text: &str) -> Option<i64> {
        let now: jiff::Timestamp = "2026-03-02T12:00:00Z".parse().expect("a time");
        let now = now.to_zoned_datetime(TimeZone::UTC);
        of_words(text, &now).map(|time| time.timestamp().as_second())
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let noon = seconds("now").expect("a time");
        assert_eq!(seconds("today"), Some(noon - 12 * 3600));
        assert_eq!(seconds("yesterday"), Some(noon - 36 * 3600));
        assert_eq!(seconds("90m ago"), Some(noon - 5400));
        assert_eq!(seconds("2 days ago"), Some(noon - 48 * 3600));
        assert_eq!(seconds("2026-03-02"), Some(noon - 12 * 3600));
        assert_eq!(seconds("2026-03-02 11:30"), Some(noon - 1800));
        assert_eq!(seconds("2026-03-02T11:30:00+01:00"), Some(noon - 5400));
        for wrong in ["", "soon", "ago", "tomorrow ago", "2026-02-30"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_read_and_shown_as_people_write_them() {
        for (text, seconds) in
            [("90m", 5400.0), ("2 days", 172_800.0), ("1h 5s", 3605.0), ("7", 7.0)]
        {
            assert_eq!(parse_span(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "soon", "-5m", "2 months", "nan"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
        for (seconds, text) in [
            (0.4, "0s"),
            (59.9, "59s"),
            (60.0, "1m 0s"),
            (5400.0, "1h 30m"),
            (90_061.0, "1d 1h"),
            (86_400.0 * 400.0, "400d 0h"),
            (-61.0, "-1m 1s"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn numbers_are_seconds() {
        assert_eq!(parse("1464250199.934").map(Timestamp::as_secs_f64), Ok(1_464_250_199.934));
        assert!(parse("inf").is_err() && parse("NaN").is_err());
    }
}
