//! Lines in, the files and hunks of a diff out, with the text between them.
//!
//! Reads what `git diff`, `git show`, `git log -p`, `diff -u`, `svn diff` and `hg diff` print, combined diffs of merges
//! too. Every line belongs to exactly one part, in order. Linear in the text.

use std::ops::Range;

use crate::text::Lines;

/// A part of a text that holds diffs. Ranges are of indices of lines.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// What is no diff: commit messages, `--stat` blocks, anything else.
    Loose(Range<usize>),
    File(FileDiff),
}

/// What happened to one file.
#[derive(Debug, PartialEq)]
pub struct FileDiff {
    /// The lines before the first hunk.
    pub head: Range<usize>,
    /// The path that the file has now, or had last, as printed, without `a/` or `b/`.
    pub path: String,
    /// The path before, if it was another one.
    pub old_path: Option<String>,
    pub fate: Fate,
    pub is_binary: bool,
    /// `old mode 100644` and `new mode 100755`.
    pub has_mode_change: bool,
    pub hunks: Vec<Hunk>,
    pub added: u32,
    pub removed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Changed,
    New,
    Deleted,
    Renamed,
    Copied,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hunk {
    /// Index of the line with `@@`.
    pub head: usize,
    pub body: Range<usize>,
    pub old: Extent,
    pub new: Extent,
    /// Columns of signs: one, or in a combined diff one for each parent.
    pub columns: usize,
    /// Offset in the head's line behind the closing `@@`.
    pub trailer: usize,
    /// The body has as many lines as the head says.
    pub is_whole: bool,
}

/// Where a side of a hunk begins, and how many lines it has, as printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub start: u32,
    pub count: u32,
}

/// Splits a text into parts.
pub fn parse(lines: &Lines) -> Vec<Part> {
    let mut parser = Parser { lines, parts: Vec::new(), loose_from: 0 };
    let mut at = 0;
    while at < lines.len() {
        at = match parser.file_at(at) {
            Some(next) => next,
            None => at + 1,
        };
    }
    parser.flush_loose(lines.len());
    parser.parts
}

struct Parser<'p, 'a> {
    lines: &'p Lines<'a>,
    parts: Vec<Part>,
    loose_from: usize,
}

impl Parser<'_, '_> {
    fn flush_loose(&mut self, to: usize) {
        if self.loose_from < to {
            self.parts.push(Part::Loose(self.loose_from..to));
        }
    }

    fn line(&self, at: usize) -> &str {
        if at < self.lines.len() {
            self.lines.line(at)
        } else {
            ""
        }
    }

    /// Reads the file whose head begins at `at`; returns the index of the line behind it.
    fn file_at(&mut self, at: usize) -> Option<usize> {
        let is_hunk = self.line(at).starts_with("@@") && hunk_head(self.line(at)).is_some();
        if !is_hunk && !self.begins_file(at) {
            return None;
        }
        let mut head = Head::default();
        let mut next = at;
        if !is_hunk {
            next = self.read_head(at, &mut head);
        }
        let head_end = next;
        let mut hunks = Vec::new();
        let (mut added, mut removed) = (0, 0);
        while let Some(hunk) = self.hunk_at(next) {
            for index in hunk.body.clone() {
                let signs = signs(self.line(index), hunk.columns);
                added += u32::from(signs.contains(&b'+'));
                removed += u32::from(signs.contains(&b'-') && !signs.contains(&b'+'));
            }
            next = hunk.body.end;
            hunks.push(hunk);
        }
        self.flush_loose(at);
        self.loose_from = next;
        let (mut path, old_path) = head.paths();
        if path.is_empty() {
            path = self.last_path();
        }
        self.parts.push(Part::File(FileDiff {
            head: at..head_end,
            path,
            old_path,
            fate: head.fate(),
            is_binary: head.is_binary,
            has_mode_change: head.has_mode_change,
            hunks,
            added,
            removed,
        }));
        Some(next)
    }

    /// The path of the file before: hunks without a head go on with it.
    fn last_path(&self) -> String {
        let last =
            self.parts.iter().rev().find_map(|part| if let Part::File(file) = part { Some(&file.path) } else { None });
        last.cloned().unwrap_or_default()
    }

    fn begins_file(&self, at: usize) -> bool {
        let line = self.line(at);
        match line.as_bytes().first() {
            Some(b'd') => line.starts_with("diff -"),
            Some(b'I') => line.starts_with("Index: "),
            Some(b'B') => line.starts_with("Binary files ") && line.ends_with(" differ"),
            Some(b'-') => self.has_names_at(at) && self.line(at + 2).starts_with("@@"),
            _ => false,
        }
    }

