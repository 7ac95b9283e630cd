//! Lines in, shapes out: what lines have in common, and the values in which they differ.
//!
//! A shape is found in two ways. Lines that are alike but for their numbers, paths and quoted words share a skeleton.
//! Lines that are alike but for one word are found by hashing them once for each word that is left out. Both take time
//! linear in the text, for lines of bounded length.

use super::words::{common_first_words, is_wordy, named_tokens, tokens, Token, MAX_TOKENS};
use crate::json::paths::MixMap;
use xxhash_rust::xxh3::xxh3_64;

/// Lines that are looked at; further ones have no shape.
const MAX_LINES: usize = 100_000;
/// Slots of a shape, at most.
const MAX_SLOTS: usize = 4;

/// A line, and the part of it that is known to be a name: it varies.
#[derive(Clone, Copy)]
pub struct Input<'t> {
    pub text: &'t str,
    pub name: Option<(u32, u32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    Slot,
    /// The value of the slot before it, again.
    Same,
}

/// What its members have in common.
#[derive(Clone, Debug)]
pub struct Shape {
    pub parts: Vec<Part>,
    pub slots: usize,
    /// Indices of lines, ascending.
    pub members: Vec<u32>,
    /// For each member its values: spans of its line.
    pub values: Vec<(u32, u32)>,
}

impl Shape {
    /// The values of a member, given its place among the members.
    pub fn row(&self, at: usize) -> &[(u32, u32)] {
        &self.values[at * self.slots..(at + 1) * self.slots]
    }

    /// Bytes of the parts that are the same in all members.
    pub fn fixed_len(&self) -> usize {
        self.parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum()
    }
}

/// The shapes of lines, each with at least two members; lines that are like no other are in none.
pub fn fold(lines: &[Input]) -> Vec<Shape> {
    let mut folder = Folder::read(lines);
    let mut shapes = Vec::new();
    let mut rest = Vec::new();
    for group in folder.by_skeleton() {
        match group.len() {
            0..=2 => rest.extend(group),
            _ => folder.split(group, 0, &mut shapes),
        }
    }
    rest.sort_unstable();
    for group in folder.by_all_but_one(&rest) {
        folder.split(group, 0, &mut shapes);
    }
    shapes.sort_by_key(|shape| shape.members[0]);
    shapes
}

struct Folder<'t> {
    lines: &'t [Input<'t>],
    tokens: Vec<Token>,
    /// Where the tokens of each line begin; one more than there are lines.
    starts: Vec<u32>,
}

