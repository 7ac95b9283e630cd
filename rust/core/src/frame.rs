//! Zstandard frames: bytes in, fewer bytes out, and back again within a stated bound.

use std::cell::RefCell;
use std::fmt;

use zstd::bulk::{Compressor, Decompressor};

thread_local! {
    // Setting a context up costs more than compressing a short text; it never changes the result.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Why bytes could not be packed or unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameError(String);

impl fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for FrameError {}

impl From<std::io::Error> for FrameError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Shorter data is stored as it is: packing it takes longer than all else that is done with it, and saves little.
const SHORT_BYTES: usize = 1_024;

/// One frame that holds `data`; negative levels are faster and larger. Short data is not packed.
pub fn compress(data: &[u8], level: i32) -> Result<Vec<u8>, FrameError> {
    let levels = zstd::compression_level_range();
    if !levels.contains(&level) {
        return Err(FrameError(format!("level {level} is outside {}..={}", levels.start(), levels.end())));
    }
    if data.len() < SHORT_BYTES {
        return Ok(stored(data));
    }
    PACKER.with_borrow_mut(|slot| {
        let packer = match slot {
            Some(packer) => packer,
            None => slot.insert(Compressor::default()),
        };
        packer.set_compression_level(level)?;
        Ok(packer.compress(data)?)
    })
}

/// A frame of one raw block (RFC 8878, 3.1), of less than 64 KB.
fn stored(data: &[u8]) -> Vec<u8> {
    const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
    const ONE_SEGMENT: u8 = 1 << 5;
    const LENGTH_IN_TWO_BYTES: u8 = 1 << 6;
    const LAST_BLOCK: usize = 1;
    let mut frame = Vec::with_capacity(data.len() + 10);
    frame.extend(MAGIC);
    if data.len() < 256 {
        frame.extend([ONE_SEGMENT, data.len().to_le_bytes()[0]]);
    } else {
        frame.push(ONE_SEGMENT | LENGTH_IN_TWO_BYTES);
        frame.extend(&(data.len() - 256).to_le_bytes()[..2]);
    }
    frame.extend(&(data.len() << 3 | LAST_BLOCK).to_le_bytes()[..3]);
    frame.extend(data);
    frame
}

/// The content of one frame, which may be at most `max_bytes` long.
///
/// No more than `max_bytes` are ever allocated, whatever length the frame declares.
pub fn decompress(data: &[u8], max_bytes: usize) -> Result<Vec<u8>, FrameError> {
    let declared =
        zstd::zstd_safe::get_frame_content_size(data).map_err(|_| FrameError("this is not a zstd frame".to_owned()))?;
    let declared = declared.map_or(max_bytes, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if declared > max_bytes {
        return Err(FrameError(format!("the frame holds {declared} bytes, more than the {max_bytes} allowed")));
    }
    UNPACKER.with_borrow_mut(|slot| {
        let unpacker = match slot {
            Some(unpacker) => unpacker,
            None => slot.insert(Decompressor::new()?),
        };
        Ok(unpacker.decompress(data, declared)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(data: Vec<u8>, level in -7..=5i32) {
            let frame = compress(&data, level).unwrap();
            prop_assert_eq!(decompress(&frame, data.len()).unwrap(), data);
        }

        #[test]
        fn any_bytes_are_a_result_or_an_error(data: Vec<u8>) {
            let _ = decompress(&data, 1000);
        }
    }

    #[test]
    fn any_length_is_a_frame_that_says_it() {
        for length in [0, 1, 255, 256, 257, 511, 512, SHORT_BYTES - 1, SHORT_BYTES, SHORT_BYTES + 1] {
            let data: Vec<u8> = (0..=255).cycle().take(length).collect();
            let frame = compress(&data, 1).unwrap();
            assert_eq!(decompress(&frame, length).unwrap(), data);
            assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).unwrap(), Some(length as u64));
            assert!(frame.len() <= length + 10);
            assert!(length == 0 || decompress(&frame, length - 1).is_err());
        }
    }

    #[test]
    fn a_frame_larger_than_allowed_is_refused() {
        let bomb = compress(&vec![0; 10_000_000], 1).unwrap();
        assert!(bomb.len() < 2000);
        let error = decompress(&bomb, 9_999_999).unwrap_err();
        assert!(error.to_string().contains("10000000 bytes"), "{error}");
        assert_eq!(decompress(&bomb, 10_000_000).unwrap().len(), 10_000_000);
    }

    #[test]
    fn a_level_out_of_range_is_named() {
        assert!(compress(b"", 99).unwrap_err().to_string().starts_with("level 99"));
    }
}
