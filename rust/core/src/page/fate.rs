//! The tree in, what becomes of each part out: shown, or left out and as what.
//!
//! What is left out is told by structure (`nav`, `footer`, roles, what is hidden), by the names that pages give their
//! parts, and by how much of a part is links. A part that holds much of the page's text is never left out for its name.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::tags::Tag;
use super::tree::Tree;

/// What becomes of a part of a page, with all that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fate {
    Shown,
    Script,
    Style,
    Graphic,
    Hidden,
    Navigation,
    Footer,
    Aside,
    Notice,
    Related,
    Comments,
    Form,
    Links,
    /// Outside of the main part.
    Around,
}

impl Fate {
    pub const ALL: [Fate; 14] = [
        Fate::Shown,
        Fate::Script,
        Fate::Style,
        Fate::Graphic,
        Fate::Hidden,
        Fate::Navigation,
        Fate::Footer,
        Fate::Aside,
        Fate::Notice,
        Fate::Related,
        Fate::Comments,
        Fate::Form,
        Fate::Links,
        Fate::Around,
    ];

    /// As what it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Shown => "shown",
            Fate::Script => "scripts",
            Fate::Style => "styles",
            Fate::Graphic => "graphics",
            Fate::Hidden => "hidden",
            Fate::Navigation => "navigation",
            Fate::Footer => "footers",
            Fate::Aside => "asides",
            Fate::Notice => "notices",
            Fate::Related => "related",
            Fate::Comments => "comments",
            Fate::Form => "forms",
            Fate::Links => "lists of links",
            Fate::Around => "texts around",
        }
    }
}

/// Characters of a part of a line that may be left out for its name: `[edit]`, `¶`.
const MAX_INLINE: u32 = 12;

/// The share of the page's running text that a part named for what stands beside the article holds at most, and the running
/// text of an article that such a part, or a window over the page, may hold instead.
const MAX_BESIDE: f32 = 0.12;
const MIN_WHOLE_ARTICLE: u32 = 800;
/// The share of it that a part named for navigation holds at most.
const MAX_NAVIGATION: f32 = 0.3;

/// Whether a part is more than its name says: it holds an article, or much of the running text. What readers said of an
/// article may be set as articles, and as much as it.
fn is_more_than_named(fate: Fate, weights: &Weights, index: usize, holds_article: bool) -> bool {
    let mass = weights.mass[index];
    let is_much = |share: f32| mass >= MIN_WHOLE_ARTICLE && mass as f32 > share * weights.mass[0] as f32;
    match fate {
        Fate::Aside | Fate::Notice | Fate::Related => holds_article || is_much(MAX_BESIDE),
        Fate::Navigation => holds_article || is_much(MAX_NAVIGATION),
        Fate::Hidden => holds_article,
        _ => false,
    }
}

/// Which nodes hold an article that is more than a teaser.
fn holders_of_articles(tree: &Tree, weights: &Weights) -> Vec<bool> {
    let mut holds = vec![false; tree.nodes.len()];
    for index in (1..tree.nodes.len()).rev() {
        let is_article = matches!(tree.nodes[index].tag, Tag::Article | Tag::Main);
        if holds[index] || is_article && weights.mass[index] >= MIN_WHOLE_ARTICLE {
            holds[index] = true;
            holds[tree.nodes[index].parent as usize] = true;
        }
    }
    holds
}

/// The characters up to which a part is left out for what it is called; one with more of the page's text is shown.
fn most(tag: Tag, fate: Fate, weights: &Weights, index: usize) -> u32 {
    let is_links = weights.link[index] as f32 > 0.7 * weights.text[index] as f32;
    let share = match fate {
        Fate::Hidden if tag.is_inline() => 0.3,
        Fate::Navigation if tag.is_inline() => return MAX_INLINE,
        _ if tag.is_inline() && !matches!(tag, Tag::Button | Tag::Input | Tag::Other) => return 0,
        Fate::Comments => 0.7,
        Fate::Navigation | Fate::Footer if is_links => 0.98,
        Fate::Navigation | Fate::Footer => 0.5,
        _ => 0.3,
    };
    (share * weights.text[0] as f32) as u32
}

