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
    /// By its name alone, since it stands whole above.
    Again,
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
        own.iter().copied().find(|&at| has_file(parts, at)),
    ];
    for at in whole.into_iter().flatten().chain(order.iter().copied().filter(|&at| is_named(at))) {
        show[at - block.start] = Show::Whole;
    }
    show
}

/// Whether a frame stands in a file: not in what was generated, or given as a string.
fn has_file(parts: &Parts, at: usize) -> bool {
    let (text, frame) = (parts.lines.text, &parts.frames[at]);
    !frame.number.of(text).is_empty() && !frame.place.of(text).starts_with('<')
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
/// shown by their name. `seen` tells how a frame was shown before, `is_library` whose it is.
pub fn refer_above(show: &mut [Show], seen: &dyn Fn(usize) -> Show, is_library: &dyn Fn(usize) -> bool) {
    let has_own = (0..show.len()).any(|at| show[at] == Show::Whole && !is_library(at));
    for (at, show) in show.iter_mut().enumerate() {
        match (*show, seen(at)) {
            (Show::Short, Show::Short | Show::Whole) => *show = Show::Above,
            (Show::Whole, Show::Whole) if is_library(at) && has_own => *show = Show::No,
            (Show::Whole, Show::Whole) => *show = Show::Again,
            _ => {}
        }
    }
}

/// Of frames that all stand above as they do here: shows the innermost that a view shows whole, first of those that are
/// no library's.
pub fn refer_above_wholly(show: &mut [Show], innermost_last: bool, is_library: &dyn Fn(usize) -> bool) {
    let whole = (0..show.len()).filter(|&at| show[at] == Show::Whole);
    let rank = |at: usize| (is_library(at), if innermost_last { show.len() - at } else { at });
    let told = whole.min_by_key(|&at| rank(at));
    for (at, show) in show.iter_mut().enumerate() {
        *show = if Some(at) == told { Show::Whole } else { Show::Above };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lines;

    fn whole(text: &str) -> Vec<usize> {
        let parts = Parts::of(Lines::of(text));
        let origins = Origins::of(&parts);
        let block = 0..parts.frames.len();
        let runs = [Run { start: 0, period: block.len(), times: 1 }];
        let show = frames(&parts, &origins, &block, &runs, 8, &|_| false);
        (0..show.len()).filter(|&at| show[at] == Show::Whole).collect()
    }

    #[test]
    fn the_innermost_frames_stand_whole() {
        let java =
            "\tat java.util.A.a(A.java:1)\n\tat java.util.A.b(A.java:1)\n\tat x.B.c(B.java:1)\n\tat x.B.d(B.java:2)\n";
        assert_eq!(whole(java), [0, 2]);
        let generated = "\tat x.B$$Fake.c(<generated>)\n\tat x.B.d(B.java:2)\n\tat x.B.e(B.java:3)\n";
        assert_eq!(whole(generated), [0, 1]);
    }

    #[test]
    fn of_modules_that_are_being_loaded_a_function_stands_whole_too() {
        let frame = |path: &str, function: &str| format!("  File \"{path}\", line 1, in {function}\n");
        let (own, library) = ("/x/a.py", "/x/site-packages/b.py");
        let called = frame(own, "<module>")
            + &frame(own, "f")
            + &frame(own, "g")
            + &frame(own, "<module>")
            + &frame(library, "h");
        assert_eq!(whole(&called), [2, 3, 4]);
        let loaded =
            frame(own, "<module>") + &frame(library, "load") + &frame(own, "<module>") + &frame(library, "<module>");
        assert_eq!(whole(&loaded), [1, 2, 3]);
        assert_eq!(whole(&(frame(own, "f") + &frame("<string>", "g") + &frame(library, "h"))), [0, 1, 2]);
    }

    #[test]
    fn what_stands_above_is_referred_to() {
        use Show::{Above, Again, No, Short, Whole};
        let mut show = [Whole, No, Whole, Short, Short];
        refer_above(&mut show, &|at| [Whole, No, Whole, Short, No][at], &|at| at < 2);
        assert_eq!(show, [No, No, Again, Above, Short]);
        let mut show = [Whole, No, Whole, Short];
        refer_above_wholly(&mut show, false, &|at| at < 2);
        assert_eq!(show, [Above, Above, Whole, Above]);
    }
}
