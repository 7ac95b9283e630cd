//! Text in, how surely it is of each kind of printed text out.
//!
//! One pass over a sample of lines: the first ones, and some from the middle and the end. Each kind knows its own evidence
//! alone, so a wrong guess may cost a lossy view what another kind would have kept: in doubt a score must be low.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::begins::Heads;
use crate::bits::{self, Bits};
use crate::kind::Kind;
use crate::{blob, code, json, markup, page, search, table};

/// Lines looked at: the first ones, as many spread over the rest, and the last ones.
const HEAD_LINES: usize = 16;
const SPREAD_LINES: usize = 24;
const TAIL_LINES: usize = 6;
/// Bytes of a line that are looked at.
const MAX_LINE_BYTES: usize = 160;
/// Of a text of at most this size every line is looked at.
const SMALL_BYTES: usize = 8_192;
/// Bytes at the beginning in which the heads of a diff are looked for, which may stand behind much else.
const SEARCHED_BYTES: usize = 16_384;
/// Bytes in which the end of a line is looked for.
const MAX_JUMP_BYTES: usize = 4_096;

/// A text that is of another kind as surely as this is not tried as markup; one that parses as markup as surely as that is
/// of no other kind.
const MARKUP_BELOW: f64 = 0.8;
const SURELY_MARKUP: f64 = 0.9;
/// A text that is of another kind as surely as this is not looked at as code.
const CODE_BELOW: f64 = 0.7;
/// A page of HTML as sure as this is of no other kind, whatever its lines hold.
const SURELY_PAGE: f64 = 0.9;
/// What a list of the names in directories scores.
const SURELY_LISTED: f64 = 0.95;

/// So many lines of totals, and so large a share of all, are those of a report, which then need not be looked at as code.
const SEVERAL_VERDICTS: f64 = 3.0;
const MANY_VERDICTS: f64 = 0.05;
const SURELY_REPORT: f64 = 0.72;

/// A score, 0 to 1, for each kind, in the order of `Kind::ALL`.
pub type Scores = [f64; Kind::ALL.len()];

/// The scores of the kinds that are told by single lines: those before `Table`.
pub(crate) type LineScores = [f64; Kind::Table as usize];

/// How surely a text is of each kind. Time is bounded, whatever the size of the text.
pub fn scores(text: &str) -> Scores {
    scores_beside(text, None)
}

/// How surely a text is of each kind, where what its lines tell may be known already.
pub(crate) fn scores_beside(text: &str, by_lines: Option<LineScores>) -> Scores {
    let mut scores = [0.0; Kind::ALL.len()];
    let is_structured = is_structured(text);
    if is_structured && json::score(text) >= 1.0 {
        // Its strings may hold times and paths, but what holds them together is another's business.
        return scores;
    }
    let page = if is_structured { 0.0 } else { page::score(text) };
    let share = if is_structured || page > SURELY_PAGE { 0.5 } else { 1.0 };
    let by_lines = by_lines.unwrap_or_else(|| of_lines(text));
    scores.iter_mut().zip(by_lines).for_each(|(score, own)| *score = share * own);
    scores[Kind::Page as usize] = page;
    if is_structured {
        return scores;
    }
    if page <= SURELY_PAGE {
        weigh_directories(text, &mut scores);
        weigh_tables(text, &mut scores);
        weigh_markup(text, &mut scores);
        weigh_code(text, &mut scores);
    }
    weigh_blobs(text, &mut scores);
    scores
}

/// How surely a text is of the kinds that are told by single lines.
pub(crate) fn of_lines(text: &str) -> LineScores {
    let mut seen = Seen::default();
    sample(text.as_bytes(), |line| seen.add(line));
    let head = window(text.as_bytes(), 0, SEARCHED_BYTES);
    seen.diff_heads += f64::from(u8::from(memchr::memmem::find(head, b"\n+++ ").is_some()));
    seen.hunks += f64::from(u8::from(memchr::memmem::find(head, b"\n@@ -").is_some()));
    const CONTEXT: &[u8] = b"\n***************\n*** ";
    let is_place = |at: usize| head.get(at + CONTEXT.len()).is_some_and(u8::is_ascii_digit);
    seen.has_context = memchr::memmem::find_iter(head, CONTEXT).any(is_place);
    seen.names_files = head.starts_with(b"diff --") || memchr::memmem::find(head, b"\ndiff --").is_some();
    seen.scores()
}

/// Names in directories, each below a line that ends in a colon, are a list of files, whatever their names look like.
fn weigh_directories(text: &str, scores: &mut Scores) {
    let first = memchr::memchr(b'\n', window(text.as_bytes(), 0, MAX_JUMP_BYTES)).unwrap_or(0);
    if text.as_bytes()[..first].last() == Some(&b':') && search::directories::score(text) > 0.0 {
        scores.iter_mut().for_each(|score| *score *= 0.5);
        scores[Kind::Search as usize] = SURELY_LISTED;
    }
}

