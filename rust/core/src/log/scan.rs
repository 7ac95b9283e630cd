//! A line in, its words and their hash out: the words that vary from line to line (numbers, addresses, ids) are masked.

/// What a byte is to words; nothing if it stands between them.
const JOINER: u8 = 1;
const LETTER: u8 = 2;
const DIGIT: u8 = 4;
const HIGH: u8 = 8;

const CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'_' | b'-' | b'.' | b'/' | b'$' | b'@' | b'+' | b'\\' => JOINER,
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            0x80..=0xff => HIGH,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// Words of a line that are told apart; what follows them counts as one more.
pub const MAX_WORDS: u32 = 160;

/// The hash of every masked word without a telling beginning.
pub const MASK: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a word is to a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// It has digits: it varies.
    Masked,
    /// It says the line's time.
    Stamp,
}

/// One word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
}

/// The word at or behind `from`: a run of letters, digits and what joins them. A digit next to a letter beyond ASCII
/// ends a word, since many scripts write no spaces.
#[inline(always)]
pub fn next_word(line: &[u8], from: usize) -> Option<Word> {
    let start = from + line[from..].iter().position(|&byte| CLASS[byte as usize] != 0)?;
    let mut seen = 0;
    let stop = line[start..].iter().position(|&byte| {
        let class = CLASS[byte as usize];
        seen |= class;
        class == 0 || seen & (DIGIT | HIGH) == DIGIT | HIGH
    });
    let mut end = stop.map_or(line.len(), |stop| start + stop);
    if seen & (DIGIT | HIGH) == DIGIT | HIGH {
        (end, seen) = mixed_end(line, start, end);
    }
    let kind = if seen & DIGIT != 0 { Kind::Masked } else { Kind::Plain };
    Some(Word { start: start as u32, end: end as u32, kind })
}

/// The end of a word that has digits and letters beyond ASCII, and what is in it; `at` is where the second of them comes.
#[cold]
fn mixed_end(line: &[u8], start: usize, mut at: usize) -> (usize, u8) {
    let mut last = CLASS[line[at - 1] as usize];
    let mut seen = line[start..at].iter().fold(0, |seen, &byte| seen | CLASS[byte as usize]);
    while at < line.len() {
        let class = CLASS[line[at] as usize];
        if class == 0 || class | last == DIGIT | HIGH {
            break;
        }
        seen |= class;
        last = class;
        at += 1;
    }
    (at, seen)
}

/// Calls `each` with every word of a line.
#[inline(always)]
pub fn for_each_word(line: &[u8], stamp: Stamp, mut each: impl FnMut(Word)) {
    let mut count = 0;
    let mut at = 0;
    if !stamp.is_none() {
        let lead = &line[..stamp.start as usize];
        while let Some(word) = next_word(lead, at) {
            each(word);
            at = word.end as usize;
            count += 1;
        }
        let kind = if stamp.is_word { Kind::Masked } else { Kind::Stamp };
        each(Word { start: stamp.start, end: stamp.end, kind });
        at = stamp.end as usize;
    }
    while let Some(mut word) = next_word(line, at) {
        count += 1;
        if count >= MAX_WORDS {
            word.end = line.len() as u32;
            word.kind = Kind::Masked;
        }
        each(word);
        at = word.end as usize;
    }
}

/// Where the time stands in a line; empty if nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub start: u32,
    pub end: u32,
    /// It is a word like others, since lines begin too differently.
    pub is_word: bool,
}

impl Stamp {
    pub const NONE: Stamp = Stamp { start: 0, end: 0, is_word: false };

    pub fn is_none(self) -> bool {
        self.end == 0
    }
}

/// Hash of some bytes.
#[inline(always)]
pub fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0xa076_1d64_78bd_642f;
    let length = bytes.len();
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let half = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")));
    let mut sum = length as u64;
    let (first, last) = match length {
        0 => (0, 0),
        1..=3 => (u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8 | u64::from(bytes[length - 1]) << 16, 0),
        4..=8 => (half(0), half(length - 4)),
        9..=16 => (word(0), word(length - 8)),
        _ => {
            let mut at = 0;
            while at + 16 < length {
                sum = mix(sum ^ word(at), K ^ word(at + 8));
                at += 16;
            }
            (word(length - 16), word(length - 8))
        }
    };
    mix(first ^ sum ^ K, last ^ MASK)
}

