//! A document in, its words out, each with what speaks against leaving it out.
//!
//! A word is what stands between white space, so that `don't`, `3.1` and `docs/a.md` are one.

use super::blocks::Form;
use super::document::{Document, Unit};
use super::model::is_code;
use crate::json::paths::MixMap;
use crate::words;

/// Bytes of a quotation or code span that stays as a whole.
const MAX_QUOTED_BYTES: usize = 240;
/// Signs that open a quotation or code span, and close it.
const QUOTES: [(char, char); 7] =
    [('"', '"'), ('`', '`'), ('“', '”'), ('«', '»'), ('„', '“'), ('‘', '’'), ('「', '」')];
/// Signs of money, shares, equations, paths and names of code.
const SIGNS: [char; 14] = ['%', '$', '€', '£', '¥', '°', '=', '<', '>', '|', '@', '/', '\\', '_'];

/// Negations and modal verbs, in several languages, lower case.
const KEPT: [&str; 92] = [
    "not",
    "no",
    "never",
    "none",
    "nor",
    "neither",
    "nobody",
    "nothing",
    "nowhere",
    "without",
    "cannot",
    "except",
    "unless",
    "only",
    "don",
    "doesn",
    "didn",
    "isn",
    "aren",
    "wasn",
    "weren",
    "won",
    "wouldn",
    "shouldn",
    "couldn",
    "mustn",
    "can",
    "could",
    "may",
    "might",
    "must",
    "shall",
    "should",
    "will",
    "would",
    "ought",
    "need",
    "needs",
    "required",
    "require",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "nie",
    "niemals",
    "ohne",
    "muss",
    "müssen",
    "darf",
    "dürfen",
    "soll",
    "sollen",
    "sollte",
    "kann",
    "können",
    "ne",
    "pas",
    "jamais",
    "aucun",
    "sans",
    "doit",
    "doivent",
    "peut",
    "peuvent",
    "faut",
    "nunca",
    "sin",
    "debe",
    "deben",
    "puede",
    "pueden",
    "não",
    "nem",
    "sem",
    "deve",
    "devem",
    "pode",
    "podem",
    "non",
    "mai",
    "senza",
    "può",
    "не",
    "нет",
    "ни",
    "никогда",
    "без",
    "должен",
    "должны",
    "может",
    "нельзя",
];

/// Numbers that are written as words.
const NUMBERS: [&str; 24] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "half",
    "dozen",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "billion",
    "percent",
];

/// What speaks against leaving a word out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    Nothing,
    /// A number with its unit, a name, a quotation, code, an address, a path; or it stands in no sentence.
    Fact,
    /// A negation or a modal verb, or the word behind one: without it the rest would say something else.
    Sense,
    /// Firmer than any word is held.
    All,
}

/// What stands between white space.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub from: u32,
    pub to: u32,
    pub unit: u32,
    pub hold: Hold,
    /// Whether it stands in a quotation or code span.
    pub is_quoted: bool,
    pub is_name: bool,
    pub has_digit: bool,
    pub is_stop: bool,
}

/// The words of a document, in order. Linear.
pub fn words(document: &Document) -> Vec<Word> {
    let mut list: Vec<Word> = Vec::with_capacity(document.text.len() / 6);
    for (index, unit) in document.units.iter().enumerate() {
        let text = document.of_unit(unit);
        let first = list.len();
        read(text, unit, index as u32, &mut list);
        hold_quotations(text, unit.from, &mut list[first..]);
    }
    hold_senses(document, &mut list);
    hold_names(document, &mut list);
    list
}

/// Adds the words of a sentence, of which the first is no name yet.
fn read(text: &str, unit: &Unit, index: u32, list: &mut Vec<Word>) {
    let first = list.len();
    let is_apart = !matches!(unit.form, Form::Text | Form::Item);
    for run in text.split_whitespace() {
        let from = unit.from + (run.as_ptr() as usize - text.as_ptr() as usize) as u32;
        let bare = bare(run);
        let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
        let mut letters = bare.chars();
        let is_upper = letters.next().is_some_and(char::is_uppercase);
        let is_name = is_upper && list.len() > first || letters.any(char::is_uppercase);
        // The word behind a number is its unit.
        let is_unit = list[first..].last().is_some_and(|before| before.has_digit);
        let is_fact =
            is_apart || is_name || has_digit || is_unit || run.contains(SIGNS) || is_code(run) || is_number(bare);
        let hold = if is_fact { Hold::Fact } else { Hold::Nothing };
        let is_stop = words::is_stop(bare.to_ascii_lowercase().as_bytes());
        list.push(Word {
            from,
            to: from + run.len() as u32,
            unit: index,
            hold,
            is_quoted: false,
            is_name,
            has_digit,
            is_stop,
        });
    }
}

/// A word without the signs around it.
fn bare(run: &str) -> &str {
    run.trim_matches(|sign: char| !sign.is_alphanumeric())
}

fn is_number(word: &str) -> bool {
    NUMBERS.iter().any(|number| word.eq_ignore_ascii_case(number))
}

