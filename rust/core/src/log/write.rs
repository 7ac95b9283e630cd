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
        let out = String::with_capacity(mined.text.len() / 2);
        Writer { mined, head, plans, plan_of, shared, is_shared, out, stamp: "", begin: String::new() }
    }

    /// The form; values stand at `mark` in templates.
    pub fn write(mut self, mark: &str) -> String {
        self.opening(mark);
        let repeats = Repeats::new(self.mined);
        let usual = break_of(self.mined, 0);
        let mut line = 0;
        while line < self.mined.len() {
            if let Some((block, times)) = repeats.at(line) {
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
        self.out
    }

    /// The header, and everything above the rows.
    fn opening(&mut self, mark: &str) {
        let lines = self.mined.len();
        self.out.push_str(&format!("#log {lines} lines"));
        let usual = break_of(self.mined, 0);
        if usual != "\n" {
            self.out.push_str(&format!(" ending \\{}", break_name(usual)));
        }
        if mark != MARKS[0] {
            self.out.push_str(&format!(" marks {mark}"));
        }
        self.out.push_str(". Row: end of time if changed, template, its values (");
        self.out.push_str(mark);
        self.out.push_str("); or |text\n");
        if let Some(head) = &self.head {
            let first =
                (0..lines as u32).find(|&line| self.mined.has_stamp(line) && self.mined.lead(line) == head.lead);
            self.stamp = first.map_or("", |line| self.mined.stamp(line));
            self.out.push_str(&format!("@ {}\n|{}@{}*\n", self.stamp, head.lead, head.rest));
        }
        for plan in &self.plans {
            self.out.push_str(&plan.name);
            self.out.push_str(&plan.text);
            self.out.push('\n');
        }
        for (at, value) in self.shared.iter().enumerate() {
            self.out.push_str(&format!("&{} {value}\n", at + 1));
        }
        self.out.push('\n');
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
                self.out.push('"');
            } else if let Some(at) = shared {
                self.out.push_str(&format!("&{}", at + 1));
            } else if let Some(end) = end {
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
