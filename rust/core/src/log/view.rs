//! A mined log in, its lossy view out.
//!
//! The first line of every template with how often it occurs, lines that are evidence, in order; the time as in the
//! lossless form: its end, where it changes.

use super::evidence::{Candidate, Evidence, Rank};
use super::mine::{Map, Mined};
use super::{scan, tail};
use crate::text::{marker, Task, View};
use crate::tokens::{count, Encoding};

/// Bytes of a line that are shown.
#[derive(Clone, Copy, Debug)]
struct Clip {
    /// Of lines that were asked for.
    named: usize,
    evidence: usize,
    /// Of the first line of a template of many lines.
    usual: usize,
    /// Eighths of them that are a long line's beginning; the others are its end.
    head: usize,
}

const BALANCED: Clip = Clip { named: 1_000, evidence: 400, usual: 240, head: 7 };
const DEEP: Clip = Clip { named: 1_000, evidence: 320, usual: 100, head: 7 };
/// What is tried, until the evidence fits into what may be kept. What tells lines apart mostly stands in their ends.
const TIGHTER: [Clip; 3] = [
    Clip { named: 600, evidence: 240, usual: 100, head: 6 },
    Clip { named: 400, evidence: 160, usual: 80, head: 4 },
    Clip { named: 300, evidence: 110, usual: 60, head: 2 },
];
/// Lines that belong to a shown line and are shown below it.
const MAX_TAIL: u32 = 5;
/// Tokens that a line takes at least, with its time.
const LEAST_TOKENS: usize = 8;
const MAX_ACCOUNTS: usize = 24;
/// Bytes by which a cut may move to fall between words.
const MAX_SNAP: usize = 32;

struct Writer<'m, 'a> {
    mined: &'m Mined<'a>,
    evidence: &'m Evidence,
    clip: Clip,
    /// Whether values are summed up.
    sums_up: bool,
    out: String,
    stamp: &'a str,
    lead: Option<&'a str>,
    shown: usize,
    kept: Vec<(u32, &'static str)>,
    traces: Map<()>,
}

impl<'m, 'a> Writer<'m, 'a> {
    fn new(mined: &'m Mined<'a>, evidence: &'m Evidence, clip: Clip, sums_up: bool) -> Self {
        Writer {
            mined,
            evidence,
            clip,
            sums_up,
            out: String::new(),
            stamp: "",
            lead: None,
            shown: 0,
            kept: Vec::new(),
            traces: Map::default(),
        }
    }
}

/// The view of a log; `None` if nothing may be, or is, left out.
pub fn view(task: &Task, mined: &Mined, evidence: &Evidence) -> Option<View> {
    let key = task.key?;
    let (chosen, clip) = choose(task, mined, evidence);
    let mut writer = Writer::new(mined, evidence, clip, !task.deep && task.target_ratio.is_none());
    let mut done = 0;
    for (at, candidate) in chosen.iter().enumerate() {
        if candidate.line >= done {
            done = writer.candidate(candidate, &chosen[at + 1..]);
        }
    }
    let Writer { out, shown, kept, .. } = writer;
    if shown >= mined.len() {
        return None;
    }
    let mut text = marker("log", shown, mined.len(), "lines", key);
    text.push_str(out.trim_end_matches('\n'));
    let unseen = unseen(mined, evidence, &chosen);
    if unseen > 0 {
        text.push_str(&format!("\n[+{unseen} other lines]"));
    }
    let dropped = dropped(mined, &kept);
    Some(View { text, shown, total: mined.len(), kept, dropped })
}

/// The candidates that fit into what may be kept, by line.
fn choose(task: &Task, mined: &Mined, evidence: &Evidence) -> (Vec<Candidate>, Clip) {
    let mut candidates = evidence.candidates.clone();
    let usual = if task.deep { DEEP } else { BALANCED };
    if task.deep {
        candidates.retain(|each| each.rank != Rank::More);
    }
    let Some(ratio) = task.target_ratio else { return (candidates, usual) };
    let budget = (ratio * count(task.text, Encoding::O200kBase) as f64) as usize;
    // The marker, and what is said of templates that are not shown.
    let budget = budget.saturating_sub(35);
    let times = |each: &Candidate| mined.templates[mined.of_line[each.line as usize] as usize].count;
    let order = |each: &Candidate| if each.rank >= Rank::Trouble { u32::MAX - times(each) } else { 0 };
    candidates.sort_by_key(|each| (each.rank, order(each), each.line));
    let evident = candidates.partition_point(|each| each.rank <= Rank::Trouble);
    let mut clip = usual;
    for tighter in TIGHTER {
        let mut needed = candidates[..evident].iter().scan(0, |sum, each| {
            *sum += tokens(mined, evidence, clip, each);
            Some(*sum)
        });
        if needed.all(|sum| sum <= budget) {
            break;
        }
        clip = tighter;
    }
    let mut left = budget;
    candidates.retain(|candidate| {
        let tokens = if left < LEAST_TOKENS { LEAST_TOKENS } else { tokens(mined, evidence, clip, candidate) };
        let fits = tokens <= left;
        left -= if fits { tokens } else { 0 };
        fits
    });
    candidates.sort_by_key(|each| each.line);
    (candidates, clip)
}

/// The tokens that a candidate takes at most; its time is likely to be shortened.
fn tokens(mined: &Mined, evidence: &Evidence, clip: Clip, candidate: &Candidate) -> usize {
    let mut writer = Writer::new(mined, evidence, clip, false);
    writer.lead = Some(mined.lead(candidate.line));
    writer.candidate(candidate, &[]);
    count(&writer.out, Encoding::O200kBase)
}

/// How many lines are neither shown, nor counted with a line that is shown.
fn unseen(mined: &Mined, evidence: &Evidence, chosen: &[Candidate]) -> usize {
    let mut is_counted = vec![false; mined.templates.len()];
    for candidate in chosen.iter().filter(|each| each.is_first) {
        is_counted[mined.of_line[candidate.line as usize] as usize] = true;
    }
    let is_hidden = |line: &u32| {
        !is_counted[mined.of_line[*line as usize] as usize]
            && !evidence.is_tail[*line as usize]
            && !mined.line(*line).trim_ascii().is_empty()
    };
    let hidden = (0..mined.len() as u32).filter(is_hidden).count();
    hidden - chosen.iter().filter(|each| is_hidden(&each.line)).count()
}

impl Writer<'_, '_> {
    /// Writes a line, what belongs to it, and what is to be said of its template. Returns the line behind. `next` are
    /// the candidates behind it.
    fn candidate(&mut self, candidate: &Candidate, next: &[Candidate]) -> u32 {
        let line = candidate.line;
        let template = &self.mined.templates[self.mined.of_line[line as usize] as usize];
        let most = match candidate.rank {
            Rank::Named => self.clip.named,
            Rank::Usual => self.clip.usual,
            _ => self.clip.evidence,
        };
        self.line(line, most, candidate.rank == Rank::Named);
        self.kept.push((line + 1, candidate.why));
        if candidate.is_first && template.count > 1 {
            self.out.push_str(&format!(" [x{}", template.count));
            let (first, last) = (self.mined.stamp(line), self.mined.stamp(template.last));
            if last != first {
                self.out.push_str(" to ");
                self.out.push_str(since(first, last));
            }
            if self.sums_up {
                self.out.push_str(&self.evidence.summaries[self.mined.of_line[line as usize] as usize]);
            }
            self.out.push(']');
        }
        self.out.push('\n');
        self.tail(line, most, next)
    }

