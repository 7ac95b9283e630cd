//! Test reports, builds and linters in; the same with every failure and finding in sight, and with passes counted, out.

mod blocks;
mod clean;
mod diagnostics;
mod expand;
mod folds;
mod frames;
mod names;
mod notation;
mod places;
mod progress;
mod read;
mod results;
mod shape;
mod steps;
mod tags;
mod tally;
mod verdicts;
mod view;
mod warnings;
mod words;
mod xml;

use crate::text::{Drafts, Task};

/// Lines of a text, at most.
const MAX_LINES: usize = 4 << 20;

/// The forms of a text that a test runner, a build or a linter printed.
pub fn compress(task: &Task) -> Drafts {
    // What is kept of every line takes memory; nothing that a tool prints has so many.
    if memchr::memchr_iter(b'\n', task.text.as_bytes()).count() > MAX_LINES {
        return Drafts::default();
    }
    let lossy = task.key.and_then(|key| view::view(task, key));
    if lossy.as_ref().is_some_and(|view| task.is_clear(&view.text)) {
        return Drafts { lossy, lossless: None };
    }
    Drafts { lossy, lossless: notation::write(task) }
}

/// The text that a lossless form stands for.
pub fn expand(text: &str) -> Option<String> {
    expand::expand(text)
}

#[cfg(test)]
mod tests;
