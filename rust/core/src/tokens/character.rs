//! The characters of a text as the split patterns see them.

use super::class::Class;

/// Characters of a block of the table.
const BLOCK: usize = 128;

/// Of each block, the number of its members, two bytes; many blocks have the same.
static BLOCKS: &[u8; 0x11_0000 / BLOCK * 2] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.blocks"));

/// The classes of blocks.
static MEMBERS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.members"));

const ALL: [Class; 8] =
    [Class::Other, Class::Upper, Class::Lower, Class::Letter, Class::Mark, Class::Number, Class::Space, Class::Newline];

impl Class {
    /// The class of a character.
    pub fn of(character: char) -> Class {
        let (block, member) = (character as usize / BLOCK, character as usize % BLOCK);
        let number = u16::from_le_bytes([BLOCKS[2 * block], BLOCKS[2 * block + 1]]);
        ALL[usize::from(MEMBERS[usize::from(number) * BLOCK + member]) % ALL.len()]
    }

    /// The class of the character that begins at a place of a text, and its length in bytes; `None` at the end.
    pub fn at(text: &str, at: usize) -> Option<(Class, usize)> {
        match text.as_bytes().get(at) {
            Some(byte) if byte.is_ascii() => Some((ASCII[usize::from(*byte)], 1)),
            Some(_) => text[at..].chars().next().map(|first| (Class::of(first), first.len_utf8())),
            None => None,
        }
    }

    /// `\p{L}`.
    pub fn is_letter(self) -> bool {
        matches!(self, Class::Upper | Class::Lower | Class::Letter)
    }

    /// `\s`.
    pub fn is_space(self) -> bool {
        matches!(self, Class::Space | Class::Newline)
    }
}

/// The classes of ASCII, where the table would cost a look more.
static ASCII: [Class; 128] = {
    let mut classes = [Class::Other; 128];
    let mut at = 0;
    while at < classes.len() {
        classes[at] = match at as u8 {
            b'\r' | b'\n' => Class::Newline,
            b'\t' | 0x0B | 0x0C | b' ' => Class::Space,
            b'0'..=b'9' => Class::Number,
            b'A'..=b'Z' => Class::Upper,
            b'a'..=b'z' => Class::Lower,
            _ => Class::Other,
        };
        at += 1;
    }
    classes
};
