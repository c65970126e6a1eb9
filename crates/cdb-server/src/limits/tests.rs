//! Checks that the texts about limits agree with their values.

use std::fmt;
use std::time::Duration;

use super::Limits;

/// The page of the guide with the table of limits.
const GUIDE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../connectordb/src/guide/running_a_server.md");

/// The lines before and after the table.
const BEGIN: &str = "<!-- limits: begin -->\n";
const END: &str = "<!-- limits: end -->\n";

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// What is known of a limit.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) default: Value,
    pub(super) text: &'static str,
    pub(super) exceeded: &'static str,
}

/// The default of a limit.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Number(u64),
    Time(Duration),
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Duration> for Value {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) if time.subsec_millis() > 0 => write!(f, "{} ms", time.as_millis()),
            Self::Time(time) if time.as_secs() % DAY != 0 => write!(f, "{} s", time.as_secs()),
            Self::Time(time) => match time.as_secs() / DAY {
                1 => write!(f, "1 day"),
                days => write!(f, "{days} days"),
            },
            Self::Number(bytes) if bytes % (1 << 20) == 0 => write!(f, "{} MiB", bytes >> 20),
            Self::Number(bytes) if bytes % (1 << 10) == 0 => write!(f, "{} KiB", bytes >> 10),
            Self::Number(number) => {
                let digits = number.to_string();
                for (place, digit) in digits.char_indices() {
                    let comma = place > 0 && (digits.len() - place) % 3 == 0;
                    write!(f, "{}{digit}", if comma { "," } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

fn table() -> String {
    let mut table =
        String::from("| limit | what it limits | default | beyond it |\n|---|---|---|---|\n");
    for Row { name, description, text, exceeded, .. } in Limits::described() {
        table += &format!("| `{name}` | {description} | {text} | {exceeded} |\n");
    }
    table
}

#[test]
fn the_table_of_limits_in_the_guide_is_up_to_date() {
    let page = std::fs::read_to_string(GUIDE).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the begin of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let current = [before, BEGIN, &table(), END, after].concat();
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(GUIDE, &current).expect("written");
    }
    let page = std::fs::read_to_string(GUIDE).expect("the page");
    assert!(page == current, "{GUIDE} is out of date: run this test with UPDATE_GUIDE=1");
}

#[test]
fn each_default_is_documented_as_it_is() {
    for Row { name, default, text, .. } in Limits::described() {
        // Powers of two that count something else than bytes.
        let count = match default {
            Value::Number(number) => number.to_string() == text,
            Value::Time(_) => false,
        };
        assert!(count || default.to_string() == text, "{name}: {default}, documented as {text}");
    }
}

#[test]
fn each_limit_is_set_by_the_text_of_its_default() {
    let zero = || {
        let mut limits = Limits::default();
        for row in Limits::described() {
            let zero = if matches!(row.default, Value::Time(_)) { "0s" } else { "0" };
            limits.set(row.name, zero).expect("a value");
        }
        limits
    };
    let mut limits = zero();
    for row in Limits::described() {
        let before = limits.clone();
        limits.set(row.name, row.text).expect("a value");
        assert!(limits != before, "{}", row.name);
    }
    assert_eq!(limits, Limits::default());
}

#[test]
fn what_is_not_a_limit_or_not_a_value_is_refused() {
    for (name, value, problem) in [
        ("bodys", "5", "there is no limit `bodys`"),
        ("body_bytes", "", "`` is not a value of the limit `body_bytes`, which is a number such"),
        ("body_bytes", "5s", "a number such as"),
        ("body_bytes", "-5", "a number such as"),
        ("body_bytes", "1,5MiB", "a number such as"),
        ("body_bytes", "99999999999GiB", "a number such as"),
        ("sessions_per_device", "5GiB", "a number such as"),
        ("body_time", "5", "a time such as 250ms"),
        ("body_time", "99999999999999999days", "a time such as"),
    ] {
        let mut limits = Limits::default();
        let error = limits.set(name, value).expect_err(problem).to_string();
        assert!(error.contains(problem), "{name}={value}: {error}");
        assert_eq!(limits, Limits::default());
    }
}

#[test]
fn connections_are_fewer_than_the_files_that_may_be_open() {
    let limits = Limits::default().connections(usize::MAX / 2);
    let connections = limits.effective_connections();
    assert!(cfg!(not(unix)) || connections < usize::MAX / 2, "{connections}");
    assert_eq!(Limits::default().connections(5).effective_connections(), 5);
}
