//! Pieces: spans of one text that stages hand on, and how they are written out.

use std::fmt::Write;

use super::records::Row;
use crate::text::end_line;

/// Pieces held at once at most, so that a text of 50 MB cannot take gigabytes.
pub const MAX_PIECES: usize = 10_000_000;

/// More than `MAX_PIECES`.
#[derive(Debug, Clone, Copy)]
pub struct TooMany;

/// What a piece is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: as it stands in the text.
    Plain,
    /// Its number and a colon.
    Match,
    /// Its number and a dash.
    Context,
}

/// A span of a text. Offsets are 32 bits wide, since there can be millions.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    start: u32,
    value: u32,
    end: u32,
    /// The number of the line, row or value, from 1; 0 for what is around the rows of a document.
    pub number: u32,
    /// For a part of a long line or row, the character of the text that it begins with, from 1; else 0.
    pub from_char: u32,
    /// What it is written with.
    pub mark: Mark,
    /// Whether something was left out before it, in a list that is otherwise continuous.
    pub gap: bool,
}

impl Piece {
    /// A piece of a text of less than 4 GiB.
    pub fn new(row: &Row, number: u32, mark: Mark) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: narrow(row.start),
            value: narrow(row.value),
            end: narrow(row.end),
            number,
            from_char: 0,
            mark,
            gap: false,
        }
    }

    /// The piece as a part that begins with a character of the text, and follows a gap or not.
    pub fn part(self, from_char: u32, gap: bool) -> Self {
        Self { from_char, gap, ..self }
    }

    /// Where it begins.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Where its value begins: behind the name, if it is a member of an object.
    pub fn value(&self) -> usize {
        self.value as usize
    }

    /// Where it ends.
    pub fn end(&self) -> usize {
        self.end as usize
    }

    /// Appends the piece as a reader sees it, without a final line break.
    pub fn write(&self, text: &str, out: &mut String) {
        let content = &text[self.start()..self.end()];
        let sign = if self.mark == Mark::Context { '-' } else { ':' };
        if self.gap {
            out.push_str("--\n");
        }
        if self.mark != Mark::Plain {
            if self.number > 0 {
                // Writing to a String cannot fail.
                let _ = write!(out, "{}{sign}", self.number);
            }
            if self.from_char > 0 {
                let to_char = self.from_char as usize + content.chars().count().max(1) - 1;
                let _ = write!(out, "chars {}-{to_char}{sign}", self.from_char);
            }
        }
        out.push_str(content);
    }
}

/// All pieces, each on a line of its own.
pub fn joined(text: &str, pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        end_line(&mut out);
        piece.write(text, &mut out);
    }
    out
}
