//! What stands within a line: marks, code, powers, anchors, images, formulas and fields of forms.

use super::tags::Tag;
use super::tree::Tree;
use super::write::{Ending, Gap, Writer};

/// Words from which what an image shows is worth telling.
const MIN_ALT_WORDS: usize = 3;
/// Choices of a form that are told.
const MAX_OPTIONS: usize = 8;

impl Writer<'_, '_> {
    /// What can be filled in: its name, its type or what can be chosen.
    pub(super) fn field(&mut self, at: u32) {
        let tree = self.page.tree;
        let told = |name: &str| tree.attribute(at, name).map(|value| value.into_owned()).unwrap_or_default();
        let kind = told("type");
        if kind == "hidden" {
            return;
        }
        let options = (at + 1..tree.node(at).end).filter(|&each| tree.node(each).tag == Tag::Option);
        let mut parts: Vec<String> = [told("name"), kind, told("placeholder"), told("value")].into();
        parts.extend(options.clone().take(MAX_OPTIONS).map(|each| tree.line_of(each, 60)));
        parts.retain(|part| !part.is_empty());
        let more = options.count().saturating_sub(MAX_OPTIONS);
        if more > 0 {
            parts.push(format!("+{more}"));
        }
        self.gap = self.gap.max(Gap::Space);
        self.words(&format!("[{}]", parts.join(", ")));
        self.gap = self.gap.max(Gap::Space);
    }

    pub(super) fn marked(&mut self, at: u32, mark: &'static str) {
        if !self.is_empty(at) {
            self.begin_word();
            self.out.push_str(mark);
            self.endings.push((self.page.tree.node(at).end, Ending::Mark(mark)));
        }
    }

    /// Code within a line is marked where it holds spaces: else it is one word, and looks like code.
    pub(super) fn inline_code(&mut self, at: u32) {
        let line = self.page.tree.line_of(at, 80);
        if line.contains(' ') && !line.contains('`') {
            self.marked(at, "`");
        }
    }

    pub(super) fn is_empty(&self, at: u32) -> bool {
        (at..self.page.tree.node(at).end)
            .take(64)
            .all(|each| self.page.tree.node(each).tag != Tag::Text || self.page.tree.raw(each).trim().is_empty())
    }

    /// Powers and indices. References to notes are left out: the notes are there, and numbered.
    pub(super) fn raised(&mut self, at: u32) -> u32 {
        let tree = self.page.tree;
        let node = tree.node(at);
        let line = tree.line_of(at, 40);
        let holds_link = (at..node.end).take(8).any(|each| tree.node(each).tag == Tag::A);
        if holds_link && line.len() <= 8 {
            return node.end;
        }
        let bare = line.trim_start_matches(['+', '-', '−']);
        let is_power = !bare.is_empty() && bare.len() <= 8 && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if node.tag == Tag::Sup && is_power && self.gap == Gap::Nothing && !self.out.ends_with(char::is_whitespace) {
            let is_ordinal = matches!(line.as_str(), "st" | "nd" | "rd" | "th");
            self.out.push_str(if is_ordinal { "" } else { "^" });
        }
        at + 1
    }

    /// Whether a link is only there to link to the heading that it stands in.
    pub(super) fn is_anchor(&self, at: u32) -> bool {
        let text = self.page.tree.line_of(at, 8);
        matches!(text.as_str(), "#" | "¶" | "§" | "🔗" | "∞" | "Link" | "\u{f0c1}" | "[edit]" | "edit")
    }

    pub(super) fn image(&mut self, at: u32) {
        let Some(alt) = self.page.tree.attribute(at, "alt") else { return };
        let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        if alt == self.last_alt || alt.is_empty() {
            return;
        }
        // Formulas are drawn as images whose text is their source.
        if alt.starts_with("{\\") || alt.starts_with('\\') {
            self.words(&alt);
        } else if alt.split(' ').count() >= MIN_ALT_WORDS {
            self.begin_word();
            self.out.push_str("![");
            self.out.push_str(&alt);
            self.out.push(']');
        }
        self.last_alt = alt;
    }
}

/// A formula: its source in TeX where the page has it, else what its parts say.
pub fn formula(tree: &Tree, at: u32) -> String {
    if let Some(source) = tree.attribute(at, "alttext") {
        return source.into_owned();
    }
    let annotation = (at..tree.node(at).end).find(|each| tree.node(*each).tag == Tag::Annotation);
    tree.line_of(annotation.unwrap_or(at), 4_096)
}
