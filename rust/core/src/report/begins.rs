//! Whether a text begins with one of several words, mostly told by its first byte.

/// The first bytes of words.
pub const fn first_bytes(words: &[&str]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < words.len() {
        table[words[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    table
}

/// Whether a text begins with one of `words`, whose first bytes are `first`.
#[inline]
pub fn any(first: &[bool; 256], words: &[&str], text: &str) -> bool {
    text.as_bytes().first().is_some_and(|&byte| first[byte as usize]) && words.iter().any(|word| text.starts_with(word))
}
