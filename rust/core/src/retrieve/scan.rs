//! JSON as spans: one forward pass over the bytes, without recursion, that says where values lie.
//!
//! Nothing is built and no number is read, so spelling, order and duplicates stay what they are. A text
//! that breaks off is taken as closed at its end. Linear in time; memory grows with depth alone.

use memchr::memchr2;

/// Levels of nesting that a walk takes on; each costs a few dozen bytes.
pub const MAX_DEPTH: usize = 1_000_000;

/// Where in its parent a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'t> {
    /// It is the whole document.
    Root,
    /// The element with this index, from 0.
    Index(u32),
    /// The member with this name, as written between its quotes.
    Name(&'t [u8]),
}

/// Sees the values of a document in the order in which they begin.
pub trait Visitor {
    /// What is remembered of a value until it ends.
    type State;

    /// A value begins at `start`, in the container whose state is `parent`. `member_start` is where its
    /// name begins, or `start` itself. Says what to remember, and whether to visit what is inside.
    fn begin(
        &mut self,
        place: Place<'_>,
        parent: Option<&mut Self::State>,
        member_start: usize,
        start: usize,
    ) -> (Self::State, bool);

    /// A value has ended just before `end`; it held `count` values if it was entered.
    fn end(&mut self, state: Self::State, start: usize, end: usize, count: u32);
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Something that JSON does not allow at this byte.
    Malformed(usize),
    /// More than `MAX_DEPTH` levels at this byte.
    TooDeep(usize),
}

struct Frame<S> {
    start: usize,
    count: u32,
    object: bool,
    state: S,
}

/// Visits the value that begins at or after `from`, and says where it ends.
pub fn walk<V: Visitor>(text: &str, from: usize, visitor: &mut V) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let mut stack: Vec<Frame<V::State>> = Vec::new();
    let mut at = from;
    loop {
        at = skip_space(bytes, at);
        if bytes.get(at).is_none() && !stack.is_empty() {
            return Ok(close_all(stack, visitor, bytes.len()));
        }
        let closes = stack.last().is_some_and(|frame| bytes[at] == closer(frame.object));
        if !closes {
            let member_start = at;
            let name = match stack.last() {
                Some(frame) if frame.object => match member_name(bytes, at)? {
                    Some((name, value)) => {
                        at = value;
                        Some(name)
                    }
                    None => return Ok(close_all(stack, visitor, bytes.len())),
                },
                _ => None,
            };
            let parent = stack.last_mut();
            let place = match (&parent, name) {
                (None, _) => Place::Root,
                (Some(_), Some(name)) => Place::Name(name),
                (Some(frame), None) => Place::Index(frame.count),
            };
            let parent = parent.map(|frame| {
                frame.count = frame.count.saturating_add(1);
                &mut frame.state
            });
            let start = at;
            let opener = *bytes.get(at).ok_or(Fault::Malformed(at))?;
            let (state, enter) = visitor.begin(place, parent, member_start, start);
            if enter && matches!(opener, b'{' | b'[') {
                if stack.len() >= MAX_DEPTH {
                    return Err(Fault::TooDeep(at));
                }
                stack.push(Frame { start, count: 0, object: opener == b'{', state });
                at += 1;
                continue;
            }
            at = skip_value(bytes, at)?;
            visitor.end(state, start, at, 0);
        }
        loop {
            let Some(frame) = stack.last() else { return Ok(at) };
            at = skip_space(bytes, at);
            match bytes.get(at) {
                None => return Ok(close_all(stack, visitor, bytes.len())),
                Some(b',') => {
                    at += 1;
                    break;
                }
                Some(&byte) if byte == closer(frame.object) => {
                    at += 1;
                    if let Some(frame) = stack.pop() {
                        visitor.end(frame.state, frame.start, at, frame.count);
                    }
                }
                Some(_) => return Err(Fault::Malformed(at)),
            }
        }
    }
}

/// Where the value that begins at `at` ends; whatever is inside a container is not checked.
pub fn skip_value(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at) {
        Some(b'"') => Ok(string_end(bytes, at)),
        Some(b'{' | b'[') => Ok(container_end(bytes, at)),
        Some(_) => scalar_end(bytes, at),
        None => Err(Fault::Malformed(at)),
    }
}

/// The first byte at or after `at` that is not white space (or a byte order mark).
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    if at == 0 && bytes.starts_with(b"\xEF\xBB\xBF") {
        at = 3;
    }
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The text that a JSON string stands for, given what is between its quotes; None if it stands for none
/// (lone surrogates, escapes that do not exist).
pub fn decoded(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(found) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..found]);
        let escape = *rest.as_bytes().get(found + 1)?;
        rest = rest.get(found + 2..)?;
        text.push(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, length) = decoded_unit(rest)?;
                rest = &rest[length..];
                character
            }
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

