//! Source files in, a map of them out: the definitions that the files refer to most, as lines of the files, within a
//! budget of tokens.
//!
//! Files are the nodes of a graph whose edges are references by name (`graph.rs`), as aider's repository map is published
//! to work. What is shown are whole lines at their numbers (`map.rs`). Time is linear in the files' sizes and in the
//! references; nothing depends on the order of threads.

mod graph;
mod map;
mod names;
mod query;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use names::FileNames;
use query::Wanted;

/// What a map is made of.
pub struct Request<'t> {
    /// Paths and texts. The order decides between equals.
    pub files: &'t [(String, String)],
    /// Words, names and paths that rank higher.
    pub query: &'t str,
    /// Tokens of the map at most, by o200k_base.
    pub budget: usize,
    /// Files that are read at once.
    pub threads: usize,
}

/// A map within its budget.
#[derive(Debug, PartialEq)]
pub struct Map {
    pub text: String,
    pub tokens: usize,
    pub files: Vec<Mapped>,
    pub total_files: usize,
    pub definitions: usize,
    pub total_definitions: usize,
    /// Files that were made by a program, and those that are no source code.
    pub generated: usize,
    pub others: usize,
}

/// What is shown of a file, the most referenced file first.
#[derive(Debug, PartialEq)]
pub struct Mapped {
    pub path: String,
    /// Its share of all references, 0 to 1.
    pub rank: f64,
    /// Name, number of the line and first line of each definition shown.
    pub definitions: Vec<(String, usize, String)>,
}

/// Why there is no map.
#[derive(Debug, PartialEq)]
pub enum Failure {
    NoSource,
    /// The smallest map needs so many tokens.
    TooSmall(usize),
}

/// The map of some files.
pub fn outline(request: &Request) -> Result<Map, Failure> {
    let read = read_all(request.files, request.threads);
    let mut files: Vec<(&str, FileNames)> = Vec::new();
    let (mut generated, mut others) = (0, 0);
    for ((path, _), read) in request.files.iter().zip(read) {
        match read {
            names::Read::Source(names) => files.push((path, names)),
            names::Read::Generated => generated += 1,
            names::Read::Other => others += 1,
        }
    }
    if files.is_empty() {
        return Err(Failure::NoSource);
    }
    let wanted = Wanted::of(request.query);
    let scores = graph::rank(&files, &wanted);
    let map = map::fit(&files, &scores, request.budget)?;
    Ok(Map { generated, others, ..map })
}

/// What each file defines and uses, in the order of the files.
fn read_all(files: &[(String, String)], threads: usize) -> Vec<names::Read<'_>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((path, text)) = files.get(at) else { return done };
            done.push((at, names::read(path, text)));
        }
    };
    let threads = threads.clamp(1, files.len().max(1));
    let mut read: Vec<(usize, names::Read)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            // A panic goes on to the caller, as it would without threads.
            read.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        read
    });
    read.sort_unstable_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, read)| read).collect()
}
