//! A lossless view in, minified JSON out: the inverse of `write`, whose grammar it reads.

use super::cell::{is_literal, Place};
use super::embed::{respell, Spelling};
use super::string;
use super::style::{numbered, spelled_width};

/// Levels of values within values before a text is not taken for a view.
const MAX_LEVELS: u32 = 400;
/// Bytes that a view may expand to, per byte of its own; guards against hostile references.
const MAX_GROWTH: usize = 4000;
/// Bytes of headers that are read by reference, per byte of the view.
const MAX_HEADERS: usize = 64;

/// Expands a lossless view; `None` when `text` is not one.
pub fn expand(text: &str) -> Option<Vec<u8>> {
    let mut reader =
        Reader { text: text.as_bytes(), shared: Vec::new(), sections: Vec::new(), levels: 0, limit: 0, headed: 0 };
    reader.limit = (text.len() + 1000).saturating_mul(MAX_GROWTH).min(1 << 32);
    reader.document()
}

struct Reader<'v> {
    text: &'v [u8],
    shared: Vec<&'v [u8]>,
    sections: Vec<RawTable<'v>>,
    levels: u32,
    limit: usize,
    /// Bytes of headers that were read by reference.
    headed: usize,
}

struct RawTable<'v> {
    is_map: bool,
    variants: Vec<Vec<Column>>,
    rows: Vec<&'v [u8]>,
}

struct Column {
    /// Canonical JSON names from the row inwards.
    names: Vec<Vec<u8>>,
    dotted: Vec<u8>,
    style: ColumnStyle,
}

enum ColumnStyle {
    Cell { strings: bool },
    Constant(Vec<u8>),
    Steps { first: Vec<u8>, last: Vec<u8>, is_string: bool },
    Affix { prefix: Vec<u8>, suffix: Vec<u8> },
    Template(Vec<TemplatePart>),
    Records(Vec<Vec<u8>>),
}

enum TemplatePart {
    Text(Vec<u8>),
    Column(Vec<u8>),
}

/// A position in one line or header.
struct Cursor<'c> {
    text: &'c [u8],
    at: usize,
}

impl<'c> Cursor<'c> {
    fn new(text: &'c [u8]) -> Self {
        Cursor { text, at: 0 }
    }
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }
    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }
    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[start..self.at]).ok()?.parse().ok()
    }
    /// The rest of the line; the cursor moves past its end.
    fn line(&mut self) -> &'c [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len() + 1);
        &rest[..end]
    }
    /// A quoted string with its quotes.
    fn quoted(&mut self) -> Option<&'c [u8]> {
        let (end, _) = string::scan(self.text, self.at + 1)?;
        let found = &self.text[self.at..=end];
        self.at = end + 1;
        Some(found)
    }
}

impl<'v> Reader<'v> {
    fn document(&mut self) -> Option<Vec<u8>> {
        let mut cursor = Cursor::new(self.text);
        while cursor.peek() == Some(b'&') {
            cursor.at += 1;
            if cursor.number()? != self.shared.len() + 1 {
                return None;
            }
            cursor.expect(b'=')?;
            self.shared.push(cursor.line());
        }
        if cursor.is_done() {
            return None;
        }
        let is_sequence = cursor.text[cursor.at..].starts_with(b"ndjson");
        cursor.at += if is_sequence { 6 } else { 0 };
        let root = self.table_head(&mut cursor)?;
        let mut documents: Vec<&[u8]> = Vec::new();
        if root.is_none() {
            let count = if is_sequence { self.sequence_head(&mut cursor)? } else { 1 };
            if !is_sequence && !matches!(cursor.peek(), Some(b'{' | b'[')) {
                return None;
            }
            for _ in 0..count {
                documents.push((!cursor.is_done()).then(|| cursor.line())?);
            }
        }
        let cut = self.read_sections(&mut cursor)?;
        let mut out = Vec::new();
        match &root {
            Some(table) => self.table(table, is_sequence, &mut out)?,
            None => {
                for (ordinal, document) in documents.into_iter().enumerate() {
                    if ordinal > 0 {
                        out.push(b'\n');
                    }
                    self.whole(document, Place::Nested, &mut out)?;
                }
            }
        }
        if let Some((levels, tail)) = cut {
            if levels > out.len() {
                return None;
            }
            out.truncate(out.len() - levels);
            out.extend_from_slice(tail);
        }
        Some(out)
    }

