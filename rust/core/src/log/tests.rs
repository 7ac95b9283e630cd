//! What both forms of a log promise, on generated and on hostile text.

use proptest::prelude::*;

use super::*;
use crate::tokens::{count, Encoding};

const KEY: &str = "Ab3dE5gH7jK";

fn lossless(text: &str) -> Option<String> {
    compress(&Task::lossless(text)).lossless
}

fn lossy(text: &str, question: &str) -> String {
    let task = Task { question, key: Some(KEY), ..Task::lossless(text) };
    compress(&task).lossy.map_or(String::new(), |view| view.text)
}

fn tokens(text: &str) -> usize {
    count(text, Encoding::O200kBase)
}

/// A service's log: two usual templates, with a time that rises.
fn service(lines: usize) -> Vec<String> {
    (0..lines)
        .map(|n| {
            let time = format!("2024-03-05 10:{:02}:{:02},{:03}", n / 60 % 60, n % 60, n * 37 % 1000);
            match n % 3 {
                0 => format!("{time} INFO [worker-{}] queue.Consumer - took job {} from orders", n % 5, 7_000 + n * 13),
                1 => format!(
                    "{time} INFO [worker-{}] queue.Consumer - job {} done in {} ms",
                    n % 5,
                    7_000 + n * 13,
                    n % 40
                ),
                _ => format!("{time} DEBUG [main] cache.Store - {} entries for 10.0.{}.{}", n % 9, n % 7, n % 11),
            }
        })
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (0..60u32, 0..9u32, "[a-f]{1,4}").prop_map(|(second, n, name)| {
            format!("2024-01-02 10:00:{second:02} INFO user {name} took {n} ms of {}", n * 1_000)
        }),
        3 => (0..99_999u32, 0..3u32).prop_map(|(pid, n)| format!("Jan  2 10:0{n}:01 host app[{pid}]: * of {{}} <> %s & {n}")),
        1 => (0..99_999u32).prop_map(|pid| format!("{pid:>6}  {pid:<3} left | right")),
        1 => "[ -~]{0,40}",
        1 => "[\\PC\u{1b}\t]{0,20}",
        1 => Just(String::new()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let ends = prop_oneof![20 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r")];
    (proptest::collection::vec((line(), 1..4usize, ends), 0..80), any::<bool>()).prop_map(|(lines, is_ended)| {
        let mut text = String::new();
        for (line, times, end) in &lines {
            (0..*times).for_each(|_| text.extend([line.as_str(), end]));
        }
        if !is_ended {
            text.pop();
        }
        text
    })
}

proptest! {
    #[test]
    fn the_lossless_form_of_any_text_gives_it_back(text in text()) {
        let mined = Mined::new(&text);
        let is_kept: Vec<bool> = (0..mined.len()).map(|line| line % 7 == 0).collect();
        if mined.len() > 0 {
            let form = table::write(&mined, &is_kept);
            prop_assert_eq!(expand(&form), Some(text.clone()), "{}", form);
        }
        let drafts = compress(&Task { key: Some(KEY), ..Task::lossless(&text) });
        prop_assert_eq!(&drafts, &compress(&Task { key: Some(KEY), ..Task::lossless(&text) }));
        if let Some(view) = drafts.lossy {
            prop_assert!(view.shown < view.total);
            prop_assert!(view.kept.iter().all(|&(line, _)| line >= 1 && line as usize <= view.total));
        }
    }

    #[test]
    fn reading_a_damaged_form_never_panics(text in text(), at in any::<prop::sample::Index>(), with in "[ -~\n]{0,3}") {
        let mined = Mined::new(&text);
        if mined.len() > 0 {
            let mut form: Vec<char> = table::write(&mined, &vec![false; mined.len()]).chars().collect();
            let at = at.index(form.len());
            form.splice(at..(at + 1).min(form.len()), with.chars());
            let _ = expand(&form.into_iter().collect::<String>());
        }
    }

    #[test]
    fn any_text_at_all_is_worked_on_without_panic(text in "\\PC{0,200}|[\\r\\n\\t :0-9a\u{1b}\\[]{0,200}", ratio in 0.0..1.0f64) {
        let task = Task { key: Some(KEY), question: "what of 10:00?", target_ratio: Some(ratio), ..Task::lossless(&text) };
        let _ = compress(&task);
        let _ = expand(&text);
        let _ = expand(&format!("#log {text}"));
    }
}

#[test]
fn forms_that_claim_to_be_huge_are_refused() {
    for rows in ["x99999999999", "x18446744073709551615", "x4000000000 1", "x2 0", "x1 9", "x-1"] {
        assert_eq!(expand(&format!("#log 3 lines. Row\n\n=abc\n{rows}")), None, "{rows}");
    }
    let doubling = "x1 1\n".repeat(3) + &"x1000000\nx1000 2\n".repeat(40);
    assert_eq!(expand(&format!("#log 3 lines. Row\n\n=abc\n{doubling}")), None);
    assert_eq!(expand("#log 3 lines. Row\n\n=abc\nx2").as_deref(), Some("abc\nabc\nabc\n"));
}

#[test]
fn a_log_takes_a_fraction_of_its_tokens_without_loss() {
    let text = service(300).join("\n");
    let form = lossless(&text).unwrap();
    assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
    assert!(tokens(&form) * 5 < tokens(&text) * 2, "{} of {}", tokens(&form), tokens(&text));
}

#[test]
fn rare_lines_and_lines_of_trouble_stand_whole_in_both_forms() {
    let mut lines = service(400);
    let planted = [
        "2024-03-05 10:01:40,100 INFO [main] raft.Node - term 7 begins",
        "2024-03-05 10:02:10,100 ERROR [main] raft.Node - leader lost after 3 of 5 votes",
        "2024-03-05 10:03:10,100 信息 [main] 集群节点离开 10.0.0.9",
    ];
    for (at, line) in [100, 130, 190].into_iter().zip(planted) {
        lines.insert(at, line.to_owned());
    }
    let text = lines.join("\n");
    let (form, view) = (lossless(&text).unwrap(), lossy(&text, ""));
    for line in planted {
        let behind_time = &line[24..];
        assert!(form.contains(behind_time), "{form}");
        assert!(view.contains(behind_time), "{view}");
    }
    assert!(tokens(&view) * 5 < tokens(&text), "{view}");
}

#[test]
fn what_the_question_names_stands_whole_in_both_forms() {
    let text = service(400).join("\n");
    let asked = "What happened to job 8534? List every event.";
    let task = Task { question: asked, key: Some(KEY), ..Task::lossless(&text) };
    let drafts = compress(&task);
    for form in [drafts.lossy.unwrap().text, drafts.lossless.unwrap_or_else(|| text.clone())] {
        assert!(form.contains("queue.Consumer - job 8534 done in"), "{form}");
    }
}

#[test]
fn an_id_names_all_its_lines_and_a_word_those_that_are_few() {
    let asked = |usual: usize, said: &str, question: &str| {
        let mut lines = service(usual);
        (0..8).for_each(|n| {
            lines.insert(n * 11 + 3, format!("2024-03-05 10:07:0{n},000 INFO [main] net.Peer - {n} {said}"))
        });
        let view = lossy(&lines.join("\n"), question);
        assert_eq!(view.matches(said).count(), 8, "{view}");
    };
    asked(90, "bytes read from 50108", "What did the client at port 50108 send?");
    asked(300, "files look oversized", "Which are oversized?");
}

#[test]
fn a_few_lines_of_trouble_are_all_shown_and_of_more_it_is_said_what_differs() {
    let failed = |count: usize| {
        let mut lines = service(200);
        for n in 0..count {
            lines.insert(
                n * 17,
                format!(
                    "2024-03-05 10:09:{n:02},000 ERROR [main] io.Parser - cannot parse {}.py",
                    "abcdefghij"[n..].to_owned()
                ),
            );
        }
        lossy(&lines.join("\n"), "Are there problems?")
    };
    assert_eq!(failed(6).matches("cannot parse").count(), 6, "{}", failed(6));
    let told = failed(9);
    assert_eq!(told.matches("cannot parse").count(), 1, "{told}");
    assert!((0..9).all(|n| told.contains(&format!(" {}.py", &"abcdefghij"[n..]))), "{told}");
}

#[test]
fn counts_say_how_many_lines_of_a_template_there_are() {
    let view = lossy(&service(300).join("\n"), "");
    assert_eq!(view.matches("[x100 to ").count(), 3, "{view}");
}

#[test]
fn one_odd_line_does_not_switch_the_compression_off() {
    let usual = tokens(&lossless(&service(300).join("\n")).unwrap());
    for odd in
        ["", "{} <> * %s § ¤ & \" ~", "\u{1b}[31mred\u{1b}[0m", "a\rb\rc", &"x".repeat(9_000), "\u{fffd}\u{fffd} 1"]
    {
        let mut lines = service(300);
        lines.insert(150, odd.to_owned());
        let text = lines.join("\n");
        let form = lossless(&text).unwrap();
        assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
        assert!(tokens(&form) < usual + tokens(odd) + 40, "{odd}");
    }
}

#[test]
fn colours_and_progress_bars_leave_their_last_state() {
    let mut lines = service(200);
    let bar: String = (0..100).map(|n| format!("\r\u{1b}[2Kdownloading {n}%")).collect();
    lines.insert(50, format!("{bar}\rdownloading 100% \u{1b}[32mdone\u{1b}[0m in 8 s"));
    let view = lossy(&lines.join("\n"), "");
    assert!(view.contains("downloading 100% done in 8 s"), "{view}");
    assert!(!view.contains("downloading 42%") && !view.contains('\u{1b}'), "{view}");
}

#[test]
fn traces_belong_to_their_line_and_are_shown_once() {
    let mut lines = service(300);
    for at in [40, 80, 120, 160] {
        let frames = (0..9).map(|n| format!("\tat shop.Order.step{n}(Order.java:{n})"));
        let error = "2024-03-05 10:01:00,001 ERROR [main] shop.Order - cannot confirm 17\njava.lang.IllegalStateException: no stock";
        lines.splice(at..at, std::iter::once(error.to_owned()).chain(frames));
    }
    let view = lossy(&lines.join("\n"), "");
    assert_eq!(view.matches("at shop.Order.step0").count(), 1, "{view}");
    assert!(view.contains("[+4 lines]") && view.contains("no stock [x4"), "{view}");
}

#[test]
fn silences_and_bursts_are_said() {
    let time = |second: usize| format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let mut lines: Vec<String> =
        (0..400).map(|n| format!("{} beat {n}", time(n + if n < 250 { 0 } else { 1_800 }))).collect();
    let burst = (0..40).map(|n| format!("{} retry of {n}", time(100 + n / 8)));
    lines.splice(100..100, std::iter::once(format!("{} retry of 99", time(99))).chain(burst));
    lines.push(format!("{} retry of 98", time(2_300)));
    let view = lossy(&lines.join("\n"), "");
    assert!(view.contains("00:04:09 beat 249\n00:34:10 beat 250"), "{view}");
    assert!(view.contains("33 in 00:01:39 to 00:01:43"), "{view}");
}

#[test]
fn rare_trouble_below_another_line_is_found() {
    let mut lines = service(200);
    let blocks: Vec<String> = (0..90).map(|n| format!("   step {n} of the plan ok")).collect();
    lines.splice(60..60, blocks);
    lines.insert(101, "   step fehlgeschlagen wegen Überlast".to_owned());
    lines.splice(20..20, ["  one".to_owned(), "  Fehler im Abgleich".to_owned()]);
    let view = lossy(&lines.join("\n"), "");
    assert!(view.contains("step fehlgeschlagen wegen Überlast") && view.contains("Fehler im Abgleich"), "{view}");
}

#[test]
fn large_and_uniform_texts_take_linear_time() {
    let began = std::time::Instant::now();
    for text in
        ["\n".repeat(2_000_000), "same line 1\n".repeat(300_000), "word ".repeat(600_000), "\r".repeat(1_000_000)]
    {
        let drafts = compress(&Task { key: Some(KEY), question: "which line?", ..Task::lossless(&text) });
        if let Some(form) = drafts.lossless {
            assert_eq!(expand(&form).as_deref(), Some(text.as_str()));
        }
    }
    assert!(began.elapsed().as_secs() < 60);
}
