//! Views of lists: counts by file, and paths alone.
//!
//! Files that match are all kept. Only what says nothing of matches is summed up: files with no match among counts, and
//! files that a program was asked to list, by directory.

use std::collections::BTreeMap;

use super::by_text::ByText;
use super::evidence::Evidence;
use super::form::{common_root, push_parts};
use super::place::{dir_len, name_of};
use super::read::{Entry, Listing, Style, What};
use crate::text::{end_line, marker, Task, View};

/// Fewer files are not summed up.
const MIN_FILES: usize = 60;
/// Names shown of a directory.
const NAMES: usize = 6;
const DEEP_NAMES: usize = 2;

/// The view of a list; `None` where everything in it must stay.
pub fn view(listing: &Listing, evidence: &Evidence, task: &Task, key: &str) -> Option<View> {
    let is_other = |entry: &&Entry| !matches!(entry.what, What::Hit | What::Blank);
    if listing.entries.iter().filter(is_other).count() > 20 {
        return None;
    }
    match listing.style {
        Style::Counts => counts(listing, evidence, key),
        _ if lists_files(task.call) => paths(listing, evidence, task, key),
        _ => None,
    }
}

/// Files with matches, and how many have none.
fn counts(listing: &Listing, evidence: &Evidence, key: &str) -> Option<View> {
    let is_shown = |index: usize, entry: &Entry| entry.number > 0 || evidence.named.contains(&(index as u32));
    let files = listing.entries.iter().filter(|entry| entry.what == What::Hit).count();
    let mut view = View { total: files, ..View::default() };
    let mut body = String::new();
    let root = common_root(&listing.files);
    let mut last = None;
    for (index, entry) in listing.entries.iter().enumerate() {
        if entry.what == What::Raw {
            end_line(&mut body);
            push_parts(&mut body, &[listing.body(entry), "\n"]);
            last = None;
        }
        if entry.what != What::Hit || !is_shown(index, entry) {
            continue;
        }
        let path = listing.path(entry.file);
        let dir = &path[..dir_len(path)];
        let name = name_of(path);
        if last == Some(dir) && !name.contains(' ') {
            push_parts(&mut body, &[" ", name]);
        } else {
            end_line(&mut body);
            body.push_str(&path[root.len()..]);
        }
        push_parts(&mut body, &[":", &entry.number.to_string()]);
        last = (!name.contains(' ')).then_some(dir);
        view.kept.push((index as u32 + 1, if entry.number > 0 { "has matches" } else { "named by the question" }));
    }
    view.shown = view.kept.len();
    let without = files - view.shown;
    if without < MIN_FILES / 6 {
        return None;
    }
    view.text = marker("search", view.shown, files, "files", key);
    push_parts(&mut view.text, &["path:matches, \" name\": same directory"]);
    if !root.is_empty() {
        push_parts(&mut view.text, &["; under ", root]);
    }
    end_line(&mut body);
    push_parts(&mut view.text, &["\n", &body]);
    push_parts(&mut view.text, &["0 in the ", &without.to_string(), " other files\n"]);
    view.dropped.push(("files without a match".to_owned(), without));
    if view.kept.is_empty() {
        view.kept.push((1, "how many there are"));
    }
    Some(view)
}

/// Whether a call asks for a list of files, not for files in which something was found.
fn lists_files(call: &str) -> bool {
    const LISTERS: [&str; 14] = [
        "find",
        "fd",
        "fdfind",
        "tree",
        "ls",
        "dir",
        "glob",
        "ls-files",
        "list_files",
        "list_directory",
        "file_search",
        "list_dir",
        "--files",
        "ls-tree",
    ];
    const SEARCHES: [&str; 9] = ["grep", "egrep", "fgrep", "ag", "ack", "-l", "--files-with-matches", "-exec", "xargs"];
    let words = || call.split(|character: char| character.is_whitespace() || "\"'{}[],:;|&()`$".contains(character));
    let is_one = |list: &[&str]| words().any(|word| list.contains(&word.to_ascii_lowercase().as_str()));
    is_one(&LISTERS) && !is_one(&SEARCHES)
}

/// Directories with some of their files, how many more, and of what kinds.
fn paths(listing: &Listing, evidence: &Evidence, task: &Task, key: &str) -> Option<View> {
    let hits: Vec<u32> =
        (0..listing.entries.len() as u32).filter(|&index| listing.entries[index as usize].what == What::Hit).collect();
    if hits.len() < MIN_FILES {
        return None;
    }
    let mut dirs: Vec<(&str, Vec<u32>)> = Vec::new();
    let mut known: ByText<&str, usize> = ByText::default();
    for &index in &hits {
        let path = listing.path(listing.entries[index as usize].file);
        let dir = &path[..dir_len(path)];
        let at = *known.entry(dir).or_insert_with(|| {
            dirs.push((dir, Vec::new()));
            dirs.len() - 1
        });
        dirs[at].1.push(index);
    }
    let most = match task.target_ratio {
        _ if task.deep => DEEP_NAMES,
        Some(ratio) if ratio < 0.2 => 1,
        Some(ratio) if ratio < 0.4 => DEEP_NAMES,
        _ => NAMES,
    };
    let mut view = View { total: hits.len(), ..View::default() };
    let root = common_root(&listing.files);
    let mut body = String::new();
    for (dir, files) in &dirs {
        body.push_str(&dir[root.len()..]);
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        let mut plain = 0;
        for &index in files {
            let path = listing.path(listing.entries[index as usize].file).trim_end_matches('\r');
            let is_named = evidence.named.contains(&index);
            // What would be said of a last one is longer than its name.
            if is_named || plain < most || files.len() <= most + 1 {
                plain += usize::from(!is_named);
                push_parts(&mut body, &[" ", name_of(path)]);
                view.kept.push((index + 1, if is_named { "named by the question" } else { "first of its directory" }));
            } else {
                *left.entry(extension(name_of(path))).or_insert(0) += 1;
            }
        }
        let rest: usize = left.values().sum();
        if rest > 0 {
            push_parts(&mut body, &[" +", &rest.to_string()]);
            let mut kinds: Vec<(&str, usize)> = left.into_iter().collect();
            kinds.sort_by_key(|&(kind, count)| (std::cmp::Reverse(count), kind));
            for (at, (kind, count)) in kinds.iter().take(4).filter(|(kind, _)| !kind.is_empty()).enumerate() {
                push_parts(&mut body, &[if at == 0 { ": " } else { ", " }, &count.to_string(), " ", kind]);
            }
        }
        body.push('\n');
    }
    for (index, entry) in listing.entries.iter().enumerate().filter(|(_, entry)| entry.what == What::Raw) {
        push_parts(&mut body, &[listing.body(entry), "\n"]);
        view.kept.push((index as u32 + 1, "no path"));
    }
    view.shown = hits.len() - (hits.len() - view.kept.iter().filter(|(_, why)| *why != "no path").count());
    if view.shown >= view.total {
        return None;
    }
    view.kept.sort_unstable();
    view.text = marker("search", view.shown, view.total, "files", key);
    push_parts(&mut view.text, &["directory/ files +more"]);
    if !root.is_empty() {
        push_parts(&mut view.text, &["; under ", root]);
    }
    push_parts(&mut view.text, &["\n", &body]);
    view.dropped.push(("files".to_owned(), view.total - view.shown));
    Some(view)
}

fn extension(name: &str) -> &str {
    name.rfind('.').filter(|&dot| dot > 0).map_or("", |dot| &name[dot..])
}
