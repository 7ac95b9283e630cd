//! The ceiling: how much of an answer fits in so many tokens.

use crate::tokens::{count, Encoding};

/// No token of o200k is longer, so that long texts need not be counted.
const MAX_TOKEN_BYTES: usize = 256;

/// Tokens of a text, in o200k.
pub fn tokens(text: &str) -> usize {
    count(text, Encoding::O200kBase)
}

/// Whether all of a text fits in `max_tokens`.
pub fn fits(text: &str, max_tokens: usize) -> bool {
    tokens_within(text, max_tokens).is_some()
}

fn tokens_within(text: &str, max_tokens: usize) -> Option<usize> {
    let may_fit = text.len() <= max_tokens.saturating_mul(MAX_TOKEN_BYTES);
    may_fit.then(|| tokens(text)).filter(|count| *count <= max_tokens)
}

/// How many of the parts, from the first, fit in `max_tokens` together, and their text.
///
/// Linear in what fits; later parts are not looked at.
pub fn fitting<T>(
    parts: impl Iterator<Item = T>,
    mut write: impl FnMut(&T, &mut String),
    max_tokens: usize,
) -> (usize, String) {
    let mut text = String::new();
    let mut ends = Vec::new();
    let mut sum = 0;
    for part in parts {
        let start = text.len();
        write(&part, &mut text);
        let Some(count) = tokens_within(&text[start..], max_tokens - sum) else {
            text.truncate(start);
            break;
        };
        sum += count;
        ends.push(text.len());
    }
    // Parts mostly have no fewer tokens apart than together; where they have, some must go.
    while !ends.is_empty() && tokens(&text) > max_tokens {
        let kept = ends.len() - ends.len().div_ceil(32);
        ends.truncate(kept);
        text.truncate(ends.last().copied().unwrap_or(0));
    }
    (ends.len(), text)
}

/// Where to cut a text of which no first line fits: the length in bytes of an exact first part of at most
/// `max_tokens`, but at least one character. Prefers to cut behind a line, a record, a clause or a word.
pub fn cut(text: &str, max_tokens: usize) -> usize {
    let fits = |length: usize| tokens(&text[..length]) <= max_tokens;
    let mut low = text.chars().next().map_or(0, char::len_utf8);
    let mut high = boundary_before(text, max_tokens.saturating_mul(4)).max(low);
    while fits(high) {
        if high == text.len() {
            return high;
        }
        low = high;
        high = boundary_before(text, high.saturating_mul(2).max(high + char::MAX.len_utf8()));
    }
    while high - low > 64 {
        let middle = boundary_before(text, low + (high - low) / 2);
        if middle <= low {
            break;
        }
        if fits(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    let nice = nice_cut(&text[..low]);
    if fits(nice) {
        nice
    } else {
        low
    }
}

fn nice_cut(part: &str) -> usize {
    let earliest = boundary_before(part, part.len() - part.len() / 8);
    let tail = &part[earliest..];
    [("\n", 1), ("},", 2), ("],", 2), (", ", 2), (" ", 1), (",", 1)]
        .into_iter()
        .find_map(|(sign, length)| tail.rfind(sign).map(|at| earliest + at + length))
        .unwrap_or(part.len())
}

fn boundary_before(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
