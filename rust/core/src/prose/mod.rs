//! Running text in, the sentences that answer out: documents, chunks of a search, transcripts, long answers of tools.
//!
//! A text is read as units (`document`): sentences, headings, items, rows, code, each in its section. Where something is
//! asked, units are scored by it (`terms`, `relevance`) and the best are shown within one budget for all (`select`), whole
//! and in their places, with a mark for each gap (`view`). What names a section or a source stays. JSON whose strings are
//! passages is opened and keeps all else (`chunks`). Where nothing is asked, nothing is left out, unless the caller wants
//! it (`unasked`). The lossless form says repeated runs of sentences once (`repeats`).

mod blocks;
mod chunks;
mod document;
mod gaps;
mod held;
pub mod model;
mod relevance;
mod repeats;
mod select;
mod sentences;
mod sniff;
mod stretches;
mod terms;
#[cfg(test)]
mod tests;
mod unasked;
mod view;
mod whole;

pub use sniff::is_running;

use std::ops::Range;

use chunks::Chunks;
use document::Document;
use model::{Guess, Reading, Vocabulary, Windows};
use relevance::Relevance;
use select::{Budget, Chosen};
use terms::{Terms, Wanted};
use view::Told;

use crate::detect::Scores;
use crate::json;
use crate::kind::Kind;
use crate::text::{marker, Drafts, Task, View};
use crate::tokens::{count, Encoding};

/// The share of running text from which a text is prose.
const MIN_SHARE: f64 = 0.5;
/// And of one between tags that are markup too.
const MIN_SHARE_IN_TAGS: f64 = 0.85;
/// How sure another kind, or several, must be for a text to be left to it.
const OTHERS: f64 = 0.3;
const SEVERAL: f64 = 0.5;
/// What a text may be of several kinds as surely as, in shares of how surely it is prose, to be tried as them too.
const BESIDE: f64 = 0.71;
/// The share of tokens that is kept: of a text whose best sentence has next to nothing of what is asked for, and of one
/// whose best has all.
const MOST_SHARE: f64 = 0.45;
const LEAST_SHARE: f64 = 0.22;
const DEEP: f64 = 0.6;
/// Units worth less than this share of the best are not shown.
const LEAST_SCORE: f32 = 0.12;
/// The share of what is asked for that some sentence must have.
const MIN_COVERAGE: f32 = 0.08;
/// From which target on parts of sentences may be shown.
const CUT_BELOW: f64 = 0.25;
/// The share of a budget that goes to headings and sources at most before anything else is shown; and of the whole text,
/// where no target says otherwise.
const HEAD_SHARE: f64 = 0.4;
const MAX_OUTLINE_SHARE: f64 = 0.2;
/// Rounds in which a view is brought below a limit in tokens.
const MAX_ROUNDS: usize = 4;
/// Pieces that a model reads of a text, about 2,000 words.
const MAX_READ_PIECES: usize = 2_800;
/// And bytes that one with a tokenizer of its own reads, about as many words.
const MAX_READ_BY_OTHERS_BYTES: usize = 12_000;
/// Bytes of a text from which words alone decide: to find the pieces of a larger one would take longer than all else.
const MAX_READ_BYTES: usize = 2_000_000;
/// Tokens of the marker.
const MARKER_TOKENS: usize = 20;

/// How surely a text is prose, 0 to 1; `scores` are those of other kinds, `several` how surely it is of many.
pub fn score(text: &str, scores: &Scores, several: f64) -> f64 {
    let markup = scores[Kind::Markup as usize];
    let is_others = Kind::ALL.into_iter().zip(scores).any(|(kind, score)| kind != Kind::Markup && *score >= OTHERS);
    if several >= SEVERAL || is_others {
        return 0.0;
    }
    if json::score(text) >= 1.0 {
        return if chunks::is_likely(text) { 1.0 } else { 0.0 };
    }
    let share = sniff::share(text);
    match share >= MIN_SHARE {
        // Tags around documents, which markup's compressor is for too.
        true if markup >= OTHERS => {
            if share >= MIN_SHARE_IN_TAGS {
                1.0
            } else {
                0.0
            }
        }
        true if several > 0.0 => several / BESIDE,
        true => 0.5 + 0.5 * share,
        false => 0.0,
    }
}

