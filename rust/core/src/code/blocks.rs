//! Code in any language in, ranks of its lines out: by indentation, brackets and the words that many languages share.

use std::ops::Range;

use super::exits;
use super::rank::{self, Definition, Outline};
use crate::search::keywords::{roles, DEFINING, MODIFIER, STATEMENT};

/// Rows of a block that defines nothing, shown before the rest is left out.
const LONG_BLOCK: usize = 6;
/// Blocks within blocks that are told apart.
const MAX_BLOCKS: usize = 200;
/// Bytes of a line that are looked at.
const MAX_LOOKED_AT: usize = 400;

/// Words for what has members, not statements.
const CONTAINERS: [&str; 26] = [
    "class",
    "module",
    "object",
    "package",
    "trait",
    "namespace",
    "interface",
    "struct",
    "enum",
    "impl",
    "type",
    "record",
    "protocol",
    "mixin",
    "extension",
    "library",
    "contract",
    "service",
    "message",
    "entity",
    "instance",
    "union",
    "actor",
    "role",
    "resource",
    "defmodule",
];
/// Words that stand for a function in other places than before its name.
const FUNCTIONS: [&str; 10] = ["function", "func", "fn", "fun", "def", "sub", "proc", "procedure", "method", "lambda"];
const IMPORTS: [&str; 11] =
    ["import", "package", "use", "using", "require", "include", "open", "from", "library", "#include", "source"];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Function,
    Container,
    Other,
}

struct Block {
    indent: usize,
    kind: Kind,
    /// The definition that this is the body of.
    definition: Option<usize>,
    start: usize,
}

/// The outline of a text by its indentation.
pub fn outline(rows: &[&str]) -> Outline {
    let mut outline = Outline::new(rows, rank::STATEMENT);
    paint(rows, 0..rows.len(), &mut outline);
    outline
}

/// Ranks the rows of a range. Linear.
pub fn paint(rows: &[&str], range: Range<usize>, outline: &mut Outline) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut comment: Option<usize> = None;
    let (mut in_comment, mut awaits_text) = (false, false);
    let mut has_code = range.start > 0;
    let mut next = next_told(rows, &range, range.start);
    while let Some(row) = next {
        next = next_told(rows, &range, row + 1);
        if in_comment {
            in_comment = !rows[row].contains("*/");
            outline.ranks[row] =
                if blocks.iter().any(|block| block.kind == Kind::Function) { rank::BODY } else { rank::COMMENT };
            comment = Some(row + 1);
            if awaits_text
                && outline.ranks[row] == rank::COMMENT
                && rows[row].bytes().any(|byte| byte.is_ascii_alphanumeric())
            {
                outline.ranks[row] = rank::DOC;
                awaits_text = false;
            }
            continue;
        }
        let line = head_of(rows[row]);
        let indent = indent_of(line);
        let bare = line.trim_ascii();
        let closes = matches!(bare.as_bytes().first(), Some(b'}' | b')' | b']')) || is_end(bare);
        while blocks.last().is_some_and(|block| block.indent >= indent) {
            let Some(block) = blocks.pop() else { break };
            end(outline, &block, row + usize::from(closes && block.indent == indent));
        }
        let is_in_function = blocks.iter().any(|block| block.kind == Kind::Function);
        if is_comment(bare) {
            let continues = comment == Some(row);
            comment = Some(row + 1);
            let says = bare.bytes().any(|byte| byte.is_ascii_alphanumeric());
            in_comment = bare.starts_with("/*") && !bare.contains("*/");
            awaits_text = in_comment && !says && has_code;
            outline.ranks[row] = match (is_in_function, continues || !has_code || !says) {
                (true, _) => rank::BODY,
                (false, true) => rank::COMMENT,
                (false, false) => rank::DOC,
            };
            continue;
        }
        has_code = true;
        let follows = next.map(|next| head_of(rows[next]));
        let has_brace_below = bare != "{" && follows.is_some_and(|line| line.trim_ascii() == "{");
        let opens = has_brace_below || follows.is_some_and(|line| indent_of(line) > indent);
        let (kind, name) = classify(bare, opens);
        let own = match (is_in_function, kind) {
            (true, Kind::Other) if names_structure(bare) => rank::NESTED,
            (true, Kind::Other) if exits::raises(bare) => rank::RAISED,
            (true, Kind::Other) => rank::BODY,
            (true, _) => rank::NESTED,
            (false, Kind::Function | Kind::Container) => rank::SIGNATURE,
            (false, Kind::Other) if closes => rank::CLOSING,
            (false, Kind::Other) if is_import(bare) => rank::IMPORT,
            (false, Kind::Other) => match blocks.last() {
                Some(block) if block.kind == Kind::Other && row - block.start > LONG_BLOCK => rank::LONG_REST,
                Some(block) if block.kind == Kind::Container => rank::MEMBER,
                _ => rank::STATEMENT,
            },
        };
        outline.ranks[row] = own;
        let definition = (kind != Kind::Other).then(|| {
            let at = name.start + (bare.as_ptr() as usize - rows[row].as_ptr() as usize);
            let name = at..at + name.len();
            outline.define(Definition {
                name,
                name_row: row,
                rows: row..row + 1,
                head: row..row + 1,
                is_function: kind == Kind::Function,
                is_use: false,
            });
            outline.definitions.len() - 1
        });
        if opens && blocks.len() < MAX_BLOCKS {
            blocks.push(Block { indent, kind, definition, start: row });
            if has_brace_below {
                // The brace stands where its definition does.
                next = next.and_then(|brace| {
                    outline.ranks[brace] = own.max(rank::MEMBER);
                    next_told(rows, &range, brace + 1)
                });
            }
        }
    }
    while let Some(block) = blocks.pop() {
        end(outline, &block, range.end);
    }
}

