//! Frames of Java, C# and JavaScript, which begin alike: `at f(…)`.

use super::frame::{number_at_end, path_and_number, Cursor, Language, Said, Span};

/// What stands behind `at `.
pub fn at_frame(rest: Cursor) -> Option<(Language, Said)> {
    let text = rest.line.trim_ascii_end();
    // Node opens a brace behind the last frame when properties follow.
    let text = text.strip_suffix(" {").unwrap_or(text);
    let whole = rest.span(0, text.len());
    let open = memchr::memchr(b'(', text.as_bytes());
    let head = &text[..open.unwrap_or(0)];
    let has_blank = memchr::memchr(b' ', head.as_bytes()).is_some();
    if open.is_none() || has_blank {
        if let Some(said) = script(rest, text) {
            return Some((Language::Script, Said { whole, ..said }));
        }
    }
    let (open, head) = (open?, head.trim_ascii_end());
    let dot = memchr::memrchr(b'.', head.as_bytes())?;
    if has_blank && head.contains(' ') || dot == 0 {
        return None;
    }
    let close = open + memchr::memchr(b')', &text.as_bytes()[open..])?;
    let (inner, tail) = (&text[open + 1..close], &text[close + 1..]);
    if is_java_place(inner) && (tail.is_empty() || tail.starts_with(" ~[") || tail.starts_with(" [")) {
        let number = number_at_end(inner).map_or(Span::default(), |at| rest.span(open + 1 + at, close));
        let (place, function) = (rest.span(0, dot), rest.span(dot + 1, close + 1));
        return Some((Language::Java, Said { whole: rest.span(0, close + 1), place, number, function }));
    }
    dotnet(rest, text, open).map(|said| (Language::Dotnet, said))
}

/// What a Java frame has in its parentheses.
fn is_java_place(inner: &str) -> bool {
    if inner == "Native Method" || inner == "Unknown Source" {
        return true;
    }
    let plain = !inner.bytes().any(|byte| matches!(byte, b' ' | b',' | b'(' | b'/' | b'\\'));
    plain && (number_at_end(inner).is_some() || inner.starts_with('<') || inner.contains('.'))
}

fn dotnet(rest: Cursor, text: &str, open: usize) -> Option<Said> {
    let function = rest.span(0, text[..open].trim_ascii_end().len());
    let whole = rest.span(0, text.len());
    if let Some(at) = memchr::memmem::rfind(text.as_bytes(), b":line ") {
        let from = memchr::memmem::find(&text.as_bytes()[open..at], b") in ")? + open + 5;
        let (place, number) = (rest.span(from, at), rest.span(at + 6, text.len()));
        return Some(Said { whole, place, number, function });
    }
    let is_closed = text.ends_with(')') || memchr::memmem::find(text.as_bytes(), b") in ").is_some();
    let (place, number) = (Span::default(), Span::default());
    is_closed.then_some(Said { whole, place, number, function })
}

/// `f (/x/a.js:1:2)`, `new A (<anonymous>)`, `async /x/a.js:1:2`.
fn script(rest: Cursor, text: &str) -> Option<Said> {
    if let Some(inner) = text.strip_suffix(')') {
        let open = memchr::memmem::rfind(inner.as_bytes(), b" (")?;
        let place = &inner[open + 2..];
        let is_builtin = matches!(place, "<anonymous>" | "native") || place.starts_with("index ");
        let (end, number) = match path_and_number(place) {
            Some(found) if looks_like_path(&place[..found.0]) => found,
            _ if is_builtin => (place.len(), place.len()),
            _ => return None,
        };
        return Some(Said {
            whole: Span::default(),
            place: rest.span(open + 2, open + 2 + end),
            number: rest.span(open + 2 + number, inner.len()),
            function: rest.span(0, open),
        });
    }
    if text == "<anonymous>" {
        return Some(Said { place: rest.span(0, text.len()), ..Said::default() });
    }
    let start = if text.starts_with("async ") { 6 } else { 0 };
    let (end, number) = path_and_number(&text[start..])?;
    let place = rest.span(start, start + end);
    let path = &text[start..start + end];
    let is_path = looks_like_path(path) && !path.contains(['(', ',']);
    is_path.then_some(Said { place, number: rest.span(start + number, text.len()), ..Said::default() })
}

/// Whether a word could be a path, and is no time of day.
fn looks_like_path(place: &str) -> bool {
    place.contains(['/', '\\', '.', ':', '<'])
}

/// `f@http://x/a.js:1:2`, as Firefox and Safari have it.
pub fn browser(bare: Cursor) -> Option<Said> {
    let text = bare.line.trim_ascii_end();
    if !text.as_bytes().last()?.is_ascii_digit() {
        return None;
    }
    let at = memchr::memchr(b'@', text.as_bytes())?;
    let (end, number) = path_and_number(&text[at + 1..])?;
    let place = &text[at + 1..at + 1 + end];
    let is_path = memchr::memchr(b'/', place.as_bytes()).is_some() && !text.contains(' ');
    is_path.then(|| Said {
        whole: bare.all(),
        place: bare.span(at + 1, at + 1 + end),
        number: bare.span(at + 1 + number, text.len()),
        function: bare.span(0, at),
    })
}
