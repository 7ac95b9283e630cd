//! The lossless form of tables in, their text out; see `write` for how it reads. What is no such form gives `None`.

use super::columns::{directory, ordinal, Steps, Style};
use super::layout::{characters, Align, HeadAlign, Layout};
use super::outline;
use super::scale::Scale;
use super::schema::MAX_COLUMNS;
use super::write::{letter, LINE_SIGNS};

/// Bytes that a form may stand for, or so many times its own.
const MAX_BYTES: usize = 64 << 20;
const MAX_GROWTH: usize = 16;
const MAX_WIDTH: usize = 1 << 16;

#[derive(Default)]
struct Schema<'t> {
    layout: Layout,
    columns: usize,
    tree: Option<outline::Style>,
    names: Vec<&'t str>,
    styles: Vec<Style>,
    sticky: Vec<String>,
    above: Vec<String>,
    /// Rows read so far.
    ordinal: usize,
}

/// A line of a block whose widths are not known yet.
enum Line<'t> {
    Text(&'t str),
    Heading(HeadAlign),
    Rule(Vec<char>),
    Row(Vec<String>),
    Branch(usize, &'t str),
}

struct Reader<'t> {
    sign: char,
    ends: &'static str,
    schemas: Vec<Schema<'t>>,
    block: Option<(usize, Vec<Option<usize>>)>,
    lines: Vec<Line<'t>>,
    rows: usize,
    out: String,
    limit: usize,
    /// Bytes of cells that wait for their block's end.
    waiting: usize,
}

/// The text that a lossless form stands for.
pub fn read(form: &str) -> Option<String> {
    let (header, mut rest) = form.split_once('\n')?;
    let facts = header.strip_prefix("#table ")?;
    let (facts, behind) = facts.split_once(", cells by ")?;
    let sign = behind.strip_prefix("tab").map_or_else(|| behind.chars().next(), |_| Some('\t'))?;
    let mut facts = facts.split(", ");
    let rows: usize = facts.next()?.strip_suffix(" rows")?.parse().ok()?;
    let facts: Vec<&str> = facts.collect();
    let limit = MAX_BYTES.max(form.len().saturating_mul(MAX_GROWTH));
    let mut reader = Reader {
        sign,
        ends: if facts.contains(&"crlf") { "\r\n" } else { "\n" },
        schemas: Vec::new(),
        block: None,
        lines: Vec::new(),
        rows: 0,
        out: String::with_capacity(form.len().saturating_mul(2).min(limit)),
        limit,
        waiting: 0,
    };
    loop {
        let (line, behind) = rest.split_once('\n')?;
        rest = behind;
        if line.is_empty() {
            break;
        }
        reader.above(line)?;
    }
    for line in rest.split('\n') {
        reader.line(line)?;
    }
    reader.close()?;
    if facts.contains(&"unended") {
        let end = reader.out.len().checked_sub(reader.ends.len())?;
        reader.out.truncate(end);
    }
    // Rows that stand as they are count too.
    (reader.rows <= rows).then_some(reader.out)
}

impl<'t> Reader<'t> {
    /// A line above the rows.
    fn above(&mut self, line: &'t str) -> Option<()> {
        if let Some(names) = line.strip_prefix('#') {
            let sign = self.sign;
            let schema = self.schemas.last_mut()?;
            schema.names = split(names, sign, schema.columns);
            return (schema.names.len() == schema.columns).then_some(());
        }
        let (first, rest) = line.split_once(' ')?;
        if first.len() == 1 && first.starts_with(letter(self.schemas.len())) {
            self.schemas.push(read_schema(rest)?);
            return Some(());
        }
        let sign = self.sign;
        let schema = self.schemas.last_mut()?;
        let column = first.parse::<usize>().ok()?.checked_sub(1)?;
        let name = schema.names.get(column).copied().map_or("", super::find::unquoted);
        let payload = match rest.strip_prefix(name) {
            Some(payload) if payload.starts_with(['=', '@', '+', '&', '/', '*']) => payload,
            _ => rest,
        };
        *schema.styles.get_mut(column)? = read_style(payload, sign)?;
        Some(())
    }

    fn line(&mut self, line: &'t str) -> Option<()> {
        let mut letters = line.chars();
        let rest = || line.get(1..);
        match letters.next() {
            Some('%') => {
                self.close()?;
                return self.open(rest()?);
            }
            Some('=') => self.lines.push(Line::Text(rest()?)),
            Some('^') => {
                let align = HeadAlign::ALL.into_iter().find(|align| letters.as_str().starts_with(align.letter()))?;
                self.lines.push(Line::Heading(align));
            }
            Some('_') => self.lines.push(Line::Rule(letters.collect())),
            Some('@') => return self.set(rest()?),
            Some('!') => {
                let columns = self.schema()?.columns;
                let cells = split(rest()?, self.sign, columns).into_iter().map(str::to_owned).collect();
                self.take(cells)?;
            }
            Some('\'') => self.row(rest()?)?,
            _ => self.row(line)?,
        }
        if self.block.is_none() {
            self.close()?;
        }
        Some(())
    }

