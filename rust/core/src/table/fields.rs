//! The lines of a block in, how its cells stand in fields out: by where most cells of a column begin and end.

use super::find::Taken;
use super::layout::{characters, Align, Layout};
use super::schema::{Document, Span};
use crate::json::paths::MixMap;

/// Where the cells of a block stand, column by column; those of its heading too where that has no borders.
pub fn edges(document: &Document, taken: &Taken, columns: usize) -> Vec<Edges> {
    let mut edges: Vec<Edges> = (0..columns).map(|_| Edges::default()).collect();
    let heading = taken.heading.filter(|_| taken.rules.is_empty() || taken.is_aligned);
    for row in taken.rows.iter().copied().chain(heading) {
        let line = document.lines.line(row.line as usize);
        let start = document.lines.list[row.line as usize].start;
        let place = |at: u32| characters(&line[..(at - start) as usize]);
        for (column, edges) in edges.iter_mut().enumerate() {
            let (from, to) = document.cells[row.from as usize + column];
            if from < to {
                edges.add(place(from), place(to));
            }
        }
    }
    edges
}

/// Fields side by side: each begins, or ends, where most of its cells do.
pub fn aligned_layout(edges: &[Edges], aligns: &[Align], known: Option<&Layout>) -> Layout {
    let columns = edges.len();
    let mut fields: Vec<(usize, usize)> = edges.iter().zip(aligns).map(|(edges, &align)| edges.field(align)).collect();
    for column in 1..columns {
        // A cell that is too long for its field pushes those behind it: it does not make the field wider.
        let next = fields[column].0;
        let (begin, end) = &mut fields[column - 1];
        if aligns[column - 1] != Align::Right && next > *begin + 1 {
            *end = (*end).min(next - 1);
        }
    }
    let mut layout = Layout::default();
    let mut behind = 0;
    for (column, (&(begin, end), &align)) in fields.iter().zip(aligns).enumerate() {
        let own = match (column, align) {
            (0, Align::Right) => 0,
            (0, _) => begin,
            _ => begin.saturating_sub(behind).max(1),
        };
        let gap = known.map_or(own, |known| characters(&known.gaps[column]));
        let from = behind + gap;
        if align != Align::Right && from < begin && column > 0 && aligns[column - 1] != Align::Right {
            layout.widths[column - 1] += begin - from;
        }
        let from = if align == Align::Right { from } else { begin.max(from) };
        layout.gaps.push(" ".repeat(gap));
        layout.widths.push(end.saturating_sub(from));
        layout.aligns.push(align);
        behind = from.max(end);
    }
    layout.gaps.push(String::new());
    layout
}

pub fn boxed_layout(document: &Document, taken: &Taken, bar: char, edges: &[Edges]) -> Layout {
    let columns = edges.len();
    let ends_bare = |row: &Span| !document.lines.line(row.line as usize).ends_with([' ', bar]);
    let is_bare = taken.rows.iter().all(ends_bare);
    let sample = taken.heading.or_else(|| taken.rows.first().copied());
    let Some(sample) = sample else { return Layout::default() };
    let line = document.lines.line(sample.line as usize);
    let mut bars: Vec<usize> =
        line.chars().enumerate().filter(|&(_, letter)| letter == bar).map(|(at, _)| at).collect();
    let has_left = bars.first() == Some(&0) && bars.len() >= columns;
    let has_right = has_left && bars.len() == columns + 1;
    let is_spaced = taken.rows.iter().all(|row| document.lines.line(row.line as usize).contains(&format!("{bar} ")));
    let space = if is_spaced || columns == 1 { " " } else { "" };
    let mut gaps = vec![format!("{space}{bar}{space}"); columns + 1];
    gaps[0] = if has_left { format!("{bar}{space}") } else { space.to_owned() };
    gaps[columns] = if has_right { format!("{space}{bar}") } else { String::new() };
    if !has_left {
        bars.insert(0, usize::MAX);
    }
    let length = line.trim_end_matches(' ').chars().count();
    let mut layout = Layout { gaps, aligns: Vec::new(), widths: Vec::new() };
    for (column, edges) in edges.iter().enumerate() {
        let from = bars.get(column).map_or(0, |&at| at.wrapping_add(1)) + space.len();
        let align = edges.align(from);
        let to =
            bars.get(column + 1).map_or_else(|| length.max(edges.field(align).1), |&at| at.saturating_sub(space.len()));
        let is_last = column + 1 == columns && !has_right && align == Align::Left && is_bare;
        layout.widths.push(to.saturating_sub(from));
        layout.aligns.push(if is_last { Align::Bare } else { align });
    }
    let holds = |layout: &Layout| {
        let mut built = String::new();
        let rows = taken.rows.iter().take(64);
        rows.filter(|row| {
            built.clear();
            layout.render(document.cells_of(**row), &mut built);
            built == document.lines.line(row.line as usize)
        })
        .count()
    };
    let plain = Layout { gaps: layout.gaps.clone(), aligns: Vec::new(), widths: Vec::new() };
    if holds(&plain) > holds(&layout) {
        plain
    } else {
        layout
    }
}

/// Where the cells of a column begin and end, with how many do.
#[derive(Default)]
pub struct Edges {
    starts: MixMap<usize, (usize, usize)>,
    ends: MixMap<usize, (usize, usize)>,
}

impl Edges {
    fn add(&mut self, start: usize, end: usize) {
        let width = end - start;
        for (list, at) in [(&mut self.starts, start), (&mut self.ends, end)] {
            let entry = list.entry(at).or_insert((0, 0));
            entry.0 += 1;
            entry.1 = entry.1.max(width);
        }
    }

    fn most(list: &MixMap<usize, (usize, usize)>) -> (usize, usize, usize) {
        let most = list.iter().map(|(&at, &(count, width))| (count, std::cmp::Reverse(at), width)).max();
        most.map_or((0, 0, 0), |(count, at, width)| (count, at.0, width))
    }

    /// How many cells begin where most do, and end where most do.
    pub fn votes(&self) -> (usize, usize) {
        (Self::most(&self.starts).0, Self::most(&self.ends).0)
    }

    /// How most cells stand in a field that begins at `from`.
    fn align(&self, from: usize) -> Align {
        let (starts, ends) = (Self::most(&self.starts), Self::most(&self.ends));
        if starts.0 > ends.0 || starts.0 == ends.0 && (starts.1 == from || starts.0 == 0) {
            Align::Left
        } else {
            Align::Right
        }
    }

    /// From where to where the field goes.
    fn field(&self, align: Align) -> (usize, usize) {
        if align == Align::Right {
            let (_, end, width) = Self::most(&self.ends);
            (end.saturating_sub(width), end)
        } else {
            let (_, start, width) = Self::most(&self.starts);
            (start, start + width)
        }
    }
}
