//! A line in, the frame of a stack trace that begins there out: what was called, and where.
//!
//! A frame is told by its shape alone, in the notation of its language. Constant work for a line that is none.

use super::at_frame::{at_frame, browser};
use crate::text::Lines;

/// Lines of source that may follow a frame.
const MAX_SOURCE_LINES: u32 = 8;
/// Lines of a frame's values.
const MAX_LOCALS: usize = 64;
/// Bytes of a line that may make a frame.
const MAX_FRAME_BYTES: usize = 4_096;

/// The notation of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Java, Kotlin, Scala: `at a.b.C.m(C.java:1)`
    Java,
    /// C#, F#: `at A.B.M(String s) in /x/B.cs:line 1`
    Dotnet,
    /// JavaScript, TypeScript: `at f (/x/a.js:1:2)`, `f@http://x/a.js:1:2`
    Script,
    /// `File "/x/a.py", line 1, in f`
    Python,
    /// `x/a.py:1: in f`
    Pytest,
    /// `main.f(0x1)`, then the file on a line of its own
    Go,
    /// `4: a::f`, then `at x/a.rs:1:2`
    Rust,
    /// `#0 f at a.c:1`, `#0 /x/a.php(1): f()`
    Numbered,
    /// `from /x/a.rb:1:in 'f'`
    Ruby,
}

impl Language {
    /// Whether the innermost call comes last.
    pub fn innermost_last(self) -> bool {
        matches!(self, Language::Python | Language::Pytest)
    }
}

/// A part of a text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// A frame, or a note that stands among frames (`... 24 more`).
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub language: Language,
    pub is_note: bool,
    /// Its lines: the first one, how many say what it is, and how many there are with its source below.
    pub first: u32,
    pub own_lines: u32,
    pub lines: u32,
    /// All that it says, without indentation and without its source.
    pub whole: Span,
    /// The file's path; in Java, the class with its packages.
    pub place: Span,
    /// The number of the line, or what stands instead.
    pub number: Span,
    /// In Java up to the end of `m(C.java:1)`.
    pub function: Span,
}

/// A line being read: where it begins in the text, and what it says.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    pub line: &'a str,
    /// Where `line` begins in the text.
    base: usize,
}

impl<'a> Cursor<'a> {
    fn of(lines: &Lines<'a>, index: usize) -> Self {
        let line = lines.line(index);
        Cursor { line, base: lines.list[index].start as usize }
    }

    /// Without indentation, and without the bars that exception groups are drawn with.
    fn bare(self) -> Self {
        let indent = self.line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'|' | b'+')).count();
        self.from(indent)
    }

    pub fn from(self, at: usize) -> Self {
        Cursor { line: &self.line[at..], base: self.base + at }
    }

    pub fn span(self, start: usize, end: usize) -> Span {
        Span { start: (self.base + start) as u32, end: (self.base + end) as u32 }
    }

    pub fn all(self) -> Span {
        self.span(0, self.line.trim_ascii_end().len())
    }
}

/// What a line says of its frame.
#[derive(Clone, Copy, Default)]
pub struct Said {
    pub whole: Span,
    pub place: Span,
    pub number: Span,
    pub function: Span,
}

/// The frame that begins at a line. `inside` is the language of the frame before, if one ends there.
pub fn frame_at(lines: &Lines, index: usize, inside: Option<Language>) -> Option<Frame> {
    let line = Cursor::of(lines, index);
    if line.line.len() > MAX_FRAME_BYTES {
        return None;
    }
    let bare = line.bare();
    let indent = bare.base - line.base;
    let bytes = bare.line.as_bytes();
    let (language, said) = match *bytes.first()? {
        b'a' if bytes.starts_with(b"at ") => at_frame(bare.from(3))?,
        b'F' if bytes.starts_with(b"File \"") => (Language::Python, python(bare)?),
        b'.' | b'[' if inside.is_some() && is_note(bare.line) => return Some(note(bare, index, inside?)),
        b'#' => (Language::Numbered, numbered(bare)?),
        b'=' => (Language::Numbered, checked(bare)?),
        b'f' if bytes.starts_with(b"from ") => (Language::Ruby, located(bare.from(5), b":in ")?),
        b'0'..=b'9' if indent > 0 => return rust(lines, index, bare, inside),
        _ => {
            if let Some(frame) = go(lines, index, line) {
                return Some(frame);
            }
            match located(bare, b": in ").filter(|_| indent == 0) {
                Some(said) => (Language::Pytest, said),
                None => match located(bare, b":in ") {
                    Some(said) => (Language::Ruby, said),
                    None => (Language::Script, browser(bare)?),
                },
            }
        }
    };
    let source = match language {
        Language::Python => source_lines(lines, index, indent, "  "),
        Language::Pytest => source_lines(lines, index, 0, "    "),
        Language::Numbered if indent == 0 && !said.place.of(lines.text).is_empty() => locals(lines, index),
        _ => 0,
    };
    Some(frame(language, index, 1, 1 + source, said))
}

