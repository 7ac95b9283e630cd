//! The values at one place of a template in, what is remarkable about them out: rare ones, outliers, changes.

use super::mine::Mined;
use super::scan::{self, Kind};

/// Places of a template that are looked at.
const MAX_PLACES: usize = 16;
/// Different values of a place that are told apart.
const MAX_KNOWN: usize = 8;
/// Rows from which something is usual or not.
const LEAST_ROWS: usize = 8;
/// Rows from which a value of as few as are told is rare.
const MANY_ROWS: usize = 30;
/// Quartile distances beyond the quartiles at which a number is an outlier.
const FAR: f64 = 8.0;
const MAX_REMARKABLE: usize = 3;
/// Digits from which a number is taken for an id or a time, whose range says nothing.
const ID_DIGITS: f64 = 1e8;

/// A line that is remarkable for one of its values.
pub type Remark = (u32, &'static str);

/// One place of a template.
#[derive(Clone, Debug, Default)]
struct Place {
    ordinal: usize,
    /// The word in front of it, in the template's first line.
    name: (u32, u32),
    known: Vec<Known>,
    has_more: bool,
    /// How often a row has another value than the one before.
    changes: usize,
    last: u64,
    changed_at: Vec<u32>,
    /// All values so far are numbers: these.
    is_number: bool,
    numbers: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    hash: u64,
    count: u32,
    /// The first lines that have it.
    lines: [u32; MAX_REMARKABLE],
    start: u32,
    end: u32,
}

/// What is remarkable in the lines of a template, and its values in a few words.
pub fn look(mined: &Mined, varying: &[u16], lines: &[u32]) -> (Vec<Remark>, String) {
    let mut places = places(mined, varying, lines[0]);
    if places.is_empty() {
        return (Vec::new(), String::new());
    }
    for &line in lines {
        let text = mined.line(line).as_bytes();
        if varying.is_empty() {
            for (place, &(start, end)) in places.iter_mut().zip(mined.masked(line)) {
                place.add(&text[start as usize..end as usize], line, start, end);
            }
            continue;
        }
        let (mut ordinal, mut next) = (0, 0);
        mined.for_each_word(line, |word| {
            if next < places.len() && places[next].ordinal == ordinal {
                places[next].add(&text[word.start as usize..word.end as usize], line, word.start, word.end);
                next += 1;
            }
            ordinal += 1;
        });
    }
    let (mut remarks, mut summary) = (Vec::new(), String::new());
    for place in &mut places {
        place.remark(lines, &mut remarks);
        place.sum_up(mined, lines, &mut summary);
    }
    remarks.sort_unstable();
    remarks.dedup_by_key(|remark| remark.0);
    (remarks, summary)
}

/// What tells the other lines of a template from its first one, line by line, where that is short: the words that vary,
/// with what stands between those that are neighbours.
pub fn listed(mined: &Mined, varying: &[u16], lines: &[u32], most_bytes: usize) -> Option<String> {
    let told: Vec<Vec<Told>> = lines.iter().map(|&line| varying_words(mined, varying, line)).collect();
    let ordinals = |words: &[Told]| words.iter().map(|word| word.ordinal).collect::<Vec<_>>();
    if told.iter().any(|words| ordinals(words) != ordinals(&told[0])) {
        return None;
    }
    let text = |line: usize, word: &Told| &mined.line(lines[line])[word.start..word.end];
    let differs = |at: usize| {
        let same = text(0, &told[0][at]);
        (1..told.len()).any(|line| text(line, &told[line][at]) != same)
    };
    let differing: Vec<usize> = (0..told[0].len()).filter(|&at| differs(at)).collect();
    let mut list: Vec<(String, usize)> = Vec::new();
    let mut bytes = 0;
    for line in 1..told.len() {
        let own = joined(mined.line(lines[line]), differing.iter().map(|&at| &told[line][at]));
        match list.iter_mut().find(|(known, _)| *known == own) {
            Some((_, times)) => *times += 1,
            None => {
                bytes += own.len() + 2;
                list.push((own, 1));
            }
        }
        if bytes > most_bytes {
            return None;
        }
    }
    let many = |times: usize| if times > 1 { format!(" x{times}") } else { String::new() };
    let list: Vec<String> = list.into_iter().map(|(own, times)| own + &many(times)).collect();
    (!differing.is_empty()).then(|| format!("; then {}", list.join(", ")))
}

/// A word of a line that may vary in its template.
struct Told {
    ordinal: u16,
    start: usize,
    end: usize,
}

fn varying_words(mined: &Mined, varying: &[u16], line: u32) -> Vec<Told> {
    let (mut found, mut ordinal) = (Vec::new(), 0u16);
    mined.for_each_word(line, |word| {
        if word.kind == Kind::Masked || varying.contains(&ordinal) {
            found.push(Told { ordinal, start: word.start as usize, end: word.end as usize });
        }
        ordinal += 1;
    });
    found
}

/// Words of a line; of neighbours with what stands between them.
fn joined<'t>(text: &str, words: impl Iterator<Item = &'t Told>) -> String {
    let mut own = String::new();
    let mut last: Option<&Told> = None;
    for word in words {
        match last {
            Some(before) if before.ordinal + 1 == word.ordinal => own.push_str(&text[before.end..word.end]),
            before => {
                own.push_str(if before.is_some() { " " } else { "" });
                own.push_str(&text[word.start..word.end]);
            }
        }
        last = Some(word);
    }
    own
}

