//! `cdb plot`

mod canvas;
mod picture;

use std::path::{Path, PathBuf};

use clap::Args;
use connectordb::Datapoint;
use console::Term;
use futures_util::TryStreamExt;
use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::connect::Server;
use crate::output::{Output, line, print_json, style, time};
use crate::selection::Selection;
use canvas::Canvas;

/// What is drawn unless something is asked for.
const LAST: &str = "-1000..";

/// Draws the numbers of a stream over time, in the terminal or as a picture.
///
/// What is no number is left out; `true` is 1 and `false` is 0. Without a range, the last thousand.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb plot temperature --from '24h ago'\n  \
                        cdb plot temperature mood --svg week.svg --from '7 days ago'\n  \
                        cdb plot temperature --png day.png --from yesterday")]
pub(crate) struct Plot {
    /// The streams; in the terminal one below the other.
    #[arg(required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// Writes a picture into a file of SVG instead.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Writes a picture into a file of PNG instead.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// A stream as points of a line.
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
            let data: Vec<_> =
                self.selection.clone().of(&stream, LAST).await?.try_collect().await?;
            let points: Vec<_> = data.iter().filter_map(point).collect();
            if points.is_empty() {
                return Err(format!("there are no numbers in {path}").into());
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

fn point(datapoint: &Datapoint) -> Option<(f64, f64)> {
    let number = match &datapoint.d {
        Value::Number(number) => number.as_f64()?,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        _ => return None,
    };
    Some((datapoint.t.as_secs_f64(), number))
}

/// Draws a series as wide as the terminal, and a third as high.
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

/// From where to where points go; never nothing.
fn bounds(points: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let both = |(min, max): (f64, f64), value: f64| (min.min(value), max.max(value));
        let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), both);
        if min < max { (min, max) } else { (min - 0.5, max + 0.5) }
    };
    (range(&mut points.iter().map(|point| point.0)), range(&mut points.iter().map(|point| point.1)))
}
