//! A block of running text in, its sentences out.
//!
//! A sentence ends with `.`, `!` or `?` before white space, unless what stands there is an abbreviation, an initial, or
//! inside a code span; with the full stops of Chinese, Japanese and Arabic; and where a line ends that was not wrapped.
//! One without an end is cut where white space is, so a piece has a bounded length. Linear.

use std::ops::Range;

/// Bytes from which a sentence is cut at white space, and anywhere.
const LONG_BYTES: usize = 600;
const LONGEST_BYTES: usize = 1_200;
/// A shorter sentence goes with the next one.
const SHORT_BYTES: usize = 24;
/// A line shorter than this was not wrapped.
const WRAPPED_BYTES: usize = 50;
/// Bytes of a word before a full stop that are looked at.
const MAX_ABBREVIATION_BYTES: usize = 12;

/// Bytes of quotes, brackets and notes behind a full stop.
const MAX_CLOSERS: usize = 24;

/// Lower-case words that are followed by a full stop within a sentence.
const ABBREVIATIONS: [&str; 52] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "no", "fig", "figs", "eq", "sec", "ch", "vol", "pp", "cf",
    "al", "ca", "approx", "dept", "est", "gen", "col", "lt", "sgt", "capt", "rev", "hon", "gov", "sen", "rep", "pres",
    "mt", "ft", "inc", "ltd", "co", "corp", "bros", "e.g", "i.e", "bzw", "usw", "nr", "vgl", "str", "z.b", "d.h",
    "p.ej", "env",
];

/// What a byte may mean for the end of a sentence.
const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b".!?\n";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    // First bytes of the ideographic and full-width stops, and of the Arabic question mark.
    table[0xE3] = true;
    table[0xEF] = true;
    table[0xD8] = true;
    table
};

/// Calls `each` with the range of every sentence, without the white space between them.
pub fn split(text: &str, block: Range<usize>, mut each: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut from = block.start;
    let mut at = from;
    let mut line = from;
    while at < block.end {
        if at - from >= LONG_BYTES && (bytes[at] == b' ' || at - from >= LONGEST_BYTES && text.is_char_boundary(at)) {
            each(from, at);
            from = skip_space(bytes, at, block.end);
            at = from.max(at + usize::from(from == at));
            continue;
        }
        if !STOPS[bytes[at] as usize] {
            at += 1;
            continue;
        }
        let own = Stop { bytes, from, line, block_end: block.end };
        let end = own.end_at(at);
        if bytes[at] == b'\n' {
            line = at + 1;
        }
        match end {
            Some(end) if end - from >= SHORT_BYTES || bytes[at] == b'\n' => {
                each(from, end);
                from = skip_space(bytes, end, block.end);
                if memchr::memchr(b'\n', &bytes[end..from]).is_some() {
                    line = from;
                }
                at = from;
            }
            Some(end) => at = end.max(at + 1),
            None => at += 1,
        }
    }
    if from < block.end {
        each(from, block.end);
    }
}

fn skip_space(bytes: &[u8], from: usize, end: usize) -> usize {
    bytes[from..end].iter().position(|byte| !byte.is_ascii_whitespace()).map_or(end, |offset| from + offset)
}

struct Stop<'t> {
    bytes: &'t [u8],
    from: usize,
    /// Where the line begins.
    line: usize,
    block_end: usize,
}

