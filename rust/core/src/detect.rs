//! Text in, how surely it is of each kind of printed text out.
//!
//! One pass over a sample of lines: the first ones, and some from the middle and the end. A wrong guess costs time, and
//! compression where another kind would have given more; what stands in the output is the compressors' business.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::kind::Kind;

/// Lines looked at: the first ones, as many spread over the rest, and the last ones.
const HEAD_LINES: usize = 16;
const SPREAD_LINES: usize = 24;
const TAIL_LINES: usize = 6;
/// Bytes of a line that are looked at.
const MAX_LINE_BYTES: usize = 160;
/// Of a text of at most this size every line is looked at.
const SMALL_BYTES: usize = 8_192;
/// Bytes in which the end of a line is looked for.
const MAX_JUMP_BYTES: usize = 4_096;

/// Bytes in which a hunk is looked for.
const MAX_HUNK_BYTES: usize = 65_536;

/// A score, 0 to 1, for each kind, in the order of `Kind::ALL`.
pub type Scores = [f64; 5];

/// How surely a text is of each kind. Time is bounded, whatever the size of the text.
pub fn scores(text: &str) -> Scores {
    let mut seen = Seen::default();
    sample(text.as_bytes(), |line| seen.add(line));
    if seen.diff_body > 0.0 && (seen.hunks == 0.0 || seen.diff_heads == 0.0) && has_hunk(text.as_bytes()) {
        seen.hunks += 1.0;
        seen.diff_heads += 1.0;
    }
    let mut scores = seen.scores();
    if is_structured(text) {
        // Its strings may hold times and paths, but what holds them together is another's business.
        scores.iter_mut().for_each(|score| *score *= 0.5);
    }
    scores
}

/// Whether the first part of a text holds a hunk of a diff: few lines of a diff of long files tell that it is one, so a
/// sample may miss them.
fn has_hunk(text: &[u8]) -> bool {
    let first = window(text, 0, MAX_HUNK_BYTES);
    let begins_line = |at: usize| at == 0 || matches!(first[at - 1], b'\n' | b'm' | b'@');
    let has = |mark: &[u8]| memchr::memmem::find_iter(first, mark).take(64).any(begins_line);
    has(b"@@ -") && has(b"+++ ")
}

/// Whether a text begins as JSON with records does.
fn is_structured(text: &str) -> bool {
    let mut bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match (bytes.next(), bytes.next()) {
        (Some(b'{'), Some(b'"')) => true,
        (Some(b'['), Some(next)) => b"{[\"".contains(&next),
        _ => false,
    }
}

/// Calls `each` with sampled lines that are not blank.
fn sample<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    let head_lines = if text.len() <= SMALL_BYTES { usize::MAX } else { HEAD_LINES };
    let mut at = 0;
    for _ in 0..head_lines {
        let Some(next) = give_line(text, at, &mut each) else { return };
        at = next;
    }
    let tail = tail_start(text).max(at);
    let step = (tail - at) / SPREAD_LINES;
    for ordinal in 0..SPREAD_LINES {
        let from = at + ordinal * step;
        // A line that a jump lands in is skipped: the next one is whole.
        let skipped = memchr::memchr(b'\n', window(text, from, MAX_JUMP_BYTES)).map(|end| from + end + 1);
        if let Some(start) = skipped.filter(|start| *start < tail) {
            give_line(text, start, &mut each);
        }
    }
    let mut at = tail;
    while let Some(next) = give_line(text, at, &mut each) {
        at = next;
    }
}

/// Where the last lines that are not blank begin.
fn tail_start(text: &[u8]) -> usize {
    let from = text.len().saturating_sub(MAX_JUMP_BYTES);
    let mut lines = 0;
    let mut end = text.len();
    for at in memchr::memrchr_iter(b'\n', &text[from..]).map(|at| from + at) {
        if !text[at + 1..end].trim_ascii().is_empty() {
            lines += 1;
        }
        if lines == TAIL_LINES {
            return at + 1;
        }
        end = at;
    }
    text.len()
}

fn window(text: &[u8], from: usize, bytes: usize) -> &[u8] {
    &text[from.min(text.len())..text.len().min(from + bytes)]
}

