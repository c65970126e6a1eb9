//! Compares two streams, a mood and a temperature: as tables, CSV and Parquet files, and a picture.
//!
//! `cargo run --package examples --example mood_and_temperature [DIRECTORY]` writes the files into the directory, by
//! default `target/mood_and_temperature`.

use std::error::Error;
use std::path::{Path, PathBuf};

use connectordb::query::{Column, Dataset, Table};
use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, StreamCreate};
use plotters::prelude::*;
use plotters::style::register_font;
use serde_json::json;

const INK: RGBColor = RGBColor(45, 50, 60);
const WARM: RGBColor = RGBColor(214, 96, 53);
const MOOD: RGBColor = RGBColor(46, 110, 168);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files = PathBuf::from(
        std::env::args().nth(1).unwrap_or_else(|| "target/mood_and_temperature".to_owned()),
    );
    std::fs::create_dir_all(&files)?;
    let server = TestServer::start().await?;
    let cdb = server.cdb();
    insert(cdb).await?;

    println!("Every two seconds, the values that are closest in time:\n");
    let times =
        Dataset::new(cdb).t1(0).t2(8.1).dt(2.0).column("temperature").column("mood").await?;
    println!("{times}\n");

    println!("For each mood, the temperature that is closest in time:\n");
    let moods = Dataset::new(cdb).x("mood").column("temperature").await?;
    println!("{moods}\n");

    println!("For each mood, the mean temperature since the previous mood:\n");
    let mean = Column::new("temperature").interpolator("mean");
    println!("{}\n", Dataset::new(cdb).x("mood").column(mean).await?);

    moods.write_csv(files.join("moods.csv"))?;
    moods.write_parquet(files.join("moods.parquet"))?;
    let picture = files.join("mood_and_temperature.svg");
    draw(&picture, &series(cdb, "mood").await?, &series(cdb, "temperature").await?, &moods)?;
    println!("Wrote moods.csv, moods.parquet and mood_and_temperature.svg to {}", files.display());
    Ok(())
}

/// Creates the two streams and inserts datapoints.
async fn insert(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    for (name, values) in [
        ("mood", &[(1, 7), (4, 3), (11, 5)][..]),
        ("temperature", &[(2, 73), (5, 84), (8, 81), (11, 79)]),
    ] {
        let stream = cdb.stream(name)?;
        stream.create(StreamCreate::new().schema(json!({"type": "number"}))).await?;
        let data: Vec<_> = values.iter().map(|(t, d)| Datapoint::at(*t, *d)).collect();
        stream.insert_array(&data).await?;
    }
    Ok(())
}

/// A stream as the points of a line: times in seconds since 1970, and values.
async fn series(cdb: &ConnectorDb, name: &str) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
    let data = cdb.stream(name)?.typed::<f64>().range(..).await?;
    Ok(data.iter().map(|dp| (dp.t.as_secs_f64(), dp.d)).collect())
}

/// Draws both streams over time, and below that mood against temperature.
fn draw(
    file: &Path,
    mood: &[(f64, f64)],
    temperature: &[(f64, f64)],
    table: &Table,
) -> Result<(), Box<dyn Error>> {
    // The font that the layout is computed with. A viewer may display the SVG with another font.
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::HACK_REGULAR)
        .map_err(|_| "the font cannot be read")?;
    let area = SVGBackend::new(file, (760, 820)).into_drawing_area();
    area.fill(&WHITE)?;
    let (above, below) = area.margin(10, 10, 10, 10).split_vertically(380);

    let mut chart = ChartBuilder::on(&above)
        .caption("Mood and temperature over time", ("sans-serif", 22).into_font().color(&INK))
        .margin(10)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .right_y_label_area_size(52)
        .build_cartesian_2d(0.0..12.0, 70.0..86.0)?
        .set_secondary_coord(0.0..12.0, 0.0..10.0);
    let whole = |value: &f64| format!("{value:.0}");
    let label = ("sans-serif", 14).into_font().color(&INK);
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(INK.mix(0.1))
        .label_style(label.clone())
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .x_desc("seconds")
        .y_desc("temperature (°F)")
        .draw()?;
    chart
        .configure_secondary_axes()
        .label_style(label.clone())
        .y_label_formatter(&whole)
        .y_desc("mood (0 to 10)")
        .draw()?;
    chart
        .draw_series(LineSeries::new(temperature.to_vec(), WARM.stroke_width(3)).point_size(5))?
        .label("temperature")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 22, y)], WARM.stroke_width(3)));
    chart
        .draw_secondary_series(LineSeries::new(mood.to_vec(), MOOD.stroke_width(3)).point_size(5))?
        .label("mood")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 22, y)], MOOD.stroke_width(3)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(INK.mix(0.2))
        .label_font(label.clone())
        .draw()?;

    let warmth = table.column::<f64>("temperature")?;
    let moods = table.column::<f64>("x")?;
    let pairs: Vec<_> = warmth.into_iter().zip(moods).zip(table.times()).collect();
    let mut chart = ChartBuilder::on(&below)
        .caption("Mood against temperature", ("sans-serif", 22).into_font().color(&INK))
        .margin(10)
        .margin_right(62)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .build_cartesian_2d(70.0..86.0, 0.0..10.0)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(INK.mix(0.1))
        .label_style(label.clone())
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .x_desc("temperature (°F)")
        .y_desc("mood (0 to 10)")
        .draw()?;
    chart.draw_series(pairs.into_iter().filter_map(|((warmth, mood), t)| {
        let note = Text::new(format!("{t} s"), (10, -7), label.clone());
        Some(EmptyElement::at((warmth?, mood?)) + Circle::new((0, 0), 7, MOOD.filled()) + note)
    }))?;
    area.present()?;
    Ok(())
}
