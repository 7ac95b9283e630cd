//! JSON text in, a flat tree of spans out.
//!
//! Accepts one document, NDJSON (documents separated by white space), documents cut off in the
//! middle, and `NaN`/`Infinity` as Python writes them. Nodes lie in document order, so a subtree is
//! a contiguous range. Iterative and linear: depth and size of the input cost no stack.
//!
//! A string that itself holds a JSON container is parsed too: its decoded text is appended to
//! `Tree::extra`, and spans at or beyond `Tree::source.len()` point there.

use super::string;

/// Levels of nesting up to which a tree is worth compressing by structure.
pub const MAX_DEPTH: u16 = 96;
/// Levels of JSON inside JSON strings that are opened.
const MAX_EMBEDDING: u8 = 3;
/// Open containers beyond which a text is not taken for JSON.
const MAX_OPEN: usize = u16::MAX as usize - 1024;
/// A text behind which the document does not go on may be this long to count as a cut.
const MAX_TAIL_BYTES: usize = 4096;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
    /// A string whose text is a JSON container: its only child.
    Embedded,
}

impl Kind {
    /// Whether the node holds members or elements.
    pub fn is_container(self) -> bool {
        matches!(self, Kind::Array | Kind::Object)
    }
}

/// One value and, if it is a member, its key. Spans exclude the quotes of strings.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub start: u32,
    pub end: u32,
    pub key_start: u32,
    pub key_end: u32,
    /// Index one past the last node of this subtree.
    pub skip: u32,
    pub parent: u32,
    /// Members or elements.
    pub count: u32,
    /// Hash of the key's bytes; 0 for elements.
    pub key_hash: u32,
    pub kind: Kind,
    pub depth: u16,
    /// The string needs decoding: it has escapes or control characters.
    pub escaped: bool,
    pub key_escaped: bool,
}

/// A parsed text.
pub struct Tree<'a> {
    pub source: &'a [u8],
    pub extra: Vec<u8>,
    pub nodes: Vec<Node>,
    /// Whether node 0 stands for a sequence of documents rather than for one.
    pub is_sequence: bool,
    /// Levels left open by a text that was cut off, and the raw rest after the last whole value.
    pub cut: Option<(u32, String)>,
    pub max_depth: u16,
}

pub const ROOT: u32 = 0;
/// The parent of the root.
const NOWHERE: u32 = u32::MAX;

