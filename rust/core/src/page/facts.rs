//! What a page says of itself in its head and in JSON-LD, as far as its text lacks it.

use memchr::memmem;

use super::tags::Tag;
use super::tree::Tree;

/// Bytes of a fact that are shown.
const MAX_BYTES: usize = 240;
/// Bytes behind `"author"` in which a name is looked for.
const MAX_NEAR: usize = 300;

/// Names in `meta` elements, and what they tell.
const META: [(&str, &str); 12] = [
    ("author", "author"),
    ("article:author", "author"),
    ("article:published_time", "published"),
    ("date", "published"),
    ("citation_publication_date", "published"),
    ("datepublished", "published"),
    ("article:modified_time", "modified"),
    ("product:price:amount", "price"),
    ("product:price:currency", "currency"),
    ("description", "description"),
    ("og:description", "description"),
    ("twitter:description", "description"),
];

/// Keys of JSON-LD, and what they tell.
const LINKED: [(&str, &str); 10] = [
    ("headline", "headline"),
    ("datePublished", "published"),
    ("dateModified", "modified"),
    ("author", "author"),
    ("price", "price"),
    ("lowPrice", "price"),
    ("priceCurrency", "currency"),
    ("availability", "availability"),
    ("ratingValue", "rating"),
    ("reviewCount", "reviews"),
];

/// The title of a page.
pub fn title(tree: &Tree) -> Option<String> {
    let at = (0..tree.len()).find(|&at| tree.node(at).tag == Tag::Title && !is_drawn(tree, at))?;
    Some(tree.line_of(at, 400)).filter(|title| !title.is_empty())
}

/// What a title says beside a heading that it begins or ends with: mostly the name of the site.
pub fn beside<'t>(title: &'t str, heading: &str) -> Option<&'t str> {
    let is_sign = |each: char| each.is_whitespace() || "—–-|·:•»«/".contains(each);
    if title == heading {
        return Some("");
    }
    let behind = title.strip_prefix(heading).filter(|rest| rest.starts_with(is_sign));
    let before = || title.strip_suffix(heading).filter(|rest| rest.ends_with(is_sign));
    behind.or_else(before).map(|rest| rest.trim_matches(is_sign))
}

/// Titles of drawings are no titles of the page.
fn is_drawn(tree: &Tree, at: u32) -> bool {
    tree.node(tree.node(at).parent).tag == Tag::Svg
}

/// What else the page says of itself, one fact of a kind, that `shown` does not hold.
pub fn gather(tree: &Tree, shown: &str, is_article: bool) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    let mut add = |name: &'static str, value: String| {
        let value = shortened(&value);
        let is_new = facts.iter().all(|(known, _)| *known != name);
        if is_new && !value.is_empty() && !value.contains("://") {
            facts.push((name, value));
        }
    };
    for at in 0..tree.len() {
        match tree.node(at).tag {
            Tag::Script if is_linked(tree, at) => {
                let content = (at + 1..tree.node(at).end).map(|text| tree.raw(text)).next().unwrap_or("");
                LINKED.iter().for_each(|(key, name)| {
                    if let Some(value) = linked(content, key) {
                        add(name, value);
                    }
                });
            }
            Tag::Meta => {
                if let Some((name, value)) = meta(tree, at) {
                    add(name, value);
                }
            }
            _ => {}
        }
    }
    // What a description says, the article says.
    let is_told = |name: &str, value: &str| is_article && name == "description" || holds(shown, value);
    facts.retain(|(name, value)| !is_told(name, value));
    facts
}

/// Whether a text holds a fact: most of its words in a row, whatever it ends with.
fn holds(shown: &str, value: &str) -> bool {
    let mut end = value.len().min(60);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    shown.contains(value[..end].trim_end())
}

fn shortened(value: &str) -> String {
    let mut line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_time = line.len() > 10 && line.as_bytes()[10] == b'T' && line.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    let mut end = line.len().min(if is_time { 10 } else { MAX_BYTES });
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

fn meta(tree: &Tree, at: u32) -> Option<(&'static str, String)> {
    let key = ["name", "property", "itemprop"].iter().find_map(|name| tree.attribute(at, name))?;
    let (_, name) = META.iter().find(|(known, _)| key.eq_ignore_ascii_case(known))?;
    Some((name, tree.attribute(at, "content")?.into_owned()))
}

fn is_linked(tree: &Tree, at: u32) -> bool {
    tree.attribute(at, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/ld+json"))
}

/// The first value of a key, a text or a number; of `author` the name of whoever it is.
fn linked(content: &str, key: &str) -> Option<String> {
    let found = memmem::find(content.as_bytes(), format!("\"{key}\"").as_bytes())?;
    let rest = content[found + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start();
    if rest.starts_with(['{', '[']) {
        let mut end = rest.len().min(MAX_NEAR);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        return if key == "author" { linked(&rest[..end], "name") } else { None };
    }
    match rest.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.find('"').filter(|end| *end <= MAX_BYTES)?;
            let value = quoted[..end].rsplit("schema.org/").next().unwrap_or("");
            Some(super::entities::decoded(value).into_owned())
        }
        None => {
            let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
            (length > 0).then(|| rest[..length].to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn a_title_is_told_from_the_heading_it_repeats() {
        assert_eq!(beside("Usage - Tool Documentation", "Usage"), Some("Tool Documentation"));
        assert_eq!(beside("Site: Usage", "Usage"), Some("Site"));
        assert_eq!(beside("Usage", "Usage"), Some(""));
        assert_eq!(beside("Usages - Tool", "Usage"), None);
        assert_eq!(beside("Tool", "Usage"), None);
    }
}
