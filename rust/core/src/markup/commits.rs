//! What `git log` prints in, a line on each commit out: its hash in short, when, by whom, and the subject.
//!
//! Of bodies and of the lists of files only what the question names is shown, what was reverted or is breaking, and the
//! totals. Every commit is shown.

use crate::text::{marker, Lines, Task, View};

/// Characters of a hash by which git knows a commit in any repository that fits on a disk.
const SHORT_HASH: usize = 10;
/// Lines of bodies shown at most because the question names what they say.
const MAX_NAMED: usize = 12;
const INDENT: &str = "    ";
/// Commits that a text must have.
const MIN_COMMITS: usize = 2;
/// Lines between the one of a commit and its author's.
const NEAR: usize = 4;
/// How lines of a body begin that say more than others.
const TOLD: [&str; 3] = ["This reverts commit", "BREAKING CHANGE", "BREAKING-CHANGE"];

/// The hash of a line that begins a commit, and what is said behind it of branches and tags.
pub fn head(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("commit ")?;
    let end = rest.find(' ').unwrap_or(rest.len());
    let (hash, refs) = rest.split_at(end);
    let is_hash = (7..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hash && (refs.is_empty() || refs.starts_with(" ("))).then_some((hash, refs.trim()))
}

/// Whether a text begins with commits.
pub fn begins(text: &str) -> bool {
    let mut lines = text.lines();
    lines.next().is_some_and(|line| head(line).is_some())
        && lines.take(NEAR).any(|line| line.starts_with("Author: "))
        && memchr::memmem::find(text.as_bytes(), b"\ncommit ").is_some()
}

#[derive(Default)]
struct Commit<'a> {
    line: u32,
    hash: &'a str,
    refs: &'a str,
    author: &'a str,
    date: &'a str,
    subject: &'a str,
    /// The line that sums up the files that changed.
    total: &'a str,
    /// Lines of the body that are shown.
    told: Vec<&'a str>,
}

/// The lossy view; `None` where it would leave nothing out, or the text is of more than commits.
pub fn view(task: &Task, key: &str) -> Option<View> {
    let lines = Lines::of(task.text);
    let mut named: Vec<u32> = lines.named(task.question, "").into_iter().map(|hit| hit.node).collect();
    named.truncate(MAX_NAMED);
    named.sort_unstable();
    let commits = read(&lines, &named)?;
    if commits.len() < MIN_COMMITS {
        return None;
    }
    let name_of = |author: &'_ str| author.split(" <").next().unwrap_or(author).to_owned();
    let one_author = commits.iter().all(|commit| commit.author == commits[0].author);
    let shown = commits.iter().map(|commit| 1 + commit.told.len()).sum::<usize>();
    let total = (0..lines.len()).filter(|&at| !lines.line(at).trim_ascii().is_empty()).count();
    let mut text = marker("commits", shown, total, "lines", key);
    if one_author && !commits[0].author.is_empty() {
        text.push_str(&format!("Author: {}\n", commits[0].author));
    }
    let mut kept = Vec::with_capacity(commits.len());
    for commit in &commits {
        let parts = [commit.hash, commit.date, commit.refs];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        text.push_str(&parts.join(" "));
        if !one_author {
            text.push_str(&format!(" {}", name_of(commit.author)));
        }
        text.push_str(&format!(": {}", commit.subject));
        if !commit.total.is_empty() {
            text.push_str(&format!(" ({})", commit.total));
        }
        text.push('\n');
        kept.push((commit.line + 1, "a commit"));
        commit.told.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    text.pop();
    let dropped = vec![("lines of bodies and files".to_owned(), total.saturating_sub(shown))];
    Some(View { text, shown, total, kept, dropped })
}

fn read<'a>(lines: &Lines<'a>, named: &[u32]) -> Option<Vec<Commit<'a>>> {
    let mut commits: Vec<Commit> = Vec::new();
    let mut in_fields = false;
    for at in 0..lines.len() {
        let line = lines.line(at).trim_end();
        let is_named = named.binary_search(&(at as u32)).is_ok();
        if let Some((hash, refs)) = head(line) {
            let hash = if is_named { hash } else { &hash[..hash.len().min(SHORT_HASH)] };
            commits.push(Commit { line: at as u32, hash, refs, ..Commit::default() });
            in_fields = true;
            continue;
        }
        let commit = commits.last_mut()?;
        if line.is_empty() {
            in_fields = false;
        } else if in_fields {
            let (name, value) = line.split_once(':')?;
            match name {
                "Author" => commit.author = value.trim(),
                // The committer's may be another: the author's is what is sorted by.
                "Date" | "AuthorDate" => commit.date = without_weekday(value.trim()),
                _ => {}
            }
            if is_named {
                commit.told.push(line);
            }
        } else if let Some(said) = line.strip_prefix(INDENT) {
            if commit.subject.is_empty() {
                commit.subject = said.trim();
            } else if TOLD.iter().any(|told| said.starts_with(told)) || is_named {
                commit.told.push(said.trim());
            }
        } else if line.starts_with(' ') {
            if line.contains(" changed") {
                commit.total = line.trim();
            } else if is_named {
                commit.told.push(line.trim());
            }
        } else if is_named {
            // `--name-only` and `--name-status` list files at the margin; a patch is another kind of text.
            commit.told.push(line);
        } else if line.starts_with("diff --git") || line.starts_with("@@ ") {
            return None;
        }
    }
    Some(commits)
}

