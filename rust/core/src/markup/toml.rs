//! TOML in, tree events out. Tables that follow one another share what their names begin with; dotted keys stay as written.
//!
//! One pass. Values are not checked beyond where they end: dates and numbers keep their spelling.

use super::flow;
use super::tree::{Builder, Scalar};

struct Parser<'a, 'b> {
    text: &'a str,
    at: usize,
    tree: &'b mut Builder,
    /// The parts of the header in force, and whether each is an array of tables.
    path: Vec<(&'a str, bool)>,
}

/// Parses a text into a tree; `None` if it is no TOML that is understood.
pub fn parse(text: &str, tree: &mut Builder) -> Option<()> {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser { text, at, tree, path: Vec::new() };
    parser.tree.open(true, at)?;
    loop {
        parser.skip_blank();
        match text.as_bytes().get(parser.at) {
            None => break,
            Some(b'[') => parser.header()?,
            Some(_) => parser.member(b'\n')?,
        }
        parser.end_of_line()?;
    }
    while !parser.path.is_empty() {
        parser.leave()?;
    }
    parser.tree.close()
}

impl<'a> Parser<'a, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space, line breaks and comments.
    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.skip_line(),
                _ => break,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn end_of_line(&mut self) -> Option<()> {
        self.skip_space();
        match self.peek() {
            Some(b'#') => self.skip_line(),
            Some(b'\r') => self.at += 1,
            None | Some(b'\n') => {}
            Some(_) => return None,
        }
        matches!(self.peek(), None | Some(b'\n')).then_some(())
    }

    /// Leaves the innermost table of the header in force.
    fn leave(&mut self) -> Option<()> {
        let (_, is_array) = self.path.pop()?;
        self.tree.close()?;
        if is_array {
            self.tree.close()?;
        }
        Some(())
    }

    fn header(&mut self) -> Option<()> {
        let start = self.at;
        let is_array = self.text[self.at..].starts_with("[[");
        self.at += if is_array { 2 } else { 1 };
        let mut names = Vec::new();
        loop {
            self.skip_space();
            names.push(self.name()?);
            self.skip_space();
            match self.peek()? {
                b'.' => self.at += 1,
                b']' => break,
                _ => return None,
            }
        }
        let close = if is_array { "]]" } else { "]" };
        self.text[self.at..].starts_with(close).then_some(())?;
        self.at += close.len();
        let mut shared = names.iter().zip(&self.path).take_while(|(name, (open, _))| **name == *open).count();
        let is_next = is_array && shared == names.len() && self.path[shared - 1].1;
        if shared == names.len() && !is_next {
            // The same table once more, or one that holds the one in force: it is said anew.
            shared -= 1;
        }
        while self.path.len() > shared {
            self.leave()?;
        }
        if is_next {
            self.tree.close()?;
            return self.tree.open(true, start);
        }
        for (ordinal, name) in names.iter().enumerate().skip(shared) {
            let is_array = is_array && ordinal + 1 == names.len();
            self.key(name, start)?;
            if is_array {
                self.tree.open(false, start)?;
            }
            self.tree.open(true, start)?;
            self.path.push((name, is_array));
        }
        Some(())
    }

