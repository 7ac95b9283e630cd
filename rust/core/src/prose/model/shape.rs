//! A word and what stands around it in, its shape out: what is lost when words are looked up in lower case.

use crate::words;

/// Shapes that a model knows, and one for what is no text.
pub const NONE: i32 = 0;
const LOWER: i32 = 1;
const CAPITAL: i32 = 2;
const FIRST_CAPITAL: i32 = 3;
const UPPER: i32 = 4;
const MIXED: i32 = 5;
const NUMBER: i32 = 6;
const WITH_DIGITS: i32 = 7;
const SIGN: i32 = 8;
const NEGATION: i32 = 9;
const CODE: i32 = 10;
const CODE_NUMBER: i32 = 11;
const CODE_SIGN: i32 = 12;
const OTHER: i32 = 13;

const NEGATIONS: [&str; 12] =
    ["not", "no", "never", "none", "nor", "neither", "without", "cannot", "nobody", "nothing", "nowhere", "t"];

/// Bytes of a run without white space that are looked at.
const MAX_RUN_BYTES: usize = 160;

/// Whether a run without white space looks like code: a path, an option, a name with signs in it, a call.
pub fn is_code(run: &str) -> bool {
    let bytes = &run.as_bytes()[..run.len().min(MAX_RUN_BYTES)];
    if bytes.starts_with(b"--") || bytes.len() > 1 && bytes[0] == b'-' && bytes[1].is_ascii_alphabetic() {
        return true;
    }
    bytes.windows(2).any(|pair| match pair {
        [_, b'_' | b'`' | b'=' | b'\\' | b'{' | b'}' | b'<' | b'>'] | [b'_' | b'`' | b'\\' | b'{' | b'<' | b'$', _] => {
            true
        }
        [b'(', b')'] | [b':', b':'] => true,
        [left, b'('] => left.is_ascii_alphanumeric(),
        [b'.' | b'/' | b':' | b'@', right] => right.is_ascii_alphabetic(),
        _ => false,
    })
}

/// The shape of a word (letters and digits) or a sign; `is_first`: whether it begins a sentence.
pub fn of(word: &str, is_first: bool, is_code: bool) -> i32 {
    let Some(first) = word.chars().next() else { return NONE };
    if !first.is_alphanumeric() {
        return if is_code { CODE_SIGN } else { SIGN };
    }
    let (mut digits, mut upper, mut lower, mut all) = (0, 0, 0, 0);
    for letter in word.chars() {
        all += 1;
        digits += usize::from(letter.is_numeric());
        upper += usize::from(letter.is_uppercase());
        lower += usize::from(letter.is_lowercase());
    }
    match () {
        () if digits == all => {
            if is_code {
                CODE_NUMBER
            } else {
                NUMBER
            }
        }
        () if is_negation(word) => NEGATION,
        () if is_code => CODE,
        () if digits > 0 => WITH_DIGITS,
        () if lower == all => LOWER,
        () if upper == all && all > 1 => UPPER,
        () if first.is_uppercase() && lower + 1 == all => {
            if is_first {
                FIRST_CAPITAL
            } else {
                CAPITAL
            }
        }
        () if upper > 0 => MIXED,
        () => OTHER,
    }
}

fn is_negation(word: &str) -> bool {
    word.len() <= 7 && NEGATIONS.iter().any(|negation| word.eq_ignore_ascii_case(negation))
}

/// Whether a word is one of those that name nothing.
pub fn is_stop(word: &str) -> bool {
    word.len() <= 12 && words::is_stop(word.to_ascii_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        let all = [
            ("word", LOWER),
            ("Anna", CAPITAL),
            ("ISO", UPPER),
            ("iPhone", MIXED),
            ("1912", NUMBER),
            ("b2b", WITH_DIGITS),
            (",", SIGN),
            ("Not", NEGATION),
            ("会议", OTHER),
        ];
        all.iter().for_each(|&(word, shape)| assert_eq!(of(word, false, false), shape, "{word}"));
        assert_eq!(of("The", true, false), FIRST_CAPITAL);
        assert_eq!([of("x", false, true), of("3", false, true), of("/", false, true)], [CODE, CODE_NUMBER, CODE_SIGN]);
    }

    #[test]
    fn code_is_told_by_its_signs() {
        for run in ["--show-all", "-x", "a_b", "os.path", "f(x)", "usr/bin", "a=b", "`x`", "std::io"] {
            assert!(is_code(run), "{run}");
        }
        for run in ["word", "end.", "3.5", "(see", "well-known", "don't", "either/", "12:30"] {
            assert!(!is_code(run), "{run}");
        }
    }
}
