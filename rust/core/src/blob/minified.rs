//! Lines of minified code: told by their length, and by how little of them is white space.

/// Bytes from which a line may be minified code.
pub const MIN_BYTES: usize = 1_500;
/// Bytes looked at.
const SAMPLE_BYTES: usize = 16_384;

/// The language of a line of minified code.
pub fn language(line: &str) -> Option<&'static str> {
    if line.len() < MIN_BYTES {
        return None;
    }
    let head = line.trim_start();
    // Minified data and markup are others' business.
    let is_data = head.starts_with('<') || head.starts_with("{\"") || head.starts_with('[') && !head.starts_with("[].");
    let sample = &line.as_bytes()[..line.len().min(SAMPLE_BYTES)];
    let share = |bytes: &[u8]| sample.iter().filter(|byte| bytes.contains(byte)).count() as f32 / sample.len() as f32;
    let signs = share(b"{}();:,.=&|!?+[]");
    if is_data || share(b" \t") > 0.13 || !(0.1..0.6).contains(&signs) {
        return None;
    }
    let (braces, colons) = (share(b"{}"), share(b":"));
    if share(b"(=") > 0.03 {
        return Some("js");
    }
    (braces > 0.01 && colons > 0.015 && share(b";") > 0.005).then_some("css")
}

/// Bytes of a comment at the beginning that are shown, and of code.
const BANNER_BYTES: usize = 400;
const HEAD_BYTES: usize = 160;
const TAIL_BYTES: usize = 80;

/// How much of the beginning and of the end of a line is shown: a licence's comment and some code.
pub fn ends(line: &str) -> (usize, usize) {
    let start = line.trim_start();
    let banner = if start.starts_with("/*") { line.find("*/").map_or(0, |end| (end + 2).min(BANNER_BYTES)) } else { 0 };
    let (mut head, mut tail) = (banner + HEAD_BYTES, line.len().saturating_sub(TAIL_BYTES));
    while head < line.len() && !line.is_char_boundary(head) {
        head += 1;
    }
    while !line.is_char_boundary(tail) {
        tail -= 1;
    }
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_one_line_is_told_from_data_and_prose() {
        let js =
            "!function(e,t){\"object\"==typeof exports?module.exports=t():e.lib=t()}(this,(function(){return 1}));"
                .repeat(30);
        let css =
            ".a{color:red;margin:0}.b>.c{padding:1px 2px;display:flex}@media(max-width:9px){.d{top:0}}".repeat(30);
        assert_eq!(language(&js), Some("js"));
        assert_eq!(language(&css), Some("css"));
        let json = format!("[{}]", "{\"a\":1,\"b\":[2,3]},".repeat(200));
        let prose = "A sentence of prose, with a few words; and (rarely) a sign. ".repeat(60);
        let ids = "3f2504e0-4f89-11d3-9a0c-0305e82c3301,".repeat(90);
        for text in [json.as_str(), &prose, &ids, "x=1"] {
            assert_eq!(language(text), None, "{}", &text[..text.len().min(40)]);
        }
    }
}
