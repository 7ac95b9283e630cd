//! Pages and what their views hold.