fn decoded_unit(rest: &str) -> Option<(char, usize)> {
    let high = hex4(rest.get(..4)?)?;
    if !(0xD800..0xDC00).contains(&high) {
        return Some((char::from_u32(high)?, 4));
    }
    let low = hex4(rest.get(4..10)?.strip_prefix("\\u")?)?;
    if !(0xDC00..0xE000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 10))
}

fn hex4(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain {
        u32::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

fn closer(object: bool) -> u8 {
    if object {
        b'}'
    } else {
        b']'
    }
}

fn close_all<V: Visitor>(stack: Vec<Frame<V::State>>, visitor: &mut V, end: usize) -> usize {
    for frame in stack.into_iter().rev() {
        visitor.end(frame.state, frame.start, end, frame.count);
    }
    end
}

/// The name of a member and where its value begins; None when the text breaks off before that.
fn member_name(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, Fault> {
    if bytes[at] != b'"' {
        return Err(Fault::Malformed(at));
    }
    let end = string_end(bytes, at);
    let colon = skip_space(bytes, end);
    match bytes.get(colon) {
        None => return Ok(None),
        Some(b':') => {}
        Some(_) => return Err(Fault::Malformed(colon)),
    }
    let value = skip_space(bytes, colon + 1);
    Ok((value < bytes.len()).then(|| (&bytes[at + 1..end - 1], value)))
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn container_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0usize;
    let mut at = at;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn scalar_end(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let end = at + bytes[at..].iter().take_while(|byte| inside(byte)).count();
    let word = &bytes[at..end];
    let number = word.iter().any(u8::is_ascii_digit)
        && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
    let literal = matches!(word, b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" | b"undefined");
    let cut_off = end == bytes.len() && !word.is_empty();
    if number || literal || cut_off {
        Ok(end)
    } else {
        Err(Fault::Malformed(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Spans(Vec<(usize, usize)>);

    impl Visitor for Spans {
        type State = ();

        fn begin(&mut self, _: Place<'_>, _: Option<&mut ()>, _: usize, _: usize) -> ((), bool) {
            ((), true)
        }

        fn end(&mut self, (): (), start: usize, end: usize, _: u32) {
            self.0.push((start, end));
        }
    }

    fn values(text: &str) -> Result<Vec<&str>, Fault> {
        let mut spans = Spans::default();
        walk(text, 0, &mut spans)?;
        Ok(spans.0.into_iter().map(|(start, end)| &text[start..end]).collect())
    }

    #[test]
    fn every_value_is_seen_as_written() {
        let seen = values(r#" {"a": [1.10, "x\"]", {}], "a":null}"#).unwrap();
        assert_eq!(
            seen,
            ["1.10", r#""x\"]""#, "{}", r#"[1.10, "x\"]", {}]"#, "null", r#"{"a": [1.10, "x\"]", {}], "a":null}"#]
        );
    }

    #[test]
    fn a_text_that_breaks_off_is_closed_at_its_end() {
        assert_eq!(values(r#"{"a":[1,{"b":"cut"#).unwrap().last().unwrap(), &r#"{"a":[1,{"b":"cut"#);
        assert_eq!(values(r#"{"a":1,"b"#).unwrap(), ["1", r#"{"a":1,"b"#]);
        assert_eq!(values(r#"{"a":1,"b": "#).unwrap(), ["1", r#"{"a":1,"b": "#]);
        assert_eq!(values("[tru").unwrap(), ["tru", "[tru"]);
    }

    #[test]
    fn what_is_not_json_is_said_where() {
        assert_eq!(values("[1 2]"), Err(Fault::Malformed(3)));
        assert_eq!(values("{a:1}"), Err(Fault::Malformed(1)));
        assert_eq!(values("hello world"), Err(Fault::Malformed(0)));
        assert_eq!(values(""), Err(Fault::Malformed(0)));
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(values(&deep).unwrap().len(), 100_000);
        assert_eq!(values(&"[".repeat(MAX_DEPTH + 1)), Err(Fault::TooDeep(MAX_DEPTH)));
    }

    #[test]
    fn strings_are_decoded_or_refused() {
        assert_eq!(decoded(r"a\n\u00e9\ud83d\ude00\/").as_deref(), Some("a\né😀/"));
        for broken in [r"\ud83d", r"\ud83dx", r"\udc00", r"\x", "\\", r"\u12", r"\u+123"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_walked_or_refused(text in r#"[\[\]{}",:\\a1 é]{0,40}"#) {
            let _ = values(&text);
            let _ = skip_value(text.as_bytes(), 0);
            let _ = decoded(&text);
        }
    }
}
