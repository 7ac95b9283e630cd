//! The beginnings of a line by which it can be named.

/// Bytes behind the indentation that a beginning has at least, and more until a word ends.
const LENGTHS: [usize; 3] = [8, 20, 40];
const MOST_MORE: usize = 12;
/// Bytes of the rest of a line that is worth a reference.
const FEWEST_LEFT: usize = 14;

/// Where beginnings of a line end, the shortest first: never within a word. The same for all lines that begin alike.
pub fn ends(line: &str) -> impl Iterator<Item = usize> + '_ {
    let indentation = line.len() - line.trim_start().len();
    let last = line.len().saturating_sub(FEWEST_LEFT);
    let mut before = 0;
    LENGTHS.into_iter().filter_map(move |length| {
        let least = indentation + length;
        let end = (least..=last.min(least + MOST_MORE)).find(|&end| end > before && is_between_words(line, end))?;
        before = end;
        Some(end)
    })
}

fn is_between_words(line: &str, at: usize) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let bytes = line.as_bytes();
    line.is_char_boundary(at) && !(is_of_word(bytes[at - 1]) && is_of_word(bytes[at])) && bytes[at - 1] != b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_end_between_words_and_leave_a_rest() {
        let line = "    return table.lookup(first_value, second_value, otherwise=None)";
        let found: Vec<&str> = ends(line).map(|end| &line[..end]).collect();
        assert_eq!(found[..2], ["    return table", "    return table.lookup("]);
        assert!(line.len() - found.last().unwrap().len() >= FEWEST_LEFT);
        assert_eq!(ends("    short = 1").count() + ends("").count() + ends(&"é".repeat(90)).count(), 0);
    }
}
