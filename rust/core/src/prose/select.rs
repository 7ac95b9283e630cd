//! What units are worth and a budget in, what is shown out: whole units, best first, with what names their sources.
//!
//! Where a part of a sentence may be shown, what is left of the budget goes to the stretch of the next best one that
//! most likely answers: near what is asked for, names and numbers first. Where a model has read the text, it goes to the
//! stretches of all good ones that do.

use std::ops::Range;

use super::blocks::Form;
use super::document::{Document, Unit};
use super::model::Guess;
use super::relevance::{Place, Relevance};
use super::stretches;
use super::terms::Wanted;
use crate::tokens::{count, Encoding};
use crate::words;

/// Tokens of a mark that says what was left out, about.
pub const MARK_TOKENS: usize = 8;
/// The lowest level of headings that are outline rather than detail.
const OUTLINE_LEVEL: u8 = 2;
/// The budget from which the first and the last sentence are shown.
const MIN_ENDS_TOKENS: usize = 400;
/// Units in sequence that do not fit before the search for smaller ones ends.
const MAX_MISSES: usize = 40;
/// Words on either side in which what is asked for makes a word worth more.
const REACH: usize = 12;
/// What a word that is asked for is itself worth, of its weight.
const ASKED: f32 = 0.5;
/// How much more numbers and names are worth than other words; and again where they are wanted.
const DIGITS: f32 = 2.0;
const CAPITAL: f32 = 2.0;
const WANTED_DIGITS: f32 = 2.0;
const WANTED_NAME: f32 = 1.5;
/// Tokens of the shortest stretch of a sentence.
const MIN_PIECE_TOKENS: usize = 3;
/// Room below which stretches are chosen where a model has read the text, and sentences above.
const MAX_CUT_TOKENS: usize = 160;
/// What a sentence is worth that stands behind a good one, or before one, of that one's worth, where stretches are chosen.
const BEHIND_GOOD: f32 = 0.7;
const BEFORE_GOOD: f32 = 0.5;
/// Signs that belong to the word behind them, and to the one before them.
const BEFORE: &str = "$€£¥#@~≈±−([{<\"'“‘«";
const BEHIND: &str = "%°‰€£¥″′+)]}>\"'”’»";
/// Words of the sentences that stretches are chosen from.
const MAX_WORDS: usize = 700;

/// How much may be shown, and how.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub tokens: usize,
    /// Whether parts of sentences may be shown.
    pub may_cut: bool,
    /// Units worth less than this share of the best are not shown, whatever room is left; below 0 even those are that
    /// are worth nothing.
    pub least: f32,
    /// Tokens of the mark of a gap; 0 where none are written.
    pub mark: usize,
    /// How much of all goes to headings and sources at most before anything else is shown.
    pub heads: usize,
}

/// The level and the number of each unit that names a source or a section; 0 is the level of sources.
fn heads(document: &Document) -> Vec<(u8, usize)> {
    let level = |form: Form| match form {
        Form::Source => Some(0),
        Form::Heading(level) => Some(level),
        _ => None,
    };
    let units = document.units.iter().enumerate();
    units.filter_map(|(index, unit)| level(unit.form).map(|level| (level, index))).collect()
}

/// Tokens of the sources and the outline of a document, with a mark below each.
pub fn outline_cost(document: &Document, costs: &[u32]) -> usize {
    let own = heads(document).into_iter().filter(|(level, _)| *level <= OUTLINE_LEVEL);
    own.map(|(_, index)| head_cost(document, costs, index, MARK_TOKENS)).sum()
}

/// Tokens of a line that names something, with a mark below unless the next line names it too.
fn head_cost(document: &Document, costs: &[u32], index: usize, mark: usize) -> usize {
    let goes_on = document.units.get(index + 1).is_some_and(|next| next.form.is_head());
    costs[index] as usize + if goes_on { 0 } else { mark }
}

/// Tokens of each unit.
pub fn costs(document: &Document) -> Vec<u32> {
    document.units.iter().map(|unit| count(document.of_unit(unit), Encoding::O200kBase) as u32 + 1).collect()
}

/// What is shown: whole units, and stretches of others, in order, with the numbers of their units.
pub struct Chosen {
    pub is_kept: Vec<bool>,
    pub pieces: Vec<(u32, Range<u32>)>,
}

