//! What stands below a failure or a finding: which lines belong to it, and which of them say why.

use super::diagnostics;
use super::frames::{is_bare_place, is_call, is_foreign, is_frame, is_raised};
use super::places;
use super::read::{failure_title, unruled, weighed, Class, Reader, Row, ALWAYS};
use super::results;
use super::verdicts;

/// What the lines below belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    None,
    /// pytest's failures, before the first title.
    Section,
    /// One of pytest's failures.
    Pytest,
    /// Output that pytest captured.
    Captured,
    /// One of unittest's failures.
    Unittest,
    /// One of a numbered list of failures, as of mocha.
    Numbered,
    /// One of jest's failures, or vitest's.
    Bullet,
    /// One of cargo's failures.
    Stdout,
    /// The stack behind an exception.
    Trace,
    /// What a test logs that has begun; all lines, or more indented ones.
    Running {
        indent: u16,
        takes_all: bool,
    },
    /// What Perl's tests say of one that failed, behind `#`.
    Noted,
    /// More indented lines below the line of a result.
    Below {
        indent: u16,
        is_failed: bool,
    },
    /// Source code and notes below a finding.
    Finding {
        indent: u16,
        is_error: bool,
    },
}

impl Block {
    pub fn ends_at_blank(self) -> bool {
        matches!(self, Block::Finding { .. })
    }
}

/// The row of a line inside the block that is open; `None` if the line is not inside it.
pub fn inner(reader: &mut Reader, index: usize, line: &str, indent: u16) -> Option<Row> {
    match reader.block {
        Block::None => None,
        Block::Section | Block::Pytest | Block::Captured => pytest(reader, index, line, indent),
        Block::Unittest => unittest(reader, index, line, indent),
        Block::Numbered => numbered(reader, line, indent),
        Block::Bullet => bullet(reader, line, indent),
        Block::Stdout => stdout(reader, line, indent),
        Block::Trace => trace(reader, index, line, indent),
        Block::Noted => noted(reader, line),
        Block::Running { indent: least, takes_all } => {
            let is_logged = (takes_all && !line.starts_with("[--") && !line.starts_with("Running main()")
                || indent > least)
                && results::outcome(line).is_none();
            is_logged.then(|| running(reader, line, takes_all))
        }
        Block::Below { indent: least, is_failed } => below(reader, line, indent, least, is_failed),
        Block::Finding { indent: least, is_error } => finding(reader, index, line, indent, least, is_error),
    }
}

