use super::*;

fn view_of(text: &str, question: &str, call: &str) -> View {
    let task = Task { question, call, key: Some("Ab3dE5gH7jK"), ..Task::lossless(text) };
    compress(&task).lossy.unwrap()
}

#[test]
fn a_body_is_left_out_and_its_lines_are_told() {
    let body: String = (0..20).map(|n| format!("        value_{n} = compute({n})\n")).collect();
    let text = format!("import os\n\nclass A:\n    def f(self):\n        \"\"\"Does it.\n\n        More.\n        \"\"\"\n{body}        return 1\n\n    def g(self):\n{body}        return 2\n");
    let view = view_of(&text, "", "read_file {\"path\":\"a.py\"}");
    assert_eq!(
        view.text,
        "[headroom code 6/52 lines key=Ab3dE5gH7jK]\nimport os\n\nclass A:\n    def f(self):\n        \"\"\"Does it.\n… 25 lines 6-30\n    def g(self):\n… 21 lines 32-52\n"
    );
    let asked = view_of(&text, "How does `g` work?", "read_file {\"path\":\"a.py\"}");
    assert!(asked.text.contains("return 2") && !asked.text.contains("return 1"), "{}", asked.text);
}
