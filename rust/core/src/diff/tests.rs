//! What always holds of the compressor of diffs, on generated and on hostile texts.

use proptest::prelude::*;

use super::{compress, expand};
use crate::text::{Drafts, Task};

const SHOW: &str = include_str!("show.txt");

fn task<'t>(text: &'t str, question: &'t str) -> Task<'t> {
    Task { question, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) }
}

fn view(text: &str, question: &str) -> String {
    compress(&task(text, question)).lossy.expect("the text is a diff").text
}

#[test]
fn a_view_shows_files_changes_and_what_tests_are_called() {
    let view = view(SHOW, "");
    for said in [
        "=== src/a.py +3 -3\n",
        "raise KeyError(count)",
        "fetch(count, [-limit-]{+bound+})",
        "=== tests/test_a.py +6 new test\n+test_reads, test_closes\n",
        "=== docs/a.md +1 docs\n",
        "Rename the limit",
    ] {
        assert!(view.contains(said), "{said}\n{view}");
    }
    assert!(!view.contains("self.closed = True"));
}

#[test]
fn what_the_question_names_is_shown_also_where_it_did_not_change() {
    assert!(view(SHOW, "where is the attribute closed set to True?").contains("self.closed = True"));
    assert!(view(SHOW, "what about 3e75765?").contains("3e75765"));
}

#[test]
fn the_accounts_of_a_view_add_up() {
    let lossy = compress(&task(SHOW, "")).lossy.unwrap();
    assert_eq!(lossy.total, SHOW.lines().count());
    assert_eq!(lossy.shown, lossy.kept.len());
    assert_eq!(lossy.dropped.iter().map(|(_, count)| count).sum::<usize>() + lossy.shown, lossy.total);
    assert!(lossy.kept.iter().all(|&(line, _)| (1..=lossy.total as u32).contains(&line)));
}

#[test]
fn a_smaller_share_gives_a_shorter_view_that_still_names_every_file() {
    let mut last = usize::MAX;
    for ratio in [None, Some(0.5), Some(0.2), Some(0.01)] {
        let found = compress(&Task { target_ratio: ratio, ..task(SHOW, "") }).lossy.unwrap().text;
        assert!(found.len() <= last);
        last = found.len();
        assert!(["src/a.py", "tests/test_a.py", "docs/a.md"].iter().all(|path| found.contains(path)));
    }
    assert!(!view(&SHOW.replace("src/a.py", "src/b.py"), "").contains("src/a.py"));
}

#[test]
fn forms_say_less_and_stand_for_the_same() {
    let form = compress(&Task::lossless(SHOW)).lossless.unwrap();
    assert!(form.starts_with("#diff 44 lines: "), "{form}");
    assert!(form.contains("\n=== src/a.py af4cce1..ffc190a\n@@10 class Reader:\n"), "{form}");
    assert!(form.contains("\n=== tests/test_a.py new 3e75765\n@@0+\n def test_reads():\n"), "{form}");
    assert_eq!(expand(&form).as_deref(), Some(SHOW));
}

#[test]
fn texts_without_a_diff_are_left_alone() {
    for text in ["", "\n", "--- a\n", "@@ no hunk @@\n", "a diff --git a/x b/x\n", "@@ -1 +1\n"] {
        assert_eq!(compress(&task(text, "")), Drafts::default(), "{text}");
    }
}

#[test]
fn counts_of_one_that_are_printed_come_back() {
    let text = format!("{SHOW}{SHOW}diff --git a/x y b/x y\n@@ -15,1 +15,1 @@ f(\n \nnew file mode 100755");
    let form = compress(&Task::lossless(&text)).lossless.unwrap();
    assert_eq!(expand(&form), Some(text));
}

#[test]
fn no_form_grows_without_bounds() {
    let mut form = String::from("#diff 4294967295 lines: x\n#1:\n+x\n");
    for label in 2..60 {
        form.push_str(&format!(
            "#{label}:\n#{} {}\n#{} {}\n",
            label - 1,
            1u64 << (label - 2).min(30),
            label - 1,
            1u64 << (label - 2).min(30)
        ));
    }
    assert_eq!(expand(&form), None);
    assert_eq!(expand("#diff 1 lines: x\n#1:\n+x\n#1 1 indent 4294967295\n"), None);
}

