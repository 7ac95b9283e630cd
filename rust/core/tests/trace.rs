//! Invariants of the trace compressor, on generated traces of every language and on hostile inputs.

use headroom_core::text::{Drafts, Task};
use headroom_core::trace;
use proptest::prelude::*;

fn task<'t>(text: &'t str, question: &'t str) -> Task<'t> {
    Task { question, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) }
}

/// What must hold of any text.
fn check(text: &str) -> Drafts {
    let drafts = trace::compress(&task(text, "why did load fail in store?"));
    assert_eq!(drafts, trace::compress(&task(text, "why did load fail in store?")));
    if let Some(form) = &drafts.lossless {
        assert!(form.len() < text.len());
        assert_eq!(trace::expand(form).as_deref(), Some(text), "{form}");
    }
    if let Some(view) = &drafts.lossy {
        assert!(view.text.starts_with(&format!("[headroom trace {}/{} lines key=", view.shown, view.total)));
        assert!(view.shown < view.total);
        assert!(view.text.len() < text.len());
        assert!(!view.kept.is_empty());
        let harsher = Task { deep: true, target_ratio: Some(0.1), ..task(text, "why did load fail in store?") };
        let shorter = trace::compress(&harsher).lossy.map_or(0, |view| view.text.len());
        assert!(shorter <= view.text.len());
    }
    drafts
}

/// A call that was planted.
#[derive(Clone, Debug)]
struct Call {
    is_library: bool,
    /// Which function, file and line.
    name: u8,
    number: u16,
}

fn call() -> impl Strategy<Value = Call> {
    (any::<bool>(), 0u8..12, 1u16..900).prop_map(|(is_library, name, number)| Call { is_library, name, number })
}

/// A frame in a language, and what must be readable of it in short.
fn frame(language: usize, call: &Call) -> (String, Vec<String>) {
    let Call { is_library, name, number } = call;
    let file = if *is_library { "Lib" } else { "Shop" };
    match language {
        0 => {
            let package = if *is_library { "java.util.concurrent" } else { "com.acme.shop" };
            (format!("\tat {package}.{file}{name}.run{name}({file}{name}.java:{number})\n"), vec![format!("run{name}")])
        }
        1 => {
            let root = if *is_library { "/usr/lib/python3.11/site-packages/lib" } else { "/srv/app" };
            let head = format!("  File \"{root}/{file}{name}.py\", line {number}, in run{name}\n");
            (format!("{head}    call({name})\n    ^^^^^^^\n"), vec![format!("run{name}")])
        }
        2 => {
            let root = if *is_library { "/srv/app/node_modules/lib" } else { "/srv/app/src" };
            (format!("    at run{name} ({root}/{file}{name}.js:{number}:7)\n"), vec![format!("run{name}")])
        }
        3 => match is_library {
            true => (format!("   at System.Linq.Lib{name}.Run{name}(String s)\n"), vec![format!("Run{name}")]),
            false => {
                let head = format!("   at Acme.Shop{name}.run{name}(Int32 n, String s)");
                (format!("{head} in /src/Shop{name}.cs:line {number}\n"), vec![format!("run{name}")])
            }
        },
        4 => {
            let root = if *is_library { "/usr/local/go/src/net/http" } else { "/srv/app" };
            let head = format!("main.run{name}(0xc000{number:04x})\n\t{root}/{file}{name}.go:{number} +0x1d\n");
            (head, vec![format!("run{name}")])
        }
        _ => {
            let (krate, root) = if *is_library { ("core", "/rustc/abc/library/core/src") } else { ("shop", "./src") };
            let head = format!("   {name}: {krate}::run{name}\n             at {root}/{file}{name}.rs:{number}:5\n");
            (head, vec![format!("run{name}")])
        }
    }
}

