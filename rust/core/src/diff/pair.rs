//! A removed and an added line that say nearly the same, as one: `x = [-old-]{+new+}(y)`.

/// Longer lines are not compared.
const MAX_BYTES: usize = 2_000;
/// What the marks cost, in bytes of text that they must save.
const MARKS_BYTES: usize = 14;

/// The bytes that two lines share at their beginnings and at their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    pub front: usize,
    pub back: usize,
}

impl Shared {
    /// The bytes that writing both lines as one saves, after the marks.
    pub fn gain(self) -> usize {
        (self.front + self.back).saturating_sub(MARKS_BYTES)
    }
}

/// What two lines share, where it pays to write them as one and can be read back.
pub fn shared(old: &str, new: &str) -> Option<Shared> {
    if old.len().max(new.len()) > MAX_BYTES || old == new {
        return None;
    }
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let limit = a.len().min(b.len());
    let mut front = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let mut back = a.iter().rev().zip(b.iter().rev()).take(limit - front).take_while(|(a, b)| a == b).count();
    // Whole words change, not parts of them.
    while front > 0 && (is_inside(old, front) || is_inside(new, front)) {
        front -= 1;
    }
    while back > 0 && (is_inside(old, a.len() - back) || is_inside(new, b.len() - back)) {
        back -= 1;
    }
    let whole = old.trim_ascii_start().len().max(new.trim_ascii_start().len());
    let indent = old.len() - old.trim_ascii_start().len();
    let is_alike = (front + back).saturating_sub(indent) * 2 >= whole;
    let found = Shared { front, back };
    (is_alike && found.gain() > 0 && is_clear(old) && is_clear(new)).then_some(found)
}

/// Whether a place lies inside a word, or inside a character.
fn is_inside(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    !text.is_char_boundary(at) || at > 0 && at < bytes.len() && is_word(bytes[at - 1]) && is_word(bytes[at])
}

/// Whether a line holds none of the marks.
fn is_clear(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'[', b'{', bytes).all(|at| !matches!(&bytes[at..bytes.len().min(at + 2)], b"[-" | b"{+"))
        && memchr::memchr2_iter(b']', b'}', bytes).all(|at| at == 0 || !matches!(&bytes[at - 1..=at], b"-]" | b"+}"))
}

/// Writes both lines as one.
pub fn write(out: &mut String, old: &str, new: &str, shared: Shared) {
    out.push_str(&old[..shared.front]);
    let (gone, come) = (&old[shared.front..old.len() - shared.back], &new[shared.front..new.len() - shared.back]);
    if !gone.is_empty() {
        out.push_str("[-");
        out.push_str(gone);
        out.push_str("-]");
    }
    if !come.is_empty() {
        out.push_str("{+");
        out.push_str(come);
        out.push_str("+}");
    }
    out.push_str(&old[old.len() - shared.back..]);
}

/// The two lines that were written as one.
pub fn read(text: &str) -> Option<(String, String)> {
    let at = match (text.find("[-"), text.find("{+")) {
        (Some(gone), Some(come)) => gone.min(come),
        (gone, come) => gone.or(come)?,
    };
    let (front, mut rest) = text.split_at(at);
    let (mut gone, mut come) = ("", "");
    if let Some(inner) = rest.strip_prefix("[-") {
        (gone, rest) = inner.split_once("-]")?;
    }
    if let Some(inner) = rest.strip_prefix("{+") {
        (come, rest) = inner.split_once("+}")?;
    }
    Some((format!("{front}{gone}{rest}"), format!("{front}{come}{rest}")))
}

/// Where two lines differ only in that a word became another one, wherever it stands: both words.
pub fn renamed<'t>(old: &'t str, new: &'t str) -> Option<(&'t str, &'t str)> {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let front = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (from, to) = (word_at(old, front)?, word_at(new, front)?);
    is_renaming(old, new, from, to).then_some((from, to))
}

/// Whether `new` is `old` with every whole `from` replaced.
pub fn is_renaming(old: &str, new: &str, from: &str, to: &str) -> bool {
    let (mut at, mut rest) = (0, new);
    for (found, _) in old.match_indices(from) {
        if found < at || is_inside_name(old, found) || is_inside_name(old, found + from.len()) {
            continue;
        }
        let Some(behind) = rest.strip_prefix(&old[at..found]).and_then(|rest| rest.strip_prefix(to)) else {
            return false;
        };
        rest = behind;
        at = found + from.len();
    }
    at > 0 && rest == &old[at..]
}

fn is_inside_name(text: &str, at: usize) -> bool {
    is_inside(text, at)
}

/// The word around a place.
fn word_at(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let start = bytes[..at.min(bytes.len())].iter().rposition(|&byte| !is_word(byte)).map_or(0, |found| found + 1);
    let end = bytes[start..].iter().position(|&byte| !is_word(byte)).map_or(bytes.len(), |offset| start + offset);
    (end > start && end >= at).then(|| &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_words_that_changed_are_marked() {
        let (old, new) = ("    return (const char*)ctx->cmd->name;", "    return (const char*)ctx->cmd->fullname;");
        let mut out = String::new();
        write(&mut out, old, new, shared(old, new).unwrap());
        assert_eq!(out, "    return (const char*)ctx->cmd->[-name-]{+fullname+};");
        assert_eq!(shared("abc", "abd"), None);
        assert_eq!(
            shared("x = a[-1] and much more text that is the same", "x = b[-1] and much more text that is the same"),
            None
        );
    }

    #[test]
    fn renames_are_told_from_other_changes() {
        assert_eq!(renamed("f(old, old.x)", "f(new1, new1.x)"), Some(("old", "new1")));
        assert_eq!(renamed("f(old, old.x)", "f(new1, old.x)"), None);
        assert_eq!(renamed("f(old, older)", "f(new1, older)"), Some(("old", "new1")));
        assert_eq!(renamed("", "x"), None);
    }

    proptest! {
        #[test]
        fn a_pair_can_be_read_back(front in "[ -~é]{0,40}", old in "[ -~]{0,9}", new in "[ -~ü]{0,9}", back in "[ -~é]{0,40}") {
            let (old, new) = (format!("{front}{old}{back}"), format!("{front}{new}{back}"));
            if let Some(found) = shared(&old, &new) {
                let mut out = String::new();
                write(&mut out, &old, &new, found);
                prop_assert_eq!(read(&out), Some((old, new)));
            }
        }

        #[test]
        fn nothing_breaks_the_reader(text in "[-+{}\\[\\]aé]{0,20}") {
            read(&text);
            renamed(&text, "[-a-]{+é+}");
            shared(&text, "a-]{+é+}");
        }
    }
}
