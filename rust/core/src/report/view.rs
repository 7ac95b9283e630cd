//! What every line is in, the lossy view out: failures and findings as they stand, all else counted.
//!
//! The view is written with growing harshness, 0 to 4, until it fits.

use super::clean::clean;
use super::diagnostics::Severity;
use super::folds::{self, Fold};
use super::read::{self, Class, Report, ALWAYS};
use super::tags;
use super::tally::{self, Tally};
use super::warnings::{self, Detail, Group};
use crate::json::paths::MixMap;
use crate::text::{marker, Task, View};
use crate::tokens::{self, Encoding};
use std::fmt::Write;

/// Lines that a question names and that are shown for it.
const MAX_NAMED: usize = 6;
/// Different errors of a rule that are written out, by harshness; more are written as one with all their places. The
/// second row is for those that say the same of many places.
const MAX_ERRORS: [[usize; 5]; 2] = [[60, 40, 30, 20, 12], [40, 16, 8, 6, 6]];
const NAMED: &str = "named by the question";
/// Skipped tests that are named; more are counted.
const MAX_SKIPPED: u32 = 5;
/// Longer lines are cut.
const MAX_LINE: usize = 1_200;
/// The harshest form.
const HARSHEST: u8 = 4;
/// Other lines that are shown, at first and at last.
const OTHER_HEAD: usize = 12;

/// The lossy view of a text; `None` where it would not be shorter.
pub fn view(task: &Task, key: &str) -> Option<View> {
    let split = tags::split(task.text);
    let text = clean(split.as_deref().unwrap_or(task.text));
    let report = read::read(&text);
    if report.lines.len() < 4 {
        return None;
    }
    let plan = Plan::of(&report, task);
    let goal = Goal::of(task);
    let mut best: Option<View> = None;
    let mut harshness = 0;
    while harshness <= HARSHEST {
        let view = plan.write(harshness, key);
        let (len, fits) = (view.text.len(), goal.is_met(harshness, &view.text));
        if best.as_ref().is_none_or(|best| len < best.text.len()) {
            best = Some(view);
        }
        if fits {
            break;
        }
        // What is far too long need not be tried in every form.
        harshness = if len > 6 * goal.bytes { (harshness + 1).max(goal.most.min(2)) } else { harshness + 1 };
    }
    best.filter(|view| view.shown < view.total && view.text.len() < task.text.len())
}

/// How short a view is to be.
struct Goal {
    /// Bytes that are short enough.
    bytes: usize,
    /// Tokens that are allowed at most.
    tokens: usize,
    /// The harshness beyond which it need not go for the bytes' sake.
    most: u8,
}

impl Goal {
    fn of(task: &Task) -> Goal {
        let (share, least, most) = if task.deep { (0.07, 350, 3) } else { (0.14, 550, 2) };
        let bytes = ((task.text.len() as f64 * share) as usize).max(least);
        let tokens =
            task.target_ratio.map(|ratio| (tokens::count(task.text, Encoding::O200kBase) as f64 * ratio) as usize);
        Goal { bytes, tokens: tokens.unwrap_or(usize::MAX), most }
    }

    fn is_met(&self, harshness: u8, text: &str) -> bool {
        (harshness >= self.most || text.len() <= self.bytes)
            && (self.tokens == usize::MAX || tokens::count(text, Encoding::O200kBase) <= self.tokens)
    }
}

/// What is said of each line, before it is known how harshly.
struct Plan<'r, 't> {
    report: &'r Report<'t>,
    tallies: Vec<Tally>,
    folds: Vec<Fold>,
    groups: Vec<Group>,
    /// The group and the finding of each line that is an error.
    errors: MixMap<u32, (usize, usize)>,
    /// Lines that the question names.
    named: Vec<u32>,
    /// The fold of each line that is in one.
    of_line: MixMap<u32, usize>,
    skipped: u32,
    /// Titles that stand above something that is shown.
    heads: MixMap<u32, ()>,
    /// Failures that are said again further on.
    again: MixMap<u32, Again>,
    last: usize,
}

