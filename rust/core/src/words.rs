//! Text in, words out: runs of letters and digits, compared without regard to ASCII case.

use crate::begins::Words;

/// Bytes that make words: ASCII letters and digits, and all of UTF-8 beyond ASCII.
const WORD: [bool; 256] = word_table();

const fn word_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || b >= 0x80;
        byte += 1;
    }
    table
}

/// Hash of a word, the same for upper and lower case.
#[inline]
pub fn hash(word: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5u32;
    for &byte in word {
        hash = (hash ^ u32::from(byte | if byte.is_ascii_uppercase() { 0x20 } else { 0 })).wrapping_mul(0x0100_0193);
    }
    hash
}

/// One bit for each byte of a block: whether it belongs to a word.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn word_bits(block: &[u8; 16]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_sub_epi8,
    };
    // SAFETY: SSE2 is part of every x86-64, and the load reads the 16 bytes of `block`, unaligned.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let letters = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8(b'a' as i8));
        let is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(25)), letters);
        let digits = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0' as i8));
        let is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
        // The highest bit of a byte is set beyond ASCII.
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(is_letter, is_digit), bytes)) as u32
    }
}

/// One bit for each byte of a block: whether it belongs to a word.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn word_bits(block: &[u8; 16]) -> u32 {
    block.iter().enumerate().fold(0, |bits, (at, &byte)| bits | u32::from(WORD[byte as usize]) << at)
}

/// Less than 16 bytes, followed by zeros. Read from both ends, since copying so few takes longer.
#[inline(always)]
fn padded(text: &[u8]) -> [u8; 16] {
    let bits = |byte: usize| 8 * byte as u32;
    let length = text.len();
    let number = if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << bits(length - 8)
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        u128::from(u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << bits(length - 4))
    } else if let (Some(&first), Some(&last)) = (text.first(), text.last()) {
        let middle = u32::from(text[length / 2]) << bits(length / 2);
        u128::from(u32::from(first) | middle | u32::from(last) << bits(length - 1))
    } else {
        0
    };
    number.to_le_bytes()
}

/// Calls `each` with the start and end of every word.
#[inline(always)]
pub fn for_each(text: &[u8], mut each: impl FnMut(usize, usize)) {
    for_each_start(text, |_, start| each(start, end_of(text, start)));
}

/// The end of the word that begins at `start`.
#[inline(always)]
pub fn end_of(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && WORD[text[at] as usize] {
        at += 1;
    }
    at
}

/// The start of the first word at or behind `from`, which is not inside a word.
pub fn next_start(text: &[u8], from: usize) -> Option<usize> {
    text[from..].iter().position(|&byte| WORD[byte as usize]).map(|offset| from + offset)
}

/// Calls `each` with the ordinal and the start of every word, and returns how many there are.
#[inline(always)]
pub fn for_each_start(text: &[u8], mut each: impl FnMut(u32, usize)) -> u32 {
    let (mut at, mut ordinal, mut carry) = (0, 0, 0u64);
    while at < text.len() {
        // As many bytes as there are bits at a time: the end of the inner loop is hard to predict.
        let bits = long_word_bits(&text[at..text.len().min(at + 64)]);
        let mut starts = bits & !((bits << 1) | carry);
        carry = bits >> 63;
        while starts != 0 {
            each(ordinal, at + starts.trailing_zeros() as usize);
            ordinal += 1;
            starts &= starts - 1;
        }
        at += 64;
    }
    ordinal
}

/// One bit for each of up to 64 bytes: whether it belongs to a word.
#[inline(always)]
fn long_word_bits(text: &[u8]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while let Some(block) = text[at..].first_chunk::<16>() {
        bits |= u64::from(word_bits(block)) << at;
        at += 16;
    }
    if at < text.len() {
        bits |= u64::from(word_bits(&padded(&text[at..]))) << at;
    }
    bits
}

/// A set of beginnings of words, by their first two bytes without regard to ASCII case.
pub struct Beginnings {
    bits: Vec<u64>,
}

impl Beginnings {
    /// The set that holds nothing.
    pub fn new() -> Self {
        Self { bits: vec![0; 1024] }
    }

    /// Adds the beginning of a word.
    pub fn add(&mut self, word: &[u8]) {
        match *word {
            [first] => (0..=255).filter(|&second| !WORD[second as usize]).for_each(|second| self.set(first, second)),
            [first, second, ..] => {
                self.set(first, second.to_ascii_lowercase());
                self.set(first, second.to_ascii_uppercase());
            }
            [] => {}
        }
    }

