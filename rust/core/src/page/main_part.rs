//! Weights in, the part of the page that holds its article out; and what is left out of it.

use super::fate::{Fate, Weights};
use super::tags::Tag;
use super::tree::Tree;

/// The share of all running text that the main part holds.
const MAIN_SHARE: f32 = 0.98;
/// Running text that makes an article, in characters.
const MIN_ARTICLE: u32 = 300;
/// The share of links from which a list or a box is nothing but links.
const LINK_SHARE: f32 = 0.7;
/// The share of links in a main part that is an index.
const INDEX_SHARE: f32 = 0.85;
/// Characters beside the links of such a list.
const MAX_BESIDE: u32 = 20;

/// The main part of a page: the smallest one that holds nearly all of its running text. `None` where there is no article.
pub fn find(tree: &Tree, weights: &Weights) -> Option<u32> {
    let total = weights.mass[0];
    if total < MIN_ARTICLE {
        return None;
    }
    let mut root = marked(tree, weights).unwrap_or(0);
    let wanted = MAIN_SHARE * weights.mass[root as usize] as f32;
    loop {
        let mut child = root + 1;
        let end = tree.node(root).end;
        while child < end && (weights.mass[child as usize] as f32) < wanted {
            child = tree.node(child).end;
        }
        if child >= end || !may_be_main(tree.node(child).tag) {
            return Some(root);
        }
        root = child;
    }
}

fn may_be_main(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Html
            | Tag::Body
            | Tag::Main
            | Tag::Article
            | Tag::Section
            | Tag::Div
            | Tag::Table
            | Tag::Tbody
            | Tag::Tr
            | Tag::Td
            | Tag::Form
            | Tag::Other
            | Tag::Span
    )
}

/// What the page itself calls its main part, if that holds most of its running text.
fn marked(tree: &Tree, weights: &Weights) -> Option<u32> {
    let total = weights.mass[0] as f32;
    let holds = |index: &u32| weights.mass[*index as usize] as f32 >= 0.6 * total;
    let is_main = |index: &u32| {
        let tag = tree.node(*index).tag;
        tag == Tag::Main
            || tag == Tag::Article
            || tag == Tag::Div && tree.attribute(*index, "role").is_some_and(|role| role == "main")
    };
    (0..tree.len()).rev().find(|index| holds(index) && is_main(index))
}

/// Marks what is around the main part, and lists of nothing but links within it.
pub fn narrow(tree: &Tree, weights: &Weights, root: u32, fates: &mut [Fate]) {
    let inside = root..tree.node(root).end;
    let counts = Counts::of(tree);
    let (text, link) = (weights.text[root as usize], weights.link[root as usize]);
    // A page that is nothing but lists of links, such as an index, says what they are called.
    let is_index = link as f32 > INDEX_SHARE * text as f32;
    for index in 1..tree.len() {
        let node = tree.node(index);
        let parent = fates[node.parent as usize];
        let fate = &mut fates[index as usize];
        if *fate != Fate::Shown {
            continue;
        }
        let is_around = node.end <= inside.start || index >= inside.end;
        *fate = match parent {
            _ if is_around => Fate::Around,
            Fate::Shown if index > inside.start && !is_index => inner(tree, weights, &counts, index),
            Fate::Shown => Fate::Shown,
            parent => parent,
        };
    }
}

/// What becomes of a part within the main one.
fn inner(tree: &Tree, weights: &Weights, counts: &Counts, index: u32) -> Fate {
    let node = tree.node(index);
    if !matches!(
        node.tag,
        Tag::Ul | Tag::Ol | Tag::Div | Tag::Section | Tag::Header | Tag::Form | Tag::Fieldset | Tag::Table
    ) {
        return Fate::Shown;
    }
    let (text, link) = (weights.text[index as usize], weights.link[index as usize]);
    if text == 0 || link as f32 <= LINK_SHARE * text as f32 {
        return Fate::Shown;
    }
    let is_contents = counts.here[node.end as usize] - counts.here[index as usize] >= 3
        && counts.elsewhere[node.end as usize] == counts.elsewhere[index as usize];
    let is_headless = counts.headings[node.end as usize] == counts.headings[index as usize];
    if is_contents || is_headless && text - link < MAX_BESIDE && !is_introduced(tree, index) {
        return Fate::Links;
    }
    Fate::Shown
}

/// Nodes in which the text before a list is looked for, bytes of a sentence that introduces one, and links of such a list.
const MAX_STEPS: u32 = 24;
const MIN_INTRODUCTION: usize = 24;
const MAX_INTRODUCED: usize = 12;

/// Whether a sentence before a list of links ends with a colon, so that the links are what it says.
fn is_introduced(tree: &Tree, index: u32) -> bool {
    let node = tree.node(index);
    let links = (index..node.end).filter(|&each| tree.node(each).tag == Tag::A).take(MAX_INTRODUCED + 1).count();
    if links > MAX_INTRODUCED {
        return false;
    }
    let before = (index.saturating_sub(MAX_STEPS)..index).rev().filter(|&each| tree.node(each).tag == Tag::Text);
    let before = before.map(|each| tree.raw(each).trim()).find(|text| !text.is_empty());
    before.is_some_and(|text| text.len() >= MIN_INTRODUCTION && text.ends_with(':'))
}

/// Numbers of nodes before each one: headings, links to places on the same page, and other links.
struct Counts {
    headings: Vec<u32>,
    here: Vec<u32>,
    elsewhere: Vec<u32>,
}

impl Counts {
    fn of(tree: &Tree) -> Self {
        let length = tree.nodes.len() + 1;
        let mut counts = Counts { headings: vec![0; length], here: vec![0; length], elsewhere: vec![0; length] };
        for index in 0..tree.nodes.len() {
            let tag = tree.nodes[index].tag;
            let target = if tag == Tag::A { tree.attribute(index as u32, "href") } else { None };
            let is_here = target.as_ref().is_some_and(|target| target.starts_with('#'));
            counts.headings[index + 1] = counts.headings[index] + u32::from(tag.heading().is_some());
            counts.here[index + 1] = counts.here[index] + u32::from(is_here);
            counts.elsewhere[index + 1] = counts.elsewhere[index] + u32::from(target.is_some() && !is_here);
        }
        counts
    }
}
