//! The allocator of the extension.
//!
//! A text is worked on in many short-lived arrays. The system's allocator gives them back and maps
//! them anew for each text, which costs as much as the work on a short one.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h, for which the bindings have no name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
/// Milliseconds after which freed memory goes back to the system: an agent's next call is mostly nearer.
const KEPT_MS: std::ffi::c_long = 5_000;

/// Lets freed memory stay mapped between the calls of an agent.
pub fn keep_memory() {
    // SAFETY: sets an integer option of the allocator; an unknown number would be ignored.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, KEPT_MS) };
}
