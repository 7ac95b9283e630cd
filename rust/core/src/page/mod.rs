//! A page of HTML in, what it says as Markdown out; or the accessibility tree of a page, in short (`snapshot`).
//!
//! The tree is flat and built in one pass (`scan`, `tree`). What each part is, is told by structure and names (`fate`);
//! the main part is the smallest one with nearly all of the running text (`main_part`). Pages without an article are shown
//! as they stand, without navigation. What is left out is counted. There is no lossless form.

mod code_block;
mod entities;
mod facts;
mod fate;
mod inline;
mod links;
mod main_part;
mod reflow;
mod scan;
mod snapshot;
mod state;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod tree;
mod trim;
mod write;

use std::fmt::Write;

use crate::excerpts;
use crate::text::{marker, Drafts, Task, View};
use crate::tokens::{count, Encoding};
use fate::{Fate, Weights};
use tags::Tag;
use tree::Tree;
use write::{Page, Writer};

/// Nodes of a page that is worked on: what has more of them is no page that anybody reads.
const MAX_NODES: usize = 1 << 23;
/// The share of a page's Markdown that is kept at most where the least is wanted.
const DEEP_SHARE: f64 = 0.6;
/// Rounds in which a view is brought below a limit in tokens.
const MAX_ROUNDS: usize = 4;
/// Bytes of Markdown below which what a page's scripts hold may be all it says.
const LITTLE_BYTES: usize = 400;

/// How surely a text is a page: HTML, or an accessibility tree.
pub fn score(text: &str) -> f64 {
    let tree = snapshot::score(text);
    if tree > 0.0 {
        tree
    } else {
        scan::score(text)
    }
}

/// The lossy view of a page; nothing of what is none.
pub fn compress(task: &Task) -> Drafts {
    let lossy = match task.key {
        Some(key) if task.text.len() <= u32::MAX as usize => view(task, key),
        _ => None,
    };
    Drafts { lossy, lossless: None }
}

fn view(task: &Task, key: &str) -> Option<View> {
    if snapshot::score(task.text) > 0.0 {
        return view_of_tree(task, key);
    }
    let tags = memchr::memchr_iter(b'<', task.text.as_bytes()).take(MAX_NODES / 2).count();
    if tags == 0 || tags == MAX_NODES / 2 {
        return None;
    }
    let tree = Tree::of(task.text);
    let mut fates = fate::fates(&tree);
    let weights = Weights::of(&tree, &fates);
    let main = main_part::find(&tree, &weights);
    if let Some(root) = main {
        main_part::narrow(&tree, &weights, root, &mut fates);
    }
    if main.is_none() {
        show_fields(&tree, &mut fates);
    }
    let references = links::chosen(&tree, &fates, task.question);
    let page = Page { tree: &tree, fates: &fates, references: &references, question: task.question };
    let root = main.unwrap_or(0);
    let mut writer = Writer::new(&page);
    writer.range(root, tree.node(root).end);
    let (body, repeated) = (writer.out, writer.repeats.left_out);
    let head = head(&tree, &body, main.is_some());
    let mut tail = targets(&tree, &references);
    if body.len() < LITTLE_BYTES {
        tail.push_str(&state::state(&tree, task).unwrap_or_default());
    }
    let whole = if body.is_empty() { head.clone() + tail.trim_start() } else { format!("{head}{body}\n{tail}") };
    let mut text = limited(task, &whole, head.lines().count());
    for (line, excerpt) in excerpts::named(task.text, &text, task.question) {
        let _ = writeln!(text, "line {line}: {excerpt}");
    }
    let mut dropped = dropped(&tree, &fates, references.len());
    if repeated > 0 {
        dropped.push(("repeated lines".to_owned(), repeated));
    }
    if text.trim().is_empty() {
        return None;
    }
    let counts: Vec<String> = dropped.iter().map(|(name, number)| format!("{number} {name}")).collect();
    let _ = writeln!(text, "[left out: {}]", counts.join(", "));
    finish(task, key, text, dropped, line_of(task.text, tree.node(root).from as usize))
}

/// The view of an accessibility tree.
fn view_of_tree(task: &Task, key: &str) -> Option<View> {
    let (whole, dropped, shown, total) = snapshot::short(task.text);
    let mut text = limited(task, &whole, 0);
    for (line, excerpt) in excerpts::named(task.text, &text, task.question) {
        let _ = writeln!(text, "line {line}: {excerpt}");
    }
    if dropped.is_empty() && text.len() == whole.len() || text.trim().is_empty() {
        return None;
    }
    let counts: Vec<String> = dropped.iter().map(|(name, number)| format!("{number} {name}")).collect();
    let _ = writeln!(text, "[left out: {}]", counts.join(", "));
    let text = marker("page", shown, total, "nodes", key) + &text;
    (text.len() < task.text.len()).then(|| View { text, shown, total, kept: vec![(1, "tree")], dropped })
}

