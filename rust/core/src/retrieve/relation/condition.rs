//! `a = 1 and (b ~ /x/ or not c in (d, e))`: words in, a tree of tests out.

use regex::{Regex, RegexBuilder};

use super::clauses::{Function, Name};
use super::decimal::Decimal;
use super::lexer::{Kind, PATTERN_WORDS};
use super::parser::Parser;
use crate::retrieve::query::Problem;

/// Brackets inside each other, at most.
const MAX_DEPTH: usize = 50;
/// Patterns in one condition, and bytes that each may take when compiled.
const MAX_PATTERNS: usize = 32;
const MAX_PROGRAM_BYTES: usize = 1 << 20;

/// A condition.
#[derive(Clone, Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Name, Check),
}

impl Condition {
    /// Calls `each` with the columns that are named.
    pub fn for_each_name(&mut self, each: &mut impl FnMut(&mut Name)) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter_mut().for_each(|part| part.for_each_name(each)),
            Condition::Not(inside) => inside.for_each_name(each),
            Condition::Test(name, check) => {
                each(name);
                if let Check::Same(other) = check {
                    each(other);
                }
            }
        }
    }
}

/// What is asked of a value.
#[derive(Clone, Debug)]
pub enum Check {
    Equal(Literal),
    Less(Literal),
    AtMost(Literal),
    Greater(Literal),
    AtLeast(Literal),
    In(Vec<Literal>),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Matches(Regex),
    /// There is none, or it is null or empty.
    IsNull,
    IsTrue,
    /// Equal to another column's.
    Same(Name),
}

/// A value as it was written.
#[derive(Clone, Debug)]
pub struct Literal {
    pub text: String,
    pub is_quoted: bool,
    pub number: Option<Decimal>,
    /// With units; also where it is a number without.
    pub quantity: Option<Decimal>,
}

impl Literal {
    fn new(text: String, is_quoted: bool) -> Self {
        let (number, quantity) = (Decimal::parse(&text), Decimal::quantity(&text));
        Self { text, is_quoted, number, quantity }
    }
}

/// The condition that stands at a parser's place.
pub fn parse(parser: &mut Parser<'_>) -> Result<Condition, Problem> {
    let mut reader = Reader { parser, depth: 0, patterns: 0 };
    reader.any()
}

struct Reader<'p, 'q> {
    parser: &'p mut Parser<'q>,
    depth: usize,
    patterns: usize,
}

/// How a value is compared.
enum Operator {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Like { ignores_case: bool },
    Is,
    Between,
}

