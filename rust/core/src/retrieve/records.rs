//! The rows of a text: the records of its main collection.
//!
//! For JSON, the elements of the top-level array; of an object, those of its largest array, or its members
//! where it is itself a map of records, or holds no array. For tables their rows, without headings. For NDJSON and for
//! all other texts, the lines that are not blank. Linear in the length of the text.

use memchr::{memchr, memchr_iter};

use super::scan::{self, Fault, Place, Visitor};
use crate::table;

/// One row: from `start` to `end`, with its value beginning at `value` (after the name of a member).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it begins.
    pub start: usize,
    /// Where its value begins.
    pub value: usize,
    /// Where it ends.
    pub end: usize,
}

impl Row {
    /// A row without a name.
    pub fn plain(start: usize, end: usize) -> Self {
        Self { start, value: start, end }
    }
}

/// The rows of a text, in order.
pub fn rows(text: &str) -> Vec<Row> {
    json_rows(text).or_else(|| table_rows(text)).unwrap_or_else(|| line_rows(text))
}

/// The rows of a text of tables.
fn table_rows(text: &str) -> Option<Vec<Row>> {
    let row = |&(start, end): &(u32, u32)| Row::plain(start as usize, end as usize);
    Some(table::cells(text)?.lines.iter().map(row).collect())
}

/// The rows of a text that is JSON, and not one document a line.
pub fn json_rows(text: &str) -> Option<Vec<Row>> {
    let documents = documents(text);
    match documents[..] {
        [] => None,
        [document] => main_collection(text, document.start).ok(),
        _ => Some(documents),
    }
}

/// The JSON documents that a text consists of: one, or one a line, or any with white space between them; none
/// if it is something else. What is inside the documents is not checked, nor are lines after the first.
pub fn documents(text: &str) -> Vec<Row> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = scan::skip_space(bytes, 0);
    if begins_with_a_document_line(bytes, at) {
        return line_rows(text);
    }
    while let Some(b'{' | b'[') = bytes.get(at) {
        let Ok(end) = scan::skip_value(bytes, at) else { break };
        found.push(Row::plain(at, end));
        at = scan::skip_space(bytes, end);
    }
    if at < bytes.len() {
        found.clear();
    }
    found
}

/// Whether the line that begins at `start` is a whole document, and is not the last that is not blank.
fn begins_with_a_document_line(bytes: &[u8], start: usize) -> bool {
    let Some(b'{' | b'[') = bytes.get(start) else { return false };
    let Some(length) = memchr(b'\n', &bytes[start..]) else { return false };
    let line = &bytes[..start + length];
    scan::skip_value(line, start).is_ok_and(|end| {
        matches!(line[end - 1], b'}' | b']')
            && scan::skip_space(line, end) == line.len()
            && scan::skip_space(bytes, line.len()) < bytes.len()
    })
}

/// The lines that are not blank.
pub fn line_rows(text: &str) -> Vec<Row> {
    lines(text)
        .filter(|&(start, end)| !text[start..end].trim().is_empty())
        .map(|(start, end)| Row::plain(start, end))
        .collect()
}

/// Where each line begins and ends, without its terminator (`\n` or `\r\n`).
pub fn lines(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bytes = text.as_bytes();
    let unended = (!text.is_empty() && !text.ends_with('\n')).then_some(text.len());
    let mut start = 0;
    memchr_iter(b'\n', bytes).chain(unended).map(move |end| {
        let line = (start, if end > start && bytes[end - 1] == b'\r' && end < bytes.len() { end - 1 } else { end });
        start = end + 1;
        line
    })
}

fn main_collection(text: &str, start: usize) -> Result<Vec<Row>, Fault> {
    let mut search = Search::new(text);
    let end = scan::walk(text, start, &mut search)?;
    let container = search.choose(start, end - start);
    let mut members = Members(Vec::new());
    scan::walk(text, container, &mut members)?;
    Ok(members.0)
}

/// Finds the largest array, and what kind of object the root is.
struct Search<'t> {
    bytes: &'t [u8],
    members: usize,
    record_members: usize,
    best: Option<(bool, usize, usize)>,
}

