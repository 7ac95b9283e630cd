//! A stage that speaks of columns in, what is to be done with the rows out.
//!
//! | clause | also written |
//! |---|---|
//! | `where COND` | `filter`, `having` |
//! | `columns a, b.c` | `select a, b.c from …`, `fields`, `project` |
//! | `sort a desc, b` | `order by`, `sort -a` |
//! | `limit 5`, `offset 10`, `tail 5` | `take`, `skip`, `last` |
//! | `count` | `count where COND`, `select count(*)` |
//! | `group by a, b: count, avg(x)` | `count by a`, `sum(x) by a`, `stats avg x by a`, `select a, count(*) … group by a` |
//! | `top 5 by x` | `sort x desc \| limit 5`; `bottom 5 by x` |
//! | `top 5 a` | the most frequent values |
//! | `distinct a, b` | `unique`, `select distinct` |
//!
//! Several clauses in one stage are done in the order of SQL, whatever order they stand in: where, group by, having,
//! distinct, sort, columns, limit.

use std::ops::Range;

use super::condition::Condition;
use super::lexer;
use super::parser::{Parser, Stage};
use crate::retrieve::query::Problem;

/// The name of a column as it was asked for, and where in the stage.
#[derive(Clone, Debug)]
pub struct Name {
    pub text: String,
    pub at: Range<usize>,
}

/// What is done with the rows.
#[derive(Clone, Debug)]
pub enum Clause {
    Where(Condition),
    Group(Group),
    Having(Condition),
    Distinct(Vec<Name>),
    Count,
    Sort(Vec<(Name, bool)>),
    /// Columns to show, with the names to show them by; none for all.
    Columns(Vec<(Name, Option<String>)>),
    Limit {
        skip: usize,
        take: usize,
    },
    Tail(usize),
}

/// Rows by what they have in columns, and figures of each group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub by: Vec<Name>,
    pub figures: Vec<Figure>,
}

/// A figure of a group.
#[derive(Clone, Debug)]
pub struct Figure {
    pub function: Function,
    /// None for all rows.
    pub column: Option<Name>,
    pub label: String,
    /// What it is called where it has another label: `count`, `avg(a)`.
    pub called: String,
}

impl Figure {
    pub fn count(label: String) -> Self {
        Figure { function: Function::Count, column: None, label, called: "count".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    Distinct,
    Sum,
    Average,
    Min,
    Max,
    Median,
    /// In thousandths.
    Percentile(u32),
}

/// What stands in a list of columns.
pub enum Item {
    All,
    Name(Name, Option<String>),
    Figure(Figure),
}

impl Function {
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "count" => Self::Count,
            "sum" | "total" => Self::Sum,
            "avg" | "mean" | "average" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Median,
            "distinct" | "count_distinct" | "nunique" | "dc" => Self::Distinct,
            _ => return percentile(word.strip_prefix('p')?),
        })
    }

    pub fn label(self) -> String {
        match self {
            Self::Count => "count".to_owned(),
            Self::Distinct => "distinct".to_owned(),
            Self::Sum => "sum".to_owned(),
            Self::Average => "avg".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Median => "median".to_owned(),
            Self::Percentile(rank) if rank % 10 == 0 => format!("p{}", rank / 10),
            Self::Percentile(rank) => format!("p{}.{}", rank / 10, rank % 10),
        }
    }
}

/// `95`, `99.9` and `999` as thousandths.
fn percentile(digits: &str) -> Option<Function> {
    let (whole, tenth) = match digits.split_once('.') {
        Some((whole, tenth)) if tenth.len() == 1 => (whole, tenth.parse::<u32>().ok()?),
        Some(_) => return None,
        None if digits == "999" => ("99", 9),
        None => (digits, 0),
    };
    let is_number = (1..=3).contains(&whole.len()) && whole.bytes().all(|byte| byte.is_ascii_digit());
    let rank = whole.parse::<u32>().ok().filter(|_| is_number)? * 10 + tenth;
    (1..=1000).contains(&rank).then_some(Function::Percentile(rank))
}

