//! Whether what looks like a volatile value is one: by its own shape, and by the words before it on its line.

use super::Kind;

/// How far back words count.
const CONTEXT_BYTES: usize = 48;
/// A word of so many letters and digits, mixed, is nobody's name for anything.
const LEAST_RANDOM: usize = 16;
const LEAST_TOKEN_PART: usize = 8;
const LEAST_SHORT_HASH: usize = 7;
const HASH_LENGTHS: [usize; 5] = [32, 40, 56, 64, 128];

const EXAMPLE: &[&str] =
    &["e.g", "example", "such as", "format", "like ", "default", "cutoff", "version", "since ", "released", "born"];
const NOW: &[&str] = &["today", "current", "now", "as of", "generated", "updated", "started"];
const WHEN: &[&str] = &["date", "time", "date is", "time is", "last"];
const LASTED: &[&str] =
    &["took", "elapsed", "uptime", "duration", "latency", "ran for", "finished in", "done in", "up "];
const REVISION: &[&str] = &["commit", "revision", "rev", "sha", "hash", "head", "digest", "checksum", "etag", "build"];
const PROCESS: &[&str] = &["pid", "ppid", "tid", "process", "process id", "thread id"];
const EPOCH: &[&str] = &["time", "timestamp", "ts", "epoch", "now", "date", "expires", "created", "updated", "at"];
const SECRET: &[&str] = &[
    "token",
    "nonce",
    "session",
    "session id",
    "session_id",
    "request id",
    "request_id",
    "trace id",
    "trace_id",
    "csrf",
];

/// What the bytes from `start` to `end`, taken by the alternative `name`, are; None where they are nothing volatile.
pub fn kind_of(name: &str, text: &[u8], start: usize, end: usize) -> Option<Kind> {
    let value = &text[start..end];
    let before = Before::new(text, start);
    if before.mentions(EXAMPLE) || continues(text, end) {
        return None;
    }
    match name {
        "token" => is_mixed(value).then_some(Kind::Token),
        "uuid" => value.iter().any(|&byte| !matches!(byte, b'0' | b'-')).then_some(Kind::Uuid),
        "timestamp" => Some(Kind::Timestamp),
        "date" => before.says_now().then_some(Kind::Date),
        "time" => (is_alone(text, start, end) && before.says_now()).then_some(Kind::Time),
        "duration" => before.mentions(LASTED).then_some(Kind::Duration),
        "id" => is_mixed(value).then_some(Kind::RequestId),
        _ => is_temporary(value).then_some(Kind::TempPath),
    }
}

/// What a single word is; None where it is nothing volatile, as most are.
pub fn kind_of_word(text: &[u8], start: usize, end: usize) -> Option<Kind> {
    let value = &text[start..end];
    if value.len() < 2 || !value.iter().any(u8::is_ascii_digit) || continues(text, end) {
        return None;
    }
    let before = Before::new(text, start);
    if before.mentions(EXAMPLE) {
        return None;
    }
    of_word(value, text, start, end, &before)
}

fn of_word(value: &[u8], text: &[u8], start: usize, end: usize, before: &Before) -> Option<Kind> {
    let digits = value.iter().all(u8::is_ascii_digit);
    let hexadecimal = value.iter().all(u8::is_ascii_hexdigit);
    if digits {
        let seconds = matches!(value.len(), 10 | 13 | 16) && value[0] == b'1' && value[1] >= b'5';
        let process = (2..=8).contains(&value.len()) && (before.labels(PROCESS) || is_bracketed(text, start, end));
        return match (seconds && before.labels(EPOCH), process) {
            (true, _) => Some(Kind::Timestamp),
            (_, true) => Some(Kind::Pid),
            _ => None,
        };
    }
    if hexadecimal && !value.iter().all(u8::is_ascii_alphabetic) {
        if before.0.ends_with("@sha256:") {
            return None;
        }
        let whole = HASH_LENGTHS.contains(&value.len());
        let named = (LEAST_SHORT_HASH..=64).contains(&value.len()) && before.mentions(REVISION);
        if whole || named {
            return Some(Kind::Hash);
        }
    }
    if value.starts_with(b"0x") {
        return None;
    }
    if value.len() == 26 && is_ulid(value) {
        return Some(Kind::Ulid);
    }
    if value.len() >= 8 && is_mixed(value) && before.labels(SECRET) {
        return Some(Kind::Token);
    }
    (value.len() >= LEAST_RANDOM && is_random(value)).then_some(Kind::RandomId)
}

