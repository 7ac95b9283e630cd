//! A printed file in, its lines without the numbers that the tool put before them out.

use crate::text::Lines;

/// Lines at the beginning that must all be numbered for the text to count as numbered.
const PROVEN_LINES: usize = 3;
/// Lines at the beginning that are looked at for numbers.
const LOOKED_AT: usize = 40;
/// Of the lines that are not blank, the share that must be numbered.
const LEAST_SHARE: f64 = 0.8;
/// Bytes of a gutter at most.
const MAX_GUTTER: usize = 16;

/// What may stand between a line's number and the line.
pub const SEPARATORS: [&str; 8] = ["\t", "→", " | ", "| ", "|", ": ", ":", "  "];

/// A text as the lines of a file.
pub struct Source<'t> {
    pub lines: Lines<'t>,
    /// Where in each line the code begins; nothing where a line is the tool's own.
    starts: Option<Vec<Option<u8>>>,
    /// Which separator stands behind the numbers.
    pub separator: usize,
}

impl<'t> Source<'t> {
    pub fn of(text: &'t str) -> Self {
        let lines = Lines::of(text);
        // Whatever follows it, a number is read once.
        let head: Vec<(usize, usize, usize)> = (0..lines.len().min(LOOKED_AT))
            .filter_map(|row| number_of(lines.line(row)).map(|(number, end)| (row, number, end)))
            .collect();
        let found = (head.len() >= PROVEN_LINES)
            .then(|| (0..SEPARATORS.len()).find_map(|each| Some((each, gutter(&lines, &head, each)?))))
            .flatten();
        let (separator, starts) = found.map_or((0, None), |(separator, starts)| (separator, Some(starts)));
        Self { lines, starts, separator }
    }

    pub fn is_numbered(&self) -> bool {
        self.starts.is_some()
    }

    /// Whether a line was added by the tool that printed the file.
    pub fn is_note(&self, index: usize) -> bool {
        self.starts.as_ref().is_some_and(|starts| starts[index].is_none())
    }

    /// The gutter and the code of a line. A note is no code.
    pub fn parts(&self, index: usize) -> (&'t str, &'t str) {
        let line = self.lines.line(index);
        match &self.starts {
            None => ("", line),
            Some(starts) => match starts[index] {
                Some(start) => line.split_at(usize::from(start)),
                None => (line, ""),
            },
        }
    }

    pub fn code(&self, index: usize) -> &'t str {
        self.parts(index).1
    }

    /// The number that the tool printed before a line.
    pub fn number(&self, index: usize) -> Option<usize> {
        let (gutter, _) = self.parts(index);
        let digits = gutter.trim_ascii_start();
        let end = digits.bytes().take_while(u8::is_ascii_digit).count();
        digits[..end].parse().ok()
    }

    /// The code alone, one line each: what a parser reads.
    pub fn bare(&self) -> std::borrow::Cow<'t, str> {
        if !self.is_numbered() {
            return std::borrow::Cow::Borrowed(self.lines.text);
        }
        let mut out = String::with_capacity(self.lines.text.len());
        for index in 0..self.lines.len() {
            out.push_str(self.code(index));
            out.push('\n');
        }
        std::borrow::Cow::Owned(out)
    }
}

/// Where the code begins in each line, if the lines are numbered with this separator. `head` has the rows of the first
/// lines that begin with a number, the numbers, and where they end.
fn gutter(lines: &Lines, head: &[(usize, usize, usize)], separator: usize) -> Option<Vec<Option<u8>>> {
    let separator = SEPARATORS[separator];
    let (mut numbered, mut follow, mut last) = (0usize, 0usize, None);
    for &(row, number, end) in head {
        if width_of(&lines.line(row)[end..], separator).is_some() {
            numbered += 1;
            follow += usize::from(last == number.checked_sub(1) && last.is_some());
            last = Some(number);
        }
    }
    let is_proven = numbered >= PROVEN_LINES && follow + 2 >= numbered;
    if !is_proven {
        return None;
    }
    // Where all lines are indented, what follows the mark may be theirs.
    let is_part = separator.len() > 1
        && separator.ends_with(' ')
        && lines.iter().take(400).all(|line| {
            split(line, separator)
                .is_none_or(|(_, start)| line[usize::from(start)..].bytes().next().is_none_or(|byte| byte == b' '))
        });
    if is_part {
        return None;
    }
    let (mut numbered, mut others, mut last) = (0usize, 0usize, None);
    let starts: Vec<Option<u8>> = lines
        .iter()
        .map(|line| match split(line, separator) {
            // Numbers go up: a line of code may begin with one too.
            Some((number, start)) if last.is_none_or(|last| number > last) => {
                last = Some(number);
                numbered += 1;
                Some(start)
            }
            _ if line.trim_ascii().is_empty() => Some(line.len().min(255) as u8),
            _ => {
                others += 1;
                None
            }
        })
        .collect();
    (numbered as f64 >= LEAST_SHARE * (numbered + others) as f64).then_some(starts)
}

/// The number before a line, and where the line itself begins.
fn split(line: &str, separator: &str) -> Option<(usize, u8)> {
    let (number, end) = number_of(line)?;
    Some((number, (end + width_of(&line[end..], separator)?) as u8))
}

/// The number that a line begins with, and where it ends.
fn number_of(line: &str) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let blanks = bytes.iter().take(MAX_GUTTER).take_while(|&&byte| byte == b' ').count();
    let digits = bytes[blanks..].iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    let number = line[blanks..blanks + digits].parse().ok()?;
    Some((number, blanks + digits))
}

/// The bytes of a separator, if it stands there. Blank lines may have lost the white space at their end.
fn width_of(rest: &str, separator: &str) -> Option<usize> {
    if rest.starts_with(separator) {
        Some(separator.len())
    } else {
        let is_cut = !rest.is_empty() && rest.len() < separator.len() && rest == separator.trim_end();
        is_cut.then_some(rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_printed_lines_are_told_from_the_code() {
        for (text, code) in [
            ("     1\tdef f():\n     2\t    x\n     3\t\n     4\treturn\n", "def f():\n    x\n\nreturn\n"),
            ("  9→a\n 10→b\n 11→c\n", "a\nb\nc\n"),
            ("1: a\n2: b\n3:\n4: c\n", "a\nb\n\nc\n"),
            ("Here it is:\n     1\ta\n     2\tb\n     3\tc\n     4\td\n     5\te\n", "\na\nb\nc\nd\ne\n"),
        ] {
            let source = Source::of(text);
            assert!(source.is_numbered(), "{text}");
            assert_eq!(source.bare(), code);
        }
        for text in ["a\nb\nc\n", "1 apple\n2 pears\n", "12: x\n3: y\n9: z\n4: a\n"] {
            assert!(!Source::of(text).is_numbered(), "{text}");
        }
        assert_eq!(Source::of("  9→a\n 10→b\n 11→c\n").number(1), Some(10));
    }
}
