//! Names that files define and use in, the ranks of files and definitions out.
//!
//! An edge goes from a file that uses a name to the files that define it. It weighs more the rarer the name, and the fewer
//! files define it. Ranks are those of PageRank, personalised by what the question names; a file's rank then flows on to
//! the definitions that its references mean.

use std::collections::HashMap;

use super::names::FileNames;
use super::query::Wanted;

/// Names that more files define tell nothing.
const MAX_DEFINERS: usize = 40;
/// How much less a name counts that is private, short, only for tests, or of a file that nothing is imported from.
const PRIVATE: f64 = 0.1;
const OF_TESTS: f64 = 0.1;
const SHORT: f64 = 0.5;
const SHORT_BYTES: usize = 3;
const NOT_IMPORTED: f64 = 0.1;
/// The same where a language has no other way to refer to what stands at the top of another file.
const NEVER_IMPORTED: f64 = 0.01;
/// Share of a file's rank that is spread over its definitions, whoever refers to them.
const OWN_SHARE: f64 = 0.15;
const DAMPING: f64 = 0.85;
/// Of a file whose references weigh no more than this, half of the rank or less flows on: they may all be chance.
const DOUBT: f64 = 0.5;
const ROUNDS: usize = 40;

/// Ranks of the files, and scores of the definitions of each.
pub struct Scores {
    pub files: Vec<f64>,
    pub definitions: Vec<Vec<f64>>,
}

/// A reference: from a file, to a definition's place in a file.
struct Edge {
    to: usize,
    definition: usize,
    weight: f64,
}

type Files<'t> = [(&'t str, FileNames<'t>)];

/// The ranks of files and of what they define.
pub fn rank(files: &Files, wanted: &Wanted) -> Scores {
    let definers = definers(files);
    let edges: Vec<Vec<Edge>> = references(files, &definers);
    let mut start: Vec<f64> = files.iter().map(|(path, _)| wanted.of_path(path)).collect();
    for ((path, names), start) in files.iter().zip(&mut start) {
        let asked = names.defined.iter().filter(|each| each.is_open);
        let most = asked.map(|each| wanted.of_name(each.name)).fold(1.0, f64::max);
        // What is named by its path needs no more.
        if wanted.of_path(path) < most {
            *start = most;
        }
    }
    let ranks = page_rank(&edges, &start);
    let mut definitions: Vec<Vec<f64>> = files.iter().map(|(_, names)| own_scores(names)).collect();
    for (scores, rank) in definitions.iter_mut().zip(&ranks) {
        scores.iter_mut().for_each(|score| *score *= OWN_SHARE * rank);
    }
    for (from, edges) in edges.iter().enumerate() {
        let total = total_of(edges);
        for edge in edges {
            definitions[edge.to][edge.definition] += ranks[from] * edge.weight / total;
        }
    }
    for ((path, names), scores) in files.iter().zip(&mut definitions) {
        let of_path = wanted.of_path(path).sqrt();
        for (each, score) in names.defined.iter().zip(scores) {
            *score *= wanted.of_name(each.name) * of_path;
        }
    }
    Scores { files: ranks, definitions }
}

/// The files that define each name, with the first definition of it in each.
type Definers<'t> = HashMap<(&'static str, &'t str), Vec<(usize, usize)>>;

fn definers<'t>(files: &Files<'t>) -> Definers<'t> {
    let mut definers: Definers = HashMap::new();
    for (file, (_, names)) in files.iter().enumerate() {
        for (at, each) in names.defined.iter().enumerate().filter(|(_, each)| each.is_open) {
            let list = definers.entry((names.family, each.name)).or_default();
            if list.last().is_none_or(|(last, _)| *last != file) {
                list.push((file, at));
            }
        }
    }
    definers
}

fn references(files: &Files, definers: &Definers) -> Vec<Vec<Edge>> {
    let mut users: HashMap<(&str, &str), usize> = HashMap::new();
    for (_, names) in files {
        for (name, _) in &names.used {
            *users.entry((names.family, name)).or_insert(0) += 1;
        }
    }
    let total = files.len() as f64;
    let tests: Vec<bool> = files.iter().map(|(path, _)| is_of_tests(path)).collect();
    let mut edges: Vec<Vec<Edge>> = Vec::with_capacity(files.len());
    for (from, (path, names)) in files.iter().enumerate() {
        let is_strict = matches!(names.family, "python" | "rust");
        let mut own = Vec::new();
        for (name, count) in &names.used {
            let Some(list) = definers.get(&(names.family, *name)) else { continue };
            // What a file defines itself it means itself.
            if list.len() > MAX_DEFINERS || list.iter().any(|(file, _)| *file == from) {
                continue;
            }
            let used_by = users.get(&(names.family, *name)).copied().unwrap_or(1) as f64;
            let rarity = (1.0 + total / used_by).ln().powi(2);
            for (to, definition) in list {
                let (other, defined) = (files[*to].0, &files[*to].1.defined[*definition]);
                // What is a member elsewhere is not meant by a name that stands alone.
                let uses = if defined.parent.is_some() { count.as_member } else { count.all };
                if uses == 0 {
                    continue;
                }
                let is_meant = names.mentions.contains(name) || is_near(path, names, other);
                let factors = [
                    (defined.is_private, PRIVATE),
                    (!is_meant, NOT_IMPORTED),
                    (!is_meant && defined.parent.is_none() && is_strict, NEVER_IMPORTED / NOT_IMPORTED),
                    (tests[*to] && !tests[from], OF_TESTS),
                    (name.len() <= SHORT_BYTES, SHORT),
                ];
                let less: f64 = factors.iter().filter(|(applies, _)| *applies).map(|(_, factor)| factor).product();
                let weight = f64::from(uses).sqrt() * rarity * less / list.len() as f64;
                own.push(Edge { to: *to, definition: *definition, weight });
            }
        }
        edges.push(own);
    }
    edges
}

