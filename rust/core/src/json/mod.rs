//! JSON in, smaller text out.

pub mod cell;
pub mod embed;
pub mod evidence;
pub mod knee;
pub mod minify;
pub mod parse;
pub mod paths;
pub mod query;
pub mod read;
pub mod select;
pub mod share;
pub mod string;
pub mod style;
pub mod summary;
pub mod table;
pub mod view;
pub mod write;

use evidence::{Evidence, Why};
use parse::Tree;
use paths::Paths;
use query::{Named, Query};
use select::{Budget, Selection};
use write::Writer;

/// How surely a text is JSON, NDJSON, or JSON that was cut off, by its two ends: 0 to 1. Takes
/// constant time; a wrong guess costs a parse that fails.
pub fn score(text: &str) -> f64 {
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    let (close, inner) = match text.as_bytes().split_first() {
        Some((b'{', inner)) => (b'}', inner.trim_ascii_start()),
        Some((b'[', inner)) => (b']', inner.trim_ascii_start()),
        _ => return 0.0,
    };
    let begins_well = match inner.first() {
        Some(b'"') => true,
        Some(byte) if *byte == close => true,
        Some(b'{' | b'[') => close == b']',
        Some(_) => close == b']' && begins_with_scalar(inner),
        None => false,
    };
    match (begins_well, text.as_bytes().last()) {
        (false, _) => 0.0,
        (true, Some(last)) if *last == close => 1.0,
        (true, _) => 0.6,
    }
}

/// Whether an array goes on behind a number or a word of JSON's, or ends there: `[1] a remark` and `[INFO] a line` do not.
fn begins_with_scalar(inner: &[u8]) -> bool {
    const MAX_BYTES: usize = 400;
    let inner = &inner[..inner.len().min(MAX_BYTES)];
    let end = inner.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte)));
    let Some(end) = end else { return true };
    let scalar = &inner[..end];
    let is_number = scalar.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    let is_word = [&b"true"[..], b"false", b"null", b"NaN", b"Infinity"].contains(&scalar);
    let rest = inner[end..].trim_ascii_start();
    let goes_on = match rest.split_first() {
        Some((b',', _)) | None => true,
        Some((b']', rest)) => {
            let behind = rest.iter().find(|byte| !b" \t".contains(byte));
            matches!(behind, None | Some(b'\n' | b'\r'))
        }
        _ => false,
    };
    (is_number || is_word) && goes_on
}

/// A parsed text with what is evident in it and what its question names: what both forms are made of.
pub struct Document<'a> {
    tree: Tree<'a>,
    paths: Paths,
    named: Named,
    evidence: Evidence,
}

impl<'a> Document<'a> {
    /// Reads a text; `None` if it is not JSON. `call` is the text of the tool call that it answers.
    pub fn read(text: &'a str, question: &str, call: &str) -> Option<Self> {
        let tree = Tree::parse(text)?;
        let paths = Paths::new(&tree);
        let named = Query::new(question, call).find(&tree, &paths);
        let evidence = Evidence::gather(&tree, &paths, &named.paths);
        Some(Self { tree, paths, named, evidence })
    }

    /// The shortest form from which `expand` gives back the same values. What the question names, and
    /// what is evident, stands literally.
    pub fn lossless(&self) -> Option<String> {
        let minified = minify::document(&self.tree);
        if self.tree.max_depth <= parse::MAX_DEPTH {
            let view = self.lossless_view()?;
            if view.len() < minified.len() && read::expand(&view).as_deref() == Some(&minified) {
                return Some(view);
            }
        }
        String::from_utf8(minified).ok()
    }

    /// The lossless view, not yet compared with what it must expand to.
    pub fn lossless_view(&self) -> Option<String> {
        let literal = select::literal_rows(&self.tree, &self.named, &self.evidence);
        self.write(write::Mode::Lossless(&literal))
    }

