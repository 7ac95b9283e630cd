//! A document and what is asked for in, what each unit is worth to who asked out.
//!
//! BM25 over sentences is the base; what stands beside, below a heading that is named, in the same paragraph, and what
//! could be the kind of answer that is wanted, is worth more. Every term is a number in units of inverse frequency, so
//! that another one, such as a model's, is one more number to add.

use super::blocks::Form;
use super::document::Document;
use super::model::Guess;
use super::terms::{Match, Terms, Wanted};
use crate::words;

/// BM25's parameters: how soon repeats count less, and how much the length of a sentence matters.
const K1: f32 = 0.9;
const B: f32 = 0.4;
/// Shares of the score of the sentences before and behind that count for a sentence.
const BEFORE: f32 = 0.15;
const BEHIND: f32 = 0.08;
/// What the words of its paragraph, and of the headings above, count for a sentence.
const PARAGRAPH: f32 = 0.2;
const HEADING: f32 = 0.45;
/// What the share of a heading's words that the question has counts, of all that is asked for.
const NAMED_HEADING: f32 = 0.5;
/// What the kind of answer that is wanted counts, of all that is asked for.
const WANTED: f32 = 0.15;
/// What something that is named exactly counts, of all that is asked for.
const NAMED: f32 = 1.0;
/// Places of something named exactly beyond which it tells no places apart.
const MAX_PLACES: usize = 60;

/// A word that is asked for, in a unit.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub unit: u32,
    /// Its offset in the document.
    pub at: u32,
    pub found: Match,
}

/// What units are worth.
pub struct Relevance {
    pub scores: Vec<f32>,
    /// In the order of the text.
    pub places: Vec<Place>,
    /// Inverse frequency of each term, times its weight.
    pub weights: Vec<f32>,
    /// The share of what is asked for that the best unit has, 0 to 1.
    pub coverage: f32,
}

impl Relevance {
    /// Scores all units. Linear.
    pub fn of(document: &Document, terms: &Terms) -> Self {
        let places = places(document, terms);
        let weights = weights(document, terms, &places);
        let asked: f32 = weights.iter().sum();
        let base = base(document, &places, &weights);
        let mut own = Self { scores: Vec::new(), places, weights, coverage: 0.0 };
        own.coverage = own.best_coverage(asked);
        own.scores = own.beside(document, &base);
        own.add_headings(document, terms, asked);
        own.add_wanted(document, terms.wanted, asked);
        own.add_named(document, terms, asked);
        own
    }

    /// Adds what a model says of the sentences that it has read.
    pub fn add_guess(&mut self, guess: &Guess) {
        let asked = self.weights.iter().sum::<f32>().max(1.0);
        guess.for_each_unit(|unit, worth| {
            if let Some(score) = self.scores.get_mut(unit) {
                *score += asked * worth;
            }
        });
    }

    fn best_coverage(&self, asked: f32) -> f32 {
        let mut best = 0.0f32;
        for_each_unit(&self.places, |_, own| best = best.max(distinct(own, &self.weights)));
        if asked > 0.0 {
            (best / asked).min(1.0)
        } else {
            0.0
        }
    }

    /// Adds what stands beside, and in the same paragraph.
    fn beside(&self, document: &Document, base: &[f32]) -> Vec<f32> {
        let units = &document.units;
        let mut scores = base.to_vec();
        for at in 0..units.len() {
            let is_beside = |other: usize| units[other].section == units[at].section;
            if at > 0 && is_beside(at - 1) {
                scores[at] += BEFORE * base[at - 1];
            }
            if at + 1 < units.len() && is_beside(at + 1) {
                scores[at] += BEHIND * base[at + 1];
            }
        }
        let mut from = 0;
        while from < self.places.len() {
            let block = units[self.places[from].unit as usize].block;
            let to =
                from + self.places[from..].iter().take_while(|own| units[own.unit as usize].block == block).count();
            let gain = PARAGRAPH * distinct(&self.places[from..to], &self.weights);
            let first = units.partition_point(|unit| unit.block < block);
            units[first..]
                .iter()
                .zip(&mut scores[first..])
                .take_while(|(unit, _)| unit.block == block)
                .for_each(|(_, score)| *score += gain);
            from = to;
        }
        scores
    }

