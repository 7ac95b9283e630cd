//! What must hold of every text, whatever it is.

use proptest::prelude::*;

use super::{compress, expand};
use crate::text::{Drafts, Task};

const KEY: &str = "Ab3dE5gH7jK";

fn task(text: &str) -> Task<'_> {
    Task { key: Some(KEY), ..Task::lossless(text) }
}

fn lossless(text: &str) -> Option<String> {
    compress(&Task::lossless(text)).lossless
}

#[test]
fn every_style_is_said_once_and_reads_back() {
    let flat: String = (0..40).map(|n| format!("src/long/path/a{}.rs:{n}:let value = {};\n", n / 8, n % 3)).collect();
    let around = "src/a.c-1-int x;\nsrc/a.c:2:int main(void) {\nsrc/a.c-3-\n--\nsrc/a.c-8-}\nsrc/a.c:9:main();\n";
    let around = around.replace("src/a.c", "src/some/where/rather/long/a.c");
    let across = format!("{around}--\nsrc/some/where/rather/long/b.c:1:main\nsrc/some/where/rather/long/b.c-2-x\n");
    let heading: String = (1..9)
        .map(|n| {
            format!(
                "{}src/h{n}.rs\n1:fn main() {{\n2:same line of text\n9:same line of text\n",
                if n > 1 { "\n" } else { "" }
            )
        })
        .collect();
    let columns: String = (1..30).map(|n| format!("lib/x/y.py:{n}:{n}:import os, sys\n")).collect();
    let unnumbered: String = (1..30).map(|n| format!("./lib/x/y{}.py:import os, sys\n", n / 5)).collect();
    let counts: String = (0..40).map(|n| format!("./lib/some/where/y{n}.py:{}\n", n % 2)).collect();
    let paths: String = (0..40).map(|n| format!("./lib/some/where/y{n}.py\n")).collect();
    let windows = flat.replace('/', "\\").replace("src", "C:\\src").replace('\n', "\r\n");
    let functions: String = (1..9)
        .map(|n| format!("HEAD:src/some/a{n}.c={n}=int f(void)\nHEAD:src/some/a{n}.c:{}:main\n", n + 1))
        .collect();
    let mixed = format!("{flat}grep: x: Permission denied\nBinary file y matches\n!odd\n\n{flat}");
    let tool: String = (1..30)
        .map(|n| format!("{}  Line {n}: the same text\n", if n % 10 == 1 { "/home/a/b.ts:\n" } else { "" }))
        .collect();
    for text in [&flat, &across, &heading, &columns, &unnumbered, &counts, &paths, &windows, &functions, &mixed, &tool]
    {
        for text in [text.to_owned(), text.trim_end().to_owned(), format!("{text}\n")] {
            let form = lossless(&text).unwrap_or_else(|| panic!("nothing gained on {text}"));
            assert!(form.starts_with("#search "), "{form}");
            assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
        }
    }
}

#[test]
fn the_form_is_read_as_it_says() {
    let lines = [
        "mod.rs:12:    width: usize,",
        "mod.rs:13:    x: u8,",
        "mod.rs:40:    width: usize,",
        "parse.rs:7:    width: usize,",
        "parse.rs:9:    width: usize,",
        "read.rs:5:pub fn read(width: usize)",
    ];
    let text: String = lines.iter().map(|line| format!("./crates/formatting/src/fmt/{line}\n")).collect();
    let form = lossless(&(text.clone() + "./crates/README.md:1:width\n")).unwrap();
    let expected =
        "#search 7 lines of path:line:text; path above its lines, \" name\": same directory, no number: next line, \
         under ./crates/
formatting/src/fmt/mod.rs
12,40:    width: usize,
:    x: u8,
 parse.rs
7,9:    width: usize,
 read.rs
5:pub fn read(width: usize)
README.md
1:width
";
    assert_eq!(form, expected);
}

