//! Tables of templates in, the text of the lossless form out: see `table` for how it reads.

use super::mine::{Map, Mined};
use super::repeat::Repeats;
use super::table::{share, Head, Plan, MARKS};
use super::{scan, tail};

/// The plan of a line that is written as it is.
const NO_PLAN: u32 = u32::MAX;
/// Characters by which an end must be shorter than its value to be worth its mark.
const LEAST_SHORTER: usize = 4;

pub struct Writer<'m, 'a> {
    mined: &'m Mined<'a>,
    head: Option<Head<'a>>,
    plans: Vec<Plan<'a>>,
    /// The plan of each line.
    plan_of: Vec<u32>,
    shared: Vec<&'a str>,
    is_shared: Map<u32>,
    out: String,
    stamp: &'a str,
    /// How a row begins whose line ends in an unusual way.
    begin: String,
    uses: Uses,
}

/// Signs that occur in rows, and so have to be explained.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    same: bool,
    end: bool,
    repeat: bool,
}

impl<'m, 'a> Writer<'m, 'a> {
    pub fn new(mined: &'m Mined<'a>, head: Option<Head<'a>>, plans: Vec<Plan<'a>>) -> Self {
        let mut plan_of = vec![NO_PLAN; mined.len()];
        for (ordinal, plan) in plans.iter().enumerate() {
            for &line in &plan.columns.lines {
                plan_of[line as usize] = ordinal as u32;
            }
        }
        let shared = share(&plans);
        let is_shared =
            shared.iter().enumerate().map(|(at, value)| (scan::hash(value.as_bytes()), at as u32)).collect();
        let first = head.as_ref().and_then(|head| {
            (0..mined.len() as u32).find(|&line| mined.has_stamp(line) && mined.lead(line) == head.lead)
        });
        let stamp = first.map_or("", |line| mined.stamp(line));
        let out = String::with_capacity(mined.text.len() / 2);
        let (begin, uses) = (String::new(), Uses::default());
        Writer { mined, head, plans, plan_of, shared, is_shared, out, stamp, begin, uses }
    }

    /// The form; values stand at `mark` in templates.
    pub fn write(mut self, mark: &str) -> String {
        let first_stamp = self.stamp;
        let repeats = Repeats::new(self.mined);
        let usual = usual_break(self.mined);
        let mut line = 0;
        while line < self.mined.len() {
            if let Some((block, times)) = repeats.at(line) {
                self.repeat(line, block, times);
                line += block * times;
                continue;
            }
            self.begin = match break_of(self.mined, line) {
                own if own == usual => String::new(),
                own => format!("\\{} ", break_name(own)),
            };
            self.row(line as u32);
            self.out.push('\n');
            line += 1;
        }
        self.out.pop();
        let mut form = self.opening(mark, usual, first_stamp);
        form.push_str(&self.out);
        form
    }

    fn repeat(&mut self, line: usize, block: usize, times: usize) {
        self.uses.repeat = true;
        self.out.push_str(&format!("x{times}"));
        if block > 1 {
            self.out.push_str(&format!(" {block}"));
        }
        self.out.push('\n');
        for at in line..line + block * times {
            if let Some(plan) = self.plans.get_mut(self.plan_of[at] as usize) {
                plan.next_row += 1;
            }
        }
    }

    /// The header, and everything above the rows.
    fn opening(&self, mark: &str, usual: &str, stamp: &str) -> String {
        let mut out = format!("#log {} lines", self.mined.len());
        if usual != "\n" {
            out.push_str(&format!(" ending \\{}", break_name(usual)));
        }
        if mark != MARKS[0] {
            out.push_str(&format!(" marks {mark}"));
        }
        out.push_str(". Row: ");
        if self.head.is_some() {
            out.push_str("time (its end) if changed, ");
        }
        out.push_str(&format!("template, values ({mark}); or "));
        out.push_str(if self.head.is_some() { "|text" } else { "=text" });
        let Uses { same, end, repeat } = self.uses;
        let explained = [
            (same, "\" as in template's last row"),
            (end, "~x as there but for its end x"),
            (repeat, "xN repeats the last line"),
        ];
        for (_, words) in explained.iter().filter(|(is_used, _)| *is_used) {
            out.push_str("; ");
            out.push_str(words);
        }
        out.push('\n');
        if let Some(head) = &self.head {
            out.push_str(&format!("@ {stamp}\n|{}@{}*\n", head.lead, head.rest));
        }
        for plan in &self.plans {
            out.push_str(&plan.name);
            out.push_str(&plan.text);
            out.push('\n');
        }
        for (at, value) in self.shared.iter().enumerate() {
            out.push_str(&format!("&{} {value}\n", at + 1));
        }
        out.push('\n');
        out
    }

