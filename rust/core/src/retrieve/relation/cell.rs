//! What a row has in a column: a span of the text, or of what was added to it, and what it is.

use std::borrow::Cow;

use super::Base;
use crate::json::string;
use crate::retrieve::scan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Missing,
    Null,
    True,
    False,
    Number,
    /// A string of JSON, without its quotes.
    String,
    /// An array or an object of JSON.
    Container,
    /// Of a text that has no kinds.
    Text,
}

/// Spans at and beyond the end of the text are in what was added.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
}

impl Cell {
    pub const MISSING: Cell = Cell { start: 0, end: 0, kind: Kind::Missing };

    /// A text that is none of the source's, as a cell of a kind.
    pub fn added(text: &str, kind: Kind, base: usize, extra: &mut String) -> Self {
        let start = base + extra.len();
        extra.push_str(text);
        Cell { start: start as u32, end: (start + text.len()) as u32, kind }
    }

    /// The value of JSON that stands in a span of the text.
    pub fn value(text: &str, start: usize, end: usize) -> Self {
        let raw = &text.as_bytes()[start..end];
        let cell = |start: usize, end: usize, kind| Cell { start: start as u32, end: end as u32, kind };
        match raw.first() {
            None => Cell::MISSING,
            Some(b'"') => {
                let is_closed = raw.len() > 1 && raw.ends_with(b"\"");
                cell(start + 1, end - usize::from(is_closed), Kind::String)
            }
            Some(b'{' | b'[') => cell(start, end, Kind::Container),
            Some(_) => match raw {
                b"null" | b"undefined" => cell(start, end, Kind::Null),
                b"true" => cell(start, end, Kind::True),
                b"false" => cell(start, end, Kind::False),
                _ => cell(start, end, Kind::Number),
            },
        }
    }

    /// The name of a row that is a member of an object.
    pub fn key(text: &str, row: &Base) -> Self {
        if row.value <= row.start {
            return Cell::MISSING;
        }
        let name = text[row.start as usize..row.value as usize].trim_end_matches([' ', '\t', '\r', '\n', ':']);
        Self::value(text, row.start as usize, row.start as usize + name.len())
    }

    /// A row that is no object.
    pub fn bare_value(text: &str, row: &Base) -> Self {
        let cell = Self::value(text, row.value as usize, row.end as usize);
        let is_record = text.as_bytes().get(row.value as usize) == Some(&b'{');
        if is_record {
            Cell::MISSING
        } else {
            cell
        }
    }

    pub fn raw<'r>(&self, text: &'r str, extra: &'r str) -> &'r str {
        let (start, end) = (self.start as usize, self.end as usize);
        match start.checked_sub(text.len()) {
            Some(from) if end > start => &extra[from..end - text.len()],
            _ => &text[start.min(text.len())..end.min(text.len())],
        }
    }

    /// Whether there is nothing: no value, null, or a text that says so.
    pub fn is_null(&self, raw: &str) -> bool {
        match self.kind {
            Kind::Missing | Kind::Null => true,
            Kind::Text => matches!(raw, "" | "NULL" | "null" | "\\N"),
            _ => false,
        }
    }
}

/// What a cell says, decoded.
pub fn said(cell: Cell, raw: &str) -> Cow<'_, str> {
    if cell.kind == Kind::String && raw.contains('\\') {
        return scan::decoded(raw).map_or(Cow::Borrowed(raw), Cow::Owned);
    }
    Cow::Borrowed(raw)
}

/// Appends a cell as answers show it: bare, or as a string of JSON where it could be taken for something else.
pub fn write(cell: Cell, raw: &str, out: &mut String) {
    match cell.kind {
        Kind::Missing => {}
        Kind::String if is_bare(raw) && !is_mistakable(raw) => out.push_str(raw),
        Kind::String if raw.contains(['\n', '\r', '\t']) => push_string(raw, out),
        Kind::String => {
            out.push('"');
            out.push_str(raw);
            out.push('"');
        }
        Kind::Text if is_bare(raw) => out.push_str(raw),
        Kind::Text => push_string(raw, out),
        Kind::Container => push_compact(raw, out),
        Kind::Null | Kind::True | Kind::False | Kind::Number => out.push_str(raw),
    }
}

/// Appends the name of a column as answers show it.
pub fn write_name(name: &str, out: &mut String) {
    if is_bare(name) {
        out.push_str(name);
    } else {
        push_string(name, out);
    }
}

/// Whether a text needs no quotes between commas.
fn is_bare(raw: &str) -> bool {
    !raw.contains([',', '"', '\\', '\n', '\r', '\t'])
        && !raw.starts_with([' ', '{', '['])
        && !raw.ends_with(' ')
        && !raw.chars().any(char::is_control)
}

/// Whether a string would be taken for a value of another kind.
fn is_mistakable(raw: &str) -> bool {
    raw.is_empty()
        || matches!(raw, "null" | "true" | "false")
        || raw.starts_with(|first: char| first.is_ascii_digit() || first == '-') && raw.parse::<f64>().is_ok()
}

fn push_string(text: &str, out: &mut String) {
    let mut bytes = Vec::with_capacity(text.len() + 2);
    string::encode(text, &mut bytes);
    out.push_str(std::str::from_utf8(&bytes).unwrap_or_default());
}

/// Appends JSON without white space between its tokens.
fn push_compact(raw: &str, out: &mut String) {
    let (mut from, mut at) = (0, 0);
    let bytes = raw.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = scan::skip_value(bytes, at).unwrap_or(bytes.len()),
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&raw[from..at]);
                at += 1;
                from = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&raw[from..]);
}
