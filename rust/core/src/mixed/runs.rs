//! A text without dividing lines in, the runs of one kind in it out: what several commands printed one after the other.
//!
//! The text is looked at in chunks, so a border is found to within a chunk, and then laid where a blank line stands.
//! Logs, traces and reports stand in each other, and are one run.

use std::ops::Range;

use super::split::group;
use crate::detect;
use crate::kind::Kind;
use crate::prose;

/// Bytes of a chunk at least; and chunks at most, so that time does not grow with the text.
const CHUNK_BYTES: usize = 600;
const MAX_CHUNKS: usize = 24;
/// How sure the kind of a chunk must be.
const MIN_SCORE: f64 = 0.6;
/// And of hits in what is otherwise a report, since compilers and linkers name places as searches do.
const MIN_HITS_SCORE: f64 = 0.9;
/// The score from which a chunk shows the kind of the whole.
const TRACE_OF_WHOLE: f64 = 0.25;
/// The share of the lines of a chunk that could be lines of a diff.
const CHANGED_SHARE: f64 = 0.8;
/// Bytes of a run that is no chance.
const MIN_RUN_BYTES: usize = 900;

/// The kind that a chunk is of: that of the whole, unless it shows nothing of that. Kinds that are told by single lines
/// are looked for first, since that is quickly done, and the others only `if_thorough`. `is_sure`: so is the kind of the
/// whole.
fn group_of(text: &str, whole: Kind, is_sure: bool, if_thorough: bool) -> Option<Kind> {
    if whole == Kind::Diff && is_changed(text) {
        return Some(whole);
    }
    let scores = detect::of_lines(text);
    let by_lines = of_chunk(&scores, whole, is_sure);
    // What lines tell of a chunk is no more than a guess where the whole is of a kind that they do not tell.
    let is_told = by_lines.is_some() && (whole as usize) < Kind::Table as usize;
    // Running text is of none of the kinds that are left, and there is much of it.
    if is_told || !if_thorough || prose::is_running(text) {
        return by_lines;
    }
    of_chunk(&detect::scores_beside(text, Some(scores)), whole, is_sure)
}

/// The kind that the first of all scores, or all of them, tell of a chunk.
fn of_chunk(scores: &[f64], whole: Kind, is_sure: bool) -> Option<Kind> {
    let scores = || Kind::ALL.into_iter().zip(scores.iter().copied());
    let own = scores().filter(|&(kind, _)| group(kind) == group(whole)).map(|(_, score)| score).fold(0.0, f64::max);
    if own >= TRACE_OF_WHOLE {
        return Some(group(whole));
    }
    let (kind, score) = scores().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let least = match kind {
        // Columns are nothing strange in what a program says of its work.
        Kind::Table if group(whole) == Kind::Log && is_sure => return None,
        Kind::Search if group(whole) == Kind::Log => MIN_HITS_SCORE,
        _ => MIN_SCORE,
    };
    (score >= least).then(|| group(kind))
}

/// Whether a chunk could be the middle of a diff, where no head tells it.
fn is_changed(text: &str) -> bool {
    let lines = || text.lines().filter(|line| !line.is_empty());
    let changed = lines().filter(|line| matches!(line.as_bytes()[0], b'+' | b'-' | b' ' | b'@' | b'\\')).count();
    changed as f64 >= CHANGED_SHARE * lines().count() as f64
}

/// Whether a text shows no other kind at four places; cheap.
pub fn is_uniform(text: &str, whole: Kind) -> bool {
    let bytes = text.as_bytes();
    let step = bytes.len().saturating_sub(CHUNK_BYTES) / 3;
    (0..4).all(|ordinal| {
        let from = ordinal * step;
        let line = |at: usize| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |offset| at + offset + 1);
        let start = if from == 0 { 0 } else { line(from - 1) };
        let end = line((start + CHUNK_BYTES).min(bytes.len()));
        group_of(&text[start..end], whole, true, false).is_none_or(|found| found == group(whole))
    })
}

/// The runs of a text, in order and without gaps; none unless there are two of different kinds.
pub fn find(text: &str, (whole, score): (Kind, f64)) -> Vec<Range<usize>> {
    let mut runs: Vec<(Range<usize>, Option<Kind>)> = Vec::new();
    for chunk in chunks(text) {
        let group = group_of(&text[chunk.clone()], whole, score >= MIN_SCORE, true);
        match runs.last_mut() {
            Some((range, last)) if *last == group => range.end = chunk.end,
            _ => runs.push((chunk, group)),
        }
    }
    let runs = settled(runs);
    let known = |at: usize| runs[at].1.filter(|_| runs[at].0.len() >= MIN_RUN_BYTES);
    let first = (0..runs.len()).find_map(known);
    if !(0..runs.len()).any(|at| known(at).is_some_and(|group| Some(group) != first)) {
        return Vec::new();
    }
    divided(text, &runs)
}

/// Whole lines, about as many bytes each.
fn chunks(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let step = CHUNK_BYTES.max(bytes.len() / MAX_CHUNKS);
    let mut out = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let near = (start + step).min(bytes.len());
        let end = memchr::memchr(b'\n', &bytes[near..]).map_or(bytes.len(), |offset| near + offset + 1);
        out.push(start..end);
        start = end;
    }
    out
}

/// Joins runs of one kind. A chunk of no kind, such as one from the middle of a diff, goes on with what stands before
/// it, and so does one that is too short to be a run of its own.
fn settled(runs: Vec<(Range<usize>, Option<Kind>)>) -> Vec<(Range<usize>, Option<Kind>)> {
    let mut out: Vec<(Range<usize>, Option<Kind>)> = Vec::new();
    for (range, group) in runs {
        match out.last_mut() {
            // Each chunk of a table shows that it is one.
            Some((last, own))
                if *own == group || group.is_none() && *own != Some(Kind::Table) || range.len() < MIN_RUN_BYTES =>
            {
                last.end = range.end;
            }
            Some((last, own)) if own.is_none() && last.len() < MIN_RUN_BYTES => {
                last.end = range.end;
                *own = group;
            }
            _ => out.push((range, group)),
        }
    }
    out
}

/// Lays each border where a reader would: behind the last blank line of the chunk before it, else where the chunk ends.
fn divided(text: &str, runs: &[(Range<usize>, Option<Kind>)]) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(runs.len());
    let mut start = 0;
    for (at, (range, _)) in runs.iter().enumerate() {
        let from = range.end.saturating_sub(2 * CHUNK_BYTES).max(start);
        let end = match runs.get(at + 1) {
            None => range.end,
            Some(_) => blank_line(bytes, from, range.end).unwrap_or(range.end),
        };
        if end > start {
            out.push(start..end);
        }
        start = end;
    }
    out
}

/// Behind the last blank line that begins between two offsets.
fn blank_line(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    memchr::memmem::rfind(&bytes[from..to], b"\n\n").map(|offset| from + offset + 2)
}
