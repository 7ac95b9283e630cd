//! The first bytes of a file in, what it is out.

/// Beginnings of files, and their types.
const BEGINNINGS: [(&[u8], &str); 34] = [
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\x7fELF", "elf"),
    (b"wOFF", "woff"),
    (b"wOF2", "woff2"),
    (b"\0\x01\0\0\0", "ttf"),
    (b"OTTO", "otf"),
    (b"MZ", "exe"),
    (b"\0asm", "wasm"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"fLaC", "flac"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\xca\xfe\xba\xbe", "java class"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\xce\xfa\xed\xfe", "mach-o"),
    (b"\0\0\x01\0", "ico"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\x30\x82", "der"),
    (b"Rar!\x1a\x07", "rar"),
    (b"<svg", "svg"),
    (b"<?xml", "xml"),
    (b"!<arch>\n", "ar"),
    (b"\x80\x04\x95", "pickle"),
];

/// Bytes looked at to tell a text.
const SAMPLE_BYTES: usize = 512;

/// What bytes are, as their beginning tells: a type of file, `text`, or nothing known.
pub fn kind(bytes: &[u8]) -> Option<String> {
    let name = match bytes {
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => "webp",
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") => "wav",
        _ if bytes.get(4..8) == Some(b"ftyp") => "mp4",
        _ if bytes.get(257..262) == Some(b"ustar") => "tar",
        _ => BEGINNINGS.iter().find(|(head, _)| bytes.starts_with(head))?.1,
    };
    Some(match size(name, bytes) {
        Some((width, height)) => format!("{name} {width}x{height}"),
        None => name.to_owned(),
    })
}

/// What bytes are, with `json`, `text` and `binary` for what is no known type of file.
pub fn described(bytes: &[u8]) -> String {
    kind(bytes).unwrap_or_else(|| if is_text(bytes) { plain(bytes) } else { "binary" }.to_owned())
}

fn plain(bytes: &[u8]) -> &'static str {
    if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        "json"
    } else {
        "text"
    }
}

/// Whether bytes are printable UTF-8, as far as they are looked at.
fn is_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let valid = match std::str::from_utf8(sample) {
        Ok(text) => text,
        // A character may be cut at the end of the sample.
        Err(error) if error.valid_up_to() + 4 > sample.len() => {
            std::str::from_utf8(&sample[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|each| !each.is_control() || each.is_whitespace())
}

/// Width and height of an image.
fn size(name: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    let big =
        |at: usize| bytes.get(at..at + 4).map(|four| four.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)));
    let little = |at: usize| bytes.get(at..at + 2).map(|two| u32::from(two[0]) | u32::from(two[1]) << 8);
    match name {
        "png" => Some((big(16)?, big(20)?)),
        "gif" => Some((little(6)?, little(8)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_how_they_begin() {
        assert_eq!(described(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0"), "png 640x480");
        assert_eq!(described(b"%PDF-1.7"), "pdf");
        assert_eq!(described(b" {\"a\": 1}"), "json");
        assert_eq!(described("gr\u{fc}n".as_bytes()), "text");
        assert_eq!(described(b"\x01\x02\xf3"), "binary");
        assert_eq!(described(b""), "binary");
    }
}
