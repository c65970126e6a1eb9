//! A picture of a session in a terminal.

use std::fmt::Write;

use super::terminal::Session;

/// How wide a character is and how high a line, in pixels.
const CELL: (f64, f64) = (8.4, 19.0);

/// How much is free around the text.
const MARGIN: f64 = 18.0;

/// How many characters a line has.
const COLUMNS: usize = 80;

/// The picture, in SVG.
pub(super) fn of(session: &Session) -> String {
    let mut lines = Vec::new();
    for step in &session.steps {
        lines.extend(folded(&format!("$ {}", step.command)).map(|line| (line, "#8fd6a8")));
        let output = step.output.iter().flat_map(|line| folded(line).collect::<Vec<_>>());
        lines.extend(output.map(|line| (line, "#d8dee9")));
    }
    let width = 2.0 * MARGIN + CELL.0 * COLUMNS as f64;
    let height = 2.0 * MARGIN + CELL.1 * lines.len() as f64;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#20252d\"/>\n"
    );
    for ((line, colour), number) in lines.iter().zip(1..) {
        let y = MARGIN + CELL.1 * f64::from(number) - 5.0;
        // The length keeps columns in line, whatever font there is.
        let length = CELL.0 * line.chars().count() as f64;
        let line = line.replace('&', "&amp;").replace('<', "&lt;");
        if !line.trim().is_empty() {
            writeln!(
                picture,
                "<text x=\"{MARGIN}\" y=\"{y:.0}\" textLength=\"{length:.0}\" \
                 xml:space=\"preserve\" fill=\"{colour}\">{line}</text>"
            )
            .unwrap_or_default();
        }
    }
    picture.push_str("</svg>\n");
    picture
}

/// A line in pieces that fit.
fn folded(line: &str) -> impl Iterator<Item = String> + use<> {
    let characters: Vec<char> = line.chars().collect();
    let pieces = characters.chunks(COLUMNS).map(|piece| piece.iter().collect());
    pieces.collect::<Vec<String>>().into_iter()
}
