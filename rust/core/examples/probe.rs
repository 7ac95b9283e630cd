use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let args: Vec<String> = std::env::args().collect();
    if args.len() > 1 {
        let budget = headroom_core::json::select::Budget { deep: false, target_ratio: None };
        let view = headroom_core::json::lossy(&text, &args[1], &args[2], "Ab3dE5gH7jK", budget).unwrap();
        println!("{}", view.text);
        for (p, w) in view.account(&text).0 {
            eprintln!("{p}: {w}");
        }
        return;
    }
    let query = std::env::var("QUERY").unwrap_or_default();
    println!("{}", headroom_core::json::lossless(&text, &query, "").unwrap());
}
