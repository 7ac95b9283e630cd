//! Exact token counts: text in, the number of tokens that tiktoken's encodings make of it out.
//!
//! A text is split into pieces (`split`, and `window` for runs of ASCII); a piece that is a token counts one, any other as
//! many as byte-pair merging leaves of it (`vocabulary`, `merge`). Special tokens do not exist here: `<|endoftext|>` is
//! text like any other.

mod cache;
mod character;
mod class;
mod layout;
mod merge;
mod split;
mod vocabulary;
mod window;

use std::cell::RefCell;

use cache::{Cache, SPAN_BYTES};
use vocabulary::{CL100K_BASE, O200K_BASE};
use window::{Pieces, WINDOW_BYTES};

/// An encoding whose vocabulary is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GPT-4o and later models of OpenAI.
    O200kBase,
    /// GPT-4, GPT-3.5 and the embedding models of OpenAI.
    Cl100kBase,
}

/// No byte of UTF-8, and none of ASCII: what windows leave alone.
const BEYOND_ASCII: u8 = 0xFF;

/// Of fewer bytes at the end of a text a window would find no whole piece.
const MIN_REST_BYTES: usize = 8;

thread_local! {
    static O200K_CACHE: RefCell<Cache> = RefCell::new(Cache::new(&O200K_BASE));
    static CL100K_CACHE: RefCell<Cache> = RefCell::new(Cache::new(&CL100K_BASE));
}

/// Brings the tables of an encoding into memory; the result means nothing but that it was done.
pub fn touch(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::O200kBase => O200K_BASE.touch(),
        Encoding::Cl100kBase => CL100K_BASE.touch(),
    }
}

/// The number of tokens in a text, in time O(n log n) for the worst text and O(n) for any text that has words.
///
/// Equal to the length of tiktoken's `encode(text, disallowed_special=())`. What is set up is, on a process's first count,
/// the tables, and on a thread's, a quarter of a megabyte of cache.
pub fn count(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::O200kBase => {
            O200K_CACHE.with_borrow_mut(|cache| count_with(text, cache, split::o200k_base, window::o200k_base))
        }
        Encoding::Cl100kBase => {
            CL100K_CACHE.with_borrow_mut(|cache| count_with(text, cache, split::cl100k_base, window::cl100k_base))
        }
    }
}

#[inline(always)]
fn count_with(
    text: &str,
    cache: &mut Cache,
    piece_end: impl Fn(&str, usize) -> usize,
    pieces_of: impl Fn(&[u8; WINDOW_BYTES]) -> Pieces,
) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    let mut rest;
    while at < bytes.len() {
        let span = match bytes[at..].first_chunk::<SPAN_BYTES>() {
            Some(span) => Some(span),
            // What is left of a text is looked at in the same way, as if something unknown stood behind it.
            None if bytes.len() - at >= MIN_REST_BYTES => {
                rest = [BEYOND_ASCII; SPAN_BYTES];
                rest[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                Some(&rest)
            }
            None => None,
        };
        if let Some(span) = span {
            let pieces = pieces_of(span.first_chunk().expect("a span is longer than a window"));
            if pieces.end > 0 {
                count += cache.tokens_of(&pieces, span);
                at += pieces.end as usize;
                continue;
            }
        }
        let end = piece_end(text, at);
        count += cache.tokens(&bytes[at..end]);
        at = end;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_that_are_published() {
        let counts = |text: &str| (count(text, Encoding::O200kBase), count(text, Encoding::Cl100kBase));
        assert_eq!(counts(""), (0, 0));
        assert_eq!(counts("hello world"), (2, 2));
        assert_eq!(counts("tiktoken is great!"), (6, 6));
        assert_eq!(counts("<|endoftext|>"), (7, 7));
        assert_eq!(counts("お誕生日おめでとう"), (8, 9));
    }

    #[test]
    fn a_count_does_not_depend_on_what_was_counted_before() {
        let text = "Unbelievably idiosyncratic snake_case and CamelCase, twice. ".repeat(7);
        let before = count(&text, Encoding::O200kBase);
        for number in 0..50_000 {
            count(&format!("w{number:x}orde{number:x}"), Encoding::O200kBase);
        }
        let rules: Vec<String> = (16..400).map(|length| "─".repeat(length)).collect();
        let long: Vec<usize> = rules.iter().map(|rule| count(rule, Encoding::O200kBase)).collect();
        assert!(rules.iter().rev().map(|rule| count(rule, Encoding::O200kBase)).eq(long.into_iter().rev()));
        assert_eq!(count(&text, Encoding::O200kBase), before);
        assert_eq!(std::thread::spawn(move || count(&text, Encoding::O200kBase)).join().unwrap(), before);
    }
}
