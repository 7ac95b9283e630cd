//! Rows in, groups of those that have the same in some columns, with figures of each, out.
//!
//! Groups come with the largest first, and of equal ones in the order of their first rows. What is the same is spelled
//! alike. Figures leave out what there is not and what is no number: sums are exact, `avg` is rounded to three places
//! more than the values have (half to even), `median` is exact, `p95` is the least value that 95 % do not exceed.

use std::collections::HashMap;

use super::cell::{self, Cell, Kind};
use super::clauses::{Figure, Function, Group, Name};
use super::decimal::{Decimal, Sum};
use super::holds::{is_void, Measure};
use super::{Base, Column, From, Problem, Relation, Source};

/// A figure or a key that was made: its text, and what it is.
type Made = (String, Kind);

impl Relation<'_> {
    /// Makes groups of the rows.
    pub(super) fn group(&mut self, group: &Group) -> Result<(), Problem> {
        let keys = self.find_all(group.by.iter())?;
        let mut groups = self.groups(&keys);
        if keys.is_empty() && groups.is_empty() {
            groups.push(Vec::new());
        }
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(groups[at].len()));
        let mut columns: Vec<Vec<Made>> = keys.iter().map(|&key| self.key_column(key, &groups, &order)).collect();
        for figure in &group.figures {
            columns.push(self.figure_column(figure, &groups, &order)?);
        }
        let named = |name: &str| (name.to_owned(), None);
        let key_names = keys.iter().map(|&at| named(&self.columns[at].name));
        let labels = group.figures.iter().map(|figure| (figure.label.clone(), Some(figure.called.clone())));
        let names = key_names.chain(labels).collect();
        let (left, all, unit, matching) = (self.order.len(), self.all, self.unit, self.matching);
        let is_lone = keys.is_empty() && group.figures.iter().all(|figure| figure.column.is_none());
        self.make_kinds(names, columns);
        if is_lone && group.figures.len() == 1 {
            self.says_count(left, all, unit, matching);
        } else {
            self.unit = if keys.is_empty() { "results" } else { "groups" };
            self.made_of = Some((left, unit));
        }
        Ok(())
    }

    /// How many rows are left, as the only row.
    pub(super) fn count(&mut self) {
        let (left, all, unit, matching) = (self.order.len(), self.all, self.unit, self.matching);
        self.make_kinds(vec![("count".to_owned(), None)], vec![vec![whole(left)]]);
        self.says_count(left, all, unit, matching);
    }

    fn says_count(&mut self, left: usize, all: usize, unit: &'static str, matching: Option<usize>) {
        (self.all, self.unit, self.is_count) = (all, unit, true);
        self.matching = (matching.is_some() || left != all).then_some(left);
    }

    /// The different values of columns, in the order of their first rows.
    pub(super) fn distinct(&mut self, names: &[Name]) -> Result<(), Problem> {
        let keys = if names.is_empty() { self.usual_columns()? } else { self.find_all(names.iter())? };
        let groups = self.groups(&keys);
        let order: Vec<usize> = (0..groups.len()).collect();
        let columns = keys.iter().map(|&key| self.key_column(key, &groups, &order)).collect();
        let names = keys.iter().map(|&at| (self.columns[at].name.clone(), None)).collect();
        let (rows, unit) = (self.order.len(), self.unit);
        self.make_kinds(names, columns);
        (self.unit, self.made_of) = ("distinct", Some((rows, unit)));
        Ok(())
    }

    /// The rows of each group, in the order of their first.
    fn groups(&self, keys: &[usize]) -> Vec<Vec<u32>> {
        let mut of_key: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut own = Vec::new();
        for &row in &self.order {
            own.clear();
            for &key in keys {
                let cell = self.cell(key, row);
                let said = cell::said(cell, self.raw(cell));
                own.push(cell.kind as u8);
                own.extend_from_slice(&(said.len() as u64).to_le_bytes());
                own.extend_from_slice(said.as_bytes());
            }
            match of_key.get(&own) {
                Some(&at) => groups[at].push(row),
                None => {
                    of_key.insert(own.clone(), groups.len());
                    groups.push(vec![row]);
                }
            }
        }
        groups
    }

    fn key_column(&self, key: usize, groups: &[Vec<u32>], order: &[usize]) -> Vec<Made> {
        order.iter().map(|&at| groups[at].first().map_or_else(none, |&row| self.made(self.cell(key, row)))).collect()
    }

    fn made(&self, cell: Cell) -> Made {
        (self.raw(cell).to_owned(), cell.kind)
    }

    fn figure_column(&mut self, figure: &Figure, groups: &[Vec<u32>], order: &[usize]) -> Result<Vec<Made>, Problem> {
        let Some(name) = &figure.column else {
            return Ok(order.iter().map(|&at| whole(groups[at].len())).collect());
        };
        let column = self.find_all([name].into_iter())?[0];
        let measure = self.measure(column);
        let needs_numbers =
            !matches!(figure.function, Function::Count | Function::Distinct | Function::Min | Function::Max);
        let has_numbers = || self.cells[column].iter().flatten().any(|cell| self.number(*cell, measure).is_some());
        if needs_numbers && !self.rows.is_empty() && !has_numbers() {
            let complaint = format!("`{}` has no numbers", self.columns[column].name);
            return Err(Problem::new(
                complaint,
                format!("count by {}", super::resolve::quoted(&self.columns[column].name)),
            ));
        }
        Ok(order.iter().map(|&at| self.figure(figure.function, column, measure, &groups[at])).collect())
    }

    fn number(&self, cell: Cell, measure: Measure) -> Option<Decimal> {
        let raw = self.raw(cell);
        if cell.is_null(raw) || is_void(raw) || matches!(cell.kind, Kind::Container | Kind::True | Kind::False) {
            return None;
        }
        let said = cell::said(cell, raw);
        if measure == Measure::Quantity {
            Decimal::quantity(&said)
        } else {
            Decimal::parse(&said)
        }
    }

    fn figure(&self, function: Function, column: usize, measure: Measure, rows: &[u32]) -> Made {
        let cells = || rows.iter().map(|&row| self.cell(column, row));
        let present = || cells().filter(|cell| !cell.is_null(self.raw(*cell)));
        match function {
            Function::Count => return whole(present().count()),
            Function::Distinct => {
                let mut said: Vec<_> =
                    present().map(|cell| (cell.kind as u8, cell::said(cell, self.raw(cell)))).collect();
                said.sort_unstable();
                said.dedup();
                return whole(said.len());
            }
            Function::Sum | Function::Average => {
                let mut sum = Sum::default();
                cells().filter_map(|cell| self.number(cell, measure)).for_each(|number| sum.add(&number));
                let found =
                    if function == Function::Sum { (sum.count() > 0).then(|| sum.total()) } else { sum.average() };
                return found.map_or_else(none, |number| (number.written(), Kind::Number));
            }
            _ => {}
        }
        let mut numbers: Vec<(Decimal, Cell)> =
            cells().filter_map(|cell| Some((self.number(cell, measure)?, cell))).collect();
        if numbers.is_empty() {
            return self.first_or_last_text(function, present());
        }
        numbers.sort_by(|left, right| left.0.cmp(&right.0));
        let last = numbers.len() - 1;
        let place = match function {
            Function::Min => 0,
            Function::Max => last,
            Function::Percentile(rank) => (rank as usize * numbers.len()).div_ceil(1000).saturating_sub(1).min(last),
            _ if numbers.len() % 2 == 1 => last / 2,
            _ => {
                let middle = numbers[last / 2].0.middle(&numbers[last / 2 + 1].0);
                return (middle.written(), Kind::Number);
            }
        };
        self.made(numbers[place].1)
    }

    fn first_or_last_text(&self, function: Function, present: impl Iterator<Item = Cell>) -> Made {
        let said = |cell: &Cell| cell::said(*cell, self.raw(*cell)).into_owned();
        let found = match function {
            Function::Min => present.min_by_key(said),
            Function::Max => present.max_by_key(said),
            _ => None,
        };
        found.map_or_else(none, |cell| self.made(cell))
    }

    /// Makes cells, column by column, the only ones there are.
    fn make_kinds(&mut self, names: Vec<(String, Option<String>)>, columns: Vec<Vec<Made>>) {
        let rows = columns.first().map_or(0, Vec::len);
        let mut extra = String::new();
        let base = self.text.len();
        let cells = columns.iter().map(|column| {
            let cell = |(text, kind): &Made| match kind {
                Kind::Missing => Cell::MISSING,
                kind => Cell::added(text, *kind, base, &mut extra),
            };
            Some(column.iter().map(cell).collect())
        });
        self.cells = cells.collect();
        self.extra = extra;
        self.source = Source::Made;
        let column = |(name, called)| Column { name, called, from: From::Made, is_usual: true };
        self.columns = names.into_iter().map(column).collect();
        let base = |number| Base { start: 0, value: 0, end: 0, number };
        self.rows = (1..=rows as u32).map(base).collect();
        self.order = (0..rows as u32).collect();
        (self.shown, self.matching, self.all, self.made_of) = (None, None, rows, None);
    }
}

fn none() -> Made {
    (String::new(), Kind::Missing)
}

fn whole(number: usize) -> Made {
    (number.to_string(), Kind::Number)
}
