//! A document in, the tree of records that JSON would have of it out, with what is evident in it and what the question
//! names.

use super::find::unquoted;
use super::pins;
use super::schema::{Document, Format};
use crate::json::evidence::Evidence;
use crate::json::parse::{key_hash, number_end, Kind, Node, Tree};
use crate::json::paths::Paths;
use crate::json::query::{Named, Query};
use crate::json::select;

/// The rows of a document as records.
pub struct Records<'a> {
    pub tree: Tree<'a>,
    pub paths: Paths,
    pub named: Named,
    pub evidence: Evidence,
    /// The node of each schema's collection.
    pub collections: Vec<u32>,
    /// The node of each row.
    pub nodes: Vec<u32>,
}

impl<'a> Records<'a> {
    pub fn new(document: &Document<'a>, question: &str, call: &str) -> Records<'a> {
        let mut builder = Builder::new(document);
        let collections = builder.run();
        let (tree, nodes) = (builder.tree, builder.nodes);
        let paths = Paths::new(&tree);
        let query = Query::new(question, call);
        let named = query.find(&tree, &paths);
        let mut evidence = Evidence::gather(&tree, &paths, &named.paths);
        let found = pins::more(document, &nodes, &query);
        evidence.pins.extend(found);
        Records { tree, paths, named, evidence, collections, nodes }
    }

    /// Of each row, whether the question names it or something is evident in it.
    pub fn literal_rows(&self) -> Vec<bool> {
        let marked = select::literal_rows(&self.tree, &self.named, &self.evidence);
        self.nodes.iter().map(|&node| marked[node as usize]).collect()
    }
}

struct Builder<'d, 'a> {
    document: &'d Document<'a>,
    tree: Tree<'a>,
    nodes: Vec<u32>,
}

impl<'d, 'a> Builder<'d, 'a> {
    fn new(document: &'d Document<'a>) -> Self {
        let cells = document.cells.len() + document.rows.len() + document.schemas.len() + 1;
        let tree = Tree {
            source: document.lines.text.as_bytes(),
            extra: Vec::new(),
            nodes: Vec::with_capacity(cells),
            is_sequence: false,
            cut: None,
            max_depth: 3,
        };
        Builder { document, tree, nodes: vec![0; document.rows.len()] }
    }

    fn run(&mut self) -> Vec<u32> {
        let end = self.document.lines.text.len() as u32;
        self.push(Kind::Object, (0, end), (0, 0), u32::MAX, 0);
        let mut collections = Vec::new();
        for (ordinal, schema) in self.document.schemas.iter().enumerate() {
            let name = self.extra(format!("table {}", ordinal + 1).as_bytes());
            let first = schema.rows.first().map_or(0, |&row| self.line_of(row).0);
            let last = schema.rows.last().map_or(0, |&row| self.line_of(row).1);
            let collection = self.push(Kind::Array, (first, last.max(first)), name, 0, 1);
            collections.push(collection);
            let keys: Vec<((u32, u32), u32)> = (0..schema.columns)
                .map(|column| {
                    let name = column_name(&schema.names, column);
                    (self.extra(name.as_bytes()), key_hash(name.as_bytes()))
                })
                .collect();
            for &row in &schema.rows {
                self.row(row, collection, &keys, schema.format);
            }
            self.tree.nodes[collection as usize].count = schema.rows.len() as u32;
            self.close(collection);
        }
        self.tree.nodes[0].count = collections.len() as u32;
        self.close(0);
        collections
    }

    fn line_of(&self, row: u32) -> (u32, u32) {
        let line = self.document.lines.list[self.document.rows[row as usize].line as usize];
        (line.start, line.end)
    }

    fn row(&mut self, row: u32, collection: u32, keys: &[((u32, u32), u32)], format: Format) {
        let span = self.document.rows[row as usize];
        let record = self.push(Kind::Object, self.line_of(row), (0, 0), collection, 2);
        self.nodes[row as usize] = record;
        let mut count = 0;
        for (column, &(key, hash)) in keys.iter().enumerate() {
            let (start, end) = self.document.cells[span.from as usize + column];
            let raw = &self.document.lines.text[start as usize..end as usize];
            let text = if matches!(format, Format::Delimited(_)) { unquoted(raw) } else { raw };
            // An empty cell is a field that the record has not.
            if text.is_empty() && keys.len() > 1 {
                continue;
            }
            let start = start + offset_in(raw, text);
            let end = start + text.len() as u32;
            let kind = kind_of(text);
            let node = self.push(kind, (start, end), key, record, 3);
            self.tree.nodes[node as usize].key_hash = hash;
            self.close(node);
            count += 1;
        }
        self.tree.nodes[record as usize].count = count;
        self.close(record);
    }

    fn extra(&mut self, text: &[u8]) -> (u32, u32) {
        let base = self.tree.source.len() + self.tree.extra.len();
        self.tree.extra.extend_from_slice(text);
        (base as u32, (base + text.len()) as u32)
    }

    fn push(&mut self, kind: Kind, span: (u32, u32), key: (u32, u32), parent: u32, depth: u16) -> u32 {
        let hash = if depth == 1 { key_hash(self.tree.bytes(key.0, key.1)) } else { 0 };
        self.tree.nodes.push(Node {
            start: span.0,
            end: span.1,
            key_start: key.0,
            key_end: key.1,
            skip: 0,
            parent,
            count: 0,
            key_hash: hash,
            kind,
            depth,
            escaped: false,
            key_escaped: false,
        });
        self.tree.nodes.len() as u32 - 1
    }

    fn close(&mut self, node: u32) {
        self.tree.nodes[node as usize].skip = self.tree.nodes.len() as u32;
    }
}

/// What names a column in summaries: its heading, if no other column has that.
pub fn column_name(names: &[String], column: usize) -> String {
    match names.get(column) {
        Some(name) if !name.is_empty() && !names[..column].contains(name) => name.clone(),
        _ => format!("column {}", column + 1),
    }
}

fn offset_in(whole: &str, part: &str) -> u32 {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize) as u32
}

fn kind_of(text: &str) -> Kind {
    let bytes = text.as_bytes();
    let begins = matches!(bytes.first(), Some(b'0'..=b'9' | b'-'));
    if begins && number_end(bytes, 0) == Some(bytes.len()) {
        Kind::Number
    } else {
        Kind::String
    }
}
