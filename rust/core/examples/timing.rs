use std::time::Instant;
use headroom_core::json::{self, parse::Tree, paths::Paths, query::Query, select::{self, Budget}, evidence::Evidence, write, share};
fn med(mut f: impl FnMut()) -> f64 {
    let mut v: Vec<f64> = (0..15).map(|_| { let t = Instant::now(); f(); t.elapsed().as_secs_f64() * 1e6 }).collect();
    v.sort_by(f64::total_cmp); v[7]
}
fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let kb = text.len() as f64 / 1e3;
        let q = Query::new("Which one is the most extreme record here?", "http_get {\"url\": \"/api/things?offset=0&limit=150\"}");
        let parse = med(|| { Tree::parse(&text).unwrap(); });
        let tree = Tree::parse(&text).unwrap();
        let paths_t = med(|| { Paths::new(&tree); });
        let paths = Paths::new(&tree);
        let find = med(|| { q.find(&tree, &paths); });
        let named = q.find(&tree, &paths);
        let ev = med(|| { Evidence::gather(&tree, &paths, &named.paths); });
        let b = Budget { deep: false, target_ratio: None };
        let sel = med(|| { select::select(&tree, &paths, &q, b); });
        let s = select::select(&tree, &paths, &q, b);
        let wr = med(|| { let mut w = write::Writer::new(&tree, &paths, write::Mode::Lossy(&s.view)); w.document(); });
        let mut w = write::Writer::new(&tree, &paths, write::Mode::Lossy(&s.view)); w.document();
        let spans = w.spans.clone();
        let sh = med(|| { share::share(&w.out, spans.clone()); });
        let lossy = med(|| { json::lossy(&text, "Which one is the most extreme record here?", "", "k", b); });
        let lossless = med(|| { json::lossless(&text, "Which one is the most extreme record here?", ""); });
        println!("{kb:6.1}KB n={:6} parse {parse:6.0} paths {paths_t:6.0} find {find:6.0} evid {ev:6.0} select {sel:6.0} write {wr:6.0} share {sh:6.0} | lossy {lossy:6.0} lossless {lossless:6.0} us  | lossy/KB {:.1}  {}", tree.nodes.len(), lossy / kb, path.rsplit('/').next().unwrap());
    }
}