/// Adds how surely a text is one of tables. Reports, diffs and results of searches that have columns too are what they
/// are; but the times in rows make no log of them.
fn weigh_tables(text: &str, scores: &mut Scores) {
    // Without a heading that has none lines with times are a log's.
    let first = text.as_bytes().split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    let is_log = scores[Kind::Log as usize] > 0.5;
    if is_log && has_stamp(&first[..first.len().min(MAX_LINE_BYTES)]) {
        return;
    }
    let table = table::score(text);
    let others = [Kind::Search, Kind::Diff, Kind::Trace, Kind::Report];
    let strongest = others.map(|kind| scores[kind as usize]).into_iter().fold(0.0, f64::max);
    let table = if strongest > 0.5 && table < 0.97 { table * 0.5 } else { table };
    let table = if is_log && table < 0.95 { table * 0.3 } else { table };
    if table >= 0.9 {
        scores[Kind::Log as usize] *= 0.25;
    }
    scores[Kind::Table as usize] = table;
}

/// Adds how surely a text is markup, unless it is of another kind already.
fn weigh_markup(text: &str, scores: &mut Scores) {
    if scores.iter().any(|score| *score >= MARKUP_BELOW) {
        return;
    }
    let markup = markup::score(text);
    if markup >= SURELY_MARKUP {
        // It parses, so that what its values hold is no evidence of another kind.
        scores.iter_mut().for_each(|score| *score *= 0.5);
    }
    scores[Kind::Markup as usize] = markup;
}

/// Adds how surely a text is source code, which what is surely of another kind may hold too.
fn weigh_code(text: &str, scores: &mut Scores) {
    let strongest = scores.iter().copied().fold(0.0, f64::max);
    if strongest < CODE_BELOW {
        let share = if strongest > 0.6 { 1.0 - strongest } else { 1.0 };
        scores[Kind::Code as usize] = share * code::detect::score(text);
    }
}

