//! Text in, how surely it is of each kind of printed text out.
//!
//! One pass over a sample of lines: the first ones, and some from the middle and the end. A wrong guess costs time, and
//! compression where another kind would have given more; what stands in the output is the compressors' business.

use crate::kind::Kind;

/// Lines looked at: the first ones, then as many spread over the rest.
const HEAD_LINES: usize = 64;
const SPREAD_LINES: usize = 96;
/// Bytes at the end of which every line is looked at.
const LAST_BYTES: usize = 600;
/// Bytes of a line that are looked at.
const MAX_LINE_BYTES: usize = 240;

/// A score, 0 to 1, for each kind, in the order of `Kind::ALL`.
pub type Scores = [f64; 5];

/// How surely a text is of each kind. Time is bounded, whatever the size of the text.
pub fn scores(text: &str) -> Scores {
    let mut seen = Seen::default();
    sample(text.as_bytes(), |line| seen.add(line));
    seen.scores()
}

/// Calls `each` with sampled lines that are not blank.
fn sample<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    let mut at = 0;
    for _ in 0..HEAD_LINES {
        let Some(next) = give_line(text, at, &mut each) else { return };
        at = next;
    }
    if at >= text.len() {
        return;
    }
    let step = (text.len() - at).div_ceil(SPREAD_LINES);
    // The last lines tell most: how it ended.
    let last = text.len().saturating_sub(LAST_BYTES).max(at);
    let jumps = (0..SPREAD_LINES).map(|ordinal| at + ordinal * step).take_while(|&from| from < last);
    for from in jumps {
        // A line that a jump lands in is skipped: the next one is whole.
        let skipped = memchr::memchr(b'\n', window(text, from, 4_096)).map(|end| from + end + 1);
        let Some(start) = skipped else { continue };
        if give_line(text, start, &mut each).is_none() {
            return;
        }
    }
    let skipped = memchr::memchr(b'\n', window(text, last, LAST_BYTES)).map(|end| last + end + 1);
    let mut next = if last == at { Some(at) } else { skipped };
    while let Some(start) = next {
        next = give_line(text, start, &mut each);
    }
}

fn window(text: &[u8], from: usize, bytes: usize) -> &[u8] {
    &text[from..text.len().min(from + bytes)]
}

/// Gives the line at `start`, and returns where the next one begins.
fn give_line<'t>(text: &'t [u8], start: usize, each: &mut impl FnMut(&'t [u8])) -> Option<usize> {
    if start >= text.len() {
        return None;
    }
    let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |offset| start + offset);
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
}

impl Seen {
    fn add(&mut self, line: &[u8]) {
        self.lines += 1.0;
        let line = without_ansi_start(without_ci_stamp(line));
        if is_diff_head(line) {
            self.diff_heads += 1.0;
        } else if line.starts_with(b"@@ -") || line.starts_with(b"@@@ -") {
            self.hunks += 1.0;
        } else if matches!(line.first(), Some(b'+' | b'-' | b' ')) {
            self.diff_body += 1.0;
        }
        if is_frame(line) {
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
            // Compilers that show code say where with an arrow: ` --> src/a.rs:1:2`.
            _ if line.trim_ascii_start().starts_with(b"--> ") => self.diagnostics += 4.0,
            Located::Diagnostic => self.diagnostics += 1.0,
            Located::Hit => self.hits += 1.0,
            Located::Numbered => self.numbered += 1.0,
            Located::Path => self.paths += 1.0,
            Located::No => {}
        }
        if is_result(line) {
            self.results += 1.0;
        }
        if is_verdict(line) {
            self.verdicts += 1.0;
        }
        if has_level(line) {
            self.levelled += 1.0;
        }
    }

