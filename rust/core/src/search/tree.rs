//! A drawn tree of files in, the same as a list of paths out, and back.
//!
//! `tree` and its kind draw one name a line behind branches. Every line becomes a path at the same line, so that what
//! holds for lists of paths holds for trees; what stands below the tree stays as it is. Linear in the paths' length.

/// How branches are drawn: of a name, of the last name of a directory, past names, and where nothing follows.
struct Drawing {
    branch: &'static str,
    last: &'static str,
    bar: &'static str,
    gap: &'static str,
}

/// In the order of their signs in a form's header.
const DRAWINGS: [Drawing; 4] = [
    Drawing { branch: "├── ", last: "└── ", bar: "│\u{a0}\u{a0} ", gap: "    " },
    Drawing { branch: "├── ", last: "└── ", bar: "│   ", gap: "    " },
    Drawing { branch: "|-- ", last: "`-- ", bar: "|   ", gap: "    " },
    Drawing { branch: "|-- ", last: "`-- ", bar: "|\u{a0}\u{a0} ", gap: "    " },
];

/// Names that are inside each other are followed to this depth.
const MAX_DEPTH: usize = 64;
/// A list may be this many times as long as the drawing.
const MAX_GROWTH: usize = 16;
const HEAD: &str = "#search ";
const MARK: &str = "#search tree";

/// A tree as paths, and which of the `DRAWINGS` it is.
pub struct Tree {
    pub paths: String,
    drawing: usize,
}

impl Tree {
    /// Reads a drawn tree; `None` if the text is not one, or could not be drawn again byte for byte.
    pub fn of(text: &str) -> Option<Self> {
        let second = text.lines().nth(1)?;
        let drawing = DRAWINGS.iter().position(|drawing| {
            (second.starts_with(drawing.branch) || second.starts_with(drawing.last)) && is_drawn_with(text, drawing)
        })?;
        let paths = to_paths(text, &DRAWINGS[drawing])?;
        (draw(&paths, &DRAWINGS[drawing]).as_deref() == Some(text)).then_some(Tree { paths, drawing })
    }

    /// The form of the paths, marked as that of a tree.
    pub fn mark(&self, form: &str) -> Option<String> {
        Some(format!("{MARK}{} {}", self.drawing, form.strip_prefix(HEAD)?))
    }
}

/// The drawing behind a marked form, which `expand` makes paths of; `None` if the form is not marked.
pub fn expand(form: &str, expand: impl Fn(&str) -> Option<String>) -> Option<Option<String>> {
    let rest = form.strip_prefix(MARK)?;
    let (drawing, rest) = rest.split_at_checked(1)?;
    let drawing = DRAWINGS.get(drawing.parse::<usize>().ok()?)?;
    let paths = expand(&format!("{HEAD}{}", rest.strip_prefix(' ')?));
    Some(paths.and_then(|paths| draw(&paths, drawing)))
}

/// Whether the bars of a text, if there are any, are those of a drawing.
fn is_drawn_with(text: &str, drawing: &Drawing) -> bool {
    text.lines()
        .find(|line| line.starts_with(['│', '|']) && !line.starts_with(drawing.branch))
        .is_none_or(|line| line.starts_with(drawing.bar))
}

/// The lines of the tree, and what stands below it from the first empty line on.
fn parts(text: &str) -> (&str, &str) {
    let end = text.find("\n\n").map_or(text.len(), |end| end + 1);
    text.split_at(end)
}

fn to_paths(text: &str, drawing: &Drawing) -> Option<String> {
    let (tree, rest) = parts(text);
    let mut lines = tree.split_inclusive('\n');
    let root = lines.next()?;
    let mut paths = String::with_capacity(2 * text.len());
    paths.push_str(root);
    let mut path = root.trim_end_matches('\n').to_owned();
    // Where each name of the path ends.
    let mut ends = vec![path.len()];
    for line in lines {
        let mut rest = line;
        let mut depth = 0;
        while let Some(inner) = rest.strip_prefix(drawing.bar).or_else(|| rest.strip_prefix(drawing.gap)) {
            rest = inner;
            depth += 1;
        }
        let name = rest.strip_prefix(drawing.branch).or_else(|| rest.strip_prefix(drawing.last))?;
        if depth >= ends.len() || depth > MAX_DEPTH || name.trim_end_matches('\n').contains('/') {
            return None;
        }
        ends.truncate(depth + 1);
        path.truncate(ends[depth]);
        path.push('/');
        path.push_str(name.trim_end_matches('\n'));
        ends.push(path.len());
        paths.push_str(&path);
        if name.ends_with('\n') {
            paths.push('\n');
        }
        if paths.len() > MAX_GROWTH * text.len() {
            return None;
        }
    }
    paths.push_str(rest);
    Some(paths)
}

