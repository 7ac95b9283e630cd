//! Parts of a text with what they cost and what is lost with them in, the gaps by which least is lost out.
//!
//! Which gaps are best at a price for each token is told in one pass; the price is found by halving.

use std::ops::Range;

/// A word or a clause, in order.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub tokens: u32,
    /// What is lost where a gap begins with it, and where one goes on with it.
    pub first: f32,
    pub next: f32,
    /// Whether it is never left out.
    pub is_held: bool,
}

/// How many tokens are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// As many, if parts that are not held have them, and as few more as can be.
    AtLeast(usize),
    AtMost(usize),
}

/// The highest price of a token, and how often it is halved.
const MAX_PRICE: f64 = 16.0;
const HALVINGS: usize = 36;

/// The gaps, as ranges of parts; `mark` are the tokens that each gap itself takes. Linear but for the order of gaps.
pub fn best(parts: &[Part], goal: Goal, mark: usize) -> Vec<Range<usize>> {
    let (Goal::AtLeast(tokens) | Goal::AtMost(tokens)) = goal;
    let (mut low, mut high) = (0.0, MAX_PRICE);
    let mut gaps = at_price(parts, high, mark);
    for _ in 0..HALVINGS {
        let price = (low + high) / 2.0;
        let found = at_price(parts, price, mark);
        if tokens_of(parts, &found) >= tokens {
            (high, gaps) = (price, found);
        } else {
            low = price;
        }
    }
    give_back(parts, &mut gaps, goal);
    gaps
}

fn tokens_of(parts: &[Part], gaps: &[Range<usize>]) -> usize {
    gaps.iter().map(|gap| tokens_in(&parts[gap.clone()])).sum()
}

fn tokens_in(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.tokens as usize).sum()
}

fn loss(parts: &[Part], gap: &Range<usize>) -> f64 {
    let next = |part: &Part| f64::from(part.next);
    f64::from(parts[gap.start].first) + parts[gap.start + 1..gap.end].iter().map(next).sum::<f64>()
}

/// The gaps that lose least where each token left out is worth `price`.
fn at_price(parts: &[Part], price: f64, mark: usize) -> Vec<Range<usize>> {
    // The least that is lost up to a part that is kept, and to one that is left out.
    let (mut kept, mut gone) = (0.0, f64::INFINITY);
    // For each part whether the one before is left out, where it is kept and where it is left out itself.
    let mut steps: Vec<(bool, bool)> = Vec::with_capacity(parts.len());
    for part in parts {
        let begins = kept + f64::from(part.first) + price * mark as f64;
        let goes_on = gone + f64::from(part.next);
        steps.push((gone < kept, goes_on < begins));
        kept = f64::min(kept, gone);
        gone = if part.is_held { f64::INFINITY } else { goes_on.min(begins) - price * f64::from(part.tokens) };
    }
    let mut gaps: Vec<Range<usize>> = Vec::new();
    let (mut is_gone, mut end) = (gone < kept, parts.len());
    for (at, &(after_kept, after_gone)) in steps.iter().enumerate().rev() {
        let was_gone = if is_gone { after_gone } else { after_kept };
        match (is_gone, was_gone) {
            (false, true) => end = at,
            (true, false) => gaps.push(at..end),
            _ => {}
        }
        is_gone = was_gone;
    }
    gaps.reverse();
    gaps
}

/// Gives back what is left out beyond a goal: whole gaps, those that lose most by the token first, then parts at the
/// ends of gaps.
fn give_back(parts: &[Part], gaps: &mut Vec<Range<usize>>, goal: Goal) {
    let (Goal::AtLeast(tokens) | Goal::AtMost(tokens)) = goal;
    let mut over = tokens_of(parts, gaps).saturating_sub(tokens);
    let rate = |gap: &Range<usize>| loss(parts, gap) / tokens_in(&parts[gap.clone()]).max(1) as f64;
    let mut order: Vec<(f64, usize)> = gaps.iter().map(rate).zip(0..).collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0).then(right.1.cmp(&left.1)));
    for (_, index) in order {
        let own = tokens_in(&parts[gaps[index].clone()]);
        if own <= over {
            over -= own;
            gaps[index].end = gaps[index].start;
        }
    }
    gaps.retain(|gap| !gap.is_empty());
    // Every gap that is left has more tokens than are given back, so there are few of them where those are many.
    while over > 0 {
        let Some((index, at)) = best_end(parts, gaps, goal, over) else { break };
        over = over.saturating_sub(parts[at].tokens as usize);
        let gap = &mut gaps[index];
        *gap = if at == gap.start { gap.start + 1..gap.end } else { gap.start..at };
        if gap.start == gap.end {
            gaps.remove(index);
        }
    }
}

