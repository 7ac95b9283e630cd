//! Paragraphs in, rows of cells below each other out: `ps`, `kubectl get`, `ls -l`, `df`, `wc`, lists of checksums.

use super::boxed;
use crate::text::Lines;

/// Lines of a paragraph by which its columns are told.
const SAMPLE: usize = 96;
/// Columns of a listing of files, with a time in ISO's order or as words; `find -ls` has two before them.
const LISTED: [&str; 10] = ["inode", "blocks", "mode", "links", "owner", "group", "size", "date", "time", "name"];
const LISTED_LONG: [&str; 11] =
    ["inode", "blocks", "mode", "links", "owner", "group", "size", "month", "day", "time", "name"];

/// Columns of what an archive holds, as `tar tv` lists it.
const ARCHIVED: [&str; 6] = ["mode", "owner", "size", "date", "time", "name"];

/// How the lines of a paragraph are split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// At white space; the last cell has the rest.
    Words(usize),
    /// Where columns begin, in characters.
    Places(Vec<usize>),
}

/// What a paragraph is, as rows.
#[derive(Debug)]
pub struct Plan {
    pub split: Split,
    pub columns: usize,
    /// Whether the first line is a heading; that of a rule below it.
    pub has_heading: bool,
    pub has_rule: bool,
    /// Names that columns have without a heading.
    pub names: &'static [&'static str],
}

/// The plan of the lines `first..end`, none of which is blank.
pub fn plan(lines: &Lines, first: usize, end: usize) -> Option<Plan> {
    let text = |at: usize| lines.line(first + at);
    let count = (end - first).min(SAMPLE);
    if count < 3 || text(0).len() > 2_000 {
        return None;
    }
    if is_underline(text(1)) && !is_underline(text(0)) {
        let places = underlined(text(1));
        let columns = places.len();
        let fits = (2..count).filter(|&at| fits(text(at), &places)).count();
        return (columns >= 2 && fits * 10 >= (count - 2) * 9).then_some(Plan {
            split: Split::Places(places),
            columns,
            has_heading: true,
            has_rule: true,
            names: &[],
        });
    }
    if let Some(before) = words_before_mode(text(0)) {
        return listed(text(0), before);
    }
    if text(0).starts_with(' ') {
        let sample: Vec<&str> = (0..count).map(text).collect();
        let last: Vec<&str> = ((end - first).saturating_sub(SAMPLE / 4).max(count)..end - first).map(text).collect();
        if let Some(plan) = framed(&sample, &last) {
            return Some(plan);
        }
    }
    let is_headed = could_name(text(0));
    let is_typed = most_are_amounts(text(1));
    if !is_headed && !is_typed {
        return None;
    }
    let sample: Vec<&str> = (0..count).map(text).collect();
    let named = is_headed.then(|| below_heading(&sample)).flatten();
    named.or_else(|| is_typed.then(|| typed(&sample)).flatten())
}

/// How many numbers stand before the mode of a file, if a line is one of a listing of files.
pub fn words_before_mode(line: &str) -> Option<usize> {
    let mut words = line.split_ascii_whitespace();
    for before in 0..3 {
        let word = words.next()?.as_bytes();
        if (10..=11).contains(&word.len())
            && b"-dlcbps".contains(&word[0])
            && word[1..10].iter().all(|byte| b"-rwxsStT".contains(byte))
        {
            return Some(before);
        }
        if !word.iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    None
}

fn listed(line: &str, before: usize) -> Option<Plan> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_iso = |at: usize| words.get(at).is_some_and(|word| word.as_bytes().get(4) == Some(&b'-'));
    let names: &'static [&'static str] = match () {
        () if before == 0 && is_iso(3) && words[1].contains('/') => &ARCHIVED,
        () if is_iso(before + 5) => &LISTED[2 - before..],
        () => &LISTED_LONG[2 - before..],
    };
    (words.len() >= names.len()).then_some(Plan {
        split: Split::Words(names.len()),
        columns: names.len(),
        has_heading: false,
        has_rule: false,
        names,
    })
}

fn is_underline(line: &str) -> bool {
    let is_of = |strokes: &[u8]| line.bytes().all(|byte| strokes.contains(&byte));
    line.len() >= 5
        && (is_of(b"-= ") && line.contains("--") | line.contains("==") && line.trim_ascii().contains(' ')
            || is_of(b"-=+") && line.contains("-=="))
}

/// Where the strokes of an underline begin: behind spaces, or where there are none, behind single dashes.
fn underlined(line: &str) -> Vec<usize> {
    let bytes = line.as_bytes();
    let gap = if bytes.contains(&b' ') { b' ' } else { b'-' };
    (0..bytes.len()).filter(|&at| bytes[at] != gap && (at == 0 || bytes[at - 1] == gap)).collect()
}

