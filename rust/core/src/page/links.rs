//! Which links' targets are worth listing: those whose text or target the question names.

use std::borrow::Cow;

use crate::json::query::Query;

use super::facts;
use super::fate::Fate;
use super::tags::Tag;
use super::tree::Tree;

/// Targets listed because they are named, and of headings that are links; the least number of those.
const MAX_NAMED: usize = 5;
const MAX_HEADING: usize = 12;
const MIN_HEADING: usize = 3;
/// Bytes of a target that are shown.
const MAX_BYTES: usize = 160;

/// The links whose targets are listed, in the order of the page. Where most headings are links, as those of what was
/// searched for, they are what the page leads to.
pub fn chosen(tree: &Tree, fates: &[Fate], question: &str) -> Vec<u32> {
    let query = Query::new(&without_title(tree, question), "");
    let mut found = Vec::new();
    let mut links = 0;
    let mut of_headings = Vec::new();
    let mut headings = 0;
    let mut heading_end = 0;
    for at in 0..tree.len() {
        let node = tree.node(at);
        if node.tag.heading().is_some() && fates[at as usize] == Fate::Shown {
            heading_end = node.end;
            headings += 1;
        }
        if node.tag != Tag::A || fates[at as usize] != Fate::Shown {
            continue;
        }
        let Some(target) = target(tree, at) else { continue };
        links += 1;
        query.scan(tree.line_of(at, 200).as_bytes(), at, &mut found);
        query.scan(target.as_bytes(), at, &mut found);
        if at < heading_end {
            of_headings.push(at);
            // One link a heading.
            heading_end = 0;
        }
    }
    let hits = if query.is_empty() { Vec::new() } else { query.score(found, links) };
    let mut chosen: Vec<u32> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.is_whole || hit.phrase & 0xffff > 1) {
        if chosen.len() < MAX_NAMED && !chosen.contains(&hit.node) {
            chosen.push(hit.node);
        }
    }
    if of_headings.len() >= MIN_HEADING && 2 * of_headings.len() > headings {
        chosen.extend(of_headings.into_iter().take(MAX_HEADING));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// A question without the title of the page: who names the page wants what it says, not links that are called like it.
fn without_title<'q>(tree: &Tree, question: &'q str) -> Cow<'q, str> {
    match facts::title(tree) {
        Some(title) if question.contains(&title) => Cow::Owned(question.replace(&title, " ")),
        _ => Cow::Borrowed(question),
    }
}

/// Where a link leads, if that is another page.
pub fn target(tree: &Tree, at: u32) -> Option<String> {
    let target = tree.attribute(at, "href")?;
    let target = target.trim();
    let is_elsewhere = !target.is_empty() && !target.starts_with('#') && !target.starts_with("javascript:");
    (is_elsewhere && target.len() <= MAX_BYTES).then(|| target.to_owned())
}

/// Links that are shown without their targets.
pub fn untold(tree: &Tree, fates: &[Fate], told: usize) -> usize {
    let shown = (0..tree.len()).filter(|&at| {
        tree.node(at).tag == Tag::A && fates[at as usize] == Fate::Shown && tree.attribute(at, "href").is_some()
    });
    shown.count() - told
}
