//! A text in, how surely its lines are rows of tables out: by the blocks that a sample of them makes.

use super::find;
use super::schema::{Format, Part, Schema};
use crate::text::Lines;

/// Bytes looked at: at the beginning, and in the middle.
const HEAD_BYTES: usize = 4_096;
const MIDDLE_BYTES: usize = 2_048;
/// Share of the lines that must stand in tables.
const LEAST_SHARE: f64 = 0.6;

/// How surely a text is one of tables, 0 to 1.
pub fn score(text: &str) -> f64 {
    let head = whole_lines(text, 0, HEAD_BYTES);
    if memchr::memchr_iter(b'\n', head.as_bytes()).take(3).count() < 2 {
        return 0.0;
    }
    if text.len() < 4 * HEAD_BYTES {
        return of_sample(head);
    }
    // What begins as a table may go on as something else.
    of_sample(&format!("{head}{}", whole_lines(text, text.len() / 2, MIDDLE_BYTES)))
}

/// Lines of the text from `from` on, without the part of one that a jump lands in.
fn whole_lines(text: &str, from: usize, bytes: usize) -> &str {
    let source = text.as_bytes();
    let start = match from {
        0 => 0,
        _ => memchr::memchr(b'\n', &source[from..]).map_or(source.len(), |at| from + at + 1),
    };
    let mut end = source.len().min(start + bytes);
    // Line breaks are where characters end.
    if end < source.len() {
        end = memchr::memrchr(b'\n', &source[start..end]).map_or(start, |at| start + at + 1);
    }
    text.get(start..end).unwrap_or("")
}

fn of_sample(sample: &str) -> f64 {
    // What is coloured is for eyes: logs of several programs side by side.
    if memchr::memchr(0x1b, sample.as_bytes()).is_some() {
        return 0.0;
    }
    let document = find::find(Lines::of(sample));
    let has_listing = document.schemas.iter().any(|schema| schema.format == Format::Aligned);
    // Folders have a line, or two, above the files in them.
    let is_above_listing = |line: &str| has_listing && (line.ends_with(':') || line.starts_with("total "));
    let mut lines = 0usize;
    let mut inside = 0usize;
    for (at, part) in document.parts.iter().enumerate() {
        if !document.lines.line(at).trim_ascii().is_empty() {
            lines += 1;
            inside += usize::from(*part != Part::Text || is_above_listing(document.lines.line(at)));
        }
    }
    if lines == 0 || document.rows.len() < 3 {
        return 0.0;
    }
    let share = inside as f64 / lines as f64;
    if share < LEAST_SHARE {
        return 0.0;
    }
    let sure = document.schemas.iter().map(surety);
    let best = sure.fold(0.0, f64::max);
    best * if share > 0.75 { 1.0 } else { share }
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
