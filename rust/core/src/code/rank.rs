//! Ranks of lines: how early a line is left out, and the definitions that a question may name.

use std::ops::Range;

use super::blocks;

/// What was asked for is always shown; higher ranks go first.
pub const ASKED: u8 = 0;
pub const SIGNATURE: u8 = 1;
pub const IMPORT: u8 = 2;
pub const HEAD_REST: u8 = 3;
pub const NESTED: u8 = 4;
pub const BROKEN: u8 = 5;
pub const STATEMENT: u8 = 6;
pub const MEMBER: u8 = 7;
pub const SMALL_BODY: u8 = 8;
pub const RAISED: u8 = 9;
pub const DOC: u8 = 10;
/// From here on a line is shown only where it costs less than to say that it is left out.
pub const CLOSING: u8 = 11;
pub const LONG_REST: u8 = 12;
pub const COMMENT: u8 = 13;
pub const DOC_REST: u8 = 14;
pub const BODY: u8 = 15;
pub const BLANK: u8 = 16;

/// The greatest rank that is shown at each level, from the fullest view to the least.
pub const LEVELS: [u8; 8] = [DOC, RAISED, SMALL_BODY, MEMBER, NESTED, HEAD_REST, IMPORT, SIGNATURE];
/// The level that begins where a part of the file was asked for.
pub const PART: usize = 4;
/// The level that `deep` begins with: one line a definition, and what is imported.
pub const DEEP: usize = 6;

/// Something that has a name: a function, a class.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Where in the text its name stands.
    pub name: Range<usize>,
    pub name_row: usize,
    pub rows: Range<usize>,
    /// The rows of its signature.
    pub head: Range<usize>,
    pub is_function: bool,
    /// Whether it only names what is defined elsewhere, as `struct name *value;` does.
    pub is_use: bool,
}

/// What is known of the structure of a file.
pub struct Outline {
    pub ranks: Vec<u8>,
    pub definitions: Vec<Definition>,
}

impl Outline {
    pub fn new(rows: &[&str], rank: u8) -> Self {
        Self { ranks: vec![rank; rows.len()], definitions: Vec::new() }
    }

    pub fn paint(&mut self, rows: Range<usize>, rank: u8) {
        self.ranks[rows].fill(rank);
    }

    pub fn define(&mut self, definition: Definition) {
        self.definitions.push(definition);
    }

    /// Whether a row is still nothing but a line of a body.
    pub fn is_in_body(&self, row: usize) -> bool {
        matches!(self.ranks[row], BODY | SMALL_BODY | RAISED)
    }

    /// Reads some rows by their indentation.
    pub fn read_by_indentation(&mut self, rows: &[&str], range: Range<usize>) {
        blocks::paint(rows, range, self);
    }

    /// Says that blank rows are blank.
    pub fn mark_blanks(&mut self, rows: &[&str]) {
        for (rank, row) in self.ranks.iter_mut().zip(rows) {
            if row.trim_ascii().is_empty() && *rank != ASKED {
                *rank = BLANK;
            }
        }
    }
}
