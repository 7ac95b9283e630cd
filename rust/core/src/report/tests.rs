//! What holds of every text, made up or hostile.

use super::{compress, expand};
use crate::text::{Drafts, Task};
use proptest::prelude::*;

const KEY: &str = "Ab3dE5gH7jK";

fn lossy(text: &str) -> Task<'_> {
    Task { key: Some(KEY), ..Task::lossless(text) }
}

fn drafts(text: &str, deep: bool, target_ratio: Option<f64>) -> Drafts {
    compress(&Task { deep, target_ratio, ..lossy(text) })
}

/// Lines such as tools print, and some that only look so.
fn line() -> impl Strategy<Value = String> {
    let name = "[a-z_]{1,9}";
    prop_oneof![
        4 => (0..9u8, name).prop_map(|(file, name)| format!("tests/test_{file}.py::test_{name} PASSED   [ {file}%]")),
        1 => (0..9u8, name).prop_map(|(file, name)| format!("tests/test_{file}.py::test_{name} FAILED   [ {file}%]")),
        2 => (1..99u32, name).prop_map(|(at, name)| format!("src/{name}.c:{at}:7: warning: unused \u{2018}x{at}\u{2019} [-Wunused]")),
        1 => (1..99u32, name).prop_map(|(at, name)| format!("src/{name}.c:{at}:7: error: no \u{2018}x{at}\u{2019}")),
        2 => name.prop_map(|name| format!("cc -O2 -Wall -c -o {name}.o {name}.c")),
        1 => (1..200u32).prop_map(|at| format!("[{:3}%] Building C object x{at}.o", at % 101)),
        1 => (1..40u32).prop_map(|at| format!("[{at}/40] Linking x{at}")),
        2 => (1..40u32, name).prop_map(|(at, name)| format!("ok {at} - {name}")),
        2 => (0..4usize, name).prop_map(|(depth, name)| format!("{}\u{2713} should {name}", "  ".repeat(depth))),
        1 => (1..9u32, name).prop_map(|(at, name)| format!("  {at}) {name} fails:")),
        1 => name.prop_map(|name| format!("      at {name} (/app/test/{name}.js:3:4)")),
        1 => Just("=================== FAILURES ===================".to_string()),
        1 => name.prop_map(|name| format!("______________ test_{name} ______________")),
        1 => name.prop_map(|name| format!("E       AssertionError: {name}")),
        1 => name.prop_map(|name| format!("<testcase classname=\"a.b\" name=\"{name}\" /><testcase name=\"x\">")),
        2 => Just(String::new()),
        1 => "~[a-z=*;| {}]{0,8}",
        1 => "[\\^\\[%#\\\\\\]{}=~ |;a-c]{0,12}",
        1 => "\\PC{0,20}",
        1 => Just("2 failed, 7 passed in 0.1s".to_string()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..80);
    (lines, prop_oneof![6 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")], any::<bool>())
        .prop_map(|(lines, end, is_open)| lines.join(end) + if is_open { "" } else { end })
}

proptest! {
    #[test]
    fn the_lossless_form_stands_for_the_text(text in text()) {
        if let Some(form) = compress(&Task::lossless(&text)).lossless {
            prop_assert!(form.len() < text.len());
            prop_assert_eq!(expand(&form), Some(text));
        }
    }

    #[test]
    fn views_are_the_same_every_time_and_never_longer_when_harsher(text in text()) {
        let plain = drafts(&text, false, None);
        prop_assert_eq!(&plain, &drafts(&text, false, None));
        let mut last = plain.lossy.map(|view| view.text.len());
        for (deep, ratio) in [(true, None), (true, Some(0.3)), (true, Some(0.1))] {
            let own = drafts(&text, deep, ratio).lossy.map(|view| view.text.len());
            if let (Some(last), Some(own)) = (last, own) {
                prop_assert!(own <= last, "{own} > {last}");
            }
            last = own.or(last);
        }
    }

    #[test]
    fn views_count_and_begin_with_a_marker(text in text()) {
        if let Some(view) = drafts(&text, false, None).lossy {
            prop_assert!(view.shown < view.total);
            let head = format!("[headroom report {}/{} lines key={KEY}]\n", view.shown, view.total);
            prop_assert!(view.text.starts_with(&head));
            prop_assert!(view.kept.iter().all(|(line, _)| *line >= 1));
        }
    }

    #[test]
    fn a_failure_and_an_error_stay_in_view_whatever_stands_around(
        before in prop::collection::vec("(tests/a.py::test_[a-z]{3,9} PASSED|cc -c [a-z]{2,9}.c|[a-z ]{0,30})", 0..60),
        after in prop::collection::vec("(\u{2713} [a-z]{3,9}|ok [0-9]{1,2} - [a-z]{2,9}|[a-z ]{0,30})", 0..60),
        deep: bool,
        ratio in prop_oneof![Just(None), Just(Some(0.5)), Just(Some(0.1))],
    ) {
        let own = ["tests/zz.py::test_the_one FAILED", "src/zz.c:12:3: error: there is no \u{2018}zz\u{2019}", "7 failed, 3 passed in 0.12s"];
        let text = [before.join("\n"), own.join("\n"), after.join("\n")].join("\n");
        if let Some(view) = drafts(&text, deep, ratio).lossy {
            for own in own {
                prop_assert!(view.text.contains(own), "{own} is not in\n{}", view.text);
            }
        }
    }

    #[test]
    fn expanding_what_was_changed_never_fails(text in text(), at: prop::sample::Index, with in "\\PC{0,4}|~|\n|\\{\\}|[0-9]{1,9}") {
        if let Some(form) = compress(&Task::lossless(&text)).lossless {
            let mut at = at.index(form.len());
            while !form.is_char_boundary(at) {
                at -= 1;
            }
            let rest = form[at..].chars().next().map_or(0, char::len_utf8);
            let changed = format!("{}{with}{}", &form[..at], &form[at + rest..]);
            if let Some(text) = expand(&changed) {
                prop_assert!(text.len() <= (64 << 20).max(changed.len() * 1_000));
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|[\u{1b}\r\n\t \\[\\]%:()#~^=_*-]){0,300}", head in "(#report )?[0-9 a-z%@=#]{0,20}") {
        drafts(&text, false, None);
        drafts(&text, true, Some(0.1));
        expand(&text);
        expand(&format!("{head}\n{text}"));
    }
}

#[test]
fn a_form_that_would_grow_without_bound_is_refused() {
    assert_eq!(expand("#report 1 lines\n~*99999999999\n"), None);
    let bomb = format!("#report 9 lines\n~a={}{{}}\n~a{}\n", "x".repeat(100_000), " y".repeat(100_000));
    assert_eq!(expand(&bomb), None);
}

#[test]
fn large_texts_of_one_kind_of_line_are_done_in_time() {
    let start = std::time::Instant::now();
    for text in [
        "a".repeat(4 << 20),
        "\n".repeat(1 << 20),
        "ok 1 - x\n".repeat(1 << 18),
        "(".repeat(1 << 20),
        "x: ".repeat(1 << 20),
    ] {
        drafts(&text, false, None);
        drafts(&text, true, Some(0.1));
    }
    // Debug builds are many times slower; what is quadratic would take hours.
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

#[test]
fn what_is_repeated_is_said_once_and_counted() {
    let text = "gcc -c a.c\ngcc -c b.c\ngcc -c cc.c\na.c:1:2: warning: unused variable 'x' [-Wunused]\n\
                b.c:7:2: warning: unused variable 'yy' [-Wunused]\nb.c:9:1: error: expected ';'\n    9 | }\n      | ^\nmake: *** [Makefile:3: b.o] Error 1\n"
        .replace("gcc -c a.c\n", &"gcc -std=c99 -Wall -Wextra -O2 -c part.c\n".repeat(40));
    let view = drafts(&text, false, None).lossy.expect("it is long enough").text;
    for part in [
        "40× gcc -std=c99 -Wall -Wextra -O2 -c part.c",
        "b.c:9:1: error: expected ';'",
        "      | ^",
        "make: *** [Makefile:3: b.o] Error 1",
        "a.c:1:2: warning: unused variable 'x' [-Wunused]",
    ] {
        assert!(view.contains(part), "{part} is not in\n{view}");
    }
}
