//! What is evident in tables beyond what records of JSON show: extremes of amounts with units, of the rows that the
//! question narrows down to, of the leaves below directories.

use super::amount::amount;
use super::schema::{Document, Schema};
use crate::json::evidence::{Pin, Why};
use crate::json::paths::MixMap;
use crate::json::query::Query;
use crate::words;

/// Rows from which on a column has extremes.
const MIN_ROWS: usize = 4;
/// Largest values shown of a column, and of the rows that a word of the question stands in.
const LARGEST: usize = 3;
/// Words of the question that narrow rows down.
const MAX_WORDS: usize = 8;

/// A column whose cells are amounts: those of each row.
struct Amounts {
    column: usize,
    values: Vec<Option<f64>>,
    is_plain: bool,
}

/// Further pins for the rows of a document.
pub fn more(document: &Document, nodes: &[u32], query: &Query) -> Vec<Pin> {
    let mut pins = Vec::new();
    for schema in document.schemas.iter().filter(|schema| schema.rows.len() >= MIN_ROWS) {
        let columns = amounts(document, schema);
        let pin = |ordinal: usize, why: Why, weight: f32, pins: &mut Vec<Pin>| {
            pins.push(Pin { node: nodes[schema.rows[ordinal] as usize], why, weight });
        };
        let leaves = leaves(document, schema);
        for amounts in &columns {
            let top = largest(&amounts.values, LARGEST, |_| true);
            let lowest = smallest(&amounts.values);
            // Those of plain numbers are the engine's; the next largest tell totals from what they add up.
            for (place, ordinal) in top.into_iter().enumerate() {
                pin(ordinal, Why::Extreme, if place == 0 { 2.0 } else { 0.4 }, &mut pins);
            }
            lowest.into_iter().for_each(|ordinal| pin(ordinal, Why::Extreme, 1.0, &mut pins));
            if let Some(leaves) = &leaves {
                largest(&amounts.values, LARGEST, |row| leaves[row])
                    .into_iter()
                    .for_each(|ordinal| pin(ordinal, Why::Extreme, 0.8, &mut pins));
            }
        }
        for holds in narrowed(document, schema, query) {
            for amounts in &columns {
                largest(&amounts.values, 1, |row| holds[row])
                    .into_iter()
                    .for_each(|ordinal| pin(ordinal, Why::AskedExtreme, 1.0, &mut pins));
            }
        }
        totals(document, nodes, schema, &mut pins);
    }
    pins
}

fn amounts(document: &Document, schema: &Schema) -> Vec<Amounts> {
    let rows = schema.rows.len();
    let mut found = Vec::new();
    for column in 0..schema.columns {
        let cell = |ordinal: usize| document.cell(document.rows[schema.rows[ordinal] as usize], column).trim_ascii();
        // A look at a few cells spares most columns of words the rest.
        let step = (rows / 16).max(1);
        let sample: Vec<&str> = (0..rows).step_by(step).map(cell).filter(|cell| !cell.is_empty()).collect();
        if sample.is_empty() || sample.iter().filter(|cell| amount(cell).is_some()).count() * 10 < sample.len() * 8 {
            continue;
        }
        let values: Vec<Option<f64>> = (0..rows).map(|ordinal| amount(cell(ordinal))).collect();
        let (known, filled) =
            (values.iter().flatten().count(), (0..rows).filter(|&ordinal| !cell(ordinal).is_empty()).count());
        if known >= MIN_ROWS && known * 10 >= filled * 8 {
            let is_plain = sample.iter().all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
            found.push(Amounts { column, values, is_plain });
        }
    }
    // Numbers that count the rows are no amounts.
    found.retain(|amounts| {
        let known: Vec<f64> = amounts.values.iter().flatten().copied().collect();
        !(amounts.is_plain && amounts.column == 0 && known.windows(2).all(|pair| pair[1] == pair[0] + 1.0))
    });
    found
}

/// The rows of the largest values, the largest first.
fn largest(values: &[Option<f64>], most: usize, counts: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut top: Vec<(f64, usize)> = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        if top.len() == most && top.last().is_some_and(|last| value <= last.0) || !counts(row) {
            continue;
        }
        let at = top.partition_point(|known| known.0 >= value);
        top.insert(at, (value, row));
        top.truncate(most);
    }
    top.into_iter().map(|(_, row)| row).collect()
}

fn smallest(values: &[Option<f64>]) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (row, value) in values.iter().enumerate() {
        if let Some(value) = value.filter(|value| best.is_none_or(|known| *value < known.0)) {
            best = Some((value, row));
        }
    }
    best.map(|(_, row)| row)
}

/// Which rows are no directory above others, where the last column holds paths.
fn leaves(document: &Document, schema: &Schema) -> Option<Vec<bool>> {
    let column = schema.columns.checked_sub(1)?;
    let cell = |row: u32| document.cell(document.rows[row as usize], column);
    let deep = schema.rows.iter().filter(|&&row| cell(row).contains('/')).count();
    if deep * 2 < schema.rows.len() || schema.columns < 2 {
        return None;
    }
    let mut above: MixMap<u64, ()> = MixMap::default();
    for &row in &schema.rows {
        let path = cell(row).as_bytes();
        if let Some(at) = memchr::memrchr(b'/', path) {
            above.insert(xxhash_rust::xxh3::xxh3_64(&path[..at]), ());
        }
    }
    Some(
        schema.rows.iter().map(|&row| !above.contains_key(&xxhash_rust::xxh3::xxh3_64(cell(row).as_bytes()))).collect(),
    )
}

/// For each word of the question that many rows hold: which ones do.
fn narrowed(document: &Document, schema: &Schema, query: &Query) -> Vec<Vec<bool>> {
    let wanted: Vec<u32> = query.telling_words().take(MAX_WORDS).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut holds = vec![vec![false; schema.rows.len()]; wanted.len()];
    for (ordinal, &row) in schema.rows.iter().enumerate() {
        let line = document.lines.line(document.rows[row as usize].line as usize).as_bytes();
        words::for_each_start(line, |_, start| {
            if !query.may_have(line, start) {
                return;
            }
            let hash = words::hash(&line[start..words::end_of(line, start)]);
            if let Some(at) = wanted.iter().position(|&word| word == hash) {
                holds[at][ordinal] = true;
            }
        });
    }
    holds.retain(|rows| {
        let count = rows.iter().filter(|&&holds| holds).count();
        count > 1 && count < rows.len()
    });
    holds
}

/// Rows at the ends that add up the others.
fn totals(document: &Document, nodes: &[u32], schema: &Schema, pins: &mut Vec<Pin>) {
    let rows = &schema.rows;
    for &row in rows.iter().rev().take(2).chain(rows.first()) {
        let span = document.rows[row as usize];
        let is_total = document.cells_of(span).any(|cell| {
            let word = cell.trim_ascii();
            word.len() <= 16
                && ["total", "sum", "totals", "summe", "overall", "all files"]
                    .iter()
                    .any(|name| word.eq_ignore_ascii_case(name))
        });
        if is_total {
            pins.push(Pin { node: nodes[row as usize], why: Why::Rare, weight: 1.0 });
        }
    }
}