impl Stop<'_> {
    /// Where a sentence ends whose last sign may stand at `at`.
    fn end_at(&self, at: usize) -> Option<usize> {
        match self.bytes[at] {
            b'\n' => self.ends_line(at).then_some(at),
            0xE3 | 0xEF | 0xD8 => self.end_of_wide(at),
            _ => self.end_of_stop(at),
        }
    }

    /// Whether a line ends a sentence: it says that it does, or was not wrapped.
    fn ends_line(&self, at: usize) -> bool {
        let line = self.bytes[self.line..at].trim_ascii_end();
        line.len() < WRAPPED_BYTES || matches!(line.last(), Some(b'.' | b'!' | b'?' | b':'))
    }

    fn end_of_wide(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..self.block_end];
        let stop = ["。", "！", "？", "؟"].iter().find(|stop| rest.starts_with(stop.as_bytes()))?;
        let mut end = at + stop.len();
        for closer in ["」", "』", "）", "”"] {
            end += if self.bytes[end..self.block_end].starts_with(closer.as_bytes()) { closer.len() } else { 0 };
        }
        Some(end)
    }

    fn end_of_stop(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes;
        let mut end = at + 1;
        let limit = self.block_end.min(at + MAX_CLOSERS);
        while end < limit {
            match bytes[end] {
                b'.' | b'!' | b'?' | b'"' | b'\'' | b')' | b']' | b'*' | b'_' => end += 1,
                b'[' if self.is_note(end) => end += 1 + bytes[end..].iter().position(|&byte| byte == b']')?,
                _ if bytes[end..self.block_end].starts_with("”".as_bytes()) => end += "”".len(),
                _ => break,
            }
        }
        if end == self.block_end {
            return Some(end);
        }
        if !bytes[end].is_ascii_whitespace() {
            return None;
        }
        let next = skip_space(bytes, end, self.block_end);
        let is_lower = bytes.get(next).is_some_and(u8::is_ascii_lowercase);
        let is_open = bytes[at] == b'.' && (is_lower || self.is_abbreviation(at));
        (!is_open && !self.is_in_code(at)).then_some(end)
    }

    /// Whether a number in brackets stands there, as of a note.
    fn is_note(&self, at: usize) -> bool {
        let rest = &self.bytes[at + 1..self.block_end.min(at + 6)];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && rest.get(digits) == Some(&b']')
    }

    fn is_abbreviation(&self, at: usize) -> bool {
        let start = self.from.max(at.saturating_sub(MAX_ABBREVIATION_BYTES));
        let is_apart = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'(' | b'[' | b'"' | b'\'');
        let begin = self.bytes[start..at].iter().rposition(is_apart).map_or(start, |offset| start + offset + 1);
        let word = &self.bytes[begin..at];
        match word {
            [only] => only.is_ascii_uppercase(),
            _ if word.len() <= 5 && word.contains(&b'.') => {
                word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'.')
            }
            _ => ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())),
        }
    }

    /// Whether a code span is open there.
    fn is_in_code(&self, at: usize) -> bool {
        memchr::memchr_iter(b'`', &self.bytes[self.from..at]).count() % 2 == 1
            && memchr::memchr(b'`', &self.bytes[at..self.block_end.min(at + 80)]).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        split(text, 0..text.len(), |from, to| out.push(&text[from..to]));
        out
    }

    #[test]
    fn abbreviations_initials_code_and_addresses_end_nothing() {
        let text =
            "Dr. Smith met J. K. Rowling in the U.S. in May. See e.g. https://a.b/c.d and `x. Y` there. It was 3.5 m \
                    high (cf. Fig. 2).[12] \"Was it really so?\" Yes, it was so indeed.";
        assert_eq!(
            sentences(text),
            [
                "Dr. Smith met J. K. Rowling in the U.S. in May.",
                "See e.g. https://a.b/c.d and `x. Y` there.",
                "It was 3.5 m high (cf. Fig. 2).[12]",
                "\"Was it really so?\" Yes, it was so indeed.",
            ]
        );
    }

    #[test]
    fn sentences_of_other_scripts_and_wrapped_lines_are_told() {
        assert_eq!(
            sentences("今天天气很好，我们去公园散步。明天也许会下雨！「そうですか、分かりました。」と彼は言った。")
                .len(),
            4
        );
        let wrapped = "A line that was wrapped where a reader would wrap it, and goes\non here. Next one begins in this line.\nshort\nlast";
        assert_eq!(sentences(wrapped).len(), 4);
    }

    #[test]
    fn what_never_ends_is_cut() {
        for text in ["word ".repeat(1_000), "x".repeat(5_000), "é".repeat(5_000), ".".repeat(5_000)] {
            let own = sentences(&text);
            assert!(
                own.iter().all(|each| each.len() <= LONGEST_BYTES + 4) || text.starts_with('.'),
                "{}",
                own[0].len()
            );
            assert_eq!(
                own.concat().len(),
                text.split(' ').collect::<String>().len() + own.concat().matches(' ').count()
            );
        }
    }
}
