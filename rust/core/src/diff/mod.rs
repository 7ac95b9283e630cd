//! Diffs in, smaller texts that say the same changes out.
//!
//! The lossless form says once what a diff says several times (names of files, counts of hunks, blocks that moved or
//! repeat, lines that changed in a word). The lossy view keeps the changes of the source, exactly folded, and every
//! file with its counts; of tests, documentation, data and generated files it names what changed.

mod code;
mod fold;
mod form;
mod gather;
mod head;
mod pair;
mod parse;
mod paths;
mod read;
mod view;

use crate::text::{Drafts, Lines, Task, View};
use parse::Part;

/// Lines that the question names which are shown wherever they stand, at most.
const MAX_NAMED: usize = 24;

/// The drafts of a text that holds diffs; none of other texts.
pub fn compress(task: &Task) -> Drafts {
    let lines = Lines::of(task.text);
    let parts = parse::parse(&lines);
    if !parts.iter().any(|part| matches!(part, Part::File(_))) {
        return Drafts::default();
    }
    let is_named = named(&lines, task);
    let lossy = task.key.and_then(|key| lossy(&lines, &parts, &is_named, task, key));
    let is_clear = lossy.as_ref().is_some_and(|view| task.is_clear(&view.text));
    let lossless = if is_clear { None } else { lossless(&lines, &parts, &is_named) };
    Drafts { lossy, lossless }
}

/// The text that a lossless form stands for, byte for byte; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    read::read(text).map(|(text, _)| text)
}

fn lossless(lines: &Lines, parts: &[Part], is_named: &[bool]) -> Option<String> {
    let form = form::write(lines, parts, is_named, "")?;
    (expand(&form)? == lines.text).then_some(form)
}

/// The fullest view that keeps to the ratio, if there is one; the shortest otherwise.
fn lossy(lines: &Lines, parts: &[Part], is_named: &[bool], task: &Task, key: &str) -> Option<View> {
    let depths = [view::Depth::Balanced, view::Depth::Definitions, view::Depth::Files];
    let least = usize::from(task.deep);
    let mut best: Option<View> = None;
    let limit = task.target_ratio.map(|ratio| (ratio * count(task.text) as f64) as usize);
    for depth in &depths[least..] {
        let view = view::write(lines, parts, is_named, *depth, key);
        if best.as_ref().map_or(true, |known| view.text.len() < known.text.len()) {
            best = Some(view);
        }
        let fits = match (limit, &best) {
            (Some(limit), Some(view)) => count(&view.text) <= limit,
            _ => true,
        };
        if fits {
            break;
        }
    }
    best.filter(|view| view.shown < view.total)
}

/// The lines that the question names by what stands in few of them.
fn named(lines: &Lines, task: &Task) -> Vec<bool> {
    let mut is_named = vec![false; lines.len()];
    let hits = lines.named(task.question, "");
    for hit in hits.iter().filter(|hit| !hit.by_call).take(MAX_NAMED) {
        is_named[hit.node as usize] = true;
    }
    is_named
}

fn count(text: &str) -> usize {
    crate::tokens::count(text, crate::tokens::Encoding::O200kBase)
}
