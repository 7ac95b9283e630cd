//! The lossy view of a diff: the changes of the source, folded; of all other files what changed, and how much.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use xxhash_rust::xxh3::xxh3_64;

use super::fold::{self, Item, Unit};
use super::gather::{Count, Gathered, Gatherer, Section};
use super::pair;
use super::parse::{Fate, FileDiff, Part};
use super::paths::Sort;
use crate::text::{marker, Lines, View};
use crate::words;

/// How much of the changes is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every changed line of the source.
    Balanced,
    /// Definitions and what handles errors, at most so many lines of a file.
    Evidence(u32),
}

/// Runs of lines with one sign from this length on get one sign for all.
const MIN_BLOCK: usize = 3;
/// A word is said to have become another one if that explains this many pairs of lines of a file.
const MIN_RENAMED: usize = 3;
/// Names listed for one file of tests.
const MAX_NAMES: usize = 40;
/// Lines outside of diffs that are shown of one stretch: the first ones and the last ones.
const MAX_LOOSE_FIRST: usize = 40;
const MAX_LOOSE_LAST: usize = 10;

/// Writes the view.
pub fn write(lines: &Lines, parts: &[Part], is_named: &[bool], depth: Depth, key: &str) -> View {
    let mut gatherer = Gatherer { lines, is_named, depth, sections: Vec::new() };
    let mut files = gatherer.all(parts);
    let sections = gatherer.sections;
    let twins = twins(parts, &mut files);
    let mut units: Vec<Unit> = Vec::new();
    let mut ends = Vec::with_capacity(files.len());
    for file in &files {
        units.extend(&file.units);
        ends.push(units.len());
    }
    let items = fold::fold(&units);
    let mut writer = Writer {
        lines,
        is_named,
        units: &units,
        sections: &sections,
        items: &items,
        at: 0,
        renamed: BTreeSet::new(),
        paths: parts
            .iter()
            .filter_map(|part| if let Part::File(file) = part { Some(file.path.as_str()) } else { None })
            .collect(),
        out: String::new(),
        view: View { total: lines.len(), ..View::default() },
        left: BTreeMap::new(),
    };
    let mut ordinal = 0;
    for part in parts {
        match part {
            Part::Loose(range) => writer.push_loose(range.clone()),
            Part::File(file) => {
                writer.push_file(file, &files[ordinal], ends[ordinal], twins.get(&ordinal));
                ordinal += 1;
            }
        }
    }
    writer.finish(key)
}

/// Files whose changes are those of an earlier one, by their ordinals: the path of that one. Their units are taken out.
fn twins(parts: &[Part], files: &mut [Gathered]) -> BTreeMap<usize, String> {
    let mut first: HashMap<u64, usize> = HashMap::new();
    let mut twins = BTreeMap::new();
    let diffs: Vec<&FileDiff> =
        parts.iter().filter_map(|part| if let Part::File(file) = part { Some(file) } else { None }).collect();
    for ordinal in 0..files.len() {
        let mut said = Vec::new();
        for unit in &files[ordinal].units {
            said.push(unit.sign);
            said.extend_from_slice(unit.text.trim_ascii().as_bytes());
            said.push(b'\n');
        }
        if said.len() < 40 || files[ordinal].left.total() > 0 {
            continue;
        }
        let (diff, hash) = (diffs[ordinal], xxh3_64(&said));
        match first.get(&hash) {
            Some(&known) if diffs[known].added == diff.added && diffs[known].removed == diff.removed => {
                files[ordinal].units.clear();
                twins.insert(ordinal, diffs[known].path.clone());
            }
            _ => {
                first.entry(hash).or_insert(ordinal);
            }
        }
    }
    twins
}

struct Writer<'w, 't> {
    lines: &'w Lines<'t>,
    is_named: &'w [bool],
    units: &'w [Unit<'t>],
    sections: &'w [Section<'t>],
    items: &'w [Item],
    /// The next item.
    at: usize,
    /// Words that became others in so many lines of this file that it is said once.
    renamed: BTreeSet<(&'t str, &'t str)>,
    paths: Vec<&'w str>,
    out: String,
    view: View,
    left: BTreeMap<&'static str, usize>,
}

