//! Words with what they cost and are worth in, the stretches of them that are worth most within a budget out.
//!
//! Exact: every choice of stretches is weighed, by what is best up to each word with so many tokens spent.

use std::ops::Range;

/// A word, in order.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub tokens: u32,
    pub worth: f32,
    /// Whether a stretch that holds the word before cannot go on with it.
    pub is_apart: bool,
    /// The worth that is lost where a stretch ends or begins between the word before and this one.
    pub cut: f32,
}

/// Words and tokens beyond which nothing is weighed: together they bound the time.
const MAX_WORDS: usize = 1_500;
const MAX_TOKENS: usize = 600;

/// The stretches, as ranges of words, that are worth most together within `room` tokens; beginning one costs `opening`
/// of worth, and `mark` tokens; `cut` must not be negative. Takes time and memory by the product of words and tokens.
pub fn best(words: &[Word], room: usize, opening: f32, mark: usize) -> Vec<Range<usize>> {
    let words = &words[..words.len().min(MAX_WORDS)];
    let room = room.min(MAX_TOKENS);
    let width = room + 1;
    // The most that is reached with so many tokens at most, where the last word is shown, and where any may be.
    let mut shown = vec![f32::NEG_INFINITY; width];
    let mut any = vec![0.0f32; width];
    // How it was reached, for each word and number of tokens.
    let mut is_shown = vec![false; words.len() * width];
    let mut goes_on = vec![false; words.len() * width];
    for (at, word) in words.iter().enumerate() {
        let (cost, first) = (word.tokens as usize, word.tokens as usize + mark);
        let begin = if at == 0 { 0.0 } else { word.cut };
        let end = words.get(at + 1).map_or(0.0, |next| next.cut);
        for tokens in (0..width).rev() {
            let on = if word.is_apart || tokens < cost { f32::NEG_INFINITY } else { shown[tokens - cost] };
            let anew = if tokens < first { f32::NEG_INFINITY } else { any[tokens - first] - opening - begin };
            shown[tokens] = on.max(anew) + word.worth;
            goes_on[at * width + tokens] = on >= anew;
        }
        for tokens in 0..width {
            let closed = shown[tokens] - end;
            is_shown[at * width + tokens] = closed > any[tokens];
            any[tokens] = any[tokens].max(closed);
        }
    }
    let mut out: Vec<Range<usize>> = Vec::new();
    let (mut at, mut tokens, mut is_open) = (words.len(), room, false);
    while at > 0 {
        at -= 1;
        let place = at * width + tokens;
        if !is_open && !is_shown[place] {
            continue;
        }
        match out.last_mut().filter(|_| is_open) {
            Some(last) => last.start = at,
            None => out.push(at..at + 1),
        }
        tokens -= words[at].tokens as usize;
        is_open = goes_on[place];
        tokens -= if is_open { 0 } else { mark };
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(tokens: u32, worth: f32) -> Word {
        Word { tokens, worth, is_apart: false, cut: 0.0 }
    }

    fn told(words: &[Word], room: usize, opening: f32, mark: usize) -> Vec<(usize, usize)> {
        best(words, room, opening, mark).into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn peaks_are_chosen_and_gaps_bridged_where_that_is_worth_it() {
        let worth = [0.0, 0.9, 0.1, 0.9, 0.0, 0.0, 0.0, 0.8, 0.0];
        let words: Vec<Word> = worth.iter().map(|&worth| word(1, worth)).collect();
        assert_eq!(told(&words, 4, 0.4, 0), [(1, 4), (7, 8)]);
        assert_eq!(told(&words, 3, 0.4, 0), [(1, 4)]);
        assert_eq!(told(&words, 3, 0.05, 0), [(1, 2), (3, 4), (7, 8)]);
        assert_eq!(told(&words, 4, 0.4, 1), [(1, 4)]);
        assert!(best(&words, 0, 0.0, 0).is_empty() && best(&[], 5, 0.0, 0).is_empty());
    }

    #[test]
    fn words_that_belong_together_are_cut_only_where_that_is_worth_it() {
        let mut words: Vec<Word> = [0.1, 0.9, 0.4, 0.1].map(|worth| word(1, worth)).to_vec();
        assert_eq!(told(&words, 1, 0.05, 0), [(1, 2)]);
        words[2].cut = 0.7;
        words[3].cut = 0.3;
        assert_eq!(told(&words, 1, 0.05, 0), [(1, 2)]);
        assert_eq!(told(&words, 2, 0.05, 0), [(1, 3)]);
        words[2].cut = 0.9;
        assert_eq!(told(&words, 1, 0.05, 0), [(0, 1)]);
    }

    #[test]
    fn a_stretch_ends_where_the_next_word_stands_apart() {
        let mut words = [word(1, 1.0), word(1, 1.0)];
        words[1].is_apart = true;
        assert_eq!(told(&words, 2, 0.1, 0), [(0, 1), (1, 2)]);
    }

    fn worth_of(words: &[Word], chosen: u32, room: usize, opening: f32, mark: usize) -> Option<f32> {
        let (mut tokens, mut worth, mut was) = (0, 0.0, false);
        for (at, word) in words.iter().enumerate() {
            let is = chosen >> at & 1 == 1;
            if is {
                let begins = !was || word.is_apart;
                tokens += word.tokens as usize + if begins { mark } else { 0 };
                worth += word.worth - if begins { opening } else { 0.0 };
            }
            let is_cut = at > 0 && (is != was || is && word.is_apart);
            worth -= if is_cut { word.cut } else { 0.0 };
            was = is;
        }
        (tokens <= room).then_some(worth)
    }

    proptest! {
        #[test]
        fn no_choice_is_better(
            told in prop::collection::vec((1u32..4, 0u8..20, any::<bool>(), 0u8..8), 0..9),
            room in 0usize..14,
            mark in 0usize..3,
        ) {
            let words: Vec<Word> = told
                .iter()
                .map(|&(tokens, worth, is_apart, cut)| {
                    let cut = if is_apart { 0.0 } else { f32::from(cut) / 16.0 };
                    Word { tokens, worth: f32::from(worth) / 16.0, is_apart, cut }
                })
                .collect();
            let found = best(&words, room, 0.25, mark);
            let chosen = found.iter().flat_map(Clone::clone).fold(0, |bits, at| bits | 1u32 << at);
            let own = found.iter().map(|range| {
                let own = &words[range.clone()];
                prop_assert!(own[1..].iter().all(|word| !word.is_apart));
                let ends = [range.start, range.end].map(|at| words.get(at).filter(|_| at > 0).map_or(0.0, |word| word.cut));
                Ok(own.iter().map(|word| word.worth).sum::<f32>() - 0.25 - ends[0] - ends[1])
            }).sum::<Result<f32, _>>()?;
            let most = (0..1u32 << words.len()).filter_map(|each| worth_of(&words, each, room, 0.25, mark));
            prop_assert!((own - most.fold(0.0, f32::max)).abs() < 1e-4, "{found:?}");
            prop_assert!(worth_of(&words, chosen, room, 0.25, mark).is_some());
        }
    }
}
