//! A question and a call in, what of a file they name out: definitions, lines, or the whole file.

use std::collections::HashSet;
use std::ops::Range;

use super::exits;
use super::lines::Source;
use super::rank::{Definition, Outline, ASKED, STATEMENT};
use crate::search::keywords::roles;
use crate::words;

/// Bytes of a question that are looked at.
const MAX_QUESTION: usize = 16_000;
/// Words of a question, kept.
const MAX_NAMES: usize = 128;
/// A plain word names definitions only where they are so few and so short.
const FEW: usize = 2;
const SHORT_ROWS: usize = 60;
/// Definitions of one name that stay whole.
const MAX_ALIKE: usize = 16;
/// A class that is named stays whole up to so many rows.
const WHOLE_CLASS: usize = 60;
/// Signatures and constants shown because what was asked for uses them.
const MAX_USED: usize = 40;
/// Rows that are looked at for what they use.
const MAX_USING_ROWS: usize = 20_000;
/// Lines that the question names otherwise.
const MAX_LINES: usize = 8;
/// Lines around one of them, and around a line named by its number.
const AROUND: usize = 1;
const AROUND_NUMBER: usize = 4;
/// Lines that a call asks for by their numbers are what it wants, up to so many.
const WANTED_ROWS: usize = 220;

/// Words by which a question asks for every word of a file.
const WHOLE: [&str; 19] = [
    "edit",
    "modify",
    "rewrite",
    "refactor",
    "review",
    "quote",
    "verbatim",
    "translate",
    "port",
    "convert",
    "format",
    "proofread",
    "audit",
    "reformat",
    "transcribe",
    "migrate",
    "rename",
    "fix",
    "patch",
];
/// Words of questions about code that seldom are names.
const PLAIN: [&str; 40] = [
    "public",
    "function",
    "functions",
    "method",
    "methods",
    "class",
    "classes",
    "signature",
    "signatures",
    "import",
    "imports",
    "exact",
    "api",
    "logic",
    "exit",
    "path",
    "result",
    "wrong",
    "return",
    "returns",
    "error",
    "errors",
    "raise",
    "read",
    "show",
    "work",
    "works",
    "list",
    "code",
    "file",
    "files",
    "line",
    "lines",
    "name",
    "names",
    "type",
    "types",
    "value",
    "test",
    "tests",
];
/// Parts of the names of tools that write files.
const WRITERS: [&str; 10] =
    ["write", "edit", "create", "replace", "patch", "insert", "append", "update", "delete", "undo"];

/// What a question names, before any file is looked at.
#[derive(Default)]
pub struct Asked {
    /// Names, and whether they are surely names: quoted, called, or written as no plain word is.
    names: Vec<(String, bool)>,
    numbers: Vec<(usize, usize)>,
}

impl Asked {
    pub fn of(question: &str, call: &str) -> Self {
        let mut asked = Asked::default();
        let file = base_of_path(call);
        asked.read(head_of(question), file.as_deref(), false);
        asked.read(head_of(call), file.as_deref(), true);
        asked
    }

