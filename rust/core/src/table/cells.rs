//! A text of tables in, the cells of its main table out: what queries work on.
//!
//! Records between commas or semicolons are read as RFC 4180 has them, so that a cell in quotes may have line breaks in
//! it; rows of other formats are lines.

use super::find::{self, unquoted};
use super::records::column_name;
use super::schema::{Document, Format, Part, Schema, MAX_COLUMNS};
use super::score;
use crate::detect;
use crate::kind::Kind;
use crate::text::Lines;

/// How surely a text must be one of tables.
const LEAST_SCORE: f64 = 0.5;
/// Share of records that may have more or fewer cells than the first.
const MAX_RAGGED_SHARE: f64 = 0.2;

/// Letters of a name in a heading, and records below it, of a text that is read for its long cells.
const MAX_NAME: usize = 60;
const LEAST_RECORDS: usize = 3;

/// The cells of a table.
#[derive(Default)]
pub struct Cells {
    pub names: Vec<String>,
    /// Where all rows of all tables begin and end, in order.
    pub lines: Vec<(u32, u32)>,
    /// Which of them are rows of the main table.
    pub rows: Vec<u32>,
    /// Where the cells of these rows begin and end, row by row: as many as there are names.
    pub spans: Vec<(u32, u32)>,
    /// Cells may be in quotes, in which a quote is doubled.
    pub is_quoted: bool,
}

/// The main table of a text: of all kinds of rows the one with most of them.
pub fn cells(text: &str) -> Option<Cells> {
    if text.len() >= u32::MAX as usize / 2 || super::is_too_long(text) {
        return None;
    }
    if let Some(records) = Records::with_long_cells(text) {
        return Some(records.cells(text, &[]));
    }
    let scores = detect::scores(text);
    let strongest = scores.iter().copied().fold(0.0, f64::max);
    let is_surest = scores[Kind::Table as usize] >= LEAST_SCORE && scores[Kind::Table as usize] >= strongest;
    if !is_surest && (strongest > LEAST_SCORE || score(text) > 0.0) {
        return None;
    }
    let document = find::sketch(Lines::of(text));
    let schema = document.schemas.iter().max_by_key(|schema| schema.rows.len())?;
    if schema.rows.is_empty() || !is_surest && !is_whole(&document, schema) {
        return None;
    }
    let separator = if let Format::Delimited(by @ (b',' | b';')) = schema.format { Some(by) } else { None };
    let records = separator.and_then(|by| Records::read(text, by, &document));
    Some(records.map_or_else(|| of_lines(&document, schema), |records| records.cells(text, &schema.names)))
}

/// Whether a text too short to be sure of is a table under a heading, and nothing else but how many rows it has.
fn is_whole(document: &Document, schema: &Schema) -> bool {
    let is_table = |(at, part): (usize, &Part)| {
        let line = document.lines.line(at).trim_ascii();
        *part != Part::Text || line.is_empty() || line.starts_with('(')
    };
    !schema.names.is_empty() && schema.columns > 1 && document.parts.iter().enumerate().all(is_table)
}

fn of_lines(document: &Document, schema: &Schema) -> Cells {
    let line_of = |row: &super::schema::Span| {
        let line = document.lines.list[row.line as usize];
        (line.start, line.end)
    };
    let is_quoted = matches!(schema.format, Format::Delimited(_));
    let spans = schema.rows.iter().flat_map(|&row| {
        let span = document.rows[row as usize];
        (0..schema.columns).map(move |column| bare_span(document, span, column, is_quoted))
    });
    let name = |column: usize| match schema.format {
        Format::Outline => "text".to_owned(),
        _ => column_name(&schema.names, column),
    };
    Cells {
        names: (0..schema.columns).map(name).collect(),
        lines: document.rows.iter().map(line_of).collect(),
        rows: schema.rows.clone(),
        spans: spans.collect(),
        is_quoted,
    }
}

fn bare_span(document: &Document, span: super::schema::Span, column: usize, is_quoted: bool) -> (u32, u32) {
    let (start, end) = document.cells[span.from as usize + column];
    bare(document.lines.text, (start as usize, end as usize), is_quoted)
}

/// A cell without the quotes, and the white space, around it.
fn bare(text: &str, (start, end): (usize, usize), is_quoted: bool) -> (u32, u32) {
    let whole = &text[start..end];
    let inside = if is_quoted { unquoted(whole) } else { whole.trim_ascii() };
    let from = start + (inside.as_ptr() as usize - whole.as_ptr() as usize);
    (from as u32, (from + inside.len()) as u32)
}

/// Records between separators, with as many cells each as they have.
struct Records {
    /// Where each begins and ends, and its first cell.
    list: Vec<(usize, usize, usize)>,
    cells: Vec<(usize, usize)>,
    has_heading: bool,
}

impl Records {
    /// Reads a text that is records from its first line that is not blank on; nothing if too many are ragged.
    fn read(text: &str, by: u8, document: &Document) -> Option<Self> {
        let first = (0..document.lines.len()).find(|&line| !document.lines.line(line).trim_ascii().is_empty())?;
        let block = document.blocks.first().filter(|block| block.first as usize == first)?;
        let mut records = Records { list: Vec::new(), cells: Vec::new(), has_heading: block.heading.is_some() };
        records.add_from(text, by, document.lines.list[first].start as usize)?;
        (records.ragged() as f64 <= MAX_RAGGED_SHARE * records.list.len() as f64).then_some(records)
    }