fn end(outline: &mut Outline, block: &Block, row: usize) {
    if let Some(definition) = block.definition {
        outline.definitions[definition].rows.end = row.max(block.start + 1);
    }
}

/// `const name = {`
fn names_structure(bare: &str) -> bool {
    bare.ends_with("= {") && ["const ", "let ", "var "].iter().any(|word| bare.starts_with(word))
}

fn next_told(rows: &[&str], range: &Range<usize>, from: usize) -> Option<usize> {
    (from..range.end).find(|&row| !rows[row].trim_ascii().is_empty())
}

fn head_of(line: &str) -> &str {
    let mut end = line.len().min(MAX_LOOKED_AT);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

fn indent_of(line: &str) -> usize {
    line.bytes().take_while(u8::is_ascii_whitespace).map(|byte| if byte == b'\t' { 4 } else { 1 }).sum()
}

fn is_comment(bare: &str) -> bool {
    let is_directive =
        ["#include", "#define", "#if", "#import", "#[", "#pragma"].iter().any(|word| bare.starts_with(word));
    !is_directive
        && ["//", "/*", "* ", "*/", "#", "--", ";", "%", "(*", "{-", "\"\"\""].iter().any(|sign| bare.starts_with(sign))
        || bare == "*"
}

/// Words that end a block where its beginning stood.
fn is_end(bare: &str) -> bool {
    let word = bare.split(|other: char| !other.is_ascii_alphanumeric()).next().unwrap_or("");
    word.eq_ignore_ascii_case("end") || matches!(word, "endif" | "endfunction" | "fi" | "done" | "esac")
}

fn is_import(bare: &str) -> bool {
    let word = bare.split_ascii_whitespace().next().unwrap_or("");
    IMPORTS.contains(&word) || bare.contains("require(") || bare.contains("require ")
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}

/// What a line begins, and where the name of it stands.
fn classify(bare: &str, opens: bool) -> (Kind, Range<usize>) {
    if !opens && is_import(bare) {
        return (Kind::Other, 0..0);
    }
    let mut at = 0;
    let mut kind = Kind::Other;
    for word in bare.split(|letter: char| !is_name(letter)).take(8) {
        let start = at;
        at += word.len() + bare[at + word.len()..].chars().next().map_or(0, char::len_utf8);
        let lower = word.to_ascii_lowercase();
        if kind != Kind::Other {
            if word.is_empty() {
                continue;
            }
            // `function M.name(`: the last part is the name.
            let parts = bare[start..]
                .split(|letter: char| !is_name(letter) && letter != '.' && letter != ':')
                .next()
                .unwrap_or("");
            let last = parts.rfind(['.', ':']).map_or(0, |dot| dot + 1);
            return (kind, start + last..start + parts.len());
        }
        let role = roles(lower.as_bytes());
        if CONTAINERS.contains(&lower.as_str()) {
            kind = Kind::Container;
        } else if role & DEFINING != 0
            || FUNCTIONS.contains(&lower.as_str())
            || lower.starts_with("def") && lower.len() <= 9
        {
            kind = Kind::Function;
        } else if role & STATEMENT != 0 && role & MODIFIER == 0 {
            return (Kind::Other, 0..0);
        } else if role & MODIFIER == 0 && !word.is_empty() {
            break;
        }
    }
    if !opens {
        return (Kind::Other, 0..0);
    }
    let assigned = bare.split_once('=').map(|(name, value)| (name.trim_ascii_end(), value.trim_ascii_start()));
    if let Some((name, _)) = assigned.filter(|(_, value)| FUNCTIONS.iter().any(|word| value.starts_with(word))) {
        let start = name.trim_end_matches(is_name).len();
        return (Kind::Function, start..name.len());
    }
    // `type name(arguments) {`: a statement would begin with a word of its own.
    let open = bare.find('(').unwrap_or(0);
    let name = bare[..open].trim_ascii_end();
    let start = name.trim_end_matches(is_name).len();
    let ends = ["{", ")", ") const", "do", ":", "=>", "->", "=", "is"].iter().any(|sign| bare.ends_with(sign));
    let is_call = name[..start].ends_with(['.', '=', '(', '!']) || bare[..open].contains('=');
    if open > 0 && start < name.len() && ends && !is_call && roles(&name.as_bytes()[start..]) & STATEMENT == 0 {
        return (Kind::Function, start..name.len());
    }
    (Kind::Other, 0..0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_behind_any_letter() {
        for text in ["…(\n    a\n", "x … (\n    a\n", "→name(a) {\n    a\n", "… = function()\n    a\n"] {
            outline(&text.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn definitions_are_found_in_languages_without_a_grammar() {
        let lua = "local M = {}\n-- Adds.\nfunction M.add(a, b)\n  local c = a\n  return c\nend\nlocal function sub(a)\n  return a\nend\nreturn M\n";
        let scala = "package x\nclass A(n: Int) {\n  def f(x: Int): Int = {\n    val y = x\n    y + 1\n  }\n}\n";
        let perl = "use strict;\nsub run {\n    my ($x) = @_;\n    return $x;\n}\n";
        for (text, names) in [(lua, vec!["add", "sub"]), (scala, vec!["A", "f"]), (perl, vec!["run"])] {
            let rows: Vec<&str> = text.lines().collect();
            let outline = outline(&rows);
            let found: Vec<&str> =
                outline.definitions.iter().map(|each| &rows[each.name_row][each.name.clone()]).collect();
            assert_eq!(found, names, "{:?}", outline.ranks);
            let first = outline.definitions.iter().find(|each| each.is_function).unwrap();
            assert_eq!(outline.ranks[first.name_row], rank::SIGNATURE);
            assert_eq!(outline.ranks[first.name_row + 1], rank::BODY);
        }
    }
}
