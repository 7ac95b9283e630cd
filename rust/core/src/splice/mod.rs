//! Request bodies: where their values stand, and the same bytes with other values in some places.
//!
//! Every byte outside of the replaced values stays as it came: white space, escapes, the spelling of numbers, unknown
//! fields, their order. A place is changed only where all readers agree what stands there: not inside an object that
//! has a key twice.

mod scan;

use std::collections::HashSet;

use crate::json::string;
pub use scan::{Kind, Node};

/// One step on the way to a value: the key of a member, or the index of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The values of one JSON document.
pub struct Spans {
    nodes: Vec<Node>,
    texts: String,
}

impl Spans {
    /// The values of a document; `None` if it is no strict JSON. Takes linear time.
    pub fn read(document: &str) -> Option<Self> {
        let (nodes, texts) = scan::scan(document)?;
        Some(Self { nodes, texts })
    }

    /// A value; the document itself is the first.
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// The text of a string or key.
    pub fn text<'a>(&'a self, index: usize, document: &'a str) -> &'a str {
        let node = &self.nodes[index];
        match node.text {
            (0, 0) => &document[node.start as usize..node.end as usize],
            (start, end) => &self.texts[start as usize..end as usize],
        }
    }

    /// The elements of an array, or the keys and values of an object by turns.
    pub fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes[index].skip as usize;
        let mut at = index + 1;
        std::iter::from_fn(move || {
            let found = at;
            (found < end).then(|| {
                at = self.nodes[found].skip as usize;
                found
            })
        })
    }

    /// The value in a place; of several members with one key, the last.
    pub fn find(&self, place: &[Step], document: &str) -> Option<usize> {
        place.iter().try_fold(0, |index, step| self.child(index, step, document))
    }

    fn child(&self, index: usize, step: &Step, document: &str) -> Option<usize> {
        match (step, self.nodes[index].kind) {
            (Step::Index(wanted), Kind::Array) => self.children(index).nth(*wanted),
            (Step::Key(wanted), Kind::Object) => self
                .children(index)
                .step_by(2)
                .filter(|&key| self.text(key, document) == wanted)
                .last()
                .map(|key| key + 1),
            _ => None,
        }
    }

    /// The value in a place whose way there can be read in one way only.
    fn find_plain(&self, place: &[Step], document: &str) -> Option<usize> {
        let mut index = 0;
        for step in place {
            if self.nodes[index].kind == Kind::Object && self.has_key_twice(index, document) {
                return None;
            }
            index = self.child(index, step, document)?;
        }
        Some(index)
    }

    fn has_key_twice(&self, index: usize, document: &str) -> bool {
        let mut seen = HashSet::new();
        !self.children(index).step_by(2).all(|key| seen.insert(self.text(key, document)))
    }

    /// The document with a text, written as a string, in some places, and for each place whether it was changed.
    ///
    /// A string, an array or an object can be replaced. It is left alone where it would become longer in bytes, or
    /// where its place cannot be read in one way only. `added` are bytes to put in at positions that stand in no value
    /// to be replaced.
    pub fn splice(
        &self,
        document: &str,
        wanted: &[(Vec<Step>, String)],
        added: Vec<(usize, Vec<u8>)>,
    ) -> (Vec<u8>, Vec<bool>) {
        let mut edits: Vec<(usize, usize, Option<usize>, Vec<u8>)> =
            added.into_iter().map(|(at, written)| (at, at, None, written)).collect();
        for (number, (place, text)) in wanted.iter().enumerate() {
            if let Some((start, end, written)) = self.edit(document, place, text) {
                edits.push((start, end, Some(number), written));
            }
        }
        edits.sort_by_key(|edit| edit.0);
        let mut changed = vec![false; wanted.len()];
        let mut out = Vec::with_capacity(document.len());
        let mut at = 0;
        for (start, end, number, written) in edits {
            if start < at {
                continue; // it stands inside of a value that was replaced as a whole
            }
            out.extend_from_slice(&document.as_bytes()[at..start]);
            out.extend_from_slice(&written);
            number.into_iter().for_each(|number| changed[number] = true);
            at = end;
        }
        out.extend_from_slice(&document.as_bytes()[at..]);
        (out, changed)
    }

    fn edit(&self, document: &str, place: &[Step], text: &str) -> Option<(usize, usize, Vec<u8>)> {
        let node = &self.nodes[self.find_plain(place, document)?];
        let quote = match node.kind {
            Kind::String => 1,
            Kind::Array | Kind::Object => 0,
            _ => return None,
        };
        let (start, end) = (node.start as usize - quote, node.end as usize + quote);
        let mut written = Vec::with_capacity(text.len() + text.len() / 16 + 2);
        string::encode(text, &mut written);
        (written.len() < end - start).then_some((start, end, written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(steps: &[&str]) -> Vec<Step> {
        let step = |step: &&str| step.parse().map_or_else(|_| Step::Key((*step).to_owned()), Step::Index);
        steps.iter().map(step).collect()
    }

    fn spliced(document: &str, wanted: &[(&[&str], &str)]) -> (String, Vec<bool>) {
        let wanted: Vec<_> = wanted.iter().map(|(steps, text)| (place(steps), (*text).to_owned())).collect();
        let (bytes, changed) = Spans::read(document).unwrap().splice(document, &wanted, Vec::new());
        (String::from_utf8(bytes).unwrap(), changed)
    }

    #[test]
    fn only_the_bytes_of_the_value_change() {
        let document =
            "{ \"n\" : 1.0e0 ,\n\"messages\":[ {\"content\":\"long \\u00e9 \\/ text\"}, {\"content\" : \"kept\"}]}";
        let (out, changed) = spliced(document, &[(&["messages", "0", "content"], "é\n\"")]);
        assert_eq!(out, document.replace("long \\u00e9 \\/ text", "é\\n\\\""));
        assert_eq!(changed, [true]);
    }

    #[test]
    fn bytes_are_added_where_they_belong_beside_what_is_replaced() {
        let document = r#"{"tools":[{"n":1}],"a":"long text","z":[]}"#;
        let added = vec![(40, b"7".to_vec()), (17, b",{}".to_vec())];
        let wanted = [(place(&["a"]), "short".to_owned())];
        let (bytes, changed) = Spans::read(document).unwrap().splice(document, &wanted, added);
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"tools":[{"n":1},{}],"a":"short","z":[7]}"#);
        assert_eq!(changed, [true]);
    }

    #[test]
    fn nothing_becomes_longer() {
        let document = r#"{"a":"four","b":{"x": 1}}"#;
        let wanted: [(&[&str], &str); 2] = [(&["a"], "\n\n"), (&["b"], "eight by")];
        assert_eq!(spliced(document, &wanted), (document.to_owned(), vec![false, false]));
    }

    #[test]
    fn a_place_that_can_be_read_in_two_ways_is_left_alone() {
        let document = r#"{"a":[{"role":"user","content":"long text","role":"tool"},{"content":"long text"}]}"#;
        let wanted: [(&[&str], &str); 2] = [(&["a", "0", "content"], "short"), (&["a", "1", "content"], "short")];
        let (out, changed) = spliced(document, &wanted);
        assert_eq!(changed, [false, true]);
        assert_eq!(out, r#"{"a":[{"role":"user","content":"long text","role":"tool"},{"content":"short"}]}"#);
    }

    #[test]
    fn an_object_is_replaced_as_a_whole() {
        let document = r#"{"a":{"b":"some text","c":[1,2,3]},"d":0}"#;
        let wanted: [(&[&str], &str); 2] = [(&["a", "b"], "t"), (&["a"], "some t and three")];
        assert_eq!(spliced(document, &wanted), (r#"{"a":"some t and three","d":0}"#.to_owned(), vec![false, true]));
    }

    #[test]
    fn places_that_are_not_there_change_nothing() {
        let document = r#"{"a":["text here"],"b":7,"c":"half \ud83d of it"}"#;
        for steps in [&["a", "1"][..], &["a", "x"], &["b", "0"], &["z"], &["a", "0", "y"], &["b"], &["c"]] {
            let (out, changed) = spliced(document, &[(steps, "")]);
            assert_eq!((out.as_str(), changed), (document, vec![false]), "{steps:?}");
        }
    }
}
