//! Changed lines in; the same with what is said twice said once out: blocks that were moved or repeated, lines that
//! changed in a word.
//!
//! What a fold stands for is exact: the lines can be had back from it. Near linear in the number of lines.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::code;
use super::pair::{self, Shared};

/// Earlier places that are looked at for one block.
const MAX_CANDIDATES: usize = 12;
/// A block is worth a reference from this many bytes without indentation.
const MIN_BYTES: usize = 56;
/// Runs up to this many comparisons are aligned; longer ones of equal length line by line.
const MAX_COMPARISONS: usize = 1_600;

/// One line of a hunk, or one that stands for it.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'t> {
    /// Without the sign.
    pub text: &'t str,
    /// `+`, `-` or ` `; 0 for what is none of these and cannot be folded.
    pub sign: u8,
    /// Blocks and runs lie within one group.
    pub group: u32,
    /// Index of the line.
    pub line: u32,
    /// Must stand as it is.
    pub is_literal: bool,
}

/// How a block is indented compared with the one it repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indent {
    pub byte: u8,
    pub by: i32,
}

/// Indices are those of units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    Line(usize),
    /// A removed line and an added one.
    Pair(usize, usize, Shared),
    /// The next line begins a block that is referred to.
    Label(u32),
    Again(Again),
}

/// A block that stands elsewhere too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Again {
    pub label: u32,
    pub at: usize,
    pub from: usize,
    pub count: usize,
    /// Another sign than there.
    pub sign: Option<u8>,
    pub indent: Indent,
}

/// The items that stand for `units`, in order.
pub fn fold(units: &[Unit]) -> Vec<Item> {
    let repeats = find_repeats(units);
    let mut labels = BTreeMap::new();
    let mut is_source = vec![false; units.len()];
    for repeat in &repeats {
        labels.insert(repeat.from, 0u32);
        is_source[repeat.from..repeat.from + repeat.count].fill(true);
    }
    for (ordinal, label) in labels.values_mut().enumerate() {
        *label = ordinal as u32 + 1;
    }
    let mut items = Vec::with_capacity(units.len());
    let mut next_repeat = repeats.iter().peekable();
    let mut at = 0;
    while at < units.len() {
        if let Some(&label) = labels.get(&at) {
            items.push(Item::Label(label));
        }
        if let Some(repeat) = next_repeat.next_if(|repeat| repeat.at == at) {
            items.push(Item::Again(Again { label: labels[&repeat.from], ..*repeat }));
            at += repeat.count;
            continue;
        }
        let stop = next_repeat.peek().map_or(units.len(), |repeat| repeat.at);
        let end = (at + 1..stop)
            .find(|&next| {
                units[next].group != units[at].group || is_source[next] != is_source[at] || labels.contains_key(&next)
            })
            .unwrap_or(stop.max(at + 1));
        if is_source[at] {
            items.extend((at..end).map(Item::Line));
        } else {
            fold_runs(units, at, end, &mut items);
        }
        at = end;
    }
    items
}

/// Blocks that repeat earlier ones, in order, without overlaps. No block repeats one that itself is a repetition.
fn find_repeats(units: &[Unit]) -> Vec<Again> {
    let hashes: Vec<u64> = units.iter().map(|unit| xxh3_64(unit.text.trim_ascii_start().as_bytes())).collect();
    let size = (units.len().max(8) * 2).next_power_of_two();
    let mut heads = vec![u32::MAX; size];
    let mut previous = vec![u32::MAX; units.len()];
    let mut is_covered = vec![false; units.len()];
    let mut found: Vec<Again> = Vec::new();
    let mut at = 0;
    while at + 1 < units.len() {
        let slot = (hashes[at] ^ hashes[at + 1].rotate_left(23)) as usize & (size - 1);
        let search = Search { units, hashes: &hashes, is_covered: &is_covered };
        let best = search.best(at, heads[slot], &previous);
        if let Some(again) = best {
            is_covered[at..at + again.count].fill(true);
            at += again.count;
            found.push(again);
        } else {
            previous[at] = heads[slot];
            heads[slot] = at as u32;
            at += 1;
        }
    }
    found
}

struct Search<'s, 't> {
    units: &'s [Unit<'t>],
    hashes: &'s [u64],
    is_covered: &'s [bool],
}

