//! From the form that refers to lines above back to the text.

use super::line::{body, numbered};
use super::reference::{self, Reference};
use super::Shown;

impl Shown {
    /// The text that `Shown::write` made a form of, with the same texts shown before it; nothing where a reference
    /// leads nowhere. Linear in what comes out.
    pub fn expand(&self, form: &str) -> Option<String> {
        let (_, rest) = form.split_once('\n')?;
        let mut out = String::new();
        let mut before = "";
        for line in rest.split('\n') {
            match reference::parse(line) {
                Some(("", reference)) => self.copy(self.place_of(before)?, before, reference, &mut out)?,
                Some((start, reference)) => {
                    let (place, rest) = self.begun(start)?;
                    let whole = format!("{start}{rest}");
                    out.push_str(&whole);
                    out.push('\n');
                    self.copy(place, &whole, reference, &mut out)?;
                }
                None => {
                    out.push_str(line);
                    out.push('\n');
                }
            }
            before = line;
        }
        out.pop();
        Some(out)
    }

    /// Appends the lines that follow the one at `place`, which `before` is written as.
    fn copy(&self, place: usize, before: &str, reference: Reference, out: &mut String) -> Option<()> {
        let first = numbered(before).map(|(number, _)| number);
        for offset in 1..=reference.lines {
            let line = self.line(place + offset)?;
            if reference.renumbered {
                if let Some(first) = first {
                    first.after(offset)?.write(out);
                }
                out.push_str(body(line));
            } else {
                out.push_str(line);
            }
            out.push('\n');
        }
        Some(())
    }
}
