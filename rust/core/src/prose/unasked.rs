//! A document that nothing is asked of in, the sentences that can best be done without out.
//!
//! Only sentences without a number, a name, a quotation, code, an address, a path, a negation and a modal verb are ever left
//! out, never the first of a paragraph, and first those whose words stand elsewhere too.

use super::blocks::Form;
use super::document::{Document, Unit};
use crate::json::paths::MixMap;
use crate::words;

/// The share of code from which a text is left alone.
const MAX_CODE_SHARE: f64 = 0.25;

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

/// For each unit whether it stays; `None` where the text is mostly code, or of a script whose names cannot be told.
/// Sentences are left out until `floor` of all tokens, of which `costs` are the units', would not be there any more.
pub fn keep(document: &Document, costs: &[u32], floor: f64) -> Option<Vec<bool>> {
    let bytes =
        |units: &mut dyn Iterator<Item = &Unit>| units.map(|unit| (unit.to - unit.from) as usize).sum::<usize>();
    let all = bytes(&mut document.units.iter());
    let code = bytes(&mut document.units.iter().filter(|unit| matches!(unit.form, Form::Code | Form::Row)));
    if all == 0 || code as f64 > MAX_CODE_SHARE * all as f64 || is_caseless(document.text) {
        return None;
    }
    let mut order: Vec<(f32, usize)> = commonness(document);
    order.sort_by(|left, right| right.0.total_cmp(&left.0).then(right.1.cmp(&left.1)));
    let total: f64 = costs.iter().map(|&cost| f64::from(cost)).sum();
    let mut room = (1.0 - floor) * total;
    let mut is_kept = vec![true; document.units.len()];
    for (_, unit) in order {
        if f64::from(costs[unit]) <= room {
            room -= f64::from(costs[unit]);
            is_kept[unit] = false;
        }
    }
    Some(is_kept)
}

/// Whether much of a text is of scripts without upper case.
fn is_caseless(text: &str) -> bool {
    let sample = text.chars().take(2_000);
    let (mut letters, mut cased) = (0, 0);
    for letter in sample.filter(|character| character.is_alphabetic()) {
        letters += 1;
        cased += usize::from(letter.is_lowercase() || letter.is_uppercase());
    }
    cased * 10 < letters * 9
}

/// The sentences that may be left out, with how common their words are among all.
fn commonness(document: &Document) -> Vec<(f32, usize)> {
    let mut counts: MixMap<u32, u32> = MixMap::default();
    for unit in &document.units {
        let text = document.of_unit(unit).as_bytes();
        words::for_each(text, |from, to| *counts.entry(words::hash(&text[from..to])).or_insert(0) += 1);
    }
    let mut found = Vec::new();
    for (index, unit) in document.units.iter().enumerate() {
        let text = document.of_unit(unit);
        if !matches!(unit.form, Form::Text | Form::Item) || unit.is_first || is_protected(text) {
            continue;
        }
        let (mut sum, mut number) = (0.0, 0.0);
        words::for_each(text.as_bytes(), |from, to| {
            sum += 1.0 - 1.0 / counts[&words::hash(&text.as_bytes()[from..to])] as f32;
            number += 1.0;
        });
        found.push((sum / f32::max(number, 1.0), index));
    }
    found
}

/// Whether a sentence holds what must stay.
pub fn is_protected(text: &str) -> bool {
    let has_sign = text.bytes().any(|byte| {
        byte.is_ascii_digit()
            || matches!(byte, b'"' | b'`' | b'/' | b'\\' | b'_' | b'%' | b'$' | b'@' | b'<' | b'=' | b'|')
    });
    if has_sign || text.contains(['“', '”', '«', '»', '„', '‘', '「', '€', '£', '¥']) {
        return true;
    }
    let mut found = false;
    words::for_each_start(text.as_bytes(), |ordinal, start| {
        if !found {
            let word = &text[start..words::end_of(text.as_bytes(), start)];
            let is_name =
                ordinal > 0 && word.chars().any(char::is_uppercase) || word.chars().skip(1).any(char::is_uppercase);
            found = is_name || KEPT.contains(&word.to_lowercase().as_str());
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_stay_is_told() {
        for text in [
            "It was not so.",
            "It took three of 12 days.",
            "They met Anna there.",
            "He said “so be it” again.",
            "Run `make` first.",
            "It lies in usr/bin today.",
            "That must be done.",
            "Das darf keiner wissen.",
            "Это не так.",
            "They don't know it.",
            "ISO says so.",
        ] {
            assert!(is_protected(text), "{text}");
        }
        assert!(!is_protected("This goes on in much the same way as before, and everybody was happy with it."));
    }
}