/// Whether there is a space before each place of a line.
fn fits(line: &str, places: &[usize]) -> bool {
    if !line.is_ascii() {
        return true;
    }
    let bytes = line.as_bytes();
    places.iter().all(|&at| at == 0 || bytes.get(at - 1).is_none_or(|&byte| byte == b' '))
}

/// Whether a line could name columns: in capitals or with gaps, without numbers.
fn could_name(heading: &str) -> bool {
    let is_name = |name: &str| !name.starts_with(|first: char| first.is_ascii_digit()) || name.contains("K-blocks");
    let text = heading.trim_ascii();
    (is_gapped(text) || is_capital(text))
        // What is said, or is code, has gaps by chance.
        && memchr::memchr2(b'"', b'`', text.as_bytes()).is_none()
        && !says_after_colon(text)
        && !text.ends_with(['.', ':', ',', ';', '{'])
        && text.split_ascii_whitespace().nth(1).is_some()
        && text.split_ascii_whitespace().all(is_name)
}

/// Whether something is said behind a colon; names may have colons before the gaps.
fn says_after_colon(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), b": ").any(|at| text.as_bytes().get(at + 2) != Some(&b' '))
}

fn is_gapped(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"  ").is_some()
}

/// Lines below one that could name columns.
fn below_heading(sample: &[&str]) -> Option<Plan> {
    let heading = sample[0];
    let names: Vec<&str> = heading.split_ascii_whitespace().collect();
    let is_gapped = is_gapped(heading.trim_ascii());
    let counts: Vec<usize> = sample[1..].iter().map(|line| line.split_ascii_whitespace().count()).collect();
    let rows = counts.len();
    let by_words =
        |columns: usize| Plan { split: Split::Words(columns), columns, has_heading: true, has_rule: false, names: &[] };
    // Names may be of two words: rows have fewer then.
    let least = names.len().div_ceil(2).max(2);
    let usual = (least..=names.len())
        .rev()
        .find(|&wanted| counts.iter().filter(|&&count| count == wanted).count() * 20 >= rows * 19);
    if let Some(columns) = usual.filter(|&columns| stands(sample, columns)) {
        return Some(by_words(columns));
    }
    let places = gaps(sample);
    let is_whole = places.iter().all(|&at| starts_word(heading, at)) || is_capital(heading);
    let parts = heading.trim_ascii().split("  ").filter(|part| !part.trim_ascii().is_empty()).count();
    let by_places = |places: Vec<usize>| Plan {
        columns: places.len(),
        split: Split::Places(places),
        has_heading: true,
        has_rule: false,
        names: &[],
    };
    let is_parted = is_gapped && is_whole && places.len() >= 2 && (rows >= 3 || is_capital(heading));
    if is_parted && places.len() == parts {
        return Some(by_places(places));
    }
    let longer = counts.iter().filter(|&&count| count >= names.len()).count();
    if longer * 20 >= rows * 19 && names.len() >= 4 && stands(sample, names.len()) {
        return Some(by_words(names.len()));
    }
    (is_parted && names.len() > parts).then(|| by_places(places))
}

fn is_capital(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase()) && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn starts_word(line: &str, at: usize) -> bool {
    let bytes = line.as_bytes();
    bytes.get(at).is_some_and(|&byte| byte != b' ') && (at == 0 || bytes[at - 1] == b' ')
}

/// Whether the words of lines begin, or end, below each other in each column but the last.
fn stands(sample: &[&str], columns: usize) -> bool {
    let mut starts = vec![(0usize, 0usize); columns];
    let mut ends = starts.clone();
    for line in &sample[sample.len().min(2) - 1..] {
        for (column, (start, end)) in words(line, columns).into_iter().enumerate() {
            for (list, at) in [(&mut starts, start), (&mut ends, end)] {
                // The majority, if there is one (Boyer and Moore).
                let entry = &mut list[column];
                match entry.1 {
                    0 => *entry = (at, 1),
                    _ if entry.0 == at => entry.1 += 1,
                    _ => entry.1 -= 1,
                }
            }
        }
    }
    let rows = sample.len() - 1;
    let mut standing = vec![(0usize, 0usize); columns];
    for line in &sample[1..] {
        for (column, (start, end)) in words(line, columns).into_iter().enumerate() {
            standing[column].0 += usize::from(starts[column].0 == start);
            standing[column].1 += usize::from(ends[column].0 == end);
        }
    }
    standing[..columns - 1].iter().all(|&(starting, ending)| starting.max(ending) * 10 >= rows * 7)
}

