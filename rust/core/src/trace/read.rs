//! A lossless form in, the text that it stands for out.

use super::notation::{self, Places};

/// What a form may stand for, at most.
const MAX_BYTES: usize = 64 << 20;
const MAX_LINES: usize = 4 << 20;

/// The text, byte for byte; `None` if `form` is none, or stands for more than 64 MiB.
pub fn expand(form: &str) -> Option<String> {
    let (header, body) = form.split_once('\n')?;
    let (count, is_crlf, places) = header_of(header)?;
    let (body, ends_with_break) = match body.strip_suffix('\n') {
        Some(body) => (body, true),
        None => (body, false),
    };
    let end = if is_crlf { "\r\n" } else { "\n" };
    let mut reader = Reader { places, end, out: String::new(), starts: Vec::new(), last_path: String::new() };
    for line in body.split('\n') {
        reader.line(line)?;
        if reader.out.len() > MAX_BYTES || reader.starts.len() > count {
            return None;
        }
    }
    if !ends_with_break {
        reader.out.truncate(reader.out.len().checked_sub(end.len())?);
    }
    (reader.starts.len() == count).then_some(reader.out)
}

/// The number of lines, whether they end in `\r\n`, and the directories.
fn header_of(header: &str) -> Option<(usize, bool, Places)> {
    let mut parts = header.strip_prefix("#trace ")?.split("; ");
    let mut head = parts.next()?.split(' ');
    let count: usize = head.next()?.parse().ok().filter(|&count| count <= MAX_LINES)?;
    head.next().filter(|&word| word == "lines")?;
    let is_crlf = match head.next() {
        None => false,
        Some("crlf") => true,
        Some(_) => return None,
    };
    let mut places = Places::new();
    for part in parts {
        let Some(place) = part.strip_prefix('$') else { continue };
        let (ordinal, place) = place.split_once('=')?;
        if ordinal.parse() != Ok(places.len() + 1) {
            return None;
        }
        places.push(place.to_owned());
    }
    Some((count, is_crlf, places))
}

struct Reader {
    places: Places,
    end: &'static str,
    out: String,
    /// Where each line begins.
    starts: Vec<u32>,
    last_path: String,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        let start = self.out.len();
        match line.as_bytes().first() {
            Some(b'^') => return self.reference(line),
            Some(b'\\') => self.push(&line[1..]),
            Some(b'~') => {
                let told = notation::read_short(line, &self.places, &mut self.last_path)?;
                self.push(&told);
            }
            Some(b'|') => notation::read_source(line, self.end, &mut self.out)?,
            _ if line.trim_start_matches([' ', '\t']).starts_with('@') => {
                notation::read_java(line, self.end, &mut self.out)?;
            }
            _ => self.push(line),
        }
        self.mark(start);
        Some(())
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push_str(self.end);
    }

    /// Notes where the lines begin that were written from `start` on.
    fn mark(&mut self, start: usize) {
        let mut from = start;
        for at in memchr::memchr_iter(b'\n', &self.out.as_bytes()[start..]) {
            self.starts.push(from as u32);
            from = start + at + 1;
        }
    }

    fn reference(&mut self, line: &str) -> Option<()> {
        let rest = line.strip_prefix("^ ")?;
        if let Some(range) = rest.strip_prefix("lines ") {
            let (first, last) = range.strip_suffix(" again")?.split_once('-')?;
            let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
            return self.copy(first.checked_sub(1)?, last, 1);
        }
        let (period, times) = rest.strip_prefix("these ")?.strip_suffix(" more times")?.split_once(" lines ")?;
        let (period, times): (usize, usize) = (period.parse().ok()?, times.parse().ok()?);
        self.copy(self.starts.len().checked_sub(period)?, self.starts.len(), times)
    }

    /// Writes lines from index `first` up to `end` so many times.
    fn copy(&mut self, first: usize, end: usize, times: usize) -> Option<()> {
        if first >= end || end > self.starts.len() {
            return None;
        }
        let from = self.starts[first] as usize;
        let until = self.starts.get(end).map_or(self.out.len(), |&start| start as usize);
        let lines = (end - first).checked_mul(times).filter(|lines| self.starts.len() + lines <= MAX_LINES)?;
        (until - from).checked_mul(times).filter(|bytes| self.out.len() + bytes <= MAX_BYTES)?;
        self.starts.reserve(lines);
        let told = self.out[from..until].to_owned();
        for _ in 0..times {
            let start = self.out.len();
            self.out.push_str(&told);
            self.mark(start);
        }
        Some(())
    }
}
