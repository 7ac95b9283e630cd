//! A text and the call that made it in, how surely it is source code and in which language out. Nothing is parsed here.

use std::sync::OnceLock;

use super::guess;
use super::language::{self, Language, LANGUAGES};
use super::lines::Source;
use crate::begins::{bytes_of, Heads};
use crate::kind::Kind;
use crate::search::keywords::{roles, BINDING, DEFINING, MODIFIER, STATEMENT};

/// Bytes looked at: at the beginning, and in the middle.
const HEAD_BYTES: usize = 6_000;
const MIDDLE_BYTES: usize = 3_000;
/// Bytes of a line that are looked at, and bytes of a call.
pub(super) const MAX_LINE: usize = 160;
const MAX_CALL: usize = 8_000;
/// Lines after which a text that defines and imports nothing is no code.
const PATIENCE: f64 = 40.0;
/// Lines without an extension to go by: so many must define or import something.
const LEAST_STRONG: f64 = 2.0;
const LEAST_STRONG_SHARE: f64 = 0.03;

/// Parts of the names of tools that show files.
const READERS: [&str; 9] = ["read", "view", "open", "cat", "file", "show", "get", "fetch", "editor"];
/// Commands that print files as they are.
const PRINTERS: [&str; 12] =
    ["cat", "sed", "head", "tail", "nl", "bat", "batcat", "less", "more", "get-content", "type", "gc"];

/// Commands that print next to nothing.
const SILENT: [&str; 6] = ["cd ", "export ", "source ", "set ", "echo ", "pushd "];

/// How surely a text is source code, 0 to 1, by its lines alone. Takes bounded time.
pub fn score(text: &str) -> f64 {
    Seen::of(text).score()
}

/// How surely a text is the source file that a call shows; 0 if it shows none.
pub fn score_of_call(text: &str, call: &str) -> f64 {
    if !shown_path(call).and_then(extension_of).is_some_and(|extension| is_code_extension(&extension)) {
        return 0.0;
    }
    let seen = Seen::of(text);
    let by_content = seen.score();
    // A file that is run prints what may hold much of it.
    let scores = crate::detect::of_lines(text);
    if [Kind::Log, Kind::Diff, Kind::Trace, Kind::Report].iter().any(|kind| scores[*kind as usize] > 0.5) {
        return by_content;
    }
    let codey = seen.codey_share();
    if codey >= 0.3 && !seen.is_other() {
        by_content.max(0.6 + 0.38 * codey)
    } else {
        by_content
    }
}

/// The language of a text: by the path in the call, the program in its first line, or by its words.
pub fn language_of(source: &Source, call: &str) -> Option<&'static Language> {
    let by_path = paths_of(call).rev().find_map(extension_of).filter(|extension| is_code_extension(extension));
    if let Some(extension) = &by_path {
        if extension != "h" {
            return language::of_extension(extension);
        }
    }
    if let Some(found) = (!source.lines.is_empty()).then(|| language::of_shebang(source.code(0))).flatten() {
        return Some(found);
    }
    let is_header = by_path.is_some();
    if is_header {
        return language::named("cpp");
    }
    guess::language(source, Seen::of(source.lines.text).by_language)
}

/// The extension of a path, in lower case.
pub fn extension_of(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    let is_one = !stem.is_empty()
        && (1..=9).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && extension.as_bytes()[0].is_ascii_alphabetic();
    is_one.then(|| extension.to_ascii_lowercase())
}

/// Whether files with this extension hold source code.
pub fn is_code_extension(extension: &str) -> bool {
    language::of_extension(extension).is_some() || language::OTHERS.contains(&extension)
}

/// What looks like the path of a file in a call, in order.
pub fn paths_of(call: &str) -> impl DoubleEndedIterator<Item = &str> {
    let mut end = call.len().min(MAX_CALL);
    while !call.is_char_boundary(end) {
        end -= 1;
    }
    let ends = |letter: char| letter.is_whitespace() || "\"'`=()|;<>&,:{}[]".contains(letter);
    call[..end].split(ends).filter(|token| extension_of(token).is_some())
}

/// The path of the source file that a call shows, if it shows one.
fn shown_path(call: &str) -> Option<&str> {
    let is_code = |path: &&str| extension_of(path).is_some_and(|extension| is_code_extension(&extension));
    shown_part(call).and_then(|part| paths_of(part).rev().find(is_code))
}

