//! The split patterns: where the piece that begins at a place of a text ends.
//!
//! Merging never crosses the edges of pieces. The patterns are those that tiktoken publishes; they are written out by hand,
//! since a regular expression with look-ahead and backtracking takes longer than all the rest. Each function names the part
//! of the pattern that it stands for.

use super::class::Class;

/// The end of the piece that begins at `at` of a text that does not end there, by the pattern of `o200k_base`:
///
/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// \p{N}{1,3}
///  ?[^\s\p{L}\p{N}]+[\r\n/]*
/// \s*[\r\n]+
/// \s+(?!\S)
/// \s+
/// ```
pub fn o200k_base(text: &str, at: usize) -> usize {
    let Some((class, length)) = Class::at(text, at) else {
        return at;
    };
    let next = Class::at(text, at + length).map_or(Class::Newline, |(class, _)| class);
    match class {
        Class::Upper | Class::Lower | Class::Letter => word(text, at, at),
        Class::Number => number(text, at),
        Class::Newline => space(text, at),
        Class::Mark => word(text, at, at + length),
        _ if next.is_letter() || next == Class::Mark => word(text, at, at + length),
        Class::Other => symbols(text, at, b"\r\n/"),
        Class::Space if text.as_bytes()[at] == b' ' && next == Class::Other => symbols(text, at + 1, b"\r\n/"),
        Class::Space => space(text, at),
    }
}

/// The end of the piece that begins at `at` of a text that does not end there, by the pattern of `cl100k_base`:
///
/// ```text
/// '(?i:[sdmt]|ll|ve|re)
/// [^\r\n\p{L}\p{N}]?+\p{L}++
/// \p{N}{1,3}+
///  ?[^\s\p{L}\p{N}]++[\r\n]*+
/// \s++$
/// \s*[\r\n]
/// \s+(?!\S)
/// \s
/// ```
pub fn cl100k_base(text: &str, at: usize) -> usize {
    let Some((class, length)) = Class::at(text, at) else {
        return at;
    };
    let contraction = contraction(text, at);
    if contraction > 0 {
        return at + contraction;
    }
    let next = Class::at(text, at + length).map_or(Class::Newline, |(class, _)| class);
    match class {
        Class::Upper | Class::Lower | Class::Letter => run(text, at, Class::is_letter),
        Class::Number => number(text, at),
        Class::Newline => last_space(text, at),
        _ if next.is_letter() => run(text, at + length, Class::is_letter),
        Class::Other | Class::Mark => symbols(text, at, b"\r\n"),
        Class::Space if text.as_bytes()[at] == b' ' && matches!(next, Class::Other | Class::Mark) => {
            symbols(text, at + 1, b"\r\n")
        }
        Class::Space => last_space(text, at),
    }
}

/// The end of the run of characters that are `wanted`.
fn run(text: &str, mut at: usize, wanted: impl Fn(Class) -> bool) -> usize {
    while let Some((_, length)) = Class::at(text, at).filter(|(class, _)| wanted(*class)) {
        at += length;
    }
    at
}

/// The first two alternatives of `o200k_base`, which between them never fail here: a lead from `at` to `letters`, where it is
/// empty or letters or marks follow or it is a mark itself, then capitals, then lower case, then a contraction.
fn word(text: &str, at: usize, letters: usize) -> usize {
    let caseless = |class| matches!(class, Class::Letter | Class::Mark);
    let capital = |class| class == Class::Upper || caseless(class);
    let small = |class| class == Class::Lower || caseless(class);
    let mut end = letters;
    // The end of the last character that may stand among the capitals and in lower case.
    let mut last_caseless = None;
    while let Some((class, length)) = Class::at(text, end).filter(|(class, _)| capital(*class)) {
        end += length;
        if caseless(class) {
            last_caseless = Some(end);
        }
    }
    let small_end = run(text, end, small);
    if small_end > end {
        end = small_end;
    } else if let Some(caseless) = last_caseless {
        // The capitals give back what they took until something is left that passes for lower case.
        end = caseless;
    } else if letters > at && Class::at(text, at).is_some_and(|(class, _)| class == Class::Mark) {
        // The same, down to a lead that is a mark: the first alternative is tried to the end before the second.
        end = letters;
    }
    end + contraction(text, end)
}