/// Adds how surely a text is encoded bytes. Lines of digits may look like paths, and those of dumps like times.
fn weigh_blobs(text: &str, scores: &mut Scores) {
    let strongest = scores.iter().copied().fold(0.0, f64::max);
    let blob = blob::Share::of(text).score(strongest);
    if blob > 0.0 {
        scores.iter_mut().for_each(|score| *score = 0.5 * blob.min(*score));
    }
    scores[Kind::Blob as usize] = blob;
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
    /// Lines that are the one above again, and the hash of that one.
    repeated: f64,
    last: u64,
    stamped: f64,
    levelled: f64,
    hits: f64,
    paths: f64,
    numbered: f64,
    ascending: f64,
    /// Lines that begin with what could be a time or a line's number; and those above the one before, as hours seldom are.
    clocked: f64,
    clocked_up: f64,
    last_number: u32,
    /// The first line is a single word: below it lines of a file may stand whose name has no extension, as `Makefile`.
    begins_as_name: bool,
    texts: f64,
    hunks: f64,
    diff_heads: f64,
    diff_body: f64,
    /// Hunks with the lines before a change above those behind it, as `diff -c` prints them.
    has_context: bool,
    /// Files of a diff have heads of their own, as those of `git diff` do.
    names_files: bool,
    frames: f64,
    raised: f64,
    results: f64,
    verdicts: f64,
    /// Packages of Go's whose tests failed.
    packages: f64,
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
        let hash = xxhash_rust::xxh3::xxh3_64(line);
        self.repeated += f64::from(u8::from(hash == self.last));
        self.last = hash;
        let line = without_ci_stamp(line);
        let bare = without_ansi(line);
        let line = bare.as_deref().unwrap_or(line);
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
        // What was found in a file may hold a time, and a line and a column look like one.
        let located = located(line);
        let begins_with_number = line.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'[');
        if has_stamp(line) && (begins_with_number || !matches!(located, Located::Hit | Located::Diagnostic)) {
            self.stamped += 1.0;
            if let Located::Numbered(number) = located {
                self.clocked += 1.0;
                self.clocked_up += if number > self.last_number { 1.0 } else { 0.0 };
                self.last_number = number;
            }
            return;
        }
        match located {
            // Compilers that show code say where with an arrow: ` --> src/a.rs:1:2`.
            _ if line.trim_ascii_start().starts_with(b"--> ") => self.diagnostics += 4.0,
            Located::Diagnostic => self.diagnostics += 1.0,
            Located::Hit => self.hits += 1.0,
            Located::Numbered(number) => {
                self.numbered += 1.0;
                self.paths += f64::from(u8::from(self.lines == 2.0 && self.begins_as_name));
                self.ascending += if number > self.last_number { 1.0 } else { 0.0 };
                self.last_number = number;
            }
            Located::Path => self.paths += 1.0,
            Located::Text => self.texts += 1.0,
            Located::No if self.lines == 1.0 => self.begins_as_name = is_word(line),
            Located::No => {}
        }
        if signs & sign::RESULT != 0 || begins_as_result(line) {
            self.results += 1.0;
        }
        if signs & sign::VERDICT != 0 || is_counted(line) {
            self.verdicts += 1.0;
        }
        self.packages += f64::from(u8::from(is_failed_package(line)));
        if signs & sign::LEVEL != 0 || is_bracketed(line) {
            self.levelled += 1.0;
        }
    }

    fn compare_with_heading(&mut self, line: &[u8]) {
        if self.lines == 1.0 && !has_stamp(line) {
            self.heading = Some(separators_in(line)).filter(|counts| counts.iter().any(|&count| count > 0));
        }
        let Some(heading) = self.heading else { return };
        let own = separators_in(line);
        for (rows, (own, wanted)) in self.rows.iter_mut().zip(own.into_iter().zip(heading)) {
            *rows += f64::from(u8::from(wanted > 0 && own == wanted));
        }
    }

    fn scores(&self) -> LineScores {
        let share = |count: f64| if self.lines == 0.0 { 0.0 } else { (count / self.lines).min(1.0) };
        // Below the paths of files there are numbers of lines and columns: they go up, or there are many files.
        let is_below = self.clocked_up > 0.6 * self.clocked || share(self.paths) > 0.2;
        let below_paths = if self.paths > 0.0 && is_below { self.clocked } else { 0.0 };
        let (stamped, numbered) = (self.stamped - below_paths, self.numbered + below_paths);
        // Rows below a heading may begin with times too.
        let is_table = self.lines > 2.0 && self.rows.iter().any(|rows| share(*rows) > 0.8);
        let log = share(stamped + 0.6 * self.levelled) * if is_table { 0.25 } else { 1.0 };
        // A program that says the same over and over.
        let log = if self.lines >= 8.0 && share(self.repeated) > 0.6 { log.max(0.6) } else { log };
        let found = self.hits + if self.hits > 0.0 || self.paths > 0.0 { numbered + self.paths } else { 0.0 };
        // Lines of one file, and lines of files without numbers, look like other things too.
        let is_one_file = found == 0.0 && share(self.ascending) > 0.8;
        let search = share(found + 0.8 * self.texts + if is_one_file { 0.5 * numbered } else { 0.0 });
        let is_diff = self.hunks > 0.0 && self.diff_heads > 0.0;
        let of_diff = share(self.diff_body + self.hunks + self.diff_heads);
        // What was expected and what came instead may stand in a report as a diff does.
        let is_quoted = self.verdicts > 0.0 && of_diff < 0.9 && !self.names_files;
        let diff = if is_diff && !is_quoted { 0.5 + 0.5 * of_diff } else { 0.0 };
        // Nobody shortens such a diff, but it is no running text either.
        let diff = if self.has_context { diff.max(0.9) } else { diff };
        let trace = match self.frames {
            0.0 => 0.0,
            frames => {
                let least = if self.raised > 0.0 && frames >= 3.0 { 0.35 } else { 0.0 };
                // A report whose failures have traces is a report.
                share(1.6 * (frames + self.raised)).max(least) * (1.0 - (2.5 * share(self.results)).min(1.0))
            }
        };
        let results = if self.results >= 5.0 { 1.5 * self.results } else { self.results };
        // What Go prints of a panic or a race is a trace, although a package fails by it.
        let is_trace = self.raised > 0.0 || share(self.frames) > 0.2;
        let verdicts = self.verdicts + if is_trace { 0.0 } else { self.packages };
        let report = share(results + self.diagnostics + 0.5 * self.frames).max(match verdicts {
            0.0 => 0.0,
            verdicts if verdicts >= SEVERAL_VERDICTS && share(verdicts) >= MANY_VERDICTS => SURELY_REPORT,
            _ => 0.6,
        });
        [log, search, diff, trace, report]
    }
}

/// What the words of a line tell of it, one bit each.
mod sign {
    pub const FRAME: u8 = 1;
    pub const LEVEL: u8 = 2;
    pub const RESULT: u8 = 4;
    pub const VERDICT: u8 = 8;
    pub const CALLER: u8 = 16;
}

