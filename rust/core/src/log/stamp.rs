//! Lines in, where each says its time out.
//!
//! A stamp is what leads to a clock time near a line's beginning (`2024-01-02 10:00:01,123`, `Dec 10 06:55:46`), or a
//! rising number that lines begin with (`081109 203615`, `1117838570`).

use super::scan::Stamp;

/// Bytes of a line in which its time is looked for.
const REACH: usize = 72;
/// Lines from which is judged how a text writes times.
const SAMPLE: usize = 64;
/// Different beginnings in front of the time, among the lines looked at.
const MAX_LEADS: usize = 8;

/// How the lines of a text write their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The clock time of this ordinal, from 0, near the beginning.
    Clock(u8),
    /// So many words of digits.
    Digits(u8),
    None,
}

/// Finds the stamps of lines that are given one after the other.
pub struct Stamps {
    style: Style,
    /// Lines begin so differently in front of their time that it is a word like others.
    is_word: bool,
    last: Stamp,
    last_line: Vec<u8>,
}

impl Stamps {
    /// Judges by some lines of the text how it writes times.
    pub fn of<'t>(lines: impl Iterator<Item = &'t [u8]>) -> Stamps {
        let sampled: Vec<&[u8]> = lines.filter(|line| !line.trim_ascii().is_empty()).take(SAMPLE).collect();
        let mut style = clock_style(&sampled);
        let mut is_word = style != Style::None && begins_differently(&sampled, style);
        if style == Style::None || is_word {
            let rising = [2, 1].into_iter().find(|&words| rises(&sampled, words)).map(Style::Digits);
            if let Some(rising) = rising {
                style = rising;
                is_word = begins_differently(&sampled, style);
            }
        }
        Stamps { style, is_word, last: Stamp::NONE, last_line: Vec::new() }
    }

    /// The stamp of the next line.
    pub fn next(&mut self, line: &[u8]) -> Stamp {
        if self.style == Style::None {
            return Stamp::NONE;
        }
        if self.is_like_last(line) {
            return self.last;
        }
        let mut found = find(self.style, line);
        if found.start > 0 && line[..found.start as usize].contains(&b'@') {
            found.is_word = true;
        }
        if self.is_word && !found.is_none() {
            let text = &line[found.start as usize..found.end as usize];
            found.start += text.iter().rposition(|&byte| byte == b' ').map_or(0, |at| at as u32 + 1);
            found.is_word = true;
        }
        if !found.is_none() {
            self.last = found;
            self.last_line.clear();
            self.last_line.extend_from_slice(&line[..(found.end as usize + 1).min(line.len())]);
        }
        found
    }

    /// Whether the line has a stamp of the same form in the same place as the line before.
    fn is_like_last(&self, line: &[u8]) -> bool {
        let (from, to) = (self.last.start as usize, self.last_line.len());
        if self.last.is_none() || line.len() < to || line[..from] != self.last_line[..from] {
            return false;
        }
        line[from..to]
            .iter()
            .zip(&self.last_line[from..to])
            .all(|(&new, &old)| new == old || new.is_ascii_digit() && old.is_ascii_digit())
    }
}

/// The first of the clock times near the beginning that goes on from line to line; a name of a file may hold another one.
fn clock_style(lines: &[&[u8]]) -> Style {
    const CLOCKS: usize = 3;
    let times = |ordinal: usize| {
        let mut texts: Vec<&[u8]> = Vec::with_capacity(lines.len());
        for line in lines {
            let stamp = clock(line, ordinal as u8);
            texts.extend((!stamp.is_none()).then(|| &line[stamp.start as usize..stamp.end as usize]));
        }
        let seen = texts.len();
        texts.sort_unstable();
        texts.dedup();
        (seen, texts.len())
    };
    let found: [(usize, usize); CLOCKS] = std::array::from_fn(times);
    let most = found.iter().map(|&(_, different)| different).max().unwrap_or(0);
    let goes_on = |&(seen, different): &(usize, usize)| different * 2 >= most && seen > 0 && seen * 4 >= lines.len();
    found.iter().position(goes_on).map_or(Style::None, |ordinal| Style::Clock(ordinal as u8))
}

