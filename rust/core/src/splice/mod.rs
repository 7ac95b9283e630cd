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

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A text, written as a string, takes its place, unless it would become longer in bytes.
    Shorter(Vec<Step>, String),
    /// A text takes its place, however long.
    Text(Vec<Step>, String),
    /// A JSON value stands behind it, where it is an element of an array.
    After(Vec<Step>, String),
}

impl Change {
    fn place(&self) -> &[Step] {
        let (Self::Shorter(place, _) | Self::Text(place, _) | Self::After(place, _)) = self;
        place
    }
}

/// Whether some bytes hold others.
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
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

    /// The document with some changes, and for each of them whether it was made.
    ///
    /// A string, an array or an object can be replaced. A place is left alone where it cannot be read in one way only,
    /// or stands inside of one that was replaced as a whole. `added` are bytes to put in at positions that stand in no
    /// value to be replaced; they come before what else is put in there.
    pub fn splice(&self, document: &str, wanted: &[Change], added: Vec<(usize, Vec<u8>)>) -> (Vec<u8>, Vec<bool>) {
        let mut edits: Vec<(usize, usize, Option<usize>, Vec<u8>)> =
            added.into_iter().map(|(at, written)| (at, at, None, written)).collect();
        for (number, change) in wanted.iter().enumerate() {
            if let Some((start, end, written)) = self.edit(document, change) {
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

    fn edit(&self, document: &str, change: &Change) -> Option<(usize, usize, Vec<u8>)> {
        let index = self.find_plain(change.place(), document)?;
        let node = &self.nodes[index];
        let quote = usize::from(matches!(node.kind, Kind::String | Kind::Lone));
        let (start, end) = (node.start as usize - quote, node.end as usize + quote);
        match change {
            Change::After(place, json) => {
                matches!(place.last(), Some(Step::Index(_))).then(|| (end, end, [b",", json.as_bytes()].concat()))
            }
            Change::Shorter(_, text) | Change::Text(_, text) => {
                if !matches!(node.kind, Kind::String | Kind::Array | Kind::Object) {
                    return None;
                }
                let mut written = Vec::with_capacity(text.len() + text.len() / 16 + 2);
                string::encode(text, &mut written);
                let may_grow = matches!(change, Change::Text(..));
                (may_grow || written.len() < end - start).then_some((start, end, written))
            }
        }
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
        let shorter = |(steps, text): &(&[&str], &str)| Change::Shorter(place(steps), (*text).to_owned());
        let wanted: Vec<_> = wanted.iter().map(shorter).collect();
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
        let wanted = [Change::Shorter(place(&["a"]), "short".to_owned())];
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
    #[test]
    fn what_may_become_longer_does_and_an_element_is_put_behind_another() {
        let document = r#"{"a": [ {"b":"4s"} , "c\ud83d"],"d":{}}"#;
        let wanted = [
            Change::After(place(&["a", "1"]), r#"{"new":1}"#.to_owned()),
            Change::Text(place(&["a", "0", "b"]), "[[duration 1]]".to_owned()),
            Change::After(place(&["a", "0"]), "2".to_owned()),
            Change::After(place(&["d"]), "3".to_owned()),
            Change::After(place(&["a", "7"]), "4".to_owned()),
        ];
        let (out, changed) = Spans::read(document).unwrap().splice(document, &wanted, Vec::new());
        assert_eq!(changed, [true, true, true, false, false]);
        let expected = r#"{"a": [ {"b":"[[duration 1]]"},2 , "c\ud83d",{"new":1}],"d":{}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn nothing_is_put_into_an_array_that_stands_twice() {
        let document = r#"{"a":[1],"a":[2]}"#;
        let (out, changed) = Spans::read(document).unwrap().splice(
            document,
            &[Change::After(place(&["a", "0"]), "3".to_owned())],
            Vec::new(),
        );
        assert_eq!((out.as_slice(), changed), (document.as_bytes(), vec![false]));
    }
}
