//! Turns the packed vocabularies and the Unicode classes into tables that need no set-up at run time.

#[path = "src/tokens/class.rs"]
mod class;
#[path = "build/classes.rs"]
mod classes;
#[path = "src/tokens/layout.rs"]
mod layout;
#[path = "build/vocabulary.rs"]
mod vocabulary;

use std::path::{Path, PathBuf};

fn main() {
    let target = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // The tables of the older encoding are unpacked when somebody counts in it: most never do.
    for (name, write) in
        [("o200k_base", vocabulary::write as fn(&str, &[u8], &Path)), ("cl100k_base", vocabulary::write_packed)]
    {
        let source = format!("assets/{name}.vocab");
        let packed = std::fs::read(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
        write(name, &packed, &target);
        println!("cargo::rerun-if-changed={source}");
    }
    classes::write(&target);
    for source in ["build.rs", "build", "src/tokens/class.rs", "src/tokens/layout.rs"] {
        println!("cargo::rerun-if-changed={source}");
    }
}
