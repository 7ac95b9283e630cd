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
