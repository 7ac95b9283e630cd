//! The lossless form in, the text it stands for out.

use super::form::{implies_dashes, push_parts, Header};
use super::read::Style;

/// No form stands for a longer text.
const MAX_BYTES: usize = 64 << 20;
const MAX_GROWTH: usize = 1_000;

/// One hit of a run.
struct Row<'f> {
    number: u32,
    mark: u8,
    column: Option<&'f str>,
    body: &'f str,
}

struct Reader<'f> {
    header: Header,
    out: String,
    limit: usize,
    shared: Vec<&'f str>,
    path: String,
    has_path: bool,
    headings: usize,
    rows: Vec<Row<'f>>,
    /// The first number of the last line of the form, within a run.
    last_number: u32,
    has_folds: bool,
    /// File and number of the last hit, while nothing else came behind it.
    last: Option<(String, u32)>,
    newline: &'static str,
}

/// The text that a form stands for, byte for byte; `None` if `form` is no such form.
pub fn expand(form: &str) -> Option<String> {
    let (first, rest) = form.split_once('\n').unwrap_or((form, ""));
    let header = Header::read(first)?;
    let newline = if header.is_crlf { "\r\n" } else { "\n" };
    let limit = MAX_BYTES.min(form.len().saturating_mul(MAX_GROWTH));
    let mut reader = Reader {
        header,
        out: String::new(),
        limit,
        shared: Vec::new(),
        path: String::new(),
        has_path: false,
        headings: 0,
        rows: Vec::new(),
        last_number: 0,
        has_folds: false,
        last: None,
        newline,
    };
    for line in rest.split_inclusive('\n') {
        reader.line(line.strip_suffix('\n').unwrap_or(line))?;
    }
    reader.flush()?;
    if !form.ends_with('\n') {
        reader.out.truncate(reader.out.len() - newline.len().min(reader.out.len()));
    }
    Some(reader.out)
}

impl<'f> Reader<'f> {
    fn line(&mut self, line: &'f str) -> Option<()> {
        if let Some(raw) = line.strip_prefix('!') {
            self.flush()?;
            self.last = None;
            return self.push(&[raw]);
        }
        match self.header.style {
            Style::Counts | Style::Paths => self.list(line),
            _ => self.hit(line),
        }
    }

    /// Appends a line.
    fn push(&mut self, parts: &[&str]) -> Option<()> {
        push_parts(&mut self.out, parts);
        self.out.push_str(self.newline);
        (self.out.len() <= self.limit).then_some(())
    }

    fn list(&mut self, line: &str) -> Option<()> {
        let line = line.strip_prefix('>').unwrap_or(line);
        let end = line.rfind("/ ").max(line.rfind("\\ ")).map_or(0, |at| at + 1);
        let (dir, names) = line.split_at(end);
        let root = self.header.root.clone();
        let count =
            self.header.usual_count.filter(|_| self.header.style == Style::Counts).map(|count| format!(":{count}"));
        for name in names.strip_prefix(' ')?.split(' ') {
            let is_counted = name.rsplit_once(':').is_some_and(|(_, count)| count.parse::<u32>().is_ok());
            let count = count.as_deref().filter(|_| !is_counted).unwrap_or("");
            self.push(&[&root, dir, name, count])?;
        }
        Some(())
    }

    fn hit(&mut self, line: &'f str) -> Option<()> {
        let bytes = line.as_bytes();
        match bytes.first() {
            Some(b'@') => {
                let (number, body) = line[1..].split_once(' ')?;
                (number.parse::<usize>().ok()? == self.shared.len() + 1).then_some(())?;
                self.shared.push(body);
                Some(())
            }
            Some(b'0'..=b'9' | b':' | b'-' | b'=') => self.row(line),
            Some(b' ') => {
                let dir = super::place::dir_len(&self.path);
                let path = format!("{}{}", &self.path[..dir], &line[1..]);
                self.heading(path)
            }
            _ => {
                let shown = line.strip_prefix('>').unwrap_or(line);
                let is_full = !self.header.root.is_empty() && shown.starts_with(&self.header.root);
                let path = if is_full { shown.to_owned() } else { format!("{}{shown}", self.header.root) };
                self.heading(path)
            }
        }
    }

    fn heading(&mut self, path: String) -> Option<()> {
        self.flush()?;
        if self.header.style == Style::Heading {
            if self.header.has_blanks && self.headings > 0 {
                self.push(&[])?;
            }
            self.push(&[&path])?;
            self.last = None;
        }
        self.headings += 1;
        self.path = path;
        self.has_path = true;
        Some(())
    }

    fn row(&mut self, line: &'f str) -> Option<()> {
        let end = line.bytes().position(|byte| !byte.is_ascii_digit() && byte != b',')?;
        let (numbers, rest) = line.split_at(end);
        let mark = rest.as_bytes()[0];
        let mut body = rest.get(1..).filter(|_| matches!(mark, b':' | b'-' | b'='))?;
        let mut column = None;
        if self.header.has_columns && mark == b':' {
            if let Some((_, bytes)) = super::place::column(body) {
                column = Some(&body[..bytes]);
                body = &body[bytes..];
            }
        }
        let is_escaped = body.starts_with("@@");
        if let Some(number) = body.strip_prefix('@').filter(|_| !is_escaped) {
            body = self.shared.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        }
        let body = if is_escaped { &body[1..] } else { body };
        if numbers.is_empty() {
            let is_numbered = self.header.style != Style::Unnumbered;
            self.last_number = if is_numbered { self.last_number.checked_add(1)? } else { 0 };
            self.rows.push(Row { number: self.last_number, mark, column, body });
            return Some(());
        }
        for (index, number) in numbers.split(',').enumerate() {
            (self.rows.len() < self.limit / 2).then_some(())?;
            let number = number.parse().ok()?;
            self.rows.push(Row { number, mark, column, body });
            if index == 0 {
                self.last_number = number;
            }
            self.has_folds |= index > 0;
        }
        Some(())
    }

    /// Writes the hits that were read.
    fn flush(&mut self) -> Option<()> {
        let mut rows = std::mem::take(&mut self.rows);
        self.last_number = 0;
        if self.has_folds {
            rows.sort_by_key(|row| row.number);
            self.has_folds = false;
        }
        let path = std::mem::take(&mut self.path);
        let with_path = self.header.style != Style::Heading && self.has_path;
        let lead = std::mem::take(&mut self.header.lead);
        for row in &rows {
            let is_due = self.last.as_ref().is_some_and(|(last_path, last)| {
                implies_dashes(self.header.dashes, *last_path == path, *last, row.number)
            });
            if is_due {
                self.push(&["--"])?;
            }
            let mark = (row.mark as char).to_string();
            let number = row.number.to_string();
            let (number, second) = if self.header.style == Style::Unnumbered { ("", "") } else { (&*number, &*mark) };
            let (path, first) = if with_path { (&*path, &*mark) } else { ("", "") };
            self.push(&[path, first, &lead, number, second, row.column.unwrap_or(""), row.body])?;
            match &mut self.last {
                Some((last_path, last)) if *last_path == path || !with_path => *last = row.number,
                _ => self.last = Some((path.to_owned(), row.number)),
            }
        }
        self.header.lead = lead;
        self.path = path;
        Some(())
    }
}