/// Chooses what is shown; `guess` is what a model says of the words, where parts of sentences may be.
pub fn choose(
    document: &Document,
    relevance: &Relevance,
    costs: &[u32],
    wanted: Wanted,
    budget: Budget,
    guess: Option<&Guess>,
) -> Chosen {
    let mut chooser =
        Chooser { document, costs, left: budget.tokens, mark: budget.mark, is_kept: vec![false; costs.len()] };
    chooser.keep_heads(budget.heads.min(budget.tokens));
    if budget.tokens >= MIN_ENDS_TOKENS && budget.mark > 0 {
        chooser.keep_ends();
    }
    let mut order: Vec<u32> =
        (0..costs.len() as u32).filter(|&unit| relevance.scores[unit as usize] > 0.0 || budget.least < 0.0).collect();
    order.sort_by(|&left, &right| {
        relevance.scores[right as usize].total_cmp(&relevance.scores[left as usize]).then(left.cmp(&right))
    });
    let best = order.first().map_or(0.0, |&unit| relevance.scores[unit as usize]);
    let guess = guess.filter(|_| budget.may_cut);
    let mut misses = 0;
    let mut pieces = Vec::new();
    for (rank, &unit) in order.iter().enumerate() {
        let index = unit as usize;
        if relevance.scores[index] < budget.least * best || misses > MAX_MISSES {
            break;
        }
        if let Some(guess) = guess.filter(|_| chooser.left <= MAX_CUT_TOKENS) {
            pieces = chooser.stretches(&order[rank..], relevance, wanted, guess);
            break;
        }
        if document.units[index].form == Form::Rule || chooser.is_kept[index] || chooser.keep(index) {
            continue;
        }
        if budget.may_cut {
            pieces = match guess {
                Some(guess) => chooser.stretches(&order[rank..], relevance, wanted, guess),
                None => chooser.piece(index, relevance, wanted).map(|range| (unit, range)).into_iter().collect(),
            };
            break;
        }
        misses += 1;
    }
    Chosen { is_kept: chooser.is_kept, pieces }
}

struct Chooser<'d, 't> {
    document: &'d Document<'t>,
    costs: &'d [u32],
    left: usize,
    mark: usize,
    is_kept: Vec<bool>,
}

impl Chooser<'_, '_> {
    /// Keeps what names sources and sections, those that stand above others first.
    fn keep_heads(&mut self, mut room: usize) {
        let mut heads = heads(self.document);
        heads.sort_unstable();
        for level in heads.chunk_by(|left, right| left.0 == right.0) {
            // A level that does not fit as a whole would say that there are no others.
            let own: usize =
                level.iter().map(|&(_, index)| head_cost(self.document, self.costs, index, self.mark)).sum();
            if own > room {
                break;
            }
            room -= own;
            self.left -= own;
            level.iter().for_each(|&(_, index)| self.is_kept[index] = true);
        }
    }

    /// Keeps how a document begins and ends; chunks from many have no such places.
    fn keep_ends(&mut self) {
        let units = &self.document.units;
        let is_said = |unit: &Unit| matches!(unit.form, Form::Text | Form::Item);
        if !units.iter().any(|unit| unit.form == Form::Source) {
            let ends = [units.iter().position(is_said), units.iter().rposition(is_said)];
            ends.into_iter().flatten().for_each(|index| {
                if !self.is_kept[index] {
                    self.keep(index);
                }
            });
        }
    }

    /// Keeps a unit with the headings above it, if there is room.
    fn keep(&mut self, index: usize) -> bool {
        let unit = &self.document.units[index];
        let is_beside = index > 0 && self.is_kept[index - 1] || self.is_kept.get(index + 1) == Some(&true);
        let heads: Vec<usize> =
            self.heads_of(unit.section).filter(|&head| head != index && !self.is_kept[head]).collect();
        let heads_cost: usize = heads.iter().map(|&head| self.costs[head] as usize).sum();
        let cost = self.costs[index] as usize + heads_cost + if is_beside { 0 } else { self.mark };
        if cost > self.left {
            return false;
        }
        self.left -= cost;
        self.is_kept[index] = true;
        heads.into_iter().for_each(|head| self.is_kept[head] = true);
        true
    }

