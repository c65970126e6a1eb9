//! Printing: JSON for programs, sentences and tables for people.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::Args;
use connectordb::Datapoint;
pub(crate) use console::style;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::connect::EVERYWHERE;

/// The options that say how results are printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print JSON, for other programs.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
}

impl Output {
    /// Prints a result as JSON with `--json`, and as a sentence without.
    pub(crate) fn say(self, json: &impl Serialize, sentence: &str) -> Result {
        if self.json { print_json(json) } else { line(sentence) }
    }
}

/// Prints JSON in one line.
pub(crate) fn print_json(value: &impl Serialize) -> Result {
    line(&serde_json::to_string(value)?)
}

/// Prints a line. Unlike `println!`, returns an error if standard output is closed.
pub(crate) fn line(text: &str) -> Result {
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// Whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// A datapoint as a line of text: local time, value, and its origin if it has one.
pub(crate) fn datapoint<D: Display>(datapoint: &Datapoint<D>) -> String {
    let origin = datapoint.o.as_deref().map(|origin| format!("  ({origin})")).unwrap_or_default();
    let time = style(time(datapoint.t.as_secs_f64())).dim();
    format!("{time}  {}{}", datapoint.d, style(origin).dim())
}

/// A time as text: the local date and time to the millisecond.
pub(crate) fn time(seconds: f64) -> String {
    local_time(seconds, "%Y-%m-%d %H:%M:%S%.3f")
}

/// The local time in a strftime format, rounded to the nearest millisecond. A time that jiff cannot
/// represent is printed as a number.
pub(crate) fn local_time(seconds: f64, format: &str) -> String {
    // Milliseconds from the decimal digits: multiplying the float by 1000 would round twice.
    let digits = format!("{seconds:.3}").replace('.', "");
    let time = digits.parse().ok().and_then(|it| jiff::Timestamp::from_millisecond(it).ok());
    match time {
        Some(time) => time.to_zoned_datetime(TimeZone::system()).strftime(format).to_string(),
        None => seconds.to_string(),
    }
}

/// A value as JSON, cut to at most `max` characters.
pub(crate) fn shortened(value: &Value, max: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Prints rows of cells with aligned columns, the first column in bold.
pub(crate) fn table(rows: &[Vec<String>]) -> Result {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in rows {
        let mut text = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => text.push_str(&style(cell).bold().to_string()),
                _ => text.push_str(cell),
            }
            text.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        line(text.trim_end())?;
    }
    Ok(())
}
