//! Lines that stand above already: a text in, the same text with references to what a conversation has shown before.
//!
//! ```text
//! [headroom repeat 4/61 lines key=Ab3dE5gH7jK]
//! <output>
//! def unpack(row):
//! [+57 lines as above]
//! 3 passed in 0.4s
//! ```
//!
//! A reference stands for the lines that followed the line before it when that line was last shown above. `[+57 lines as above, renumbered]` says the same of lines that have numbers: what follows the numbers
//! is as above, and the numbers go on from that of the line before. A long line that stands above is only begun: `def unp[… as above]` goes on as
//! the last line above that begins so, `def unp[…+57 lines as above]` and so do the lines after it. So a reader finds what is meant by its words, and
//! `Shown::expand` gives back the text exactly, as long as what precedes it still stands. Lines are those of the texts
//! as they went out, not of their originals, so nothing is referred to that no reader has seen.
//!
//! All is linear in the text; what was shown is looked at once, when it is added.

pub mod line;
pub mod object;
mod read;
mod reference;
mod start;
#[cfg(test)]
mod tests;
mod write;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64;

use crate::json::paths::Mix;
use line::{behind_place, body};

/// A text with references in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referring {
    pub text: String,
    /// Lines or fields of the original that stand in it, and that there are.
    pub shown: usize,
    pub total: usize,
    /// What is counted: lines, or fields of an object.
    pub unit: &'static str,
    /// The numbers of the texts that it refers to, in order, as `Shown::add` counts them from 0.
    pub sources: Vec<u32>,
}

/// A line that was shown: where it stands in which text.
#[derive(Clone, Copy, Debug)]
struct At {
    text: u32,
    start: u32,
    end: u32,
}

/// The last place of a line among all that were shown, and how often it was.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u32,
    times: u32,
}

/// What a conversation has shown up to some point.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    texts: Vec<String>,
    lines: Vec<At>,
    places: HashMap<u64, Place, BuildHasherDefault<Mix>>,
    /// The last line that begins in a way.
    begun: HashMap<u64, u32, BuildHasherDefault<Mix>>,
    /// The last objects by their first member.
    objects: HashMap<u64, object::Object, BuildHasherDefault<Mix>>,
}

/// A line that was shown more often is none by which a reader would find a place.
const MOST_TIMES: u32 = 3;

/// In place of a line that stands only between others, so that no run of lines goes across it.
const BORDER: At = At { text: u32::MAX, start: 0, end: 0 };

impl Shown {
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Adds the next text as it went out. In one that is `referring` to others, a reference and the line before it are
    /// passed over: they stand above already, and there is where they are referred to.
    pub fn add(&mut self, text: String, referring: bool) {
        let number = self.texts.len() as u32;
        let mut rest = text.split('\n').peekable();
        let mut start = 0;
        while let Some(line) = rest.next() {
            let end = start + line.len();
            let mut next_refers = || rest.peek().is_some_and(|next| matches!(reference::parse(next), Some(("", _))));
            if referring && (reference::parse(line).is_some() || next_refers()) {
                self.lines.push(BORDER);
            } else {
                self.note(line, At { text: number, start: start as u32, end: end as u32 });
            }
            start = end + 1;
        }
        self.lines.push(BORDER);
        self.texts.push(text);
    }

    fn note(&mut self, line: &str, at: At) {
        let index = self.lines.len() as u32;
        self.lines.push(at);
        let said = body(line);
        if !said.trim().is_empty() {
            let place = self.places.entry(xxh3_64(said.as_bytes())).or_insert(Place { index, times: 0 });
            *place = Place { index, times: place.times.saturating_add(1) };
        }
        for said in [Some(said), behind_place(said)].into_iter().flatten() {
            for end in start::ends(said) {
                self.begun.insert(xxh3_64(&said.as_bytes()[..end]), index);
            }
        }
    }

    /// The last line that begins as `start` does behind its number, or else behind its place, and the rest of that line.
    fn begun(&self, start: &str) -> Option<(usize, &str)> {
        let own = body(start);
        let (said, index) = [Some(own), behind_place(own)].into_iter().flatten().find_map(|said| {
            let index = self.begun.get(&xxh3_64(said.as_bytes()))?;
            Some((said, *index as usize))
        })?;
        let whole = body(self.line(index)?);
        let rest = whole.strip_prefix(said).or_else(|| behind_place(whole)?.strip_prefix(said))?;
        Some((index, rest))
    }

    /// The last place of a line that says what `line` says, unless that was shown so often that it tells no place.
    fn place_of(&self, line: &str) -> Option<usize> {
        let said = body(line);
        let place = self.places.get(&xxh3_64(said.as_bytes())).filter(|place| place.times <= MOST_TIMES)?;
        let index = place.index as usize;
        (body(self.line(index)?) == said).then_some(index)
    }

    /// A line that was shown; none at the end of a text, and none where lines were passed over.
    fn line(&self, index: usize) -> Option<&str> {
        let at = self.lines.get(index)?;
        let text = self.texts.get(at.text as usize)?;
        Some(&text[at.start as usize..at.end as usize])
    }
}