    /// Adds what the headings above say.
    fn add_headings(&mut self, document: &Document, terms: &Terms, asked: f32) {
        let sections = &document.sections;
        let mut gains = vec![0.0f32; sections.len()];
        for_each_unit(&self.places, |unit, own| {
            let unit_of = &document.units[unit as usize];
            if unit_of.form.is_head() {
                let telling = telling_words(document.of_unit(unit_of));
                let share = own.len() as f32 / telling.max(1) as f32;
                let section = unit_of.section as usize;
                gains[section] += HEADING * distinct(own, &self.weights)
                    + NAMED_HEADING * share.min(1.0).powi(2) * asked * self.coverage_of(own, asked);
            }
        });
        for named in &terms.named {
            for (section, own) in sections.iter().enumerate() {
                if holds(document.of_unit(&document.units[own.head as usize]), named) {
                    gains[section] += NAMED * asked;
                }
            }
        }
        // Parents come before their children.
        for at in 0..sections.len() {
            if let Some(&above) = gains.get(sections[at].parent as usize) {
                gains[at] += 0.7 * above;
            }
        }
        for (unit, score) in document.units.iter().zip(&mut self.scores) {
            *score += gains.get(unit.section as usize).copied().unwrap_or(0.0);
        }
    }

    fn coverage_of(&self, own: &[Place], asked: f32) -> f32 {
        (distinct(own, &self.weights) / asked.max(f32::MIN_POSITIVE)).min(1.0)
    }

    fn add_wanted(&mut self, document: &Document, wanted: Wanted, asked: f32) {
        if wanted == Wanted::Anything {
            return;
        }
        let mut own = self.places.iter().peekable();
        for (index, unit) in document.units.iter().enumerate() {
            let mut asked_for: Vec<u32> = Vec::new();
            while let Some(place) = own.next_if(|place| place.unit as usize == index) {
                asked_for.push(place.at - unit.from);
            }
            if self.scores[index] > 0.0 && could_answer(document.of_unit(unit), wanted, &asked_for) {
                self.scores[index] += WANTED * asked;
            }
        }
    }

    /// Adds what is named exactly, where that tells places apart.
    fn add_named(&mut self, document: &Document, terms: &Terms, asked: f32) {
        for named in &terms.named {
            let found: Vec<usize> =
                memchr::memmem::find_iter(document.text.as_bytes(), named.as_bytes()).take(MAX_PLACES + 1).collect();
            if found.len() > MAX_PLACES {
                continue;
            }
            let gain = NAMED * asked / (1.0 + found.len() as f32).log2().max(1.0);
            for at in found.into_iter().filter(|&at| is_apart(document.text, at, named.len())) {
                let unit = document.units.partition_point(|unit| unit.to as usize <= at);
                if let Some(score) = self.scores.get_mut(unit) {
                    *score += gain;
                }
            }
        }
    }
}

/// All words that are asked for.
fn places(document: &Document, terms: &Terms) -> Vec<Place> {
    let mut places = Vec::new();
    for (index, unit) in document.units.iter().enumerate().filter(|(_, unit)| unit.form != Form::Rule) {
        terms.scan(document.of_unit(unit), |at, found| {
            places.push(Place { unit: index as u32, at: unit.from + at as u32, found })
        });
    }
    places
}

/// The inverse frequency of each term among the units, times its weight.
fn weights(document: &Document, terms: &Terms, places: &[Place]) -> Vec<f32> {
    let mut counts = vec![0u32; terms.len()];
    let mut last = vec![u32::MAX; terms.len()];
    for place in places {
        let term = place.found.term as usize;
        if last[term] != place.unit {
            last[term] = place.unit;
            counts[term] += 1;
        }
    }
    let all = document.units.len() as f32;
    let weight = |(term, &count): (usize, &u32)| match count {
        0 => 0.0,
        _ => terms.weight(term as u16) * (1.0 + (all - count as f32 + 0.5) / (count as f32 + 0.5)).ln(),
    };
    counts.iter().enumerate().map(weight).collect()
}

