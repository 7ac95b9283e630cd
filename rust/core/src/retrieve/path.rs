//! JSON paths: a path and a text go in, the spans of the values it names come out.
//!
//! The path is run as a small automaton over one walk of the text: at each value, a set of bits says how many
//! steps of the path have led there. So any path takes one pass, and deep ones (`..`) are not slower.
//!
//! As in SQL's lax mode, a name looks through arrays: `$.items.id` is `$.items[*].id`.

use super::query::Problem;
use super::scan::{self, Fault, Place, Visitor};

/// Steps in a path at most: one bit each, and one for its end.
const MAX_STEPS: usize = 63;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// At any depth below, rather than directly below.
    deep: bool,
    selectors: Vec<Selector>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    Name(String),
    All,
    Index(i64),
    Slice { from: Option<i64>, to: Option<i64>, step: u32 },
}

impl Path {
    /// Parses all of `source`, which begins with `$`, or with `.` or `[` where the `$` was left out.
    pub fn parse(source: &str) -> Result<Self, Problem> {
        let mut parser = Parser { rest: source.strip_prefix('$').unwrap_or(source) };
        let mut steps = Vec::new();
        while !parser.rest.is_empty() {
            let understood = &source[..source.len() - parser.rest.len()];
            let is_filter = parser.rest.trim_start_matches('.').starts_with("[?");
            steps.push(parser.step().map_err(|complaint| {
                Problem::new(
                    complaint,
                    match understood {
                        _ if is_filter => format!("{understood}[*] | grep REGEX"),
                        "" | "$" => "$.items[0].name".to_owned(),
                        _ => understood.to_owned(),
                    },
                )
            })?);
            if steps.len() > MAX_STEPS {
                return Err(Problem::new(format!("it has more than {MAX_STEPS} steps"), understood));
            }
        }
        Ok(Self { steps })
    }

    /// Whether it names the whole document.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it is written to name one value at most.
    pub fn is_definite(&self) -> bool {
        self.steps.iter().all(|step| {
            let [selector] = &step.selectors[..] else { return false };
            !step.deep && matches!(selector, Selector::Name(_) | Selector::Index(_))
        })
    }

    /// The spans of the values named in the document that begins at `from`, in the order they begin in.
    pub fn find(&self, text: &str, from: usize, found: &mut Vec<(usize, usize)>) -> Result<usize, Fault> {
        self.run(text, from, None, found)
    }

    /// As `find`, where the document is an element of an array that is not written out: its index, and the length.
    pub fn find_in_element(
        &self,
        text: &str,
        from: usize,
        place: (u32, u32),
        found: &mut Vec<(usize, usize)>,
    ) -> Result<usize, Fault> {
        self.run(text, from, Some(place), found)
    }

    fn run(
        &self,
        text: &str,
        from: usize,
        element: Option<(u32, u32)>,
        found: &mut Vec<(usize, usize)>,
    ) -> Result<usize, Fault> {
        let mut lengths = Lengths::default();
        if self.counts_from_the_end() {
            scan::walk(text, from, &mut lengths)?;
            lengths.0.sort_unstable();
        }
        let mut run = Run { path: self, lengths: lengths.0, next_length: 0, element, found };
        scan::walk(text, from, &mut run)
    }

    fn counts_from_the_end(&self) -> bool {
        self.steps.iter().flat_map(|step| &step.selectors).any(|selector| match selector {
            Selector::Index(index) => *index < 0,
            Selector::Slice { from, to, .. } => from.is_some_and(|at| at < 0) || to.is_some_and(|at| at < 0),
            _ => false,
        })
    }
}

impl Step {
    fn takes(&self, place: Place<'_>, length: u32) -> bool {
        self.selectors.iter().any(|selector| selector.takes(place, length))
    }

    fn looks_through_arrays(&self) -> bool {
        matches!(self.selectors[..], [Selector::Name(_)])
    }
}

impl Selector {
    fn takes(&self, place: Place<'_>, length: u32) -> bool {
        match (self, place) {
            (Self::All, _) => true,
            (Self::Name(name), Place::Name(raw)) => is_name(raw, name),
            (Self::Index(index), Place::Index(at)) => from_start(*index, length) == i64::from(at),
            (Self::Slice { from, to, step }, Place::Index(at)) => {
                let at = i64::from(at);
                let low = from.map_or(0, |from| from_start(from, length).max(0));
                let high = to.map_or(i64::MAX, |to| from_start(to, length));
                (low..high).contains(&at) && (at - low) % i64::from(*step) == 0
            }
            _ => false,
        }
    }
}

fn from_start(index: i64, length: u32) -> i64 {
    if index < 0 {
        index.saturating_add(i64::from(length))
    } else {
        index
    }
}

