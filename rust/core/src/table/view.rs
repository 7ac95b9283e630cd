//! A document and what is evident in it in, its lossy view out: rows that matter, numbered, under their heading, and a
//! line on each column.

use super::boxed;
use super::find::unquoted;
use super::layout::characters;
use super::records::Records;
use super::schema::{Block, Document, Format, Part};
use crate::json::select::{self, Budget, Selection};
use crate::text::{marker, Task, View};
use crate::words;

/// Lines of text in and above tables up to which all are shown; and of those beside tables.
const FEW_LINES: usize = 12;
const MANY_LINES: usize = 400;
/// Of more lines: the first, the last, those that report trouble, those that are named, those above shown rows.
const FIRST_LINES: usize = 2;
const LAST_LINES: usize = 3;
const TROUBLED_LINES: usize = 8;
const NAMED_LINES: usize = 6;
const LINES_ABOVE: usize = 2;
/// Bytes shown of a line of text.
const MAX_LINE_BYTES: usize = 2_000;

/// A lossy view of the document.
pub fn view(task: &Task, key: &str, document: &Document, records: &Records) -> Option<View> {
    let budget = Budget { deep: task.deep, target_ratio: task.target_ratio };
    let selection = select::select(&records.tree, &records.paths, &records.named, &records.evidence, budget);
    let mut is_shown = shown_rows(document, records, &selection);
    with_ancestors(document, &mut is_shown);
    let shown = is_shown.iter().filter(|&&is_shown| is_shown).count();
    let total = document.rows.len();
    if shown >= total {
        return None;
    }
    let is_text_shown = shown_text(task, document, &is_shown);
    let mut printer = Printer {
        document,
        records,
        selection: &selection,
        out: marker("table", shown, total, "rows", key),
        hidden_lines: 0,
        headed: None,
    };
    printer.print(&is_shown, &is_text_shown);
    printer.summaries();
    let mut text = printer.out;
    text.pop();
    let kept = account(document, records, &selection);
    Some(View { text, shown, total, kept, dropped: vec![("rows".to_owned(), total - shown)] })
}

fn shown_rows(document: &Document, records: &Records, selection: &Selection) -> Vec<bool> {
    let mut is_shown = vec![false; document.rows.len()];
    for (schema, collection) in document.schemas.iter().zip(&records.collections) {
        let kept = selection.view.kept.get(collection);
        for &row in &schema.rows {
            let node = records.nodes[row as usize];
            is_shown[row as usize] = kept.is_none_or(|kept| kept.binary_search(&node).is_ok());
        }
    }
    is_shown
}

/// Characters before the text of an outline's row.
fn indentation(document: &Document, row: usize) -> usize {
    let span = document.rows[row];
    let line = document.lines.list[span.line as usize];
    let begin = document.cells[span.from as usize].0;
    characters(&document.lines.text[line.start as usize..begin as usize])
}

/// Shows what rows of outlines hang on.
fn with_ancestors(document: &Document, is_shown: &mut [bool]) {
    for (schema, _) in document.schemas.iter().zip(0..).filter(|(schema, _)| schema.format == Format::Outline) {
        let mut wanted = 0;
        for &row in schema.rows.iter().rev() {
            let row = row as usize;
            let own = indentation(document, row);
            if own < wanted {
                is_shown[row] = true;
            }
            if is_shown[row] {
                wanted = own;
            }
        }
    }
}

/// Which lines of text are shown.
fn shown_text(task: &Task, document: &Document, is_row_shown: &[bool]) -> Vec<bool> {
    let lines = &document.lines;
    let is_text = |line: &usize| document.parts[*line] == Part::Text && !lines.line(*line).trim_ascii().is_empty();
    let mut is_shown = vec![false; lines.len()];
    let is_beside = beside(document);
    let others: Vec<usize> = (0..lines.len()).filter(|&line| is_beside[line] && is_text(&line)).collect();
    let shows_others = others.len() <= MANY_LINES;
    others.iter().filter(|_| shows_others).for_each(|&line| is_shown[line] = !boxed::is_rule(lines.line(line)));
    let texts: Vec<usize> =
        (0..lines.len()).filter(|line| is_text(line) && !(shows_others && is_beside[*line])).collect();
    if texts.len() <= FEW_LINES {
        texts.iter().for_each(|&line| is_shown[line] = true);
        return is_shown;
    }
    let ends = texts.iter().take(FIRST_LINES).chain(texts.iter().rev().take(LAST_LINES));
    let troubled = texts.iter().filter(|&&line| words::has_trouble(lines.line(line).as_bytes())).take(TROUBLED_LINES);
    ends.chain(troubled).for_each(|&line| is_shown[line] = true);
    let named = lines.named(task.question, task.call).into_iter().filter(|hit| !hit.by_call);
    let named = named.map(|hit| hit.node as usize).filter(is_text).take(NAMED_LINES);
    named.for_each(|line| is_shown[line] = true);
    let mut has_shown = vec![false; document.blocks.len()];
    for (row, &block) in document.block_of.iter().enumerate() {
        has_shown[block as usize] |= is_row_shown[row];
    }
    for (block, _) in document.blocks.iter().zip(has_shown).filter(|(_, has_shown)| *has_shown) {
        let above = (0..block.first as usize).rev().take_while(|&line| document.parts[line] == Part::Text);
        above.filter(is_text).take(LINES_ABOVE).for_each(|line| is_shown[line] = true);
    }
    is_shown
}

