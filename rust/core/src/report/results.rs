//! One line in, how a test ended out: what test runners print for each test.

use super::frames;
use memchr::memmem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Pass,
    Fail,
    Skip,
    /// A test began: `=== RUN`.
    Start,
}

/// How a test, a file or a package of tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub ending: Ending,
    /// The word or the sign that says so.
    pub mark: (u32, u32),
    /// The test's name.
    pub name: (u32, u32),
    /// Its file, suite or module; may be empty.
    pub group: (u32, u32),
    /// Tests that it stands for.
    pub tests: u32,
}

impl Outcome {
    fn new(ending: Ending, mark: (usize, usize), name: (usize, usize)) -> Self {
        let span = |(start, end): (usize, usize)| (start as u32, end as u32);
        Self { ending, mark: span(mark), name: span(name), group: (0, 0), tests: 1 }
    }

    fn of(self, group: (usize, usize)) -> Self {
        Self { group: (group.0 as u32, group.1 as u32), ..self }
    }
}

/// Words that end or begin a line of a result.
const WORDS: [(&str, Ending); 17] = [
    ("PASSED", Ending::Pass),
    ("PASS", Ending::Pass),
    ("FAILED", Ending::Fail),
    ("FAIL", Ending::Fail),
    ("ERROR", Ending::Fail),
    ("SKIPPED", Ending::Skip),
    ("SKIP", Ending::Skip),
    ("XFAIL", Ending::Skip),
    ("XPASS", Ending::Fail),
    ("TIMEOUT", Ending::Fail),
    ("ABORT", Ending::Fail),
    ("SIGABRT", Ending::Fail),
    ("SIGSEGV", Ending::Fail),
    ("LEAK", Ending::Fail),
    ("IGNORED", Ending::Skip),
    ("FLAKY", Ending::Fail),
    ("RERUN", Ending::Fail),
];

/// What a sign says that begins a line of a result, or ends one.
fn of_sign(sign: char) -> Option<Ending> {
    Some(match sign {
        '✓' | '✔' | '√' | '✅' => Ending::Pass,
        '✗' | '✖' | '✘' | '×' | '✕' | '❌' | '❯' => Ending::Fail,
        '○' | '↓' | '﹣' | '⊘' | '✎' | '↷' => Ending::Skip,
        _ => return None,
    })
}

/// How the test that a line tells of ended; `None` for lines that tell of none.
pub fn outcome(line: &str) -> Option<Outcome> {
    let bytes = line.as_bytes();
    let start = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))? + 1;
    let first = bytes[start];
    let leading = match first {
        0xC3 | 0xE2 | 0xEF => by_sign(line, start, end),
        b'[' => by_bracket(line, start, end),
        b'-' | b'=' => by_go(line, start, end),
        b'o' | b'n' => by_tap(line, start, end),
        b't' => by_cargo(line, start, end),
        b'<' => None,
        _ if first.is_ascii_uppercase() => by_first_word(line, start, end),
        b'?' if line.contains("[no test files]") => {
            Some(Outcome::new(Ending::Skip, (start, start + 1), (start + 1, end)))
        }
        _ => None,
    };
    leading.or_else(|| by_last_word(line, start, end)).or_else(|| by_dots(line, start, end))
}

fn by_sign(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let text = &line[start..end];
    let first = text.chars().next()?;
    if first == '❯' && frames::ends_in_place(text) {
        return None;
    }
    if let Some(ending) = of_sign(first) {
        let mark = first.len_utf8();
        let name = start + mark + text[mark..].bytes().take_while(|&byte| byte == b' ').count();
        return (name < end).then(|| Outcome::new(ending, (start, start + mark), (name, end)));
    }
    // JUnit's tree: `│  ├─ testName() ✔`, `└─ testName() ✘ expected …`.
    if !matches!(first, '│' | '├' | '└') {
        return None;
    }
    let name = start + text.find(|c: char| !matches!(c, '│' | '├' | '└' | '─' | ' '))?;
    let rest = &line[name..end];
    let sign = rest.char_indices().find_map(|(at, c)| of_sign(c).map(|ending| (at, c.len_utf8(), ending)));
    let word = || {
        const WORDS: [(&str, Ending); 3] = [("[OK]", Ending::Pass), ("[X]", Ending::Fail), ("[S]", Ending::Skip)];
        WORDS.iter().find_map(|(word, ending)| rest.find(word).map(|at| (at, word.len(), *ending)))
    };
    let (at, len, ending) = sign.or_else(word)?;
    Some(Outcome::new(ending, (name + at, name + at + len), (name, name + at)))
}

