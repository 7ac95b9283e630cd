//! The lossy view: every file with the number of its matches; of the matches, definitions, what the question names, and
//! a few that look unlike each other.
//!
//! ```text
//! [headroom search 3/44 matches key=…]
//! path:matches (1 if unsaid), " name": same directory
//! src/fmt/mod.rs:12 parse.rs write.rs:3
//!  width.rs:28
//! 7:pub struct Width {
//! ```

use super::by_text::ByText;
use super::define::{LIKELY, SURE};
use super::evidence::Evidence;
use super::form::{common_root, push_parts};
use super::place::{dir_len, name_of};
use super::read::{Entry, Listing, Style, What};
use crate::text::{marker, Task, View};
use crate::tokens::{count, Encoding};

/// Share of a text's bytes that its view has, if files and evidence leave room.
const SHARE: f64 = 0.17;
const DEEP_SHARE: f64 = 0.08;
/// Bytes of a shown line; of one that defines what was searched, or that the question names.
const MAX_SAMPLE_BYTES: usize = 200;
const MAX_EVIDENCE_BYTES: usize = 1_200;
const MAX_SAMPLES_A_FILE: u32 = 3;
/// Lines of no file that look alike and are shown before they are only counted; and looks.
const MAX_OTHERS: usize = 4;
const MAX_LOOKS: usize = 40;
/// Of fewer lines nothing is left out.
const MIN_LINES: usize = 8;
/// Lines around each match above which they are what was asked for.
const MAX_AROUND: usize = 6;
/// What a shown line costs besides its text.
const LINE_BYTES: usize = 6;

/// How much of each kind of line is shown.
#[derive(Clone, Copy, Debug)]
struct Budget {
    definition_bytes: usize,
    likely: usize,
    named: usize,
    bytes: usize,
    context: u32,
    others: usize,
}

/// The view of a listing with hits; `None` where nothing would be left out.
pub fn write(listing: &Listing, evidence: &Evidence, task: &Task, key: &str) -> Option<View> {
    if listing.entries.len() < MIN_LINES || reads_on(listing) {
        return None;
    }
    let viewer = Viewer::new(listing, evidence);
    let size = task.text.len() as f64;
    let share = if task.deep { DEEP_SHARE } else { SHARE };
    let full = Budget {
        definition_bytes: ((size * share * 0.8) as usize).max(900),
        likely: if task.deep { 4 } else { 8 },
        named: if task.deep { 3 } else { 6 },
        bytes: (size * share) as usize,
        context: if task.deep { 0 } else { 2 },
        others: MAX_OTHERS,
    };
    let view = viewer.view(&full, key)?;
    let Some(ratio) = task.target_ratio else { return Some(view) };
    let limit = (ratio * count(task.text, Encoding::O200kBase) as f64) as usize;
    let fits = |view: &View| count(&view.text, Encoding::O200kBase) <= limit;
    if fits(&view) {
        return Some(view);
    }
    let mut best = view;
    for (share, likely, named) in [(0.6, 8, 6), (0.3, 4, 4), (0.1, 3, 3), (0.0, 2, 2), (0.0, 1, 1)] {
        let budget = Budget {
            definition_bytes: (full.definition_bytes as f64 * share).max(240.0) as usize,
            likely: likely.min(full.likely),
            named: named.min(full.named),
            bytes: (full.bytes as f64 * share) as usize,
            context: 0,
            others: if share > 0.2 { MAX_OTHERS } else { 1 },
        };
        match viewer.view(&budget, key) {
            Some(view) if view.text.len() < best.text.len() => best = view,
            _ => {}
        }
        if fits(&best) {
            break;
        }
    }
    Some(best)
}