    fn scores(&self) -> Scores {
        let share = |count: f64| if self.lines == 0.0 { 0.0 } else { (count / self.lines).min(1.0) };
        let log = share(self.stamped + 0.6 * self.levelled);
        let found = self.hits + if self.hits > 0.0 || self.paths > 0.0 { self.numbered + self.paths } else { 0.0 };
        let search = share(found);
        let is_diff = self.hunks > 0.0 && self.diff_heads > 0.0;
        let diff = if is_diff { 0.5 + 0.5 * share(self.diff_body + self.hunks + self.diff_heads) } else { 0.0 };
        let trace = match self.frames {
            0.0 => 0.0,
            frames => {
                share(1.6 * (frames + self.raised)).max(if self.raised > 0.0 && frames >= 3.0 { 0.35 } else { 0.0 })
            }
        };
        // A report of tests shows the stacks of those that fail.
        let results = if self.results >= 5.0 { 1.5 * self.results } else { self.results };
        let report = share(results + self.diagnostics + 0.5 * self.frames).max(match self.verdicts {
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

/// A line behind the time that GitHub's runners write before every line: to seven digits of a second.
fn without_ci_stamp(line: &[u8]) -> &[u8] {
    const BYTES: usize = "2026-11-20T10:00:00.1234567Z ".len();
    let is_stamp = line.len() >= BYTES && line[10] == b'T' && line[19] == b'.' && line[27..BYTES] == *b"Z ";
    if is_stamp && line[20..27].iter().all(u8::is_ascii_digit) {
        &line[BYTES..]
    } else {
        line
    }
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
fn is_frame(line: &[u8]) -> bool {
    let bare = line.trim_ascii_start();
    let indented = bare.len() < line.len();
    if indented && bare.starts_with(b"at ") {
        return bare.contains(&b'(') || bare.contains(&b':');
    }
    bare.starts_with(b"File \"") && find(bare, b"\", line ").is_some()
        || bare.starts_with(b"goroutine ")
        || indented && find(bare, b".go:").is_some_and(|at| bare.get(at + 4).is_some_and(u8::is_ascii_digit))
        || bare.starts_with(b"... ") && find(bare, b" more").is_some()
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
    let head = &line[..line.len().min(64)];
    let digit = |at: usize| head.get(at).is_some_and(u8::is_ascii_digit);
    for at in 0..head.len() {
        if head[at] == b':' && at >= 2 && digit(at - 1) && digit(at - 2) && digit(at + 1) && digit(at + 2) {
            let longer = at >= 3 && digit(at - 3) && !digit(at - 4);
            // `path:77:15:` is a place.
            let is_place = at >= 3 && head[at - 3] == b':';
            if !longer && !is_place {
                return true;
            }
        }
    }
    let run = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    run >= 6 && head.get(run).is_some_and(|byte| b" -|T".contains(byte))
}

/// Words by which programs name the level of a message, where one stands among the first words.
fn has_level(line: &[u8]) -> bool {
    const LEVELS: [&[u8]; 10] =
        [b"INFO", b"WARN", b"ERROR", b"DEBUG", b"FATAL", b"TRACE", b"NOTICE", b"level=", b"CRITICAL", b"SEVERE"];
    let head = &line[..line.len().min(80)];
    LEVELS.iter().any(|level| find(head, level).is_some())
        || head.first() == Some(&b'[') && find(head, b"]").is_some_and(|end| end > 2)
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
    // golangci-lint names the linter at the end: `(errcheck)`.
    let is_ruled = message.ends_with(b")")
        && message.iter().rposition(|&byte| byte == b'(').is_some_and(|at| {
            let rule = &message[at + 1..message.len() - 1];
            rule.len() > 3
                && at > 0
                && message[at - 1] == b' '
                && rule.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
        });
    let is_finding = column > 0 && (is_code || is_ruled);
    if SEVERITIES.iter().any(|severity| message.starts_with(severity)) || is_finding {
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
            let mut rest = &line[at + 2 + digits..];
            if line[at] == b'(' {
                // `path(12,5): message`
                let close = memchr::memchr(b')', rest).filter(|_| close == Some(&b','));
                rest = &rest[close.map_or(0, |close| close + 1)..];
                rest = rest.strip_prefix(b":").unwrap_or(rest);
            }
            return Some((&line[..at], rest));
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

/// A line that tells how one test ended.
fn is_result(line: &[u8]) -> bool {
    const MARKS: [&str; 8] = ["✓", "✔", "✗", "✖", "×", "√", "✘", "○"];
    const HEADS: [&[u8]; 17] = [
        b"Collecting ",
        b"Downloading ",
        b"> Task :",
        b"ok ",
        b"not ok ",
        b"--- PASS",
        b"--- FAIL",
        b"=== RUN",
        b"PASS ",
        b"FAIL ",
        b"PASSED ",
        b"FAILED ",
        b"ok  \t",
        b"test ",
        b"[ RUN",
        b"[       OK",
        b"<testcase",
    ];
    let bare = line.trim_ascii();
    if HEADS.iter().any(|head| bare.starts_with(head)) || MARKS.iter().any(|mark| bare.starts_with(mark.as_bytes())) {
        return true;
    }
    const WORDS: [&[u8]; 9] = [
        " ✔".as_bytes(),
        " ✘".as_bytes(),
        b" PASSED",
        b" FAILED",
        b" SKIPPED",
        b" XFAIL",
        b" ... ok",
        b" ... FAILED",
        b" ... FAIL",
    ];
    WORDS.iter().any(|word| find(bare, word).is_some())
}

/// A line that tells how a whole run ended.
fn is_verdict(line: &[u8]) -> bool {
    const PARTS: [&[u8]; 21] = [
        b"% tests passed",
        b" tests successful ",
        b" examples, ",
        b"npm warn deprecated",
        b"Successfully installed ",
        b" passed in ",
        b" failed in ",
        b" passing (",
        b"test result: ",
        b"Tests run:",
        b"Test Suites:",
        b"FAILURES!!!",
        b"There were ",
        b" test session starts ",
        b" short test summary ",
        b"make: ***",
        b"<testsuite",
        b"TAP version",
        b"Built target ",
        b"collect2: error",
        b"make[1]: Entering",
    ];
    if PARTS.iter().any(|part| find(line, part).is_some()) {
        return true;
    }
    // `12 failing`, `2 errors`, `Found 3 errors in 2 files`, `Ran 5 tests in 0.1s`, `ℹ pass 12`.
    let text = line.trim_ascii();
    let text = [b"Found ".as_slice(), b"Ran "].into_iter().find_map(|head| text.strip_prefix(head)).unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    const COUNTED: [&[u8]; 7] =
        [b" failing", b" passing", b" error", b" warning", b" tests in ", b" passed", b" failed"];
    digits > 0 && COUNTED.iter().any(|word| text[digits..].starts_with(word))
        || text.starts_with("ℹ pass ".as_bytes())
        || text.starts_with(b"error: could not compile")
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
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
    fn texts_of_any_number_of_lines_are_scored() {
        for lines in [1, 63, 64, 65, 66, 200, 3_000] {
            let text = "some words\n".repeat(lines) + "2 failed, 1 passed in 0.1s";
            assert_eq!(best(&text), Some(Kind::Report), "{lines}");
            assert_eq!(best(&format!("{text}\n")), Some(Kind::Report), "{lines}");
        }
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
        for text in ["", "\n\n\n", "Some prose.\nIt goes on, and on.\nThe end.", "a\0b", "{\"a\": 1}"] {
            assert_eq!(best(text), None, "{text} {:?}", scores(text));
        }
    }
}
