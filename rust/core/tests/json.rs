//! Invariants of the JSON compressor, on generated and on hostile inputs.

use headroom_core::json::{self, minify, parse::Tree, select::Budget};
use proptest::prelude::*;

const BALANCED: Budget = Budget { deep: false, target_ratio: None };

fn minified(text: &str) -> Option<String> {
    Tree::parse(text).map(|tree| String::from_utf8(minify::document(&tree)).unwrap())
}

/// A text survives: its lossless form is no longer than minified JSON, and expands to it.
fn check_lossless(text: &str) {
    let Some(minified) = minified(text) else {
        assert!(json::lossless(text, "", "").is_none());
        return;
    };
    let form = json::lossless(text, "which id is the largest?", "").expect("parses, so it has a form");
    assert!(form.len() <= minified.len(), "{form}\nis longer than\n{minified}");
    if Tree::parse(text).unwrap().max_depth <= json::parse::MAX_DEPTH {
        // The comparison in `lossless` is a safety net: the view itself must be right.
        let document = json::Document::read(text, "which id is the largest?", "").unwrap();
        let view = document.lossless_view().expect("UTF-8");
        let expanded = json::read::expand(&view).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(expanded.as_deref(), Some(minified.as_str()), "view was\n{view}");
    }
    if form != minified {
        assert_eq!(json::expand(&form).as_deref(), Some(minified.as_str()), "form was\n{form}");
    }
}

fn check_lossy(text: &str) {
    if let Some(view) = json::lossy(text, "which id is the largest?", "list {\"limit\": 20}", "0123456789a", BALANCED) {
        assert!(view.text.starts_with("[headroom json "));
        assert!(view.shown <= view.total);
        view.account(text);
    }
}

fn check(text: &str) {
    check_lossless(text);
    check_lossy(text);
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i32>().prop_map(|value| value.to_string()),
        (0u32..40).prop_map(|value| value.to_string()),
        Just("1.10".to_owned()),
        Just("-0".to_owned()),
        Just("1E400".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        Just("NaN".to_owned()),
        "[a-z]{0,6}".prop_map(|text| format!("\"{text}\"")),
        "(status|error|ok|2024-01-0[1-9]|user_0[0-9][0-9]|https://x.io/[a-c]/[0-9]{1,3})"
            .prop_map(|text| format!("\"{text}\"")),
        "[ ,;:=~&@^*.\\[\\]{}a0-]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("\"null\"".to_owned()),
        Just("\"12\"".to_owned()),
        Just("\"1..5\"".to_owned()),
        Just("\"\\ud800 lone\"".to_owned()),
        Just("\"tab\\tnew\\nline\\u0000\\\"q\\\"\"".to_owned()),
        Just("\"{\\\"inner\\\": [1, 2, {\\\"a\\\": null}]}\"".to_owned()),
        Just("\"[{\\\"a\\\":1},{\\\"a\\\":2}]\"".to_owned()),
        "\\PC{0,12}".prop_map(|text| serde_string(&text)),
    ]
}

fn serde_string(text: &str) -> String {
    let mut out = Vec::new();
    json::string::encode(text, &mut out);
    String::from_utf8(out).unwrap()
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-e]",
        "(id|name|status|user.name|a b|x:str|\\*|)".prop_map(|text| text.to_string()),
        "[ ,;:=~&@^*.\\[\\]{}a]{1,3}",
    ]
    .prop_map(|text| serde_string(&text))
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 120, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key(), inner.clone()), 0..8).prop_map(object),
            records(inner),
        ]
    })
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<String> = members.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", members.join(", "))
}