/// A data frame as pandas and R print it: names of rows, which no heading stands over, then columns that end below their
/// names, whatever spaces are in them. The `last` rows have the longest numbers for names.
fn framed(sample: &[&str], last: &[&str]) -> Option<Plan> {
    let name: Vec<bool> = sample[0].chars().map(|letter| letter != ' ').collect();
    let (width, first) = (name.len(), name.iter().position(|&is_name| is_name)?);
    let is_row = |row: &&&str| !row.starts_with(' ') && row.chars().count() == width;
    let rows: Vec<&&str> = sample[1..].iter().filter(is_row).collect();
    if rows.len() < 3 || rows.len() * 20 < (sample.len() - 1) * 19 {
        return None;
    }
    let mut used = vec![false; width];
    for row in rows.into_iter().chain(last.iter().filter(is_row)) {
        row.chars().enumerate().for_each(|(at, letter)| used[at] |= letter != ' ');
    }
    let is_free = |at: usize| !used[at] && !name[at];
    // Names of rows may have single spaces in them.
    let parted = (1..first).find(|&at| is_free(at) && is_free(at + 1));
    let mut from = parted.or_else(|| (1..first).find(|&at| is_free(at)))? + 1;
    let mut places = vec![0, from];
    for at in first + 1..width {
        // A space in a name has nothing below what stands before it.
        if is_free(at) && name[at - 1] && used[from..at].contains(&true) {
            from = at + 1;
            places.push(from);
        }
    }
    (places.len() >= 3).then_some(Plan {
        columns: places.len(),
        split: Split::Places(places),
        has_heading: true,
        has_rule: false,
        names: &[],
    })
}

/// Where columns begin that at least two blank places part in all lines.
fn gaps(sample: &[&str]) -> Vec<usize> {
    const MAX_WIDTH: usize = 600;
    let mut used = vec![false; MAX_WIDTH];
    for line in sample {
        for (at, letter) in line.chars().take(MAX_WIDTH).enumerate() {
            used[at] |= letter != ' ';
        }
    }
    let is_free = |at: usize| !used.get(at).copied().unwrap_or(true);
    (0..MAX_WIDTH).filter(|&at| used[at] && (at == 0 || at >= 2 && is_free(at - 1) && is_free(at - 2))).collect()
}

/// Lines without a heading, most columns of which hold numbers, addresses, checksums or letters.
fn typed(sample: &[&str]) -> Option<Plan> {
    let columns = sample[0].split_ascii_whitespace().count();
    if !(2..=24).contains(&columns) || sample.len() < 4 {
        return None;
    }
    let mut numeric = vec![0usize; columns];
    let mut letters = vec![0usize; columns];
    let mut fitting = 0;
    for line in sample {
        let found: Vec<&str> = line.split_ascii_whitespace().collect();
        if found.len() != columns {
            continue;
        }
        fitting += 1;
        for (column, word) in found.iter().enumerate() {
            numeric[column] += usize::from(is_amount(word) || is_number_in_hex(word));
            letters[column] += usize::from(is_letter(word));
        }
    }
    let most = |counts: &[usize]| counts.iter().filter(|&&count| count * 20 >= fitting * 19).count();
    let (amounts, codes) = (most(&numeric), most(&letters));
    let is_typed = amounts > 0 && (amounts + codes) * 2 >= columns;
    let is_good = fitting * 20 >= sample.len() * 19 && is_typed && stands(sample, columns);
    // Numbers that count up by one are those of lines.
    let is_numbered = columns == 2
        && sample.windows(2).all(|pair| {
            let number = |line: &str| line.split_ascii_whitespace().next().and_then(|word| word.parse::<u64>().ok());
            number(pair[0]).zip(number(pair[1])).is_some_and(|(one, two)| two == one + 1)
        });
    (is_good && !is_numbered).then_some(Plan {
        split: Split::Words(columns),
        columns,
        has_heading: false,
        has_rule: false,
        names: &[],
    })
}

fn is_amount(word: &str) -> bool {
    if !matches!(word.as_bytes().first(), Some(b'0'..=b'9' | b'.')) {
        return false;
    }
    let body = word.trim_end_matches(['K', 'M', 'G', 'T', 'B', 'i', '%', 'k']);
    // The numbers of a list have points behind them.
    !body.is_empty()
        && !body.ends_with('.')
        && body.len() + 3 >= word.len()
        && body.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether half of the words of a line are amounts, numbers in hexadecimal, or letters.
fn most_are_amounts(line: &str) -> bool {
    let (mut words, mut amounts) = (0, 0);
    for word in line.split_ascii_whitespace() {
        amounts += usize::from(is_amount(word) || is_number_in_hex(word) || is_letter(word));
        words += 1;
    }
    words >= 2 && amounts * 2 >= words
}

/// An address, as of a symbol, or a checksum.
fn is_number_in_hex(word: &str) -> bool {
    let has_digit = || word.bytes().any(|byte| byte.is_ascii_digit());
    word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) && has_digit()
}

