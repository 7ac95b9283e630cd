//! A document and a question in, what the model reads out: windows of whole sentences, each below the question.
//!
//! A window is `[CLS] question [SEP] sentences [SEP]`. A paragraph begins a new one where it does not fit behind the one
//! before and the window is half full. Sentences longer than a window are divided.

use std::ops::Range;

use super::super::document::{Document, Unit};
use super::super::terms::Terms;
use super::pieces::Vocabulary;
use super::reading::Reading;
use super::shape;

/// Pieces of a window, with those of the question and three that divide.
const LENGTH: usize = 128;
/// The last pieces of a question are read.
const MAX_QUESTION: usize = 40;
/// Windows that are read at once; the shortest has at least this share of the longest one's pieces, since each is read as
/// if it were as long.
const ROWS: usize = 4;
const LEAST_SHARE: f64 = 0.7;
/// Numbers that the model gives for a piece.
pub const OUTPUTS: usize = 3;

/// How a word matches the question.
const STEM: i32 = 1;
const EXACT: i32 = 2;
const STOP: i32 = 3;

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub id: i32,
    pub shape: i32,
    pub matches: i32,
    pub from: u32,
    pub to: u32,
    pub unit: u32,
}

/// Rows of numbers that the model reads at once, padded with 0 to the same length.
pub struct Batch {
    pub rows: usize,
    pub length: usize,
    pub ids: Vec<i32>,
    pub shapes: Vec<i32>,
    pub matches: Vec<i32>,
}

/// Rows that a model with another tokenizer reads at once: the numbers of pieces, and 1 for each that is none of those
/// that make the rows equally long.
pub struct Masked {
    pub rows: usize,
    pub length: usize,
    pub ids: Vec<i32>,
    pub mask: Vec<i32>,
}

/// What stands around the pieces of every window, the number that makes windows equally long, and the most numbers of
/// one.
pub struct Frame {
    pub before: Vec<i32>,
    pub after: Vec<i32>,
    pub filler: i32,
    pub length: usize,
}

impl Frame {
    /// Pieces of a text that a window has room for.
    fn room(&self) -> usize {
        self.length.saturating_sub(self.before.len() + self.after.len())
    }
}

/// What the model reads of a document.
pub struct Windows {
    frame: Frame,
    pub pieces: Vec<Piece>,
    /// The pieces of each window, in the order in which they are read: the shortest first.
    windows: Vec<Range<usize>>,
}

impl Windows {
    /// Divides a document. Windows are read in the order of the `worth` of their best units, up to `most` pieces.
    pub fn new(document: &Document, question: &str, vocabulary: &Vocabulary, worth: &[f32], most: usize) -> Self {
        let mut own = vec![vocabulary.first];
        vocabulary.split(question, 0..question.len(), |id, _| own.push(id));
        own.drain(1..own.len().saturating_sub(MAX_QUESTION).max(1));
        own.push(vocabulary.between);
        let terms = Terms::new(question, "");
        let mut reader = Reader { document, terms: &terms, vocabulary, pieces: Vec::new() };
        let frame = Frame { before: own, after: vec![vocabulary.between], filler: 0, length: LENGTH };
        let mut windows = reader.windows(frame.room());
        let pieces = reader.pieces;
        let worth_of = |window: &Range<usize>| {
            let own = &pieces[window.clone()];
            own.chunk_by(|left, right| left.unit == right.unit).map(|of| worth[of[0].unit as usize]).fold(0.0, f32::max)
        };
        if pieces.len() > most {
            windows
                .sort_by(|left, right| worth_of(right).total_cmp(&worth_of(left)).then(left.start.cmp(&right.start)));
            let mut left = most;
            windows.retain(|window| {
                let fits = window.len() <= left && worth_of(window) > 0.0;
                left = if fits { left - window.len() } else { 0 };
                fits
            });
        }
        Self::shortest_first(frame, pieces, windows)
    }

