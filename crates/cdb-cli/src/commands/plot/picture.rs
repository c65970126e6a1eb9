//! Plots as SVG and PNG pictures.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use super::{Series, bounds};
use crate::Result;
use crate::output::local_time;

/// The width and height of a picture, in pixels.
const SIZE: (u32, u32) = (900, 420);

/// The size of a pixel: a byte each for red, green and blue.
const PIXEL_BYTES: usize = 3;

/// The colours of the streams of a picture, repeated if there are more streams.
const COLOURS: [RGBColor; 4] =
    [RGBColor(46, 110, 168), RGBColor(214, 96, 53), RGBColor(60, 140, 80), RGBColor(130, 80, 150)];

/// A picture in SVG.
pub(super) fn svg(all: &[Series]) -> Result<String> {
    let mut text = String::new();
    draw(all, &SVGBackend::with_string(&mut text, SIZE).into_drawing_area())?;
    Ok(text)
}

/// A picture in PNG.
pub(super) fn png(all: &[Series]) -> Result<Vec<u8>> {
    let (width, height) = SIZE;
    let mut pixels = vec![0; width as usize * height as usize * PIXEL_BYTES];
    draw(all, &BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area())?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

/// Draws all series into one picture.
fn draw<B: DrawingBackend>(all: &[Series], area: &DrawingArea<B, Shift>) -> Result
where
    B::ErrorType: 'static,
{
    // The font is part of the program: it need not be installed on the machine.
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::HACK_REGULAR)
        .map_err(|_| "the font cannot be read")?;
    area.fill(&WHITE)?;
    let points: Vec<_> = all.iter().flat_map(|series| series.points.iter().copied()).collect();
    let (x, y) = bounds(&points);
    let names: Vec<_> = all.iter().map(|series| &*series.name).collect();
    let mut chart = ChartBuilder::on(area)
        .caption(names.join(", "), ("sans-serif", 15))
        .margin(12)
        .margin_right(40)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_labels(5)
        .x_label_formatter(&|seconds| local_time(*seconds, format_for(x.1 - x.0)))
        .draw()?;
    for (series, colour) in all.iter().zip(COLOURS.iter().cycle()) {
        chart
            .draw_series(LineSeries::new(series.points.iter().copied(), colour.stroke_width(2)))?
            .label(&series.name)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    if all.len() > 1 {
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).draw()?;
    }
    Ok(area.present()?)
}

/// The strftime format of the times on an axis that covers this many seconds.
fn format_for(seconds: f64) -> &'static str {
    const DAY: f64 = 24.0 * 3600.0;
    match seconds {
        _ if seconds > 60.0 * DAY => "%Y-%m-%d",
        _ if seconds > DAY => "%m-%d %H:%M",
        _ if seconds > 600.0 => "%H:%M",
        _ => "%H:%M:%S%.3f",
    }
}
