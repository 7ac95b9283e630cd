//! A text in, its units out: sentences, headings, rows and code, each with the section it stands in.

use std::ops::Range;

use super::blocks::{begins_turn, blocks, Block, Form};
use super::sentences;

/// Bytes of code that are one unit, about.
const CODE_BYTES: usize = 700;
/// Turns of a talk at least.
const MIN_TURNS: usize = 8;
/// No section.
pub const NONE: u32 = u32::MAX;

/// What is shown or left out as one.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub from: u32,
    pub to: u32,
    pub form: Form,
    /// The number of its block.
    pub block: u32,
    /// The section it stands in, or that it is the head of.
    pub section: u32,
    /// Whether it is the first of its block.
    pub is_first: bool,
}

/// What stands below a heading or a source, to the next of its level.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The units of its head.
    pub head: u32,
    pub parent: u32,
    pub level: u8,
}

/// A text as units and sections.
pub struct Document<'t> {
    pub text: &'t str,
    pub units: Vec<Unit>,
    pub sections: Vec<Section>,
    /// Whether most of its blocks begin with the name of who speaks.
    pub is_talk: bool,
}

/// The level of a source: it stands above the headings of what it names.
const SOURCE_LEVEL: u8 = 0;

impl<'t> Document<'t> {
    /// Reads a text of less than 4 GiB. Linear.
    pub fn of(text: &'t str) -> Self {
        Self::of_parts(text, std::iter::once(0..text.len()))
    }

    /// Reads some parts of a text, none of which goes on in the next.
    pub fn of_parts(text: &'t str, parts: impl Iterator<Item = Range<usize>>) -> Self {
        let mut document =
            Document { text, units: Vec::with_capacity(text.len() / 100 + 4), sections: Vec::new(), is_talk: false };
        let mut blocks_before = 0;
        for part in parts {
            blocks_before += document.read(part, blocks_before);
        }
        document.is_talk = document.is_talk();
        document
    }

    fn read(&mut self, part: Range<usize>, blocks_before: usize) -> usize {
        let document = self;
        let mut section = NONE;
        let mut before = Form::Rule;
        let own = blocks(&document.text[part.clone()]);
        let count = own.len();
        for (number, block) in own.into_iter().enumerate() {
            let (number, start) = (number + blocks_before, part.start as u32);
            let block = Block { from: block.from + start, to: block.to + start, ..block };
            section = match block.form {
                // Lines that name one source are one head.
                Form::Source if before == Form::Source => section,
                Form::Source => document.open(section, SOURCE_LEVEL),
                Form::Heading(level) => document.open(section, level),
                Form::Rule if document.is_of_source(section) => NONE,
                _ => section,
            };
            document.add(block, number as u32, section);
            before = block.form;
        }
        count
    }

    pub fn of_unit(&self, unit: &Unit) -> &'t str {
        &self.text[unit.from as usize..unit.to as usize]
    }

    /// The section of a unit and those around it, from the inside out.
    pub fn sections_of(&self, section: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors((section != NONE).then_some(section), |&own| {
            Some(self.sections[own as usize].parent).filter(|&parent| parent != NONE)
        })
    }

    fn is_talk(&self) -> bool {
        let firsts = || self.units.iter().filter(|unit| unit.is_first);
        let turns = firsts().filter(|unit| unit.form == Form::Text && begins_turn(self.of_unit(unit))).count();
        turns >= MIN_TURNS && 2 * turns > firsts().count()
    }

    fn is_of_source(&self, section: u32) -> bool {
        self.sections_of(section).last().is_some_and(|top| self.sections[top as usize].level == SOURCE_LEVEL)
    }

    /// Begins a section whose head is the next unit.
    fn open(&mut self, inside: u32, level: u8) -> u32 {
        let parent = self.sections_of(inside).find(|&own| self.sections[own as usize].level < level).unwrap_or(NONE);
        self.sections.push(Section { head: self.units.len() as u32, parent, level });
        self.sections.len() as u32 - 1
    }

    fn add(&mut self, block: Block, number: u32, section: u32) {
        let (from, to) = (block.from as usize, block.to as usize);
        let first = self.units.len();
        let units = &mut self.units;
        let mut push = |from: usize, to: usize| {
            let is_first = units.len() == first;
            units.push(Unit { from: from as u32, to: to as u32, form: block.form, block: number, section, is_first });
        };
        match block.form {
            Form::Text | Form::Item => sentences::split(self.text, from..to, push),
            Form::Code | Form::Row if to - from > CODE_BYTES => split_lines(self.text, from, to, push),
            _ => push(from, to),
        }
    }
}

/// Whole lines, about as many bytes each; a line that is very long, as a sentence is cut.
fn split_lines(text: &str, from: usize, to: usize, mut each: impl FnMut(usize, usize)) {
    let mut start = from;
    for end in memchr::memchr_iter(b'\n', &text.as_bytes()[from..to]).map(|at| from + at).chain([to]) {
        if end - start >= CODE_BYTES || end == to {
            match end - start {
                0 => {}
                1..=2_000 => each(start, end),
                _ => sentences::split(text, start..end, &mut each),
            }
            start = (end + 1).min(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_in_the_sections_of_their_headings() {
        let text = "# A\n\nOne sentence stands here. Two of them stand here.\n\n## B\n\nThree.\n\n# C\n\nFour.\n";
        let document = Document::of(text);
        let heads = |unit: &Unit| -> Vec<&str> {
            let sections = document.sections_of(unit.section);
            sections
                .map(|own| document.of_unit(&document.units[document.sections[own as usize].head as usize]))
                .collect()
        };
        let all: Vec<(&str, Vec<&str>)> =
            document.units.iter().map(|unit| (document.of_unit(unit), heads(unit))).collect();
        assert_eq!(all[2], ("Two of them stand here.", vec!["# A"]));
        assert_eq!(all[4], ("Three.", vec!["## B", "# A"]));
        assert_eq!(all[6], ("Four.", vec!["# C"]));
    }

    #[test]
    fn units_are_in_order_and_leave_out_nothing_but_white_space() {
        for text in
            ["a\n\n\nb", "```\nx\n", &"x = 1\n".repeat(400), &format!("```\n{}\n```", "y".repeat(9_000)), "|a|\n|b|"]
        {
            let document = Document::of(text);
            let kept: String = document.units.iter().map(|unit| document.of_unit(unit)).collect();
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(bare(&kept), bare(text));
        }
    }
}
