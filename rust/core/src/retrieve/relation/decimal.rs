//! Numbers as texts write them in, exact decimals out: compared, summed, averaged without a binary fraction between.
//!
//! A number is written as in JSON, or with thousands apart (`1,234.5`). One with zeros before it is none: it is a code
//! (`05089`). A quantity is a number with units of size, time, money or share (`1.2G`, `4d12h`, `$1,234`, `12%`), in
//! bytes and seconds: `K` is 1,000, `Ki` 1,024.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use num_bigint::BigInt;

/// Digits of a number at most, and powers of ten; what has more is a text.
const MAX_DIGITS: usize = 400;
const MAX_EXPONENT: i32 = 400;
/// Digits that surely fit 128 bits.
const SMALL_DIGITS: usize = 37;
/// Parts of a quantity, as `4d 12h 5m`.
const MAX_PARTS: usize = 4;
/// Bytes of a quantity at most.
const MAX_QUANTITY: usize = 40;
/// Decimal places that an average has beyond those of its values.
const AVERAGE_PLACES: i32 = 3;
/// What an approximation may be off by, in parts.
const MARGIN: f64 = 1e-9;

/// A decimal number: a whole number over a power of ten.
#[derive(Clone, Debug)]
pub struct Decimal {
    small: i128,
    /// Where 128 bits do not hold it.
    big: Option<Box<BigInt>>,
    /// Digits behind the point; may be negative.
    scale: i32,
    approx: f64,
}

