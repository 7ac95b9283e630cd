//! Frames in, whose they are out: the application's, or those of a library, a runtime, a test runner.
//!
//! Decided by where code lies (conventional paths, roots of packages), by what it shares with the test or the entry
//! point that the text names, and by its place in the trace: what called the test is its runner.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::frame::{Frame, Language};
use super::message;
use super::parts::Parts;
use crate::begins::Heads;

/// Roots of the packages of runtimes, of test runners, and of frameworks that call applications.
static PACKAGES: Heads<47> = Heads::of([
    "android.",
    "androidx.",
    "clojure.",
    "com.android.",
    "com.intellij.",
    "com.sun.",
    "dalvik.",
    "groovy.",
    "io.netty.",
    "io.vertx.core.",
    "jakarta.",
    "java.",
    "javax.",
    "jdk.",
    "junit.",
    "kotlin.",
    "kotlinx.",
    "org.apache.catalina.",
    "org.apache.coyote.",
    "org.apache.maven.",
    "org.apache.tomcat.",
    "org.apache.tools.ant.",
    "org.assertj.",
    "org.codehaus.groovy.",
    "org.eclipse.jdt.",
    "org.eclipse.jetty.",
    "org.gradle.",
    "org.hamcrest.",
    "org.hibernate.",
    "org.junit.",
    "org.opentest4j.",
    "org.scalatest.",
    "org.springframework.",
    "org.testng.",
    "reactor.",
    "sbt.",
    "scala.",
    "sun.",
    "worker.org.gradle.",
    "Microsoft.",
    "System.",
    "MS.",
    "NUnit.",
    "Xunit.",
    "Castle.",
    "lambda_method",
    "UnityEngine.",
]);

/// Parts of the paths at which libraries and runtimes lie. Backslashes are compared as slashes.
const PATHS: [&str; 24] = [
    "/site-packages/",
    "/dist-packages/",
    "/lib/python",
    "/lib64/python",
    "node_modules/",
    "/rustc/",
    "/rustlib/",
    "/.cargo/",
    "/pkg/mod/",
    "/libexec/src/",
    "/vendor/",
    "/gems/",
    "/lib/ruby/",
    "/usr/lib/",
    "/usr/include/",
    "/.m2/",
    "/.nuget/",
    "webpack/bootstrap",
    "chrome-extension:",
    "/dist-newstyle/",
    "/sysdeps/",
    "/csu/",
    "/nptl/",
    "/libsanitizer/",
];

/// Beginnings of places that are in no file of the application; the second of scripts only.
const BUILT_IN: [&str; 3] = ["<frozen ", "<internal:", "<__array_function__"];
const BUILT_IN_SCRIPT: [&str; 5] = ["node:", "internal/", "index ", "bootstrap_node", "<anonymous>"];

/// Beginnings of functions of runtimes, for frames whose place tells nothing.
static FUNCTIONS: Heads<15> = Heads::of([
    "__rust",
    "rust_begin_unwind",
    "__libc",
    "_start",
    "start_thread",
    "clone",
    "<unknown>",
    "___rust",
    "runtime.",
    "testing.",
    "__pthread",
    "_pthread",
    "__GI_",
    "_IO_",
    "__interceptor_",
]);

/// Whose each frame is: true for a library's. `is_own` is true for frames that share their package with what the text
/// names as the failing test.
pub struct Origins {
    pub is_library: Vec<bool>,
    pub is_own: Vec<bool>,
}

impl Origins {
    pub fn of(parts: &Parts) -> Self {
        let is_library = parts.frames.iter().map(|frame| is_library(parts.lines.text, frame)).collect();
        Origins { is_library, is_own: vec![false; parts.frames.len()] }
    }

    /// Takes into account which test, or which class, the lines before a block of frames name.
    pub fn named_by(&mut self, parts: &Parts, block: std::ops::Range<usize>, before: std::ops::Range<usize>) {
        let text = parts.lines.text;
        let Some(root) = root_of_test(parts, block.clone(), before) else { return };
        let mut outermost = block.start;
        for at in block.clone() {
            let class = class_of(parts.frames[at].place.of(text));
            self.is_own[at] = class.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if self.is_own[at] {
                self.is_library[at] = false;
                outermost = at;
            }
        }
        if self.is_own[outermost] {
            self.is_library[outermost + 1..block.end].fill(true);
        }
    }
}

/// A class without the module that it is loaded from.
fn class_of(place: &str) -> &str {
    memchr::memrchr(b'/', place.as_bytes()).map_or(place, |at| &place[at + 1..])
}

/// Lines before a block in which a test's name is looked for, and bytes of each.
const NAMING_LINES: usize = 6;
const NAMING_BYTES: usize = 400;