fn places(mined: &Mined, varying: &[u16], first: u32) -> Vec<Place> {
    let (mut places, mut ordinal, mut name) = (Vec::new(), 0usize, (0, 0));
    mined.for_each_word(first, |word| {
        let varies = word.kind == Kind::Masked || varying.contains(&(ordinal as u16));
        if varies && places.len() < MAX_PLACES {
            places.push(Place { ordinal, name, is_number: true, ..Place::default() });
        }
        name = if varies || word.kind == Kind::Stamp { (0, 0) } else { (word.start, word.end) };
        ordinal += 1;
    });
    places
}

impl Place {
    fn add(&mut self, value: &[u8], line: u32, start: u32, end: u32) {
        if self.is_number {
            match number(value) {
                Some(number) => self.numbers.push(number),
                None => {
                    self.is_number = false;
                    self.numbers = Vec::new();
                }
            }
        }
        if !self.has_more {
            self.tell(scan::hash(value), line, start, end);
        }
    }

    /// Counts a value while there are few different ones.
    fn tell(&mut self, hash: u64, line: u32, start: u32, end: u32) {
        if hash != self.last {
            if !self.known.is_empty() {
                self.changes += 1;
                if self.changed_at.len() < MAX_REMARKABLE {
                    self.changed_at.push(line);
                }
            }
            self.last = hash;
        }
        match self.known.iter().position(|known| known.hash == hash) {
            Some(at) => {
                let known = &mut self.known[at];
                if let Some(place) = known.lines.get_mut(known.count as usize) {
                    *place = line;
                }
                known.count += 1;
            }
            None if self.known.len() < MAX_KNOWN => {
                self.known.push(Known { hash, count: 1, lines: [line; MAX_REMARKABLE], start, end });
            }
            None => self.has_more = true,
        }
    }

    fn remark(&mut self, lines: &[u32], remarks: &mut Vec<Remark>) {
        let rows = lines.len();
        if rows < LEAST_ROWS || self.known.len() < 2 {
            return;
        }
        if !self.has_more {
            let few = if rows >= MANY_ROWS { MAX_REMARKABLE } else { 1 };
            let is_rare = |known: &&Known| known.count as usize <= few.max(rows / 50);
            let rare: Vec<&Known> = self.known.iter().filter(is_rare).collect();
            if rare.len() <= MAX_REMARKABLE && rare.len() < self.known.len() {
                let lines = |known: &Known| known.lines[..known.lines.len().min(known.count as usize)].to_vec();
                remarks.extend(rare.into_iter().flat_map(lines).map(|line| (line, "rare value")));
            }
            if self.changes <= MAX_REMARKABLE {
                remarks.extend(self.changed_at.iter().map(|&line| (line, "change")));
            }
            return;
        }
        if self.is_number && self.numbers.len() == rows {
            self.ends(lines, remarks);
            self.outliers(lines, remarks);
            if let Some(row) = shift(&self.numbers) {
                remarks.push((lines[row], "change"));
            }
        }
    }

