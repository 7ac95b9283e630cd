//! Preformatted text in, prose out: memos and letters are set with spaces and line breaks that say nothing.
//!
//! Paragraphs that are drawn or are code stay as they stand. Heads and feet of pages, which are the same lines with other
//! numbers again and again, are written twice and then no more.

use std::collections::HashMap;

use xxhash_rust::xxh3::Xxh3;

/// Bytes from which a preformatted text may be prose.
const MIN_BYTES: usize = 400;
/// The share of characters that are letters, spaces and signs of sentences in a paragraph of prose.
const PROSE_SHARE: f32 = 0.94;
/// The share of paragraphs that are prose in a text that is.
const MIN_PARAGRAPHS: f32 = 0.6;
/// How often a line that differs in numbers alone is written.
const MAX_REPEATS: u32 = 2;

/// Lines that were written, without their numbers, and how often.
#[derive(Default)]
pub struct Repeats {
    seen: HashMap<u64, u32>,
    pub left_out: usize,
}

/// The text as prose, if it is.
pub fn reflow(text: &str, repeats: &mut Repeats) -> Option<String> {
    if text.len() < MIN_BYTES {
        return None;
    }
    let paragraphs = paragraphs(text);
    let prose = paragraphs.iter().filter(|lines| is_prose(lines)).count();
    if (prose as f32) < MIN_PARAGRAPHS * paragraphs.len() as f32 {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for lines in &paragraphs {
        let flows = is_prose(lines);
        let shared = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
        let mut is_first = true;
        let mut previous = "";
        for line in lines {
            if repeats.is_repeated(line) {
                continue;
            }
            let bare = if flows { line.trim() } else { line[shared..].trim_end() };
            let separator = match (is_first, out.is_empty()) {
                (true, true) => "",
                (true, false) => "\n\n",
                (false, _) if flows && goes_on(previous, bare) => " ",
                (false, _) => "\n",
            };
            out.push_str(separator);
            if flows {
                push_squeezed(&mut out, bare);
            } else {
                out.push_str(bare);
            }
            (is_first, previous) = (false, bare);
        }
    }
    Some(out)
}

impl Repeats {
    /// Whether a line was written before as often as is enough.
    fn is_repeated(&mut self, line: &str) -> bool {
        if line.len() < 24 || !line.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let mut hasher = Xxh3::new();
        let folded: Vec<u8> = line.bytes().filter(|byte| !byte.is_ascii_digit() && *byte != b' ').collect();
        hasher.update(&folded);
        let count = self.seen.entry(hasher.digest()).or_insert(0);
        *count += 1;
        self.left_out += usize::from(*count > MAX_REPEATS);
        *count > MAX_REPEATS
    }
}

fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let mut paragraphs = vec![Vec::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            _ if line.trim().is_empty() => paragraphs.push(Vec::new()),
            Some(last) => last.push(line),
            None => {}
        }
    }
    paragraphs.retain(|lines| !lines.is_empty());
    paragraphs
}

fn is_prose(lines: &[&str]) -> bool {
    let (mut told, mut all, mut words) = (0u32, 0u32, 0usize);
    for line in lines {
        words += line.split_whitespace().count();
        for character in line.trim().chars() {
            all += 1;
            told += u32::from(character.is_alphanumeric() || " .,:;'\"-()!?/[]".contains(character));
        }
        // Columns, and drawings.
        if line.trim().contains("    ") && lines.len() > 1 || line.trim_start().starts_with(['|', '+', '$', '>']) {
            return false;
        }
    }
    told as f32 >= PROSE_SHARE * all as f32 && words >= 2 * lines.len()
}

/// Whether a line goes on with what the one above began.
fn goes_on(above: &str, line: &str) -> bool {
    let ends = above.chars().next_back().is_some_and(|last| last.is_lowercase() || last == ',');
    ends && line.chars().next().is_some_and(|first| first.is_alphabetic() || first == '(')
}

fn push_squeezed(out: &mut String, line: &str) {
    let mut words = line.split_whitespace();
    out.push_str(words.next().unwrap_or(""));
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
}
