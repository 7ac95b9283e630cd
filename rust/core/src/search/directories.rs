//! What `ls -R` prints in, the same as a list of paths out, and back.
//!
//! Each directory has a line of its own, its name and a colon, with the names in it below, and an empty line between it
//! and the next. Every name becomes a path, and a directory with nothing in it its own name with a slash, so that what
//! holds for lists of paths holds here. Linear in the paths' length.

/// A list may be this many times as long as the text.
const MAX_GROWTH: usize = 16;
/// Directories that a text must have.
const MIN_DIRECTORIES: usize = 2;
const HEAD: &str = "#search ";
const MARK: &str = "#search ls ";

/// The names in directories as paths.
pub struct Directories {
    pub paths: String,
}

impl Directories {
    /// Reads such a list; `None` if the text is not one, or could not be written again byte for byte.
    pub fn of(text: &str) -> Option<Self> {
        let paths = to_paths(text)?;
        (to_list(&paths).as_deref() == Some(text)).then_some(Directories { paths })
    }

    /// The form of the paths, marked as that of such a list.
    pub fn mark(&self, form: &str) -> Option<String> {
        Some(format!("{MARK}{}", form.strip_prefix(HEAD)?))
    }
}

/// The list behind a marked form, which `expand` makes paths of; `None` if the form is not marked.
pub fn expand(form: &str, expand: impl Fn(&str) -> Option<String>) -> Option<Option<String>> {
    let rest = form.strip_prefix(MARK)?;
    let paths = expand(&format!("{HEAD}{rest}"));
    Some(paths.and_then(|paths| to_list(&paths)))
}

/// How surely a text is such a list, by its first lines: 0 or 1.
pub fn score(text: &str) -> f64 {
    let mut above_is_blank = true;
    let (mut directories, mut names, mut others) = (0, 0, 0);
    for line in text.lines().take(400) {
        match directory(line).filter(|_| above_is_blank) {
            Some(_) => directories += 1,
            None if line.is_empty() => {}
            None if is_name(line) => names += 1,
            None => others += 1,
        }
        above_is_blank = line.is_empty();
    }
    let is_list = text.lines().next().and_then(directory).is_some();
    // Words below a line with a colon are a list of another kind: directories have paths.
    let is_one = is_list && directories >= MIN_DIRECTORIES && names > directories && others == 0;
    f64::from(u8::from(is_one))
}

/// The directory that a line names: `.`, or a path of a name or more.
fn directory(line: &str) -> Option<&str> {
    let path = line.strip_suffix(':')?;
    let is_path = path == "." || path.starts_with(['/', '.']) || path.contains('/') || !path.contains(' ');
    (!path.is_empty() && is_path && !path.ends_with('/')).then_some(path)
}

/// Whether a line could be one name in a directory.
fn is_name(line: &str) -> bool {
    !line.contains('/') && line.len() <= 255 && !line.starts_with([' ', '\t']) && !line.contains("  ")
}

fn to_paths(text: &str) -> Option<String> {
    let mut paths = String::with_capacity(text.len() * 2);
    let (mut path, mut directories, mut names) = (None, 0, 0);
    let finish = |path: &mut Option<&str>, names: usize, paths: &mut String| {
        if let Some(path) = path.take().filter(|_| names == 0) {
            paths.push_str(path);
            paths.push_str("/\n");
        }
    };
    let body = text.strip_suffix('\n')?;
    for line in body.split('\n') {
        if line.is_empty() {
            finish(&mut path, names, &mut paths);
            names = 0;
        } else if let Some(known) = path {
            if !is_name(line) {
                return None;
            }
            names += 1;
            paths.push_str(known);
            paths.push('/');
            paths.push_str(line);
            paths.push('\n');
        } else {
            path = Some(directory(line)?);
            directories += 1;
        }
        if paths.len() > MAX_GROWTH * text.len() {
            return None;
        }
        if line.is_empty() {
            path = None;
        }
    }
    finish(&mut path, names, &mut paths);
    (directories >= MIN_DIRECTORIES).then_some(paths)
}

fn to_list(paths: &str) -> Option<String> {
    let mut text = String::with_capacity(paths.len());
    let mut known: Option<&str> = None;
    for line in paths.split_terminator('\n') {
        let at = line.rfind('/')?;
        let (path, name) = (&line[..at], &line[at + 1..]);
        if known != Some(path) || name.is_empty() {
            if known.is_some() {
                text.push('\n');
            }
            text.push_str(path);
            text.push_str(":\n");
            known = Some(path);
        }
        if !name.is_empty() {
            text.push_str(name);
            text.push('\n');
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = ".:\na.rs\nempty\nsrc\n\n./empty:\n\n./src:\nb.rs\nc d.rs\n";

    #[test]
    fn names_become_paths_and_are_listed_again() {
        let list = Directories::of(LIST).unwrap();
        assert_eq!(list.paths, "./a.rs\n./empty\n./src\n./empty/\n./src/b.rs\n./src/c d.rs\n");
        assert!(Directories::of("Fruits:\napples and pears\n").is_none());
    }

    #[test]
    fn a_large_list_is_said_in_less_and_summed_up() {
        let names: String = (0..300).map(|at| format!("part_{at}.rs\n")).collect();
        let text = format!("src:\nparts\nmain.rs\n\nsrc/parts:\n{names}\nsrc/parts/none:\n");
        let task = crate::text::Task {
            call: "bash {\"command\": \"ls -R\"}",
            key: Some("Ab3dE5gH7jK"),
            ..crate::text::Task::lossless(&text)
        };
        let drafts = crate::search::compress(&task);
        assert!(drafts
            .lossy
            .is_some_and(|view| view.text.len() * 4 < text.len() && view.text.contains("parts/ part_0.rs")));
        assert!(score(&text) > 0.9);
    }

    proptest! {
        #[test]
        fn any_list_comes_back(directories in prop::collection::vec(prop::collection::vec("[a-c]{1,3}", 0..4), 2..6)) {
            let text: Vec<String> = directories
                .iter()
                .enumerate()
                .map(|(at, names)| format!("d/{at}:\n{}", names.iter().map(|name| format!("{name}\n")).collect::<String>()))
                .collect();
            let text = text.join("\n");
            let list = Directories::of(&text).unwrap();
            prop_assert_eq!(to_list(&list.paths).unwrap(), text);
        }

        #[test]
        fn any_text_is_read_without_failing(text in "([#a-z0-9./: \n-]{0,8}){0,30}") {
            if let Some(list) = Directories::of(&text) {
                prop_assert_eq!(to_list(&list.paths).unwrap(), text.as_str());
            }
            let _ = score(&text);
            let _ = crate::kind::expand(&format!("#search ls {text}"));
        }
    }
}
