//! Lines in, what each one is and how much it weighs out.
//!
//! What stands below a failure or a finding belongs to it: `blocks` tells what of that matters. All else is told line by
//! line, by what the line looks like.

use super::blocks::{self, Block};
use super::diagnostics::{self, Severity};
use super::results::{self, Ending, Outcome};
use super::{frames, places, steps, verdicts, xml};
use crate::text::Lines;
use crate::words;

/// A span of the text.
pub type Span = (u32, u32);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    #[default]
    Blank,
    /// Rulers and the like.
    Noise,
    Pass,
    Skip,
    Fail,
    Verdict,
    Error,
    Warning,
    Head,
    Step,
    /// What a failure or a finding says of itself.
    Detail,
    Frame,
    Source,
    Other,
}

/// Bytes from which on the name of a test leaves a terminal no room for more than a few `_` around it.
const WIDE_TITLE: usize = 60;

/// Lines of this weight are always shown; others where their weight is more than the harshness.
pub const ALWAYS: u8 = 9;

#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    pub class: Class,
    pub weight: u8,
    pub indent: u16,
    /// Tests that a result stands for.
    pub tests: u32,
    /// The word or sign of a result.
    pub mark: Span,
    /// The file or suite of a result.
    pub group: Span,
    /// The name of what was tested.
    pub name: Span,
}

/// A finding of a compiler or a linter, in the text.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    pub line: u32,
    pub severity: Severity,
    pub path: Span,
    /// From the path to the end of the column, without the mark behind it.
    pub place: Span,
    pub message: Span,
    pub rule: Span,
    /// The line behind its last one.
    pub end: u32,
}

pub struct Report<'t> {
    pub lines: Lines<'t>,
    pub rows: Vec<Row>,
    pub findings: Vec<Finding>,
}

pub struct Reader<'t> {
    pub lines: Lines<'t>,
    pub rows: Vec<Row>,
    pub findings: Vec<Finding>,
    pub block: Block,
    /// Lines of the block so far that say something.
    pub said: u32,
    /// Frames of the project's own code in the block so far.
    pub own_frames: u32,
    /// The last line of the block's that is marked with `>`, and the last that is a place.
    pub last_mark: Option<usize>,
    pub last_place: Option<usize>,
    /// The path that findings without one belong to.
    path_above: Span,
    /// Lines with a sign such as ✓ have been seen.
    has_signs: bool,
    /// The number of the last failure in a numbered list.
    pub numbered: u32,
    /// Inside pytest's section of failures.
    in_failures: bool,
    /// Inside the list of names behind `failures:`.
    in_names: bool,
}

/// What every line of a text is.
pub fn read(text: &str) -> Report<'_> {
    let lines = Lines::of(text);
    let count = lines.len();
    let mut reader = Reader {
        lines,
        rows: Vec::with_capacity(count),
        findings: Vec::new(),
        block: Block::None,
        said: 0,
        own_frames: 0,
        last_mark: None,
        last_place: None,
        path_above: (0, 0),
        has_signs: false,
        numbered: 0,
        in_failures: false,
        in_names: false,
    };
    for index in 0..count {
        let row = reader.row(index);
        reader.rows.push(row);
    }
    let mut report = Report { lines: reader.lines, rows: reader.rows, findings: reader.findings };
    report.find_heads();
    report.settle_prefaces();
    report.show_paths();
    report
}

impl<'t> Reader<'t> {
    fn row(&mut self, index: usize) -> Row {
        let line = beginning(self.lines.line(index));
        let blanks = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (text, indent) = (&line[blanks..], blanks.min(u16::MAX as usize) as u16);
        if text.trim_end().is_empty() {
            if self.block.ends_at_blank() {
                self.close();
            }
            return Row { indent: u16::MAX, ..Row::default() };
        }
        let row = blocks::inner(self, index, line, indent).unwrap_or_else(|| {
            if !diagnostics::is_preface(line) {
                self.block = Block::None;
            }
            self.outer(index, line, text, indent)
        });
        Row { indent, ..row }
    }

