//! A text in, where the output of a tool stands in it out, if whoever ran the tool wrote lines around it.
//!
//! ```text
//! Exit code: 0                                      <returncode>0</returncode>
//! Wall time: 0.3 seconds                            <output>
//! Output:                                           the output
//! the output                                        </output>
//! [The command completed with exit code 0.]
//! ```

use std::ops::Range;

/// Bytes and lines of what stands around an output, at most, on either side.
const MAX_BYTES: usize = 600;
const MAX_LINES: usize = 8;
/// Bytes of one of those lines at most.
const MAX_LINE_BYTES: usize = 200;
/// Words of a remark in brackets at least: fewer are names of levels, and ends of lists.
const MIN_WORDS: usize = 3;

/// What a line that stands before an output calls it.
const OUTPUTS: [&str; 7] = ["output", "stdout", "result", "results", "response", "content", "contents"];
/// What a line that tells how it ended says.
const ENDINGS: [&str; 5] = ["exit code", "exit status", "exited with", "return code", "returncode"];

/// Where the output stands; `None` if nothing stands around it.
pub fn find(text: &str) -> Option<Range<usize>> {
    let start = head(text);
    let end = start + tail(&text[start..], start > 0);
    (start < end && end - start < text.len()).then_some(start..end)
}

/// Where the output begins: behind the last of the first lines that says that it follows.
fn head(text: &str) -> usize {
    let (mut at, mut behind) = (0, 0);
    for (ordinal, line) in text.split_inclusive('\n').take(MAX_LINES).enumerate() {
        at += line.len();
        if at > MAX_BYTES || line.len() > MAX_LINE_BYTES {
            break;
        }
        let is_key = ordinal == 0 && is_key(line.trim_end(), &text[at..]);
        if opens(line.trim()) && !is_key {
            behind = at;
        }
    }
    behind
}

/// Whether a first line is a key of YAML: a word with what belongs to it below.
fn is_key(line: &str, below: &str) -> bool {
    let is_word = line.strip_suffix(':').is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_loud = !line.contains(|letter: char| letter.is_lowercase());
    is_word && !is_loud && (below.starts_with([' ', '\t']) || below.starts_with("- "))
}

/// Where the output ends: before the last lines that are remarks on it. Programs too say at last how another ended, which
/// is a remark only where something else frames the output: a line before it, or one in brackets.
fn tail(text: &str, mut is_framed: bool) -> usize {
    let mut end = text.len();
    let mut before = end;
    for _ in 0..MAX_LINES {
        let bare = text[..before].strip_suffix('\n').unwrap_or(&text[..before]);
        let start = bare.rfind('\n').map_or(0, |at| at + 1);
        let line = &bare[start..];
        if start == 0 || text.len() - start > MAX_BYTES || line.len() > MAX_LINE_BYTES {
            break;
        }
        let line = line.trim_end();
        if !line.is_empty() && !closes(line) && !tells_ending(line) {
            break;
        }
        is_framed |= closes(line);
        before = start;
        if !line.is_empty() {
            end = start;
        }
    }
    if is_framed {
        end
    } else {
        text.len()
    }
}

/// `Output:`, `STDOUT:`, `[command] Result:`, `Here is the output of the command:`, `<output>`.
fn opens(line: &str) -> bool {
    let Some(first) = line.chars().next() else { return false };
    let is_label = line.ends_with(':') && (first.is_uppercase() || first == '[');
    (is_label || is_tag(line, "<")) && names_output(line)
}

/// A remark in brackets, `</output>`, or the label of an empty stream.
fn closes(line: &str) -> bool {
    let is_remark = [('[', ']'), ('(', ')')].iter().any(|&(open, close)| {
        line.starts_with(open) && line.ends_with(close) && line.split_ascii_whitespace().count() >= MIN_WORDS
    });
    is_remark || line == "STDERR:" || is_tag(line, "</") && names_output(line)
}

/// Whether a line tells how the command ended, which no statement of a program does.
fn tells_ending(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let is_said = line.starts_with(|first: char| !first.is_whitespace()) && !line.contains(['=', ';', '{', '(']);
    is_said && ENDINGS.iter().any(|ending| lower.contains(ending))
}

/// Whether a line is one tag without attributes.
fn is_tag(line: &str, open: &str) -> bool {
    let name = line.strip_prefix(open).and_then(|rest| rest.strip_suffix('>'));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    })
}

fn names_output(line: &str) -> bool {
    let mut words = line.split(|byte: char| !byte.is_ascii_alphabetic());
    words.any(|word| OUTPUTS.iter().any(|output| word.eq_ignore_ascii_case(output)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_stands_between_what_is_said_of_it() {
        let output = "  total 3\na\n\nb 1:\n";
        for (head, tail) in [
            ("Exit code: 0\nWall time: 0.3 seconds\nOutput:\n", ""),
            ("[run for 'ls'] Result:\nCommand executed.\nOutput:\n", ""),
            ("<returncode>0</returncode>\n<output>\n", "</output>"),
            ("STDOUT:\n", "\nSTDERR:\n\n(exit code 0)"),
            ("", "[The command completed with exit code 0.]\n[Current directory: /x]\n"),
            ("Here's the result of running `cat -n` on /x.py:\n", ""),
        ] {
            let text = format!("{head}{output}{tail}");
            let found = find(&text).unwrap();
            assert_eq!(found.start, head.len(), "{text}");
            assert_eq!(text[found].trim_end(), output.trim_end(), "{text}");
        }
    }

    #[test]
    fn what_is_no_remark_belongs_to_the_output() {
        for text in [
            "output:\n  file: x\n  level: 3\n",
            "Outputs:\n  Url:\n    Value: x\n",
            "Result:\n  item:\n    name: x\n",
            "Results:\n- name: x\n",
            "def main():\n    try:\n        run()\n    finally:\n        return returncode\n",
            "print(a)\nsys.exit(f'exited with {a}')\n",
            "src/main.rs:\n1:fn main() {\n",
            "a\nb\n[100%] Built target all\n",
            "[1,\n2\n]\n",
            "goroutine 1:\nmain.main()\nexit status 2\n",
            "Output:\n",
            "one line (and no more than that)",
            "",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
