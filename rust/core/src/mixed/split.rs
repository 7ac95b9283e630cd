//! A text in, its parts out: which stretch of it is of which kind.
//!
//! A text is divided at JSON values (`values`) and at lines that divide (`borders`), and each stretch between two of
//! them is looked at by itself. A text that is of one kind as a whole is left whole: only what nobody doubts divides it.

use std::ops::Range;

use super::borders::{self, Border, Mark};
use super::{frame, runs, values};
use crate::detect::{self, Scores};
use crate::kind::{self, Kind};
use crate::{code, json, prose};

/// What a part is, and so who writes it shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Words, or whatever else stands as it is.
    Text,
    Json,
    Printed(Kind),
}

impl Sort {
    pub fn name(self) -> &'static str {
        match self {
            Sort::Text => "text",
            Sort::Json => "json",
            Sort::Printed(kind) => kind.name(),
        }
    }
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub range: Range<usize>,
    pub sort: Sort,
    /// How surely it is of its kind, 0 to 1.
    pub score: f64,
    /// Whether it begins with a line that divides, so that a reader sees that something new begins.
    pub is_told: bool,
    /// The line that divides it from what stands before it, such as the command that printed it.
    pub said: Range<usize>,
    /// Whether it is a whole output, of which as much may be left out as if it stood alone.
    pub is_alone: bool,
}

/// The parts of a text, in order and without gaps, and how surely the text is one of parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub parts: Vec<Part>,
    pub score: f64,
}

/// Bytes from which a text, and a part of one, is worth the headers.
const MIN_TEXT_BYTES: usize = 1_000;
const MIN_PART_BYTES: usize = 500;
/// Bytes from which running text is told shorter.
const MIN_PROSE_BYTES: usize = 2_000;
/// How sure the kind of a part must be; and of the whole text, for it to be divided by clear signs alone.
const MIN_PART_SCORE: f64 = 0.3;
const SURE_WHOLE: f64 = 0.6;
/// How sure a part is of its kind whatever was said of it.
const SURE_KIND: f64 = 0.8;
/// How sure a stretch is of one kind that is not looked through for others.
const CERTAIN: f64 = 0.9;
/// Bytes from which it is.
const MIN_RUNS_BYTES: usize = 3_000;
/// The share of JSON from which a text that is surely of another kind is one of parts.
const MIN_JSON_SHARE: f64 = 0.25;
/// The score from which a kind's compressor tries a text as a whole.
const TRIED: f64 = 0.3;
/// The score of a text that is of no kind as a whole, and has some part that is.
const LEAST: f64 = 0.4;
/// Parts beyond which a text is no longer one of parts that a reader can follow.
const MAX_PARTS: usize = 200;

/// The kind that a text is most surely of, with its score.
pub fn best(text: &str) -> (Kind, f64) {
    best_of(detect::scores(text))
}

/// The kind of a text that is told as a whole. It is running text where it is that more surely than of some kind, or
/// `several`.
fn of_whole(text: &str, several: f64) -> (Kind, f64) {
    let scores = detect::scores(text);
    let prose = prose::score(text, &scores, several);
    let found = or_log(text, scores);
    let is_prose = text.len() >= MIN_PROSE_BYTES && prose >= MIN_PART_SCORE && prose > several.max(found.1);
    if is_prose {
        (Kind::Prose, prose)
    } else {
        found
    }
}

/// The kind of a stretch of a text. Of none it may be a log that has no times.
fn of_stretch(text: &str) -> (Kind, f64) {
    or_log(text, detect::scores(text))
}

/// The highest of the scores of a text, where one that is of no kind may be a log.
fn or_log(text: &str, mut scores: Scores) -> (Kind, f64) {
    if prose::score(text, &scores, 0.0) < MIN_PART_SCORE {
        kind::or_log(text, &mut scores);
    }
    best_of(scores)
}

/// The highest of the scores of a text.
pub fn best_of(scores: Scores) -> (Kind, f64) {
    let best = Kind::ALL.into_iter().zip(scores).max_by(|a, b| a.1.total_cmp(&b.1));
    best.unwrap_or((Kind::ALL[0], 0.0))
}

/// The kind that stands for those which hold each other: logs have traces in them, and reports have both.
pub fn group(kind: Kind) -> Kind {
    match kind {
        Kind::Trace | Kind::Report => Kind::Log,
        kind => kind,
    }
}

/// The parts of a text, which as a whole is most surely of the kind given; `None` where it is better taken as a whole.
pub fn split(text: &str, whole: (Kind, f64)) -> Option<Split> {
    if text.len() < MIN_TEXT_BYTES || text.len() > u32::MAX as usize / 2 {
        return None;
    }
    framed(text, whole).or_else(|| divided(text, whole))
}