/// A trace, and what must be readable of it: what was thrown, and the application's frames up to the limit.
fn trace_of(language: usize, id: usize, calls: &[Call]) -> (String, Vec<String>) {
    let thrown = match language {
        0 => format!("com.acme.Refusal{id}: order {id} refused"),
        1 => format!("RefusalError: order {id} refused"),
        2 => format!("TypeError: order {id} refused"),
        3 => format!("System.RefusalException: order {id} refused"),
        4 => format!("panic: order {id} refused\n\ngoroutine {id} [running]:"),
        _ => format!("thread 'w{id}' panicked at src/a.rs:1:2:\norder {id} refused\nstack backtrace:"),
    };
    let mut needed: Vec<String> = thrown.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let frames: Vec<(String, Vec<String>)> = calls.iter().map(|call| frame(language, call)).collect();
    let body: String = frames.iter().map(|(text, _)| text.as_str()).collect();
    let own: Vec<usize> = (0..calls.len()).filter(|&at| !calls[at].is_library).collect();
    needed.extend(own.iter().flat_map(|&at| frames[at].1.clone()));
    let innermost = if language == 1 { calls.len() - 1 } else { 0 };
    needed.push(frames[innermost].0.lines().next().unwrap().trim().trim_start_matches("at ").to_owned());
    if language == 1 {
        return (format!("Traceback (most recent call last):\n{body}{thrown}\n"), needed);
    }
    (format!("{thrown}\n{body}\n"), needed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 2, ..ProptestConfig::default() })]

    #[test]
    fn what_was_thrown_and_the_applications_frames_stay_readable(
        language in 0usize..6,
        traces in prop::collection::vec(prop::collection::vec(call(), 1..8), 1..5),
        noise in 0usize..30,
        is_crlf in any::<bool>(),
    ) {
        let told: Vec<_> = traces.iter().enumerate().map(|(id, calls)| trace_of(language, id, calls)).collect();
        let between: String = (0..noise).map(|n| format!("processed item {n} of the batch\n")).collect();
        let mut text: String = told.iter().map(|(text, _)| format!("{text}{between}")).collect();
        if is_crlf {
            text = text.replace('\n', "\r\n");
        }
        let drafts = check(&text);
        for call in traces.iter().flatten().filter(|call| !call.is_library) {
            let line = frame(language, call).0;
            if let Some(form) = &drafts.lossless {
                prop_assert!(form.contains(line.lines().next().unwrap()), "{line} is not in\n{form}");
            }
            if let Some(view) = &drafts.lossy {
                prop_assert!(view.text.contains(&call.number.to_string()), "{line} is not in\n{}", view.text);
            }
        }
        for needed in told.iter().flat_map(|(_, needed)| needed) {
            for form in drafts.lossy.iter().map(|view| &view.text).chain(&drafts.lossless) {
                prop_assert!(form.contains(needed.as_str()), "{needed} is not in\n{form}\nof\n{text}");
            }
        }
    }

    #[test]
    fn recursion_is_counted_exactly(language in 0usize..6, period in 1usize..6, times in 3usize..60) {
        let turn: Vec<Call> = (0..period).map(|n| Call { is_library: false, name: n as u8, number: 7 + n as u16 }).collect();
        let calls: Vec<Call> = turn.iter().cycle().take(period * times).cloned().collect();
        let (text, _) = trace_of(language, 1, &calls);
        let view = check(&text).lossy.unwrap();
        let count = if period == 1 { format!(" x{times}") } else { format!("(these {period} frames x{times})") };
        prop_assert!(view.text.contains(&count), "{count} is not in\n{}", view.text);
    }

    #[test]
    fn any_lines_survive(lines in prop::collection::vec(line(), 0..60), last in any::<bool>(), end in "(\n|\r\n)") {
        let mut text = lines.join(&end);
        if last {
            text.push_str(&end);
        }
        check(&text);
    }

    #[test]
    fn mutated_forms_expand_to_some_text_or_none(
        lines in prop::collection::vec(line(), 10..60),
        cuts in prop::collection::vec((0usize..4_000, "[\\PC\n^~|@$0-9-]{0,4}"), 1..4),
    ) {
        let text = lines.join("\n").repeat(3);
        let Some(mut form) = trace::compress(&Task::lossless(&text)).lossless else { return Ok(()) };
        for (at, replacement) in cuts {
            let start = (0..=at.min(form.len())).rev().find(|&at| form.is_char_boundary(at)).unwrap();
            let end = (start + 2..form.len()).find(|&at| form.is_char_boundary(at)).unwrap_or(form.len());
            form.replace_range(start.min(end)..end, &replacement);
        }
        if let Some(expanded) = trace::expand(&form) {
            prop_assert!(expanded.len() <= 64 << 20);
        }
    }
}

