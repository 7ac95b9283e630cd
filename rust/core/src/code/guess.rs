//! Source code without a path in, the language that it is most likely written in out. Nothing is parsed here.
//!
//! Many languages share the words that lines begin with, so what stands inside lines counts too, and how they end: with a
//! semicolon, a brace, a colon. A wrong guess is dear: a parser that is given another language takes twenty times as long.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::detect::{is_comment, MAX_LINE};
use super::language::{Language, LANGUAGES};
use super::lines::Source;
use crate::begins::Heads;

/// Bytes of lines looked at.
const MAX_BYTES: usize = 12_000;
/// What the surest language needs.
const LEAST: f64 = 2.0;
/// Lines from which on it counts what they do not end with.
const TELLING_LINES: f64 = 6.0;
/// What a line counts that ends with a colon behind a word that opens a block.
const BLOCK: f64 = 1.5;
/// Signs of TypeScript in a text that would else be JavaScript, or of elements in one that would else be TypeScript.
const LEAST_TYPED: f64 = 2.0;
const TYPED_SHARE: f64 = 0.03;
const LEAST_ELEMENTS: f64 = 2.0;

type Scores = [f64; LANGUAGES.len()];

/// What stands inside lines, and how much it counts for which language; once in a line.
const SIGNS: &[(&str, &[(&str, f64)])] = &[
    ("self.", &[("python", 1.0), ("rust", 0.6), ("swift", 0.4), ("ruby", 0.4)]),
    (" is None", &[("python", 1.5)]),
    (" not in ", &[("python", 1.0)]),
    (" is not ", &[("python", 1.0)]),
    ("None", &[("python", 0.6), ("rust", 0.4)]),
    ("True", &[("python", 0.6)]),
    ("False", &[("python", 0.6)]),
    ("__init__", &[("python", 1.5)]),
    ("elif ", &[("python", 1.0), ("bash", 1.0)]),
    ("except ", &[("python", 1.0)]),
    ("lambda ", &[("python", 1.0)]),
    ("\"\"\"", &[("python", 1.5), ("kotlin", 0.3), ("swift", 0.3)]),
    ("raise ", &[("python", 1.0), ("ruby", 0.8)]),
    (" and ", &[("python", 0.4), ("ruby", 0.2)]),
    ("print(", &[("python", 0.5), ("swift", 0.4)]),
    ("===", &[("javascript", 1.5), ("php", 1.0)]),
    (" => ", &[("javascript", 0.7), ("rust", 0.6), ("csharp", 0.4), ("php", 0.6), ("ruby", 0.3)]),
    ("=> {", &[("javascript", 0.8), ("rust", 0.5)]),
    ("function(", &[("javascript", 1.2), ("php", 0.5)]),
    ("function (", &[("javascript", 1.2), ("php", 0.5)]),
    ("require(", &[("javascript", 1.0)]),
    ("console.", &[("javascript", 1.2)]),
    ("document.", &[("javascript", 0.8)]),
    ("undefined", &[("javascript", 1.0)]),
    ("this.", &[("javascript", 0.8), ("java", 0.6), ("csharp", 0.4), ("kotlin", 0.3)]),
    ("await ", &[("javascript", 0.6), ("python", 0.4), ("csharp", 0.4)]),
    ("module.exports", &[("javascript", 2.0)]),
    ("exports.", &[("javascript", 1.2)]),
    ("${", &[("javascript", 0.6), ("bash", 0.7), ("kotlin", 0.3)]),
    ("typeof ", &[("javascript", 1.0)]),
    ("Object.", &[("javascript", 0.8)]),
    ("void 0", &[("javascript", 1.5)]),
    ("const ", &[("javascript", 0.5), ("cpp", 0.3), ("go", 0.1)]),
    ("let ", &[("javascript", 0.4), ("rust", 0.4), ("swift", 0.4)]),
    ("null", &[("javascript", 0.3), ("java", 0.3), ("csharp", 0.3), ("php", 0.3), ("kotlin", 0.2)]),
    (" from '", &[("javascript", 1.5)]),
    (" from \"", &[("javascript", 1.5)]),
    ("className=", &[("javascript", 1.0)]),
    (":= ", &[("go", 2.0)]),
    ("err != nil", &[("go", 2.0)]),
    ("func (", &[("go", 1.5)]),
    ("func(", &[("go", 0.8)]),
    ("fmt.", &[("go", 1.0)]),
    (" struct {", &[("go", 1.0), ("rust", 0.2), ("c", 0.2)]),
    ("[]string", &[("go", 1.2)]),
    ("[]byte", &[("go", 1.2)]),
    ("map[", &[("go", 1.2)]),
    ("nil", &[("go", 0.6), ("ruby", 0.5), ("swift", 0.5)]),
    ("*testing.T", &[("go", 2.0)]),
    ("interface{}", &[("go", 2.0)]),
    ("defer ", &[("go", 1.0)]),
    ("&mut ", &[("rust", 1.5)]),
    ("let mut ", &[("rust", 1.5)]),
    ("&self", &[("rust", 1.5)]),
    ("::", &[("rust", 0.6), ("cpp", 0.6), ("php", 0.3), ("ruby", 0.2), ("java", 0.1)]),
    ("-> ", &[("rust", 0.6), ("python", 0.3), ("swift", 0.5)]),
    (".unwrap(", &[("rust", 1.5)]),
    ("Some(", &[("rust", 1.0)]),
    ("Ok(", &[("rust", 1.0)]),
    ("Err(", &[("rust", 0.8)]),
    ("Self", &[("rust", 0.5), ("swift", 0.3)]),
    ("Vec<", &[("rust", 1.0)]),
    ("#[", &[("rust", 1.0)]),
    ("&str", &[("rust", 1.2)]),
    ("assert_eq!", &[("rust", 1.5)]),
    ("vec![", &[("rust", 1.2)]),
    ("format!", &[("rust", 1.2)]),
    ("usize", &[("rust", 1.0)]),
    ("u32", &[("rust", 0.4), ("c", 0.3)]),
    ("fn ", &[("rust", 0.8)]),
    ("impl ", &[("rust", 0.8)]),
    ("if let ", &[("rust", 1.0), ("swift", 0.6)]),
    ("String ", &[("java", 1.0)]),
    ("System.out", &[("java", 2.0)]),
    ("throws ", &[("java", 1.2)]),
    ("boolean ", &[("java", 0.8)]),
    (" final ", &[("java", 1.0)]),
    ("implements ", &[("java", 1.0), ("php", 0.3)]),
    ("->", &[("c", 0.8), ("cpp", 0.5), ("php", 0.5), ("java", 0.1)]),
    ("NULL", &[("c", 1.2), ("cpp", 0.4)]),
    ("sizeof", &[("c", 1.2), ("cpp", 0.6)]),
    ("size_t", &[("c", 1.0), ("cpp", 0.7)]),
    ("char *", &[("c", 1.3), ("cpp", 0.7)]),
    ("void *", &[("c", 1.3), ("cpp", 0.6)]),
    ("unsigned ", &[("c", 1.0), ("cpp", 0.6)]),
    ("uint", &[("c", 0.5), ("cpp", 0.4), ("csharp", 0.1), ("go", 0.2)]),
    ("struct ", &[("c", 0.6), ("cpp", 0.3), ("rust", 0.2)]),
    ("int ", &[("c", 0.5), ("cpp", 0.4), ("java", 0.4), ("csharp", 0.4)]),
    ("void ", &[("c", 0.5), ("cpp", 0.5), ("java", 0.4), ("csharp", 0.4)]),
    ("goto ", &[("c", 0.8)]),
    ("#define ", &[("c", 0.8), ("cpp", 0.7)]),
    ("#include ", &[("c", 0.8), ("cpp", 0.8)]),
    ("std::", &[("cpp", 2.0)]),
    ("nullptr", &[("cpp", 2.0)]),
    ("template", &[("cpp", 1.0)]),
    ("static_cast<", &[("cpp", 2.0)]),
    ("namespace ", &[("cpp", 1.0), ("csharp", 0.8), ("php", 0.4)]),
    ("virtual ", &[("cpp", 1.0), ("csharp", 0.4)]),
    ("using System", &[("csharp", 2.0)]),
    ("{ get;", &[("csharp", 2.0)]),
    ("Task<", &[("csharp", 1.5)]),
    ("string ", &[("csharp", 0.8), ("go", 0.3)]),
    ("Console.", &[("csharp", 1.2)]),
    ("internal ", &[("csharp", 1.0)]),
    ("do |", &[("ruby", 2.0)]),
    (".each", &[("ruby", 1.0)]),
    ("puts ", &[("ruby", 1.0)]),
    (".nil?", &[("ruby", 2.0)]),
    ("unless ", &[("ruby", 1.0)]),
    ("elsif", &[("ruby", 1.5)]),
    ("require_relative", &[("ruby", 2.0)]),
    ("#{", &[("ruby", 1.0)]),
    ("def self.", &[("ruby", 2.0)]),
    ("$this->", &[("php", 2.0)]),
    ("($", &[("php", 1.0)]),
    (" $", &[("php", 0.4), ("bash", 0.4)]),
    ("<?php", &[("php", 3.0)]),
    ("public function", &[("php", 1.5)]),
    ("array(", &[("php", 1.0)]),
    ("fun ", &[("kotlin", 1.2)]),
    ("val ", &[("kotlin", 1.0)]),
    (": String", &[("kotlin", 1.0), ("swift", 1.0)]),
    (": Int", &[("kotlin", 0.8), ("swift", 0.8)]),
    ("override fun", &[("kotlin", 1.5)]),
    ("data class", &[("kotlin", 2.0)]),
    ("companion object", &[("kotlin", 2.0)]),
    ("listOf(", &[("kotlin", 1.0)]),
    ("func ", &[("go", 0.8), ("swift", 0.8)]),
    ("guard ", &[("swift", 1.5)]),
    ("init(", &[("swift", 0.8)]),
    ("protocol ", &[("swift", 0.6)]),
    ("@objc", &[("swift", 2.0)]),
    ("$(", &[("bash", 1.5)]),
    ("[[ ", &[("bash", 1.5)]),
    ("then", &[("bash", 0.6), ("ruby", 0.1)]),
    ("; do", &[("bash", 1.5)]),
    ("\"$", &[("bash", 1.2), ("php", 0.3)]),
    ("$1", &[("bash", 1.0)]),
    ("echo ", &[("bash", 0.8), ("php", 0.5)]),
    (" | ", &[("bash", 0.5)]),
    ("set -e", &[("bash", 1.5)]),
];

