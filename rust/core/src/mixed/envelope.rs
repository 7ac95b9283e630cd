//! A JSON text in, the long texts in its strings out: what a tool printed, in the answer that holds it.

use std::borrow::Cow;

use memchr::memmem;

use super::piece::Piece;
use super::split::{alone, best, split, Part, Sort};
use crate::json::parse::{Kind as Node, Tree};
use crate::json::select::place_of;
use crate::json::{self, minify, string};

/// Bytes, and line breaks, from which a string is a text of its own.
const MIN_BYTES: usize = 500;
const MIN_BREAKS: usize = 4;
/// Bytes of the whole for one line break at most: half of them may be of other things, and lines are seldom longer.
const MAX_BYTES_A_BREAK: usize = 400;
/// Strings that are taken out at most: more of them are records, which the JSON compressor is for.
const MAX_STRINGS: usize = 32;
/// The share of a JSON text that its long strings have at least.
const MIN_SHARE: f64 = 0.5;
/// Bytes of what stands around the strings that are shown as they are, and its share of the whole beyond: more of it are
/// records, which have long texts beside other fields.
const MAX_AROUND: usize = 8192;
const MAX_AROUND_SHARE: f64 = 0.2;

/// A JSON text without its long strings, and those.
pub struct Envelope<'t> {
    /// Minified; the n-th long string is `"@n"` in it.
    pub skeleton: String,
    /// The parts of each long string.
    pub strings: Vec<Vec<Piece<'t>>>,
}

/// Whether a text could be JSON with a long text inside; cheap, since every JSON text is asked about.
fn is_likely(text: &str) -> bool {
    let breaks = MIN_BREAKS.max(text.len() / MAX_BYTES_A_BREAK);
    json::score(text) >= 1.0 && memmem::find_iter(text.as_bytes(), b"\\n").nth(breaks).is_some()
}

/// Takes the long strings out of a JSON text; `None` if it has none that somebody could write shorter.
pub fn open(text: &str) -> Option<Envelope<'_>> {
    if !is_likely(text) {
        return None;
    }
    let tree = Tree::parse(text)?;
    if tree.is_sequence || tree.cut.is_some() {
        return None;
    }
    let long = long_strings(&tree)?;
    let mut skeleton = String::with_capacity(text.len() / 2);
    let mut strings = Vec::with_capacity(long.len());
    let mut from = 0;
    for index in long {
        let node = tree.node(index);
        let inner = string::decode(tree.raw(index))?;
        skeleton.push_str(&text[from..node.start as usize]);
        from = node.end as usize;
        let place = place_of(&tree, index);
        strings.push(match node.kind {
            Node::Embedded => vec![Piece::new(Cow::Owned(inner), Sort::Json, false, place, 1)],
            _ => pieces(inner, &place),
        });
        skeleton.push_str(&format!("@{}", strings.len()));
    }
    skeleton.push_str(&text[from..]);
    let skeleton = String::from_utf8(minify::document(&Tree::parse(&skeleton)?)).ok()?;
    if skeleton.len() > MAX_AROUND && skeleton.len() as f64 > MAX_AROUND_SHARE * text.len() as f64 {
        return None;
    }
    let is_known = strings.iter().flatten().any(|piece| piece.sort != Sort::Text);
    is_known.then_some(Envelope { skeleton, strings })
}

/// The strings that are texts, or JSON, if most of the whole is in them, they are few, and not all are JSON.
fn long_strings(tree: &Tree) -> Option<Vec<u32>> {
    let mut long = Vec::new();
    let mut bytes = 0;
    let mut has_text = false;
    for index in 0..tree.nodes.len() as u32 {
        let node = tree.node(index);
        // What stands in a string within a string goes with that.
        let is_long = (node.end - node.start) as usize >= MIN_BYTES && (node.start as usize) < tree.source.len();
        let is_text = node.kind == Node::String && memmem::find_iter(tree.raw(index), b"\\n").nth(MIN_BREAKS).is_some();
        if !is_long || !is_text && node.kind != Node::Embedded {
            continue;
        }
        has_text |= is_text;
        bytes += tree.raw(index).len();
        long.push(index);
        if long.len() > MAX_STRINGS {
            return None;
        }
    }
    (has_text && bytes as f64 >= MIN_SHARE * tree.source.len() as f64).then_some(long)
}

/// A string as parts, or as one.
fn pieces<'t>(text: String, place: &str) -> Vec<Piece<'t>> {
    let parts = alone(&text, split(&text, best(&text)));
    if let [part] = &parts[..] {
        let (sort, is_alone) = (part.sort, part.is_alone);
        return vec![Piece { is_alone, ..Piece::new(Cow::Owned(text), sort, false, place.to_owned(), 1) }];
    }
    let mut line = 1;
    let as_piece = |part: Part| {
        let own = &text[part.range];
        let first = line;
        line += memchr::memchr_iter(b'\n', own.as_bytes()).count();
        let label = format!("{place} | lines {first}-{}", last_line(first, own));
        let is_alone = part.is_alone;
        Piece { is_alone, ..Piece::new(Cow::Owned(own.to_owned()), part.sort, false, label, first) }
    };
    parts.into_iter().map(as_piece).collect()
}

/// The number of the last line of a text whose first has the number `first`.
pub fn last_line(first: usize, text: &str) -> usize {
    first + memchr::memchr_iter(b'\n', text.strip_suffix('\n').unwrap_or(text).as_bytes()).count()
}

/// A skeleton with the strings that its references name put back; `None` if one is missing or not named.
pub fn close(skeleton: &str, strings: &[String]) -> Option<String> {
    let bytes = skeleton.as_bytes();
    let mut out = Vec::with_capacity(skeleton.len() + strings.iter().map(String::len).sum::<usize>());
    let mut at = 0;
    let mut next = 0;
    while let Some(quote) = memchr::memchr(b'"', &bytes[at..]).map(|offset| at + offset) {
        let (end, _) = string::scan(bytes, quote + 1)?;
        if bytes.get(quote + 1) == Some(&b'@') {
            let ordinal: usize = skeleton.get(quote + 2..end)?.parse().ok()?;
            next += 1;
            if ordinal != next {
                return None;
            }
            out.extend_from_slice(&bytes[at..quote]);
            string::encode(strings.get(ordinal - 1)?, &mut out);
        } else {
            out.extend_from_slice(&bytes[at..=end]);
        }
        at = end + 1;
    }
    out.extend_from_slice(&bytes[at..]);
    (next == strings.len()).then(|| String::from_utf8(out).ok()).flatten()
}