fn is_name(raw: &[u8], name: &str) -> bool {
    if raw == name.as_bytes() {
        return true;
    }
    raw.contains(&b'\\') && std::str::from_utf8(raw).ok().and_then(scan::decoded).is_some_and(|decoded| decoded == name)
}

/// Where each array begins, and how many elements it has.
#[derive(Default)]
struct Lengths(Vec<(usize, u32)>);

impl Visitor for Lengths {
    type State = ();

    fn begin(&mut self, _: Place<'_>, _: Option<&mut ()>, _: usize, _: usize) -> ((), bool) {
        ((), true)
    }

    fn end(&mut self, (): (), start: usize, _: usize, count: u32) {
        if count > 0 {
            self.0.push((start, count));
        }
    }
}

struct Run<'p, 'f> {
    path: &'p Path,
    lengths: Vec<(usize, u32)>,
    next_length: usize,
    element: Option<(u32, u32)>,
    found: &'f mut Vec<(usize, usize)>,
}

/// How far the path has come at a value: bit n says that its first n steps have led there.
struct Reached {
    steps: u64,
    length: u32,
    found: Option<usize>,
}

impl Run<'_, '_> {
    fn reached(&self, place: Place<'_>, parent_steps: u64, parent_length: u32) -> u64 {
        let mut reached = 0;
        for (bit, step) in self.path.steps.iter().enumerate().filter(|(bit, _)| parent_steps >> bit & 1 == 1) {
            if step.takes(place, parent_length) {
                reached |= 2 << bit;
            }
            if step.deep || (step.looks_through_arrays() && matches!(place, Place::Index(_))) {
                reached |= 1 << bit;
            }
        }
        reached
    }

    fn length_of(&mut self, start: usize) -> u32 {
        while self.lengths.get(self.next_length).is_some_and(|(array, _)| *array < start) {
            self.next_length += 1;
        }
        self.lengths.get(self.next_length).map_or(0, |(array, count)| if *array == start { *count } else { 0 })
    }
}

impl Visitor for Run<'_, '_> {
    type State = Reached;

    fn begin(&mut self, place: Place<'_>, parent: Option<&mut Reached>, _: usize, start: usize) -> (Reached, bool) {
        let steps = match (parent, self.element) {
            (Some(parent), _) => self.reached(place, parent.steps, parent.length),
            (None, Some((index, length))) => self.reached(Place::Index(index), 1, length),
            (None, None) => 1,
        };
        let found = (steps >> self.path.steps.len() & 1 == 1).then(|| {
            self.found.push((start, start));
            self.found.len() - 1
        });
        let open = steps & !(1 << self.path.steps.len());
        let length = if open == 0 { 0 } else { self.length_of(start) };
        (Reached { steps: open, length, found }, open != 0)
    }

    fn end(&mut self, state: Reached, _: usize, end: usize, _: u32) {
        if let Some(found) = state.found {
            self.found[found].1 = end;
        }
    }
}

struct Parser<'q> {
    rest: &'q str,
}

