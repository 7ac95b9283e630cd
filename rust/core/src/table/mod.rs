//! Tables as tools print them in (delimited, boxed, aligned, outlines), fewer rows with a summary of each column out;
//! or every cell, in fewer tokens.
//!
//! A text is found to be blocks of rows with text between them (`find`). Its rows become records of the tree that JSON
//! is read into, so that evidence, questions and choices of rows are the JSON engine's (`records`). The lossless form
//! (`write`, `read`) keeps cells and says once what a column repeats; how cells stand in lines is a `layout`.

mod aligned;
mod amount;
mod boxed;
mod breaks;
mod cells;
mod columns;
mod delimited;
mod fields;
mod find;
mod layout;
mod outline;
mod pins;
mod read;
mod records;
mod regular;
mod scale;
mod schema;
mod score;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use cells::{cells, Cells};
pub use score::score;

use crate::text::{Drafts, Lines, Task, View};
use records::Records;

/// Lines of a text that is worked on.
const MAX_LINES: usize = 1 << 22;

/// The forms of a text of tables: the lossy view if something may be left out, and the lossless form if it could win.
pub fn compress(task: &Task) -> Drafts {
    let Some(folded) = breaks::fold(task.text) else { return compress_rows(task) };
    let Drafts { lossy, lossless } = compress_rows(&Task { text: &folded, ..*task });
    let lossy = lossy.map(|view| View { text: breaks::unfold_view(&view.text), ..view });
    let form = lossless.and_then(|form| breaks::mark(&form)).filter(|form| form.len() < task.text.len());
    Drafts { lossy, lossless: form.filter(|form| expand(form).as_deref() == Some(task.text)) }
}

/// The forms of a text whose rows have a line each.
fn compress_rows(task: &Task) -> Drafts {
    if task.text.len() >= u32::MAX as usize / 2 || is_too_long(task.text) {
        return Drafts::default();
    }
    let document = find::find(Lines::of(task.text));
    if document.rows.len() < 3 {
        return Drafts::default();
    }
    let records = Records::new(&document, task.question, task.call);
    let lossy = task.key.and_then(|key| view::view(task, key, &document, &records));
    if lossy.as_ref().is_some_and(|view| task.is_clear(&view.text)) {
        return Drafts { lossy, lossless: None };
    }
    let form = write::write(&document, &records.literal_rows());
    let is_good = form.len() < task.text.len() && read::read(&form).as_deref() == Some(task.text);
    Drafts { lossy, lossless: is_good.then_some(form) }
}

fn is_too_long(text: &str) -> bool {
    memchr::memchr_iter(b'\n', text.as_bytes()).nth(MAX_LINES).is_some()
}

/// The text that a lossless form stands for.
pub fn expand(text: &str) -> Option<String> {
    match breaks::unmark(text) {
        Some(form) => read::read(&form).map(|folded| breaks::unfold(&folded)),
        None => read::read(text),
    }
}
