//! A tree in, the values that must stay visible out, whatever the question: extremes and outliers,
//! rare values, failures, fields that few records have, points where a state changes.
//!
//! All of it is judged per path, so over all records of the text.

use std::borrow::Cow;

use super::parse::{Kind, Tree};
use super::paths::{MixMap, PathId, Paths};
use super::string;
use crate::words;

/// Values from which on a column has a shape that something can stand out of.
const MIN_VALUES: usize = 5;
/// Robust z-score beyond which a number is an outlier.
const OUTLIER_Z: f64 = 8.0;
/// Rare values, changes and outliers named per column at most.
const MAX_PER_COLUMN: usize = 4;
/// Bytes of a text in which a report of trouble is looked for.
const MAX_MESSAGE_BYTES: usize = 400;
/// Bytes of a text that may be a number.
const MAX_NUMBER_BYTES: usize = 20;
/// Digits up to which a whole number is exact as a float.
const MAX_EXACT_DIGITS: usize = 15;
/// Distinct numbers up to which a column is also one of categories, and those that are listed as such.
const MAX_FEW_NUMBERS: usize = 16;
const MAX_LISTED_NUMBERS: usize = 8;
/// Different failures named per column at most.
const MAX_FAILURES: usize = 24;
/// Names with a word of trouble from which on that word reports none.
const MIN_NAMES: usize = 3;
/// Distinct values up to which a column is one of categories.
const MAX_CATEGORIES: usize = 64;
/// Longest text that is a category.
const MAX_CATEGORY_BYTES: usize = 80;

/// Why a value stays visible. Earlier reasons come first when space is short.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    Asked,
    AskedExtreme,
    Failure,
    Rare,
    Extreme,
    Outlier,
    RareField,
    Change,
    End,
    Representative,
}

impl Why {
    /// The reason in words, for reports.
    pub fn text(self) -> &'static str {
        match self {
            Why::Asked => "named by the query",
            Why::AskedExtreme => "extreme of a column the query names",
            Why::Failure => "reports a failure",
            Why::Rare => "rare value",
            Why::Extreme => "extreme",
            Why::Outlier => "outlier",
            Why::RareField => "field that few records have",
            Why::Change => "change point",
            Why::End => "first or last",
            Why::Representative => "stands for others",
        }
    }
}

/// A value that must stay visible.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    pub node: u32,
    pub why: Why,
    /// Among pins of one reason, larger first.
    pub weight: f32,
}

/// What is known of a column, for its summary.
#[derive(Clone)]
pub enum Facts {
    /// `others` are neither numbers nor null.
    Numbers { min: u32, max: u32, median: f64, mean: f64, nulls: usize, others: usize },
    /// The most frequent values, each with one node that holds it; `distinct` counts all.
    Categories { top: Vec<(u32, usize)>, distinct: usize },
    /// Texts that mostly differ; `range` is the earliest and the latest if they are dates.
    Other { range: Option<(u32, u32)>, distinct: usize },
    /// Too few values to say more than how many.
    Few,
}

/// Values by path, what is known of them, and pins.
pub struct Evidence {
    pub pins: Vec<Pin>,
    /// `values[starts[p]..starts[p + 1]]` are the nodes on path `p`, in document order.
    values: Vec<u32>,
    starts: Vec<u32>,
    facts: Vec<Facts>,
}

impl Evidence {
    /// Gathers the evidence. `asked[path]`: the query names the field.
    pub fn gather(tree: &Tree, paths: &Paths, asked: &[bool]) -> Evidence {
        let (starts, values) = values_by_path(tree, paths);
        let is_trouble_path = trouble_paths(tree, paths);
        let mut gatherer = Gatherer { tree, paths, is_trouble_path, only_facts: false, pins: Vec::new() };
        let facts = (0..paths.list.len())
            .map(|path| {
                let cells = &values[starts[path] as usize..starts[path + 1] as usize];
                gatherer.path(path as PathId, cells, asked.get(path).copied().unwrap_or(false))
            })
            .collect();
        Evidence { pins: gatherer.pins, values, starts, facts }
    }

