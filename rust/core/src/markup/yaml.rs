//! YAML in, tree events out: block and flow collections, documents, block scalars, anchors and tags as written.
//!
//! One pass over the lines with a stack of open blocks. What it does not know (complex keys, tabs as indentation,
//! directives in mid-text) makes it decline. Aliases are never followed: they stand as they are written.

use super::flow::{self, Quoted};
use super::tree::{Builder, Scalar};

struct Block {
    indent: usize,
    is_map: bool,
    /// A key, or a dash, that waits for its value.
    is_pending: bool,
}

struct Parser<'a> {
    text: &'a str,
    /// Where the next line begins.
    at: usize,
    tree: &'a mut Builder,
    blocks: Vec<Block>,
    /// The document under way has its value.
    has_root: bool,
    /// A tag or an anchor that waits for the value it belongs to.
    property: &'a str,
}

/// Parses a text into a tree; `None` if it is no YAML that is understood.
pub fn parse(text: &str, tree: &mut Builder) -> Option<()> {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser { text, at, tree, blocks: Vec::new(), has_root: false, property: "" };
    while parser.at < text.len() {
        let start = parser.at;
        let line = parser.next_line();
        parser.line(start, line)?;
    }
    parser.end_document()
}

impl<'a> Parser<'a> {
    /// The next line without its break.
    fn next_line(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = (self.at + end + 1).min(self.text.len());
        let line = &rest[..end];
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn line(&mut self, start: usize, line: &'a str) -> Option<()> {
        let bare = line.trim_start_matches(' ');
        let indent = line.len() - bare.len();
        if bare.is_empty() || bare.starts_with('#') {
            return Some(());
        }
        if bare.starts_with('\t') {
            return if bare.trim().is_empty() { Some(()) } else { None };
        }
        if indent == 0 {
            if let Some(rest) = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
                self.end_document()?;
                let value = rest.trim_start_matches(' ');
                if value.is_empty() || value.starts_with('#') {
                    return Some(());
                }
                return self.node(start + line.len() - value.len(), line.len() - value.len(), value);
            }
            if line.trim_end() == "..." {
                return self.end_document();
            }
            if line.starts_with('%') {
                return (self.blocks.is_empty() && !self.has_root).then_some(());
            }
        }
        self.node(start + indent, indent, bare)
    }

    fn end_document(&mut self) -> Option<()> {
        while !self.blocks.is_empty() {
            self.close()?;
        }
        self.has_root = false;
        std::mem::take(&mut self.property).is_empty().then_some(())
    }

    /// Closes the innermost block, with nothing where a value was waited for.
    fn close(&mut self) -> Option<()> {
        let block = self.blocks.pop()?;
        if block.is_pending {
            let property = std::mem::take(&mut self.property);
            self.tree.scalar(property, Scalar::Plain, self.at)?;
        }
        self.tree.close()
    }

    /// Whether a value may begin at a column: after a key or a dash further left, or at the top.
    fn is_awaited(&self, indent: usize) -> bool {
        match self.blocks.last() {
            Some(block) => block.is_pending && indent > block.indent,
            None => !self.has_root,
        }
    }

    /// What begins at `indent`: a dash, a key, or a value.
    fn node(&mut self, mut at: usize, mut indent: usize, mut bare: &'a str) -> Option<()> {
        loop {
            let is_dash = bare == "-" || bare.starts_with("- ");
            while let Some(block) = self.blocks.last() {
                let is_over = block.indent > indent || block.indent == indent && !block.is_map && !is_dash;
                if !is_over {
                    break;
                }
                self.close()?;
            }
            if is_dash {
                self.dash(at, indent)?;
                let rest = bare[1..].trim_start_matches(' ');
                if rest.is_empty() || rest.starts_with('#') {
                    return Some(());
                }
                let skipped = bare.len() - rest.len();
                (at, indent, bare) = (at + skipped, indent + skipped, rest);
                continue;
            }
            if bare.starts_with("? ") || bare == "?" {
                return None;
            }
            // `&anchor key: value` and `- !tag` before a block: the property belongs to what follows.
            return match flow::key_end(bare) {
                Some((end, behind)) => self.member(at, indent, bare, end, behind),
                None if self.is_awaited(indent) => self.value(at, bare),
                None => None,
            };
        }
    }