/// Gives the line at `start`, and returns where the next one begins.
fn give_line<'t>(text: &'t [u8], start: usize, each: &mut impl FnMut(&'t [u8])) -> Option<usize> {
    if start >= text.len() {
        return None;
    }
    let near = window(text, start, MAX_JUMP_BYTES);
    let end = memchr::memchr(b'\n', near).map_or(start + near.len(), |offset| start + offset);
    let line = window(&text[..end], start, MAX_LINE_BYTES);
    if !line.trim_ascii().is_empty() {
        each(line);
    }
    Some(end + 1)
}

/// What was seen in the sampled lines.
#[derive(Default)]
struct Seen {
    lines: f64,
    stamped: f64,
    levelled: f64,
    hits: f64,
    paths: f64,
    numbered: f64,
    hunks: f64,
    diff_heads: f64,
    diff_body: f64,
    frames: f64,
    raised: f64,
    results: f64,
    verdicts: f64,
    diagnostics: f64,
    /// The separators in the first line, if it could be the heading of a table, and the lines that have as many.
    heading: Option<[usize; SEPARATORS.len()]>,
    rows: [f64; SEPARATORS.len()],
}

/// What separates the cells of a row.
const SEPARATORS: [u8; 4] = *b",|\t;";

impl Seen {
    fn add(&mut self, line: &[u8]) {
        self.lines += 1.0;
        let line = without_ansi_start(line);
        self.compare_with_heading(line);
        if is_diff_head(line) {
            self.diff_heads += 1.0;
        } else if line.starts_with(b"@@ -") || line.starts_with(b"@@@ -") {
            self.hunks += 1.0;
        } else if matches!(line.first(), Some(b'+' | b'-' | b' ')) {
            self.diff_body += 1.0;
        }
        let signs = signs(line);
        if is_frame(line, signs) {
            self.frames += 1.0;
            return;
        }
        if is_raised(line) {
            self.raised += 1.0;
        }
        if has_stamp(line) {
            self.stamped += 1.0;
            return;
        }
        match located(line) {
            Located::Diagnostic => self.diagnostics += 1.0,
            Located::Hit => self.hits += 1.0,
            Located::Numbered => self.numbered += 1.0,
            Located::Path => self.paths += 1.0,
            Located::No => {}
        }
        if signs & sign::RESULT != 0 || begins_as_result(line) {
            self.results += 1.0;
        }
        if signs & sign::VERDICT != 0 {
            self.verdicts += 1.0;
        }
        if signs & sign::LEVEL != 0 || is_bracketed(line) {
            self.levelled += 1.0;
        }
    }

    fn compare_with_heading(&mut self, line: &[u8]) {
        if self.lines == 1.0 && !has_stamp(line) {
            self.heading = Some(separators_in(line));
        }
        let Some(heading) = self.heading else { return };
        let own = separators_in(line);
        for (rows, (own, wanted)) in self.rows.iter_mut().zip(own.into_iter().zip(heading)) {
            *rows += f64::from(u8::from(wanted > 0 && own == wanted));
        }
    }

    fn scores(&self) -> Scores {
        let share = |count: f64| if self.lines == 0.0 { 0.0 } else { (count / self.lines).min(1.0) };
        // Rows below a heading may begin with times too.
        let is_table = self.lines > 2.0 && self.rows.iter().any(|rows| share(*rows) > 0.8);
        let log = share(self.stamped + 0.6 * self.levelled) * if is_table { 0.25 } else { 1.0 };
        let found = self.hits + if self.hits > 0.0 || self.paths > 0.0 { self.numbered + self.paths } else { 0.0 };
        let search = share(found);
        let is_diff = self.hunks > 0.0 && self.diff_heads > 0.0;
        let diff = if is_diff { 0.5 + 0.5 * share(self.diff_body + self.hunks + self.diff_heads) } else { 0.0 };
        let trace = match self.frames {
            0.0 => 0.0,
            frames => {
                let least = if self.raised > 0.0 && frames >= 3.0 { 0.35 } else { 0.0 };
                // A report whose failures have traces is a report.
                share(1.6 * (frames + self.raised)).max(least) * (1.0 - (2.0 * share(self.results)).min(1.0))
            }
        };
        let report = share(self.results + self.diagnostics + 0.5 * self.frames).max(match self.verdicts {
            0.0 => 0.0,
            _ => 0.6,
        });
        [log, search, diff, trace, report]
    }
}

