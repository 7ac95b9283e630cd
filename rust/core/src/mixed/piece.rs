//! One part of a text in, its forms out: what a kind's own compressor makes of it.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::split::{group, Sort};
use crate::json::embed::{respell, Spelling};
use crate::json::parse::Tree;
use crate::json::select::Budget;
use crate::json::{self, minify};
use crate::kind::{self, Kind};
use crate::text::{Drafts, Task, View};
use crate::tokens::{count, Encoding};

/// Bytes from which something may be left out of a part; and of one whose repeats tell nothing, such as frames.
const MIN_LOSSY_BYTES: usize = 1_000;
const MIN_EVENTS_BYTES: usize = 700;
/// By which the tokens of a text are estimated.
const CHARACTERS_PER_TOKEN: f64 = 3.5;
/// A lossy form is taken only when it has at most this share of the tokens of what shows everything.
const LOSSY_SHARE: f64 = 0.75;

/// A part, and what may stand for it.
pub struct Piece<'t> {
    pub text: Cow<'t, str>,
    pub sort: Sort,
    pub is_told: bool,
    /// What the line before it says of it, such as the command that printed it; empty if nothing is.
    pub said: String,
    /// What names it: `lines 12-480`, `$.stdout`; and the number of its first line.
    pub label: String,
    pub first_line: usize,
    /// Whether it is a whole output, of which as much may be left out as if it stood alone.
    pub is_alone: bool,
    /// Counted when somebody asks.
    pub(super) tokens: OnceCell<usize>,
    pub lossless: Option<Lossless>,
    pub lossy: Option<View>,
}

/// A form that its own `expand` takes back.
pub struct Lossless {
    pub text: String,
    /// How JSON is spelled: see `spelling_of`.
    pub spelling: String,
    /// Whether it gives the part back byte for byte, rather than the values of JSON.
    pub is_exact: bool,
}

impl<'t> Piece<'t> {
    pub fn new(text: Cow<'t, str>, sort: Sort, is_told: bool, label: String, first_line: usize) -> Self {
        let tokens = OnceCell::new();
        let said = String::new();
        Self { text, sort, is_told, said, label, first_line, is_alone: false, tokens, lossless: None, lossy: None }
    }

    /// Tokens of the part as it stands.
    pub fn tokens(&self) -> usize {
        *self.tokens.get_or_init(|| count(&self.text, Encoding::O200kBase))
    }

    /// Has the forms made; `task` tells what is asked and allowed.
    pub fn compress(&mut self, task: &Task) {
        let key = task.key.filter(|_| self.is_large());
        match self.sort {
            Sort::Text => {}
            Sort::Json => self.crush(task, key),
            Sort::Printed(kind) => {
                let call = if self.said.is_empty() { task.call } else { &self.said };
                let Drafts { lossy, lossless } = kind::compress(kind, &Task { text: &self.text, key, call, ..*task });
                self.lossy = lossy.map(|view| match kind {
                    Kind::Code => View { text: renumbered(&view.text, self.first_line - 1), ..view },
                    _ => view,
                });
                self.lossless = lossless.map(|text| Lossless { text, spelling: String::new(), is_exact: true });
            }
        }
        self.drop_what_does_not_pay();
    }

    /// Whether leaving something out of it pays.
    fn is_large(&self) -> bool {
        let is_events = matches!(self.sort, Sort::Printed(kind) if group(kind) == Kind::Log);
        let least = if is_events { MIN_EVENTS_BYTES } else { MIN_LOSSY_BYTES };
        let characters = || self.text.chars().count() as f64;
        self.text.len() >= least && !(self.is_alone && characters() < CHARACTERS_PER_TOKEN * least_alone(self.sort))
    }

