//! Logs in, templates with counts and the lines that carry evidence out; or every line, in fewer tokens.

mod columns;
mod evidence;
mod fields;
mod join;
mod level;
mod mine;
mod named;
mod read;
mod repeat;
pub mod repeated;
mod scan;
mod silence;
mod stamp;
mod table;
mod tail;
#[cfg(test)]
mod tests;
mod values;
mod view;
mod write;

use crate::text::{Drafts, Task};
use evidence::{Evidence, Rank};
pub use fields::{templates_of_lines, times, Templates};
use mine::Mined;

/// Lines of a text that is worked on; what has more of them, such as a file of line breaks, is no log.
const MAX_LINES: usize = 1 << 22;

/// The forms of a log: the lossy view if something may be left out, and the lossless form if it could still win.
pub fn compress(task: &Task) -> Drafts {
    if is_too_long(task.text) {
        return Drafts::default();
    }
    let mined = Mined::new(task.text);
    if mined.len() < 2 {
        return Drafts::default();
    }
    let evidence = Evidence::gather(&mined, task.question, task.call);
    let lossy = view::view(task, &mined, &evidence);
    if lossy.as_ref().is_some_and(|view| task.is_clear(&view.text)) {
        return Drafts { lossy, lossless: None };
    }
    let mut is_kept = vec![false; mined.len()];
    for candidate in evidence.candidates.iter().filter(|each| each.rank < Rank::Usual) {
        is_kept[candidate.line as usize] = true;
    }
    let form = table::write(&mined, &is_kept);
    let is_good = form.len() < task.text.len() && expand(&form).as_deref() == Some(task.text);
    Drafts { lossy, lossless: is_good.then_some(form) }
}

fn is_too_long(text: &str) -> bool {
    memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()).nth(MAX_LINES).is_some()
}

/// The text that a lossless form stands for.
pub fn expand(text: &str) -> Option<String> {
    read::read(text)
}

/// The template of each line of a text, numbered from 0 in the order in which they first occur.
pub fn templates(text: &str) -> Vec<u32> {
    Mined::new(text).of_line
}
