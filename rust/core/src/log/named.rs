//! A mined log and a question in, the lines that the question names out.

use super::mine::{Map, Mined};
use crate::json::query::{Found, Query};
use crate::words;

/// Lines shown for words that name nothing special, where more have them than `FEW_WEAK`.
const MAX_WEAK: usize = 3;
/// The same where the word has digits, as an id has; and so many lines with a word are all shown.
const FEW_WEAK: usize = 12;
/// An id names its lines even where they are not few among all, up to so many.
const MAX_OF_ID: u32 = 40;
/// Share of the best score that lines named by the question must have.
const NAMED_SHARE: f32 = 0.45;
const MAX_NAMED: usize = 200;

/// The lines that the question, or the call, names; and whether they are what it asks for.
pub fn named(mined: &Mined, question: &str, call: &str) -> Vec<(u32, bool)> {
    let query = Query::new(question, call);
    if query.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    for line in 0..mined.len() as u32 {
        query.scan(mined.line(line).as_bytes(), line, &mut found);
    }
    let hits = query.score_with_ids(found, mined.len() as u32, MAX_OF_ID);
    let best = hits.first().map_or(0.0, |hit| if hit.by_call { 0.0 } else { hit.score });
    let (mut weak, mut with): (Map<usize>, Map<usize>) = Default::default();
    hits.iter().for_each(|hit| *with.entry(u64::from(hit.phrase)).or_insert(0) += 1);
    let mut lines = Vec::new();
    for hit in hits {
        // An identifier, or words in a row, are meant; a single word may just happen to stand there.
        let text = &mined.line(hit.node).as_bytes()[hit.offset as usize..];
        let is_id = text[..words::end_of(text, 0)].iter().any(u8::is_ascii_digit);
        let is_telling = hit.phrase & 0xffff > 1 || is_id;
        let is_strong = is_telling && !hit.by_call && hit.score >= NAMED_SHARE * best;
        if is_strong && lines.len() < MAX_NAMED {
            lines.push((hit.node, true));
            continue;
        }
        let times = weak.entry(u64::from(hit.phrase)).or_insert(0);
        *times += 1;
        let most = if is_id || with[&u64::from(hit.phrase)] <= FEW_WEAK { FEW_WEAK } else { MAX_WEAK };
        if *times <= most && lines.len() < MAX_NAMED {
            lines.push((hit.node, false));
        }
    }
    lines
}
