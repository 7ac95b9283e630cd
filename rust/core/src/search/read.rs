//! Printed search results in, what each line is out: a hit in a file, a file's name above its hits, or neither.
//!
//! Tools differ in what they print of a hit, and one output is of one style: it is found by trying lines of a sample.
//! A line that does not fit the style is `Raw` and stands for itself, so a wrong guess never costs content.

use super::by_text::ByText;
use super::place::{self, Place};
use crate::text::Lines;

/// Lines by which the style is found.
const SAMPLE: usize = 160;

/// What a tool prints on each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `path:12:text`, and `path-12-text` around it.
    Flat,
    /// `path:text`.
    Unnumbered,
    /// The path on a line of its own, above `12:text`; also `12:text` alone.
    Heading,
    /// `path:7`: how many lines match in each file.
    Counts,
    /// Paths alone.
    Paths,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Hit,
    /// A file's name above its hits.
    Heading,
    /// `--` between hits that are not neighbours.
    Dashes,
    /// An empty line.
    Blank,
    Raw,
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub what: What,
    /// `:` of a match, `-` of a line around one, `=` of the function that holds one.
    pub mark: u8,
    /// The file, of hits and headings; `u32::MAX` where none is known.
    pub file: u32,
    /// Number of the line in its file, or how many of its lines match; 0 where none is printed.
    pub number: u32,
    /// 0 where none is printed.
    pub column: u32,
    /// Where the text of a hit, or the whole of any other line, begins and ends.
    pub start: u32,
    pub end: u32,
}

impl Entry {
    pub fn is_match(&self) -> bool {
        self.what == What::Hit && self.mark == b':'
    }
}

/// A printed search result, read.
pub struct Listing<'a> {
    pub text: &'a str,
    pub style: Style,
    /// Hits have columns.
    pub has_columns: bool,
    /// What stands before the number of a line, as in `  Line 12: text`.
    pub lead: &'a str,
    /// Every line ends in `\r\n`, which is then no part of it.
    pub is_crlf: bool,
    pub files: Vec<&'a str>,
    pub entries: Vec<Entry>,
}

impl<'a> Listing<'a> {
    /// Reads a text; `None` where it does not look like search results.
    pub fn of(text: &'a str) -> Option<Self> {
        if is_blank(text) {
            return None;
        }
        let lines = Lines::of(text);
        let is_crlf = !lines.is_empty() && lines.list.iter().all(|line| line.next - line.end == 2);
        let guess = Guess::of(&lines)?;
        let mut reader = Reader {
            listing: Listing {
                text,
                style: guess.style,
                has_columns: guess.has_columns,
                lead: guess.lead,
                is_crlf,
                files: Vec::new(),
                entries: Vec::with_capacity(lines.len()),
            },
            by_path: ByText::default(),
        };
        reader.read(&lines);
        let listing = reader.listing;
        let fitting = listing.entries.iter().filter(|entry| entry.what != What::Raw).count();
        (2 * fitting >= listing.entries.len()).then_some(listing)
    }

    /// What a line says: the text of a hit, or all of any other line.
    #[inline]
    pub fn body(&self, entry: &Entry) -> &'a str {
        &self.text[entry.start as usize..entry.end as usize]
    }

    pub fn path(&self, file: u32) -> &'a str {
        self.files.get(file as usize).copied().unwrap_or("")
    }

    /// How many lines match in each file. Lines around matches are not counted.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0u32; self.files.len()];
        let mut last = None;
        for entry in self.entries.iter().filter(|entry| entry.is_match() && entry.file != u32::MAX) {
            if self.style == Style::Counts {
                counts[entry.file as usize] += entry.number;
                continue;
            }
            // Some tools print a line once for each match in it.
            let line = (entry.file, entry.number);
            if entry.number == 0 || last != Some(line) {
                counts[entry.file as usize] += 1;
            }
            last = Some(line);
        }
        counts
    }
}

/// Whether nothing stands in a long text, as far as a few looks tell: a list of its lines would be longer than itself.
fn is_blank(text: &str) -> bool {
    const LOOK_BYTES: usize = 4_096;
    let step = text.len() / 16;
    text.len() > 64 * LOOK_BYTES
        && (0..16).all(|look| text.as_bytes()[look * step..][..LOOK_BYTES].trim_ascii().is_empty())
}

/// Lines by which groups below headings are told.
const GROUPED: usize = 400;

