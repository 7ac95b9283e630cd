//! A text as the end by which it differs from another one of the same form: `10:00:07` behind `10:00:01` is `07`.
//!
//! Both are seen as runs of letters and digits with marks between them. An end replaces as many of the last runs as it
//! has itself; in a long run of seven characters or more it may replace only the last characters.

const LONG_RUN: usize = 7;

/// What `end` stands for behind `last`; `None` if it does not fit.
pub fn apply(last: &str, end: &str) -> Option<String> {
    let mut text = String::with_capacity(last.len() + 4);
    text.push_str(&last[..place(last, end)?]);
    text.push_str(end);
    Some(text)
}

/// Where in `last` the text begins that `end` replaces.
fn place(last: &str, end: &str) -> Option<usize> {
    if !end.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let runs = runs(end.as_bytes());
    let bytes = last.as_bytes();
    let (mut at, mut found) = (bytes.len(), 0);
    while found < runs {
        let stop = bytes[..at].iter().rposition(u8::is_ascii_alphanumeric)? + 1;
        at = stop - bytes[..stop].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        found += 1;
    }
    let run = run_at(bytes, at);
    let own = run_at(end.as_bytes(), 0);
    if run >= LONG_RUN && own < run {
        at += run - own;
    }
    Some(at)
}

fn run_at(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Runs of letters and digits.
fn runs(bytes: &[u8]) -> usize {
    let mut is_inside = false;
    let mut count = 0;
    for byte in bytes {
        let is_run = byte.is_ascii_alphanumeric();
        count += usize::from(is_run && !is_inside);
        is_inside = is_run;
    }
    count
}

/// The shortest end of `text` that `apply` turns into it behind `last`; `None` if there is none but the whole.
pub fn of<'t>(last: &str, text: &'t str) -> Option<&'t str> {
    let bytes = text.as_bytes();
    let shared = last.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let differs = shared.min(bytes.len().checked_sub(1)?);
    let inside = bytes[..=differs].iter().rposition(u8::is_ascii_alphanumeric)?;
    let begin = inside + 1 - bytes[..=inside].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let fits = |start: usize| {
        let end = text.get(start..)?;
        (start > 0 && place(last, end) == Some(start) && last[..start] == text[..start]).then_some(end)
    };
    // Inside of a run the end begins where the run does, or, in a long one, where the difference does.
    if run_at(bytes, begin) >= LONG_RUN && inside == differs {
        return fits(differs).or_else(|| fits(begin));
    }
    fits(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_as_short_as_fields_allow() {
        for (last, text, expected) in [
            ("2015-07-29 19:04:12,394", "2015-07-29 19:04:29,071", Some("29,071")),
            ("2015-07-29 19:04:12,394", "2015-07-30 00:00:01,001", Some("30 00:00:01,001")),
            ("20171224-0:0:0:216", "20171224-0:0:10:9", Some("10:9")),
            ("1117838570", "1117838573", Some("3")),
            ("081109 203615", "081109 203807", Some("203807")),
            ("10.251.73.220", "10.251.9.1", Some("9.1")),
            ("2024", "2025", None),
            ("a", "b", None),
        ] {
            let end = of(last, text);
            if let Some(end) = end {
                assert_eq!(apply(last, end).as_deref(), Some(text));
            }
            assert_eq!(end, expected, "{last} {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_end_is_given_leads_back(last in "[0-9a-c:. é]{0,14}", text in "[0-9a-c:. é]{0,14}") {
            if let Some(end) = of(&last, &text) {
                proptest::prop_assert_eq!(apply(&last, end), Some(text.clone()));
            }
            let _ = apply(&text, &last);
        }
    }
}
