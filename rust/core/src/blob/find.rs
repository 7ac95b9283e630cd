//! Lines in, the encoded parts among them out: in one pass, each byte looked at a few times.

use std::sync::LazyLock;

use memchr::memmem;

use super::{base64, dump, magic, minified};
use crate::text::Lines;

/// Digits from which a run within a line is taken for encoded bytes.
pub const MIN_RUN: usize = 120;
/// Digits of Base64 from which a run is what its line is there for.
const MIN_WHOLE_RUN: usize = 1_000;
/// Hexadecimal digits from which a run is more than a hash.
const MIN_HEX_RUN: usize = 160;
/// Lines of wrapped Base64, and of a dump.
const MIN_WRAPPED: usize = 3;
const MIN_ROWS: usize = 4;
/// The lengths of wrapped lines, in digits.
const WRAPPED: std::ops::RangeInclusive<usize> = 40..=256;
/// Digits of usual hashes: lists of them are no encoded bytes.
const HASHES: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];
/// How PEM blocks begin and end, and how many lines of heads and of a key they have at most.
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const MAX_HEADS: usize = 16;
const MAX_KEY_LINES: usize = 500;
/// The share of control characters in a line from which it is no text.
const CONTROL_SHARE: f32 = 0.08;

/// An encoded part: where it stands, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    pub from: usize,
    pub to: usize,
    pub form: Form,
    /// Whether it takes whole lines, by a structure that nothing else has.
    pub is_whole: bool,
    /// Lines it takes, and the first of them.
    pub lines: usize,
    pub first_line: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    Base64,
    Hex,
    /// What stands behind the comma of a data URL without Base64.
    Percent,
    Dump(Vec<u8>),
    /// What stands between the lines of a PEM block: its label.
    Pem(String),
    Minified(&'static str),
    Binary,
}

/// All encoded parts of a text, in order.
pub fn find(lines: &Lines) -> Vec<Blob> {
    let mut found = Vec::new();
    let mut at = 0;
    // Lines up to here are wrapped digits that encode nothing, such as a list of hashes.
    let mut listed_to = 0;
    while at < lines.len() {
        let mut taken = pem(lines, at).or_else(|| dumped(lines, at));
        if taken.is_none() && at >= listed_to {
            let end = wrapped_to(lines, at);
            taken = wrapped(lines, at, end);
            listed_to = end;
        }
        match taken.or_else(|| whole(lines, at)) {
            Some(blob) => {
                at = blob.first_line + blob.lines;
                found.push(blob);
            }
            None => {
                within(lines, at, &mut found);
                at += 1;
            }
        }
    }
    found
}

fn blob(lines: &Lines, first: usize, end: usize, form: Form) -> Blob {
    let (from, to) = (lines.list[first].start as usize, lines.list[end - 1].end as usize);
    let is_whole = !matches!(form, Form::Minified(_));
    Blob { from, to, form, is_whole, lines: end - first, first_line: first }
}

/// What stands between `-----BEGIN X-----` and its end, without its heads. A block that is cut off goes on as long as its
/// lines look like one; what is between the lines of a private key belongs to it whatever it looks like.
fn pem(lines: &Lines, at: usize) -> Option<Blob> {
    let label = label(lines.line(at.checked_sub(1)?))?;
    let is_head = |line: &str| line.contains(": ") || line.trim().is_empty();
    let first = (at..lines.len().min(at + MAX_HEADS)).find(|&index| !is_head(lines.line(index)))?;
    let is_body = |line: &str| {
        let bare = line.trim();
        !bare.is_empty() && bare.bytes().all(base64::is_digit)
    };
    let near = first..lines.len().min(first + MAX_KEY_LINES);
    let closed = is_secret(label).then(|| near.into_iter().find(|&index| lines.line(index).contains(END))).flatten();
    let end = closed
        .unwrap_or_else(|| (first..lines.len()).find(|&index| !is_body(lines.line(index))).unwrap_or(lines.len()));
    (end > first).then(|| blob(lines, first, end, Form::Pem(label.to_owned())))
}