#[test]
fn definitions_come_whole_and_every_file_with_its_count() {
    let mut text = String::new();
    for file in 0..30 {
        for line in 1..8 {
            text +=
                &format!("./src/part{}/file{file}.py:{line}:    value = Widget(size={line}, file={file})\n", file / 6);
        }
    }
    text += "./src/core/widget.py:3:class Widget(Base):\n./src/core/widget.py-4-    size = 1\n";
    let call = r#"bash {"command": "grep -rn -A1 Widget ."}"#;
    let Drafts { lossy, .. } = compress(&Task { call, question: "Where is it defined?", ..task(&text) });
    let view = lossy.unwrap();
    assert!(view.text.contains("./src/core/widget.py\n3:class Widget(Base):\n4- size = 1\n"), "{}", view.text);
    assert_eq!((view.total, view.text.contains("file17.py:7")), (211, true), "{}", view.text);
    for file in 0..30 {
        assert!(view.text.contains(&format!("file{file}.py:7")), "{file} {}", view.text);
    }
    assert!(view.text.len() * 4 < text.len());
}

#[test]
fn lists_of_files_with_matches_stay_whole_and_counts_keep_who_has_some() {
    let paths: String = (0..300).map(|n| format!("./src/a{}/file{n}.py\n", n % 7)).collect();
    let grep = r#"bash {"command": "grep -rl Widget ."}"#;
    assert_eq!(compress(&Task { call: grep, ..task(&paths) }).lossy, None);
    let find = r#"bash {"command": "find . -name '*.py'"}"#;
    let view = compress(&Task { call: find, question: "what is file277?", ..task(&paths) }).lossy.unwrap();
    assert!(view.text.contains("file277.py") && view.text.contains(": ") && view.shown < 300, "{}", view.text);
    let counts: String =
        (0..300).map(|n| format!("./src/a/file{n}.py:{}\n", if n % 50 == 3 { n } else { 0 })).collect();
    let view = compress(&task(&counts)).lossy.unwrap();
    for shown in ["file3.py:3", "file53.py:53", "file253.py:253", "0 in the 294 other files"] {
        assert!(view.text.contains(shown), "{}", view.text);
    }
}

#[test]
fn matches_that_come_in_a_rhythm_with_lines_around_them_are_seen() {
    let mut text = String::new();
    for group in 0..166 {
        let at = 10 * group;
        text += &format!("./src/traits.rs-{}-  where\n./src/traits.rs-{}-    O: Clone,\n", at + 1, at + 2);
        text += &format!("./src/traits.rs:{}:  I: InputLength + Slice{group},\n", at + 3);
        text += &format!("./src/traits.rs-{}-{{\n./src/traits.rs-{}-  move |i: I| {{\n--\n", at + 4, at + 5);
    }
    assert!(compress(&Task { key: Some(KEY), ..Task::lossless(&text) }).lossy.is_some());
}

#[test]
fn what_is_no_search_result_is_left_alone() {
    for text in
        ["", "\n", "No matches found", "no matches found in 12 files\n", "{\"a\": 1}\n", "Some prose.\nMore of it.\n"]
    {
        assert_eq!(compress(&task(text)), Drafts::default(), "{text}");
    }
}

#[test]
fn huge_and_hostile_texts_take_linear_time() {
    let long = "x".repeat(8 << 20);
    let repeated = "a/b.c:12:the same line again\n".repeat(200_000);
    let colons = ":1:".repeat(1 << 20);
    let blank = "\n".repeat(4 << 20);
    let numbered = "1:x\n".repeat(500_000);
    for text in [&long, &repeated, &colons, &blank, &numbered] {
        let start = std::time::Instant::now();
        let drafts = compress(&task(text));
        if let Some(form) = drafts.lossless {
            assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
        }
        assert!(start.elapsed().as_secs() < 20);
    }
}

#[test]
fn a_form_cannot_grow_without_bound() {
    let shared = format!("@1 {}\n", "y".repeat(60_000));
    let form = format!("#search 9 lines of path:line:text\n{shared}a.c\n{}", "1:@1\n".repeat(10_000));
    assert_eq!(expand(&form), None);
    for form in [
        "#search",
        "#search 1 lines of",
        "#search 1 lines of path\nx",
        "#search 1 lines of path:line:text\n1,2,x:y",
        "#search x",
    ] {
        let _ = expand(form);
    }
}

