//! Outputs of several kinds in, each part as its own kind's compressor tells it out, under one header.
//!
//! What a command printed beside its JSON, outputs of several commands, a log inside tags or fences; and JSON whose
//! strings hold what a tool printed. Parts that nobody knows stand as they are.

mod borders;
mod envelope;
mod form;
mod frame;
mod piece;
mod runs;
mod split;
mod values;
mod view;

use std::borrow::Cow;

use envelope::{last_line, Envelope};
use piece::Piece;
use split::Sort;

use crate::detect::Scores;
use crate::json::{self, minify, parse::Tree};
use crate::text::{Drafts, Task};

/// The least share of the tokens of a part that a target for the whole asks of it.
const LEAST_RATIO: f64 = 0.02;

/// The share of the bytes of a text that its forms have at most: what gains less is not worth its headers, or asking
/// for the rest.
const LOSSLESS_SHARE: f64 = 0.95;
const LOSSY_SHARE: f64 = 0.75;

/// How surely a text is of several kinds, 0 to 1; `scores` are those of it as a whole.
pub fn score(text: &str, scores: Scores) -> f64 {
    if json::score(text) >= 1.0 {
        return if envelope::open(text).is_some() { 1.0 } else { 0.0 };
    }
    split::split(text, split::best_of(scores)).map_or(0.0, |split| split.score)
}

/// Whether a text is an output with what was said around it.
pub fn is_framed(text: &str) -> bool {
    frame::find(text).is_some()
}

/// The drafts of a text in parts; none of one that is of one kind.
pub fn compress(task: &Task) -> Drafts {
    if let Some(Envelope { skeleton, strings }) = envelope::open(task.text) {
        let ordinals: Vec<usize> =
            strings.iter().enumerate().flat_map(|(at, pieces)| vec![at + 1; pieces.len()]).collect();
        return drafts(task, strings.into_iter().flatten().collect(), Some((&skeleton, &ordinals)));
    }
    match split::split(task.text, split::best(task.text)) {
        Some(split) => drafts(task, pieces(task.text, split.parts), None),
        None => Drafts::default(),
    }
}

/// The text, or the JSON minified, that a lossless form stands for; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    form::read(text)
}

fn pieces(text: &str, parts: Vec<split::Part>) -> Vec<Piece<'_>> {
    let mut line = 1;
    let as_piece = |part: split::Part| {
        let own = &text[part.range];
        let first = line;
        line += memchr::memchr_iter(b'\n', own.as_bytes()).count();
        let label = format!("lines {first}-{}", last_line(first, own));
        let said = text[part.said].to_owned();
        Piece { said, is_alone: part.is_alone, ..Piece::new(Cow::Borrowed(own), part.sort, part.is_told, label, first) }
    };
    parts.into_iter().map(as_piece).collect()
}

fn drafts(task: &Task, mut pieces: Vec<Piece>, skeleton: Option<(&str, &[usize])>) -> Drafts {
    let task = Task { target_ratio: ratio_of_parts(task, &pieces), ..*task };
    pieces.iter_mut().for_each(|piece| piece.compress(&task));
    let frame = skeleton.map(|(skeleton, ordinals)| view::Frame { skeleton, ordinals });
    let most = |share: f64| (share * task.text.len() as f64) as usize;
    let lossy = task.key.and_then(|key| view::write(&pieces, frame.as_ref(), key));
    let lossy = lossy.filter(|view| view.text.len() <= most(LOSSY_SHARE));
    if pieces.iter().all(|piece| piece.lossless.is_none())
        || lossy.as_ref().is_some_and(|view| task.is_clear(&view.text))
    {
        return Drafts { lossy, lossless: None };
    }
    let form = form::write(&pieces, skeleton);
    let is_good = form.len() <= most(LOSSLESS_SHARE) && stands_for(&form, task.text, &pieces, skeleton.is_some());
    Drafts { lossy, lossless: is_good.then_some(form) }
}

/// What a target for the whole leaves to the parts of which something may be left out.
fn ratio_of_parts(task: &Task, pieces: &[Piece]) -> Option<f64> {
    let ratio = task.target_ratio?;
    let total: usize = pieces.iter().map(Piece::tokens).sum();
    let fixed: usize = pieces.iter().filter(|piece| piece.sort == Sort::Text).map(Piece::tokens).sum();
    let left = (ratio * total as f64 - fixed as f64) / (total - fixed).max(1) as f64;
    Some(left.clamp(LEAST_RATIO, 1.0))
}

/// Whether a form gives the text back: byte for byte, but for white space between the tokens of its JSON.
fn stands_for(form: &str, text: &str, pieces: &[Piece], is_json: bool) -> bool {
    let Some(back) = expand(form) else { return false };
    if is_json {
        return Tree::parse(text).is_some_and(|tree| minify::document(&tree) == back.as_bytes());
    }
    if back == text {
        return true;
    }
    let expected = pieces.iter().map(|piece| match &piece.lossless {
        Some(form) if !form.is_exact => minified(&piece.text),
        _ => Some(Cow::Borrowed(&*piece.text)),
    });
    expected.collect::<Option<String>>().is_some_and(|expected| expected == back)
}

/// A JSON text minified, with the line break at its end.
fn minified(text: &str) -> Option<Cow<'_, str>> {
    let mut bytes = minify::document(&Tree::parse(text)?);
    bytes.extend(text.ends_with('\n').then_some(b'\n'));
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests;
