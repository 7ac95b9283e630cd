//! The lossless form of a text that holds diffs.
//!
//! What follows from other lines is left out (names said four times, counts of hunks), what repeats is referred to. The
//! reader in `read.rs` writes it all again, byte for byte; a form that it does not read back is not offered.

use std::fmt::Write;

use super::fold::{self, Again, Item, Unit};
use super::head::{self, Place};
use super::pair;
use super::parse::{FileDiff, Hunk, Part};
use crate::text::Lines;

/// Lines that look like notation are written behind this.
pub const ESCAPE: char = '|';

/// The lossless form; `flags` say what was done to the text before.
pub fn write(lines: &Lines, parts: &[Part], is_named: &[bool], flags: &str) -> String {
    let units = units_of(lines, parts, is_named);
    let items = fold::fold(&units);
    let mut form = Form {
        lines,
        units: &units,
        items: &items,
        at: 0,
        out: String::new(),
        run: Vec::new(),
        place: Place::default(),
        is_filled: false,
        used: [false; 5],
    };
    for part in parts {
        match part {
            Part::Loose(range) => range.clone().for_each(|line| form.push_line(line)),
            Part::File(file) => form.push_file(file),
        }
    }
    let text = lines.text;
    if !text.ends_with('\n') {
        form.out.pop();
    }
    let mut whole = format!("#diff {} lines{flags}", lines.len());
    whole.push_str(&form.legend());
    whole.push('\n');
    whole.push_str(&form.out);
    whole
}

/// The lines of all hunks; those of combined diffs are not folded.
fn units_of<'t>(lines: &Lines<'t>, parts: &[Part], is_named: &[bool]) -> Vec<Unit<'t>> {
    let mut units = Vec::new();
    let mut group = 0;
    for part in parts {
        let Part::File(file) = part else { continue };
        for hunk in &file.hunks {
            group += 1;
            for index in hunk.body.clone() {
                let line = raw(lines, index);
                let sign = match line.as_bytes().first() {
                    Some(&sign @ (b' ' | b'+' | b'-')) if hunk.columns == 1 => sign,
                    _ => 0,
                };
                let text = if sign == 0 { line } else { &line[1..] };
                units.push(Unit { text, sign, group, line: index as u32, is_literal: is_named[index] });
            }
        }
    }
    units
}

/// A line with its carriage return, if it has one.
pub fn raw<'t>(lines: &Lines<'t>, index: usize) -> &'t str {
    let line = lines.list[index];
    let whole = &lines.text[line.start as usize..line.next as usize];
    whole.strip_suffix('\n').unwrap_or(whole)
}

/// The form under construction.
struct Form<'f, 't> {
    lines: &'f Lines<'t>,
    units: &'f [Unit<'t>],
    items: &'f [Item],
    /// The next item.
    at: usize,
    out: String,
    /// Items of removed and added lines that have not been written yet.
    run: Vec<Item>,
    place: Place,
    /// The lines of this hunk are written without their sign.
    is_filled: bool,
    /// Whether heads, hunks, pairs, repetitions, hunks without signs occur.
    used: [bool; 5],
}

impl Form<'_, '_> {
    /// How to read what occurs.
    fn legend(&self) -> String {
        const WORDS: [&str; 5] = [
            " === path index;",
            " @@ old line (\" same trailer);",
            " ~ [-old-]{+new+};",
            " #1 5 as +: the 5 lines below #1: again, added;",
            " @@0+ all added;",
        ];
        let mut legend = String::from(":");
        for (word, _) in WORDS.iter().zip(self.used).filter(|(_, is_used)| *is_used) {
            legend.push_str(word);
        }
        legend.pop();
        legend
    }

    fn push_line(&mut self, index: usize) {
        let line = raw(self.lines, index);
        if head::is_notation(line) {
            self.out.push(ESCAPE);
        }
        self.out.push_str(line);
        self.out.push('\n');
        self.place.pass(line);
    }

    fn push_file(&mut self, file: &FileDiff) {
        let lines: Vec<&str> = file.head.clone().map(|index| raw(self.lines, index)).collect();
        match head::shorten(&lines, &file.path) {
            Some(short) => {
                self.used[0] = true;
                self.out.push_str(&short);
                self.out.push('\n');
                self.place.reset();
            }
            None => file.head.clone().for_each(|index| self.push_line(index)),
        }
        for hunk in &file.hunks {
            self.push_hunk(hunk);
        }
    }