/// Whether a PEM block must never be repeated.
pub fn is_secret(label: &str) -> bool {
    label.contains("PRIVATE")
}

/// PEM blocks on one line, their line breaks written as `\n`.
fn pem_within(line: &str, start: usize, at: usize, found: &mut Vec<Blob>) {
    let mut from = 0;
    while let Some(begin) = PEM.find(&line.as_bytes()[from..]).map(|begin| from + begin) {
        from = begin + BEGIN.len();
        let Some(label) = label(&line[begin..]) else { break };
        let body = from + label.len() + "-----".len();
        let end = line[body..].find(END).map_or(line.len(), |end| body + end);
        if end > body {
            let form = Form::Pem(label.to_owned());
            found.push(Blob { from: start + body, to: start + end, form, is_whole: false, lines: 1, first_line: at });
        }
        from = end;
    }
}

/// `X` of a line that is `-----BEGIN X-----`, whatever stands before it.
fn label(line: &str) -> Option<&str> {
    let rest = &line[PEM.find(line.as_bytes())? + BEGIN.len()..];
    Some(&rest[..rest.find("-----")?])
}

/// Finds where PEM blocks begin; asked about every line.
static PEM: LazyLock<memmem::Finder> = LazyLock::new(|| memmem::Finder::new(BEGIN));

fn dumped(lines: &Lines, at: usize) -> Option<Blob> {
    let line = lines.line(at);
    if line.starts_with('*') || line.trim().len() < 16 {
        return None;
    }
    let mut bytes = dump::row(line)?.bytes;
    let mut end = at + 1;
    while let Some(row) = (end < lines.len()).then(|| dump::row(lines.line(end))).flatten() {
        bytes.extend(row.bytes);
        end += 1;
    }
    (end - at >= MIN_ROWS).then(|| blob(lines, at, end, Form::Dump(bytes)))
}

/// Behind the lines of one length, and a shorter last one, that hold nothing but digits; `at` where there are none.
fn wrapped_to(lines: &Lines, at: usize) -> usize {
    let is_digits = |line: &str| !line.is_empty() && line.bytes().all(base64::is_digit);
    let first = lines.line(at).trim();
    if !WRAPPED.contains(&first.len()) || !is_digits(first) {
        return at;
    }
    let is_like = |index: usize| lines.line(index).trim().len() == first.len() && is_digits(lines.line(index).trim());
    let end = (at + 1..lines.len()).find(|&index| !is_like(index)).unwrap_or(lines.len());
    let has_rest = end < lines.len() && lines.line(end).trim().len() < first.len() && is_digits(lines.line(end).trim());
    end + usize::from(has_rest)
}

/// Base64 or hexadecimal digits wrapped into lines of one length.
fn wrapped(lines: &Lines, at: usize, end: usize) -> Option<Blob> {
    if end - at < MIN_WRAPPED {
        return None;
    }
    let run: Vec<u8> = (at..end).flat_map(|index| lines.line(index).trim().bytes()).take(8_192).collect();
    let form = encoded(&run, HASHES.contains(&lines.line(at).trim().len()))?;
    Some(blob(lines, at, end, form))
}

/// What a run of digits encodes, if it does.
fn encoded(run: &[u8], may_be_hashes: bool) -> Option<Form> {
    if base64::is_hex(run) {
        let told = run.len() >= MIN_HEX_RUN && !may_be_hashes && run.iter().any(|byte| *byte != run[0]);
        return told.then_some(Form::Hex);
    }
    let is_known = || magic::kind(&base64::decode(&run[..run.len().min(64)])).is_some_and(|kind| kind != "exe");
    (base64::looks_random(run) || run.len() >= MIN_RUN && is_known()).then_some(Form::Base64)
}

