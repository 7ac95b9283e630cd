use headroom_core::{
    kind,
    text::Task,
    tokens::{count, Encoding},
};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let q = a.get(3).map(String::as_str).unwrap_or("");
    let text = std::fs::read_to_string(&a[2]).unwrap();
    let n = |t: &str| count(t, Encoding::O200kBase);
    let mut task = Task::lossless(&text);
    task.question = q;
    task.clear_share = 0.3;
    if a[1] != "lossless" {
        task.key = Some("Ab3dE5gH7jK");
    }
    task.deep = a[1] == "deep";
    let times: usize = a.get(4).and_then(|t| t.parse().ok()).unwrap_or(0);
    for _ in 0..times {
        std::hint::black_box(kind::compress(kind::Kind::Trace, &task));
    }
    let d = kind::compress(kind::Kind::Trace, &task);
    let out = if a[1] == "lossless" { d.lossless } else { d.lossy.map(|v| v.text) }.unwrap_or_default();
    println!("{out}");
    eprintln!("{} {} -> {} = {:.1}%", a[2], n(&text), n(&out), 100.0 * (1.0 - n(&out) as f64 / n(&text) as f64));
}
