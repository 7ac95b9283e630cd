//! A text in, its blocks out: headings, sources, paragraphs, items of lists, rows of tables, code.
//!
//! Markdown, plain paragraphs, chunks with a line that says where each is from, and tags around documents. Linear.

use crate::text::Lines;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With its level, from 1.
    Heading(u8),
    /// Says where what follows is from: `[3] Title`, `source: …`, `<document index="3">`.
    Source,
    /// Divides, and says nothing: `---`, `</document>`.
    Rule,
    Text,
    /// Of a list.
    Item,
    /// Of a table.
    Row,
    Code,
}

impl Form {
    /// Whether it names what stands below it.
    pub fn is_head(self) -> bool {
        matches!(self, Form::Heading(_) | Form::Source)
    }
}

/// A block; its bytes without the last line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub form: Form,
    pub from: u32,
    pub to: u32,
}

/// Bytes of a line that names something, at most.
const MAX_HEAD_BYTES: usize = 160;
/// Bytes of a speaker's name.
const MAX_NAME_BYTES: usize = 40;
/// Names of the fields by which the head of a chunk says where it is from.
const FIELDS: [&str; 14] = [
    "source", "url", "title", "id", "score", "file", "path", "document", "page", "author", "date", "chunk", "link",
    "section",
];

/// The blocks of a text, in order; blank lines are in none.
pub fn blocks(text: &str) -> Vec<Block> {
    let lines = Lines::of(text);
    let mut reader = Reader { lines: &lines, out: Vec::new(), is_apart: true };
    let mut at = 0;
    while at < lines.len() {
        at = reader.read(at);
    }
    reader.out
}

struct Reader<'l, 't> {
    lines: &'l Lines<'t>,
    out: Vec<Block>,
    /// Whether a blank line, or nothing, stands before the line that is read.
    is_apart: bool,
}

impl Reader<'_, '_> {
    /// Reads the block, or the line of one, that begins with a line; returns the next line.
    fn read(&mut self, at: usize) -> usize {
        let raw = self.lines.line(at);
        let line = raw.trim();
        if line.is_empty() {
            self.is_apart = true;
            return at + 1;
        }
        let (form, end) = self.form_of(at, raw, line);
        let goes_on = form == Form::Text && !self.is_apart && !begins_turn(line) && self.may_go_on();
        let to = self.lines.list[end - 1].end;
        match self.out.last_mut() {
            Some(last) if goes_on => last.to = to,
            _ => self.out.push(Block { form, from: self.lines.list[at].start, to }),
        }
        self.is_apart = false;
        end
    }

    /// Whether a line of text belongs to the block before it.
    fn may_go_on(&self) -> bool {
        self.out.last().is_some_and(|last| matches!(last.form, Form::Text | Form::Item))
    }

    /// What begins with a line, and the line behind it.
    fn form_of(&self, at: usize, raw: &str, line: &str) -> (Form, usize) {
        if let Some(fence) = fence_of(line) {
            return (Form::Code, self.end_of_fence(at, fence));
        }
        let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
        if (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') {
            return (Form::Heading(hashes as u8), at + 1);
        }
        if let Some(level) = self.underlined(at, line) {
            return (Form::Heading(level), at + 2);
        }
        if is_rule(line) {
            return (Form::Rule, at + 1);
        }
        if line.starts_with('|') {
            return (Form::Row, at + 1);
        }
        if self.is_source(line) {
            return (Form::Source, at + 1);
        }
        let is_in_list = self.out.last().is_some_and(|last| last.form == Form::Item);
        if self.is_apart && !is_in_list && is_indented(raw) {
            return (Form::Code, self.end_of_indented(at));
        }
        if is_item(line) {
            return (Form::Item, at + 1);
        }
        if line.len() <= MAX_HEAD_BYTES
            && line.len() > 4
            && line.starts_with("**")
            && line[2..].find("**") == Some(line.len() - 4)
        {
            return (Form::Heading(6), at + 1);
        }
        (Form::Text, at + 1)
    }

    fn end_of_fence(&self, at: usize, fence: &str) -> usize {
        let is_end = |line: &str| line.trim_start().starts_with(fence) && line.trim().len() <= fence.len() + 2;
        (at + 1..self.lines.len()).find(|&line| is_end(self.lines.line(line))).map_or(self.lines.len(), |end| end + 1)
    }

    fn end_of_indented(&self, at: usize) -> usize {
        let mut end = at + 1;
        let mut next = at + 1;
        while next < self.lines.len() {
            let line = self.lines.line(next);
            if is_indented(line) && !line.trim().is_empty() {
                end = next + 1;
            } else if !line.trim().is_empty() {
                break;
            }
            next += 1;
        }
        end
    }

