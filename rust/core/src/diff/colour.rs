//! The colours of `git diff --color`: a coloured diff in, the plain one out, and back.

use super::parse::{self, Part};
use crate::text::Lines;

const RESET: &str = "\x1b[m";
const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";

/// A text without its colours.
pub fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(0x1b, rest.as_bytes()) {
        plain.push_str(&rest[..at]);
        let code = &rest.as_bytes()[at..];
        let parameters = code.iter().skip(2).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        let is_code = code.get(1) == Some(&b'[') && matches!(code.get(2 + parameters), Some(b'm' | b'K'));
        let length = if is_code { 3 + parameters } else { 1 };
        if !is_code {
            plain.push('\x1b');
        }
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    plain
}

/// A plain diff in the colours that git gives it by default; white space that git finds fault with is not marked.
pub fn paint(text: &str) -> String {
    let lines = Lines::of(text);
    let mut painter = Painter { lines: &lines, out: String::with_capacity(text.len() * 5 / 4) };
    for part in parse::parse(&lines) {
        match part {
            Part::Loose(range) => range.for_each(|index| painter.push_loose(index)),
            Part::File(file) => {
                file.head.for_each(|index| painter.push(index, &[BOLD, lines.line(index), RESET]));
                for hunk in file.hunks {
                    let (head, trailer) = lines.line(hunk.head).split_at(hunk.trailer);
                    match trailer.strip_prefix(' ') {
                        Some(name) => painter.push(hunk.head, &[CYAN, head, RESET, " ", RESET, name, RESET]),
                        None => painter.push(hunk.head, &[CYAN, head, RESET]),
                    }
                    hunk.body.for_each(|index| painter.push_body(index));
                }
            }
        }
    }
    painter.out
}

struct Painter<'p, 't> {
    lines: &'p Lines<'t>,
    out: String,
}

impl Painter<'_, '_> {
    fn push(&mut self, index: usize, parts: &[&str]) {
        parts.iter().for_each(|part| self.out.push_str(part));
        let line = self.lines.list[index];
        self.out.push_str(&self.lines.text[line.end as usize..line.next as usize]);
    }

    fn push_loose(&mut self, index: usize) {
        let line = self.lines.line(index);
        if line.starts_with("commit ") {
            self.push(index, &[YELLOW, line, RESET]);
        } else {
            self.push(index, &[line]);
        }
    }

    fn push_body(&mut self, index: usize) {
        let line = self.lines.line(index);
        match line.strip_prefix('+') {
            Some("") => self.push(index, &[GREEN, "+", RESET]),
            Some(said) => {
                let (tabs, said) = said.split_at(said.len() - said.trim_start_matches('\t').len());
                self.push(index, &[GREEN, "+", RESET, tabs, GREEN, said, RESET]);
            }
            None if line.starts_with('-') => self.push(index, &[RED, line, RESET]),
            None => self.push(index, &[line, RESET]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off_and_put_on_again() {
        let painted = concat!(
            "\x1b[33mcommit 1473e52\x1b[m\nAuthor: n\n\n    two\n\n\x1b[1mdiff --git a/x b/x\x1b[m\n\x1b[1mindex af4c..ffc1 100644\x1b[m\n",
            "\x1b[1m--- a/x\x1b[m\n\x1b[1m+++ b/x\x1b[m\n\x1b[36m@@ -1,3 +1,4 @@\x1b[m \x1b[mdef f():\x1b[m\n a\x1b[m\n\x1b[31m-b\x1b[m\n",
            "\x1b[32m+\x1b[m\x1b[32mB\x1b[m\n \x1b[m\n\x1b[32m+\x1b[m\t\x1b[32me\x1b[m\n\\ No newline at end of file\x1b[m\n",
        );
        let plain = strip(painted);
        assert!(
            plain.ends_with("@@ -1,3 +1,4 @@ def f():\n a\n-b\n+B\n \n+\te\n\\ No newline at end of file\n"),
            "{plain}"
        );
        assert_eq!(paint(&plain), painted);
        assert_eq!(strip("\x1b"), "\x1b");
        assert_eq!(strip("a\x1b[31"), "a\x1b[31");
        assert_eq!(strip("\x1b[1;31mé\x1b[K"), "é");
    }
}