/// The parts of an output and what was said around it, which is none of it: no heading of its rows, nor its last line.
fn framed(text: &str, whole: (Kind, f64)) -> Option<Split> {
    let body = frame::find(text).filter(|body| body.len() >= MIN_TEXT_BYTES)?;
    let own = &text[body.clone()];
    let inner = alone(own, divided(own, best(own)));
    // Around running text and pages it is no more than a line of them: the model that chooses from a text sees it all,
    // and a view of a page counts its lines.
    let is_prose = |part: &Part| part.sort == Sort::Printed(Kind::Prose) && json::score(own) < 1.0;
    if inner.iter().any(|part| is_prose(part) || part.sort == Sort::Printed(Kind::Page)) {
        return None;
    }
    // A diff and hits are told by their own lines, whatever stands around them.
    let is_known = matches!(whole.0, Kind::Diff | Kind::Search) && whole.1 >= SURE_WHOLE;
    if is_known && inner.len() == 1 && inner[0].sort == Sort::Printed(whole.0) {
        return None;
    }
    let covered: f64 = inner.iter().map(|part| part.score * part.range.len() as f64).sum();
    if covered == 0.0 {
        return None;
    }
    let shift = |range: Range<usize>| range.start + body.start..range.end + body.start;
    let mut parts: Vec<Part> = Vec::with_capacity(inner.len() + 2);
    parts.extend((body.start > 0).then(|| of_words(0..body.start)));
    parts.extend(inner.into_iter().map(|part| Part { range: shift(part.range), said: shift(part.said), ..part }));
    parts.extend((body.end < text.len()).then(|| Part { is_told: true, ..of_words(body.end..text.len()) }));
    let score = (covered / text.len() as f64).max(whole.1 + 0.01).clamp(LEAST, 1.0);
    Some(Split { parts: merged(parts), score })
}

/// The parts of a text that stands by itself, where `split` says how it is divided: at least one.
pub fn alone(text: &str, split: Option<Split>) -> Vec<Part> {
    let found = of_whole(text, split.as_ref().map_or(0.0, |split| split.score));
    match split {
        Some(split) if found.0 != Kind::Prose => split.parts,
        _ if found.1 >= MIN_PART_SCORE => vec![Part { is_alone: true, ..part(0..text.len(), found) }],
        _ => {
            let mut parts = merged(stretches(text, &values::find(text), Vec::new(), found));
            let is_alone = parts.iter().filter(|part| part.sort != Sort::Text).count() == 1;
            parts.iter_mut().for_each(|part| part.is_alone = is_alone);
            parts
        }
    }
}

/// The parts of a text that lines and values in it divide.
fn divided(text: &str, whole: (Kind, f64)) -> Option<Split> {
    let is_sure = whole.1 >= SURE_WHOLE;
    let marks = borders::find(text);
    let begins_with_mark = marks.first().is_some_and(|mark| text[..mark.line.start].trim_ascii().is_empty());
    let divides = |mark: &Mark| match mark.border {
        Border::Tag | Border::Fence => true,
        Border::Diff => whole.0 != Kind::Diff,
        Border::Prompt => !is_sure || begins_with_mark,
        Border::Banner => !is_sure,
    };
    if is_settled(whole) && !begins_with_mark {
        return None;
    }
    let marks: Vec<Mark> = marks.into_iter().filter(divides).collect();
    let values = values::find(text);
    if values.is_empty() && marks.is_empty() && whole.1 >= CERTAIN && runs::is_uniform(text, whole.0) {
        return None;
    }
    let is_divided = !values.is_empty() || !marks.is_empty();
    let parts = merged(stretches(text, &values, marks, whole));
    let code: usize =
        parts.iter().filter(|part| part.sort == Sort::Printed(Kind::Code)).map(|part| part.range.len()).sum();
    if !is_divided && 2 * code > text.len() {
        // Comments and tables of constants look like other things.
        return None;
    }
    (parts.len() <= MAX_PARTS).then(|| scored(text, parts, whole)).flatten()
}

