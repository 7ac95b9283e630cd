//! One line in, whether it is a frame of a stack, and whose.

use super::places;

/// Whether a line is a frame of a stack.
pub fn is_frame(text: &str, indent: u16) -> bool {
    if indent > 0 && text.starts_with("at ") {
        return text.contains('(') || text.contains(':');
    }
    // JUnit's console leaves the `at` away; rspec writes `#`.
    let in_brackets = || {
        text.rfind('(').is_some_and(|at| {
            places::place(text[at + 1..].trim_end_matches(')'), 0).is_some() || text[at..].contains(".java:")
        })
    };
    if indent >= 4 && text.ends_with(')') && !text.contains(' ') && in_brackets()
        || text.starts_with("# ./")
        || text.starts_with("# /")
    {
        return true;
    }
    text.starts_with("File \"") && text.contains("\", line ")
        || text.starts_with("❯ ") && ends_in_place(text) && indent > 0
        || indent >= 4 && (is_ruby(text) || is_elixir(text))
        || text.starts_with("goroutine ")
}

/// `/x/a.rb:12:in `f'`
fn is_ruby(text: &str) -> bool {
    let place = places::place(text, 0).filter(|place| place.line_end > place.path_end);
    place.is_some_and(|place| text[place.end..].starts_with("in `") || text[place.end..].starts_with("in '"))
}

/// `(elixir 1.14.0) lib/enum.ex:4: Enum.map/2`, `test/a_test.exs:15: (test)`
fn is_elixir(text: &str) -> bool {
    let start = text.strip_prefix('(').and_then(|rest| rest.find(") ")).map_or(0, |at| at + "() ".len());
    let place = places::place(text, start).filter(|place| place.line_end > place.path_end);
    place.is_some_and(|place| {
        let path = &text[place.path_start..place.path_end];
        text[place.end..].starts_with(' ') && [".ex", ".exs", ".erl"].iter().any(|end| path.ends_with(end))
    })
}

/// `f (/x/a.js:1:2)`: a frame of a script where the `at` is left away.
pub fn is_call(text: &str) -> bool {
    text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).is_some_and(|(name, place)| {
        !name.is_empty() && ends_in_place(place) && !place.contains(' ') && place.contains(['/', '\\', '.'])
    })
}

/// Whether a line ends in the numbers of a line and a column: `❯ f src/a.js:1:2`.
pub fn ends_in_place(text: &str) -> bool {
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = text.trim_end().rsplit(':');
    is_number(parts.next()) && is_number(parts.next()) && parts.next().is_some()
}

/// Whether a line is the place of a call and nothing else: `/x/ATest.php:12`, `/x/a_test.go:12`.
pub fn is_bare_place(text: &str) -> bool {
    let place = places::place(text, 0).filter(|place| place.line_end > place.path_end);
    place.is_some_and(|place| place.end == text.len() && !text.ends_with([':', ')']))
}

/// Whether a frame is in code that the project only uses.
pub fn is_foreign(text: &str) -> bool {
    const PARTS: [&str; 25] = [
        "node_modules",
        "node:",
        "site-packages",
        "dist-packages",
        "lib/python",
        "/rustc/",
        ".cargo/registry",
        "<anonymous>)",
        "<anonymous>:",
        "/gems/",
        "(elixir ",
        "(stdlib ",
        "(ex_unit ",
        "/rubygems",
        "/usr/bin/",
        "internal/",
        "java.base/",
        "jdk.internal",
        "org.junit",
        "sun.reflect",
        "java.lang.reflect",
        "core::panicking",
        "std::",
        "/usr/lib",
        "/usr/local/go",
    ];
    // What is evaluated stands in no file.
    let call = text.strip_prefix("at ").or_else(|| text.strip_prefix("❯ ")).unwrap_or(text);
    call.starts_with("eval ")
        || PARTS.iter().any(|part| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
}

/// Whether a line names what was raised: `ValueError: no`, `AssertionError`, `java.lang.Exception: x`.
pub fn is_raised(text: &str) -> bool {
    let end = (0..text.len()).find(|&at| ends_name(text.as_bytes(), at)).unwrap_or(text.len());
    let name = &text[..end];
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$:".contains(&byte));
    is_name && (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Failure"))
}

/// Whether the name of a class has ended: at a blank, or at a colon that is not one of two.
fn ends_name(text: &[u8], at: usize) -> bool {
    match text[at] {
        b' ' => true,
        b':' => text.get(at + 1) != Some(&b':') && (at == 0 || text[at - 1] != b':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_several_languages_are_told_and_whose_they_are() {
        for (line, is_own) in [
            ("at com.x.BadTest.adds(BadTest.java:21)", true),
            ("at java.base/java.lang.reflect.Method.invoke(Method.java:568)", false),
            ("at Test.assert (/app/node_modules/supertest/lib/test.js:221:6)", false),
            ("at /app/test/app.render.js:100:32", true),
            ("File \"/app/tests/test_x.py\", line 3, in test_y", true),
            ("File \"/usr/lib/python3.12/unittest/case.py\", line 3, in f", false),
            ("# ./spec/calc_spec.rb:5:in `block'", true),
        ] {
            assert!(is_frame(line, 4), "{line}");
            assert_eq!(!is_foreign(line), is_own, "{line}");
        }
        for line in ["at first", "attach(x)", "File x", "self.assertTrue(x)"] {
            assert!(!is_frame(line, 2), "{line}");
        }
        assert!(is_raised("AssertionError: 1 != 2") && is_raised("java.lang.IllegalStateException: x"));
        assert!(is_raised("Zlib::DataError: incorrect header check"));
        assert!(!is_raised("an Error: x") && !is_raised("error: x"));
        assert!(is_frame("❯ get node_modules/x/lib/a.js:498:30", 1) && !is_frame("❯ t/a.mjs (13 tests | 1 failed)", 1));
        assert!(is_frame("/x/a.rb:3:in `f'", 4) && !is_foreign("at f (/x/a.js:1:2)"));
        assert!(is_foreign("at eval (eval at <anonymous> (/x/a.js:3:4), <anonymous>:1:2)"));
        assert!(is_foreign("❯ eval lodash.templateSources[0]:12:15") && !is_foreign("at evaluate (/x/a.js:1:2)"));
        assert!(is_frame("(elixir 1.14.0) lib/enum.ex:4: Enum.map/2", 7) && is_frame("a_test.exs:15: (test)", 7));
        assert!(is_call("T.<anonymous> (/x/a.js:2:45)") && !is_call("f (x)") && !is_call("took (1:2)"));
        assert!(is_bare_place("/x/ATest.php:89") && !is_bare_place("/x/ATest.php:89:") && !is_bare_place("/x/a.php"));
    }
}