/// Languages in which a name of another file is imported by that file's name.
const IMPORTING: [&str; 3] = ["python", "javascript", "rust"];

/// Whether a file imports from another, by the name of that file or its folder, or stands beside it.
fn is_near(path: &str, names: &FileNames, other: &str) -> bool {
    let (folder, name) = other.rsplit_once('/').unwrap_or(("", other));
    let stem = name.split('.').next().unwrap_or(name);
    let parent = folder.rsplit('/').next().unwrap_or(folder);
    // What a folder exports stands in files of such names.
    let is_index = matches!(stem, "__init__" | "index" | "mod" | "lib" | "main");
    names.mentions.contains(stem)
        || (is_index || !IMPORTING.contains(&names.family)) && names.mentions.contains(parent)
        || !IMPORTING.contains(&names.family) && path.rsplit_once('/').map_or("", |(own, _)| own) == folder
}

/// Whether a path is that of a test, by the customs of many languages.
fn is_of_tests(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_folder = |part: &str| matches!(part, "test" | "tests" | "spec" | "specs" | "__tests__" | "testing");
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    folder.split('/').any(is_folder)
        || stem.starts_with("test_")
        || ["_test", ".test", "_spec", ".spec", "Test", "Tests"].iter().any(|end| stem.ends_with(end))
        || matches!(stem, "tests" | "conftest")
}

/// What a file's own references say of its definitions; their sum is 1.
fn own_scores(names: &FileNames) -> Vec<f64> {
    let score = |each: &super::names::Defined| {
        if !each.is_open {
            return 0.0;
        }
        let found = names.used.binary_search_by(|(name, _)| (*name).cmp(each.name));
        let uses = found.map_or(0, |at| names.used[at].1.all);
        let is_private = if each.is_private { PRIVATE } else { 1.0 };
        let is_inner = if each.parent.is_some() { 0.7 } else { 1.0 };
        is_private * is_inner * (1.0 + f64::from(uses).ln_1p())
    };
    let scores: Vec<f64> = names.defined.iter().map(score).collect();
    let total: f64 = scores.iter().sum();
    scores.into_iter().map(|score| if total > 0.0 { score / total } else { 0.0 }).collect()
}

/// What the references of a file share its rank by.
fn total_of(edges: &[Edge]) -> f64 {
    DOUBT + edges.iter().map(|edge| edge.weight).sum::<f64>()
}

/// PageRank by rounds of the power method (Brin and Page 1998); walks begin again at `start`, and so does what
/// leads nowhere. The ranks sum to 1.
fn page_rank(edges: &[Vec<Edge>], start: &[f64]) -> Vec<f64> {
    let sum: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|each| each / sum).collect();
    // Several names lead from a file to another: one step.
    let steps: Vec<Vec<(usize, f64)>> = edges
        .iter()
        .map(|edges| {
            let total = total_of(edges);
            let mut to: Vec<(usize, f64)> = edges.iter().map(|edge| (edge.to, edge.weight / total)).collect();
            to.sort_by_key(|(to, _)| *to);
            to.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                if is_same {
                    kept.1 += next.1;
                }
                is_same
            });
            to
        })
        .collect();
    let kept: Vec<f64> = steps.iter().map(|steps| 1.0 - steps.iter().map(|(_, share)| share).sum::<f64>()).collect();
    let mut ranks = start.clone();
    for _ in 0..ROUNDS {
        let lost: f64 = ranks.iter().zip(&kept).map(|(rank, kept)| rank * kept).sum();
        let mut next: Vec<f64> = start.iter().map(|each| each * (1.0 - DAMPING + DAMPING * lost)).collect();
        for (rank, steps) in ranks.iter().zip(&steps) {
            for (to, share) in steps {
                next[*to] += DAMPING * rank * share;
            }
        }
        ranks = next;
    }
    ranks
}