const SIGNS: [(&str, u8); 66] = [
    (": in ", sign::CALLER),
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
    ("FAILURES!", sign::VERDICT),
    (", Assertions: ", sign::VERDICT),
    (" s = .", sign::RESULT),
    (" s = F", sign::RESULT),
    (" s = E", sign::RESULT),
    (" s = S", sign::RESULT),
    ("Test Files  ", sign::VERDICT),
    ("Dubious, test returned ", sign::VERDICT),
    ("# Looks like you failed ", sign::VERDICT),
    ("Failed test", sign::RESULT),
    (":   required from ", sign::VERDICT),
    (": In function ‘", sign::VERDICT),
    (": In member function ‘", sign::VERDICT),
    (": In instantiation of ‘", sign::VERDICT),
    (" - error TS", sign::VERDICT),
    (" test session starts ", sign::VERDICT),
    (" short test summary ", sign::VERDICT),
    (": *** ", sign::VERDICT),
    ("<testsuite", sign::VERDICT),
    ("TAP version", sign::VERDICT),
    ("Built target ", sign::VERDICT),
    ("collect2: error", sign::VERDICT),
    (": Entering directory", sign::VERDICT),
    ("could not compile ", sign::VERDICT),
    (" tests passed, ", sign::VERDICT),
    (" tests successful ", sign::VERDICT),
    ("Successfully installed ", sign::VERDICT),
    ("npm warn deprecated", sign::VERDICT),
    ("npm WARN deprecated", sign::VERDICT),
    ("> Task :", sign::RESULT),
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
    // A test of a parser, or a guide, quotes what runners print.
    let is_quoted = |at: usize| at > 0 && b"\"'`(".contains(&line[at - 1]);
    FINDER.find_iter(line).fold(0, |found, each| match SIGNS[each.pattern().as_usize()].1 {
        sign::VERDICT if is_quoted(each.start()) => found,
        sign => found | sign,
    })
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

/// A line without its colours, if it has some.
fn without_ansi(line: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(0x1b, line)?;
    let mut bare = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memmem::find(rest, b"\x1b[") {
        bare.extend_from_slice(&rest[..at]);
        let end = rest[at + 2..].iter().position(|byte| byte.is_ascii_alphabetic());
        rest = end.map_or(&[], |end| &rest[at + 3 + end..]);
    }
    bare.extend_from_slice(rest);
    Some(bare)
}

fn is_diff_head(line: &[u8]) -> bool {
    static HEADS: Heads<8> =
        Heads::of(["diff --", "--- ", "+++ ", "index ", "Index: ", "rename ", "similarity index", "Binary files "]);
    HEADS.begin(line)
}

/// Frames of stack traces: Java, C# and JavaScript (`at f(…)`), Python (`File "…", line`), Go and Rust.
fn is_frame(line: &[u8], signs: u8) -> bool {
    let bare = without_bars(line);
    let indented = bare.len() < line.len();
    if indented && bare.starts_with(b"at ") {
        return bare.contains(&b'(') || bare.contains(&b':');
    }
    signs & sign::FRAME != 0 && (bare.starts_with(b"File \"") || indented)
        || bare.starts_with(b"goroutine ")
        || bare.starts_with(b"... ") && bare.ends_with(b" more")
        || bare.starts_with(b"#") && is_numbered(bare)
        || line.starts_with(b"==") && is_checked(line)
        || signs & sign::CALLER != 0 && !indented && is_caller(line)
}

/// `#0 0x5 in f a.c:8`, `#4  f (n=64) at g.c:5`, as gdb and the sanitizers have frames.
fn is_numbered(bare: &[u8]) -> bool {
    let digits = bare[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = bare[1 + digits..].trim_ascii_start();
    let has = |sign: &[u8]| memchr::memmem::find(rest, sign).is_some();
    digits > 0 && rest.len() < bare.len() - 1 - digits && (rest.starts_with(b"0x") && has(b" in ") || has(b") at "))
}

/// `==123==    by 0x5: f (a.c:8)`, as valgrind has frames.
fn is_checked(line: &[u8]) -> bool {
    let digits = line[2..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = line[2 + digits..].strip_prefix(b"==").unwrap_or(b"").trim_ascii_start();
    digits > 0 && (rest.starts_with(b"at 0x") || rest.starts_with(b"by 0x"))
}

/// `x/a.py:12: in f`, as pytest has frames.
fn is_caller(line: &[u8]) -> bool {
    memchr::memmem::find(line, b": in ").is_some_and(|at| {
        let digits = line[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && is_path(line[..at - digits].strip_suffix(b":").unwrap_or(b""))
    })
}

/// A line without indentation, and without the bars that groups of exceptions are drawn with.
fn without_bars(line: &[u8]) -> &[u8] {
    let bare = line.trim_ascii_start();
    match bare.first() {
        Some(b'|' | b'+') if bare.len() < line.len() => bare[1..].trim_ascii_start(),
        _ => bare,
    }
}

/// The line that says what was thrown.
fn is_raised(line: &[u8]) -> bool {
    static HEADS: Heads<9> = Heads::of([
        "WARNING: DATA RACE",
        "Traceback (most",
        "Caused by: ",
        "panic: ",
        "Exception in thread",
        "Unhandled ",
        "Suppressed: ",
        "Program received signal ",
        "Program terminated with signal ",
    ]);
    let bare = without_bars(line);
    let bare = bare.strip_prefix(b"E   ").unwrap_or(bare);
    let is_sanitizer = || line.starts_with(b"==") && memchr::memmem::find(line, b"Sanitizer: ").is_some();
    if HEADS.begin(bare) || is_sanitizer() {
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
    let head = &line[..line.len().min(bits::BYTES)];
    let Bits { digits, colons, dashes, .. } = Bits::of(head);
    let (two_before, two_behind) = (digits << 1 & digits << 2, digits >> 1 & digits >> 2);
    // Three digits before the first colon are no hour.
    let longer = digits << 3 & !(digits << 4);
    if colons & two_before & two_behind & !longer != 0 {
        return true;
    }
    // 2024-01-02, 2024/01/02, 2005.06.03
    let parted = dashes & two_behind;
    if parted & parted >> 3 & two_before & digits << 3 & digits << 4 != 0 {
        return true;
    }
    let run = digits.trailing_ones() as usize;
    let is_parted = run >= 6 && head.get(run).is_some_and(|byte| b" -|T".contains(byte));
    is_parted && (run > 6 || is_short_date(&head[..run])) || has_counted_time(head, digits)
}

/// Whether six digits are a year, a month and a day: `081109`, but not the mode `100644`.
fn is_short_date(digits: &[u8]) -> bool {
    let pair = |at: usize| 10 * (digits[at] - b'0') + digits[at + 1] - b'0';
    (1..=12).contains(&pair(2)) && (1..=31).contains(&pair(4))
}

/// Whether seconds since 1970 stand there as a word (`1131566461`), or seconds since the start (`[   12.345678]`).
fn has_counted_time(head: &[u8], digits: u64) -> bool {
    if head.first() == Some(&b'[') {
        let number = head[1..].trim_ascii_start();
        let whole = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fraction = number[whole..].iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        return whole > 0
            && number.get(whole) == Some(&b'.')
            && fraction >= 3
            && number.get(whole + 1 + fraction) == Some(&b']');
    }
    let two = digits & digits >> 1;
    let four = two & two >> 2;
    let has_ten = four & four >> 4 & two >> 8 != 0;
    let words = head.split(|&byte| byte == b' ');
    has_ten && words.take(6).any(|word| word.len() == 10 && word[0] == b'1' && word.iter().all(u8::is_ascii_digit))
}

/// Whether a line begins with something in brackets, as `[main]` or `[INFO]`.
fn is_bracketed(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && memchr::memchr(b']', &line[..line.len().min(64)]).is_some_and(|end| end > 2)
        && !is_share(line)
}

/// Whether a line begins with how far a build has come: `[ 12%] `, `[3/17] `.
fn is_share(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"[") else { return false };
    let inside = rest.iter().take_while(|byte| byte.is_ascii_digit() || b" %/".contains(byte)).count();
    rest[inside..].starts_with(b"] ") && rest[..inside].iter().any(|byte| b"%/".contains(byte))
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
    Numbered(u32),
    Path,
    /// `path:…`
    Text,
    No,
}

/// Whether a line begins with a place in a file.
fn located(line: &[u8]) -> Located {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 && digits <= 7 && matches!(line.get(digits), Some(b':' | b'-')) {
        return Located::Numbered(line[..digits].iter().fold(0, |number, digit| 10 * number + u32::from(digit - b'0')));
    }
    if line == b"--" {
        return Located::Numbered(0);
    }
    if is_drawn(line) {
        return Located::Path;
    }
    let Some(rest) = behind_place(line) else {
        if is_path(line.trim_ascii_end()) {
            return Located::Path;
        }
        let end = memchr::memchr(b':', line).unwrap_or(0);
        // `a.py::test` names a test, `a://b` an address.
        let is_text = is_path(&line[..end]) && line.get(end + 1).is_some_and(|&next| next != b':' && next != b'/');
        return if is_text || is_of_commit(&line[..end], &line[end..]) { Located::Text } else { Located::No };
    };
    let behind = rest.trim_ascii_start();
    let column = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let message = if column > 0 && behind.get(column) == Some(&b':') { &behind[column + 1..] } else { behind };
    let message = message.trim_ascii_start();
    static SEVERITIES: Heads<6> = Heads::of(["error", "warning", "note:", "fatal", "Error", "Warning"]);
    let is_code = message.len() > 3
        && message[0].is_ascii_uppercase()
        && message[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).any(u8::is_ascii_digit);
    let is_finding = column > 0 && (is_code || names_linter(message));
    if SEVERITIES.begin(message) || is_finding {
        return Located::Diagnostic;
    }
    Located::Hit
}

/// Letters, digits and what joins them in a name, no more of them than a name has.
fn is_word(line: &[u8]) -> bool {
    (2..=64).contains(&line.len()) && line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}

/// Whether a line begins with a commit and a file in it, as `git grep` writes them: `HEAD~1:src/a.py:text`.
fn is_of_commit(commit: &[u8], rest: &[u8]) -> bool {
    let is_named = (1..=64).contains(&commit.len())
        && commit.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./~^@{}-".contains(byte));
    let Some(path) = rest.strip_prefix(b":").filter(|_| is_named) else { return false };
    let end = memchr::memchr(b':', path).unwrap_or(0);
    path[..end].contains(&b'/') && is_path(&path[..end])
}

/// Whether a message ends with the name of a linter: `… (errcheck)`.
fn names_linter(message: &[u8]) -> bool {
    let Some(rest) = message.strip_suffix(b")") else { return false };
    let Some(open) = rest.iter().rposition(|&byte| byte == b'(') else { return false };
    let name = &rest[open + 1..];
    open > 0
        && rest[open - 1] == b' '
        && name.len() > 3
        && name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
}

/// Whether a line is a name in a drawn tree.
fn is_drawn(line: &[u8]) -> bool {
    static BRANCHES: Heads<4> = Heads::of(["├── ", "└── ", "|-- ", "`-- "]);
    static STEMS: Heads<4> = Heads::of(["│", "|  ", "|\u{a0}", "    "]);
    BRANCHES.begin(line) || STEMS.begin(line) && has_branch(line)
}

/// Whether a branch stands anywhere in a line.
fn has_branch(line: &[u8]) -> bool {
    let ends_branch =
        |at: usize| line[..at].ends_with("─".as_bytes()) || matches!(line[..at], [.., b'|' | b'`', b'-', b'-']);
    memchr::memchr_iter(b' ', line).any(ends_branch)
}

/// What stands behind the number of `path:12:`, `path-12-` or `path(12,5):`.
fn behind_place(line: &[u8]) -> Option<&[u8]> {
    for at in marks_before_numbers(line) {
        let digits = line[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if at == 0 || digits > 7 {
            continue;
        }
        let close = line.get(at + 1 + digits);
        let is_place = match line[at] {
            b'(' => matches!(close, Some(b',' | b')')),
            mark => close == Some(&mark),
        };
        // Between digits it is part of a date or a time.
        let is_time = line[at - 1].is_ascii_digit() && line.get(at + 2 + digits).is_some_and(u8::is_ascii_digit);
        let path = &line[..at];
        if is_place && !is_time && (is_path(path) || is_spaced_path(path)) {
            let rest = &line[at + 2 + digits..];
            if close != Some(&b',') {
                return Some(rest);
            }
            // `path(12,5): message`
            let behind = memchr::memchr(b')', rest).map_or(rest, |end| &rest[end + 1..]);
            return Some(behind.strip_prefix(b":").unwrap_or(behind));
        }
    }
    None
}

/// The places of marks that a digit follows, in order: most marks are followed by none.
fn marks_before_numbers(line: &[u8]) -> impl Iterator<Item = usize> + '_ {
    (0..line.len()).step_by(bits::BYTES).flat_map(move |from| {
        let Bits { marks, digits, .. } = Bits::of(&line[from..]);
        let next = line.get(from + bits::BYTES).is_some_and(u8::is_ascii_digit);
        let mut found = marks & (digits >> 1 | u64::from(next) << (bits::BYTES - 1));
        std::iter::from_fn(move || {
            let at = (found != 0).then(|| from + found.trailing_zeros() as usize)?;
            found &= found - 1;
            Some(at)
        })
    })
}

/// Whether this is a path with spaces in it, of which the first part has none, and with an extension.
fn is_spaced_path(text: &[u8]) -> bool {
    let first = text.iter().position(|&byte| byte == b'/' || byte == b'\\').unwrap_or(0);
    let bare: Vec<u8> = text.iter().copied().filter(|&byte| byte != b' ').collect();
    let dot = bare.iter().rposition(|&byte| byte == b'.').unwrap_or(0);
    let has_extension = dot > 0 && bare[dot + 1..].first().is_some_and(u8::is_ascii_alphabetic);
    first > 0 && !text[..first].contains(&b' ') && text.len() - bare.len() <= 6 && has_extension && is_path(&bare)
}

/// Bytes that paths, as tools print them, do without.
const NOT_IN_PATHS: [bool; 256] = {
    let bytes = b"\t \"'<>|{}();=,";
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether this looks like the path of a file: no spaces at its ends, a separator or an extension.
fn is_path(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > 200 || text.iter().any(|&byte| NOT_IN_PATHS[byte as usize]) {
        return false;
    }
    let name = text.rsplit(|&byte| byte == b'/' || byte == b'\\').next().unwrap_or(text);
    let has_extension = name.iter().rposition(|&byte| byte == b'.').is_some_and(|dot| {
        let extension = &name[dot + 1..];
        !extension.is_empty() && extension.len() <= 10 && extension.iter().all(u8::is_ascii_alphanumeric)
    });
    has_extension || text.len() > name.len() && !name.is_empty()
}

/// `12 failing`, `2 errors`, `Found 3 errors in 2 files`, `Ran 5 tests in 0.1s`, `ℹ pass 12`.
fn is_counted(line: &[u8]) -> bool {
    static COUNTED: Heads<14> = Heads::of([
        " failing",
        " passing",
        " error",
        " warning",
        " tests in ",
        " passed",
        " failed",
        " tests, ",
        " runs, ",
        " examples, ",
        " tests found ",
        " tests started ",
        " tests failed ",
        " tests skipped ",
    ]);
    let text = line.trim_ascii();
    // JUnit's console has its totals in brackets.
    let text = text.strip_prefix(b"[").map_or(text, |inner| inner.trim_ascii());
    // What rspec says of how to run a failure again.
    if text.starts_with(b"rspec ./") && memchr::memmem::find(text, b" # ").is_some() {
        return true;
    }
    let text = [b"Found ".as_slice(), b"Ran "].into_iter().find_map(|head| text.strip_prefix(head)).unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && COUNTED.begin(&text[digits..]) || text.starts_with("ℹ pass ".as_bytes())
}

/// `FAIL\tgithub.com/x/y\t0.062s`, what Go says of a package.
fn is_failed_package(line: &[u8]) -> bool {
    line.starts_with(b"FAIL\t") && line.trim_ascii_end().ends_with(b"s")
}

/// Whether a line begins as those do that tell how one test ended.
fn begins_as_result(line: &[u8]) -> bool {
    static HEADS: Heads<12> = Heads::of([
        "ok ",
        "ok\t",
        "not ok ",
        "PASS ",
        "FAIL ",
        "PASSED ",
        "FAILED ",
        "[ RUN",
        "Collecting ",
        "Downloading ",
        "× ",
        "❯ ",
    ]);
    let bare = line.trim_ascii_start();
    HEADS.begin(bare) || is_share(bare)
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
    fn a_report_of_any_length_is_told_by_how_it_ends() {
        for lines in [1, 15, 16, 17, 63, 200, 3_000] {
            let text = "some words\n".repeat(lines) + "2 failed, 1 passed in 0.1s";
            assert_eq!(best(&text), Some(Kind::Report), "{lines}");
            assert_eq!(best(&format!("{text}\n")), Some(Kind::Report), "{lines}");
        }
        let typed = "src/a.ts(3,5): error TS2322: Type 'a' is not assignable.\nx/b.ts(13,15): error TS2304: No 'b'.\n";
        let linted = "pkg/a.go:13:15: Error return value is not checked (errcheck)\n\tdefer f.Close()\n\t      ^\n";
        for text in [typed, linted] {
            assert_eq!(best(&text.repeat(4)), Some(Kind::Report), "{:?}", scores(text));
        }
        let build = "[  1%] Building C object a.o\n[ 50%] Linking C executable a\n[100%] Built target a\n".repeat(9);
        assert_eq!(best(&build), Some(Kind::Report));
    }

    #[test]
    fn several_lines_of_totals_are_of_no_code() {
        let text = "public class A { void f() { return; } }\n".repeat(20)
            + "[  9 tests found  ]\n[  9 tests started ]\n[  8 tests successful ]\n[  1 tests failed ]\n";
        let found = scores(&text);
        assert!(found[Kind::Report as usize] >= CODE_BELOW && found[Kind::Code as usize] == 0.0, "{found:?}");
    }

    #[test]
    fn what_only_speaks_of_totals_is_no_report() {
        let guide = "For more examples, see the guide: our tests found that it holds.\n".repeat(9);
        let quoted =
            "assert parse(\"Tests run: 4\")\nassert parse('Test Suites: 1')\nread(`test result: ok`)\n".repeat(9);
        for text in [guide, quoted] {
            assert_eq!(scores(&text)[Kind::Report as usize], 0.0, "{text}");
        }
        let diff =
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n c\nand then\n12 passed, 1 skipped\n";
        assert_eq!(best(diff), Some(Kind::Diff), "{:?}", scores(diff));
    }

    #[test]
    fn hits_below_files_without_extensions_are_of_a_search() {
        let mut text = String::new();
        for file in ["Changes", "Makefile", "README"] {
            text += &format!("{file}\n");
            for line in 1..20 {
                text += &format!("{}:  - Improved many helpers in {line} ways.\n", 30 * line);
            }
            text += "\n";
        }
        assert!(scores(&text)[Kind::Search as usize] > 0.9);
    }

    #[test]
    fn kinds_are_told_apart() {
        let log = "2024-01-02 10:00:01 INFO started\n2024-01-02 10:00:02 WARN slow\n".repeat(5);
        let named = "api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO wsgi [req-1] done\n".repeat(5);
        let counted =
            "- 1117838570 2005.06.03 R02-M1 RAS KERNEL corrected\n[   12.345678] usb 1-1: new device\n".repeat(5);
        let search = "src/a.rs:12:fn main() {\nsrc/b.rs:7:    main();\nlib/c.rs-8-}\n".repeat(3);
        let heading = "src/a.rs\n12:fn main() {\n\nsrc/b.rs\n7:    main();\n";
        let diff = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n";
        let trace =
            "java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n\tat a.B.e(B.java:3)\n";
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: no\n";
        let group =
            "  | Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in f\n  |     g()\n";
        let pytest = "x/a.py:1: in f\n    g()\nx/b.py:2: in g\n    h()\nE   ImportError: no\n";
        let report = "t/a.py::test_x PASSED [ 1%]\nt/a.py::test_y FAILED [ 2%]\n== 1 failed, 1 passed in 0.1s ==\n";
        let lint = "src/a.c:1:2: warning: unused\nsrc/b.c:3:4: error: no such file\nx.py:1:1: E501 too long\n";
        let modes = "100644 blob 3f2a9c    1204\tsrc/a.rs\n100755 blob 77aa01    88\tbin/run\n040000 tree 9b1c22       -\tlib\n";
        assert_ne!(best(&modes.repeat(6)), Some(Kind::Log), "{:?}", scores(modes));
        let context = "*** a/x.py\t2024\n--- b/x.py\t2024\n***************\n*** 1,2 ****\n! def f():\n  one of them is here\n--- 1,2 ----\n! def g():\n  one of them is here\n";
        assert_eq!(best(context), Some(Kind::Diff));
        let table = "date,wind,rain\n2024-01-02,1,2\n2024-01-03,2,5\n2024-01-04,3,4\n";
        let asan = "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n    #0 0x55 in main /x/m.c:8\n    #1 0x7f in f ../csu/libc-start.c:360\n    #2 0x55 in _start (/x/m+0x2230)\n";
        let gdb = "Program received signal SIGABRT, Aborted.\n#0  0x01 in raise (sig=6) at raise.c:26\n        ret = 0\n#1  0x02 in lim (n=64) at g.c:5\n#2  main () at g.c:6\n";
        let valgrind = "==12== Invalid read of size 8\n==12==    at 0x10: main (m.c:8)\n==12==    by 0x11: f (m.c:9)\n";
        let minitest = "TestZ#test_a = 0.00 s = E\nTestZ#test_b = 0.00 s = E\nTestZ#test_c = 0.00 s = F\n\n  1) Failure:\nTestY#test_d [m.rb:6]:\n--- expected\n+++ actual\n@@ -1,6 +1,6 @@\n-x\n+y\n\n\n12 runs, 3 assertions, 3 failures, 9 errors, 0 skips\n";
        let rspec = "  1) Set merges\n     Failure/Error: x\n".to_owned()
            + &"     # /gems/rspec/core/example.rb:263:in `f'\n".repeat(40)
            + "Failed examples:\n\nrspec ./set_spec.rb:4 # Set merges\n";
        let vitest =
            " ❯ t/a.mjs (3 tests | 2 failed) 5ms\n     × merges 7ms\n     × flows 9ms\n\n Test Files  1 failed (1)\n";
        let phpunit = "1) A\\T::testA\nFailed asserting that 9 is 11.\n\n/x/T.php:89\n\nFAILURES!\nTests: 9, Assertions: 12, Failures: 2.\n";
        let exunit = "  1) test a (T)\n     a.exs:15\n     ** (KeyError) no key\n\n12 tests, 12 failures\n";
        let perl =
            "#   Failed test 'error'\n#   at t/2.t line 4.\nt/2.t ... \nDubious, test returned 2 (wstat 512, 0x200)\n";
        let go = "--- FAIL: TestA (0.00s)\n    a_test.go:103:\n        error:\n          got non-nil error\n          of two\n          of three\n          of four\nFAIL\nFAIL\tgithub.com/x/y\t0.062s\nFAIL\n";
        let race = "WARNING: DATA RACE\nWrite at 0x00c0 by goroutine 8:\n  a.f()\n      /x/z.go:4 +0xcb\n  a.g()\n      /x/z.go:4 +0x38\n--- FAIL: TestA (0.01s)\nFAIL\tx.io/y\t0.025s\n";
        let gcc = "t.cc: In function ‘int main()’:\nt.cc:9:170: error: no match\n    9 | int main() {\n      |  ^~ ~\n      |  |\n      |  |\n      |  |\n";
        let tsc = "\x1b[96msrc/a.ts\x1b[0m:\x1b[93m205\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2375: \x1b[0mType 'a' is not.\n  Types of property 'next'.\n    Type 'b'.\n      Type 'c'.\n";
        for (text, kind) in [
            (asan, Kind::Trace),
            (gdb, Kind::Trace),
            (valgrind, Kind::Trace),
            (race, Kind::Trace),
            (minitest, Kind::Report),
            (&rspec, Kind::Report),
            (vitest, Kind::Report),
            (phpunit, Kind::Report),
            (exunit, Kind::Report),
            (perl, Kind::Report),
            (go, Kind::Report),
            (gcc, Kind::Report),
            (tsc, Kind::Report),
            (log.as_str(), Kind::Log),
            (&counted, Kind::Log),
            (&named, Kind::Log),
            (&search, Kind::Search),
            (&"HEAD~1:src/mail/a.py:# which of the two is meant\nHEAD~1:src/mail/b.py:of it\n".repeat(3), Kind::Search),
            (heading, Kind::Search),
            (diff, Kind::Diff),
            (trace, Kind::Trace),
            (python, Kind::Trace),
            (group, Kind::Trace),
            (pytest, Kind::Trace),
            (report, Kind::Report),
            (lint, Kind::Report),
            (table, Kind::Table),
        ] {
            assert_eq!(best(text), Some(kind), "{text} {:?}", scores(text));
        }
        for text in ["", "\n\n\n", "Some prose.\nIt goes on, and on.\nThe end.", "a\0b", "{\"a\": 1}"] {
            assert_eq!(best(text), None, "{text} {:?}", scores(text));
        }
    }
}
