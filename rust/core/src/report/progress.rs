//! Lines in, lines out in which what follows from the lines before is said by a short mark; and back.
//!
//! Marks: `^` for the path that the line before began with; `[%]` for a share of progress that grows by one step a
//! line, `[=%]` for one that stays; `[#]` for `[3/17]` behind `[2/17]`; `ok #` for the next number of a test. Encoder
//! and decoder run the same state over the lines, so a line that does not follow stays as it is.

use super::places;
use std::borrow::Cow;
use std::fmt::Write;

/// Which marks a text uses, and what they need to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub path: bool,
    /// Steps that are 100 %, at the head of lines.
    pub head: u32,
    /// Steps that are 100 %, at the end of lines, and the column in which those end.
    pub tail: u32,
    pub column: u32,
    /// The number behind the stroke in `[3/17]`.
    pub of: u32,
    pub test: bool,
}

/// What the lines so far lead one to expect.
#[derive(Default)]
struct State {
    path: String,
    head: u32,
    tail: u32,
    of: u32,
    test: u32,
}

const TAIL_BYTES: usize = 6;

/// Columns of a text: tools count characters, and so does this.
fn columns(text: &str) -> u32 {
    text.chars().count() as u32
}

fn share(step: u32, steps: u32) -> u32 {
    (u64::from(step) * 100 / u64::from(steps.max(1))) as u32
}

/// ` 12` or `100` in front of `%]`, at `at`.
fn percent(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 3)?;
    if bytes.get(at + 3..at + 5)? != b"%]" {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?.trim_start_matches(' ');
    let value = text.parse::<u32>().ok()?;
    (value <= 100 && text.as_bytes().first().is_some_and(u8::is_ascii_digit)).then_some(value)
}

/// Of a line that ends in `[ 12%]`: where what it says ends, and the share.
fn tail(line: &str) -> Option<(usize, u32)> {
    let at = line.len().checked_sub(TAIL_BYTES)?;
    if line.as_bytes()[at] != b'[' {
        return None;
    }
    let value = percent(line.as_bytes(), at + 1)?;
    let end = line[..at].trim_end_matches(' ').len();
    (end > 0 && end < at).then_some((end, value))
}

/// Of a line that begins with `[ 12%] `: the share.
fn head(line: &str) -> Option<u32> {
    (line.as_bytes().first() == Some(&b'[') && line.as_bytes().get(6) == Some(&b' ')).then_some(())?;
    percent(line.as_bytes(), 1)
}

/// Of a line that begins with `[3/17] `: both numbers, and where they end.
fn stroke(line: &str) -> Option<(u32, u32, usize)> {
    let rest = line.strip_prefix('[')?;
    let (numbers, _) = rest.split_at_checked(rest.find("] ")?)?;
    let (step, of) = numbers.split_once('/')?;
    let number = |text: &str| if text.starts_with('0') || text.len() > 7 { None } else { text.parse::<u32>().ok() };
    Some((number(step)?, number(of)?, numbers.len() + 2))
}