impl Search<'_, '_> {
    /// The longest block at `at` that repeats one of the candidates, if it is worth it.
    fn best(&self, at: usize, first: u32, previous: &[u32]) -> Option<Again> {
        let mut best: Option<(usize, Again)> = None;
        let mut candidate = first;
        for _ in 0..MAX_CANDIDATES {
            if candidate == u32::MAX {
                break;
            }
            let from = candidate as usize;
            let (again, bytes) = self.extend(from, at);
            let is_better = match &best {
                Some((most, known)) => bytes > *most || bytes == *most && again.sign.is_none() && known.sign.is_some(),
                None => bytes >= MIN_BYTES && again.count >= 2,
            };
            if is_better {
                best = Some((bytes, again));
            }
            candidate = previous[from];
        }
        best.map(|(_, again)| again)
    }

    /// How far the block at `at` repeats the one at `from`, and the bytes that it says, without indentation.
    fn extend(&self, from: usize, at: usize) -> (Again, usize) {
        let units = self.units;
        let (source, target) = (&units[from], &units[at]);
        let sign = (source.sign != target.sign).then_some(target.sign);
        let mut again = Again { label: 0, at, from, count: 0, sign, indent: Indent::default() };
        let mut is_indent_known = false;
        let mut bytes = 0;
        while from + again.count < at && at + again.count < units.len() {
            let (a, b) = (&units[from + again.count], &units[at + again.count]);
            let are_alike = a.sign != 0
                && b.sign != 0
                && a.group == source.group
                && b.group == target.group
                && !self.is_covered[from + again.count]
                && self.hashes[from + again.count] == self.hashes[at + again.count]
                && match sign {
                    None => a.sign == b.sign,
                    Some(sign) => b.sign == sign && a.sign == source.sign,
                };
            if !are_alike {
                break;
            }
            let said = b.text.trim_ascii_start();
            if said.is_empty() {
                if a.text != b.text {
                    break;
                }
            } else {
                let Some(indent) = indent_between(a.text, b.text) else { break };
                if is_indent_known && indent != again.indent {
                    break;
                }
                (again.indent, is_indent_known) = (indent, true);
            }
            bytes += said.len();
            again.count += 1;
        }
        (again, bytes)
    }
}

/// By how much more `to` is indented than `from`, which otherwise says the same; `None` for different white space.
fn indent_between(from: &str, to: &str) -> Option<Indent> {
    let said = from.trim_ascii_start();
    if said != to.trim_ascii_start() {
        return None;
    }
    let (old, new) = (&from[..from.len() - said.len()], &to[..to.len() - said.len()]);
    let (longer, shorter, sense) = if new.len() >= old.len() { (new, old, 1) } else { (old, new, -1) };
    let extra = longer.strip_suffix(shorter)?.as_bytes();
    let Some(&byte) = extra.first() else { return Some(Indent::default()) };
    let is_even = (byte == b' ' || byte == b'\t') && extra.iter().all(|&other| other == byte);
    // The extra white space is put first: it must be of one kind.
    is_even.then_some(Indent { byte, by: sense * extra.len() as i32 })
}

/// Adds the lines from `at` to `end`, in which pairs are written as one.
fn fold_runs(units: &[Unit], mut at: usize, end: usize, items: &mut Vec<Item>) {
    while at < end {
        let sign_end = |from: usize, sign: u8| (from..end).find(|&index| units[index].sign != sign).unwrap_or(end);
        let middle = sign_end(at, b'-');
        let stop = sign_end(middle, b'+');
        if middle == at || stop == middle {
            let next = stop.max(middle).max(at + 1);
            items.extend((at..next).map(Item::Line));
            at = next;
        } else {
            align(units, at, middle, stop, items);
            at = stop;
        }
    }
}

