//! Columns in, a line on each out: what counting questions need when rows are left out.

use std::fmt::Write;

use super::cell;
use super::evidence::{Evidence, Facts};
use super::parse::{Kind, Tree};
use super::paths::{PathId, Paths};

/// Columns summed up per collection.
const MAX_COLUMNS: usize = 24;
/// Values named per column.
const MAX_TOP: usize = 6;
/// Bytes of a value that are shown.
const MAX_VALUE_BYTES: usize = 32;

/// The summary of a collection whose records are `rows`; empty if nothing is worth saying.
pub fn of_collection(tree: &Tree, paths: &Paths, evidence: &Evidence, rows: &[u32]) -> String {
    let mut out = String::new();
    let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else {
        return out;
    };
    let base = paths.of_node[first as usize];
    let mut shown = 0;
    for path in base..paths.list.len() as PathId {
        if shown >= MAX_COLUMNS || !is_below(paths, path, base) {
            continue;
        }
        let (present, facts) = evidence.within(tree, paths, path, first, tree.node(last).skip);
        if let Some(line) = line(tree, &facts, present, rows.len()) {
            let name = paths.dotted(tree, path, base);
            let name = if name.is_empty() { "values".to_owned() } else { name };
            let _ = writeln!(out, "# {name} {line}");
            shown += 1;
        }
    }
    out
}

/// Whether `path` is reached from `base` through fields only, or is a place in a tuple: one value per record.
fn is_below(paths: &Paths, mut path: PathId, base: PathId) -> bool {
    while path != base {
        let entry = &paths.list[path as usize];
        if !entry.is_field && !paths.is_place(path) || entry.parent == u32::MAX {
            return false;
        }
        path = entry.parent;
    }
    true
}

fn line(tree: &Tree, facts: &Facts, present: usize, records: usize) -> Option<String> {
    let some = |count: usize, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
    let absent = some(records.saturating_sub(present), "absent");
    match facts {
        Facts::Numbers { min, max, median, mean, nulls, others } => {
            let (low, high) = (text(tree, *min), text(tree, *max));
            if low == high {
                return None;
            }
            let mean = if mean.is_finite() { format!(", mean {}", number(*mean)) } else { String::new() };
            let (nulls, others) = (some(*nulls, "null"), some(*others, "not numbers"));
            Some(format!("{low}..{high}, median {}{mean}{nulls}{others}{absent}", number(*median)))
        }
        Facts::Categories { top, distinct } => {
            if *distinct < 2 {
                return None;
            }
            let mut line = String::new();
            for (value, times) in top.iter().take(MAX_TOP) {
                let _ = write!(line, "{}{}×{times}", if line.is_empty() { "" } else { " " }, text(tree, *value));
            }
            if *distinct > MAX_TOP {
                let _ = write!(line, " …{} more values", distinct - MAX_TOP);
            }
            Some(line + &absent)
        }
        Facts::Other { range: Some((earliest, latest)), distinct } => {
            Some(format!("{}..{}, {distinct} distinct{absent}", text(tree, *earliest), text(tree, *latest)))
        }
        Facts::Other { distinct, .. } if *distinct > 1 && *distinct < present => {
            Some(format!("{distinct} distinct{absent}"))
        }
        Facts::Few if present > 0 && present < records => Some(format!("in {present} of {records}")),
        Facts::Other { .. } | Facts::Few => None,
    }
}

/// A number with four significant digits.
fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&value.abs()) {
        return format!("{value:.3e}");
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn text(tree: &Tree, index: u32) -> String {
    let raw = String::from_utf8_lossy(tree.raw(index));
    if raw.is_empty() && tree.node(index).kind == Kind::String {
        return "\"\"".to_owned();
    }
    let node = tree.node(index);
    if node.kind == Kind::String && (cell::is_literal(raw.as_bytes(), raw.as_bytes()[0]) || raw.contains('×')) {
        return format!("\"{raw}\"");
    }
    let mut end = raw.len().min(MAX_VALUE_BYTES);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    if end < raw.len() {
        format!("{}…", &raw[..end])
    } else {
        raw.into_owned()
    }
}