/// Of a line that begins with `ok 3 ` or `not ok 3 `: where the number stands, and it.
fn test(line: &str) -> Option<(usize, usize, u32)> {
    let start = if line.starts_with("ok ") {
        3
    } else if line.starts_with("not ok ") {
        7
    } else {
        return None;
    };
    let digits = line[start..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 8 || line.as_bytes()[start] == b'0' {
        return None;
    }
    Some((start, start + digits, line[start..start + digits].parse().ok()?))
}

/// Of a line that begins with `ok #` or `not ok #`: where the mark stands.
fn numbered(line: &str) -> Option<usize> {
    ["ok ", "not ok "]
        .into_iter()
        .find(|head| line.strip_prefix(head).is_some_and(|rest| rest.starts_with('#')))
        .map(str::len)
}

/// The path that a line begins with, if it is long enough to be worth a mark.
fn path(line: &str) -> Option<&str> {
    places::place(line, 0).map(|place| &line[..place.path_end]).filter(|path| path.len() >= 4)
}

impl Marks {
    /// The marks that pay in a text, and whether there are any.
    pub fn of(lines: &[&str]) -> Marks {
        let mut marks = Marks::default();
        let (mut steps, mut tails, mut widest) = (0, 0, 0);
        let mut same_path = 0;
        let mut state = State::default();
        for line in lines {
            if head(line).is_some() {
                steps += u32::from(!line.get(7..).is_some_and(|rest| rest.starts_with("Built target")));
            }
            if tail(line).is_some() {
                tails += 1;
                let width = columns(line);
                widest = if widest == 0 { width } else { widest.min(width) };
            }
            if let Some((_, of, _)) = stroke(line) {
                marks.of = of;
            }
            marks.test |= test(line).is_some();
            if let Some(path) = path(line) {
                same_path += u32::from(path == state.path);
                state.path = path.to_string();
            }
        }
        let is_free = |mark: &str| !lines.iter().any(|line| line.starts_with(mark));
        marks.path = same_path > 1 && is_free("^");
        marks.head = if is_free("[%]") && is_free("[=%]") { steps } else { 0 };
        marks.of = if is_free("[#]") { marks.of } else { 0 };
        marks.test &= is_free("ok #") && is_free("not ok #");
        if tails > 1 && !lines.iter().any(|line| line.ends_with(" [%]")) {
            (marks.tail, marks.column) = (tails, widest);
        }
        marks
    }

    /// The lines with marks; those that are to stay whole without.
    pub fn encode<'t>(&self, lines: &[&'t str], stays: &[bool]) -> Vec<Cow<'t, str>> {
        let mut state = State::default();
        lines.iter().zip(stays).map(|(line, stays)| self.encode_line(line, *stays, &mut state)).collect()
    }

    fn encode_line<'t>(&self, line: &'t str, stays: bool, state: &mut State) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(line);
        if let Some((end, value)) = (self.tail > 0).then(|| tail(line)).flatten() {
            state.tail += 1;
            if !stays && self.tail_of(&line[..end], state.tail) == line[end..] && share(state.tail, self.tail) == value
            {
                out = Cow::Owned(format!("{} [%]", &line[..end]));
            }
        }
        if let Some(value) = (self.head > 0).then(|| head(line)).flatten() {
            let mark = match value {
                _ if stays => "",
                _ if share(state.head + 1, self.head) == value && !line[7..].starts_with("Built target") => "[%]",
                _ if share(state.head, self.head) == value => "[=%]",
                _ if share(state.head + 1, self.head) == value => "[%]",
                _ => "",
            };
            state.head = self.head_after(mark, value, state.head);
            if !mark.is_empty() {
                out = Cow::Owned(format!("{mark}{}", &out[6..]));
            }
        } else if let Some((step, of, end)) = (self.of > 0).then(|| stroke(line)).flatten() {
            if !stays && of == self.of && step == state.of + 1 {
                out = Cow::Owned(format!("[#]{}", &out[end..]));
            }
            state.of = step;
        } else if let Some((start, end, number)) = (self.test).then(|| test(line)).flatten() {
            if !stays && number == state.test + 1 {
                out = Cow::Owned(format!("{}#{}", &out[..start], &out[end..]));
            }
            state.test = number;
        } else if let Some(path) = (self.path).then(|| path(line)).flatten() {
            if path == state.path && !stays {
                out = Cow::Owned(format!("^{}", &out[path.len()..]));
            } else if path != state.path {
                path.clone_into(&mut state.path);
            }
        }
        out
    }

    /// The end of a line behind `text`, at a step.
    fn tail_of(&self, text: &str, step: u32) -> String {
        let blanks = self.column.saturating_sub(columns(text) + TAIL_BYTES as u32).max(1);
        format!("{}[{:3}%]", " ".repeat(blanks as usize), share(step, self.tail))
    }

    /// The step behind a line that has a mark, or the share itself.
    fn head_after(&self, mark: &str, value: u32, step: u32) -> u32 {
        match mark {
            "[%]" => step.saturating_add(1),
            "[=%]" => step,
            _ => (u64::from(value) * u64::from(self.head)).div_ceil(100) as u32,
        }
    }

    /// Turns lines with marks into those that they stand for, one after the other.
    pub fn decoder(self) -> Decoder {
        Decoder { marks: self, state: State::default() }
    }
}

