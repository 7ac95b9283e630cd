//! A document that nothing is asked of in, what is kept of it out: all but stretches that nobody is likely to ask for.
//!
//! Numbers with their units, names, quotations, code, addresses, paths, and negations and modal verbs with the word behind
//! them are never left out. How likely a word is part of an answer to some question says the model where it has read,
//! else its kind: numbers and names are asked for, words that name nothing are not, nor what was said before.

use std::ops::Range;

use super::blocks::Form;
use super::document::{Document, Unit};
use super::gaps::{self, Goal};
use super::held::{self, Hold, Word};
use super::model::Guess;
use super::select::{Chosen, MARK_TOKENS};
use crate::json::paths::MixMap;
use crate::tokens::{count, Encoding};
use crate::words;

/// The share of code from which a text is left alone.
const MAX_CODE_SHARE: f64 = 0.25;
/// What tells how likely a word is asked for, as logits, chosen on 20 articles of SQuAD's training part.
const ANY: f32 = -2.0;
const STOP: f32 = -0.55;
const NAME: f32 = 0.8;
const DIGIT: f32 = 1.5;
const AGAIN: f32 = -0.6;
const BESIDE_DIGIT: f32 = 0.9;
const BESIDE_NAME: f32 = 0.2;
/// How much more is lost where a gap begins than its first word alone tells: what is read there ends nowhere. Like the
/// others below, chosen on the 20 articles.
const OF_FIRST: f32 = 1.5;
/// What leaving out any word loses, so that of gaps that lose nothing the shortest is left; and what a fact, and what a
/// word that the sense depends on, where some must go.
const LOSS_OF_WORD: f32 = 0.002;
const LOSS_OF_FACT: f32 = 0.01;
const LOSS_OF_SENSE: f32 = 1.0;
/// The share of a text from which facts are never left out: below, those that nobody is likely to ask for may be.
const FACTS_STAY: f64 = 0.65;
/// Signs behind a word that may be left out without it.
const POINTS: [char; 6] = ['.', ',', ';', ':', '!', '?'];

/// What is kept so that `floor` of all tokens are, without some sentences and clauses that have nothing which must stay,
/// with a mark for each gap; `None` where the text is mostly code, or of a script whose names cannot be told. Linear.
pub fn keep(document: &Document, floor: f64, guess: Option<&Guess>) -> Option<Chosen> {
    let bytes =
        |units: &mut dyn Iterator<Item = &Unit>| units.map(|unit| (unit.to - unit.from) as usize).sum::<usize>();
    let all = bytes(&mut document.units.iter());
    let code = bytes(&mut document.units.iter().filter(|unit| matches!(unit.form, Form::Code | Form::Row)));
    if all == 0 || code as f64 > MAX_CODE_SHARE * all as f64 || is_caseless(document.text) {
        return None;
    }
    let text = Weighed::of(document, guess);
    let room = Goal::AtMost(((1.0 - floor) * text.tokens() as f64) as usize);
    let gaps = text.gaps(&text.clauses(document), Hold::Fact, room, MARK_TOKENS);
    Some(text.without(document, &gaps))
}

/// What is kept within a budget of tokens, without marks, white space before words included; a point or comma may go
/// without its word. Facts stay where the budget is large enough, below `FACTS_STAY` those that are likely asked for;
/// negations and modal verbs go last.
pub fn within(document: &Document, tokens: usize, guess: Option<&Guess>) -> Chosen {
    let text = Weighed::of_words(document, without_points(document, held::words(document)), guess);
    let goal = text.tokens().saturating_sub(tokens);
    let gone = |gaps: &[Range<usize>]| -> usize { gaps.iter().map(|gap| text.tokens_in(gap.clone())).sum() };
    let each: Vec<Range<usize>> = (0..text.words.len()).map(|at| at..at + 1).collect();
    let are_facts_kept = tokens as f64 >= FACTS_STAY * text.tokens() as f64;
    let holds = if are_facts_kept { &[Hold::Fact, Hold::Sense, Hold::All][..] } else { &[Hold::Sense, Hold::All] };
    let mut tries = holds.iter().map(|&hold| text.gaps(&each, hold, Goal::AtLeast(goal), 0));
    let found = tries.find(|gaps| gone(gaps) >= goal);
    // Where nothing is held, all of it may go.
    let gaps = found.unwrap_or_else(|| std::iter::once(0..text.words.len()).collect());
    let mut chosen = text.without(document, &gaps);
    for (_, piece) in &mut chosen.pieces {
        piece.start = document.text[..piece.start as usize].trim_end().len() as u32;
    }
    chosen
}