impl<'t> Search<'t> {
    fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), members: 0, record_members: 0, best: None }
    }

    /// Where the main collection begins in a document of `length` bytes that begins at `root`.
    fn choose(&self, root: usize, length: usize) -> usize {
        if self.bytes[root] == b'[' {
            return root;
        }
        let map_of_records = self.members >= 3 && self.record_members * 5 >= self.members * 4;
        match self.best {
            Some((_, size, _)) if map_of_records && size * 2 < length => root,
            Some((_, _, start)) => start,
            None => root,
        }
    }
}

impl Visitor for Search<'_> {
    type State = bool; // whether it is the root

    fn begin(&mut self, _: Place<'_>, parent: Option<&mut bool>, _: usize, start: usize) -> (bool, bool) {
        let is_root = parent.is_none();
        if parent.is_some_and(|parent_is_root| *parent_is_root) {
            self.members += 1;
            self.record_members += usize::from(self.bytes[start] == b'{');
        }
        (is_root, true)
    }

    fn end(&mut self, _: bool, start: usize, end: usize, count: u32) {
        if self.bytes[start] == b'[' && count > 0 {
            // One element alone is a wrapper more often than a collection. Of equal ones the outermost ends last.
            let candidate = (count > 1, end - start, start);
            if self.best.is_none_or(|best| (candidate.0, candidate.1) >= (best.0, best.1)) {
                self.best = Some(candidate);
            }
        }
    }
}

/// Collects what is directly inside the container that is walked.
struct Members(Vec<Row>);

impl Visitor for Members {
    type State = bool; // whether it is the container itself

    fn begin(&mut self, _: Place<'_>, parent: Option<&mut bool>, member_start: usize, start: usize) -> (bool, bool) {
        let is_container = parent.is_none();
        if !is_container {
            self.0.push(Row { start: member_start, value: start, end: start });
        }
        (is_container, is_container)
    }

    fn end(&mut self, is_container: bool, _: usize, end: usize, _: u32) {
        if let (false, Some(row)) = (is_container, self.0.last_mut()) {
            row.end = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        rows(text).into_iter().map(|row| &text[row.start..row.end]).collect()
    }

    #[test]
    fn rows_are_the_elements_of_the_top_level_array() {
        assert_eq!(texts(r#" [1.0, {"a": [1,2,3,4]}, "x"] "#), ["1.0", r#"{"a": [1,2,3,4]}"#, r#""x""#]);
        assert!(texts("[]").is_empty());
    }

    #[test]
    fn rows_of_an_object_are_those_of_its_largest_array() {
        let text = r#"{"meta": {"tags": ["a"], "about": "long enough to outweigh"}, "items": [{"id": 1}, {"id": 2}]}"#;
        assert_eq!(texts(text), [r#"{"id": 1}"#, r#"{"id": 2}"#]);
        assert_eq!(texts(r#"{"hits": [[{"id": 1}, {"id": 2}]]}"#), [r#"{"id": 1}"#, r#"{"id": 2}"#]);
    }

    #[test]
    fn rows_of_a_map_of_records_are_its_members() {
        let text = r#"{"a": {"t": [1, 2]}, "b": {"t": [3, 4]}, "c": {"t": []}}"#;
        assert_eq!(texts(text), [r#""a": {"t": [1, 2]}"#, r#""b": {"t": [3, 4]}"#, r#""c": {"t": []}"#]);
        assert_eq!(texts(r#"{"x": 1, "y": 2}"#), [r#""x": 1"#, r#""y": 2"#]);
    }

    #[test]
    fn rows_of_other_texts_are_the_lines_that_are_not_blank() {
        assert_eq!(texts("a\r\n\n b\n"), ["a", " b"]);
        assert_eq!(texts("{\"a\":1}\n{\"a\":\n"), ["{\"a\":1}", "{\"a\":"]);
        assert_eq!(texts("{\n\"a\":1}\n{\n}\n"), ["{\n\"a\":1}", "{\n}"]);
        assert_eq!(texts("[1, 2] and more"), ["[1, 2] and more"]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn the_last_row_of_a_text_that_breaks_off_is_what_is_left_of_it() {
        assert_eq!(texts(r#"[{"a":1},{"a":2"#), [r#"{"a":1}"#, r#"{"a":2"#]);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        assert_eq!(rows(&"[".repeat(100_000)).len(), 1);
        assert_eq!(rows(&"[".repeat(2_000_000)).len(), 1);
        assert_eq!(rows(&"{}".repeat(500_000)).len(), 500_000);
    }
}
