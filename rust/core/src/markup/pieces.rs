//! Markup in, its pieces out: lines, or tags with the text behind them; what is fixed in each, and which are values.
//!
//! Pieces put together are the text, byte for byte. A piece with those below it (further right, or inside the element)
//! is a block.

use super::stanza::{Line, Style};
use super::{flow, Language};

/// A stretch of the text.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub start: u32,
    pub end: u32,
    pub depth: u32,
    /// It closes the block that began at its depth.
    pub is_close: bool,
    /// Where its values lie in `Pieces::holes`.
    pub holes: (u32, u32),
}

const CDATA: &[u8] = b"<![CDATA[";
/// Pieces beyond which a text is not folded: they take more memory than the text.
pub const MAX_PIECES: usize = 4_000_000;

/// A text as pieces; of one with more than `MAX_PIECES` the first ones.
pub struct Pieces<'a> {
    pub text: &'a str,
    pub list: Vec<Piece>,
    /// Spans of values, in order.
    pub holes: Vec<(u32, u32)>,
}

impl<'a> Pieces<'a> {
    pub fn of(text: &'a str, language: Language) -> Self {
        let mut pieces = Pieces { text, list: Vec::with_capacity(text.len() / 32 + 1), holes: Vec::new() };
        match language {
            Language::Xml => pieces.tags(),
            Language::Records | Language::Commits => {
                if let Some(style) = Style::of(text) {
                    pieces.fields(style);
                }
            }
            _ => pieces.lines(language),
        }
        pieces
    }

    fn push(&mut self, start: usize, end: usize, depth: usize, is_close: bool, from: usize) {
        let holes = (from as u32, self.holes.len() as u32);
        self.list.push(Piece { start: start as u32, end: end as u32, depth: depth as u32, is_close, holes });
    }

    fn hole(&mut self, start: usize, end: usize) {
        if end > start {
            self.holes.push((start as u32, end as u32));
        }
    }

    fn lines(&mut self, language: Language) {
        let mut at = 0;
        let mut depth = 0;
        for whole in self.text.split_inclusive('\n') {
            let line = whole.trim_end_matches(['\n', '\r', ' ', '\t']);
            let bare = line.trim_start_matches([' ', '\t']);
            let indent = line.len() - bare.len();
            let from = self.holes.len();
            let is_section = language != Language::Yaml && indent == 0 && bare.starts_with('[');
            if !bare.is_empty() {
                // Keys stand below the section they belong to.
                depth = match language {
                    // A document holds what stands below its line.
                    Language::Yaml if line == "---" => 0,
                    Language::Yaml => indent + 1,
                    _ if is_section => 0,
                    _ => indent + 1,
                };
                if is_section {
                    let name = bare.trim_start_matches('[');
                    let end = name.find(']').unwrap_or(0);
                    self.hole(at + bare.len() - name.len(), at + bare.len() - name.len() + end);
                } else if line != "---" {
                    let value = value_at(bare, language);
                    self.value(at + indent + value, at + line.len());
                }
            }
            let is_close = bare.starts_with(['}', ']']);
            // An empty line belongs to what stands above it.
            let own = if bare.is_empty() { depth + 1 } else { depth };
            self.push(at, at + whole.len(), own, is_close, from);
            at += whole.len();
            if self.list.len() > MAX_PIECES {
                return;
            }
        }
    }

    /// Fields stand below the line that counts their record, or its first field.
    fn fields(&mut self, style: Style) {
        let mut at = 0;
        let mut is_start = true;
        for whole in self.text.split_inclusive('\n') {
            let line = whole.trim_end_matches(['\n', '\r', ' ', '\t']);
            let from = self.holes.len();
            let said = style.read(line);
            let is_first = match said {
                Line::Head(start, end) => {
                    self.hole(at + start, at + end);
                    true
                }
                Line::Pair(_, _, value) => {
                    self.hole(at + value.min(line.len()), at + line.len());
                    is_start && style == Style::Paragraphs
                }
                Line::More => {
                    self.hole(at + line.len() - line.trim_start().len(), at + line.len());
                    false
                }
                Line::Blank | Line::Rule => false,
                // What is said of a commit stands for itself.
                Line::Other => style == Style::Commits,
            };
            is_start = matches!(said, Line::Blank | Line::Rule);
            self.push(at, at + whole.len(), usize::from(!is_first), false, from);
            at += whole.len();
            if self.list.len() > MAX_PIECES {
                return;
            }
        }
    }

    /// The values in what stands behind a key: of a short collection the texts in it.
    fn value(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        if !text.starts_with('{') {
            return self.hole(start, end);
        }
        let known = self.holes.len();
        let mut at = start;
        while let Some(open) = memchr::memchr(b'"', &self.text.as_bytes()[at..end]).map(|found| at + found) {
            let Some(close) = flow::quoted_end(&self.text.as_bytes()[..end], open, b'"') else { return };
            self.hole(open + 1, close - 1);
            at = close;
        }
        if self.holes.len() == known {
            self.hole(start, end);
        }
    }