/// Adds a run of removed and added lines, those that belong together as pairs, in the order of both.
fn align(units: &[Unit], minus: usize, plus: usize, end: usize, items: &mut Vec<Item>) {
    let (rows, columns) = (plus - minus, end - plus);
    let shared = |row: usize, column: usize| {
        let (old, new) = (&units[minus + row], &units[plus + column]);
        if old.is_literal || new.is_literal {
            return None;
        }
        // What defines or handles errors stands on both sides as it is.
        let is_free = |unit: &Unit| !code::is_evidence(unit.text.trim_ascii());
        pair::shared(old.text, new.text).filter(|_| is_free(old) && is_free(new))
    };
    let pairs = if rows * columns <= MAX_COMPARISONS {
        best_pairs(rows, columns, shared)
    } else if rows == columns {
        (0..rows).filter_map(|row| shared(row, row).map(|found| (row, row, found))).collect()
    } else {
        Vec::new()
    };
    let (mut row, mut column) = (0, 0);
    for (old, new, found) in pairs {
        items.extend((row..old).map(|row| Item::Line(minus + row)));
        items.extend((column..new).map(|column| Item::Line(plus + column)));
        items.push(Item::Pair(minus + old, plus + new, found));
        (row, column) = (old + 1, new + 1);
    }
    items.extend((row..rows).map(|row| Item::Line(minus + row)));
    items.extend((column..columns).map(|column| Item::Line(plus + column)));
}

/// The pairs, in order, that save the most together.
fn best_pairs(
    rows: usize,
    columns: usize,
    shared: impl Fn(usize, usize) -> Option<Shared>,
) -> Vec<(usize, usize, Shared)> {
    let width = columns + 1;
    let mut most = vec![0usize; (rows + 1) * width];
    let mut known: Vec<Option<Shared>> = vec![None; rows * columns];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let found = shared(row, column);
            known[row * columns + column] = found;
            let apart = most[(row + 1) * width + column].max(most[row * width + column + 1]);
            let together = found.map_or(0, |found| found.gain() + most[(row + 1) * width + column + 1]);
            most[row * width + column] = apart.max(together);
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < rows && column < columns {
        let here = most[row * width + column];
        let found = known[row * columns + column];
        match found {
            Some(found) if found.gain() + most[(row + 1) * width + column + 1] == here => {
                pairs.push((row, column, found));
                (row, column) = (row + 1, column + 1);
            }
            _ if most[(row + 1) * width + column] == here => row += 1,
            _ => column += 1,
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units<'t>(lines: &[&'t str]) -> Vec<Unit<'t>> {
        lines
            .iter()
            .enumerate()
            .map(|(at, line)| Unit {
                text: &line[1..],
                sign: line.as_bytes()[0],
                group: 0,
                line: at as u32,
                is_literal: false,
            })
            .collect()
    }

    #[test]
    fn a_block_that_moved_is_said_once_with_its_new_indentation() {
        let lines = [
            "-    cached = _ansi_stream_wrappers.get(stream)",
            "-",
            "-    strip = should_strip_ansi(stream, color)",
            "-    gone",
            "+cached = _ansi_stream_wrappers.get(stream)",
            "+",
            "+strip = should_strip_ansi(stream, color)",
        ];
        let items = fold(&units(&lines));
        assert_eq!(items[0], Item::Label(1));
        let Some(&Item::Again(again)) = items.last() else { panic!("{items:?}") };
        assert_eq!((again.from, again.at, again.count, again.sign), (0, 4, 3, Some(b'+')));
        assert_eq!(again.indent, Indent { byte: b' ', by: -4 });
    }

    #[test]
    fn lines_that_belong_together_are_paired_in_order() {
        let lines = [
            "-    value = compute_the_value(first, second)",
            "-    unrelated",
            "-    return wrap_the_value(value, True)",
            "+    value = compute_the_value(first, third)",
            "+    return wrap_the_value(value, False)",
        ];
        let items = fold(&units(&lines));
        assert!(matches!(items[..], [Item::Pair(0, 3, _), Item::Line(1), Item::Pair(2, 4, _)]), "{items:?}");
    }

    #[test]
    fn every_unit_is_in_exactly_one_item() {
        let lines = ["+a long line of text that is said again and again", "+and one more of these", "-x", "+x", " c"]
            .repeat(50);
        let units = units(&lines);
        let mut seen = vec![0; units.len()];
        for item in fold(&units) {
            match item {
                Item::Line(at) => seen[at] += 1,
                Item::Pair(old, new, _) => {
                    seen[old] += 1;
                    seen[new] += 1;
                }
                Item::Again(again) => seen[again.at..again.at + again.count].iter_mut().for_each(|count| *count += 1),
                Item::Label(_) => {}
            }
        }
        assert!(seen.iter().all(|&count| count == 1));
    }
}