/// Holds what stands between quotation marks, and code spans. Linear: a quotation is looked for within bounds.
fn hold_quotations(text: &str, start: u32, list: &mut [Word]) {
    let mut at = 0;
    while let Some((offset, open)) = text[at..].char_indices().find(|(_, sign)| QUOTES.iter().any(|own| own.0 == *sign))
    {
        let from = at + offset;
        at = from + open.len_utf8();
        let within = text[at..].char_indices().take_while(|(offset, _)| *offset <= MAX_QUOTED_BYTES);
        let closes = |sign: char| QUOTES.contains(&(open, sign));
        let end = within.clone().find(|&(_, sign)| closes(sign)).map(|(offset, sign)| at + offset + sign.len_utf8());
        let is_apostrophe = text[..from].ends_with(char::is_alphanumeric);
        if let Some(end) = end.filter(|_| !is_apostrophe) {
            let own = start + from as u32..start + end as u32;
            let first = list.partition_point(|word| word.to <= own.start);
            list[first..].iter_mut().take_while(|word| word.from < own.end).for_each(|word| {
                word.hold = Hold::Fact;
                word.is_quoted = true;
            });
            at = end;
        }
    }
}

/// Holds negations and modal verbs, each with the word behind it, also where that is on the next line.
fn hold_senses(document: &Document, list: &mut [Word]) {
    let mut is_behind = false;
    let mut block = u32::MAX;
    for word in list {
        let own = bare(&document.text[word.from as usize..word.to as usize]).to_lowercase();
        let is_negated = own.ends_with("n't") || own.ends_with("n’t");
        // In code, such as `load(None)`, it is part of a longer one.
        let has_sense = is_negated || own.split(|sign: char| !sign.is_alphanumeric()).any(|part| KEPT.contains(&part));
        let is_beside = std::mem::replace(&mut block, document.units[word.unit as usize].block) == block;
        if has_sense || is_behind && is_beside {
            word.hold = Hold::Sense;
        }
        is_behind = has_sense;
    }
}

/// Holds names at the beginning of sentences, which are told by others, and what stands between two parts of a name.
fn hold_names(document: &Document, list: &mut [Word]) {
    let text_of = |word: &Word| bare(&document.text[word.from as usize..word.to as usize]);
    let hash = |word: &Word| words::hash(text_of(word).as_bytes());
    let names: MixMap<u32, ()> = list.iter().filter(|word| word.is_name).map(|word| (hash(word), ())).collect();
    for at in 0..list.len() {
        let word = list[at];
        let is_first = at == 0 || list[at - 1].unit != word.unit;
        let is_before_name = list.get(at + 1).is_some_and(|next| next.is_name && next.unit == word.unit);
        let is_telling = !word.is_stop && text_of(&word).chars().next().is_some_and(char::is_uppercase);
        if is_first && is_telling && (is_before_name || names.contains_key(&hash(&word))) {
            list[at].is_name = true;
        }
        let is_joint = !is_first && word.is_stop && is_before_name && list[at - 1].is_name;
        if list[at].is_name || is_joint {
            list[at].hold = list[at].hold.max(Hold::Fact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that are held, those that change the sense in upper case.
    fn held(text: &str) -> String {
        let document = Document::of(text);
        let list = words(&document);
        let own = list.iter().filter(|word| word.hold > Hold::Nothing).map(|word| {
            let own = &text[word.from as usize..word.to as usize];
            match word.hold {
                Hold::Sense => own.to_uppercase(),
                _ => own.to_owned(),
            }
        });
        own.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_must_stay_is_told() {
        for (text, kept) in [
            ("It was not so easy then.", "NOT SO"),
            ("They don't know it yet.", "DON'T KNOW"),
            ("It took three of 12 days there.", "three 12 days"),
            ("It costs some 40 € there.", "40 €"),
            ("They met Anna there.", "Anna"),
            ("He said “so be it” again.", "“so be it”"),
            ("He said \"so be it\", again.", "\"so be it\","),
            ("Run `make all` first of all.", "`make all`"),
            ("It lies in usr/bin today.", "usr/bin"),
            ("See https://a.example for more.", "https://a.example"),
            ("That must be done.", "MUST BE"),
            ("Das darf keiner wissen.", "DARF KEINER"),
            ("Это не так просто.", "НЕ ТАК"),
            ("Anna Berg saw it there.\n\nThen Anna left it.", "Anna Berg Anna"),
            ("They saw the University of Oslo there.", "University of Oslo"),
            ("It is no\nlonger so there.", "NO LONGER"),
            ("That is so.\n\nNo.\n\nThen it rains.", "NO."),
            ("They call load(None) there.", "LOAD(NONE) THERE."),
        ] {
            assert_eq!(held(text), kept, "{text}");
        }
        assert_eq!(held("This goes on in much the same way as before, and everybody was happy with it."), "");
        assert_eq!(held("# Heading of it"), "# Heading of it");
    }
}