/// A date as git writes it without the day of the week, which it says twice over.
fn without_weekday(date: &str) -> &str {
    match date.as_bytes() {
        [a, b, c, b' ', rest @ ..] if [a, b, c].iter().all(|byte| byte.is_ascii_alphabetic()) && rest.len() > 8 => {
            &date[4..]
        }
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(commits: usize) -> String {
        let one = |at: usize| {
            format!(
                "commit {at:040x}{}\nAuthor: Ann Lee <ann@x.org>\nDate:   Mon Nov 30 05:{:02}:16 2026 +0000\n\n    Subject \
                 number {at}\n    \n    A body that says why, at length.\n    {}\n\n file.rs | 5 +-\n 1 file changed, 5 \
                 insertions(+)\n",
                if at == 0 { " (HEAD -> main)" } else { "" },
                at % 60,
                match at {
                    7 => "This reverts commit abc.",
                    9 => "It mentions quokkas.",
                    _ => "It says more.",
                },
            )
        };
        (0..commits).map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_commit_has_its_line() {
        let text = history(50);
        let task = Task { key: Some("Ab3dE5gH7jK"), ..Task::lossless(&text) };
        let view = view(&task, "Ab3dE5gH7jK").unwrap();
        assert!(view.text.len() * 2 < text.len(), "{}", view.text);
        assert!(view
            .text
            .contains("Author: Ann Lee <ann@x.org>\n0000000000 Nov 30 05:00:16 2026 +0000 (HEAD -> main): Subject"));
        assert_eq!(view.text.matches(": Subject number ").count(), 50);
        assert_eq!(view.text.matches("(1 file changed, 5 insertions(+))").count(), 50);
        assert!(view.text.contains("  This reverts commit abc."));
        assert!(!view.text.contains("quokkas"));
        let asked = Task { question: "what do quokkas do?", ..task };
        assert!(super::view(&asked, "Ab3dE5gH7jK").unwrap().text.contains("quokkas"));
    }

    #[test]
    fn histories_are_told_from_other_texts_and_come_back() {
        assert!(begins(&history(2)));
        assert!(!begins("commit to it\nAuthor: me\n"));
        let text = history(30);
        let form = crate::markup::compress(&Task::lossless(&text)).lossless.unwrap();
        assert!(form.len() * 10 < text.len() * 9, "{form}");
        assert_eq!(crate::markup::expand(&form).as_deref(), Some(text.as_str()));
    }
}
