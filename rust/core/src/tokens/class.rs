//! What the split patterns tell apart; the build script needs it too.

/// A class of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Punctuation, symbols, controls, unassigned: `[^\s\p{L}\p{N}\p{M}]`.
    Other,
    /// `[\p{Lu}\p{Lt}]`.
    Upper,
    /// `\p{Ll}`.
    Lower,
    /// Letters without case: `[\p{Lm}\p{Lo}]`.
    Letter,
    /// `\p{M}`.
    Mark,
    /// `\p{N}`.
    Number,
    /// `\s` without line ends.
    Space,
    /// `[\r\n]`.
    Newline,
}