    /// All of what another model reads, of which its tokenizer says the numbers of the pieces and their characters, from
    /// and to. `None` where these are not of that text, or a window has no room for a piece.
    pub fn of_reading(reading: &Reading, ids: &[i32], places: &[(usize, usize)], frame: Frame) -> Option<Self> {
        let found = reading.find(ids, places).filter(|_| frame.room() > 0)?;
        let windows = divided(&found.ends, frame.room());
        Some(Self::shortest_first(frame, found.pieces, windows))
    }

    fn shortest_first(frame: Frame, pieces: Vec<Piece>, mut windows: Vec<Range<usize>>) -> Self {
        windows.sort_by_key(|window| (window.len(), window.start));
        Self { frame, pieces, windows }
    }

    pub fn batches(&self) -> impl Iterator<Item = Batch> + '_ {
        self.rows().map(|rows| self.batch(rows))
    }

    /// The windows that are read at once.
    fn rows(&self) -> impl Iterator<Item = &[Range<usize>]> + '_ {
        let mut left = &self.windows[..];
        std::iter::from_fn(move || {
            let shortest = self.length_of(left.get(..1)?);
            let is_like = |window: &Range<usize>| {
                shortest as f64 >= LEAST_SHARE * self.length_of(std::slice::from_ref(window)) as f64
            };
            let count = left.iter().take(ROWS).take_while(|window| is_like(window)).count();
            let (rows, rest) = left.split_at(count);
            left = rest;
            Some(rows)
        })
    }

    fn batch(&self, rows: &[Range<usize>]) -> Batch {
        let length = self.length_of(rows);
        let size = rows.len() * length;
        let mut batch = Batch {
            rows: rows.len(),
            length,
            ids: self.ids(rows, length),
            shapes: vec![0; size],
            matches: vec![0; size],
        };
        for (row, window) in rows.iter().enumerate() {
            let own = &self.pieces[window.clone()];
            let from = row * length + self.frame.before.len();
            for (offset, piece) in own.iter().enumerate() {
                batch.shapes[from + offset] = piece.shape;
                batch.matches[from + offset] = piece.matches;
            }
        }
        batch
    }

    pub fn masked(&self) -> impl Iterator<Item = Masked> + '_ {
        self.rows().map(|rows| {
            let length = self.length_of(rows);
            let mut mask = Vec::with_capacity(rows.len() * length);
            for (row, window) in rows.iter().enumerate() {
                mask.resize(row * length + self.length_of(std::slice::from_ref(window)), 1);
                mask.resize((row + 1) * length, 0);
            }
            Masked { rows: rows.len(), length, ids: self.ids(rows, length), mask }
        })
    }

    fn ids(&self, rows: &[Range<usize>], length: usize) -> Vec<i32> {
        let mut ids = Vec::with_capacity(rows.len() * length);
        for (row, window) in rows.iter().enumerate() {
            ids.extend_from_slice(&self.frame.before);
            ids.extend(self.pieces[window.clone()].iter().map(|piece| piece.id));
            ids.extend_from_slice(&self.frame.after);
            ids.resize((row + 1) * length, self.frame.filler);
        }
        ids
    }

    fn length_of(&self, rows: &[Range<usize>]) -> usize {
        let longest = rows.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        self.frame.before.len() + longest + self.frame.after.len()
    }

    /// Calls `each` with every piece that was read and where its numbers stand among those of all batches, counted in
    /// pieces.
    pub fn for_each_read(&self, mut each: impl FnMut(&Piece, usize)) -> usize {
        let mut before = 0;
        for rows in self.rows() {
            let length = self.length_of(rows);
            for window in rows {
                let own = self.pieces[window.clone()].iter().enumerate();
                own.for_each(|(offset, piece)| each(piece, before + self.frame.before.len() + offset));
                before += length;
            }
        }
        before
    }
}

struct Reader<'d, 't> {
    document: &'d Document<'t>,
    terms: &'d Terms,
    vocabulary: &'d Vocabulary,
    pieces: Vec<Piece>,
}

