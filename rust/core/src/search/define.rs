//! A line and a name in it in, how surely the line defines the name out: by the structure of the line, in any language.

use super::keywords::{roles, AFTER_TYPE, BINDING, DEFINING, MODIFIER, STATEMENT};

/// How surely a line defines a name.
pub const SURE: u8 = 3;
pub const LIKELY: u8 = 2;
pub const PERHAPS: u8 = 1;
pub const NO: u8 = 0;

/// Whether a word stands before names that are defined.
pub fn is_keyword(word: &[u8]) -> bool {
    roles(word) & (DEFINING | BINDING | MODIFIER) != 0 || begins_definition(word)
}

/// `def`, `define`, `defn`, `defmodule`, ….
fn begins_definition(word: &[u8]) -> bool {
    word.starts_with(b"def")
        && word.len() <= 12
        && word.iter().all(u8::is_ascii_lowercase)
        && !matches!(
            word,
            b"default" | b"defaults" | b"defer" | b"deferred" | b"defined" | b"definition" | b"defines" | b"defeat"
        )
}

#[inline]
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The identifier that a range of bytes is part of.
pub fn identifier_around(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let from = text[..start].iter().rposition(|&byte| !is_name_byte(byte)).map_or(0, |at| at + 1);
    let to = text[end..].iter().position(|&byte| !is_name_byte(byte)).map_or(text.len(), |at| end + at);
    (from, to)
}

/// How surely `line` defines the name at `start..end`.
pub fn strength(line: &[u8], start: usize, end: usize) -> u8 {
    let (from, to) = identifier_around(line, start, end);
    if is_plain_use(line, from, to) {
        return NO;
    }
    if is_comment(line) || is_quoted(&line[..from]) {
        return in_quotes(line, from, to);
    }
    let found = Site { line, from, to }.strength();
    // A longer name was not what was searched.
    if from < start || to > end {
        found.saturating_sub(1)
    } else {
        found
    }
}

/// Whether what stands right beside a name shows that it is used: most names are.
fn is_plain_use(line: &[u8], from: usize, to: usize) -> bool {
    let bare = line[..from].trim_ascii_end();
    let before = bare.last();
    let is_argument = matches!(before, Some(b'=' | b',' | b'[' | b'+' | b'?' | b'|' | b'/' | b'%' | b'^'));
    let is_part = matches!(line.get(to), Some(b'.' | b']' | b'-' | b'\\' | b'%' | b'?'));
    let is_opened = before == Some(&b'(')
        && line.get(to) != Some(&b')')
        && !begins_definition(last_word(bare[..bare.len() - 1].trim_ascii_end()));
    is_argument || is_part || is_opened
}

fn is_comment(line: &[u8]) -> bool {
    let bare = line.trim_ascii_start();
    let is_directive = bare.starts_with(b"#") && {
        let word = bare[1..].trim_ascii_start();
        word.starts_with(b"define") || word.starts_with(b"macro")
    };
    match bare.first() {
        Some(b'/') => matches!(bare.get(1), Some(b'/' | b'*')),
        Some(b'*' | b'>') => bare.get(1) == Some(&b' '),
        Some(b'#') => !is_directive,
        Some(b'-') => bare.get(1) == Some(&b'-'),
        Some(b';') => true,
        Some(b'<') => bare.starts_with(b"<!--"),
        Some(b'"') => bare.starts_with(b"\"\"\""),
        _ => false,
    }
}

/// Whether quotes are open at the end of `before`.
fn is_quoted(before: &[u8]) -> bool {
    let mut open = 0u8;
    for (at, &byte) in before.iter().enumerate() {
        let is_apostrophe = byte == b'\'' && at > 0 && is_name_byte(before[at - 1]);
        match byte {
            b'"' | b'\'' | b'`' if open == byte => open = 0,
            b'"' | b'\'' | b'`' if open == 0 && !is_apostrophe => open = byte,
            _ => {}
        }
    }
    // Lifetimes and labels are single quotes that never close.
    open == b'"'
        || open == b'`'
        || open == b'\'' && before.iter().filter(|&&byte| byte == b'\'').count() != 1
        || open == b'\'' && before.last() == Some(&b'\'')
}

