//! A letter in, the letters it is looked up by out: lower case, without accents.

/// Letters of Latin-1 and Latin Extended-A by what they are without accents.
const PLAIN: [(char, &str); 27] = [
    ('a', "àáâãäåāăą"),
    ('c', "çćĉċč"),
    ('d', "ďđ"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('h', "ĥħ"),
    ('i', "ìíîïĩīĭįı"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺļľŀł"),
    ('n', "ñńņňŉ"),
    ('o', "òóôõöōŏőø"),
    ('r', "ŕŗř"),
    ('s', "śŝşš"),
    ('t', "ţťŧ"),
    ('u', "ùúûüũūŭůűų"),
    ('w', "ŵ"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
    ('\'', "‘’"),
    ('"', "“”"),
    ('-', "‐‑‒"),
    ('–', "—"),
    ('«', "‹"),
    ('»', "›"),
    (' ', "\u{a0}"),
    ('·', "•"),
];

/// Calls `each` with what a letter is looked up by.
pub fn folded(letter: char, mut each: impl FnMut(char)) {
    if letter.is_ascii() {
        return each(letter.to_ascii_lowercase());
    }
    for lower in letter.to_lowercase() {
        // A mark that stands on the letter before.
        if !('\u{300}'..='\u{36f}').contains(&lower) {
            each(PLAIN.iter().find(|(_, marked)| marked.contains(lower)).map_or(lower, |(plain, _)| *plain));
        }
    }
}
