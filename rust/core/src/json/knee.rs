//! Rows in, a few that stand for all out: as many as it takes until further ones add little.
//!
//! Rows are looked at in an order that halves the gaps; the share of all word bigrams they cover
//! rises steeply and then bends. The knee of that curve (Satopää et al., "Finding a 'Kneedle' in a
//! Haystack", 2011) says how many rows are shown; near-duplicates (SimHash, Charikar 2002) do not count.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use super::paths::Mix;
use crate::words;

/// Rows looked at.
const MAX_SAMPLE: usize = 12;
/// Bytes of a row that are looked at.
const MAX_ROW_BYTES: usize = 320;
/// Bits in which near-duplicates may differ.
const NEAR_BITS: u32 = 3;

/// The ordinals of representative rows among `count`, at most `most`; `row` gives a row's text.
pub fn representatives<'t>(count: usize, most: usize, row: impl Fn(usize) -> &'t [u8]) -> Vec<usize> {
    let mut seen: HashSet<u64, BuildHasherDefault<Mix>> = HashSet::default();
    let mut curve = Vec::new();
    let mut chosen: Vec<(usize, u64)> = Vec::new();
    for ordinal in halving(count, MAX_SAMPLE) {
        let text = row(ordinal);
        let (print, bigrams) = fingerprint(&text[..text.len().min(MAX_ROW_BYTES)]);
        if chosen.iter().any(|&(_, other)| (other ^ print).count_ones() <= NEAR_BITS) {
            continue;
        }
        seen.extend(bigrams);
        curve.push(seen.len());
        chosen.push((ordinal, print));
    }
    let wanted = knee(&curve).min(most);
    chosen.truncate(wanted);
    chosen.into_iter().map(|(ordinal, _)| ordinal).collect()
}

/// How many points it takes to reach the knee of a rising curve.
pub fn knee(curve: &[usize]) -> usize {
    let (Some(&first), Some(&last)) = (curve.first(), curve.last()) else {
        return 0;
    };
    if last == first {
        return 1;
    }
    let width = (curve.len() - 1) as f64;
    let height = (last - first) as f64;
    let mut best = (0.0f64, 0);
    for (at, &covered) in curve.iter().enumerate() {
        let gain = (covered - first) as f64 / height - at as f64 / width;
        if gain > best.0 {
            best = (gain, at);
        }
    }
    best.1 + 1
}

/// At most `most` ordinals below `count`, each halving the widest gap: 1/2, 1/4, 3/4, 1/8, …
fn halving(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let mut taken = HashSet::new();
    (1..u32::MAX)
        .map(move |step| {
            let bits = 32 - step.leading_zeros();
            let reversed = u64::from(step.reverse_bits() >> (32 - bits));
            ((reversed * count as u64) >> bits) as usize
        })
        .take(most * 4)
        .filter(move |&ordinal| ordinal < count && taken.insert(ordinal))
        .take(most)
}

/// SimHash over the words of a text, and the hashes of its word bigrams.
fn fingerprint(text: &[u8]) -> (u64, Vec<u64>) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Byte `b` of counter `c` counts the words whose hash has bit `8 b + c` set.
    let mut counters = [0u64; 8];
    let mut bigrams = Vec::with_capacity(64);
    let mut last = 0u64;
    words::for_each(text, |start, end| {
        let word = u64::from(words::hash(&text[start..end])).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let word = word ^ (word >> 31);
        if bigrams.len() < u8::MAX as usize {
            for (bit, counter) in counters.iter_mut().enumerate() {
                *counter += (word >> bit) & ONES;
            }
        }
        bigrams.push(last.rotate_left(17) ^ word);
        last = word;
    });
    let half = bigrams.len().min(u8::MAX as usize) / 2;
    let mut print = 0u64;
    for (bit, counter) in counters.iter().enumerate() {
        for (byte, &count) in counter.to_le_bytes().iter().enumerate() {
            print |= u64::from(count as usize > half) << (8 * byte + bit);
        }
    }
    (print, bigrams)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_is_where_a_curve_bends() {
        assert_eq!(knee(&[]), 0);
        assert_eq!(knee(&[5]), 1);
        assert_eq!(knee(&[10, 10, 10]), 1);
        assert_eq!(knee(&[10, 50, 90, 91, 92, 93, 94, 95]), 3);
    }

    #[test]
    fn halving_visits_each_ordinal_once() {
        for count in [1usize, 2, 3, 7, 64, 1000] {
            let visited: Vec<usize> = halving(count, 20).collect();
            let mut unique = visited.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), visited.len());
            assert!(visited.iter().all(|&ordinal| ordinal < count));
        }
    }

    #[test]
    fn near_duplicates_are_shown_once() {
        let rows: Vec<String> = (0..50).map(|_| "the same words again and again".to_owned()).collect();
        assert_eq!(representatives(50, 10, |at| rows[at].as_bytes()).len(), 1);
    }
}
