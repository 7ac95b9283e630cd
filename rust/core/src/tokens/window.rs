//! The split patterns on 64 ASCII bytes at a time: a bit for each byte, and all pieces at once.
//!
//! Byte by byte, the processor guesses wrong at the end of nearly every piece, which takes longer than the rest of the work.
//! Here the runs of each class are found by shifts and carries. `split` says what the pieces are; this says the same, for
//! windows that begin where a piece does, of pieces that end well before the window does.

/// The bytes of a window.
pub const WINDOW_BYTES: usize = 64;

/// Bytes at the end of a window which may belong to a contraction that began before.
const CONTRACTION_BYTES: u32 = 4;

/// The pieces of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// Where pieces begin, up to `end` and with it; pieces behind it are not found yet.
    pub starts: u64,
    /// Bytes of the window in whole pieces: 0 when not even the first is sure to end within.
    pub end: u32,
    /// The digits, of which each piece is one token.
    pub digits: u64,
}

/// What the bytes of a window are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    upper: u64,
    lower: u64,
    digit: u64,
    /// `' '`.
    blank: u64,
    /// Tab, vertical tab, form feed.
    tab: u64,
    /// `[\r\n]`.
    newline: u64,
    slash: u64,
    quote: u64,
    non_ascii: u64,
}

/// The pieces of a window by the pattern of `o200k_base`.
pub fn o200k_base(window: &[u8; WINDOW_BYTES]) -> Pieces {
    pieces::<true>(window)
}

/// The pieces of a window by the pattern of `cl100k_base`.
pub fn cl100k_base(window: &[u8; WINDOW_BYTES]) -> Pieces {
    pieces::<false>(window)
}

#[inline(always)]
fn pieces<const O200K: bool>(window: &[u8; WINDOW_BYTES]) -> Pieces {
    let mut is = classify(window);
    let known_bytes = is.non_ascii.trailing_zeros();
    let mut limit = known_bytes.saturating_sub(CONTRACTION_BYTES);
    let symbol = !(is.upper | is.lower | is.digit | is.blank | is.tab | is.newline | is.non_ascii);

    let contraction = if is.quote == 0 {
        Contractions::default()
    } else {
        let begins = if O200K { is.quote & (is.upper | is.lower) << 1 } else { is.quote & !((symbol | is.blank) << 1) };
        let found = Contractions::find(window, begins);
        if O200K {
            // A contraction ends a word, and so does not end in one itself.
            limit = limit.min((found.quotes & found.letters << 1).trailing_zeros());
        }
        is.upper &= !found.letters;
        is.lower &= !found.letters;
        found
    };
    let letter = is.upper | is.lower;
    let symbol = if O200K { symbol & !contraction.quotes } else { symbol };

    // Line ends right behind symbols belong to them, for o200k_base with the slashes among them.
    let tail = if O200K { is.newline | is.slash } else { is.newline };
    let tail = upward(is.newline & symbol << 1, tail);
    let symbol = symbol & !tail;
    let newline = is.newline & !tail;
    let gap = is.blank | is.tab;
    let space = gap | newline;
    if known_bytes > 0 && space >> (known_bytes - 1) & 1 == 1 {
        // The last run may go on behind what is known.
        let known = u64::MAX >> (64 - known_bytes);
        limit = limit.min(64 - (!space & known).leading_zeros());
    }

    let symbol_starts = symbol & !(symbol << 1) & !(is.blank << 1);
    let leads = (symbol_starts & letter >> 1) | gap;
    let word_starts = letter & !(letter << 1) & !(leads << 1);
    let camel_starts = if O200K { is.upper & is.lower << 1 } else { 0 };

    let starts = space_starts(gap, newline) | symbol_starts | word_starts | camel_starts | digit_starts(is.digit);
    let starts = (starts & (u64::MAX >> (63 - limit.min(63)))) | 1;
    let end = 63 - starts.leading_zeros();
    Pieces { starts, end, digits: is.digit }
}

