//! Lines that tools print with their numbers before them: `cat -n`, `nl`, `grep -n`, editors' windows.

/// A line's number as it is printed: right-aligned in a width, before a separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    pub value: u32,
    /// Blanks and digits together.
    width: usize,
    separator: char,
}

impl Number {
    /// The number that a line so many lines further down has where lines are numbered one by one.
    pub fn after(self, lines: usize) -> Option<Number> {
        let value = self.value.checked_add(u32::try_from(lines).ok()?)?;
        Some(Number { value, width: self.width.max(digits(value)), separator: self.separator })
    }

    /// The number as it is printed.
    pub fn write(self, out: &mut String) {
        let blanks = self.width - digits(self.value);
        out.extend(std::iter::repeat_n(' ', blanks));
        out.push_str(&self.value.to_string());
        out.push(self.separator);
    }
}

fn digits(value: u32) -> usize {
    value.checked_ilog10().unwrap_or(0) as usize + 1
}

/// The number before a line, and the line without it. `Number::write` gives back exactly what was taken off.
pub fn numbered(line: &str) -> Option<(Number, &str)> {
    let blanks = line.bytes().take_while(|&byte| byte == b' ').count();
    let count = line[blanks..].bytes().take(9).take_while(u8::is_ascii_digit).count();
    let end = blanks + count;
    let separator = line[end..].chars().next().filter(|each| matches!(each, ':' | '\t' | '|' | '→' | '-'))?;
    let value: u32 = line[blanks..end].parse().ok()?;
    let number = Number { value, width: end, separator };
    (digits(value) == count).then_some((number, &line[end + separator.len_utf8()..]))
}

/// What a line says without a number before it, be it the tool's or one of Headroom's own form of code (`~12|`, `~|`).
pub fn body(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix('~') {
        let count = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
        if let Some(body) = rest[count..].strip_prefix('|') {
            return body;
        }
    }
    numbered(line).map_or(line, |(_, body)| body)
}

/// What a line says behind its place as searches print it: `src/a.py:12:`.
pub fn behind_place(line: &str) -> Option<&str> {
    let (path, rest) = line.split_once(':')?;
    let is_path = path.contains(['/', '.']) && !path.contains(char::is_whitespace);
    let count = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
    rest[count..].strip_prefix(':').filter(|_| is_path && count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_it_was() {
        for line in ["   12\tfn main() {", "7:x", "100|", "    99→é", "0:a", "12-x"] {
            let (number, body) = numbered(line).unwrap();
            let mut written = String::new();
            number.write(&mut written);
            assert_eq!(format!("{written}{body}"), line);
        }
        assert_eq!(numbered("9|a").unwrap().0.after(1).map(|number| number.width), Some(2));
    }

    #[test]
    fn what_could_not_be_written_back_is_no_number() {
        for line in ["007:x", ":x", "12 x", "12", "", "4294967296:x", "1234567890:x"] {
            assert_eq!(numbered(line), None, "{line}");
        }
        assert_eq!(body("~|[File: a]"), "[File: a]");
        assert_eq!(body("~1460|        )"), "        )");
        assert_eq!(body("~tilde"), "~tilde");
    }

    #[test]
    fn a_place_is_a_path_and_a_number() {
        assert_eq!(behind_place("src/a.py:12:    x = 1"), Some("    x = 1"));
        for line in ["src/a.py: 12:x", "time:12:x", "a b/c:1:x", "a.py::x", "http://a"] {
            assert_eq!(behind_place(line), None, "{line}");
        }
    }
}