    fn sequence_head(&self, cursor: &mut Cursor<'v>) -> Option<usize> {
        cursor.expect(b'[')?;
        let count = cursor.number()?;
        cursor.expect(b']')?;
        cursor.expect(b'\n')?;
        Some(count)
    }

    fn read_sections(&mut self, cursor: &mut Cursor<'v>) -> Option<Option<(usize, &'v [u8])>> {
        while cursor.eat(b'@') {
            if cursor.text[cursor.at..].starts_with(b"cut ") {
                cursor.at += 4;
                let levels = cursor.number()?;
                cursor.expect(b'\n')?;
                return Some(Some((levels, &cursor.text[cursor.at..])));
            }
            if cursor.number()? != self.sections.len() + 1 {
                return None;
            }
            let table = self.table_head(cursor)??;
            self.sections.push(table);
        }
        cursor.is_done().then_some(None)
    }

    /// A table's head and rows; `Some(None)` when none begins here.
    fn table_head(&mut self, cursor: &mut Cursor<'v>) -> Option<Option<RawTable<'v>>> {
        let start = cursor.at;
        let is_map = match cursor.peek() {
            Some(b'[') => false,
            Some(b'{') => true,
            _ => return Some(None),
        };
        cursor.at += 1;
        let count = match cursor.number() {
            Some(count) if cursor.eat(if is_map { b'}' } else { b']' }) => count,
            _ => {
                cursor.at = start;
                return Some(None);
            }
        };
        let mut variants = Vec::new();
        if matches!(cursor.peek(), Some(b'{' | b'&')) {
            variants.push(self.header(cursor, is_map)?);
        } else {
            while cursor.peek().is_some_and(|byte| byte.is_ascii_uppercase()) {
                cursor.at += 1;
                variants.push(self.header(cursor, is_map)?);
            }
        }
        if variants.is_empty() && !is_map {
            cursor.at = start;
            return Some(None);
        }
        cursor.expect(b'\n')?;
        if count > cursor.text.len() {
            return None;
        }
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            if cursor.at > cursor.text.len() {
                return None;
            }
            rows.push(cursor.line());
        }
        Some(Some(RawTable { is_map, variants, rows }))
    }

    fn header(&mut self, cursor: &mut Cursor<'v>, is_map: bool) -> Option<Vec<Column>> {
        if !cursor.eat(b'&') {
            return self.own_header(cursor, is_map);
        }
        let shared = *self.shared.get(cursor.number()?.checked_sub(1)?)?;
        self.headed += shared.len();
        let mut inner = Cursor::new(shared);
        let columns = self.own_header(&mut inner, is_map)?;
        (inner.is_done() && self.headed <= MAX_HEADERS * self.text.len()).then_some(columns)
    }

    fn own_header(&mut self, cursor: &mut Cursor<'v>, is_map: bool) -> Option<Vec<Column>> {
        let mut columns = Vec::new();
        cursor.expect(b'{')?;
        if is_map {
            cursor.expect(b'*')?;
            cursor.expect(b',')?;
        }
        self.header_group(cursor, &mut Vec::new(), &mut columns, 0)?;
        Some(columns)
    }

    fn header_group(
        &mut self,
        cursor: &mut Cursor<'v>,
        chain: &mut Vec<Vec<u8>>,
        columns: &mut Vec<Column>,
        level: u32,
    ) -> Option<()> {
        if level > MAX_LEVELS {
            return None;
        }
        loop {
            let depth = chain.len();
            chain.push(name(cursor)?);
            while cursor.eat(b'.') {
                chain.push(name(cursor)?);
            }
            if cursor.eat(b'{') {
                self.header_group(cursor, chain, columns, level + 1)?;
            } else {
                let style = self.column_style(cursor)?;
                columns.push(Column { names: chain.clone(), dotted: dotted(chain), style });
            }
            chain.truncate(depth);
            if cursor.eat(b'}') {
                return Some(());
            }
            cursor.expect(b',')?;
        }
    }

    fn column_style(&mut self, cursor: &mut Cursor<'v>) -> Option<ColumnStyle> {
        let strings = cursor.text[cursor.at..].starts_with(b":str");
        cursor.at += if strings { 4 } else { 0 };
        match cursor.peek()? {
            b'=' => {
                cursor.at += 1;
                self.constant_or_steps(cursor, strings)
            }
            b'~' => {
                cursor.at += 1;
                template(cursor)
            }
            b'[' => {
                cursor.at += 1;
                let mut names = vec![name(cursor)?];
                while cursor.eat(b',') {
                    names.push(name(cursor)?);
                }
                cursor.expect(b']')?;
                Some(ColumnStyle::Records(names))
            }
            _ => Some(ColumnStyle::Cell { strings }),
        }
    }

