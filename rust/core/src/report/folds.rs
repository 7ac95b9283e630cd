//! Lines that say the same of different things in; said once, with how often and of what, out.

use super::read::{Class, Report};
use super::shape::{self, Input, Part, Shape};
use crate::json::paths::MixMap;
use crate::words;
use std::fmt::Write;
use xxhash_rust::xxh3::xxh3_64;

/// Lines that are said together.
pub struct Fold {
    pub class: Class,
    /// The lines, ascending; what is said stands at the first.
    pub members: Vec<u32>,
    /// `None` where they are all the same.
    shape: Option<Shape>,
    /// Where what is looked at begins in each member.
    heads: Vec<u32>,
    /// Words of the question in what the lines have in common.
    asked: usize,
    pub weight: u8,
}

/// Least members of a fold, by class: what is graver stays as it is longer.
fn least(class: Class, weight: u8) -> usize {
    match class {
        Class::Error => 6,
        Class::Verdict => 12,
        Class::Other if weight >= 5 => 4,
        _ => 2,
    }
}

/// The folds of commands, of progress and of what else comes often; of errors and totals only where there are many.
pub fn folds(report: &Report, question: &str) -> Vec<Fold> {
    let mut folds = Vec::new();
    // Errors with a place are grouped by rule.
    let placed: MixMap<u32, ()> =
        report.findings.iter().filter(|each| each.place.0 < each.place.1).map(|each| (each.line, ())).collect();
    for class in [Class::Step, Class::Other, Class::Error, Class::Verdict] {
        let is_of_class = |&line: &u32| report.rows[line as usize].class == class && !placed.contains_key(&line);
        let lines: Vec<u32> = (0..report.rows.len() as u32).filter(is_of_class).collect();
        let (alone, same) = repeated(report, &lines);
        for members in same {
            let heads = members.iter().map(|&line| head(report.lines.line(line as usize)) as u32).collect();
            folds.push(Fold { class, weight: weight(report, &members), members, shape: None, heads, asked: 0 });
        }
        let heads: Vec<u32> = alone.iter().map(|&line| head(report.lines.line(line as usize)) as u32).collect();
        let inputs: Vec<Input> = alone
            .iter()
            .zip(&heads)
            .map(|(&line, &head)| Input { text: &report.lines.line(line as usize)[head as usize..], name: None })
            .collect();
        for shape in shape::fold(&inputs) {
            let members: Vec<u32> = shape.members.iter().map(|&member| alone[member as usize]).collect();
            let weight = weight(report, &members);
            if members.len() >= least(class, weight) && shape.fixed_len() >= 4 {
                let heads = shape.members.iter().map(|&member| heads[member as usize]).collect();
                let asked = asked(&shape, question);
                folds.push(Fold { class, members, shape: Some(shape), heads, asked, weight });
            }
        }
    }
    let most = folds.iter().map(|fold| fold.asked).max().unwrap_or(0);
    folds.iter_mut().for_each(|fold| fold.asked = usize::from(fold.asked == most && most > 0));
    folds
}

fn weight(report: &Report, members: &[u32]) -> u8 {
    members.iter().map(|&line| report.rows[line as usize].weight).max().unwrap_or(0)
}

/// Lines that come once, and groups of those that come again.
fn repeated(report: &Report, lines: &[u32]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut by_text: MixMap<u64, usize> = MixMap::default();
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for &line in lines {
        let text = report.lines.line(line as usize);
        let at = *by_text.entry(xxh3_64(&text.as_bytes()[head(text)..])).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(line);
    }
    let mut alone: Vec<u32> = groups.iter().filter(|group| group.len() == 1).map(|group| group[0]).collect();
    alone.sort_unstable();
    groups.retain(|group| group.len() > 1);
    (alone, groups)
}

/// Where a line begins behind its share of progress: `[ 12%] `, `[3/17] `.
fn head(line: &str) -> usize {
    let Some(rest) = line.strip_prefix('[') else { return 0 };
    let inside = rest.bytes().take_while(|byte| byte.is_ascii_digit() || b" %/".contains(byte)).count();
    let is_share = inside > 1 && inside < 16 && rest[inside..].starts_with("] ") && rest[..inside].contains(['%', '/']);
    if is_share {
        inside + 3
    } else {
        0
    }
}

/// How many words of the question stand in what the members of a shape have in common.
fn asked(shape: &Shape, question: &str) -> usize {
    let mut found = 0;
    words::for_each(question.as_bytes(), |start, end| {
        let word = question.as_bytes()[start..end].to_ascii_lowercase();
        if word.len() < 4 || words::is_stop(&word) {
            return;
        }
        let holds = shape.parts.iter().any(|part| {
            let Part::Text(text) = part else { return false };
            let mut is_held = false;
            words::for_each(text.as_bytes(), |start, end| {
                is_held |= end - start >= 4 && words::alike(&text.as_bytes()[start..end].to_ascii_lowercase(), &word);
            });
            is_held
        });
        found += usize::from(holds);
    });
    found
}

impl Fold {
    /// `52× cc -c {}.c: adlist ae anet`, with up to so many bytes of values; returns how many lines can be read.
    pub fn write(&self, report: &Report, harshness: u8, out: &mut String) -> usize {
        let first = report.lines.line(self.members[0] as usize);
        let Some(shape) = &self.shape else {
            let _ = writeln!(out, "{}× {}", self.members.len(), first[self.heads[0] as usize..].trim_end());
            return self.members.len();
        };
        let is_grave = matches!(self.class, Class::Error | Class::Verdict);
        if is_grave {
            out.push_str(first);
            out.push('\n');
        }
        let from = usize::from(is_grave);
        let room = match (harshness, self.asked > 0) {
            _ if is_grave => usize::MAX,
            (0, _) if self.weight >= 5 => 1_200,
            (0..=2, true) => 1_500,
            (0, false) => 300,
            (1, false) => 120,
            _ => 0,
        };
        let values: usize = shape.values.iter().map(|(start, end)| (end - start) as usize + 2).sum();
        let shows = values <= room;
        let _ = write!(out, "{}× ", self.members.len() - from);
        for part in &shape.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Slot | Part::Same => out.push_str(if shows { "{}" } else { "*" }),
            }
        }
        if shows {
            out.push(':');
            self.write_values(report, shape, from, out);
        }
        out.push('\n');
        if shows {
            self.members.len()
        } else {
            from
        }
    }

    fn write_values(&self, report: &Report, shape: &Shape, from: usize, out: &mut String) {
        let line = |row: usize| &report.lines.line(self.members[row] as usize)[self.heads[row] as usize..];
        let value = |row: usize, slot: usize| {
            let (start, end) = shape.row(row)[slot];
            &line(row)[start as usize..end as usize]
        };
        let is_plain = shape.slots == 1 && (from..self.members.len()).all(|row| !value(row, 0).contains(' '));
        for row in from..self.members.len() {
            for slot in 0..shape.slots {
                out.push_str(if slot == 0 && row > from && !is_plain { "; " } else { " " });
                out.push_str(value(row, slot));
            }
        }
    }
}
