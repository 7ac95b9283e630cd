//! A file of C or C++ in, the same bytes without the macros that a parser cannot read, for the parser alone.
//!
//! `class EXPORT Name {` reads as a function without them known, and a macro on a line of its own as the type of what
//! follows. Both are blanked, so that every byte stays where it is.

use std::borrow::Cow;

use super::language::Language;

const TYPES: [&str; 4] = ["class", "struct", "union", "enum"];
/// A word in capitals of fewer letters is a type of its own more often than a macro.
const LEAST_LETTERS: usize = 3;

/// The text as a parser of the language reads it.
pub fn blanked<'t>(text: &'t str, rows: &[&str], language: &Language) -> Cow<'t, str> {
    if !matches!(language.name, "c" | "cpp") {
        return Cow::Borrowed(text);
    }
    let mut out: Option<Vec<u8>> = None;
    let mut before = "";
    for (index, row) in rows.iter().enumerate() {
        let bare = row.trim_ascii();
        if bare.is_empty() {
            continue;
        }
        let follows = || rows[index + 1..].iter().map(|row| row.trim_ascii()).find(|row| !row.is_empty()).unwrap_or("");
        let found = before_name(bare, follows).or_else(|| alone(bare, before, follows));
        if let Some(word) = found {
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            if let Some(bytes) = out.get_or_insert_with(|| text.as_bytes().to_vec()).get_mut(at..at + word.len()) {
                bytes.fill(b' ');
            }
        }
        before = bare;
    }
    // Only whole words of ASCII were blanked.
    out.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The macro in `class MACRO Name {` or `struct MACRO(x) Name final : Base`.
fn before_name<'t>(bare: &'t str, follows: impl Fn() -> &'t str) -> Option<&'t str> {
    let rest = bare.strip_prefix("typedef ").unwrap_or(bare);
    let rest = TYPES.iter().find_map(|word| rest.strip_prefix(word)?.strip_prefix(' '))?.trim_ascii_start();
    let rest = rest.strip_prefix("class ").unwrap_or(rest).trim_ascii_start();
    let word = macro_at(rest)?;
    let name = rest[word.len()..].trim_ascii_start();
    let length = name.bytes().take_while(|&byte| is_word(byte) || byte == b':').count();
    let is_name =
        name.len() < rest.len() - word.len() && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    let name_end = name[..length].trim_end_matches(':').len();
    if !is_name || name_end == 0 {
        return None;
    }
    let behind = name[name_end..].trim_ascii_start();
    let behind = if behind.is_empty() { follows() } else { behind };
    (behind.starts_with(['{', ':']) || behind.starts_with("final")).then_some(word)
}

/// A macro that has a line of its own, between statements.
fn alone<'t>(bare: &'t str, before: &str, follows: impl Fn() -> &'t str) -> Option<&'t str> {
    if !bare.as_bytes()[0].is_ascii_uppercase() || !bare.contains('_') || macro_at(bare)?.len() != bare.len() {
        return None;
    }
    let ends = before.is_empty() || before.ends_with([';', '{', '}', '>', ':', '/']) || before.starts_with(['#', '/']);
    let follows = follows();
    let goes_on =
        follows.is_empty() || follows.starts_with(['{', '(', '=', '.', '-', '+', '?', '|', '&', ';', ',', ')']);
    (ends && !goes_on && !bare.contains('(')).then_some(bare)
}

/// A word in capitals, with what stands in parentheses right behind it.
fn macro_at(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let length =
        bytes.iter().take_while(|&&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_').count();
    if length < LEAST_LETTERS || bytes[0].is_ascii_digit() || bytes.get(length).is_some_and(|&byte| is_word(byte)) {
        return None;
    }
    if bytes.get(length) != Some(&b'(') {
        return Some(&text[..length]);
    }
    let mut depth = 0usize;
    for (at, &byte) in bytes.iter().enumerate().skip(length).take(200) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(&text[..=at]),
            b')' => depth -= 1,
            _ if !byte.is_ascii() => return None,
            _ => {}
        }
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::language;

    fn read(text: &str) -> String {
        let rows: Vec<&str> = text.lines().collect();
        language::named("cpp").map(|cpp| blanked(text, &rows, cpp).into_owned()).unwrap_or_default()
    }

    #[test]
    fn macros_are_blanked_where_a_type_is_defined_and_between_statements() {
        assert_eq!(read("class MY_API Name : Base {\n};\n"), "class        Name : Base {\n};\n");
        assert_eq!(read("struct ALIGNED(8) a::Name\n{\n};\n"), "struct            a::Name\n{\n};\n");
        assert_eq!(read("#if X\nMY_BEGIN\nint f();\n"), "#if X\n        \nint f();\n");
        for same in [
            "struct FOO bar;\n",
            "struct FOO bar = {\n};\n",
            "enum COLOR f(int a) {\n}\n",
            "int x = a +\nMY_VALUE\n;\n",
            "enum a {\n  A_B,\n  B_C\n};\n",
            "class Name {\n};\n",
            "MY_TEST\n{\n}\n",
        ] {
            assert_eq!(read(same), same);
        }
    }
}