    fn has_names_at(&self, at: usize) -> bool {
        self.line(at).starts_with("--- ") && self.line(at + 1).starts_with("+++ ")
    }

    fn read_head(&self, from: usize, head: &mut Head) -> usize {
        head.read_first(self.line(from));
        let mut at = from;
        if self.has_names_at(from) {
            head.read_names(self.line(from), self.line(from + 1));
            return from + 2;
        }
        at += 1;
        while at < self.lines.len() {
            let line = self.line(at);
            if self.has_names_at(at) {
                head.read_names(line, self.line(at + 1));
                return at + 2;
            }
            if line == "GIT binary patch" {
                head.is_binary = true;
                return self.end_of_binary(at + 1);
            }
            if !head.read_more(line) {
                break;
            }
            at += 1;
        }
        at
    }

    /// Behind the blocks of a binary patch: `literal` or `delta`, lines of digits, an empty line.
    fn end_of_binary(&self, mut at: usize) -> usize {
        while self.line(at).starts_with("literal ") || self.line(at).starts_with("delta ") {
            while at < self.lines.len() && !self.line(at).is_empty() {
                at += 1;
            }
            at = (at + 1).min(self.lines.len());
        }
        at
    }

    fn hunk_at(&self, at: usize) -> Option<Hunk> {
        let line = self.line(at);
        if !line.starts_with("@@") {
            return None;
        }
        let (old, new, columns, trailer) = hunk_head(line)?;
        let (end, is_whole) =
            if columns == 1 { self.body_end(at + 1, old.count, new.count) } else { (self.combined_end(at + 1), false) };
        Some(Hunk { head: at, body: at + 1..end, old, new, columns, trailer, is_whole })
    }

    fn body_end(&self, mut at: usize, mut old: u32, mut new: u32) -> (usize, bool) {
        while at < self.lines.len() && (old > 0 || new > 0) {
            let (from_old, from_new) = match self.line(at).as_bytes().first() {
                Some(b'+') => (0, 1),
                Some(b'-') => (1, 0),
                // Some tools cut white space off the ends of lines, the sign of an empty line of context with it.
                Some(b' ') | None => (1, 1),
                Some(b'\\') => (0, 0),
                _ => break,
            };
            if from_old > old || from_new > new {
                break;
            }
            (old, new) = (old - from_old, new - from_new);
            at += 1;
        }
        let is_whole = old == 0 && new == 0;
        let counted = at;
        // Hunks that were written or edited by hand have more lines than they say.
        while matches!(self.line(at).as_bytes().first(), Some(b' ' | b'+' | b'-' | b'\\')) && !self.ends_hunk(at) {
            at += 1;
        }
        let are_notes = (counted..at).all(|index| self.line(index).starts_with('\\'));
        (at, is_whole && are_notes)
    }

    /// Whether a line that looks like one of a hunk is none: the next file, or the end of a mail.
    fn ends_hunk(&self, at: usize) -> bool {
        self.has_names_at(at) || self.line(at).trim_ascii_end() == "--"
    }

    fn combined_end(&self, mut at: usize) -> usize {
        while matches!(self.line(at).as_bytes().first(), Some(b' ' | b'+' | b'-' | b'\\')) {
            at += 1;
        }
        at
    }
}

/// The signs that a line of a hunk begins with.
pub fn signs(line: &str, columns: usize) -> &[u8] {
    let bytes = line.as_bytes();
    match bytes.first() {
        Some(b'\\') | None => &[],
        _ => &bytes[..columns.min(bytes.len())],
    }
}

/// `@@ -1,2 +3,4 @@ trailer`, with one more `@` and one more extent for each further parent.
fn hunk_head(line: &str) -> Option<(Extent, Extent, usize, usize)> {
    let marks = line.bytes().take_while(|&byte| byte == b'@').count();
    if !(2..=32).contains(&marks) {
        return None;
    }
    let mut rest = line[marks..].strip_prefix(' ')?;
    let mut old = Extent::default();
    for ordinal in 0..marks - 1 {
        let (extent, behind) = extent(rest.strip_prefix('-')?)?;
        if ordinal == 0 {
            old = extent;
        }
        rest = behind.strip_prefix(' ')?;
    }
    let (new, behind) = extent(rest.strip_prefix('+')?)?;
    let behind = behind.strip_prefix(' ')?.strip_prefix(&line[..marks])?;
    Some((old, new, marks - 1, line.len() - behind.len()))
}

/// `12,3`, or `12` for one line.
fn extent(text: &str) -> Option<(Extent, &str)> {
    let (start, rest) = number(text)?;
    match rest.strip_prefix(',') {
        Some(rest) => number(rest).map(|(count, rest)| (Extent { start, count }, rest)),
        None => Some((Extent { start, count: 1 }, rest)),
    }
}

