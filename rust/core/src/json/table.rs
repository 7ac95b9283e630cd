//! A collection of records in, a table plan out: which columns, in which variants.
//!
//! Records are flattened: a nested object becomes columns, in document order. Records whose
//! fields fit one order share a variant, with empty cells where a field is absent; a record that
//! fits none is written out by itself. Sparse or mixed records can thus never blow a table up.

use super::parse::{Kind, Tree};
use super::paths::{MixMap, PathId, Paths};

/// Shapes considered for merging; records of further shapes are written out by themselves.
const MAX_SHAPES: usize = 64;
/// Variants a reader can keep apart.
const MAX_VARIANTS: usize = 6;
/// Columns beyond which a position says nothing to a reader.
const MAX_COLUMNS: usize = 400;

/// A row that belongs to no variant.
pub const INLINE: u8 = u8::MAX;
/// A cell whose field is absent from its record.
pub const ABSENT: u32 = u32::MAX;

/// The plan of a table.
pub struct Table {
    pub rows: Vec<u32>,
    pub row_variant: Vec<u8>,
    pub variants: Vec<Variant>,
    pub is_map: bool,
    cells: Vec<(PathId, u32)>,
    row_start: Vec<u32>,
    row_shape: Vec<u16>,
    /// Per shape: the cell offset of each column of its variant, or `ABSENT`.
    slots: Vec<Vec<u32>>,
}

/// Records that share an order of fields.
pub struct Variant {
    pub columns: Vec<PathId>,
    pub row_count: u32,
}

impl Table {
    /// The node in `column` of `row`, or `ABSENT`.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> u32 {
        let slot = self.slots[self.row_shape[row] as usize][column];
        if slot == ABSENT {
            ABSENT
        } else {
            self.cells[(self.row_start[row] + slot) as usize].1
        }
    }

    /// The nodes of one column, over the rows of `variant`.
    pub fn column(&self, variant: usize, column: usize) -> impl Iterator<Item = u32> + '_ {
        (0..self.rows.len())
            .filter(move |&row| self.row_variant[row] as usize == variant)
            .map(move |row| self.cell(row, column))
    }

    /// Plans a table of the records in `collection`; `None` when they are too unlike.
    pub fn plan(tree: &Tree, paths: &Paths, collection: u32, atomic: &[bool]) -> Option<Table> {
        let node = tree.node(collection);
        let is_map = paths.is_map[collection as usize];
        if node.count < 2 || node.kind == Kind::Object && !is_map {
            return None;
        }
        let mut table = Table {
            rows: tree.children(collection).collect(),
            row_variant: Vec::new(),
            variants: Vec::new(),
            is_map,
            cells: Vec::new(),
            row_start: Vec::new(),
            row_shape: Vec::new(),
            slots: Vec::new(),
        };
        let shapes = table.flatten(tree, paths, atomic);
        let mut places = Places::of(&table.cells);
        let shape_variant = table.merge(&shapes, &mut places);
        table.assign(&shapes, &shape_variant, &mut places);
        let inline = table.row_variant.iter().filter(|&&variant| variant == INLINE).count();
        (inline * 2 <= table.rows.len()).then_some(table)
    }

    /// The table of a map of scalars: no columns beside the key.
    pub fn scalars(tree: &Tree, collection: u32) -> Table {
        let rows: Vec<u32> = tree.children(collection).collect();
        Table {
            row_variant: vec![INLINE; rows.len()],
            row_start: vec![0; rows.len()],
            row_shape: vec![u16::MAX; rows.len()],
            rows,
            variants: Vec::new(),
            is_map: true,
            cells: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// Whether the collection is one of scalars, a map of which is still a table of two columns.
    pub fn is_scalar_map(tree: &Tree, paths: &Paths, collection: u32) -> bool {
        paths.is_map[collection as usize]
            && tree.children(collection).all(|child| !matches!(tree.node(child).kind, Kind::Object))
    }

    fn flatten(&mut self, tree: &Tree, paths: &Paths, atomic: &[bool]) -> Vec<Shape> {
        let mut shapes: Vec<Shape> = Vec::new();
        let mut known: MixMap<u64, u16> = MixMap::default();
        for (row, &record) in self.rows.iter().enumerate() {
            self.row_start.push(self.cells.len() as u32);
            let from = self.cells.len();
            let hash = flatten_record(tree, paths, record, atomic, &mut self.cells);
            let cells = &self.cells[from..];
            let shape = match hash {
                None => u16::MAX,
                Some(hash) => *known.entry(hash).or_insert_with(|| {
                    if shapes.len() >= MAX_SHAPES || cells.len() > MAX_COLUMNS || paths.has_repeats(tree, record) {
                        return u16::MAX;
                    }
                    shapes.push(Shape { row, width: cells.len(), count: 0 });
                    shapes.len() as u16 - 1
                }),
            };
            if shape == u16::MAX {
                self.cells.truncate(from);
            } else {
                shapes[shape as usize].count += 1;
            }
            self.row_shape.push(shape);
        }
        shapes
    }

    fn shape_paths(&self, shape: &Shape) -> impl Iterator<Item = PathId> + '_ {
        let start = self.row_start[shape.row] as usize;
        self.cells[start..start + shape.width].iter().map(|cell| cell.0)
    }

    /// Gives every shape a variant, most frequent shapes first.
    fn merge(&mut self, shapes: &[Shape], places: &mut Places) -> Vec<u8> {
        let mut order: Vec<usize> = (0..shapes.len()).collect();
        order.sort_by_key(|&shape| (std::cmp::Reverse(shapes[shape].count), shape));
        let mut shape_variant = vec![INLINE; shapes.len()];
        for &shape in &order {
            let fields: Vec<PathId> = self.shape_paths(&shapes[shape]).collect();
            let count = shapes[shape].count;
            let joined = (0..self.variants.len()).find(|&variant| self.try_join(variant, &fields, count, places));
            if let Some(variant) = joined {
                self.variants[variant].row_count += count;
                shape_variant[shape] = variant as u8;
            } else if self.variants.len() < MAX_VARIANTS && (count >= 2 || self.variants.is_empty()) {
                shape_variant[shape] = self.variants.len() as u8;
                self.variants.push(Variant { columns: fields, row_count: count });
            }
        }
        shape_variant
    }

    /// Adds `fields` to a variant if the orders agree and few cells stay empty.
    fn try_join(&mut self, variant: usize, fields: &[PathId], count: u32, places: &mut Places) -> bool {
        let columns = &self.variants[variant].columns;
        places.set(columns.iter().copied());
        let mut last = None;
        let mut shared = 0usize;
        for field in fields {
            if let Some(at) = places.get(*field) {
                if last.is_some_and(|last| at <= last) {
                    return false;
                }
                last = Some(at);
                shared += 1;
            }
        }
        let added = fields.len() - shared;
        let missing = columns.len() - shared;
        let rows = self.variants[variant].row_count as usize;
        let empty = added * rows + missing * count as usize;
        let filled = shared * (rows + count as usize) + added * count as usize + missing * rows;
        if empty * 3 > filled || columns.len() + added > MAX_COLUMNS {
            return false;
        }
        if added > 0 {
            let mut merged = Vec::with_capacity(columns.len() + added);
            let mut from = 0;
            for field in fields {
                match places.get(*field) {
                    Some(at) => {
                        merged.extend_from_slice(&columns[from..=at]);
                        from = at + 1;
                    }
                    None => merged.push(*field),
                }
            }
            merged.extend_from_slice(&columns[from..]);
            self.variants[variant].columns = merged;
        }
        true
    }

    fn assign(&mut self, shapes: &[Shape], shape_variant: &[u8], places: &mut Places) {
        for (shape, &variant) in shapes.iter().zip(shape_variant) {
            let mut slots = Vec::new();
            if variant != INLINE {
                places.set(self.shape_paths(shape));
                let columns = &self.variants[variant as usize].columns;
                slots = columns.iter().map(|&column| places.get(column).map_or(ABSENT, |at| at as u32)).collect();
            }
            self.slots.push(slots);
        }
        self.row_variant = self
            .row_shape
            .iter()
            .map(|&shape| if shape == u16::MAX { INLINE } else { shape_variant[shape as usize] })
            .collect();
    }
}

