//! A text in, the same lines as a reader sees them: without colours, without what was overwritten, and without the
//! time that a CI service writes before every line.

use std::borrow::Cow;

/// The lines of a text as they would be read; as many as there were.
pub fn clean(text: &str) -> Cow<'_, str> {
    let stamped = is_stamped(text);
    let has_codes = memchr::memchr(b'\x1b', text.as_bytes()).is_some();
    let has_returns = memchr::memchr_iter(b'\r', text.as_bytes()).any(|at| text.as_bytes().get(at + 1) != Some(&b'\n'));
    if !stamped && !has_codes && !has_returns {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let start = out.len();
        without_codes(body.trim_end_matches('\r'), &mut out);
        if let Some(at) = last_written(&out[start..]) {
            out.replace_range(start..start + at, "");
        }
        if stamped {
            let behind = stamp_end(&out[start..]);
            out.replace_range(start..start + behind, "");
        }
        out.push_str(end);
    }
    Cow::Owned(out)
}

/// Where what is seen of a line begins: behind the last `\r` that something follows.
fn last_written(line: &str) -> Option<usize> {
    memchr::memrchr_iter(b'\r', line.as_bytes()).map(|at| at + 1).find(|&at| !line[at..].trim().is_empty())
}

/// Appends a text without the control sequences of terminals.
fn without_codes(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\x1b', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let code = &rest.as_bytes()[at + 1..];
        let len = match code.first() {
            Some(b'[') => code.iter().skip(1).position(|byte| (0x40..0x7F).contains(byte)).map(|len| len + 2),
            Some(b']') => code.iter().position(|&byte| byte == 0x07).map(|len| len + 1),
            Some(b'(' | b')') => Some(2),
            _ => Some(0),
        };
        let mut end = at + 1 + len.unwrap_or(0).min(code.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
}

/// Whether the first lines all begin with a time to the fraction of a second, as GitHub's logs do.
fn is_stamped(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(4).peekable();
    lines.peek().is_some() && lines.all(|line| stamp_end(line) > 0)
}

/// Where the time ends that a line begins with, or that stands in its third field; 0 without one.
fn stamp_end(line: &str) -> usize {
    let start = match memchr::memchr(b'\t', &line.as_bytes()[..line.len().min(200)]) {
        Some(tab) => memchr::memchr(b'\t', &line.as_bytes()[tab + 1..]).map_or(0, |second| tab + second + 2),
        None => 0,
    };
    let bytes = line[start..].trim_start_matches('\u{feff}').as_bytes();
    let skipped = line.len() - start - bytes.len();
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let fits = bytes.len() > FORM.len()
        && FORM.iter().zip(bytes).all(|(form, byte)| if *form == b'0' { byte.is_ascii_digit() } else { form == byte });
    if !fits {
        return 0;
    }
    let tail = bytes[FORM.len()..].iter().take_while(|byte| byte.is_ascii_digit() || b".Z".contains(byte)).count();
    let end = FORM.len() + tail;
    if bytes[end - 1] != b'Z' || bytes.get(FORM.len()) != Some(&b'.') {
        return 0;
    }
    start + skipped + end + usize::from(bytes.get(end) == Some(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_taken_away() {
        assert_eq!(clean("\x1b[32m✓\x1b[0m a\n\x1b]0;t\x07b\x1b"), "✓ a\nb");
        assert_eq!(clean("10%\r50%\rdone\nx\r\ny\r"), "done\nx\ny");
        assert_eq!(clean("plain\r\n"), "plain\r\n");
        let log = "2026-11-20T10:00:00.1234567Z PASS a\n2026-11-20T10:00:00.2Z ##[group]b\n";
        assert_eq!(clean(log), "PASS a\n##[group]b\n");
        assert_eq!(clean("build\ttest\t2026-11-20T10:00:00.1Z PASS a\n"), "PASS a\n");
        assert_eq!(clean("2026-11-20T10:00:00 x\n"), "2026-11-20T10:00:00 x\n");
    }
}
