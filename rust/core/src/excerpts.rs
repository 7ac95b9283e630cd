//! A text, a view of it and a question in; pieces of the text out that the question names and the view lacks.

use crate::json::query::Query;
use crate::words;

/// Bytes of the source looked at as one piece, about.
const PIECE_BYTES: usize = 160;
/// Excerpts shown.
const MAX_EXCERPTS: usize = 4;
/// How often a word may stand in the source to tell a place.
const MAX_OCCURRENCES: usize = 3;

/// Pieces of the source that hold a word of the question which `view` does not, with the number of their line.
pub fn named<'t>(text: &'t str, view: &str, question: &str) -> Vec<(u32, &'t str)> {
    let query = Query::new(question, "");
    if query.is_empty() {
        return Vec::new();
    }
    let pieces = pieces(text);
    let mut found = Vec::new();
    for (index, (_, piece)) in pieces.iter().enumerate() {
        query.scan(piece.as_bytes(), index as u32, &mut found);
    }
    let hits = query.score(found, pieces.len() as u32);
    let shown: std::collections::HashSet<u32> = {
        let mut hashes = std::collections::HashSet::new();
        words::for_each(view.as_bytes(), |from, to| {
            hashes.insert(words::hash(&view.as_bytes()[from..to].to_ascii_lowercase()));
        });
        hashes
    };
    let mut excerpts: Vec<(u32, &str)> = Vec::new();
    let mut seen: Vec<u32> = Vec::new();
    for hit in hits {
        let (line, piece) = pieces[hit.node as usize];
        let word = &piece.as_bytes()[hit.offset as usize..words::end_of(piece.as_bytes(), hit.offset as usize)];
        let hash = words::hash(&word.to_ascii_lowercase());
        let is_telling = word.len() >= 6 || word.iter().any(u8::is_ascii_digit) && word.len() >= 4;
        if !is_telling || shown.contains(&hash) || seen.contains(&hash) {
            continue;
        }
        seen.push(hash);
        if memchr::memmem::find_iter(text.as_bytes(), word).nth(MAX_OCCURRENCES).is_none() {
            excerpts.push((line, around(piece, hit.offset as usize).trim()));
        }
        if excerpts.len() == MAX_EXCERPTS {
            break;
        }
    }
    excerpts.sort_unstable();
    excerpts.dedup();
    excerpts
}

/// A piece, or what is around a place in one that has no end near.
fn around(piece: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(PIECE_BYTES);
    let mut to = piece.len().min(at + PIECE_BYTES);
    while !piece.is_char_boundary(from) {
        from -= 1;
    }
    while !piece.is_char_boundary(to) {
        to += 1;
    }
    &piece[from..to]
}

/// The source in pieces of a line each at most, cut where white space or a tag ends.
fn pieces(text: &str) -> Vec<(u32, &str)> {
    let mut pieces = Vec::with_capacity(text.len() / PIECE_BYTES + 16);
    for (index, line) in text.split('\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let mut rest = line;
        while rest.len() > PIECE_BYTES {
            let cut = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b',' | b';');
            let Some(at) = rest.as_bytes()[PIECE_BYTES..].iter().position(cut) else { break };
            let (piece, behind) = rest.split_at(PIECE_BYTES + at + 1);
            pieces.push((index as u32 + 1, piece));
            rest = behind;
        }
        pieces.push((index as u32 + 1, rest));
    }
    pieces
}
