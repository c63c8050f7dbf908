//! Decimal amounts to base units and back, exactly: no floating point.

/// Decimals of SOL.
pub const SOL: u8 = 9;
/// Decimals of ASY.
pub const ASY: u8 = assay_sdk::token::DECIMALS;

/// Base units of a decimal amount, or why it is none: `parse("1.5", 6)` is 1,500,000.
pub fn parse(text: &str, decimals: u8) -> Result<u64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err("must be digits with at most one point, such as 0.25".into());
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::from(decimals).checked_sub(fraction.len());
    let missing = missing.ok_or_else(|| format!("has more than the {decimals} decimals that there are; round it"))?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(missing));
    digits.parse().map_err(|_| "is more than can ever exist".into())
}

/// A decimal amount of base units: `format(1_500_000, 6)` is `1.5`.
pub fn format(base: u128, decimals: u8) -> String {
    let digits = format!("{base:0>width$}", width = usize::from(decimals) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(decimals));
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// Base units of ASY in words: `1.5 ASY`.
pub fn asy(base: u64) -> String {
    format!("{} ASY", format(base.into(), ASY))
}

/// Lamports in words: `0.000005 SOL`.
pub fn sol(lamports: u64) -> String {
    format!("{} SOL", format(lamports.into(), SOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_both_ways() {
        for (text, decimals, base) in
            [("1.5", 6, 1_500_000), ("0", 9, 0), (".25", 2, 25), ("7.", 0, 7), ("18446744073.709551615", 9, u64::MAX)]
        {
            assert_eq!(parse(text, decimals), Ok(base), "{text}");
        }
        for (text, decimals) in [("", 6), (".", 6), ("-1", 6), ("1e3", 6), ("1.2.3", 6), ("0.1234567", 6)] {
            assert!(parse(text, decimals).is_err(), "{text}");
        }
        assert_eq!(parse("18446744073.709551616", 9), Err("is more than can ever exist".into()));
        assert_eq!(
            (format(1_500_000, 6), format(5, 9), format(7, 0)),
            ("1.5".into(), "0.000000005".into(), "7".into())
        );
        assert_eq!((asy(2_000_000_000), sol(5_000)), ("2 ASY".into(), "0.000005 SOL".into()));
    }
}
