//! Base64 and hexadecimal digits: what looks like them, and the bytes they stand for.

/// The value of a digit of Base64, in either alphabet.
fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Whether a byte may stand in Base64.
pub fn is_digit(byte: u8) -> bool {
    byte == b'=' || digit(byte).is_some()
}

/// The bytes that digits stand for; what is between them is skipped.
pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut filled) = (0u32, 0);
    for value in text.iter().filter_map(|&byte| digit(byte)) {
        bits = bits << 6 | u32::from(value);
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push((bits >> filled) as u8);
        }
    }
    bytes
}

/// The bytes that hexadecimal digits stand for; what is between them is skipped.
pub fn decode_hex(text: &[u8]) -> Vec<u8> {
    let mut digits = text.iter().filter_map(|&byte| (byte as char).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len() / 2);
    while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
        bytes.push((high << 4 | low) as u8);
    }
    bytes
}

/// Bytes looked at to tell whether a text is encoded.
const SAMPLE_BYTES: usize = 4_096;

/// Whether a run of digits of Base64 looks drawn by chance, as encoded bytes do, and words, paths and names do not: all
/// classes of characters, changing all the time.
pub fn looks_random(run: &[u8]) -> bool {
    let run = &run[..run.len().min(SAMPLE_BYTES)];
    let (mut upper, mut lower, mut digits, mut signs, mut changes) = (0, 0, 0, 0, 0);
    let mut seen = 0u128;
    let mut last = 0;
    for &byte in run {
        let class = match byte {
            b'A'..=b'Z' => 1,
            b'a'..=b'z' => 2,
            b'0'..=b'9' => 3,
            _ => 4,
        };
        match class {
            1 => upper += 1,
            2 => lower += 1,
            3 => digits += 1,
            _ => signs += 1,
        }
        changes += usize::from(class != last);
        last = class;
        seen |= 1 << (byte & 0x7f);
    }
    let share = |count: usize, percent: usize| 100 * count >= percent * run.len();
    seen.count_ones() >= 24
        && share(upper, 10)
        && share(lower, 10)
        && share(digits, 3)
        && !share(signs, 14)
        && share(changes, 45)
}

/// Whether all bytes are hexadecimal digits of one case.
pub fn is_hex(run: &[u8]) -> bool {
    let lower = run.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    lower || run.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_bytes() {
        assert_eq!(decode(b"aGVsbG8gd29ybGQ="), b"hello world");
        assert_eq!(decode(b"aGVs\nbG8"), b"hello");
        assert_eq!(decode_hex(b"68 65:6C 6c6f 7"), b"hello");
    }

    #[test]
    fn names_and_paths_do_not_look_random() {
        let encoded = "q83vEjRWeJqL3vASNFZ4mXze8BI0VnicVb2kR7Lp0QeXw3mZsT1yUoGfHd5NiA8KjBt9Yu6Wr4Ec";
        assert!(looks_random(encoded.as_bytes()));
        for text in [
            "AbstractSingletonProxyFactoryBeanManagerImplementationOfTheThirdKind2Adapter",
            "usr/lib/python3/dist-packages/Some/Package2/With/Many/Parts/In/It/And/More",
        ] {
            assert!(!looks_random(text.repeat(3).as_bytes()), "{text}");
        }
    }
}
