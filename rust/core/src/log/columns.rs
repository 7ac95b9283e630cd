//! The lines of a template in, its fixed text and the values of each line out.

use super::mine::Mined;
use super::scan::{Kind, Word, MAX_WORDS};

/// Columns wider than this are not seen as such.
const MAX_WIDTH: usize = 40;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// The line's time.
    Stamp,
    /// A value; with spaces in front of it that make it as wide as this.
    Value {
        width: u16,
    },
    /// The same as the value of this ordinal, from 0.
    Same(u16),
}

/// A template as a table: what all lines share, and what each has of its own.
pub struct Columns<'a> {
    pub parts: Vec<Part>,
    /// Lines that fit, in order.
    pub lines: Vec<u32>,
    /// The values of the lines that fit, `width` for each.
    pub values: Vec<&'a str>,
    pub width: usize,
}

/// One word of the line that a template is made from.
struct Place<'a> {
    gap: &'a str,
    text: &'a str,
    kind: Kind,
    /// Gap and value together are always as wide as this, while the gap varies.
    width: u16,
}

/// The lines of a template as a table.
pub fn columns<'a>(mined: &Mined<'a>, varying: &[u16], lines: &[u32]) -> Columns<'a> {
    let (mut places, tail) = places(mined, lines[0], varying);
    let slots: Vec<usize> = (0..places.len()).filter(|&at| places[at].kind == Kind::Masked).collect();
    widen(mined, lines, &mut places, &slots);
    let mut fitting = Vec::with_capacity(lines.len());
    let mut values: Vec<&str> = Vec::with_capacity(lines.len() * slots.len());
    for &line in lines {
        let from = values.len();
        if fit(mined, line, &places, tail, &mut values) {
            fitting.push(line);
        } else {
            values.truncate(from);
        }
    }
    finish(&places, tail, fitting, values, slots.len())
}

/// The words of a line, with what stands in front of each, and what stands behind the last.
fn places<'a>(mined: &Mined<'a>, line: u32, varying: &[u16]) -> (Vec<Place<'a>>, &'a str) {
    let text = mined.line(line);
    let (mut places, mut at) = (Vec::new(), 0);
    mined.for_each_word(line, |word| {
        let is_varying = word.kind == Kind::Plain && varying.contains(&(places.len() as u16));
        let kind = if is_varying { Kind::Masked } else { word.kind };
        let (start, end) = (word.start as usize, word.end as usize);
        places.push(Place { gap: &text[at..start], text: &text[start..end], kind, width: 0 });
        at = end;
    });
    (places, &text[at..])
}

/// Finds the values that are set to the right in a column of fixed width.
fn widen(mined: &Mined, lines: &[u32], places: &mut [Place], slots: &[usize]) {
    let mut padded: Vec<usize> = slots.iter().copied().filter(|&at| is_spaces(places[at].gap)).collect();
    if padded.is_empty() {
        return;
    }
    let mut varies = vec![false; places.len()];
    let step = (lines.len() / 64).max(1);
    for &line in lines.iter().step_by(step) {
        let (mut at, mut ordinal) = (0, 0usize);
        mined.for_each_word(line, |word| {
            if let Some(place) = places.get(ordinal) {
                varies[ordinal] |= (word.start - at) as usize != place.gap.len();
                if (word.end - at) as usize != place.gap.len() + place.text.len() {
                    padded.retain(|&slot| slot != ordinal);
                }
            }
            at = word.end;
            ordinal += 1;
        });
    }
    for slot in padded {
        let total = places[slot].gap.len() + places[slot].text.len();
        if varies[slot] && total < MAX_WIDTH {
            places[slot].width = total as u16;
        }
    }
}

fn is_spaces(gap: &str) -> bool {
    !gap.is_empty() && gap.bytes().all(|byte| byte == b' ')
}