fn frame(language: Language, index: usize, own_lines: u32, lines: u32, said: Said) -> Frame {
    let Said { whole, place, number, function } = said;
    Frame { language, is_note: false, first: index as u32, own_lines, lines, whole, place, number, function }
}

/// `... 24 more`, `... 3 common frames omitted`, `[Previous line repeated 9 more times]`.
fn is_note(bare: &str) -> bool {
    if bare.starts_with("[Previous line repeated ") {
        return true;
    }
    let rest = bare.trim_start_matches('.').trim_ascii_start();
    bare.starts_with("...") && rest.len() < 80 && rest.starts_with(|first: char| first.is_ascii_digit())
}

fn note(bare: Cursor, index: usize, language: Language) -> Frame {
    let said = Said { whole: bare.all(), ..Said::default() };
    Frame { is_note: true, ..frame(language, index, 1, 1, said) }
}

fn digits_from(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where the digits at the end begin, if some stand behind a `:`.
pub fn number_at_end(text: &str) -> Option<usize> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let start = text.len() - digits;
    (digits > 0 && digits < 10 && start > 1 && text.as_bytes()[start - 1] == b':').then_some(start)
}

/// The path and the `line` or `line:column` at its end.
pub fn path_and_number(text: &str) -> Option<(usize, usize)> {
    let last = number_at_end(text)?;
    let start = number_at_end(&text[..last - 1]).unwrap_or(last);
    Some((start - 1, start))
}

/// `File "/x/a.py", line 1, in f`.
fn python(bare: Cursor) -> Option<Said> {
    let text = bare.line.trim_ascii_end();
    let quote = memchr::memmem::find(text.as_bytes(), b"\", line ")?;
    let number = quote + 8;
    let end = number + digits_from(text.as_bytes(), number);
    let function = match text[end..].strip_prefix(", in ") {
        Some(_) => bare.span(end + 5, text.len()),
        None if end == text.len() => Span::default(),
        None => return None,
    };
    (end > number).then(|| Said {
        whole: bare.all(),
        place: bare.span(6, quote),
        number: bare.span(number, end),
        function,
    })
}

/// `path:1: in f` or `path:1:in 'f'`, with `sign` behind the number.
fn located(bare: Cursor, sign: &[u8]) -> Option<Said> {
    let text = bare.line.trim_ascii_end();
    let bytes = text.as_bytes();
    for colon in memchr::memchr_iter(b':', bytes).take(4) {
        let end = colon + 1 + digits_from(bytes, colon + 1);
        if end > colon + 1 && bytes[end..].starts_with(sign) && !bytes[..colon].contains(&b' ') {
            let (place, number) = (bare.span(0, colon), bare.span(colon + 1, end));
            return Some(Said { whole: bare.all(), place, number, function: bare.span(end + sign.len(), text.len()) });
        }
    }
    None
}

/// How many lines of source follow: those indented more than the frame by `deeper`.
fn source_lines(lines: &Lines, index: usize, indent: usize, deeper: &str) -> u32 {
    let prefix = &lines.line(index)[..indent];
    let mut count = 0;
    while count < MAX_SOURCE_LINES && index + 1 + (count as usize) < lines.len() {
        let line = lines.line(index + 1 + count as usize);
        let Some(rest) = line.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(deeper)) else { break };
        let bare = rest.trim_start_matches([' ', '|']);
        if bare.is_empty() || bare.starts_with("File \"") || bare.starts_with("+---") {
            break;
        }
        count += 1;
    }
    count
}

/// How many lines of values follow, which gdb shows below a frame: `        n = 1`, or `No locals.`
fn locals(lines: &Lines, index: usize) -> u32 {
    let rest = (index + 1..lines.len()).map(|at| lines.line(at)).take(MAX_LOCALS);
    rest.take_while(|line| line.starts_with("        ") && line.contains(" = ") || *line == "No locals.").count() as u32
}

/// A function that was called, and below it the file: `\t/x/a.go:1 +0x1d`.
fn go(lines: &Lines, index: usize, line: Cursor) -> Option<Frame> {
    let text = line.line.trim_ascii_end();
    if index + 1 >= lines.len() || !(text.ends_with(')') || text.starts_with("created by ")) {
        return None;
    }
    let below = Cursor::of(lines, index + 1);
    if !matches!(below.line.as_bytes().first(), Some(b'\t' | b' ')) || below.line.len() > MAX_FRAME_BYTES {
        return None;
    }
    let place = below.bare();
    let bytes = place.line.as_bytes();
    let colon = memchr::memmem::rfind(bytes, b".go:")
        .map(|at| at + 3)
        .or_else(|| memchr::memmem::rfind(bytes, b".s:").map(|at| at + 2))?;
    let end = colon + 1 + digits_from(bytes, colon + 1);
    let name = text.strip_prefix("created by ").unwrap_or(text);
    let from = text.len() - name.len();
    let until = match name.rfind('(') {
        Some(at) if from == 0 => at,
        _ => name.find(" in goroutine ").unwrap_or(name.len()),
    };
    let whole = Span { start: line.base as u32, end: place.all().end };
    let function = line.span(from, from + until);
    let said = Said { whole, place: place.span(0, colon), number: place.span(colon + 1, end), function };
    (end > colon + 1).then(|| frame(Language::Go, index, 2, 2, said))
}

