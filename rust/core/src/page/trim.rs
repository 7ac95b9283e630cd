//! A page's Markdown and a limit in, the part of it that says most out: what is named, headings, how sections begin.

use crate::text::Lines;

/// How much of a page is kept, first what tells most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    Heading,
    First,
    Rest,
}

/// The lines of `text` that fit into `max_bytes`, those before `head` in any case; gaps are counted.
pub fn trim(text: &str, head: usize, question: &str, max_bytes: usize) -> String {
    let lines = Lines::of(text);
    let mut ranks = ranks(&lines);
    for hit in lines.named(question, "").iter().take(lines.len() / 10 + 3) {
        ranks[hit.node as usize] = Rank::Named;
    }
    let mut order: Vec<usize> = (head..lines.len()).filter(|&index| !lines.line(index).is_empty()).collect();
    order.sort_by_key(|&index| (ranks[index], index));
    let mut is_kept = vec![false; lines.len()];
    is_kept[..head.min(lines.len())].fill(true);
    let mut room = max_bytes;
    for index in order {
        let bytes = lines.line(index).len() + 2;
        if bytes <= room {
            room -= bytes;
            is_kept[index] = true;
        }
    }
    let mut out = String::with_capacity(max_bytes.min(text.len()));
    let mut skipped = 0;
    for (index, line) in lines.iter().enumerate() {
        if is_kept[index] {
            push_skipped(&mut out, &mut skipped);
            out.push_str(line);
            out.push('\n');
        } else if !line.is_empty() {
            skipped += 1;
        }
    }
    push_skipped(&mut out, &mut skipped);
    out
}

fn push_skipped(out: &mut String, skipped: &mut usize) {
    if *skipped > 0 {
        out.push_str(&format!("[{skipped} lines]\n"));
        *skipped = 0;
    }
}

fn ranks(lines: &Lines) -> Vec<Rank> {
    let mut begins = true;
    lines
        .iter()
        .map(|line| match line {
            _ if line.starts_with('#') => {
                begins = true;
                Rank::Heading
            }
            "" => Rank::Rest,
            _ => {
                let rank = if begins { Rank::First } else { Rank::Rest };
                begins = false;
                rank
            }
        })
        .collect()
}
