//! Results in, how many of them there are of each file or suite out.

use super::read::{Class, Report, Row};
use crate::json::paths::MixMap;
use std::fmt::Write;

/// Marks that are told apart; of more, the last stands for the rest.
const MAX_MARKS: usize = 16;

/// Results of one kind between two verdicts.
pub struct Tally {
    pub class: Class,
    /// The line at which it is said.
    pub line: u32,
    mark: String,
    pub tests: u32,
    pub lines: u32,
    /// Files or suites with their tests, in order.
    groups: Vec<(String, u32)>,
}

/// The tallies of what passed and what was skipped, in order.
pub fn tallies(report: &Report) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    let mut of_group: MixMap<u64, usize> = MixMap::default();
    let mut suite = String::new();
    let mut suite_indent = u16::MAX;
    // Tallies that are still added to: those behind the last verdict.
    let mut open = 0;
    for (index, row) in report.rows.iter().enumerate() {
        match row.class {
            Class::Head if row.indent <= suite_indent || suite.is_empty() => {
                suite_indent = row.indent;
                report.lines.line(index).trim().clone_into(&mut suite);
            }
            Class::Verdict => open = tallies.len(),
            Class::Pass | Class::Skip => {
                let mark = word(slice(report, row.mark));
                let known = (open..tallies.len())
                    .find(|&at| tallies[at].class == row.class && (tallies[at].mark == mark || at >= open + MAX_MARKS));
                let at = known.unwrap_or_else(|| {
                    tallies.push(Tally::new(row.class, index as u32, mark));
                    tallies.len() - 1
                });
                let suite = if row.indent > suite_indent { suite.as_str() } else { "" };
                let group = group_of(report, row).unwrap_or(suite);
                tallies[at].add(group, row.tests.max(1), &mut of_group);
            }
            _ => {}
        }
    }
    tallies
}

fn slice<'t>(report: &Report<'t>, (start, end): (u32, u32)) -> &'t str {
    report.lines.text.get(start as usize..end as usize).unwrap_or("")
}

/// A mark without the reason behind it; of a row of dots one is enough.
fn word(mark: &str) -> &str {
    let is_dots = mark.len() > 1 && mark.bytes().all(|byte| matches!(byte, b'.' | b's' | b'x' | b'p' | b'P'));
    if is_dots {
        &mark[..1]
    } else if mark.starts_with('[') {
        mark
    } else {
        mark.split(['(', ' ', '\'']).find(|word| !word.is_empty()).unwrap_or(mark)
    }
}

fn group_of<'t>(report: &Report<'t>, row: &Row) -> Option<&'t str> {
    Some(slice(report, row.group).trim()).filter(|group| !group.is_empty())
}

impl Tally {
    fn new(class: Class, line: u32, mark: &str) -> Self {
        Tally { class, line, mark: mark.to_string(), tests: 0, lines: 0, groups: Vec::new() }
    }

    fn add(&mut self, group: &str, tests: u32, of_group: &mut MixMap<u64, usize>) {
        self.tests += tests;
        self.lines += 1;
        let key = xxhash_rust::xxh3::xxh3_64_with_seed(group.as_bytes(), self.line.into());
        let at = *of_group.entry(key).or_insert_with(|| {
            self.groups.push((group.to_string(), 0));
            self.groups.len() - 1
        });
        self.groups[at].1 += tests;
    }

    /// `196 PASSED tests/: test_arguments.py 18, test_basic.py 45`, with up to so many files or suites.
    pub fn write(&self, max_groups: usize, out: &mut String) {
        // A number beside a mark such as `.` or `[` reads as one with it.
        let times = if self.mark.starts_with(|first: char| first.is_ascii_punctuation()) { "×" } else { "" };
        let _ = write!(out, "{}{times} {}", self.tests, self.mark);
        let named = self.groups.iter().filter(|(name, _)| !name.is_empty()).count();
        let folder = self.folder();
        if named == 1 && self.groups.len() == 1 {
            let _ = write!(out, " {}", self.groups[0].0);
        } else if named > 0 && self.groups.len() <= max_groups {
            if !folder.is_empty() {
                let _ = write!(out, " {folder}");
            }
            out.push(':');
            for (ordinal, (name, tests)) in self.groups.iter().enumerate() {
                let name = if name.is_empty() { "-" } else { &name[folder.len()..] };
                let _ = write!(out, "{}{name} {tests}", if ordinal == 0 { " " } else { ", " });
            }
        } else if !folder.is_empty() {
            let _ = write!(out, " {folder}");
        }
        out.push('\n');
    }

    /// The folder that all files are in, with the mark behind it.
    fn folder(&self) -> &str {
        let mut names = self.groups.iter().map(|(name, _)| name.as_str());
        let Some(first) = names.next() else { return "" };
        let shared = names.fold(first, |shared, name| {
            let len = shared.bytes().zip(name.bytes()).take_while(|(left, right)| left == right).count();
            &shared[..(0..=len).rev().find(|&len| shared.is_char_boundary(len)).unwrap_or(0)]
        });
        let end = shared.rfind(['/', '\\']).map_or(0, |at| at + 1);
        if self.groups.len() > 1 {
            &first[..end]
        } else {
            ""
        }
    }
}