    fn constant_or_steps(&mut self, cursor: &mut Cursor<'v>, strings: bool) -> Option<ColumnStyle> {
        let start = cursor.at;
        if let Some((first, last, quoted)) = steps(cursor) {
            let is_string =
                strings || quoted && !is_literal(&first, *first.first()?) || !is_literal(&first, *first.first()?);
            return Some(ColumnStyle::Steps { first, last, is_string });
        }
        cursor.at = start;
        let mut value = Vec::new();
        self.value(cursor, Place::Nested, &mut value)?;
        Some(ColumnStyle::Constant(value))
    }

    /// Decodes a text that is one value.
    fn whole(&mut self, text: &[u8], place: Place, out: &mut Vec<u8>) -> Option<()> {
        let mut cursor = Cursor::new(text);
        self.value(&mut cursor, place, out)?;
        cursor.is_done().then_some(())
    }

    fn value(&mut self, cursor: &mut Cursor, place: Place, out: &mut Vec<u8>) -> Option<()> {
        if out.len() > self.limit {
            return None;
        }
        match cursor.peek()? {
            b'"' => out.extend_from_slice(cursor.quoted()?),
            b'[' | b'{' | b'&' | b'@' | b'~' => {
                self.levels += 1;
                if self.levels > MAX_LEVELS {
                    return None;
                }
                self.structure(cursor, out)?;
                self.levels -= 1;
            }
            _ => bare(cursor, place, out)?,
        }
        Some(())
    }

    fn structure(&mut self, cursor: &mut Cursor, out: &mut Vec<u8>) -> Option<()> {
        let byte = cursor.peek()?;
        cursor.at += 1;
        match byte {
            b'[' => self.list(cursor, out),
            b'{' => self.object(cursor, out),
            b'&' => {
                let text = *self.shared.get(cursor.number()?.checked_sub(1)?)?;
                self.whole(text, Place::Row, out)
            }
            b'@' => {
                let number = cursor.number()?.checked_sub(1)?;
                // Taken out while it is read, so that a section cannot hold itself.
                let slot = self.sections.get_mut(number)?;
                let table = std::mem::replace(slot, RawTable { is_map: true, variants: Vec::new(), rows: Vec::new() });
                let done = self.table(&table, false, out);
                self.sections[number] = table;
                done
            }
            _ => {
                let letter = cursor.peek().filter(|byte| b"s24".contains(byte));
                cursor.at += usize::from(letter.is_some());
                let mut inner = Vec::new();
                self.value(cursor, Place::Row, &mut inner)?;
                let text = String::from_utf8(respell(&inner, Spelling::of_letter(letter))).ok()?;
                string::encode(&text, out);
                Some(())
            }
        }
    }

    fn list(&mut self, cursor: &mut Cursor, out: &mut Vec<u8>) -> Option<()> {
        out.push(b'[');
        if !cursor.eat(b']') {
            loop {
                self.value(cursor, Place::Nested, out)?;
                if cursor.eat(b']') {
                    break;
                }
                cursor.expect(b',')?;
                out.push(b',');
            }
        }
        out.push(b']');
        Some(())
    }

    fn object(&mut self, cursor: &mut Cursor, out: &mut Vec<u8>) -> Option<()> {
        out.push(b'{');
        if !cursor.eat(b'}') {
            loop {
                key(cursor, out)?;
                cursor.expect(b':')?;
                out.push(b':');
                self.value(cursor, Place::Nested, out)?;
                if cursor.eat(b'}') {
                    break;
                }
                cursor.expect(b',')?;
                out.push(b',');
            }
        }
        out.push(b'}');
        Some(())
    }

