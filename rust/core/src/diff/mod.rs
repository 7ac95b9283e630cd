//! Diffs in, smaller texts that say the same changes out.
//!
//! The lossless form says once what a diff says several times (names of files, counts of hunks, blocks that moved or
//! repeat, lines that changed in a word). The lossy view keeps the changes of the source, exactly folded, and every
//! file with its counts; of tests, documentation, data and generated files it names what changed.

mod code;
mod colour;
mod fold;
mod form;
mod gather;
mod head;
mod pair;
mod parse;
mod paths;
mod read;
#[cfg(test)]
mod tests;
mod view;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::text::{Drafts, Lines, Task, View};
use parse::Part;

/// What the first line of a form says of the text as a whole.
const COLOURED: &str = " coloured";
const CRLF: &str = " crlf";
/// Lines that the question names which are shown wherever they stand, at most.
const MAX_NAMED: usize = 24;
/// Lines with a plain word of the question beyond which it names nothing.
const MAX_PLAIN: usize = 2;

/// The drafts of a text that holds diffs; none of other texts.
pub fn compress(task: &Task) -> Drafts {
    let (text, flags) = plain(task.text);
    let lines = Lines::of(&text);
    let parts = parse::parse(&lines);
    if !parts.iter().any(|part| matches!(part, Part::File(_))) || is_by_other_signs(&lines, &parts) {
        return Drafts::default();
    }
    let is_named = named(&lines, task);
    // A form of a diff seldom has less than half of its bytes, so a longer view wins beside it too.
    let clear_share = task.clear_share * 1.5;
    let lossy = task.key.and_then(|key| lossy(&lines, &parts, &is_named, task, key));
    let is_clear = lossy.as_ref().is_some_and(|view| view.text.len() as f64 <= clear_share * task.text.len() as f64);
    let lossless = if is_clear { None } else { Some(form::write(&lines, &parts, &is_named, &flags)) };
    let lossless = lossless.filter(|form| form.len() < task.text.len() && expand(form).as_deref() == Some(task.text));
    Drafts { lossy, lossless }
}

/// Whether changes are told by other signs than at the beginning of each line, as `git diff --word-diff` and `diff -c` do.
fn is_by_other_signs(lines: &Lines, parts: &[Part]) -> bool {
    let mut has_hunks = false;
    for part in parts {
        if let Part::File(file) = part {
            has_hunks |= !file.hunks.is_empty();
            if file.added + file.removed > 0 {
                return false;
            }
        }
    }
    let holds = |line: &str, open: &str, close: &str| line.find(open).is_some_and(|at| line[at..].contains(close));
    let is_marked = |line: &str| holds(line, "{+", "+}") || holds(line, "[-", "-]");
    let mut all = (0..lines.len()).map(|line| lines.line(line));
    if has_hunks {
        all.any(is_marked)
    } else {
        all.any(|line| line == "***************")
    }
}

/// The text that a lossless form stands for, byte for byte; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    let (mut text, flags) = read::read(text)?;
    if flags.contains(CRLF) {
        text = text.replace('\n', "\r\n");
    }
    Some(if flags.contains(COLOURED) { colour::paint(&text) } else { text })
}

/// A text without colours and carriage returns, where they can be put back, and the flags that say so.
fn plain(text: &str) -> (Cow<'_, str>, String) {
    let mut plain = Cow::Borrowed(text);
    let mut flags = String::new();
    if memchr::memmem::find(text.as_bytes(), b"\x1b[").is_some() {
        plain = Cow::Owned(colour::strip(text));
        flags.push_str(COLOURED);
    }
    let breaks = memchr::memchr_iter(b'\n', plain.as_bytes()).count();
    if breaks > 0 && memchr::memmem::find_iter(plain.as_bytes(), b"\r\n").count() == breaks {
        plain = Cow::Owned(plain.replace("\r\n", "\n"));
        flags.push_str(CRLF);
    }
    (plain, flags)
}

/// The fullest view that keeps to the ratio, if there is one; the shortest otherwise.
fn lossy(lines: &Lines, parts: &[Part], is_named: &[bool], task: &Task, key: &str) -> Option<View> {
    use view::Depth::{Balanced, Evidence};
    let depths =
        [Balanced, Evidence(u32::MAX), Evidence(24), Evidence(12), Evidence(6), Evidence(3), Evidence(1), Evidence(0)];
    let least = usize::from(task.deep);
    let mut best: Option<View> = None;
    let limit = task.target_ratio.map(|ratio| (ratio * count(task.text) as f64) as usize);
    for depth in &depths[least..] {
        let view = view::write(lines, parts, is_named, *depth, key);
        if best.as_ref().is_none_or(|known| view.text.len() < known.text.len()) {
            best = Some(view);
        }
        let fits = match (limit, &best) {
            (Some(limit), Some(view)) => count(&view.text) <= limit,
            _ => true,
        };
        if fits {
            break;
        }
    }
    best.filter(|view| view.shown < view.total)
}

/// The lines that the question names by what stands in few of them. A plain word must stand in fewer than one that
/// looks like a name in code.
fn named(lines: &Lines, task: &Task) -> Vec<bool> {
    let mut is_named = vec![false; lines.len()];
    let mut hits = lines.named(task.question, "");
    hits.retain(|hit| !hit.by_call);
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for hit in &hits {
        *counts.entry(hit.phrase).or_default() += 1;
    }
    let mut left = MAX_NAMED;
    for hit in hits {
        let is_phrase = hit.phrase & 0xffff > 1;
        let line = lines.line(hit.node as usize);
        let is_telling = is_phrase || counts[&hit.phrase] <= MAX_PLAIN || is_code_name(line, hit.offset as usize);
        if is_telling && left > 0 {
            is_named[hit.node as usize] = true;
            left -= 1;
        }
    }
    is_named
}

/// Whether the word at a place is written as only code is: `read_line`, `readLine`, `utf8`.
fn is_code_name(line: &str, at: usize) -> bool {
    let bytes = line.as_bytes();
    let is_part = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let start = bytes[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |found| found + 1);
    let end = bytes[at..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |offset| at + offset);
    let name = &bytes[start..end];
    name.iter().any(|&byte| byte == b'_' || byte.is_ascii_digit())
        || name.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn count(text: &str) -> usize {
    crate::tokens::count(text, crate::tokens::Encoding::O200kBase)
}
