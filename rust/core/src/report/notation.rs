//! Text in, its lossless form out: lines in their order, with what they have in common said once.
//!
//! The form's lines: `~a=x{}y` names a shape, `~a 1 2` are two lines of it, `~a; 1 2; 3 4` two lines of a shape with two
//! slots, `~a| one | two` lines whose values have blanks. `~b=line` is a line that comes again, `~ b c` are such lines
//! again (`b*3` three times), `~*5` five blank lines. `~~` begins a line that begins with `~`. All else is as it was.
//! A shape that begins with `\n` stands for a blank line and what follows.

use super::clean::clean;
use super::diagnostics;
use super::expand;
use super::names::Names;
use super::progress::Marks;
use super::read::{self, Class};
use super::results::{self, Ending, Outcome};
use super::shape::{self, Input, Part, Shape};
use super::verdicts;
use crate::json::paths::MixMap;
use crate::text::Task;
use crate::words;
use std::borrow::Cow;
use std::fmt::Write;
use xxhash_rust::xxh3::xxh3_64;

/// Lines shorter than this are not worth a name.
const MIN_REPEATED: usize = 12;
/// Longer lines have no shape.
const MAX_LINE: usize = 4_000;
/// So many lines of a shape may be folded although they are grave.
const MANY_GRAVE: usize = 6;
/// Errors or totals that stay as they are; more may be folded where they are much of the text.
const FEW_WHOLE: usize = 12;
/// Lines that the question names and that stay as they are.
const MAX_NAMED: usize = 12;

/// How a text was made into lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks {
    /// Every line ends with `\r\n`.
    pub crlf: bool,
    /// The last line has no break.
    pub open: bool,
    /// Breaks between `>` and `<` are not in the text.
    pub tags: bool,
}

/// What stands for one line in the form.
#[derive(Clone, Copy, PartialEq)]
pub enum Unit {
    Plain,
    /// A line that comes several times, by its ordinal among those.
    Again(u32),
    /// A member of a shape: the shape, and its place among the members.
    Row(u32, u32),
}

/// The lossless form; `None` where it would not be shorter, or not exact.
pub fn write(task: &Task) -> Option<String> {
    let text = task.text;
    let mut breaks = Breaks { open: !text.ends_with('\n'), ..Breaks::default() };
    let split = super::tags::split(text);
    breaks.tags = split.is_some();
    let whole = split.as_deref().unwrap_or(text);
    let mut lines: Vec<&str> = whole.strip_suffix('\n').unwrap_or(whole).split('\n').collect();
    breaks.crlf = !breaks.open && lines.len() > 1 && lines.iter().all(|line| line.ends_with('\r'));
    if breaks.crlf {
        lines.iter_mut().for_each(|line| *line = &line[..line.len() - 1]);
    }
    let marks = Marks::of(&lines);
    let stays = stays_whole(whole, lines.len(), task);
    let encoded = marks.encode(&lines, &stays);
    let mut form = Form::of(&encoded, &stays);
    let body = form.write();
    let head = expand::head(lines.len(), breaks, marks, form.uses_shapes, form.uses_repeats);
    let out = format!("{head}\n{body}");
    (out.len() < text.len() && expand::expand(&out).as_deref() == Some(text)).then_some(out)
}

