//! JSON in, smaller text out.
