//! Names of what is stored: keys of originals, names of records.

use headroom_core::key;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

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

/// The 32 bytes that something must have.
pub fn thirty_two<'b>(bytes: &'b [u8], what: &str) -> PyResult<&'b [u8; 32]> {
    bytes.try_into().map_err(|_| PyValueError::new_err(format!("{what} has {} bytes, wants 32", bytes.len())))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(content_key, module)?)?;
    module.add_function(wrap_pyfunction!(record_name, module)?)
}