/// Which lines stay as they are: failures, errors, totals and what says why, unless there are many; the last line, and
/// what the question names.
fn stays_whole(whole: &str, count: usize, task: &Task) -> Vec<bool> {
    let cleaned = clean(whole);
    let report = read::read(&cleaned);
    let mut graves: [Vec<usize>; 5] = Default::default();
    for (index, row) in report.rows.iter().enumerate() {
        let grave = match row.class {
            Class::Fail => 0,
            Class::Error => 1,
            Class::Verdict => 2,
            Class::Detail if row.weight >= 5 => 3,
            Class::Frame if row.weight >= 5 => 4,
            _ => continue,
        };
        graves[grave].push(index);
    }
    let mut stays = vec![false; count.max(report.rows.len())];
    for (ordinal, grave) in graves.iter().enumerate() {
        let bytes: usize = grave.iter().map(|&index| report.lines.line(index).len()).sum();
        // The names of tests that failed are looked for as they stand.
        let is_failed = ordinal == 0;
        if is_failed || bytes <= whole.len() / 10 || grave.len() <= FEW_WHOLE {
            grave.iter().for_each(|&index| stays[index] = true);
        }
    }
    if let Some(last) = report.rows.iter().rposition(|row| row.class != Class::Blank) {
        stays[last] = true;
    }
    let hits = report.lines.named(task.question, task.call);
    for hit in hits.iter().filter(|hit| !hit.by_call).take(MAX_NAMED) {
        stays[hit.node as usize] = true;
    }
    stays
}

struct Form<'t> {
    lines: &'t [Cow<'t, str>],
    units: Vec<Unit>,
    shapes: Vec<Shape>,
    /// For each shape the blank lines before each of its members.
    blanks: Vec<usize>,
    /// The line that is repeated, for each repeated one.
    repeated: Vec<u32>,
    names: Names,
    uses_shapes: bool,
    uses_repeats: bool,
}

