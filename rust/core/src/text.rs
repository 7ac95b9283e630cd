//! What the compressors of printed text share: the task, the lines, the drafts.

use crate::json::query::{Found, Hit, Query};
use crate::prose::model::Guess;

/// A text to be made smaller, and what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    pub text: &'a str,
    /// The question in force, in any language; may be empty.
    pub question: &'a str,
    /// The name and the arguments of the tool call that made the text; may be empty.
    pub call: &'a str,
    /// The key of the stored original; without one nothing may be left out.
    pub key: Option<&'a str>,
    /// The least that keeps the evidence.
    pub deep: bool,
    /// Share of the text's tokens that a lossy draft keeps at most, evidence first.
    pub target_ratio: Option<f64>,
    /// A lossy draft with at most this share of the text's bytes needs no lossless one beside it.
    pub clear_share: f64,
    /// Share of the tokens of running text that is kept at least where nothing is asked; `None`: all of it.
    pub unasked_share: Option<f64>,
    /// What a model says of running text.
    pub guess: Option<&'a Guess>,
}

impl<'a> Task<'a> {
    /// A task that leaves nothing out.
    pub fn lossless(text: &'a str) -> Self {
        Task {
            text,
            question: "",
            call: "",
            key: None,
            deep: false,
            target_ratio: None,
            clear_share: 0.0,
            unasked_share: None,
            guess: None,
        }
    }

    /// Whether a lossy draft is so short that a lossless one could not win beside it.
    pub fn is_clear(&self, draft: &str) -> bool {
        draft.len() as f64 <= self.clear_share * self.text.len() as f64
    }
}

/// The forms that could stand for a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drafts {
    pub lossy: Option<View>,
    pub lossless: Option<String>,
}

/// A lossy view: its first line is a marker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    pub text: String,
    /// Units (lines, matches, frames) that are shown, and that there are.
    pub shown: usize,
    pub total: usize,
    /// Numbers, from 1, of lines of the text that are shown, and why.
    pub kept: Vec<(u32, &'static str)>,
    /// What was left out, and how many units of it.
    pub dropped: Vec<(String, usize)>,
}

/// The first line of a lossy view, with its line break.
pub fn marker(kind: &str, shown: usize, total: usize, unit: &str, key: &str) -> String {
    format!("[headroom {kind} {shown}/{total} {unit} key={key}]\n")
}

/// Ends the line that has been begun.
pub fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// The names of things in order: `A` to `Z`, `AA`, …
pub fn letters(mut ordinal: usize) -> String {
    let mut letters = String::new();
    loop {
        letters.insert(0, char::from(b'A' + (ordinal % 26) as u8));
        if ordinal < 26 {
            return letters;
        }
        ordinal = ordinal / 26 - 1;
    }
}

/// One line: where it begins, where what it says ends, and where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub start: u32,
    /// Before the line break: `\n` or `\r\n`, or nothing at the end of the text.
    pub end: u32,
    pub next: u32,
}

/// A text as lines. Linear in the text, which may have up to 4 GiB.
pub struct Lines<'a> {
    pub text: &'a str,
    pub list: Vec<Line>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut list = Vec::with_capacity(text.len() / 48 + 1);
        let mut start = 0;
        for at in memchr::memchr_iter(b'\n', bytes) {
            let end = if at > start && bytes[at - 1] == b'\r' { at - 1 } else { at };
            list.push(Line { start: start as u32, end: end as u32, next: at as u32 + 1 });
            start = at + 1;
        }
        if start < bytes.len() {
            list.push(Line { start: start as u32, end: bytes.len() as u32, next: bytes.len() as u32 });
        }
        Self { text, list }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What the line of this index says, without its line break.
    #[inline]
    pub fn line(&self, index: usize) -> &'a str {
        let line = self.list[index];
        &self.text[line.start as usize..line.end as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &'a str> + '_ {
        (0..self.len()).map(|index| self.line(index))
    }

    /// The lines that a question, or the call, names: `Hit::node` is the index of the line. Best first, those of the
    /// question before those of the call. Words that stand in many lines decide nothing.
    pub fn named(&self, question: &str, call: &str) -> Vec<Hit> {
        let query = Query::new(question, call);
        if query.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Found> = Vec::new();
        for (index, line) in self.iter().enumerate() {
            query.scan(line.as_bytes(), index as u32, &mut found);
        }
        query.score(found, self.len() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_their_break() {
        let lines = Lines::of("a\r\nb\n\nc");
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["a", "b", "", "c"]);
        assert_eq!(lines.list[0], Line { start: 0, end: 1, next: 3 });
        assert!(Lines::of("").is_empty());
        assert_eq!(Lines::of("\n").iter().collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn the_lines_a_question_names_come_best_first() {
        let text = "started worker 7\nopened blk_707166 for reading\nclosed blk_99\nstopped worker 7\n";
        let hits = Lines::of(text).named("What happened to blk_707166?", "");
        assert_eq!(hits.first().map(|hit| hit.node), Some(1));
        assert!(Lines::of(text).named("", "").is_empty());
    }
}
