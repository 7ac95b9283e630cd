//! Parse events in, the JSON text of the same tree out: what lets the JSON module read markup.
//!
//! Scalars keep their spelling: what JSON would write the same way stays bare, all else becomes a string. A subtree that
//! holds many keys and not one value (as the field sets that a server keeps of who wrote what) is said in one word.

use crate::json::parse::number_end;
use crate::json::string;

/// Levels of nesting beyond which a text is not taken for markup.
const MAX_OPEN: usize = 90;
/// Keys from which on a subtree without a value is said in one word.
const MIN_BARE_KEYS: u32 = 6;

/// Whether a scalar may stand for a number, a truth value or nothing, or is a text whatever it looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scalar {
    Plain,
    Text,
}

/// Where in the JSON text a line of the source begins.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub json: u32,
    pub source: u32,
}

struct Open {
    start: usize,
    marks: usize,
    is_map: bool,
    is_keyed: bool,
    count: u32,
    keys: u32,
    values: u32,
}

/// Writes JSON from events. Anything that does not fit together makes it fail: `None`.
#[derive(Default)]
pub struct Builder {
    out: Vec<u8>,
    marks: Vec<Mark>,
    open: Vec<Open>,
    documents: u32,
    /// Keys of all maps, and the deepest level.
    pub keys: u32,
    pub depth: usize,
}

impl Builder {
    pub fn with_capacity(bytes: usize) -> Builder {
        Builder { out: Vec::with_capacity(bytes + bytes / 4), ..Builder::default() }
    }

    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Makes room for a value; `source` is where it, or its key, stands in the source.
    fn before_value(&mut self, source: usize) -> Option<()> {
        match self.open.last_mut() {
            Some(open) if open.is_map => {
                if !std::mem::take(&mut open.is_keyed) {
                    return None;
                }
            }
            Some(open) => {
                if open.count > 0 {
                    self.out.push(b',');
                }
                open.count += 1;
                self.mark(source);
            }
            None => {
                if self.documents > 0 {
                    self.out.push(b'\n');
                }
                self.documents += 1;
                self.mark(source);
            }
        }
        Some(())
    }

    fn mark(&mut self, source: usize) {
        self.marks.push(Mark { json: self.out.len() as u32, source: source as u32 });
    }

    pub fn key(&mut self, key: &str, source: usize) -> Option<()> {
        let open = self.open.last_mut()?;
        if !open.is_map || open.is_keyed {
            return None;
        }
        open.is_keyed = true;
        open.keys += 1;
        self.keys += 1;
        if open.count > 0 {
            self.out.push(b',');
        }
        open.count += 1;
        self.mark(source);
        string::encode(key, &mut self.out);
        self.out.push(b':');
        Some(())
    }

    pub fn open(&mut self, is_map: bool, source: usize) -> Option<()> {
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        self.before_value(source)?;
        let (start, marks) = (self.out.len(), self.marks.len());
        self.open.push(Open { start, marks, is_map, is_keyed: false, count: 0, keys: 0, values: 0 });
        self.depth = self.depth.max(self.open.len());
        self.out.push(if is_map { b'{' } else { b'[' });
        Some(())
    }

    pub fn close(&mut self) -> Option<()> {
        let open = self.open.pop()?;
        if open.is_keyed {
            return None;
        }
        if open.values == 0 && open.keys >= MIN_BARE_KEYS {
            self.out.truncate(open.start);
            self.marks.truncate(open.marks);
            self.out.extend_from_slice(format!("\"{{…{} keys}}\"", open.keys).as_bytes());
        } else {
            self.out.push(if open.is_map { b'}' } else { b']' });
        }
        if let Some(outer) = self.open.last_mut() {
            outer.keys += open.keys;
            outer.values += open.values;
        }
        Some(())
    }

    pub fn scalar(&mut self, text: &str, kind: Scalar, source: usize) -> Option<()> {
        self.before_value(source)?;
        if kind == Scalar::Plain && matches!(text, "" | "~" | "null") {
            self.out.extend_from_slice(b"null");
            return Some(());
        }
        if let Some(open) = self.open.last_mut() {
            open.values += 1;
        }
        let is_literal = kind == Scalar::Plain
            && (matches!(text, "true" | "false") || number_end(text.as_bytes(), 0) == Some(text.len()));
        if is_literal {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            string::encode(text, &mut self.out);
        }
        Some(())
    }

    /// The JSON that a parser makes of a text: what the tests of the parsers compare.
    #[cfg(test)]
    pub fn json_of(parse: impl FnOnce(&mut Builder) -> Option<()>) -> Option<String> {
        let mut tree = Builder::default();
        parse(&mut tree)?;
        tree.finish().map(|(json, _)| json)
    }

    /// The JSON text, and where its parts stand in the source; `None` if something is open, or nothing was said.
    pub fn finish(self) -> Option<(String, Vec<Mark>)> {
        if !self.open.is_empty() || self.documents == 0 || !matches!(self.out.first(), Some(b'{' | b'[')) {
            return None;
        }
        Some((String::from_utf8(self.out).ok()?, self.marks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_spelling_and_bare_field_sets_are_counted() {
        let mut tree = Builder::default();
        tree.open(true, 0).unwrap();
        for (key, value) in [("a", "1.50"), ("b", "007"), ("c", "yes"), ("d", "true"), ("e", "~")] {
            tree.key(key, 0).unwrap();
            tree.scalar(value, Scalar::Plain, 0).unwrap();
        }
        tree.key("f", 0).unwrap();
        tree.open(true, 0).unwrap();
        for key in ["f:a", "f:b", "f:c", "f:d", "f:e", "f:g"] {
            tree.key(key, 0).unwrap();
            tree.open(true, 0).unwrap();
            tree.close().unwrap();
        }
        tree.close().unwrap();
        tree.close().unwrap();
        let (json, _) = tree.finish().unwrap();
        assert_eq!(json, r#"{"a":1.50,"b":"007","c":"yes","d":true,"e":null,"f":"{…6 keys}"}"#);
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let mut tree = Builder::default();
        assert!(tree.close().is_none());
        tree.open(true, 0).unwrap();
        assert!(tree.scalar("no key", Scalar::Text, 0).is_none());
        let mut deep = Builder::default();
        assert!((0..200).map(|_| deep.open(false, 0)).any(|opened| opened.is_none()));
    }
}