/// Arrays of records that mostly share their fields.
fn records(inner: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    (prop::collection::vec(key(), 1..6), 2usize..14).prop_flat_map(move |(keys, rows)| {
        let width = keys.len();
        let row = (prop::collection::vec(inner.clone(), width), any::<u8>());
        prop::collection::vec(row, rows).prop_map(move |rows| {
            let rows: Vec<String> = rows
                .into_iter()
                .enumerate()
                .map(|(ordinal, (values, skip))| {
                    let mut members: Vec<(String, String)> =
                        vec![("\"n\"".to_owned(), format!("{}", 10 + ordinal * 3))];
                    members.extend(keys.iter().cloned().zip(values));
                    if skip < 60 {
                        members.remove(skip as usize % members.len());
                    }
                    object(members)
                })
                .collect();
            format!("[\n  {}\n]", rows.join(",\n  "))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 4, ..ProptestConfig::default() })]

    #[test]
    fn every_document_survives(text in value()) {
        check(&text);
    }

    #[test]
    fn every_sequence_of_documents_survives(texts in prop::collection::vec(value(), 1..12)) {
        check(&texts.join("\n"));
    }

    #[test]
    fn every_cut_document_survives(text in value(), at in 0.3f64..1.0) {
        let mut end = (text.len() as f64 * at) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        check(&text[..end]);
    }

    #[test]
    fn no_text_is_too_strange(text in "[\\[\\]{}\",:0-9a\\\\ \n-]{0,60}") {
        check(&text);
        json::expand(&text);
    }

    #[test]
    fn expanding_a_mangled_form_never_panics(text in value(), at in 0.0f64..1.0, byte in any::<char>()) {
        if let Some(mut form) = json::lossless(&text, "", "") {
            let mut index = (form.len() as f64 * at) as usize;
            while !form.is_char_boundary(index) {
                index -= 1;
            }
            form.insert(index, byte);
            json::expand(&form);
        }
    }
}

#[test]
fn hostile_documents_pass_through_or_survive() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let open_ended = "[{\"a\":".repeat(50_000);
    for text in [
        deep.as_str(),
        &deep_objects,
        &open_ended,
        "[",
        "{",
        "{\"",
        "[1,",
        "\u{feff}[1,2,{\"a\":\"b\"}]",
        "[\"nul \u{0} byte\", \"x\"]",
        "[NaN, Infinity, -Infinity]",
        "{\"a\":1,\"a\":2,\"a\":{\"a\":3}}",
        "[1] trailing words",
        "[INFO] not json",
        "[[[[]]]]",
        "{\"\":\"\"}",
        "{\"a\":[[1,\"x\"],[2,\"y\"],[3,null],[4,\"x\"],[5,true]],\"b\":[[1,{\"c\":2}],[1,2,3]],\"a\":[[1]]}",
    ] {
        check(text);
    }
}

#[test]
fn large_documents_take_linear_time() {
    use std::time::Instant;
    let make = |rows: usize| {
        let rows: Vec<String> = (0..rows)
            .map(|n| format!("{{\"id\":{n},\"k{}\":\"v{}\",\"s\":\"{}\"}}", n % 7, n * 31 % 1000, "x".repeat(n % 50)))
            .collect();
        format!("[{}]", rows.join(","))
    };
    let time = |text: &str| {
        let start = Instant::now();
        check_lossy(text);
        json::lossless(text, "", "");
        start.elapsed().as_secs_f64() / text.len() as f64
    };
    let (small, large) = (make(4_000), make(64_000));
    time(&small);
    let ratio = time(&large) / time(&small);
    assert!(ratio < 6.0, "sixteen times the size took {ratio:.1} times as long per byte");
}

#[test]
fn columns_that_collections_share_are_said_once() {
    let leg = |n: usize| {
        let (number, seats, price) = (n * 7919 % 1000, n * 31 % 97, n * 173 % 911);
        format!("{{\"flight_number\":{number},\"destination\":{price},\"available_seats\":{seats}}}")
    };
    let trips: Vec<String> = (0..6).map(|n| format!("[{},{}]", leg(3 * n + 1), leg(7 * n + 5))).collect();
    let text = format!("[{}]", trips.join(","));
    let form = json::lossless(&text, "", "").unwrap();
    assert!(form.starts_with("&1={flight_number,destination,available_seats}\n"), "{form}");
    assert!(form.contains("\n@6[2]&1\n"), "{form}");
    check(&text);
    for hostile in ["&1={a}\n[2]&2\n1\n2", "&1=&1\n[2]&1\n1\n2", "&1={a}b\n[2]&1\n1\n2", "[2]&\n1\n2"] {
        assert_eq!(json::expand(hostile), None, "{hostile}");
    }
}
