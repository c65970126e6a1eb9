//! `cdb plot`

mod canvas;
mod picture;

use std::path::{Path, PathBuf};

use clap::Args;
use connectordb::Datapoint;
use connectordb::types::summary::plotted_number;
use console::Term;
use futures_util::TryStreamExt;
use serde::Serialize;

use crate::Result;
use crate::connect::Server;
use crate::output::{Output, line, print_json, style, time};
use crate::selection::Selection;
use canvas::Canvas;

/// The range that is drawn by default.
const LAST: &str = "-1000..";

/// The number of columns of a plot: as many as a picture has pixels, or more.
const COLUMNS: usize = 1000;

/// Plot the numbers of streams over time, in the terminal or as a picture.
///
/// By default, plots the last 1000 datapoints. A range of time may hold any number of datapoints: the
/// server sends only what the picture shows, which is also what `--json` prints (`cdb get` has all). `true` is drawn as 1 and `false` as 0; values that are not
/// numbers are left out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb plot temperature --from '24h ago'\n  \
                        cdb plot temperature mood --svg week.svg --from '7 days ago'\n  \
                        cdb plot temperature --png day.png --from yesterday\n  \
                        cdb plot position --key altitude --from 0")]
pub(crate) struct Plot {
    /// The streams. In the terminal each has its own plot; a picture shows all in one.
    #[arg(required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// Plot the values of a key of objects.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Write an SVG file instead of drawing in the terminal.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Write a PNG file instead of drawing in the terminal.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// A stream as the points of a line: times in seconds since 1970, and numbers.
#[derive(Serialize)]
struct Series {
    #[serde(rename = "stream")]
    name: String,
    points: Vec<(f64, f64)>,
}

impl Plot {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        let mut all = Vec::new();
        for path in self.paths {
            let stream = cdb.stream(&path)?;
            let key = self.key.as_deref();
            let points: Vec<_> = match self.selection.plot(&stream, key, COLUMNS).await? {
                Some(plot) => plot.line().collect(),
                None => {
                    let data = self.selection.clone().of(&stream, LAST).await?;
                    let data: Vec<_> = data.try_collect().await?;
                    data.iter().filter_map(|datapoint| point(datapoint, key)).collect()
                }
            };
            if points.is_empty() {
                return Err(format!("{path} has no numbers to plot").into());
            }
            all.push(Series { name: path, points });
        }
        if self.svg.is_none() && self.png.is_none() {
            return match output.json {
                true => print_json(&all),
                false => all.iter().try_for_each(draw),
            };
        }
        if let Some(file) = self.svg {
            std::fs::write(&file, picture::svg(&all)?)
                .map_err(|error| not_written(&file, error))?;
        }
        if let Some(file) = self.png {
            std::fs::write(&file, picture::png(&all)?)
                .map_err(|error| not_written(&file, error))?;
        }
        Ok(())
    }
}

fn not_written(file: &Path, error: std::io::Error) -> String {
    format!("{} cannot be written: {error}", file.display())
}

/// The point of a datapoint, or `None` if its value, or that of the key, is not a number.
fn point(datapoint: &Datapoint, key: Option<&str>) -> Option<(f64, f64)> {
    let number = plotted_number(&datapoint.d, key)?;
    Some((datapoint.t.as_secs_f64(), number))
}

/// Draws a series in the full width of the terminal and a third of its height.
fn draw(series: &Series) -> Result {
    let (rows, columns) = Term::stdout().size_checked().unwrap_or((24, 80));
    let (x, y) = bounds(&series.points);
    let labels = [y.1, (y.0 + y.1) / 2.0, y.0].map(|value| format!("{value:.4}"));
    let labels = labels.map(|label| label.trim_end_matches('0').trim_end_matches('.').to_owned());
    let margin = labels.iter().map(String::len).max().unwrap_or_default() + 1;
    let width = usize::from(columns).saturating_sub(margin + 1).clamp(10, 200);
    let height = usize::from(rows / 3).clamp(4, 20);
    let mut canvas = Canvas::new(width, height);
    canvas.line(&series.points, x, y);
    line(&format!("{:margin$} {}", "", style(&series.name).bold()))?;
    for (number, row) in canvas.rows().enumerate() {
        let label = match number {
            0 => &labels[0],
            _ if number == height / 2 => &labels[1],
            _ if number == height - 1 => &labels[2],
            _ => "",
        };
        line(&format!("{label:>margin$}┤{}", style(row).cyan()))?;
    }
    let (from, to) = (time(x.0), time(x.1));
    let gap = width.saturating_sub(from.len() + to.len()).max(1);
    line(&format!("{:margin$} {from}{:gap$}{to}", "", ""))
}

/// The range of the times and that of the numbers. A range is never empty: one value gets a margin
/// of 0.5 on both sides.
fn bounds(points: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let both = |(min, max): (f64, f64), value: f64| (min.min(value), max.max(value));
        let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), both);
        if min < max { (min, max) } else { (min - 0.5, max + 0.5) }
    };
    (range(&mut points.iter().map(|point| point.0)), range(&mut points.iter().map(|point| point.1)))
}
