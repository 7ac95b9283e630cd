//! Lines below lines that draw a tree in, depth and text out, and back: `npm ls`, `cargo tree`.

/// How a tree is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Characters for each level above a line's own.
    pub step: usize,
    /// Whether a line with others below it has a fork.
    pub forks: bool,
}

/// Whether a line hangs in a tree that is drawn.
pub fn is_branch(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '│', '\u{a0}']);
    text.starts_with("├─") || text.starts_with("└─")
}

/// Where the text of a line begins, and its depth: 0 without a branch.
pub fn split(line: &str, style: Style) -> (usize, usize) {
    let before = line.len() - line.trim_start_matches([' ', '│', '\u{a0}']).len();
    let rest = &line[before..];
    let at = rest.find(|letter| !matches!(letter, '├' | '└' | '─' | '┬' | ' '));
    if !is_branch(line) {
        return (0, 0);
    }
    let depth = line[..before].chars().count() / style.step + 1;
    (before + at.unwrap_or(rest.len()), depth)
}

/// Whether the branches of a text are those of packages with versions.
pub fn is_package(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit_behind = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'@', bytes).any(|at| digit_behind(at + 1))
        || memchr::memmem::find_iter(bytes, " v").any(|at| digit_behind(at + 2))
        || memchr::memmem::find_iter(bytes, "==").any(|at| digit_behind(at + 2))
        || text.starts_with("UNMET ")
        || text.starts_with("[")
}

/// Whether each line has a following sibling, from the depths.
fn siblings(depths: &[usize]) -> Vec<bool> {
    let mut open: Vec<bool> = Vec::new();
    let mut has_next = vec![false; depths.len()];
    for (at, &depth) in depths.iter().enumerate().rev() {
        open.resize(depth + 1, false);
        has_next[at] = open[depth];
        open[depth] = true;
    }
    has_next
}

/// The signs before each line's text; depths of 0 have none. Depths grow by one at most.
pub fn draw(depths: &[usize], style: Style) -> Vec<String> {
    let has_next = siblings(depths);
    let mut above: Vec<bool> = Vec::new();
    let mut drawn = Vec::with_capacity(depths.len());
    for (at, &depth) in depths.iter().enumerate() {
        above.resize(depth + 1, false);
        above[depth] = has_next[at];
        let mut text = String::new();
        for &goes_on in above.get(1..depth).unwrap_or(&[]) {
            text.push(if goes_on { '│' } else { ' ' });
            (1..style.step).for_each(|_| text.push(' '));
        }
        if depth > 0 {
            let has_below = depths.get(at + 1).is_some_and(|&next| next > depth);
            text.push_str(if has_next[at] { "├─" } else { "└─" });
            text.push_str(if has_below && style.forks { "┬ " } else { "─ " });
        }
        drawn.push(text);
    }
    drawn
}

/// The style of which a run of lines is drawn, by its first few.
pub fn style_of<'t>(mut line: impl FnMut(usize) -> Option<&'t str>) -> Style {
    let mut forks = false;
    for ahead in 0..64 {
        let Some(text) = line(ahead) else { break };
        forks |= text.contains("─┬");
        if is_branch(text) {
            let before = text.chars().take_while(|letter| matches!(letter, ' ' | '│' | '\u{a0}')).count();
            if before > 0 {
                return Style { step: before.clamp(1, 8), forks: forks || before == 2 && text.contains('┬') };
            }
        }
    }
    Style { step: if forks { 2 } else { 4 }, forks }
}
