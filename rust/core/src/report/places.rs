//! One line in, the place in a file that it begins with out: `path:12:5:`, `path(12,5):`, `path::name`.

/// A place, as offsets in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub path_start: usize,
    pub path_end: usize,
    /// Where the digits of the line number end; the path's end where there are none (`path::name`).
    pub line_end: usize,
    /// Where the place ends, with its column and the mark behind it.
    pub end: usize,
}

/// The place that stands at `start`.
pub fn place(line: &str, start: usize) -> Option<Place> {
    let bytes = line.as_bytes();
    let mut from = start;
    // The colon behind a drive's letter is a part of the path.
    if bytes.len() > start + 2
        && bytes[start].is_ascii_alphabetic()
        && bytes[start + 1] == b':'
        && matches!(bytes[start + 2], b'\\' | b'/')
    {
        from += 2;
    }
    let window = &bytes[from..bytes.len().min(from + 260)];
    let path_end = from + memchr::memchr2(b':', b'(', window)?;
    if path_end == start || !is_path(&bytes[start..path_end]) {
        return None;
    }
    let rest = &bytes[path_end + 1..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if bytes[path_end] == b':' && rest.first() == Some(&b':') {
        return Some(Place { path_start: start, path_end, line_end: path_end, end: path_end });
    }
    if bytes[path_end] == b':' && rest.first() == Some(&b'[') {
        // Maven: `path:[12,5] message`.
        let number = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let close = memchr::memchr(b']', &rest[..rest.len().min(20)])?;
        return (number > 0).then_some(Place {
            path_start: start,
            path_end,
            line_end: path_end + 2 + number,
            end: path_end + 2 + close,
        });
    }
    if digits == 0 || digits > 7 {
        return None;
    }
    let line_end = path_end + 1 + digits;
    let mut end = line_end;
    if bytes[path_end] == b'(' {
        let close = memchr::memchr(b')', &bytes[line_end..bytes.len().min(line_end + 40)])?;
        end = line_end + close + 1;
    } else if bytes.get(end) == Some(&b':') {
        let column = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if column > 0 && column <= 6 {
            end += 1 + column;
        }
    }
    if bytes.get(end) == Some(&b':') {
        end += 1;
    }
    Some(Place { path_start: start, path_end, line_end, end })
}

/// Whether this may be the path of a file: no blanks, and a separator or an extension.
pub fn is_path(text: &[u8]) -> bool {
    if text.is_empty()
        || text.len() > 240
        || text.iter().any(|&byte| byte <= b' ' || b"\"'<>|{}();=,*^".contains(&byte))
    {
        return false;
    }
    let name = text.rsplit(|&byte| byte == b'/' || byte == b'\\').next().unwrap_or(text);
    let has_extension = name.iter().rposition(|&byte| byte == b'.').is_some_and(|dot| {
        let extension = &name[dot + 1..];
        dot > 0
            && !extension.is_empty()
            && extension.len() <= 10
            && extension.iter().all(u8::is_ascii_alphanumeric)
            && !extension[0].is_ascii_digit()
    });
    has_extension || text.len() > name.len() && !name.is_empty() && text.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_several_tools_are_read() {
        for (line, path, number) in [
            ("src/a.c:12:5: error: x", "src/a.c", "12"),
            ("src/a.ts(12,5): error TS1: x", "src/a.ts", "12"),
            ("t/x.py::test_y[a:1] PASSED", "t/x.py", ""),
            ("/p/A.java:[12,5] x", "/p/A.java", "12"),
            ("C:\\p\\a.c:3: x", "C:\\p\\a.c", "3"),
            ("Makefile.am:3: x", "Makefile.am", "3"),
        ] {
            let place = place(line, 0).expect(line);
            assert_eq!(&line[..place.path_end], path);
            let number_of = line[place.path_end..place.line_end].trim_start_matches([':', '(', '[']);
            assert_eq!(number_of, number);
        }
        for line in ["", ":1:", "note: x", "12:30:01 x", "1.5:3: x", "a b:3: x", "http://x:1"] {
            assert_eq!(place(line, 0), None, "{line}");
        }
    }
}
