//! A tree in, the path of every node out: values of one field, over all records, share one path.
//!
//! Elements of an array share a path, and so do the values of an object that is used as a map
//! (its keys are data, not field names).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::parse::{Kind, Node, Tree};

/// A hasher for keys that are hashes already, or small integers.
#[derive(Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

pub type MixMap<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// Index of a path.
pub type PathId = u32;

/// One path: a field of an object, the elements of an array, or the values of a map.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub parent: PathId,
    /// A node that has this path; its key names the field.
    pub example: u32,
    pub is_field: bool,
    /// Where in its tuple a value on this path stands; `NONE` if it is in no tuple.
    place: u32,
    /// Values on this path.
    pub count: u32,
    first_child: PathId,
    next_sibling: PathId,
    cursor: PathId,
    /// The object of which a member was last seen here.
    holder: u32,
}

/// The paths of a tree.
pub struct Paths {
    pub of_node: Vec<PathId>,
    pub list: Vec<Path>,
    /// Objects used as maps.
    pub is_map: Vec<bool>,
    /// Arrays used as tuples: rows of a table without names.
    pub is_tuple: Vec<bool>,
    /// Members on whose path their object has one already, in order: of one name, or a map's.
    repeats: Vec<u32>,
}

const NONE: PathId = u32::MAX;
/// Siblings looked through one by one before the table is asked.
const NEAR: usize = 6;

impl Paths {
    /// Assigns a path to every node of `tree`.
    pub fn new(tree: &Tree) -> Paths {
        let is_map = maps(tree);
        let is_tuple = tuples(tree);
        let mut builder = Builder { tree, list: Vec::with_capacity(256), far: MixMap::default() };
        builder.list.push(Path::new(NONE, 0, false, NONE));
        let mut of_node = Vec::with_capacity(tree.nodes.len());
        let mut repeats = Vec::new();
        of_node.push(0);
        for index in 1..tree.nodes.len() as u32 {
            let node = tree.node(index);
            let parent = of_node[node.parent as usize];
            let is_field = node.key_hash != 0 && !is_map[node.parent as usize];
            let place = if is_tuple[node.parent as usize] { index - node.parent - 1 } else { NONE };
            let path = builder.child(parent, index, node, (is_field, place));
            let entry = &mut builder.list[path as usize];
            entry.count += 1;
            if node.key_hash != 0 && entry.holder == node.parent {
                repeats.push(index);
            }
            entry.holder = node.parent;
            of_node.push(path);
        }
        Paths { of_node, list: builder.list, is_map, is_tuple, repeats }
    }

    /// Whether an object at or below `index` has two members on one path.
    pub fn has_repeats(&self, tree: &Tree, index: u32) -> bool {
        let next = self.repeats.partition_point(|&member| member <= index);
        self.repeats.get(next).is_some_and(|&member| member < tree.node(index).skip)
    }

    /// The raw field name of a path; empty for elements and map values.
    pub fn name<'t>(&self, tree: &'t Tree, path: PathId) -> &'t [u8] {
        let path = &self.list[path as usize];
        if path.is_field {
            tree.key(path.example)
        } else {
            b""
        }
    }

    /// Whether the values of a path have one place in their tuples.
    pub fn is_place(&self, path: PathId) -> bool {
        self.list[path as usize].place != NONE
    }

    /// The nearest field name at or above `path`.
    pub fn nearest_name<'t>(&self, tree: &'t Tree, mut path: PathId) -> &'t [u8] {
        while path != NONE {
            let name = self.name(tree, path);
            if !name.is_empty() {
                return name;
            }
            path = self.list[path as usize].parent;
        }
        b""
    }

    /// Dotted name of `path` below `base`, as a person would write it.
    pub fn dotted(&self, tree: &Tree, path: PathId, base: PathId) -> String {
        let mut parts = Vec::new();
        let mut at = path;
        while at != base && at != NONE {
            let name = self.name(tree, at);
            if !name.is_empty() {
                parts.push(String::from_utf8_lossy(name).into_owned());
            } else if self.is_place(at) {
                parts.push(format!("[{}]", self.list[at as usize].place));
            }
            at = self.list[at as usize].parent;
        }
        parts.reverse();
        parts.join(".")
    }
}

