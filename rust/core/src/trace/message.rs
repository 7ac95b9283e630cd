//! Lines between frames in, which of them a lossy view shows out: what was thrown, headings, trouble, both ends.

use super::select::Plan;
use crate::begins::Heads;
use crate::json::paths::MixMap;
use crate::text::Lines;
use crate::words;

/// Lines that say what was thrown, of one run of other lines.
const MAX_RAISED: usize = 24;

/// Whether a line says what was thrown, or begins a trace.
pub fn is_raised(line: &str) -> bool {
    static HEADS: Heads<14> = Heads::of([
        "Caused by",
        "Suppressed",
        "Traceback",
        "panic:",
        "thread '",
        "fatal error:",
        "Exception in thread",
        "Uncaught ",
        "Unhandled ",
        "[cause]",
        "goroutine ",
        "[signal ",
        "Program received signal ",
        "Program terminated with signal ",
    ]);
    let indent = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'|' | b'+')).count();
    let bare = &line[indent..];
    let bare = bare.strip_prefix("E  ").unwrap_or(bare).trim_ascii_start();
    if HEADS.begin(bare.as_bytes()) || bare.starts_with("==") && bare.contains("Sanitizer: ") {
        return true;
    }
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b':' | b'/') || byte >= 0x80;
    let mut end = bare.bytes().take_while(|&byte| is_name(byte)).count();
    while bare[..end].ends_with([':', '.']) {
        end -= 1;
    }
    let is_sentence = !matches!(bare.as_bytes().get(end), None | Some(b':'));
    if is_sentence {
        return false;
    }
    let name = &bare[..end];
    let last = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
    let is_class = last.len() < name.len() && last.starts_with(|first: char| first.is_uppercase());
    let is_error =
        ["Error", "Exception", "Failure", "Fault", "Interrupt", "Exit", "Panic"].iter().any(|end| last.ends_with(end));
    is_class && !name.contains('/') || is_error && last.len() > 4
}

/// Whether a line says nothing: blank, or drawn of one or two signs.
pub fn is_blank(line: &str) -> bool {
    let mut signs = line.bytes().filter(|byte| !byte.is_ascii_whitespace());
    match signs.next() {
        None => true,
        Some(b'|') => signs.next().is_none(),
        Some(first) => b"-=_*~#+^.".contains(&first) && line.trim_ascii().len() > 2 && signs.all(|byte| byte == first),
    }
}

/// Which of the lines `told` to show, as positions in it. `before_frames`: whether innermost frames follow, to which the
/// last message belongs.
pub fn choose(
    lines: &Lines,
    told: &[usize],
    before_frames: bool,
    plan: &Plan,
    is_named: &dyn Fn(usize) -> bool,
) -> Vec<usize> {
    if told.len() <= plan.text_whole {
        return (0..told.len()).collect();
    }
    let mut keep = vec![false; told.len()];
    keep[..plan.text_head].fill(true);
    keep[told.len() - plan.text_tail..].fill(true);
    let raised: Vec<usize> = (0..told.len()).filter(|&at| is_raised(lines.line(told[at]))).collect();
    let middle = raised.len().saturating_sub(MAX_RAISED / 2);
    for (ordinal, &at) in raised.iter().enumerate() {
        if ordinal < MAX_RAISED / 2 || ordinal >= middle {
            keep[at] = true;
        }
    }
    if let Some(&last) = raised.last().filter(|_| before_frames) {
        let end = told.len().min(last + 1 + plan.message);
        keep[last..end].fill(true);
    }
    keep_trouble(lines, told, plan.trouble, &mut keep);
    (0..told.len()).filter(|&at| keep[at] || is_named(told[at])).collect()
}

/// Keeps lines that report trouble, of each sort one.
fn keep_trouble(lines: &Lines, told: &[usize], limit: usize, keep: &mut [bool]) {
    let mut sorts: MixMap<u64, ()> = MixMap::default();
    for (at, &index) in told.iter().enumerate() {
        if sorts.len() >= limit {
            return;
        }
        let line = lines.line(index).as_bytes();
        if !keep[at] && words::has_trouble(&line[..line.len().min(2_000)]) {
            keep[at] = sorts.insert(sort_of(line), ()).is_none();
        }
    }
}

/// Equal for lines that differ in their numbers alone.
fn sort_of(line: &[u8]) -> u64 {
    let letters = line.iter().filter(|byte| !byte.is_ascii_digit());
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_thrown_is_told_by_its_shape() {
        for line in [
            "java.lang.NullPointerException",
            "junit.framework.ComparisonFailure: expected:<a> but was:<b>",
            "Caused by: java.io.IOException: x",
            "ValueError: bad",
            "E   KeyError: 'x'",
            "  | zlib.error.Thing: x",
            "panic: runtime error: index out of range",
            "pkg.sub.Veto: no",
            "ошибка.Сбой: нет",
        ] {
            assert!(is_raised(line), "{line}");
        }
        for line in
            ["", "Running 3 tests", "see a.B for more", "note: x", "error", "http://x.io/a: b", "Error in the middle"]
        {
            assert!(!is_raised(line), "{line}");
        }
    }

    #[test]
    fn long_output_is_shown_by_both_ends_and_by_what_it_reports() {
        let text: String = (0..60)
            .map(|n| match n {
                30 => "a.b.CException: no\n".to_owned(),
                40..=45 => format!("failed to read {n}\n"),
                _ => format!("line {n}\n"),
            })
            .collect();
        let kept = choose(&Lines::of(&text), &(0..60).collect::<Vec<_>>(), false, &Plan::ALL[0], &|line| line == 50);
        assert_eq!(kept, [0, 1, 2, 3, 30, 40, 50, 56, 57, 58, 59]);
    }
}
