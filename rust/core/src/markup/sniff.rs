//! Text in, how surely it is markup, and of which language, out.
//!
//! The first thing said decides which parser may try; what it makes of the beginning of the text decides how surely.

use super::ini::{self, Line};
use super::stanza::{self, Style};
use super::tree::Builder;
use super::{flow, fold, Language};

/// Bytes of which a text is parsed whole for its score; of longer ones as many from the beginning, in whole lines.
const PROBED_BYTES: usize = 12_288;
/// Keys that a text must have to be taken for markup, and those with which it is surely so.
const MIN_KEYS: u32 = 4;
const MANY_KEYS: u32 = 10;
/// Scores: nested or with many keys; with few; and flat lists of settings, which other things may look like.
const SURE: f64 = 0.95;
const LIKELY: f64 = 0.7;
const FLAT: f64 = 0.5;

/// How surely a text is markup of one of the languages, 0 to 1. Time is bounded, whatever the size of the text.
pub fn score(text: &str) -> f64 {
    if text.starts_with(fold::HEAD) {
        return 0.0;
    }
    let Some(language) = language(text) else { return 0.0 };
    if language == Language::Xml {
        return xml_score(text);
    }
    if language == Language::Commits {
        return SURE;
    }
    let probe = probe(text);
    let mut tree = Builder::default();
    // A long text may break off within a value: then its last lines are left out of the probe.
    if language.parse(probe, &mut tree).is_none() {
        let shorter = match probe.len() < text.len() {
            true => last_beginning(probe, language),
            false => return 0.0,
        };
        tree = Builder::default();
        if language.parse(shorter, &mut tree).is_none() {
            return 0.0;
        }
    }
    let (keys, depth) = (tree.keys, tree.depth);
    if keys < MIN_KEYS || !goes_on(text, probe.len(), language) {
        return 0.0;
    }
    if language == Language::Yaml && is_list_of_words(probe)
        || language == Language::Ini && depth < 2 && !is_flat(probe)
    {
        return 0.0;
    }
    match language {
        Language::Yaml if depth < 2 && tree.documents() < 2 => FLAT,
        Language::Ini if depth < 2 => FLAT,
        _ if keys >= MANY_KEYS => SURE,
        _ => LIKELY,
    }
}

/// The language a text seems to be in, by its first lines.
pub fn language(text: &str) -> Option<Language> {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    if text.starts_with('<') {
        return root_of(text).map(|_| Language::Xml);
    }
    if text.starts_with(['{', '(', '"']) {
        return None;
    }
    match Style::of(probe(text)) {
        Some(Style::Commits) => return Some(Language::Commits),
        Some(_) => return Some(Language::Records),
        None => {}
    }
    let mut toml = 0;
    let mut ini = 0;
    let mut yaml = 0;
    for line in probe(text).lines().filter(|line| !line.trim().is_empty()).take(40) {
        let bare = line.trim();
        if bare.starts_with('#') {
            continue;
        }
        match ini::read_line(line) {
            Line::Section(name) if !line.starts_with(' ') && !name.contains(['{', ',']) => {
                toml += 1;
                ini += 1;
                continue;
            }
            Line::Pair(key, value) if !bare.starts_with("- ") && is_name(key) => {
                let is_equals = bare[key.len()..].trim_start().starts_with('=');
                ini += i32::from(is_equals);
                if is_equals && is_toml_value(value) {
                    toml += 1;
                }
                if is_equals {
                    continue;
                }
            }
            Line::Blank => continue,
            _ => {}
        }
        let item = bare.trim_start_matches("- ");
        yaml += i32::from(
            bare == "---" || !item.is_empty() && flow::key_end(item).is_some_and(|end| is_key(&item[..end.0])),
        );
    }
    let most = toml.max(ini).max(yaml);
    match most {
        0 => None,
        _ if yaml == most => Some(Language::Yaml),
        _ if toml == ini => Some(Language::Toml),
        _ => Some(Language::Ini),
    }
}

/// Whether most items of a list are words: some of them may have a colon.
fn is_list_of_words(probe: &str) -> bool {
    let items = || probe.lines().filter_map(|line| line.strip_prefix("- ")).filter(|item| !item.is_empty());
    let is_keyed = |item: &str| flow::key_end(item).is_some_and(|end| is_key(&item[..end.0]));
    2 * items().filter(|item| is_keyed(item)).count() < items().count()
}

/// Whether settings without sections are nothing but that: code assigns, too.
fn is_flat(probe: &str) -> bool {
    probe.lines().all(|line| match ini::read_line(line) {
        Line::Pair(key, value) => {
            !key.trim_start_matches("export ").contains(' ')
                && !line.starts_with([' ', '\t'])
                && !value.ends_with([';', '{', '(', '['])
        }
        Line::Blank => true,
        Line::Section(_) | Line::Other => false,
    })
}

/// A key as programs have them: not the beginning of a sentence.
fn is_key(key: &str) -> bool {
    key.starts_with(['"', '\'']) || key.len() <= 80 && !key.contains([' ', '(', ')', ';']) || key == "<<"
}

fn is_name(key: &str) -> bool {
    let key = key.strip_prefix("export ").unwrap_or(key);
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./%@*$ ".contains(&byte)) && key.split(' ').count() <= 3
}

