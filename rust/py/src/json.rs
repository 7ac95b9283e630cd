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

/// The drafts of a text, the lossy one first; none if the text is not JSON.
#[pyfunction]
#[pyo3(signature = (text, query = "", call = "", *, key = None, deep = false, target_ratio = None, clear_share = 0.0))]
#[expect(clippy::too_many_arguments, reason = "Python's keywords")]
fn crush_json(
    py: Python<'_>,
    text: &str,
    query: &str,
    call: &str,
    key: Option<&str>,
    deep: bool,
    target_ratio: Option<f64>,
    clear_share: f64,
) -> PyResult<Vec<Crushed>> {
    let (lossy, lossless) = detached(py, || {
        let Some(document) = json::Document::read(text, query, call) else { return (None, None) };
        let lossy = key.and_then(|key| document.lossy(key, Budget { deep, target_ratio }));
        let is_clear = lossy.as_ref().is_some_and(|lossy| lossy.text.len() as f64 <= clear_share * text.len() as f64);
        let lossless = if is_clear { None } else { document.lossless() };
        (lossy, lossless)
    })?;
    let lossy = lossy.map(|mut lossy| Crushed {
        text: std::mem::take(&mut lossy.text),
        lossless: false,
        shown: lossy.shown,
        total: lossy.total,
        lossy: Some(lossy),
    });
    let lossless = lossless.map(|text| Crushed { text, lossless: true, shown: 0, total: 0, lossy: None });
    Ok(lossy.into_iter().chain(lossless).collect())
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Crushed>()?;
    module.add_function(wrap_pyfunction!(json_score, module)?)?;
    module.add_function(wrap_pyfunction!(crush_json, module)?)
}