/// Lines as diffs have them, in any order.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("diff --git a/x y b/x y".to_owned()),
        Just("diff --git a/src/a.c b/src/a.c".to_owned()),
        Just("index 1234567..89abcde 100644".to_owned()),
        Just("--- a/src/a.c".to_owned()),
        Just("+++ b/src/a.c".to_owned()),
        Just("new file mode 100755".to_owned()),
        Just("rename from x".to_owned()),
        Just("rename to \"y\\303\\251\"".to_owned()),
        Just("Binary files a/x and /dev/null differ".to_owned()),
        Just("GIT binary patch".to_owned()),
        Just("\\ No newline at end of file".to_owned()),
        (0u32..30, 0u32..4, 0u32..30, 0u32..4).prop_map(|(a, b, c, d)| format!("@@ -{a},{b} +{c},{d} @@ f(")),
        (0u32..30, 0u32..30).prop_map(|(a, c)| format!("@@ -{a} +{c} @@")),
        Just("@@@ -1,2 -1,2 +1,3 @@@ f".to_owned()),
        "[-+ ~#@=|]{1,3}[0-9:]{0,2}( as \\+)?",
        "[-+ ]( {0,6}|\t)(value = compute\\(first, second\\)|return wrap\\(value, flag\\)|if err != nil \\{|x|)",
        "[-+ ][ -~é\r]{0,30}",
    ];
    (proptest::collection::vec(line, 0..60), any::<bool>(), any::<bool>()).prop_map(|(lines, is_ended, has_returns)| {
        let mut text = lines.join(if has_returns { "\r\n" } else { "\n" });
        if is_ended {
            text.push('\n');
        }
        text
    })
}

#[test]
fn changes_that_are_marked_within_lines_are_left_as_they_are() {
    let text = "diff --git a/x.py b/x.py\nindex 1234567..89abcde 100644\n--- a/x.py\n+++ b/x.py\n@@ -1,9 +1,9 @@\n"
        .to_owned()
        + &"def unchanged(one, other):\n    return one\n".repeat(9)
        + "class [-Config:-]{+Example(dict):+}\n    limit = 9\n";
    assert_eq!(compress(&task(&text, "")), Drafts::default());
    let in_context =
        "diff -rc a/x.py b/x.py\n*** a/x.py\t2023-04-18\n--- b/x.py\t2024-04-18\n***************\n*** 1,9 ****\n"
            .to_owned()
            + &"  def unchanged(one, other):\n      return one\n".repeat(9)
            + "! class Config:\n--- 1,9 ----\n! class Example:\n";
    assert_eq!(compress(&task(&in_context, "")), Drafts::default());
}

proptest! {
    #[test]
    fn forms_of_any_lines_expand_to_them(text in lines(), question in "[a-z]{0,8}") {
        let drafts = compress(&task(&text, &question));
        if let Some(form) = &drafts.lossless {
            let expanded = expand(form);
            prop_assert_eq!(expanded.as_deref(), Some(text.as_str()));
            prop_assert!(form.len() < text.len());
        }
        prop_assert_eq!(&drafts, &compress(&task(&text, &question)));
    }

    #[test]
    fn forms_are_nearly_always_found_for_diffs_that_repeat_themselves(text in lines()) {
        let whole = format!("{SHOW}{SHOW}{text}");
        let form = compress(&Task::lossless(&whole)).lossless;
        prop_assert!(form.is_some_and(|form| form.len() < whole.len() * 3 / 4 + text.len()));
    }

    #[test]
    fn a_mutated_form_breaks_nothing(at in 0usize..900, with in "[-+~#@=|0-9:\n é]{0,4}", cut in 0usize..6) {
        let form = compress(&Task::lossless(SHOW)).lossless.unwrap();
        let at = (0..=at.min(form.len())).rev().find(|&at| form.is_char_boundary(at)).unwrap();
        let end = (at..=(at + cut).min(form.len())).rev().find(|&end| form.is_char_boundary(end)).unwrap();
        expand(&format!("{}{with}{}", &form[..at], &form[end..]));
    }

    #[test]
    fn views_never_lose_a_file_or_a_definition(names in proptest::collection::btree_set("[a-z]{3,9}", 1..6), ratio in proptest::option::of(0.01f64..1.0)) {
        let mut text = String::new();
        for name in &names {
            text.push_str(&format!(
                "diff --git a/lib/{name}.go b/lib/{name}.go\nindex 1234567..89abcde 100644\n--- a/lib/{name}.go\n+++ b/lib/{name}.go\n@@ -1,3 +1,4 @@\n package lib\n-func {name}(a int) int {{\n+func {name}(a, b int) (int, error) {{\n+\tcount++\n }}\n"
            ));
        }
        let lossy = compress(&Task { target_ratio: ratio, ..task(&text, "") }).lossy.unwrap().text;
        for name in &names {
            let path = format!("lib/{name}.go +2 -1");
            prop_assert!(lossy.contains(&path), "{}", lossy);
            if ratio.is_none() {
                let head = format!("func {name}(a, b int) (int, error) {{");
                prop_assert!(lossy.contains(&head), "{}", lossy);
            }
        }
    }
}
