//! A text in, how surely its lines are rows of tables out: by the blocks that a sample of them makes.
//!
//! Every text is asked, and every chunk of one that is divided, so only a few lines are looked at, and those of other
//! kinds are passed by after a look at how often a line and the next have what parts cells.

use super::schema::{Format, Part, Schema};
use super::{breaks, find};
use crate::text::{Line, Lines};

/// Lines looked at: the first ones, some at places between, and the last ones. Where lines are long, fewer.
const HEAD: (usize, usize) = (10, 1_000);
const BETWEEN: (usize, usize) = (4, 400);
const PLACES: usize = 2;
const TAIL: (usize, usize) = (8, 900);
/// Lines of a section, however long they are, as many as tell a row from others.
const LEAST_LINES: usize = 3;
/// Bytes in which the end of a line is looked for.
const MAX_LINE_BYTES: usize = 8_192;
/// Share of the lines that must stand in tables; and from which on what stands outside is no other text.
const LEAST_SHARE: f64 = 0.8;
const WHOLE_SHARE: f64 = 0.85;
/// Lines outside at the end that are another text's, and no remark on the table.
const OTHER_LINES: usize = 5;
/// What a text that has much beside its tables scores at most, so that it is divided.
const MOST_IN_PART: f64 = 0.59;

/// How surely a text is one of tables, 0 to 1.
pub fn score(text: &str) -> f64 {
    if text.len() >= u32::MAX as usize / 2 {
        return 0.0;
    }
    let folded = breaks::folded_beginning(text);
    let lines = sample(folded.as_deref().unwrap_or(text));
    // What is coloured is for eyes: logs of several programs side by side.
    if lines.len() < LEAST_LINES || lines.iter().any(|line| memchr::memchr(0x1b, line.as_bytes()).is_some()) {
        return 0.0;
    }
    let document = find::sketch(lines);
    if document.rows.len() < 3 {
        return 0.0;
    }
    let has_listing = document.schemas.iter().any(|schema| schema.format == Format::Aligned);
    // Folders have a line, or two, above the files in them.
    let is_above_listing = |line: &str| has_listing && (line.ends_with(':') || line.starts_with("total "));
    let is_inside = |&(at, part): &(usize, &Part)| *part != Part::Text || is_above_listing(document.lines.line(at));
    let parts = || document.parts.iter().enumerate();
    let share = parts().filter(is_inside).count() as f64 / document.parts.len() as f64;
    let goes_on = parts().rev().take_while(|part| !is_inside(part)).count() >= OTHER_LINES;
    let best = document.schemas.iter().map(surety).fold(0.0, f64::max);
    match share {
        share if share < LEAST_SHARE => 0.0,
        share if share < WHOLE_SHARE || goes_on => best * MOST_IN_PART * share,
        _ => best,
    }
}

/// Lines that are neither blank nor tags: the first ones, those at places between, and the last ones.
fn sample(text: &str) -> Lines<'_> {
    let mut list = Vec::with_capacity(HEAD.0 + BETWEEN.0 * PLACES + TAIL.0);
    let bytes = text.as_bytes();
    let mut at = take(bytes, 0, HEAD, &mut list);
    let tail = tail_start(bytes).max(at);
    let step = (tail - at) / (PLACES + 1);
    for place in 1..=PLACES {
        // What is left is read whole where it is little.
        let from = if step < BETWEEN.1 { at } else { line_start(bytes, (tail * place / (PLACES + 1)).max(at)) };
        if from < tail {
            at = take(&bytes[..tail], from, BETWEEN, &mut list).max(at);
        }
    }
    take(bytes, tail.max(at), (usize::MAX, usize::MAX), &mut list);
    Lines { text, list }
}

/// Takes lines from `at` on, so many and so long at most, and returns where the next one begins.
fn take(bytes: &[u8], mut at: usize, (lines, most): (usize, usize), list: &mut Vec<Line>) -> usize {
    let from = at;
    let mut taken = 0;
    while at < bytes.len() && taken < lines && (at - from < most || taken < LEAST_LINES) {
        let near = &bytes[at..bytes.len().min(at + MAX_LINE_BYTES)];
        let Some(next) = memchr::memchr(b'\n', near).map(|end| at + end + 1).or_else(|| ends(bytes, at, near)) else {
            return bytes.len();
        };
        let mut end = next - usize::from(bytes[next - 1] == b'\n');
        end -= usize::from(end > at && end < next && bytes[end - 1] == b'\r');
        // Tags are around what stands between them, whatever that is.
        let is_tag = bytes[at] == b'<' && bytes[..end].last() == Some(&b'>');
        if !is_tag && !bytes[at..end].trim_ascii().is_empty() {
            list.push(Line { start: at as u32, end: end as u32, next: next as u32 });
            taken += 1;
        }
        at = next;
    }
    at
}

/// The end of a text whose last line has no break.
fn ends(bytes: &[u8], at: usize, near: &[u8]) -> Option<usize> {
    (at + near.len() == bytes.len()).then_some(bytes.len())
}

/// Where the first line begins that begins at `at`, or behind it.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let near = &bytes[at..bytes.len().min(at + MAX_LINE_BYTES)];
    memchr::memchr(b'\n', near).map_or(bytes.len(), |end| at + end + 1)
}

/// Where the last lines begin.
fn tail_start(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(TAIL.1);
    let end = bytes.len() - usize::from(bytes.last() == Some(&b'\n'));
    let mut breaks = memchr::memrchr_iter(b'\n', bytes.get(from..end).unwrap_or(&[]));
    let at = breaks.nth(TAIL.0 - 1).or_else(|| memchr::memchr(b'\n', &bytes[from..]));
    at.map_or(bytes.len(), |at| from + at + 1)
}

/// How surely rows of a format are those of a table.
fn surety(schema: &Schema) -> f64 {
    let is_named = !schema.names.is_empty();
    match schema.format {
        Format::Boxed(_) | Format::Outline => 0.97,
        Format::Aligned if !is_named => 0.92,
        Format::Delimited(by) if by != b'\t' && schema.columns == 2 && !is_named => 0.6,
        Format::Delimited(_) if !is_named => 0.93,
        Format::Aligned | Format::Delimited(_) => 0.95,
    }
}
