//! A tree and what is evident in it in, a view out: which rows are shown, and why.

use super::evidence::{Evidence, Pin, Why};
use super::knee;
use super::parse::{Kind, Tree};
use super::paths::{self, MixMap, PathId, Paths};
use super::query::{Hit, Named};
use super::summary;
use super::view::View;
use crate::words;

/// Collections of at most this many items are shown whole.
const SMALL_ARRAY: u32 = 5;
const SMALL_MAP: u32 = 8;
/// Rows from which on a collection is summed up.
const MIN_SUMMED_ROWS: usize = 12;
/// Values named by the query that are shown at most, and those of which rows are shown in full.
const MAX_HITS: usize = 12;
const MAX_CALL_HITS: usize = 4;
/// Values shown that hold the same words of the query.
const MAX_PER_PHRASE: usize = 5;
const MAX_FULL: usize = 6;
/// Hits of the same words, beyond which they tell too little apart for rows in full.
const MAX_TIED: usize = 24;
/// Reasons that are remembered for reports.
const MAX_NOTES: usize = 200;
/// Share of the space that a value may cost and still be let in when space is short.
const CRUMB_SHARE: f64 = 0.03;
/// Share of the space that extremes have, whatever came before them.
const EXTREMES_SHARE: f64 = 0.15;
/// Items of an asked record's inner collection that are shown, of a short one and of a longer one.
const MAX_INNER: usize = 64;
const MIN_INNER: usize = 8;
/// Rough share of a record's bytes that its row in a table has.
const ROW_SHARE: f64 = 0.5;

/// How much a lossy view may show.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// One line a definition: the least that keeps the evidence.
    pub deep: bool,
    /// Share of the tokens to keep at most.
    pub target_ratio: Option<f64>,
}

impl Budget {
    /// Whether small collections are cut too, because a ratio could not be kept otherwise.
    fn is_tight(&self) -> bool {
        self.deep && self.target_ratio.is_some()
    }

    /// Bytes for rows, from the bytes of the text.
    fn bytes(&self, total: usize) -> f64 {
        match (self.target_ratio, self.deep) {
            (Some(ratio), _) => total as f64 * ratio * 0.7,
            (None, true) => (total as f64 * 0.03).max(600.0),
            (None, false) => (total as f64 * 0.09).max(1800.0),
        }
    }
}

/// A view and the account of it.
pub struct Selection {
    pub view: View,
    /// What is shown, and why.
    pub notes: Vec<(u32, Why)>,
    /// Of which collections items are left out, and how many.
    pub dropped: Vec<(u32, usize)>,
    pub shown: usize,
    pub total: usize,
}

/// Chooses what a lossy view shows.
pub fn select(tree: &Tree, paths: &Paths, named: &Named, evidence: &Evidence, budget: Budget) -> Selection {
    let mut selector = Selector {
        tree,
        paths,
        evidence,
        marked: vec![false; tree.nodes.len()],
        spent: 0.0,
        limit: budget.bytes(tree.source.len()),
        is_tight: budget.is_tight(),
        parallel: Parallel::of(tree, paths),
        asked_records: Vec::new(),
        spent_on_asked: 0.0,
        selection: Selection { view: View::default(), notes: Vec::new(), dropped: Vec::new(), shown: 0, total: 0 },
    };
    let (text, asked_text) = if budget.deep { (80, 400) } else { (160, 1600) };
    let room = if budget.is_tight() { selector.limit as usize } else { usize::MAX };
    let view = &mut selector.selection.view;
    view.text_limit = text.min(room / 20).max(24);
    view.asked_text_limit = asked_text.min(room / 4).max(48);
    let from_call = named.hits.partition_point(|hit| !hit.by_call);
    selector.asked(&named.hits[..from_call], MAX_HITS);
    selector.asked(&named.hits[from_call..], MAX_CALL_HITS);
    selector.pins(&evidence.pins, budget);
    selector.hide(&named.paths);
    selector.collections(budget);
    selector.selection
}

