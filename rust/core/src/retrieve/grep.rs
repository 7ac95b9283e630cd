//! `grep REGEX -C 2`: which units match, with what is around them.
//!
//! The syntax is that of the regex crate (linear time; no look-around, no back-references). A unit is a line, or a
//! record of JSON that is written on one line. Of a unit longer than `LONG_UNIT` only the surroundings of
//! matches are given, with the range of characters they come from.

use std::collections::VecDeque;
use std::mem::take;

use regex::{Regex, RegexBuilder};

use super::pieces::{Mark, Piece, TooMany, MAX_PIECES};
use super::query::Problem;
use super::records::{self, Row};

/// Bytes above which a unit is not given whole.
const LONG_UNIT: usize = 4_000;
/// Bytes on either side of a match that are given of a long unit.
const AROUND: usize = 100;
/// Bytes looked at in one go, in steps of half of it, to find where in a long unit the matches are.
const SEGMENT: usize = 400;
/// Bytes that a compiled pattern may take.
const MAX_PROGRAM_BYTES: usize = 1 << 20;

/// A parsed grep.
#[derive(Debug)]
pub struct Grep {
    pattern: Regex,
    invert: bool,
    before: usize,
    after: usize,
    old_alternative: Option<(String, Regex)>,
}

#[derive(Default)]
struct Flags {
    ignore_case: bool,
    fixed: bool,
    word: bool,
    invert: bool,
    before: usize,
    after: usize,
}

/// A span of the text that is looked at as one.
struct Unit {
    number: u32,
    start: usize,
    value: usize,
    end: usize,
    whole: bool,
    from_char: u32,
}

impl Unit {
    fn row(number: u32, row: &Row) -> Self {
        Self { number, start: row.start, value: row.value, end: row.end, whole: true, from_char: 0 }
    }

    fn rest(start: usize, end: usize) -> Self {
        Self { number: 0, start, value: start, end, whole: false, from_char: 0 }
    }
}

impl Grep {
    /// Parses what follows the word `grep`.
    pub fn parse(source: &str) -> Result<Self, Problem> {
        let tokens = tokens(source)?;
        let mut flags = Flags::default();
        let (first, last) = strip_flags(source, &tokens, &mut flags)?;
        let pattern = match tokens.get(first..last) {
            None | Some([]) => return Err(Problem::new("the pattern is missing", "grep REGEX")),
            Some(&[(start, end)]) => unquoted(&source[start..end], flags.fixed),
            Some(tokens) => source[tokens[0].0..tokens[tokens.len() - 1].1].to_owned(),
        };
        let regex = build(&pattern, &flags).map_err(|error| complaint(&pattern, &error))?;
        let old_alternative = old_alternative(&pattern)
            .filter(|_| !flags.fixed)
            .and_then(|meant| build(&meant, &flags).ok().map(|regex| (meant, regex)));
        Ok(Self { pattern: regex, invert: flags.invert, before: flags.before, after: flags.after, old_alternative })
    }

    /// What the pattern was meant to be if nothing in the text matches it as it is, but something does where `\|`
    /// means "or", as in the grep of old.
    pub fn meant_for(&self, text: &str) -> Option<&str> {
        self.old_alternative.as_ref().filter(|(_, regex)| regex.is_match(text)).map(|(meant, _)| meant.as_str())
    }

    /// The pieces that match, and those around them, in a text,
    /// whose first line has the number `first_line`.
    pub fn in_text(&self, text: &str, first_line: u32) -> Result<Vec<Piece>, TooMany> {
        let one_line = !text.trim_end().contains('\n');
        if let Some(rows) = one_line.then(|| records::json_rows(text)).flatten() {
            return self.search(text, record_units(text, &rows));
        }
        let lines = records::lines(text).map(|(start, end)| Row { start, value: start, end });
        self.search(text, lines.zip(first_line..).map(|(line, number)| Unit::row(number, &line)))
    }

    /// The pieces, of those given, that match, and those around them.
    pub fn in_pieces(&self, text: &str, pieces: &[Piece]) -> Result<Vec<Piece>, TooMany> {
        let units = pieces.iter().map(|piece| {
            let content = &text[piece.start()..piece.end()];
            let line = content.strip_suffix('\n').unwrap_or(content);
            let end = piece.start() + line.strip_suffix('\r').unwrap_or(line).len();
            let row = Row { start: piece.start(), value: piece.value(), end };
            Unit { from_char: piece.from_char, ..Unit::row(piece.number, &row) }
        });
        self.search(text, units)
    }

    fn search(&self, text: &str, units: impl Iterator<Item = Unit>) -> Result<Vec<Piece>, TooMany> {
        let mut found = Found { text, pieces: Vec::new(), counted: (0, 0) };
        let mut recent: VecDeque<Unit> = VecDeque::new();
        let mut left_after = 0;
        let mut gap = false;
        for unit in units {
            if self.pattern.is_match(&text[unit.start..unit.end]) != self.invert {
                for earlier in recent.drain(..) {
                    found.push_whole(&earlier, Mark::Context, take(&mut gap));
                }
                self.push_match(&mut found, &unit, take(&mut gap));
                left_after = self.after;
            } else if left_after > 0 {
                found.push_whole(&unit, Mark::Context, false);
                left_after -= 1;
            } else {
                recent.push_back(unit);
                if recent.len() > self.before {
                    recent.pop_front();
                    gap = !found.pieces.is_empty() && self.before + self.after > 0;
                }
            }
            if found.pieces.len() > MAX_PIECES {
                return Err(TooMany);
            }
        }
        Ok(found.pieces)
    }

