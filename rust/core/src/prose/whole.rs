//! A question and a text in, whether all that the text says is asked for: then no sentence of it may be left out.

use std::collections::HashSet;

use crate::begins::Words;
use crate::words;

/// Bytes at the beginning of a text that tell what it is about: its title, or what stands for one.
const TITLE_BYTES: usize = 400;

/// What is said of texts and of summing them up, in several languages.
static TEXTS: Words<49> = Words::of([
    "summarise",
    "summarize",
    "summary",
    "summaries",
    "overview",
    "recap",
    "gist",
    "outline",
    "transcript",
    "read",
    "fetch",
    "document",
    "documents",
    "documentation",
    "docs",
    "page",
    "pages",
    "website",
    "site",
    "article",
    "post",
    "blog",
    "text",
    "file",
    "paper",
    "report",
    "chapter",
    "section",
    "book",
    "story",
    "content",
    "contents",
    "whole",
    "entire",
    "zusammen",
    "zusammenfassung",
    "seite",
    "artikel",
    "inhalt",
    "résume",
    "résumé",
    "résumer",
    "contenu",
    "resume",
    "resumen",
    "página",
    "artículo",
    "texto",
    "contenido",
]);

/// What is said beside it.
static BESIDE: Words<65> = Words::of([
    "open",
    "get",
    "load",
    "visit",
    "view",
    "show",
    "print",
    "tell",
    "say",
    "says",
    "said",
    "give",
    "describe",
    "describes",
    "explain",
    "url",
    "link",
    "full",
    "all",
    "main",
    "key",
    "points",
    "please",
    "me",
    "us",
    "i",
    "you",
    "want",
    "need",
    "know",
    "about",
    "short",
    "brief",
    "briefly",
    "lies",
    "fasse",
    "sage",
    "mir",
    "bitte",
    "steht",
    "darin",
    "was",
    "es",
    "der",
    "die",
    "das",
    "den",
    "lis",
    "dis",
    "moi",
    "la",
    "le",
    "les",
    "un",
    "une",
    "ce",
    "cette",
    "lee",
    "dime",
    "dice",
    "el",
    "que",
    "qué",
    "esta",
    "este",
]);

/// Whether a question only has a text read out or summed up: it names nothing but that, and what the text is about.
pub fn is_asked_for(question: &str, text: &str) -> bool {
    let text = text.trim_start();
    let title: HashSet<String> = lower_words(&text[..floor(text, TITLE_BYTES)]).collect();
    let mut is_request = false;
    let is_address = |word: &&str| word.contains("://") || word.starts_with("www.");
    let mut own = question.split_whitespace().filter(|word| !is_address(word)).flat_map(lower_words);
    let is_general = own.all(|word| {
        let is_of_texts = TEXTS.has(word.as_bytes());
        is_request |= is_of_texts;
        is_of_texts || BESIDE.has(word.as_bytes()) || is_empty(&word) || title.contains(&word)
    });
    is_general && is_request
}

/// Whether a word names nothing.
fn is_empty(word: &str) -> bool {
    words::is_stop(word.as_bytes()) || word.len() == 1 && !word.as_bytes()[0].is_ascii_digit()
}

fn lower_words(text: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    words::for_each(text.as_bytes(), |from, to| found.push(text[from..to].to_lowercase()));
    found.into_iter()
}

fn floor(text: &str, bytes: usize) -> usize {
    let mut at = bytes.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# Site Reliability Engineering\n\nChapter 6, Monitoring. Written by Rob Ewaschuk.\n\nMore text.";

    #[test]
    fn who_wants_a_text_summed_up_wants_all_of_it() {
        for question in [
            "Fetch this page and tell me what it says: \"Site Reliability Engineering\".",
            "Read https://sre.example/books?id=6 and summarize it, please.",
            "Summarise the documentation page \"Monitoring\"",
            "What does the chapter on monitoring say?",
            "Fasse mir die Seite zusammen",
        ] {
            assert!(is_asked_for(question, TEXT), "{question}");
        }
    }

    #[test]
    fn who_names_something_wants_that() {
        for question in [
            "What does the page say about alert fatigue?",
            "Summarise what is said of latency.",
            "Read chapter 7.",
            "Who wrote it?",
            "What does monitoring show?",
            "Monitoring",
            "",
            "Which percentile should be alerted on?",
        ] {
            assert!(!is_asked_for(question, TEXT), "{question}");
        }
    }
}
