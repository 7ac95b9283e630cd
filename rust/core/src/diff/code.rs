//! A line of code in, of any language: whether it defines, imports, handles errors, or only comments.
//!
//! In doubt a line defines or handles errors: then it stands verbatim.

use crate::words;

/// Words before the word that tells what is defined.
const MODIFIERS: [&str; 33] = [
    "pub",
    "public",
    "private",
    "protected",
    "internal",
    "static",
    "final",
    "abstract",
    "async",
    "export",
    "default",
    "inline",
    "virtual",
    "override",
    "extern",
    "unsafe",
    "sealed",
    "open",
    "data",
    "partial",
    "synchronized",
    "native",
    "explicit",
    "constexpr",
    "friend",
    "declare",
    "fileprivate",
    "mutating",
    "suspend",
    "local",
    "consteval",
    "noinline",
    "transient",
];
/// Words that begin a definition.
const DEFINERS: [&str; 40] = [
    "def",
    "class",
    "func",
    "fn",
    "fun",
    "function",
    "interface",
    "struct",
    "enum",
    "trait",
    "impl",
    "type",
    "module",
    "mod",
    "namespace",
    "template",
    "union",
    "typedef",
    "protocol",
    "extension",
    "record",
    "object",
    "proc",
    "sub",
    "macro",
    "macro_rules",
    "defmodule",
    "defp",
    "defmacro",
    "defn",
    "concept",
    "constructor",
    "contract",
    "package",
    "instance",
    "newtype",
    "typealias",
    "subroutine",
    "procedure",
    "defun",
];
/// Words that begin a statement, which is no definition though a name and `(` follow.
const STATEMENTS: [&str; 44] = [
    "return", "else", "elif", "elsif", "new", "throw", "case", "await", "yield", "delete", "print", "echo", "not",
    "and", "or", "in", "assert", "goto", "using", "import", "from", "if", "for", "while", "switch", "do", "try",
    "catch", "finally", "with", "match", "when", "unless", "until", "foreach", "raise", "del", "puts", "defer", "go",
    "select", "loop", "include", "require",
];
/// Beginnings of words that handle errors, beside those of `words::has_trouble`.
const HANDLERS: [&str; 19] = [
    "err", "except", "raise", "throw", "catch", "rescue", "panic", "assert", "fail", "fatal", "abort", "exit",
    "unwrap", "expect", "reject", "ensure", "bail", "die", "perror",
];

/// How comments and imports are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    pub comment: &'static [&'static str],
    pub has_block_comments: bool,
    pub has_docstrings: bool,
    /// Import blocks list bare strings.
    pub is_go: bool,
}

/// The language of a path, as far as comments go.
pub fn language_of(path: &str) -> Language {
    let name = path.trim_matches('"').rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let (comment, has_block_comments): (&'static [&'static str], bool) = match ending.as_str() {
        "py" | "pyi" | "rb" | "sh" | "bash" | "zsh" | "yml" | "yaml" | "toml" | "pl" | "pm" | "r" | "tcl" | "cmake"
        | "mk" | "conf" | "cfg" | "ex" | "exs" | "nim" | "jl" | "ps1" | "properties" | "gitignore" | "in" | "awk"
        | "pyx" | "bzl" => (&["#"], false),
        "" => (&["#"], false),
        "sql" | "lua" | "hs" | "elm" | "ada" | "vhd" => (&["--"], false),
        "lisp" | "el" | "clj" | "cljs" | "scm" | "asm" | "ini" => (&[";"], false),
        "tf" | "hcl" | "php" | "nix" => (&["#", "//"], true),
        "erl" | "tex" | "m" => (&["%"], false),
        "json" | "html" | "xml" | "md" | "rst" | "txt" | "vue" | "svelte" => (&[], false),
        _ => (&["//"], true),
    };
    Language {
        comment,
        has_block_comments,
        has_docstrings: matches!(ending.as_str(), "py" | "pyi" | "pyx"),
        is_go: ending == "go",
    }
}

/// The words that a line begins with, without what surrounds them.
fn leading_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Whether a line, without its indentation, defines something, or may.
pub fn is_definition(text: &str) -> bool {
    let text = text.strip_prefix("@").unwrap_or(text);
    if let Some(rest) = text.strip_prefix('#') {
        return rest.trim_start().starts_with("define");
    }
    let mut is_modified = false;
    for word in leading_words(text).take(6) {
        if DEFINERS.contains(&word) {
            return true;
        }
        if !MODIFIERS.contains(&word) {
            break;
        }
        is_modified = true;
    }
    is_modified || has_function(text) || is_signature(text)
}