    fn table(&mut self, table: &RawTable, is_sequence: bool, out: &mut Vec<u8>) -> Option<()> {
        let (left, right) = if table.is_map { (b'{', b'}') } else { (b'[', b']') };
        if !is_sequence {
            out.push(left);
        }
        let mut ordinals = vec![0usize; table.variants.len()];
        let totals = self.variant_totals(table)?;
        let mut scratch = Scratch::default();
        for (row, line) in table.rows.iter().enumerate() {
            if row > 0 {
                out.push(if is_sequence { b'\n' } else { b',' });
            }
            let mut cursor = Cursor::new(line);
            if table.is_map {
                bare_or_quoted_string(&mut cursor, out)?;
                cursor.expect(b',')?;
                out.push(b':');
            }
            if table.variants.is_empty() {
                self.value(&mut cursor, Place::Row, out)?;
            } else if line[cursor.at..].starts_with(b"*:") {
                cursor.at += 2;
                self.value(&mut cursor, Place::Row, out)?;
            } else {
                let variant = variant_of(&mut cursor, table.variants.len())?;
                let ordinal = ordinals[variant];
                ordinals[variant] += 1;
                scratch.clear(table.variants[variant].len());
                self.cells(&mut cursor, &table.variants[variant], &mut scratch)?;
                compute(&table.variants[variant], ordinal, totals[variant], &mut scratch)?;
                emit(&table.variants[variant], &scratch, out)?;
            }
            if !cursor.is_done() {
                return None;
            }
        }
        if !is_sequence {
            out.push(right);
        }
        Some(())
    }

    fn variant_totals(&self, table: &RawTable) -> Option<Vec<usize>> {
        let mut totals = vec![0usize; table.variants.len()];
        if table.variants.is_empty() {
            return Some(totals);
        }
        let mut key = Vec::new();
        for line in &table.rows {
            let mut cursor = Cursor::new(line);
            if table.is_map {
                key.clear();
                bare_or_quoted_string(&mut cursor, &mut key)?;
                cursor.expect(b',')?;
            }
            if !line[cursor.at..].starts_with(b"*:") {
                totals[variant_of(&mut cursor, table.variants.len())?] += 1;
            }
        }
        Some(totals)
    }

    fn cells(&mut self, cursor: &mut Cursor, columns: &[Column], scratch: &mut Scratch) -> Option<()> {
        let mut is_first = true;
        for (index, column) in columns.iter().enumerate() {
            let place = match &column.style {
                ColumnStyle::Cell { strings: true } | ColumnStyle::Affix { .. } => Place::StringRow,
                ColumnStyle::Cell { .. } | ColumnStyle::Records(_) => Place::Row,
                _ => continue,
            };
            if !is_first {
                cursor.expect(b',')?;
            }
            is_first = false;
            if matches!(cursor.peek(), None | Some(b',')) {
                continue;
            }
            let start = scratch.bytes.len();
            match &column.style {
                ColumnStyle::Records(names) if cursor.peek() == Some(b'[') => {
                    self.records(cursor, names, &mut scratch.bytes)?
                }
                ColumnStyle::Affix { prefix, suffix } => {
                    let mut middle = Vec::new();
                    bare_or_quoted_string(cursor, &mut middle)?;
                    let inner = &middle[1..middle.len() - 1];
                    for part in [b"\"".as_slice(), prefix, inner, suffix, b"\""] {
                        scratch.bytes.extend_from_slice(part);
                    }
                }
                _ => self.value(cursor, place, &mut scratch.bytes)?,
            }
            scratch.ranges[index] = Some((start, scratch.bytes.len()));
        }
        self.extras(cursor, columns, scratch, is_first)
    }

    /// Values named behind the row.
    fn extras(
        &mut self,
        cursor: &mut Cursor,
        columns: &[Column],
        scratch: &mut Scratch,
        mut is_first: bool,
    ) -> Option<()> {
        while !cursor.is_done() {
            if !is_first {
                cursor.expect(b',')?;
            }
            is_first = false;
            cursor.expect(b'^')?;
            let mut chain = vec![name(cursor)?];
            while cursor.eat(b'.') {
                chain.push(name(cursor)?);
            }
            cursor.expect(b'=')?;
            let index = columns.iter().position(|column| column.names == chain)?;
            let start = scratch.bytes.len();
            self.value(cursor, Place::Nested, &mut scratch.bytes)?;
            scratch.ranges[index] = Some((start, scratch.bytes.len()));
        }
        Some(())
    }

    fn records(&mut self, cursor: &mut Cursor, names: &[Vec<u8>], out: &mut Vec<u8>) -> Option<()> {
        cursor.expect(b'[')?;
        out.push(b'[');
        if !cursor.eat(b']') {
            loop {
                out.push(b'{');
                for (position, name) in names.iter().enumerate() {
                    if position > 0 {
                        cursor.expect(b',')?;
                        out.push(b',');
                    }
                    out.extend_from_slice(name);
                    out.push(b':');
                    self.value(cursor, Place::Nested, out)?;
                }
                out.push(b'}');
                if cursor.eat(b']') {
                    break;
                }
                cursor.expect(b';')?;
                out.push(b',');
            }
        }
        out.push(b']');
        Some(())
    }
}

