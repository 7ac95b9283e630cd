//! Tokens: exact counts.

use headroom_core::tokens::{self, Encoding};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::door::detached;

/// Below this, releasing the interpreter costs more than counting.
const DETACH_BYTES: usize = 4096;

/// The encoding of a name.
pub fn encoding_named(name: &str) -> PyResult<Encoding> {
    match name {
        "o200k_base" => Ok(Encoding::O200kBase),
        "cl100k_base" => Ok(Encoding::Cl100kBase),
        other => {
            Err(PyValueError::new_err(format!("encoding '{other}' is not known: use 'o200k_base' or 'cl100k_base'")))
        }
    }
}

/// The number of tokens in a text, exactly as tiktoken's encodings count ordinary text.
#[pyfunction]
#[pyo3(signature = (text, encoding = "o200k_base"))]
fn count_tokens(py: Python<'_>, text: &str, encoding: &str) -> PyResult<usize> {
    let encoding = encoding_named(encoding)?;
    if text.len() < DETACH_BYTES {
        return Ok(tokens::count(text, encoding));
    }
    detached(py, || tokens::count(text, encoding))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(count_tokens, module)?)
}
