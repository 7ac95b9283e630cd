//! The tokens of a stage in, the clauses that they make out; see `clauses`.

use super::clauses::{Clause, Figure, Function, Group, Item, Name};
use super::condition;
use super::lexer::{Kind, Token};
use crate::retrieve::query::Problem;

/// Columns that are shown, sorted or grouped by in one stage.
const MAX_NAMES: usize = 100;
/// Values that `top a` gives where no number is said.
const DEFAULT_TOP: usize = 10;

/// What a stage says: its clauses, its list of columns, and what it calls the rows.
pub struct Stage {
    pub clauses: Vec<Clause>,
    pub selected: Option<Vec<Item>>,
    pub tables: Vec<String>,
}

/// Whether a stage that begins with this word speaks of columns.
pub fn begins(source: &str) -> bool {
    let word = source.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ',')).next().unwrap_or("");
    let is_call = source[word.len()..].trim_start().starts_with('(');
    let word = word.to_ascii_lowercase();
    leader(&word).is_some() || Function::named(&word).is_some_and(|_| is_call || source.len() > word.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leader {
    Where,
    Having,
    Columns,
    Sort,
    Limit,
    Offset,
    Tail,
    Count,
    Group,
    Top,
    Bottom,
    Distinct,
    Figures,
}

fn leader(word: &str) -> Option<Leader> {
    Some(match word {
        "where" | "filter" => Leader::Where,
        "having" => Leader::Having,
        "columns" | "column" | "cols" | "select" | "fields" | "field" | "project" | "keep" => Leader::Columns,
        "sort" | "order" | "orderby" | "sortby" => Leader::Sort,
        "limit" | "take" => Leader::Limit,
        "offset" | "skip" => Leader::Offset,
        "tail" | "last" => Leader::Tail,
        "count" => Leader::Count,
        "group" | "groupby" => Leader::Group,
        "top" => Leader::Top,
        "bottom" => Leader::Bottom,
        "distinct" | "unique" | "uniq" => Leader::Distinct,
        "stats" | "summarize" | "aggregate" | "agg" => Leader::Figures,
        _ => return None,
    })
}

/// Reads tokens one after the other.
pub struct Parser<'q> {
    pub source: &'q str,
    pub tokens: &'q [Token],
    pub at: usize,
    /// What SQL calls the rows, which may stand before the names of columns.
    tables: Vec<String>,
}

impl<'q> Parser<'q> {
    pub fn new(source: &'q str, tokens: &'q [Token]) -> Self {
        Self { source, tokens, at: 0, tables: Vec::new() }
    }

    /// Reads all clauses of a stage.
    pub fn stage(mut self) -> Result<Stage, Problem> {
        let (mut clauses, mut selected) = (Vec::new(), None);
        while self.at < self.tokens.len() {
            self.clause(&mut clauses, &mut selected)?;
        }
        Ok(Stage { clauses, selected, tables: self.tables })
    }

    fn clause(&mut self, clauses: &mut Vec<Clause>, selected: &mut Option<Vec<Item>>) -> Result<(), Problem> {
        let word = self.peek_word(0).unwrap_or_default();
        let Some(leader) = leader(&word) else {
            if Function::named(&word).is_some() {
                clauses.push(self.figures_by()?);
                return Ok(());
            }
            return Err(self.unexpected());
        };
        let start = self.at;
        self.at += 1;
        match leader {
            Leader::Where => clauses.push(Clause::Where(condition::parse(self)?)),
            Leader::Having => clauses.push(Clause::Having(condition::parse(self)?)),
            Leader::Columns if self.is_distinct() => {
                self.at += 1;
                clauses.push(Clause::Distinct(self.names("distinct a")?));
                self.from();
            }
            Leader::Columns if selected.is_some() => {
                return Err(Problem::new("columns are listed twice in one stage", "columns a | columns b"));
            }
            Leader::Columns => *selected = Some(self.items()?),
            Leader::Sort => clauses.push(self.sort()?),
            Leader::Limit => clauses.push(self.limit()?),
            Leader::Offset => {
                let skip = self.number("offset 20")?;
                clauses.push(Clause::Limit { skip, take: usize::MAX });
            }
            Leader::Tail => clauses.push(Clause::Tail(self.number("tail 5")?)),
            Leader::Count => self.count(start, clauses)?,
            Leader::Group => clauses.push(self.group()?),
            Leader::Top => self.top(true, clauses)?,
            Leader::Bottom => self.top(false, clauses)?,
            Leader::Distinct => clauses.push(Clause::Distinct(self.names("distinct a")?)),
            Leader::Figures => clauses.push(self.figures_by()?),
        }
        Ok(())
    }