/// Whether lines stand in groups, parted by empty lines, whose first line alone has no number before it: then their paths
/// may look like anything, such as numbered lines with dashes.
fn has_headings(lines: &Lines) -> bool {
    let (mut groups, mut in_group, mut numbered) = (0, false, 0);
    for index in 0..lines.len().min(GROUPED) {
        let line = lines.line(index);
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let is_numbered = digits > 0 && matches!(line.as_bytes().get(digits), Some(b':' | b'-' | b'='));
        match (line.is_empty(), in_group) {
            (true, _) => in_group = false,
            (false, false) if is_numbered => return false,
            (false, false) => {
                in_group = true;
                groups += 1;
            }
            (false, true) if is_numbered => numbered += 1,
            (false, true) if line == "--" => {}
            (false, true) => return false,
        }
    }
    groups >= 2 && numbered >= groups
}

/// The style that most of the sampled lines have.
struct Guess<'a> {
    style: Style,
    has_columns: bool,
    lead: &'a str,
}

impl<'a> Guess<'a> {
    fn of(lines: &Lines<'a>) -> Option<Self> {
        let mut tally = Tally::default();
        let step = (lines.len() / SAMPLE).max(1);
        let mut leads: Vec<(&'a str, u32)> = Vec::new();
        // Not in the rhythm of matches with as many lines around each.
        let sampled = (0..lines.len()).step_by(step).enumerate().map(|(ordinal, index)| index + ordinal % step);
        for index in sampled.filter(|&index| index < lines.len()) {
            let line = lines.line(index);
            if let Some((lead, _)) = place::numbered(line) {
                match leads.iter().position(|(known, _)| *known == lead) {
                    Some(at) => leads[at].1 += 1,
                    None if leads.len() < 8 => leads.push((lead, 1)),
                    None => {}
                }
            }
            tally.add(line);
        }
        let lead = leads.iter().rev().max_by_key(|(_, count)| *count).map_or("", |(lead, _)| lead);
        let style = if has_headings(lines) { Style::Heading } else { tally.style()? };
        let columned = if style == Style::Heading { tally.numbered_columns } else { tally.flat_columns };
        let matches = if style == Style::Heading { tally.numbered_matches } else { tally.flat_matches };
        Some(Guess { style, has_columns: columned > 0 && 10 * columned >= 9 * matches, lead })
    }
}

#[derive(Default)]
struct Tally {
    lines: u32,
    flat: u32,
    /// Lines that could stand around hits.
    around: u32,
    flat_matches: u32,
    flat_columns: u32,
    numbered: u32,
    numbered_matches: u32,
    numbered_columns: u32,
    counts: u32,
    paths: u32,
    unnumbered: u32,
}

impl Tally {
    fn add(&mut self, line: &str) {
        if line.trim().is_empty() || line == "--" {
            return;
        }
        self.lines += 1;
        let has_column = |behind: &str| place::column(behind).is_some();
        let is_numbered = match place::numbered(line) {
            Some((_, at)) => {
                self.numbered += 1;
                self.numbered_matches += u32::from(at.mark == b':');
                self.numbered_columns += u32::from(at.mark == b':' && has_column(&line[at.behind..]));
                true
            }
            None => false,
        };
        let first = place::first(line).filter(|at| place::may_be_path(&line[..at.path]));
        // A path may hold something like a number between dashes.
        let hit = first.filter(|at| at.mark == b':').or_else(|| {
            first?;
            place::all(line).find(|at| at.mark == b':' && place::is_bare_path(&line[..at.path]))
        });
        if let Some(at) = hit {
            self.flat += 1;
            self.flat_matches += 1;
            self.flat_columns += u32::from(has_column(&line[at.behind..]));
            return;
        }
        self.around += u32::from(first.is_some());
        if place::counted(line).is_some() {
            self.counts += 1;
        } else if !is_numbered && place::is_bare_path(line) {
            self.paths += 1;
        } else if (!is_numbered || first.is_some()) && place::unnumbered(line).is_some() {
            self.unnumbered += 1;
        }
    }

