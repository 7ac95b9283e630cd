//! A text in, the files that its stack traces speak of out, each with the function and the line that they name.

use std::collections::HashSet;

use memchr::memmem;

use super::frame::{Frame, Language};
use super::parts::Parts;
use crate::text::Lines;

/// Places that are told at most, and bytes of the name of a function.
const MAX_PLACES: usize = 64;
const MAX_NAME_BYTES: usize = 120;
/// Bytes of a text that is looked through.
const MAX_BYTES: usize = 4 << 20;
/// What stands in some frame of every notation.
const SIGNS: [&str; 8] = ["File \"", "\tat ", "  at ", ": in ", ".go:", "#0 ", "from ", "@http"];

/// Names of files, without their directories, and what a trace says of each, such as `` `settle` settle.py:41 ``: in
/// order, each place once.
pub fn files(text: &str) -> Vec<(&str, String)> {
    if text.len() > MAX_BYTES || SIGNS.iter().all(|sign| memmem::find(text.as_bytes(), sign.as_bytes()).is_none()) {
        return Vec::new();
    }
    let parts = Parts::of(Lines::of(text));
    let mut seen = HashSet::new();
    let told = parts.frames.iter().filter(|frame| !frame.is_note).filter_map(|frame| {
        let file = file_of(frame, text)?;
        let line: String = frame.number.of(text).chars().take_while(char::is_ascii_digit).collect();
        let said = match name_of(frame, text) {
            Some(name) => format!("`{name}` {file}:{line}"),
            None if line.is_empty() => return None,
            None => format!("{file}:{line}"),
        };
        seen.insert(said.clone()).then_some((file, said))
    });
    told.take(MAX_PLACES).collect()
}

/// The function of a frame, without what it belongs to and what it was called with.
fn name_of<'t>(frame: &Frame, text: &'t str) -> Option<&'t str> {
    let function = frame.function.of(text);
    let function = match frame.language {
        Language::Java => function.split('(').next()?,
        _ => function.strip_suffix(')').and_then(|inner| inner.rsplit_once('(')).map_or(function, |(name, _)| name),
    };
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    let name = function.rsplit(|letter| !is_part(letter)).next()?;
    let is_name = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    (is_name && name.len() <= MAX_NAME_BYTES).then_some(name)
}

fn file_of<'t>(frame: &Frame, text: &'t str) -> Option<&'t str> {
    let path = match frame.language {
        Language::Java => frame.function.of(text).rsplit_once('(')?.1.split([':', ')']).next()?,
        _ => frame.place.of(text),
    };
    let name = path.rsplit(['/', '\\']).next()?;
    (name.len() > 2 && name.contains('.') && !name.contains(' ')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_notation_name_their_files() {
        let text = "Traceback (most recent call last):\n  File \"/srv/app/settle.py\", line 41, in settle\n    bank.charge()\n\
                    ValueError: no\n\njava.lang.IllegalStateException: no\n\tat org.shop.Cart.add(Cart.java:12)\n\
                    Error: no\n    at addItem (/srv/app/src/cart.js:10:5)\n";
        let told: Vec<String> = files(text).into_iter().map(|(file, said)| format!("{file}: {said}")).collect();
        assert_eq!(
            told,
            ["settle.py: `settle` settle.py:41", "Cart.java: `add` Cart.java:12", "cart.js: `addItem` cart.js:10"]
        );
        assert!(files("no traces, but a File \"x\" and words from here").is_empty());
    }
}