/// `"name": …` and `resource "kind" "name" {`.
fn in_quotes(line: &[u8], from: usize, to: usize) -> u8 {
    let bare = line.trim_ascii();
    if from == 0 || !matches!(line[from - 1], b'"' | b'\'') || line.get(to) != Some(&line[from - 1]) {
        return NO;
    }
    let after = line[to + 1..].trim_ascii();
    let first = bare.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(0);
    if first > 0 && after == b"{" && bare[first] == b' ' && !line[..from].contains(&b'(') {
        return LIKELY;
    }
    let is_first = line[..from - 1].trim_ascii().is_empty();
    u8::from(is_first && after.starts_with(b":"))
}

/// A name in a line of code.
struct Site<'l> {
    line: &'l [u8],
    from: usize,
    to: usize,
}

impl<'l> Site<'l> {
    fn strength(&self) -> u8 {
        let line = self.line.trim_ascii_end();
        let after = line.get(self.to..).unwrap_or(b"");
        let bare = line[..self.from].trim_ascii_end();
        let before = without_owner(bare, self.line, self.from);
        let has_owner = before.len() < bare.len();
        let before = before.trim_ascii_start();
        let statement = first_word(line.trim_ascii_start());
        let imports = matches!(statement, b"import" | b"from" | b"use" | b"include" | b"require" | b"extern");
        let is_declared = matches!(after.trim_ascii_start().first(), Some(b'=')) || before.ends_with(b"fn");
        let has_body = after.trim_ascii_start().starts_with(b"(") || after.ends_with(b"{");
        if imports && !is_declared && !(statement == b"extern" && has_body) {
            return NO;
        }
        if statement == b"typedef" && (after == b";" || after.starts_with(b")") || after.starts_with(b"[")) {
            return SURE;
        }
        // `} name;` and `} name_t __attribute__…;` end a type; `#define` and the like begin one.
        if before == b"}" && after == b";" {
            return if self.is_indented() { LIKELY } else { SURE };
        }
        if bare.ends_with(b":") && takes_names(statement) {
            return SURE;
        }
        let by_word = self.by_word(before, after);
        if by_word > NO {
            return by_word;
        }
        let by_value = self.by_value(before, after, has_owner);
        if by_value > NO {
            return by_value;
        }
        self.by_type(before, after)
    }

    fn is_indented(&self) -> bool {
        self.line.first().is_some_and(u8::is_ascii_whitespace)
    }

    /// `class Name`, `func (r *T) Name(`, `export const name =`, `#define NAME`.
    fn by_word(&self, before: &[u8], after: &[u8]) -> u8 {
        let before = match before.last() {
            // A receiver, or the attributes of what is defined.
            Some(b')') => without_group(before).trim_ascii_end(),
            Some(b'!' | b'*' | b'&') => before[..before.len() - 1].trim_ascii_end(),
            // `fun <T : Any> List<T>.name(`.
            Some(b'>') if roles(last_word(without_angles(before).trim_ascii_end())) & DEFINING != 0 => {
                without_angles(before).trim_ascii_end()
            }
            Some(b'(') if before.len() > 1 => before[..before.len() - 1].trim_ascii_end(),
            _ => without_marks(before),
        };
        let is_gap = self
            .line
            .get(self.from.wrapping_sub(1))
            .is_some_and(|byte| byte.is_ascii_whitespace() || b"(*&.:!)".contains(byte));
        let word = last_word(before);
        // `class EXPORTED Name`.
        let rest = before[..before.len() - word.len()].trim_ascii_end();
        let is_attribute =
            word.len() > 3 && !word.iter().any(u8::is_ascii_lowercase) && roles(last_word(rest)) & DEFINING != 0;
        let (before, word) = if is_attribute { (rest, last_word(rest)) } else { (before, word) };
        if word.is_empty() || !is_gap && word.len() == before.len() && before.len() == self.from {
            return NO;
        }
        let lower = word.to_ascii_lowercase();
        let word: &[u8] = if word.iter().all(u8::is_ascii_uppercase) { &lower } else { word };
        let head = before[..before.len() - word.len()].trim_ascii_end();
        if begins_definition(word)
            && (head.is_empty() || head.ends_with(b"#") || head.ends_with(b"(") || is_modified(head))
        {
            return SURE;
        }
        if roles(word) & DEFINING != 0 {
            return self.by_defining(word, head, after);
        }
        if roles(word) & BINDING != 0 {
            return self.by_binding(word, head, after);
        }
        NO
    }

