//! A question and a tree in, the nodes the question names out.
//!
//! Every run of words that a value shares with the question scores by how rare its words are in the
//! tree and, more than linearly, by its length: an identifier of three parts, or a title, beats
//! three scattered words. Words that stand everywhere decide nothing.

use super::parse::{Kind, Tree};
use super::paths::{MixMap, Paths};
use super::string;
use crate::words::{self, Beginnings, Starts};

/// Words of a question that are looked at.
const MAX_TERMS: usize = 96;
/// Shares of values that may hold a word before it stops telling values apart.
const COMMON_SHARE: f32 = 0.05;
/// Hits of a word in few values always count.
const COMMON_LEAST: u32 = 6;
/// Shorter words with digits are numbers that may stand anywhere, rather than ids.
const LEAST_ID_BYTES: usize = 4;

/// The words of a question, in order.
pub struct Query {
    terms: Vec<Term>,
    by_hash: MixMap<u32, Vec<u16>>,
    /// Beginnings of the words that a run begins with; and those of all words.
    beginnings: Beginnings,
    starts: Starts,
    /// A term has letters beyond ASCII; a term begins with a digit.
    has_foreign: bool,
    has_number: bool,
    /// Terms from here on are the tool call's.
    call_from: u16,
}

struct Term {
    word: Vec<u8>,
    is_stop: bool,
}

/// What a question names in a tree.
#[derive(Default)]
pub struct Named {
    /// Values (or members of maps) with their scores, the question's before the call's, best first.
    pub hits: Vec<Hit>,
    /// Paths whose field's name is named.
    pub paths: Vec<bool>,
}

#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub node: u32,
    pub score: f32,
    /// Offset of the best run in the value's raw text.
    pub offset: u32,
    pub is_whole: bool,
    /// Which words of the question its best run holds.
    pub phrase: u32,
    /// Named by the tool call only, not by the question.
    pub by_call: bool,
}

impl Query {
    /// Reads a question, in any language, and the text of the tool call that the answer came from.
    pub fn new(question: &str, call: &str) -> Query {
        let mut query = Query {
            terms: Vec::new(),
            by_hash: MixMap::default(),
            beginnings: Beginnings::new(),
            starts: Starts::new(),
            has_foreign: false,
            has_number: false,
            call_from: 0,
        };
        query.add(question.as_bytes(), false);
        // A gap, so that no run spans both.
        query.terms.push(Term { word: Vec::new(), is_stop: true });
        query.call_from = query.terms.len() as u16;
        query.add(call.as_bytes(), true);
        query
    }

    fn add(&mut self, text: &[u8], distinctive_only: bool) {
        words::for_each_start(text, |_, start| {
            if self.terms.len() >= MAX_TERMS {
                return;
            }
            let word = text[start..words::end_of(text, start)].to_ascii_lowercase();
            let is_plain = word.iter().all(u8::is_ascii_alphabetic) || word.iter().all(u8::is_ascii_digit);
            if distinctive_only && (is_plain && word.len() < 5) {
                return;
            }
            let hash = words::hash(&word);
            self.by_hash.entry(hash).or_default().push(self.terms.len() as u16);
            self.has_foreign |= !word.is_ascii();
            self.has_number |= word[0].is_ascii_digit();
            let is_stop = words::is_stop(&word);
            self.starts.add(&word);
            if !is_stop {
                self.beginnings.add(&word);
            }
            self.terms.push(Term { word, is_stop });
        });
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.terms.iter().all(|term| term.is_stop)
    }

