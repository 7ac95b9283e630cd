//! The accessibility tree of a page, as tools of browsers print it for a model, in short.
//!
//! A line is a node: a role of WAI-ARIA or of Chromium's tree, its name, its state, and an id by which it can be acted on.
//!
//! ```text
//! [809] link "About us"  [url: https://example.com/about]
//! - link "About us" [ref=e12] [cursor=pointer]:
//! uid=1_12 link "About us" url="https://example.com/about"
//! ```
//!
//! What can be acted on stays with id, name and state; targets of links go by what they have in common. Of the rest the
//! text stays, as text, unless the name above says it already; nodes that only hold others go.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

use crate::text::Lines;

/// Lines looked at to tell what a text is, and the share of them that must be nodes.
const SAMPLE_LINES: usize = 60;
const FEWEST_NODES: usize = 5;
const NODE_SHARE: f64 = 0.6;
/// One in so many of the nodes has an id, and one in so many a name.
const SELDOM: usize = 5;
const SURE: f64 = 0.96;
/// Bytes of a line that are read as a node at most.
const MAX_LINE_BYTES: usize = 20_000;
/// Bytes of a part of a target from which it is not said again where the link's name says it.
const LONG_PART_BYTES: usize = 16;
/// Bytes of a name in which texts below are looked for at most.
const MAX_NAME_BYTES: usize = 1_000;
/// Bytes of a sign that is no word.
const LONGEST_SIGN: usize = 4;
/// Places of some words in a name that are looked at.
const MOST_TRIES: usize = 16;
/// Bytes of a link's target that are shown.
const MAX_TARGET_BYTES: usize = 72;

/// Roles of what can be acted on.
const ACTING: &str = "\
    button checkbox combobox link listbox menuitem menuitemcheckbox menuitemradio option radio searchbox \
    slider spinbutton switch tab textbox treeitem input select textarea ColorWell Date DateTime InputTime \
    MenuListPopup MenuListOption PopUpButton DisclosureTriangle file ToggleButton";
/// Roles of nodes that say no more than that they hold others.
const HOLDING: &str = "\
    generic none presentation group list listitem paragraph Section LabelText Legend ignored \
    GenericContainer Iframe iframe strong emphasis LayoutTable LayoutTableRow LayoutTableCell rowgroup \
    ListMarker superscript subscript term definition DescriptionList SectionHeader SectionFooter LineBreak \
    image img figure mark insertion deletion time blockquote WebArea separator";
/// Roles of a whole page, and of what a row says in its own name.
const ROOTS: &[&str] = &["RootWebArea", "WebArea"];
const IN_ROWS: &[&str] = &["cell", "gridcell", "columnheader", "rowheader"];
/// Roles of text.
const SAYING: &str = "StaticText InlineTextBox text Text";
/// Roles that tell a reader where things are.
const PLACING: &str = "\
    RootWebArea alert alertdialog application article banner caption cell code columnheader complementary \
    contentinfo dialog document feed form grid gridcell heading log main marquee math menu menubar meter \
    navigation note progressbar radiogroup region row rowheader scrollbar search status table tablist \
    tabpanel timer toolbar tooltip tree treegrid Canvas Audio Video Pre";
/// What is said of a node that tells nothing of its state.
const IDLE: &[&str] = &[
    "labelledby",
    "describedby",
    "cursor=pointer",
    "focusable",
    "clickable",
    "visible",
    "settable",
    "controls",
    "editable: plaintext",
    "editable=plaintext",
    "owns",
    "details",
    "hasPopup: false",
];

const CLICKED: &[&str] = &["cursor=pointer", "clickable"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Acting,
    Placing,
    Holding,
    Saying,
}

/// One node, as its line has it.
struct Node<'t> {
    depth: usize,
    /// By which it can be acted on; may be empty.
    id: &'t str,
    role: &'t str,
    sort: Sort,
    name: &'t str,
    state: Vec<&'t str>,
    target: Option<&'t str>,
    /// What stands behind a colon.
    said: &'t str,
}

/// What was left out.
#[derive(Default)]
struct Left {
    ids: usize,
    holding: usize,
    said_above: usize,
    states: usize,
}

