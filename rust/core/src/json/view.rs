//! What a lossy view shows: which children of which collections, how much of long texts.

use super::parse::Tree;
use super::paths::MixMap;
use super::string;
use crate::words;

/// The choices of a lossy view.
#[derive(Default)]
pub struct View {
    /// Children shown, per collection of which some are left out.
    pub kept: MixMap<u32, Vec<u32>>,
    /// Lines said of a collection below its rows.
    pub summaries: MixMap<u32, String>,
    /// Rows that were asked for: long texts shown further, factored columns said in full.
    pub asked: MixMap<u32, ()>,
    /// Offsets in raw texts around which the query's words stand.
    pub focus: MixMap<u32, u32>,
    /// Bytes shown of a text in an ordinary row and in one that was asked for.
    pub text_limit: usize,
    pub asked_text_limit: usize,
    /// Paths left out, but for rows that were asked for.
    pub hidden: Vec<bool>,
}

impl View {
    /// Whether a row says factored columns in full.
    pub fn is_literal(&self, row: u32) -> bool {
        self.asked.contains_key(&row)
    }

    /// Bytes of a text shown in `row`.
    pub fn limit_of(&self, row: u32, outer: usize) -> usize {
        if self.asked.contains_key(&row) {
            self.asked_text_limit
        } else {
            outer
        }
    }

    /// Head, tail and the query's neighbourhood of a long string; `None` if it is short after all
    /// or has no text.
    pub fn excerpt(&self, tree: &Tree, index: u32, limit: usize) -> Option<String> {
        let node = tree.node(index);
        let raw = tree.raw(index);
        let decoded;
        let text: &str = if node.escaped {
            decoded = string::decode(raw)?;
            &decoded
        } else {
            std::str::from_utf8(raw).ok()?
        };
        if text.len() <= limit + limit / 4 {
            return None;
        }
        let mut ranges = vec![(0, limit / 2), (text.len() - limit / 4, text.len())];
        if let Some(&at) = self.focus.get(&index) {
            let before = &raw[..(at as usize).min(raw.len())];
            let at = if node.escaped {
                string::decode(before).map_or(before.len(), |text| text.len())
            } else {
                before.len()
            };
            ranges.push((at.saturating_sub(limit / 4), at + limit / 2));
        }
        if text.bytes().filter(|&byte| byte == b'\n').take(MIN_LINES).count() == MIN_LINES {
            ranges.extend(troubled_lines(text, limit));
        }
        ranges.sort_unstable();
        Some(join_ranges(text, ranges))
    }
}

/// Line breaks from which on a text is one of lines, such as a log.
const MIN_LINES: usize = 8;
/// Lines that report trouble which an excerpt shows.
const MAX_TROUBLED: usize = 4;

/// The first lines of a text that report trouble, and the last.
fn troubled_lines(text: &str, limit: usize) -> Vec<(usize, usize)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if words::has_trouble(line.as_bytes()) {
            if lines.len() == MAX_TROUBLED {
                lines.pop();
            }
            lines.push((start, start + line.len().min(limit.max(120))));
        }
        start += line.len();
    }
    lines
}

/// The ranges of `text`, widened to character borders, with the characters between them counted.
fn join_ranges(text: &str, ranges: Vec<(usize, usize)>) -> String {
    let mut out = String::new();
    let mut shown_to = 0;
    for (start, end) in ranges {
        let start = floor_char(text, start).max(shown_to);
        let end = floor_char(text, end.min(text.len()));
        if end <= start {
            continue;
        }
        if start > shown_to {
            let hidden = text[shown_to..start].chars().count();
            if hidden < 16 {
                out.push_str(&text[shown_to..start]);
            } else {
                out.push_str(&format!("…[+{hidden} chars]…"));
            }
        }
        out.push_str(&text[start..end]);
        shown_to = end;
    }
    out
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