    /// The rows with the most and the least of something that goes up and down.
    fn ends(&self, lines: &[u32], remarks: &mut Vec<Remark>) {
        let pairs = || self.numbers.windows(2);
        if pairs().all(|pair| pair[0] <= pair[1]) || pairs().all(|pair| pair[0] >= pair[1]) {
            return;
        }
        let order = |left: &usize, right: &usize| self.numbers[*left].total_cmp(&self.numbers[*right]);
        let most = (0..lines.len()).rev().max_by(order);
        if let Some(row) = most.filter(|&row| self.numbers[row] < ID_DIGITS) {
            remarks.push((lines[row], "max"));
        }
    }

    fn outliers(&self, lines: &[u32], remarks: &mut Vec<Remark>) {
        let mut sorted = self.numbers.clone();
        let rows = sorted.len();
        let mut quartile = |part: usize| *sorted.select_nth_unstable_by(rows * part / 4, f64::total_cmp).1;
        let (low, middle, high) = (quartile(1), quartile(2), quartile(3));
        let reach = FAR * (high - low).max(0.05 * middle.abs()).max(1e-9);
        let above = self.numbers.iter().filter(|&&number| number > high + reach).count();
        let below = self.numbers.iter().filter(|&&number| number < low - reach).count();
        let most = (rows / 50).max(MAX_REMARKABLE);
        if above + below == 0 || above > most || below > most {
            return;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, top) = (sorted[MAX_REMARKABLE.min(below)], sorted[rows - 1 - MAX_REMARKABLE.min(above)]);
        for (row, &number) in self.numbers.iter().enumerate() {
            if number > high + reach && number > top || number < low - reach && number < least {
                remarks.push((lines[row], "outlier"));
            }
        }
    }

    /// Adds the place's values to a summary: the few that there are, or their range.
    fn sum_up(&self, mined: &Mined, lines: &[u32], summary: &mut String) {
        let name = &mined.line(lines[0])[self.name.0 as usize..self.name.1 as usize];
        if self.known.len() < 2 || summary.len() > 60 {
            return;
        }
        let mut text = String::new();
        if !self.has_more && self.known.len() <= 4 {
            let mut known = self.known.clone();
            known.sort_by_key(|known| std::cmp::Reverse(known.count));
            for (at, known) in known.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                text.push_str(&mined.line(known.lines[0])[known.start as usize..known.end as usize]);
                text.push_str(&format!(" x{}", known.count));
            }
        } else {
            let least = self.numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let most = self.numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if !self.is_number || most.abs().max(least.abs()) >= ID_DIGITS {
                return;
            }
            text = format!("{least}..{most}");
        }
        if text.len() > 48 {
            return;
        }
        summary.push_str("; ");
        if name.len() < 24 && !name.is_empty() {
            summary.push_str(name);
            summary.push(' ');
        }
        summary.push_str(&text);
    }
}

/// The row from which all numbers are at least twice those before it, or at most half; not of numbers that only rise or
/// only fall.
fn shift(numbers: &[f64]) -> Option<usize> {
    const SIDE: usize = 3;
    let pairs = || numbers.windows(2);
    if pairs().all(|pair| pair[0] <= pair[1]) || pairs().all(|pair| pair[0] >= pair[1]) {
        return None;
    }
    let rows = numbers.len();
    let (mut least, mut most) = (vec![f64::INFINITY; rows + 1], vec![f64::NEG_INFINITY; rows + 1]);
    for row in (0..rows).rev() {
        least[row] = least[row + 1].min(numbers[row]);
        most[row] = most[row + 1].max(numbers[row]);
    }
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in 0..rows - SIDE {
        if row >= SIDE && (least[row] > 2.0 * high.max(0.5) || low > 2.0 * most[row].max(0.5)) {
            return Some(row);
        }
        low = low.min(numbers[row]);
        high = high.max(numbers[row]);
    }
    None
}

