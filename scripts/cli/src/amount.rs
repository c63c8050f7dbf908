//! Decimal amounts to base units and back, exactly: no floating point.

/// Decimals of SOL.
pub const SOL_DECIMALS: u8 = 9;
/// Decimals of ASY.
pub const ASY_DECIMALS: u8 = 9;
/// Decimals of the localnet's test dollar.
pub const USD_DECIMALS: u8 = 6;

/// Why a text is no amount.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("write an amount as digits with at most one point, such as 0.25, not {0:?}")]
    NotDecimal(String),
    #[error("{text} has more than the {decimals} decimals that there are; round it")]
    TooFine { text: String, decimals: u8 },
    #[error("{0} is more than can ever exist")]
    TooLarge(String),
}

/// Base units of a decimal amount: `parse("1.5", 6)` is 1,500,000.
pub fn parse(text: &str, decimals: u8) -> Result<u64, AmountError> {
    let (whole, fraction) = split(text)?;
    let fine = || AmountError::TooFine { text: text.into(), decimals };
    let missing = usize::from(decimals).checked_sub(fraction.len()).ok_or_else(fine)?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(missing));
    digits.parse().map_err(|_| AmountError::TooLarge(text.into()))
}

/// (digits before the point, digits after it without zeros at the end).
fn split(text: &str) -> Result<(&str, &str), AmountError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(AmountError::NotDecimal(text.into()));
    }
    Ok((whole, fraction.trim_end_matches('0')))
}

/// A decimal amount of base units: `format(1_500_000, 6)` is `1.5`.
pub fn format(base: u64, decimals: u8) -> String {
    let digits = format!("{base:0>width$}", width = usize::from(decimals) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(decimals));
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// Clap's parser of an amount whose decimals are not known yet.
pub fn decimal(text: &str) -> Result<String, AmountError> {
    split(text).map(|_| text.to_owned())
}

/// Clap's parser of SOL, to lamports.
pub fn sol(text: &str) -> Result<u64, AmountError> {
    parse(text, SOL_DECIMALS)
}

/// Clap's parser of ASY, to base units.
pub fn asy(text: &str) -> Result<u64, AmountError> {
    parse(text, ASY_DECIMALS)
}

/// Clap's parser of test dollars, to base units.
pub fn usd(text: &str) -> Result<u64, AmountError> {
    parse(text, USD_DECIMALS)
}

/// How much to unstake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    All,
    /// Base units of ASY.
    Amount(u64),
}

/// Clap's parser of ASY or `all`.
pub fn part(text: &str) -> Result<Part, AmountError> {
    if text == "all" { Ok(Part::All) } else { asy(text).map(Part::Amount) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_base_units_exactly() {
        let table = [
            ("0", 6, 0),
            ("1", 6, 1_000_000),
            ("0.01", 6, 10_000),
            (".5", 6, 500_000),
            ("7.", 6, 7_000_000),
            ("1.500000", 6, 1_500_000),
            ("1.5000000000", 6, 1_500_000),
            ("0.000001", 6, 1),
            ("3", 0, 3),
            ("18446744073.709551615", 9, u64::MAX),
        ];
        for (text, decimals, base) in table {
            assert_eq!(parse(text, decimals), Ok(base), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "0x1", "١"] {
            assert_eq!(parse(text, 6), Err(AmountError::NotDecimal(text.into())));
        }
        assert_eq!(parse("0.0000001", 6), Err(AmountError::TooFine { text: "0.0000001".into(), decimals: 6 }));
        assert_eq!(parse("1.5", 0), Err(AmountError::TooFine { text: "1.5".into(), decimals: 0 }));
        let large = "18446744073.709551616";
        assert_eq!(parse(large, 9), Err(AmountError::TooLarge(large.into())));
    }

    #[test]
    fn base_units_become_decimals_and_back() {
        let table = [(0, 6, "0"), (1, 6, "0.000001"), (1_500_000, 6, "1.5"), (10_000_000, 6, "10"), (7, 0, "7")];
        for (base, decimals, text) in table {
            assert_eq!(format(base, decimals), text);
            assert_eq!(parse(text, decimals), Ok(base));
        }
        assert_eq!(format(u64::MAX, 9), "18446744073.709551615");
    }
}
