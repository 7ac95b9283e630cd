//! The words and signs of a stage that speaks of columns.

use crate::retrieve::query::Problem;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// In quotes of any kind; `Token::text` is what is between them.
    Quoted,
    /// Between slashes, behind what wants a pattern.
    Pattern,
    Sign,
}

/// A token, and where in the stage it stands.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub start: usize,
    pub end: usize,
}

/// Signs, the longer ones first.
const SIGNS: [&str; 17] =
    ["==", "!=", "<>", "<=", ">=", "=~", "!~", "&&", "||", "=", "<", ">", "~", "!", "(", ")", ","];

/// Words behind which `/…/` is a pattern.
pub const PATTERN_WORDS: [&str; 4] = ["matches", "match", "regex", "regexp"];

/// The tokens of a stage.
pub fn tokens(source: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        if first.is_whitespace() || first == ';' {
            at += first.len_utf8();
            continue;
        }
        let wants_pattern = tokens.last().is_some_and(takes_pattern);
        let token = if matches!(first, '\'' | '"' | '`') {
            quoted(rest, first, Kind::Quoted)
                .ok_or_else(|| Problem::new(format!("a closing {first} is missing"), format!("{source}{first}")))?
        } else if first == '/' && wants_pattern {
            pattern(rest).unwrap_or_else(|| word(rest))
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Token { kind: Kind::Sign, text: (*sign).to_owned(), start: 0, end: sign.len() }
        } else if first == ':' && is_stop(&rest[1..]) {
            Token { kind: Kind::Sign, text: ":".to_owned(), start: 0, end: 1 }
        } else {
            word(rest)
        };
        tokens.push(Token { start: at + token.start, end: at + token.end, ..token });
        at = tokens.last().map_or(source.len(), |token| token.end);
    }
    Ok(tokens)
}

fn takes_pattern(last: &Token) -> bool {
    match last.kind {
        Kind::Sign => matches!(last.text.as_str(), "~" | "=~" | "!~"),
        Kind::Word => PATTERN_WORDS.contains(&last.text.to_ascii_lowercase().as_str()),
        _ => false,
    }
}

fn is_stop(rest: &str) -> bool {
    rest.chars().next().is_none_or(char::is_whitespace)
}

fn word(rest: &str) -> Token {
    let is_end = |&(at, letter): &(usize, char)| {
        letter.is_whitespace()
            || matches!(letter, '(' | ')' | ',' | '=' | '<' | '>' | '~' | ';')
            || letter == ':' && is_stop(&rest[at + 1..])
            || letter == '!' && rest[at + 1..].starts_with(['=', '~'])
            || rest[at..].starts_with("&&")
            || rest[at..].starts_with("||")
    };
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = rest.char_indices().skip(1).find(is_end).map_or(rest.len(), |(at, _)| at.max(first));
    Token { kind: Kind::Word, text: rest[..end].to_owned(), start: 0, end }
}

/// What is between quotes. A quote inside is doubled, or has a backslash before it; other backslashes are themselves.
fn quoted(rest: &str, quote: char, kind: Kind) -> Option<Token> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|&(_, next)| next);
        if letter == quote && next == Some(quote) || letter == '\\' && next == Some(quote) {
            text.push(quote);
            letters.next();
        } else if letter == quote {
            return Some(Token { kind, text, start: 0, end: at + quote.len_utf8() });
        } else {
            text.push(letter);
            if letter == '\\' && next == Some('\\') {
                // The second is not the one that guards a quote.
                text.push('\\');
                letters.next();
            }
        }
    }
    None
}

/// A pattern between slashes; `/…/i` does not tell letters of either case apart.
fn pattern(rest: &str) -> Option<Token> {
    let token = quoted(rest, '/', Kind::Pattern)?;
    match rest[token.end..].strip_prefix('i') {
        Some(behind) if is_stop(behind) || behind.starts_with([')', ',']) => {
            Some(Token { text: format!("(?i){}", token.text), end: token.end + 1, ..token })
        }
        _ => Some(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        tokens(source).unwrap().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_and_signs_are_told_apart() {
        assert_eq!(texts("where a>=5 and b!='x y'"), ["where", "a", ">=", "5", "and", "b", "!=", "x y"]);
        assert_eq!(
            texts("group by status: count, avg(ms)"),
            ["group", "by", "status", ":", "count", ",", "avg", "(", "ms", ")"]
        );
        assert_eq!(texts("t > 10:05:33 && u = http://x/y"), ["t", ">", "10:05:33", "&&", "u", "=", "http://x/y"]);
        assert_eq!(texts("a ~ /x|y/i or b matches /\\d+/"), ["a", "~", "(?i)x|y", "or", "b", "matches", "\\d+"]);
        assert_eq!(
            texts("a = 'it''s' b = \"q\\\"r\" c = don't"),
            ["a", "=", "it's", "b", "=", "q\"r", "c", "=", "don't"]
        );
        assert!(tokens("where a = 'x").is_err());
    }
}
