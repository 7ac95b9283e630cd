//! Lines in, the template of each out.
//!
//! Lines whose words are equal, but for masked ones, have one template (a group). Groups that differ in one word are
//! then joined where many do, as `user alice` and `user bob` (cf. He et al., "Drain", 2017, and Makanju et al.,
//! "IPLoM", 2009, which split by length and position too). Everything is linear in the text and deterministic.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::join::Joiner;
use super::scan::{self, Stamp, Word};
use super::stamp::Stamps;
use crate::json::paths::Mix;
use crate::text::Line;

pub type Map<V> = HashMap<u64, V, BuildHasherDefault<Mix>>;

const ROUNDS: usize = 3;
/// Up to so many combinations of varying words are told apart.
const MAX_VARIANTS: usize = 8;

/// Lines of one template.
#[derive(Clone, Debug)]
pub struct Template {
    pub first: u32,
    pub last: u32,
    pub count: u32,
    /// Ordinals of words without digits that vary, rising.
    pub varying: Vec<u16>,
    /// Where such words are few, the first line of each combination of them.
    pub variants: Vec<u32>,
    combinations: u32,
}

impl Template {
    fn new(line: u32) -> Self {
        Template { first: line, last: line, count: 0, varying: Vec::new(), variants: Vec::new(), combinations: 0 }
    }
}

/// A text as lines with templates.
pub struct Mined<'a> {
    pub text: &'a str,
    pub lines: Vec<Line>,
    pub stamps: Vec<Stamp>,
    /// The template of each line.
    pub of_line: Vec<u32>,
    pub templates: Vec<Template>,
    /// The masked words of all lines; `masked_from` says where those of a line begin.
    masked: Vec<(u32, u32)>,
    masked_from: Vec<u32>,
}

impl<'a> Mined<'a> {
    pub fn new(text: &'a str) -> Self {
        let lines = split(text);
        let bytes = text.as_bytes();
        let of = |line: &Line| &bytes[line.start as usize..line.end as usize];
        let step = (lines.len() / 64).max(1);
        let mut finder = Stamps::of(lines.iter().take(48).chain(lines.iter().skip(48).step_by(step)).map(of));
        let mut groups = Groups::default();
        let mut stamps = Vec::with_capacity(lines.len());
        let mut of_line = Vec::with_capacity(lines.len());
        let mut masked = Vec::with_capacity(text.len() / 24);
        let mut masked_from = Vec::with_capacity(lines.len() + 1);
        for (index, line) in lines.iter().enumerate() {
            let stamp = finder.next(of(line));
            masked_from.push(masked.len() as u32);
            let hash = scan::line_hash(of(line), stamp, |word| masked.push((word.start, word.end)));
            of_line.push(groups.add(hash, index as u32));
            stamps.push(stamp);
        }
        masked_from.push(masked.len() as u32);
        let mut mined = Mined { text, lines, stamps, of_line, templates: groups.list, masked, masked_from };
        mined.join();
        mined
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    #[inline(always)]
    pub fn line(&self, index: u32) -> &'a str {
        let line = self.lines[index as usize];
        &self.text[line.start as usize..line.end as usize]
    }

    /// The time of a line as it is written; empty if it has none.
    pub fn stamp(&self, index: u32) -> &'a str {
        let stamp = self.stamps[index as usize];
        &self.line(index)[stamp.start as usize..stamp.end as usize]
    }

    /// Whether a line has a time that is no word like others.
    pub fn has_stamp(&self, index: u32) -> bool {
        let stamp = self.stamps[index as usize];
        !stamp.is_none() && !stamp.is_word
    }

    /// Whether a terminal would have written the next line over this one.
    pub fn is_overwritten(&self, index: u32) -> bool {
        let line = self.lines[index as usize];
        self.text.as_bytes()[line.end as usize..line.next as usize] == *b"\r" && (line.next as usize) < self.text.len()
    }

    /// What stands in front of a line's time.
    pub fn lead(&self, index: u32) -> &'a str {
        &self.line(index)[..self.stamps[index as usize].start as usize]
    }

    #[inline(always)]
    pub fn for_each_word(&self, index: u32, each: impl FnMut(Word)) {
        scan::for_each_word(self.line(index).as_bytes(), self.stamps[index as usize], each);
    }

    /// Where the masked words of a line begin and end.
    #[inline(always)]
    pub fn masked(&self, index: u32) -> &[(u32, u32)] {
        let index = index as usize;
        &self.masked[self.masked_from[index] as usize..self.masked_from[index + 1] as usize]
    }

    /// Joins templates that differ in one word where many do.
    fn join(&mut self) {
        let mut of_group: Vec<u32> = (0..self.templates.len() as u32).collect();
        let mut joiner = Joiner::new(self);
        for _ in 0..ROUNDS {
            if !joiner.round() {
                break;
            }
        }
        let mut templates: Vec<Template> = Vec::new();
        let mut of_key: Map<u32> = Map::default();
        for (group, own) in self.templates.iter().enumerate() {
            let key = joiner.keys.get(group).copied().unwrap_or_else(|| scan::mix(group as u64, scan::MASK));
            let id = *of_key.entry(key).or_insert_with(|| {
                templates.push(Template::new(own.first));
                templates.len() as u32 - 1
            });
            of_group[group] = id;
            let template = &mut templates[id as usize];
            // Where one group has a number another may have a word, which varies all the same.
            for &ordinal in joiner.varying.get(group).into_iter().flatten() {
                if let Err(place) = template.varying.binary_search(&ordinal) {
                    template.varying.insert(place, ordinal);
                }
            }
            template.count += own.count;
            template.combinations += 1;
            if template.combinations as usize <= MAX_VARIANTS {
                template.variants.push(own.first);
            } else {
                template.variants.clear();
            }
            template.first = template.first.min(own.first);
            template.last = template.last.max(own.last);
        }
        for group in &mut self.of_line {
            *group = of_group[*group as usize];
        }
        self.templates = templates;
    }
}

/// Lines end with `\n`, `\r\n` or, as progress bars do, `\r`.
fn split(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut list = Vec::with_capacity(text.len() / 64 + 1);
    let mut start = 0;
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        if at < start {
            continue;
        }
        let next = if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 };
        list.push(Line { start: start as u32, end: at as u32, next: next as u32 });
        start = next;
    }
    if start < bytes.len() {
        list.push(Line { start: start as u32, end: bytes.len() as u32, next: bytes.len() as u32 });
    }
    list
}

/// Lines by the hash of their template.
#[derive(Default)]
struct Groups {
    of_hash: Map<u32>,
    list: Vec<Template>,
}

impl Groups {
    #[inline]
    fn add(&mut self, hash: u64, line: u32) -> u32 {
        let next = self.list.len() as u32;
        let id = *self.of_hash.entry(hash).or_insert(next);
        if id == next {
            self.list.push(Template::new(line));
        }
        let group = &mut self.list[id as usize];
        group.count += 1;
        group.last = line;
        id
    }
}