/// A letter that says of what sort a thing is.
fn is_letter(word: &str) -> bool {
    matches!(word.as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

/// Where the words of a line begin and end, in bytes; the last has the rest, with the spaces at its end.
pub fn words(line: &str, columns: usize) -> Vec<(usize, usize)> {
    let bytes = line.as_bytes();
    let mut found = Vec::with_capacity(columns);
    let mut at = 0;
    while found.len() < columns {
        while at < bytes.len() && bytes[at] == b' ' {
            at += 1;
        }
        if at >= bytes.len() {
            break;
        }
        let start = at;
        if found.len() + 1 == columns {
            at = line.len();
        } else {
            at = memchr::memchr(b' ', &bytes[at..]).map_or(bytes.len(), |offset| at + offset);
        }
        found.push((start, at));
    }
    found
}

/// The words of a heading, each with the column of the rows below that it stands over; columns may have several.
pub fn heading<'r>(line: &str, columns: usize, rows: impl Iterator<Item = &'r str>) -> Vec<(usize, usize)> {
    let mut fields: Vec<(usize, usize)> = vec![(usize::MAX, 0); columns];
    for row in rows {
        for (field, (start, end)) in fields.iter_mut().zip(words(row, columns)) {
            *field = (field.0.min(start), field.1.max(end));
        }
    }
    if let Some(last) = fields.last_mut() {
        last.1 = usize::MAX;
    }
    // Words as rows have them: what else is white space parts no columns.
    let line = line.trim_ascii_end();
    let count = line.split(' ').filter(|word| !word.is_empty()).count();
    let names = words(line, count);
    if count == columns {
        return names;
    }
    let mut cells: Vec<(usize, usize)> = vec![(usize::MAX, 0); columns];
    let mut least = 0;
    for (ordinal, &(start, end)) in names.iter().enumerate() {
        let far = |&(from, to): &(usize, usize)| from.saturating_sub(end).max(start.saturating_sub(to));
        let nearest = (least..columns).min_by_key(|&column| far(&fields[column])).unwrap_or(columns - 1);
        // Each column has a name.
        let column = nearest.min(least + 1).max(columns.saturating_sub(names.len() - ordinal));
        least = column.max(least);
        let cell = &mut cells[least];
        *cell = (cell.0.min(start), cell.1.max(end));
    }
    cells.into_iter().map(|(start, end)| if start > end { (line.len(), line.len()) } else { (start, end) }).collect()
}

/// Appends where the cells of a line begin and end; false if it has other columns. `is_padded`: spaces at the end of a
/// line are padding.
pub fn split(line: &str, split: &Split, is_padded: bool, start: u32, cells: &mut Vec<(u32, u32)>) -> bool {
    let line = if is_padded { line.trim_end_matches(' ') } else { line };
    let from = cells.len();
    match split {
        Split::Words(columns) => {
            let found = words(line, *columns);
            if found.len() != *columns || boxed::is_rule(line) {
                return false;
            }
            cells.extend(found.into_iter().map(|(left, right)| (start + left as u32, start + right as u32)));
        }
        Split::Places(places) => {
            let offsets = offsets(line, places);
            for (ordinal, &left) in offsets.iter().enumerate() {
                let right = offsets.get(ordinal + 1).copied().unwrap_or(line.len());
                if ordinal > 0 && left < line.len() && line.as_bytes()[left - 1] != b' ' {
                    cells.truncate(from);
                    return false;
                }
                let text = &line[left..right];
                let trimmed = text.trim_matches(' ');
                let lead = if trimmed.is_empty() { 0 } else { text.len() - text.trim_start_matches(' ').len() };
                cells.push((start + (left + lead) as u32, start + (left + lead + trimmed.len()) as u32));
            }
        }
    }
    true
}

/// The places of a line in bytes.
fn offsets(line: &str, places: &[usize]) -> Vec<usize> {
    if line.is_ascii() {
        return places.iter().map(|&at| at.min(line.len())).collect();
    }
    let mut found = Vec::with_capacity(places.len());
    let mut letters = line.char_indices().map(|(at, _)| at).enumerate();
    for &place in places {
        let at = letters.by_ref().find(|&(ordinal, _)| ordinal == place).map_or(line.len(), |(_, at)| at);
        found.push(at);
    }
    found
}