    fn row(&mut self, line: u32) {
        let stamp = if self.mined.has_stamp(line) { self.mined.stamp(line) } else { "" };
        let plan = self.plan_of[line as usize];
        if plan != NO_PLAN {
            self.time(stamp, " ");
            return self.values(plan as usize);
        }
        let text = self.mined.line(line);
        let rest = self.head.as_ref().filter(|head| !stamp.is_empty() && self.mined.lead(line) == head.lead);
        let rest = rest.and_then(|head| text[self.mined.stamps[line as usize].end as usize..].strip_prefix(head.rest));
        match rest {
            Some(rest) => {
                self.time(stamp, "");
                self.out.push('|');
                self.out.push_str(rest);
            }
            None => {
                self.time("", "");
                self.out.push('=');
                self.out.push_str(text);
            }
        }
    }

    /// Begins a row, with the end of the time by which its line differs from the one before.
    fn time(&mut self, stamp: &'a str, behind: &str) {
        let is_new = !stamp.is_empty() && stamp != self.stamp;
        let end = if is_new { tail::of(self.stamp, stamp).filter(|end| is_plain(end)) } else { None };
        if is_new && end.is_none() {
            self.out.push_str(&format!("@ {stamp}\n"));
        }
        self.out.push_str(&self.begin);
        if let Some(end) = end {
            self.out.push_str(end);
            self.out.push_str(behind);
        }
        if is_new {
            self.stamp = stamp;
        }
    }

    fn values(&mut self, plan: usize) {
        let plan = &mut self.plans[plan];
        let (width, row) = (plan.columns.width, plan.next_row);
        plan.next_row += 1;
        self.out.push_str(&plan.name);
        for slot in 0..width {
            let value = plan.columns.values[row * width + slot];
            let last = plan.last_row.map(|row| plan.columns.values[row * width + slot]);
            let starts_plain = value.starts_with(|first: char| first.is_ascii_digit() || "-./_+$".contains(first));
            let end = last.and_then(|last| tail::of(last, value)).filter(|end| end.len() + LEAST_SHORTER < value.len());
            let shared = self.is_shared.get(&scan::hash(value.as_bytes()));
            let shared = shared.filter(|&&at| self.shared[at as usize] == value);
            if slot > 0 {
                self.out.push(' ');
            }
            if last == Some(value) && value.len() > 1 {
                self.uses.same = true;
                self.out.push('"');
            } else if let Some(at) = shared {
                self.out.push_str(&format!("&{}", at + 1));
            } else if let Some(end) = end {
                self.uses.end = true;
                self.out.push('~');
                self.out.push_str(end);
            } else {
                if slot == 0 && !starts_plain {
                    self.out.push(' ');
                }
                self.out.push_str(value);
            }
        }
        plan.last_row = Some(row);
    }
}

/// Whether the end of a time cannot be taken for anything else in a row.
fn is_plain(end: &str) -> bool {
    end.starts_with(|first: char| first.is_ascii_digit())
        && !end.contains('|')
        && !end.as_bytes().windows(2).any(|pair| pair[0] == b' ' && pair[1].is_ascii_uppercase())
}

/// How most lines end.
fn usual_break<'a>(mined: &Mined<'a>) -> &'a str {
    let of = |name: &'static str| (0..mined.len()).filter(move |&line| break_name(break_of(mined, line)) == name);
    let most = ["n", "rn", "r"].into_iter().max_by_key(|&name| of(name).count());
    let first = most.and_then(|name| of(name).next());
    first.map_or("\n", |line| break_of(mined, line))
}

fn break_of<'a>(mined: &Mined<'a>, line: usize) -> &'a str {
    let line = mined.lines.get(line);
    line.map_or("\n", |line| &mined.text[line.end as usize..line.next as usize])
}

fn break_name(own: &str) -> &'static str {
    match own {
        "\n" => "n",
        "\r\n" => "rn",
        "\r" => "r",
        _ => "0",
    }
}
