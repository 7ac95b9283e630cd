//! What a prompt holds: values that change from request to request, and texts that matter to a question.

use headroom_core::{relevance, volatile};
use pyo3::prelude::*;

use crate::door::detached;

/// A value's kind, and where it begins and ends, in characters.
type Found = (&'static str, usize, usize);
/// The character at which two texts first differ, the kind of value that did it, and the value in each.
type Changed = (usize, Option<&'static str>, String, String);

/// The values of a text that change from request to request.
#[pyfunction]
fn volatile_values(py: Python<'_>, text: &str) -> PyResult<Vec<Found>> {
    detached(py, || {
        let (mut at, mut characters) = (0, 0);
        let mut position = |byte: usize| {
            characters += text[at..byte].chars().count();
            at = byte;
            characters
        };
        let place = |value: volatile::Value| (value.kind.name(), position(value.start), position(value.end));
        volatile::find(text).into_iter().map(place).collect()
    })
}

/// Where two texts first differ, and what stands there.
#[pyfunction]
fn first_change(py: Python<'_>, old: &str, new: &str) -> PyResult<Option<Changed>> {
    detached(py, || {
        volatile::change(old, new).map(|change| {
            let at = old[..change.at].chars().count();
            (at, change.kind.map(volatile::Kind::name), change.old.to_owned(), change.new.to_owned())
        })
    })
}

/// How well each text answers a question.
#[pyfunction]
fn relevance_scores(py: Python<'_>, question: &str, texts: Vec<String>) -> PyResult<Vec<f64>> {
    detached(py, || relevance::bm25(question, &borrowed(&texts)))
}

/// How later turns used what each turn read: words of theirs that come from it, the last turn, whether it has trouble.
#[pyfunction]
fn result_uses(py: Python<'_>, said: Vec<String>, results: Vec<String>) -> PyResult<Vec<(usize, usize, bool)>> {
    detached(py, || {
        let uses = relevance::uses(&borrowed(&said), &borrowed(&results));
        uses.into_iter().map(|each| (each.words, each.last, each.trouble)).collect()
    })
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(volatile_values, module)?)?;
    module.add_function(wrap_pyfunction!(first_change, module)?)?;
    module.add_function(wrap_pyfunction!(relevance_scores, module)?)?;
    module.add_function(wrap_pyfunction!(result_uses, module)?)
}