/// BM25 of each unit, by its bytes.
fn base(document: &Document, places: &[Place], weights: &[f32]) -> Vec<f32> {
    let units = &document.units;
    let mean = units.iter().map(|unit| (unit.to - unit.from) as f32).sum::<f32>() / units.len().max(1) as f32;
    let mut scores = vec![0.0f32; units.len()];
    for_each_unit(places, |unit, own| {
        let bytes = (units[unit as usize].to - units[unit as usize].from) as f32;
        let length = K1 * (1.0 - B + B * bytes / mean.max(1.0));
        for_each_term(own, |term, strength| {
            scores[unit as usize] += weights[term as usize] * strength * (K1 + 1.0) / (strength + length);
        });
    });
    scores
}

/// Calls `each` with a unit and the places in it.
fn for_each_unit(places: &[Place], mut each: impl FnMut(u32, &[Place])) {
    places.chunk_by(|left, right| left.unit == right.unit).for_each(|own| each(own[0].unit, own));
}

/// Calls `each` with every term among some places, and how strongly it stands there.
fn for_each_term(places: &[Place], mut each: impl FnMut(u16, f32)) {
    let mut own: Vec<Match> = places.iter().map(|place| place.found).collect();
    own.sort_by_key(|found| found.term);
    for same in own.chunk_by(|left, right| left.term == right.term) {
        each(same[0].term, same.iter().map(|found| found.strength).sum());
    }
}

/// What the terms among some places weigh together, each once.
fn distinct(places: &[Place], weights: &[f32]) -> f32 {
    let mut sum = 0.0;
    for_each_term(places, |term, strength| sum += weights[term as usize] * strength.min(1.0));
    sum
}

fn telling_words(heading: &str) -> usize {
    let mut count = 0;
    words::for_each(heading.as_bytes(), |from, to| {
        count += usize::from(!words::is_stop(heading[from..to].to_ascii_lowercase().as_bytes()));
    });
    count
}

fn holds(text: &str, named: &str) -> bool {
    text.match_indices(named).any(|(at, _)| is_apart(text, at, named.len()))
}

/// Whether what stands somewhere is no part of a longer word or number.
fn is_apart(text: &str, at: usize, bytes: usize) -> bool {
    let inner = |character: char| character.is_alphanumeric();
    let before = text[..at].chars().next_back();
    let mut behind = text[at + bytes..].chars();
    let next = behind.next();
    let is_number = next == Some('.') && behind.next().is_some_and(|digit| digit.is_ascii_digit());
    !before.is_some_and(inner) && !next.is_some_and(inner) && !is_number
}

const MONTHS: [&str; 24] = [
    "January",
    "February",
    "March",
    "April",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "century",
    "centuries",
    "Januar",
    "Februar",
    "März",
    "Juni",
    "Juli",
    "Oktober",
    "Dezember",
    "janvier",
    "enero",
    "year",
    "年",
];
const NUMBERS: [&str; 20] = [
    " one ", " two ", "three", " four", " five", " six", "seven", "eight", " nine", " ten ", "twelve", "half", "dozen",
    "hundred", "thousand", "million", "billion", "percent", "third", "quarter",
];

/// Whether a unit has what could be an answer: a date, a number, or a name that was not asked for.
fn could_answer(text: &str, wanted: Wanted, asked_for: &[u32]) -> bool {
    let bytes = text.as_bytes();
    match wanted {
        Wanted::Anything => false,
        Wanted::Date => {
            bytes.windows(3).any(|own| own.iter().all(u8::is_ascii_digit))
                || MONTHS.iter().any(|month| text.contains(month))
        }
        Wanted::Number => bytes.iter().any(u8::is_ascii_digit) || NUMBERS.iter().any(|number| text.contains(number)),
        Wanted::Name => {
            let mut found = false;
            words::for_each_start(bytes, |ordinal, start| {
                found |= ordinal > 0 && bytes[start].is_ascii_uppercase() && !asked_for.contains(&(start as u32));
            });
            found
        }
    }
}
