//! Groups of lines in, which words of theirs vary out: groups that differ in one word are joined where many do.

use super::mine::{Map, Mined};
use super::scan::{self, Stamp};

/// Groups that are compared with each other.
const MAX_GROUPS: usize = 1 << 16;
/// Different words at one place, all else being equal, that make the place a variable.
const LEAST_VALUES: u32 = 3;
/// The same for a place where a message begins: its first word tells what it says.
const LEAST_BEGINNINGS: u32 = 9;

/// Groups with the hashes of their words.
pub struct Joiner {
    /// Of each group the hash of everything, which is equal for groups that belong together.
    pub keys: Vec<u64>,
    /// Of each group the ordinals of the words that vary, rising.
    pub varying: Vec<Vec<u16>>,
    /// Hashes of the words of all groups; `starts` says where those of a group begin.
    words: Vec<u64>,
    starts: Vec<u32>,
    /// Whether a message begins with the word.
    begins: Vec<bool>,
}

impl Joiner {
    pub fn new(mined: &Mined) -> Self {
        let groups = mined.templates.len().min(MAX_GROUPS);
        let mut joiner = Joiner {
            keys: Vec::with_capacity(groups),
            varying: vec![Vec::new(); groups],
            words: Vec::new(),
            starts: vec![0],
            begins: Vec::new(),
        };
        for template in &mined.templates[..groups] {
            joiner.add(mined.line(template.first).as_bytes(), mined.stamps[template.first as usize]);
        }
        joiner
    }

    fn add(&mut self, line: &[u8], stamp: Stamp) {
        const SPREAD: u64 = 0x1d8e_4e27_c47d_124f;
        let (mut gaps, mut at) = (0u64, 0);
        let from = self.words.len();
        scan::for_each_word(line, stamp, |word| {
            let (start, end) = (word.start as usize, word.end as usize);
            let gap = &line[at..start];
            gaps = scan::mix(gaps ^ scan::gap_hash(gap), SPREAD ^ u64::from(word.kind == scan::Kind::Stamp));
            self.words.push(scan::word_hash(&line[start..end], word.kind));
            self.begins.push(gap.iter().any(|byte| b":|])>".contains(byte)) || at == 0);
            at = end;
        });
        gaps = scan::mix(gaps ^ scan::gap_hash(&line[at..]), SPREAD);
        let sum = (from..self.words.len()).fold(gaps, |sum, word| sum.wrapping_add(self.part(from, word)));
        self.keys.push(sum);
        self.starts.push(self.words.len() as u32);
    }

    /// What a word adds to the key of its group.
    #[inline]
    fn part(&self, from: usize, word: usize) -> u64 {
        scan::mix(self.words[word] ^ (word - from) as u64, 0xeb44_acca_b455_d165)
    }

    fn range(&self, group: usize) -> std::ops::Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }

    /// The key of a group with one word left out.
    #[inline]
    fn without(&self, group: usize, word: usize) -> u64 {
        let from = self.starts[group] as usize;
        scan::mix(self.keys[group].wrapping_sub(self.part(from, word)), (word - from) as u64 ^ 0x5851_f42d)
    }

    /// Whether enough is left of a group's words to tell it from others when one varies.
    fn tells(&self, group: usize, word: usize) -> bool {
        let others = self.range(group).filter(|&other| other != word && self.words[other] != scan::MASK).count();
        others >= 2
    }

    /// Makes the places variables at which many groups differ that are equal elsewhere. Returns whether there was one.
    pub fn round(&mut self) -> bool {
        let groups = self.keys.len();
        let mut seen: Map<u32> = Map::default();
        let mut is_known: Map<()> = Map::default();
        for group in 0..groups {
            if is_known.insert(self.keys[group], ()).is_some() {
                continue;
            }
            for word in self.range(group) {
                if self.words[word] != scan::MASK {
                    *seen.entry(self.without(group, word)).or_insert(0) += 1;
                }
            }
        }
        let mut changes = Vec::new();
        for group in 0..groups {
            let best = self
                .range(group)
                .filter(|&word| self.words[word] != scan::MASK)
                .map(|word| (seen.get(&self.without(group, word)).copied().unwrap_or(0), word))
                .filter(|&(count, word)| {
                    count >= if self.begins[word] { LEAST_BEGINNINGS } else { LEAST_VALUES } && self.tells(group, word)
                })
                .max();
            if let Some((_, word)) = best {
                changes.push((group, word));
            }
        }
        for &(group, word) in &changes {
            let from = self.starts[group] as usize;
            let old = self.part(from, word);
            self.words[word] = scan::MASK;
            self.keys[group] = self.keys[group].wrapping_sub(old).wrapping_add(self.part(from, word));
            let ordinal = (word - from) as u16;
            let varying = &mut self.varying[group];
            let place = varying.partition_point(|&other| other < ordinal);
            varying.insert(place, ordinal);
        }
        !changes.is_empty()
    }
}