/// Which lines are another text's: in no table, and no line above one that says whose files are below.
fn beside(document: &Document) -> Vec<bool> {
    let mut is_beside = vec![true; document.lines.len()];
    for block in &document.blocks {
        let first = block.first as usize;
        is_beside[first..block.end as usize].fill(false);
        let is_title = |line: &usize| {
            let text = document.lines.line(*line);
            document.parts[*line] == Part::Text && (text.ends_with(':') || text.starts_with("total "))
        };
        (0..first).rev().take(LINES_ABOVE).take_while(is_title).for_each(|line| is_beside[line] = false);
    }
    is_beside
}

/// Numbers of the lines that are shown, and why.
fn account(document: &Document, records: &Records, selection: &Selection) -> Vec<(u32, &'static str)> {
    let mut order: Vec<(u32, u32)> = records.nodes.iter().zip(0..).map(|(&node, row)| (node, row)).collect();
    order.sort_unstable();
    let line_of = |node: u32| {
        let at = order.partition_point(|&(first, _)| first <= node).checked_sub(1)?;
        Some(document.rows[order[at].1 as usize].line + 1)
    };
    let notes = selection.notes.iter().filter_map(|&(node, why)| Some((line_of(node)?, why.text())));
    let mut kept: Vec<(u32, &'static str)> = notes.collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

struct Printer<'p, 'a> {
    document: &'p Document<'a>,
    records: &'p Records<'a>,
    selection: &'p Selection,
    out: String,
    hidden_lines: usize,
    /// The schema whose heading was printed last.
    headed: Option<u16>,
}

impl Printer<'_, '_> {
    fn print(&mut self, is_shown: &[bool], is_text_shown: &[bool]) {
        let document = self.document;
        let mut row = 0;
        let mut block = 0;
        for (line, part) in document.parts.iter().enumerate() {
            while document.blocks.get(block).is_some_and(|own| own.end as usize <= line) {
                block += 1;
            }
            match part {
                Part::Text if is_text_shown[line] => self.text(line),
                Part::Text => {
                    self.hidden_lines += usize::from(!document.lines.line(line).trim_ascii().is_empty());
                }
                Part::Heading | Part::Rule => {}
                Part::Row => {
                    if is_shown[row] {
                        self.row(row);
                    }
                    row += 1;
                }
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        if self.hidden_lines > 0 {
            self.out.push_str(&format!("…{} lines\n", self.hidden_lines));
            self.hidden_lines = 0;
        }
    }

    fn text(&mut self, line: usize) {
        self.flush();
        let text = self.document.lines.line(line);
        let mut end = text.len().min(MAX_LINE_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.out.push_str(&text[..end]);
        if end < text.len() {
            self.out.push('…');
        }
        self.out.push('\n');
    }

    fn heading(&mut self, block: &Block) {
        if self.headed == Some(block.schema) {
            return;
        }
        self.headed = Some(block.schema);
        let Some(heading) = block.heading else { return };
        let cells: Vec<&str> = self.document.cells_of(heading).collect();
        self.out.push_str("row: ");
        self.join(&cells, block);
        self.out.push('\n');
    }

    fn join(&mut self, cells: &[&str], block: &Block) {
        let schema = &self.document.schemas[block.schema as usize];
        let separator = match schema.format {
            Format::Delimited(by) => char::from(by),
            _ if cells[..cells.len().saturating_sub(1)].iter().any(|cell| cell.is_empty() || cell.contains(' ')) => '|',
            Format::Aligned => ' ',
            Format::Boxed(_) | Format::Outline => '|',
        };
        for (column, cell) in cells.iter().enumerate() {
            if column > 0 {
                self.out.push(separator);
            }
            self.out.push_str(cell);
        }
    }

    fn row(&mut self, row: usize) {
        self.flush();
        let document = self.document;
        let block = &document.blocks[document.block_of[row] as usize];
        self.heading(block);
        self.out.push_str(&format!("{}: ", row + 1));
        if document.schemas[block.schema as usize].format == Format::Outline {
            let indentation = indentation(document, row);
            (0..indentation).for_each(|_| self.out.push(' '));
        }
        let node = self.records.nodes[row];
        let view = &self.selection.view;
        let limit = view.limit_of(node, view.text_limit);
        let raw: Vec<&str> = document.cells_of(document.rows[row]).collect();
        if raw.iter().all(|cell| cell.len() <= limit) {
            self.join(&raw, block);
        } else {
            let mut fields = self.records.tree.children(node);
            let cut: Vec<String> = raw
                .iter()
                .map(|cell| {
                    if unquoted(cell).is_empty() && raw.len() > 1 {
                        return String::new();
                    }
                    let excerpt = fields.next().and_then(|field| view.excerpt(&self.records.tree, field, limit));
                    excerpt.unwrap_or_else(|| (*cell).to_owned()).replace(['\n', '\r'], " ")
                })
                .collect();
            let cells: Vec<&str> = cut.iter().map(String::as_str).collect();
            self.join(&cells, block);
        }
        self.out.push('\n');
    }

    fn summaries(&mut self) {
        for (ordinal, collection) in self.records.collections.iter().enumerate() {
            if let Some(summary) = self.selection.view.summaries.get(collection) {
                if self.records.collections.len() > 1 {
                    let rows = self.document.schemas[ordinal].rows.len();
                    self.out.push_str(&format!("# {rows} rows:\n"));
                }
                self.out.push_str(summary);
            }
        }
    }
}
