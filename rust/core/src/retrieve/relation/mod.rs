//! Rows with columns, whatever a text is: what `where`, `columns`, `sort`, `group by` and their like work on.
//!
//! Records of JSON have their fields for columns, those inside others by paths (`owner.login`); rows of tables have
//! their headings; results of searches have `file`, `line`, `text`; any other text has its lines, with `line`, `text`,
//! `level`, `time`, `message` and `template`. Columns are read when a query names them. Time is linear in the text, but
//! for sorting; memory is bounded by `MAX_CELLS`.

mod apply;
mod cell;
mod clauses;
mod condition;
mod decimal;
mod group;
mod holds;
mod json_fields;
mod lexer;
mod line_parts;
mod parser;
mod resolve;
mod show;
mod table_cells;
#[cfg(test)]
mod tests;

pub use clauses::{parse, Clause};
pub use lexer::PATTERN_WORDS;
pub use parser::begins;

use std::ops::Range;

use crate::detect;
use crate::kind::Kind;
use crate::search;

use super::pieces::{Mark, Piece, MAX_PIECES};
use super::query::Problem;
use super::records::{self, Row};
use super::window::Windows;
use cell::Cell;
use clauses::Name;
use json_fields::Fields;
use line_parts::Part;

/// Cells held at once at most.
const MAX_CELLS: usize = 40_000_000;

/// How surely a text must be of a kind to be read as such.
const LEAST_SCORE: f64 = 0.5;

/// A row: where it stands in the text, and its number.
#[derive(Clone, Copy, Debug)]
pub struct Base {
    pub start: u32,
    pub value: u32,
    pub end: u32,
    pub number: u32,
}

/// What a column's cells are read from.
#[derive(Clone, Debug)]
enum From {
    /// A field of JSON's records.
    Field(u32),
    /// The name of a member of JSON, its value, or an element that is no record.
    Key,
    Value,
    /// The number of the row.
    Number,
    /// The cell of a table's row.
    Cell(u32),
    /// A part of a line.
    Part(Part),
    /// Computed: the cells are there.
    Made,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    /// What else it is called: `avg(a)` where that has another label.
    called: Option<String>,
    from: From,
    /// Whether it is shown where none is named.
    is_usual: bool,
}

/// How rows are read.
enum Source {
    Json(Fields),
    Table(table_cells::Rows),
    Lines,
    Made,
}

/// Rows with columns.
pub struct Relation<'t> {
    text: &'t str,
    /// What cells say that is not in the text as it is.
    extra: String,
    source: Source,
    rows: Vec<Base>,
    /// The rows that are left, in their order.
    order: Vec<u32>,
    columns: Vec<Column>,
    /// The cells of columns that were asked for, of all rows.
    cells: Vec<Option<Vec<Cell>>>,
    /// Columns to show, with names of their own; none for the usual ones.
    shown: Option<Vec<(usize, String)>>,
    /// What rows are called.
    unit: &'static str,
    /// How many rows there are before any was left out.
    all: usize,
    /// How many rows meet the conditions, where there are some.
    matching: Option<usize>,
    /// Rows before windows were put on them.
    before_windows: Option<usize>,
    /// Of groups: how many rows, or what they are called, they were made of.
    made_of: Option<(usize, &'static str)>,
    /// Whether nothing but a number was asked for.
    is_count: bool,
}

impl Column {
    fn new(name: impl Into<String>, from: From, is_usual: bool) -> Self {
        Self { name: name.into(), called: None, from, is_usual }
    }
}

impl<'t> Relation<'t> {
    /// The rows of a text.
    pub fn of_text(text: &'t str) -> Result<Self, Problem> {
        if let Some(rows) = records::json_rows(text) {
            return Self::of_json(text, number(&rows)?);
        }
        if let Some((rows, numbers, table)) = table_cells::read(text) {
            let mut rows = number(&rows)?;
            rows.iter_mut().zip(numbers).for_each(|(row, number)| row.number = number);
            return Ok(Self::of_table(text, rows, table));
        }
        let hits = search_hits(text);
        if !hits.is_empty() {
            return Ok(Self::of_hits(text, hits));
        }
        let lines: Vec<(u32, Row)> = records::lines(text)
            .zip(1u32..)
            .filter(|&((start, end), _)| !text[start..end].trim().is_empty())
            .map(|((start, end), number)| (number, Row::plain(start, end)))
            .take(MAX_PIECES + 1)
            .collect();
        let mut rows = number(&lines.iter().map(|line| line.1).collect::<Vec<_>>())?;
        rows.iter_mut().zip(&lines).for_each(|(row, line)| row.number = line.0);
        Ok(Self::of_lines(text, rows))
    }

