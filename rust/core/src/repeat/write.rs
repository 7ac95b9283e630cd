//! From a text to the form that refers to lines above.

use super::line::{behind_place, body, numbered};
use super::reference::{self, Reference};
use super::{start, Referring, Shown};
use crate::text::marker;
use crate::tokens::{count, Encoding};

/// Lines with fewer tokens are said again: a reference would not be shorter.
const FEWEST_TOKENS: usize = 8;
/// Lines with more bytes surely have so many tokens.
const MANY_BYTES: usize = 400;
/// Tokens of the rest of a line from which it is not said again: alone, or with lines after it.
const FEWEST_OF_LINE: usize = 6;
const FEWEST_OF_FIRST: usize = 4;

/// A run of lines after the one that says where it stands above, at `place`.
struct Run {
    reference: Reference,
    place: usize,
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
            let run = self.run(&lines, at);
            let begun = self.beginning(lines[at], run.as_ref().map(|run| run.place));
            let reference = run.as_ref().map_or(Reference { lines: 0, renumbered: false }, |run| run.reference);
            if begun.is_none() {
                out.push_str(lines[at]);
                out.push('\n');
                shown += 1;
            }
            if let Some(place) = run.map(|run| run.place).or(begun.map(|(_, place)| place)) {
                out.push_str(&reference::write(reference, begun.map_or("", |(start, _)| start)));
                out.push('\n');
                sources.push(self.lines[place].text);
            }
            at += 1 + reference.lines;
        }
        if sources.is_empty() {
            return None;
        }
        out.pop();
        sources.sort_unstable();
        sources.dedup();
        let total = lines.len();
        Some(Referring {
            text: marker("repeat", shown, total, "lines", key) + &out,
            shown,
            total,
            unit: "lines",
            sources,
        })
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
        is_worth(&lines[at + 1..at + 1 + length]).then_some(Run { reference, place })
    }

    /// The beginning of a line that stands above, by which it is found, and where it stands: at `place`, if that is given.
    fn beginning<'l>(&self, line: &'l str, place: Option<usize>) -> Option<(&'l str, usize)> {
        let own = body(line);
        let fewest = if place.is_some() { FEWEST_OF_FIRST } else { FEWEST_OF_LINE };
        [Some(own), behind_place(own)].into_iter().flatten().find_map(|said| {
            let before = line.len() - said.len();
            start::ends(said).find_map(|end| {
                let (start, rest) = line.split_at(before + end);
                let (found, same) = self.begun(start)?;
                let is_it = same == rest && place.is_none_or(|place| place == found);
                (is_it && is_long(rest, fewest)).then_some((start, found))
            })
        })
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
    bytes > FEWEST_TOKENS && is_long(&lines.join("\n"), FEWEST_TOKENS)
}

fn is_long(text: &str, fewest_tokens: usize) -> bool {
    text.len() > MANY_BYTES || text.len() > fewest_tokens && count(text, Encoding::O200kBase) >= fewest_tokens
}
