//! The lossy view: what was thrown and the application's frames, libraries' frames as counts.
//!
//! One trace takes few lines: the innermost frames whole, then who called them, ` < ` (in traces that end with the
//! innermost call: before them, ` > `).

use std::fmt::Write;
use std::ops::Range;

use super::chain::Chain;
use super::cycles;
use super::message;
use super::origin::Origins;
use super::parts::{Part, Parts};
use super::select::{self, Plan, Show};
use crate::json::paths::MixMap;

/// Longer lines are cut in the middle: bytes from which on, and bytes kept at both ends.
const LONG_LINE: usize = 400;
const LONG_ENDS: (usize, usize) = (200, 80);
const LONG_MESSAGE: usize = 1_600;
const LONG_MESSAGE_ENDS: (usize, usize) = (900, 300);
/// Bytes kept on either side of what the question names in a line that is cut.
const NAMED_AROUND: usize = 80;
/// A message that was shown before is cut to its beginning if it is longer.
const LONG_REPEATED: usize = 100;
const REPEATED_HEAD: usize = 60;
/// Bytes that lines shown before must have to be counted only.
const REPEATED_BYTES: usize = 60;

/// What the question names: lines, and where in them.
pub type Named = MixMap<u32, u32>;

/// A view, and an account of it.
#[derive(Default)]
pub struct View {
    pub text: String,
    /// Lines that are shown, whole or in short.
    pub shown: usize,
    pub kept: Vec<(u32, &'static str)>,
    pub library_frames: usize,
    pub other_frames: usize,
    pub text_lines: usize,
}

/// Writes the view of a text.
pub fn write(parts: &Parts, named: &Named, plan: &Plan) -> View {
    let blocks = parts.list.iter().filter(|part| matches!(part, Part::Block(_))).count();
    let mut writer = Writer {
        parts,
        origins: origins(parts),
        named,
        plan,
        own_frames: plan.own_frames_of(blocks),
        view: View::default(),
        frames: MixMap::default(),
        blocks: MixMap::default(),
        texts: MixMap::default(),
        has_said_frames: false,
    };
    for (ordinal, part) in parts.list.iter().enumerate() {
        match part {
            Part::Text(run) => {
                let follows = match parts.list.get(ordinal + 1) {
                    Some(Part::Block(block)) => !parts.frames[block.start].language.innermost_last(),
                    _ => false,
                };
                writer.text(run.clone(), follows);
            }
            Part::Block(block) => writer.block(block.clone()),
        }
    }
    writer.view
}

/// Whose each frame of a text is.
pub fn origins(parts: &Parts) -> Origins {
    let mut origins = Origins::of(parts);
    let mut before = 0..0;
    for part in &parts.list {
        match part {
            Part::Text(run) => before = run.clone(),
            Part::Block(block) => origins.named_by(parts, block.clone(), std::mem::take(&mut before)),
        }
    }
    origins
}

struct Writer<'w, 'a> {
    parts: &'w Parts<'a>,
    origins: Origins,
    named: &'w Named,
    plan: &'w Plan,
    own_frames: usize,
    view: View,
    /// Frames that were shown, and whether whole.
    frames: MixMap<u64, Show>,
    blocks: MixMap<u64, ()>,
    /// Lines between frames that were shown.
    texts: MixMap<u64, ()>,
    has_said_frames: bool,
}

impl Writer<'_, '_> {
    fn text(&mut self, run: Range<usize>, before_frames: bool) {
        let lines = &self.parts.lines;
        let is_named = |line: usize| self.named.contains_key(&(line as u32));
        let told: Vec<usize> = run.filter(|&at| !message::is_blank(lines.line(at))).collect();
        // Positions in `told`.
        let chosen = message::choose(lines, &told, before_frames, self.plan, &is_named);
        self.view.text_lines += told.len() - chosen.len();
        let (mut next, mut at) = (0, 0);
        while at < chosen.len() {
            self.skip(chosen[at] - next, "lines");
            let rest = &chosen[at..];
            let repeated = self.repeated(rest.iter().map(|&place| told[place]));
            let taken = if repeated > 0 {
                self.skip(repeated, "lines as above");
                self.view.text_lines += repeated;
                repeated
            } else {
                let line = lines.line(told[rest[0]]);
                let is_equal = |&(&place, next): &(&usize, usize)| place == next && lines.line(told[place]) == line;
                let equal = rest.iter().zip(rest[0]..).take_while(is_equal).count();
                self.line(told[rest[0]], equal);
                equal
            };
            at += taken;
            next = chosen[at - 1] + 1;
        }
        self.skip(told.len() - next, "lines");
    }

    fn skip(&mut self, count: usize, what: &str) {
        if count > 0 {
            let what = if count == 1 { what.replacen("lines", "line", 1) } else { what.to_owned() };
            let _ = writeln!(self.view.text, "... {count} {what}");
        }
    }