impl Reader<'_, '_> {
    fn windows(&mut self, room: usize) -> Vec<Range<usize>> {
        let units = &self.document.units;
        let ends: Vec<(usize, u32)> = (0..units.len()).map(|index| (self.read(index), units[index].block)).collect();
        divided(&ends, room)
    }

    /// Adds the pieces of a unit; returns how many there are now.
    fn read(&mut self, index: usize) -> usize {
        let unit = &self.document.units[index];
        let mut words = Words::new(self.document.text, unit, self.terms);
        self.vocabulary.split(self.document.text, unit.from as usize..unit.to as usize, |id, place| {
            let (shape, matches) = words.at(place.start);
            let (from, to) = (place.start as u32, place.end as u32);
            self.pieces.push(Piece { id, shape, matches, from, to, unit: index as u32 });
        });
        self.pieces.len()
    }
}

/// The pieces of each window, of at most `room`: `ends` tells, behind each sentence, how many pieces there are, and the
/// number of its block.
fn divided(ends: &[(usize, u32)], room: usize) -> Vec<Range<usize>> {
    let mut windows = Vec::new();
    let mut from = 0;
    let mut close = |from: &mut usize, to: usize| {
        if to > *from {
            windows.push(*from..to);
        }
        *from = to;
    };
    let mut begins = 0;
    for block in ends.chunk_by(|left, right| left.1 == right.1) {
        if block[block.len() - 1].0 - from > room && begins - from >= room / 2 {
            close(&mut from, begins);
        }
        for &(end, _) in block {
            if end - from > room {
                close(&mut from, begins);
            }
            while end - from > room {
                let to = from + room;
                close(&mut from, to);
            }
            begins = end;
        }
    }
    close(&mut from, begins);
    windows
}

/// The words of a unit, in order.
struct Words<'t> {
    text: &'t str,
    unit: Range<usize>,
    /// Where words that are asked for begin, and whether they stand there as they were asked for.
    asked: std::iter::Peekable<std::vec::IntoIter<(usize, bool)>>,
    word: Range<usize>,
    run: Range<usize>,
    is_code: bool,
    found: (i32, i32),
}

impl<'t> Words<'t> {
    fn new(text: &'t str, unit: &Unit, terms: &Terms) -> Self {
        let unit = unit.from as usize..unit.to as usize;
        let mut asked = Vec::new();
        terms.scan(&text[unit.clone()], |at, found| asked.push((unit.start + at, found.strength == 1.0)));
        let (word, run) = (unit.start..unit.start, unit.start..unit.start);
        Self { text, unit, asked: asked.into_iter().peekable(), word, run, is_code: false, found: (0, 0) }
    }

