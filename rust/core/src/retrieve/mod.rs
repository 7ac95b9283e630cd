//! Retrieval: a stored text and a query go in, an exact part of it comes out, under a ceiling of tokens.
//!
//! The language is in [`query`]. What does not fit is said with the query that gives the next part; parts put
//! together are the whole, byte for byte. Time is linear in the text, whatever it holds.

mod ceiling;
mod grep;
mod path;
mod pieces;
pub mod query;
mod records;
mod relation;
mod scan;
mod symbol;
mod window;

pub use query::QueryError;

use crate::detect;
use crate::kind::Kind;
use crate::markup;
use crate::text::end_line;
use grep::Grep;
use path::Path;
use pieces::{joined, Mark, Piece, TooMany, MAX_PIECES};
use query::{Problem, Stage, Verb};
use records::Row;
use relation::{Clause, Relation};
use scan::Fault;
use window::Windows;

/// How surely a text must be markup to be read as such.
const LEAST_MARKUP: f64 = 0.7;

/// What a query gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text for the reader.
    pub text: String,
    /// How many lines, rows, values, matches or characters it shows.
    pub shown: usize,
    /// Of how many.
    pub total: usize,
    /// The query that gives the next part, if this is not all that was asked for.
    pub next: Option<String>,
}

/// Evaluates `query` over `text`. The answer has at most `max_tokens` o200k tokens, but at least one character.
pub fn retrieve(text: &str, query: &str, max_tokens: usize) -> Result<Answer, QueryError> {
    let stages = query::parse(query)?;
    if u32::try_from(text.len()).is_err() {
        return Err(QueryError(format!("a text of {} bytes is too large; 4 GiB is the limit", text.len())));
    }
    let pipe = Pipe { query, stages: &stages, max_tokens };
    pipe.text_stage(text, 0)
}

struct Pipe<'q> {
    query: &'q str,
    stages: &'q [Stage],
    max_tokens: usize,
}

/// A window on a text: lines or characters that were asked for, or all of it.
struct Slice<'t> {
    /// The text that the window is on, which the first `depth` stages give.
    parent: &'t str,
    depth: usize,
    start: usize,
    end: usize,
    /// The number, in the parent, of the first line; and of lines in all.
    first_line: usize,
    lines: usize,
    /// Whether characters are counted rather than lines.
    by_chars: bool,
    /// Whether the window has no end of its own.
    open: bool,
}

/// Pieces of a text, as the stages before `depth` give them.
struct List<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    depth: usize,
    total: usize,
    /// The windows that the pieces were taken with, and the word for them.
    windows: Option<(&'static str, Windows)>,
    /// Whether the pieces are values of JSON that a path gave.
    are_values: bool,
}