/// What only TypeScript has beside JavaScript; and elements, which TypeScript proper has none of.
const TYPED: &[&str] = &[
    ": string",
    ": number",
    ": boolean",
    ": void",
    ": any",
    ": unknown",
    ": never",
    "?: ",
    ": Promise<",
    "readonly ",
    "private ",
    "interface ",
    "declare ",
    " as const",
    "import type",
    "=> void",
    ": Record<",
    "export type",
    "<string",
    " enum ",
    "keyof ",
];
const ELEMENTS: &[&str] = &["</", "/>", "className=", "<>"];

/// Languages by what their lines end with.
const WITH_SEMICOLONS: &[&str] = &["c", "cpp", "java", "csharp", "php", "rust"];
const WITHOUT_SEMICOLONS: &[&str] = &["python", "ruby", "go", "kotlin", "swift", "bash"];
const WITH_BRACES: &[&str] = &["c", "cpp", "java", "csharp", "rust", "go", "kotlin", "swift"];
const WITHOUT_BRACES: &[&str] = &["python", "ruby"];

struct Signs {
    automaton: AhoCorasick,
    /// For each sign the numbers of languages, and how much it counts for them.
    counts: Vec<Vec<(usize, f64)>>,
}

static KNOWN: LazyLock<Signs> = LazyLock::new(|| {
    let typed = TYPED.iter().map(|sign| (*sign, vec![(number("typescript"), 1.0)]));
    let elements = ELEMENTS.iter().map(|sign| (*sign, vec![(number("tsx"), 1.0)]));
    let others = SIGNS.iter().map(|(sign, counts)| {
        (*sign, counts.iter().map(|(language, count)| (number(language), *count)).collect::<Vec<_>>())
    });
    let (signs, counts): (Vec<&str>, Vec<_>) = others.chain(typed).chain(elements).unzip();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(signs).expect("they are few");
    Signs { automaton, counts }
});

