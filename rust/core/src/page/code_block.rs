//! Preformatted text in, a fenced block of code out, or prose where it is that; and the language of a block.

use super::entities;
use super::fate::Fate;
use super::reflow;
use super::tags::Tag;
use super::tree::Tree;
use super::write::{Page, Writer};

impl Writer<'_, '_> {
    /// Writes code as it stands, without the indentation that all its lines share.
    pub(super) fn code(&mut self, at: u32) {
        let text = verbatim(self.page, at);
        let text = text.trim_start_matches(['\n', '\r']).trim_end();
        if text.is_empty() {
            return;
        }
        let language = language(self.page.tree, at);
        if language.is_empty() {
            if let Some(prose) = reflow::reflow(text, &mut self.repeats) {
                return self.block(&prose);
            }
        }
        if !text.contains('\n') && !text.contains('`') {
            return self.block(&format!("`{}`", text.trim()));
        }
        let lines = text.lines().map(str::trim_end);
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let shared = lines.clone().filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
        let mut block = String::with_capacity(text.len() + 16);
        block.push_str("```");
        block.push_str(&language);
        let mut is_blank = false;
        for line in lines {
            // Two blank lines say no more than one.
            if !(line.is_empty() && is_blank) {
                block.push('\n');
                block.push_str(line.get(shared..).unwrap_or(""));
            }
            is_blank = line.is_empty();
        }
        block.push_str("\n```");
        self.block(&block);
    }
}

/// The text below a node with its white space, without what is left out.
fn verbatim(page: &Page, at: u32) -> String {
    let mut text = String::new();
    let mut index = at;
    let end = page.tree.node(at).end;
    while index < end {
        let node = page.tree.node(index);
        if page.fates[index as usize] != Fate::Shown {
            index = node.end;
            continue;
        }
        match node.tag {
            Tag::Text => text.push_str(&entities::decoded(page.tree.raw(index)).replace('\u{a0}', " ")),
            Tag::Br => text.push('\n'),
            _ => {}
        }
        index += 1;
    }
    text
}

/// The language of a block of code, as its classes, or those around it, tell.
fn language(tree: &Tree, at: u32) -> String {
    let parent = tree.node(at).parent;
    let around = [at, at + 1, parent, tree.node(parent).parent];
    for index in around.into_iter().filter(|index| *index < tree.len() && tree.node(*index).tag != Tag::Text) {
        let Some(class) = tree.attribute(index, "class") else { continue };
        for word in class.split_whitespace() {
            let name = ["language-", "lang-", "highlight-", "brush:", "source-"]
                .iter()
                .find_map(|head| word.strip_prefix(head));
            let is_name = |name: &&str| {
                (1..=12).contains(&name.len())
                    && !matches!(*name, "default" | "text" | "none" | "source" | "plaintext" | "wrapper")
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+#-".contains(&byte))
            };
            if let Some(name) = name.filter(is_name) {
                return name.to_owned();
            }
        }
    }
    String::new()
}