/// The package that the test named before a block of Java frames is in: at most three of its parts.
fn root_of_test<'a>(
    parts: &Parts<'a>,
    block: std::ops::Range<usize>,
    before: std::ops::Range<usize>,
) -> Option<&'a str> {
    if parts.frames[block.start].language != Language::Java {
        return None;
    }
    let lines = (before.start..before.end).rev().take(NAMING_LINES);
    let mut names: Vec<&str> = Vec::new();
    for index in lines {
        let line = parts.lines.line(index);
        let is_end = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_' | '$'));
        // The class of an exception may have frames of its own.
        if line.len() <= NAMING_BYTES && !message::is_raised(line) {
            names.extend(line.split(is_end).filter(|word| word.contains('.') && word.len() > 3));
        }
    }
    if names.is_empty() {
        return None;
    }
    names.truncate(24);
    let class = |at: usize| class_of(parts.frames[at].place.of(parts.lines.text));
    let is_named = |class: &&str| {
        let behind =
            |name: &&str| name.strip_prefix(*class).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        names.iter().any(behind)
    };
    let test = block.rev().map(class).find(is_named)?;
    let package = test.rfind('.')?;
    let end = test[..package].match_indices('.').nth(2).map_or(package, |(at, _)| at);
    Some(&test[..end])
}

/// Whether a frame by itself looks like one of a library or a runtime.
fn is_library(text: &str, frame: &Frame) -> bool {
    let (place, function) = (frame.place.of(text), frame.function.of(text));
    match frame.language {
        Language::Java => PACKAGES.begin(class_of(place).as_bytes()),
        Language::Dotnet if place.is_empty() => true,
        Language::Rust | Language::Go | Language::Numbered if place.is_empty() => {
            function != "{main}" && (!function.contains("::") || is_runtime(function))
        }
        Language::Numbered => FUNCTIONS.begin(function.as_bytes()) || is_library_path(place),
        Language::Rust => is_runtime(function) || is_library_path(place),
        Language::Go => is_runtime(function) || is_go_library(place) || is_library_path(place),
        Language::Script if place == "native" || BUILT_IN_SCRIPT.iter().any(|root| place.starts_with(root)) => true,
        // What is evaluated stands in no file.
        Language::Script if function == "eval" => true,
        _ => is_library_path(place),
    }
}

fn is_runtime(function: &str) -> bool {
    let crate_name = function.trim_start_matches('<').split([':', '[']).next().unwrap_or("");
    matches!(crate_name, "std" | "core" | "alloc" | "test" | "tokio" | "__rustc")
        || FUNCTIONS.begin(function.as_bytes())
}

/// Below `go/src` stand Go's own packages, and, by the name of a host, those of others.
fn is_go_library(place: &str) -> bool {
    let below = place.split_once("/go/src/").map(|(_, below)| below);
    below.is_some_and(|below| !below.split('/').next().unwrap_or("").contains('.'))
}

fn is_library_path(place: &str) -> bool {
    if BUILT_IN.iter().any(|root| place.starts_with(root)) {
        return true;
    }
    match memchr::memchr(b'\\', place.as_bytes()) {
        Some(_) => {
            let path = place.replace('\\', "/");
            FINDER.is_match(&path) || path.contains("/Lib/")
        }
        None => FINDER.is_match(place),
    }
}

/// Finds all of `PATHS` in one pass.
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let builder = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(PATHS);
    builder.expect("a few short texts make a small automaton")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lines;

    fn libraries(text: &str) -> Vec<bool> {
        Origins::of(&Parts::of(Lines::of(text))).is_library
    }

    #[test]
    fn libraries_are_told_by_where_they_lie() {
        for (frame, expected) in [
            ("  File \"/testbed/src/a.py\", line 3, in f", false),
            ("  File \"/x/venv/lib/python3.11/site-packages/a.py\", line 3, in f", true),
            ("  File \"C:\\Python311\\Lib\\json\\decoder.py\", line 3, in f", true),
            ("  File \"<frozen importlib._bootstrap>\", line 3, in f", true),
            ("  File \"<string>\", line 3, in <module>", false),
            ("internal/a.py:3: in f", false),
            ("main.f()\n\t/go/src/x.io/app/main.go:1 +0x1", false),
            ("    at f (/app/node_modules/x/a.js:1:2)", true),
            ("    at f (node:fs:1:2)", true),
            ("    at f (webpack:///./src/a.ts:1:2)", false),
            ("   at System.Linq.First()", true),
            ("   at A.B.M() in /src/B.cs:line 3", false),
            ("\tat java.base/java.lang.Thread.run(Thread.java:3)", true),
            ("\tat a.b.C.m(C.java:3)", false),
            ("runtime.gopark(0x1)\n\t/usr/local/go/src/runtime/proc.go:1 +0x1", true),
            ("main.main()\n\t/x/main.go:1 +0x1", false),
            ("   4: core::panicking::panic_fmt\n   at /rustc/0/library/core/src/panicking.rs:72:14", true),
            ("   4: a::main\n   at ./src/main.rs:72:14", false),
        ] {
            assert_eq!(libraries(frame), [expected], "{frame}");
        }
    }

    #[test]
    fn what_shares_the_tests_package_is_the_applications_and_what_calls_the_test_is_not() {
        let text =
            "--- org.junit.own.ATest::t\nE\n\tat org.junit.own.A.m(A.java:1)\n\tat java.util.List.of(List.java:1)\n\
                    \tat org.junit.own.ATest.t(ATest.java:1)\n\tat x.y.Runner.run(Runner.java:1)\n";
        let parts = Parts::of(Lines::of(text));
        let mut origins = Origins::of(&parts);
        assert_eq!(origins.is_library, [true, true, true, false]);
        origins.named_by(&parts, 0..4, 0..2);
        assert_eq!(origins.is_library, [false, true, false, true]);
        assert_eq!(origins.is_own, [true, false, true, false]);
    }
}
