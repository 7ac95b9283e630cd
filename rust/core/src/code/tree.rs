//! The code of a file and its language in, a rank for each line and the definitions out.
//!
//! A grammar's parser never recurses, and neither does what walks its tree; what it may do is bounded by a count, so that
//! hostile input is given up on at the same place every time.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::exits;
use super::language::{Language, LANGUAGES};
use super::macros;
use super::rank::{self, Definition, Outline};

/// Longer texts are read by their indentation.
const MAX_BYTES: usize = 2_000_000;
/// A line so long was written by no one: minified, or data.
const MAX_LINE_BYTES: usize = 20_000;
/// Brackets open at once, in a text that is parsed.
const MAX_NESTING: usize = 400;
/// Calls of the parser's progress callback for each kilobyte: five to ten times what code takes, and twice the most of a
/// thousand files of twelve languages. What is of another language takes more.
const STEPS_EACH_KILOBYTE: usize = 40;
const LEAST_STEPS: usize = 600;
/// Longer statements that define nothing are shown by their first line.
const LONG_STATEMENT: usize = 7;
/// Of a longer list of what is imported, only the first names are shown.
const LONG_IMPORT: usize = 12;
const IMPORT_HEAD: usize = 6;
/// Bodies this small stay whole.
const SMALL_ROWS: usize = 3;
const SMALL_BYTES: usize = 120;
/// Lines that do not parse stay whole where they are so few; more are read by their indentation.
const SMALL_ERROR: usize = 40;
const LONG_ERROR: usize = 8;
/// Containers within containers, painted one over another.
const MAX_CONTAINERS: usize = 24;

const FUNCTION: u16 = 1;
const BODY: u16 = 2;
const CONTAINER: u16 = 4;
const IMPORT: u16 = 8;
const COMMENT: u16 = 16;
const STRUCTURE: u16 = 32;
const MEMBERS: u16 = 64;
/// What stands around a definition: `export`, `declare`.
const WRAPPER: u16 = 128;
const NAME: u16 = 256;

/// What each kind of node is to a language, by its number.
fn roles(language: &'static Language) -> &'static [u16] {
    static ROLES: [OnceLock<Vec<u16>>; LANGUAGES.len()] = [const { OnceLock::new() }; LANGUAGES.len()];
    let at = LANGUAGES.iter().position(|each| std::ptr::eq(each, language)).unwrap_or(0);
    ROLES[at].get_or_init(|| {
        let grammar = tree_sitter::Language::new(language.grammar);
        let role_of = |name: &str| {
            let lists = [
                (language.functions, FUNCTION),
                (language.bodies, BODY),
                (language.containers, CONTAINER),
                (language.imports, IMPORT),
                (language.comments, COMMENT),
                (language.structures, STRUCTURE),
                (language.names, NAME),
            ];
            let has_members = name.ends_with("_body")
                || name.ends_with("_list")
                || matches!(name, "object_type" | "block" | "body_statement" | "statement_block");
            let wraps = matches!(name, "export_statement" | "ambient_declaration");
            lists.iter().filter(|(kinds, _)| kinds.contains(&name)).map(|(_, role)| role).sum::<u16>()
                + if has_members { MEMBERS } else { 0 }
                + if wraps { WRAPPER } else { 0 }
        };
        (0..grammar.node_kind_count() as u16)
            .map(|id| match grammar.node_kind_for_id(id) {
                Some(name) if grammar.node_kind_is_named(id) => role_of(name),
                _ => 0,
            })
            .collect()
    })
}

/// Whether a text may be given to a parser: of bounded size, and not nested beyond measure.
fn is_parsable(text: &str) -> bool {
    if text.len() > MAX_BYTES {
        return false;
    }
    let (mut depth, mut line) = (0usize, 0usize);
    for byte in text.bytes() {
        line += 1;
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => line = 0,
            _ => {}
        }
        if depth > MAX_NESTING || line > MAX_LINE_BYTES {
            return false;
        }
    }
    true
}

/// The tree of a text; `None` where it takes too much.
pub fn parse(text: &str, language: &Language) -> Option<Tree> {
    if !is_parsable(text) {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter::Language::new(language.grammar)).ok()?;
    let mut left = LEAST_STEPS + text.len() / 1024 * STEPS_EACH_KILOBYTE;
    let mut count = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut count)),
    )
}

/// The outline of a text by its tree; `None` where it could not be parsed, or most of it is no such code.
pub fn outline(text: &str, rows: &[&str], language: &'static Language) -> Option<Outline> {
    outline_of(&parse(&macros::blanked(text, rows, language), language)?, text, rows, language)
}

