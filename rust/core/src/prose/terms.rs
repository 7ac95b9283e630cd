//! A question and a call in, what they ask for out: words by their stems, things named exactly, the kind of answer.
//!
//! Words are compared without case, whole or by their first letters, which serves any language that inflects at the end;
//! scripts without spaces by pairs of characters.

use crate::json::paths::MixMap;
use crate::words::{self, Beginnings};

/// Characters of a word that make its stem.
const STEM_CHARS: usize = 4;
/// What a word counts that shares no more than its stem.
const STEM_STRENGTH: f32 = 0.6;
/// What a word counts that the call names and the question does not.
const CALL_WEIGHT: f32 = 0.5;
/// Words that are looked for, and things named exactly.
const MAX_TERMS: usize = 128;
const MAX_NAMED: usize = 12;
/// Bytes of a thing named exactly.
const MIN_NAMED_BYTES: usize = 3;
const MAX_NAMED_BYTES: usize = 120;

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Anything,
    Date,
    Number,
    Name,
}

/// Words of questions by which the kind of answer is told, in several languages.
const DATE: [&str; 10] =
    ["when", "what year", "which year", "what date", "wann", "quand", "cuándo", "когда", "什么时候", "いつ"];
const NUMBER: [&str; 17] = [
    "how many",
    "how much",
    "how long",
    "how far",
    "how old",
    "how large",
    "how big",
    "how tall",
    "how high",
    "how often",
    "percent",
    "wie viel",
    "combien",
    "cuánt",
    "сколько",
    "多少",
    "いくつ",
];
const NAME: [&str; 13] = [
    "who",
    "whom",
    "where",
    "what city",
    "what country",
    "which country",
    "wer ",
    "qui ",
    "quién",
    "кто",
    "谁",
    "誰",
    "dónde",
];

/// A word that is looked for.
struct Term {
    /// 1 for the question's, less for the call's.
    weight: f32,
}

/// What a question and a call ask for.
pub struct Terms {
    list: Vec<Term>,
    whole: MixMap<u32, u16>,
    stems: MixMap<u32, u16>,
    beginnings: Beginnings,
    /// Quoted strings, and words such as `15.1.0`, `snake_case` and `CamelCase`.
    pub named: Vec<String>,
    pub wanted: Wanted,
}

/// A word of a text that is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    pub term: u16,
    pub strength: f32,
}

impl Terms {
    /// Reads the question in force, and the name and arguments of the call; either may be empty.
    pub fn new(question: &str, call: &str) -> Self {
        let mut terms = Terms {
            list: Vec::new(),
            whole: MixMap::default(),
            stems: MixMap::default(),
            beginnings: Beginnings::new(),
            named: named(question),
            wanted: wanted(question),
        };
        terms.add(question, 1.0);
        terms.add(call, CALL_WEIGHT);
        terms
    }

    fn add(&mut self, text: &str, weight: f32) {
        let bytes = text.as_bytes();
        words::for_each(bytes, |from, to| {
            let word = &text[from..to];
            if is_cjk(word) {
                for_each_pair(word, |pair| self.add_word(pair, weight));
            } else if word.len() > 1 || word.as_bytes()[0].is_ascii_digit() {
                let word = word.to_lowercase();
                if !words::is_stop(word.as_bytes()) {
                    self.add_word(&word, weight);
                }
            }
        });
    }

