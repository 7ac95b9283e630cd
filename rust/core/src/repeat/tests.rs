use proptest::prelude::*;

use super::*;

const KEY: &str = "Ab3dE5gH7jK";

fn shown(texts: &[&str]) -> Shown {
    let mut shown = Shown::new();
    for text in texts {
        shown.add((*text).to_owned(), false);
    }
    shown
}

fn source(lines: std::ops::Range<usize>) -> String {
    lines.map(|line| format!("    value_{line} = table.lookup({line}, otherwise=None)\n")).collect()
}

#[test]
fn lines_that_stand_above_are_referred_to_by_the_line_before_them() {
    let shown = shown(&[&format!("begin:\n{}", source(0..40))]);
    let text = format!("begin:\n{}", source(0..40)) + &source(40..50);
    let form = shown.write(&text, KEY).unwrap();
    let expected = ["[headroom repeat 12/52 lines key=Ab3dE5gH7jK]", "begin:", "[+40 lines as above]", &source(40..50)];
    assert_eq!(form.text, expected.join("\n"));
    assert_eq!((form.shown, form.total, form.sources.as_slice()), (12, 52, [0].as_slice()));
    assert_eq!(shown.expand(&form.text).as_deref(), Some(text.as_str()));
}

#[test]
fn a_long_line_that_stands_above_is_only_begun() {
    let shown = shown(&[&source(0..40)]);
    let text = format!("{}other\n{}", source(20..31), source(7..8));
    let form = shown.write(&text, KEY).unwrap();
    let expected = [
        "[headroom repeat 2/14 lines key=Ab3dE5gH7jK]",
        "    value_20[…+10 lines as above]",
        "other",
        "    value_7 =[… as above]",
        "",
    ];
    assert_eq!(form.text, expected.join("\n"));
    assert_eq!(shown.expand(&form.text), Some(text));
}

#[test]
fn the_beginning_of_a_line_is_as_long_as_tells_it_from_the_last_ones() {
    let long =
        |end: &str| format!("    the value of it is taken from the table of all the numbers that we know, {end}");
    let shown =
        shown(&[
            &[long("and so on and on"), "    the value of it is taken from elsewhere in this case".into()].join("\n")
        ]);
    let form = shown.write(&long("and so on and on"), KEY).unwrap();
    assert!(form.text.ends_with("\n    the value of it is taken from the table of[… as above]"), "{}", form.text);
    // No beginning is offered where a later line has it.
    assert_eq!(shown.write(&long("and so on"), KEY), None);
}

#[test]
fn a_line_that_a_search_found_is_known_again_in_its_file_and_the_other_way_round() {
    let (found, read) = (format!("src/a.py:31:{}", source(5..6)), format!("   31\t{}", source(5..6)));
    for (first, then, start) in [(&found, &read, "   31\t    value_5 ="), (&read, &found, "src/a.py:31:    value_5 =")]
    {
        let shown = shown(&[first]);
        let form = shown.write(then, KEY).unwrap();
        assert!(form.text.ends_with(&format!("]\n{start}[… as above]\n")), "{}", form.text);
        assert_eq!(shown.expand(&form.text).as_ref(), Some(then));
    }
}

#[test]
fn numbers_may_come_go_and_move_on() {
    let plain = source(0..40);
    let lines = |first: usize| -> String {
        plain.lines().enumerate().map(|(index, line)| format!("{:>6}\t{line}\n", first + index)).collect()
    };
    for (before, after) in [(plain.clone(), lines(95)), (lines(95), plain.clone()), (lines(1), lines(995))] {
        let shown = shown(&[&before]);
        let form = shown.write(&after, KEY).unwrap();
        assert!(form.text.contains("    value_0 =[…+39 lines as above, renumbered]"), "{}", form.text);
        assert_eq!(shown.expand(&form.text), Some(after));
    }
}

#[test]
fn what_refers_is_no_source_but_what_it_adds_is() {
    let mut shown = shown(&[&source(0..40)]);
    let form = shown.write(&source(20..60), KEY).unwrap();
    shown.add(form.text, true);
    let third = shown.write(&source(30..58), KEY).unwrap();
    assert_eq!(third.sources, [0, 1]);
    assert_eq!(shown.expand(&third.text), Some(source(30..58)));
}

#[test]
fn a_line_that_is_shown_often_tells_no_place() {
    let shown = shown(&[&format!("same\n{}", source(0..9)), "same\nother\nsame\nsame\n"]);
    let form = shown.write(&format!("same\n{}", source(0..9)), KEY).unwrap();
    assert!(form.text.contains("same\n    value_0 =[…+8 lines as above]"), "{}", form.text);
}

