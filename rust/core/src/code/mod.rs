//! Source code in, smaller text out: the skeleton of a file by its syntax tree, with what was asked for whole.
//!
//! What is shown is whole lines of the source; what is left out is counted with its lines, so that a reader can ask for
//! just those. A language is a row in `language.rs`; code in others is read by its indentation and its brackets.

mod asked;
mod blocks;
pub mod detect;
mod exits;
mod form;
mod guess;
pub mod language;
mod lines;
mod macros;
pub mod outline;
mod rank;
pub mod symbols;
#[cfg(test)]
mod tests;
pub mod tree;
mod view;

use crate::text::{marker, Drafts, Task, View};
use crate::tokens::{count, Encoding};
use asked::{Asked, Marked};
use lines::Source;
use rank::{Definition, Outline, ASKED, DEEP, LEVELS, PART, SIGNATURE};

/// A view that shows what things are for has at most this share of the text.
const DESCRIBED_SHARE: f64 = 0.3;
/// One that shows which errors functions raise has at most this share.
const RAISED_SHARE: f64 = 0.35;
/// One that shows small bodies has at most this share.
const SMALL_BODIES_SHARE: f64 = 0.45;
/// Signatures are thinned to one of so many at most, where a target asks for less than all.
const MAX_THINNING: usize = 64;

/// The drafts of a text as source code.
pub fn compress(task: &Task) -> Drafts {
    if task.text.len() > u32::MAX as usize || task.text.trim_ascii().is_empty() {
        return Drafts::default();
    }
    let source = Source::of(task.text);
    let lossy = task.key.and_then(|key| lossy(task, &source, key));
    let is_clear = lossy.as_ref().is_some_and(|view| task.is_clear(&view.text));
    Drafts { lossy, lossless: if is_clear { None } else { form::write(&source) } }
}

/// The text that a lossless form stands for; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    form::expand(text)
}

/// The structure of a file: by its tree, or else by its indentation.
fn outline_of(bare: &str, rows: &[&str], source: &Source, call: &str) -> Outline {
    let by_tree = detect::language_of(source, call).and_then(|language| tree::outline(bare, rows, language));
    by_tree.unwrap_or_else(|| {
        let mut outline = blocks::outline(rows);
        // Names are given within their rows: make that within the text.
        for definition in &mut outline.definitions {
            let start = rows[definition.name_row].as_ptr() as usize - bare.as_ptr() as usize;
            definition.name = start + definition.name.start..start + definition.name.end;
        }
        outline
    })
}

fn lossy(task: &Task, source: &Source, key: &str) -> Option<View> {
    let total = source.lines.len();
    if asked::is_wanted_whole(task.question, task.call, total) {
        return None;
    }
    let bare = source.bare();
    let rows: Vec<&str> = bare.split_terminator('\n').map(|row| row.strip_suffix('\r').unwrap_or(row)).collect();
    if rows.len() != total {
        return None;
    }
    let mut outline = outline_of(&bare, &rows, source, task.call);
    keep_conflicts(&rows, &mut outline);
    outline.mark_blanks(&rows);
    view::shorten_runs(&mut outline.ranks, &rows, task.deep);
    let name_of = |each: &Definition| bare.get(each.name.clone()).unwrap_or("").to_owned();
    let Marked { mut why, is_part } = Asked::of(task.question, task.call).mark(source, &mut outline, &name_of);
    asked::mark_lines(source, task.question, &mut outline, &mut why);
    let view = fit(task, source, &mut outline, is_part, key)?;
    if why.is_empty() {
        why.extend(outline.ranks.iter().position(|&rank| rank <= SIGNATURE).map(|row| (row as u32 + 1, "signature")));
    }
    if why.is_empty() {
        why.push((1, "structure"));
    }
    Some(View { kept: why, ..view })
}

/// The fullest view that the level and the target allow.
fn fit(task: &Task, source: &Source, outline: &mut Outline, is_part: bool, key: &str) -> Option<View> {
    let total = source.lines.len();
    let limit = task.target_ratio.map(|ratio| (ratio * count(task.text, Encoding::O200kBase) as f64) as usize);
    let finish = |written: view::Written| {
        let text = marker("code", written.shown, total, "lines", key) + &written.text;
        View {
            text,
            shown: written.shown,
            total,
            kept: Vec::new(),
            dropped: vec![("lines of bodies, comments and long values".to_owned(), total - written.shown)],
        }
    };
    let fits = |view: &View| limit.is_none_or(|limit| count(&view.text, Encoding::O200kBase) <= limit);
    let mut best: Option<View> = None;
    let from = if task.deep {
        DEEP
    } else if is_part {
        PART
    } else {
        0
    };
    for level in &LEVELS[from..] {
        let view = finish(view::write(source, outline, *level));
        // Descriptions, what is raised, and bodies of a line or two are shown where there is room for them.
        let room = match *level {
            rank::DOC => DESCRIBED_SHARE,
            rank::RAISED => RAISED_SHARE,
            rank::SMALL_BODY => SMALL_BODIES_SHARE,
            _ => f64::INFINITY,
        };
        if view.text.len() as f64 > room * task.text.len() as f64 {
            continue;
        }
        let is_first = best.is_none();
        if is_first || best.as_ref().is_some_and(|best| view.text.len() < best.text.len()) {
            best = Some(view);
        }
        if best.as_ref().is_some_and(fits) {
            break;
        }
    }
    let mut step = 2;
    while step <= MAX_THINNING && best.as_ref().is_some_and(|best| !fits(best)) {
        let shown: Vec<usize> = (0..total).filter(|&row| outline.ranks[row] == SIGNATURE).collect();
        for row in shown.iter().skip(1).step_by(2) {
            outline.ranks[*row] = rank::BODY;
        }
        let view = finish(view::write(source, outline, SIGNATURE));
        if best.as_ref().is_some_and(|best| view.text.len() < best.text.len()) {
            best = Some(view);
        }
        step *= 2;
    }
    best.filter(|view| view.shown < view.total && view.text.len() < task.text.len())
}

/// What stands between the marks of a merge conflict stays.
fn keep_conflicts(rows: &[&str], outline: &mut Outline) {
    let mut start = None;
    for (row, line) in rows.iter().enumerate() {
        if line.starts_with("<<<<<<< ") {
            start = Some(row);
        } else if line.starts_with(">>>>>>> ") {
            if let Some(start) = start.take() {
                outline.paint(start..row + 1, ASKED);
            }
        }
    }
}
