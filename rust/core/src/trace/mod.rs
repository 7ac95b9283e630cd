//! Stack traces in, smaller text out: Python, Java, C#, JavaScript, Go, Rust and others, among whatever else was printed.
//!
//! The lossless form writes repeated frames by reference and libraries' frames in short; the lossy view keeps what was
//! thrown, its causes, and the application's frames, and counts the rest.

mod at_frame;
mod chain;
mod cycles;
mod frame;
mod message;
mod notation;
mod origin;
mod parts;
mod read;
mod repeats;
mod select;
pub mod spoken;
mod view;
mod write;

use std::borrow::Cow;

use memchr::memmem;

use crate::json::paths::MixMap;
use crate::json::query::Hit;
use crate::text::{marker, Drafts, Lines, Task, View};
use crate::tokens::{count, Encoding};
use crate::words;
use parts::Parts;
use select::Plan;

/// Lines that the question names, kept at most; and those that only the call names.
const MAX_NAMED: usize = 8;
const MAX_CALLED: usize = 3;

/// The drafts of a text with stack traces; none of one without.
pub fn compress(task: &Task) -> Drafts {
    if task.text.len() > u32::MAX as usize {
        return Drafts::default();
    }
    let plain = task.key.map_or(Cow::Borrowed(task.text), |_| without_colours(task.text));
    let read = read(&plain, task);
    let lossy = task.key.zip(read.as_ref()).and_then(|(key, read)| lossy(task, key, read));
    if lossy.as_ref().is_some_and(|view| task.is_clear(&view.text)) {
        return Drafts { lossy, lossless: None };
    }
    // Colours are of the text, and so of what stands for all of it.
    let lossless = match plain {
        Cow::Borrowed(_) => read.and_then(|read| lossless(task, &read)),
        Cow::Owned(_) => self::read(task.text, task).and_then(|read| lossless(task, &read)),
    };
    Drafts { lossy, lossless }
}

/// The parts of a text, and which of its lines are asked for.
type Read<'t> = (Parts<'t>, view::Named);

/// Reads a text; `None` of one without frames.
fn read<'t>(text: &'t str, task: &Task) -> Option<Read<'t>> {
    let parts = Parts::of(Lines::of(text));
    if parts.frames.is_empty() {
        return None;
    }
    let named = named(&parts, task);
    Some((parts, named))
}

/// The text that a lossless form stands for; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    read::expand(text)
}

fn lossless(task: &Task, (parts, named): &Read) -> Option<String> {
    let form = write::write(parts, &|line| named.contains_key(&(line as u32)))?;
    (form.len() < task.text.len() && expand(&form).as_deref() == Some(task.text)).then_some(form)
}

fn lossy(task: &Task, key: &str, (parts, named): &Read) -> Option<View> {
    let total = parts.lines.len();
    let limit = task.target_ratio.map(|ratio| (ratio * count(task.text, Encoding::O200kBase) as f64) as usize);
    let mut best: Option<View> = None;
    for (ordinal, plan) in Plan::ALL.iter().enumerate() {
        let view = view::write(parts, named, plan);
        let view = finish(view, total, key);
        if best.as_ref().is_none_or(|best| view.text.len() < best.text.len()) {
            best = Some(view);
        }
        // Where little is left out, counts may take more than what they stand for: going deeper takes the shortest so far.
        let enough = |best: &View| {
            ordinal >= usize::from(task.deep)
                && limit.is_none_or(|limit| count(&best.text, Encoding::O200kBase) <= limit)
        };
        if best.as_ref().is_some_and(enough) {
            break;
        }
    }
    best.filter(|view| view.shown < view.total && view.text.len() < task.text.len())
}

fn finish(view: view::View, total: usize, key: &str) -> View {
    let mut text = marker("trace", view.shown, total, "lines", key);
    text.push_str(&view.text);
    let mut dropped = vec![
        ("frames of libraries".to_owned(), view.library_frames),
        ("frames shown above, or too many".to_owned(), view.other_frames),
        ("lines between traces".to_owned(), view.text_lines),
    ];
    let told: usize = dropped.iter().map(|(_, count)| count).sum();
    dropped.push(("other lines: source, signs, blank".to_owned(), total.saturating_sub(view.shown + told)));
    dropped.retain(|(_, count)| *count > 0);
    View { text, shown: view.shown, total, kept: view.kept, dropped }
}

