//! The cells of a column in, the shortest way to write them out: once for all, once for a run of rows, counted up, by
//! codes, or without the directory that the row above has.

use super::scale::Scale;
use crate::json::paths::MixMap;
use crate::json::style::{numbered, spelled_width};

/// Rows from which on a column may be written in another way than cell by cell.
const MIN_ROWS: usize = 4;
/// Of so many rows one may change a column that holds until it changes.
const ROWS_PER_CHANGE: usize = 4;
/// Values that have codes, at most: of one letter or two.
const MAX_CODES: usize = 26 * 27;
/// Tokens that codes must save, at the least.
const LEAST_SAVED: f64 = 6.0;

/// How a column is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Style {
    Plain,
    Constant(String),
    /// Holds until it changes.
    Sticky,
    Steps(Steps),
    /// Values by code, in the order of their codes.
    Codes(Vec<String>),
    /// Decimals without their points.
    Scaled(Scale),
    /// `"name` is in the directory of the path above.
    Path,
}

/// Cells that count up or down.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    pub first: String,
    pub step: i64,
    /// Counts days of the calendar.
    pub is_days: bool,
}

impl Steps {
    fn of(cells: &[&str]) -> Option<Steps> {
        for is_days in [true, false] {
            let place =
                |cell: &str| if is_days { days(cell) } else { numbered(cell.as_bytes()).map(|found| found.number) };
            let (Some(first), Some(second)) = (place(cells[0]), place(cells[1])) else { continue };
            let steps = Steps { first: cells[0].to_owned(), step: second - first, is_days };
            if steps.step != 0
                && cells.iter().enumerate().all(|(ordinal, cell)| steps.at(ordinal).as_deref() == Some(*cell))
            {
                return Some(steps);
            }
        }
        None
    }

    /// The cell of this ordinal.
    pub fn at(&self, ordinal: usize) -> Option<String> {
        let more = self.step.checked_mul(i64::try_from(ordinal).ok()?)?;
        if self.is_days {
            return date(days(&self.first)?.checked_add(more)?);
        }
        let found = numbered(self.first.as_bytes())?;
        let number = found.number.checked_add(more).filter(|&number| number >= 0)?;
        let width = spelled_width(number, found.width);
        let (prefix, suffix) = (std::str::from_utf8(found.prefix).ok()?, std::str::from_utf8(found.suffix).ok()?);
        Some(format!("{prefix}{number:0width$}{suffix}"))
    }
}

/// Days since 0000-03-01 of a date as ISO writes it (Hinnant's algorithm).
fn days(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |sum, &digit| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year)
}

fn date(days: i64) -> Option<String> {
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (0..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The style of a column with these cells.
pub fn style_of(cells: &[&str]) -> Style {
    if cells.len() < MIN_ROWS {
        return Style::Plain;
    }
    if cells.iter().all(|cell| *cell == cells[0]) {
        return Style::Constant(cells[0].to_owned());
    }
    let has_quote = cells.iter().any(|cell| cell.starts_with('"'));
    let changes = cells.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if changes * ROWS_PER_CHANGE <= cells.len() && cells.iter().all(|cell| *cell != "\"") {
        return Style::Sticky;
    }
    if let Some(steps) = Steps::of(cells) {
        return Style::Steps(steps);
    }
    if !has_quote && follows_paths(cells) {
        return Style::Path;
    }
    if let Some(scale) = Scale::of(cells) {
        return Style::Scaled(scale);
    }
    codes(cells).map_or(Style::Plain, Style::Codes)
}

/// The directory of a path, with its slash.
pub fn directory(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or("", |at| &path[..=at])
}

fn follows_paths(cells: &[&str]) -> bool {
    let same =
        cells.windows(2).filter(|pair| !directory(pair[0]).is_empty() && directory(pair[0]) == directory(pair[1]));
    same.count() * 4 > cells.len()
}

/// Values that are worth a code.
fn codes(cells: &[&str]) -> Option<Vec<String>> {
    let mut counts: MixMap<u64, (usize, usize)> = MixMap::default();
    for (at, cell) in cells.iter().enumerate() {
        let entry = counts.entry(xxhash_rust::xxh3::xxh3_64(cell.as_bytes())).or_insert((at, 0));
        entry.1 += 1;
        if counts.len() > MAX_CODES * 4 {
            return None;
        }
    }
    // A code costs about a token, and its entry as much as the value and two.
    let saves = |cell: &str, count: usize| (tokens(cell) - 1.2) * count as f64 - tokens(cell) - 2.5;
    let mut worth: Vec<(f64, usize)> = counts
        .values()
        .filter(|&&(at, count)| count > 1 && !is_number(cells[at]))
        .map(|&(at, count)| (saves(cells[at], count), at))
        .filter(|(saved, _)| *saved > 0.5)
        .collect();
    worth.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    worth.truncate(MAX_CODES);
    let saved: f64 = worth.iter().map(|(saved, _)| saved).sum();
    (saved >= LEAST_SAVED).then(|| worth.into_iter().map(|(_, at)| cells[at].to_owned()).collect())
}

/// Numbers say more as they are than by codes.
fn is_number(cell: &str) -> bool {
    cell.len() <= 12 && cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
}

/// About how many tokens a cell has.
fn tokens(cell: &str) -> f64 {
    let mut sum = 0.0;
    let mut run = 0usize;
    let mut last = 0u8;
    for &byte in cell.as_bytes() {
        let class = match byte {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 3,
            b' ' => 4,
            0x80.. => 6,
            _ => 5,
        };
        if class != last && !(class == 1 && (last == 2 && run == 1 || last == 4)) && !(class == 2 && last == 4) {
            run = 0;
        }
        let longest = match class {
            1 => 7,
            2 | 3 => 3,
            _ => 2,
        };
        if run.is_multiple_of(longest) && class != 4 {
            sum += 1.0;
        }
        run += 1;
        last = class;
    }
    sum
}

/// The code of this ordinal: a, b, … z, aa, ab, …
pub fn code(ordinal: usize) -> String {
    let letter = |at: usize| char::from(b'a' + (at % 26) as u8);
    match ordinal {
        0..26 => letter(ordinal).to_string(),
        _ => [letter(ordinal / 26 - 1), letter(ordinal)].iter().collect(),
    }
}

/// The ordinal of a code.
pub fn ordinal(code: &str) -> Option<usize> {
    let place = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'));
    match *code.as_bytes() {
        [one] => place(one),
        [one, two] => Some((place(one)? + 1) * 26 + place(two)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_numbers_count_up_over_the_ends_of_months() {
        let cells = ["2012-02-28", "2012-02-29", "2012-03-01", "2012-03-02"];
        assert!(matches!(style_of(&cells), Style::Steps(Steps { is_days: true, step: 1, .. })));
        let cells = ["E8", "E9", "E10", "E11"];
        assert!(matches!(style_of(&cells), Style::Steps(Steps { is_days: false, step: 1, .. })));
        assert_eq!(style_of(&["a8", "a9", "a11", "a12"]), Style::Plain);
    }

    #[test]
    fn codes_are_read_back() {
        for at in [0, 1, 25, 26, 27, 51, 52, 700] {
            assert_eq!(ordinal(&code(at)), Some(at));
        }
        assert_eq!(ordinal("A"), None);
    }
}
