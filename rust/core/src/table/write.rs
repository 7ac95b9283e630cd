//! A document in, its lossless form out.
//!
//! ```text
//! form    = "#table " n " rows" [ ", crlf" ] [ ", unended" ] ", cells by " sign "." [ legend ] { schema } "" { line }
//! schema  = letter " " n " by " sign | letter " " aligns " " gaps | letter " tree " step [ " forks" ]   newline
//!           [ names ] newline  { name or number, "=" value | "@" | "+" step " " first | "&" codes | "/" | "*" unit }
//! line    = "%" letter [ " " widths ]        a block begins; widths are those of its longest cells, but for these
//!         | "^" align                        its heading
//!         | "_" signs                        a line that is drawn
//!         | "@" cells                        columns that hold until the next
//!         | "!" cells                        a row in full
//!         | "=" text                         a line as it is
//!         | [ "'" ] cells                    a row, without columns that are written once
//! ```

use super::columns::{self, code, directory, style_of, Style};
use super::layout::{characters, rule_of, HeadAlign, Layout};
use super::outline;
use super::regular::{head_align, line_ends, outline_style, regular};
use super::schema::{Document, Format, Part, Schema};
use crate::json::paths::MixMap;

/// Signs between the cells of a form; one that no cell has.
const SIGNS: [char; 5] = [',', '|', ';', '\t', '¦'];
/// Signs that a row cannot begin with.
pub const LINE_SIGNS: [char; 7] = ['%', '^', '_', '@', '!', '=', '\''];

/// The lossless form of a document, or its text if it has none. Rows that are `literal` are written in full.
pub fn write(document: &Document, literal: &[bool]) -> String {
    Writer::new(document).map_or_else(|| document.lines.text.to_owned(), |writer| writer.write(literal))
}

struct Writer<'d, 'a> {
    document: &'d Document<'a>,
    ends: &'static str,
    sign: char,
    /// Of each row, whether its line is what its block's layout gives.
    is_regular: Vec<bool>,
    heads: Vec<Option<HeadAlign>>,
    styles: Vec<Vec<Style>>,
    codes: Vec<Vec<MixMap<u64, usize>>>,
    out: String,
}

impl<'d, 'a> Writer<'d, 'a> {
    fn new(document: &'d Document<'a>) -> Option<Self> {
        let ends = line_ends(document)?;
        let is_regular = regular(document);
        let heads = document.blocks.iter().map(|block| head_align(document, block)).collect();
        let sign = SIGNS.into_iter().find(|&sign| is_free(document, sign))?;
        let mut writer = Writer {
            document,
            ends,
            sign,
            is_regular,
            heads,
            styles: Vec::new(),
            codes: Vec::new(),
            out: String::with_capacity(document.lines.text.len() / 2),
        };
        for schema in &document.schemas {
            let styles = writer.plan(schema);
            let lists = styles.iter().map(|style| match style {
                Style::Codes(values) => values.iter().zip(0..).map(|(value, at)| (hash(value), at)).collect(),
                _ => MixMap::default(),
            });
            writer.codes.push(lists.collect());
            writer.styles.push(styles);
        }
        Some(writer)
    }

    fn plan(&self, schema: &Schema) -> Vec<Style> {
        if schema.format == Format::Outline {
            return vec![Style::Plain];
        }
        let rows: Vec<u32> = schema.rows.iter().copied().filter(|&row| self.is_regular[row as usize]).collect();
        (0..schema.columns)
            .map(|column| {
                let cell = |&row: &u32| self.document.cell(self.document.rows[row as usize], column);
                let cells: Vec<&str> = rows.iter().map(cell).collect();
                style_of(&cells)
            })
            .collect()
    }

    fn write(mut self, literal: &[bool]) -> String {
        self.header();
        for ordinal in 0..self.document.schemas.len() {
            self.schema(ordinal);
        }
        self.out.push('\n');
        let mut sticky: Vec<Vec<Option<&str>>> =
            self.document.schemas.iter().map(|schema| vec![None; schema.columns]).collect();
        let mut above = sticky.clone();
        let (mut block, mut row) = (0, 0);
        for (line, part) in self.document.parts.iter().enumerate() {
            while self.document.blocks.get(block).is_some_and(|own| own.first as usize <= line) {
                self.block(block);
                block += 1;
            }
            let at = block.saturating_sub(1);
            match part {
                Part::Text => self.as_it_is(line),
                Part::Heading => match self.heads[at] {
                    Some(align) => self.out.push_str(&format!("^{}\n", align.letter())),
                    None => self.as_it_is(line),
                },
                Part::Rule => self.rule(at, line),
                Part::Row => {
                    if self.is_regular[row] {
                        let schema = self.document.blocks[at].schema as usize;
                        self.row(row, schema, literal[row], &mut sticky[schema], &mut above[schema]);
                    } else {
                        self.as_it_is(line);
                    }
                    row += 1;
                }
            }
        }
        self.out.pop();
        self.out
    }