fn is_toml_value(value: &str) -> bool {
    value.starts_with(['"', '\'', '[', '{', '+', '-'])
        || value.starts_with("true")
        || value.starts_with("false")
        || value.starts_with(|first: char| first.is_ascii_digit())
}

/// The beginning of a text in whole lines.
fn probe(text: &str) -> &str {
    if text.len() <= PROBED_BYTES {
        return text;
    }
    let end = memchr::memrchr(b'\n', &text.as_bytes()[..PROBED_BYTES]).map_or(0, |end| end + 1);
    &text[..end]
}

/// A probe up to where its last block at the left margin begins.
fn last_beginning(probe: &str, language: Language) -> &str {
    let is_beginning = |line: &str| match language {
        Language::Records => true,
        Language::Yaml => line.starts_with(|first: char| first.is_alphanumeric() || "-\"'_".contains(first)),
        _ => line.starts_with(|first: char| first.is_alphanumeric() || first == '['),
    };
    let mut end = probe.len();
    while let Some(at) = memchr::memrchr(b'\n', &probe.as_bytes()[..end.saturating_sub(1)]) {
        if is_beginning(&probe[at + 1..]) {
            return &probe[..at + 1];
        }
        end = at + 1;
    }
    ""
}

/// Whether a text goes on behind its probe as it began: some of its lines are looked at.
fn goes_on(text: &str, from: usize, language: Language) -> bool {
    if from >= text.len() {
        return true;
    }
    let step = ((text.len() - from) / 24).max(1);
    let style = if language == Language::Records { Style::of(probe(text)) } else { None };
    let (mut fits, mut all) = (0, 0);
    for ordinal in 0..24 {
        let mut at = (from + ordinal * step).min(text.len());
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let near = &text.as_bytes()[at..text.len().min(at + 1_024)];
        let Some(start) = memchr::memchr(b'\n', near).map(|found| at + found + 1) else { continue };
        let near = &text.as_bytes()[start..text.len().min(start + 512)];
        let end = start + memchr::memchr(b'\n', near).unwrap_or(near.len());
        let Some(line) = text.get(start..end) else { continue };
        let bare = line.trim();
        if bare.is_empty() {
            continue;
        }
        all += 1;
        let item = bare.trim_start_matches("- ");
        let is_deeper = line.starts_with([' ', '\t']);
        let fit = match language {
            _ if style.is_some_and(|style| style.read(line) == stanza::Line::Other) => false,
            Language::Records => true,
            Language::Yaml => {
                is_deeper
                    || bare.starts_with(['-', '#'])
                    || flow::key_end(item).is_some_and(|end| is_key(&item[..end.0]))
            }
            _ => is_deeper || bare.starts_with([']', '}', '"']) || ini::read_line(line) != Line::Other,
        };
        fits += u32::from(fit);
    }
    fits * 10 >= all * 9
}

/// Elements of pages, which are read as pages, and of reports, which are read as reports.
const OTHERS: [&str; 27] = [
    "html",
    "head",
    "body",
    "div",
    "span",
    "p",
    "a",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "h3",
    "script",
    "style",
    "section",
    "article",
    "main",
    "nav",
    "header",
    "footer",
    "testsuite",
    "testsuites",
    "testcase",
];

/// The name of the root of a text that begins with `<`, if it begins as XML does.
fn root_of(text: &str) -> Option<&str> {
    let mut rest = text;
    // What may stand before the root.
    for _ in 0..16 {
        let behind = match rest {
            _ if rest.starts_with("<?") => rest.find("?>").map(|end| end + 2),
            _ if rest.starts_with("<!--") => rest.find("-->").map(|end| end + 3),
            _ if rest.starts_with("<!DOCTYPE") => rest.find('>').map(|end| end + 1),
            _ => break,
        };
        rest = rest[behind?..].trim_ascii_start();
    }
    let name = rest.strip_prefix('<')?.split([' ', '\t', '\r', '\n', '>', '/']).next()?;
    let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    (is_name && name.len() <= 80 && !OTHERS.contains(&name.to_ascii_lowercase().as_str())).then_some(name)
}

/// How surely a text that begins as XML is such: it ends with the tag of its root, as what a program prints between tags
/// of its own need not, and there are tags enough in what is between.
fn xml_score(text: &str) -> f64 {
    let trimmed = text.trim_start_matches('\u{feff}').trim_ascii();
    let bytes = trimmed.as_bytes();
    let head = &bytes[..bytes.len().min(PROBED_BYTES)];
    let tags = memchr::memchr_iter(b'<', head).count();
    if tags < 4 || head.len() / tags > 400 {
        return 0.0;
    }
    let tail = &bytes[bytes.len().saturating_sub(400)..];
    let closes_root = || {
        let (at, root) = (memchr::memmem::rfind(tail, b"</")?, root_of(trimmed)?);
        let name = tail[at + 2..].strip_suffix(b">")?.trim_ascii_end();
        (name == root.as_bytes()).then_some(())
    };
    if !tail.ends_with(b"-->") && closes_root().is_none() {
        return 0.0;
    }
    let mut tree = Builder::default();
    if text.len() <= PROBED_BYTES && Language::Xml.parse(text, &mut tree).is_none() {
        return 0.0;
    }
    if tags >= 8 {
        SURE
    } else {
        LIKELY
    }
}
