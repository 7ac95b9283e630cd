//! A text in, its parts out: blocks of frames, and the other lines between them.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::frame::{frame_at, Frame, Language};
use crate::text::Lines;

/// A run of lines of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Indices of lines: messages, headings, whatever else was printed.
    Text(Range<usize>),
    /// Indices of frames that follow each other.
    Block(Range<usize>),
}

/// A text with the stack traces that stand in it.
pub struct Parts<'a> {
    pub lines: Lines<'a>,
    pub frames: Vec<Frame>,
    pub list: Vec<Part>,
}

impl<'a> Parts<'a> {
    pub fn of(lines: Lines<'a>) -> Self {
        let mut parts = Parts { lines, frames: Vec::new(), list: Vec::new() };
        let (mut at, mut text_from, mut block_from) = (0, 0, 0);
        let mut inside: Option<Language> = None;
        while at < parts.lines.len() {
            let Some(frame) = frame_at(&parts.lines, at, inside) else {
                inside = None;
                parts.end_block(&mut block_from);
                at += 1;
                continue;
            };
            if inside.is_none_or(|before| before.innermost_last() != frame.language.innermost_last()) {
                parts.end_block(&mut block_from);
                if text_from < at {
                    parts.list.push(Part::Text(text_from..at));
                }
            }
            inside = Some(frame.language);
            at += frame.lines as usize;
            text_from = at;
            parts.frames.push(frame);
        }
        parts.end_block(&mut block_from);
        if text_from < at {
            parts.list.push(Part::Text(text_from..at));
        }
        parts
    }

    fn end_block(&mut self, from: &mut usize) {
        if *from < self.frames.len() {
            self.list.push(Part::Block(*from..self.frames.len()));
            *from = self.frames.len();
        }
    }