/// Names of classes and ids, and what they make of a part. `-` before or behind: only as a whole word there.
const NAMES: [(&str, Fate); 72] = [
    ("-nav-", Fate::Navigation),
    ("-navs-", Fate::Navigation),
    ("navbar", Fate::Navigation),
    ("navbox", Fate::Navigation),
    ("-navigation", Fate::Navigation),
    ("-menu-", Fate::Navigation),
    ("-menus-", Fate::Navigation),
    ("breadcrumb", Fate::Navigation),
    ("-pagination-", Fate::Navigation),
    ("-pager-", Fate::Navigation),
    ("-paginate", Fate::Navigation),
    ("-toolbar-", Fate::Navigation),
    ("masthead", Fate::Navigation),
    ("-banner-", Fate::Notice),
    ("-skip-", Fate::Navigation),
    ("-catlinks-", Fate::Navigation),
    ("editsection", Fate::Navigation),
    ("headerlink", Fate::Navigation),
    ("-permalink-", Fate::Navigation),
    ("-anchorjs", Fate::Navigation),
    ("-jump-", Fate::Navigation),
    ("-headerlinks-", Fate::Navigation),
    ("-footer-", Fate::Footer),
    ("-colophon-", Fate::Footer),
    ("-copyright-", Fate::Footer),
    ("-sidebar", Fate::Aside),
    ("sidebar-", Fate::Aside),
    ("-supplemental-", Fate::Aside),
    ("-rail-", Fate::Aside),
    ("-widget-", Fate::Aside),
    ("-widgets-", Fate::Aside),
    ("-cookie", Fate::Notice),
    ("-consent-", Fate::Notice),
    ("-gdpr-", Fate::Notice),
    ("-ad-", Fate::Notice),
    ("-ads-", Fate::Notice),
    ("-adsbygoogle-", Fate::Notice),
    ("-advert", Fate::Notice),
    ("-advertisement", Fate::Notice),
    ("-promo-", Fate::Notice),
    ("-promoted-", Fate::Notice),
    ("-promotion-", Fate::Notice),
    ("-sponsor", Fate::Notice),
    ("-newsletter", Fate::Notice),
    ("-subscribe", Fate::Notice),
    ("-subscription-", Fate::Notice),
    ("-signup-", Fate::Notice),
    ("-paywall-", Fate::Notice),
    ("-popup", Fate::Notice),
    ("-modal-", Fate::Notice),
    ("-overlay-", Fate::Notice),
    ("-social-", Fate::Notice),
    ("-share-", Fate::Notice),
    ("-sharing-", Fate::Notice),
    ("-sharetools", Fate::Notice),
    ("-outbrain", Fate::Related),
    ("-taboola", Fate::Related),
    ("-related", Fate::Related),
    ("-recommended", Fate::Related),
    ("-recommendations", Fate::Related),
    ("-trending-", Fate::Related),
    ("-popular-", Fate::Related),
    ("-recirc", Fate::Related),
    ("-readmore-", Fate::Related),
    ("-comments", Fate::Comments),
    ("-comment-", Fate::Comments),
    ("-disqus", Fate::Comments),
    ("-respond-", Fate::Comments),
    ("-replies-", Fate::Comments),
    ("-lineno", Fate::Hidden),
    ("-linenos-", Fate::Hidden),
    ("-noprint-", Fate::Hidden),
];

/// Finds all names in one pass, without their dashes.
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(NAMES.map(|(name, _)| name.trim_matches('-')))
        .expect("a few short texts make a small automaton")
});

