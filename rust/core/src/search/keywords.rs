//! Words that mean the same in many programming languages, by what they do to the name behind them.

/// Stands right before the name of what it defines: `class`, `fn`.
pub const DEFINING: u8 = 1;
/// Stands before the name of a value: `const`, `let`.
pub const BINDING: u8 = 2;
/// Stands before those: `public`, `async`.
pub const MODIFIER: u8 = 4;
/// Begins a statement: what follows is used, not defined.
pub const STATEMENT: u8 = 8;
/// May follow the name of a type.
pub const AFTER_TYPE: u8 = 16;

const WORDS: [(&str, u8); 162] = [
    ("abstract", MODIFIER),
    ("actor", DEFINING),
    ("alias", DEFINING),
    ("and", STATEMENT),
    ("annotation", DEFINING),
    ("as", AFTER_TYPE),
    ("assert", STATEMENT),
    ("async", MODIFIER),
    ("auto", BINDING),
    ("await", STATEMENT),
    ("begin", AFTER_TYPE),
    ("case", MODIFIER | STATEMENT),
    ("catch", STATEMENT),
    ("class", DEFINING),
    ("co_await", STATEMENT),
    ("co_return", STATEMENT),
    ("companion", MODIFIER),
    ("component", DEFINING),
    ("const", BINDING | MODIFIER),
    ("constant", BINDING),
    ("consteval", MODIFIER),
    ("constexpr", MODIFIER),
    ("constinit", MODIFIER),
    ("contract", DEFINING),
    ("crate", MODIFIER),
    ("create", MODIFIER),
    ("data", DEFINING | MODIFIER),
    ("declare", MODIFIER),
    ("default", MODIFIER),
    ("defer", STATEMENT),
    ("delete", STATEMENT),
    ("do", STATEMENT),
    ("echo", STATEMENT),
    ("effect", DEFINING),
    ("elif", STATEMENT),
    ("else", STATEMENT),
    ("entity", DEFINING),
    ("enum", DEFINING | MODIFIER),
    ("event", DEFINING),
    ("except", STATEMENT),
    ("explicit", MODIFIER),
    ("export", MODIFIER),
    ("extends", AFTER_TYPE),
    ("extension", DEFINING),
    ("extern", MODIFIER),
    ("final", BINDING | MODIFIER | AFTER_TYPE),
    ("fixed", MODIFIER),
    ("fn", DEFINING),
    ("for", STATEMENT),
    ("friend", MODIFIER),
    ("from", STATEMENT),
    ("fun", DEFINING),
    ("func", DEFINING),
    ("function", DEFINING),
    ("functor", DEFINING),
    ("get", MODIFIER),
    ("global", BINDING | MODIFIER),
    ("go", STATEMENT),
    ("goto", STATEMENT),
    ("if", STATEMENT),
    ("implements", AFTER_TYPE),
    ("implicit", MODIFIER),
    ("import", STATEMENT),
    ("in", STATEMENT),
    ("include", STATEMENT),
    ("inductive", DEFINING),
    ("inherits", AFTER_TYPE),
    ("inline", MODIFIER),
    ("inner", MODIFIER),
    ("instance", DEFINING),
    ("instanceof", STATEMENT),
    ("interface", DEFINING | AFTER_TYPE),
    ("internal", MODIFIER),
    ("is", STATEMENT | AFTER_TYPE),
    ("lazy", MODIFIER),
    ("lemma", DEFINING),
    ("let", BINDING),
    ("library", DEFINING),
    ("local", BINDING | MODIFIER),
    ("macro", DEFINING),
    ("macro_rules", DEFINING),
    ("message", DEFINING),
    ("method", DEFINING),
    ("mixin", DEFINING),
    ("modifier", DEFINING),
    ("module", DEFINING),
    ("mut", BINDING),
    ("my", BINDING),
    ("namespace", DEFINING),
    ("native", MODIFIER),
    ("new", STATEMENT),
    ("newtype", DEFINING),
    ("not", STATEMENT),
    ("object", DEFINING),
    ("of", AFTER_TYPE),
    ("opaque", MODIFIER),
    ("open", MODIFIER),
    ("operator", MODIFIER),
    ("or", MODIFIER | STATEMENT),
    ("our", BINDING),
    ("override", MODIFIER),
    ("package", DEFINING),
    ("partial", MODIFIER),
    ("permits", AFTER_TYPE),
    ("print", STATEMENT),
    ("private", MODIFIER),
    ("proc", DEFINING),
    ("procedure", DEFINING),
    ("program", DEFINING),
    ("property", BINDING),
    ("protected", MODIFIER),
    ("protocol", DEFINING),
    ("pub", MODIFIER),
    ("public", MODIFIER),
    ("raise", STATEMENT),
    ("readonly", MODIFIER),
    ("rec", BINDING),
    ("record", DEFINING),
    ("replace", MODIFIER),
    ("require", STATEMENT),
    ("resource", DEFINING),
    ("return", STATEMENT),
    ("rpc", DEFINING),
    ("sealed", MODIFIER),
    ("see", STATEMENT),
    ("service", DEFINING),
    ("set", BINDING),
    ("sizeof", STATEMENT),
    ("static", BINDING | MODIFIER),
    ("struct", DEFINING | AFTER_TYPE),
    ("sub", DEFINING),
    ("subroutine", DEFINING),
    ("super", MODIFIER),
    ("suspend", MODIFIER),
    ("switch", STATEMENT),
    ("synchronized", MODIFIER),
    ("table", DEFINING),
    ("tailrec", MODIFIER),
    ("task", DEFINING),
    ("template", MODIFIER),
    ("temporary", MODIFIER),
    ("theorem", DEFINING),
    ("throw", STATEMENT),
    ("trait", DEFINING),
    ("trigger", DEFINING),
    ("type", DEFINING),
    ("typeclass", DEFINING),
    ("typedef", MODIFIER),
    ("typename", MODIFIER),
    ("typeof", STATEMENT),
    ("union", DEFINING),
    ("unsafe", MODIFIER),
    ("using", BINDING),
    ("val", BINDING),
    ("var", BINDING),
    ("view", DEFINING),
    ("virtual", MODIFIER),
    ("when", STATEMENT),
    ("where", AFTER_TYPE),
    ("while", STATEMENT),
    ("with", STATEMENT | AFTER_TYPE),
    ("yield", STATEMENT),
];

