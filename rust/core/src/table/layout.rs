//! Cells in, the line out that a tool would print of them; and how a block's lines are laid out.

/// Where a cell stands in its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    /// Left, but not padded: at the end of a line.
    Bare,
}

impl Align {
    pub fn letter(self) -> char {
        match self {
            Align::Left => 'L',
            Align::Right => 'R',
            Align::Bare => 'N',
        }
    }

    pub fn of_letter(letter: char) -> Option<Align> {
        [Align::Left, Align::Right, Align::Bare].into_iter().find(|align| align.letter() == letter)
    }
}

/// How headings stand, where not as the cells below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadAlign {
    Own,
    Left,
    /// In the middle; of an odd number of spaces more stand behind, or before.
    Middle,
    MiddleRight,
}

impl HeadAlign {
    pub const ALL: [HeadAlign; 4] = [HeadAlign::Own, HeadAlign::Left, HeadAlign::Middle, HeadAlign::MiddleRight];

    pub fn letter(self) -> char {
        match self {
            HeadAlign::Own => 'o',
            HeadAlign::Left => 'l',
            HeadAlign::Middle => 'm',
            HeadAlign::MiddleRight => 'n',
        }
    }
}

/// What stands between cells, and how they stand in their fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// One before each cell, and one behind the last.
    pub gaps: Vec<String>,
    pub aligns: Vec<Align>,
    /// Characters of each field; of none where nothing is padded.
    pub widths: Vec<usize>,
}

impl Layout {
    pub fn delimited(by: u8, columns: usize) -> Layout {
        let gap = char::from(by).to_string();
        let mut gaps = vec![gap; columns + 1];
        gaps[0].clear();
        gaps[columns].clear();
        Layout { gaps, aligns: Vec::new(), widths: Vec::new() }
    }

    /// Whether lines end with their last cell that is not empty, without padding.
    fn is_trimmed(&self) -> bool {
        self.aligns.last() == Some(&Align::Bare) && self.gaps.iter().all(|gap| gap.bytes().all(|byte| byte == b' '))
    }

    fn trim(&self, from: usize, out: &mut String) {
        if self.is_trimmed() {
            let length = out[from..].trim_end_matches(' ').len();
            out.truncate(from + length);
        }
    }

    /// Appends the line of these cells.
    pub fn render<'c>(&self, cells: impl Iterator<Item = &'c str>, out: &mut String) {
        let from = out.len();
        let mut ends_empty = false;
        for (column, cell) in cells.enumerate() {
            if let Some(gap) = self.gaps.get(column) {
                out.push_str(gap);
            }
            ends_empty = cell.is_empty();
            let room = self.room(column, cell);
            match self.aligns.get(column) {
                None | Some(Align::Bare) => out.push_str(cell),
                Some(Align::Left) => {
                    out.push_str(cell);
                    pad(out, room);
                }
                Some(Align::Right) => {
                    pad(out, room);
                    out.push_str(cell);
                }
            }
        }
        out.push_str(self.gaps.last().map_or("", String::as_str));
        if ends_empty {
            self.trim(from, out);
        }
    }

    fn room(&self, column: usize, cell: &str) -> usize {
        self.widths.get(column).map_or(0, |&width| width.saturating_sub(characters(cell)))
    }

    /// Appends the line of a heading.
    pub fn render_heading<'c>(&self, cells: impl Iterator<Item = &'c str>, align: HeadAlign, out: &mut String) {
        if align == HeadAlign::Own {
            return self.render(cells, out);
        }
        for (column, cell) in cells.enumerate() {
            if let Some(gap) = self.gaps.get(column) {
                out.push_str(gap);
            }
            let room = self.room(column, cell);
            let before = match align {
                HeadAlign::Own | HeadAlign::Left => 0,
                HeadAlign::Middle => room / 2,
                HeadAlign::MiddleRight => room.div_ceil(2),
            };
            pad(out, before);
            out.push_str(cell);
            let is_bare_end = self.aligns.get(column) == Some(&Align::Bare) && align == HeadAlign::Left;
            pad(out, if is_bare_end { 0 } else { room - before });
        }
        let tail = self.gaps.last().map_or("", String::as_str);
        // psql pads the last heading, but not the last cells.
        let is_padded = tail.is_empty() && align != HeadAlign::Left && self.gaps.first().is_some_and(|gap| gap == " ");
        out.push_str(if is_padded { " " } else { tail });
    }

    /// Appends a line that is drawn: of `fill`, with `left`, `middle` and `right` where gaps have marks.
    pub fn render_rule(&self, rule: &[char], out: &mut String) {
        let &[fill, left, middle, right] = rule else { return self.render_underline(rule, out) };
        let columns = self.widths.len();
        for (at, gap) in self.gaps.iter().enumerate() {
            let mark = if at == 0 {
                left
            } else if at == columns {
                right
            } else {
                middle
            };
            for letter in gap.chars() {
                out.push(if letter == ' ' { fill } else { mark });
            }
            if let Some(&width) = self.widths.get(at) {
                (0..width).for_each(|_| out.push(fill));
            }
        }
        if self.gaps.last().is_some_and(String::is_empty) && self.gaps.first().is_some_and(|gap| gap == " ") {
            out.push(fill);
        }
    }

    fn render_underline(&self, rule: &[char], out: &mut String) {
        let Some(&fill) = rule.first() else { return };
        for (at, gap) in self.gaps.iter().enumerate() {
            out.push_str(gap);
            if let Some(&width) = self.widths.get(at) {
                (0..width).for_each(|_| out.push(fill));
            }
        }
    }
}

fn pad(out: &mut String, room: usize) {
    (0..room).for_each(|_| out.push(' '));
}

/// Characters of a text.
#[inline]
pub fn characters(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// The sign set of a drawn line, if `line` is one that `layout` gives: four for one drawn through, one for underlines.
pub fn rule_of(layout: &Layout, line: &str) -> Option<Vec<char>> {
    let first = line.chars().next()?;
    let last = line.chars().next_back()?;
    let mut known: Vec<char> = Vec::new();
    for letter in line.chars() {
        if !known.contains(&letter) {
            known.push(letter);
            if known.len() > 5 {
                return None;
            }
        }
    }
    let mut built = String::new();
    let has_marks = layout.gaps.iter().any(|gap| !gap.trim_ascii().is_empty());
    if !has_marks {
        let underline = vec![first];
        layout.render_rule(&underline, &mut built);
        return (built == line).then_some(underline);
    }
    for &fill in &known {
        for &middle in &known {
            let rule = vec![fill, first, middle, last];
            built.clear();
            layout.render_rule(&rule, &mut built);
            if built == line {
                return Some(rule);
            }
        }
    }
    None
}
