//! Byte-pair merging: how many tokens a piece becomes that is not a token itself.
//!
//! Of all neighbours that merge, those that make the token of the lowest rank merge first, the leftmost of them before the
//! others, until no two neighbours merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layout::RANK_BITS;
use super::vocabulary::{Vocabulary, NO_RANK};

/// Bytes that are looked through for the next merge in one go.
const BLOCK_BYTES: usize = 16;

const SCAN_BLOCKS: usize = 4;

/// The longest piece that is merged on the stack: a byte is a bit of a `u64`.
const SCAN_BYTES: usize = BLOCK_BYTES * SCAN_BLOCKS;

/// How many times longer a window becomes when one showed too little.
const WINDOW_GROWTH: usize = 8;

/// Bits of a merge below its rank, that hold its place.
const PLACE_BITS: u32 = SCAN_BYTES.trailing_zeros();

const NO_MERGE: i32 = i32::MAX;

/// The number of tokens in a piece, in time O(n log n) and, but for pieces made to defeat it, in constant memory.
///
/// A sequence of tokens is what merging yields exactly when each two neighbours in it are what merging the two of them
/// alone yields: the first merge across an edge would happen there too. So a long piece is merged window by window, where
/// each window begins with the last token kept of the one before and has to find it again.
pub fn tokens(piece: &[u8], vocabulary: &Vocabulary) -> usize {
    if piece.len() <= BLOCK_BYTES {
        return scan::<1>(piece, vocabulary).count_ones() as usize;
    }
    if piece.len() <= SCAN_BYTES {
        return scan::<SCAN_BLOCKS>(piece, vocabulary).count_ones() as usize;
    }
    let mut window_bytes = SCAN_BYTES;
    loop {
        if let Some(count) = windowed(piece, window_bytes, vocabulary) {
            return count;
        }
        window_bytes *= WINDOW_GROWTH;
    }
}

/// The number of tokens in a piece, or nothing where windows of this size do not agree on where tokens begin.
fn windowed(piece: &[u8], window_bytes: usize, vocabulary: &Vocabulary) -> Option<usize> {
    let mut starts = Vec::new();
    let (mut at, mut count) = (0, 0);
    let mut first_end = None;
    loop {
        let window = &piece[at..piece.len().min(at + window_bytes)];
        starts.clear();
        if window.len() <= SCAN_BYTES {
            starts_of_scan(scan::<SCAN_BLOCKS>(window, vocabulary), &mut starts);
        } else {
            sift(window, vocabulary, &mut starts);
        }
        if first_end.is_some_and(|end| starts.get(1) != Some(&end)) {
            return None;
        }
        if at + window.len() == piece.len() {
            return Some(count + starts.len());
        }
        // The end of a window is not the end of a token: its last quarter is left to the next window.
        let kept = starts.len() - starts.len().div_ceil(4).max(2).min(starts.len());
        if kept == 0 {
            return None;
        }
        count += kept;
        at += starts[kept];
        first_end = Some(starts[kept + 1] - starts[kept]);
    }
}

fn starts_of_scan(mut mask: u64, starts: &mut Vec<usize>) {
    while mask != 0 {
        starts.push(mask.trailing_zeros() as usize);
        mask &= mask - 1;
    }
}

/// What up to `16 * BLOCKS` bytes are merged in.
struct Scan<const BLOCKS: usize> {
    /// The rank of the token that begins at each byte where one does.
    symbols: [[u32; BLOCK_BYTES]; BLOCKS],
    /// The rank that it and the token behind it would merge into, above its place; or `NO_MERGE`.
    merges: [[i32; BLOCK_BYTES]; BLOCKS],
    /// The least of each block of `merges`.
    lowest: [i32; BLOCKS],
}

impl<const BLOCKS: usize> Scan<BLOCKS> {
    fn symbol(&mut self, at: usize) -> &mut u32 {
        &mut self.symbols[at / BLOCK_BYTES % BLOCKS][at % BLOCK_BYTES]
    }

    fn merge(&mut self, at: usize, rank: u32) {
        let merge = if rank == NO_RANK { NO_MERGE } else { (rank << PLACE_BITS) as i32 | at as i32 };
        self.merges[at / BLOCK_BYTES % BLOCKS][at % BLOCK_BYTES] = merge;
    }

    fn settle(&mut self, at: usize) {
        let block = at / BLOCK_BYTES % BLOCKS;
        self.lowest[block] = least(&self.merges[block]);
    }
}

fn least<const N: usize>(numbers: &[i32; N]) -> i32 {
    numbers.iter().copied().fold(NO_MERGE, i32::min)
}

