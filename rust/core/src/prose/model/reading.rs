//! A document in, what of it a model with a tokenizer of its own reads out: one text, in which that finds the pieces.
//!
//! Sentences that stand together are taken together, those that are worth most first, up to a bound in bytes: how many
//! pieces they have is not known yet. The pieces are told by the characters of that text, and put back into their places.

use std::ops::Range;

use super::super::document::{Document, Unit};
use super::windows::Piece;

/// Bytes of the sentences that are taken together, about: a window of the usual models.
const TOGETHER_BYTES: usize = 1_500;
/// What stands between sentences that do not.
const APART: &str = "\n\n";

/// What is read of a document.
pub struct Reading {
    pub text: String,
    sentences: Vec<Sentence>,
}

#[derive(Clone, Copy)]
struct Sentence {
    /// Where it begins in the text that is read.
    at: u32,
    unit: u32,
    from: u32,
    to: u32,
    block: u32,
}

/// The pieces of what is read, and behind each sentence how many there are, with the number of its block.
pub struct Found {
    pub pieces: Vec<Piece>,
    pub ends: Vec<(usize, u32)>,
}

impl Reading {
    /// Chooses by the `worth` of the best unit of those that are taken together, up to `most` bytes; `None` where
    /// nothing is worth it. Linear, but for the sort.
    pub fn new(document: &Document, worth: &[f32], most: usize) -> Option<Self> {
        let units = &document.units;
        let mut groups = together(units);
        let bytes_of = |group: &Range<usize>| (units[group.end - 1].to - units[group.start].from) as usize;
        if groups.iter().map(bytes_of).sum::<usize>() > most {
            let worth_of = |group: &Range<usize>| worth[group.clone()].iter().copied().fold(0.0, f32::max);
            groups.sort_by(|left, right| worth_of(right).total_cmp(&worth_of(left)).then(left.start.cmp(&right.start)));
            let mut left = most;
            groups.retain(|group| {
                let fits = bytes_of(group) <= left && worth_of(group) > 0.0;
                left = if fits { left - bytes_of(group) } else { 0 };
                fits
            });
            groups.sort_by_key(|group| group.start);
        }
        let mut own = Self { text: String::new(), sentences: Vec::new() };
        groups.into_iter().for_each(|group| own.add(document, group));
        (!own.sentences.is_empty()).then_some(own)
    }

    fn add(&mut self, document: &Document, group: Range<usize>) {
        let units = &document.units[group.clone()];
        let (from, to) = (units[0].from, units[units.len() - 1].to);
        if !self.text.is_empty() {
            self.text.push_str(APART);
        }
        let at = self.text.len() as u32;
        self.text.push_str(&document.text[from as usize..to as usize]);
        self.sentences.extend(units.iter().zip(group).map(|(unit, index)| Sentence {
            at: at + unit.from - from,
            unit: index as u32,
            from: unit.from,
            to: unit.to,
            block: unit.block,
        }));
    }

    /// Puts pieces into their places: their numbers, and the characters of the text from and to, in order. `None` where
    /// there are not as many of the one as of the other, or the text has no such characters. What stands between
    /// sentences, or is white space, becomes a piece of nothing.
    pub fn find(&self, ids: &[i32], places: &[(usize, usize)]) -> Option<Found> {
        if ids.len() != places.len() {
            return None;
        }
        let bytes: Vec<usize> = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]).collect();
        let mut pieces = Vec::with_capacity(ids.len());
        let mut ends = Vec::with_capacity(self.sentences.len());
        let last = self.sentences.len() - 1;
        for (&id, &(from, to)) in ids.iter().zip(places) {
            let place = *bytes.get(from)?..*bytes.get(to)?;
            while ends.len() < last && self.sentences[ends.len()].end() <= place.start {
                ends.push((pieces.len(), self.sentences[ends.len()].block));
            }
            pieces.push(self.sentences[ends.len()].piece(&self.text, id, place));
        }
        for sentence in &self.sentences[ends.len()..] {
            ends.push((pieces.len(), sentence.block));
        }
        Some(Found { pieces, ends })
    }
}

impl Sentence {
    /// Where it ends in the text that is read.
    fn end(&self) -> usize {
        (self.at + self.to - self.from) as usize
    }

    fn piece(&self, text: &str, id: i32, place: Range<usize>) -> Piece {
        let start = place.start.max(self.at as usize);
        let own = text.get(start..place.end.min(self.end())).unwrap_or_default();
        let from = self.from + (start + own.len() - own.trim_start().len()) as u32 - self.at;
        let to = from + own.trim().len() as u32;
        Piece { id, shape: 0, matches: 0, from, to, unit: self.unit }
    }
}

/// Units that stand together, by their numbers: of one paragraph or of several.
fn together(units: &[Unit]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if (unit.to - units[group.start].from) as usize <= TOGETHER_BYTES => group.end = index + 1,
            _ => groups.push(index..index + 1),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> (Document<'_>, Reading) {
        let document = Document::of(text);
        let reading = Reading::new(&document, &vec![1.0; document.units.len()], usize::MAX).unwrap();
        (document, reading)
    }

    /// Every run of letters, and every run of white space, as a piece.
    fn pieces_of(text: &str) -> Vec<(usize, usize)> {
        let letters: Vec<char> = text.chars().collect();
        let mut to = 0;
        let runs = letters.chunk_by(|left, right| left.is_whitespace() == right.is_whitespace());
        let place = |run: &[char]| {
            to += run.len();
            (to - run.len(), to)
        };
        runs.map(place).collect()
    }

    #[test]
    fn pieces_are_found_where_they_stand_in_the_document() {
        let text = "# Übersicht 🙂\n\nDas Öl ist heiß. 天気がいい。 Zwei Sätze stehen hier!\n\nEnde.\n";
        let (document, reading) = whole(text);
        let places = pieces_of(&reading.text);
        let found = reading.find(&vec![7; places.len()], &places).unwrap();
        let said: Vec<&str> = found.pieces.iter().map(|own| &text[own.from as usize..own.to as usize]).collect();
        let said: Vec<&str> = said.into_iter().filter(|own| !own.is_empty()).collect();
        assert_eq!(said, text.split_whitespace().collect::<Vec<_>>());
        for piece in found.pieces.iter().filter(|own| own.to > own.from) {
            let unit = &document.units[piece.unit as usize];
            assert!(unit.from <= piece.from && piece.to <= unit.to);
        }
        assert_eq!(found.ends.len(), document.units.len());
        assert_eq!(found.ends.last().unwrap().0, places.len());
    }

    #[test]
    fn what_is_worth_most_is_read_with_what_stands_beside_it() {
        let text = "Some words stand here in a sentence of no worth. ".repeat(200);
        let document = Document::of(&text);
        let mut worth = vec![0.0; document.units.len()];
        worth[100] = 1.0;
        let reading = Reading::new(&document, &worth, 4_000).unwrap();
        assert!(reading.text.len() <= TOGETHER_BYTES && reading.text.len() > TOGETHER_BYTES / 2);
        assert!(reading.sentences.iter().any(|own| own.unit == 100));
        assert!(Reading::new(&document, &vec![0.0; worth.len()], 4_000).is_none());
    }

    #[test]
    fn pieces_that_the_text_does_not_have_are_refused() {
        let (_, reading) = whole("Äh. Oh.");
        assert!(reading.find(&[1, 2], &[(0, 2), (2, 7)]).is_some());
        assert!(reading.find(&[1, 2], &[(0, 2), (2, 8)]).is_none());
        assert!(reading.find(&[1], &[(0, 2), (2, 7)]).is_none());
    }
}