/// The outline of a text whose tree is known.
pub fn outline_of(tree: &Tree, text: &str, rows: &[&str], language: &'static Language) -> Option<Outline> {
    let mut walk = Walk {
        text,
        rows,
        roles: roles(language),
        language,
        outline: Outline::new(rows, rank::STATEMENT),
        errors: Vec::new(),
        last_comment: None,
        is_head: true,
    };
    if tree.root_node().is_error() {
        return None;
    }
    walk.run(tree);
    let broken: usize = walk.errors.iter().map(Range::len).sum();
    if 2 * broken > rows.len() {
        return None;
    }
    for range in std::mem::take(&mut walk.errors) {
        // What does not parse stays as it is; much of it is read another way.
        if range.len() > SMALL_ERROR {
            walk.outline.read_by_indentation(rows, range);
        }
    }
    Some(walk.outline)
}

/// Calls `each` with every name in a tree, by its place, and `import` with every part that says what the file uses.
pub fn for_each_name(
    tree: &Tree,
    language: &'static Language,
    mut each: impl FnMut(Range<usize>),
    mut import: impl FnMut(Range<usize>),
) {
    let roles = roles(language);
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let role = roles.get(node.kind_id() as usize).copied().unwrap_or(0);
        if role & IMPORT != 0 {
            import(node.byte_range());
        }
        if role & NAME != 0 {
            each(node.byte_range());
        }
        if role & (NAME | COMMENT) == 0 && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Where in the structure of a file a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Among the members of the file, a class, a module.
    Member,
    /// In a statement or a signature at that level.
    Statement,
    /// In the body of a function.
    Body,
}

#[derive(Clone, Copy)]
struct Scope {
    place: Place,
    /// Of a body: whether its function has no name and stands in no other, as what wraps a module does.
    is_wrapper: bool,
    /// Containers around this.
    depth: usize,
}

struct Walk<'t> {
    text: &'t str,
    rows: &'t [&'t str],
    roles: &'static [u16],
    language: &'static Language,
    outline: Outline,
    errors: Vec<Range<usize>>,
    last_comment: Option<usize>,
    /// Nothing but comments was met so far.
    is_head: bool,
}

fn rows_of(node: &Node) -> Range<usize> {
    let end = node.end_position();
    let start = node.start_position().row;
    // What ends with its line break ends on the row before.
    let last = if end.column == 0 && end.row > start { end.row } else { end.row + 1 };
    start..last
}