/// `[       OK ] Suite.Name (0 ms)` of googletest; `[gw0] [ 12%] PASSED tests/x.py::test_y` of pytest-xdist.
fn by_bracket(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let close = start + memchr::memchr(b']', &line.as_bytes()[start..end])?;
    let ending = match line[start + 1..close].trim() {
        "OK" => Some(Ending::Pass),
        "FAILED" => Some(Ending::Fail),
        "SKIPPED" | "DISABLED" => Some(Ending::Skip),
        "RUN" => Some(Ending::Start),
        _ => None,
    };
    if let Some(ending) = ending {
        let name = close + 1 + leading_blanks(&line[close + 1..end]);
        let dot = line[name..end].find('.').map_or(name, |at| name + at);
        return Some(Outcome::new(ending, (start, close + 1), (name, end)).of((name, dot)));
    }
    if !line[start..].starts_with("[gw") {
        return None;
    }
    let word = close + 1 + memmem::find(&line.as_bytes()[close + 1..end], b"] ")? + 2;
    let (mark, ending) = WORDS.iter().find(|(word_, _)| line[word..end].starts_with(word_))?;
    let name = word + mark.len() + 1;
    (name < end).then(|| {
        let file = memmem::find(&line.as_bytes()[name..end], b"::").map_or(end, |at| name + at);
        Outcome::new(*ending, (word, word + mark.len()), (name, end)).of((name, file))
    })
}

/// `--- FAIL: TestX (0.00s)`, `=== RUN   TestX`.
fn by_go(line: &str, start: usize, end: usize) -> Option<Outcome> {
    const HEADS: [(&str, Ending); 7] = [
        ("--- PASS: ", Ending::Pass),
        ("--- FAIL: ", Ending::Fail),
        ("--- SKIP: ", Ending::Skip),
        ("=== RUN ", Ending::Start),
        ("=== PAUSE ", Ending::Start),
        ("=== CONT ", Ending::Start),
        ("=== NAME ", Ending::Start),
    ];
    let (head, ending) = HEADS.iter().find(|(head, _)| line[start..end].starts_with(head))?;
    let name = start + head.len() + leading_blanks(&line[start + head.len()..end]);
    Some(Outcome::new(*ending, (start, start + head.len() - 1), (name, end)))
}

/// `ok 1 - name`, `not ok 2 - name # TODO`; `ok  \tpackage\t0.1s` of go.
fn by_tap(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let text = &line[start..end];
    let (ending, mark) = match text.strip_prefix("not ") {
        Some(_) => (Ending::Fail, 6),
        None => (Ending::Pass, 2),
    };
    let rest = text.strip_prefix("not ").unwrap_or(text).strip_prefix("ok")?;
    if rest.starts_with("  \t") || rest.starts_with('\t') {
        let name = start + mark + leading_blanks(rest);
        return Some(Outcome::new(ending, (start, start + mark), (name, end)));
    }
    let digits = rest.strip_prefix(' ')?.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let mut name = start + mark + 1 + digits;
    name += line[name..end].bytes().take_while(|byte| matches!(byte, b' ' | b'-')).count();
    let directive = |word: &str| {
        memmem::rfind(text.as_bytes(), b"# ").is_some_and(|at| {
            text[at + 2..].len() >= word.len()
                && text.as_bytes()[at + 2..at + 2 + word.len()].eq_ignore_ascii_case(word.as_bytes())
        })
    };
    let ending = if directive("SKIP") || directive("TODO") { Ending::Skip } else { ending };
    Some(Outcome::new(ending, (start, start + mark), (name, end)))
}

/// `test module::name ... ok`.
fn by_cargo(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let name = start + "test ".len();
    let dots = line.get(start..end)?.strip_prefix("test ").and_then(|rest| rest.rfind(" ... "))? + name;
    let mark = dots + " ... ".len();
    let ending = match line.as_bytes()[mark..end].first()? {
        b'o' | b'b' => Ending::Pass,
        b'i' => Ending::Skip,
        _ => Ending::Fail,
    };
    let group = line[name..dots].rfind("::").map_or(name, |at| name + at);
    Some(Outcome::new(ending, (mark, end), (name, dots)).of((name, group)))
}

/// `PASS src/a.test.ts (5 s)`, `FAILED tests/x.py::test_y - reason`, `PASS [   0.005s] crate tests::name`.
fn by_first_word(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let text = &line[start..end];
    let (word, ending) = WORDS.iter().find(|(word, _)| {
        text.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']) && !rest.trim_start().is_empty())
    })?;
    let mut name = start + word.len() + leading_blanks(&text[word.len()..]);
    if line[name..end].starts_with('[') {
        let close = line[name..end].find(']')?;
        name += close + 1 + leading_blanks(&line[name + close + 1..end]);
    }
    let target = &line[name..end];
    let has_place =
        target.contains("::") || target.split([' ', '\t']).next().is_some_and(|word| word.contains(['/', '.', '\\']));
    if !has_place && !line[start..name].contains('[') && !line[start..name].contains('\t') {
        return None;
    }
    let group = group_of(&line[name..end]);
    Some(Outcome::new(*ending, (start, start + word.len()), (name, end)).of((name, name + group)))
}