#[test]
fn the_last_place_of_a_line_is_meant() {
    let (first, second) = (format!("fn main() {{\n{}", source(0..9)), format!("fn main() {{\n{}", source(9..20)));
    let shown = shown(&[&first, &second]);
    let form = shown.write(&second, KEY).unwrap();
    assert!(form.text.ends_with("]\nfn main() {\n[+11 lines as above]\n"), "{}", form.text);
    assert_eq!((shown.expand(&form.text), form.sources), (Some(second), vec![1]));
}

#[test]
fn what_looks_like_a_reference_is_left_alone() {
    for line in ["[+3 lines as above]", "x[… as above]", "x[…+3 lines as above, renumbered]"] {
        let text = format!("{}{line}\n", source(0..40));
        assert_eq!(shown(&[&text]).write(&text, KEY), None, "{line}");
    }
    assert_eq!(shown(&[]).write(&source(0..9), KEY), None);
}

#[test]
fn a_reference_that_leads_nowhere_expands_to_nothing() {
    let shown = shown(&[&source(0..10)]);
    let forms = [
        "[+3 lines as above]",
        "x\n[+3 lines as above]",
        "    value_77[… as above]",
        "    value_3[…+30 lines as above]",
    ];
    for form in forms.into_iter().chain([format!("{}[+30 lines as above]", source(0..1)).as_str()]) {
        assert_eq!(shown.expand(&format!("[headroom repeat 1/4 lines key={KEY}]\n{form}")), None);
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let blanks = "x\n".to_owned() + &"\n".repeat(200_000);
    let stairs: String = (0..3_000).map(|width| format!("{}a{width}\n\n\n\n", " ".repeat(width % 50))).collect();
    let one_line = "word ".repeat(400_000);
    for text in [blanks, stairs, one_line] {
        let shown = shown(&[&text, &text]);
        let form = shown.write(&format!("first\n{text}"), KEY);
        assert!(form.is_none_or(|form| shown.expand(&form.text) == Some(format!("first\n{text}"))));
    }
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => (0u8..40).prop_map(|n| format!("    the value of field {n} is taken from the table of numbers")),
        2 => (0u32..30, 0u8..40).prop_map(|(at, n)| format!("{at:>4}:    the value of field {n} is taken from the")),
        1 => Just(String::new()),
        1 => Just("    }\r".to_owned()),
        1 => "[ -~é→\t]{0,60}",
        1 => Just("[+3 lines as above]".to_owned()),
        1 => (0u8..9).prop_map(|n| format!("src/a{n}.py:{n}:    the value of field {n} is taken from the table of numbers")),
        1 => Just("    the value of field 3[… as above]".to_owned()),
    ];
    proptest::collection::vec(line, 0..30).prop_map(|lines| lines.join("\n"))
}

/// A text made of pieces of others, numbered or not, and of new lines.
fn like(texts: Vec<String>) -> impl Strategy<Value = String> {
    let piece = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0usize..40, prop::option::of(0u32..2_000));
    let texts = std::sync::Arc::new(texts);
    proptest::collection::vec((piece, lines()), 1..4).prop_map(move |pieces| {
        let mut out = String::new();
        for ((text, start, length, first), new) in pieces {
            let all: Vec<&str> = text.get(&texts).split('\n').collect();
            let start = start.index(all.len());
            for (offset, line) in all[start..].iter().take(length).enumerate() {
                match first {
                    Some(first) => out.push_str(&format!("{:>5}\t{}\n", first + offset as u32, line::body(line))),
                    None => out.push_str(&format!("{line}\n")),
                }
            }
            out.push_str(&new);
        }
        out
    })
}

fn cases() -> impl Strategy<Value = (Vec<String>, String)> {
    proptest::collection::vec(lines(), 1..4).prop_flat_map(|texts| (Just(texts.clone()), like(texts)))
}

proptest! {
    #[test]
    fn every_form_gives_back_its_text((texts, text) in cases()) {
        let mut shown = Shown::new();
        for each in texts {
            let form = shown.write(&each, KEY);
            let referring = form.is_some();
            shown.add(form.map_or(each, |form| form.text), referring);
        }
        if let Some(form) = shown.write(&text, KEY) {
            prop_assert_eq!(shown.expand(&form.text), Some(text));
            prop_assert!(form.shown < form.total);
        }
    }
}
