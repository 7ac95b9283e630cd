//! A text in, whether so much of it may be encoded bytes that it is worth a look: by a few places spread over it.

use super::base64;

/// Bytes between two places that are looked at, and how many places there are.
const STEP_BYTES: usize = 1_024;
const MIN_PLACES: usize = 8;
const MAX_PLACES: usize = 48;
/// Bytes around a place in which its line begins and ends.
const NEAR_BYTES: usize = 128;
/// Digits at the beginning of a line that nothing but wrapped digits begins with, and of the offset of a dump.
const WRAPPED_DIGITS: usize = 36;
const OFFSET_DIGITS: usize = 6;
/// Bytes looked at that hold white space in every line of words.
const SEEN_BYTES: usize = 64;
/// The white space among them within a line of minified code at most, and control characters in what is text.
const MAX_SPACES: u8 = 8;
const MAX_CONTROLS: u8 = 2;

/// The share of places in a text that look encoded: about that of its bytes, and rather more than less.
pub fn share(text: &[u8]) -> f32 {
    let places = (text.len() / STEP_BYTES).clamp(MIN_PLACES, MAX_PLACES);
    let odd = (0..places).filter(|place| is_odd(text, (2 * place + 1) * text.len() / (2 * places))).count();
    odd as f32 / places as f32
}

/// Whether what is around a place is no line of words.
fn is_odd(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(NEAR_BYTES)..at];
    let after = &text[at..text.len().min(at + NEAR_BYTES)];
    let begin = memchr::memrchr(b'\n', before).map(|offset| at - before.len() + offset + 1);
    let end = memchr::memchr(b'\n', after).map(|offset| at + offset);
    let from = begin.unwrap_or(at - before.len());
    let line = &text[from..end.unwrap_or(at + after.len())];
    if begin.is_some() || from == 0 {
        let head = line.trim_ascii_start();
        if begins_with(head, WRAPPED_DIGITS, base64::is_digit)
            || begins_with(head, OFFSET_DIGITS, |byte| byte.is_ascii_hexdigit())
        {
            return true;
        }
    }
    let seen_from = at.saturating_sub(SEEN_BYTES / 2).min(text.len().saturating_sub(SEEN_BYTES));
    let Some(seen) = text[seen_from..].first_chunk::<SEEN_BYTES>() else { return false };
    let (mut spaces, mut controls, mut signs) = (0, 0, 0);
    for &byte in seen {
        let is_space = (byte == b' ') | (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
        // What could not be read was replaced by U+FFFD, which ends in 0xbd.
        let is_odd = (byte < b' ') & (byte != 0x1b) & (byte != 8) | (byte == 0x7f) | (byte == 0xbd);
        spaces += u8::from(is_space);
        controls += u8::from(is_odd & !is_space);
        signs += u8::from((byte == b'.') | (byte == b'(') | (byte == b':'));
    }
    let is_long = begin.is_none() && end.is_none();
    // A short line without white space may be a path or a frame of a stack.
    controls > MAX_CONTROLS || spaces == 0 && signs <= 1 || is_long && spaces <= MAX_SPACES
}

fn begins_with(line: &[u8], count: usize, is_one: impl Fn(u8) -> bool) -> bool {
    line.get(..count).is_some_and(|head| head.iter().all(|byte| is_one(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_bytes_are_seen_and_logs_code_and_prose_are_not() {
        let base64 = "q83vEjRWeJqL3vASNFZ4mXze8BI0VnicVb2kR7Lp0QeXw3mZsT1yUoGfHd5NiA8KjBt9Yu6Wr4Ec\n".repeat(90);
        let dump = "00000000: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF............\n".repeat(60);
        let bytes = "\u{fffd}PNG\u{1}\u{2}\u{fffd}\u{fffd}ab\u{7}\n".repeat(200);
        for text in [base64.as_str(), &base64.replace('\n', ""), &dump, &bytes] {
            assert!(share(text.as_bytes()) > 0.8, "{}", &text[..40]);
        }
        let log = "2024-05-01 10:00:00,123 INFO  [worker-3] com.example.Service - handled request 17 in 20 ms\n";
        let code = "    if value.is_some() {\n        return self.table.get(value).copied();\n    }\n";
        let prose = "A sentence of prose with a few words, in a paragraph that has no break of a line at all. ";
        for text in [log, code, prose] {
            assert!(share(text.repeat(200).as_bytes()) < 0.1, "{text}");
        }
    }
}
