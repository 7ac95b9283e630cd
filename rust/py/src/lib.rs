//! `headroom._core`: one door from Python into the core.

mod ahead;
mod allocator;
mod codings;
mod content;
mod door;
mod ignore_rules;
mod json;
mod outline;
mod prompt;
mod prose;
mod repeat;
mod retrieve;
mod seal;
mod splice;
mod text;
mod tokens;

use pyo3::prelude::*;

/// The compiled core of Headroom.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    door::register(module)?;
    allocator::keep_memory();
    ahead::register(module)?;
    codings::register(module)?;
    content::register(module)?;
    ignore_rules::register(module)?;
    json::register(module)?;
    outline::register(module)?;
    prompt::register(module)?;
    prose::register(module)?;
    repeat::register(module)?;
    retrieve::register(module)?;
    seal::register(module)?;
    splice::register(module)?;
    text::register(module)?;
    tokens::register(module)?;
    Ok(())
}
