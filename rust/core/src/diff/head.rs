//! What git says of a file and of a hunk, said once; and the same in full again.

use super::parse::{number, Extent};

/// Whether a line would be taken for notation of the lossless form.
pub fn is_notation(line: &str) -> bool {
    match line.as_bytes() {
        [b'~' | b'|', ..] => true,
        [b'#', digit, ..] => digit.is_ascii_digit(),
        [b'@', b'@', digit, ..] => digit.is_ascii_digit(),
        bytes => bytes.starts_with(b"=== "),
    }
}

/// The lines before a file's hunks as one line, if they follow from it.
pub fn shorten(lines: &[&str], path: &str) -> Option<String> {
    let find = |start: &str| lines.iter().find_map(|line| line.strip_prefix(start));
    let (hashes, mode) = match find("index ") {
        Some(index) => index.split_once(' ').map_or((index, ""), |(hashes, mode)| (hashes, mode)),
        None => ("", ""),
    };
    let (old, new) = hashes.split_once("..").unwrap_or_default();
    let mode = find("new file mode ").or(find("deleted file mode ")).unwrap_or(mode);
    let mode = if mode == "100644" || mode.is_empty() { String::new() } else { format!(" {mode}") };
    let short = if lines.iter().any(|line| line.starts_with("new file mode")) {
        format!("=== {path} new {new}{mode}")
    } else if lines.iter().any(|line| line.starts_with("deleted file mode")) {
        format!("=== {path} deleted {old}{mode}")
    } else if let (Some(from), Some(to), Some(share)) =
        (find("rename from "), find("rename to "), find("similarity index "))
    {
        let index = if hashes.is_empty() { String::new() } else { format!(" {hashes}{mode}") };
        format!("=== {from} => {to} {share}{index}")
    } else {
        format!("=== {path} {hashes}{mode}")
    };
    (lengthen(&short)?.iter().eq(lines.iter())).then_some(short)
}

/// The lines that a file's line stands for.
pub fn lengthen(short: &str) -> Option<Vec<String>> {
    let rest = short.strip_prefix("=== ")?;
    let (rest, mode) = match rest.rsplit_once(' ') {
        Some((before, mode))
            if mode.len() == 6 && mode.bytes().all(|byte| byte.is_ascii_digit()) && before.contains(' ') =>
        {
            (before, mode)
        }
        _ => (rest, "100644"),
    };
    let (before, last) = rest.rsplit_once(' ')?;
    if let Some((old, new)) = last.split_once("..") {
        if !is_hash(old) || !is_hash(new) {
            return None;
        }
        return match renaming(before) {
            Some(mut lines) => {
                let (from, to) = before.rsplit_once(' ')?.0.split_once(" => ")?;
                lines.push(format!("index {last} {mode}"));
                lines.extend(names(from, to));
                Some(lines)
            }
            None => {
                let mut lines = vec![format!("diff --git a/{before} b/{before}"), format!("index {last} {mode}")];
                lines.extend(names(before, before));
                Some(lines)
            }
        };
    }
    if last.ends_with('%') {
        return renaming(rest);
    }
    let zeros = |hash: &str| "0".repeat(hash.len());
    let (path, is_new) = match before.strip_suffix(" new") {
        Some(path) => (path, true),
        None => (before.strip_suffix(" deleted")?, false),
    };
    if !is_hash(last) {
        return None;
    }
    let tab = if path.contains(' ') { "\t" } else { "" };
    let first = format!("diff --git a/{path} b/{path}");
    Some(if is_new {
        let index = format!("index {}..{last}", zeros(last));
        vec![first, format!("new file mode {mode}"), index, "--- /dev/null".to_owned(), format!("+++ b/{path}{tab}")]
    } else {
        let index = format!("index {last}..{}", zeros(last));
        vec![
            first,
            format!("deleted file mode {mode}"),
            index,
            format!("--- a/{path}{tab}"),
            "+++ /dev/null".to_owned(),
        ]
    })
}

/// `old => new 97%`
fn renaming(text: &str) -> Option<Vec<String>> {
    let (paths, share) = text.rsplit_once(' ')?;
    let (from, to) = paths.split_once(" => ")?;
    share.strip_suffix('%').and_then(number)?;
    Some(vec![
        format!("diff --git a/{from} b/{to}"),
        format!("similarity index {share}"),
        format!("rename from {from}"),
        format!("rename to {to}"),
    ])
}

/// The two lines before the first hunk. Git ends a name with a tab if it has spaces.
fn names(old: &str, new: &str) -> [String; 2] {
    let tab = |path: &str| if path.contains(' ') { "\t" } else { "" };
    [format!("--- a/{old}{}", tab(old)), format!("+++ b/{new}{}", tab(new))]
}

