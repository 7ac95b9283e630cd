//! A file in, its definitions by their names out.

use super::lines::Source;
use super::outline_of;

/// A definition: the names of what holds it and its own, and its rows, from 0, the last one excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub path: Vec<String>,
    pub from: usize,
    pub to: usize,
}

/// The definitions of a text, those that hold others before them; none where it has none.
pub fn of(text: &str) -> Vec<Symbol> {
    if text.len() > u32::MAX as usize || text.trim_ascii().is_empty() {
        return Vec::new();
    }
    let source = Source::of(text);
    let bare = source.bare();
    let rows: Vec<&str> = bare.split_terminator('\n').map(|row| row.strip_suffix('\r').unwrap_or(row)).collect();
    if rows.len() != source.lines.len() {
        return Vec::new();
    }
    let mut definitions = outline_of(&bare, &rows, &source, "").definitions;
    definitions.retain(|each| !each.is_use && !each.rows.is_empty() && each.rows.end <= rows.len());
    definitions.sort_by_key(|each| (each.rows.start, std::cmp::Reverse(each.rows.end)));
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut symbols = Vec::with_capacity(definitions.len());
    for each in definitions {
        let Some(name) = bare.get(each.name).map(own_name).filter(|name| !name.is_empty()) else { continue };
        while open.last().is_some_and(|(end, _)| *end <= each.rows.start) {
            open.pop();
        }
        open.push((each.rows.end, name));
        let path = open.iter().map(|(_, name)| name.clone()).collect();
        symbols.push(Symbol { path, from: each.rows.start, to: each.rows.end });
    }
    symbols
}

/// A name without what a declarator has around it.
fn own_name(name: &str) -> String {
    let mut words =
        name.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '$' | '-' | '?' | '!')));
    words.rfind(|word| !word.is_empty()).unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        of(text).into_iter().map(|symbol| symbol.path.join(".")).collect()
    }

    #[test]
    fn definitions_have_the_names_of_what_holds_them() {
        let text =
            "import os\n\n\nclass A:\n    def run(self):\n        return 1\n\n    def stop(self):\n        pass\n\n\n\
                    def run(x):\n    return x\n";
        assert_eq!(names(text), ["A", "A.run", "A.stop", "run"]);
        let run = of(text).into_iter().find(|symbol| symbol.path == ["A", "run"]).unwrap();
        assert_eq!((run.from, run.to), (4, 6));
        let text =
            "use std::io;\n\nimpl Ring {\n    pub fn push(&mut self, x: u8) {\n        self.x = x;\n    }\n}\n\n\
                    pub fn push() {\n    let x = 1;\n}\n";
        assert_eq!(names(text).last().map(String::as_str), Some("push"));
        assert!(of("").is_empty());
    }
}
