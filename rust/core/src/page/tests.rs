//! Pages and what their views hold.

use proptest::prelude::*;

use crate::text::{Task, View};

fn view_of(text: &str, question: &str) -> View {
    let task = Task { question, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) };
    super::compress(&task).lossy.unwrap_or_else(|| panic!("{text}"))
}

/// The view of a body without its marker and its count of what was left out, in a page with some weight around it.
fn body(content: &str) -> String {
    let style = "<style>p { margin: 0 }</style>".repeat(30);
    let page = format!("<!DOCTYPE html><html><head><title>T</title>{style}</head><body>{content}</body></html>");
    let text = view_of(&page, "").text;
    let from = text.find("title: T\n").map_or(0, |at| at + 9);
    let to = text.rfind("[left out: ").unwrap_or(text.len());
    text[from..to].trim().to_owned()
}

const PROSE: &str = "<p>The first paragraph says at some length what this page is about, with commas, and so on.</p>\
     <p>The second one goes on about the same thing, so that there is some running text in this part of the page.</p>\
     <p>The third one ends it, and is long enough to make the sum of them what may be called an article by anybody.</p>";

#[test]
fn the_article_stays_and_what_is_around_it_is_counted() {
    let page = format!(
        "<!doctype html><html><head><title>A page</title><script>var secret = 1;</script></head><body>\
         <nav><a href='/a'>Products</a><a href='/b'>Prices</a></nav><div id='content'><h1>Of things</h1>{PROSE}</div>\
         <div class='cookie-banner'><p>We use cookies to make this site work for you.</p></div>\
         <footer>Imprint and address</footer></body></html>"
    );
    let view = view_of(&page, "");
    assert!(view.text.starts_with("[headroom page "), "{}", view.text);
    for shown in ["title: A page\n", "# Of things\n", "first paragraph", "third one ends"] {
        assert!(view.text.contains(shown), "{shown}: {}", view.text);
    }
    for left_out in ["secret", "Products", "cookies", "Imprint", "<p>"] {
        assert!(!view.text.contains(left_out), "{left_out}: {}", view.text);
    }
    let names: Vec<&str> = view.dropped.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"navigation") && names.contains(&"notices") && names.contains(&"footers"), "{names:?}");
}

#[test]
fn what_the_question_names_is_shown_wherever_it_stands() {
    let page = format!(
        "<html><body><div>{PROSE}</div><footer><p>Phone: 555-0199, Linz-Urfahr</p></footer>{}</body></html>",
        "<i></i>".repeat(60)
    );
    assert!(!view_of(&page, "what is it about?").text.contains("Urfahr"));
    assert!(view_of(&page, "who sits in Urfahr?").text.contains("Linz-Urfahr"));
    let linked = format!("<html><body><div>{PROSE}<p>See <a href='/guides/install-steps'>the install steps</a> and <a href='/x'>more</a>.</p></div></body></html>");
    let text = view_of(&linked, "where are the install steps?").text;
    assert!(text.contains("the install steps [1]") && text.contains("[1]: /guides/install-steps"), "{text}");
    assert!(!text.contains("/x"), "{text}");
}

#[test]
fn lists_tables_code_and_quotations_keep_their_form() {
    let lists = "<ul><li>one<ul><li>inner</li></ul></li><li><p>two</p></li></ul><ol><li>first<li>second</ol>";
    assert_eq!(body(lists), "- one\n  - inner\n- two\n\n1. first\n2. second");
    let table = "<table><tr><th>host<th>load<tr><td>a|b<td>3 <b>%</b><tr><td>c<td></table>";
    assert_eq!(body(table), "host | load\n---|---\na\\|b | 3 %\nc");
    let code = "<pre><code class='language-py'>    def f():\n\n\n        return &lt;1&gt;\n</code></pre><p>then</p>";
    assert_eq!(body(code), "```py\ndef f():\n\n    return <1>\n```\n\nthen");
    assert_eq!(
        body("<blockquote><p>said</p></blockquote><h2>a <em>b</em></h2>x<sup>2</sup>, H<sub>2</sub>O"),
        "> said\n\n## a b\n\nx^2, H2O"
    );
    let layout = "<table><tr><td><h2>left</h2><p>text</p></td><td><ul><li>right</li></ul></td></tr></table>";
    assert_eq!(body(layout), "## left\n\ntext\n\n- right");
}

