//! A mined log in, the lines that must stay in view out, each with how much it matters and why.

use super::mine::{Map, Mined};
use super::{level, named, scan, silence, values};
use crate::words;

/// Trouble of which there are no more lines is rare.
const RARE_TROUBLE: u32 = 3;
/// Lines of trouble of which there are no more are all shown.
const SHOWN_TROUBLES: u32 = 6;
/// Templates with fewer lines are not looked through for remarkable values.
const LEAST_ROWS: u32 = 5;
/// Templates of trouble with at most so many lines have what tells their lines apart said of each of them.
const FEW_TROUBLES: u32 = 10;
/// Bytes of what tells the lines of a template apart, of trouble and otherwise.
const MAX_LISTED: [usize; 2] = [480, 160];
/// Lines of a template from which they may come in a burst: four in five of them in so small a part of the time.
const LEAST_BURST: usize = 20;
const SHORT_PART: u32 = 8;
/// A longer block of indented lines is no trace of the line above it.
const MAX_TRACE: usize = 60;
/// Different traces of one template that are shown.
const MAX_TRACES: usize = 4;

/// How much a line matters; less is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Named,
    Alarm,
    Once,
    Value,
    End,
    Trouble,
    Few,
    Usual,
    More,
}

#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub line: u32,
    pub rank: Rank,
    pub why: &'static str,
    /// The template's first line: it carries the template's count.
    pub is_first: bool,
}

/// What is evident in a log.
pub struct Evidence {
    /// By line.
    pub candidates: Vec<Candidate>,
    /// Of each template a few words about its values.
    pub summaries: Vec<String>,
    /// Lines of each template: those of template `t` are `lines[starts[t]..starts[t + 1]]`.
    pub lines: Vec<u32>,
    pub starts: Vec<usize>,
    /// Whether a line belongs to the one before it.
    pub is_tail: Vec<bool>,
}

impl Evidence {
    pub fn gather(mined: &Mined, question: &str, call: &str) -> Evidence {
        let (lines, starts) = by_template(mined);
        let is_tail = tails(mined);
        let mut evidence = Evidence { candidates: Vec::new(), summaries: Vec::new(), lines, starts, is_tail };
        let levels = level::rare(mined);
        for (id, is_rare_level) in levels.into_iter().enumerate() {
            evidence.template(mined, id as u32, is_rare_level);
        }
        evidence.ends(mined);
        silence::around(mined).into_iter().for_each(|line| evidence.add(line, Rank::Value, "silence"));
        evidence.traces(mined);
        // What was written over is not there any more.
        evidence.candidates.retain(|each| !mined.is_overwritten(each.line));
        for (line, is_strong) in named::named(mined, question, call) {
            let rank = if is_strong { Rank::Named } else { Rank::Value };
            evidence.add(line, rank, "named");
        }
        evidence.candidates.sort_by_key(|each| (each.line, each.rank, !each.is_first));
        evidence.candidates.dedup_by(|next, kept| {
            let is_same = next.line == kept.line;
            kept.is_first |= is_same && next.is_first;
            is_same
        });
        evidence
    }

    fn add(&mut self, line: u32, rank: Rank, why: &'static str) {
        self.candidates.push(Candidate { line, rank, why, is_first: false });
    }

    /// The lines of one template that matter.
    fn template(&mut self, mined: &Mined, id: u32, is_rare_level: bool) {
        let template = &mined.templates[id as usize];
        let own = self.starts[id as usize]..self.starts[id as usize + 1];
        self.summaries.push(String::new());
        let example = self.lines[own.clone()].iter().copied().find(|&line| !mined.is_overwritten(line));
        let Some(first) = example else { return };
        let text = mined.line(first);
        if text.trim_ascii().is_empty() {
            return;
        }
        let has_trouble = words::has_trouble(text.as_bytes());
        if self.is_tail[first as usize] {
            if has_trouble && template.count <= RARE_TROUBLE {
                self.add(first, Rank::Value, "rare trouble");
            }
            return;
        }
        let (rank, why) = match template.count {
            count if count <= RARE_TROUBLE && (has_trouble || is_rare_level) => (Rank::Alarm, "rare trouble"),
            1 => (Rank::Once, "once"),
            _ if has_trouble || is_rare_level => (Rank::Trouble, "trouble"),
            2 | 3 => (Rank::Few, "rare"),
            _ => (Rank::Usual, "first of its kind"),
        };
        self.candidates.push(Candidate { line: first, rank, why, is_first: true });
        let shows_all = matches!(rank, Rank::Alarm | Rank::Trouble) && template.count <= SHOWN_TROUBLES;
        if shows_all {
            for at in own.clone() {
                self.add(self.lines[at], Rank::More, why);
            }
        }
        for &line in template.variants.iter().filter(|&&line| line != first) {
            self.add(line, Rank::Few, "variant");
        }
        let lists = if rank == Rank::Trouble { template.count <= FEW_TROUBLES } else { template.count < LEAST_ROWS };
        if lists && template.count > 1 && !shows_all {
            let most = MAX_LISTED[usize::from(rank != Rank::Trouble)];
            let listed = values::listed(mined, &template.varying, &self.lines[own.clone()], most);
            self.summaries[id as usize] = listed.unwrap_or_default();
        }
        if template.count >= LEAST_ROWS {
            let (remarks, summary) = values::look(mined, &template.varying, &self.lines[own]);
            remarks.into_iter().for_each(|(line, why)| self.add(line, Rank::Value, why));
            if self.summaries[id as usize].is_empty() {
                self.summaries[id as usize] = summary;
            }
            self.burst(mined, id);
        }
    }