/// Whether much of a text is of scripts without upper case.
fn is_caseless(text: &str) -> bool {
    let sample = text.chars().take(2_000);
    let (mut letters, mut cased) = (0, 0);
    for letter in sample.filter(|character| character.is_alphabetic()) {
        letters += 1;
        cased += usize::from(letter.is_lowercase() || letter.is_uppercase());
    }
    cased * 10 < letters * 9
}

/// The words of running text with what points follow them apart, where those are no part of a quotation.
fn without_points(document: &Document, words: Vec<Word>) -> Vec<Word> {
    let mut list = Vec::with_capacity(words.len() * 9 / 8);
    for word in words {
        let is_running = matches!(document.units[word.unit as usize].form, Form::Text | Form::Item);
        let text = &document.text[word.from as usize..word.to as usize];
        let own = text.trim_end_matches(POINTS).len() as u32;
        if !is_running || word.is_quoted || own == 0 || own == word.to - word.from {
            list.push(word);
            continue;
        }
        let end = word.from + own;
        list.push(Word { to: end, ..word });
        list.push(Word { from: end, hold: Hold::Nothing, is_name: false, has_digit: false, is_stop: true, ..word });
    }
    list
}

/// The words of a document, with what they cost and how likely they are asked for.
struct Weighed {
    words: Vec<Word>,
    costs: Vec<u32>,
    likelihoods: Vec<f32>,
}

impl Weighed {
    fn of(document: &Document, guess: Option<&Guess>) -> Self {
        Self::of_words(document, held::words(document), guess)
    }

    fn of_words(document: &Document, words: Vec<Word>, guess: Option<&Guess>) -> Self {
        // The white space before a word goes with it.
        let mut from = 0;
        let costs = words.iter().map(|word| {
            let own = &document.text[std::mem::replace(&mut from, word.to as usize)..word.to as usize];
            count(own, Encoding::O200kBase) as u32
        });
        let costs = costs.collect();
        let by_kind = likelihoods(document, &words);
        let said = |(word, by_kind): (&Word, f32)| {
            guess.and_then(|guess| guess.of_any(word.from as usize..word.to as usize)).unwrap_or(by_kind)
        };
        let likelihoods = words.iter().zip(by_kind).map(said).collect();
        Self { words, costs, likelihoods }
    }

    fn tokens(&self) -> usize {
        self.tokens_in(0..self.words.len())
    }

    fn tokens_in(&self, range: Range<usize>) -> usize {
        self.costs[range].iter().map(|&cost| cost as usize).sum()
    }

    /// What ends with a sign that divides sentences, or with a sentence.
    fn clauses(&self, document: &Document) -> Vec<Range<usize>> {
        let mut clauses = Vec::new();
        let mut start = 0;
        for (at, word) in self.words.iter().enumerate() {
            let text = &document.text[word.from as usize..word.to as usize];
            let is_last = self.words.get(at + 1).is_none_or(|next| next.unit != word.unit);
            if is_last || text.ends_with([',', ';', ':', ')', '—']) {
                clauses.push(start..at + 1);
                start = at + 1;
            }
        }
        clauses
    }

    /// The gaps of whole parts, where words stay that are held as firmly as `hold`.
    fn gaps(&self, parts: &[Range<usize>], hold: Hold, goal: Goal, mark: usize) -> Vec<Range<usize>> {
        let weighed: Vec<gaps::Part> = parts.iter().map(|part| self.weigh(part.clone(), hold)).collect();
        let found = gaps::best(&weighed, goal, mark);
        found.into_iter().map(|gap| parts[gap.start].start..parts[gap.end - 1].end).collect()
    }