    fn by_defining(&self, word: &[u8], head: &[u8], after: &[u8]) -> u8 {
        let next = without_arguments(after.trim_ascii_start()).trim_ascii_start();
        let follows = next.first().copied().unwrap_or(b'\n');
        let is_tagged = matches!(word, b"struct" | b"union" | b"enum" | b"class");
        if follows == b';' && after.trim_ascii_start().len() == 1 {
            return LIKELY;
        }
        let is_continued = match follows {
            b'(' | b'{' | b'<' | b':' | b'=' | b'\n' | b'[' | b'/' | b'\\' | b'"' => true,
            // `class Name a where`.
            _ if next.ends_with(b" where") => true,
            b';' | b',' => !is_tagged,
            _ if is_tagged || word == b"interface" || word == b"trait" => roles(first_word(next)) & AFTER_TYPE != 0,
            _ => is_name_byte(follows) || follows == b'*',
        };
        if !is_continued {
            return NO;
        }
        let last = head.last().copied();
        if head.is_empty() || is_modified(head) {
            return SURE;
        }
        match last {
            Some(b'=' | b'(' | b',' | b':' | b'{' | b'>' | b']' | b'}' | b';' | b')') if b"({<".contains(&follows) => {
                SURE
            }
            Some(byte) if is_name_byte(byte) && b"({<:=[\n".contains(&follows) => PERHAPS,
            _ => NO,
        }
    }

    fn by_binding(&self, word: &[u8], head: &[u8], after: &[u8]) -> u8 {
        let next = after.trim_ascii_start();
        let Some(follows) = next.first() else { return PERHAPS };
        let head = if word == b"rec" { head.strip_suffix(b"let").unwrap_or(head) } else { head };
        if matches!(word, b"let" | b"rec") && head.trim_ascii().is_empty() && is_equation(after) {
            return if self.is_indented() { LIKELY } else { SURE };
        }
        if !b"=:;<([".contains(follows) || !(head.is_empty() || is_modified(head)) {
            return NO;
        }
        let is_exported = !head.is_empty() || !self.is_indented();
        // `using` names a type.
        match is_callable(next) || is_exported || word == b"using" {
            true => SURE,
            false if next.ends_with(b"{") => LIKELY,
            false => PERHAPS,
        }
    }

    /// `name = function`, `exports.name = …`, `name: function`, `name(…) {`, `name:` and `NAME = …`.
    fn by_value(&self, before: &[u8], after: &[u8], has_owner: bool) -> u8 {
        let next = after.trim_ascii_start();
        let is_first = before.is_empty() || is_modified(before) && before != b"case";
        let is_assigned =
            next.starts_with(b"=") && !next.starts_with(b"==") && !next.starts_with(b"=>") && !next.starts_with(b"=~");
        let is_other_assigned = [&b":="[..], b"?=", b"+=", b"::="].iter().any(|mark| next.starts_with(mark));
        if is_assigned || is_other_assigned {
            if is_callable(next) && (is_first || before.ends_with(b",")) {
                return SURE;
            }
            return match (is_first, self.is_indented(), has_owner) {
                (true, false, _) => LIKELY,
                (true, true, _) => PERHAPS,
                _ => NO,
            };
        }
        if !is_first {
            return NO;
        }
        if next.starts_with(b"::") && next.get(2) == Some(&b' ') && !has_owner {
            return if self.is_indented() { LIKELY } else { SURE };
        }
        if next.starts_with(b":") && !next.starts_with(b"::") && !has_owner {
            return match is_callable(next) {
                true => SURE,
                false if self.is_indented() && next != b": {" => PERHAPS,
                false => LIKELY,
            };
        }
        if next.starts_with(b"(") || next.starts_with(b"<") {
            return self.by_parameters(next, !before.is_empty());
        }
        if before.is_empty() && !has_owner && (next.starts_with(b"struct {") || next.starts_with(b"interface {")) {
            return SURE;
        }
        if before.is_empty() && !has_owner && !self.is_indented() && is_equation(after) {
            return LIKELY;
        }
        u8::from(!has_owner && self.is_indented() && (next.is_empty() || next == b","))
    }