impl Reader<'_, '_> {
    fn any(&mut self) -> Result<Condition, Problem> {
        let mut parts = vec![self.all()?];
        while self.parser.eat_word("or") || self.parser.eat_sign("||") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, Problem> {
        let mut parts = vec![self.one()?];
        while self.parser.eat_word("and") || self.parser.eat_sign("&&") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(
                format!("more than {MAX_DEPTH} levels of brackets or `not`"),
                "where a = 1 and b = 2",
            ));
        }
        let found = self.one_inside();
        self.depth -= 1;
        found
    }

    fn one_inside(&mut self) -> Result<Condition, Problem> {
        if self.parser.eat_word("not") || self.parser.eat_sign("!") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.parser.eat_sign("(") {
            let inside = self.any()?;
            if !self.parser.eat_sign(")") {
                let source = self.parser.source;
                return Err(Problem::new("a `)` is missing", format!("{source})")));
            }
            return Ok(inside);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Condition, Problem> {
        let is_existence = matches!(self.parser.peek_word(0).as_deref(), Some("exists" | "has"))
            && self.parser.peek_word(1).is_some()
            && !is_operator_word(&self.parser.peek_word(1).unwrap_or_default());
        if is_existence {
            self.parser.at += 1;
        }
        let ends = |word: &str| is_operator_word(word) || matches!(word, "and" | "or" | "not");
        let name = self.parser.name("where a = 1", ends)?;
        if is_existence {
            return Ok(Condition::Not(Box::new(Condition::Test(name, Check::IsNull))));
        }
        let mut is_negated = self.parser.eat_word("not");
        let Some((operator, is_not)) = self.operator() else {
            if is_negated {
                return Err(self.parser.unexpected());
            }
            return Ok(Condition::Test(name, Check::IsTrue));
        };
        is_negated ^= is_not;
        let test = self.checked(name, operator)?;
        Ok(if is_negated { Condition::Not(Box::new(test)) } else { test })
    }

    /// The operator here, and whether it says the opposite.
    fn operator(&mut self) -> Option<(Operator, bool)> {
        let token = self.parser.tokens.get(self.parser.at)?;
        let found = match token.kind {
            Kind::Sign => match token.text.as_str() {
                "=" | "==" => (Operator::Equal, false),
                "!=" | "<>" => (Operator::Equal, true),
                "<" => (Operator::Less, false),
                "<=" => (Operator::AtMost, false),
                ">" => (Operator::Greater, false),
                ">=" => (Operator::AtLeast, false),
                "~" | "=~" => (Operator::Matches, false),
                "!~" => (Operator::Matches, true),
                _ => return None,
            },
            Kind::Word => match token.text.to_ascii_lowercase().as_str() {
                "in" => (Operator::In, false),
                "contains" | "includes" => (Operator::Contains, false),
                "startswith" | "starts_with" => (Operator::StartsWith, false),
                "endswith" | "ends_with" => (Operator::EndsWith, false),
                "starts" | "ends" => {
                    let is_start = token.text.eq_ignore_ascii_case("starts");
                    self.parser.at += usize::from(self.parser.peek_word(1).as_deref() == Some("with"));
                    (if is_start { Operator::StartsWith } else { Operator::EndsWith }, false)
                }
                word if PATTERN_WORDS.contains(&word) => (Operator::Matches, false),
                "like" => (Operator::Like { ignores_case: false }, false),
                "ilike" => (Operator::Like { ignores_case: true }, false),
                "between" => (Operator::Between, false),
                "is" => {
                    let is_not = self.parser.peek_word(1).as_deref() == Some("not");
                    self.parser.at += usize::from(is_not);
                    (Operator::Is, is_not)
                }
                _ => return None,
            },
            _ => return None,
        };
        self.parser.at += 1;
        Some(found)
    }

    fn checked(&mut self, name: Name, operator: Operator) -> Result<Condition, Problem> {
        let check = match operator {
            Operator::Matches => self.pattern()?,
            Operator::In => Check::In(self.list()?),
            Operator::Between => {
                let low = self.literal()?;
                if !self.parser.eat_word("and") && !self.parser.eat_sign(",") {
                    return Err(Problem::new("between wants two values", "where a between 1 and 9"));
                }
                let high = self.literal()?;
                let (from, to) = (Check::AtLeast(low), Check::AtMost(high));
                return Ok(Condition::All(vec![Condition::Test(name.clone(), from), Condition::Test(name, to)]));
            }
            Operator::Equal if self.is_column() => Check::Same(self.parser.name("where a = b", |_| true)?),
            _ => self.compared(operator)?,
        };
        Ok(Condition::Test(name, check))
    }

    /// Whether what stands here is a column's name for sure.
    fn is_column(&self) -> bool {
        let source = self.parser.source;
        self.parser.tokens.get(self.parser.at).is_some_and(|token| source[token.start..].starts_with('`'))
    }

    fn compared(&mut self, operator: Operator) -> Result<Check, Problem> {
        let value = self.literal()?;
        let is_null = !value.is_quoted && matches!(value.text.to_ascii_lowercase().as_str(), "null" | "none" | "nil");
        let is_void = is_null || !value.is_quoted && matches!(value.text.as_str(), "missing" | "empty" | "undefined");
        Ok(match operator {
            Operator::Equal if is_null => Check::IsNull,
            Operator::Is if is_void => Check::IsNull,
            Operator::Less => Check::Less(value),
            Operator::AtMost => Check::AtMost(value),
            Operator::Greater => Check::Greater(value),
            Operator::AtLeast => Check::AtLeast(value),
            Operator::Contains => Check::Contains(value.text),
            Operator::StartsWith => Check::StartsWith(value.text),
            Operator::EndsWith => Check::EndsWith(value.text),
            Operator::Like { ignores_case } => self.like(&value.text, ignores_case)?,
            _ => Check::Equal(value),
        })
    }

    fn pattern(&mut self) -> Result<Check, Problem> {
        let pattern = self.literal()?.text;
        self.compiled(&pattern, &pattern)
    }

    /// `%` for any letters and `_` for one, as SQL has it.
    fn like(&mut self, text: &str, ignores_case: bool) -> Result<Check, Problem> {
        let mut pattern = String::from(if ignores_case { "(?si)^" } else { "(?s)^" });
        for letter in text.chars() {
            match letter {
                '%' => pattern.push_str(".*"),
                '_' => pattern.push('.'),
                _ => pattern.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
            }
        }
        pattern.push('$');
        self.compiled(&pattern, text)
    }

    fn compiled(&mut self, pattern: &str, shown: &str) -> Result<Check, Problem> {
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return Err(Problem::new(format!("more than {MAX_PATTERNS} patterns"), "where a ~ /x|y/"));
        }
        let built =
            RegexBuilder::new(pattern).size_limit(MAX_PROGRAM_BYTES).dfa_size_limit(4 * MAX_PROGRAM_BYTES).build();
        built.map(Check::Matches).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let quote = if shown.contains('\'') { '"' } else { '\'' };
            Problem::new(
                format!("`{shown}` is no valid pattern: {reason}"),
                format!("where a contains {quote}{shown}{quote}"),
            )
        })
    }

    fn list(&mut self) -> Result<Vec<Literal>, Problem> {
        let has_brackets = self.parser.eat_sign("(");
        let mut values = Vec::new();
        loop {
            let mut value = self.literal()?;
            if !value.is_quoted && !has_brackets {
                // As a list of other languages: `[a, b]`.
                value = Literal::new(value.text.trim_matches(['[', ']']).to_owned(), false);
            }
            values.push(value);
            if !self.parser.eat_sign(",") {
                break;
            }
        }
        if has_brackets && !self.parser.eat_sign(")") {
            return Err(Problem::new("a `)` is missing", "where a in (x, y)"));
        }
        Ok(values)
    }

    /// A figure such as `avg(ms)`, which SQL would have in a query of its own.
    fn figure(&self) -> Option<String> {
        let is_figure = self.parser.peek_word(0).is_some_and(|word| Function::named(&word).is_some())
            && self.parser.is_sign(1, "(");
        let tokens = &self.parser.tokens[self.parser.at..];
        let end = tokens.iter().find(|token| token.kind == Kind::Sign && token.text == ")").filter(|_| is_figure)?.end;
        Some(self.parser.source[tokens[0].start..end].to_owned())
    }

    /// A value: in quotes, or words up to a sign, `and`, `or`, or a clause.
    fn literal(&mut self) -> Result<Literal, Problem> {
        let tokens = self.parser.tokens;
        let first = match tokens.get(self.parser.at) {
            Some(token) if matches!(token.kind, Kind::Quoted | Kind::Pattern) => {
                self.parser.at += 1;
                return Ok(Literal::new(token.text.clone(), true));
            }
            Some(token) if token.kind == Kind::Word => {
                if let Some(figure) = self.figure() {
                    let complaint =
                        format!("a condition compares with values, and `{figure}` has to be asked for first");
                    return Err(Problem::new(complaint, figure));
                }
                token
            }
            _ => return Err(Problem::new("a value is missing", "where a = 'x'")),
        };
        self.parser.at += 1;
        let mut end = first.end;
        while let Some(word) = self.parser.peek_word(0) {
            if matches!(word.as_str(), "and" | "or") || self.parser.is_clause() {
                break;
            }
            end = tokens[self.parser.at].end;
            self.parser.at += 1;
        }
        Ok(Literal::new(self.parser.source[first.start..end].to_owned(), false))
    }
}

fn is_operator_word(word: &str) -> bool {
    PATTERN_WORDS.contains(&word)
        || matches!(
            word,
            "in" | "contains"
                | "includes"
                | "startswith"
                | "starts_with"
                | "starts"
                | "endswith"
                | "ends_with"
                | "ends"
                | "like"
                | "ilike"
                | "between"
                | "is"
        )
}
