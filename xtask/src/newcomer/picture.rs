//! A picture of a session in a terminal.

use std::fmt::Write;

use super::terminal::Session;

/// The width of a character and the height of a line, in pixels.
const CELL: (f64, f64) = (8.4, 19.0);

/// The margin around the text, in pixels.
const MARGIN: f64 = 18.0;

/// The number of characters in a line.
const COLUMNS: usize = 80;

/// Draws a session as SVG.
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
        for (character, column) in line.chars().zip(0..) {
            dots(&mut picture, character, column, number - 1);
        }
        let line = line.replace(is_braille, " ");
        // The length keeps columns aligned in any font.
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

/// Whether a character is a Braille pattern.
fn is_braille(character: char) -> bool {
    ('\u{2800}'..='\u{28ff}').contains(&character)
}

/// Draws the dots of a Braille character, because fonts give these characters different widths.
fn dots(picture: &mut String, character: char, column: u32, row: u32) {
    /// The bit of each dot, by row and column.
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let bits = if is_braille(character) { u32::from(character) - 0x2800 } else { 0 };
    for (bits_of_row, down) in BITS.iter().zip(0..) {
        for (bit, right) in bits_of_row.iter().zip(0..) {
            if bits & bit != 0 {
                let x = MARGIN + CELL.0 * (f64::from(column) + 0.25 + 0.5 * f64::from(right));
                let y = MARGIN + CELL.1 * (f64::from(row) + 0.125 + 0.25 * f64::from(down));
                writeln!(
                    picture,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.3\" fill=\"#7cc5e8\"/>"
                )
                .unwrap_or_default();
            }
        }
    }
}

/// Splits a line into pieces of at most 80 characters.
fn folded(line: &str) -> impl Iterator<Item = String> + use<> {
    let characters: Vec<char> = line.chars().collect();
    let pieces = characters.chunks(COLUMNS).map(|piece| piece.iter().collect());
    pieces.collect::<Vec<String>>().into_iter()
}
