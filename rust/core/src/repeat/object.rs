//! A JSON object that was shown before, with some of its fields changed since: the changes alone.
//!
//! ```text
//! [headroom repeat 2/14 fields key=Ab3dE5gH7jK]
//! {reservation_id:9HBUV8,[… all as above, except]
//! {status:cancelled,insurance:no}
//! ```
//!
//! What is meant is the last result above that begins so. The changes are a merge patch (RFC 7386): members of objects
//! are replaced or added, those that are null are gone, which the line then says. An object whose changes cannot be told
//! so, since it has a member that is null itself, is not referred to. Equal values may be written differently, and
//! members may stand in another order.

use std::collections::hash_map::Entry;
use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::{Referring, Shown};
use crate::json::parse::{Kind, Tree, MAX_DEPTH, ROOT};
use crate::json::{minify, string, Document};
use crate::text::marker;

const SAME: &str = "[… all as above]";
const EXCEPT: &str = "[… all as above, except]";
const EXCEPT_GONE: &str = "[… all as above, except (null: gone)]";

/// Bytes of the beginning by which an object is found.
const SHORTEST_START: usize = 6;
const LONGEST_START: usize = 120;
/// An object is told by its changes if they have at most one in so many of its bytes.
const CHANGED_SHARE: usize = 2;

/// An object as it was last shown, complete or by reference.
#[derive(Clone, Debug)]
pub struct Object {
    start: String,
    original: String,
    sources: Vec<u32>,
}

/// A merge patch in the making.
#[derive(Default)]
struct Patch {
    json: Vec<u8>,
    has_gone: bool,
}

impl Shown {
    /// Notes that the text added last is a form of `original`, which may be an object. Where the form is not `whole`, or
    /// does not begin in a way by which it can be found, what it begins like is none to refer to any more.
    pub fn note_object(&mut self, original: &str, whole: bool, referring: bool) {
        let Some(number) = self.texts.len().checked_sub(1) else { return };
        let start = start_of(&self.texts[number]);
        let name = Tree::parse(original).and_then(|tree| name_of(&tree));
        let earlier = name.and_then(|name| self.objects.remove(&name));
        // Another one that begins so would be found instead.
        self.objects.retain(|_, other| Some(other.start.as_str()) != start);
        let (Some(name), Some(start)) = (name, start.filter(|_| whole)) else { return };
        let mut sources = vec![number as u32];
        if referring {
            // Only an object told by its changes is whole.
            match earlier {
                Some(earlier) if earlier.start == start && is_by_changes(&self.texts[number]) => {
                    sources.extend(earlier.sources)
                }
                _ => return,
            }
        }
        self.objects.insert(name, Object { start: start.to_owned(), original: original.to_owned(), sources });
    }

    /// An object as its last form above with what has changed since, behind a marker with `key`; nothing where it is no
    /// object, none above begins like it, or too much has changed. Linear.
    pub fn write_object(&self, text: &str, key: &str) -> Option<Referring> {
        if self.objects.is_empty() {
            return None;
        }
        let tree = Tree::parse(text)?;
        let object = self.objects.get(&name_of(&tree)?)?;
        let earlier = Tree::parse(&object.original)?;
        let mut patch = Patch::default();
        let changed = patch.write(&earlier, ROOT, &tree, ROOT)?;
        if patch.json.len() * CHANGED_SHARE > tree.source.len() {
            return None;
        }
        let total = tree.node(ROOT).count as usize;
        let shown = changed.min(total);
        let mut out = marker("repeat", shown, total, "fields", key);
        out.push_str(&object.start);
        out.push_str(match (changed, patch.has_gone) {
            (0, _) => SAME,
            (_, false) => EXCEPT,
            (_, true) => EXCEPT_GONE,
        });
        if changed > 0 {
            let json = String::from_utf8(patch.json).ok()?;
            out.push('\n');
            out.push_str(&Document::read(&json, "", "")?.lossless()?);
        }
        let mut sources = object.sources.clone();
        sources.sort_unstable();
        Some(Referring { text: out, shown, total, unit: "fields", sources })
    }
}

