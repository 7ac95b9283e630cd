//! What a text of tables is made of: blocks of rows, each with a schema, and lines of text between them.

use super::layout::Layout;
use crate::text::Lines;

/// Cells of a row, at most.
pub const MAX_COLUMNS: usize = 400;

/// How the cells of rows stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// By this byte.
    Delimited(u8),
    /// By vertical lines, of this character.
    Boxed(char),
    /// In columns of equal width.
    Aligned,
    /// One cell a line below lines that draw a tree.
    Outline,
}

/// Columns that blocks share.
#[derive(Debug)]
pub struct Schema {
    pub format: Format,
    /// Names of the columns as the heading has them; none without a heading.
    pub names: Vec<String>,
    pub columns: usize,
    /// Rows of all blocks, by ordinal, in order.
    pub rows: Vec<u32>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Heading,
    Rule,
    Row,
}

/// Lines that stand together.
#[derive(Debug)]
pub struct Block {
    pub schema: u16,
    pub first: u32,
    /// One past the last line.
    pub end: u32,
    /// Cells of the heading, if it has one.
    pub heading: Option<Span>,
    pub layout: Layout,
}

/// Cells `from..to` of `Document::cells`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub line: u32,
    pub from: u32,
    pub to: u32,
}

/// A text as blocks.
pub struct Document<'a> {
    pub lines: Lines<'a>,
    pub parts: Vec<Part>,
    pub schemas: Vec<Schema>,
    pub blocks: Vec<Block>,
    pub rows: Vec<Span>,
    /// The block of each row.
    pub block_of: Vec<u32>,
    /// Where cells begin and end in the text, without their padding.
    pub cells: Vec<(u32, u32)>,
}

impl<'a> Document<'a> {
    pub fn cell(&self, span: Span, column: usize) -> &'a str {
        let (start, end) = self.cells[span.from as usize + column];
        &self.lines.text[start as usize..end as usize]
    }

    pub fn cells_of(&self, span: Span) -> impl Iterator<Item = &'a str> + '_ {
        self.cells[span.from as usize..span.to as usize]
            .iter()
            .map(|&(start, end)| &self.lines.text[start as usize..end as usize])
    }
}