impl Path {
    fn new(parent: PathId, example: u32, is_field: bool, place: u32) -> Path {
        Path {
            parent,
            example,
            is_field,
            place,
            count: 0,
            first_child: NONE,
            next_sibling: NONE,
            cursor: NONE,
            holder: NONE,
        }
    }
}

struct Builder<'t, 'a> {
    tree: &'t Tree<'a>,
    list: Vec<Path>,
    far: MixMap<(u32, u32), PathId>,
}

impl Builder<'_, '_> {
    #[inline(always)]
    fn is(&self, path: PathId, node: &Node, index: u32, (is_field, place): (bool, u32)) -> bool {
        let path = &self.list[path as usize];
        if path.is_field != is_field || path.place != place {
            return false;
        }
        if !is_field {
            return true;
        }
        let example = self.tree.node(path.example);
        // The rows of a table have the very names of its heading.
        let is_one = (example.key_start, example.key_end) == (node.key_start, node.key_end);
        example.key_hash == node.key_hash && (is_one || is_same(self.tree.key(path.example), self.tree.key(index)))
    }

    /// The path of a node below `parent`; `role`: whether it is a field, and its place in a tuple.
    fn child(&mut self, parent: PathId, index: u32, node: &Node, role: (bool, u32)) -> PathId {
        let cursor = self.list[parent as usize].cursor;
        let mut at = if cursor == NONE { NONE } else { self.list[cursor as usize].next_sibling };
        let mut wrapped = at == NONE;
        if wrapped {
            at = self.list[parent as usize].first_child;
        }
        for _ in 0..NEAR {
            if at == NONE {
                if wrapped {
                    break;
                }
                wrapped = true;
                at = self.list[parent as usize].first_child;
                continue;
            }
            if self.is(at, node, index, role) {
                self.list[parent as usize].cursor = at;
                return at;
            }
            at = self.list[at as usize].next_sibling;
        }
        let slot = match role {
            (true, _) => (parent, node.key_hash),
            (false, NONE) => (parent, 0),
            (false, place) => (parent, (place + 1).wrapping_mul(0x9E37_79B1)),
        };
        if let Some(&path) = self.far.get(&slot) {
            if self.is(path, node, index, role) {
                self.list[parent as usize].cursor = path;
                return path;
            }
        }
        let path = self.list.len() as PathId;
        self.list.push(Path::new(parent, index, role.0, role.1));
        self.far.insert(slot, path);
        let first = self.list[parent as usize].first_child;
        if cursor == NONE {
            self.list[path as usize].next_sibling = first;
            self.list[parent as usize].first_child = path;
        } else {
            let next = self.list[cursor as usize].next_sibling;
            self.list[path as usize].next_sibling = next;
            self.list[cursor as usize].next_sibling = path;
        }
        self.list[parent as usize].cursor = path;
        path
    }
}

/// Whether two names are equal. Most are shorter than what calling the library's comparison takes.
#[inline(always)]
fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() || left.len() > 16 {
        return left == right;
    }
    match (left.first_chunk::<8>(), right.first_chunk::<8>()) {
        (Some(first), Some(other)) => first == other && left.last_chunk::<8>() == right.last_chunk::<8>(),
        _ => match (left.first_chunk::<4>(), right.first_chunk::<4>()) {
            (Some(first), Some(other)) => first == other && left.last_chunk::<4>() == right.last_chunk::<4>(),
            _ => left.iter().eq(right),
        },
    }
}

/// What the objects that stand under one field name have in common.
#[derive(Default)]
struct Group {
    instances: u32,
    homogeneous: u32,
    members: u32,
    of_objects: u32,
    alike: u32,
    shapes: Vec<u32>,
    /// Most names are those of one or two objects.
    is_of_keys: bool,
}

/// Shapes remembered per group: beyond it, "many".
const MAX_SHAPES: usize = 16;