    fn tags(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut depth = 0usize;
        while at < bytes.len() && self.list.len() <= MAX_PIECES {
            let from = self.holes.len();
            // White space in front of a tag on a line of its own belongs to the tag.
            let lead = bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let tag = at + lead;
            let rest = &bytes[tag..];
            if rest.first() != Some(&b'<') {
                let end = self.text_end(at);
                self.text_hole(at, end);
                self.push(at, end, depth, false, from);
                at = end;
                continue;
            }
            let is_close = rest.starts_with(b"</");
            let is_other = matches!(rest.get(1), Some(b'!' | b'?'));
            let Some(close) = tag_end(rest, is_other) else {
                self.push(at, bytes.len(), depth, false, from);
                return;
            };
            let is_open = !is_close && !is_other && rest[close - 2] != b'/';
            depth -= usize::from(is_close).min(depth);
            if !is_close && !is_other {
                self.attributes(tag, tag + close);
            } else if rest.starts_with(CDATA) {
                self.hole(tag + CDATA.len(), tag + close - 3);
            }
            let end = self.text_end(tag + close);
            self.text_hole(tag + close, end);
            self.push(at, end, depth, is_close, from);
            depth += usize::from(is_open);
            at = end;
        }
    }

    /// Where the text that begins at `at` ends: before the next tag, or behind the line break before it.
    fn text_end(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let text = &rest[..memchr::memchr(b'<', rest).unwrap_or(rest.len())];
        let said = text.trim_ascii_end().len();
        at + memchr::memrchr(b'\n', &text[said..]).map_or(text.len(), |found| said + found + 1)
    }

    fn text_hole(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        let bare = text.trim();
        if !bare.is_empty() {
            let from = start + text.len() - text.trim_start().len();
            self.hole(from, from + bare.len());
        }
    }

    fn attributes(&mut self, start: usize, end: usize) {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(open) = memchr::memchr2(b'"', b'\'', &bytes[at..end]).map(|found| at + found) {
            let Some(length) = memchr::memchr(bytes[open], &bytes[open + 1..end]) else { return };
            self.hole(open + 1, open + 1 + length);
            at = open + length + 2;
        }
    }
}

/// One past the end of the tag at the beginning of `rest`.
fn tag_end(rest: &[u8], is_other: bool) -> Option<usize> {
    if rest.starts_with(b"<!--") {
        return memchr::memmem::find(rest, b"-->").map(|end| end + 3);
    }
    if rest.starts_with(CDATA) {
        return memchr::memmem::find(rest, b"]]>").map(|end| end + 3);
    }
    let mut at = 1;
    loop {
        let found = at + memchr::memchr3(b'>', b'"', b'\'', &rest[at..])?;
        if rest[found] == b'>' || is_other {
            return Some(found + memchr::memchr(b'>', &rest[found..])? + 1);
        }
        at = found + 2 + memchr::memchr(rest[found], &rest[found + 1..])?;
    }
}

/// Where the value of a line begins: behind its dashes, its key and its separator.
fn value_at(bare: &str, language: Language) -> usize {
    if language != Language::Yaml {
        let separator = match language {
            Language::Toml => bare.find('='),
            _ => bare.find(['=', ':']),
        };
        if bare.starts_with(['#', ';', '"', '{', '[']) {
            return 0;
        }
        let Some(at) = separator else { return 0 };
        return at + 1 + bare[at + 1..].len() - bare[at + 1..].trim_start().len();
    }
    let mut at = 0;
    while bare[at..].starts_with("- ") {
        at += 2 + bare[at + 2..].len() - bare[at + 2..].trim_start_matches(' ').len();
    }
    match if bare[at..].is_empty() { None } else { flow::key_end(&bare[at..]) } {
        Some((_, behind)) => {
            let rest = &bare[at + behind..];
            at + behind + rest.len() - rest.trim_start_matches(' ').len()
        }
        None if bare == "-" => 1,
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, language: Language) -> Vec<(u32, Vec<&str>)> {
        let pieces = Pieces::of(text, language);
        let joined: String = pieces.list.iter().map(|p| &text[p.start as usize..p.end as usize]).collect();
        assert_eq!(joined, text);
        let holes = |piece: &Piece| pieces.holes[piece.holes.0 as usize..piece.holes.1 as usize].to_vec();
        let texts = |piece| holes(piece).into_iter().map(|(from, to)| &text[from as usize..to as usize]).collect();
        pieces.list.iter().map(|piece| (piece.depth, texts(piece))).collect()
    }

    #[test]
    fn lines_have_a_depth_and_a_value() {
        assert_eq!(
            shown("a:\n- b: 1\n  c: x y \n\n-\n", Language::Yaml),
            [(1, vec![]), (1, vec!["1"]), (3, vec!["x y"]), (4, vec![]), (1, vec![])]
        );
        assert_eq!(
            shown("[[p]]\nn = \"x\"\nf = { a = \"1\", b = \"2\" }\n", Language::Toml),
            [(0, vec!["p"]), (1, vec!["\"x\""]), (1, vec!["1", "2"])]
        );
        assert_eq!(shown("[s]\nk=v\n", Language::Ini), [(0, vec!["s"]), (1, vec!["v"])]);
    }

    #[test]
    fn tags_have_a_depth_and_values() {
        assert_eq!(
            shown("<?x?><a b=\"1\" c='2>'>t<d/> </a>\n", Language::Xml),
            [(0, vec![]), (0, vec!["1", "2>", "t"]), (1, vec![]), (0, vec![])]
        );
        for text in ["<a", "<a b=\"", "<!-- x", "x<y", "</a></b>", "<", "<>"] {
            shown(text, Language::Xml);
        }
    }
}
