//! The tables of a vocabulary: which pieces are tokens, and which two tokens merge into one.
//!
//! The build script lays them out and packs them, which makes half of them on disk. The first count in an encoding unpacks
//! its tables, in a few milliseconds.

use std::sync::LazyLock;

use super::layout::{
    home, long_key, long_top, pair_key, pair_top, short_entry, FREE, LENGTH_BITS, MAX_TOKEN_BYTES, OFFSET_BITS,
    RANK_BITS, SECTION_BYTES, SHORT_BYTES, SPILL_SLOTS,
};
use crate::frame;

const ENTRY_BYTES: usize = 8;

const MAX_UNPACKED_BYTES: usize = 1 << 24;

/// The rank of what is not a token.
pub const NO_RANK: u32 = u32::MAX;

/// The tables of one encoding.
pub struct Vocabulary {
    /// Tokens of up to 8 bytes.
    short: Table,
    /// Longer tokens: hashes, and where in `bytes` they stand.
    long: Table,
    bytes: &'static [u8],
    /// Two ranks and that of the token that they merge into.
    pairs: Table,
    /// Ranks of single bytes.
    letters: &'static [u8; 256],
    /// Ranks of any two bytes, or `NO_RANK`.
    duos: &'static [u8; 4 << 16],
}

/// Little-endian `u64` entries, see `layout`.
struct Table(&'static [u8]);

/// The tables that the build script has packed.
macro_rules! vocabulary {
    ($name:literal) => {
        LazyLock::new(|| Vocabulary::unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".frame"))))
    };
}

/// The vocabulary of `o200k_base`.
pub static O200K_BASE: LazyLock<Vocabulary> = vocabulary!("o200k_base");

/// The vocabulary of `cl100k_base`.
pub static CL100K_BASE: LazyLock<Vocabulary> = vocabulary!("cl100k_base");

impl Table {
    /// The first entry that is not smaller than `least`, of which `top` are the most significant 32 bits of the key.
    ///
    /// Four slots are compared without a branch, since how far from home an entry lies cannot be guessed.
    #[inline(always)]
    fn first_from(&self, top: u32, least: u64) -> u64 {
        let mut slot = home(top, self.0.len() / ENTRY_BYTES - SPILL_SLOTS);
        loop {
            let four = self.four(slot);
            let mut first = four[3];
            for entry in [four[2], four[1], four[0]] {
                first = if entry >= least { entry } else { first };
            }
            if first >= least {
                return first;
            }
            slot += four.len();
        }
    }

    /// The entries of four slots; behind the table all are free.
    #[inline(always)]
    fn four(&self, slot: usize) -> [u64; 4] {
        let mut four = [FREE; 4];
        if let Some(bytes) = self.0.get(slot * ENTRY_BYTES..).and_then(<[u8]>::first_chunk::<{ 4 * ENTRY_BYTES }>) {
            for (entry, bytes) in four.iter_mut().zip(bytes.chunks_exact(ENTRY_BYTES)) {
                *entry = u64::from_le_bytes(bytes.try_into().expect("an entry has 8 bytes"));
            }
        }
        four
    }
}

impl Vocabulary {
    /// The tables in a frame, for the rest of the process.
    fn unpacked(frame: &[u8]) -> Self {
        let mut rest: &'static [u8] = frame::decompress(frame, MAX_UNPACKED_BYTES)
            .unwrap_or_else(|error| unreachable!("the build script has packed it: {error}"))
            .leak();
        let mut next = || {
            let (head, behind) = rest.split_at(SECTION_BYTES);
            let length = u64::from_le_bytes(*head.first_chunk().expect("a section begins with its length")) as usize;
            rest = &behind[length.next_multiple_of(SECTION_BYTES)..];
            &behind[..length]
        };
        let (short, long, bytes, pairs) = (Table(next()), Table(next()), next(), Table(next()));
        let whole = "the build script writes all of them";
        let (letters, duos) = (next().first_chunk().expect(whole), next().first_chunk().expect(whole));
        Self { short, long, bytes, pairs, letters, duos }
    }

    /// Reads a byte of every page of the tables, so that none has to come from disk when a text needs it.
    pub fn touch(&self) -> u8 {
        const PAGE_BYTES: usize = 4096;
        [self.short.0, self.long.0, self.pairs.0, self.bytes, self.duos]
            .into_iter()
            .flat_map(|table| table.iter().step_by(PAGE_BYTES))
            .fold(0, |sum, byte| sum ^ byte)
    }