/// A line that is code or bytes as a whole, and those like it below.
fn whole(lines: &Lines, at: usize) -> Option<Blob> {
    let line = lines.line(at);
    if let Some(language) = minified::language(line) {
        return Some(blob(lines, at, at + 1, Form::Minified(language)));
    }
    if !is_binary(line) {
        return None;
    }
    let end = (at + 1..lines.len()).find(|&index| !is_binary(lines.line(index))).unwrap_or(lines.len());
    let found = blob(lines, at, end, Form::Binary);
    (found.to - found.from >= MIN_RUN).then_some(found)
}

/// Whether a line has so many characters that no text has.
fn is_binary(line: &str) -> bool {
    // Most lines have none, which is quickly told by bytes that may be part of one.
    let may_be_odd =
        |byte: u8| (byte < b' ') & (byte != b'\t') & (byte != b'\r') | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xef);
    if !line.bytes().fold(false, |found, byte| found | may_be_odd(byte)) {
        return false;
    }
    let (mut odd, mut all) = (0u32, 0u32);
    for character in line.chars() {
        all += 1;
        odd += u32::from(
            character == '\u{fffd}' || character.is_control() && !matches!(character, '\t' | '\u{1b}' | '\r' | '\u{8}'),
        );
    }
    all >= 4 && odd as f32 > CONTROL_SHARE * all as f32
}

/// Runs of digits within a line.
fn within(lines: &Lines, at: usize, found: &mut Vec<Blob>) {
    let line = lines.line(at);
    if line.len() < MIN_RUN {
        return;
    }
    let bytes = line.as_bytes();
    let start = lines.list[at].start as usize;
    let first = found.len();
    pem_within(line, start, at, found);
    if found.len() > first {
        return;
    }
    let mut from = 0;
    // Behind what is no digit: where the last of the digits that a run needs is none, nothing before it is looked at.
    while let Some(least) = bytes.get(from..from + MIN_RUN) {
        if let Some(last) = least.iter().rposition(|&byte| !base64::is_digit(byte)) {
            from += last + 1;
            continue;
        }
        let length = bytes[from..].iter().take_while(|byte| base64::is_digit(**byte)).count();
        if let Some((skipped, form)) = in_run(bytes, from, length) {
            // So much of what is encoded is what the text is, whatever stands before it.
            let is_whole = form == Form::Base64 && length >= MIN_WHOLE_RUN;
            let (from, to) = (start + from + skipped, start + from + length);
            found.push(Blob { from, to, form, is_whole, lines: 1, first_line: at });
        }
        from += length;
    }
    percent(line, start, at, found);
}

/// What a run encodes, and how much of it stands before that: a path may.
fn in_run(bytes: &[u8], from: usize, length: usize) -> Option<(usize, Form)> {
    let run = &bytes[from..from + length];
    if bytes[..from].ends_with(b";base64,") {
        return Some((0, Form::Base64));
    }
    // `key=` before the value is no part of it.
    let skipped = run[..length - 3].iter().rposition(|byte| *byte == b'=').map_or(0, |sign| sign + 1);
    let run = &run[skipped..];
    (run.len() >= MIN_RUN).then(|| encoded(run, false)).flatten().map(|form| (skipped, form))
}

/// Data URLs without Base64.
fn percent(line: &str, start: usize, at: usize, found: &mut Vec<Blob>) {
    for begin in memmem::find_iter(line.as_bytes(), b"data:") {
        let rest = &line.as_bytes()[begin..];
        let head =
            rest.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || b":/+-.;=".contains(byte)).count();
        if rest.get(head) != Some(&b',') || memmem::find(&rest[..head], b"base64").is_some() {
            continue;
        }
        let body = head + 1;
        let length =
            rest[body..].iter().take_while(|byte| !byte.is_ascii_whitespace() && !b"\"')<>`".contains(byte)).count();
        let (from, to) = (start + begin + body, start + begin + body + length);
        if length >= MIN_RUN && found.last().is_none_or(|last| last.to <= from) {
            found.push(Blob { from, to, form: Form::Percent, is_whole: false, lines: 1, first_line: at });
        }
    }
}
