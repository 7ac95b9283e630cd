//! A tree in, its view out: relaxed JSON with tables for collections of records.
//!
//! Grammar (one construct a line; what is in brackets may be missing):
//!
//! ```text
//! view     = { "&" n "=" value }  root  { section }  [ "@cut " levels newline rest ]
//! root     = value | table | "ndjson" ( table | "[" n "]" newline { value newline } )
//! section  = "@" n table
//! table    = ( "[" n "]" | "{" n "}" ) [ header ] newline { row newline }
//! header   = { [ letter ] ( "{" column { "," column } "}" | "&" n ) }
//! column   = name [ ":str" ] [ "=" value | "=" first ".." last | "~" template | "[" names "]" | "{" columns "}" ]
//! row      = [ key "," ] [ letter ":" ] cell { "," cell }  |  [ key "," ] "*:" value
//! value    = literal | number | bare text | quoted text | "[" values "]" | "{" name ":" value … "}"
//!          | "&" n | "@" n | "~" style value
//! ```
//!
//! `[n]` heads an array, `{n}` an object used as a map, whose first column is the key. A cell that
//! is empty is a field that is absent. In a lossy view rows carry their number, elided items are
//! counted (`…12 more`), long texts are cut in the middle (`…[+80 chars]…`).

use std::collections::VecDeque;

use super::cell::{self, Place};
use super::embed;
use super::parse::{Kind, Tree};
use super::paths::{PathId, Paths};
use super::style::{fill, Columns, Factor, Part, Style};
use super::table::{Table, ABSENT, INLINE};
use super::view::View;

/// Hidden columns that a row asked for still shows.
const MAX_REVEALED: usize = 12;
/// Rows and bytes from which a collection inside a cell gets a section of its own.
const SECTION_ROWS: u32 = 4;
const SECTION_BYTES: u32 = 600;
/// Bytes below which a collection is written in place.
const TABLE_BYTES: u32 = 48;
/// Bytes from which a repeated text or container is worth a name.
const SHARED_TEXT_BYTES: usize = 18;
const SHARED_CONTAINER_BYTES: usize = 24;

/// A stretch of the output that may be replaced by a reference if it occurs again.
#[derive(Clone, Copy)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    pub is_container: bool,
}