/// A decimal number in its shortest spelling.
pub fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 1 && text.starts_with('0') {
        return None;
    }
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

/// What the lines before the hunks say.
#[derive(Default)]
struct Head {
    /// A path that never has a prefix.
    bare: Option<String>,
    first: Option<String>,
    old: Option<String>,
    new: Option<String>,
    fate: Option<Fate>,
    is_binary: bool,
    has_mode_change: bool,
    is_unprefixed: bool,
}

impl Head {
    fn read_first(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("diff --git ") {
            self.read_git(rest);
        } else if let Some(rest) = line.strip_prefix("diff --cc ").or(line.strip_prefix("diff --combined ")) {
            self.bare = Some(rest.to_owned());
        } else if let Some(rest) = line.strip_prefix("Index: ") {
            self.bare = Some(rest.to_owned());
        } else if line.starts_with("Binary files ") {
            self.read_more(line);
        } else if line.starts_with("diff -") {
            self.first = line.rsplit(' ').next().map(str::to_owned);
        }
    }

    /// `a/x b/x`: the halves say the same, but for their prefixes.
    fn read_git(&mut self, rest: &str) {
        let half = rest.len() / 2;
        let is_halved = rest.len() % 2 == 1 && rest.as_bytes()[half] == b' ';
        let (old, new) =
            if is_halved { (&rest[..half], &rest[half + 1..]) } else { rest.split_once(' ').unwrap_or((rest, rest)) };
        self.is_unprefixed = old == new;
        self.first = Some(if is_halved { new } else { rest.rsplit(' ').next().unwrap_or(new) }.to_owned());
        if is_halved && !self.is_unprefixed && without_prefix(old) != without_prefix(new) {
            self.first = Some(rest.rsplit(' ').next().unwrap_or(new).to_owned());
        }
    }

    fn read_names(&mut self, old: &str, new: &str) {
        let name = |line: &str| line[4..].split('\t').next().unwrap_or_default().to_owned();
        let (old, new) = (name(old), name(new));
        if old == "/dev/null" {
            self.fate = Some(Fate::New);
        } else if new == "/dev/null" {
            self.fate = Some(Fate::Deleted);
        }
        // Only prefixes that tell the sides apart are prefixes: `diff -u a b` has none.
        let known = old != "/dev/null" && new != "/dev/null";
        if known && old == new && self.fate != Some(Fate::Renamed) {
            self.is_unprefixed = true;
        }
        if self.fate == Some(Fate::Renamed) || self.fate == Some(Fate::Copied) {
            return;
        }
        self.new = Some(if new == "/dev/null" { old.clone() } else { new });
        self.old = Some(old);
    }

    /// Reads a line behind the first one; whether it belongs to the head.
    fn read_more(&mut self, line: &str) -> bool {
        const OTHERS: [&str; 6] =
            ["index ", "similarity index ", "dissimilarity index ", "====", "mode ", "retrieving revision"];
        if line.starts_with("new file mode ") {
            self.fate = Some(Fate::New);
        } else if line.starts_with("deleted file mode ") {
            self.fate = Some(Fate::Deleted);
        } else if line.starts_with("old mode ") || line.starts_with("new mode ") {
            self.has_mode_change = true;
        } else if let Some(path) = line.strip_prefix("rename from ").or(line.strip_prefix("copy from ")) {
            self.fate = Some(if line.starts_with('r') { Fate::Renamed } else { Fate::Copied });
            self.old = Some(path.to_owned());
        } else if let Some(path) = line.strip_prefix("rename to ").or(line.strip_prefix("copy to ")) {
            self.new = Some(path.to_owned());
        } else if line.starts_with("Binary files ") && line.ends_with(" differ") {
            self.is_binary = true;
            if self.first.is_none() {
                let names = &line["Binary files ".len()..line.len() - " differ".len()];
                self.first =
                    names.rsplit_once(" and ").map(|(old, new)| if new == "/dev/null" { old } else { new }.to_owned());
            }
        } else {
            return OTHERS.iter().any(|other| line.starts_with(other))
                || line.starts_with("diff -") && self.first.is_none();
        }
        true
    }

    fn fate(&self) -> Fate {
        self.fate.unwrap_or(Fate::Changed)
    }

    /// The path now, and the one before if it differs.
    fn paths(&self) -> (String, Option<String>) {
        match (self.fate, &self.old, &self.new) {
            (Some(Fate::Renamed | Fate::Copied), Some(old), Some(new)) => (new.clone(), Some(old.clone())),
            _ if self.bare.is_some() => (self.bare.clone().unwrap_or_default(), None),
            _ => {
                let shown = self.new.as_ref().or(self.first.as_ref()).map(String::as_str).unwrap_or_default();
                let path = if self.is_unprefixed { shown.to_owned() } else { without_prefix(shown) };
                (path, None)
            }
        }
    }
}

