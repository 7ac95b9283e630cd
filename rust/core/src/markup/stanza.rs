//! Records of one field a line in, a list of maps out: `psql -x`, MySQL's `\G`, SQLite's lines, `dpkg -s`, `pip show`,
//! `apt show`, `systemctl show`, PowerShell's lists.
//!
//! A line that counts records (`-[ RECORD 3 ]----`, `*** 3. row ***`), an empty one, or one of dashes parts them. A line
//! further right than the names goes on with the value above it.

use super::commits;
use super::tree::{Builder, Scalar};

/// How records are parted, and names from values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `-[ RECORD 1 ]---`, then `name | value`.
    Expanded,
    /// `*** 1. row ***`, then `name: value`, names ending below each other.
    Rows,
    /// Empty lines or dashes; `name: value` or `name=value`.
    Paragraphs,
    /// `commit` and its hash, `name: value`, and texts further right.
    Commits,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Parts records, and counts them: where the number is.
    Head(usize, usize),
    Blank,
    Rule,
    /// Where its name begins and ends, and where its value begins.
    Pair(usize, usize, usize),
    More,
    Other,
}

/// Records and fields that a text must have, and lines beside them that it may begin or end with.
const MIN_RECORDS: usize = 3;
const MIN_PAIRS: usize = 2;
const MAX_BESIDE: usize = 2;
/// Characters and words of a name.
const MAX_NAME: usize = 48;
const MAX_WORDS: usize = 5;
/// Lines in which the style is told.
const LOOKED_AT: usize = 400;

impl Style {
    /// The style of the records that a text begins with.
    pub fn of(text: &str) -> Option<Style> {
        if commits::begins(text) {
            return Some(Style::Commits);
        }
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(MAX_BESIDE + 1);
        for style in [Style::Expanded, Style::Rows] {
            if lines.clone().any(|line| matches!(style.read(line), Line::Head(..))) {
                return Some(style);
            }
        }
        let first = lines.next()?;
        let Line::Pair(from, to, _) = Style::Paragraphs.read(first) else { return None };
        let name = &first[from..to];
        let (mut records, mut named, mut pairs, mut is_start) = (0, 0, 0, true);
        for line in text.lines().take(LOOKED_AT) {
            match Style::Paragraphs.read(line) {
                Line::Blank | Line::Rule => is_start = true,
                Line::Pair(from, to, _) => {
                    pairs += 1;
                    if std::mem::take(&mut is_start) {
                        records += 1;
                        named += usize::from(&line[from..to] == name);
                    }
                }
                Line::More if !is_start => {}
                _ => return None,
            }
        }
        // What a record begins with is the same in most of them.
        let is_alike = records >= MIN_RECORDS && named * 5 >= records * 3 && pairs >= records * MIN_PAIRS;
        is_alike.then_some(Style::Paragraphs)
    }

    /// Reads one line.
    pub fn read(self, line: &str) -> Line {
        let line = line.trim_end();
        let bare = line.trim_start();
        if bare.is_empty() {
            return Line::Blank;
        }
        let indent = line.len() - bare.len();
        match self {
            Style::Expanded => {
                if let Some(rest) = bare.strip_prefix("-[ RECORD ").filter(|_| indent == 0) {
                    return head(rest, line.len() - rest.len(), " ]");
                }
                let Some(at) = line.find('|') else { return Line::Other };
                let name = line[..at].trim_end();
                let value = at + 1 + usize::from(line[at + 1..].starts_with(' '));
                let is_name = indent == 0 && !name.is_empty();
                if is_name {
                    Line::Pair(0, name.len(), value.min(line.len()))
                } else {
                    Line::More
                }
            }
            Style::Rows => {
                let stars = bare.len() - bare.trim_start_matches('*').len();
                if stars >= 10 {
                    let rest = bare[stars..].trim_start();
                    return head(rest, line.len() - rest.len(), ". row ");
                }
                self.pair(line, indent).unwrap_or(Line::More)
            }
            Style::Commits => {
                if let Some((hash, _)) = commits::head(line) {
                    let from = line.len() - line.trim_start_matches("commit ").len();
                    return Line::Head(from, from + hash.len());
                }
                match self.pair(line, indent) {
                    Some(pair) if indent == 0 => pair,
                    _ => Line::Other,
                }
            }
            Style::Paragraphs => {
                if bare.len() >= 3 && bare.bytes().all(|byte| byte == b'-') {
                    return Line::Rule;
                }
                match self.pair(line, indent) {
                    // SQLite's names end below each other, so that most are further right than others. A field that is
                    // empty has lost the space behind its sign.
                    Some(pair) if indent == 0 || line[indent..].contains(" = ") => pair,
                    Some(Line::Pair(from, to, value)) if &line[to..] == " =" => Line::Pair(from, to, value),
                    _ if indent > 0 => Line::More,
                    _ => Line::Other,
                }
            }
        }
    }

    fn pair(self, line: &str, indent: usize) -> Option<Line> {
        let at = indent + line[indent..].find([':', '='])?;
        let name = line[indent..at].trim_end();
        let sign = line.as_bytes()[at];
        let rest = &line[at + 1..];
        let is_parted = sign == b'=' || rest.is_empty() || rest.starts_with([' ', '\t']);
        let is_name = name.len() <= MAX_NAME
            && name.starts_with(|first: char| first.is_alphanumeric() || first == '_')
            && name.chars().all(|letter| letter.is_alphanumeric() || " _-./()[]#@&*'%".contains(letter))
            && name.split(' ').count() <= MAX_WORDS;
        let value = at + 1 + rest.len() - rest.trim_start().len();
        (is_parted && is_name).then_some(Line::Pair(indent, indent + name.len(), value))
    }
}