    /// `name(int a)`, `name(a): Type;`: a call has no parameters with types, and no type itself.
    fn by_parameters(&self, next: &[u8], is_modified: bool) -> u8 {
        let sure = if self.is_indented() && !is_modified { LIKELY } else { SURE };
        match closing(next).map(<[u8]>::trim_ascii_start) {
            Some(rest) if rest.starts_with(b"{") => SURE,
            Some(rest) if next.starts_with(b"(") && is_block_head(rest) && next.ends_with(b"{") => SURE,
            Some(rest) if rest.starts_with(b": ") && next.len() > rest.len() + 1 => LIKELY,
            Some(rest) if (rest.is_empty() || is_block_head(rest)) && has_parameters(next) => sure,
            None if has_parameters(next) => sure,
            // A method of an interface, with the type that it returns behind.
            Some(rest) if self.is_indented() && is_result(rest) && has_parameters(next) => LIKELY,
            Some(rest) if rest.is_empty() && next == b"()" => PERHAPS,
            None if next == b"(" => PERHAPS,
            _ => NO,
        }
    }

    /// `static int name(…)` and `Type name;`: what stands before is made of names alone.
    fn by_type(&self, before: &[u8], after: &[u8]) -> u8 {
        if before.is_empty() || !is_type(before) {
            return NO;
        }
        let is_modified = is_modified_somewhere(before);
        let next = without_arguments(if after.starts_with(b" (") { &after[1..] } else { after });
        if !next.starts_with(b"(") {
            let next = next.trim_ascii_start();
            let is_declared = [&b";"[..], b"= ", b"=", b"[", b"{"].iter().any(|mark| next.starts_with(mark))
                && !next.starts_with(b"==");
            return match (is_declared, self.is_indented()) {
                (true, false) => LIKELY,
                (true, true) => PERHAPS,
                _ => NO,
            };
        }
        let is_outer = !self.is_indented() || is_modified;
        match closing(next).map(<[u8]>::trim_ascii) {
            Some(rest) if rest.ends_with(b"{") || rest.ends_with(b"}") => SURE,
            Some(rest) if rest.ends_with(b";") => LIKELY,
            Some(rest) if rest.is_empty() || is_block_head(rest) || rest.starts_with(b":") => {
                if is_outer {
                    SURE
                } else {
                    LIKELY
                }
            }
            Some(_) => NO,
            None if is_outer => SURE,
            None => LIKELY,
        }
    }
}

/// Whether a statement makes what the symbols behind it name: `attr_reader :a, :b`, `alias_method :a, :b`.
fn takes_names(statement: &[u8]) -> bool {
    memchr::memmem::find(&statement[..statement.len().min(6)], b"attr").is_some()
        || matches!(statement, b"alias" | b"alias_method" | b"class_attribute" | b"define_method")
}

/// Whether this is a single type: `error`, `*Node`, `[]byte`, `map[string]int`.
fn is_result(rest: &[u8]) -> bool {
    let is_part = |byte: &u8| is_name_byte(*byte) || b"*[].".contains(byte);
    !rest.is_empty() && rest.iter().all(is_part) && !rest.ends_with(b".")
}

/// Whether names of parameters stand between a name and what it equals: ` key value = …`.
fn is_equation(after: &[u8]) -> bool {
    let Some(equals) = memchr::memmem::find(&after[..after.len().min(200)], b" = ") else {
        let parameters = after.strip_suffix(b" =").or_else(|| after.strip_suffix(b" :"));
        return parameters.is_some_and(|names| names.starts_with(b" ") && names.iter().all(is_in_pattern));
    };
    equals > 1 && after.starts_with(b" ") && after[..equals].iter().all(is_in_pattern)
}

fn is_in_pattern(byte: &u8) -> bool {
    is_name_byte(*byte) || b" ()[]_:~@,'".contains(byte)
}