    /// How many of these lines from the first on were shown before, if that many are worth saying so.
    fn repeated(&self, lines: impl Iterator<Item = usize>) -> usize {
        let (mut count, mut bytes) = (0, 0);
        for at in lines {
            let line = self.parts.lines.line(at);
            // A line that ends so says how what follows belongs to what stood before.
            let is_new = line.ends_with(':') || !self.texts.contains_key(&hash(line));
            if is_new || self.named.contains_key(&(at as u32)) || message::is_raised(line) {
                break;
            }
            count += 1;
            bytes += line.len();
        }
        if bytes >= REPEATED_BYTES {
            count
        } else {
            0
        }
    }

    /// Shows a line that stands `times` over.
    fn line(&mut self, index: usize, times: usize) {
        let line = self.parts.lines.line(index).trim_ascii_end();
        let is_first = self.texts.insert(hash(self.parts.lines.line(index)), ()).is_none();
        let is_raised = message::is_raised(line);
        let (long, ends) = if is_raised { (LONG_MESSAGE, LONG_MESSAGE_ENDS) } else { (LONG_LINE, LONG_ENDS) };
        if !is_first && line.trim_ascii_start() == "Traceback (most recent call last):" {
            self.view.text.push_str("Traceback:");
        } else if !is_first && is_raised && line.len() > LONG_REPEATED && !self.named.contains_key(&(index as u32)) {
            self.view.text.push_str(&line[..floor(line, REPEATED_HEAD)]);
            self.view.text.push_str(" ... as above");
        } else if line.len() <= long {
            self.view.text.push_str(line);
        } else {
            self.cut(line, ends, self.named.get(&(index as u32)).copied());
        }
        if times > 1 {
            let _ = write!(self.view.text, " x{times}");
        }
        self.view.text.push('\n');
        let why = match self.named.contains_key(&(index as u32)) {
            true => "named in the question or the call",
            false if is_raised => "what was thrown",
            false => "text around the trace",
        };
        self.view.kept.push((index as u32 + 1, why));
        self.view.shown += times;
    }

    /// Both ends of a line, and what the question names in it.
    fn cut(&mut self, line: &str, ends: (usize, usize), named: Option<u32>) {
        let head = floor(line, ends.0);
        let tail = floor(line, line.len() - ends.1);
        let out = &mut self.view.text;
        out.push_str(&line[..head]);
        let mut from = head;
        if let Some(at) = named.map(|at| at as usize).filter(|&at| at < tail && at + NAMED_AROUND > head) {
            let start = floor(line, at.saturating_sub(NAMED_AROUND)).max(head);
            let end = floor(line, at + 2 * NAMED_AROUND).min(tail).max(start);
            if start > from {
                let _ = write!(out, " ...[{} characters]... ", line[from..start].chars().count());
            }
            out.push_str(&line[start..end]);
            from = end;
        }
        if tail > from {
            let _ = write!(out, " ...[{} characters]... ", line[from..tail].chars().count());
        }
        out.push_str(&line[tail..]);
    }

    fn block(&mut self, block: Range<usize>) {
        let (parts, named) = (self.parts, self.named);
        let calls: Vec<u64> = block.clone().map(|at| parts.identity(&parts.frames[at])).collect();
        let runs = cycles::fold(&calls);
        let is_named = |at: usize| {
            let frame = &parts.frames[at];
            !named.is_empty() && (frame.first..frame.first + frame.lines).any(|line| named.contains_key(&line))
        };
        let mut show = select::frames(parts, &self.origins, &block, &runs, self.own_frames, &is_named);
        let is_repeated =
            self.blocks.insert(calls.iter().fold(0, |sum: u64, call| sum.rotate_left(9) ^ call), ()).is_some();
        if is_repeated && !block.clone().any(is_named) {
            let innermost_last = parts.frames[block.start].language.innermost_last();
            select::refer_above_wholly(&mut show, innermost_last, &|at| self.origins.is_library[block.start + at]);
        }
        let seen = |at: usize| match self.frames.get(&calls[at]) {
            Some(&seen) if !is_named(block.start + at) => seen,
            _ => Show::No,
        };
        select::refer_above(&mut show, &seen, &|at| self.origins.is_library[block.start + at]);
        for (at, &shown) in show.iter().enumerate().filter(|(_, &shown)| matches!(shown, Show::Short | Show::Whole)) {
            let seen = self.frames.entry(calls[at]).or_insert(shown);
            if shown == Show::Whole {
                *seen = Show::Whole;
            }
        }
        let mut chain = Chain::new(parts, &self.origins, self.plan.has_sources, self.has_said_frames);
        for run in &runs {
            chain.run(run, block.start, &show);
        }
        chain.finish();
        self.has_said_frames = chain.has_said_frames;
        self.view.text.push_str(&chain.out);
        self.view.shown += chain.shown;
        self.view.kept.extend(chain.kept);
        self.view.library_frames += chain.library_frames;
        self.view.other_frames += chain.other_frames;
    }
}

fn hash(line: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(line.trim_ascii().as_bytes())
}

/// The last boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