/// The drafts of a text; no lossy one where nothing is asked that it answers.
pub fn compress(task: &Task) -> Drafts {
    if task.text.len() > u32::MAX as usize / 2 {
        return Drafts::default();
    }
    if json::score(task.text) >= 1.0 {
        let lossy = task.key.and_then(|key| of_chunks(task, &chunks::open(task.text)?, key));
        let is_clear = lossy.as_ref().is_some_and(|view| task.is_clear(&view.text));
        let lossless = if is_clear { None } else { repeats::form(task.text, &repeats::find(task.text)) };
        return Drafts { lossy, lossless };
    }
    let document = Document::of(task.text);
    let repeats = repeats::find(document.text);
    let lossy = task.key.and_then(|key| of_document(task, &document, &repeats, key));
    let is_clear = lossy.as_ref().is_some_and(|view| task.is_clear(&view.text));
    let lossless = if is_clear { None } else { repeats::form(task.text, &repeats) };
    Drafts { lossy, lossless }
}

/// The text that a lossless form stands for; `None` if `text` is none.
pub fn expand(text: &str) -> Option<String> {
    repeats::read(text)
}

/// What is kept of some passages within a budget of tokens, without marks, and the numbers of the passages: what the
/// benchmark compares. Where nothing is asked, what is left by `unasked`.
pub fn extract(
    text: &str,
    parts: &[Range<usize>],
    question: &str,
    tokens: usize,
    guess: Option<&Guess>,
) -> Vec<(usize, Range<usize>)> {
    let document = Document::of_parts(text, parts.iter().cloned());
    let terms = Terms::new(question, "");
    let chosen = if terms.is_empty() {
        unasked::within(&document, tokens, guess)
    } else {
        let mut relevance = Relevance::of(&document, &terms);
        guess.into_iter().for_each(|guess| relevance.add_guess(guess));
        let budget = Budget { tokens, may_cut: true, least: -1.0, mark: 0, heads: 0 };
        select::choose(&document, &relevance, &select::costs(&document), terms.wanted, budget, guess)
    };
    let ranges = shown(&document, &chosen);
    let inside = |(number, part): (usize, &Range<usize>)| {
        let own = clipped(&ranges, part).map(move |range| (number, range));
        own.collect::<Vec<_>>()
    };
    parts.iter().enumerate().flat_map(inside).collect()
}

/// What a model reads of some passages for a question: all of it.
pub fn windows_of(text: &str, parts: &[Range<usize>], question: &str, vocabulary: &Vocabulary) -> Windows {
    let document = Document::of_parts(text, parts.iter().cloned());
    let worth = vec![1.0; document.units.len()];
    Windows::new(&document, question, vocabulary, &worth, usize::MAX)
}

/// What a model reads of a text that something is asked of: what is worth most without it, up to a bound. Of another, the
/// beginning, where sentences may be left out all the same. `None` where nothing would be left out, or the text is too
/// large.
pub fn windows(task: &Task, vocabulary: &Vocabulary) -> Option<Windows> {
    to_read(task, |document, worth, question| {
        Some(Windows::new(document, question, vocabulary, worth, MAX_READ_PIECES))
    })
}

/// What a model with a tokenizer of its own reads of a text, as `windows` says.
pub fn reading(task: &Task) -> Option<Reading> {
    to_read(task, |document, worth, _| Reading::new(document, worth, MAX_READ_BY_OTHERS_BYTES))
}

/// Has `read` choose by what each unit is worth without a model, for the question that is asked, if one is.
fn to_read<T>(task: &Task, read: impl FnOnce(&Document, &[f32], &str) -> Option<T>) -> Option<T> {
    if task.text.len() > MAX_READ_BYTES {
        return None;
    }
    let chunks = if json::score(task.text) >= 1.0 { Some(chunks::open(task.text)?) } else { None };
    let document = match &chunks {
        Some(chunks) => chunks.document(),
        None => Document::of(task.text),
    };
    if let Some(asked) = Asked::of(&Task { guess: None, ..*task }, &document, &repeats::find(document.text)) {
        return read(&document, &asked.relevance.scores, task.question);
    }
    task.unasked_share?;
    read(&document, &vec![1.0; document.units.len()], "")
}