/// The decoded cells of one row.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    ranges: Vec<Option<(usize, usize)>>,
}

impl Scratch {
    fn clear(&mut self, columns: usize) {
        self.bytes.clear();
        self.ranges.clear();
        self.ranges.resize(columns, None);
    }
}

fn variant_of(cursor: &mut Cursor, variants: usize) -> Option<usize> {
    if variants == 1 {
        return Some(0);
    }
    let variant = cursor.peek()?.checked_sub(b'A')? as usize;
    cursor.at += 1;
    cursor.expect(b':')?;
    (variant < variants).then_some(variant)
}

/// Fills the columns that have no cell: steps and templates.
fn compute(columns: &[Column], ordinal: usize, total: usize, scratch: &mut Scratch) -> Option<()> {
    for (index, column) in columns.iter().enumerate() {
        if scratch.ranges[index].is_some() {
            continue;
        }
        let start = scratch.bytes.len();
        match &column.style {
            ColumnStyle::Steps { first, last, is_string } => {
                let text = step(first, last, ordinal, total)?;
                let quote: &[u8] = if *is_string { b"\"" } else { b"" };
                for part in [quote, &text, quote] {
                    scratch.bytes.extend_from_slice(part);
                }
            }
            ColumnStyle::Template(parts) => {
                scratch.bytes.push(b'"');
                for part in parts {
                    match part {
                        TemplatePart::Text(text) => scratch.bytes.extend_from_slice(text),
                        TemplatePart::Column(donor) => {
                            let donor = columns.iter().position(|column| column.dotted == *donor)?;
                            let (from, to) = match (scratch.ranges[donor], &columns[donor].style) {
                                (Some(range), _) => range,
                                _ => return None,
                            };
                            let quoted = usize::from(scratch.bytes[from] == b'"');
                            scratch.bytes.extend_from_within(from + quoted..to - quoted);
                        }
                    }
                }
                scratch.bytes.push(b'"');
            }
            _ => continue,
        }
        scratch.ranges[index] = Some((start, scratch.bytes.len()));
    }
    Some(())
}

fn step(first: &[u8], last: &[u8], ordinal: usize, total: usize) -> Option<Vec<u8>> {
    let (from, to) = (numbered(first)?, numbered(last)?);
    let gaps = i64::try_from(total.checked_sub(1)?).ok()?;
    let step = (to.number - from.number).checked_div(gaps)?;
    let number = from.number + step * ordinal as i64;
    let mut text = from.prefix.to_vec();
    let width = spelled_width(number, from.width);
    text.extend_from_slice(format!("{number:0width$}").as_bytes());
    text.extend_from_slice(from.suffix);
    Some(text)
}

/// Writes the row's object, nesting columns by their names.
fn emit(columns: &[Column], scratch: &Scratch, out: &mut Vec<u8>) -> Option<()> {
    out.push(b'{');
    let mut open: &[Vec<u8>] = &[];
    let mut is_first = true;
    for (index, column) in columns.iter().enumerate() {
        let value: &[u8] = match (&column.style, scratch.ranges[index]) {
            (ColumnStyle::Constant(value), _) => value,
            (_, Some((from, to))) => &scratch.bytes[from..to],
            _ => continue,
        };
        let parents = &column.names[..column.names.len() - 1];
        let shared = open.iter().zip(parents).take_while(|(left, right)| left == right).count();
        for _ in shared..open.len() {
            out.push(b'}');
        }
        if !is_first {
            out.push(b',');
        }
        for name in &parents[shared..] {
            out.extend_from_slice(name);
            out.extend_from_slice(b":{");
        }
        out.extend_from_slice(column.names.last()?);
        out.push(b':');
        out.extend_from_slice(value);
        open = parents;
        is_first = false;
    }
    for _ in open {
        out.push(b'}');
    }
    out.push(b'}');
    Some(())
}

/// Reads a bare text up to what ends it at `place`.
fn bare(cursor: &mut Cursor, place: Place, out: &mut Vec<u8>) -> Option<()> {
    let text = bare_text(cursor, place);
    let &first = text.first()?;
    let is_raw = match place {
        Place::StringRow => text == b"null",
        Place::Key => false,
        _ => is_literal(text, first),
    };
    if is_raw {
        out.extend_from_slice(text);
    } else {
        string::encode(std::str::from_utf8(text).ok()?, out);
    }
    Some(())
}

