//! The call, the question and some hits in, the words that were searched for out.
//!
//! A call holds them as the argument `pattern` or in a command line; a question in quotes or as a word that only code
//! has. Where neither says it, it is the word that all the hits have.

use crate::words;

const MAX_SYMBOLS: usize = 6;
/// Hits in which a word is looked for.
const SAMPLE: usize = 64;

/// A word that was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    /// Upper and lower case are the same.
    pub is_folded: bool,
}

/// The searched words that stand in the hits, the call's first. `hits` is a sample of matching lines.
pub fn symbols(call: &str, question: &str, hits: &[&str]) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    let step = (hits.len() / SAMPLE).max(1);
    let sample: Vec<&str> = hits.iter().step_by(step).copied().collect();
    let mut add = |name: &str, share: f32| {
        if name.len() < 2 || found.len() >= MAX_SYMBOLS || found.iter().any(|symbol| symbol.name == name) {
            return;
        }
        let least = ((sample.len() as f32 * share) as usize).max(1);
        let finder = memchr::memmem::Finder::new(name);
        let exact = sample.iter().filter(|hit| finder.find(hit.as_bytes()).is_some()).count();
        if exact >= least {
            found.push(Symbol { name: name.to_owned(), is_folded: false });
        }
        if exact == sample.len() {
            return;
        }
        let folded = sample.iter().filter(|hit| find_folded(hit.as_bytes(), name.as_bytes(), 0).is_some()).count();
        // Searched without regard to case, and found in another one too.
        if folded >= least && folded > exact + sample.len() / 8 {
            found.retain(|symbol| symbol.name != name);
            found.push(Symbol { name: name.to_owned(), is_folded: true });
        }
    };
    for pattern in patterns(call) {
        literals(&pattern).iter().for_each(|name| add(name, 0.02));
    }
    for name in quoted(question) {
        add(name, 0.05);
    }
    for name in identifiers(question) {
        add(name, 0.3);
    }
    if found.is_empty() {
        found.extend(common(&sample).map(|name| Symbol { name: name.to_owned(), is_folded: false }));
    }
    found
}

/// Where `part` begins in `text`, at or behind `from`, whatever the case of its ASCII letters.
pub fn find_folded(text: &[u8], part: &[u8], from: usize) -> Option<usize> {
    let first = *part.first()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text.get(from..)?)
        .map(|at| at + from)
        .find(|&at| text.len() - at >= part.len() && text[at..at + part.len()].eq_ignore_ascii_case(part))
}

/// What a call searches for: arguments that are named for it, and what stands behind `grep` in a command line.
fn patterns(call: &str) -> Vec<String> {
    const NAMES: [&str; 11] = [
        "pattern",
        "query",
        "regex",
        "search",
        "searchpattern",
        "term",
        "symbol",
        "keyword",
        "search_term",
        "needle",
        "q",
    ];
    let mut found = Vec::new();
    let mut last: Option<(String, bool)> = None;
    let strings = strings(call);
    for (text, is_key) in &strings {
        let key = last.as_ref().filter(|(_, is_key)| *is_key).map(|(key, _)| key.to_ascii_lowercase());
        match key {
            Some(key) if NAMES.contains(&key.as_str()) => found.push(text.clone()),
            _ if !is_key => found.extend(of_command(text)),
            _ => {}
        }
        last = Some((text.clone(), *is_key));
    }
    if strings.is_empty() {
        found.extend(of_command(call));
    }
    found
}

/// The strings of JSON, and whether each is a key.
fn strings(json: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let mut text = String::new();
        let mut characters = rest[start + 1..].char_indices();
        let mut end = rest.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = start + 1 + at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n' | 't' | 'r')) => text.push(' '),
                    Some((_, escaped)) => text.push(escaped),
                    None => break,
                },
                other => text.push(other),
            }
        }
        rest = &rest[end..];
        found.push((text, rest.trim_start().starts_with(':')));
    }
    found
}