/// What of some ranges lies inside a part.
fn clipped<'r>(ranges: &'r [Range<usize>], part: &Range<usize>) -> impl Iterator<Item = Range<usize>> + 'r {
    let (start, end) = (part.start, part.end);
    let first = ranges.partition_point(|range| range.end <= start);
    let inside = ranges[first..].iter().take_while(move |range| range.start < end);
    inside.map(move |range| range.start.max(start)..range.end.min(end))
}

/// What is asked of a document.
struct Asked<'d, 't> {
    document: &'d Document<'t>,
    costs: Vec<u32>,
    relevance: Relevance,
    wanted: Wanted,
}

impl<'d, 't> Asked<'d, 't> {
    /// `None` where nothing is asked for, or nothing of it is there. Of a talk too, unless the least is wanted: people
    /// answer in other words than those they are asked in, so words do not tell where.
    fn of(task: &Task, document: &'d Document<'t>, repeats: &[repeats::Repeat]) -> Option<Self> {
        let terms = Terms::new(task.question, task.call);
        if task.question.trim().is_empty() || terms.is_empty() || document.is_talk && !task.deep {
            return None;
        }
        let mut relevance = Relevance::of(document, &terms);
        if relevance.coverage < MIN_COVERAGE {
            return None;
        }
        task.guess.into_iter().for_each(|guess| relevance.add_guess(guess));
        for repeat in repeats {
            relevance.scores[repeat.units(document)].fill(0.0);
        }
        Some(Self { document, costs: select::costs(document), relevance, wanted: terms.wanted })
    }

    /// The share of the tokens that is kept.
    fn share(&self, task: &Task) -> f64 {
        let coverage = f64::from(self.relevance.coverage);
        let own = MOST_SHARE - (MOST_SHARE - LEAST_SHARE) * coverage;
        let own = if task.deep { own * DEEP } else { own };
        task.target_ratio.map_or(own, |ratio| ratio.min(own))
    }

    fn choose(&self, task: &Task, tokens: usize, heads: usize) -> Chosen {
        let may_cut = task.deep && task.target_ratio.is_some_and(|ratio| ratio < CUT_BELOW);
        let budget = Budget { tokens, may_cut, least: LEAST_SCORE, mark: select::MARK_TOKENS, heads };
        select::choose(self.document, &self.relevance, &self.costs, self.wanted, budget, task.guess)
    }
}

/// Has a view written within the tokens that a task allows: `write` makes it of what is chosen.
fn within(
    task: &Task,
    asked: &Asked,
    total: usize,
    mut write: impl FnMut(&Chosen) -> String,
) -> Option<(String, Chosen)> {
    let share = |share: f64| (share * total as f64) as usize;
    // Without a target, half of what sources and the outline take is not taken from what answers.
    let outline = select::outline_cost(asked.document, &asked.costs).min(share(MAX_OUTLINE_SHARE));
    let own = share(asked.share(task));
    let (limit, heads) = match task.target_ratio {
        None => (own + outline / 2, outline.max((HEAD_SHARE * own as f64) as usize)),
        Some(_) => (own, (HEAD_SHARE * own as f64) as usize),
    };
    let mut tokens = limit.saturating_sub(MARKER_TOKENS);
    for round in 0..MAX_ROUNDS {
        let chosen = asked.choose(task, tokens, heads);
        let text = write(&chosen);
        let own = count(&text, Encoding::O200kBase) + MARKER_TOKENS;
        if own <= limit || round + 1 == MAX_ROUNDS {
            return (own < total).then_some((text, chosen));
        }
        tokens = (tokens as f64 * 0.95 * limit as f64 / own as f64) as usize;
    }
    None
}

/// Whether all that a text says is asked for, and it is not to be made shorter for all that.
fn is_wanted_whole(task: &Task, document: &Document) -> bool {
    !task.deep && task.target_ratio.is_none() && whole::is_asked_for(task.question, document.text)
}

fn of_document(task: &Task, document: &Document, repeats: &[repeats::Repeat], key: &str) -> Option<View> {
    if is_wanted_whole(task, document) {
        return None;
    }
    let written = |chosen: &Chosen| {
        let mut text = String::new();
        view::write(task.text, &filled(document, chosen), Told::Place, &mut text);
        text
    };
    let found = match Asked::of(task, document, repeats) {
        Some(asked) => within(task, &asked, count(task.text, Encoding::O200kBase), written),
        None => {
            let chosen = unasked::keep(document, task.unasked_share?, task.guess)?;
            Some((written(&chosen), chosen))
        }
    };
    let (text, chosen) = found?;
    finish(task, document, key, &text, &chosen, Some)
}