/// What can be filled in and pressed is much of what a page without an article says.
fn show_fields(tree: &Tree, fates: &mut [Fate]) {
    for index in 1..tree.nodes.len() {
        let node = &tree.nodes[index];
        let is_field = matches!(node.tag, Tag::Input | Tag::Select | Tag::Textarea | Tag::Button);
        if fates[index] == Fate::Form && is_field && fates[node.parent as usize] == Fate::Shown {
            fates[index..node.end as usize]
                .iter_mut()
                .filter(|fate| **fate == Fate::Form)
                .for_each(|fate| *fate = Fate::Shown);
        }
    }
}

fn finish(task: &Task, key: &str, text: String, dropped: Vec<(String, usize)>, line: u32) -> Option<View> {
    let (shown, total) = (text.len(), task.text.len());
    let text = marker("page", shown, total, "bytes", key) + &text;
    (text.len() < total).then(|| View { text, shown, total, kept: vec![(line, "main part")], dropped })
}

/// The number of the line at a place.
fn line_of(text: &str, at: usize) -> u32 {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count() as u32 + 1
}

/// The title and what the page says of itself.
fn head(tree: &Tree, body: &str, is_article: bool) -> String {
    let mut head = String::new();
    if let Some(title) = facts::title(tree) {
        let headings = body.lines().take(4).map(|line| line.trim_start_matches(['#', ' ']));
        let told = headings.filter(|heading| !heading.is_empty()).find_map(|heading| facts::beside(&title, heading));
        let _ = match told {
            Some("") => Ok(()),
            Some(site) => writeln!(head, "site: {site}"),
            None => writeln!(head, "title: {title}"),
        };
    }
    for (name, value) in facts::gather(tree, &format!("{head}{body}"), is_article) {
        let _ = writeln!(head, "{name}: {value}");
    }
    head
}

/// The list of links' targets.
fn targets(tree: &Tree, references: &[u32]) -> String {
    let mut list = String::new();
    for (index, at) in references.iter().enumerate() {
        let _ = writeln!(list, "[{}]: {}", index + 1, links::target(tree, *at).unwrap_or_default());
    }
    list
}

/// The view cut to what the task allows.
fn limited(task: &Task, whole: &str, head: usize) -> String {
    if !task.deep && task.target_ratio.is_none() {
        return whole.to_owned();
    }
    let tokens = |text: &str| count(text, Encoding::O200kBase);
    let of_ratio = task.target_ratio.map_or(usize::MAX, |ratio| (ratio * tokens(task.text) as f64) as usize);
    let own = tokens(whole);
    let of_depth = if task.deep { (own as f64 * DEEP_SHARE) as usize } else { usize::MAX };
    let limit = of_ratio.min(of_depth);
    let mut text = whole.to_owned();
    let mut bytes = whole.len() as f64 * limit as f64 / own.max(1) as f64;
    for _ in 0..MAX_ROUNDS {
        if tokens(&text) <= limit {
            break;
        }
        text = trim::trim(whole, head, task.question, bytes as usize);
        bytes *= 0.85;
    }
    text
}

/// What was left out, and how many of it.
fn dropped(tree: &Tree, fates: &[Fate], told: usize) -> Vec<(String, usize)> {
    let mut counts = [0usize; Fate::ALL.len()];
    for index in 1..tree.nodes.len() {
        let fate = fates[index];
        let node = &tree.nodes[index];
        let is_outermost = fates[node.parent as usize] != fate;
        // The head has been read for what the page says of itself.
        let is_blank = node.tag == Tag::Head || node.tag == Tag::Text && tree.raw(index as u32).trim().is_empty();
        if is_outermost && !is_blank && (fate == Fate::Around || node.end > index as u32 + 1) {
            counts[fate as usize] += 1;
        }
    }
    let mut dropped: Vec<(String, usize)> = Fate::ALL
        .into_iter()
        .filter(|fate| *fate != Fate::Shown && counts[*fate as usize] > 0)
        .map(|fate| (fate.name().to_owned(), counts[fate as usize]))
        .collect();
    let untold = links::untold(tree, fates, told);
    if untold > 0 {
        dropped.push(("link targets".to_owned(), untold));
    }
    if dropped.is_empty() {
        dropped.push(("tags".to_owned(), tree.nodes.len() - 1));
    }
    dropped
}
