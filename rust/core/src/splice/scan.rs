//! A strict reading of one JSON document into spans: what is accepted here, every parser accepts.

use crate::json::parse::number_end;
use crate::json::string;

/// Deeper documents are not read; a request is about ten deep.
pub const MAX_DEPTH: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    True,
    False,
    Number,
    String,
    /// A string with an escape that stands for half a character: no text has it.
    Lone,
    Array,
    Object,
}

/// One value, or one key of an object, which stands right before its value.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: Kind,
    /// Where it stands in the document; for a string, between its quotes.
    pub start: u32,
    pub end: u32,
    /// The node after everything inside this one.
    pub skip: u32,
    /// Where the text of a string with escapes stands in the decoded texts; empty for other nodes.
    pub text: (u32, u32),
}

/// The nodes of a document in the order in which they stand, and the texts of its strings that have escapes.
///
/// `None` if it is no JSON, deeper than `MAX_DEPTH`, or longer than spans can say. Takes linear time.
pub fn scan(document: &str) -> Option<(Vec<Node>, String)> {
    if document.len() >= u32::MAX as usize / 2 {
        return None;
    }
    let mut scan = Scan { bytes: document.as_bytes(), at: 0, nodes: Vec::new(), texts: Vec::new(), open: Vec::new() };
    scan.document()?;
    Some((scan.nodes, String::from_utf8(scan.texts).ok()?))
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    texts: Vec<u8>,
    open: Vec<usize>,
}

impl Scan<'_> {
    fn document(&mut self) -> Option<()> {
        self.space();
        let mut opened = self.value()?;
        loop {
            if opened && !self.closes() {
                self.key_of_member()?;
                opened = self.value()?;
                continue;
            }
            // A value is complete: what stands around it goes on, or closes.
            loop {
                let Some(&outer) = self.open.last() else {
                    self.space();
                    return (self.at == self.bytes.len()).then_some(());
                };
                self.space();
                if self.closes() {
                    continue;
                }
                if self.bytes.get(self.at) != Some(&b',') {
                    return None;
                }
                self.at += 1;
                self.space();
                debug_assert!(outer < self.nodes.len());
                self.key_of_member()?;
                opened = self.value()?;
                break;
            }
        }
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Closes the innermost container if its closing bracket stands here.
    fn closes(&mut self) -> bool {
        let Some(&index) = self.open.last() else { return false };
        let close = if self.nodes[index].kind == Kind::Object { b'}' } else { b']' };
        if self.bytes.get(self.at) != Some(&close) {
            return false;
        }
        self.at += 1;
        self.open.pop();
        self.nodes[index].skip = self.nodes.len() as u32;
        self.nodes[index].end = self.at as u32;
        true
    }

    /// Inside an object: the key of the next member and its colon.
    fn key_of_member(&mut self) -> Option<()> {
        let inside = self.open.last()?;
        if self.nodes[*inside].kind == Kind::Object {
            if self.bytes.get(self.at) != Some(&b'"') {
                return None;
            }
            self.string()?;
            self.space();
            if self.bytes.get(self.at) != Some(&b':') {
                return None;
            }
            self.at += 1;
            self.space();
        }
        Some(())
    }

    /// Reads a value, or the opening bracket of one: true if it is open still.
    fn value(&mut self) -> Option<bool> {
        let start = self.at;
        match *self.bytes.get(start)? {
            open @ (b'{' | b'[') => {
                if self.open.len() >= MAX_DEPTH {
                    return None;
                }
                let kind = if open == b'{' { Kind::Object } else { Kind::Array };
                self.open.push(self.nodes.len());
                self.push(kind, start, start, (0, 0));
                self.at += 1;
                self.space();
                return Some(true);
            }
            b'"' => self.string()?,
            b'n' => self.word(b"null", Kind::Null)?,
            b't' => self.word(b"true", Kind::True)?,
            b'f' => self.word(b"false", Kind::False)?,
            _ => {
                self.at = number_end(self.bytes, start)?;
                self.push(Kind::Number, start, self.at, (0, 0));
            }
        }
        Some(false)
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Option<()> {
        if !self.bytes[self.at..].starts_with(word) {
            return None;
        }
        let start = self.at;
        self.at += word.len();
        self.push(kind, start, self.at, (0, 0));
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at + 1;
        let from = self.texts.len();
        let Some((end, is_decoded)) = string::read(self.bytes, start, &mut self.texts) else {
            self.texts.truncate(from);
            return self.lone(start);
        };
        self.at = end + 1;
        let text = if is_decoded { (from as u32, self.texts.len() as u32) } else { (0, 0) };
        self.push(Kind::String, start, end, text);
        Some(())
    }

    /// A string that no text has, if it is one for all that.
    #[cold]
    fn lone(&mut self, start: usize) -> Option<()> {
        let (end, _) = string::scan(self.bytes, start)?;
        let raw = &self.bytes[start..end];
        (are_escapes_good(raw) && raw.iter().all(|&byte| byte >= 0x20)).then_some(())?;
        self.at = end + 1;
        self.push(Kind::Lone, start, end, (0, 0));
        Some(())
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, text: (u32, u32)) {
        let skip = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, start: start as u32, end: end as u32, skip, text });
    }
}

/// Whether every escape of a string is one, if not always of a whole character.
fn are_escapes_good(raw: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &raw[at..]) {
        at += found + 1;
        match raw.get(at) {
            Some(b'u') if raw.get(at + 1..at + 5).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) => {
                at += 5;
            }
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_refused() {
        let good = [
            "null",
            " [1, -0.0, 1e5, 2E-3, [], {}] ",
            r#"{"a":{"b":[null,true,false,"x"]},"a":""}"#,
            r#""\ud83d""#,
            "\"\u{7f}\"",
        ];
        for text in good {
            assert!(scan(text).is_some(), "{text}");
        }
        let bad = [
            "",
            "{",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "[1 2]",
            "nul",
            "NaN",
            "Infinity",
            "01",
            "1.",
            "+1",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\ud83d\\",
            "[]]",
            "{}{}",
            "[}",
            "{\"a\":1]",
            "\u{feff}{}",
            "'a'",
            "[1}",
            "\"abc",
            "{\"a\":}",
            "-",
            "[\"a\":1]",
        ];
        for text in bad {
            assert!(scan(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_document_may_be_so_deep_and_no_deeper() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(scan(&nested(MAX_DEPTH)).is_some());
        assert!(scan(&nested(MAX_DEPTH + 1)).is_none());
        assert!(scan(&"[".repeat(1_000_000)).is_none());
    }

    #[test]
    fn escapes_are_decoded_beside_the_document() {
        let (nodes, texts) = scan(r#"["plain", "a\nb", "\u00e9\ud83d\ude00", "half \ud83d"]"#).unwrap();
        let kinds: Vec<Kind> = nodes.iter().map(|node| node.kind).collect();
        assert_eq!(kinds, [Kind::Array, Kind::String, Kind::String, Kind::String, Kind::Lone]);
        assert_eq!(texts, "a\nbé😀");
        assert_eq!(nodes[3].text, (3, 9));
    }
}