    /// The shape of the word that a piece stands in, and how it matches.
    fn at(&mut self, at: usize) -> (i32, i32) {
        if self.word.contains(&at) {
            return self.found;
        }
        if !self.run.contains(&at) {
            let rest = &self.text[at..self.unit.end];
            self.run = at..at + rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.is_code = shape::is_code(&self.text[self.run.clone()]);
        }
        let rest = &self.text[at..self.unit.end];
        let letter = rest.chars().next().map_or(1, char::len_utf8);
        let end = at + rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len()).max(letter);
        let word = &self.text[at..end];
        let mut matches = if shape::is_stop(word) { STOP } else { 0 };
        while let Some((_, is_exact)) = self.asked.next_if(|(place, _)| *place < end) {
            matches = if is_exact || matches == EXACT { EXACT } else { STEM };
        }
        self.found = (shape::of(word, at == self.unit.start, self.is_code), matches);
        self.word = at..end;
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let letters: String = ('a'..='z').chain('0'..='9').map(|letter| format!("{letter}\n##{letter}\n")).collect();
        Vocabulary::read(&format!("[PAD]\n[UNK]\n[CLS]\n[SEP]\nword\nunion\n.\n_\n{letters}")).unwrap()
    }

    #[test]
    fn windows_hold_every_piece_once_in_bounds() {
        for text in ["Word word. ".repeat(300), "word ".repeat(900), "a\n\nb".repeat(200), "x".repeat(2_000)] {
            let document = Document::of(&text);
            let windows =
                Windows::new(&document, "which word", &vocabulary(), &vec![1.0; document.units.len()], usize::MAX);
            let mut seen = 0;
            let mut places: Vec<usize> = Vec::new();
            let all = windows.for_each_read(|piece, place| {
                seen += (piece.to - piece.from) as usize;
                places.push(place);
            });
            assert_eq!(seen, text.chars().filter(|letter| !letter.is_whitespace()).count());
            let sizes: Vec<usize> = windows.batches().map(|batch| batch.rows * batch.length).collect();
            assert_eq!(all, sizes.iter().sum::<usize>());
            let ids: Vec<i32> = windows.batches().flat_map(|batch| batch.ids).collect();
            let mut own = places.iter().map(|&place| ids[place]);
            windows.for_each_read(|piece, _| assert_eq!(Some(piece.id), own.next()));
            assert!(windows.batches().all(|batch| batch.length <= LENGTH && batch.ids.len() == batch.matches.len()));
        }
    }

    #[test]
    fn windows_of_another_tokenizer_hold_every_piece_once_in_bounds() {
        for text in ["Word word. ".repeat(300), "天".repeat(900), "a\n\nö".repeat(200), "Ä".repeat(40)] {
            let document = Document::of(&text);
            let reading = Reading::new(&document, &vec![1.0; document.units.len()], usize::MAX).unwrap();
            let letters = reading.text.chars().count();
            let places: Vec<(usize, usize)> = (0..letters).map(|at| (at, at + 1)).collect();
            let frame = Frame { before: vec![1, 2], after: vec![3], filler: 9, length: 50 };
            let windows = Windows::of_reading(&reading, &vec![7; letters], &places, frame).unwrap();
            let (mut seen, mut said) = (0, 0);
            let all = windows.for_each_read(|piece, _| {
                seen += 1;
                said += (piece.to - piece.from) as usize;
            });
            assert_eq!(seen, letters);
            assert_eq!(said, text.chars().filter(|letter| !letter.is_whitespace()).map(char::len_utf8).sum::<usize>());
            let batches: Vec<Masked> = windows.masked().collect();
            assert_eq!(all, batches.iter().map(|own| own.rows * own.length).sum::<usize>());
            for own in batches {
                assert!(own.length <= 50 && own.ids.len() == own.mask.len() && own.ids[..2] == [1, 2]);
                assert!(own.ids.iter().zip(&own.mask).all(|(&id, &mask)| (id == 9) == (mask == 0)));
            }
        }
    }

    #[test]
    fn words_that_are_asked_for_are_told() {
        let document = Document::of("The union of unions is UNION_word.");
        let windows = Windows::new(&document, "what union?", &vocabulary(), &[1.0], usize::MAX);
        let told: Vec<(i32, i32)> = windows.pieces.iter().map(|piece| (piece.shape, piece.matches)).collect();
        assert_eq!(told[0], (3, STOP));
        assert_eq!(told[3], (1, EXACT));
        assert_eq!(told[6].1, STEM);
        assert_eq!(told[told.len() - 4], (10, EXACT));
    }

    #[test]
    fn only_the_windows_that_are_worth_most_are_read() {
        let text = "A word stands here and there. ".repeat(60);
        let document = Document::of(&text);
        let worth: Vec<f32> = (0..60).map(|unit| if unit == 40 { 2.0 } else { 0.5 }).collect();
        let windows = Windows::new(&document, "", &vocabulary(), &worth, 200);
        let mut units: Vec<u32> = Vec::new();
        let all = windows.for_each_read(|piece, _| units.push(piece.unit));
        assert!(units.contains(&40) && units.len() <= 200 && units.len() > 80 && all > units.len());
    }
}
