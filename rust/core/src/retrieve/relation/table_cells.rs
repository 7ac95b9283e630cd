//! A text of tables in, its rows and the cells of its main table out.

use super::cell::{Cell, Kind};
use crate::retrieve::records::Row;
use crate::table;

/// The cells of a table's rows.
pub struct Rows {
    pub names: Vec<String>,
    spans: Vec<(u32, u32)>,
    is_quoted: bool,
}

/// The rows of the main table, numbered among all rows of tables, and their cells.
pub fn read(text: &str) -> Option<(Vec<Row>, Vec<u32>, Rows)> {
    let table::Cells { names, lines, rows, spans, is_quoted } = table::cells(text)?;
    let row = |at: &u32| Row::plain(lines[*at as usize].0 as usize, lines[*at as usize].1 as usize);
    Some((rows.iter().map(row).collect(), rows.iter().map(|at| at + 1).collect(), Rows { names, spans, is_quoted }))
}

impl Rows {
    /// The cells of a column. An empty one is none.
    pub fn column(&self, text: &str, at: usize, extra: &mut String) -> Vec<Cell> {
        let mut column = Vec::with_capacity(self.spans.len() / self.names.len().max(1));
        for &(start, end) in self.spans.iter().skip(at).step_by(self.names.len().max(1)) {
            let raw = &text[start as usize..end as usize];
            let is_in_quotes = self.is_quoted && start > 0 && text.as_bytes()[start as usize - 1] == b'"';
            column.push(if start == end {
                Cell::MISSING
            } else if is_in_quotes && raw.contains("\"\"") {
                Cell::added(&raw.replace("\"\"", "\""), Kind::Text, text.len(), extra)
            } else {
                Cell { start, end, kind: Kind::Text }
            });
        }
        column
    }
}