impl<'t> Writer<'_, 't> {
    fn finish(mut self, key: &str) -> View {
        let told: usize = self.left.values().sum();
        let shown = self.view.shown;
        let rest = self.lines.len().saturating_sub(shown + told);
        if rest > 0 {
            self.left.insert("lines of context and heads", rest);
        }
        self.view.dropped = self.left.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
        self.view.text = marker("diff", shown, self.view.total, "lines", key) + &self.out;
        self.view
    }

    /// Lines outside of diffs; of long stretches the first and the last ones and those that report trouble.
    fn push_loose(&mut self, range: std::ops::Range<usize>) {
        let mut hidden = 0;
        for index in range.clone() {
            let line = self.lines.line(index);
            if line.trim().is_empty() || self.is_stat(line) && !self.is_named[index] {
                continue;
            }
            let is_near = index < range.start + MAX_LOOSE_FIRST || index + MAX_LOOSE_LAST >= range.end;
            if !is_near && !self.is_named[index] && !words::has_trouble(line.as_bytes()) {
                hidden += 1;
                continue;
            }
            self.push_hidden(&mut hidden);
            self.out.push_str(line.strip_prefix("    ").unwrap_or(line).trim_ascii_end());
            self.out.push('\n');
            self.keep(index as u32, "beside the diff");
        }
        self.push_hidden(&mut hidden);
    }

    fn push_hidden(&mut self, hidden: &mut usize) {
        if *hidden > 0 {
            let _ = writeln!(self.out, "... {hidden} lines");
            *self.left.entry("lines beside the diff").or_default() += std::mem::take(hidden);
        }
    }

    /// ` path | 12 +++--` of a file whose counts are told below.
    fn is_stat(&self, line: &str) -> bool {
        let Some((path, counts)) = line.strip_prefix(' ').and_then(|line| line.split_once(" | ")) else { return false };
        let path = path.trim();
        let ending = path.strip_prefix("...").unwrap_or(path);
        let is_counted = counts.trim_ascii_start().starts_with(|c: char| c.is_ascii_digit());
        is_counted
            && self.paths.iter().any(|known| *known == path || path.len() > ending.len() && known.ends_with(ending))
    }

    fn keep(&mut self, line: u32, why: &'static str) {
        self.view.shown += 1;
        self.view.kept.push((line + 1, why));
    }

    fn push_file(&mut self, file: &FileDiff, gathered: &Gathered<'t>, end: usize, twin: Option<&String>) {
        self.out.push_str("=== ");
        if let Some(old) = &file.old_path {
            let _ = write!(self.out, "{old} => ");
        }
        self.out.push_str(&file.path);
        push_count(&mut self.out, Count { added: file.added, removed: file.removed });
        match file.fate {
            Fate::New => self.out.push_str(" new"),
            Fate::Deleted => self.out.push_str(" deleted"),
            Fate::Copied => self.out.push_str(" copied"),
            Fate::Changed | Fate::Renamed => {}
        }
        if file.has_mode_change {
            for index in file.head.clone() {
                if let Some(mode) = self.lines.line(index).strip_prefix("new mode ") {
                    let _ = write!(self.out, " mode {mode}");
                }
            }
        }
        if file.is_binary {
            self.out.push_str(" binary");
        }
        self.out.push_str(gathered.sort.word());
        self.push_left(gathered);
        let from = self.at;
        while self.at < self.items.len() && self.first_unit(self.at) < end {
            self.at += 1;
        }
        let items = &self.items[from..self.at];
        self.push_renames(items);
        if let Some(path) = twin {
            let _ = write!(self.out, ", same change as {path}");
        }
        self.out.push('\n');
        push_names(&mut self.out, &gathered.names);
        self.push_head(file);
        self.push_items(items);
    }

    /// Lines of a file's head that the question names, but for what the file's line tells.
    fn push_head(&mut self, file: &FileDiff) {
        const TOLD: [&str; 6] = ["diff --", "rename ", "copy ", "Index: ", "--- ", "+++ "];
        for index in file.head.clone().filter(|&index| self.is_named[index]) {
            let line = self.lines.line(index);
            let has_more = line.split_once('\t').is_some_and(|(_, more)| !more.is_empty());
            if has_more || !TOLD.iter().any(|told| line.starts_with(told)) {
                let _ = writeln!(self.out, "={line}");
                self.keep(index as u32, "named by the question");
            }
        }
    }

    /// The unit that an item begins with; of a label the one behind it.
    fn first_unit(&self, at: usize) -> usize {
        match self.items[at] {
            Item::Line(unit) | Item::Pair(unit, ..) => unit,
            Item::Again(again) => again.at,
            Item::Label(_) if at + 1 < self.items.len() => self.first_unit(at + 1),
            Item::Label(_) => 0,
        }
    }

    fn push_left(&mut self, gathered: &Gathered) {
        let what = match gathered.sort {
            Sort::Test => "lines of tests",
            Sort::Docs => "lines of documentation",
            Sort::Data | Sort::Generated => "lines of data",
            _ => "lines of bodies",
        };
        for (what, count) in [
            ("comments and empty lines", gathered.comments),
            ("imports", gathered.imports),
            ("line ends", gathered.line_ends),
            (what, gathered.left),
        ] {
            if count.total() > 0 {
                *self.left.entry(what).or_default() += count.total();
            }
        }
        for (word, count) in [
            ("comments", gathered.comments),
            ("imports", gathered.imports),
            ("line ends", gathered.line_ends),
            ("left", gathered.left),
        ] {
            let is_all = word == "left" && gathered.units.is_empty();
            if count.total() > 0 && !is_all {
                let _ = write!(self.out, ", {word}");
                push_count(&mut self.out, count);
            }
        }
    }

    /// `s/old/new/ 12 lines` for pairs that are not shown.
    fn push_renames(&mut self, items: &[Item]) {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for change in items.iter().filter_map(|item| self.renaming(item)) {
            *counts.entry(change).or_default() += 1;
        }
        counts.retain(|_, count| *count >= MIN_RENAMED);
        for ((old, new), count) in &counts {
            let _ = write!(self.out, ", s/{old}/{new}/ {count} lines");
            *self.left.entry("lines in which a word became another").or_default() += 2 * count;
        }
        self.renamed = counts.into_keys().collect();
    }

    fn renaming(&self, item: &Item) -> Option<(&'t str, &'t str)> {
        let Item::Pair(old, new, _) = *item else { return None };
        pair::renamed(self.units[old].text, self.units[new].text)
    }

    fn is_said(&self, item: &Item) -> bool {
        !self.renamed.is_empty() && self.renaming(item).is_some_and(|change| self.renamed.contains(&change))
    }

    fn push_items(&mut self, items: &[Item]) {
        let (mut section, mut name) = (u32::MAX, "");
        let mut at = 0;
        while at < items.len() {
            let first = match items[at] {
                Item::Line(unit) | Item::Pair(unit, ..) => Some(unit),
                Item::Again(again) => Some(again.at),
                Item::Label(_) => None,
            };
            let first = first.or_else(|| match items.get(at + 1) {
                Some(&(Item::Line(unit) | Item::Pair(unit, ..))) => Some(unit),
                _ => None,
            });
            if self.is_said(&items[at]) {
                at += 1;
                continue;
            }
            if let Some(group) = first.map(|unit| self.units[unit].group).filter(|&group| group != section) {
                section = group;
                let head = self.sections[group as usize];
                let _ = write!(self.out, "@@{}", head.line);
                if head.name != name && !head.name.is_empty() {
                    let _ = write!(self.out, " {}", head.name);
                }
                name = head.name;
                self.out.push('\n');
            }
            at = self.push_item(items, at);
        }
    }

    /// Writes the item at `at`, with the lines behind it that have the same sign; returns where the next one is.
    fn push_item(&mut self, items: &[Item], at: usize) -> usize {
        match items[at] {
            Item::Label(label) => {
                let _ = writeln!(self.out, "#{label}:");
            }
            Item::Pair(old, new, shared) => {
                let (before, after) = (self.units[old], self.units[new]);
                let indent = (before.text.len() - before.text.trim_ascii_start().len()).min(shared.front);
                let front = shared.front - indent;
                self.out.push('~');
                let shared = pair::Shared { front, back: shared.back };
                pair::write(&mut self.out, &before.text[indent..], &after.text[indent..], shared);
                self.out.push('\n');
                self.keep(before.line, "changed");
                self.keep(after.line, "changed");
            }
            Item::Again(again) => {
                let sign = again.sign.map_or('=', char::from);
                let _ = writeln!(self.out, "{sign} {} lines of #{}", again.count, again.label);
                *self.left.entry("lines that stand elsewhere").or_default() += again.count;
            }
            Item::Line(first) => {
                let unit = self.units[first];
                let is_like = |item: &&Item| matches!(**item, Item::Line(other) if self.units[other].sign == unit.sign && self.units[other].group == unit.group);
                let count = items[at..].iter().take_while(is_like).count();
                self.push_block(first, count);
                return at + count;
            }
        }
        at + 1
    }

    fn push_block(&mut self, first: usize, count: usize) {
        let units = &self.units[first..first + count];
        let sign = units[0].sign;
        let indent = if sign == 0 { "" } else { common_indent(units) };
        let is_block = count >= MIN_BLOCK && matches!(sign, b'+' | b'-');
        if is_block {
            let _ = writeln!(self.out, "{}{count}:", sign as char);
        }
        for unit in units {
            match (is_block, sign) {
                (true, _) => self.out.push(' '),
                (false, b' ') => self.out.push('='),
                (false, 0) => {}
                (false, sign) => self.out.push(sign as char),
            }
            self.out.push_str(unit.text.strip_prefix(indent).unwrap_or(unit.text).trim_ascii_end());
            self.out.push('\n');
            self.view.shown += 1;
            self.view.kept.push((unit.line + 1, if unit.is_literal { "definition or error" } else { "changed" }));
        }
    }
}

