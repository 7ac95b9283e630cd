//! One line in, whether it tells how a whole run ended out.

use memchr::memmem;

use crate::begins::Heads;

/// Words that are counted in summaries, by their beginnings.
const COUNTED: [&str; 21] = [
    "passed",
    "passing",
    "failed",
    "failing",
    "failure",
    "error",
    "warning",
    "skipped",
    "pending",
    "problem",
    "xfailed",
    "tests",
    "test",
    "vulnerabilit",
    "issue",
    "suites",
    "examples",
    "assertions",
    "ignored",
    "succeeded",
    "todo",
];

/// What lines begin with that tell how a run ended.
static HEADS: Heads<44> = Heads::of([
    "test result: ",
    "Tests:",
    "Test Suites:",
    "Snapshots:",
    "Tests run:",
    "Ran ",
    "OK",
    "FAILED (",
    "BUILD ",
    "Build ",
    "PASS",
    "FAIL",
    "ninja: build stopped",
    "ninja: no work",
    "error: could not compile",
    "error: test failed",
    "error: aborting",
    "Process completed",
    "exit status",
    "exit code",
    "Exit code",
    "Command exited",
    "All checks passed",
    "Success: no issues",
    "Your code has been rated",
    "Successfully ",
    "TOTAL ",
    "# tests",
    "# pass",
    "# fail",
    "# skip",
    "# todo",
    "# cancel",
    "1..",
    "Test Files",
    "Required test coverage",
    "FAIL Required",
    "added ",
    "up to date",
    "Finished ",
    "Summary [",
    "Result: ",
    "Dubious, ",
    "Files=",
]);

/// Whether a line tells how a run ended: its totals, its verdict, its exit code.
pub fn is_verdict(line: &str) -> bool {
    let text = line.trim_start();
    if text.len() > 240 || text.is_empty() {
        return false;
    }
    let text = text.trim_start_matches(['=', '-', '─', '━', '✖', 'ℹ', '✔', '⎯', '│', '*']).trim_start();
    let text = text.strip_prefix("[INFO] ").or_else(|| text.strip_prefix("[ERROR] ")).unwrap_or(text);
    if text.starts_with(['m', 'g', 'n']) && is_make_error(text) {
        return true;
    }
    if HEADS.begin(text.as_bytes()) && is_ending(text) {
        return true;
    }
    // Node's runner: `ℹ pass 12`.
    let is_listed = line.starts_with("ℹ ") && text.rsplit(' ').next().is_some_and(|last| last.parse::<f64>().is_ok());
    is_listed || counts_a_rule(line) || counts(text)
}

/// `16    F811 redefinition of unused name`, as flake8 and ruff sum their findings up.
fn counts_a_rule(line: &str) -> bool {
    let text = line.trim_start_matches(|first: char| first.is_ascii_digit());
    let code = text.trim_start();
    if text.len() == line.len() || code.len() == text.len() {
        return false;
    }
    let word = code.split_ascii_whitespace().next().unwrap_or_default();
    let number = word.trim_start_matches(|first: char| first.is_ascii_uppercase());
    (1..=4).contains(&(word.len() - number.len()))
        && (3..=4).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && code.len() > word.len()
}

/// `make[1]: *** [Makefile:199: all] Error 2`
fn is_make_error(text: &str) -> bool {
    memmem::find(text.as_bytes(), b": *** ").is_some_and(|at| text[..at].ends_with(']') || text[..at].ends_with("make"))
}