impl<'a> Tree<'a> {
    /// Parses `text`; `None` when it is not JSON, is a lone scalar, or is 4 GiB and longer.
    pub fn parse(text: &'a str) -> Option<Tree<'a>> {
        let source = text.as_bytes();
        if source.len() >= u32::MAX as usize / 2 {
            return None;
        }
        let start = skip_space(source, if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
        if !matches!(source.get(start), Some(b'{' | b'[')) {
            return None;
        }
        let mut tree = Tree {
            source,
            extra: Vec::new(),
            nodes: Vec::with_capacity(source.len() / 12 + 8),
            is_sequence: false,
            cut: None,
            max_depth: 0,
        };
        if tree.parse_single(start) {
            return Some(tree);
        }
        tree.push_sequence();
        let mut at = start;
        while at < source.len() {
            match tree.parser(source, 0, at, ROOT, 0).run(1) {
                Ok(end) => at = skip_space(source, end),
                Err(fault) => {
                    tree.cut_at(fault)?;
                    break;
                }
            }
        }
        tree.nodes[0].skip = tree.nodes.len() as u32;
        tree.nodes[0].end = source.len() as u32;
        if tree.nodes[0].count == 1 {
            tree.unwrap_single();
        } else if tree.nodes[0].count == 0 {
            return None;
        }
        Some(tree)
    }

    /// Reads the text as one whole document, or nothing.
    fn parse_single(&mut self, start: usize) -> bool {
        let source = self.source;
        let end = self.parser(source, 0, start, NOWHERE, 0).run(0);
        if end.is_ok_and(|end| skip_space(source, end) == source.len()) {
            // Counted from the sequence in which a document might stand.
            self.max_depth += 1;
            return true;
        }
        self.nodes.clear();
        self.extra.clear();
        self.max_depth = 0;
        false
    }

    fn push_sequence(&mut self) {
        self.is_sequence = true;
        self.nodes.push(Node {
            start: 0,
            end: 0,
            key_start: 0,
            key_end: 0,
            skip: 0,
            parent: u32::MAX,
            count: 0,
            key_hash: 0,
            kind: Kind::Array,
            depth: 0,
            escaped: false,
            key_escaped: false,
        });
    }

    /// Makes the only document the root.
    fn unwrap_single(&mut self) {
        self.nodes.remove(0);
        self.is_sequence = false;
        for node in &mut self.nodes {
            node.skip -= 1;
            node.parent = node.parent.wrapping_sub(1);
            node.depth -= 1;
        }
        self.nodes[0].parent = u32::MAX;
    }

    /// Closes what is open where the text breaks off; `None` if too little of it was JSON.
    fn cut_at(&mut self, fault: Fault) -> Option<()> {
        let rest = &self.source[fault.good..];
        let at_end = fault.at >= self.source.len();
        if fault.open.is_empty() && self.nodes[0].count == 0 {
            return None;
        }
        if fault.open.is_empty() && rest.is_empty() {
            return Some(());
        }
        if !at_end && (rest.len() > MAX_TAIL_BYTES || fault.good < self.source.len() / 2) {
            return None;
        }
        if at_end && rest.len() > MAX_TAIL_BYTES && fault.good < self.source.len() / 2 {
            return None;
        }
        let total = self.nodes.len() as u32;
        for &index in &fault.open {
            let node = &mut self.nodes[index as usize];
            node.skip = total;
            node.end = fault.good as u32;
            let parent = node.parent;
            self.nodes[parent as usize].count += 1;
        }
        let tail = std::str::from_utf8(rest).ok()?.to_owned();
        self.cut = Some((fault.open.len() as u32, tail));
        Some(())
    }

    /// The bytes of a span.
    #[inline]
    pub fn bytes(&self, start: u32, end: u32) -> &[u8] {
        let base = self.source.len() as u32;
        if start >= base && !self.extra.is_empty() {
            &self.extra[(start - base) as usize..(end - base) as usize]
        } else {
            &self.source[start as usize..end as usize]
        }
    }

    /// The raw bytes of a value (of a string: between its quotes).
    #[inline]
    pub fn raw(&self, index: u32) -> &[u8] {
        let node = &self.nodes[index as usize];
        self.bytes(node.start, node.end)
    }

    /// The raw bytes of a member's key, between its quotes.
    #[inline]
    pub fn key(&self, index: u32) -> &[u8] {
        let node = &self.nodes[index as usize];
        self.bytes(node.key_start, node.key_end)
    }

    #[inline]
    pub fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    /// The members or elements of a container, or the document inside an embedded string.
    #[inline]
    pub fn children(&self, index: u32) -> Children<'_> {
        Children { nodes: &self.nodes, at: index + 1, end: self.nodes[index as usize].skip }
    }

    fn parser<'p, 't>(
        &'p mut self,
        text: &'t [u8],
        base: u32,
        at: usize,
        outer: u32,
        embedding: u8,
    ) -> Parser<'p, 'a, 't> {
        Parser { tree: self, text, base, at, good: at, outer, embedding, open: Vec::new() }
    }
}

/// Where and in what state parsing broke off.
struct Fault {
    at: usize,
    /// End of the last complete value or opening bracket.
    good: usize,
    open: Vec<u32>,
}

/// Iterator over direct children.
pub struct Children<'t> {
    nodes: &'t [Node],
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        let index = self.at;
        self.at = self.nodes[index as usize].skip;
        Some(index)
    }
}

#[inline]
fn skip_space(text: &[u8], mut at: usize) -> usize {
    if text.get(at).is_some_and(|&byte| byte > b' ') {
        return at;
    }
    while at < text.len() && matches!(text[at], b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// Hash of a key's raw bytes; never 0.
#[inline]
pub fn key_hash(key: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(FACTOR);
        hash ^ (hash >> 29)
    };
    let mut hash = key.len() as u64;
    let mut rest = key;
    while let (true, Some(chunk)) = (rest.len() > 16, rest.first_chunk::<8>()) {
        hash = mix(hash, u64::from_le_bytes(*chunk));
        rest = &rest[8..];
    }
    // What is left is read from both ends; the words may overlap.
    let (first, last) = if let (Some(first), Some(last)) = (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        (rest.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte)), 0)
    };
    hash = mix(mix(hash, first), last.rotate_left(32));
    ((hash >> 32) as u32) | 1
}

struct Parser<'p, 'a, 't> {
    tree: &'p mut Tree<'a>,
    text: &'t [u8],
    /// Offset of `text` in the tree's spans.
    base: u32,
    at: usize,
    good: usize,
    /// The node that holds the whole document: the sequence, or the string it stands in.
    outer: u32,
    embedding: u8,
    open: Vec<Open>,
}

/// A container that is being read.
struct Open {
    index: u32,
    /// Members or elements read so far.
    count: u32,
    is_object: bool,
}

/// What `Parser::begin` read.
enum Begun {
    Opened,
    Complete,
}

