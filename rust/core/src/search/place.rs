//! A line in, the place in a file that it begins with out: `path:12:`, `path-12-`, `path=12=`, `12:`, `path:`.

/// Bytes of a line in which its path must end.
const MAX_PATH_BYTES: usize = 1_024;
/// Digits of a number; more are no line number.
const MAX_DIGITS: usize = 9;
/// Places that a line could begin with that are looked at.
const MAX_PLACES: usize = 8;

/// Where a path ends, and the number behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the path.
    pub path: usize,
    pub mark: u8,
    pub number: u32,
    /// Where the rest of the line begins.
    pub behind: usize,
}

/// Digits at the start of a text as a number, and how many there are. Only as a program would print it.
#[inline]
fn digits(text: &[u8]) -> Option<(u32, usize)> {
    let count = text.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > MAX_DIGITS || text[0] == b'0' && count > 1 {
        return None;
    }
    Some((text[..count].iter().fold(0, |number, digit| 10 * number + u32::from(digit - b'0')), count))
}

/// `12:` or `12-` or `12=` at the start of a line.
#[inline]
pub fn number(line: &str) -> Option<Place> {
    let bytes = line.as_bytes();
    let (number, count) = digits(bytes)?;
    let mark = *bytes.get(count)?;
    (matches!(mark, b':' | b'-' | b'=') && number > 0).then_some(Place { path: 0, mark, number, behind: count + 1 })
}

/// A number at the start of a line, behind spaces or a word for it, and what stands before the number.
pub fn numbered(line: &str) -> Option<(&str, Place)> {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let word = ["Line ", "line ", "L"].into_iter().find(|word| line[spaces..].starts_with(word)).map_or(0, str::len);
    let (lead, rest) = line.split_at(spaces + word);
    let at = number(rest)?;
    // Bare numbers are not indented: that would be a table, or code.
    (spaces <= 8).then_some((lead, Place { behind: at.behind + lead.len(), ..at }))
}

/// `5:` behind the number of the line: the column, and how many bytes it takes.
#[inline]
pub fn column(behind: &str) -> Option<(u32, usize)> {
    let (column, count) = digits(behind.as_bytes())?;
    (column > 0 && behind.as_bytes().get(count) == Some(&b':')).then_some((column, count + 1))
}

/// The places in files that a line could begin with.
pub fn all(line: &str) -> impl Iterator<Item = Place> + Clone + '_ {
    let bytes = line.as_bytes();
    let head = &bytes[..bytes.len().min(MAX_PATH_BYTES)];
    let places = memchr::memchr3_iter(b':', b'-', b'=', head).filter_map(move |path| place_at(bytes, path));
    places.take(MAX_PLACES)
}

#[inline]
fn place_at(bytes: &[u8], path: usize) -> Option<Place> {
    if path == 0 {
        return None;
    }
    let (number, count) = digits(&bytes[path + 1..])?;
    let behind = path + 2 + count;
    (bytes.get(behind - 1) == Some(&bytes[path])).then_some(Place { path, mark: bytes[path], number, behind })
}

/// The first place that a line could begin with. A time is no path: then the first behind it, if there is one.
pub fn first(line: &str) -> Option<Place> {
    let mut places = all(line);
    let first = places.next()?;
    if !is_time(&line[..first.path]) {
        return Some(first);
    }
    places.find(|at| !is_time(&line[..at.path]) && !line[..at.path].contains(' ')).or(Some(first))
}

/// Digits and colons alone.
fn is_time(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
}

/// The place of a line that begins with a path which is already known.
#[inline]
pub fn within(line: &str, path: &str) -> Option<Place> {
    if path.is_empty() || !line.starts_with(path) {
        return None;
    }
    let mark = *line.as_bytes().get(path.len())?;
    if matches!(mark, b':' | b'-' | b'=') {
        return place_at(line.as_bytes(), path.len());
    }
    None
}

/// Whether this could be a path as tools print it: not empty, no tab, no quotes at its ends.
pub fn may_be_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_odd = |byte: &u8| matches!(byte, b'\t' | b'"' | b'<' | b'>' | b'|' | b'*' | b'?' | b'{' | b'}' | b';');
    !bytes.is_empty() && bytes.len() <= MAX_PATH_BYTES && bytes[0] != b' ' && !bytes.iter().any(is_odd)
}