    /// Values of JSON that stand anywhere in a text.
    pub fn of_values(text: &'t str, pieces: &[Piece]) -> Result<Self, Problem> {
        Self::of_json(text, pieces.iter().filter(|piece| piece.mark != Mark::Context).map(Base::of).collect())
    }

    /// Lines, or parts of them, that were found in a text.
    pub fn of_found(text: &'t str, pieces: &[Piece], all: usize) -> Self {
        let found: Vec<Base> = pieces.iter().filter(|piece| piece.mark != Mark::Context).map(Base::of).collect();
        let matching = Some(found.len());
        Self { all, matching, ..Self::of_lines(text, found) }
    }

    /// The rows of a text in which pieces of it stand.
    pub fn holding(text: &'t str, pieces: &[Piece]) -> Result<Self, Problem> {
        let mut relation = Self::of_text(text)?;
        let mut is_found = vec![false; relation.rows.len()];
        for piece in pieces.iter().filter(|piece| piece.mark != Mark::Context) {
            let first = relation.rows.partition_point(|row| (row.end as usize) <= piece.start());
            let own = relation.rows[first..].iter().take_while(|row| (row.start as usize) < piece.end());
            (first..first + own.count()).for_each(|row| is_found[row] = true);
        }
        relation.order.retain(|&row| is_found[row as usize]);
        relation.matching = Some(relation.order.len());
        Ok(relation)
    }

    /// The rows that begin in a span of a text.
    pub fn within(text: &'t str, span: Range<usize>) -> Result<Self, Problem> {
        let mut relation = Self::of_text(text)?;
        let rows = &relation.rows;
        relation.order.retain(|&row| span.contains(&(rows[row as usize].start as usize)));
        relation.matching = Some(relation.order.len());
        Ok(relation)
    }

    fn new(text: &'t str, source: Source, rows: Vec<Base>, columns: Vec<Column>, unit: &'static str) -> Self {
        let order = (0..rows.len() as u32).collect();
        let (all, cells) = (rows.len(), vec![None; columns.len()]);
        Self {
            text,
            extra: String::new(),
            source,
            rows,
            order,
            columns,
            cells,
            shown: None,
            unit,
            all,
            matching: None,
            before_windows: None,
            made_of: None,
            is_count: false,
        }
    }

    fn of_json(text: &'t str, rows: Vec<Base>) -> Result<Self, Problem> {
        let fields = Fields::of(text, &rows);
        let mut columns = Vec::new();
        if fields.has_keys {
            columns.push(Column::new("key", From::Key, true));
        }
        columns.extend(fields.columns());
        if fields.has_values {
            columns.push(Column::new("value", From::Value, true));
        }
        columns.push(Column::new("row", From::Number, false));
        Ok(Self::new(text, Source::Json(fields), rows, columns, "rows"))
    }

    fn of_table(text: &'t str, rows: Vec<Base>, table: table_cells::Rows) -> Self {
        let mut columns: Vec<Column> =
            table.names.iter().zip(0u32..).map(|(name, at)| Column::new(name, From::Cell(at), true)).collect();
        columns.push(Column::new("row", From::Number, false));
        Self::new(text, Source::Table(table), rows, columns, "rows")
    }

    fn of_lines(text: &'t str, rows: Vec<Base>) -> Self {
        let parts = Part::ALL.into_iter();
        let mut columns: Vec<Column> =
            parts.map(|part| Column::new(part.name(), From::Part(part), part == Part::Text)).collect();
        columns.push(Column::new("line", From::Number, false));
        Self::new(text, Source::Lines, rows, columns, "lines")
    }

    fn of_hits(text: &'t str, rows: Vec<Base>) -> Self {
        let parts = [Part::File, Part::FileLine, Part::Hit].into_iter();
        let mut columns: Vec<Column> =
            parts.map(|part| Column::new(part.name(), From::Part(part), part == Part::Hit)).collect();
        columns.push(Column::new("row", From::Number, false));
        Self::new(text, Source::Lines, rows, columns, "matches")
    }