/// The bytes before a value on its line, in lower case.
struct Before(String);

impl Before {
    fn new(text: &[u8], start: usize) -> Self {
        let from = start.saturating_sub(CONTEXT_BYTES);
        let line = text[from..start].rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        Before(String::from_utf8_lossy(line).to_ascii_lowercase())
    }

    /// Whether one of the words stands anywhere before the value, at the beginning of a word.
    fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            self.0.match_indices(word).any(|(at, _)| at == 0 || !self.0.as_bytes()[at - 1].is_ascii_alphabetic())
        })
    }

    /// Whether the present is spoken of.
    fn says_now(&self) -> bool {
        self.mentions(NOW) || self.labels(WHEN)
    }

    /// Whether one of the words is the label of the value: nothing but `:`, `=`, quotes and the like between them.
    fn labels(&self, words: &[&str]) -> bool {
        let rest = self.0.trim_end_matches([' ', ':', '=', '"', '\'', '`', '#', '(', '*', '\\']);
        rest.len() < self.0.len()
            && words.iter().any(|word| {
                rest.strip_suffix(word).is_some_and(|head| !head.ends_with(|last: char| last.is_ascii_lowercase()))
            })
    }
}

/// Whether a value goes on as another thing: a longer number, a version, a name.
fn continues(text: &[u8], end: usize) -> bool {
    let next = |at: usize| text.get(at).copied().unwrap_or(b' ');
    next(end).is_ascii_alphanumeric() || next(end) == b'_' || (next(end) == b'.' && next(end + 1).is_ascii_digit())
}

/// Whether a time of day is not a part of something else, such as an address.
fn is_alone(text: &[u8], start: usize, end: usize) -> bool {
    let goes_on = text.get(end) == Some(&b':') && text.get(end + 1).is_some_and(u8::is_ascii_digit);
    let is_joined = start > 0 && matches!(text[start - 1], b':' | b'.' | b'-' | b'/');
    !goes_on && !is_joined
}

/// Whether a number stands as `name[123]:`, as in lines of syslog.
fn is_bracketed(text: &[u8], start: usize, end: usize) -> bool {
    start > 1 && text[start - 1] == b'[' && text[start - 2].is_ascii_alphabetic() && text[end..].starts_with(b"]:")
}

fn is_ulid(value: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(byte));
    value[0] <= b'7' && value.iter().all(allowed) && is_mixed(value)
}

/// Whether there are letters as well as digits.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether letters and digits alternate as no name's do.
fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let turns = value.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    digits >= 3 && turns >= 4 && !value.contains(&b'_') && value.is_ascii()
}

/// Whether a path below a directory for temporary files has a part that a program made up.
fn is_temporary(path: &[u8]) -> bool {
    if path.windows(7).any(|part| part == b"folders") {
        return true;
    }
    path.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| {
        part.split(|byte| matches!(byte, b'.' | b'-' | b'_')).any(|word| {
            let upper = word.iter().filter(|byte| byte.is_ascii_uppercase()).count();
            let lower = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
            (word.len() >= 4 && is_mixed(word))
                || (word.len() >= 6 && upper >= 2 && lower >= 1 && upper + 1 < word.len())
                || (word.len() >= 4 && word.iter().all(u8::is_ascii_digit))
                || (word.len() >= 8 && word.starts_with(b"tmp"))
        })
    })
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The end of the word at `start`.
pub fn end_of_word(text: &[u8], start: usize) -> usize {
    (start + 1..text.len()).find(|&at| !is_word(text[at])).unwrap_or(text.len())
}

/// The end of a JSON Web Token that begins at `start`; else up to where none can begin.
pub fn end_of_signed_token(text: &[u8], start: usize) -> Result<usize, usize> {
    let mut end = start;
    for part in 0..3 {
        let from = end;
        end = (from..text.len()).find(|&at| !is_word(text[at]) && text[at] != b'-').unwrap_or(text.len());
        let is_followed = part == 2 || text.get(end) == Some(&b'.');
        if end - from < LEAST_TOKEN_PART || !is_followed {
            return Err(end);
        }
        end += usize::from(part < 2);
    }
    Ok(end)
}

/// The word, or what else stands between blanks, at a byte of a text.
pub fn around(text: &str, at: usize) -> &str {
    let start = text[..at]
        .rfind(char::is_whitespace)
        .map_or(0, |blank| blank + text[blank..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(char::is_whitespace).map_or(text.len(), |blank| at + blank);
    &text[start..end.max(start)]
}
