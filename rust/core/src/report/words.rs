//! A line in, its words, blanks and marks out; those that vary from line to line are masked.

use super::shape::Input;
use crate::json::paths::MixMap;
use xxhash_rust::xxh3::xxh3_64;

/// Lines with more tokens than this have no shape.
pub const MAX_TOKENS: usize = 64;
/// Bytes of a quoted part, at most.
const MAX_QUOTED: usize = 100;

#[derive(Clone, Copy, Default)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    pub is_masked: bool,
    pub is_word: bool,
    /// One byte that may stand inside a value.
    pub is_joint: bool,
}

/// Hashes of words with which several names begin.
pub fn common_first_words(lines: &[Input]) -> MixMap<u64, u32> {
    let mut counts = MixMap::default();
    for line in lines {
        if let Some(word) = line.name.and_then(|name| first_word(line.text, name)) {
            *counts.entry(xxh3_64(word)).or_default() += 1;
        }
    }
    counts
}

/// The first word of a name of several, with the blank behind it.
fn first_word(text: &str, (start, end): (u32, u32)) -> Option<&[u8]> {
    let name = &text.as_bytes()[start as usize..end as usize];
    memchr::memchr(b' ', name).map(|blank| &name[..=blank])
}

/// The tokens of a line whose name varies as a whole, but for a first word that several names share.
pub fn named_tokens(text: &str, name: (u32, u32), common: &MixMap<u64, u32>, out: &mut Vec<Token>) {
    tokens(text.as_bytes(), 0, name.0 as usize, out);
    let mut start = name.0;
    if let Some(word) = first_word(text, name).filter(|word| common.get(&xxh3_64(word)).is_some_and(|&n| n >= 4)) {
        start += word.len() as u32;
        out.push(Token { start: name.0, end: start, ..Token::default() });
    }
    out.push(Token { start, end: name.1, is_masked: true, is_word: true, is_joint: false });
    tokens(text.as_bytes(), name.1 as usize, text.len(), out);
}

/// Words, blanks and marks of a part of a line; numbers, paths and what is quoted are masked.
pub fn tokens(text: &[u8], from: usize, to: usize, out: &mut Vec<Token>) {
    let (text, mut at) = (&text[..to], from);
    let limit = out.len() + MAX_TOKENS + 1;
    while at < text.len() && out.len() < limit {
        let start = at;
        let byte = text[at];
        at += 1;
        let (mut is_masked, mut is_word, mut is_joint) = (false, false, false);
        if byte == b' ' || byte == b'\t' {
            at += text[at..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        } else if let Some((open, len)) = quoted(text, start) {
            at = start + open;
            let mark = |start: usize| Token { start: start as u32, end: (start + open) as u32, ..Token::default() };
            out.push(mark(start));
            if len > 0 {
                out.push(Token { is_masked: true, is_word: true, end: (at + len) as u32, ..mark(at) });
            }
            at += len;
            let close = text[at..].iter().skip(1).take_while(|&&byte| byte & 0xC0 == 0x80).count() + 1;
            out.push(Token { end: (at + close) as u32, ..mark(at) });
            at += close;
            continue;
        } else if !is_mark(byte) {
            is_word = true;
            is_masked = byte.is_ascii_digit();
            while at < text.len() && !ENDS_WORD[text[at] as usize] {
                // Numbers, paths and dotted names vary.
                is_masked |= text[at].is_ascii_digit()
                    || matches!(text[at - 1], b'/' | b'.') && text[at].is_ascii_alphanumeric();
                at += 1;
            }
        } else {
            is_joint = true;
        }
        out.push(Token { start: start as u32, end: at as u32, is_masked, is_word, is_joint });
    }
}

/// Bytes that end a word: marks and blanks.
const ENDS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_mark(byte as u8) || byte == b' ' as usize || byte == b'\t' as usize;
        byte += 1;
    }
    table
};

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b':' | b'(' | b')' | b'[' | b']' | b'\'' | b'"' | b'`' | b'=' | b',' | b';' | b'<' | b'>' | b'|')
}

/// What `quote_len` says of the text from `start`, if a quotation may begin there.
fn quoted(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let is_behind_word = start > 0 && is_wordy(text[start - 1]);
    quote_len(&text[start..]).filter(|&(open, _)| open > 1 || !is_behind_word)
}

/// Of a text that begins with a quotation mark that is closed: the bytes of the mark, and of what is quoted.
fn quote_len(text: &[u8]) -> Option<(usize, usize)> {
    let (open, close): (usize, &[u8]) = match text[0] {
        b'\'' => (1, b"'"),
        b'"' => (1, b"\""),
        b'`' => (1, if text.starts_with(b"`") && memchr::memchr(b'\'', text).is_some() { b"'" } else { b"`" }),
        0xE2 if text.starts_with("‘".as_bytes()) => (3, "’".as_bytes()),
        0xE2 if text.starts_with("“".as_bytes()) => (3, "”".as_bytes()),
        _ => return None,
    };
    let rest = &text[open..text.len().min(open + MAX_QUOTED)];
    memchr::memmem::find(rest, close).map(|len| (open, len))
}

/// Bytes between which no affix ends: letters, digits and all of UTF-8 beyond ASCII.
pub fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