impl<'t> Folder<'t> {
    fn read(lines: &'t [Input<'t>]) -> Self {
        let lines = &lines[..lines.len().min(MAX_LINES)];
        let common = common_first_words(lines);
        let mut folder = Folder { lines, tokens: Vec::with_capacity(lines.len() * 8), starts: vec![0] };
        for line in lines {
            let before = folder.tokens.len();
            match line.name {
                Some(name) => named_tokens(line.text, name, &common, &mut folder.tokens),
                None => tokens(line.text.as_bytes(), 0, line.text.len(), &mut folder.tokens),
            }
            if folder.tokens.len() - before > MAX_TOKENS {
                folder.tokens.truncate(before);
            }
            folder.starts.push(folder.tokens.len() as u32);
        }
        folder
    }

    fn of(&self, line: u32) -> &[Token] {
        &self.tokens[self.starts[line as usize] as usize..self.starts[line as usize + 1] as usize]
    }

    fn bytes(&self, line: u32, token: Token) -> &'t [u8] {
        &self.lines[line as usize].text.as_bytes()[token.start as usize..token.end as usize]
    }

    fn hash(&self, line: u32, token: Token) -> u64 {
        if token.is_masked {
            1
        } else {
            xxh3_64(self.bytes(line, token))
        }
    }

    /// Groups of lines that are alike where they are not masked, in the order of their first lines.
    fn by_skeleton(&self) -> Vec<Vec<u32>> {
        let mut groups = Groups::default();
        for line in 0..self.lines.len() as u32 {
            let mut key = 0u64;
            for &token in self.of(line) {
                key = (key ^ self.hash(line, token)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
            }
            if !self.of(line).is_empty() {
                groups.add(key, line);
            }
        }
        groups.list
    }

    /// Groups of three or more lines that are alike but for one word, which is then masked.
    fn by_all_but_one(&mut self, rest: &[u32]) -> Vec<Vec<u32>> {
        let mut counts: MixMap<u64, u32> = MixMap::default();
        let mut keys: Vec<u64> = Vec::new();
        let mut from = Vec::with_capacity(rest.len() + 1);
        for &line in rest {
            from.push(keys.len());
            let mut sum = self.of(line).len() as u64;
            let term = |at: usize, hash: u64| (hash ^ at as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(29);
            for (at, &token) in self.of(line).iter().enumerate() {
                sum = sum.wrapping_add(term(at, self.hash(line, token)));
            }
            for (at, &token) in self.of(line).iter().enumerate() {
                let is_free = token.is_word && !token.is_masked;
                let key = sum.wrapping_sub(term(at, self.hash(line, token))).wrapping_add(term(at, 1));
                keys.push(if is_free { key } else { 0 });
                if is_free {
                    *counts.entry(key).or_default() += 1;
                }
            }
        }
        from.push(keys.len());
        let mut groups = Groups::default();
        for (at, &line) in rest.iter().enumerate() {
            let own = &keys[from[at]..from[at + 1]];
            let best = (0..own.len()).filter(|&free| own[free] != 0).max_by_key(|&free| (counts[&own[free]], free));
            if let Some(free) = best.filter(|&free| counts[&own[free]] >= 3) {
                let start = self.starts[line as usize] as usize;
                self.tokens[start + free].is_masked = true;
                groups.add(own[free], line);
            }
        }
        groups.list
    }

    /// Makes a shape of lines that are alike where they are not masked; or several, where that has fewer slots.
    fn split(&self, group: Vec<u32>, depth: usize, shapes: &mut Vec<Shape>) {
        if group.len() < 2 {
            return;
        }
        let first = self.of(group[0]);
        // A hash may have met another: such lines are left as they are.
        if group.iter().any(|&line| self.of(line).len() != first.len()) {
            return;
        }
        let varies = |at: usize| {
            let value = self.bytes(group[0], first[at]);
            group.iter().any(|&line| self.bytes(line, self.of(line)[at]) != value)
        };
        let varying: Vec<usize> = (0..first.len()).filter(|&at| varies(at)).collect();
        let spans = join(first, &varying);
        if spans.len() > MAX_SLOTS {
            if let Some(parts) = (depth < 4).then(|| self.parted(&group, &varying)).flatten() {
                parts.into_iter().for_each(|part| self.split(part, depth + 1, shapes));
            }
            return;
        }
        if !spans.is_empty() {
            shapes.push(self.shape(group, &spans));
        }
    }

    /// The lines of a group by their value at the token that has fewest of them.
    fn parted(&self, group: &[u32], varying: &[usize]) -> Option<Vec<Vec<u32>>> {
        let by_value = |at: usize| {
            let mut groups = Groups::default();
            group.iter().for_each(|&line| groups.add(xxh3_64(self.bytes(line, self.of(line)[at])), line));
            groups.list
        };
        let best = varying.iter().map(|&at| by_value(at)).min_by_key(Vec::len)?;
        (best.len() * 2 <= group.len()).then_some(best)
    }

    fn shape(&self, group: Vec<u32>, spans: &[(usize, usize)]) -> Shape {
        let width = spans.len();
        let value = |line: u32, (from, to): (usize, usize)| (self.of(line)[from].start, self.of(line)[to].end);
        let mut values: Vec<(u32, u32)> =
            group.iter().flat_map(|&line| spans.iter().map(move |&span| value(line, span))).collect();
        for slot in 0..width {
            self.trim(&group, &mut values, slot, width);
        }
        let text = self.lines[group[0] as usize].text;
        let (mut parts, mut kept, mut at) = (Vec::new(), Vec::<usize>::new(), 0);
        for slot in 0..width {
            let (start, end) = values[slot];
            push_text(&mut parts, &text[at..start as usize]);
            at = end as usize;
            let of = |row: usize, slot: usize| self.slice(group[row], values[row * width + slot]);
            let is_same = kept.last().is_some_and(|&last| (0..group.len()).all(|row| of(row, slot) == of(row, last)));
            parts.push(if is_same { Part::Same } else { Part::Slot });
            if !is_same {
                kept.push(slot);
            }
        }
        push_text(&mut parts, &text[at..]);
        let values = values.chunks(width).flat_map(|row| kept.iter().map(|&slot| row[slot])).collect();
        Shape { parts, slots: kept.len(), members: group, values }
    }

    fn slice(&self, line: u32, (start, end): (u32, u32)) -> &'t str {
        &self.lines[line as usize].text[start as usize..end as usize]
    }

    /// Takes off a slot's values what they all begin and end with, as far as whole words go.
    fn trim(&self, group: &[u32], values: &mut [(u32, u32)], slot: usize, width: usize) {
        let first = self.slice(group[0], values[slot]).as_bytes();
        let (mut prefix, mut suffix, mut shortest) = (first.len(), first.len(), first.len());
        for (row, &line) in group.iter().enumerate().skip(1) {
            let value = self.slice(line, values[row * width + slot]).as_bytes();
            shortest = shortest.min(value.len());
            prefix = prefix.min(first.iter().zip(value).take_while(|(a, b)| a == b).count());
            suffix = suffix.min(first.iter().rev().zip(value.iter().rev()).take_while(|(a, b)| a == b).count());
        }
        prefix = prefix.min(shortest.saturating_sub(1));
        while prefix > 0 && is_wordy(first[prefix - 1]) {
            prefix -= 1;
        }
        suffix = suffix.min(shortest.saturating_sub(prefix + 1));
        while suffix > 0 && is_wordy(first[first.len() - suffix]) {
            suffix -= 1;
        }
        for row in 0..group.len() {
            let (start, end) = &mut values[row * width + slot];
            *start += prefix as u32;
            *end -= suffix as u32;
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_string()));
    }
}

