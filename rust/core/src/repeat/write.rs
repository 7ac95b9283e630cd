//! From a text to the form that refers to lines above.

use super::line::{body, numbered};
use super::reference::{self, Reference};
use super::{Referring, Shown};
use crate::text::marker;
use crate::tokens::{count, Encoding};

/// Lines with fewer tokens are said again: a reference would not be shorter.
const FEWEST_TOKENS: usize = 10;
/// Lines with more bytes surely have so many tokens.
const MANY_BYTES: usize = 400;

/// A run of lines after the one that says where it stands above.
struct Run {
    reference: Reference,
    text: u32,
}

impl Shown {
    /// The text with references to what was shown, behind a marker with `key`, the name of the whole; nothing where
    /// none of it stands above, or where it has a line that looks like a reference. Linear.
    pub fn write(&self, text: &str, key: &str) -> Option<Referring> {
        let lines: Vec<&str> = text.split('\n').collect();
        if self.is_empty() || lines.iter().any(|line| reference::parse(line).is_some()) {
            return None;
        }
        let mut out = String::new();
        let mut sources = Vec::new();
        let (mut at, mut shown) = (0, 0);
        while at < lines.len() {
            out.push_str(lines[at]);
            out.push('\n');
            shown += 1;
            at += 1;
            if let Some(run) = self.run(&lines, at - 1) {
                out.push_str(&reference::write(run.reference));
                out.push('\n');
                sources.push(run.text);
                at += run.reference.lines;
            }
        }
        if sources.is_empty() {
            return None;
        }
        out.pop();
        sources.sort_unstable();
        sources.dedup();
        let total = lines.len();
        Some(Referring { text: marker("repeat", shown, total, "lines", key) + &out, shown, total, sources })
    }

    /// The run of lines after the one at `at`, if it is long enough.
    fn run(&self, lines: &[&str], at: usize) -> Option<Run> {
        if at == end_of(lines) {
            return None;
        }
        let place = self.place_of(lines[at])?;
        let plain = self.plain_run(lines, at, place);
        let renumbered = self.renumbered_run(lines, at, place);
        let length = plain.max(renumbered);
        let reference = Reference { lines: length, renumbered: renumbered > plain };
        is_worth(&lines[at + 1..at + 1 + length]).then_some(Run { reference, text: self.lines[place].text })
    }

    fn plain_run(&self, lines: &[&str], at: usize, place: usize) -> usize {
        let same = |offset: &usize| self.line(place + offset) == Some(lines[at + offset]);
        (0..end_of(lines) - at).take_while(same).count().saturating_sub(1)
    }

    fn renumbered_run(&self, lines: &[&str], at: usize, place: usize) -> usize {
        let first = numbered(lines[at]).map(|(number, _)| number);
        let same = |offset: &usize| {
            let Some(said) = self.line(place + offset).map(body) else { return false };
            match first {
                None => lines[at + offset] == said,
                Some(first) => numbered(lines[at + offset])
                    .is_some_and(|(number, rest)| rest == said && first.after(*offset) == Some(number)),
            }
        };
        (0..end_of(lines) - at).take_while(same).count().saturating_sub(1)
    }
}

/// Where a run ends at the latest: before the end of a text that ends with a line break, which is no line to a reader.
fn end_of(lines: &[&str]) -> usize {
    if lines.last() == Some(&"") {
        lines.len() - 1
    } else {
        lines.len()
    }
}

fn is_worth(lines: &[&str]) -> bool {
    let bytes: usize = lines.iter().map(|line| line.trim().len()).sum();
    bytes > MANY_BYTES || (bytes > FEWEST_TOKENS && count(&lines.join("\n"), Encoding::O200kBase) >= FEWEST_TOKENS)
}
