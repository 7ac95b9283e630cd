//! JSON strings: finding their end, decoding and encoding them.

/// The offset of the first quote, backslash or control character in a block, if any.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first_stop(block: &[u8; 16]) -> Option<usize> {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: SSE2 is part of every x86-64, and the load reads the 16 bytes of `block`, unaligned.
    let mask = unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), controls))
    };
    (mask != 0).then_some(mask.trailing_zeros() as usize)
}

/// The offset of the first quote, backslash or control character in a block, if any.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn first_stop(block: &[u8; 16]) -> Option<usize> {
    block.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
}

/// How far from `at` on no byte of whole blocks is a quote, a backslash or a control character.
#[inline(always)]
fn plain_to(text: &[u8], mut at: usize) -> usize {
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        match first_stop(block) {
            Some(hit) => return at + hit,
            None => at += 16,
        }
    }
    at
}

/// The end of the string body that begins at `start` (the index of its closing quote), and whether
/// it needs decoding (has escapes or control characters). `None` if it never closes.
#[inline]
pub fn scan(text: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut escaped = false;
    loop {
        at = plain_to(text, at);
        match *text.get(at)? {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            byte => {
                escaped |= byte < 0x20;
                at += 1;
            }
        }
    }
}

/// The end of the string body that begins at `start`, and whether its text, which is then appended to `out`, is not what
/// stands there. `None` if it never closes or has a control character, a lone surrogate or a bad escape; what was appended
/// is of no use then. Reads once what `scan` and `decode_into` read twice.
pub fn read(text: &[u8], start: usize, out: &mut Vec<u8>) -> Option<(usize, bool)> {
    let mut at = plain_to(text, start);
    at += text.get(at..)?.iter().position(|&byte| is_stop(byte))?;
    if text[at] == b'"' {
        return Some((at, false));
    }
    // All that is left is more than enough room; what is not written to costs nothing.
    out.reserve(text.len() - start);
    out.extend_from_slice(&text[start..at]);
    loop {
        match text[at] {
            b'"' => return Some((at, true)),
            b'\\' => at = decode_escape(text, at, out)?,
            _ => return None,
        }
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<16>) {
            out.extend_from_slice(block);
            let Some(hit) = first_stop(block) else {
                at += 16;
                continue;
            };
            out.truncate(out.len() - 16 + hit);
            at += hit;
            break;
        }
        let rest = text.get(at..)?;
        let next = rest.iter().position(|&byte| is_stop(byte))?;
        out.extend_from_slice(&rest[..next]);
        at += next;
    }
}

/// Whether a byte cannot stand for itself in a string.
fn is_stop(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// The text of a raw string body; `None` if it has a lone surrogate or a bad escape.
pub fn decode(raw: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(raw.len());
    decode_into(raw, &mut out)?;
    String::from_utf8(out).ok()
}

/// Appends the text of a raw string body; on `None`, what was appended is of no use.
pub fn decode_into(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    // Where JSON stands in a string there is an escape every few bytes: whole blocks are copied, then cut to measure.
    while let Some(block) = raw.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        out.extend_from_slice(block);
        let Some(hit) = first_stop(block) else {
            at += 16;
            continue;
        };
        out.truncate(out.len() - 16 + hit);
        at += hit;
        if raw[at] == b'\\' {
            at = decode_escape(raw, at, out)?;
        } else {
            out.push(raw[at]);
            at += 1;
        }
    }
    while at < raw.len() {
        let next = memchr::memchr(b'\\', &raw[at..]).map_or(raw.len(), |found| at + found);
        out.extend_from_slice(&raw[at..next]);
        at = next;
        if at < raw.len() {
            at = decode_escape(raw, at, out)?;
        }
    }
    Some(())
}

fn decode_escape(raw: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let plain = match raw.get(at + 1)? {
        b'"' => b'"',
        b'\\' => b'\\',
        b'/' => b'/',
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let (code, end) = decode_unicode(raw, at)?;
            let mut buffer = [0; 4];
            out.extend_from_slice(code.encode_utf8(&mut buffer).as_bytes());
            return Some(end);
        }
        _ => return None,
    };
    out.push(plain);
    Some(at + 2)
}

