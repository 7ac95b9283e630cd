//! The query language: a string goes in, the stages of a pipe come out.
//!
//! A query is a list of stages joined by `|`, each working on what the one before it gave:
//!
//! | stage | gives |
//! |---|---|
//! | (nothing) | the whole text |
//! | `lines 120-180` | lines; also `lines 7`, `lines 120-`, `lines 3,7,12-20` |
//! | `rows 5-20` | records of the main collection (see `records`), or of what came before |
//! | `chars 1-4000` | characters, for texts with huge lines |
//! | `$.items[*].name` | the values at a JSON path, as they are written |
//! | `grep -i REGEX -C 2` | matching lines, or records of JSON written on one line, with their numbers |
//! | `where a > 1`, `columns a, b`, `sort a desc`, `limit 5`, `count`, `group by a: avg(b)`, `top 5 by a`, `distinct a` | \
//!   rows with columns, see `relation` |
//! | `symbol Class.method` | the lines of a definition in source code, see `symbol` |

use std::fmt;
use std::ops::Range;

use super::grep::Grep;
use super::path::Path;
use super::relation::{self, Clause};
use super::symbol;
use super::window::Windows;

const MAX_QUERY_BYTES: usize = 10_000;
const MAX_STAGES: usize = 16;

/// A query that cannot be understood: what is wrong with it, and the nearest valid form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError(pub String);

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for QueryError {}

/// One stage, and the text it was written as.
#[derive(Debug)]
pub struct Stage {
    /// What to do.
    pub verb: Verb,
    /// As written, without white space around it.
    pub source: String,
}

/// What a stage does.
#[derive(Debug)]
pub enum Verb {
    /// Lines of the text.
    Lines(Windows),
    /// Records of the main collection.
    Rows(Windows),
    /// Characters of the text.
    Chars(Windows),
    /// Values at a JSON path.
    Path(Path),
    /// Lines or records in which a pattern is found.
    Grep(Box<Grep>),
    /// What is done with rows that have columns.
    Relation(Vec<Clause>),
    /// A definition in source code, by the parts of its name.
    Symbol(Vec<String>),
}

/// The stages of a query; none for a blank one, which asks for everything.
pub fn parse(query: &str) -> Result<Vec<Stage>, QueryError> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(QueryError(format!("the query has {} bytes; it may have {MAX_QUERY_BYTES}", query.len())));
    }
    if query.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut stages = Vec::new();
    for source in split(query) {
        let source = source.trim();
        let verb = parse_stage(source).map_err(|problem| problem.in_query(query.trim()))?;
        stages.push(Stage { verb, source: source.to_owned() });
    }
    if stages.len() > MAX_STAGES {
        return Err(QueryError(format!("the query has {} stages; it may have {MAX_STAGES}", stages.len())));
    }
    Ok(stages)
}

/// What is wrong with one stage, and what to write instead.
#[derive(Debug)]
pub struct Problem {
    /// What is wrong.
    pub complaint: String,
    /// The nearest valid form.
    pub nearest: String,
    /// Where in the stage that belongs, if it is but a part of it.
    pub at: Option<Range<usize>>,
}

impl Problem {
    /// A problem and its remedy.
    pub fn new(complaint: impl Into<String>, nearest: impl Into<String>) -> Self {
        Self { complaint: complaint.into(), nearest: nearest.into(), at: None }
    }

    /// The same, of which the nearest form is one of what stands in this place.
    pub fn at(self, at: Range<usize>) -> Self {
        Self { at: (at.start < at.end).then_some(at), ..self }
    }

    /// The error, with the nearest form if that is valid.
    pub fn in_query(self, query: &str) -> QueryError {
        // The form stands between such quotes itself.
        let wanted = self.nearest.replace('`', "\"");
        let nearest_is_valid = split(&wanted).iter().all(|stage| parse_stage(stage.trim()).is_ok());
        let nearest = if nearest_is_valid { &wanted } else { "grep REGEX" };
        QueryError(format!("query `{query}`: {}; write `{nearest}`", self.complaint))
    }
}

fn parse_stage(source: &str) -> Result<Verb, Problem> {
    if source.starts_with(['$', '.', '[']) {
        return Path::parse(source).map(Verb::Path);
    }
    let (word, rest) = source.split_once(char::is_whitespace).unwrap_or((source, ""));
    match word.to_ascii_lowercase().as_str() {
        "lines" | "line" => windows("lines", rest).map(Verb::Lines),
        "rows" | "row" => windows("rows", rest).map(Verb::Rows),
        "chars" | "char" => windows("chars", rest).map(Verb::Chars),
        "grep" => Grep::parse(rest).map(|grep| Verb::Grep(Box::new(grep))),
        "symbol" | "symbols" | "definition" | "def" => symbol::parse(rest).map(Verb::Symbol),
        _ if relation::begins(source) => relation::parse(source).map(Verb::Relation),
        _ => Err(unknown(source, word, rest)),
    }
}

fn windows(word: &str, rest: &str) -> Result<Windows, Problem> {
    Windows::parse(rest).map_err(|(complaint, nearest)| Problem::new(complaint, format!("{word} {nearest}")))
}

