//! A mined log in, the templates of rare levels out, in whatever language and spelling levels are written.

use super::mine::{Map, Mined};
use super::scan::{self, Kind};

/// Share of all lines up to which one of a few words in a column, such as a level, is rare.
const RARE_LEVEL: f64 = 0.05;
const MAX_LEVELS: usize = 9;

/// Of each template whether a word in its first columns, as a level, is one of a few there and rare.
pub fn rare(mined: &Mined) -> Vec<bool> {
    const COLUMNS: usize = 3;
    let mut counts: [Map<u32>; COLUMNS] = Default::default();
    let mut of_template: Vec<[u64; COLUMNS]> = Vec::with_capacity(mined.templates.len());
    for template in &mined.templates {
        let line = mined.line(template.first).as_bytes();
        let has_stamp = !mined.stamps[template.first as usize].is_none();
        let mut own = [0u64; COLUMNS];
        let (mut column, mut is_behind) = (0, !has_stamp);
        mined.for_each_word(template.first, |word| {
            if is_behind && word.kind == Kind::Plain && column < COLUMNS {
                let text = &line[word.start as usize..word.end as usize];
                if text.len() <= 24 && text.iter().any(|&byte| byte.is_ascii_alphabetic() || byte >= 0x80) {
                    own[column] = scan::hash(text);
                    *counts[column].entry(own[column]).or_insert(0) += template.count;
                    column += 1;
                }
            }
            is_behind |= word.start >= mined.stamps[template.first as usize].start;
        });
        of_template.push(own);
    }
    let limit = RARE_LEVEL * mined.len() as f64;
    let is_column = |column: usize| counts[column].len() <= MAX_LEVELS && counts[column].len() > 1;
    of_template
        .into_iter()
        .map(|own| (0..COLUMNS).any(|at| is_column(at) && own[at] != 0 && f64::from(counts[at][&own[at]]) <= limit))
        .collect()
}
