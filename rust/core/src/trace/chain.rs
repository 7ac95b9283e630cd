//! The frames of one block that are shown in, the lines that show them out.

use std::fmt::Write;

use super::cycles::Run;
use super::frame::{Frame, Language};
use super::origin::Origins;
use super::parts::Parts;
use super::select::Show;

/// Values of a frame that are shown, and bytes that each may have.
const MAX_VALUES: usize = 6;
const MAX_VALUE_BYTES: usize = 120;

/// Frames that are not shown, which follow each other.
#[derive(Default)]
struct Skipped {
    library: usize,
    own: usize,
    above: usize,
}

/// The lines of one block, being written.
pub struct Chain<'c, 'a> {
    parts: &'c Parts<'a>,
    origins: &'c Origins,
    has_sources: bool,
    /// Between a call and the next one.
    arrow: &'static str,
    skipped: Skipped,
    /// The file of the frame before.
    file: &'a str,
    pub out: String,
    /// Whether it was said what is counted: later counts need no words.
    pub has_said_frames: bool,
    pub shown: usize,
    pub kept: Vec<(u32, &'static str)>,
    pub library_frames: usize,
    pub other_frames: usize,
}

impl<'c, 'a> Chain<'c, 'a> {
    pub fn new(parts: &'c Parts<'a>, origins: &'c Origins, has_sources: bool, has_said_frames: bool) -> Self {
        Chain {
            parts,
            origins,
            has_sources,
            arrow: " < ",
            skipped: Skipped::default(),
            file: "",
            out: String::new(),
            has_said_frames,
            shown: 0,
            kept: Vec::new(),
            library_frames: 0,
            other_frames: 0,
        }
    }

    /// Adds the calls of a run; `show` tells how each frame of the block, from `block_start` on, is shown.
    pub fn run(&mut self, run: &Run, block_start: usize, show: &[Show]) {
        let turn = run.start..run.start + run.period;
        let is_shown = turn.clone().any(|at| matches!(show[at], Show::Again | Show::Short | Show::Whole));
        if is_shown && run.times > 1 {
            self.flush();
        }
        let counted = if is_shown { 1 } else { run.times };
        for at in turn {
            self.frame(block_start + at, show[at], counted);
        }
        if is_shown && run.times > 1 {
            self.flush();
            let hidden = run.period * (run.times - 1);
            self.other_frames += hidden;
            let _ = match run.period {
                1 => write!(self.out, " x{}", run.times),
                period => write!(self.out, " (these {period} frames x{})", run.times),
            };
        }
    }

    fn frame(&mut self, at: usize, show: Show, counted: usize) {
        let frame = &self.parts.frames[at];
        self.arrow = if frame.language.innermost_last() { " > " } else { " < " };
        if frame.is_note {
            if frame.whole.of(self.parts.lines.text).starts_with('[') {
                self.flush();
                self.inline(frame.whole.of(self.parts.lines.text));
                self.shown += 1;
            }
            return;
        }
        match show {
            Show::No if self.origins.is_library[at] => self.skipped.library += counted,
            Show::No => self.skipped.own += counted,
            Show::Above => self.skipped.above += counted,
            Show::Again => {
                self.flush();
                self.again(frame);
                self.keep(at, frame);
            }
            Show::Short => {
                self.flush();
                self.short(frame);
                self.keep(at, frame);
            }
            Show::Whole => {
                self.flush();
                self.whole(frame);
                self.keep(at, frame);
                if frame.language == Language::Numbered && !self.origins.is_library[at] {
                    self.values(frame);
                }
            }
        }
    }

    /// The first values of a frame's, where a debugger wrote them below it.
    fn values(&mut self, frame: &Frame) {
        let below = (frame.first + frame.own_lines..frame.first + frame.lines).take(MAX_VALUES);
        for line in below {
            let value = self.parts.lines.line(line as usize).trim_ascii();
            if self.has_sources && value.len() <= MAX_VALUE_BYTES && value.contains(" = ") {
                let _ = write!(self.out, "\n  {value}");
                self.shown += 1;
            }
        }
    }

    fn keep(&mut self, at: usize, frame: &Frame) {
        let why = if self.origins.is_library[at] { "innermost or named frame" } else { "frame of the application" };
        self.kept.push((frame.first + 1, why));
        self.shown += frame.own_lines as usize;
    }