/// Lines as search tools print them, and as they never do.
fn line() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        Just("src/a.rs"),
        Just("src/b.rs"),
        Just("src/deep/er/c-1-d.py"),
        Just("./x y/z.md"),
        Just("C:\\w\\v.cs"),
        Just("1:2"),
        Just("Makefile"),
        Just("@a/b.ts"),
        Just(">q"),
        Just("ü/日本.md"),
        Just(" s/p"),
        Just("!x")
    ];
    let body = prop_oneof![
        Just("fn main() {"),
        Just(""),
        Just("    same text in many places"),
        Just("@1"),
        Just("@@x y"),
        Just("3:4:x"),
        Just("\r"),
        Just("日本 -7- x")
    ];
    let mark = prop_oneof![4 => Just(":"), 1 => Just("-"), 1 => Just("=")];
    prop_oneof![
        8 => (path.clone(), mark.clone(), 1u32..30, body.clone()).prop_map(|(path, mark, number, body)| format!("{path}{mark}{number}{mark}{body}")),
        3 => (mark, 1u32..30, body.clone()).prop_map(|(mark, number, body)| format!("{number}{mark}{body}")),
        2 => path.clone().prop_map(str::to_owned),
        2 => (path.clone(), body).prop_map(|(path, body)| format!("{path}:{body}")),
        1 => (path, 0u32..3).prop_map(|(path, count)| format!("{path}:{count}")),
        2 => Just("--".to_owned()),
        2 => Just(String::new()),
        1 => "[ -~]{0,20}",
        1 => "\\PC{0,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    let newline = prop_oneof![6 => Just("\n"), 1 => Just("\r\n")];
    let block = prop_oneof![
        prop::collection::vec(line(), 0..40),
        // One style in the main.
        (prop::collection::vec((0u8..4, 1u32..60, 0u8..6), 0..60)).prop_map(|hits| {
            hits.iter()
                .map(|(file, number, body)| format!("lib/dir{}/f{file}.py:{number}:text number {body} here", file / 2))
                .collect()
        }),
    ];
    (block, newline, any::<bool>()).prop_map(|(lines, newline, ends)| {
        let mut text = lines.join(newline);
        if ends {
            text.push_str(newline);
        }
        text
    })
}

#[test]
fn an_identifier_in_the_question_leads_to_where_it_is_defined() {
    let mut text = String::new();
    for n in 0..60 {
        text.push_str(&format!("docs/errors.md:{}:see ERR_BODY_{n} and ERR_BODY_TOO_LARGE, and others\n", n + 1));
        text.push_str(&format!("lib/errors.js:{}:  ERR_BODY_{n}: createError(\n", 3 * n + 9));
    }
    text.push_str(
        "lib/errors.js:400:  ERR_BODY_TOO_LARGE: createError(\nlib/use.js:4:  throw new ERR_BODY_TOO_LARGE(limit)\n",
    );
    for call in ["bash grep -rnE 'ERR_[A-Z]+_' .", "bash rg -n \"ERR_[A-Z_]+\" lib docs", "bash rg -n ERR_"] {
        let question = "Where is ERR_BODY_TOO_LARGE created?";
        let view = compress(&Task { call, question, ..task(&text) }).lossy.unwrap();
        assert!(view.text.contains("400: ERR_BODY_TOO_LARGE: createError("), "{}", view.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_lossless_form_is_smaller_and_reads_back(text in text()) {
        if let Some(form) = lossless(&text) {
            prop_assert!(form.len() < text.len());
            prop_assert_eq!(expand(&form), Some(text));
        }
    }

    #[test]
    fn drafts_are_the_same_every_time_and_harsher_ones_are_never_longer(text in text(), ratio in 0.01f64..0.9) {
        let plain = compress(&task(&text));
        prop_assert_eq!(&plain, &compress(&task(&text)));
        let deep = compress(&Task { deep: true, ..task(&text) });
        let tight = compress(&Task { deep: true, target_ratio: Some(ratio), ..task(&text) });
        if let (Some(plain), Some(deep), Some(tight)) = (plain.lossy, deep.lossy, tight.lossy) {
            prop_assert!(deep.text.len() <= plain.text.len());
            prop_assert!(tight.text.len() <= deep.text.len());
            prop_assert!(plain.shown < plain.total);
        }
    }

    #[test]
    fn any_text_that_claims_to_be_a_form_is_read_without_failing(head in "#search [0-9]{1,3} lines of (path:line:text|path|path, line:text|path:count|path:text)(; -- at gaps)?", body in "[ -~\\n]{0,200}") {
        let _ = expand(&format!("{head}\n{body}"));
    }
}