    /// What is known of the values on `path` among the nodes `from..to`, and how many they are.
    pub fn within(&self, tree: &Tree, paths: &Paths, path: PathId, from: u32, to: u32) -> (usize, Cow<'_, Facts>) {
        let path = path as usize;
        let all = &self.values[self.starts[path] as usize..self.starts[path + 1] as usize];
        let cells = &all[all.partition_point(|&node| node < from)..all.partition_point(|&node| node < to)];
        if cells.len() == all.len() {
            return (all.len(), Cow::Borrowed(&self.facts[path]));
        }
        let mut gatherer = Gatherer { tree, paths, is_trouble_path: Vec::new(), only_facts: true, pins: Vec::new() };
        (cells.len(), Cow::Owned(gatherer.path(path as PathId, cells, false)))
    }
}

/// Nodes grouped by path: `values[starts[p]..starts[p + 1]]`, in document order.
fn values_by_path(tree: &Tree, paths: &Paths) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; paths.list.len() + 1];
    for &path in &paths.of_node {
        starts[path as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut values = vec![0u32; tree.nodes.len()];
    for (index, &path) in paths.of_node.iter().enumerate() {
        values[next[path as usize] as usize] = index as u32;
        next[path as usize] += 1;
    }
    (starts, values)
}

struct Gatherer<'g, 'a> {
    tree: &'g Tree<'a>,
    paths: &'g Paths,
    is_trouble_path: Vec<bool>,
    /// Nobody looks at the pins.
    only_facts: bool,
    pins: Vec<Pin>,
}

/// Per path, whether its field, or one that holds it, is named for trouble.
fn trouble_paths(tree: &Tree, paths: &Paths) -> Vec<bool> {
    let mut is_trouble: Vec<bool> = Vec::with_capacity(paths.list.len());
    for (path, entry) in paths.list.iter().enumerate() {
        let mut found = entry.is_field && entry.parent != PathId::MAX && is_trouble[entry.parent as usize];
        if entry.is_field && !found {
            words::for_each_of_name(paths.name(tree, path as PathId), |word| found |= words::is_trouble(word));
        }
        is_trouble.push(found);
    }
    is_trouble
}

impl Gatherer<'_, '_> {
    fn pin(&mut self, node: u32, why: Why, weight: f32) {
        self.pins.push(Pin { node, why, weight });
    }

    fn path(&mut self, path: PathId, cells: &[u32], asked: bool) -> Facts {
        if !self.only_facts {
            self.seldom(path, cells);
        }
        if cells.len() < MIN_VALUES {
            return Facts::Few;
        }
        let (mut containers, mut numeric) = (0, 0);
        for &cell in cells {
            match self.tree.node(cell).kind {
                Kind::Array | Kind::Object | Kind::Embedded => containers += 1,
                Kind::Number | Kind::Null => numeric += 1,
                _ => {}
            }
        }
        if containers * 10 > cells.len() {
            return Facts::Few;
        }
        let is_scalar = |cell: &u32| !matches!(self.tree.node(*cell).kind, Kind::Array | Kind::Object | Kind::Embedded);
        let scalars: Cow<[u32]> =
            if containers == 0 { cells.into() } else { cells.iter().copied().filter(is_scalar).collect() };
        if numeric >= 3 && numeric * 10 >= scalars.len() * 9 {
            self.column(path, &scalars, asked)
        } else {
            self.texts(path, &scalars, asked)
        }
    }

    /// Records that the field's parent stands for.
    fn records(&self, path: PathId) -> usize {
        match self.paths.list[path as usize].parent {
            PathId::MAX => 1,
            parent => self.paths.list[parent as usize].count as usize,
        }
    }

    /// A field that few records have: all of them if it reports trouble, else if next to none has it.
    fn seldom(&mut self, path: PathId, cells: &[u32]) {
        let entry = &self.paths.list[path as usize];
        if !entry.is_field || cells.is_empty() {
            return;
        }
        let records = self.records(path);
        if records < 8 || cells.len() * 2 > records {
            return;
        }
        let is_few = cells.len() < MIN_VALUES;
        let is_container = self.tree.node(cells[0]).kind.is_container();
        let reports = (is_few || is_container) && self.is_trouble_path[path as usize];
        if reports && !is_few {
            for &cell in cells.iter().take(MAX_FAILURES).filter(|&&cell| self.tree.node(cell).count > 0) {
                self.pins.push(Pin { node: cell, why: Why::Failure, weight: 1.0 / cells.len() as f32 });
            }
            return;
        }
        for &cell in cells.iter().take(if is_few { MIN_VALUES } else { 1 }) {
            if is_few && self.is_troubled(cell, reports) {
                self.pin(cell, Why::Failure, 1.0 / cells.len() as f32);
            } else if cells.len() * 50 <= records || is_few && records >= 20 {
                self.pin(cell, Why::RareField, 1.0 / cells.len() as f32);
            }
        }
    }

    /// A column of numbers or null, but for some.
    fn column(&mut self, path: PathId, cells: &[u32], asked: bool) -> Facts {
        let mut numbers = Vec::with_capacity(cells.len());
        let mut nulls: Vec<u32> = Vec::new();
        let mut others: Vec<u32> = Vec::new();
        let mut is_exact = true;
        for &cell in cells {
            match self.tree.node(cell).kind {
                Kind::Number => {
                    let raw = self.tree.raw(cell);
                    is_exact &= raw.len() <= MAX_EXACT_DIGITS || !raw.iter().all(u8::is_ascii_digit);
                    match parse_number(raw) {
                        Some(value) => numbers.push((value, cell)),
                        None => others.push(cell),
                    }
                }
                Kind::Null => nulls.push(cell),
                _ => others.push(cell),
            }
        }
        if is_exact && numbers.len() >= 3 && (numbers.len() + nulls.len()) * 10 >= cells.len() * 9 {
            return self.numbers(numbers, &nulls, &others, asked);
        }
        self.texts(path, cells, asked)
    }

    fn numbers(&mut self, numbers: Vec<(f64, u32)>, nulls: &[u32], others: &[u32], asked: bool) -> Facts {
        for &cell in others.iter().take(MAX_PER_COLUMN) {
            self.pin(cell, Why::Rare, 0.5 / others.len() as f32);
        }
        let by_value = |left: &&(f64, u32), right: &&(f64, u32)| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1));
        let max = numbers.iter().max_by(by_value).map_or(0, |found| found.1);
        let min = numbers.iter().min_by(|left, right| left.0.total_cmp(&right.0)).map_or(0, |found| found.1);
        let mut values: Vec<f64> = numbers.iter().map(|number| number.0).collect();
        let median = median_of(&mut values);
        let mean = numbers.iter().map(|number| number.0).sum::<f64>() / numbers.len() as f64;
        if self.tree.raw(min) != self.tree.raw(max) {
            let is_name = self.is_identifier(&numbers);
            let why = if asked { Why::AskedExtreme } else { Why::Extreme };
            let weight = if is_name { 0.1 } else { 1.0 };
            self.pin(max, why, weight * 2.0);
            self.pin(min, why, weight);
            if !is_name {
                for value in &mut values {
                    *value = (*value - median).abs();
                }
                let spread = 1.4826 * median_of(&mut values);
                self.outliers(&numbers, median, spread, asked);
                self.shift(&numbers, mean);
            }
        }
        if let Some(mut top) = self.few_values(&numbers).filter(|_| numbers.len() >= 8 && others.is_empty()) {
            top.extend(nulls.first().map(|&cell| (cell, nulls.len())));
            top.sort_unstable_by_key(|&(cell, count)| (std::cmp::Reverse(count), cell));
            self.rare(&top, numbers.len() + nulls.len(), asked);
            if top.len() <= MAX_LISTED_NUMBERS {
                return Facts::Categories { distinct: top.len(), top };
            }
        }
        Facts::Numbers { min, max, median, mean, nulls: nulls.len(), others: others.len() }
    }

    /// The distinct numbers with their counts, if they are few.
    fn few_values(&self, numbers: &[(f64, u32)]) -> Option<Vec<(u32, usize)>> {
        let mut top: Vec<(f64, u32, usize)> = Vec::new();
        for &(value, cell) in numbers {
            match top.iter().position(|known| known.0 == value) {
                Some(at) => top[at].2 += 1,
                None if top.len() == MAX_FEW_NUMBERS => return None,
                None => top.push((value, cell, 1)),
            }
        }
        Some(top.into_iter().map(|(_, cell, count)| (cell, count)).collect())
    }

    /// Whole numbers that count up, or all differ and have equally many digits: names, not amounts.
    fn is_identifier(&self, numbers: &[(f64, u32)]) -> bool {
        let first = self.tree.raw(numbers[0].1);
        if !first.iter().all(u8::is_ascii_digit) {
            return false;
        }
        let rises = numbers.windows(2).all(|pair| pair[0].0 < pair[1].0)
            || numbers.windows(2).all(|pair| pair[0].0 > pair[1].0);
        rises || first.len() >= 6 && numbers.iter().all(|number| self.tree.raw(number.1).len() == first.len())
    }

    fn outliers(&mut self, numbers: &[(f64, u32)], median: f64, spread: f64, asked: bool) {
        if numbers.len() < 8 {
            return;
        }
        // Where most values are equal, whatever differs stands out.
        let spread = if spread > 0.0 { spread } else { f64::MIN_POSITIVE };
        let mut far: Vec<(f64, u32)> = numbers
            .iter()
            .map(|&(value, cell)| ((value - median) / spread, cell))
            .filter(|(z, _)| z.abs() > OUTLIER_Z)
            .collect();
        if far.len() * 10 > numbers.len() {
            return;
        }
        far.sort_by(|left, right| right.0.abs().total_cmp(&left.0.abs()).then(left.1.cmp(&right.1)));
        let limit = if asked || far.len() <= MAX_PER_COLUMN { MAX_PER_COLUMN } else { 2 };
        for &(z, cell) in far.iter().take(limit) {
            self.pin(cell, Why::Outlier, z.abs().min(1e6) as f32);
        }
    }

    /// The largest lasting shift of the mean, if it is a clear one.
    fn shift(&mut self, numbers: &[(f64, u32)], mean: f64) {
        let count = numbers.len();
        if count < 16 {
            return;
        }
        let variance = numbers.iter().map(|number| (number.0 - mean).powi(2)).sum::<f64>() / count as f64;
        let scale = variance.sqrt() * (count as f64).sqrt();
        let (mut sum, mut best, mut at) = (0.0f64, 0.0f64, 0);
        for (ordinal, number) in numbers.iter().enumerate() {
            sum += number.0 - mean;
            if sum.abs() > best {
                best = sum.abs();
                at = ordinal;
            }
        }
        if scale > 0.0 && best / scale > 2.5 && at + 1 < count {
            self.pin(numbers[at + 1].1, Why::Change, (best / scale) as f32);
        }
    }

    fn texts(&mut self, path: PathId, cells: &[u32], asked: bool) -> Facts {
        let capacity = cells.len().min(2048);
        let mut groups: MixMap<u64, (u32, usize)> = MixMap::with_capacity_and_hasher(capacity, Default::default());
        let mut troubled: Vec<(u32, u64)> = Vec::new();
        let mut hashes = Vec::with_capacity(cells.len());
        let is_trouble_field = !self.only_facts && self.is_trouble_path[path as usize];
        for &cell in cells {
            let node = self.tree.node(cell);
            let raw = self.tree.raw(cell);
            let hash = xxhash_rust::xxh3::xxh3_64(raw) ^ node.kind as u64;
            hashes.push(hash);
            let entry = groups.entry(hash).or_insert((cell, 0));
            entry.1 += 1;
            if entry.1 == 1 && !self.only_facts && self.is_troubled(cell, is_trouble_field) {
                troubled.push((cell, hash));
            }
        }
        let distinct = groups.len();
        let may_be_categories = distinct <= MAX_CATEGORIES && distinct * 2 <= cells.len().max(4);
        self.number_range(cells, asked);
        if !may_be_categories && !is_trouble_field {
            self.forget_names(&mut troubled, &groups);
        }
        self.failures(&troubled, &groups, self.records(path).max(cells.len()));
        if may_be_categories && !self.only_facts {
            self.failed_records(cells, &hashes, &troubled, &groups);
        }
        let is_short = |&(cell, _): &(u32, usize)| self.tree.raw(cell).len() <= MAX_CATEGORY_BYTES;
        if may_be_categories && groups.values().all(is_short) {
            let mut top: Vec<(u32, usize)> = groups.values().copied().collect();
            top.sort_unstable_by_key(|&(cell, count)| (std::cmp::Reverse(count), cell));
            self.rare(&top, cells.len(), asked);
            self.changes(cells, &hashes);
            return Facts::Categories { top, distinct };
        }
        if distinct > 1 {
            self.singles(&groups, cells.len(), asked);
        }
        let range = self.date_range(cells);
        if let Some((earliest, latest)) = range {
            let why = if asked { Why::AskedExtreme } else { Why::Extreme };
            self.pin(latest, why, 0.1);
            self.pin(earliest, why, 0.05);
        }
        Facts::Other { range, distinct }
    }

    /// The least and the greatest of numbers that are written as texts.
    fn number_range(&mut self, cells: &[u32], asked: bool) {
        let number = |cell: u32| match self.tree.node(cell).kind {
            Kind::String if self.tree.raw(cell).len() <= MAX_NUMBER_BYTES => string_number(self.tree.raw(cell)),
            _ => None,
        };
        let is_empty = |cell: u32| self.tree.node(cell).kind == Kind::Null || self.tree.raw(cell).is_empty();
        // Most columns are told by one value.
        let first = cells.iter().find(|&&cell| !is_empty(cell));
        if self.only_facts || first.is_none_or(|&cell| number(cell).is_none()) {
            return;
        }
        let numbers: Vec<(f64, u32)> = cells.iter().filter_map(|&cell| Some((number(cell)?, cell))).collect();
        let empty = cells.iter().filter(|&&cell| is_empty(cell)).count();
        if numbers.len() < MIN_VALUES || (numbers.len() + empty) * 10 < cells.len() * 9 || self.is_identifier(&numbers)
        {
            return;
        }
        let least = numbers.iter().min_by(|left, right| left.0.total_cmp(&right.0));
        let greatest = numbers.iter().rev().max_by(|left, right| left.0.total_cmp(&right.0));
        let (Some(least), Some(greatest)) = (least, greatest) else { return };
        if least.0 < greatest.0 {
            let why = if asked { Why::AskedExtreme } else { Why::Extreme };
            self.pin(greatest.1, why, 1.5);
            self.pin(least.1, why, 0.8);
        }
    }

    /// The earliest and the latest of dates that sort as text: `2024-05-17…`, `2024/05/17…`.
    fn date_range(&self, cells: &[u32]) -> Option<(u32, u32)> {
        let is_date = |raw: &[u8]| {
            raw.len() >= 10
                && raw[..4].iter().all(u8::is_ascii_digit)
                && matches!(raw[4], b'-' | b'/')
                && raw[4] == raw[7]
                && raw[5..7].iter().chain(&raw[8..10]).all(u8::is_ascii_digit)
        };
        let is_text = |cell: &u32| self.tree.node(*cell).kind == Kind::String;
        if !cells.iter().find(|cell| is_text(cell)).is_some_and(|&cell| is_date(self.tree.raw(cell))) {
            return None;
        }
        let dates: Vec<u32> = cells.iter().copied().filter(is_text).collect();
        if dates.is_empty()
            || dates.len() * 10 < cells.len() * 9
            || !dates.iter().all(|&cell| is_date(self.tree.raw(cell)))
        {
            return None;
        }
        let earliest = dates.iter().copied().min_by_key(|&cell| self.tree.raw(cell))?;
        let latest = dates.iter().copied().rev().max_by_key(|&cell| self.tree.raw(cell))?;
        Some((earliest, latest))
    }

    fn is_troubled(&self, cell: u32, is_trouble_field: bool) -> bool {
        let node = self.tree.node(cell);
        let raw = self.tree.raw(cell);
        match node.kind {
            Kind::String if is_trouble_field => {
                !raw.is_empty() && !matches!(raw, b"null" | b"none" | b"None" | b"0" | b"false" | b"ok" | b"OK")
            }
            Kind::True => is_trouble_field,
            Kind::Number => is_trouble_field && raw != b"0",
            Kind::Array | Kind::Object => is_trouble_field && node.count > 0,
            Kind::String => {
                let head = &raw[..raw.len().min(MAX_MESSAGE_BYTES)];
                let is_spelled_out = node.escaped && memchr::memmem::find(head, b"\\u").is_some();
                match is_spelled_out.then(|| string::decode(raw)).flatten() {
                    Some(text) => words::has_trouble(&text.as_bytes()[..text.len().min(MAX_MESSAGE_BYTES)]),
                    None => words::has_trouble(head),
                }
            }
            _ => false,
        }
    }

    /// In a column of names, such as paths, tests or packages, a word of trouble that several have says what they are
    /// about, not that something failed.
    fn forget_names(&self, troubled: &mut Vec<(u32, u64)>, groups: &MixMap<u64, (u32, usize)>) {
        let is_name = |cell: u32| is_name(self.tree.raw(cell));
        let count = troubled.iter().filter(|&&(cell, _)| is_name(cell)).count();
        // A few among many may well have failed.
        if count < MIN_NAMES || count * 10 < groups.len() {
            return;
        }
        let names = groups.values().filter(|&&(cell, _)| is_name(cell)).count();
        if names * 10 >= groups.len() * 8 {
            troubled.retain(|&(cell, _)| !is_name(cell));
        }
    }

    /// One value of each different failure, unless the whole column is of that kind.
    fn failures(&mut self, troubled: &[(u32, u64)], groups: &MixMap<u64, (u32, usize)>, records: usize) {
        let total: usize = troubled.iter().filter_map(|(_, hash)| groups.get(hash)).map(|group| group.1).sum();
        if total * 2 > records && records > 12 {
            return;
        }
        for &(cell, hash) in troubled.iter().take(MAX_FAILURES) {
            let count = groups.get(&hash).map_or(1, |group| group.1);
            self.pin(cell, Why::Failure, 1.0 / count as f32);
        }
    }

    /// The other records that a category of trouble marks, where it marks a few.
    fn failed_records(
        &mut self,
        cells: &[u32],
        hashes: &[u64],
        troubled: &[(u32, u64)],
        groups: &MixMap<u64, (u32, usize)>,
    ) {
        let count = |hash: &u64| groups.get(hash).map_or(0, |group| group.1);
        let few = (cells.len() / 10).min(MAX_FAILURES);
        let marks: Vec<u64> =
            troubled.iter().map(|&(_, hash)| hash).filter(|hash| (2..=few).contains(&count(hash))).collect();
        if marks.is_empty() || troubled.iter().map(|(_, hash)| count(hash)).sum::<usize>() > few {
            return;
        }
        for (&cell, hash) in cells.iter().zip(hashes).filter(|(_, hash)| marks.contains(hash)) {
            self.pin(cell, Why::Failure, 0.5 / count(hash) as f32);
        }
    }

    /// Categories that occur once, or next to never; all small ones if there are few categories.
    fn rare(&mut self, top: &[(u32, usize)], values: usize, asked: bool) {
        if top.len() < 2 {
            return;
        }
        let seldom = 1.max(values / 100);
        let rare: Vec<(u32, usize)> = top.iter().copied().filter(|&(_, count)| count <= seldom).collect();
        let is_dominated = top[0].1 * 10 >= values * 9;
        let limit = if asked || is_dominated { MAX_PER_COLUMN * 2 } else { MAX_PER_COLUMN };
        if rare.len() > limit && rare.len() * 2 > top.len() && !is_dominated {
            return;
        }
        for &(cell, count) in rare.iter().rev().take(limit) {
            self.pin(cell, Why::Rare, 1.0 / (count * top.len()) as f32);
        }
        if top.len() <= 6 {
            for &(cell, count) in top[1..].iter().filter(|&&(_, count)| count > seldom) {
                self.pin(cell, Why::Rare, 0.1 / (count * top.len()) as f32);
            }
        }
    }

    /// In a column of mostly repeated values that has too many for categories: those that stand alone.
    fn singles(&mut self, groups: &MixMap<u64, (u32, usize)>, values: usize, asked: bool) {
        let alone = groups.values().filter(|group| group.1 == 1).map(|group| group.0);
        let mut single: Vec<u32> = alone.take(MAX_PER_COLUMN + 1).collect();
        if single.is_empty() || single.len() > MAX_PER_COLUMN || !asked && single.len() * 20 > values {
            return;
        }
        single.sort_unstable();
        for cell in single {
            self.pin(cell, Why::Rare, 0.05);
        }
    }

    /// Where a state that seldom changes does change.
    fn changes(&mut self, cells: &[u32], hashes: &[u64]) {
        let at: Vec<usize> = (1..hashes.len()).filter(|&at| hashes[at] != hashes[at - 1]).collect();
        if cells.len() < 12 || at.is_empty() || at.len() > MAX_PER_COLUMN || at.len() * 8 > cells.len() {
            return;
        }
        for ordinal in at {
            self.pin(cells[ordinal], Why::Change, 1.0);
        }
    }
}