impl<'r, 't> Plan<'r, 't> {
    fn of(report: &'r Report<'t>, task: &Task) -> Self {
        let folds = folds::folds(report, task.question);
        let mut of_line = MixMap::default();
        for (at, fold) in folds.iter().enumerate() {
            fold.members.iter().for_each(|&line| {
                of_line.insert(line, at);
            });
        }
        let tallies = tally::tallies(report);
        let hits = report.lines.named(task.question, task.call);
        let named: Vec<u32> = hits.iter().filter(|hit| !hit.by_call).take(MAX_NAMED).map(|hit| hit.node).collect();
        let skipped: u32 = tallies.iter().filter(|tally| tally.class == Class::Skip).map(|tally| tally.tests).sum();
        let last = (0..report.rows.len()).rev().find(|&line| report.rows[line].class != Class::Blank).unwrap_or(0);
        let heads = heads_above_shown(report, skipped <= MAX_SKIPPED, &named);
        let again = said_again(report);
        let groups = warnings::groups(report);
        let mut errors = MixMap::default();
        for (at, group) in groups.iter().enumerate().filter(|(_, group)| group.severity == Severity::Error) {
            group.members.iter().for_each(|&member| {
                errors.insert(report.findings[member].line, (at, member));
            });
        }
        Plan { report, tallies, folds, groups, errors, named, of_line, skipped, heads, again, last }
    }

    fn write(&self, harshness: u8, key: &str) -> View {
        let mut page = Page::default();
        let mut tallies = self.tallies.iter().peekable();
        let (mut others, mut skip_to) = (0, 0);
        for (index, row) in self.report.rows.iter().enumerate() {
            let line = index as u32;
            while tallies.peek().is_some_and(|tally| tally.line == line) {
                let tally = tallies.next().expect("it was peeked at");
                if tally.class == Class::Pass || !self.shows_skips(harshness) {
                    page.write_tally(tally, harshness);
                }
            }
            if self.named.contains(&line) {
                page.line(self.report, index, NAMED);
                continue;
            }
            if let Some(&at) = self.of_line.get(&line) {
                if self.folds[at].members[0] == line {
                    page.write_fold(self.report, &self.folds[at], harshness);
                }
                if index == self.last && self.folds[at].members.len() > 1 {
                    page.line(self.report, index, "the last line");
                }
                continue;
            }
            if line < skip_to {
                page.drop(row.class);
                continue;
            }
            if let Some(&(at, member)) = self.errors.get(&line) {
                skip_to = page.write_error(self.report, &self.groups[at], member, harshness);
                continue;
            }
            if let Some(again) = self.again.get(&line).filter(|again| again.has_details && harshness > 0) {
                skip_to = again.end;
            }
            let shows = match row.class {
                Class::Blank | Class::Noise if row.weight <= harshness => false,
                Class::Pass | Class::Warning => false,
                Class::Skip => self.shows_skips(harshness),
                Class::Fail if self.again.contains_key(&line) => harshness < 2,
                Class::Head if row.weight < ALWAYS => harshness < 2 && self.heads.contains_key(&line),
                Class::Other if row.weight == 1 => {
                    others += 1;
                    harshness == 0 && others <= OTHER_HEAD
                }
                _ => row.weight > harshness,
            };
            if shows && row.class == Class::Detail && row.weight <= 3 && page.has_said(self.report.lines.line(index)) {
                page.drop(row.class);
            } else if shows || index == self.last && row.class != Class::Warning {
                page.line(self.report, index, reason(row.class));
            } else {
                page.drop(row.class);
            }
        }
        let detail = Detail::of(harshness);
        for group in self.groups.iter().filter(|group| group.severity == Severity::Warning) {
            let before = page.shown.len();
            group.write(self.report, &detail, &mut page.shown, &mut page.body);
            page.unlike(before);
        }
        page.finish(self.report.lines.len(), key)
    }

    fn shows_skips(&self, harshness: u8) -> bool {
        self.skipped <= MAX_SKIPPED && harshness < 2
    }
}

