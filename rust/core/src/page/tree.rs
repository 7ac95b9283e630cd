//! Tags in, a flat tree out: nodes in the order of the source, each with its parent and the end of what it holds.
//!
//! End tags may be missing, doubled or crossed. How far back an open element is looked for is bounded, so the time is
//! linear in the source however deep it nests, and nothing recurses.

use std::borrow::Cow;

use super::entities;
use super::scan::{Attributes, Scanner, Token};
use super::tags::Tag;

/// Open elements that are looked through for the one that an end tag ends.
const MAX_LOOK_BACK: usize = 256;
/// The same for elements whose end tag may be left out.
const MAX_IMPLIED: usize = 24;
/// Nodes whose text is put on one line.
const MAX_LINE_NODES: usize = 512;

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub tag: Tag,
    pub parent: u32,
    /// The first node behind all that this one holds.
    pub end: u32,
    name: u32,
    /// Of a text its bytes, of an element its attributes.
    pub from: u32,
    pub to: u32,
}

pub struct Tree<'a> {
    pub text: &'a str,
    pub nodes: Vec<Node>,
}

impl<'a> Tree<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut builder =
            Builder { nodes: Vec::with_capacity(text.len() / 24 + 2), open: Vec::new(), counts: [0; Tag::COUNT] };
        builder.push(Tag::Root, 0, 0, 0, true);
        let mut scanner = Scanner::new(text);
        while let Some(token) = scanner.next() {
            match token {
                Token::Text { from, to } => builder.push(Tag::Text, 0, from, to, false),
                Token::Open { tag, name, from, to, closed } => {
                    builder.close_implied(tag);
                    builder.push(tag, name, from, to, !closed);
                }
                Token::Close { tag, name } => builder.close(tag, name),
            }
        }
        builder.pop_to(0);
        Tree { text, nodes: builder.nodes }
    }

    pub fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    /// The source of a text, or of the attributes of an element.
    pub fn raw(&self, index: u32) -> &'a str {
        let node = self.node(index);
        &self.text[node.from as usize..node.to as usize]
    }

    pub fn attributes(&self, index: u32) -> Attributes<'a> {
        let node = self.node(index);
        let is_element = node.tag != Tag::Text;
        Attributes::of(self.text.as_bytes(), node.from as usize, if is_element { node.to } else { node.from } as usize)
    }

    /// The value of an attribute, with entities resolved; `name` in lower case.
    pub fn attribute(&self, index: u32, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.attributes(index).find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))?;
        std::str::from_utf8(value).ok().map(entities::decoded)
    }

    /// The text below a node as one line, as far as its first nodes hold it: at most about `max_bytes`.
    pub fn line_of(&self, index: u32, max_bytes: usize) -> String {
        let mut line = String::new();
        for at in (index..self.node(index).end).take(MAX_LINE_NODES) {
            if line.len() >= max_bytes {
                break;
            }
            if self.node(at).tag == Tag::Text {
                self.push_words(at, &mut line);
            }
        }
        line
    }

    fn push_words(&self, at: u32, line: &mut String) {
        for word in entities::decoded(self.raw(at)).split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// Elements that are open, outermost first.
    open: Vec<u32>,
    /// How many of them there are of each tag.
    counts: [u32; Tag::COUNT],
}

impl Builder {
    fn push(&mut self, tag: Tag, name: u32, from: usize, to: usize, stays_open: bool) {
        let index = self.nodes.len() as u32;
        let parent = self.open.last().copied().unwrap_or(0);
        self.nodes.push(Node { tag, parent, end: index + 1, name, from: from as u32, to: to as u32 });
        if stays_open {
            self.open.push(index);
            self.counts[tag as usize] += 1;
        }
    }

    /// Closes open elements until `length` of them are left.
    fn pop_to(&mut self, length: usize) {
        let end = self.nodes.len() as u32;
        for index in self.open.drain(length..) {
            let node = &mut self.nodes[index as usize];
            node.end = end;
            self.counts[node.tag as usize] -= 1;
        }
    }

    fn tag_at(&self, depth: usize) -> Tag {
        self.nodes[self.open[depth] as usize].tag
    }

    fn close(&mut self, tag: Tag, name: u32) {
        if self.counts[tag as usize] == 0 {
            return;
        }
        for depth in (1..self.open.len()).rev().take(MAX_LOOK_BACK) {
            let found = self.tag_at(depth);
            if found == tag && (tag != Tag::Other || self.nodes[self.open[depth] as usize].name == name) {
                return self.pop_to(depth);
            }
            // An end tag within a line ends no block, and one within a cell nothing outside of it.
            let stops = if tag.is_inline() {
                !found.is_inline()
            } else if tag.is_of_table() {
                found == Tag::Table
            } else {
                found.is_border()
            };
            if stops {
                return;
            }
        }
    }

    /// Closes what a start tag ends: a paragraph by a block, an item by an item, a cell by a cell.
    fn close_implied(&mut self, tag: Tag) {
        if tag.is_inline() || tag.is_void() && tag != Tag::Hr || tag.is_raw() {
            return;
        }
        let (ended, borders): (&[Tag], &[Tag]) = match tag {
            Tag::Li => (&[Tag::Li, Tag::P], &[Tag::Ul, Tag::Ol]),
            Tag::Dt | Tag::Dd => (&[Tag::Dt, Tag::Dd, Tag::P], &[Tag::Dl]),
            Tag::Td | Tag::Th => (&[Tag::Td, Tag::Th], &[Tag::Tr]),
            Tag::Tr => (&[Tag::Tr], &[Tag::Tbody, Tag::Thead, Tag::Tfoot]),
            Tag::Tbody | Tag::Thead | Tag::Tfoot => (&[Tag::Tbody, Tag::Thead, Tag::Tfoot, Tag::Caption], &[]),
            Tag::Option => (&[Tag::Option], &[Tag::Select]),
            Tag::Body => (&[Tag::Head], &[]),
            _ => (&[Tag::P], &[]),
        };
        if ended.iter().all(|tag| self.counts[*tag as usize] == 0) {
            return;
        }
        let is_of_table = tag.is_of_table();
        let mut outermost = None;
        for depth in (1..self.open.len()).rev().take(MAX_IMPLIED) {
            let found = self.tag_at(depth);
            if ended.contains(&found) {
                outermost = Some(depth);
                if found != Tag::P {
                    break;
                }
            } else if borders.contains(&found) || found == Tag::Table || !is_of_table && found.is_border() {
                break;
            }
        }
        if let Some(depth) = outermost {
            self.pop_to(depth);
        }
    }
}