/// Which objects are maps: keys are data. Judged over all objects under one field name, so that
/// one with a single entry is seen as what its siblings are.
fn maps(tree: &Tree) -> Vec<bool> {
    let mut groups: MixMap<u32, Group> = MixMap::default();
    let mut group_of = vec![0u32; tree.nodes.len()];
    let mut objects = Vec::new();
    for index in 0..tree.nodes.len() as u32 {
        let node = tree.node(index);
        if !node.kind.is_container() && node.kind != Kind::Embedded {
            continue;
        }
        let above = if node.parent == u32::MAX { 7 } else { group_of[node.parent as usize] };
        let group = if node.key_hash != 0 { node.key_hash } else { above.rotate_left(7) ^ 0x5bd1_e995 };
        group_of[index as usize] = group;
        if node.kind != Kind::Object || node.count == 0 {
            continue;
        }
        let facts = object_facts(tree, index);
        objects.push((index, group, facts.homogeneous));
        let entry = groups.entry(group).or_default();
        entry.instances += 1;
        entry.members += node.count;
        entry.homogeneous += u32::from(facts.homogeneous);
        entry.of_objects += u32::from(facts.of_objects);
        entry.alike += u32::from(facts.alike);
        if entry.shapes.len() < MAX_SHAPES && !entry.shapes.contains(&facts.shape) {
            entry.shapes.push(facts.shape);
        }
    }
    find_keys(tree, &objects, &mut groups);
    let mut is_map = vec![false; tree.nodes.len()];
    for (index, group, homogeneous) in objects {
        if homogeneous {
            let node = tree.node(index);
            let is_element = node.key_hash == 0 && node.parent != u32::MAX;
            is_map[index as usize] = groups.get(&group).is_some_and(|group| group.is_map(is_element));
        }
    }
    is_map
}

/// Names from which on small objects may be maps, and members that share one on average at most.
const MIN_KEYS: usize = 24;
const MAX_SHARED: usize = 4;

/// Finds the groups of small objects whose names are data, such as what each package depends on: there are far more of
/// them than records have fields.
fn find_keys(tree: &Tree, objects: &[(u32, u32, bool)], groups: &mut MixMap<u32, Group>) {
    let is_open = |group: &Group| group.shapes.len() == MAX_SHAPES && group.members as usize >= MIN_KEYS;
    if !groups.values().any(is_open) {
        return;
    }
    let mut names: MixMap<(u32, u32), ()> = MixMap::default();
    let mut counts: MixMap<u32, usize> = MixMap::default();
    for &(index, group, _) in objects {
        if !groups.get(&group).is_some_and(is_open) {
            continue;
        }
        for member in tree.children(index) {
            if names.insert((group, tree.node(member).key_hash), ()).is_none() {
                *counts.entry(group).or_insert(0) += 1;
            }
        }
    }
    for (group, count) in counts {
        if let Some(group) = groups.get_mut(&group) {
            group.is_of_keys = count >= MIN_KEYS && count * MAX_SHARED >= group.members as usize;
        }
    }
}

impl Group {
    fn is_map(&self, is_element: bool) -> bool {
        let mean_members = self.members / self.instances;
        if self.homogeneous * 10 < self.instances * 9 {
            return false;
        }
        let of_objects = self.of_objects * 2 > self.instances;
        if self.instances == 1 {
            return if of_objects { mean_members >= 3 && self.alike > 0 } else { mean_members >= 12 };
        }
        let varied = self.shapes.len() == MAX_SHAPES || self.shapes.len() as u32 * 2 > self.instances;
        if self.is_of_keys && !of_objects && !is_element {
            return true;
        }
        varied && (of_objects && self.alike * 2 > self.instances || mean_members >= if is_element { 24 } else { 4 })
    }
}

struct Facts {
    homogeneous: bool,
    of_objects: bool,
    /// Most member objects begin with the same field, or share one.
    alike: bool,
    shape: u32,
}

