//! Lines in, what logs and searches have on them out: times, levels, messages, templates; files and their lines.

use super::cell::{Cell, Kind};
use super::Base;
use crate::{log, search};

/// Bytes of a line in which its level is looked for.
const LEVEL_REACH: usize = 120;
const LEVELS: [&str; 20] = [
    "trace",
    "debug",
    "verbose",
    "info",
    "information",
    "notice",
    "warn",
    "warning",
    "error",
    "err",
    "fail",
    "critical",
    "crit",
    "fatal",
    "alert",
    "emerg",
    "emergency",
    "severe",
    "panic",
    "fine",
];
/// Levels of one letter, as Android and glog write them.
const LETTERS: &str = "VDIWEF";

/// What a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Level,
    Time,
    Message,
    Template,
    /// Of search results: the file, the line's number in it, and what it says.
    File,
    FileLine,
    Hit,
}

impl Part {
    /// The parts that any line has.
    pub const ALL: [Part; 5] = [Part::Text, Part::Level, Part::Time, Part::Message, Part::Template];

    pub fn name(self) -> &'static str {
        match self {
            Part::Text | Part::Hit => "text",
            Part::Level => "level",
            Part::Time => "time",
            Part::Message => "message",
            Part::Template => "template",
            Part::File => "file",
            Part::FileLine => "line",
        }
    }
}

/// A part of each line.
pub fn read(text: &str, rows: &[Base], part: Part, extra: &mut String) -> Vec<Cell> {
    match part {
        Part::Text => rows.iter().map(|row| plain(row.start, row.end)).collect(),
        Part::Template => templates(text, rows, extra),
        Part::File | Part::FileLine | Part::Hit => hits(text, rows, part, extra),
        Part::Time | Part::Level | Part::Message => {
            let times = log::times(text);
            let mut at = 0;
            let stamped = rows.iter().map(|row| {
                while times.get(at).is_some_and(|time| time.0 < row.start) {
                    at += 1;
                }
                let time = times.get(at).filter(|time| time.0 == row.start).and_then(|time| time.1);
                of_line(text, row, time, part)
            });
            stamped.collect()
        }
    }
}

fn plain(start: u32, end: u32) -> Cell {
    if start == end {
        return Cell::MISSING;
    }
    Cell { start, end, kind: Kind::Text }
}

fn of_line(text: &str, row: &Base, time: Option<(u32, u32)>, part: Part) -> Cell {
    let line = &text[row.start as usize..row.end as usize];
    let behind_time = time.map_or(0, |(_, end)| (end - row.start) as usize);
    let level = level(line, behind_time, time.is_some());
    match part {
        Part::Time => time.map_or(Cell::MISSING, |(start, end)| plain(start, end)),
        Part::Level => level.map_or(Cell::MISSING, |(from, to)| plain(row.start + from as u32, row.start + to as u32)),
        _ => {
            let from = level.map_or(behind_time, |(_, to)| to.max(behind_time));
            let bare = line[from..].trim_start_matches([' ', '\t', ':', '-', ']', '|', ')']);
            plain(row.start + (line.len() - bare.len()) as u32, row.end)
        }
    }
}

/// Where the level of a line stands: a word that is known for one, and looks like one.
fn level(line: &str, behind_time: usize, has_time: bool) -> Option<(usize, usize)> {
    let mut reach = line.len().min(behind_time + LEVEL_REACH);
    while !line.is_char_boundary(reach) {
        reach -= 1;
    }
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < reach {
        if !bytes[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let end =
            at + bytes[at..reach].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = &line[at..end];
        let is_known = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        let (before, behind) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(end).copied());
        let is_shouted = word.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_marked = matches!(before, Some(b'[' | b'(' | b'<' | b'|' | b'=' | b'"')) || behind == Some(b':');
        let is_letter = has_time && at >= behind_time && word.len() == 1 && LETTERS.contains(word);
        let is_apart = matches!(before, None | Some(b' ')) && matches!(behind, None | Some(b' ' | b'/'));
        if is_known && (is_shouted || is_marked) || is_letter && is_apart {
            return Some((at, end));
        }
        at = end;
    }
    None
}

fn templates(text: &str, rows: &[Base], extra: &mut String) -> Vec<Cell> {
    let found = log::templates_of_lines(text);
    let texts: Vec<Cell> =
        found.texts.iter().map(|template| Cell::added(template, Kind::Text, text.len(), extra)).collect();
    let mut at = 0;
    let of_row = rows.iter().map(|row| {
        while found.starts.get(at).is_some_and(|start| *start < row.start) {
            at += 1;
        }
        let is_own = found.starts.get(at) == Some(&row.start);
        found.of_line.get(at).filter(|_| is_own).map_or(Cell::MISSING, |template| texts[*template as usize])
    });
    of_row.collect()
}

fn hits(text: &str, rows: &[Base], part: Part, extra: &mut String) -> Vec<Cell> {
    let found = search::hits(text);
    let mut files: Vec<(&str, Cell)> = Vec::new();
    let mut at = 0;
    let mut cells = Vec::with_capacity(rows.len());
    for row in rows {
        while found.get(at).is_some_and(|hit| hit.start < row.start) {
            at += 1;
        }
        let Some(hit) = found.get(at).filter(|hit| hit.end <= row.end) else {
            cells.push(Cell::MISSING);
            continue;
        };
        cells.push(match part {
            Part::File => {
                if files.last().is_none_or(|last| last.0 != hit.file) {
                    files.push((hit.file, Cell::added(hit.file, Kind::Text, text.len(), extra)));
                }
                files[files.len() - 1].1
            }
            Part::FileLine if hit.number > 0 => Cell::added(&hit.number.to_string(), Kind::Number, text.len(), extra),
            Part::FileLine => Cell::MISSING,
            _ => plain(hit.start, hit.end),
        });
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_from_words_that_are_like_them() {
        for (line, wanted) in [
            ("2024-01-01 10:00:00 INFO started", Some("INFO")),
            ("[Sun Dec 04 07:04:55 2005] [notice] jk2_init()", Some("notice")),
            ("sshd[1]: error: Received disconnect", Some("error")),
            ("ts=1 level=warn msg=x", Some("warn")),
            ("the error was found", None),
            ("", None),
        ] {
            assert_eq!(level(line, 0, false).map(|(from, to)| &line[from..to]), wanted, "{line}");
        }
        let line = "03-17 16:13:38.811  1702  2395 D WindowManager: x";
        assert_eq!(level(line, 18, true).map(|(from, to)| &line[from..to]), Some("D"));
    }
}
