//! Pieces in, one lossy view out: each piece as it is best told, under one marker.
//!
//! ```text
//! [headroom mixed 3/5 parts key=…]      three parts are whole
//! words that stand as they are
//! [lines 12-480: log 49/469 lines]      the numbers in a part count from its own first line
//! the view of the log
//! [lines 481-500]
//! words that stand as they are
//! ```

use super::piece::{body, Piece};
use crate::text::{end_line, marker, View};

/// The first lines of a view of JSON with long texts in its strings.
pub struct Frame<'f> {
    pub skeleton: &'f str,
    /// To which reference in the skeleton each piece belongs, from 1.
    pub ordinals: &'f [usize],
}

/// Writes a view; `None` if nothing is left out of any piece.
pub fn write(pieces: &[Piece], frame: Option<&Frame>, key: &str) -> Option<View> {
    let shortened = pieces.iter().filter(|piece| piece.lossy.is_some()).count();
    if shortened == 0 {
        return None;
    }
    let mut text = marker("mixed", pieces.len() - shortened, pieces.len(), "parts", key);
    if let Some(frame) = frame {
        text.push_str(frame.skeleton);
        text.push('\n');
    }
    for (at, piece) in pieces.iter().enumerate() {
        end_line(&mut text);
        let reference = frame.map(|frame| frame.ordinals[at]);
        // What stands as it is behind a line that divides, or at the beginning, needs no other.
        let is_plain = piece.lossy.is_none() && piece.lossless.is_none();
        if reference.is_some() || !(is_plain && (at == 0 || piece.is_told)) {
            text.push_str(&head(piece, reference));
        }
        text.push_str(match (&piece.lossy, &piece.lossless) {
            (Some(view), _) => body(&view.text),
            (None, Some(form)) => &form.text,
            (None, None) => &piece.text,
        });
    }
    let kept = pieces.iter().flat_map(Piece::lines_kept).collect();
    Some(View { text, shown: pieces.len() - shortened, total: pieces.len(), kept, dropped: dropped(pieces) })
}

fn head(piece: &Piece, reference: Option<usize>) -> String {
    let place = match reference {
        Some(ordinal) => format!("@{ordinal} {}", piece.label),
        None => piece.label.clone(),
    };
    let Some(view) = &piece.lossy else { return format!("[{place}]\n") };
    let unit = unit_of(&view.text);
    format!("[{place}: {} {}/{} {unit}]\n", piece.sort.name(), view.shown, view.total)
}

/// The unit that a view's marker counts in: `[headroom log 49/300 lines key=…]`.
fn unit_of(view: &str) -> &str {
    view.split(' ').nth(3).unwrap_or_default()
}

fn dropped(pieces: &[Piece]) -> Vec<(String, usize)> {
    let views = pieces.iter().filter_map(|piece| piece.lossy.as_ref().map(|view| (&piece.label, view)));
    views.flat_map(|(label, view)| view.dropped.iter().map(move |(what, n)| (format!("{label}: {what}"), *n))).collect()
}