/// `before` without the marks that stand before a name: `^:private`, `^String`.
fn without_marks(before: &[u8]) -> &[u8] {
    let mut rest = before;
    while let Some(at) = rest.iter().rposition(|byte| byte.is_ascii_whitespace()) {
        if rest.get(at + 1) != Some(&b'^') {
            break;
        }
        rest = rest[..at].trim_ascii_end();
    }
    rest
}

/// Whether the group that `text` begins with holds a type and a name side by side.
fn has_parameters(text: &[u8]) -> bool {
    let mut depth = 0;
    let mut last: &[u8] = b"";
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if is_name_byte(byte) && depth == 1 {
            let word = first_word(&text[at..]);
            let is_plain =
                |word: &[u8]| roles(word) & (STATEMENT | DEFINING) == 0 && word != b"lambda" && word != b"async";
            let is_pair = !last.is_empty() && is_plain(last) && is_plain(word) && !last[0].is_ascii_digit();
            if is_pair && !word[0].is_ascii_digit() {
                return true;
            }
            last = word;
            at += word.len();
            continue;
        }
        match byte {
            b'(' => depth += 1,
            b')' if depth <= 1 => return false,
            b')' => depth -= 1,
            b'"' | b'\'' | b'`' => return false,
            _ => {}
        }
        let is_between = byte == b' '
            || byte == b'*' && text.get(at.wrapping_sub(1)) == Some(&b' ') && text.get(at + 1) != Some(&b' ');
        if !is_between && byte != b'&' {
            last = b"";
        }
        at += 1;
    }
    false
}

/// What stands between the arguments of a function and its body.
fn is_block_head(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"->")
        || rest.starts_with(b":")
        || rest.starts_with(b"{")
        || rest.starts_with(b"\\")
        || [&b"const"[..], b"noexcept", b"override", b"final", b"throws", b"where", b"throw", b"mutable", b"volatile"]
            .contains(&first_word(rest))
}

/// Whether a value is a function or a class.
fn is_callable(assigned: &[u8]) -> bool {
    let value = assigned.trim_ascii_start_matches_marks();
    let word = first_word(value);
    matches!(word, b"function" | b"class" | b"async" | b"func" | b"fn" | b"lambda" | b"proc" | b"Proc" | b"struct")
        || memchr::memmem::find(&value[..value.len().min(400)], b"=>").is_some()
            && (value.starts_with(b"(") || is_name_byte(value.first().copied().unwrap_or(0)))
}

trait TrimMarks {
    fn trim_ascii_start_matches_marks(&self) -> &[u8];
}

impl TrimMarks for [u8] {
    fn trim_ascii_start_matches_marks(&self) -> &[u8] {
        let at = self.iter().position(|byte| !b":=?+ \t".contains(byte)).unwrap_or(self.len());
        &self[at..]
    }
}

/// `before` without `Owner.`, `Owner::`, `self.` and the like right before the name.
fn without_owner<'l>(before: &'l [u8], line: &[u8], from: usize) -> &'l [u8] {
    if from > 0 && line[from - 1].is_ascii_whitespace() {
        return before;
    }
    let mut rest = before;
    for _ in 0..8 {
        let bare = match rest {
            [bare @ .., b':', b':'] | [bare @ .., b'-', b'>'] | [bare @ .., b'.' | b'#' | b':'] => bare,
            _ => break,
        };
        let bare = if bare.ends_with(b">") { without_angles(bare) } else { bare };
        let owner = last_word(bare);
        if owner.is_empty() {
            break;
        }
        rest = &bare[..bare.len() - owner.len()];
    }
    rest.trim_ascii_end()
}

