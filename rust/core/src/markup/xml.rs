//! XML in, tree events out.
//!
//! Attributes and elements of one name each are members; elements of one name in a row are a list; what is mixed is a
//! list of items that name their element (`<`). No entity is resolved but the five predefined ones and characters by
//! number; a document type with declarations of its own is declined. One pass to read, one to write, no recursion.

use super::tree::{Builder, Scalar};
use crate::json::paths::MixMap;

const NONE: u32 = u32::MAX;
/// Elements and stretches of text beyond which a text is not read: they take more memory than the text.
const MAX_NODES: usize = 4_000_000;

/// An element, or a stretch of text (whose name is empty).
struct Node<'a> {
    name: &'a str,
    at: u32,
    /// Of an element where its attributes lie in `Document::attributes`.
    attributes: (u32, u32),
    text: &'a str,
    is_raw: bool,
    first: u32,
    last: u32,
    next: u32,
    /// Elements below that are not all told apart by their names; stretches of text between elements.
    is_mixed: bool,
    has_elements: bool,
}

struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node<'a>>,
    attributes: Vec<(&'a str, &'a str)>,
    open: Vec<u32>,
    /// Names that elements have had below each element.
    seen: MixMap<(u32, u32), ()>,
}

/// Parses a text into a tree; `None` if it is no XML that is understood.
pub fn parse(text: &str, tree: &mut Builder) -> Option<()> {
    let mut document =
        Document { text, nodes: Vec::new(), attributes: Vec::new(), open: Vec::new(), seen: MixMap::default() };
    document.read()?;
    document.write(tree)
}

impl<'a> Document<'a> {
    fn read(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut at = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        while at < bytes.len() {
            let found = at + memchr::memchr(b'<', &bytes[at..]).unwrap_or(bytes.len() - at);
            self.stretch(&self.text[at..found], at, false)?;
            if found == bytes.len() {
                break;
            }
            let rest = &self.text[found..];
            at = if let Some(inner) = rest.strip_prefix("<!--") {
                found + 7 + inner.find("-->")?
            } else if let Some(inner) = rest.strip_prefix("<![CDATA[") {
                let end = inner.find("]]>")?;
                self.stretch(&inner[..end], found, true)?;
                found + 12 + end
            } else if rest.starts_with("<?") {
                found + 2 + rest.find("?>")?
            } else if let Some(inner) = rest.strip_prefix("<!") {
                let end = rest.find('>')?;
                if rest[..end].contains('[') || !self.nodes.is_empty() || !inner.starts_with("DOCTYPE") {
                    return None;
                }
                found + end + 1
            } else if let Some(inner) = rest.strip_prefix("</") {
                let end = inner.find('>')?;
                let index = self.open.pop()?;
                (self.nodes[index as usize].name == inner[..end].trim_end()).then_some(())?;
                found + 3 + end
            } else {
                self.element(found)?
            };
        }
        (self.open.is_empty() && !self.nodes.is_empty()).then_some(())
    }

    /// Adds a node below the open element.
    fn add(&mut self, name: &'a str, at: usize, text: &'a str, is_raw: bool) -> Option<u32> {
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let index = self.nodes.len() as u32;
        let parent = self.open.last().copied();
        self.nodes.push(Node {
            name,
            at: at as u32,
            attributes: (0, 0),
            text,
            is_raw,
            first: NONE,
            last: NONE,
            next: NONE,
            is_mixed: false,
            has_elements: false,
        });
        let Some(parent) = parent else { return (index == 0).then_some(index) };
        let last = std::mem::replace(&mut self.nodes[parent as usize].last, index);
        if last == NONE {
            self.nodes[parent as usize].first = index;
        } else {
            self.nodes[last as usize].next = index;
        }
        let had_elements = self.nodes[parent as usize].has_elements;
        let had_text =
            last != NONE && (self.nodes[last as usize].name.is_empty() || self.nodes[parent as usize].is_mixed);
        if name.is_empty() {
            self.nodes[parent as usize].is_mixed |= had_elements;
        } else {
            let goes_on = last != NONE && self.nodes[last as usize].name == name;
            let is_known =
                !goes_on && self.seen.insert((parent, crate::json::parse::key_hash(name.as_bytes())), ()).is_some();
            let parent = &mut self.nodes[parent as usize];
            parent.is_mixed |= is_known || had_text;
            parent.has_elements = true;
        }
        Some(index)
    }