/// A path without the `a/` or `b/` that git puts before it (`c/`, `i/`, `o/`, `w/` with mnemonic prefixes).
fn without_prefix(path: &str) -> String {
    let (quote, bare) = match path.strip_prefix('"') {
        Some(bare) => ("\"", bare),
        None => ("", path),
    };
    let bytes = bare.as_bytes();
    let has_prefix = bytes.len() > 2 && bytes[1] == b'/' && b"abciow".contains(&bytes[0]);
    if has_prefix {
        format!("{quote}{}", &bare[2..])
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<FileDiff> {
        let lines = Lines::of(text);
        let found = parse(&lines);
        found.into_iter().filter_map(|part| if let Part::File(file) = part { Some(file) } else { None }).collect()
    }

    #[test]
    fn a_file_has_its_path_its_counts_and_its_hunks() {
        let text = "commit 1\n\ndiff --git a/x y.c b/x y.c\nindex 1..2 100644\n--- a/x y.c\t\n+++ b/x y.c\t\n@@ -1,2 +1,3 @@ f(\n a\n-b\n+c\n+d\n";
        let [file] = &files(text)[..] else { panic!() };
        assert_eq!((file.path.as_str(), file.added, file.removed, file.fate), ("x y.c", 2, 1, Fate::Changed));
        assert_eq!((file.head.clone(), file.hunks[0].body.clone(), file.hunks[0].is_whole), (2..6, 7..11, true));
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        for (text, path, fate) in [
            ("diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\n", "n", Fate::Renamed),
            ("diff --git a/e b/e\nnew file mode 100644\nindex 000..e69\n", "e", Fate::New),
            (
                "diff --git x/b.c x/b.c\nindex 1..2 100644\n--- x/b.c\n+++ x/b.c\n@@ -1 +1 @@\n-a\n+b\n",
                "x/b.c",
                Fate::Changed,
            ),
            ("--- /dev/null\n+++ b/q\n@@ -0,0 +1 @@\n+b\n", "q", Fate::New),
            ("--- a/q\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n", "q", Fate::Deleted),
            (
                "Index: a/t.py\n====\n--- a/t.py\t(revision 1)\n+++ a/t.py\t(working copy)\n@@ -1 +1 @@\n-a\n+b\n",
                "a/t.py",
                Fate::Changed,
            ),
            (
                "diff --git \"a/\\303\\251.c\" \"b/\\303\\251.c\"\nold mode 100644\nnew mode 100755\n",
                "\"\\303\\251.c\"",
                Fate::Changed,
            ),
            (
                "diff --cc m.c\nindex 1,2..3\n--- a/m.c\n+++ b/m.c\n@@@ -1,1 -1,1 +1,2 @@@\n++a\n +b\n",
                "m.c",
                Fate::Changed,
            ),
            (
                "diff --git a/p.png b/p.png\nindex 1..2 100644\nBinary files a/p.png and b/p.png differ\n",
                "p.png",
                Fate::Changed,
            ),
        ] {
            let [file] = &files(text)[..] else { panic!("{text}") };
            assert_eq!((file.path.as_str(), file.fate), (path, fate), "{text}");
        }
    }

    #[test]
    fn hunks_written_by_hand_have_all_their_lines() {
        let [file] = &files("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n+d\n e\n-- \n2.3\n")[..] else { panic!() };
        assert_eq!((file.added, file.removed, file.hunks[0].is_whole), (2, 1, false));
        assert_eq!(file.hunks[0].body, 3..8);
        let [first, second] = &files("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-b\n+c\n[cut]\n@@ -9 +9 @@\n-d\n+e\n")[..] else {
            panic!()
        };
        assert_eq!((first.path.as_str(), second.path.as_str()), ("x", "x"));
    }

    #[test]
    fn parts_cover_all_lines_in_order() {
        let text = "x\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n-- \n2.3\n\ndiff --git a/b b/b\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHcmV\n\nend\n";
        let lines = Lines::of(text);
        let mut at = 0;
        for part in parse(&lines) {
            let range = match part {
                Part::Loose(range) => range,
                Part::File(file) => file.head.start..file.hunks.last().map_or(file.head.end, |hunk| hunk.body.end),
            };
            assert_eq!(range.start, at);
            at = range.end;
        }
        assert_eq!(at, lines.len());
        assert_eq!(files(text).len(), 2);
    }
}
