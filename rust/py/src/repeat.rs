//! What a conversation has shown, and texts that refer to it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use headroom_core::repeat;
use pyo3::prelude::*;

use crate::door::detached;

/// The texts that a conversation has shown up to some point.
#[pyclass(frozen, module = "headroom._core")]
struct Shown(Mutex<repeat::Shown>);

/// A text with references in it.
#[pyclass(frozen, get_all, module = "headroom._core")]
struct Referring {
    text: String,
    shown: usize,
    total: usize,
    unit: &'static str,
    sources: Vec<u32>,
}

impl From<repeat::Referring> for Referring {
    fn from(form: repeat::Referring) -> Self {
        let repeat::Referring { text, shown, total, unit, sources } = form;
        Self { text, shown, total, unit, sources }
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, repeat::Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Shown {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(repeat::Shown::new()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, || self.lock().len())
    }

    /// Adds the next texts as they went out, each with whether it refers to others, the JSON that it is a form of, if it
    /// is one, and whether all of that is there.
    fn add(&self, py: Python<'_>, texts: Vec<(String, bool, Option<String>, bool)>) -> PyResult<()> {
        detached(py, || {
            let mut shown = self.lock();
            for (text, referring, json, whole) in texts {
                shown.add(text, referring);
                if let Some(json) = json {
                    shown.note_object(&json, whole, referring);
                }
            }
        })
    }

    /// The form of a JSON object that was shown before: what has changed since.
    fn write_object(&self, py: Python<'_>, text: &str, key: &str) -> PyResult<Option<Referring>> {
        Ok(detached(py, || self.lock().write_object(text, key))?.map(Referring::from))
    }

    /// The form of a text that refers to what was shown.
    fn write(&self, py: Python<'_>, text: &str, key: &str) -> PyResult<Option<Referring>> {
        Ok(detached(py, || self.lock().write(text, key))?.map(Referring::from))
    }

    /// The text of which a form was made.
    fn expand(&self, py: Python<'_>, form: &str) -> PyResult<Option<String>> {
        detached(py, || self.lock().expand(form))
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Shown>()?;
    module.add_class::<Referring>()
}