    fn crush(&mut self, task: &Task, key: Option<&str>) {
        let Some(document) = json::Document::read(&self.text, task.question, task.call) else { return };
        let budget = Budget { deep: task.deep, target_ratio: task.target_ratio };
        let lossy = key.and_then(|key| document.lossy(key, budget));
        let own = Task { text: &self.text, ..*task };
        let is_clear = lossy.as_ref().is_some_and(|lossy| own.is_clear(&lossy.text));
        let lossless = if is_clear { None } else { document.lossless() };
        self.lossy = lossy.map(|lossy| {
            let kept = document.lines_shown(&lossy);
            let (_, dropped) = lossy.account(&self.text);
            View { text: lossy.text, shown: lossy.shown, total: lossy.total, kept, dropped }
        });
        self.lossless = lossless.map(|text| {
            let (spelling, is_exact) = spelling_of(&self.text);
            Lossless { text, spelling, is_exact }
        });
    }

    /// Keeps a form only where it is clearly shorter than what shows more.
    fn drop_what_does_not_pay(&mut self) {
        let tokens_of = |text: &str| count(text, Encoding::O200kBase);
        let lossless = self.lossless.take().map(|form| (tokens_of(&form.text), form));
        let lossless = lossless.filter(|(tokens, _)| *tokens < self.tokens());
        let lossy = self.lossy.take().filter(|view| view.shown < view.total).filter(|view| {
            let whole = lossless.as_ref().map_or_else(|| self.tokens(), |(tokens, _)| *tokens);
            tokens_of(body(&view.text)) as f64 <= LOSSY_SHARE * whole as f64
        });
        (self.lossless, self.lossy) = (lossless.map(|(_, form)| form), lossy);
    }

    /// The lines that a lossy view of it shows, and why, numbered as in the whole.
    pub fn lines_kept(&self) -> impl Iterator<Item = (u32, &'static str)> + '_ {
        let before = self.first_line as u32 - 1;
        self.lossy.iter().flat_map(move |view| view.kept.iter().map(move |&(line, why)| (line + before, why)))
    }
}

/// The tokens that an output of its sort has at least, by default, where it stands alone and something is left out of it.
fn least_alone(sort: Sort) -> f64 {
    use Kind::{Blob, Markup, Mixed, Page, Prose, Report, Trace};
    match sort {
        Sort::Json | Sort::Printed(Markup) => 1_500.0,
        Sort::Printed(Prose) => 600.0,
        Sort::Printed(Page) => 400.0,
        Sort::Printed(Trace | Mixed) => 300.0,
        Sort::Printed(Report | Blob) => 200.0,
        Sort::Printed(_) | Sort::Text => 800.0,
    }
}

/// A view of code whose gaps (`… 42 lines 118-159`) say where in the whole they are, of which `before` lines stand before
/// the part.
fn renumbered(view: &str, before: usize) -> String {
    let mut out = String::with_capacity(view.len() + 64);
    for line in view.split_inclusive('\n') {
        let place = line.find("… ").and_then(|at| {
            let mut words = line[at..].trim_end().split(' ').skip(1);
            let count: usize = words.next()?.parse().ok()?;
            words.next().filter(|&word| word == "lines")?;
            let (from, to) = words.next()?.split_once('-')?;
            let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
            (to + 1 == from + count && words.next().is_none()).then_some((at, count, from, to))
        });
        match place {
            Some((at, count, from, to)) if before > 0 => {
                out.push_str(&line[..at]);
                out.push_str(&format!("… {count} lines {}-{}", from + before, to + before));
                out.push_str(&line[line.trim_end().len()..]);
            }
            _ => out.push_str(line),
        }
    }
    out
}

/// A view without its marker.
pub fn body(view: &str) -> &str {
    view.split_once('\n').map_or("", |(_, body)| body)
}

/// How a JSON text is spelled: the letter of its white space, then `n` if it ends its line; and whether it can be written
/// again by that, byte for byte.
fn spelling_of(text: &str) -> (String, bool) {
    let (bare, end) = text.strip_suffix('\n').map_or((text, ""), |bare| (bare, "n"));
    let Some(tree) = Tree::parse(bare) else { return (end.to_owned(), false) };
    let minified = minify::document(&tree);
    let spellings = [Spelling::Minified, Spelling::Spaced, Spelling::Indented(2), Spelling::Indented(4)];
    let found = spellings.into_iter().find(|&spelling| respell(&minified, spelling) == bare.as_bytes());
    let letter = found.map(|spelling| String::from_utf8_lossy(spelling.letter()).into_owned()).unwrap_or_default();
    (letter + end, found.is_some())
}