    fn stretch(&mut self, text: &'a str, at: usize, is_raw: bool) -> Option<()> {
        let bare = if is_raw { text } else { text.trim() };
        if bare.is_empty() {
            return Some(());
        }
        (!self.open.is_empty()).then_some(())?;
        self.add("", at, bare, is_raw).map(|_| ())
    }

    /// Reads the tag that begins at `at`; one past its end.
    fn element(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80;
        is_first(*bytes.get(end)?).then_some(())?;
        end = name_end(bytes, end);
        let index = self.add(&self.text[at + 1..end], at, "", false)?;
        let from = self.attributes.len() as u32;
        loop {
            let space = bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            end += space;
            match *bytes.get(end)? {
                b'>' => {
                    self.open.push(index);
                    break;
                }
                b'/' if bytes.get(end + 1) == Some(&b'>') => {
                    end += 1;
                    break;
                }
                byte if space > 0 && is_first(byte) => {
                    let name = &self.text[end..name_end(bytes, end)];
                    end += name.len();
                    end += bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                    (*bytes.get(end)? == b'=').then_some(())?;
                    end += 1 + bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                    let quote = *bytes.get(end)?;
                    matches!(quote, b'"' | b'\'').then_some(())?;
                    let length = memchr::memchr2(quote, b'<', &bytes[end + 1..])?;
                    (bytes[end + 1 + length] == quote).then_some(())?;
                    self.attributes.push((name, &self.text[end + 1..end + 1 + length]));
                    end += length + 2;
                }
                _ => return None,
            }
        }
        self.nodes[index as usize].attributes = (from, self.attributes.len() as u32);
        Some(end + 1)
    }

    /// Writes the root as the only member of a map.
    fn write(&self, tree: &mut Builder) -> Option<()> {
        tree.open(true, 0)?;
        tree.key(self.nodes[0].name, 0)?;
        let mut frames: Vec<Frame> = Vec::new();
        self.begin(0, "", tree, &mut frames)?;
        while let Some(frame) = frames.last_mut() {
            let index = frame.next;
            if index == NONE {
                let frame = frames.pop()?;
                for _ in 0..frame.closes + u32::from(frame.in_run) {
                    tree.close()?;
                }
                continue;
            }
            let node = &self.nodes[index as usize];
            frame.next = node.next;
            if frame.is_mixed {
                let name = node.name;
                if name.is_empty() {
                    tree.scalar(&decoded(node), Scalar::Text, node.at as usize)?;
                } else {
                    self.begin(index, name, tree, &mut frames)?;
                }
                continue;
            }
            let goes_on = node.next != NONE && self.nodes[node.next as usize].name == node.name;
            if node.name.is_empty() {
                if !frame.text_done {
                    frame.text_done = true;
                    tree.key("text", node.at as usize)?;
                    tree.scalar(&self.text_from(index), Scalar::Plain, node.at as usize)?;
                }
                continue;
            }
            if frame.run != node.name {
                if std::mem::take(&mut frame.in_run) {
                    tree.close()?;
                }
                frame.run = node.name;
                tree.key(node.name, node.at as usize)?;
                if goes_on {
                    frame.in_run = true;
                    tree.open(false, node.at as usize)?;
                }
            }
            self.begin(index, "", tree, &mut frames)?;
        }
        tree.close()
    }

