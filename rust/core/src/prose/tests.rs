//! What holds of every running text.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::retrieve::retrieve;

const KEY: &str = "Ab3dE5gH7jK";
const WORDS: [&str; 16] = [
    "harbour", "gauge", "measures", "level", "water", "every", "minute", "station", "antenna", "battery", "winter",
    "keys", "lid", "museum", "tide", "wall",
];

fn view(text: &str, question: &str) -> Option<View> {
    compress(&Task { question, key: Some(KEY), ..Task::lossless(text) }).lossy
}

/// Paragraphs of sentences, each of which has a number of its own.
fn document(paragraphs: usize, seed: usize) -> String {
    let mut text = String::new();
    for paragraph in 0..paragraphs {
        if paragraph % 3 == 0 {
            let _ = writeln!(text, "## Part {paragraph} of the {}\n", WORDS[(paragraph + seed) % WORDS.len()]);
        }
        for sentence in 0..5 {
            let number = 5 * paragraph + sentence;
            let word = |step: usize| WORDS[(number * step + seed + step) % WORDS.len()];
            let _ = write!(text, "Sentence {number} says that the {} and the {} saw a {}. ", word(3), word(5), word(7));
        }
        text.push_str("\n\n");
    }
    text
}

/// What a view shows, without the marker and marks; and the queries that its marks give.
fn parts(view: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut shown, mut queries) = (Vec::new(), Vec::new());
    let mut rest = view.split_once('\n').map_or("", |(_, body)| body);
    while let Some(at) = rest.find("[… ") {
        shown.push(rest[..at].trim());
        let (query, behind) = rest[at + "[… ".len()..].split_once(']').unwrap();
        queries.push(query);
        rest = behind;
    }
    shown.push(rest.trim());
    (shown, queries)
}

#[test]
fn what_is_asked_for_is_shown_below_its_heading_and_the_rest_by_its_place() {
    let text = document(12, 0);
    let view = view(&text, "What does sentence 37 say?").unwrap();
    assert!(view.text.contains("Sentence 37 says that"), "{}", view.text);
    assert!(view.text.contains("## Part 6 of the"), "{}", view.text);
    assert!(view.text.len() < text.len() / 2);
    assert_eq!(view.shown + view.dropped.iter().map(|(_, count)| count).sum::<usize>(), view.total);
}

#[test]
fn a_section_that_is_named_is_shown_whole() {
    let mut text = document(12, 0);
    text.push_str("## Fitting `--dry-run`\n\nFirst of all. Then the screws.\n\n```sh\nfit --now\n```\n\n## End\n\nNothing else.\n");
    let view = view(&text, "What must I know about \"Fitting `--dry-run`\"?").unwrap().text;
    assert!(view.contains("First of all. Then the screws.\n\n```sh\nfit --now\n```"), "{view}");
}

#[test]
fn where_nothing_is_asked_nothing_is_left_out() {
    let text = document(12, 0);
    for question in ["", "what is it?", "Wo liegt Zürich?"] {
        assert_eq!(view(&text, question), None, "{question}");
    }
}

#[test]
fn where_the_caller_wants_it_sentences_that_say_little_are_left_out() {
    let filler = "And so it went on in much the same way, as it had gone on for a long time before. ";
    let text = format!(
        "It must not be opened. {filler}{filler}It cost 40 €.\n\n{filler}{filler}{filler}They met Anna. {filler}\n"
    )
    .repeat(4);
    let task = Task { key: Some(KEY), unasked_share: Some(0.7), ..Task::lossless(&text) };
    let view = compress(&task).lossy.unwrap();
    let tokens = |text: &str| count(text, Encoding::O200kBase);
    assert!(tokens(&view.text) as f64 >= 0.7 * tokens(&text) as f64);
    for kept in ["must not be", "40 €", "met Anna"] {
        assert_eq!(view.text.matches(kept).count(), text.matches(kept).count(), "{kept}");
    }
    let code = format!("```sh\n{}```\n{filler}{filler}\n", "ls -l\n".repeat(40));
    assert_eq!(compress(&Task { text: &code, ..task }).lossy, None);
}