/// The clauses of a stage.
pub fn parse(source: &str) -> Result<Vec<Clause>, Problem> {
    let tokens = lexer::tokens(source)?;
    let Stage { mut clauses, selected, tables } = Parser::new(source, &tokens).stage()?;
    if let Some(items) = selected {
        clauses = with_selected(with_aliases(clauses, &items), items);
    }
    clauses = with_one_group(clauses);
    for_each_name(&mut clauses, &mut |name| {
        let bare = name.text.split_once('.').filter(|(table, _)| tables.iter().any(|known| known == table));
        if let Some((_, bare)) = bare {
            name.text = bare.to_owned();
        }
    });
    clauses.sort_by_key(rank);
    Ok(clauses)
}

fn rank(clause: &Clause) -> u8 {
    match clause {
        Clause::Where(_) => 0,
        Clause::Group(_) => 1,
        Clause::Having(_) => 2,
        Clause::Distinct(_) => 3,
        Clause::Sort(_) => 4,
        Clause::Limit { .. } | Clause::Tail(_) => 5,
        Clause::Count => 6,
        Clause::Columns(_) => 7,
    }
}

/// Adds what a list of columns asks for: figures make it one of groups.
fn with_selected(mut clauses: Vec<Clause>, items: Vec<Item>) -> Vec<Clause> {
    let has_group = clauses.iter().any(|clause| matches!(clause, Clause::Group(_)));
    let mut group = Group::default();
    let mut shown = Vec::new();
    let mut shows_all = false;
    for item in items {
        match item {
            Item::All => shows_all = true,
            Item::Name(name, alias) => {
                group.by.push(name.clone());
                shown.push((name, alias));
            }
            Item::Figure(figure) => {
                shown.push((Name { text: figure.label.clone(), at: 0..0 }, None));
                group.figures.push(figure);
            }
        }
    }
    if has_group {
        group.by.clear();
    }
    if !group.figures.is_empty() {
        clauses.push(Clause::Group(group));
    }
    if !shows_all && !shown.is_empty() {
        clauses.push(Clause::Columns(shown));
    }
    clauses
}

/// Columns that are sorted by the names that they are shown by.
fn with_aliases(mut clauses: Vec<Clause>, items: &[Item]) -> Vec<Clause> {
    // Conditions are met by what there is, whatever it is called then.
    let named = clauses.iter_mut().filter(|clause| matches!(clause, Clause::Sort(_) | Clause::Group(_)));
    for_each_name(named, &mut |name| {
        let meant = items.iter().find_map(|item| match item {
            Item::Name(own, Some(alias)) if *alias == name.text => Some(own),
            _ => None,
        });
        if let Some(meant) = meant {
            *name = meant.clone();
        }
    });
    clauses
}

/// Calls `each` with the names that rows are sorted, grouped and told apart by.
fn for_each_name<'c>(clauses: impl IntoIterator<Item = &'c mut Clause>, each: &mut impl FnMut(&mut Name)) {
    for clause in clauses {
        match clause {
            Clause::Where(condition) | Clause::Having(condition) => condition.for_each_name(each),
            Clause::Group(group) => {
                group.by.iter_mut().for_each(&mut *each);
                group.figures.iter_mut().filter_map(|figure| figure.column.as_mut()).for_each(&mut *each);
            }
            Clause::Distinct(names) => names.iter_mut().for_each(&mut *each),
            Clause::Sort(keys) => keys.iter_mut().for_each(|(name, _)| each(name)),
            Clause::Columns(shown) => shown.iter_mut().for_each(|(name, _)| each(name)),
            Clause::Count | Clause::Limit { .. } | Clause::Tail(_) => {}
        }
    }
}

/// One group of what several clauses of a stage say of groups.
fn with_one_group(clauses: Vec<Clause>) -> Vec<Clause> {
    let mut merged: Option<Group> = None;
    let mut rest = Vec::with_capacity(clauses.len());
    for clause in clauses {
        match (clause, &mut merged) {
            (Clause::Group(own), Some(group)) => {
                group.by.extend(own.by);
                group.figures.extend(own.figures);
            }
            (Clause::Group(own), None) => merged = Some(own),
            (clause, _) => rest.push(clause),
        }
    }
    rest.extend(merged.map(|group| Clause::Group(with_count(group))));
    rest
}

