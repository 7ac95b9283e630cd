//! Findings in; grouped by the rule that found them, with exact counts and all places, out.

use super::diagnostics::Severity;
use super::read::{Finding, Report, Span};
use super::shape::{self, Input, Part};
use crate::json::paths::MixMap;
use std::cell::OnceCell;
use std::fmt::Write;
use xxhash_rust::xxh3::xxh3_64;

/// What one rule found.
pub struct Group {
    pub severity: Severity,
    /// Indices of findings, ascending.
    pub members: Vec<usize>,
    /// Members whose lines differ from those before, and how often each comes.
    pub distinct: Vec<(usize, u32)>,
    /// Whether most of them say what others say, of other places.
    pub is_repetitive: bool,
    template: OnceCell<Template>,
}

/// The findings of a report by rule, in the order in which rules first come.
pub fn groups(report: &Report) -> Vec<Group> {
    let mut by_rule: MixMap<u64, usize> = MixMap::default();
    let mut by_line: MixMap<u64, usize> = MixMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for (index, finding) in report.findings.iter().enumerate() {
        let key = rule_key(report, finding) ^ finding.severity as u64;
        let at = *by_rule.entry(key).or_insert_with(|| {
            groups.push(Group::new(finding.severity));
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.members.push(index);
        let line = xxh3_64(text_of(report, finding).as_bytes())
            ^ xxh3_64(slice(report, finding.place).as_bytes()).rotate_left(7);
        let distinct = *by_line.entry(line ^ key.rotate_left(19)).or_insert_with(|| {
            group.distinct.push((index, 0));
            group.distinct.len() - 1
        });
        group.distinct[distinct].1 += 1;
    }
    for group in &mut groups {
        let mut messages: MixMap<u64, ()> = MixMap::default();
        for &(index, _) in &group.distinct {
            messages.insert(xxh3_64(slice(report, report.findings[index].message).as_bytes()), ());
        }
        group.is_repetitive = 2 * messages.len() <= group.distinct.len();
    }
    groups
}

/// What tells rules apart: the rule that is named, else the message without its names and numbers.
fn rule_key(report: &Report, finding: &Finding) -> u64 {
    let rule = slice(report, finding.rule);
    if !rule.is_empty() {
        return xxh3_64(rule.as_bytes());
    }
    let message = slice(report, finding.message);
    let mut skeleton = Vec::with_capacity(message.len());
    let mut quote = None;
    for byte in message.bytes() {
        match quote {
            Some(close) if byte == close => quote = None,
            Some(_) => {}
            None if matches!(byte, b'`' | b'"' | b'\'') => {
                quote = Some(if byte == b'`' && message.contains('\'') { b'\'' } else { byte });
                skeleton.push(b'*');
            }
            None if byte.is_ascii_digit() => {}
            None => skeleton.push(byte),
        }
    }
    xxh3_64(&skeleton)
}

fn slice<'t>(report: &Report<'t>, (start, end): Span) -> &'t str {
    &report.lines.text[start as usize..end as usize]
}

fn text_of<'t>(report: &Report<'t>, finding: &Finding) -> &'t str {
    report.lines.line(finding.line as usize).trim_end()
}

/// How much of a group is written.
pub struct Detail {
    /// Lines that are written out, where a group has no more different ones.
    pub lines: usize,
    /// Whether each place has its column, and what was said there.
    pub values: bool,
    /// Whether places are written, else only how many there are in each file.
    pub places: bool,
    /// Whether files are written.
    pub files: bool,
    /// Whether code and notes below the first are written.
    pub context: usize,
}

impl Detail {
    /// Of errors each is in sight, however many there are.
    pub fn of_errors() -> Detail {
        Detail { lines: 0, values: true, places: true, files: true, context: 0 }
    }

    /// Of warnings.
    pub fn of(harshness: u8) -> Detail {
        match harshness {
            0 => Detail { lines: 12, values: true, places: true, files: true, context: 3 },
            1 => Detail { lines: 4, values: true, places: true, files: true, context: 0 },
            2 => Detail { lines: 1, values: false, places: true, files: true, context: 0 },
            3 => Detail { lines: 1, values: false, places: false, files: true, context: 0 },
            _ => Detail { lines: 1, values: false, places: false, files: false, context: 0 },
        }
    }
}