/// How surely a text is such a tree. Time is bounded.
pub fn score(text: &str) -> f64 {
    let begin = text.trim_start();
    if !matches!(begin.as_bytes().first(), Some(b'[' | b'-' | b'u' | b'#' | b'R' | b'\'')) {
        return 0.0;
    }
    let (mut nodes, mut with_id, mut named, mut lines) = (0usize, 0usize, 0usize, 0usize);
    let mut rest = begin;
    while lines < SAMPLE_LINES && !rest.is_empty() {
        let end = memchr::memchr(b'\n', &rest.as_bytes()[..rest.len().min(MAX_LINE_BYTES)]);
        let Some(end) = end.or_else(|| (rest.len() < MAX_LINE_BYTES).then_some(rest.len())) else { break };
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        lines += 1;
        if let Some(node) = Node::of(line) {
            nodes += 1;
            with_id += usize::from(!node.id.is_empty());
            named += usize::from(!node.name.is_empty());
        } else {
            nodes += usize::from(target_line(line).is_some());
        }
    }
    // Lines of a log may begin with a number and the name of a thread, `[4711] main`, but seldom quote.
    let is_tree = with_id.min(named) * SELDOM >= nodes;
    if nodes < FEWEST_NODES || !is_tree || (nodes as f64) < NODE_SHARE * lines as f64 {
        return 0.0;
    }
    SURE
}

/// The tree in short, what was left out of it, and how many nodes are shown of how many.
pub fn short(text: &str) -> (String, Vec<(String, usize)>, usize, usize) {
    let lines = Lines::of(text);
    let mut nodes: Vec<Result<Node, &str>> = Vec::with_capacity(lines.len());
    for line in lines.iter() {
        match (Node::of(line), target_line(line), nodes.last_mut()) {
            (Some(node), _, _) => nodes.push(Ok(node)),
            (None, Some(target), Some(Ok(node))) if node.target.is_none() => node.target = Some(target),
            _ => nodes.push(Err(line)),
        }
    }
    let base = common_base(nodes.iter().flatten().filter_map(|node| node.target));
    let mut writer = Writer {
        out: String::new(),
        left: Left::default(),
        shown: 0,
        base,
        page: "",
        uses_page: false,
        last: "",
        open: Vec::new(),
    };
    for node in &nodes {
        match node {
            Ok(node) => writer.node(node),
            Err(line) => writer.line(line),
        }
    }
    let total = nodes.iter().flatten().count();
    let Writer { out, left, shown, base, uses_page, .. } = writer;
    let mut head = String::new();
    if !base.is_empty() {
        let _ = writeln!(head, "links from / are of {base}");
    }
    if uses_page {
        head.push_str("links from # are of the page of the link before\n");
    }
    let mut dropped = vec![
        ("ids".to_owned(), left.ids),
        ("empty nodes".to_owned(), left.holding),
        ("repeats".to_owned(), left.said_above),
        ("properties".to_owned(), left.states),
    ];
    dropped.retain(|(_, count)| *count > 0);
    (head + &out, dropped, shown, total)
}

struct Writer<'t> {
    out: String,
    left: Left,
    shown: usize,
    /// What targets of links begin with.
    base: &'t str,
    /// The target of the last link, without its fragment.
    page: &'t str,
    uses_page: bool,
    /// The name of the node before, which may be what a text beside it labels.
    last: &'t str,
    /// The nodes that hold the next one: their depth, the depth at which they are shown, and their names.
    open: Vec<(usize, usize, &'t str)>,
}

