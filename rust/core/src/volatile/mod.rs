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

/// The alternatives, in the order in which they are tried where a word begins. The last takes any word, so that a value
/// never begins within one.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    let numeric = "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}";
    let spoken = format!(
        "{DAY}?(?:{MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}}|[0-9]{{1,2}}(?:st|nd|rd|th)?[ -]{MONTH}[ -][0-9]{{4}})"
    );
    let patterns = [
        r"(?P<token>eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+|(?:sk|pk|ghp|gho|ghs|xox[bp]|pat|sess|tok)[-_][\w-]{16,})".to_owned(),
        r"(?P<uuid>(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b)".to_owned(),
        format!(
            "(?P<timestamp>(?i:(?:{numeric}|{spoken})(?:t|,? (?:at )?|:){CLOCK}{ZONE}\
             |[0-9]{{1,2}}/{MONTH}/[0-9]{{4}}:{CLOCK}{ZONE}\
             |{DAY}?{MONTH} {{1,2}}[0-9]{{1,2}},? (?:at )?{CLOCK}(?: [a-z]{{3,4}})?(?: [0-9]{{4}})?\
             |[0-9]{{8}}t[0-9]{{6}}(?:\\.[0-9]+)?z?)\\b)"
        ),
        format!("(?P<date>(?i:{numeric}|{spoken}|{DAY}{MONTH} [0-9]{{1,2}})\\b)"),
        format!("(?P<time>(?i:{CLOCK}{ZONE}))"),
        r"(?P<duration>(?i:[0-9]+(?:\.[0-9]+)? ?(?:ns|(?:u|\xc2\xb5)s|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?)\b(?:,? ?[0-9]+(?::[0-9]{2})?(?: ?(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b)?)*))".to_owned(),
        r"(?P<id>(?:req|request|session|run|msg|toolu|call|thread|resp|trace|span|txn|chatcmpl|conv|evt|event|job|batch|task|user|usr|cid)[-_][A-Za-z0-9]{10,}\b)".to_owned(),
        r"(?P<word>[A-Za-z0-9_\x80-\xff]+)".to_owned(),
        r"(?P<path>/(?:tmp|var/tmp|private/tmp|var/folders|private/var/folders|run/user/[0-9]+)/[\w./+@%-]*[\w]|(?i:\\+(?:temp|tmp)\\+)[\w.\\+@%-]*[\w])".to_owned(),
    ];
    // The path begins where no word does, so its place in the order is of no account.
    Regex::new(&format!("(?-u){}", patterns.join("|"))).expect("a pattern of this file")
});

/// Every volatile value of a text, in order.
pub fn find(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let names = ["token", "uuid", "timestamp", "date", "time", "duration", "id", "word", "path"];
    let mut values = Vec::new();
    let mut at = 0;
    let mut captures = VALUES.capture_locations();
    while VALUES.captures_read_at(&mut captures, bytes, at).is_some() {
        let index = (1..=names.len()).find(|&group| captures.get(group).is_some()).expect("one alternative matched");
        let (start, end) = captures.get(index).expect("found");
        let name = names[index - 1];
        match shape::kind_of(name, bytes, start, end) {
            Some(kind) => {
                values.push(Value { kind, start, end });
                at = end;
            }
            // What only looked like one may still hold another, in a later word.
            None if name == "word" || name == "path" => at = end,
            None => at = shape::end_of_word(bytes, start),
        }
    }
    values
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
