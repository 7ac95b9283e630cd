//! Pieces in, the lossless form out: blocks that are built alike are said once, and then only their values.
//!
//! ```text
//! form   = "#markup " language "; ~A is block A with its values in place of each ~" newline { block } body
//! block  = "~" name "=" newline template ( "~." | newline "~-" ) newline      `~-`: the last line break is not the block's
//! body   = literal text  |  ( newline "~+" | "~" ) name [ " " value { "," value } ] newline
//! ```
//!
//! `~` is the first of `SIGNS` that the text does not hold, so that nothing needs escaping. Values that hold what divides
//! them are quoted as JSON texts are.

use xxhash_rust::xxh3::xxh3_64;

use crate::json::paths::MixMap;
use crate::json::string;
use crate::text::letters;

use super::pieces::{Piece, Pieces, MAX_PIECES};
use super::Language;

/// What every form begins with.
pub const HEAD: &str = "#markup ";
/// Signs for what was folded: the first that does not occur in the text is taken.
pub const SIGNS: [&str; 5] = ["~", "^", "$", "¤", "§"];
/// Rounds in which blocks that turn out not to pay are given up.
const ROUNDS: usize = 3;
/// Bytes that a use of a block costs beside its values, and those that its definition adds to its text.
const USE_BYTES: usize = 4;
const DEFINITION_BYTES: usize = 8;

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Blocks that are built alike.
struct Shape {
    example: usize,
    pieces: usize,
    /// Bytes that are fixed, and values.
    fixed: usize,
    holes: usize,
    uses: Vec<u32>,
    is_given_up: bool,
}

impl Shape {
    fn pays(&self, uses: usize) -> bool {
        let each = self.fixed as isize - (USE_BYTES + self.holes) as isize;
        !self.is_given_up && uses >= 2 && each * uses as isize > (self.fixed + self.holes + DEFINITION_BYTES) as isize
    }
}

/// The lossless form; `None` if nothing repeats.
pub fn fold(text: &str, language: Language) -> Option<String> {
    let sign = SIGNS.into_iter().find(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_none())?;
    let pieces = Pieces::of(text, language);
    if pieces.list.len() > MAX_PIECES {
        return None;
    }
    let ends = block_ends(&pieces.list);
    let least_pieces = if language == Language::Xml { 3 } else { 2 };
    let mut folder = Folder { pieces: &pieces, ends: &ends, shapes: Vec::new(), shape_of: Vec::new(), least_pieces };
    folder.find_shapes();
    let plan = folder.choose()?;
    Some(folder.write(&plan, sign, language))
}

/// One past the last piece of the block that begins at each piece.
fn block_ends(list: &[Piece]) -> Vec<u32> {
    let mut ends: Vec<u32> = (1..=list.len() as u32).collect();
    let mut open: Vec<usize> = Vec::new();
    for (at, piece) in list.iter().enumerate() {
        while let Some(&top) = open.last() {
            if list[top].depth < piece.depth {
                break;
            }
            open.pop();
            let is_closed = piece.is_close && list[top].depth == piece.depth;
            ends[top] = at as u32 + u32::from(is_closed);
            if is_closed {
                break;
            }
        }
        if !piece.is_close {
            open.push(at);
        }
    }
    for top in open {
        ends[top] = list.len() as u32;
    }
    ends
}

struct Folder<'p, 'a> {
    pieces: &'p Pieces<'a>,
    ends: &'p [u32],
    shapes: Vec<Shape>,
    /// The shape of the block that begins at each piece.
    shape_of: Vec<u32>,
    /// Pieces that a block of fewer than two values must have.
    least_pieces: usize,
}

const NONE: u32 = u32::MAX;

