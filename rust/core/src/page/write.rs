//! The tree and what becomes of its parts in, Markdown out.
//!
//! Text stands as in the page, white space aside. Emphasis is not marked: it costs tokens and says little. Headings, lists,
//! quotations, tables and code are, and so are powers, indices and deletions, which would change what a text says.

use super::entities;
use super::fate::Fate;
use super::inline::formula;
use super::reflow;
use super::table;
use super::tags::Tag;
use super::tree::Tree;

/// Levels of lists that are told apart.
const MAX_INDENT: usize = 6;

/// What stands between two pieces of text at least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    Nothing,
    Space,
    Line,
    Blank,
}

/// What is to be done behind the end of an element.
#[derive(Clone, Copy)]
pub(super) enum Ending {
    Gap(Gap),
    Item,
    List,
    Quote,
    Mark(&'static str),
    Reference(usize),
}

/// What the text is written from, and what decides what is written.
pub struct Page<'p, 'a> {
    pub tree: &'p Tree<'a>,
    pub fates: &'p [Fate],
    /// Links whose targets are listed, in order: their nodes.
    pub references: &'p [u32],
    pub question: &'p str,
}

pub struct Writer<'p, 'a> {
    pub(super) page: &'p Page<'p, 'a>,
    pub out: String,
    pub(super) gap: Gap,
    /// What stands before the next text: the mark of a heading or of an item.
    prefix: String,
    /// Open lists: the next number, or 0 for lists without numbers.
    lists: Vec<u32>,
    quotes: usize,
    pub(super) endings: Vec<(u32, Ending)>,
    /// Everything goes on one line: the cell of a table.
    is_flat: bool,
    pub(super) last_alt: String,
    pub repeats: reflow::Repeats,
}

impl<'p, 'a> Writer<'p, 'a> {
    pub fn new(page: &'p Page<'p, 'a>) -> Self {
        Self {
            page,
            out: String::new(),
            gap: Gap::Nothing,
            prefix: String::new(),
            lists: Vec::new(),
            quotes: 0,
            endings: Vec::new(),
            is_flat: false,
            last_alt: String::new(),
            repeats: reflow::Repeats::default(),
        }
    }

    /// The text of the nodes `from..to` on one line.
    pub fn flat(page: &'p Page<'p, 'a>, from: u32, to: u32) -> String {
        let mut writer = Self { is_flat: true, ..Self::new(page) };
        writer.range(from, to);
        writer.out
    }

    /// Writes the nodes `from..to`, of which none is cut in two.
    pub fn range(&mut self, from: u32, to: u32) {
        let mut at = from;
        while at < to {
            self.end_before(at);
            let node = self.page.tree.node(at);
            if self.page.fates[at as usize] != Fate::Shown && node.tag != Tag::Root {
                // What is around the main part holds it: only ends of what is left out are skipped.
                at = node.end;
                continue;
            }
            at = self.node(at);
        }
        self.end_before(to);
    }

    fn end_before(&mut self, at: u32) {
        while let Some(&(end, ending)) = self.endings.last() {
            if end > at {
                break;
            }
            self.endings.pop();
            self.finish(ending);
        }
    }

    fn finish(&mut self, ending: Ending) {
        match ending {
            Ending::Gap(gap) => {
                self.prefix.clear();
                self.want(gap);
            }
            Ending::Item => {
                self.prefix.clear();
                self.want(Gap::Line);
            }
            Ending::List => {
                self.lists.pop();
                self.want(if self.lists.is_empty() { Gap::Blank } else { Gap::Line });
            }
            Ending::Quote => {
                self.quotes -= 1;
                self.want(Gap::Blank);
            }
            Ending::Mark(mark) => self.out.push_str(mark),
            Ending::Reference(number) => self.out.push_str(&format!(" [{number}]")),
        }
    }

    fn want(&mut self, gap: Gap) {
        if self.is_flat {
            self.gap = self.gap.max(Gap::Space);
        } else if self.prefix.is_empty() {
            self.gap = self.gap.max(gap);
        }
    }

