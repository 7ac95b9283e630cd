//! JSON inside a JSON string: which spelling the inner text has, and how to spell it again.

use super::minify;
use super::parse::Tree;
use super::string;

/// How an inner document spells its white space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    Minified,
    /// `", "` and `": "`.
    Spaced,
    /// A line a value, this many spaces a level.
    Indented(u8),
}

const ALL: [Spelling; 4] = [Spelling::Minified, Spelling::Spaced, Spelling::Indented(2), Spelling::Indented(4)];

impl Spelling {
    /// What stands between `~` and the value.
    pub fn letter(self) -> &'static [u8] {
        match self {
            Spelling::Minified => b"",
            Spelling::Spaced => b"s",
            Spelling::Indented(2) => b"2",
            Spelling::Indented(_) => b"4",
        }
    }

    /// The spelling of a letter, the empty one included.
    pub fn of_letter(letter: Option<u8>) -> Spelling {
        match letter {
            Some(b's') => Spelling::Spaced,
            Some(b'2') => Spelling::Indented(2),
            Some(b'4') => Spelling::Indented(4),
            _ => Spelling::Minified,
        }
    }
}

/// The spelling by which the text of an embedded node can be written again, byte for byte.
pub fn style_of(tree: &Tree, index: u32) -> Option<Spelling> {
    let text = string::decode(tree.raw(index))?;
    let mut minified = Vec::with_capacity(text.len());
    minify::subtree(tree, index + 1, &mut minified);
    ALL.into_iter().find(|&spelling| respell(&minified, spelling) == text.as_bytes())
}

/// Writes minified JSON in another spelling.
pub fn respell(minified: &[u8], spelling: Spelling) -> Vec<u8> {
    if spelling == Spelling::Minified {
        return minified.to_vec();
    }
    let mut out = Vec::with_capacity(minified.len() * 3 / 2);
    let mut level = 0usize;
    let mut at = 0;
    while at < minified.len() {
        let byte = minified[at];
        match byte {
            b'"' => {
                let end = string::scan(minified, at + 1).map_or(minified.len() - 1, |found| found.0);
                out.extend_from_slice(&minified[at..=end]);
                at = end;
            }
            b'{' | b'[' => {
                out.push(byte);
                let is_empty = matches!(minified.get(at + 1), Some(b'}' | b']'));
                level += 1;
                if !is_empty {
                    break_line(&mut out, spelling, level);
                }
            }
            b'}' | b']' => {
                level = level.saturating_sub(1);
                if !matches!(minified.get(at.wrapping_sub(1)), Some(b'{' | b'[')) {
                    break_line(&mut out, spelling, level);
                }
                out.push(byte);
            }
            b',' => {
                out.push(b',');
                if spelling == Spelling::Spaced {
                    out.push(b' ');
                } else {
                    break_line(&mut out, spelling, level);
                }
            }
            b':' => out.extend_from_slice(b": "),
            _ => out.push(byte),
        }
        at += 1;
    }
    out
}

fn break_line(out: &mut Vec<u8>, spelling: Spelling, level: usize) {
    if let Spelling::Indented(width) = spelling {
        out.push(b'\n');
        out.resize(out.len() + level * usize::from(width), b' ');
    }
}