/// Runs of varying tokens that only a short mark without a blank divides: `77:15` is one value.
fn join(tokens: &[Token], varying: &[usize]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &at in varying {
        match spans.last_mut() {
            Some(last) if at - last.1 <= 2 && (at - last.1 == 1 || tokens[at - 1].is_joint) => last.1 = at,
            _ => spans.push((at, at)),
        }
    }
    spans
}

/// Lines by key, in the order in which keys first came.
#[derive(Default)]
struct Groups {
    by_key: MixMap<u64, usize>,
    list: Vec<Vec<u32>>,
}

impl Groups {
    fn add(&mut self, key: u64, line: u32) {
        let at = *self.by_key.entry(key).or_insert_with(|| {
            self.list.push(Vec::new());
            self.list.len() - 1
        });
        self.list[at].push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<String> {
        let lines: Vec<Input> = text.lines().map(|text| Input { text, name: None }).collect();
        let write = |shape: &Shape| {
            let parts = shape.parts.iter().map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Slot => "{}",
                Part::Same => "{=}",
            });
            format!("{} {}", shape.members.len(), parts.collect::<String>())
        };
        fold(&lines).iter().map(write).collect()
    }

    #[test]
    fn lines_that_differ_in_numbers_and_paths_have_a_shape() {
        let text = "cc -O2 -c -o lapi.o lapi.c\ncc -O2 -c -o lcode.o lcode.c\ncc -O2 -c -o ldo.o ldo.c\nar rcs x.a\n";
        assert_eq!(shapes(text), ["3 cc -O2 -c -o {}.o {=}.c"]);
        let text = "a.py:77:15: W1: no 'x'\na.py:8:1: W1: no 'yy'\na.py:12:9: W1: no 'z w'\n";
        assert_eq!(shapes(text), ["3 a.py:{}: W1: no '{}'"]);
    }

    #[test]
    fn lines_that_differ_in_one_word_have_a_shape() {
        assert_eq!(shapes("Built target fmt\nBuilt target core\nx\nBuilt target os\n"), ["3 Built target {}"]);
        assert!(shapes("one two\nthree four\nfive six\n").is_empty());
    }

    #[test]
    fn shapes_fill_in_to_the_lines_they_are_of() {
        let text = "f ‘a’ of b.c:1\nf ‘’ of b.c:22\nf ‘dd’ of b.c:3\nf `q' 1\nf `r' 2\nf `s t' 3\n";
        let lines: Vec<Input> = text.lines().map(|text| Input { text, name: None }).collect();
        for shape in fold(&lines) {
            for (at, &line) in shape.members.iter().enumerate() {
                let own = lines[line as usize].text;
                let mut row = shape.row(at).iter().map(|&(start, end)| &own[start as usize..end as usize]);
                let (mut filled, mut last) = (String::new(), "");
                for part in &shape.parts {
                    match part {
                        Part::Text(text) => filled.push_str(text),
                        Part::Slot => {
                            last = row.next().unwrap();
                            filled.push_str(last);
                        }
                        Part::Same => filled.push_str(last),
                    }
                }
                assert_eq!(filled, own);
            }
        }
    }
}