/// Whether the line is nothing but a path: no space around it, and a separator or an extension in it.
pub fn is_bare_path(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if !may_be_path(line) || line.ends_with([' ', ':', ',', '.', ')']) || line.starts_with(['-', '#', '(']) {
        return false;
    }
    let name = name_of(line);
    // With spaces it may be prose: then each must be inside a path that has separators.
    let spaces = line.bytes().filter(|&byte| byte == b' ').count();
    let separators = line.bytes().filter(|&byte| byte == b'/' || byte == b'\\').count();
    if spaces > 3 * separators || memchr::memmem::find(line.as_bytes(), b": ").is_some() {
        return false;
    }
    // What stands behind a colon is text of the file, and words are no name.
    if name.contains(':') || name.contains(' ') && !has_extension(name) {
        return false;
    }
    separators > 0 || has_extension(name)
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    &path[dir_len(path)..]
}

/// Bytes of the directory that a path is in, with the separator behind it.
pub fn dir_len(path: &str) -> usize {
    memchr::memrchr2(b'/', b'\\', path.as_bytes()).map_or(0, |at| at + 1)
}

fn has_extension(name: &str) -> bool {
    name.rfind('.').is_some_and(|dot| {
        let extension = &name[dot + 1..];
        (1..=10).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// `path:7` and nothing more.
pub fn counted(line: &str) -> Option<Place> {
    let bare = line.strip_suffix('\r').unwrap_or(line);
    let path = bare.rfind(':')?;
    let (number, count) = digits(&bare.as_bytes()[path + 1..])?;
    let is_whole = path + 1 + count == bare.len();
    (is_whole && is_bare_path(&bare[..path])).then_some(Place { path, mark: b':', number, behind: bare.len() })
}

/// Where the path of `path:text` ends: at the first `:` that does not belong to a drive, a time or an address.
pub fn unnumbered(line: &str) -> Option<usize> {
    let head = &line.as_bytes()[..line.len().min(MAX_PATH_BYTES)];
    let path = memchr::memchr_iter(b':', head).find(|&at| !is_drive(&line[..at]) && !is_time(&line[..at]))?;
    let is_address = line[path..].starts_with("://");
    (!is_address && is_bare_path(&line[..path])).then_some(path)
}

/// Where a path may end of which only the other lines tell that it is one: a word, or a name with an extension.
pub fn unnumbered_word(line: &str) -> Option<usize> {
    let head = &line.as_bytes()[..line.len().min(MAX_PATH_BYTES)];
    let path = memchr::memchr_iter(b':', head).find(|&at| !is_drive(&line[..at]) && !is_time(&line[..at]))?;
    let text = &line[..path];
    let spaces = text.bytes().filter(|&byte| byte == b' ').count();
    let is_name = spaces == 0 || spaces <= 3 && has_extension(name_of(text));
    (path > 0 && is_name && !text.starts_with(' ') && !text.contains('\t')).then_some(path)
}

/// The known path that ends before `mark` in a line.
pub fn before_mark(line: &str, mark: u8, is_known: impl Fn(&str) -> bool) -> Option<usize> {
    let head = &line.as_bytes()[..line.len().min(MAX_PATH_BYTES)];
    memchr::memchr_iter(mark, head).take(16).find(|&at| at > 0 && is_known(&line[..at]))
}

/// `C` of a Windows path.
fn is_drive(text: &str) -> bool {
    text.len() == 1 && text.as_bytes()[0].is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_a_line_begins_with_is_found() {
        let place = |line: &str| {
            first(line).map(|at| (line[..at.path].to_owned(), at.mark as char, at.number, line[at.behind..].to_owned()))
        };
        assert_eq!(place("./a-b.c:12:x:3:"), Some(("./a-b.c".into(), ':', 12, "x:3:".into())));
        assert_eq!(place("C:\\a b\\c.rs:7:"), Some(("C:\\a b\\c.rs".into(), ':', 7, "".into())));
        assert_eq!(place("HEAD:src/x.c=9=int f()"), Some(("HEAD:src/x.c".into(), '=', 9, "int f()".into())));
        assert_eq!(place("a.c:012:x"), None);
        assert_eq!(place("a.c:1234567890:x"), None);
        assert_eq!(column("5:x"), Some((5, 2)));
        assert_eq!(counted("./a.c:0").map(|at| at.number), Some(0));
        assert_eq!(unnumbered("./a/b.c:int x;"), Some(7));
        assert_eq!(unnumbered("http://x.y/z"), None);
    }

    #[test]
    fn prose_is_no_path() {
        for line in ["Some words here.", "It costs 3/4 of that and more words follow it", "", " a.c", "x: y.z"] {
            assert!(!is_bare_path(line), "{line}");
        }
        for line in ["a.c", "./x y/z", "src/main.rs", "C:\\x\\y.cs", "日本/語.txt"] {
            assert!(is_bare_path(line), "{line}");
        }
    }
}
