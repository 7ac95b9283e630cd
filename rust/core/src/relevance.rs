//! A question and texts in, a score for each text out: BM25 over words and identifiers.
//!
//! Linear in the texts. Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the usual k1 = 1.2 and b = 0.75. An identifier counts as its words, so `read_file` is found by `file`, and once
//! more as a whole, so the file that has it goes before files that have its words.

use std::collections::HashMap;

use crate::words;

const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Shorter words are in every text.
const LEAST_WORD: usize = 3;

/// How well each text answers the question; 0 where no word of it occurs.
pub fn bm25(question: &str, texts: &[&str]) -> Vec<f64> {
    let mut asked: HashMap<u32, usize> = HashMap::new();
    terms(question, |term| {
        let next = asked.len();
        asked.entry(term).or_insert(next);
    });
    let mut counts = vec![vec![0u32; asked.len()]; texts.len()];
    let mut lengths = vec![0u32; texts.len()];
    for (at, text) in texts.iter().enumerate() {
        terms(text, |term| {
            lengths[at] += 1;
            if let Some(&column) = asked.get(&term) {
                counts[at][column] += 1;
            }
        });
    }
    let mean = f64::from(lengths.iter().sum::<u32>().max(1)) / texts.len().max(1) as f64;
    let weights: Vec<f64> = (0..asked.len()).map(|column| rarity(&counts, column)).collect();
    counts
        .iter()
        .zip(lengths)
        .map(|(row, length)| {
            let norm = K1 * (1.0 - B + B * f64::from(length) / mean);
            row.iter()
                .zip(&weights)
                .map(|(&n, weight)| weight * f64::from(n) * (K1 + 1.0) / (f64::from(n) + norm))
                .sum()
        })
        .collect()
}

/// How results were used by what was said after them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// How many words of later turns were first read in the result.
    pub words: usize,
    /// The last turn that has one, 0 if none has.
    pub last: usize,
    /// Whether a word of the result reports trouble.
    pub trouble: bool,
}

/// What became of each result: turn `n` said `said[n]`, and then read `results[n]`. Linear in both.
pub fn uses(said: &[&str], results: &[&str]) -> Vec<Use> {
    let mut first_read: HashMap<u32, Option<usize>> = HashMap::new();
    let mut uses = vec![Use::default(); results.len()];
    for (turn, (words_said, result)) in said.iter().zip(results).enumerate() {
        terms(words_said, |term| {
            // Once used, a word is the assistant's own: using it again says nothing of where it came from.
            if let Some(origin) = first_read.insert(term, None).flatten() {
                uses[origin].words += 1;
                uses[origin].last = turn;
            }
        });
        terms(result, |term| {
            first_read.entry(term).or_insert(Some(turn));
        });
        uses[turn].trouble = words::has_trouble(result.as_bytes());
    }
    uses
}

/// The weight of a term: the rarer among the texts, the higher.
fn rarity(counts: &[Vec<u32>], column: usize) -> f64 {
    let having = counts.iter().filter(|row| row[column] > 0).count() as f64;
    (1.0 + (counts.len() as f64 - having + 0.5) / (having + 0.5)).ln()
}

/// Calls `each` with the hash of every word, and of every identifier that is made of several.
fn terms(text: &str, mut each: impl FnMut(u32)) {
    let bytes = text.as_bytes();
    let (mut first, mut last, mut words) = (0, 0, 0);
    let end_identifier = |from: usize, to: usize, words: usize, each: &mut dyn FnMut(u32)| {
        if words > 1 {
            each(words::hash(&bytes[from..to]));
        }
    };
    words::for_each(bytes, |start, end| {
        let joined = words > 0 && start == last + 1 && bytes[last] == b'_';
        if !joined {
            end_identifier(first, last, words, &mut each);
            (first, words) = (start, 0);
        }
        (last, words) = (end, words + 1);
        if end - start >= LEAST_WORD {
            each(words::hash(&bytes[start..end]));
        }
    });
    end_identifier(first, last, words, &mut each);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_has_the_rare_word_of_the_question_comes_first() {
        let scores =
            bm25("why does parse_header fail", &["the parse of the page", "def parse_header(x): fail", "none"]);
        assert!(scores[1] > scores[0]);
        assert!(scores[0] > scores[2]);
        assert_eq!(scores[2], 0.0);
    }

    #[test]
    fn a_whole_identifier_counts_for_more_than_its_words() {
        let scores = bm25("read_file", &["read the file", "read_file then"]);
        assert!(scores[1] > scores[0] && scores[0] > 0.0);
    }

    #[test]
    fn a_word_of_a_later_turn_counts_for_the_result_in_which_it_was_first_read() {
        let said = ["list", "open src/parser_state.rs", "again parser_state", ""];
        let found = uses(&said, &["src/parser_state.rs src/other.rs", "parser_state: error here", "x", "y"]);
        assert_eq!((found[0].words, found[0].last), (4, 1));
        assert_eq!(found[1], Use { words: 0, last: 0, trouble: true });
    }

    #[test]
    fn nothing_asked_and_nothing_to_ask_score_nothing() {
        assert_eq!(bm25("", &["a text"]), [0.0]);
        assert!(bm25("text", &[]).is_empty());
    }
}
