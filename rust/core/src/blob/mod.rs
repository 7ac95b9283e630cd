//! Encoded bytes among text in, the text with one short description for each of them out.
//!
//! Base64, hexadecimal digits, dumps, PEM, data URLs, minified code and bytes that are no text (`find`). A description says
//! what it is, its size and the beginning of its BLAKE3 hash; the text around stays as it stands. What a private key holds
//! is never repeated, by a view of this kind: other kinds show a key that stands among their lines as any other line, and
//! so does a text that is too small to be worth a view. There is no lossless form.
//!
//! A text is of this kind where encoded bytes are most of it. Where they are less, the kind of the rest is the better one:
//! a log with one long line is a log, whose own rules cut that line.

mod base64;
mod dump;
mod find;
mod magic;
mod minified;
mod probe;
#[cfg(test)]
mod tests;

use crate::excerpts;
use crate::text::{marker, Drafts, Lines, Task, View};
use find::{Blob, Form};

/// Bytes looked at to tell how much of a text is encoded.
const SCORED_BYTES: usize = 32_768;
/// The share of a text that is encoded from which it is of this kind.
const MIN_SHARE: f64 = 0.5;
/// The share of a text's places that must look encoded for its beginning to be looked at; and of the places of a text
/// that is longer than that, so that its beginning does not speak for what is something else.
const MIN_ODD: f32 = 0.125;
const MIN_ODD_BEYOND: f32 = 0.4;
/// Lines of a text that is worked on.
const MAX_LINES: usize = 1 << 23;
/// The least of its bytes that a description must save.
const MIN_SAVED: usize = 40;

/// How much of a text's beginning is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Of it all.
    pub all: f64,
    /// In lines that are nothing else: no other kind has such lines, though some may look like paths.
    pub whole: f64,
}

impl Share {
    pub fn of(text: &str) -> Self {
        let mut end = text.len().min(SCORED_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let head = &text[..end];
        if head.len() < find::MIN_RUN || head.trim_start().starts_with(['<', '{']) {
            return Share::default();
        }
        let min_odd = if end < text.len() { MIN_ODD_BEYOND } else { MIN_ODD };
        if probe::share(text.as_bytes()) < min_odd {
            return Share::default();
        }
        let mut share = Share::default();
        for blob in find::find(&Lines::of(head)) {
            let own = (blob.to - blob.from) as f64 / head.len() as f64;
            share.all += own;
            if blob.is_whole {
                share.whole += own;
            }
        }
        share
    }

    /// How surely a text is mostly encoded bytes, beside what the surest other kind says.
    pub fn score(self, other: f64) -> f64 {
        let share = if other < 0.3 { self.all } else { self.whole };
        if share < MIN_SHARE {
            0.0
        } else {
            share.min(0.98)
        }
    }
}

/// The lossy view of a text with encoded bytes; nothing of one without.
pub fn compress(task: &Task) -> Drafts {
    let lossy = match task.key {
        Some(key) if task.text.len() <= u32::MAX as usize => view(task, key),
        _ => None,
    };
    Drafts { lossy, lossless: None }
}

fn view(task: &Task, key: &str) -> Option<View> {
    let text = task.text;
    if memchr::memchr_iter(b'\n', text.as_bytes()).nth(MAX_LINES).is_some() {
        return None;
    }
    let lines = Lines::of(text);
    let mut out = String::new();
    let mut from = 0;
    let mut dropped: Vec<(String, usize)> = Vec::new();
    let mut kept = Vec::new();
    for blob in find::find(&lines) {
        let described = described(&lines, &blob, task.question);
        if described.len() + MIN_SAVED > blob.to - blob.from && !is_secret(&blob.form) {
            continue;
        }
        out.push_str(&text[from..blob.from]);
        out.push_str(&described);
        from = blob.to;
        if kept.len() < MAX_KEPT {
            kept.push((blob.first_line as u32 + 1, "described"));
        }
        let name = name(&blob.form);
        match dropped.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => dropped.push((name.to_owned(), 1)),
        }
    }
    if dropped.is_empty() {
        return None;
    }
    out.push_str(&text[from..]);
    let out = out.replace('\0', "");
    let (shown, total) = (out.len(), text.len());
    let text = marker("blob", shown, total, "bytes", key) + &out;
    (text.len() < total).then_some(View { text, shown, total, kept, dropped })
}

/// Lines named in the account of a view.
const MAX_KEPT: usize = 64;

