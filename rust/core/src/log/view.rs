//! A mined log in, its lossy view out.
//!
//! The first line of every template with how often it occurs, lines that are evidence, in order; the time as in the
//! lossless form: its end, where it changes.

use super::evidence::{Candidate, Evidence, Rank};
use super::mine::Mined;
use super::tail;
use crate::text::{marker, Task, View};
use crate::tokens::{count, Encoding};

/// Bytes of a line that are shown: of evidence, and of a template that is usual.
const EVIDENCE_BYTES: usize = 320;
const USUAL_BYTES: usize = 140;
const DEEP_EVIDENCE_BYTES: usize = 220;
const DEEP_USUAL_BYTES: usize = 90;
/// Lines that belong to a shown line and are shown below it.
const MAX_TAIL: u32 = 5;
const MAX_ACCOUNTS: usize = 24;

struct Writer<'m, 'a> {
    mined: &'m Mined<'a>,
    evidence: &'m Evidence,
    deep: bool,
    out: String,
    stamp: &'a str,
    lead: Option<&'a str>,
    shown: usize,
    kept: Vec<(u32, &'static str)>,
}

/// The view of a log; `None` if nothing may be, or is, left out.
pub fn view(task: &Task, mined: &Mined, evidence: &Evidence) -> Option<View> {
    let key = task.key?;
    let chosen = choose(task, mined, evidence);
    let mut writer = Writer {
        mined,
        evidence,
        deep: task.deep,
        out: String::new(),
        stamp: "",
        lead: None,
        shown: 0,
        kept: Vec::new(),
    };
    let mut done = 0;
    for candidate in &chosen {
        if candidate.line >= done {
            done = writer.candidate(candidate);
        }
    }
    let Writer { out, shown, kept, .. } = writer;
    if shown >= mined.len() {
        return None;
    }
    let mut text = marker("log", shown, mined.len(), "lines", key);
    text.push_str(out.trim_end_matches('\n'));
    let dropped = dropped(mined, &kept);
    Some(View { text, shown, total: mined.len(), kept, dropped })
}

/// The candidates that fit into what may be kept, by line.
fn choose(task: &Task, mined: &Mined, evidence: &Evidence) -> Vec<Candidate> {
    let mut candidates = evidence.candidates.clone();
    let Some(ratio) = task.target_ratio else {
        if task.deep {
            candidates.retain(|each| each.rank != Rank::More);
        }
        return candidates;
    };
    let budget = (ratio * count(task.text, Encoding::O200kBase) as f64) as usize;
    let times = |each: &Candidate| mined.templates[mined.of_line[each.line as usize] as usize].count;
    candidates
        .sort_by_key(|each| (each.rank, std::cmp::Reverse(if each.rank == Rank::Usual { times(each) } else { 0 })));
    let mut left = budget.saturating_sub(20);
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let mut writer = Writer {
            mined,
            evidence,
            deep: task.deep,
            out: String::new(),
            stamp: mined.stamp(candidate.line),
            lead: Some(mined.lead(candidate.line)),
            shown: 0,
            kept: Vec::new(),
        };
        writer.candidate(&candidate);
        let tokens = count(&writer.out, Encoding::O200kBase) + 4;
        if tokens <= left {
            left -= tokens;
            chosen.push(candidate);
        }
    }
    chosen.sort_by_key(|each| each.line);
    chosen
}

