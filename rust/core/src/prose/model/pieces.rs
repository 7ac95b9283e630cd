//! A text in, its pieces out: the longest beginnings of words that the vocabulary has, as WordPiece (Wu et al., 2016).
//!
//! Words end where a lower-case letter meets an upper-case one, and signs stand alone, so that names of code are made of
//! the words they are made of.

use std::collections::HashMap;
use std::ops::Range;

use super::fold::folded;

/// Bytes of a word that are looked at as one.
const MAX_WORD_BYTES: usize = 64;

/// The pieces that a model knows, by what they are written as.
pub struct Vocabulary {
    begins: HashMap<Box<[u8]>, i32>,
    goes_on: HashMap<Box<[u8]>, i32>,
    longest: usize,
    pub first: i32,
    pub between: i32,
    unknown: i32,
}

impl Vocabulary {
    /// Reads a list of pieces, one a line, `##` before those that go on; `None` where `[CLS]`, `[SEP]` or `[UNK]` lacks,
    /// or the first is not `[PAD]`.
    pub fn read(list: &str) -> Option<Self> {
        let (mut begins, mut goes_on, mut longest) = (HashMap::new(), HashMap::new(), 1);
        for (id, line) in list.lines().enumerate() {
            let (map, piece) = match line.strip_prefix("##").filter(|rest| !rest.is_empty()) {
                Some(rest) => (&mut goes_on, rest),
                None => (&mut begins, line),
            };
            longest = longest.max(piece.len());
            map.insert(Box::from(piece.as_bytes()), id as i32);
        }
        let special = |name: &str| begins.get(name.as_bytes()).copied();
        let (first, between, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        (special("[PAD]") == Some(0)).then_some(Self { begins, goes_on, longest, first, between, unknown })
    }

    /// Calls `each` with every piece of a part of a text and the bytes it stands for, in order. Linear.
    pub fn split(&self, text: &str, part: Range<usize>, mut each: impl FnMut(i32, Range<usize>)) {
        let mut word = Word::default();
        let mut was_lower = false;
        for (offset, letter) in text[part.clone()].char_indices() {
            let at = part.start + offset;
            let goes_on = letter.is_alphanumeric() && !stands_alone(letter);
            let is_full = word.bytes.len() >= MAX_WORD_BYTES;
            if !goes_on || is_full || was_lower && letter.is_uppercase() {
                self.word(&mut word, at, &mut each);
            }
            was_lower = letter.is_lowercase();
            if !letter.is_whitespace() && !letter.is_control() {
                word.add(letter, at);
                if !goes_on {
                    self.word(&mut word, at + letter.len_utf8(), &mut each);
                }
            }
        }
        self.word(&mut word, part.end, &mut each);
    }

    /// Splits a word, and empties it.
    fn word(&self, word: &mut Word, end: usize, each: &mut impl FnMut(i32, Range<usize>)) {
        let mut from = 0;
        while from < word.bytes.len() {
            let pieces = if from == 0 { &self.begins } else { &self.goes_on };
            let most = word.bytes.len().min(from + self.longest);
            let found = (from + 1..=most).rev().find_map(|to| Some((to, *pieces.get(&word.bytes[from..to])?)));
            let (to, id) = found.unwrap_or_else(|| (word.end_of_letter(from), self.unknown));
            let place = |at: usize| word.places.get(at).map_or(end, |&place| place as usize);
            each(id, place(from)..place(to));
            from = to;
        }
        word.bytes.clear();
        word.places.clear();
    }
}

/// Whether a letter is a word by itself: of a script without spaces.
fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// A word as it is looked up, and for each of its bytes where its letter stands in the text.
#[derive(Default)]
struct Word {
    bytes: Vec<u8>,
    places: Vec<u32>,
}

impl Word {
    fn add(&mut self, letter: char, at: usize) {
        folded(letter, |letter| {
            let mut buffer = [0; 4];
            self.bytes.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
        });
        self.places.resize(self.bytes.len(), at as u32);
    }

    fn end_of_letter(&self, from: usize) -> usize {
        let goes_on = |&&byte: &&u8| byte & 0xC0 == 0x80;
        from + 1 + self.bytes[from + 1..].iter().take_while(goes_on).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncafe\ngs\n##on\nbuilder\n_\n\"\n天\nun\n##able\n";

    fn split(text: &str) -> Vec<(i32, &str)> {
        let mut out = Vec::new();
        Vocabulary::read(LIST).unwrap().split(text, 0..text.len(), |id, own| out.push((id, &text[own])));
        out
    }

    #[test]
    fn the_longest_pieces_of_words_are_found_with_their_places() {
        assert_eq!(split("Café  GsonBuilder"), [(4, "Café"), (5, "Gs"), (6, "on"), (7, "Builder")]);
        assert_eq!(split("un_unable“"), [(11, "un"), (8, "_"), (11, "un"), (12, "able"), (9, "“")]);
    }

    #[test]
    fn what_is_unknown_is_told_letter_by_letter() {
        assert_eq!(split("天ж天 xé"), [(10, "天"), (1, "ж"), (10, "天"), (1, "x"), (1, "é")]);
    }

    #[test]
    fn every_letter_is_in_one_piece() {
        let text = "naïve İstanbul ﬁnd e\u{301}a \u{301} x\u{0}y 日本 ß".repeat(3) + &"a".repeat(1_000);
        let mut at = 0;
        Vocabulary::read(LIST).unwrap().split(&text, 0..text.len(), |_, own| {
            assert!(own.start >= at && text.is_char_boundary(own.start) && text.is_char_boundary(own.end));
            at = own.end;
        });
        assert_eq!(at, text.len());
    }

    #[test]
    fn a_list_without_the_special_pieces_is_refused() {
        assert!(Vocabulary::read("a\nb").is_none());
        assert!(Vocabulary::read("[UNK]\n[PAD]\n[CLS]\n[SEP]").is_none());
    }
}
