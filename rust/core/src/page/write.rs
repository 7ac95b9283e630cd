//! The tree and what becomes of its parts in, Markdown out.
//!
//! Text stands as in the page, white space aside. Emphasis is not marked: it costs tokens and says little. Headings, lists,
//! quotations, tables and code are, and so are powers, indices and deletions, which would change what a text says.

use super::entities;
use super::fate::Fate;
use super::reflow;
use super::table;
use super::tags::Tag;
use super::tree::Tree;

/// Levels of lists that are told apart.
const MAX_INDENT: usize = 6;
/// Words from which what an image shows is worth telling.
const MIN_ALT_WORDS: usize = 3;
/// Choices of a form that are told.
const MAX_OPTIONS: usize = 8;

/// What stands between two pieces of text at least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Nothing,
    Space,
    Line,
    Blank,
}

/// What is to be done behind the end of an element.
#[derive(Clone, Copy)]
enum Ending {
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
}

pub struct Writer<'p, 'a> {
    page: &'p Page<'p, 'a>,
    pub out: String,
    gap: Gap,
    /// What stands before the next text: the mark of a heading or of an item.
    prefix: String,
    /// Open lists: the next number, or 0 for lists without numbers.
    lists: Vec<u32>,
    quotes: usize,
    endings: Vec<(u32, Ending)>,
    /// Everything goes on one line: the cell of a table.
    is_flat: bool,
    last_alt: String,
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

    /// What can be filled in: its name, its type or what can be chosen.
    fn field(&mut self, at: u32) {
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

    fn marked(&mut self, at: u32, mark: &'static str) {
        if !self.is_empty(at) {
            self.begin_word();
            self.out.push_str(mark);
            self.endings.push((self.page.tree.node(at).end, Ending::Mark(mark)));
        }
    }

    /// Code within a line is marked where it holds spaces: else it is one word, and looks like code.
    fn inline_code(&mut self, at: u32) {
        let line = self.page.tree.line_of(at, 80);
        if line.contains(' ') && !line.contains('`') {
            self.marked(at, "`");
        }
    }

    fn is_empty(&self, at: u32) -> bool {
        (at..self.page.tree.node(at).end)
            .take(64)
            .all(|each| self.page.tree.node(each).tag != Tag::Text || self.page.tree.raw(each).trim().is_empty())
    }

    /// Powers and indices. References to notes are left out: the notes are there, and numbered.
    fn raised(&mut self, at: u32) -> u32 {
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
    fn is_anchor(&self, at: u32) -> bool {
        let text = self.page.tree.line_of(at, 8);
        matches!(text.as_str(), "#" | "¶" | "§" | "🔗" | "∞" | "Link" | "\u{f0c1}" | "[edit]" | "edit")
    }

    fn link(&mut self, at: u32) {
        if let Some(number) = self.page.references.iter().position(|each| *each == at) {
            self.endings.push((self.page.tree.node(at).end, Ending::Reference(number + 1)));
        }
    }

    fn image(&mut self, at: u32) {
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

    fn text(&mut self, raw: &str) {
        self.words(&entities::decoded(raw));
    }

    fn words(&mut self, text: &str) {
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
    fn begin_word(&mut self) {
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
    fn block(&mut self, lines: &str) {
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

    /// Writes code as it stands, without the indentation that all its lines share.
    fn code(&mut self, at: u32) {
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

/// A formula: its source in TeX where the page has it, else what its parts say.
fn formula(tree: &Tree, at: u32) -> String {
    if let Some(source) = tree.attribute(at, "alttext") {
        return source.into_owned();
    }
    let annotation = (at..tree.node(at).end).find(|each| tree.node(*each).tag == Tag::Annotation);
    tree.line_of(annotation.unwrap_or(at), 4_096)
}