/// The titles of suites below which a failure, a skipped test or a line that the question names is shown.
fn heads_above_shown(report: &Report, shows_skips: bool, named: &[u32]) -> MixMap<u32, ()> {
    let mut heads = MixMap::default();
    let mut below: Option<u16> = None;
    for (line, row) in report.rows.iter().enumerate().rev() {
        let is_shown = row.class == Class::Fail
            || row.class == Class::Skip && shows_skips
            || row.class != Class::Head && named.contains(&(line as u32));
        if is_shown {
            below = Some(row.indent);
        } else if row.class == Class::Head && below.is_some_and(|below| row.indent < below) {
            heads.insert(line as u32, ());
            below = Some(row.indent);
        }
    }
    heads
}

/// A failure that is said again further on.
struct Again {
    /// Whether it is said there why, in the same words.
    has_details: bool,
    /// The line behind its own details.
    end: u32,
}

/// A failure further on.
struct Later {
    /// Where it stands, if without a file.
    indent: Option<u16>,
    /// Hash of what was said of it first.
    said: u64,
    /// Hash of its name with its class, 0 where none is told.
    whole: u64,
}

/// The failures that a later line says again: a summary's, or the title of its details. A test of the same name in
/// another file or class, or at the same place of another tree, is another one.
fn said_again(report: &Report) -> MixMap<u32, Again> {
    let mut later: MixMap<u64, Vec<Later>> = MixMap::default();
    let mut found = MixMap::default();
    let mut end = report.rows.len() as u32;
    let mut first_said = 0;
    let hash = |text: &str| xxhash_rust::xxh3::xxh3_64(text.as_bytes());
    for (line, row) in report.rows.iter().enumerate().rev() {
        match row.class {
            Class::Detail => first_said = hash(report.lines.line(line).trim()),
            Class::Blank | Class::Noise | Class::Frame | Class::Source => {}
            _ => {
                if row.class == Class::Fail && row.name.0 < row.name.1 {
                    let slice = |(start, end): (u32, u32)| &report.lines.text[start as usize..end as usize];
                    let group = slice(row.group).trim();
                    let key = hash(bare_name(slice(row.name))) ^ hash(group).rotate_left(9);
                    let indent = group.is_empty().then_some(row.indent);
                    let whole = qualified(slice(row.name)).map_or(0, hash);
                    let known = later.entry(key).or_default();
                    let is_same = |other: &Later| whole == 0 || other.whole == 0 || other.whole == whole;
                    let same = known.iter().filter(|other| is_same(other));
                    if same.clone().any(|other| indent.is_none() || other.indent != indent) {
                        let has_details = first_said != 0 && same.clone().any(|other| other.said == first_said);
                        found.insert(line as u32, Again { has_details, end });
                    }
                    if known.len() < 8 {
                        known.push(Later { indent, said: first_said, whole });
                    }
                }
                first_said = 0;
                end = line as u32;
            }
        }
    }
    found
}

/// A test's name with the class that it is in, where that is told.
fn qualified(name: &str) -> Option<&str> {
    let name = name.split(" - ").next().unwrap_or(name);
    let (before, test) = name.rsplit_once("::")?;
    let class = before.rfind("::").map_or(0, |at| at + 2);
    (!before[class..].contains(['/', '.'])).then(|| name[class..before.len() + 2 + test.len()].trim())
}

/// A test's name without its file, its message and the time it took.
fn bare_name(name: &str) -> &str {
    let name = name.split(" - ").next().unwrap_or(name).trim();
    let name = name.rsplit("::").next().unwrap_or(name);
    name.strip_suffix(')').and_then(|name| name.rfind(" (")).map_or(name, |at| &name[..at])
}

fn reason(class: Class) -> &'static str {
    match class {
        Class::Fail => "failed",
        Class::Error => "error",
        Class::Verdict => "totals",
        Class::Skip => "skipped",
        Class::Head => "title",
        Class::Detail | Class::Frame | Class::Source => "says why",
        _ => "other",
    }
}

