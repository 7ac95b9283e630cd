//! The map of source files: which files a folder has, and the map of their texts.

use std::ffi::OsString;
use std::path::PathBuf;

use headroom_core::code::detect;
use headroom_core::code::outline::{self, Failure, Map, Mapped, Request};
use ignore::WalkBuilder;
use pyo3::prelude::*;

use crate::door::detached;

/// A file of the project's own that says what no map shall look at, beside `.gitignore`.
const IGNORE_FILE: &str = ".headroomignore";

/// Paths of what may be source code, the number of other files, and what could not be read.
type Found = (Vec<OsString>, usize, Vec<String>);

/// The files below a folder that git would not ignore.
#[pyfunction]
fn source_files(py: Python<'_>, folder: PathBuf) -> PyResult<Found> {
    detached(py, || {
        let mut walk = WalkBuilder::new(folder);
        // Links are not followed: what they lead to is found where it is, and none leads in a circle.
        walk.follow_links(false).require_git(false).add_custom_ignore_filename(IGNORE_FILE);
        walk.sort_by_file_name(Ord::cmp);
        let (mut files, mut others, mut failures) = (Vec::new(), 0, Vec::new());
        for entry in walk.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    if may_be_source(&entry.file_name().to_string_lossy()) {
                        files.push(entry.into_path().into_os_string());
                    } else {
                        others += 1;
                    }
                }
                Ok(_) => {}
                Err(error) => failures.push(error.to_string()),
            }
        }
        (files, others, failures)
    })
}

/// Whether a file of this name may be source code: without an extension, its first line says it.
fn may_be_source(name: &str) -> bool {
    detect::extension_of(name).map_or(!name.contains('.'), |extension| detect::is_code_extension(&extension))
}

pyo3::create_exception!(
    _core,
    BudgetError,
    pyo3::exceptions::PyValueError,
    "No map fits into the budget: the tokens that the smallest one needs."
);

/// A name, its line's number, and the line.
type Line = (String, usize, String);

/// A map of source files within its budget.
#[pyclass(frozen, get_all, module = "headroom._core")]
struct Outlined {
    text: String,
    tokens: usize,
    files: Vec<(String, f64, Vec<Line>)>,
    total_files: usize,
    definitions: usize,
    total_definitions: usize,
    generated: usize,
    others: usize,
}

/// The map of some texts by their paths; `None` where none is source code.
#[pyfunction]
fn outline_files(
    py: Python<'_>,
    files: Vec<(String, String)>,
    query: &str,
    budget: usize,
    threads: usize,
) -> PyResult<Option<Outlined>> {
    match detached(py, || outline::outline(&Request { files: &files, query, budget, threads }))? {
        Ok(map) => Ok(Some(of_map(map))),
        Err(Failure::NoSource) => Ok(None),
        Err(Failure::TooSmall(needed)) => Err(BudgetError::new_err(needed)),
    }
}

fn of_map(map: Map) -> Outlined {
    let Map { text, tokens, files, total_files, definitions, total_definitions, generated, others } = map;
    let files = files.into_iter().map(|Mapped { path, rank, definitions }| (path, rank, definitions)).collect();
    Outlined { text, tokens, files, total_files, definitions, total_definitions, generated, others }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("BudgetError", module.py().get_type::<BudgetError>())?;
    module.add_class::<Outlined>()?;
    module.add_function(wrap_pyfunction!(source_files, module)?)?;
    module.add_function(wrap_pyfunction!(outline_files, module)?)
}