/// A split with its score, if it tells more than the kind of the whole does.
fn scored(text: &str, parts: Vec<Part>, whole: (Kind, f64)) -> Option<Split> {
    let known: Vec<&Part> = parts.iter().filter(|part| part.sort != Sort::Text).collect();
    let is_other = |part: &&&Part| !matches!(part.sort, Sort::Printed(kind) if group(kind) == group(whole.0));
    let others: Vec<&&Part> = known.iter().filter(is_other).collect();
    let spoken = parts.iter().filter(|part| !text[part.range.clone()].trim_ascii().is_empty()).count();
    let share = |parts: &[&&Part]| parts.iter().map(|part| part.range.len()).sum::<usize>() as f64 / text.len() as f64;
    let is_json_alone = others.iter().all(|part| part.sort == Sort::Json);
    if known.is_empty()
        || spoken < 2
        || others.is_empty() && whole.1 >= TRIED
        || whole.1 >= SURE_WHOLE && is_json_alone && share(&others) < MIN_JSON_SHARE
    {
        return None;
    }
    let covered: f64 = known.iter().map(|part| part.score * part.range.len() as f64).sum();
    // Whoever is sure of the whole would leave out what it takes for noise, and here that is another's.
    let score = (covered / text.len() as f64).max(whole.1 + 0.01).clamp(LEAST, 1.0);
    Some(Split { score, parts })
}

/// Whether a text is surely one that holds others: found lines, rows, source. What stands in it divides nothing.
fn is_settled(whole: (Kind, f64)) -> bool {
    use Kind::{Code, Markup, Page, Search, Table};
    matches!(whole.0, Search | Table | Markup | Page | Code) && whole.1 >= SURE_WHOLE
}

/// The stretches between dividing lines, and between the values in them, each with its kind.
fn stretches(text: &str, values: &[Range<usize>], marks: Vec<Mark>, whole: (Kind, f64)) -> Vec<Part> {
    let kind_of =
        |range: &Range<usize>| if range.len() == text.len() { whole } else { of_stretch(&text[range.clone()]) };
    let mut parts = Vec::new();
    let mut from = 0;
    let mut in_diff = false;
    let mut said = 0..0;
    for mark in marks {
        // What stands inside a value divides nothing, and a diff of many files is one.
        let next = values.partition_point(|value| value.end <= mark.line.start);
        let is_inside = values.get(next).is_some_and(|value| value.start < mark.line.start);
        if is_inside || in_diff && mark.border == Border::Diff {
            continue;
        }
        let first = parts.len();
        push_stretch(&mut parts, text, values, from..mark.line.start, &kind_of);
        name(&mut parts[first..], text, &said);
        in_diff = mark.border == Border::Diff;
        from = mark.line.start;
        if !in_diff {
            from = mark.line.end;
            said = mark.line.clone();
            parts.push(Part { is_told: true, ..of_words(mark.line) });
        }
    }
    let first = parts.len();
    push_stretch(&mut parts, text, values, from..text.len(), &kind_of);
    name(&mut parts[first..], text, &said);
    parts
}

/// Notes what was said of parts by the line before them. A file that it names may be source code.
fn name(parts: &mut [Part], text: &str, said: &Range<usize>) {
    for part in parts {
        part.said = said.clone();
        let is_open = part.sort == Sort::Text || part.score < SURE_KIND && part.sort != Sort::Json;
        if is_open && part.range.len() >= MIN_PART_BYTES && !said.is_empty() {
            let score = code::detect::score_of_call(&text[part.range.clone()], &text[said.clone()]);
            if score >= SURE_WHOLE && score > part.score {
                (part.sort, part.score) = (Sort::Printed(Kind::Code), score);
            }
        }
    }
}

/// Adds a stretch between two dividing lines.
fn push_stretch(
    parts: &mut Vec<Part>,
    text: &str,
    values: &[Range<usize>],
    range: Range<usize>,
    kind_of: &impl Fn(&Range<usize>) -> (Kind, f64),
) {
    if range.is_empty() {
        return;
    }
    let first = values.partition_point(|value| value.start < range.start);
    let inside: Vec<&Range<usize>> = values[first..].iter().take_while(|value| value.end <= range.end).collect();
    if inside.is_empty() {
        return push(parts, text, range, kind_of);
    }
    let whole = kind_of(&range);
    if is_settled(whole) {
        return push(parts, text, range, |_| whole);
    }
    let mut from = range.start;
    for value in inside {
        push(parts, text, from..value.start, kind_of);
        parts.push(Part { sort: Sort::Json, score: 1.0, ..of_words(value.clone()) });
        from = value.end;
    }
    push(parts, text, from..range.end, kind_of);
}

/// Adds a stretch between two that are known, as what it most surely is, or as the runs of which it is made. Of most that
/// is short, so that its kind does not matter.
fn push(parts: &mut Vec<Part>, text: &str, range: Range<usize>, kind_of: impl FnOnce(&Range<usize>) -> (Kind, f64)) {
    if range.is_empty() {
        return;
    }
    if range.len() < MIN_PART_BYTES {
        return parts.push(of_words(range));
    }
    let whole = kind_of(&range);
    let own = &text[range.clone()];
    let is_open = own.len() >= MIN_RUNS_BYTES && !is_settled(whole);
    let is_open = is_open && (whole.1 < CERTAIN || !runs::is_uniform(own, whole.0));
    let runs = if is_open { runs::find(own, whole) } else { Vec::new() };
    for run in &runs {
        parts.push(part(range.start + run.start..range.start + run.end, of_stretch(&own[run.clone()])));
    }
    if runs.is_empty() {
        parts.push(part(range, whole));
    }
}