/// The gap whose first or last part is best given back, and that part.
fn best_end(parts: &[Part], gaps: &[Range<usize>], goal: Goal, over: usize) -> Option<(usize, usize)> {
    let mut best: Option<(f64, usize, usize)> = None;
    for (index, gap) in gaps.iter().enumerate() {
        let (first, last) = (gap.start, gap.end - 1);
        let of_first =
            parts[first].first + if first == last { 0.0 } else { parts[first + 1].next - parts[first + 1].first };
        for (at, gain) in [(first, of_first), (last, if first == last { of_first } else { parts[last].next })] {
            let tokens = parts[at].tokens as usize;
            let rate = f64::from(gain) / tokens.max(1) as f64;
            let fits = tokens <= over || matches!(goal, Goal::AtMost(_));
            if fits && best.is_none_or(|(most, ..)| rate > most) {
                best = Some((rate, index, at));
            }
        }
    }
    best.map(|(_, index, at)| (index, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(likelihoods: &[f32]) -> Vec<Part> {
        let rise = |pair: &[f32]| f32::max(pair[1] - pair[0], 0.0);
        let nexts = [0.0].into_iter().chain(likelihoods.windows(2).map(rise));
        let part =
            |(next, &first): (f32, &f32)| Part { tokens: 1, first: first + 0.001, next: next + 0.001, is_held: false };
        nexts.zip(likelihoods).map(part).collect()
    }

    #[test]
    fn gaps_lie_where_nobody_asks() {
        let own = parts(&[0.9, 0.1, 0.1, 0.1, 0.8, 0.8, 0.2, 0.9]);
        let starts = |goal: Goal| best(&own, goal, 0).iter().map(|gap| (gap.start, gap.end)).collect::<Vec<_>>();
        assert_eq!(starts(Goal::AtLeast(3)), [(1, 4)]);
        assert_eq!(starts(Goal::AtLeast(4)), [(1, 4), (6, 7)]);
        // What is lost already is not lost again.
        assert_eq!(starts(Goal::AtMost(6)), [(1, 7)]);
        assert!(starts(Goal::AtLeast(0)).is_empty() && best(&[], Goal::AtLeast(3), 0).is_empty());
    }

    #[test]
    fn a_gap_is_longer_than_its_mark() {
        let own = parts(&[0.9, 0.1, 0.9, 0.2, 0.2, 0.2, 0.9]);
        let gaps = best(&own, Goal::AtMost(3), 2);
        assert_eq!((gaps.len(), gaps[0].clone()), (1, 3..6));
    }

    fn gaps_of(bits: u32, count: usize) -> Vec<Range<usize>> {
        let mut gaps: Vec<Range<usize>> = Vec::new();
        for at in (0..count).filter(|at| bits >> at & 1 == 1) {
            match gaps.last_mut() {
                Some(last) if last.end == at => last.end += 1,
                _ => gaps.push(at..at + 1),
            }
        }
        gaps
    }

    proptest! {
        #[test]
        fn goals_are_kept_and_at_a_price_no_gaps_lose_less(
            told in prop::collection::vec((1u32..4, 0u8..20, 0u8..20, prop::bool::weighted(0.2)), 0..10),
            tokens in 0usize..20,
        ) {
            let parts: Vec<Part> = told
                .iter()
                .map(|&(tokens, next, more, is_held)| {
                    Part { tokens, first: f32::from(next + more) / 20.0, next: f32::from(next) / 20.0, is_held }
                })
                .collect();
            let is_free = |gaps: &[Range<usize>]| gaps.iter().all(|gap| parts[gap.clone()].iter().all(|part| !part.is_held));
            let free: usize = parts.iter().filter(|part| !part.is_held).map(|part| part.tokens as usize).sum();
            let (least, most) = (best(&parts, Goal::AtLeast(tokens), 0), best(&parts, Goal::AtMost(tokens), 0));
            prop_assert!(tokens_of(&parts, &least) >= tokens.min(free));
            prop_assert!(tokens_of(&parts, &most) <= tokens);
            for gaps in [&least, &most] {
                prop_assert!(is_free(gaps) && gaps.windows(2).all(|pair| pair[0].end < pair[1].start));
            }
            let price = 0.25;
            let value = |gaps: &[Range<usize>]| {
                gaps.iter().map(|gap| loss(&parts, gap)).sum::<f64>() - price * tokens_of(&parts, gaps) as f64
            };
            let found = value(&at_price(&parts, price, 0));
            for gaps in (0..1u32 << parts.len()).map(|bits| gaps_of(bits, parts.len())).filter(|gaps| is_free(gaps)) {
                prop_assert!(found <= value(&gaps) + 1e-9);
            }
        }
    }
}