/// Where the name of the file, the folder or the suite ends, in a test's name.
fn group_of(name: &str) -> usize {
    let word = name.find([' ', '\t']).unwrap_or(name.len());
    name[..word].find("::").or_else(|| name[..word].rfind(['/', '\\'])).unwrap_or(if word < name.len() {
        word
    } else {
        0
    })
}

/// `tests/x.py::test_y PASSED   [ 12%]`, `test_y (module.Class) ... ok`, `Class > name() FAILED`, ctest's lines.
fn by_last_word(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let bytes = line.as_bytes();
    let mut end = end;
    if line[start..end].ends_with("%]") {
        end = line[..end].rfind('[')?;
        end = start + line[start..end].trim_end().len();
    }
    if end <= start {
        return None;
    }
    if let Some(outcome) = by_unittest(line, start, end) {
        return Some(outcome);
    }
    match bytes[end - 1] {
        b'.' | b'F' | b'E' | b'S' if line[start..end - 1].ends_with(" s = ") => by_minitest(line, start, end),
        b'D' | b'S' | b'L' | b'R' | b'P' => {
            let blank = start + line[start..end].rfind(' ')?;
            let (_, ending) = WORDS.iter().find(|(word, _)| *word == &line[blank + 1..end])?;
            let name = if let Some(at) = line[start..blank].find("::") { start + at + 2 } else { start };
            let group =
                if name > start { name - 2 } else { line[start..blank].find(" > ").map_or(start, |at| start + at) };
            Some(Outcome::new(*ending, (blank + 1, end), (name, blank)).of((start, group)))
        }
        b')' if bytes[start..end].windows(2).any(|pair| pair == b"::") => {
            // `… SKIPPED (reason)`
            let open = start + memmem::find(&bytes[start..end], b" (")?;
            let inner = by_last_word(line, start, open)?;
            Some(Outcome { mark: (inner.mark.0, end as u32), ..inner })
        }
        b'c' if line[start..end].ends_with(" sec") => by_ctest(line, start, end),
        _ => None,
    }
}

/// `ClassName#test_y = 0.01 s = F`
fn by_minitest(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let name_end = start + line[start..end].find(" = ")?;
    let hash = start + line[start..name_end].find('#')?;
    let ending = match line.as_bytes()[end - 1] {
        b'.' => Ending::Pass,
        b'S' => Ending::Skip,
        _ => Ending::Fail,
    };
    Some(Outcome::new(ending, (end - 1, end), (hash + 1, name_end)).of((start, hash)))
}

/// `test_y (module.Class.test_y) ... ok`
fn by_unittest(line: &str, start: usize, end: usize) -> Option<Outcome> {
    // The last bytes of the endings below.
    if !matches!(line.as_bytes()[end - 1], b'k' | b'L' | b'R' | b's' | b'e' | b'\'' | b'"') {
        return None;
    }
    let dots = start + memmem::rfind(&line.as_bytes()[start..end], b" ... ")?;
    let mark = dots + 5;
    let word = &line[mark..end];
    let ending = match word {
        "ok" => Ending::Pass,
        "FAIL" | "ERROR" | "unexpected success" => Ending::Fail,
        "expected failure" => Ending::Skip,
        _ if word.starts_with("skipped") => Ending::Skip,
        _ => return None,
    };
    let open = line[start..dots].find('(').filter(|_| line[..dots].ends_with(')'));
    let group = open.map_or((start, start), |open| (start + open + 1, dots - 1));
    Some(Outcome::new(ending, (mark, end), (start, dots)).of(group))
}

/// ` 1/10 Test  #1: name ....   Passed    0.01 sec`
fn by_ctest(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let text = &line[start..end];
    let name = start + text.find(": ")? + 2;
    if !text[..name - start].contains('#') {
        return None;
    }
    let (mark, ending) = match (text.find("   Passed"), text.find("***"), text.find("Skipped")) {
        (Some(at), ..) => (start + at, Ending::Pass),
        (_, Some(at), _) if text[at..].starts_with("***Skipped") => (start + at, Ending::Skip),
        (_, Some(at), _) => (start + at, Ending::Fail),
        (_, _, Some(at)) => (start + at, Ending::Skip),
        _ => return None,
    };
    (mark > name).then(|| Outcome::new(ending, (mark, end), (name, mark)))
}

