//! The tables of one vocabulary, in little-endian order.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::layout::{
    home, long_key, long_top, pair_key, pair_top, short_entry, FREE, LENGTH_BITS, MAX_TOKEN_BYTES, OFFSET_BITS,
    RANK_BITS, SECTION_BYTES, SHORT_BYTES, SPILL_SLOTS,
};

/// Higher ones pack hardly better what looks like chance.
const PACKING_LEVEL: i32 = 9;

type Ranks<'a> = HashMap<&'a [u8], u32>;

/// Writes `NAME.frame`: the fields of `Vocabulary` in one zstd frame, each behind its length, and at a place that
/// `SECTION_BYTES` divide.
pub fn write(name: &str, packed: &[u8], target: &Path) {
    let mut sections = Vec::new();
    for content in tables(name, packed) {
        let mut head = vec![0; SECTION_BYTES];
        head[..8].copy_from_slice(&(content.len() as u64).to_le_bytes());
        sections.extend(head);
        sections.extend(content);
        sections.resize(sections.len().next_multiple_of(SECTION_BYTES), 0);
    }
    let frame = zstd::bulk::compress(&sections, PACKING_LEVEL).expect("zstd packs what is in memory");
    fs::write(target.join(format!("{name}.frame")), frame).expect("OUT_DIR is writable");
}

fn tables(name: &str, packed: &[u8]) -> [Vec<u8>; 6] {
    let tokens = unpack(packed);
    let ranks: Ranks = tokens.iter().zip(0..).map(|(token, rank)| (*token, rank)).collect();
    assert_eq!(ranks.len(), tokens.len(), "{name}: a token stands twice");
    assert!(tokens.len() < 1 << RANK_BITS, "{name}: too many tokens");
    assert_every_number_is_a_token(name, &ranks);
    let (long, bytes) = long_table(name, &tokens);
    let single: Vec<u8> =
        (0..=255u8).map(|byte| u8::try_from(ranks[&[byte][..]]).expect("the first 256 tokens are the bytes")).collect();
    let duos =
        (0..=u16::MAX).flat_map(|duo| ranks.get(&duo.to_le_bytes()[..]).copied().unwrap_or(u32::MAX).to_le_bytes());
    [short_table(name, &tokens), long, bytes, pair_table(name, &tokens, &ranks), single, duos.collect()]
}

fn unpack(mut packed: &[u8]) -> Vec<&[u8]> {
    let mut tokens = Vec::new();
    while let Some((&length, rest)) = packed.split_first() {
        let (token, behind) = rest.split_at(length.into());
        tokens.push(token);
        packed = behind;
    }
    tokens
}

/// The counter takes a run of one to three ASCII digits for a token without looking.
fn assert_every_number_is_a_token(name: &str, ranks: &Ranks) {
    for digits in 1..=3 {
        for number in 0..10u32.pow(digits) {
            let text = format!("{number:0width$}", width = digits as usize);
            assert!(ranks.contains_key(text.as_bytes()), "{name}: {text} is not a token");
        }
    }
}

fn short_table(name: &str, tokens: &[&[u8]]) -> Vec<u8> {
    let short = tokens.iter().filter(|token| token.len() <= SHORT_BYTES);
    let entries = short.map(|token| {
        let mut bytes = [0; SHORT_BYTES];
        bytes[..token.len()].copy_from_slice(token);
        assert!(token.len() < SHORT_BYTES || token[7] < 0xF8, "{name}: {token:?} looks tagged");
        short_entry(u64::from_le_bytes(bytes), token.len())
    });
    table(entries.collect(), |entry| (entry >> 32) as u32)
}

fn long_table(name: &str, tokens: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let (mut entries, mut bytes) = (Vec::new(), Vec::new());
    for token in tokens.iter().filter(|token| token.len() > SHORT_BYTES) {
        assert!(token.len() <= MAX_TOKEN_BYTES, "{name}: {token:?} is too long");
        assert!(bytes.len() < 1 << OFFSET_BITS, "{name}: the long tokens are too many");
        let place = (bytes.len() as u64) << LENGTH_BITS | (token.len() as u64 - 1);
        entries.push(long_key(token) << (OFFSET_BITS + LENGTH_BITS) | place);
        bytes.extend_from_slice(token);
    }
    (table(entries, |entry| long_top(entry >> (OFFSET_BITS + LENGTH_BITS))), bytes)
}

fn pair_table(name: &str, tokens: &[&[u8]], ranks: &Ranks) -> Vec<u8> {
    let merged = tokens.iter().zip(0u32..).filter(|(token, _)| token.len() > 1);
    let entries = merged.map(|(token, rank)| {
        let (left, right) =
            parents(token, rank, ranks).unwrap_or_else(|| panic!("{name}: no merge makes token {rank}, {token:?}"));
        pair_key(left, right) << RANK_BITS | u64::from(rank)
    });
    table(entries.collect(), |entry| pair_top(entry >> RANK_BITS))
}

/// The two tokens whose merge makes this one.
///
/// Whatever surrounds a token, the merges within it happen in the order in which they happen in the token alone, as long
/// as none crosses its ends: so no other two neighbours ever make it.
fn parents(token: &[u8], rank: u32, ranks: &Ranks) -> Option<(u32, u32)> {
    let mut starts: Vec<usize> = (0..=token.len()).collect();
    while starts.len() > 3 {
        let merged = |at: usize| ranks.get(&token[starts[at]..starts[at + 2]]);
        let candidates = (0..starts.len() - 2).filter_map(|at| merged(at).map(|rank| (*rank, at)));
        let (_, at) = candidates.min().filter(|(lowest, _)| *lowest < rank)?;
        starts.remove(at + 1);
    }
    Some((ranks[&token[..starts[1]]], ranks[&token[starts[1]..]]))
}

fn table(mut entries: Vec<u64>, top: impl Fn(u64) -> u32) -> Vec<u8> {
    entries.sort_unstable();
    // Three quarters are taken.
    let slots = entries.len() / 3 * 4 + 4;
    let mut table = vec![FREE; slots + SPILL_SLOTS];
    let mut next = 0;
    for entry in entries {
        assert_ne!(entry, FREE, "an entry looks like a free slot");
        let slot = next.max(home(top(entry), slots));
        table[slot] = entry;
        next = slot + 1;
    }
    assert!(next < table.len(), "no free slot ends the table");
    table.iter().flat_map(|entry| entry.to_le_bytes()).collect()
}