    /// What makes two frames the same call: the function and the place, without addresses and arguments.
    pub fn identity(&self, frame: &Frame) -> u64 {
        let text = self.lines.text;
        match frame.language {
            Language::Go | Language::Rust | Language::Numbered if !frame.is_note => {
                let parts = [frame.function, frame.place, frame.number].map(|span| xxh3_64(span.of(text).as_bytes()));
                parts.into_iter().fold(0, |sum, part| sum.rotate_left(21) ^ part)
            }
            _ => xxh3_64(frame.whole.of(text).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> Vec<(Language, String, String, String, u32)> {
        let parts = Parts::of(Lines::of(text));
        let told = |frame: &Frame| {
            let [place, number, function] = [frame.place, frame.number, frame.function].map(|s| s.of(text).to_owned());
            (frame.language, place, number, function, frame.lines)
        };
        parts.frames.iter().filter(|frame| !frame.is_note).map(told).collect()
    }

    fn check(text: &str, expected: (Language, &str, &str, &str, u32)) {
        let found = calls(text);
        let found: Vec<_> = found.iter().map(|(l, p, n, f, c)| (*l, p.as_str(), n.as_str(), f.as_str(), *c)).collect();
        assert_eq!(found, [expected], "{text}");
    }

    #[test]
    fn frames_of_the_jvm_and_of_dotnet_are_told_apart() {
        use Language::{Dotnet, Java};
        check("\tat a.b.C.m(C.java:12)", (Java, "a.b.C", "12", "m(C.java:12)", 1));
        check(
            "    at java.base/java.lang.Thread.run(Thread.java:8)",
            (Java, "java.base/java.lang.Thread", "8", "run(Thread.java:8)", 1),
        );
        check("\tat a.B.<init>(Native Method)", (Java, "a.B", "", "<init>(Native Method)", 1));
        check("\tat a.B$c$1.invoke(B.kt:3) ~[x-1.jar:1]", (Java, "a.B$c$1", "3", "invoke(B.kt:3)", 1));
        check("   at A.B.M(String s, Int32 n) in /x/B.cs:line 7", (Dotnet, "/x/B.cs", "7", "A.B.M", 1));
        check("   at A.B.<>c.<M>b__0()", (Dotnet, "", "", "A.B.<>c.<M>b__0", 1));
    }

    #[test]
    fn frames_of_scripts_have_a_path_a_line_and_a_column() {
        use Language::Script;
        check("    at f (/x/a b.js:1:2)", (Script, "/x/a b.js", "1:2", "f", 1));
        check("    at async Promise.all (index 0)", (Script, "index 0", "", "async Promise.all", 1));
        check("    at Array.map (<anonymous>)", (Script, "<anonymous>", "", "Array.map", 1));
        check("    at node:internal/main:28:49", (Script, "node:internal/main", "28:49", "", 1));
        check("    at async file:///x/a.mjs:1:2", (Script, "file:///x/a.mjs", "1:2", "", 1));
        check("f@http://x.io/a.js:1:2", (Script, "http://x.io/a.js", "1:2", "f", 1));
    }

    #[test]
    fn frames_of_python_take_their_source_along() {
        use Language::{Pytest, Python};
        check("  File \"/x/a.py\", line 3, in f\n    g()\n    ^^^\nTypeError: no", (Python, "/x/a.py", "3", "f", 3));
        check("  |   File \"a.py\", line 3, in f\n  |     g()\n  |   File", (Python, "a.py", "3", "f", 2));
        check("x/a.py:3: in <module>\n    import b\nE   ImportError: no", (Pytest, "x/a.py", "3", "<module>", 2));
    }

    #[test]
    fn frames_over_two_lines_are_one() {
        use Language::{Go, Rust};
        check("main.f(0x1, {0x2, 0x3})\n\t/x/a.go:12 +0x1d", (Go, "/x/a.go", "12", "main.f", 2));
        check("created by main.f in goroutine 1\n\t/x/a.go:12 +0x1d", (Go, "/x/a.go", "12", "main.f", 2));
        check("   4: a::f\n             at ./src/a.rs:1:2", (Rust, "./src/a.rs", "1:2", "a::f", 2));
        check("   4:     0x55 - a::f::h1\n      at ./a.rs:1:2", (Rust, "./a.rs", "1:2", "a::f::h1", 2));
    }

    #[test]
    fn frames_of_other_languages_are_seen() {
        use Language::{Numbered, Ruby};
        check("\tfrom /x/a.rb:3:in `f'", (Ruby, "/x/a.rb", "3", "`f'", 1));
        check("#0 /x/a.php(3): A->f()", (Numbered, "/x/a.php", "3", "A->f()", 1));
        check("#1  0x0 in f (a=1) at a.c:3", (Numbered, "a.c", "3", "f (a=1)", 1));
        check("#4  f (n=6) at g.c:5\n        k = 41\nNo locals.\nrax", (Numbered, "g.c", "5", "f (n=6)", 3));
        check("    #1 0x55 in f /x/a.c:8", (Numbered, "/x/a.c", "8", "f", 1));
        check("==12==    by 0x10: f (a.c:271)", (Numbered, "a.c", "271", "f", 1));
        check("==12==    at 0x48: free (in /x/vg.so)", (Numbered, "", "", "free", 1));
    }

    #[test]
    fn what_only_looks_alike_is_no_frame() {
        for text in
            ["at noon", "at the time (10:20)", "at 10:20", "File \"x\"", "12: x", "...", "a.b(c)", "# 1 a", "from x"]
        {
            assert!(calls(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn parts_cover_every_line_once_and_notes_stay_with_their_frames() {
        let text = "E: x\n\tat a.B.c(B.java:1)\n\t... 24 more\nCaused by: y\n\tat a.B.d(B.java:2)\nend";
        let parts = Parts::of(Lines::of(text));
        assert_eq!(
            parts.list,
            [Part::Text(0..1), Part::Block(0..2), Part::Text(3..4), Part::Block(2..3), Part::Text(5..6)]
        );
        assert!(parts.frames[1].is_note);
    }
}