    fn set(&mut self, first: u8, second: u8) {
        for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
            let index = u16::from_le_bytes([first, second]) as usize;
            self.bits[index >> 6] |= 1 << (index & 63);
        }
    }

    /// Whether a word that begins at `start` may be one of the set.
    #[inline(always)]
    pub fn may_hold(&self, text: &[u8], start: usize) -> bool {
        match text[start..].first_chunk::<2>() {
            Some(beginning) => {
                let index = u16::from_le_bytes(*beginning) as usize;
                (self.bits[index >> 6] >> (index & 63)) & 1 == 1
            }
            None => true,
        }
    }
}

/// A set of beginnings of words, by five bits of each of their first three bytes: less sure than `Beginnings` of two, but
/// it tells most words apart that begin alike.
pub struct Starts {
    thirds: Vec<u32>,
}

impl Starts {
    /// The set that holds nothing.
    pub fn new() -> Self {
        Self { thirds: vec![0; 1024] }
    }

    /// Adds the beginning of a word.
    pub fn add(&mut self, word: &[u8]) {
        match *word {
            [first] => (0..32).for_each(|second| self.thirds[pair(first, second)] = u32::MAX),
            [first, second] => self.thirds[pair(first, second)] = u32::MAX,
            [first, second, third, ..] => self.thirds[pair(first, second)] |= 1 << (third & 31),
            [] => {}
        }
    }

    /// Whether a word that begins at `start` may be one of the set.
    #[inline(always)]
    pub fn may_hold(&self, text: &[u8], start: usize) -> bool {
        match text[start..].first_chunk::<3>() {
            Some(&[first, second, third]) => self.thirds[pair(first, second)] >> (third & 31) & 1 == 1,
            None => true,
        }
    }
}

impl Default for Starts {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Beginnings {
    fn default() -> Self {
        Self::new()
    }
}

/// Calls `each` with every word of a name, which also ends where a lower-case letter meets an upper-case one.
pub fn for_each_of_name<'t>(name: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    for_each(name, |start, end| {
        let mut from = start;
        for at in start + 1..end {
            if name[at].is_ascii_uppercase() && name[at - 1].is_ascii_lowercase() {
                each(&name[from..at]);
                from = at;
            }
        }
        each(&name[from..end]);
    });
}

/// Whether two words are forms of one: equal, or alike in their first four letters and most of the shorter.
pub fn alike(left: &[u8], right: &[u8]) -> bool {
    let shared = left.iter().zip(right).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let shorter = left.len().min(right.len());
    shared == left.len() && shared == right.len()
        || shorter >= 3 && shared == shorter && left.len().abs_diff(right.len()) <= 6
        || shared >= 4 && shared + 3 >= shorter.max(5)
}

/// Words of English questions that name nothing.
static STOP: Words<84> = Words::of([
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "not", "is", "are",
    "was", "were", "be", "been", "it", "its", "this", "that", "these", "those", "there", "here", "what", "which",
    "who", "whom", "when", "where", "why", "how", "do", "does", "did", "has", "have", "had", "can", "could", "will",
    "would", "should", "i", "me", "my", "we", "our", "you", "your", "they", "their", "he", "she", "as", "if", "any",
    "all", "each", "every", "more", "most", "many", "much", "one", "give", "find", "list", "show", "tell", "get",
    "please", "only", "no", "so", "than", "then", "about", "into",
]);

/// Whether a lower-case word names nothing by itself.
pub fn is_stop(word: &[u8]) -> bool {
    STOP.has(word)
}

/// Beginnings of words that report trouble, in several languages. A hint beside the structural
/// evidence (rarity, position, extremes), never the only one.
const TROUBLE: [&str; 43] = [
    "error",
    "fail",
    "fatal",
    "critical",
    "exception",
    "panic",
    "crash",
    "abort",
    "denied",
    "refused",
    "timeout",
    "unhealthy",
    "invalid",
    "corrupt",
    "killed",
    "oom",
    "emergency",
    "severe",
    "degraded",
    "unavailable",
    "rejected",
    "unreachable",
    "overflow",
    "segfault",
    "traceback",
    "fehler",
    "erreur",
    "échec",
    "fallo",
    "falha",
    "erro",
    "errore",
    "ошибк",
    "сбой",
    "错误",
    "失败",
    "异常",
    "エラー",
    "失敗",
    "異常",
    "오류",
    "실패",
    "خطأ",
];

/// For each pair of first letters the third letters with which a stem of `TROUBLE` begins.
const TROUBLE_START: [u32; 1024] = trouble_starts();

