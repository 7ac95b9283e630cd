//! The lossless form: a listing in, a shorter text out from which every byte can be had back (`expand`).
//!
//! ```text
//! #search 9 lines of path:line:text; " name": same directory, under ./src/
//! @1 use std::fmt;
//! fmt/mod.rs
//! 12,40:    width: usize,      lines 12 and 40 are the same
//! :    height: usize,          no number: the line that follows
//!  parse.rs                    a space: in the directory of the path above
//! 7:@1
//! !any other line
//! ```

use super::by_text::ByText;
use super::place::{dir_len, name_of};
use super::read::{Entry, Listing, Style, What};

/// Lines that repeat are said once if they have at least so many bytes.
const MIN_FOLD_BYTES: usize = 4;
const MIN_SHARED_BYTES: usize = 12;

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub lines: usize,
    pub style: Style,
    pub has_columns: bool,
    pub lead: String,
    pub dashes: Dashes,
    /// An empty line stands before every heading but the first.
    pub has_blanks: bool,
    pub is_crlf: bool,
    /// The count that is left out where it is meant.
    pub usual_count: Option<u32>,
    /// What every path begins with.
    pub root: String,
}

/// Where `--` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dashes {
    Written,
    /// Between hits of one file that are not neighbours.
    Within,
    /// Also between files.
    Everywhere,
}

const FOLLOWS: &str = "no number: next line";
const SAME_DIR: &str = "\" name\": same directory";
const ONCE: &str = "path above its lines";
const WITHIN: &str = "-- at gaps";
const EVERYWHERE: &str = "-- at gaps and files";
const BLANKS: &str = "empty line before files";
const CRLF: &str = "CRLF";
const UNDER: &str = ", under ";
const UNSAID: &str = "count if unsaid ";

impl Header {
    /// The first line, without its break.
    pub fn line(&self, has_follows: bool, has_same_dir: bool) -> String {
        let column = if self.has_columns { "column:" } else { "" };
        let style = match self.style {
            Style::Flat => format!("path:line:{column}text"),
            Style::Unnumbered => "path:text".to_owned(),
            Style::Heading => format!("path, {}line:{column}text", self.lead),
            Style::Counts => "path:count".to_owned(),
            Style::Paths => "path".to_owned(),
        };
        let unsaid = self.usual_count.map(|count| format!("{UNSAID}{count}"));
        let is_hits = matches!(self.style, Style::Flat | Style::Unnumbered);
        let notes = [
            is_hits.then_some(ONCE),
            has_same_dir.then_some(SAME_DIR),
            has_follows.then_some(FOLLOWS),
            match self.dashes {
                Dashes::Written => None,
                Dashes::Within => Some(WITHIN),
                Dashes::Everywhere => Some(EVERYWHERE),
            },
            self.has_blanks.then_some(BLANKS),
            self.is_crlf.then_some(CRLF),
            unsaid.as_deref(),
        ];
        let mut line = format!("#search {} lines of {style}", self.lines);
        for (index, note) in notes.iter().flatten().enumerate() {
            line.push_str(if index == 0 { "; " } else { ", " });
            line.push_str(note);
        }
        if !self.root.is_empty() {
            line.push_str(UNDER);
            line.push_str(&self.root);
        }
        line
    }

    pub fn read(line: &str) -> Option<Header> {
        let rest = line.strip_prefix("#search ")?;
        let (count, rest) = rest.split_once(" lines of ")?;
        let (rest, root) = rest.split_once(UNDER).unwrap_or((rest, ""));
        let (style, notes) = rest.split_once("; ").unwrap_or((rest, ""));
        let has_columns = style.ends_with("line:column:text");
        let (style, lead) = match style {
            "path:line:text" | "path:line:column:text" => (Style::Flat, ""),
            "path:text" => (Style::Unnumbered, ""),
            "path:count" => (Style::Counts, ""),
            "path" => (Style::Paths, ""),
            _ => {
                let lead = style.strip_prefix("path, ")?.strip_suffix("text")?;
                (Style::Heading, lead.strip_suffix("line:column:").or_else(|| lead.strip_suffix("line:"))?)
            }
        };
        let has = |note: &str| notes.split(", ").any(|each| each == note);
        let usual_count = notes.split(", ").find_map(|note| note.strip_prefix(UNSAID));
        Some(Header {
            lines: count.parse().ok()?,
            style,
            has_columns,
            lead: lead.to_owned(),
            dashes: match (has(WITHIN), has(EVERYWHERE)) {
                (_, true) => Dashes::Everywhere,
                (true, _) => Dashes::Within,
                _ => Dashes::Written,
            },
            has_blanks: has(BLANKS),
            is_crlf: has(CRLF),
            usual_count: match usual_count {
                Some(count) => Some(count.parse().ok()?),
                None => None,
            },
            root: root.to_owned(),
        })
    }
}

