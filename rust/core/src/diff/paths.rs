//! The path of a changed file in, how much of its changes a reader needs out.

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Every changed line matters.
    Source,
    /// Settings and small data: shown when short.
    Settings,
    /// Where tests are: only what is tested is named.
    Test,
    /// Code beside the product (test support, fixtures, generated or foreign code): definitions and what handles errors.
    Support,
    Docs,
    Data,
    /// Lock files, snapshots, what is minified.
    Generated,
}

impl Sort {
    /// The word for it in a file's line.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Source | Sort::Settings => "",
            Sort::Test => " test",
            Sort::Support => " support",
            Sort::Docs => " docs",
            Sort::Data => " data",
            Sort::Generated => " generated",
        }
    }
}

const TEST_FOLDERS: [&str; 6] = ["test", "tests", "__tests__", "__test__", "unittest", "unittests"];
const SUPPORT_WORDS: [&str; 12] = [
    "test",
    "tests",
    "e2e",
    "testdata",
    "testsuite",
    "fixture",
    "fixtures",
    "mocks",
    "mock",
    "snapshots",
    "unittests",
    "cypress",
];
/// Languages whose tests are called specs; elsewhere a spec is a specification.
const SPEC_ENDINGS: [&str; 12] =
    ["rb", "js", "jsx", "ts", "tsx", "mjs", "cjs", "coffee", "lua", "php", "scala", "groovy"];
const FOREIGN_FOLDERS: [&str; 9] = [
    "vendor",
    "node_modules",
    "third_party",
    "third-party",
    "thirdparty",
    "dist",
    "__generated__",
    "generated",
    "bower_components",
];
const DOCS_ENDINGS: [&str; 13] =
    ["md", "markdown", "mdx", "rst", "adoc", "asciidoc", "txt", "org", "pod", "rdoc", "textile", "tex", "texi"];
const DOCS_NAMES: [&str; 14] = [
    "readme",
    "changelog",
    "changes",
    "history",
    "license",
    "licence",
    "notice",
    "authors",
    "contributors",
    "copying",
    "news",
    "todo",
    "contributing",
    "maintainers",
];
const DATA_ENDINGS: [&str; 22] = [
    "csv", "tsv", "svg", "po", "pot", "xlf", "plist", "geojson", "ipynb", "dat", "data", "log", "out", "golden",
    "jsonl", "ndjson", "sum", "pem", "xsd", "eps", "arb", "parquet",
];
const SETTINGS_ENDINGS: [&str; 15] = [
    "json",
    "json5",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "xml",
    "env",
    "editorconfig",
    "gitignore",
    "in",
    "lst",
];
const GENERATED_ENDINGS: [&str; 16] = [
    ".lock",
    ".lockb",
    ".lockfile",
    ".min.js",
    ".min.css",
    ".min.mjs",
    ".map",
    ".snap",
    "-lock.json",
    "-lock.yaml",
    "-shrinkwrap.json",
    "go.sum",
    "package.resolved",
    ".ambr",
    ".pbxproj",
    ".bundle.js",
];
const GENERATED_CODE: [&str; 12] = [
    ".pb.go",
    ".pb.cc",
    ".pb.h",
    ".pb.swift",
    "_pb2.py",
    "_pb2.pyi",
    "_pb2_grpc.py",
    ".g.dart",
    ".freezed.dart",
    ".designer.cs",
    ".g.cs",
    "_generated.go",
];