#[test]
fn passages_in_json_are_shortened_and_all_else_stays() {
    let passage = |seed: usize| document(3, seed).replace("## ", "").replace('\n', " ");
    let rows: Vec<String> = (0..8)
        .map(|n| {
            format!(
                "{{\"id\": {n}, \"source\": \"docs/{n}.md\", \"text\": \"\\u00e9 \\\"so\\\" {}\", \"score\": 0.{n}0}}",
                passage(n)
            )
        })
        .collect();
    let text = format!("[\n{}\n]", rows.join(",\n"));
    let scores = crate::detect::scores(&text);
    assert_eq!(score(&text, &scores, 0.0), 1.0);
    let view = view(&text, "what of sentence 7 in docs/3.md?").unwrap();
    assert!(view.kept.iter().any(|&(line, _)| line == 5), "{:?}", view.kept);
    let view = view.text;
    let body = view.split_once('\n').unwrap().1;
    assert!(json::parse::Tree::parse(body).is_some_and(|tree| tree.cut.is_none()), "{body}");
    for n in 0..8 {
        assert!(body.contains(&format!("{{\"id\": {n}, \"source\": \"docs/{n}.md\", \"text\": \"")), "{body}");
        assert!(body.contains(&format!("\"score\": 0.{n}0}}")));
    }
    assert!(view.len() < text.len() * 2 / 3);
    assert!(body.contains(" chars]"));
}

#[test]
fn a_talk_is_left_whole_unless_the_least_is_wanted() {
    let text: String = (0..60)
        .map(|n| format!("{}: I think that the {} of it is {n}.\n", ["Ann", "Bob"][n % 2], WORDS[n % 16]))
        .collect();
    assert_eq!(view(&text, "what did Ann say of the antenna?"), None);
    let deep =
        Task { question: "what did Ann say of the antenna?", key: Some(KEY), deep: true, ..Task::lossless(&text) };
    assert!(compress(&deep).lossy.unwrap().text.contains("antenna"));
}

#[test]
fn a_target_is_kept_and_a_deep_one_shows_parts_of_sentences() {
    let text = document(30, 2);
    let tokens = |text: &str| count(text, Encoding::O200kBase) as f64;
    for (ratio, deep) in [(0.3, false), (0.2, false), (0.12, true), (0.06, true)] {
        let task = Task {
            question: "Which sentence saw the museum?",
            key: Some(KEY),
            deep,
            target_ratio: Some(ratio),
            ..Task::lossless(&text)
        };
        let view = compress(&task).lossy.unwrap();
        assert!(tokens(&view.text) <= ratio * tokens(&text) + 3.0, "{ratio}: {}", tokens(&view.text) / tokens(&text));
        assert!(view.text.contains("museum"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn views_are_spans_of_the_text_and_gaps_can_be_asked_for(paragraphs in 4..20usize, seed in 0..16usize, number in 0..99usize, odd in "\\PC{0,20}") {
        let text = format!("{}{}\n{}", document(paragraphs, seed), odd.replace("[… ", ""), document(paragraphs, seed + 1));
        if let Some(view) = view(&text, &format!("what of sentence {number} and its {}?", WORDS[seed])) {
            let (shown, queries) = parts(&view.text);
            let mut at = 0;
            for piece in shown {
                let found = text[at..].find(piece);
                prop_assert!(found.is_some(), "{piece}");
                at += found.unwrap() + piece.len();
            }
            let whole = view.text.split_whitespace().collect::<String>().len();
            let gaps: Vec<String> = queries.iter().map(|query| retrieve(&text, query, 100_000).unwrap().text).collect();
            let marks: usize = queries.iter().map(|query| format!("[…{}]", query.replace(' ', "")).len()).sum();
            let marker = view.text.lines().next().unwrap().replace(' ', "").len();
            let bare = |text: &str| text.split_whitespace().collect::<String>().len();
            prop_assert_eq!(whole - marks - marker + gaps.iter().map(|gap| bare(gap)).sum::<usize>(), bare(&text));
        }
    }

    #[test]
    fn any_text_is_worked_on_and_forms_give_it_back(text in "(\\PC|[\n .`#|\\[\\]=]){0,300}", question in "\\PC{0,40}", deep: bool) {
        let task = Task { question: &question, key: Some(KEY), deep, unasked_share: Some(0.7), ..Task::lossless(&text) };
        let drafts = compress(&task);
        prop_assert_eq!(&drafts, &compress(&task));
        if let Some(form) = drafts.lossless {
            prop_assert_eq!(expand(&form).unwrap(), text);
        }
    }
}
