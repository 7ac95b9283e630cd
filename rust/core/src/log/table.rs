//! Lines with templates in, the lossless form out.
//!
//! ```text
//! #log 300 lines. Row: time (its end) if changed, template, values (*); or |text
//! @ 081109 203615
//! |@ *
//! A* INFO dfs.DataNode$PacketResponder: PacketResponder * for block blk_* terminating
//!
//! A148 1 38865049064139660
//! 203807 A222 0 -6952295868487656571
//! 204005|35 INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated
//! ```
//!
//! A value may be `"` (as in the template's last row), `&1` (a value that is written above the rows) or `~07` (an end:
//! it begins as in the template's last row, see `tail`).

use super::columns::{columns, Columns, Part};
use super::mine::{Map, Mined};
use super::scan;
use super::write::Writer;
use crate::text::letters;
use crate::tokens::{count, Encoding};
use crate::words;

/// Templates of fewer lines are not written as such: their lines are what a reader looks for.
const LEAST_LINES: usize = 4;
/// Lines of trouble are written as templates only when there are more.
const RARE_TROUBLE: u32 = 8;
/// Rows by which is judged whether a template pays.
const SAMPLE: usize = 48;
/// Marks for values; the first that no template holds is used.
pub const MARKS: [&str; 6] = ["*", "{}", "<>", "%s", "§", "¤"];

/// What every stamped line begins with: what stands in front of the time, and behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    pub lead: &'a str,
    pub rest: &'a str,
}

/// A template that is written, and where its next row's values stand.
pub struct Plan<'a> {
    pub columns: Columns<'a>,
    pub text: String,
    pub name: String,
    pub next_row: usize,
    /// The row that was written last; others were given as repeated lines.
    pub last_row: Option<usize>,
}

/// The lossless form of a text; lines of `is_kept` stand literally. Not yet compared with what it expands to.
pub fn write(mined: &Mined, is_kept: &[bool]) -> String {
    let head = head(mined);
    let mut plans = plans(mined, is_kept);
    let mark = MARKS.into_iter().find(|mark| plans.iter().all(|columns| !holds(columns, mark)));
    let Some(mark) = mark else { return String::new() };
    let mut written: Vec<Plan> = plans
        .drain(..)
        .map(|columns| Plan {
            text: render(&columns, head.as_ref(), mark),
            columns,
            name: String::new(),
            next_row: 0,
            last_row: None,
        })
        .filter(|plan| pays(mined, plan))
        .collect();
    written.sort_by_key(|plan| std::cmp::Reverse(plan.columns.lines.len()));
    for (ordinal, plan) in written.iter_mut().enumerate() {
        plan.name = letters(ordinal);
    }
    Writer::new(mined, head, written).write(mark)
}

/// What the lines that have a time share around it; `None` if no line has one.
fn head<'a>(mined: &Mined<'a>) -> Option<Head<'a>> {
    let mut leads: Vec<(&str, usize)> = Vec::new();
    let stamped = || (0..mined.len() as u32).filter(|&line| mined.has_stamp(line));
    for line in stamped() {
        let lead = mined.lead(line);
        match leads.iter().position(|known| known.0 == lead) {
            Some(at) => leads[at].1 += 1,
            None if leads.len() < 32 => leads.push((lead, 1)),
            None => {}
        }
    }
    let lead = leads.iter().max_by_key(|known| known.1)?.0;
    let rest_of = |line: u32| &mined.line(line)[mined.stamps[line as usize].end as usize..];
    let mut rests = stamped().filter(|&line| mined.lead(line) == lead).map(rest_of);
    let mut rest = rests.next()?;
    for other in rests {
        let shared = rest.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        rest = &rest[..floor(rest, shared)];
    }
    let end = rest.bytes().rposition(|byte| byte == b' ').map_or(0, |at| at + 1);
    Some(Head { lead, rest: &rest[..end] })
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The templates that have enough lines, as tables.
fn plans<'a>(mined: &Mined<'a>, is_kept: &[bool]) -> Vec<Columns<'a>> {
    let mut starts = vec![0usize; mined.templates.len() + 1];
    for &template in &mined.of_line {
        starts[template as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut lines = vec![0u32; mined.len()];
    for (line, &template) in mined.of_line.iter().enumerate() {
        lines[next[template as usize]] = line as u32;
        next[template as usize] += 1;
    }
    let mut plans = Vec::new();
    for (id, template) in mined.templates.iter().enumerate() {
        let all = &lines[starts[id]..starts[id + 1]];
        let is_rare = all.len() < LEAST_LINES
            || template.count <= RARE_TROUBLE && words::has_trouble(mined.line(template.first).as_bytes());
        if is_rare {
            continue;
        }
        let usual: Vec<u32> = all.iter().copied().filter(|&line| !is_kept[line as usize]).collect();
        if usual.len() >= LEAST_LINES {
            let columns = columns(mined, &template.varying, &usual);
            if columns.lines.len() >= LEAST_LINES {
                plans.push(columns);
            }
        }
    }
    plans
}

fn holds(columns: &Columns, mark: &str) -> bool {
    columns.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(mark)))
}