#[test]
fn of_a_long_table_of_figures_the_rows_that_matter_are_shown() {
    let row = |name: &str, first: u32| format!("<tr><td>{name}<td>{first}<td>{}<td>2024-01-05", first * 3 % 41);
    let rows: String = (0..60).map(|n| row(&format!("host-{n}"), n % 7 + 10)).collect();
    let table = format!("<table><tr><th>host<th>load<th>free<th>day{rows}{}</table>", row("host-60", 970));
    let text = body(&table);
    assert!(text.contains(" of 61 rows]") && text.contains("host-60|970"), "{text}");
    let page = format!("<!doctype html><title>T</title><p>x{}{table}", "<style>a {}</style>".repeat(9));
    assert!(view_of(&page, "how is host-33 doing?").text.contains("host-33"));
    let told: String =
        (0..30).map(|n| format!("<tr><td>option-{n}<td>what the option {n} does, told in a sentence")).collect();
    assert!(body(&format!("<table><tr><th>name<th>sense{told}</table>")).contains("option-17 | what"));
}

#[test]
fn pages_without_an_article_are_shown_as_they_stand() {
    let cards = "<div><b>Load</b><i>17</i></div><div><b>Errors</b><i>3</i></div>";
    assert_eq!(body(cards), "Load 17\nErrors 3");
    let form =
        "<form><label>Land<select name='c'><option>Austria<option>Chile</select></label><button>Send</button></form>";
    assert_eq!(body(form), "Land [c, Austria, Chile] Send");
    let shell = format!(
        "<html><head><title>App</title>{}</head><body><div id=root></div><script>window.state = {{\"orders\": [{}]}};</script></body></html>",
        "<style>a { b: c }</style>".repeat(40),
        (0..20).map(|n| format!("{{\"id\": {n}, \"customer\": \"c{n}\"}}")).collect::<Vec<_>>().join(", ")
    );
    let text = view_of(&shell, "").text;
    assert!(text.contains("state:\n") && text.contains("orders"), "{text}");
}

#[test]
fn facts_of_the_head_are_told_if_the_text_lacks_them() {
    let page = format!(
        "<html><head><title>Lamp</title><meta name=author content='Li Wei'><script type='application/ld+json'>\
         {{\"datePublished\": \"2024-05-06T10:00:00Z\", \"offers\": {{\"price\": 49.9, \"priceCurrency\": \"EUR\"}}}}</script>\
         </head><body><article>{PROSE}<p>It costs EUR 50.</p></article></body></html>"
    );
    let text = view_of(&page, "").text;
    assert!(text.contains("author: Li Wei\n") && text.contains("published: 2024-05-06\n"), "{text}");
    assert!(text.contains("price: 49.9\n") && !text.contains("currency"), "{text}");
}

#[test]
fn memos_in_preformatted_text_flow_and_drawings_stay() {
    let line = "   This memo has lines that are broken where the page ends, and that\n   go on below without saying anything by it, as memos do since long ago.\n\n";
    let drawn = "   +----+    +----+\n   | a  |--->| b  |\n";
    let text = body(&format!("<pre>{}{drawn}</pre>", line.repeat(4)));
    assert!(text.contains("and that go on below"), "{text}");
    assert!(text.contains("+----+    +----+\n| a  |--->| b  |"), "{text}");
}

#[test]
fn classes_of_words_and_ids_of_sections_leave_nothing_out() {
    let page = format!(
        "<div>{PROSE}<section id='sharing-with-others'><p>Sharing is <a class='popup' href='#'>simple</a>.</p></section>\
         <pre><span class='hljs-comment'>// why</span>\nx()</pre></div>"
    );
    let text = body(&page);
    assert!(text.contains("Sharing is simple.") && text.contains("// why"), "{text}");
}

#[test]
fn hostile_markup_gives_a_view_or_none() {
    let many = |unit: &str| unit.repeat(100_000);
    let deep = [
        "<div>",
        "<table><tr><td>",
        "<b><p>",
        "<ul><li>",
        "<a href=x>",
        "<sup>",
        "<code>",
        "<select><option>",
        "<x-y>",
    ];
    let broken = [
        "</div>",
        "<!--",
        "<![CDATA[",
        "<p a=\"",
        "&amp;&#x1F600;&",
        "<",
        "<td>",
        "</b><p>",
        "<script>",
        "<pre>a\n",
        "<math>",
    ];
    for unit in deep.into_iter().chain(broken) {
        let text = format!("<!doctype html><p>{PROSE}{}", many(unit));
        let task = Task { question: "what about tables?", key: Some("Ab3dE5gH7jK"), ..Task::lossless(&text) };
        if let Some(view) = super::compress(&task).lossy {
            assert!(view.text.len() < text.len(), "{unit}");
        }
    }
    for text in
        ["", "<", "<a", "<a b", "<a b=", "<a b='", "</", "<!", "<!-", "<p>\u{0}</p>", "plain", "<title>", "<pre>"]
    {
        super::compress(&Task { key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) });
    }
}