/// How much text there is in each part, and how much of it is links.
pub struct Weights {
    /// Characters of text below each node that are not white space.
    pub text: Vec<u32>,
    /// Those of them that are within links.
    pub link: Vec<u32>,
    /// Characters of running text: of blocks long enough, without links.
    pub mass: Vec<u32>,
}

/// The least running text of a block that counts as such.
const MIN_RUNNING: u32 = 40;

impl Weights {
    /// Weighs what is shown by `fates`.
    pub fn of(tree: &Tree, fates: &[Fate]) -> Self {
        let nodes = &tree.nodes;
        let mut weights =
            Weights { text: vec![0; nodes.len()], link: vec![0; nodes.len()], mass: vec![0; nodes.len()] };
        // The nearest block around each node, and whether a link is.
        let mut block_of = vec![0u32; nodes.len()];
        let mut is_in_link = vec![false; nodes.len()];
        for index in 1..nodes.len() {
            let node = &nodes[index];
            let parent = node.parent as usize;
            block_of[index] = if node.tag.is_inline() { block_of[parent] } else { index as u32 };
            is_in_link[index] = is_in_link[parent] || node.tag == Tag::A;
            if node.tag != Tag::Text || fates[index] != Fate::Shown {
                continue;
            }
            let length = tree.raw(index as u32).chars().filter(|character| !character.is_whitespace()).count() as u32;
            weights.text[index] = length;
            if is_in_link[index] {
                weights.link[index] = length;
            } else {
                weights.mass[block_of[index] as usize] += length;
            }
        }
        for mass in &mut weights.mass {
            *mass = if *mass >= MIN_RUNNING { *mass } else { 0 };
        }
        for index in (1..nodes.len()).rev() {
            let parent = nodes[index].parent as usize;
            for each in [&mut weights.text, &mut weights.link, &mut weights.mass] {
                each[parent] = each[parent].saturating_add(each[index]);
            }
        }
        weights
    }
}

/// What becomes of each node by what it is and how it is called.
pub fn fates(tree: &Tree) -> Vec<Fate> {
    let mut fates = vec![Fate::Shown; tree.nodes.len()];
    for index in 0..tree.nodes.len() {
        let node = &tree.nodes[index];
        let inherited = fates[node.parent as usize];
        fates[index] = if index > 0 && inherited != Fate::Shown { inherited } else { unseen(tree, index as u32) };
    }
    let weights = Weights::of(tree, &fates);
    let holds_article = holders_of_articles(tree, &weights);
    let mut is_code = vec![false; tree.nodes.len()];
    for index in 1..tree.nodes.len() {
        let inherited = fates[tree.nodes[index].parent as usize];
        if inherited != Fate::Shown {
            fates[index] = inherited;
        } else if fates[index] == Fate::Shown {
            // Words in blocks of code have names for their colours.
            is_code[index] = is_code[tree.nodes[index].parent as usize] || tree.nodes[index].tag == Tag::Pre;
            let fate = by_name(tree, index as u32);
            let is_told = fate != Fate::Shown
                && (fate == Fate::Hidden || !is_code[index])
                && !is_more_than_named(fate, &weights, index, holds_article[index]);
            if is_told && weights.text[index] <= most(tree.nodes[index].tag, fate, &weights, index) {
                fates[index] = fate;
            }
        }
    }
    fates
}

/// What readers of the page never see.
fn unseen(tree: &Tree, index: u32) -> Fate {
    match tree.node(index).tag {
        Tag::Script => Fate::Script,
        Tag::Style | Tag::Link | Tag::Meta => Fate::Style,
        Tag::Svg | Tag::Iframe | Tag::Object => Fate::Graphic,
        Tag::Noscript | Tag::Template | Tag::Head | Tag::Title => Fate::Hidden,
        _ => Fate::Shown,
    }
}

