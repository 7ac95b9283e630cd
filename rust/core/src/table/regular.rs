//! Lines in, out whether they are what the layout of their block gives, so that their cells are enough.

use super::layout::HeadAlign;
use super::outline;
use super::schema::{Block, Document, Format};

/// How a block of an outline is drawn.
pub fn outline_style(document: &Document, block: &Block) -> outline::Style {
    let first = block.first as usize;
    outline::style_of(|ahead| (first + ahead < block.end as usize).then(|| document.lines.line(first + ahead)))
}

/// How the lines end, if all alike.
pub fn line_ends(document: &Document) -> Option<&'static str> {
    let mut found = None;
    for line in document.lines.list.iter().filter(|line| line.end < line.next) {
        let own = if line.next - line.end == 2 { "\r\n" } else { "\n" };
        if *found.get_or_insert(own) != own {
            return None;
        }
    }
    Some(found.unwrap_or("\n"))
}

/// Of each row, whether its line is what its block's layout gives.
pub fn regular(document: &Document) -> Vec<bool> {
    let mut is_regular = vec![false; document.rows.len()];
    let mut built = String::new();
    let mut row = 0;
    for (ordinal, block) in document.blocks.iter().enumerate() {
        let from = row;
        while document.block_of.get(row) == Some(&(ordinal as u32)) {
            row += 1;
        }
        if document.schemas[block.schema as usize].format == Format::Outline {
            let style = outline_style(document, block);
            let line = |row: usize| document.lines.line(document.rows[row].line as usize);
            let depths: Vec<usize> = (from..row).map(|row| outline::split(line(row), style).1).collect();
            for (at, signs) in (from..row).zip(outline::draw(&depths, style)) {
                let text = document.cell(document.rows[at], 0);
                is_regular[at] = line(at).strip_prefix(&signs) == Some(text) && !text.starts_with(' ');
            }
            // A line that is drawn in another way would change how those around it look.
            if !is_regular[from..row].iter().all(|&is_regular| is_regular) {
                is_regular[from..row].fill(false);
            }
            continue;
        }
        for (at, is_regular) in is_regular.iter_mut().enumerate().take(row).skip(from) {
            built.clear();
            block.layout.render(document.cells_of(document.rows[at]), &mut built);
            *is_regular = built == document.lines.line(document.rows[at].line as usize);
        }
    }
    is_regular
}

/// How a heading stands, if it can be made from its names.
pub fn head_align(document: &Document, block: &Block) -> Option<HeadAlign> {
    let heading = block.heading?;
    let names = &document.schemas[block.schema as usize];
    let first = document.blocks.iter().find(|own| own.schema == block.schema)?.heading?;
    // The form has the names of a schema once, as its first heading spells them.
    if names.names.is_empty() || !document.cells_of(first).eq(document.cells_of(heading)) {
        return None;
    }
    let mut built = String::new();
    HeadAlign::ALL.into_iter().find(|&align| {
        built.clear();
        block.layout.render_heading(document.cells_of(heading), align, &mut built);
        built == document.lines.line(heading.line as usize)
    })
}