/// `4: a::f` or `4: 0x5 - a::f`, and perhaps below it `at x/a.rs:1:2`.
fn rust(lines: &Lines, index: usize, bare: Cursor, inside: Option<Language>) -> Option<Frame> {
    let text = bare.line.trim_ascii_end();
    let digits = digits_from(text.as_bytes(), 0);
    let name = text[digits..].strip_prefix(':')?.trim_ascii_start();
    let name = match name.strip_prefix("0x") {
        Some(rest) => &rest[memchr::memmem::find(rest.as_bytes(), b" - ")? + 3..],
        None => name,
    };
    let from = text.len() - name.len();
    let mut said = Said { whole: bare.all(), function: bare.span(from, text.len()), ..Said::default() };
    let below = (index + 1 < lines.len()).then(|| Cursor::of(lines, index + 1).bare());
    if let Some((below, rest)) = below.and_then(|below| Some((below, below.line.strip_prefix("at ")?.trim_ascii_end())))
    {
        if let Some((end, number)) = path_and_number(rest) {
            said.place = below.span(3, 3 + end);
            said.number = below.span(3 + number, 3 + rest.len());
            said.whole.end = below.all().end;
            return Some(frame(Language::Rust, index, 2, 2, said));
        }
    }
    let follows = inside == Some(Language::Rust) || index > 0 && lines.line(index - 1).ends_with("backtrace:");
    (follows && !name.is_empty()).then(|| frame(Language::Rust, index, 1, 1, said))
}

/// `#0 /x/a.php(1): f()`, `#0 0x5 in f (a=1) at a.c:1`, `#0 {main}`.
fn numbered(bare: Cursor) -> Option<Said> {
    let text = bare.line.trim_ascii_end();
    let digits = digits_from(text.as_bytes(), 1);
    if digits == 0 || text.as_bytes().get(1 + digits) != Some(&b' ') {
        return None;
    }
    let from = text.len() - text[1 + digits..].trim_ascii_start().len();
    let rest = &text[from..];
    let mut said = Said { whole: bare.all(), function: bare.span(from, text.len()), ..Said::default() };
    if let Some(at) = rest.find("): ") {
        let open = rest[..at].rfind('(')?;
        said.place = bare.span(from, from + open);
        said.number = bare.span(from + open + 1, from + at);
        said.function = bare.span(from + at + 3, text.len());
    } else if let Some((end, number)) = path_and_number(rest) {
        let start = rest[..end].rfind(' ')? + 1;
        said.place = bare.span(from + start, from + end);
        said.number = bare.span(from + number, text.len());
        let name = rest[..start].trim_ascii_end();
        // Addresses differ from run to run.
        let address = name.strip_prefix("0x").and_then(|hex| hex.find(" in ")).map_or(0, |at| at + "0x in ".len());
        said.function = bare.span(from + address, from + name.strip_suffix(" at").unwrap_or(name).len());
    } else if !rest.starts_with("0x") && rest != "{main}" && !rest.contains(" from ") && !rest.starts_with('[') {
        return None;
    }
    Some(said)
}

/// `==12==    by 0x5: f (a.c:1)`, `==12==    at 0x5: malloc (in /x/vg.so)`.
fn checked(bare: Cursor) -> Option<Said> {
    let text = bare.line.trim_ascii_end();
    let digits = digits_from(text.as_bytes(), 2.min(text.len()));
    let rest = text.get(2 + digits..)?.strip_prefix("==")?.trim_ascii_start();
    let call = rest.strip_prefix("at 0x").or_else(|| rest.strip_prefix("by 0x"))?;
    let name = &call[call.find(": ")? + 2..];
    let from = text.len() - name.len();
    let open = memchr::memmem::rfind(name.as_bytes(), b" (").unwrap_or(name.len());
    let mut said = Said { whole: bare.all(), function: bare.span(from, from + open), ..Said::default() };
    let inner = name.get(open + 2..).and_then(|inner| inner.strip_suffix(')')).unwrap_or("");
    if let Some((end, number)) = path_and_number(inner) {
        let at = from + open + 2;
        (said.place, said.number) = (bare.span(at, at + end), bare.span(at + number, at + inner.len()));
    }
    (digits > 0).then_some(said)
}