/// The patterns of every search in a command line.
fn of_command(command: &str) -> Vec<String> {
    const PROGRAMS: [&str; 14] = [
        "grep",
        "egrep",
        "fgrep",
        "zgrep",
        "rg",
        "ripgrep",
        "ag",
        "ack",
        "ack-grep",
        "ugrep",
        "ug",
        "pt",
        "findstr",
        "select-string",
    ];
    let words = shell_words(command);
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let program = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
        if PROGRAMS.contains(&program.trim_end_matches(".exe")) {
            found.extend(of_arguments(&words[index + 1..]));
        }
    }
    found
}

/// The pattern among the arguments of a search program: that of `-e`, else the first that is no option.
fn of_arguments(arguments: &[String]) -> Vec<String> {
    const VALUED: [&str; 16] = [
        "--type",
        "--type-not",
        "--glob",
        "--iglob",
        "--max-count",
        "--context",
        "--after-context",
        "--before-context",
        "--max-depth",
        "--threads",
        "--include",
        "--exclude",
        "--exclude-dir",
        "--color",
        "--sort",
        "--encoding",
    ];
    let mut given = Vec::new();
    let mut at = 0;
    while let Some(word) = arguments.get(at) {
        at += 1;
        if matches!(word.as_str(), "|" | ";" | "&&" | "||" | "&" | ">") {
            break;
        }
        if matches!(word.as_str(), "-e" | "--regexp" | "-Pattern") {
            given.extend(arguments.get(at).cloned());
            at += 1;
        } else if let Some(pattern) = word.strip_prefix("--regexp=") {
            given.push(pattern.to_owned());
        } else if word == "--" {
            given.extend(arguments.get(at).filter(|_| given.is_empty()).cloned());
            break;
        } else if VALUED.contains(&word.as_str()) {
            at += 1;
        } else if word.starts_with('-') && word.len() > 1 && !word.starts_with("--") {
            let next = arguments.get(at).map_or("", String::as_str);
            let is_number = !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit());
            let takes = match word.as_bytes()[word.len() - 1] {
                b'A' | b'B' | b'C' | b'm' => is_number,
                b'g' | b't' | b'T' | b'M' | b'j' => !next.is_empty() && (is_number || word.len() == 2),
                _ => false,
            };
            at += usize::from(takes);
        } else if !word.starts_with('-') {
            if given.is_empty() {
                given.push(word.clone());
            }
            break;
        }
    }
    given
}

/// Words as a shell would split them; its operators are words too.
fn shell_words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_with(String::new);
            }
            (None, '\\') | (Some('"'), '\\') => {
                let next = characters.next();
                // Kept where it means something to the pattern.
                if next.is_some_and(|next| next.is_alphanumeric() || ".()[]{}|".contains(next)) {
                    word.get_or_insert_with(String::new).push('\\');
                }
                word.get_or_insert_with(String::new).extend(next);
            }
            (None, ' ' | '\n' | '\t' | '\r') => words.extend(word.take()),
            (None, '|' | ';' | '&' | '>') => {
                words.extend(word.take());
                words.push(character.to_string());
            }
            _ => word.get_or_insert_with(String::new).push(character),
        }
    }
    words.extend(word);
    words
}

/// Names that a regular expression holds letter by letter.
fn literals(pattern: &str) -> Vec<String> {
    let mut names: Vec<String> = vec![String::new()];
    let mut characters = pattern.chars().peekable();
    let mut is_class = false;
    while let Some(character) = characters.next() {
        let is_name =
            character.is_alphanumeric() || character == '_' || character == '$' && characters.peek().is_some();
        match character {
            ']' => is_class = false,
            '[' => {
                is_class = true;
                names.push(String::new());
            }
            '\\' => {
                // What is escaped is a class, or no part of a name.
                characters.next();
                names.push(String::new());
            }
            '?' | '*' => {
                // The letter before may be missing.
                if let Some(name) = names.last_mut() {
                    name.pop();
                }
                names.push(String::new());
            }
            _ if is_class => {}
            _ if is_name => names.last_mut().expect("there is always one").push(character),
            _ => names.push(String::new()),
        }
    }
    names.retain(|name| name.chars().count() > 1);
    // A sentence defines nothing.
    if pattern.split(' ').filter(|word| word.len() > 1).count() > 3 {
        return Vec::new();
    }
    if names.len() > 1 {
        names.retain(|name| !super::define::is_keyword(name.as_bytes()));
    }
    names
}