fn is_hash(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where the hunks of a file have come to: by how many lines the new side is ahead, and the last trailer.
#[derive(Debug, Default)]
pub struct Place {
    ahead: i64,
    trailer: String,
}

impl Place {
    /// Begins another file.
    pub fn reset(&mut self) {
        *self = Place::default();
    }

    /// Takes note of a line that stands as it is.
    pub fn pass(&mut self, line: &str) {
        if line.starts_with("diff -") || line.starts_with("Index: ") {
            self.reset();
        } else if let Some((old, new, trailer)) = plain_hunk(line) {
            self.ahead = first_line(new) - first_line(old);
            self.advance(old, new);
            trailer.clone_into(&mut self.trailer);
        }
    }

    /// Goes behind a hunk.
    pub fn advance(&mut self, old: Extent, new: Extent) {
        self.ahead += i64::from(new.count) - i64::from(old.count);
    }

    /// The short line of a hunk, if `lengthen` makes the same of it. `fill` is the sign that all its lines have.
    pub fn shorten(&mut self, line: &str, fill: Option<u8>) -> Option<String> {
        let (old, new, trailer) = plain_hunk(line)?;
        if self.new_start(old, new.count)? != new.start
            || trailer == " \""
            || trailer.starts_with(['+', '-'])
            || old.start == 0 && old.count > 0
        {
            return None;
        }
        let told = if trailer == self.trailer && trailer.len() > 3 { " \"" } else { trailer };
        let fill = fill.map_or(String::new(), |sign| char::from(sign).to_string());
        let short = format!("@@{}{fill}{told}", old.start);
        trailer.clone_into(&mut self.trailer);
        Some(short)
    }

    /// The line of a hunk with these numbers of old and new lines; goes behind it.
    pub fn lengthen(&mut self, short: &str, old_count: u32, new_count: u32) -> Option<String> {
        let (start, trailer) = number(short.strip_prefix("@@")?)?;
        let trailer = trailer.strip_prefix(['+', '-']).unwrap_or(trailer);
        if trailer != " \"" {
            trailer.clone_into(&mut self.trailer);
        }
        let old = Extent { start, count: old_count };
        let new = Extent { start: self.new_start(old, new_count)?, count: new_count };
        self.advance(old, new);
        Some(full_hunk(old, new, &self.trailer))
    }

    /// The sign that all lines of a hunk have, by its short line.
    pub fn fill_of(short: &str) -> Option<char> {
        let (_, trailer) = number(short.strip_prefix("@@")?)?;
        trailer.chars().next().filter(|sign| matches!(sign, '+' | '-'))
    }

    fn new_start(&self, old: Extent, new_count: u32) -> Option<u32> {
        let first = first_line(old) + self.ahead;
        u32::try_from(if new_count == 0 { first - 1 } else { first }).ok()
    }
}

/// The line that a side begins with; of an empty side the line before it is printed.
fn first_line(extent: Extent) -> i64 {
    i64::from(extent.start) + i64::from(extent.count == 0)
}

fn full_hunk(old: Extent, new: Extent, trailer: &str) -> String {
    let write = |extent: Extent| match extent.count {
        1 => extent.start.to_string(),
        count => format!("{},{count}", extent.start),
    };
    format!("@@ -{} +{} @@{trailer}", write(old), write(new))
}

fn plain_hunk(line: &str) -> Option<(Extent, Extent, &str)> {
    let side = |text: &str| -> Option<Extent> {
        let (start, rest) = number(text)?;
        if rest.is_empty() {
            return Some(Extent { start, count: 1 });
        }
        // A count of one is not printed.
        let (count, rest) = number(rest.strip_prefix(',')?)?;
        (rest.is_empty() && count != 1).then_some(Extent { start, count })
    };
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, trailer) = rest.split_once(" @@")?;
    Some((side(old)?, side(new)?, trailer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_files_are_said_in_a_line() {
        for (lines, short) in [
            (&["diff --git a/x b/x", "index b8f6..dd1d 100644", "--- a/x", "+++ b/x"][..], "=== x b8f6..dd1d"),
            (&["diff --git a/x b/x", "index b8f6..dd1d 100755", "--- a/x", "+++ b/x"], "=== x b8f6..dd1d 100755"),
            (
                &["diff --git a/x b/x", "new file mode 100644", "index 0000..dd1d", "--- /dev/null", "+++ b/x"],
                "=== x new dd1d",
            ),
            (
                &["diff --git a/x b/x", "deleted file mode 100644", "index dd1d..0000", "--- a/x", "+++ /dev/null"],
                "=== x deleted dd1d",
            ),
            (&["diff --git a/x b/y", "similarity index 100%", "rename from x", "rename to y"], "=== x => y 100%"),
            (
                &["diff --git a/p q b/p q", "index b8f6..dd1d 100644", "--- a/p q\t", "+++ b/p q\t"],
                "=== p q b8f6..dd1d",
            ),
        ] {
            let path = lines[0].rsplit(" b/").next().unwrap();
            assert_eq!(shorten(lines, path).as_deref(), Some(short));
        }
        assert_eq!(shorten(&["diff --git x x", "index b8f6..dd1d 100644", "--- x", "+++ x"], "x"), None);
        assert_eq!(lengthen("=== x"), None);
    }

    #[test]
    fn hunks_follow_from_each_other() {
        let mut place = Place::default();
        let mut back = Place::default();
        for (line, old, new, short) in [
            ("@@ -6,6 +6,8 @@ def f():", 6, 8, Some("@@6 def f():")),
            ("@@ -20 +22 @@ def f():", 1, 1, Some("@@20 \"")),
            ("@@ -30,0 +33,2 @@", 0, 2, Some("@@30")),
            ("@@ -40,2 +43,0 @@ \"", 2, 0, None),
        ] {
            let made = place.shorten(line, None);
            assert_eq!(made.as_deref(), short);
            if let Some(made) = made {
                let (o, n, _) = plain_hunk(line).unwrap();
                place.advance(o, n);
                assert_eq!(back.lengthen(&made, old, new).as_deref(), Some(line));
            }
        }
    }
}
