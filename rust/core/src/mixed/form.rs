//! Pieces in, one lossless form out, and back again.
//!
//! ```text
//! #mixed text; `#part A-B kind N`: lines A-B of it, in the N lines below
//! #part 1-11 text 11
//! the eleven lines
//! #part 12-480 log 96
//! #log 469 lines. …
//! ```
//!
//! Of JSON with long texts in its strings the second line is the JSON with `"@1"` for the first of them, and its parts
//! begin `#part 1 kind N`.

use std::borrow::Cow;

use super::envelope::close;
use super::piece::Piece;
use super::split::Sort;
use crate::json;
use crate::json::embed::{respell, Spelling};
use crate::kind::{self, Kind};

const TEXT_HEAD: &str = "#mixed text; `#part A-B kind N`: lines A-B of it, in the N lines below";
const JSON_HEAD: &str = "#mixed json; `#part K kind N`: the text of string @K, or its next part, in the N lines below";

/// What a form may stand for, at most.
const MAX_BYTES: usize = 256 << 20;

/// The form of a text in pieces, or, with a skeleton, of JSON with long texts inside; `ordinals` tells which piece is
/// of which of them.
pub fn write(pieces: &[Piece], skeleton: Option<(&str, &[usize])>) -> String {
    let mut out = String::from(if skeleton.is_some() { JSON_HEAD } else { TEXT_HEAD });
    if let Some((skeleton, _)) = skeleton {
        out.push('\n');
        out.push_str(skeleton);
    }
    for (at, piece) in pieces.iter().enumerate() {
        let place = match skeleton {
            Some((_, ordinals)) => ordinals[at].to_string(),
            None => piece.label.trim_start_matches("lines ").to_owned(),
        };
        let (kind, body) = match &piece.lossless {
            Some(form) => (format!("{}{}", piece.sort.name(), spelled(&form.spelling)), form.text.as_str()),
            None => ("text".to_owned(), &*piece.text),
        };
        let lines = memchr::memchr_iter(b'\n', body.as_bytes()).count() + 1;
        out.push_str(&format!("\n#part {place} {kind} {lines}\n"));
        out.push_str(body);
    }
    out
}

fn spelled(letter: &str) -> String {
    if letter.is_empty() {
        String::new()
    } else {
        format!(":{letter}")
    }
}

/// What a form stands for; `None` if `form` is none.
pub fn read(form: &str) -> Option<String> {
    let (head, mut rest) = form.split_once('\n')?;
    let skeleton = match head {
        TEXT_HEAD => None,
        JSON_HEAD => {
            let (skeleton, body) = rest.split_once('\n')?;
            rest = body;
            Some(skeleton)
        }
        _ => return None,
    };
    let mut texts: Vec<String> = Vec::new();
    let mut bytes = 0;
    let mut rest = Some(rest);
    while let Some(part) = rest {
        let (head, body) = part.split_once('\n')?;
        let mut words = head.strip_prefix("#part ")?.split(' ');
        let (place, kind, lines) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
        let (body, next) = take_lines(body, lines)?;
        rest = next;
        let text = text_of(kind, body)?;
        bytes += text.len();
        if words.next().is_some() || bytes > MAX_BYTES {
            return None;
        }
        let slot: usize = if skeleton.is_some() { place.parse().ok()? } else { 1 };
        match slot.checked_sub(texts.len())? {
            0 if slot > 0 => texts.last_mut()?.push_str(&text),
            1 => texts.push(text.into_owned()),
            _ => return None,
        }
    }
    match skeleton {
        Some(skeleton) => close(skeleton, &texts),
        None => texts.pop(),
    }
}

/// The first lines of a text, without the last one's break, and what follows.
fn take_lines(text: &str, lines: usize) -> Option<(&str, Option<&str>)> {
    let last = lines.checked_sub(1)?;
    match memchr::memchr_iter(b'\n', text.as_bytes()).nth(last) {
        Some(end) => Some((&text[..end], Some(&text[end + 1..]))),
        None if memchr::memchr_iter(b'\n', text.as_bytes()).count() == last => Some((text, None)),
        None => None,
    }
}

/// The text that a part's form stands for.
fn text_of<'f>(kind: &str, form: &'f str) -> Option<Cow<'f, str>> {
    let (kind, letter) = kind.split_once(':').unwrap_or((kind, ""));
    if kind == Sort::Text.name() {
        return Some(Cow::Borrowed(form));
    }
    if kind == Sort::Json.name() {
        let minified = json::expand(form).map_or(Cow::Borrowed(form), Cow::Owned);
        let spelling = Spelling::of_letter(letter.bytes().next());
        let mut text = String::from_utf8(respell(minified.as_bytes(), spelling)).ok()?;
        if letter.ends_with('n') {
            text.push('\n');
        }
        return Some(Cow::Owned(text));
    }
    // Parts have no parts: so a form cannot nest, however deep it says it does.
    Kind::named(kind).filter(|&kind| kind != Kind::Mixed)?;
    let head = form.strip_prefix('#')?.strip_prefix(kind)?;
    head.starts_with(' ').then(|| kind::expand(form)).flatten().map(Cow::Owned)
}