    /// Says how many frames were skipped.
    fn flush(&mut self) {
        let Skipped { library, own, above } = std::mem::take(&mut self.skipped);
        self.library_frames += library;
        self.other_frames += own + above;
        // Where some stand above and others do not, one count stands for both.
        let (above, own) = if above > 0 && own > 0 { (0, above + own) } else { (above, own) };
        for (count, what) in [(above, "as above"), (own, "more"), (library, "library")] {
            if count > 0 {
                let frames = match count {
                    _ if self.has_said_frames => "",
                    1 => " frame",
                    _ => " frames",
                };
                let told = match what {
                    "as above" => format!("{count}{frames} as above"),
                    _ => format!("{count} {what}{frames}"),
                };
                self.file = "";
                self.has_said_frames = true;
                self.inline(&told);
            }
        }
    }

    fn is_at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn inline(&mut self, what: &str) {
        if !self.is_at_line_start() {
            self.out.push_str(self.arrow);
        }
        self.out.push_str(what);
    }

    /// `m:1`.
    fn again(&mut self, frame: &Frame) {
        let text = self.parts.lines.text;
        let function = frame.function.of(text);
        let name = match frame.language {
            Language::Java => function.split('(').next().unwrap_or(function),
            _ if function.is_empty() || function.starts_with('<') => end_of_path(frame.place.of(text)),
            _ => function,
        };
        let number = frame.number.of(text);
        self.inline(&if number.is_empty() { name.to_owned() } else { format!("{name}:{number}") });
        self.file = file_of(frame, text);
    }

    /// `m(C.java:1)`, `src/a.py:1 f`; in the file of the frame before, `m:1` and `:1 f`.
    fn short(&mut self, frame: &Frame) {
        let text = self.parts.lines.text;
        let (place, number, function) = (frame.place.of(text), frame.number.of(text), frame.function.of(text));
        let function = if function == "<module>" { "" } else { function };
        let file = file_of(frame, text);
        let is_same = file == self.file && !file.is_empty() && !number.is_empty();
        self.file = file;
        let told = match frame.language {
            Language::Java if is_same => format!("{}:{number}", function.split('(').next().unwrap_or(function)),
            Language::Java => function.to_owned(),
            _ if place.is_empty() => function.to_owned(),
            _ if is_same => format!(":{number} {function}").trim_ascii_end().to_owned(),
            _ if number.is_empty() => format!("{function} {place}"),
            _ if function.is_empty() => format!("{}:{number}", end_of_path(place)),
            _ => format!("{}:{number} {function}", end_of_path(place)),
        };
        self.inline(&told);
    }

    fn whole(&mut self, frame: &Frame) {
        let text = self.parts.lines.text;
        if !self.is_at_line_start() {
            self.out.push('\n');
        }
        self.file = file_of(frame, text);
        let has_at = text[..frame.whole.start as usize].ends_with("at ");
        self.out.push_str(if has_at { "at " } else { "" });
        for (ordinal, line) in frame.whole.of(text).lines().enumerate() {
            self.out.push_str(if ordinal > 0 { "\n  " } else { "" });
            self.out.push_str(if ordinal > 0 { line.trim_ascii() } else { line });
        }
        if !frame.language.innermost_last() {
            return;
        }
        self.out.push('\n');
        if self.has_sources && frame.lines > frame.own_lines {
            let source = self.parts.lines.line((frame.first + frame.own_lines) as usize);
            let source = source.trim_start_matches([' ', '\t', '|']).trim_ascii_end();
            if !source.bytes().all(|byte| matches!(byte, b'^' | b'~')) {
                let _ = writeln!(self.out, "  {source}");
                self.shown += 1;
            }
        }
    }

    pub fn finish(&mut self) {
        self.flush();
        if !self.is_at_line_start() {
            self.out.push('\n');
        }
    }
}

/// What tells files apart: the path; in Java, the class around all others and the file's name.
fn file_of<'a>(frame: &Frame, text: &'a str) -> &'a str {
    match frame.language {
        Language::Java => {
            let function = frame.function.of(text);
            let open = function.find('(').map_or(function.len(), |at| at + 1);
            function[open..].split([':', ')']).next().unwrap_or("")
        }
        _ => frame.place.of(text),
    }
}

/// The last two parts of a path.
fn end_of_path(path: &str) -> &str {
    let is_separator = |letter: char| letter == '/' || letter == '\\';
    path.rmatch_indices(is_separator).nth(1).map_or(path, |(at, _)| &path[at + 1..])
}
