//! A condition and a row in, whether it holds out.
//!
//! Numbers compare as numbers, exactly; those with units only in a column that has nothing but quantities. What is
//! equal otherwise is spelled alike. Where a value is missing or null, nothing holds but `is null` and what is negated.
//! Texts compare by their letters, so that dates as ISO writes them compare as such; a text is neither less nor more
//! than a number, but for dates. Of an array a test holds that holds for one of its elements.

use std::cmp::Ordering;

use super::cell::{self, Cell, Kind};
use super::condition::{Check, Condition, Literal};
use super::decimal::Decimal;
use super::{Problem, Relation};
use crate::retrieve::scan;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Numbers without units.
    Number,
    /// Numbers with units, or without.
    Quantity,
    /// Texts that begin with a year.
    Date,
    Text,
}

/// A condition whose columns are known.
pub enum Bound<'c> {
    All(Vec<Bound<'c>>),
    Any(Vec<Bound<'c>>),
    Not(Box<Bound<'c>>),
    Test { column: usize, measure: Measure, check: &'c Check, other: usize },
}

impl Relation<'_> {
    /// Finds the columns that a condition names.
    pub(super) fn bind<'c>(&mut self, condition: &'c Condition) -> Result<Bound<'c>, Problem> {
        Ok(match condition {
            Condition::All(parts) => Bound::All(self.bind_all(parts)?),
            Condition::Any(parts) => Bound::Any(self.bind_all(parts)?),
            Condition::Not(inside) => Bound::Not(Box::new(self.bind(inside)?)),
            Condition::Test(name, check) => {
                let column = self.find_all([name].into_iter())?[0];
                let other = match check {
                    Check::Same(other) => self.find_all([other].into_iter())?[0],
                    _ => column,
                };
                Bound::Test { column, measure: self.measure(column), check, other }
            }
        })
    }

    fn bind_all<'c>(&mut self, parts: &'c [Condition]) -> Result<Vec<Bound<'c>>, Problem> {
        parts.iter().map(|part| self.bind(part)).collect()
    }

    /// What the values of a column that was read are.
    pub(super) fn measure(&self, column: usize) -> Measure {
        let mut found: Option<Measure> = None;
        for &cell in self.cells[column].iter().flatten() {
            let raw = self.raw(cell);
            if cell.is_null(raw) || is_void(raw) {
                continue;
            }
            let said = cell::said(cell, raw);
            let own = if matches!(cell.kind, Kind::Container | Kind::True | Kind::False) {
                Measure::Text
            } else if Decimal::parse(&said).is_some() {
                Measure::Number
            } else if Decimal::quantity(&said).is_some() {
                Measure::Quantity
            } else if is_date(&said) {
                Measure::Date
            } else {
                Measure::Text
            };
            found = match (found, own) {
                (None, own) => Some(own),
                (Some(known), own) if known == own => Some(known),
                (Some(Measure::Number | Measure::Quantity), Measure::Number | Measure::Quantity) => {
                    Some(Measure::Quantity)
                }
                _ => Some(Measure::Text),
            };
            if found == Some(Measure::Text) {
                break;
            }
        }
        found.unwrap_or(Measure::Text)
    }

    pub(super) fn holds(&self, bound: &Bound<'_>, row: u32) -> bool {
        match bound {
            Bound::All(parts) => parts.iter().all(|part| self.holds(part, row)),
            Bound::Any(parts) => parts.iter().any(|part| self.holds(part, row)),
            Bound::Not(inside) => !self.holds(inside, row),
            Bound::Test { column, measure, check, other } => {
                let cell = self.cell(*column, row);
                if let Check::Same(_) = check {
                    let other = self.cell(*other, row);
                    return !cell.is_null(self.raw(cell)) && same(cell, self.raw(cell), other, self.raw(other));
                }
                self.passes(cell, *measure, check)
            }
        }
    }

    fn passes(&self, cell: Cell, measure: Measure, check: &Check) -> bool {
        let raw = self.raw(cell);
        let is_null = cell.is_null(raw);
        if is_null || matches!(check, Check::IsNull) {
            return is_null && matches!(check, Check::IsNull);
        }
        if passes(cell, raw, measure, check) {
            return true;
        }
        cell.kind == Kind::Container && raw.starts_with('[') && {
            let mut elements = Elements { text: raw, check, found: false };
            let _ = scan::walk(raw, 0, &mut elements);
            elements.found
        }
    }
}

