//! Blocks of lines that repeat the lines before them.

use super::mine::Mined;
use super::scan;

/// Blocks of up to so many lines are looked at.
const MAX_BLOCK: usize = 12;

/// Blocks of lines that repeat the lines before them.
pub struct Repeats<'m, 'a> {
    mined: &'m Mined<'a>,
    hashes: Vec<u64>,
}

impl<'m, 'a> Repeats<'m, 'a> {
    pub fn new(mined: &'m Mined<'a>) -> Self {
        let whole = |line: &crate::text::Line| &mined.text.as_bytes()[line.start as usize..line.next as usize];
        Repeats { mined, hashes: mined.lines.iter().map(|line| scan::hash(whole(line))).collect() }
    }

    /// How long the block is that is repeated from `line` on, and how often; `None` if none is.
    pub fn at(&self, line: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for block in 1..=MAX_BLOCK.min(line) {
            if self.hashes.get(line) != Some(&self.hashes[line - block]) {
                continue;
            }
            let same = (line..self.hashes.len()).take_while(|&at| self.is_same(at, at - block)).count();
            let times = same / block;
            if times * block > best.map_or(1, |(block, times)| block * times) {
                best = Some((block, times));
            }
            if block == 1 && best.is_some() {
                break;
            }
        }
        best
    }

    fn is_same(&self, line: usize, other: usize) -> bool {
        let whole = |at: usize| {
            let line = self.mined.lines[at];
            &self.mined.text[line.start as usize..line.next as usize]
        };
        self.hashes[line] == self.hashes[other] && whole(line) == whole(other)
    }
}
