//! A column in, the shortest way to write it out: said once in the header, computed from other
//! columns, or cell by cell.

use super::cell::{self, plain_text};
use super::parse::{Kind, Tree};
use super::paths::{PathId, Paths};
use super::table::{Table, ABSENT};

/// Rows from which on a factored column pays for the indirection.
const MIN_FACTORED_ROWS: usize = 6;
/// Bytes that a shared prefix and suffix must have together.
const MIN_AFFIX_BYTES: usize = 6;
/// Shortest text that is written as a template where short texts stand literally.
const LONG_TEMPLATE_BYTES: usize = 24;
/// Shortest text worth looking for inside other columns.
const MIN_DONOR_BYTES: usize = 2;
/// Columns looked at as donors.
const MAX_DONORS: usize = 48;
/// Share of rows, in percent, that may break a template and stand literally.
const MAX_EXCEPTIONS_PERCENT: usize = 10;

/// How a column is written.
#[derive(Debug)]
pub enum Style {
    /// Cell by cell. `strings`: holds strings only, so that digits need no quotes.
    Plain { strings: bool },
    /// The same value in every row: in the header.
    Constant(u32),
    /// Number `ordinal` is `first + ordinal * step` within a fixed text: in the header.
    Steps,
    /// Cells hold what stands between a shared prefix and suffix.
    Affix { prefix: Vec<u8>, suffix: Vec<u8> },
    /// Computed from other columns of the row; rows that differ name the value behind the row.
    Template(Vec<Part>),
    /// Arrays of records with these fields.
    Records(Vec<u32>),
    /// Left out of a lossy view.
    Hidden,
}

/// How far columns are computed instead of written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Factor {
    /// Sequences, affixes and templates.
    All,
    /// Templates of long texts such as links: what is short stands literally.
    LongTemplates,
}

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(Vec<u8>),
    /// The text of another column.
    Column(usize),
}

/// The cells of one variant, column by column.
pub struct Columns {
    pub paths: Vec<PathId>,
    /// Row indexes of the variant.
    pub rows: Vec<usize>,
    /// `cells[column][ordinal of row]`.
    pub cells: Vec<Vec<u32>>,
    pub styles: Vec<Style>,
}

impl Columns {
    /// Plans the columns of `variant`; those on a path that `hidden` names are left out.
    pub fn plan(tree: &Tree, paths: &Paths, table: &Table, variant: usize, factor: Factor, hidden: &[bool]) -> Columns {
        let rows: Vec<usize> =
            (0..table.rows.len()).filter(|&row| table.row_variant[row] as usize == variant).collect();
        let column_paths = table.variants[variant].columns.clone();
        let cells: Vec<Vec<u32>> =
            (0..column_paths.len()).map(|column| rows.iter().map(|&row| table.cell(row, column)).collect()).collect();
        let is_hidden = |path: PathId| hidden.get(path as usize).copied().unwrap_or(false);
        let mut styles: Vec<Style> = cells
            .iter()
            .zip(&column_paths)
            .map(
                |(column, &path)| {
                    if is_hidden(path) {
                        Style::Hidden
                    } else {
                        first_style(tree, paths, column, factor)
                    }
                },
            )
            .collect();
        if rows.len() >= MIN_FACTORED_ROWS {
            factor_templates(tree, &cells, &mut styles, factor);
            if factor == Factor::All {
                factor_affixes(tree, &cells, &mut styles);
            }
        }
        Columns { paths: column_paths, rows, cells, styles }
    }
}

fn first_style(tree: &Tree, paths: &Paths, column: &[u32], factor: Factor) -> Style {
    if is_constant(tree, column) {
        return Style::Constant(column[0]);
    }
    if factor == Factor::All && column.len() >= MIN_FACTORED_ROWS && is_steps(tree, column) {
        return Style::Steps;
    }
    if let Some(fields) = record_fields(tree, paths, column) {
        return Style::Records(fields);
    }
    Style::Plain { strings: wants_string_flag(tree, column) }
}