    /// The row of a line that belongs to no block.
    fn outer(&mut self, index: usize, line: &'t str, text: &str, indent: u16) -> Row {
        // Most lines of reports begin with the sign of a result.
        if let Some(outcome) = (text.as_bytes()[0] >= 0x80).then(|| results::outcome(line)).flatten() {
            return self.result(index, outcome, indent);
        }
        if let Some(row) = text.starts_with('<').then(|| xml::row(self, index, line, text)).flatten() {
            return row;
        }
        if let Some(row) = blocks::opener(self, index, line, text, indent) {
            return row;
        }
        if let Some(row) = self.ruler(index, line) {
            return row;
        }
        if let Some(outcome) = results::outcome(line) {
            return self.result(index, outcome, indent);
        }
        if text.starts_with("[----------]") || text.starts_with("[==========] Running ") {
            return weighed(Class::Noise, 0);
        }
        let in_tree = self.has_signs && indent >= 2;
        if in_tree && text.starts_with("- ") {
            let span = self.span(index, indent as usize, line.len());
            return Row {
                class: Class::Skip,
                weight: 2,
                tests: 1,
                mark: (span.0, span.0 + 1),
                name: span,
                ..Row::default()
            };
        }
        // A command is told at once; what stands behind `[INFO]` may be totals.
        let is_step = steps::is_step(line);
        if is_step && !text.starts_with('[') {
            return weighed(Class::Step, 1);
        }
        // No totals begin with a place.
        let is_placed = places::place(line, indent as usize).is_some_and(|place| place.line_end > place.path_end);
        if !is_placed && verdicts::is_verdict(line) {
            self.close();
            self.in_failures = false;
            return weighed(Class::Verdict, ALWAYS);
        }
        if self.in_failures && diagnostics::diagnostic(line).is_some_and(|found| found.place.is_some()) {
            return weighed(Class::Fail, ALWAYS);
        }
        if diagnostics::is_preface(line) {
            return weighed(Class::Source, 0);
        }
        if diagnostics::is_instance(line) {
            // The project's own line, where what went wrong stands in a library's header.
            return weighed(Class::Detail, 6);
        }
        if let Some(row) = self.finding(index, line, indent) {
            return row;
        }
        if is_step {
            return weighed(Class::Step, 1);
        }
        if places::is_path(line.trim_end().as_bytes()) && indent == 0 {
            self.path_above = self.span(index, 0, line.trim_end().len());
            return weighed(Class::Head, 0);
        }
        if frames::is_frame(text, indent) {
            if self.rows.last().is_none_or(|row| row.class != Class::Frame) {
                self.own_frames = 0;
            }
            return blocks::frame(self, text);
        }
        if self.in_names && indent == 4 {
            return weighed(Class::Other, 0);
        }
        self.in_names = matches!(text.trim_end(), "failures:" | "successes:");
        if self.in_names {
            return weighed(Class::Noise, 0);
        }
        let is_trouble = words::has_trouble(line.as_bytes()) || has_signal(text);
        weighed(Class::Other, if is_trouble { 5 } else { 1 })
    }

    /// Lines of one character over and over, and titles between such.
    fn ruler(&mut self, index: usize, line: &'t str) -> Option<Row> {
        let is_wide = |title: &&str| title.len() >= WIDE_TITLE;
        let (title, is_long) =
            unruled(line).or_else(|| failure_title(line).filter(is_wide).map(|title| (title, true)))?;
        self.close();
        if title.is_empty() {
            let next = if index + 1 < self.lines.len() { self.lines.line(index + 1) } else { "" };
            if next.starts_with("FAIL: ") || next.starts_with("ERROR: ") {
                self.open(Block::Unittest);
            }
            return Some(weighed(Class::Noise, 0));
        }
        self.in_failures = title == "FAILURES" || title == "ERRORS";
        if line.starts_with('_') {
            self.open(Block::Pytest);
            return Some(weighed(Class::Fail, ALWAYS));
        }
        if verdicts::is_verdict(title) {
            return Some(weighed(Class::Verdict, ALWAYS));
        }
        if !is_long {
            return Some(weighed(Class::Noise, 0));
        }
        if self.in_failures {
            self.open(Block::Section);
        }
        let is_plain = matches!(title, "test session starts" | "short test summary info");
        Some(weighed(Class::Noise, u8::from(!is_plain)))
    }