    /// Whether `distinct` stands here, and no column of that name.
    fn is_distinct(&self) -> bool {
        self.peek_word(0).as_deref() == Some("distinct") && !self.is_sign(1, "(") && self.at + 1 < self.tokens.len()
    }

    fn items(&mut self) -> Result<Vec<Item>, Problem> {
        let mut items = Vec::new();
        loop {
            items.push(self.item()?);
            if items.len() > MAX_NAMES {
                return Err(Problem::new(format!("more than {MAX_NAMES} columns are named"), "columns a, b"));
            }
            if !self.eat_sign(",") {
                break;
            }
        }
        self.from();
        Ok(items)
    }

    /// Passes over the table's name of SQL, and its short one.
    fn from(&mut self) {
        if !self.eat_word("from") {
            return;
        }
        for _ in 0..2 {
            self.eat_word("as");
            let token = self.tokens.get(self.at).filter(|token| token.kind != Kind::Sign);
            let Some(token) = token.filter(|_| self.tables.is_empty() || self.peek_leader().is_none()) else { return };
            self.tables.push(token.text.clone());
            self.at += 1;
        }
    }

    fn item(&mut self) -> Result<Item, Problem> {
        if self.eat_word("*") {
            return Ok(Item::All);
        }
        if let Some(figure) = self.figure_call()? {
            return Ok(Item::Figure(figure));
        }
        let name = self.name("columns a, b", |_| false)?;
        Ok(Item::Name(name, self.alias()?))
    }

    fn alias(&mut self) -> Result<Option<String>, Problem> {
        if !self.eat_word("as") {
            return Ok(None);
        }
        let Some(token) = self.tokens.get(self.at).filter(|token| token.kind != Kind::Sign) else {
            return Err(Problem::new("a name is missing behind `as`", "columns a as b"));
        };
        self.at += 1;
        Ok(Some(token.text.clone()))
    }

    fn sort(&mut self) -> Result<Clause, Problem> {
        self.eat_word("by");
        let mut keys = Vec::new();
        loop {
            let mut name =
                self.name("sort a desc", |word| matches!(word, "asc" | "desc" | "ascending" | "descending"))?;
            let mut is_down = false;
            let token = &self.tokens[self.at - 1];
            let has_sign = token.kind == Kind::Word && name.text.len() > 1;
            if let Some(rest) = name.text.strip_prefix(['-', '+']).filter(|_| has_sign) {
                is_down = name.text.starts_with('-');
                name = Name { text: rest.to_owned(), at: name.at.start + 1..name.at.end };
            }
            match self.peek_word(0).as_deref() {
                Some("desc" | "descending") => (is_down, self.at) = (true, self.at + 1),
                Some("asc" | "ascending") => self.at += 1,
                _ => {}
            }
            if self.eat_word("nulls") {
                self.at += 1;
            }
            keys.push((name, is_down));
            if keys.len() > MAX_NAMES {
                return Err(Problem::new(format!("more than {MAX_NAMES} columns are named"), "sort a desc, b"));
            }
            if !self.eat_sign(",") {
                return Ok(Clause::Sort(keys));
            }
        }
    }

