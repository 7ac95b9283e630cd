//! Delimited text whose quoted cells hold line breaks in, the same with a row a line out, and back.
//!
//! A sign that the text does not hold stands for a line break within a cell. Linear in the text.

/// Stands for a line break in a cell, as the sign's name says; the text must not hold it.
pub const SIGN: char = '␤';
/// What a form of such a text begins with, before what the form of its rows begins with.
pub const MARK: &str = "#table ␤ is a line break, ";
const HEAD: &str = "#table ";
/// Bytes by which a text is told; rows that must have as many cells as the first; bytes of a cell.
const PROBED_BYTES: usize = 32_768;
const MIN_ROWS: usize = 3;
const MAX_CELL_BYTES: usize = 16_384;
const SEPARATORS: [u8; 3] = *b",;\t";

/// The text with each row on one line; `None` if no cell holds a line break, or it is no table.
pub fn fold(text: &str) -> Option<String> {
    fold_with(text, separator(text)?)
}

fn fold_with(text: &str, by: u8) -> Option<String> {
    if text.contains(SIGN) {
        return None;
    }
    let mut folded = String::with_capacity(text.len() + text.len() / 16);
    let mut from = 0;
    for at in inner_breaks(text.as_bytes(), by)? {
        folded.push_str(&text[from..at]);
        folded.push(SIGN);
        from = at + 1;
    }
    folded.push_str(&text[from..]);
    Some(folded)
}

/// The beginning of a text as `fold` writes it, if it is such a table.
pub fn folded_beginning(text: &str) -> Option<String> {
    let by = separator(text)?;
    let mut end = text.len().min(PROBED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let breaks = row_ends(&text.as_bytes()[..end], by).0;
    let whole = if end == text.len() { end } else { *breaks.last()? + 1 };
    fold_with(&text[..whole], by)
}

/// The form of the folded text as that of the text.
pub fn mark(form: &str) -> Option<String> {
    Some(format!("{MARK}{}", form.strip_prefix(HEAD)?))
}

/// The form of the folded text, if a form is that of such a text.
pub fn unmark(form: &str) -> Option<String> {
    Some(format!("{HEAD}{}", form.strip_prefix(MARK)?))
}

/// The text whose folded form is given.
pub fn unfold(folded: &str) -> String {
    folded.replace(SIGN, "\n")
}

/// A view of the folded text as one of the text: its rows as they stand there, a line on each column as one line.
pub fn unfold_view(view: &str) -> String {
    let lines = view.split_inclusive('\n');
    lines.map(|line| line.replace(SIGN, if line.starts_with("# ") { " " } else { "\n" })).collect()
}

/// What separates the cells of a text, if some of them hold line breaks and rows have as many cells as the first.
fn separator(text: &str) -> Option<u8> {
    let bytes = &text.as_bytes()[..text.len().min(PROBED_BYTES)];
    let first = &bytes[..memchr::memchr(b'\n', bytes)?];
    memchr::memchr(b'"', bytes)?;
    SEPARATORS.into_iter().find(|&by| {
        // A heading is not broken itself, and what its row holds is what the others do.
        let cells = memchr::memchr_iter(by, first).count();
        let is_heading = cells > 0 && memchr::memchr(b'"', first).is_none_or(|_| count(first, by) == Some(cells));
        is_heading && {
            let (ends, has_inner) = row_ends(bytes, by);
            let mut start = 0;
            let mut rows = ends.iter().map(|&end| {
                let row = &bytes[start..end];
                start = end + 1;
                count(row, by)
            });
            has_inner && ends.len() >= MIN_ROWS && rows.all(|own| own == Some(cells))
        }
    })
}

/// Separators in a row outside of quotes; `None` where a quote stays open.
fn count(row: &[u8], by: u8) -> Option<usize> {
    let mut found = 0;
    walk(row, by, |byte| found += usize::from(byte == by)).then_some(found)
}

/// Calls `each` with the separators and line breaks outside of quotes; false if a quote stays open.
fn walk(text: &[u8], by: u8, mut each: impl FnMut(u8)) -> bool {
    let mut at = 0;
    let mut start = 0;
    while let Some(found) = memchr::memchr3(by, b'\n', b'"', &text[at..]).map(|found| at + found) {
        at = found + 1;
        if text[found] != b'"' {
            each(text[found]);
            start = at;
        } else if found == start {
            let Some(end) = quoted_end(text, at) else { return false };
            at = end;
            start = at + 1;
        }
    }
    true
}

/// One past the quote that ends the cell whose text begins at `at`; two quotes are one of the text.
fn quoted_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let end = at + memchr::memchr(b'"', &text[at..])?;
        if text.get(end + 1) != Some(&b'"') {
            return Some(end + 1);
        }
        at = end + 2;
    }
}