fn unknown(source: &str, word: &str, rest: &str) -> Problem {
    if source.is_empty() {
        return Problem::new("there is nothing beside a `|`", "grep REGEX | lines 1-20");
    }
    let complaint = format!(
        "`{word}` is none of lines, rows, chars, grep, where, columns, sort, limit, count, group by, top, distinct, \
         symbol, or a path such as $.items[0]"
    );
    let numbers = Windows::parse(source).ok();
    let name = source.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let nearest = match word.to_ascii_lowercase().as_str() {
        "head" => format!("lines 1-{}", rest.trim_start_matches(['-', 'n', ' '])),
        "search" | "find" | "rg" | "egrep" | "contains" => format!("grep {rest}"),
        "items" | "records" | "record" | "item" | "ros" if !rest.is_empty() => format!("rows {rest}"),
        "lins" | "lnes" | "linse" => format!("lines {rest}"),
        "wher" | "were" | "whre" | "filter" if !rest.is_empty() => format!("where {rest}"),
        _ => match numbers {
            Some(numbers) => format!("lines {numbers}"),
            // A column and what it is compared with.
            None if name && (word.contains(['=', '<', '>']) || rest.starts_with(['=', '<', '>', '!'])) => {
                format!("where {source}")
            }
            None if source.len() > 2 && source.starts_with('/') && source.ends_with('/') => {
                format!("grep {}", &source[1..source.len() - 1])
            }
            None if name && rest.is_empty() && source.contains(['.', '[']) => format!("$.{source}"),
            None => format!("grep {source}"),
        },
    };
    Problem::new(complaint, nearest.trim_end())
}

/// Splits at each `|` that separates stages: outside of quotes and brackets, and in a grep, whose pattern may
/// hold any, only where there is white space on both sides.
fn split(query: &str) -> Vec<&str> {
    let mut stages = Vec::new();
    let mut start = 0;
    while let Some(length) = stage_length(&query[start..]) {
        stages.push(&query[start..start + length]);
        start += length + 1;
    }
    stages.push(&query[start..]);
    stages
}

fn stage_length(rest: &str) -> Option<usize> {
    let stage = rest.trim_start();
    let is_grep = stage.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("grep"));
    let is_path = stage.starts_with(['$', '.', '[']);
    let is_relation = !is_grep && !is_path && relation::begins(stage);
    let mut quote = None;
    let mut guarded = false;
    let mut before = ' ';
    // Behind what wants a pattern one may stand, in slashes or bare.
    let mut has_pattern = false;
    for (at, character) in rest.char_indices() {
        let after = rest[at + character.len_utf8()..].chars().next().unwrap_or(' ');
        match (quote, character) {
            _ if guarded => guarded = false,
            (Some(_), '\\') => guarded = true,
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if is_path || (is_grep && before.is_whitespace()) => quote = Some(character),
            (None, '\'' | '"' | '`') if is_relation && !before.is_alphanumeric() => quote = Some(character),
            (None, '/') if is_relation && wants_pattern(&rest[..at]) => quote = Some(character),
            (None, '~') => has_pattern = true,
            (None, '|') if is_relation && (before == '|' || after == '|') => {}
            (None, '|') if !(is_grep || has_pattern) || (before.is_whitespace() && after.is_whitespace()) => {
                return Some(at)
            }
            _ => {}
        }
        before = character;
    }
    None
}

/// Whether what comes next is a pattern.
fn wants_pattern(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("").to_ascii_lowercase();
    before.ends_with('~') || relation::PATTERN_WORDS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(query: &str) -> Vec<String> {
        parse(query).unwrap().into_iter().map(|stage| stage.source).collect()
    }

    fn message(query: &str) -> String {
        parse(query).unwrap_err().to_string()
    }

    #[test]
    fn stages_are_joined_by_bars() {
        assert_eq!(sources(" rows 1-5 | $.name|lines 3 "), ["rows 1-5", "$.name", "lines 3"]);
        assert_eq!(sources("grep a|b | lines 1"), ["grep a|b", "lines 1"]);
        assert_eq!(sources("grep 'a | b' -C 2 | lines 1"), ["grep 'a | b' -C 2", "lines 1"]);
        assert_eq!(sources(r#"grep "a\" | b""#), [r#"grep "a\" | b""#]);
        assert_eq!(sources("grep don't | lines 1"), ["grep don't", "lines 1"]);
        assert_eq!(sources("$['a|b'] | lines 1"), ["$['a|b']", "lines 1"]);
        assert_eq!(sources("LINES 5-6"), ["LINES 5-6"]);
        assert!(sources("  ").is_empty());
    }

    #[test]
    fn an_error_names_what_was_wrong_and_the_nearest_valid_form() {
        for (query, nearest) in [
            ("lines 180-120", "lines 120-180"),
            ("line", "lines 1-20"),
            ("120-180", "lines 120-180"),
            ("head -20", "lines 1-20"),
            ("head -n 20", "lines 1-20"),
            ("search foo bar", "grep foo bar"),
            ("TimeoutError", "grep TimeoutError"),
            ("items[0].name", "$.items[0].name"),
            ("grep", "grep REGEX"),
            ("lines 1-5 |", "grep REGEX | lines 1-20"),
            ("$.items[?(@.a > 1)]", "$.items[*] | grep REGEX"),
            ("$.a.b[0", "$.a.b"),
            ("$a", "$.items[0].name"),
        ] {
            let message = message(query);
            assert!(message.starts_with(&format!("query `{query}`: ")), "{message}");
            assert!(message.ends_with(&format!("; write `{nearest}`")), "{message}");
        }
    }

    #[test]
    fn a_query_has_its_limits() {
        assert!(message(&"x".repeat(10_001)).contains("10001 bytes"));
        assert!(message(&["lines 1"; 17].join("|")).contains("17 stages"));
    }
}