/// Which kind of view is written.
#[derive(Clone, Copy)]
pub enum Mode<'v> {
    /// Everything; the rows marked in the slice, by node, say factored columns in full.
    Lossless(&'v [bool]),
    Lossy(&'v View),
}

/// Writes views of one tree.
pub struct Writer<'w, 'a> {
    tree: &'w Tree<'a>,
    paths: &'w Paths,
    atomic: Vec<bool>,
    view: Option<&'w View>,
    literal: &'w [bool],
    pub out: Vec<u8>,
    pub spans: Vec<Span>,
    queue: VecDeque<(u32, u32, Table)>,
    sections: u32,
    /// Bytes of a string shown, in the row being written; 0: all.
    limit: usize,
    /// Whether the row being written was asked for: nothing in it is hidden.
    in_full: bool,
}

impl<'w, 'a> Writer<'w, 'a> {
    pub fn new(tree: &'w Tree<'a>, paths: &'w Paths, mode: Mode<'w>) -> Self {
        let (view, literal): (Option<&View>, &[bool]) = match mode {
            Mode::Lossless(literal) => (None, literal),
            Mode::Lossy(view) => (Some(view), &[]),
        };
        Writer {
            tree,
            paths,
            atomic: vec![false; paths.list.len()],
            view,
            literal,
            out: Vec::with_capacity(tree.source.len() / 2 + 64),
            spans: Vec::new(),
            queue: VecDeque::new(),
            sections: 0,
            limit: view.map_or(0, |view| view.text_limit),
            in_full: false,
        }
    }

    /// Writes the whole text.
    pub fn document(&mut self) {
        let root = self.tree.node(0);
        if self.tree.is_sequence {
            self.out.extend_from_slice(b"ndjson");
        }
        match self.plan(0, false) {
            Some(table) => self.table(0, &table),
            None if self.tree.is_sequence => {
                self.push_fmt(format_args!("[{}]\n", root.count));
                for (ordinal, child) in self.shown(0).into_iter().enumerate() {
                    if ordinal > 0 {
                        self.out.push(b'\n');
                    }
                    self.value(child, Place::Nested);
                }
                self.out.push(b'\n');
            }
            None => {
                self.value(0, Place::Nested);
                self.out.push(b'\n');
            }
        }
        while let Some((number, node, table)) = self.queue.pop_front() {
            self.push_fmt(format_args!("@{number}"));
            self.table(node, &table);
        }
        match &self.tree.cut {
            Some((levels, tail)) => {
                self.push_fmt(format_args!("@cut {levels}\n"));
                self.out.extend_from_slice(tail.as_bytes());
            }
            None => {
                self.out.pop();
            }
        }
    }

    fn push_fmt(&mut self, text: std::fmt::Arguments) {
        use std::io::Write;
        let _ = self.out.write_fmt(text);
    }

    /// The children of a collection that the view shows, in order.
    fn shown(&self, index: u32) -> Vec<u32> {
        match self.view.and_then(|view| view.kept.get(&index)) {
            Some(kept) => kept.clone(),
            None => self.tree.children(index).collect(),
        }
    }

    /// A table for the collection, if one is worth it at this place.
    fn plan(&self, index: u32, in_cell: bool) -> Option<Table> {
        let node = self.tree.node(index);
        let bytes = node.end - node.start;
        if !node.kind.is_container() || node.count < 2 || bytes < TABLE_BYTES {
            return None;
        }
        if in_cell && (node.count < SECTION_ROWS || bytes < SECTION_BYTES) {
            return None;
        }
        if Table::is_scalar_map(self.tree, self.paths, index) {
            return (node.count >= 8).then(|| Table::scalars(self.tree, index));
        }
        Table::plan(self.tree, self.paths, index, &self.atomic)
    }

    fn value(&mut self, index: u32, place: Place) {
        self.value_at(index, place, place != Place::Nested);
    }

    /// Writes a value. `in_cell`: within a row, where only large collections get a section.
    fn value_at(&mut self, index: u32, place: Place, in_cell: bool) {
        let node = *self.tree.node(index);
        match node.kind {
            Kind::String => self.string(index, place),
            Kind::Embedded => self.embedded(index, place, in_cell),
            Kind::Array | Kind::Object => {
                let start = self.out.len();
                if let Some(table) = self.plan(index, in_cell) {
                    self.sections += 1;
                    let number = self.sections;
                    self.push_fmt(format_args!("@{number}"));
                    self.queue.push_back((number, index, table));
                    return;
                }
                self.container(index, in_cell);
                self.span(start, SHARED_CONTAINER_BYTES, true);
            }
            _ => self.out.extend_from_slice(self.tree.raw(index)),
        }
    }

    fn span(&mut self, start: usize, least: usize, is_container: bool) {
        if self.out.len() - start >= least {
            self.spans.push(Span { start: start as u32, end: self.out.len() as u32, is_container });
        }
    }

    fn string(&mut self, index: u32, place: Place) {
        let start = self.out.len();
        let node = self.tree.node(index);
        let raw = self.tree.raw(index);
        if self.limit > 0 && raw.len() > self.limit {
            let view = self.view.map(|view| view.excerpt(self.tree, index, self.limit));
            if let Some(Some(text)) = view {
                if cell::is_bare(text.as_bytes(), place) {
                    self.out.extend_from_slice(text.as_bytes());
                } else {
                    super::string::encode(&text, &mut self.out);
                }
                self.span(start, SHARED_TEXT_BYTES, false);
                return;
            }
        }
        cell::write_string(raw, node.escaped, place, &mut self.out);
        // A bare number-like text means a string only where its column says so.
        if place != Place::StringRow {
            self.span(start, SHARED_TEXT_BYTES, false);
        }
    }

    fn embedded(&mut self, index: u32, place: Place, in_cell: bool) {
        if self.view.is_some() {
            self.value_at(index + 1, place, in_cell);
            return;
        }
        match embed::style_of(self.tree, index) {
            Some(style) => {
                self.out.push(b'~');
                self.out.extend_from_slice(style.letter());
                self.value_at(index + 1, place, in_cell);
            }
            None => self.string(index, place),
        }
    }

    /// Writes an array or object in place.
    fn container(&mut self, index: u32, in_cell: bool) {
        let node = *self.tree.node(index);
        let is_object = node.kind == Kind::Object;
        self.out.push(if is_object { b'{' } else { b'[' });
        let mut shown = self.shown(index);
        if let Some(view) =
            self.view.filter(|view| is_object && !view.hidden.is_empty() && !self.in_full && !view.is_literal(index))
        {
            shown.retain(|&child| !view.hidden[self.paths.of_node[child as usize] as usize]);
        }
        if is_object {
            for (ordinal, &child) in shown.iter().enumerate() {
                if ordinal > 0 {
                    self.out.push(b',');
                }
                let escaped = self.tree.node(child).key_escaped;
                cell::write_string(self.tree.key(child), escaped, Place::Key, &mut self.out);
                self.out.push(b':');
                self.value_at(child, Place::Nested, in_cell);
            }
            self.elided(node.count as usize - shown.len(), !shown.is_empty());
        } else {
            self.elements(index, &shown, in_cell);
        }
        self.out.push(if is_object { b'}' } else { b']' });
    }

    /// Writes the shown elements of an array, and between them how many are not.
    fn elements(&mut self, index: u32, shown: &[u32], in_cell: bool) {
        let mut hidden = 0;
        let mut is_first = true;
        let mut rest = shown.iter().peekable();
        for child in self.tree.children(index) {
            if rest.peek() != Some(&&child) {
                hidden += 1;
                continue;
            }
            rest.next();
            self.elided(hidden, !is_first);
            if !is_first || hidden > 0 {
                self.out.push(b',');
            }
            (hidden, is_first) = (0, false);
            self.value_at(child, Place::Nested, in_cell);
        }
        self.elided(hidden, !is_first);
        if let Some(summary) = self.view.and_then(|view| view.summaries.get(&index)) {
            // Of values that are no records, or of the columns of tuples.
            for line in summary.lines().filter(|line| line.starts_with("# values ") || line.starts_with("# [")) {
                self.push_fmt(format_args!("; {}", line.trim_start_matches("# ").trim_start_matches("values ")));
            }
        }
    }

    fn elided(&mut self, count: usize, comma: bool) {
        if count > 0 {
            self.push_fmt(format_args!("{}…{count} more", if comma { "," } else { "" }));
        }
    }

    fn table(&mut self, collection: u32, table: &Table) {
        let (left, right) = if table.is_map { ('{', '}') } else { ('[', ']') };
        self.push_fmt(format_args!("{left}{}{right}", table.rows.len()));
        let factor = if self.view.is_some() { Factor::LongTemplates } else { Factor::All };
        let hidden: &[bool] = self.view.map_or(&[], |view| &view.hidden);
        let plans: Vec<Columns> = (0..table.variants.len())
            .map(|variant| self.downgrade(Columns::plan(self.tree, self.paths, table, variant, factor, hidden)))
            .collect();
        for (variant, columns) in plans.iter().enumerate() {
            if plans.len() > 1 {
                self.out.push(b'A' + variant as u8);
            }
            self.header(table, columns);
        }
        self.out.push(b'\n');
        let kept = self.view.and_then(|view| view.kept.get(&collection));
        let mut ordinals = vec![0usize; plans.len()];
        for row in 0..table.rows.len() {
            let variant = table.row_variant[row];
            let ordinal = if variant == INLINE {
                0
            } else {
                ordinals[variant as usize] += 1;
                ordinals[variant as usize] - 1
            };
            if kept.is_some_and(|kept| kept.binary_search(&table.rows[row]).is_err()) {
                continue;
            }
            self.row(table, &plans, row, ordinal, kept.is_some());
        }
        if let Some(view) = self.view {
            if let Some(summary) = view.summaries.get(&collection) {
                self.out.extend_from_slice(summary.as_bytes());
            }
        }
    }

    fn row(&mut self, table: &Table, plans: &[Columns], row: usize, ordinal: usize, numbered: bool) {
        let record = table.rows[row];
        let (outer_limit, was_in_full) = (self.limit, self.in_full);
        if let Some(view) = self.view {
            self.limit = view.limit_of(record, outer_limit);
            self.in_full |= view.is_literal(record);
        }
        if numbered && !table.is_map {
            self.push_fmt(format_args!("{}:", row + 1));
        }
        if table.is_map {
            let escaped = self.tree.node(record).key_escaped;
            cell::write_string(self.tree.key(record), escaped, Place::StringRow, &mut self.out);
            self.out.push(b',');
        }
        let variant = table.row_variant[row];
        if plans.is_empty() {
            self.value_at(record, Place::Row, true);
        } else if variant == INLINE {
            self.out.extend_from_slice(b"*:");
            self.value_at(record, Place::Row, true);
        } else {
            if plans.len() > 1 {
                self.out.push(b'A' + variant);
                self.out.push(b':');
            }
            self.cells(&plans[variant as usize], ordinal, record);
        }
        (self.limit, self.in_full) = (outer_limit, was_in_full);
        self.out.push(b'\n');
    }

    fn cells(&mut self, columns: &Columns, ordinal: usize, record: u32) {
        let mut is_first = true;
        let mut extras: Vec<usize> = Vec::new();
        let mut hidden: Vec<usize> = Vec::new();
        let is_literal = match self.view {
            Some(view) => view.is_literal(record),
            None => self.literal.get(record as usize).copied().unwrap_or(false),
        };
        let mut built = Vec::new();
        for (column, style) in columns.styles.iter().enumerate() {
            let index = columns.cells[column][ordinal];
            match style {
                Style::Constant(_) => continue,
                Style::Hidden => {
                    if is_literal && index != ABSENT {
                        hidden.push(column);
                    }
                    continue;
                }
                Style::Steps => {
                    if is_literal {
                        extras.push(column);
                    }
                    continue;
                }
                Style::Template(parts) => {
                    let holds = fill(self.tree, &columns.cells, parts, ordinal, &mut built)
                        && !self.tree.node(index).escaped
                        && self.tree.raw(index) == built.as_slice();
                    if is_literal || !holds {
                        extras.push(column);
                    }
                    continue;
                }
                _ => {}
            }
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            self.cell(index, style);
            if is_literal && matches!(style, Style::Affix { .. }) {
                extras.push(column);
            }
        }
        if hidden.len() <= MAX_REVEALED {
            extras.append(&mut hidden);
        }
        for column in extras {
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            self.out.push(b'^');
            self.dotted(columns, column, self.paths.of_node[record as usize]);
            self.out.push(b'=');
            self.value_at(columns.cells[column][ordinal], Place::Nested, true);
        }
    }

    fn cell(&mut self, index: u32, style: &Style) {
        if index == ABSENT {
            return;
        }
        match style {
            Style::Affix { prefix, suffix } => {
                let raw = self.tree.raw(index);
                let middle = &raw[prefix.len()..raw.len() - suffix.len()];
                cell::write_string(middle, false, Place::StringRow, &mut self.out);
            }
            Style::Records(_) => self.records(index),
            Style::Plain { strings: true } => self.value_at(index, Place::StringRow, true),
            _ => self.value_at(index, Place::Row, true),
        }
    }

    /// Writes an array of records: `[a,b;a,b]`.
    fn records(&mut self, index: u32) {
        if let Some(table) = self.plan(index, true) {
            self.sections += 1;
            let number = self.sections;
            self.push_fmt(format_args!("@{number}"));
            self.queue.push_back((number, index, table));
            return;
        }
        self.out.push(b'[');
        let shown = self.shown(index);
        for (ordinal, &record) in shown.iter().enumerate() {
            if ordinal > 0 {
                self.out.push(b';');
            }
            for (position, field) in self.tree.children(record).enumerate() {
                if position > 0 {
                    self.out.push(b',');
                }
                self.value_at(field, Place::Nested, true);
            }
        }
        if shown.len() < self.tree.node(index).count as usize {
            self.out.push(b';');
            self.elided(self.tree.node(index).count as usize - shown.len(), false);
        }
        self.out.push(b']');
    }

    /// Templates that name a column which cannot be named plainly are written out cell by cell.
    fn downgrade(&self, mut columns: Columns) -> Columns {
        for column in 0..columns.styles.len() {
            let names_all = match &columns.styles[column] {
                Style::Template(parts) => parts.iter().all(|part| match part {
                    Part::Column(donor) => self.is_plainly_named(columns.paths[*donor]),
                    Part::Text(_) => true,
                }),
                _ => true,
            };
            if !names_all || self.needs_name(&columns, column) && !self.is_plainly_named(columns.paths[column]) {
                columns.styles[column] = Style::Plain { strings: false };
            }
        }
        columns
    }

    fn needs_name(&self, columns: &Columns, column: usize) -> bool {
        matches!(columns.styles[column], Style::Template(_))
    }

    fn is_plainly_named(&self, mut path: PathId) -> bool {
        while self.paths.list[path as usize].is_field {
            let name = self.paths.name(self.tree, path);
            let mut written = Vec::new();
            cell::write_name(name, self.tree.node(self.paths.list[path as usize].example).key_escaped, &mut written);
            if written != name {
                return false;
            }
            path = self.paths.list[path as usize].parent;
        }
        true
    }

    fn chain(&self, mut path: PathId, base: PathId) -> Vec<PathId> {
        let mut chain = Vec::new();
        while path != base && path != PathId::MAX {
            chain.push(path);
            path = self.paths.list[path as usize].parent;
        }
        chain.reverse();
        chain
    }

    fn name(&mut self, path: PathId) {
        let example = self.paths.list[path as usize].example;
        cell::write_name(self.tree.key(example), self.tree.node(example).key_escaped, &mut self.out);
    }

    fn dotted(&mut self, columns: &Columns, column: usize, base: PathId) {
        for (level, path) in self.chain(columns.paths[column], base).into_iter().enumerate() {
            if level > 0 {
                self.out.push(b'.');
            }
            self.name(path);
        }
    }

    fn header(&mut self, table: &Table, columns: &Columns) {
        let base = self.paths.of_node[table.rows[columns.rows[0]] as usize];
        let chains: Vec<Vec<PathId>> = columns.paths.iter().map(|&path| self.chain(path, base)).collect();
        let start = self.out.len();
        self.out.push(b'{');
        if table.is_map {
            self.out.extend_from_slice(b"*,");
        }
        let shown: Vec<usize> =
            (0..chains.len()).filter(|&column| !matches!(columns.styles[column], Style::Hidden)).collect();
        self.header_group(columns, &chains, &shown, 0, base);
        let hidden = chains.len() - shown.len();
        self.elided(hidden, !shown.is_empty());
        self.out.push(b'}');
        // Collections within collections often have the same columns.
        self.span(start, SHARED_CONTAINER_BYTES, true);
    }

    /// Writes the columns in `shown`, whose chains agree above `level`.
    fn header_group(&mut self, columns: &Columns, chains: &[Vec<PathId>], shown: &[usize], level: usize, base: PathId) {
        let mut at = 0;
        while at < shown.len() {
            if at > 0 {
                self.out.push(b',');
            }
            let chain = &chains[shown[at]];
            let head = chain[level];
            let is_leaf = chain.len() == level + 1;
            let belongs = |column: usize| chains[column].len() > level + 1 && chains[column][level] == head;
            let mut end = at + 1;
            while !is_leaf && end < shown.len() && belongs(shown[end]) {
                end += 1;
            }
            if end == at + 1 {
                for (step, &path) in chain[level..].iter().enumerate() {
                    if step > 0 {
                        self.out.push(b'.');
                    }
                    self.name(path);
                }
                self.column_style(columns, shown[at], base);
            } else {
                self.name(head);
                self.out.push(b'{');
                self.header_group(columns, chains, &shown[at..end], level + 1, base);
                self.out.push(b'}');
            }
            at = end;
        }
    }

    fn column_style(&mut self, columns: &Columns, column: usize, base: PathId) {
        match &columns.styles[column] {
            Style::Plain { strings } => {
                if *strings {
                    self.out.extend_from_slice(b":str");
                }
            }
            Style::Hidden => {}
            Style::Constant(index) => self.constant(*index),
            Style::Steps => {
                let cells = &columns.cells[column];
                self.steps(cells[0], cells[cells.len() - 1]);
            }
            Style::Affix { prefix, suffix } => {
                let text = [prefix.as_slice(), b"*", suffix.as_slice()].concat();
                self.template(&text);
            }
            Style::Template(parts) => {
                let mut text = Vec::new();
                for part in parts {
                    match part {
                        Part::Text(fixed) => text.extend_from_slice(fixed),
                        Part::Column(donor) => {
                            text.push(b'{');
                            std::mem::swap(&mut self.out, &mut text);
                            self.dotted(columns, *donor, base);
                            std::mem::swap(&mut self.out, &mut text);
                            text.push(b'}');
                        }
                    }
                }
                self.template(&text);
            }
            Style::Records(fields) => {
                self.out.push(b'[');
                for (ordinal, &field) in fields.iter().enumerate() {
                    if ordinal > 0 {
                        self.out.push(b',');
                    }
                    cell::write_name(self.tree.key(field), self.tree.node(field).key_escaped, &mut self.out);
                }
                self.out.push(b']');
            }
        }
    }

    fn constant(&mut self, index: u32) {
        self.out.push(b'=');
        let node = self.tree.node(index);
        if node.kind == Kind::String && !node.escaped && memchr::memmem::find(self.tree.raw(index), b"..").is_some() {
            super::string::canonical(self.tree.raw(index), false, &mut self.out);
        } else {
            self.value_at(index, Place::Nested, true);
        }
    }

    fn steps(&mut self, first: u32, last: u32) {
        let (left, right) = (self.tree.raw(first), self.tree.raw(last));
        if self.tree.node(first).kind == Kind::String && cell::is_literal(left, left[0]) {
            self.out.extend_from_slice(b":str");
        }
        self.out.push(b'=');
        let spoils =
            |text: &[u8]| !cell::is_bare(text, Place::Key) && !cell::is_literal(text, text[0]) || text.contains(&b'"');
        if spoils(left) || spoils(right) || memchr::memmem::find(left, b"..").is_some() {
            super::string::canonical(left, false, &mut self.out);
            self.out.extend_from_slice(b"..");
            super::string::canonical(right, false, &mut self.out);
        } else {
            self.out.extend_from_slice(left);
            self.out.extend_from_slice(b"..");
            self.out.extend_from_slice(right);
        }
    }

    fn template(&mut self, text: &[u8]) {
        self.out.push(b'~');
        let spoils = text.iter().any(|byte| b",;[]".contains(byte) || *byte < 0x20);
        if spoils || text.starts_with(b" ") || text.ends_with(b" ") {
            super::string::canonical(text, false, &mut self.out);
        } else {
            self.out.extend_from_slice(text);
        }
    }
}
