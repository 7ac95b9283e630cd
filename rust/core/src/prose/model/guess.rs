//! What the model said in, how likely each sentence and each stretch of a document answers out.

use std::ops::Range;

use super::windows::{Windows, OUTPUTS};

/// How much what a model says counts: it depends on the model, so it comes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// What the likeliest piece of a sentence, and the sentence as a whole, count, of all that is asked for.
    pub answer: f32,
    pub sentence: f32,
    /// What the likeliest piece of a word counts, when parts of sentences are chosen; what being near to what is asked
    /// for counts, as it does without the model; and what each token of a sentence counts, by the worth of the sentence.
    pub word: f32,
    pub near: f32,
    pub token: f32,
    /// What beginning another part costs; and what it does to end or begin one between words that are both likely.
    pub opening: f32,
    pub cut: f32,
}

/// How likely each piece that was read is part of the answer, and of a sentence that has it.
#[derive(Clone, Debug)]
pub struct Guess {
    list: Vec<Said>,
    pub weights: Weights,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    from: u32,
    to: u32,
    unit: u32,
    answer: f32,
    any: f32,
    sentence: f32,
}

impl Guess {
    /// Reads the numbers of all batches, behind one another; `None` where there are not as many as were asked for, or
    /// one is none.
    pub fn new(windows: &Windows, numbers: &[f32], weights: Weights) -> Option<Self> {
        let mut list = Vec::with_capacity(windows.pieces.len());
        let all = windows.for_each_read(|piece, place| {
            let from = (place * OUTPUTS).min(numbers.len());
            let found = numbers[from..].first_chunk::<OUTPUTS>();
            // A piece of white space, which tokenizers of other models find, is part of nothing.
            if let Some(numbers) = found.filter(|_| piece.from < piece.to) {
                let [answer, any, sentence] = numbers.map(likelihood);
                list.push(Said { from: piece.from, to: piece.to, unit: piece.unit, answer, any, sentence });
            }
        });
        if numbers.len() != all * OUTPUTS || !numbers.iter().all(|number| number.is_finite()) {
            return None;
        }
        list.sort_unstable_by_key(|said| said.from);
        Some(Self { list, weights })
    }

    /// Calls `each` with every unit that was read and what it is worth, in shares of all that is asked for.
    pub fn for_each_unit(&self, mut each: impl FnMut(usize, f32)) {
        for own in self.list.chunk_by(|left, right| left.unit == right.unit) {
            let answer = own.iter().map(|said| said.answer).fold(0.0, f32::max);
            let sentence = own.iter().map(|said| said.sentence).sum::<f32>() / own.len() as f32;
            each(own[0].unit as usize, self.weights.answer * answer + self.weights.sentence * sentence);
        }
    }

    /// How likely something of the text is part of the answer: as its likeliest piece.
    pub fn of(&self, place: Range<usize>) -> f32 {
        self.said_of(place).map(|said| said.answer).fold(0.0, f32::max)
    }

    /// How likely something of the text is part of an answer to any question; `None` where it was not read.
    pub fn of_any(&self, place: Range<usize>) -> Option<f32> {
        self.said_of(place).map(|said| said.any).reduce(f32::max)
    }

    fn said_of(&self, place: Range<usize>) -> impl Iterator<Item = &Said> {
        let first = self.list.partition_point(|said| (said.to as usize) <= place.start);
        self.list[first..].iter().take_while(move |said| (said.from as usize) < place.end)
    }
}

fn likelihood(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
