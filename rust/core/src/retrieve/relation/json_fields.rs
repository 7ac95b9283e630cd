//! Records of JSON in, the fields that they have, and the cells of those that are asked for, out.
//!
//! Names are told by one walk of all records, cells by another that enters only what leads to a field in question. A
//! path looks through arrays: what it finds more than once in a record is an array.

use std::collections::HashMap;

use super::cell::{Cell, Kind};
use super::{Base, Column, From};
use crate::retrieve::scan::{self, Place, Visitor};

/// Fields that are told apart, and how deep they may lie.
const MAX_FIELDS: usize = 5_000;
const MAX_DEPTH: u32 = 40;
/// Elements of rows that are arrays, which have their places for names.
const MAX_ELEMENTS: u32 = 64;
const ROOT: u32 = 0;

struct Field {
    /// The path, with dots between names.
    path: String,
    depth: u32,
    children: HashMap<Box<[u8]>, u32>,
}

/// The fields of records.
pub struct Fields {
    list: Vec<Field>,
    /// Whether rows are members, which have names.
    pub has_keys: bool,
    /// Whether some rows are no objects.
    pub has_values: bool,
}

impl Fields {
    pub fn of(text: &str, rows: &[Base]) -> Self {
        let root = Field { path: String::new(), depth: 0, children: HashMap::new() };
        let mut fields = Fields { list: vec![root], has_keys: false, has_values: false };
        for row in rows {
            fields.has_keys |= row.value > row.start;
            let is_record = text.as_bytes().get(row.value as usize) == Some(&b'{');
            fields.has_values |= !is_record;
            if is_record || text.as_bytes().get(row.value as usize) == Some(&b'[') {
                // A row that breaks off, or is no JSON further on, has the fields before that.
                let _ = scan::walk(&text[..row.end as usize], row.value as usize, &mut Discovery(&mut fields));
            }
        }
        fields
    }

    /// The fields as columns; those of the records themselves are the usual ones.
    pub fn columns(&self) -> impl Iterator<Item = Column> + '_ {
        let has_values = self.has_values;
        self.list.iter().zip(0u32..).skip(1).map(move |(field, at)| {
            let is_place = has_values && field.path.bytes().all(|byte| byte.is_ascii_digit());
            Column::new(&field.path, From::Field(at), field.depth == 1 && !is_place)
        })
    }

    /// The cells of some fields, in all rows.
    pub fn cells(&self, text: &str, rows: &[Base], wanted: &[u32], extra: &mut String) -> Vec<Vec<Cell>> {
        let mut found: Vec<Vec<Cell>> = wanted.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        if wanted.is_empty() {
            return found;
        }
        let mut slot_of = vec![u32::MAX; self.list.len()];
        wanted.iter().zip(0u32..).for_each(|(&field, slot)| slot_of[field as usize] = slot);
        let leads = self.leading_to(&slot_of);
        let mut hits = Vec::new();
        for row in rows {
            hits.clear();
            let mut search = Search { fields: self, slot_of: &slot_of, leads: &leads, hits: &mut hits };
            let _ = scan::walk(&text[..row.end as usize], row.value as usize, &mut search);
            hits.sort_by_key(|hit| (hit.slot, hit.start));
            let mut at = 0;
            for (slot, cells) in found.iter_mut().enumerate() {
                let own = hits[at..].iter().take_while(|hit| hit.slot as usize == slot).count();
                cells.push(joined(text, &hits[at..at + own], extra));
                at += own;
            }
        }
        found
    }

    /// Of each field, whether one that is wanted lies inside.
    fn leading_to(&self, slot_of: &[u32]) -> Vec<bool> {
        let mut leads = vec![false; self.list.len()];
        // Children come behind their parents.
        for at in (0..self.list.len()).rev() {
            let is_on_way = |child: &u32| leads[*child as usize] || slot_of[*child as usize] != u32::MAX;
            leads[at] = self.list[at].children.values().any(is_on_way);
        }
        leads
    }

    fn child(&self, parent: u32, name: &[u8]) -> Option<u32> {
        self.list[parent as usize].children.get(name).copied()
    }

    fn child_or_new(&mut self, parent: u32, name: &[u8]) -> Option<u32> {
        if let Some(found) = self.child(parent, name) {
            return Some(found);
        }
        let field = &self.list[parent as usize];
        if self.list.len() > MAX_FIELDS || field.depth >= MAX_DEPTH {
            return None;
        }
        let raw = String::from_utf8_lossy(name);
        let own = scan::decoded(&raw).unwrap_or_else(|| raw.into_owned());
        let path = if parent == ROOT { own } else { format!("{}.{own}", field.path) };
        let (depth, new) = (field.depth + 1, self.list.len() as u32);
        self.list.push(Field { path, depth, children: HashMap::new() });
        self.list[parent as usize].children.insert(name.into(), new);
        Some(new)
    }
}