    /// The level of a heading that the line below it underlines.
    fn underlined(&self, at: usize, line: &str) -> Option<u8> {
        if !self.is_apart || line.len() > MAX_HEAD_BYTES || at + 1 >= self.lines.len() || is_item(line) {
            return None;
        }
        let below = self.lines.line(at + 1).trim();
        let is_of = |byte: u8| below.len() >= 3 && below.bytes().all(|own| own == byte);
        match () {
            () if is_of(b'=') => Some(1),
            () if is_of(b'-') => Some(2),
            () => None,
        }
    }

    /// Whether a line says where what follows is from.
    fn is_source(&self, line: &str) -> bool {
        if line.len() > MAX_HEAD_BYTES {
            return false;
        }
        let begins =
            self.is_apart || self.out.last().is_some_and(|last| matches!(last.form, Form::Source | Form::Rule));
        let bytes = line.as_bytes();
        if bytes[0] == b'<' && bytes[bytes.len() - 1] == b'>' && !line.starts_with("<!--") {
            return bytes[1].is_ascii_alphabetic();
        }
        begins && (is_numbered(line) || is_field(line))
    }
}

/// The sign that opens code in Markdown.
fn fence_of(line: &str) -> Option<&str> {
    let first = line.as_bytes()[0];
    if first != b'`' && first != b'~' {
        return None;
    }
    let length = line.bytes().take_while(|&byte| byte == first).count();
    (length >= 3 && !line[length..].contains('`')).then_some(&line[..length])
}

/// `---`, `***`, `</document>`.
fn is_rule(line: &str) -> bool {
    let first = line.as_bytes()[0];
    let is_drawn =
        matches!(first, b'-' | b'*' | b'_' | b'=') && line.len() >= 3 && line.bytes().all(|byte| byte == first);
    is_drawn || line.starts_with("</") && line.ends_with('>') && line.len() <= MAX_NAME_BYTES
}

fn is_indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// `[3] Title`, where the title is no sentence.
fn is_numbered(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('[') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=4).contains(&digits) && rest[digits..].starts_with(']') && !line.ends_with(['.', '!', '?', '。'])
}

/// `source: …`, of a field by which chunks are named.
fn is_field(line: &str) -> bool {
    let name = line.trim_start_matches(['*', '-', ' ']);
    let end = name.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(name.len());
    let behind = name[end..].trim_start_matches(['*', ' ']);
    (behind.starts_with(':') || behind.starts_with('='))
        && FIELDS.iter().any(|field| name[..end].eq_ignore_ascii_case(field))
}

fn is_item(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return digits <= 3 && (line[digits..].starts_with(". ") || line[digits..].starts_with(") "));
    }
    ["- ", "* ", "+ ", "• "].iter().any(|sign| line.starts_with(sign))
}

/// Whether a line begins with the name of who speaks, as in the record of a meeting.
pub fn begins_turn(line: &str) -> bool {
    let bytes = line.as_bytes();
    let Some(colon) = memchr::memchr(b':', &bytes[..bytes.len().min(MAX_NAME_BYTES)]) else { return false };
    bytes.get(colon + 1) == Some(&b' ')
        && bytes[0].is_ascii_uppercase()
        && bytes[..colon]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'\'') || *byte >= 0x80)
        && bytes[..colon].iter().filter(|&&byte| byte == b' ').count() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<(Form, &str)> {
        blocks(text).into_iter().map(|block| (block.form, &text[block.from as usize..block.to as usize])).collect()
    }

    #[test]
    fn markdown_is_read_block_by_block() {
        use Form::{Code, Heading, Item, Row, Rule, Text};
        let text = "# One\n\nFirst line\nsecond line.\n- item\n  goes on\n- other\n\nTwo\n---\n```sh\n# no heading\n\nls\n```\n\
                    | a | b |\n|---|---|\n\n---\n\n    indented\n\n    code\nend\n";
        assert_eq!(
            forms(text),
            [
                (Heading(1), "# One"),
                (Text, "First line\nsecond line."),
                (Item, "- item\n  goes on"),
                (Item, "- other"),
                (Heading(2), "Two\n---"),
                (Code, "```sh\n# no heading\n\nls\n```"),
                (Row, "| a | b |"),
                (Row, "|---|---|"),
                (Rule, "---"),
                (Code, "    indented\n\n    code"),
                (Text, "end"),
            ]
        );
    }

    #[test]
    fn chunks_say_where_they_are_from() {
        use Form::{Rule, Source, Text};
        let text = "[1] Oxygen\nIt burns.\n\n<document index=\"2\">\n<source>a.md</source>\nWater.\n</document>\n---\nSource: b.md\n\
                    URL: https://x.io\nNot a source: no.\n";
        let own: Vec<Form> = blocks(text).iter().map(|block| block.form).collect();
        assert_eq!(own, [Source, Text, Source, Source, Text, Rule, Rule, Source, Source, Text]);
    }

    #[test]
    fn turns_of_a_meeting_are_blocks() {
        assert_eq!(forms("Project Manager: So.\nMarketing: Yes , we do .\nand more\n").len(), 2);
    }
}