/// Whether this is code to be read rather than a search: one line after the other, or much around few matches.
fn reads_on(listing: &Listing) -> bool {
    let (mut matches, mut around, mut next) = (0, 0, 0);
    let mut last: Option<&Entry> = None;
    for entry in listing.entries.iter().filter(|entry| entry.what == What::Hit) {
        matches += usize::from(entry.is_match());
        around += usize::from(!entry.is_match());
        let is_next = |last: &Entry| last.file == entry.file && entry.number > 0 && entry.number == last.number + 1;
        next += usize::from(entry.is_match() && last.is_some_and(|last| last.is_match() && is_next(last)));
        last = Some(entry);
    }
    let is_one_file = listing.style == Style::Heading && listing.files.len() <= 1;
    around > MAX_AROUND * matches || is_one_file && 10 * next > 8 * matches
}

struct Viewer<'v, 'a> {
    listing: &'v Listing<'a>,
    evidence: &'v Evidence,
    counts: Vec<u32>,
    total: usize,
    root: &'a str,
    /// Files by directory, directories as they first come.
    order: Vec<u32>,
    /// Matches that look unlike each other, the most usual looks first, then what files have besides.
    samples: Vec<u32>,
}

impl<'v, 'a> Viewer<'v, 'a> {
    fn new(listing: &'v Listing<'a>, evidence: &'v Evidence) -> Self {
        let counts = listing.counts();
        let nowhere = listing.entries.iter().filter(|entry| entry.is_match() && entry.file == u32::MAX).count();
        let total = counts.iter().map(|&count| count as usize).sum::<usize>() + nowhere;
        let root = common_root(&listing.files);
        Viewer {
            listing,
            evidence,
            counts,
            total,
            root,
            order: by_directory(&listing.files),
            samples: samples(listing, evidence),
        }
    }