    fn limit(&mut self) -> Result<Clause, Problem> {
        let take = self.number("limit 20")?;
        let skip = if self.eat_word("offset") { self.number("limit 20 offset 40")? } else { 0 };
        Ok(Clause::Limit { skip, take })
    }

    fn number(&mut self, nearest: &str) -> Result<usize, Problem> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == Kind::Word);
        let digits = token.map_or("", |token| token.text.as_str());
        let Ok(number) = digits.replace(['_'], "").parse() else {
            return Err(Problem::new(format!("`{}` is no number of rows", digits), nearest));
        };
        self.at += 1;
        Ok(number)
    }

    /// `count …`, of which the word has been read.
    fn count(&mut self, start: usize, clauses: &mut Vec<Clause>) -> Result<(), Problem> {
        for word in ["rows", "all", "*", "lines", "records"] {
            self.eat_word(word);
        }
        let next = self.peek_word(0);
        match next.as_deref() {
            Some("by" | "per" | "distinct") => {}
            None if self.is_sign(0, "(") || self.is_sign(0, ",") => {}
            _ if self.at == self.tokens.len() || self.peek_leader().is_some() => {
                clauses.push(Clause::Count);
                return Ok(());
            }
            _ => {
                let name = self.tokens.get(self.at).map_or(self.source.len(), |token| token.start);
                let nearest = format!("count by {}", &self.source[name..]);
                return Err(Problem::new("count takes no column without `by`", nearest));
            }
        }
        self.at = start;
        clauses.push(self.figures_by()?);
        Ok(())
    }

    /// Figures, and what they are grouped by: `count, avg(x) by a`.
    fn figures_by(&mut self) -> Result<Clause, Problem> {
        let figures = self.figures()?;
        let mut group = Group { by: Vec::new(), figures };
        let is_by = self.eat_word("by") || self.eat_word("per");
        if is_by {
            group.by = self.names("count by a")?;
        }
        Ok(Clause::Group(group))
    }

    fn group(&mut self) -> Result<Clause, Problem> {
        self.eat_word("by");
        let mut group = Group::default();
        loop {
            if self.is_figure() && !group.by.is_empty() {
                break;
            }
            group.by.push(self.name("group by a: count", |word| word == "count")?);
            if group.by.len() > MAX_NAMES {
                return Err(Problem::new(format!("more than {MAX_NAMES} columns are named"), "group by a, b"));
            }
            if !self.eat_sign(",") {
                break;
            }
        }
        let is_behind_colon = self.eat_sign(":");
        if is_behind_colon || self.is_figure() {
            group.figures = self.figures()?;
        }
        Ok(Clause::Group(group))
    }

    /// Whether a figure stands here rather than a column: `count`, or a function's name before a bracket.
    fn is_figure(&self) -> bool {
        let Some(word) = self.peek_word(0) else { return false };
        Function::named(&word).is_some() && (word == "count" || self.is_sign(1, "("))
    }

    fn figures(&mut self) -> Result<Vec<Figure>, Problem> {
        let mut figures = Vec::new();
        loop {
            figures.push(self.figure()?);
            if figures.len() > MAX_NAMES {
                return Err(Problem::new(format!("more than {MAX_NAMES} figures are asked for"), "group by a: count"));
            }
            if !self.eat_sign(",") {
                return Ok(figures);
            }
        }
    }

    fn figure(&mut self) -> Result<Figure, Problem> {
        if let Some(figure) = self.figure_call()? {
            return Ok(figure);
        }
        let word = self.peek_word(0).unwrap_or_default();
        let Some(function) = Function::named(&word) else {
            let complaint = format!("`{word}` is none of count, sum, avg, min, max, median, p50 … p99, distinct");
            return Err(Problem::new(complaint, "group by a: count, avg(b)"));
        };
        self.at += 1;
        let has_name = self.tokens.get(self.at).is_some_and(|token| token.kind != Kind::Sign)
            && self.peek_leader().is_none()
            && !matches!(self.peek_word(0).as_deref(), Some("by" | "per" | "as"));
        let is_distinct = function == Function::Count && self.eat_word("distinct");
        let function = if is_distinct { Function::Distinct } else { function };
        if function == Function::Count || !has_name {
            if function != Function::Count {
                return Err(Problem::new(format!("{word} wants a column"), format!("{word}(a)")));
            }
            let label = self.alias()?.unwrap_or_else(|| "count".to_owned());
            return Ok(Figure::count(label));
        }
        let column = self.name("avg(a)", |word| matches!(word, "by" | "per" | "as"))?;
        self.labelled(function, Some(column))
    }

    /// `avg(a)`, with its alias; nothing if no call stands here.
    fn figure_call(&mut self) -> Result<Option<Figure>, Problem> {
        let function = self.peek_word(0).and_then(|word| Function::named(&word)).filter(|_| self.is_sign(1, "("));
        let Some(mut function) = function else { return Ok(None) };
        self.at += 2;
        if function == Function::Count && self.eat_word("distinct") {
            function = Function::Distinct;
        }
        let is_all = self.eat_word("*") || self.is_sign(0, ")");
        let column = if is_all { None } else { Some(self.name("avg(a)", |_| false)?) };
        if !self.eat_sign(")") {
            return Err(Problem::new("a `)` is missing", "group by a: count, avg(b)"));
        }
        if column.is_none() && function != Function::Count {
            return Err(Problem::new(
                format!("{} wants a column", function.label()),
                format!("{}(a)", function.label()),
            ));
        }
        self.labelled(function, column).map(Some)
    }

    fn labelled(&mut self, function: Function, column: Option<Name>) -> Result<Figure, Problem> {
        let word = function.label();
        let called = column.as_ref().map_or_else(|| word.clone(), |name| format!("{word}({})", name.text));
        let label = self.alias()?.unwrap_or_else(|| called.clone());
        Ok(Figure { function, column, label, called })
    }

    /// `top 5 by x`, `top 5 a`, `top a`, `top 5`.
    fn top(&mut self, is_down: bool, clauses: &mut Vec<Clause>) -> Result<(), Problem> {
        let has_number = self.peek_word(0).is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let take = if has_number { self.number("top 5 by a")? } else { DEFAULT_TOP };
        let ends = self.at == self.tokens.len() || self.peek_leader().is_some();
        if ends && !has_number {
            return Err(Problem::new("top wants a number, or a column", "top 5 by a"));
        }
        let limit = Clause::Limit { skip: 0, take };
        if ends {
            clauses.push(if is_down { limit } else { Clause::Tail(take) });
            return Ok(());
        }
        let shown = if self.peek_word(0).as_deref() == Some("by") { Vec::new() } else { self.names("top 5 by a")? };
        let is_frequent = !self.eat_word("by") || self.peek_word(0).as_deref() == Some("count");
        if is_frequent && !shown.is_empty() {
            self.eat_word("count");
            self.eat_word("desc");
            clauses.push(Clause::Group(Group { by: shown, figures: Vec::new() }));
            if !is_down {
                let count = Name { text: "count".to_owned(), at: 0..0 };
                clauses.push(Clause::Sort(vec![(count, false)]));
            }
        } else {
            let Clause::Sort(mut keys) = self.sort()? else { return Err(self.unexpected()) };
            let said = self.peek_back_word();
            let has_direction = matches!(said.as_deref(), Some("asc" | "desc" | "ascending" | "descending"));
            if let Some(first) = keys.first_mut().filter(|_| !has_direction) {
                first.1 = is_down;
            }
            clauses.push(Clause::Sort(keys));
            if !shown.is_empty() {
                clauses.push(Clause::Columns(shown.into_iter().map(|name| (name, None)).collect()));
            }
        }
        clauses.push(limit);
        Ok(())
    }

    fn names(&mut self, nearest: &str) -> Result<Vec<Name>, Problem> {
        let mut names = Vec::new();
        if self.at == self.tokens.len() {
            return Ok(names);
        }
        loop {
            names.push(self.name(nearest, |word| matches!(word, "by" | "from" | "desc" | "asc"))?);
            if names.len() > MAX_NAMES {
                return Err(Problem::new(format!("more than {MAX_NAMES} columns are named"), nearest));
            }
            if !self.eat_sign(",") {
                return Ok(names);
            }
        }
    }

    /// The name of a column: in quotes, or words up to a sign, a clause, or what ends it.
    pub fn name(&mut self, nearest: &str, ends: impl Fn(&str) -> bool) -> Result<Name, Problem> {
        let first = match self.tokens.get(self.at) {
            Some(token) if token.kind == Kind::Quoted => {
                self.at += 1;
                return Ok(Name { text: token.text.clone(), at: token.start..token.end });
            }
            Some(token) if token.kind == Kind::Word => token,
            _ => return Err(Problem::new("the name of a column is missing", nearest)),
        };
        self.at += 1;
        let mut end = first.end;
        if self.is_sign(0, "(") && Function::named(&first.text.to_ascii_lowercase()).is_some() {
            // The figure of a group: `avg(a)`.
            let close = self.tokens[self.at..].iter().position(|token| token.text == ")" && token.kind == Kind::Sign);
            if let Some(close) = close {
                end = self.tokens[self.at + close].end;
                self.at += close + 1;
                return Ok(Name { text: self.source[first.start..end].to_owned(), at: first.start..end });
            }
        }
        while let Some(word) = self.peek_word(0) {
            let is_call = Function::named(&word).is_some() && self.is_sign(1, "(");
            if ends(&word) || matches!(word.as_str(), "as" | "from") || self.is_clause() || is_call {
                break;
            }
            end = self.tokens[self.at].end;
            self.at += 1;
        }
        Ok(Name { text: self.source[first.start..end].to_owned(), at: first.start..end })
    }

    /// Whether another clause surely begins here: a word that a name or a value may hold begins none.
    pub fn is_clause(&self) -> bool {
        let next = self.peek_word(1);
        let has_number = next.as_deref().is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
        match self.peek_word(0).as_deref() {
            Some("where" | "having") => next.is_some() || self.at + 1 < self.tokens.len(),
            Some("order" | "group" | "sort") => next.is_some(),
            Some("orderby" | "groupby" | "sortby") => true,
            Some("limit" | "offset" | "top" | "bottom" | "take" | "skip" | "tail") => has_number,
            Some("select" | "columns") => self.at + 1 < self.tokens.len(),
            _ => false,
        }
    }

    fn peek_leader(&self) -> Option<Leader> {
        self.peek_word(0).and_then(|word| leader(&word))
    }

    /// The word so many tokens ahead, in lower case.
    pub fn peek_word(&self, ahead: usize) -> Option<String> {
        let token = self.tokens.get(self.at + ahead)?;
        (token.kind == Kind::Word).then(|| token.text.to_ascii_lowercase())
    }

    fn peek_back_word(&self) -> Option<String> {
        let token = self.tokens.get(self.at.checked_sub(1)?)?;
        (token.kind == Kind::Word).then(|| token.text.to_ascii_lowercase())
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_word(0).as_deref() == Some(word);
        self.at += usize::from(found);
        found
    }

    pub fn is_sign(&self, ahead: usize, sign: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.kind == Kind::Sign && token.text == sign)
    }

    pub fn eat_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(0, sign);
        self.at += usize::from(found);
        found
    }

    /// Nothing can be made of what stands here: the nearest valid form is what stands before it.
    pub fn unexpected(&self) -> Problem {
        let (start, end) =
            self.tokens.get(self.at).map_or((self.source.len(), self.source.len()), |token| (token.start, token.end));
        let before = self.source[..start].trim_end();
        let nearest = if before.is_empty() { "where a = 1" } else { before };
        Problem::new(format!("`{}` is not understood here", &self.source[start..end]), nearest)
    }
}