    /// Says when most lines of a template come, if that is a short part of the time from its first to its last.
    fn burst(&mut self, mined: &Mined, id: u32) {
        let lines = &self.lines[self.starts[id as usize]..self.starts[id as usize + 1]];
        let most = lines.len() * 4 / 5;
        if lines.len() < LEAST_BURST {
            return;
        }
        let span = |from: usize| lines[from + most - 1] - lines[from];
        let Some(from) = (0..=lines.len() - most).min_by_key(|&from| span(from)) else { return };
        if span(from) * SHORT_PART <= lines[lines.len() - 1] - lines[0] {
            let (begin, end) = (mined.stamp(lines[from]), mined.stamp(lines[from + most - 1]));
            if !begin.is_empty() {
                self.summaries[id as usize].push_str(&format!("; {most} in {begin} to {end}"));
            }
        }
    }

    /// The first and the last line that say something.
    fn ends(&mut self, mined: &Mined) {
        let says = |line: &u32| !mined.line(*line).trim_ascii().is_empty();
        let lines = mined.len() as u32;
        let last = (0..lines).rev().find(says);
        let first = (0..lines).find(|line| says(line) && (!mined.is_overwritten(*line) || Some(*line) == last));
        first.into_iter().for_each(|line| self.add(line, Rank::End, "first"));
        last.into_iter().for_each(|line| self.add(line, Rank::End, "last"));
    }

    /// The first line of each template with each of its different traces below it.
    fn traces(&mut self, mined: &Mined) {
        let mut seen: Map<()> = Map::default();
        let mut shown: Map<usize> = Map::default();
        let mut line = 0;
        while line < mined.len() {
            let end = self.tail_end(line as u32) as usize;
            if end > line + 1 {
                let trace = &mined.of_line[line + 1..end];
                let hash = trace.iter().fold(0u64, |sum, &each| scan::mix(sum ^ u64::from(each), 0x1b87_3593));
                let of = u64::from(mined.of_line[line]);
                let times = shown.entry(of).or_insert(0);
                if *times < MAX_TRACES && seen.insert(scan::mix(of, hash), ()).is_none() {
                    *times += 1;
                    self.add(line as u32, Rank::Value, "trace");
                }
            }
            line = end;
        }
    }

    /// The line behind a line and what belongs to it.
    pub fn tail_end(&self, line: u32) -> u32 {
        let mut end = line + 1;
        while self.is_tail.get(end as usize) == Some(&true) {
            end += 1;
        }
        end
    }
}

fn by_template(mined: &Mined) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0usize; mined.templates.len() + 1];
    for &template in &mined.of_line {
        starts[template as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut lines = vec![0u32; mined.len()];
    for (line, &template) in mined.of_line.iter().enumerate() {
        lines[next[template as usize]] = line as u32;
        next[template as usize] += 1;
    }
    (lines, starts)
}

/// Indented lines, as those of a stack trace, belong to the line before, unless most lines are indented.
fn tails(mined: &Mined) -> Vec<bool> {
    let is_indented = |line: u32| {
        let text = mined.line(line).as_bytes();
        matches!(text.first(), Some(b' ' | b'\t')) && text.len() > 2 && mined.stamps[line as usize].is_none()
    };
    let mut tails: Vec<bool> = (0..mined.len() as u32).map(is_indented).collect();
    if let Some(first) = tails.first_mut() {
        *first = false;
    }
    let mut from = 0;
    for at in 1..=tails.len() {
        if tails.get(at) != Some(&true) {
            if at - from > MAX_TRACE {
                tails[from + 1..at].fill(false);
            }
            from = at;
        }
    }
    if tails.iter().filter(|&&is_tail| is_tail).count() * 10 > tails.len() * 8 {
        tails.fill(false);
    }
    tails
}
