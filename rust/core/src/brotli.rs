//! Brotli streams: their content, within a stated bound.

use std::io::Read;

/// The content of one stream, which may be at most `max_bytes` long; `None` if it is longer, cut off, or no stream.
pub fn decompress(data: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let bound = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    brotli_decompressor::Decompressor::new(data, 1 << 14).take(bound).read_to_end(&mut content).ok()?;
    (content.len() <= max_bytes).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "hello" 400 times, as the reference implementation packs it.
    const HELLOS: [u8; 16] =
        [0x1b, 0xcf, 0x07, 0xf8, 0xa5, 0xcb, 0xd0, 0xd8, 0xde, 0x84, 0x6b, 0x51, 0x40, 0xe1, 0x52, 0x03];

    #[test]
    fn no_more_than_allowed_is_unpacked() {
        let len = decompress(&HELLOS, 2000).map(|content| content.len());
        assert_eq!(len, Some(2000));
        assert_eq!(decompress(&HELLOS, 1999), None);
    }

    #[test]
    fn what_is_cut_off_or_no_stream_is_refused() {
        assert_eq!(decompress(&HELLOS[..HELLOS.len() - 4], 5000), None);
        assert_eq!(decompress(b"plain text", 5000), None);
    }
}