/// The part of a call that names the files it shows: the first command of those in a pipe, or all arguments of a tool that reads.
fn shown_part(call: &str) -> Option<&str> {
    let (tool, arguments) = call.split_once(' ').unwrap_or((call, ""));
    let tool = tool.to_ascii_lowercase();
    if let Some(at) = arguments.find("command\":").filter(|_| !arguments.contains("\"path\":")) {
        let command = arguments[at + 9..].trim_start_matches([' ', '"', '[']);
        // What is written into a file is not shown.
        if command.contains("<<") || command.contains("cat >") {
            return None;
        }
        let mut steps: Vec<&str> = command.split("&&").flat_map(|part| part.split(';')).map(str::trim_start).collect();
        let part = steps.pop().unwrap_or(command);
        if !steps.iter().all(|step| SILENT.iter().any(|program| step.starts_with(program))) {
            return None;
        }
        let part = part.split('|').next().unwrap_or(part).trim_start();
        let program = part.split_ascii_whitespace().next().unwrap_or("").to_ascii_lowercase();
        let prints =
            PRINTERS.contains(&program.as_str()) || part.starts_with("git show") || READERS.contains(&program.as_str());
        // What a filter behind it leaves over is no file any more.
        let is_filtered = command.contains("grep") || command.contains("rg ") || command.contains("wc ");
        return (prints && !is_filtered).then_some(part);
    }
    READERS.iter().any(|word| tool.contains(word)).then_some(arguments)
}

/// What was seen in a sample of the lines.
#[derive(Default)]
struct Seen {
    lines: f64,
    /// Lines that look like code; those that look like something else.
    codey: f64,
    other: f64,
    /// Lines that define or import something, by their words.
    strong: f64,
    comments: f64,
    /// Lines such as `"key": value`: of JSON, or of a literal in code.
    quoted: f64,
    by_language: [f64; LANGUAGES.len()],
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Seen::default();
        let head = window(text, 0, HEAD_BYTES);
        let source = Source::of(head);
        for row in 0..source.lines.len() {
            seen.add(source.code(row));
            if seen.lines > PATIENCE && seen.strong == 0.0 && seen.codey < 0.5 * seen.lines {
                return seen;
            }
        }
        if text.len() > HEAD_BYTES + 2 * MIDDLE_BYTES {
            let middle = window(text, text.len() / 2, MIDDLE_BYTES);
            let whole = middle.find('\n').map_or("", |end| &middle[end + 1..]);
            let source = Source::of(whole);
            for row in 0..source.lines.len() {
                seen.add(source.code(row));
            }
        }
        seen
    }

    fn add(&mut self, line: &str) {
        let line = window(line, 0, MAX_LINE);
        let bare = line.trim_ascii();
        if bare.is_empty() {
            return;
        }
        if is_comment(bare) {
            self.comments += 1.0;
            return;
        }
        if is_quoted_pair(bare) {
            self.quoted += 1.0;
            return;
        }
        self.lines += 1.0;
        if is_other(line, bare) {
            self.other += 1.0;
            return;
        }
        let has_symbols = has_symbols(bare);
        let first = bare.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or("");
        let role = roles(first.as_bytes());
        let has_more_words = |than: usize| bare.split_ascii_whitespace().nth(than).is_some();
        let is_keyword = role & (DEFINING | BINDING | MODIFIER | STATEMENT) != 0 || first.starts_with("def");
        let is_codey = has_symbols || is_keyword && !has_more_words(5) || is_lone(bare);
        if !is_codey {
            return;
        }
        self.codey += 1.0;
        let mut signed = false;
        let ends = bare.ends_with(['{', ':', ';', ')', '(', ',', '>']) || !has_more_words(4);
        let signs = signs_by_byte().get(usize::from(bare.as_bytes()[0])).map_or(&[][..], Vec::as_slice);
        let mut longest = [0usize; LANGUAGES.len()];
        for &(language, sign) in signs.iter().filter(|(_, sign)| bare.starts_with(sign)) {
            longest[language] = longest[language].max(sign.len());
            signed = true;
        }
        if signed {
            for (count, &sign) in self.by_language.iter_mut().zip(&longest).filter(|(_, &sign)| sign > 0) {
                *count += 1.0 + sign as f64 / 8.0;
            }
        }
        if ends && (signed || role & (DEFINING | BINDING) != 0) {
            self.strong += 1.0;
        }
    }

    fn codey_share(&self) -> f64 {
        if self.lines == 0.0 {
            0.0
        } else {
            self.codey / self.lines
        }
    }

    /// Whether what is no code prevails.
    fn is_other(&self) -> bool {
        self.other > 0.4 * self.lines || self.quoted > 20.0 * self.strong
    }

    fn score(&self) -> f64 {
        if self.lines < 5.0
            || self.strong < LEAST_STRONG
            || self.strong < LEAST_STRONG_SHARE * self.lines
            || self.is_other()
        {
            return 0.0;
        }
        let share = (self.codey - 2.0 * self.other) / self.lines;
        let strong = (self.strong / self.lines * 4.0).min(1.0);
        ((share - 0.5) / 0.35).clamp(0.0, 1.0) * (0.45 + 0.4 * strong)
    }
}