impl Group {
    fn new(severity: Severity) -> Self {
        Group { severity, members: Vec::new(), distinct: Vec::new(), is_repetitive: false, template: OnceCell::new() }
    }

    /// Writes a group; returns the lines of its findings that can be read.
    pub fn write(&self, report: &Report, detail: &Detail, shown: &mut Vec<u32>, out: &mut String) {
        if self.distinct.len() <= detail.lines {
            for (ordinal, &(index, count)) in self.distinct.iter().enumerate() {
                self.write_line(report, index, count, out);
                shown.push(report.findings[index].line);
                if ordinal == 0 {
                    write_context(report, &report.findings[index], detail.context, shown, out);
                }
            }
            return;
        }
        let template = self.template.get_or_init(|| Template::of(report, &self.members));
        let _ = write!(out, "{}× {}", self.members.len(), template.text);
        if detail.places || detail.files {
            out.push_str(if template.text.ends_with(':') { "" } else { ":" });
            self.write_places(report, detail, template, out);
        } else {
            let mut paths: Vec<&str> =
                self.members.iter().map(|&member| slice(report, report.findings[member].path)).collect();
            paths.sort_unstable();
            paths.dedup();
            match paths.as_slice() {
                [path] => {
                    let _ = write!(out, " {path}");
                }
                _ => {
                    let _ = write!(out, " in {} files", paths.len());
                }
            }
        }
        out.push('\n');
        if detail.places {
            shown.extend(self.members.iter().map(|&member| report.findings[member].line));
        }
    }

    /// One finding as it stands, with its place if that is not in its line.
    fn write_line(&self, report: &Report, index: usize, count: u32, out: &mut String) {
        let finding = &report.findings[index];
        if count > 1 {
            let _ = write!(out, "{count}× ");
        }
        let start = report.lines.list[finding.line as usize].start;
        let end = report.lines.list[finding.line as usize].end;
        let text = text_of(report, finding);
        if finding.path.0 >= end || finding.place == (0, 0) {
            out.push_str(text);
            if finding.place.1 > finding.place.0 {
                let _ = write!(out, " --> {}", slice(report, finding.place));
            }
        } else if finding.path.0 < start {
            let _ = write!(out, "{}:{}", slice(report, finding.path), text.trim_start());
        } else {
            out.push_str(text);
        }
        out.push('\n');
    }

    fn write_places(&self, report: &Report, detail: &Detail, template: &Template, out: &mut String) {
        let mut last: Option<&str> = None;
        let mut at = 0;
        while at < self.members.len() {
            let path = slice(report, report.findings[self.members[at]].path);
            let run = self.members[at..]
                .iter()
                .take_while(|&&member| slice(report, report.findings[member].path) == path)
                .count();
            // A file in the same folder as the one before is written without it.
            let folder = path.rfind(['/', '\\']).map_or(0, |at| at + 1);
            let is_near = self.severity == Severity::Warning
                && folder > 0
                && last.is_some_and(|last| {
                    last.rfind(['/', '\\']).map_or(0, |at| at + 1) == folder && last[..folder] == path[..folder]
                });
            let _ = write!(out, " {}", if is_near { &path[folder..] } else { path });
            last = Some(path);
            if !detail.places {
                let _ = write!(out, " {run}");
            }
            for (ordinal, &member) in self.members[at..at + run].iter().enumerate().filter(|_| detail.places) {
                out.push(if ordinal == 0 { ':' } else { ',' });
                let place = slice(report, report.findings[member].place);
                let numbers = place.strip_prefix(path).unwrap_or(place).trim_start_matches([':', '(', '[']);
                out.push_str(&numbers[..numbers.bytes().take_while(u8::is_ascii_digit).count()]);
                if let Some(value) =
                    template.values.get(at + ordinal).filter(|value| detail.values && !value.is_empty())
                {
                    let _ = write!(out, " {value}");
                }
            }
            at += run;
        }
    }
}

