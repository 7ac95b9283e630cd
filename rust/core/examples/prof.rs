use headroom_core::{
    kind::{compress, Kind},
    text::Task,
};
fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let lossless = std::env::args().nth(2).is_some();
    let mut cases = vec![];
    for e in std::fs::read_dir("/tmp/h_search/raw").unwrap() {
        let p = e.unwrap().path();
        if p.extension().unwrap() != "txt" {
            continue;
        }
        let read = |e: &str| std::fs::read_to_string(p.with_extension(e)).unwrap();
        cases.push((read("txt"), read("q"), read("call")));
    }
    let bytes: usize = cases.iter().map(|c| c.0.len()).sum();
    let start = std::time::Instant::now();
    let mut out = 0;
    for _ in 0..n {
        for (text, q, call) in &cases {
            let task = Task {
                text,
                question: &q,
                call: &call,
                key: if lossless { None } else { Some("Ab3dE5gH7jK") },
                deep: false,
                target_ratio: None,
                clear_share: 0.3,
            };
            let d = compress(Kind::Search, &task);
            out += d.lossy.map_or(0, |v| v.text.len()) + d.lossless.map_or(0, |v| v.len());
        }
    }
    println!(
        "{} ns/byte {:.2} out {}",
        start.elapsed().as_micros(),
        start.elapsed().as_nanos() as f64 / (bytes * n) as f64,
        out
    );
}