impl<'t> Writer<'t> {
    fn node(&mut self, node: &Node<'t>) {
        self.open.retain(|(depth, ..)| *depth < node.depth);
        let at = self.open.last().map_or(0, |(_, at, _)| *at);
        let above =
            self.open.iter().rev().map(|(.., name)| *name).find(|name| !name.is_empty()).unwrap_or_default().trim();
        let said = if node.name.is_empty() { node.said } else { node.name };
        let more = if node.name.is_empty() { "" } else { node.said.trim() };
        let is_told = more.is_empty()
            && match node.sort {
                Sort::Acting => false,
                Sort::Placing => IN_ROWS.contains(&node.role) && has_words(above, said.trim()),
                Sort::Holding => has_words(above, said.trim()),
                Sort::Saying => self.last == said.trim() || has_words(above, said.trim()),
            };
        self.left.states += node.state.iter().filter(|state| is_idle(state)).count();
        let has_id = !node.id.is_empty();
        // A bullet or a dash between others is nothing that anybody reads.
        let is_sign =
            node.sort == Sort::Saying && said.len() <= LONGEST_SIGN && !said.chars().any(char::is_alphanumeric);
        let is_bare = (said.trim().is_empty() || is_sign) && node.target.is_none() && node.sort != Sort::Acting;
        let is_shown = !is_told && (node.sort == Sort::Placing || !is_bare);
        if !is_shown {
            self.left.holding += usize::from(!is_told);
            self.left.said_above += usize::from(is_told);
            self.last = "";
            self.open.push((node.depth, at, said));
            return;
        }
        self.shown += 1;
        self.last = node.name;
        self.left.ids += usize::from(has_id && node.sort != Sort::Acting);
        let _ = write!(self.out, "{:indent$}", "", indent = at);
        match node.sort {
            Sort::Acting => {
                if has_id {
                    let _ = write!(self.out, "[{}] ", node.id);
                }
                self.out.push_str(node.role);
                self.quoted(node.name);
            }
            Sort::Placing => {
                self.out.push_str(node.role);
                self.quoted(node.name);
            }
            Sort::Holding | Sort::Saying => self.out.push_str(said.trim()),
        }
        for state in node.state.iter().filter(|state| !is_idle(state)) {
            let _ = write!(self.out, " [{state}]");
        }
        if let Some(target) = node.target {
            self.target(target, node.name);
        }
        let behind = if matches!(node.sort, Sort::Acting | Sort::Placing) { node.said.trim() } else { more };
        if !behind.is_empty() {
            let _ = write!(self.out, ": {behind}");
        }
        self.out.push('\n');
        // The title of a page says nothing of its parts.
        self.open.push((node.depth, at + 1, if ROOTS.contains(&node.role) { "" } else { said }));
    }

