//! What stands for lines above: a line of its own, or the end of a line that goes on as one above.

const HEAD: &str = "[+";
const REST: &str = "[…";
const PLAIN: &str = " as above]";
const RENUMBERED: &str = " as above, renumbered]";

/// So many lines that stand above, with the numbers they have there, or numbered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub lines: usize,
    pub renumbered: bool,
}

/// A reference as a line of its own, or behind the beginning of a line.
pub fn write(reference: Reference, start: &str) -> String {
    let end = if reference.renumbered { RENUMBERED } else { PLAIN };
    match (start.is_empty(), reference.lines) {
        (true, lines) => format!("{HEAD}{lines} lines{end}"),
        (false, 0) => format!("{start}{REST}{end}"),
        (false, lines) => format!("{start}{REST}+{lines} lines{end}"),
    }
}

/// The beginning of the line that a reference stands in, empty if that has none, and the reference.
pub fn parse(line: &str) -> Option<(&str, Reference)> {
    let (head, renumbered) = match line.strip_suffix(PLAIN) {
        Some(head) => (head, false),
        None => (line.strip_suffix(RENUMBERED)?, true),
    };
    if let Some(start) = head.strip_suffix(REST) {
        return (!start.is_empty() && !renumbered).then_some((start, Reference { lines: 0, renumbered }));
    }
    let (start, count) = head.strip_suffix(" lines")?.rsplit_once('+')?;
    let start = if start == "[" { "" } else { start.strip_suffix(REST).filter(|start| !start.is_empty())? };
    let is_number = !count.is_empty() && count.len() <= 9 && count.bytes().all(|byte| byte.is_ascii_digit());
    let lines = is_number.then(|| count.parse().ok()).flatten()?;
    Some((start, Reference { lines, renumbered }))
}