#[test]
fn a_limit_keeps_the_title_headings_and_what_is_named() {
    let sections: String =
        (0..30).map(|n| format!("<h2>Part {n}</h2>{PROSE}<p>Detail {n}x9 of it, told at some length.</p>")).collect();
    let page = format!("<html><head><title>Long</title></head><body>{sections}</body></html>");
    let task =
        Task { question: "what of 17x9?", key: Some("Ab3dE5gH7jK"), target_ratio: Some(0.1), ..Task::lossless(&page) };
    let text = super::compress(&task).lossy.map(|view| view.text).unwrap_or_default();
    assert!(text.contains("title: Long") && text.contains("## Part 29") && text.contains("Detail 17x9"), "{text}");
    assert!(text.contains(" lines]"), "{text}");
    let tokens = |text: &str| crate::tokens::count(text, crate::tokens::Encoding::O200kBase);
    assert!(tokens(&text) < tokens(&page) / 7, "{} of {}", tokens(&text), tokens(&page));
}

#[test]
fn only_pages_are_taken_for_pages() {
    for page in ["<!DOCTYPE html><p>a", "\u{feff}<html lang=en>", "HTTP/1.1 200 OK\n\n<!doctype html><p>"] {
        assert!(super::score(page) > 0.7, "{page}");
    }
    assert!(super::score(&"<div class=a><p>b</p></div>".repeat(5)) > 0.7);
    for other in [
        "a < b",
        "{\"a\": \"<html>\"}",
        "<?xml version='1.0'?><project><a/></project>",
        "<testsuite><testcase/></testsuite>",
        "src/a.html:1:<html>",
    ] {
        assert_eq!(super::score(other), 0.0, "{other}");
    }
}

#[test]
fn parts_that_are_more_than_their_names_say_are_shown() {
    let article = PROSE.repeat(3);
    let shown = [
        // A window over the page that holds the article, and text beside that is much of it.
        format!("<div class='modal'><article>{article}<p>Only here: heron.</p></article></div><ul><li><a href='/'>x</a></ul>"),
        format!("<div>{article}</div><div class='story-supplemental'>{article}<p>Only here: heron.</p></div>"),
        // Panels of which a page shows one at a time, whatever hides the others.
        format!("<div>{article}<div role='tabpanel' hidden><p>Only here: heron.</p></div></div>"),
        format!("<div>{article}<div class='tab-pane' style='display: none'><p>Only here: heron.</p></div></div>"),
        // A link that a sentence introduces, and a note that is no reader's.
        format!("<div>{article}<p>For the whole list of changes see:</p><div><a href='/h'>heron</a></div></div>"),
        format!("<div>{article}<div class='deprecation-comment'>Use the heron instead.</div></div>"),
        // A post that is shown on a page of its own, and a part that the page calls its main one.
        format!("<div>{article}<div class='post permalink'><p>A heron stood there.</p></div></div>"),
        "<div><div class='permalink' role='main'><p>A heron stood there, said one.</p></div></div>".to_owned(),
        format!("<div class='toolbar'>{article}<p>Only here: heron.</p></div><p>A page of some other words, told in a line.</p>"),
    ];
    for page in shown {
        assert!(body(&page).contains("heron"), "{page}");
    }
    let hidden = [
        format!("<div>{article}<div hidden><p>Only here: heron.</p></div></div>"),
        format!("<div>{article}<div class='comment'>I like the heron.</div></div>"),
        format!("<div>{article}<p>See also</p><div><a href='/h'>heron</a> <a href='/o'>owl</a></div></div>"),
        format!("<div>{article}<div class='modal'><article>Buy a heron.</article></div></div>"),
        format!("<div>{article}<h2>Part<a class='permalink' href='#h'>heron</a></h2></div>"),
    ];
    for page in hidden {
        assert!(!body(&page).contains("heron"), "{page}");
    }
}

#[test]
fn an_index_of_links_stays() {
    let entries: String =
        (0..60).map(|index| format!("<li><a href='/{index}'>Chapter {index} of things</a></li>")).collect();
    let page = format!("<main><div>{PROSE}<ul>{entries}{entries}</ul></div></main>");
    assert!(body(&page).contains("Chapter 7 of things"), "{page}");
}

#[test]
fn a_question_that_quotes_the_title_asks_for_no_links() {
    let style = "<style>p { margin: 0 }</style>".repeat(30);
    let page = format!(
        "<html><head><title>Install steps - Tool Site</title>{style}</head><body><main><h1>Install steps</h1>{PROSE}\
         <p>See <a href='/install/steps'>the install steps</a> of old.</p></main></body></html>"
    );
    let text = view_of(&page, "What does \"Install steps - Tool Site\" say?").text;
    assert!(text.contains("site: Tool Site\n# Install steps\n") && !text.contains("/install/steps"), "{text}");
    assert!(view_of(&page, "where are the install steps?").text.contains("]: /install/steps"));
}