/// A group that asks for no figure asks how many rows there are.
fn with_count(mut group: Group) -> Group {
    if group.figures.is_empty() {
        group.figures.push(Figure::count("count".to_owned()));
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(source: &str) -> String {
        let name = |name: &Name| name.text.clone();
        let names = |names: &[Name]| names.iter().map(name).collect::<Vec<_>>().join("+");
        let clauses = parse(source).unwrap_or_else(|problem| panic!("{source}: {problem:?}"));
        let words = clauses.iter().map(|clause| match clause {
            Clause::Where(_) => "where".to_owned(),
            Clause::Having(_) => "having".to_owned(),
            Clause::Group(group) => {
                let figures: Vec<&str> = group.figures.iter().map(|figure| figure.label.as_str()).collect();
                format!("group {}: {}", names(&group.by), figures.join("+"))
            }
            Clause::Distinct(by) => format!("distinct {}", names(by)),
            Clause::Count => "count".to_owned(),
            Clause::Sort(keys) => {
                let keys = keys.iter().map(|(key, is_down)| format!("{}{}", if *is_down { "-" } else { "" }, key.text));
                format!("sort {}", keys.collect::<Vec<_>>().join("+"))
            }
            Clause::Columns(shown) => {
                format!("columns {}", shown.iter().map(|(own, _)| name(own)).collect::<Vec<_>>().join("+"))
            }
            Clause::Limit { skip, take } => format!("limit {skip}+{take}"),
            Clause::Tail(take) => format!("tail {take}"),
        });
        words.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn what_means_the_same_is_read_alike() {
        for (source, wanted) in [
            ("columns a, b.c", "columns a+b.c"),
            ("select a, b from t where x > 3 order by y desc limit 5", "where | sort -y | limit 0+5 | columns a+b"),
            ("where city = New York order by y", "where | sort y"),
            ("sort -a, b desc", "sort -a+-b"),
            ("sort by a ascending", "sort a"),
            ("count", "count"),
            ("count where a = 1", "where | count"),
            ("select count(*) from t where a = 1", "where | group : count | columns count"),
            ("count by a, b", "group a+b: count"),
            ("group by a: count, avg(ms), p95(ms)", "group a: count+avg(ms)+p95(ms)"),
            ("group by a count, sum ms", "group a: count+sum(ms)"),
            ("group by Major Genre", "group Major Genre: count"),
            ("avg(ms), max(ms) by a", "group a: avg(ms)+max(ms)"),
            ("avg ms by a", "group a: avg(ms)"),
            ("stats count, mean(ms) as m by a", "group a: count+m"),
            ("select a, count(*) group by a having count > 2", "group a: count | having | columns a+count"),
            ("select a, sum(b) order by sum(b) desc", "group a: sum(b) | sort -sum(b) | columns a+sum(b)"),
            ("count(distinct a)", "group : distinct(a)"),
            ("top 5 by x", "sort -x | limit 0+5"),
            ("bottom 3 by \"x y\"", "sort x y | limit 0+3"),
            ("top 5 a", "group a: count | limit 0+5"),
            ("top a", "group a: count | limit 0+10"),
            ("top 3 a, b by c", "sort -c | limit 0+3 | columns a+b"),
            ("select distinct a, b", "distinct a+b"),
            ("limit 5 offset 10", "limit 10+5"),
            ("tail 5", "tail 5"),
            ("select *", ""),
            ("SELECT f.a AS x FROM flights f WHERE f.b = 1 ORDER BY x DESC;", "where | sort -a | columns a"),
            (
                "SELECT a, COUNT(*) AS n FROM t GROUP BY a HAVING COUNT(*) > 1 ORDER BY n DESC",
                "group a: n | having | sort -n | columns a+n",
            ),
        ] {
            assert_eq!(shape(source), wanted, "{source}");
        }
    }

    #[test]
    fn what_is_wrong_comes_with_what_is_right() {
        for (source, nearest) in [
            ("count status", "count by status"),
            ("limit five", "limit 20"),
            ("sum", "sum(a)"),
            ("sort", "sort a desc"),
            ("where a = 1 )", "where a = 1"),
            ("group by a: nothing(b)", "group by a: count, avg(b)"),
        ] {
            assert_eq!(parse(source).unwrap_err().nearest, nearest, "{source}");
        }
    }
}
