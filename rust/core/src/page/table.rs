//! A table of the page in, lines with `|` between the cells out; tables that only lay out a page are none. Of a long table
//! of short cells, such as figures, the rows that matter are shown, as the compressor of tables chooses them.

use super::fate::Fate;
use super::tags::Tag;
use super::tree::Tree;
use super::write::{Page, Writer};
use crate::table;
use crate::text::Task;
use crate::tokens::{count, Encoding};

/// Characters of a cell from which a table lays out a page rather than shows data.
const MAX_CELL_BYTES: u32 = 2_000;
/// Rows from which a table of short cells is shortened; bytes of such a cell, at most and on average.
const MIN_LONG_ROWS: usize = 16;
const MAX_SHORT_BYTES: usize = 60;
const MEAN_SHORT_BYTES: usize = 20;
/// The share of its tokens that a table which is shortened has at most.
const SHORTENED_SHARE: f64 = 0.75;

/// The rows of a table as Markdown; `None` where its cells hold blocks of their own.
pub fn rows(page: &Page, table: u32) -> Option<String> {
    let tree = page.tree;
    let end = tree.node(table).end;
    let mut rows: Vec<Row> = Vec::new();
    let mut out = String::new();
    let mut paragraphs = 0;
    let mut at = table + 1;
    while at < end {
        let node = tree.node(at);
        if page.fates[at as usize] != Fate::Shown {
            at = node.end;
            continue;
        }
        match node.tag {
            tag if holds_blocks(tag) => return None,
            Tag::Caption => {
                out = Writer::flat(page, at + 1, node.end);
                at = node.end;
                continue;
            }
            Tag::Tr => rows.push(Row::default()),
            tag if tag.is_cell() => {
                if rows.is_empty() {
                    rows.push(Row::default());
                }
                paragraphs += paragraphs_within(tree, at)?;
                if let Some(row) = rows.last_mut() {
                    row.cells.push((at + 1, node.end));
                    row.heads += usize::from(tag == Tag::Th);
                }
                at = node.end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    rows.retain(|row| !row.cells.is_empty());
    let columns = rows.iter().map(|row| row.cells.len()).max()?;
    if columns < 2 || paragraphs > rows.iter().map(|row| row.cells.len()).sum() {
        return None;
    }
    let caption = out.len();
    let mut sizes = Sizes::default();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.cells.iter().map(|&(from, to)| Writer::flat(page, from, to)).collect();
        let line = cells.join(" | ");
        if line.bytes().all(|byte| b" |".contains(&byte)) {
            continue;
        }
        cells.iter().for_each(|cell| sizes.add(cell));
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line.trim_end_matches([' ', '|']));
        if index == 0 && row.heads == row.cells.len() && row.heads > 1 && rows.len() > 1 {
            out.push('\n');
            out.push_str(&vec!["---"; row.cells.len()].join("|"));
        }
    }
    if rows.len() >= MIN_LONG_ROWS && sizes.are_short() {
        if let Some(shortened) = shortened(&out[caption..], page.question) {
            out.truncate(caption);
            out.push_str(&shortened);
        }
    }
    Some(out)
}

/// The rows that matter of a table, under how many of how many they are.
fn shortened(table: &str, question: &str) -> Option<String> {
    let table = table.trim_start_matches('\n');
    // A view has a key in its marker, which is the page's to write.
    let task = Task { question, key: Some(""), ..Task::lossless(table) };
    let view = table::compress(&task).lossy?;
    let text = format!("\n[{} of {} rows]\n{}", view.shown, view.total, view.text.split_once('\n')?.1.trim_end());
    let tokens = |text: &str| count(text, Encoding::O200kBase) as f64;
    (tokens(&text) <= SHORTENED_SHARE * tokens(table)).then_some(text)
}

/// How long the cells of a table are.
#[derive(Default)]
struct Sizes {
    cells: usize,
    bytes: usize,
    longest: usize,
}

impl Sizes {
    fn add(&mut self, cell: &str) {
        self.cells += 1;
        self.bytes += cell.len();
        self.longest = self.longest.max(cell.len());
    }

    fn are_short(&self) -> bool {
        self.longest <= MAX_SHORT_BYTES && self.bytes <= MEAN_SHORT_BYTES * self.cells
    }
}

#[derive(Default)]
struct Row {
    /// The nodes of each cell.
    cells: Vec<(u32, u32)>,
    heads: usize,
}

/// Elements that stand on lines of their own, which no cell has room for.
fn holds_blocks(tag: Tag) -> bool {
    matches!(tag, Tag::Table | Tag::Pre | Tag::Ul | Tag::Ol | Tag::Dl | Tag::Blockquote) || tag.heading().is_some()
}

/// The paragraphs in a cell; `None` if it holds blocks, or is long.
fn paragraphs_within(tree: &Tree, cell: u32) -> Option<usize> {
    let mut paragraphs = 0;
    let mut bytes = 0;
    for at in cell + 1..tree.node(cell).end {
        let node = tree.node(at);
        match node.tag {
            Tag::P => paragraphs += 1,
            Tag::Text => bytes += node.to - node.from,
            _ => {}
        }
        if holds_blocks(node.tag) || bytes > MAX_CELL_BYTES {
            return None;
        }
    }
    Some(paragraphs)
}
