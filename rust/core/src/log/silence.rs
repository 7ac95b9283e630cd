//! A mined log in, the lines around silences out.

use super::mine::Mined;

/// A silence takes at least so many seconds, and so many times as long as the third longest.
const LEAST_SILENCE_S: u32 = 60;
const LONGER: u32 = 8;
const DAY_S: u32 = 86_400;

/// The lines around a silence that is far longer than others.
pub fn around(mined: &Mined) -> Vec<u32> {
    let mut lines = Vec::new();
    // The longest gaps, in seconds, and the lines behind them.
    let mut longest = [(0u32, 0u32); 3];
    let mut last: Option<(u32, u32)> = None;
    for line in 0..mined.len() as u32 {
        let Some(now) = second_of_day(mined.stamp(line)) else { continue };
        if let Some((before, _)) = last {
            let gap = (now + DAY_S - before) % DAY_S;
            if gap > longest[2].0 && gap < DAY_S - 60 {
                longest[2] = (gap, line);
                longest.sort_unstable_by_key(|&(gap, line)| (std::cmp::Reverse(gap), line));
            }
        }
        last = Some((now, line));
    }
    for (gap, line) in longest {
        if gap >= LEAST_SILENCE_S && gap > longest[2].0 * LONGER {
            lines.extend([line - 1, line]);
        }
    }
    lines
}

/// The seconds since midnight that a time says.
fn second_of_day(stamp: &str) -> Option<u32> {
    let bytes = stamp.as_bytes();
    let colon = memchr::memchr(b':', bytes)?;
    let digit = |at: usize| bytes.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let pair = |at: usize| match (digit(at), digit(at + 1)) {
        (Some(tens), Some(ones)) => Some((tens * 10 + ones, at + 2)),
        (Some(ones), None) => Some((ones, at + 1)),
        _ => None,
    };
    let from = colon - bytes[..colon].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (hours, _) = pair(from)?;
    let (minutes, at) = pair(colon + 1)?;
    let seconds = if bytes.get(at) == Some(&b':') { pair(at + 1)?.0 } else { 0 };
    (hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3_600 + minutes * 60 + seconds)
}