/// A line that counts records; `at` is where its number stands, and `behind` follows it.
fn head(rest: &str, at: usize, behind: &str) -> Line {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && rest[digits..].starts_with(behind) {
        Line::Head(at, at + digits)
    } else {
        Line::Other
    }
}

/// Parses a text into a list of maps; `None` if it is no such text.
pub fn parse(text: &str, tree: &mut Builder) -> Option<()> {
    let style = Style::of(text)?;
    if style == Style::Commits {
        // Texts between the fields are no fields: what `commits` shows is read by itself.
        return None;
    }
    let mut reader = Reader { tree, records: 0, is_open: false, pending: None };
    reader.tree.open(false, 0)?;
    let (mut at, mut beside) = (0, 0);
    for whole in text.split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        // What was said before the first record, or behind the last one.
        let is_beside = match style.read(line) {
            Line::Head(..) => {
                reader.end()?;
                reader.begin(start)?;
                false
            }
            Line::Blank if style == Style::Paragraphs => reader.end().map(|()| false)?,
            Line::Rule => reader.end().map(|()| false)?,
            Line::Blank => false,
            Line::Pair(from, to, value) => {
                if !reader.is_open && style == Style::Paragraphs {
                    reader.begin(start)?;
                }
                if reader.is_open {
                    reader.flush()?;
                    reader.pending =
                        Some((start, &line[from..to], line[value.min(line.len())..].trim_end().to_owned()));
                }
                !reader.is_open
            }
            Line::More => !reader.go_on(line.trim()),
            Line::Other => true,
        };
        if is_beside {
            beside += 1;
            if beside > MAX_BESIDE {
                return None;
            }
            reader.end()?;
            reader.tree.scalar(line.trim(), Scalar::Text, start)?;
        }
    }
    reader.end()?;
    let records = reader.records;
    tree.close()?;
    (records >= 2).then_some(())
}

struct Reader<'t, 'a> {
    tree: &'t mut Builder,
    records: usize,
    is_open: bool,
    /// Where a field began, its name, and what was read of its value.
    pending: Option<(usize, &'a str, String)>,
}

impl Reader<'_, '_> {
    fn begin(&mut self, at: usize) -> Option<()> {
        self.is_open = true;
        self.records += 1;
        self.tree.open(true, at)
    }

    fn end(&mut self) -> Option<()> {
        self.flush()?;
        if std::mem::take(&mut self.is_open) {
            self.tree.close()?;
        }
        Some(())
    }

    /// Adds a line to the value above it; false if there is none.
    fn go_on(&mut self, more: &str) -> bool {
        let Some((_, _, value)) = self.pending.as_mut() else { return false };
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(more);
        true
    }

    fn flush(&mut self) -> Option<()> {
        let Some((at, name, value)) = self.pending.take() else { return Some(()) };
        self.tree.key(name, at)?;
        self.tree.scalar(&value, Scalar::Plain, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        Builder::json_of(|tree| parse(text, tree))
    }

    #[test]
    fn expanded_rows_are_records() {
        let text = "-[ RECORD 1 ]----\nid   | 1\nname | a | b\n-[ RECORD 2 ]----\nid   | 2\nname | \n     | more\n";
        assert_eq!(json(text).unwrap(), r#"[{"id":1,"name":"a | b"},{"id":2,"name":"| more"}]"#);
    }

    #[test]
    fn rows_of_mysql_are_records_and_what_stands_behind_them_is_kept() {
        let stars = "*".repeat(27);
        let text = format!(
            "{stars} 1. row {stars}\n  id: 1\nname: NULL\n{stars} 2. row {stars}\n  id: 2\nname: two\nlines\n\
             2 rows in set (0.00 sec)\n"
        );
        assert_eq!(
            json(&text).unwrap(),
            r#"[{"id":1,"name":"NULL"},{"id":2,"name":"two\nlines\n2 rows in set (0.00 sec)"}]"#
        );
    }

    #[test]
    fn paragraphs_of_fields_are_records() {
        let text = "Package: a\nFiles:\n /x 1\n /y 2\nVersion: 1\n\nPackage: b\nVersion: 2\n\nPackage: c\nVersion: 3\n";
        assert_eq!(
            json(text).unwrap(),
            r#"[{"Package":"a","Files":"/x 1\n/y 2","Version":1},{"Package":"b","Version":2},{"Package":"c","Version":3}]"#
        );
        assert_eq!(
            json("   id = 1\nsleep = \n\n   id = 2\nsleep = 1.5\n name = y\n\n   id = \nsleep = 2\n\n   id = 4\n")
                .unwrap(),
            r#"[{"id":1,"sleep":null},{"id":2,"sleep":1.5,"name":"y"},{"id":null,"sleep":2},{"id":4}]"#
        );
        assert!(json("Name: a\nVersion: 1\n---\nName: b\nVersion: 2\n---\nName: c\nVersion: 3\n").is_some());
        assert!(json("   id = 1\n name = x\n\n   id = 2\n name = y\n\n   id = 3\n name = z\n").is_some());
    }

    #[test]
    fn what_is_said_in_words_is_no_record() {
        assert!(json("Note: this is said.\n\nAnd this is prose.\n\nNote: again.\n").is_none());
        assert!(json("a: 1\nb: 2\n").is_none());
        assert!(json("GET / HTTP/1.1\nHost: x\nAccept: y\n\nGET / HTTP/1.1\nHost: z\nAccept: y\n").is_none());
    }
}
