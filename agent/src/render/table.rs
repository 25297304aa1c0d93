//! Columns under one another.

use unicode_width::UnicodeWidthStr;

use super::text::clean;

/// A table without lines: headings, then rows, two spaces between columns.
#[derive(Debug, Clone)]
pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// With these headings.
    pub fn new(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned)],
        }
    }

    /// Adds a row; what is in it is cleaned.
    pub fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| clean(cell).into_owned()));
    }

    /// The text, each line with its end, and none with trailing space.
    pub fn render(&self) -> String {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_is_seen() {
        let mut table = Table::new(["ID", "NAME", "STATE"]);
        table.row(["1", "Åsa", "active"]);
        table.row(["22", "山田", ""]);
        assert_eq!(
            table.render(),
            "ID  NAME  STATE\n1   Åsa   active\n22  山田\n"
        );
    }
}
