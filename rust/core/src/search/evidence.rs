//! A listing, the question and the call in, the lines that must be seen out: definitions and what the question names.

use memchr::memmem::Finder;

use super::define::{self, LIKELY, PERHAPS};
use super::pattern::{self, Symbol};
use super::read::{Entry, Listing, Style, What};
use crate::text::{Lines, Task};
use crate::words;

/// Bytes of a line in which a searched name is looked for.
const MAX_LINE_BYTES: usize = 2_000;
/// Lines that a question names.
const MAX_NAMED: usize = 6;
/// Words of a question that are looked for as they are spelled, and lines that one may stand in to name them.
const MAX_WORDS: usize = 8;
const RARE_LINES: usize = 2;
/// Lines with an identifier of the question among which its definition is looked for.
const MAX_LOOKED_AT: usize = 512;

#[derive(Default)]
pub struct Evidence {
    pub symbols: Vec<Symbol>,
    /// Lines that define what was searched for and how surely, the surest first.
    pub definitions: Vec<(u32, u8)>,
    /// Lines that the question names, best first.
    pub named: Vec<u32>,
    /// Where the searched name begins and ends in each match; `u32::MAX` elsewhere.
    pub spans: Vec<(u32, u32)>,
    /// Files that hold one of those.
    pub stands_out: Vec<bool>,
}

impl Evidence {
    pub fn of(listing: &Listing, task: &Task) -> Self {
        let mut evidence = Evidence { stands_out: vec![false; listing.files.len()], ..Evidence::default() };
        if !matches!(listing.style, Style::Counts | Style::Paths) {
            // Among the matches, since lines around them come in a rhythm of their own.
            let matches: Vec<&Entry> = listing.entries.iter().filter(|entry| entry.is_match()).collect();
            let step = (matches.len() / 128).max(1);
            let bodies: Vec<&str> = matches.into_iter().step_by(step).map(|entry| listing.body(entry)).collect();
            evidence.symbols = pattern::symbols(task.call, task.question, &bodies);
            evidence.define(listing);
        }
        let question = evidence.without_symbols(task.question);
        evidence.name_exactly(listing, &question);
        for hit in Lines::of(listing.text).named(&question, "") {
            if evidence.named.len() < MAX_NAMED && !evidence.named.contains(&hit.node) {
                evidence.named.push(hit.node);
            }
        }
        let surest = evidence.definitions.iter().enumerate().take(64);
        let surest =
            surest.filter(|(rank, (_, strength))| *strength >= LIKELY || *rank < 6).map(|(_, (line, _))| *line);
        for line in surest.chain(evidence.named.iter().copied()) {
            let file = listing.entries[line as usize].file;
            if let Some(stands_out) = evidence.stands_out.get_mut(file as usize) {
                *stands_out = true;
            }
        }
        evidence
    }

    /// The question without the names that were searched for: every match has them. A longer name that holds one of
    /// them is another one.
    fn without_symbols(&self, question: &str) -> String {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        self.symbols.iter().fold(question.to_owned(), |question, symbol| {
            let bytes = question.as_bytes();
            let mut kept = String::with_capacity(question.len());
            let mut from = 0;
            for (at, name) in question.match_indices(&symbol.name) {
                let is_whole = !is_part(bytes[..at].last()) && !is_part(bytes.get(at + name.len()));
                kept.push_str(&question[from..at]);
                kept.push_str(if is_whole { " " } else { name });
                from = at + name.len();
            }
            kept.push_str(&question[from..]);
            kept
        })
    }

    /// Finds lines with words of the question that, spelled just so, are rare.
    fn name_exactly(&mut self, listing: &Listing, question: &str) {
        let words = question.split(|character: char| !character.is_alphanumeric() && character != '_');
        let telling = words.filter(|word| word.len() >= 5 && !words::is_stop(word.to_ascii_lowercase().as_bytes()));
        for word in telling.take(MAX_WORDS) {
            let is_identifier = word.contains('_') || word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
            let most = if is_identifier { MAX_LOOKED_AT } else { RARE_LINES };
            let mut lines: Vec<u32> = Vec::new();
            for at in memchr::memmem::find_iter(listing.text.as_bytes(), word.as_bytes()) {
                let line = listing.entries.partition_point(|entry| (entry.end as usize) < at) as u32;
                if lines.last() != Some(&line) {
                    lines.push(line);
                }
                if lines.len() > most {
                    break;
                }
            }
            if is_identifier && lines.len() > RARE_LINES {
                lines = defining(listing, &lines, word);
            }
            if lines.len() <= RARE_LINES {
                lines.retain(|line| !self.named.contains(line));
                self.named.extend(lines);
            }
        }
        self.named.truncate(MAX_NAMED);
    }

    fn define(&mut self, listing: &Listing) {
        self.spans = vec![(u32::MAX, u32::MAX); listing.entries.len()];
        let finders: Vec<Finder> = self.symbols.iter().map(|symbol| Finder::new(symbol.name.as_bytes())).collect();
        for (index, entry) in listing.entries.iter().enumerate() {
            if entry.what != What::Hit || !entry.is_match() {
                continue;
            }
            let body = listing.body(entry).as_bytes();
            let body = &body[..body.len().min(MAX_LINE_BYTES)];
            let mut best = 0;
            for (symbol, finder) in self.symbols.iter().zip(&finders) {
                for at in occurrences(body, symbol, finder).take(6) {
                    let span = &mut self.spans[index];
                    if span.0 == u32::MAX {
                        *span = (at as u32, (at + symbol.name.len()) as u32);
                    }
                    best = best.max(define::strength(body, at, at + symbol.name.len()));
                }
            }
            // A name alone, with its body below.
            if best == PERHAPS && opens_block(listing, index) {
                best = LIKELY;
            }
            if best > 0 {
                self.definitions.push((index as u32, best));
            }
        }
        self.definitions.sort_by_key(|&(index, strength)| (u8::MAX - strength, index));
    }
}

/// Of the lines with a name those that define it most surely.
fn defining(listing: &Listing, lines: &[u32], name: &str) -> Vec<u32> {
    let strength = |line: u32| {
        let Some(entry) = listing.entries.get(line as usize) else { return 0 };
        let body = listing.body(entry).as_bytes();
        let body = &body[..body.len().min(MAX_LINE_BYTES)];
        let at = memchr::memmem::find_iter(body, name.as_bytes());
        at.map(|at| define::strength(body, at, at + name.len())).max().unwrap_or(0)
    };
    let mut found: Vec<(u8, u32)> =
        lines.iter().map(|&line| (strength(line), line)).filter(|each| each.0 > 0).collect();
    found.sort_by_key(|&(strength, line)| (u8::MAX - strength, line));
    found.into_iter().take(RARE_LINES).map(|(_, line)| line).collect()
}

/// Whether the next line of the file is printed too, and begins a block.
fn opens_block(listing: &Listing, index: usize) -> bool {
    let entry = &listing.entries[index];
    listing.entries.get(index + 1).is_some_and(|next| {
        let is_next = next.what == What::Hit && next.file == entry.file && next.number == entry.number + 1;
        is_next && listing.body(next).trim_start().starts_with('{')
    })
}

fn occurrences<'s>(body: &'s [u8], symbol: &'s Symbol, finder: &'s Finder) -> impl Iterator<Item = usize> + 's {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = match symbol.is_folded {
            true => pattern::find_folded(body, symbol.name.as_bytes(), from),
            false => finder.find(body.get(from..)?).map(|at| at + from),
        }?;
        from = at + symbol.name.len().max(1);
        Some(at)
    })
}