fn draw(paths: &str, drawing: &Drawing) -> Option<String> {
    let (tree, rest) = parts(paths);
    let mut lines = tree.split_inclusive('\n');
    let root_line = lines.next()?;
    let root = root_line.trim_end_matches('\n');
    let names: Vec<(usize, &str)> = lines
        .map(|line| {
            let inner = line.strip_prefix(root)?.strip_prefix('/')?;
            let depth = inner.matches('/').count();
            let name = &inner[inner.rfind('/').map_or(0, |at| at + 1)..];
            (depth <= MAX_DEPTH).then_some((depth, name))
        })
        .collect::<Option<_>>()?;
    let is_last = last_ones(&names);
    let mut text = String::with_capacity(paths.len());
    text.push_str(root_line);
    // For each depth on the way whether more names follow there.
    let mut goes_on: Vec<bool> = Vec::new();
    for (&(depth, name), &is_last) in names.iter().zip(&is_last) {
        if depth > goes_on.len() {
            return None;
        }
        goes_on.truncate(depth);
        goes_on.iter().for_each(|&goes_on| text.push_str(if goes_on { drawing.bar } else { drawing.gap }));
        text.push_str(if is_last { drawing.last } else { drawing.branch });
        text.push_str(name);
        goes_on.push(!is_last);
    }
    text.push_str(rest);
    Some(text)
}

/// For each name whether no other one of its directory follows.
fn last_ones(names: &[(usize, &str)]) -> Vec<bool> {
    let mut follows = [false; MAX_DEPTH + 2];
    let mut is_last = vec![false; names.len()];
    for (index, &(depth, _)) in names.iter().enumerate().rev() {
        is_last[index] = !follows[depth];
        follows[depth] = true;
        follows[depth + 1..].fill(false);
    }
    is_last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::compress;
    use crate::text::Task;
    use proptest::prelude::*;

    const DRAWN: &str = "src\n├── a.rs\n├── json\n│\u{a0}\u{a0} ├── cell.rs\n│\u{a0}\u{a0} └── deep\n\
                         │\u{a0}\u{a0}     └── x.rs\n└── z.rs\n\n2 directories, 4 files\n";

    #[test]
    fn a_tree_becomes_paths_and_is_drawn_again() {
        let tree = Tree::of(DRAWN).unwrap();
        let (paths, rest) = parts(&tree.paths);
        assert_eq!(
            paths.lines().collect::<Vec<_>>(),
            ["src", "src/a.rs", "src/json", "src/json/cell.rs", "src/json/deep", "src/json/deep/x.rs", "src/z.rs"]
        );
        assert_eq!(rest, "\n2 directories, 4 files\n");
        assert!(Tree::of("no tree\nat all\n").is_none());
    }

    #[test]
    fn a_large_tree_is_said_in_less_and_summed_up_where_it_was_listed() {
        let files: String = (0..300).map(|at| format!("│   ├── part_{at}.rs\n")).collect();
        let text = format!(".\n├── src\n{files}│   └── tail.rs\n└── README.md\n\n1 directory, 302 files\n");
        let task = Task { call: "bash {\"command\": \"tree\"}", key: Some("Ab3dE5gH7jK"), ..Task::lossless(&text) };
        let drafts = compress(&task);
        let form = drafts.lossless.unwrap();
        assert!(form.len() * 10 < text.len() * 9, "{form}");
        assert_eq!(crate::kind::expand(&form).as_deref(), Some(text.as_str()));
        let view = drafts.lossy.unwrap();
        assert!(view.text.contains("1 directory, 302 files") && view.text.len() * 5 < text.len(), "{}", view.text);
    }

    proptest! {
        #[test]
        fn any_tree_is_drawn_again(depths in prop::collection::vec(0usize..4, 0..40), drawing in 0usize..4) {
            let mut path: Vec<String> = vec![".".to_owned()];
            let mut paths = ".\n".to_owned();
            for (at, depth) in depths.into_iter().enumerate() {
                path.truncate(depth.min(path.len() - 1) + 1);
                path.push(format!("n{at}"));
                paths += &(path.join("/") + "\n");
            }
            let text = draw(&paths, &DRAWINGS[drawing]).unwrap();
            if let Some(tree) = Tree::of(&text) {
                prop_assert_eq!(tree.paths, paths);
            }
        }

        #[test]
        fn any_text_is_read_without_failing(text in "([#a-z0-9./ ├─└│|`\n-]{0,8}){0,30}") {
            let _ = Tree::of(&text);
            let _ = draw(&text, &DRAWINGS[0]);
            let _ = crate::kind::expand(&format!("#search tree0 {text}"));
        }
    }
}