/// The lines that a question, or the call, names.
fn named(parts: &Parts, task: &Task) -> view::Named {
    let lines = &parts.lines;
    let hits = lines.named(task.question, task.call);
    let mut counts: MixMap<u32, u32> = MixMap::default();
    hits.iter().for_each(|hit| *counts.entry(hit.phrase).or_insert(0) += 1);
    let is_telling = |hit: &&Hit| {
        let line = lines.line(hit.node as usize).as_bytes();
        let word = &line[hit.offset as usize..words::end_of(line, hit.offset as usize)];
        let asked = if hit.by_call { task.call } else { task.question };
        let is_plain = word.iter().skip(1).all(u8::is_ascii_lowercase);
        // A plain word names a line only where it is rare, and written alike: "project" is no class `Project`.
        let is_one = hit.phrase & 0xffff == 1;
        !is_one
            || !is_plain
            || word.len() >= 6 && counts[&hit.phrase] <= 2 && memmem::find(asked.as_bytes(), word).is_some()
    };
    let (by_call, asked): (Vec<&Hit>, Vec<&Hit>) = hits.iter().filter(is_telling).partition(|hit| hit.by_call);
    // Which frames to show of what was run is told by the trace; a script in the call shares words with many.
    let is_frame = |line: u32| {
        let next = parts.frames.partition_point(|frame| frame.first <= line);
        next > 0 && line < parts.frames[next - 1].first + parts.frames[next - 1].lines
    };
    let by_call = by_call.into_iter().filter(|hit| !is_frame(hit.node));
    let taken = asked.into_iter().take(MAX_NAMED).chain(by_call.take(MAX_CALLED));
    taken.map(|hit| (hit.node, hit.offset)).collect()
}

/// A text without the codes by which terminals colour it.
fn without_colours(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if memchr::memchr(0x1b, bytes).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memchr_iter(0x1b, bytes) {
        if at < from || bytes.get(at + 1) != Some(&b'[') {
            continue;
        }
        let end = bytes[at + 2..].iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':' | b'?'));
        let Some(end) = end.map(|end| at + 2 + end).filter(|&end| bytes[end].is_ascii_alphabetic()) else { continue };
        out.push_str(&text[from..at]);
        from = end + 1;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(text: &str) -> String {
        let form = compress(&Task::lossless(text)).lossless.unwrap();
        assert_eq!(expand(&form).as_deref(), Some(text), "{form}");
        form
    }

    #[test]
    fn libraries_frames_are_written_in_groups_and_repeated_ones_by_reference() {
        let runner = "\tat java.base/java.lang.reflect.Method.invoke(Method.java:498)\n\
                      \tat org.junit.runners.Suite.run(Suite.java:1)\n\tat org.junit.runners.Suite$1.call(Suite.java:2)\n\
                      \tat org.junit.runners.Suite$1.native0(Native Method)\n"
            .repeat(2);
        let one = |n: usize| format!("x.E: no {n}\n\tat x.A.f(A.java:{n})\n{runner}");
        let form = form_of(&(one(1) + &one(2)));
        assert!(form.contains("\n@org.junit.runners Suite.run:1 Suite$1.call:2 .native0:native\n"), "{form}");
        assert!(form.contains("\n^ these 4 lines 1 more times\n") || form.contains("\n^ lines 3-6 again\n"), "{form}");
        assert!(form.contains("x.E: no 2\n\tat x.A.f(A.java:2)\n^ lines 3-10 again\n"), "{form}");
    }

    #[test]
    fn paths_of_python_are_written_once() {
        let frame = |n: usize| {
            format!(
                "  File \"/opt/lib/python3.11/site-packages/web/m{}.py\", line {n}, in f\n    g({n})\n    ^^^^\n",
                n / 2
            )
        };
        let text =
            format!("Traceback (most recent call last):\n{}ValueError: no", (0..9).map(frame).collect::<String>());
        let form = form_of(&text);
        assert!(form.contains("; $1=/opt/lib/python3.11/site-packages/web/\n"), "{form}");
        assert!(form.contains("\n~$1m1.py:2 f\n|g(2) ^0\n~:3 f\n|g(3) ^0\n"), "{form}");
        assert!(form.ends_with("/m4.py\", line 8, in f\n|g(8) ^0\nValueError: no"), "{form}");
    }

    #[test]
    fn a_text_without_frames_is_left_to_others() {
        let task = Task { key: Some("Ab3dE5gH7jK"), ..Task::lossless("ValueError: no\nat noon\n") };
        assert_eq!(compress(&task), Drafts::default());
        assert_eq!(without_colours("\x1b[1;31mred\x1b[0m \x1b[ \x1b"), "red \x1b[ \x1b");
    }
}
