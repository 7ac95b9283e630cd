//! A prompt in, the values in it out that change from request to request: times, ids, hashes, paths of temporary files.
//!
//! One linear pass. A value is volatile by its kind and by the words before it on its line, never by comparison, so the
//! first request of a conversation is treated as the last. What is alike but stays is left out: versions, ports, years
//! and dates in prose, examples, pinned digests, constants in code.

mod shape;

use std::sync::LazyLock;

use regex::bytes::Regex;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Timestamp,
    Date,
    Time,
    Duration,
    Uuid,
    Ulid,
    Token,
    RequestId,
    RandomId,
    Hash,
    Pid,
    TempPath,
}

impl Kind {
    /// Its name, in one word.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Timestamp => "timestamp",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Duration => "duration",
            Kind::Uuid => "uuid",
            Kind::Ulid => "ulid",
            Kind::Token => "token",
            Kind::RequestId => "request_id",
            Kind::RandomId => "random_id",
            Kind::Hash => "hash",
            Kind::Pid => "pid",
            Kind::TempPath => "temp_path",
        }
    }
}

/// A volatile value: what it is, and its bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Where two texts first differ, and the values that stand there.
#[derive(Debug, PartialEq, Eq)]
pub struct Change<'t> {
    /// The first byte that differs.
    pub at: usize,
    /// None where no volatile value made the difference.
    pub kind: Option<Kind>,
    pub old: &'t str,
    pub new: &'t str,
}

const MONTH: &str = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?\
    |sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?";
const DAY: &str = "(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\\.?,? )";
const CLOCK: &str = "[0-2]?[0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?(?: ?[ap]\\.?m\\b\\.?)?";
const ZONE: &str = "(?: ?(?:z\\b|utc|gmt|[ecmp][sd]t\\b|cest|cet\\b|[+-][0-9]{2}:?[0-9]{2}))?(?: \\([a-z ]{3,40}\\))?";

/// What a value may begin with, in the order in which the alternatives are tried; anchored where a word begins.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    let numeric = "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}";
    let number = "[0-9]{1,2}(?:st|nd|rd|th)?";
    let spoken = format!("{DAY}?(?:{MONTH} {number},? [0-9]{{4}}|{number}[ -]{MONTH}[ -][0-9]{{4}})");
    let timestamp = format!(
        "(?:{numeric}|{spoken})(?:t|,? (?:at )?|:){CLOCK}{ZONE}\
         |[0-9]{{1,2}}/{MONTH}/[0-9]{{4}}:{CLOCK}{ZONE}\
         |{DAY}?{MONTH} {{1,2}}[0-9]{{1,2}},? (?:at )?{CLOCK}(?: [a-z]{{3,4}})?(?: [0-9]{{4}})?\
         |[0-9]{{8}}t[0-9]{{6}}(?:\\.[0-9]+)?z?"
    );
    let unit = r"(?:ns|(?:u|\xc2\xb5)s|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?)\b";
    let patterns = [
        r"(?P<token>(?:sk|pk|ghp|gho|ghs|xox[bp]|pat|sess|tok)[-_][\w-]{16,})".into(),
        r"(?P<uuid>(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b))".into(),
        format!(r"(?P<timestamp>(?i:{timestamp})\b)"),
        format!(r"(?P<date>(?i:{numeric}|{spoken}|{DAY}{MONTH} [0-9]{{1,2}})\b)"),
        format!("(?P<time>(?i:{CLOCK}{ZONE}))"),
        format!(r"(?P<duration>(?i:[0-9]+(?:\.[0-9]+)? ?{unit}(?:,? ?[0-9]+(?::[0-9]{{2}})?(?: ?{unit})?){{0,4}}))"),
        r"(?P<id>(?:req|request|session|run|msg|toolu|call|thread|resp|trace|span|txn|chatcmpl|conv|evt|event|job|batch|task|user|usr|cid)[-_][A-Za-z0-9]{10,}\b)".into(),
        r"(?P<path>/(?:tmp|var/tmp|private/tmp|var/folders|private/var/folders|run/user/[0-9]+)/[\w./+@%-]*\w|\\+(?i:temp|tmp)\\+[\w.\\+@%-]*\w)".into(),
    ];
    Regex::new(&format!("(?-u)^(?:{})", patterns.join("|"))).expect("a pattern of this file")
});

