//! The line that stands for lines above.

const HEAD: &str = "[+";
const PLAIN: &str = " lines as above]";
const RENUMBERED: &str = " lines as above, renumbered]";

/// So many lines that stand above, with the numbers they have there, or numbered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub lines: usize,
    pub renumbered: bool,
}

pub fn write(reference: Reference) -> String {
    format!("{HEAD}{}{}", reference.lines, if reference.renumbered { RENUMBERED } else { PLAIN })
}

pub fn parse(line: &str) -> Option<Reference> {
    let rest = line.strip_prefix(HEAD)?;
    let (count, renumbered) = match rest.strip_suffix(PLAIN) {
        Some(count) => (count, false),
        None => (rest.strip_suffix(RENUMBERED)?, true),
    };
    let is_number = !count.is_empty() && count.len() <= 9 && count.bytes().all(|byte| byte.is_ascii_digit());
    Some(Reference { lines: is_number.then(|| count.parse().ok()).flatten()?, renumbered })
}
