//! Rows in, the lines of an answer out: how many there are, the names of columns, then a row a line.

use super::cell;
use super::{From, Problem, Relation, Source};

/// Text may be said so many times over, and so many bytes beyond, by columns that lie inside each other.
const MAX_TIMES: usize = 4;
const MAX_MORE_BYTES: usize = 1 << 20;

impl Relation<'_> {
    /// The lines above the rows, or all there is to say where a number was asked for.
    pub fn heading(&mut self) -> Result<String, Problem> {
        if self.is_count {
            return Ok(self.counted());
        }
        let mut out = self.summary();
        if self.order.is_empty() || self.is_plain() {
            return Ok(out);
        }
        self.choose()?;
        out.push('\n');
        let mut separator = "";
        if let Some(name) = self.number_name() {
            out.push_str(name);
            separator = ",";
        }
        for (_, label) in self.shown.iter().flatten() {
            out.push_str(separator);
            cell::write_name(label, &mut out);
            separator = ",";
        }
        Ok(out)
    }

    /// How many rows are shown below the heading.
    pub fn shown_rows(&self) -> usize {
        if self.is_count {
            0
        } else {
            self.order.len()
        }
    }

    /// Appends a row behind a line break. The heading must have been asked for.
    pub fn write_row(&self, at: usize, out: &mut String) {
        out.push('\n');
        let row = self.order[at];
        let base = self.rows[row as usize];
        if self.is_plain() {
            out.push_str(&base.number.to_string());
            out.push(':');
            out.push_str(&self.text[base.start as usize..base.end as usize]);
            return;
        }
        let mut separator = "";
        if self.number_name().is_some() {
            out.push_str(&base.number.to_string());
            separator = ",";
        }
        for (column, _) in self.shown.iter().flatten() {
            out.push_str(separator);
            let cell = self.cell(*column, row);
            cell::write(cell, self.raw(cell), out);
            separator = ",";
        }
    }

    /// All of the answer as a text.
    pub fn rendered(&mut self) -> Result<String, Problem> {
        let mut out = self.heading()?;
        let most = self.text.len().saturating_mul(MAX_TIMES) + MAX_MORE_BYTES;
        for at in 0..self.shown_rows() {
            self.write_row(at, &mut out);
            if out.len() > most {
                return Err(Problem::new("the columns hold each other, and are too large together", "columns a"));
            }
        }
        Ok(out)
    }

    /// Lines are shown as they are, as long as no columns are asked for.
    fn is_plain(&self) -> bool {
        matches!(self.source, Source::Lines) && self.shown.is_none()
    }

    /// The column of rows' numbers, unless it is shown already or they have none.
    fn number_name(&self) -> Option<&str> {
        let number = self.columns.iter().position(|column| matches!(column.from, From::Number))?;
        let is_shown = self.shown.iter().flatten().any(|(at, _)| *at == number);
        (!is_shown).then_some(self.columns[number].name.as_str())
    }

    /// Columns that are shown where none is named: of those without a value in any row, none.
    fn choose(&mut self) -> Result<(), Problem> {
        if self.shown.is_some() {
            return Ok(());
        }
        let usual = self.usual_columns()?;
        let has_some =
            |column: &usize| self.order.iter().any(|&row| self.cell(*column, row).kind != cell::Kind::Missing);
        let kept: Vec<usize> = if matches!(self.source, Source::Json(_)) {
            usual.iter().copied().filter(has_some).collect()
        } else {
            usual
        };
        self.shown = Some(kept.into_iter().map(|at| (at, self.columns[at].name.clone())).collect());
        Ok(())
    }

    pub(super) fn usual_columns(&mut self) -> Result<Vec<usize>, Problem> {
        if let Some(shown) = &self.shown {
            return Ok(shown.iter().map(|(at, _)| *at).collect());
        }
        let usual: Vec<usize> =
            self.columns.iter().zip(0..).filter(|(column, _)| column.is_usual).map(|(_, at)| at).collect();
        self.load(&usual)?;
        Ok(usual)
    }

    /// `42 of 1,318 rows`, `1,318 rows`, `5 of 42 rows (1,318 in all)`, `7 groups of 1,318 rows`.
    fn summary(&self) -> String {
        let left = self.before_windows.unwrap_or(self.order.len());
        let all = units(self.all, self.unit);
        let own = match self.matching {
            Some(matching) if matching != left && matching != self.all => {
                format!("{} of {} ({} in all)", said(left), units(matching, self.unit), said(self.all))
            }
            None if left == self.all => all,
            _ => format!("{} of {all}", said(left)),
        };
        match self.made_of {
            Some((rows, unit)) => format!("{own} of {}", units(rows, unit)),
            None => own,
        }
    }

    fn counted(&self) -> String {
        let all = units(self.all, self.unit);
        match self.matching {
            Some(matching) => format!("{} of {all}", said(matching)),
            None => all,
        }
    }
}

/// A number of things: `1 row`, `1,318 rows`.
fn units(number: usize, unit: &str) -> String {
    let one = unit.strip_suffix("es").filter(|one| one.ends_with("ch")).or_else(|| unit.strip_suffix('s'));
    format!("{} {}", said(number), if number == 1 { one.unwrap_or(unit) } else { unit })
}

/// A number with its thousands apart.
fn said(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
