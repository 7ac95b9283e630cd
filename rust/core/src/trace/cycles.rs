//! A sequence of calls in, the same with repeated cycles folded out: what recursion is made of, and how often.

/// The longest cycle that is looked for, in calls.
const MAX_PERIOD: usize = 24;

/// Calls from `start` on: `period` of them, `times` over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub start: usize,
    pub period: usize,
    pub times: usize,
}

impl Run {
    pub fn end(self) -> usize {
        self.start + self.period * self.times
    }
}

/// Folds `calls`, in which equal numbers are equal calls. Runs cover all of them, in order. Linear: every call is compared
/// with those at most `MAX_PERIOD` before it.
pub fn fold(calls: &[u64]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    while at < calls.len() {
        let run = longest(calls, at).unwrap_or(Run { start: at, period: 1, times: 1 });
        at = run.end();
        match runs.last_mut() {
            // Calls that do not repeat make one run.
            Some(last) if last.times == 1 && run.times == 1 => last.period += run.period,
            _ => runs.push(run),
        }
    }
    runs
}

/// The run from `at` that covers most calls by repeating at least twice, three calls or more.
fn longest(calls: &[u64], at: usize) -> Option<Run> {
    let mut best: Option<Run> = None;
    for period in 1..=MAX_PERIOD.min((calls.len() - at) / 2) {
        let equal = (at + period..calls.len()).take_while(|&next| calls[next] == calls[next - period]).count();
        let times = equal / period + 1;
        let covered = period * times;
        if times > 1 && covered > 2 && best.is_none_or(|best| covered > best.period * best.times) {
            best = Some(Run { start: at, period, times });
            if equal > 4 * MAX_PERIOD {
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(start: usize, period: usize, times: usize) -> Run {
        Run { start, period, times }
    }

    #[test]
    fn cycles_of_any_length_are_counted_exactly() {
        assert_eq!(fold(&[1, 2, 3]), [run(0, 3, 1)]);
        assert_eq!(fold(&[1, 7, 7, 7, 7, 2]), [run(0, 1, 1), run(1, 1, 4), run(5, 1, 1)]);
        assert_eq!(fold(&[9, 1, 2, 3, 1, 2, 3, 1, 2]), [run(0, 1, 1), run(1, 3, 2), run(7, 2, 1)]);
        assert_eq!(fold(&[4, 4]), [run(0, 2, 1)]);
        assert_eq!(fold(&[5; 1000]), [run(0, 1, 1000)]);
        assert!(fold(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn runs_cover_every_call_once_and_stand_for_equal_ones(calls in prop::collection::vec(0u64..4, 0..200)) {
            let mut at = 0;
            for run in fold(&calls) {
                prop_assert_eq!(run.start, at);
                for next in run.start + run.period..run.end() {
                    prop_assert_eq!(calls[next], calls[next - run.period]);
                }
                at = run.end();
            }
            prop_assert_eq!(at, calls.len());
        }
    }
}