/// Whether a text is put together as an identifier is: of several parts, without spaces.
fn is_name(raw: &[u8]) -> bool {
    !raw.iter().any(u8::is_ascii_whitespace) && raw.iter().any(|byte| b"/_-.:@".contains(byte))
}

fn median_of(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    let is_odd = values.len() % 2 == 1;
    let (lower, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if is_odd {
        return upper;
    }
    let below = lower.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    below / 2.0 + upper / 2.0
}

/// The value of a text that is a plain decimal number; codes with zeros before them are none.
fn string_number(raw: &[u8]) -> Option<f64> {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let is_plain = digits.first()?.is_ascii_digit()
        && digits.last()?.is_ascii_digit()
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && digits.iter().filter(|&&byte| byte == b'.').count() <= 1
        && !(digits.len() > 1 && digits[0] == b'0' && digits[1] != b'.');
    if is_plain {
        parse_number(raw)
    } else {
        None
    }
}

/// The value of a JSON number, exact for what is at most 15 digits long.
pub fn parse_number(raw: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match raw.first() {
        Some(b'-') => (true, &raw[1..]),
        _ => (false, raw),
    };
    let (mut mantissa, mut places, mut seen_dot) = (0u64, 0usize, false);
    if digits.len() <= 16 {
        let simple = digits.iter().all(|&byte| match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                places += usize::from(seen_dot);
                true
            }
            b'.' => {
                seen_dot = true;
                true
            }
            _ => false,
        });
        if simple && mantissa < 1 << 53 && places < POWERS.len() {
            let value = mantissa as f64 / POWERS[places];
            return Some(if negative { -value } else { value });
        }
    }
    std::str::from_utf8(raw).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}