    /// What a question names, and whether each is surely a name.
    pub fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.names.iter().map(|(name, is_sure)| (name.as_str(), *is_sure))
    }

    fn read(&mut self, text: &str, file: Option<&str>, is_call: bool) {
        let bytes = text.as_bytes();
        let mut at = 0;
        for token in text
            .split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '"' | '\'' | '(' | ')' | '`'))
        {
            let start = at;
            at += token.len() + text[at + token.len()..].chars().next().map_or(0, char::len_utf8);
            let before = if start > 0 { bytes[start - 1] } else { b' ' };
            let after = bytes.get(start + token.len()).copied().unwrap_or(b' ');
            let token = token.trim_matches(|letter: char| {
                matches!(letter, '?' | '!' | '.' | ':' | '[' | ']' | '{' | '}' | '<' | '>' | '*')
            });
            if token.is_empty() {
                continue;
            }
            self.place(token, file);
            let is_key = is_call && (start == 0 || bytes[at.saturating_sub(1)..].starts_with(b"\":"));
            if is_key || is_path(token) || self.names.len() >= MAX_NAMES {
                continue;
            }
            let is_quoted = !is_call && before == after && matches!(before, b'`' | b'"' | b'\'');
            let is_called = after == b'(' && token.bytes().any(|byte| byte.is_ascii_alphabetic());
            let parts: Vec<&str> = token
                .split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '$')))
                .filter(|part| !part.is_empty())
                .collect();
            let is_joined = parts.len() > 1
                && (token.contains("::") || token.contains('.') || token.contains('#') || token.contains("->"));
            for part in &parts {
                let is_sure = is_quoted
                    || is_called
                    || is_joined && part == parts.last().unwrap_or(part)
                    || is_written_as_name(part);
                let lower = part.to_ascii_lowercase();
                let is_plain =
                    PLAIN.contains(&lower.as_str()) || words::is_stop(lower.as_bytes()) || roles(lower.as_bytes()) != 0;
                if is_sure && (part.len() > 1 || is_quoted) || !is_plain && !is_call && part.len() >= 3 {
                    self.names.push(((*part).to_owned(), is_sure));
                }
            }
        }
        self.spoken_lines(text);
    }

    /// `name.py:140` and `name.py", line 140`.
    fn place(&mut self, token: &str, file: Option<&str>) {
        let Some((path, rest)) = token.split_once(':') else { return };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let is_this = file.is_some_and(|file| base(path).eq_ignore_ascii_case(file));
        if let (true, Ok(number)) = (is_this, digits.parse::<usize>()) {
            self.numbers.push((number, number));
        }
    }

    /// `line 140`, `lines 120-160`, `L120`.
    fn spoken_lines(&mut self, text: &str) {
        let lower = text.to_ascii_lowercase();
        for (at, _) in lower.match_indices("line").take(32) {
            let rest = lower[at + 4..].trim_start_matches('s').trim_start_matches([' ', '\u{a0}', ':', '#', '=']);
            let first = rest.bytes().take_while(u8::is_ascii_digit).count();
            let Ok(from) = rest[..first].parse::<usize>() else { continue };
            let rest = rest[first..].trim_start();
            let rest = ["-", "–", "to ", "through "]
                .iter()
                .find_map(|sign| rest.strip_prefix(sign))
                .unwrap_or("")
                .trim_start();
            let second = rest.bytes().take_while(u8::is_ascii_digit).count();
            let to = rest[..second].parse::<usize>().unwrap_or(from);
            self.numbers.push((from, to.max(from)));
        }
    }

    /// Marks what is asked for: definitions whole, those they call by their signature, lines with what is around them.
    pub fn mark(&self, source: &Source, outline: &mut Outline, name_of: &dyn Fn(&Definition) -> String) -> Marked {
        let mut marked = Marked::default();
        let why = &mut marked.why;
        // `name!` and `name?` are spoken of without their signs too.
        let bare = |each: &Definition| name_of(each).trim_end_matches(['!', '?', '=']).to_owned();
        let names: Vec<String> = outline.definitions.iter().map(bare).collect();
        let mut whole: Vec<Range<usize>> = Vec::new();
        for (name, is_sure) in &self.names {
            let alike: Vec<usize> = (0..names.len()).filter(|&at| names[at] == *name).collect();
            let is_named = |at: &&usize| {
                let rows = &outline.definitions[**at].rows;
                *is_sure || alike.len() <= FEW && rows.len() <= SHORT_ROWS
            };
            for &at in alike.iter().take(MAX_ALIKE).filter(is_named) {
                let definition = &outline.definitions[at];
                let (rows, head) = (&definition.rows, &definition.head);
                match (definition.is_function, rows.len()) {
                    (true, exits::LONG_FUNCTION..) => whole.extend(exits::rows(source, rows, head)),
                    (false, WHOLE_CLASS..) => whole.push(head.clone()),
                    _ => whole.push(rows.clone()),
                }
                why.push((definition.name_row as u32 + 1, "named"));
            }
        }
        for &(from, to) in &self.numbers {
            let row = |number: usize| row_of(source, number);
            let (Some(first), Some(last)) = (row(from), row(to).or_else(|| source.lines.len().checked_sub(1))) else {
                continue;
            };
            let inner = outline
                .definitions
                .iter()
                .filter(|each| each.is_function && each.rows.contains(&first))
                .min_by_key(|each| each.rows.len());
            whole.extend(inner.filter(|each| each.rows.len() <= SHORT_ROWS).map(|each| each.rows.clone()));
            whole.push(
                first.saturating_sub(AROUND_NUMBER)..(last.max(first) + AROUND_NUMBER + 1).min(source.lines.len()),
            );
            why.push((first as u32 + 1, "its number is named"));
        }
        marked.is_part = !whole.is_empty();
        let used = used_by(source, outline, &names, &whole);
        for rows in whole.into_iter().chain(used) {
            outline.paint(rows, ASKED);
        }
        marked
    }
}