    /// Reads a text of which some cells have line breaks, so that most lines may be no rows: it must have a heading, and
    /// as many cells in every record.
    fn with_long_cells(text: &str) -> Option<Self> {
        let heading = text.trim_ascii_start();
        let heading = &heading[..memchr::memchr(b'\n', heading.as_bytes())?];
        let is_name = |name: &str| {
            let name = unquoted(name);
            name.starts_with(|first: char| first.is_alphabetic() || first == '_') && name.len() <= MAX_NAME
        };
        for by in [b',', b';'] {
            let has_names = heading.contains(char::from(by)) && heading.split(char::from(by)).all(is_name);
            if !has_names || !text.as_bytes().windows(2).any(|pair| pair == [by, b'"'] || pair == [b'\n', b'"']) {
                continue;
            }
            let mut records = Records { list: Vec::new(), cells: Vec::new(), has_heading: true };
            records.add_from(text, by, text.len() - text.trim_ascii_start().len())?;
            let is_long =
                |&(start, end): &(usize, usize)| memchr::memchr(b'\n', &text.as_bytes()[start..end]).is_some();
            if records.list.len() >= LEAST_RECORDS && records.ragged() == 0 && records.cells.iter().any(is_long) {
                return Some(records);
            }
        }
        None
    }

    fn add_from(&mut self, text: &str, by: u8, mut at: usize) -> Option<()> {
        while at < text.len() {
            let cells_from = self.cells.len();
            let start = at;
            let end = record(text.as_bytes(), by, &mut at, &mut self.cells)?;
            if text[start..end].trim_ascii().is_empty() {
                self.cells.truncate(cells_from);
            } else {
                self.list.push((start, end, cells_from));
            }
        }
        Some(())
    }

    /// How many records have more or fewer cells than the first.
    fn ragged(&self) -> usize {
        let columns = self.list.first().map_or(0, |_| self.count(0));
        (0..self.list.len()).filter(|&row| self.count(row) != columns).count()
    }

    fn count(&self, row: usize) -> usize {
        let end = self.list.get(row + 1).map_or(self.cells.len(), |next| next.2);
        end - self.list[row].2
    }

    /// The cells, by names as they are or, where there are none, as the heading has them.
    fn cells(&self, text: &str, names: &[String]) -> Cells {
        let from = usize::from(self.has_heading);
        let heading: Vec<String> = if names.is_empty() && self.has_heading {
            self.cells[..self.count(0)].iter().map(|&(start, end)| unquoted(&text[start..end]).to_owned()).collect()
        } else {
            names.to_vec()
        };
        let columns = (0..self.list.len()).map(|row| self.count(row)).max().unwrap_or(0).min(MAX_COLUMNS);
        let mut spans = Vec::with_capacity(columns * self.list.len());
        for row in from..self.list.len() {
            let own = &self.cells[self.list[row].2..][..self.count(row)];
            spans.extend((0..columns).map(|column| own.get(column).map_or((0, 0), |&cell| bare(text, cell, true))));
        }
        Cells {
            names: (0..columns).map(|column| column_name(&heading, column)).collect(),
            lines: self.list[from..].iter().map(|&(start, end, _)| (start as u32, end as u32)).collect(),
            rows: (0..(self.list.len() - from) as u32).collect(),
            spans,
            is_quoted: true,
        }
    }
}

/// Reads the record at `at`, and says where it ends; nothing if a quote stays open.
fn record(bytes: &[u8], by: u8, at: &mut usize, cells: &mut Vec<(usize, usize)>) -> Option<usize> {
    loop {
        let start = *at;
        if bytes.get(start) == Some(&b'"') {
            *at += 1;
            loop {
                *at += memchr::memchr(b'"', &bytes[*at..])? + 1;
                match bytes.get(*at) {
                    Some(b'"') => *at += 1,
                    _ => break,
                }
            }
        }
        let rest = bytes.get(*at..).unwrap_or(&[]);
        *at += memchr::memchr2(by, b'\n', rest).unwrap_or(rest.len());
        let is_last = bytes.get(*at) != Some(&by);
        let end = *at - usize::from(is_last && *at > start && *at < bytes.len() && bytes[*at - 1] == b'\r');
        cells.push((start, end));
        *at += 1;
        if is_last {
            return Some(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<&str>> {
        let found = cells(text).unwrap();
        let cell = |span: &(u32, u32)| &text[span.0 as usize..span.1 as usize];
        found.spans.chunks(found.names.len()).map(|row| row.iter().map(cell).collect()).collect()
    }

    #[test]
    fn a_cell_in_quotes_may_have_line_breaks_and_separators() {
        let text = "id,note,state\n1,\"two\nlines, one cell\",ok\n2,plain,bad\n3,\"a \"\"q\"\"\",ok\n";
        assert_eq!(
            rows(text),
            [vec!["1", "two\nlines, one cell", "ok"], vec!["2", "plain", "bad"], vec!["3", "a \"\"q\"\"", "ok"]]
        );
        assert_eq!(cells(text).unwrap().names, ["id", "note", "state"]);
    }

    #[test]
    fn rows_between_bars_and_below_each_other_are_read() {
        let text = " id | name | n \n----+------+---\n  1 | anna | 5\n  2 | ben  |  \n(2 rows)\n";
        let found = cells(text).unwrap();
        assert_eq!((found.names.join(","), found.rows.len()), ("id,name,n".to_owned(), 2));
        assert_eq!(rows(text), [["1", "anna", "5"], ["2", "ben", ""]]);
    }

    #[test]
    fn other_texts_have_no_table() {
        for text in ["", "one line", "fn f() {}\n", "2024-01-01 10:00:00 INFO a\n2024-01-01 10:00:01 INFO b\n"] {
            assert!(cells(text).is_none(), "{text}");
        }
    }
}
