//! A lossless form in, the text that it stands for out.

use super::notation::{Breaks, Mode};
use super::progress::Marks;
use crate::json::paths::MixMap;
use std::fmt::Write;

/// Bytes that a form may stand for, at most: so many, or so many times its own.
const MAX_BYTES: usize = 64 << 20;
const MAX_GROWTH: usize = 1_000;

/// The first line of a form: what its fields mean to a program, then what its lines mean to a reader.
pub fn head(lines: usize, breaks: Breaks, marks: Marks, shapes: bool, repeats: bool) -> String {
    let mut out = format!("#report {lines} lines");
    let mut field = |is_set: bool, name: String| {
        if is_set {
            let _ = write!(out, " {name}");
        }
    };
    field(breaks.crlf, "crlf".into());
    field(breaks.open, "open".into());
    field(breaks.tags, "><".into());
    field(marks.path, "^".into());
    field(marks.tail > 0, format!("[%]={}@{}", marks.tail, marks.column));
    field(marks.head > 0, format!("[%]={}", marks.head));
    field(marks.of > 0, format!("[#]={}", marks.of));
    field(marks.test, "#".into());
    let mut legend = Vec::new();
    if shapes {
        legend.push("~a=x{}y: a shape, ~a 1 2: lines x1y, x2y");
    }
    if repeats {
        legend.push("~b=: a line, ~ b: it again");
    }
    if marks.path {
        legend.push("^: the path above");
    }
    if !legend.is_empty() {
        let _ = write!(out, " ({})", legend.join("; "));
    }
    out
}

fn read_head(line: &str) -> Option<(usize, Breaks, Marks)> {
    let line = line.strip_prefix("#report ")?;
    let fields = line.find(" (").map_or(line, |at| &line[..at]);
    let (mut breaks, mut marks) = (Breaks::default(), Marks::default());
    let mut fields = fields.split(' ');
    let lines = fields.next()?.parse().ok()?;
    if fields.next() != Some("lines") {
        return None;
    }
    for field in fields {
        match field {
            "crlf" => breaks.crlf = true,
            "open" => breaks.open = true,
            "><" => breaks.tags = true,
            "^" => marks.path = true,
            "#" => marks.test = true,
            _ => match field.split_once('=')? {
                ("[%]", value) => match value.split_once('@') {
                    Some((steps, column)) => {
                        (marks.tail, marks.column) = (steps.parse().ok()?, column.parse::<u16>().ok()?.into())
                    }
                    None => marks.head = value.parse().ok()?,
                },
                ("[#]", value) => marks.of = value.parse().ok()?,
                _ => return None,
            },
        }
    }
    Some((lines, breaks, marks))
}

/// The text that a form stands for, byte for byte; `None` if it is none.
pub fn expand(form: &str) -> Option<String> {
    let (head, body) = form.split_once('\n')?;
    let (lines, breaks, marks) = read_head(head)?;
    let limit = MAX_BYTES.max(form.len().saturating_mul(MAX_GROWTH).min(1 << 32));
    let mut out = Out { text: String::new(), decoder: marks.decoder(), breaks, lines: 0, limit, line: String::new() };
    let mut names: MixMap<&str, &str> = MixMap::default();
    for line in body.strip_suffix('\n').unwrap_or(body).split('\n') {
        match line.strip_prefix('~') {
            Some(rest) if !rest.starts_with('~') => read_note(rest, &mut names, &mut out)?,
            Some(rest) => out.push(rest)?,
            None => out.push(line)?,
        }
    }
    (out.lines == lines).then_some(())?;
    Some(out.finish())
}

/// Reads what stands behind `~`.
fn read_note<'f>(rest: &'f str, names: &mut MixMap<&'f str, &'f str>, out: &mut Out) -> Option<()> {
    if let Some(count) = rest.strip_prefix('*') {
        let count: usize = count.parse().ok()?;
        return (0..count).try_for_each(|_| out.push(""));
    }
    if let Some(again) = rest.strip_prefix(' ') {
        return again.split(' ').try_for_each(|name| {
            let (name, count) = name.split_once('*').unwrap_or((name, "1"));
            let line = *names.get(name)?;
            (0..count.parse::<usize>().ok()?).try_for_each(|_| out.push(line))
        });
    }
    let end = rest.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (name, rest) = rest.split_at(end);
    if let Some(shape) = rest.strip_prefix('=') {
        names.insert(name, shape);
        return if shape.contains("{}") { Some(()) } else { out.push(shape) };
    }
    let shape = *names.get(name)?;
    let mode = [Mode::Plain, Mode::Pairs, Mode::Wide].into_iter().find(|mode| rest.starts_with(mode.marks().0))?;
    let (first, between, within) = mode.marks();
    rest[first.len()..].split(between).try_for_each(|row| {
        let values: Vec<&str> = if within.is_empty() { vec![row] } else { row.split(within).collect() };
        out.fill(shape, &values)
    })
}

struct Out {
    text: String,
    decoder: super::progress::Decoder,
    breaks: Breaks,
    lines: usize,
    limit: usize,
    line: String,
}

impl Out {
    fn push(&mut self, line: &str) -> Option<()> {
        let start = self.text.len();
        self.decoder.push(line, &mut self.text);
        let is_joined = self.breaks.tags && self.text[start..].starts_with('<') && self.text[..start].ends_with(">\n");
        if is_joined {
            self.text.remove(start - 1);
        }
        self.text.push_str(if self.breaks.crlf { "\r\n" } else { "\n" });
        self.lines += 1;
        (self.text.len() <= self.limit).then_some(())
    }

    /// Adds a line of a shape, with the blank lines that go before it.
    fn fill(&mut self, shape: &str, values: &[&str]) -> Option<()> {
        let mut shape = shape;
        while let Some(rest) = shape.strip_prefix("\\n") {
            self.push("")?;
            shape = rest;
        }
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        let (mut values, mut last) = (values.iter(), "");
        while let Some(at) = shape.find('{') {
            line.push_str(&shape[..at]);
            let rest = &shape[at..];
            if let Some(rest) = rest.strip_prefix("{}") {
                last = values.next()?;
                shape = rest;
                line.push_str(last);
            } else if let Some(rest) = rest.strip_prefix("{=}") {
                shape = rest;
                line.push_str(last);
            } else {
                shape = &rest[1..];
                line.push('{');
            }
        }
        line.push_str(shape);
        let done = values.next().is_none().then(|| self.push(&line)).flatten();
        self.line = line;
        done
    }

    fn finish(mut self) -> String {
        if self.breaks.open {
            self.text.pop();
        }
        self.text
    }
}
