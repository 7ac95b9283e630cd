//! Ranked definitions in, as many of them as fit into a budget out, written as lines of their files.
//!
//! ```text
//! 2 of 40 files, 3 of 310 definitions
//! src/store.py
//! 14:class Store:
//! 31:    def put(self, key: str, value: bytes) -> None:
//! … 4 more
//! src/errors.py
//! 9:class StoreError(Exception):
//! ```

use std::fmt::Write;

use super::graph::Scores;
use super::names::FileNames;
use super::{Failure, Map, Mapped};
use crate::tokens::{count, Encoding};

/// A file that defines nothing is named as early as a definition with this share of its rank would be shown.
const BARE_SHARE: f64 = 0.3;

/// A definition of a file, or the file itself where it defines nothing.
#[derive(Clone, Copy)]
struct Item {
    file: usize,
    definition: Option<usize>,
}

struct Written {
    text: String,
    definitions: usize,
}

struct Writer<'m, 't> {
    files: &'m [(&'t str, FileNames<'t>)],
    /// Definitions and files, the highest score first.
    items: Vec<Item>,
    /// Places of the files, the highest rank first.
    order: Vec<usize>,
    total: usize,
}

/// The fullest map within a budget.
pub fn fit(files: &[(&str, FileNames)], scores: &Scores, budget: usize) -> Result<Map, Failure> {
    let writer = Writer::of(files, scores);
    let tokens_of = |written: &Written| count(&written.text, Encoding::O200kBase);
    let (mut shown, mut best) = (1, writer.write(1));
    let least = tokens_of(&best);
    if least > budget {
        return Err(Failure::TooSmall(least));
    }
    let (mut tokens, mut too_many) = (least, writer.items.len() + 1);
    // More definitions may take a few tokens less where a count goes: what is returned was counted itself.
    while too_many - shown > 1 {
        let middle = if too_many > writer.items.len() && shown * 4 < too_many {
            // Maps are short beside what there is: do not write all of it to learn that.
            shown * 2
        } else {
            shown + (too_many - shown) / 2
        };
        let written = writer.write(middle);
        let needed = tokens_of(&written);
        if needed <= budget {
            (shown, tokens, best) = (middle, needed, written);
        } else {
            too_many = middle;
        }
    }
    Ok(Map {
        files: writer.mapped(shown, &scores.files),
        tokens,
        total_files: files.len(),
        definitions: best.definitions,
        total_definitions: writer.total,
        text: best.text,
        generated: 0,
        others: 0,
    })
}

impl<'m, 't> Writer<'m, 't> {
    fn of(files: &'m [(&'t str, FileNames<'t>)], scores: &Scores) -> Self {
        let mut scored: Vec<(f64, Item)> = Vec::new();
        let mut total = 0;
        for (file, (_, names)) in files.iter().enumerate() {
            let before = scored.len();
            for (at, each) in names.defined.iter().enumerate().filter(|(_, each)| each.is_open) {
                total += 1;
                let score = scores.definitions[file][at];
                debug_assert!(!each.lines.is_empty());
                scored.push((score, Item { file, definition: Some(at) }));
            }
            if scored.len() == before {
                scored.push((scores.files[file] * BARE_SHARE, Item { file, definition: None }));
            }
        }
        // Stable: equals stay in the order of their files and lines.
        scored.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by(|left, right| scores.files[*right].total_cmp(&scores.files[*left]));
        Self { files, items: scored.into_iter().map(|(_, item)| item).collect(), order, total }
    }

    /// For each file, which definitions are shown; `None` where the file is not.
    fn chosen(&self, shown: usize) -> Vec<Option<Vec<usize>>> {
        let mut chosen: Vec<Option<Vec<usize>>> = vec![None; self.files.len()];
        for item in &self.items[..shown.min(self.items.len())] {
            let list = chosen[item.file].get_or_insert_default();
            let defined = &self.files[item.file].1.defined;
            // What holds a definition is shown with it.
            let mut at = item.definition;
            while let Some(definition) = at {
                list.push(definition);
                at = defined[definition].parent;
            }
        }
        for list in chosen.iter_mut().flatten() {
            list.sort_unstable();
            list.dedup();
        }
        chosen
    }

    fn write(&self, shown: usize) -> Written {
        let chosen = self.chosen(shown);
        let (mut body, mut files, mut definitions) = (String::new(), 0, 0);
        for &file in &self.order {
            let Some(list) = &chosen[file] else { continue };
            let (path, names) = &self.files[file];
            files += 1;
            let _ = writeln!(body, "{path}");
            let mut next = 0;
            for &at in list {
                for (row, line) in names.defined[at].lines.iter().filter(|(row, _)| *row >= next) {
                    let _ = writeln!(body, "{}:{line}", row + 1);
                }
                next = names.defined[at].lines.last().map_or(next, |(row, _)| next.max(row + 1));
            }
            let open = list.iter().filter(|&&at| names.defined[at].is_open).count();
            definitions += open;
            let left = names.defined.iter().filter(|each| each.is_open).count() - open;
            if left > 0 {
                let _ = writeln!(body, "… {left} more");
            }
        }
        let head = format!("{files} of {} files, {definitions} of {} definitions\n", self.files.len(), self.total);
        Written { text: head + &body, definitions }
    }

    fn mapped(&self, shown: usize, ranks: &[f64]) -> Vec<Mapped> {
        let chosen = self.chosen(shown);
        let mapped = self.order.iter().filter_map(|&file| {
            let (path, names) = &self.files[file];
            let open = chosen[file].as_ref()?.iter().map(|&at| &names.defined[at]).filter(|each| each.is_open);
            let line = |each: &super::names::Defined| {
                let (row, line) = each.lines.first()?;
                Some((each.name.to_owned(), row + 1, (*line).to_owned()))
            };
            Some(Mapped { path: (*path).to_owned(), rank: ranks[file], definitions: open.filter_map(line).collect() })
        });
        mapped.collect()
    }
}
