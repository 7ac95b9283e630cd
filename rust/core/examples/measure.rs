//! Runs one function of the core on a file, a number of times: what `benches/instructions.py` counts
//! instructions of.
//!
//! Usage: `measure FUNCTION FILE TIMES`

use std::hint::black_box;

use headroom_core::json::select::Budget;
use headroom_core::tokens::{count, Encoding};
use headroom_core::{json, key};

const QUERY: &str = "Which one was the strongest, and where was it?";
const CALL: &str = "http_get {\"url\": \"/feed/all_week.geojson\"}";

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, function, file, times] = arguments.as_slice() else {
        return Err("usage: measure FUNCTION FILE TIMES".to_owned());
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let times: usize = times.parse().map_err(|error| format!("{times}: {error}"))?;
    let lossless = json::lossless(&text, "", "").ok_or_else(|| format!("{file}: not JSON"))?;
    for _ in 0..times {
        match function.as_str() {
            "parse" => drop(black_box(json::parse::Tree::parse(&text))),
            "lossless" => drop(black_box(json::lossless(&text, QUERY, CALL))),
            "lossy" => {
                let budget = Budget { deep: false, target_ratio: None };
                drop(black_box(json::lossy(&text, QUERY, CALL, "0123456789A", budget)));
            }
            "expand" => drop(black_box(json::expand(&lossless))),
            "count" => drop(black_box(count(&text, Encoding::O200kBase))),
            "key" => drop(black_box(key::content_key(&[7; 32], "local", text.as_bytes()))),
            other => return Err(format!("{other}: not one of parse, lossless, lossy, expand, count, key")),
        }
    }
    Ok(())
}