fn number(name: &str) -> usize {
    LANGUAGES.iter().position(|language| language.name == name).expect("a language of the list")
}

/// The likeliest language of a text, if any is; `begun` is how often lines begin with what those of a language do.
pub fn language(source: &Source, mut begun: Scores) -> Option<&'static Language> {
    let lines = Lines::of(source);
    let [typescript, tsx, javascript, python] = ["typescript", "tsx", "javascript", "python"].map(number);
    let (typed, elements) = (lines.inside[typescript], lines.inside[tsx]);
    for (score, inside) in begun.iter_mut().zip(lines.inside) {
        *score += inside;
    }
    let said = std::mem::take(&mut begun[typescript]) + std::mem::take(&mut begun[tsx]) - typed - elements;
    begun[python] += BLOCK * lines.blocks;
    // One family: which of the three is told afterwards.
    begun[javascript] += typed + said;
    lines.weigh(&mut begun);
    let best = (0..LANGUAGES.len())
        .max_by(|&left, &right| begun[left].total_cmp(&begun[right]).then(right.cmp(&left)))
        .filter(|&best| begun[best] >= LEAST)?;
    let found = match best == javascript && typed >= LEAST_TYPED.max(TYPED_SHARE * lines.count) {
        true if elements >= LEAST_ELEMENTS => tsx,
        true => typescript,
        false => best,
    };
    Some(&LANGUAGES[found])
}