    fn push_match(&self, found: &mut Found<'_>, unit: &Unit, mut gap: bool) {
        if self.invert || (unit.whole && unit.end - unit.start <= LONG_UNIT) {
            return found.push_whole(unit, Mark::Match, gap);
        }
        for (start, end) in self.windows(found.text, unit) {
            found.push_part(unit, (start, end), Mark::Match, take(&mut gap));
        }
    }

    /// The parts of a long unit that are around matches.
    ///
    /// It is searched in segments that overlap by half, since a search without bounds could read the rest of the
    /// unit once a match. So matches longer than half a segment may go unshown next to others, but never all.
    fn windows(&self, text: &str, unit: &Unit) -> Vec<(usize, usize)> {
        let mut windows = Vec::new();
        let mut start = unit.start;
        while start < unit.end {
            let end = boundary_after(text, start + SEGMENT).min(unit.end);
            start = match self.pattern.find_at(&text[unit.start..end], start - unit.start) {
                Some(found) => {
                    let (from, to) = (unit.start + found.start(), unit.start + found.end());
                    add_window(&mut windows, text, unit, from, to);
                    boundary_after(text, to.max(from + AROUND / 2))
                }
                None => boundary_after(text, start + SEGMENT / 2),
            };
        }
        if windows.is_empty() {
            if let Some(found) = self.pattern.find(&text[unit.start..unit.end]) {
                add_window(&mut windows, text, unit, unit.start + found.start(), unit.start + found.end());
            }
        }
        windows
    }
}

fn build(pattern: &str, flags: &Flags) -> Result<Regex, regex::Error> {
    let mut regex = if flags.fixed { regex::escape(pattern) } else { pattern.to_owned() };
    if flags.word {
        regex = format!(r"\b(?:{regex})\b");
    }
    RegexBuilder::new(&regex)
        .case_insensitive(flags.ignore_case)
        .size_limit(MAX_PROGRAM_BYTES)
        .dfa_size_limit(4 * MAX_PROGRAM_BYTES)
        .build()
}

/// The pattern with `|` for each `\|`, if one of these is between words.
fn old_alternative(pattern: &str) -> Option<String> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii() || byte.is_ascii_alphanumeric());
    let bytes = pattern.as_bytes();
    let between_words = |(at, _): (usize, &str)| at > 0 && is_word(bytes.get(at - 1)) && is_word(bytes.get(at + 2));
    pattern.match_indices(r"\|").any(between_words).then(|| pattern.replace(r"\|", "|"))
}

/// The pieces found so far, in ascending order.
struct Found<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    counted: (usize, usize),
}

impl Found<'_> {
    fn push_whole(&mut self, unit: &Unit, mark: Mark, gap: bool) {
        if unit.end - unit.start > LONG_UNIT {
            let end = boundary_after(self.text, unit.start + 2 * AROUND);
            return self.push_part(unit, (unit.start, end), mark, gap);
        }
        let row = Row { start: unit.start, value: unit.value, end: unit.end };
        self.pieces.push(Piece::new(&row, unit.number, mark).part(unit.from_char, gap));
    }

    fn push_part(&mut self, unit: &Unit, (start, end): (usize, usize), mark: Mark, gap: bool) {
        // Parts come in ascending order, so that each character is counted once.
        let (byte, characters) = self.counted;
        self.counted = (start, characters + self.text[byte..start].chars().count());
        let row = Row { start, value: start, end };
        let from_char = u32::try_from(self.counted.1 + 1).unwrap_or(u32::MAX);
        self.pieces.push(Piece::new(&row, unit.number, mark).part(from_char, gap));
    }
}

fn add_window(windows: &mut Vec<(usize, usize)>, text: &str, unit: &Unit, from: usize, to: usize) {
    let from = boundary_after(text, from.saturating_sub(AROUND).max(unit.start));
    let to = boundary_after(text, to + AROUND).min(unit.end);
    match windows.last_mut() {
        Some(last) if from <= last.1 => last.1 = last.1.max(to),
        _ => windows.push((from, to)),
    }
}

fn boundary_after(text: &str, mut at: usize) -> usize {
    while at < text.len() && !text.is_char_boundary(at) {
        at += 1;
    }
    at.min(text.len())
}

/// The rows of a text, and what is before the first and behind the last of them.
fn record_units<'r>(text: &str, rows: &'r [Row]) -> impl Iterator<Item = Unit> + 'r {
    let head_end = rows.first().map_or(text.len(), |row| row.start);
    let tail_start = rows.last().map_or(text.len(), |row| row.end);
    let numbered = rows.iter().zip(1..).map(|(row, number)| Unit::row(number, row));
    std::iter::once(Unit::rest(0, head_end)).chain(numbered).chain([Unit::rest(tail_start, text.len())])
}

