//! What holds of every text in parts.

use proptest::prelude::*;

use super::*;
use crate::kind;

const KEY: &str = "Ab3dE5gH7jK";

fn log(lines: usize) -> String {
    (0..lines).map(|n| format!("2024-05-06 10:00:{:02} INFO worker {n} took job {}\n", n % 60, n * 7)).collect()
}

fn hits(count: usize) -> String {
    (0..count).map(|n| format!("src/a/b{}.rs:{n}:    let value = {n};\n", n / 9)).collect()
}

fn records(count: usize, spelling: usize) -> String {
    let rows: Vec<String> = (0..count).map(|n| format!("{{\"id\": {n}, \"state\": \"done\", \"e\": 1.0e2}}")).collect();
    match spelling {
        0 => format!("[{}]", rows.join(", ")),
        1 => format!("[{}]", rows.join(",").replace(": ", ":").replace(", ", ",")),
        2 => rows.join("\n"),
        _ => format!("[ {} ]", rows.join(" , ")),
    }
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        (10..60usize).prop_map(log),
        (10..60usize).prop_map(hits),
        (10..40usize, 0..4usize).prop_map(|(count, spelling)| records(count, spelling)),
        "[a-zé ,.\r\n]{0,300}",
        Just("#part 1-2 text 1\n".to_owned()),
        Just("```\n".to_owned()),
    ]
}

fn borders() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n"),
        Just("\n\n"),
        Just("\n<out>\n"),
        Just("\n$ run it\r\n"),
        Just("\n=== next ===\n"),
        Just(" ")
    ]
    .prop_map(str::to_owned)
}

fn in_parts() -> impl Strategy<Value = String> {
    proptest::collection::vec((borders(), part()), 1..7)
        .prop_map(|parts| parts.into_iter().map(|(border, part)| border + &part).collect())
}

fn without_space(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

fn as_json(text: &str) -> String {
    let mut out = Vec::new();
    crate::json::string::encode(text, &mut out);
    String::from_utf8(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_parts_of_a_lossless_form_put_back_are_the_text(text in in_parts()) {
        if let Some(form) = compress(&Task::lossless(&text)).lossless {
            let back = kind::expand(&form).unwrap();
            // JSON in an odd spelling comes back minified.
            prop_assert_eq!(without_space(&back), without_space(&text));
            let parts = split::split(&text, split::best(&text)).unwrap().parts;
            for part in parts.iter().filter(|part| part.sort != Sort::Json) {
                prop_assert!(back.contains(&text[part.range.clone()]));
            }
        }
    }

    #[test]
    fn the_strings_of_a_lossless_form_put_back_are_the_json(first in in_parts(), second in in_parts()) {
        let text = format!("{{\"code\": 1, \"out\": {}, \"err\": {}}}", as_json(&first), as_json(&second));
        if let Some(form) = compress(&Task::lossless(&text)).lossless {
            let expected = format!("{{\"code\":1,\"out\":{},\"err\":{}}}", as_json(&first), as_json(&second));
            prop_assert_eq!(kind::expand(&form), minified(&expected).map(Cow::into_owned));
        }
    }

    #[test]
    fn a_view_counts_its_parts_and_shows_text_of_no_kind_whole(text in in_parts()) {
        let task = Task { key: Some(KEY), ..Task::lossless(&text) };
        if let Some(view) = compress(&task).lossy {
            prop_assert!(view.shown < view.total);
            prop_assert!(view.text.starts_with("[headroom mixed "));
            prop_assert!(view.text.len() < text.len());
            let parts = split::split(&text, split::best(&text)).unwrap().parts;
            for part in parts.iter().filter(|part| part.sort == Sort::Text) {
                prop_assert!(view.text.contains(&text[part.range.clone()]));
            }
        }
    }

    #[test]
    fn any_text_is_scored_and_worked_on(text in "\\PC{0,400}|[\\[\\]{}\",:\\\\n@<>`#$ \n]{0,2000}") {
        prop_assert!((0.0..=1.0).contains(&score(&text, crate::detect::scores(&text))));
        compress(&Task { key: Some(KEY), ..Task::lossless(&text) });
        expand(&text);
    }
}

#[test]
fn a_form_within_a_form_is_refused() {
    let inner = compress(&Task::lossless(&format!("{}\n{}", records(40, 0), hits(40)))).lossless.unwrap();
    let lines = inner.matches('\n').count() + 1;
    let head = inner.lines().next().unwrap();
    assert_eq!(expand(&format!("{head}\n#part 1-9 mixed {lines}\n{inner}")), None);
    assert_eq!(expand(&format!("{head}\n#part 1-9 text {}\n{inner}", lines + 1)), None);
    assert!(expand(&format!("{head}\n#part 1-9 text {lines}\n{inner}")).is_some());
}

#[test]
fn a_target_is_for_the_whole() {
    let words = "Some words that no kind knows, and that stay. ".repeat(60);
    let text = format!("{words}\n{}\n\n{}", records(300, 0), log(300));
    let tokens = |text: &str| crate::tokens::count(text, crate::tokens::Encoding::O200kBase);
    let task = Task { key: Some(KEY), target_ratio: Some(0.15), deep: true, ..Task::lossless(&text) };
    let view = compress(&task).lossy.unwrap();
    assert!(view.text.contains(&words));
    assert!(tokens(&view.text) as f64 <= 0.15 * tokens(&text) as f64, "{} of {}", tokens(&view.text), tokens(&text));
}

#[test]
fn gaps_in_code_say_where_in_the_whole_they_are() {
    let body: String = (0..20)
        .map(|n| format!("    if check(seed, {n}):\n        for each in range({n}):\n            yield each\n"))
        .collect();
    let code: String = (0..6)
        .map(|n| format!("def work_{n}(seed):\n    \"\"\"Works.\"\"\"\n    value = seed\n{body}    return value\n\n\n"))
        .collect();
    let text = format!("{}$ cat work.py\n{code}$ cat orders.json\n{}\n", "$ ls\nwork.py\n", records(400, 0));
    let view = compress(&Task { key: Some(KEY), ..Task::lossless(&text) }).lossy.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let gaps = view.text.lines().filter_map(|line| line.trim_start().strip_prefix("… "));
    let places: Vec<(usize, usize)> = gaps
        .filter_map(|gap| {
            let (from, to) = gap.rsplit_once(' ')?.1.split_once('-')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        })
        .collect();
    assert!(places.len() >= 6, "{}", view.text);
    for (from, to) in places {
        let hidden = &lines[from - 1..to];
        assert!(hidden.iter().any(|line| line.contains("yield each")), "{from}-{to}: {hidden:?}");
        assert!(
            hidden.iter().all(|line| !line.starts_with("def ") && !line.starts_with("$ ")),
            "{from}-{to}: {hidden:?}"
        );
    }
}

#[test]
fn records_with_long_texts_beside_other_fields_are_no_envelope() {
    let messages = |file: usize| {
        let one =
            |n: usize| format!(r#"{{"ruleId":"no-var","severity":1,"line":{n},"column":{},"endLine":{n}}}"#, n % 9);
        (0..60).map(|n| one(n + file)).collect::<Vec<_>>().join(",")
    };
    let source = "var value = require('value');\\nmodule.exports = value;\\n".repeat(90);
    let rows: Vec<String> = (0..6)
        .map(|n| format!(r#"{{"filePath":"/srv/lib/{n}.js","messages":[{}],"source":"{source}"}}"#, messages(n)))
        .collect();
    let text = format!("[{}]", rows.join(","));
    assert_eq!(score(&text, [0.0; crate::kind::Kind::ALL.len()]), 0.0);
}
