//! A line of code in, of any language: whether it defines, imports, handles errors, or only comments.
//!
//! In doubt a line defines or handles errors: then it stands verbatim.

use crate::begins::{bytes_of, Words};
use crate::words;

/// Whether a word may stand before the word that tells what is defined.
fn is_modifier(word: &str) -> bool {
    static MODIFIERS: Words<33> = Words::of([
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
    ]);
    MODIFIERS.has(word.as_bytes())
}

/// Whether a word begins a definition.
fn is_definer(word: &str) -> bool {
    static DEFINERS: Words<40> = Words::of([
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
    ]);
    DEFINERS.has(word.as_bytes())
}

/// Whether a word begins a statement, which is no definition though a name and `(` follow.
fn is_statement(word: &str) -> bool {
    static STATEMENTS: Words<44> = Words::of([
        "return", "else", "elif", "elsif", "new", "throw", "case", "await", "yield", "delete", "print", "echo", "not",
        "and", "or", "in", "assert", "goto", "using", "import", "from", "if", "for", "while", "switch", "do", "try",
        "catch", "finally", "with", "match", "when", "unless", "until", "foreach", "raise", "del", "puts", "defer",
        "go", "select", "loop", "include", "require",
    ]);
    STATEMENTS.has(word.as_bytes())
}

/// Beginnings of words that handle errors, beside those of `words::has_trouble`.
const HANDLERS: [&str; 19] = [
    "err", "except", "raise", "throw", "catch", "rescue", "panic", "assert", "fail", "fatal", "abort", "exit",
    "unwrap", "expect", "reject", "ensure", "bail", "die", "perror",
];

/// For each pair of first letters the third letters with which one of `HANDLERS` begins.
const HANDLER_START: [u32; 1024] = handler_starts();

const fn handler_starts() -> [u32; 1024] {
    let mut table = [0u32; 1024];
    let mut at = 0;
    while at < HANDLERS.len() {
        let stem = HANDLERS[at].as_bytes();
        table[pair(stem[0], stem[1])] |= 1 << (stem[2] & 31);
        at += 1;
    }
    table
}

#[inline(always)]
const fn pair(first: u8, second: u8) -> usize {
    (((first & 31) as usize) << 5) | (second & 31) as usize
}

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

/// The names and words of a text, in order.
fn leading_words(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_part = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(is_part)?;
        at = bytes[start..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |offset| start + offset);
        Some(&text[start..at])
    })
}

/// Whether a line, without its indentation, must stand as it is: it defines something or handles an error, or may.
pub fn is_evidence(text: &str) -> bool {
    is_definition(text) || is_handling(text)
}

/// Whether a line, without its indentation, defines something, or may.
pub fn is_definition(text: &str) -> bool {
    let text = text.strip_prefix('@').unwrap_or(text);
    if let Some(rest) = text.strip_prefix('#') {
        return rest.trim_ascii_start().starts_with("define");
    }
    let mut is_modified = false;
    for word in leading_words(text).take(6) {
        if is_definer(word) {
            return true;
        }
        if !is_modifier(word) {
            break;
        }
        is_modified = true;
    }
    is_modified || is_signature(text) || has_function(text)
}

/// `function` as a word, or an arrow before a body.
fn has_function(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_arrow = matches!(bytes.last(), Some(b'{' | b'(' | b'>')) && bytes.windows(2).any(|pair| pair == b"=>");
    is_arrow
        || memchr::memchr_iter(b'f', bytes)
            .any(|at| bytes[at..].starts_with(b"function") && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric()))
}

/// `name(…) {`, `type name(…`, also over several lines.
fn is_signature(text: &str) -> bool {
    let Some(open) = memchr::memchr(b'(', text.as_bytes()) else { return false };
    let before = text[..open].trim_ascii_end();
    let has_type = before.as_bytes().contains(&b' ') && !before.ends_with([',', ':']);
    if !has_type && !text.ends_with('{') || text.starts_with('}') {
        return false;
    }
    const ODD: [bool; 256] = bytes_of(b"_:<>*&,[]~ $?.");
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || ODD[byte as usize];
    let first = leading_words(before).next().unwrap_or("");
    !first.is_empty() && !is_statement(first) && before.bytes().all(is_name)
}