/// The row of a line with which a block begins that is known by its title.
pub fn opener(reader: &mut Reader, index: usize, line: &str, text: &str, indent: u16) -> Option<Row> {
    let text = text.trim_end();
    if let Some(number) = list_number(text) {
        let is_next = number > 1 && number == reader.numbered + 1;
        let is_listed = number == 1 && is_behind_total(reader, index) || is_next || is_told(reader, index, indent);
        if is_listed {
            reader.numbered = number;
            reader.open(Block::Numbered);
            return Some(weighed(Class::Fail, ALWAYS));
        }
        if indent >= 2 {
            // In the tree of tests: `    3) should work`.
            reader.close();
            let span = reader.span(index, indent as usize, line.len());
            return Some(Row { tests: 1, mark: (span.0, span.0), name: span, ..weighed(Class::Fail, ALWAYS) });
        }
    }
    if text.starts_with("● ") && !text.starts_with("● Console") {
        reader.open(Block::Bullet);
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if text.starts_with("---- ") && text.ends_with(" ----") {
        reader.open(Block::Stdout);
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if text.starts_with("Traceback (most recent") {
        reader.open(Block::Trace);
        return Some(weighed(Class::Noise, 0));
    }
    if is_raised(text.strip_prefix("=> ").unwrap_or(text)) && text.contains(": ") && places::place(text, 0).is_none() {
        reader.open(Block::Trace);
        return Some(weighed(Class::Detail, ALWAYS));
    }
    if is_failed_note(text) {
        reader.open(Block::Noted);
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if is_vitest(text) {
        reader.open(Block::Bullet);
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if reader.lines.list.len() > index + 1 && is_source(reader.lines.line(index + 1).trim_start()) {
        // JUnit's summary: the engine, the class and the method, then where that stands.
        reader.open(Block::Below { indent, is_failed: true });
        let start = indent as usize + text.rfind(':').map_or(0, |at| at + 1);
        let name = reader.span(index, start, indent as usize + text.len());
        return Some(Row { name, mark: (name.0, name.0), ..weighed(Class::Fail, ALWAYS) });
    }
    text.starts_with("test at ").then(|| {
        reader.open(Block::Below { indent, is_failed: true });
        weighed(Class::Fail, ALWAYS)
    })
}

/// `FAIL  src/a.test.ts > suite > name`, with which vitest begins each failure.
fn is_vitest(text: &str) -> bool {
    text.starts_with("FAIL  ") && text.contains(" > ")
}

/// Where JUnit says that a test stands: `MethodSource [className = 'a.B', methodName = 'c', …]`.
fn is_source(text: &str) -> bool {
    text.starts_with("MethodSource [") || text.starts_with("ClassSource [")
}

/// The number of a line such as `3) res should work:`.
fn list_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits).then_some(())?;
    text[digits..].starts_with(") ").then(|| text[..digits].parse().ok()).flatten()
}

/// Whether the next line is more indented, and a place: ExUnit's failures come before any totals.
fn is_told(reader: &Reader, index: usize, indent: u16) -> bool {
    if index + 1 >= reader.lines.len() {
        return false;
    }
    let line = reader.lines.line(index + 1);
    let text = line.trim_start();
    line.len() - text.len() > indent as usize && is_bare_place(text.trim_end())
}

/// Whether totals stand above, with nothing but blank lines between.
fn is_behind_total(reader: &Reader, index: usize) -> bool {
    let above = (0..index).rev().find(|&above| reader.rows[above].class != Class::Blank);
    above.is_some_and(|above| {
        let is_title = above + 1 < index && reader.lines.line(above).trim_end().ends_with("ailures:");
        reader.rows[above].class == Class::Verdict || is_title
    })
}

/// Weighs the next line of what is said: the first ones most.
fn said(reader: &mut Reader, first: u32, more: u32) -> Row {
    reader.said += 1;
    let weight = match reader.said {
        n if n <= first => 6,
        n if n <= more => 3,
        n if n <= more + 12 => 1,
        _ => 0,
    };
    weighed(Class::Detail, weight)
}

/// Weighs a frame of a stack: the first ones in code of the project's own.
pub fn frame(reader: &mut Reader, text: &str) -> Row {
    let is_own = !is_foreign(text);
    reader.own_frames += u32::from(is_own);
    let weight = match reader.own_frames {
        1 if is_own => 5,
        2 if is_own => 2,
        _ => 0,
    };
    weighed(Class::Frame, weight)
}

fn pytest(reader: &mut Reader, index: usize, line: &str, indent: u16) -> Option<Row> {
    if line.starts_with("===") && unruled(line).is_some() || line.starts_with("___") && unruled(line).is_some() {
        return None;
    }
    if failure_title(line).is_some() {
        reader.open(Block::Pytest);
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if let Some((title, _)) = unruled(line).filter(|_| line.starts_with("---")) {
        reader.open(if title.is_empty() { reader.block } else { Block::Captured });
        return Some(weighed(Class::Noise, if title.is_empty() { 0 } else { 2 }));
    }
    if line.starts_with("!!!") || line.starts_with('<') || line.trim_start().starts_with("</") {
        return None;
    }
    if let Some(rest) = line.strip_prefix("E ").map(str::trim).filter(|rest| !rest.is_empty()) {
        let is_first = reader.said == 0;
        if is_first {
            bump(reader, reader.last_mark, 4);
            bump(reader, reader.last_place, 4);
        }
        let row = said(reader, 1, 8);
        let is_raised = !rest.starts_with(['+', '-', '?', '&']) && is_first;
        return Some(if is_raised { weighed(Class::Detail, ALWAYS) } else { row });
    }
    if reader.block == Block::Captured && !is_place_of_failure(line) {
        return Some(match crate::words::has_trouble(line.as_bytes()) {
            true => said(reader, 0, 6),
            false => said(reader, 0, 2),
        });
    }
    if line.starts_with('>') {
        reader.last_mark = Some(index);
        return Some(weighed(Class::Source, 1));
    }
    if let Some(place) = places::place(line, 0).filter(|place| place.line_end > place.path_end) {
        let rest = line[place.end..].trim();
        if rest.starts_with("in ") || rest.is_empty() {
            if !is_foreign(line) || reader.last_place.is_none() {
                reader.last_place = Some(index);
            }
            return Some(weighed(Class::Frame, u8::from(!is_foreign(line))));
        }
        let is_alone = matches!(reader.block, Block::Section | Block::Captured);
        return Some(weighed(Class::Detail, if is_alone { ALWAYS } else { 5 }));
    }
    if is_frame(line.trim_start(), indent) {
        return Some(frame(reader, line));
    }
    if indent == 0 && is_raised(line) {
        return Some(weighed(Class::Detail, ALWAYS));
    }
    if line.trim_start().starts_with("File \"") {
        return Some(frame(reader, line));
    }
    if reader.block == Block::Section {
        return Some(said(reader, 0, 4));
    }
    Some(weighed(Class::Source, 0))
}

/// Whether a line tells where what was raised: `tests/x.py:3: ValueError: no`.
fn is_place_of_failure(line: &str) -> bool {
    places::place(line, 0).is_some_and(|place| place.line_end > place.path_end && is_raised(line[place.end..].trim()))
}

/// Makes a line of the block weigh more.
fn bump(reader: &mut Reader, line: Option<usize>, weight: u8) {
    if let Some(row) = line.and_then(|line| reader.rows.get_mut(line)) {
        row.weight = row.weight.max(weight);
    }
}

fn trace(reader: &mut Reader, index: usize, line: &str, indent: u16) -> Option<Row> {
    let text = line.trim();
    if results::outcome(line).is_some() {
        return None;
    }
    if text.starts_with("File \"") {
        if !is_foreign(line) || reader.last_place.is_none() {
            reader.last_place = Some(index);
        }
        return Some(weighed(Class::Frame, u8::from(!is_foreign(line))));
    }
    if is_frame(text, indent) || text.starts_with("... ") && text.ends_with(" more") {
        return Some(frame(reader, text));
    }
    if text.starts_with("Caused by: ") || indent == 0 && reader.last_place.is_some() && is_raised(text) {
        bump(reader, reader.last_place, 5);
        reader.own_frames = 0;
        return Some(weighed(Class::Detail, ALWAYS));
    }
    (indent > 0 && reader.last_place.is_some()).then(|| weighed(Class::Source, 0))
}

fn unittest(reader: &mut Reader, index: usize, line: &str, indent: u16) -> Option<Row> {
    if line.starts_with("=====") || line.starts_with("Ran ") && verdicts::is_verdict(line) {
        return None;
    }
    if line.starts_with("FAIL: ") || line.starts_with("ERROR: ") {
        return Some(weighed(Class::Fail, ALWAYS));
    }
    if line.starts_with("-----") || line.starts_with("Traceback ") {
        return Some(weighed(Class::Noise, 0));
    }
    if line.trim_start().starts_with("File \"") {
        if !is_foreign(line) || reader.last_place.is_none() {
            reader.last_place = Some(index);
        }
        return Some(weighed(Class::Frame, u8::from(!is_foreign(line))));
    }
    if indent == 0 && (reader.said == 0 || is_raised(line)) {
        bump(reader, reader.last_place, 4);
        let code = reader.last_place.map(|place| place + 1);
        bump(reader, code.filter(|&code| code < index), 2);
        reader.said += 1;
        return Some(weighed(Class::Detail, ALWAYS));
    }
    if reader.said == 0 {
        return Some(weighed(Class::Source, 0));
    }
    Some(said(reader, 0, 8))
}

fn numbered(reader: &mut Reader, line: &str, indent: u16) -> Option<Row> {
    let text = line.trim();
    if list_number(text).is_some_and(|number| number == reader.numbered + 1) && indent <= 4 {
        return None;
    }
    if indent <= 2 && verdicts::is_verdict(line) {
        return None;
    }
    if is_frame(text, indent) || is_bare_place(text) {
        return Some(frame(reader, text));
    }
    if text == "stacktrace:" {
        // The place above is the test's: that of the call further in is told too.
        reader.own_frames = 0;
    }
    if matches!(text, "+ expected - actual" | "stacktrace:") {
        return Some(weighed(Class::Noise, 0));
    }
    // The title may go on over several lines, up to a colon; what failed is said right behind it.
    if reader.said <= 3 && text.ends_with(':') {
        reader.said += 1;
        return Some(weighed(Class::Detail, ALWAYS));
    }
    let is_first = reader.said == 0 || reader.said <= 3 && is_raised(text);
    let row = difference(reader, text).unwrap_or_else(|| said(reader, 1, 8));
    Some(if is_first { weighed(Class::Detail, ALWAYS) } else { row })
}

fn bullet(reader: &mut Reader, line: &str, indent: u16) -> Option<Row> {
    let text = line.trim();
    let ends = text.starts_with("● ")
        || is_vitest(text)
        || text.starts_with('⎯')
        || indent == 0
            && (results::outcome(line).is_some() || verdicts::is_verdict(line) || text.starts_with("Summary of all"));
    if ends {
        return None;
    }
    if is_frame(text, indent) {
        return Some(frame(reader, text));
    }
    if diagnostics::is_excerpt(line) {
        return Some(weighed(Class::Source, if text.starts_with('>') { 3 } else { 0 }));
    }
    if reader.said == 0 && is_raised(text) {
        reader.said = 1;
        return Some(weighed(Class::Detail, ALWAYS));
    }
    Some(difference(reader, text).unwrap_or_else(|| said(reader, 2, 10)))
}

/// Weighs a line of what was expected and what came instead.
fn difference(reader: &mut Reader, text: &str) -> Option<Row> {
    let is_title = text.starts_with("- Expected") || text.starts_with("+ Received");
    let is_line = text.len() > 2 && text.starts_with(['-', '+']) && !is_title;
    const TOLD: [&str; 11] = [
        "Expected",
        "Received",
        "expected",
        "got:",
        "actual",
        "Actual",
        "but was",
        "left:",
        "right:",
        "$got",
        "$expected",
    ];
    let is_told = TOLD.iter().any(|told| text.starts_with(told));
    (is_line || is_told).then(|| {
        reader.said += 1;
        weighed(Class::Detail, if reader.said <= 8 { 6 } else { 3 })
    })
}

fn stdout(reader: &mut Reader, line: &str, indent: u16) -> Option<Row> {
    let text = line.trim();
    if indent == 0 && (text == "failures:" || text.starts_with("---- ") || text.starts_with("test result:")) {
        return None;
    }
    if text.starts_with("note: run with ") || text.starts_with("stack backtrace:") {
        return Some(weighed(Class::Noise, 0));
    }
    let is_step = text.bytes().take_while(u8::is_ascii_digit).count() > 0 && text.contains(": ") && indent >= 2;
    if is_frame(text, indent) || is_step {
        return Some(frame(reader, text));
    }
    if text.contains("panicked at ") {
        reader.said = reader.said.min(1);
    }
    Some(said(reader, 3, 10))
}

/// Weighs what googletest prints while a test runs: all of it says why where a result follows, but a crash has none.
fn running(reader: &mut Reader, line: &str, takes_all: bool) -> Row {
    if !takes_all {
        return weighed(Class::Source, 0);
    }
    if has_crashed(line) {
        // Which test it was only its beginning tells.
        let begun = reader.rows.iter().rposition(|row| row.class == Class::Noise && row.mark.0 < row.mark.1);
        bump(reader, begun, ALWAYS);
        reader.close();
        return weighed(Class::Fail, ALWAYS);
    }
    let is_failure = line.trim_end().ends_with(": Failure") && places::place(line, 0).is_some();
    if is_failure {
        reader.said = 1;
        return weighed(Class::Detail, ALWAYS);
    }
    match reader.said {
        0 => weighed(Class::Source, 0),
        _ => said(reader, 7, 12),
    }
}

/// Whether a line tells that a program was ended by a signal.
fn has_crashed(line: &str) -> bool {
    ["Segmentation fault", "(core dumped)", "SIGSEGV", "SIGABRT"]
        .iter()
        .any(|sign| memchr::memmem::find(line.as_bytes(), sign.as_bytes()).is_some())
}

/// `#   at t/a.t line 3.`, `#          got: 'a'`, below `#   Failed test 'name'`.
fn noted(reader: &mut Reader, line: &str) -> Option<Row> {
    let text = line.trim().strip_prefix('#')?.trim_start();
    if is_failed_note(line) || verdicts::is_verdict(text) {
        return None;
    }
    if text.is_empty() {
        return Some(weighed(Class::Noise, 0));
    }
    Some(difference(reader, text).unwrap_or_else(|| said(reader, 3, 5)))
}

/// `#   Failed test 'name'`
fn is_failed_note(line: &str) -> bool {
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with("Failed test"))
}

fn below(reader: &mut Reader, line: &str, indent: u16, least: u16, is_failed: bool) -> Option<Row> {
    let is_title = line.trim_start().starts_with("● ") || list_number(line.trim()).is_some();
    if indent <= least || is_title || results::outcome(line).is_some() {
        return None;
    }
    if !is_failed {
        // Of what passed only the details of TAP are its own; other lines may be titles.
        let text = line.trim();
        let is_detail = text == "---" || text == "..." || reader.said > 0;
        reader.said = u32::from(is_detail && text != "...");
        return is_detail.then(|| weighed(Class::Noise, 0));
    }
    let text = line.trim();
    if is_frame(text, indent) || is_bare_place(text) || is_call(text) {
        // What stands behind the frames says again what stood before them.
        reader.said = reader.said.max(9);
        return Some(frame(reader, text));
    }
    if matches!(text, "---" | "..." | "[...]") {
        return Some(weighed(Class::Noise, 0));
    }
    if text.starts_with("Caused by: ") {
        reader.own_frames = 0;
        return Some(weighed(Class::Detail, 6));
    }
    if is_source(text) {
        return Some(weighed(Class::Detail, 1));
    }
    let key = text.find(':').map_or("", |at| &text[..at]);
    match key {
        "duration_ms" | "type" | "failureType" | "code" | "name" | "stack" | "operator" | "severity"
        | "generatedMessage" => Some(weighed(Class::Noise, 0)),
        "error" | "message" | "expected" | "actual" | "location" | "wanted" | "found" | "at" | "got" | "want" => {
            // A value on a line of its own is told as well.
            let is_led = matches!(key, "error" | "message") || matches!(key, "got" | "want") && text.ends_with(':');
            reader.said = if is_led { 0 } else { reader.said.max(3) };
            Some(weighed(Class::Detail, 6))
        }
        _ => Some(said(reader, 3, 8)),
    }
}

fn finding(reader: &mut Reader, index: usize, line: &str, indent: u16, least: u16, is_error: bool) -> Option<Row> {
    let is_excerpt = diagnostics::is_excerpt(line);
    if !is_excerpt && (indent <= least || results::outcome(line).is_some()) {
        return None;
    }
    if !is_excerpt && diagnostics::diagnostic(line).is_some() || diagnostics::is_preface(line) {
        return None;
    }
    if let Some(place) = diagnostics::arrow(line) {
        let last = reader.findings.last_mut().filter(|last| last.place == (0, 0));
        if let Some(last) = last {
            let at = reader.lines.list[index].start;
            let bare = line[..place.end].trim_end_matches(':').len();
            last.path = (at + place.path_start as u32, at + place.path_end as u32);
            last.place = (last.path.0, at + bare as u32);
            last.end = index as u32 + 1;
            return Some(weighed(Class::Detail, if is_error { ALWAYS } else { 0 }));
        }
    }
    reader.extend(index);
    reader.said += 1;
    let weight = match (is_error, reader.said) {
        (true, ..=10) => 4,
        (true, ..=40) => 2,
        _ => 0,
    };
    Some(weighed(Class::Detail, weight))
}
