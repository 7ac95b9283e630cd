//! The lossless form of a log in, its text out. What is no such form gives `None`, whatever it is.

use super::columns::Part;
use super::tail;

/// Bytes that a form may stand for, or so many times its own.
const MAX_BYTES: usize = 64 << 20;
const MAX_GROWTH: usize = 16;
const MAX_PADDING: usize = 64;

struct Template {
    parts: Vec<Part>,
    values: usize,
    last: Vec<String>,
}

struct Reader<'t> {
    head: Option<(&'t str, &'t str)>,
    stamp: String,
    templates: Vec<Template>,
    shared: Vec<&'t str>,
    usual: &'static str,
    out: String,
    /// Where the lines of `out` begin.
    starts: Vec<usize>,
    limit: usize,
}

/// The text that a lossless form stands for.
pub fn read(form: &str) -> Option<String> {
    let (header, mut rest) = form.split_once('\n')?;
    let facts = header.strip_prefix("#log ")?.split_once(". ")?.0;
    let (lines, facts) = facts.split_once(" lines").unwrap_or((facts, ""));
    let lines: usize = lines.parse().ok()?;
    let (facts, mark) = facts.split_once(" marks ").unwrap_or((facts, "*"));
    let usual = match facts.strip_prefix(" ending \\") {
        Some(name) => break_named(name)?,
        None => "\n",
    };
    let limit = MAX_BYTES.max(form.len().saturating_mul(MAX_GROWTH));
    let mut reader = Reader {
        head: None,
        stamp: String::new(),
        templates: Vec::new(),
        shared: Vec::new(),
        usual,
        out: String::with_capacity(form.len().saturating_mul(2).min(limit)),
        starts: Vec::new(),
        limit,
    };
    loop {
        let (line, behind) = rest.split_once('\n')?;
        rest = behind;
        if line.is_empty() {
            break;
        }
        reader.above(line, mark)?;
    }
    for row in rest.split('\n') {
        reader.row(row)?;
    }
    (reader.starts.len() == lines).then_some(reader.out)
}

fn break_named(name: &str) -> Option<&'static str> {
    match name {
        "n" => Some("\n"),
        "rn" => Some("\r\n"),
        "r" => Some("\r"),
        "0" => Some(""),
        _ => None,
    }
}

impl<'t> Reader<'t> {
    /// Reads a line above the rows.
    fn above(&mut self, line: &'t str, mark: &str) -> Option<()> {
        if let Some(stamp) = line.strip_prefix("@ ") {
            self.stamp = stamp.to_owned();
        } else if let Some(head) = line.strip_prefix('|') {
            self.head = Some(head.strip_suffix('*')?.split_once('@')?);
        } else if let Some(value) = line.strip_prefix('&') {
            self.shared.push(value.split_once(' ')?.1);
        } else {
            let end = line.bytes().take_while(u8::is_ascii_uppercase).count();
            if ordinal(&line[..end])? != self.templates.len() {
                return None;
            }
            let text = line.get(end..)?;
            let parts = match (text.as_bytes().first()?, self.head) {
                (b' ', Some((lead, rest))) => {
                    let mut parts = vec![Part::Text(lead.to_owned()), Part::Stamp, Part::Text(rest.to_owned())];
                    parse(&text[1..], mark, &mut parts)?;
                    parts
                }
                (b'@', Some(_)) => {
                    let (lead, rest) = text[1..].split_once('@')?;
                    let mut parts = Vec::new();
                    parse(lead, mark, &mut parts)?;
                    parts.push(Part::Stamp);
                    parse(rest, mark, &mut parts)?;
                    parts
                }
                (b'=', Some(_)) | (b' ', None) => {
                    let mut parts = Vec::new();
                    parse(&text[1..], mark, &mut parts)?;
                    parts
                }
                _ => return None,
            };
            let values = parts.iter().filter(|part| matches!(part, Part::Value { .. })).count();
            self.templates.push(Template { parts, values, last: Vec::new() });
        }
        Some(())
    }