    fn result(&mut self, index: usize, outcome: Outcome, indent: u16) -> Row {
        self.close();
        let at = self.lines.list[index].start;
        let moved = |(start, end): Span| (at + start, at + end);
        self.has_signs |= self.lines.text.as_bytes()[moved(outcome.mark).0 as usize] >= 0x80;
        let is_dots = outcome.name.1 <= outcome.mark.0 && outcome.tests > 1;
        let (class, weight) = match outcome.ending {
            Ending::Pass => (Class::Pass, 0),
            // Which tests these are is said further on.
            Ending::Fail if is_dots => (Class::Fail, 2),
            Ending::Fail => (Class::Fail, ALWAYS),
            Ending::Skip => (Class::Skip, 2),
            Ending::Start => (Class::Noise, 0),
        };
        if class == Class::Fail {
            self.weigh_log();
        }
        self.open(match class {
            Class::Noise => Block::Running { indent, takes_all: self.lines.line(index).starts_with("[ RUN") },
            _ => Block::Below { indent, is_failed: class == Class::Fail },
        });
        Row {
            class,
            weight,
            indent,
            tests: outcome.tests,
            mark: moved(outcome.mark),
            group: moved(outcome.group),
            name: moved(outcome.name),
        }
    }

    /// What a test logged before it was told that it failed says why.
    fn weigh_log(&mut self) {
        let is_log = |row: &&Row| row.class == Class::Blank || row.class == Class::Source && row.weight == 0;
        let count = self.rows.iter().rev().take_while(is_log).count();
        let from = self.rows.len() - count;
        for (ordinal, row) in self.rows[from..].iter_mut().enumerate().filter(|(_, row)| row.class == Class::Source) {
            let from_end = count - ordinal;
            row.class = Class::Detail;
            row.weight = if ordinal < 5 || from_end <= 5 {
                6
            } else if ordinal < 12 {
                3
            } else {
                1
            };
        }
    }

    fn finding(&mut self, index: usize, line: &'t str, indent: u16) -> Option<Row> {
        let below = if index + 1 < self.lines.len() { self.lines.line(index + 1) } else { "" };
        let found = diagnostics::diagnostic(line).or_else(|| diagnostics::pointed(line, below))?;
        let class = match found.severity {
            Severity::Error => Class::Error,
            Severity::Warning => Class::Warning,
            Severity::Note => {
                self.extend(index);
                let is_error = self.findings.last().is_some_and(|last| last.severity == Severity::Error);
                self.block = Block::Finding { indent, is_error };
                return Some(weighed(Class::Detail, if is_error && self.said < 20 { 4 } else { 0 }));
            }
        };
        self.close();
        let (path, place) = match found.place {
            Some(place) if place.path_start < place.path_end => {
                let bare = line[..place.end].trim_end_matches(':').len();
                (self.span(index, place.path_start, place.path_end), self.span(index, place.path_start, bare))
            }
            Some(place) => (self.path_above, self.span(index, place.path_start, place.end)),
            None => ((0, 0), (0, 0)),
        };
        let rule = found.rule.map_or((0, 0), |(start, end)| self.span(index, start, end));
        let message = self.span(index, found.message, line.len());
        let end = index as u32 + 1;
        self.findings.push(Finding { line: index as u32, severity: found.severity, path, place, message, rule, end });
        self.open(Block::Finding { indent, is_error: class == Class::Error });
        Some(weighed(class, ALWAYS))
    }

    /// Makes a line part of the last finding.
    pub fn extend(&mut self, index: usize) {
        if let Some(last) = self.findings.last_mut() {
            last.end = index as u32 + 1;
        }
    }