/// `function` as a word, or an arrow before a body.
fn has_function(text: &str) -> bool {
    let is_arrow = text.contains("=>") && text.ends_with(['{', '(', '>']);
    is_arrow || text.contains("function") && leading_words(text).any(|word| word == "function")
}

/// `name(…) {`, `type name(…`, also over several lines.
fn is_signature(text: &str) -> bool {
    let Some(open) = memchr::memchr(b'(', text.as_bytes()) else { return false };
    let before = text[..open].trim_end();
    let first = leading_words(before).next().unwrap_or("");
    if first.is_empty() || STATEMENTS.contains(&first) || text.starts_with('}') {
        return false;
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_:<>*&,[]~ $?.".contains(&byte);
    if !before.bytes().all(is_name) {
        return false;
    }
    let has_type = before.contains(' ') && !before.ends_with([',', ':']);
    has_type || text.ends_with('{')
}

/// Whether a line, without its indentation, handles an error, or may.
pub fn is_handling(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut found = text.ends_with("?;") || text.ends_with('?');
    words::for_each(bytes, |start, end| {
        found = found || begins_handler(&bytes[start..end]);
    });
    let has = |part: &[u8]| memchr::memmem::find(bytes, part).is_some();
    found || words::has_trouble(bytes) || has(b"ssert") || has(b"throw") || has(b"error")
}

fn begins_handler(word: &[u8]) -> bool {
    HANDLERS.iter().any(|stem| word.len() >= stem.len() && word[..stem.len()].eq_ignore_ascii_case(stem.as_bytes()))
}

/// Whether a text behind the mark of a comment must not be passed over: code that was commented out, and what tools obey.
pub fn is_telling_comment(text: &str) -> bool {
    const TELLING: [&str; 15] = [
        "TODO",
        "FIXME",
        "HACK",
        "XXX",
        "SAFETY",
        "WARNING",
        "BUG",
        "eprecated",
        "noqa",
        "nolint",
        "eslint",
        "pragma",
        "@ts-",
        "go:",
        "type:",
    ];
    let text = text.trim_start_matches(['/', '#', '*', ';', '-', '%', '!', ' ', '\t', '<']);
    let first = leading_words(text).next().unwrap_or("");
    let is_definer = DEFINERS.contains(&first) || MODIFIERS.contains(&first);
    let is_handler = matches!(
        first,
        "raise" | "throw" | "except" | "catch" | "panic" | "assert" | "return" | "if" | "try" | "rescue"
    );
    let ends_code = text.ends_with(['{', ';', ':', '(', ')', '}']) || text.contains('=') || text.ends_with("= ");
    is_definer && (ends_code || text.contains('(') || text.contains('<'))
        || is_handler && ends_code
        || ends_code && is_signature(text) && text.ends_with('{')
        || TELLING.iter().any(|telling| text.contains(telling))
}

/// Whether a line, without its indentation, brings in names from elsewhere.
pub fn is_import(text: &str, language: Language) -> bool {
    const HEADS: [&str; 9] = [
        "import ",
        "import(",
        "#include",
        "use ",
        "require ",
        "require_once ",
        "require_relative ",
        "extern crate ",
        "import{",
    ];
    if language.is_go {
        // In an import block: a path in quotes, perhaps after a name.
        let path = text.split_once('"').map_or("", |(_, rest)| rest);
        let name = text.split('"').next().unwrap_or("").trim();
        let is_bare = path.ends_with('"') && path.len() > 1 && !path[..path.len() - 1].contains('"');
        if is_bare
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
            && !name.contains("return")
        {
            return true;
        }
    }
    let is_from = text.starts_with("from ") && text.contains(" import");
    let is_using = text.starts_with("using ") && text.ends_with(';') && !text.contains('=') && !text.contains('(');
    let is_require = text.contains("require(")
        && text.trim_end_matches([';', ',']).ends_with(')')
        && text.contains('=')
        && !text.contains("=>");
    is_from || is_using || is_require || HEADS.iter().any(|head| text.starts_with(head))
}

/// Whether an import goes on in the lines below.
pub fn opens_import(text: &str) -> bool {
    text.ends_with(['(', '{', '\\']) || text.ends_with(',') && text.contains('{') && !text.contains('}')
}

/// What a definition is called, as far as a name can be told from the line.
pub fn name_of(text: &str) -> Option<&str> {
    // `it('does this', …`, `test "that" do`, `test {name} {`
    let first = leading_words(text).next()?;
    let is_case = matches!(
        first,
        "it" | "test" | "describe" | "context" | "specify" | "scenario" | "feature" | "TEST" | "TEST_F" | "suite"
    );
    if is_case {
        let rest = &text[first.len()..];
        let quote = rest.find(['"', '\'', '`', '{', '('])?;
        let inner = &rest[quote..];
        let inner = inner.trim_start_matches(['(', ' ']);
        let close = match inner.chars().next()? {
            mark @ ('"' | '\'' | '`') => mark,
            '{' => '}',
            _ => ')',
        };
        let inner = inner.trim_start_matches(['"', '\'', '`', '{']);
        return Some(inner[..inner.find(close).unwrap_or(inner.len())].trim()).filter(|name| !name.is_empty());
    }
    if !is_definition(text) {
        return None;
    }
    let mut behind = text;
    if let Some(rest) = text.strip_prefix("func (") {
        behind = rest.split_once(')')?.1;
    }
    let stop = behind.find(['(', '{', ':', '=', '<', ';']).unwrap_or(behind.len());
    let name = leading_words(&behind[..stop]).last()?;
    (!DEFINERS.contains(&name) && !MODIFIERS.contains(&name)).then_some(name)
}

/// What names a function in a line that defines it, or in what follows the `@@`: up to the parameters.
pub fn short_name(text: &str) -> &str {
    let text = text.trim();
    let skip = if text.starts_with("func (") { text.find(')').map_or(0, |at| at + 1) } else { 0 };
    let end = text[skip..].find('(').map_or(text.len(), |at| skip + at);
    let mut end = end.min(72);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end_matches(['{', ':', ' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_many_languages_are_seen() {
        for line in [
            "def make(cls, expression_str):",
            "async def f():",
            "class Vector(BaseModel):",
            "app.handle = function(req, res, done) {",
            "done = function(err) {",
            "export type ZodDef =",
            "type cat = z.infer<typeof cat>;",
            "const f = (a) => {",
            "impl Matcher for CRLFMatcher {",
            "pub(crate) fn new() -> Self {",
            "func (a *Store) Set(uri string) {",
            "template <typename Formatter>",
            "FMT_CONSTEXPR auto maybe_set(Formatter& f, bool set)",
            "auto write_escaped_alternative(OutputIt out, const T& v, FormatContext& ctx)",
            "static int connSocketGetType(connection *conn) {",
            "sds fill(sds info, const char* name, struct h* x) {",
            "void *zcalloc_num(size_t num, size_t size) {",
            "constructor(private x: number) {",
            "render() {",
            "#define MAX(a, b) a",
            "int add(int a, int b);",
            "public int hashCode() {",
        ] {
            assert!(is_definition(line), "{line}");
        }
        for line in [
            "return f(x);",
            "x = f(y)",
            "if (a) {",
            "} else if (b) {",
            "foo(bar, baz);",
            "new Foo(1);",
            "sds a = b(c);",
        ] {
            assert!(!is_definition(line), "{line}");
        }
    }

    #[test]
    fn error_handling_is_seen() {
        for line in [
            "raise BadOptionUsage(",
            "} catch (err) {",
            "except OSError:",
            "if err != nil {",
            "return nil, xerrors.New(\"no\")",
            "assert!(x);",
            "serverAssert(a == b);",
            "Err(err) => {",
            "let x = f()?;",
            "process.exit(1)",
        ] {
            assert!(is_handling(line), "{line}");
        }
        assert!(!is_handling("x = compute(y)"));
    }

    #[test]
    fn imports_and_names_are_seen() {
        let go = language_of("a/b.go");
        assert!(is_import("\"golang.org/x/exp/slices\"", go) && is_import("cr \"github.com/a/b\"", go));
        assert!(!is_import("\"a\": \"b\"", go) && !is_import("return \"x\"", go));
        let js = language_of("a.js");
        assert!(is_import(", logger = require('morgan')", js) && is_import("import x from 'y';", js));
        assert!(is_import("from a import b", language_of("a.py")));
        assert_eq!(name_of("def test_x(self):"), Some("test_x"));
        assert_eq!(name_of("func TestWrite(t *testing.T) {"), Some("TestWrite"));
        assert_eq!(name_of("it('does this', function(done){"), Some("does this"));
        assert_eq!(name_of("test {CONFIG works} {"), Some("CONFIG works"));
        assert_eq!(name_of("public void testFoo() throws Exception {"), Some("testFoo"));
        assert_eq!(name_of("func (s *Suite) TestBar() {"), Some("TestBar"));
        assert_eq!(short_name("func (r *Report) Failed() bool {"), "func (r *Report) Failed");
        assert_eq!(short_name("def f(a):"), "def f");
    }
}
