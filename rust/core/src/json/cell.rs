//! Scalars and names as they stand in a view: bare where that cannot be misread, else quoted.

use super::parse::{number_end, Kind, Tree};
use super::string;

/// Bytes that end or begin something inside brackets.
const NESTED: u8 = 1;
/// Bytes that a row's cell cannot hold bare.
const ROW: u8 = 2;
/// Bytes that a bare text cannot begin with.
const FIRST: u8 = 4;
/// Bytes that a bare name cannot hold.
const NAME: u8 = 8;

const CLASS: [u8; 256] = class_table();

const fn class_table() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = NESTED | ROW | FIRST | NAME;
        byte += 1;
    }
    table[0x7f] = NESTED | ROW | FIRST | NAME;
    set(&mut table, b",", NESTED | ROW | NAME);
    set(&mut table, b";[]{}", NESTED | NAME);
    set(&mut table, b"\"[{&@~=^* ", FIRST);
    set(&mut table, b".:=~*\"^", NAME);
    table
}

const fn set(table: &mut [u8; 256], bytes: &[u8], class: u8) {
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] |= class;
        at += 1;
    }
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A cell of a row.
    Row,
    /// A cell of a row in a column said to hold strings only: digits need no quotes.
    StringRow,
    /// Inside brackets.
    Nested,
    /// A member's name inside braces: ends at a colon.
    Key,
}

/// Whether `text` can stand bare at `place`.
#[inline]
pub fn is_bare(text: &[u8], place: Place) -> bool {
    let (Some(&first), Some(&last)) = (text.first(), text.last()) else {
        return false;
    };
    if CLASS[first as usize] & FIRST != 0 || last == b' ' || text.starts_with("…".as_bytes()) {
        return false;
    }
    let mask = if matches!(place, Place::Row | Place::StringRow) { ROW } else { NESTED };
    let mut seen = 0u8;
    for &byte in text {
        seen |= CLASS[byte as usize];
    }
    if seen & mask != 0 {
        return false;
    }
    match place {
        Place::Key => !text.contains(&b':'),
        Place::StringRow => text != b"null",
        _ => !is_literal(text, first),
    }
}

/// Whether a bare `text` would be read as a JSON literal or number.
#[inline]
pub fn is_literal(text: &[u8], first: u8) -> bool {
    match first {
        b'0'..=b'9' | b'-' => number_end(text, 0) == Some(text.len()) || text == b"-Infinity",
        b'n' | b't' | b'f' | b'N' | b'I' => {
            matches!(text, b"null" | b"true" | b"false" | b"NaN" | b"Infinity")
        }
        _ => false,
    }
}

/// Writes a raw string body at `place`.
#[inline]
pub fn write_string(raw: &[u8], escaped: bool, place: Place, out: &mut Vec<u8>) {
    if !escaped {
        if is_bare(raw, place) {
            out.extend_from_slice(raw);
        } else {
            out.push(b'"');
            out.extend_from_slice(raw);
            out.push(b'"');
        }
        return;
    }
    match string::decode(raw) {
        Some(text) if is_bare(text.as_bytes(), place) => out.extend_from_slice(text.as_bytes()),
        Some(text) => string::encode(&text, out),
        None => string::canonical(raw, true, out),
    }
}

/// Writes a column's or table's name.
pub fn write_name(raw: &[u8], escaped: bool, out: &mut Vec<u8>) {
    let is_plain = !escaped
        && !raw.is_empty()
        && raw[0] != b' '
        && raw[raw.len() - 1] != b' '
        && raw.iter().all(|&byte| CLASS[byte as usize] & NAME == 0);
    if is_plain {
        out.extend_from_slice(raw);
    } else {
        string::canonical(raw, escaped, out);
    }
}

/// The text of a string or number cell that needs no decoding: what templates are made of.
#[inline]
pub fn plain_text<'t>(tree: &'t Tree, index: u32) -> Option<&'t [u8]> {
    let node = tree.node(index);
    match node.kind {
        Kind::String if !node.escaped => Some(tree.raw(index)),
        Kind::Number => Some(tree.raw(index)),
        _ => None,
    }
}
