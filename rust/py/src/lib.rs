//! `headroom._core`: one door from Python into the core.

mod ahead;
mod content;
mod door;
mod json;
mod retrieve;
mod tokens;

use pyo3::prelude::*;

// Results are built from many short-lived arrays, which the system's allocator gives back and maps anew each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The compiled core of Headroom.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    door::register(module)?;
    ahead::register(module)?;
    content::register(module)?;
    json::register(module)?;
    retrieve::register(module)?;
    tokens::register(module)?;
    Ok(())
}
