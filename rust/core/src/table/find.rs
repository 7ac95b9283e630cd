//! A text in, its blocks of rows out, and what stands between them.

use super::aligned::{self, Plan, Split};
use super::boxed;
use super::delimited;
use super::fields::{aligned_layout, boxed_layout, edges, Edges};
use super::layout::{Align, Layout};
use super::outline::{self, Style};
use super::schema::{Block, Document, Format, Part, Schema, Span};
use crate::text::Lines;

/// Kinds of rows that are told apart; blocks of others stay text.
const MAX_SCHEMAS: usize = 12;
/// Lines of a paragraph that its heading may be.
const MAX_LEAD: usize = 6;
/// Lines of a paragraph by which its heading and its padding are told.
const LOOKED_AT: usize = 48;
/// Paragraphs looked at for columns.
const MAX_PLANS: usize = 40_000;

/// Finds the blocks of a text. Linear in the text.
pub fn find(lines: Lines) -> Document {
    let mut finder = Finder::new(lines, true);
    finder.run();
    finder.lay_out();
    finder.document
}

/// Finds the blocks of lines, but not how their cells stand.
pub fn sketch(lines: Lines) -> Document {
    let mut finder = Finder::new(lines, false);
    finder.run();
    finder.document
}

struct Finder<'a> {
    document: Document<'a>,
    /// Whether the layouts of blocks are wanted.
    is_laid_out: bool,
    /// Where the cells of each block stand, column by column.
    edges: Vec<Vec<Edges>>,
    /// Paragraphs that were looked at for columns.
    plans: usize,
}

#[derive(Clone, Copy)]
enum Splitter {
    Delimited(u8),
    Boxed(char, usize),
    Outline(Style),
}

impl<'a> Finder<'a> {
    fn new(lines: Lines<'a>, is_laid_out: bool) -> Self {
        let parts = vec![Part::Text; lines.len()];
        let document = Document {
            lines,
            parts,
            schemas: Vec::new(),
            blocks: Vec::new(),
            rows: Vec::new(),
            block_of: Vec::new(),
            cells: Vec::new(),
        };
        Finder { document, is_laid_out, edges: Vec::new(), plans: 0 }
    }

    fn run(&mut self) {
        let mut at = 0;
        // Lines at the start of a paragraph that were tried as headings.
        let mut lead = 0;
        let mut paragraph_end = 0;
        while at < self.document.lines.len() {
            if self.is_blank(at) {
                lead = 0;
                at += 1;
                continue;
            }
            if let Some(end) = self.block_at(at) {
                at = end;
                lead = 0;
                continue;
            }
            if lead < MAX_LEAD && self.plans < MAX_PLANS {
                self.plans += 1;
                if paragraph_end <= at {
                    paragraph_end = (at..self.document.lines.len())
                        .find(|&line| self.is_blank(line))
                        .unwrap_or(self.document.lines.len());
                }
                if let Some(end) = self.aligned_at(at, paragraph_end) {
                    at = end;
                    lead = 0;
                    continue;
                }
            }
            lead += 1;
            at += 1;
        }
    }

    /// Lays the blocks of aligned words out: how columns stand is told by all blocks that have them.
    fn lay_out(&mut self) {
        let document = &mut self.document;
        for schema in 0..document.schemas.len() {
            if document.schemas[schema].format != Format::Aligned {
                continue;
            }
            let own: Vec<usize> =
                (0..document.blocks.len()).filter(|&at| document.blocks[at].schema as usize == schema).collect();
            let columns = document.schemas[schema].columns;
            let mut votes = vec![(0usize, 0usize); columns];
            for &block in &own {
                for (sum, edges) in votes.iter_mut().zip(&self.edges[block]) {
                    let (starts, ends) = edges.votes();
                    *sum = (sum.0 + starts, sum.1 + ends);
                }
            }
            let mut aligns: Vec<Align> =
                votes.iter().map(|(starts, ends)| if starts >= ends { Align::Left } else { Align::Right }).collect();
            let lines = &document.lines;
            let rows = document.schemas[schema].rows.iter().map(|&row| document.rows[row as usize].line as usize);
            if let Some(last) = aligns.last_mut().filter(|last| **last == Align::Left) {
                let padded = rows.clone().filter(|&line| lines.line(line).ends_with(' ')).count();
                if padded * 2 <= rows.count() {
                    *last = Align::Bare;
                }
            }
            // Where the fields of the largest block are widest, what is between them is least.
            let largest = own.iter().copied().max_by_key(|&at| document.blocks[at].end - document.blocks[at].first);
            let known = largest.map(|at| aligned_layout(&self.edges[at], &aligns, None));
            for at in own {
                document.blocks[at].layout = aligned_layout(&self.edges[at], &aligns, known.as_ref());
            }
        }
    }

