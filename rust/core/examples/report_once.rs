use headroom_core::{kind, text};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let n: usize = std::env::args().nth(2).map_or(1, |n| n.parse().unwrap());
    let lossless = std::env::args().nth(3).is_some();
    let text = std::fs::read_to_string(path).unwrap();
    let mut task = text::Task::lossless(&text);
    if !lossless {
        task.key = Some("Ab3dE5gH7jK");
    }
    task.question = "Did all tests pass? Which tests fail and why?";
    task.clear_share = 0.3;
    let start = std::time::Instant::now();
    let mut s = 0;
    for _ in 0..n {
        let d = kind::compress(kind::Kind::Report, &task);
        s += d.lossless.map_or(0, |x| x.len()) + d.lossy.map_or(0, |x| x.text.len());
    }
    println!("{} {:?} per run, {} bytes", s / n, start.elapsed() / n as u32, text.len());
}
