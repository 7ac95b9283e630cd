//! The lossless form in, the text that it stands for out.

use std::borrow::Cow;

use super::form::ESCAPE;
use super::head::{self, Place};
use super::pair;
use super::parse::number;

/// Bytes that any form may grow to, and for each of its own bytes.
const MAX_BYTES: usize = 64 << 20;
const MAX_GROWTH: usize = 32;
/// What a line costs beside its bytes.
const LINE_BYTES: usize = 24;

/// The text that `form` stands for, without the flags of its first line; `None` if it is no form.
pub fn read(form: &str) -> Option<(String, &str)> {
    let (first, body) = form.split_once('\n')?;
    let (count, rest) = number(first.strip_prefix("#diff ")?)?;
    let (flags, _) = rest.strip_prefix(" lines")?.split_once(':')?;
    let mut reader =
        Reader { budget: MAX_BYTES.saturating_add(form.len().saturating_mul(MAX_GROWTH)), ..Reader::default() };
    let (body, is_ended) = body.strip_suffix('\n').map_or((body, false), |body| (body, true));
    for line in body.split('\n') {
        reader.take(line)?;
    }
    reader.flush_run()?;
    reader.end_hunk()?;
    if reader.lines.len() != count as usize {
        return None;
    }
    let mut text = reader.lines.join("\n");
    if is_ended {
        text.push('\n');
    }
    Some((text, flags))
}

#[derive(Default)]
struct Reader<'f> {
    lines: Vec<Cow<'f, str>>,
    /// Removed and added lines, in the order of the form; and whether one came in a pair.
    minus: Vec<Cow<'f, str>>,
    plus: Vec<Cow<'f, str>>,
    has_pair: bool,
    /// Where each block begins that has a number.
    labels: Vec<Option<usize>>,
    hunk: Option<OpenHunk<'f>>,
    place: Place,
    budget: usize,
}

/// A hunk whose numbers of lines are not known yet.
struct OpenHunk<'f> {
    short: &'f str,
    at: usize,
    old: u32,
    new: u32,
    /// The sign of all its lines.
    fill: Option<char>,
}

impl<'f> Reader<'f> {
    fn take(&mut self, line: &'f str) -> Option<()> {
        match line.as_bytes().first() {
            // Removed lines come before added ones, unless there are lines between them.
            Some(b'-') if self.plus.is_empty() || self.has_pair => self.minus.push(Cow::Borrowed(line)),
            Some(b'+') => self.plus.push(Cow::Borrowed(line)),
            Some(b'~') => {
                let (old, new) = pair::read(&line[1..])?;
                self.spend(old.len() + new.len())?;
                self.has_pair = true;
                self.minus.push(Cow::Owned(format!("-{old}")));
                self.plus.push(Cow::Owned(format!("+{new}")));
            }
            _ => {
                self.flush_run()?;
                return if head::is_notation(line) { self.take_notation(line) } else { self.take_plain(line) };
            }
        }
        Some(())
    }

    fn take_plain(&mut self, line: &'f str) -> Option<()> {
        if !matches!(line.as_bytes().first(), Some(b' ' | b'+' | b'-' | b'\\')) {
            self.end_hunk()?;
            self.place.pass(line);
        } else if let Some(fill) = self.hunk.as_ref().and_then(|hunk| hunk.fill) {
            if let Some(said) = line.strip_prefix(' ') {
                self.spend(said.len())?;
                return self.push(Cow::Owned(format!("{fill}{said}")));
            }
        }
        self.push(Cow::Borrowed(line))
    }

    fn take_notation(&mut self, line: &'f str) -> Option<()> {
        if let Some(line) = line.strip_prefix(ESCAPE) {
            self.end_hunk()?;
            return self.push(Cow::Borrowed(line));
        }
        if let Some(text) = line.strip_prefix('#') {
            return self.take_reference(text);
        }
        self.end_hunk()?;
        if line.starts_with("@@") {
            self.hunk =
                Some(OpenHunk { short: line, at: self.lines.len(), old: 0, new: 0, fill: Place::fill_of(line) });
            self.lines.push(Cow::Borrowed(""));
            return self.spend(line.len());
        }
        self.place.reset();
        head::lengthen(line)?.into_iter().try_for_each(|line| self.push(Cow::Owned(line)))
    }

    /// `3:`, or `3 12 as + indent -4 tab`
    fn take_reference(&mut self, text: &str) -> Option<()> {
        let (label, rest) = number(text)?;
        let label = label as usize;
        if rest == ":" {
            // Labels are numbered in order.
            if label != self.labels.len() + 1 {
                return None;
            }
            self.labels.push(Some(self.lines.len()));
            return Some(());
        }
        let from = (*self.labels.get(label.checked_sub(1)?)?)?;
        let (count, mut rest) = number(rest.strip_prefix(' ')?)?;
        let mut sign = None;
        if let Some(behind) = rest.strip_prefix(" as ") {
            sign = Some(behind.chars().next().filter(|sign| matches!(sign, '+' | '-' | ' '))?);
            rest = &behind[1..];
        }
        let (mut is_less, mut by, mut filling) = (false, 0, " ");
        if let Some(behind) = rest.strip_prefix(" indent ") {
            let (indent, behind) = match behind.strip_prefix('-') {
                Some(behind) => {
                    is_less = true;
                    number(behind)?
                }
                None => number(behind)?,
            };
            by = indent as usize;
            filling = if behind == " tab" { "\t" } else { " " };
            rest = behind.strip_prefix(" tab").unwrap_or(behind);
        }
        if !rest.is_empty() || by > self.budget {
            return None;
        }
        let filling = filling.repeat(if is_less { 0 } else { by });
        let cut = if is_less { by } else { 0 };
        for index in from..from.checked_add(count as usize)? {
            let line = self.lines.get(index)?.clone();
            let own = line.chars().next()?;
            let said = line.get(1..)?;
            let changed = sign.is_some_and(|sign| sign != own) || by > 0 && !said.trim_ascii().is_empty();
            if !changed {
                self.push(line)?;
                continue;
            }
            let said = if said.trim_ascii().is_empty() { said } else { said.get(cut..)? };
            let filling = if said.trim_ascii().is_empty() { "" } else { &filling };
            self.spend(filling.len() + said.len())?;
            self.push(Cow::Owned(format!("{}{filling}{said}", sign.unwrap_or(own))))?;
        }
        Some(())
    }

    fn flush_run(&mut self) -> Option<()> {
        let (minus, plus) = (std::mem::take(&mut self.minus), std::mem::take(&mut self.plus));
        self.has_pair = false;
        minus.into_iter().chain(plus).try_for_each(|line| self.push(line))
    }

    fn push(&mut self, line: Cow<'f, str>) -> Option<()> {
        if let Some(hunk) = &mut self.hunk {
            match line.as_bytes().first() {
                Some(b' ') => {
                    hunk.old = hunk.old.checked_add(1)?;
                    hunk.new = hunk.new.checked_add(1)?;
                }
                Some(b'-') => hunk.old = hunk.old.checked_add(1)?,
                Some(b'+') => hunk.new = hunk.new.checked_add(1)?,
                _ => {}
            }
        }
        self.spend(line.len())?;
        self.lines.push(line);
        Some(())
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.budget = self.budget.checked_sub(bytes + LINE_BYTES)?;
        Some(())
    }

    fn end_hunk(&mut self) -> Option<()> {
        if let Some(hunk) = self.hunk.take() {
            self.lines[hunk.at] = Cow::Owned(self.place.lengthen(hunk.short, hunk.old, hunk.new)?);
        }
        Some(())
    }
}
