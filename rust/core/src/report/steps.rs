//! One line in, whether it only tells what a tool is doing: commands, progress, downloads.

use crate::begins::Heads;

/// What such lines begin with, behind blanks.
static HEADS: Heads<62> = Heads::of([
    "cc ",
    "gcc ",
    "g++ ",
    "c++ ",
    "clang ",
    "clang++ ",
    "ar ",
    "ranlib ",
    "ld ",
    "rm ",
    "mkdir ",
    "cp ",
    "mv ",
    "ln ",
    "install ",
    "libtool: ",
    "/bin/sh ",
    "/bin/bash ",
    "echo ",
    "cd ",
    "(cd ",
    "MAKE ",
    "CC ",
    "CXX ",
    "LD ",
    "AR ",
    "LINK ",
    "CCLD ",
    "GEN ",
    "Compiling ",
    "Downloading ",
    "Downloaded ",
    "Checking ",
    "Fresh ",
    "Updating ",
    "Locking ",
    "Adding ",
    "Documenting ",
    "Blocking ",
    "Collecting ",
    "Using cached ",
    "Requirement already ",
    "Installing ",
    "Building ",
    "Preparing ",
    "Getting ",
    "Stored in ",
    "Created wheel ",
    "Linking ",
    "Scanning ",
    "Consolidate ",
    "npm http ",
    "> Task ",
    "go: downloading ",
    "-- ",
    "checking ",
    "configure: ",
    "Progress ",
    "Downloading from ",
    "Downloaded from ",
    "[INFO] ",
    "javac ",
]);

/// Whether a line only tells what is being done.
pub fn is_step(line: &str) -> bool {
    let text = line.trim_start();
    match text.as_bytes().first() {
        None => false,
        Some(b'[') => {
            let inside = text[1..].split(']').next().unwrap_or("");
            let is_share = !inside.is_empty()
                && inside.len() < 16
                && inside.bytes().all(|byte| byte.is_ascii_digit() || b" %/".contains(&byte));
            is_share || text.starts_with("[INFO] ")
        }
        Some(b'm' | b'g') if text.starts_with("make") || text.starts_with("gmake") => {
            text.contains("Entering directory")
                || text.contains("Leaving directory")
                || text.contains("Nothing to be done")
        }
        Some(0xE2) => text.starts_with('━') || text.starts_with('█') || text.starts_with("⠋"),
        Some(byte) if byte.is_ascii_digit() => text.contains("%|"),
        Some(b'=') => false,
        Some(_) => HEADS.begin(text.as_bytes()),
    }
}