    /// The columns that names ask for; what cannot be found is said with the nearest.
    fn find_all<'n>(&mut self, names: impl Iterator<Item = &'n Name>) -> Result<Vec<usize>, Problem> {
        let found = names.map(|name| self.find(name)).collect::<Result<Vec<usize>, Problem>>()?;
        self.load(&found)?;
        Ok(found)
    }

    /// Reads the cells of columns.
    fn load(&mut self, wanted: &[usize]) -> Result<(), Problem> {
        let mut missing: Vec<usize> = wanted.iter().copied().filter(|&at| self.cells[at].is_none()).collect();
        missing.sort_unstable();
        missing.dedup();
        let held = self.cells.iter().flatten().count() + missing.len();
        if self.rows.len().saturating_mul(held) > MAX_CELLS {
            let complaint = format!("{held} columns of {} rows are more than {MAX_CELLS} cells", self.rows.len());
            return Err(Problem::new(complaint, "columns a | rows 1-100"));
        }
        if let Source::Json(fields) = &self.source {
            let own =
                |at: &usize| if let From::Field(field) = self.columns[*at].from { Some((*at, field)) } else { None };
            let wanted: Vec<(usize, u32)> = missing.iter().filter_map(own).collect();
            let nodes: Vec<u32> = wanted.iter().map(|own| own.1).collect();
            let found = fields.cells(self.text, &self.rows, &nodes, &mut self.extra);
            for (&(at, _), cells) in wanted.iter().zip(found) {
                self.cells[at] = Some(cells);
            }
        }
        for at in missing {
            if self.cells[at].is_none() {
                let cells = self.read(at);
                self.cells[at] = Some(cells);
            }
        }
        if self.text.len() + self.extra.len() > u32::MAX as usize {
            return Err(Problem::new("the values are too large together", "columns a | rows 1-100"));
        }
        Ok(())
    }

    fn read(&mut self, column: usize) -> Vec<Cell> {
        let base = self.text.len();
        match &self.columns[column].from {
            From::Number => {
                let numbers = self.rows.iter().map(|row| row.number.to_string());
                numbers.map(|number| Cell::added(&number, cell::Kind::Number, base, &mut self.extra)).collect()
            }
            From::Key => self.rows.iter().map(|row| Cell::key(self.text, row)).collect(),
            From::Value => self.rows.iter().map(|row| Cell::bare_value(self.text, row)).collect(),
            From::Cell(at) => match &self.source {
                Source::Table(table) => table.column(self.text, *at as usize, &mut self.extra),
                _ => Vec::new(),
            },
            From::Part(part) => line_parts::read(self.text, &self.rows, *part, &mut self.extra),
            From::Field(_) | From::Made => Vec::new(),
        }
    }

    fn cell(&self, column: usize, row: u32) -> Cell {
        self.cells[column].as_ref().and_then(|cells| cells.get(row as usize)).copied().unwrap_or(Cell::MISSING)
    }

    /// What a cell says as it is written: of a string of JSON, without its quotes and not decoded.
    fn raw(&self, cell: Cell) -> &str {
        cell.raw(self.text, &self.extra)
    }

    /// Takes windows of the rows.
    pub fn take(&mut self, windows: &Windows) {
        let total = self.order.len();
        self.order = windows.ranges(total).flat_map(|range| self.order[range].to_vec()).collect();
        self.before_windows = Some(total);
    }

    /// The rows as pieces of the text, in its order; none where they are no part of it.
    pub fn pieces(&self) -> Option<(&'t str, Vec<Piece>)> {
        if matches!(self.source, Source::Made) {
            return None;
        }
        let mut order = self.order.clone();
        order.sort_unstable();
        let piece = |row: &u32| {
            let row = self.rows[*row as usize];
            let span = Row { start: row.start as usize, value: row.value as usize, end: row.end as usize };
            Piece::new(&span, row.number, Mark::Plain)
        };
        Some((self.text, order.iter().map(piece).collect()))
    }

    /// Whether a number is all that was asked for.
    pub fn is_number(&self) -> bool {
        self.is_count
    }

    /// How many rows there were before windows were put on them; 1 where a number is all there is.
    pub fn total(&self) -> usize {
        if self.is_count {
            1
        } else {
            self.before_windows.unwrap_or(self.order.len())
        }
    }
}

impl Base {
    fn of(piece: &Piece) -> Self {
        let narrow = |offset: usize| offset as u32;
        Self {
            start: narrow(piece.start()),
            value: narrow(piece.value()),
            end: narrow(piece.end()),
            number: piece.number,
        }
    }
}

/// The lines of search results that are matches, by their numbers in the text.
fn search_hits(text: &str) -> Vec<Base> {
    let scores = detect::scores(text);
    let surest = scores.iter().copied().fold(0.0, f64::max);
    if scores[Kind::Search as usize] <= LEAST_SCORE || scores[Kind::Search as usize] < surest {
        return Vec::new();
    }
    let hits = search::hits(text);
    let mut lines = records::lines(text).zip(1u32..);
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        let line = lines.find(|&((start, end), _)| start <= hit.start as usize && hit.end as usize <= end);
        let Some(((start, end), number)) = line else { return Vec::new() };
        rows.push(Base { start: start as u32, value: start as u32, end: end as u32, number });
    }
    rows
}

fn number(rows: &[Row]) -> Result<Vec<Base>, Problem> {
    if rows.len() > MAX_PIECES {
        return Err(Problem::new(format!("more than {MAX_PIECES} rows"), "chars 1-4000"));
    }
    let bases = rows.iter().zip(1u32..);
    Ok(bases
        .map(|(row, number)| Base { start: row.start as u32, value: row.value as u32, end: row.end as u32, number })
        .collect())
}
