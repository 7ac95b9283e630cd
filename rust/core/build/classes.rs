//! The class of each character, as a two-stage table.

use std::fs;
use std::path::Path;

use regex_syntax::hir::{Class as HirClass, HirKind};

use crate::class::Class;

const BLOCK: usize = 128;

/// Writes `classes.blocks` (a block number for each 128 characters, two bytes) and `classes.members`.
pub fn write(target: &Path) {
    let mut classes = vec![Class::Other as u8; 0x11_0000];
    let patterns = [
        (r"[\p{Lu}\p{Lt}]", Class::Upper),
        (r"\p{Ll}", Class::Lower),
        (r"[\p{Lm}\p{Lo}]", Class::Letter),
        (r"\p{M}", Class::Mark),
        (r"\p{N}", Class::Number),
        (r"\s", Class::Space),
        (r"[\r\n]", Class::Newline),
    ];
    for (pattern, class) in patterns {
        let hir = regex_syntax::parse(pattern).expect("the pattern is a class");
        let HirKind::Class(HirClass::Unicode(members)) = hir.kind() else {
            panic!("{pattern} is not a class");
        };
        for range in members.iter() {
            classes[range.start() as usize..=range.end() as usize].fill(class as u8);
        }
    }
    let (mut blocks, mut members): (Vec<u8>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    for block in classes.chunks(BLOCK) {
        let number = members.iter().position(|known| *known == block).unwrap_or(members.len());
        if number == members.len() {
            members.push(block);
        }
        blocks.extend_from_slice(&u16::try_from(number).expect("few blocks differ").to_le_bytes());
    }
    fs::write(target.join("classes.blocks"), blocks).expect("OUT_DIR is writable");
    fs::write(target.join("classes.members"), members.concat()).expect("OUT_DIR is writable");
}
