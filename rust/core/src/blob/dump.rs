//! Lines of `xxd`, `hexdump -C` and `od` in, the bytes they show out.

/// One line of a dump: where it is, and its bytes.
pub struct Row {
    pub bytes: Vec<u8>,
}

/// Reads a line of a dump. A line of `*` stands for repeated ones and is read as no bytes.
pub fn row(line: &str) -> Option<Row> {
    let line = line.trim_end();
    if line == "*" {
        return Some(Row { bytes: Vec::new() });
    }
    let offset = line.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !(6..=16).contains(&offset) {
        return None;
    }
    let rest = &line[offset..];
    if rest.is_empty() {
        // The last line of `hexdump` and `od` says where the end is.
        return Some(Row { bytes: Vec::new() });
    }
    let (rest, is_xxd) = match rest.strip_prefix(':') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let rest = rest.strip_prefix(' ')?;
    let digits = if is_xxd { rest.split("  ").next()? } else { rest.split(['|', '>']).next()? };
    let words: Vec<&str> = digits.split_ascii_whitespace().collect();
    let is_uniform = |length: usize| words.iter().rev().skip(1).all(|word| word.len() == length);
    let first = words.first()?.len();
    let is_octal = !is_xxd
        && first >= 3
        && first % 3 == 0
        && words.iter().all(|word| word.bytes().all(|byte| (b'0'..=b'7').contains(&byte)));
    if words.len() > 32
        || !is_uniform(first)
        || !words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return None;
    }
    match first {
        3 if is_octal => {
            Some(Row { bytes: words.iter().filter_map(|word| u8::from_str_radix(word, 8).ok()).collect() })
        }
        6 if is_octal => {
            let halves = words.iter().filter_map(|word| u16::from_str_radix(word, 8).ok());
            Some(Row { bytes: halves.flat_map(u16::to_le_bytes).collect() })
        }
        2 | 4 | 8 if words.len() >= 2 || is_xxd => Some(Row { bytes: super::base64::decode_hex(digits.as_bytes()) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_of_all_tools_are_read() {
        let bytes = |line: &str| row(line).map(|row| row.bytes);
        let elf = Some(b"\x7fELF".to_vec());
        assert_eq!(bytes("00000000: 7f45 4c46                                .ELF"), elf);
        assert_eq!(bytes("00000000  7f 45 4c 46                                       |.ELF|"), elf);
        assert_eq!(bytes("000000 7f 45 4c 46                                      >.ELF<"), elf);
        assert_eq!(bytes("0000000 042577 043114"), elf);
        assert_eq!(bytes("0000000 177 105 114 106"), elf);
        assert_eq!(bytes("*"), Some(Vec::new()));
        for line in
            ["", "2024-01-02 10:00", "12345678 items were found", "abcdef0123 fix the build", "20240102: 5 hosts"]
        {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
