//! Sealed originals: packed and encrypted in one call, and back.

use headroom_core::frame::{self, FrameError};
use headroom_core::seal;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::ahead::Ahead;
use crate::content::thirty_two;
use crate::door::detached;

type Bytes<'py> = Bound<'py, PyBytes>;

/// Seals and opens under one key.
#[pyclass(frozen, module = "headroom._core")]
struct Sealer(seal::Sealer);

#[pymethods]
impl Sealer {
    #[new]
    fn new(key: &[u8]) -> PyResult<Self> {
        Ok(Self(seal::Sealer::new(thirty_two(key, "key")?)))
    }

    /// The bytes of a text, its wrapped key, and its frame, sealed.
    #[pyo3(signature = (text, associated, entropy, level = 1, ahead = None))]
    fn seal_text<'py>(
        &self,
        py: Python<'py>,
        text: &str,
        associated: &[u8],
        entropy: &[u8],
        level: i32,
        ahead: Option<&Ahead>,
    ) -> PyResult<(usize, Bytes<'py>, Bytes<'py>)> {
        let entropy = thirty_two(entropy, "entropy")?;
        let sealed = detached(py, || {
            let packed = ahead.map_or_else(|| frame::compress(text.as_bytes(), level), Ahead::packed)?;
            Ok(self.0.seal(packed, associated, entropy))
        })?;
        let (wrapped, message) = both(py, sealed)?;
        Ok((text.len(), wrapped, message))
    }

    /// The wrapped key of some data, and its frame, sealed; without a level the data is a frame already.
    #[pyo3(signature = (data, associated, entropy, level = 1))]
    fn seal<'py>(
        &self,
        py: Python<'py>,
        data: &[u8],
        associated: &[u8],
        entropy: &[u8],
        level: Option<i32>,
    ) -> PyResult<(Bytes<'py>, Bytes<'py>)> {
        let entropy = thirty_two(entropy, "entropy")?;
        let sealed = detached(py, || {
            let packed = level.map_or_else(|| Ok(data.to_vec()), |level| frame::compress(data, level))?;
            Ok(self.0.seal(packed, associated, entropy))
        })?;
        both(py, sealed)
    }

    /// The text that was sealed.
    fn open_text<'py>(
        &self,
        py: Python<'py>,
        wrapped: &[u8],
        message: &[u8],
        associated: &[u8],
        max_bytes: usize,
    ) -> PyResult<Bound<'py, PyString>> {
        let text = detached(py, || {
            let bytes = self.opened(wrapped, message, associated, max_bytes)?;
            String::from_utf8(bytes).map_err(|error| error.to_string())
        })?;
        Ok(PyString::new(py, &text.map_err(PyValueError::new_err)?))
    }

    /// The data that was sealed.
    fn open<'py>(
        &self,
        py: Python<'py>,
        wrapped: &[u8],
        message: &[u8],
        associated: &[u8],
        max_bytes: usize,
    ) -> PyResult<Bytes<'py>> {
        let data = detached(py, || self.opened(wrapped, message, associated, max_bytes))?;
        Ok(PyBytes::new(py, &data.map_err(PyValueError::new_err)?))
    }

    /// A key of 32 bytes under this one.
    fn wrap<'py>(&self, py: Python<'py>, key: &[u8], associated: &[u8]) -> PyResult<Bytes<'py>> {
        Ok(PyBytes::new(py, &self.0.wrap(thirty_two(key, "key")?, associated)))
    }

    /// The key that was wrapped.
    fn unwrap<'py>(&self, py: Python<'py>, wrapped: &[u8], associated: &[u8]) -> PyResult<Bytes<'py>> {
        Ok(PyBytes::new(py, &self.unwrapped(wrapped, associated)?))
    }

    /// A wrapped key under another sealer's key.
    fn rewrap<'py>(&self, py: Python<'py>, wrapped: &[u8], associated: &[u8], into: &Self) -> PyResult<Bytes<'py>> {
        Ok(PyBytes::new(py, &into.0.wrap(&self.unwrapped(wrapped, associated)?, associated)))
    }
}

impl Sealer {
    fn opened(&self, wrapped: &[u8], message: &[u8], associated: &[u8], max_bytes: usize) -> Result<Vec<u8>, String> {
        let packed = self.0.open(wrapped, message.to_vec(), associated).map_err(|error| error.to_string())?;
        frame::decompress(&packed, max_bytes).map_err(|error| error.to_string())
    }

    fn unwrapped(&self, wrapped: &[u8], associated: &[u8]) -> PyResult<seal::Key> {
        self.0.unwrap(wrapped, associated).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

fn both<'py>(py: Python<'py>, sealed: Result<seal::Sealed, FrameError>) -> PyResult<(Bytes<'py>, Bytes<'py>)> {
    let sealed = sealed.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((PyBytes::new(py, &sealed.wrapped), PyBytes::new(py, &sealed.message)))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Sealer>()
}
