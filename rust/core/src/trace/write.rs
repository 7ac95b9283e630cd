//! The lossless form: repeated lines by reference, libraries' frames in short, all else as it stands.
//!
//! First line `#trace 73 lines`, then how to read what follows; `read::expand` is its inverse.

use std::fmt::Write;

use super::cycles::Run;
use super::frame::{Frame, Language};
use super::message;
use super::notation::{self, JavaFrame, Places};
use super::origin::Origins;
use super::parts::{Part, Parts};
use super::repeats::{self, Repeat};
use super::select::{self, Show};
use crate::json::paths::MixMap;
use crate::text::Line;

/// Runs of other lines up to this long stay as they are.
const STAYING_LINES: usize = 3;
/// Frames whose paths are looked at for directories.
const MAX_PATHS: usize = 1_024;
const MAX_PLACES: usize = 4;
/// What a directory must save, in bytes, to be written once.
const LEAST_GAIN: usize = 60;

/// Writes the form of a text, in which lines that `is_named` stand as they are; `None` if its line breaks are mixed.
pub fn write(parts: &Parts, is_named: &dyn Fn(usize) -> bool) -> Option<String> {
    let list = &parts.lines.list;
    let is_crlf = list.first().is_some_and(|line| line.next - line.end == 2);
    let is_mixed = |line: &Line| line.next > line.end && (line.next - line.end == 2) != is_crlf;
    if list.iter().any(is_mixed) {
        return None;
    }
    let stays = staying(parts, is_named);
    let hashes: Vec<u64> = parts.lines.iter().map(|line| xxhash_rust::xxh3::xxh3_64(line.as_bytes())).collect();
    let repeats = repeats::find(&hashes, &|line| (list[line].next - list[line].start) as usize, &stays);
    let origins = with_literals(parts, is_named);
    let places = places(parts, &origins, &repeats);
    let mut writer = Writer { parts, origins: &origins, places, out: String::new(), uses: Uses::default() };
    writer.body(&repeats, is_named);
    Some(writer.finish(is_crlf, parts.lines.text.ends_with('\n')))
}

/// Whose each frame is; those that a view would show whole count as the application's.
fn with_literals(parts: &Parts, is_named: &dyn Fn(usize) -> bool) -> Origins {
    let mut origins = super::view::origins(parts);
    for part in &parts.list {
        let Part::Block(block) = part else { continue };
        let calls = [Run { start: 0, period: block.len(), times: 1 }];
        let show = select::frames(parts, &origins, block, &calls, 0, &|at| is_named(parts.frames[at].first as usize));
        for (at, _) in show.iter().enumerate().filter(|(_, &show)| show == Show::Whole) {
            origins.is_library[block.start + at] = false;
        }
    }
    origins
}

/// Which lines are in no reference: what was thrown, short runs of other lines, what the question names.
fn staying(parts: &Parts, is_named: &dyn Fn(usize) -> bool) -> Vec<bool> {
    let mut stays: Vec<bool> = (0..parts.lines.len()).map(is_named).collect();
    for part in &parts.list {
        let Part::Text(run) = part else { continue };
        for at in run.clone() {
            stays[at] |= run.len() <= STAYING_LINES || message::is_raised(parts.lines.line(at));
        }
    }
    stays
}

/// The directories of libraries that stand often enough to be written once.
fn places(parts: &Parts, origins: &Origins, repeats: &[Repeat]) -> Places {
    let text = parts.lines.text;
    let mut next = repeats.iter().peekable();
    let mut paths: Vec<&str> = Vec::new();
    for (at, frame) in parts.frames.iter().enumerate() {
        let line = frame.first as usize;
        while next.next_if(|repeat| repeat.at + repeat.lines <= line).is_some() {}
        let is_repeated = next.peek().is_some_and(|repeat| repeat.at <= line);
        if origins.is_library[at] && !is_repeated && frame.language != Language::Java && paths.len() < MAX_PATHS {
            paths.push(frame.place.of(text));
        }
    }
    // In a file of its own line no path is written.
    paths.dedup();
    let mut places = Places::new();
    while places.len() < MAX_PLACES {
        let mut gains: MixMap<&str, usize> = MixMap::default();
        for path in paths.iter().filter(|path| !places.iter().any(|place| path.starts_with(place.as_str()))) {
            for (at, _) in path.match_indices(['/', '\\']).take(24) {
                *gains.entry(&path[..=at]).or_insert(0) += at.saturating_sub(2);
            }
        }
        let gain = |place: &str, sum: usize| sum.saturating_sub(place.len() + 8);
        let best = gains.iter().max_by_key(|(place, sum)| (gain(place, **sum), place.len(), **place));
        match best {
            Some((place, &sum)) if gain(place, sum) >= LEAST_GAIN && !place.contains([' ', ';', '$']) => {
                places.push((*place).to_owned());
            }
            _ => break,
        }
    }
    places
}

/// Which notations were used: the others need not be explained.
#[derive(Default)]
struct Uses {
    reference: bool,
    java: bool,
    python: bool,
    source: bool,
}

struct Writer<'w, 'a> {
    parts: &'w Parts<'a>,
    origins: &'w Origins,
    places: Places,
    out: String,
    uses: Uses,
}