/// The scores by kind.
pub fn score(text: &str, kind: Kind) -> f64 {
    let at = Kind::ALL.iter().position(|each| *each == kind);
    at.map_or(0.0, |at| scores(text)[at])
}

/// What the words of a line tell of it, one bit each.
mod sign {
    pub const FRAME: u8 = 1;
    pub const LEVEL: u8 = 2;
    pub const RESULT: u8 = 4;
    pub const VERDICT: u8 = 8;
}

const SIGNS: [(&str, u8); 45] = [
    ("\", line ", sign::FRAME),
    (".go:", sign::FRAME),
    ("INFO", sign::LEVEL),
    ("WARN", sign::LEVEL),
    ("ERROR", sign::LEVEL),
    ("DEBUG", sign::LEVEL),
    ("FATAL", sign::LEVEL),
    ("TRACE", sign::LEVEL),
    ("NOTICE", sign::LEVEL),
    ("CRITICAL", sign::LEVEL),
    ("SEVERE", sign::LEVEL),
    ("level=", sign::LEVEL),
    ("✓", sign::RESULT),
    ("✔", sign::RESULT),
    ("✗", sign::RESULT),
    ("✖", sign::RESULT),
    ("✘", sign::RESULT),
    ("√", sign::RESULT),
    ("--- PASS", sign::RESULT),
    ("--- FAIL", sign::RESULT),
    ("=== RUN", sign::RESULT),
    (" PASSED", sign::RESULT),
    (" FAILED", sign::RESULT),
    (" SKIPPED", sign::RESULT),
    (" XFAIL", sign::RESULT),
    (" ... ok", sign::RESULT),
    (" ... FAIL", sign::RESULT),
    (" ... ignored", sign::RESULT),
    ("<testcase", sign::RESULT),
    (" passed in ", sign::VERDICT),
    (" failed in ", sign::VERDICT),
    (" passing (", sign::VERDICT),
    ("test result: ", sign::VERDICT),
    ("Tests run:", sign::VERDICT),
    ("Test Suites:", sign::VERDICT),
    ("FAILURES!!!", sign::VERDICT),
    (" test session starts ", sign::VERDICT),
    (" short test summary ", sign::VERDICT),
    (": *** ", sign::VERDICT),
    ("<testsuite", sign::VERDICT),
    ("TAP version", sign::VERDICT),
    ("Built target ", sign::VERDICT),
    ("collect2: error", sign::VERDICT),
    (": Entering directory", sign::VERDICT),
    ("could not compile ", sign::VERDICT),
];

/// Finds all signs in one pass.
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(SIGNS.map(|(text, _)| text))
        .expect("a few short texts make a small automaton")
});

fn signs(line: &[u8]) -> u8 {
    FINDER.find_iter(line).fold(0, |found, each| found | SIGNS[each.pattern().as_usize()].1)
}

/// A line behind the colour that it begins with.
fn without_ansi_start(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\x1b[") {
        match rest.iter().position(|byte| byte.is_ascii_alphabetic()) {
            Some(end) => line = &rest[end + 1..],
            None => break,
        }
    }
    line
}

fn is_diff_head(line: &[u8]) -> bool {
    const HEADS: [&[u8]; 8] =
        [b"diff --", b"--- ", b"+++ ", b"index ", b"Index: ", b"rename ", b"similarity index", b"Binary files "];
    HEADS.iter().any(|head| line.starts_with(head))
}

/// Frames of stack traces: Java, C# and JavaScript (`at f(…)`), Python (`File "…", line`), Go and Rust.
fn is_frame(line: &[u8], signs: u8) -> bool {
    let bare = line.trim_ascii_start();
    let indented = bare.len() < line.len();
    if indented && bare.starts_with(b"at ") {
        return bare.contains(&b'(') || bare.contains(&b':');
    }
    signs & sign::FRAME != 0 && (bare.starts_with(b"File \"") || indented)
        || bare.starts_with(b"goroutine ")
        || bare.starts_with(b"... ") && bare.ends_with(b" more")
}

