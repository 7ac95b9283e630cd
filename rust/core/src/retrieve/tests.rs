use proptest::prelude::*;

use super::*;

const ENOUGH: usize = 1_000_000;

fn text_of(text: &str, query: &str) -> String {
    let answer = retrieve(text, query, ENOUGH).unwrap();
    assert_eq!(answer.next, None, "{query}");
    answer.text
}

fn counts(text: &str, query: &str) -> (usize, usize) {
    let answer = retrieve(text, query, ENOUGH).unwrap();
    (answer.shown, answer.total)
}

fn message(text: &str, query: &str) -> String {
    retrieve(text, query, ENOUGH).unwrap_err().to_string()
}

/// All parts of an answer, put together.
fn in_parts(text: &str, query: &str, max_tokens: usize) -> String {
    let mut whole = String::new();
    let mut query = query.to_owned();
    for _ in 0..100_000 {
        let answer = retrieve(text, &query, max_tokens).unwrap();
        assert!(
            ceiling::tokens(&answer.text) <= max_tokens || answer.text.chars().count() == 1,
            "{query}: {:?}",
            answer.text
        );
        whole.push_str(&answer.text);
        match answer.next {
            Some(next) => query = next,
            None => return whole,
        }
    }
    panic!("{query} does not come to an end");
}

const LOG: &str = "start\nload a\nERROR disk\nload b\n\nload c\nwarn: error\nend\n";
const SHOP: &str = "{\"total\": 3, \"items\": [{\"id\": 1.10, \"name\": \"pen\"}, {\"id\": 2, \"name\": \"ink\"}, \
                    {\"id\": 3, \"name\": \"pen & ink\"}], \"error\": \"none\"}";

#[test]
fn no_query_gives_the_whole_text() {
    assert_eq!(text_of(LOG, ""), LOG);
    assert_eq!(counts(LOG, " "), (8, 8));
    assert_eq!(retrieve("", "", 10).unwrap(), Answer { text: String::new(), shown: 0, total: 0, next: None });
}

#[test]
fn lines_are_exact_slices() {
    assert_eq!(text_of(LOG, "lines 2-3"), "load a\nERROR disk\n");
    assert_eq!(text_of(LOG, "lines 8"), "end\n");
    assert_eq!(text_of(LOG, "lines 7-"), "warn: error\nend\n");
    assert_eq!(text_of(LOG, "lines 1,3,8-"), "start\nERROR disk\nend\n");
    assert_eq!(counts(LOG, "lines 7-100"), (2, 8));
    assert_eq!(text_of(LOG, "lines 100-"), "");
    assert_eq!(text_of("a\r\nb", "lines 1"), "a\r\n");
}