fn is_constant(tree: &Tree, column: &[u32]) -> bool {
    let first = column[0];
    if column.len() < 2 || column.contains(&ABSENT) {
        return false;
    }
    let kind = tree.node(first).kind;
    let raw = tree.raw(first);
    column[1..].iter().all(|&cell| tree.node(cell).kind == kind && tree.raw(cell) == raw)
}

/// Strings only (or null), and at least one that would be read as a number or literal.
fn wants_string_flag(tree: &Tree, column: &[u32]) -> bool {
    let mut ambiguous = false;
    for &index in column.iter().filter(|&&index| index != ABSENT) {
        match tree.node(index).kind {
            Kind::String => {
                let raw = tree.raw(index);
                ambiguous |= raw.first().is_some_and(|&first| cell::is_literal(raw, first));
            }
            Kind::Null => {}
            _ => return false,
        }
    }
    ambiguous
}

/// The numbered text of a cell: prefix, number, width when zero-padded, suffix.
pub struct Numbered<'t> {
    pub prefix: &'t [u8],
    pub number: i64,
    pub width: usize,
    pub suffix: &'t [u8],
}

/// Splits a text at its last run of digits; `None` without one, or if it is too long a number.
pub fn numbered(text: &[u8]) -> Option<Numbered<'_>> {
    let end = text.iter().rposition(u8::is_ascii_digit)? + 1;
    let start = text[..end].iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let digits = &text[start..end];
    if digits.len() > 17 {
        return None;
    }
    let number = digits.iter().fold(0i64, |sum, &byte| sum * 10 + i64::from(byte - b'0'));
    let width = if digits.len() > 1 && digits[0] == b'0' { digits.len() } else { 0 };
    Some(Numbered { prefix: &text[..start], number, width, suffix: &text[end..] })
}

/// Whether the cells count up or down in equal steps within one fixed text.
fn is_steps(tree: &Tree, column: &[u32]) -> bool {
    if column.contains(&ABSENT) {
        return false;
    }
    let kind = tree.node(column[0]).kind;
    let split =
        |index: u32| (tree.node(index).kind == kind).then(|| plain_text(tree, index)).flatten().and_then(numbered);
    let (Some(first), Some(second)) = (split(column[0]), split(column[1])) else {
        return false;
    };
    let step = second.number - first.number;
    if step == 0 || first.prefix.contains(&b'.') && kind == Kind::Number {
        return false;
    }
    column.iter().enumerate().all(|(ordinal, &index)| {
        let expected = first.number + step * ordinal as i64;
        expected >= 0
            && split(index).is_some_and(|cell| {
                cell.number == expected
                    && cell.prefix == first.prefix
                    && cell.suffix == first.suffix
                    && plain_text(tree, index).is_some_and(|text| {
                        text.len() == first.prefix.len() + first.suffix.len() + spelled_width(expected, first.width)
                    })
            })
    })
}

/// Digits of `number` when padded to `width`.
pub fn spelled_width(number: i64, width: usize) -> usize {
    let mut digits = 1;
    let mut rest = number / 10;
    while rest > 0 {
        digits += 1;
        rest /= 10;
    }
    digits.max(width)
}

/// The fields of arrays of records that all have the same ones; at least two records in all.
fn record_fields(tree: &Tree, paths: &Paths, column: &[u32]) -> Option<Vec<u32>> {
    let mut fields: Option<Vec<u32>> = None;
    let mut total = 0;
    for &index in column.iter().filter(|&&index| index != ABSENT) {
        if tree.node(index).kind != Kind::Array {
            return None;
        }
        for record in tree.children(index) {
            let node = tree.node(record);
            if node.kind != Kind::Object || node.count == 0 || node.count > 24 || paths.is_map[record as usize] {
                return None;
            }
            total += 1;
            match &fields {
                None => fields = Some(tree.children(record).collect()),
                Some(fields) => {
                    let same = node.count as usize == fields.len()
                        && tree.children(record).zip(fields).all(|(left, &right)| {
                            tree.node(left).key_hash == tree.node(right).key_hash && tree.key(left) == tree.key(right)
                        });
                    if !same {
                        return None;
                    }
                }
            }
        }
    }
    (total >= 2).then_some(fields).flatten()
}

