//! A text in, the JSON values that stand in it out.
//!
//! A value is looked for where a line begins, or behind a blank or a sign such as `:`, and is followed by its signs alone:
//! whether all of it is JSON is for the parser to say. Linear: looking ahead in vain is stopped once four times the text
//! was read.

use std::ops::Range;

use crate::json::string;

/// Bytes from which a value is worth a part of its own.
const MIN_BYTES: usize = 400;
/// What may be read, in texts, in search of ends that never come.
const MAX_READINGS: usize = 4;

/// Where large JSON values stand, in order; values on lines that follow each other are one.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut left = bytes.len().saturating_mul(MAX_READINGS);
    let mut from = 0;
    for at in memchr::memchr2_iter(b'{', b'[', bytes) {
        if at < from || !may_begin(bytes, at) {
            continue;
        }
        let (read, end) = end_of(bytes, at);
        left = left.saturating_sub(read);
        if let Some(end) = end {
            from = end;
            add(&mut found, bytes, at..end);
        }
        if left == 0 {
            break;
        }
    }
    found.retain(|range| range.len() >= MIN_BYTES);
    // A line that ends with a value ends with it.
    for range in &mut found {
        range.end += usize::from(bytes.get(range.end) == Some(&b'\n'));
    }
    found
}

/// Adds a value, to the one before it where it goes on with that.
fn add(found: &mut Vec<Range<usize>>, bytes: &[u8], range: Range<usize>) {
    match found.last_mut() {
        Some(last) if is_gap(&bytes[last.end..range.start]) => last.end = range.end,
        _ => found.push(range),
    }
}

/// One line break between two values, as in NDJSON.
fn is_gap(between: &[u8]) -> bool {
    matches!(between, b"\n" | b"\r\n")
}

/// Whether what stands before and behind a bracket allows a value to begin there.
fn may_begin(bytes: &[u8], at: usize) -> bool {
    let before = at == 0 || matches!(bytes[at - 1], b'\n' | b' ' | b'\t' | b'=' | b':' | b'>' | b'(');
    let next = bytes.get(at + 1).copied().unwrap_or(0);
    let behind = match bytes[at] {
        b'{' => matches!(next, b'"' | b'\n' | b'\r' | b' ' | b'}'),
        _ => matches!(next, b'{' | b'[' | b'"' | b'\n' | b'\r' | b' ' | b'-' | b'0'..=b'9'),
    };
    before && behind
}

/// How many bytes were read, and the end of the value that begins with the bracket at `start`. What cannot follow the
/// sign before it ends the search, so code and diffs are seldom read far.
fn end_of(bytes: &[u8], start: usize) -> (usize, Option<usize>) {
    let mut open: Vec<u8> = Vec::new();
    // The last sign, or `v` behind a value and `k` behind a string that may be a key.
    let mut last = b':';
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        let wants_value = matches!(last, b'[' | b':' | b',') && !(last == b',' && open.last() == Some(&b'{'));
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b'"' if wants_value || matches!(last, b'{' | b',') => {
                let Some((end, _)) = string::scan(bytes, at + 1) else { return (bytes.len() - start, None) };
                at = end;
                last = if wants_value { b'v' } else { b'k' };
            }
            b'{' | b'[' if wants_value => {
                open.push(byte);
                last = byte;
            }
            b'}' | b']' if matches!(last, b'v' | b'{' | b'[') && open.pop() == Some(byte - 2) => {
                last = b'v';
                if open.is_empty() {
                    return (at + 1 - start, Some(at + 1));
                }
            }
            b':' if last == b'k' => last = byte,
            b',' if last == b'v' => last = byte,
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I' if wants_value => {
                let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                at += bytes[at..].iter().take_while(|byte| is_inside(byte)).count() - 1;
                last = b'v';
            }
            _ => return (at - start, None),
        }
        at += 1;
    }
    (bytes.len() - start, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(value: &str) -> String {
        format!("{{\"k\": \"{}\", \"v\": {value}}}", "x".repeat(MIN_BYTES))
    }

    #[test]
    fn values_are_found_behind_words_and_on_lines_of_their_own() {
        let one = long("1");
        let text = format!("Response: {one} more {{ no }} [12:00] text\n[\n{one},\n{one}\n]\nend");
        let found = find(&text);
        assert_eq!(found.len(), 2);
        assert_eq!(text[found[0].clone()], one);
        assert!(text[found[1].clone()].starts_with("[\n{") && text[found[1].clone()].ends_with("}\n]\n"));
    }

    #[test]
    fn records_on_lines_that_follow_each_other_are_one_value() {
        let row = "{\"id\": 1, \"name\": \"somebody or other\"}";
        let text = format!("got:\n{row}\n{row}\n{row}\n\nbye");
        assert!(find(&text).is_empty(), "too small");
        let rows: String = (0..20).map(|n| format!("{{\"id\": {n}, \"name\": \"somebody\"}}\n")).collect();
        let text = format!("got:\n{rows}\nbye");
        let found = find(&text);
        assert_eq!((found.len(), &text[found[0].clone()]), (1, &*rows));
    }

    #[test]
    fn brackets_that_never_close_take_linear_time() {
        for unit in ["[", "[ ", "{\"a\": ", " [\"", "[1, "] {
            assert!(find(&unit.repeat(200_000)).is_empty());
        }
    }
}
