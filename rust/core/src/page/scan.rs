//! Markup in, tags and texts out, one after the other, in one pass.
//!
//! It follows the tokenizer of the HTML standard where real pages need it (quotes, comments, raw text), and never looks
//! at a byte more than a few times, whatever is left open. Entities are not looked at here.

use memchr::{memchr, memmem};

use super::tags::Tag;

/// A piece of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token {
    Text {
        from: usize,
        to: usize,
    },
    /// `name` is a hash for elements that have no tag of their own; `from..to` are the attributes.
    Open {
        tag: Tag,
        name: u32,
        from: usize,
        to: usize,
        closed: bool,
    },
    Close {
        tag: Tag,
        name: u32,
    },
}

pub struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The element whose raw text comes next.
    raw: Option<Tag>,
    /// No `-->` stands behind this place.
    no_comment_end_from: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, raw: None, no_comment_end_from: usize::MAX }
    }

    pub fn next(&mut self) -> Option<Token> {
        if let Some(tag) = self.raw.take() {
            let from = self.at;
            self.at = end_of_raw(self.bytes, from, tag);
            return Some(Token::Text { from, to: self.at });
        }
        while self.at < self.bytes.len() {
            let from = self.at;
            let begins = self.begins_tag(from);
            if !begins {
                let mut to = from + 1;
                loop {
                    to = memchr(b'<', &self.bytes[to.min(self.bytes.len())..]).map_or(self.bytes.len(), |at| to + at);
                    if to >= self.bytes.len() || self.begins_tag(to) {
                        break;
                    }
                    to += 1;
                }
                self.at = to;
                return Some(Token::Text { from, to });
            }
            match self.bytes[from + 1] {
                b'!' | b'?' => self.skip_declaration(from),
                b'/' => return Some(self.close(from)),
                _ => return Some(self.open(from)),
            }
        }
        None
    }

    /// Whether a tag, a comment or a declaration begins at `at`.
    fn begins_tag(&self, at: usize) -> bool {
        if self.bytes[at] != b'<' {
            return false;
        }
        match self.bytes.get(at + 1) {
            Some(b'!' | b'?') => true,
            Some(b'/') => self.bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic),
            Some(byte) => byte.is_ascii_alphabetic(),
            None => false,
        }
    }

    fn skip_declaration(&mut self, from: usize) {
        let rest = &self.bytes[from..];
        let length = rest.len();
        let end = if rest.starts_with(b"<!--") {
            let found = if from >= self.no_comment_end_from { None } else { memmem::find(&rest[4..], b"-->") };
            if found.is_none() {
                self.no_comment_end_from = self.no_comment_end_from.min(from);
            }
            found.map(|at| at + 7)
        } else if rest.starts_with(b"<![CDATA[") {
            // Its content is text: only what opens it is skipped, and `]]>` is left to the writer.
            Some(9)
        } else {
            None
        };
        // A comment that is never closed ends at the next `>`, so that it cannot hide the page.
        let end = end.or_else(|| memchr(b'>', rest).map(|at| at + 1)).unwrap_or(length);
        self.at = from + end;
    }

    fn close(&mut self, from: usize) -> Token {
        let (tag, name, at) = self.name(from + 2);
        self.at = memchr(b'>', &self.bytes[at..]).map_or(self.bytes.len(), |end| at + end + 1);
        Token::Close { tag, name }
    }

    fn open(&mut self, from: usize) -> Token {
        let (tag, name, at) = self.name(from + 1);
        let mut attributes = Attributes { bytes: self.bytes, at, to: self.bytes.len(), closed: false };
        while attributes.next().is_some() {}
        let (to, closed) = (attributes.at, attributes.closed);
        self.at = self.bytes.len().min(to + 1);
        if tag.is_raw() && !closed {
            self.raw = Some(tag);
        }
        Token::Open { tag, name, from: at, to, closed: closed || tag.is_void() }
    }

    fn name(&self, from: usize) -> (Tag, u32, usize) {
        let rest = &self.bytes[from..];
        let length = rest.iter().take_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>')).count();
        let tag = Tag::named(&rest[..length]);
        let name = if tag == Tag::Other { hash(&rest[..length]) } else { 0 };
        (tag, name, from + length)
    }
}

