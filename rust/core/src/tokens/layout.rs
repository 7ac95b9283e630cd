//! The layout of the vocabulary tables, shared by the build script that writes them and the code that reads them.
//!
//! A table is an array of `u64` entries sorted by a bijective mix of their keys. An entry lies at its home slot or,
//! where that is taken, as close behind it as can be, and free slots hold `FREE`, the greatest entry. So a search runs
//! from the home slot up to the first entry that is not smaller: as short for an absent key as for a present one, which
//! matters because most pairs of neighbours do not merge.

/// A slot without an entry: greater than every entry, so that it ends a search.
pub const FREE: u64 = u64::MAX;

/// Bits of a rank: the largest vocabulary has 199,998 tokens.
pub const RANK_BITS: u32 = 18;

/// The longest token that is its own key.
pub const SHORT_BYTES: usize = 8;

/// The longest token in any vocabulary.
pub const MAX_TOKEN_BYTES: usize = 128;

/// Bits of a long token's entry that hold its length less one.
pub const LENGTH_BITS: u32 = 7;

/// Bits of a long token's entry that hold its place among the bytes of the long tokens.
pub const OFFSET_BITS: u32 = 20;

/// Slots behind the last home slot, for entries that found theirs taken and for a free one at the end.
pub const SPILL_SLOTS: usize = 64;

/// Tables that are packed into one frame begin at multiples of this, each behind its length, a little-endian `u64`.
pub const SECTION_BYTES: usize = 64;

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The home slot of an entry, which rises with the entry; `top` is its most significant 32 bits.
pub const fn home(top: u32, slots: usize) -> usize {
    ((top as u64 * slots as u64) >> 32) as usize
}

/// The entry of a token or piece of 1 to 8 bytes: `bytes` are its bytes, first in the lowest place, zeros behind.
///
/// A length that leaves the top byte free goes there with bits that no byte of UTF-8 has, so that no two pieces of text
/// share an entry.
pub const fn short_entry(bytes: u64, length: usize) -> u64 {
    let tag = if length == SHORT_BYTES { 0 } else { (0xF8 | length as u64) << 56 };
    mix(bytes | tag)
}

/// A bijection whose upper half depends on every bit.
pub const fn mix(value: u64) -> u64 {
    (value ^ (value >> 32)).wrapping_mul(MULTIPLIER)
}

/// The bits of a pair's entry above the rank of the merged token: a bijection of both ranks.
pub const fn pair_key(left: u32, right: u32) -> u64 {
    let pair = (left as u64) << RANK_BITS | right as u64;
    let mixed = (pair ^ (pair >> RANK_BITS)).wrapping_mul(MULTIPLIER);
    mixed & ((1 << (2 * RANK_BITS)) - 1)
}

/// The most significant 32 bits of a pair's key.
pub const fn pair_top(key: u64) -> u32 {
    (key >> (2 * RANK_BITS - 32)) as u32
}

/// The bits of a long token's entry above its offset and length: a hash of its bytes, of which there are more than 8.
pub fn long_key(token: &[u8]) -> u64 {
    let mut hash = token.len() as u64;
    let mut rest = token;
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        hash = mix(hash ^ u64::from_le_bytes(*chunk));
        rest = behind;
    }
    if !rest.is_empty() {
        // The last 8 bytes, some of them for the second time.
        let mut last = [0; 8];
        last.copy_from_slice(&token[token.len() - 8..]);
        hash = mix(hash ^ u64::from_le_bytes(last));
    }
    mix(hash) >> (LENGTH_BITS + OFFSET_BITS)
}

/// The most significant 32 bits of a long token's key.
pub const fn long_top(key: u64) -> u32 {
    (key >> (64 - LENGTH_BITS - OFFSET_BITS - 32)) as u32
}