/// Where rows end, and whether a cell of them holds a line break.
fn row_ends(text: &[u8], by: u8) -> (Vec<usize>, bool) {
    let (mut ends, mut has_inner) = (Vec::new(), false);
    scan(text, by, |at, is_inner| {
        if is_inner {
            has_inner = true;
        } else {
            ends.push(at);
        }
    });
    (ends, has_inner)
}

/// Where line breaks stand in cells; `None` if a quote stays open, or a cell is longer than any should be.
fn inner_breaks(text: &[u8], by: u8) -> Option<Vec<usize>> {
    let mut breaks = Vec::new();
    scan(text, by, |at, is_inner| {
        if is_inner {
            breaks.push(at);
        }
    })
    .then_some(breaks)
}

/// Calls `each` with every line break, and whether it stands in a quoted cell; false if one is not ended.
fn scan(text: &[u8], by: u8, mut each: impl FnMut(usize, bool)) -> bool {
    let mut at = 0;
    let mut start = 0;
    while let Some(found) = memchr::memchr3(by, b'\n', b'"', &text[at..]).map(|found| at + found) {
        at = found + 1;
        match text[found] {
            b'"' if found == start => {
                let Some(end) = quoted_end(text, at).filter(|end| end - at <= MAX_CELL_BYTES) else { return false };
                memchr::memchr_iter(b'\n', &text[at..end]).for_each(|inner| each(at + inner, true));
                at = end;
            }
            b'"' => {}
            sign => {
                if sign == b'\n' {
                    each(found, false);
                }
                start = at;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn issues(rows: usize) -> String {
        let mut text = "id,title,body\n".to_owned();
        (0..rows).for_each(|at| {
            text += &format!("{at},Issue {at},\"Steps:\n1. open, then \"\"wait\"\"\n\nok {}\"\n", at % 3)
        });
        text
    }

    #[test]
    fn line_breaks_in_cells_are_signs_and_come_back() {
        let text = issues(5);
        let folded = fold(&text).unwrap();
        assert_eq!(folded.lines().count(), 6);
        assert_eq!(unfold(&folded), text);
        assert!(fold("id,title\n1,a\n2,b\n3,c\n").is_none());
        assert!(fold("said, \"on one line\nand on another\"\nno, table\nat all, here\n").is_none());
    }

    #[test]
    fn such_a_table_is_shortened_and_given_back() {
        let text = issues(300);
        assert!(crate::table::score(&text) > 0.9);
        let task = crate::text::Task { key: Some("Ab3dE5gH7jK"), ..crate::text::Task::lossless(&text) };
        let view = crate::table::compress(&task).lossy.unwrap();
        assert!(view.text.len() * 10 < text.len(), "{}", view.text);
        assert!(view.text.contains("/300 rows") && view.text.contains("Steps:\n1. open"), "{}", view.text);
        let form = crate::table::compress(&crate::text::Task::lossless(&text)).lossless.unwrap();
        assert!(form.len() * 10 < text.len() * 9, "{form}");
        assert_eq!(crate::table::expand(&form).as_deref(), Some(text.as_str()));
    }

    proptest! {
        #[test]
        fn what_is_folded_comes_back(cells in prop::collection::vec("[a-c,\"\n]{0,6}", 8..30)) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let rows: Vec<String> =
                cells.chunks_exact(2).map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
            let text = format!("one,two\n{}\n", rows.join("\n"));
            if let Some(folded) = fold(&text) {
                prop_assert_eq!(folded.lines().count(), rows.len() + 1);
                prop_assert_eq!(unfold(&folded), text);
            }
        }

        #[test]
        fn any_text_is_read_without_failing(text in "[a,;\"\n\t]{0,80}") {
            if let Some(folded) = fold(&text) {
                prop_assert_eq!(unfold(&folded), text.as_str());
            }
            let _ = crate::table::score(&text);
        }
    }
}
