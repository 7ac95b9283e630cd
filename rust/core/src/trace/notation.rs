//! How the lossless form writes frames in short, there and back.
//!
//! | written | stands for |
//! |---|---|
//! | `@a.b C.m:1 .n:2` | `\tat a.b.C.m(C.java:1)`, `\tat a.b.C.n(C.java:2)` |
//! | `~/x/a.py:1 f` | `  File "/x/a.py", line 1, in f`; without a path, in the file of the `~` before |
//! | `~    at f ($1a.js:1:2)` | the line, with `$1` written out |
//! | `\|x = f() ^4` | a line of source indented by four, and a line of `^` under it, from there on or as far as `-9` says |
//! | `^ lines 3-9 again` | those lines of the original |
//! | `^ these 2 lines 9 more times` | the two lines before |
//! | `\\…` | a line as it stands, which would look like one of these |

use std::fmt::Write;

/// Directories that are written as `$1`, `$2`, …
pub type Places = Vec<String>;

/// Whether a line would be taken for one in short.
pub fn needs_escape(line: &str) -> bool {
    line.starts_with(['^', '~', '|', '\\']) || line.trim_start_matches([' ', '\t']).starts_with('@')
}

/// A frame of Java that is written in a group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JavaFrame<'a> {
    pub indent: &'a str,
    pub package: &'a str,
    class: &'a str,
    method: &'a str,
    /// What stands in parentheses.
    place: &'a str,
}

/// The file's name that a class implies, without `.java`: that of the class around it.
fn file_of(class: &str) -> &str {
    class.match_indices('$').find(|(at, _)| *at > 0).map_or(class, |(at, _)| &class[..at])
}

impl<'a> JavaFrame<'a> {
    /// Reads a line.
    pub fn of(line: &'a str) -> Option<Self> {
        let bare = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - bare.len()];
        let inner = bare.strip_prefix("at ")?.strip_suffix(')')?;
        let (head, place) = inner.split_once('(')?;
        let (class, method) = head.rsplit_once('.')?;
        let (package, class) = class.rsplit_once('.')?;
        let is_plain =
            !head.contains([' ', '\t', '@', ':']) && !package.is_empty() && !class.is_empty() && !method.is_empty();
        (is_plain && !indent.is_empty()).then_some(JavaFrame { indent, package, class, method, place })
    }

    /// Whether both can stand in one group.
    pub fn goes_with(&self, other: &JavaFrame) -> bool {
        self.indent == other.indent && self.package == other.package
    }

    /// The beginning of a group.
    pub fn open(&self, out: &mut String) {
        out.push_str(if self.indent == "\t" { "" } else { self.indent });
        let _ = write!(out, "@{}", self.package);
    }

    /// Appends the frame to its group; `None` if it cannot be written so.
    pub fn write(&self, before: Option<&JavaFrame>, out: &mut String) -> Option<()> {
        let mut item = String::new();
        if before.is_none_or(|before| before.class != self.class) {
            item.push_str(self.class);
        }
        let _ = write!(item, ".{}", self.method);
        let number = self.place.strip_prefix(file_of(self.class)).and_then(|rest| rest.strip_prefix(".java:"));
        match (number, self.place) {
            (Some(number), _) if is_number(number) => {
                let _ = write!(item, ":{number}");
            }
            (_, "Native Method") => item.push_str(":native"),
            (_, "Unknown Source") => item.push_str(":unknown"),
            (_, place) if place.contains(' ') => return None,
            (_, place) => {
                let _ = write!(item, "({place})");
            }
        }
        let back = read_java_item(&item, before.map_or("", |before| before.class))?;
        (back == (self.class, self.method, self.place.to_owned())).then(|| {
            out.push(' ');
            out.push_str(&item);
        })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Class, method and place of one item of a group.
fn read_java_item<'a>(item: &'a str, class_before: &'a str) -> Option<(&'a str, &'a str, String)> {
    let end = item.find([':', '(']).filter(|&at| at > 0)?;
    let dot = item[..end].find('.')?;
    let class = if dot == 0 { class_before } else { &item[..dot] };
    let method = &item[dot + 1..end];
    let place = match &item[end..] {
        ":native" => "Native Method".to_owned(),
        ":unknown" => "Unknown Source".to_owned(),
        rest => match rest.strip_prefix(':') {
            Some(number) if is_number(number) => format!("{}.java:{number}", file_of(class)),
            Some(_) => return None,
            None => rest.strip_prefix('(')?.strip_suffix(')')?.to_owned(),
        },
    };
    (!class.is_empty() && !method.is_empty()).then_some((class, method, place))
}