/// The white space that all lines begin with.
fn common_indent<'t>(units: &[Unit<'t>]) -> &'t str {
    let indent = |unit: &Unit<'t>| &unit.text[..unit.text.len() - unit.text.trim_ascii_start().len()];
    let mut common = indent(&units[0]);
    for unit in &units[1..] {
        let own = indent(unit);
        let shared = common.bytes().zip(own.bytes()).take_while(|(a, b)| a == b).count();
        common = common.get(..shared).unwrap_or("");
    }
    common
}

fn push_count(out: &mut String, count: Count) {
    if count.added > 0 {
        let _ = write!(out, " +{}", count.added);
    }
    if count.removed > 0 {
        let _ = write!(out, " -{}", count.removed);
    }
}

/// What tests add, remove and change, each name once.
fn push_names(out: &mut String, names: &[(u8, &str)]) {
    let mut told = BTreeSet::new();
    for (sign, head) in [(b'-', "-"), (b'+', "+"), (b' ', "in ")] {
        let mut list: Vec<&str> = Vec::new();
        for &(_, name) in names.iter().filter(|(own, _)| *own == sign) {
            if told.insert((sign, name)) && (sign != b' ' || !told.contains(&(b'+', name))) {
                list.push(name);
            }
        }
        if list.is_empty() {
            continue;
        }
        let more = list.len().saturating_sub(MAX_NAMES);
        list.truncate(MAX_NAMES);
        let _ = write!(out, "{head}{}", list.join(", "));
        if more > 0 {
            let _ = write!(out, ", ... {more} more");
        }
        out.push('\n');
    }
}