fn hash(name: &[u8]) -> u32 {
    name.iter()
        .take(64)
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193))
}

/// Where the end tag of `tag` stands at or behind `from`, or the end of the text.
fn end_of_raw(bytes: &[u8], from: usize, tag: Tag) -> usize {
    let mut at = from;
    while let Some(found) = memmem::find(&bytes[at..], b"</") {
        at += found + 2;
        let rest = &bytes[at..];
        let length = rest.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
        if Tag::named(&rest[..length]) == tag {
            return at - 2;
        }
    }
    bytes.len()
}

/// The attributes of a tag: names and raw values.
pub struct Attributes<'a> {
    bytes: &'a [u8],
    at: usize,
    to: usize,
    closed: bool,
}

impl<'a> Attributes<'a> {
    pub fn of(bytes: &'a [u8], from: usize, to: usize) -> Self {
        Self { bytes, at: from, to, closed: false }
    }

    fn peek(&self) -> Option<u8> {
        if self.at < self.to {
            self.bytes.get(self.at).copied()
        } else {
            None
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(byte) = self.peek() {
            if byte == b'/' {
                self.closed = true;
            } else if !byte.is_ascii_whitespace() {
                break;
            }
            self.at += 1;
        }
        if self.peek()? == b'>' {
            return None;
        }
        self.closed = false;
        let from = self.at;
        self.at += 1;
        while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>' | b'=')) {
            self.at += 1;
        }
        let name = &self.bytes[from..self.at];
        let end = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        if self.peek() != Some(b'=') {
            self.at = end;
            return Some((name, b""));
        }
        self.at += 1;
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        let value = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                let from = self.at + 1;
                let length = memchr(quote, &self.bytes[from..self.to]).unwrap_or(self.to - from);
                self.at = self.to.min(from + length + 1);
                &self.bytes[from..from + length]
            }
            _ => {
                let from = self.at;
                while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace() && byte != b'>') {
                    self.at += 1;
                }
                &self.bytes[from..self.at]
            }
        };
        Some((name, value))
    }
}

/// Bytes at the beginning in which a page must begin.
const SEARCHED_BYTES: usize = 2_048;
/// Tags that must be seen where a text does not say that it is a page.
const MIN_TAGS: usize = 6;

/// How surely a text is HTML: it says so, or it begins with a tag of HTML and is full of them.
pub fn score(text: &str) -> f64 {
    let bytes = text.as_bytes();
    let head = &bytes[..bytes.len().min(SEARCHED_BYTES)];
    let Some(first) = head.iter().position(|&byte| byte == b'<') else { return 0.0 };
    let before = &head[..first];
    if before.contains(&b'"') || before.contains(&b'{') {
        return 0.0;
    }
    let begins =
        |at: usize, word: &[u8]| head.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let begins_line =
        |at: usize| head[..at].iter().rev().take_while(|byte| **byte != b'\n').all(u8::is_ascii_whitespace);
    let is_first = before.iter().all(|byte| byte.is_ascii_whitespace() || *byte >= 0x80);
    // Lines in front may be the heads of an answer; in a line that was found in a page, its path stands in front.
    let says_so = memchr::memchr_iter(b'<', head)
        .filter(|&at| is_first || begins_line(at))
        .any(|at| begins(at, b"<!doctype html") || begins(at, b"<html>") || begins(at, b"<html "));
    if says_so {
        return if is_first { 0.97 } else { 0.75 };
    }
    if !is_first {
        return 0.0;
    }
    let mut end = text.len().min(4 * SEARCHED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut scanner = Scanner::new(&text[..end]);
    let (mut known, mut unknown) = (0, 0);
    while let Some(token) = scanner.next() {
        match token {
            Token::Open { tag: Tag::Other, .. } => unknown += 1,
            Token::Open { .. } => known += 1,
            _ => {}
        }
    }
    if known >= MIN_TAGS && known > 4 * unknown {
        0.8
    } else {
        0.0
    }
}
