//! Content codings of HTTP bodies: compressed bytes in, what they hold out.

use headroom_core::{brotli, frame};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::door::detached;

/// The content of one zstd frame.
#[pyfunction]
fn zstd_decompress<'py>(py: Python<'py>, data: &[u8], max_bytes: usize) -> PyResult<Bound<'py, PyBytes>> {
    let content = detached(py, || frame::decompress(data, max_bytes))?;
    content.map(|bytes| PyBytes::new(py, &bytes)).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The content of one brotli stream.
#[pyfunction]
fn brotli_decompress<'py>(py: Python<'py>, data: &[u8], max_bytes: usize) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || brotli::decompress(data, max_bytes))?
        .map(|content: Vec<u8>| PyBytes::new(py, &content))
        .ok_or_else(|| PyValueError::new_err(format!("no brotli stream of at most {max_bytes} bytes")))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(zstd_decompress, module)?)?;
    module.add_function(wrap_pyfunction!(brotli_decompress, module)?)
}
