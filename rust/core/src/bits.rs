//! Up to 64 bytes in, a bit for each of them that is of a class out: what stands beside what is then told by shifts,
//! where a look at each byte would have to guess at most of them.

/// How many bytes are looked at.
pub const BYTES: usize = 64;

/// Bits of bytes, the first in the lowest place; bytes behind the end of a text are of no class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    pub digits: u64,
    /// `:`
    pub colons: u64,
    /// `-`, `.`, `/`
    pub dashes: u64,
    /// `:`, `-`, `(`, `=`: behind a path, they stand before the number of a line.
    pub marks: u64,
}

impl Bits {
    /// Those of the first bytes of a text.
    #[inline]
    pub fn of(text: &[u8]) -> Self {
        match text.first_chunk::<BYTES>() {
            Some(block) => of_block(block),
            None => {
                let mut block = [0; BYTES];
                block[..text.len()].copy_from_slice(text);
                of_block(&block)
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn of_block(block: &[u8; BYTES]) -> Bits {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_sub_epi8,
    };
    let mut bits = Bits::default();
    for (quarter, bytes) in block.chunks_exact(16).enumerate() {
        // SAFETY: SSE2 is part of every x86-64, and the load reads the 16 bytes of `bytes`, unaligned.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let put = |mask: &mut u64, lanes: __m128i| {
                *mask |= u64::from(_mm_movemask_epi8(lanes) as u16) << (16 * quarter);
            };
            let is = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
            // Of bytes that are not below `first`, those up to `count` more.
            let among = |first: u8, count: u8| {
                let moved = _mm_sub_epi8(bytes, _mm_set1_epi8(first as i8));
                _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(count as i8 - 1)), moved)
            };
            let colons = is(b':');
            put(&mut bits.digits, among(b'0', 10));
            put(&mut bits.colons, colons);
            put(&mut bits.dashes, among(b'-', 3));
            put(&mut bits.marks, _mm_or_si128(_mm_or_si128(colons, is(b'-')), _mm_or_si128(is(b'('), is(b'='))));
        }
    }
    bits
}

#[cfg(any(not(target_arch = "x86_64"), test))]
fn of_block_anywhere(block: &[u8; BYTES]) -> Bits {
    let mut bits = Bits::default();
    for (at, byte) in block.iter().enumerate() {
        let bit = |is: bool| u64::from(is) << at;
        bits.digits |= bit(byte.is_ascii_digit());
        bits.colons |= bit(*byte == b':');
        bits.dashes |= bit(matches!(byte, b'-' | b'.' | b'/'));
        bits.marks |= bit(matches!(byte, b':' | b'-' | b'(' | b'='));
    }
    bits
}

#[cfg(not(target_arch = "x86_64"))]
use of_block_anywhere as of_block;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_the_same_class_at_every_place_and_by_either_way() {
        for turn in 0..=255u8 {
            let block: [u8; BYTES] = std::array::from_fn(|at| (at as u8).wrapping_mul(5).wrapping_add(turn));
            assert_eq!(of_block(&block), of_block_anywhere(&block));
        }
    }

    #[test]
    fn what_stands_behind_the_end_of_a_text_is_of_no_class() {
        let bits = Bits::of(b"a:12-(=./");
        assert_eq!((bits.digits, bits.colons, bits.dashes, bits.marks), (0b1100, 0b10, 0b1_1001_0000, 0b111_0010));
    }
}
