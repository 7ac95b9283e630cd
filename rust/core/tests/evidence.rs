//! What a lossy view of JSON keeps in sight, whatever the question.

use headroom_core::json::{self, select::Budget};

const BALANCED: Budget = Budget { deep: false, target_ratio: None };

fn view(text: &str, query: &str) -> String {
    json::lossy(text, query, "", "0123456789a", BALANCED).expect("is JSON").text
}

/// Two hundred unremarkable records, with `special` in the middle.
fn records(special: &str) -> String {
    let mut rows: Vec<String> = (0..200)
        .map(|n| {
            let (state, load) = (["ready", "busy", "idle"][n % 3], 40 + n * 7 % 23);
            format!(r#"{{"name":"node-{n:03}","state":"{state}","load":{load},"zone":"z{}","error":null}}"#, n % 5)
        })
        .collect();
    rows.insert(123, special.to_owned());
    format!("[{}]", rows.join(", "))
}

fn keeps(special: &str, query: &str, needles: &[&str]) {
    let text = records(special);
    let view = view(&text, query);
    assert!(view.len() * 3 < text.len(), "a view of {} of {} bytes", view.len(), text.len());
    for needle in needles {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
}

#[test]
fn the_largest_and_the_smallest_number_stay_in_sight() {
    keeps(r#"{"name":"node-x","state":"idle","load":9000,"zone":"z1","error":null}"#, "", &["node-x", "9000"]);
    keeps(r#"{"name":"node-y","state":"idle","load":-3,"zone":"z1","error":null}"#, "", &["node-y", "-3"]);
}

#[test]
fn a_value_that_occurs_once_stays_in_sight() {
    keeps(r#"{"name":"node-x","state":"draining","load":50,"zone":"z1","error":null}"#, "", &["node-x", "draining"]);
}

#[test]
fn failures_stay_in_sight_in_any_language() {
    for message in
        ["connection refused", "磁盘错误", "ошибка диска", "Zeitüberschreitung: Fehler 7", "échec de lecture"]
    {
        let special = format!(r#"{{"name":"node-x","state":"idle","load":50,"zone":"z1","error":"{message}"}}"#);
        keeps(&special, "", &["node-x", message]);
    }
}

#[test]
fn a_field_that_one_record_has_stays_in_sight() {
    let special = r#"{"name":"node-x","state":"idle","load":50,"zone":"z1","error":null,"taint":"gpu"}"#;
    keeps(special, "", &["node-x", "taint", "gpu"]);
}

#[test]
fn what_the_question_names_stays_in_sight() {
    let special = r#"{"name":"Bring it On","state":"idle","load":50,"zone":"z1","error":null}"#;
    keeps(special, "What is the load of Bring it On?", &["Bring it On"]);
    keeps(special, "How is node-077 doing?", &["node-077"]);
}

#[test]
fn first_and_last_records_and_the_count_stay_in_sight() {
    let view = view(&records(r#"{"name":"last"}"#), "");
    for needle in ["node-000", "node-199", "[201]", "/201 rows key=0123456789a]"] {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
}

#[test]
fn counting_questions_find_their_answer_in_the_summary() {
    let view = view(&records(r#"{"name":"node-x","state":"idle","load":50,"zone":"z1","error":null}"#), "");
    for needle in ["# state ", "idle×67", "ready×67", "busy×67"] {
        assert!(view.contains(needle), "{view}");
    }
    assert!(view.contains("# load 40..62, median"), "{view}");
}

#[test]
fn a_change_of_state_stays_in_sight() {
    let rows: Vec<String> = (0..300)
        .map(|n| format!(r#"{{"at":{n},"mode":"{}","value":{}}}"#, if n < 217 { "normal" } else { "degraded" }, n % 17))
        .collect();
    let view = view(&format!("[{}]", rows.join(",")), "");
    assert!(view.contains("218:217,degraded"), "{view}");
}

#[test]
fn a_hit_deep_inside_keeps_what_it_stands_in() {
    let packages: Vec<String> = (0..60)
        .map(|n| {
            let inner: Vec<String> =
                (0..20).map(|m| format!(r#""dep-{n}-{m}":{{"version":"{n}.{m}.0","resolved":true}}"#)).collect();
            format!(r#""top-{n}":{{"version":"{n}.0.0","dependencies":{{{}}}}}"#, inner.join(","))
        })
        .collect();
    let text = format!(r#"{{"name":"app","dependencies":{{{}}}}}"#, packages.join(","));
    let view = view(&text, "Which package brings in dep-41-7, and which version is it?");
    for needle in ["top-41", "dep-41-7", "41.7.0"] {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
    assert!(view.len() * 5 < text.len());
}

#[test]
fn long_texts_show_head_tail_and_what_the_question_names() {
    let long = |n: usize| {
        format!("begin-{n} {} the zebra crossed {} end-{n}", "lorem ipsum ".repeat(200), "dolor sit ".repeat(200))
    };
    let rows: Vec<String> = (0..40)
        .map(|n| {
            let body = if n == 20 { long(n) } else { long(n).replace("zebra", "horse") };
            format!(r#"{{"id":"doc-{n}","body":"{body}"}}"#)
        })
        .collect();
    let view = view(&format!("[{}]", rows.join(",")), "Where did the zebra go?");
    for needle in ["doc-20", "begin-20", "zebra crossed", "end-20", "chars]…"] {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
}

#[test]
fn documents_inside_strings_are_seen_through() {
    let inner = records(r#"{"name":"node-x","state":"idle","load":9000,"zone":"z1","error":null}"#);
    let text = format!(r#"[{{"type":"text","text":"{}"}}]"#, inner.replace('\\', "\\\\").replace('"', "\\\""));
    let view = view(&text, "");
    assert!(view.contains("9000") && !view.contains("\\\""), "{view}");
}

#[test]
fn few_failures_stay_in_sight_however_they_are_told() {
    for count in [1, 2, 3, 4, 5, 20] {
        for error in [r#""quota exceeded on vol-N""#, r#"{"code":507,"message":"no space on vol-N"}"#] {
            let rows: Vec<String> = (0..1000)
                .map(|n| {
                    let error = if n % (1000 / count) == 33 % (1000 / count) && n / (1000 / count) < count {
                        format!(r#","error":{}"#, error.replace('N', &n.to_string()))
                    } else {
                        String::new()
                    };
                    format!(r#"{{"id":{n},"svc":"s{}","msg":"request {}"{error}}}"#, n % 3, n * 7919 % 99_991)
                })
                .collect();
            let text = format!("[{}]", rows.join(","));
            let view = view(&text, "");
            let planted = rows.iter().filter(|row| row.contains("error")).count();
            assert_eq!(planted, count);
            assert_eq!(view.matches("vol-").count(), count, "{error}\n{view}");
        }
    }
}

#[test]
fn rare_numbers_stay_in_sight_where_most_are_equal() {
    for codes in [vec![1, 2, 137, 139], vec![404, 429, 500, 503, 418, 451]] {
        let rows: Vec<String> = (0..400)
            .map(|n| {
                let code = if n % 57 == 11 { codes.get(n / 57).copied().unwrap_or(0) } else { 0 };
                format!(r#"{{"job":"job-{n}","exit_code":{code},"host":"h{}"}}"#, n % 7)
            })
            .collect();
        let view = view(&format!("[{}]", rows.join(",")), "");
        for code in codes {
            assert!(view.contains(&format!(",{code},")), "{code} is not in\n{view}");
        }
    }
}

#[test]
fn what_is_no_number_among_numbers_stays_in_sight_and_is_counted_as_such() {
    let rows: Vec<String> = (0..300)
        .map(|n| {
            let price = if n % 100 == 77 { "\"call us\"".to_owned() } else { (10 + n % 90).to_string() };
            format!(r#"{{"sku":"a{n}","price":{price}}}"#)
        })
        .collect();
    let view = view(&format!("[{}]", rows.join(",")), "");
    assert!(view.contains("a77,call us") && view.contains(", 3 not numbers"), "{view}");
    assert!(!view.contains("absent"), "{view}");
}

#[test]
fn collections_on_one_path_are_summed_up_each_by_itself() {
    let pods = |state: &str, from: usize| {
        let pods: Vec<String> =
            (0..300).map(|n| format!(r#"{{"id":{n},"state":"{state}","load":{}}}"#, from + n % 50)).collect();
        format!("[{}]", pods.join(","))
    };
    let text =
        format!(r#"[{{"env":"prod","pods":{}}},{{"env":"staging","pods":{}}}]"#, pods("up", 1), pods("down", 5000));
    let view = view(&text, "");
    assert!(view.contains("# load 1..50, median 25.5") && view.contains("# load 5000..5049"), "{view}");
    assert!(view.contains("/600 rows"), "{view}");
    assert!(!view.contains("up×300 down×300"), "{view}");
}

#[test]
fn a_failure_deep_in_a_long_text_stays_in_sight() {
    let rows: Vec<String> = (0..60)
        .map(|n| {
            let line = |m: usize| format!("2024-05-01 INFO worker-{} processed job {m}\\n", m % 7);
            let mut log: String = (0..40).map(line).collect();
            if n == 41 {
                log.insert_str(log.len() / 2 / 50 * 50, "\\nAssertionError: expected 3 zebras, got 4\\n");
            }
            format!(r#"{{"test":"test_{n}","outcome":"{}","log":"{log}"}}"#, if n == 41 { "failed" } else { "passed" })
        })
        .collect();
    let view = view(&format!("[{}]", rows.join(",")), "");
    for needle in ["test_41", "expected 3 zebras"] {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
}

#[test]
fn a_text_that_is_the_whole_answer_is_not_cut() {
    let log: String = (0..150).map(|n| format!("line {n} of the output\\n")).collect();
    let text = format!(r#"{{"exit_code":1,"stdout":"{log}","stderr":""}}"#);
    assert!(json::lossy(&text, "why did it fail?", "", "0123456789a", BALANCED).is_none());
}

#[test]
fn escaped_letters_match_a_question_that_spells_them_out() {
    keeps(
        r#"{"name":"M\u00fcller","state":"idle","load":50,"zone":"z1","error":null}"#,
        "What is the load of Müller?",
        &["Müller"],
    );
}

#[test]
fn deep_views_are_smaller_and_ratios_are_kept() {
    let text = records(r#"{"name":"node-x","state":"idle","load":9000,"zone":"z1","error":"boom"}"#);
    let sized = |deep, target_ratio| {
        json::lossy(&text, "", "", "0123456789a", Budget { deep, target_ratio })
            .map(|view| view.text.len())
            .unwrap_or(0)
    };
    assert!(sized(true, None) <= sized(false, None));
    for ratio in [0.25, 0.1] {
        assert!((sized(false, Some(ratio)) as f64) < text.len() as f64 * ratio, "{ratio}");
    }
}

/// The view of `text` has all `needles`, and is much smaller.
fn shows(text: &str, query: &str, needles: &[&str]) {
    let view = view(text, query);
    assert!(view.len() * 2 < text.len(), "a view of {} of {} bytes", view.len(), text.len());
    for needle in needles {
        assert!(view.contains(needle), "{needle} is not in\n{view}");
    }
}

#[test]
fn each_position_of_equally_long_arrays_is_a_column() {
    let rows: Vec<String> = (0..200)
        .map(|n| {
            let (seats, year) =
                if n == 77 { (991, 2001) } else { (100 + n * 7 % 23, if n == 140 { 1965 } else { 2000 + n % 9 }) };
            format!(r#"["N{n}X", {year}, "maker {}", "737-{}", 2, {seats}, 0.5]"#, n % 3, n % 50)
        })
        .collect();
    let rows = rows.join(", ");
    for text in [
        format!("[{rows}]"),
        format!(r#"[["tail", "year", "maker", "model", "engines", "seats", "load"], {rows}]"#),
        format!(r#"{{"columns": ["tail", "year", "maker", "model", "engines", "seats", "load"], "data": [{rows}]}}"#),
    ] {
        shows(&text, "", &["N77X,2001,maker 2,737-27,2,991,0.5", "N140X,1965", "; [5] 100..991, median 1"]);
    }
}

#[test]
fn what_stands_at_one_place_of_parallel_arrays_is_kept_in_all() {
    let column = |name: &str, value: &dyn Fn(usize) -> String| {
        format!(r#""{name}": [{}]"#, (0..300).map(value).collect::<Vec<_>>().join(", "))
    };
    let text = format!(
        r#"{{"unit": "mph", "hourly": {{{}, {}, {}}}}}"#,
        column("time", &|n| format!(r#""2013-01-{:02}T{:02}:00Z""#, 1 + n / 24, n % 24)),
        column("wind", &|n| if n == 135 { "77.5".to_owned() } else { format!("{}", 5 + n * 7 % 13) }),
        column("sky", &|n| format!(r#""sky {}""#, (n * n) % 83)),
    );
    shows(&text, "When was the wind strongest?", &["77.5", "2013-01-06T15:00Z", "sky 48"]);
}

#[test]
fn a_map_is_one_of_records_whatever_its_first_member_is_like() {
    let packages: Vec<String> = (0..120)
        .map(|n| {
            let more = if n % 3 == 0 { r#", "dev": true"# } else { "" };
            format!(r#""node_modules/p{n}": {{"version": "1.{n}.0", "integrity": "sha512-{n:040}"{more}}}"#)
        })
        .collect();
    let text = format!(r#"{{"packages": {{"": {{"name": "x", "license": "ISC"}}, {}}}}}"#, packages.join(", "));
    shows(&text, "which version of p77?", &["node_modules/p77,1.77.0", "{121}"]);
    let orders = ["delay,operation,tries", "operation,tries,delay", "tries,delay,operation"];
    let waiters: Vec<String> = (0..60)
        .map(|n| {
            let fields: Vec<String> =
                orders[n % 3].split(',').map(|field| format!(r#""{field}": {}"#, 15 + n % 2)).collect();
            format!(r#""Waiter{n}Exists": {{{}}}"#, fields.join(", "))
        })
        .collect();
    shows(&format!(r#"{{"waiters": {{{}}}}}"#, waiters.join(", ")), "", &["{60}"]);
}

#[test]
fn an_asked_record_keeps_its_short_lists() {
    let codes: Vec<String> = (0..40).map(|n| format!(r#""c{n}-X{n}""#)).collect();
    let shapes: Vec<String> = (0..150)
        .map(|n| {
            let (name, list) = match n {
                70 => ("LanguageCode".to_owned(), codes.join(", ")),
                _ => (format!("Shape{n}"), (0..12).map(|at| format!(r#""s{n}v{at}""#)).collect::<Vec<_>>().join(", ")),
            };
            let target = if n % 15 == 0 { "LanguageCode" } else { "Text" };
            format!(r#""{name}": {{"type": "string", "enum": [{list}], "target": "{target}"}}"#)
        })
        .collect();
    let text = format!(r#"{{"shapes": {{{}}}}}"#, shapes.join(", "));
    shows(&text, "Which values can LanguageCode have?", &["c2-X2", "c20-X20", "c39-X39"]);
}

#[test]
fn names_that_hold_a_word_of_trouble_are_no_failures() {
    let tests: Vec<String> = (0..120)
        .map(|n| {
            let about = ["parses_ok", "invalid_input", "error_is_raised", "reads_on"][n % 4];
            let seconds = if n == 63 { 9.75 } else { 0.01 + (n % 7) as f64 / 1000.0 };
            format!(
                r#"{{"id": "tests/test_cli.py::TestCli::test_{about}_{n}", "outcome": "passed", "seconds": {seconds}, "{}": "{}"}}"#,
                "captured", "x".repeat(200)
            )
        })
        .collect();
    let text = format!("[{}]", tests.join(", "));
    let view = view(&text, "");
    assert!(view.contains("test_reads_on_63") && view.contains("9.75"), "{view}");
    assert!(view.matches("invalid_input").count() < 8, "{view}");
}

#[test]
fn of_records_with_one_word_of_the_question_those_with_another_stay_in_sight() {
    let rows: Vec<String> = (0..360)
        .map(|n| {
            let (country, year, people) = (n / 12, 1952 + n % 12 * 5, 4_000_000 + n * 7_919 % 900_001);
            format!(
                r#"{{"country":"Country{}","year":{year},"pop":{people},"life":{}}}"#,
                (b'A' + country as u8) as char,
                40 + n % 31
            )
        })
        .collect();
    let row = 17 * 12 + 5;
    let pop = format!("{}", 4_000_000 + row * 7_919 % 900_001);
    shows(&format!("[{}]", rows.join(",")), "What was the population of CountryR in 1977?", &[&pop]);
}

#[test]
fn numbers_that_are_written_as_texts_have_extremes() {
    let rows: Vec<String> = (0..200)
        .map(|n| {
            let height = if n == 123 { 4518 } else { 3 + n * 37 % 991 };
            format!(r#"{{"id":"{}","name":"Field {n}","elevation_ft":"{height}","type":"small"}}"#, 302_811 + n * 7)
        })
        .collect();
    shows(&format!("[{}]", rows.join(",")), "Which of these lies highest?", &["Field 123", "4518"]);
}

#[test]
fn all_records_of_a_category_of_trouble_stay_in_sight_if_they_are_few() {
    let rows: Vec<String> = (0..300)
        .map(|n| {
            let kind = if n % 60 == 31 { "error" } else { ["convention", "warning", "refactor"][n % 3] };
            format!(r#"{{"type":"{kind}","line":{},"symbol":"rule-{}","message":"said of name{n}"}}"#, n * 3, n % 40)
        })
        .collect();
    let errors = ["name31\"", "name91\"", "name151\"", "name211\"", "name271\""].map(|name| name.trim_end_matches('"'));
    shows(&format!("[{}]", rows.join(",")), "Which findings are errors?", &errors);
}

#[test]
fn what_each_package_depends_on_is_a_map_of_names() {
    let rows: Vec<String> = (0..240)
        .map(|n| {
            let needs: Vec<String> =
                (0..n % 4).map(|k| format!(r#""dep-{}":"^{k}.0.{}""#, n * 3 % 211 + k, n % 10)).collect();
            format!(
                r#""node_modules/{}":{{"version":"1.{n}.0","integrity":"sha512-{:032x}","dependencies":{{{}}}}}"#,
                if n == 99 { "qs".to_owned() } else { format!("package-{n}") },
                n * 7_919,
                needs.join(",")
            )
        })
        .collect();
    let text = format!(r#"{{"lockfileVersion":3,"packages":{{{}}}}}"#, rows.join(","));
    let view = view(&text, "Which version of qs does the lock file pin, with which integrity hash?");
    assert!(view.len() * 5 < text.len(), "a view of {} of {} bytes", view.len(), text.len());
    assert!(view.contains("1.99.0") && view.contains(&format!("sha512-{:032x}", 99 * 7_919)), "{view}");
}

#[test]
fn a_name_that_a_long_text_repeats_still_names_its_record() {
    let rows: Vec<String> = (0..30)
        .map(|n| {
            let about = if n == 12 { "kombu sends, kombu receives. ".repeat(40) } else { format!("About {n}. ").repeat(60) };
            format!(
                r#"{{"url":"https://files.example.org/packages/ab/{n}/name{n}.whl","name":"{}","about":"{about}","needs":["a{n}","b{n}","c{n}"]}}"#,
                if n == 12 { "kombu".to_owned() } else { format!("name{n}") }
            )
        })
        .collect();
    shows(&format!("[{}]", rows.join(",")), "Which file belongs to kombu?", &["name12.whl"]);
}

#[test]
fn nothing_is_hidden_within_a_record_that_was_asked_for() {
    let example = |n: u64| {
        let id = 1_469_049_503_083 + n * 977;
        let (input, about) =
            (format!(r#"{{"Extra{n}":[{n},1,2,3,4,5,6,7,8],"Deep":{{"Kind{n}":{{"Value":{n}}}}}}}"#), "About it. ");
        format!(
            r#""Operation{n}":[{{"input":{input},"id":"to-do-something-{id}","title":"Operation{n}","about":"{}"}}]"#,
            about.repeat(20)
        )
    };
    let text = format!(r#"{{"examples":{{{}}}}}"#, (0..30).map(example).collect::<Vec<_>>().join(","));
    let view = view(&text, "What does the example \"Operation9\" do?");
    assert!(view.contains("…1 more"), "nothing is hidden in\n{view}");
    assert!(view.contains(&format!("to-do-something-{}", 1_469_049_503_083u64 + 9 * 977)), "{view}");
}

#[test]
fn the_record_that_a_question_names_comes_before_those_that_mention_it() {
    let uses: Vec<String> = (0..300)
        .map(|n| {
            // A few have another word of the question, too.
            let (member, doc) = match n % 10 {
                3 => ("LanguageCode", if n % 20 == 3 { "the values it can have" } else { "one" }),
                _ => ("Name", "one"),
            };
            format!(r#""Input{n}":{{"type":"structure","doc":"{doc}","member":"{member}","max":{n}}}"#)
        })
        .collect();
    let codes: Vec<String> = (0..40).map(|n| format!(r#""xx-{n:02}""#)).collect();
    let named =
        format!(r#""LanguageCode":{{"type":"string","doc":"one","member":"","max":3,"enum":[{}]}}"#, codes.join(","));
    let text = format!(r#"{{"shapes":{{{},{named},{}}}}}"#, uses[..150].join(","), uses[150..].join(","));
    shows(&text, "Which values can LanguageCode have?", &["xx-00", "xx-27", "xx-39"]);
}