fn object_facts(tree: &Tree, index: u32) -> Facts {
    let mut shape = 17u32;
    let mut kind: Option<Kind> = None;
    let mut homogeneous = true;
    let mut first_keys = [(0u32, 0u32); FIRST_KEYS];
    let mut total = 0u32;
    for child in tree.children(index) {
        let node = tree.node(child);
        shape = shape.rotate_left(5).wrapping_mul(0x9E37_79B1) ^ node.key_hash;
        let class = match node.kind {
            Kind::Null => continue,
            Kind::True => Kind::False,
            Kind::Embedded => Kind::String,
            other => other,
        };
        match kind {
            None => kind = Some(class),
            Some(seen) => homogeneous &= seen == class,
        }
        if class == Kind::Object {
            let key = if node.count > 0 { tree.node(child + 1).key_hash } else { 0 };
            // The first slot of this key, or a free one.
            if let Some(slot) = first_keys.iter_mut().find(|slot| slot.0 == key || slot.1 == 0) {
                *slot = (key, slot.1 + 1);
            }
            total += 1;
        }
    }
    let homogeneous = homogeneous && kind.is_some();
    let of_objects = kind == Some(Kind::Object);
    let same_first = first_keys.iter().map(|slot| slot.1).max().unwrap_or(0);
    let is_of_records = homogeneous && of_objects && total >= MIN_SHARING;
    let alike = total > 0 && (same_first * 10 >= total * 6 || is_of_records && share_a_field(tree, index, total));
    Facts { homogeneous, of_objects, alike, shape }
}

/// Fields that members begin with which are counted.
const FIRST_KEYS: usize = 4;
/// Member objects from which on a field that nearly all have makes them records, and fields of each that are looked at.
const MIN_SHARING: u32 = 4;
const SHARED_FIELDS: usize = 8;

/// Whether nearly all `total` members of an object have a field of the one in the middle, wherever in them it stands.
fn share_a_field(tree: &Tree, index: u32, total: u32) -> bool {
    let fields = |member: u32| tree.children(member).take(SHARED_FIELDS).map(|field| tree.node(field).key_hash);
    let members = || tree.children(index).filter(|&member| tree.node(member).kind == Kind::Object);
    let Some(middle) = members().nth(total as usize / 2) else { return false };
    let mut tally: Vec<(u32, u32)> = fields(middle).map(|field| (field, 0)).collect();
    for field in members().flat_map(fields) {
        if let Some(entry) = tally.iter_mut().find(|entry| entry.0 == field) {
            entry.1 += 1;
        }
    }
    tally.iter().any(|&(_, count)| count * 10 >= total * 8)
}

/// Arrays of arrays that are as long as each other and hold nothing that is nested: each position is a column.
fn tuples(tree: &Tree) -> Vec<bool> {
    let mut is_tuple = vec![false; tree.nodes.len()];
    for index in 0..tree.nodes.len() as u32 {
        let node = tree.node(index);
        if node.kind != Kind::Array || node.count < MIN_TUPLES {
            continue;
        }
        let width = tree.node(index + 1).count;
        let is_row = |row: u32| {
            let node = tree.node(row);
            // Without nested values the children stand one after the other.
            node.kind == Kind::Array && node.count == width && node.skip == row + 1 + width && is_flat(tree, row)
        };
        if (2..=MAX_TUPLE).contains(&width) && tree.children(index).all(is_row) {
            tree.children(index).for_each(|row| is_tuple[row as usize] = true);
        }
    }
    is_tuple
}

/// Whether a container holds nothing that is nested, so that its `n`th child is the `n`th node behind it.
pub fn is_flat(tree: &Tree, index: u32) -> bool {
    let node = tree.node(index);
    let is_leaf = |child: u32| !matches!(tree.node(child).kind, Kind::Array | Kind::Object | Kind::Embedded);
    node.skip == index + 1 + node.count && (index + 1..node.skip).all(is_leaf)
}

/// Rows from which on arrays are tuples, and their greatest length.
const MIN_TUPLES: u32 = 5;
const MAX_TUPLE: u32 = 64;