/// Tests each element of an array.
struct Elements<'e> {
    text: &'e str,
    check: &'e Check,
    found: bool,
}

impl scan::Visitor for Elements<'_> {
    type State = bool; // whether it is an element

    fn begin(&mut self, _: scan::Place<'_>, parent: Option<&mut bool>, _: usize, _: usize) -> (bool, bool) {
        (parent.is_some(), parent.is_none())
    }

    fn end(&mut self, is_element: bool, start: usize, end: usize, _: u32) {
        if is_element && !self.found {
            let cell = Cell::value(self.text, start, end);
            let raw = cell.raw(self.text, "");
            self.found = !cell.is_null(raw) && passes(cell, raw, Measure::Number, self.check);
        }
    }
}

/// Words that tables have where there is no value.
pub fn is_void(raw: &str) -> bool {
    matches!(raw, "" | "-" | "--" | "N/A" | "n/a" | "NA" | "NaN" | "nan" | "None" | "<none>" | "null" | "NULL" | "\\N")
}

fn is_date(said: &str) -> bool {
    let bytes = said.as_bytes();
    bytes.len() >= 7
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && matches!(bytes[4], b'-' | b'/' | b'.')
        && bytes[5].is_ascii_digit()
}

fn passes(cell: Cell, raw: &str, measure: Measure, check: &Check) -> bool {
    let said = cell::said(cell, raw);
    match check {
        Check::Equal(literal) => equals(cell, &said, measure, literal),
        Check::In(literals) => literals.iter().any(|literal| equals(cell, &said, measure, literal)),
        Check::Less(literal) => ordered(&said, measure, literal).is_some_and(Ordering::is_lt),
        Check::AtMost(literal) => ordered(&said, measure, literal).is_some_and(Ordering::is_le),
        Check::Greater(literal) => ordered(&said, measure, literal).is_some_and(Ordering::is_gt),
        Check::AtLeast(literal) => ordered(&said, measure, literal).is_some_and(Ordering::is_ge),
        Check::Contains(part) => said.contains(part.as_str()),
        Check::StartsWith(part) => said.starts_with(part.as_str()),
        Check::EndsWith(part) => said.ends_with(part.as_str()),
        Check::Matches(pattern) => pattern.is_match(&said),
        Check::IsTrue => cell.kind == Kind::True || matches!(&*said, "true" | "True" | "TRUE" | "yes" | "t" | "1"),
        Check::IsNull | Check::Same(_) => false,
    }
}

fn equals(cell: Cell, said: &str, measure: Measure, literal: &Literal) -> bool {
    if said == literal.text {
        return true;
    }
    let is_of_numbers = matches!(measure, Measure::Number | Measure::Quantity) || cell.kind == Kind::Number;
    // What stands in quotes is meant as it is spelled, where it may be.
    if literal.is_quoted && !(is_of_numbers && cell.kind == Kind::Number) {
        return false;
    }
    if matches!(cell.kind, Kind::True | Kind::False) {
        return said.eq_ignore_ascii_case(&literal.text);
    }
    match (&literal.number, &literal.quantity) {
        (Some(number), _) if measure != Measure::Quantity => {
            is_of_numbers && Decimal::parse(said).is_some_and(|own| own == *number)
        }
        (_, Some(quantity)) if is_of_numbers => Decimal::quantity(said).is_some_and(|own| own == *quantity),
        _ => false,
    }
}

fn ordered(said: &str, measure: Measure, literal: &Literal) -> Option<Ordering> {
    match (measure, &literal.number, &literal.quantity) {
        (Measure::Quantity, _, Some(quantity)) => Some(Decimal::quantity(said)?.cmp(quantity)),
        (Measure::Number, None, Some(quantity)) if !literal.is_quoted => Some(Decimal::parse(said)?.cmp(quantity)),
        (Measure::Date, ..) => Some(said.cmp(&literal.text)),
        (_, Some(number), _) => Some(Decimal::parse(said)?.cmp(number)),
        _ if Decimal::parse(said).is_some() => None,
        _ => Some(said.cmp(literal.text.as_str())),
    }
}

/// Whether two columns have the same in a row.
fn same(left: Cell, left_raw: &str, right: Cell, right_raw: &str) -> bool {
    let (left, right) = (cell::said(left, left_raw), cell::said(right, right_raw));
    left == right || matches!((Decimal::parse(&left), Decimal::parse(&right)), (Some(a), Some(b)) if a == b)
}
