//! A text and what is shown of it in, the view out: what is shown stands as it stood, what is not is said by its place.
//!
//! ```text
//! [headroom prose 5/48 sentences key=…]
//! # Title
//! First sentence. [… chars 31-420] Another one.
//! [… lines 4-19]
//! ## Next
//! ```
//!
//! Places are those that `retrieve` takes: `lines 4-19`, `chars 31-420`.

use std::fmt::Write;
use std::ops::Range;

/// How a gap is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// By its place in the text.
    Place,
    /// By its characters alone: the text is a part of another.
    Size,
}

/// A gap with fewer bytes is shown.
pub const MIN_GAP_BYTES: usize = 36;

/// Writes the shown ranges of a text, in order, with marks between them.
pub fn write(text: &str, shown: &[Range<usize>], told: Told, out: &mut String) {
    let mut writer = Writer { text, told, said: text.trim_end().len(), counted: 0, chars: 0, lines: 0 };
    let mut at = 0;
    for range in shown {
        writer.gap(at..range.start, out);
        out.push_str(&text[range.clone()]);
        at = range.end;
    }
    writer.gap(at..text.len(), out);
}

struct Writer<'t> {
    text: &'t str,
    told: Told,
    /// Where the white space at the end begins.
    said: usize,
    /// Bytes up to which characters and line breaks were counted.
    counted: usize,
    chars: usize,
    lines: usize,
}

impl Writer<'_> {
    fn gap(&mut self, gap: Range<usize>, out: &mut String) {
        let between = &self.text[gap.clone()];
        let inner = between.trim();
        if inner.is_empty() {
            out.push_str(between);
            return;
        }
        let from = gap.start + (between.len() - between.trim_start().len());
        let inner = from..from + inner.len();
        let begins = self.text[..inner.start].ends_with('\n') || inner.start == 0 || self.is_line_start(inner.start);
        let ends =
            inner.end >= self.said || self.text[inner.end..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
        if begins && ends {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            self.mark(inner.clone(), true, out);
            if inner.end < self.text.len() {
                out.push('\n');
            }
        } else {
            let is_apart = |text: &str| if text.contains('\n') { "\n" } else { " " };
            if inner.start > 0 && !out.is_empty() {
                out.push_str(is_apart(&self.text[gap.start..inner.start]));
            }
            self.mark(inner.clone(), false, out);
            if gap.end < self.text.len() {
                out.push_str(is_apart(&self.text[inner.end..gap.end]));
            }
        }
    }

    /// Whether nothing but blanks stands before a place in its line.
    fn is_line_start(&self, at: usize) -> bool {
        self.text[..at].trim_end_matches([' ', '\t']).ends_with('\n')
    }

    fn mark(&mut self, gap: Range<usize>, is_lines: bool, out: &mut String) {
        if self.told == Told::Size {
            let _ = write!(out, "[… {} chars]", self.text[gap].chars().count());
            return;
        }
        self.count_to(gap.start);
        let (chars, lines) = (self.chars, self.lines);
        self.count_to(gap.end);
        let _ = match is_lines {
            true if lines == self.lines => write!(out, "[… line {}]", lines + 1),
            true => write!(out, "[… lines {}-{}]", lines + 1, self.lines + 1),
            false => write!(out, "[… chars {}-{}]", chars + 1, self.chars),
        };
    }

    fn count_to(&mut self, at: usize) {
        let passed = &self.text[self.counted..at];
        self.lines += memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        self.chars += if passed.is_ascii() { passed.len() } else { passed.chars().count() };
        self.counted = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieve::retrieve;

    fn written(text: &str, shown: &[&str], told: Told) -> String {
        let ranges: Vec<Range<usize>> =
            shown.iter().map(|own| text.find(own).map(|at| at..at + own.len()).unwrap()).collect();
        let mut out = String::new();
        write(text, &ranges, told, &mut out);
        out
    }

    #[test]
    fn places_of_marks_are_those_that_retrieve_takes() {
        let text = "# Títle\n\nOne is hére. Two is hére. Three.\n\nFour\nand more.\n\nLast.\n";
        let view = written(text, &["# Títle", "One is hére.", "Three.", "Last."], Told::Place);
        assert_eq!(view, "# Títle\n\nOne is hére. [… chars 23-34] Three.\n[… lines 5-6]\nLast.\n");
        assert_eq!(retrieve(text, "chars 23-34", 100).unwrap().text, "Two is hére.");
        assert_eq!(retrieve(text, "lines 5-6", 100).unwrap().text.trim_end(), "Four\nand more.");
    }

    #[test]
    fn parts_of_other_texts_say_how_long_gaps_are() {
        assert_eq!(written("One. Two. Three.", &["Two."], Told::Size), "[… 4 chars] Two. [… 6 chars]");
        assert_eq!(written("One. Two.", &[], Told::Size), "[… 9 chars]");
    }
}