    pub fn span(&self, index: usize, start: usize, end: usize) -> Span {
        let at = self.lines.list[index].start;
        (at + start as u32, at + end as u32)
    }

    pub fn open(&mut self, block: Block) {
        (self.block, self.said, self.own_frames) = (block, 0, 0);
        (self.last_mark, self.last_place) = (None, None);
    }

    pub fn close(&mut self) {
        self.block = Block::None;
    }
}

impl Report<'_> {
    /// Lines above more indented results are the titles of their suites.
    fn find_heads(&mut self) {
        let mut below: Option<u16> = None;
        for row in self.rows.iter_mut().rev() {
            match row.class {
                Class::Blank | Class::Noise => {}
                Class::Pass | Class::Fail | Class::Skip if row.indent > 0 => below = Some(row.indent),
                Class::Other if below.is_some_and(|below| row.indent < below) => {
                    (row.class, row.weight) = (Class::Head, 2);
                    below = Some(row.indent);
                }
                Class::Head => {}
                _ => below = None,
            }
        }
    }

    /// Errors that stand below the path of their file show it.
    fn show_paths(&mut self) {
        for finding in &self.findings {
            let start = self.lines.list[finding.line as usize].start;
            if finding.severity == Severity::Error && finding.path.0 < start && finding.path.1 > finding.path.0 {
                let line = self.lines.list.partition_point(|line| line.start <= finding.path.0) - 1;
                self.rows[line].weight = ALWAYS;
            }
        }
    }

    /// What says in which function a finding stands weighs as much as what the finding says.
    fn settle_prefaces(&mut self) {
        let mut is_error = false;
        for (index, row) in self.rows.iter_mut().enumerate().rev() {
            match row.class {
                Class::Error => is_error = true,
                Class::Source if is_error && diagnostics::is_preface(self.lines.line(index)) => row.weight = 4,
                Class::Source | Class::Detail => {}
                _ => is_error = false,
            }
        }
    }
}

/// As much of a line as is needed to tell what it is.
fn beginning(line: &str) -> &str {
    const BYTES: usize = 4_096;
    if line.len() <= BYTES {
        return line;
    }
    let end = (BYTES - 3..=BYTES).rev().find(|&end| line.is_char_boundary(end)).unwrap_or(0);
    &line[..end]
}

pub fn weighed(class: Class, weight: u8) -> Row {
    Row { class, weight, ..Row::default() }
}

/// Of a line such as `==== title ====`: the title, and whether rulers stand on both sides of it.
pub fn unruled(line: &str) -> Option<(&str, bool)> {
    let line = line.trim_end();
    let mark =
        line.chars().next().filter(|mark| matches!(mark, '=' | '-' | '_' | '*' | '#' | '─' | '━' | '═' | '⎯'))?;
    let behind = line.trim_start_matches(mark);
    let leading = line.len() - behind.len();
    if leading < 3 * mark.len_utf8() || !behind.is_empty() && !behind.starts_with(' ') {
        return None;
    }
    let title = behind.trim_end_matches(mark).trim();
    let is_long = behind.ends_with(mark);
    let is_ruler = title.is_empty() && leading >= 5 * mark.len_utf8() || is_long || leading >= 10 * mark.len_utf8();
    is_ruler.then_some((title, is_long))
}

/// The name of a test in pytest's `__ name __`: a long one leaves room for one `_` on either side.
pub fn failure_title(line: &str) -> Option<&str> {
    let line = line.trim_end();
    (line.starts_with('_') && line.ends_with('_')).then_some(())?;
    let title = line.trim_matches('_').strip_prefix(' ')?.strip_suffix(' ')?;
    // `_ _ _ _` divides the frames of one failure.
    title.contains(|letter: char| letter.is_alphanumeric()).then_some(title)
}

/// Casing and signs by which programs in any language raise their voice.
fn has_signal(text: &str) -> bool {
    text.starts_with("!!") || text.starts_with("***") && !text.starts_with("****") || text.starts_with("E:")
}
