//! Rules in the syntax of `.gitignore`, asked about single paths.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::door::detached;

/// Rules in the syntax of `.gitignore`, which stand in a folder.
#[pyclass(frozen, module = "headroom._core")]
struct IgnoreRules {
    rules: Gitignore,
    folder: PathBuf,
}

#[pymethods]
impl IgnoreRules {
    #[new]
    fn new(folder: &str, lines: Vec<String>) -> PyResult<Self> {
        let mut builder = GitignoreBuilder::new(folder);
        for (index, line) in lines.iter().enumerate() {
            builder
                .add_line(None, line)
                .map_err(|error| PyValueError::new_err(format!("line {}: {error}", index + 1)))?;
        }
        let rules = builder.build().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { rules, folder: PathBuf::from(folder) })
    }

    /// Whether a path, or a folder that it is in, is named.
    fn names(&self, py: Python<'_>, path: &str) -> PyResult<bool> {
        detached(py, || {
            let path = Path::new(path);
            let inside = path.strip_prefix(&self.folder).unwrap_or(path);
            let plain: PathBuf = inside.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            !plain.as_os_str().is_empty() && self.rules.matched_path_or_any_parents(plain, false).is_ignore()
        })
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IgnoreRules>()
}