/// A view that is being written.
#[derive(Default)]
struct Page {
    body: String,
    /// Lines that are shown in folds and groups.
    shown: Vec<u32>,
    kept: Vec<(u32, &'static str)>,
    dropped: MixMap<u8, usize>,
    /// Hashes of lines of detail that were written.
    details: MixMap<u64, ()>,
    /// Lines that are said but not shown.
    said: usize,
}

impl Page {
    fn line(&mut self, report: &Report, index: usize, why: &'static str) {
        let line = report.lines.line(index).trim_end();
        if line.len() > MAX_LINE && why != NAMED {
            let end = (0..=MAX_LINE).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
            let _ = writeln!(self.body, "{}… {} bytes", &line[..end], line.len() - end);
        } else {
            self.body.push_str(line);
            self.body.push('\n');
        }
        self.kept.push((index as u32 + 1, why));
    }

    /// Whether a line of detail says what one before it said; remembers it.
    fn has_said(&mut self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= 8 && self.details.insert(xxhash_rust::xxh3::xxh3_64(line.as_bytes()), ()).is_some()
    }

    fn drop(&mut self, class: Class) {
        *self.dropped.entry(class as u8).or_default() += 1;
    }

    fn write_tally(&mut self, tally: &Tally, harshness: u8) {
        tally.write([60, 16, 0, 0, 0][harshness as usize], &mut self.body);
    }

    fn write_fold(&mut self, report: &Report, fold: &Fold, harshness: u8) {
        let is_minor = fold.weight < 5 && !matches!(fold.class, Class::Error | Class::Verdict);
        if is_minor && (harshness >= 3 || harshness == 2 && fold.members.len() < 4) {
            (0..fold.members.len()).for_each(|_| self.drop(fold.class));
            return;
        }
        let shown = fold.write(report, harshness, &mut self.body);
        self.kept.push((fold.members[0] + 1, "alike"));
        self.said += shown.saturating_sub(1);
        (shown..fold.members.len()).for_each(|_| self.drop(fold.class));
    }

    /// Writes an error, or all of its rule where there are many; returns the line up to which nothing more is shown.
    fn write_error(&mut self, report: &Report, group: &Group, member: usize, harshness: u8) -> u32 {
        let finding = &report.findings[member];
        let is_first = group.members[0] == member;
        if group.distinct.len() > MAX_ERRORS[usize::from(group.is_repetitive)][harshness as usize] {
            let before = self.shown.len();
            if is_first {
                group.write(report, &Detail::of_errors(), &mut self.shown, &mut self.body);
                self.unlike(before);
            }
            return if is_first { finding.line + 1 } else { finding.end };
        }
        let Some(&(_, count)) = group.distinct.iter().find(|(index, _)| *index == member) else {
            self.drop(Class::Error);
            return finding.end;
        };
        if count > 1 {
            let _ = write!(self.body, "{count}× ");
        }
        self.line(report, finding.line as usize, "error");
        finding.line + 1
    }

    /// Counts lines that a group has shown.
    fn unlike(&mut self, before: usize) {
        for line in self.shown.drain(before..) {
            self.kept.push((line + 1, "warning"));
        }
    }

    fn finish(mut self, total: usize, key: &str) -> View {
        self.kept.sort_unstable();
        self.kept.dedup_by_key(|kept| kept.0);
        let shown = (self.kept.len() + self.said).min(total.saturating_sub(1));
        const NAMES: [(Class, &str); 13] = [
            (Class::Blank, "blank lines"),
            (Class::Noise, "rulers"),
            (Class::Pass, "results of passed tests"),
            (Class::Skip, "results of skipped tests"),
            (Class::Warning, "lines of warnings"),
            (Class::Error, "errors said before"),
            (Class::Head, "titles"),
            (Class::Step, "steps"),
            (Class::Detail, "lines of detail"),
            (Class::Frame, "frames"),
            (Class::Source, "lines of code"),
            (Class::Other, "other lines"),
            (Class::Fail, "failures said twice"),
        ];
        let dropped: Vec<(String, usize)> = NAMES
            .iter()
            .filter_map(|(class, name)| Some((name.to_string(), *self.dropped.get(&(*class as u8))?)))
            .collect();
        let mut text = marker("report", shown, total, "lines", key);
        text.push_str(&self.body);
        if let Some(others) = self.dropped.get(&(Class::Other as u8)) {
            let _ = writeln!(text, "… {others} other lines");
        }
        View { text, shown, total, kept: self.kept, dropped }
    }
}
