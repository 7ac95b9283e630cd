//! Lines in, runs of lines that stood before out: what the lossless form refers to.

use crate::json::paths::MixMap;

/// Earlier places of a line that are looked at: the latest ones.
const MAX_PLACES: usize = 8;
/// What a reference must save, in bytes.
const LEAST_BYTES: usize = 60;
const LEAST_BYTES_OF_ONE: usize = 110;

/// `lines` lines from `at` on are those from `source` on, which may reach into themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub at: usize,
    pub source: usize,
    pub lines: usize,
}

/// The runs of lines that repeat earlier ones, in order. `hashes` has one for each line, `bytes` its length; a line that
/// `stays` is in no run. Time is linear in the lines.
pub fn find(hashes: &[u64], bytes: &dyn Fn(usize) -> usize, stays: &[bool]) -> Vec<Repeat> {
    let mut latest: MixMap<u64, u32> = MixMap::default();
    let mut before: Vec<u32> = vec![u32::MAX; hashes.len()];
    let mut repeats = Vec::new();
    let mut free_from = 0;
    for at in 0..hashes.len() {
        if at >= free_from && !stays[at] {
            let repeat = longest(hashes, stays, &before, latest.get(&hashes[at]).copied(), at);
            if let Some(repeat) = repeat.filter(|repeat| pays(repeat, bytes)) {
                free_from = at + repeat.lines;
                repeats.push(repeat);
            }
        }
        before[at] = latest.insert(hashes[at], at as u32).unwrap_or(u32::MAX);
    }
    repeats
}

fn longest(hashes: &[u64], stays: &[bool], before: &[u32], latest: Option<u32>, at: usize) -> Option<Repeat> {
    let mut best: Option<Repeat> = None;
    let mut place = latest;
    for _ in 0..MAX_PLACES {
        let Some(source) = place.map(|place| place as usize) else { break };
        let equal =
            (at..hashes.len()).zip(source..).take_while(|&(next, from)| hashes[next] == hashes[from] && !stays[next]);
        let lines = whole_turns(equal.count(), at - source);
        if best.is_none_or(|best| lines > best.lines) {
            best = Some(Repeat { at, source, lines });
        }
        place = Some(before[source]).filter(|&place| place != u32::MAX);
    }
    best
}

/// Of a run that reaches into itself: as many lines as make whole turns, if there are two or more.
fn whole_turns(lines: usize, period: usize) -> usize {
    if lines < 2 * period {
        lines.min(period)
    } else {
        lines - lines % period
    }
}

fn pays(repeat: &Repeat, bytes: &dyn Fn(usize) -> usize) -> bool {
    let least = if repeat.lines == 1 { LEAST_BYTES_OF_ONE } else { LEAST_BYTES };
    let mut sum = 0;
    (repeat.at..repeat.at + repeat.lines).any(|line| {
        sum += bytes(line);
        sum >= least
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(at: usize, source: usize, lines: usize) -> Repeat {
        Repeat { at, source, lines }
    }

    #[test]
    fn the_longest_earlier_run_is_found() {
        let found = |hashes: &[u64]| find(hashes, &|_| 40, &vec![false; hashes.len()]);
        assert_eq!(found(&[1, 2, 3, 9, 1, 2, 3]), [repeat(4, 0, 3)]);
        assert_eq!(found(&[1, 2, 3, 1, 8, 1, 2, 3]), [repeat(5, 0, 3)]);
        assert_eq!(found(&[1, 2, 1, 2, 1, 2, 1, 2]), [repeat(2, 0, 6)]);
        assert_eq!(found(&[7, 7, 7, 7, 7]), [repeat(1, 0, 4)]);
        assert!(found(&[1, 2, 3, 4]).is_empty());
    }

    #[test]
    fn lines_that_stay_are_in_no_run() {
        let stays = [false, false, false, false, true, false];
        assert_eq!(find(&[1, 2, 1, 1, 2, 1], &|_| 200, &stays), [repeat(2, 0, 1), repeat(3, 2, 1), repeat(5, 3, 1)]);
    }
}