/// A key read and not yet given to its value.
#[derive(Clone, Copy, Default)]
struct Key {
    start: u32,
    end: u32,
    hash: u32,
    escaped: bool,
}

impl Parser<'_, '_, '_> {
    fn fault(self) -> Fault {
        for open in &self.open {
            self.tree.nodes[open.index as usize].count = open.count;
        }
        let open = self.open.iter().map(|open| open.index).collect();
        Fault { at: self.at, good: self.good, open }
    }

    fn run(mut self, depth: u16) -> Result<usize, Fault> {
        let mut key = Key::default();
        loop {
            self.at = skip_space(self.text, self.at);
            match self.begin(key, depth) {
                None => return Err(self.fault()),
                Some(Begun::Opened) => {}
                Some(Begun::Complete) => match self.step() {
                    None => return Err(self.fault()),
                    Some(false) => return Ok(self.at),
                    Some(true) => {}
                },
            }
            key = Key::default();
            if self.open.last().is_some_and(|open| open.is_object) {
                match self.key() {
                    Some(found) => key = found,
                    None => return Err(self.fault()),
                }
            }
        }
    }

    /// After a value: closes what closes here. True at a comma, false at the document's end.
    fn step(&mut self) -> Option<bool> {
        loop {
            let Some(&Open { is_object, .. }) = self.open.last() else {
                return Some(false);
            };
            self.at = skip_space(self.text, self.at);
            match self.text.get(self.at)? {
                b'}' if is_object => self.close(),
                b']' if !is_object => self.close(),
                b',' => {
                    self.at += 1;
                    return Some(true);
                }
                _ => return None,
            }
        }
    }

    fn close(&mut self) {
        if let Some(Open { index, count, .. }) = self.open.pop() {
            self.at += 1;
            self.good = self.at;
            let total = self.tree.nodes.len() as u32;
            let node = &mut self.tree.nodes[index as usize];
            node.skip = total;
            node.count = count;
            node.end = self.base + self.at as u32;
            self.count_child();
        }
    }

    #[inline(always)]
    fn count_child(&mut self) {
        match self.open.last_mut() {
            Some(open) => open.count += 1,
            None if self.outer != NOWHERE => self.tree.nodes[self.outer as usize].count += 1,
            None => {}
        }
    }

    fn key(&mut self) -> Option<Key> {
        self.at = skip_space(self.text, self.at);
        if self.text.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let (end, escaped) = self.string_end(start)?;
        let hash = key_hash(&self.text[start..end]);
        self.at = skip_space(self.text, end + 1);
        if self.text.get(self.at) != Some(&b':') {
            return None;
        }
        self.at += 1;
        Some(Key { start: self.base + start as u32, end: self.base + end as u32, hash, escaped })
    }

    /// The end of the string that begins at `start`, and whether it needs decoding.
    #[inline]
    fn string_end(&mut self, start: usize) -> Option<(usize, bool)> {
        match string::scan(self.text, start) {
            Some(found) => Some(found),
            None => {
                self.at = self.text.len();
                None
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, kind: Kind, start: usize, end: usize, key: Key, depth: u16, escaped: bool) -> u32 {
        let index = self.tree.nodes.len() as u32;
        let parent = self.open.last().map_or(self.outer, |open| open.index);
        let depth = depth + self.open.len() as u16;
        self.tree.nodes.push(Node {
            start: self.base + start as u32,
            end: self.base + end as u32,
            key_start: key.start,
            key_end: key.end,
            skip: index + 1,
            parent,
            count: 0,
            key_hash: key.hash,
            kind,
            depth,
            escaped,
            key_escaped: key.escaped,
        });
        self.tree.max_depth = self.tree.max_depth.max(depth);
        index
    }

    #[inline(always)]
    fn leaf(&mut self, kind: Kind, start: usize, end: usize, key: Key, depth: u16, escaped: bool) {
        self.push(kind, start, end, key, depth, escaped);
        self.count_child();
    }

    /// Reads a leaf, an empty container or an opening bracket.
    fn begin(&mut self, key: Key, depth: u16) -> Option<Begun> {
        let start = self.at;
        match *self.text.get(start)? {
            open @ (b'{' | b'[') => {
                if self.open.len() + depth as usize >= MAX_OPEN {
                    return None;
                }
                let kind = if open == b'{' { Kind::Object } else { Kind::Array };
                let index = self.push(kind, start, start, key, depth, false);
                self.open.push(Open { index, count: 0, is_object: open == b'{' });
                self.at += 1;
                self.good = self.at;
                self.at = skip_space(self.text, self.at);
                let close = if kind == Kind::Object { b'}' } else { b']' };
                if self.text.get(self.at) != Some(&close) {
                    return Some(Begun::Opened);
                }
                self.close();
            }
            b'"' => {
                let (end, escaped) = self.string_end(start + 1)?;
                self.string(start + 1, end, key, depth, escaped);
                self.at = end + 1;
                self.good = self.at;
            }
            byte => {
                let (kind, end) = scalar(self.text, start, byte)?;
                self.at = end;
                if end == self.text.len() && !self.open.is_empty() {
                    // A scalar at the very end of a text that was cut off may have gone on.
                    return None;
                }
                self.leaf(kind, start, end, key, depth, false);
                self.good = end;
            }
        }
        Some(Begun::Complete)
    }

    fn string(&mut self, start: usize, end: usize, key: Key, depth: u16, escaped: bool) {
        let worth = escaped && end - start >= 16 && self.embedding < MAX_EMBEDDING;
        if !worth || !looks_like_container(&self.text[start..end]) {
            self.leaf(Kind::String, start, end, key, depth, escaped);
            return;
        }
        let index = self.push(Kind::Embedded, start, end, key, depth, escaped);
        let decoded = string::decode(&self.text[start..end]);
        let parsed = decoded.as_deref().is_some_and(|text| self.embed(index, text));
        if !parsed {
            self.tree.nodes.truncate(index as usize + 1);
            let node = &mut self.tree.nodes[index as usize];
            node.kind = Kind::String;
            node.count = 0;
            node.skip = index + 1;
        }
        self.count_child();
    }

    fn embed(&mut self, index: u32, text: &str) -> bool {
        let base = self.tree.source.len() + self.tree.extra.len();
        if base + text.len() >= u32::MAX as usize / 2 {
            return false;
        }
        let extra_length = self.tree.extra.len();
        self.tree.extra.extend_from_slice(text.as_bytes());
        let start = skip_space(text.as_bytes(), 0);
        let depth = self.tree.nodes[index as usize].depth + 1;
        let deepest = self.tree.max_depth;
        let parser = self.tree.parser(text.as_bytes(), base as u32, start, index, self.embedding + 1);
        match parser.run(depth) {
            Ok(end) if skip_space(text.as_bytes(), end) == text.len() => {
                let total = self.tree.nodes.len() as u32;
                self.tree.nodes[index as usize].skip = total;
                true
            }
            _ => {
                self.tree.extra.truncate(extra_length);
                self.tree.max_depth = deepest;
                false
            }
        }
    }
}

/// Whether a raw string body seems to hold a JSON object or array.
fn looks_like_container(raw: &[u8]) -> bool {
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b' ' => at += 1,
            b'\\' if matches!(raw.get(at + 1), Some(b'n' | b't' | b'r')) => at += 2,
            _ => break,
        }
    }
    let rest = &raw[at..];
    rest.starts_with(b"{") && (memchr::memmem::find(&rest[..rest.len().min(256)], b"\\\"").is_some())
        || rest.starts_with(b"[") && memchr::memmem::find(&rest[..rest.len().min(256)], b"{").is_some()
}

