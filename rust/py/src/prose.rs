//! Running text for the model: what it reads, and what becomes of what it says.

use std::ops::Range;

use headroom_core::prose::{self, model};
use headroom_core::text::Task;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::door::detached;

/// The rows, their length, and the numbers of pieces, shapes and matches.
type Batch<'py> = (usize, usize, Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);
/// The rows, their length, the numbers of pieces, and 1 for each that is no filler.
type Masked<'py> = (usize, usize, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// The pieces that a model knows.
#[pyclass(frozen, module = "headroom._core")]
struct ProseVocabulary(model::Vocabulary);

#[pymethods]
impl ProseVocabulary {
    #[new]
    fn new(list: &str) -> PyResult<Self> {
        let refusal = || PyValueError::new_err("a vocabulary begins with [PAD], and has [UNK], [CLS] and [SEP]");
        model::Vocabulary::read(list).map(Self).ok_or_else(refusal)
    }
}

/// What a model said of some text.
#[pyclass(frozen, module = "headroom._core")]
pub struct ProseGuess(pub model::Guess);

/// What a model with a tokenizer of its own reads of some text.
#[pyclass(frozen, module = "headroom._core")]
struct ProseReading(model::Reading);

#[pymethods]
impl ProseReading {
    /// What it needs to read to tell what of a text is worth keeping; `None` where it need not.
    #[staticmethod]
    #[pyo3(signature = (text, query, call, *, deep = false, unasked_share = None))]
    fn of_text(
        py: Python<'_>,
        text: &str,
        query: &str,
        call: &str,
        deep: bool,
        unasked_share: Option<f64>,
    ) -> PyResult<Option<Self>> {
        let task = Task { question: query, call, deep, unasked_share, ..Task::lossless(text) };
        detached(py, || prose::reading(&task).map(Self))
    }

    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// The pieces that its tokenizer finds in the text, in windows.
    #[expect(clippy::too_many_arguments, reason = "Python's keywords")]
    #[pyo3(signature = (ids, offsets, *, before, after, filler, length))]
    fn windows(
        &self,
        py: Python<'_>,
        ids: Vec<i32>,
        offsets: Vec<(usize, usize)>,
        before: Vec<i32>,
        after: Vec<i32>,
        filler: i32,
        length: usize,
    ) -> PyResult<ProseWindows> {
        let frame = model::Frame { before, after, filler, length };
        let windows = detached(py, || model::Windows::of_reading(&self.0, &ids, &offsets, frame))?;
        let windows = windows.ok_or_else(|| PyValueError::new_err("the pieces are not those of the text"))?;
        Ok(ProseWindows { windows, text: String::new() })
    }
}

/// What a model reads of some text.
#[pyclass(frozen, module = "headroom._core")]
struct ProseWindows {
    windows: model::Windows,
    /// What `places` counts characters in; empty where nobody asks.
    text: String,
}

#[pymethods]
impl ProseWindows {
    /// All of some passages.
    #[new]
    fn new(
        py: Python<'_>,
        passages: Vec<String>,
        question: &str,
        vocabulary: &Bound<'_, ProseVocabulary>,
    ) -> PyResult<Self> {
        let vocabulary = &vocabulary.get().0;
        detached(py, || {
            let (text, parts) = joined(&passages);
            Self { windows: prose::windows_of(&text, &parts, question, vocabulary), text }
        })
    }

    /// What a model needs to read of a text to tell what of it answers, or would; `None` where it need not.
    #[staticmethod]
    #[pyo3(signature = (text, query, call, vocabulary, *, deep = false, unasked_share = None))]
    fn of_text(
        py: Python<'_>,
        text: &str,
        query: &str,
        call: &str,
        vocabulary: &Bound<'_, ProseVocabulary>,
        deep: bool,
        unasked_share: Option<f64>,
    ) -> PyResult<Option<Self>> {
        let vocabulary = &vocabulary.get().0;
        detached(py, || {
            let task = Task { question: query, call, deep, unasked_share, ..Task::lossless(text) };
            prose::windows(&task, vocabulary).map(|windows| Self { windows, text: String::new() })
        })
    }