    /// The lines that name the sections which a unit stands in.
    fn heads_of(&self, section: u32) -> impl Iterator<Item = usize> + '_ {
        let units = &self.document.units;
        self.document.sections_of(section).flat_map(move |own| {
            let first = self.document.sections[own as usize].head as usize;
            let more =
                units[first + 1..].iter().take_while(move |unit| unit.form == Form::Source && unit.section == own);
            first..first + 1 + more.count()
        })
    }

    /// The stretch of a unit that most likely answers, within what is left.
    fn piece(&self, index: usize, relevance: &Relevance, wanted: Wanted) -> Option<Range<u32>> {
        let room = self.left.saturating_sub(self.mark);
        if room < MIN_PIECE_TOKENS {
            return None;
        }
        let unit = &self.document.units[index];
        let text = self.document.of_unit(unit);
        let words = self.words(index, relevance);
        let range = densest(text, &values(text, &words, wanted), &words, room)?;
        Some(unit.from + range.start as u32..unit.from + range.end as u32)
    }

    /// The words of a unit.
    fn words(&self, index: usize, relevance: &Relevance) -> Vec<Word> {
        let unit = &self.document.units[index];
        let first = relevance.places.partition_point(|place| (place.unit as usize) < index);
        let own = relevance.places[first..].iter().take_while(|place| place.unit as usize == index);
        words_of(self.document.of_unit(unit), own, unit.from, &relevance.weights)
    }

    /// The stretches of some units, the best of which come first, that most likely answer; those that are whole units
    /// are kept as such.
    fn stretches(
        &mut self,
        order: &[u32],
        relevance: &Relevance,
        wanted: Wanted,
        guess: &Guess,
    ) -> Vec<(u32, Range<u32>)> {
        let units = &self.document.units;
        let mut list: Vec<(usize, Vec<Word>)> = Vec::new();
        let mut count_of_words = 0;
        for index in order.iter().map(|&unit| unit as usize) {
            if self.is_kept[index] || units[index].form == Form::Rule || units[index].form.is_head() {
                continue;
            }
            let own = self.words(index, relevance);
            count_of_words += own.len();
            if count_of_words > MAX_WORDS && !list.is_empty() {
                break;
            }
            list.push((index, own));
        }
        list.sort_unstable_by_key(|(index, _)| *index);
        let best = list.iter().map(|(index, _)| relevance.scores[*index]).fold(f32::MIN_POSITIVE, f32::max);
        let mut weighed: Vec<stretches::Word> = Vec::with_capacity(count_of_words);
        let mut firsts = Vec::with_capacity(list.len());
        for (index, own) in &list {
            firsts.push(weighed.len());
            // Who answers goes on from what was said, or leads to it, often in other words: `These lamps were …`.
            let beside = |other: usize| {
                let is_near = units.get(other).is_some_and(|unit| unit.block == units[*index].block);
                if is_near {
                    relevance.scores[other]
                } else {
                    0.0
                }
            };
            let led = f32::max(BEHIND_GOOD * beside(index.wrapping_sub(1)), BEFORE_GOOD * beside(index + 1));
            let share = relevance.scores[*index].max(led) / best;
            self.weigh(*index, own, share, wanted, guess, &mut weighed);
        }
        let mut pieces = Vec::new();
        for range in stretches::best(&weighed, self.left, guess.weights.opening, self.mark) {
            let at = firsts.partition_point(|&first| first <= range.start) - 1;
            let (index, own) = &list[at];
            if range.len() == own.len() {
                self.is_kept[*index] = true;
                continue;
            }
            let from = units[*index].from;
            let (first, last) = (&own[range.start - firsts[at]], &own[range.end - 1 - firsts[at]]);
            pieces.push((*index as u32, from + first.from as u32..from + last.to as u32));
        }
        pieces
    }

    /// Adds the words of a unit, with what they cost and are worth.
    fn weigh(
        &self,
        index: usize,
        words: &[Word],
        share: f32,
        wanted: Wanted,
        guess: &Guess,
        out: &mut Vec<stretches::Word>,
    ) {
        let unit = &self.document.units[index];
        let text = self.document.of_unit(unit);
        let near = values(text, words, wanted);
        let nearest = near.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let mut before = 0.0;
        for (at, word) in words.iter().enumerate() {
            // What stands before a word goes with it, and at the end what stands behind.
            let from = if at == 0 { 0 } else { words[at - 1].to };
            let to = if at + 1 == words.len() { text.len() } else { word.to };
            let tokens = count(&text[from..to], Encoding::O200kBase) as u32;
            let place = unit.from as usize + word.from..unit.from as usize + word.to;
            let own = guess.weights;
            let likely = guess.of(place);
            let worth = own.word * likely + share * (own.near * near[at] / nearest + own.token * tokens as f32);
            let cut = own.cut * f32::min(likely, std::mem::replace(&mut before, likely));
            out.push(stretches::Word { tokens, worth, is_apart: at == 0, cut });
        }
    }
}