    fn is_blank(&self, line: usize) -> bool {
        self.document.lines.line(line).trim_ascii().is_empty()
    }

    /// Takes a block that is no paragraph of aligned words, and says where it ends.
    fn block_at(&mut self, at: usize) -> Option<usize> {
        let lines = &self.document.lines;
        let peek = |ahead: usize| (at + ahead < lines.len()).then(|| lines.line(at + ahead));
        if let Some((bar, bars)) = boxed::begins(peek) {
            return self.take(at, Splitter::Boxed(bar, bars));
        }
        if let Some((by, _)) = delimited::begins(peek) {
            return self.take(at, Splitter::Delimited(by));
        }
        let hangs = |ahead: usize| peek(ahead).is_some_and(outline::is_branch);
        if (hangs(0) || hangs(1)) && hangs(2) && outline::is_package(peek(1)?) {
            let style = outline::style_of(peek);
            return self.take(at, Splitter::Outline(style));
        }
        None
    }

    fn aligned_at(&mut self, at: usize, end: usize) -> Option<usize> {
        let Plan { split, columns, has_heading, has_rule, names } = aligned::plan(&self.document.lines, at, end)?;
        let mut taken = Taken { is_aligned: true, ..Taken::new(at) };
        let mut line = at;
        let mut misses = 0;
        let padded =
            (at..end.min(at + LOOKED_AT)).filter(|&line| self.document.lines.line(line).ends_with(' ')).count();
        let is_padded = padded * 2 > end.min(at + LOOKED_AT) - at;
        let is_listing = !names.is_empty();
        while line < end {
            let text = self.document.lines.line(line);
            let start = self.document.lines.list[line].start;
            let from = self.document.cells.len() as u32;
            let is_heading = has_heading && line == at;
            if has_rule && line == at + 1 {
                taken.rules.push(line);
            } else if is_heading {
                if let Split::Words(columns) = split {
                    self.heading_words(line, end, columns, start);
                } else if !aligned::split(text, &split, is_padded, start, &mut self.document.cells) {
                    return None;
                }
                taken.heading = Some(Span { line: line as u32, from, to: self.document.cells.len() as u32 });
            } else if is_listing && aligned::words_before_mode(text).is_none()
                || !aligned::split(text, &split, is_padded, start, &mut self.document.cells)
            {
                misses += 1;
                if misses > 8 && misses * 4 > line - at {
                    break;
                }
            } else {
                taken.rows.push(Span { line: line as u32, from, to: self.document.cells.len() as u32 });
            }
            line += 1;
        }
        if taken.rows.len() < 2 && names.is_empty() || taken.rows.is_empty() {
            return None;
        }
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let end = taken.rows.last().map_or(at, |row| row.line as usize) + 1;
        self.close(taken, Format::Aligned, columns, names, end);
        Some(end)
    }

    /// The heading's words, by the columns that they stand over.
    fn heading_words(&mut self, line: usize, end: usize, columns: usize, start: u32) {
        let lines = &self.document.lines;
        let below =
            (line + 1..end.min(line + 1 + LOOKED_AT)).map(|at| lines.line(at)).filter(|text| !boxed::is_rule(text));
        let found = aligned::heading(lines.line(line), columns, below);
        self.document.cells.extend(found.into_iter().map(|(left, right)| (start + left as u32, start + right as u32)));
    }

    /// Takes lines that one splitter takes.
    fn take(&mut self, at: usize, splitter: Splitter) -> Option<usize> {
        let mut taken = Taken::new(at);
        let mut line = at;
        let mut columns = 0;
        while line < self.document.lines.len() {
            let text = self.document.lines.line(line);
            let start = self.document.lines.list[line].start;
            let from = self.document.cells.len();
            let cells = &mut self.document.cells;
            match splitter {
                Splitter::Boxed(bar, bars) => {
                    if boxed::is_rule(text) {
                        taken.rules.push(line);
                        line += 1;
                        continue;
                    }
                    if boxed::bars(text) != Some((bar, bars)) {
                        break;
                    }
                    boxed::split(text, bar, start, cells);
                }
                Splitter::Delimited(by) => {
                    if text.is_empty() {
                        break;
                    }
                    // The first line says how many columns there are, whatever its quotes.
                    if !delimited::split(text, by, start, cells) && columns > 0 {
                        cells.truncate(from);
                        break;
                    }
                }
                Splitter::Outline(style) => {
                    let is_root = line == at && !outline::is_branch(text);
                    if !is_root && !outline::is_branch(text) {
                        break;
                    }
                    let (begin, _) = outline::split(text, style);
                    cells.push((start + begin as u32, start + text.len() as u32));
                }
            }
            let own = self.document.cells.len() - from;
            if columns == 0 {
                columns = own;
            }
            if own != columns || own == 0 {
                self.document.cells.truncate(from);
                break;
            }
            taken.rows.push(Span { line: line as u32, from: from as u32, to: self.document.cells.len() as u32 });
            line += 1;
        }
        let format = match splitter {
            Splitter::Boxed(bar, _) => Format::Boxed(bar),
            Splitter::Delimited(by) => Format::Delimited(by),
            _ => Format::Outline,
        };
        if taken.rows.len() < 2 || columns == 0 {
            return None;
        }
        if self.has_heading(&taken, format) {
            taken.heading = Some(taken.rows.remove(0));
        }
        // Rules behind the last row belong to the box, but none far behind.
        let last = taken.rows.last().or(taken.heading.as_ref()).map_or(at, |row| row.line as usize);
        taken.rules.retain(|&rule| rule <= last + 1);
        let end = taken.rules.last().map_or(last, |&rule| rule.max(last)) + 1;
        self.close(taken, format, columns, Vec::new(), end);
        Some(end)
    }

