//! One line in, what a compiler or a linter found out: how grave it is, where, by which rule.

use super::places::{self, Place};
use memchr::memmem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A finding, as offsets in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub place: Option<Place>,
    /// Where what is said begins, with its code if it has one.
    pub message: usize,
    /// The rule, the code or the flag that found it.
    pub rule: Option<(usize, usize)>,
}

/// What a line finds fault with; `None` if it is no finding.
pub fn diagnostic(line: &str) -> Option<Diagnostic> {
    let start = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let (head, severity) = bracketed(line, start);
    let text = &line[head..];
    if text.is_empty() {
        return None;
    }
    if let Some(place) = places::place(line, head).filter(|place| place.line_end > place.path_end) {
        return placed(line, place, severity);
    }
    if let Some(found) = listed(line, start) {
        return Some(found);
    }
    let said = severity.or_else(|| leading(text)).or_else(|| inner(text))?;
    Some(Diagnostic { severity: said, place: None, message: head, rule: rule_at_end(line) })
}

/// `[ERROR] `, `##[error]`, `::error file=x::`: what stands in front, and what it says.
fn bracketed(line: &str, start: usize) -> (usize, Option<Severity>) {
    const HEADS: [(&str, Severity); 8] = [
        ("[ERROR] ", Severity::Error),
        ("[WARNING] ", Severity::Warning),
        ("[WARN] ", Severity::Warning),
        ("##[error]", Severity::Error),
        ("##[warning]", Severity::Warning),
        ("e: ", Severity::Error),
        ("w: ", Severity::Warning),
        ("[error] ", Severity::Error),
    ];
    let text = &line[start..];
    if !matches!(text.as_bytes().first(), Some(b'[' | b'#' | b':' | b'e' | b'w')) {
        return (start, None);
    }
    if let Some((head, severity)) = HEADS.iter().find(|(head, _)| text.starts_with(head)) {
        let head = start + head.len();
        return (head + if line[head..].starts_with("file://") { 7 } else { 0 }, Some(*severity));
    }
    let severity = [("::error", Severity::Error), ("::warning", Severity::Warning)];
    (start, severity.into_iter().find(|(head, _)| text.starts_with(head)).map(|(_, severity)| severity))
}

/// A finding with a place in front of it.
fn placed(line: &str, place: Place, severity: Option<Severity>) -> Option<Diagnostic> {
    let mut at = place.end;
    at += line[at..].bytes().take_while(|byte| matches!(byte, b' ' | b':' | b'-')).count();
    let text = &line[at..];
    let rule = rule_at_end(line);
    let found = |severity, rule| Some(Diagnostic { severity, place: Some(place), message: at, rule });
    if let Some(said) = leading(text).or(severity) {
        let code = text
            .find(' ')
            .and_then(|blank| code_len(&text[blank + 1..]).map(|len| (at + blank + 1, at + blank + 1 + len)));
        return found(said, rule.or(code));
    }
    if let Some(len) = code_len(text) {
        let is_numbered = text[len..].starts_with(':') && len == 5;
        return found(of_code(&text[..len], is_numbered), Some((at, at + len)));
    }
    let word = text.find(':').unwrap_or(0);
    if text[..word].ends_with("Warning")
        && text[..word].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    {
        return found(Severity::Warning, Some((at, at + word)));
    }
    let has_column = line.as_bytes()[place.line_end..place.end].iter().any(u8::is_ascii_digit);
    if let Some(rule) = rule.filter(|_| has_column && !text.is_empty()) {
        let is_error = &line[rule.0..rule.1] == "typecheck";
        return found(if is_error { Severity::Error } else { Severity::Warning }, Some(rule));
    }
    let is_said = place.end > place.line_end && !text.is_empty() && at > place.end;
    let is_sure = has_column || text.starts_with("undefined reference") || text.starts_with("multiple definition");
    if is_said && is_sure || text.starts_with("invalid-syntax") {
        return found(inner(text).unwrap_or(Severity::Error), rule);
    }
    None
}