/// What was marked as asked for.
#[derive(Default)]
pub struct Marked {
    /// Lines by their numbers, and why they are shown.
    pub why: Vec<(u32, &'static str)>,
    /// Whether a part of the file was asked for: of the rest less is wanted.
    pub is_part: bool,
}

/// What the rows asked for use: the signatures of what they call, and the constants they name.
fn used_by(source: &Source, outline: &Outline, names: &[String], whole: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut words: HashSet<&str> = HashSet::new();
    for row in whole.iter().cloned().flatten().take(MAX_USING_ROWS) {
        words.extend(identifiers(source.code(row)));
    }
    if words.is_empty() {
        return Vec::new();
    }
    let heads = outline.definitions.iter().zip(names).filter(|(_, name)| words.contains(name.as_str()));
    let mut used: Vec<Range<usize>> = heads.take(MAX_USED).map(|(each, _)| each.head.clone()).collect();
    let values = (0..outline.ranks.len()).filter(|&row| outline.ranks[row] == STATEMENT);
    let named = values.filter(|&row| identifiers(source.code(row)).take(3).any(|word| words.contains(word)));
    used.extend(named.take(MAX_USED).map(|row| row..row + 1));
    used
}

/// The names in a line of code, without words that mean the same everywhere.
fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'));
    words.filter(|word| word.len() > 2 && !word.as_bytes()[0].is_ascii_digit() && roles(word.as_bytes()) == 0)
}

