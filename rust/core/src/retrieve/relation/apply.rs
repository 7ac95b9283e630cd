//! Clauses in, fewer rows, other columns or another order out.

use std::cmp::Ordering;

use super::cell::{self, Kind};
use super::clauses::{Clause, Name};
use super::decimal::Decimal;
use super::holds::{is_void, Measure};
use super::{Problem, Relation};

/// What a row is sorted by: numbers before texts, and last what there is not, whichever way others go.
enum Key {
    Number(Decimal),
    Text(String),
    None,
}

impl Relation<'_> {
    /// Does what the clauses of a stage say, one after the other.
    pub fn apply(&mut self, clauses: &[Clause]) -> Result<(), Problem> {
        for clause in clauses {
            self.before_windows = None;
            // A number stays one, whatever it is called.
            self.is_count &= matches!(clause, Clause::Columns(_));
            match clause {
                Clause::Where(condition) | Clause::Having(condition) => {
                    let bound = self.bind(condition)?;
                    let kept = self.order.iter().copied().filter(|&row| self.holds(&bound, row)).collect();
                    self.order = kept;
                    self.matching = Some(self.order.len());
                }
                Clause::Group(group) => self.group(group)?,
                Clause::Distinct(names) => self.distinct(names)?,
                Clause::Count => self.count(),
                Clause::Sort(keys) => self.sort(keys)?,
                Clause::Columns(shown) => self.show_columns(shown)?,
                Clause::Limit { skip, take } => {
                    let from = (*skip).min(self.order.len());
                    self.order.drain(..from);
                    self.order.truncate(*take);
                }
                Clause::Tail(take) => {
                    let from = self.order.len().saturating_sub(*take);
                    self.order.drain(..from);
                }
            }
        }
        Ok(())
    }

    fn show_columns(&mut self, shown: &[(Name, Option<String>)]) -> Result<(), Problem> {
        let found = self.find_all(shown.iter().map(|(name, _)| name))?;
        let labels = shown
            .iter()
            .zip(&found)
            .map(|((_, alias), &at)| alias.clone().unwrap_or_else(|| self.columns[at].name.clone()));
        let labels: Vec<String> = labels.collect();
        self.shown = Some(found.into_iter().zip(labels).collect());
        Ok(())
    }

    /// Sorts rows; those that are equal stay in their order.
    fn sort(&mut self, keys: &[(Name, bool)]) -> Result<(), Problem> {
        let columns = self.find_all(keys.iter().map(|(name, _)| name))?;
        let mut order = self.order.clone();
        // The last key first: sorting is stable.
        for (&column, (_, is_down)) in columns.iter().zip(keys).rev() {
            let measure = self.measure(column);
            let mut keyed: Vec<(Key, u32)> = order.iter().map(|&row| (self.key(column, measure, row), row)).collect();
            keyed.sort_by(|(left, _), (right, _)| compare(left, right, *is_down));
            order = keyed.into_iter().map(|(_, row)| row).collect();
        }
        self.order = order;
        Ok(())
    }

    fn key(&self, column: usize, measure: Measure, row: u32) -> Key {
        let cell = self.cell(column, row);
        let raw = self.raw(cell);
        if cell.is_null(raw) {
            return Key::None;
        }
        let said = cell::said(cell, raw);
        let number = match measure {
            Measure::Number | Measure::Quantity if is_void(raw) => return Key::None,
            Measure::Quantity => Decimal::quantity(&said),
            Measure::Number => Decimal::parse(&said),
            _ if cell.kind == Kind::Number => Decimal::parse(&said),
            _ => None,
        };
        number.map_or_else(|| Key::Text(said.into_owned()), Key::Number)
    }
}

fn compare(left: &Key, right: &Key, is_down: bool) -> Ordering {
    let turned = |order: Ordering| if is_down { order.reverse() } else { order };
    match (left, right) {
        (Key::None, Key::None) => Ordering::Equal,
        (Key::None, _) => Ordering::Greater,
        (_, Key::None) => Ordering::Less,
        (Key::Number(left), Key::Number(right)) => turned(left.cmp(right)),
        (Key::Text(left), Key::Text(right)) => turned(left.cmp(right)),
        (Key::Number(_), Key::Text(_)) => turned(Ordering::Less),
        (Key::Text(_), Key::Number(_)) => turned(Ordering::Greater),
    }
}
