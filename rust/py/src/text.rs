//! Printed text: which kind it is, its drafts, and back.

use headroom_core::kind::{self, Kind};
use headroom_core::text::{Drafts, Task, View};
use headroom_core::{code, json, log, mixed, trace};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::door::detached;
use crate::prose::ProseGuess;

/// Places shown with the reasons why, and what was left out with its number.
type Account = (Vec<(String, &'static str)>, Vec<(String, usize)>);

/// A smaller form of a text.
#[pyclass(frozen, module = "headroom._core")]
struct Form {
    #[pyo3(get)]
    text: String,
    #[pyo3(get)]
    lossless: bool,
    view: View,
}

#[pymethods]
impl Form {
    /// What was kept and why, and what was left out; `original` is not needed.
    fn account(&self, original: &str) -> Account {
        let _ = original;
        let kept = self.view.kept.iter().map(|&(line, why)| (format!("line {line}"), why)).collect();
        (kept, self.view.dropped.clone())
    }
}

fn kind_named(name: &str) -> PyResult<Kind> {
    Kind::named(name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.into_iter().chain([Kind::Mixed, Kind::Prose]).map(Kind::name).collect();
        PyValueError::new_err(format!("kind '{name}' is not known: use one of {}", known.join(", ")))
    })
}

/// How surely a text is of each kind of printed text, of several, and running text.
#[pyfunction]
fn text_scores(py: Python<'_>, text: &str) -> PyResult<Vec<(&'static str, f64)>> {
    detached(py, || {
        let told = kind::told(text);
        let of_kinds = Kind::ALL.into_iter().map(Kind::name).zip(told.kinds);
        of_kinds.chain([(Kind::Mixed.name(), told.several), (Kind::Prose.name(), told.prose)]).collect()
    })
}

/// What a file scores at most as code where something is said around it, which is no code.
const MOST_IN_FRAME: f64 = 0.5;

/// How surely a text is the source file that a call shows.
#[pyfunction]
fn code_score(text: &str, call: &str) -> f64 {
    let score = code::detect::score_of_call(text, call);
    if score > MOST_IN_FRAME && mixed::is_framed(text) {
        MOST_IN_FRAME
    } else {
        score
    }
}

/// The language of a file with a grammar, by its name.
#[pyfunction]
fn code_language(path: &str) -> Option<&'static str> {
    code::language::of_extension(&code::detect::extension_of(path)?).map(|language| language.name)
}

/// A bare parse: whether the text could be parsed.
#[pyfunction]
fn code_parse(py: Python<'_>, language: &str, text: &str) -> PyResult<bool> {
    let language = code::language::named(language)
        .ok_or_else(|| PyValueError::new_err(format!("language '{language}' has no grammar here")))?;
    detached(py, || code::tree::parse(text, language).is_some())
}

/// The forms of a text as one of a kind, the lossy one first.
#[pyfunction]
#[pyo3(signature = (kind, text, query = "", call = "", *, key = None, deep = false, target_ratio = None, clear_share = 0.0, unasked_share = None, guess = None))]
#[expect(clippy::too_many_arguments, reason = "Python's keywords")]
fn compress_text(
    py: Python<'_>,
    kind: &str,
    text: &str,
    query: &str,
    call: &str,
    key: Option<&str>,
    deep: bool,
    target_ratio: Option<f64>,
    clear_share: f64,
    unasked_share: Option<f64>,
    guess: Option<&Bound<'_, ProseGuess>>,
) -> PyResult<Vec<Form>> {
    let kind = kind_named(kind)?;
    let guess = guess.map(|guess| &guess.get().0);
    let task = Task { text, question: query, call, key, deep, target_ratio, clear_share, unasked_share, guess };
    let Drafts { lossy, lossless } = detached(py, || kind::compress(kind, &task))?;
    let lossy = lossy.map(|mut view| Form { text: std::mem::take(&mut view.text), lossless: false, view });
    let lossless = lossless.map(|text| Form { text, lossless: true, view: View::default() });
    Ok(lossy.into_iter().chain(lossless).collect())
}

/// What a lossless form stands for; `None` if the text is none.
#[pyfunction]
fn expand(py: Python<'_>, text: &str) -> PyResult<Option<String>> {
    detached(py, || kind::expand(text).or_else(|| json::expand(text)))
}

/// The template of each line of a log.
#[pyfunction]
fn log_templates(py: Python<'_>, text: &str) -> PyResult<Vec<u32>> {
    detached(py, || log::templates(text))
}

/// Names of files, and the functions and lines of them that stack traces name.
#[pyfunction]
fn trace_files(py: Python<'_>, text: &str) -> PyResult<Vec<(String, String)>> {
    detached(py, || {
        let told = trace::spoken::files(text).into_iter();
        told.map(|(file, said)| (file.to_owned(), said)).collect()
    })
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Form>()?;
    module.add_function(wrap_pyfunction!(text_scores, module)?)?;
    module.add_function(wrap_pyfunction!(code_score, module)?)?;
    module.add_function(wrap_pyfunction!(code_language, module)?)?;
    module.add_function(wrap_pyfunction!(code_parse, module)?)?;
    module.add_function(wrap_pyfunction!(compress_text, module)?)?;
    module.add_function(wrap_pyfunction!(log_templates, module)?)?;
    module.add_function(wrap_pyfunction!(trace_files, module)?)?;
    module.add_function(wrap_pyfunction!(expand, module)?)
}
