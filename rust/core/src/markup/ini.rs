//! INI, properties, environment files and systemd units in, tree events out.
//!
//! A section is a map of its keys; keys before the first section stand at the top. A line further right than a key goes on
//! with its value, and so does the line behind one that ends in a backslash.

use super::tree::{Builder, Scalar};

/// What a line of such a file says.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    Blank,
    Section(&'a str),
    Pair(&'a str, &'a str),
    Other,
}

/// Reads one line.
pub fn read_line(line: &str) -> Line<'_> {
    let bare = line.trim();
    if bare.is_empty() || bare.starts_with(['#', ';', '!']) {
        return Line::Blank;
    }
    if let Some(name) = bare.strip_prefix('[') {
        let name = name.split(" ;").next().unwrap_or(name).split(" #").next().unwrap_or(name).trim_end();
        return name.strip_suffix(']').filter(|name| !name.is_empty()).map_or(Line::Other, Line::Section);
    }
    let separator = match (bare.find('='), bare.find(':')) {
        (Some(equals), Some(colon)) => equals.min(colon),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Line::Other,
    };
    let key = bare[..separator].trim_end();
    let is_key = !key.is_empty() && key.len() <= 120 && !key.contains(['"', '{', '}', '(', ')', '<', '>', '`']);
    if is_key {
        Line::Pair(key, bare[separator + 1..].trim_start())
    } else {
        Line::Other
    }
}

/// Parses a text into a tree; `None` if it is no such file.
pub fn parse(text: &str, tree: &mut Builder) -> Option<()> {
    let text_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    tree.open(true, 0)?;
    let mut in_section = false;
    let mut pending: Option<(usize, &str, String, bool)> = None;
    let mut at = text_start;
    for whole in text[text_start..].split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        let is_further = line.starts_with([' ', '\t']);
        let said = read_line(line);
        if let Some((_, _, value, goes_on)) = pending.as_mut() {
            // Git indents all keys of a section; only what is no pair itself goes on with the value above.
            let joins = *goes_on || is_further && said == Line::Other;
            if joins && !line.trim().is_empty() {
                let more = line.trim();
                *goes_on = more.ends_with('\\');
                if value.ends_with('\\') {
                    value.pop();
                } else if !value.is_empty() {
                    value.push('\n');
                }
                value.push_str(more);
                continue;
            }
        }
        match said {
            Line::Blank => continue,
            Line::Other => return None,
            Line::Section(name) => {
                flush(&mut pending, tree)?;
                if std::mem::replace(&mut in_section, true) {
                    tree.close()?;
                }
                tree.key(name, start)?;
                tree.open(true, start)?;
            }
            Line::Pair(key, value) => {
                flush(&mut pending, tree)?;
                pending = Some((start, key, value.to_owned(), value.ends_with('\\')));
            }
        }
    }
    flush(&mut pending, tree)?;
    if in_section {
        tree.close()?;
    }
    tree.close()
}

fn flush(pending: &mut Option<(usize, &str, String, bool)>, tree: &mut Builder) -> Option<()> {
    let Some((start, key, value, _)) = pending.take() else { return Some(()) };
    tree.key(key, start)?;
    let kind = if value.is_empty() { Scalar::Text } else { Scalar::Plain };
    tree.scalar(&value, kind, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keys_and_continued_values_become_json() {
        let text = "; head\ntop = 1\n[a b]\nx=y\nlist =\n  one\n  two\n[c]\nk: v\nlong = p \\\n  q\n";
        let mut tree = Builder::default();
        parse(text, &mut tree).unwrap();
        let (json, _) = tree.finish().unwrap();
        assert_eq!(json, r#"{"top":1,"a b":{"x":"y","list":"one\ntwo"},"c":{"k":"v","long":"p q"}}"#);
        for text in ["words\n", "[a\n", "f(x) = y\n", "{a: 1}\n"] {
            assert!(parse(text, &mut Builder::default()).is_none(), "{text}");
        }
    }
}
