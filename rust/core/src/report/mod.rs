//! Test reports, builds and linters in; the same with every failure and finding in sight, and with passes counted, out.

mod begins;
mod blocks;
mod clean;
mod diagnostics;
mod expand;
mod folds;
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
mod xml;

use crate::text::{Drafts, Task};

/// The forms of a text that a test runner, a build or a linter printed.
pub fn compress(task: &Task) -> Drafts {
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
