//! A text in, how surely it is running text or documentation out, by a few stretches of it. Takes bounded time.

use crate::begins::Heads;
use crate::words;

/// Bytes of a stretch that is looked at, and stretches.
const STRETCH_BYTES: usize = 1_500;
const STRETCHES: usize = 5;
/// Bytes of a line that is looked at.
const MAX_LINE_BYTES: usize = 400;
/// Bytes of a line that is a tag, or a short text between two.
const MAX_TAG_BYTES: usize = 120;
/// Words of a line of running text at least.
const MIN_WORDS: usize = 4;
/// The share of the bytes of running text that are letters and spaces.
const MIN_LETTERS: f64 = 0.86;
/// Bytes of the smallest text.
const MIN_BYTES: usize = 200;
/// Bytes of a word on average, of a language with spaces.
const MEAN_WORD: std::ops::RangeInclusive<f64> = 2.8..=9.0;
/// The share of lines of code from which a text is left to others; of one with signs of Markdown.
const MAX_CODE: f64 = 0.06;
const MAX_CODE_IN_MARKDOWN: f64 = 0.3;
/// The share of running text of a text that is nothing else.
const SURELY: f64 = 0.9;
/// Bytes of running text in which a sentence ends at least.
const MAX_SENTENCE_BYTES: usize = 600;

/// What was seen of lines.
#[derive(Default)]
struct Seen {
    prose_bytes: usize,
    /// Of lines that are neither running text nor without meaning here, such as headings and rows of tables.
    other_bytes: usize,
    lines: usize,
    code: usize,
    /// Signs of Markdown: headings, fences, links.
    signs: usize,
    stops: usize,
    in_fence: bool,
}

/// The share of a text that reads as natural language or Markdown, 0 to 1; 0 of what has code beside it.
pub fn share(text: &str) -> f64 {
    if text.len() < MIN_BYTES {
        return 0.0;
    }
    let mut seen = Seen::default();
    // Of a small text all is looked at.
    let stretches = if text.len() <= STRETCHES * STRETCH_BYTES { 1 } else { STRETCHES };
    let step = text.len() / stretches;
    for ordinal in 0..stretches {
        let from = ordinal * step;
        let bytes = if stretches == 1 { step } else { STRETCH_BYTES };
        let stretch = &text.as_bytes()[from..from + bytes];
        seen.in_fence = false;
        // A line that a stretch begins inside of tells little.
        let skipped = if ordinal == 0 { 0 } else { memchr::memchr(b'\n', stretch).map_or(0, |end| end + 1) };
        stretch[skipped..].split(|&byte| byte == b'\n').for_each(|line| seen.add(line));
    }
    seen.share()
}

/// Whether a piece of a text is so surely running text that it is nothing else.
pub fn is_running(text: &str) -> bool {
    share(text) >= SURELY
}

/// The share of a piece of a text that is running text.
pub fn share_of(text: &[u8]) -> f64 {
    let (mut prose, mut all) = (0, 0);
    for line in text[..text.len().min(STRETCH_BYTES)].split(|&byte| byte == b'\n') {
        let line = line[..line.len().min(MAX_LINE_BYTES)].trim_ascii();
        all += line.len();
        prose += if is_prose(line) { line.len() } else { 0 };
    }
    if all == 0 {
        0.0
    } else {
        prose as f64 / all as f64
    }
}

impl Seen {
    fn add(&mut self, line: &[u8]) {
        let line = &line[..line.len().min(MAX_LINE_BYTES)];
        let bare = line.trim_ascii();
        if bare.starts_with(b"```") || bare.starts_with(b"~~~") {
            self.in_fence = !self.in_fence;
            self.signs += 2;
            return;
        }
        let is_tag = bare.first() == Some(&b'<') && bare.last() == Some(&b'>') && bare.len() <= MAX_TAG_BYTES;
        if bare.is_empty() || self.in_fence || is_tag {
            return;
        }
        self.lines += 1;
        let is_sign = bare[0] == b'#' && bare.get(1).is_some_and(|&byte| byte == b'#' || byte == b' ');
        self.signs += usize::from(is_sign) + usize::from(has_link(bare));
        if is_prose(bare) {
            self.prose_bytes += bare.len();
            self.stops += stops(bare);
        } else if is_code(line, bare) {
            self.code += 1;
            self.other_bytes += bare.len();
        } else if !is_sign && bare[0] != b'|' && bare.len() > 40 && !has_link(bare) {
            self.other_bytes += bare.len();
        }
    }

    fn share(&self) -> f64 {
        let most = if self.signs >= 3 { MAX_CODE_IN_MARKDOWN } else { MAX_CODE };
        let is_said = self.stops * MAX_SENTENCE_BYTES >= self.prose_bytes && self.stops >= 2;
        if !is_said || self.code as f64 > most * self.lines as f64 {
            return 0.0;
        }
        self.prose_bytes as f64 / (self.prose_bytes + self.other_bytes) as f64
    }
}

/// Whether a link of Markdown stands in a line.
fn has_link(line: &[u8]) -> bool {
    memchr::memchr_iter(b']', line).any(|at| line.get(at + 1) == Some(&b'('))
}

