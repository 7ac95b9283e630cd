//! A text in, a form that says repeated runs of sentences once out, and back again byte for byte.
//!
//! ```text
//! #prose 5120 bytes; `[=A+N: words]`: the N bytes from byte A of the whole text, which begin and end with these words
//! … what is new …
//! [=410+380: The treaty was … in 1957.]
//! ```
//!
//! Overlapping windows on a document, and what is written on each of its pages, are such runs. Linear.

use std::collections::HashMap;
use std::ops::Range;

use super::document::Document;

/// Bytes of a run that is worth a reference.
const MIN_RUN_BYTES: usize = 120;
/// Bytes of a run's first and last words that a reference quotes.
const HEAD_BYTES: usize = 24;
const TAIL_BYTES: usize = 16;
/// The share of a text's bytes that a form has at most: less is not worth its header.
const MAX_SHARE: f64 = 0.95;
/// What a form may stand for, at most.
const MAX_BYTES: usize = 256 << 20;

/// A run that is there already, and where.
pub struct Repeat {
    pub run: Range<usize>,
    /// Where it stood first.
    pub first: usize,
    /// Its units.
    pub units: Range<usize>,
}

/// The runs of whole units that stand earlier in a text too.
pub fn find(document: &Document) -> Vec<Repeat> {
    let units = &document.units;
    let text = document.text;
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(units.len());
    let mut found = Vec::new();
    let mut at = 0;
    while at < units.len() {
        let own = document.of_unit(&units[at]);
        if let Some(&first) = seen.get(own) {
            let mut length = 1;
            let start = |unit: usize| units[unit].from as usize;
            // The white space between two units belongs to the run.
            while first + length < at && at + length < units.len() && {
                let stretch = |unit: usize| &text[units[unit - 1].to as usize..units[unit].to as usize];
                stretch(first + length) == stretch(at + length)
            } {
                length += 1;
            }
            let run = start(at)..units[at + length - 1].to as usize;
            if run.len() >= MIN_RUN_BYTES {
                found.push(Repeat { run, first: start(first), units: at..at + length });
                at += length;
                continue;
            }
        }
        seen.entry(own).or_insert(at);
        at += 1;
    }
    found
}

/// The form of a text; `None` where little is repeated, or the text has such references of its own.
pub fn form(text: &str, repeats: &[Repeat]) -> Option<String> {
    let repeated: usize = repeats.iter().map(|repeat| repeat.run.len()).sum();
    if (repeated as f64) < (1.0 - MAX_SHARE) * text.len() as f64 || has_reference(text) {
        return None;
    }
    let mut out = format!(
        "#prose {} bytes; `[=A+N: words]`: the N bytes from byte A of the whole text, which begin and end with these words\n",
        text.len()
    );
    let mut at = 0;
    for repeat in repeats {
        out.push_str(&text[at..repeat.run.start]);
        let run = &text[repeat.run.clone()];
        out.push_str(&format!("[={}+{}: {} … {}]", repeat.first, run.len(), head(run), tail(run)));
        at = repeat.run.end;
    }
    out.push_str(&text[at..]);
    let is_good = out.len() as f64 <= MAX_SHARE * text.len() as f64 && read(&out).as_deref() == Some(text);
    is_good.then_some(out)
}

/// The text that a form stands for; `None` if it is none.
pub fn read(form: &str) -> Option<String> {
    let (head, mut rest) = form.split_once('\n')?;
    let bytes: usize = head.strip_prefix("#prose ")?.split_once(" bytes; ")?.0.parse().ok()?;
    if bytes > MAX_BYTES {
        return None;
    }
    let mut out = String::with_capacity(bytes.min(2 * form.len()));
    while let Some(at) = next_reference(rest) {
        out.push_str(&rest[..at]);
        let (place, behind) = rest[at + 2..].split_once(':')?;
        let (first, length) = place.split_once('+')?;
        let (first, length): (usize, usize) = (first.parse().ok()?, length.parse().ok()?);
        let run = out.get(first..first.checked_add(length)?)?.to_owned();
        if out.len() + run.len() > bytes {
            return None;
        }
        out.push_str(&run);
        rest = behind.split_once(']')?.1;
    }
    out.push_str(rest);
    (out.len() == bytes).then_some(out)
}

fn has_reference(text: &str) -> bool {
    next_reference(text).is_some()
}

/// Where `[=` and a digit stand.
fn next_reference(text: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), b"[=")
        .find(|&at| text.as_bytes().get(at + 2).is_some_and(u8::is_ascii_digit))
}

/// The first words of a run, as far as they cannot be taken for the end of a reference.
fn head(run: &str) -> &str {
    let end = run.find(['[', ']', '\n']).unwrap_or(run.len()).min(HEAD_BYTES);
    let end = (0..=end).rev().find(|&at| run.is_char_boundary(at)).unwrap_or(0);
    let head = &run[..end];
    if end < run.len() {
        head.rsplit_once(' ').map_or(head, |(words, _)| words)
    } else {
        head
    }
}

/// Its last words.
fn tail(run: &str) -> &str {
    let from = run.rfind(['[', ']', '\n']).map_or(0, |at| at + 1).max(run.len().saturating_sub(TAIL_BYTES));
    let from = (from..=run.len()).find(|&at| run.is_char_boundary(at)).unwrap_or(run.len());
    let tail = &run[from..];
    if from > 0 {
        tail.split_once(' ').map_or(tail, |(_, words)| words)
    } else {
        tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form_of(text: &str) -> Option<String> {
        form(text, &find(&Document::of(text)))
    }

    fn sentences(from: usize, to: usize) -> String {
        (from..to)
            .map(|n| format!("Sentence number {n} of the document says [{n}] what nobody says but it. "))
            .collect()
    }

    #[test]
    fn windows_that_overlap_are_said_once() {
        let text = format!(
            "[1] a.md\n{}\n\n[2] a.md\n{}\n\n[3] a.md\n{}\n",
            sentences(0, 12),
            sentences(6, 18),
            sentences(12, 20)
        );
        let form = form_of(&text).unwrap();
        assert!(form.len() < text.len() * 4 / 5, "{form}");
        assert!(form.contains(": Sentence number 6 of … says but it.]"), "{form}");
        assert_eq!(read(&form).unwrap(), text);
    }

    #[test]
    fn what_looks_like_a_reference_is_never_one() {
        assert!(form_of(&format!("[=0+9: x]\n{}\n\n{}", sentences(0, 9), sentences(0, 9))).is_none());
        for broken in [
            "#prose 5 bytes; x\n[=0+9: a]",
            "#prose 9 bytes; x\nab[=0+2: a",
            "#prose 2 bytes; x\né[=1+1: a]",
            "#prose x",
        ] {
            assert_eq!(read(broken), None);
        }
    }

    proptest! {
        #[test]
        fn forms_give_the_text_back(parts in prop::collection::vec((0..6usize, "[\\PC\n]{0,40}"), 1..8)) {
            let text: String = parts.iter().map(|(from, more)| format!("{}{more}\n\n", sentences(*from, from + 4))).collect();
            if let Some(form) = form_of(&text) {
                prop_assert_eq!(read(&form).unwrap(), text);
            }
        }
    }
}