/// The literal or number that begins at `start`, and its end.
#[inline]
fn scalar(text: &[u8], start: usize, byte: u8) -> Option<(Kind, usize)> {
    let word = |word: &[u8], kind| text[start..].starts_with(word).then_some((kind, start + word.len()));
    match byte {
        b'n' => word(b"null", Kind::Null),
        b't' => word(b"true", Kind::True),
        b'f' => word(b"false", Kind::False),
        b'N' => word(b"NaN", Kind::Number),
        b'I' => word(b"Infinity", Kind::Number),
        _ if text[start..].starts_with(b"-Infinity") => Some((Kind::Number, start + 9)),
        _ => number_end(text, start).map(|end| (Kind::Number, end)),
    }
}

/// The end of the JSON number that begins at `at`.
#[inline]
pub fn number_end(text: &[u8], mut at: usize) -> Option<usize> {
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    match text.get(at)? {
        b'0' => at += 1,
        b'1'..=b'9' => at = digits(text, at),
        _ => return None,
    }
    if text.get(at) == Some(&b'.') {
        let end = digits(text, at + 1);
        if end == at + 1 {
            return None;
        }
        at = end;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let mut from = at + 1;
        if matches!(text.get(from), Some(b'+' | b'-')) {
            from += 1;
        }
        let end = digits(text, from);
        if end == from {
            return None;
        }
        at = end;
    }
    match text.get(at) {
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'.' => None,
        _ => Some(at),
    }
}

#[inline]
fn digits(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && text[at].is_ascii_digit() {
        at += 1;
    }
    at
}