/// Of Chinese and Japanese.
const FULL_STOP: &[u8] = "。".as_bytes();

/// Ends of sentences in a line.
fn stops(line: &[u8]) -> usize {
    let ends = |at: usize| {
        line.get(at + 1).is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b'"' | b')' | b'['))
    };
    let plain = memchr::memchr3_iter(b'.', b'?', b'!', line).filter(|&at| ends(at)).count();
    plain + memchr::memchr_iter(FULL_STOP[0], line).filter(|&at| line[at..].starts_with(FULL_STOP)).count()
}

/// For each byte one if it is a letter or stands between letters; and one above 16 bits if it is beyond ASCII, which counts
/// as a letter.
const LETTERS: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b' ' | b',' | b'.' | b'\'' => 1,
            0x80.. => 1 | 1 << 16,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Whether a line is running text, a heading, or an item of a list.
fn is_prose(line: &[u8]) -> bool {
    let line = bare(line);
    let counts = line.iter().fold(0, |counts, &byte| counts + LETTERS[byte as usize]);
    let (letters, beyond) = (counts & 0xFFFF, (counts >> 16) as usize);
    if f64::from(letters) < MIN_LETTERS * line.len() as f64 {
        return false;
    }
    if beyond * 2 > line.len() {
        return line.len() >= 24;
    }
    let (mut count, mut bytes, mut lower) = (0usize, 0usize, 0usize);
    words::for_each(line, |from, to| {
        count += 1;
        bytes += to - from;
        lower += usize::from(line[from..to].iter().all(|byte| byte.is_ascii_lowercase() || *byte >= 0x80));
    });
    count >= MIN_WORDS && MEAN_WORD.contains(&(bytes as f64 / count as f64)) && lower * 2 >= count
}

/// Whether a line looks like source code, or like what a shell prints.
fn is_code(line: &[u8], bare: &[u8]) -> bool {
    static BEGINNINGS: Heads<12> = Heads::of([
        "def ", "class ", "import ", "from ", "return", "if ", "for ", "elif ", "else:", "try:", "@", ">>>",
    ]);
    let last = bare[bare.len() - 1];
    let ends = matches!(last, b'{' | b'}' | b';' | b'(' | b'[' | b'\\');
    let is_deep = line.starts_with(b"    ") && matches!(last, b')' | b']' | b',' | b':');
    ends || is_deep || BEGINNINGS.begin(bare) || has_sign(bare)
}

/// Whether `()`, ` = `, `==`, `->`, `=>`, `::`, `{}`, `[]`, `self.`, ` := `, ` += ` or `</` stands somewhere in a line.
fn has_sign(line: &[u8]) -> bool {
    let ends_sign = |at: usize| match line[..=at] {
        [.., b'(', b')'] | [.., b'=', b'='] | [.., b'-' | b'=', b'>'] | [.., b':', b':'] => true,
        [.., b'{', b'}'] | [.., b'[', b']'] | [.., b'<', b'/'] => true,
        [.., b' ', b'='] | [.., b' ', b':' | b'+', b'='] => line.get(at + 1) == Some(&b' '),
        _ => false,
    };
    (1..line.len()).any(|at| matches!(line[at], b')' | b'=' | b'>' | b':' | b'}' | b']' | b'/') && ends_sign(at))
        || memchr::memchr_iter(b'.', line).any(|at| line[..at].ends_with(b"self"))
}

/// A line without the sign of a heading, an item or a quotation.
fn bare(line: &[u8]) -> &[u8] {
    let signs = line.iter().take_while(|byte| matches!(byte, b'#' | b'-' | b'*' | b'>' | b' ' | b'+')).count();
    &line[signs..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_is_told_from_what_tools_print() {
        let english = "The quick brown fox jumps over the lazy dog, and then it goes home to sleep. ".repeat(4);
        let markdown = "# Title\n\nThis is how it is done in most of the cases that we know of.\n\n- an item of a list with words\n".repeat(3);
        let chinese = "今天天气很好，我们去公园散步，然后回家吃饭。".repeat(6);
        for text in [english, markdown, chinese] {
            assert!(share(&text) > 0.7, "{text}: {}", share(&text));
        }
        let code = "    let value = self.get(key).unwrap_or_default();\n    if value == 0 { return None; }\n".repeat(4);
        let documented =
            "def physical(aoi, n):\n    \"\"\"Determine the modifier of the angle of incidence, as it is known.\n\n    It is said that this holds for all of the glasses. \n    \"\"\"\n    x = n\n    return x\n".repeat(2);
        let log = "2024-05-06 10:00:01 INFO [worker-3] took job 17 in 3ms id=ab12\n".repeat(4);
        let base = "q83vEjRWeJqL3vASNFZ4mXze8BI0VnicVb2kR7Lp0QeXw3mZsT1yUoGfHd5NiA8KjBt9Yu6Wr4Ec".repeat(3);
        for text in [code, documented, log, base, String::new()] {
            assert!(share(&text) < 0.2, "{text}: {}", share(&text));
        }
    }
}