/// A template as it is written behind its name: ` text` behind the head, `@text` with its own place of the time, `=text`
/// for lines without one.
fn render(columns: &Columns, head: Option<&Head>, mark: &str) -> String {
    let mut text = String::new();
    let mut has_stamp = false;
    for part in &columns.parts {
        match part {
            Part::Text(own) => text.push_str(own),
            Part::Stamp => {
                has_stamp = true;
                text.push('@');
            }
            Part::Value { width } => (0..(*width).max(1)).for_each(|_| text.push_str(mark)),
            Part::Same(other) => {
                text.push_str(mark);
                text.push_str(&(other + 1).to_string());
            }
        }
    }
    let Some(head) = head else { return format!(" {text}") };
    if !has_stamp {
        return format!("={text}");
    }
    match text.strip_prefix(&format!("{}@{}", head.lead, head.rest)) {
        Some(rest) => format!(" {rest}"),
        None => format!("@{text}"),
    }
}

/// Whether rows of values, with the template, take fewer tokens than the lines themselves.
fn pays(mined: &Mined, plan: &Plan) -> bool {
    let columns = &plan.columns;
    let (mut whole, mut rows) = (String::new(), String::new());
    let step = (columns.lines.len() / SAMPLE).max(1);
    let mut sampled = 0;
    for row in (0..columns.lines.len()).step_by(step) {
        let line = columns.lines[row];
        whole.push_str(&mined.line(line)[mined.stamps[line as usize].end as usize..]);
        whole.push('\n');
        rows.push('A');
        for value in &columns.values[row * columns.width..(row + 1) * columns.width] {
            rows.push(' ');
            rows.push_str(value);
        }
        rows.push('\n');
        sampled += 1;
    }
    let scale = columns.lines.len() as f64 / sampled as f64;
    let saved = count(&whole, Encoding::O200kBase) as f64 - count(&rows, Encoding::O200kBase) as f64;
    saved * scale > count(&plan.text, Encoding::O200kBase) as f64 + 3.0
}

/// Values that are worth a name of their own.
pub fn share<'a>(plans: &[Plan<'a>]) -> Vec<&'a str> {
    let mut counts: Map<(u32, u32)> = Map::default();
    let mut values: Vec<&str> = Vec::new();
    for plan in plans {
        let (columns, width) = (&plan.columns, plan.columns.width);
        for (at, &value) in columns.values.iter().enumerate() {
            if value.len() < 4 || at >= width && columns.values[at - width] == value {
                continue;
            }
            let entry = counts.entry(scan::hash(value.as_bytes())).or_insert((0, values.len() as u32));
            if entry.0 == 0 {
                values.push(value);
            }
            entry.0 += 1;
        }
    }
    let mut worth: Vec<(usize, u32, &str)> = Vec::new();
    for &value in &values {
        let (times, order) = counts[&scan::hash(value.as_bytes())];
        if times < 2 {
            continue;
        }
        let tokens = count(value, Encoding::O200kBase);
        // Named, it takes two tokens wherever it stands, and its own with four more once.
        if times as usize * tokens.saturating_sub(1) > tokens + 5 {
            worth.push((times as usize * tokens, order, value));
        }
    }
    worth.sort_by_key(|&(gain, order, _)| (std::cmp::Reverse(gain), order));
    worth.truncate(999);
    worth.into_iter().map(|(.., value)| value).collect()
}