/// Whether a line, without its indentation, handles an error, or may.
pub fn is_handling(text: &str) -> bool {
    let bytes = text.as_bytes();
    if text.ends_with("?;") || text.ends_with('?') {
        return true;
    }
    let mut found = false;
    words::for_each_start(bytes, |_, start| {
        if let Some(&[first, second, third]) = bytes[start..].first_chunk::<3>() {
            let may_handle = first >= b'A' && HANDLER_START[pair(first, second)] & (1 << (third & 31)) != 0;
            if may_handle && !found {
                found = begins_handler(&bytes[start..]);
            }
        }
    });
    found || has_inner(bytes) || words::has_trouble(bytes)
}

#[cold]
fn begins_handler(text: &[u8]) -> bool {
    HANDLERS.iter().any(|stem| text.len() >= stem.len() && text[..stem.len()].eq_ignore_ascii_case(stem.as_bytes()))
}

/// Inside of words: `xerrors`, `serverAssert`, `rethrow`.
fn has_inner(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|part| matches!(part, b"rror" | b"sser" | b"hrow"))
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
    let is_definer = is_definer(first) || is_modifier(first);
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
    const HEADS: [&str; 8] =
        ["import ", "import(", "import{", "#include", "use ", "require", "extern crate ", "@import"];
    let is_head = match text.as_bytes().first() {
        Some(b'i' | b'#' | b'r' | b'e' | b'@') => HEADS.iter().any(|head| text.starts_with(head)),
        Some(b'u') => text.starts_with("use ") || is_using(text),
        Some(b'f') => text.starts_with("from ") && text.contains(" import"),
        _ => false,
    };
    is_head || language.is_go && is_go_import(text) || is_require(text)
}

/// `using System.Text;`, not `using (var x = …)` and not `using X = Y;`.
fn is_using(text: &str) -> bool {
    text.starts_with("using ") && text.ends_with(';') && !text.contains(['=', '('])
}

/// `, logger = require('morgan')`
fn is_require(text: &str) -> bool {
    let end = text.trim_end_matches([';', ',']);
    if !end.ends_with(')') {
        return false;
    }
    let Some(equals) = memchr::memchr(b'=', end.as_bytes()) else { return false };
    let is_names = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_$,{}: ".contains(&byte);
    end[..equals].bytes().all(is_names) && end[equals + 1..].trim_ascii_start().starts_with("require(")
}

/// In an import block of Go: a path in quotes, perhaps behind a name.
fn is_go_import(text: &str) -> bool {
    let Some(path) = text.strip_suffix('"') else { return false };
    let Some((name, path)) = path.split_once('"') else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    !path.is_empty() && !path.contains('"') && name != "return " && name.trim_ascii_end().bytes().all(is_name)
}

/// Whether an import goes on in the lines below.
pub fn opens_import(text: &str) -> bool {
    text.ends_with(['(', '{', '\\']) || text.ends_with(',') && text.contains('{') && !text.contains('}')
}

/// Whether a line is a case of a test that is named by a text: `it('does this', …`.
pub fn is_case(text: &str) -> bool {
    let first = leading_words(text).next().unwrap_or("");
    matches!(
        first,
        "it" | "test" | "describe" | "context" | "specify" | "scenario" | "feature" | "TEST" | "TEST_F" | "suite"
    )
}

/// What a definition is called, as far as a name can be told from the line.
pub fn name_of(text: &str) -> Option<&str> {
    // `it('does this', …`, `test "that" do`, `test {name} {`
    if is_case(text) {
        let first = leading_words(text).next()?;
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
    (!is_definer(name) && !is_modifier(name)).then_some(name)
}

/// What names a function in a line that defines it, or in what follows the `@@`: up to the parameters.
pub fn short_name(text: &str) -> &str {
    let text = text.trim_ascii();
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
        assert!(!is_import("check(', x = require(1)')", js));
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