    fn header(&mut self) {
        let lines = &self.document.lines;
        self.out.push_str(&format!("#table {} rows", self.document.rows.len()));
        if self.ends == "\r\n" {
            self.out.push_str(", crlf");
        }
        if lines.list.last().is_some_and(|last| last.end == last.next) {
            self.out.push_str(", unended");
        }
        let sign = if self.sign == '\t' { "tab".to_owned() } else { self.sign.to_string() };
        self.out.push_str(&format!(", cells by {sign}."));
        let styles = || self.styles.iter().flatten();
        if styles().any(|style| matches!(style, Style::Sticky)) {
            self.out.push_str(" @ sets columns @ for the rows below (\": as before).");
        }
        if styles().any(|style| matches!(style, Style::Path)) {
            self.out.push_str(" \"name: in the directory above.");
        }
        if styles().any(|style| matches!(style, Style::Scaled(_))) {
            self.out.push_str(" *0.1: times 0.1.");
        }
        let is_short = |style: &Style| !matches!(style, Style::Plain | Style::Path);
        if styles().any(is_short) {
            self.out.push_str(" !: row in full.");
        }
        self.out.push('\n');
    }

    /// How rows of a schema stand in lines, and what their columns have in common.
    fn schema(&mut self, ordinal: usize) {
        let document = self.document;
        let schema = &document.schemas[ordinal];
        let block = document.blocks.iter().find(|block| block.schema as usize == ordinal);
        let Some(block) = block else { return };
        self.out.push(letter(ordinal));
        match schema.format {
            Format::Delimited(by) => {
                let by = match by {
                    b'\t' => "tab".to_owned(),
                    b' ' => "space".to_owned(),
                    by => char::from(by).to_string(),
                };
                self.out.push_str(&format!(" {} by {by}\n", schema.columns));
            }
            Format::Outline => {
                let style = outline_style(document, block);
                let forks = if style.forks { " forks" } else { "" };
                self.out.push_str(&format!(" tree {}{forks}\n", style.step));
            }
            Format::Boxed(_) | Format::Aligned => {
                let layout = &block.layout;
                let aligns: String = layout.aligns.iter().map(|align| align.letter()).collect();
                let aligns = if aligns.is_empty() { format!("{}", schema.columns) } else { aligns };
                self.out.push_str(&format!(" {aligns} {}\n", gaps(layout)));
            }
        }
        let heading = document.blocks.iter().find(|own| own.schema as usize == ordinal).and_then(|own| own.heading);
        let cells: Vec<&str> = match heading {
            Some(heading) => document.cells_of(heading).collect(),
            None => schema.names.iter().map(String::as_str).collect(),
        };
        if !cells.is_empty() {
            self.out.push('#');
            self.cells(&cells);
            self.out.push('\n');
        }
        for column in 0..schema.columns {
            let Some(payload) = self.payload(ordinal, column) else { continue };
            let name = schema.names.get(column).filter(|name| is_plain_name(name, self.sign));
            match name {
                Some(name) => self.out.push_str(&format!("{} {name}{payload}\n", column + 1)),
                None => self.out.push_str(&format!("{} {payload}\n", column + 1)),
            }
        }
    }

    fn payload(&self, schema: usize, column: usize) -> Option<String> {
        Some(match &self.styles[schema][column] {
            Style::Plain => return None,
            Style::Constant(value) => format!("={value}"),
            Style::Sticky => "@".to_owned(),
            Style::Path => "/".to_owned(),
            Style::Scaled(scale) => scale.written(),
            Style::Steps(steps) => {
                format!("+{}{} {}", steps.step, if steps.is_days { "d" } else { "" }, steps.first)
            }
            Style::Codes(values) => {
                let entries: Vec<String> =
                    values.iter().enumerate().map(|(at, value)| format!("{}={value}", code(at))).collect();
                format!("&{}", entries.join(&self.sign.to_string()))
            }
        })
    }

