//! The name of a column as a model writes it in, the column out.

use super::clauses::Name;
use super::{From, Problem, Relation};

/// Names that an error lists at most, and letters in all.
const MAX_LISTED: usize = 30;
const MAX_LISTED_BYTES: usize = 600;
/// Columns that are compared with a name that is none of theirs, and letters of each.
const MAX_COMPARED: usize = 500;
const MAX_COMPARED_BYTES: usize = 60;

impl Relation<'_> {
    /// The column of a name: as written; else whatever its case; else whatever stands between its letters; else as the
    /// end of one path alone.
    pub(super) fn find(&self, name: &Name) -> Result<usize, Problem> {
        let wanted = name.text.trim();
        let wanted = wanted.strip_prefix("$.").or_else(|| wanted.strip_prefix('.')).unwrap_or(wanted);
        let position = |is_same: &dyn Fn(&str) -> bool| self.columns.iter().position(|column| is_same(&column.name));
        let plain = letters(wanted);
        let found = position(&|own| own == wanted)
            .or_else(|| position(&|own| own.eq_ignore_ascii_case(wanted)))
            .or_else(|| position(&|own| !plain.is_empty() && letters(own) == plain))
            .or_else(|| {
                self.columns.iter().position(|column| column.called.as_ref().is_some_and(|own| letters(own) == plain))
            })
            .or_else(|| self.end_of_one(&plain))
            .or_else(|| self.by_number(wanted));
        found.ok_or_else(|| self.unknown(name, wanted))
    }

    /// The only column whose path ends with a name.
    fn end_of_one(&self, plain: &str) -> Option<usize> {
        let is_end = |own: &str| {
            let parts = own.match_indices('.').map(|(at, _)| at + 1);
            !plain.is_empty() && parts.into_iter().any(|at| letters(&own[at..]) == plain)
        };
        let mut found = self.columns.iter().zip(0..).filter(|(column, _)| is_end(&column.name)).map(|(_, at)| at);
        found.next().filter(|_| found.next().is_none())
    }

    /// A column without a name by its number.
    fn by_number(&self, wanted: &str) -> Option<usize> {
        let digits = ["column", "col", "c", "$", "_", ""].iter().find_map(|word| wanted.strip_prefix(word))?;
        let at = digits.trim_start_matches([' ', '_']).parse::<usize>().ok()?.checked_sub(1)?;
        matches!(self.columns.get(at)?.from, From::Cell(_)).then_some(at)
    }

    fn unknown(&self, name: &Name, wanted: &str) -> Problem {
        let nearest = self.nearest(wanted);
        let mut listed = String::new();
        let usual = self.columns.iter().filter(|column| column.is_usual);
        let others = self.columns.iter().filter(|column| !column.is_usual && !matches!(column.from, From::Number));
        for (count, column) in usual.chain(others).enumerate() {
            if count == MAX_LISTED || listed.len() + column.name.len() > MAX_LISTED_BYTES {
                let left = self.columns.len() - count;
                listed.push_str(&format!(" and {left} more"));
                break;
            }
            listed.push_str(if count > 0 { ", " } else { "" });
            listed.push_str(&column.name);
        }
        let complaint = format!("there is no column `{wanted}`; columns: {listed}");
        Problem::new(complaint, nearest).at(name.at.clone())
    }

    /// The name that is most like one, as a query can say it.
    fn nearest(&self, wanted: &str) -> String {
        let plain = letters(wanted);
        let like = self.columns.iter().take(MAX_COMPARED).filter(|column| column.name.len() <= MAX_COMPARED_BYTES);
        let best = like.min_by_key(|column| {
            let own = letters(&column.name);
            let end = own.rsplit('.').next().unwrap_or("");
            let is_part = !plain.is_empty() && own.contains(&plain);
            (!is_part, distance(&plain, &own).min(distance(&plain, end) + 1))
        });
        let own = best.or(self.columns.first()).map_or("text", |column| column.name.as_str());
        quoted(own)
    }
}

/// A name as a query can say it.
pub fn quoted(name: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if begins && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\"").replace(['\n', '\r', '`'], " "))
}

/// The letters and digits of a name in lower case, with the dots of its path.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric() || *letter == '.').flat_map(char::to_lowercase).collect()
}

/// How many letters must be changed, added or left out to make one of the other; of the first letters only.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(MAX_COMPARED_BYTES).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().take(MAX_COMPARED_BYTES).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