/// The length of `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, 0 without one; U+017F folds to `s`.
fn contraction(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    if rest.first() != Some(&b'\'') {
        return 0;
    }
    match rest.get(1).map(u8::to_ascii_lowercase) {
        Some(b's' | b't' | b'm' | b'd') => 2,
        Some(first @ (b'r' | b'v' | b'l')) => {
            let second = if first == b'l' { b'l' } else { b'e' };
            if rest.get(2).map(u8::to_ascii_lowercase) == Some(second) {
                3
            } else {
                0
            }
        }
        Some(0xC5) if rest.get(2) == Some(&0xBF) => 3,
        _ => 0,
    }
}

/// `\p{N}{1,3}`.
fn number(text: &str, mut at: usize) -> usize {
    for _ in 0..3 {
        match Class::at(text, at) {
            Some((Class::Number, length)) => at += length,
            _ => break,
        }
    }
    at
}

/// `[^\s\p{L}\p{N}]+[\r\n]*`, with what else may follow.
fn symbols(text: &str, at: usize, tail: &[u8]) -> usize {
    let end = run(text, at, |class| matches!(class, Class::Other | Class::Mark));
    let behind = &text.as_bytes()[end..];
    end + behind.iter().take_while(|byte| tail.contains(byte)).count()
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`.
fn space(text: &str, at: usize) -> usize {
    let run = Spaces::from(text, at);
    match run.newline_end {
        Some(end) => end,
        None if run.end == text.len() || run.last == at => run.end,
        None => run.last,
    }
}

/// `\s++$|\s*[\r\n]|\s+(?!\S)|\s`.
fn last_space(text: &str, at: usize) -> usize {
    let run = Spaces::from(text, at);
    match run.newline_end {
        _ if run.end == text.len() => run.end,
        Some(end) => end,
        None if run.last == at => run.end,
        None => run.last,
    }
}

/// A run of white space.
struct Spaces {
    /// Where its last character begins.
    last: usize,
    end: usize,
    /// Behind its last `\r` or `\n`.
    newline_end: Option<usize>,
}

impl Spaces {
    fn from(text: &str, at: usize) -> Spaces {
        let mut spaces = Spaces { last: at, end: at, newline_end: None };
        while let Some((class, length)) = Class::at(text, spaces.end).filter(|(class, _)| class.is_space()) {
            spaces.last = spaces.end;
            spaces.end += length;
            if class == Class::Newline {
                spaces.newline_end = Some(spaces.end);
            }
        }
        spaces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, piece_end: impl Fn(&str, usize) -> usize) -> Vec<&str> {
        let (mut at, mut pieces) = (0, Vec::new());
        while at < text.len() {
            let end = piece_end(text, at);
            pieces.push(&text[at..end]);
            at = end;
        }
        pieces
    }

    fn o200k(text: &str) -> Vec<&str> {
        pieces(text, o200k_base)
    }

    fn cl100k(text: &str) -> Vec<&str> {
        pieces(text, cl100k_base)
    }

    #[test]
    fn capitals_begin_words_in_o200k_only() {
        assert_eq!(o200k("fooBarBAZqux"), ["foo", "Bar", "BAZqux"]);
        assert_eq!(cl100k("fooBarBAZqux"), ["fooBarBAZqux"]);
        assert_eq!(o200k("ABC def"), ["ABC", " def"]);
    }

    #[test]
    fn capitals_give_back_what_passes_for_lower_case() {
        assert_eq!(o200k("A\u{301}BC"), ["A\u{301}", "BC"]);
        assert_eq!(o200k("AʰB"), ["Aʰ", "B"]);
        assert_eq!(o200k("中A文B"), ["中A文", "B"]);
        assert_eq!(o200k("中Ab"), ["中Ab"]);
        assert_eq!(o200k("ǅA"), ["ǅA"]);
    }

    #[test]
    fn a_mark_before_capitals_stands_alone_in_o200k() {
        assert_eq!(o200k("\u{301}AB"), ["\u{301}", "AB"]);
        assert_eq!(o200k("\u{301}Ab"), ["\u{301}Ab"]);
        assert_eq!(o200k("\u{301}\u{301}A"), ["\u{301}\u{301}", "A"]);
        assert_eq!(o200k("\u{301}1"), ["\u{301}", "1"]);
        assert_eq!(o200k(" \u{301}"), [" \u{301}"]);
        assert_eq!(cl100k("\u{301}AB"), ["\u{301}AB"]);
        assert_eq!(cl100k(" \u{301}\u{301}A"), [" \u{301}\u{301}", "A"]);
    }

    #[test]
    fn contractions_end_words_in_o200k_and_stand_alone_in_cl100k() {
        assert_eq!(o200k("it's we'LLx 'tis"), ["it's", " we'LL", "x", " '", "tis"]);
        assert_eq!(cl100k("it's we'LLx 'tis"), ["it", "'s", " we", "'LL", "x", " '", "tis"]);
        assert_eq!(o200k("it's's"), ["it's", "'s"]);
        assert_eq!(o200k("it'ſ it'ra"), ["it'ſ", " it", "'ra"]);
        assert_eq!(cl100k("'ſa"), ["'ſ", "a"]);
        assert_eq!(cl100k("'sa"), ["'s", "a"]);
        assert_eq!(o200k("'sa"), ["'sa"]);
        assert_eq!(o200k("x'"), ["x", "'"]);
    }

    #[test]
    fn digits_come_in_threes_in_any_script() {
        assert_eq!(o200k("12345 6"), ["123", "45", " ", "6"]);
        assert_eq!(o200k("٣٣٣٣½²"), ["٣٣٣", "٣½²"]);
        assert_eq!(o200k("1a2"), ["1", "a", "2"]);
    }

    #[test]
    fn symbols_take_a_space_before_and_line_ends_behind() {
        assert_eq!(o200k("a += (b);\n\n}"), ["a", " +=", " (", "b", ");\n\n", "}"]);
        assert_eq!(o200k("--\n/\n/*"), ["--\n/\n/", "*"]);
        assert_eq!(cl100k("--\n/\n/*"), ["--\n", "/\n", "/*"]);
        assert_eq!(o200k("\t(\u{a0}("), ["\t", "(", "\u{a0}", "("]);
        assert_eq!(o200k(".a..a"), [".a", "..", "a"]);
    }

    #[test]
    fn white_space_ends_at_its_last_line_end_and_leaves_one_character_to_what_follows() {
        assert_eq!(o200k("a \n \r\n   b"), ["a", " \n \r\n", "  ", " b"]);
        assert_eq!(o200k("a   1\t\t2"), ["a", "  ", " ", "1", "\t", "\t", "2"]);
        assert_eq!(o200k("a\n  "), ["a", "\n", "  "]);
        assert_eq!(cl100k("a\n  "), ["a", "\n  "]);
        assert_eq!(cl100k("a\n  b"), ["a", "\n", " ", " b"]);
        assert_eq!(o200k("\u{3000}\u{3000}中"), ["\u{3000}", "\u{3000}中"]);
        assert_eq!(o200k("\u{85}\u{2028}"), ["\u{85}\u{2028}"]);
    }

    #[test]
    fn nothing_is_special() {
        assert_eq!(o200k("<|endoftext|>"), ["<|", "endoftext", "|>"]);
    }
}