/// Lines of all sorts, also such as the form itself writes.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0usize..6, call()).prop_map(|(language, call)| frame(language, &call).0.trim_end().to_owned()),
        1 => Just("Traceback (most recent call last):".to_owned()),
        1 => Just("Caused by: java.io.IOException: disk".to_owned()),
        1 => Just("\t... 24 more".to_owned()),
        1 => Just("  [Previous line repeated 996 more times]".to_owned()),
        1 => Just("    at new Map (<anonymous>) {".to_owned()),
        1 => "[@^~|$\\\\ \t]{0,3}[a-z.:(0-9)]{0,12}",
        1 => "\\PC{0,20}",
        1 => Just(String::new()),
    ]
}

#[test]
fn hostile_texts_are_worked_on_in_linear_time() {
    let started = std::time::Instant::now();
    let huge = 4 << 20;
    for text in [
        "\tat a.b.C.m(C.java:1)".repeat(huge / 22),
        "\tat a.b.C.m(C.java:1)\n".repeat(huge / 23),
        "\n".repeat(huge),
        "E: x\n\n".repeat(huge / 6),
        format!("\tat a.b.C.m(C.java:1)\n{}", "x".repeat(huge)),
        format!("\tat a.b.C.m(C.java:1)\n{}", "(:1@".repeat(huge / 4)),
        (0..huge / 30).map(|n| format!("\tat a.b.C{n}.m(C{n}.java:{n})\n")).collect(),
        (0..huge / 40).map(|n| format!("  File \"/x/{n}/site-packages/{n}.py\", line {n}, in f\n")).collect(),
        (0..huge / 20).map(|n| format!("line {n}\n\tat a.B.c(B.java:{})\n", n % 7)).collect(),
    ] {
        check_once(&text);
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

fn check_once(text: &str) {
    let drafts = trace::compress(&task(text, "what of C7?"));
    if let Some(form) = drafts.lossless {
        assert!(trace::expand(&form).is_some_and(|expanded| expanded == text));
    }
}

#[test]
fn forms_that_grow_without_bound_are_refused() {
    let mut form = "#trace 4000000 lines\nxxxxxxxx".to_owned();
    for _ in 0..40 {
        form.push_str("\n^ these 1 lines 4000000000 more times\n^ lines 1-1 again");
    }
    assert_eq!(trace::expand(&form), None);
    let doubling: String = (0..60).map(|n| format!("^ lines 1-{} again\n", 1u64 << n)).collect();
    assert_eq!(trace::expand(&format!("#trace 4000000 lines\n{}\n{doubling}", "x".repeat(1_000))), None);
    for hostile in [
        "#trace",
        "#trace 1",
        "#trace 1 lines",
        "#trace x lines\n",
        "#trace 1 lines; $2=a\nx",
        "#trace 1 lines\n|a ^9-2",
    ] {
        assert_eq!(trace::expand(hostile), None, "{hostile}");
    }
}

#[test]
fn colours_cost_no_evidence() {
    let text = "\x1b[31mTypeError: no\x1b[39m\n".to_owned()
        + &"    at f (/srv/app/src/a.js:1:2)\n    \x1b[2mat g (/srv/app/node_modules/b/b.js:1:2)\x1b[22m\n".repeat(9);
    let view = check(&text).lossy.unwrap();
    assert!(view.text.contains("TypeError: no\nat f (/srv/app/src/a.js:1:2)"), "{}", view.text);
    assert!(!view.text.contains('\x1b'));
}

#[test]
fn a_frame_that_the_question_names_stands_whole() {
    let calls: String = (0..40).map(|n| format!("\tat org.junit.Runner{n}.run(Runner{n}.java:{n})\n")).collect();
    let text = format!("a.b.CException: x\n\tat a.b.C.m(C.java:1)\n{calls}");
    let view = trace::compress(&task(&text, "who called Runner17?")).lossy.unwrap();
    assert!(view.text.contains("at org.junit.Runner17.run(Runner17.java:17)"), "{}", view.text);
    assert!(!view.text.contains("Runner18"));
}