    /// What a model says, from the numbers that it gave for each batch, as 32-bit floats behind one another; `weights`
    /// tell how much it counts.
    fn guess(&self, py: Python<'_>, numbers: Vec<Vec<u8>>, weights: [f32; 7]) -> PyResult<ProseGuess> {
        let [answer, sentence, word, near, token, opening, cut] = weights;
        let weights = model::Weights { answer, sentence, word, near, token, opening, cut };
        let guess = detached(py, || {
            let whole = numbers.iter().flat_map(|own| own.chunks_exact(4));
            let numbers: Vec<f32> = whole.map(|own| f32::from_ne_bytes([own[0], own[1], own[2], own[3]])).collect();
            model::Guess::new(&self.windows, &numbers, weights)
        })?;
        guess.map(ProseGuess).ok_or_else(|| PyValueError::new_err("a model gives three finite numbers for every piece"))
    }

    /// The batches in the order in which they are to be read.
    fn batches<'py>(&self, py: Python<'py>) -> PyResult<Vec<Batch<'py>>> {
        let batches: Vec<model::Batch> = detached(py, || self.windows.batches().collect())?;
        let numbers = |own: &[i32]| PyBytes::new(py, &bytes_of(own));
        let told =
            |own: &model::Batch| (own.rows, own.length, numbers(&own.ids), numbers(&own.shapes), numbers(&own.matches));
        Ok(batches.iter().map(told).collect())
    }

    /// The same for a model with another tokenizer.
    fn masked<'py>(&self, py: Python<'py>) -> PyResult<Vec<Masked<'py>>> {
        let batches: Vec<model::Masked> = detached(py, || self.windows.masked().collect())?;
        let numbers = |own: &[i32]| PyBytes::new(py, &bytes_of(own));
        Ok(batches.iter().map(|own| (own.rows, own.length, numbers(&own.ids), numbers(&own.mask))).collect())
    }

    /// For every number of a piece in all batches three: the characters from and to, and the sentence; -1 for what is
    /// not of the text.
    fn places<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let numbers = detached(py, || {
            let mut found = Vec::with_capacity(self.windows.pieces.len());
            let all = self.windows.for_each_read(|piece, place| found.push((piece.from, piece.to, piece.unit, place)));
            found.sort_unstable();
            let mut numbers = vec![-1i32; 3 * all];
            let (mut bytes, mut characters) = (0, 0);
            let mut character_of = |at: usize| {
                characters += self.text[bytes..at].chars().count();
                bytes = at;
                characters as i32
            };
            for (from, to, unit, place) in found {
                numbers[3 * place] = character_of(from as usize);
                numbers[3 * place + 1] = character_of(to as usize);
                numbers[3 * place + 2] = unit as i32;
            }
            numbers
        })?;
        Ok(PyBytes::new(py, &bytes_of(&numbers)))
    }
}

fn bytes_of(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// Passages as one text, and where each of them stands.
fn joined(passages: &[String]) -> (String, Vec<Range<usize>>) {
    let mut parts = Vec::with_capacity(passages.len());
    let mut text = String::new();
    for passage in passages {
        parts.push(text.len()..text.len() + passage.len());
        text.push_str(passage);
        text.push_str("\n\n");
    }
    (text, parts)
}

/// The stretches of some passages that are kept of them within a budget: the passage, and its characters from and to.
#[pyfunction]
#[pyo3(signature = (passages, question, tokens, guess = None))]
fn prose_extract(
    py: Python<'_>,
    passages: Vec<String>,
    question: &str,
    tokens: usize,
    guess: Option<&Bound<'_, ProseGuess>>,
) -> PyResult<Vec<(usize, usize, usize)>> {
    let guess = guess.map(|guess| &guess.get().0);
    detached(py, || {
        let (text, parts) = joined(&passages);
        let in_characters = |(passage, range): (usize, Range<usize>)| {
            let from = text[parts[passage].start..range.start].chars().count();
            (passage, from, from + text[range].chars().count())
        };
        prose::extract(&text, &parts, question, tokens, guess).into_iter().map(in_characters).collect()
    })
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ProseVocabulary>()?;
    module.add_class::<ProseReading>()?;
    module.add_class::<ProseWindows>()?;
    module.add_class::<ProseGuess>()?;
    module.add_function(wrap_pyfunction!(prose_extract, module)?)?;
    Ok(())
}
