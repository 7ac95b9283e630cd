//! Stored originals: their keys and their packed form.

use headroom_core::{frame, key};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;

use crate::door::detached;

/// The key of a text for a tenant under a store's 32-byte secret.
#[pyfunction]
fn content_key(py: Python<'_>, secret: &[u8], tenant: &str, content: &str) -> PyResult<String> {
    let secret = thirty_two(secret, "secret")?;
    detached(py, || key::content_key(secret, tenant, content.as_bytes()))
}

/// The name of a record of a tenant, over parts of any length, under a store's 32-byte secret.
#[pyfunction]
fn record_name(py: Python<'_>, secret: &[u8], tenant: &str, parts: Vec<PyBackedStr>) -> PyResult<String> {
    let secret = thirty_two(secret, "secret")?;
    detached(py, || key::record_name(secret, tenant, parts.iter().map(|part| &**part)))
}

fn thirty_two<'b>(bytes: &'b [u8], what: &str) -> PyResult<&'b [u8; 32]> {
    bytes.try_into().map_err(|_| PyValueError::new_err(format!("{what} has {} bytes, wants 32", bytes.len())))
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

fn bytes_or_error<'py>(py: Python<'py>, result: Result<Vec<u8>, frame::FrameError>) -> PyResult<Bound<'py, PyBytes>> {
    result.map(|bytes| PyBytes::new(py, &bytes)).map_err(|error| PyValueError::new_err(error.to_string()))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(content_key, module)?)?;
    module.add_function(wrap_pyfunction!(record_name, module)?)?;
    module.add_function(wrap_pyfunction!(zstd_compress, module)?)?;
    module.add_function(wrap_pyfunction!(zstd_decompress, module)?)
}
