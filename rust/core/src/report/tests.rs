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

#[test]
fn failed_tests_are_named_as_they_stand_where_there_are_many_of_them() {
    let modules = ["curried", "functoolz", "args", "recipes", "serialization", "signatures", "tlz", "dicttoolz"];
    let mut text = String::new();
    for module in modules {
        text += &format!("_________ ERROR collecting tests/test_{module}.py _________\n");
        text +=
            &format!("tests/test_{module}.py:2: in <module>\n    import toolz\ntoolz/__init__.py:22: in <module>\n");
        text += "    functoolz._sigs.create_signature_registry()\nE   NameError: name 'functoolz' is not defined\n";
    }
    text += "=========== short test summary info ============\n";
    for module in modules {
        text += &format!("ERROR tests/test_{module}.py - NameError: name 'functoolz' is not defined\n");
    }
    text += "============== 8 errors in 0.52s ===============\n";
    let form = compress(&Task::lossless(&text)).lossless.expect("it is shorter");
    for module in modules {
        assert!(form.contains(&format!("ERROR tests/test_{module}.py - NameError")), "{module}\n{form}");
    }
}

#[test]
fn failed_tests_of_one_name_in_two_classes_are_both_shown() {
    let mut text = "============= test session starts ==============\ncollected 90 items\n\n".to_owned();
    for class in ["TestSpoiler", "TestFootnotes"] {
        for case in 1..4 {
            text += &format!("______________ {class}.test_inline_{case} ______________\n\n");
            for line in 0..9 {
                text += &format!("    step_{line} = method(self, text, {case})\n");
            }
            text += ">       raise ValueError('unexpected value')\nE       ValueError: unexpected value: 11\n\n";
            text += &format!("src/plugins/{}.py:48: ValueError\n", class.to_lowercase());
        }
    }
    text += "=========== short test summary info ============\n";
    for class in ["TestSpoiler", "TestFootnotes"] {
        for case in 1..4 {
            text += &format!("FAILED tests/test_plugins.py::{class}::test_inline_{case} - ...\n");
        }
    }
    text += "========= 6 failed, 84 passed in 1.66s =========\n";
    let view = drafts(&text, false, None).lossy.expect("it is shorter").text;
    for class in ["TestSpoiler", "TestFootnotes"] {
        for case in 1..4 {
            assert!(view.contains(&format!("FAILED tests/test_plugins.py::{class}::test_inline_{case}")), "{view}");
        }
    }
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

/// Asserts that these parts stand in the view of a text, in this order.
fn assert_shown(text: &str, parts: &[&str]) {
    let view = drafts(text, false, None).lossy.expect("it is long enough").text;
    let mut from = 0;
    for part in parts {
        match view[from..].find(part) {
            Some(at) => from += at + part.len(),
            None => panic!("{part} is not in its place in\n{view}"),
        }
    }
}

#[test]
fn long_names_of_failing_tests_head_their_own_messages() {
    let source = "    def test_it(self):\n        value = make()\n        other = make()\n        third = make()\n";
    let failure = |title: &str, line: u32| {
        format!("{title}\n\n{source}>       assert value\nE       AssertionError: no {line}\n\ntests/test_x.py:{line}: AssertionError\n")
    };
    let long = "_ TestFieldDeserialization.test_invalid_timedelta_field_deserialization[9999999999] _";
    let text = "=================================== FAILURES ===================================\n".to_owned()
        + &failure("________ TestX.test_short ________", 12)
        + &failure(long, 345)
        + &failure("__ test_z __", 678)
        + "========================= short test summary info =========================\n3 failed in 0.1s\n";
    assert_shown(
        &text,
        &["TestX.test_short", "no 12", "test_x.py:12:", long, "no 345", "test_x.py:345:", "__ test_z __", "no 678"],
    );
}

#[test]
fn junit_summaries_keep_the_class_and_the_name_of_every_failure() {
    let failure = |class: &str, name: String| {
        format!(
            "  JUnit Jupiter:{class}:{name}()\n    MethodSource [className = 'a.b.{class}', methodName = '{name}', methodParameterTypes = '']\n    => java.lang.NullPointerException: no {name}\n       a.b.Parser.read{name}(Parser.java:57)\n       java.base/java.lang.reflect.Method.invoke(Method.java:569)\n       org.junit.platform.commons.util.ReflectionUtils.invokeMethod(ReflectionUtils.java:727)\n       [...]\n"
        )
    };
    let names: Vec<String> = (b'a'..=b'z').map(|letter| format!("test{}LongNameOfIt", letter as char)).collect();
    let mut text = "Failures (27):\n".to_owned();
    names.iter().for_each(|name| text += &failure("ParserTest", name.clone()));
    text += &failure("LexerTest", "testEscape".to_owned());
    text +=
        "\nTest run finished after 9 ms\n[        93 tests found           ]\n[        27 tests failed          ]\n";
    let mut parts: Vec<String> =
        names.iter().flat_map(|name| [format!(":ParserTest:{name}()"), format!("no {name}")]).collect();
    parts.extend([":LexerTest:testEscape()", "readtestEscape(Parser.java:57)", "27 tests failed"].map(str::to_owned));
    assert_shown(&text, &parts.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn failures_of_several_runners_keep_their_names_messages_and_places() {
    let gems = "     # /usr/lib/gems/rspec-core/lib/rspec/core/example.rb:263:in `instance_exec'\n".repeat(20);
    let rspec = format!(
        "Failures:\n\n  1) Set merges\n     Failure/Error: expect(set).to eq other\n\n       expected: 1\n            got: 2\n{gems}     # ./set_spec.rb:4:in `block in <top (required)>'\n{gems}\n  2) Set opens\n     Failure/Error: open\n     IOError: closed\n{gems}     # ./set_spec.rb:9:in `f'\n\nFinished in 0.07 seconds\n12 examples, 2 failures\n"
    );
    assert_shown(
        &rspec,
        &[
            "1) Set merges",
            "expected: 1",
            "got: 2",
            "set_spec.rb:4",
            "2) Set opens",
            "IOError",
            "set_spec.rb:9",
            "12 examples",
        ],
    );
    let rb = "    /usr/lib/ruby/3.1.0/psych/visitors/to_ruby.rb:35:in `accept'\n".repeat(20);
    let minitest = format!(
        "Finished in 0.04s, 298.4 runs/s, 74.6 assertions/s.\n\n  1) Error:\nTestZ#test_a:\nZlib::DataError: bad\n{rb}    mini.rb:14:in `test_a'\n\n  2) Failure:\nTestY#test_d [mini.rb:6]:\n--- expected\n+++ actual\n@@ -1,6 +1,6 @@\n-  x\n+y\n\n2 runs, 3 assertions, 1 failures, 1 errors, 0 skips\n"
    );
    assert_shown(
        &minitest,
        &["TestZ#test_a:", "Zlib::DataError: bad", "mini.rb:14", "TestY#test_d [mini.rb:6]", "-  x", "+y"],
    );
    let lib = "       (elixir 1.14.0) lib/enum.ex:4307: Enum.map/2\n".repeat(20);
    let exunit = format!(
        "  1) test regex (ShopTest)\n     ex_test.exs:15\n     ** (Regex.CompileError) missing )\n     code: Regex.compile!(\"a(b\")\n     stacktrace:\n{lib}       lib/shop.ex:7: Shop.f/1\n       ex_test.exs:15: (test)\n\n\n  2) test eq (ShopTest)\n     ex_test.exs:17\n     Assertion with == failed\n     left:  1\n     right: 2\n\n2 tests, 2 failures\n"
    );
    assert_shown(
        &exunit,
        &[
            "1) test regex",
            "ex_test.exs:15",
            "** (Regex",
            "lib/shop.ex:7",
            "2) test eq",
            "ex_test.exs:17",
            "Assertion",
            "left:",
            "right:",
        ],
    );
    let php = "..............................\n".repeat(12)
        + "There were 2 failures:\n\n1) A\\LexerTest::testLine\nFailed asserting that 9 is 11.\n\n/x/LexerTest.php:89\n\n2) A\\LexerTest::testEnd\nFailed asserting that 1 is 2.\n\n/x/LexerTest.php:109\n\nFAILURES!\nTests: 21, Assertions: 30, Failures: 2.\n";
    assert_shown(
        &php,
        &[
            "testLine",
            "9 is 11",
            "LexerTest.php:89",
            "testEnd",
            "1 is 2",
            "LexerTest.php:109",
            "FAILURES!",
            "Tests: 21",
        ],
    );
    let node = "   ❯ f node_modules/x/lib/a.js:1:2\n".repeat(20);
    let vitest = format!(
        " ❯ t/a.mjs (3 tests | 2 failed) 5ms\n     × merges 17ms\n\n FAIL  t/a.mjs > lodash > merges\nTypeError: not so\n{node} ❯ body.js:2:45\n⎯⎯⎯⎯[1/2]⎯\n\n FAIL  t/a.mjs > lodash > flows\nAssertionError: 1 is 2\n ❯ body.js:4:5\n⎯⎯⎯⎯[2/2]⎯\n\n Test Files  1 failed (1)\n"
    );
    assert_shown(
        &vitest,
        &[
            "× merges",
            "lodash > merges",
            "TypeError: not so",
            "body.js:2:45",
            "lodash > flows",
            "AssertionError",
            "body.js:4:5",
        ],
    );
    let perl = "t/10_base.t ....... ok\n".repeat(30)
        + "\n#   Failed test 'error'\n#   at t/22_scalar.t line 184.\n#          got: '2025'\n#     expected: '2023'\n# Looks like you failed 1 test of 136.\nt/22_scalar.t ... \nDubious, test returned 2 (wstat 512, 0x200)\nResult: FAIL\n";
    assert_shown(
        &perl,
        &["Failed test 'error'", "line 184", "got: '2025'", "expected: '2023'", "Dubious", "Result: FAIL"],
    );
}

#[test]
fn a_test_that_crashes_is_named_with_what_failed_before() {
    let ok = |n: u32| format!("[ RUN      ] A.Passes{n}\n[       OK ] A.Passes{n} (0 ms)\n");
    let text = (0..30).map(ok).collect::<String>()
        + "[ RUN      ] Queue.Dequeue\nq_unittest.cc:130: Failure\nExpected equality of these values:\n  0u\n  q1_.Size()\n    Which is: 18\nrun.sh: line 31:  3786 Segmentation fault      ./s\n";
    assert_shown(
        &text,
        &[
            "30× [       OK ] A",
            "[ RUN      ] Queue.Dequeue",
            "q_unittest.cc:130: Failure",
            "0u",
            "Which is: 18",
            "Segmentation fault",
        ],
    );
}

#[test]
fn an_error_in_a_header_is_shown_with_where_the_project_uses_it() {
    let note = "/usr/include/c++/12/ostream:108:7: note: candidate: ‘f’\n  108 |       f\n      |       ^\n".repeat(40);
    let text = format!(
        "/usr/include/c++/12/bits/x.h: In instantiation of ‘f’:\n/usr/include/c++/12/bits/y.h:366:12:   required from ‘g’\ntmpl.cc:9:157:   required from here\n/usr/include/c++/12/bits/x.h:90:56: error: static assertion failed\n   90 |   f\n      |   ^\n{note}"
    );
    assert_shown(&text, &["tmpl.cc:9:157:   required from here", "x.h:90:56: error: static assertion failed"]);
}