/// Marks lines that share rare words with the question.
pub fn mark_lines(source: &Source, question: &str, outline: &mut Outline, why: &mut Vec<(u32, &'static str)>) {
    let mut left = MAX_LINES;
    for hit in source.lines.named(head_of(question), "") {
        let row = hit.node as usize;
        if left == 0 {
            break;
        }
        if row >= outline.ranks.len() || outline.ranks[row] == ASKED {
            continue;
        }
        left -= 1;
        let line = source.lines.line(row).as_bytes();
        let start = hit.offset as usize;
        let word = line.get(start..words::end_of(line, start)).unwrap_or_default();
        let around = if word.iter().all(u8::is_ascii_lowercase) { 0 } else { AROUND };
        outline.paint(row.saturating_sub(around)..(row + around + 1).min(outline.ranks.len()), ASKED);
        why.push((row as u32 + 1, "named"));
    }
}

/// The row that the tool printed this number before, or the row of this number.
fn row_of(source: &Source, number: usize) -> Option<usize> {
    if !source.is_numbered() {
        return number.checked_sub(1).filter(|&row| row < source.lines.len());
    }
    (0..source.lines.len()).find(|&row| source.number(row) == Some(number))
}

/// Whether nothing of a file may be left out: it was just written, is asked for in every word, or as some lines.
pub fn is_wanted_whole(question: &str, call: &str, rows: usize) -> bool {
    let tool = call.split_ascii_whitespace().next().unwrap_or("").to_ascii_lowercase();
    let is_view = call.contains("\"command\":\"view\"") || call.contains("\"command\": \"view\"");
    if WRITERS.iter().any(|word| tool.contains(word)) && !is_view {
        return true;
    }
    if rows <= WANTED_ROWS && asks_for_lines(call) {
        return true;
    }
    let Some(file) = base_of_path(call) else { return false };
    head_of(question).split(['\n', '!', '?']).flat_map(|part| part.split(". ")).any(|sentence| {
        let asks = |word: &str| WHOLE.contains(&word.to_ascii_lowercase().as_str());
        let names_file =
            sentence.contains(file.as_str()) || sentence.contains("this file") || sentence.contains("the file");
        let mut words = sentence.split_ascii_whitespace().filter(|word| !word.contains(['/', '.', '_', '`']));
        names_file
            && words.any(|word| asks(word.trim_matches(|letter: char| !letter.is_alphanumeric())))
            && !names_more(sentence, &file)
    })
}

/// Whether a sentence names a part of the file it names.
fn names_more(sentence: &str, file: &str) -> bool {
    let mut asked = Asked::default();
    asked.read(sentence, Some(file), false);
    !asked.numbers.is_empty() || asked.names.iter().any(|(_, is_sure)| *is_sure)
}

/// `sed -n '10,40p'`, `head -50`, `"view_range": [1, 40]`, `"offset": 100`.
fn asks_for_lines(call: &str) -> bool {
    let has_range =
        ["view_range", "\"offset\"", "\"limit\"", "start_line", "end_line", "line_start", "lineStart", "startLine"]
            .iter()
            .any(|word| call.contains(word));
    let has_filter = ["sed -n", "head -", "tail -", "| head", "| tail", "awk 'NR", "awk \"NR"]
        .iter()
        .any(|word| call.contains(word));
    has_range || has_filter
}

/// Snake case, camel case, or with a digit: no plain word.
fn is_written_as_name(word: &str) -> bool {
    let bytes = word.as_bytes();
    let has_inner = |test: &dyn Fn(&u8) -> bool| bytes.iter().skip(1).any(test);
    let has_lower = bytes.iter().any(u8::is_ascii_lowercase);
    has_inner(&|&byte| byte == b'_')
        || bytes[0] == b'_' && bytes.len() > 1
        || has_lower && has_inner(&u8::is_ascii_uppercase)
}

fn head_of(text: &str) -> &str {
    let mut end = text.len().min(MAX_QUESTION);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_path(token: &str) -> bool {
    let token = token.split_once(':').map_or(token, |(path, _)| path);
    token.contains('/')
        || token.contains('\\')
        || super::detect::extension_of(token).is_some_and(|it| super::detect::is_code_extension(&it))
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The name of the file that a call is about.
fn base_of_path(call: &str) -> Option<String> {
    super::detect::paths_of(call).last().map(|path| base(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(question: &str) -> Vec<String> {
        Asked::of(question, "read_file {\"path\":\"src/a/parser.py\"}")
            .names
            .into_iter()
            .filter(|(_, sure)| *sure)
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn names_and_lines_of_a_question_are_told_from_plain_words() {
        assert_eq!(names("Why does `parse` in src/a/parser.py fail?"), ["parse"]);
        assert_eq!(names("Where is HelpFormatter.write_dl or close() used"), ["HelpFormatter", "write_dl", "close"]);
        assert!(names("List the public functions of src/a/parser.py and their signatures.").is_empty());
        let asked = Asked::of(
            "It fails at parser.py:140, see lines 3-9 and other.py:7",
            "read_file {\"path\":\"src/a/parser.py\"}",
        );
        assert_eq!(asked.numbers, [(140, 140), (3, 9)]);
    }

    #[test]
    fn what_is_written_or_asked_for_whole_stays_whole() {
        let read = "read_file {\"path\":\"src/a.py\"}";
        assert!(is_wanted_whole("Please review src/a.py.", read, 900));
        assert!(is_wanted_whole("x", "str_replace_editor {\"command\":\"create\",\"path\":\"a.py\"}", 900));
        assert!(is_wanted_whole("x", "bash {\"command\":\"sed -n '1,80p' a.py\"}", 80));
        assert!(!is_wanted_whole("Review `run` in src/a.py.", read, 900));
        assert!(!is_wanted_whole("What does src/a.py do? Then review b.", read, 900));
        assert!(!is_wanted_whole("x", "str_replace_editor {\"command\":\"view\",\"path\":\"a.py\"}", 900));
    }
}