fn bare_text<'c>(cursor: &mut Cursor<'c>, place: Place) -> &'c [u8] {
    let rest = &cursor.text[cursor.at..];
    let ends = |byte: &u8| match place {
        Place::Row | Place::StringRow => *byte == b',',
        Place::Nested => matches!(byte, b',' | b';' | b']' | b'}'),
        Place::Key => *byte == b':',
    };
    let end = rest.iter().position(ends).unwrap_or(rest.len());
    cursor.at += end;
    &rest[..end]
}

/// A map's key or an affixed cell: always a string.
fn bare_or_quoted_string(cursor: &mut Cursor, out: &mut Vec<u8>) -> Option<()> {
    if cursor.peek()? == b'"' {
        out.extend_from_slice(cursor.quoted()?);
        return Some(());
    }
    let text = bare_text(cursor, Place::StringRow);
    string::encode(std::str::from_utf8(text).ok()?, out);
    Some(())
}

fn key(cursor: &mut Cursor, out: &mut Vec<u8>) -> Option<()> {
    if cursor.peek()? == b'"' {
        out.extend_from_slice(cursor.quoted()?);
        return Some(());
    }
    bare(cursor, Place::Key, out)
}

/// A column's name as canonical JSON.
fn name(cursor: &mut Cursor) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if cursor.peek()? == b'"' {
        out.extend_from_slice(cursor.quoted()?);
        return Some(out);
    }
    let rest = &cursor.text[cursor.at..];
    let end = rest.iter().position(|byte| b".,:=~[]{}*^\n".contains(byte)).unwrap_or(rest.len());
    if end == 0 {
        return None;
    }
    string::encode(std::str::from_utf8(&rest[..end]).ok()?, &mut out);
    cursor.at += end;
    Some(out)
}

/// The bare spelling of a chain of canonical names, as templates refer to it.
fn dotted(chain: &[Vec<u8>]) -> Vec<u8> {
    let bare: Vec<&[u8]> = chain.iter().map(|name| &name[1..name.len() - 1]).collect();
    bare.join(&b'.')
}

/// `first..last`, bare or quoted.
fn steps(cursor: &mut Cursor) -> Option<(Vec<u8>, Vec<u8>, bool)> {
    if cursor.peek()? == b'"' {
        let first = cursor.quoted()?;
        cursor.expect(b'.')?;
        cursor.expect(b'.')?;
        let last = cursor.quoted()?;
        return Some((first[1..first.len() - 1].to_vec(), last[1..last.len() - 1].to_vec(), true));
    }
    let rest = &cursor.text[cursor.at..];
    let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b'{' | b'[' | b'"' | b'\n'))?;
    let text = &rest[..end];
    let dots = memchr::memmem::find(text, b"..")?;
    cursor.at += end;
    Some((text[..dots].to_vec(), text[dots + 2..].to_vec(), false))
}

fn template(cursor: &mut Cursor) -> Option<ColumnStyle> {
    let text: Vec<u8> = if cursor.peek()? == b'"' {
        let quoted = cursor.quoted()?;
        quoted[1..quoted.len() - 1].to_vec()
    } else {
        let rest = &cursor.text[cursor.at..];
        let mut level = 0i32;
        let end = rest.iter().position(|byte| {
            level += i32::from(*byte == b'{') - i32::from(*byte == b'}');
            level < 0 || level == 0 && *byte == b','
        })?;
        cursor.at += end;
        rest[..end].to_vec()
    };
    if let Some(star) = text.iter().position(|&byte| byte == b'*') {
        return Some(ColumnStyle::Affix { prefix: text[..star].to_vec(), suffix: text[star + 1..].to_vec() });
    }
    let mut parts = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        if rest[0] == b'{' {
            let end = rest.iter().position(|&byte| byte == b'}')?;
            parts.push(TemplatePart::Column(rest[1..end].to_vec()));
            rest = &rest[end + 1..];
        } else {
            let end = rest.iter().position(|&byte| byte == b'{').unwrap_or(rest.len());
            parts.push(TemplatePart::Text(rest[..end].to_vec()));
            rest = &rest[end..];
        }
    }
    Some(ColumnStyle::Template(parts))
}