    /// What is asked for is a stretch of words, and lost as soon as one of them is. So a gap loses those that its first word
    /// is part of, and those that begin in it: as many as likelihood rises from word to word.
    fn weigh(&self, part: Range<usize>, hold: Hold) -> gaps::Part {
        let before = part.start.checked_sub(1).map_or(0.0, |at| self.likelihoods[at]);
        let own = &self.likelihoods[part.clone()];
        let rises: f32 = own.windows(2).map(|pair| f32::max(pair[1] - pair[0], 0.0)).sum();
        let of_word = |word: &Word| match word.hold {
            Hold::Nothing => LOSS_OF_WORD,
            Hold::Fact => LOSS_OF_FACT,
            Hold::Sense | Hold::All => LOSS_OF_SENSE,
        };
        let besides = rises + self.words[part.clone()].iter().map(of_word).sum::<f32>();
        gaps::Part {
            tokens: self.tokens_in(part.clone()) as u32,
            first: OF_FIRST * own[0] + besides,
            next: f32::max(own[0] - before, 0.0) + besides,
            is_held: self.words[part].iter().any(|word| word.hold >= hold),
        }
    }

    /// What is left where some gaps are left out: whole units and stretches of others.
    fn without(&self, document: &Document, gaps: &[Range<usize>]) -> Chosen {
        let mut is_kept = vec![true; document.units.len()];
        let mut is_gone = vec![false; self.words.len()];
        for gap in gaps {
            is_gone[gap.clone()].fill(true);
            self.words[gap.clone()].iter().for_each(|word| is_kept[word.unit as usize] = false);
        }
        let mut pieces: Vec<(u32, Range<u32>)> = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            if is_gone[at] || is_kept[word.unit as usize] {
                continue;
            }
            match pieces.last_mut() {
                Some((unit, piece)) if *unit == word.unit && !is_gone[at - 1] => piece.end = word.to,
                _ => pieces.push((word.unit, word.from..word.to)),
            }
        }
        Chosen { is_kept, pieces }
    }
}

/// How likely each word is asked for, by its kind and those beside it.
fn likelihoods(document: &Document, list: &[Word]) -> Vec<f32> {
    let mut seen: MixMap<u32, ()> = MixMap::default();
    let mut logit = |(at, word): (usize, &Word)| {
        let text = &document.text.as_bytes()[word.from as usize..word.to as usize];
        let is_again = !word.is_stop && seen.insert(words::hash(text), ()).is_some();
        let beside = |is: fn(&Word) -> bool| {
            let own = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|other| list.get(other));
            own.filter(|other| is(other)).count() as f32
        };
        let when = |is: bool, logit: f32| if is { logit } else { 0.0 };
        ANY + when(word.is_stop, STOP)
            + when(word.is_name, NAME)
            + when(word.has_digit, DIGIT)
            + when(is_again, AGAIN)
            + BESIDE_DIGIT * beside(|other| other.has_digit)
            + BESIDE_NAME * beside(|other| other.is_name)
    };
    list.iter().enumerate().map(|own| 1.0 / (1.0 + (-logit(own)).exp())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORDS: [&str; 14] =
        ["water", "the", "Anna", "1957", "not", "went", "of", "must", "`x y`", "usr/bin", "slowly", "and", "3.1", "kg"];

    fn text_of(numbers: &[usize]) -> String {
        numbers
            .chunks(4)
            .map(|own| format!("So {}.\n\n", own.iter().map(|&at| WORDS[at]).collect::<Vec<_>>().join(" ")))
            .collect()
    }

    fn kept(document: &Document, chosen: &Chosen) -> String {
        super::super::shown(document, chosen).into_iter().map(|own| format!("{} ", &document.text[own])).collect()
    }

    proptest! {
        #[test]
        fn what_must_stay_stays_and_shares_are_kept(numbers in prop::collection::vec(0..14usize, 9..120), floor in 0.5..1.0f64) {
            let text = text_of(&numbers);
            let document = Document::of(&text);
            let tokens = |text: &str| count(text, Encoding::O200kBase);
            if let Some(chosen) = keep(&document, floor, None) {
                let own = kept(&document, &chosen);
                // White space before what is kept behind a gap is one token at most.
                let gaps = chosen.is_kept.iter().filter(|is_kept| !**is_kept).count();
                prop_assert!((tokens(&own) + gaps) as f64 >= floor * tokens(text.trim_end()) as f64 - 1.0);
                for fact in ["Anna", "1957", "not", "must", "`x y`", "usr/bin", "3.1"] {
                    prop_assert_eq!(own.matches(fact).count(), text.matches(fact).count(), "{}: {}", fact, own);
                }
            }
            let all = tokens(&text);
            let chosen = within(&document, all / 2, None);
            let own: usize = super::super::shown(&document, &chosen).into_iter().map(|own| tokens(&text[own])).sum();
            prop_assert!(own <= all / 2 + 1, "{own} of {all}");
        }
    }
}
