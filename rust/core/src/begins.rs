//! Whether a text begins with one of several words, or is one, mostly told by its first byte: most do not.

/// Words that a text may begin with.
pub struct Heads<const N: usize> {
    words: [&'static str; N],
    /// Whether one of them begins with a byte.
    first: [bool; 256],
}

impl<const N: usize> Heads<N> {
    /// Of words that are not empty.
    pub const fn of(words: [&'static str; N]) -> Self {
        let mut first = [false; 256];
        let mut at = 0;
        while at < N {
            first[words[at].as_bytes()[0] as usize] = true;
            at += 1;
        }
        Self { words, first }
    }

    /// Whether a text begins with one of the words.
    #[inline]
    pub fn begin(&self, text: &[u8]) -> bool {
        text.first().is_some_and(|&byte| self.first[byte as usize]) && self.begin_surely(text)
    }

    #[cold]
    fn begin_surely(&self, text: &[u8]) -> bool {
        // What begins alike mostly ends otherwise, which is told by a byte rather than by a call.
        let may_begin = |word: &[u8]| word[0] == text[0] && text.get(word.len() - 1) == word.last();
        self.words.iter().map(|word| word.as_bytes()).any(|word| may_begin(word) && text.starts_with(word))
    }
}

/// Words that another may be.
pub struct Words<const N: usize> {
    words: [&'static str; N],
    /// For each first byte the lengths of the words that begin with it, as bits.
    lengths: [u32; 256],
}

impl<const N: usize> Words<N> {
    /// Of words of 1 to 30 bytes.
    pub const fn of(words: [&'static str; N]) -> Self {
        let mut lengths = [0; 256];
        let mut at = 0;
        while at < N {
            let word = words[at].as_bytes();
            assert!(word.len() < 31);
            lengths[word[0] as usize] |= 1 << word.len();
            at += 1;
        }
        Self { words, lengths }
    }

    /// Whether a word is one of them.
    #[inline]
    pub fn has(&self, word: &[u8]) -> bool {
        word.first().is_some_and(|&byte| self.lengths[byte as usize] >> word.len().min(31) & 1 == 1)
            && self.words.iter().any(|known| known.as_bytes() == word)
    }
}

/// Which bytes are among some.
pub const fn bytes_of(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_begins_with_a_word_only_as_a_whole() {
        static HEADS: Heads<3> = Heads::of(["ok ", "okay", "é"]);
        for text in ["ok 1", "okay", "é"] {
            assert!(HEADS.begin(text.as_bytes()), "{text}");
        }
        for text in ["", "ok", "oka", "no ok ", "e", "\u{e8}"] {
            assert!(!HEADS.begin(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_word_is_one_of_a_set_only_as_a_whole() {
        static SET: Words<3> = Words::of(["fn", "fun", "class"]);
        assert!(SET.has(b"fn") && SET.has(b"fun") && SET.has(b"class"));
        for word in ["", "f", "fu", "fan", "func", "Class", "clash", &"f".repeat(31), &"f".repeat(40)] {
            assert!(!SET.has(word.as_bytes()), "{word}");
        }
    }
}