/// Writes out a group of frames of Java, each line with `end` behind it.
pub fn read_java(line: &str, end: &str, out: &mut String) -> Option<usize> {
    let bare = line.trim_start_matches([' ', '\t']);
    let indent = match &line[..line.len() - bare.len()] {
        "" => "\t",
        indent => indent,
    };
    let mut items = bare.strip_prefix('@')?.split(' ');
    let package = items.next()?;
    let (mut class, mut count) = ("", 0);
    for item in items {
        let (own, method, place) = read_java_item(item, class)?;
        class = own;
        count += 1;
        let _ = write!(out, "{indent}at {package}.{class}.{method}({place}){end}");
    }
    (count > 0).then_some(count)
}

/// A path with a directory of `places` written as its number. A path that begins with `$` has none.
fn shorten<'p>(path: &'p str, places: &Places) -> Option<(usize, &'p str)> {
    let found = places.iter().enumerate().filter_map(|(at, place)| Some((at + 1, path.strip_prefix(place.as_str())?)));
    found.min_by_key(|(_, rest)| rest.len())
}

fn lengthen(path: &str, places: &Places) -> Option<String> {
    let Some(rest) = path.strip_prefix('$') else { return Some(path.to_owned()) };
    let digit = rest.bytes().next().filter(u8::is_ascii_digit)?;
    Some(format!("{}{}", places.get(usize::from(digit - b'0').checked_sub(1)?)?, &rest[1..]))
}

/// `  File "/x/a.py", line 1, in f` in short. `last` is the path of the one before, and becomes this one's.
pub fn write_python(line: &str, places: &Places, last: &mut String) -> Option<String> {
    let (path, rest) = line.strip_prefix("  File \"")?.split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ")?;
    let short = match shorten(path, places) {
        _ if path == last => String::new(),
        Some((ordinal, rest)) => format!("${ordinal}{rest}"),
        None => path.to_owned(),
    };
    let told = format!("~{short}:{number} {function}");
    let mut after = last.clone();
    let back = read_short(&told, places, &mut after)?;
    (back == line).then(|| {
        *last = after;
        told
    })
}

/// A line whose path begins at `at` with a directory of `places`, in short.
pub fn write_path(line: &str, at: usize, path: &str, places: &Places) -> Option<String> {
    let (ordinal, _) = shorten(path, places)?;
    let rest = &line[at + places[ordinal - 1].len()..];
    let told = format!("~{}${ordinal}{rest}", &line[..at]);
    let back = read_short(&told, places, &mut String::new())?;
    (back == line && line.starts_with([' ', '\t'])).then_some(told)
}

/// Writes out what begins with `~`.
pub fn read_short(told: &str, places: &Places, last: &mut String) -> Option<String> {
    let rest = told.strip_prefix('~')?;
    if rest.starts_with([' ', '\t']) {
        let at = rest.find('$')?;
        let path = lengthen(&rest[at..], places)?;
        return Some(format!("{}{path}", &rest[..at]));
    }
    let (left, function) = rest.rsplit_once(' ')?;
    let (path, number) = left.rsplit_once(':')?;
    if !path.is_empty() {
        *last = lengthen(path, places)?;
    }
    (is_number(number) && !last.is_empty()).then(|| format!("  File \"{last}\", line {number}, in {function}"))
}

const SOURCE_INDENT: &str = "    ";

/// Two lines, of source and of the `^` under it, as one.
pub fn write_source(source: &str, signs: &str) -> Option<String> {
    let (source, signs) = (source.strip_prefix(SOURCE_INDENT)?, signs.strip_prefix(SOURCE_INDENT)?);
    let start = signs.bytes().take_while(|&byte| byte == b' ').count();
    let is_plain = start < signs.len() && signs[start..].bytes().all(|byte| byte == b'^');
    let width = source.chars().count();
    let told = match signs.len() == width {
        true => format!("|{source} ^{start}"),
        false => format!("|{source} ^{start}-{}", signs.len()),
    };
    is_plain.then_some(told)
}

/// Writes out what begins with `|`.
pub fn read_source(told: &str, end: &str, out: &mut String) -> Option<()> {
    let (source, signs) = told.strip_prefix('|')?.rsplit_once(" ^")?;
    let (start, stop) = match signs.split_once('-') {
        Some((start, stop)) => (start.parse().ok()?, stop.parse().ok()?),
        None => (signs.parse::<u16>().ok()?, source.chars().count().try_into().ok()?),
    };
    let width: u16 = stop;
    if start >= width {
        return None;
    }
    let (blank, marked) = (usize::from(start), usize::from(width - start));
    let _ = write!(out, "{SOURCE_INDENT}{source}{end}{SOURCE_INDENT}{}{}{end}", " ".repeat(blank), "^".repeat(marked));
    Some(())
}