/// Whether a line, without the white space around it, is or goes on with a comment.
pub(super) fn is_comment(bare: &str) -> bool {
    static COMMENTS: Heads<6> = Heads::of(["//", "/*", "* ", "*/", "--", "# "]);
    COMMENTS.begin(bare.as_bytes()) || bare == "*" || bare == "#"
}

/// The signs of all languages by their first byte, with the number of their language.
fn signs_by_byte() -> &'static [Vec<(usize, &'static str)>] {
    static SIGNS: OnceLock<Vec<Vec<(usize, &'static str)>>> = OnceLock::new();
    SIGNS.get_or_init(|| {
        let mut by_byte = vec![Vec::new(); 128];
        for (at, language) in LANGUAGES.iter().enumerate() {
            for sign in language.signs {
                by_byte[usize::from(sign.as_bytes()[0])].push((at, *sign));
            }
        }
        by_byte
    })
}

fn window(text: &str, from: usize, bytes: usize) -> &str {
    let (mut start, mut end) = (from.min(text.len()), text.len().min(from + bytes));
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if start < end {
        &text[start..end]
    } else {
        ""
    }
}

/// What only code, or hardly anything else, has in a line.
fn has_symbols(bare: &str) -> bool {
    let ends = matches!(
        *bare.as_bytes(),
        [.., b';' | b'{' | b'}' | b'(' | b'[' | b']' | b')' | b'\\'] | [.., b'}' | b')', b','] | [.., b')', b':']
    );
    ends || has_symbol_inside(bare.as_bytes())
        || bare.starts_with(['@', '}', ')', '#']) && bare.len() > 1
        || bare.ends_with([',', '"']) && !bare.contains(' ')
        || bare.starts_with(['"', '\'']) && bare.ends_with(['"', '\'', ','])
        || bare.ends_with(',') && bare.split(' ').count() <= 4
        || bare.ends_with(':') && bare.split(' ').count() <= 12 && roles(first_word(bare)) & (DEFINING | STATEMENT) != 0
}

/// Whether ` = `, ` == `, `::`, `->`, `=>`, `:=`, ` != `, ` && `, ` || `, `+=`, `();`, `<-`, `$(`, `="`, or a call (a name
/// right before a parenthesis) stands somewhere in a line.
fn has_symbol_inside(line: &[u8]) -> bool {
    /// The bytes by which one of them is found.
    const TELLING: [bool; 256] = bytes_of(b"=:>&|(<");
    let is = |at: usize, wanted: u8| line.get(at) == Some(&wanted);
    let mut telling = line.iter().enumerate().filter(|&(_, &byte)| TELLING[byte as usize]);
    telling.any(|(at, &byte)| {
        let before = if at > 0 { line[at - 1] } else { 0 };
        let is_apart = |from: usize| from > 0 && line[from - 1] == b' ' && is(at + 1, b' ');
        match byte {
            b'=' => match before {
                b':' | b'+' => true,
                b'=' | b'!' if is_apart(at - 1) => true,
                _ => is_apart(at) || is(at + 1, b'>') || is(at + 1, b'"'),
            },
            b':' => before == b':',
            b'>' => before == b'-',
            b'&' | b'|' => before == byte && is_apart(at - 1),
            b'<' => is(at + 1, b'-'),
            _ => {
                before.is_ascii_alphanumeric() || matches!(before, b'_' | b'$') || is(at + 1, b')') && is(at + 2, b';')
            }
        }
    })
}

fn first_word(bare: &str) -> &[u8] {
    bare.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or("").as_bytes()
}

fn is_lone(bare: &str) -> bool {
    matches!(
        bare,
        "end"
            | "else"
            | "else:"
            | "fi"
            | "done"
            | "esac"
            | "then"
            | "do"
            | "begin"
            | "pass"
            | "try:"
            | "break"
            | "continue"
            | "return"
    )
}

/// What other kinds of texts have: records, times, tags, marks of a list or a change, places.
fn is_other(line: &str, bare: &str) -> bool {
    let bytes = bare.as_bytes();
    match bytes[0] {
        b'<' => bytes.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/') && bare.ends_with('>'),
        b'-' | b'+' => {
            line.starts_with(['-', '+']) && bytes.len() > 1 && bytes[1] != b'-' || bytes.get(1) == Some(&b' ')
        }
        b'|' => bare.ends_with('|') && bytes.len() > 1,
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            matches!(bytes.get(digits), Some(b'-' | b':' | b'/' | b'.' | b' ' | b'\t')) && bytes.len() > digits + 2
        }
        b'[' => {
            bytes.get(1).is_some_and(|byte| byte.is_ascii_digit())
                || bare.starts_with("[INFO")
                || bare.starts_with("[ERROR")
                || bare.starts_with("[WARN")
        }
        _ => is_place(bytes) || is_pair(bare),
    }
}

