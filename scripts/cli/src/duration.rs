//! Lengths of time, as people write them.

/// Clap's parser of a length of time, to seconds: `90s`, `30m`, `2h`, `1d`, or `90`.
pub fn seconds(text: &str) -> Result<u32, String> {
    let bad = || format!("write a time as 90s, 30m, 2h or 1d, not {text:?}");
    let (number, unit) = match text.char_indices().last().ok_or_else(bad)? {
        (_, '0'..='9') => (text, 1),
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], 60),
        (at, 'h') => (&text[..at], 3_600),
        (at, 'd') => (&text[..at], 86_400),
        _ => return Err(bad()),
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let number: u32 = number.parse().map_err(|_| format!("{text} is too long"))?;
    number.checked_mul(unit).ok_or_else(|| format!("{text} is too long"))
}

/// A length of time for people: the two largest units.
pub fn words(seconds: u64) -> String {
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let shown: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n} {unit}")).collect();
    if shown.is_empty() { "0 s".into() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [("90", 90), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1d", 86_400), ("0s", 0)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in ["", "m", "-1m", "1.5h", "1w", "1 m", "1mm", "5é"] {
            assert!(seconds(text).unwrap_err().contains("write a time as"), "{text}");
        }
        assert!(seconds("50000d").unwrap_err().contains("too long"));
        assert!(seconds("99999999999").unwrap_err().contains("too long"));
    }

    #[test]
    fn times_are_told() {
        let table = [(0, "0 s"), (59, "59 s"), (60, "1 m"), (3_725, "1 h 2 m"), (1_209_600, "14 d")];
        for (seconds, expected) in table {
            assert_eq!(words(seconds), expected);
        }
    }
}
