//! Decimals in, whole numbers without their points out, and back: `12.8` is 128 tenths.

/// Places of decimals that are written without their points.
const MAX_PLACES: usize = 4;

/// Zeros at the end of decimals that are not written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zeros {
    All,
    /// But for the first place.
    AllButOne,
    None,
}

/// Decimals of at most so many places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub places: usize,
    /// Which zeros the cells go without.
    pub zeros: Zeros,
}

impl Scale {
    /// The scale of cells, if their points can be put back.
    pub fn of(cells: &[&str]) -> Option<Scale> {
        let mut places = 0;
        for cell in cells {
            let own = cell.split_once('.').map_or(0, |(_, behind)| behind.len());
            if own > MAX_PLACES || cell.len() > 9 {
                return None;
            }
            places = places.max(own);
        }
        let mut scales = [Zeros::None, Zeros::AllButOne, Zeros::All].map(|zeros| Scale { places, zeros }).into_iter();
        scales.find(|scale| {
            let is_kept =
                |cell: &&str| scale.short(cell).and_then(|short| scale.full(&short)).as_deref() == Some(*cell);
            places > 0 && cells.iter().all(is_kept)
        })
    }

    /// A decimal without its point.
    pub fn short(&self, cell: &str) -> Option<String> {
        let (sign, rest) = cell.strip_prefix('-').map_or(("", cell), |rest| ("-", rest));
        let (whole, behind) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() || !whole.bytes().chain(behind.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = format!("{whole}{behind:0<places$}", places = self.places);
        let bare = digits.trim_start_matches('0');
        Some(format!("{sign}{}", if bare.is_empty() { "0" } else { bare }))
    }

    /// The decimal that `short` was made of.
    pub fn full(&self, short: &str) -> Option<String> {
        let (sign, digits) = short.strip_prefix('-').map_or(("", short), |rest| ("-", rest));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = format!("{digits:0>width$}", width = self.places + 1);
        let (whole, behind) = digits.split_at(digits.len() - self.places);
        let mut kept = behind;
        if self.zeros != Zeros::None {
            kept = behind.trim_end_matches('0');
            if kept.is_empty() && self.zeros == Zeros::AllButOne {
                kept = behind.get(..1)?;
            }
        }
        Some(if kept.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{kept}") })
    }

    /// As it stands in a form: `*0.01`, with a sign for the zeros that cells go without.
    pub fn written(&self) -> String {
        let zeros = match self.zeros {
            Zeros::None => "",
            Zeros::AllButOne => "-",
            Zeros::All => "--",
        };
        format!("*0.{:0>places$}{zeros}", 1, places = self.places)
    }

    /// What is written behind the `*` of a form.
    pub fn read(text: &str) -> Option<Scale> {
        let number = text.trim_end_matches('-');
        let zeros = match text.len() - number.len() {
            0 => Zeros::None,
            1 => Zeros::AllButOne,
            _ => Zeros::All,
        };
        let places = number.strip_prefix("0.").map(str::len).filter(|places| (1..=MAX_PLACES).contains(places))?;
        Some(Scale { places, zeros })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_go_without_their_points_where_those_can_be_put_back() {
        for (cells, short) in [
            (["12.8", "0.0", "-2.8", "0.5"], ["128", "0", "-28", "5"]),
            (["1.7", "0", "-5", "0.6"], ["17", "0", "-50", "6"]),
            (["0.2058", "0.209", "0.0", "1.0"], ["2058", "2090", "0", "10000"]),
        ] {
            let scale = Scale::of(&cells).unwrap();
            assert_eq!(cells.map(|cell| scale.short(cell).unwrap()), short);
            assert_eq!(Scale::read(&scale.written()[1..]), Some(scale));
        }
        for cells in [["1.50", "1.5", "2.0", "3.1"], ["1.5", "x", "", "2.5"], ["-0.0", "-0", "0.1", "0.2"]] {
            assert_eq!(Scale::of(&cells), None);
        }
    }
}