/// Hits of one file, one after the other.
struct Run {
    file: u32,
    from: usize,
    to: usize,
}

/// Writes the lossless form. `stands_out` tells the files whose paths are written in full.
pub fn write(listing: &Listing, stands_out: &[bool], with_root: bool) -> String {
    let root = if with_root { common_root(&listing.files) } else { "" };
    let mut writer = Writer {
        listing,
        stands_out,
        header: Header {
            lines: listing.entries.len(),
            style: listing.style,
            has_columns: listing.has_columns,
            lead: listing.lead.to_owned(),
            dashes: dashes(listing),
            has_blanks: has_blanks(listing),
            is_crlf: listing.is_crlf,
            usual_count: usual_count(listing),
            root: root.to_owned(),
        },
        out: String::with_capacity(listing.text.len() / 2),
        last_path: None,
        shared: ByText::default(),
        has_follows: false,
        has_same_dir: false,
    };
    writer.write();
    let mut form = writer.header.line(writer.has_follows, writer.has_same_dir);
    form.push('\n');
    form.push_str(&writer.out);
    if !listing.text.ends_with('\n') {
        form.pop();
    }
    form
}

struct Writer<'w, 'a> {
    listing: &'w Listing<'a>,
    stands_out: &'w [bool],
    header: Header,
    out: String,
    last_path: Option<&'a str>,
    /// Lines that stand in several files, and the numbers by which they are called.
    shared: ByText<&'a str, u32>,
    has_follows: bool,
    has_same_dir: bool,
}