impl Pipe<'_> {
    /// Continues after `depth` stages, which gave the text.
    fn text_stage(&self, text: &str, depth: usize) -> Result<Answer, QueryError> {
        let Some(stage) = self.stages.get(depth) else {
            return Ok(self.show_slice(&Slice::whole(text, depth)));
        };
        match &stage.verb {
            Verb::Lines(windows) if windows.single().is_none() => {
                let mut start = 0;
                let lines = text.split_inclusive('\n').map(|line| {
                    start += line.len();
                    Row::plain(start - line.len(), start)
                });
                self.picked(text, (pieces(lines)?, false), windows, "lines", depth)
            }
            Verb::Lines(windows) => self.slice_stage(&Slice::lines(text, windows, depth), depth + 1),
            Verb::Chars(windows) => self.chars(text, windows, depth),
            Verb::Rows(windows) => self.picked(text, (pieces(records::rows(text))?, false), windows, "rows", depth),
            Verb::Path(path) => self.path_in_text(text, path, depth),
            Verb::Grep(grep) => self.grepped(text, grep.in_text(text, 1), grep, depth),
            Verb::Relation(_) => match markup_as_json(text) {
                Some(json) => self.relation_stage(Relation::of_text(&json), depth),
                None => self.relation_stage(Relation::of_text(text), depth),
            },
            Verb::Symbol(name) => {
                let found = symbol::find(text, name).map_err(|problem| self.error(problem, depth))?;
                let total = found.len();
                self.list_stage(List { text, pieces: found, depth: depth + 1, total, windows: None, are_values: false })
            }
        }
    }

    /// Continues after `depth` stages, the last of which gave a window on a text.
    fn slice_stage(&self, slice: &Slice<'_>, depth: usize) -> Result<Answer, QueryError> {
        match self.stages.get(depth).map(|stage| &stage.verb) {
            None => Ok(self.show_slice(slice)),
            // Lines keep the numbers they have in the text.
            Some(Verb::Grep(grep)) if !slice.by_chars => {
                let first_line = narrow(slice.first_line);
                self.grepped(slice.text(), grep.in_text(slice.text(), first_line), grep, depth)
            }
            Some(Verb::Relation(_)) if !slice.by_chars => {
                self.relation_stage(Relation::within(slice.parent, slice.start..slice.end), depth)
            }
            Some(_) => self.text_stage(slice.text(), depth),
        }
    }

    /// Continues after `depth` stages, which gave pieces of a text.
    fn list_stage(&self, list: List<'_>) -> Result<Answer, QueryError> {
        let (text, depth) = (list.text, list.depth);
        let Some(stage) = self.stages.get(depth) else { return self.show_list(&list) };
        if !matches!(stage.verb, Verb::Rows(_)) {
            self.refuse_overlaps(&list)?;
        }
        match &stage.verb {
            Verb::Lines(_) | Verb::Chars(_) => self.text_stage(&joined(text, &list.pieces), depth),
            Verb::Rows(windows) => self.picked(text, (list.pieces, list.are_values), windows, "rows", depth),
            Verb::Grep(grep) => self.grepped(text, grep.in_pieces(text, &list.pieces), grep, depth),
            Verb::Symbol(_) => self.text_stage(&joined(text, &list.pieces), depth),
            Verb::Relation(clauses) => {
                let is_grep = matches!(self.stages[depth - 1].verb, Verb::Grep(_));
                let relation = match clauses.first() {
                    _ if list.are_values => Relation::of_values(text, &list.pieces),
                    // How many lines a grep found, whatever they are lines of.
                    Some(Clause::Count) if is_grep => Ok(Relation::of_found(text, &list.pieces, line_count(text))),
                    _ => Relation::holding(text, &list.pieces),
                };
                self.relation_stage(relation, depth)
            }
            Verb::Path(path) => {
                let mut found = Vec::new();
                for piece in &list.pieces {
                    // Pieces that are no JSON have nothing at the path.
                    let from = piece.value();
                    let _ = path.find(&text[..piece.end()], from, &mut found);
                }
                self.values(text, &found, path, depth)
            }
        }
    }

    fn picked(
        &self,
        text: &str,
        (all, are_values): (Vec<Piece>, bool),
        windows: &Windows,
        word: &'static str,
        depth: usize,
    ) -> Result<Answer, QueryError> {
        let total = all.len();
        let pieces = windows.ranges(total).flat_map(|range| &all[range]).copied().collect();
        let windows = Some((word, windows.clone()));
        self.list_stage(List { text, pieces, depth: depth + 1, total, windows, are_values })
    }

    fn chars(&self, text: &str, windows: &Windows, depth: usize) -> Result<Answer, QueryError> {
        let Some((from, to)) = windows.single() else {
            return Err(QueryError(format!(
                "query `{}`: chars takes one range; write `chars {}`",
                self.query,
                windows.first()
            )));
        };
        let start = char_offset(text, from - 1);
        let length = to.saturating_sub(from).saturating_add(1);
        let end = start + char_offset(&text[start..], length);
        let slice = Slice { start, end, by_chars: true, open: to == usize::MAX, ..Slice::whole(text, depth) };
        self.slice_stage(&slice, depth + 1)
    }

    fn path_in_text(&self, text: &str, path: &Path, depth: usize) -> Result<Answer, QueryError> {
        let mut found = Vec::new();
        let documents = records::documents(text);
        if documents.len() > 1 {
            if path.is_root() {
                return self.text_stage(text, depth + 1);
            }
            for (index, document) in documents.iter().enumerate() {
                // Lines that are no JSON have nothing at the path.
                let place = (narrow(index), narrow(documents.len()));
                let _ = path.find_in_element(&text[..document.end], document.start, place, &mut found);
            }
        } else {
            let end = path.find(text, 0, &mut found).map_err(|fault| self.no_json(text, fault))?;
            let rest = scan::skip_space(text.as_bytes(), end);
            if rest < text.len() {
                return Err(self.no_json(text, Fault::Malformed(rest)));
            }
        }
        self.values(text, &found, path, depth)
    }

    fn values(&self, text: &str, found: &[(usize, usize)], path: &Path, depth: usize) -> Result<Answer, QueryError> {
        if let (&[(start, end)], true) = (found, path.is_definite()) {
            return self.value(&text[start..end], depth + 1);
        }
        let pieces = pieces(found.iter().map(|&(start, end)| Row::plain(start, end)))?;
        self.list_stage(List { text, total: pieces.len(), pieces, depth: depth + 1, windows: None, are_values: true })
    }

    /// Continues with one value. A string that is to be piped on, or does not fit, is the text it stands for.
    fn value(&self, value: &str, depth: usize) -> Result<Answer, QueryError> {
        let last = self.stages.len() == depth;
        if last && ceiling::fits(value, self.max_tokens) {
            return Ok(Answer { text: value.to_owned(), shown: 1, total: 1, next: None });
        }
        let inside = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest));
        match inside.and_then(scan::decoded) {
            Some(text) => self.text_stage(&text, depth),
            None => self.text_stage(value, depth),
        }
    }

    fn grepped(
        &self,
        text: &str,
        pieces: Result<Vec<Piece>, TooMany>,
        grep: &Grep,
        depth: usize,
    ) -> Result<Answer, QueryError> {
        let pieces = pieces.map_err(too_many)?;
        if pieces.is_empty() {
            if let Some(meant) = grep.meant_for(text) {
                return Err(QueryError(format!(
                    "query `{}`: nothing matches, and `\\|` means the character `|` here; write `grep '{meant}'` for \
                     either of two",
                    self.query
                )));
            }
        }
        let total = pieces.iter().filter(|piece| piece.mark == Mark::Match).count();
        self.list_stage(List { text, pieces, depth: depth + 1, total, windows: None, are_values: false })
    }

    /// Does with rows what the stages after `depth` say.
    fn relation_stage(&self, relation: Result<Relation<'_>, Problem>, mut depth: usize) -> Result<Answer, QueryError> {
        let mut relation = relation.map_err(|problem| self.error(problem, depth))?;
        while let Some(stage) = self.stages.get(depth) {
            match &stage.verb {
                Verb::Relation(clauses) => relation.apply(clauses).map_err(|problem| self.error(problem, depth))?,
                Verb::Rows(windows) => relation.take(windows),
                Verb::Grep(_) | Verb::Path(_) => {
                    let Some((text, pieces)) = relation.pieces() else { break };
                    let total = pieces.len();
                    return self.list_stage(List { text, pieces, depth, total, windows: None, are_values: false });
                }
                Verb::Lines(_) | Verb::Chars(_) | Verb::Symbol(_) => break,
            }
            depth += 1;
        }
        if depth == self.stages.len() {
            return self.show_relation(relation, depth);
        }
        let text = relation.rendered().map_err(|problem| self.error(problem, depth - 1))?;
        self.text_stage(&text, depth)
    }

    fn show_relation(&self, mut relation: Relation<'_>, depth: usize) -> Result<Answer, QueryError> {
        let heading = relation.heading().map_err(|problem| self.error(problem, depth - 1))?;
        let rows = relation.shown_rows();
        let write = |part: &usize, out: &mut String| match part.checked_sub(1) {
            None => out.push_str(&heading),
            Some(row) => relation.write_row(row, out),
        };
        let (parts, text) = ceiling::fitting(0..=rows, write, self.max_tokens);
        if parts == 0 || parts == 1 && rows > 0 {
            // Not even one row fits: all that there is becomes a text, and that is cut.
            let text = relation.rendered().map_err(|problem| self.error(problem, depth - 1))?;
            return Ok(self.show_chars(&Slice::whole(&text, depth)));
        }
        let shown = parts - 1;
        let next = (shown < rows).then(|| match &self.stages[depth - 1].verb {
            Verb::Rows(windows) => self.then(depth - 1, &format!("rows {}", windows.after(shown))),
            _ => self.then(depth, &format!("rows {parts}-")),
        });
        let total = relation.total();
        Ok(Answer { text, shown: shown + usize::from(relation.is_number()), total, next })
    }

    /// The error of a stage, with the whole query as it would be right.
    fn error(&self, problem: Problem, depth: usize) -> QueryError {
        let Some(at) = problem.at.clone() else { return problem.in_query(self.query.trim()) };
        let source = &self.stages[depth].source;
        let right = format!("{}{}{}", &source[..at.start], problem.nearest, &source[at.end..]);
        let stages = self.stages.iter().enumerate();
        let stages = stages.map(|(other, stage)| if other == depth { &right } else { &stage.source });
        let nearest = stages.map(String::as_str).collect::<Vec<_>>().join(" | ");
        Problem { nearest, ..problem }.in_query(self.query.trim())
    }

    fn show_slice(&self, slice: &Slice<'_>) -> Answer {
        let text = slice.text();
        if slice.by_chars {
            return self.show_chars(slice);
        }
        let lines = text.split_inclusive('\n');
        let (shown, part) = ceiling::fitting(lines, |line, out| out.push_str(line), self.max_tokens);
        if shown == 0 && !text.is_empty() {
            return self.show_chars(slice);
        }
        let next = (part.len() < text.len()).then(|| {
            let to = if slice.open { String::new() } else { (slice.first_line + line_count(text) - 1).to_string() };
            self.then(slice.depth, &format!("lines {}-{to}", slice.first_line + shown))
        });
        Answer { text: part, shown, total: slice.lines, next }
    }

    fn show_chars(&self, slice: &Slice<'_>) -> Answer {
        let text = slice.text();
        let part = &text[..ceiling::cut(text, self.max_tokens)];
        let shown = part.chars().count();
        let before = slice.parent[..slice.start].chars().count();
        let in_window = text.chars().count();
        let next = (part.len() < text.len()).then(|| {
            let to = if slice.open { String::new() } else { (before + in_window).to_string() };
            self.then(slice.depth, &format!("chars {}-{to}", before + shown + 1))
        });
        let total = before + in_window + slice.parent[slice.end..].chars().count();
        Answer { text: part.to_owned(), shown, total, next }
    }

    fn show_list(&self, list: &List<'_>) -> Result<Answer, QueryError> {
        let last = list.pieces.len().saturating_sub(1);
        let write = |(position, piece): &(usize, &Piece), out: &mut String| {
            piece.write(list.text, out);
            if *position < last {
                end_line(out);
            }
        };
        let (count, text) = ceiling::fitting(list.pieces.iter().enumerate(), write, self.max_tokens);
        if count == 0 && !list.pieces.is_empty() {
            // Not even one piece fits: what there is becomes a text, and that is cut.
            self.refuse_overlaps(list)?;
            return Ok(self.show_chars(&Slice::whole(&joined(list.text, &list.pieces), list.depth)));
        }
        let shown = list.pieces[..count].iter().filter(|piece| piece.mark != Mark::Context).count();
        let next = (count < list.pieces.len()).then(|| match &list.windows {
            Some((word, windows)) => self.then(list.depth - 1, &format!("{word} {}", windows.after(count))),
            None if matches!(self.stages[list.depth - 1].verb, Verb::Grep(_)) => {
                let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                self.then(list.depth, &format!("lines {}-", lines + 1))
            }
            None => self.then(list.depth, &format!("rows {}-", count + 1)),
        });
        Ok(Answer { text, shown, total: list.total, next })
    }

    /// The query of the first `depth` stages and one more.
    fn then(&self, depth: usize, stage: &str) -> String {
        let before = self.stages[..depth].iter().map(|stage| stage.source.as_str());
        before.chain([stage]).collect::<Vec<_>>().join(" | ")
    }

    /// Values inside values, one after the other, could make a long text of a short one.
    fn refuse_overlaps(&self, list: &List<'_>) -> Result<(), QueryError> {
        let bytes: usize = list.pieces.iter().map(|piece| piece.end() - piece.start()).sum();
        if bytes <= list.text.len().saturating_mul(4) + (1 << 20) {
            return Ok(());
        }
        Err(QueryError(format!(
            "query `{}`: the path gives {} values that lie inside each other; write `{}`",
            self.query,
            list.pieces.len(),
            self.then(list.depth, "rows 1")
        )))
    }

    fn no_json(&self, text: &str, fault: Fault) -> QueryError {
        let (at, reason) = match fault {
            Fault::Malformed(at) => (at, "the text is not JSON"),
            Fault::TooDeep(at) => (at, "the text is nested too deeply"),
        };
        let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() + 1;
        let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let wanted = last_name(self.query).unwrap_or("REGEX");
        QueryError(format!(
            "query `{}`: {reason} (line {line}, char {column}); write `lines 1-40` or `grep {wanted}`",
            self.query
        ))
    }
}