/// Of a run of white space, what reaches up to its last line end is a piece; of the rest, the last character goes with
/// what follows or stands alone, and the others are a piece.
#[inline(always)]
fn space_starts(gap: u64, newline: u64) -> u64 {
    let space = gap | newline;
    let mut gap_starts = gap & newline << 1;
    // Line ends behind a gap that began behind another: it is no end of lines, and no piece begins there.
    let mut inner = upward(gap_starts, gap) << 1 & newline;
    while inner != 0 {
        let below = !gap & ((inner & inner.wrapping_neg()) - 1);
        gap_starts &= !(1 << (64 - below.leading_zeros()));
        inner &= inner - 1;
    }
    space & !(space << 1) | gap_starts | gap & !(space >> 1)
}

/// Each third digit of a run.
#[inline(always)]
fn digit_starts(digit: u64) -> u64 {
    let mut starts = digit & !(digit << 1);
    let fourth = digit & digit << 1 & digit << 2 & digit << 3;
    let mut more = starts << 3 & fourth;
    while more != 0 {
        starts |= more;
        more = more << 3 & fourth;
    }
    starts
}

/// The bits of `through` that are reached upward from bits of it in `from` without a gap.
fn upward(from: u64, through: u64) -> u64 {
    let from = from & through;
    ((through.wrapping_add(from) ^ through) & through) | from
}

/// Contractions: their apostrophes, and the letters behind them.
#[derive(Clone, Copy, Default)]
struct Contractions {
    quotes: u64,
    letters: u64,
}

impl Contractions {
    /// The contractions among apostrophes.
    #[cold]
    fn find(window: &[u8; WINDOW_BYTES], mut begins: u64) -> Contractions {
        let mut found = Contractions::default();
        while begins != 0 {
            let at = begins.trailing_zeros() as usize;
            begins &= begins - 1;
            let letter = |behind: usize| window.get(at + behind).map(u8::to_ascii_lowercase);
            let letters = match (letter(1), letter(2)) {
                (Some(b's' | b't' | b'm' | b'd'), _) => 0b10,
                (Some(b'r' | b'v'), Some(b'e')) | (Some(b'l'), Some(b'l')) => 0b110,
                _ => continue,
            };
            found.quotes |= 1 << at;
            found.letters |= letters << at;
        }
        found
    }
}

#[cfg(target_arch = "x86_64")]
fn classify(window: &[u8; WINDOW_BYTES]) -> Masks {
    use std::arch::x86_64::*;

    let mut masks = Masks::default();
    for (quarter, bytes) in window.chunks_exact(16).enumerate() {
        // SAFETY: SSE2 is part of x86-64, and the load is of the 16 bytes of `bytes`, at any alignment.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let put = |mask: &mut u64, lanes: __m128i| {
                *mask |= u64::from(_mm_movemask_epi8(lanes) as u16) << (16 * quarter);
            };
            let is = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
            // Bytes from `first` on, `count` of them, moved down to the least signed numbers.
            let among = |bytes: __m128i, first: u8, count: u8| {
                let moved = _mm_add_epi8(bytes, _mm_set1_epi8(0x80u8.wrapping_sub(first) as i8));
                _mm_cmplt_epi8(moved, _mm_set1_epi8((0x80 + count) as i8))
            };
            let letter = among(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), b'a', 26);
            // The bit that tells lower case from upper, moved to where the mask is taken from.
            let small = _mm_slli_epi16(bytes, 2);
            put(&mut masks.lower, _mm_and_si128(letter, small));
            put(&mut masks.upper, _mm_andnot_si128(small, letter));
            put(&mut masks.digit, among(bytes, b'0', 10));
            put(&mut masks.blank, is(b' '));
            let newline = _mm_or_si128(is(b'\n'), is(b'\r'));
            put(&mut masks.newline, newline);
            put(&mut masks.tab, _mm_andnot_si128(newline, among(bytes, b'\t', 5)));
            put(&mut masks.slash, is(b'/'));
            put(&mut masks.quote, is(b'\''));
            put(&mut masks.non_ascii, bytes);
        }
    }
    masks
}