    /// The hashes of the question's own words that name something.
    pub(crate) fn telling_words(&self) -> impl Iterator<Item = u32> + '_ {
        let own = self.terms[..self.call_from as usize].iter();
        own.filter(|term| !term.is_stop && term.word.len() >= 2).map(|term| words::hash(&term.word))
    }

    /// Whether a word of a text may be one of the question or the call.
    #[inline]
    pub(crate) fn may_have(&self, text: &[u8], start: usize) -> bool {
        self.starts.may_hold(text, start)
    }

    #[inline]
    fn positions(&self, word: &[u8]) -> Option<&[u16]> {
        let hash = words::hash(word);
        let positions = self.by_hash.get(&hash)?;
        let term = &self.terms[positions[0] as usize].word;
        word.eq_ignore_ascii_case(term).then_some(positions.as_slice())
    }

    /// Whether the question names a field.
    pub fn names_field(&self, name: &[u8]) -> bool {
        let terms = &self.terms[..self.call_from as usize];
        let mut found = false;
        words::for_each_of_name(name, |word| {
            found = found
                || terms.iter().any(|term| !term.is_stop && term.word.len() >= 3 && words::alike(word, &term.word));
        });
        found
    }

    /// Finds what the question names in `tree`.
    pub fn find(&self, tree: &Tree, paths: &Paths) -> Named {
        let mut named = Named { hits: Vec::new(), paths: vec![false; paths.list.len()] };
        if self.is_empty() {
            return named;
        }
        for path in 0..paths.list.len() as u32 {
            let name = paths.name(tree, path);
            named.paths[path as usize] = !name.is_empty() && self.names_field(name);
        }
        let mut found: Vec<Found> = Vec::new();
        let mut values = 0u32;
        for index in 0..tree.nodes.len() as u32 {
            let node = tree.node(index);
            if node.key_hash != 0 && paths.is_map[node.parent as usize] {
                self.scan(tree.key(index), index, &mut found);
                values += 1;
            }
            if node.kind == Kind::Number && !self.has_number && tree.raw(index)[0].is_ascii_digit() {
                // Each word of it begins with a digit.
                values += 1;
            } else if matches!(node.kind, Kind::String | Kind::Number) {
                // What is written as `\u00fc` matches a question that says `ü`.
                match (self.has_foreign && node.escaped).then(|| string::decode(tree.raw(index))).flatten() {
                    Some(text) => self.scan(text.as_bytes(), index, &mut found),
                    None => self.scan(tree.raw(index), index, &mut found),
                }
                values += 1;
            }
        }
        named.hits = self.score(found, values);
        named
    }

    /// Appends the runs of words that `text` shares with the question. A run begins with a word that
    /// names something.
    pub(crate) fn scan(&self, text: &[u8], node: u32, found: &mut Vec<Found>) {
        let from = found.len();
        let mut matcher = Matcher { query: self, text, node, from, found, taken_to: 0, first_ordinal: 0 };
        let words = words::for_each_start(text, |ordinal, start| {
            if self.beginnings.may_hold(text, start) && self.starts.may_hold(text, start) {
                matcher.try_run(ordinal, start);
            }
        });
        let first_ordinal = matcher.first_ordinal;
        let end = matcher.taken_to;
        if found.len() == from + 1 {
            // "The Matrix" is named by "matrix" too.
            let article = u32::from(first_ordinal == 1 && words::is_stop(&first_word(text)));
            let run = &mut found[from];
            run.is_whole = u32::from(run.length) + article == words || is_last_of_path(text, run.start as usize, end);
        }
    }

    /// From a word that ends at `end` and stands at `positions` of the question: the first term of the
    /// longest run, its length in words, and where it ends in `text`.
    fn longest_run(&self, text: &[u8], end: usize, positions: &[u16]) -> (u16, u16, usize) {
        let mut best = (positions[0], 1, end);
        for &position in positions {
            let (mut length, mut at) = (1, end);
            while let Some(term) = self.terms.get(usize::from(position + length)) {
                let Some(start) = words::next_start(text, at) else { break };
                let stop = words::end_of(text, start);
                if !text[start..stop].eq_ignore_ascii_case(&term.word) {
                    break;
                }
                length += 1;
                at = stop;
            }
            if length > best.1 {
                best = (position, length, at);
            }
        }
        best
    }

    /// The weight of a run of `length` terms from `term`: of words that name nothing, a third each.
    fn weight(&self, term: u16, length: u16) -> f32 {
        let terms = &self.terms[term as usize..(term + length) as usize];
        let telling = terms.iter().filter(|term| !term.is_stop).count();
        if telling == 0 {
            return 0.0;
        }
        telling as f32 + (terms.len() - telling) as f32 / 3.0
    }

    pub(crate) fn score(&self, found: Vec<Found>, values: u32) -> Vec<Hit> {
        self.score_with_ids(found, values, 0)
    }

    /// The same, where a word with digits in it names up to so many values, however few there are.
    pub(crate) fn score_with_ids(&self, mut found: Vec<Found>, values: u32, most_of_id: u32) -> Vec<Hit> {
        forget_repeats(&mut found);
        let common = COMMON_LEAST.max((values as f32 * COMMON_SHARE) as u32);
        let mut frequency: MixMap<u32, u32> = MixMap::default();
        for run in &found {
            *frequency.entry(run.phrase()).or_insert(0) += 1;
        }
        let mut hits: Vec<Hit> = Vec::new();
        for run in found {
            let count = frequency.get(&run.phrase()).copied().unwrap_or(1);
            let word = &self.terms[run.term as usize].word;
            let least = if word.iter().all(u8::is_ascii_digit) { 2 } else { 3 };
            let is_id = || word.len() >= LEAST_ID_BYTES && word.iter().any(u8::is_ascii_digit);
            let is_common = count > common && !(count <= most_of_id && is_id());
            if run.length == 1 && (word.len() < least && !run.is_whole || is_common) {
                continue;
            }
            let rarity = (1.0 + values as f32 / count as f32).ln();
            let score = rarity * self.weight(run.term, run.length) * if run.is_whole { 2.0 } else { 1.0 };
            if score <= 0.0 {
                continue;
            }
            let by_call = run.term >= self.call_from;
            match hits.last_mut() {
                Some(hit) if hit.node == run.node && hit.by_call == by_call => {
                    if score > hit.score {
                        hit.offset = run.start;
                        hit.phrase = run.phrase();
                    }
                    hit.score += score;
                    hit.is_whole |= run.is_whole;
                }
                _ => hits.push(Hit {
                    node: run.node,
                    score,
                    offset: run.start,
                    is_whole: run.is_whole,
                    phrase: run.phrase(),
                    by_call,
                }),
            }
        }
        hits.sort_by(|left, right| {
            left.by_call.cmp(&right.by_call).then(right.score.total_cmp(&left.score)).then(left.node.cmp(&right.node))
        });
        hits
    }
}

