//! What an action asks of a person, and the values that came.

use std::{collections::BTreeMap, str::FromStr};

use solana_sdk::pubkey::Pubkey;

use super::{
    amount,
    refusal::{Refusal, Result},
};

/// Largest integer that every JSON reader and number field keeps exactly.
const EXACT: u128 = 1 << 53;
/// Longest value of any parameter, in bytes.
const LONGEST: usize = 4_096;

/// What a parameter's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A base58 address.
    Address,
    /// The base58 address of an account in this table of the index.
    Row(&'static str),
    /// An amount in whole ASY, with up to nine decimals.
    Asy,
    /// As [`Kind::Asy`], or `all`.
    AsyOrAll,
    /// An amount in whole tokens of the mint in question, with as many decimals as it has.
    Tokens,
    /// An integer of this range.
    Whole(u128, u128),
    /// `true` or `false`.
    Flag,
    /// One of these values, with what they are called.
    Choice(&'static [(&'static str, &'static str)]),
    /// So many bytes in hex.
    Hex(usize),
    /// Up to so many byte strings of 32 in hex, with commas.
    Hashes(usize),
    /// Text of at most so many bytes.
    Text(usize),
    /// A url of at most so many bytes.
    Url(usize),
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in urls and bodies.
    pub name: &'static str,
    /// What people read, with its unit.
    pub label: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
}

/// A parameter that must be given.
pub const fn need(name: &'static str, label: &'static str, kind: Kind) -> Param {
    Param { name, label, kind, required: true }
}

/// A parameter that may be left out.
pub const fn may(name: &'static str, label: &'static str, kind: Kind) -> Param {
    Param { name, label, kind, required: false }
}

impl Kind {
    /// Whether `text` is such a value; why not, as a part of a sentence.
    pub fn check(self, text: &str) -> std::result::Result<(), String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        let is = |good: bool, why: String| if good { Ok(()) } else { Err(why) };
        match self {
            Self::Address | Self::Row(_) => is(text.parse::<Pubkey>().is_ok(), "must be a base58 address".into()),
            Self::AsyOrAll if text == "all" => Ok(()),
            Self::Asy | Self::AsyOrAll => amount::parse(text, amount::ASY).map(|_| ()),
            // How many decimals there may be is known with the mint.
            Self::Tokens => amount::parse(text, u8::try_from(fraction(text)).unwrap_or(u8::MAX)).map(|_| ()),
            Self::Whole(least, most) => {
                let number = text.parse::<u128>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
                is(
                    number.is_some_and(|number| (least..=most).contains(&number)),
                    format!("must be an integer of {least} to {most}"),
                )
            }
            Self::Flag => is(matches!(text, "true" | "false"), "must be true or false".into()),
            Self::Choice(options) => {
                let names: Vec<_> = options.iter().map(|(value, _)| *value).collect();
                is(names.contains(&text), format!("must be one of {}", names.join(", ")))
            }
            Self::Hex(bytes) => {
                is(hex::decode(text).is_ok_and(|is| is.len() == bytes), format!("must be {bytes} bytes in hex"))
            }
            Self::Hashes(most) => {
                let all = hashes(text);
                is(
                    all.is_some_and(|all| all.len() <= most),
                    format!("must be up to {most} hashes of 32 bytes in hex, with commas"),
                )
            }
            Self::Text(most) => is(!text.is_empty() && text.len() <= most, format!("must have 1 to {most} bytes")),
            Self::Url(most) => {
                let good = text.len() <= most && text.contains("://") && text.bytes().all(|b| b.is_ascii_graphic());
                is(good, format!("must be a url of at most {most} bytes"))
            }
        }
    }

    /// The field's type in the Actions specification.
    pub fn field(self) -> &'static str {
        match self {
            Self::Whole(_, most) if most <= EXACT => "number",
            Self::Flag | Self::Choice(_) => "select",
            Self::Url(_) => "url",
            Self::Hashes(_) => "textarea",
            Self::Hex(bytes) if bytes > 64 => "textarea",
            _ => "text",
        }
    }

    /// A regular expression that every good value matches, with what to say where one does not.
    pub fn pattern(self) -> Option<(String, String)> {
        let (pattern, says) = match self {
            Self::Address | Self::Row(_) => ("^[1-9A-HJ-NP-Za-km-z]{32,44}$".into(), "a base58 address".into()),
            Self::Asy => (r"^\d*\.?\d{0,9}$".into(), "whole ASY, such as 12.5".into()),
            Self::AsyOrAll => (r"^(all|\d*\.?\d{0,9})$".into(), "whole ASY, such as 12.5, or all".into()),
            Self::Tokens => (r"^\d*\.?\d*$".into(), "whole tokens, such as 12.5".into()),
            Self::Whole(least, most) if most > EXACT => (r"^\d{1,39}$".into(), format!("{least} to {most}")),
            Self::Hex(bytes) => (format!("^[0-9a-fA-F]{{{}}}$", bytes * 2), format!("{bytes} bytes in hex")),
            Self::Hashes(most) => {
                let more = most.saturating_sub(1);
                (format!("^[0-9a-fA-F]{{64}}(,[0-9a-fA-F]{{64}}){{0,{more}}}$"), "hashes in hex, with commas".into())
            }
            _ => return None,
        };
        Some((pattern, says))
    }
}

