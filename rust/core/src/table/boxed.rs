//! Lines in, rows between vertical lines out: Markdown, psql, MySQL, SQLite and what else draws boxes.

use super::schema::MAX_COLUMNS;

/// Signs that stand between cells.
const BARS: [char; 4] = ['|', '│', '┃', '║'];

/// Whether a line is drawn: of lines and corners alone, at least three.
pub fn is_rule(line: &str) -> bool {
    let line = line.trim_ascii();
    line.chars().nth(2).is_some()
        && line.chars().all(|letter| matches!(letter, '-' | '=' | '+' | '|' | ':' | ' ' | '\u{2500}'..='\u{257f}'))
        && line.chars().any(|letter| matches!(letter, '-' | '=' | '\u{2500}' | '\u{2501}' | '\u{2550}'))
}

/// The bar between the cells of a line, and how often it stands there.
pub fn bars(line: &str) -> Option<(char, usize)> {
    // All but the first begin with the same byte.
    memchr::memchr2(b'|', 0xe2, line.as_bytes())?;
    for bar in BARS {
        let count = line.matches(bar).count();
        if count > 0 && count < MAX_COLUMNS {
            return Some((bar, count));
        }
    }
    None
}

/// The bar, the bars a row has, and whether there is a rule, of the box that begins at line 0.
pub fn begins<'t>(mut line: impl FnMut(usize) -> Option<&'t str>) -> Option<(char, usize)> {
    let mut found: Option<(char, usize)> = None;
    let (mut rules, mut rows) = (0, 0);
    for ahead in 0..6 {
        let Some(text) = line(ahead).filter(|text| !text.trim_ascii().is_empty()) else { break };
        if is_rule(text) {
            rules += 1;
            if rules + rows >= 3 && rows >= 2 {
                break;
            }
            continue;
        }
        // What is said below a small box is no row of it.
        let Some(own) = bars(text) else { break };
        match found {
            None => found = Some(own),
            Some(known) if known != own => break,
            Some(_) => {}
        }
        rows += 1;
    }
    // Without a line under its heading a box is none.
    found.filter(|_| rules > 0 && rows >= 2)
}

/// Appends where the cells of a line begin and end, without padding; `start` is where the line does.
pub fn split(line: &str, bar: char, start: u32, cells: &mut Vec<(u32, u32)>) {
    let has_edges = line.trim_ascii_start().starts_with(bar);
    let mut from = 0;
    let mut push = |from: usize, to: usize| {
        let text = &line[from..to];
        let trimmed = text.trim_matches(' ');
        let lead = if trimmed.is_empty() { text.len().min(1) } else { text.len() - text.trim_start_matches(' ').len() };
        cells.push((start + (from + lead) as u32, start + (from + lead + trimmed.len()) as u32));
    };
    for (ordinal, (at, sign)) in line.match_indices(bar).enumerate() {
        if ordinal > 0 || !has_edges {
            push(from, at);
        }
        from = at + sign.len();
    }
    if !(has_edges && line[from..].trim_ascii().is_empty()) {
        push(from, line.len());
    }
}