/// Marks, per node, the rows in which something is evident or named by the query.
pub fn literal_rows(tree: &Tree, named: &Named, evidence: &Evidence) -> Vec<bool> {
    let mut literal = vec![false; tree.nodes.len()];
    let pins = evidence.pins.iter().filter(|pin| pin.why != Why::Change).map(|pin| pin.node);
    for node in named.hits.iter().take(MAX_TIED).map(|hit| hit.node).chain(pins) {
        let mut at = node;
        while at != u32::MAX && !literal[at as usize] {
            literal[at as usize] = true;
            at = tree.node(at).parent;
        }
    }
    literal
}

struct Selector<'s, 'a> {
    tree: &'s Tree<'a>,
    paths: &'s Paths,
    evidence: &'s Evidence,
    marked: Vec<bool>,
    spent: f64,
    limit: f64,
    is_tight: bool,
    parallel: Parallel,
    /// The innermost records of what was asked for.
    asked_records: Vec<u32>,
    /// Bytes of their inner collections that are shown whole.
    spent_on_asked: f64,
    selection: Selection,
}

impl Selector<'_, '_> {
    fn is_prunable(&self, index: u32) -> bool {
        let node = self.tree.node(index);
        match node.kind {
            // A tuple is a row by itself, which cells must not be missing from.
            Kind::Array if self.paths.is_tuple[index as usize] => false,
            Kind::Array => node.count > if self.is_tight { 1 } else { SMALL_ARRAY },
            Kind::Object => node.count > if self.is_tight { 2 } else { SMALL_MAP } && self.paths.is_map[index as usize],
            _ => false,
        }
    }

    /// The outermost row that holds `index`, if any.
    fn outermost_row(&self, index: u32) -> Option<u32> {
        let mut row = None;
        let mut at = index;
        while self.tree.node(at).parent != u32::MAX {
            let parent = self.tree.node(at).parent;
            if self.is_prunable(parent) {
                row = Some(at);
            }
            at = parent;
        }
        row
    }

    /// The bytes that showing `index` would add, and what stands beside it in parallel collections.
    fn cost(&self, index: u32) -> f64 {
        let mut cost = self.cost_alone(index);
        for beside in self.parallel.beside(self.tree, index).filter(|&node| !self.marked[node as usize]) {
            let node = self.tree.node(beside);
            cost += f64::from(node.end - node.start).min(4000.0) * ROW_SHARE;
        }
        cost
    }

    fn cost_alone(&self, index: u32) -> f64 {
        let mut cost = 0.0;
        let mut at = index;
        while self.tree.node(at).parent != u32::MAX && !self.marked[at as usize] {
            let parent = self.tree.node(at).parent;
            if self.is_prunable(parent) {
                let node = self.tree.node(at);
                cost = f64::from(node.end - node.start).min(4000.0) * ROW_SHARE;
            }
            at = parent;
        }
        cost
    }

    fn mark(&mut self, index: u32) {
        self.spent += self.cost(index);
        for node in std::iter::once(index).chain(self.parallel.beside(self.tree, index)) {
            let mut at = node;
            while at != u32::MAX && !self.marked[at as usize] {
                self.marked[at as usize] = true;
                at = self.tree.node(at).parent;
            }
        }
    }

    fn note(&mut self, index: u32, why: Why) {
        if self.selection.notes.len() < MAX_NOTES {
            self.selection.notes.push((index, why));
        }
    }