    fn push_hunk(&mut self, hunk: &Hunk) {
        let line = raw(self.lines, hunk.head);
        let fill = self.fill(hunk);
        match self.is_derivable(hunk).then(|| self.place.shorten(line, fill)).flatten() {
            Some(short) => {
                self.used[1] = true;
                self.used[4] |= fill.is_some();
                self.is_filled = fill.is_some();
                self.out.push_str(&short);
                self.out.push('\n');
                self.place.advance(hunk.old, hunk.new);
            }
            None => self.push_line(hunk.head),
        }
        let end = hunk.body.end as u32;
        while let Some(item) = self.items.get(self.at) {
            let first = match *item {
                Item::Line(at) | Item::Pair(at, ..) | Item::Again(Again { at, .. }) => Some(at),
                Item::Label(_) => None,
            };
            // A label belongs to the item behind it.
            let first = first.or_else(|| match self.items.get(self.at + 1) {
                Some(&(Item::Line(at) | Item::Pair(at, ..))) => Some(at),
                _ => None,
            });
            if first.is_some_and(|at| self.units[at].line >= end) {
                break;
            }
            self.push_item(*item);
            self.at += 1;
        }
        self.flush_run();
        self.is_filled = false;
    }

    /// The sign that all lines of a hunk have, if it has some: then it is said once.
    fn fill(&self, hunk: &Hunk) -> Option<u8> {
        if hunk.body.len() < 3 {
            return None;
        }
        let first = |index: usize| raw(self.lines, index).as_bytes().first().copied();
        let sign = first(hunk.body.start).filter(|sign| matches!(sign, b'+' | b'-'))?;
        hunk.body.clone().all(|index| first(index) == Some(sign)).then_some(sign)
    }

    /// Whether the reader will find the end of the hunk by its lines' signs alone.
    fn is_derivable(&self, hunk: &Hunk) -> bool {
        let has_sign =
            |index: usize| matches!(raw(self.lines, index).as_bytes().first(), Some(b' ' | b'+' | b'-' | b'\\'));
        hunk.is_whole
            && hunk.body.clone().all(has_sign)
            && (hunk.body.end >= self.lines.len() || !has_sign(hunk.body.end))
    }

    fn push_item(&mut self, item: Item) {
        match item {
            Item::Pair(..) => self.run.push(item),
            Item::Line(at) if matches!(self.units[at].sign, b'+' | b'-') => self.run.push(item),
            Item::Line(at) => {
                self.flush_run();
                self.push_unit(at);
            }
            Item::Label(label) => {
                self.flush_run();
                self.used[3] = true;
                let _ = writeln!(self.out, "#{label}:");
            }
            Item::Again(again) => {
                self.flush_run();
                push_again(&mut self.out, &again);
            }
        }
    }

    /// Writes removed and added lines; pairs only where the reader puts both sides in their places.
    fn flush_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        let (mut minus, mut plus) = (Vec::new(), Vec::new());
        for item in &run {
            match *item {
                Item::Pair(old, new, _) => {
                    minus.push(old);
                    plus.push(new);
                }
                Item::Line(at) if self.units[at].sign == b'-' => minus.push(at),
                Item::Line(at) => plus.push(at),
                _ => {}
            }
        }
        minus.append(&mut plus);
        let is_canonical = minus.windows(2).all(|pair| pair[0] < pair[1]);
        if !is_canonical {
            minus.sort_unstable();
            minus.iter().for_each(|&at| self.push_unit(at));
            return;
        }
        for item in run {
            match item {
                Item::Pair(old, new, shared) => {
                    self.used[2] = true;
                    self.out.push('~');
                    pair::write(&mut self.out, self.units[old].text, self.units[new].text, shared);
                    self.out.push('\n');
                }
                Item::Line(at) => self.push_unit(at),
                _ => {}
            }
        }
    }

    fn push_unit(&mut self, at: usize) {
        if self.is_filled {
            self.out.push(' ');
            self.out.push_str(self.units[at].text);
            self.out.push('\n');
        } else {
            self.push_line(self.units[at].line as usize);
        }
    }
}

/// Writes a reference: `#3 12 as + indent -4`.
pub fn push_again(out: &mut String, again: &Again) {
    let _ = write!(out, "#{} {}", again.label, again.count);
    if let Some(sign) = again.sign {
        let _ = write!(out, " as {}", sign as char);
    }
    if again.indent.by != 0 {
        let tabs = if again.indent.byte == b'\t' { " tab" } else { "" };
        let _ = write!(out, " indent {}{tabs}", again.indent.by);
    }
    out.push('\n');
}