/// Whether a line with the beginning of a verdict is one.
fn is_ending(text: &str) -> bool {
    match text {
        "OK" | "PASS" | "FAIL" | "FAILURES!" => true,
        _ if text.starts_with("Result: ") => ["PASS", "FAIL", "NOTESTS"].contains(&text["Result: ".len()..].trim_end()),
        _ if text.starts_with("OK") => text.starts_with("OK ("),
        _ if text.starts_with("PASS") || text.starts_with("FAIL R") => text.starts_with("FAIL Required"),
        _ if text.starts_with("FAIL") => text.starts_with("FAILED ("),
        _ if text.starts_with("BUILD ") || text.starts_with("Build ") => {
            ["SUCCESS", "FAIL", "succeeded", "failed", "ERROR", "error"].iter().any(|word| text.contains(word))
        }
        _ if text.starts_with("1..") => text[3..].bytes().all(|byte| byte.is_ascii_digit()),
        _ if text.starts_with("added ") || text.starts_with("Ran ") => text.bytes().any(|byte| byte.is_ascii_digit()),
        _ => true,
    }
}

/// Whether a number stands beside a word that is counted: `3 failed`, `Failures: 0`, `failed=3`.
fn counts(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + offset;
        at = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_bare = start == 0 || !is_wordy(bytes[start - 1]) && !matches!(bytes[start - 1], b'.' | b'/');
        if is_bare && at - start <= 7 && (counts_behind(bytes, at) || counts_before(bytes, start)) {
            return true;
        }
        // The rest of a word that begins with digits.
        at += bytes[at..].iter().take_while(|&&byte| is_wordy(byte)).count();
    }
    false
}

fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether one blank and a word that is counted stand at `at`.
fn counts_behind(bytes: &[u8], at: usize) -> bool {
    let Some(rest) = bytes[at..].strip_prefix(b" ") else { return false };
    let len = rest.iter().take_while(|&&byte| is_wordy(byte)).count();
    len > 3 && is_counted_word(&rest[..len])
}

/// Whether a word that is counted stands before `at`, with `: ` or `=` between.
fn counts_before(bytes: &[u8], at: usize) -> bool {
    let blanks = bytes[..at].iter().rev().take_while(|&&byte| byte == b' ').count();
    let Some(before) = bytes[..at - blanks].strip_suffix(b":").or_else(|| bytes[..at].strip_suffix(b"=")) else {
        return false;
    };
    let len = before.iter().rev().take_while(|&&byte| is_wordy(byte)).count();
    blanks < 3 && len > 3 && is_counted_word(&before[before.len() - len..])
}

fn is_counted_word(word: &[u8]) -> bool {
    // The first letters of `COUNTED`.
    if !matches!(word[0] | 0x20, b'p' | b'f' | b'e' | b'w' | b's' | b'x' | b't' | b'v' | b'i' | b'a') {
        return false;
    }
    COUNTED.iter().any(|counted| {
        word.len() >= counted.len()
            && word.len() <= counted.len() + 3
            && word[..counted.len()].eq_ignore_ascii_case(counted.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_and_endings_are_recognised() {
        for line in [
            "  780 passing (6s)",
            "  12 failing",
            "= 1 failed, 483 passed in 1.88s =",
            "make: *** [Makefile:6: all] Error 2",
            "test result: ok. 3 passed; 0 failed; 0 ignored",
            "Tests:       421 passed, 421 total",
            "Ran 5 tests in 0.01s",
            "OK",
            "FAILED (failures=1, errors=2)",
            "Found 3 errors in 1 file (checked 2 source files)",
            "✖ 12 problems (3 errors, 9 warnings)",
            "Tests run: 5, Failures: 0, Errors: 0",
            "BUILD FAILED in 3s",
            "1..12",
            "ℹ fail 0",
            "100% tests passed, 0 tests failed out of 12",
            "Your code has been rated at 9.49/10",
            "5 examples, 2 failures",
            "added 312 packages in 4s",
            "2 warnings generated.",
            "16    F811 redefinition of unused 'Console' from line 8",
            "401\tE501\t[ ] line-too-long",
        ] {
            assert!(is_verdict(line), "{line}");
        }
        for line in [
            "",
            "collected 197 items",
            "def test_2(self):",
            "Built target x",
            "see test/7.py",
            "ok",
            "Running 3 of 4",
            "OKAY then",
        ] {
            assert!(!is_verdict(line), "{line}");
        }
    }
}