    fn line(&mut self, line: &str) {
        self.open.clear();
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn quoted(&mut self, name: &str) {
        if !name.is_empty() {
            let _ = write!(self.out, " \"{name}\"");
        }
    }

    /// The target of a link, unless it says nothing that the link's name does not.
    fn target(&mut self, target: &'t str, name: &str) {
        let (page, fragment) = target.split_once('#').map_or((target, None), |(page, fragment)| (page, Some(fragment)));
        let short = match fragment {
            Some(fragment) if page == self.page => {
                if is_said_by(fragment, name) {
                    return;
                }
                self.uses_page = true;
                format!("#{fragment}")
            }
            _ => {
                let own = target.strip_prefix(self.base).filter(|_| !self.base.is_empty());
                let short = own.map_or(target, |rest| if rest.is_empty() { "/" } else { rest });
                match short.trim_end_matches('/').rsplit_once('/') {
                    Some((folder, last)) if last.len() >= LONG_PART_BYTES && is_said_by(last, name) => {
                        format!("{folder}/…")
                    }
                    _ => short.to_owned(),
                }
            }
        };
        self.page = page;
        if short.len() > MAX_TARGET_BYTES {
            let mut end = MAX_TARGET_BYTES;
            while !short.is_char_boundary(end) {
                end -= 1;
            }
            let _ = write!(self.out, " {}…", &short[..end]);
        } else {
            let _ = write!(self.out, " {short}");
        }
    }
}

impl<'t> Node<'t> {
    fn of(line: &'t str) -> Option<Self> {
        if line.len() > MAX_LINE_BYTES {
            return None;
        }
        let line = line.trim_end();
        let mut rest = line.trim_start();
        let mut depth = line.len() - rest.len();
        let mut is_item = false;
        if let Some(item) = rest.strip_prefix("- ") {
            (rest, is_item) = (item, true);
            // YAML quotes what has a colon in it.
            if let Some(quoted) = rest
                .strip_prefix('\'')
                .and_then(|quoted| quoted.strip_suffix('\'').or_else(|| quoted.strip_suffix("':")))
            {
                rest = quoted;
            }
        }
        let mut id = "";
        if let Some((inside, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            if is_id(inside) {
                (id, rest) = (inside, behind);
            }
        } else if let Some(behind) = rest.strip_prefix("uid=") {
            (id, rest) = behind.split_once(' ')?;
        }
        rest = rest.trim_start();
        let role = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        let sort = sort_of(role)?;
        rest = &rest[role.len()..];
        if id.is_empty() && !is_item && !ROOTS.contains(&role) {
            return None;
        }
        depth += usize::from(is_item);
        let (name, mut rest) = quoted(rest.trim_start()).unwrap_or(("", rest));
        let mut state = Vec::new();
        let mut target = None;
        let mut said = "";
        while !rest.is_empty() {
            rest = rest.trim_start_matches([' ', ',']);
            if let Some(behind) = rest.strip_prefix(':') {
                said = behind.trim();
                break;
            }
            let (each, behind) = if let Some(inside) = rest.strip_prefix('[') {
                inside.split_once(']')?
            } else {
                let end = value_end(rest);
                (&rest[..end], &rest[end..])
            };
            rest = behind;
            for part in each.split(", ") {
                let (key, value) = part.split_once(": ").or_else(|| part.split_once('=')).unwrap_or((part, ""));
                match key {
                    "url" | "href" => target = Some(value.trim_matches('"')),
                    "ref" if is_id(value) => id = value,
                    "" => {}
                    _ => state.push(part),
                }
            }
        }
        // Whatever is said to be clicked on can be acted on.
        let is_acting = sort != Sort::Saying && state.iter().any(|state| CLICKED.contains(state));
        let sort = if is_acting { Sort::Acting } else { sort };
        Some(Node { depth, id, role, sort, name, state, target, said })
    }
}

/// `- /url: …`, which says where the link before it leads.
fn target_line(line: &str) -> Option<&str> {
    line.trim().strip_prefix("- /url: ").map(|target| target.trim_matches('"'))
}

fn sort_of(role: &str) -> Option<Sort> {
    static SORTS: LazyLock<HashMap<&str, Sort>> = LazyLock::new(|| {
        [(ACTING, Sort::Acting), (SAYING, Sort::Saying), (HOLDING, Sort::Holding), (PLACING, Sort::Placing)]
            .into_iter()
            .flat_map(|(roles, sort)| roles.split_whitespace().map(move |role| (role, sort)))
            .collect()
    });
    SORTS.get(role).copied()
}

fn is_idle(state: &str) -> bool {
    IDLE.contains(&state)
        || IDLE.iter().any(|idle| state.strip_prefix(idle).is_some_and(|rest| rest.starts_with([':', '='])))
}

fn is_id(text: &str) -> bool {
    (1..=16).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// A name in quotes at the beginning, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = *text.as_bytes().first().filter(|quote| matches!(**quote, b'"' | b'\''))?;
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        if bytes[at] == quote {
            return Some((&text[1..at], &text[at + 1..]));
        }
        at += 2;
    }
}

/// Where a property ends: before a space or comma that is not in quotes.
fn value_end(text: &str) -> usize {
    let mut in_quotes = false;
    let end = text.bytes().position(|byte| {
        in_quotes ^= byte == b'"';
        !in_quotes && matches!(byte, b' ' | b',' | b'[')
    });
    end.unwrap_or(text.len()).max(text.chars().next().map_or(0, char::len_utf8))
}

/// Scheme and host that most targets of links have; empty where few have the same.
fn common_base<'t>(targets: impl Iterator<Item = &'t str>) -> &'t str {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for target in targets {
        if let Some(host) = target.find("://").map(|at| at + 3) {
            let end = target[host..].find(['/', '?', '#']).map_or(target.len(), |end| host + end);
            *counts.entry(&target[..end]).or_insert(0) += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(base, count)| (*count, std::cmp::Reverse(*base)));
    most.filter(|(_, count)| *count > 2).map_or("", |(base, _)| base)
}

/// Whether a text holds some words as they are, and not parts of others.
fn has_words(text: &str, words: &str) -> bool {
    let is_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (words.chars().next(), words.chars().next_back());
    !words.is_empty()
        && text.len() <= MAX_NAME_BYTES
        && text.match_indices(words).take(MOST_TRIES).any(|(at, _)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + words.len()..].chars().next());
            !(is_of_word(before) && is_of_word(first) || is_of_word(after) && is_of_word(last))
        })
}

/// Whether a part of a target is a name with dashes between its words, or that with a number.
fn is_said_by(part: &str, name: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let name = letters(name);
    let is_number = |behind: &str| behind.bytes().all(|byte| byte.is_ascii_digit());
    let plain = part.rsplit_once('-').filter(|(_, behind)| is_number(behind)).map_or(part, |(plain, _)| plain);
    !name.is_empty() && (letters(part) == name || letters(plain) == name)
}