impl Decimal {
    /// The number that all of a text writes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !bytes.iter().any(u8::is_ascii_digit) || bytes.len() > MAX_DIGITS {
            return None;
        }
        let (negative, body) = match bytes[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (number, exponent) = match body.find(['e', 'E']) {
            Some(at) => (&body[..at], exponent(&body[at + 1..])?),
            None => (body, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if number.is_empty() || !is_digits(fraction) || number.ends_with('.') || !is_whole(whole) {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        let digits = || whole.bytes().chain(fraction.bytes()).filter(|&byte| byte != b',');
        if whole.len() + fraction.len() <= SMALL_DIGITS {
            let value = digits().fold(0i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
            return Some(Self::small(if negative { -value } else { value }, scale));
        }
        let value = BigInt::parse_bytes(&digits().collect::<Vec<u8>>(), 10)?;
        Some(Self::big(if negative { -value } else { value }, scale).reduced())
    }

    /// The number that a text writes with or without units; see the head of this file.
    pub fn quantity(text: &str) -> Option<Self> {
        if let Some(number) = Self::parse(text) {
            return Some(number);
        }
        if text.len() > MAX_QUANTITY || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let body = text.strip_prefix("Up ").or_else(|| text.strip_prefix("About ")).unwrap_or(text);
        let (negative, body) = body.strip_prefix('-').map_or((false, body), |rest| (true, rest));
        let body = body.trim_start_matches(['$', '€', '£', '~', '≈']);
        let mut rest = body.strip_suffix(" ago").unwrap_or(body);
        let mut sum = Sum::default();
        for _ in 0..MAX_PARTS {
            let is_inside = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
            let end = rest.bytes().position(|byte| !is_inside(byte)).unwrap_or(rest.len());
            let number = Self::parse(&rest[..end])?;
            rest = rest[end..].trim_start_matches(' ');
            let end = rest.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(rest.len());
            let (factor, power) = unit(rest[..end].trim_end_matches([' ', ',']))?;
            sum.add(&Self::big(number.mantissa() * factor, number.scale - power).reduced());
            rest = &rest[end..];
            if rest.is_empty() {
                let total = sum.total();
                return Some(if negative { Self::big(-total.mantissa(), total.scale).reduced() } else { total });
            }
        }
        None
    }

    fn small(small: i128, scale: i32) -> Self {
        Self { small, big: None, scale, approx: small as f64 * 10f64.powi(-scale) }
    }

    fn big(value: BigInt, scale: i32) -> Self {
        // Digits beyond those of a float do not change how it compares by more than the margin.
        let approx = format!("{value}e{}", -scale).parse().unwrap_or(f64::NAN);
        Self { small: 0, big: Some(Box::new(value)), scale, approx }
    }

    /// The same in 128 bits, where they hold it.
    fn reduced(self) -> Self {
        match self.big.as_deref().map(|big| i128::try_from(big.clone())) {
            Some(Ok(small)) => Self::small(small, self.scale),
            _ => self,
        }
    }

    fn mantissa(&self) -> BigInt {
        self.big.as_deref().cloned().unwrap_or_else(|| BigInt::from(self.small))
    }

    fn scaled_to(&self, scale: i32) -> BigInt {
        self.mantissa() * power_of_ten(scale - self.scale)
    }

    /// Half the sum of two numbers, exactly.
    pub fn middle(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self::big((self.scaled_to(scale) + other.scaled_to(scale)) * 5, scale + 1)
    }

    /// The number in full, without zeros at the end of a fraction.
    pub fn written(&self) -> String {
        let mantissa = self.mantissa().to_string();
        let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa.as_str()), |digits| ("-", digits));
        let Ok(places) = usize::try_from(self.scale) else {
            let zeros = if digits == "0" { 0 } else { self.scale.unsigned_abs() as usize };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        };
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        match fraction.trim_end_matches('0') {
            "" => format!("{}{whole}", if whole == "0" { "" } else { sign }),
            fraction => format!("{sign}{whole}.{fraction}"),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.approx, other.approx);
        if left.is_finite() && right.is_finite() && (left - right).abs() > MARGIN * left.abs().max(right.abs()) {
            return left.total_cmp(&right);
        }
        if self.scale == other.scale && self.big.is_none() && other.big.is_none() {
            return self.small.cmp(&other.small);
        }
        let scale = self.scale.max(other.scale);
        self.scaled_to(scale).cmp(&other.scaled_to(scale))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

/// A sum that is exact, whatever is added.
#[derive(Default)]
pub struct Sum {
    of_scale: BTreeMap<i32, (i128, BigInt)>,
    count: u64,
}

impl Sum {
    pub fn add(&mut self, number: &Decimal) {
        self.count += 1;
        let (small, big) = self.of_scale.entry(number.scale).or_default();
        match (&number.big, small.checked_add(number.small)) {
            (None, Some(sum)) => *small = sum,
            _ => *big += number.mantissa(),
        }
    }

    /// How many numbers were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum; 0 of none.
    pub fn total(&self) -> Decimal {
        let scale = self.of_scale.keys().next_back().copied().unwrap_or(0);
        let parts = self.of_scale.iter();
        let total = parts.map(|(own, (small, big))| (big + small) * power_of_ten(scale - own)).sum();
        Decimal::big(total, scale).reduced()
    }

    /// The mean: exact to three decimal places more than the numbers have, the last rounded half to even.
    pub fn average(&self) -> Option<Decimal> {
        let total = self.total();
        let scale = total.scale.max(0) + AVERAGE_PLACES;
        let (dividend, count) = (total.scaled_to(scale), BigInt::from(self.count));
        if self.count == 0 {
            return None;
        }
        let quotient = &dividend / &count;
        let rest: BigInt = (&dividend - &quotient * &count) * 2;
        let away = if rest < BigInt::ZERO { -1 } else { 1 };
        let magnitude = if away < 0 { -&rest } else { rest };
        let is_up = match magnitude.cmp(&count) {
            Ordering::Greater => true,
            Ordering::Equal => &quotient % 2 != BigInt::ZERO,
            Ordering::Less => false,
        };
        Some(Decimal::big(if is_up { quotient + away } else { quotient }, scale))
    }
}

fn power_of_ten(power: i32) -> BigInt {
    BigInt::from(10).pow(power.unsigned_abs())
}

fn exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|exponent: &i32| exponent.abs() <= MAX_EXPONENT)
}

/// Whether digits before a point are a number's: thousands apart or not, and no zeros before others.
fn is_whole(whole: &str) -> bool {
    let has_code_zeros = whole.len() > 1 && whole.starts_with('0');
    if has_code_zeros {
        return false;
    }
    let Some((first, groups)) = whole.split_once(',') else {
        return whole.bytes().all(|byte| byte.is_ascii_digit());
    };
    let is_group = |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit()) && groups.split(',').all(is_group)
}