const fn trouble_starts() -> [u32; 1024] {
    let mut table = [0u32; 1024];
    let mut at = 0;
    while at < TROUBLE.len() {
        let stem = TROUBLE[at].as_bytes();
        if stem[0] < 0x80 {
            table[pair(stem[0], stem[1])] |= 1 << (stem[2] & 31);
        }
        at += 1;
    }
    table
}

#[inline(always)]
const fn pair(first: u8, second: u8) -> usize {
    (((first & 31) as usize) << 5) | (second & 31) as usize
}

/// Whether a word reports trouble.
pub fn is_trouble(word: &[u8]) -> bool {
    may_be_trouble(word, 0) && begins_with_trouble(word)
}

/// Where the first word of a text that reports trouble begins.
pub fn first_trouble(text: &[u8]) -> Option<usize> {
    let mut found = None;
    for_each_start(text, |_, start| {
        if found.is_none() && has_trouble(&text[start..end_of(text, start)]) {
            found = Some(start);
        }
    });
    found
}

/// Whether one of the words of a text reports trouble.
pub fn has_trouble(text: &[u8]) -> bool {
    // Names of exceptions end in what they are: `NullPointerException`, `TimeoutError`.
    let mut found = memchr::memchr_iter(b'E', text)
        .any(|at| text[at..].starts_with(b"Exception") || text[at..].starts_with(b"Error"));
    for_each_start(text, |_, start| {
        if may_be_trouble(text, start) && !found {
            found = begins_with_trouble(&text[start..end_of(text, start)]);
        }
    });
    found
}

#[inline(always)]
fn may_be_trouble(text: &[u8], start: usize) -> bool {
    let Some(&[first, second, third]) = text[start..].first_chunk::<3>() else { return false };
    first >= 0x80 || first >= b'A' && TROUBLE_START[pair(first, second)] & (1 << (third & 31)) != 0
}

#[cold]
fn begins_with_trouble(word: &[u8]) -> bool {
    let is_ascii = word[0] < 0x80;
    TROUBLE.iter().any(|stem| {
        let stem = stem.as_bytes();
        if is_ascii {
            (stem[0] ^ word[0]) & 31 == 0 && word.len() >= stem.len() && word[..stem.len()].eq_ignore_ascii_case(stem)
        } else {
            stem[0] >= 0x80 && memchr::memmem::find(word, stem).is_some()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_recognised_in_several_languages() {
        for word in ["Error", "FAILED", "ошибка", "连接失败", "タイムアウトエラー", "Fehlermeldung", "oom"]
        {
            assert!(is_trouble(word.as_bytes()), "{word}");
        }
        for word in ["er", "terror", "success", "2024", "готово", "ok"] {
            assert!(!is_trouble(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn words_are_the_same_in_blocks_and_byte_by_byte() {
        let mut seed = 7u64;
        for length in 0..200 {
            let text: Vec<u8> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    b"aZ09 -_,.\xc3\xa9@[`{/:"[(seed >> 33) as usize % 17]
                })
                .collect();
            let mut found = Vec::new();
            for_each(&text, |start, end| found.push((start, end)));
            let is_word = |at: usize| at < text.len() && WORD[text[at] as usize];
            let expected: Vec<(usize, usize)> = (0..text.len())
                .filter(|&at| is_word(at) && (at == 0 || !is_word(at - 1)))
                .map(|start| (start, (start..).find(|&at| !is_word(at)).unwrap_or(text.len())))
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_words_of_a_set_may_be_there_in_any_case_and_others_mostly_not() {
        let mut starts = Starts::new();
        [&b"error"[..], b"of", b"x", "größe".as_bytes()].iter().for_each(|word| starts.add(word));
        for text in ["Error", "errand", "of", "OF a", "x", "X-1", "größe", "er"] {
            assert!(starts.may_hold(text.as_bytes(), 0), "{text}");
        }
        for text in ["era", "off-", "grave", "axe"] {
            assert_eq!(starts.may_hold(text.as_bytes(), 0), text.starts_with("of"), "{text}");
        }
        assert!(is_stop(b"the") && is_stop(b"i") && !is_stop(b"thy") && !is_stop(b"") && !is_stop(&[b't'; 40]));
    }

    #[test]
    fn names_split_where_a_reader_would_split_them() {
        let words = |name: &'static str| {
            let mut words = Vec::new();
            for_each_of_name(name.as_bytes(), |word| words.push(std::str::from_utf8(word).unwrap()));
            words
        };
        assert_eq!(words("magType"), ["mag", "Type"]);
        assert_eq!(words("US_Gross total"), ["US", "Gross", "total"]);
    }
}