/// One value, where several were found an array of them.
fn joined(text: &str, hits: &[Hit], extra: &mut String) -> Cell {
    match hits {
        [] => Cell::MISSING,
        [hit] => Cell::value(text, hit.start as usize, hit.end as usize),
        _ => {
            let start = extra.len();
            for (at, hit) in hits.iter().enumerate() {
                extra.push(if at == 0 { '[' } else { ',' });
                extra.push_str(&text[hit.start as usize..hit.end as usize]);
            }
            extra.push(']');
            let base = text.len();
            Cell { start: (base + start) as u32, end: (base + extra.len()) as u32, kind: Kind::Container }
        }
    }
}

struct Discovery<'f>(&'f mut Fields);

impl Visitor for Discovery<'_> {
    type State = (u32, bool); // the field, and whether it is the row itself

    fn begin(&mut self, place: Place<'_>, parent: Option<&mut (u32, bool)>, _: usize, _: usize) -> ((u32, bool), bool) {
        let Some(&mut (parent, is_row)) = parent else { return ((ROOT, true), true) };
        let field = match place {
            Place::Name(name) => self.0.child_or_new(parent, name),
            Place::Index(at) if is_row => {
                (at < MAX_ELEMENTS).then(|| at.to_string()).and_then(|name| self.0.child_or_new(ROOT, name.as_bytes()))
            }
            _ => Some(parent),
        };
        ((field.unwrap_or(ROOT), false), field.is_some())
    }

    fn end(&mut self, _: (u32, bool), _: usize, _: usize, _: u32) {}
}

struct Hit {
    slot: u32,
    start: u32,
    end: u32,
}

struct Search<'f> {
    fields: &'f Fields,
    slot_of: &'f [u32],
    leads: &'f [bool],
    hits: &'f mut Vec<Hit>,
}

/// Where a walk is: the field, whether it is the row itself, and the hit that it may end.
struct At {
    field: u32,
    is_row: bool,
    hit: Option<usize>,
}

impl Visitor for Search<'_> {
    type State = At;

    fn begin(&mut self, place: Place<'_>, parent: Option<&mut At>, _: usize, start: usize) -> (At, bool) {
        let Some(parent) = parent else { return (At { field: ROOT, is_row: true, hit: None }, true) };
        let (field, is_new) = match place {
            Place::Name(name) => (self.fields.child(parent.field, name), true),
            Place::Index(at) if parent.is_row => (self.fields.child(ROOT, at.to_string().as_bytes()), true),
            _ => (Some(parent.field), false),
        };
        let Some(field) = field else { return (At { field: ROOT, is_row: false, hit: None }, false) };
        let slot = self.slot_of[field as usize];
        let hit = (is_new && slot != u32::MAX).then(|| {
            self.hits.push(Hit { slot, start: start as u32, end: start as u32 });
            self.hits.len() - 1
        });
        (At { field, is_row: false, hit }, self.leads[field as usize])
    }

    fn end(&mut self, state: At, _: usize, end: usize, _: u32) {
        if let Some(hit) = state.hit {
            self.hits[hit].end = end as u32;
        }
    }
}