    fn schema(&mut self) -> Option<&mut Schema<'t>> {
        let at = self.block.as_ref()?.0;
        self.schemas.get_mut(at)
    }

    fn open(&mut self, line: &str) -> Option<()> {
        let (name, widths) = line.split_once(' ').unwrap_or((line, ""));
        let schema = (0..self.schemas.len()).find(|&at| name.starts_with(letter(at)) && name.len() == 1)?;
        let mut given = Vec::new();
        for width in widths.split(',') {
            given.push(match width {
                "" => None,
                width => Some(width.parse().ok().filter(|&width| width <= MAX_WIDTH)?),
            });
        }
        self.block = Some((schema, given));
        Some(())
    }

    /// Sets the columns that hold until they change.
    fn set(&mut self, line: &str) -> Option<()> {
        let sign = self.sign;
        let schema = self.schema()?;
        let columns: Vec<usize> =
            (0..schema.columns).filter(|&column| matches!(schema.styles[column], Style::Sticky)).collect();
        let cells = split(line, sign, columns.len());
        if cells.len() != columns.len() {
            return None;
        }
        for (column, cell) in columns.into_iter().zip(cells) {
            if cell != "\"" {
                schema.sticky[column] = cell.to_owned();
            }
        }
        Some(())
    }

    fn row(&mut self, line: &'t str) -> Option<()> {
        let sign = self.sign;
        let schema = self.schema()?;
        if schema.tree.is_some() {
            let text = line.trim_start_matches(' ');
            let depth = line.len() - text.len();
            // What begins like another line of the form is marked behind its indentation.
            let text = text.strip_prefix('\'').filter(|text| text.starts_with(LINE_SIGNS)).unwrap_or(text);
            self.rows += 1;
            self.lines.push(Line::Branch(depth, text));
            return Some(());
        }
        let is_written =
            |style: &Style| matches!(style, Style::Plain | Style::Path | Style::Codes(_) | Style::Scaled(_));
        let written = schema.styles.iter().filter(|style| is_written(style)).count();
        let mut given = split(line, sign, written).into_iter();
        let mut cells = Vec::with_capacity(schema.columns);
        for (column, style) in schema.styles.iter().enumerate() {
            cells.push(match style {
                Style::Constant(value) => value.clone(),
                Style::Sticky => schema.sticky[column].clone(),
                Style::Steps(steps) => steps.at(schema.ordinal)?,
                Style::Plain => given.next()?.to_owned(),
                Style::Scaled(scale) => scale.full(given.next()?)?,
                Style::Path => match given.next()? {
                    cell if cell.starts_with('"') => format!("{}{}", directory(&schema.above[column]), &cell[1..]),
                    cell => cell.to_owned(),
                },
                Style::Codes(values) => {
                    let cell = given.next()?;
                    ordinal(cell).and_then(|at| values.get(at)).map_or_else(|| cell.to_owned(), Clone::clone)
                }
            });
        }
        if given.next().is_some_and(|more| written > 0 || !more.is_empty()) {
            return None;
        }
        self.take(cells)
    }

    fn take(&mut self, cells: Vec<String>) -> Option<()> {
        let bytes: usize = cells.iter().map(String::len).sum();
        self.waiting += bytes;
        if self.waiting > self.limit {
            return None;
        }
        let schema = self.schema()?;
        if cells.len() != schema.columns {
            return None;
        }
        schema.ordinal += 1;
        for (known, (cell, style)) in schema.above.iter_mut().zip(cells.iter().zip(&schema.styles)) {
            if matches!(style, Style::Path) {
                known.clone_from(cell);
            }
        }
        self.rows += 1;
        self.lines.push(Line::Row(cells));
        Some(())
    }

    /// Writes the lines of a block, whose widths are known by now.
    fn close(&mut self) -> Option<()> {
        let lines = std::mem::take(&mut self.lines);
        self.waiting = 0;
        let empty = Schema::default();
        let mut layout = Layout::default();
        let mut schema = &empty;
        if let Some((at, given)) = &self.block {
            schema = self.schemas.get(*at)?;
            layout = schema.layout.clone();
            if !layout.widths.is_empty() {
                widen(&mut layout, &lines, &schema.names);
                for (width, given) in layout.widths.iter_mut().zip(given) {
                    *width = given.unwrap_or(*width);
                }
            }
        }
        let depths: Vec<usize> = lines
            .iter()
            .filter_map(|line| if let Line::Branch(depth, _) = line { Some(*depth) } else { None })
            .collect();
        if depths.iter().any(|&depth| depth > MAX_COLUMNS) {
            return None;
        }
        let mut drawn = schema.tree.map(|style| outline::draw(&depths, style)).unwrap_or_default().into_iter();
        for line in lines {
            match line {
                Line::Text(text) => self.out.push_str(text),
                Line::Heading(align) => layout.render_heading(schema.names.iter().copied(), align, &mut self.out),
                Line::Rule(signs) => layout.render_rule(&signs, &mut self.out),
                Line::Row(cells) => layout.render(cells.iter().map(String::as_str), &mut self.out),
                Line::Branch(_, text) => {
                    self.out.push_str(&drawn.next()?);
                    self.out.push_str(text);
                }
            }
            self.out.push_str(self.ends);
            if self.out.len() > self.limit {
                return None;
            }
        }
        Some(())
    }
}

