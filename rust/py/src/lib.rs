//! `headroom._core`: one door from Python into the core.

mod ahead;
mod allocator;
mod content;
mod door;
mod json;
mod outline;
mod retrieve;
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
    content::register(module)?;
    json::register(module)?;
    outline::register(module)?;
    retrieve::register(module)?;
    splice::register(module)?;
    text::register(module)?;
    tokens::register(module)?;
    Ok(())
}
