//! A text in, the same without the codes by which terminals colour it out.

/// The text without its colours; `None` if it has none.
pub fn without(text: &str) -> Option<String> {
    memchr::memchr(0x1b, text.as_bytes())?;
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        bare.push_str(&rest[..at]);
        rest = &rest[at + code_len(&rest[at..])..];
    }
    bare.push_str(rest);
    Some(bare)
}

/// Bytes of the code that `text` begins with: `ESC [ … letter`, on one line; else the escape alone.
pub fn code_len(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\x1b[") else { return 1 };
    match parameters.bytes().position(|byte| !byte.is_ascii_digit() && byte != b';') {
        Some(end) if parameters.as_bytes()[end].is_ascii_alphabetic() => 3 + end,
        _ => 1,
    }
}
