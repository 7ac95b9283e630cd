//! A text in, a form that says repeated runs of words once out, and back again byte for byte.
//!
//! ```text
//! #prose 5120 bytes; `[=A+N: words]`: the N bytes from byte A of the whole text, which begin and end with these words
//! … what is new …
//! [=410+380: The treaty was … in 1957.]
//! ```
//!
//! Overlapping windows on a document, wherever they are cut, and what is written on each of its pages, are such runs, in
//! plain text as in the strings of JSON. Linear.

use std::collections::VecDeque;
use std::ops::Range;

use super::document::Document;
use crate::json::paths::MixMap;

/// Bytes of a run that is worth a reference.
const MIN_RUN_BYTES: usize = 120;
/// Bytes of a run's first and last words that a reference quotes.
const HEAD_BYTES: usize = 24;
const TAIL_BYTES: usize = 16;
/// The share of a text's bytes that a form has at most: less is not worth its header.
const MAX_SHARE: f64 = 0.95;
/// What a form may stand for, at most.
const MAX_BYTES: usize = 256 << 20;

/// Words by which a run is found, and which share of the places where so many begin is remembered: one of so many, told by
/// the words themselves, so that the same places of the same words are.
const SHINGLE_WORDS: usize = 6;
const SAMPLED: u64 = 4;

/// A run that is there already, and where.
#[derive(Debug)]
pub struct Repeat {
    pub run: Range<usize>,
    /// Where it stood first.
    pub first: usize,
}

impl Repeat {
    /// The units of a document that stand within the run.
    pub fn units(&self, document: &Document) -> Range<usize> {
        let from = document.units.partition_point(|unit| (unit.from as usize) < self.run.start);
        let to = document.units.partition_point(|unit| unit.to as usize <= self.run.end);
        from..to.max(from)
    }
}

/// The runs of whole words that stand earlier in a text too, wherever they begin and end. Linear.
pub fn find(text: &str) -> Vec<Repeat> {
    let mut seen: MixMap<u64, u32> = MixMap::default();
    let mut found: Vec<Repeat> = Vec::new();
    let mut at = 0;
    let mut last: VecDeque<(u32, u64)> = VecDeque::with_capacity(SHINGLE_WORDS);
    let mut words = words_of(text).peekable();
    while let Some(word) = words.next() {
        if last.len() == SHINGLE_WORDS {
            last.pop_front();
        }
        last.push_back((word.start as u32, hash(&text.as_bytes()[word.clone()])));
        let shingle = last.iter().fold(0u64, |sum, (_, hash)| (sum.rotate_left(9) ^ hash).wrapping_mul(FACTOR));
        if last.len() < SHINGLE_WORDS || (shingle >> 32) % SAMPLED != 0 {
            continue;
        }
        let start = last[0].0 as usize;
        let first = *seen.entry(shingle).or_insert(start as u32) as usize;
        let Some(repeat) = Some(first).filter(|&first| first < start).and_then(|first| repeat(text, first, start, at))
        else {
            continue;
        };
        at = repeat.run.end;
        while words.next_if(|word| word.start < at).is_some() {}
        last.clear();
        found.push(repeat);
    }
    found
}

/// The longest run around two places that is worth a reference; it begins at `least` at the earliest.
fn repeat(text: &str, first: usize, start: usize, least: usize) -> Option<Repeat> {
    let bytes = text.as_bytes();
    let room = (start - first).min(bytes.len() - start);
    let length = (0..room).take_while(|&offset| bytes[first + offset] == bytes[start + offset]).count();
    // What stands first ends before the run begins, so what is added in front is taken from the room.
    let before = (start - least).min(first).min(start - first - length);
    let before = (1..=before).take_while(|&offset| bytes[first - offset] == bytes[start - offset]).count();
    let (from, to) = (start - before, start + length);
    // Whole words, and so whole characters.
    let is_space = |at: usize| bytes.get(at).is_none_or(u8::is_ascii_whitespace);
    let begins = |at: usize| !is_space(at) && (at == 0 || is_space(at - 1));
    let ends = |at: usize| is_space(at) && at > 0 && !is_space(at - 1);
    let other = |at: usize| at - (start - first);
    let from = (from..start).find(|&at| begins(at) && begins(other(at))).unwrap_or(start);
    let to = (start..=to).rev().find(|&at| ends(at) && ends(other(at)))?;
    (to >= from + MIN_RUN_BYTES).then(|| Repeat { run: from..to, first: other(from) })
}

/// What stands between white space.
fn words_of(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.split_ascii_whitespace().map(|word| {
        let from = word.as_ptr() as usize - text.as_ptr() as usize;
        from..from + word.len()
    })
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

fn hash(word: &[u8]) -> u64 {
    word.iter().fold(FACTOR, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
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
        form(text, &find(text))
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

    /// Windows of so many words on a document, each going on before the last one ends.
    fn windows(words: usize, overlap: usize) -> Vec<String> {
        let all = sentences(0, 60).replace(" of the document", "");
        let all: Vec<&str> = all.split_whitespace().collect();
        let starts = (0..all.len()).step_by(words - overlap);
        starts.map(|from| all[from..all.len().min(from + words)].join(" ")).collect()
    }

    #[test]
    fn windows_that_are_cut_within_sentences_are_said_once() {
        let own = windows(200, 50);
        let plain = own.iter().enumerate().map(|(n, own)| format!("--- result {n} ---\n{own}\n")).collect::<String>();
        let json = own.iter().map(|own| format!("{{\"text\": \"{own}\"}}")).collect::<Vec<_>>().join(",\n");
        for text in [plain, format!("[{json}]")] {
            let repeats = find(&text);
            assert_eq!(repeats.len(), own.len() - 1, "{repeats:?}");
            let words: Vec<usize> =
                repeats.iter().map(|own| text[own.run.clone()].split_whitespace().count()).collect();
            // The last word of a string stands before a quotation mark here, and before white space there.
            assert!(words[..words.len() - 1].iter().all(|words| (48..=50).contains(words)), "{words:?}");
            assert_eq!(read(&form_of(&text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn what_each_page_says_is_said_once_but_for_its_date() {
        let page = |n: usize| {
            format!(
                "{}\n\nThis document is the property of the harbour office and may be copied for its own use only. Printed \
                 on 2024-05-{:02}. Whoever finds a mistake, or what is hard to understand, is asked to write to the office, which is glad of \
                 every letter that it gets.\n\n",
                sentences(7 * n, 7 * n + 4),
                n + 10
            )
        };
        let text: String = (0..6).map(page).collect();
        let form = form_of(&text).unwrap();
        assert_eq!(read(&form).unwrap(), text);
        for said in ["harbour office and", "is glad of every"] {
            assert_eq!(form.matches(said).count(), 1, "{form}");
        }
        (0..6).for_each(|n| assert!(form.contains(&format!("2024-05-{:02}", n + 10)), "{form}"));
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
