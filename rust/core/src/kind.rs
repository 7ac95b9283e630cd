//! The kinds of printed text, and who compresses each.

use crate::detect::{self, Scores};
use crate::text::{Drafts, Task};
use crate::{blob, code, diff, json, log, markup, mixed, page, prose, report, search, table, trace};

/// A kind of text that tools print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Log,
    Search,
    Diff,
    Trace,
    Report,
    Table,
    Markup,
    Page,
    Code,
    Blob,
    /// Several of these, and JSON, in one text.
    Mixed,
    /// Running text: what is of none of these and reads as natural language.
    Prose,
}

impl Kind {
    /// The kinds that a text is of as a whole, in the order of their numbers.
    pub const ALL: [Kind; 10] = [
        Kind::Log,
        Kind::Search,
        Kind::Diff,
        Kind::Trace,
        Kind::Report,
        Kind::Table,
        Kind::Markup,
        Kind::Page,
        Kind::Code,
        Kind::Blob,
    ];

    /// The kind's name, as in markers and headers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Log => "log",
            Kind::Search => "search",
            Kind::Diff => "diff",
            Kind::Trace => "trace",
            Kind::Report => "report",
            Kind::Mixed => "mixed",
            Kind::Table => "table",
            Kind::Markup => "markup",
            Kind::Page => "page",
            Kind::Code => "code",
            Kind::Blob => "blob",
            Kind::Prose => "prose",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().chain([Kind::Mixed, Kind::Prose]).find(|kind| kind.name() == name)
    }
}

/// How surely a text is of each kind, of several, and running text; each 0 to 1.
pub struct Told {
    pub kinds: Scores,
    pub several: f64,
    pub prose: f64,
}

/// A text that is of a kind less surely than this is of none.
const LEAST: f64 = 0.3;

/// What the others score beside a text that is surely of several kinds.
const MOST_BESIDE_SEVERAL: f64 = 0.99;

/// How surely a text is of what. Time is bounded, whatever the size of the text.
pub fn told(text: &str) -> Told {
    let mut kinds = detect::scores(text);
    let several = mixed::score(text, kinds);
    if several >= 1.0 {
        // As surely as it is of one of them, it is of several more surely.
        kinds.iter_mut().for_each(|score| *score = score.min(MOST_BESIDE_SEVERAL));
    }
    let prose = prose::score(text, &kinds, several);
    if several < LEAST && prose < LEAST {
        or_log(text, &mut kinds);
    }
    Told { kinds, several, prose }
}

/// What is of no kind, nor running text, is a log if its lines say the same over and over.
pub(crate) fn or_log(text: &str, kinds: &mut Scores) {
    if kinds.iter().all(|score| *score < LEAST) && json::score(text) < LEAST {
        kinds[Kind::Log as usize] = log::repeated::score(text);
    }
}

/// The drafts of a text as one of a kind; none where it is not one, or nothing can be gained.
pub fn compress(kind: Kind, task: &Task) -> Drafts {
    match kind {
        Kind::Log => log::compress(task),
        Kind::Search => search::compress(task),
        Kind::Diff => diff::compress(task),
        Kind::Trace => trace::compress(task),
        Kind::Report => report::compress(task),
        Kind::Mixed => mixed::compress(task),
        Kind::Table => table::compress(task),
        Kind::Markup => markup::compress(task),
        Kind::Page => page::compress(task),
        Kind::Code => code::compress(task),
        Kind::Blob => blob::compress(task),
        Kind::Prose => prose::compress(task),
    }
}

/// The text that a lossless form stands for, byte for byte; `None` if `text` is no such form. Which kind it is of is
/// written in its first line.
pub fn expand(text: &str) -> Option<String> {
    let name = text.strip_prefix('#')?.split(' ').next()?;
    match Kind::named(name)? {
        Kind::Log => log::expand(text),
        Kind::Search => search::expand(text),
        Kind::Diff => diff::expand(text),
        Kind::Trace => trace::expand(text),
        Kind::Report => report::expand(text),
        Kind::Mixed => mixed::expand(text),
        Kind::Table => table::expand(text),
        Kind::Markup => markup::expand(text),
        Kind::Code => code::expand(text),
        Kind::Prose => prose::expand(text),
        // These have no lossless form.
        Kind::Page | Kind::Blob => None,
    }
}