pub struct Decoder {
    marks: Marks,
    state: State,
}

impl Decoder {
    /// Appends what a line stands for.
    pub fn push(&mut self, line: &str, out: &mut String) {
        let start = out.len();
        self.push_head(line, out);
        let (marks, state) = (&self.marks, &mut self.state);
        if marks.tail == 0 {
            return;
        }
        if out[start..].ends_with(" [%]") {
            state.tail += 1;
            out.truncate(out.len() - " [%]".len());
            let end = marks.tail_of(&out[start..], state.tail);
            out.push_str(&end);
        } else if tail(&out[start..]).is_some() {
            state.tail += 1;
        }
    }

    /// Appends a line with what the mark at its head stands for.
    fn push_head(&mut self, line: &str, out: &mut String) {
        let (marks, state) = (&self.marks, &mut self.state);
        let mark = ["[%]", "[=%]"].into_iter().find(|mark| marks.head > 0 && line.starts_with(mark));
        if let Some(mark) = mark {
            state.head = marks.head_after(mark, 0, state.head);
            let _ = write!(out, "[{:3}%]{}", share(state.head, marks.head), &line[mark.len()..]);
            return;
        }
        if let Some(value) = (marks.head > 0).then(|| head(line)).flatten() {
            state.head = marks.head_after("", value, state.head);
        } else if marks.of > 0 && line.starts_with("[#]") {
            state.of = state.of.saturating_add(1);
            let _ = write!(out, "[{}/{}]{}", state.of, marks.of, &line[3..]);
            return;
        } else if let Some((step, ..)) = (marks.of > 0).then(|| stroke(line)).flatten() {
            state.of = step;
        } else if let Some(at) = marks.test.then(|| numbered(line)).flatten() {
            state.test = state.test.saturating_add(1);
            let _ = write!(out, "{}{}{}", &line[..at], state.test, &line[at + 1..]);
            return;
        } else if let Some((.., number)) = marks.test.then(|| test(line)).flatten() {
            state.test = number;
        } else if marks.path && line.starts_with('^') {
            out.push_str(&state.path);
            out.push_str(&line[1..]);
            return;
        } else if let Some(path) = marks.path.then(|| path(line)).flatten() {
            path.clone_into(&mut state.path);
        }
        out.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let marks = Marks::of(&lines);
        let encoded = marks.encode(&lines, &vec![false; lines.len()]);
        let mut decoder = marks.decoder();
        let mut back = String::new();
        for line in &encoded {
            decoder.push(line, &mut back);
            back.push('\n');
        }
        assert_eq!(back, text);
        encoded.join("\n")
    }

    #[test]
    fn progress_that_follows_is_said_by_a_mark() {
        let short = there_and_back("[ 33%] Building a\n[ 66%] Building b\n[ 66%] Built target c\n[100%] Linking d\n");
        assert_eq!(short, "[%] Building a\n[%] Building b\n[=%] Built target c\n[%] Linking d");
        assert_eq!(there_and_back("[1/3] a\n[2/3] b\n[3/3] c\n"), "[#] a\n[#] b\n[#] c");
        assert_eq!(there_and_back("ok 1 - a\nnot ok 2 - b\nok 4 - c\n"), "ok # - a\nnot ok # - b\nok 4 - c");
        let short = there_and_back("t/x.py::a PASSED   [ 33%]\nt/x.py::bcd PASSED [ 66%]\nt/x.py::e FAILED   [100%]\n");
        assert_eq!(short, "t/x.py::a PASSED [%]\n^::bcd PASSED [%]\n^::e FAILED [%]");
    }

    #[test]
    fn lines_that_do_not_follow_stay_as_they_are() {
        for text in [
            "[ 50%] a\n[ 40%] b\n[ 90%] c\n",
            "^:1: x\na.py:1: x\na.py:2: y\n",
            "ok #\nok 1 - a\n",
            "[3/2] x\n[9/9] y\n",
        ] {
            there_and_back(text);
        }
    }
}