fn tree_view(text: &str, question: &str) -> crate::text::View {
    let task = Task { question, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) };
    assert!(super::score(text) > 0.9);
    super::compress(&task).lossy.unwrap()
}

#[test]
fn of_an_accessibility_tree_what_can_be_acted_on_keeps_its_id_and_the_rest_its_text() {
    let text = concat!(
        "[201] link \"Skip\"  [url: https://shop.example.com/returns#content]\n",
        "[205] banner \n",
        "  [208] navigation \"Main\"\n",
        "    [209] link \"Orders\"  [url: https://shop.example.com/orders]\n",
        "    [210] link \"On this page\"  [url: https://shop.example.com/orders#on-this-page]\n",
        "    [211] link \"More\"  [url: https://shop.example.com/orders#rest]\n",
        "[220] heading \"Return order 77-4512\" \n",
        "  [31] StaticText \"Return order \" \n",
        "  [32] StaticText \"77-4512\" \n",
        "[231] LabelText \n",
        "  [232] checkbox \"Walnut lamp\"  [checked: true, labelledby]\n",
        "  [40] StaticText \"Walnut lamp\" \n",
        "[43] StaticText \"It cannot be returned.\" \n",
    );
    let expected = concat!(
        "[headroom page 9/13 nodes key=Ab3dE5gH7jK]\n",
        "links from / are of https://shop.example.com\n",
        "links from # are of the page of the link before\n",
        "[201] link \"Skip\" /returns#content\n",
        "banner\n",
        " navigation \"Main\"\n",
        "  [209] link \"Orders\" /orders\n",
        "  [210] link \"On this page\"\n",
        "  [211] link \"More\" #rest\n",
        "heading \"Return order 77-4512\"\n",
        "[232] checkbox \"Walnut lamp\" [checked: true]\n",
        "It cannot be returned.\n",
    );
    let view = tree_view(text, "");
    assert_eq!(view.text.rsplit_once("[left out").unwrap().0, expected, "{}", view.text);
}

#[test]
fn what_only_begins_like_a_tree_is_none() {
    let log = "[4711] main started the worker\n[4712] time is up\n[4713] main stopped\n".repeat(9);
    let yaml = "- link: https://example.com\n- text: words\n- button: ok\n".repeat(9);
    let notes = "[1] A. Author, \"A title\", 2019.\n[2] B. Author, \"Another\", 2020.\n".repeat(9);
    for text in [log, yaml, notes] {
        assert_eq!(super::score(&text), 0.0, "{text}");
    }
}

/// A line of a tree with its id, its role and the words in it.
fn node() -> impl Strategy<Value = (usize, &'static str, Vec<u32>, Vec<u32>)> {
    let role = prop::sample::select(vec![
        "link",
        "button",
        "textbox",
        "heading",
        "alert",
        "row",
        "cell",
        "generic",
        "listitem",
        "paragraph",
        "text",
        "StaticText",
        "navigation",
        "main",
        "image",
    ]);
    let words = || proptest::collection::vec(0u32..60, 0..4);
    (0usize..5, role, words(), words())
}

fn said(words: &[u32]) -> String {
    words.iter().map(|word| format!("word{word}x")).collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn no_word_of_a_tree_is_lost_nor_anything_that_can_be_acted_on(
        nodes in proptest::collection::vec(node(), 6..40),
        with_refs: bool,
    ) {
        let mut text = String::new();
        for (number, (depth, role, name, behind)) in nodes.iter().enumerate() {
            let (indent, name, behind) = ("  ".repeat(*depth), said(name), said(behind));
            let name = if name.is_empty() { name } else { format!(" \"{name}\"") };
            if with_refs {
                let behind = if behind.is_empty() { String::new() } else { format!(": {behind}") };
                text.push_str(&format!("{indent}- {role}{name} [ref=e{number}]{behind}\n"));
            } else {
                text.push_str(&format!("{indent}[{number}] {role}{name}\n"));
            }
        }
        prop_assume!(super::score(&text) > 0.9);
        let task = Task { key: Some("Ab3dE5gH7jK"), ..Task::lossless(&text) };
        let Some(view) = super::compress(&task).lossy else { return Ok(()) };
        for (number, (_, role, name, behind)) in nodes.iter().enumerate() {
            for word in name.iter().chain(behind.iter().filter(|_| with_refs)) {
                prop_assert!(view.text.contains(&format!("word{word}x")), "word{word}x of {text}{}", view.text);
            }
            if ["link", "button", "textbox"].contains(role) {
                let id = if with_refs { format!("[e{number}] {role}") } else { format!("[{number}] {role}") };
                prop_assert!(view.text.contains(&id), "{id} of {text}{}", view.text);
            }
        }
    }
}
