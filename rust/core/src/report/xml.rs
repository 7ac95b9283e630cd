//! Reports in XML, one tag a line: `<testcase …/>` passed, unless `<failure>`, `<error>` or `<skipped>` stands below.

use super::blocks::Block;
use super::read::{weighed, Class, Reader, Row, ALWAYS};

/// The row of a line that begins with a tag of a report; `None` for other lines.
pub fn row(reader: &mut Reader, index: usize, line: &str, text: &str) -> Option<Row> {
    let tag = &text[..text.find([' ', '>', '/']).filter(|&at| at > 0).unwrap_or(text.len())];
    match tag {
        "<testsuites" | "<testsuite" => Some(weighed(Class::Verdict, ALWAYS)),
        "<testcase" => Some(testcase(reader, index, line, text)),
        "<failure" | "<error" | "<rerunFailure" | "<flakyFailure" => {
            reader.open(Block::Pytest);
            // The message is in the tag.
            reader.said = 8;
            Some(weighed(Class::Detail, ALWAYS))
        }
        "<skipped" => Some(weighed(Class::Noise, 0)),
        "<system-out" | "<system-err" => {
            reader.open(Block::Captured);
            Some(weighed(Class::Noise, 0))
        }
        _ => (text.starts_with("</") || text.starts_with("<?xml") || text.starts_with("<propert"))
            .then(|| weighed(Class::Noise, 0)),
    }
}

fn testcase(reader: &mut Reader, index: usize, line: &str, text: &str) -> Row {
    let indent = line.len() - text.len();
    let value = |name: &str| {
        let start = line.find(name)? + name.len();
        let end = start + line[start..].find('"')?;
        Some(reader.span(index, start, end))
    };
    let (name, group) = (value(" name=\"").unwrap_or_default(), value(" classname=\"").unwrap_or_default());
    let next = if index + 1 < reader.lines.len() { reader.lines.line(index + 1).trim_start() } else { "" };
    let is_closed = text.trim_end().ends_with("/>");
    let mut mark = reader.span(index, indent + 1, indent + "<testcase".len());
    let (class, weight) = match next {
        _ if is_closed => (Class::Pass, 0),
        _ if next.starts_with("<skipped") => (Class::Skip, 2),
        _ if ["<failure", "<error", "<rerunFailure"].iter().any(|tag| next.starts_with(tag)) => (Class::Fail, ALWAYS),
        _ => (Class::Pass, 0),
    };
    if class == Class::Skip {
        let start = reader.lines.line(index + 1).len() - next.len() + 1;
        mark = reader.span(index + 1, start, start + "skipped".len());
    }
    Row { tests: 1, name, group, mark, ..weighed(class, weight) }
}