/// `"key": value`
fn is_quoted_pair(bare: &str) -> bool {
    let Some(mark) = bare.chars().next().filter(|mark| matches!(mark, '"' | '\'')) else { return false };
    bare[1..].find(mark).is_some_and(|end| bare[end + 2..].starts_with(':'))
}

/// `path/name.py:12:` and `path.py:def f():`, as searches print them.
fn is_place(bytes: &[u8]) -> bool {
    let Some(colon) = bytes.iter().take(120).position(|&byte| byte == b':') else { return false };
    let path = &bytes[..colon];
    let is_path = path.iter().any(|&byte| byte == b'/' || byte == b'.')
        && !path.iter().any(|byte| b" ()\"'={};,<>".contains(byte));
    is_path && (bytes.get(colon + 1).is_some_and(u8::is_ascii_digit) || path.contains(&b'/') && path.contains(&b'.'))
}

/// `key: value`, with nothing of code in it.
fn is_pair(bare: &str) -> bool {
    let Some((key, value)) = bare.split_once(": ") else { return false };
    let is_key =
        key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte)) && key.split(' ').count() <= 3;
    is_key
        && !bare.ends_with([',', ';', '{', '(', ':'])
        && !value.contains(['(', '=', ';', '<'])
        && roles(first_word(bare)) & (DEFINING | BINDING | MODIFIER | STATEMENT) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_file_tells_its_language_and_the_words_do_where_there_is_none() {
        let name = |text: &str, call: &str| language_of(&Source::of(text), call).map(|language| language.name);
        assert_eq!(name("x", "read_file {\"path\":\"src/a.rs\"}"), Some("rust"));
        assert_eq!(name("x", "bash {\"command\":\"cat lib/b.tsx | head\"}"), Some("tsx"));
        assert_eq!(name("x", "bash {\"command\":\"cat lib/b.lua\"}"), None);
        assert_eq!(name("#!/usr/bin/env python3.11\nx", ""), Some("python"));
        assert_eq!(name("package a\n\nimport (\n\t\"b\"\n)\n\nfunc f() {\n}\n", ""), Some("go"));
        assert_eq!(name("use std::io;\n\npub fn f() {\n    let x = 1;\n}\n\nimpl A {\n}\n", ""), Some("rust"));
        for (wanted, text) in [
            (
                "python",
                "def f(a, b=8):\n    total = 0\n    for i in range(a):\n        total += i * b\n    return total\n\n",
            ),
            ("python", "    if total > 3:\n        raise ValueError('x')\n    return total\n"),
            ("ruby", "def f(a)\n  a.each do |x|\n    puts x unless x.nil?\n  end\nend\n"),
            (
                "javascript",
                "  const a = require('x');\n  if (a === undefined) {\n    return a;\n  }\n  return b(() => {\n",
            ),
            ("typescript", "function f(a: string, b: number): void {\n  const c: string = a;\n  return;\n}\n"),
            ("c", "\tif (p->next == NULL)\n\t\treturn -1;\n\tp->size = sizeof(*p);\n\treturn 0;\n}\n"),
            ("go", "\tx, err := f()\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn x, nil\n"),
            (
                "rust",
                "    let mut a = Vec::new();\n    for x in &b {\n        a.push(x.unwrap());\n    }\n    Ok(a)\n}\n",
            ),
            ("php", "    public function f($a) {\n        $this->b = array($a);\n        return $this->b;\n    }\n"),
            ("bash", "if [[ -z \"$1\" ]]; then\n  echo \"usage: $0\"\n  exit 1\nfi\n"),
        ] {
            assert_eq!(name(text, "read_file {\"id\":3}"), Some(wanted), "{text}");
        }
    }

    #[test]
    fn code_is_told_from_other_texts() {
        let code =
            "import os\n\nclass A(B):\n    def f(self):\n        return os.path.join(a, b)\n\n    x = f(1)\n".repeat(3);
        assert!(score(&code) > 0.5, "{}", score(&code));
        assert!(score_of_call(&code, "read_file {\"path\":\"a.py\"}") > 0.9);
        for text in [
            "Some prose is here.\nfrom the beginning, to the end.\nclass of things\n".repeat(9),
            "name: x\nvalue: 1\nlist:\n  - a\n  - b\nother: use it\n".repeat(9),
            "src/a.py:12:def f():\nsrc/a.py:14:    import x\nsrc/b.py:3:class A:\n".repeat(9),
            "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}\n".repeat(9),
            "2024-01-02 10:00:01 INFO import(x)\n2024-01-02 10:00:02 return x;\n".repeat(9),
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-def f():\n+def g():\n".repeat(9),
        ] {
            assert!(score(&text) < 0.3, "{} {text}", score(&text));
        }
    }
}