    fn view(&self, budget: &Budget, key: &str) -> Option<View> {
        let chosen = self.choose(budget);
        let mut text = String::with_capacity(budget.bytes + 1_024);
        let mut kept: Vec<(u32, &'static str)> = chosen.iter().map(|&(index, why)| (index + 1, why)).collect();
        let shown_matches = self.count_matches(chosen.iter().map(|&(index, _)| index));
        let others = self.others(budget.others)?;
        kept.extend(others.iter().map(|&index| (index + 1, "no match")));
        let lines = self.listing.entries.len();
        let shown_lines = kept.len();
        // Only lines around matches may be what is left out.
        let (shown, total, unit) = match shown_matches < self.total {
            true => (shown_matches, self.total, "matches"),
            false => (shown_lines, lines, "lines"),
        };
        if shown >= total {
            return None;
        }
        text.push_str(&marker("search", shown, total, unit, key));
        self.write_files(&chosen, &mut text);
        self.write_others(&others, &mut text);
        kept.sort_unstable();
        let mut dropped = vec![("matches".to_owned(), self.total.saturating_sub(shown_matches))];
        dropped.push(("lines that are no matches".to_owned(), (lines - shown_lines).saturating_sub(dropped[0].1)));
        dropped.retain(|(_, count)| *count > 0);
        Some(View { text, shown, total, kept, dropped })
    }

    /// How many matching lines are among these.
    fn count_matches(&self, chosen: impl Iterator<Item = u32>) -> usize {
        let mut last = None;
        let mut matches = 0;
        for entry in chosen.map(|index| &self.listing.entries[index as usize]).filter(|entry| entry.is_match()) {
            let line = (entry.file, entry.number);
            matches += usize::from(entry.number == 0 || last != Some(line));
            last = Some(line);
        }
        matches
    }

    /// The lines to show and why, in their order.
    fn choose(&self, budget: &Budget) -> Vec<(u32, &'static str)> {
        let mut picked = Picked::new(self.listing);
        picked.define(self.evidence, budget);
        for &index in self.evidence.named.iter().take(budget.named) {
            picked.add(index, "named by the question", MAX_EVIDENCE_BYTES);
        }
        picked.surround(budget.context);
        let structure: usize = self.order.iter().map(|&file| name_of(self.listing.path(file)).len() + 4).sum();
        let room = budget.bytes.saturating_sub(structure);
        let mut bodies: ByText<&str, ()> = ByText::default();
        for &index in &self.samples {
            if picked.bytes >= room {
                break;
            }
            let entry = &self.listing.entries[index as usize];
            if picked.in_file(entry.file) < MAX_SAMPLES_A_FILE
                && bodies.insert(self.listing.body(entry).trim(), ()).is_none()
            {
                picked.add(index, "unlike the others", MAX_SAMPLE_BYTES);
            }
        }
        picked.list.sort_unstable();
        picked.list
    }

    fn write_files(&self, chosen: &[(u32, &'static str)], text: &mut String) {
        let mut shown: ByText<u32, Vec<(u32, &'static str)>> = ByText::default();
        for &(index, why) in chosen {
            shown.entry(self.listing.entries[index as usize].file).or_default().push((index, why));
        }
        if !self.order.is_empty() {
            text.push_str("path:matches (1 if unsaid), \" name\": same directory");
            if !self.root.is_empty() {
                push_parts(text, &["; under ", self.root]);
            }
            text.push('\n');
        }
        let mut at = 0;
        while at < self.order.len() {
            let dir = self.dir(self.order[at]);
            let end = self.order[at..]
                .iter()
                .position(|&file| self.dir(file) != dir)
                .map_or(self.order.len(), |size| at + size);
            self.write_directory(&self.order[at..end], &shown, text);
            at = end;
        }
        self.write_lines(shown.get(&u32::MAX), text);
    }

    /// The files of a directory: those of which nothing is shown on one line, then each other one above its lines.
    fn write_directory(&self, files: &[u32], shown: &ByText<u32, Vec<(u32, &'static str)>>, text: &mut String) {
        let is_bare = |file: &u32| !shown.contains_key(file);
        let mut is_first = true;
        let mut is_open = false;
        for &file in files.iter().filter(|file| is_bare(file)) {
            let name = name_of(self.listing.path(file));
            let is_joined = is_open && !name.contains(' ');
            if is_open && !is_joined {
                text.push('\n');
            }
            self.write_path(file, is_first, false, text);
            is_open = !name.contains(' ');
            if !is_open {
                text.push('\n');
            }
            is_first = false;
        }
        if is_open {
            text.push('\n');
        }
        for &file in files.iter().filter(|file| !is_bare(file)) {
            self.write_path(file, is_first, true, text);
            text.push('\n');
            self.write_lines(shown.get(&file), text);
            is_first = false;
        }
    }

    fn dir(&self, file: u32) -> &'a str {
        let path = self.listing.path(file);
        &path[..dir_len(path)]
    }

    /// A path and its count; in full where lines follow that the reader may want to open.
    fn write_path(&self, file: u32, is_first: bool, has_lines: bool, text: &mut String) {
        let path = self.listing.path(file).trim_end_matches('\r');
        let is_whole = has_lines && self.evidence.stands_out.get(file as usize) == Some(&true);
        let is_rooted = is_whole && self.root != "./";
        let starts_line = text.is_empty() || text.ends_with('\n');
        let rest = &path[self.root.len()..];
        let is_long = is_whole || is_first || self.dir(file).len() == self.root.len();
        // So that it is not taken for a line that is shown.
        if is_long && starts_line && rest.starts_with(|first: char| first.is_ascii_digit() || ":-=>".contains(first)) {
            text.push('>');
        }
        match (is_long, is_rooted) {
            (true, true) => text.push_str(path),
            (true, false) => push_parts(text, &[if starts_line { "" } else { " " }, rest]),
            (false, _) => push_parts(text, &[" ", name_of(path)]),
        }
        let count = self.counts[file as usize];
        if count != 1 {
            push_parts(text, &[":", &count.to_string()]);
        }
    }

    fn write_lines(&self, lines: Option<&Vec<(u32, &'static str)>>, text: &mut String) {
        for &(index, why) in lines.into_iter().flatten() {
            let entry = &self.listing.entries[index as usize];
            let is_evidence = why != "unlike the others";
            if entry.number > 0 {
                text.push_str(&entry.number.to_string());
            }
            if entry.what == What::Hit {
                text.push(entry.mark as char);
            }
            self.write_body(index, if is_evidence { MAX_EVIDENCE_BYTES } else { MAX_SAMPLE_BYTES }, text);
        }
    }

    /// A line; of a long one, the part around what was searched for.
    fn write_body(&self, index: u32, max_bytes: usize, text: &mut String) {
        let body = self.listing.body(&self.listing.entries[index as usize]);
        let bare = body.trim();
        if bare.len() < body.trim_end().len() {
            text.push(' ');
        }
        if bare.len() <= max_bytes {
            push_parts(text, &[bare, "\n"]);
            return;
        }
        let focus = match self.evidence.spans.get(index as usize) {
            Some(&(start, _)) if start != u32::MAX => {
                (start as usize).saturating_sub(body.len() - body.trim_start().len())
            }
            _ => 0,
        };
        let from = floor(bare, if focus < max_bytes / 2 { 0 } else { focus - max_bytes / 3 });
        let to = floor(bare, (from + max_bytes).min(bare.len()));
        push_parts(
            text,
            &[if from > 0 { "…" } else { "" }, &bare[from..to], if to < bare.len() { "…\n" } else { "\n" }],
        );
    }

    /// Lines of no file, as many of each look; `None` if they look too different: then files may be among them.
    fn others(&self, most: usize) -> Option<Vec<u32>> {
        let mut others = Vec::new();
        let mut looks: ByText<(&str, &str), usize> = ByText::default();
        for (index, entry) in self.listing.entries.iter().enumerate().filter(|(_, entry)| entry.what == What::Raw) {
            let body = self.listing.body(entry).trim();
            let mut words = body.split(' ');
            let look = (words.next().unwrap_or(""), words.next_back().unwrap_or(""));
            let count = looks.entry(look).or_insert(0);
            *count += 1;
            if *count <= most || body.contains("inary file") {
                others.push(index as u32);
            }
        }
        (looks.len() <= MAX_LOOKS).then_some(others)
    }

    fn write_others(&self, others: &[u32], text: &mut String) {
        for &index in others {
            let body = self.listing.body(&self.listing.entries[index as usize]).trim_end();
            let to = floor(body, body.len().min(2 * MAX_SAMPLE_BYTES));
            push_parts(text, &[&body[..to], if to < body.len() { "…\n" } else { "\n" }]);
        }
        let all = self.listing.entries.iter().filter(|entry| entry.what == What::Raw).count();
        if all > others.len() {
            push_parts(text, &["(", &(all - others.len()).to_string(), " more like these)\n"]);
        }
    }
}

/// Lines that were picked.
struct Picked<'p, 'a> {
    listing: &'p Listing<'a>,
    list: Vec<(u32, &'static str)>,
    is_picked: Vec<bool>,
    by_file: ByText<u32, u32>,
    bytes: usize,
}

impl<'p, 'a> Picked<'p, 'a> {
    fn new(listing: &'p Listing<'a>) -> Self {
        Picked {
            listing,
            list: Vec::new(),
            is_picked: vec![false; listing.entries.len()],
            by_file: ByText::default(),
            bytes: 0,
        }
    }

    fn in_file(&self, file: u32) -> u32 {
        self.by_file.get(&file).copied().unwrap_or(0)
    }

    fn add(&mut self, index: u32, why: &'static str, max_bytes: usize) {
        let entry = &self.listing.entries[index as usize];
        if entry.what != What::Hit || std::mem::replace(&mut self.is_picked[index as usize], true) {
            return;
        }
        self.list.push((index, why));
        self.bytes += self.listing.body(entry).trim().len().min(max_bytes) + LINE_BYTES;
        *self.by_file.entry(entry.file).or_insert(0) += 1;
    }

    /// Picks the lines that define what was searched for: different ones first, the surest first.
    fn define(&mut self, evidence: &Evidence, budget: &Budget) {
        let mut seen: ByText<&str, ()> = ByText::default();
        let (mut likely, mut perhaps) = (0, 0);
        let has_sure = evidence.definitions.first().is_some_and(|(_, strength)| *strength == SURE);
        // Fields and local variables: fewer where something better is there.
        let rare = if has_sure { budget.likely / 2 } else { budget.likely };
        for repeats in [false, true] {
            for &(index, strength) in &evidence.definitions {
                let body = self.listing.body(&self.listing.entries[index as usize]).trim();
                if seen.insert(body, ()).is_some() != repeats || self.bytes > budget.definition_bytes {
                    continue;
                }
                match strength {
                    SURE => {}
                    LIKELY if likely < budget.likely && !repeats => likely += 1,
                    _ if strength < LIKELY && !repeats && likely + perhaps < rare => perhaps += 1,
                    _ => continue,
                }
                self.add(index, "defines what was searched", MAX_EVIDENCE_BYTES);
            }
        }
    }

    /// Picks lines around the first definitions.
    fn surround(&mut self, lines: u32) {
        for (index, _) in self.list.clone().into_iter().take(3) {
            for next in index + 1..=index + lines {
                let Some(entry) = self.listing.entries.get(next as usize) else { break };
                if entry.what != What::Hit || entry.is_match() || self.listing.body(entry).trim().is_empty() {
                    break;
                }
                self.add(next, "beside a definition", MAX_SAMPLE_BYTES);
            }
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Files so that those of one directory stand together.
fn by_directory(files: &[&str]) -> Vec<u32> {
    let mut first: ByText<&str, usize> = ByText::default();
    let ranks: Vec<usize> =
        files.iter().enumerate().map(|(index, path)| *first.entry(&path[..dir_len(path)]).or_insert(index)).collect();
    let mut order: Vec<u32> = (0..files.len() as u32).collect();
    order.sort_by_key(|&file| (ranks[file as usize], file));
    order
}

/// Matches in the order in which they are worth showing.
fn samples(listing: &Listing, evidence: &Evidence) -> Vec<u32> {
    let mut looks: ByText<u64, (u32, u32)> = ByText::default();
    let mut first_of_file: Vec<u32> = Vec::new();
    let mut others: Vec<u32> = Vec::new();
    let mut last_file = None;
    for (index, entry) in listing.entries.iter().enumerate().filter(|(_, entry)| entry.is_match()) {
        let look = look(listing, index, evidence);
        looks.entry(look).or_insert((index as u32, 0)).1 += 1;
        if last_file.replace(entry.file) != Some(entry.file) {
            first_of_file.push(index as u32);
        } else {
            others.push(index as u32);
        }
    }
    let mut first: Vec<(u32, u32)> = looks.into_values().collect();
    first.sort_by_key(|&(index, count)| (std::cmp::Reverse(count), index));
    let mut samples: Vec<u32> = first.into_iter().map(|(index, _)| index).collect();
    samples.extend(spread(first_of_file));
    samples.extend(spread(others));
    samples
}

/// The same so that every beginning of it is spread over the whole: the first, the middle one, the quarters, ….
fn spread(list: Vec<u32>) -> Vec<u32> {
    let bits = usize::BITS - list.len().leading_zeros();
    let order = (0..1usize << bits).map(|at| if bits == 0 { 0 } else { at.reverse_bits() >> (usize::BITS - bits) });
    order.filter_map(|at| list.get(at).copied()).collect()
}

/// What a match looks like: its first word and what stands right around the searched name.
fn look(listing: &Listing, index: usize, evidence: &Evidence) -> u64 {
    let whole = listing.body(&listing.entries[index]).as_bytes();
    let bytes = whole.trim_ascii_start();
    let end = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len()).min(24);
    let mut look = u64::from(crate::words::hash(&bytes[..end])) << 16;
    if let Some(&(start, stop)) = evidence.spans.get(index).filter(|span| span.0 != u32::MAX) {
        let around = |byte: Option<&u8>| match byte {
            None => 0u64,
            Some(byte) if byte.is_ascii_alphanumeric() || *byte >= 0x80 => 1,
            Some(byte) => u64::from(*byte),
        };
        look |=
            around(start.checked_sub(1).and_then(|at| whole.get(at as usize))) << 8 | around(whole.get(stop as usize));
    }
    look
}
