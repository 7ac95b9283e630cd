//! What the model of running text is given and what it says: pieces of words with their features, in windows; and for
//! every piece how likely it is part of the answer, and of a sentence that has it.
//!
//! The model itself is run elsewhere: it is a function from the numbers of a window to those of its pieces. Another one,
//! with a tokenizer of its own, is given a `Reading`.

mod fold;
mod guess;
mod pieces;
mod reading;
mod shape;
mod windows;

pub use guess::{Guess, Weights};
pub use pieces::Vocabulary;
pub use reading::Reading;
pub use shape::is_code;
pub use windows::{Batch, Frame, Masked, Piece, Windows, OUTPUTS};