    fn row(&mut self, mut row: &str) -> Option<()> {
        if let Some(stamp) = row.strip_prefix("@ ") {
            self.stamp = stamp.to_owned();
            return Some(());
        }
        if let Some(times) = row.strip_prefix('x') {
            return self.repeat(times);
        }
        let mut own = self.usual;
        if let Some(rest) = row.strip_prefix('\\') {
            let (name, rest) = rest.split_once(' ')?;
            own = break_named(name)?;
            row = rest;
        }
        self.starts.push(self.out.len());
        if let Some(text) = row.strip_prefix('=') {
            self.out.push_str(text);
        } else {
            self.timed(row)?;
        }
        self.out.push_str(own);
        (self.out.len() <= self.limit).then_some(())
    }

    /// A row that may begin with the end of a time.
    fn timed(&mut self, mut row: &str) -> Option<()> {
        if row.starts_with(|first: char| first.is_ascii_digit()) {
            let bytes = row.as_bytes();
            let end = (1..bytes.len()).find(|&at| {
                bytes[at] == b'|' || bytes[at] == b' ' && bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase)
            })?;
            self.stamp = tail::apply(&self.stamp, row.get(..end)?)?;
            row = &row[end + usize::from(bytes[end] == b' ')..];
        }
        if let Some(text) = row.strip_prefix('|') {
            let (lead, rest) = self.head?;
            for part in [lead, &self.stamp, rest, text] {
                self.out.push_str(part);
            }
            return Some(());
        }
        let end = row.bytes().take_while(u8::is_ascii_uppercase).count();
        let template = self.templates.get_mut(ordinal(&row[..end])?)?;
        let rest = &row[end..];
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let mut given = rest.split(' ');
        let mut values: Vec<String> = Vec::with_capacity(template.values);
        for slot in 0..template.values {
            let value = given.next()?;
            let last = template.last.get(slot);
            values.push(match value.as_bytes().first()? {
                b'"' if value.len() == 1 => last?.clone(),
                b'~' => tail::apply(last?, &value[1..])?,
                b'&' => (*self.shared.get(value[1..].parse::<usize>().ok()?.checked_sub(1)?)?).to_owned(),
                _ => value.to_owned(),
            });
        }
        if given.next().is_some_and(|more| template.values > 0 || !more.is_empty()) {
            return None;
        }
        let mut next = values.iter();
        for part in &template.parts {
            match part {
                Part::Text(text) => self.out.push_str(text),
                Part::Stamp => self.out.push_str(&self.stamp),
                Part::Same(other) => self.out.push_str(values.get(*other as usize)?),
                Part::Value { width } => {
                    let value = next.next()?;
                    (value.len()..usize::from(*width)).for_each(|_| self.out.push(' '));
                    self.out.push_str(value);
                }
            }
        }
        template.last = values;
        Some(())
    }

    /// Repeats the last lines.
    fn repeat(&mut self, row: &str) -> Option<()> {
        let (times, block) = row.split_once(' ').unwrap_or((row, "1"));
        let (times, block): (usize, usize) = (times.parse().ok()?, block.parse().ok()?);
        let first = self.starts.len().checked_sub(block)?;
        let from = *self.starts.get(first)?;
        let length = self.out.len() - from;
        let more = length.max(block).checked_mul(times)?;
        if self.out.len().checked_add(more)? > self.limit {
            return None;
        }
        let text = self.out[from..].to_owned();
        for _ in 0..times {
            let shift = self.out.len() - from;
            for at in first..first + block {
                self.starts.push(self.starts[at] + shift);
            }
            self.out.push_str(&text);
        }
        Some(())
    }
}

/// The ordinal that a template's name stands for.
fn ordinal(name: &str) -> Option<usize> {
    if name.is_empty() || name.len() > 5 {
        return None;
    }
    let number = name.bytes().fold(0usize, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1);
    Some(number - 1)
}

/// Reads the text of a template.
fn parse(text: &str, mark: &str, parts: &mut Vec<Part>) -> Option<()> {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(mark) {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        rest = behind;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let other: u16 = rest[..digits].parse().ok()?;
            parts.push(Part::Same(other.checked_sub(1)?));
            rest = &rest[digits..];
            continue;
        }
        let mut width = 1u16;
        while let Some(more) = rest.strip_prefix(mark) {
            width = width.checked_add(1)?;
            rest = more;
        }
        if usize::from(width) > MAX_PADDING {
            return None;
        }
        parts.push(Part::Value { width: if width == 1 { 0 } else { width } });
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Some(())
}