    /// Whether a piece of text of 1 to 8 bytes, given as a little-endian number, is a token.
    pub fn has_short(&self, bytes: u64, length: usize) -> bool {
        let entry = short_entry(bytes, length);
        self.short.first_from((entry >> 32) as u32, entry) == entry
    }

    /// Whether a piece of text of more than 8 bytes is a token.
    pub fn has_long(&self, piece: &[u8]) -> bool {
        debug_assert!(piece.len() > SHORT_BYTES);
        if piece.len() > MAX_TOKEN_BYTES {
            return false;
        }
        let key = long_key(piece);
        let mut least = key << (OFFSET_BITS + LENGTH_BITS);
        loop {
            let entry = self.long.first_from(long_top(key), least);
            if entry >> (OFFSET_BITS + LENGTH_BITS) != key {
                return false;
            }
            if self.long_token(entry) == Some(piece) {
                return true;
            }
            // Another token may have the same hash.
            least = entry + 1;
        }
    }

    fn long_token(&self, entry: u64) -> Option<&'static [u8]> {
        let length = (entry & ((1 << LENGTH_BITS) - 1)) as usize + 1;
        let offset = (entry >> LENGTH_BITS & ((1 << OFFSET_BITS) - 1)) as usize;
        self.bytes.get(offset..offset + length)
    }

    /// The rank of a single byte.
    pub fn letter(&self, byte: u8) -> u32 {
        self.letters[byte as usize].into()
    }

    /// The rank of two bytes, or `NO_RANK`.
    pub fn duo(&self, left: u8, right: u8) -> u32 {
        let at = 4 * usize::from(u16::from_le_bytes([left, right]));
        u32::from_le_bytes([self.duos[at], self.duos[at + 1], self.duos[at + 2], self.duos[at + 3]])
    }

    /// The rank of the token that two neighbours merge into, or `NO_RANK`.
    pub fn pair(&self, left: u32, right: u32) -> u32 {
        let key = pair_key(left, right);
        let entry = self.pairs.first_from(pair_top(key), key << RANK_BITS);
        if entry >> RANK_BITS == key {
            (entry & ((1 << RANK_BITS) - 1)) as u32
        } else {
            NO_RANK
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut packed: &'static [u8]) -> Vec<&'static [u8]> {
        let mut tokens = Vec::new();
        while let Some((length, rest)) = packed.split_first() {
            let (token, behind) = rest.split_at(usize::from(*length));
            tokens.push(token);
            packed = behind;
        }
        tokens
    }

    fn has(vocabulary: &Vocabulary, piece: &[u8]) -> bool {
        if piece.len() > SHORT_BYTES {
            return vocabulary.has_long(piece);
        }
        let mut bytes = [0; SHORT_BYTES];
        bytes[..piece.len()].copy_from_slice(piece);
        vocabulary.has_short(u64::from_le_bytes(bytes), piece.len())
    }

    fn check(vocabulary: &Vocabulary, packed: &'static [u8], count: usize) {
        let tokens = tokens(packed);
        assert_eq!(tokens.len(), count);
        let known: std::collections::HashSet<&[u8]> = tokens.iter().copied().collect();
        for token in &tokens {
            assert!(has(vocabulary, token), "{token:?}");
            assert_eq!(crate::tokens::merge::tokens(token, vocabulary), 1, "{token:?}");
            let longer = [token, &b"q"[..]].concat();
            assert_eq!(has(vocabulary, &longer), known.contains(&longer[..]), "{longer:?}");
        }
    }

    #[test]
    fn every_token_of_o200k_base_is_known_and_made_by_merging() {
        check(&O200K_BASE, include_bytes!("../../assets/o200k_base.vocab"), 199_998);
    }

    #[test]
    fn every_token_of_cl100k_base_is_known_and_made_by_merging() {
        check(&CL100K_BASE, include_bytes!("../../assets/cl100k_base.vocab"), 100_256);
    }

    #[test]
    fn zeros_behind_a_piece_belong_to_it() {
        assert!(has(&O200K_BASE, b"\0\0"));
        assert!(!has(&O200K_BASE, b"\0\0\0"));
        assert!(!has(&O200K_BASE, b"a\0"));
    }
}