/// A scan of one text.
struct Matcher<'m> {
    query: &'m Query,
    text: &'m [u8],
    node: u32,
    from: usize,
    found: &'m mut Vec<Found>,
    /// Where the last run ends.
    taken_to: usize,
    first_ordinal: u32,
}

impl Matcher<'_> {
    /// Adds the run that begins with the word at `start`, if one does.
    #[cold]
    fn try_run(&mut self, ordinal: u32, start: usize) {
        if start < self.taken_to {
            return;
        }
        let end = words::end_of(self.text, start);
        if let Some(positions) = self.query.positions(&self.text[start..end]) {
            let (term, length, run_end) = self.query.longest_run(self.text, end, positions);
            if self.found.len() == self.from {
                self.first_ordinal = ordinal;
            }
            self.taken_to = run_end;
            self.found.push(Found { node: self.node, term, length, start: start as u32, is_whole: false });
        }
    }
}

/// A run of words of the question in one value.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    node: u32,
    term: u16,
    length: u16,
    start: u32,
    is_whole: bool,
}

impl Found {
    /// What tells runs of different words apart.
    fn phrase(&self) -> u32 {
        (u32::from(self.term) << 16) | u32::from(self.length)
    }
}

/// Leaves of the runs in each value the first of the same words: a long text that says a name again and again is one
/// value with that name.
fn forget_repeats(found: &mut Vec<Found>) {
    let (mut node, mut said) = (u32::MAX, Vec::new());
    found.retain(|run| {
        if run.node != node {
            node = run.node;
            said.clear();
        }
        let is_new = said.len() < MAX_TERMS && !said.contains(&run.phrase());
        said.extend(is_new.then(|| run.phrase()));
        is_new
    });
}

/// Whether a run is the name at the end of a path such as `node_modules/qs`, which the other parts only say the place of.
fn is_last_of_path(text: &[u8], start: usize, end: usize) -> bool {
    end == text.len()
        && start > 0
        && text[start - 1] == b'/'
        && memchr::memmem::find(text, b"://").is_none()
        && !text.iter().any(u8::is_ascii_whitespace)
}

fn first_word(text: &[u8]) -> Vec<u8> {
    let start = words::next_start(text, 0).unwrap_or(0);
    text[start..words::end_of(text, start)].to_ascii_lowercase()
}
