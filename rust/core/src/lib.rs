//! The pure core of Headroom: given this text and these numbers, what text?
//!
//! No I/O, no clock, no environment, no globals that change results: every function is a pure
//! function of its arguments, so that a decision made once can be made again anywhere.

mod begins;
mod bits;
pub mod blob;
pub mod brotli;
pub mod code;
pub mod detect;
pub mod diff;
mod excerpts;
pub mod frame;
pub mod json;
pub mod key;
pub mod kind;
pub mod log;
pub mod markup;
pub mod mixed;
pub mod page;
pub mod prose;
pub mod relevance;
pub mod repeat;
pub mod report;
pub mod retrieve;
pub mod seal;
pub mod search;
pub mod splice;
pub mod table;
pub mod text;
pub mod tokens;
pub mod trace;
pub mod volatile;
pub mod words;
