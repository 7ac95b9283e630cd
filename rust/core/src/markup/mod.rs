//! YAML, TOML, XML, INI and records of one field a line in, smaller text out.
//!
//! The lossless form is the text itself with blocks that are built alike said once (`fold.rs`); `expand` gives it back byte
//! for byte, comments and all. The lossy view is made of the parsed tree by the JSON module: the same records by the same
//! evidence, in the same notation.

mod commits;
mod flow;
mod fold;
mod ini;
mod pieces;
mod sniff;
mod stanza;
mod toml;
mod tree;
mod unfold;
mod xml;
mod yaml;

use crate::json::select::Budget;
use crate::json::Document;
use crate::text::{Drafts, Lines, Task, View};
pub use sniff::score;
use tree::{Builder, Mark};
pub use unfold::unfold as expand;

/// Lines shown at most because the question names what only they say, and bytes of each.
const MAX_NAMED_LINES: usize = 5;
const MAX_NAMED_BYTES: usize = 300;

/// A language of structured text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Yaml,
    Toml,
    Xml,
    Ini,
    Records,
    Commits,
}

impl Language {
    const ALL: [Language; 5] = [Language::Xml, Language::Toml, Language::Yaml, Language::Ini, Language::Records];

    pub fn name(self) -> &'static str {
        match self {
            Language::Yaml => "yaml",
            Language::Toml => "toml",
            Language::Xml => "xml",
            Language::Ini => "ini",
            Language::Records => "records",
            Language::Commits => "commits",
        }
    }

    /// Reads a text of this language into a tree.
    fn parse(self, text: &str, tree: &mut Builder) -> Option<()> {
        match self {
            Language::Yaml => yaml::parse(text, tree),
            Language::Toml => toml::parse(text, tree),
            Language::Xml => xml::parse(text, tree),
            Language::Ini => ini::parse(text, tree),
            Language::Records => stanza::parse(text, tree),
            // A history is read for its view alone.
            Language::Commits => None,
        }
    }
}

/// The drafts of a text; none where it is no markup that is understood.
pub fn compress(task: &Task) -> Drafts {
    // Offsets have 32 bits, and the tree as JSON may be longer than its text.
    if task.text.len() >= u32::MAX as usize / 8 || task.text.starts_with(fold::HEAD) {
        return Drafts::default();
    }
    let (language, lossy) = match (task.key, sniff::language(task.text)) {
        // The form is read back as text, so that the values need not be known.
        (None, Some(language)) => (language, None),
        (Some(key), Some(Language::Commits)) => (Language::Commits, commits::view(task, key)),
        (key, _) => {
            let Some((language, tree)) = read(task.text) else { return Drafts::default() };
            (language, key.and_then(|key| view(task, language, tree, key)))
        }
    };
    if lossy.as_ref().is_some_and(|view| task.is_clear(&view.text)) {
        return Drafts { lossy, lossless: None };
    }
    let folded = fold::fold(task.text, language).filter(|form| form.len() < task.text.len());
    Drafts { lossy, lossless: folded.filter(|form| unfold::unfold(form).as_deref() == Some(task.text)) }
}

/// The values of a text as JSON, and the language it is in; `None` if it is no markup that is understood.
pub fn as_json(text: &str) -> Option<(Language, String)> {
    let (language, tree) = read(text)?;
    Some((language, tree.finish()?.0))
}

/// Which language a text is in, and its tree: first what it looks like, then what it parses as.
fn read(text: &str) -> Option<(Language, Builder)> {
    let likely = sniff::language(text);
    let rest = Language::ALL.into_iter().filter(|language| Some(*language) != likely);
    likely.into_iter().chain(rest).find_map(|language| {
        let mut tree = Builder::with_capacity(text.len());
        language.parse(text, &mut tree).filter(|()| tree.keys > 0).map(|()| (language, tree))
    })
}

/// The lossy view, as the JSON module makes it.
fn view(task: &Task, language: Language, tree: Builder, key: &str) -> Option<View> {
    let (json, marks) = tree.finish()?;
    let document = Document::read(&json, task.question, task.call)?;
    let lossy = document.lossy(key, Budget { deep: task.deep, target_ratio: task.target_ratio })?;
    let (_, body) = lossy.text.split_once('\n')?;
    let mut text = crate::text::marker(language.name(), lossy.shown, lossy.total, "rows", key) + body;
    add_named(task, &mut text);
    let mut starts: Vec<(u32, &'static str)> =
        document.kept(&lossy).into_iter().map(|(at, why)| (source_at(&marks, at), why)).collect();
    starts.sort_unstable_by_key(|start| start.0);
    let (shown, total) = (lossy.shown, lossy.total);
    let kept = numbered(task.text, &starts);
    let dropped = lossy.account(&json).1;
    Some(View { text, shown, total, kept, dropped })
}

/// Adds the lines that the question names and the values do not show: comments, and what was said in one word.
fn add_named(task: &Task, view: &mut String) {
    if task.question.is_empty() {
        return;
    }
    let lines = Lines::of(task.text);
    for hit in lines.named(task.question, "").into_iter().take(MAX_NAMED_LINES) {
        let line = lines.line(hit.node as usize);
        let word = line.get(hit.offset as usize..).unwrap_or(line);
        let end = word.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(word.len());
        if memchr::memmem::find(view.as_bytes(), &word.as_bytes()[..end]).is_some() {
            continue;
        }
        let bare = line.trim();
        let mut end = bare.len().min(MAX_NAMED_BYTES);
        while !bare.is_char_boundary(end) {
            end -= 1;
        }
        if !view.ends_with('\n') {
            view.push('\n');
        }
        view.push_str(&format!("line {}: {}\n", hit.node + 1, &bare[..end]));
    }
}

/// Where in the source a place in the JSON text was said.
fn source_at(marks: &[Mark], json: u32) -> u32 {
    let next = marks.partition_point(|mark| mark.json <= json);
    marks.get(next.saturating_sub(1)).map_or(0, |mark| mark.source)
}

/// Places in a text, in order, as numbers of lines.
fn numbered(text: &str, places: &[(u32, &'static str)]) -> Vec<(u32, &'static str)> {
    let bytes = text.as_bytes();
    let (mut line, mut from) = (1u32, 0usize);
    let mut lines = Vec::with_capacity(places.len());
    for &(at, why) in places {
        let to = (at as usize).min(bytes.len());
        line += memchr::memchr_iter(b'\n', &bytes[from..to]).count() as u32;
        from = to;
        lines.push((line, why));
    }
    lines
}