fn fraction(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

fn hashes(text: &str) -> Option<Vec<[u8; 32]>> {
    if text.is_empty() {
        return Some(vec![]);
    }
    text.split(',').map(|one| hex::decode(one.trim()).ok()?.try_into().ok()).collect()
}

/// The values of an action's parameters, each checked.
#[derive(Clone, Debug, Default)]
pub struct Args(BTreeMap<&'static str, String>);

impl Args {
    /// Values that came as text. Unknown ones, wrong ones and ones that are said twice and differently are refused; empty
    /// ones are those of fields that were left blank. `whole`: whether what is required must be there.
    ///
    /// # Errors
    /// 400, naming the parameter.
    pub fn read(params: &[Param], came: impl IntoIterator<Item = (String, String)>, whole: bool) -> Result<Self> {
        let mut args = Self::default();
        for (name, text) in came {
            let Some(param) = params.iter().find(|param| param.name == name) else {
                let known: Vec<_> = params.iter().map(|param| param.name).collect();
                let name: String = name.chars().take(40).collect();
                return Err(Refusal::bad(format!("there is no parameter {name:?}; known are {}", known.join(", "))));
            };
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            param.kind.check(text).map_err(|why| Refusal::bad(format!("{} {why}", param.name)))?;
            let before = args.0.insert(param.name, text.to_owned());
            if before.is_some_and(|before| before != text) {
                return Err(Refusal::bad(format!("{} is given twice, and differently", param.name)));
            }
        }
        let missing = params.iter().find(|param| whole && param.required && !args.0.contains_key(param.name));
        match missing {
            Some(missing) => Err(Refusal::bad(format!("{} is missing: {}", missing.name, missing.label))),
            None => Ok(args),
        }
    }

    /// A value as it came.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Every value with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// A value that must be there, for this purpose if for no other.
    pub fn must(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Refusal::bad(format!("{name} is missing")))
    }

    /// An address.
    pub fn address(&self, name: &str) -> Result<Pubkey> {
        self.whole(name)
    }

    /// An address, or another where none is said.
    pub fn address_or(&self, name: &str, other: Pubkey) -> Result<Pubkey> {
        Ok(self.maybe(name)?.unwrap_or(other))
    }

    /// A number.
    pub fn whole<T: FromStr>(&self, name: &str) -> Result<T> {
        self.must(name)?.parse().map_err(|_| Refusal::bad(format!("{name} is out of its range")))
    }

    /// A number or an address, if there is one.
    pub fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        self.text(name).map(|_| self.whole(name)).transpose()
    }

    /// A number, or another where none is said.
    pub fn or<T: FromStr>(&self, name: &str, other: T) -> Result<T> {
        Ok(self.maybe(name)?.unwrap_or(other))
    }

    /// Whether something is so; not, where nothing is said.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// Base units of an amount in whole tokens.
    pub fn amount(&self, name: &str, decimals: u8) -> Result<u64> {
        amount::parse(self.must(name)?, decimals).map_err(|why| Refusal::bad(format!("{name} {why}")))
    }

    /// Base units of an amount in whole ASY.
    pub fn asy(&self, name: &str) -> Result<u64> {
        self.amount(name, amount::ASY)
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&self, name: &str) -> Result<[u8; N]> {
        let bytes = hex::decode(self.must(name)?).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| Refusal::bad(format!("{name} must be {N} bytes in hex")))
    }

    /// Hashes in hex, with commas; none where nothing is said.
    pub fn hashes(&self, name: &str) -> Result<Vec<[u8; 32]>> {
        hashes(self.text(name).unwrap_or_default()).ok_or_else(|| Refusal::bad(format!("{name} are no hashes in hex")))
    }

    /// What is between commas; none where nothing is said.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.text(name).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: &[Param] = &[
        need("job", "Job", Kind::Address),
        may("amount", "ASY", Kind::Asy),
        may("unit", "Unit", Kind::Whole(1, 7)),
        may("hash", "Hash", Kind::Hex(2)),
    ];

    fn read(came: &[(&str, &str)]) -> Result<Args> {
        Args::read(PARAMS, came.iter().map(|(name, text)| ((*name).into(), (*text).into())), true)
    }

    #[test]
    fn values_are_checked_and_foreign_ones_refused() {
        let job = "11111111111111111111111111111112";
        let args = read(&[("job", job), ("amount", "1.5"), ("unit", "7"), ("hash", "0aFF"), ("job", job)]).unwrap();
        assert_eq!(args.address("job").unwrap().to_string(), job);
        assert_eq!((args.asy("amount").unwrap(), args.whole::<u8>("unit").unwrap()), (1_500_000_000, 7));
        assert_eq!(args.bytes::<2>("hash").unwrap(), [0x0a, 0xff]);
        assert_eq!(args.or("none", 3_u8).unwrap(), 3);

        let said = |came: &[(&str, &str)]| read(came).unwrap_err().message().to_owned();
        assert_eq!(said(&[]), "job is missing: Job");
        assert_eq!(said(&[("job", " ")]), "job is missing: Job");
        assert_eq!(said(&[("job", "x")]), "job must be a base58 address");
        assert_eq!(said(&[("who", job)]), "there is no parameter \"who\"; known are job, amount, unit, hash");
        assert_eq!(
            said(&[("job", job), ("amount", "-1")]),
            "amount must be digits with at most one point, such as 0.25"
        );
        assert_eq!(said(&[("job", job), ("unit", "8")]), "unit must be an integer of 1 to 7");
        assert_eq!(said(&[("job", job), ("unit", "+7")]), "unit must be an integer of 1 to 7");
        assert_eq!(said(&[("job", job), ("hash", "0a")]), "hash must be 2 bytes in hex");
        assert_eq!(said(&[("job", job), ("unit", "1"), ("unit", "2")]), "unit is given twice, and differently");
    }

    #[test]
    fn lists_are_read_between_commas() {
        let params = [may("proof", "Proof", Kind::Hashes(2)), may("classes", "Classes", Kind::Text(20))];
        let hash = "ab".repeat(32);
        let read =
            |proof: String| Args::read(&params, [("proof".into(), proof), ("classes".into(), "1, 2".into())], true);
        let args = read(format!("{hash},{hash}")).unwrap();
        assert_eq!(args.hashes("proof").unwrap(), [[0xab; 32]; 2]);
        assert_eq!(args.list("classes").collect::<Vec<_>>(), ["1", "2"]);
        assert!(read(format!("{hash},{hash},{hash}")).is_err());
        assert!(read(hash[1..].into()).is_err());
    }
}