/// Whether there is much variety in front of the time.
fn begins_differently(lines: &[&[u8]], style: Style) -> bool {
    let stamped = lines.iter().map(|line| (line, find(style, line))).filter(|(_, stamp)| !stamp.is_none());
    let mut leads: Vec<&[u8]> = stamped.map(|(line, stamp)| &line[..stamp.start as usize]).collect();
    leads.sort_unstable();
    leads.dedup();
    leads.len() > MAX_LEADS || leads.iter().any(|lead| lead.contains(&b'@'))
}

fn find(style: Style, line: &[u8]) -> Stamp {
    match style {
        Style::Clock(ordinal) => clock(line, ordinal),
        Style::Digits(words) => digits(line, words),
        Style::None => Stamp::NONE,
    }
}

fn digit_run(line: &[u8], from: usize) -> usize {
    line[from.min(line.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The stamp around the clock time (`10:00`, then usually `:01`) of this ordinal near the beginning.
fn clock(line: &[u8], mut ordinal: u8) -> Stamp {
    let head = &line[..line.len().min(REACH)];
    let mut from = 0;
    for at in memchr::memchr_iter(b':', head) {
        let hours = head[from.min(at)..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let minutes = digit_run(head, at + 1);
        if hours == 0 || hours > 2 || minutes == 0 || minutes > 2 {
            continue;
        }
        let seconds = at + 1 + minutes;
        let has_seconds = head.get(seconds) == Some(&b':') && matches!(digit_run(head, seconds + 1), 1 | 2);
        if !has_seconds && (hours != 2 || minutes != 2 || head.get(seconds).is_some_and(u8::is_ascii_alphanumeric)) {
            continue;
        }
        let end = end(line, seconds);
        if ordinal == 0 {
            let start = from + begin(&head[from..], at - hours - from);
            return Stamp { start: start as u32, end: end as u32, is_word: false };
        }
        ordinal -= 1;
        from = end.min(head.len());
    }
    Stamp::NONE
}

/// Where the date in front of a time begins.
fn begin(head: &[u8], time: usize) -> usize {
    let mut start = time;
    loop {
        // What joins a date to a time, or its parts: `-`, `/`, `.`, `T`, `:`, one or two spaces.
        let mut at = start;
        let mut spaces = 0;
        while at > 0 && spaces < 2 && b" -/.,T:_".contains(&head[at - 1]) {
            spaces += usize::from(head[at - 1] == b' ');
            at -= 1;
        }
        let digits = head[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = head[..at].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let begins = |length: usize| at == length || !head[at - length - 1].is_ascii_alphanumeric();
        if digits > 0 && digits <= 8 && (begins(digits) || head[at - digits - 1] == b'T') && start > at {
            start = at - digits;
        } else if letters == 3 && start > at && begins(3) && is_date_word(&head[at - 3..at]) {
            start = at - 3;
        } else {
            return start;
        }
    }
}

fn is_date_word(word: &[u8]) -> bool {
    const WORDS: &[u8] = b"janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun";
    WORDS.chunks(3).any(|known| known.eq_ignore_ascii_case(word))
}

/// Where a time ends whose minutes end at `at`: behind its seconds, their fraction and a zone that is joined to them.
fn end(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b':' | b'.' | b',')) && line.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1 + digit_run(line, at + 1);
    }
    match line.get(at) {
        Some(b'Z') if !line.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) => at + 1,
        Some(b'+' | b'-') if digit_run(line, at + 1) == 2 && line.get(at + 3) == Some(&b':') => {
            at + 4 + digit_run(line, at + 4).min(2)
        }
        Some(b'+' | b'-') if digit_run(line, at + 1) == 4 => at + 5,
        _ => at,
    }
}

/// The first word, or words, of a line if they are numbers of six digits at least.
fn digits(line: &[u8], words: u8) -> Stamp {
    let head = &line[..line.len().min(REACH)];
    let mut start = head.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    // A label may stand in front of the number.
    if head.get(start).is_some_and(u8::is_ascii_alphabetic) {
        let label = head[start..].iter().take_while(|&&byte| byte != b' ').count();
        start += label + 1;
    }
    let mut at = start;
    for word in 0..words {
        if word > 0 {
            if head.get(at) != Some(&b' ') {
                return Stamp::NONE;
            }
            at += 1;
        }
        let run = digit_run(head, at);
        let fraction = match head.get(at + run) {
            Some(b'.') => 1 + digit_run(head, at + run + 1),
            _ => 0,
        };
        if run < 6 && fraction < 4 || run + fraction > 24 {
            return Stamp::NONE;
        }
        at += run + fraction;
    }
    if head.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        return Stamp::NONE;
    }
    Stamp { start: start as u32, end: at as u32, is_word: false }
}