/// A unit as a factor and a power of ten.
fn unit(name: &str) -> Option<(i64, i32)> {
    let name = name.strip_suffix("/s").unwrap_or(name);
    Some(match name {
        "" | "%" | "B" | "b" | "s" | "sec" | "secs" | "second" | "seconds" | "x" | "byte" | "bytes" => (1, 0),
        "ns" => (1, -9),
        "us" | "µs" | "μs" => (1, -6),
        "ms" => (1, -3),
        "m" | "min" | "minute" | "minutes" | "mins" => (60, 0),
        "h" | "hr" | "hour" | "hours" => (3_600, 0),
        "d" | "day" | "days" => (86_400, 0),
        "w" | "week" | "weeks" => (604_800, 0),
        "mo" | "month" | "months" => (2_592_000, 0),
        "y" | "year" | "years" => (31_536_000, 0),
        "K" | "k" | "KB" | "kB" => (1, 3),
        "M" | "MB" => (1, 6),
        "G" | "g" | "GB" => (1, 9),
        "T" | "TB" => (1, 12),
        "P" | "PB" => (1, 15),
        "Ki" | "KiB" => (1 << 10, 0),
        "Mi" | "MiB" => (1 << 20, 0),
        "Gi" | "GiB" => (1 << 30, 0),
        "Ti" | "TiB" => (1 << 40, 0),
        "Pi" | "PiB" => (1 << 50, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn sum(texts: &[&str]) -> Sum {
        let mut sum = Sum::default();
        texts.iter().for_each(|text| sum.add(&number(text)));
        sum
    }

    #[test]
    fn numbers_are_told_from_what_resembles_them() {
        for text in
            ["0", "-0.5", "1,234,567.8", "1e-7", "+3", ".5", "12345678901234567890123456789012345678901234567890"]
        {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in ["", "-", "05089", "1.2.3", "1,23", "12,3456", "5.", "e5", "1e", "1e999", "0x1F", "٣", "NaN", "1 2"]
        {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn sums_are_those_of_decimals() {
        assert_eq!(sum(&["0.1", "0.2"]).total().written(), "0.3");
        assert_eq!(
            sum(&["99999999999999999999999999999999999999999", "1"]).total().written(),
            format!("1{}", "0".repeat(41))
        );
        assert_eq!(sum(&["1e3", "-1e-3"]).total().written(), "999.999");
        assert_eq!(sum(&[]).total().written(), "0");
        assert_eq!(sum(&["-0.50", "0.5"]).total().written(), "0");
        assert_eq!(sum(&["1e400"]).total().written().len(), 401);
    }

    #[test]
    fn averages_round_the_last_place_to_even() {
        let average = |texts: &[&str]| sum(texts).average().map(|number| number.written());
        assert_eq!(average(&["1", "2", "2"]).as_deref(), Some("1.667"));
        assert_eq!(average(&["0.0005", "0"]).as_deref(), Some("0.00025"));
        assert_eq!(average(&["-1", "-1", "-2"]).as_deref(), Some("-1.333"));
        assert_eq!(
            average(&["1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0"]).as_deref(),
            Some("0.062")
        );
        assert_eq!(average(&[]), None);
    }

    #[test]
    fn quantities_are_in_bytes_and_seconds() {
        for (text, written) in [
            ("1.5K", "1500"),
            ("2Ki", "2048"),
            ("4d12h", "388800"),
            ("350ms", "0.35"),
            ("$1,234.50", "1234.5"),
            ("-12%", "-12"),
            ("2 hours ago", "7200"),
            ("Up 3 days", "259200"),
        ] {
            assert_eq!(Decimal::quantity(text).map(|number| number.written()).as_deref(), Some(written), "{text}");
        }
        for text in ["", "abc", "2024-01-02", "1.2.3", "1 apple", "v12", "10:05"] {
            assert!(Decimal::quantity(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_compare_and_add_as_they_do(left in any::<i64>(), right in any::<i64>(), shift in 0..6i32) {
            let (a, b) = (number(&format!("{left}e-{shift}")), number(&format!("{right}e-{shift}")));
            prop_assert_eq!(a.cmp(&b), left.cmp(&right));
            let mut sum = Sum::default();
            sum.add(&a);
            sum.add(&b);
            let wanted = number(&format!("{}e-{shift}", i128::from(left) + i128::from(right)));
            prop_assert_eq!(sum.total().written(), wanted.written());
            prop_assert_eq!(number(&a.written()), a);
        }

        #[test]
        fn any_text_is_a_number_or_none(text in r"[-+0-9.,eE$% KMiBhdms]{0,30}") {
            if let Some(found) = Decimal::quantity(&text) {
                prop_assert_eq!(number(&found.written()), found);
            }
        }
    }
}