    fn add_word(&mut self, word: &str, weight: f32) {
        let hash = words::hash(word.as_bytes());
        if self.list.len() >= MAX_TERMS || self.whole.contains_key(&hash) {
            return;
        }
        let ordinal = self.list.len() as u16;
        self.list.push(Term { weight });
        self.whole.insert(hash, ordinal);
        self.beginnings.add(word.as_bytes());
        if let Some(stem) = stem(word.as_bytes()) {
            self.stems.entry(words::hash(stem)).or_insert(ordinal);
        }
        // A word of a text may be as short as the stem of what is looked for, or in upper case beyond ASCII.
        if let Some(upper) = word.chars().next().filter(|first| !first.is_ascii()) {
            self.beginnings.add(upper.to_uppercase().collect::<String>().as_bytes());
        }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn weight(&self, term: u16) -> f32 {
        self.list[term as usize].weight
    }

    /// Calls `each` with the place of every word of a text that is looked for.
    #[inline]
    pub fn scan(&self, text: &str, mut each: impl FnMut(usize, Match)) {
        let bytes = text.as_bytes();
        words::for_each_start(bytes, |_, start| {
            if bytes[start] >= 0xE3 {
                let end = words::end_of(bytes, start);
                if let Some(word) = text.get(start..end).filter(|word| is_cjk(word)) {
                    for_each_pair(word, |pair| {
                        if let Some(found) = self.find(pair.as_bytes()) {
                            each(start, found);
                        }
                    });
                    return;
                }
            }
            if self.beginnings.may_hold(bytes, start) {
                let word = &bytes[start..words::end_of(bytes, start)];
                if let Some(found) = self.find(word) {
                    each(start, found);
                }
            }
        });
    }

    /// The term that a word is, or shares its stem with.
    fn find(&self, word: &[u8]) -> Option<Match> {
        if !word.is_ascii() {
            let lower = std::str::from_utf8(word).ok()?.to_lowercase();
            return self.find_lower(lower.as_bytes());
        }
        self.find_lower(word)
    }

    fn find_lower(&self, word: &[u8]) -> Option<Match> {
        if let Some(&term) = self.whole.get(&words::hash(word)) {
            return Some(Match { term, strength: 1.0 });
        }
        let term = *self.stems.get(&words::hash(stem(word)?))?;
        Some(Match { term, strength: STEM_STRENGTH })
    }
}

/// The first letters of a word that is a letter or more longer than they are; none of a number.
fn stem(word: &[u8]) -> Option<&[u8]> {
    if word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if word.is_ascii() {
        return (word.len() >= STEM_CHARS).then(|| &word[..STEM_CHARS]);
    }
    let text = std::str::from_utf8(word).ok()?;
    let end = text.char_indices().nth(STEM_CHARS).map_or(text.len(), |(at, _)| at);
    (text.chars().count() >= STEM_CHARS).then(|| &word[..end])
}

/// Whether a word is of a script that does without spaces.
fn is_cjk(word: &str) -> bool {
    word.chars().next().is_some_and(
        |first| matches!(first, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'),
    )
}

fn for_each_pair(word: &str, mut each: impl FnMut(&str)) {
    let mut before = None;
    for (at, character) in word.char_indices() {
        if let Some(from) = before {
            each(&word[from..at + character.len_utf8()]);
        }
        before = Some(at);
    }
}

/// What a question names exactly: what stands in quotes, and words that are no plain words.
fn named(question: &str) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        let text = text.trim();
        let is_new = !named.iter().any(|own| own == text);
        if is_new && named.len() < MAX_NAMED && (MIN_NAMED_BYTES..=MAX_NAMED_BYTES).contains(&text.len()) {
            named.push(text.to_owned());
        }
    };
    for (open, close) in [('"', '"'), ('`', '`'), ('“', '”'), ('«', '»'), ('„', '“'), ('「', '」')] {
        let mut rest = question;
        while let Some(from) = rest.find(open) {
            let inner = &rest[from + open.len_utf8()..];
            let Some(to) = inner.find(close) else { break };
            add(&inner[..to]);
            rest = &inner[to + close.len_utf8()..];
        }
    }
    for word in question.split_whitespace() {
        let word = word.trim_matches(|sign: char| !sign.is_alphanumeric());
        let inner = word.get(1..word.len().saturating_sub(1)).unwrap_or("");
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let is_joined = inner.bytes().any(|byte| matches!(byte, b'_' | b'.' | b'/' | b':' | b'@'));
        let is_camel =
            word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
        if has_digit || is_joined || is_camel {
            add(word);
        }
    }
    named
}

fn wanted(question: &str) -> Wanted {
    let lower = question.to_lowercase();
    let holds = |list: &[&str]| {
        list.iter().any(|word| {
            lower.match_indices(word).any(|(at, _)| {
                let before = lower[..at].chars().next_back();
                !before.is_some_and(char::is_alphanumeric) || !word.is_ascii()
            })
        })
    };
    match () {
        () if holds(&DATE) => Wanted::Date,
        () if holds(&NUMBER) => Wanted::Number,
        () if holds(&NAME) => Wanted::Name,
        () => Wanted::Anything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(question: &str, text: &str) -> Vec<(usize, bool)> {
        let mut out = Vec::new();
        Terms::new(question, "").scan(text, |at, found| out.push((at, found.strength == 1.0)));
        out
    }

    #[test]
    fn words_are_found_whole_and_by_their_stems() {
        assert_eq!(found("Who formed the unions?", "The union FORMED a uniform."), [(4, false), (10, true)]);
        assert_eq!(found("Где ошибки?", "Ошибка и ошибки"), [(0, false), (16, true)]);
        assert_eq!(found("会议的决定", "昨天的会议没有决定").len(), 2);
        assert!(found("what is it?", "what is it").is_empty());
    }

    #[test]
    fn what_is_named_exactly_is_told() {
        let terms =
            Terms::new("What of \"Manual filtering: globs\" in 15.1.0 and `fromJson`, parse_it or GsonBuilder?", "");
        assert_eq!(terms.named, ["Manual filtering: globs", "fromJson", "15.1.0", "parse_it", "GsonBuilder"]);
    }

    #[test]
    fn the_kind_of_answer_is_told_in_several_languages() {
        for (question, wanted) in [
            ("When was it?", Wanted::Date),
            ("Wie viele sind es?", Wanted::Number),
            ("Who wrote it?", Wanted::Name),
            ("Кто это?", Wanted::Name),
            ("Why?", Wanted::Anything),
        ] {
            assert_eq!(Terms::new(question, "").wanted, wanted, "{question}");
        }
    }
}
