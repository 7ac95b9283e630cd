//! `symbol Class.method`: the lines of definitions in source code, by their name.

use super::pieces::{Mark, Piece, MAX_PIECES};
use super::query::Problem;
use super::records::{self, Row};
use crate::code::symbols::{self, Symbol};

/// Names that an error lists at most.
const MAX_LISTED: usize = 12;

/// The parts of a name: `Class.method`, `module::Type::name`, `Class#method`.
pub fn parse(source: &str) -> Result<Vec<String>, Problem> {
    let bare = source.trim().trim_matches(['\'', '"', '`']).trim_end_matches("()").trim();
    let parts: Vec<String> =
        bare.split([':', '.', '#', '/']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if parts.is_empty() || bare.contains(char::is_whitespace) {
        let first = bare.split_whitespace().last().unwrap_or("NAME").trim_matches(['.', ':', '#', '/', '|']);
        let nearest = format!("symbol {}", if first.is_empty() { "NAME" } else { first });
        return Err(Problem::new("symbol wants one name", nearest));
    }
    Ok(parts)
}

/// The lines of all definitions of a name. Of those inside each other, the outer one has them all.
pub fn find(text: &str, name: &[String]) -> Result<Vec<Piece>, Problem> {
    let symbols = symbols::of(text);
    let is_wanted = |symbol: &&Symbol| symbol.path.ends_with(name);
    let mut rows: Vec<(usize, usize)> = symbols.iter().filter(is_wanted).map(|found| (found.from, found.to)).collect();
    if rows.is_empty() {
        return Err(unknown(name, &symbols));
    }
    rows.sort_unstable();
    let lines: Vec<(usize, usize)> = records::lines(text).take(MAX_PIECES).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = 0;
    for (from, to) in rows {
        let first = from.max(end).min(lines.len());
        let own = &lines[first..to.min(lines.len()).max(first)];
        for (&(start, stop), row) in own.iter().zip(first..) {
            let has_gap = row == first && !pieces.is_empty() && row > end;
            pieces.push(Piece::new(&Row::plain(start, stop), row as u32 + 1, Mark::Match).part(0, has_gap));
        }
        end = end.max(to);
    }
    Ok(pieces)
}

fn unknown(name: &[String], symbols: &[Symbol]) -> Problem {
    let wanted = name.join(".");
    let last = name.last().map_or("", String::as_str).to_lowercase();
    if symbols.is_empty() {
        return Problem::new("no definitions are found in this text", format!("grep {last}"));
    }
    let mut names: Vec<(usize, String)> = symbols
        .iter()
        .map(|symbol| {
            let own = symbol.path.last().map_or("", String::as_str).to_lowercase();
            let shared = own.chars().zip(last.chars()).take_while(|(left, right)| left == right).count();
            let is_part = own.contains(&last) || last.contains(&own) && !own.is_empty();
            (usize::MAX - shared - if is_part { 1_000 } else { 0 }, symbol.path.join("."))
        })
        .collect();
    names.sort_by_key(|(unlike, name)| (*unlike, name.len()));
    names.dedup_by(|left, right| left.1 == right.1);
    let listed: Vec<&str> = names.iter().take(MAX_LISTED).map(|(_, name)| name.as_str()).collect();
    let complaint = format!("there is no definition of `{wanted}`; defined: {}", listed.join(", "));
    Problem::new(complaint, format!("symbol {}", listed[0]))
}