/// The last name in a query's first stage: what a path into something that is no JSON was meant to find.
fn last_name(query: &str) -> Option<&str> {
    let path = query.split('|').next().unwrap_or_default();
    let mut names = path.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_');
    names.find(|name| name.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '_'))
}

impl<'t> Slice<'t> {
    fn whole(text: &'t str, depth: usize) -> Self {
        let lines = line_count(text);
        Self { parent: text, depth, start: 0, end: text.len(), first_line: 1, lines, by_chars: false, open: true }
    }

    fn lines(text: &'t str, windows: &Windows, depth: usize) -> Self {
        let whole = Self::whole(text, depth);
        let (from, to) = windows.single().unwrap_or((1, usize::MAX));
        let start = line_offset(text, from - 1);
        let end = start + line_offset(&text[start..], to.saturating_sub(from).saturating_add(1));
        Self { start, end, first_line: from, open: to == usize::MAX, ..whole }
    }

    fn text(&self) -> &'t str {
        &self.parent[self.start..self.end]
    }
}

/// A text of YAML, TOML, XML or INI as JSON.
fn markup_as_json(text: &str) -> Option<String> {
    let scores = detect::scores(text);
    let surest = scores.iter().copied().fold(0.0, f64::max);
    let is_markup = scores[Kind::Markup as usize] >= LEAST_MARKUP && scores[Kind::Markup as usize] >= surest;
    is_markup.then(|| markup::as_json(text)).flatten().map(|(_, json)| json)
}