/// First three letters, in lower case, of words with which a value of several words or a prefixed id begins.
const BEGINNINGS: [&[u8]; 45] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec", b"mon", b"tue",
    b"wed", b"thu", b"fri", b"sat", b"sun", b"sk-", b"sk_", b"pk-", b"pk_", b"ghp", b"gho", b"ghs", b"xox", b"pat",
    b"ses", b"tok", b"req", b"run", b"msg", b"too", b"cal", b"thr", b"res", b"tra", b"spa", b"txn", b"cha", b"con",
    b"evt", b"eve", b"job",
];
const MORE_BEGINNINGS: [&[u8]; 5] = [b"bat", b"tas", b"use", b"usr", b"cid"];

/// Every volatile value of a text, in order.
pub fn find(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let names = ["token", "uuid", "timestamp", "date", "time", "duration", "id", "path"];
    let mut values = Vec::new();
    let mut captures = VALUES.capture_locations();
    // Up to here no signed token begins, however many words look like the beginning of one.
    let mut barren = 0;
    let mut at = 0;
    while let Some(start) = next_start(bytes, at) {
        let word_end = shape::end_of_word(bytes, start);
        at = word_end;
        if start >= barren && bytes[start..].starts_with(b"eyJ") {
            match shape::end_of_signed_token(bytes, start) {
                Ok(end) => {
                    values.push(Value { kind: Kind::Token, start, end });
                    at = end;
                    continue;
                }
                Err(end) => barren = end,
            }
        }
        let candidate = may_begin(bytes, start, word_end)
            .then(|| VALUES.captures_read(&mut captures, &bytes[start..]))
            .flatten()
            .and_then(|_| names.iter().enumerate().find_map(|(index, name)| Some((*name, captures.get(index + 1)?.1))));
        let found = candidate.and_then(|(name, length)| {
            // What goes on beyond a word and is nothing is not looked at again, lest time grow with its square.
            at = if matches!(name, "token" | "path") { start + length } else { word_end };
            Some((shape::kind_of(name, bytes, start, start + length)?, start + length))
        });
        let of_word = || Some((shape::kind_of_word(bytes, start, word_end)?, word_end));
        if let Some((kind, end)) = found.or_else(of_word) {
            values.push(Value { kind, start, end });
            at = end;
        }
    }
    values
}

/// Where a word, or a path, begins at or after `from`, which stands within none.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find(|&at| {
        shape::is_word(bytes[at])
            || (bytes[at] == b'/' && matches!(bytes.get(at + 1), Some(b't' | b'v' | b'p' | b'r')))
            || (bytes[at] == b'\\' && matches!(bytes.get(at + 1), Some(b't' | b'T')))
    })
}

/// Whether a value other than a single word may begin here.
fn may_begin(bytes: &[u8], start: usize, word_end: usize) -> bool {
    let first = bytes[start];
    if first.is_ascii_digit() || !shape::is_word(first) {
        return true;
    }
    let is_uuid = word_end - start == 8 && bytes.get(word_end) == Some(&b'-') && first.is_ascii_hexdigit();
    let head = bytes.get(start..start + 3).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    is_uuid || BEGINNINGS.iter().chain(&MORE_BEGINNINGS).any(|beginning| *beginning == head)
}

/// Where `new` first differs from `old`, both as they stand; None where one begins with the other.
pub fn change<'t>(old: &'t str, new: &'t str) -> Option<Change<'t>> {
    let same = old.bytes().zip(new.bytes()).take_while(|(left, right)| left == right).count();
    if same == old.len() || same == new.len() {
        return None;
    }
    let at = (0..=same).rev().find(|&at| old.is_char_boundary(at) && new.is_char_boundary(at)).unwrap_or(0);
    let within = |text: &str| find(text).into_iter().find(|value| value.start <= at && at < value.end);
    if let (Some(left), Some(right)) = (within(old), within(new)) {
        if left.start == right.start && left.kind == right.kind {
            let (old, new) = (&old[left.start..left.end], &new[right.start..right.end]);
            return Some(Change { at, kind: Some(left.kind), old, new });
        }
    }
    Some(Change { at, kind: None, old: shape::around(old, at), new: shape::around(new, at) })
}

#[cfg(test)]
mod tests;
