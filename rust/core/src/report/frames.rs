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
        || text.starts_with("❯ ") && text.contains(':') && indent > 0
        || text.starts_with("goroutine ")
}

/// Whether a frame is in code that the project only uses.
pub fn is_foreign(text: &str) -> bool {
    const PARTS: [&str; 18] = [
        "node_modules",
        "node:",
        "site-packages",
        "dist-packages",
        "lib/python",
        "/rustc/",
        ".cargo/registry",
        "<anonymous>)",
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
    PARTS.iter().any(|part| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
}

/// Whether a line names what was raised: `ValueError: no`, `AssertionError`, `java.lang.Exception: x`.
pub fn is_raised(text: &str) -> bool {
    let end = text.find([':', ' ']).unwrap_or(text.len());
    let name = &text[..end];
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$".contains(&byte));
    is_name && (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Failure"))
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
        assert!(!is_raised("an Error: x") && !is_raised("error: x"));
    }
}
