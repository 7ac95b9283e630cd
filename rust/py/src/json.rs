//! JSON: crush and expand.

use headroom_core::json;
use headroom_core::json::select::Budget;
use pyo3::prelude::*;

use crate::door::detached;

/// One draft of a crushed text.
#[pyclass(frozen, module = "headroom._core")]
struct Crushed {
    #[pyo3(get)]
    text: String,
    #[pyo3(get)]
    lossless: bool,
    #[pyo3(get)]
    shown: usize,
    #[pyo3(get)]
    total: usize,
    lossy: Option<json::Lossy>,
}

#[pymethods]
impl Crushed {
    /// Places shown with the reasons why, and places of which items are left out with their number;
    /// `original` is the text that was crushed.
    fn account(&self, py: Python<'_>, original: &str) -> PyResult<json::Account> {
        detached(py, || self.lossy.as_ref().map(|lossy| lossy.account(original)).unwrap_or_default())
    }
}

/// How surely a text is JSON, NDJSON or cut JSON, by its two ends.
#[pyfunction]
fn json_score(text: &str) -> f64 {
    json::score(text)
}

/// The lossless form; `None` if the text is not JSON.
#[pyfunction]
#[pyo3(signature = (text, query = "", call = ""))]
fn crush_json_lossless(py: Python<'_>, text: &str, query: &str, call: &str) -> PyResult<Option<Crushed>> {
    let view = detached(py, || json::lossless(text, query, call))?;
    Ok(view.map(|text| Crushed { text, lossless: true, shown: 0, total: 0, lossy: None }))
}

/// A lossy view under a marker with `key`; `None` if the text is not JSON or nothing is left out.
#[pyfunction]
#[pyo3(signature = (text, query, call, key, deep = false, target_ratio = None))]
fn crush_json_lossy(
    py: Python<'_>,
    text: &str,
    query: &str,
    call: &str,
    key: &str,
    deep: bool,
    target_ratio: Option<f64>,
) -> PyResult<Option<Crushed>> {
    let drafted = detached(py, || json::lossy(text, query, call, key, Budget { deep, target_ratio }))?;
    Ok(drafted.map(|mut lossy| Crushed {
        text: std::mem::take(&mut lossy.text),
        lossless: false,
        shown: lossy.shown,
        total: lossy.total,
        lossy: Some(lossy),
    }))
}

/// The values of a lossless form as minified JSON; `None` if the text is no such form.
#[pyfunction]
fn expand_json(py: Python<'_>, text: &str) -> PyResult<Option<String>> {
    detached(py, || json::expand(text))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Crushed>()?;
    module.add_function(wrap_pyfunction!(json_score, module)?)?;
    module.add_function(wrap_pyfunction!(crush_json_lossless, module)?)?;
    module.add_function(wrap_pyfunction!(crush_json_lossy, module)?)?;
    module.add_function(wrap_pyfunction!(expand_json, module)?)
}