impl Walk<'_> {
    fn run(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let root = Scope { place: Place::Member, is_wrapper: false, depth: 0 };
        let mut scopes = vec![root];
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let scope = scopes.last().copied().unwrap_or(root);
            if let Some(inner) = self.visit(cursor.node(), scope) {
                if cursor.goto_first_child() {
                    scopes.push(inner);
                    continue;
                }
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                scopes.pop();
                if scopes.is_empty() {
                    return;
                }
            }
        }
    }

    /// Ranks the rows of a node; returns the scope of its children if they are to be looked at.
    fn visit(&mut self, node: Node, scope: Scope) -> Option<Scope> {
        let role = self.roles.get(node.kind_id() as usize).copied().unwrap_or(0);
        let rows = rows_of(&node);
        if rows.is_empty() || rows.end > self.rows.len() {
            return None;
        }
        if role & COMMENT != 0 {
            if scope.place != Place::Body {
                self.comment(rows);
            }
            return None;
        }
        let was_head = std::mem::replace(&mut self.is_head, false);
        if node.is_error() {
            // A body is left out whole; a long part of it that does not parse may be more than a body.
            if scope.place != Place::Body || rows.len() > LONG_ERROR {
                self.outline.paint(rows.clone(), rank::BROKEN);
            }
            if scope.place == Place::Member {
                self.errors.push(rows);
                return None;
            }
        }
        if role & IMPORT != 0 && scope.place != Place::Body {
            let shown = if rows.len() > LONG_IMPORT { rows.start + IMPORT_HEAD } else { rows.end };
            self.outline.paint(rows.start..shown, rank::IMPORT);
            self.outline.paint(shown..rows.end, rank::LONG_REST);
            return None;
        }
        if role & FUNCTION != 0 {
            return self.function(node, rows, scope);
        }
        if role & CONTAINER != 0 {
            return self.container(node, rows, scope);
        }
        match scope.place {
            _ if role & STRUCTURE != 0 && scope.place == Place::Body => {
                self.structure(rows.start);
                (rows.len() > 1).then_some(scope)
            }
            Place::Member if role & WRAPPER != 0 && rows.len() == 1 => Some(scope),
            _ if rows.len() == 1 => None,
            Place::Member if role & MEMBERS != 0 => Some(scope),
            Place::Member => {
                self.statement(node, &rows, was_head);
                Some(Scope { place: Place::Statement, ..scope })
            }
            Place::Statement | Place::Body => Some(scope),
        }
    }

    fn statement(&mut self, node: Node, rows: &Range<usize>, is_first: bool) {
        let is_docstring = self.language.has_docstrings
            && node.named_child_count() == 1
            && node.named_child(0).is_some_and(|child| child.kind() == "string");
        if is_docstring {
            self.outline.paint(rows.clone(), if is_first { rank::COMMENT } else { rank::DOC_REST });
            self.doc_line(rows);
        } else if rows.len() > LONG_STATEMENT {
            self.outline.paint(rows.start + 1..rows.end, rank::LONG_REST);
        }
    }

    /// Shows the first row of a description that says something.
    fn doc_line(&mut self, rows: &Range<usize>) {
        let says = |row: &usize| self.rows[*row].bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
        if let Some(row) = rows.clone().take(4).find(says) {
            self.outline.paint(row..row + 1, rank::DOC);
        }
    }

    fn comment(&mut self, rows: Range<usize>) {
        let start = rows.start;
        let stands_alone =
            ["/", "#", "*", "-", "=", "<"].iter().any(|sign| self.rows[start].trim_ascii_start().starts_with(sign));
        if !stands_alone {
            return;
        }
        let continues = self.last_comment == Some(start);
        self.last_comment = Some(rows.end);
        self.outline.paint(rows.clone(), rank::COMMENT);
        // What stands at the top of a file is a licence more often than not.
        if !continues && !self.is_head {
            self.doc_line(&rows);
        }
    }

    /// `const name = {` in a body.
    fn structure(&mut self, row: usize) {
        let is_structure =
            self.rows[row].split_once('=').is_some_and(|(_, value)| value.trim_ascii_start().starts_with('{'));
        if is_structure {
            self.outline.paint(row..row + 1, rank::NESTED);
        }
    }

    fn function(&mut self, node: Node, rows: Range<usize>, scope: Scope) -> Option<Scope> {
        let body = node.child_by_field_name("body").or_else(|| {
            let last = node.named_child_count().checked_sub(1)?;
            (0..=last).rev().take(4).find_map(|at| {
                let child = node.named_child(at as u32)?;
                (self.roles.get(child.kind_id() as usize).copied().unwrap_or(0) & BODY != 0).then_some(child)
            })
        });
        let (name, is_named, name_row) = self.name_of(&node);
        let in_body = scope.place == Place::Body;
        let head = match &body {
            Some(body) => self.head_of(&rows, body),
            None => rows.clone(),
        };
        if is_named {
            let head_rank = if in_body { rank::NESTED } else { rank::SIGNATURE };
            let name_row = if head.contains(&name_row) { name_row } else { head.start };
            self.outline.define(Definition {
                name,
                name_row,
                rows: rows.clone(),
                head: head.clone(),
                is_function: true,
                is_use: false,
            });
            if !in_body {
                self.outline.paint(head.clone(), rank::HEAD_REST);
                self.outline.paint(name_row..name_row + 1, head_rank);
            } else if self.outline.is_in_body(rows.start) {
                self.outline.paint(head.clone(), head_rank);
            }
        } else if in_body && scope.is_wrapper {
            self.outline.paint(rows.start..rows.start + 1, rank::NESTED);
        }
        let body = body?;
        let inside = head.end..rows.end;
        if !in_body {
            self.paint_body(&inside);
        }
        if rows.len() == 1 {
            return None;
        }
        if self.language.has_docstrings {
            let first = body.named_child(0).filter(|first| first.kind() == "expression_statement");
            if let Some(string) = first.and_then(|first| first.named_child(0)).filter(|child| child.kind() == "string")
            {
                if !in_body {
                    self.doc_line(&rows_of(&string));
                }
            }
        }
        Some(Scope { place: Place::Body, is_wrapper: !is_named && !in_body, depth: scope.depth })
    }

    /// The rows up to where a body begins.
    fn head_of(&self, rows: &Range<usize>, body: &Node) -> Range<usize> {
        let start = body.start_position();
        let before = self.rows[start.row.min(rows.end - 1)].as_bytes();
        let stands_alone = before[..start.column.min(before.len())].trim_ascii().is_empty();
        rows.start..if stands_alone && start.row > rows.start { start.row } else { start.row + 1 }.min(rows.end)
    }

    fn paint_body(&mut self, inside: &Range<usize>) {
        let told = |row: &usize| self.rows[*row].bytes().any(|byte| byte.is_ascii_alphanumeric());
        let bytes: usize = inside.clone().map(|row| self.rows[row].trim_ascii().len()).take(SMALL_ROWS + 3).sum();
        let is_small =
            inside.len() <= SMALL_ROWS + 2 && inside.clone().filter(told).count() <= SMALL_ROWS && bytes <= SMALL_BYTES;
        self.outline.paint(inside.clone(), if is_small { rank::SMALL_BODY } else { rank::BODY });
        if !is_small {
            for row in inside.clone().filter(|&row| exits::raises(self.rows[row])) {
                self.outline.ranks[row] = rank::RAISED;
            }
        }
    }

    fn container(&mut self, node: Node, rows: Range<usize>, scope: Scope) -> Option<Scope> {
        let (name, is_named, name_row) = self.name_of(&node);
        let body = node.child_by_field_name("body");
        let head = body.map_or(rows.start..rows.start + 1, |body| self.head_of(&rows, &body));
        let name_row = if head.contains(&name_row) { name_row } else { head.start };
        if is_named {
            self.outline.define(Definition {
                name,
                name_row,
                rows: rows.clone(),
                head: head.clone(),
                is_function: false,
                is_use: body.is_none() && node.kind().ends_with("specifier"),
            });
        }
        if scope.place == Place::Body {
            if is_named && rows.len() > 1 {
                self.outline.paint(name_row..name_row + 1, rank::NESTED);
            }
            return (rows.len() > 1).then_some(scope);
        }
        // `struct name *value;` names a type, and defines none.
        let is_alias = node.kind() == "type_alias_declaration";
        let is_section =
            !is_named || body.is_none() && !is_alias && (rows.len() > 1 || node.kind().ends_with("specifier"));
        if is_section && is_named && node.kind() == "type_spec" {
            self.outline.paint(name_row..name_row + 1, rank::SIGNATURE);
        }
        if !is_section {
            if rows.len() > 1 && scope.depth < MAX_CONTAINERS {
                self.outline.paint(head.end..rows.end, rank::MEMBER);
                // `} name;` names what it closes.
                let last = self.rows[rows.end - 1].trim_ascii();
                let names = last.starts_with('}') && last.bytes().any(|byte| byte.is_ascii_alphanumeric());
                self.outline.paint(rows.end - 1..rows.end, if names { rank::SIGNATURE } else { rank::CLOSING });
            }
            self.outline.paint(head.clone(), rank::HEAD_REST);
            self.outline.paint(name_row..name_row + 1, rank::SIGNATURE);
        }
        (rows.len() > 1).then_some(Scope { place: Place::Member, is_wrapper: false, depth: scope.depth + 1 })
    }

    /// The name of what a node defines: its own, its declarator's, or that of what it is assigned to. Whether there is
    /// one, and its row.
    fn name_of(&self, node: &Node) -> (Range<usize>, bool, usize) {
        let mut at = *node;
        for _ in 0..8 {
            if let Some(name) = at.child_by_field_name("name") {
                let name = last_name(name);
                return (name.byte_range(), true, name.start_position().row);
            }
            let Some(inner) = at.child_by_field_name("declarator").or_else(|| at.child_by_field_name("type")) else {
                break;
            };
            at = inner;
        }
        if at.id() != node.id() {
            return (at.byte_range(), true, at.start_position().row);
        }
        let (name, is_named) = assigned(self.text, node.start_byte());
        (name, is_named, node.start_position().row)
    }
}

/// Of `space::Type::name`, the last part.
fn last_name(name: Node) -> Node {
    let mut at = name;
    for _ in 0..8 {
        match at.child_by_field_name("name") {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

/// The name that stands before `=` or `:` right before `start`, on the same line.
fn assigned(text: &str, start: usize) -> (Range<usize>, bool) {
    let bytes = text.as_bytes();
    let from = bytes[..start].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let before = &bytes[from.max(start.saturating_sub(400))..start];
    let from = start - before.len();
    let bare = before.trim_ascii_end();
    let Some(head) = bare.strip_suffix(b"=").or_else(|| bare.strip_suffix(b":")) else { return (start..start, false) };
    let head = head.trim_ascii_end();
    let name = head
        .iter()
        .rev()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80)
        .count();
    let end = from + head.len();
    (end - name..end, name > 0)
}