fn without_angles(text: &[u8]) -> &[u8] {
    let mut depth = 0;
    for at in (0..text.len()).rev() {
        match text[at] {
            b'>' => depth += 1,
            b'<' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// `text` without the group in parentheses that it ends with.
fn without_group(text: &[u8]) -> &[u8] {
    let mut depth = 0;
    for at in (0..text.len()).rev() {
        match text[at] {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// What follows the group that `text` begins with; `None` if it is not closed.
fn closing(text: &[u8]) -> Option<&[u8]> {
    let text = without_arguments(text);
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(&text[at + 1..]);
                }
            }
            _ => {}
        }
    }
    None
}

/// `text` without the type arguments `<…>` that it begins with.
fn without_arguments(text: &[u8]) -> &[u8] {
    if !text.starts_with(b"<") {
        return text;
    }
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate().take(400) {
        match byte {
            b'<' => depth += 1,
            b'>' if at > 0 && text[at - 1] != b'-' && text[at - 1] != b'=' => {
                depth -= 1;
                if depth == 0 {
                    return &text[at + 1..];
                }
            }
            _ => {}
        }
    }
    text
}

fn first_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(text.len());
    &text[..end]
}

fn last_word(text: &[u8]) -> &[u8] {
    let start = text.iter().rposition(|&byte| !is_name_byte(byte)).map_or(0, |at| at + 1);
    &text[start..]
}

/// Whether what stands before is made of words that modify a definition: `pub(crate) unsafe`, `export default`.
fn is_modified(head: &[u8]) -> bool {
    let head = head.trim_ascii();
    if head.starts_with(b"@") || head.starts_with(b"[") || head.starts_with(b"template") {
        return true;
    }
    let mut words = 0;
    let mut others = 0;
    for word in head.split(|&byte| !is_name_byte(byte)).filter(|word| !word.is_empty()) {
        words += 1;
        let is_macro = word.len() > 2 && !word.iter().any(u8::is_ascii_lowercase);
        others += u32::from(!is_macro && roles(word) & MODIFIER == 0);
    }
    words > 0 && others == 0
}

fn is_modified_somewhere(before: &[u8]) -> bool {
    before
        .split(|&byte| !is_name_byte(byte))
        .any(|word| roles(word) & MODIFIER != 0 && word != b"or" && word != b"case")
}

/// Whether this could be a type with its modifiers: names, `*`, `&`, brackets; no operator, no call, no statement.
fn is_type(before: &[u8]) -> bool {
    let before = before.trim_ascii();
    let before = match before.strip_prefix(b"template") {
        Some(rest) => without_arguments(rest.trim_ascii_start()).trim_ascii_start(),
        None => before,
    };
    let mut depth = 0i32;
    for (at, &byte) in before.iter().enumerate() {
        let is_pair = |other: Option<&u8>| other == Some(&byte);
        match byte {
            b':' if !is_pair(before.get(at + 1)) && (at == 0 || !is_pair(before.get(at - 1))) => return false,
            b'<' => depth += 1,
            b'>' => depth -= 1,
            b'*' | b'&' | b':' | b',' | b'[' | b']' | b'~' | b'?' | b'@' | b' ' | b'\t' | b'.' => {}
            _ if is_name_byte(byte) => {}
            b'=' | b'(' | b')' if depth > 0 => {}
            _ => return false,
        }
        if depth == 0 && byte == b',' {
            return false;
        }
    }
    let words = || before.split(|&byte| !is_name_byte(byte)).filter(|word| !word.is_empty());
    let is_statement = words().any(|word| roles(word) & STATEMENT != 0);
    let begins = before.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || b"_@[~".contains(&byte));
    let is_named = words().next().is_some_and(|word| !word[0].is_ascii_digit());
    begins && !is_statement && is_named && words().count() <= 10 && !before.ends_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, name: &str) -> u8 {
        let mut best = 0;
        for (at, _) in line.match_indices(name) {
            best = best.max(strength(line.as_bytes(), at, at + name.len()));
        }
        best
    }

    #[test]
    fn definitions_are_seen_in_many_languages() {
        for line in [
            "class X(ABC):",
            "class X:",
            "    def X(self):",
            "  async def X(",
            "def self.X(a)",
            "pub(crate) fn X<T>(",
            "pub struct X {",
            "    fn X(&self) -> u8 {",
            "macro_rules! X {",
            "func X(cmd string) bool {",
            "func (r *T) X() string {",
            "type X struct {",
            "type X int",
            "\tX := func() {",
            "export function X<T>(a: T) {",
            "export const X = /*@__PURE__*/ f(",
            "export type X = { a: b };",
            "type X = core.Y;",
            "export interface X<T>",
            "res.X = function X(path, options) {",
            "res.X = function(path) {",
            "exports.X = (a) => {",
            "file.on('headers', function X(res) {",
            "const X = async () => {",
            "  X: function () {",
            "  X(a, b) {",
            "#define X(n)\t\\",
            "#define X",
            "# define X 1",
            "typedef unsigned __int64 X;",
            "void X(int level, char *type,",
            "static inline int X(void)",
            "int *X(int a) {",
            "auto buffered_file::X() const -> int {",
            "  inline auto X() const noexcept -> int { return fd_; }",
            "FMT_CONSTEXPR auto X(Int value) -> make<Int> {",
            "template <typename Char = char> class X {",
            "  constexpr explicit X(basic_string_view<Char> fmt,",
            "  public List<JsonElement> X() {",
            "  public X(int a) {",
            "  protected X(Y y,",
            "enum class X : int {",
            "(defun X (a b)",
            "(define (X a)",
            "defmodule X do",
            "CREATE TABLE X (",
            "message X {",
            "fun String.X(a: Int) {",
            "object X {",
            "  enum X",
            "class V8_EXPORT X : public Y {",
            "X :: Int -> Int",
            "function X {",
            "X() {",
            "namespace X {",
            "let X = function() {",
            "sub X {",
            "  public get X(): string {",
            "  static async X(a) {",
            "case class X(a: Int)",
            "data class X(",
            "protocol X {",
            "export default class X extends Y {",
            "public interface X<T> extends Y<T> {",
            "type X interface {",
            "} X;",
            "data X",
            "class X a where",
            "data X a = Y a",
            "  attr_reader :a, :X, :b",
            "  alias_method :X, :y",
            "\tX struct {",
            "(defn ^:private X [a]",
            "(defn ^:private ^String X",
            "inline fun <reified T : Y> Y.X(strict: Boolean): T? {",
            "let X a b =",
            "let X ~path a :",
            "let rec X a (b, c) = a + b",
        ] {
            assert_eq!(of(line, "X"), SURE, "{line}");
        }
    }

    #[test]
    fn declarations_are_likely() {
        for line in [
            "void X(int level, ...);",
            "class X;",
            "struct X;",
            "X = 5",
            "X: build test",
            "int X;",
            "  T X(Y a);",
            "resource \"aws_y\" \"X\" {",
            "  } X;",
            "  let X a = b in",
            "X p = flip Y p . trim",
            "\tX(code int, s string) error",
            "static struct foo X = {",
            "  JsonElement X(Object src);",
            "  X(a: string): Y[];",
            "    X(_It __first, _It __last,",
            "X (int a, char *b)",
            "extern int X (const char *__s)",
            "extern struct X {",
            "  using X = y::Z;",
            "  X(size_t a = 0)",
            "public static final int X = 1;",
        ] {
            assert!(of(line, "X") >= LIKELY, "{line}");
        }
    }

    #[test]
    fn uses_define_nothing() {
        for line in [
            "  return X(a);",
            "from .core import X",
            "import { type X } from './y'",
            "use crate::X;",
            "  X(a, b);",
            "x = X()",
            "// class X is",
            "# class X",
            " * class X",
            "struct X *p;",
            "struct X y;",
            "  if (X(a)) {",
            "new X(a) {",
            "print(X)",
            "a == X",
            "foo(X, b)",
            "  describe('X', function () {",
            "\"class X {\"",
            "throw new X(a);",
            "else X(a) {",
            "y = X(a) {",
            "X(a if b else c)",
            "X(a, \"b c\")",
            "  X(lambda x: y)",
            "  X(a * b)",
            "  X(\"int a\",",
            "f(X, b) {",
            "assert X(a)",
            "  b: X;",
            "Y<X> foo() {",
            "see X(3) for more",
            "X.y = function() {",
            "await X(b)",
            "int f(X a) {",
            "return new X() {",
            "  x = y ? X(a) : b;",
            "    case X:",
            "  validates :X, presence: true",
            "X a b == c",
            "  X a = b",
            "and X a = b",
        ] {
            assert_eq!(of(line, "X"), NO, "{line}");
        }
    }
}