impl Patch {
    /// Writes what makes one object of the other; the result is how many members it names, or nothing where a patch
    /// cannot say it.
    fn write(&mut self, from: &Tree, before: u32, to: &Tree, after: u32) -> Option<usize> {
        let earlier = members(from, before)?;
        let later = members(to, after)?;
        let mut named = 0;
        self.json.push(b'{');
        for child in to.children(after) {
            let key = key_of(to, child);
            let old = earlier.get(&key).copied();
            let begun = self.json.len();
            self.name(&key, &mut named);
            match old {
                Some(old) if from.node(old).kind == Kind::Object && to.node(child).kind == Kind::Object => {
                    if self.write(from, old, to, child)? == 0 {
                        self.json.truncate(begun);
                        named -= 1;
                    }
                }
                Some(old) if value_of(from, old) == value_of(to, child) => {
                    self.json.truncate(begun);
                    named -= 1;
                }
                _ if has_null_member(to, child) => return None,
                _ => minify::subtree(to, child, &mut self.json),
            }
        }
        for child in from.children(before) {
            let key = key_of(from, child);
            if !later.contains_key(&key) {
                self.name(&key, &mut named);
                self.json.extend_from_slice(b"null");
                self.has_gone = true;
            }
        }
        self.json.push(b'}');
        Some(named)
    }

    fn name(&mut self, key: &[u8], named: &mut usize) {
        if *named > 0 {
            self.json.push(b',');
        }
        *named += 1;
        self.json.extend_from_slice(key);
        self.json.push(b':');
    }
}

/// What an object is called: its first member, if that is no container.
fn name_of(tree: &Tree) -> Option<u64> {
    let is_object = tree.node(ROOT).kind == Kind::Object && !tree.is_sequence && tree.cut.is_none();
    let first = tree.children(ROOT).next().filter(|_| is_object && tree.max_depth <= MAX_DEPTH)?;
    if tree.node(first).kind.is_container() {
        return None;
    }
    let mut name = key_of(tree, first);
    name.push(b':');
    minify::subtree(tree, first, &mut name);
    Some(xxh3_64(&name))
}

/// The members of an object by their keys; nothing where two have the same.
fn members(tree: &Tree, object: u32) -> Option<HashMap<Vec<u8>, u32>> {
    let mut members = HashMap::with_capacity(tree.node(object).count as usize);
    for child in tree.children(object) {
        match members.entry(key_of(tree, child)) {
            Entry::Vacant(entry) => entry.insert(child),
            Entry::Occupied(_) => return None,
        };
    }
    Some(members)
}

/// A member's key as canonical JSON.
fn key_of(tree: &Tree, member: u32) -> Vec<u8> {
    let mut key = Vec::new();
    string::canonical(tree.key(member), tree.node(member).key_escaped, &mut key);
    key
}

fn value_of(tree: &Tree, member: u32) -> Vec<u8> {
    let mut value = Vec::new();
    minify::subtree(tree, member, &mut value);
    value
}

/// Whether a value is null or, within objects alone, has a member that is: a patch would take it away.
fn has_null_member(tree: &Tree, value: u32) -> bool {
    match tree.node(value).kind {
        Kind::Null => true,
        Kind::Object => tree.children(value).any(|child| has_null_member(tree, child)),
        _ => false,
    }
}

/// How a text begins behind a marker of ours: its first field to the comma, or what stands for it.
fn start_of(text: &str) -> Option<&str> {
    let shown = if text.starts_with("[headroom ") { text.split_once('\n')?.1 } else { text };
    let line = shown.split('\n').next()?;
    let start = &line[..line.find(',')? + 1];
    ((SHORTEST_START..=LONGEST_START).contains(&start.len()) && start.starts_with('{')).then_some(start)
}

fn is_by_changes(text: &str) -> bool {
    let line = text.split('\n').nth(1).unwrap_or_default();
    [SAME, EXCEPT, EXCEPT_GONE].iter().any(|end| line.ends_with(end))
}
