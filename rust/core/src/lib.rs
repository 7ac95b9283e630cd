//! The pure core of Headroom: given this text and these numbers, what text?
//!
//! No I/O, no clock, no environment, no globals that change results: every function is a pure
//! function of its arguments, so that a decision made once can be made again anywhere.

pub mod frame;
pub mod json;
pub mod key;
pub mod retrieve;
pub mod tokens;
pub mod words;
