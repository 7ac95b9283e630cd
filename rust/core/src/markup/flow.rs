//! What stands within a line of YAML: keys, quoted texts, comments, and flow collections over many lines.

use super::tree::{Builder, Scalar};

/// A scalar as it stands, or what is between its quotes.
pub enum Quoted<'a> {
    Plain(&'a str),
    Text(String),
}

/// Where the key at the beginning of a line ends, and where what is behind its colon begins.
pub fn key_end(line: &str) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    match bytes[0] {
        quote @ (b'"' | b'\'') => {
            let end = quoted_end(bytes, 0, quote)?;
            let colon = end + bytes[end..].iter().take_while(|byte| **byte == b' ').count();
            let is_key = bytes.get(colon) == Some(&b':') && matches!(bytes.get(colon + 1), None | Some(b' ' | b'\t'));
            return is_key.then_some((end, colon + 1));
        }
        b'{' | b'[' | b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b'&' | b'!' => return None,
        _ => {}
    }
    for colon in memchr::memchr_iter(b':', bytes) {
        // Nobody puts a tab there but tools that print addresses.
        if matches!(bytes.get(colon + 1), None | Some(b' ')) {
            let key = line[..colon].trim_end_matches(' ');
            let is_key = !key.is_empty() && !key.contains(" #");
            return is_key.then_some((key.len(), colon + 1));
        }
    }
    None
}

/// One past the quote that closes the text beginning at `at`, which may span lines.
pub fn quoted_end(text: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut from = at + 1;
    loop {
        let found = match quote {
            b'"' => from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?,
            _ => from + memchr::memchr(b'\'', text.get(from..)?)?,
        };
        if text[found] == b'\\' || quote == b'\'' && text.get(found + 1) == Some(&b'\'') {
            from = found + 2;
            continue;
        }
        return Some(found + 1);
    }
}

/// What a scalar says: as it stands, or without its quotes, with its escapes resolved and its lines folded.
pub fn unquote(raw: &str) -> Option<Quoted<'_>> {
    let quote = match raw.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) if raw.len() >= 2 && raw.as_bytes()[raw.len() - 1] == *quote => *quote,
        Some(b'"' | b'\'') => return None,
        _ => return Some(Quoted::Plain(raw)),
    };
    let inner = &raw[1..raw.len() - 1];
    let folded = fold(inner, quote == b'"');
    if quote == b'\'' {
        return Some(Quoted::Text(folded.replace("''", "'")));
    }
    if !folded.contains('\\') {
        return Some(Quoted::Text(folded));
    }
    Some(Quoted::Text(resolved(&folded)))
}

/// Joins the lines of a quoted text: a break is a space, breaks around empty lines are breaks.
fn fold(text: &str, escapes: bool) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut breaks = 0;
    for (ordinal, line) in text.split('\n').enumerate() {
        let line = if ordinal == 0 { line.trim_end() } else { line.trim() };
        if ordinal > 0 && line.is_empty() {
            breaks += 1;
            continue;
        }
        if ordinal > 0 {
            if escapes && out.ends_with('\\') && !out.ends_with("\\\\") {
                out.pop();
            } else if breaks == 0 {
                out.push(' ');
            } else {
                out.extend(std::iter::repeat_n('\n', breaks));
            }
            breaks = 0;
        }
        out.push_str(line);
    }
    out
}

/// A double-quoted text without its escapes; those JSON does not know stay as they are.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let Some(sign) = escape.chars().next() else {
            out.push('\\');
            return out;
        };
        let hex = match sign {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code = escape.get(1..=hex).filter(|_| hex > 0).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (plain, length) = match (sign, code.and_then(char::from_u32)) {
            (_, Some(code)) => (Some(code), 1 + hex),
            ('n', _) => (Some('\n'), 1),
            ('t', _) => (Some('\t'), 1),
            ('r', _) => (Some('\r'), 1),
            ('0', _) => (Some('\0'), 1),
            ('e', _) => (Some('\x1b'), 1),
            ('"' | '\\' | '/' | ' ', _) => (Some(sign), 1),
            _ => (None, 0),
        };
        out.push(plain.unwrap_or('\\'));
        rest = &escape[length..];
    }
    out.push_str(rest);
    out
}