    /// Shows what the query names.
    fn asked(&mut self, hits: &[Hit], most: usize) {
        let Some(best) = hits.first() else { return };
        let floor = best.score * 0.25;
        let close: Vec<&Hit> = hits.iter().take_while(|hit| hit.score >= floor).collect();
        let mut per_path: MixMap<PathId, u32> = MixMap::default();
        let mut per_phrase: MixMap<u32, usize> = MixMap::default();
        for hit in &close {
            *per_path.entry(self.paths.of_node[hit.node as usize]).or_insert(0) += 1;
            *per_phrase.entry(hit.phrase).or_insert(0) += 1;
        }
        // What most values of a field share tells none of them apart.
        let tells = |hit: &&Hit| {
            let path = self.paths.of_node[hit.node as usize];
            let total = self.paths.list[path as usize].count;
            total <= 2 || per_path.get(&path).is_some_and(|&hits| hits * 5 <= total * 2 || hits == 1)
        };
        let telling: Vec<&Hit> = self.within_quota(close.into_iter().filter(tells).collect());
        for (ordinal, hit) in telling.into_iter().take(most).enumerate() {
            self.selection.view.focus.insert(hit.node, hit.offset);
            let is_crowd = per_phrase.get(&hit.phrase).is_some_and(|&hits| hits > MAX_TIED);
            if ordinal < MAX_FULL && !is_crowd && (hit.is_whole || hit.score >= best.score * 0.6) {
                let row = self.innermost_row(hit.node).unwrap_or(hit.node);
                self.selection.view.asked.insert(row, ());
                self.asked_records.push(row);
                if let Some(outer) = self.outermost_row(hit.node) {
                    self.selection.view.asked.insert(outer, ());
                }
            }
            if self.is_named_record(hit) {
                self.asked_records.push(hit.node);
            }
            self.mark(hit.node);
            self.note(hit.node, Why::Asked);
        }
    }

    /// What the hits in each row score together, each of the question's words once.
    fn scores_of_rows(&self, hits: &[&Hit]) -> MixMap<u32, f32> {
        let mut best: MixMap<(u32, u32), f32> = MixMap::default();
        for hit in hits {
            let row = self.innermost_row(hit.node).unwrap_or(hit.node);
            let score = best.entry((row, hit.phrase)).or_insert(0.0);
            *score = score.max(hit.score);
        }
        let mut sums: MixMap<u32, f32> = MixMap::default();
        for ((row, _), score) in best {
            *sums.entry(row).or_insert(0.0) += score;
        }
        sums
    }

