//! What a page's scripts hold as JSON, where the page itself says next to nothing.

use crate::json::select::Budget;
use crate::json::Document;
use crate::text::Task;

use super::tags::Tag;
use super::tree::Tree;

/// The least JSON that is looked at, in bytes.
const MIN_BYTES: usize = 100;

/// The largest JSON in a page's scripts, in the notation of JSON's views.
pub fn state(tree: &Tree, task: &Task) -> Option<String> {
    let scripts = (0..tree.len()).filter(|&at| tree.node(at).tag == Tag::Script && tree.node(at).end > at + 1);
    let largest = scripts.filter_map(|at| value(tree.raw(at + 1))).max_by_key(|json| json.len())?;
    let document = Document::read(largest, task.question, task.call)?;
    let budget = Budget { deep: task.deep, target_ratio: None };
    let lossy = document.lossy(task.key?, budget).and_then(|lossy| Some(lossy.text.split_once('\n')?.1.to_owned()));
    let text = lossy.or_else(|| document.lossless_view())?;
    Some(format!("\nstate:\n{text}\n"))
}

/// The JSON in a script: all of it, or what is assigned: `window.state = {…};`.
fn value(script: &str) -> Option<&str> {
    let script = script.trim();
    let from = script.find(['{', '['])?;
    let before = script[..from].trim_end();
    let is_assigned = before.is_empty() || before.ends_with('=') && before.len() < 80;
    let json = script[from..].trim_end_matches([';', ' ', '\n']);
    let closes = json.ends_with(['}', ']']);
    (is_assigned && closes && json.len() >= MIN_BYTES && crate::json::score(json) >= 1.0).then_some(json)
}