    fn cells(&mut self, cells: &[&str]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.out.push(self.sign);
            }
            self.out.push_str(cell);
        }
    }

    fn as_it_is(&mut self, line: usize) {
        self.out.push('=');
        self.out.push_str(self.document.lines.line(line));
        self.out.push('\n');
    }

    fn block(&mut self, ordinal: usize) {
        let block = &self.document.blocks[ordinal];
        self.out.push('%');
        self.out.push(letter(block.schema as usize));
        if !block.layout.widths.is_empty() {
            let longest = self.longest(ordinal);
            let given: Vec<String> = block
                .layout
                .widths
                .iter()
                .zip(&longest)
                .map(|(own, longest)| if own == longest { String::new() } else { own.to_string() })
                .collect();
            let given = given.join(",");
            let given = given.trim_end_matches(',');
            if !given.is_empty() {
                self.out.push(' ');
                self.out.push_str(given);
            }
        }
        self.out.push('\n');
    }

    /// Characters of the longest cells of a block's regular lines.
    fn longest(&self, ordinal: usize) -> Vec<usize> {
        let document = self.document;
        let block = &document.blocks[ordinal];
        let mut longest = vec![0usize; block.layout.widths.len()];
        let first = document.block_of.partition_point(|&of| (of as usize) < ordinal);
        let end = document.block_of.partition_point(|&of| of as usize <= ordinal);
        let rows = (first..end).filter(|&row| self.is_regular[row]).map(|row| document.rows[row]);
        let heading = block.heading.filter(|_| self.heads[ordinal].is_some());
        for span in rows.chain(heading) {
            for (longest, cell) in longest.iter_mut().zip(document.cells_of(span)) {
                *longest = (*longest).max(characters(cell));
            }
        }
        longest
    }

    fn rule(&mut self, block: usize, line: usize) {
        match rule_of(&self.document.blocks[block].layout, self.document.lines.line(line)) {
            Some(signs) => {
                self.out.push('_');
                self.out.extend(signs);
                self.out.push('\n');
            }
            None => self.as_it_is(line),
        }
    }

    fn row(
        &mut self,
        row: usize,
        schema: usize,
        is_literal: bool,
        sticky: &mut [Option<&'a str>],
        above: &mut [Option<&'a str>],
    ) {
        let document = self.document;
        let cells: Vec<&'a str> = document.cells_of(document.rows[row]).collect();
        if document.schemas[schema].format == Format::Outline {
            let block = &document.blocks[document.block_of[row] as usize];
            let (_, depth) =
                outline::split(document.lines.line(document.rows[row].line as usize), outline_style(document, block));
            (0..depth).for_each(|_| self.out.push(' '));
            self.escape(cells[0]);
            self.out.push_str(cells[0]);
            self.out.push('\n');
            return;
        }
        let short = if is_literal { None } else { self.short(schema, &cells, above) };
        if let Some(short) = short {
            let is_changed = cells.iter().zip(&*sticky).zip(&self.styles[schema]);
            let changes: Vec<(&str, bool)> = is_changed
                .filter(|(_, style)| matches!(style, Style::Sticky))
                .map(|((cell, known), _)| (*cell, *known != Some(*cell)))
                .collect();
            if changes.iter().any(|(_, is_changed)| *is_changed) {
                let line: Vec<&str> =
                    changes.iter().map(|&(cell, changed)| if changed { cell } else { "\"" }).collect();
                self.out.push('@');
                self.cells(&line);
                self.out.push('\n');
                sticky.iter_mut().zip(&cells).for_each(|(known, cell)| *known = Some(cell));
            }
            let row: Vec<&str> = short.iter().map(|cell| cell.as_ref()).collect();
            if let Some(first) = row.first() {
                self.escape(first);
            }
            self.cells(&row);
        } else {
            self.out.push('!');
            self.cells(&cells);
        }
        self.out.push('\n');
        above.iter_mut().zip(&cells).for_each(|(known, cell)| *known = Some(cell));
    }

    fn escape(&mut self, first: &str) {
        if first.starts_with(LINE_SIGNS) {
            self.out.push('\'');
        }
    }

    /// The cells that are written of a row; `None` if it has to be written in full.
    fn short<'c>(
        &self,
        schema: usize,
        cells: &[&'c str],
        above: &[Option<&'c str>],
    ) -> Option<Vec<std::borrow::Cow<'c, str>>> {
        let mut short = Vec::with_capacity(cells.len());
        for (column, style) in self.styles[schema].iter().enumerate() {
            let cell = cells[column];
            match style {
                Style::Constant(_) | Style::Sticky | Style::Steps(_) => {}
                Style::Plain => short.push(cell.into()),
                Style::Scaled(scale) => short.push(scale.short(cell)?.into()),
                Style::Path => {
                    let directory = directory(cell);
                    if !directory.is_empty() && above[column].is_some_and(|path| columns::directory(path) == directory)
                    {
                        short.push(format!("\"{}", &cell[directory.len()..]).into());
                    } else {
                        short.push(cell.into());
                    }
                }
                Style::Codes(values) => match self.codes[schema][column].get(&hash(cell)) {
                    Some(&at) => short.push(code(at).into()),
                    None if columns::ordinal(cell).is_some_and(|at| at < values.len()) => return None,
                    None => short.push(cell.into()),
                },
            }
        }
        Some(short)
    }
}

fn hash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

pub fn letter(schema: usize) -> char {
    char::from(b'A' + (schema % 26) as u8)
}

fn is_plain_name(name: &str, sign: char) -> bool {
    !name.contains(['=', '@', '+', '&', '/', '*']) && !name.contains(sign) && !name.is_empty()
}

fn gaps(layout: &Layout) -> String {
    if layout.gaps.iter().all(|gap| gap.bytes().all(|byte| byte == b' ')) {
        let counts: Vec<String> = layout.gaps.iter().map(|gap| gap.len().to_string()).collect();
        return counts.join(",");
    }
    let middle = layout.gaps.get(1).filter(|_| layout.gaps.len() > 2).map_or("", String::as_str);
    format!("\"{}\"{middle}\"{}\"", layout.gaps[0], layout.gaps.last().map_or("", String::as_str))
}

fn is_free(document: &Document, sign: char) -> bool {
    let spans = document.rows.iter().copied().chain(document.blocks.iter().filter_map(|block| block.heading));
    spans.filter(|span| span.to - span.from > 1).all(|span| document.cells_of(span).all(|cell| !cell.contains(sign)))
}
