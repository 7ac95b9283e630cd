//! Short names for shapes and for lines that come again.

use super::notation::Unit;
use crate::json::paths::MixMap;

/// Short names in the order in which they are first used.
#[derive(Default)]
pub struct Names {
    shapes: MixMap<u32, u32>,
    repeated: MixMap<u32, u32>,
    next: u32,
}

impl Names {
    fn place(&self, unit: Unit) -> Option<u32> {
        match unit {
            Unit::Row(shape, _) => self.shapes.get(&shape).copied(),
            Unit::Again(repeated) => self.repeated.get(&repeated).copied(),
            Unit::Plain => None,
        }
    }

    pub fn has(&self, unit: Unit) -> bool {
        self.place(unit).is_some()
    }

    pub fn of(&self, unit: Unit) -> String {
        self.place(unit).map(letters).unwrap_or_default()
    }

    pub fn new_name(&mut self, unit: Unit) -> String {
        let ordinal = self.next;
        self.next += 1;
        match unit {
            Unit::Row(shape, _) => self.shapes.insert(shape, ordinal),
            Unit::Again(repeated) => self.repeated.insert(repeated, ordinal),
            Unit::Plain => None,
        };
        letters(ordinal)
    }
}

/// `a` to `z`, `A` to `Z`, `aa` and so on.
fn letters(ordinal: u32) -> String {
    let letter = |value: u32| char::from(if value < 26 { b'a' + value as u8 } else { b'A' + (value - 26) as u8 });
    let mut text = String::new();
    let mut rest = ordinal;
    loop {
        text.insert(0, letter(rest % 52));
        if rest < 52 {
            return text;
        }
        rest = rest / 52 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_and_never_the_same() {
        assert_eq!([0, 25, 26, 51, 52, 53].map(letters), ["a", "z", "A", "Z", "aa", "ab"]);
        let all: std::collections::BTreeSet<String> = (0..6_000).map(letters).collect();
        assert_eq!(all.len(), 6_000);
    }
}