/// Two numbers as one, all bits of which depend on both.
#[inline(always)]
pub fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right | 1);
    (product as u64) ^ (product >> 64) as u64
}

/// The hash of a word as templates see it: of a masked one only a telling beginning counts, as in `blk_17` or
/// `core.22376`.
#[inline(always)]
pub fn word_hash(bytes: &[u8], kind: Kind) -> u64 {
    match kind {
        Kind::Plain => hash(bytes),
        Kind::Masked => match stem(bytes) {
            [] => MASK,
            letters => hash(letters) ^ MASK,
        },
        Kind::Stamp => MASK,
    }
}

/// The letters, and what joins them, that a masked word begins with, if they tell something: at least three letters
/// which are not all hexadecimal digits.
#[inline(always)]
fn stem(bytes: &[u8]) -> &[u8] {
    let (mut letters, mut is_hex, mut end) = (0, true, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        match CLASS[byte as usize] {
            DIGIT => break,
            // The folders of a path vary as its file does.
            JOINER if byte == b'/' || byte == b'\\' => return &[],
            JOINER => {}
            _ => {
                letters += 1;
                is_hex &= byte.is_ascii_hexdigit();
                end = at + 1;
            }
        }
    }
    if letters < 3 || is_hex {
        return &[];
    }
    &bytes[..end]
}

/// Hash of what stands between words; runs of spaces count as one.
#[inline(always)]
pub fn gap_hash(gap: &[u8]) -> u64 {
    if let [b' '] = gap {
        return 0x20;
    }
    let (mut sum, mut last) = (0u64, 0u8);
    for &byte in gap {
        if byte != b' ' || last != b' ' {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        last = byte;
    }
    if sum == (0x20u64).wrapping_mul(0x0000_0100_0000_01b3) {
        0x20
    } else {
        sum
    }
}

/// The hash of a line's template: its words, masked, and what stands between them. `masked` is given every masked word.
#[inline]
pub fn line_hash(line: &[u8], stamp: Stamp, mut masked: impl FnMut(Word)) -> u64 {
    let mut sum = 0x2545_f491_4f6c_dd1du64;
    let mut at = 0;
    for_each_word(line, stamp, |word| {
        let (start, end) = (word.start as usize, word.end as usize);
        let text = word_hash(&line[start..end], word.kind);
        if word.kind == Kind::Masked {
            masked(word);
        }
        sum = mix(sum ^ gap_hash(&line[at..start]), text ^ 0xe703_7ed1_a0b4_28db ^ word.kind as u64);
        at = end;
    });
    mix(sum, gap_hash(&line[at..]) ^ 0x8ebc_6af0_9c88_c6e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<(&str, bool)> {
        let mut found = Vec::new();
        for_each_word(line.as_bytes(), Stamp::NONE, |word| {
            found.push((&line[word.start as usize..word.end as usize], word.kind == Kind::Masked))
        });
        found
    }

    #[test]
    fn words_with_digits_are_masked() {
        assert_eq!(words("a=1, x-2:b"), [("a", false), ("1", true), ("x-2", true), ("b", false)]);
        assert_eq!(words(" \t"), []);
    }

    #[test]
    fn a_number_inside_a_script_without_spaces_is_a_word() {
        assert_eq!(words("连接10.0.0.1超时"), [("连接", false), ("10.0.0.1", true), ("超时", false)]);
        assert_eq!(words("7号x9 für-42a"), [("7", true), ("号x9", true), ("für-42a", true)]);
    }

    #[test]
    fn lines_that_differ_in_numbers_and_padding_have_one_hash() {
        let same = |left: &str, right: &str| {
            let hash = |line: &str| line_hash(line.as_bytes(), Stamp::NONE, |_| {});
            hash(left) == hash(right)
        };
        assert!(same("took 5 ms at 10.0.0.1", "took   17 ms at 10.2.3.4"));
        assert!(same("block blk_1 done", "block blk_-22 done"));
        assert!(!same("took 5 ms", "lost 5 ms"));
        assert!(!same("took 5 ms", "took 5, ms"));
        assert!(!same("core.1", "blk_1"));
    }

    #[test]
    fn very_long_lines_have_a_bounded_number_of_words() {
        assert_eq!(words(&"ab ".repeat(5_000)).len(), MAX_WORDS as usize);
    }
}
