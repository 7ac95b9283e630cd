//! Windows: which of numbered things are wanted. `5-20`, `5`, `5-`, `3,7,12-`; from 1, both ends included.

use std::fmt;
use std::ops::Range;

const MAX_WINDOWS: usize = 1_000;

/// Ranges that ascend and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows(Vec<(usize, usize)>);

impl Windows {
    /// Parses a list of ranges; what is wrong is said with the nearest valid list.
    pub fn parse(source: &str) -> Result<Self, (String, Self)> {
        let mut windows = Vec::new();
        for part in source.split(',').map(str::trim) {
            match parse_range(part) {
                Some(window) => windows.push(window),
                None => {
                    let complaint =
                        if part.is_empty() { "a range is missing".to_owned() } else { format!("`{part}` is no range") };
                    return Err((complaint, Self::guess(source)));
                }
            }
        }
        let complaint = if windows.iter().any(|&(from, _)| from == 0) {
            "the first is number 1".to_owned()
        } else if let Some((from, to)) = windows.iter().find(|(from, to)| from > to) {
            format!("{from}-{to} runs backwards")
        } else if windows.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
            "the ranges must ascend and not overlap".to_owned()
        } else if windows.len() > MAX_WINDOWS {
            format!("there are more than {MAX_WINDOWS} ranges")
        } else {
            return Ok(Self(windows));
        };
        Err((complaint, Self::repaired(windows)))
    }

    /// The only range, if there is one only.
    pub fn single(&self) -> Option<(usize, usize)> {
        if let [window] = self.0[..] {
            Some(window)
        } else {
            None
        }
    }

    /// The first range alone.
    pub fn first(&self) -> Self {
        Self(self.0[..1].to_vec())
    }

    /// The indices, from 0, that are wanted of `total` things.
    pub fn ranges(&self, total: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        self.0.iter().map(move |&(from, to)| from - 1..to.min(total)).filter(|range| range.start < range.end)
    }

    /// What is still wanted after the first `count` of them.
    pub fn after(&self, mut count: usize) -> Self {
        let mut rest = Vec::new();
        for &(from, to) in &self.0 {
            let skipped = count.min((to - from).saturating_add(1));
            count -= skipped;
            if from + skipped <= to {
                rest.push((from + skipped, to));
            }
        }
        Self(rest)
    }

    fn guess(source: &str) -> Self {
        let numbers: Vec<usize> = source
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok())
            .collect();
        Self::repaired(match numbers[..] {
            [] => vec![(1, 20)],
            [one] => vec![(one, one)],
            [from, to, ..] => vec![(from, to)],
        })
    }

    fn repaired(mut windows: Vec<(usize, usize)>) -> Self {
        for (from, to) in &mut windows {
            (*from, *to) = (*(&*from).min(&*to), *(&*from).max(&*to));
            (*from, *to) = ((*from).max(1), (*to).max(1));
        }
        windows.sort_unstable();
        windows.truncate(MAX_WINDOWS);
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (from, to) in windows {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }
}

impl fmt::Display for Windows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, &(from, to)) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(",")?;
            }
            match to {
                usize::MAX => write!(formatter, "{from}-")?,
                _ if to == from => write!(formatter, "{from}")?,
                _ => write!(formatter, "{from}-{to}")?,
            }
        }
        Ok(())
    }
}

fn parse_range(part: &str) -> Option<(usize, usize)> {
    let Some((from, to)) = part.split_once('-') else {
        return part.parse().ok().map(|only| (only, only));
    };
    let (from, to) = (from.trim().parse().ok()?, to.trim());
    Some((from, if to.is_empty() { usize::MAX } else { to.parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(source: &str) -> String {
        let (complaint, nearest) = Windows::parse(source).unwrap_err();
        format!("{complaint}: {nearest}")
    }

    #[test]
    fn windows_are_read_and_written_alike() {
        for source in ["5-20", "5", "5-", "3,7,12-", "1-2,4-5"] {
            assert_eq!(Windows::parse(source).unwrap().to_string(), source);
        }
        assert_eq!(Windows::parse(" 5 - 20 ").unwrap().to_string(), "5-20");
    }

    #[test]
    fn what_is_wrong_comes_with_the_nearest_that_is_right() {
        assert_eq!(nearest(""), "a range is missing: 1-20");
        assert_eq!(nearest("5:20"), "`5:20` is no range: 5-20");
        assert_eq!(nearest("from 5 to 20"), "`from 5 to 20` is no range: 5-20");
        assert_eq!(nearest("0-9"), "the first is number 1: 1-9");
        assert_eq!(nearest("20-5"), "20-5 runs backwards: 5-20");
        assert_eq!(nearest("7,3,3-4"), "the ranges must ascend and not overlap: 3-4,7");
        assert_eq!(nearest("-20"), "`-20` is no range: 20");
    }

    #[test]
    fn what_is_left_follows_what_was_shown() {
        let windows = Windows::parse("2-3,5,8-").unwrap();
        let left: Vec<_> = (0..5).map(|count| windows.after(count).to_string()).collect();
        assert_eq!(left, ["2-3,5,8-", "3,5,8-", "5,8-", "8-", "9-"]);
        assert_eq!(windows.ranges(9).collect::<Vec<_>>(), [1..3, 4..5, 7..9]);
        assert_eq!(windows.ranges(2).flatten().collect::<Vec<_>>(), [1]);
    }
}
