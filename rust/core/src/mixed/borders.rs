//! A text in, the lines in it that divide what stands before them from what stands behind them out.

use std::ops::Range;

/// Why a line divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// `<output>` or `</output>` on a line of its own.
    Tag,
    /// The line above or below code in Markdown.
    Fence,
    /// `==> name <==`, `=== name ===`, `STDOUT:`, `[stderr]`.
    Banner,
    /// `$ command`, `user@host:~$ command`.
    Prompt,
    /// The first line of a diff: it belongs to what stands behind it.
    Diff,
}

/// A line that divides, with its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub line: Range<usize>,
    pub border: Border,
}

/// Bytes of a line that is looked at; a longer one divides nothing.
const MAX_BYTES: usize = 200;
/// Bytes in which the `@` of a prompt stands.
const MAX_NAME_BYTES: usize = 40;
/// Tags on lines of their own beyond which a text is one of tags.
const MAX_TAGS: usize = 24;

/// The lines that divide a text, in order.
pub fn find(text: &str) -> Vec<Mark> {
    let bytes = text.as_bytes();
    let mut marks = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).chain([bytes.len()]) {
        if let Some(border) = border_of(&bytes[start..end]) {
            marks.push(Mark { line: start..end, border });
        }
        start = end;
    }
    if marks.iter().filter(|mark| mark.border == Border::Tag).count() > MAX_TAGS {
        marks.retain(|mark| mark.border != Border::Tag);
    }
    pair_fences(&mut marks);
    marks
}

/// Leaves out a fence that is never closed, and whatever else stands between two.
fn pair_fences(marks: &mut Vec<Mark>) {
    let mut inside = false;
    let is_odd = marks.iter().filter(|mark| mark.border == Border::Fence).count() % 2 == 1;
    let last = marks.iter().rposition(|mark| mark.border == Border::Fence);
    let mut at = 0;
    marks.retain(|mark| {
        at += 1;
        match mark.border {
            Border::Fence if is_odd && Some(at - 1) == last => false,
            Border::Fence => {
                inside = !inside;
                true
            }
            _ => !inside,
        }
    });
}

fn border_of(line: &[u8]) -> Option<Border> {
    // Most lines begin with none of these, and are done with here.
    let first = *line.first()?;
    let may_divide = match first {
        b'<' | b'`' | b'~' | b'=' | b'-' | b'*' | b'#' | b'$' => true,
        b'd' if line.starts_with(b"diff --git ") => true,
        b'[' | b'a'..=b'z' | b'A'..=b'Z' => {
            line.trim_ascii_end().ends_with(if first == b'[' { b"]" } else { b":" })
                || line[..line.len().min(MAX_NAME_BYTES)].contains(&b'@')
        }
        _ => false,
    };
    if !may_divide || line.len() > MAX_BYTES {
        return None;
    }
    let line = line.trim_ascii_end();
    match *line.first()? {
        b'<' if is_tag(line) => Some(Border::Tag),
        b'`' if line.starts_with(b"```") && !line[3..].contains(&b'`') => Some(Border::Fence),
        b'~' if line.starts_with(b"~~~") => Some(Border::Fence),
        b'd' if line.starts_with(b"diff --git ") => Some(Border::Diff),
        b'$' if line.len() > 3 && line[1] == b' ' && line[2].is_ascii_graphic() => Some(Border::Prompt),
        b'=' | b'-' | b'*' | b'#' if is_banner(line) => Some(Border::Banner),
        b'[' | b'A'..=b'Z' if is_label(line) => Some(Border::Banner),
        _ if is_prompt(line) => Some(Border::Prompt),
        _ => None,
    }
}

/// `<name>`, `</name>` or `<name key="value">`.
fn is_tag(line: &[u8]) -> bool {
    let Some(inner) = line.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")) else { return false };
    let inner = inner.strip_prefix(b"/").unwrap_or(inner);
    let end = inner.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"_-".contains(byte));
    let (name, rest) = inner.split_at(end.unwrap_or(inner.len()));
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && !rest.contains(&b'<')
        && !rest.contains(&b'>')
        && (rest.is_empty() || rest[0] == b' ' && rest.contains(&b'='))
}

/// Words between two rows of signs.
fn is_banner(line: &[u8]) -> bool {
    let sign = line[0];
    let left = line.iter().take_while(|&&byte| byte == sign).count();
    let rest = line[left..].strip_prefix(b">").unwrap_or(&line[left..]);
    let right = rest.iter().rev().take_while(|&&byte| byte == sign).count();
    let least = if rest.len() < line.len() - left { 2 } else { 3 };
    let words = rest[..rest.len() - right].strip_suffix(b"<").unwrap_or(&rest[..rest.len() - right]);
    left >= least && right >= least && words.starts_with(b" ") && words.iter().any(u8::is_ascii_alphanumeric)
}

/// `STDOUT:` or `[stderr]` on a line of its own.
fn is_label(line: &[u8]) -> bool {
    if let Some(word) = line.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        return word.len() > 2 && word.iter().all(u8::is_ascii_lowercase);
    }
    line.strip_suffix(b":").is_some_and(|word| {
        word.len() > 2 && word.len() <= 24 && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b' ')
    })
}

/// `user@host:/path$ command`.
fn is_prompt(line: &[u8]) -> bool {
    let Some(at) = line.iter().take(MAX_NAME_BYTES).position(|&byte| byte == b'@') else { return false };
    let is_name =
        |name: &[u8]| !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    let end = line.windows(2).take(120).position(|pair| matches!(pair, b"$ " | b"# "));
    end.is_some_and(|end| {
        end > at + 1
            && is_name(line[..at].strip_prefix(b"[").unwrap_or(&line[..at]))
            && line[at + 1..end]
                .iter()
                .position(|&byte| byte == b':' || byte == b' ')
                .is_some_and(|colon| is_name(&line[at + 1..at + 1 + colon]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borders(text: &str) -> Vec<Border> {
        find(text).into_iter().map(|mark| mark.border).collect()
    }

    #[test]
    fn lines_that_divide_are_told_from_those_that_look_alike() {
        use Border::{Banner, Diff, Prompt, Tag};
        let text =
            "<output>\n==> a.txt <==\n=== build ===\n--- done ---\nSTDERR:\n[stdout]\n$ ls -l\nme@box:~/x$ cat y\n\
                    diff --git a/x b/x\n</output>\n<file path=\"a\">\n";
        assert_eq!(borders(text), [Tag, Banner, Banner, Banner, Banner, Banner, Prompt, Prompt, Diff, Tag, Tag]);
        let text = "<a href=1>x</a>\n========\n--- a/x\n+++ b/x\nError: no\n[main] INFO\n$5 a day\n<T>(x)\n# Title\n\
                    mail me@box.org: costs $ 5\n";
        assert_eq!(borders(text), []);
    }

    #[test]
    fn fences_come_in_pairs_and_hide_what_is_between_them() {
        use Border::{Banner, Fence};
        assert_eq!(borders("```sh\n$ ls\n```\n=== x ===\n```\n"), [Fence, Fence, Banner]);
        assert_eq!(borders("```\n"), []);
    }

    #[test]
    fn a_text_of_tags_is_not_divided_by_them() {
        assert!(borders(&"<row>\n".repeat(25)).is_empty());
        assert_eq!(borders(&"<row>\n".repeat(3)).len(), 3);
    }
}
