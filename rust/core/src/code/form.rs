//! The lossless form: what stands before every line is written once.
//!
//! ```text
//! #code "     1\t"; ~12| is line 12, ~| has no number
//! def f():
//! ```
//!
//! The quoted text stands before every line, its number counted up; without a number it stands there as it is. Every
//! twentieth line, and one that does not follow, begins with its number. A line that begins with a tilde has one put before.

use std::fmt::Write;

use super::lines::{Source, SEPARATORS};

const HEAD: &str = "#code \"";
const NUMBERED: &str = "\"; ~12| is line 12, ~| has no number";
const INDENTED: &str = "\" before each line but blank ones";
/// A number is written at least so often.
const EVERY: usize = 20;
/// A shared beginning of fewer bytes is not worth a form.
const LEAST_INDENT: usize = 2;

/// The form of a text, if it is shorter.
pub fn write(source: &Source) -> Option<String> {
    let form = if source.is_numbered() { numbered(source)? } else { indented(source)? };
    (form.len() < source.lines.text.len() && expand(&form).as_deref() == Some(source.lines.text)).then_some(form)
}

/// The text that a form stands for.
pub fn expand(form: &str) -> Option<String> {
    let (head, rest) = form.split_once('\n')?;
    let quoted = head.strip_prefix(HEAD)?;
    if let Some(sample) = quoted.strip_suffix(NUMBERED) {
        return expand_numbered(&unquoted(sample), rest);
    }
    let indent = unquoted(quoted.strip_suffix(INDENTED)?);
    let mut out = String::with_capacity(form.len() * 2);
    for line in rest.split_inclusive('\n') {
        if !line.trim_ascii().is_empty() {
            out.push_str(&indent);
        }
        out.push_str(line);
    }
    Some(out)
}

fn indented(source: &Source) -> Option<String> {
    let lines = &source.lines;
    let first = lines.iter().find(|line| !line.trim_ascii().is_empty())?;
    let mut width = first.len() - first.trim_ascii_start().len();
    let indent = &first[..width];
    for line in lines.iter().filter(|line| !line.trim_ascii().is_empty()) {
        width = width.min(line.bytes().zip(indent.bytes()).take_while(|(own, shared)| own == shared).count());
        if width < LEAST_INDENT {
            return None;
        }
    }
    let mut out = format!("{HEAD}{}{INDENTED}\n", quoted(&indent[..width]));
    for line in lines.text.split_inclusive('\n') {
        out.push_str(if line.trim_ascii().is_empty() { line } else { &line[width..] });
    }
    Some(out)
}

fn numbered(source: &Source) -> Option<String> {
    let separator = SEPARATORS[source.separator];
    let (first, width) = (0..source.lines.len()).find_map(|row| {
        let (gutter, _) = source.parts(row);
        Some((source.number(row)?, gutter.len().checked_sub(separator.len())?))
    })?;
    let mut out = format!("{HEAD}{}{NUMBERED}\n", quoted(&format!("{first:>width$}{separator}")));
    let mut next = first;
    for row in 0..source.lines.len() {
        let (gutter, code) = source.parts(row);
        let line = source.lines.list[row];
        let is_empty_end = code.is_empty() && line.end == line.next;
        let number = source.number(row).filter(|number| format!("{number:>width$}{separator}") == gutter);
        match number {
            Some(number) => {
                if number != next || number % EVERY == 0 || code.starts_with('~') || is_empty_end {
                    let _ = write!(out, "~{number}|");
                }
                next = number + 1;
                out.push_str(code);
            }
            None => {
                out.push_str("~|");
                out.push_str(source.lines.line(row));
            }
        }
        out.push_str(&source.lines.text[line.end as usize..line.next as usize]);
    }
    Some(out)
}

fn expand_numbered(sample: &str, form: &str) -> Option<String> {
    let blanks = sample.len() - sample.trim_start_matches(' ').len();
    let digits = sample[blanks..].bytes().take_while(u8::is_ascii_digit).count();
    let width = blanks + digits;
    let mut next: usize = sample[blanks..width].parse().ok()?;
    let separator = &sample[width..];
    let mut out = String::with_capacity(form.len() * 2);
    for index in form.split_inclusive('\n') {
        let mut line = index;
        if let Some((number, code)) = line.strip_prefix('~').and_then(|rest| rest.split_once('|')) {
            if number.is_empty() {
                out.push_str(code);
                continue;
            }
            next = number.parse().ok()?;
            line = code;
        }
        let _ = write!(out, "{next:>width$}{separator}{line}");
        next = next.checked_add(1)?;
    }
    Some(out)
}

fn quoted(text: &str) -> String {
    text.replace('\t', "\\t")
}

fn unquoted(text: &str) -> String {
    text.replace("\\t", "\t")
}