/// A line's end without the comment behind it.
pub fn without_comment(text: &str) -> &str {
    let end = if text.starts_with('#') { 0 } else { text.find(" #").unwrap_or(text.len()) };
    text[..end].trim_end()
}

/// A level of a flow collection.
struct Level {
    is_map: bool,
    /// A key was read, and its value is due.
    is_keyed: bool,
    /// Something stands since the last comma.
    is_full: bool,
}

/// Reads the flow collection that begins at `at`; one past its end.
pub fn collection(text: &str, at: usize, property: &str, tree: &mut Builder) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut levels: Vec<Level> = Vec::new();
    let mut at = at;
    let mut property = property;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' if bytes[at - 1].is_ascii_whitespace() => at += memchr::memchr(b'\n', &bytes[at..])?,
            b'{' | b'[' => {
                if let Some(level) = levels.last_mut() {
                    if level.is_full || level.is_map && !level.is_keyed {
                        return None;
                    }
                    (level.is_full, level.is_keyed) = (true, false);
                }
                tree.open(byte == b'{', at)?;
                let property = std::mem::take(&mut property);
                if !property.is_empty() {
                    if byte == b'{' {
                        tree.key(&property[..1], at)?;
                    }
                    tree.scalar(if byte == b'{' { &property[1..] } else { property }, Scalar::Text, at)?;
                }
                levels.push(Level { is_map: byte == b'{', is_keyed: false, is_full: false });
                at += 1;
            }
            b'}' | b']' => {
                let level = levels.pop()?;
                if level.is_map != (byte == b'}') {
                    return None;
                }
                if level.is_keyed {
                    tree.scalar("", Scalar::Plain, at)?;
                }
                tree.close()?;
                at += 1;
                if levels.is_empty() {
                    return Some(at);
                }
            }
            b',' => {
                let level = levels.last_mut()?;
                if level.is_keyed {
                    tree.scalar("", Scalar::Plain, at)?;
                    level.is_full = true;
                }
                if !level.is_full {
                    return None;
                }
                (level.is_full, level.is_keyed) = (false, false);
                at += 1;
            }
            _ => at = flow_scalar(text, at, levels.last_mut()?, tree)?,
        }
    }
}

/// Reads a key or a value of a flow collection; where the next thing may begin.
fn flow_scalar(text: &str, at: usize, level: &mut Level, tree: &mut Builder) -> Option<usize> {
    let bytes = text.as_bytes();
    if level.is_full {
        return None;
    }
    let end = match bytes[at] {
        quote @ (b'"' | b'\'') => quoted_end(bytes, at, quote)?,
        _ => at + plain_end(&bytes[at..]),
    };
    let raw = text[at..end].trim_end();
    if raw.is_empty() {
        return None;
    }
    let colon = end + bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_key = bytes.get(colon) == Some(&b':');
    if is_key != (level.is_map && !level.is_keyed) {
        return None;
    }
    let said = unquote(raw)?;
    if is_key {
        match said {
            Quoted::Plain(key) => tree.key(key, at)?,
            Quoted::Text(key) => tree.key(&key, at)?,
        }
        level.is_keyed = true;
        return Some(colon + 1);
    }
    match said {
        Quoted::Plain(value) if value.contains('\n') => tree.scalar(&fold(value, false), Scalar::Text, at)?,
        Quoted::Plain(value) => tree.scalar(value, Scalar::Plain, at)?,
        Quoted::Text(value) => tree.scalar(&value, Scalar::Text, at)?,
    }
    (level.is_full, level.is_keyed) = (true, false);
    Some(end)
}

/// Bytes of a plain scalar inside brackets.
fn plain_end(bytes: &[u8]) -> usize {
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        let ends = match byte {
            b',' | b'[' | b']' | b'{' | b'}' => true,
            b':' => next.is_none_or(|next| next.is_ascii_whitespace() || b",[]{}".contains(next)),
            b'#' => at > 0 && bytes[at - 1].is_ascii_whitespace(),
            _ => false,
        };
        if ends {
            return at;
        }
    }
    bytes.len()
}