/// Longest word.
const MAX_BYTES: usize = 12;
const SLOTS: usize = 1_024;

/// For each hash the word that has it, counted from 1, in the first free slot behind.
const TABLE: [u8; SLOTS] = table();

const fn slot(word: &[u8]) -> usize {
    let mut hash = word.len() as u32;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    ((hash >> 16) ^ hash) as usize % SLOTS
}

const fn table() -> [u8; SLOTS] {
    let mut table = [0; SLOTS];
    let mut at = 0;
    while at < WORDS.len() {
        let mut free = slot(WORDS[at].0.as_bytes());
        while table[free] != 0 {
            free = (free + 1) % SLOTS;
        }
        table[free] = at as u8 + 1;
        at += 1;
    }
    table
}

/// What a word does; nothing, 0, for most words.
#[inline]
pub fn roles(word: &[u8]) -> u8 {
    if word.len() < 2 || word.len() > MAX_BYTES {
        return 0;
    }
    let mut at = slot(word);
    while TABLE[at] != 0 {
        let (known, roles) = WORDS[TABLE[at] as usize - 1];
        if known.as_bytes() == word {
            return roles;
        }
        at = (at + 1) % SLOTS;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_others_are_not() {
        for (word, expected) in WORDS {
            assert_eq!(roles(word.as_bytes()), expected, "{word}");
        }
        for word in ["", "x", "klass", "Class", "subroutines"] {
            assert_eq!(roles(word.as_bytes()), 0, "{word}");
        }
    }
}