/// Whether most lines begin with so many numbers, the last of which changes and hardly ever falls.
fn rises(lines: &[&[u8]], words: u8) -> bool {
    let mut last: &[u8] = b"";
    let (mut rising, mut seen, mut changes) = (0, 0, 0);
    for line in lines {
        let stamp = digits(line, words);
        if stamp.is_none() {
            continue;
        }
        let text = &line[stamp.start as usize..stamp.end as usize];
        let tail = |text: &[u8]| text.iter().rposition(|&byte| byte == b' ').map_or(0, |at| at + 1);
        seen += 1;
        rising += usize::from((text.len(), text) >= (last.len(), last));
        // A number that only repeats what stands in front of it, as a date behind a time, is no part of the time.
        let is_moved = text.get(..tail(text)) != last.get(..tail(last));
        changes += usize::from(text.get(tail(text)..) != last.get(tail(last)..) && (words == 1 || !is_moved));
        last = text;
    }
    seen * 4 >= lines.len() * 3 && rising * 10 >= seen * 9 && (words == 1 || changes * 2 >= seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(line: &str) -> &str {
        let found = clock(line.as_bytes(), 0);
        &line[found.start as usize..found.end as usize]
    }

    #[test]
    fn clock_times_are_found_with_their_dates() {
        for (line, expected) in [
            ("2015-07-29 19:04:12,394 - INFO x", "2015-07-29 19:04:12,394"),
            ("[Sun Dec 04 04:47:44 2005] [notice]", "Sun Dec 04 04:47:44"),
            ("Dec  9 06:55:46 host sshd[1]: x", "Dec  9 06:55:46"),
            ("20171223-22:15:29:606|Step|3", "20171223-22:15:29:606"),
            ("03-17 16:13:38.811  1702  2395 D x", "03-17 16:13:38.811"),
            ("web_1  | 2024-01-02T10:00:01.123456Z up", "2024-01-02T10:00:01.123456Z"),
            ("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET /\"", "10/Oct/2000:13:55:36"),
            ("2024-01-02T10:00:01+02:00 x", "2024-01-02T10:00:01+02:00"),
            ("[10:01] hello", "10:01"),
            ("no time 1:2 here", ""),
            ("src/a.rs:12:5: error", ""),
        ] {
            assert_eq!(stamp(line), expected, "{line}");
        }
    }

    #[test]
    fn rising_numbers_in_front_are_times_too() {
        let style = |lines: &[&str]| Stamps::of(lines.iter().map(|line| line.as_bytes())).style;
        assert_eq!(style(&["081109 203615 148 INFO a", "081109 203807 222 INFO b"]), Style::Digits(2));
        assert_eq!(style(&["- 1117838570 2005.06.03 R02", "- 1117838573 2005.06.03 R03"]), Style::Digits(1));
        assert_eq!(style(&["[    0.000000] a", "[    1.250000] b"]), Style::Digits(1));
        assert_eq!(style(&["alpha", "beta"]), Style::None);
        assert_eq!(
            style(&[
                "a.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 x",
                "a.log.1.2017-05-16_13:53:08 2017-05-16 00:00:01.2 y",
                "a.log.1.2017-05-16_13:53:08 2017-05-16 00:00:01.7 y"
            ]),
            Style::Clock(1)
        );
    }
}