impl<'t> Form<'t> {
    fn of(lines: &'t [Cow<'t, str>], stays: &[bool]) -> Self {
        let outcomes: Vec<Option<Outcome>> = lines.iter().map(|line| results::outcome(line)).collect();
        let mut form = Form {
            lines,
            units: vec![Unit::Plain; lines.len()],
            shapes: Vec::new(),
            blanks: Vec::new(),
            repeated: Vec::new(),
            names: Names::default(),
            uses_shapes: false,
            uses_repeats: false,
        };
        form.find_repeated(&outcomes);
        form.find_shapes(&outcomes, stays);
        form
    }

    /// Lines that come more than once.
    fn find_repeated(&mut self, outcomes: &[Option<Outcome>]) {
        let mut first: MixMap<u64, (u32, u32)> = MixMap::default();
        for (index, line) in self.lines.iter().enumerate() {
            // What passed goes with its like, even where it comes again.
            let is_result =
                outcomes[index].is_some_and(|found| found.ending != Ending::Fail && found.name.0 < found.name.1);
            if line.len() < MIN_REPEATED || is_result {
                continue;
            }
            let entry = first.entry(xxh3_64(line.as_bytes())).or_insert((index as u32, u32::MAX));
            if entry.0 == index as u32 || self.lines[entry.0 as usize] != *line {
                continue;
            }
            if entry.1 == u32::MAX {
                entry.1 = self.repeated.len() as u32;
                self.repeated.push(entry.0);
                self.units[entry.0 as usize] = Unit::Again(entry.1);
            }
            self.units[index] = Unit::Again(entry.1);
        }
    }

    /// Shapes of the lines that come once, as far as they pay. What is grave, or named by the question, is in none
    /// unless there is much of it.
    fn find_shapes(&mut self, outcomes: &[Option<Outcome>], stays: &[bool]) {
        let able = |index: &usize| {
            let line = &self.lines[*index];
            self.units[*index] == Unit::Plain
                && !line.is_empty()
                && line.len() <= MAX_LINE
                && !line.contains("{}")
                && !line.contains("{=}")
                && !line.starts_with('\\')
                && !stays[*index]
        };
        let indices: Vec<usize> = (0..self.lines.len()).filter(able).collect();
        let name = |index: usize| outcomes[index].map(|found| found.name).filter(|(start, end)| start < end);
        let inputs: Vec<Input> =
            indices.iter().map(|&index| Input { text: self.lines[index].as_ref(), name: name(index) }).collect();
        let mut shapes = shape::fold(&inputs);
        for shape in &mut shapes {
            shape.members.iter_mut().for_each(|member| *member = indices[*member as usize] as u32);
        }
        shapes.retain(|shape| shape.members.len() >= MANY_GRAVE || !self.is_grave(shape.members[0]));
        self.adopt(shapes);
    }

    /// Whether a line is a finding, or totals.
    fn is_grave(&self, line: u32) -> bool {
        let line = &self.lines[line as usize];
        diagnostics::diagnostic(line).is_some() || verdicts::is_verdict(line) || words::has_trouble(line.as_bytes())
    }

    /// Keeps the shapes that pay, with the blank lines that go with them.
    fn adopt(&mut self, mut shapes: Vec<Shape>) {
        let mut blanks: Vec<usize> = shapes.iter().map(|shape| self.common_blanks(shape)).collect();
        let mut of_line: Vec<u32> = vec![u32::MAX; self.lines.len()];
        for (at, shape) in shapes.iter().enumerate() {
            shape.members.iter().for_each(|&line| of_line[line as usize] = at as u32);
        }
        let pays: Vec<bool> =
            shapes.iter().enumerate().map(|(at, shape)| self.pays(at as u32, shape, blanks[at], &of_line)).collect();
        let mut keep = pays.iter();
        shapes.retain(|_| *keep.next().unwrap_or(&false));
        let mut keep = pays.iter();
        blanks.retain(|_| *keep.next().unwrap_or(&false));
        for (at, shape) in shapes.iter().enumerate() {
            for (row, &line) in shape.members.iter().enumerate() {
                if self.blanks_before(line) >= blanks[at] && mode(self, shape, row).is_some() {
                    self.units[line as usize] = Unit::Row(at as u32, row as u32);
                }
            }
        }
        (self.shapes, self.blanks) = (shapes, blanks);
    }

    fn blanks_before(&self, line: u32) -> usize {
        self.lines[..line as usize].iter().rev().take(2).take_while(|line| line.is_empty()).count()
    }

    /// The number of blank lines that most members of a shape have before them.
    fn common_blanks(&self, shape: &Shape) -> usize {
        let mut counts = [0usize; 3];
        shape.members.iter().for_each(|&line| counts[self.blanks_before(line)] += 1);
        (0..3).find(|&blanks| counts[..=blanks].iter().sum::<usize>() * 5 > shape.members.len()).unwrap_or(0)
    }

    /// Whether naming a shape takes fewer bytes than writing its members.
    fn pays(&self, at: u32, shape: &Shape, blanks: usize, of_line: &[u32]) -> bool {
        let plain: usize = shape.members.iter().map(|&line| self.lines[line as usize].len() + 1 + blanks).sum();
        let values: usize = shape.values.iter().map(|(start, end)| (end - start) as usize + 2).sum();
        let before = |line: u32| (0..line as usize).rev().find(|&before| !self.lines[before].is_empty());
        let runs =
            shape.members.iter().filter(|&&line| before(line).is_none_or(|before| of_line[before] != at)).count();
        shape.fixed_len() + 10 + values + 5 * runs + blanks * 2 < plain
    }

    fn write(&mut self) -> String {
        let mut out = String::new();
        let (mut at, mut blanks) = (0, 0);
        while at < self.lines.len() {
            if self.lines[at].is_empty() {
                blanks += 1;
                at += 1;
                continue;
            }
            match self.units[at] {
                Unit::Row(shape, _) => {
                    write_blanks(blanks - self.blanks[shape as usize], &mut out);
                    at = self.write_rows(at, shape, &mut out);
                }
                unit => {
                    write_blanks(blanks, &mut out);
                    at = self.write_line(at, unit, &mut out);
                }
            }
            blanks = 0;
        }
        write_blanks(blanks, &mut out);
        out
    }

    /// Writes a line, and those behind it that are said with it; returns the next one.
    fn write_line(&mut self, at: usize, unit: Unit, out: &mut String) -> usize {
        let Unit::Again(repeated) = unit else {
            if self.lines[at].starts_with('~') {
                out.push('~');
            }
            out.push_str(&self.lines[at]);
            out.push('\n');
            return at + 1;
        };
        if self.repeated[repeated as usize] as usize == at {
            self.uses_repeats = true;
            let name = self.names.new_name(Unit::Again(repeated));
            let _ = writeln!(out, "~{name}={}", self.lines[at]);
            return at + 1;
        }
        out.push('~');
        let mut next = at;
        while let Some(&Unit::Again(repeated)) = self.units.get(next) {
            if self.repeated[repeated as usize] as usize == next {
                break;
            }
            let run = self.units[next..].iter().take_while(|unit| **unit == Unit::Again(repeated)).count();
            let _ = write!(out, " {}", self.names.of(Unit::Again(repeated)));
            if run > 1 {
                let _ = write!(out, "*{run}");
            }
            next += run;
        }
        out.push('\n');
        next
    }

    /// Writes the rows of a shape from the line `at` on; returns the next line.
    fn write_rows(&mut self, at: usize, shape: u32, out: &mut String) -> usize {
        let own = &self.shapes[shape as usize];
        let blanks = self.blanks[shape as usize];
        let mut rows = Vec::new();
        let (mut next, mut end) = (at, at);
        while let Some(&Unit::Row(other, row)) = self.units.get(next) {
            if other != shape || !rows.is_empty() && next - end != blanks {
                break;
            }
            rows.push(row as usize);
            end = next + 1;
            next = end;
            while next - end < 3 && self.lines.get(next).is_some_and(|line| line.is_empty()) {
                next += 1;
            }
        }
        self.uses_shapes = true;
        let key = Unit::Row(shape, 0);
        if !self.names.has(key) {
            let name = self.names.new_name(key);
            let _ = write!(out, "~{name}={}", "\\n".repeat(blanks));
            for part in &own.parts {
                out.push_str(match part {
                    Part::Text(text) => text,
                    Part::Slot => "{}",
                    Part::Same => "{=}",
                });
            }
            out.push('\n');
        }
        let mode = rows.iter().filter_map(|&row| mode(self, own, row)).max().unwrap_or(Mode::Plain);
        let _ = write!(out, "~{}", self.names.of(key));
        let (first, between, within) = mode.marks();
        out.push_str(first);
        for (ordinal, &row) in rows.iter().enumerate() {
            if ordinal > 0 {
                out.push_str(between);
            }
            let line = &self.lines[own.members[row] as usize];
            for (slot, &(start, end)) in own.row(row).iter().enumerate() {
                if slot > 0 {
                    out.push_str(within);
                }
                out.push_str(&line[start as usize..end as usize]);
            }
        }
        out.push('\n');
        end
    }
}

/// How the values of rows are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Plain,
    Pairs,
    Wide,
}

impl Mode {
    /// What stands before the first row, between two, and between the values of one.
    pub fn marks(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Mode::Plain => (" ", " ", ""),
            Mode::Pairs => ("; ", "; ", " "),
            Mode::Wide => ("| ", " | ", " ; "),
        }
    }
}

/// The narrowest mode in which a row can be written, if there is one.
fn mode(form: &Form, shape: &Shape, row: usize) -> Option<Mode> {
    let line = &form.lines[shape.members[row] as usize];
    let least = if shape.slots == 1 { Mode::Plain } else { Mode::Pairs };
    shape.row(row).iter().try_fold(least, |mode, &(start, end)| {
        let value = &line[start as usize..end as usize];
        if value.contains('|') || shape.slots > 1 && value.contains(';') {
            return None;
        }
        let is_wide = value.is_empty() || value.contains(char::is_whitespace);
        Some(if is_wide { Mode::Wide } else { mode })
    })
}

fn write_blanks(blanks: usize, out: &mut String) {
    if blanks > 3 {
        let _ = writeln!(out, "~*{blanks}");
    } else {
        (0..blanks).for_each(|_| out.push('\n'));
    }
}
