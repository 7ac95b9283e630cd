//! A lossless form in, the text out, byte for byte: the inverse of `fold`, whose grammar it reads.

use std::collections::HashMap;

use crate::json::string;

use super::fold::{HEAD, SIGNS};

/// Bytes that a form may expand to, per byte of its own; guards against hostile references.
const MAX_GROWTH: usize = 4_000;

/// The text that a form stands for; `None` if `text` is none.
pub fn unfold(text: &str) -> Option<String> {
    let (head, rest) = text.split_once('\n')?;
    let said = head.strip_prefix(HEAD)?.split_once("; ")?.1;
    let sign = SIGNS.into_iter().find(|sign| said.starts_with(sign))?;
    let limit = (text.len() + 1_000).saturating_mul(MAX_GROWTH).min(1 << 32);
    let mut blocks: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut out = String::with_capacity(rest.len() * 2);
    let mut at = 0;
    while at < rest.len() {
        let next = memchr::memmem::find(&rest.as_bytes()[at..], sign.as_bytes()).map_or(rest.len(), |found| at + found);
        out.push_str(&rest[at..next]);
        if next == rest.len() {
            break;
        }
        let line_end = next + rest[next..].find('\n')?;
        let line = &rest[next + sign.len()..line_end];
        at = line_end + 1;
        if let Some(name) = line.strip_suffix('=').filter(|name| !name.contains(' ')) {
            let (template, behind) = definition(&rest[at..], sign)?;
            blocks.insert(name, template.split(sign).collect());
            at += behind;
            continue;
        }
        let row = match line.strip_prefix('+') {
            Some(row) => {
                // The break before it is the form's own.
                (out.pop()? == '\n').then_some(())?;
                row
            }
            None => line,
        };
        let (name, values) = row.split_once(' ').map_or((row, None), |(name, values)| (name, Some(values)));
        fill(blocks.get(name)?, values, &mut out)?;
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

/// The template at the beginning of `rest`, and where what is behind it begins.
fn definition<'a>(rest: &'a str, sign: &str) -> Option<(&'a str, usize)> {
    let mut at = 0;
    loop {
        let end = rest[at..].find('\n').map(|found| at + found)?;
        let line = &rest[at..end];
        if line.strip_suffix('.') == Some(sign) {
            return Some((&rest[..at], end + 1));
        }
        if line.strip_suffix('-') == Some(sign) {
            return Some((&rest[..at.checked_sub(1)?], end + 1));
        }
        at = end + 1;
    }
}

fn fill(parts: &[&str], values: Option<&str>, out: &mut String) -> Option<()> {
    let (first, rest) = parts.split_first()?;
    out.push_str(first);
    let mut values = values;
    for part in rest {
        let left = values?;
        if left.starts_with('"') {
            let (end, _) = string::scan(left.as_bytes(), 1)?;
            out.push_str(&string::decode(&left.as_bytes()[1..end])?);
            values = match left.as_bytes().get(end + 1) {
                None => None,
                Some(b',') => Some(&left[end + 2..]),
                Some(_) => return None,
            };
        } else {
            let end = memchr::memchr(b',', left.as_bytes());
            out.push_str(&left[..end.unwrap_or(left.len())]);
            values = end.map(|end| &left[end + 1..]);
        }
        out.push_str(part);
    }
    values.is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::fold::fold;
    use crate::markup::Language;

    #[test]
    fn folded_text_unfolds_byte_for_byte() {
        let packages: String = (0..9)
            .map(|n| format!("[[package]]\nname = \"p{n}\"\nversion = \"1.{n}, x\"\nsource = \"registry\"\n\n"))
            .collect();
        let items: String = (0..9).map(|n| format!("- name: n{n}\n  image: \"a,{n}\"\n  on: yes\n")).collect();
        let tags: String =
            (0..9).map(|n| format!("<item kind=\"{n}\"><title lang=\"en\">x\n{n}</title></item>")).collect();
        for (text, language) in [
            (packages, Language::Toml),
            (format!("items:\n{items}"), Language::Yaml),
            (format!("<r>{tags}</r>"), Language::Xml),
        ] {
            let form = fold(&text, language).unwrap();
            assert!(form.len() < text.len() * 2 / 3, "{form}");
            assert_eq!(unfold(&form).as_deref(), Some(text.as_str()), "{form}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for text in [
            "",
            "#markup yaml",
            "#markup yaml; ~A is\n~B 1\n",
            "#markup yaml; ~A is\n~A=\nx: ~\n",
            "#markup yaml; ~A is\n~A=\nx: ~\n~.\n~A\n",
            "#markup yaml; ~A is\n~A=\nx\n~.\n~A 1\n",
            "#markup yaml; ~A is\n~A=\nx: ~\n~.\n~A \"1\n",
        ] {
            assert_eq!(unfold(text), None, "{text:?}");
        }
    }
}