/// A word, and what it weighs if it is asked for.
struct Word {
    from: usize,
    to: usize,
    asked: f32,
}

fn words_of<'p>(text: &str, places: impl Iterator<Item = &'p Place>, from: u32, weights: &[f32]) -> Vec<Word> {
    let mut list: Vec<Word> = Vec::new();
    words::for_each(text.as_bytes(), |from, to| {
        // What stands right before or behind a word, such as `$` or `%`, says what it is.
        let least = list.last().map_or(0, |word| word.to);
        let before = text[least..from].char_indices().rev().take_while(|(_, sign)| BEFORE.contains(*sign)).last();
        let behind = text[to..].chars().take_while(|sign| BEHIND.contains(*sign)).map(char::len_utf8).sum::<usize>();
        list.push(Word { from: before.map_or(from, |(at, _)| least + at), to: to + behind, asked: 0.0 });
    });
    for place in places {
        let at = (place.at - from) as usize;
        let index = list.partition_point(|word| word.to <= at);
        if let Some(word) = list.get_mut(index) {
            word.asked += weights[place.found.term as usize] * place.found.strength;
        }
    }
    list
}

/// What each word is worth in an answer.
fn values(text: &str, words: &[Word], wanted: Wanted) -> Vec<f32> {
    let value = |(at, word): (usize, &Word)| {
        if word.asked > 0.0 {
            return ASKED * word.asked;
        }
        let bare = text[word.from..word.to].trim_start_matches(|sign| BEFORE.contains(sign));
        let bare = bare.trim_end_matches(|sign| BEHIND.contains(sign)).as_bytes();
        let Some(&first) = bare.first() else { return 0.0 };
        if words::is_stop(&bare.to_ascii_lowercase()) {
            return 0.0;
        }
        let beside = at.saturating_sub(REACH)..words.len().min(at + REACH + 1);
        let near: f32 = beside.map(|other| words[other].asked / (1.0 + other.abs_diff(at) as f32)).sum();
        let is_name = first.is_ascii_uppercase() && at > 0;
        let more = match (first.is_ascii_digit(), is_name, wanted) {
            (true, _, Wanted::Date | Wanted::Number) => DIGITS * WANTED_DIGITS,
            (true, ..) => DIGITS,
            (_, true, Wanted::Name) => CAPITAL * WANTED_NAME,
            (_, true, _) => CAPITAL,
            _ => 1.0,
        };
        near * more
    };
    words.iter().enumerate().map(value).collect()
}

/// The stretch of words worth most that fits into some tokens.
fn densest(text: &str, values: &[f32], words: &[Word], room: usize) -> Option<Range<usize>> {
    // A word costs what stands between it and the next one too.
    let cost = |at: usize| {
        let from = if at == 0 { words[at].from } else { words[at - 1].to };
        count(&text[from..words[at].to], Encoding::O200kBase)
    };
    let costs: Vec<usize> = (0..words.len()).map(cost).collect();
    let (mut first, mut tokens, mut value) = (0, 0, 0.0f32);
    let mut best: Option<(f32, Range<usize>)> = None;
    for last in 0..words.len() {
        tokens += costs[last];
        value += values[last];
        while tokens > room {
            tokens -= costs[first];
            value -= values[first];
            first += 1;
        }
        if first <= last && best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, words[first].from..words[last].to));
        }
    }
    best.map(|(_, range)| range)
}