    /// One part of a name, with its quotes.
    fn name(&mut self) -> Option<&'a str> {
        let start = self.at;
        match self.peek()? {
            quote @ (b'"' | b'\'') => self.at = self.string_end(quote)?,
            _ => {
                let rest = &self.text.as_bytes()[start..];
                self.at += rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
            }
        }
        (self.at > start).then(|| &self.text[start..self.at])
    }

    fn key(&mut self, name: &str, at: usize) -> Option<()> {
        match flow::unquote(name)? {
            flow::Quoted::Plain(key) => self.tree.key(key, at),
            flow::Quoted::Text(key) => self.tree.key(&key, at),
        }
    }

    /// `name = value`, up to the byte that ends it.
    fn member(&mut self, end: u8) -> Option<()> {
        let start = self.at;
        let first = self.name()?;
        let mut stop = self.at;
        self.skip_space();
        while self.peek() == Some(b'.') {
            self.at += 1;
            self.skip_space();
            self.name()?;
            stop = self.at;
            self.skip_space();
        }
        (self.peek() == Some(b'=')).then_some(())?;
        self.at += 1;
        match first.len() == stop - start {
            true => self.key(first, start)?,
            false => self.tree.key(&self.text[start..stop], start)?,
        }
        if end == b'\n' {
            self.value()
        } else {
            Some(())
        }
    }

    /// A value with all that it holds: brackets are kept on a stack of their own.
    fn value(&mut self) -> Option<()> {
        let mut levels: Vec<bool> = Vec::new();
        loop {
            if levels.is_empty() {
                self.skip_space();
            } else {
                self.skip_blank();
            }
            match self.peek()? {
                open @ (b'[' | b'{') => {
                    self.tree.open(open == b'{', self.at)?;
                    levels.push(open == b'{');
                    self.at += 1;
                    if !self.begins_item(&mut levels)? {
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            // Behind a value: what closes here, and a comma.
            loop {
                let Some(&is_map) = levels.last() else { return Some(()) };
                self.skip_blank();
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if !self.begins_item(&mut levels)? {
                            break;
                        }
                    }
                    close @ (b']' | b'}') if is_map == (close == b'}') => {
                        self.at += 1;
                        levels.pop();
                        self.tree.close()?;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// After a bracket or a comma: false if a value follows (its key read), true if the collection closed at once.
    fn begins_item(&mut self, levels: &mut Vec<bool>) -> Option<bool> {
        self.skip_blank();
        let is_map = *levels.last()?;
        if self.peek()? == if is_map { b'}' } else { b']' } {
            self.at += 1;
            levels.pop();
            self.tree.close()?;
            return Some(true);
        }
        if is_map {
            self.member(b',')?;
        }
        Some(false)
    }

    fn string_end(&self, quote: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut from = self.at + 1;
        loop {
            let rest = bytes.get(from..)?;
            let found = from + memchr::memchr3(quote, b'\\', b'\n', rest)?;
            match bytes[found] {
                b'\n' => return None,
                b'\\' if quote == b'"' => from = found + 2,
                b'\\' => from = found + 1,
                _ => return Some(found + 1),
            }
        }
    }

    fn scalar(&mut self) -> Option<()> {
        let start = self.at;
        let rest = &self.text[start..];
        for fence in ["\"\"\"", "'''"] {
            if let Some(inner) = rest.strip_prefix(fence) {
                let mut end = inner.find(fence)?;
                while fence == "\"\"\"" && inner[..end].ends_with('\\') {
                    end = end + 1 + inner[end + 1..].find(fence)?;
                }
                let more = inner[end + 3..].bytes().take(2).take_while(|byte| *byte == fence.as_bytes()[0]).count();
                self.at += 6 + end + more;
                let text = inner[..end + more].trim_start_matches('\r');
                return self.tree.scalar(text.strip_prefix('\n').unwrap_or(text), Scalar::Text, start);
            }
        }
        match self.peek()? {
            quote @ (b'"' | b'\'') => {
                self.at = self.string_end(quote)?;
                match flow::unquote(&self.text[start..self.at])? {
                    flow::Quoted::Text(text) => self.tree.scalar(&text, Scalar::Text, start),
                    flow::Quoted::Plain(_) => None,
                }
            }
            _ => {
                let word = |byte: u8| byte.is_ascii_alphanumeric() || b"+-_.:".contains(&byte);
                let mut length = rest.bytes().take_while(|byte| word(*byte)).count();
                // A date and a time may stand apart by a space.
                let is_date = length == 10 && rest.as_bytes()[4] == b'-' && rest.as_bytes().get(10) == Some(&b' ');
                if is_date && rest.as_bytes().get(11).is_some_and(u8::is_ascii_digit) {
                    length += 1 + rest[11..].bytes().take_while(|byte| word(*byte)).count();
                }
                let text = &rest[..length];
                let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || b"+-".contains(&byte));
                if !begins && !matches!(text, "true" | "false" | "inf" | "nan") {
                    return None;
                }
                self.at += length;
                self.tree.scalar(text, Scalar::Plain, start)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        Builder::json_of(|tree| parse(text, tree))
    }

    #[test]
    fn tables_and_values_become_json() {
        for (toml, wanted) in [
            (
                "a = 1\nb.c = 'x' # no\n[t]\nd = 2024-01-02 10:00:00\n[t.u]\ne = [1,\n 2, # c\n]\n",
                r#"{"a":1,"b.c":"x","t":{"d":"2024-01-02 10:00:00","u":{"e":[1,2]}}}"#,
            ),
            (
                "[[p]]\nn = \"a\"\n[p.d]\nx = { v = 1, w = [] }\n[[p]]\nn = \"b\"\n[q]\n",
                r#"{"p":[{"n":"a","d":{"x":{"v":1,"w":[]}}},{"n":"b"}],"q":{}}"#,
            ),
            ("s = \"\"\"\none \"two\"\"\"\"\nl = '''a\\b'''\n", "{\"s\":\"one \\\"two\\\"\",\"l\":\"a\\\\b\"}"),
            ("a = [[1, 2], [{b = 1}], []]\n", r#"{"a":[[1,2],[{"b":1}],[]]}"#),
        ] {
            assert_eq!(json(toml).as_deref(), Some(wanted), "{toml}");
        }
    }

    #[test]
    fn what_is_not_understood_is_declined() {
        for text in [
            "a",
            "a =",
            "a = b",
            "a = 1 2",
            "[a",
            "[[a]",
            "a = [1",
            "a = {b = 1",
            "a = \"x",
            "= 1",
            "a = [1}",
            "a = '''x",
            "a = { , }",
            "[]\n",
            "a: 1\n",
        ] {
            assert_eq!(json(text), None, "{text:?}");
        }
    }
}