/// Where the words are; one in quotes is one word.
fn tokens(source: &str) -> Result<Vec<(usize, usize)>, Problem> {
    let mut tokens = Vec::new();
    let mut start = 0;
    loop {
        start += source[start..].len() - source[start..].trim_start().len();
        let Some(first) = source[start..].chars().next() else { return Ok(tokens) };
        let length = match first {
            '\'' | '"' => quoted_length(&source[start..], first).ok_or_else(|| {
                let nearest = format!("grep {}{first}", source.trim());
                Problem::new(format!("the closing {first} is missing"), nearest)
            })?,
            _ => source[start..].find(char::is_whitespace).unwrap_or(source.len() - start),
        };
        tokens.push((start, start + length));
        start += length;
    }
}

fn quoted_length(rest: &str, quote: char) -> Option<usize> {
    let mut guarded = true; // the opening quote itself
    for (at, character) in rest.char_indices() {
        match character {
            _ if guarded => guarded = false,
            '\\' => guarded = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn unquoted(token: &str, fixed: bool) -> String {
    let Some(quote) = token.chars().next().filter(|first| matches!(first, '\'' | '"')) else {
        return token.to_owned();
    };
    let inside = &token[1..token.len() - 1];
    // In a pattern a guarded quote means the quote, so it may stay as it is.
    if fixed {
        inside.replace(&format!("\\{quote}"), &quote.to_string())
    } else {
        inside.to_owned()
    }
}

/// Takes the flags at both ends; says which tokens are left.
fn strip_flags(source: &str, tokens: &[(usize, usize)], flags: &mut Flags) -> Result<(usize, usize), Problem> {
    let word = |at: usize| tokens.get(at).map(|&(start, end)| &source[start..end]);
    let (mut first, mut last) = (0, tokens.len());
    while let Some(token) = word(first).filter(|token| token.len() > 1 && token.starts_with('-')) {
        first += 1;
        if matches!(token, "--" | "-e") {
            return Ok((first, last));
        }
        first += usize::from(flags.read(token, word(first))?);
    }
    while last > first + 1 {
        let takes_number = last > first + 2 && word(last - 2).is_some_and(|token| is_flag(token, word(last - 1)));
        if takes_number {
            flags.read(word(last - 2).unwrap_or_default(), word(last - 1))?;
            last -= 2;
        } else if word(last - 1).is_some_and(|token| is_flag(token, None)) {
            flags.read(word(last - 1).unwrap_or_default(), None)?;
            last -= 1;
        } else {
            break;
        }
    }
    Ok((first, last))
}

/// Whether a token is a flag, and one that takes the number that follows if one is given.
fn is_flag(token: &str, number: Option<&str>) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(letters) = token.strip_prefix('-') else { return false };
    let Some(at) = letters.find(|letter| !"invwFE".contains(letter)) else {
        return number.is_none() && !letters.is_empty();
    };
    let value = letters[at..].strip_prefix(['A', 'B', 'C']);
    match (value, number) {
        (Some(""), Some(number)) => is_number(number),
        (Some(value), None) => is_number(value),
        (None, None) => is_number(letters),
        _ => false,
    }
}

impl Flags {
    /// Reads one token of flags; says whether it took the next token as its number.
    fn read(&mut self, token: &str, next: Option<&str>) -> Result<bool, Problem> {
        let letters = &token[1..];
        if let Ok(around) = letters.parse() {
            (self.before, self.after) = (around, around);
            return Ok(false);
        }
        for (at, letter) in letters.char_indices() {
            match letter {
                'i' => self.ignore_case = true,
                'F' => self.fixed = true,
                'w' => self.word = true,
                'v' => self.invert = true,
                'n' | 'E' => {}
                'A' | 'B' | 'C' => {
                    let (number, took) = match &letters[at + 1..] {
                        "" => (next.unwrap_or_default(), true),
                        attached => (attached, false),
                    };
                    let number = number.parse().map_err(|_| {
                        Problem::new(format!("-{letter} wants a number of lines"), format!("grep -{letter} 2 REGEX"))
                    })?;
                    self.before = if letter == 'A' { self.before } else { number };
                    self.after = if letter == 'B' { self.after } else { number };
                    return Ok(took);
                }
                'c' => {
                    let complaint = "grep has no -c: every answer says how many matches there are";
                    return Err(Problem::new(complaint, "grep REGEX"));
                }
                _ => {
                    let complaint = format!("grep has no flag {token}, only -i -v -w -F -A -B -C");
                    return Err(Problem::new(complaint, format!("grep -- {token}")));
                }
            }
        }
        Ok(false)
    }
}

fn complaint(pattern: &str, error: &regex::Error) -> Problem {
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_owned(),
        error => {
            let text = error.to_string();
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    let quote = if pattern.contains('\'') { '"' } else { '\'' };
    Problem::new(format!("`{pattern}` is no valid pattern: {reason}"), format!("grep -F {quote}{pattern}{quote}"))
}
