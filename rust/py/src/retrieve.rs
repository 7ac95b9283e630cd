//! Retrieval: a stored text and a query go in, an exact part of the text comes out.

use headroom_core::retrieve;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::door::detached;

pyo3::create_exception!(_core, QueryError, PyValueError, "A retrieval query that cannot be understood.");

/// What a query gives: the text, how much it shows, of how much, and the query for the next part.
#[pyfunction]
#[pyo3(name = "retrieve")]
fn answer(
    py: Python<'_>,
    text: &str,
    query: &str,
    max_tokens: usize,
) -> PyResult<(String, usize, usize, Option<String>)> {
    detached(py, || retrieve::retrieve(text, query, max_tokens))?
        .map(|answer| (answer.text, answer.shown, answer.total, answer.next))
        .map_err(|error| QueryError::new_err(error.to_string()))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("QueryError", module.py().get_type::<QueryError>())?;
    module.add_function(wrap_pyfunction!(answer, module)?)
}