    /// Writes the lines that belong to a line, unless they were written below another one. Returns the line behind.
    fn tail(&mut self, line: u32, most: usize, next: &[Candidate]) -> u32 {
        let end = self.evidence.tail_end(line);
        if end == line + 1 {
            return end;
        }
        let below = &self.mined.of_line[line as usize + 1..end as usize];
        let hash = below.iter().fold(0u64, |sum, &each| scan::mix(sum ^ u64::from(each), 0x1b87_3593));
        let is_new = self.traces.insert(hash, ()).is_none();
        let shown = if is_new { end.min(line + 1 + MAX_TAIL) } else { line + 1 };
        for below in line + 1..shown {
            clip(self.mined.line(below), most, self.clip.head, &mut self.out);
            self.out.push('\n');
            self.shown += 1;
        }
        let others = next.iter().take_while(|each| each.line < end).filter(|each| each.line >= shown).count() as u32;
        if end - shown > others {
            self.out.push_str(&format!(" [+{} lines]\n", end - shown - others));
        }
        shown
    }

    /// Writes a line, its time as the end by which it differs from the last.
    fn line(&mut self, line: u32, most: usize, is_named: bool) {
        self.shown += 1;
        let text = self.mined.line(line);
        if is_named && text.len() <= most {
            // What was asked for may be anything, colours too.
            self.stamp = self.mined.stamp(line);
            return self.out.push_str(text.trim_ascii_end());
        }
        if !self.mined.has_stamp(line) || self.lead.is_some_and(|lead| lead != self.mined.lead(line)) {
            return clip(text, most, self.clip.head, &mut self.out);
        }
        let stamp = self.mined.stamp(line);
        if self.lead.is_none() {
            self.lead = Some(self.mined.lead(line));
            self.stamp = stamp;
            return clip(text, most, self.clip.head, &mut self.out);
        }
        if stamp != self.stamp {
            self.out.push_str(since(self.stamp, stamp));
            self.stamp = stamp;
        }
        clip(&text[self.mined.stamps[line as usize].end as usize..], most, self.clip.head, &mut self.out);
    }
}

/// A time behind another one: of a clock time all of it, with the date only if that is another one.
fn since<'a>(last: &str, stamp: &'a str) -> &'a str {
    let Some(end) = tail::of(last, stamp) else { return stamp };
    let bytes = stamp.as_bytes();
    let digits = |end: usize| bytes[..end].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let hour = memchr::memchr_iter(b':', bytes).find(|&colon| digits(colon) <= 2).map(|colon| colon - digits(colon));
    let changed = stamp.len() - end.len();
    // Without a clock all of the number that changed.
    &stamp[hour.unwrap_or(changed - digits(changed)).min(changed)..]
}

/// Writes a line without colours, and only its two ends if it is long.
fn clip(line: &str, most: usize, eighths: usize, out: &mut String) {
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
    let (mut head, mut end) = (most * eighths / 8, text.len() - most * (8 - eighths) / 8);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    // Rather between words.
    if let Some(space) = text[..head].rfind(' ').filter(|space| head - space <= MAX_SNAP) {
        head = space;
    }
    if let Some(space) = text[end..].find(' ').filter(|&space| space <= MAX_SNAP) {
        end += space;
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
        clip(mined.line(mined.templates[id].first), BALANCED.usual, BALANCED.head, &mut name);
        name
    };
    let mut dropped: Vec<(String, usize)> = order.iter().take(MAX_ACCOUNTS).map(|&id| (name(id), left[id])).collect();
    if rest > 0 {
        dropped.push(("lines of other templates".to_owned(), rest));
    }
    dropped
}
