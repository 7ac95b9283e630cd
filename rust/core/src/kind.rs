//! The kinds of printed text, and who compresses each.

use crate::text::{Drafts, Task};
use crate::{code, diff, log, report, search, trace};

/// A kind of text that tools print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Log,
    Search,
    Diff,
    Trace,
    Report,
    Code,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Log, Kind::Search, Kind::Diff, Kind::Trace, Kind::Report, Kind::Code];

    /// The kind's name, as in markers and headers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Log => "log",
            Kind::Search => "search",
            Kind::Diff => "diff",
            Kind::Trace => "trace",
            Kind::Report => "report",
            Kind::Code => "code",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
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
        Kind::Code => code::compress(task),
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
        Kind::Code => code::expand(text),
    }
}
