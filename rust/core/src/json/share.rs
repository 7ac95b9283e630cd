//! A view and the stretches of it that may repeat in, the view with each repeated one said once out.
//!
//! A repeated text or container becomes `&n`, defined on a line of its own above the view.

use super::paths::MixMap;
use super::write::Span;

/// Bytes that a reference costs, and those that a definition adds to its text.
const REFERENCE_BYTES: usize = 5;
const DEFINITION_BYTES: usize = 6;
/// Bytes that sharing one text must save.
const MIN_GAIN_BYTES: usize = 12;

/// Replaces what repeats in `out`.
pub fn share(out: &[u8], mut spans: Vec<Span>) -> Option<Vec<u8>> {
    spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let groups = group(out, &spans);
    let mut counts = vec![0usize; spans.len()];
    for &group in &groups {
        counts[group as usize] += 1;
    }
    let lengths: Vec<usize> = spans.iter().map(|span| (span.end - span.start) as usize).collect();
    let pays = |group: usize, count: usize| {
        count >= 2 && (count - 1) * lengths[group] > count * REFERENCE_BYTES + DEFINITION_BYTES + MIN_GAIN_BYTES
    };
    if !(0..spans.len()).any(|group| pays(group, counts[group])) {
        return None;
    }
    // What stands inside a repeated container is said once with it, and counts once.
    let mut effective = vec![0usize; spans.len()];
    let mut seen = vec![false; spans.len()];
    let mut hidden_to = 0;
    for (span, &group) in spans.iter().zip(&groups) {
        let group = group as usize;
        if span.start < hidden_to {
            continue;
        }
        effective[group] += 1;
        if span.is_container && pays(group, counts[group]) {
            if seen[group] {
                hidden_to = span.end;
            }
            seen[group] = true;
        }
    }
    let chosen: Vec<bool> = (0..spans.len()).map(|group| pays(group, effective[group])).collect();
    if !chosen.contains(&true) {
        return None;
    }
    let mut sharer = Sharer {
        out,
        spans: &spans,
        groups: &groups,
        chosen: &chosen,
        numbers: MixMap::default(),
        definitions: Vec::new(),
    };
    let mut body = Vec::with_capacity(out.len());
    sharer.copy(0, out.len() as u32, 0, &mut body);
    let mut shared = Vec::with_capacity(out.len());
    for (ordinal, definition) in sharer.definitions.iter().enumerate() {
        shared.extend_from_slice(format!("&{}=", ordinal + 1).as_bytes());
        shared.extend_from_slice(definition);
        shared.push(b'\n');
    }
    shared.extend_from_slice(&body);
    Some(shared)
}

/// For each span the first span with the same text.
fn group(out: &[u8], spans: &[Span]) -> Vec<u32> {
    let mut first: MixMap<u64, u32> = MixMap::default();
    let text = |span: &Span| &out[span.start as usize..span.end as usize];
    let mut groups = Vec::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        let hash = xxhash_rust::xxh3::xxh3_64(text(span));
        let leader = *first.entry(hash).or_insert(index as u32);
        let is_same = text(&spans[leader as usize]) == text(span);
        groups.push(if is_same { leader } else { index as u32 });
    }
    groups
}

struct Sharer<'s> {
    out: &'s [u8],
    spans: &'s [Span],
    groups: &'s [u32],
    chosen: &'s [bool],
    numbers: MixMap<u32, usize>,
    definitions: Vec<Vec<u8>>,
}

impl Sharer<'_> {
    /// Copies `start..end` with references for what is chosen, beginning at span `from`; returns the
    /// index of the first span beyond.
    fn copy(&mut self, start: u32, end: u32, from: usize, into: &mut Vec<u8>) -> usize {
        let mut at = start;
        let mut index = from;
        while index < self.spans.len() && self.spans[index].start < end {
            let span = self.spans[index];
            let group = self.groups[index];
            if span.start < at || !self.chosen[group as usize] {
                index += 1;
                continue;
            }
            into.extend_from_slice(&self.out[at as usize..span.start as usize]);
            let number = match self.numbers.get(&group) {
                Some(&number) => number,
                None => {
                    self.definitions.push(Vec::new());
                    let number = self.definitions.len();
                    self.numbers.insert(group, number);
                    let mut definition = Vec::new();
                    self.copy(span.start, span.end, index + 1, &mut definition);
                    self.definitions[number - 1] = definition;
                    number
                }
            };
            into.extend_from_slice(format!("&{number}").as_bytes());
            at = span.end;
            index += 1;
        }
        into.extend_from_slice(&self.out[at as usize..end as usize]);
        index
    }
}
