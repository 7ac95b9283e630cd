//! A text that is of no kind in, whether its lines say the same over and over out: then it is a log without times.

use super::mine::Mined;
use super::scan::Kind;

/// Stretches of the text that are looked at, spread over it, and the bytes of each.
const WINDOWS: usize = 3;
const WINDOW_BYTES: usize = 8_192;
const LEAST_LINES: usize = 20;
/// Lines of one template from which it is said over and over.
const LEAST_TIMES: u32 = 3;
/// Words that stand in all lines of a template from which it says something: a list of names has none.
const LEAST_WORDS: usize = 2;
/// The share of such lines from which a text is a log.
const LEAST_SHARE: f64 = 0.6;
/// The share of lines that begin with a space, as those of code do, up to which it is one.
const MAX_INDENTED: f64 = 0.3;
/// The same of lines that end as statements and members of lists do.
const MAX_ENDED: f64 = 0.6;
/// Surer than where nothing is known, and less sure than any kind that is told by what it looks like.
const SCORE: f64 = 0.45;

/// How surely a text that is of no other kind is a log. Time is bounded, whatever the size of the text.
pub fn score(text: &str) -> f64 {
    let sample = sample(text);
    let mined = Mined::new(&sample);
    let (mut lines, mut indented, mut ended) = (0usize, 0usize, 0usize);
    for line in (0..mined.len() as u32).map(|line| mined.line(line)) {
        let bare = line.trim_start();
        lines += usize::from(!bare.is_empty());
        indented += usize::from(bare.len() < line.len() && bare.starts_with(|first: char| !first.is_ascii_digit()));
        ended += usize::from(bare.trim_end().ends_with([';', ',', '{', '}']));
    }
    let is_code = indented as f64 > MAX_INDENTED * lines as f64 || ended as f64 > MAX_ENDED * lines as f64;
    if lines < LEAST_LINES || is_code {
        return 0.0;
    }
    let says_again = |id: usize| {
        let template = &mined.templates[id];
        let first = mined.line(template.first);
        // Three dots say themselves that something goes on.
        let least = if first.trim_end().ends_with(" ...") { 1 } else { LEAST_WORDS };
        template.count >= LEAST_TIMES && is_said(first) && words(&mined, id) >= least
    };
    let again: u32 = (0..mined.templates.len()).filter(|&id| says_again(id)).map(|id| mined.templates[id].count).sum();
    if f64::from(again) < LEAST_SHARE * lines as f64 {
        return 0.0;
    }
    SCORE
}

/// Whether a line shows that a program says it, rather than somebody wrote it: it begins with a number, or a name before
/// a colon, ends in dots, or has a level.
fn is_said(line: &str) -> bool {
    const LEVELS: [&str; 10] =
        ["silly", "verbose", "debug", "info", "notice", "warn", "warning", "error", "fatal", "trace"];
    let bare = line.trim_start_matches(|first: char| !first.is_alphanumeric());
    let end = bare.find(|byte: char| !byte.is_alphanumeric() && !"_-.@/".contains(byte)).unwrap_or(bare.len());
    let behind = &bare.as_bytes()[end..];
    let is_named = end > 0 && (behind.first() == Some(&b':') || behind.first() == Some(&b'[') && line.contains("]:"));
    let mut words =
        line.split_ascii_whitespace().take(4).map(|word| word.trim_matches(|edge: char| !edge.is_alphanumeric()));
    bare.starts_with(|first: char| first.is_ascii_digit())
        || is_named
        || line.trim_end().ends_with("...")
        || words.any(|word| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level)))
}

/// How many words stand in all lines of a template.
fn words(mined: &Mined, id: usize) -> usize {
    let template = &mined.templates[id];
    let (mut words, mut ordinal) = (0, 0u16);
    mined.for_each_word(template.first, |word| {
        words +=
            usize::from(word.kind == Kind::Plain && word.end - word.start > 1 && !template.varying.contains(&ordinal));
        ordinal += 1;
    });
    words
}

/// Whole lines from the beginning, the middle and the end.
fn sample(text: &str) -> String {
    if text.len() <= WINDOWS * WINDOW_BYTES {
        return text.to_owned();
    }
    let step = (text.len() - WINDOW_BYTES) / (WINDOWS - 1);
    let mut sample = String::with_capacity(WINDOWS * WINDOW_BYTES);
    for window in 0..WINDOWS {
        let bytes = &text.as_bytes()[window * step..window * step + WINDOW_BYTES];
        let from = if window == 0 { 0 } else { memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1) };
        let to = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        // A line feed is no part of another character.
        sample.push_str(text.get(window * step + from..window * step + to.max(from)).unwrap_or_default());
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_say_the_same_over_and_over_are_a_log() {
        let served: String = (0..60)
            .map(|n| match n % 3 {
                0 => format!("dnsmasq: {n} query[A] host{n}.example.net from 127.0.0.{n}\n"),
                1 => format!("dnsmasq: {n} forwarded host{n}.example.net to 10.0.0.1\n"),
                _ => format!("dnsmasq: {n} reply host{n}.example.net is 192.0.2.{n}\n"),
            })
            .collect();
        let installed: String = (0..40)
            .map(|n| format!("Unpacking lib{n}a:amd64 (1.{n}-2) ...\nSetting up lib{n}a:amd64 (1.{n}-2) ...\n"))
            .collect();
        let selected: String = (0..40)
            .map(|n| {
                format!(
                    "Selecting previously unselected package lib{n}a:amd64.\n\
                     Preparing to unpack .../{n}-lib{n}a_1.{n}-2_amd64.deb ...\nUnpacking lib{n}a:amd64 (1.{n}-2) ...\n"
                )
            })
            .collect();
        for text in [served.as_str(), &installed, &selected, &served.repeat(40)] {
            assert_eq!(score(text), SCORE, "{}", &text[..100]);
        }
    }

    #[test]
    fn lists_prose_and_code_are_none() {
        let frozen: String = (0..90).map(|n| format!("package{n}==1.{n}.0\n")).collect();
        let names: String = ["alpha", "beta", "gamma", "delta"].iter().map(|name| format!("{name}\n")).collect();
        let words = ["wind", "rain", "sand", "snow", "hail", "dust", "mist", "heat", "frost", "storm"];
        let prose: String = (0..90)
            .map(|n| {
                words.iter().cycle().skip(n * 7 % 10).step_by(n % 9 + 1).take(8).copied().collect::<Vec<_>>().join(" ")
                    + "\n"
            })
            .collect();
        let declared: String = (0..60).map(|n| format!("pub const ERROR_{n}: u32 = {n}u32;\n")).collect();
        let imported: String =
            (0..60).map(|n| format!("import qualified Data.X{n}.Y as M{n}\nmov eax, {n}\nadd esp, {n}\n")).collect();
        let changed: String = (0..60).map(|n| format!("- Fixed a bug in the parser (#{n})\n")).collect();
        let code = "begin\n  local x = 1\n  print(x)\n  return x\nend\n".repeat(20);
        for text in [&frozen, &names.repeat(20), &declared, &imported, &changed, &code, &prose, ""] {
            assert_eq!(score(text), 0.0, "{text}");
        }
    }

    #[test]
    fn only_whole_lines_are_looked_at() {
        for line in ["é\n", "日本語の行\n"] {
            let text = line.repeat(40_000 / line.len());
            assert!(sample(&text).lines().all(|own| own == line.trim_end()));
        }
        assert_eq!(sample(&"é".repeat(40_000)), "");
    }
}
