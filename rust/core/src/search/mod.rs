//! Search results and lists of files: every file and the number of its matches is kept.
//!
//! In comes what `grep`, `rg`, `git grep`, `ag`, `ack` and agents' search tools print, also counts, lists of files and drawn trees.
//! Out comes the same said once (`form`, read back by `expand`), and a view (`view`, `lists`) with what defines the
//! searched name, what the question names, and a few other matches. What always holds: a file that had matches is in
//! either, with their exact number; lines around matches are no matches.

mod by_text;
mod colour;
mod define;
pub(crate) mod directories;
mod evidence;
mod expand;
mod form;
pub(crate) mod keywords;
mod lists;
mod pattern;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod tree;
mod view;

use crate::text::{Drafts, Task};
use directories::Directories;
use evidence::Evidence;
use read::{Listing, Style};
use tree::Tree;

/// A line of search results: the file that it is in, its number there (0 where none is printed), and where in the text
/// stands what it says.
pub struct Hit<'t> {
    pub file: &'t str,
    pub number: u32,
    pub start: u32,
    pub end: u32,
}

/// The lines that a search found, in order; none where a text does not look like search results.
pub fn hits(text: &str) -> Vec<Hit<'_>> {
    let Some(listing) = Listing::of(text).filter(|listing| matches!(listing.style, Style::Flat | Style::Heading))
    else {
        return Vec::new();
    };
    let found = listing.entries.iter().filter(|entry| entry.is_match() && entry.file != u32::MAX);
    let hit = |entry: &read::Entry| Hit {
        file: listing.files[entry.file as usize],
        number: entry.number,
        start: entry.start,
        end: entry.end,
    };
    found.map(hit).collect()
}

/// The text of a lossless form.
pub fn expand(form: &str) -> Option<String> {
    tree::expand(form, expand::expand)
        .or_else(|| directories::expand(form, expand::expand))
        .unwrap_or_else(|| expand::expand(form))
}

/// The drafts of a text; none where it does not look like search results.
pub fn compress(task: &Task) -> Drafts {
    if let Some(tree) = Tree::of(task.text) {
        return compress_paths(task, &tree.paths, task.call, |form| tree.mark(form));
    }
    if let Some(directories) = Directories::of(task.text) {
        // Nothing else prints such a list, whatever the call says.
        let call = format!("{} ls", task.call);
        return compress_paths(task, &directories.paths, &call, |form| directories.mark(form));
    }
    compress_listing(task)
}

/// The drafts of a text that says the same as a list of paths does; `mark` makes a form of it out of the list's.
fn compress_paths(task: &Task, paths: &str, call: &str, mark: impl Fn(&str) -> Option<String>) -> Drafts {
    let Drafts { lossy, lossless } = compress_listing(&Task { text: paths, call, ..*task });
    let form = lossless.and_then(|form| mark(&form));
    let is_same = |form: &String| form.len() < task.text.len() && expand(form).as_deref() == Some(task.text);
    Drafts { lossy, lossless: form.filter(is_same) }
}

fn compress_listing(task: &Task) -> Drafts {
    let bare = colour::without(task.text);
    let Some(listing) = Listing::of(bare.as_deref().unwrap_or(task.text)) else { return Drafts::default() };
    let evidence = Evidence::of(&listing, task);
    let lossy = task.key.and_then(|key| match listing.style {
        Style::Counts | Style::Paths => lists::view(&listing, &evidence, task, key),
        _ => view::write(&listing, &evidence, task, key),
    });
    let is_done = bare.is_some() || lossy.as_ref().is_some_and(|view| task.is_clear(&view.text));
    let lossless = if is_done { None } else { lossless(&listing, &evidence) };
    Drafts { lossy, lossless }
}

/// The lossless form, if it is smaller and says the same.
fn lossless(listing: &Listing, evidence: &Evidence) -> Option<String> {
    [true, false].into_iter().find_map(|with_root| {
        let form = form::write(listing, &evidence.stands_out, with_root);
        let is_same = || expand::expand(&form).as_deref() == Some(listing.text);
        (form.len() < listing.text.len() && is_same()).then_some(form)
    })
}