/// `  12:5  error  'x' is not defined  no-undef` below the path of its file.
fn listed(line: &str, start: usize) -> Option<Diagnostic> {
    let text = &line[start..];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if start == 0 || digits == 0 || text.as_bytes().get(digits) != Some(&b':') {
        return None;
    }
    let column = text[digits + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let end = start + digits + 1 + column;
    let message = end + line[end..].bytes().take_while(|&byte| byte == b' ').count();
    if column == 0 || message < end + 2 {
        return None;
    }
    let severity = leading(&line[message..])?;
    let rule = line.rfind("  ").filter(|&at| at > message).map(|at| (at + 2, line.trim_end().len()));
    let place = Place { path_start: start, path_end: start, line_end: start + digits, end };
    Some(Diagnostic { severity, place: Some(place), message, rule: rule.filter(|(from, to)| from < to) })
}

/// How grave it is by the word at the beginning: `error: …`, `warning[x]: …`, `fatal error: …`.
fn leading(text: &str) -> Option<Severity> {
    const WORDS: [(&str, Severity); 20] = [
        ("error", Severity::Error),
        ("fatal error", Severity::Error),
        ("internal compiler error", Severity::Error),
        ("fatal", Severity::Error),
        ("Error", Severity::Error),
        ("ERROR", Severity::Error),
        ("FATAL", Severity::Error),
        ("FAILED", Severity::Error),
        ("npm ERR!", Severity::Error),
        ("npm error", Severity::Error),
        ("CMake Error", Severity::Error),
        ("warning", Severity::Warning),
        ("Warning", Severity::Warning),
        ("WARNING", Severity::Warning),
        ("npm WARN", Severity::Warning),
        ("npm warn", Severity::Warning),
        ("CMake Warning", Severity::Warning),
        ("CMake Deprecation Warning", Severity::Warning),
        ("DEPRECATION", Severity::Warning),
        ("note", Severity::Note),
    ];
    if !matches!(text.as_bytes().first(), Some(b'e' | b'f' | b'i' | b'E' | b'F' | b'n' | b'C' | b'w' | b'W' | b'D')) {
        return None;
    }
    WORDS
        .iter()
        .find(|(word, _)| {
            text.strip_prefix(word).is_some_and(|rest| match rest.as_bytes().first() {
                Some(b':' | b'[' | b'!') => true,
                Some(b' ') => {
                    word.len() > 7
                        || rest.starts_with("  ")
                        || code_len(&rest[1..]).is_some()
                        || rest.starts_with(" in ")
                        || rest.starts_with(" -")
                }
                _ => false,
            })
        })
        .map(|(_, severity)| *severity)
}

/// How grave it is by a word further on: `collect2: error: …`, `x.o: undefined reference to …`.
fn inner(text: &str) -> Option<Severity> {
    const ERRORS: [&str; 8] = [
        " error:",
        " fatal error:",
        " Error:",
        " undefined reference to",
        " multiple definition of",
        " cannot find ",
        " undefined symbol",
        " fatal:",
    ];
    let is_colon_led = |parts: &[&str]| {
        memchr::memchr_iter(b':', text.as_bytes()).any(|at| {
            let rest = &text[at + 1..];
            rest.starts_with(' ') && parts.iter().any(|part| rest.starts_with(part))
        })
    };
    if text.starts_with("undefined reference to") || is_colon_led(&ERRORS) {
        return Some(Severity::Error);
    }
    let is_warning = is_colon_led(&[" warning:", " Warning:"])
        || memmem::find(text.as_bytes(), b"DeprecationWarning:").is_some()
        || memmem::find(text.as_bytes(), b"(WARN)").is_some();
    is_warning.then_some(Severity::Warning)
}

/// The length of a code at the beginning: `W0718`, `E501`, `TS2304`, `SC2086`.
fn code_len(text: &str) -> Option<usize> {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = text.as_bytes()[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = matches!(text.as_bytes().get(letters + digits), None | Some(b':' | b' ' | b'\t'));
    ((1..=6).contains(&letters) && (2..=5).contains(&digits) && ends).then_some(letters + digits)
}

/// A rule in brackets at the end of a line: `[-Wunused]`, `(no-member)`, `[arg-type]`.
fn rule_at_end(line: &str) -> Option<(usize, usize)> {
    let end = line.trim_end().len();
    let open = match line.as_bytes().get(end.checked_sub(1)?)? {
        b']' => line[..end].rfind('[')?,
        b')' => line[..end].rfind('(')?,
        _ => return None,
    };
    let rule = &line.as_bytes()[open + 1..end - 1];
    let is_rule = rule.len() >= 3
        && rule.len() <= 60
        && rule[0] != b'.'
        && rule.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"-_=./@+".contains(&byte))
        && rule.iter().any(u8::is_ascii_alphabetic)
        && line.as_bytes().get(open.wrapping_sub(1)) == Some(&b' ');
    is_rule.then_some((open + 1, end - 1))
}

/// Whether a line says in which function or file the finding below it stands.
pub fn is_preface(line: &str) -> bool {
    const PARTS: [&[u8]; 9] = [
        b": In function ",
        b": In member function ",
        b": In constructor ",
        b": At top level:",
        b"In file included from ",
        b": In instantiation of ",
        b"    inlined from ",
        b"                 from ",
        b": in function `",
    ];
    memmem::find(line.as_bytes(), b":   required from \xE2\x80\x98").is_some()
        || (line.ends_with(':') || line.ends_with(','))
            && (line.starts_with("In function ")
                || PARTS.iter().any(|part| memmem::find(line.as_bytes(), part).is_some()))
}

/// Whether a line says where a template was used that the finding below it stands in.
pub fn is_instance(line: &str) -> bool {
    line.trim_end().ends_with(":   required from here")
}

/// What a line finds fault with below which an arrow says where: `F401 [*] unused`, then ` --> a.py:1:8`.
pub fn pointed(line: &str, below: &str) -> Option<Diagnostic> {
    let is_pointed = !line.starts_with(' ') && below.trim_start().starts_with("--> ") && arrow(below).is_some();
    is_pointed.then(|| match code_len(line) {
        Some(len) => {
            Diagnostic { severity: of_code(&line[..len], false), place: None, message: 0, rule: Some((0, len)) }
        }
        None => Diagnostic { severity: Severity::Error, place: None, message: 0, rule: None },
    })
}

/// How grave a linter's code is: pylint's are numbered with four digits and a colon behind them.
fn of_code(code: &str, is_numbered: bool) -> Severity {
    let is_error = match code.as_bytes()[0] {
        first if is_numbered => matches!(first, b'E' | b'F'),
        b'E' => code.starts_with("E9"),
        b'F' => code.starts_with("F8") || code.starts_with("F7"),
        _ => false,
    };
    if is_error {
        Severity::Error
    } else {
        Severity::Warning
    }
}

/// Whether a line shows source code, or points into it: ` 12 | x = y;`, `    |     ^~~`, `  --> a.rs:1:2`.
pub fn is_excerpt(line: &str) -> bool {
    let text = line.trim_start();
    if text.starts_with("--> ")
        || text.starts_with("::: ")
        || text.starts_with("= note:")
        || text.starts_with("= help:")
        || line.starts_with("help: ")
    {
        return true;
    }
    let rest = text.trim_start_matches('>').trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = rest.len() < text.len();
    if is_numbered && (rest.starts_with(" + ") || rest.starts_with(" - ")) {
        return true;
    }
    if rest.starts_with(" |")
        || rest.starts_with('|') && (is_numbered || line.len() > text.len())
        || rest.starts_with(" │")
    {
        return true;
    }
    !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'^' | b'~' | b' ' | b'-' | b'|'))
        && text.contains(['^', '~'])
}

