//! Lines drawn with Braille characters, which have eight dots each.

/// The width and height of a character, in dots.
const DOTS: (usize, usize) = (2, 4);

/// The bit of each dot of a character, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The character without dots.
const BLANK: u32 = 0x2800;

/// A rectangle of characters to draw on.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

impl Canvas {
    /// An empty canvas; width and height are in characters.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![0; width * height] }
    }

    /// Draws a line through points. `x` and `y` are the ranges of their coordinates, which are
    /// stretched over the canvas.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], x: (f64, f64), y: (f64, f64)) {
        let (wide, high) = (self.width * DOTS.0 - 1, self.height * DOTS.1 - 1);
        let place = |value: f64, (min, max): (f64, f64), dots: usize| {
            ((value - min) / (max - min) * dots as f64).round() as usize
        };
        let dot = |(px, py): (f64, f64)| (place(px, x, wide), high - place(py, y, high).min(high));
        let mut last = None;
        for (column, row) in points.iter().map(|point| dot(*point)) {
            let (from_column, from_row) = last.unwrap_or((column, row));
            let steps = column.abs_diff(from_column).max(row.abs_diff(from_row)).max(1);
            for step in 0..=steps {
                let between = |from: usize, to: usize| {
                    let part = step as f64 / steps as f64;
                    (from as f64 + (to as f64 - from as f64) * part).round() as usize
                };
                self.dot(between(from_column, column), between(from_row, row));
            }
            last = Some((column, row));
        }
    }

    fn dot(&mut self, column: usize, row: usize) {
        let cell = (row / DOTS.1) * self.width + column / DOTS.0;
        if let Some(cell) = self.cells.get_mut(cell) {
            *cell |= BITS[row % DOTS.1][column % DOTS.0];
        }
    }

    /// The rows of characters, from the top.
    pub(crate) fn rows(&self) -> impl Iterator<Item = String> {
        let character = |cell: &u8| char::from_u32(BLANK + u32::from(*cell)).unwrap_or(' ');
        self.cells.chunks(self.width).map(move |row| row.iter().map(character).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let mut canvas = Canvas::new(4, 2);
        canvas.line(&[(0.0, 0.0), (1.0, 1.0)], (0.0, 1.0), (0.0, 1.0));
        assert_eq!(canvas.rows().collect::<Vec<_>>(), ["⠀⠀⡠⠊", "⡠⠊⠀⠀"]);
    }

    #[test]
    fn a_single_point_is_drawn() {
        let mut canvas = Canvas::new(1, 1);
        canvas.line(&[(5.0, 5.0)], (4.5, 5.5), (4.5, 5.5));
        assert_eq!(canvas.rows().collect::<String>().chars().count(), 1);
        assert_ne!(canvas.rows().collect::<String>(), "⠀");
    }
}