fn pieces(rows: impl IntoIterator<Item = Row>) -> Result<Vec<Piece>, QueryError> {
    let pieces: Vec<Piece> = rows
        .into_iter()
        .take(MAX_PIECES + 1)
        .zip(1..)
        .map(|(row, number)| Piece::new(&row, number, Mark::Plain))
        .collect();
    if pieces.len() > MAX_PIECES {
        Err(too_many(TooMany))
    } else {
        Ok(pieces)
    }
}

fn too_many(_: TooMany) -> QueryError {
    QueryError(format!("more than {MAX_PIECES} pieces; write `chars 1-4000` to see what the text is like"))
}

fn line_count(text: &str) -> usize {
    let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    breaks + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

/// Where the line after the first `count` lines begins.
fn line_offset(text: &str, count: usize) -> usize {
    match count.checked_sub(1) {
        None => 0,
        Some(last) => memchr::memchr_iter(b'\n', text.as_bytes()).nth(last).map_or(text.len(), |at| at + 1),
    }
}

/// Where the character after the first `count` characters begins.
fn char_offset(text: &str, count: usize) -> usize {
    let mut characters = text.chars();
    match count.checked_sub(1) {
        None => 0,
        Some(last) => characters.nth(last).map_or(text.len(), |_| text.len() - characters.as_str().len()),
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