    /// A lossy view under a marker line; `None` if the text is nested too deep.
    pub fn lossy(&self, key: &str, budget: Budget) -> Option<Lossy> {
        if self.tree.max_depth > parse::MAX_DEPTH {
            return None;
        }
        let selection = select::select(&self.tree, &self.paths, &self.named, &self.evidence, budget);
        if selection.total == 0 {
            // Nothing but long texts to cut: they are what the call was for.
            return None;
        }
        let view = self.write(write::Mode::Lossy(&selection.view))?;
        let marker = format!("[headroom json {}/{} rows key={key}]", selection.shown, selection.total);
        let Selection { notes, dropped, shown, total, .. } = selection;
        Some(Lossy { text: format!("{marker}\n{view}"), shown, total, notes, dropped })
    }

    /// Where in the text the values stand that a view shows for a reason, with the reasons.
    pub fn kept(&self, lossy: &Lossy) -> Vec<(u32, &'static str)> {
        let source = self.tree.source.len() as u32;
        let place = |mut node: u32| {
            // What is embedded in a string stands where the string does.
            while self.tree.node(node).start >= source && self.tree.node(node).parent != u32::MAX {
                node = self.tree.node(node).parent;
            }
            self.tree.node(node).start
        };
        lossy.notes.iter().map(|&(node, why)| (place(node), why.text())).collect()
    }

    /// The same by the numbers of lines, from 1, in order.
    pub fn lines_shown(&self, lossy: &Lossy) -> Vec<(u32, &'static str)> {
        let mut kept = self.kept(lossy);
        kept.sort_unstable();
        let (mut line, mut from) = (1, 0);
        for (start, _) in &mut kept {
            let to = *start as usize;
            line += memchr::memchr_iter(b'\n', &self.tree.source[from..to]).count() as u32;
            from = to;
            *start = line;
        }
        kept
    }

    fn write(&self, mode: write::Mode) -> Option<String> {
        let mut writer = Writer::new(&self.tree, &self.paths, mode);
        writer.document();
        let spans = std::mem::take(&mut writer.spans);
        let view = share::share(&writer.out, spans).unwrap_or(writer.out);
        String::from_utf8(view).ok()
    }
}

/// The lossless form of a text; see `Document`.
pub fn lossless(text: &str, question: &str, call: &str) -> Option<String> {
    Document::read(text, question, call)?.lossless()
}

/// A lossy view of a text; see `Document`.
pub fn lossy(text: &str, question: &str, call: &str, key: &str, budget: Budget) -> Option<Lossy> {
    Document::read(text, question, call)?.lossy(key, budget)
}

/// The values of a lossless form as minified JSON; `None` if `text` is none, or is JSON already.
pub fn expand(text: &str) -> Option<String> {
    let is_json = Tree::parse(text).is_some_and(|tree| tree.cut.is_none());
    if is_json {
        return None;
    }
    String::from_utf8(read::expand(text)?).ok()
}

/// A lossy view.
pub struct Lossy {
    pub text: String,
    /// Items of the main collection that are shown, and that there are.
    pub shown: usize,
    pub total: usize,
    notes: Vec<(u32, Why)>,
    dropped: Vec<(u32, usize)>,
}

/// Places with the reasons why they are shown, and places with the number of items left out.
pub type Account = (Vec<(String, &'static str)>, Vec<(String, usize)>);

impl Lossy {
    /// What is shown and why, and what is left out; `text` is the text that was crushed.
    pub fn account(&self, text: &str) -> Account {
        let Some(tree) = Tree::parse(text) else {
            return Account::default();
        };
        let notes = self.notes.iter().map(|&(node, why)| (select::place_of(&tree, node), why.text())).collect();
        let dropped = self.dropped.iter().map(|&(node, count)| (select::place_of(&tree, node), count)).collect();
        (notes, dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_tells_json_from_what_merely_begins_alike() {
        for text in ["{}", "[]", " [1, 2]", "{\"a\": 1}\n{\"a\": 2}", "[{\"a\": 1}]", "\u{feff}{\"a\": 1}"] {
            assert_eq!(score(text), 1.0, "{text}");
        }
        assert_eq!(score("[{\"a\": \"cut of"), 0.6);
        for text in ["", "plain", "[WARN] disk full]", "{ code }", "[", "{:}"] {
            assert_eq!(score(text), 0.0, "{text}");
        }
    }
}