    fn style(&self) -> Option<Style> {
        let most = |count: u32, percent: u32| count > 0 && 100 * count >= percent * self.lines;
        // Paths may begin with digits and a dash, and then look like numbered lines as well.
        let flat = if self.flat > 0 { self.flat + self.around } else { 0 };
        if most(flat, 60) && (flat > self.numbered || self.numbered == flat && flat == self.lines) {
            return Some(Style::Flat);
        }
        if most(self.numbered, 50)
            || self.numbered > 0 && most(self.numbered + self.paths, 80) && self.numbered >= self.paths / 2
        {
            return Some(Style::Heading);
        }
        if most(self.counts, 80) {
            return Some(Style::Counts);
        }
        if most(self.paths, 80) {
            return Some(Style::Paths);
        }
        if most(self.unnumbered + self.counts + self.paths / 4, 70) && self.unnumbered > 0 {
            return Some(Style::Unnumbered);
        }
        most(flat, 40).then_some(Style::Flat)
    }
}

struct Reader<'a> {
    listing: Listing<'a>,
    by_path: ByText<&'a str, u32>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, lines: &Lines<'a>) {
        match self.listing.style {
            Style::Flat => self.read_flat(lines),
            Style::Heading => self.read_heading(lines),
            Style::Unnumbered => self.read_unnumbered(lines),
            Style::Counts => self.read_each(lines, |reader, line, base| {
                let at = place::counted(line)?;
                Some(reader.hit(&line[..at.path], at, base, line))
            }),
            Style::Paths => self.read_each(lines, |reader, line, base| {
                if !place::is_bare_path(line) && line.contains(' ') {
                    return None;
                }
                let at = Place { path: line.len(), mark: b':', number: 0, behind: line.len() };
                Some(reader.hit(line, at, base, line))
            }),
        }
    }

    fn read_unnumbered(&mut self, lines: &Lines<'a>) {
        let path_of = |line: &str| place::unnumbered(line).or_else(|| place::unnumbered_word(line));
        let known: ByText<&str, ()> =
            lines.iter().filter_map(|line| path_of(line).map(|end| (&line[..end], ()))).collect();
        let has_groups = lines.iter().any(|line| line == "--");
        self.read_each(lines, |reader, line, base| {
            let path = path_of(line);
            let named = path.map_or("", |end| &line[..end]);
            // `path=function(a: b)` and `path-text: more` look like longer paths. Where nothing else tells, they are.
            let looks_odd = path.is_none() || named.contains([' ', '(', '=']);
            let around = |mark: u8| place::before_mark(line, mark, |path| known.contains_key(path));
            let (path, mark) = match (looks_odd, has_groups) {
                (true, _) if around(b'=').is_some() => (around(b'=')?, b'='),
                (true, _) | (_, true) if around(b'-').is_some() => (around(b'-')?, b'-'),
                _ => (path?, b':'),
            };
            Some(reader.hit(&line[..path], Place { path, mark, number: 0, behind: path + 1 }, base, line))
        });
    }

    /// Reads lines that each say what they are by themselves.
    fn read_each(&mut self, lines: &Lines<'a>, read: impl Fn(&mut Self, &'a str, u32) -> Option<Entry>) {
        for index in 0..lines.len() {
            let (line, base) = self.line(lines, index);
            let entry = match simple(line, base) {
                Some(entry) => entry,
                None => read(self, line, base).unwrap_or_else(|| raw(line, base)),
            };
            self.listing.entries.push(entry);
        }
    }

    /// A line with its `\r`, unless every line has one; and where it begins.
    fn line(&self, lines: &Lines<'a>, index: usize) -> (&'a str, u32) {
        let line = lines.list[index];
        let is_broken = lines.text.as_bytes().get(line.next as usize - 1) == Some(&b'\n');
        let end = if self.listing.is_crlf { line.end } else { line.next - u32::from(is_broken) };
        (&lines.text[line.start as usize..end as usize], line.start)
    }

    fn file(&mut self, path: &'a str) -> u32 {
        if let Some(&last) = self.listing.entries.last().map(|entry| &entry.file) {
            if last != u32::MAX && self.listing.files[last as usize] == path {
                return last;
            }
        }
        *self.by_path.entry(path).or_insert_with(|| {
            self.listing.files.push(path);
            self.listing.files.len() as u32 - 1
        })
    }

    fn hit(&mut self, path: &'a str, at: Place, base: u32, line: &str) -> Entry {
        let column = match self.listing.has_columns && at.mark == b':' {
            true => place::column(&line[at.behind..]),
            false => None,
        };
        let (column, skipped) = column.unwrap_or((0, 0));
        Entry {
            what: What::Hit,
            mark: at.mark,
            file: self.file(path),
            number: at.number,
            column,
            start: base + (at.behind + skipped) as u32,
            end: base + line.len() as u32,
        }
    }

    fn read_flat(&mut self, lines: &Lines<'a>) {
        let mut path = "";
        // Asked for only where dashes leave it open what the path is.
        let mut known: Option<ByText<&str, ()>> = None;
        for index in 0..lines.len() {
            let (line, base) = self.line(lines, index);
            let entry = match simple(line, base) {
                Some(entry) => entry,
                None => match place::within(line, path)
                    .or_else(|| choose(line, || known.get_or_insert_with(|| known_paths(lines))))
                {
                    Some(at) => {
                        path = &line[..at.path];
                        self.hit(path, at, base, line)
                    }
                    None => raw(line, base),
                },
            };
            self.listing.entries.push(entry);
        }
    }

    fn read_heading(&mut self, lines: &Lines<'a>) {
        let lead = self.listing.lead;
        let numbered = |line: &str| line.strip_prefix(lead).and_then(place::number);
        // Where empty lines part the files, what stands behind one is a path, even if it begins like a numbered line.
        let is_parted = (1..lines.len()).any(|index| {
            lines.line(index - 1).is_empty() && !lines.line(index).is_empty() && numbered(lines.line(index)).is_none()
        });
        let mut path = None;
        for index in 0..lines.len() {
            let (line, base) = self.line(lines, index);
            let is_followed = || index + 1 < lines.len() && numbered(self.line(lines, index + 1).0).is_some();
            let is_first = is_parted && (index == 0 || lines.line(index - 1).is_empty()) && is_followed();
            let entry = match (simple(line, base), numbered(line).filter(|_| !is_first)) {
                (Some(entry), _) => entry,
                (None, Some(at)) => {
                    let at = Place { behind: at.behind + lead.len(), ..at };
                    match path {
                        Some(path) => self.hit(path, at, base, line),
                        None => Entry { file: u32::MAX, ..self.hit_nowhere(at, base, line) },
                    }
                }
                (None, None) if is_followed() => {
                    path = Some(line);
                    Entry { what: What::Heading, file: self.file(line), ..raw(line, base) }
                }
                (None, None) => raw(line, base),
            };
            self.listing.entries.push(entry);
        }
    }

    fn hit_nowhere(&mut self, at: Place, base: u32, line: &str) -> Entry {
        let column = match self.listing.has_columns && at.mark == b':' {
            true => place::column(&line[at.behind..]),
            false => None,
        };
        let (column, skipped) = column.unwrap_or((0, 0));
        let (start, end) = (base + (at.behind + skipped) as u32, base + line.len() as u32);
        Entry { what: What::Hit, mark: at.mark, file: u32::MAX, number: at.number, column, start, end }
    }
}