/// At which place of a list each path stands, of those that a table's cells have.
struct Places {
    lowest: PathId,
    /// Of each path the list it was last seen in, by number, and its place there.
    places: Vec<(u32, u32)>,
    list: u32,
}

impl Places {
    fn of(cells: &[(PathId, u32)]) -> Places {
        let paths = || cells.iter().map(|cell| cell.0);
        let lowest = paths().min().unwrap_or(0);
        let highest = paths().max().unwrap_or(0);
        Places { lowest, places: vec![(0, 0); (highest - lowest) as usize + 1], list: 0 }
    }

    /// Takes another list, which has each path once.
    fn set(&mut self, paths: impl Iterator<Item = PathId>) {
        self.list += 1;
        for (at, path) in paths.enumerate() {
            self.places[(path - self.lowest) as usize] = (self.list, at as u32);
        }
    }

    fn get(&self, path: PathId) -> Option<usize> {
        let (list, at) = self.places[(path - self.lowest) as usize];
        (list == self.list).then_some(at as usize)
    }
}

struct Shape {
    row: usize,
    width: usize,
    count: u32,
}

/// Appends the cells of a record and returns the hash of its fields; `None` if it is no record.
fn flatten_record(
    tree: &Tree,
    paths: &Paths,
    record: u32,
    atomic: &[bool],
    cells: &mut Vec<(PathId, u32)>,
) -> Option<u64> {
    let node = tree.node(record);
    if node.kind != Kind::Object || node.count == 0 || paths.is_map[record as usize] {
        return None;
    }
    let mut hash = 0u64;
    let mut at = record + 1;
    while at < node.skip {
        let child = tree.node(at);
        let path = paths.of_node[at as usize];
        let opens = child.kind == Kind::Object && child.count > 0 && !paths.is_map[at as usize];
        if opens && !atomic[path as usize] {
            at += 1;
            continue;
        }
        hash = (hash.rotate_left(9) ^ u64::from(path)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        cells.push((path, at));
        at = child.skip;
    }
    Some(hash)
}