fn decode_unicode(raw: &[u8], at: usize) -> Option<(char, usize)> {
    let high = hex4(raw, at + 2)?;
    if (0xD800..0xDC00).contains(&high) && raw.get(at + 6) == Some(&b'\\') && raw.get(at + 7) == Some(&b'u') {
        let low = hex4(raw, at + 8)?;
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            return char::from_u32(code).map(|code| (code, at + 12));
        }
    }
    char::from_u32(high).map(|code| (code, at + 6))
}

fn hex4(raw: &[u8], at: usize) -> Option<u32> {
    let digits = raw.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, &byte| Some(sum * 16 + (byte as char).to_digit(16)?))
}

/// Writes `text` as a JSON string with the fewest escapes.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    encode_body(text.as_bytes(), out);
    out.push(b'"');
}

fn encode_body(bytes: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        out.extend_from_slice(block);
        let Some(hit) = first_stop(block) else {
            at += 16;
            continue;
        };
        out.truncate(out.len() - 16 + hit);
        push_encoded(block[hit], out);
        at += hit + 1;
    }
    for &byte in &bytes[at..] {
        push_encoded(byte, out);
    }
}

fn push_encoded(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0..0x20 => push_control(byte, out),
        _ => out.push(byte),
    }
}

/// Writes a raw string body as a JSON string in canonical spelling: the fewest escapes, except that
/// a body with lone surrogates or bad escapes stays as it is, but for control characters.
pub fn canonical(raw: &[u8], escaped: bool, out: &mut Vec<u8>) {
    if escaped {
        if let Some(text) = decode(raw) {
            encode(&text, out);
            return;
        }
    }
    out.push(b'"');
    if escaped {
        for &byte in raw {
            if byte < 0x20 {
                push_control(byte, out);
            } else {
                out.push(byte);
            }
        }
    } else {
        out.extend_from_slice(raw);
    }
    out.push(b'"');
}

fn push_control(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize]]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_finds_the_closing_quote_and_notices_escapes() {
        assert_eq!(scan(b"abc\"", 0), Some((3, false)));
        assert_eq!(scan("äöü日本語 long enough\"".as_bytes(), 0).map(|f| f.1), Some(false));
        assert_eq!(scan(b"a\\\"bcdefghijk\"", 0), Some((13, true)));
        assert_eq!(scan(b"0123456789\n\"", 0), Some((11, true)));
        assert_eq!(scan(b"never closed", 0), None);
        assert_eq!(scan(b"ends in escape\\", 0), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "[\\x00-\\x24\\\\a-cé日😀]{0,60}") {
            let mut out = Vec::new();
            encode(&text, &mut out);
            proptest::prop_assert_eq!(scan(&out, 1).map(|found| found.0), Some(out.len() - 1));
            let mut read_text = Vec::new();
            let (end, is_decoded) = read(&out, 1, &mut read_text).unwrap();
            proptest::prop_assert_eq!(end, out.len() - 1);
            let seen = if is_decoded { &read_text } else { &out[1..end] };
            proptest::prop_assert_eq!(seen, text.as_bytes());
            proptest::prop_assert_eq!(decode(&out[1..out.len() - 1]), Some(text));
        }

        #[test]
        fn one_reading_says_what_two_say(raw in "[\\x1e-\\x24\\\\a-cuédD890n]{0,60}\"?") {
            let bytes = raw.as_bytes();
            let mut once = Vec::new();
            let twice = scan(bytes, 0).and_then(|(end, special)| {
                let own = &bytes[..end];
                let is_good = !own.iter().any(|&byte| byte < 0x20);
                let text = if special { decode(own)?.into_bytes() } else { own.to_vec() };
                is_good.then_some((end, special, text))
            });
            let read = read(bytes, 0, &mut once);
            let text = |is_decoded: bool, end: usize| if is_decoded { once.clone() } else { bytes[..end].to_vec() };
            proptest::prop_assert_eq!(read.map(|(end, special)| (end, special, text(special, end))), twice);
        }
    }

    #[test]
    fn canonical_spelling_keeps_the_value() {
        let spell = |raw: &str| {
            let mut out = Vec::new();
            canonical(raw.as_bytes(), true, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(spell("\\u00e9\\/\\n\\u0001"), "\"é/\\n\\u0001\"");
        assert_eq!(spell("\\ud83d\\ude00"), "\"😀\"");
        assert_eq!(spell("lone \\ud83d here"), "\"lone \\ud83d here\"");
    }
}