fn raw(line: &str, base: u32) -> Entry {
    let end = base + line.len() as u32;
    Entry { what: What::Raw, mark: 0, file: u32::MAX, number: 0, column: 0, start: base, end }
}

/// Lines that are the same in every style.
fn simple(line: &str, base: u32) -> Option<Entry> {
    match line {
        "" => Some(Entry { what: What::Blank, ..raw(line, base) }),
        "--" => Some(Entry { what: What::Dashes, ..raw(line, base) }),
        _ => None,
    }
}

/// The paths that stand before `:12:`. A path may hold `-12-` itself, so lines where something like a line number with
/// dashes comes first are only asked once the others are known.
fn known_paths<'a>(lines: &Lines<'a>) -> ByText<&'a str, ()> {
    let mut known: ByText<&'a str, ()> = ByText::default();
    let mut unsure: Vec<&'a str> = Vec::new();
    let mut path = "";
    for line in lines.iter() {
        if place::within(line, path).is_some() {
            continue;
        }
        match place::first(line) {
            Some(at) if at.mark == b':' => {
                path = &line[..at.path];
                known.insert(path, ());
            }
            Some(_) => unsure.push(line),
            None => {}
        }
    }
    for line in unsure {
        let mut candidates = place::all(line);
        if candidates.clone().any(|at| at.mark != b':' && known.contains_key(&line[..at.path])) {
            continue;
        }
        if let Some(at) = candidates.find(|at| at.mark == b':' && place::may_be_path(&line[..at.path])) {
            known.insert(&line[..at.path], ());
        }
    }
    known
}

/// Of the places in files that a line could begin with, the first of a known path, else the first one.
fn choose<'k, 't: 'k>(line: &str, known: impl FnOnce() -> &'k mut ByText<&'t str, ()>) -> Option<Place> {
    let first = place::first(line)?;
    if first.mark == b':' {
        return Some(first);
    }
    let known = known();
    place::all(line).find(|at| known.contains_key(&line[..at.path])).or(Some(first))
}