    /// Of the hits that hold the same words at most `MAX_PER_PHRASE`: the best, or among equals those in
    /// records that hold other words of the question, the records that have them for a key, the first and the last.
    fn within_quota<'h>(&self, hits: Vec<&'h Hit>) -> Vec<&'h Hit> {
        let rows = self.scores_of_rows(&hits);
        let row_score =
            |hit: &Hit| rows.get(&self.innermost_row(hit.node).unwrap_or(hit.node)).copied().unwrap_or(hit.score);
        let mut groups: Vec<Vec<&'h Hit>> = Vec::new();
        let mut index: MixMap<u32, usize> = MixMap::default();
        for hit in hits {
            let group = *index.entry(hit.phrase).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(hit);
        }
        let mut kept: Vec<&'h Hit> = Vec::new();
        for mut group in groups {
            let equal = group.iter().take_while(|hit| hit.score >= group[0].score * 0.9).count();
            if equal > MAX_PER_PHRASE {
                group.truncate(equal);
                let most = group.iter().map(|hit| row_score(hit)).fold(0.0, f32::max);
                let fits = |hit: &&Hit| self.is_named_record(hit) || row_score(hit) >= most * 0.95;
                let (fitting, others): (Vec<_>, Vec<_>) = group.into_iter().partition(fits);
                let left = MAX_PER_PHRASE.saturating_sub(fitting.len());
                group = self.ends_of(fitting, MAX_PER_PHRASE);
                group.extend(self.ends_of(others, left));
            }
            group.truncate(MAX_PER_PHRASE);
            kept.extend(group);
        }
        kept.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.node.cmp(&right.node)));
        kept
    }

    /// Of equal hits at most so many: the records that have them for a key, the first and the last.
    fn ends_of<'h>(&self, mut hits: Vec<&'h Hit>, most: usize) -> Vec<&'h Hit> {
        if hits.len() > most {
            hits.sort_by_key(|hit| (!self.is_named_record(hit), hit.node));
            let records = hits.iter().take_while(|hit| self.is_named_record(hit)).count();
            let head = records.clamp(most / 2, (most / 2).max(most.saturating_sub(1)));
            hits.drain(head..hits.len() - (most - head));
        }
        hits
    }

    /// Whether a hit is the key of a record: what defines it, not what mentions it.
    fn is_named_record(&self, hit: &Hit) -> bool {
        hit.is_whole && self.tree.node(hit.node).kind.is_container()
    }

    fn innermost_row(&self, index: u32) -> Option<u32> {
        let mut at = index;
        while self.tree.node(at).parent != u32::MAX {
            let parent = self.tree.node(at).parent;
            if self.is_prunable(parent) {
                return Some(at);
            }
            at = parent;
        }
        None
    }

    /// Shows the evidence, the most telling first.
    fn pins(&mut self, pins: &[Pin], budget: Budget) {
        let slack = if budget.target_ratio.is_some() { 1.0 } else { 2.0 };
        let crumb = self.limit * CRUMB_SHARE;
        let mut before_extremes = None;
        for pin in most_telling_first(pins) {
            let allowed = match pin.why {
                Why::Asked | Why::AskedExtreme => self.limit * slack * 1.5,
                Why::Failure | Why::Rare => self.limit * slack,
                Why::Extreme => {
                    // Failures and rare values leave some room for extremes.
                    let before = *before_extremes.get_or_insert(self.spent);
                    (self.limit * slack * 0.8).max(before + self.limit * slack * EXTREMES_SHARE)
                }
                _ => self.limit * slack * 0.8,
            };
            let cost = self.cost(pin.node);
            let allowed = if cost <= crumb { allowed * 2.0 } else { allowed };
            if cost > 0.0 && self.spent + cost > allowed.max(cost) {
                continue;
            }
            self.mark(pin.node);
            self.note(pin.node, pin.why);
            if pin.why == Why::Failure {
                self.focus_on_trouble(pin.node);
            }
        }
    }

    /// Lets the excerpt of a long text show what reports the failure.
    fn focus_on_trouble(&mut self, index: u32) {
        let raw = self.tree.raw(index);
        let is_long = self.tree.node(index).kind == Kind::String && raw.len() > self.selection.view.text_limit;
        if let Some(at) = is_long.then(|| words::first_trouble(raw)).flatten() {
            self.selection.view.focus.entry(index).or_insert(at as u32);
        }
    }

    /// Leaves out links and opaque texts where records are too wide for the space there is.
    fn hide(&mut self, asked: &[bool]) {
        if self.spent <= self.limit {
            return;
        }
        let mut hidden = vec![false; self.paths.list.len()];
        let mut opaque = vec![(0u32, 0u32); self.paths.list.len()];
        for index in 0..self.tree.nodes.len() as u32 {
            let node = self.tree.node(index);
            if node.kind == Kind::String && node.key_hash != 0 {
                let entry = &mut opaque[self.paths.of_node[index as usize] as usize];
                entry.0 += 1;
                entry.1 += u32::from(is_opaque(self.tree.raw(index)));
            }
        }
        for (path, (total, matching)) in opaque.into_iter().enumerate().filter(|(_, (total, _))| *total > 0) {
            let is_asked = asked.get(path).copied().unwrap_or(false);
            hidden[path] = !is_asked && matching * 10 >= total * 9 && self.paths.list[path].is_field;
        }
        self.selection.view.hidden = hidden;
    }

    /// Chooses the shown items of every collection that is itself shown, outermost first.
    fn collections(&mut self, budget: Budget) {
        let mut at = 0u32;
        let (mut shown_rows, mut all_rows) = (0, 0);
        while at < self.tree.nodes.len() as u32 {
            let node = *self.tree.node(at);
            if !node.kind.is_container() && node.kind != Kind::Embedded {
                at += 1;
                continue;
            }
            if self.is_prunable(at) {
                let is_inner = self.outermost_row(at).is_some();
                let (shown, total) = self.collection(at, is_inner, budget);
                if !is_inner {
                    shown_rows += shown;
                    all_rows += total;
                }
            }
            at += 1;
            // Skip rows that are not shown.
            while at < self.tree.nodes.len() as u32 && self.is_hidden_row(at) {
                at = self.tree.node(at).skip;
            }
        }
        (self.selection.shown, self.selection.total) = (shown_rows, all_rows);
    }

    fn is_hidden_row(&self, index: u32) -> bool {
        let parent = self.tree.node(index).parent;
        parent != u32::MAX
            && self.selection.view.kept.get(&parent).is_some_and(|kept| kept.binary_search(&index).is_err())
    }

    /// Whether a collection belongs to a record that was asked for.
    fn is_of_asked(&self, index: u32) -> bool {
        let holds = |&record: &u32| record <= index && index < self.tree.node(record).skip;
        self.asked_records.iter().any(holds)
    }

    fn collection(&mut self, index: u32, is_inner: bool, budget: Budget) -> (usize, usize) {
        let node = *self.tree.node(index);
        let rows: Vec<u32> = self.tree.children(index).collect();
        let bytes = f64::from(node.end - node.start) * ROW_SHARE;
        if bytes < 120.0 || !is_inner && bytes + self.spent < self.limit * 0.5 {
            self.spent += bytes;
            return (rows.len(), rows.len());
        }
        let is_of_asked = is_inner && !self.is_tight && self.is_of_asked(index);
        if is_of_asked && rows.len() <= MAX_INNER && bytes + self.spent_on_asked <= self.limit {
            self.spent_on_asked += bytes;
            return (rows.len(), rows.len());
        }
        let mut keep: Vec<u32> = rows.iter().copied().filter(|&row| self.marked[row as usize]).collect();
        let pinned = keep.len();
        let (head, tail) = match (self.is_tight, is_inner) {
            (true, _) => (usize::from(pinned == 0), 0),
            (false, true) if is_of_asked => (MIN_INNER.min(rows.len() - 1), 1),
            (false, true) => (if pinned > 0 { 1 } else { 2 }, 0),
            (false, false) => (2, 1),
        };
        for &row in rows[..head].iter().chain(&rows[rows.len() - tail..]) {
            if !self.marked[row as usize] {
                self.note(row, Why::End);
            }
            keep.push(row);
        }
        if !is_inner && self.parallel.is_new(index) {
            let most = if budget.deep { 2 } else { 6 };
            let raw = |at: usize| self.tree.bytes(self.tree.node(rows[at]).start, self.tree.node(rows[at]).end);
            for ordinal in knee::representatives(rows.len(), most, raw) {
                let row = rows[ordinal];
                if self.spent + self.cost(row) <= self.limit {
                    keep.push(row);
                    if !self.marked[row as usize] {
                        self.note(row, Why::Representative);
                    }
                    self.mark(row);
                }
            }
        }
        keep.sort_unstable();
        keep.dedup();
        if keep.len() == rows.len() {
            return (rows.len(), rows.len());
        }
        if !is_inner && rows.len() >= MIN_SUMMED_ROWS {
            let summary = summary::of_collection(self.tree, self.paths, self.evidence, &rows);
            self.selection.view.summaries.insert(index, summary);
        }
        let shown = keep.len();
        self.selection.dropped.push((index, rows.len() - shown));
        self.selection.view.kept.insert(index, keep);
        (shown, rows.len())
    }
}

