//! A function too long to show in full in; its beginning, how it is left, and what decides on that out.

use std::ops::Range;

use super::lines::Source;

/// A function of more rows is not shown in full, even where it is asked for.
pub const LONG_FUNCTION: usize = 200;
/// Rows of it that are shown behind its head.
const BEGINNING: usize = 12;
/// Rows of a statement that leaves it.
const LONG_EXIT: usize = 8;
/// Words that leave a function, or deal with an error.
const EXITS: [&str; 21] = [
    "return",
    "throw",
    "raise",
    "panic",
    "bail",
    "except",
    "catch",
    "rescue",
    "finally",
    "ensure",
    "defer",
    "goto",
    "exit",
    "abort",
    "die",
    "yield",
    "unreachable",
    "assert",
    "fail",
    "reject",
    "try",
];

/// The rows of a long function that tell how it ends. Linear in them.
pub fn rows(source: &Source, function: &Range<usize>, head: &Range<usize>) -> Vec<Range<usize>> {
    let beginning = function.start..(head.end + BEGINNING).min(function.end);
    let mut shown: Vec<Range<usize>> = std::iter::once(beginning).collect();
    let mut is_shown = vec![false; function.len()];
    // Rows by which what follows is indented: the conditions it stands under.
    let mut above: Vec<(usize, usize)> = Vec::new();
    let mut exit: Option<(usize, usize)> = None;
    for row in function.clone() {
        let code = source.code(row);
        let bare = code.trim_ascii();
        if bare.is_empty() {
            continue;
        }
        let indent = code.len() - code.trim_ascii_start().len();
        let closes = bare.starts_with([')', ']', '}']);
        exit = exit.filter(|&(start, own)| (indent > own || closes && indent == own) && row - start < LONG_EXIT);
        if exit.is_some() {
            is_shown[row - function.start] = true;
        }
        while above.last().is_some_and(|&(own, _)| own >= indent) {
            above.pop();
        }
        above.push((indent, row));
        if leaves(bare) {
            let hidden = |index: &usize| !std::mem::replace(&mut is_shown[above[*index].1 - function.start], true);
            // What stands above a row that is shown is shown already, but for the row itself.
            (0..above.len()).rev().take_while(hidden).for_each(drop);
            exit = Some((row, indent));
        }
    }
    shown.extend(
        is_shown.iter().enumerate().filter(|(_, &is)| is).map(|(at, _)| function.start + at..function.start + at + 1),
    );
    shown.push(function.end - 1..function.end);
    shown
}

/// Whether a row is a statement that raises an error: `raise Name(…)`, `throw new Name(…)`, `return Err(…)`.
pub fn raises(row: &str) -> bool {
    let bare = row.trim_ascii_start();
    ["raise ", "throw ", "panic!(", "panic(", "return Err(", "bail!("]
        .iter()
        .any(|sign| bare.starts_with(sign) && bare.len() > sign.len())
}

fn leaves(bare: &str) -> bool {
    if ["//", "#", "*", "/*", "--"].iter().any(|sign| bare.starts_with(sign)) {
        return false;
    }
    bare.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).any(|word| EXITS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_keeps_its_head_its_exits_and_their_conditions() {
        let filler = "        work(1)\n".repeat(60);
        let text = format!(
            "def f(\n    a,\n):\n{filler}    if a:\n{filler}        if b:\n            return g(\n                a,\n            )\n{filler}    raise E\n{filler}"
        );
        let source = Source::of(&text);
        let all = 0..source.lines.len();
        let shown: Vec<usize> = rows(&source, &all, &(0..3)).into_iter().flatten().collect();
        let mut lines: Vec<&str> =
            shown.iter().map(|&row| source.code(row).trim()).filter(|line| *line != "work(1)").collect();
        lines.dedup();
        assert_eq!(lines, ["def f(", "a,", "):", "if a:", "if b:", "return g(", "a,", ")", "raise E"]);
        assert!(shown.len() < 40);
    }
}