impl Writer<'_, '_> {
    fn body(&mut self, repeats: &[Repeat], is_named: &dyn Fn(usize) -> bool) {
        let mut repeats = repeats.iter().peekable();
        let mut frames = self.parts.frames.iter().enumerate().peekable();
        let mut group: Option<JavaFrame> = None;
        let mut last_path = String::new();
        let mut at = 0;
        while at < self.parts.lines.len() {
            if let Some(repeat) = repeats.next_if(|repeat| repeat.at == at) {
                group = None;
                self.reference(repeat);
                at += repeat.lines;
                continue;
            }
            let mut is_library = false;
            while frames.next_if(|(_, frame)| (frame.first as usize) < at).is_some() {}
            let frame = frames.peek().filter(|(_, frame)| frame.first as usize == at);
            if let Some(&(ordinal, _)) = frame {
                is_library = self.origins.is_library[ordinal] && !is_named(at);
            }
            let frame = frame.map(|(_, frame)| *frame);
            let line = self.parts.lines.line(at);
            if is_library && self.java(line, &mut group) {
                at += 1;
                continue;
            }
            group = None;
            let next_is_free =
                at + 1 < self.parts.lines.len() && repeats.peek().is_none_or(|repeat| repeat.at > at + 1);
            if next_is_free && !is_named(at) && self.source(at) {
                at += 2;
                continue;
            }
            match frame.filter(|_| is_library).and_then(|frame| self.short(line, frame, &mut last_path)) {
                Some(told) => self.push(&told),
                None if notation::needs_escape(line) => self.push(&format!("\\{line}")),
                None => self.push(line),
            }
            at += 1;
            if let Some(frame) = frame.filter(|frame| is_library && frame.own_lines == 2 && next_is_free) {
                self.second_line(frame, at);
                at += 1;
            }
        }
    }

    fn push(&mut self, line: &str) {
        self.out.push('\n');
        self.out.push_str(line);
    }

    fn reference(&mut self, repeat: &Repeat) {
        self.uses.reference = true;
        let period = repeat.at - repeat.source;
        let told = if repeat.lines <= period {
            format!("^ lines {}-{} again", repeat.source + 1, repeat.source + repeat.lines)
        } else {
            format!("^ these {period} lines {} more times", repeat.lines / period)
        };
        self.push(&told);
    }

    /// Writes a frame of Java in short, in the group before where it goes there.
    fn java<'l>(&mut self, line: &'l str, group: &mut Option<JavaFrame<'l>>) -> bool {
        let Some(frame) = JavaFrame::of(line) else { return false };
        let before = group.as_ref().filter(|before| before.goes_with(&frame));
        let mut told = String::new();
        if before.is_none() {
            told.push('\n');
            frame.open(&mut told);
        }
        if frame.write(before, &mut told).is_none() {
            return false;
        }
        self.out.push_str(&told);
        self.uses.java = true;
        *group = Some(frame);
        true
    }

    /// Writes a line of source with the `^` under it.
    fn source(&mut self, at: usize) -> bool {
        let lines = &self.parts.lines;
        let Some(told) = notation::write_source(lines.line(at), lines.line(at + 1)) else { return false };
        self.uses.source = true;
        self.push(&told);
        true
    }

    /// The first line of a library's frame in short.
    fn short(&mut self, line: &str, frame: &Frame, last_path: &mut String) -> Option<String> {
        if frame.language == Language::Python {
            let told = notation::write_python(line, &self.places, last_path)?;
            self.uses.python = true;
            return Some(told);
        }
        self.path(line, frame.first as usize, frame)
    }

    /// A line with the directory of the frame's path in short, if it is in it.
    fn path(&self, line: &str, at: usize, frame: &Frame) -> Option<String> {
        let start = frame.place.start.checked_sub(self.parts.lines.list[at].start)? as usize;
        let path = frame.place.of(self.parts.lines.text);
        line.get(start..).filter(|rest| !path.is_empty() && rest.starts_with(path))?;
        notation::write_path(line, start, path, &self.places)
    }

    fn second_line(&mut self, frame: &Frame, at: usize) {
        let line = self.parts.lines.line(at);
        match self.path(line, at, frame) {
            Some(told) => self.push(&told),
            None if notation::needs_escape(line) => self.push(&format!("\\{line}")),
            None => self.push(line),
        }
    }

    /// The form: header, legend, body.
    fn finish(self, is_crlf: bool, ends_with_break: bool) -> String {
        let mut out = format!("#trace {} lines", self.parts.lines.len());
        if is_crlf {
            out.push_str(" crlf");
        }
        if self.uses.reference {
            out.push_str("; `^ lines`: numbered as in the original");
        }
        if self.uses.java {
            out.push_str("; `@a.b C.m:1 .n:2`: at a.b.C.m(C.java:1), at a.b.C.n(C.java:2)");
        }
        if self.uses.python {
            out.push_str("; `~x.py:1 f`: File \"x.py\", line 1, in f (`~:1`: same file)");
        }
        if self.uses.source {
            out.push_str("; `|code ^a-b`: columns marked ^");
        }
        for (ordinal, place) in self.places.iter().enumerate() {
            let _ = write!(out, "; ${}={place}", ordinal + 1);
        }
        out.push_str(&self.out);
        if ends_with_break {
            out.push('\n');
        }
        out
    }
}