/// Collections of one object that are as long as each other, such as the columns of a table: what stands at one place in
/// them belongs together.
#[derive(Default)]
struct Parallel {
    groups: Vec<Vec<u32>>,
    group_of: MixMap<u32, usize>,
    /// Groups whose representatives are chosen.
    is_done: Vec<bool>,
}

/// Items from which on collections are parallel, and collections up to which they are a table.
const MIN_PARALLEL: u32 = 8;
const MAX_PARALLEL: usize = 32;

impl Parallel {
    fn of(tree: &Tree, paths: &Paths) -> Parallel {
        let mut parallel = Parallel::default();
        for index in 0..tree.nodes.len() as u32 {
            if tree.node(index).kind != Kind::Object || tree.node(index).count < 2 {
                continue;
            }
            let mut groups: MixMap<(u32, u32, u32), Vec<u32>> = MixMap::default();
            for child in tree.children(index) {
                let node = tree.node(child);
                let is_collection =
                    node.kind == Kind::Array || node.kind == Kind::Object && paths.is_map[child as usize];
                if is_collection && node.count >= MIN_PARALLEL && paths::is_flat(tree, child) {
                    // The keys of maps must be the same ones: the first and the last tell.
                    let keys = (tree.node(child + 1).key_hash, tree.node(node.skip - 1).key_hash);
                    groups.entry((node.count, keys.0, keys.1)).or_default().push(child);
                }
            }
            for group in groups.into_values().filter(|group| (2..=MAX_PARALLEL).contains(&group.len())) {
                parallel.group_of.extend(group.iter().map(|&child| (child, parallel.groups.len())));
                parallel.groups.push(group);
            }
        }
        parallel.is_done = vec![false; parallel.groups.len()];
        parallel
    }