/// What a part is by its element, its role and its names.
fn by_name(tree: &Tree, index: u32) -> Fate {
    let tag = tree.node(index).tag;
    let by_tag = match tag {
        Tag::Nav => Fate::Navigation,
        Tag::Footer => Fate::Footer,
        Tag::Aside => Fate::Aside,
        Tag::Dialog => Fate::Notice,
        Tag::Button | Tag::Select | Tag::Textarea | Tag::Input => Fate::Form,
        Tag::Text | Tag::Root | Tag::Html | Tag::Body | Tag::Main | Tag::Article => return Fate::Shown,
        _ => Fate::Shown,
    };
    if by_tag != Fate::Shown {
        return by_tag;
    }
    let mut fate = Fate::Shown;
    let mut is_panel = false;
    for (name, value) in tree.attributes(index) {
        let found = match name.len() {
            // Sections of documents have ids made of their headings.
            2 if name.eq_ignore_ascii_case(b"id") && tag != Tag::Section && !is_slug(value) => by_words(value, tag),
            4 if name.eq_ignore_ascii_case(b"role") => {
                if value == b"main" {
                    return Fate::Shown;
                }
                is_panel |= value == b"tabpanel";
                by_role(value)
            }
            5 if name.eq_ignore_ascii_case(b"class") => {
                is_panel |= names_panel(value);
                by_words(value, tag)
            }
            5 if name.eq_ignore_ascii_case(b"style") && hides(value) => Fate::Hidden,
            6 if name.eq_ignore_ascii_case(b"hidden") => Fate::Hidden,
            11 if name.eq_ignore_ascii_case(b"aria-hidden") && value == b"true" => Fate::Hidden,
            _ => Fate::Shown,
        };
        if fate == Fate::Shown {
            fate = found;
        }
    }
    // One of several texts to choose from, of which the page shows one at a time, is as much of it as the others.
    if is_panel && fate == Fate::Hidden {
        Fate::Shown
    } else {
        fate
    }
}

/// Whether a class calls a part one of several that are shown in turns.
fn names_panel(class: &[u8]) -> bool {
    class
        .split(u8::is_ascii_whitespace)
        .any(|word| matches!(word, b"tab-pane" | b"tabpanel" | b"tab-panel" | b"tabcontent"))
}

fn by_role(value: &[u8]) -> Fate {
    match value {
        b"navigation" | b"menu" | b"menubar" | b"banner" | b"toolbar" | b"tablist" => Fate::Navigation,
        b"contentinfo" => Fate::Footer,
        b"complementary" => Fate::Aside,
        b"search" => Fate::Form,
        b"dialog" | b"alertdialog" => Fate::Notice,
        _ => Fate::Shown,
    }
}

fn hides(style: &[u8]) -> bool {
    let bare: Vec<u8> = style.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
    memchr::memmem::find(&bare, b"display:none").is_some()
        || memchr::memmem::find(&bare, b"visibility:hidden").is_some()
}

/// Whether an id has many words, as a heading has.
fn is_slug(id: &[u8]) -> bool {
    id.iter().filter(|byte| b"-_".contains(byte)).count() > 2
}

/// What the words of a class or an id make of a part.
fn by_words(value: &[u8], tag: Tag) -> Fate {
    for found in FINDER.find_iter(value) {
        let (name, fate) = NAMES[found.pattern().as_usize()];
        let is_upper = |at: usize| value.get(at).is_some_and(u8::is_ascii_uppercase);
        let begins = found.start() == 0 || !value[found.start() - 1].is_ascii_alphanumeric() || is_upper(found.start());
        let ends = value.get(found.end()).is_none_or(|byte| !byte.is_ascii_alphanumeric()) || is_upper(found.end());
        // `deprecation-comment` and `code-comment` are no readers' comments.
        let is_comment = fate == Fate::Comments && name == "-comment-" && value[..found.start()].ends_with(b"-");
        // A link so called leads to a text; a block so called is the text.
        let is_other = is_comment || name == "-permalink-" && !tag.is_inline();
        if !is_other && (begins || !name.starts_with('-')) && (ends || !name.ends_with('-')) {
            return fate;
        }
    }
    Fate::Shown
}
