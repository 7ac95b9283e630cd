//! A JSON text in, the passages in its strings out: results of a search in documents, each with what names it.

use std::ops::Range;

use super::document::Document;
use super::sniff;
use crate::json::parse::{Kind, Tree};
use crate::json::string;

/// Bytes of a string that is a passage.
const MIN_BYTES: usize = 160;
/// The share of the bytes of a JSON text that are in passages.
const MIN_SHARE: f64 = 0.6;
/// Bytes of what names a passage.
const MAX_NAME_BYTES: usize = 400;
/// Bytes of a stretch that is looked at, and stretches.
const STRETCH_BYTES: usize = 2_000;
const STRETCHES: usize = 6;

/// Passages behind one another, each below a line that names it.
pub struct Chunks {
    pub text: String,
    pub list: Vec<Chunk>,
}

/// A passage.
pub struct Chunk {
    /// With the line that names it; and without.
    pub part: Range<usize>,
    pub own: Range<usize>,
    /// The raw string in the JSON text, without its quotes.
    pub raw: Range<usize>,
}

/// Whether most of what stands in a JSON text are passages, by a few stretches of it. Takes bounded time.
pub fn is_likely(text: &str) -> bool {
    let step = text.len() / STRETCHES;
    let (mut prose, mut all) = (0.0, 0);
    for ordinal in 0..STRETCHES {
        let from = ordinal * step;
        let stretch = &text.as_bytes()[from..text.len().min(from + STRETCH_BYTES.min(step.max(1)))];
        all += stretch.len();
        for string in stretch.split(|&byte| byte == b'"').filter(|string| string.len() >= MIN_BYTES) {
            prose += sniff::share_of(string) * string.len() as f64;
        }
    }
    prose >= MIN_SHARE * all as f64
}

/// The passages of a JSON text; `None` where it is not mostly made of them.
pub fn open(text: &str) -> Option<Chunks> {
    if !is_likely(text) {
        return None;
    }
    let tree = Tree::parse(text)?;
    if tree.cut.is_some() {
        return None;
    }
    let mut chunks = Chunks { text: String::with_capacity(text.len()), list: Vec::new() };
    let mut bytes = 0;
    for index in 0..tree.nodes.len() as u32 {
        let node = tree.node(index);
        let raw = node.start as usize..node.end as usize;
        if node.kind != Kind::String || raw.len() < MIN_BYTES || raw.start >= text.len() {
            continue;
        }
        let own = string::decode(tree.raw(index))?;
        if sniff::share_of(own.as_bytes()) >= MIN_SHARE {
            bytes += raw.len();
            chunks.add(&names(&tree, node.parent), &own, raw);
        }
    }
    (bytes as f64 >= MIN_SHARE * text.len() as f64).then_some(chunks)
}

impl Chunks {
    /// The passages as a document.
    pub fn document(&self) -> Document<'_> {
        Document::of_parts(&self.text, self.list.iter().map(|chunk| chunk.part.clone()))
    }

    /// Where in the JSON text the passage begins that something of the text stands in; `None` of a line that names one.
    pub fn place_of(&self, at: usize) -> Option<usize> {
        let chunk = self.list.get(self.list.partition_point(|chunk| chunk.part.end <= at))?;
        (at >= chunk.own.start).then_some(chunk.raw.start)
    }

    fn add(&mut self, names: &str, own: &str, raw: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(&format!("[{}] {names}\n", self.list.len() % 1_000));
        let from = self.text.len();
        self.text.push_str(own);
        self.list.push(Chunk { part: start..self.text.len(), own: from..self.text.len(), raw });
        self.text.push_str("\n\n");
    }
}

/// The short strings beside a passage.
fn names(tree: &Tree, parent: u32) -> String {
    let mut names = String::new();
    if (parent as usize) >= tree.nodes.len() || tree.node(parent).kind != Kind::Object {
        return names;
    }
    for child in tree.children(parent) {
        let node = tree.node(child);
        let raw = String::from_utf8_lossy(tree.raw(child));
        if node.kind == Kind::String
            && raw.len() < MIN_BYTES
            && names.len() + raw.len() < MAX_NAME_BYTES
            && !raw.contains('\n')
        {
            names.push_str(&raw);
            names.push(' ');
        }
    }
    names
}
