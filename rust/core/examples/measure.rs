//! Runs one function of the core on a file, a number of times: what `benches/instructions.py` counts
//! instructions of.
//!
//! Usage: `measure FUNCTION FILE TIMES`

use std::hint::black_box;

use headroom_core::json::select::Budget;
use headroom_core::kind::{compress, Kind};
use headroom_core::text::Task;
use headroom_core::tokens::{count, Encoding};
use headroom_core::{detect, json, key, mixed};

const QUERY: &str = "Which one was the strongest, and where was it?";
const CALL: &str = "http_get {\"url\": \"/feed/all_week.geojson\"}";
const KEY: &str = "0123456789A";

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, function, file, times] = arguments.as_slice() else {
        return Err("usage: measure FUNCTION FILE TIMES".to_owned());
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let times: usize = times.parse().map_err(|error| format!("{times}: {error}"))?;
    let lossless = json::lossless(&text, "", "").unwrap_or_default();
    let task = Task { question: QUERY, call: CALL, key: Some(KEY), clear_share: 0.3, ..Task::lossless(&text) };
    for _ in 0..times {
        match function.as_str() {
            "parse" => drop(black_box(json::parse::Tree::parse(&text))),
            "lossless" => drop(black_box(json::lossless(&text, QUERY, CALL))),
            "lossy" => {
                let budget = Budget { deep: false, target_ratio: None };
                drop(black_box(json::lossy(&text, QUERY, CALL, KEY, budget)));
            }
            "expand" => drop(black_box(json::expand(&lossless))),
            "count" => drop(black_box(count(&text, Encoding::O200kBase))),
            "key" => drop(black_box(key::content_key(&[7; 32], "local", text.as_bytes()))),
            "detect" => drop(black_box(detect::scores(&text))),
            "divide" => drop(black_box(mixed::score(&text, detect::scores(&text)))),
            name => match Kind::named(name) {
                Some(kind) => drop(black_box(compress(kind, &task))),
                None => return Err(format!("{name}: neither a kind of text nor a function that is known here")),
            },
        }
    }
    Ok(())
}
