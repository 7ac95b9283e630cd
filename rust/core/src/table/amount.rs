//! A cell in, the number it stands for out: with units of size, time or share, `1.2G`, `4d12h`, `$1,234`, `3 days ago`.

/// Cells longer than this are no amounts.
const MAX_BYTES: usize = 32;

/// The number that a cell stands for.
pub fn amount(cell: &str) -> Option<f64> {
    let bytes = cell.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_BYTES || !bytes.iter().any(u8::is_ascii_digit) {
        return None;
    }
    if let Some(number) = plain(bytes) {
        return Some(number);
    }
    let body = cell.trim_start_matches(['$', '€', '£', '~', '≈', '<', '>', '(']).trim_end_matches(')');
    let body = body.strip_prefix("Up ").or_else(|| body.strip_prefix("About ")).unwrap_or(body);
    let (sign, mut rest) = match body.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, body.strip_prefix('+').unwrap_or(body)),
    };
    if let Some(seconds) = clock(rest) {
        return Some(sign * seconds);
    }
    let mut sum = 0.0;
    let mut parts = 0;
    loop {
        let end = rest
            .bytes()
            .position(|byte| !(byte.is_ascii_digit() || byte == b'.' || byte == b','))
            .unwrap_or(rest.len());
        let number: f64 = parse(&rest[..end])?;
        rest = rest[end..].trim_start_matches(' ');
        let unit_end = rest.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(rest.len());
        sum += number * unit(rest[..unit_end].trim_end_matches(' '))?;
        rest = &rest[unit_end..];
        parts += 1;
        if rest.is_empty() {
            return Some(sign * sum);
        }
        if parts > 4 {
            return None;
        }
    }
}

/// A number of digits alone, as most are: so many that a float holds it exactly.
fn plain(cell: &[u8]) -> Option<f64> {
    const MOST_DIGITS: usize = 15;
    let (sign, digits) = match cell {
        [b'-', digits @ ..] => (-1.0, digits),
        digits => (1.0, digits),
    };
    let is_plain = (1..=MOST_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let value = |digits: &[u8]| digits.iter().fold(0u64, |value, digit| 10 * value + u64::from(digit - b'0'));
    is_plain.then(|| sign * value(digits) as f64)
}

fn parse(digits: &str) -> Option<f64> {
    if digits.contains(',') {
        let is_grouped = digits.split(['.']).next()?.split(',').skip(1).all(|group| group.len() == 3);
        return is_grouped.then(|| digits.replace(',', "").parse().ok()).flatten();
    }
    digits.parse().ok()
}

/// Hours, minutes and seconds, or minutes and seconds: `1:02:03`, `0:42`, `10-01:02:03`.
fn clock(text: &str) -> Option<f64> {
    memchr::memchr(b':', text.as_bytes())?;
    let (days, time) = match text.split_once('-') {
        Some((days, time)) => (days.parse::<f64>().ok()?, time),
        None => (0.0, text),
    };
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in time.split(':') {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return None;
        }
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
        parts += 1;
    }
    (2..=3).contains(&parts).then_some(days * 86_400.0 + seconds)
}

fn unit(name: &str) -> Option<f64> {
    let name = name.strip_suffix(" ago").unwrap_or(name).trim_end_matches("/s");
    const DAY: f64 = 86_400.0;
    Some(match name {
        "" | "%" | "B" | "b" | "s" | "sec" | "second" | "seconds" | "x" | "bytes" => 1.0,
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "m" | "min" | "minute" | "minutes" | "mins" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        "month" | "months" | "mo" => 30.0 * DAY,
        "y" | "year" | "years" => 365.0 * DAY,
        "K" | "k" | "KB" | "kB" | "KiB" | "Ki" => 1e3,
        "M" | "MB" | "MiB" | "Mi" => 1e6,
        "G" | "g" | "GB" | "GiB" | "Gi" => 1e9,
        "T" | "t" | "TB" | "TiB" | "Ti" => 1e12,
        "P" | "PB" | "PiB" => 1e15,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_compared_by_what_their_units_mean() {
        for (small, large) in [
            ("35m", "4d"),
            ("4d", "4d12h"),
            ("900K", "1.2G"),
            ("59 minutes ago", "2 hours ago"),
            ("$999", "$1,234"),
            ("0:42", "1:02:03"),
            ("5%", "12%"),
            ("-3", "2.5"),
            ("512Mi", "2Gi"),
            ("-10", "-9.5"),
            ("999999999999999", "9999999999999999"),
        ] {
            assert!(amount(small) < amount(large), "{small} {large}");
        }
        for text in ["", "abc", "1.2.3", "v12", "12,34", "2024-01-02", "1 apple", "::", "9".repeat(99).as_str()] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