    /// Writes an element up to its children; in a mixed list with its name.
    fn begin(&self, index: u32, named: &str, tree: &mut Builder, frames: &mut Vec<Frame<'a>>) -> Option<()> {
        let node = &self.nodes[index as usize];
        let at = node.at as usize;
        let (from, to) = node.attributes;
        if from == to && !node.has_elements && named.is_empty() {
            return tree.scalar(&self.text_from(node.first), Scalar::Plain, at);
        }
        tree.open(true, at)?;
        if !named.is_empty() {
            tree.key("<", at)?;
            tree.scalar(named, Scalar::Text, at)?;
        }
        for (name, value) in &self.attributes[from as usize..to as usize] {
            tree.key(name, at)?;
            tree.scalar(&resolved(value), Scalar::Plain, at)?;
        }
        let mut closes = 1;
        if node.is_mixed {
            tree.key("<>", at)?;
            tree.open(false, at)?;
            closes = 2;
        }
        frames.push(Frame {
            next: node.first,
            closes,
            is_mixed: node.is_mixed,
            in_run: false,
            text_done: false,
            run: "",
        });
        Some(())
    }

    /// The stretches of text from `index` on, together: CDATA may divide them.
    fn text_from(&self, mut index: u32) -> String {
        let mut out = String::new();
        while index != NONE && self.nodes[index as usize].name.is_empty() {
            out.push_str(&decoded(&self.nodes[index as usize]));
            index = self.nodes[index as usize].next;
        }
        out
    }
}

/// An element whose children are being written.
struct Frame<'a> {
    next: u32,
    closes: u32,
    is_mixed: bool,
    /// A list of elements of one name is open.
    in_run: bool,
    text_done: bool,
    run: &'a str,
}

fn name_end(bytes: &[u8], at: usize) -> usize {
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || *byte >= 0x80;
    at + bytes[at..].iter().take_while(|byte| is_name(byte)).count()
}

fn decoded(node: &Node) -> String {
    if node.is_raw {
        node.text.to_owned()
    } else {
        resolved(node.text)
    }
}

/// A text with the predefined entities and characters by number resolved; all others stay as they are.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.as_bytes()[1..].iter().take(10).position(|byte| *byte == b';').map(|end| &rest[1..=end]);
        let character = name.and_then(|name| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let digits = name.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => digits.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (character, name) {
            (Some(character), Some(name)) => {
                out.push(character);
                rest = &rest[name.len() + 2..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        Builder::json_of(|tree| parse(text, tree))
    }

    #[test]
    fn elements_attributes_and_text_become_json() {
        for (xml, wanted) in [
            (
                "<?xml version=\"1.0\"?>\n<!-- c -->\n<r a='1'><b>x</b><b>y &amp; z</b><c/></r>\n",
                r#"{"r":{"a":1,"b":["x","y & z"],"c":null}}"#,
            ),
            ("<r><p d=\"1\"/><q/><p d=\"2\"/></r>", r#"{"r":{"<>":[{"<":"p","d":1},{"<":"q"},{"<":"p","d":2}]}}"#),
            ("<r>one <b>two</b> three</r>", r#"{"r":{"<>":["one",{"<":"b","text":"two"},"three"]}}"#),
            ("<r i=\"7\"><![CDATA[<x>]]></r>", r#"{"r":{"i":7,"text":"<x>"}}"#),
            ("<r>&#65;&#x42;&unknown;&lt;</r>", r#"{"r":"AB&unknown;<"}"#),
            ("<r><a><x>1</x><x>2</x></a><a><x>3</x></a></r>", r#"{"r":{"a":[{"x":[1,2]},{"x":3}]}}"#),
        ] {
            assert_eq!(json(xml).as_deref(), Some(wanted), "{xml}");
        }
    }

    #[test]
    fn what_is_not_understood_is_declined() {
        for text in [
            "",
            "<",
            "<a",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<a b='1></a>",
            "words",
            "<a/><b/>",
            "<a>x</a>y",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "</a>",
            "<1/>",
            "<a><!-- </a>",
        ] {
            assert_eq!(json(text), None, "{text:?}");
        }
        assert_eq!(json(&"<a>".repeat(100_000)), None);
        let deep = "<a>".repeat(5_000) + &"</a>".repeat(5_000);
        assert_eq!(json(&deep), None);
    }
}