impl<'a> Folder<'_, 'a> {
    fn piece_holes(&self, piece: &Piece) -> &[(u32, u32)] {
        &self.pieces.holes[piece.holes.0 as usize..piece.holes.1 as usize]
    }

    /// The fixed texts of a piece: before, between and behind its values.
    fn fixed(&self, piece: &Piece, mut each: impl FnMut(&'a str)) {
        let mut from = piece.start;
        for &(start, end) in self.piece_holes(piece) {
            each(&self.pieces.text[from as usize..start as usize]);
            from = end;
        }
        each(&self.pieces.text[from as usize..piece.end as usize]);
    }

    /// Groups blocks whose pieces have the same fixed texts, by a rolling hash: the form is read back in any case.
    fn find_shapes(&mut self) {
        let count = self.pieces.list.len();
        let mut hashes = Vec::with_capacity(count + 1);
        let mut fixed_bytes = Vec::with_capacity(count + 1);
        let mut powers = Vec::with_capacity(count + 1);
        let (mut hash, mut fixed, mut power) = (0u64, 0usize, 1u64);
        for piece in &self.pieces.list {
            hashes.push(hash);
            fixed_bytes.push(fixed);
            powers.push(power);
            let mut own = 17u64;
            self.fixed(piece, |text| {
                let mixed = (own ^ xxh3_64(text.as_bytes())).wrapping_mul(FACTOR);
                own = mixed ^ (mixed >> 31);
                fixed += text.len();
            });
            hash = hash.wrapping_mul(FACTOR).wrapping_add(own);
            power = power.wrapping_mul(FACTOR);
        }
        hashes.push(hash);
        fixed_bytes.push(fixed);
        powers.push(power);
        let mut known: MixMap<u64, u32> = MixMap::default();
        self.shape_of = vec![NONE; count];
        for at in 0..count {
            let end = self.ends[at] as usize;
            let holes = (self.pieces.list[end - 1].holes.1 - self.pieces.list[at].holes.0) as usize;
            // What a tag or a line says with one value is plainer as it stands.
            if end - at < self.least_pieces && holes < 2 {
                continue;
            }
            let own = hashes[end].wrapping_sub(hashes[at].wrapping_mul(powers[end - at]));
            let next = self.shapes.len() as u32;
            let shape = *known.entry(own ^ (end - at) as u64).or_insert(next);
            if shape == next {
                self.shapes.push(Shape {
                    example: at,
                    pieces: end - at,
                    fixed: fixed_bytes[end] - fixed_bytes[at],
                    holes,
                    uses: Vec::new(),
                    is_given_up: false,
                });
            }
            self.shape_of[at] = shape;
        }
    }

    /// The blocks that are folded, by where they begin: outermost first, as long as each kind pays.
    fn choose(&mut self) -> Option<Vec<u32>> {
        let mut counts = vec![0usize; self.shapes.len()];
        for &shape in self.shape_of.iter().filter(|shape| **shape != NONE) {
            counts[shape as usize] += 1;
        }
        for _ in 0..ROUNDS {
            self.shapes.iter_mut().for_each(|shape| shape.uses.clear());
            let mut plan = Vec::new();
            let mut at = 0;
            while at < self.shape_of.len() {
                let shape = self.shape_of[at];
                if shape != NONE && self.shapes[shape as usize].pays(counts[shape as usize]) {
                    self.shapes[shape as usize].uses.push(at as u32);
                    plan.push(at as u32);
                    at = self.ends[at] as usize;
                } else {
                    at += 1;
                }
            }
            let mut is_settled = true;
            for shape in &mut self.shapes {
                let uses = shape.uses.len();
                if uses > 0 && !shape.pays(uses) {
                    shape.is_given_up = true;
                    is_settled = false;
                }
            }
            if is_settled {
                return (!plan.is_empty()).then_some(plan);
            }
        }
        None
    }

    fn holes_of(&self, at: usize, pieces: usize) -> &[(u32, u32)] {
        let list = &self.pieces.list;
        &self.pieces.holes[list[at].holes.0 as usize..list[at + pieces - 1].holes.1 as usize]
    }

    fn hole_text(&self, hole: (u32, u32)) -> &'a str {
        &self.pieces.text[hole.0 as usize..hole.1 as usize]
    }

    fn write(&self, plan: &[u32], sign: &str, language: Language) -> String {
        let text = self.pieces.text;
        let mut out =
            format!("{HEAD}{}; {sign}A is block A with its values in place of each {sign}\n", language.name());
        out.reserve(text.len() / 2);
        let mut columns: MixMap<u32, (String, Vec<Column>)> = MixMap::default();
        let mut order: Vec<u32> = Vec::new();
        for &at in plan {
            let shape = self.shape_of[at as usize];
            columns.entry(shape).or_insert_with(|| {
                order.push(shape);
                (letters(order.len() - 1), self.columns(&self.shapes[shape as usize]))
            });
        }
        for shape in &order {
            let (name, columns) = &columns[shape];
            self.define(&self.shapes[*shape as usize], name, columns, sign, &mut out);
        }
        let mut from = 0;
        for &at in plan {
            let start = self.pieces.list[at as usize].start as usize;
            let (name, columns) = &columns[&self.shape_of[at as usize]];
            out.push_str(&text[from..start]);
            // The row stands on a line of its own, even where the text has none.
            let is_broken = out.ends_with('\n');
            out.push_str(if is_broken { "" } else { "\n" });
            out.push_str(sign);
            out.push_str(if is_broken { "" } else { "+" });
            out.push_str(name);
            let shape = &self.shapes[self.shape_of[at as usize] as usize];
            let mut divider = ' ';
            for (hole, column) in self.holes_of(at as usize, shape.pieces).iter().zip(columns) {
                if let Column::Varies { front, back } = column {
                    out.push(divider);
                    divider = ',';
                    let value = self.hole_text(*hole);
                    write_value(&value[*front..value.len() - back], &mut out);
                }
            }
            out.push('\n');
            from = self.pieces.list[self.ends[at as usize] as usize - 1].end as usize;
        }
        out.push_str(&text[from..]);
        out
    }

    fn columns(&self, shape: &Shape) -> Vec<Column> {
        let first = self.holes_of(shape.example, shape.pieces);
        let mut columns: Vec<Column> = first.iter().map(|_| Column::Constant).collect();
        for &at in &shape.uses[1..] {
            for ((column, hole), example) in columns.iter_mut().zip(self.holes_of(at as usize, shape.pieces)).zip(first)
            {
                column.compare(self.hole_text(*example), self.hole_text(*hole));
            }
        }
        columns
    }

    /// Writes a block with its constant values, and signs in place of those that vary.
    fn define(&self, shape: &Shape, name: &str, columns: &[Column], sign: &str, out: &mut String) {
        out.push_str(&format!("{sign}{name}=\n"));
        let mut columns = columns.iter();
        for piece in &self.pieces.list[shape.example..shape.example + shape.pieces] {
            let mut from = piece.start;
            for &(start, end) in self.piece_holes(piece) {
                out.push_str(&self.pieces.text[from as usize..start as usize]);
                let value = self.hole_text((start, end));
                match columns.next() {
                    Some(Column::Varies { front, back }) => {
                        out.push_str(&value[..*front]);
                        out.push_str(sign);
                        out.push_str(&value[value.len() - back..]);
                    }
                    _ => out.push_str(value),
                }
                from = end;
            }
            out.push_str(&self.pieces.text[from as usize..piece.end as usize]);
        }
        out.push_str(if out.ends_with('\n') { "" } else { "\n" });
        let last = self.pieces.list[shape.example + shape.pieces - 1];
        let is_whole = self.pieces.text[..last.end as usize].ends_with('\n');
        out.push_str(&format!("{sign}{}\n", if is_whole { '.' } else { '-' }));
    }
}

