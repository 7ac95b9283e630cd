//! Lines in, rows of cells between commas, tabs, semicolons or bars out.

use super::schema::MAX_COLUMNS;

/// What may stand between cells, the surest first.
pub const SEPARATORS: [u8; 5] = *b"\t,;| ";

/// Calls `each` with the place of every separator outside quotes; false if a quote stays open.
fn for_each(line: &[u8], by: u8, mut each: impl FnMut(usize)) -> bool {
    if by == b'\t' || memchr::memchr(b'"', line).is_none() {
        memchr::memchr_iter(by, line).for_each(each);
        return true;
    }
    // A quote counts where a cell begins, and behind the one that ends a text, which it opens again.
    let (mut start, mut at) = (0, 0);
    while let Some(offset) = memchr::memchr2(by, b'"', &line[at..]) {
        at += offset;
        if line[at] == by {
            each(at);
            start = at + 1;
        } else if at == start {
            let Some(end) = memchr::memchr(b'"', &line[at + 1..]) else { return false };
            at += end + 1;
            start = at + 1;
        }
        at += 1;
    }
    true
}

/// How often `by` separates cells in a line: quoted ones do not count. `None` if a quote stays open.
pub fn count(line: &[u8], by: u8) -> Option<usize> {
    let mut separators = 0;
    for_each(line, by, |_| separators += 1).then_some(separators)
}

/// Appends where the cells of a line begin and end; `start` is where the line does. False if a quote stays open.
pub fn split(line: &str, by: u8, start: u32, cells: &mut Vec<(u32, u32)>) -> bool {
    let mut from = start;
    let is_closed = for_each(line.as_bytes(), by, |at| {
        cells.push((from, start + at as u32));
        from = start + at as u32 + 1;
    });
    cells.push((from, start + line.len() as u32));
    is_closed
}

/// The separator and the number of columns of the rows that begin at `line`, if some do.
pub fn begins<'t>(mut line: impl FnMut(usize) -> Option<&'t str>) -> Option<(u8, usize)> {
    const NEEDED: usize = 3;
    let (first, second) = (line(0)?.as_bytes(), line(1)?.as_bytes());
    let has_quotes = memchr::memchr(b'"', first).or_else(|| memchr::memchr(b'"', second)).is_some();
    'separator: for by in SEPARATORS {
        let found = memchr::memchr_iter(by, first).count();
        // Most lines are told to be no rows by this alone.
        if found == 0 || !has_quotes && memchr::memchr_iter(by, second).count() != found {
            continue;
        }
        let Some(separators) = count(first, by).filter(|&count| count > 0 && count < MAX_COLUMNS) else { continue };
        if by == b'\t' && is_numbered(&mut line) {
            continue;
        }
        if by == b' ' && !is_numeric(&mut line, separators) {
            continue;
        }
        let (mut spaced, mut worded) = (0, 0);
        let mut cells = Vec::new();
        for ahead in 0..NEEDED {
            let Some(text) = line(ahead) else { continue 'separator };
            let bytes = text.as_bytes();
            if count(bytes, by) != Some(separators) || text.trim_ascii().is_empty() {
                continue 'separator;
            }
            cells.clear();
            split(text, by, 0, &mut cells);
            spaced += cells[1..].iter().filter(|cell| bytes.get(cell.0 as usize) == Some(&b' ')).count();
            worded += usize::from(is_prose_before(bytes, by));
            if is_millis(bytes, by) || is_code(bytes, by) || is_json(bytes, by) {
                continue 'separator;
            }
        }
        // Lines of a box have spaces beside their bars, and prose has them behind its commas.
        let is_spaced = spaced * 2 > separators * NEEDED;
        if by != b' ' && is_spaced && (by == b'|' || separators < 3)
            || by == b'\t' && memchr::memchr(by, first) == Some(0)
        {
            continue;
        }
        if by != b'\t' && worded == NEEDED && separators == 1 || by == b'|' && separators == 1 {
            continue;
        }
        return Some((by, separators + 1));
    }
    None
}

/// Whether most words of lines are numbers, below one that may name them.
fn is_numeric<'t>(line: &mut impl FnMut(usize) -> Option<&'t str>, separators: usize) -> bool {
    let is_number = |word: &str| word.len() <= 40 && word.parse::<f64>().is_ok() || word == "NA";
    separators > 1
        && (0..3).all(|at| line(at).is_some_and(|text| !text.contains("  ") && !text.starts_with(' ')))
        && (1..3).all(|at| {
            let numbers = line(at).map_or(0, |text| text.split(' ').filter(|word| is_number(word)).count());
            numbers * 3 >= (separators + 1) * 2
        })
}

/// Whether lines begin with their numbers, as those of files do that are shown with them.
fn is_numbered<'t>(line: &mut impl FnMut(usize) -> Option<&'t str>) -> bool {
    let mut number = |at: usize| {
        let text = line(at)?;
        let (first, rest) = text.split_once('\t')?;
        let number = first.trim_ascii_start().parse::<u64>().ok()?;
        Some((number, first.starts_with(' '), !rest.contains('\t')))
    };
    let (Some(one), Some(two), Some(three)) = (number(0), number(1), number(2)) else { return false };
    let is_each = |has: fn(&(u64, bool, bool)) -> bool| [one, two, three].iter().all(has);
    // Where lines between are not looked at, numbers that are padded go up.
    is_each(|line| line.1) && one.0 < two.0 && two.0 < three.0
        || is_each(|line| line.1 || line.2) && two.0 == one.0 + 1 && three.0 == two.0 + 1
}

/// Whether a line of one separator has many words before it, as a sentence has.
fn is_prose_before(line: &[u8], by: u8) -> bool {
    let at = memchr::memchr(by, line).unwrap_or(line.len());
    memchr::memchr_iter(b' ', &line[..at]).count() > 5
}

/// Whether what stands before the separator is a time and behind it are its milliseconds.
fn is_millis(line: &[u8], by: u8) -> bool {
    let Some(at) = memchr::memchr(by, line).filter(|_| by == b',') else { return false };
    let behind = &line[at + 1..];
    at >= 8
        && line[at - 3] == b':'
        && line[at - 6] == b':'
        && behind.len() > 3
        && behind[..3].iter().all(u8::is_ascii_digit)
        && !behind[3].is_ascii_digit()
        && behind[3] != b','
}

/// Whether a line ends like one of a program.
fn is_code(line: &[u8], by: u8) -> bool {
    by != b'\t' && matches!(line.trim_ascii_end().last(), Some(b';' | b'{' | b'(' | b'}' | b'[')) && by != b';'
        || by == b';'
            && matches!(line.trim_ascii_end().last(), Some(b';' | b'{' | b'}'))
            && memchr::memchr2(b'(', b'{', line).is_some()
}

/// Whether a line is a value of JSON, or a piece of one: `{"id": 1}`, `[[1, 2],`, `"id": 1,`.
fn is_json(line: &[u8], by: u8) -> bool {
    let line = line.trim_ascii_start();
    by != b'\t'
        && match line {
            [b'{', ..] | [b'[', b'{' | b'[' | b'"', ..] => true,
            [b'"', rest @ ..] => memchr::memchr(b'"', rest).is_some_and(|end| rest.get(end + 1) == Some(&b':')),
            _ => false,
        }
}
