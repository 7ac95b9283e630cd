fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let form = headroom_core::table::form_of(&text);
        let back = headroom_core::table::expand(&form);
        println!("=== {path} score {} bytes {} -> {} back {:?}", headroom_core::table::score(&text), text.len(), form.len(), back.as_ref().map(|b| *b == text));
        for l in form.lines().take(14) { println!("{}", l.chars().take(160).collect::<String>()); }
        if let Some(back) = back { for (n, (a, b)) in back.split('\n').zip(text.split('\n')).enumerate() { if a != b { println!("line {n}\n<{a}>\n<{b}>"); break; } } }
    }
}
