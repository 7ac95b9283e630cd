//! XML of test reports in, one tag a line out.

/// Bytes in which the root of a report must begin.
const HEAD: usize = 400;

/// A report in XML whose tags follow each other without a break, with a break between them; `None` for other texts.
pub fn split(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let head = &bytes[..bytes.len().min(HEAD)];
    memchr::memmem::find(head, b"<testsuite")?;
    let is_run_on =
        memchr::memmem::find(bytes, b"><testcase").is_some() && memchr::memmem::find(bytes, b">\n<").is_none();
    is_run_on.then(|| text.replace("><", ">\n<"))
}
