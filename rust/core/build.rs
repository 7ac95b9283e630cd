//! Turns the vocabularies into tables that are only unpacked at run time, and the Unicode classes into such that need no
//! set-up at all.

#[path = "src/tokens/class.rs"]
mod class;
#[path = "build/classes.rs"]
mod classes;
#[path = "src/tokens/layout.rs"]
mod layout;
#[path = "build/vocabulary.rs"]
mod vocabulary;

use std::path::PathBuf;

fn main() {
    let target = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for name in ["o200k_base", "cl100k_base"] {
        let source = format!("assets/{name}.vocab");
        let packed = std::fs::read(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
        vocabulary::write(name, &packed, &target);
        println!("cargo::rerun-if-changed={source}");
    }
    classes::write(&target);
    for source in ["build.rs", "build", "src/tokens/class.rs", "src/tokens/layout.rs"] {
        println!("cargo::rerun-if-changed={source}");
    }
}