    fn dash(&mut self, at: usize, indent: usize) -> Option<()> {
        match self.blocks.last_mut() {
            Some(block) if !block.is_map && block.indent == indent => {
                if block.is_pending {
                    let property = std::mem::take(&mut self.property);
                    self.tree.scalar(property, Scalar::Plain, at)?;
                }
                block.is_pending = true;
                return Some(());
            }
            // A sequence may stand at the column of the key it belongs to.
            Some(block) if block.is_pending && (indent > block.indent || block.is_map && indent == block.indent) => {
                block.is_pending = false;
            }
            None if !self.has_root => self.has_root = true,
            _ => return None,
        }
        self.tree.open(false, at)?;
        let property = std::mem::take(&mut self.property);
        if !property.is_empty() {
            self.tree.scalar(property, Scalar::Text, at)?;
        }
        self.blocks.push(Block { indent, is_map: false, is_pending: true });
        Some(())
    }

    fn member(&mut self, at: usize, indent: usize, bare: &'a str, end: usize, behind: usize) -> Option<()> {
        match self.blocks.last_mut() {
            Some(block) if block.is_map && block.indent == indent => {
                if block.is_pending {
                    let property = std::mem::take(&mut self.property);
                    self.tree.scalar(property, Scalar::Plain, at)?;
                }
                block.is_pending = true;
            }
            Some(block) if block.is_pending && indent > block.indent => {
                block.is_pending = false;
                self.open_map(at, indent)?;
            }
            None if !self.has_root => {
                self.has_root = true;
                self.open_map(at, indent)?;
            }
            _ => return None,
        }
        match flow::unquote(&bare[..end])? {
            Quoted::Plain(key) => self.tree.key(key, at)?,
            Quoted::Text(key) => self.tree.key(&key, at)?,
        }
        let rest = bare[behind..].trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            return Some(());
        }
        self.value(at + bare.len() - rest.len(), rest)
    }

    fn open_map(&mut self, at: usize, indent: usize) -> Option<()> {
        self.tree.open(true, at)?;
        let property = std::mem::take(&mut self.property);
        if !property.is_empty() {
            let (key, name) = property.split_at(1);
            self.tree.key(key, at)?;
            self.tree.scalar(name, Scalar::Text, at)?;
        }
        self.blocks.push(Block { indent, is_map: true, is_pending: true });
        Some(())
    }

    /// Reads the value that begins at `at`; `bare` is the rest of its line.
    fn value(&mut self, at: usize, bare: &'a str) -> Option<()> {
        let mut rest = bare;
        while rest.starts_with(['&', '!']) {
            let end = rest.find(' ').unwrap_or(rest.len());
            let behind = rest[end..].trim_start_matches(' ');
            if self.property.is_empty() {
                self.property = &rest[..end];
            } else {
                // An anchor and a tag: both as they stand.
                let from = self.property.as_ptr() as usize - self.text.as_ptr() as usize;
                let to = at + bare.len() - rest.len() + end;
                self.property = self.text.get(from..to)?;
            }
            rest = behind;
            if rest.is_empty() || rest.starts_with('#') {
                return Some(());
            }
        }
        let outer = match self.blocks.last_mut() {
            Some(block) => {
                block.is_pending = false;
                Some(block.indent)
            }
            None => {
                self.has_root = true;
                None
            }
        };
        let at = at + bare.len() - rest.len();
        let property = std::mem::take(&mut self.property);
        match rest.as_bytes()[0] {
            b'|' | b'>' => self.block_scalar(at, rest, outer),
            b'{' | b'[' => {
                let end = flow::collection(self.text, at, property, self.tree)?;
                self.behind(end)
            }
            quote @ (b'"' | b'\'') => {
                let end = flow::quoted_end(self.text.as_bytes(), at, quote)?;
                let Quoted::Text(text) = flow::unquote(&self.text[at..end])? else { return None };
                self.scalar(property, &text, Scalar::Text, at)?;
                self.behind(end)
            }
            b'%' | b'@' | b'`' => None,
            _ => self.plain(at, rest, property, outer),
        }
    }

    fn scalar(&mut self, property: &str, text: &str, kind: Scalar, at: usize) -> Option<()> {
        if property.is_empty() {
            self.tree.scalar(text, kind, at)
        } else {
            self.tree.scalar(&format!("{property} {text}"), Scalar::Text, at)
        }
    }

    /// Goes on behind a value that ended at `end`: only a comment may stand there.
    fn behind(&mut self, end: usize) -> Option<()> {
        self.at = self.at.max(end);
        if self.text.as_bytes().get(end.wrapping_sub(1)) != Some(&b'\n') {
            self.at = end;
            let rest = self.next_line().trim_start();
            return (rest.is_empty() || rest.starts_with('#')).then_some(());
        }
        Some(())
    }

    /// A plain scalar, which may go on in lines further right than what it belongs to.
    fn plain(&mut self, at: usize, rest: &'a str, property: &str, outer: Option<usize>) -> Option<()> {
        let first = flow::without_comment(rest);
        // A colon would make it a key.
        if first.contains(": ") || first.ends_with(':') {
            return None;
        }
        let mut folded = String::new();
        let mut breaks = 0;
        loop {
            let before = self.at;
            if before >= self.text.len() || first.len() < rest.trim_end().len() {
                break;
            }
            let line = self.next_line();
            let bare = line.trim();
            let indent = line.len() - line.trim_start_matches(' ').len();
            if bare.is_empty() {
                breaks += 1;
                continue;
            }
            let goes_on = outer.is_some_and(|outer| indent > outer) && !bare.starts_with('#');
            if !goes_on {
                self.at = before;
                break;
            }
            let more = flow::without_comment(bare);
            if more.contains(": ") || more.ends_with(':') {
                return None;
            }
            if folded.is_empty() {
                folded.push_str(first);
            }
            if breaks == 0 {
                folded.push(' ');
            } else {
                folded.extend(std::iter::repeat_n('\n', breaks));
            }
            breaks = 0;
            folded.push_str(more);
            if more.len() < bare.len() {
                break;
            }
        }
        match folded.is_empty() {
            true => self.scalar(property, first, Scalar::Plain, at),
            false => self.scalar(property, &folded, Scalar::Text, at),
        }
    }

    /// `|` and `>`: all lines further right than what it belongs to. They are kept as lines either way.
    fn block_scalar(&mut self, at: usize, head: &str, outer: Option<usize>) -> Option<()> {
        let signs = flow::without_comment(&head[1..]);
        if !signs.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'1'..=b'9')) || signs.len() > 2 {
            return None;
        }
        let given = signs.bytes().find(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0'));
        let least = outer.map_or(0, |outer| outer + 1);
        let mut indent = given.map(|given| outer.unwrap_or(0) + given);
        let mut text = String::new();
        let mut kept = 0;
        while self.at < self.text.len() {
            let before = self.at;
            let line = self.next_line();
            let own = line.len() - line.trim_start_matches(' ').len();
            if own == line.len() {
                text.push('\n');
                continue;
            }
            let wanted = *indent.get_or_insert(own.max(least));
            if own < wanted {
                self.at = before;
                break;
            }
            text.push_str(&line[wanted..]);
            text.push('\n');
            kept = text.len();
        }
        text.truncate(kept);
        if signs.contains('-') && text.ends_with('\n') {
            text.pop();
        }
        self.tree.scalar(&text, Scalar::Text, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        Builder::json_of(|tree| parse(text, tree))
    }

    #[test]
    fn blocks_flows_scalars_and_documents_become_json() {
        for (yaml, wanted) in [
            (
                "a: 1\nb:\n  - x\n  - y: 2\n    z: three\nc: {d: [1, 'two'], \"e\": ~}\n",
                r#"{"a":1,"b":["x",{"y":2,"z":"three"}],"c":{"d":[1,"two"],"e":null}}"#,
            ),
            ("items:\n- a\n- b\nend: yes # no comment\n", r#"{"items":["a","b"],"end":"yes"}"#),
            (
                "text: |-\n  one\n    two\n\n  three\nnext: >\n  folded\n",
                r#"{"text":"one\n  two\n\nthree","next":"folded\n"}"#,
            ),
            ("---\na: 1\n---\na: 2\n...\n", "{\"a\":1}\n{\"a\":2}"),
            (
                "a: &x\n  b: 1\nc: *x\nd: !Ref other\ne:\n  <<: *x\n",
                r#"{"a":{"&":"x","b":1},"c":"*x","d":"!Ref other","e":{"<<":"*x"}}"#,
            ),
            ("- - 1\n  - 2\n-\n  k: v\n- \n", r#"[[1,2],{"k":"v"},null]"#),
            (
                "a: one\n  two\nb:\n\n# c\nurl: http://x.io/#frag\n",
                r#"{"a":"one two","b":null,"url":"http://x.io/#frag"}"#,
            ),
            ("a: 'it''s'\nb: \"x\\ty\"\n'c d': \"long\n  one\"\n", r#"{"a":"it's","b":"x\ty","c d":"long one"}"#),
            ("a: [1,\n  2,  # two\n  {b: c}]\n", r#"{"a":[1,2,{"b":"c"}]}"#),
        ] {
            assert_eq!(json(yaml).as_deref(), Some(wanted), "{yaml}");
        }
    }

    #[test]
    fn what_is_not_understood_is_declined() {
        for text in [
            "",
            "just prose\n",
            "? a\n: b\n",
            "a:\n\t- b\n",
            "a: [1\n",
            "a: 'x\n",
            "a: b: c\n",
            "a: 1\n b: 2\n",
            "- a\nb: 1\n",
            "a: {b}\n  c: 1\n",
            "%YAML 1.2\n---\nwords only\n",
            "a: |x\n  b\n",
        ] {
            assert_eq!(json(text), None, "{text:?}");
        }
    }
}