/// Whether a line is the template's fixed text with some values, which are added.
fn fit<'a>(mined: &Mined<'a>, line: u32, places: &[Place], tail: &str, values: &mut Vec<&'a str>) -> bool {
    let text = mined.line(line);
    let (mut at, mut ordinal, mut fits) = (0, 0usize, true);
    mined.for_each_word(line, |word: Word| {
        let Some(place) = places.get(ordinal).filter(|_| fits) else {
            fits = false;
            return;
        };
        let (start, end) = (word.start as usize, word.end as usize);
        let (gap, own) = (&text[at..start], &text[start..end]);
        fits = match (place.kind, place.width) {
            (Kind::Plain, _) => gap == place.gap && own == place.text,
            (Kind::Stamp, _) => gap == place.gap && word.kind == Kind::Stamp,
            (Kind::Masked, 0) => gap == place.gap,
            (Kind::Masked, width) => is_spaces(gap) && gap.len() + own.len() == width as usize,
        };
        if place.kind == Kind::Masked {
            // The last word of a very long line may hold anything.
            fits &= ordinal + 2 < MAX_WORDS as usize || !own.bytes().any(|byte| b" \t\"~&".contains(&byte));
            values.push(own);
        }
        at = end;
        ordinal += 1;
    });
    fits && ordinal == places.len() && &text[at..] == tail
}

/// Takes out of the values what all lines share.
fn finish<'a>(places: &[Place], tail: &str, lines: Vec<u32>, values: Vec<&'a str>, width: usize) -> Columns<'a> {
    let rows = lines.len();
    let column = |slot: usize| (0..rows).map(move |row| row * width + slot);
    let mut parts: Vec<Part> = Vec::new();
    let mut kept: Vec<(usize, usize, usize)> = Vec::new();
    let mut slot = 0;
    for place in places {
        if place.kind != Kind::Masked {
            text(&mut parts, place.gap);
            match place.kind {
                Kind::Stamp => parts.push(Part::Stamp),
                _ => text(&mut parts, place.text),
            }
            continue;
        }
        let first = values.get(slot).copied().unwrap_or("");
        let is_constant = column(slot).all(|at| values[at] == first);
        if is_constant && rows > 0 {
            if place.width > 0 {
                text(&mut parts, &" ".repeat((place.width as usize).saturating_sub(first.len())));
            } else {
                text(&mut parts, place.gap);
            }
            text(&mut parts, first);
        } else if place.width > 0 {
            text(&mut parts, " ");
            parts.push(Part::Value { width: place.width - 1 });
            kept.push((slot, 0, 0));
        } else {
            text(&mut parts, place.gap);
            let same = kept.iter().position(|&(other, ..)| {
                column(slot).zip(column(other)).all(|(own, other)| values[own] == values[other])
            });
            let (before, behind) = match same {
                Some(other) => (kept[other].1, kept[other].2),
                None => shared(column(slot).map(|at| values[at]), first),
            };
            text(&mut parts, &first[..before]);
            match same {
                Some(other) => parts.push(Part::Same(other as u16)),
                None => {
                    parts.push(Part::Value { width: 0 });
                    kept.push((slot, before, behind));
                }
            }
            text(&mut parts, &first[first.len() - behind..]);
        }
        slot += 1;
    }
    text(&mut parts, tail);
    let mut own = Vec::with_capacity(rows * kept.len());
    for row in 0..rows {
        for &(slot, before, behind) in &kept {
            let value: &'a str = values[row * width + slot];
            own.push(&value[before..value.len() - behind]);
        }
    }
    Columns { parts, lines, values: own, width: kept.len() }
}

fn text(parts: &mut Vec<Part>, more: &str) {
    if more.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push_str(more),
        _ => parts.push(Part::Text(more.to_owned())),
    }
}

/// How many bytes all values share at their beginning and at their end; cut where a mark stands, and never all of one.
fn shared<'v>(values: impl Iterator<Item = &'v str> + Clone, first: &str) -> (usize, usize) {
    let mut before = first.len();
    let mut shortest = first.len();
    for value in values.clone() {
        before = first.bytes().zip(value.bytes()).take(before).take_while(|(a, b)| a == b).count();
        shortest = shortest.min(value.len());
    }
    before = before.min(shortest.saturating_sub(1));
    let is_mark = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let bytes = first.as_bytes();
    // What is left of an address, or of a date, would say little.
    before = bytes[..before].iter().position(u8::is_ascii_digit).unwrap_or(before);
    while before > 0 && !is_mark(bytes[before - 1]) {
        before -= 1;
    }
    let room = shortest - before;
    let mut behind = room.saturating_sub(1);
    for value in values {
        behind = bytes.iter().rev().zip(value.bytes().rev()).take(behind).take_while(|(a, b)| *a == b).count();
    }
    behind = bytes[bytes.len() - behind..].iter().rev().position(u8::is_ascii_digit).unwrap_or(behind);
    while behind > 0 && !is_mark(bytes[bytes.len() - behind]) {
        behind -= 1;
    }
    (before, behind)
}