/// The line that says what was thrown.
fn is_raised(line: &[u8]) -> bool {
    const HEADS: [&[u8]; 6] =
        [b"Traceback (most", b"Caused by: ", b"panic: ", b"Exception in thread", b"Unhandled ", b"Suppressed: "];
    let bare = line.trim_ascii_start();
    if HEADS.iter().any(|head| bare.starts_with(head)) {
        return true;
    }
    let end = bare.iter().position(|&byte| byte == b':' || byte == b' ').unwrap_or(bare.len());
    let name = &bare[..end];
    name.len() > 5 && (name.ends_with(b"Error") || name.ends_with(b"Exception"))
}

/// Whether a time stands near the beginning: digits in pairs with `:` between them, or a long run of digits with
/// separators such as `081109 203615` or `1131566461`.
fn has_stamp(line: &[u8]) -> bool {
    if is_listed_file(line) {
        return false;
    }
    let head = &line[..line.len().min(64)];
    let digit = |at: usize| head.get(at).is_some_and(u8::is_ascii_digit);
    for at in 0..head.len() {
        if head[at] == b':' && at >= 2 && digit(at - 1) && digit(at - 2) && digit(at + 1) && digit(at + 2) {
            let longer = at >= 3 && digit(at - 3) && !digit(at - 4);
            if !longer {
                return true;
            }
        }
    }
    // 2024-01-02, 2024/01/02, 2005.06.03
    let date = |at: usize| matches!(head[at], b'-' | b'/' | b'.') && digit(at + 1) && digit(at + 2);
    if (4..head.len().saturating_sub(5)).any(|at| date(at) && (1..=4).all(|back| digit(at - back)) && date(at + 3)) {
        return true;
    }
    let run = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    run >= 6 && head.get(run).is_some_and(|byte| b" -|T".contains(byte))
}

/// Whether a line begins with something in brackets, as `[main]` or `[INFO]`.
fn is_bracketed(line: &[u8]) -> bool {
    line.first() == Some(&b'[') && memchr::memchr(b']', &line[..line.len().min(64)]).is_some_and(|end| end > 2)
}

/// Whether this is a line of `ls -l`, which holds a time too.
fn is_listed_file(line: &[u8]) -> bool {
    line.first_chunk::<10>()
        .is_some_and(|mode| b"-dlcbps".contains(&mode[0]) && mode[1..].iter().all(|byte| b"rwxsStT-".contains(byte)))
}

/// For each byte the separator that it is, from 1.
const SEPARATOR_OF: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < SEPARATORS.len() {
        table[SEPARATORS[at] as usize] = at as u8 + 1;
        at += 1;
    }
    table
};

fn separators_in(line: &[u8]) -> [usize; SEPARATORS.len()] {
    let mut counts = [0; SEPARATORS.len() + 1];
    for &byte in line {
        counts[SEPARATOR_OF[byte as usize] as usize] += 1;
    }
    std::array::from_fn(|at| counts[at + 1])
}

enum Located {
    /// `path:12:5: error …`
    Diagnostic,
    /// `path:12:…` or `path-12-…`
    Hit,
    /// `12:…` or `12-…`, below the path of its file.
    Numbered,
    Path,
    No,
}

/// Whether a line begins with a place in a file.
fn located(line: &[u8]) -> Located {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 && digits <= 7 && matches!(line.get(digits), Some(b':' | b'-')) {
        return Located::Numbered;
    }
    if line == b"--" {
        return Located::Numbered;
    }
    let Some((path, rest)) = split_path(line) else {
        return if is_path(line.trim_ascii_end()) { Located::Path } else { Located::No };
    };
    if !is_path(path) {
        return Located::No;
    }
    let behind = rest.trim_ascii_start();
    let column = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let message = if column > 0 && behind.get(column) == Some(&b':') { &behind[column + 1..] } else { behind };
    let message = message.trim_ascii_start();
    const SEVERITIES: [&[u8]; 6] = [b"error", b"warning", b"note:", b"fatal", b"Error", b"Warning"];
    let is_code = message.len() > 3
        && message[0].is_ascii_uppercase()
        && message[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).any(u8::is_ascii_digit);
    if SEVERITIES.iter().any(|severity| message.starts_with(severity)) || column > 0 && is_code {
        return Located::Diagnostic;
    }
    Located::Hit
}