fn widen(layout: &mut Layout, lines: &[Line], names: &[&str]) {
    for line in lines {
        let mut grow = |column: usize, cell: &str| {
            if let Some(width) = layout.widths.get_mut(column) {
                *width = (*width).max(characters(cell));
            }
        };
        match line {
            Line::Row(cells) => cells.iter().enumerate().for_each(|(column, cell)| grow(column, cell)),
            Line::Heading(_) => names.iter().enumerate().for_each(|(column, name)| grow(column, name)),
            Line::Text(_) | Line::Rule(_) | Line::Branch(..) => {}
        }
    }
}

fn split(line: &str, sign: char, columns: usize) -> Vec<&str> {
    match columns {
        0 if line.is_empty() => Vec::new(),
        // A cell alone may hold the sign.
        1 => vec![line],
        _ => line.split(sign).collect(),
    }
}

fn read_schema<'t>(line: &str) -> Option<Schema<'t>> {
    let (first, rest) = line.split_once(' ')?;
    let mut schema = Schema::default();
    if first == "tree" {
        let (step, forks) = rest.split_once(' ').unwrap_or((rest, ""));
        schema.tree = Some(outline::Style {
            step: step.parse().ok().filter(|step| (1..=8).contains(step))?,
            forks: forks == "forks",
        });
        schema.columns = 1;
    } else if let Some(by) = rest.strip_prefix("by ") {
        schema.columns = first.parse().ok()?;
        let by = match by {
            "tab" => b'\t',
            "space" => b' ',
            by => *by.as_bytes().first()?,
        };
        if schema.columns == 0 || schema.columns > MAX_COLUMNS {
            return None;
        }
        schema.layout = Layout::delimited(by, schema.columns);
    } else {
        match first.parse::<usize>() {
            Ok(columns) => schema.columns = columns,
            Err(_) => {
                schema.layout.aligns = first.chars().map(Align::of_letter).collect::<Option<_>>()?;
                schema.columns = schema.layout.aligns.len();
                schema.layout.widths = vec![0; schema.columns];
            }
        }
        if schema.columns == 0 || schema.columns > MAX_COLUMNS {
            return None;
        }
        schema.layout.gaps = read_gaps(rest, schema.columns)?;
    }
    schema.styles = vec![Style::Plain; schema.columns];
    schema.sticky = vec![String::new(); schema.columns];
    schema.above = schema.sticky.clone();
    Some(schema)
}

fn read_gaps(text: &str, columns: usize) -> Option<Vec<String>> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut parts = quoted.strip_suffix('"')?.split('"');
        let (first, middle, last) = (parts.next()?, parts.next()?, parts.next()?);
        let mut gaps = vec![middle.to_owned(); columns + 1];
        gaps[0] = first.to_owned();
        gaps[columns] = last.to_owned();
        return Some(gaps);
    }
    let counts: Option<Vec<usize>> =
        text.split(',').map(|count| count.parse().ok().filter(|&count| count <= MAX_WIDTH)).collect();
    let gaps: Vec<String> = counts?.into_iter().map(|count| " ".repeat(count)).collect();
    (gaps.len() == columns + 1).then_some(gaps)
}

fn read_style(payload: &str, sign: char) -> Option<Style> {
    let rest = payload.get(1..)?;
    Some(match payload.as_bytes().first()? {
        b'=' => Style::Constant(rest.to_owned()),
        b'@' => Style::Sticky,
        b'/' => Style::Path,
        b'*' => Style::Scaled(Scale::read(rest)?),
        b'+' => {
            let (step, first) = rest.split_once(' ')?;
            let (step, is_days) = step.strip_suffix('d').map_or((step, false), |step| (step, true));
            Style::Steps(Steps { first: first.to_owned(), step: step.parse().ok()?, is_days })
        }
        b'&' => {
            let entries = rest.split(sign).map(|entry| entry.split_once('=').map(|(_, value)| value.to_owned()));
            Style::Codes(entries.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