impl<'a> Writer<'_, 'a> {
    fn write(&mut self) {
        if matches!(self.header.style, Style::Counts | Style::Paths) {
            return self.write_paths();
        }
        let runs = self.runs();
        self.share(&runs);
        let mut at = 0;
        for run in runs {
            self.write_others(at, run.from);
            self.write_run(&run);
            at = run.to;
        }
        self.write_others(at, self.listing.entries.len());
    }

    /// Hits of one file that nothing but implied lines stands between.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut is_broken = true;
        for (index, entry) in self.listing.entries.iter().enumerate() {
            match entry.what {
                What::Hit => match runs.last_mut() {
                    Some(run) if !is_broken && run.file == entry.file => run.to = index + 1,
                    _ => runs.push(Run { file: entry.file, from: index, to: index + 1 }),
                },
                What::Dashes if self.header.dashes != Dashes::Written => continue,
                _ => {}
            }
            is_broken = entry.what != What::Hit;
        }
        runs
    }

    /// Finds the lines that are worth being called by a number.
    fn share(&mut self, runs: &[Run]) {
        let mut seen: ByText<&'a str, (u32, usize)> = ByText::default();
        for (ordinal, run) in runs.iter().enumerate() {
            for entry in &self.listing.entries[run.from..run.to] {
                let body = self.listing.body(entry);
                if entry.what == What::Hit && body.len() >= MIN_SHARED_BYTES {
                    let (count, last) = seen.entry(body).or_insert((0, usize::MAX));
                    // Within a run repeats are folded.
                    if *last != ordinal {
                        *count += 1;
                        *last = ordinal;
                    }
                }
            }
        }
        for run in runs {
            for entry in &self.listing.entries[run.from..run.to] {
                let body = self.listing.body(entry);
                if entry.what != What::Hit || self.shared.contains_key(body) {
                    continue;
                }
                let Some(&(count, _)) = seen.get(body) else { continue };
                let tokens = body.len() / 5;
                if count as usize * tokens.saturating_sub(2) > tokens + 5 {
                    let number = self.shared.len() as u32 + 1;
                    self.shared.insert(body, number);
                    push_parts(&mut self.out, &["@", &number.to_string(), " ", body, "\n"]);
                }
            }
        }
    }

    fn write_run(&mut self, run: &Run) {
        if run.file != u32::MAX && self.header.style != Style::Heading {
            self.write_heading(run.file);
        }
        let entries = &self.listing.entries[run.from..run.to];
        let folds = self.folds(entries);
        let mut last = None;
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.what == What::Hit) {
            let repeats = folds.get(&index).map_or(&[][..], Vec::as_slice);
            if repeats.first() == Some(&u32::MAX) {
                continue;
            }
            let is_next = last.is_some_and(|last: u32| entry.number == last.wrapping_add(1));
            if self.header.style != Style::Unnumbered && (!is_next || !repeats.is_empty()) {
                self.out.push_str(&entry.number.to_string());
                for number in repeats {
                    push_parts(&mut self.out, &[",", &number.to_string()]);
                }
            } else if self.header.style != Style::Unnumbered {
                self.has_follows = true;
            }
            last = Some(entry.number);
            self.out.push(entry.mark as char);
            if entry.column > 0 {
                push_parts(&mut self.out, &[&entry.column.to_string(), ":"]);
            }
            self.write_body(self.listing.body(entry));
        }
    }

    fn write_body(&mut self, body: &str) {
        match self.shared.get(body) {
            Some(number) => push_parts(&mut self.out, &["@", &number.to_string()]),
            None => {
                // So that it is not taken for a number of a shared line.
                if body.starts_with('@') {
                    self.out.push('@');
                }
                self.out.push_str(body);
            }
        }
        self.out.push('\n');
    }

    /// For the first of lines that say the same: the numbers of the others. For the others: `u32::MAX`.
    fn folds(&self, entries: &[Entry]) -> ByText<usize, Vec<u32>> {
        let mut folds: ByText<usize, Vec<u32>> = ByText::default();
        let mut last = 0;
        let ascend = entries.iter().filter(|entry| entry.what == What::Hit).all(|entry| {
            let is_up = entry.number > last;
            last = entry.number;
            is_up
        });
        if !ascend || entries.len() < 2 {
            return folds;
        }
        let mut first: ByText<(u8, u32, &str), usize> =
            ByText::with_capacity_and_hasher(entries.len(), Default::default());
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.what == What::Hit) {
            let body = self.listing.body(entry);
            if body.trim().len() < MIN_FOLD_BYTES {
                continue;
            }
            let at = *first.entry((entry.mark, entry.column, body)).or_insert(index);
            if at != index {
                folds.entry(at).or_default().push(entry.number);
                folds.insert(index, vec![u32::MAX]);
            }
        }
        folds
    }

    /// Lines between runs.
    fn write_others(&mut self, from: usize, to: usize) {
        for entry in &self.listing.entries[from..to] {
            match entry.what {
                What::Heading => self.write_heading(entry.file),
                What::Dashes if self.header.dashes != Dashes::Written => {}
                What::Blank if self.header.has_blanks => {}
                What::Hit => {}
                _ => push_parts(&mut self.out, &["!", self.listing.body(entry), "\n"]),
            }
        }
    }

    fn write_heading(&mut self, file: u32) {
        let path = self.listing.path(file);
        if self.header.style != Style::Heading && self.last_path == Some(path) {
            return;
        }
        let dir = &path[..dir_len(path)];
        let is_same =
            self.last_path.is_some_and(|last| last[..dir_len(last)] == *dir && dir.len() > self.header.root.len());
        let stands_out = self.stands_out.get(file as usize) == Some(&true);
        if is_same && !stands_out {
            push_parts(&mut self.out, &[" ", name_of(path), "\n"]);
            self.has_same_dir = true;
        } else {
            let shown = if stands_out && self.header.root != "./" { path } else { &path[self.header.root.len()..] };
            let is_odd = shown.starts_with(|first: char| first.is_ascii_digit() || ":-= !@>\r".contains(first));
            push_parts(&mut self.out, &[if is_odd || shown.is_empty() { ">" } else { "" }, shown, "\n"]);
        }
        self.last_path = Some(path);
    }

    /// Lists: directories, each followed by what it holds.
    fn write_paths(&mut self) {
        let mut dir = None;
        for entry in &self.listing.entries {
            let is_listed = entry.what == What::Hit && !name_of(self.listing.path(entry.file)).contains([' ', '\r']);
            let path = if is_listed { self.listing.path(entry.file) } else { "" };
            if !is_listed || path.is_empty() || name_of(path).is_empty() || self.listing.body(entry) == "\r" {
                if dir.take().is_some() {
                    self.out.push('\n');
                }
                let line = match entry.what {
                    What::Hit => {
                        let from = entry.end as usize - line_len(self.listing, entry);
                        &self.listing.text[from..entry.end as usize]
                    }
                    _ => self.listing.body(entry),
                };
                push_parts(&mut self.out, &["!", line, "\n"]);
                continue;
            }
            let own = &path[..dir_len(path)];
            if dir != Some(own) {
                if dir.is_some() {
                    self.out.push('\n');
                }
                let shown = &own[self.header.root.len()..];
                push_parts(&mut self.out, &[if shown.starts_with(['!', '>']) { ">" } else { "" }, shown]);
                dir = Some(own);
            }
            push_parts(&mut self.out, &[" ", name_of(path)]);
            if self.header.style == Style::Counts && self.header.usual_count != Some(entry.number) {
                push_parts(&mut self.out, &[":", &entry.number.to_string()]);
            }
        }
        if dir.is_some() {
            self.out.push('\n');
        }
    }
}

