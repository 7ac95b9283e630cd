//! A block of frames in, which of them a lossy view shows and how out.

use std::ops::Range;

use super::cycles::Run;
use super::frame::Language;
use super::origin::Origins;
use super::parts::Parts;

/// How much a view shows.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Runs of other lines up to this long are shown whole; of longer ones so many first and last lines.
    pub text_whole: usize,
    pub text_head: usize,
    pub text_tail: usize,
    /// Lines of a message shown behind its first one.
    pub message: usize,
    /// Lines that report trouble, shown of each run of other lines.
    pub trouble: usize,
    /// Frames of the application, shown of each block.
    pub own_frames: usize,
    /// Whether the innermost frames' source is shown.
    pub has_sources: bool,
}

impl Plan {
    /// From what is shown by default to the least.
    pub const ALL: [Plan; 3] = [
        Plan { text_whole: 9, text_head: 4, text_tail: 4, message: 6, trouble: 10, own_frames: 8, has_sources: true },
        Plan { text_whole: 4, text_head: 1, text_tail: 2, message: 3, trouble: 5, own_frames: 3, has_sources: false },
        Plan { text_whole: 2, text_head: 1, text_tail: 1, message: 1, trouble: 2, own_frames: 1, has_sources: false },
    ];

    /// The frames to show of each of so many blocks.
    pub fn own_frames_of(&self, blocks: usize) -> usize {
        match blocks {
            0..=12 => self.own_frames,
            13..=40 => self.own_frames.div_ceil(2),
            _ => self.own_frames.div_ceil(4),
        }
    }
}

/// How a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    No,
    /// As one of so many that stand above.
    Above,
    /// Its function, file and line.
    Short,
    /// As it stands.
    Whole,
}

/// How each frame of a block is shown. Of a cycle only the first turn is looked at. `is_named` is true for frames that
/// the question names.
pub fn frames(
    parts: &Parts,
    origins: &Origins,
    block: &Range<usize>,
    runs: &[Run],
    limit: usize,
    is_named: &dyn Fn(usize) -> bool,
) -> Vec<Show> {
    let mut show = vec![Show::No; block.len()];
    let mut order: Vec<usize> = Vec::with_capacity(block.len());
    for run in runs {
        let turn = run.start..run.start + run.period;
        order.extend(turn.map(|at| block.start + at).filter(|&at| !parts.frames[at].is_note));
    }
    let language = parts.frames[block.start].language;
    if language.innermost_last() {
        order.reverse();
    }
    let own: Vec<usize> = order.iter().copied().filter(|&at| !origins.is_library[at]).collect();
    let outermost = own.last().or(order.last());
    for &at in own.iter().take(limit.saturating_sub(1)).chain(outermost.filter(|_| limit > 0)) {
        show[at - block.start] = Show::Short;
    }
    let whole = [
        order.first().copied(),
        own.first().copied(),
        order.iter().copied().find(|&at| origins.is_own[at]),
        innermost_function(parts, language, &order, &own),
    ];
    for at in whole.into_iter().flatten().chain(order.iter().copied().filter(|&at| is_named(at))) {
        show[at - block.start] = Show::Whole;
    }
    show
}

/// Where the innermost frame of the application is in no function that has a name (a module being loaded): the innermost
/// one that is, of the application if there is one.
fn innermost_function(parts: &Parts, language: Language, order: &[usize], own: &[usize]) -> Option<usize> {
    let is_function = |at: &usize| !parts.frames[*at].function.of(parts.lines.text).starts_with('<');
    if !language.innermost_last() || own.first().is_none_or(is_function) {
        return None;
    }
    own.iter().chain(order).copied().find(is_function)
}

/// Says of frames that were shown before that they stand above; of those that should stand whole, the application's are
/// shown in short. `seen` tells how a frame was shown before, `is_library` whose it is.
pub fn refer_above(show: &mut [Show], seen: &dyn Fn(usize) -> Show, is_library: &dyn Fn(usize) -> bool) {
    let has_own = (0..show.len()).any(|at| show[at] == Show::Whole && !is_library(at));
    for (at, show) in show.iter_mut().enumerate() {
        match (*show, seen(at)) {
            (Show::Short, Show::Short | Show::Whole) => *show = Show::Above,
            (Show::Whole, Show::Whole) if is_library(at) && has_own => *show = Show::No,
            (Show::Whole, Show::Whole) => *show = Show::Short,
            _ => {}
        }
    }
}