/// What was seen in lines that are no comments.
struct Lines {
    count: f64,
    semicolons: f64,
    braces: f64,
    blocks: f64,
    inside: Scores,
}

impl Lines {
    fn of(source: &Source) -> Self {
        let mut own = Self { count: 0.0, semicolons: 0.0, braces: 0.0, blocks: 0.0, inside: [0.0; LANGUAGES.len()] };
        let mut left = MAX_BYTES;
        let mut last_with = vec![usize::MAX; KNOWN.counts.len()];
        for row in 0..source.lines.len() {
            let bare = source.code(row).trim_ascii();
            if bare.is_empty() || is_comment(bare) {
                continue;
            }
            let line = bare.as_bytes();
            own.count += 1.0;
            own.semicolons += f64::from(u8::from(line.ends_with(b";")));
            own.braces += f64::from(u8::from(line.ends_with(b"{") || line[0] == b'}'));
            own.blocks += f64::from(u8::from(opens_block(line)));
            let shown = &line[..line.len().min(MAX_LINE)];
            for found in KNOWN.automaton.find_overlapping_iter(shown) {
                let sign = found.pattern().as_usize();
                if std::mem::replace(&mut last_with[sign], row) != row {
                    KNOWN.counts[sign].iter().for_each(|&(language, count)| own.inside[language] += count);
                }
            }
            if left < line.len() {
                break;
            }
            left -= line.len();
        }
        own
    }

    /// Lets languages that would end their lines otherwise count less.
    fn weigh(&self, scores: &mut Scores) {
        let mut weaken = |names: &[&str], share: f64| names.iter().for_each(|name| scores[number(name)] *= share);
        let (semicolons, braces) = (self.semicolons / self.count.max(1.0), self.braces / self.count.max(1.0));
        if semicolons >= 0.1 {
            weaken(WITHOUT_SEMICOLONS, 0.3);
        } else if semicolons < 0.03 && self.count >= TELLING_LINES {
            weaken(WITH_SEMICOLONS, 0.4);
        }
        if braces >= 0.06 {
            weaken(WITHOUT_BRACES, 0.4);
        } else if braces < 0.02 && self.count >= TELLING_LINES {
            weaken(WITH_BRACES, 0.6);
        }
    }
}

/// Whether a line opens a block as Python does.
fn opens_block(line: &[u8]) -> bool {
    static OPENING: Heads<13> = Heads::of([
        "def ", "class ", "if ", "elif ", "else:", "for ", "while ", "try:", "except", "finally:", "with ", "async ",
        "match ",
    ]);
    line.ends_with(b":") && OPENING.begin(line)
}
