//! Keys of stored originals.

use headroom_core::key;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::door::detached;

/// The key of a text for a tenant under a store's 32-byte secret.
#[pyfunction]
fn content_key(py: Python<'_>, secret: &[u8], tenant: &str, content: &str) -> PyResult<String> {
    let secret: &[u8; 32] =
        secret.try_into().map_err(|_| PyValueError::new_err(format!("secret has {} bytes, wants 32", secret.len())))?;
    detached(py, || key::content_key(secret, tenant, content.as_bytes()))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(content_key, module)?)
}