#[test]
fn rows_are_records_as_written() {
    assert_eq!(text_of(SHOP, "rows 1"), r#"{"id": 1.10, "name": "pen"}"#);
    assert_eq!(text_of(SHOP, "rows 1,3"), "{\"id\": 1.10, \"name\": \"pen\"}\n{\"id\": 3, \"name\": \"pen & ink\"}");
    assert_eq!(counts(SHOP, "rows 2-9"), (2, 3));
    assert_eq!(text_of(LOG, "rows 5"), "load c");
}

#[test]
fn chars_count_characters() {
    assert_eq!(text_of("aé😀z", "chars 2-3"), "é😀");
    assert_eq!(text_of("aé😀z", "chars 4-"), "z");
    assert_eq!(counts("aé😀z", "chars 2-3"), (2, 4));
    assert_eq!(text_of("aé😀z", "chars 9-"), "");
    assert!(message("abc", "chars 1,3").ends_with("write `chars 1`"));
}

#[test]
fn a_path_gives_values_as_written() {
    assert_eq!(text_of(SHOP, "$.items[0].id"), "1.10");
    assert_eq!(text_of(SHOP, "$.items[*].name"), "\"pen\"\n\"ink\"\n\"pen & ink\"");
    assert_eq!(counts(SHOP, "$.items[1:].id"), (2, 2));
    assert_eq!(counts(SHOP, "$.nothing"), (0, 0));
    assert_eq!(text_of(SHOP, "$"), SHOP);
}

#[test]
fn a_path_works_on_one_document_a_line() {
    let text = "{\"a\": 1}\nnot json\n{\"a\": [2, 3]}\n";
    assert_eq!(text_of(text, "$.a"), "1\n[2, 3]");
    assert_eq!(text_of(text, "$[0].a"), "1");
    assert_eq!(text_of(text, "$[-1].a[1]"), "3");
    assert_eq!(text_of(text, "$"), text);
    assert_eq!(text_of(text, "rows 3 | $.a[0]"), "2");
}

#[test]
fn a_string_that_is_piped_on_is_the_text_it_stands_for() {
    let text = r#"{"stdout": "one\ntwo é\u00e9\n{\"deep\": [1]}", "code": 1}"#;
    assert_eq!(text_of(text, "$.stdout | lines 2"), "two éé\n");
    assert_eq!(text_of(text, "$.stdout | grep two"), "2:two éé");
    assert_eq!(text_of(text, "$.stdout | lines 3 | $.deep"), "[1]");
    assert_eq!(text_of(text, "$.stdout"), r#""one\ntwo é\u00e9\n{\"deep\": [1]}""#);
}

#[test]
fn grep_gives_numbers_and_context() {
    assert_eq!(text_of(LOG, "grep error"), "7:warn: error");
    assert_eq!(text_of(LOG, "grep -i error"), "3:ERROR disk\n7:warn: error");
    assert_eq!(text_of(LOG, "grep ERROR -C 1"), "2-load a\n3:ERROR disk\n4-load b");
    assert_eq!(text_of(LOG, "grep -B1 -A 2 ERROR"), "2-load a\n3:ERROR disk\n4-load b\n5-");
    assert_eq!(text_of(LOG, "grep 'start|end' -C 1"), "1:start\n2-load a\n--\n7-warn: error\n8:end");
    assert_eq!(text_of(LOG, "grep -vi 'load|err'"), "1:start\n5:\n8:end");
    assert_eq!(counts(LOG, "grep -i error -C 3"), (2, 2));
    assert_eq!(counts(LOG, "grep nothing"), (0, 0));
    assert_eq!(text_of(LOG, "lines 4- | grep error"), "7:warn: error");
    assert_eq!(text_of(LOG, "lines 1,6-7 | grep error$"), "7:warn: error");
}

#[test]
fn a_pattern_is_what_is_left_between_flags() {
    let text = "a -i b\nA -I B\ndon't\n\"q\"\na.b\nab\n";
    assert_eq!(text_of(text, "grep a -i b"), "1:a -i b");
    assert_eq!(text_of(text, "grep don't"), "3:don't");
    assert_eq!(text_of(text, r#"grep "\"q\"""#), "4:\"q\"");
    assert_eq!(text_of(text, "grep -F a.b"), "5:a.b");
    assert_eq!(text_of(text, "grep -nE -w ab"), "6:ab");
    assert_eq!(text_of(text, "grep -- -i"), "1:a -i b");
    assert_eq!(text_of(text, "grep -e -i"), "1:a -i b");
    assert_eq!(text_of(text, "grep ^a.*b$ -i | rows 2"), "2:A -I B");
}

#[test]
fn records_of_json_on_one_line_are_found_like_lines() {
    assert_eq!(text_of(SHOP, "grep ink"), "2:{\"id\": 2, \"name\": \"ink\"}\n3:{\"id\": 3, \"name\": \"pen & ink\"}");
    assert_eq!(text_of(SHOP, "grep none"), "chars 109-127:], \"error\": \"none\"}");
    assert_eq!(text_of(SHOP, "chars 109-127"), "], \"error\": \"none\"}");
    assert_eq!(text_of(SHOP, "grep ink | $.id"), "2\n3");
    assert_eq!(text_of(SHOP, "rows 2- | grep pen"), "3:{\"id\": 3, \"name\": \"pen & ink\"}");
}

#[test]
fn of_a_long_line_the_surroundings_of_matches_are_given() {
    let text = format!("short needle\n{}needle{}é needle\n", "x".repeat(50_000), "y".repeat(50_000));
    let answer = text_of(&text, "grep needle");
    let parts: Vec<&str> = answer.lines().collect();
    assert_eq!(parts[0], "1:short needle");
    assert_eq!(parts[1], format!("2:chars 49914-50119:{}needle{}", "x".repeat(100), "y".repeat(100)));
    assert!(parts[2].starts_with("2:chars 99"), "{}", parts[2]);
    assert!(parts[2].ends_with("yyé needle"));
    assert_eq!(text_of(&text, "chars 49914-50119"), parts[1].rsplit(':').next().unwrap());
    assert_eq!(counts(&text, "grep needley+é"), (1, 1));
}

#[test]
fn what_does_not_fit_comes_in_parts_that_make_the_whole() {
    let lines: String = (0..500).map(|number| format!("line {number} of many\n")).collect();
    let first = retrieve(&lines, "", 100).unwrap();
    assert_eq!(first.next, Some(format!("lines {}-", first.shown + 1)));
    assert_eq!(first.total, 500);
    assert_eq!(in_parts(&lines, "", 100), lines);
    assert_eq!(in_parts(&lines, "lines 10-300", 100), text_of(&lines, "lines 10-300"));
    assert_eq!(in_parts(&lines, "lines 10-50,60,70-", 100), text_of(&lines, "lines 10-50,60,70-"));
    assert_eq!(in_parts(&lines, "grep 7 -C 1", 60), text_of(&lines, "grep 7 -C 1"));
    assert_eq!(in_parts(&lines, "grep 7 | rows 5-", 60), text_of(&lines, "grep 7 | rows 5-"));

    let rows: Vec<String> = (0..300).map(|number| format!("{{\"id\": {number}, \"name\": \"é{number}\"}}")).collect();
    let array = format!("[{}]", rows.join(", "));
    let first = retrieve(&array, "rows 5-200", 100).unwrap();
    assert_eq!(first.next, Some(format!("rows {}-200", 5 + first.shown)));
    for query in ["", "rows 5-200", "$[*].name", "$", "grep 7", "chars 100-4000", "$..id | rows 3-200"] {
        assert_eq!(in_parts(&array, query, 100), text_of(&array, query), "{query}");
    }
    assert_eq!(in_parts(&array, "", 1), array);
}

#[test]
fn a_string_that_does_not_fit_comes_as_text_in_parts() {
    let inside: String = (0..100).map(|number| format!("line \"{number}\"\n")).collect();
    let text =
        format!("{{\"out\": {}}}", inside.replace('"', "\\\"").replace('\n', "\\n").replacen("", "\"", 1) + "\"");
    let first = retrieve(&text, "$.out", 50).unwrap();
    assert_eq!(first.next, Some(format!("$.out | lines {}-", first.shown + 1)));
    assert_eq!(in_parts(&text, "$.out", 50), inside);
}

#[test]
fn what_is_no_json_says_where() {
    let message = message("[1,\n 2 3]", "$[0]");
    assert_eq!(message, "query `$[0]`: the text is not JSON (line 2, char 4); write `lines 1-40` or `grep REGEX`");
}

#[test]
fn a_path_into_code_leads_to_what_it_meant() {
    let message = message("class Order:\n    def total(self): ...\n", "$.Order.total[0] | rows 1");
    assert!(message.ends_with("write `lines 1-40` or `grep total`"), "{message}");
}

#[test]
fn a_bar_of_the_old_kind_that_finds_nothing_is_explained() {
    assert!(message(LOG, r"grep disk\|end").ends_with("write `grep 'disk|end'` for either of two"));
    assert_eq!(counts(LOG, r"grep foo\|bar"), (0, 0));
    assert_eq!(text_of("a|b", r"grep a\|b"), "1:a|b");
}

#[test]
fn hostile_texts_take_linear_time() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(retrieve(&deep, "$..*", 400_000).unwrap().total, 99_999);
    assert!(retrieve(&deep, "$..*", 1000).is_err());
    assert!(retrieve(&deep, "$..* | rows 1", 1000).unwrap().next.unwrap().starts_with("$..* | rows 1 | chars "));
    assert!(message(&deep, "$..* | grep x").contains("lie inside each other; write `$..* | rows 1`"));
    assert_eq!(counts(&deep, "rows 1-"), (1, 1));
    assert!(message(&"[".repeat(1_000_001), "$..a").contains("nested too deeply"));

    let line = "é".repeat(5_000_000);
    let first = retrieve(&line, "", 1000).unwrap();
    assert_eq!(first.next, Some(format!("chars {}-", first.shown + 1)));
    assert_eq!(first.total, 5_000_000);
    assert_eq!(retrieve(&line, "grep z", 1000).unwrap().total, 0);
    assert_eq!(retrieve(&line, r"grep ^.*[^z]|[a-z]", 1000).unwrap().total, 1);

    let breaks = "\n".repeat(5_000_000);
    assert_eq!(retrieve(&breaks, "grep '^$'", 1000).unwrap().total, 5_000_000);
    assert_eq!(retrieve(&breaks, "lines 4000000-", 1000).unwrap().total, 5_000_000);
    assert!(message("a", "grep (a{1000}){1000}").contains("too large when compiled"));
}

proptest! {
    #[test]
    fn any_query_on_any_text_gives_an_answer_or_an_error(
        text in r#"([\[\]{}",:\\a1 é\n\r]|"a":){0,60}"#,
        query in r#"(lines |rows |chars |grep |\$|\.a|\[\*\]|\.\.|\[|\]|'|"| \| |-C 1|[0-9],?-?|a|\\|é| ){0,8}"#,
        max_tokens in 0..30usize,
    ) {
        if let Err(QueryError(message)) = retrieve(&text, &query, max_tokens) {
            let (_, nearest) = message.rsplit_once("; write `").unwrap_or_else(|| panic!("{message}"));
            let nearest = nearest.split('`').next().unwrap_or_default();
            prop_assert!(query::parse(nearest).is_ok(), "{}", message);
        }
    }

    #[test]
    fn parts_make_the_whole(
        text in r#"([\[\]{}",:\\a1 é\n\r]|"a":|\{"a":1\},){0,80}"#,
        query in prop::sample::select(vec![
            "", "lines 2-", "lines 1,3-4", "rows 1-", "rows 2-5", "chars 2-40", "grep a", "grep -v a", "grep a -C 1",
        ]),
        max_tokens in 1..12usize,
    ) {
        prop_assert_eq!(in_parts(&text, query, max_tokens), retrieve(&text, query, ENOUGH).unwrap().text);
    }

    #[test]
    fn values_in_parts_make_all_values(
        text in r#"\[(\{"a":(1|\["é b"\]|\[2\])\},){0,20}1\]"#,
        query in prop::sample::select(vec!["$", "$.a", "$[*]", "$..*", "$[1:].a", "$[0]", "$..a | grep 2"]),
        max_tokens in 1..12usize,
    ) {
        // A string that does not fit comes as the text it stands for, so none is asked for on its own here.
        prop_assert_eq!(in_parts(&text, query, max_tokens), retrieve(&text, query, ENOUGH).unwrap().text);
    }
}
