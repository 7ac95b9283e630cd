//! Request bodies as Python values, and the same bytes with other values in some places.

use std::ops::Range;

use headroom_core::splice::{self, Change, Kind, Spans, Step};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::door::detached;

/// A request body that is strict JSON.
#[pyclass(frozen, module = "headroom._core")]
struct Body {
    raw: Py<PyBytes>,
    spans: Spans,
}

#[pymethods]
impl Body {
    #[new]
    fn new(py: Python<'_>, raw: Bound<'_, PyBytes>) -> PyResult<Self> {
        let bytes = raw.as_bytes();
        let spans = detached(py, || std::str::from_utf8(bytes).ok().and_then(Spans::read))?
            .ok_or_else(|| PyValueError::new_err("the body is not JSON"))?;
        Ok(Self { raw: raw.unbind(), spans })
    }

    /// The value in a place as `json.loads` would give it, None if there is none.
    #[pyo3(signature = (*place))]
    fn get<'py>(&self, py: Python<'py>, place: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let document = self.document(py);
        match self.spans.find(&steps(place)?, document) {
            Some(index) => self.value(py, index, document),
            None => Ok(py.None().into_bound(py)),
        }
    }

    /// The keys of the outermost object in order; none if the body is none.
    fn names(&self, py: Python<'_>) -> Vec<String> {
        let document = self.document(py);
        let keys = self.spans.children(0).step_by(2).map(|key| self.spans.text(key, document).to_owned());
        if self.spans.node(0).kind == Kind::Object {
            keys.collect()
        } else {
            Vec::new()
        }
    }

    /// The bytes of the value in a place as they came, empty if there is none.
    #[pyo3(signature = (*place))]
    fn raw<'py>(&self, py: Python<'py>, place: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyBytes>> {
        let document = self.document(py);
        let span = self.spans.find(&steps(place)?, document).map_or(0..0, |index| self.outer(index));
        Ok(PyBytes::new(py, &document.as_bytes()[span]))
    }

    /// Where the value in a place begins and ends in the bytes that came, None if there is none.
    #[pyo3(signature = (*place))]
    fn span(&self, py: Python<'_>, place: &Bound<'_, PyTuple>) -> PyResult<Option<(usize, usize)>> {
        let found = self.spans.find(&steps(place)?, self.document(py));
        Ok(found.map(|index| self.outer(index)).map(|span| (span.start, span.end)))
    }

    /// The body with texts in some places and elements behind others, and for each of them whether it was changed; and
    /// with bytes put in.
    #[pyo3(signature = (replacements, added = Vec::new(), named = Vec::new(), inserted = Vec::new()))]
    fn splice<'py>(
        &self,
        py: Python<'py>,
        replacements: Vec<(Bound<'py, PyTuple>, String)>,
        added: Vec<(usize, Vec<u8>)>,
        named: Vec<(Bound<'py, PyTuple>, String)>,
        inserted: Vec<(Bound<'py, PyTuple>, String)>,
    ) -> PyResult<(Bound<'py, PyBytes>, Vec<bool>)> {
        let document = self.document(py);
        if added.iter().any(|(at, _)| *at > document.len()) {
            return Err(PyValueError::new_err("bytes can be put in up to the end of the body only"));
        }
        let mut wanted = Vec::with_capacity(replacements.len() + named.len() + inserted.len());
        for (place, text) in replacements {
            wanted.push(Change::Shorter(steps(&place)?, text));
        }
        for (place, text) in named {
            wanted.push(Change::Text(steps(&place)?, text));
        }
        for (place, json) in inserted {
            wanted.push(Change::After(steps(&place)?, json));
        }
        let (bytes, changed) = detached(py, || self.spans.splice(document, &wanted, added))?;
        Ok((PyBytes::new(py, &bytes), changed))
    }
}

impl Body {
    fn document<'a>(&'a self, py: Python<'a>) -> &'a str {
        // SAFETY: `new` has read these bytes as UTF-8, and bytes of Python never change. Looking again on every call
        // would take longer than what is asked for.
        unsafe { std::str::from_utf8_unchecked(self.raw.as_bytes(py)) }
    }

    /// The bytes of a value, with the quotes of a string.
    fn outer(&self, index: usize) -> Range<usize> {
        let node = self.spans.node(index);
        let quote = usize::from(matches!(node.kind, Kind::String | Kind::Lone));
        node.start as usize - quote..node.end as usize + quote
    }

    fn value<'py>(&self, py: Python<'py>, index: usize, document: &str) -> PyResult<Bound<'py, PyAny>> {
        let node = self.spans.node(index);
        let raw = &document[node.start as usize..node.end as usize];
        Ok(match node.kind {
            Kind::Null => py.None().into_bound(py),
            Kind::True => true.into_pyobject(py)?.to_owned().into_any(),
            Kind::False => false.into_pyobject(py)?.to_owned().into_any(),
            Kind::Number => number(py, raw)?,
            Kind::String => PyString::new(py, self.spans.text(index, document)).into_any(),
            Kind::Lone => py.import("json")?.call_method1("loads", (format!("\"{raw}\""),))?,
            Kind::Array => {
                let list = PyList::empty(py);
                for child in self.spans.children(index) {
                    list.append(self.value(py, child, document)?)?;
                }
                list.into_any()
            }
            Kind::Object => {
                let dict = PyDict::new(py);
                for key in self.spans.children(index).step_by(2) {
                    dict.set_item(self.value(py, key, document)?, self.value(py, key + 1, document)?)?;
                }
                dict.into_any()
            }
        })
    }
}

fn number<'py>(py: Python<'py>, raw: &str) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(small) = raw.parse::<i64>() {
        return Ok(small.into_pyobject(py)?.into_any());
    }
    if raw.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Ok(PyFloat::new(py, raw.parse().unwrap_or(f64::NAN)).into_any());
    }
    py.get_type::<PyInt>().call1((raw,))
}

fn steps(place: &Bound<'_, PyTuple>) -> PyResult<Vec<Step>> {
    place
        .iter()
        .map(|step| match step.extract::<usize>() {
            Ok(index) => Ok(Step::Index(index)),
            Err(_) => step.extract::<String>().map(Step::Key),
        })
        .collect()
}

/// Whether some bytes hold others; ten times as fast as `in`.
#[pyfunction]
fn holds(raw: &[u8], part: &[u8]) -> bool {
    splice::holds(raw, part)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(holds, module)?)?;
    module.add_class::<Body>()
}