    /// Writes a node, and returns the next one: one within, or the one behind it.
    fn node(&mut self, at: u32) -> u32 {
        let (tree, end) = (self.page.tree, self.page.tree.node(at).end);
        let tag = tree.node(at).tag;
        match tag {
            Tag::Text => self.text(tree.raw(at)),
            Tag::Br => self.want(Gap::Line),
            Tag::Hr => self.want(Gap::Blank),
            Tag::Img => self.image(at),
            Tag::Math => {
                let formula = formula(tree, at);
                self.last_alt.clone_from(&formula);
                self.words(&formula);
                return end;
            }
            Tag::Pre if !self.is_flat => {
                self.code(at);
                return end;
            }
            Tag::Table if !self.is_flat => {
                if let Some(rows) = table::rows(self.page, at) {
                    self.block(&rows);
                    return end;
                }
                self.block_element(at, Gap::Blank);
            }
            Tag::A if self.is_anchor(at) => return end,
            Tag::A => {
                self.keep_apart(at);
                self.link(at);
            }
            Tag::Sup | Tag::Sub => return self.raised(at),
            Tag::Del => self.marked(at, "~~"),
            Tag::Code => self.inline_code(at),
            Tag::Input | Tag::Select | Tag::Textarea => {
                self.field(at);
                return end;
            }
            Tag::Li if !self.is_flat => self.item(at),
            Tag::Ul | Tag::Ol if !self.is_flat => {
                self.want(if self.lists.is_empty() { Gap::Blank } else { Gap::Line });
                self.lists.push(u32::from(tag == Tag::Ol));
                self.endings.push((end, Ending::List));
            }
            Tag::Blockquote if !self.is_flat => {
                self.want(Gap::Blank);
                self.quotes += 1;
                self.endings.push((end, Ending::Quote));
            }
            _ if tag.heading().is_some() && !self.is_flat => self.heading(at),
            Tag::P | Tag::Figure | Tag::Dl | Tag::Section | Tag::Article | Tag::Table => {
                self.block_element(at, Gap::Blank)
            }
            _ if !tag.is_inline() => self.block_element(at, Gap::Line),
            _ => self.keep_apart(at),
        }
        at + 1
    }

    /// Parts of a line that follow each other are drawn apart, as the name and the price of a thing.
    fn keep_apart(&mut self, at: u32) {
        let tree = self.page.tree;
        let parent = tree.node(at).parent;
        let follows_element = at > parent + 1 && tree.node(at - 1).parent != parent;
        if follows_element && tree.node(parent).tag != Tag::Code {
            self.gap = self.gap.max(Gap::Space);
        }
    }

    fn block_element(&mut self, at: u32, gap: Gap) {
        self.want(gap);
        self.endings.push((self.page.tree.node(at).end, Ending::Gap(gap)));
        if !self.prefix.is_empty() {
            // The first block within an item does not end it.
            self.endings.pop();
        }
    }

    fn heading(&mut self, at: u32) {
        let level = self.page.tree.node(at).tag.heading().unwrap_or(1);
        self.prefix.clear();
        self.want(Gap::Blank);
        self.prefix = "######"[..level].to_owned() + " ";
        self.endings.push((self.page.tree.node(at).end, Ending::Gap(Gap::Blank)));
    }

    fn item(&mut self, at: u32) {
        self.prefix.clear();
        self.want(Gap::Line);
        self.prefix = "  ".repeat(self.lists.len().saturating_sub(1).min(MAX_INDENT));
        match self.lists.last_mut() {
            Some(number) if *number > 0 => {
                self.prefix.push_str(&format!("{number}. "));
                *number += 1;
            }
            _ => self.prefix.push_str("- "),
        }
        self.endings.push((self.page.tree.node(at).end, Ending::Item));
    }

    fn link(&mut self, at: u32) {
        if let Some(number) = self.page.references.iter().position(|each| *each == at) {
            self.endings.push((self.page.tree.node(at).end, Ending::Reference(number + 1)));
        }
    }

    fn text(&mut self, raw: &str) {
        self.words(&entities::decoded(raw));
    }

    pub(super) fn words(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.gap = self.gap.max(Gap::Space);
        }
        for word in text.split_whitespace() {
            self.begin_word();
            self.push_word(word);
            self.gap = Gap::Space;
        }
        if !text.ends_with(char::is_whitespace) && self.gap == Gap::Space && !text.trim().is_empty() {
            self.gap = Gap::Nothing;
        }
    }

    fn push_word(&mut self, word: &str) {
        if self.is_flat && word.contains('|') {
            self.out.push_str(&word.replace('|', "\\|"));
        } else if word.contains(['\u{ad}', '\u{200b}', '\u{feff}']) {
            self.out.extend(word.chars().filter(|each| !matches!(each, '\u{ad}' | '\u{200b}' | '\u{feff}')));
        } else {
            self.out.push_str(word);
        }
    }

    /// Writes what stands between the last text and the next.
    pub(super) fn begin_word(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::Nothing);
        match gap {
            Gap::Nothing => {}
            Gap::Space if self.prefix.is_empty() => {
                if !self.out.is_empty() {
                    self.out.push(' ');
                }
            }
            Gap::Space => {}
            Gap::Line | Gap::Blank => {
                if !self.out.is_empty() {
                    self.out.push_str(if gap == Gap::Blank { "\n\n" } else { "\n" });
                }
                (0..self.quotes.min(MAX_INDENT)).for_each(|_| self.out.push_str("> "));
            }
        }
        self.out.push_str(&self.prefix);
        self.prefix.clear();
    }

    /// Writes lines that are done, such as those of a table.
    pub(super) fn block(&mut self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        self.want(Gap::Blank);
        // Lines that are done have no marks of a quotation before them.
        let quotes = std::mem::take(&mut self.quotes);
        self.begin_word();
        self.quotes = quotes;
        self.out.push_str(lines);
        self.want(Gap::Blank);
    }
}