/// The starts of the tokens of up to `16 * BLOCKS` bytes, as bits: each merge takes the least of the blocks' least and
/// looks through no more than three blocks again.
fn scan<const BLOCKS: usize>(piece: &[u8], vocabulary: &Vocabulary) -> u64 {
    assert!(!piece.is_empty() && piece.len() <= BLOCKS * BLOCK_BYTES);
    let mut scan = Scan {
        symbols: [[0; BLOCK_BYTES]; BLOCKS],
        merges: [[NO_MERGE; BLOCK_BYTES]; BLOCKS],
        lowest: [NO_MERGE; BLOCKS],
    };
    for (at, byte) in piece.iter().enumerate() {
        *scan.symbol(at) = vocabulary.letter(*byte);
    }
    for (at, pair) in piece.windows(2).enumerate() {
        scan.merge(at, vocabulary.duo(pair[0], pair[1]));
    }
    for block in 0..BLOCKS {
        scan.settle(block * BLOCK_BYTES);
    }
    let mut starts = u64::MAX >> (SCAN_BYTES - piece.len());
    loop {
        let lowest = least(&scan.lowest);
        if lowest == NO_MERGE {
            return starts;
        }
        let at = lowest as usize % SCAN_BYTES;
        let rank = lowest as u32 >> PLACE_BITS;
        *scan.symbol(at) = rank;
        let behind = starts & (!1 << at);
        let merged = behind.trailing_zeros() as usize;
        let behind = behind & (behind - 1);
        let before = starts & !(u64::MAX << at);
        starts ^= 1 << merged;
        scan.merge(merged, NO_RANK);
        let rank_behind =
            if behind == 0 { NO_RANK } else { vocabulary.pair(rank, *scan.symbol(behind.trailing_zeros() as usize)) };
        scan.merge(at, rank_behind);
        if before != 0 {
            let previous = 63 - before.leading_zeros() as usize;
            let rank_before = vocabulary.pair(*scan.symbol(previous), rank);
            scan.merge(previous, rank_before);
            if BLOCKS > 1 {
                scan.settle(previous);
            }
        }
        if BLOCKS > 1 {
            scan.settle(merged);
        }
        scan.settle(at);
    }
}

/// The starts of the tokens of any number of bytes, in time O(n log n).
fn sift(piece: &[u8], vocabulary: &Vocabulary, starts: &mut Vec<usize>) {
    let length = piece.len();
    let mut symbols: Vec<u32> = piece.iter().map(|byte| vocabulary.letter(*byte)).collect();
    let mut next: Vec<usize> = (1..=length).collect();
    let mut previous: Vec<usize> = (0..length).map(|at| at.wrapping_sub(1)).collect();
    // The rank that a token and the next one would merge into: what the heap holds is stale when it says otherwise.
    let duos = piece.windows(2).map(|pair| vocabulary.duo(pair[0], pair[1]));
    let mut merges: Vec<u32> = duos.chain([NO_RANK]).collect();
    let entry = |rank: u32, at: usize| Reverse(u64::from(rank) << (64 - RANK_BITS) | at as u64);
    let ranked = merges.iter().enumerate().filter(|(_, rank)| **rank != NO_RANK);
    let mut heap: BinaryHeap<_> = ranked.map(|(at, rank)| entry(*rank, at)).collect();
    while let Some(Reverse(lowest)) = heap.pop() {
        let rank = (lowest >> (64 - RANK_BITS)) as u32;
        let at = (lowest & (u64::MAX >> RANK_BITS)) as usize;
        if merges[at] != rank {
            continue;
        }
        let right = next[at];
        let end = next[right];
        symbols[at] = rank;
        merges[right] = NO_RANK;
        next[at] = end;
        merges[at] = NO_RANK;
        if end < length {
            previous[end] = at;
            merges[at] = vocabulary.pair(rank, symbols[end]);
            if merges[at] != NO_RANK {
                heap.push(entry(merges[at], at));
            }
        }
        if at > 0 {
            let left = previous[at];
            merges[left] = vocabulary.pair(symbols[left], rank);
            if merges[left] != NO_RANK {
                heap.push(entry(merges[left], left));
            }
        }
    }
    let mut at = 0;
    while at < length {
        starts.push(at);
        at = next[at];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vocabulary::{CL100K_BASE, O200K_BASE};
    use super::*;

    fn sifted(piece: &[u8], vocabulary: &Vocabulary) -> Vec<usize> {
        let mut starts = Vec::new();
        sift(piece, vocabulary, &mut starts);
        starts
    }

    /// The definition, word for word: quadratic, and only with what tokens are.
    fn merged(piece: &[u8], vocabulary: &Vocabulary) -> usize {
        let mut symbols: Vec<u32> = piece.iter().map(|byte| vocabulary.letter(*byte)).collect();
        loop {
            let ranks = symbols.windows(2).map(|pair| vocabulary.pair(pair[0], pair[1]));
            let Some((rank, at)) = ranks.zip(0..).min().filter(|(rank, _)| *rank != NO_RANK) else {
                return symbols.len();
            };
            symbols[at] = rank;
            symbols.remove(at + 1);
        }
    }

    proptest! {
        #[test]
        fn all_ways_of_merging_agree(piece in prop::collection::vec(any::<u8>(), 1..=SCAN_BYTES)) {
            for vocabulary in [&*O200K_BASE, &*CL100K_BASE] {
                let mut starts = Vec::new();
                starts_of_scan(scan::<SCAN_BLOCKS>(&piece, vocabulary), &mut starts);
                prop_assert_eq!(&starts, &sifted(&piece, vocabulary));
                prop_assert_eq!(tokens(&piece, vocabulary), merged(&piece, vocabulary));
            }
        }

        #[test]
        fn windows_find_what_the_whole_piece_yields(piece in "(([a-d]{1,3}|e{1,9}|-{1,200}| {1,300}|\u{4e2d}|\u{6587}|\u{1f600}){1,9}){1,60}") {
            for vocabulary in [&*O200K_BASE, &*CL100K_BASE] {
                prop_assert_eq!(tokens(piece.as_bytes(), vocabulary), sifted(piece.as_bytes(), vocabulary).len());
            }
        }
    }

    #[test]
    fn a_window_that_shows_no_end_of_a_token_grows() {
        let dashes = "-".repeat(1000);
        assert_eq!(windowed(dashes.as_bytes(), SCAN_BYTES, &O200K_BASE), None);
        assert_eq!(tokens(dashes.as_bytes(), &O200K_BASE), merged(dashes.as_bytes(), &O200K_BASE));
    }
}