    /// What stands in the other collections where `index` does in its own.
    fn beside(&self, tree: &Tree, index: u32) -> impl Iterator<Item = u32> + use<> {
        let parent = tree.node(index).parent;
        let group = self.group_of.get(&parent).map(|&group| self.groups[group].clone()).unwrap_or_default();
        group.into_iter().filter(move |&other| other != parent).map(move |other| other + (index - parent))
    }

    /// Whether no collection of this one's group has asked before.
    fn is_new(&mut self, index: u32) -> bool {
        self.group_of.get(&index).is_none_or(|&group| !std::mem::replace(&mut self.is_done[group], true))
    }
}

/// Pins by reason, weight and place.
fn most_telling_first(pins: &[Pin]) -> impl Iterator<Item = &Pin> {
    // One number to compare: there are thousands of pins where records are wide. Weights are not negative.
    let rank =
        |pin: &Pin| (pin.why as u128) << 96 | u128::from(!pin.weight.to_bits()) << 64 | u128::from(pin.node) << 32;
    let mut order: Vec<u128> = pins.iter().enumerate().map(|(ordinal, pin)| rank(pin) | ordinal as u128).collect();
    order.sort_unstable();
    order.into_iter().map(|rank| &pins[rank as u32 as usize])
}

/// Whether a text is a link, or a long run of letters and digits that says nothing to a reader.
fn is_opaque(raw: &[u8]) -> bool {
    let is_link = |prefix: &[u8]| raw.starts_with(prefix);
    if is_link(b"http://") || is_link(b"https://") || is_link(b"git://") || is_link(b"git@") {
        return true;
    }
    if raw.len() < 20 {
        return false;
    }
    let class = raw.iter().fold(CODE | HEX, |class, &byte| class & CLASS[byte as usize]);
    class & CODE != 0 && raw.iter().filter(|byte| byte.is_ascii_digit()).count() >= 3
        || class & HEX != 0 && raw.len() >= 32
}

/// Bytes of codes such as base 64, but for the `T` of times.
const CODE: u8 = 1;
/// Bytes of hexadecimal numbers and their separator.
const HEX: u8 = 2;

const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let is_code = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-' | b':');
        if is_code && b != b'T' {
            table[byte] |= CODE;
        }
        if b.is_ascii_hexdigit() || b == b'-' {
            table[byte] |= HEX;
        }
        byte += 1;
    }
    table
};

/// Where a node stands, as a JSON path.
pub fn place_of(tree: &Tree, index: u32) -> String {
    let mut parts = Vec::new();
    let mut at = index;
    while tree.node(at).parent != u32::MAX {
        let node = tree.node(at);
        if node.key_hash != 0 {
            parts.push(format!(".{}", String::from_utf8_lossy(tree.key(at))));
        } else if tree.node(node.parent).kind != Kind::Embedded {
            let ordinal = tree.children(node.parent).position(|child| child == at).unwrap_or(0);
            parts.push(format!("[{ordinal}]"));
        }
        at = node.parent;
    }
    parts.push("$".to_owned());
    parts.reverse();
    parts.concat()
}