/// What the file of a path is for, by its names alone.
pub fn sort_of(path: &str) -> Sort {
    let path = path.trim_matches('"');
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let folders = &lower[..lower.len() - name.len()];
    if GENERATED_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return Sort::Generated;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_build = name == "cmakelists.txt" || lower.contains("requirements") || name.contains("constraints");
    let stem = name.split('.').next().unwrap_or(name);
    let is_manual = ending.len() == 1 && matches!(ending.as_bytes()[0], b'1'..=b'9');
    if !is_build && (DOCS_ENDINGS.contains(&ending) || is_manual || ending.is_empty() && DOCS_NAMES.contains(&stem)) {
        return Sort::Docs;
    }
    let in_docs = folders.split('/').any(|folder| matches!(folder, "doc" | "docs" | "documentation" | "man"));
    if in_docs && matches!(ending, "html" | "htm") {
        return Sort::Docs;
    }
    if DATA_ENDINGS.contains(&ending) {
        return Sort::Data;
    }
    let is_settings = is_build || SETTINGS_ENDINGS.contains(&ending);
    if is_test(path, folders, ending) {
        return if is_settings { Sort::Data } else { Sort::Test };
    }
    let is_foreign = folders.split('/').any(|folder| FOREIGN_FOLDERS.contains(&folder));
    let is_specs =
        SPEC_ENDINGS.contains(&ending) && folders.split('/').any(|folder| matches!(folder, "spec" | "specs"));
    let is_support =
        is_foreign || is_specs || is_near_tests(folders, stem) || GENERATED_CODE.iter().any(|end| name.ends_with(end));
    match (is_settings, is_support) {
        (true, true) => Sort::Data,
        (true, false) => Sort::Settings,
        (false, true) => Sort::Support,
        (false, false) => Sort::Source,
    }
}

/// By the conventions that make test runners find a file.
fn is_test(path: &str, folders: &str, ending: &str) -> bool {
    let mut parents = folders.split('/').enumerate();
    // A package of Python that is called `test` may be part of the product.
    if parents
        .any(|(depth, folder)| TEST_FOLDERS.contains(&folder) && (folder != "test" || depth == 0 || ending != "py"))
    {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    const ENDS: [&str; 9] = ["_test", "_tests", ".test", ".tests", ".spec", "-test", ".e2e", "_unittest", "-tests"];
    let lower = stem.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.len() > end.len() && lower.ends_with(end));
    let in_main = folders.contains("src/main/");
    let has_specs = SPEC_ENDINGS.contains(&ending);
    ends(&ENDS)
        || name.starts_with("test_")
        || has_specs && (ends(&["_spec", "-spec"]) || ends_camel(stem, "Spec") && !in_main)
        || !in_main && ["Test", "Tests", "TestCase"].iter().any(|word| ends_camel(stem, word))
}

/// `ParserTest`, not `Test` and not `Latest`.
fn ends_camel(stem: &str, word: &str) -> bool {
    stem.strip_suffix(word)
        .and_then(|rest| rest.bytes().last())
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Words of folders' names, or of the file's, that stand for what tests need.
fn is_near_tests(folders: &str, stem: &str) -> bool {
    let has = |text: &str| text.split(['-', '_', '.']).any(|word| SUPPORT_WORDS.contains(&word));
    folders.split('/').any(has) || stem == "conftest" || has(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_what_they_are_for() {
        for (path, sort) in [
            ("src/click/testing.py", Sort::Source),
            ("lib/router/index.js", Sort::Source),
            ("src/latest.c", Sort::Source),
            ("tests/test_x.py", Sort::Test),
            ("pkg/report/writer_test.go", Sort::Test),
            ("gson/src/test/java/com/google/gson/Foo.java", Sort::Test),
            ("src/com/acme/ParserTest.java", Sort::Test),
            ("app/parser.spec.ts", Sort::Test),
            ("src/main/java/a/LoadTest.java", Sort::Source),
            ("src/tests.rs", Sort::Support),
            ("pkg/compliance/spec/compliance.go", Sort::Source),
            ("django/test/client.py", Sort::Support),
            ("spec/models/user_spec.rb", Sort::Test),
            ("api/PodSpec.java", Sort::Source),
            ("integration-tests/run.py", Sort::Support),
            ("vendor/github.com/a/b.go", Sort::Support),
            ("api/v1/api.pb.go", Sort::Support),
            ("docs/utils.rst", Sort::Docs),
            ("LICENSE", Sort::Docs),
            ("CMakeLists.txt", Sort::Settings),
            ("requirements/dev.txt", Sort::Settings),
            ("Cargo.lock", Sort::Generated),
            ("package-lock.json", Sort::Generated),
            ("web/app.min.js", Sort::Generated),
            ("package.json", Sort::Settings),
            ("tests/data/a.json", Sort::Data),
            ("data/users.csv", Sort::Data),
            ("Makefile", Sort::Source),
        ] {
            assert_eq!(sort_of(path), sort, "{path}");
        }
    }
}