/// The code and the notes below a finding, up to so many lines.
fn write_context(report: &Report, finding: &Finding, most: usize, shown: &mut Vec<u32>, out: &mut String) {
    for line in
        (finding.line + 1..finding.end).filter(|&line| !report.lines.line(line as usize).trim().is_empty()).take(most)
    {
        out.push_str(report.lines.line(line as usize).trim_end());
        out.push('\n');
        shown.push(line);
    }
}

/// What the messages of a group have in common, and in what each differs.
struct Template {
    text: String,
    /// For each member what stands in the gap; none where there is no gap.
    values: Vec<String>,
}

impl Template {
    /// The template of messages that all have one shape.
    fn of_shape(messages: &[&str]) -> Option<Template> {
        let mut ordinals: MixMap<u64, u32> = MixMap::default();
        let mut inputs: Vec<Input> = Vec::new();
        let of_message: Vec<u32> = messages
            .iter()
            .map(|&text| {
                *ordinals.entry(xxh3_64(text.as_bytes())).or_insert_with(|| {
                    inputs.push(Input { text, name: None });
                    inputs.len() as u32 - 1
                })
            })
            .collect();
        let shapes = shape::fold(&inputs);
        let [shape] = shapes.as_slice() else { return None };
        if shape.members.len() != inputs.len() || shape.fixed_len() < 8 {
            return None;
        }
        let text: String =
            shape.parts.iter().map(|part| if let Part::Text(text) = part { text } else { "{}" }).collect();
        let row = |row: usize| {
            let own = inputs[shape.members[row] as usize].text;
            shape.row(row).iter().map(|&(start, end)| &own[start as usize..end as usize]).collect::<Vec<_>>().join(" ")
        };
        // Members of a shape ascend, and all messages are members.
        let rows: Vec<String> = (0..inputs.len()).map(row).collect();
        Some(Template { text, values: of_message.iter().map(|&ordinal| rows[ordinal as usize].clone()).collect() })
    }

    fn of(report: &Report, members: &[usize]) -> Template {
        let message = |member: usize| slice(report, report.findings[member].message).trim_end();
        let first = message(members[0]);
        if let Some(template) = Self::of_shape(&members.iter().map(|&member| message(member)).collect::<Vec<_>>()) {
            return template;
        }
        let (mut prefix, mut suffix) = (first.len(), first.len());
        let mut shortest = first.len();
        for &member in members {
            let other = message(member).as_bytes();
            shortest = shortest.min(other.len());
            prefix = prefix.min(first.bytes().zip(other).take_while(|(a, b)| a == *b).count());
            suffix = suffix.min(first.bytes().rev().zip(other.iter().rev()).take_while(|(a, b)| a == *b).count());
        }
        if prefix == first.len() && members.iter().all(|&member| message(member) == first) {
            return Template { text: first.to_string(), values: Vec::new() };
        }
        prefix = word_start(first, prefix.min(shortest));
        suffix = suffix.min(shortest - prefix);
        let mut end = first.len() - suffix;
        while !first.is_char_boundary(end) || end < first.len() && first.as_bytes()[end].is_ascii_alphanumeric() {
            end += 1;
        }
        let suffix = first.len() - end;
        if prefix + suffix < 8 {
            // Nothing worth saying once: the rule alone, or the first message.
            let rule = slice(report, report.findings[members[0]].rule);
            let text = if rule.is_empty() { first } else { rule };
            return Template {
                text: text.to_string(),
                values: members.iter().map(|&member| message(member).into()).collect(),
            };
        }
        let values = members
            .iter()
            .map(|&member| message(member)[prefix..message(member).len() - suffix].trim().into())
            .collect();
        Template { text: format!("{}{{}}{}", &first[..prefix], &first[end..]), values }
    }
}

/// The last place at or before `at` where no word is cut.
fn word_start(text: &str, at: usize) -> usize {
    let mut at = at;
    while at > 0 && (!text.is_char_boundary(at) || text.as_bytes()[at - 1].is_ascii_alphanumeric()) {
        at -= 1;
    }
    at
}