/// What the values in one place of a block have in common.
enum Column {
    Constant,
    /// Bytes of marks (quotes, brackets) that all begin and end with.
    Varies {
        front: usize,
        back: usize,
    },
}

impl Column {
    fn compare(&mut self, example: &str, value: &str) {
        if example == value {
            return;
        }
        let (front, back) = match self {
            Column::Constant => {
                let marks = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'[' | b']' | b'{' | b'}' | b',' | b' ');
                let front = example.bytes().take_while(|byte| marks(&byte)).count();
                let back = example.bytes().rev().take_while(|byte| marks(&byte)).count();
                (front, if front + back > example.len() { 0 } else { back })
            }
            Column::Varies { front, back } => (*front, *back),
        };
        let alike = |(one, other): &(u8, u8)| one == other;
        let front = front.min(example.bytes().zip(value.bytes()).take_while(alike).count());
        let room = value.len().min(example.len()).saturating_sub(front);
        let back = back.min(example.bytes().rev().zip(value.bytes().rev()).take_while(alike).count()).min(room);
        *self = Column::Varies { front, back };
    }
}

fn write_value(value: &str, out: &mut String) {
    let is_bare = !value.bytes().any(|byte| matches!(byte, b',' | b'\n' | b'\r'))
        && !value.starts_with(['"', ' '])
        && !value.ends_with(' ');
    if is_bare {
        out.push_str(value);
    } else {
        let mut quoted = Vec::with_capacity(value.len() + 2);
        string::encode(value, &mut quoted);
        out.push_str(&String::from_utf8_lossy(&quoted));
    }
}
