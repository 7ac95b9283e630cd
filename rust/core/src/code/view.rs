//! Ranks of lines in, the view out: whole lines of the source, and where some are left out, how many and which.

use std::fmt::Write;

use super::lines::Source;
use super::rank::{self, Outline};
use crate::search::keywords::{roles, DEFINING};

/// Lines are left out only where they have more bytes than what says so: in so many lines, so many bytes.
const LEAST_BYTES: usize = 56;
/// Where nothing but one line would be left out, so many.
const LEAST_BYTES_OF_ONE: usize = 110;
/// Of more lines alike in a row, only the first and the last are shown.
const LONG_RUN: usize = 30;
const RUN_HEAD: usize = 12;
const RUN_TAIL: usize = 3;
const LONG_IMPORTS: usize = 60;
const IMPORTS_HEAD: usize = 40;
/// The same where only what is defined is to be told.
const DEEP_IMPORTS: usize = 16;
const DEEP_IMPORTS_HEAD: usize = 8;

/// A view, and how many lines it shows.
pub struct Written {
    pub text: String,
    pub shown: usize,
}

/// Leaves out the middle of long runs of lines that say alike: constants, members, imports. What declares a function or a
/// type stays.
pub fn shorten_runs(ranks: &mut [u8], rows: &[&str], is_deep: bool) {
    let imports = if is_deep { (DEEP_IMPORTS, DEEP_IMPORTS_HEAD) } else { (LONG_IMPORTS, IMPORTS_HEAD) };
    let mut at = 0;
    while at < ranks.len() {
        let rank = ranks[at];
        let (most, head) = if rank == rank::IMPORT { imports } else { (LONG_RUN, RUN_HEAD) };
        let is_run = matches!(rank, rank::MEMBER | rank::STATEMENT | rank::IMPORT);
        let goes_on = |other: &usize| ranks[*other] == rank || ranks[*other] == rank::BLANK;
        let end = (at..ranks.len()).take_while(goes_on).last().map_or(at + 1, |last| last + 1);
        if is_run && end - at > most {
            for row in at + head..end - RUN_TAIL {
                if !declares(rows[row]) {
                    ranks[row] = rank::LONG_REST;
                }
            }
        }
        at = end;
    }
}

/// Whether a line declares a function or a type, without a body.
fn declares(row: &str) -> bool {
    let bare = row.trim_ascii();
    let mut words = bare.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    // `void name(int);` declares, `name(1);` calls.
    let before = bare.split('(').next().unwrap_or("").trim_ascii();
    let is_declaration = bare.ends_with(");") && before.contains(' ') && !before.contains('=');
    is_declaration || words.by_ref().take(3).any(|word| roles(word.as_bytes()) & DEFINING != 0)
}

/// The view that shows lines up to a rank.
pub fn write(source: &Source, outline: &Outline, limit: u8) -> Written {
    let ranks = &outline.ranks;
    let mut out = Written { text: String::new(), shown: 0 };
    let is_hidden = |row: usize| ranks[row] > limit && !source.is_note(row);
    let mut at = 0;
    while at < ranks.len() {
        if !is_hidden(at) {
            show(source, at..at + 1, &mut out);
            at += 1;
            continue;
        }
        let end = (at..ranks.len()).find(|&row| !is_hidden(row)).unwrap_or(ranks.len());
        if is_worth_it(source, ranks, at..end) {
            let _ = writeln!(out.text, "… {} lines {}-{end}", end - at, at + 1);
        } else {
            show(source, at..end, &mut out);
        }
        at = end;
    }
    if out.text.ends_with('\n') && !source.lines.text.ends_with('\n') {
        out.text.pop();
    }
    out
}

fn show(source: &Source, rows: std::ops::Range<usize>, out: &mut Written) {
    out.shown += rows.len();
    let lines = &source.lines;
    for row in rows {
        let line = lines.list[row];
        out.text.push_str(&lines.text[line.start as usize..line.next as usize]);
        if line.end == line.next {
            out.text.push('\n');
        }
    }
}

/// Whether leaving some lines out saves anything.
fn is_worth_it(source: &Source, ranks: &[u8], rows: std::ops::Range<usize>) -> bool {
    let told = rows.clone().filter(|&row| ranks[row] != rank::BLANK).take(2).count();
    let least = if told == 1 { LEAST_BYTES_OF_ONE } else { LEAST_BYTES };
    let mut bytes = 0;
    for row in rows {
        let (gutter, code) = source.parts(row);
        bytes += code.trim_ascii().len() + if gutter.is_empty() { 1 } else { 8 };
        if bytes > least {
            return told > 0;
        }
    }
    false
}