/// The number that a value is, perhaps with a unit of a few letters.
fn number(value: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match value {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, value),
    };
    let (mut sum, mut scale, mut at) = (0f64, 0f64, 0);
    while at < digits.len() && at < 17 {
        match digits[at] {
            digit @ b'0'..=b'9' => {
                sum = sum * 10.0 + f64::from(digit - b'0');
                scale *= 10.0;
            }
            b'.' if scale == 0.0 && at > 0 => scale = 1.0,
            _ => break,
        }
        at += 1;
    }
    let unit = &digits[at..];
    if at == 0 || unit.len() > 3 || !unit.iter().all(u8::is_ascii_alphabetic) && unit != b"." {
        return None;
    }
    let number = if scale > 1.0 { sum / scale } else { sum };
    Some(if is_negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_units() {
        for (text, expected) in [("17", Some(17.0)), ("-1.5", Some(-1.5)), ("20ms", Some(20.0)), ("5.", Some(5.0))] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
        for text in ["", "-", "1.2.3.4", "0x1f", "12-13", "deadbeef"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_shift_is_found_but_not_in_counters() {
        assert_eq!(shift(&[5.0, 6.0, 5.0, 6.0, 40.0, 41.0, 40.0, 44.0]), Some(4));
        assert_eq!(shift(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]), None);
        assert_eq!(shift(&[5.0, 6.0, 5.0, 6.0, 5.0, 7.0, 6.0, 5.0]), None);
    }

    #[test]
    fn what_tells_few_lines_apart_is_said_line_by_line() {
        let told = |lines: &[&str], most: usize| {
            let text = lines.join("\n");
            let mined = Mined::new(&text);
            let all: Vec<u32> = (0..lines.len() as u32).collect();
            listed(&mined, &mined.templates[0].varying, &all, most)
        };
        let collected = ["GC(16) full 22M->18M in 4ms", "GC(19) full 20M->20M in 4ms", "GC(20) full 20M->20M in 4ms"];
        assert_eq!(told(&collected, 99).as_deref(), Some("; then 19 20M->20M, 20 20M->20M"));
        assert_eq!(told(&collected, 20), None);
        let tuples = ["tuple (0,2) of a", "tuple (0,1) of a", "tuple (0,1) of a"];
        assert_eq!(told(&tuples, 99).as_deref(), Some("; then 1 x2"));
        assert_eq!(told(&["x 1 y", "x 1 y"], 99), None);
    }

    #[test]
    fn a_word_stands_where_other_lines_have_a_number() {
        let lines: Vec<String> = (0..30)
            .map(|n| match n % 6 {
                5 => format!(
                    "handled request {} for user {}",
                    ["beta", "gamma", "delta", "zeta", "theta"][n / 6],
                    1_000 + n
                ),
                _ => format!("handled request {n} for user {}", 1_000 + n),
            })
            .collect();
        let text = lines.join("\n");
        let mined = Mined::new(&text);
        assert_eq!(mined.templates.len(), 1);
        let all: Vec<u32> = (0..30).collect();
        let (_, summary) = look(&mined, &mined.templates[0].varying, &all);
        assert_eq!(summary, "; user 1000..1029");
        let few = listed(&mined, &mined.templates[0].varying, &all[..7], 200);
        assert_eq!(few.as_deref(), Some("; then 1 1001, 2 1002, 3 1003, 4 1004, beta 1005, 6 1006"));
    }

    #[test]
    fn the_row_with_the_most_is_remarked() {
        let lines: Vec<String> = (0..20).map(|n| format!("load {}.5 of cpu", n * 7 % 20)).collect();
        let text = lines.join("\n");
        let mined = Mined::new(&text);
        let all: Vec<u32> = (0..20).collect();
        assert_eq!(look(&mined, &[], &all).0, [(17, "max")]);
    }

    #[test]
    fn rare_values_outliers_and_switches_are_remarked() {
        let find = |lines: &[String]| {
            let text = lines.join("\n");
            let mined = Mined::new(&text);
            let all: Vec<u32> = (0..lines.len() as u32).collect();
            look(&mined, &[], &all).0
        };
        let line = |code: usize, took: usize| format!("request done code={code} took={took}ms");
        let mut lines: Vec<String> = (0..60).map(|n| line(200 + n % 2, 10 + n * 7 % 13)).collect();
        assert_eq!(find(&lines), [(11, "max")]);
        lines[30] = line(500, 12);
        lines[41] = line(200, 9_000);
        assert_eq!(find(&lines), [(30, "rare value"), (41, "max")]);
        let switched: Vec<String> = (0..40).map(|n| line(if n < 25 { 1 } else { 2 }, n % 2)).collect();
        assert_eq!(find(&switched), [(25, "change")]);
    }
}