impl Writer<'_, '_> {
    /// Writes a line, what belongs to it, and what is to be said of its template. Returns the line behind.
    fn candidate(&mut self, candidate: &Candidate) -> u32 {
        let line = candidate.line;
        let template = &self.mined.templates[self.mined.of_line[line as usize] as usize];
        let is_usual = candidate.rank >= Rank::Few && candidate.why != "named";
        let most = match (is_usual, self.deep) {
            (true, false) => USUAL_BYTES,
            (true, true) => DEEP_USUAL_BYTES,
            (false, false) => EVIDENCE_BYTES,
            (false, true) => DEEP_EVIDENCE_BYTES,
        };
        self.line(line, most);
        self.kept.push((line + 1, candidate.why));
        if candidate.is_first && template.count > 1 {
            self.out.push_str(&format!(" [x{}", template.count));
            let (first, last) = (self.mined.stamp(line), self.mined.stamp(template.last));
            if last != first {
                self.out.push_str(" to ");
                self.out.push_str(tail::of(first, last).unwrap_or(last));
            }
            if !self.deep {
                self.out.push_str(&self.evidence.summaries[self.mined.of_line[line as usize] as usize]);
            }
            self.out.push(']');
        }
        self.out.push('\n');
        let end = self.evidence.tail_end(line);
        let tail = end - line - 1;
        for below in line + 1..end.min(line + 1 + MAX_TAIL) {
            clip(self.mined.line(below), most, &mut self.out);
            self.out.push('\n');
            self.shown += 1;
        }
        if tail > MAX_TAIL {
            self.out.push_str(&format!(" [+{} lines]\n", tail - MAX_TAIL));
        }
        end
    }

    /// Writes a line, its time as the end by which it differs from the last.
    fn line(&mut self, line: u32, most: usize) {
        self.shown += 1;
        let text = self.mined.line(line);
        if !self.mined.has_stamp(line) || self.lead.is_some_and(|lead| lead != self.mined.lead(line)) {
            return clip(text, most, &mut self.out);
        }
        let stamp = self.mined.stamp(line);
        if self.lead.is_none() {
            self.lead = Some(self.mined.lead(line));
            self.stamp = stamp;
            return clip(text, most, &mut self.out);
        }
        if stamp != self.stamp {
            self.out.push_str(tail::of(self.stamp, stamp).unwrap_or(stamp));
            self.stamp = stamp;
        }
        clip(&text[self.mined.stamps[line as usize].end as usize..], most, &mut self.out);
    }
}

/// Writes a line without colours, and only its two ends if it is long.
fn clip(line: &str, most: usize, out: &mut String) {
    let plain;
    let mut text = line.trim_ascii_end();
    if text.contains('\u{1b}') {
        plain = without_colours(text);
        text = &plain;
    }
    if text.len() <= most {
        out.push_str(text);
        return;
    }
    let (mut head, mut end) = (most * 7 / 8, text.len() - most / 8);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    out.push_str(&text[..head]);
    out.push('…');
    out.push_str(&text[end..]);
}

/// A text without the codes by which terminals colour it and move about.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, code)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = match code.strip_prefix('[') {
            Some(code) => {
                let end = code.bytes().position(|byte| (0x40..=0x7e).contains(&byte));
                end.map_or("", |end| &code[end + 1..])
            }
            None => code,
        };
    }
    plain.push_str(rest);
    plain
}

/// What was left out: templates with how many of their lines.
fn dropped(mined: &Mined, kept: &[(u32, &'static str)]) -> Vec<(String, usize)> {
    let mut left: Vec<usize> = mined.templates.iter().map(|template| template.count as usize).collect();
    for &(line, _) in kept {
        left[mined.of_line[line as usize - 1] as usize] -= 1;
    }
    let mut order: Vec<usize> = (0..left.len()).filter(|&id| left[id] > 0).collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(left[id]), id));
    let rest: usize = order.iter().skip(MAX_ACCOUNTS).map(|&id| left[id]).sum();
    let name = |id: usize| {
        let mut name = String::new();
        clip(mined.line(mined.templates[id].first), USUAL_BYTES, &mut name);
        name
    };
    let mut dropped: Vec<(String, usize)> = order.iter().take(MAX_ACCOUNTS).map(|&id| (name(id), left[id])).collect();
    if rest > 0 {
        dropped.push(("lines of other templates".to_owned(), rest));
    }
    dropped
}