#[cfg(any(not(target_arch = "x86_64"), test))]
fn classify_anywhere(window: &[u8; WINDOW_BYTES]) -> Masks {
    let mut masks = Masks::default();
    for (at, byte) in window.iter().enumerate() {
        let bit = |is: bool| u64::from(is) << at;
        masks.upper |= bit(byte.is_ascii_uppercase());
        masks.lower |= bit(byte.is_ascii_lowercase());
        masks.digit |= bit(byte.is_ascii_digit());
        masks.blank |= bit(*byte == b' ');
        masks.tab |= bit(matches!(byte, b'\t' | 0x0B | 0x0C));
        masks.newline |= bit(matches!(byte, b'\r' | b'\n'));
        masks.slash |= bit(*byte == b'/');
        masks.quote |= bit(*byte == b'\'');
        masks.non_ascii |= bit(!byte.is_ascii());
    }
    masks
}

#[cfg(not(target_arch = "x86_64"))]
use classify_anywhere as classify;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::split;
    use super::*;

    /// Checks every window of a text that begins with a piece.
    fn check_pattern(
        text: &str,
        pieces_of: impl Fn(&[u8; WINDOW_BYTES]) -> Pieces,
        piece_end: impl Fn(&str, usize) -> usize,
    ) {
        let mut at = 0;
        while let Some(window) = text.as_bytes()[at..].first_chunk() {
            let pieces = pieces_of(window);
            let mut end = at;
            let mut starts = 0u64;
            while end - at <= pieces.end as usize {
                starts |= 1 << (end - at);
                end = piece_end(text, end);
            }
            assert_eq!(format!("{starts:b}"), format!("{:b}", pieces.starts), "{:?}", &text[at..end]);
            at = piece_end(text, at);
        }
    }

    fn check(text: &str) {
        check_pattern(text, o200k_base, split::o200k_base);
        check_pattern(text, cl100k_base, split::cl100k_base);
    }

    const PARTS: &str = "([a-c]{1,4}|[A-C]{1,3}|[0-9]{1,8}| {1,5}|[\\r\\n]{1,3}|[\\t\\x0b\\x0c\\x1c\\x00]|[/(){}.,\"-]{1,3}|/\n        |'(s|S|t|re|Ve|ll|LL|m|d|x|l|r|\u{17f})|'|\u{e9}|\u{301}|\u{4e2d}|\u{a0}){8,120}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn windows_and_patterns_find_the_same_pieces(text in PARTS) {
            check(&text);
        }

        #[test]
        fn every_byte_has_the_same_class_everywhere(window in prop::array::uniform32(any::<[u8; 2]>())) {
            let bytes: Vec<u8> = window.concat();
            let window = bytes.first_chunk().expect("there are 64 bytes");
            prop_assert_eq!(classify(window), classify_anywhere(window));
        }
    }

    #[test]
    fn contractions_do_not_follow_one_another() {
        check(&"it's's they'll've I'd'nt don't 's'S'll ".repeat(9));
    }

    #[test]
    fn gaps_between_line_ends_are_no_pieces() {
        check(&"a \n \t\n\n  b)\n \r\n   c;\n\n\n\t\td \n".repeat(9));
    }

    #[test]
    fn most_of_a_window_is_found_at_once() {
        let line = b"let total = items.iter().map(|item| item.size).sum::<usize>(); // 12345 bytes\n";
        assert!(o200k_base(line.first_chunk().expect("the line is long")).end >= 56);
    }

    #[test]
    fn a_window_without_the_end_of_a_piece_finds_nothing() {
        for byte in [b'a', b' ', b'\n', b'.', 0xC3] {
            assert_eq!(o200k_base(&[byte; WINDOW_BYTES]).end, 0);
        }
    }
}