/// `tests/x.py ....F.s  [ 12%]`, `..........`: one sign for each test.
fn by_dots(line: &str, start: usize, end: usize) -> Option<Outcome> {
    let bytes = line.as_bytes();
    let mut stop = end;
    let has_share = line[start..end].ends_with("%]");
    if has_share {
        stop = start + line[start..line[..end].rfind('[')?].trim_end().len();
    }
    if stop <= start {
        return None;
    }
    let dots = line[start..stop].rfind(' ').map_or(start, |at| start + at + 1);
    let is_sign = |byte: u8| matches!(byte, b'.' | b'F' | b'E' | b's' | b'x' | b'X' | b'p' | b'P' | b'R');
    let run = &bytes[dots..stop];
    let passed = run.iter().filter(|&&byte| byte == b'.').count();
    if run.is_empty() || !run.iter().all(|&byte| is_sign(byte)) {
        return None;
    }
    let file = &line[start..dots];
    let is_sure = has_share && (dots == start || file.trim_end().contains('.'))
        || dots == start && run.len() >= 4 && 2 * passed >= run.len()
        || dots > start && file.trim_end().ends_with(".py");
    if !is_sure {
        return None;
    }
    let ending = if run.iter().any(|byte| matches!(byte, b'F' | b'E' | b'X' | b'R')) {
        Ending::Fail
    } else if passed == 0 {
        Ending::Skip
    } else {
        Ending::Pass
    };
    let outcome = Outcome::new(ending, (dots, stop), (start, dots)).of((start, start + file.trim_end().len()));
    Some(Outcome { tests: if ending == Ending::Pass { passed } else { run.len() } as u32, ..outcome })
}

fn leading_blanks(text: &str) -> usize {
    text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_runners_are_read() {
        use Ending::{Fail, Pass, Skip, Start};
        for (line, ending, mark, group) in [
            ("tests/x.py::test_y[a b] PASSED       [ 12%]", Pass, "PASSED", "tests/x.py"),
            ("tests/x.py::test_y SKIPPED (no reason)", Skip, "SKIPPED (no reason)", "tests/x.py"),
            ("FAILED tests/x.py::test_y - assert 1", Fail, "FAILED", "tests/x.py"),
            ("[gw1] [ 12%] PASSED tests/x.py::test_y ", Pass, "PASSED", "tests/x.py"),
            ("tests/x.py ..s.F.                [ 10%]", Fail, "..s.F.", "tests/x.py"),
            ("test_y (mod.Class.test_y) ... ok", Pass, "ok", "mod.Class.test_y"),
            ("test_y (mod.Class) ... skipped 'later'", Skip, "skipped 'later'", "mod.Class"),
            ("test parse::tests::works ... FAILED", Fail, "FAILED", "parse::tests"),
            ("        PASS [   0.005s] sample tests::works", Pass, "PASS", "sample"),
            ("--- FAIL: TestX (0.00s)", Fail, "--- FAIL:", ""),
            ("=== RUN   TestX", Start, "=== RUN", ""),
            ("ok  \texample.org/x\t0.1s", Pass, "ok", ""),
            ("not ok 3 - name # TODO later", Skip, "not ok", ""),
            ("    ✓ should add (12ms)", Pass, "✓", ""),
            ("  ✘ breaks", Fail, "✘", ""),
            ("│  ├─ test1() ✔", Pass, "✔", ""),
            ("[       OK ] Suite.Name (0 ms)", Pass, "[       OK ]", "Suite"),
            ("PASS src/a.test.ts (5 s)", Pass, "PASS", "src"),
            ("com.x.FooTest > test1() PASSED", Pass, "PASSED", "com.x.FooTest"),
            ("TestYaml#test_dump = 0.02 s = F", Fail, "F", "TestYaml"),
            ("TestYaml#test_load = 0.02 s = .", Pass, ".", "TestYaml"),
            (" 1/10 Test  #1: unit_a ......   Passed    0.01 sec", Pass, "   Passed    0.01 sec", ""),
        ] {
            let found = outcome(line).unwrap_or_else(|| panic!("{line}"));
            let slice = |(start, end): (u32, u32)| &line[start as usize..end as usize];
            assert_eq!((found.ending, slice(found.mark), slice(found.group).trim()), (ending, mark, group), "{line}");
        }
        for line in [
            "",
            "   ",
            "ok",
            "PASS",
            "test the waters",
            "it has PASSED on",
            "-- done",
            "[12/30] cc x",
            "FAILED to open x",
        ] {
            assert_eq!(outcome(line), None, "{line}");
        }
    }
}
