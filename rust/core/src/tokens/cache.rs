//! What pieces count, remembered: most pieces of a text occur in it again.

use xxhash_rust::xxh3::xxh3_64;

use super::layout::SHORT_BYTES;
use super::merge;
use super::vocabulary::Vocabulary;
use super::window::{Pieces, WINDOW_BYTES};

/// Bytes from the start of a piece on that are looked at in one go.
const CHUNK_BYTES: usize = 16;

/// A window, and what a chunk that begins in it reaches beyond.
pub const SPAN_BYTES: usize = WINDOW_BYTES + CHUNK_BYTES;

/// A quarter of a megabyte: more would push the tables out of the processor's caches.
const PLACE_BITS: u32 = 14;

/// Places for pieces of 16 bytes and more: rules and edges of boxes, which are no tokens, are slow to merge and stand
/// again and again. Longer ones are not remembered.
const LONG_PLACES: usize = 64;
const MAX_LONG_BYTES: usize = 1_024;

/// Direct-mapped caches of one vocabulary; their content never changes a result.
pub struct Cache {
    vocabulary: &'static Vocabulary,
    /// Of pieces of up to 15 bytes.
    slots: Box<[Slot; 1 << PLACE_BITS]>,
    /// Of longer ones that are no tokens, with the numbers of their tokens.
    long: Vec<(Vec<u8>, usize)>,
}

/// A piece and the number of its tokens.
///
/// `first` holds up to 8 bytes; `rest` up to 7 more, then 4 bits of count, zero in the key of a piece, and 4 bits of
/// length, zero in a free slot only.
#[derive(Clone, Copy)]
struct Slot {
    first: u64,
    rest: u64,
}

/// Masks of the first bytes of a chunk, by their number.
static KEPT: [Slot; CHUNK_BYTES] = {
    let mut kept = [Slot { first: 0, rest: 0 }; CHUNK_BYTES];
    let mut length = 1;
    while length < CHUNK_BYTES {
        let mask = u128::MAX >> (8 * (CHUNK_BYTES - length));
        kept[length] = Slot { first: mask as u64, rest: (mask >> 64) as u64 };
        length += 1;
    }
    kept
};

impl Slot {
    const LENGTH_SHIFT: u32 = 60;
    const COUNT_SHIFT: u32 = 56;
    const COUNT_MASK: u64 = 0xF << Slot::COUNT_SHIFT;

    /// The key of the piece of less than 16 bytes that begins a chunk.
    #[inline(always)]
    fn key(chunk: &[u8; CHUNK_BYTES], length: usize) -> Slot {
        let bytes = u128::from_le_bytes(*chunk);
        let kept = &KEPT[length % CHUNK_BYTES];
        let rest = (bytes >> 64) as u64 & kept.rest | (length as u64) << Slot::LENGTH_SHIFT;
        Slot { first: bytes as u64 & kept.first, rest }
    }

    #[inline(always)]
    fn place(&self) -> usize {
        let mixed = (self.first ^ self.rest.rotate_left(27)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (u64::BITS - PLACE_BITS)) as usize
    }

    #[inline(always)]
    fn is_for(&self, key: &Slot) -> bool {
        (self.first ^ key.first) | ((self.rest ^ key.rest) & !Slot::COUNT_MASK) == 0
    }

    #[inline(always)]
    fn count(&self) -> usize {
        ((self.rest & Slot::COUNT_MASK) >> Slot::COUNT_SHIFT) as usize
    }

    fn with_count(self, count: usize) -> Slot {
        Slot { rest: self.rest | (count as u64) << Slot::COUNT_SHIFT, ..self }
    }
}

impl Cache {
    pub fn new(vocabulary: &'static Vocabulary) -> Cache {
        let slots = vec![Slot { first: 0, rest: 0 }; 1 << PLACE_BITS].into_boxed_slice();
        let slots = slots.try_into().unwrap_or_else(|_| unreachable!("there are as many slots as asked for"));
        Cache { vocabulary, slots, long: vec![(Vec::new(), 0); LONG_PLACES] }
    }

    /// The number of tokens in a piece.
    pub fn tokens(&mut self, piece: &[u8]) -> usize {
        let mut chunk = [0; CHUNK_BYTES];
        if piece.len() < CHUNK_BYTES {
            chunk[..piece.len()].copy_from_slice(piece);
        }
        self.tokens_in(&chunk, piece)
    }

    /// The number of tokens in the whole pieces of a window; `span` is the window and what follows it.
    #[inline(always)]
    pub fn tokens_of(&mut self, pieces: &Pieces, span: &[u8; SPAN_BYTES]) -> usize {
        let whole = pieces.starts & !(1 << pieces.end);
        // Digits are one token to a piece, and so are single bytes.
        let single = whole & (pieces.digits | pieces.starts >> 1);
        let mut count = single.count_ones() as usize;
        let mut rest = whole & !single;
        while rest != 0 {
            let start = rest.trailing_zeros() as usize;
            let end = (pieces.starts & (!1 << start)).trailing_zeros() as usize;
            let chunk = span[start..].first_chunk().expect("a chunk follows the window");
            count += self.tokens_in(chunk, &span[start..end]);
            rest &= rest - 1;
        }
        count
    }

    /// The number of tokens in a piece; if it is short, `chunk` begins with it.
    #[inline(always)]
    fn tokens_in(&mut self, chunk: &[u8; CHUNK_BYTES], piece: &[u8]) -> usize {
        if piece.len() >= CHUNK_BYTES {
            return self.remembered(piece);
        }
        let key = Slot::key(chunk, piece.len());
        let slot = &mut self.slots[key.place()];
        if !slot.is_for(&key) {
            *slot = key.with_count(short_tokens(&key, piece, self.vocabulary));
        }
        slot.count()
    }

    /// The number of tokens in a piece of 16 bytes and more.
    #[inline(never)]
    fn remembered(&mut self, piece: &[u8]) -> usize {
        if self.vocabulary.has_long(piece) {
            return 1;
        }
        if piece.len() > MAX_LONG_BYTES {
            return merge::tokens(piece, self.vocabulary);
        }
        let (known, count) = &mut self.long[xxh3_64(piece) as usize % LONG_PLACES];
        if known != piece {
            *count = merge::tokens(piece, self.vocabulary);
            known.clear();
            known.extend_from_slice(piece);
        }
        *count
    }
}

#[cold]
#[inline(never)]
fn short_tokens(key: &Slot, piece: &[u8], vocabulary: &Vocabulary) -> usize {
    let is_token = match piece.len() > SHORT_BYTES {
        true => vocabulary.has_long(piece),
        false => vocabulary.has_short(key.first, piece.len()),
    };
    if is_token {
        1
    } else {
        merge::tokens(piece, vocabulary)
    }
}
