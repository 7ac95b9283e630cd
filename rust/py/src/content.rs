//! Stored originals: their keys and their packed form.

use headroom_core::{brotli, frame, key};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::door::detached;

/// The key of a text for a tenant under a store's 32-byte secret.
#[pyfunction]
fn content_key(py: Python<'_>, secret: &[u8], tenant: &str, content: &str) -> PyResult<String> {
    let secret: &[u8; 32] =
        secret.try_into().map_err(|_| PyValueError::new_err(format!("secret has {} bytes, wants 32", secret.len())))?;
    detached(py, || key::content_key(secret, tenant, content.as_bytes()))
}

/// One zstd frame that holds the data.
#[pyfunction]
#[pyo3(signature = (data, level = 1))]
fn zstd_compress<'py>(py: Python<'py>, data: &[u8], level: i32) -> PyResult<Bound<'py, PyBytes>> {
    let packed = detached(py, || frame::compress(data, level))?;
    bytes_or_error(py, packed)
}

/// The content of one zstd frame.
#[pyfunction]
fn zstd_decompress<'py>(py: Python<'py>, data: &[u8], max_bytes: usize) -> PyResult<Bound<'py, PyBytes>> {
    let content = detached(py, || frame::decompress(data, max_bytes))?;
    bytes_or_error(py, content)
}

/// The content of one brotli stream.
#[pyfunction]
fn brotli_decompress<'py>(py: Python<'py>, data: &[u8], max_bytes: usize) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || brotli::decompress(data, max_bytes))?
        .map(|content: Vec<u8>| PyBytes::new(py, &content))
        .ok_or_else(|| PyValueError::new_err(format!("no brotli stream of at most {max_bytes} bytes")))
}

fn bytes_or_error<'py>(py: Python<'py>, result: Result<Vec<u8>, frame::FrameError>) -> PyResult<Bound<'py, PyBytes>> {
    result.map(|bytes| PyBytes::new(py, &bytes)).map_err(|error| PyValueError::new_err(error.to_string()))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(content_key, module)?)?;
    module.add_function(wrap_pyfunction!(zstd_compress, module)?)?;
    module.add_function(wrap_pyfunction!(brotli_decompress, module)?)?;
    module.add_function(wrap_pyfunction!(zstd_decompress, module)?)
}