fn is_secret(form: &Form) -> bool {
    matches!(form, Form::Pem(label) if find::is_secret(label))
}

fn name(form: &Form) -> &'static str {
    match form {
        Form::Base64 => "base64",
        Form::Hex => "hex",
        Form::Percent => "data",
        Form::Dump(_) => "dump",
        Form::Pem(_) => "pem",
        Form::Minified(_) => "minified",
        Form::Binary => "binary",
    }
}

/// What stands for an encoded part.
fn described(lines: &Lines, blob: &Blob, question: &str) -> String {
    let source = &lines.text[blob.from..blob.to];
    let raw = source.as_bytes();
    match &blob.form {
        Form::Base64 => of_bytes("base64", &base64::decode(raw)),
        Form::Hex => of_bytes("hex", &base64::decode_hex(raw)),
        Form::Percent => of_bytes("data", raw),
        // Even the hash of a key would tell whether it is a known one.
        Form::Pem(label) if find::is_secret(label) => format!("[pem {} bytes]", base64::decode(raw).len()),
        Form::Pem(_) => of_bytes("pem", &base64::decode(raw)),
        Form::Dump(bytes) => {
            let end = blob.first_line + blob.lines;
            let holds_bytes = |index: &usize| dump::row(lines.line(*index)).is_some_and(|row| !row.bytes.is_empty());
            let last = (blob.first_line + 1..end).rev().take(3).find(holds_bytes).unwrap_or(end - 1);
            let (first, last) = (lines.line(blob.first_line), lines.line(last));
            let described = of_bytes("dump", bytes);
            format!("{first}\n{}, {} lines]\n{last}", described.trim_end_matches(']'), blob.lines)
        }
        Form::Minified(language) => of_code(source, language, question),
        Form::Binary => of_binary(source, question),
    }
}

fn of_bytes(form: &str, bytes: &[u8]) -> String {
    format!("[{form} {}, {} bytes, blake3 {}]", magic::described(bytes), bytes.len(), hash(bytes))
}

/// The first digits of a hash.
fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..12].to_owned()
}

/// Minified code: how it begins and ends, and what the question names in it.
fn of_code(source: &str, language: &str, question: &str) -> String {
    let (head, tail) = minified::ends(source);
    if head >= tail {
        return source.to_owned();
    }
    let mut text = format!(
        "{}\n[minified {language}, {} bytes, blake3 {}]\n",
        &source[..head],
        source.len(),
        hash(source.as_bytes())
    );
    push_named(&mut text, &source[head..tail], question);
    text.push_str(&source[tail..]);
    text
}

/// Bytes that are no text: what can be read at their beginning, and what the question names in them.
fn of_binary(source: &str, question: &str) -> String {
    let mut text =
        format!("[binary {}, {} bytes, blake3 {}]", binary_kind(source), source.len(), hash(source.as_bytes()));
    let readable: Vec<&str> =
        source.split(|each: char| each.is_control() || each == '\u{fffd}').filter(|part| is_readable(part)).collect();
    let mut shown = String::new();
    for part in readable.iter().take(MAX_READABLE) {
        shown.push('\n');
        shown.push_str(part.trim());
    }
    text.push_str(&shown);
    push_named(&mut text, &readable.join("\n"), question);
    text
}

/// Parts of binary bytes that can be read and are shown.
const MAX_READABLE: usize = 6;

fn is_readable(part: &str) -> bool {
    let letters = part.bytes().filter(u8::is_ascii_alphanumeric).count();
    letters >= 8 && part.len() < 120 && 10 * letters > 7 * part.len()
}

/// The type of a file whose bytes were read as if they were text, so that some of them are gone.
fn binary_kind(source: &str) -> &'static str {
    const MARKS: [(&str, &str); 8] = [
        ("PNG\r\n", "png"),
        ("PNG\n", "png"),
        ("JFIF", "jpeg"),
        ("%PDF-", "pdf"),
        ("PK\u{3}\u{4}", "zip"),
        ("ELF", "elf"),
        ("GIF8", "gif"),
        ("wOF2", "woff2"),
    ];
    let mut end = source.len().min(64);
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    MARKS.iter().find(|(mark, _)| source[..end].contains(mark)).map_or("data", |(_, kind)| kind)
}

fn push_named(text: &mut String, source: &str, question: &str) {
    for (_, excerpt) in excerpts::named(source, text, question) {
        text.push_str("… ");
        text.push_str(excerpt);
        text.push_str(" …\n");
    }
}
