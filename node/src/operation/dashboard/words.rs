//! Numbers and names as people read them.

use std::collections::BTreeMap;

use assay_sdk::token::ASY_MINT;

use crate::agent::status::Mint;

/// Decimals of ASY.
const ASY_DECIMALS: usize = 9;

/// An amount of base units in decimal.
fn decimal(base: u64, decimals: usize) -> String {
    let digits = format!("{base:0>width$}", width = decimals.saturating_add(1));
    let (whole, part) = digits.split_at(digits.len().saturating_sub(decimals));
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// ASY.
pub fn asy(base: u64) -> String {
    format!("{} ASY", decimal(base, ASY_DECIMALS))
}

/// An amount of some mint, in base units where it is not known how many decimals it has.
pub fn amount(base: u64, mint: &str, mints: &BTreeMap<String, Mint>) -> String {
    match mints.get(mint) {
        _ if mint == ASY_MINT.to_string() => asy(base),
        Some(Mint { decimals, symbol: Some(symbol) }) => format!("{} {symbol}", decimal(base, (*decimals).into())),
        Some(Mint { decimals, symbol: None }) => format!("{} of {}", decimal(base, (*decimals).into()), short(mint)),
        None => format!("{} base units of {}", grouped(base), short(mint)),
    }
}

/// Digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// An address cut short.
pub fn short(address: &str) -> String {
    match (address.get(..4), address.get(address.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if address.len() > 12 => format!("{head}…{tail}"),
        _ => address.to_owned(),
    }
}

/// A time span in its two largest units.
pub fn span(seconds: i64) -> String {
    let (sign, seconds) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, seconds) => format!("{sign}{seconds} s"),
        (0, 0, minutes, seconds) => format!("{sign}{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{sign}{hours} h {minutes} min"),
        (days, hours, ..) => format!("{sign}{days} d {hours} h"),
    }
}

/// The time of day in UTC of a unix time.
pub fn clock(at: i64) -> String {
    let of_day = at.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            ["0", "0.000000001", "12.5", "1000"],
            [0, 1, 12_500_000_000, 1_000 * 1_000_000_000].map(|n| decimal(n, 9))
        );
        let usd = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
        let mints = |decimals, symbol: Option<&str>| {
            BTreeMap::from([(usd.to_owned(), Mint { decimals, symbol: symbol.map(str::to_owned) })])
        };
        assert_eq!(amount(12_500_000_000, &ASY_MINT.to_string(), &BTreeMap::new()), "12.5 ASY");
        assert_eq!(amount(1_250_000, usd, &mints(6, Some("USDC"))), "1.25 USDC");
        assert_eq!(amount(1_250_000, usd, &mints(0, Some("USDC"))), "1250000 USDC");
        assert_eq!(amount(1_250_000, usd, &mints(9, None)), "0.00125 of EPjF…Dt1v");
        assert_eq!(amount(1_250_000, usd, &BTreeMap::new()), "1\u{202f}250\u{202f}000 base units of EPjF…Dt1v");
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        assert_eq!(
            [0, 59, 61, 3_725, 90_061, -75].map(span),
            ["0 s", "59 s", "1 min 1 s", "1 h 2 min", "1 d 1 h", "-1 min 15 s"]
        );
        assert_eq!(clock(1_790_000_000), "14:13:20");
    }
}
