//! A question in, how much more each file and each definition counts for it out.

use crate::code::asked::Asked;
use crate::code::detect;
use crate::words;

/// How much more a definition counts whose name is surely asked for, is a word of the question, or holds one.
const SURE: f64 = 40.0;
const WORD: f64 = 15.0;
const PART: f64 = 4.0;
/// How much more a file counts that is named, or whose path has a word of the question.
const NAMED_FILE: f64 = 60.0;
const FILE_WORD: f64 = 8.0;
/// Words of a question that are looked at.
const MAX_WORDS: usize = 64;
/// Shorter words are part of too many names.
const LEAST_PART: usize = 4;

/// What a question asks for.
#[derive(Default)]
pub struct Wanted {
    names: Vec<(String, bool)>,
    words: Vec<String>,
    paths: Vec<String>,
}

impl Wanted {
    pub fn of(query: &str) -> Self {
        let asked = Asked::of(query, "");
        let names: Vec<(String, bool)> = asked.names().map(|(name, sure)| (name.to_owned(), sure)).collect();
        let mut parts = Vec::new();
        for (name, _) in &names {
            words::for_each_of_name(name.as_bytes(), |word| {
                let word = String::from_utf8_lossy(word).to_lowercase();
                if word.len() >= LEAST_PART && parts.len() < MAX_WORDS && !parts.contains(&word) {
                    parts.push(word);
                }
            });
        }
        let tokens = query.split(|letter: char| letter.is_whitespace() || "\"'`(),;".contains(letter));
        let paths = tokens
            .map(|token| token.trim_matches(|letter: char| "?!.:[]{}<>*".contains(letter)))
            .map(|token| token.split_once(':').map_or(token, |(path, _)| path))
            .filter(|token| token.len() > 2)
            .filter(|token| token.contains('/') || detect::extension_of(token).is_some())
            .take(MAX_WORDS);
        Self { paths: paths.map(|path| path.trim_start_matches("./").to_owned()).collect(), names, words: parts }
    }

    /// How much a definition of this name counts: 1 where the question says nothing of it.
    pub fn of_name(&self, name: &str) -> f64 {
        if let Some((_, is_sure)) = self.names.iter().find(|(other, _)| other == name) {
            return if *is_sure { SURE } else { WORD };
        }
        if self.words.is_empty() {
            return 1.0;
        }
        let hits = self.hits(name);
        if hits == 0 {
            1.0
        } else {
            1.0 + PART * hits as f64
        }
    }

    /// How much a file counts for its path.
    pub fn of_path(&self, path: &str) -> f64 {
        let is_named = |wanted: &String| {
            path.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
                || wanted.contains('/')
                    && path.strip_prefix(wanted.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        };
        if self.paths.iter().any(is_named) {
            return NAMED_FILE;
        }
        1.0 + FILE_WORD * self.hits(path) as f64
    }

    /// Words of the question that a name has among its own.
    fn hits(&self, name: &str) -> usize {
        let is_in = |word: &&String| {
            let mut found = false;
            words::for_each_of_name(name.as_bytes(), |part| {
                found |= part.len() >= LEAST_PART && words::alike(part, word.as_bytes());
            });
            found
        };
        self.words.iter().filter(is_in).count()
    }
}