/// A stretch as a part of a kind, or as text where that is in doubt or it is short.
fn part(range: Range<usize>, (kind, score): (Kind, f64)) -> Part {
    if score < MIN_PART_SCORE || range.len() < MIN_PART_BYTES {
        return of_words(range);
    }
    Part { sort: Sort::Printed(kind), score, ..of_words(range) }
}

/// A stretch that stands as it is.
fn of_words(range: Range<usize>) -> Part {
    Part { range, sort: Sort::Text, score: 0.0, is_told: false, said: 0..0, is_alone: false }
}

/// Text beside text is one part.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match out.last_mut() {
            Some(last) if last.sort == Sort::Text && part.sort == Sort::Text => last.range.end = part.range.end,
            _ => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn log(lines: usize) -> String {
        (0..lines).map(|n| format!("2024-05-06 10:00:{:02} INFO worker {n} took job {}\n", n % 60, n * 7)).collect()
    }

    fn sorts(text: &str) -> Vec<&'static str> {
        split(text, best(text))
            .map(|split| split.parts.iter().map(|part| part.sort.name()).collect())
            .unwrap_or_default()
    }

    #[test]
    fn words_json_and_a_log_are_told_apart() {
        let rows: String = (0..40).map(|n| format!("{{\"id\": {n}, \"name\": \"somebody\"}}\n")).collect();
        let text = format!(
            "The answer of the service:\n[{}]\n\nand its log\n<log>\n{}</log>\n",
            rows.replace("}\n", "},\n").trim_end_matches(",\n"),
            log(30)
        );
        assert_eq!(sorts(&text), ["text", "json", "text", "log", "text"]);
        let split = split(&text, best(&text)).unwrap();
        assert!(split.score > 0.8, "{}", split.score);
        assert_eq!(split.parts.iter().map(|part| &text[part.range.clone()]).collect::<String>(), text);
    }

    #[test]
    fn a_log_without_times_between_other_things_is_one() {
        let hits: String = (0..40).map(|n| format!("src/lib.rs:{n}:    call_number({n});\n")).collect();
        let unpacked: String =
            (0..40).map(|n| format!("Unpacking package-{n} ({n}.2-1) over (1.{n}-4) ...\n")).collect();
        let text = format!("$ grep -rn call_number .\n{hits}$ apt-get install packages\n{unpacked}");
        assert_eq!(sorts(&text), ["text", "search", "text", "log"]);
        let letter: String = (0..30)
            .map(|n| format!("Error or not, dear reader, what was written {n} days ago was not said by a program.\n"))
            .collect();
        assert!(of_stretch(&letter).1 < MIN_PART_SCORE);
    }

    #[test]
    fn a_text_of_one_kind_is_left_whole() {
        assert_eq!(sorts(&log(90)), [""; 0]);
        assert_eq!(sorts(&format!("=== first ===\n{}=== second ===\n{}", log(30), log(30))), [""; 0]);
        assert_eq!(sorts(&"word ".repeat(900)), [""; 0]);
    }

    #[test]
    fn what_is_said_around_an_output_is_none_of_it() {
        assert_eq!(sorts(&format!("<output>\n{}</output>\n", log(60))), ["text", "log", "text"]);
        let rows: String = (0..90).map(|n| format!("{n},station {},{}\n", n * 7 % 90, n * n)).collect();
        let text = format!("Exit code: 0\nOutput:\nid,name,rain\n{rows}[It took 3 seconds]\n");
        assert_eq!(sorts(&text), ["text", "table", "text"]);
        let split = split(&text, best(&text)).unwrap();
        assert_eq!(split.parts.iter().map(|part| &text[part.range.clone()]).collect::<String>(), text);
        let letter = "Dear reader, nothing in these lines was said by a program, and nobody says it twice. ".repeat(30);
        assert_eq!(sorts(&format!("Exit code: 0\nOutput:\n{letter}")), [""; 0]);
    }

    #[test]
    fn a_diff_of_many_files_behind_other_output_is_one_part() {
        let change = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n+three\n four\n".repeat(12);
        let rows: Vec<String> = (0..60).map(|n| format!("{{\"id\": {n}, \"name\": \"somebody\"}}")).collect();
        let text = format!("[\n{}\n]\n$ git diff\n{change}", rows.join(",\n"));
        assert_eq!(sorts(&text), ["json", "text", "diff"]);
    }
}