/// `path:12:` or `path-12-`, or `path(12,5):`: the path and what stands behind the number.
fn split_path(line: &[u8]) -> Option<(&[u8], &[u8])> {
    for at in memchr::memchr3_iter(b':', b'-', b'(', line) {
        let digits = line[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if at == 0 || digits == 0 || digits > 7 {
            continue;
        }
        let close = line.get(at + 1 + digits);
        let is_place = match line[at] {
            b'(' => matches!(close, Some(b',' | b')')),
            mark => close == Some(&mark),
        };
        if is_place {
            return Some((&line[..at], &line[at + 2 + digits..]));
        }
    }
    None
}

/// Whether this looks like the path of a file: no spaces at its ends, a separator or an extension.
fn is_path(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > 200 || text.contains(&b'\t') || text.first() == Some(&b' ') {
        return false;
    }
    if text.iter().any(|byte| b"\"'<>|{}();=,".contains(byte)) || memchr::memchr(b' ', text).is_some() {
        return false;
    }
    let name = text.rsplit(|&byte| byte == b'/' || byte == b'\\').next().unwrap_or(text);
    let has_extension = name.iter().rposition(|&byte| byte == b'.').is_some_and(|dot| {
        let extension = &name[dot + 1..];
        !extension.is_empty() && extension.len() <= 10 && extension.iter().all(u8::is_ascii_alphanumeric)
    });
    has_extension || text.len() > name.len() && !name.is_empty()
}

/// Whether a line begins as those do that tell how one test ended.
fn begins_as_result(line: &[u8]) -> bool {
    const HEADS: [&[u8]; 8] = [b"ok ", b"ok\t", b"not ok ", b"PASS ", b"FAIL ", b"PASSED ", b"FAILED ", b"[ RUN"];
    let bare = line.trim_ascii_start();
    HEADS.iter().any(|head| bare.starts_with(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(text: &str) -> Option<Kind> {
        let found = scores(text);
        let at = (0..found.len()).max_by(|&left, &right| found[left].total_cmp(&found[right]))?;
        (found[at] >= 0.3).then_some(Kind::ALL[at])
    }

    #[test]
    fn a_diff_of_long_files_is_one_though_few_lines_say_so() {
        let message = "    A line of a long message\n".repeat(30);
        let body = "+    value = compute(first)\n".repeat(2_000);
        let text = format!("commit 1\n\n{message}\ndiff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,2000 @@\n{body}");
        assert_eq!(best(&text), Some(Kind::Diff), "{:?}", scores(&text));
    }

    #[test]
    fn kinds_are_told_apart() {
        let log = "2024-01-02 10:00:01 INFO started\n2024-01-02 10:00:02 WARN slow\n".repeat(5);
        let search = "src/a.rs:12:fn main() {\nsrc/b.rs:7:    main();\nlib/c.rs-8-}\n".repeat(3);
        let heading = "src/a.rs\n12:fn main() {\n\nsrc/b.rs\n7:    main();\n";
        let diff = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n";
        let trace =
            "java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n\tat a.B.e(B.java:3)\n";
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: no\n";
        let report = "t/a.py::test_x PASSED [ 1%]\nt/a.py::test_y FAILED [ 2%]\n== 1 failed, 1 passed in 0.1s ==\n";
        let lint = "src/a.c:1:2: warning: unused\nsrc/b.c:3:4: error: no such file\nx.py:1:1: E501 too long\n";
        for (text, kind) in [
            (log.as_str(), Kind::Log),
            (&search, Kind::Search),
            (heading, Kind::Search),
            (diff, Kind::Diff),
            (trace, Kind::Trace),
            (python, Kind::Trace),
            (report, Kind::Report),
            (lint, Kind::Report),
        ] {
            assert_eq!(best(text), Some(kind), "{text} {:?}", scores(text));
        }
        let table = "date,wind,rain\n2024-01-02,1,2\n2024-01-03,2,5\n2024-01-04,3,4\n";
        for text in [table, "", "\n\n\n", "Some prose.\nIt goes on, and on.\nThe end.", "a\0b", "{\"a\": 1}"] {
            assert_eq!(best(text), None, "{text} {:?}", scores(text));
        }
    }
}