/// Bytes of the whole line that a path or a count is.
fn line_len(listing: &Listing, entry: &Entry) -> usize {
    let before = &listing.text.as_bytes()[..entry.end as usize];
    before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)
}

pub fn push_parts(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// The directories that all paths share.
pub fn common_root<'a>(files: &[&'a str]) -> &'a str {
    let Some((first, rest)) = files.split_first() else { return "" };
    let mut root = &first[..dir_len(first)];
    for path in rest {
        while !path.starts_with(root) {
            root = &root[..dir_len(&root[..root.len() - 1])];
        }
    }
    if root.contains('\r') {
        return "";
    }
    root
}

/// Where the listing has `--`, if a rule tells it.
fn dashes(listing: &Listing) -> Dashes {
    if !listing.entries.iter().any(|entry| entry.what == What::Dashes) {
        return Dashes::Written;
    }
    let follows = |rule: Dashes| {
        let mut last: Option<&Entry> = None;
        let (mut is_due, mut is_apart) = (false, false);
        for entry in &listing.entries {
            match entry.what {
                What::Dashes if is_due => return false,
                What::Dashes => is_due = true,
                What::Hit => {
                    let is_gap = !is_apart && last.is_some_and(|last| is_gap(last, entry, rule));
                    if is_gap != is_due {
                        return false;
                    }
                    (is_due, is_apart, last) = (false, false, Some(entry));
                }
                // A line of no file: what stands behind it is judged anew.
                _ if is_due => return false,
                _ => is_apart = true,
            }
        }
        !is_due
    };
    [Dashes::Within, Dashes::Everywhere].into_iter().find(|&rule| follows(rule)).unwrap_or(Dashes::Written)
}

fn is_gap(last: &Entry, next: &Entry, rule: Dashes) -> bool {
    if last.file == next.file {
        return next.number != last.number.wrapping_add(1) && next.number != last.number;
    }
    rule == Dashes::Everywhere
}

/// Whether `--` is meant between two hits.
pub fn implies_dashes(rule: Dashes, is_same_file: bool, last: u32, next: u32) -> bool {
    match rule {
        Dashes::Written => false,
        _ if is_same_file => next != last.wrapping_add(1) && next != last,
        rule => rule == Dashes::Everywhere,
    }
}

/// Whether an empty line stands before every heading but the first, and nowhere else.
fn has_blanks(listing: &Listing) -> bool {
    let mut headings = 0;
    let mut blanks = 0;
    for (index, entry) in listing.entries.iter().enumerate() {
        match entry.what {
            What::Heading => {
                let is_after_blank = index > 0 && listing.entries[index - 1].what == What::Blank;
                if is_after_blank != (headings > 0) {
                    return false;
                }
                headings += 1;
            }
            What::Blank => blanks += 1,
            _ => {}
        }
    }
    blanks > 0 && blanks + 1 == headings
}

/// The count that most files have.
fn usual_count(listing: &Listing) -> Option<u32> {
    if listing.style != Style::Counts {
        return None;
    }
    let mut seen = [0u32; 2];
    for entry in listing.entries.iter().filter(|entry| entry.what == What::Hit && entry.number < 2) {
        seen[entry.number as usize] += 1;
    }
    let usual = u32::from(seen[1] > seen[0]);
    (seen[usual as usize] >= 6).then_some(usual)
}