fn is_plain(style: &Style) -> bool {
    matches!(style, Style::Plain { .. })
}

/// A donor: a column whose text may stand inside that of others.
struct Donor<'t> {
    column: usize,
    text: &'t [u8],
}

/// Columns whose text is made of other columns' texts become templates.
fn factor_templates(tree: &Tree, cells: &[Vec<u32>], styles: &mut [Style], factor: Factor) {
    let least = if factor == Factor::All { 8 } else { LONG_TEMPLATE_BYTES };
    let sample = cells.first().map_or(0, |column| column.len() / 2);
    let text_at = |column: usize| {
        let index = cells[column][sample];
        if index == ABSENT || !is_plain(&styles[column]) {
            return None;
        }
        plain_text(tree, index)
    };
    let mut donors: Vec<Donor> = (0..cells.len())
        .filter_map(|column| text_at(column).map(|text| Donor { column, text }))
        .filter(|donor| donor.text.len() >= MIN_DONOR_BYTES && donor.text.len() <= 120)
        .filter(|donor| varies(tree, &cells[donor.column]))
        .collect();
    donors.sort_by_key(|donor| (std::cmp::Reverse(donor.text.len()), donor.column));
    donors.truncate(MAX_DONORS);
    // Longest texts first, so that a donor is never itself made from what it helps to make.
    let mut targets: Vec<usize> = (0..cells.len())
        .filter(|&column| text_at(column).is_some_and(|text| text.len() >= least) && all_strings(tree, &cells[column]))
        .collect();
    targets.sort_by_key(|&column| (std::cmp::Reverse(text_at(column).map_or(0, <[u8]>::len)), column));
    let mut found: Vec<(usize, Vec<Part>)> = Vec::new();
    let mut donated = vec![false; cells.len()];
    for &target in &targets {
        if donated[target] {
            continue;
        }
        let Some(text) = text_at(target) else {
            continue;
        };
        let usable = |donor: &Donor| {
            donor.column != target
                && donor.text.len() < text.len()
                && !found.iter().any(|(column, _)| *column == donor.column)
        };
        let parts = split_by_donors(text, donors.iter().filter(|donor| usable(donor)));
        if let Some(parts) = confirm_template(tree, cells, target, parts) {
            for part in &parts {
                if let Part::Column(column) = part {
                    donated[*column] = true;
                }
            }
            found.push((target, parts));
        }
    }
    for (column, parts) in found {
        styles[column] = Style::Template(parts);
    }
}

/// Whether a column tells rows apart: a text that most rows share stands in others by chance.
fn varies(tree: &Tree, column: &[u32]) -> bool {
    let probe = |at: usize| (column[at] != ABSENT).then(|| tree.raw(column[at]));
    let (first, middle, last) = (probe(0), probe(column.len() / 2), probe(column.len() - 1));
    first != middle && (middle != last || first != last)
}

fn all_strings(tree: &Tree, column: &[u32]) -> bool {
    column.iter().all(|&index| index != ABSENT && matches!(tree.node(index).kind, Kind::String | Kind::Embedded))
}

/// Cuts `text` into fixed text and donors' texts, longest donors first.
fn split_by_donors<'d>(text: &[u8], donors: impl Iterator<Item = &'d Donor<'d>>) -> Vec<Part> {
    let mut taken: Vec<(usize, usize, usize)> = Vec::new();
    for donor in donors {
        let mut from = 0;
        while let Some(found) = memchr::memmem::find(&text[from..], donor.text) {
            let (start, end) = (from + found, from + found + donor.text.len());
            let free = taken.iter().all(|&(left, right, _)| end <= left || right <= start);
            if free && is_boundary(text, start, end) {
                taken.push((start, end, donor.column));
            }
            from = end;
        }
    }
    taken.sort_unstable();
    let mut parts = Vec::new();
    let mut at = 0;
    for (start, end, column) in taken {
        if start > at {
            parts.push(Part::Text(text[at..start].to_vec()));
        }
        parts.push(Part::Column(column));
        at = end;
    }
    if at < text.len() {
        parts.push(Part::Text(text[at..].to_vec()));
    }
    parts
}