impl Parser<'_> {
    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest.strip_prefix(prefix);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn step(&mut self) -> Result<Step, String> {
        let deep = self.eat("..");
        if !self.rest.starts_with('[') {
            if !deep && !self.eat(".") {
                return Err(format!("a step begins with `.` or `[`, not with `{}`", self.rest));
            }
            if !self.rest.starts_with('[') {
                return Ok(Step { deep, selectors: vec![self.bare_name()?] });
            }
        }
        self.rest = &self.rest[1..];
        self.spaces();
        if self.eat("]") {
            return Ok(Step { deep, selectors: vec![Selector::All] });
        }
        let mut selectors = Vec::new();
        loop {
            selectors.push(self.selector()?);
            self.spaces();
            if self.eat("]") {
                return Ok(Step { deep, selectors });
            }
            if !self.eat(",") {
                return Err("a `[` is not closed with `]`".to_owned());
            }
            self.spaces();
        }
    }

    fn bare_name(&mut self) -> Result<Selector, String> {
        let end = self.rest.find(['.', '[']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match name {
            "" => Err("a name is missing after a dot".to_owned()),
            "*" => Ok(Selector::All),
            _ => Ok(Selector::Name(name.to_owned())),
        }
    }

    fn selector(&mut self) -> Result<Selector, String> {
        match self.rest.chars().next() {
            Some('*') => {
                self.eat("*");
                Ok(Selector::All)
            }
            Some(quote @ ('\'' | '"')) => self.quoted_name(quote),
            Some('?') => Err("filters `[?…]` are not known; pipe the values into grep instead".to_owned()),
            Some(character) if character.is_ascii_digit() || matches!(character, '-' | ':') => self.numbers(),
            _ => Err("inside `[ ]` goes an index, a slice, `*`, or a name in quotes".to_owned()),
        }
    }

    fn quoted_name(&mut self, quote: char) -> Result<Selector, String> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.rest = &self.rest[at + 1..];
                return Ok(Selector::Name(name));
            }
            // A backslash stands for itself unless it guards a quote or another backslash.
            let guarded = self.rest[at + character.len_utf8()..].chars().next();
            match (character, guarded) {
                ('\\', Some(next)) if next == quote || next == '\\' => {
                    name.push(next);
                    characters.next();
                }
                _ => name.push(character),
            }
        }
        Err(format!("a name's closing {quote} is missing"))
    }

    fn numbers(&mut self) -> Result<Selector, String> {
        let from = self.number()?;
        if !self.eat(":") {
            return from.map(Selector::Index).ok_or_else(|| "an index is missing".to_owned());
        }
        let to = self.number()?;
        let step = if self.eat(":") { self.number()? } else { None };
        let step = u32::try_from(step.unwrap_or(1)).ok().filter(|step| *step > 0);
        let step = step.ok_or("a slice's step must be 1 or more")?;
        Ok(Selector::Slice { from, to, step })
    }

    fn number(&mut self) -> Result<Option<i64>, String> {
        self.spaces();
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.spaces();
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| format!("`{digits}` is no index"))
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = r#"{"items": [{"id": 1.10, "tags": ["a", "b"]}, {"id": 2, "t\u0061gs": []}], "a b": {"id": 3}}"#;

    fn found<'t>(path: &str, text: &'t str) -> Vec<&'t str> {
        let mut spans = Vec::new();
        Path::parse(path).unwrap().find(text, 0, &mut spans).unwrap();
        spans.into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn values_come_as_they_are_written() {
        assert_eq!(found("$.items[0].id", SHOP), ["1.10"]);
        assert_eq!(found("$.items[*].id", SHOP), ["1.10", "2"]);
        assert_eq!(found("$.items[-1].tags", SHOP), ["[]"]);
        assert_eq!(found("$['a b'].id", SHOP), ["3"]);
        assert_eq!(found(r#"$["a b"]['id']"#, SHOP), ["3"]);
        assert_eq!(found("$..id", SHOP), ["1.10", "2", "3"]);
        assert_eq!(found("$..tags[1]", SHOP), [r#""b""#]);
        assert_eq!(found("$", "[1]"), ["[1]"]);
        assert_eq!(found("$.*.id", SHOP), ["1.10", "2", "3"]);
        assert_eq!(found("$.missing[3]", SHOP), [""; 0]);
    }

    #[test]
    fn a_name_looks_through_arrays() {
        assert_eq!(found("$.items.id", SHOP), ["1.10", "2"]);
        assert_eq!(found("$.id", r#"[{"id": 1}, [{"id": 2}]]"#), ["1", "2"]);
    }

    #[test]
    fn forms_of_other_dialects_are_understood() {
        assert_eq!(found(".items[].id", SHOP), ["1.10", "2"]);
        assert_eq!(found("$.items.[0].id", SHOP), ["1.10"]);
        assert_eq!(found("$.['a b'].id", SHOP), ["3"]);
    }

    #[test]
    fn slices_are_those_of_python() {
        let text = "[0, 1, 2, 3, 4, 5]";
        assert_eq!(found("$[1:3]", text), ["1", "2"]);
        assert_eq!(found("$[-2:]", text), ["4", "5"]);
        assert_eq!(found("$[:-4]", text), ["0", "1"]);
        assert_eq!(found("$[1::2]", text), ["1", "3", "5"]);
        assert_eq!(found("$[-100:2]", text), ["0", "1"]);
        assert_eq!(found("$[0, 4, 9]", text), ["0", "4"]);
        assert_eq!(found("$..[-1]", "[1, [2, 3]]"), ["[2, 3]", "3"]);
    }

    #[test]
    fn duplicates_are_all_found() {
        assert_eq!(found("$.a", r#"{"a": 1, "a": 2}"#), ["1", "2"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (path, complaint) in [
            ("$.a..", "name is missing"),
            ("$.a[", "inside `[ ]`"),
            ("$.a[1", "not closed"),
            ("$['a", "closing '"),
            ("$a", "begins with `.`"),
            ("$[?(@.a)]", "filters"),
            ("$[::-1]", "step must be 1"),
            ("$[1-2]", "no index"),
        ] {
            let message = Path::parse(path).unwrap_err().complaint;
            assert!(message.contains(complaint), "{path}: {message}");
        }
        assert!(Path::parse(&".a".repeat(64)).is_err());
    }

    #[test]
    fn nested_matches_take_linear_time() {
        let deep = r#"{"a":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
        assert_eq!(found("$..a", &deep).len(), 100_000);
        assert_eq!(found("$..a..a", &deep).len(), 99_999);
        assert_eq!(found("$..a[-1]", &deep).len(), 0);
        assert_eq!(found("$..[-1]", &("[".repeat(100_000) + &"]".repeat(100_000))).len(), 99_999);
    }
}