    /// Whether the first row names the columns.
    fn has_heading(&self, taken: &Taken, format: Format) -> bool {
        let first = taken.rows[0];
        let is_under_rule = taken.rules.iter().any(|&rule| rule == first.line as usize + 1);
        match format {
            Format::Boxed(_) => is_under_rule,
            Format::Delimited(_) => {
                let cells: Vec<&str> = self.document.cells_of(first).map(unquoted).collect();
                let is_name = |cell: &&str| {
                    !cell.is_empty()
                        && cell.len() <= 60
                        && !cell.starts_with(|c: char| c.is_ascii_digit() || "-+/.".contains(c))
                };
                let mut sorted = cells.clone();
                sorted.sort_unstable();
                sorted.dedup();
                let names = cells.iter().filter(|cell| is_name(cell)).count();
                // R leaves the name of row numbers empty.
                let is_named = names == cells.len() || names + 1 == cells.len() && cells[0].is_empty();
                let is_path = cells.iter().any(|cell| cell.contains('/') && !cell.contains(' ') && cells.len() < 3);
                is_named && sorted.len() == cells.len() && !is_path
            }
            Format::Aligned | Format::Outline => false,
        }
    }

    /// Adds a block, which stays text where there are too many kinds of rows.
    fn close(&mut self, taken: Taken, format: Format, columns: usize, mut names: Vec<String>, end: usize) {
        let document = &mut self.document;
        if let Some(heading) = taken.heading {
            names = document.cells_of(heading).map(|name| unquoted(name).to_owned()).collect();
        }
        let is_same = |schema: &Schema| {
            schema.format == format && schema.columns == columns && (names.is_empty() || schema.names == names)
        };
        let found = document.schemas.iter().position(is_same);
        let schema = match found {
            Some(schema) => schema,
            None if document.schemas.len() < MAX_SCHEMAS => {
                document.schemas.push(Schema { format, names, columns, rows: Vec::new() });
                document.schemas.len() - 1
            }
            None => return,
        };
        let (edges, layout) = match format {
            _ if !self.is_laid_out => (Vec::new(), Layout::default()),
            Format::Delimited(by) => (Vec::new(), Layout::delimited(by, columns)),
            Format::Outline => (Vec::new(), Layout::default()),
            Format::Boxed(bar) => {
                let edges = edges(document, &taken, columns);
                (Vec::new(), boxed_layout(document, &taken, bar, &edges))
            }
            Format::Aligned => (edges(document, &taken, columns), Layout::default()),
        };
        self.edges.push(edges);
        for &rule in &taken.rules {
            document.parts[rule] = Part::Rule;
        }
        if let Some(heading) = taken.heading {
            document.parts[heading.line as usize] = Part::Heading;
        }
        for row in taken.rows {
            document.parts[row.line as usize] = Part::Row;
            document.schemas[schema].rows.push(document.rows.len() as u32);
            document.rows.push(row);
            document.block_of.push(document.blocks.len() as u32);
        }
        document.blocks.push(Block {
            schema: schema as u16,
            first: taken.first as u32,
            end: end as u32,
            heading: taken.heading,
            layout,
        });
    }
}

/// The lines of a block that is being read.
pub struct Taken {
    first: usize,
    pub heading: Option<Span>,
    pub rules: Vec<usize>,
    pub rows: Vec<Span>,
    pub is_aligned: bool,
}

impl Taken {
    fn new(first: usize) -> Taken {
        Taken { first, heading: None, rules: Vec::new(), rows: Vec::new(), is_aligned: false }
    }
}

/// A cell without the quotes around it.
pub fn unquoted(cell: &str) -> &str {
    let bare = cell.trim_ascii();
    bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(bare)
}