fn is_boundary(text: &[u8], start: usize, end: usize) -> bool {
    let joins = |left: u8, right: u8| left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric();
    !(start > 0 && joins(text[start - 1], text[start]) || end < text.len() && joins(text[end - 1], text[end]))
}

/// The template if it holds in nearly every row; parts that vary for other reasons are dropped once.
fn confirm_template(tree: &Tree, cells: &[Vec<u32>], target: usize, parts: Vec<Part>) -> Option<Vec<Part>> {
    let columns = parts.iter().filter(|part| matches!(part, Part::Column(_))).count();
    if columns == 0
        || parts.iter().any(|part| matches!(part, Part::Text(text) if text.iter().any(|b| b"{}*\"\\".contains(b))))
    {
        return None;
    }
    let rows = cells[target].len();
    let limit = rows * MAX_EXCEPTIONS_PERCENT / 100;
    let mut exceptions = 0;
    let mut built = Vec::new();
    for ordinal in 0..rows {
        let holds = fill(tree, cells, &parts, ordinal, &mut built)
            && !tree.node(cells[target][ordinal]).escaped
            && tree.raw(cells[target][ordinal]) == built.as_slice();
        exceptions += usize::from(!holds);
        if exceptions > limit {
            return None;
        }
    }
    Some(parts)
}

/// Fills a template for one row into `out`; false if a donor has no plain text there.
pub fn fill(tree: &Tree, cells: &[Vec<u32>], parts: &[Part], ordinal: usize, out: &mut Vec<u8>) -> bool {
    out.clear();
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Column(column) => {
                let index = cells[*column][ordinal];
                match (index != ABSENT).then(|| plain_text(tree, index)).flatten() {
                    Some(text) => out.extend_from_slice(text),
                    None => return false,
                }
            }
        }
    }
    true
}

/// Columns whose texts begin or end alike, up to a natural border.
fn factor_affixes(tree: &Tree, cells: &[Vec<u32>], styles: &mut [Style]) {
    for (column, style) in styles.iter_mut().enumerate() {
        if matches!(style, Style::Plain { strings: false }) && all_strings(tree, &cells[column]) {
            if let Some((prefix, suffix)) = affix(tree, &cells[column]) {
                *style = Style::Affix { prefix, suffix };
            }
        }
    }
}

fn affix(tree: &Tree, column: &[u32]) -> Option<(Vec<u8>, Vec<u8>)> {
    let first = plain_text(tree, column[0])?;
    let (mut front, mut back) = (first.len(), first.len());
    for &index in &column[1..] {
        let text = plain_text(tree, index)?;
        front = front.min(first.iter().zip(text).take_while(|(left, right)| left == right).count());
        back = back.min(first.iter().rev().zip(text.iter().rev()).take_while(|(left, right)| left == right).count());
        if front + back < MIN_AFFIX_BYTES {
            return None;
        }
    }
    let is_border = |byte: &u8| !byte.is_ascii_alphanumeric() && byte.is_ascii();
    let front = first[..front].iter().rposition(is_border).map_or(0, |at| at + 1);
    let start = first.len() - back.min(first.len() - front);
    let back = first[start..].iter().position(is_border).map_or(0, |at| first.len() - start - at);
    let (prefix, suffix) = (first[..front].to_vec(), first[first.len() - back..].to_vec());
    let shortest = column.iter().map(|&index| tree.raw(index).len()).min()?;
    let spoils = |text: &[u8]| text.iter().any(|byte| b"{}*\"\\".contains(byte));
    if prefix.len() + suffix.len() < MIN_AFFIX_BYTES
        || shortest <= prefix.len() + suffix.len()
        || spoils(&prefix)
        || spoils(&suffix)
    {
        return None;
    }
    Some((prefix, suffix))
}