/// Where the place stands in a line ` --> src/a.rs:5:9`.
pub fn arrow(line: &str) -> Option<Place> {
    let start = line.find("--> ")? + 4;
    places::place(line, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_several_tools_are_read() {
        use Severity::{Error, Note, Warning};
        for (line, severity, rule) in [
            ("ldo.c:496:7: warning: unused variable ‘c’ [-Wunused-variable]", Warning, "-Wunused-variable"),
            ("a/b.py:77:15: W0718: Catching too general (broad-exception-caught)", Warning, "W0718"),
            ("a/b.py:832:16: E1101: Module 'os' has no 'startfile' (no-member)", Error, "E1101"),
            ("x.py:1:80: E501 Line too long (90 > 79)", Warning, "E501"),
            ("x.py:1:8: F821 Undefined name `y`", Error, "F821"),
            ("x.py:3: error: Incompatible types  [arg-type]", Error, "arg-type"),
            ("src/a.ts(12,5): error TS2304: Cannot find name 'x'.", Error, "TS2304"),
            ("  12:5  error  'x' is not defined  no-undef", Error, "no-undef"),
            ("main.go:5:2: undefined: foo", Error, ""),
            ("main.go:5:2: Error return value is not checked (errcheck)", Warning, "errcheck"),
            ("[ERROR] /p/A.java:[12,5] cannot find symbol", Error, ""),
            ("A.java:3: error: ';' expected", Error, ""),
            ("collect2: error: ld returned 1 exit status", Error, ""),
            ("/usr/bin/ld: a.o:/p/s.h:37: multiple definition of `X'; q.o: first defined here", Error, ""),
            ("error[E0308]: mismatched types", Error, ""),
            ("warning: unused import: `std::fs`", Warning, ""),
            ("a.c:1:2: note: declared here", Note, ""),
            ("npm ERR! code ELIFECYCLE", Error, ""),
            ("##[error]Process completed with exit code 1.", Error, ""),
        ] {
            let found = diagnostic(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.severity, severity, "{line}");
            assert_eq!(found.rule.map_or("", |(start, end)| &line[start..end]), rule, "{line}");
        }
        for line in
            ["", "errors were few", "src/a.c", "Compiling x v1.0", "note the time", "12:30:00 started", "make all"]
        {
            assert_eq!(diagnostic(line), None, "{line}");
        }
    }

    #[test]
    fn code_below_a_finding_is_told_from_other_lines() {
        for line in
            ["  496 |   int c = f(x);", "      |       ^~~", "  --> src/a.rs:1:2", "   |", "12 | let x;", "    ^"]
        {
            assert!(is_excerpt(line), "{line}");
        }
        for line in ["cc -c a.c | tee", "a | b", "--", "  return x;", ""] {
            assert!(!is_excerpt(line), "{line}");
        }
    }
}
