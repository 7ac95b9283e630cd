//! A log in, the time and the template of each line out: what queries see as columns.

use super::is_too_long;
use super::mine::Mined;
use super::scan::Kind;

/// The templates of a log's lines.
#[derive(Default)]
pub struct Templates {
    /// Where each line begins, rising.
    pub starts: Vec<u32>,
    /// The template of each line.
    pub of_line: Vec<u32>,
    /// What each template says, with `*` for what varies.
    pub texts: Vec<String>,
}

/// Where lines begin, and where in the text the time of each stands, if it has one. None of a text with too many lines.
pub fn times(text: &str) -> Vec<(u32, Option<(u32, u32)>)> {
    if is_too_long(text) {
        return Vec::new();
    }
    let mined = Mined::new(text);
    let time = |index: usize| {
        let (start, stamp) = (mined.lines[index].start, mined.stamps[index]);
        (start, (!stamp.is_none()).then_some((start + stamp.start, start + stamp.end)))
    };
    (0..mined.len()).map(time).collect()
}

/// The templates of a text's lines. None of a text with too many lines.
pub fn templates_of_lines(text: &str) -> Templates {
    if is_too_long(text) {
        return Templates::default();
    }
    let mined = Mined::new(text);
    let texts = mined.templates.iter().map(|template| written(&mined, template.first, &template.varying)).collect();
    let starts = mined.lines.iter().map(|line| line.start).collect();
    Templates { starts, of_line: mined.of_line, texts }
}

/// The template of a line behind its time, with a star for each word that varies.
fn written(mined: &Mined, line: u32, varying: &[u16]) -> String {
    let text = mined.line(line);
    let stamp = mined.stamps[line as usize];
    let mut out = String::new();
    let mut at = if mined.has_stamp(line) { stamp.end as usize } else { 0 };
    let mut ordinal = 0u16;
    mined.for_each_word(line, |word| {
        let is_varying = word.kind != Kind::Plain || varying.contains(&ordinal);
        ordinal = ordinal.saturating_add(1);
        if word.start as usize >= at {
            out.push_str(&text[at..word.start as usize]);
            out.push_str(if is_varying { "*" } else { &text[word.start as usize..word.end as usize] });
            at = word.end as usize;
        }
    });
    out.push_str(&text[at..]);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_times_and_templates() {
        let line = |at: u32| format!("2024-01-01 10:00:{at:02} INFO served block {at} to host{at}\n");
        let text: String = (10..20).map(line).collect();
        let found = templates_of_lines(&text);
        assert_eq!(found.texts, ["INFO served block * to *"]);
        assert_eq!(found.of_line, [0; 10]);
        let (start, time) = times(&text)[1];
        let (from, to) = time.unwrap();
        assert_eq!((start, &text[from as usize..to as usize]), (51, "2024-01-01 10:00:11"));
        assert!(times("plain\ntext\n").iter().all(|time| time.1.is_none()));
    }
}