/// What stands in quotes or between backticks.
fn quoted(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for quote in ['`', '"', '\''] {
        let parts: Vec<&str> = text.split(quote).collect();
        if parts.len() < 3 {
            continue;
        }
        for part in parts.iter().skip(1).step_by(2) {
            let name = part.trim_end_matches("()").rsplit(['.', ':', '#']).next().unwrap_or(part);
            if !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || character == '_') {
                found.push(name);
            }
        }
    }
    found
}

/// Words of a question that only code has: with `_`, digits, or capitals inside.
fn identifiers(text: &str) -> Vec<&str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| {
            let inner = word.get(1..).unwrap_or("");
            word.len() > 2
                && (inner.contains('_')
                    || inner.bytes().any(|byte| byte.is_ascii_uppercase())
                        && inner.bytes().any(|byte| byte.is_ascii_lowercase()))
        })
        .collect()
}

/// The longest word that nearly all hits have.
fn common<'h>(hits: &[&'h str]) -> Option<&'h str> {
    if hits.len() < 3 {
        return None;
    }
    let mut best: Option<&str> = None;
    let mut tried: Vec<&str> = Vec::new();
    for hit in hits.iter().take(2) {
        words::for_each(hit.as_bytes(), |start, end| {
            let (start, end) = super::define::identifier_around(hit.as_bytes(), start, end);
            let Some(word) = hit.get(start..end) else { return };
            if word.len() < 3
                || tried.contains(&word)
                || tried.len() > 40
                || best.is_some_and(|best| best.len() >= word.len())
            {
                return;
            }
            tried.push(word);
            let having =
                hits.iter().filter(|hit| memchr::memmem::find(hit.as_bytes(), word.as_bytes()).is_some()).count();
            if 20 * having >= 19 * hits.len() {
                best = Some(word);
            }
        });
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(call: &str, question: &str, hits: &[&str]) -> Vec<String> {
        symbols(call, question, hits).into_iter().map(|symbol| symbol.name).collect()
    }

    #[test]
    fn the_pattern_of_a_call_is_found() {
        let hits = ["class Foo:", "x = Foo()", "bar(Foo)", "the foo_bar"];
        for call in [
            r#"grep {"command": "grep -rn -w -C2 Foo ."}"#,
            r#"bash {"command": "cd x && rg -n --type py -A 3 'Foo\\b' src | head -50"}"#,
            r#"bash {"command": "git grep -n -e Foo HEAD -- '*.py'"}"#,
            r#"Grep {"pattern": "class Foo", "path": "."}"#,
            r#"search {"query": "Foo", "path": "class"}"#,
            "grep -rn Foo .",
            r#"bash {"command": "ag \"Foo\\(\" lib"}"#,
        ] {
            assert_eq!(names(call, "", &hits), ["Foo"], "{call}");
        }
        assert_eq!(names(r#"grep {"pattern": "Foo|foo_bar"}"#, "", &hits), ["Foo", "foo_bar"]);
    }

    #[test]
    fn without_a_call_the_question_or_the_hits_tell() {
        let hits = ["class Foo:", "x = Foo()", "bar(Foo)"];
        assert_eq!(names("", "Where is `Foo` defined?", &hits), ["Foo"]);
        assert_eq!(names("", "", &hits), ["Foo"]);
        assert_eq!(names("", "who calls it?", &["a", "b", "c"]), [""; 0]);
        assert_eq!(names("", "what is get_x for?", &["get_x()", "y", "z get_x"]), ["get_x"]);
    }
}