fn of_chunks(task: &Task, chunks: &Chunks, key: &str) -> Option<View> {
    let document = chunks.document();
    if is_wanted_whole(task, &document) {
        return None;
    }
    let repeats = repeats::find(document.text);
    let written = |chosen: &Chosen| {
        let ranges = filled(&document, chosen);
        let mut text = Vec::with_capacity(task.text.len() / 2);
        let mut at = 0;
        for chunk in &chunks.list {
            text.extend_from_slice(&task.text.as_bytes()[at..chunk.raw.start - 1]);
            let inside = clipped(&ranges, &chunk.own);
            let inside: Vec<_> = inside.map(|own| own.start - chunk.own.start..own.end - chunk.own.start).collect();
            let mut own = String::new();
            view::write(&chunks.text[chunk.own.clone()], &inside, Told::Size, &mut own);
            json::string::encode(&own, &mut text);
            at = chunk.raw.end + 1;
        }
        text.extend_from_slice(&task.text.as_bytes()[at..]);
        String::from_utf8_lossy(&text).into_owned()
    };
    let (text, chosen) = match Asked::of(task, &document, &repeats) {
        Some(asked) => within(task, &asked, count(task.text, Encoding::O200kBase), written)?,
        None => {
            let chosen = unasked::keep(&document, task.unasked_share?, task.guess)?;
            (written(&chosen), chosen)
        }
    };
    finish(task, &document, key, &text, &chosen, |at| chunks.place_of(at))
}

/// Puts the marker above a view. `place_of` tells where in the whole text something of the document stands; what is not
/// there, such as a line that was written for it, counts for nothing.
fn finish(
    task: &Task,
    document: &Document,
    key: &str,
    text: &str,
    chosen: &Chosen,
    place_of: impl Fn(usize) -> Option<usize>,
) -> Option<View> {
    let mut pieces = chosen.pieces.iter().map(|(unit, _)| *unit as usize).peekable();
    let (mut shown, mut total, mut kept) = (0, 0, Vec::new());
    let (mut line, mut counted) = (1, 0);
    for (index, unit) in document.units.iter().enumerate().filter(|(_, unit)| unit.form != blocks::Form::Rule) {
        let Some(place) = place_of(unit.from as usize) else { continue };
        total += 1;
        shown += usize::from(chosen.is_kept[index]);
        while pieces.next_if(|&unit| unit < index).is_some() {}
        if chosen.is_kept[index] || pieces.peek() == Some(&index) {
            line += memchr::memchr_iter(b'\n', &task.text.as_bytes()[counted..place]).count() as u32;
            counted = place;
            kept.push((line, if unit.form.is_head() { "heading" } else { "relevant" }));
        }
    }
    kept.dedup_by_key(|(line, _)| *line);
    let text = marker("prose", shown, total, "sentences", key) + text;
    (shown < total && text.len() < task.text.len()).then(|| View {
        text,
        shown,
        total,
        kept,
        dropped: vec![("sentences".to_owned(), total - shown)],
    })
}

/// The ranges that are shown: kept units, those beside each other as one, and gaps too small to be told.
fn filled(document: &Document, chosen: &Chosen) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in shown(document, chosen) {
        match out.last_mut() {
            Some(last) if document.text[last.end..range.start].trim().len() < view::MIN_GAP_BYTES => {
                last.end = range.end
            }
            _ => out.push(range),
        }
    }
    out
}

fn shown(document: &Document, chosen: &Chosen) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut pieces = chosen.pieces.iter().peekable();
    let mut last_unit = usize::MAX;
    for (index, unit) in document.units.iter().enumerate() {
        if chosen.is_kept[index] {
            match out.last_mut() {
                Some(last) if last_unit.wrapping_add(1) == index => last.end = unit.to as usize,
                _ => out.push(unit.from as usize..unit.to as usize),
            }
            last_unit = index;
        }
        while let Some((_, piece)) = pieces.next_if(|(of, _)| *of as usize <= index) {
            out.push(piece.start as usize..piece.end as usize);
        }
    }
    out
}
